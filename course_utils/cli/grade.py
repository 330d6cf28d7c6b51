"""`course grade`: one submission, or a class."""

import json
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from course_utils.cli.errors import CourseError
from course_utils.files import write_whole

__all__ = ["grade"]


def grade(target: Path, lesson: str, console: Console, *, out: Path | None, jobs: int, scheduler: str | None) -> bool:
    """Grade the notebook or the folder of notebooks `target`; true when all could be graded, well or badly.

    Errors: `CourseError` for what cannot be graded at all.
    """
    from course_utils.grading.submission import find_lesson

    _demand_forks()
    try:
        found = find_lesson(lesson)
    except ValueError as error:
        raise CourseError(str(error)) from error
    if target.is_dir() and not target.is_symlink():
        return _grade_folder(target.resolve(), found, console, out, jobs, scheduler)
    if not target.exists() and not target.is_symlink():
        raise CourseError(f"There is no {target}: give a notebook, or a folder of notebooks.")
    if scheduler:
        raise CourseError("--scheduler grades a folder; one notebook is graded here, without it.")
    return _grade_notebook(target, found, console, out)


def _demand_forks() -> None:
    import os
    import socket

    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        raise CourseError(
            "Grading runs each answer behind walls that Windows does not have: grade on Linux or macOS, or in WSL."
        )


def _grade_notebook(path: Path, lesson, console: Console, out: Path | None) -> bool:
    from course_utils.grading import schema
    from course_utils.grading.classes import grade_file
    from course_utils.grading.students import Template

    hidden = [path.absolute().parent, path.absolute(), *([out.absolute().parent] if out else [])]
    with _started(lambda: Template(lesson, hidden)) as template:
        verdict = grade_file(path.parent, path.name, lesson, template)
    complaint = schema.complaint(verdict)
    if complaint:
        raise CourseError(f"The grader made a verdict that is none: {complaint}.")
    text = json.dumps(verdict, indent=1, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        write_whole(out, text)
        for entry in verdict["exercises"]:
            console.print(f"{entry['points']}  {entry['name']}: {entry['status']}", markup=False, highlight=False)
    _warn(verdict["environment"]["isolation"])
    if verdict["problem"]:
        Console(stderr=True).print(f"✗ {path.name}: {verdict['problem']}", style="red", markup=False, highlight=False)
    return verdict["problem"] is None


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
        Console(stderr=True).print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _started(make):
    try:
        return make()
    except RuntimeError as error:
        raise CourseError(f"{error} `course doctor` looks at this machine.") from error


def _grade_folder(folder: Path, lesson, console: Console, out: Path | None, jobs: int, scheduler: str | None) -> bool:
    from course_utils.grading.classes import Class, csv_text, grade_class, summary

    out = (out or folder.with_name(f"{folder.name}-verdicts")).absolute()
    course = Class(folder, lesson, out)
    if not course.names():
        raise CourseError(f"There is no notebook below {folder}: submissions are files that end in .ipynb.")
    out.mkdir(parents=True, exist_ok=True)
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
        except RuntimeError as error:
            raise CourseError(str(error)) from error
    isolations = [verdict["environment"]["isolation"] for verdict in verdicts.values()]
    _warn({wall: state for isolation in isolations for wall, state in isolation.items()})
    write_whole(out / "verdicts.csv", csv_text(verdicts))
    write_whole(out / "summary.md", summary(lesson, verdicts))
    console.print(f"{len(verdicts)} graded: {out / 'verdicts.csv'}, {out / 'summary.md'}", markup=False, soft_wrap=True)
    return True
