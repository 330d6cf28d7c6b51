"""GAN step lab: what is shown is the game of `toy`, played as the state says, and what is said of it is true."""

import re
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.explore import drawing
from course_utils.explore.shell import on_one_thread
from course_utils.generation import toy

lab = import_module("course_utils.explore.gan_step_lab")  # `explore` exports a function of the same name


@pytest.fixture
def opened():
    return explore.gan_step_lab()


def played(state) -> toy.State:
    """The game at `state`, played without any memory."""
    game = toy.run(toy.start(state.seed, state.settings), state.rounds)
    for _ in range(state.judge):
        game = toy.step_discriminator(game)
    for _ in range(state.painter):
        game = toy.step_generator(game)
    return game


# The game


@pytest.mark.parametrize(
    "state",
    [
        lab.State(),
        lab.State("collapse", 1, 20, 3, 2),
        lab.State("swinging", 3, 10, 0, 12),
        lab.State("in step", 2, 30, 7, 0),
        lab.State("frozen judge", 1, 20, 4, 5),
    ],
)
def test_the_state_is_played_as_it_says(state):
    game, view = played(state), lab.compute(state)
    np.testing.assert_array_equal(view.fakes, toy.fakes(game, lab.COUNT))
    np.testing.assert_array_equal(view.arrows, toy.arrows(game, view.fakes))
    np.testing.assert_array_equal(view.field, toy.score_field(game, lab.REACH))
    assert view.now.spots == toy.spots(view.fakes)
    assert view.now.spread == toy.spread(view.fakes)


def test_marks_by_hand():
    state = lab.State(seed=1, rounds=30, judge=20)
    game, view = played(state), lab.compute(state)
    real = toy.real(lab.COUNT, np.random.default_rng(0))
    fake_scores, real_scores = toy.scores(game, view.fakes), toy.scores(game, real)
    as_real, as_fake = (1 / (1 + np.exp(-scores)) for scores in (real_scores, -fake_scores))
    assert view.now.judge == pytest.approx(-np.log(as_real).mean() - np.log(as_fake).mean())
    assert view.now.generator == pytest.approx(-np.log(1 - as_fake).mean())
    assert view.now.told == ((fake_scores < 0).mean() + (real_scores > 0).mean()) / 2
    assert lab._marks(lab.State("frozen judge", 0)).told == pytest.approx(0.5, abs=0.05), "nobody has learned yet"


def test_who_learns_alone_leaves_the_other_as_it_is():
    before = lab.compute(lab.State(rounds=20))
    judged = lab.compute(lab.State(rounds=20, judge=8))
    painted = lab.compute(lab.State(rounds=20, judge=8, painter=8))
    np.testing.assert_array_equal(judged.fakes, before.fakes)
    np.testing.assert_array_equal(painted.field, judged.field)
    assert np.abs(judged.field - before.field).max() > 0.01 < np.abs(painted.fakes - judged.fakes).max()
    assert before.history == judged.history == painted.history
    assert before.now == before.history[-1] != judged.now


def test_the_history_is_that_of_every_tenth_round():
    history = lab.compute(lab.State(seed=3, rounds=40)).history
    assert history == tuple(lab.compute(lab.State(seed=3, rounds=rounds)).now for rounds in (0, 10, 20, 30, 40))


def test_a_frozen_judge_says_the_same_for_ever():
    fields = [lab.compute(lab.State("frozen judge", 2, *steps)).field for steps in ((0,), (100,), (100, 50, 9))]
    np.testing.assert_array_equal(fields[0], fields[1])
    np.testing.assert_array_equal(fields[0], fields[2])
    assert np.ptp(fields[0]) > 0.1


def test_the_longest_game_there_is_can_be_played():
    lab._game.cache_clear()
    state = lab.State(rounds=lab.LAST, judge=lab.ALONE, painter=lab.ALONE)
    view = lab.compute(state)
    assert view.now == lab._marks(state) and len(view.history) == 41 and lab._game.cache_info().misses <= 241


# The picture


