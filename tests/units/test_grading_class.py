"""Whole classes: three students, a stop and a resume, a table without formulas, a summary to teach from."""

import csv
import errno
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from grading_students import entries, handed_in, lesson_notebook, marked_cells, right_answers
from rich.console import Console
from typer.testing import CliRunner

from course_utils.cli import app
from course_utils.cli.errors import CourseError
from course_utils.cli.grade import grade as grade_command
from course_utils.exercises import by_name
from course_utils.grading import classes, judge, schema
from course_utils.grading.classes import (
    Class,
    completed,
    grade_by,
    grade_class,
    grade_file,
    with_template,
)
from course_utils.grading.judge import fingerprint, readable, ungraded
from course_utils.grading.judge import grade as grade_notebook
from course_utils.grading.report import csv_text, said, summary
from course_utils.grading.students import NotStarted, Template
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
def test_a_stop_by_the_keyboard_is_told_at_once(tmp_path):
    """Also when the key is pressed twice, and answers that never end are in hand."""
    endless = right_answers("01") | {TARGET: "while True:\n    pass"}
    files = {f"student_{k:02}": handed_in("01", endless if k > 2 else {}) for k in range(12)}
    graded = course(tmp_path, **files)
    graded.out.mkdir()
    (graded.out / "verdicts.csv").write_text("of an earlier time")
    command = [sys.executable, "-c", "from course_utils.cli import main; main()", "grade", str(graded.folder)]
    command += ["--lesson", "01", "--jobs", "2", "--out", str(graded.out)]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = os.environ | {"PYTHONPATH": str(repository()), "TMPDIR": str(scratch)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while len(list(graded.out.rglob("*.json"))) < 3:
        assert process.poll() is None, "it ended before it was stopped"
        time.sleep(0.05)
    time.sleep(0.5)
    family = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.2)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - started < 5 and process.returncode == 130
    assert "Stopped: 3 of 12 graded. The same command goes on from there." in told and "Traceback" not in told
    assert not psutil.wait_procs(family, timeout=10)[1], "something outlived it"
    assert not (graded.out / "verdicts.csv").exists()
    assert not list(scratch.iterdir())


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
    classes.end_template()


