"""What is handed in may be anything: it is read within limits, or there is a sentence that says why not."""

import contextlib
import itertools
import json
import math
import os
import string
import time
import tracemalloc

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
        (notebook_of(*[code("x" * 15_000)] * 40), "bytes of code"),
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
        {"cell_type": "code", "source": "x", "metadata": {"exercise": "x" * 10**6}},
        {"cell_type": "code", "source": "x", "metadata": {"exercise": "\ud800"}},
        {"cell_type": "code", "source": "x = '\ud800'", "metadata": {}},
        {"cell_type": "code", "source": "x" * 10**6, "metadata": {}},
        {"cell_type": "code", "source": "\0", "metadata": {}},
        {"cell_type": "code", "source": "(" * 10**4, "metadata": {}},
        {"cell_type": "code", "source": "-" * 10**4 + "1", "metadata": {}},
        {"cell_type": "code", "source": "?" * 19_000 + "x\n", "metadata": {}},
        {"cell_type": "code", "source": "(" + "\n" * 19_000 + "x", "metadata": {}},
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


def helpers_of(*cells, uses, after=()):
    """The helpers of an answer that uses the names `uses`, between `cells` and the cells `after` it."""
    answer = f"def my_cross_correlate(image, kernel):\n    return [{', '.join(uses)}]"
    return chosen(notebook_of(*map(code, cells), code(answer, exercise=TARGET), *map(code, after))).helpers


def values(*cells, uses, after=()):
    """The values that the names `uses` have when the helpers have run as the student's process runs them."""
    namespace = {}
    for source in helpers_of(*cells, uses=uses, after=after):
        with contextlib.suppress(Exception):
            exec(source, namespace)
    return [namespace.get(name, "nothing") for name in uses]


@pytest.mark.parametrize(
    ("cells", "name", "value"),
    [
        (["from math import *"], "floor", math.floor),
        (["try:\n    from math import *\nexcept ImportError:\n    pass"], "floor", math.floor),
        (["from math import *"], "pow", math.pow),
        (["pow = 3"], "pow", 3),
        (["try:\n    import math as m\nexcept ImportError:\n    m = None"], "m", math),
        (["try:\n    import math as m\nexcept ImportError:\n    print('none')"], "m", math),
        (["if print():\n    pass\nelse: import json as m; import math as m; N = 1"], "m", math),
        (["if True:\n    N = 3"], "N", 3),
        (["for N in [1, 2]:\n    pass"], "N", 2),
        (["for i in [1, 2]:\n    N = i"], "N", 2),
        (["(N := 4)"], "N", 4),
        (["match 5:\n    case N:\n        pass"], "N", 5),
        (["a, (b, *N) = 1, (2, 3)"], "N", [3]),
        (["N: int = 1"], "N", 1),
        (["N = 1; N += 1"], "N", 2),
        (["N = 1", "N += 1"], "N", 2),
        (["N = 1\nN = 2"], "N", 2),
        (["N = 1", "N = 2"], "N", 2),
        (["M = 1", "N = M", "M = 2"], "N", 1),
        (["N = [1, 2]\nN[0] = 5"], "N", [5, 2]),
        (["class C:\n    pass\nC.x = N = 1"], "N", 1),
        (["N = 1\nN = ord('a')"], "N", "nothing"),
        (["N = 1\nN += ord('a')"], "N", "nothing"),
        (["N = 1\nfor i in range(3):\n    N += 1"], "N", 4),
        (["N = 1\nfor i in train():\n    N += 1"], "N", "nothing"),
        (["import math as N\nN.x = len('abc')"], "N", math),
        (["N = 1\nM = len([N for N in 'abc'])"], "N", 1),
        (["if True:\n    N = ord('a')"], "N", "nothing"),
        (["with open('x') as N:\n    pass"], "N", "nothing"),
    ],
)
def test_names_of_other_cells_have_the_values_of_the_notebook(cells, name, value):
    assert values(*cells, uses=[name]) == [value]


