"""Make the course's environment, `.venv`, from requirements.lock: `python3 tools/env.py`.

Standard library only, and valid on Python 3.8: its messages must reach those whose Python is too old or too new.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_BYTES = 4.5e9  # measured: 3.3 GB stay, 1.0 GB of downloads pass through
COMMANDS = ("python3.13", "python3.12", "python3.11", "python3", "python")
WINDOWS = os.name == "nt"

PROBE = """
import json, platform, sys
try:
    import ensurepip, venv
    complete = True
except ImportError:
    complete = False
path = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps([path, sys.version_info[:3], platform.system(), platform.machine(), complete]))
"""

# What an installer's output says, and what we say. The first that fits is told.
FAILURES = (
    (
        r"No space left on device|os error 28|Errno 28|not enough space on the disk",
        "The disk is full. Free some space (about {needed:.1f} GB in all) and run the same command again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch",
        "A downloaded package is not the one that requirements.lock names, so it was not installed. "
        "Run the same command again; if it happens twice, a proxy or mirror is changing packages: try another network.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer",
        "The connection's certificate is not trusted: often a proxy that opens encrypted connections. "
        "Ask its administrator for the certificate file and set PIP_CERT and SSL_CERT_FILE to its path.",
    ),
    (
        r"Failed to establish a new connection|NameResolutionError|name resolution|dns error|Network is unreachable"
        r"|Connection (refused|reset)|Cannot connect to proxy|[Tt]imed? ?out|error sending request|Failed to fetch"
        r"|tcp connect error|Max retries exceeded|Network connectivity is disabled",
        "The network cannot be reached, and the packages have to be downloaded once (about 1 GB). "
        "Connect, or set HTTPS_PROXY if you are behind a proxy, and run the same command again.",
    ),
    (
        r"No matching distribution found|doesn't have a (source distribution or )?wheel|not a supported wheel"
        r"|No solution found",
        "There is no build of one of the packages for this computer ({machine}). "
        "The course runs on 64-bit Linux, macOS on Apple silicon, and Windows. The installer said: {line}",
    ),
)


class SetupError(Exception):
    """What is wrong, and its cure, in a sentence or two."""


class Python(NamedTuple):
    """One interpreter, as it described itself."""

    path: str
    version: tuple[int, ...]
    system: str
    machine: str
    complete: bool  # has venv and ensurepip

    @property
    def label(self) -> str:
        return ".".join(map(str, self.version))

    @property
    def fits(self) -> bool:
        return OLDEST <= self.version[:2] <= NEWEST

    @property
    def intel_mac(self) -> bool:
        return (self.system, self.machine) == ("Darwin", "x86_64")


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # ✓ on a console that has none
    try:
        prepare(ROOT)
    except SetupError as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n✗ Stopped. Run the same command again: it starts over.", file=sys.stderr)
        return 130
    return 0


def prepare(root: Path) -> None:
    """Leave `root/.venv` complete and up to date, doing as little as that takes."""
    made, wanted = read_stamp(root), fingerprint(root)
    if made == wanted:
        say(f"✓ .venv is up to date (Python {wanted['python']})")
        return
    if made and {**made, "project": ""} == {**wanted, "project": ""}:
        check_lock(root, venv_python(root))
        install_course(root, find_uv())
    else:
        remake(root)
    write_stamp(root)


def remake(root: Path) -> None:
    uv = find_uv()
    python = choose(list(probe_all(uv)), uv)
    check_lock(root, python.path)
    say("Setting up the course in .venv: once, some minutes, about 1 GB to download.")
    discard(root)
    check_disk(root)
    say(f"✓ Python {python.label} ({python.path})" + (", installing with uv" if uv else ""))
    make_venv(root, python, uv)
    install_packages(root, uv)
    install_course(root, uv)


# --- which Python ---------------------------------------------------------------------------------------------------


def probe_all(uv: str | None) -> Iterator[Python]:
    """Every interpreter that answers, the one running this file first."""
    seen = set()
    for command in candidates(uv):
        python = probe(command)
        if python and python.path not in seen:
            seen.add(python.path)
            yield python


def candidates(uv: str | None) -> Iterator[list[str]]:
    yield [sys.executable]
    yield from ([command] for command in COMMANDS)
    if WINDOWS:
        yield from (["py", f"-3.{minor}"] for minor in (13, 12, 11))
    if uv:
        found = output_of([uv, "python", "find", "--system", "--no-project", ">=3.11,<3.14"])
        yield from ([path] for path in (found or "").split("\n")[:1] if path)


def probe(command: list[str]) -> Python | None:
    """What an interpreter says of itself, or None: a shim on the PATH may be there and fail."""
    answer = output_of([*command, "-c", PROBE])
    try:
        path, version, *rest = json.loads(answer or "")
    except ValueError:
        return None
    return Python(path, tuple(version), *rest)


def output_of(command: list[str]) -> str | None:
    """What a command prints, or None when it is not there, fails or hangs."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def choose(pythons: list[Python], uv: str | None) -> Python:
    """The first usable interpreter. Errors: `SetupError` that names what was found and what to install."""
    fitting = [python for python in pythons if python.fits]
    for python in fitting:
        if not python.intel_mac and (python.complete or uv):
            return python
    if any(python.intel_mac for python in fitting):
        raise SetupError(
            "This Python is built for Intel Macs, and TensorFlow has no build for them any more. "
            "On an Apple-silicon Mac install an arm64 Python (3.11 to 3.13); on an Intel Mac use a Linux machine "
            "or an online notebook service."
        )
    if fitting:
        short = ".".join(map(str, fitting[0].version[:2]))
        raise SetupError(
            f"Python {fitting[0].label} ({fitting[0].path}) lacks venv or ensurepip. "
            f"On Debian or Ubuntu: sudo apt-get install python{short}-venv (or python3-venv)."
        )
    raise SetupError(_no_python(pythons, uv))


