"""The honest-score lab and its data: scores as models fitted anew give them, and no stranger among the known."""

import re
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.recognition import baselines, honest_scores, store

# `explore` exports a function of the same name
lab = import_module("course_utils.explore.honest_score_lab")

SPLITS = honest_scores.splits()
EVERYONE = digits.load_all()
HALVES = honest_scores.SHUFFLES
ROTATIONS = range(HALVES + 1, len(SPLITS))


@pytest.fixture(scope="module")
def record():
    return lab.read_record(store.load("honest_scores"))


# The splits


def test_the_parts_of_every_split_are_all_digits_once():
    for split in SPLITS:
        rows = np.concatenate([honest_scores.rows_of(part) for part in split])
        assert sorted(rows) == list(range(1797))


def test_rows_are_those_of_the_digits():
    rows = np.array([1796, 0, 700])
    np.testing.assert_array_equal(honest_scores.rows_of(EVERYONE[rows]), rows)


def test_every_writer_is_a_stranger_once():
    strangers = [writer for i in ROTATIONS for writer in np.unique(SPLITS[i].test.writers)]
    assert sorted(strangers) == list(range(14))


@pytest.mark.parametrize("number", range(5))
def test_no_writer_stands_on_two_sides_of_a_rotation(number):
    parts = [set(part.writers.tolist()) for part in honest_scores.rotation(number)]
    assert parts[2] == set(honest_scores.STRANGERS[number])
    assert len(parts[0]) == 8 and sum(map(len, parts)) == len(set.union(*parts)) == 14


def test_the_first_rotation_is_the_split_of_the_course():
    for mine, theirs in zip(honest_scores.rotation(0), digits.load("by writer"), strict=True):
        np.testing.assert_array_equal(mine.images, theirs.images)


@pytest.mark.parametrize("number", [-1, 5, "2", None])
def test_there_are_five_rotations(number):
    with pytest.raises(ValueError, match="no rotation"):
        honest_scores.rotation(number)


# What is stored


def test_the_file_holds_what_its_docstring_says(record):
    arrays = store.load("honest_scores")
    assert arrays["models"].tolist() == list(honest_scores.MODELS)
    assert arrays["answers"].shape == (4, 16, 1797) and arrays["parts"].shape == (16, 1797)
    assert arrays["answers"].dtype == arrays["parts"].dtype == np.int8
    assert set(np.unique(arrays["answers"])) == set(range(10))
    assert (store.folder() / "honest_scores.npz").stat().st_size < 100_000


def test_the_file_is_documented():
    readme = (store.folder().parent / "README.md").read_text(encoding="utf-8")
    assert "| `trained/honest_scores.npz` |" in readme and "| `course train honest_scores` |" in readme


@pytest.mark.parametrize("number", range(len(SPLITS)))
def test_the_stored_parts_are_those_of_the_split(number, record):
    for part, some in enumerate(SPLITS[number]):
        rows = np.flatnonzero(record.parts[number] == part)
        np.testing.assert_array_equal(np.sort(honest_scores.rows_of(some)), rows)


FITS = {0: baselines.logistic, 1: baselines.nearest_neighbours, 2: baselines.svm}


@pytest.mark.seconds
@pytest.mark.parametrize("number", [3, HALVES, HALVES + 3])
@pytest.mark.parametrize("model", FITS)
def test_a_model_fitted_anew_gives_the_stored_score(model, number, record):
    split = SPLITS[number]
    fitted = FITS[model](split.train)
    for part, some in ((lab.LEARNED, split.train), (lab.TEST, split.test)):
        wrong = (fitted.predict(some.images).argmax(axis=1) != some.labels).sum()
        rows = record.parts[number] == part
        stored = (record.answers[model, number, rows] != EVERYONE.labels[rows]).sum()
        assert abs(wrong - stored) <= (model == 0), "only a logistic regression may end elsewhere on another machine"


def test_the_network_is_stored_beside_its_rivals(record):
    """By the score alone, as training takes ten seconds: above them all on the same test digits."""
    errors = {model: record.tallies["random"].total(model)[0] for model in honest_scores.MODELS}
    assert min(errors, key=errors.get) == lab.CNN and errors[lab.CNN] < 0.01 * 3600


