"""Handwritten digits, 8 × 8 pixels, with honest splits. First used in lesson 02; lesson 03 explains the splits.

Source: `sklearn.datasets.load_digits`, which is the test part of the UCI data set *Optical Recognition of
Handwritten Digits* (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0). Each picture was made from a 32 × 32 bitmap
by counting the ink in 4 × 4 blocks, so a pixel has 17 possible values.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

__all__ = ["SPLITS", "Digits", "Split", "load", "load_all", "shift"]

SPLITS = ("by writer", "random", "halves")

# First row of each writer's block. The blocks are *inferred*, by INRIA's scikit-learn-mooc (lesson on
# cross-validation and grouping): it shows 14 blocks, though its text speaks of 13 writers.
BLOCK_STARTS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)
TRAIN_WRITERS, VALIDATION_WRITERS = range(0, 8), range(8, 11)
HALVES_VALIDATION_STARTS = 776  # the last writer's block of the first half


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
    if abs(down) >= height or abs(right) >= width:
        raise ValueError(f"A move of {down} down and {right} right leaves nothing of {height} × {width} pixels.")
    moved = np.zeros_like(images)
    target = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    source = slice(max(-down, 0), height + min(-down, 0)), slice(max(-right, 0), width + min(-right, 0))
    moved[:, *target] = images[:, *source]
    return moved


def _is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
