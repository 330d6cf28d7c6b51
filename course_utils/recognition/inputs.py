"""What every model here asks of the images it is given."""

import numpy as np

from course_utils.data.digits import Digits

__all__ = ["as_images"]


def as_images(images, shape: tuple[int, int, int] | None = None) -> np.ndarray:
    """`images` as float32 (n, height, width, 1), a missing channel axis added; no copy where none is needed.

    shape: the (height, width, 1) a model was made for; `None` takes any size.
    Errors: `ValueError` for what is no array of numbers, for another shape, for pixels that are not finite or lie
    outside [0, 1].
    """
    images = _as_floats(images)
    wanted = "(n, height, width, 1)" if shape is None else f"(n, {', '.join(map(str, shape))})"
    batch = images[..., None] if images.ndim == 3 else images
    if batch.ndim != 4 or batch.shape[3] != 1 or shape not in (None, batch.shape[1:]):
        raise ValueError(
            f"Images have the shape {wanted}; got {images.shape}. One image becomes a batch of one by image[None]."
        )
    if not batch.size:
        raise ValueError(f"There are no pixels in images of shape {images.shape}; give at least one image.")
    low, high = float(batch.min()), float(batch.max())
    if np.isnan(low):
        raise ValueError(
            f"{np.isnan(batch).sum()} of {batch.size} pixels are NaN, not a number: look for 0 / 0 or missing values."
        )
    if low < -1e-4 or high > 1 + 1e-4:
        raise ValueError(
            f"Pixels lie between 0 and 1; these lie between {low:g} and {high + 0.0:g}. "
            "scikit-learn's digits, 0 to 16, are scaled by images / 16; an inverted image is 1 - images."
        )
    return batch


def _as_floats(images) -> np.ndarray:
    """`images` as a float32 array of any shape."""
    if isinstance(images, Digits):
        raise ValueError("These are Digits, pictures with labels and writers; pass `.images`.")
    try:
        array = np.asarray(images)
    except (TypeError, ValueError) as error:  # lists of unequal lengths, for example
        raise ValueError(_no_numbers(type(images).__name__)) from error
    if array.dtype.kind not in "biuf":
        given = f"an array of {array.dtype}" if array is images else type(images).__name__
        raise ValueError(_no_numbers(given))
    return array.astype(np.float32, copy=False)


def _no_numbers(given: str) -> str:
    return f"Images are an array of real numbers, every image of the same size; got {given}."
