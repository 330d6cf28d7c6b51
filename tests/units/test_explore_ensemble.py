"""The ensemble mixer: it counts as the library does, says who errs alike, and shows what choosing on test does."""

import re
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.recognition import ensemble
from course_utils.recognition.members import MEMBERS, Opinions, Parts

mixer = import_module("course_utils.explore.ensemble_mixer")  # `explore` exports a function of the same name
State = mixer.State


def opinions(seed: int, rows: np.ndarray, strengths=(5.0, 4.5, 4.0, 3.5, 3.0, 2.5)) -> Opinions:
    """Six readers of different strength; they share some of their doubts."""
    rng, everyone = np.random.default_rng(seed), digits.load_all()[rows]
    logits = 1.4 * rng.normal(size=(6, len(rows), 10)) + rng.normal(size=(len(rows), 10))
    logits[:, np.arange(len(rows)), everyone.labels] += np.array(strengths)[:, None]
    shares = np.exp(logits)
    shares /= shares.sum(axis=2, keepdims=True)
    return Opinions(MEMBERS, shares, everyone.images, everyone.labels, rows)


PARTS = Parts(opinions(0, np.arange(800, 1186)), opinions(1, np.arange(1186, 1568)))


@pytest.fixture
def made_up(monkeypatch):
    """The mixer on made-up opinions."""
    monkeypatch.setattr(mixer, "members", lambda: PARTS)
    mixer._models.cache_clear()
    yield mixer._models()
    mixer._models.cache_clear()


def control(opened, name: str):
    return next(control.widget for control in opened.controls if control.name == name)


# What is counted

WEIGHTS = (1, 0.3, 0, 0.55, 0.01, 0.2)


@pytest.mark.parametrize("way", mixer.WAYS)
@pytest.mark.parametrize("part", Parts._fields)
def test_a_mix_scores_what_its_shares_score(made_up, way, part):
    view = mixer.compute(State(WEIGHTS, way, part), made_up)
    asked, shares = getattr(PARTS, part), np.array(WEIGHTS) / sum(WEIGHTS)
    expected = {"mean": ensemble.mean, "vote": ensemble.vote, "mean of logits": ensemble.mean_of_logits}[way](
        asked.probabilities, shares
    )
    assert view.scores[part].wrong == (expected.argmax(axis=1) != asked.labels).sum() > 0
    assert view.scores[part].loss == pytest.approx(ensemble.log_loss(expected, asked.labels))
    assert view.rivals["equal weights"][part].wrong == ensemble.errors(
        mixer.WAYS[way](asked.probabilities), asked.labels
    )


@pytest.mark.parametrize("part", Parts._fields)
def test_fixed_broken_and_missed_digits_account_for_all_errors(made_up, part):
    view = mixer.compute(State(WEIGHTS, part=part), made_up)
    asked = getattr(PARTS, part)
    alone = asked.probabilities[made_up.best].argmax(axis=1) != asked.labels
    wrong = view.mix[part].argmax(axis=1) != asked.labels
    for rows, expected in ((view.fixed, alone & ~wrong), (view.broken, wrong & ~alone), (view.missed, wrong & alone)):
        np.testing.assert_array_equal(rows, expected)
    assert view.fixed.any() and view.broken.any() and view.missed.any(), "made-up opinions that show nothing"


def test_a_member_alone_is_the_mix_in_every_way(made_up):
    for i in range(6):
        for way in mixer.WAYS:
            view = mixer.compute(State(mixer._of(made_up, i), way), made_up)
            assert view.scores[mixer.TEST].wrong == made_up.scores[i][mixer.TEST].wrong
            if way != "vote":
                assert view.scores[mixer.TEST].loss == pytest.approx(made_up.scores[i][mixer.TEST].loss)


def test_the_best_member_is_chosen_on_validation(made_up):
    wrong = ensemble.errors(PARTS.validation.probabilities, PARTS.validation.labels)
    assert wrong[made_up.best] == wrong.min()
    swapped = mixer.gather(Parts(PARTS.validation, replace(PARTS.test, probabilities=PARTS.test.probabilities[::-1])))
    assert swapped.best == made_up.best


def test_at_equal_errors_the_lower_log_loss_is_best(made_up):
    twice = PARTS.validation.probabilities[[0, 0, 2, 3, 4, 5]]
    twice[0] = ensemble.soften(twice[0], 3)
    assert mixer.gather(replace_validation(twice)).best == 1