def test_a_template_that_never_starts_is_said(monkeypatch):
    def none(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(classes, "Template", none)
    with pytest.raises(NotStarted, match="Too many open files"):
        with_template(LESSON.name, [], lambda template: {})


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
    with pytest.raises(RuntimeError, match="ended 3 times; not graded: one"):
        grade_by(lambda names: iter(()), other, silent)
    with pytest.raises(RuntimeError, match=r"No more processes; not graded: one.ipynb, three.ipynb, two.ipynb\."):
        grade_by(not_started, other, silent)
    assert not other.out.exists()


def test_what_ends_the_process_keeps_nobody_else_waiting(tmp_path):
    graded, done = course(tmp_path, one=b"{", three=b"[", two=b""), []

    def until_one(names):
        for name in names:
            if name == "one.ipynb":
                return
            done.append(name)
            yield name, grade_file(graded.folder, name, LESSON, None)

    with pytest.raises(RuntimeError, match=r"not graded: one.ipynb\."):
        grade_by(until_one, graded, silent)
    assert done == ["two.ipynb", "three.ipynb"]


def not_started(names):
    raise NotStarted("No more processes.")
    yield


def test_a_verdict_that_is_none_costs_itself(tmp_path):
    graded = course(tmp_path, one=b"{", two=b"[")
    good = ungraded("two.ipynb", b"[", LESSON, "It is not JSON.")
    verdicts = grade_by(lambda names: [("one.ipynb", {"version": 1}), ("two.ipynb", good)], graded, silent)
    assert verdicts["two.ipynb"] == good and "The grader failed" in verdicts["one.ipynb"]["problem"]
    assert graded.known("one.ipynb") == verdicts["one.ipynb"]


def dies(folder, name, lesson, hidden, place):
    """Stands for `_grade_one` in the pool's processes."""
    if name.startswith("dies"):
        os._exit(1)
    if name == "unstarted.ipynb":
        raise NotStarted("No more processes.")
    return ungraded(name, (folder / name).read_bytes(), LESSON, "It is not JSON.")


@posix
@pytest.mark.seconds
def test_what_ends_its_process_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(classes, "_grade_one", dies)
    files = {f"student_{k}": b"{" for k in range(8)}
    graded = course(tmp_path, dies_1=b"{", **files, dies_2=b"[", unstarted=b"[[")
    counts = []
    verdicts = grade_class(graded, 2, lambda done, of: counts.append(done))
    assert list(verdicts) == graded.names() and counts == list(range(12))
    problems = {name: told.pop("problem") for name, told in verdicts.items()}
    assert [problems[f"{name}.ipynb"] for name in files] == ["It is not JSON."] * 8
    assert problems["dies_2.ipynb"] == (
        "The process that graded this submission ended 3 times. Grade again, or look at it by hand."
    )
    assert problems["unstarted.ipynb"] == "No more processes. Grade again, or look at it by hand."
    assert (
        verdicts["dies_2.ipynb"]["submission"] == grade_file(graded.folder, "dies_2.ipynb", LESSON, None)["submission"]
    )
    again = [name for name in graded.names() if not graded.known(name)]
    assert again == ["dies_1.ipynb", "dies_2.ipynb", "unstarted.ipynb"], "the machine's fault is for ever"


@posix
@pytest.mark.parametrize(("students", "alone"), [(4, 2), (1, 1)])
@pytest.mark.seconds
def test_a_grader_that_can_grade_nothing_is_told(students, alone, tmp_path, monkeypatch):
    monkeypatch.setattr(classes, "_grade_one", dies)
    monkeypatch.setattr(classes, "HOPELESS", 2)
    pools, pool = [], classes.ProcessPoolExecutor
    monkeypatch.setattr(
        classes, "ProcessPoolExecutor", lambda *given, **more: pools.append(given) or pool(*given, **more)
    )
    graded = course(tmp_path, **{f"dies_{k}": b"{" for k in range(students)})
    with pytest.raises(RuntimeError, match="ended 3 times; not graded: dies_0"):
        grade_class(graded, 2, silent)
    assert not graded.out.exists() and pools == [(min(2, students),)] * 3 + [(1,)] * alone


@posix
@pytest.mark.parametrize("fault", [ZeroDivisionError("by zero"), RuntimeError("none"), judge.OutOfTime("late")])
def test_no_fault_of_the_grader_ends_a_class(fault, monkeypatch):
    def fails(*_):
        raise fault

    monkeypatch.setattr(judge, "read", fails)
    template = type("Stands", (), {"lesson": LESSON})
    problem = judge.grade("one.ipynb", b"{", template)["problem"]
    assert problem.startswith(f"The grader failed on this submission ({type(fault).__name__})")


def test_a_machine_without_room_for_a_process_is_not_the_submissions_fault(monkeypatch):
    class Full:
        lesson = LESSON

        def fork(self):
            raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(NotStarted, match="Too many open files"):
        judge.grade("one.ipynb", handed_in("01", right_answers("01")), Full())


# A place for each verdict


def graded_by_hand(names, graded):
    for name in names:
        yield name, grade_file(graded.folder, name, LESSON, None) | {"problem": "It is not JSON."}


def test_each_submission_has_a_verdict_of_its_own(tmp_path):
    deep = "/".join(["d" * 200] * 4) + "/deep.ipynb"
    names = ["anna.ipynb", "anna.ipynb.json/b.ipynb", "b.JSON/c.ipynb", deep, "n" * 249 + ".ipynb"]
    graded = course(tmp_path)
    for name in names:
        (graded.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (graded.folder / name).write_bytes(name.encode())
    graded = Class(graded.folder, LESSON, tmp_path / "/".join(["o" * 200] * 17))
    assert set(graded.names()) == set(names)
    grade_by(lambda todo: graded_by_hand(todo, graded), graded, silent)
    assert len({graded.verdict_path(name) for name in names}) == len(names)
    for name in names:
        assert graded.known(name)["submission"]["name"] == name and graded.verdict_path(name).is_file()
    assert graded.verdict_path("a/anna.ipynb") == Class(tmp_path, LESSON, graded.out).verdict_path("a/anna.ipynb")
    assert Class(tmp_path, LESSON, tmp_path).verdict_path("a/b.ipynb") == tmp_path / "verdicts/a/b.ipynb.json"


@contextmanager
def soon(seconds=10):
    def late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@posix
@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "file for its folder"])
def test_what_stands_in_the_way_of_one_verdict_is_named_and_the_others_are_written(kind, tmp_path):
    graded = course(tmp_path, other=b"[")
    (graded.folder / "a").mkdir()
    (graded.folder / "a/one.ipynb").write_bytes(b"{")
    path = graded.verdict_path("a/one.ipynb")
    if kind == "file for its folder":
        path = path.parent
    path.parent.mkdir(parents=True)
    target = tmp_path / "target.json"
    told = grade_file(graded.folder, "a/one.ipynb", LESSON, None) | {"problem": "Forged."}
    target.write_text(json.dumps(told))
    made = {"folder": path.mkdir, "link": lambda: path.symlink_to(target), "pipe": lambda: os.mkfifo(path)}
    made.get(kind, lambda: path.write_text("{"))()
    with soon():  # for a pipe one can wait for ever
        verdicts = grade_by(lambda todo: graded_by_hand(todo, graded), graded, silent)
    problem = verdicts["a/one.ipynb"]["problem"]
    assert problem.startswith("Its verdict cannot be written") and f"Remove `{path}` and grade again." in problem
    assert verdicts["other.ipynb"]["problem"] == "It is not JSON." and graded.known("other.ipynb")
    assert "Remove" in csv_text(verdicts) and json.loads(target.read_text()) == told


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(classes, "write_whole", full)
    graded = course(tmp_path, one=b"{")
    with pytest.raises(OSError, match="No space"):
        grade_by(lambda todo: graded_by_hand(todo, graded), graded, silent)


