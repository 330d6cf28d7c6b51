"""Mean or weighted? What a committee gains by treating its members unequally. Lesson 05 tells the verdict.

    python benchmarks/mean_or_weighted.py               # half a minute, from data/trained/members.npz

Every way of joining is fitted to the validation digits of a split and measured on its test digits, beside the plain
mean of the same committee on the same digits. Twenty random splits give twenty differences for each way, in errors and
in log-loss (below zero: better than the mean), with two 95 % intervals of their mean:

- plain: Student's t over the splits, as if they were independent. They are not: all deal the same 1,797 digits.
- corrected: the variance of the mean times 1 + splits · test / train, for what they share (C. Nadeau, Y. Bengio,
  *Inference for the generalization error*, 2003). The verdict goes by this one.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from course_utils.recognition import ensemble, members, store
from course_utils.recognition.honest_scores import Interval, paired_interval

COMMITTEES = {
    "three equals": members.EQUALS,
    "strong five": members.STRONG,
    "all six": members.MEMBERS,
    "six and two weak ones": (*members.MEMBERS, *members.WEAK),
}
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
FOLDS = 5
TRAIN = 1078  # digits that every model of a random split learned from

Join = Callable[[np.ndarray], np.ndarray]
Way = Callable[[np.ndarray, np.ndarray], Join]


def main() -> None:
    argparse.ArgumentParser(
        description="The mean of a committee beside weighted means, over random splits."
    ).parse_args()
    stored = store.load("members")
    shuffles = [name for name in stored["splits"].tolist() if name.startswith("random")]
    with threadpool_limits(1):  # these sums are small: threads would wait for each other
        for title, names in COMMITTEES.items():
            print_committee(f"{title}: {', '.join(names)}", [members.read(stored, names, split) for split in shuffles])
            print_writers(members.read(stored, names))
        print_trap([members.read(stored, COMMITTEES["six and two weak ones"], split) for split in shuffles])


# -- ways of joining, each fitted to validation digits ---------------------------------------------


def weighted(weigh: Callable) -> Way:
    def fit(probabilities: np.ndarray, labels: np.ndarray) -> Join:
        weights = weigh(probabilities, labels)
        return lambda opinions: ensemble.mean(opinions, weights)

    return fit


def best_member(probabilities: np.ndarray, labels: np.ndarray) -> Join:
    best = ensemble.log_loss(probabilities, labels).argmin()
    return lambda opinions: opinions[best]


def with_temperature(probabilities: np.ndarray, labels: np.ndarray) -> Join:
    degree = ensemble.temperature(ensemble.mean(probabilities), labels)
    return lambda opinions: ensemble.soften(ensemble.mean(opinions), degree)


def by_ridge(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights by log-loss with the ridge that cross-validation within these digits prefers."""
    ridge = min(RIDGES, key=lambda ridge: cross_validated(probabilities, labels, ridge))
    return ensemble.weights_by_log_loss(probabilities, labels, ridge)


def cross_validated(probabilities: np.ndarray, labels: np.ndarray, ridge: float) -> float:
    """The log-loss on each fifth of the digits, by weights from the other four."""
    fold = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    losses = []
    for i in range(FOLDS):
        weights = ensemble.weights_by_log_loss(probabilities[:, fold != i], labels[fold != i], ridge)
        losses.append(ensemble.log_loss(ensemble.mean(probabilities[:, fold == i], weights), labels[fold == i]))
    return float(np.mean(losses))


MEAN = "plain mean"
WAYS: dict[str, Way] = {
    MEAN: lambda probabilities, labels: ensemble.mean,
    "best member": best_member,
    "vote": lambda probabilities, labels: ensemble.vote,
    "mean of logits": lambda probabilities, labels: ensemble.mean_of_logits,
    "mean, with temperature": with_temperature,
    "weights by accuracy": weighted(ensemble.weights_by_accuracy),
    "weights by 1 / error": weighted(ensemble.weights_by_error),
    "weights by log-loss": weighted(ensemble.weights_by_log_loss),
    "weights by log-loss, ridge": weighted(by_ridge),
    "stack": lambda probabilities, labels: ensemble.stack(probabilities, labels).predict,
}

# -- measuring -------------------------------------------------------------------------------------


