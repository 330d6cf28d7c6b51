"""Sentences about answers: what was given, what came out, what should have. The same text on every run."""

import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from course_utils.exercises.running import Outcome

__all__ = [
    "RAISED",
    "a",
    "alike",
    "as_array",
    "difference",
    "failure",
    "is_raised",
    "no_array",
    "situation",
    "table",
    "too_narrow",
]

RAISED = "raised"
_SHOWN_IN_FULL = 48  # numbers
_LONGEST_ERROR = 200  # characters
_COPIED = 10**6  # numbers; no right result is larger, and a copy of a huge one might not fit

_KINDS = {
    "NoneType": "None",
    "ndarray": "an array",
    "str": "a string",
    "dict": "a dictionary",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
}
_CONTENTS = {"U": "text", "S": "text", "O": "Python objects"}


def as_array(outcome: Outcome) -> np.ndarray | str:
    """What the answer returned, as a plain array of numbers; otherwise `RAISED` with the error, or a sentence.

    The array is a copy and never a subclass, so no `==` of the answer's own takes part in a comparison.
    """
    value = outcome.value
    if outcome.error is not None:
        return f"{RAISED} {type(outcome.error).__name__}: {outcome.error}"
    if value is None:
        return "Your answer returns None. `print` only shows a result; `return` at the end hands it over."
    if inspect.isgenerator(value):
        return "Your answer is a generator: it says `yield` where `return` belongs."
    if inspect.iscoroutine(value):
        value.close()
        return "Your answer is an `async` function; write `def` without `async`."
    if isinstance(value, (Fraction, Decimal)):
        return f"Your answer returns {a(value)}; `float(…)` makes a plain number of it."
    if not isinstance(value, (int, float, list, tuple)) and not hasattr(value, "__array__"):
        return f"Your answer returns {a(value)} where numbers are asked for."
    try:
        array = np.asarray(value)
    except Exception:
        return f"Your answer returns {a(value)} that makes no array. Are its rows of different lengths?"
    if array.dtype.kind == "O" and isinstance(value, int):
        return "Your answer returns a whole number of at least twenty digits, far more than can be right here."
    if array.dtype.kind not in "biuf":
        contents = _CONTENTS.get(array.dtype.kind, array.dtype)
        return f"Your answer returns {a(value)} of {contents} where real numbers are asked for."
    return array.copy() if array.size <= _COPIED else array


def no_array(value: object) -> str:
    """A sentence when right numbers come as a list or tuple, else ""."""
    if not isinstance(value, (list, tuple)):
        return ""
    return (
        f"Your numbers are right, but they come as {a(value)}, with which the next cells "
        "cannot calculate. Return an array: put `np.array(…)` around your result."
    )


def is_raised(reading: np.ndarray | str) -> bool:
    return isinstance(reading, str) and reading.startswith(RAISED)


def alike(one: np.ndarray | str, other: np.ndarray | str) -> bool:
    """Two readings agree: errors, equal sentences, or arrays of one shape and, but for rounding, one content."""
    if is_raised(one) and is_raised(other):
        return True
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return one.shape == other.shape and bool(_close(one, other).all())