@pytest.mark.parametrize(
    "cell",
    [
        "sq = lambda x: abs(x * x)",
        "if True:\n    def sq(x):\n        return abs(x * x)",
        "if True:\n\tdef sq(x):\n\t\ts = '''\n'''\n\t\treturn abs(x * x)\n\tprint(sq(1))",
        "def sq(x): return abs(x * x)\nsq = repr(sq)",
        "try:\n    '𝄞'; sq = lambda x: abs(x * x)\nfinally:\n    pass",
        "ä = '𝄞'; sq = (lambda x:\n    abs(x * x)); b = 1",
        "a = 1\r\ndef sq(x):\r\n    return abs(x * x)\r\n",
        "a = 1\rdef sq(x):\r    return abs(x * x)\r",
        "def less(f): return lambda x: -f(x)\n@less\n@less\n@less\ndef sq(x):\n    return -x * x",
        "if print():\n    pass\nelse:\n    def no(f): return lambda x: -f(x)\n    @no\n    def sq(x): return -x * x",
    ],
)
def test_functions_of_other_cells_come_along_wherever_they_are_defined(cell):
    (sq,) = values(cell, uses=["sq"])
    assert sq(-3) == 9


def test_cells_after_the_answer_bind_what_those_before_it_do_not():
    assert values("N = 1", uses=["N", "M"], after=["N = 2\nM = 2", "M = 3"]) == [1, 3]
    assert values(uses=["floor"], after=["from math import *"]) == [math.floor]
    assert helpers_of(uses=["sum"], after=["sum = 0", "from numpy import *"]) == []


def test_a_helper_is_the_students_own_text():
    cell = "x = 1;  N = [1,\n  2] # two\n'é'; é = 'é' ; M = 0x1F"
    assert helpers_of(cell, uses=["N", "é", "M"]) == ["N = [1,\n  2]", "é = 'é'", "M = 0x1F"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1" + " + 1" * 600, 601), ("0x" + "f" * 4000, 16**4000 - 1), ("'" + "é" * 9000 + "'", "é" * 9000)],
    ids=["600 terms", "4000 digits", "9000 letters"],
)
def test_a_strange_constant_costs_nothing(text, value):
    assert values(f"N = {text}", uses=["N"]) == [value]


@pytest.mark.parametrize("name", ["_text_of", "_names"])
def test_a_statement_that_cannot_be_read_costs_itself_only(monkeypatch, name):
    read_one, first = getattr(submission, name), []

    def fail_once(*given):
        if not first:
            first.append(given)
            raise RecursionError
        return read_one(*given)

    monkeypatch.setattr(submission, name, fail_once)
    assert values("N = 1\nM = 2", uses=["N", "M"]) == ["nothing", 2]


NAMES = ["".join(letters) for letters in itertools.product(string.ascii_uppercase, repeat=3)]
CHAIN = [f"{name} = {other}" for name, other in itertools.pairwise(["x0", *NAMES[:1990]])]
LARGEST_NOTEBOOKS = {
    "one statement of many names": ["x0," + ",".join(NAMES[:4900]) + " = b"],
    "one name many times": ["x0," + "a," * 9000 + " = b"] * 14,
    "a chain": CHAIN,
    "a chain in one cell": [";".join(CHAIN)],
    "the same names in each cell": ["x0," + ",".join(NAMES[:30]) + " = b"] * 1990,
    "one name in each cell": ["x0 = AAA", *["AAA=1\n" * 24] * 1980],
    "star imports": ["x0 = [" + ",".join(NAMES[:4800]) + "]", *["from math import *"] * 1900],
    "functions and names": ["x0 = [" + ",".join(f"lambda:{name}" for name in NAMES[:1700]) + "]"] * 14,
    "classes and names": ["class x0:\n " + ";".join(f"{name}=lambda:0" for name in NAMES[:1500])] * 14,
    "blocks in blocks": ["if x():\n " + ";".join(["import x0"] * 1900)] * 14,
    "targets in targets": ["x0 = b" + "[0]" * 80 + " = 1;" + "b[b[b[0]]] = 1;" * 1300] * 14,
    "many short statements": ["x0 = a\n" + "a=b;" * 4990] * 14,
    "many short statements in a block": ["x0 = a\nif b:\n " + "a=b;" * 4900] * 14,
    "many functions": ["x0 = a\n" + "def a():a\n" * 1990] * 14,
    "dots": ["import x0" + ".b" * 9990] * 14,
}