def replace_validation(probabilities: np.ndarray) -> Parts:
    return Parts(replace(PARTS.validation, probabilities=probabilities), PARTS.test)


def test_weights_are_tuned_on_the_part_they_are_named_after(made_up):
    for part, weights in made_up.tuned.items():
        asked = getattr(PARTS, part)
        best = ensemble.weights_by_log_loss(asked.probabilities, asked.labels)
        assert np.abs(best - weights).max() <= 0.005 + 1e-9
        opened = explore.ensemble_mixer()
        control(opened, "tuned").value = part
        assert opened.state.weights == weights and opened.error == ""
        assert opened.view.rivals[f"tuned on {part}"] == opened.view.scores
    on_validation, on_test = (
        mixer.rivals(made_up, "mean")[f"tuned on {part}"] for part in (mixer.VALIDATION, mixer.TEST)
    )
    assert on_test[mixer.TEST].loss < on_validation[mixer.TEST].loss
    assert on_test[mixer.VALIDATION].loss > on_validation[mixer.VALIDATION].loss


# What is shown


def test_the_picture_shows_both_choices_side_by_side_and_marks_the_flattered(made_up):
    picture = mixer.draw(mixer.compute(State(), made_up))
    for part in Parts._fields:
        for score in mixer.rivals(made_up, "mean")[f"tuned on {part}"].values():
            assert f">{score.loss:.3f}<" in picture
    assert picture.count(">*<") == 2 and "* flattered" in picture


def test_digits_are_shown_with_what_was_read_instead(made_up):
    view = mixer.compute(State(WEIGHTS, part="test"), made_up)
    shown = [min(int(rows.sum()), mixer.MOST) for rows in (view.fixed, view.broken, view.missed)]
    picture = mixer.draw(view)
    assert picture.count("<image") == sum(shown)
    row = int(np.flatnonzero(view.broken)[0])
    assert f">{PARTS.test.labels[row]} as {view.mix['test'][row].argmax()}<" in picture
    row = int(np.flatnonzero(view.fixed)[0])
    assert f">{PARTS.test.labels[row]} as {PARTS.test.probabilities[made_up.best, row].argmax()}<" in picture
    assert f"fixes {view.fixed.sum()} and breaks {view.broken.sum()}; {view.missed.sum()}" in mixer.describe(view)


def test_the_map_holds_the_numbers_of_the_library(made_up):
    picture = mixer._draw_map(made_up, "test", 0)
    expected = ensemble.error_correlation(PARTS.test.probabilities, PARTS.test.labels)
    numbers = re.findall(r'class="tiny middle[ on]*">(−?\.\d\d|1)<', picture)
    shown = [float(number.replace("−", "-")) for number in numbers]
    assert shown == pytest.approx(expected[np.tril_indices(6)], abs=0.0051)


def test_who_errs_most_alike_is_said(made_up):
    twins = PARTS.validation.probabilities.copy()
    twins[4] = ensemble.soften(twins[5], 2)
    view = mixer.compute(State(), mixer.gather(replace_validation(twins)))
    assert "MLP and logistic regression err most alike there, 1.00." in mixer.describe(view)


def test_members_without_an_error_have_no_correlation():
    perfect = np.eye(10)[PARTS.validation.labels] * 0.9 + 0.01
    committee = mixer.gather(replace_validation(np.tile(perfect, (6, 1, 1))))
    view = mixer.compute(State(), committee)
    assert "err most alike" not in mixer.describe(view) and mixer._draw_map(committee, "validation", 0).count("–") == 21
    assert not view.fixed.any() and not view.broken.any() and not view.missed.any()
    for puzzle in mixer.puzzles(committee):
        assert puzzle.solved(mixer.compute(puzzle.solutions[0], committee)), puzzle.name


def test_nobody_with_a_weight_is_a_good_state(made_up):
    opened = explore.ensemble_mixer((0,) * 6)
    assert "Nobody has a weight" in opened._readout.value and "no mix" in opened._picture.value
    control(opened, "weight-3").value = 0.4
    assert (opened.error, opened.state.weights) == ("", (0, 0, 0, 0.4, 0, 0))
    control(opened, "weight-3").value = 0.0
    for puzzle in opened.puzzles:
        assert not puzzle.solved(opened.view)


