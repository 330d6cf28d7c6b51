"""Hostile answers: none gains a point, none costs another exercise or submission one, all end in time.

Each of them stands in the first exercise of lesson 01; the other three are answered right.
"""

import contextlib
import os
import platform
import socket
import tempfile
import textwrap
import threading
from pathlib import Path

import psutil
import pytest
from grading_students import code, entries, handed_in, notebook_of, right_answers, timed

from course_utils.exercises import by_name
from course_utils.grading import calls, sandbox, students
from course_utils.grading.students import Template
from course_utils.grading.submission import find_lesson
from course_utils.runtime import repository

pytestmark = [
    pytest.mark.seconds,
    pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="grading needs Linux or macOS"),
]
TARGET = "convolution.cross_correlate"
CELL_SECONDS, CHECK_SECONDS = 5, 2  # for the hostile answer, in these tests
LONGEST = 15


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    monkeypatch.setattr(students, "LOAD_SECONDS", CELL_SECONDS)
    monkeypatch.setattr(by_name[TARGET], "seconds", CHECK_SECONDS)


@pytest.fixture(scope="module")
def neighbours():
    """A folder of submissions, in which no student's process may read or write."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        Path(folder, "neighbour.ipynb").write_bytes(handed_in("01", right_answers("01")))
        yield Path(folder)


@pytest.fixture(scope="module")
def template(neighbours):
    with Template(find_lesson("01"), hidden=[neighbours]) as template:
        yield template


@pytest.fixture(scope="module")
def isolation(template):
    """What this system has: as the verdicts say it."""
    verdict, _ = timed(handed_in("01", right_answers("01")), template)
    return verdict["environment"]["isolation"]


@pytest.fixture
def closed_files(isolation):
    if not isolation["files"].startswith("read-only"):
        pytest.skip("this system has no mount namespaces, or does not give them to this user")


@pytest.fixture
def closed_network(isolation):
    if isolation["network"] != "none":
        pytest.skip("this system has no network namespaces, or does not give them to this user")


@pytest.fixture
def own_processes(isolation):
    if isolation["other processes"] != "out of sight":
        pytest.skip("this system has no process namespaces, or does not give them to this user")


def submit(template, cell):
    """The entry of the hostile answer, when it gained nothing and cost nothing."""
    content = handed_in("01", right_answers("01") | {TARGET: textwrap.dedent(cell)})
    verdict, seconds = timed(content, template)
    told = entries(verdict)
    assert [told[name]["points"] for name in told if name != TARGET] == [1, 1, 1], "it cost another answer a point"
    assert told[TARGET]["points"] == 0 and told[TARGET]["status"] in ("incorrect", "error"), "it gained a point"
    assert seconds < LONGEST
    assert template.alive
    return told[TARGET]


def answer(*lines):
    return "def my_cross_correlate(image, kernel):\n" + textwrap.indent("\n".join(lines), "    ")


HOSTILE = {
    "endless loop": (answer("while True:", "    pass"), "had not come back after 2 seconds"),
    "endless loop that swallows all": (
        answer("while True:", "    try:", "        while True:", "            pass", "    except:", "        pass"),
        "had not come back after 2 seconds",
    ),
    "endless loop in the cell": ("while True:\n    pass", "did not answer in time"),
    "sleeps": (answer("import time", "time.sleep(3600)"), "had not come back after 2 seconds"),
    "long call into C": (answer("return sum(range(10 ** 11))"), "had not come back"),
    "memory bomb": (answer("return np.zeros((10 ** 5, 10 ** 6)) + 1"), "MemoryError"),
    "more memory than is due": (answer("return np.empty(2 * 10 ** 9, dtype=np.uint8)"), "MemoryError"),
    "memory bomb in small steps": (
        answer("kept = []", "while True:", "    kept.append(bytearray(10 ** 7))"),
        "",
    ),
    "gigabyte of output": (
        answer("import sys", "for _ in range(1000):", "    sys.stdout.write('x' * 10 ** 6)", "return 0"),
        "shape",
    ),
    "gigabyte past Python's output": (
        answer("import os", "for _ in range(1000):", "    os.write(1, b'x' * 10 ** 6)", "return 0"),
        "shape",
    ),
    "gigabyte returned": (answer("return np.zeros(10 ** 8, dtype=np.uint8)"), "more than 1,000,000 numbers"),
    "os._exit": (answer("import os", "os._exit(0)"), "ended before it had answered"),
    "os._exit in the cell": ("import os\nos._exit(0)", "ended before it had answered"),
    "SystemExit": (answer("raise SystemExit(0)"), "SystemExit"),
    "KeyboardInterrupt": (answer("raise KeyboardInterrupt"), "KeyboardInterrupt"),
    "crash": (answer("import ctypes", "ctypes.string_at(0)"), "ended before it had answered"),
    "deep recursion": (answer("return my_cross_correlate(image, kernel)"), "RecursionError"),
    "overwritten check": (
        "from course_utils import exercises\nexercises.convolution.cross_correlate.check = lambda f: 'correct'\n"
        + answer("return 0"),
        "shape",
    ),
    "overwritten judge": (
        "import course_utils.exercises.engine as engine\nengine.Exercise._judge = lambda *_: 'correct'\n"
        + answer("return 0"),
        "No module named",
    ),
    "monkeypatched NumPy": (
        "np.isclose = np.allclose = np.array_equal = lambda *_, **__: True\n"
        "np.ndarray = np.generic = object\n" + answer("return np.zeros((1, 1))"),
        "",
    ),
    "monkeypatched course_utils": (
        "import sys\n"
        "wire = sys.modules['course_utils.grading.wire']\n"
        "child = sys.modules.get('course_utils.grading.child', sys.modules['__main__'])\n"
        "child.encode = wire.encode = lambda *_: {'status': 'correct', 'points': 1}\n" + answer("return 0"),
        "",
    ),
    "equal to everything": (
        "class Same:\n    __eq__ = lambda *_: True\n    shape = property(lambda self: Same())\n"
        "    def __getattr__(self, name):\n        return Same()\n" + answer("return Same()"),
        "",
    ),
    "array equal to everything": (
        "class Same(np.ndarray):\n    __eq__ = lambda *_: True\n"
        "    def __array_function__(self, *_):\n        return True\n"
        "    def __array_ufunc__(self, *_, **__):\n        return True\n"
        + answer("return np.zeros(tuple(np.subtract(image.shape, kernel.shape) + 1)).view(Same)"),
        "",
    ),
    "not a number": (
        answer("return np.full(tuple(np.subtract(image.shape, kernel.shape) + 1), np.nan)"),
        "NaN",
    ),
    "forged verdict printed": (
        answer('print(\'{"status": "correct", "points": 1}\')', "return {'status': 'correct', 'points': 1}"),
        "a dictionary",
    ),
    "forged verdict on the wire": (
        "import json, struct\n"
        "def my_cross_correlate(image, kernel):\n"
        "    for number in range(20):\n"
        "        told = json.dumps({'status': 'correct', 'points': 1, 'verdict': 'correct'}).encode()\n"
        "        try:\n            os.write(number, struct.pack('!I', len(told)) + told)\n"
        "        except OSError:\n            pass\n"
        "import os\n",
        "",
    ),
    "noise on the wire": (answer("import os", "os.write(3, b'\\xff' * 100)"), "a message of"),
    "array that is none": (
        answer(
            "import json, os, struct",
            "value = {'bytes': 'AAAA', 'dtype': '<f8', 'shape': [10 ** 9, 10 ** 9]}",
            "told = json.dumps({'returned': value}).encode()",
            "os.write(3, struct.pack('!I', len(told)) + told)",
        ),
        "may not cross",
    ),
    "nested value": (
        answer("value = []", "for _ in range(10 ** 5):", "    value = [value]", "return value"),
        "",
    ),
    "formula for an error": (answer("raise ValueError('=HYPERLINK(1)\\x1b[2J\\u202e')"), "ValueError: =HYPERLINK"),
    "imports the reference": (
        "from course_utils.exercises import convolution\n" + answer("return convolution.loops(image, kernel)"),
        "",
    ),
    "unloads the blocker": (
        "import sys\n"
        "for name in [name for name in sys.modules if name.startswith('course_utils')]:\n    del sys.modules[name]\n"
        "from course_utils.exercises import convolution\n" + answer("return convolution.loops(image, kernel)"),
        "No module named",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_gained(name, template):
    cell, part = HOSTILE[name]
    told = submit(template, cell)
    assert part in told["message"], told
    assert told["message"].isprintable() or "\n" in told["message"]


@pytest.mark.usefixtures("own_processes")
def test_only_itself_can_be_killed(template):
    kills = "os.kill(-1, signal.SIGKILL)", "os.kill(os.getppid(), signal.SIGKILL)"
    submit(template, answer("import os, signal", *kills, "return 0"))


def test_a_fork_bomb_stays_small(template):
    before = len(psutil.pids())
    told = submit(
        template,
        answer(
            "import os, time",
            "for _ in range(200):",  # bounded, in case the limit does not hold
            "    if os.fork() == 0:",
            "        time.sleep(30)",
            "        os._exit(0)",
            "return 0",
        ),
    )
    assert "BlockingIOError" in told["message"]
    assert len(psutil.pids()) < before + 20


@pytest.mark.usefixtures("own_processes")
def test_a_daemon_ends_with_its_answer(template):
    mark = f"course-daemon-{os.getpid()}"
    submit(
        template,
        f"""
        import os, sys, time
        def my_cross_correlate(image, kernel):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "{mark}"])
                os._exit(0)
            time.sleep(0.3)
            return 0
        """,
    )
    commands = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            commands.append(" ".join(process.cmdline()))
    assert not [command for command in commands if mark in command]


@pytest.mark.usefixtures("closed_files")
def test_a_full_disk_is_only_its_own(template):
    told = submit(
        template,
        answer(
            "for number in range(5000):",
            "    with open(f'{number}', 'wb') as file:",
            "        file.write(b'x' * 10 ** 6)",
            "return 0",
        ),
    )
    assert "No space left" in told["message"] or "File too large" in told["message"]


def test_the_folder_is_empty_and_another_one_each_time(template):
    for _ in range(2):
        told = submit(
            template,
            answer("import os", "found = os.listdir()", "open('left', 'w').close()", "raise ValueError(repr(found))"),
        )
        assert "ValueError: []" in told["message"] or "ValueError: ['left']" in told["message"]


@pytest.fixture
def precious():
    """Files that a student's process could reach by their paths: in sight, unlike /tmp, where root is the grader."""
    shared = next((folder for folder in ("/srv", "/opt", "/dev/shm") if os.access(folder, os.W_OK)), None)
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        path = Path(folder, "precious.txt")
        path.write_text("precious")
        os.chmod(folder, 0o777)
        os.chmod(path, 0o666)
        yield path


