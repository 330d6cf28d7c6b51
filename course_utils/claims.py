"""The only way a lesson states what was measured.

A claim prints one line, `✓ test accuracy ≈ 0.957, at least 0.93`, and raises when its bound fails.
Behind `≈` stands what may differ between machines; everything else on the line may not.
"""

import math
import re

import numpy as np

__all__ = ["ClaimFailed", "claim"]


class ClaimFailed(AssertionError):
    """A lesson claimed something that this run did not confirm."""


class _Claim:
    """Call its methods: `claim.at_least("test accuracy", accuracy, 0.93)`."""

    def at_least(self, name: str, value: float, bound: float) -> None:
        """Claim `value >= bound`."""
        _settle(f"{name} {approximately(value)}, at least {_plain(bound)}", value >= bound)

    def at_most(self, name: str, value: float, bound: float) -> None:
        """Claim `value <= bound`."""
        _settle(f"{name} {approximately(value)}, at most {_plain(bound)}", value <= bound)

    def between(self, name: str, value: float, low: float, high: float) -> None:
        """Claim `low <= value <= high`."""
        _settle(f"{name} {approximately(value)}, between {_plain(low)} and {_plain(high)}", low <= value <= high)

    def that(self, sentence: str, condition: bool) -> None:
        """Claim that `condition` is true; write measured numbers into `sentence` behind `≈`."""
        if not isinstance(sentence, str) or not isinstance(condition, (bool, np.bool_)):
            raise TypeError(f"claim.that takes a sentence and True or False; got {sentence!r} and {condition!r}.")
        _settle(sentence, condition)

    __slots__ = ()


def approximately(value: float) -> str:
    """`value` behind ≈, as claims print it: whole numbers whole, others to three significant places."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        raise TypeError(f"A claim needs one number; got {value!r}.")
    number = float(value)
    if not math.isfinite(number):
        raise ClaimFailed(f"A claim needs a finite number; got {value!r}.")
    if number.is_integer() and (isinstance(value, int) or 1 <= abs(number) < 1e15):
        return f"≈ {int(number)}"
    return f"≈ {number:.3f}" if 0.01 <= abs(number) < 10_000 else f"≈ {number:.2g}"


def _plain(bound: float) -> str:
    return re.sub(r"\.0$", "", repr(float(bound)) if not isinstance(bound, int) else repr(bound))


def _settle(sentence: str, holds: bool) -> None:
    if not sentence.strip() or "\n" in sentence:
        raise ValueError(f"A claim is one line of text; got {sentence!r}.")
    if not holds:
        raise ClaimFailed(f"✗ does not hold: {sentence}")
    print(f"✓ {sentence}")


claim = _Claim()