# What a verdict is by


def test_a_lesson_that_has_changed_is_graded_again(tmp_path):
    lesson = classes.Lesson(LESSON.name, LESSON.exercises[:-1], LESSON.setup)
    turned = classes.Lesson(LESSON.name, LESSON.exercises[::-1], LESSON.setup)
    others = lesson, turned, classes.Lesson("02_other", LESSON.exercises, LESSON.setup)
    others += (classes.Lesson(LESSON.name, LESSON.exercises, [*LESSON.setup, "import math"]),)
    assert len({fingerprint(each) for each in (LESSON, *others)}) == 5
    graded = course(tmp_path, one=b"{")
    grade_by(lambda todo: graded_by_hand(todo, graded), graded, silent)
    assert graded.known("one.ipynb")
    for other in others:
        assert not Class(graded.folder, other, graded.out).known("one.ipynb")


def test_the_exercises_of_a_verdict_are_those_of_the_lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "fingerprint", lambda lesson: "0" * 16)
    graded = course(tmp_path, one=b"{")
    grade_by(lambda todo: graded_by_hand(todo, graded), graded, silent)
    assert graded.known("one.ipynb")
    for names in (LESSON.exercises[:-1], LESSON.exercises[::-1]):
        changed = Class(graded.folder, classes.Lesson(LESSON.name, names, LESSON.setup), graded.out)
        assert not changed.known("one.ipynb")


@pytest.mark.parametrize("name", ["exercises/pairs.py", "grading/sandbox.py", "grading/verdict.schema.json"])
def test_a_changed_file_of_the_grader_changes_the_fingerprint(name, monkeypatch):
    changed = repository() / "course_utils" / name
    read, before = Path.read_bytes, fingerprint(LESSON)
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"\n" * (path == changed))
    judge._sources.cache_clear()
    after = fingerprint(LESSON)
    judge._sources.cache_clear()
    assert after != before


def test_a_link_that_becomes_an_empty_file_is_looked_at_again(tmp_path):
    """Neither has content to be known by; as long as it stays what it is, it is known all the same."""
    graded = course(tmp_path)
    link = graded.folder / "one.ipynb"
    link.symlink_to("two.ipynb")
    graded.keep(link.name, grade_file(graded.folder, link.name, LESSON, None))
    assert graded.known(link.name)
    link.unlink()
    link.touch()
    assert graded.known(link.name) is None
    graded.keep(link.name, graded.not_graded(link.name, "The file is empty. Save the notebook and hand it in again."))
    assert graded.known(link.name)


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