def _no_python(pythons: list[Python], uv: str | None) -> str:
    found = ", ".join(python.label for python in pythons)
    get_uv = "" if uv else "sudo apt-get install pipx && pipx install uv && "
    beside = f"{get_uv}{uv or '~/.local/bin/uv'} python install 3.13"
    if not pythons:
        return (
            f"No Python runs here (tried {', '.join(COMMANDS)}); the course needs 3.11, 3.12 or 3.13. "
            "On Debian or Ubuntu: sudo apt-get install python3 python3-venv"
        )
    if all(python.version[:2] > NEWEST for python in pythons):
        return (
            f"Only Python {found} is here, and TensorFlow has no build for it yet: "
            f"the course needs 3.11, 3.12 or 3.13. Install one beside it, for example: {beside}"
        )
    return (
        f"Only Python {found} is here, and the course needs 3.11, 3.12 or 3.13. "
        f"Install one beside it, for example: sudo apt-get install python3.11-venv (Ubuntu 22.04) or {beside}"
    )


def find_uv() -> str | None:
    """uv, when it is there and runs: faster than pip, else not needed."""
    places = [shutil.which("uv"), str(Path.home() / ".local" / "bin" / "uv")]
    return next((uv for uv in places if uv and output_of([uv, "--version"])), None)


# --- is everything as it was made -----------------------------------------------------------------------------------


