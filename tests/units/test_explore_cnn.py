"""The explorations of lesson 02: what they say of the trained networks is what the trained files hold."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.recognition import store

# `explore` exports functions of the same names
machine = import_module("course_utils.explore.training_time_machine")
shove = import_module("course_utils.explore.one_pixel_shove")


# Training time machine


def tiny_run(right: list[list[bool]], training: list[float], validation: list[float]):
    """A run over a few checkpoints, with the given answers to ten digits."""
    answers = np.where(right, np.arange(10), (np.arange(10) + 1) % 10)
    loss = np.array([training, validation])
    accuracy = np.zeros(len(training))
    kernels, shares = np.zeros((len(training), 3, 3, 8)), np.eye(10)[answers]
    return machine.Run(kernels, *loss, accuracy, accuracy, shares, np.array(right))


def tiny_history(run):
    return machine.History(np.arange(len(run.right)), np.zeros((10, 8, 8, 1)), {False: run, True: run})


def test_the_trained_history_admits_every_puzzle():
    names = [puzzle.name for puzzle in explore.training_time_machine().puzzles]
    assert names == ["Most of the ten", "No promise", "Learned last"], (
        f"data/trained/cnn_history.npz leaves only the puzzles {names}: in this training run nothing answers the "
        "others. Train with another seed, or change what they ask."
    )


def test_the_ten_digits_are_validation_digits_in_order():
    arrays = store.load("cnn_history")
    validation = digits.load("by writer").validation
    assert arrays["labels"].tolist() == list(range(10))
    for label, image in enumerate(arrays["images"]):
        rows = (validation.images == image).all(axis=(1, 2, 3))
        assert label in validation.labels[rows]


def test_a_digit_is_known_from_where_it_stays_right():
    right = np.ones((4, 10), bool)
    right[:3, 1] = right[1, 2] = right[3, 3] = False
    known = tiny_run(right, [1] * 4, [1] * 4).known
    assert known.tolist() == [0, 3, 2, 4, 0, 0, 0, 0, 0, 0]


def test_parting_is_where_training_falls_and_validation_rises():
    run = tiny_run(np.ones((5, 10), bool), [5, 4, 3, 3, 2.9999], [5, 4, 4.5, 5, 6])
    assert machine.parting(run).tolist() == [2]


def test_a_history_without_answers_has_no_puzzles():
    run = tiny_run(np.ones((3, 10), bool), [3, 2, 1], [3, 2, 1])
    assert machine.puzzles(tiny_history(run)) == ()


def test_pointing_at_the_chart_finds_the_nearest_checkpoint():
    opened = explore.training_time_machine(digit=4)
    opened._picked(machine_pick(opened), "losses", 0.51, 0.5)
    assert opened.view.epoch == 20 and opened.state.digit == 4
    opened._picked(machine_pick(opened), "digit-7", 0.5, 0.5)
    assert opened.view.epoch == 20 and opened.state.digit == 7


def machine_pick(opened):
    return lambda *place: machine._pick(*place, history=opened.view.history)


@pytest.mark.parametrize("bad", [{"checkpoint": 25}, {"checkpoint": -1}, {"digit": 10}, {"augmented": "yes"}])
def test_bad_moments_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        explore.training_time_machine(**bad)


# One-pixel shove


@pytest.fixture(scope="module")
def models():
    return shove.all_models()


def answers(models, images) -> np.ndarray:
    """(4, n)"""
    return np.stack([predict(images).argmax(axis=1) for predict in models.predict])


def test_what_the_puzzles_say_of_all_test_digits(models):
    test = models.test
    assert len(test) == 382 and (answers(models, 1 - test.images)[shove.SVM] == 1).all()
    assert test.images[:, 0].any(axis=(1, 2)).all() and test.images[:, -1].any(axis=(1, 2)).all()


@pytest.mark.parametrize("position", [0, 1])
def test_the_shoved_digits_are_read_by_all_where_they_were_written(position, models):
    start = explore.one_pixel_shove().puzzles[position].start
    assert shove.compute(start, models).correct.all(), "Start this puzzle from a digit that all four models read."


def test_the_image_is_shifted_then_inverted(models):
    state = shove.State(3, 5, right=2, down=-1, inverted=True)
    image = models.test.images[models.test.labels == 3][5]
    expected = 1 - digits.shift(image[None], right=2, down=-1)[0, :, :, 0]
    np.testing.assert_array_equal(shove.compute(state, models).image, expected)


def test_arrows_move_again_and_again_until_the_edge():
    opened = explore.one_pixel_shove()
    arrows = next(control for control in opened.controls if control.name == "arrows")
    for expected in (-1, -2, -3, -3):
        arrows.widget.value = "←"
        assert opened.state == replace(opened.first, right=expected)
    arrows.widget.value = "↑"
    assert (opened.state.down, arrows.widget.value) == (-1, None)


def test_the_slider_up_moves_up():
    opened = explore.one_pixel_shove()
    up = next(control for control in opened.controls if control.name == "down")
    up.widget.value = 2
    assert opened.state.down == -2 and up.widget.description == "up"


def test_a_dragged_digit_goes_where_the_pointer_is():
    for place, expected in (((0.5, 0.5), (0, 0)), ((0.0, 1.0), (-3, 3)), ((0.7, 0.45), (1, -1))):
        state = shove._pick(shove.State(right=3, down=3), "paper", *place)
        assert (state.right, state.down) == expected


def test_another_digit_keeps_the_number_where_there_is_one(models):
    fewest = min(range(10), key=models.count)
    most = max(range(10), key=models.count)
    state = shove._with_digit(shove.State(most, models.count(most) - 1), fewest, models)
    assert state.number == models.count(fewest) - 1


@pytest.mark.parametrize(
    "bad", [{"digit": 10}, {"number": 99}, {"number": 1.5}, {"right": 4}, {"down": -4}, {"inverted": 1}]
)
def test_bad_shoves_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        explore.one_pixel_shove(**bad)