def test_which_spots_are_served():
    view = lab.compute(lab.State())
    fakes = np.concatenate([toy.SPOTS[[2]].repeat(300, axis=0), toy.SPOTS[[5]].repeat(190, axis=0), np.zeros((10, 2))])
    made = replace(view, fakes=fakes)
    assert np.flatnonzero(lab._served(made)).tolist() == [2, 5]
    assert lab.draw(made).count('class="ring served"') == 2 and lab.draw(made).count('class="ring"') == 6
    for rounds in (0, 250, 320):
        view = lab.compute(lab.State(seed=2, rounds=rounds))
        assert sum(lab._served(view)) == view.now.spots


def test_up_is_up_and_outside_is_at_the_edge():
    (right, up, outside) = lab._xy(np.array([[1, 0], [0, 1], [-9, -9]]))
    assert right[0] > up[0] and up[1] < right[1]
    assert outside.tolist() == [0, lab.TOP + lab.SIDE]
    view = lab.compute(lab.State(rounds=50))
    made = replace(view, field=np.repeat(np.linspace(-1, 1, 41)[:, None], 41, axis=1))
    address = drawing.data_address(made.field[::-1], drawing.PUOR, -1, 1)
    assert address in lab.draw(made), "the first row of the picture is the highest"


def test_lines_go_where_the_fakes_are_pulled():
    view = lab.compute(lab.State(judge=40))
    lines = re.findall(r"M([\d.-]+) ([\d.-]+)L([\d.-]+) ([\d.-]+)", lab._pulls(view))
    ends = np.array(lines, float)
    np.testing.assert_allclose(ends[:, :2], lab._xy(view.fakes[: lab.PULLED]), atol=0.06)
    drawn = (ends[:, 2:] - ends[:, :2]) * [1, -1]
    pull = view.arrows[: lab.PULLED]
    cosines = (drawn * pull).sum(axis=1) / np.linalg.norm(drawn, axis=1) / np.linalg.norm(pull, axis=1)
    assert (cosines > 0.98).all()
    unit = lab.SIDE / 2 / lab.REACH
    assert np.linalg.norm(drawn, axis=1).max() < 0.36 * unit
    still = replace(view, arrows=np.zeros_like(view.arrows))
    assert np.isfinite(np.array(re.findall(r"[\d.-]+", lab._pulls(still)), float)).all()


def test_the_colours_end_at_a_round_number():
    view = lab.compute(lab.State())
    for height, scale in ((0.1, 0.125), (0.9, 1), (3, 4), (99, 16)):
        assert replace(view, field=np.full((41, 41), -height)).scale == scale


def test_pointing_into_a_chart_goes_to_that_round(opened):
    opened.show(lab.State(rounds=10, judge=5, painter=3))
    opened._frame.picked = {"name": "losses", "x": 0.26, "y": 0.9}
    assert opened.state == lab.State(rounds=100)
    opened._frame.picked = {"name": "spots", "x": 1.0, "y": 0.0}
    assert opened.state.rounds == lab.LAST


# In words


def test_the_readout_is_what_was_computed():
    view = lab.compute(lab.State("collapse", 1, 20, 3, 2))
    made = replace(view, now=lab.Marks(1.384, 0.716, 1, 0.504, 0.301), fakes=np.full((500, 2), 1.6))
    said = lab.describe(made)
    assert said.startswith("“collapse”, start 1, round 20, then steps: 3 of the judge alone and 2 of the generator ")
    assert "1 of 8 spots is served. The judge’s loss is 1.38, the generator’s 0.72. The judge tells 30 %" in said
    assert "spread by 0.50 (the real ones by 1.00)" in said and "beyond" not in said
    away = made.fakes.copy()
    away[:7, 1] = -1.71
    assert lab.describe(replace(made, fakes=away)).endswith(" Of 500 fakes 7 lie beyond the edge.")
    assert "7 of 500 fakes are off the map" in lab.draw(replace(made, fakes=away))


def test_the_call_says_what_differs(opened):
    assert opened.call == "explore.gan_step_lab()"
    opened.show(lab.State("frozen judge", 1, 20, 3, 2))
    assert opened.call == "explore.gan_step_lab(settings='frozen judge', seed=1, rounds=20, judge=3, painter=2)"


