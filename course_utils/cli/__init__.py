"""The `course` command: open lessons, run them, write and teach them, train what they need, look at the machine."""

import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course_utils.cli.doctor import doctor
from course_utils.cli.errors import CourseError

__all__ = ["app", "main"]

app = typer.Typer(
    name="course",
    help="Image recognition and image generation with deep learning: the course on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(doctor)


def main() -> None:
    """Run `course`. What it cannot do it says in one sentence on standard error, with exit code 2."""
    _ready_streams()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # Ctrl+C would end in a traceback about nbclient's tasks
    try:
        app()
    except CourseError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or 'The system'}: {error.strerror or error}.")


def _ready_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as by `>&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 for as long as the program runs
        getattr(sys, name).reconfigure(encoding="utf-8", errors="replace")  # ✓ must not fail in an old terminal


def _refuse(sentence: str) -> None:
    Console(stderr=True).print(f"✗ {sentence}", style="red", soft_wrap=True, markup=False, highlight=False)
    sys.exit(2)


def _folder(text: str) -> Path:
    if not text:
        raise CourseError("--html needs the name of a folder, such as pages; for the current one give a dot.")
    return Path(text)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"course {version('course-utils')}")
        raise typer.Exit


@app.callback()
def course(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# Commands import what they need when they run, so that `course --help` answers at once.


@app.command("lab")
def lab_command(
    lesson: Annotated[
        str | None, typer.Argument(metavar="LESSON", help="Number or name; the first lesson if none is given.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Put a new copy beside yours, and open that.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser too.")] = True,
    port: Annotated[int | None, typer.Option(help="The port for JupyterLab.", min=1, max=65535)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Open a lesson in JupyterLab: your own copy, in my-work."""
    from course_utils.cli.lab import open_lesson

    options = {"fresh": fresh, "browser": browser, "port": port, "dry_run": dry_run}
    raise typer.Exit(open_lesson(lesson, Console(), **options))


@app.command("run")
def run_command(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="LESSON…", help="Numbers or names; all lessons if none is given.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(parser=_folder, metavar="FOLDER", help="Write each lesson as a page into this folder."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Renew the outputs in the lessons themselves.")] = False,
) -> None:
    """Execute lessons and say whether their claims hold; COURSE_SEED and KERAS_BACKEND are obeyed."""
    from course_utils.cli.run import run

    raise typer.Exit(0 if run(lessons or [], Console(), refresh=refresh, html=html) else 1)


@app.command("train")
def train_command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="Names of trainings; all if none is given.")
    ] = None,
) -> None:
    """Make the files in data/trained again."""
    from course_utils.cli.train import train

    train(names or [], Console())


@app.command("new")
def new_command(
    number: Annotated[str, typer.Argument(metavar="NN", help="The lesson's number, such as 08.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="Its title; in quotation marks if it has spaces.")],
    exercise: Annotated[
        list[str] | None, typer.Option("--exercise", metavar="NAME", help="An exercise to put in; may be repeated.")
    ] = None,
) -> None:
    """Lay out a draft of a lesson that keeps every rule."""
    from course_utils.cli.new import new

    path = new(number, title, exercise or [])
    print(f"✓ notebooks/{path.name}")
    print(f"  Next: `course run --refresh {path.stem[:2]}` gives it its outputs; then write.")
    print("  When it is done, take “· draft” out of its heading: `make quick` names what other pages must say of it.")


@app.command("solutions")
def solutions_command(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="Number or name.")],
    only_mistakes: Annotated[bool, typer.Option("--mistakes", help="The common mistakes alone.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.md", help="Write it into this file, not to the screen.")
    ] = None,
) -> None:
    """The answer key of a lesson: stubs, right answers, common mistakes and what is said to each."""
    from course_utils.cli.solutions import solutions

    text = solutions(lesson, only_mistakes=only_mistakes, out=out)
    print(f"✓ {out}" if out else text, end="\n" if out else "")


@app.command("grade")
def grade_command(
    submission: Annotated[Path, typer.Argument(metavar="SUBMISSION", help="A notebook, or a folder of notebooks.")],
    lesson: Annotated[str, typer.Option(help="Number or name of the lesson.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The verdict's file; for a folder, the folder for verdicts, by default FOLDER-verdicts-NN."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="How many submissions to grade at a time.", min=1, max=256)] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Grade on a Dask cluster, such as tcp://127.0.0.1:8786.")
    ] = None,
) -> None:
    """Grade a submission or a class: exercises only, each answer in a process of its own with limits.

    A class can be stopped at any time: the same command goes on.
    """
    from course_utils.cli.grade import grade

    options = {"out": out, "jobs": jobs, "scheduler": scheduler}
    raise typer.Exit(0 if grade(submission, lesson, Console(), **options) else 1)
