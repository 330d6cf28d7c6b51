"""Handwritten digits, 8 × 8 pixels, with honest splits. First used in lesson 02; lesson 03 explains the splits.

Source: `sklearn.datasets.load_digits`, which is the test part of the UCI data set *Optical Recognition of
Handwritten Digits* (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0). Each picture was made from a 32 × 32 bitmap
by counting the ink in 4 × 4 blocks, so a pixel has 17 possible values; `reduce` makes such a picture of a drawing.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

__all__ = ["BITMAP", "SPLITS", "Digits", "Split", "bitmap", "join", "load", "load_all", "reduce", "shift"]

SPLITS = ("by writer", "random", "halves")

# First row of each writer's block. The blocks are *inferred*, by INRIA's scikit-learn-mooc (lesson on
# cross-validation and grouping): it shows 14 blocks, though its text speaks of 13 writers.
BLOCK_STARTS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)
TRAIN_WRITERS, VALIDATION_WRITERS = range(0, 8), range(8, 11)
HALVES_VALIDATION_STARTS = 776  # the last writer's block of the first half

BITMAP = (32, 32)
"""Height and width of the bitmaps that the digits were made from, in pixels."""
BLOCK = 4  # pixels of a bitmap, along each side, that become one pixel of a digit
BOX = (32, 20)  # every digit was stretched to this height and width
INK = (256, 412)  # pixels of ink: with less a digit was thickened, with more it was thinned
FAR = (108, 560)  # beyond these, twice
SMALLEST = 4  # pixels that a drawing measures at least, along its longer side


@dataclass(frozen=True)
class Digits:
    """Some digits: `images` float32 (n, 8, 8, 1) in [0, 1], `labels` int64 (n,), `writers` int64 (n,)."""

    images: np.ndarray
    labels: np.ndarray
    writers: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows) -> "Digits":
        """The digits of these rows: a slice, a boolean mask or an array of indices."""
        if _is_whole(rows):
            raise TypeError(f"Digits take a slice, a mask or an array of rows; for one digit use {rows}:{rows + 1}.")
        if not isinstance(rows, slice) and np.ndim(rows) != 1:
            raise TypeError(f"Digits take a slice, a mask or an array of rows; got {rows!r}.")
        return Digits(self.images[rows], self.labels[rows], self.writers[rows])

    def __repr__(self) -> str:
        return f"{len(self)} digits by {len(np.unique(self.writers))} writers"


class Split(NamedTuple):
    """Three sets of digits that share no picture."""

    train: Digits
    validation: Digits
    test: Digits


@cache
def load_all() -> Digits:
    """All 1,797 digits in the order in which they were collected, writer after writer. Read-only arrays."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    writers = np.searchsorted(BLOCK_STARTS, np.arange(len(raw.target)), side="right") - 1
    digits = Digits((raw.images[..., None] / 16).astype(np.float32), raw.target.astype(np.int64), writers)
    for array in (digits.images, digits.labels, digits.writers):
        array.setflags(write=False)
    return digits


