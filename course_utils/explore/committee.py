"""A committee of three models that read the same 8 × 8 picture, and what each of them learned from.

members = course()                        # SVM, 3 nearest neighbours, CNN, fitted to the course's training writers
members = learn(your_digits)              # the first two fitted to your digits as well
members.predict(image)                    # probabilities (3, 10)
members.nearest(image)                    # the five training digits nearest to it
members = measure(members)                # .scores: what each reads of strangers' digits, before and with yours
"""

from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.recognition import baselines, cnn
from course_utils.recognition.inputs import as_images

__all__ = ["CNN", "MODEL_NAMES", "NEIGHBOURS", "SVM", "Committee", "Scores", "course", "learn", "measure"]

MODEL_NAMES = ("SVM", "3 nearest neighbours", "CNN")
SVM, NEIGHBOURS, CNN = range(3)
VOTERS = 3


@dataclass(frozen=True)
class Scores:
    """How many of `total` strangers' digits each of MODEL_NAMES reads, without any of yours, and now."""

    before: tuple[int, ...]
    now: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Committee:
    """Fitted models, each with `.predict(images)`. `scores` are measured only when they are asked for.

    For one image, `predict` gives what the three `models` give, to 1e-6, without what scikit-learn does around a sum.
    """

    train: Digits
    yours: Digits
    models: tuple = field(repr=False)
    scores: Scores | None = None

    def predict(self, image: np.ndarray) -> np.ndarray:
        """Probabilities (3, 10), a row for each of MODEL_NAMES, for an image (8, 8, 1).

        Where the third and the fourth neighbour are equally near, the one that `nearest` names first votes. Errors:
        `ValueError` for an image of another shape or with pixels outside [0, 1].
        """
        images = as_images(image[None], (8, 8, 1))
        votes = np.bincount(self.known.labels[self._nearest_rows(image)[0][:VOTERS]], minlength=10)
        return np.stack([self._svm(images), votes / VOTERS, self.models[CNN].predict(images)[0]])

    def nearest(self, image: np.ndarray, count: int = 5) -> tuple[Digits, np.ndarray]:
        """The training digits nearest to an image (8, 8, 1), the nearest first, and their distances (count,)."""
        rows, distances = self._nearest_rows(image)
        return self.known[rows[:count]], distances[rows[:count]]

    @cached_property
    def known(self) -> Digits:
        """What SVM and neighbours learned: the training digits, then yours."""
        return digits.join(self.train, self.yours)

    def _nearest_rows(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of `known`, the nearest first, equally near ones in their order; and the distance of each row."""
        squared = _squared_distances(_flat(self.known.images), image)
        return squared.argsort(kind="stable"), np.sqrt(squared)

    def _svm(self, images: np.ndarray) -> np.ndarray:
        """The SVM's probabilities (10,) for images (1, 8, 8, 1)."""
        estimator = self.models[SVM].estimator
        likeness = np.exp(-estimator.gamma * _squared_distances(estimator.support_vectors_, images))
        return baselines.duels((likeness @ self._duel_weights + estimator.intercept_)[None])[0]

    @cached_property
    def _duel_weights(self) -> np.ndarray:
        """The weight of each support vector in each duel of two classes, (m, 45); 0 where it belongs to neither.

        scikit-learn keeps nine weights for a vector, one for each rival of its class, in the order of the rivals.
        """
        estimator = self.models[SVM].estimator
        first, second = np.triu_indices(10, k=1)
        owner = np.repeat(np.arange(10), estimator.n_support_)[:, None]
        of_first, of_second = estimator.dual_coef_[second - 1].T, estimator.dual_coef_[first].T
        return np.where(owner == first, of_first, 0) + np.where(owner == second, of_second, 0)

    def learned(self, model: int) -> tuple[str, str]:
        """Whose handwriting one of MODEL_NAMES learned, and whether yours: two phrases."""
        people = f"{len(np.unique(self.train.writers))} people’s {len(self.train):,} digits"
        if model == CNN:
            return f"{people}, augmented", "not yours: it needs 10 s to retrain"
        return people, f"and {len(self.yours)} of yours" if len(self.yours) else "and none of yours"


@cache
def course() -> Committee:
    """The committee as the course made it: fitted to the training writers of `digits.load("by writer")`."""
    train = digits.load("by writer").train
    models = baselines.svm(train), baselines.nearest_neighbours(train, VOTERS), cnn.load_trained("cnn")
    return Committee(train, train[:0], models)


def learn(yours: Digits) -> Committee:
    """The committee with SVM and neighbours fitted to `yours` too; the CNN stays."""
    base = course()
    if not len(yours):
        return base
    known = digits.join(base.train, yours)
    models = baselines.svm(known), baselines.nearest_neighbours(known, VOTERS), base.models[CNN]
    return Committee(base.train, yours, models)


def measure(committee: Committee) -> Committee:
    """The committee with its scores on 5,000 digits by strangers. The first call takes some six seconds."""
    before, total = _scores_without()
    now = (*_rivals_right(committee), before[CNN]) if len(committee.yours) else before
    return replace(committee, scores=Scores(before, now, total))


@cache
def _scores_without() -> tuple[tuple[int, ...], int]:
    """How many strangers' digits the course's committee reads, of how many."""
    strangers = _strangers()
    network = course().models[CNN].predict(strangers.reduced).argmax(axis=1)
    return (*_rivals_right(course()), int((network == strangers.labels).sum())), len(strangers.labels)


def _rivals_right(committee: Committee) -> tuple[int, int]:
    """How many strangers' digits SVM and neighbours read."""
    strangers = _strangers()
    rows, known = _flat(strangers.reduced), committee.known
    answers = committee.models[SVM].estimator.predict(rows), vote(rows, _flat(known.images), known.labels)
    svm, neighbours = (int((each == strangers.labels).sum()) for each in answers)
    return svm, neighbours


def vote(rows: np.ndarray, known: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What the three nearest of `known` (m, 64) say to each of `rows` (n, 64): labels (n,), a tie goes to the smallest.

    One matrix product for all distances: a tree would take seconds for thousands of rows.
    """
    farther = (known**2).sum(axis=1) - 2 * rows @ known.T  # the squared distance but for what all of a row share
    voters = labels[np.argpartition(farther, VOTERS, axis=1)[:, :VOTERS]]
    return (voters[:, :, None] == np.arange(10)).sum(axis=1).argmax(axis=1)


def _strangers():
    from course_utils.data import mnist

    return mnist.load()


def _squared_distances(rows: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The squared distance (n,) of each of `rows` (n, 64) to an image of 64 pixels; for sixteenths it is exact."""
    differences = rows - image.reshape(64)
    return np.einsum("ij,ij->i", differences, differences)


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)
