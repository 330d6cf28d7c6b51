"""Spot the fake: a fair sheet, an answer that nobody sees too early, and scores that are counted right."""

import statistics
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.explore.shell import on_one_thread
from course_utils.generation import gan

lab = import_module("course_utils.explore.spot_the_fake")  # `explore` exports a function of the same name


@pytest.fixture(scope="module")
def game():
    return lab.trained_game()


@pytest.fixture
def opened():
    return explore.spot_the_fake()


def control(opened, name: str):
    return next(control.widget for control in opened.controls if control.name == name)


def button(opened, name: str) -> None:
    next(action for action in opened.actions if action.name == name).widget.click()


def fakes(view) -> list[int]:
    return (1 + np.flatnonzero(view.fake)).tolist()


def answered(view, places):
    return replace(view, state=replace(view.state, chosen=frozenset(places), shown=True))


# The sheet


@pytest.mark.parametrize("steps", gan.MARKS)
def test_ten_are_held_out_digits_and_ten_the_generators_for_the_same_labels(game, steps):
    held_out = digits.load("random", 0).validation
    known = {image.tobytes(): label for image, label in zip(held_out.images, held_out.labels, strict=True)}
    for seed in (0, 7):
        view = lab.compute(lab.State(seed, steps), game)
        assert view.fake.sum() == 10
        real = [image.tobytes() for image in view.images[~view.fake]]
        assert [known[one] for one in real] == view.labels[~view.fake].tolist() and len(set(real)) == 10
        assert not {image.tobytes() for image in view.images[view.fake]} & set(known)
        assert sorted(view.labels[view.fake]) == sorted(view.labels[~view.fake])


def test_the_fakes_are_what_the_generator_draws_in_sixteenths(game):
    """The drawings of a generator that draws grey by label, so that they can be told."""

    class Grey:
        def sample(self, labels, seed):
            return np.broadcast_to(np.asarray(labels)[:, None, None, None] / 11, (len(labels), 8, 8, 1))

    moment = game.players[gan.STEPS]._replace(generator=Grey())
    view = lab.compute(lab.State(4), lab.Game(game.real, {gan.STEPS: moment}))
    expected = np.round(view.labels[view.fake] / 11 * 16) / 16
    np.testing.assert_allclose(view.images[view.fake][:, 3, 5, 0], expected)


def test_no_grey_level_gives_a_fake_away(game):
    view = lab.compute(lab.State(2), game)
    assert (view.images * 16 == np.round(view.images * 16)).all()


def test_another_seed_and_another_moment_deal_anew(game):
    """Also the real ones: of the same sheet at another moment, those that stay would be real."""
    first = lab.compute(lab.State(1), game)
    for other in (lab.State(2), lab.State(1, gan.MARKS[-2]), lab.State(1, 50)):
        view = lab.compute(other, game)
        assert (view.fake != first.fake).any()
        before, now = ({image.tobytes() for image in each.images[~each.fake]} for each in (first, view))
        assert len(before & now) < 5
    again = lab.compute(lab.State(1), game)
    np.testing.assert_array_equal(again.images, first.images)


def test_every_place_is_as_often_fake_as_real(game):
    often = np.mean([lab.compute(lab.State(seed), game).fake for seed in range(100)], axis=0)
    assert (abs(often - 0.5) < 0.2).all()


def test_the_scores_are_the_discriminators_of_that_moment(game):
    for steps in (0, 200, gan.STEPS):
        view = lab.compute(lab.State(3, steps), game)
        expected = game.players[steps].discriminator.score(view.images, view.labels)
        np.testing.assert_array_equal(view.scores, expected)


# Who is right


def test_counting(game):
    view = lab.compute(lab.State(), game)
    fake = np.zeros(20, bool)
    fake[:10] = True
    view = replace(view, fake=fake, scores=np.arange(20.0))
    assert view.discriminator_right == 20 and view.favourite == 10
    view = replace(view, scores=np.r_[np.arange(5.0), np.arange(20, 35.0)])
    assert view.called.sum() == 10 and view.discriminator_right == 20
    view = replace(view, scores=-np.arange(20.0))
    assert view.discriminator_right == 0 and view.favourite == 1
    assert view.right == 10, "who chooses none is right about the real ones"
    assert answered(view, [1, 2, 11]).right == 2 + 9
    assert answered(view, range(1, 11)).right == 20 and answered(view, range(11, 21)).right == 0


