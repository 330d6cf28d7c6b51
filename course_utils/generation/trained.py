"""What `course train` makes for the lessons on generation."""

from collections.abc import Callable

import numpy as np

from course_utils.data import digits
from course_utils.generation import judge
from course_utils.recognition.trained import SEED, made_with

__all__ = ["TRAININGS"]


def _judge() -> dict[str, np.ndarray]:
    return judge.train(digits.load("random", seed=0).train, seed=SEED).arrays | made_with()


TRAININGS: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "judge": _judge,
}