class Score(NamedTuple):
    errors: float
    log_loss: float


def score(join: Join, opinions: members.Opinions) -> Score:
    joined = join(opinions.probabilities)
    return Score(*(float(measure(joined, opinions.labels)) for measure in (ensemble.errors, ensemble.log_loss)))


def score_all(splits: list[members.Parts]) -> dict[str, np.ndarray]:
    """For each way, errors and log-loss on the test digits of each split, (splits, 2)."""

    def fit_and_score(way: Way, parts: members.Parts) -> Score:
        return score(way(parts.validation.probabilities, parts.validation.labels), parts.test)

    return {name: np.array([fit_and_score(way, parts) for parts in splits]) for name, way in WAYS.items()}


class Difference(NamedTuple):
    """Paired differences over splits, below zero for a win: two 95 % intervals of their mean, and their signs."""

    plain: Interval
    corrected: Interval
    wins: int
    ties: int
    losses: int

    @property
    def verdict(self) -> str:
        if self.corrected.high < 0:
            return "better"
        return "worse" if self.corrected.low > 0 else "no difference shown"


def compare(differences: np.ndarray, test: int, train: int = TRAIN) -> Difference:
    """Of differences (splits,), below zero for a win, each measured on `test` digits after learning from `train`."""
    differences = np.where(np.abs(differences) < 1e-9, 0, differences)
    signs = (int(tally) for tally in ((differences < 0).sum(), (differences == 0).sum(), (differences > 0).sum()))
    return Difference(*(paired_interval(differences, size, train) for size in (0, test)), *signs)


# -- printing --------------------------------------------------------------------------------------

COLUMNS = {"errors": (0, 2), "log-loss": (1, 4)}  # which of a score, and decimals


def print_committee(title: str, splits: list[members.Parts]) -> None:
    scores, test = score_all(splits), len(splits[0].test.labels)
    print(f"\n{title}\n{len(splits)} random splits, {test} test digits each\n{'':28s}errors  log-loss")
    for name, values in scores.items():
        print(f"{name:28s}{values[:, 0].mean():6.2f}  {values[:, 1].mean():8.4f}")
    for column, (place, digits) in COLUMNS.items():
        print(f"{column}, less the mean's{'':9s}  difference   plain    corrected   wins/ties/losses")
        for name in (name for name in WAYS if name != MEAN):
            print_difference(name, compare(scores[name][:, place] - scores[MEAN][:, place], test), digits)


def print_difference(name: str, found: Difference, digits: int) -> None:
    mean = f"{found.plain.mean:+.{digits}f}"
    plain, corrected = (f"±{each.high - each.mean:.{digits}f}" for each in (found.plain, found.corrected))
    signs = f"{found.wins}/{found.ties}/{found.losses}"
    print(f"{name:28s}{mean:>12s}{plain:>9s}{corrected:>11s}   {signs:>10s}   {found.verdict}", flush=True)


def print_writers(parts: members.Parts) -> None:
    print(f"split by writer, {len(parts.test.labels)} test digits of three strangers: errors, log-loss")
    for name, values in score_all([parts]).items():
        print(f"{name:28s}{values[0, 0]:6.0f}  {values[0, 1]:8.4f}")


def print_trap(splits: list[members.Parts]) -> None:
    """What weights tuned on the test digits promise there, beside what weights tuned on validation digits keep."""
    test = len(splits[0].test.labels)
    tuned = weighted(ensemble.weights_by_log_loss)
    honest, flattered = (
        np.array([score(tuned(part.probabilities, part.labels), test_part) for part, test_part in pairs])
        for pairs in (splits, [(parts.test, parts.test) for parts in splits])
    )
    print(
        "\nthe trap: weights by log-loss, six and two weak ones, on the test digits\n" + " " * 28 + "errors  log-loss"
    )
    for name, values in (("tuned on validation digits", honest), ("tuned on the test digits", flattered)):
        print(f"{name:28s}{values[:, 0].mean():6.2f}  {values[:, 1].mean():8.4f}")
    for column, (place, digits) in COLUMNS.items():
        print_difference(f"flattery in {column}", compare((flattered - honest)[:, place], test), digits)


if __name__ == "__main__":
    main()
