"""What is handed in may be anything: it is read within limits, or there is a sentence that says why not."""

import json
import os

import pytest
from grading_students import code, handed_in, lesson_notebook, marked_cells, notebook_of, right_answers

from course_utils.exercises import by_name
from course_utils.grading import judge, schema, submission
from course_utils.grading.judge import ungraded
from course_utils.grading.submission import Ungradable, answer_to, find_lesson, read, read_bytes

TARGET = "convolution.cross_correlate"


def refusal(content):
    with pytest.raises(Ungradable) as refused:
        read("someone.ipynb", content)
    return str(refused.value)


def chosen(content, name=TARGET):
    exercise = by_name[name]
    return answer_to(name, exercise.function, exercise.stub, read("someone.ipynb", content))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "not JSON"),
        (b"print('hello')", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not UTF-8"),
        ("{'Ä': 1}".encode("latin-1"), "is not UTF-8"),
        (b'{"cells": "none"}', "no notebook"),
        (b"[]", "no notebook"),
        (b"null", "no notebook"),
        (b'{"worksheets": [], "nbformat": 3}', "before 2015"),
        (b"[" * 10**6, "nested too deep"),
        (b'{"cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}", "nested too deep"),
        (json.dumps({"cells": [{}] * 3000}).encode(), "at most 2,000"),
        (notebook_of(*[code("x" * 150_000)] * 15), "characters of code"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_notebook_is_refused_with_a_reason(content, part):
    assert part in refusal(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_usual_encodings_are_read(encoding):
    cell = code("# größer\ndef my_cross_correlate(image, kernel):\n    return 0")
    content = notebook_of(cell).decode().encode(encoding)
    assert chosen(content).cell.source.startswith("# größer")


@pytest.mark.parametrize(
    "cell",
    [
        None,
        [],
        "cell",
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": [1, 2]},
        {"cell_type": "code", "source": "x", "metadata": "none"},
        {"cell_type": "code", "source": "x", "metadata": {"exercise": ["a"]}},
        {"cell_type": "code", "source": "x" * 10**6, "metadata": {}},
        {"cell_type": "code", "source": "\0", "metadata": {}},
        {"cell_type": "code", "source": "(" * 10**4, "metadata": {}},
        {"cell_type": "code", "source": "-" * 10**5 + "1", "metadata": {}},
        {"cell_type": "code", "source": "?" * 190_000 + "x\n", "metadata": {}},
        {"cell_type": "code", "source": "(" + "\n" * 190_000 + "x", "metadata": {}},
    ],
    ids=lambda cell: json.dumps(cell)[:40],
)
def test_a_broken_cell_costs_no_other_cell(cell):
    right = code(right_answers("01")[TARGET], exercise=TARGET)
    assert chosen(notebook_of(cell, right)).cell.number == 2


def test_a_file_of_100_mb_is_not_read(tmp_path):
    path = tmp_path / "large.ipynb"
    with open(path, "wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(Ungradable, match="has 100 MB; at most 21 MB are read"):
        read_bytes(path)


def test_links_and_what_is_no_file_are_not_read(tmp_path):
    (tmp_path / "real.ipynb").write_bytes(handed_in("01", {}))
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    (tmp_path / "nowhere.ipynb").symlink_to("/nonexistent")
    (tmp_path / "folder.ipynb").mkdir()
    for name in ("link", "nowhere"):
        with pytest.raises(Ungradable, match="symbolic link"):
            read_bytes(tmp_path / f"{name}.ipynb")
    with pytest.raises(Ungradable, match="not a file"):
        read_bytes(tmp_path / "folder.ipynb")
    with pytest.raises(Ungradable, match="cannot be read"):
        read_bytes(tmp_path / "missing.ipynb")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(Ungradable, match="not a file"):
        read_bytes(tmp_path / "pipe.ipynb")


# Which cell is the answer


def test_a_marked_cell_goes_before_the_functions_name():
    stray = "def my_cross_correlate(image, kernel):\n    return 1"
    right = right_answers("01")[TARGET]
    for cells in ([code(stray), code(right, exercise=TARGET)], [code(right, exercise=TARGET), code(stray)]):
        answer = chosen(notebook_of(*cells))
        assert answer.cell.source == right and answer.found == "its mark"


def test_an_answer_below_the_untouched_stub_is_found():
    stub = code(by_name[TARGET].stub, exercise=TARGET)
    answer = chosen(notebook_of(stub, code(right_answers("01")[TARGET])))
    assert answer.cell.number == 2 and answer.found == "the function's name"


def test_a_marked_cell_that_is_no_python_is_the_answer():
    answer = chosen(notebook_of(code("def my_cross_correlate(image, kernel:", exercise=TARGET)))
    assert answer.cell.number == 1


def test_a_cell_with_another_exercises_mark_is_found_by_its_name():
    answer = chosen(notebook_of(code(right_answers("01")[TARGET], exercise="convolution.stride")))
    assert answer.cell.number == 1 and answer.found == "the function's name"


def test_no_cell_no_answer():
    assert chosen(notebook_of(code("x = 1"))) is None


def test_lines_to_the_notebook_do_nothing():
    source = "%matplotlib inline\n!ls\nnp.zeros?\ndef my_cross_correlate(image, kernel):\n    return 7 \\\n        % 4"
    answer = chosen(notebook_of(code(source)))
    assert "def my_cross_correlate" in answer.cell.source and "%matplotlib" not in answer.cell.source
    untouched = "x = (7\n    % 4)\ndef my_cross_correlate(image, kernel):\n    return x"
    assert chosen(notebook_of(code(untouched))).cell.source == untouched


def test_helpers_come_along_and_long_work_does_not():
    cells = [
        code("import math\nSIDE = 3\nmodel = train()"),
        code("def deeper(x):\n    return math.floor(x) + SIDE"),
        code("def helper(x):\n    return deeper(x)\nhelper(model)"),
        code("def my_cross_correlate(image, kernel):\n    x = 1\n    return helper(image) + model", exercise=TARGET),
    ]
    helpers = chosen(notebook_of(*cells)).helpers
    assert [line.splitlines()[0] for line in helpers] == ["import math", "SIDE = 3", "def deeper(x):", "def helper(x):"]


# Lessons and the schema


def test_every_lesson_of_the_course_is_found():
    for number in ("00", "01", "02", "03", "04", "05"):
        lesson = find_lesson(number)
        assert list(marked_cells(lesson_notebook(number))) == lesson.exercises and lesson.setup
    assert find_lesson("1") == find_lesson("01_convolution_basics")
    with pytest.raises(ValueError, match="no lesson '99'; there are 00_start_here"):
        find_lesson("99")


def test_a_verdict_out_of_form_is_noticed():
    good = ungraded("someone.ipynb", b"", find_lesson("01"), "It is empty.")
    assert schema.complaint(good) == ""
    entry = good["exercises"][0]
    for change in (
        {"points": 4},
        {"version": 2},
        {"exercises": [entry | {"points": 1}], "points": 1},
        {"exercises": [entry | {"status": "excellent"}]},
        {"exercises": [entry | {"status": "correct"}]},
        {"grade": "A"},
        {"seconds": -1},
    ):
        assert schema.complaint(good | change), change
    del good["environment"]
    assert "environment" in schema.complaint(good)


def test_texts_of_students_steer_no_terminal():
    told = ungraded("\x1b[2J\u202egnp.ipynb", b"", find_lesson("01"), "a\x07b" + "x" * 9999)
    assert told["submission"]["name"] == "�[2J�gnp.ipynb"
    assert "\x07" not in told["problem"] and len(told["problem"]) < 4100
    assert submission.LARGEST < 25 * 10**6


def test_a_fault_of_the_graders_costs_that_submission_only(monkeypatch):
    class Template:
        lesson = find_lesson("01")

    def fail(*_):
        raise RecursionError

    monkeypatch.setattr(judge, "read", fail)
    told = judge.grade("someone.ipynb", b"", Template())
    assert schema.complaint(told) == "" and "Look at it by hand" in told["problem"] and told["points"] == 0
