"""Write the locks, every package of each environment with its hashes, from pyproject.toml: `make lock`.

requirements.lock is the course's own. requirements-torch.lock and requirements-gpu.lock hold what brings CUDA along,
for environments of their own, at the same versions otherwise.
`--upgrade` takes the newest versions that fit; else a pinned version stays as long as it fits.
`--lowest` takes the oldest versions that pyproject.toml promises and those of tools/colab.txt, for Python 3.13: for a
trial, never to be committed.
`--check` only tells, by its exit code, whether all locks were made from this pyproject.toml.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import env

COMPILE = (
    *("pip", "compile", "pyproject.toml", "--universal", "--extra", "tests"),
    *("--generate-hashes", "--only-binary", ":all:", "--no-header", "--no-emit-index-url", "--quiet"),
)
COURSE = env.COURSE.lock
EXTRAS = {COURSE: "jax", env.TORCH.lock: "torch", env.GPU.lock: "gpu"}
LOWEST = ("--python-version", "3.13", "--resolution", "lowest-direct", "--constraint", "tools/colab.txt", "--upgrade")
WITHOUT = {env.TORCH.lock: "tensorflow"}  # there it would prove nothing, and take 2 GB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--lowest", action="store_true")
    wanted = parser.parse_args()
    try:
        if sys.version_info[:2] < env.OLDEST:  # tomllib came with 3.11
            python = env.choose(list(env.probe_all(env.find_uv())), env.find_uv())
            return subprocess.call([python.path, *sys.argv])
        if wanted.check:
            return 1 if stale() else 0
        write_locks(LOWEST if wanted.lowest else ("--python-version", "3.11", *["--upgrade"] * wanted.upgrade))
    except env.SetupError as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    return 0


def stale() -> list[str]:
    """The locks that were not made from this pyproject.toml."""
    return [name for name in EXTRAS if not _file(name).exists() or header() not in _file(name).read_text("utf-8")]


def header() -> str:
    return (
        "# Every package of one environment, for Python 3.11 to 3.13. Made by `make lock`: do not edit.\n"
        f"# Dependency tables of pyproject.toml, SHA-256: {dependency_hash(env.ROOT / 'pyproject.toml')}\n"
    )


def _file(name: str) -> Path:
    return env.ROOT / name


def dependency_hash(pyproject: Path) -> str:
    """SHA-256 of what the lock is made from: dependencies, extras and the Python range."""
    import tomllib

    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    tables = {key: project.get(key) for key in ("requires-python", "dependencies", "optional-dependencies")}
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def write_locks(options: Iterable[str]) -> None:
    """Write all locks, or none: each is compiled before the first is put in place."""
    with tempfile.TemporaryDirectory(dir=env.ROOT, prefix=".lock-") as name:
        folder = Path(name)
        command = [uv(name), *COMPILE, *options, "--python", sys.executable]
        for lock in EXTRAS:  # the course's own first: the others follow its versions
            _compile(command, lock, folder)
        for lock in EXTRAS:
            draft = folder / lock
            text = draft.read_text(encoding="utf-8").replace(f"{folder.name}{os.sep}", "")  # changes with every run
            draft.write_text(header() + text, encoding="utf-8")
            os.replace(draft, _file(lock))
            env.say(f"✓ {lock} written")


def _compile(command: list[str], lock: str, folder: Path) -> None:
    draft, left_out = folder / lock, folder / "left-out.txt"
    if _file(lock).exists():
        shutil.copy(_file(lock), draft)  # uv keeps the versions it finds there
    command = [*command, "--extra", EXTRAS[lock], "--output-file", str(draft)]
    if lock != COURSE:
        command += ["--constraint", str(folder / COURSE)]
    if lock in WITHOUT:
        left_out.write_text(f"{WITHOUT[lock]} ; python_version < '0'\n", encoding="utf-8")
        command += ["--override", str(left_out)]
    compiled = subprocess.run(
        command, cwd=env.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    )
    if compiled.returncode:
        raise env.SetupError(env.explain(compiled.stderr))


def uv(folder: str) -> str:
    """The uv that is there, or one in a throw-away environment."""
    found = env.find_uv()
    if found:
        return found
    env.say("uv is not here: installing it for this once")
    place = Path(folder) / "uv"
    env.run("empty environment made", [sys.executable, "-I", "-m", "venv", str(place)], place)
    scripts = place / ("Scripts" if env.WINDOWS else "bin")
    env.run("uv installed", [str(scripts / "python"), "-I", "-m", "pip", "install", "uv"], place)
    return str(scripts / "uv")


if __name__ == "__main__":
    sys.exit(main())
