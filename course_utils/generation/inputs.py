"""What every generator here asks of the labels it is given. Pictures are checked by `recognition.inputs`."""

import numpy as np

__all__ = ["as_labels"]


def as_labels(labels, count: int | None = None) -> np.ndarray:
    """`labels` as int64 (n,), whole numbers from 0 to 9.

    count: how many there must be; `None` takes any number from one.
    Errors: `ValueError` for what is no such array.
    """
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError):  # lists of unequal lengths
        array = np.empty(0, object)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size:
        given = f"{array.dtype} of shape {array.shape}" if array.dtype != object else type(labels).__name__
        raise ValueError(f"Labels are whole numbers of shape (n,), such as [3, 3, 8]; got {given}.")
    if array.min() < 0 or array.max() > 9:
        raise ValueError(f"Labels run from 0 to 9; these run from {array.min()} to {array.max()}.")
    if count is not None and len(array) != count:
        raise ValueError(f"There are {len(array)} labels for {count} pictures; give the label asked for, one for each.")
    return array.astype(np.int64)
