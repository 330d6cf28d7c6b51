"""Latent walk: the ends are the generator's own digits, and every receipt is what it says."""

import re
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.explore.shell import on_one_thread
from course_utils.generation import gan, judge

lab = import_module("course_utils.explore.latent_walk")  # `explore` exports a function of the same name
SPLIT = digits.load("random", 0)
TRAINED = gan.load_trained()
LAST = max(TRAINED)


@pytest.fixture(scope="module")
def material():
    return lab._stored()


@pytest.fixture
def opened():
    return explore.latent_walk()


def walk(*arguments, **more):
    """A state after the last of the steps that were kept."""
    return lab.State(*arguments, **{"steps": LAST} | more)


# The walk


@pytest.mark.parametrize("steps", [min(TRAINED), LAST])
def test_the_ends_are_what_the_generator_draws_when_asked(material, steps):
    view = lab.compute(lab.State(4, 7, 9, 2, steps=steps), material)
    generator = TRAINED[steps].generator
    np.testing.assert_allclose(view.images[0], generator.sample([4], 7)[0], atol=1e-6)
    np.testing.assert_allclose(view.images[-1], generator.sample([9], 2)[0], atol=1e-5)
    assert view.images.shape == (21, 8, 8, 1) and view.images.min() >= 0 and view.images.max() <= 1


def test_labels_mix_and_latents_turn(material):
    player = material.players[LAST].generator
    view = lab.compute(walk(1, 3, 1, 8), material)
    start, end = gan.latents(1, 3)[0], gan.latents(1, 8)[0]
    middle = lab.arc(start, end, np.float32([[0.5]]))
    np.testing.assert_allclose(
        middle[0] / np.linalg.norm(middle), (start + end) / np.linalg.norm(start + end), atol=0.05
    )
    np.testing.assert_allclose(view.images[10], player.draw(middle, [1])[0], atol=1e-5)
    same = lab.compute(walk(1, 3, 7, 3), material).images[10]
    inputs = np.concatenate([start, 0.5 * (np.eye(10)[1] + np.eye(10)[7])])[None].astype(np.float32)
    values = inputs
    for number, (kernel, bias) in enumerate(player.player.layers):
        values = values @ kernel + bias
        values = 1 / (1 + np.exp(-values)) if number == 2 else np.where(values > 0, values, 0.2 * values)
    np.testing.assert_allclose(same.ravel(), values[0], atol=1e-5)


def test_an_arc_turns_evenly_and_keeps_its_length():
    way = lab.arc(np.array([2.0, 0.0]), np.array([0.0, 2.0]), np.linspace(0, 1, 4)[:, None])
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 2)
    np.testing.assert_allclose(np.degrees(np.arctan2(way[:, 1], way[:, 0])), [0, 30, 60, 90])
    one = np.array([1.0, 2.0])
    np.testing.assert_allclose(lab.arc(one, one, np.array([[0.3], [1.0]])), [one, one])


def test_steps_are_those_of_the_training(material):
    views = [lab.compute(lab.State(2, 4, place=0, steps=steps), material) for steps in material.marks]
    assert [view.state.steps for view in views] == list(TRAINED)
    for view in views:
        wanted = material.players[view.state.steps].generator.sample([2], 4)
        np.testing.assert_allclose(view.image, wanted[0], atol=1e-6)


# The witnesses


@pytest.mark.parametrize("place", [0, 9, 20])
def test_judge_and_discriminator_speak_of_the_picture_on_view(material, place):
    view = lab.compute(lab.State(3, 1, 5, 6, place), material)
    image = view.images[place][None]
    np.testing.assert_allclose(view.belief, judge.load_trained().probabilities(image)[0], atol=1e-6)
    assert view.answer == view.belief.argmax() == view.answers[place]
    critic = TRAINED[LAST].discriminator
    assert view.scores == pytest.approx([critic.score(image, [label])[0] for label in (3, 5)], abs=1e-5)


def test_one_label_has_one_score(material):
    view = lab.compute(walk(6, 1, 6, 2, 7), material)
    assert len(view.scores) == 1 and lab.draw(view).count("as a 6") > 0
    assert " as a 6; above 0 means real" in lab.describe(view)


