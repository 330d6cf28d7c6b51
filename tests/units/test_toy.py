"""`generation.toy`: the GAN in the plane, its collapse and cure, and what its pictures show."""

from dataclasses import replace
from time import process_time

import numpy as np
import pytest

from course_utils.generation import toy


def one_turn(state: toy.State) -> list[toy.State]:
    """Before, after the discriminator's step, and after the generator's."""
    judged = toy.step_discriminator(state)
    return [state, judged, toy.step_generator(judged)]


def moved(before, after) -> float:
    return float(np.abs(before.flat - after.flat).max())


# -- steps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [toy.Settings(), toy.Settings(saturating=True, r1=0.0)])
def test_each_player_moves_in_its_own_step_alone(settings):
    start, judged, painted = one_turn(toy.start(0, settings))
    assert moved(start.discriminator, judged.discriminator) > 1e-4
    assert moved(start.generator, judged.generator) == 0.0
    assert moved(judged.discriminator, painted.discriminator) == 0.0
    assert moved(judged.generator, painted.generator) > 1e-4


def test_a_state_is_never_changed():
    start = toy.run(toy.start(1), 2)
    parts = start.generator.flat, start.discriminator.flat, start.paints.state, start.judges.state
    before = [part.copy() for part in parts]
    first, second = toy.run(start, 3), toy.run(start, 3)
    for part, copy in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, copy)
    np.testing.assert_array_equal(first.generator.flat, second.generator.flat)
    assert (start.paints.steps, first.paints.steps) == (2, 5)
    assert moved(toy.run(toy.start(2), 3).generator, toy.run(toy.start(1), 3).generator) > 0.01


def test_turns_are_steps_of_the_generator():
    state = toy.run(toy.start(0, "collapse"), 3)
    assert (state.judges.steps, state.paints.steps) == (3, 30)


def test_a_judge_frozen_once_never_moves():
    start = toy.start(0, "frozen judge")
    later = toy.run(start, 20)
    assert moved(start.discriminator, later.discriminator) == 0.0
    assert moved(start.generator, later.generator) > 0.01


def test_every_step_draws_other_points():
    first = toy.step_discriminator(toy.start(0, "frozen judge"))
    second = toy.step_discriminator(first)
    assert moved(first.discriminator, second.discriminator) == 0.0
    assert first.discriminator_loss != second.discriminator_loss
    state = toy.start(0, toy.Settings(generator_rate=1e-12))
    assert toy.step_generator(state).generator_loss != toy.step_generator(toy.step_generator(state)).generator_loss
    assert not np.allclose(toy.fakes(state, 9, seed=1), toy.fakes(state, 9, seed=2))


def test_a_step_and_its_pictures_are_quick_enough_for_a_slider():
    state, times = toy.start(0), []
    for _ in range(9):
        began = process_time()
        state = toy.step(state)
        points = toy.fakes(state, 300)
        toy.score_field(state), toy.arrows(state, points)
        times.append(process_time() - began)
    assert np.median(times) < 0.05


# -- collapse and cure -----------------------------------------------------------------------------


@pytest.mark.seconds
def test_one_turn_each_serves_every_spot_and_ten_of_the_generator_one_at_most():
    for seed in range(3):
        in_step, collapsed = (
            toy.run(toy.start(seed, name), steps) for name, steps in (("in step", 600), ("collapse", 250))
        )
        assert toy.spots(toy.fakes(in_step)) >= 7
        assert 0.9 < toy.spread(toy.fakes(in_step)) < 1.1
        assert toy.spots(toy.fakes(collapsed)) <= 2
        assert toy.spread(toy.fakes(collapsed)) < 0.6
        # Losses are not quality: the two kinds of run cannot be told apart by theirs.
        assert in_step.discriminator_loss == pytest.approx(collapsed.discriminator_loss, abs=0.1)


@pytest.mark.seconds
def test_a_long_memory_of_the_direction_keeps_the_players_swinging():
    for seed in range(3):
        assert toy.spots(toy.fakes(toy.run(toy.start(seed, "swinging"), 600))) <= 4


# -- pictures --------------------------------------------------------------------------------------


def test_real_points_serve_all_spots_and_one_spot_is_one():
    points = toy.real(4000, np.random.default_rng(0))
    assert toy.spots(points) == 8
    assert toy.spread(points) == pytest.approx(1, abs=0.02)
    assert toy.spots(toy.SPOTS[[3]].repeat(50, axis=0)) == 1
    assert toy.spots(np.zeros((50, 2))) == 0
    assert toy.spread([[0, 0], [2, 0]]) == 1
    # A fifth of the fair share is the least: here 10 of 400 for each spot.
    few = np.concatenate([toy.SPOTS[[0]].repeat(391, axis=0), toy.SPOTS[[1]].repeat(9, axis=0)])
    assert toy.spots(few) == 1
    assert toy.spots(np.concatenate([few[1:], toy.SPOTS[[1]]])) == 2
    # Near is within four standard deviations.
    assert toy.spots(toy.SPOTS[[0]] * 1.19) == 1 > toy.spots(toy.SPOTS[[0]] * 1.21)


def test_the_score_field_is_the_score_of_each_place():
    state = toy.run(toy.start(0), 5)
    field = toy.score_field(state, reach=2, cells=5)
    assert field.shape == (5, 5)
    assert field[0, 4] == pytest.approx(toy.scores(state, [[2, -2]])[0])
    assert field[3, 1] == pytest.approx(toy.scores(state, [[-1, 1]])[0])


@pytest.mark.parametrize("saturating", [False, True])
def test_arrows_point_down_the_loss(saturating):
    state = toy.run(toy.start(0, toy.Settings(saturating=saturating)), 30)
    points, tiny = toy.fakes(state, 20), 1e-6
    loss = [
        [toy.generator_loss(toy.scores(state, points + s * tiny * axis), saturating) for s in (1, -1)]
        for axis in np.eye(2)
    ]
    slopes = np.stack([(up - down) / (2 * tiny) for up, down in loss], axis=1)
    np.testing.assert_allclose(toy.arrows(state, points), -slopes, atol=1e-7)


def test_a_surely_spotted_fake_learns_nothing_from_the_saturating_loss():
    state = toy.start(0)
    layers = [part.copy() for layer in state.discriminator.layers for part in layer]
    layers[-1] -= 12  # a judge that spots everything
    sure = replace(state.discriminator, flat=np.concatenate([part.ravel() for part in layers]))
    state = replace(state, discriminator=sure)
    points = toy.fakes(state, 50)
    assert toy.scores(state, points).max() < -8
    useful = np.linalg.norm(toy.arrows(state, points), axis=1)
    flat = replace(state, settings=toy.Settings(saturating=True))
    assert (np.linalg.norm(toy.arrows(flat, points), axis=1) < 1e-3 * useful).all()
    assert (useful > 0.01).all()


def test_what_is_no_preset_or_point_is_refused():
    with pytest.raises(ValueError, match="no preset 'cured'; there are 'in step', 'collapse'"):
        toy.start(0, "cured")
    with pytest.raises(ValueError, match=r"\(n, 2\), one at least; got \(2,\)"):
        toy.spots([0, 1])
