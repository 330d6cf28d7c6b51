"""`generation.report_card`: formulas against hand and library, and that the card cannot be fooled."""

import html
import re
from configparser import ConfigParser
from dataclasses import replace

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.data.digits import Split
from course_utils.generation import judge as judges
from course_utils.generation import report_card, rivals
from course_utils.generation.report_card import Exam, anchors, coverage, density, frechet, measure, precision, recall
from course_utils.recognition import store
from course_utils.runtime import repository

SPLIT = digits.load("random", seed=0)
LABELS = SPLIT.validation.labels


@pytest.fixture(scope="module")
def judge():
    return judges.load_trained()


@pytest.fixture(scope="module")
def exam(judge):
    """On validation digits: the test digits are for the benchmark."""
    return Exam(SPLIT, judge, "validation")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def column(*values) -> np.ndarray:
    return np.array(values, float)[:, None]


# -- formulas --------------------------------------------------------------------------------------


def test_frechet_of_one_dimension_by_hand():
    """Means 0 and 3, standard deviations 1 and 2: (0 − 3)² + (1 − 2)²."""
    assert frechet(column(-1, 1), column(1, 5)) == pytest.approx(10)
    assert frechet(column(1, 5), column(-1, 1)) == pytest.approx(10)
    assert frechet(column(1, 5, 7), column(7, 5, 1)) == pytest.approx(0, abs=1e-12)


def test_frechet_along_two_axes_by_hand():
    """Independent axes add up: 2² + (3 − 1)² and 0² + (1 − 2)²."""
    cross = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], float)
    assert frechet(cross * [3, 1], cross * [1, 2] + [2, 0]) == pytest.approx(9)


def test_frechet_is_scipys_matrix_root_for_covariances_that_do_not_commute(rng):
    from scipy.linalg import sqrtm

    one = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    two = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) + 1
    first, second = (np.cov(table.T, bias=True) for table in (one, two))
    gap = one.mean(axis=0) - two.mean(axis=0)
    wanted = gap @ gap + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet(one, two) == pytest.approx(wanted)


def test_frechet_with_fewer_rows_than_columns(rng):
    few = rng.normal(size=(10, 96))
    assert frechet(few, few) == pytest.approx(0, abs=1e-6)
    assert frechet(few, few + 0.5) == pytest.approx(96 * 0.25)
    line = np.zeros((3, 96))
    line[:, 0] = [-1, 0, 1]
    assert frechet(line, 3 * line) == pytest.approx(2 / 3 * (3 - 1) ** 2)


REAL = column(0, 1, 2, 10)  # with k = 1 their balls reach 1, 1, 1 and 8


def test_precision_and_recall_by_hand():
    drawn = column(1.5, 2.9, -1.5, 40, 11)  # the first, second and last lie in a ball
    assert precision(REAL, drawn, k=1) == pytest.approx(3 / 5)
    assert recall(REAL, column(0, 0.5, 20, 21), k=1) == pytest.approx(2 / 4)  # balls of ½, ½, 1, 1 hold 0 and 1
    assert precision(REAL, column(3, 18, 18.1, -1), k=1) == 3 / 4, "the rim belongs to the ball"


def test_density_and_coverage_by_hand():
    drawn = column(1.5, 2.9, -1.5, 40, 11)  # in 2, 2, 0, 0 and 1 balls
    assert density(REAL, drawn, k=1) == pytest.approx(5 / 5)
    assert coverage(REAL, drawn, k=1) == pytest.approx(3 / 4)  # the ball of 0 stays empty
    # With k = 2 the balls reach 2, 1, 2 and 9: 1.5 lies in all 4, 2.9 in 2, −1.5 and 11 in 1, 40 in none.
    assert density(REAL, drawn, k=2) == pytest.approx((4 + 2 + 1 + 0 + 1) / (2 * 5))


