"""`recognition.ensemble`: each formula against numbers worked out by hand, and against a second witness."""

import subprocess
import sys

import numpy as np
import pytest

from course_utils.recognition import ensemble
from course_utils.recognition.ensemble import (
    Stack,
    ambiguity,
    as_member,
    brier,
    calibration_error,
    error_correlation,
    errors,
    hardest,
    log_loss,
    mean,
    mean_of_logits,
    reliability,
    soften,
    stack,
    temperature,
    vote,
    weights_by_accuracy,
    weights_by_error,
    weights_by_log_loss,
)


def committee(members=4, count=120, classes=10, seed=0, strengths=None):
    """A made-up committee, its members of different strength, and the labels."""
    rng = np.random.default_rng(seed)
    strengths = np.linspace(0.5, 4, members) if strengths is None else np.asarray(strengths, float)
    labels = np.arange(count) % classes
    logits = rng.normal(size=(members, count, classes))
    logits[:, np.arange(count), labels] += strengths[:, None]
    shares = np.exp(logits - logits.max(axis=2, keepdims=True))
    return shares / shares.sum(axis=2, keepdims=True), labels


def blend(weights, probabilities):
    return np.einsum("m,mnc->nc", weights, probabilities)


# Two members, two digits, three classes. Digit 0 is a 0, digit 1 is a 2; member 1 errs on digit 1.
TWO = np.array([[[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]], [[0.6, 0.4, 0.0], [0.1, 0.5, 0.4]]])
TRUTH = np.array([0, 2])

# -- joining opinions ------------------------------------------------------------------------------


def test_vote_by_hand():
    opinions = np.array([[[0.9, 0.1, 0.0]], [[0.4, 0.6, 0.0]], [[0.45, 0.55, 0.0]]])
    np.testing.assert_allclose(vote(opinions), [[1 / 3, 2 / 3, 0]], atol=1e-12)
    np.testing.assert_allclose(vote(opinions, [0.6, 0.2, 0.2]), [[0.6, 0.4, 0]])
    assert vote(opinions).argmax() == 1 and mean(opinions).argmax() == 0, "a vote loses doubt"


def test_a_tied_vote_goes_to_the_smallest_label():
    opinions = np.eye(10)[[7, 3, 3, 7]][:, None]
    assert vote(opinions).argmax() == 3
    assert vote([[[0.5, 0.5]]]).tolist() == [[1, 0]], "between equals a member takes the first"


def test_ties_of_weights_are_ties_in_spite_of_rounding():
    opinions = np.eye(3)[[2, 2, 0, 1]][:, None]
    weights = [0.1, 0.2, 0.3, 0.4]
    assert 0.1 + 0.2 > 0.3
    assert vote(opinions, weights)[0].tolist() == [0.3, 0.4, 0.3]
    assert vote(opinions[:3], np.array([0.1, 0.2, 0.3]) / 0.6).argmax() == 0


def test_mean_by_hand():
    np.testing.assert_allclose(mean(TWO), [[0.7, 0.25, 0.05], [0.15, 0.35, 0.5]])
    np.testing.assert_allclose(mean(TWO, [0.75, 0.25])[0], [0.75, 0.175, 0.075])
    np.testing.assert_allclose(mean(TWO, np.array([1, 0])), TWO[0])


def test_mean_of_logits_is_the_geometric_mean():
    product = np.sqrt(0.8 * 0.6), np.sqrt(0.1 * 0.4), np.sqrt(0.1 * 1e-7)
    np.testing.assert_allclose(mean_of_logits(TWO)[0], np.array(product) / sum(product))
    cubes = TWO[0, 1] ** 0.75 * TWO[1, 1] ** 0.25
    np.testing.assert_allclose(mean_of_logits(TWO, [0.75, 0.25])[1], cubes / cubes.sum())


