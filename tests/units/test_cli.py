"""The `course` command: what it prints, what it writes, how it refuses."""

import json
import os
import re
import subprocess
import sys
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils.cli import form, lab, lessons, main
from course_utils.exercises import by_name

CLAIM = "from course_utils.claims import claim\nclaim.at_least('the score', 0.95, 0.9)"
LESSONS = ["01_sums.ipynb", "02_more.ipynb"]
STUB = "def double(x):\n    raise NotImplementedError"


def lesson(*sources):
    cells = [new_markdown_cell("# Sums"), *(new_code_cell(source) for source in sources)]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "elsewhere", "display_name": "Elsewhere"}})


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons, 01_sums and 02_more, around the current directory."""
    for folder in ("notebooks", "course_utils"):
        (tmp_path / folder).mkdir()
    nbformat.write(lesson(CLAIM, "1 + 1"), tmp_path / "notebooks/01_sums.ipynb")
    nbformat.write(lesson("2 + 2"), tmp_path / "notebooks/02_more.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(monkeypatch, capsys):
    """Call `course` with arguments; its exit code, standard output and standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["course", *arguments])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code or 0, *capsys.readouterr()

    return call


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_help_names_the_commands(call):
    code, out, _ = call("--help")
    assert code == 0
    assert all(command in out for command in ("lab", "run", "train", "new", "solutions", "doctor", "--version"))


def test_help_needs_no_notebook_library():
    """`course --help` answers at once."""
    command = "import sys, course_utils.cli; print({'nbclient', 'nbformat', 'nbconvert', 'keras'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", command], capture_output=True, text=True).stdout == "set()\n"


def test_version(call):
    code, out, _ = call("--version")
    assert code == 0 and re.fullmatch(r"course \d+\.\d+\.\d+\n", out)


