"""Every lesson keeps every rule, and every rule says so when one is broken."""

from types import SimpleNamespace

import nbformat
import pytest
import rules
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from reading import LESSONS, demand_none

from course_utils.cli import form
from course_utils.cli.lessons import read
from course_utils.exercises import by_name


def test_there_are_lessons():
    assert LESSONS, "No lesson found in notebooks: the rules below have looked at nothing."


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_keeps(rule, path):
    demand_none(rules.complaints(rule, read(path)))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_file_is_as_refresh_leaves_it(path):
    """Also its key order, indentation and last newline, which no rule about cells can see."""
    cure = f"Run `course run --refresh {path.stem}`."
    assert path.read_text(encoding="utf-8") == form.text(read(path)), cure


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_file_is_numbered(path):
    assert path.stem[:2].isdecimal() and path.stem[2:3] == "_", "Name lessons NN_name.ipynb: `course` finds no other."


# The rules, seen red

STUB = 'def double(x):\n    """Return twice `x`."""\n    raise NotImplementedError\n'


@pytest.fixture(autouse=True)
def _one_exercise(monkeypatch):
    monkeypatch.setitem(by_name, "sums.double", SimpleNamespace(stub=STUB))


def code(source, tags=(), outputs=(), **metadata):
    if tags:
        metadata["tags"] = list(tags)
    return new_code_cell(source, metadata=metadata, outputs=list(outputs))


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(**data):
    return new_output("display_data", data={kind.replace("_", "/"): value for kind, value in data.items()})


