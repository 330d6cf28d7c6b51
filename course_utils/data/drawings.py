"""The student's own drawings as a data set: what was drawn on the pad and kept to learn from. First used in lesson 00.

Each kept drawing is a file of its own in `my-work/drawings/`, so that neither two notebooks at once nor one damaged
file can cost another drawing. A file is text: a first line such as `digit 7`, or `digit 7, as drawn` when it counts
without being centred and scaled, then 32 rows of 32 characters, `#` for ink and `.` for paper. Names begin with the
time, so that they sort by it. The drawing that is still on the pad is the file `sketch.txt` there.

An editor may mark a file as UTF-8, end its lines as Windows does, or leave blanks after lines and blank lines at the
end. What cannot be read is set aside under a name that ends in `.damaged`, what is taken back under one that ends in
`.taken-back`; nothing is ever deleted. The environment variable `COURSE_WORK` names another folder for `my-work`.
"""

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from course_utils.data.digits import BITMAP, Digits, reduce
from course_utils.files import write_whole
from course_utils.runtime import repository

__all__ = ["WRITER", "Drawings", "Sketch", "folder", "forget_last", "keep", "load", "load_sketch", "rows_of",
           "save_sketch", "to_digits"]  # fmt: skip

WRITER = 14
"""The student's number as a writer: those of the course are 0 to 13."""
HEADER = re.compile(r"(?:digit (?P<label>[0-9])|sketch)(?P<plain>, as drawn)?")


@dataclass(frozen=True)
class Drawings:
    """Kept drawings, the oldest first: `bitmaps` bool (n, 32, 32), `labels` int64 (n,), `fitted` bool (n,).

    `fitted` says which are centred and scaled before they count. `notes`: a sentence for each file set aside.
    """

    bitmaps: np.ndarray
    labels: np.ndarray
    fitted: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Sketch:
    """The drawing on the pad: `bitmap` bool (32, 32), and whether it was to be centred and scaled."""

    bitmap: np.ndarray
    fit: bool = True


class _Damaged(Exception):
    """Why a file is no drawing, as words that continue a sentence."""


def folder() -> Path:
    """Where the drawings are: `drawings` in `my-work`, or in the folder that `COURSE_WORK` names."""
    work = os.environ.get("COURSE_WORK")
    return repository() / Path(work or "my-work").expanduser() / "drawings"


def keep(bitmap: np.ndarray, label: int, fit: bool = True) -> Path:
    """Write a drawing, (32, 32) as `digits.reduce` takes it, and the digit it is to a new file; return its path.

    fit: whether the drawing counts centred and scaled.
    Errors: `ValueError` for what `digits.reduce` refuses, for a label that is no digit, and when it cannot be written.
    """
    if isinstance(label, bool) or not isinstance(label, (int, np.integer)) or not 0 <= label <= 9:
        raise ValueError(f"A drawing is kept as one of the digits 0 to 9; got the label {label!r}.")
    reduce(bitmap, fit)
    path = folder() / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}.txt"
    _write(path, _text(f"digit {label}", bitmap, fit))
    return path


def load() -> Drawings:
    """All kept drawings; none where there is no folder yet. Files that are no drawings are set aside.

    Errors: `ValueError` when the folder cannot be read.
    """
    kept, notes = [], []
    for path in _files():
        try:
            label, fit, bitmap = _read(path)
            if label is None:
                raise _Damaged("its first line names no digit")
            kept.append((bitmap, label, fit))
        except FileNotFoundError:  # taken back by another notebook, a moment ago
            continue
        except OSError as error:
            notes.append(_unread(path, error))
        except _Damaged as why:
            notes += _set_aside(path, why)
    bitmaps, labels, fitted = zip(*kept, strict=True) if kept else ((), (), ())
    return Drawings(
        np.array(bitmaps, bool).reshape(-1, *BITMAP), np.array(labels, np.int64), np.array(fitted, bool), tuple(notes)
    )


def to_digits(drawings: Drawings) -> Digits:
    """The drawings as 8 × 8 digits by the writer 14, as models learn them."""
    pairs = zip(drawings.bitmaps, drawings.fitted, strict=True)
    images = np.array([reduce(bitmap, bool(fit)) for bitmap, fit in pairs], np.float32)
    return Digits(images.reshape(-1, 8, 8, 1), drawings.labels, np.full(len(drawings), WRITER))


def forget_last() -> Path | None:
    """Take the newest drawing back: its file gets the ending `.taken-back`. Its new path; `None` when there is none.

    Errors: `ValueError` when it cannot be renamed.
    """
    for path in reversed(_files()):
        try:
            return _rename(path, ".taken-back")
        except FileNotFoundError:  # another notebook was quicker
            continue
        except OSError as error:
            raise ValueError(f"The drawing {path} cannot be taken back: {_reason(error)}.") from error
    return None