def load(split: str = "by writer", seed: int | None = None) -> Split:
    """Split the digits into training, validation and test set.

    - `"by writer"`: the first eight writers to learn from, three to choose by, three to be measured on.
    - `"random"`: 60 / 20 / 20 %, stratified by class, shuffled by `seed` (0 if not given). All sets share writers.
    - `"halves"`: scikit-learn's own example, first half against second half; validation is the end of the first half.

    Errors: `ValueError` for another split, for a `seed` where nothing is shuffled or that is none.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}; choose one of {', '.join(map(repr, SPLITS))}.")
    if seed is not None and split != "random":
        raise ValueError(f"The split {split!r} is fixed and takes no seed; only 'random' does.")
    if seed is not None and not (_is_whole(seed) and 0 <= seed < 2**32):
        raise ValueError(f"A seed is a whole number from 0 to 4294967295; got seed={seed!r}.")
    digits = load_all()
    if split == "random":
        return _random_split(digits, seed or 0)
    if split == "halves":
        middle = len(digits) // 2
        start = HALVES_VALIDATION_STARTS
        return Split(digits[:start], digits[start:middle], digits[middle:])
    learn, choose = np.isin(digits.writers, TRAIN_WRITERS), np.isin(digits.writers, VALIDATION_WRITERS)
    return Split(digits[learn], digits[choose], digits[~learn & ~choose])


def _random_split(digits: Digits, seed: int) -> Split:
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(digits))
    train, rest = train_test_split(rows, test_size=0.4, stratify=digits.labels, random_state=seed)
    validation, test = train_test_split(rest, test_size=0.5, stratify=digits.labels[rest], random_state=seed)
    return Split(digits[train], digits[validation], digits[test])


def shift(images: np.ndarray, right: int = 0, down: int = 0) -> np.ndarray:
    """Move pictures (n, h, w, 1) by whole pixels; blank paper comes in, what leaves is lost. Taught in lesson 02.

    Errors: `ValueError` for pictures of another rank, for parts of pixels and for a move as large as the picture.
    """
    if images.ndim != 4:
        raise ValueError(f"The images have shape {images.shape}; they must be (n, height, width, 1).")
    if not (_is_whole(right) and _is_whole(down)):
        raise ValueError(f"Pictures move by whole pixels; got right={right!r}, down={down!r}.")
    height, width = images.shape[1:3]
    right, down = int(right), int(down)  # NumPy's small integers overflow when their sign is turned
    if abs(down) >= height or abs(right) >= width:
        raise ValueError(f"A move of {down} down and {right} right leaves nothing of {height} × {width} pixels.")
    moved = np.zeros_like(images)
    target = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    source = slice(max(-down, 0), height + min(-down, 0)), slice(max(-right, 0), width + min(-right, 0))
    moved[:, *target] = images[:, *source]
    return moved


def join(*parts: Digits) -> Digits:
    """All digits of the parts, in their order. Errors: `ValueError` without a part, and for one that is no Digits."""
    strange = [part for part in parts if not isinstance(part, Digits)]
    if strange or not parts:
        given = f"a part of type {type(strange[0]).__name__}" if strange else "nothing"
        raise ValueError(
            f"Give Digits one by one, as in join(split.train, split.validation); got {given}. "
            "A star takes a list of digits apart: join(*parts)."
        )
    columns = [[getattr(part, name) for part in parts] for name in ("images", "labels", "writers")]
    return Digits(*map(np.concatenate, columns))


def reduce(bitmap: np.ndarray, fit: bool = True) -> np.ndarray:
    """Make an 8 × 8 digit of a drawing, as the course's digits were made: float32 (8, 8, 1) in sixteenths. Lesson 00.

    bitmap: (32, 32), truth values or ink between 0 and 1, of which one half and more counts.
    fit: bring the drawing to the digits' size first. Its ink is stretched to 32 rows and 20 columns in the middle,
    thickened or thinned until its weight is theirs, and slanted until its first ink in the top row stands above its
    first ink in the bottom row. Otherwise the ink is counted as it stands.

    Source: UCI's description names the preprocessing programs of NIST and the 4 × 4 blocks; the steps are those of
    NIST's form-based handprint recognition system (M. Garris and others, NISTIR 5469, 1994). They were not taken on
    trust: the training digits show the same limits of ink, and the same two corners above each other.
    Errors: `ValueError` for another shape, for ink that is no number between 0 and 1, for an empty drawing, and with
    `fit` for one of less than 4 pixels in height and width.
    """
    ink = _ink(bitmap)
    if fit:
        ink = _straight(_weighted(_stretched(ink)))
    return _count_blocks(ink)


def _ink(bitmap) -> np.ndarray:
    """Which pixels of a drawing are ink, bool (32, 32)."""
    values = _numbers(bitmap, wanted := "A drawing is an array of 32 × 32 numbers, ink 1 and paper 0")
    if values.shape != BITMAP:
        raise ValueError(f"{wanted}; got shape {values.shape}.")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            f"Ink lies between 0, paper, and 1; here between {values.min():g} and {values.max():g}. Divide grey values."
        )
    ink = values >= 0.5
    if not ink.any():
        raise ValueError("There is no ink in this drawing; draw something first.")
    return ink


def _box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the ink, the last two excluded."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _stretched(ink: np.ndarray) -> np.ndarray:
    """The ink's box stretched to the digits' box, in the middle of a new bitmap."""
    from PIL import Image

    left, top, right, bottom = _box(ink)
    if max(right - left, bottom - top) < SMALLEST:
        raise ValueError(
            f"The drawing covers {bottom - top} × {right - left} pixels, too little to be a digit; "
            f"make it at least {SMALLEST} pixels high or wide."
        )
    (height, width), margin = BOX, (BITMAP[1] - BOX[1]) // 2
    grey = Image.fromarray(ink[top:bottom, left:right].astype(np.float32))
    stretched = np.zeros(BITMAP, bool)
    stretched[:, margin:-margin] = np.asarray(grey.resize((width, height), Image.Resampling.BILINEAR)) >= 0.5
    return stretched


def _weighted(ink: np.ndarray) -> np.ndarray:
    """Thickened or thinned by a pixel, or by two, when there is too little or too much ink."""
    amount = ink.sum()
    if amount < INK[0]:
        change, times = _thicker, 1 + (amount < FAR[0])
    else:
        change, times = _thinner, (amount > INK[1]).astype(int) + (amount > FAR[1])
    for _ in range(times):
        changed = change(ink)
        ink = changed if changed.any() else ink  # stripes of two pixels would vanish
    return ink


def _thicker(ink: np.ndarray) -> np.ndarray:
    """Paper with ink above, below, left or right of it becomes ink."""
    framed = np.pad(ink, 1)
    return ink | framed[:-2, 1:-1] | framed[2:, 1:-1] | framed[1:-1, :-2] | framed[1:-1, 2:]


def _thinner(ink: np.ndarray) -> np.ndarray:
    """Ink with paper above, below, left or right of it becomes paper; beyond the edge is paper."""
    return ~_thicker(~np.pad(ink, 1))[1:-1, 1:-1]


def _straight(ink: np.ndarray) -> np.ndarray:
    """Rows moved sideways until the first ink of the top row stands above that of the bottom row."""
    _, top, _, bottom = _box(ink)
    last = bottom - 1
    lean = (ink[last].argmax() - ink[top].argmax()) / max(last - top, 1)  # pixels to the right, for a row further down
    rows, columns = np.indices(ink.shape)
    columns = columns + np.round(lean * (rows - (top + last) / 2)).astype(int)
    inside = (columns >= 0) & (columns < BITMAP[1])
    return inside & ink[rows, np.where(inside, columns, 0)]


def _count_blocks(ink: np.ndarray) -> np.ndarray:
    side = BITMAP[0] // BLOCK
    counts = ink.reshape(side, BLOCK, side, BLOCK).sum(axis=(1, 3))
    return (counts / BLOCK**2).astype(np.float32)[..., None]


def bitmap(image: np.ndarray) -> np.ndarray:
    """A drawing, bool (32, 32), of a digit (8, 8) or (8, 8, 1): `reduce(bitmap(image), fit=False)` is the digit again.

    The real bitmaps are not in the data set. In each block the ink goes where the digit, smoothly enlarged, is darkest.
    Errors: `ValueError` for another shape, for what is no array of numbers, and for pixels that are no sixteenths
    between 0 and 1.
    """
    from PIL import Image

    values = _numbers(image, wanted := "A digit is an array of numbers of the shape (8, 8) or (8, 8, 1)")
    if values.shape not in ((8, 8), (8, 8, 1)):
        raise ValueError(f"{wanted}; got shape {values.shape}.")
    with np.errstate(over="ignore"):  # what overflows is no sixteenth, and refused
        counts = values.reshape(8, 8).astype(np.float32) * BLOCK**2
    odd = ~np.isin(counts, np.arange(BLOCK**2 + 1))
    if odd.any():
        raise ValueError(
            f"The pixels of a digit are sixteenths between 0 and 1; here is {values.reshape(8, 8)[odd][0]!s}. "
            "scikit-learn's, 0 to 16, are scaled by image / 16."
        )
    smooth = np.asarray(Image.fromarray(counts).resize(BITMAP, Image.Resampling.BICUBIC))
    blocks = smooth.reshape(8, BLOCK, 8, BLOCK).swapaxes(1, 2).reshape(8, 8, BLOCK**2)
    darkest_first = (-blocks).argsort(axis=2, kind="stable").argsort(axis=2)
    ink = darkest_first < counts[..., None]
    return ink.reshape(8, 8, BLOCK, BLOCK).swapaxes(1, 2).reshape(BITMAP)


def _numbers(given, wanted: str) -> np.ndarray:
    """What was given as an array of numbers, none of them NaN. Errors: `ValueError`, which begins with `wanted`."""
    try:
        values = np.asarray(given)
    except (TypeError, ValueError):
        rows = "rows that differ in length" if isinstance(given, (list, tuple)) else _kind_of(given)
        raise ValueError(f"{wanted}; got {rows}.") from None
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{wanted}; got {_in_words(given, values)}.")
    if np.isnan(values).any():
        missing = f"{np.isnan(values).sum()} of {values.size} values are NaN, not a number"
        raise ValueError(f"{wanted}; here {missing}: look for 0 / 0 or missing values.")
    return values


def _in_words(given, values: np.ndarray) -> str:
    """What was given, where NumPy makes no numbers of it."""
    kind = {"U": "text", "S": "bytes", "c": "complex numbers"}.get(values.dtype.kind)
    if values.ndim:
        return f"an array of {kind or 'objects'}"
    return kind or _kind_of(given)


def _kind_of(given) -> str:
    return "None" if given is None else f"an object of type {type(given).__name__}"


def _is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