# What is measured


def view(record, *state):
    return lab.compute(lab.State(*state), record)


@pytest.mark.parametrize("model", honest_scores.MODELS)
def test_training_asks_about_the_digits_that_were_learned_from(model, record):
    own, others = (view(record, model, measuring, 4) for measuring in ("training", "random"))
    np.testing.assert_array_equal(own.asked, own.parts == lab.LEARNED)
    np.testing.assert_array_equal(others.answers, own.answers)
    assert own.count == 1078 and others.count == 360 and not (own.asked & others.asked).any()


def test_scores_are_counted_by_hand(record):
    for measuring, number in (("random", 6), ("halves", HALVES), ("by writer", HALVES + 2)):
        seen = view(record, lab.SVM, measuring, {"random": 6, "halves": 0, "by writer": 1}[measuring])
        test = SPLITS[number].test
        answers = record.answers[2, number, honest_scores.rows_of(test)]
        wrong = answers != test.labels
        assert (seen.errors, seen.count) == (wrong.sum(), len(test))
        assert seen.score == pytest.approx((~wrong).mean())
        assert seen.writers_wrong.tolist() == np.bincount(test.writers[wrong], minlength=14).tolist()
        assert seen.writers_asked.tolist() == np.bincount(test.writers, minlength=14).tolist()


def test_strangers_are_those_whose_hand_was_not_in_training(record):
    for split in range(5):
        seen = view(record, lab.CNN, "by writer", split)
        assert tuple(np.flatnonzero(seen.writers_asked)) == honest_scores.STRANGERS[split]
        assert not seen.known[seen.writers_asked > 0].any() and seen.known.sum() == 8
    assert view(record, lab.CNN, "random", 0).known.all()
    assert np.flatnonzero(view(record, lab.CNN, "halves", 0).known).tolist() == [0, 1, 2, 3, 4, 5]


def test_by_writer_everybody_is_asked_about_once(record):
    tally = record.tallies["by writer"]
    assert tally.asked.sum(axis=0).tolist() == np.bincount(EVERYONE.writers).tolist()
    assert tally.total(lab.SVM)[1] == 1797


@pytest.mark.parametrize("model", honest_scores.MODELS)
def test_the_lesson_of_the_lab(model, record):
    """The more of the test digits' origin was in training, the better the score, for every model."""
    scores = [1 - wrong / asked for wrong, asked in (tally.total(model) for tally in record.tallies.values())]
    assert scores == sorted(scores, reverse=True)


# What is shown


def test_the_picture_shows_every_digit_once(record):
    for measuring in lab.MEASURINGS:
        picture = lab.draw(view(record, lab.LOGISTIC, measuring, 0))
        sheets = re.findall(r'<path class="(learned|set-aside|asked|misread)" d="(.*?)"', picture)
        squares = re.findall(r"M([\d.]+ [\d.]+)h3", "".join(path for _, path in sheets))
        assert len(sheets) == 4 and len(squares) == len(set(squares)) == 1797


def test_misread_digits_of_the_writer_are_shown(record):
    for split, writer in ((2, 7), (0, 12), (0, 11)):
        seen = view(record, lab.LOGISTIC, "by writer", split, writer)
        wrong = int(seen.writers_wrong[writer])
        picture = lab.draw(seen)
        assert picture.count("<image") == min(wrong, lab.MOST)
        assert ("the first" in picture) == (wrong > lab.MOST)


def test_the_readout_says_who_was_known(record):
    def said(*state):
        return lab.describe(view(record, *state))

    assert "Every digit it is asked about was in training." in said(lab.SVM, "training")
    assert "All 14 hands it is asked about are in training too." in said(lab.SVM, "random")
    assert "None of the 8 hands" in said(lab.SVM, "halves")
    assert "strangers 5, 6 and 7" in said(lab.SVM, "by writer", 2)
    assert "Writer 0, known from training: not asked about." in said(lab.SVM, "by writer", 2, 0)


