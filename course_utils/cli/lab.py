"""`course lab`: a student's own copies of the lessons, and JupyterLab to open them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from course_utils.cli import lessons
from course_utils.cli.errors import CourseError
from course_utils.files import write_whole

__all__ = ["open_lesson"]

SETTINGS = Path(__file__).with_name("jupyterlab")
"""Settings that rank below the user's own: JupyterLab asks nobody about news and looks for no updates."""
CONNECTION = "--ServerApp.kernel_websocket_connection_class=course_utils.cli.connection.PromptConnection"
RECORD = ".lessons.json"
"""In my-work: the fingerprint that each copy's lesson had when the copy was made."""


def open_lesson(
    name: str | None,
    console: Console,
    *,
    fresh: bool = False,
    browser: bool = True,
    port: int | None = None,
    dry_run: bool = False,
) -> int:
    """Open the student's newest copy of the lesson `name` (the first if None); JupyterLab's exit code.

    The copy is made when there is none, or when `fresh` asks for another beside it. No copy is ever overwritten.
    `dry_run` prints what would be done, and does nothing.
    Errors: `CourseError` for an unknown lesson, a broken one, and where my-work cannot be a folder.
    """
    lesson = lessons.find()[0] if name is None else lessons.by_name(lessons.find([name])[0].name)
    fingerprint = lessons.fingerprint(lessons.read(lesson))
    work = _work_folder()
    copies = _copies(lesson, work)
    newest = max(copies, default=0)
    if newest and not fresh:
        copy = copies[newest]
        if _record(work).get(copy.name, fingerprint) != fingerprint:
            _say(console, f"The lesson has changed since my-work/{copy.name} was made. Your copy stays as it is.")
            _say(console, f"To get the new lesson beside it: course lab {lesson.stem.partition('_')[0]} --fresh")
    else:
        copy = work / f"{lesson.stem}{f'-{newest + 1}' if newest else ''}.ipynb"
        _say(console, f"Your own copy of the lesson: my-work/{copy.name}")
        if not dry_run:
            _make_copy(lesson, copy, fingerprint)
    command = _command(copy, browser, port)
    if dry_run:
        _say(console, f"This would open it: {' '.join(command)}")
        return 0
    _say(console, f"JupyterLab opens my-work/{copy.name}. To end it, press Ctrl+C here, twice.")
    return _wait_for(command)


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, soft_wrap=True, markup=False, highlight=False)


def _work_folder() -> Path:
    """The folder my-work, which need not be there yet."""
    work = lessons.course_folder() / "my-work"
    if work.is_symlink() and not work.exists():
        raise CourseError(f"{work} is a link to nothing, not a folder; move it away.")
    if work.exists() and not work.is_dir():
        raise CourseError(f"{work} is a file, not a folder; move it away.")
    return work


def _copies(lesson: Path, work: Path) -> dict[int, Path]:
    """The student's copies of a lesson by number: 1 is NAME.ipynb, 2 is NAME-2.ipynb, and so on."""
    copies = {}
    for path in work.glob(f"{lesson.stem}*.ipynb"):
        match = re.fullmatch(r"(?:-(\d+))?", path.stem.removeprefix(lesson.stem))
        if match:
            copies[int(match[1] or 1)] = path
    return copies


def _make_copy(lesson: Path, copy: Path, fingerprint: str) -> None:
    copy.parent.mkdir(exist_ok=True)
    write_whole(copy, lesson.read_text(encoding="utf-8"))
    record = {**_record(copy.parent), copy.name: fingerprint}
    write_whole(copy.parent / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def _record(work: Path) -> dict[str, str]:
    """What `_make_copy` recorded; nothing if the file is gone or has been edited beyond reading."""
    try:
        record = json.loads((work / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _command(copy: Path, browser: bool, port: int | None) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", str(copy), f"--LabApp.app_settings_dir={SETTINGS}", CONNECTION]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container one is often root, and JupyterLab would refuse
        command.append("--allow-root")
    if not browser:
        command.append("--no-browser")
    if port is not None:
        command.append(f"--port={port}")
    return command


def _wait_for(command: list[str]) -> int:
    # Without the variable, a kernel of the same name in the user's home would go before this environment's.
    process = subprocess.Popen(command, env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab has heard it too, and asks whether to end
            continue