def test_a_tick_of_a_slider_is_quick():
    """Within 50 ms: played, drawn and described; the median of nine, with nothing played before."""
    lab._game.cache_clear(), lab._marks.cache_clear()
    took = []
    with on_one_thread():
        for rounds in range(0, 90, 10):
            began = time.process_time()
            view = lab.compute(lab.State(rounds=rounds))
            lab.draw(view), lab.describe(view)
            took.append(time.process_time() - began)
    assert np.median(took) < 0.05


# Puzzles and errors


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Nobody watching", {"rounds": 300}),
        ("Nobody watching", {"settings": "collapse"}),
        ("Nobody watching", {"seed": 0}),
        ("The same losses", {"rounds": 0}),
    ],
)
def test_a_puzzle_asks_for_all_that_it_says(opened, name, change):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == name)
    view = lab.compute(puzzle.solutions[0])
    assert puzzle.solved(view) and not puzzle.solved(replace(view, state=replace(view.state, **change)))


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("All eight", {"spots": 7}),
        ("Nobody watching", {"spots": 4}),
        ("The same losses", {"spots": 2}),
        ("The same losses", {"judge": 1.41}),
        ("The same losses", {"generator": 0.77}),
        ("Praise for nothing", {"spots": 1}),
        ("Praise for nothing", {"generator": 0.11}),
        ("Sees through it", {"told": 0.89}),
    ],
)
def test_a_puzzle_is_not_content_with_less(opened, name, marks):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == name)
    view = lab.compute(puzzle.solutions[-1])
    assert puzzle.solved(view) and not puzzle.solved(replace(view, now=replace(view.now, **marks)))


def test_praise_is_found_in_both_ways(opened):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == "Praise for nothing")
    opened.start_puzzle(puzzle)
    opened.show(puzzle.solutions[0])
    assert "1 of 2 found" in opened._task.value
    opened.show(replace(puzzle.solutions[0], rounds=210))
    assert "1 of 2 found" in opened._task.value, "it is the same way"


@pytest.mark.seconds
def test_what_the_puzzles_tell_is_so():
    runs = [lab.compute(lab.State(seed=seed, rounds=lab.LAST)).history for seed in range(lab.LAST_SEED + 1)]
    spots = np.array([[marks.spots for marks in run] for run in runs])
    assert (spots[:, :16].max(axis=1) <= 3).all(), "few are found in the first 150 rounds"
    assert (spots[:, 20:37].max(axis=1) >= 7).all(), "most of them are, some 150 rounds later"
    losses = np.array([[(marks.judge, marks.generator) for marks in run[15:]] for run in runs])
    assert np.abs(losses - [1.37, 0.71]).max() < 0.1, "the losses show nothing of it"
    watched, left = lab.compute(lab.EIGHT).now, lab.compute(replace(lab.EIGHT, judge=90, painter=100)).now
    assert watched.spots == 8 and 1.30 <= watched.judge <= 1.40 and 0.66 <= watched.generator <= 0.76
    assert left.generator < watched.generator
    sharp = lab.compute(lab.State(judge=lab.ALONE))
    first = lab.compute(lab.State())
    assert sharp.now.judge < 0.7 * first.now.judge and sharp.now.generator > 1.5 * first.now.generator
    assert np.linalg.norm(sharp.arrows, axis=1).mean() > 5 * np.linalg.norm(first.arrows, axis=1).mean()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"settings": "cured"}, "settings is 'cured'; it must be one of 'in step', 'collapse', 'swinging', 'frozen"),
        ({"seed": 5}, "seed is 5; it must be a whole number from 0 to 4"),
        ({"rounds": 410}, "rounds is 410"),
        ({"rounds": 15}, "rounds is 15; it must be a multiple of 10, from 0 to 400"),
        ({"rounds": 10.0}, "rounds is 10.0"),
        ({"judge": -1}, "judge is −1"),
        ({"painter": 101}, "painter is 101; it must be a whole number from 0 to 100"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.gan_step_lab(**arguments)