def test_a_folder_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    """Here of another user, whose folders root can open; and one whose path is longer than the system has."""
    graded, scandir, here = course(tmp_path, one=b"{"), os.scandir, os.getcwd()
    (graded.folder / "b/private").mkdir(parents=True)
    os.chdir(graded.folder)
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    os.chdir(here)

    def closed(path):
        if str(path).rstrip("/").endswith("private"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    first, deep, last = graded.names()
    assert first == "b/private/" and deep.startswith("ddd") and deep.endswith("d/") and last == "one.ipynb"
    for _ in range(2):
        verdicts = grade_by(lambda todo: opened_by_hand(todo, graded), graded, silent)
        assert verdicts[first]["problem"] == (
            "The folder cannot be opened: Permission denied. What is in it is not graded."
        )
        assert "cannot be opened: File name too long" in verdicts[deep]["problem"]
    assert "- `b/private/`: The folder cannot be opened" in summary(LESSON, verdicts)
    assert [row["submission"] for row in table(csv_text(verdicts))] == [first, deep, last]
    assert json.loads(graded.verdict_path(first).read_text())["submission"]["name"] == first
    monkeypatch.setattr(os, "scandir", scandir)
    assert "b/private/" not in graded.names()
    with pytest.raises(FileNotFoundError):
        Class(tmp_path / "none", LESSON, graded.out).names()


def opened_by_hand(names, graded):
    return [(name, grade_file(graded.folder, name, LESSON, None)) for name in names]


def test_a_file_whose_path_is_too_long_is_told(tmp_path):
    name = "/".join(["d" * 200] * 25) + "/one.ipynb"
    assert "cannot be read: File name too long" in grade_file(tmp_path, name, LESSON, None)["problem"]


def test_a_long_name_can_be_kept(tmp_path):
    name = "n" * 249 + ".ipynb"
    (tmp_path / name).write_bytes(b"{")
    graded = Class(tmp_path, LESSON, tmp_path / "out")
    graded.keep(name, ungraded(name, b"{", LESSON, "It is not JSON."))
    assert graded.known(name)["problem"] == "It is not JSON." and graded.names() == [name]


# What a teacher gets


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "'=1", "＝1", "＋1", "－1", "＠sum", "−1", "﹦1", " ＝1"]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_the_table_can_be_a_formula(name):
    told = verdict(name) | {"problem": f'{name}, "quoted";\n=2'}
    (row,) = table(csv_text({name: told}))
    assert row["submission"][0] in "'�" and row["problem"].startswith("'")
    assert not any(value.lstrip().startswith(tuple("=+-@\t\r＝＋－＠−﹦")) for value in row.values())


