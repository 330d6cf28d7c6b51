"""The only way a lesson states what was measured.

A claim prints one line, `✓ test accuracy ≈ 0.957, at least 0.93`, and raises when its bound fails.
Behind `≈` stands what may differ between machines; everything else on the line may not.
"""

import math
import re

__all__ = ["ClaimFailed", "claim"]


class ClaimFailed(AssertionError):
    """A lesson claimed something that this run did not confirm."""


class _Claim:
    """Call its methods: `claim.at_least("test accuracy", accuracy, 0.93)`."""

    def at_least(self, name: str, value: float, bound: float) -> None:
        """Claim `value >= bound`."""
        _state(name, value, value >= bound, f"at least {_plain(bound)}")

    def at_most(self, name: str, value: float, bound: float) -> None:
        """Claim `value <= bound`."""
        _state(name, value, value <= bound, f"at most {_plain(bound)}")

    def between(self, name: str, value: float, low: float, high: float) -> None:
        """Claim `low <= value <= high`."""
        _state(name, value, low <= value <= high, f"between {_plain(low)} and {_plain(high)}")

    def that(self, sentence: str, condition: bool) -> None:
        """Claim that `condition` is true; write measured numbers into `sentence` behind `≈`."""
        _settle(sentence, bool(condition))

    __slots__ = ()


def approximately(value: float) -> str:
    """`value` behind ≈, as claims print it: whole numbers whole, others to three significant places."""
    number = float(value)
    if isinstance(value, (bool, str)) or not math.isfinite(number):
        raise ClaimFailed(f"A claim needs a finite number; got {value!r}.")
    if isinstance(value, int) or (number.is_integer() and abs(number) >= 1):
        return f"≈ {int(number)}"
    return f"≈ {number:.3f}" if 0.01 <= abs(number) < 10_000 else f"≈ {number:.2g}"


def _plain(bound: float) -> str:
    return re.sub(r"\.0$", "", repr(float(bound)) if not isinstance(bound, int) else repr(bound))


def _state(name: str, value: float, holds: bool, bound: str) -> None:
    _settle(f"{name} {approximately(value)}, {bound}", bool(holds))


def _settle(sentence: str, holds: bool) -> None:
    if not holds:
        raise ClaimFailed(f"✗ does not hold: {sentence}")
    print(f"✓ {sentence}")


claim = _Claim()
