"""The pad that drawings are made on, and drawings as rows of characters.

    pad = PadWidget()
    pad.value                       # 32 rows of # for ink and . for paper, joined by line breaks
    rows = read_rows(typed)         # of any size up to 32 × 32, enlarged and put in the middle

The page draws by itself, with mouse, touch, pen or keys, and sends the drawing when a stroke ends.
"""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from course_utils.explore.shell import is_whole

__all__ = ["BLANK", "SIZE", "PadWidget", "bitmap_of", "check_rows", "crop", "place", "read_rows"]

SIZE = 32
BLANK = ("." * SIZE,) * SIZE


class PadWidget(anywidget.AnyWidget):
    """A canvas of 32 × 32 pixels with a pen and an eraser.

    `value` is the drawing; `blocks` shows the 4 × 4 blocks in which its ink is counted, otherwise a frame stands around
    the ink, which is what will be stretched. Both can be set from here at any time.
    """

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")
    value = traitlets.Unicode("\n".join(BLANK)).tag(sync=True)
    blocks = traitlets.Bool(False).tag(sync=True)


def check_rows(rows) -> tuple[str, ...]:
    """`rows` as a tuple of 32 strings of 32 characters. Errors: `ValueError` for anything else."""
    rows = _strings(rows)
    if len(rows) != SIZE or any(len(row) != SIZE for row in rows):
        raise ValueError(f"A whole drawing has {SIZE} rows of {SIZE} characters, # and .; use read_rows for others.")
    return rows


def read_rows(given: str | Sequence[str]) -> tuple[str, ...]:
    """A drawing, 32 strings of 32 characters, from rows of `#` for ink and `.` for paper, as text or as a sequence.

    Rows as few and as short as 8 × 8 or 5 × 3 are enlarged as often as they fit, and stand in the middle. Nothing, or
    nothing but blank lines, gives an empty drawing. Errors: `ValueError` for other characters, for rows of unequal
    lengths, for more than 32 × 32.
    """
    rows = _rectangle(given)
    if not rows:
        return BLANK
    height, width = len(rows), len(rows[0])
    times = SIZE // max(height, width)
    large = ["".join(character * times for character in row) for row in rows for _ in range(times)]
    return place(large, (SIZE - height * times) // 2, (SIZE - width * times) // 2)


def place(given: Sequence[str], top: int, left: int) -> tuple[str, ...]:
    """A drawing with the rows `given` as they are, their first character in row `top` and column `left`, from 0.

    Errors: those of `read_rows`, and `ValueError` when they do not fit there.
    """
    rows = _rectangle(given)
    width = len(rows[0]) if rows else 0
    fits = all(is_whole(edge) and 0 <= edge <= SIZE - long for edge, long in ((top, len(rows)), (left, width)))
    if not fits:
        raise ValueError(
            f"{len(rows)} rows of {width} characters do not fit into {SIZE} × {SIZE} from row {top}, column {left} on."
        )
    middle = ["." * left + row + "." * (SIZE - left - width) for row in rows]
    return (*BLANK[:top], *middle, *BLANK[top + len(rows) :])


def crop(rows: Sequence[str]) -> tuple[tuple[str, ...], int, int]:
    """The rows of the ink alone, and the row and column where it begins: `place` makes the drawing of them again."""
    ink = bitmap_of(rows)
    if not ink.any():
        return (), 0, 0
    down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    part = slice(across[0], across[-1] + 1)
    return tuple(row[part] for row in rows[down[0] : down[-1] + 1]), int(down[0]), int(across[0])


def bitmap_of(rows: Sequence[str]) -> np.ndarray:
    """The ink, bool (32, 32), of a drawing in rows."""
    return np.array([list(row) for row in rows]) == "#"


def _rectangle(given: str | Sequence[str]) -> tuple[str, ...]:
    """The rows of `given`, all as long as the first; blank lines above and below and blanks beside do not count."""
    rows = _strings(given.splitlines() if isinstance(given, str) else given)
    while rows and not (rows[0] and rows[-1]):
        rows = rows[1:] if not rows[0] else rows[:-1]
    if len(rows) > SIZE or any(len(row) > SIZE for row in rows):
        longest = max(map(len, rows))
        raise ValueError(f"A drawing has at most {SIZE} rows of {SIZE} characters; these are {len(rows)} of {longest}.")
    for position, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"Row {position} has {len(row)} characters and the first has {len(rows[0])}; "
                "make all rows equally long, with . for paper."
            )
    return rows


def _strings(lines) -> tuple[str, ...]:
    """The lines, stripped. Errors: `ValueError` for what is no sequence of strings of `#` and `.`."""
    if isinstance(lines, str) or not isinstance(lines, Sequence) or not all(isinstance(line, str) for line in lines):
        raise ValueError(f'A drawing is rows of # and . such as ["..#", ".##"]; got {lines!r}.'[:200])
    rows = tuple(line.strip() for line in lines)
    for position, row in enumerate(rows, 1):
        strange = row.strip("#.") and next(character for character in row if character not in "#.")
        if strange:
            raise ValueError(f"Row {position} has the character “{strange}”; use # for ink and . for paper.")
    return rows