def test_neighbourhoods_are_scikit_learns(rng):
    from sklearn.neighbors import NearestNeighbors

    real, drawn = rng.normal(size=(60, 4)), rng.normal(size=(50, 4)) + 0.5

    def inside(centers, points, k):
        radii = NearestNeighbors(n_neighbors=k).fit(centers).kneighbors()[0][:, -1]
        return np.linalg.norm(centers[:, None] - points, axis=2) <= radii[:, None]

    assert precision(real, drawn) == pytest.approx(inside(real, drawn, 3).any(axis=0).mean())
    assert recall(real, drawn) == pytest.approx(inside(drawn, real, 3).any(axis=0).mean())
    assert density(real, drawn) == pytest.approx(inside(real, drawn, 5).sum() / (5 * 50))
    assert coverage(real, drawn) == pytest.approx(inside(real, drawn, 5).any(axis=1).mean())
    assert 0.2 < recall(real, drawn) < 1 and 0.2 < coverage(real, drawn) < 1


@pytest.mark.parametrize("score", [frechet, precision, recall, density, coverage])
def test_formulas_refuse_what_are_no_two_tables(score):
    good = np.random.default_rng(0).normal(size=(20, 3))
    for bad in (good[:, :2], good[:, 0], good[None]):
        with pytest.raises(ValueError, match="two tables"):
            score(good, bad)
    with pytest.raises(ValueError, match="rows or more"):
        score(good[:1], good)
    with pytest.raises(ValueError, match="NaN or infinite"):
        score(good, np.where(good > 1, np.nan, good))


def test_as_many_rows_as_neighbours_are_too_few():
    with pytest.raises(ValueError, match="4 rows or more"):
        precision(np.zeros((3, 2)), np.zeros((9, 2)))
    with pytest.raises(ValueError, match="6 rows or more"):
        coverage(np.zeros((9, 2)), np.zeros((5, 2)))


# -- the card knows what it looks at ---------------------------------------------------------------


def copyist(labels, seed=0):
    return rivals.real(SPLIT.train)(labels, seed)


def collapsed(labels, seed=0):
    """One good digit of each class, over and over, and not out of the training set."""
    return rivals.real(SPLIT.test)(np.arange(10), seed)[labels]


def honest(labels, seed=0):
    """Digits that are in no part of this exam."""
    return rivals.real(SPLIT.test)(labels, seed)


def test_the_card_tells_a_copyist_a_collapsed_and_an_honest_generator_apart(exam):
    copy, one, good = (exam.measure(draw(LABELS), LABELS) for draw in (copyist, collapsed, honest))
    assert copy.marks["looks right"] > 8 and copy.marks["varied"] > 7 and copy.marks["overall"] > 8
    assert copy.marks["new"] == 0 and copy.copies == 1 and copy.nearest_ratio == pytest.approx(0, abs=1e-6)
    assert one.agreement > 0.95 and one.marks["varied"] < 1 and one.recall < 0.05 and one.coverage < 0.3
    assert min(good.marks.values()) > 5
    assert good.copies <= 0.01 and 0.95 < good.nearest_ratio < 1.05 and good.recall > 0.9


def test_kernel_density_keeps_too_close_to_the_training_digits(exam):
    draw = rivals.fit_all(SPLIT)["kernel density"]
    cards = [exam.measure(draw(LABELS, seed), LABELS) for seed in (1, 2)]
    assert all(0.75 < card.nearest_ratio < 0.9 and card.marks["new"] < 5 for card in cards)


def test_five_degrees_of_noise_rank_in_order(exam):
    noise = np.random.default_rng(1).normal(size=(len(LABELS), 8, 8, 1))
    degrees = (0, 0.08, 0.16, 0.24, 0.32, 0.4)
    cards = [exam.measure((honest(LABELS) + degree * noise).clip(0, 1), LABELS) for degree in degrees]
    distances = [card.frechet for card in cards]
    assert (np.diff(distances) > 0).all()
    assert (np.diff([card.marks["overall"] for card in cards]) < 0).all()


