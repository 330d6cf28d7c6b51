"""`course grade`: one submission, or a class."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from course_utils.cli.errors import CourseError
from course_utils.files import write_whole

__all__ = ["grade"]

TABLES = ("verdicts.csv", "summary.md")
ADDRESS = re.compile(r"\w+://\S+:\d+")


def grade(target: Path, lesson: str, console: Console, *, out: Path | None, jobs: int, scheduler: str | None) -> bool:
    """Grade the notebook or the folder of notebooks `target`; true when it, or any of them, could be graded.

    Errors: `CourseError` for what cannot be graded at all.
    """
    from course_utils.grading.submission import find_lesson

    _demand_forks()
    try:
        found = find_lesson(lesson)
    except ValueError as error:
        raise CourseError(str(error)) from error
    with _harmless_sentences():
        if scheduler and not ADDRESS.fullmatch(scheduler):
            raise CourseError(f"--scheduler is an address such as tcp://127.0.0.1:8786; got {scheduler!r}.")
        if target.is_dir() and not target.is_symlink():
            return _grade_folder(target.resolve(), found, console, out, jobs, scheduler)
        if not os.path.lexists(target):
            raise CourseError(f"There is no {target}: give a notebook, or a folder of notebooks.")
        if scheduler:
            raise CourseError("--scheduler grades a folder; one notebook is graded here, without it.")
        return _grade_notebook(target, found, console, out)


@contextmanager
def _harmless_sentences() -> Iterator[None]:
    """Make what goes wrong a `CourseError` on one line that steers no terminal: a name in it may be a student's."""
    from course_utils.grading.judge import on_one_line

    try:
        yield
    except (CourseError, RuntimeError) as error:
        raise CourseError(on_one_line(str(error))) from error
    except OSError as error:
        place = error.filename2 or error.filename or "The system"
        raise CourseError(on_one_line(f"{place}: {error.strerror or error}.")) from error


def _say(console: Console, text: str, style: str = "") -> None:
    from course_utils.grading.judge import on_one_line

    console.print(on_one_line(text), style=style, markup=False, highlight=False, soft_wrap=True)


def _demand_forks() -> None:
    import socket

    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        raise CourseError(
            "Grading runs each answer behind walls that Windows does not have: grade on Linux or macOS, or in WSL."
        )


def _grade_notebook(path: Path, lesson, console: Console, out: Path | None) -> bool:
    from course_utils.grading import schema

    if out and out.exists() and path.exists() and os.path.samefile(path, out):
        raise CourseError(f"--out {out} is the submission itself: give the verdict a file of its own.")
    if out and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise CourseError(f"--out is a file in a folder that is there, such as verdict.json; got {out}.")
    hidden = [path.absolute().parent, path.absolute(), *([out.absolute().parent] if out else [])]
    verdict = _verdict(path, lesson, hidden)
    complaint = schema.complaint(verdict)
    if complaint:
        raise CourseError(f"The grader made a verdict that is none: {complaint}.")
    text = json.dumps(verdict, indent=1, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        write_whole(out, text)
        for entry in verdict["exercises"]:
            _say(console, f"{entry['points']}  {entry['name']}: {entry['status']}")
    _warn(verdict["environment"]["isolation"])
    if verdict["problem"]:
        _say(Console(stderr=True), f"✗ {path.name}: {verdict['problem']}", "red")
    return verdict["problem"] is None


def _verdict(path: Path, lesson, hidden: list[Path]) -> dict:
    from course_utils.grading.classes import end_template, grade_file, with_template
    from course_utils.grading.students import NotStarted

    try:
        return with_template(lesson.name, hidden, lambda template: grade_file(path.parent, path.name, lesson, template))
    except NotStarted as error:
        cure = "`course doctor` looks at this machine."
        raise CourseError(f"The grader could not start a process for an answer: {error} {cure}") from error
    finally:
        end_template()


def _warn(isolation: dict[str, str]) -> None:
    """Say on standard error what this system has not kept from the submissions."""
    open_ones = {
        "network": ("open", "the network"),
        "files": ("as the user may", "files that this user may read or write, solutions among them"),
        "other processes": ("in sight", "other processes of this user"),
    }
    reached = [what for wall, (state, what) in open_ones.items() if isolation.get(wall) == state]
    if reached:
        sentence = f"! Here answers can reach {'; '.join(reached)}. docs/grading.md says what to do."
        _say(Console(stderr=True), sentence, "yellow")


def _grade_folder(folder: Path, lesson, console: Console, out: Path | None, jobs: int, scheduler: str | None) -> bool:
    from course_utils.grading.classes import Class, grade_class
    from course_utils.grading.report import csv_text, said, summary

    out = (out or folder.with_name(f"{folder.name}-verdicts-{lesson.name[:2]}")).resolve()
    course = Class(folder, lesson, out)
    inside = folder in out.parents and out.is_dir()
    if out == folder or (inside and Class(out, lesson, out / "verdicts").names()):
        # A student's summary.md would be overwritten there, and a verdict that a student forged believed.
        raise CourseError(f"--out {out} holds submissions: give the verdicts a folder of their own.")
    other = course.other_lesson()
    if other:
        raise CourseError(f"--out {out} holds verdicts on {other}: give this lesson a folder of its own.")
    names = course.names()
    if not names:
        raise CourseError(f"There is no notebook below {folder}: submissions are files that end in .ipynb.")
    out.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        (out / name).unlink(missing_ok=True)  # until all are graded, they would be of an earlier time
    columns = TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def progress(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        try:
            if scheduler:
                from course_utils.grading.cluster import grade_on_cluster

                verdicts = grade_on_cluster(course, scheduler, progress)
            else:
                verdicts = grade_class(course, jobs, progress)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
            done = int(bar.tasks[0].completed)
            _say(Console(stderr=True), f"Stopped: {done} of {len(names)} graded. The same command goes on from there.")
            raise
    isolations = [verdict["environment"]["isolation"] for verdict in verdicts.values()]
    _warn({wall: state for isolation in isolations for wall, state in isolation.items()})
    without = course.without_notebook(names)
    for name, text in zip(TABLES, (csv_text(verdicts), summary(lesson, verdicts, without)), strict=True):
        write_whole(out / name, text)
    places = ", ".join(str(out / name) for name in TABLES)
    _say(console, f"{said(verdicts, without, course.left_over(names))}: {places}")
    return any(verdict["problem"] is None for verdict in verdicts.values())