def test_the_nearest_are_training_digits_of_this_split(material):
    assert material.train.images is not SPLIT.test.images and len(material.train) == 1078
    np.testing.assert_array_equal(material.train.images, SPLIT.train.images)
    np.testing.assert_array_equal(material.held_out.images, SPLIT.validation.images)
    assert material.judge.seen(material.train.images).all(), "the judge learned from the same digits"
    view = lab.compute(walk(7, 3, 2, 5, 12), material)
    far = np.sqrt(((SPLIT.train.images - view.image) ** 2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(view.distances, np.sort(far)[:5], rtol=1e-5)
    np.testing.assert_allclose(far[view.near], view.distances, rtol=1e-5)


def test_what_is_usual_by_hand():
    """Three training digits, two held-out ones."""
    images = np.zeros((5, 8, 8, 1), np.float32)
    images[1, 0, 0], images[2, :, :], images[3, 0, :2], images[4, 0, 0] = 1, 1, 1, 0.5
    train = digits.Digits(images[:3], np.arange(3), np.zeros(3, int))
    held_out = digits.Digits(images[3:], np.arange(2), np.zeros(2, int))
    made = lab.Material({}, None, train, held_out)
    np.testing.assert_allclose(made.usual, [0.5, 1.0])
    assert [made.closer(far) for far in (0.4, 0.5, 0.9, 1.0)] == [0, 0.5, 0.5, 1]


# What is said and shown


def test_the_readout_is_what_was_computed(material):
    view = lab.compute(lab.State(8, 4, 3, 9, 7, 500), material)
    beliefs = np.eye(10)[[8] * 6 + [5] * 5 + [3] * 10] * 0.8
    near = np.array([np.flatnonzero(SPLIT.train.labels == label)[0] for label in (8, 8, 3, 5, 5)])
    made = replace(view, beliefs=beliefs, scores=(-0.254, 0.996), near=near, closer=0.123,
                   distances=np.array([0.5, 0.61, 0.7, 0.8, 1.0]))  # fmt: skip
    assert lab.describe(made) == (
        "From an 8 (start 4) to a 3 (start 9), 35 % of the way, drawn after 500 steps. The examiner reads 5 with 80 %; "
        "along the walk 8, 5 and 3. The discriminator’s score is −0.25 as an 8 and +1.00 as a 3; above 0 means real. "
        "The nearest training digits are an 8 at 0.50, an 8 at 0.61, a 3 at 0.70, a 5 at 0.80 and a 5 at 1.00; 12 % of "
        "held-out digits have one as near."
    )
    picture = lab.draw(made)
    words = re.findall(r'class="reading middle ([\w-]+)[^>]*>(\d)<', picture)
    assert words == [("series-0", "8")] * 6 + [("neither", "5")] * 5 + [("series-1", "3")] * 10
    receipts = ["an 8: 0.50", "an 8: 0.61", "a 3: 0.70", "a 5: 0.80", "a 5: 1.00"]
    assert re.findall(r">(an? \d: [\d.]+)<", picture) == receipts
    assert "after 500 steps" in picture and "nearest: 0.50" in picture and "12 % have one as near" in picture


def test_scores_lean_to_the_side_they_mean(material):
    view = replace(lab.compute(walk(3, 0, 8, 1), material), scores=(-0.25, 9.0))
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="16"', lab.draw(view))
    (left, short), (right, long) = [tuple(map(float, bar)) for bar in bars]
    assert left + short == lab.ZERO == right and short == pytest.approx(long / 2, abs=0.1)
    assert right + long < lab.WIDTH


def test_never_all_or_nothing_for_what_is_only_near():
    assert [lab._percent(share) for share in (0, 0.001, 0.42, 0.999, 1)] == ["0 %", "<1 %", "42 %", ">99 %", "100 %"]


def test_pointing_at_the_strip_goes_to_that_place(opened):
    for x, place in ((0.0, 0), (0.04, 0), (0.5, 10), (0.55, 11), (0.99, 20)):
        opened._frame.picked = {"name": "strip", "x": x, "y": 0.5}
        assert opened.state.place == place
        assert abs(lab._middle(place) / lab.WIDTH - x) < 0.05


def test_the_call_says_what_differs(opened):
    assert opened.call == "explore.latent_walk()"
    opened.show(lab.State(4, 1, 9, 0, 12, 200))
    assert opened.call == "explore.latent_walk(first=4, first_seed=1, last=9, last_seed=0, place=12, steps=200)"


def test_a_tick_of_a_slider_is_quick(material):
    """Within 50 ms: computed, drawn and described; the median of nine."""
    took = []
    with on_one_thread():
        lab.compute(walk(), material)
        for seed in range(9):
            began = time.process_time()
            view = lab.compute(walk(first_seed=seed + 40), material)
            lab.draw(view), lab.describe(view)
            took.append(time.process_time() - began)
    assert np.median(took) < 0.05


def test_the_mark_stands_at_the_place_and_the_frame_round_a_picture(material):
    for place in (0, 7, 20):
        picture = lab.draw(lab.compute(walk(place=place), material))
        cursor = float(re.search(r'class="cursor" d="M([\d.]+) ', picture)[1])
        assert cursor == pytest.approx(25 + 27.5 * place)
        assert picture.count('class="here"') == (place != 7), "at odd places the strip has no picture"


# Puzzles and errors


def test_all_four_puzzles_have_an_answer(opened):
    names = [puzzle.name for puzzle in opened.puzzles]
    assert names == ["Neither", "As asked", "Two opinions", "Near is not copied"], (
        f"data/trained/gan.npz leaves only the puzzles {names}: nothing answers the others. Change what they ask."
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Neither", {"steps": 500}),
        ("Neither", {"place": 0}),
        ("As asked", {"place": 1}),
        ("As asked", {"first_seed": 99}),
        ("As asked", {"steps": 0}),
        ("Two opinions", {"steps": 1000}),
        ("Near is not copied", {"steps": 1000}),
    ],
)
def test_a_puzzle_asks_for_all_that_it_says(opened, material, name, change):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == name)
    view = lab.compute(puzzle.solutions[0], material)
    assert puzzle.solved(view) and not puzzle.solved(replace(view, state=replace(view.state, **change)))