def test_the_button_that_is_down_says_where_the_weights_come_from(made_up):
    opened = explore.ensemble_mixer()
    assert control(opened, "tuned").value == "equal"
    control(opened, "weight-0").value = 0.5
    assert control(opened, "tuned").value is None and opened.error == ""
    control(opened, "tuned").value = "equal"
    assert opened.state.weights == (1.0,) * 6


def test_pointing_sets_a_weight_or_a_part(made_up):
    opened = explore.ensemble_mixer()
    opened._frame.picked = {"name": "weight-2", "x": 0.257, "y": 0.5}
    assert opened.state == State((1, 1, 0.26, 1, 1, 1)) and control(opened, "weight-2").value == 0.26
    opened._frame.picked = {"name": "part-test", "x": 0.5, "y": 0.5}
    assert opened.state.part == "test" and opened.error == ""


# You


HARDEST = ensemble.hardest(PARTS.validation.probabilities, PARTS.validation.labels, 20)
RIGHT = PARTS.validation.labels[HARDEST]


def test_a_student_who_reads_the_hardest_helps_on_validation_only(made_up):
    answers = RIGHT.copy()
    answers[:2] = (answers[:2] + 1) % 10
    opened = explore.ensemble_mixer(student=answers.tolist())
    assert (len(opened.state.weights), opened.view.committee.answered) == (7, (20, 18))
    models = explore.ensemble_mixer().view
    assert opened.view.scores["validation"].wrong < models.scores["validation"].wrong
    assert opened.view.scores["test"] == models.scores["test"], "silent there, you repeat the mean"
    assert "You read 18 of the 20 hardest validation digits" in opened._readout.value
    assert opened.view.committee.best == made_up.best, "you are no model"
    control(opened, "weight-6").value = 0.0
    assert opened.view.scores == models.scores


def test_the_call_with_a_student_makes_the_state_again(made_up):
    answers = RIGHT.tolist()
    opened = explore.ensemble_mixer(student=answers)
    assert opened.call == "explore.ensemble_mixer(student=answers)"
    control(opened, "weight-6").value = 0.5
    control(opened, "way").value = "vote"
    assert opened.call == "explore.ensemble_mixer(student=answers, weights=(1, 1, 1, 1, 1, 1, 0.5), way='vote')"
    again = eval(opened.call, {"explore": explore, "answers": answers})
    assert again.state == opened.state


def test_puzzles_can_be_solved_with_a_student_too(made_up):
    committee = explore.ensemble_mixer(student=RIGHT).view.committee
    for puzzle in mixer.puzzles(committee):
        assert not puzzle.solved(mixer.compute(puzzle.start, committee)), puzzle.name
        assert puzzle.solved(mixer.compute(puzzle.solutions[0], committee)), puzzle.name


def solves(name: str, committee: mixer.Committee, *weights: float, **changes) -> bool:
    puzzle = next(puzzle for puzzle in mixer.puzzles(committee) if puzzle.name == name)
    return puzzle.solved(mixer.compute(State(weights, **changes), committee))


def test_you_solve_no_puzzle_for_the_models():
    models, with_you = mixer._models(), mixer.gather(mixer.members(), _right_answers())
    without_rnn = [float(i != 1) for i in range(6)]
    assert not solves("Dead weight", models, *without_rnn) and not solves("Dead weight", with_you, *without_rnn, 0)
    without_svm = [float(i != 2) for i in range(6)]
    assert solves("Dead weight", models, *without_svm) and solves("Dead weight", with_you, *without_svm, 0)
    for weights in (without_svm, [1, 1, 0, 1, 1, 0], [1, 1, 1, 1, 0, 0]):
        assert not solves("Dead weight", with_you, *weights, 1)
    hung = next(puzzle for puzzle in mixer.puzzles(with_you) if puzzle.name == "Hung vote")
    assert hung.solved(mixer.compute(hung.solutions[0], with_you))
    for i in range(6):
        assert not solves("Hung vote", with_you, *(float(j == i) for j in range(6)), 1, way="vote")


def _right_answers(count: int = 20) -> np.ndarray:
    """The labels of the digits that are hardest for the members as they were trained."""
    asked = mixer.members().validation
    return asked.labels[ensemble.hardest(asked.probabilities, asked.labels, count)]


