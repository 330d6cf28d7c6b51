"""Write requirements.lock, every package of the environment with its hashes, from pyproject.toml: `make lock`.

`--upgrade` takes the newest versions that fit; else a pinned version stays as long as it fits.
`--check` only tells, by its exit code, whether the lock was made from this pyproject.toml.
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
from pathlib import Path

import env

LOCK = env.ROOT / "requirements.lock"
COMPILE = (
    *("pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--extra", "tests"),
    *("--extra", "jax", "--generate-hashes", "--only-binary", ":all:", "--no-header", "--no-emit-index-url", "--quiet"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    wanted = parser.parse_args()
    try:
        if sys.version_info[:2] < env.OLDEST:  # tomllib came with 3.11
            python = env.choose(list(env.probe_all(env.find_uv())), env.find_uv())
            return subprocess.call([python.path, *sys.argv])
        if wanted.check:
            return 0 if header() in LOCK.read_text(encoding="utf-8") else 1
        write_lock(["--upgrade"] if wanted.upgrade else [])
    except env.SetupError as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    return 0


def header() -> str:
    return (
        "# Every package of the course's environment, for Python 3.11 to 3.13. Made by `make lock`: do not edit.\n"
        f"# Dependency tables of pyproject.toml, SHA-256: {dependency_hash(env.ROOT / 'pyproject.toml')}\n"
    )


def dependency_hash(pyproject: Path) -> str:
    """SHA-256 of what the lock is made from: dependencies, extras and the Python range."""
    import tomllib

    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    tables = {key: project.get(key) for key in ("requires-python", "dependencies", "optional-dependencies")}
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def write_lock(options: list[str]) -> None:
    with tempfile.TemporaryDirectory(dir=env.ROOT, prefix=".lock-") as folder:
        draft = Path(folder) / "requirements.lock"
        if LOCK.exists():
            shutil.copy(LOCK, draft)  # uv keeps the versions it finds there
        compiled = subprocess.run(
            [uv(folder), *COMPILE, *options, "--python", sys.executable, "--output-file", str(draft)],
            cwd=env.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        if compiled.returncode:
            raise env.SetupError(env.explain(compiled.stderr))
        draft.write_text(header() + draft.read_text(encoding="utf-8"), encoding="utf-8")
        os.replace(draft, LOCK)
    env.say("✓ requirements.lock written")


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