@pytest.mark.parametrize("name", ["x;=1+1;y.ipynb", 'x";=1+1;"y.ipynb', "x\t=1+1\ty.ipynb", "x\n=1.ipynb"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_where_something_else_separates(name, separator):
    text = csv_text({name: verdict()}).removeprefix("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
    assert not any(cell.lstrip().startswith(tuple("=+-@")) for cell in cells)


def test_names_of_any_kind_can_be_written_and_told_apart():
    names = {"Zoë/北京.ipynb": "Zoë/北京.ipynb", "a  b.ipynb": "a  b.ipynb", "a b.ipynb": "a b.ipynb"}
    names |= {os.fsdecode(b"K\xe4.ipynb"): r"K\udce4.ipynb", os.fsdecode(b"K\xf6.ipynb"): r"K\udcf6.ipynb"}
    verdicts = {name: ungraded(name, b"", LESSON, "It is empty.") for name in names}
    text = csv_text(verdicts)
    assert [row["submission"] for row in table(text)] == list(names.values())
    assert [told["submission"]["name"] for told in verdicts.values()] == list(names.values())
    assert all(f"- `{shown}`: It is empty." in summary(LESSON, verdicts) for shown in names.values())
    text.encode()
    assert csv_text({}).startswith('\ufeff"submission"')


STEERING = "\x1b[2J\x1b]0;owned\x07\u202e\u2028\u200b\n# x`.ipynb"


def test_no_name_steers_a_terminal_or_leaves_its_line():
    verdicts = {STEERING: ungraded(STEERING, b"", LESSON, "It is empty.")}
    (cell,) = (row["submission"] for row in table(csv_text(verdicts)))
    assert cell == "�[2J�]0;owned�����# x`.ipynb"
    assert f"- `{cell}`: It is empty.".replace("x`", r"x\x60") in summary(LESSON, verdicts).splitlines()
    assert verdicts[STEERING]["submission"]["name"] == cell
    assert readable("two\nlines, 👩\u200d🔬, é") == "two\nlines, 👩\u200d🔬, é"


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


def test_who_is_missing_and_who_is_there_twice_is_listed(tmp_path):
    graded = course(tmp_path, a=b"1", b=b"1", c=b"2")
    for name in ("Quinn.zip", ".hidden", "__MACOSX"):
        (graded.folder / name).touch()
    (graded.folder / "Peter").mkdir()
    (graded.folder / "Peter/lesson.html").touch()
    names = graded.names()
    without = graded.without_notebook(names)
    assert without == ["Peter", "Quinn.zip"]
    verdicts = {name: verdict(name, (graded.folder / name).read_bytes(), cross_correlate="correct") for name in names}
    text = summary(LESSON, verdicts, without)
    assert text.endswith(
        "\n## Without a notebook\n\n- `Peter`\n- `Quinn.zip`\n"
        "\n## Handed in more than once, byte for byte\n\n- `a.ipynb`, `b.ipynb`\n"
    )
    assert said(verdicts, without, 1) == "3 graded, 2 without a notebook, 1 verdict on submissions that are gone"
    untouched = {name: verdict(name, b"1") for name in names}
    assert "more than once" not in summary(LESSON, untouched) and said(untouched, [], 0) == "3 graded"


def test_the_table_names_the_folder_and_tells_unread_from_untouched():
    unread = ungraded("Ada_1204/x/b.ipynb", b"", LESSON, "The file is empty.")
    first, second = table(csv_text({"a.ipynb": verdict(), "Ada_1204/x/b.ipynb": unread}))
    assert (first["folder"], first[f"{TARGET} status"]) == ("", "not attempted")
    assert (second["folder"], second["points"], second[f"{TARGET} status"]) == ("Ada_1204", "0", "")


def test_verdicts_that_nobody_has_handed_in_any_more_are_counted(tmp_path):
    graded = course(tmp_path, a=b"1")
    for name in ("a.ipynb", "gone.ipynb"):
        graded.keep(name, verdict(name))
    assert graded.left_over(["a.ipynb"]) == 1


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
        (["empty", "--lesson", "01", "--scheduler", "foo"], "such as tcp://127.0.0.1:8786; got 'foo'"),
        (["one.ipynb", "--lesson", "01", "--out", "nowhere/a.json"], "a file in a folder that is there"),
        (["one.ipynb", "--lesson", "01", "--out", "empty"], "a file in a folder that is there"),
    ],
)
def test_what_cannot_be_asked_for_is_said(arguments, part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("one.ipynb").write_bytes(b"")
    result = grade(*arguments)
    assert isinstance(result.exception, CourseError) and part in str(result.exception)


@posix
def test_the_verdict_does_not_replace_the_submission(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.ipynb").write_bytes(b"{")
    Path("link.json").symlink_to("a.ipynb")
    os.link("a.ipynb", "hard.json")
    for out in ("a.ipynb", "./a.ipynb", tmp_path / "a.ipynb", "link.json", "hard.json"):
        result = grade("a.ipynb", "--lesson", "01", "--out", out)
        assert isinstance(result.exception, CourseError) and "is the submission itself" in str(result.exception)
    assert Path("a.ipynb").read_bytes() == b"{" and Path("link.json").is_symlink()


@posix
def test_verdicts_do_not_go_among_submissions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("class/anna").mkdir(parents=True)
    Path("class/anna/a.ipynb").write_bytes(b"{")
    Path("class/anna/summary.md").write_text("Anna's")
    Path("same").symlink_to("class")
    for out in ("class", "same", "class/anna", "class/."):
        result = grade("class", "--lesson", "01", "--out", out)
        assert isinstance(result.exception, CourseError) and "holds submissions" in str(result.exception)
    assert Path("class/anna/summary.md").read_text() == "Anna's" and not Path("class/summary.md").exists()


@posix
@pytest.mark.seconds
def test_verdicts_may_go_to_a_folder_of_their_own_below_the_submissions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.ipynb").mkdir()
    (tmp_path / "b.ipynb/a.ipynb").write_bytes(b"{")
    for _ in range(2):
        result = grade(".", "--lesson", "01", "--out", "found")
        assert result.exit_code == 1 and "0 graded, 2 could not be graded: " in result.output
    assert len(table(Path("found/verdicts.csv").read_text(encoding="utf-8"))) == 2


@posix
@pytest.mark.seconds
def test_what_is_printed_of_a_name_steers_no_terminal(tmp_path, capsys):
    name = "\x1b[31mred\u202e.ipynb"
    (tmp_path / name).write_bytes(b"{")
    folder = tmp_path / "\x1b[2Jclass"
    folder.mkdir()
    console = Console()
    grade_command(tmp_path / name, "01", console, out=None, jobs=1, scheduler=None)
    with pytest.raises(CourseError) as empty:
        grade_command(folder, "01", console, out=None, jobs=1, scheduler=None)
    (folder / name).write_bytes(b"{")
    grade_command(folder, "01", console, out=None, jobs=1, scheduler=None)
    for out in (None, tmp_path / "\x1b[2Jnowhere/out.json"):
        with pytest.raises(CourseError) as lost:
            grade_command(folder / ("none" if out is None else name), "01", console, out=out, jobs=1, scheduler=None)
        assert "�[2J" in str(lost.value) and "\x1b" not in str(lost.value)
    told = capsys.readouterr()
    assert "✗ �[31mred�.ipynb: The file is no notebook" in told.err.replace("\n", " ")
    assert "0 graded, 1 could not be graded: " in told.out and "�[2Jclass-verdicts" in told.out
    assert not any(mark in text for mark in "\x1b\u202e" for text in (told.out, told.err, str(empty.value)))


@posix
def test_an_answer_for_which_no_process_starts_is_said(tmp_path, monkeypatch):
    path = tmp_path / "one.ipynb"
    path.write_bytes(handed_in("01", right_answers("01")))
    tried = []

    def none(*_):
        tried.append(1)
        raise NotStarted("The process for students' answers did not start.")

    monkeypatch.setattr(classes, "Template", none)
    result = grade(path, "--lesson", "01")
    assert isinstance(result.exception, CourseError) and len(tried) == 2
    assert "could not start a process for an answer: The process for" in str(result.exception)


@posix
def test_verdicts_of_two_lessons_do_not_share_a_folder(tmp_path):
    graded = course(tmp_path, a=b"{")
    graded.keep("a.ipynb", verdict("a.ipynb"))
    result = grade(graded.folder, "--lesson", "02", "--out", graded.out)
    assert "holds verdicts on 01_convolution_basics: give this lesson a folder" in str(result.exception)
    assert graded.known("a.ipynb") is None and len(list(graded.out.rglob("*.json"))) == 1


@posix
@pytest.mark.seconds
def test_an_answer_that_stands_on_a_wrong_one_is_told_so(tmp_path):
    wrong = by_name[TARGET].wrong[0].cell
    leaning = "def my_strided(image, kernel, stride):\n    return my_cross_correlate(image, kernel)[::stride, ::stride]"
    path = tmp_path / "one.ipynb"
    path.write_bytes(handed_in("01", right_answers("01") | {TARGET: wrong, "convolution.stride": leaning}))
    grade(path, "--lesson", "01", "--out", tmp_path / "one.json")
    told = entries(json.loads((tmp_path / "one.json").read_text(encoding="utf-8")))["convolution.stride"]
    assert told["points"] == 0
    assert told["message"].endswith(f"It uses your `my_cross_correlate`, which is wrong: see {TARGET} first.")


@posix
@pytest.mark.seconds
def test_another_backend_grades_too(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with Template(find_lesson("04")) as template:
        assert grade_notebook("04.ipynb", handed_in("04", right_answers("04")), template)["points"] == 4
