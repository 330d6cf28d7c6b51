"""A committee of models: how to join its members' opinions, and what that is worth. Taught in lesson 05.

Throughout, `probabilities` of a committee are (members, n, classes), of one opinion (n, classes), with rows that sum
to 1; `labels` are whole numbers (n,), the right answers; `weights` (members,) are at least 0 and sum to 1, all equal
if not given. A probability below 1e-7 counts as 1e-7 wherever its logarithm is taken. Results are float64.
Every function raises `ValueError` for arrays of another form.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

__all__ = [
    "Decomposition",
    "Reliability",
    "Stack",
    "ambiguity",
    "as_member",
    "brier",
    "calibration_error",
    "error_correlation",
    "errors",
    "hardest",
    "log_loss",
    "mean",
    "mean_of_logits",
    "reliability",
    "soften",
    "stack",
    "temperature",
    "vote",
    "weights_by_accuracy",
    "weights_by_error",
    "weights_by_log_loss",
]

FLOOR = 1e-7  # as in Keras: an impossible digit costs 16 nats, not infinitely many
STRONGEST = 1e6  # ridge; weights are equal long before
FINEST = 1000  # bins
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are searched
STACK_C = 0.1  # inverse strength of regularisation; by cross-validated log-loss on validation writers, from 0.001 to 1

# -- joining opinions ------------------------------------------------------------------------------


def vote(probabilities, weights=None) -> np.ndarray:
    """The share of (weighted) votes that each label gets, (n, classes); a member votes for its likeliest label.

    `argmax` of it is the elected label. A tie goes to the smallest of the tied labels, between members as within one:
    a vote has forgotten what else could decide. Shares are rounded to twelve decimals, so that 0.1 + 0.2 ties with 0.3.
    """
    probabilities = _committee(probabilities)
    votes = np.eye(probabilities.shape[2])[probabilities.argmax(axis=2)]
    return np.round(np.tensordot(_weights(weights, len(votes)), votes, axes=1), 12)


def mean(probabilities, weights=None) -> np.ndarray:
    """The (weighted) mean of the members' probabilities, (n, classes)."""
    probabilities = _committee(probabilities)
    return np.tensordot(_weights(weights, len(probabilities)), probabilities, axes=1)


def mean_of_logits(probabilities, weights=None) -> np.ndarray:
    """The softmax of the (weighted) mean of the members' log-probabilities, (n, classes): their geometric mean.

    One member that holds a label for impossible can all but rule it out, whatever the others say.
    """
    logs = _logs(_committee(probabilities))
    return _softmax(np.tensordot(_weights(weights, len(logs)), logs, axes=1))


# -- weights, from validation digits ---------------------------------------------------------------


def weights_by_accuracy(probabilities, labels) -> np.ndarray:
    """Weights (members,) in proportion to the members' accuracy on these digits."""
    probabilities, labels = _with_labels(_committee(probabilities), labels)
    right = len(labels) - errors(probabilities, labels)
    if not right.any():
        raise ValueError("No member reads any of these digits, so accuracy gives no weights; look at the labels.")
    return right / right.sum()


def weights_by_error(probabilities, labels) -> np.ndarray:
    """Weights (members,) in proportion to 1 / the number of errors; a member without error counts half a one."""
    strength = 1 / np.maximum(errors(_committee(probabilities), labels), 0.5)
    return strength / strength.sum()