def test_all_four_puzzles_have_an_answer():
    names = [puzzle.name for puzzle in explore.honest_score_lab().puzzles]
    assert names == ["Sell it", "By accident", "The culprit", "Who is best?"], (
        f"data/trained/honest_scores.npz leaves only the puzzles {names}: nothing answers the others. "
        "Change what they ask."
    )


def test_puzzles_without_an_answer_are_left_out(record):
    """A record of models that are always right, in which every hand was in training."""
    arrays = store.load("honest_scores")
    everywhere = np.where(np.arange(1797) % 3, lab.LEARNED, lab.TEST).astype(np.int8)
    arrays |= {"answers": np.broadcast_to(EVERYONE.labels, (4, 16, 1797)), "parts": np.tile(everywhere, (16, 1))}
    assert lab.puzzles(lab.read_record(arrays)) == ()


def test_the_best_score_for_sale_is_the_best_there_is(record):
    (best,) = explore.honest_score_lab().puzzles[0].solutions
    scores = {name: record.tallies[name].scores(lab.LOGISTIC).max() for name in lab.MEASURINGS[1:]}
    assert view(record, best.model, best.measuring, best.split).score == max(scores.values())


def test_pointing_at_a_writer_makes_a_stranger_of_them():
    opened = explore.honest_score_lab("SVM", "by writer")
    for writer in range(14):
        opened._frame.picked = {"name": f"writer-{writer}", "x": 0.5, "y": 0.5}
        assert opened.state.writer == writer in honest_scores.STRANGERS[opened.state.split]
    opened._frame.picked = {"name": "measuring-1", "x": 0.5, "y": 0.5}
    assert (opened.state.measuring, opened.state.writer) == ("random", 13)
    opened._frame.picked = {"name": "writer-3", "x": 0.5, "y": 0.5}
    assert opened.state == replace(opened.first, measuring="random", writer=3) and opened.error == ""


def test_fewer_splits_keep_the_last():
    opened = explore.honest_score_lab("SVM", split=9)
    control = next(control for control in opened.controls if control.name == "measuring")
    for measuring, split, last in (("by writer", 4, 4), ("halves", 0, 0), ("training", 0, 9)):
        control.widget.value = measuring
        slider = next(control.widget for control in opened.controls if control.name == "split")
        assert (opened.state.split, slider.max, opened.error) == (split, last, "")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"model": "forest"}, "model is 'forest'.*'3 nearest neighbours'"),
        ({"measuring": "honestly"}, "measuring is 'honestly'.*'by writer'"),
        ({"measuring": ["random"]}, "measuring is"),
        ({"split": 10}, "split is 10; it must be a whole number from 0 to 9"),
        ({"measuring": "by writer", "split": 5}, "from 0 to 4"),
        ({"measuring": "halves", "split": 1}, "from 0 to 0"),
        ({"split": True}, "split is True"),
        ({"writer": 14}, "writer is 14"),
        ({"writer": -1}, "writer is −1"),
    ],
)
def test_the_lab_says_what_it_takes(bad, says):
    with pytest.raises(ValueError, match=says):
        explore.honest_score_lab(**bad)


@pytest.mark.parametrize(
    ("differences", "test", "train", "said"),
    [
        ([1.0], 10, 10, "at least two splits"),
        ([1.0, np.nan], 10, 10, "finite"),
        ([[1.0, 2.0]], 10, 10, "one finite difference"),
        ([1.0, 2.0], 10, 0, "train=0"),
        ([1.0, 2.0], -1, 10, "test=-1"),
        ([1.0, 2.0], np.nan, 10, "test=nan"),
        ([1.0, 2.0], np.inf, 10, "test=inf"),
        ([1.0, 2.0], "10", 10, "test='10'"),
        ([1.0, 2.0], 10, np.nan, "train=nan"),
        ([1.0, 2.0], 10, np.inf, "train=inf"),
        ([1.0, 2.0], 10, None, "train=None"),
        ([1.0, 2.0], True, 10, "test=True"),
    ],
)
def test_intervals_of_what_gives_none(differences, test, train, said):
    with pytest.raises(ValueError, match=said):
        honest_scores.paired_interval(differences, test, train)
