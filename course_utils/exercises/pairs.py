"""Answers that return two arrays, `train` and `test`: how they are read, and what is said of lists among them."""

import inspect
from dataclasses import replace

import numpy as np

from course_utils.exercises.running import Outcome
from course_utils.exercises.words import a, as_array

__all__ = ["list_among", "two_arrays"]


def two_arrays(outcome: Outcome) -> tuple[np.ndarray, np.ndarray] | str:
    """The two results of an answer, or a sentence on what came instead."""
    value = outcome.value
    if outcome.error is not None or value is None or inspect.isgenerator(value):
        return as_array(outcome)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        number = f" of {len(value)}" if isinstance(value, (tuple, list)) else ""
        return f"Your answer returns {a(value)}{number} where two arrays are asked for: `return train, test`."
    train, test = (as_array(replace(outcome, value=part)) for part in value)
    for part, which in ((train, "first"), (test, "second")):
        if isinstance(part, str):
            return f"Look at the {which} of your two results. {part}"
    return train, test


def list_among(outcome: Outcome) -> str:
    """A sentence when one of two right results is a list, else ""."""
    for part, name in zip(outcome.value, ("train", "test"), strict=True):
        if isinstance(part, (list, tuple)):
            return (
                f"Your numbers are right, but `{name}` is {a(part)}, with which the next cells cannot calculate. "
                f"Return an array: `np.array({name})`."
            )
    return ""