def test_closed_streams_are_no_error(call, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert call("--version")[0] == 0
    assert call("train", "nothing")[0] == 2


# Finding and reading lessons


@pytest.mark.parametrize("name", ["1", "01", "001", "01_sums", "01_sums.ipynb", "notebooks/01_sums.ipynb"])
def test_a_lesson_has_many_names(name, course):
    assert lessons.find([name]) == [course / "notebooks/01_sums.ipynb"]


def test_all_lessons_in_order_and_none_twice(course):
    first, second = lessons.find()
    assert [first.stem, second.stem] == ["01_sums", "02_more"]
    assert lessons.find(["2", "1", "02"]) == [second, first]


def test_the_course_is_found_from_within(course, monkeypatch):
    monkeypatch.chdir(course / "notebooks")
    assert lessons.course_folder() == course


def test_a_copy_of_ones_own_can_be_run_by_its_path(course):
    own = course / "my-work/01_sums.ipynb"
    own.parent.mkdir()
    own.write_bytes((course / "notebooks/01_sums.ipynb").read_bytes())
    assert lessons.find(["my-work/01_sums.ipynb"]) == [own]


def test_an_older_notebook_is_read_with_ids(course):
    old = {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": []}
    old["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ["# T\n", "x"]})
    (course / "notebooks/03_old.ipynb").write_text(json.dumps(old))
    (cell,) = lessons.read(lessons.find(["3"])[0]).cells
    assert cell.id and cell.source == "# T\nx"


BROKEN = {
    "nothing": "",
    "not JSON": "{]",
    "not an object": "[1, 2]",
    "another format": '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
    "a version in words": '{"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}',
    "an abyss": "[" * 100_000 + "]" * 100_000,
    "a cell without a source": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "raw"}]}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("command", ["run", "run --refresh", "run --html pages", "lab 2"])
def test_a_broken_notebook_is_refused(command, content, course, call):
    (course / "notebooks/02_more.ipynb").write_text(content)
    assert_refuses(call, command.split(), course, "02_more.ipynb is ")


REFUSED = {
    "unknown lesson": (["run", "77"], "There is no lesson '77'; there are 01_sums, 02_more."),
    "unknown after known": (["run", "1", "sums"], "There is no lesson 'sums'"),
    "unknown path": (["run", "elsewhere/01_sums.ipynb"], "There is no notebook elsewhere/01_sums.ipynb"),
    "unknown lesson to open": (["lab", "77"], "There is no lesson '77'"),
    "a file where HTML should go": (["run", "--html", "notebooks/01_sums.ipynb"], "cannot be a folder for HTML"),
    "no lesson's name": (["run", ""], "There is no lesson ''"),
    "no lesson's name to open": (["lab", ""], "There is no lesson ''"),
    "unknown path to open": (["lab", "/nonexistent/02_more.ipynb"], "There is no notebook /nonexistent/02_more.ipynb"),
    "no folder where HTML should go": (["run", "1", "--html", ""], "--html needs the name of a folder"),
    "unknown training": (["train", "nothing"], "There is no training 'nothing'; there are "),
    "a number that is taken": (["new", "2", "Waves"], "Lesson 02 is there already: 02_more.ipynb. The next free"),
    "no number": (["new", "eight", "Waves"], "A lesson's number has one or two digits, such as 08; got 'eight'."),
    "a long number": (["new", "123", "Waves"], "one or two digits"),
    "no title": (["new", "8", "  "], "A title is one line of 1 to 60 characters; got '  '."),
    "a title of two lines": (["new", "8", "Waves\nand more"], "A title is one line of 1 to 60 characters"),
    "a long title": (["new", "8", "x" * 61], "A title is one line of 1 to 60 characters"),
    "a title with Markdown": (["new", "8", "*Waves*"], "take * out of '*Waves*', which Markdown would read"),
    "a title without letters": (["new", "8", "…"], "made of the title's letters a to z and digits; '…' has none"),
    "an unknown exercise": (["new", "8", "Waves", "--exercise", "sums.treble"], "There is no exercise 'sums.treble'"),
    "an unknown lesson to solve": (["solutions", "77"], "There is no lesson '77'"),
    "a lesson without exercises": (["solutions", "1"], "Lesson 01_sums has no exercises, so there is nothing to solve"),
}


@pytest.mark.parametrize(("command", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused(command, sentence, course, call):
    assert_refuses(call, command, course, sentence)


@pytest.mark.parametrize("command", ["run --refresh", "train cnn"])
@pytest.mark.parametrize(("name", "setting"), [("COURSE_SEED", "many"), ("KERAS_BACKEND", "nonsense")])
def test_an_impossible_setting_is_refused(name, setting, command, course, call, monkeypatch):
    monkeypatch.setenv(name, setting)
    assert_refuses(call, command.split(), course, f"{name} is '{setting}'")


@pytest.mark.parametrize("command", ["run", "lab"])
def test_outside_a_course_nothing_runs(command, course, call, monkeypatch):
    elsewhere = course / "course_utils"
    (course / "notebooks").rename(course / "lessons")
    monkeypatch.chdir(elsewhere)
    assert_refuses(call, [command], course, f"{elsewhere} is not inside the course")


@pytest.mark.parametrize("command", ["run", "lab"])
def test_a_course_without_its_notebooks_is_refused(command, course, call, monkeypatch):
    (course / "notebooks").rename(course / "nbs")
    monkeypatch.setattr(lessons, "repository", lambda: course)
    assert_refuses(call, [command], course, f"The folder {course / 'notebooks'} is missing")


def test_a_course_without_lessons_is_refused(course, call):
    for path in (course / "notebooks").iterdir():
        path.unlink()
    assert_refuses(call, ["run"], course, "holds no lesson")


def assert_refuses(call, command, course, sentence):
    before = files(course)
    code, out, error = call(*command)
    assert (code, out) == (2, "")
    assert error.startswith("✗ ") and sentence in error and error.count("\n") == 1
    assert files(course) == before


# Writing a lesson, and its answer key


def test_a_new_lesson_is_written_whole_and_in_form(course, call):
    code, out, _ = call("new", "8", " Wäves & more ", "--exercise", "convolution.stride")
    assert (code, out.splitlines()[0]) == (0, "✓ notebooks/08_waves_more.ipynb")
    assert "`course run --refresh 08`" in out
    path = course / "notebooks/08_waves_more.ipynb"
    notebook = lessons.read(path)
    assert path.read_text(encoding="utf-8") == form.text(notebook)
    assert notebook.cells[0].source.startswith("# 08 · Wäves & more · draft\n")
    assert [name for _, name in lessons.exercise_cells(notebook)] == ["convolution.stride"]
    assert sorted(each.name for each in path.parent.iterdir()) == [*sorted(LESSONS), path.name]


def with_exercise(course, name):
    notebook = lesson("pass")
    notebook.cells[1].metadata.exercise = name
    nbformat.write(notebook, course / "notebooks/02_more.ipynb")


def test_the_answer_key_holds_what_the_exercise_holds(course, call):
    with_exercise(course, "convolution.stride")
    code, out, _ = call("solutions", "2")
    exercise = by_name["convolution.stride"]
    assert code == 0 and exercise.stub.strip() in out and exercise.solution().strip() in out
    assert all(mistake.sentence in out for mistake in exercise.wrong)


def test_the_mistakes_alone(course, call):
    with_exercise(course, "convolution.stride")
    _, out, _ = call("solutions", "2", "--mistakes")
    lines = [line for line in out.splitlines() if line.startswith("- ")]
    wrong = by_name["convolution.stride"].wrong
    assert lines == [f"- **{mistake.id.replace('_', ' ')}**: {mistake.sentence}" for mistake in wrong]
    assert "def " not in out


def test_the_answer_key_goes_into_a_file(course, call):
    with_exercise(course, "convolution.stride")
    _, key, _ = call("solutions", "2")
    assert call("solutions", "2", "--out", "key.md")[:2] == (0, "✓ key.md\n")
    assert (course / "key.md").read_text(encoding="utf-8") == key


@pytest.mark.parametrize(("out", "sentence"), [
    ("notebooks/02_more.ipynb", "give --out a file that ends in .md, not notebooks"),
    ("nowhere/key.md", "key.md cannot be written: "),
])  # fmt: skip
def test_an_answer_key_that_cannot_be_written(out, sentence, course, call):
    with_exercise(course, "convolution.stride")
    assert_refuses(call, ["solutions", "2", "--out", out], course, sentence)


def test_an_exercise_that_is_gone(course, call):
    with_exercise(course, "sums.treble")
    assert_refuses(call, ["solutions", "2"], course, "02_more.ipynb names the exercise 'sums.treble'")


# Running


@pytest.mark.kernel
def test_run_tells_writes_and_refreshes(course, call):
    check = "from course_utils.exercises import Verdict\nVerdict('not attempted', None, 'Not attempted yet.')"
    notebook = lesson(CLAIM, "print('one', flush=True)\nprint('two')", STUB, check, "import sys; sys.executable")
    notebook.cells[3].metadata.exercise = "sums.double"
    notebook.cells[4].metadata.tags = ["check"]
    path = course / "notebooks/01_sums.ipynb"
    nbformat.write(notebook, path)
    code, out, _ = call("run", "1", "--html", "pages/new", "--refresh")
    facts = r"✓ 01_sums  1 claim held · 0 of 1 exercises attempted · [\d.]+ s · [\d.]+ CPU s · peak \d\d+ MB\n"
    assert code == 0 and re.fullmatch(facts, out), out

    refreshed = lessons.read(path)
    assert path.read_text(encoding="utf-8") == form.text(refreshed)
    assert [cell.id for cell in refreshed.cells] == [cell.id for cell in notebook.cells]
    assert refreshed.cells[1].outputs[0].text == "✓ the score ≈ 0.950, at least 0.9\n"
    assert refreshed.cells[2].outputs == [new_output("stream", name="stdout", text="one\ntwo\n")]
    assert refreshed.cells[5].outputs[0].data["text/plain"] == repr(sys.executable)

    page = (course / "pages/new/01_sums.html").read_text(encoding="utf-8")
    assert "<title>01_sums</title>" in page and "at least 0.9" in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|<script|@import|url\(["']?http""", page)


@pytest.mark.kernel
def test_a_lesson_that_fails_says_where_and_stays_as_it_is(course, call, monkeypatch):
    failing = lesson("print('fine')", "\n# The claim\nclaim = __import__('course_utils.claims').claims.claim\n"
                                      "claim.at_least('the score', 0.85, 0.9)")  # fmt: skip
    nbformat.write(failing, course / "notebooks/01_sums.ipynb")
    before = files(course / "notebooks")
    code, out, _ = call("run", "01", "--refresh", "--html", "pages")
    assert code == 1
    assert out.startswith("✗ 01_sums  0 claims held")
    assert "  failed in cell 3, In [2] “# The claim”\n" in out
    assert "  ClaimFailed: ✗ does not hold: the score ≈ 0.850, at least 0.9\n" in out
    assert files(course / "notebooks") == before and not files(course / "pages")


@pytest.mark.kernel
def test_seed_and_backend_reach_the_lesson_and_its_end_is_told(course, call, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "4")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    nbformat.write(lesson("import os\n{}[os.environ['COURSE_SEED'] + os.environ['KERAS_BACKEND']]"),
                   course / "notebooks/01_sums.ipynb")  # fmt: skip
    nbformat.write(lesson("import os\nos._exit(3)"), course / "notebooks/02_more.ipynb")
    code, out, _ = call("run")
    assert code == 1
    assert "  KeyError: '4jax'\n" in out and "line 2" in out
    assert "  Dead kernel: the kernel died" in out


@pytest.mark.kernel
def test_a_lesson_runs_without_anybodys_drawings(course, call, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(course))
    look = "work = pathlib.Path(os.environ['COURSE_WORK'])\nassert work.parent.samefile('.') and not work.exists()"
    nbformat.write(lesson(f"import os, pathlib\n{look}"), course / "notebooks/01_sums.ipynb")
    assert call("run", "1")[:1] == (0,)


# The committed form


def test_form_keeps_what_was_written_and_drops_the_rest():
    widget = {form.WIDGET_VIEW: {"model_id": "1"}}
    notebook = lesson("a", "b")
    _, a, b = notebook.cells
    notebook.metadata.widgets = {"state": {}}
    a.metadata.update(tags=["check"], exercise="sums.double", execution={"iopub.execute_input": "2026"}, collapsed=True)
    a.execution_count = 17
    a.outputs = [
        new_output("stream", name="stdout", text="10 %\r20 %\n"),
        new_output("stream", name="stdout", text="done\n"),
        new_output("stream", name="stderr", text="careful\n"),
        new_output("execute_result", data={**widget, "image/png": "iVBO", "text/plain": "bench"}, execution_count=17),
        new_output("display_data", data=widget),
    ]
    b.metadata.tags = []
    before = deepcopy(notebook)
    formed = form.form(notebook)
    assert notebook == before
    assert formed.metadata == form.METADATA
    assert [cell.id for cell in formed.cells] == [cell.id for cell in notebook.cells]
    assert formed.cells[1].metadata == {"tags": ["check"], "exercise": "sums.double"} and formed.cells[2].metadata == {}
    assert formed.cells[1].outputs == [
        new_output("stream", name="stdout", text="20 %\ndone\n"),
        new_output("stream", name="stderr", text="careful\n"),
        new_output("execute_result", data={"image/png": "iVBO", "text/plain": "bench"}, execution_count=1),
    ]
    assert [cell.execution_count for cell in formed.cells[1:]] == [1, 2]
    assert form.form(formed) == formed
    nbformat.validate(formed)


def test_the_text_is_stable():
    text = form.text(lesson("a"))
    assert text == form.text(nbformat.reads(text, as_version=4))
    assert text.endswith("}\n") and not text.endswith("\n\n")


# Training


def test_train_knows_the_trainings_of_both_rooms_each_by_a_name_of_its_own():
    from course_utils.cli import train
    from course_utils.generation import trained as generation
    from course_utils.recognition import trained as recognition

    assert set(train.TRAININGS) == {*recognition.TRAININGS, *generation.TRAININGS} >= {"cnn", "judge"}
    assert not set(recognition.TRAININGS) & set(generation.TRAININGS)


def test_train_makes_the_files_asked_for_a_line_each(call, monkeypatch, tmp_path):
    from course_utils.cli import train

    def save(name, arrays):
        path = tmp_path / f"{name}.npz"
        path.write_bytes(bytes(arrays["size"]))
        return path

    trainings = {"small": lambda: {"size": 2_000}, "large": lambda: {"size": 70_000}}
    monkeypatch.setattr(train, "TRAININGS", trainings)
    monkeypatch.setattr(train.store, "save", save)
    monkeypatch.setattr(train.runtime, "setup", lambda keras: None)  # would import Keras
    assert call("train", "large", "large")[1] == f"✓ large  {os.path.relpath(tmp_path / 'large.npz')} · 70 kB · 0 s\n"
    assert len(files(tmp_path)) == 1
    assert call("train")[1].count("\n") == 2 and len(files(tmp_path)) == 2
    assert call("train", "large", "huge") == (2, "", "✗ There is no training 'huge'; there are small, large.\n")


# Opening


@pytest.fixture
def opened(monkeypatch):
    """The commands that `course lab` would have started."""
    commands = []

    class Process:
        def __init__(self, command, env):
            commands.append(command)

        def wait(self):
            return 0

    monkeypatch.setattr(lab.subprocess, "Popen", Process)
    return commands


def test_lab_opens_a_copy_and_never_overwrites_it(course, call, opened):
    assert call("lab", "--no-browser", "--port", "8999")[0] == 0
    copy = course / "my-work/01_sums.ipynb"
    assert copy.read_bytes() == (course / "notebooks/01_sums.ipynb").read_bytes()
    assert opened[0][:4] == [sys.executable, "-m", "jupyterlab", str(copy)]
    assert opened[0][-2:] == ["--no-browser", "--port=8999"]

    copy.write_text("my own")
    for name in ("01", "notebooks/01_sums.ipynb", "my-work/01_sums.ipynb"):
        code, out, _ = call("lab", name)
        assert code == 0 and copy.read_text() == "my own" and "has changed" not in out
        assert opened[-1][3] == str(copy)


def test_lab_tells_of_a_changed_lesson_and_puts_the_new_one_beside(course, call, opened):
    call("lab", "1")
    path = course / "notebooks/01_sums.ipynb"
    refreshed = lessons.read(path)
    refreshed.cells[2].outputs = [new_output("stream", text="new output\n")]
    nbformat.write(refreshed, path)
    assert "has changed" not in call("lab", "1")[1]

    nbformat.write(lesson("a new cell"), path)
    _, out, _ = call("lab", "1")
    assert "The lesson has changed since my-work/01_sums.ipynb was made. Your copy stays as it is." in out
    assert "course lab 01 --fresh" in out
    assert "my-work/01_sums-2.ipynb" in call("lab", "1", "--fresh")[1]
    assert (course / "my-work/01_sums-2.ipynb").read_bytes() == path.read_bytes()
    assert "has changed" not in call("lab", "1")[1]
    assert [command[3].rpartition("sums")[2] for command in opened] == [".ipynb"] * 3 + ["-2.ipynb"] * 2


def test_lab_lives_with_a_lost_record_and_with_other_files(course, call, opened):
    call("lab", "1")
    for name in ("01_sums-Copy1.ipynb", "01_sums_old.ipynb", "01_sums-3.ipynb"):
        (course / "my-work" / name).write_text("mine")
    (course / "my-work/.lessons.json").write_text("{]")
    code, out, _ = call("lab", "1")
    assert code == 0 and opened[-1][3].endswith("01_sums-3.ipynb") and "has changed" not in out
    call("lab", "1", "--fresh")
    assert opened[-1][3].endswith("01_sums-4.ipynb")


def test_a_dry_run_does_nothing(course, call, opened):
    before = files(course)
    code, out, _ = call("lab", "2", "--dry-run")
    assert code == 0 and "my-work/02_more.ipynb" in out and f"{sys.executable} -m jupyterlab" in out
    assert files(course) == before and not opened


@pytest.mark.parametrize("options", [[], ["--fresh"], ["--dry-run"]])
@pytest.mark.parametrize("obstacle", ["file", "link"])
def test_lab_needs_the_place_of_its_folder(obstacle, options, course, call, opened):
    work = course / "my-work"
    work.touch() if obstacle == "file" else work.symlink_to(course / "nowhere")
    assert_refuses(call, ["lab", "1", *options], course, f"my-work is a {obstacle}")
    assert not opened and not work.is_dir()


def test_lab_asks_nobody_about_news():
    settings = json.loads((lab.SETTINGS / "overrides.json").read_text(encoding="utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