@pytest.mark.parametrize("join", [vote, mean, mean_of_logits])
def test_what_is_joined_is_a_distribution_and_leaves_its_input_alone(join):
    probabilities, _ = committee()
    before = probabilities.copy()
    for weights in (None, [0.1, 0.2, 0.3, 0.4], np.float32([0.1, 0.2, 0.3, 0.4])):
        joined = join(probabilities.astype(np.float32), weights)
        assert (joined.shape, joined.dtype) == ((120, 10), np.float64)
        np.testing.assert_allclose(joined.sum(axis=1), 1, atol=1e-6)
    join(probabilities)
    np.testing.assert_array_equal(probabilities, before)
    np.testing.assert_allclose(join(probabilities), join(probabilities, [0.25] * 4))


# -- weights ---------------------------------------------------------------------------------------


def named(labels, classes=3):
    """One member that names these labels with certainty."""
    return np.eye(classes)[labels]


READERS = np.stack([named([0, 1, 2, 0]), named([0, 1, 2, 1]), named([0, 1, 0, 1])])  # 0, 1 and 2 errors
FOUR = np.array([0, 1, 2, 0])


def test_weights_by_accuracy_and_by_error_by_hand():
    np.testing.assert_allclose(weights_by_accuracy(READERS, FOUR), np.array([4, 3, 2]) / 9)
    np.testing.assert_allclose(weights_by_error(READERS, FOUR), np.array([2, 1, 0.5]) / 3.5)
    with pytest.raises(ValueError, match="No member reads any"):
        weights_by_accuracy(READERS[2:], [1, 2, 1, 2])


def test_weights_by_log_loss_by_hand():
    """Two members give the truth 0.8 and 0.2, then 0.2 and 0.8: half and half; in three of four cases 0.8: more."""
    of_truth = np.array([[0.8, 0.8, 0.8, 0.2], [0.2, 0.2, 0.2, 0.8]])
    opinions = np.stack([of_truth, 1 - of_truth], axis=2)
    zeros = np.zeros(4, int)
    np.testing.assert_allclose(weights_by_log_loss(opinions[:, 2:], zeros[2:]), [0.5, 0.5], atol=1e-6)
    # (3/4) log(0.2 + 0.6 w) + (1/4) log(0.8 − 0.6 w) is largest where 0.2 + 0.6 w = 3/4.
    np.testing.assert_allclose(weights_by_log_loss(opinions, zeros)[0], 0.55 / 0.6, atol=1e-6)
    assert weights_by_log_loss(opinions[:, :3], zeros[:3]).tolist() == pytest.approx([1, 0], abs=1e-9)


def rivals(members, seed):
    """A committee of members nearly as good as each other, so that several are worth a weight."""
    return committee(members, count=60, seed=seed, strengths=np.linspace(1.8, 2.4, members))


CASES = [(2, 0.0, 0), (5, 0.0, 1), (5, 0.05, 2), (9, 0.0, 3), (9, 1.0, 4), (12, 0.0, 5)]


def slopes(weights, probabilities, labels, ridge):
    """The objective's derivative by each weight."""
    of_truth = np.maximum(probabilities[:, np.arange(len(labels)), labels], 1e-7)
    return -(of_truth / (weights @ of_truth)).mean(axis=1) + 2 * ridge * (weights - 1 / len(weights))


@pytest.mark.parametrize(("members", "ridge", "seed"), CASES)
def test_weights_by_log_loss_are_optimal(members, ridge, seed):
    """Karush, Kuhn and Tucker: all members with weight pull equally, none without weight pulls more.

    The objective is convex, so `weights @ slope − min(slope)` bounds what any other weights could gain.
    """
    probabilities, labels = rivals(members, seed)
    probabilities[0] = np.eye(10)[probabilities[0].argmax(axis=1)]  # one with zeros, as nearest neighbours have
    weights = weights_by_log_loss(probabilities, labels, ridge)
    assert weights.min() >= 0 and abs(weights.sum() - 1) < 1e-12
    slope = slopes(weights, probabilities, labels, ridge)
    assert weights @ slope - slope.min() < 1e-6
    used = weights > 1e-4
    assert np.ptp(slope[used]) < 1e-3
    if used.sum() < members:
        assert slope[~used].min() > slope[used].mean() - 1e-3