def test_a_dead_weight_is_said_as_it_is():
    puzzle = next(puzzle for puzzle in explore.ensemble_mixer().puzzles if puzzle.name == "Dead weight")
    wrong = [mixer._wrong(mixer._models(), [float(i != j) for j in range(6)]).wrong for i in range(6)]
    before = mixer._wrong(mixer._models(), [1.0] * 6).wrong
    several = sum(each < before for each in wrong) > 1
    assert ("Some of these weights do harm" in puzzle.sentence) == several
    assert puzzle.because.startswith("Best is without the" if several else "Without the")


def test_a_single_step_sells_nothing():
    puzzle = next(puzzle for puzzle in explore.ensemble_mixer().puzzles if puzzle.name == "Sell it")
    for i in range(6):
        for step in (-0.01, 0.01):
            weight = min(max(puzzle.start.weights[i] + step, 0), 1)
            state = mixer._with_weight(puzzle.start, weight, i)
            assert not puzzle.solved(mixer.compute(state, mixer._models())), (i, step)


@pytest.mark.parametrize(("shift", "read"), [(0, "You read the hardest"), (1, "You misread the hardest")])
def test_one_answer_is_no_number_of_answers(made_up, shift, read):
    opened = explore.ensemble_mixer(student=[(RIGHT[0] + shift) % 10])
    assert f"{read} validation digit; to all others you repeat" in opened._readout.value


def test_the_still_picture_counts_you(made_up):
    assert mixer.still(explore.ensemble_mixer().view).get_suptitle().startswith("Six models with")
    assert mixer.still(explore.ensemble_mixer(student=RIGHT).view).get_suptitle().startswith("Six models and you, with")


# What is accepted


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"weights": (1, 1)}, "six numbers from 0 to 1, for CNN, RNN"),
        ({"weights": (1, 1, 1, 1, 1, 2)}, "six numbers from 0 to 1"),
        ({"weights": (1, 1, 1, 1, 1, -0.1)}, "six numbers from 0 to 1"),
        ({"weights": (1, 1, 1, 1, 1, np.nan)}, "six numbers from 0 to 1"),
        ({"weights": (1, 1, 1, 1, 1, True)}, "six numbers from 0 to 1"),
        ({"weights": "111111"}, "weights is '111111'"),
        ({"weights": 1}, "weights is 1"),
        ({"weights": (1,) * 7}, "7 weights for 6 members; give your answers as student too"),
        ({"weights": (1,) * 6, "student": RIGHT}, "6 weights for 7 members; the seventh is yours"),
        ({"way": "median"}, "way is 'median'.*'mean of logits'"),
        ({"way": ["mean"]}, "way is"),
        ({"part": "training"}, "part is 'training'.*'validation', 'test'"),
        ({"student": []}, "at least one, at most 386"),
        ({"student": 7}, "student is 7; it must be a list of your labels"),
        ({"student": [1] * 387}, "at most 386"),
        ({"student": [1, 10]}, r"student is \[1, 10\]; .* whole numbers from 0 to 9"),
        ({"student": [1, -1]}, r"student is \[1, -1\]"),
        ({"student": [1.5]}, r"student is \[1.5\]; .* whole numbers"),
        ({"student": [3.0, 4.0]}, r"student is \[3.0, 4.0\]"),
        ({"student": ["3"]}, r"student is \['3'\]"),
        ({"student": [3, None]}, r"student is \[3, None\]"),
        ({"student": [[3], [3, 4]]}, r"student is \[\[3\], \[3, 4\]\]"),
        ({"student": [True]}, r"student is \[True\]"),
        ({"student": "35"}, "student is '35'"),
    ],
)
def test_the_mixer_says_what_it_takes(made_up, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.ensemble_mixer(**arguments)


def test_weights_are_kept_in_hundredths():
    assert State(np.array([0.123456, 1, 0, 0, 0, 0])).weights == (0.12, 1, 0, 0, 0, 0)


# With the members as they were trained


def test_all_four_puzzles_have_an_answer():
    names = [puzzle.name for puzzle in explore.ensemble_mixer().puzzles]
    assert names == ["Two heads", "Dead weight", "Hung vote", "Sell it"], (
        f"data/trained/members.npz leaves only the puzzles {names}: nothing answers the others. Change what they ask."
    )


def test_the_still_picture_holds_every_score():
    view = explore.ensemble_mixer().view
    figure = mixer.still(view)
    wrong = [[bar.get_width() for bar in bars] for bars in figure.axes[0].containers]
    rows = [*view.committee.scores, *view.rivals.values()]
    assert wrong == [[scores[part].wrong for scores in rows] for part in Parts._fields]