def test_a_coin_is_right_of_ten(game):
    rng, view = np.random.default_rng(0), lab.compute(lab.State(), game)
    right = [answered(view, 1 + rng.choice(20, rng.integers(21), replace=False)).right for _ in range(2000)]
    assert np.mean(right) == pytest.approx(10, abs=0.2)


def test_the_discriminator_learns_and_is_fooled(game):
    """About all at step 50, hardly better than a coin at the end: the story of the lesson."""
    right = {steps: np.mean([lab.compute(lab.State(seed, steps), game).discriminator_right for seed in range(100)])
             for steps in (0, 50, gan.STEPS)}  # fmt: skip
    assert 8 < right[0] < 12 and right[50] > 19 and 9.5 < right[gan.STEPS] < 14


# Nothing tells before it is time


def test_the_answer_is_in_nothing_that_is_on_view(game):
    """All that the page is told stays the same if real and fake change places."""
    view = lab.compute(lab.State(5, chosen=frozenset({3, 4})), game)
    turned = replace(view, fake=~view.fake, scores=view.scores[::-1].copy())
    assert lab.describe(view) == lab.describe(turned) and lab.draw(view) == lab.draw(turned)
    shown, turned = (replace(each, state=replace(each.state, shown=True)) for each in (view, turned))
    assert lab.describe(shown) != lab.describe(turned) and lab.draw(shown) != lab.draw(turned)


def test_the_call_says_what_was_chosen_and_no_more(opened):
    assert opened.call == "explore.spot_the_fake()"
    control(opened, "place-12").value = True
    control(opened, "place-3").value = True
    assert opened.call == "explore.spot_the_fake(chosen=[3, 12])"
    button(opened, "show")
    assert opened.call == "explore.spot_the_fake(chosen=[3, 12], shown=True)"


def test_after_the_answer_nothing_can_be_chosen(opened):
    control(opened, "place-3").value = True
    button(opened, "show")
    box = control(opened, "place-4")
    box.value = True
    assert opened.state.chosen == {3} and box.value is False and opened.error == ""
    control(opened, "place-3").value = False
    assert opened.state.chosen == {3} and control(opened, "place-3").value is True
    opened._frame.picked = {"name": "choose-9", "x": 0.5, "y": 0.5}
    assert opened.state.chosen == {3}
    assert "data-pick" not in opened._picture.value


@pytest.mark.parametrize("leave", ["next", "seed", "steps"])
def test_a_new_sheet_begins_with_nothing(opened, leave):
    control(opened, "place-3").value = True
    button(opened, "show")
    if leave == "next":
        button(opened, "next")
    else:
        control(opened, leave).value = {"seed": 8, "steps": 500}[leave]
    assert (opened.state.chosen, opened.state.shown, control(opened, "place-3").value) == (frozenset(), False, False)
    assert (opened.state.seed, opened.state.steps) == {
        "next": (1, gan.STEPS),
        "seed": (8, gan.STEPS),
        "steps": (0, 500),
    }[leave]


def test_after_the_last_sheet_comes_the_first(opened):
    opened.show(lab.State(99))
    button(opened, "next")
    assert opened.state.seed == 0


def test_no_answer_without_a_choice(opened):
    button(opened, "show")
    assert opened.error.startswith("Choose first") and not opened.state.shown


# What is said and shown


def test_pointing_chooses_and_drops_and_a_shaky_hand_does_no_harm(opened):
    def on_top(place):
        """What the page finds where two targets lie upon each other: the last one drawn."""
        found = [wish for wish in ("choose", "drop") if f'data-pick="{wish}-{place}"' in opened._picture.value]
        assert len(found) == 2
        return max(found, key=lambda wish: opened._picture.value.index(f'data-pick="{wish}-{place}"'))

    assert on_top(7) == "choose"
    for _ in range(3):  # pressed, and moved a little
        opened._frame.picked = {"name": "choose-7", "x": 0.5, "y": _ / 9}
        assert opened.state.chosen == {7} and on_top(7) == "drop" and on_top(8) == "choose"
    assert control(opened, "place-7").value is True
    for _ in range(2):
        opened._frame.picked = {"name": "drop-7", "x": 0.5, "y": _ / 9}
        assert opened.state.chosen == set()