def test_some_of_these_optima_lie_on_an_edge():
    least = [weights_by_log_loss(*rivals(members, seed), ridge).min() for members, ridge, seed in CASES]
    assert min(least) < 1e-9 < 1e-3 < max(least)


@pytest.mark.parametrize(("members", "ridge", "seed"), CASES)
def test_another_solver_finds_nothing_better(members, ridge, seed):
    """BFGS on softmax coordinates: no bounds, no constraint, another algorithm."""
    from scipy.optimize import minimize

    probabilities, labels = rivals(members, seed)

    def objective(weights):
        of_truth = blend(weights, probabilities)[np.arange(len(labels)), labels]
        return -np.log(of_truth).mean() + ridge * ((weights - 1 / members) ** 2).sum()

    def of_coordinates(coordinates):
        shares = np.exp(coordinates - coordinates.max())
        return objective(shares / shares.sum())

    other = minimize(of_coordinates, np.zeros(members), method="BFGS", options={"gtol": 1e-7})
    assert objective(weights_by_log_loss(probabilities, labels, ridge)) <= other.fun + 1e-7


def test_a_ridge_pulls_to_equal_weights():
    probabilities, labels = rivals(4, seed=0)
    far = [np.abs(weights_by_log_loss(probabilities, labels, ridge) - 0.25).max() for ridge in (0, 0.1, 1, 1e4)]
    assert far[0] > far[1] > far[2] > far[3] and far[3] < 1e-4
    with pytest.raises(ValueError, match="ridge is -1; it must be a number from 0 to"):
        weights_by_log_loss(probabilities, labels, ridge=-1)


def test_one_member_alone_has_all_the_weight():
    probabilities, labels = committee(members=1)
    for weigh in (weights_by_accuracy, weights_by_error, weights_by_log_loss):
        assert weigh(probabilities, labels).tolist() == [1]


def test_stack_learns_whom_to_believe_for_what():
    """Member 0 knows the even digits only and guesses at odd ones, member 1 the other way round."""
    _, labels = committee(count=400)
    rng = np.random.default_rng(0)
    known = 0.02 + 0.8 * np.eye(10)[labels]
    guessed = 0.02 + 0.8 * np.eye(10)[rng.integers(0, 10, 400)]
    even = (labels % 2 == 0)[:, None]
    probabilities = np.stack([np.where(even, known, guessed), np.where(even, guessed, known)])
    fitted = stack(probabilities[:, :200], labels[:200])
    assert isinstance(fitted, Stack) and repr(fitted) == "Stack(members=2, classes=10)"
    predicted, truth = fitted.predict(probabilities[:, 200:]), labels[200:]
    assert predicted.shape == (200, 10)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    assert errors(predicted, truth) < 0.75 * errors(mean(probabilities[:, 200:]), truth)
    assert log_loss(predicted, truth) < log_loss(mean(probabilities[:, 200:]), truth)


def test_stack_refuses_what_it_did_not_learn():
    probabilities, labels = committee()
    with pytest.raises(ValueError, match=r"missing: \[3\]"):
        stack(probabilities[:, labels != 3], labels[labels != 3])
    with pytest.raises(ValueError, match="reads 4 members with 10 classes; got 3 with 10"):
        stack(probabilities, labels).predict(probabilities[:3])


# -- scores ----------------------------------------------------------------------------------------


def test_scores_by_hand():
    assert errors(TWO, TRUTH).tolist() == [0, 1]
    assert errors(TWO[1], TRUTH) == 1
    # Member 0: 0.2² + 0.1² + 0.1² = 0.06 and 0.2² + 0.2² + 0.4² = 0.24. Member 1: 0.32 and 0.01 + 0.25 + 0.36.
    np.testing.assert_allclose(brier(TWO, TRUTH), [0.15, 0.47])
    assert brier(TWO[0], TRUTH) == pytest.approx(0.15)
    np.testing.assert_allclose(log_loss(TWO, TRUTH), [-np.log(0.8 * 0.6) / 2, -np.log(0.6 * 0.4) / 2])
    assert log_loss(named([1]), [0]) == pytest.approx(7 * np.log(10)), "the floor, 1e-7"


