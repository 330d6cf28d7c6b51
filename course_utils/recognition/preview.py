"""The course in seven pictures, drawn with what comes with it. Used in lesson 00."""

import numpy as np

from course_utils.data import digits
from course_utils.data.images import page
from course_utils.recognition import baselines, cnn

__all__ = ["pictures"]

GAP = 0.4  # the grey of the line between two pictures
TWO = 241  # a 2 of the validation writers


def pictures(seed: int = 0) -> dict[str, np.ndarray]:
    """A picture for each of the lessons 01 to 07 by a short title, each (h, w) from 0 to 1.

    They show the lessons' questions with real data and the models of lesson 00; `seed` draws the 3s of lesson 06.
    """
    train, validation, _ = digits.load("by writer")
    two = validation.images[TWO, :, :, 0]
    sevens = [_first(train, 7, writer) for writer in (1, 3, 4)]
    return {
        "01 find every “the”": page(shade=0.3, noise=0.1)[68:108, 8:143],
        "02 survive one pixel": _strip([_moved(two, by) for by in (-1, 0, 1)]),
        "03 know the hand": _strip(sevens),
        "04 read row by row": _strip([_upper(two, rows, below=0.0) for rows in (2, 4, 6)]),
        "05 let models vote": _opinions(train, validation),
        "06 draw a 3": _strip(_drawn(train, 3, seed)),
        "07 finish a half": _strip([_upper(each, 4, below=0.2) for each in (two, *sevens[:2])]),
    }


def _moved(image: np.ndarray, right: int) -> np.ndarray:
    return digits.shift(image[None, :, :, None], right=right)[0, :, :, 0]


def _first(some: digits.Digits, label: int, writer: int) -> np.ndarray:
    return some.images[(some.labels == label) & (some.writers == writer)][0, :, :, 0]


def _strip(images) -> np.ndarray:
    """Pictures beside each other, a grey line behind each."""
    return np.hstack([np.pad(image, ((0, 0), (0, 1)), constant_values=GAP) for image in images])


def _upper(image: np.ndarray, rows: int, below: float) -> np.ndarray:
    """The first rows of an image; the others all have the grey `below`."""
    return np.where(np.arange(len(image))[:, None] < rows, image, below)


def _opinions(train: digits.Digits, asked: digits.Digits) -> np.ndarray:
    """What SVM, CNN and the mean of both say (3, 10) to the digit on which the two differ most."""
    said = np.stack([baselines.svm(train).predict(asked.images), cnn.load_trained().predict(asked.images)])
    most = np.abs(said[0] - said[1]).sum(axis=1).argmax()
    return np.stack([*said[:, most], said[:, most].mean(axis=0)])


def _drawn(train: digits.Digits, label: int, seed: int) -> np.ndarray:
    """Three digits drawn by statistics alone: the mean and the covariance of a class's pixels."""
    flat = train.images[train.labels == label].reshape(-1, 64)
    rows = np.random.default_rng(seed).multivariate_normal(flat.mean(axis=0), np.cov(flat.T), 3)
    return rows.clip(0, 1).reshape(3, 8, 8)
