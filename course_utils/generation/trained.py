"""What `course train` makes for the lessons on generation."""

from collections.abc import Callable
from functools import partial

import numpy as np

from course_utils.data import digits
from course_utils.generation import gan, judge, writer
from course_utils.recognition.trained import SEED, made_with
from course_utils.runtime import repository

__all__ = ["TRAININGS"]


def _judge() -> dict[str, np.ndarray]:
    return judge.train(digits.load("random", seed=0).train, seed=SEED).arrays | made_with()


def _gan() -> dict[str, np.ndarray]:
    return gan.stored(SEED, keep=repository() / "build" / "gan")  # NumPy alone made it: there is no backend to name


def _writer(name: str) -> dict[str, np.ndarray]:
    return writer.stored(SEED, name) | made_with()


TRAININGS: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "judge": _judge,
    "gan": _gan,
    **{name: partial(_writer, name) for name in writer.NAMES},
}