def test_scores_are_those_of_scikit_learn():
    from sklearn import metrics

    probabilities, labels = committee()
    for member, own, surprise, wrong in zip(
        probabilities, brier(probabilities, labels), log_loss(probabilities, labels), errors(probabilities, labels),
        strict=True,
    ):  # fmt: skip
        assert surprise == pytest.approx(metrics.log_loss(labels, member))
        assert wrong == round(120 * metrics.zero_one_loss(labels, member.argmax(axis=1)))
        per_class = [metrics.brier_score_loss(labels == label, member[:, label]) for label in range(10)]
        assert own == pytest.approx(sum(per_class))


# -- ambiguity -------------------------------------------------------------------------------------


def test_ambiguity_by_hand():
    """Truth 0; the members say 0.8 and 0.4. Brier 0.08 and 0.72; of the mean, 0.6, 0.32; both stand 0.08 from it."""
    found = ambiguity([[[0.8, 0.2]], [[0.4, 0.6]]], [0])
    np.testing.assert_allclose(found, (0.32, 0.40, 0.08))
    assert found.ensemble == pytest.approx(found.members - found.ambiguity)


@pytest.mark.parametrize("seed", range(20))
def test_brier_of_the_mean_is_that_of_the_members_less_their_ambiguity(seed):
    rng = np.random.default_rng(seed)
    probabilities, labels = committee(members=rng.integers(1, 8), seed=seed)
    for weights in (None, rng.dirichlet(np.ones(len(probabilities)))):
        found = ambiguity(probabilities, labels, weights)
        assert abs(found.ensemble - (found.members - found.ambiguity)) < 1e-12
        assert found.ambiguity >= 0
        shares = np.full(len(probabilities), 1 / len(probabilities)) if weights is None else weights
        assert found.ensemble == pytest.approx(brier(blend(shares, probabilities), labels), abs=1e-12)
        assert found.members == pytest.approx(shares @ brier(probabilities, labels), abs=1e-12)
        assert found.ambiguity == ambiguity(probabilities, (labels + 1) % 10, weights).ambiguity, "no label enters"


def test_stored_in_single_precision_the_identity_still_holds():
    probabilities, labels = committee()
    found = ambiguity(probabilities.astype(np.float32), labels, np.float32([0.1, 0.2, 0.3, 0.4]))
    assert abs(found.ensemble - (found.members - found.ambiguity)) < 1e-12


def test_members_that_agree_have_no_ambiguity():
    probabilities, labels = committee(members=1)
    assert ambiguity(probabilities.repeat(3, axis=0), labels).ambiguity == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("seed", range(20))
def test_log_loss_of_the_mean_is_at_most_that_of_the_members(seed):
    rng = np.random.default_rng(seed)
    probabilities, labels = committee(seed=seed)
    weights = rng.dirichlet(np.ones(4))
    assert log_loss(mean(probabilities, weights), labels) < weights @ log_loss(probabilities, labels)


def test_for_log_loss_the_gap_hangs_on_the_labels():
    gaps = [
        log_loss(TWO[:, :1], [label]).mean() - log_loss(mean(TWO[:, :1]), [label]) for label in (0, 1)
    ]  # fmt: skip
    assert abs(gaps[0] - gaps[1]) > 0.1


def test_for_errors_nothing_holds():
    """Two members are right by a hair and one is wrong for sure: one error in three, and the mean errs always."""
    probabilities = np.array([[[0.51, 0.49]], [[0.51, 0.49]], [[0.0, 1.0]]])
    assert errors(probabilities, [0]).mean() == pytest.approx(1 / 3)
    assert errors(mean(probabilities), [0]) == 1