@pytest.mark.usefixtures("closed_files")
def test_files_are_neither_deleted_nor_written(template, precious):
    told = submit(
        template,
        f"""
        import os, shutil
        done = []
        def attempt(action, *given):
            try:
                action(*given)
                done.append(given)
            except OSError:
                pass
        def my_cross_correlate(image, kernel):
            attempt(os.remove, {str(precious)!r})
            attempt(open, {str(precious)!r}, "w")
            attempt(open, {str(precious.parent / "new")!r}, "w")
            attempt(open, {str(repository() / "verdict.json")!r}, "w")
            shutil.rmtree({str(precious.parent)!r}, ignore_errors=True)
            raise ValueError(repr(done))
        """,
    )
    assert precious.read_text() == "precious" and os.listdir(precious.parent) == ["precious.txt"]
    assert (repository() / "pyproject.toml").is_file() and not (repository() / "verdict.json").exists()
    assert "ValueError" in told["message"]


@pytest.mark.usefixtures("closed_files")
def test_walls_cannot_be_taken_down(template):
    told = submit(
        template,
        f"""
        import ctypes, os
        libc = ctypes.CDLL(None)
        def my_cross_correlate(image, kernel):
            libc.unshare(0x10000000 | 0x00020000)
            for path in ({str(repository())!r}, "/", "/tmp"):
                for _ in range(3):
                    libc.umount2(path.encode(), 2)
            found = os.path.exists({str(repository() / "course_utils/exercises")!r})
            try:
                os.setuid(0)
                found = "root"
            except OSError:
                pass
            raise ValueError(f"found {{found}}, user {{os.getuid()}}")
        """,
    )
    assert "found False" in told["message"]
    assert "user 0" not in told["message"]


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
def test_it_has_no_rights(template):
    told = submit(
        template,
        answer(
            "import os",
            "kept = [line for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapPrm'))]",
            "raise ValueError(f'users {os.getresuid()} {kept} {os.getgroups()}')",
        ),
    )
    assert "users (0" not in told["message"] and told["message"].count("0" * 16) == 2, told["message"]


