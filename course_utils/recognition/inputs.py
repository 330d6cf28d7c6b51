"""What every model here asks of the images it is given."""

import numpy as np

__all__ = ["as_images"]


def as_images(images, shape: tuple[int, int, int] | None = None) -> np.ndarray:
    """`images` as float32 (n, height, width, 1), a missing channel axis added; no copy where none is needed.

    shape: the (height, width, 1) a model was made for; `None` takes any size.
    Errors: `ValueError` for another shape, for pixels that are not finite or lie outside [0, 1].
    """
    images = np.asarray(images, dtype=np.float32)
    wanted = "(n, height, width, 1)" if shape is None else f"(n, {', '.join(map(str, shape))})"
    batch = images[..., None] if images.ndim == 3 else images
    if batch.ndim != 4 or batch.shape[3] != 1 or shape not in (None, batch.shape[1:]):
        raise ValueError(
            f"Images have the shape {wanted}; got {images.shape}. One image becomes a batch of one by image[None]."
        )
    if not batch.size:
        raise ValueError(f"There are no pixels in images of shape {images.shape}; give at least one image.")
    low, high = float(batch.min()), float(batch.max())
    if not (low >= -1e-4 and high <= 1 + 1e-4):  # true for NaN as well
        raise ValueError(
            f"Pixels lie between 0 and 1; these lie between {low:g} and {high:g}. "
            "scikit-learn's digits, 0 to 16, are scaled by images / 16; an inverted image is 1 - images."
        )
    return batch