# -- error correlation -----------------------------------------------------------------------------


def test_error_correlation_by_hand():
    truth = np.zeros(4, int)
    members = np.stack([named(each) for each in ([1, 1, 0, 0], [2, 2, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0])])
    found = error_correlation(members, truth)
    np.testing.assert_allclose(found[:4, :4], [[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 1]], atol=1e-12)
    assert np.isnan(found[4]).all() and np.isnan(found[:, 4]).all(), "no errors, no correlation"


@pytest.mark.filterwarnings("error")
def test_error_correlation_is_quiet_where_there_is_none():
    assert np.isnan(error_correlation(np.stack([named([0, 1])] * 2), [0, 1])).all()
    with pytest.raises(ValueError, match="give at least 2, got 1"):
        error_correlation(TWO[:1], TRUTH)
    alone = error_correlation(TWO[:, :1], TRUTH[:1])
    assert alone.shape == (2, 2) and np.isnan(alone).all(), "one digit tells of no correlation"


# -- confidence ------------------------------------------------------------------------------------


def confident(*tops):
    """One digit for each top probability, its likeliest label 0, over ten classes."""
    rows = np.tile((1 - np.array(tops))[:, None] / 9, 10)
    rows[:, 0] = tops
    return rows


def test_reliability_by_hand():
    found = reliability(confident(0.55, 0.95, 0.91, 0.97), [0, 0, 0, 1])
    assert found.count.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 3]
    np.testing.assert_allclose(found.confidence[[5, 9]], [0.55, 2.83 / 3])
    np.testing.assert_allclose(found.accuracy[[5, 9]], [1, 2 / 3])
    assert np.isnan(found.confidence[:5]).all() and np.isnan(found.accuracy[:5]).all()
    # A quarter of the digits is 0.45 off, three quarters 2.83 / 3 − 2 / 3.
    expected = 0.45 / 4 + (2.83 - 2) / 4
    assert calibration_error(confident(0.55, 0.95, 0.91, 0.97), [0, 0, 0, 1]) == pytest.approx(expected)


