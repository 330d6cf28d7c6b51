"""“An 8”: where explorations name a digit, its article fits."""

import re
from importlib import import_module

import numpy as np
import pytest

from course_utils.explore import committee, pad_state
from course_utils.explore.words import a_digit
from course_utils.recognition import store
from course_utils.runtime import repository

WRONG = re.compile(r"\b[Aa] 8\b")
BY_HAND = re.compile(r"\b[Aa] \{[\w.]*(?:answer|asked|digit|k|label|labels\[\w+\]|likeliest)\}")


def module(name):
    return import_module(f"course_utils.explore.{name}")  # `explore` exports functions of the same names


def test_an_8_has_another_article():
    assert [a_digit(digit) for digit in (1, 8, np.int64(8), "8 or 9")] == ["a 1", "an 8", "an 8", "an 8 or 9"]


def test_the_pads_neighbours():
    pad = module("drawing_pad")
    view = pad.compute(pad_state.load(pad.State(), 8, 0), committee.course())
    figure = pad.still(view)
    titles = " ".join(axes.get_title() for axes in [*figure.axes, *(a for f in figure.subfigs for a in f.axes)])
    for text in (pad.describe(view), pad.draw(view), titles):
        assert "an 8 by" in text and not WRONG.search(text)


def test_the_shoved_digit():
    shove = module("one_pixel_shove")
    view = shove.compute(shove.State(8, 0), shove.all_models())
    figure = shove.still(view, shove.all_models())
    assert ">an 8<" in shove.draw(view) and figure.get_suptitle().startswith("An 8 by")


def test_the_digit_that_is_learned():
    machine = module("training_time_machine")
    answers = [0, 1, 2, 3, 4, 5, 6, 8, 8, 9]
    flat = np.zeros(1)
    run = machine.Run(np.zeros((1, 3, 3, 8)), flat, flat, flat, flat, np.eye(10)[[answers]], np.array([answers]) >= 0)
    history = machine.History(np.arange(1), np.zeros((10, 8, 8, 1)), {False: run, True: run})
    for digit, sentence in ((8, "The 8 is an 8 with"), (7, "The 7 is taken for an 8 with")):
        assert sentence in machine.describe(machine.compute(machine.State(digit=digit), history))


def test_the_usual_mistake(monkeypatch):
    lab = module("honest_score_lab")
    monkeypatch.setattr(lab, "_usual_mistake", lambda seen: (8, 1, 4))
    assert "4 times an 8 as a 1;" in lab._culprit(lab.read_record(store.load("honest_scores"))).because


@pytest.mark.parametrize("path", sorted((repository() / "course_utils/explore").glob("*.py")), ids=lambda p: p.stem)
def test_no_article_is_written_by_hand(path):
    found = BY_HAND.search(path.read_text(encoding="utf-8"))
    assert not found, f"{path.name} writes {found[0]!r}: use words.a_digit, for it is “an 8”."
