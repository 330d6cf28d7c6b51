"""Whole classes: three students, a stop and a resume, a table without formulas, a summary to teach from."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest
from grading_students import entries, handed_in, lesson_notebook, marked_cells, right_answers
from typer.testing import CliRunner

from course_utils.cli import app
from course_utils.cli.errors import CourseError
from course_utils.exercises import by_name
from course_utils.grading import classes, schema
from course_utils.grading.classes import (
    Class,
    completed,
    csv_text,
    grade_by,
    grade_class,
    grade_file,
    summary,
    with_template,
)
from course_utils.grading.judge import ungraded
from course_utils.grading.students import NotStarted
from course_utils.grading.submission import find_lesson
from course_utils.runtime import repository

posix = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="grading needs Linux or macOS")
LESSON = find_lesson("01")
TARGET = "convolution.cross_correlate"
NUMBERS = sorted(path.name[:2] for path in (repository() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def silent(done, of):
    pass


def course(tmp_path, **files):
    folder = tmp_path / "class"
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    return Class(folder, LESSON, tmp_path / "out")


def table(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def verdict(name="someone.ipynb", content=b"", **statuses):
    """A verdict with the given statuses or misconceptions of exercises of lesson 01."""
    told = ungraded(name, content, LESSON, "") | {"problem": None}
    for entry in told["exercises"]:
        status = statuses.get(entry["name"].partition(".")[2], "not attempted")
        known = status in ("correct", "incorrect", "not attempted", "error")
        entry["status"] = status if known else "incorrect"
        entry["misconception"] = None if known else status
        entry["points"] = int(status == "correct")
    told["points"] = sum(entry["points"] for entry in told["exercises"])
    assert schema.complaint(told) == ""
    return told


# Three students of lessons 01 and 02


def three_students(number):
    """Submissions by name; each of the wrong students has one misconception in each exercise that has as many."""
    files = {"right": handed_in(number, right_answers(number)), "untouched": handed_in(number, {})}
    names = list(marked_cells(lesson_notebook(number)))
    for k in range(max(len(by_name[name].wrong) for name in names)):
        wrong = {name: by_name[name].wrong[k].cell for name in names if k < len(by_name[name].wrong)}
        files[f"wrong_{k:02}"] = handed_in(number, wrong)
    return files


@posix
@pytest.mark.parametrize("number", [pytest.param(k, marks=pytest.mark.slow if k != "01" else ()) for k in NUMBERS])
@pytest.mark.seconds
def test_three_students_get_what_they_deserve(number, tmp_path):
    lesson = find_lesson(number)
    files = three_students(number)
    folder = Class(course(tmp_path, **files).folder, lesson, tmp_path / "out")
    verdicts = grade_class(folder, 2, silent)
    assert list(verdicts) == sorted(f"{name}.ipynb" for name in files)
    for name, told in verdicts.items():
        assert schema.complaint(told) == ""
        assert told["points"] == (len(lesson.exercises) if name == "right.ipynb" else 0), told
    assert {entry["status"] for entry in verdicts["untouched.ipynb"]["exercises"]} == {"not attempted"}
    rows = {row["submission"]: row for row in table(csv_text(verdicts))}
    for name in lesson.exercises:
        for k, wrong in enumerate(by_name[name].wrong):
            found = rows[f"wrong_{k:02}.ipynb"][f"{name} misconception"]
            assert wrong.id in found.split(" or "), (name, wrong.id, found)
        assert by_name[name].wrong[0].sentence in summary(lesson, verdicts)


# A stop and a resume


@posix
@pytest.mark.seconds
def test_after_a_stop_nothing_is_graded_twice_and_nothing_is_lost(tmp_path):
    files = {f"student_{k:02}": handed_in("01", right_answers("01") if k % 2 else {}) for k in range(24)}
    graded = course(tmp_path, **files)
    command = [sys.executable, "-m", "course_utils.cli", "grade", str(graded.folder), "--lesson", "01", "--jobs", "2"]
    command[1:3] = ["-c", "from course_utils.cli import main; main()"]
    command += ["--out", str(graded.out)]
    environment = os.environ | {"PYTHONPATH": str(repository())}
    first = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    while len(list(graded.out.rglob("*.json"))) < 5:
        assert first.poll() is None, "it ended before it was stopped"
        time.sleep(0.05)
    family = psutil.Process(first.pid).children(recursive=True)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert len(family) >= 4 and not psutil.wait_procs(family, timeout=30)[1], "something outlived it"
    written = {path: path.stat().st_mtime_ns for path in graded.out.rglob("*.json")}
    assert len(written) < len(files)
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, stderr=subprocess.DEVNULL)
    assert {path: path.stat().st_mtime_ns for path in written} == written, "it was graded twice"
    rows = table((graded.out / "verdicts.csv").read_text(encoding="utf-8"))
    assert {row["submission"]: row["points"] for row in rows} == {
        f"{name}.ipynb": "4" if int(name[-2:]) % 2 else "0" for name in files
    }
    assert not [path for path in graded.out.rglob("*") if path.name.startswith(".")]


@posix
@pytest.mark.seconds
def test_a_template_that_has_ended_is_replaced(tmp_path):
    """Between two submissions, and unnoticed, as between two answers of one."""
    graded = course(tmp_path, one=handed_in("01", right_answers("01")))
    hidden = [graded.folder]

    def work(template):
        return grade_file(graded.folder, "one.ipynb", LESSON, template)

    def ends(template):
        if template not in ended:
            ended.append(template)
            template._process.kill()
        return work(template)

    ended = []
    assert with_template(LESSON.name, hidden, work)["points"] == 4
    assert with_template(LESSON.name, hidden, lambda template: ends(template) if not ended else work(template))
    assert with_template(LESSON.name, hidden, work)["points"] == 4
    with pytest.raises(NotStarted):
        with_template(LESSON.name, hidden, ends)
    classes._template.close()


def test_what_has_changed_is_graded_again(tmp_path):
    graded = course(tmp_path, one=b"{", two=b"[")
    calls = []

    def work(names):
        for name in names:
            calls.append(name)
            yield name, ungraded(name, (graded.folder / name).read_bytes(), LESSON, "It is not JSON.")

    for _ in range(2):
        grade_by(work, graded, silent)
    assert calls == ["one.ipynb", "two.ipynb"]
    (graded.folder / "two.ipynb").write_bytes(b"[[")
    (graded.out / "verdicts/one.ipynb.json").write_text("{}")
    assert list(grade_by(work, graded, silent)) == ["one.ipynb", "two.ipynb"]
    assert calls == ["one.ipynb", "two.ipynb"] * 2


def test_an_early_end_is_made_up_for_and_a_broken_grader_is_told(tmp_path):
    graded = course(tmp_path, one=b"{", two=b"[", three=b"")

    def one_at_a_time(names):
        yield names[0], ungraded(names[0], (graded.folder / names[0]).read_bytes(), LESSON, "It is not JSON.")

    counts = []
    assert len(grade_by(one_at_a_time, graded, lambda done, of: counts.append((done, of)))) == 3
    assert counts == [(0, 3), (1, 3), (2, 3), (3, 3)]
    other = Class(graded.folder, LESSON, tmp_path / "other")
    with pytest.raises(RuntimeError, match="not graded: one"):
        grade_by(lambda names: iter(()), other, silent)
    with pytest.raises(ValueError, match="made a verdict that is none"):
        grade_by(lambda names: iter([(names[0], {"version": 1})]), other, silent)


def test_only_so_many_jobs_are_handed_out_at_a_time():
    most, out = 0, 0

    def submit(name):
        nonlocal most, out
        out += 1
        most = max(most, out)
        future = Future()
        future.set_result(name)
        return future

    for name, result in completed(submit, "abcdefghij", 3):
        out -= 1
        assert name == result
    assert most == 3 and out == 0


def test_notebooks_are_found_in_folders_but_neither_checkpoints_nor_verdicts(tmp_path):
    graded = course(tmp_path, one=b"")
    for name in ("b/two.ipynb", "b/.ipynb_checkpoints/two.ipynb", "three.IPYNB", "note.txt", "a/.hidden.ipynb"):
        path = graded.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (graded.folder / "linked").symlink_to(tmp_path)
    (graded.folder / "link.ipynb").symlink_to("/etc/passwd")
    assert graded.names() == ["b/two.ipynb", "link.ipynb", "one.ipynb", "three.IPYNB"]


def test_a_long_name_can_be_kept(tmp_path):
    name = "n" * 249 + ".ipynb"
    (tmp_path / name).write_bytes(b"{")
    graded = Class(tmp_path, LESSON, tmp_path / "out")
    graded.keep(name, ungraded(name, b"{", LESSON, "It is not JSON."))
    assert graded.known(name)["problem"] == "It is not JSON." and graded.names() == [name]


# What a teacher gets


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "'=1"])
def test_no_cell_of_the_table_can_be_a_formula(name):
    told = verdict(name) | {"problem": f'{name}, "quoted";\n=2'}
    (row,) = table(csv_text({name: told}))
    assert row["submission"].startswith("'") and row["problem"].startswith("'")
    assert not any(value.startswith(tuple("=+-@\t\r")) for value in row.values())


def test_names_of_any_kind_can_be_written():
    text = csv_text({"Zoë/北京.ipynb": verdict(), "\udcff.ipynb": verdict()})
    assert [row["submission"] for row in table(text)] == ["Zoë/北京.ipynb", "?.ipynb"]
    text.encode()
    assert csv_text({}).startswith("\ufeffsubmission")


def test_the_summary_says_what_to_teach():
    kinds = ["turns_the_kernel"] * 41 + ["stops_one_early"] * 7 + ["incorrect"] * 2 + ["correct"] * 100 + ["error"] * 50
    verdicts = {f"{k}.ipynb": verdict(cross_correlate=kind) for k, kind in enumerate(kinds)}
    text = summary(LESSON, verdicts)
    sentence = next(wrong.sentence for wrong in by_name[TARGET].wrong if wrong.id == "turns_the_kernel")
    assert f"- **41 of 200: turns the kernel.** {sentence}" in text
    assert text.index("41 of 200") < text.index("7 of 200: stops one early")
    assert "Of 200: 100 correct, 50 incorrect, 50 error." in text
    assert "2 of 200: wrong in a way that is not known" in text
    assert "- 100 of 200 with 1 of 4 points" in text


def test_the_summary_names_what_could_not_be_graded():
    text = summary(LESSON, {"a.ipynb": verdict(), "b.ipynb": ungraded("b.ipynb", b"", LESSON, "The file is empty.")})
    assert "- 1 of 2 could not be graded (below)" in text and "- `b.ipynb`: The file is empty." in text


# The command


def grade(*arguments):
    return CliRunner().invoke(app, ["grade", *map(str, arguments)])


@posix
@pytest.mark.seconds
def test_one_submission_gives_one_verdict(tmp_path):
    for name, content, code in (
        ("right", handed_in("01", right_answers("01")), 0),
        ("untouched", handed_in("01", {}), 0),
        ("wrong lesson", handed_in("02", {}), 1),
        ("broken", b"{", 1),
    ):
        path, out = tmp_path / f"{name}.ipynb", tmp_path / f"{name}.json"
        path.write_bytes(content)
        result = grade(path, "--lesson", "01", "--out", out)
        assert result.exit_code == code, result.output
        told = json.loads(out.read_text(encoding="utf-8"))
        assert schema.complaint(told) == "" and told["submission"]["name"] == path.name
        assert told["points"] == (4 if name == "right" else 0)
        assert (told["problem"] is None) == (code == 0)
        if name == "wrong lesson":
            assert "another lesson: it has cnn." in told["problem"]
    assert entries(told)[TARGET]["status"] == "not attempted"


@posix
@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nowhere.ipynb", "--lesson", "01"], "There is no nowhere.ipynb"),
        (["empty", "--lesson", "01"], "no notebook below"),
        (["empty", "--lesson", "99"], "no lesson '99'"),
        (["one.ipynb", "--lesson", "01", "--scheduler", "tcp://127.0.0.1:1"], "--scheduler grades a folder"),
    ],
)
def test_what_cannot_be_asked_for_is_said(arguments, part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("one.ipynb").write_bytes(b"")
    result = grade(*arguments)
    assert isinstance(result.exception, CourseError) and part in str(result.exception)
