"""Does it help a model to learn your hand? Each of your drawings, read before and after. Used in lesson 00."""

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.recognition import baselines

__all__ = ["before_and_after"]


def before_and_after(train: Digits, yours: Digits) -> tuple[np.ndarray, np.ndarray]:
    """What an SVM says to your n drawings, probabilities (n, 10): fitted to `train`, and to your drawings as well.

    The second model that reads a drawing has learned all the *others* of yours: one that had learned the drawing itself
    would only remember it.
    Errors: `ValueError` when there is no drawing.
    """
    if not len(yours):
        raise ValueError("There is no drawing to read. Draw one on the pad and press “Add to training”.")
    before = baselines.svm(train).predict(yours.images)
    after = [_without(train, yours, row).predict(yours.images[row : row + 1])[0] for row in range(len(yours))]
    return before, np.array(after)


def _without(train: Digits, yours: Digits, row: int) -> baselines.Baseline:
    others = yours[np.arange(len(yours)) != row]
    return baselines.svm(digits.join(train, others) if len(others) else train)