def _close(seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
    rtol = 0 if expected.dtype.kind in "iu" else 1e-4  # a count has no rounding
    return np.isclose(seen.astype(float), expected.astype(float), rtol=rtol, atol=1e-5, equal_nan=True)


def difference(seen: np.ndarray, expected: np.ndarray, inputs: dict[str, object]) -> str:
    """The rest of a sentence that begins “on this input your answer …”; shapes before numbers."""
    if seen.shape != expected.shape:
        like = [name for name, value in inputs.items() if seen.ndim and np.shape(value) == seen.shape]
        likeness = f", like `{like[0]}`" if like else ""
        return f"{_shape(seen, 'is', 'has')}{likeness}; {_shape(expected, 'it should be', 'it should have')}."
    place = tuple(int(i) for i in np.argwhere(~_close(seen, expected))[0])
    came, due = _told_apart(seen[place], expected[place])
    if expected.ndim == 0:
        told = f"is {came}; it should be {due}."
    else:
        told = f"has {came} at {list(place)}; it should have {due}."
    return told + _cause(seen[place], expected[place])


def _shape(array: np.ndarray, be: str, have: str) -> str:
    return f"{have} shape {array.shape}" if array.ndim else f"{be} one number"


def _cause(came: np.generic, due: np.generic) -> str:
    if np.isnan(came):
        return " NaN means “not a number”: it comes from 0 / 0, ∞ − ∞ or 0 · ∞."
    fits = came.dtype.kind in "iu" and float(due).is_integer()
    return "" if fits else f" {too_narrow(came.dtype)}".rstrip()


def too_narrow(dtype: np.dtype) -> str:
    """A sentence when real numbers do not fit into `dtype`, else ""."""
    if dtype.kind in "iu":
        return f"The type of your result is {dtype}, which holds whole numbers only."
    return "The type of your result is float16, which keeps three digits." if dtype == np.float16 else ""


def _told_apart(came: float, due: float) -> tuple[str, str]:
    """Both numbers with as few digits as show that they differ."""
    for digits in (4, 7, 17):
        pair = f"{came:.{digits}g}", f"{due:.{digits}g}"
        if pair[0] != pair[1]:
            break
    return pair


def table(rows: dict[str, object]) -> str:
    """A paragraph of names and values below each other; empty when a value is too large to be read."""
    if any(np.size(value) > _SHOWN_IN_FULL for value in rows.values()):
        return ""
    width = max(map(len, rows)) + 2
    lines = "\n".join(name.ljust(width) + _value(value, width) for name, value in rows.items())
    return "\n\n" + textwrap.indent(lines, "    ")


def _value(value: object, indent: int = 0) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    return np.array2string(
        value, precision=4, suppress_small=True, separator=", ", prefix=" " * indent, max_line_width=100
    )


def situation(template: str, names: Sequence[str], arguments: tuple) -> str:
    """`template` filled with the arguments: arrays by their size, everything else by its value."""
    return template.format(**dict(zip(names, map(_size_or_value, arguments), strict=True)))


def _size_or_value(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return _value(value)
    size = " × ".join(map(str, value.shape))
    return f"{size} {value.dtype}" if value.dtype.kind == "u" else size


def failure(error: BaseException, answer: Callable) -> str:
    """`IndexError: index 4 is out of bounds. In line 6: …`: the error and where in `answer` it arose."""
    try:
        message = str(error)
    except Exception:
        message = ""
    message = re.sub(r"\x1b\[[0-9;]*m| at 0x[0-9A-Fa-f]+", "", message)
    message = " ".join(message.split()).rstrip(".")
    if len(message) > _LONGEST_ERROR:
        message = message[:_LONGEST_ERROR].rsplit(" ", 1)[0] + " …"
    name = type(error).__name__.lstrip("_")
    message = "" if message == "None" else message  # exit()
    return f"{name}: {message}.{_line(error, answer)}" if message else f"{name}.{_line(error, answer)}"


def _line(error: BaseException, answer: Callable) -> str:
    if isinstance(getattr(error, "place", None), str):  # told by the process in which the answer runs
        return error.place
    code = getattr(inspect.unwrap(answer), "__code__", None)
    trace, number = error.__traceback__, None
    while code is not None and trace is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            number = trace.tb_lineno
        trace = trace.tb_next
    if number is None:
        return ""
    source = linecache.getline(code.co_filename, number).strip().replace("`", "'")
    return f" In line {number}: `{source}`." if source else f" In line {number}."


def a(value: object) -> str:
    """What a value is, with its article: “a list”, “an array”."""
    name = type(value).__name__
    return _KINDS.get(name) or f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