def test_a_bin_holds_its_upper_edge():
    assert reliability(confident(0.5, 1.0), [0, 0], bins=2).count.tolist() == [1, 1]
    assert reliability(confident(0.5, np.nextafter(0.5, 1)), [0, 0], bins=2).count.tolist() == [1, 1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bins", [1, 5, 10, 17])
def test_reliability_is_that_of_scikit_learn(bins):
    from sklearn.calibration import calibration_curve

    probabilities, labels = committee(members=1, count=500, strengths=[2])
    found = reliability(probabilities[0], labels, bins)
    right, top = probabilities[0].argmax(axis=1) == labels, probabilities[0].max(axis=1)
    accuracy, confidence = calibration_curve(right, top, n_bins=bins)
    filled = found.count > 0
    np.testing.assert_allclose(found.accuracy[filled], accuracy)
    np.testing.assert_allclose(found.confidence[filled], confidence)
    assert len(found.count) == bins and found.count.sum() == 500
    share = found.count[filled] / 500 @ np.abs(accuracy - confidence)
    assert calibration_error(probabilities[0], labels, bins) == pytest.approx(share)


def test_soften_by_hand():
    np.testing.assert_allclose(soften([[0.8, 0.2]], 2), [[2 / 3, 1 / 3]])  # √0.8 : √0.2 = 2 : 1
    np.testing.assert_allclose(soften([[0.8, 0.2]], 0.5), [[16 / 17, 1 / 17]])
    np.testing.assert_allclose(soften(TWO, 1), TWO, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("degree", [0.001, 0.05, 0.7, 3, 20, 1000])
def test_no_temperature_changes_an_answer(degree):
    probabilities, _ = committee(seed=3)
    softened = soften(probabilities, degree)
    np.testing.assert_array_equal(softened.argmax(axis=2), probabilities.argmax(axis=2))
    np.testing.assert_allclose(softened.sum(axis=2), 1)


@pytest.mark.parametrize("degree", [0.3, 0.8, 1.0, 1.7, 6.0])
def test_temperature_is_where_the_log_loss_is_flat(degree):
    """At the best temperature the expected log-probability equals that of the truth, on average over the digits."""
    probabilities, labels = committee(members=1, count=300, strengths=[2], seed=5)
    distorted = soften(probabilities[0], degree)
    found = temperature(distorted, labels, caution=0)
    logs = np.log(np.maximum(distorted, 1e-7))
    expected = (soften(distorted, found) * logs).sum(axis=1).mean()
    assert expected == pytest.approx(logs[np.arange(300), labels].mean(), abs=1e-9)
    assert found * degree == pytest.approx(temperature(probabilities[0], labels, caution=0), rel=1e-4)
    best = log_loss(soften(distorted, found), labels)
    assert all(best <= log_loss(soften(distorted, other), labels) + 1e-12 for other in np.geomspace(0.05, 20, 200))


def test_temperature_by_hand():
    """Nine of ten right at a stated 0.99: the odds of 99 must become 9, and 99^(1/T) = 9."""
    said = np.tile([0.99, 0.01], (10, 1))
    found = temperature(said, [0] * 9 + [1], caution=0)
    assert found == pytest.approx(np.log(99) / np.log(9), rel=1e-5)
    np.testing.assert_allclose(soften(said, found)[0], [0.9, 0.1], rtol=1e-5)


def test_where_nothing_is_wrong_the_range_ends():
    assert temperature(confident(0.6, 0.7), [0, 0], caution=0) == 0.05
    assert temperature(confident(0.6, 0.7), [1, 1], caution=0) == 20


def test_one_imagined_digit_by_hand():
    """Eight of eight right at a stated 0.99, and one that is the runner-up's: of ten halves, nine to one."""
    said = np.tile([0.99, 0.01], (8, 1))
    assert temperature(said, [0] * 8) == pytest.approx(np.log(99) / np.log(9), rel=1e-5)


def test_the_imagined_digit_is_the_runner_ups():
    """Of three classes the likeliest wrong one gets the share, whichever is right."""
    said = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    truth = np.array([[0.75, 0.25, 0], [0.25, 0.75, 0]])  # caution 1 of 2 digits: a share of 1 / 4
    degrees = np.geomspace(0.05, 20, 20_001)
    dear = [-(truth * np.log(soften(said, degree))).sum() for degree in degrees]
    assert temperature(said, [0, 1]) == pytest.approx(degrees[np.argmin(dear)], rel=1e-3)


@pytest.mark.parametrize("caution", [-1, 3, np.nan, "1", True])
def test_caution_that_is_none(caution):
    with pytest.raises(ValueError, match=r"caution is .*; it must be a number from 0 to 2"):
        temperature(confident(0.6, 0.7), [0, 0], caution)


# -- a person among the members --------------------------------------------------------------------


def test_hardest_by_hand():
    opinions = np.array([[[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8]]])
    assert hardest(opinions, [1, 0, 0], 3).tolist() == [0, 2, 1]  # mean of the truth: 0.1, 0.7, 0.2
    assert hardest(opinions, [1, 0, 0], 1).tolist() == [0]
    with pytest.raises(ValueError, match="count is 4; it must be a whole number from 1 to 3"):
        hardest(opinions, [1, 0, 0], 4)


def test_a_person_joins():
    probabilities, labels = committee()
    you = as_member([7, 2], [5, 100], probabilities)
    assert you.shape == (120, 10)
    np.testing.assert_allclose(you[5], [0.1 / 9] * 7 + [0.9] + [0.1 / 9] * 2)
    np.testing.assert_allclose(as_member([7], [5], probabilities, confidence=1.0)[5], np.eye(10)[7])
    silent = np.delete(np.arange(120), [5, 100])
    np.testing.assert_allclose(you[silent], mean(probabilities)[silent])
    five = np.concatenate([probabilities, you[None]])
    np.testing.assert_allclose(mean(five)[silent], mean(probabilities)[silent])
    assert errors(mean(five, [0, 0, 0, 0, 1]), labels) == errors(you, labels)


def test_a_silent_person_changes_nothing_at_any_weight():
    probabilities, _ = committee()
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    you = as_member([], [], probabilities, weights=weights)
    np.testing.assert_allclose(you, mean(probabilities, weights))
    five = np.concatenate([probabilities, you[None]])
    np.testing.assert_allclose(mean(five, [*0.7 * weights, 0.3]), mean(probabilities, weights))


@pytest.mark.parametrize(
    ("answers", "rows", "confidence", "message"),
    [
        ([1], [0, 1], 0.9, "There is 1 answer for 2 rows; give"),
        ([1, 2], [0], 0.9, "There are 2 answers for 1 row; give"),
        ([1, 2], [4, 4], 0.9, "some of the rows occur twice"),
        ([10], [0], 0.9, "answers run from 0 to 9; these from 10 to 10"),
        ([1], [120], 0.9, "rows run from 0 to 119; these from 120 to 120"),
        ([1], [-1], 0.9, "rows run from 0 to 119; these from -1 to -1"),
        ([1], [0], 0.05, "confidence is 0.05; it must be a number from 0.1 to 1"),
        ([1], [0], 90, "confidence is 90"),
        ([1.5], [0], 0.9, "answers are whole numbers"),
        (["one"], [0], 0.9, "The answers are an array of numbers"),
    ],
)
def test_answers_that_cannot_be(answers, rows, confidence, message):
    with pytest.raises(ValueError, match=message):
        as_member(answers, rows, committee()[0], confidence)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.2, 1.2], r"Weights sum to 1; these sum to 2.4. Divide them by their sum: weights / weights.sum\(\)."),
        ([0.3, 0.3], "these sum to 0.6"),
        ([0, 0], "these sum to 0. Give at least one member a weight"),
        ([1.5, -0.5], r"from 0 to 1; got \[1.5, -0.5\]"),
        ([np.nan, 1], r"from 0 to 1; got \[nan, 1.0\]"),
        ([np.inf, 1], "from 0 to 1; got"),
        ([0.5, 0.3, 0.2], r"2 members need 2 weights, in an array \(2,\); got \(3,\)"),
        ([[0.5, 0.5]], r"got \(1, 2\)"),
        (["a", "b"], "weights are an array of numbers"),
        (1, r"got \(\)"),
    ],
)
@pytest.mark.parametrize("join", [vote, mean, mean_of_logits, lambda p, w: ambiguity(p, TRUTH, w)])
def test_weights_that_cannot_be(join, weights, message):
    with pytest.raises(ValueError, match=message):
        join(TWO, weights)


