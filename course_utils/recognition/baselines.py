"""Three classical models behind one face: what a network has to beat. Taught in lesson 02.

    model = svm(split.train)
    model.predict(images)       # probabilities (n, 10)
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from course_utils.data.digits import Digits
from course_utils.recognition.inputs import as_images

__all__ = ["Baseline", "duels", "logistic", "nearest_neighbours", "svm"]

SVM_SLOPE = 8.0  # chosen on validation writers by the log-loss, from 1, 2, 4, 8, 16


@dataclass(frozen=True)
class Baseline:
    """A fitted model. `name` is for legends; `estimator` is scikit-learn's own, for whoever wants to look inside."""

    name: str
    estimator: object = field(repr=False)
    probabilities: Callable[[np.ndarray], np.ndarray] = field(repr=False)

    def predict(self, images) -> np.ndarray:
        """Probabilities float (n, 10) for images (n, 8, 8, 1) or (n, 8, 8) in [0, 1].

        Errors: `ValueError` for images of another shape or with pixels outside [0, 1].
        """
        return self.probabilities(_flat(images))


def svm(train) -> Baseline:
    """A support vector machine with scikit-learn's settings for these digits, fitted to the digits `train`.

    Its labels are those of `SVC.predict`. An SVC knows margins, not probabilities: here each of its 45 duels
    between two classes counts as a logistic function of its margin, and a class gets the product of its nine
    duels (how sure that is, was chosen on validation writers). Where the product would name another class than
    the SVC's count of won duels, the two change places.
    """
    from sklearn.svm import SVC

    # gamma = 0.001 in scikit-learn's example, for pixels up to 16: distances there are 16 times as long.
    estimator = SVC(gamma=0.001 * 16**2, decision_function_shape="ovo").fit(*_table(train))
    return Baseline("support vector machine", estimator, lambda rows: duels(estimator.decision_function(rows)))


def duels(margins: np.ndarray) -> np.ndarray:
    """Probabilities (n, 10) from the margins (n, 45) of all pairs of classes, positive for the first of the pair."""
    first, second = np.triu_indices(10, k=1)
    duels = np.zeros((len(margins), 10, 10))
    duels[:, first, second], duels[:, second, first] = margins, -margins
    scores, won = -np.logaddexp(0, -SVM_SLOPE * duels).sum(axis=2), (duels > 0).sum(axis=2)
    rows, named, winner = np.arange(len(scores)), scores.argmax(axis=1), won.argmax(axis=1)
    scores[rows, named], scores[rows, winner] = scores[rows, winner], scores[rows, named]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def nearest_neighbours(train, k: int = 3) -> Baseline:
    """The vote of the `k` digits of `train` nearest in Euclidean distance; probabilities are multiples of 1 / k.

    Errors: `ValueError` when `k` is no whole number from 1 to `len(train)`.
    """
    from sklearn.neighbors import KNeighborsClassifier

    rows, labels = _table(train)
    if k not in range(1, len(rows) + 1):
        raise ValueError(f"k is the number of neighbours that vote, from 1 to {len(rows)} here; got {k!r}.")
    # A tree stays on one thread; the default waits for all cores, 200 ms for a digit when one of them is busy.
    estimator = KNeighborsClassifier(k, algorithm="kd_tree").fit(rows, labels)
    return Baseline(f"{k} nearest neighbours", estimator, estimator.predict_proba)


def logistic(train) -> Baseline:
    """Logistic regression: a linear model, ten templates of 64 weights. Fitted to the digits `train`."""
    from sklearn.linear_model import LogisticRegression

    estimator = LogisticRegression(max_iter=1000).fit(*_table(train))
    return Baseline("logistic regression", estimator, estimator.predict_proba)


def _table(digits) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, 64) and labels (n,); all ten digits must be there, so that column k is the digit k."""
    if not isinstance(digits, Digits):
        raise ValueError(f"These models learn from Digits, such as digits.load().train; got {type(digits).__name__}.")
    missing = sorted(set(range(10)) - set(np.unique(digits.labels).tolist()))
    if missing:
        raise ValueError(f"These models need every digit among their examples; missing: {missing}.")
    return _flat(digits.images), digits.labels


def _flat(images) -> np.ndarray:
    images = as_images(images, (8, 8, 1))
    return images.reshape(len(images), 64)