def test_what_solves_is_what_was_asked(opened, material):
    neither, _, two, near = (lab.compute(puzzle.solutions[0], material) for puzzle in opened.puzzles)
    solved = {puzzle.name: puzzle.solved for puzzle in opened.puzzles}
    assert neither.answer not in (neither.state.first, neither.state.last)
    assert two.belief.max() >= 0.95 and two.answer in two.state.labels
    assert two.scores[two.state.labels.index(two.answer)] == min(two.scores)
    assert not solved["Two opinions"](replace(two, scores=two.scores[::-1]))
    assert not solved["Two opinions"](replace(two, beliefs=two.beliefs * 0.94))
    assert near.distances[0] <= np.quantile(material.usual, 0.1) and not solved["Near is not copied"](
        replace(near, closer=0.11)
    )


def test_settled_is_settled_to_the_end():
    assert lab._settled([8, 3, 8, 3, 3], 3) == 3
    assert lab._settled([3, 3], 3) == 0
    assert lab._settled([3, 3, 8], 3) == 3


def test_settled_after_the_steps_that_are_asked_for(opened, material):
    state = opened.puzzles[1].solutions[0]
    views = [lab.compute(replace(state, steps=steps), material) for steps in material.marks]
    right = [view.answer == state.first for view in views]
    at = material.marks.index(state.steps)
    assert all(right[at:]) and not right[at - 1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"first": 10}, "first is 10; it must be a whole number from 0 to 9"),
        ({"last": -1}, "last is −1"),
        ({"first_seed": 100}, "first_seed is 100; it must be a whole number from 0 to 99"),
        ({"last_seed": 1.0}, "last_seed is 1.0"),
        ({"place": 21}, "place is 21; it must be a whole number from 0 to 20"),
        ({"steps": 3000}, "steps is 3000; the generator was kept after these: 0, 50, 100"),
        ({"steps": "all"}, "steps is 'all'"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.latent_walk(**arguments)