def test_the_readout_is_what_was_computed(game):
    view = lab.compute(lab.State(6, chosen=frozenset({2, 1})), game)
    rows = "; ".join(" ".join(map(str, row)) for row in view.labels.reshape(4, 5))
    said = lab.describe(view)
    assert said.startswith(
        f"Sheet 6, generator and discriminator after {gan.STEPS:,} steps. You take 2 for fakes: 1, 2."
    )
    assert said.endswith(f"they are to be {rows}.")
    shown = replace(view, state=replace(view.state, shown=True), fake=np.arange(20) < 10, scores=np.arange(20.0))
    assert "You tell 12 of 20 right, the discriminator 20, a coin 10 on average." in lab.describe(shown)
    assert "Fakes: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10. " in lab.describe(shown)
    assert lab.describe(shown).endswith("The fake that it likes best: 10.")
    picture = lab.draw(shown)
    assert (picture.count(", fake</text>"), picture.count(", real</text>")) == (10, 10)
    assert (picture.count("you ✓"), picture.count("you ✗")) == (12, 8)
    assert picture.count("it ✓") == 20
    assert picture.count('class="taken"') == 2


@pytest.mark.parametrize("shown", [False, True])
def test_a_tick_is_quick(game, shown):
    """Within 50 ms: computed, drawn and described."""
    took = []
    with on_one_thread():
        for seed in range(11):
            began = time.process_time()
            view = lab.compute(lab.State(seed, chosen=frozenset({1, 2}), shown=shown), game)
            lab.draw(view)
            lab.describe(view)
            took.append(time.process_time() - began)
    assert statistics.median(took) < 0.05


# Puzzles and errors


def test_all_three_puzzles_are_there(opened):
    assert [puzzle.name for puzzle in opened.puzzles] == ["Beat it", "Its favourite", "No trouble"]


def puzzle_named(opened, name: str):
    return next(puzzle for puzzle in opened.puzzles if puzzle.name == name)


def test_beating_takes_ten_and_more_right_than_the_discriminator(opened, game):
    puzzle = puzzle_named(opened, "Beat it")
    view = lab.compute(puzzle.start, game)
    good = answered(view, fakes(view))
    assert puzzle.solved(good) and not puzzle.solved(view)
    assert not puzzle.solved(replace(good, state=replace(good.state, shown=False)))
    assert not puzzle.solved(replace(good, scores=np.where(view.fake, 0.0, 1.0))), "as many right are not more"
    assert not puzzle.solved(answered(view, fakes(view)[:9]))
    early = lab.compute(lab.State(0, 0), game)
    assert not puzzle.solved(answered(early, fakes(early)))


def test_its_favourite_is_one_fake_alone(opened, game):
    puzzle = puzzle_named(opened, "Its favourite")
    view = lab.compute(puzzle.start, game)
    best = max(fakes(view), key=lambda place: view.scores[place - 1])
    solved = [place for place in range(1, 21) if puzzle.solved(answered(view, [place]))]
    assert solved == [best]
    assert not puzzle.solved(answered(view, [best, best % 20 + 1]))
    assert not puzzle.solved(replace(view, state=replace(view.state, chosen=frozenset({best}))))


def test_no_trouble_is_early_and_all_right(opened, game):
    puzzle = puzzle_named(opened, "No trouble")
    view = lab.compute(lab.State(11, 100), game)
    assert puzzle.solved(answered(view, fakes(view))) and not puzzle.solved(answered(view, fakes(view)[1:]))
    late = lab.compute(lab.State(11), game)
    assert not puzzle.solved(answered(late, fakes(late)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seed": 100}, "seed is 100; it must be a whole number from 0 to 99"),
        ({"steps": 51}, "steps is 51; it must be one of 0, 50, 100"),
        ({"steps": 50.0}, "steps is 50.0"),
        ({"chosen": [0]}, "A chosen place is 0; it must be a whole number from 1 to 20"),
        ({"chosen": [21]}, "A chosen place is 21"),
        ({"chosen": [1.5]}, "A chosen place is 1.5"),
        ({"chosen": "ab"}, "A chosen place is '[ab]'"),
        ({"chosen": 3}, "chosen is 3; it must be a list of places"),
        ({"shown": 1}, "shown is 1; it must be True or False"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.spot_the_fake(**arguments)


def test_places_may_come_from_numpy():
    assert explore.spot_the_fake(chosen=np.array([5, 2])).call == "explore.spot_the_fake(chosen=[2, 5])"