def lesson():
    """A small notebook that keeps every rule."""
    cells = [
        new_markdown_cell("# Sums\n\nAdd, and check."),
        code("import numpy as np\nfrom course_utils import exercises, explore\nsetup()", ["setup"]),
        new_markdown_cell("## Adding\n*core · 6 min*\n\nTwo numbers become one."),
        code("a = 1\nb = 2\nprint(a + b)", outputs=[printed("3\n")]),
        code('guess("More?", options=["yes", "no"])', ["guess"]),
        new_markdown_cell("Play with it."),
        code("explore.adder()", ["exploration"], [shown(image_png="iVBO", text_plain="adder")]),
        new_markdown_cell("## Doubling\n*extra · 4 min*\n\nYour turn."),
        code(STUB, exercise="sums.double"),
        code("exercises.sums.double.check(double)", ["check"], [shown(text_plain="○ Not attempted yet.")]),
    ]
    return form.form(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_small_lesson_keeps(rule):
    assert not rules.complaints(rule, lesson())


def with_cell(cell):
    notebook = lesson()
    notebook.cells.insert(4, cell)
    return notebook


def with_source(index, source):
    notebook = lesson()
    notebook.cells[index].source = source
    return notebook


def with_output(output):
    return with_cell(code("pass", outputs=[output]))


def with_change(change):
    notebook = lesson()
    change(notebook)
    return notebook


def without_cells(*indices):
    notebook = lesson()
    notebook.cells = [cell for index, cell in enumerate(notebook.cells) if index not in indices]
    return notebook


def of(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def strip(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []


BROKEN = [
    (rules.execution_counts_run_from_one, with_change(strip), "its execution count is None, not 1"),
    (
        rules.execution_counts_run_from_one,
        with_change(lambda n: n.cells[3].update(execution_count=7)),
        "cell 4, In [7] “a = 1”: its execution count is 7, not 2",
    ),
    (rules.no_errors, with_output(new_output("error", ename="KeyError", evalue="'x'")), "is the error KeyError"),
    (rules.no_widget_state, with_change(lambda n: n.metadata.update(widgets={})), "carries widget state"),
    (rules.no_widget_state, with_output(shown(**{form.WIDGET_VIEW: {"model_id": "1"}})), "carries a widget view"),
    (rules.ids_are_unique, with_change(lambda n: n.cells[3].update(id=n.cells[1].id)), "is also that of cell 2"),
    (
        rules.metadata_are_plain,
        with_change(lambda n: n.metadata.kernelspec.update(name="conda-env-py")),
        "The notebook's metadata are not",
    ),
    (
        rules.has_the_form_of_refresh,
        with_change(lambda n: n.cells[3].metadata.update(execution={"iopub.status.busy": "2026"})),
        "cell 4, In [2] “a = 1”: `course run --refresh` leaves its metadata otherwise",
    ),
    (rules.outputs_are_small, with_output(printed("x" * 100_001)), "100,000 is the most"),
    (rules.nothing_leaks, with_output(printed("<Model at 0x7f3a2c1d5e80>")), "an address in memory"),
    (rules.nothing_leaks, with_output(printed("saved in /home/ada/weights.npz")), "an absolute path"),
    (rules.nothing_leaks, with_output(shown(text_html="<b>/usr/lib/python3</b>")), "an absolute path"),
    (rules.nothing_leaks, with_output(printed(r"saved in C:\Users\ada\x.npz")), "an absolute path"),
    (rules.nothing_leaks, with_cell(code('np.load("~/weights.npz")')), "an absolute path"),
    (rules.nothing_leaks, with_output(printed("on 127.0.0.1:8888")), "a host"),
    (rules.nothing_leaks, with_cell(new_markdown_cell("Open localhost.")), "a host"),
    (rules.nothing_leaks, with_cell(new_markdown_cell("Ask ada@example.org.")), "a host"),
    (rules.nothing_leaks, with_output(printed("?token=abc123")), "a token"),
    (rules.nothing_leaks, with_output(printed("hf_" + "a" * 34)), "a token"),
    (rules.nothing_leaks, with_output(printed("github_pat_" + "1A" * 12)), "a token"),
    (rules.nothing_leaks, with_output(printed("-----BEGIN RSA PRIVATE KEY-----")), "a token"),
    (rules.nothing_leaks, with_output(printed("{'USER': 'ada'}")), "a user name"),
    (rules.nothing_leaks, with_output(printed("ada@laptop:~$ ls")), "a user name"),
    (rules.links_are_citations, with_cell(new_markdown_cell("[Here](https://example.org/x).")), "it names https://exa"),
    (rules.links_are_citations, with_cell(code('url = "https://doi.org/10.1/x"')), "Only prose has links"),
    (rules.code_needs_no_network, with_cell(code("import urllib.request as r")), "urllib.request reaches"),
    (
        rules.code_needs_no_network,
        with_cell(code("import keras\nkeras.datasets.mnist.load_data()")),
        "keras.datasets",
    ),
    (rules.code_needs_no_network, with_cell(code("from sklearn.datasets import fetch_openml")), "fetch_openml"),
    (rules.data_are_licensed, with_cell(code("import skimage\nskimage.data.moon()")), "no licence for moon"),
    (rules.data_are_licensed, with_cell(code("from skimage import data as d\nd.page()")), "no licence for page"),
    (rules.data_are_licensed, with_cell(code('imread("motorcycle_left.png")')), "no licence for motorcycle_left.png"),
    (rules.code_is_plain_python, with_cell(code("%matplotlib inline")), "not plain Python"),
    (rules.code_is_plain_python, with_cell(code("")), "it is empty"),
    (rules.no_closing_semicolon, with_cell(code("1+1;")), "ends in a semicolon"),
    (rules.training_is_silent, with_cell(code("model.fit(x, y, epochs=3)")), "model.fit prints as it goes"),
    (rules.training_is_silent, with_cell(code("model.fit(x, y, verbose=2)")), "Give it verbose=0"),
    (rules.training_is_silent, with_output(printed("12/12 ━━━━━━━━━ 0s 4ms/step")), "a progress bar"),
    (rules.measured_numbers_are_claims, with_output(printed("accuracy ≈ 0.957\n")), "measured and not claimed"),
    (rules.ignored_outputs_need_it, with_cell(code("clear_output()")), "nbval cannot follow clear_output"),
    (rules.ignored_outputs_need_it, with_cell(code("out = widgets.Output()")), "cannot follow widgets.Output"),
    (rules.ignored_outputs_need_it, with_cell(code("display(a, display_id=True)")), "cannot follow display"),
    (rules.ignored_outputs_need_it, with_cell(code("a + b", ["nbval-ignore-output"])), "nothing in it calls for"),
    (rules.marks_are_known, with_cell(code("a", ["nbval-skip"])), "unknown tag 'nbval-skip'"),
    (rules.marks_are_known, with_cell(code("# NBVAL_SKIP\na")), "a comment steers nbval"),
    (rules.starts_with_title_and_setup, with_source(0, "Sums"), "Begin with a prose cell"),
    (rules.starts_with_title_and_setup, with_source(1, "import numpy"), "must be tagged setup, and call setup()"),
    (rules.starts_with_title_and_setup, without_cells(1), "must be tagged setup, and call setup()"),
    (rules.sections_are_marked, with_source(2, "## Adding\n\nTwo."), "below '## Adding' stands no mark"),
    (rules.sections_are_marked, with_source(2, "## Adding\n*core · 51 min*"), "The core takes 51 minutes"),
    (rules.sections_are_marked, with_source(2, "## Adding\n*extra · 91 min*"), "and all 95"),
    (rules.cells_are_short, with_cell(code("a\n" * 31)), "31 lines; 30 is the most"),
    (rules.cells_are_short, with_cell(code("a" * 97)), "97 characters; 96 fit"),
    (rules.cells_are_short, with_cell(code("a\n" * 19)), "More than a tenth"),
    (rules.cells_are_short, of(code("a\n" * 12)), "has 12 lines"),
    (rules.prose_keeps_pace, of(new_markdown_cell("One is here. " * 6), code("a")), "has 6 sentences"),
    (rules.prose_keeps_pace, without_cells(5, 7), "There are 0.33 prose cells"),
    (rules.guesses_are_few, of(*[code("guess(1)", ["guess"]) for _ in range(5)]), "There are 5 guesses"),
    (rules.guesses_are_few, with_cell(code("guess(1)")), "Tag it guess"),
    (rules.explorations_have_a_still_picture, with_cell(code("explore.adder()")), "are tagged exploration"),
    (rules.explorations_have_a_still_picture, with_cell(code("a + b", ["exploration"])), "only they"),
    (
        rules.explorations_have_a_still_picture,
        with_cell(code("explore.adder()", ["exploration"])),
        "readers on GitHub see no picture",
    ),
    (rules.stubs_are_the_exercises, with_cell(code(STUB, exercise="sums.treble")), "no exercise 'sums.treble'"),
    (rules.stubs_are_the_exercises, with_source(8, STUB.replace("twice", "2 ×")), "it is not the stub of sums.double"),
    (rules.stubs_are_the_exercises, with_source(8, "def double(x):\n    return x"), "it is not the stub"),
    (rules.stubs_are_followed_by_checks, without_cells(9), "must be tagged check, and call exercises.sums.double"),
    (rules.stubs_are_followed_by_checks, with_source(9, "exercises.sums.treble.check(double)"), "must be tagged check"),
    (rules.stubs_are_followed_by_checks, without_cells(8), "it checks no stub"),
]


@pytest.mark.parametrize(("rule", "notebook", "sentence"), BROKEN, ids=lambda part: getattr(part, "__name__", ""))
def test_a_broken_rule_says_so(rule, notebook, sentence):
    assert any(sentence in complaint for complaint in rules.complaints(rule, notebook))


@pytest.mark.parametrize(("user", "node"), [("Lovelace", "x"), ("runner", "lovelace")])
def test_ones_own_name_is_seen_in_outputs(monkeypatch, user, node):
    monkeypatch.setattr(rules.getpass, "getuser", lambda: user)
    monkeypatch.setattr(rules.platform, "node", lambda: node)
    (complaint,) = rules.complaints(rules.nothing_leaks, with_output(printed("written by Lovelace, a runner")))
    assert "your name on this machine" in complaint
    assert not rules.complaints(rules.nothing_leaks, with_output(printed("lovelaces run")))
    assert not rules.complaints(rules.nothing_leaks, with_cell(new_markdown_cell("Lovelace wrote this.")))


def test_every_rule_has_been_seen_red():
    assert set(rules.RULES) == {rule for rule, _, _ in BROKEN}