@pytest.mark.usefixtures("closed_files")
def test_the_reference_cannot_be_found_by_looking(template):
    told = submit(
        template,
        f"""
        import os, sys
        def my_cross_correlate(image, kernel):
            places = [{str(repository())!r}, {os.getcwd()!r}, *sys.path]
            for finder in sys.meta_path:
                module = sys.modules.get(getattr(finder, "__module__", ""))
                places += map(os.path.dirname, getattr(module, "MAPPING", {{}}).values())
            found = [path for path in places if os.path.exists(f"{{path}}/course_utils/exercises/convolution.py")]
            found += [path for path in places if os.path.exists(f"{{path}}/notebooks")]
            raise ValueError(f"{{len(places)}} places, found {{found}}")
        """,
    )
    assert "places, found []" in told["message"], told["message"]


@pytest.mark.usefixtures("closed_files")
def test_a_neighbours_submission_cannot_be_read(template, neighbours):
    told = submit(
        template,
        f"""
        def my_cross_correlate(image, kernel):
            return open({str(neighbours / "neighbour.ipynb")!r}).read()
        """,
    )
    assert "No such file" in told["message"]


@pytest.mark.usefixtures("closed_files")
def test_of_devices_only_those_of_no_ones_bytes_are_there(template):
    """No terminal of the grader's user can be written to, and no memory be shared."""
    told = submit(template, answer("import os", "raise ValueError(sorted(os.listdir('/dev')))"))
    assert "ValueError: ['full', 'null', 'random', 'urandom', 'zero']" in told["message"]
    told = submit(
        template,
        answer(
            "for path in ('/dev/null', '/dev/new'):",
            "    with open(path, 'w') as file:",
            "        file.write('gone')",
            "return 0",
        ),
    )
    assert "Read-only file system: '/dev/new'" in told["message"]


