"""The second opinion: four opinions as the models give them, who disagrees, and what calibration cannot know."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.explore import committee, pad_state
from course_utils.explore.pad import BLANK, place, read_rows
from course_utils.explore.pad_state import State, load
from course_utils.explore.words import a_digit
from course_utils.recognition import cnn, ensemble, rnn

second = import_module("course_utils.explore.second_opinion")  # `explore` exports a function of the same name
SPLIT = digits.load("by writer")


@pytest.fixture
def opened():
    return explore.second_opinion()


@pytest.fixture(scope="module")
def three():
    """What the three say to a part of the split, asked without the exploration."""
    svm = committee.course().models[committee.SVM]
    models = cnn.load_trained("cnn"), rnn.load_trained(), svm
    return {
        name: np.stack([model.predict(getattr(SPLIT, name).images) for model in models])
        for name in ("validation", "test")
    }


def control(opened, name: str):
    return next(control.widget for control in opened.controls if control.name == name)


def button(opened, name: str) -> None:
    next(action for action in opened.actions if action.name == name).widget.click()


# What is read


@pytest.mark.parametrize("row", [0, 100, 243, 381])
def test_a_test_digit_is_read_as_the_models_read_it_elsewhere(three, row):
    view = second.compute(second.test_digit(row))
    np.testing.assert_array_equal(view.image, SPLIT.test.images[row])
    np.testing.assert_allclose(view.probabilities[:3], three["test"][:, row], atol=1e-5)
    raw = ensemble.mean(three["test"][:, row : row + 1].astype(float))
    assert view.raw == pytest.approx(raw.max(), abs=1e-5)
    warm = ensemble.soften(raw, second.calibration().temperature)
    np.testing.assert_allclose(view.probabilities[second.ENSEMBLE], warm[0], atol=1e-4)


def test_the_temperature_is_fitted_on_validation_digits(three):
    validation = ensemble.mean(three["validation"].astype(float))
    known = second.calibration()
    assert known.temperature == pytest.approx(ensemble.temperature(validation, SPLIT.validation.labels), rel=1e-3)
    test = ensemble.mean(three["test"].astype(float))
    assert known.gap_before == pytest.approx(ensemble.calibration_error(test, SPLIT.test.labels), abs=1e-4)
    warm = ensemble.soften(test, known.temperature)
    assert known.gap_after == pytest.approx(ensemble.calibration_error(warm, SPLIT.test.labels), abs=1e-4)
    assert known.gap_after < known.gap_before


def test_a_temperature_changes_no_answer():
    raw = ensemble.mean(second._read(SPLIT.test.images))
    np.testing.assert_array_equal(second.on_test_digits()[second.ENSEMBLE].argmax(axis=1), raw.argmax(axis=1))


def test_the_first_digit_is_the_one_of_which_the_ensemble_is_least_sure(opened):
    sure = second.on_test_digits()[second.ENSEMBLE].max(axis=1)
    assert opened.view.probabilities[second.ENSEMBLE].max() == pytest.approx(sure.min(), abs=1e-4)
    assert (opened.call, opened.first) == ("explore.second_opinion()", second.disputed())


def test_every_row_names_its_test_digit():
    for row in range(0, len(SPLIT.test.labels), 37):
        state = second.test_digit(row)
        assert pad_state.row_of(state.digit, state.number) == row and state.loaded


# What is said


def view_of(*answers: int) -> second.View:
    """A view in which the four say these digits."""
    return replace(second.compute(second.LETTERS["X"]), probabilities=0.9 * np.eye(10)[list(answers)] + 0.01)


@pytest.mark.parametrize(
    ("answers", "sentence", "headline"),
    [
        ((8, 8, 8, 8), "All three say 8, and so does their mean.", "All three say 8, and so does their mean"),
        (
            (6, 8, 8, 8),
            "They disagree: RNN and SVM say 8; CNN says 6; their mean says 8.",
            "They say 2 different digits, their mean 8",
        ),
        (
            (6, 8, 6, 8),
            "CNN and SVM say 6; RNN says 8; their mean says 8.",
            "They say 2 different digits, their mean 8",
        ),
        ((8, 9, 3, 9), "CNN says 8; RNN says 9; SVM says 3; their mean says 9.", "They say 3 different digits"),
        ((1, 2, 3, 4), "CNN says 1; RNN says 2; SVM says 3; their mean says 4.", "3 different digits, their mean 4"),
    ],
)
def test_who_says_what(answers, sentence, headline):
    view = view_of(*answers)
    assert sentence in second.describe(view) and headline in second.draw(view)
    assert second.draw(view).count('class="side"') == len(set(answers))


def test_both_confidences_are_said(opened):
    warm = opened.view.probabilities[second.ENSEMBLE].max()
    assert f"is {100 * opened.view.raw:.0f} % sure, calibrated {100 * warm:.0f} %." in opened._readout.value


def test_right_and_wrong_are_marked_only_for_what_is_known():
    digit = second.compute(load(State(), 0, 0))
    assert "CNN ✓ 0" in second.describe(digit)
    letter = second.describe(second.compute(second.LETTERS["X"]))
    assert "The letter X, centred and scaled." in letter and "✓" not in letter and "✗" not in letter


@pytest.mark.parametrize("letter", second.LETTERS)
def test_a_letter_is_said_to_be_none_of_the_digits(opened, letter):
    control(opened, "letter").value = letter
    assert opened.error == "" and f"and yet it is the letter {letter}" in opened._picture.value
    assert (opened.state.label, opened.state.fit, second.letter_of(opened.state)) == (None, True, letter)
    assert opened.call == f"explore.second_opinion(letter='{letter}'" + opened.call.partition(f"'{letter}'")[2]
    again = eval(opened.call, {"explore": explore})
    assert again.state == opened.state


def test_softmax_is_no_certainty():
    """Some letter is taken for the same digit by all four, each surer than nine in ten."""
    assert any(second._sure_of_it(second.compute(state)) for state in second.LETTERS.values())


@pytest.mark.parametrize("rows", [BLANK, place(["#"], 4, 4)])
def test_too_little_ink_is_a_good_state(opened, rows):
    opened.show(State(rows))
    assert opened.error == "" and opened.view.answers == [] and opened.view.trouble in opened._readout.value
    assert not any(puzzle.solved(opened.view) for puzzle in opened.puzzles)


def test_the_still_picture_shows_a_digit_and_a_letter():
    for state in (second.disputed(), State()):
        figure = second.still(second.compute(state))
        titles = [axes.get_title() for axes in figure.axes]
        assert titles[0] == a_digit(second.disputed().label) and "the letter" in titles[5]
    letter = next(key for key in second.LETTERS if titles[5].endswith(key))
    bars = [bar.get_width() for bar in figure.axes[6].patches]
    assert bars == pytest.approx(second.compute(second.LETTERS[letter]).probabilities[second.CNN])


# The pad


def test_undo_takes_back_strokes_letters_and_loads(opened):
    button(opened, "undo")
    assert opened.error == "There is nothing to undo."
    first = opened.state
    control(opened, "pad").value = "\n".join(read_rows(["##", ".#"]))
    drawn = opened.state
    control(opened, "letter").value = "F"
    button(opened, "clear")
    assert opened.state.blank and opened.error == ""
    for earlier in (replace(second.LETTERS["F"], digit=first.digit, number=first.number), drawn, first):
        button(opened, "undo")
        assert (opened.state, opened.error) == (earlier, "")


def test_nothing_drawn_here_is_kept(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    control(opened, "pad").value = "\n".join(read_rows(["##", ".#"]))
    button(opened, "clear")
    assert not (tmp_path / "work").exists()
    assert explore.second_opinion().state == opened.first


# Puzzles


def test_there_are_at_least_three_puzzles():
    names = [puzzle.name for puzzle in second.puzzles()]
    assert set(names) >= {"Sure of a letter", "Three opinions", "Saved by the others"}, (
        f"The trained models leave only the puzzles {names}: nothing answers the others. Change what they ask."
    )


def puzzle(name: str):
    return next(puzzle for puzzle in second.puzzles() if puzzle.name == name)


def test_a_digit_is_no_letter():
    sure = second.test_digit(int(second.on_test_digits().max(axis=2).min(axis=0).argmax()))
    assert second.compute(sure).probabilities.max(axis=1).min() > second.SURE
    solved = puzzle("Sure of a letter").solved
    for state in (sure, replace(sure, label=None), replace(sure, label=None, digit=0, number=0)):
        assert not solved(second.compute(state))
    solution = puzzle("Sure of a letter").solutions[0]
    assert solved(second.compute(solution)) and not solved(second.compute(replace(solution, label=5)))


ZERO = read_rows(["..##..", ".#..#.", "#....#", "#....#", "#....#", ".#..#.", "..##.."])


def test_a_drawn_digit_is_no_letter():
    zero = second.compute(State(ZERO))
    assert set(zero.answers) == {0} and zero.probabilities.max(axis=1).min() > second.SURE
    assert not puzzle("Sure of a letter").solved(zero)


def test_a_test_digit_with_a_row_rubbed_out_is_no_letter():
    for row in range(0, 386, 30):
        digit = second.test_digit(row)
        for first in (8, 16):
            rubbed = (*digit.rows[:first], *("." * 32,) * 4, *digit.rows[first + 4 :])
            assert not puzzle("Sure of a letter").solved(second.compute(State(rubbed, fit=False))), (row, first)


def test_what_is_far_from_every_test_digit_counts_as_none():
    view = replace(second.compute(State(ZERO)), image=np.zeros((8, 8, 1)))
    assert puzzle("Sure of a letter").solved(view)
    images = SPLIT.test.images
    apart = [np.sort(np.sqrt(((images - image) ** 2).sum(axis=(1, 2, 3))))[1] for image in images]
    assert max(apart) < second.FAR


def test_a_mean_is_no_third_opinion():
    assert puzzle("Three opinions").solved(view_of(1, 2, 3, 3)) and not puzzle("Three opinions").solved(
        view_of(1, 2, 2, 3)
    )


def test_what_is_said_of_an_8():
    eight = load(State(), 8, 0)
    assert "You say it is an 8." in pad_state.settings(eight)
    assert ", which you call an 8" in pad_state.subject(replace(second.LETTERS["X"], label=8))
    assert ", and you do not say what it is" in pad_state.subject(replace(eight, label=None))
    assert second.still(second.compute(eight)).axes[0].get_title() == "an 8"


def test_a_test_digit_is_nothing_drawn():
    assert len(view_of(1, 2, 3, 3).sides) == 3
    disputed = replace(view_of(1, 2, 3, 3), state=replace(second.disputed(), label=None))
    assert puzzle("Three opinions").solved(view_of(1, 2, 3, 3)) and not puzzle("Three opinions").solved(disputed)


def test_only_test_digits_as_they_were_written_are_saved():
    asked = puzzle("Saved by the others")
    state = asked.solutions[0]
    view = second.compute(state)
    assert view.answers[second.CNN] != state.digit == view.answers[second.ENSEMBLE]
    for other in (replace(state, rows=second.LETTERS["F"].rows), replace(state, fit=True)):
        assert not asked.solved(replace(view, state=other))


# What is accepted


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rows": ["ab"]}, "has the character “a”"),
        ({"rows": ["##"], "at": (0, 31)}, "do not fit"),
        ({"at": (0, 0)}, "there are no rows to begin there"),
        ({"letter": "Q"}, "letter is 'Q'; it must be one of A, F"),
        ({"letter": 3}, "letter is 3"),
        ({"letter": "X", "rows": ["#"]}, "rows and a letter"),
        ({"letter": "A", "at": (0, 0)}, r"at is \(0, 0\), but a letter has its place already"),
        ({"fit": 1}, "fit is 1; it must be True or False"),
        ({"label": 10}, "label is 10"),
        ({"digit": 10}, "digit is 10"),
        ({"digit": 7, "number": 99}, "number is 99"),
        ({"number": 3}, "but of which digit"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.second_opinion(**arguments)