def test_leaving_out_two_classes_is_not_varied(exam):
    asked = np.where(np.isin(LABELS, [3, 8]), 1, LABELS)
    card = exam.measure(honest(asked), asked)
    assert card.agreement > 0.95 and card.marks["varied"] < 5
    share = np.isin(LABELS, [3, 8]).mean()
    assert card.histogram_distance == pytest.approx(share, abs=0.02)
    assert card.histogram[3] < 5 and card.histogram[1] > 90 and card.histogram.sum() == len(LABELS)


def test_labels_that_were_not_drawn_do_not_agree(exam):
    wrong = np.where(np.arange(len(LABELS)) % 2, LABELS, (LABELS + 1) % 10)
    card = exam.measure(honest(LABELS), wrong)
    assert card.agreement == pytest.approx(0.5, abs=0.03) and card.marks["looks right"] < 3


def test_distances_to_the_training_digits_are_scikit_learns(exam):
    from sklearn.neighbors import NearestNeighbors

    train, images = (part.reshape(-1, 64).astype(float) for part in (SPLIT.train.images, honest(LABELS)))
    neighbours = NearestNeighbors(n_neighbors=1).fit(train)
    drawn, held = (neighbours.kneighbors(rows)[0] for rows in (images, SPLIT.validation.images.reshape(-1, 64)))
    card = exam.measure(honest(LABELS), LABELS)
    assert card.nearest == pytest.approx(drawn.mean()) and card.nearest_held_out == pytest.approx(held.mean())
    assert card.nearest_ratio == pytest.approx(drawn.mean() / held.mean())
    close = np.median(neighbours.kneighbors()[0]) / 2
    assert card.copies == pytest.approx((drawn < close).mean()) and (held < close).mean() < 0.01
    near = copyist(LABELS) * (1 - 0.02)  # a copy in paler ink
    assert exam.measure(near, LABELS).copies == 1


def test_the_scores_of_a_card_are_the_formulas(exam, judge):
    card = exam.measure(honest(LABELS), LABELS)
    real, drawn = judge.features(SPLIT.validation.images), judge.features(honest(LABELS))
    assert card.frechet == pytest.approx(100 * frechet(drawn, real))
    for score in (precision, recall, density, coverage):
        assert card.scores[score.__name__] == pytest.approx(score(real, drawn))
    read = judge.probabilities(honest(LABELS)).argmax(axis=1)
    assert card.agreement == (read == LABELS).mean() and card.histogram.tolist() == np.bincount(read).tolist()


# -- intervals -------------------------------------------------------------------------------------


@pytest.mark.seconds
def test_intervals_hold_the_scores_and_are_as_wide_as_chance(exam):
    asked = np.where(np.arange(len(LABELS)) % 5, LABELS, (LABELS + 1) % 10)
    card = exam.measure(honest(LABELS), asked, resamples=200, seed=1)
    assert set(card.intervals) == set(card.scores)
    for name, (low, high) in card.intervals.items():
        assert low <= card.scores[name] <= high and low < high, name
    low, high = card.intervals["agreement"]
    by_formula = 2 * 1.96 * np.sqrt(card.agreement * (1 - card.agreement) / len(LABELS))
    assert high - low == pytest.approx(by_formula, rel=0.25)
    again = exam.measure(honest(LABELS), asked, resamples=200, seed=1)
    assert again.intervals == card.intervals
    assert exam.measure(honest(LABELS), asked, resamples=200, seed=2).intervals != card.intervals
    assert exam.measure(honest(LABELS), asked).intervals == {}


@pytest.mark.parametrize("resamples", [-1, 2.5, True, None, "many"])
def test_resamples_are_counted(exam, resamples):
    with pytest.raises(ValueError, match="resamples is a whole number"):
        exam.measure(honest(LABELS), LABELS, resamples=resamples)


# -- anchors ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cards(judge):
    return anchors(SPLIT, judge, "validation")


