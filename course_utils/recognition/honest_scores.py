"""Four models, measured in four ways on the same 1,797 digits. Lesson 03 asks which of the scores is honest.

Sixteen splits: ten random ones, scikit-learn's halves, and five rotations of the writers, in which each of the
fourteen is a stranger once. Every model is fitted to the training digits of every split and asked about all 1,797.
"""

from typing import NamedTuple

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits, Split
from course_utils.recognition import baselines, cnn

__all__ = [
    "MODELS",
    "SHUFFLES",
    "STRANGERS",
    "WRITERS",
    "Interval",
    "measure",
    "paired_interval",
    "rotation",
    "rows_of",
    "splits",
]

MODELS = ("logistic regression", "3 nearest neighbours", "SVM", "CNN")
SHUFFLES = 10  # random splits, by the seeds 0 to 9
STRANGERS = ((11, 12, 13), (8, 9, 10), (5, 6, 7), (2, 3, 4), (0, 1))  # whom each rotation leaves out
LEARNED_FROM = 8  # writers in each training set, as many as in digits.load("by writer")
WRITERS = 14


def rotation(number: int) -> Split:
    """A split by writer: the strangers `STRANGERS[number]` are the test set; 0 is `digits.load("by writer")`.

    The writers before them, in a circle, are the validation set; eight are left to learn from.
    Errors: `ValueError` for a number other than 0 to 4.
    """
    if number not in range(len(STRANGERS)):
        raise ValueError(f"There is no rotation {number!r}; they are numbered from 0 to {len(STRANGERS) - 1}.")
    everyone, strangers = digits.load_all(), STRANGERS[number]
    set_aside = WRITERS - LEARNED_FROM - len(strangers)
    before = [(strangers[0] - step) % WRITERS for step in range(1, set_aside + 1)]
    test, validation = np.isin(everyone.writers, strangers), np.isin(everyone.writers, before)
    return Split(everyone[~test & ~validation], everyone[validation], everyone[test])


def splits() -> tuple[Split, ...]:
    """The sixteen: random splits 0 to 9, the halves, rotations 0 to 4."""
    shuffled = (digits.load("random", seed=seed) for seed in range(SHUFFLES))
    return *shuffled, digits.load("halves"), *map(rotation, range(len(STRANGERS)))


def rows_of(some: Digits) -> np.ndarray:
    """Where these digits stand among all 1,797, int64 (n,). No two pictures are alike, so the picture tells."""
    places = {image.tobytes(): row for row, image in enumerate(digits.load_all().images)}
    return np.array([places[image.tobytes()] for image in some.images])


def measure(seed: int) -> dict[str, np.ndarray]:
    """Fit every model to every split; takes four minutes, nearly all of them the CNN's.

    `models` (4,): their names. `answers` int8 (4, 16, 1797): what each model, fitted to each split, reads in every
    digit. `parts` int8 (16, 1797): whether the split has the digit in training (0), validation (1) or test (2).
    `seed` fixes the CNN's training, the same in every split.
    """
    all_splits = splits()
    return {
        "models": np.array(MODELS),
        "answers": np.stack([[_answers(model, split.train, seed) for split in all_splits] for model in MODELS]),
        "parts": np.stack([_parts(split) for split in all_splits]),
    }


def _parts(split: Split) -> np.ndarray:
    parts = np.full(len(digits.load_all()), -1, np.int8)
    for number, part in enumerate(split):
        parts[rows_of(part)] = number
    return parts


def _answers(model: str, train: Digits, seed: int) -> np.ndarray:
    """What `model`, fitted to `train`, reads in all 1,797 digits, int8 (1797,)."""
    images = digits.load_all().images
    if model == "CNN":
        probabilities = cnn.predict(cnn.train(train, seed=seed), images)
    else:
        probabilities = _fit(model, train).predict(images)
    return probabilities.argmax(axis=1).astype(np.int8)


def _fit(model: str, train: Digits) -> baselines.Baseline:
    fits = {
        "logistic regression": baselines.logistic,
        "3 nearest neighbours": baselines.nearest_neighbours,
        "SVM": baselines.svm,
    }
    return fits[model](train)


# -- comparing two models over random splits -------------------------------------------------------


class Interval(NamedTuple):
    """A mean and the two ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def paired_interval(differences, test: int, train: int) -> Interval:
    """The mean of paired differences (splits,), one a random split, with its 95 % interval by Student's t.

    test, train: how many digits each split measures on and learns from. Random splits deal the same digits again and
    again, so that their scores are alike; the variance of the mean is therefore taken times 1 + splits · test / train.
    `test=0` leaves that out, as if the splits were independent.
    C. Nadeau and Y. Bengio, *Inference for the generalization error* (2003).
    Errors: `ValueError` for fewer than two differences, and for numbers of digits that cannot be.
    """
    from scipy.stats import t

    differences = np.asarray(differences, float)
    count = len(differences) if differences.ndim == 1 else 0
    if count < 2 or not np.isfinite(differences).all():
        raise ValueError(f"Give one finite difference for each of at least two splits; got {differences}.")
    if not _is_count(test, 0) or not _is_count(train, 1):
        raise ValueError(
            "A split learns from at least 1 digit and measures on a number of them; "
            f"got train={train!r} and test={test!r}."
        )
    reach = t.ppf(0.975, count - 1) * differences.std(ddof=1) * np.sqrt(1 / count + test / train)
    mean = differences.mean()
    return Interval(float(mean), float(mean - reach), float(mean + reach))


def _is_count(value, least: int) -> bool:
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and least <= value < np.inf