def weights_by_log_loss(probabilities, labels, ridge: float = 0.0) -> np.ndarray:
    """The weights (members,) whose mean has the lowest log-loss on these digits, plus ridge · Σ (w − 1/members)².

    `ridge`, in nats, pulls towards equal weights: 0 lets the digits decide alone. The problem is convex; it is
    solved by SciPy's SLSQP, to within 1e-6 nats.
    Errors: `ValueError` also for a ridge that is no number from 0 to a million.
    """
    from scipy.optimize import minimize

    probabilities, labels = _with_labels(_committee(probabilities), labels)
    ridge = _number("ridge", ridge, 0, STRONGEST)
    of_truth = np.maximum(_of_truth(probabilities, labels), FLOOR)
    equal = np.full(len(of_truth), 1 / len(of_truth))

    def loss_and_slope(weights):
        share = weights @ of_truth
        loss = -np.log(share).mean() + ridge * ((weights - equal) ** 2).sum()
        return loss, -(of_truth / share).mean(axis=1) + 2 * ridge * (weights - equal)

    simplex = {"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like}
    how = {"method": "SLSQP", "bounds": [(0, 1)] * len(equal), "constraints": simplex, "tol": 1e-14}
    found = minimize(loss_and_slope, equal, jac=True, **how)
    weights = np.maximum(found.x, 0)
    return weights / weights.sum()


@dataclass(frozen=True)
class Stack:
    """A committee whose members' log-probabilities are read by one more model; `estimator` is scikit-learn's own."""

    members: int
    classes: int
    estimator: object = field(repr=False)

    def predict(self, probabilities) -> np.ndarray:
        """Probabilities (n, classes) from those of the same members in the same order, (members, n, classes)."""
        probabilities = _committee(probabilities)
        members, _, classes = probabilities.shape
        if (members, classes) != (self.members, self.classes):
            raise ValueError(
                f"This stack reads {self.members} members with {self.classes} classes; got {members} with {classes}."
            )
        return self.estimator.predict_proba(_side_by_side(probabilities))


def stack(probabilities, labels) -> Stack:
    """Fit a logistic regression from the members' log-probabilities to the labels of these digits.

    It has members · classes weights for each class, far more than a committee's mixture, so it is held short.
    Errors: `ValueError` also when a class is missing among the labels.
    """
    from sklearn.linear_model import LogisticRegression

    probabilities, labels = _with_labels(_committee(probabilities), labels)
    members, _, classes = probabilities.shape
    missing = sorted(set(range(classes)) - set(labels.tolist()))
    if missing:
        raise ValueError(f"A stack needs every label among its examples; missing: {missing}.")
    estimator = LogisticRegression(C=STACK_C, max_iter=10_000).fit(_side_by_side(probabilities), labels)
    return Stack(members, classes, estimator)


def _side_by_side(probabilities: np.ndarray) -> np.ndarray:
    """Log-probabilities (n, members · classes), for a model that reads tables."""
    return np.concatenate(_logs(probabilities), axis=1)


# -- scores: lower is better -----------------------------------------------------------------------


def errors(probabilities, labels):
    """How many digits get a wrong label: one count for (n, classes), (members,) for (members, n, classes)."""
    probabilities, labels = _with_labels(_one_or_many(probabilities), labels)
    return (probabilities.argmax(axis=-1) != labels).sum(axis=-1)


def brier(probabilities, labels):
    """The Brier score, from 0 to 2: the mean over digits of Σ over classes (probability − 1 if right, else 0)².

    One number for (n, classes), (members,) for (members, n, classes). G. Brier, *Verification of forecasts expressed
    in terms of probability* (1950); scikit-learn's `brier_score_loss(…, scale_by_half=False)`.
    """
    probabilities, labels = _with_labels(_one_or_many(probabilities), labels)
    return ((probabilities - _truth(probabilities, labels)) ** 2).sum(axis=-1).mean(axis=-1)


def log_loss(probabilities, labels):
    """The mean surprise, −log of the right label's probability, in nats.

    One number for (n, classes), (members,) for (members, n, classes).
    """
    probabilities, labels = _with_labels(_one_or_many(probabilities), labels)
    return -_logs(_of_truth(probabilities, labels)).mean(axis=-1)


# -- why joining helps -----------------------------------------------------------------------------


class Decomposition(NamedTuple):
    """Three Brier scores: `ensemble` = `members` − `ambiguity`, exactly."""

    ensemble: float
    members: float
    ambiguity: float


def ambiguity(probabilities, labels, weights=None) -> Decomposition:
    """The Brier score of the mean, the (weighted) mean of the members' Brier scores, and the gap between them.

    The gap is how far the members stand from their mean: Σ over members of weight · mean over digits of
    Σ over classes (member − mean)². No label enters it.
    A. Krogh and J. Vedelsby, *Neural network ensembles, cross validation, and active learning* (1995).
    """
    probabilities, labels = _with_labels(_committee(probabilities), labels)
    weights = _weights(weights, len(probabilities))
    joined = mean(probabilities, weights)
    spread = ((probabilities - joined) ** 2).sum(axis=2).mean(axis=1)
    each = brier(probabilities, labels)
    return Decomposition(float(brier(joined, labels)), float(weights @ each), float(weights @ spread))


def error_correlation(probabilities, labels) -> np.ndarray:
    """How alike the members err: correlations (members, members) of their errors, 1 for a wrong answer and 0 for right.

    1: they fail on the same digits; 0: one's error says nothing of the other's. A member that is right everywhere, or
    nowhere, has no correlation: its row and column are NaN, which Matplotlib leaves blank. One digit tells of none.
    Errors: `ValueError` also for fewer than two members.
    """
    probabilities, labels = _with_labels(_committee(probabilities, least=2), labels)
    wrong = (probabilities.argmax(axis=2) != labels).astype(float)
    if len(labels) == 1:  # NumPy would warn
        return np.full((len(wrong), len(wrong)), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.corrcoef(wrong)


# -- confidence ------------------------------------------------------------------------------------


class Reliability(NamedTuple):
    """For each bin, (bins,): mean `confidence` and `accuracy`, NaN where the bin is empty, and `count` of digits."""

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray


def reliability(probabilities, labels, bins: int = 10) -> Reliability:
    """Are the answers given with confidence 0.8 right in 80 of 100 cases? Digits sorted by their top probability.

    probabilities: (n, classes). `bins` of equal width from 0 to 1; a bin holds its upper edge, not its lower one.
    Errors: `ValueError` also when `bins` is no whole number from 1 to 1000.
    """
    probabilities, labels = _with_labels(_opinion(probabilities), labels)
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, _whole("bins", bins, 1, FINEST) + 1)
    places = np.searchsorted(edges[1:-1], top)
    count, confidences, rights = (np.bincount(places, weights, bins) for weights in (None, top, right))
    with np.errstate(invalid="ignore"):
        return Reliability(confidences / count, rights / count, count)


def calibration_error(probabilities, labels, bins: int = 10) -> float:
    """The expected calibration error, a share: |accuracy − confidence|, averaged over the digits' bins.

    C. Guo and others, *On calibration of modern neural networks* (2017), equation 3. Arguments as in `reliability`.
    """
    confidence, accuracy, count = reliability(probabilities, labels, bins)
    return float(np.nansum(np.abs(accuracy - confidence) * count) / count.sum())


def soften(probabilities, temperature: float) -> np.ndarray:
    """softmax(log p / temperature): above 1 more doubt, below 1 less; the likeliest label stays the likeliest.

    One opinion (n, classes) or a committee's (members, n, classes).
    Errors: `ValueError` also for a temperature that is no number from 0.001 to 1000.
    """
    return _softmax(_logs(_one_or_many(probabilities)) / _number("temperature", temperature, 1e-3, 1e3))


def temperature(probabilities, labels, caution: float = 1.0) -> float:
    """The temperature from 0.05 to 20 that gives `soften(probabilities, temperature)` its lowest log-loss.

    probabilities: (n, classes), of validation digits. `caution`: how many digits to imagine beside them whose right
    label is the runner-up of the answer. With 0 the n digits decide alone; are all of them read rightly, they can only
    say "colder", and the answer is the end of the range. J. Platt, *Probabilistic outputs for support vector machines*
    (1999), section 2.2, smooths his targets by as much: 1 / (n + 2).
    Errors: `ValueError` also for a caution that is no number from 0 to n.
    """
    from scipy.optimize import brentq

    probabilities, labels = _with_labels(_opinion(probabilities), labels)
    logs = _logs(probabilities)
    wanted = (_cautious(probabilities, labels, _number("caution", caution, 0, len(labels))) * logs).sum(axis=1).mean()

    def slope(coldness: float) -> float:
        """The log-loss's derivative by 1 / temperature. It rises throughout: the log-loss has one valley."""
        return (_softmax(logs * coldness) * logs).sum(axis=1).mean() - wanted

    if slope(1 / HOTTEST) >= 0:
        return HOTTEST
    if slope(1 / COLDEST) <= 0:
        return COLDEST
    return 1 / brentq(slope, 1 / HOTTEST, 1 / COLDEST, xtol=1e-12)


def _cautious(probabilities: np.ndarray, labels: np.ndarray, caution: float) -> np.ndarray:
    """The truth (n, classes), with a small share of it given to the likeliest of the wrong classes."""
    truth = _truth(probabilities, labels)
    rivals = np.where(truth > 0, -1, probabilities).argmax(axis=1)
    share = caution / (len(labels) + 2 * caution)
    return (1 - share) * truth + share * np.eye(truth.shape[1])[rivals]


# -- a person among the members --------------------------------------------------------------------


def hardest(probabilities, labels, count: int) -> np.ndarray:
    """The rows (count,) of the digits whose right label gets the lowest mean probability, the hardest first.

    Errors: `ValueError` also when `count` is no whole number from 1 to n.
    """
    probabilities, labels = _with_labels(_committee(probabilities), labels)
    of_truth = _of_truth(mean(probabilities), labels)
    return of_truth.argsort(kind="stable")[: _whole("count", count, 1, len(labels))]


def as_member(answers, rows, probabilities, confidence: float = 0.9, weights=None) -> np.ndarray:
    """A person's opinion, (n, classes), beside the committee `probabilities` (members, n, classes).

    answers: the labels (k,) the person read in the digits `rows` (k,). Each gets `confidence`; the other classes share
    the rest. On all other digits the person is silent and repeats the (weighted) mean of the committee.

        you = as_member(answers, rows, probabilities)
        six = np.concatenate([probabilities, you[None]])

    Errors: `ValueError` also for answers that are no labels, rows that are none or occur twice, answers and rows of
    different lengths, a confidence below 1 / classes or above 1.
    """
    probabilities = _committee(probabilities)
    _, count, classes = probabilities.shape
    answers, rows = _whole_numbers("answers", answers, classes), _whole_numbers("rows", rows, count)
    if len(answers) != len(rows):
        given = f"{_number_of(answers, 'answer')} for {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
        raise ValueError(f"{given}; give one answer for each row.")
    if len(set(rows.tolist())) < len(rows):
        raise ValueError("A digit has one answer, but some of the rows occur twice.")
    confidence = _number("confidence", confidence, 1 / classes, 1)
    opinion = mean(probabilities, weights)
    opinion[rows] = (1 - confidence) / (classes - 1)
    opinion[rows, answers] = confidence
    return opinion


# -- arithmetic ------------------------------------------------------------------------------------


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, FLOOR))