def save_sketch(sketch: Sketch, known: Sketch | None = None) -> None:
    """Remember what is on the pad. Errors: `ValueError` for another size, and when it cannot be written.

    known: what the pad last saved or read. Another drawing in the file is somebody's work, of an earlier session or on
    a second pad: it is not overwritten, its file gets the ending `.taken-back`.
    """
    if np.shape(sketch.bitmap) != BITMAP:
        raise ValueError(f"A sketch has 32 × 32 pixels; got the shape {np.shape(sketch.bitmap)}.")
    if not _may_be_overwritten((known, sketch)):
        try:
            _rename(_sketch_path(), ".taken-back")
        except FileNotFoundError:  # another pad has set it aside, a moment ago
            pass
        except OSError as error:
            raise ValueError(f"The sketch in {folder()} cannot be set aside: {_reason(error)}.") from error
    _write(_sketch_path(), _text("sketch", sketch.bitmap, sketch.fit))


def load_sketch() -> tuple[Sketch | None, tuple[str, ...]]:
    """What was on the pad, `None` if nothing ever was; and a sentence if its file was no drawing and was set aside.

    Errors: `ValueError` when the folder cannot be read.
    """
    path = _sketch_path()
    try:
        _, fit, bitmap = _read(path)
    except FileNotFoundError:
        return None, ()
    except NotADirectoryError as error:
        raise ValueError(f"Your drawings cannot be read from {path.parent}: {_reason(error)}.") from error
    except OSError as error:  # it may be there again in a moment: what is drawn meanwhile must not replace it
        try:
            kept = f" It is now called {_rename(path, '.unread').name}."
        except OSError:
            kept = ""
        return None, (_unread(path, error) + kept,)
    except _Damaged as why:
        return None, _set_aside(path, why)
    return Sketch(bitmap, fit), ()


def _may_be_overwritten(by: Sequence[Sketch | None]) -> bool:
    """Whether the sketch in the file is one of these, or blank, or none."""
    try:
        _, _, there = _read(_sketch_path())
    except (OSError, _Damaged):
        return not _sketch_path().is_file()
    return not there.any() or any(each is not None and np.array_equal(each.bitmap, there) for each in by)


def rows_of(bitmap: np.ndarray) -> tuple[str, ...]:
    """A drawing as rows of `#` for ink and `.` for paper."""
    return tuple("".join(row) for row in np.where(np.asarray(bitmap) >= 0.5, "#", "."))


# Files


def _sketch_path() -> Path:
    return folder() / "sketch.txt"


def _files() -> list[Path]:
    """The files of kept drawings, the oldest first."""
    try:
        return sorted(path for path in folder().iterdir() if re.fullmatch(r"\d.*\.txt", path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ValueError(f"Your drawings cannot be read from {folder()}: {_reason(error)}.") from error


def _text(header: str, bitmap: np.ndarray, fit: bool) -> str:
    return "\n".join([header + ("" if fit else ", as drawn"), *rows_of(bitmap), ""])


def _read(path: Path) -> tuple[int | None, bool, np.ndarray]:
    """Label, `None` for a sketch, whether to fit, and bitmap. Errors: `_Damaged`, and those of a path that is gone."""
    try:
        text = path.read_text(encoding="utf-8-sig").rstrip()
    except IsADirectoryError as error:
        raise _Damaged("it is a folder") from error
    except UnicodeDecodeError:
        raise _Damaged("it is not text in UTF-8") from None
    header, *rows = [line.rstrip() for line in text.splitlines()] or [""]
    named = HEADER.fullmatch(header)
    if not named:
        raise _Damaged("its first line names no digit")
    bitmap, fit = _bitmap(rows), not named["plain"]
    label = named["label"]
    if label is None:
        return None, fit, bitmap
    try:
        reduce(bitmap, fit)
    except ValueError:
        raise _Damaged("there is too little ink in it") from None
    return int(label), fit, bitmap


def _bitmap(rows: Sequence[str]) -> np.ndarray:
    height, width = BITMAP
    if len(rows) != height or any(len(row) != width for row in rows):
        raise _Damaged(f"it has not {height} rows of {width} characters")
    if set("".join(rows)) - set("#."):
        raise _Damaged("there are characters in it other than # and .")
    return np.array([list(row) for row in rows]) == "#"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise ValueError(
            f"Your drawings cannot be kept in {path.parent}: {_reason(error)}. Drawing goes on, but put that right "
            "before you close the notebook."
        ) from error


def _unread(path: Path, error: OSError) -> str:
    """What may be a good drawing is not set aside because it cannot be read for a moment."""
    return f"{path.name} in {path.parent} cannot be read now: {_reason(error)}. The drawing in it was left out."


def _set_aside(path: Path, why: Exception) -> tuple[str, ...]:
    """Rename a damaged file and say so; nothing when another notebook has done that and is saying so."""
    found = f"{path.name} in {path.parent} is no drawing, because {why}"
    try:
        return (f"{found}: it is now called {_rename(path, '.damaged').name}.",)
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (f"{found}; it cannot be renamed either: {_reason(error)}.",)


def _rename(path: Path, ending: str) -> Path:
    """Rename `path` to a name that nothing else has."""
    new = path.with_name(path.name + ending)
    while new.exists():
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}{ending}")
    return path.rename(new)


def _reason(error: OSError) -> str:
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return "a file stands where a folder must be; move it away"
    return error.strerror or str(error)