WITH_LABELS = [
    weights_by_accuracy, weights_by_error, weights_by_log_loss, stack, errors, brier, log_loss, ambiguity,
    error_correlation, lambda p, y: hardest(p, y, 1),
]  # fmt: skip
OF_ONE = [reliability, calibration_error, temperature]


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (TWO * 1.2, "between 0 and 1|sums to"),
        (TWO * 0.5, r"Each row of probabilities sums to 1; row \(0, 0\) sums to 0.5"),
        (TWO - 0.05, "between -0.05 and 0.75. Logits become probabilities by a softmax"),
        (np.where(TWO == 0.6, np.nan, TWO), "2 of 12 probabilities are NaN"),
        (TWO[..., :0], r"the shape .*; got \(2, 2, 0\)"),
        (np.ones((2, 2, 1)), r"two or more classes; got \(2, 2, 1\)"),
        (TWO[0, 0], r"the shape .*; got \(3,\)"),
        ([[[0.5, 0.5]], [[1.0]]], "rows of different lengths"),
        ("CNN", "probabilities are an array of numbers"),
    ],
)
@pytest.mark.parametrize("function", WITH_LABELS)
def test_probabilities_that_cannot_be(function, probabilities, message):
    with pytest.raises(ValueError, match=message):
        function(probabilities, TRUTH)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "labels run from 0 to 2; these from 0 to 3"),
        ([-1, 0], "labels run from 0 to 2; these from -1 to 0"),
        ([0, 1, 2], "There are 3 labels for the probabilities of 2 digits"),
        ([0], "There is 1 label for the probabilities of 2 digits"),
        ([], "0 labels for the probabilities of 2 digits"),
        (np.eye(3)[TRUTH], "labels are whole numbers.*argmax"),
        ([0.0, 2.0], "labels are whole numbers of shape"),
        (None, "labels are an array of numbers"),
    ],
)
@pytest.mark.parametrize("function", [*WITH_LABELS, *(lambda p, y, f=f: f(p[0], y) for f in OF_ONE)])
def test_labels_that_cannot_be(function, labels, message):
    with pytest.raises(ValueError, match=message):
        function(TWO, labels)