def _softmax(values: np.ndarray) -> np.ndarray:
    shares = np.exp(values - values.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def _truth(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """1 for the right class and 0 for the others, (n, classes)."""
    return np.eye(probabilities.shape[-1])[labels]


def _of_truth(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What stands at the right label, (n,) or (members, n)."""
    return values[..., np.arange(len(labels)), labels]


# -- what is accepted ------------------------------------------------------------------------------


def _committee(probabilities, least: int = 1) -> np.ndarray:
    probabilities = _checked(probabilities, (3,), "(members, n, classes)")
    if len(probabilities) < least:
        raise ValueError(f"This compares members; give at least {least}, got {len(probabilities)}.")
    return probabilities


def _opinion(probabilities) -> np.ndarray:
    return _checked(probabilities, (2,), "(n, classes)")


def _one_or_many(probabilities) -> np.ndarray:
    return _checked(probabilities, (2, 3), "(n, classes) or (members, n, classes)")


def _checked(probabilities, ranks: tuple[int, ...], wanted: str) -> np.ndarray:
    """Probabilities as float64, of one of the `ranks`, every row a distribution over two or more classes."""
    given = _numeric("probabilities", probabilities)
    array = given.astype(np.float64, copy=False)
    if array.ndim not in ranks or not array.size or array.shape[-1] < 2:
        raise ValueError(f"Probabilities have the shape {wanted}, with two or more classes; got {array.shape}.")
    if np.isnan(array).any():
        raise ValueError(f"{np.isnan(array).sum()} of {array.size} probabilities are NaN, not a number.")
    if array.min() < 0 or array.max() > 1 + 1e-4:
        raise ValueError(
            f"Probabilities lie between 0 and 1; these lie between {array.min():g} and {array.max():g}. "
            "Logits become probabilities by a softmax."
        )
    sums = array.sum(axis=-1)
    if (worst := np.abs(sums - 1)).max() > 1e-4:
        place = tuple(int(i) for i in np.unravel_index(worst.argmax(), sums.shape))
        coarse = " float16 keeps three digits: take the softmax in float32." if given.dtype == np.float16 else ""
        raise ValueError(f"Each row of probabilities sums to 1; row {place} sums to {sums[place]:g}.{coarse}")
    return array


def _with_labels(probabilities: np.ndarray, labels) -> tuple[np.ndarray, np.ndarray]:
    """The two, when each digit has one label and each label a class."""
    *_, count, classes = probabilities.shape
    labels = _whole_numbers("labels", labels, classes)
    if len(labels) != count:
        digits = "1 digit" if count == 1 else f"{count} digits"
        raise ValueError(f"{_number_of(labels, 'label')} for the probabilities of {digits}; give one for each.")
    return probabilities, labels


def _number_of(things, name: str) -> str:
    return f"There is 1 {name}" if len(things) == 1 else f"There are {len(things)} {name}s"


def _whole_numbers(name: str, values, end: int) -> np.ndarray:
    """Whole numbers (n,) from 0 to below `end`."""
    array = _numeric(name, values)
    if array.shape == (0,):
        return array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{name} are whole numbers of shape (n,); got {array.dtype} of shape {array.shape}. "
            "Rows of 0 and 1 become labels by argmax(axis=1)."
        )
    if array.min() < 0 or array.max() >= end:
        raise ValueError(f"{name} run from 0 to {end - 1}; these from {array.min()} to {array.max()}.")
    return array.astype(np.int64)


def _weights(weights, members: int) -> np.ndarray:
    """Weights (members,) as float64; their last rounding error is divided away, so that identities are exact."""
    if weights is None:
        return np.full(members, 1 / members)
    array = _numeric("weights", weights).astype(np.float64)
    if array.shape != (members,):
        raise ValueError(f"{members} members need {members} weights, in an array ({members},); got {array.shape}.")
    if not np.isfinite(array).all() or array.min() < 0:
        raise ValueError(f"Weights are numbers from 0 to 1; got {array.tolist()}.")
    total = array.sum()
    if abs(total - 1) > 1e-6:
        cure = "Divide them by their sum: weights / weights.sum()." if total else "Give at least one member a weight."
        raise ValueError(f"Weights sum to 1; these sum to {total:g}. {cure}")
    return array / total


def _numeric(name: str, values) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # lists of unequal lengths
        raise ValueError(f"The {name} have rows of different lengths; all must be equally long.") from None
    if array.dtype.kind not in "iuf":
        raise ValueError(f"The {name} are an array of numbers; got {type(values).__name__} of {array.dtype}.")
    return array


def _number(name: str, value, low: float, high: float) -> float:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; it must be a number from {low:g} to {high:g}.")
    return float(value)


def _whole(name: str, value, low: int, high: int) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from {low} to {high}.")
    return int(value)