def test_anchors_stand_where_the_marks_say(cards):
    assert list(cards) == ["real train", "kernel density", "Gaussian mixtures", "Gaussians", "pixel marginals", "noise"]
    real, rival, noise = cards["real train"], cards["kernel density"], cards["noise"]
    assert real.marks == pytest.approx({"looks right": 10, "varied": 10, "new": 0, "overall": 10})
    assert rival.marks["overall"] == pytest.approx(5)
    assert noise.marks["overall"] == 0 and noise.marks["new"] == 10
    assert noise.marks["looks right"] < 1 and noise.marks["varied"] < 1
    order = ["real train", "kernel density", "pixel marginals", "noise"]
    assert (np.diff([cards[name].frechet for name in order]) > 0).all()
    assert all(card.count == 359 and card.name == name for name, card in cards.items())


@pytest.mark.parametrize(
    ("line", "change", "mark"),
    [
        ("looks right", lambda real: {"agreement": real["agreement"] - 0.05}, 5),
        ("looks right", lambda real: {"agreement": real["agreement"] - 0.025}, 7.5),
        ("looks right", lambda real: {"agreement": 0.1}, 0),
        ("looks right", lambda real: {"precision": 0.8 * real["precision"]}, 5),
        ("varied", lambda real: {"recall": 0.8 * real["recall"]}, 5),
        ("varied", lambda real: {"recall": 0.4 * real["recall"]}, 2.5),
        ("varied", lambda real: {"coverage": 0.9 * real["coverage"]}, 7.5),
        ("varied", lambda real: {"histogram_distance": 0.1}, 5),
        ("varied", lambda real: {"histogram_distance": 0.5}, 0),
        ("new", lambda real: {"nearest_ratio": 0.97, "copies": 0.01}, 10),
        ("new", lambda real: {"nearest_ratio": 0.9, "copies": 0.01}, 5),
        ("new", lambda real: {"nearest_ratio": 1, "copies": 0.025}, 5),
        ("new", lambda real: {"nearest_ratio": 1, "copies": 0.1}, 0),
        ("overall", lambda real: {"frechet": real["frechet"] / 2}, 10),
    ],
)
def test_a_mark_is_the_lowest_of_its_scores(cards, line, change, mark):
    best = cards["real train"]
    changed = replace(best, **change(best.scores))
    assert changed.marks[line] == pytest.approx(mark)
    others = set(best.marks) - {line}
    assert [changed.marks[name] for name in others] == [best.marks[name] for name in others]


def test_halfway_in_factors_between_kernel_density_and_an_end(cards):
    real, rival, noise = (cards[name] for name in ("real train", "kernel density", "noise"))
    for end, mark in ((real, 7.5), (noise, 2.5)):
        between = replace(real, frechet=np.sqrt(rival.frechet * end.frechet))
        assert between.marks["overall"] == pytest.approx(mark)


def test_real_validation_is_an_anchor_beside_test_digits(judge):
    split = Split(SPLIT.train, SPLIT.test, SPLIT.validation)  # the two change places, so that no test digit is read
    card = anchors(split, judge, "test")["real validation"]
    assert 0.95 < card.nearest_ratio < 1.05 and card.copies <= 0.01 and card.part == "test"


# -- how it looks ----------------------------------------------------------------------------------


def sanitised(text: str) -> str:
    rules = ConfigParser()
    rules.read(repository() / "tests/notebooks/sanitize.cfg", encoding="ascii")
    for section in rules.sections():
        text = re.sub(rules[section]["regex"], rules[section]["replace"], text)
    return text


def test_every_measured_number_stands_behind_its_sign(exam):
    """Whatever was measured, the same text is left when what stands behind ≈ is taken out."""
    shown = [exam.measure(draw(LABELS), LABELS, "it", resamples=2) for draw in (honest, copyist, rivals.noise())]
    assert len({sanitised(repr(card)) for card in shown}) == 1
    assert len({sanitised(card._repr_html_()) for card in shown}) == 1
    assert len({card._repr_html_() for card in shown}) == 3