@pytest.mark.parametrize("function", OF_ONE)
def test_confidence_is_that_of_one_opinion(function):
    with pytest.raises(ValueError, match=r"the shape \(n, classes\).*got \(2, 2, 3\)"):
        function(TWO, TRUTH)


@pytest.mark.parametrize("join", [vote, mean, mean_of_logits])
def test_joining_takes_a_committee(join):
    with pytest.raises(ValueError, match=r"the shape \(members, n, classes\).*got \(2, 3\)"):
        join(TWO[0])


@pytest.mark.parametrize("degree", [0, -1, np.nan, "hot", True, None, 1 + 0j, np.complex128(1), np.complex64(1)])
def test_temperatures_that_cannot_be(degree):
    with pytest.raises(ValueError, match=r"temperature is .*; it must be a number from 0.001 to 1000"):
        soften(TWO, degree)


@pytest.mark.parametrize("bins", [0, 2.5, True, "ten", 1001, 10**9])
def test_bins_that_cannot_be(bins):
    for function in (reliability, calibration_error):
        with pytest.raises(ValueError, match=r"bins is .*; it must be a whole number from 1 to 1000"):
            function(TWO[0], TRUTH, bins)


@pytest.mark.parametrize("ridge", [-1, np.nan, np.inf, 1e7, "1", True, 1j])
def test_ridges_that_cannot_be(ridge):
    with pytest.raises(ValueError, match=r"ridge is .*; it must be a number from 0 to 1e\+06"):
        weights_by_log_loss(TWO, TRUTH, ridge)


def test_half_precision_is_named():
    rows = np.full((2, 1, 3), [0.3335, 0.3335, 0.3335], np.float16)
    with pytest.raises(ValueError, match=r"sums to 1.0\d+. float16 keeps three digits: take the softmax in float32."):
        mean(rows)
    with pytest.raises(ValueError, match=r"sums to 1.0\d+.$"):
        mean(rows.astype(float))


@pytest.mark.parametrize("join", [vote, mean, mean_of_logits])
def test_a_rounding_error_of_the_weights_is_divided_away(join):
    weights = np.array([0.25, 0.75])
    for nearly in (weights + 4e-7, weights - 4e-7, weights.astype(np.float32) * np.float32(1 + 5e-7)):
        np.testing.assert_allclose(join(TWO, nearly).sum(axis=1), 1, rtol=0, atol=1e-11)
    found = ambiguity(TWO, TRUTH, weights * (1 + 9e-7))
    assert found.members == pytest.approx(weights @ brier(TWO, TRUTH), rel=1e-12)


def test_all_that_is_public_has_a_docstring():
    assert all(getattr(ensemble, name).__doc__ for name in ensemble.__all__)


def test_the_module_stands_on_numpy_alone():
    code = (
        "import sys; from course_utils.recognition import ensemble;"
        "print({'scipy', 'sklearn', 'keras', 'matplotlib'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
