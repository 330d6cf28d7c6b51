"""Arrays that were trained once: `data/trained/<name>.npz`, with their checksums in `SHA256SUMS`."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from course_utils.files import as_npz, write_whole
from course_utils.runtime import repository

__all__ = ["checksums", "folder", "load", "save"]

PACKAGES = ("keras", "numpy", "scipy", "scikit-learn")


def folder() -> Path:
    return repository() / "data" / "trained"


def save(name: str, arrays: dict[str, np.ndarray]) -> Path:
    """Write `arrays` and how they were made to `<name>.npz`, and its SHA-256 beside it; return the path.

    Added to the arrays: `command`, and `versions` of the packages that had a say.
    """
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    made_by = {
        "command": np.array(f"course train {name}"),
        "versions": np.array([f"{package} {version(package)}" for package in PACKAGES]),
    }
    write_whole(path, as_npz(arrays | made_by))
    sums = checksums() | {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    text = "".join(f"{digest}  {file}\n" for file, digest in sorted(sums.items()))
    write_whole(folder() / "SHA256SUMS", text)
    return path


def load(name: str) -> dict[str, np.ndarray]:
    """All arrays of `<name>.npz`.

    Errors: `ValueError` for a name that is no plain word, `FileNotFoundError` when nothing of that name was trained.
    """
    path = _path(name)
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder().glob("*.npz"))) or "nothing yet"
        raise FileNotFoundError(
            f"There is no trained {name!r} in {folder()} (there: {there}). `course train` makes all that lessons need."
        )
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def checksums() -> dict[str, str]:
    """The SHA-256 of each file as it was written; `sha256sum -c SHA256SUMS` reads the same lines."""
    path = folder() / "SHA256SUMS"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {file: digest for digest, file in (line.split("  ") for line in lines)}


def _path(name: str) -> Path:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"A name of trained weights is a plain word such as 'cnn'; got {name!r}.")
    return folder() / f"{name}.npz"