def test_four_lines(exam):
    card = exam.measure(honest(LABELS), LABELS, "honesty")
    first, *lines = repr(card).splitlines()
    assert first == "Report card of honesty: 359 pictures beside 359 validation digits"
    assert [line.split(":")[0].strip() for line in lines] == ["looks right", "varied", "new", "overall"]
    assert lines[2].startswith(f"  new: ≈ {card.marks['new']:.1f} of 10 (≈ 0.9") or "≈ 1.0" in lines[2]
    assert all(0 <= line.mark <= 10 for line in card.lines())


def test_the_rest_folds_away_and_a_name_is_no_markup(exam):
    shown = exam.measure(honest(LABELS), LABELS, "<b>me</b>", resamples=2)._repr_html_()
    before, after = shown.split("<details>")
    assert "&lt;b&gt;me" in before and "<b>me" not in shown
    assert all(name in before for name in ("looks\u00a0right", "varied", "new", "overall", "\u00a0of\u00a010"))
    assert all(html.escape(title) in after for title, *_ in report_card.SCORES.values())
    assert after.count(" to ≈") == len(report_card.SCORES) and not re.search(r"#[0-9a-f]{3}|rgb", shown), (
        "colours are the page's"
    )


# -- what is refused -------------------------------------------------------------------------------


def test_a_judge_that_has_seen_held_out_digits_is_refused(judge):
    weights, train = store.load("cnn"), SPLIT.train
    for part in ("validation", "test"):
        unfair = judges.from_weights(weights, digits.join(train, getattr(SPLIT, part)[:7]))
        for asked in ("validation", "test"):
            with pytest.raises(
                ValueError, match=rf"trained on 7 of the 3\d\d {part} digits.*judge.train\(split.train\)"
            ):
                measure(honest(LABELS), LABELS, SPLIT, unfair, asked)
    with pytest.raises(ValueError, match=r"trained on \d+ of the 386 validation digits"):
        anchors(digits.load(), judge)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images: images[:50], "equal counts: here 50 pictures with 359 validation digits"),
        (lambda images: np.concatenate([images, images]), r"718 pictures .* sample\(split.validation.labels, seed\)"),
        (lambda images: images * 16, "between 0 and 16"),
        (lambda images: images - 1, "between -1 and 0"),
        (lambda images: np.where(images > 0.9, np.nan, images), "NaN"),
        (lambda images: images.reshape(-1, 64), r"\(n, 8, 8, 1\)"),
        (lambda images: np.zeros((359, 28, 28, 1)), r"\(n, 8, 8, 1\)"),
    ],
)
def test_pictures_that_no_card_is_made_of(exam, change, message):
    images = change(honest(LABELS))
    with pytest.raises(ValueError, match=message):
        exam.measure(images, np.resize(LABELS, len(images)))


def test_one_call_measures_what_an_exam_does(judge, exam):
    card = measure(honest(LABELS), LABELS, SPLIT, judge, "validation", "honesty", resamples=3, seed=5)
    same = exam.measure(honest(LABELS), LABELS, "honesty", resamples=3, seed=5)
    assert repr(card) == repr(same) and card.intervals == same.intervals


def test_labels_and_parts_that_are_none(judge, exam):
    images = honest(LABELS)
    with pytest.raises(ValueError, match="358 labels for 359 pictures"):
        exam.measure(images, LABELS[:-1])
    with pytest.raises(ValueError, match="run from 0 to 9"):
        exam.measure(images, LABELS + 1)
    for part in ("train", None):
        with pytest.raises(ValueError, match="'validation' or 'test'; got"):
            Exam(SPLIT, judge, part)
    few = Split(SPLIT.train, SPLIT.validation, SPLIT.test[:99])
    with pytest.raises(ValueError, match="100 held-out digits or more; this test part has 99"):
        Exam(few, judge)