def test_calls_around_the_walls_are_refused(template, isolation):
    if isolation["system calls"] != "some refused":
        pytest.skip("this system has no filter for system calls that is known here")
    column, _ = calls.MACHINES[platform.machine()]
    told = submit(
        template,
        f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def my_cross_correlate(image, kernel):
            passed = []
            for name, number in {({name: numbers[column] for name, numbers in calls.REFUSED.items()})!r}.items():
                ctypes.set_errno(0)
                if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1:
                    passed.append(name)
            kept = libc.shmget(0, 4096, 0o1600)
            raise ValueError(f"passed {{passed}}, {{kept}}")
        """,
    )
    assert "passed [], -1" in told["message"]


def test_names_of_mounted_folders_are_read_as_they_are(monkeypatch):
    """What a text is split at, and bytes that are no text, are parts of a name; a space is told by its number."""
    names = ["/media/USB\u00a0stick".encode(), b"/media/K\xe4the", b"/media/a\rb\x0bc", b"/media/with\\040space"]
    lines = [b"30 1 0:9 / " + name + b" rw,nosuid,relatime shared:1 - tmpfs none rw\n" for name in names]
    lines.append(b"31 1 0:9 / /read-only ro,nodev - tmpfs none rw\n")
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"".join(lines))
    flags = sandbox._NO_SUID | sandbox._REL_ATIME
    assert sandbox._mounts() == [*((name, flags) for name in names[:3]), (b"/media/with space", flags)]


@pytest.mark.usefixtures("closed_network")
def test_there_is_no_network(template):
    """A server on this machine hears nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    heard = []

    def listen():
        with contextlib.suppress(OSError):
            heard.append(server.accept())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    told = submit(
        template,
        answer(
            "import socket",
            f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2).sendall(b'answers')",
            "return 0",
        ),
    )
    server.close()
    assert not heard
    assert "OSError" in told["message"] or "Unreachable" in told["message"] or "refused" in told["message"], told


def test_the_environment_is_scrubbed(template, monkeypatch):
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    with Template(find_lesson("01")) as fresh:
        told = submit(
            fresh, answer("import os", "raise ValueError(['GRADER_TOKEN' in os.environ, 'PATH' in os.environ])")
        )
    assert "ValueError: [False, True]" in told["message"]


def test_what_was_possible_here_is_told(template):
    verdict, _ = timed(handed_in("01", right_answers("01")), template)
    assert verdict["points"] == 4
    walls = {"network", "files", "other processes", "user", "system calls"}
    assert verdict["environment"]["isolation"].keys() == {"process", *walls}


# Broken notebooks whose answers are right


def test_reordered_cells_lose_nothing(template):
    answers = right_answers("01")
    cells = [code(source, exercise=name) for name, source in reversed(answers.items())]
    verdict, _ = timed(notebook_of(*cells), template)
    assert verdict["points"] == 4


def test_cells_without_marks_are_found_by_the_functions_name(template):
    verdict, _ = timed(notebook_of(*map(code, right_answers("01").values())), template)
    assert verdict["points"] == 4
    assert {entry["found by"] for entry in verdict["exercises"]} == {"the function's name"}