@pytest.mark.seconds
@pytest.mark.parametrize("cells", LARGEST_NOTEBOOKS.values(), ids=LARGEST_NOTEBOOKS)
def test_the_largest_notebooks_are_read_in_seconds(cells):
    started = time.monotonic()
    assert helpers_of(*cells, uses=["x0", *NAMES[:1000]])
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("letter", ["b", "𠀀"])
def test_to_parse_the_longest_cell_takes_little_memory(letter):
    times = (submission.LONGEST_CELL - 10) // len(f".{letter}".encode())
    content = notebook_of(code("import X" + f".{letter}" * times))
    tracemalloc.start()
    try:
        assert read("", content).cells[0].binds == {"X"}
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("metadata", [{"exercise": TARGET}, {}], ids=["marked", "by name"])
def test_a_cell_that_is_too_long_gets_a_reason(metadata):
    long = right_answers("01")[TARGET] + "\n#" + "é" * 10_000
    answer = chosen(notebook_of(code(long, **metadata)))
    assert (
        answer.cell.problem == f"Cell 1 has {len(long.encode()):,} bytes of code; at most 20,000 are read. Shorten it."
    )
    entry = judge._entry(TARGET, read("", notebook_of(code(long, **metadata))), None, {}, [])
    assert entry["status"] == "error" and entry["message"] == answer.cell.problem and entry["cell"] == 1


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


@pytest.mark.parametrize(
    "idle",
    [
        "# my answer is in the cell below\ndef my_cross_correlate(image, kernel):\n    raise NotImplementedError",
        "def my_cross_correlate(image, kernel):\n    'Later.'\n    raise NotImplementedError('later')",
        "def my_cross_correlate(image, kernel):\n    ...",
        "pass",
        "# see below",
        "print('see below')",
        "import math\ndef my_cross_correlate(image, kernel):\n    raise NotImplementedError\nmy_cross_correlate(1, 2)",
        "def my_cross_correlate(image, kernel):\n    return None",
        "",
    ],
)
def test_a_marked_cell_that_says_nothing_gives_way(idle):
    right = right_answers("01")[TARGET]
    answer = chosen(notebook_of(code(idle, exercise=TARGET), code(right)))
    assert (answer.cell.number, answer.found, answer.others) == (2, "the function's name", 0)
    assert chosen(notebook_of(code(idle, exercise=TARGET))).cell.number == 1


def test_all_answers_are_counted():
    """Whichever counts, the verdict says that there are others."""
    right = right_answers("01")[TARGET]
    stray = "def my_cross_correlate(image, kernel):\n    return 1"
    answer = chosen(notebook_of(code(right, exercise=TARGET), code(stray), code(stray)))
    assert (answer.cell.number, answer.found, answer.others) == (1, "its mark", 2)


@pytest.mark.parametrize(
    "value", ["np.ones(9).reshape(3, 3) / 9", "int(1)", "math.sqrt(2)", "np.linalg.inv(np.eye(2))", "len('abc')"]
)
def test_a_value_made_by_a_quick_call_comes_along(value):
    answer = code("def my_cross_correlate(image, kernel):\n    return K", exercise=TARGET)
    assert chosen(notebook_of(code(f"K = {value}"), answer)).helpers == [f"K = {value}"]
    assert chosen(notebook_of(code(f"K = train({value})"), answer)).helpers == []


def test_an_archive_is_named():
    with pytest.raises(Ungradable, match="ZIP archive"):
        read("class.ipynb", b"PK\3\4\x14\0")


@pytest.mark.parametrize(
    "line", ["%time my_cross_correlate(1, 2)", "!ls", "!./x", "files = !ls", "took = %timeit -o f()", "?len", "len??"]
)
def test_a_line_to_the_notebook_leaves_the_docstring_alone(line):
    """A question in it ends in a question mark, too."""
    text = '"""What is\n    left of it?\n\n    And why?"""'
    source = f"def my_cross_correlate(image, kernel):\n    {text}\n    return 1\n{line}"
    cell = chosen(notebook_of(code(source))).cell
    assert cell.source == source.replace(line, "pass") and "my_cross_correlate" in cell.binds
