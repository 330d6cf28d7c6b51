"""Which part of a picture an answer hangs on: cover it, and see what the score loses. Taught in lesson 03.

After M. Zeiler and R. Fergus, *Visualizing and Understanding Convolutional Networks* (2014), section 4.2.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["covered", "occlusion_map"]


def occlusion_map(score: Callable[[np.ndarray], np.ndarray], image: np.ndarray, size: int = 2) -> np.ndarray:
    """How far the score falls when a square of the picture is covered with paper.

    score: from images (n, h, w) to numbers (n,), such as the share that a model gives to one class.
    image: (h, w), ink 1 and paper 0. size: of the square, in pixels.
    Returns (h − size + 1, w − size + 1): the score of the whole picture minus the score with the square that begins
    there covered, as float64; positive where the ink speaks for the class, negative where it speaks against it.
    Errors: `ValueError` for a picture of another rank, for a square that does not fit into it, and for a `score` that
    gives anything but one number a picture.
    """
    image = np.asarray(image)
    hidden = covered(image, size)
    places = hidden.shape[:2]
    whole = _scores(score, image[None].copy())  # `score` may write into what it is given
    return (whole - _scores(score, hidden.reshape(-1, *image.shape))).reshape(places)


def _scores(score: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """One float for each of `images` (n, h, w), so that falls of whole numbers and of True and False are right too."""
    n = len(images)
    scores = np.asarray(score(images))
    if scores.shape != (n,):
        raise ValueError(
            f"score gives shape {scores.shape} for {n} pictures; it must give one number each, shape ({n},). "
            "A model's shares have a column for each class: choose one, `model.predict(images)[:, 3]`."
        )
    if scores.dtype.kind not in "biuf":
        raise ValueError(f"score gives an array of type {scores.dtype}; it must give one real number a picture.")
    return scores.astype(float)


def covered(image: np.ndarray, size: int) -> np.ndarray:
    """The picture (h, w) with every square covered in turn: (h − size + 1, w − size + 1, h, w)."""
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(f"The picture has shape {image.shape}; it must be (h, w). A digit's is `image[:, :, 0]`.")
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= min(image.shape):
        raise ValueError(f"size is {size!r}; it must be a whole number from 1 to {min(image.shape)}.")
    rows, columns = (length - size + 1 for length in image.shape)
    hidden = np.tile(image, (rows, columns, 1, 1))
    squares = sliding_window_view(hidden, (size, size), axis=(2, 3), writeable=True)
    i, j = np.indices((rows, columns))
    squares[i, j, i, j] = 0
    return hidden
