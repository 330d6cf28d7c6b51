"""`claim`: what it prints, and that it raises when a bound fails."""

import numpy as np
import pytest

from course_utils import claim
from course_utils.claims import ClaimFailed


def test_what_a_claim_prints(capsys):
    claim.at_least("test accuracy", 0.9571, 0.93)
    claim.at_most("errors", np.int64(3), 17)
    claim.between("share", 0.5, 0.25, 0.75)
    claim.that("the CNN gets ≈ 3 wrong where the SVM gets ≈ 17", np.bool_(True))
    assert capsys.readouterr().out.splitlines() == [
        "✓ test accuracy ≈ 0.957, at least 0.93",
        "✓ errors ≈ 3, at most 17",
        "✓ share ≈ 0.500, between 0.25 and 0.75",
        "✓ the CNN gets ≈ 3 wrong where the SVM gets ≈ 17",
    ]


@pytest.mark.parametrize(("value", "text"), [(0.00012, "0.00012"), (5e12, "5000000000000"), (3.5e9 + 0.5, "3.5e+09")])
def test_small_and_large_values(value, text, capsys):
    claim.at_least("value", value, 0)
    assert capsys.readouterr().out == f"✓ value ≈ {text}, at least 0\n"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: claim.at_least("x", 0.92, 0.93),
        lambda: claim.at_most("x", 0.94, 0.93),
        lambda: claim.between("x", 0.2, 0.3, 0.4),
        lambda: claim.that("x", False),
        lambda: claim.at_least("x", float("nan"), 0.93),
        lambda: claim.at_most("x", float("inf"), 0.93),
    ],
)
def test_a_claim_that_fails_raises_and_prints_no_tick(broken, capsys):
    with pytest.raises(ClaimFailed):
        broken()
    assert "✓" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "misused",
    [
        lambda: claim.that("x", "False"),
        lambda: claim.that("x", float("nan")),
        lambda: claim.that(True, "x"),
        lambda: claim.at_least("x", "0.99", 0.9),
        lambda: claim.at_least("x", None, 0.9),
        lambda: claim.at_least("x", np.ones(3), 0.9),
        lambda: claim.at_least("x", True, 0.9),
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(misused, capsys):
    with pytest.raises(TypeError, match="laim"):
        misused()
    assert not capsys.readouterr().out


@pytest.mark.parametrize("sentence", ["", "  ", "two\nlines"])
def test_a_claim_is_one_line(sentence):
    with pytest.raises(ValueError, match="one line"):
        claim.that(sentence, True)
