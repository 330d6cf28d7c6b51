"""Find a Chromium, Chrome or Edge for the browser tests: `python3 tools/chromium.py` prints its path.

`COURSE_CHROMIUM` names another binary. Standard library only, and valid on Python 3.8.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMMANDS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
MAC = ("Chromium", "Google Chrome", "Microsoft Edge")
WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
CURE = (
    "On Debian: sudo apt-get install chromium. On Ubuntu, whose chromium is a snap, install Chrome or Edge. "
    "COURSE_CHROMIUM=/path/to/browser names any other."
)


def find() -> str | None:
    """The path of a browser that starts, or None. When `COURSE_CHROMIUM` is set, only that one is looked at."""
    named = os.environ.get("COURSE_CHROMIUM")
    places = [shutil.which(named) or named] if named else sorted(_places(), key=_is_snap)
    return next((path for path in places if _starts(path)), None)


def need() -> str:
    """As `find`. Errors: `RuntimeError` with the cure when there is none."""
    browser = find()
    if browser is None:
        named = os.environ.get("COURSE_CHROMIUM")
        problem = f"COURSE_CHROMIUM ({named}) does not start" if named else "No Chromium, Chrome or Edge starts here"
        raise RuntimeError(f"{problem}, and the browser tests need one. {CURE}")
    return browser


def _places() -> Iterator[str]:
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in MAC)
    for folder in filter(None, map(os.environ.get, ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"))):
        yield from (str(Path(folder, *name.split("\\"))) for name in WINDOWS)


def _is_snap(path: str) -> bool:
    """A snap sees neither hidden folders nor /tmp, so any other browser goes before it."""
    return "/snap/" in path or Path(path).resolve().name == "snap"


def _starts(path: str) -> bool:
    """Ubuntu's chromium-browser may be a script that only says to install a snap."""
    if not os.access(path, os.X_OK):
        return False
    if os.name == "nt":  # there `--version` opens a window
        return True
    try:
        asked = subprocess.run([path, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


if __name__ == "__main__":
    try:
        print(need())
    except RuntimeError as problem:
        sys.exit(f"✗ {problem}")