def venv_python(root: Path) -> str:
    return str(root / ".venv" / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def fingerprint(root: Path) -> dict[str, str]:
    """What `.venv` depends on. It names the folder too, because the scripts in it do."""
    version = output_of([venv_python(root), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return {
        "folder": str(root),
        "python": version or "none",
        "lock": _digest(root / "requirements.lock"),
        "project": _digest(root / "pyproject.toml"),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _stamp(root: Path) -> Path:
    return root / ".venv" / "course-setup.json"


def read_stamp(root: Path) -> dict[str, str] | None:
    """What `.venv` was made from; None when it is missing or its making was interrupted."""
    try:
        return json.loads(_stamp(root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_stamp(root: Path) -> None:
    """Written last: a set-up that was interrupted has none."""
    draft = _stamp(root).with_suffix(".tmp")
    draft.write_text(json.dumps(fingerprint(root), indent=1), encoding="utf-8")
    os.replace(draft, _stamp(root))


def check_lock(root: Path, python: str) -> None:
    if subprocess.run([python, str(root / "tools" / "lock.py"), "--check"]).returncode:
        raise SetupError("requirements.lock was not made from this pyproject.toml. Run `make lock`.")


def check_disk(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f"Not enough disk space: the set-up needs {NEEDED_BYTES / 1e9:.1f} GB (TensorFlow alone 1.9 GB), "
            f"and {free / 1e9:.1f} GB are free in {root}. Free some, or clone the course onto another disk."
        )


# --- the steps ------------------------------------------------------------------------------------------------------


def discard(root: Path) -> None:
    """Remove an old or half-made `.venv`, its stamp first."""
    try:
        if _stamp(root).exists():
            _stamp(root).unlink()
        if (root / ".venv").exists():
            shutil.rmtree(root / ".venv")
    except OSError as error:
        raise SetupError(
            f"The old .venv cannot be removed ({error}). Close JupyterLab and whatever else uses it, then try again."
        ) from error


def make_venv(root: Path, python: Python, uv: str | None) -> None:
    with_venv = [python.path, "-I", "-m", "venv"]
    with_uv = [uv, "venv", "--seed", "--allow-existing", "--no-project", "--python", python.path]
    run("empty environment made", [*(with_uv if uv else with_venv), str(root / ".venv")], root / ".venv")


def install_packages(root: Path, uv: str | None) -> None:
    """The locked packages, as wheels only: nothing is compiled on a student's machine."""
    options = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements.lock"]
    run("locked packages installed", [*installer(root, uv), *options], root / ".venv")


def install_course(root: Path, uv: str | None) -> None:
    """`course_utils` itself, editable; the locked setuptools builds it, so it needs no network."""
    options = ["--no-deps", "--no-build-isolation", "-e", "."]
    run("course_utils installed", [*installer(root, uv), *options], root / ".venv")


def installer(root: Path, uv: str | None) -> list[str]:
    python = venv_python(root)
    if uv:
        return [uv, "pip", "install", "--compile-bytecode", "--python", python]
    return [python, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]


def run(done: str, command: list[str], venv: Path) -> None:
    """Run one step for the environment `venv`, from the folder it is in, and say `done`.

    Errors: `SetupError` with the cure.
    """
    scratch = venv / "tmp"  # /tmp may be a small memory disk
    scratch.mkdir(parents=True, exist_ok=True)
    lines = []
    with Progress() as progress, subprocess.Popen(
        command,
        cwd=str(venv.parent),
        env={**os.environ, "TMPDIR": str(scratch), "PIP_USER": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout:
            lines.append(line)
            progress.note(line)
    if process.returncode:
        raise SetupError(explain("".join(lines)))
    shutil.rmtree(scratch, ignore_errors=True)
    say(f"✓ {done} in {duration(progress.seconds)}")


def explain(output: str) -> str:
    """Why an installer failed, told from its output; its last lines when the reason is unknown."""
    machine = f"{platform.system()} {platform.machine()}"
    for pattern, sentence in FAILURES:
        line = re.search(f".*({pattern}).*", output)
        if line:
            return sentence.format(needed=NEEDED_BYTES / 1e9, machine=machine, line=line.group().strip())
    last = "\n".join("    " + line for line in output.strip().split("\n")[-15:])
    return f"The installer failed for a reason this script does not know. Its last words:\n{last}"


class Progress:
    """A line that says what an installer is at: rewritten each second on a terminal, every 15 s elsewhere."""

    NEWS = re.compile(r"\s*(Collecting|Downloading) ([\w.=-]+)(?:.*?(\([\d.]+ ?[kMG]i?B\)))?")

    def __init__(self) -> None:
        self._now = "working"
        self._start = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def note(self, line: str) -> None:
        news = self.NEWS.match(line)
        if news:
            verb, name, size = news.groups()
            self._now = " ".join(filter(None, [verb.lower(), _short(name), size]))
        elif line.startswith(("Installing collected packages", "Prepared ")):
            self._now = "unpacking"

    def _tick(self) -> None:
        terminal = sys.stdout.isatty()
        while not self._stop.wait(1 if terminal else 15):
            line = f"  … {duration(self.seconds)}: {self._now}"
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{line[:width]}" if terminal else line, end="" if terminal else "\n", flush=True)


def _short(name: str) -> str:
    """tensorflow-2.21.0-cp311-….whl → tensorflow-2.21.0"""
    return "-".join(name.split("-")[:2]) if name.endswith((".whl", ".metadata")) else name


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