def test_of_duplicate_cells_the_last_that_is_no_stub_counts(template):
    exercise = by_name[TARGET]
    wrong, right, stub = exercise.wrong[0], str(exercise.solution()), exercise.stub
    for order, points in (((wrong.cell, right, stub), 1), ((right, wrong.cell, stub), 0)):
        verdict, _ = timed(notebook_of(*(code(source, exercise=TARGET) for source in order)), template)
        told = entries(verdict)[TARGET]
        assert told["points"] == points and told["cell"] == 2
        assert "2 cells answer this exercise" in told["message"]


def test_a_missing_cell_costs_its_own_point_only(template):
    answers = right_answers("01")
    del answers[TARGET]
    verdict, _ = timed(notebook_of(*(code(source, exercise=name) for name, source in answers.items())), template)
    assert verdict["points"] == 3
    assert entries(verdict)[TARGET]["message"] == "No cell defines `my_cross_correlate`."


def test_an_answer_may_use_a_function_of_another_cell(template):
    helper = "from math import prod\ndef places(n, k, stride):\n    return (n - k) // stride + 1"
    answer = str(by_name["convolution.stride"].solution())
    answer = answer.replace(
        "(h - kh) // stride + 1, (w - kw) // stride + 1", "places(h, kh, stride), places(w, kw, stride)"
    )
    assert "places(" in answer
    verdict, _ = timed(notebook_of(code(helper), code(answer, exercise="convolution.stride")), template)
    assert entries(verdict)["convolution.stride"]["points"] == 1, verdict


RIGHT = """
def my_cross_correlate(image, kernel):
    rows, columns = np.subtract(image.shape, kernel.shape) + 1
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))
"""


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (RIGHT + "\nprint(my_cross_correlate(camera, learned))", 6),
        ("print(learned.shape)\n" + RIGHT, 1),
        (RIGHT + "\nexit()", 6),
    ],
    ids=["after it", "before it", "ends all"],
)
def test_a_line_that_tries_the_answer_out_costs_no_point(template, cell, line):
    """In the notebook it runs, with names of cells that are not run here."""
    verdict, _ = timed(handed_in("01", right_answers("01") | {TARGET: cell.strip("\n")}), template)
    told = entries(verdict)[TARGET]
    assert (told["points"], told["status"]) == (1, "correct")
    assert "A line of the cell fails here: " in told["message"] and f"In line {line}: `" in told["message"]


def test_a_line_that_fails_is_told_where_the_function_is_missing(template):
    told = submit(template, "size = learned.shape\nmy_correlate = 0")
    assert told["status"] == "error"
    assert "The cell cannot be run: " in told["message"] and "In line 1: `size = learned.shape`" in told["message"]


def test_a_helper_that_cannot_be_run_is_told(template):
    cell = code(answer("return conv(image, kernel)"), exercise=TARGET)
    verdict, _ = timed(notebook_of(code("from my_helpers import conv"), cell), template)
    told = entries(verdict)[TARGET]
    assert told["points"] == 0 and "No module named 'my_helpers'" in told["message"]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        (RIGHT + "\n1 / 0\ndef my_cross_correlate(image, kernel):\n    return 0", "correct"),
        ("def my_cross_correlate(image, kernel):\n    return 0\n1 / 0\n" + RIGHT, "incorrect"),
        ("from __future__ import annotations\n" + RIGHT.replace("kernel):", "kernel: Unknown):"), "correct"),
        ("# to do", "not attempted"),
    ],
    ids=["right, then wrong", "wrong, then right", "future", "empty"],
)
def test_a_cell_ends_where_it_does_in_a_notebook(template, cell, status):
    verdict, _ = timed(handed_in("01", right_answers("01") | {TARGET: cell.strip("\n")}), template)
    assert entries(verdict)[TARGET]["status"] == status


def test_what_fails_keeps_no_memory(template):
    big = "def big():\n    held = np.ones(60_000_000)\n    raise ValueError\n"
    cell = big + "big()\n" * 3 + RIGHT.replace("    rows,", "    np.ones(60_000_000)\n    rows,", 1)
    verdict, _ = timed(handed_in("01", right_answers("01") | {TARGET: cell}), template)
    assert entries(verdict)[TARGET]["status"] == "correct"


def test_a_name_that_a_call_makes_elsewhere_is_told(template):
    cells = [code("K = train()"), code(answer("return K"), exercise=TARGET)]
    verdict, _ = timed(notebook_of(*cells), template)
    told = entries(verdict)[TARGET]["message"]
    assert "`K` is made in cell 1 by a call, and calls there are not run here: make it in this cell." in told
