"""Generators without a network: what every report card is read beside. Taught in lesson 06, which opens with them.

    sample = gaussians(split.train)
    images = sample([3, 3, 8], seed=0)        # float32 (3, 8, 8, 1) in [0, 1]

Each is fitted to digits and returns a function `sample(labels, seed=0)`: one picture for each label asked for, the
same pictures for the same seed. Values beyond ink and paper are cut off at 1 and 0.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from course_utils.data.digits import Digits, Split
from course_utils.generation.inputs import as_labels
from course_utils.recognition.inputs import as_images

__all__ = [
    "BANDWIDTHS",
    "Sample",
    "bandwidth",
    "fit_all",
    "gaussians",
    "kernel_density",
    "mixtures",
    "noise",
    "pixel_marginals",
    "real",
]

Sample = Callable[..., np.ndarray]

SHAPE = (8, 8, 1)
PIXELS = 64
BANDWIDTHS = np.geomspace(0.04, 0.4, 41)
"""Standard deviations of a kernel, in units of ink, from which `bandwidth` chooses."""
COMPONENTS = 3  # Gaussians in a mixture, for each class


def fit_all(split: Split) -> dict[str, Sample]:
    """All anchors of a report card by their names, each fitted to the training digits of the split.

    "real train" and "real validation" are no generators: they hand out digits. The bandwidth of "kernel density" is
    chosen on the validation digits.
    """
    return {
        "real train": real(split.train),
        "real validation": real(split.validation),
        "kernel density": kernel_density(split.train, bandwidth(split.train, split.validation)),
        "Gaussian mixtures": mixtures(split.train),
        "Gaussians": gaussians(split.train),
        "pixel marginals": pixel_marginals(split.train),
        "noise": noise(),
    }


def real(digits: Digits) -> Sample:
    """The digits themselves, in random order, none twice before all of its class were drawn once."""

    def draw(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        rounds = -(-count // len(rows))
        return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:count]

    return _by_class({label: partial(draw, rows) for label, rows in _classes(digits).items()})


def kernel_density(digits: Digits, bandwidth: float) -> Sample:
    """A digit of the class drawn at random, and in each pixel Gaussian noise of the standard deviation `bandwidth`.

    That samples the kernel density estimate of each class (E. Parzen, 1962).
    Errors: `ValueError` also for a bandwidth that is no number above 0.
    """
    if not (isinstance(bandwidth, (int, float, np.number)) and 0 < bandwidth < np.inf):
        raise ValueError(f"A bandwidth is a number above 0, in units of ink, such as 0.1; got {bandwidth!r}.")

    def draw(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        return rows[rng.integers(len(rows), size=count)] + rng.normal(0, bandwidth, (count, PIXELS))

    return _by_class({label: partial(draw, rows) for label, rows in _classes(digits).items()})


def bandwidth(train: Digits, validation: Digits) -> float:
    """The bandwidth, of `BANDWIDTHS`, under which kernels on the digits `train` make `validation` likeliest.

    The likelihood is that of each validation digit under the kernels of its own class.
    """
    from scipy.spatial.distance import cdist
    from scipy.special import logsumexp

    known, asked = _classes(train), _classes(validation)
    squares = [cdist(rows, known[label], "sqeuclidean") for label, rows in asked.items()]

    def log_likelihood(width: float) -> float:
        logs = (logsumexp(-square / (2 * width**2), axis=1) - np.log(square.shape[1]) for square in squares)
        return sum(log.sum() for log in logs) - len(validation) * PIXELS * np.log(width)

    return float(max(BANDWIDTHS, key=log_likelihood))


def gaussians(digits: Digits) -> Sample:
    """One Gaussian a class: the mean picture, and how its pixels vary together."""

    def draw(mean: np.ndarray, root: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        return mean + rng.normal(size=(count, PIXELS)) @ root

    fitted = {label: (rows.mean(axis=0), _root(np.cov(rows.T))) for label, rows in _classes(digits, 2).items()}
    return _by_class({label: partial(draw, *parts) for label, parts in fitted.items()})


def mixtures(digits: Digits, components: int = COMPONENTS) -> Sample:
    """A mixture of Gaussians for each class, three if not given, as scikit-learn's `GaussianMixture` fits them.

    With 36 digits a Gaussian they keep to the digits' own directions. More regularisation makes validation digits
    likelier and the drawn ones blurred: on validation digits scikit-learn's own, 1e-6, came nearest of 1e-6 to 1e-2.
    Errors: `ValueError` also for fewer digits in a class than `components`.
    """
    from sklearn.mixture import GaussianMixture

    def draw(mixture, count: int, rng: np.random.Generator) -> np.ndarray:
        which = rng.choice(components, count, p=mixture.weights_)
        roots = np.stack([_root(covariance) for covariance in mixture.covariances_])
        return mixture.means_[which] + np.einsum("np,npq->nq", rng.normal(size=(count, PIXELS)), roots[which])

    known = _classes(digits, components)
    fitted = {label: GaussianMixture(components, random_state=0).fit(rows) for label, rows in known.items()}
    return _by_class({label: partial(draw, mixture) for label, mixture in fitted.items()})


def pixel_marginals(digits: Digits) -> Sample:
    """Every pixel by itself takes the value that it has in some digit of the class: right ink, no strokes."""

    def draw(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        return rows[rng.integers(len(rows), size=(count, PIXELS)), np.arange(PIXELS)]

    return _by_class({label: partial(draw, rows) for label, rows in _classes(digits).items()})


def noise() -> Sample:
    """Every pixel uniform between 0 and 1, whatever the label."""

    def draw(count: int, rng: np.random.Generator) -> np.ndarray:
        return rng.random((count, PIXELS))

    return _by_class({label: draw for label in range(10)})


# -- what they share -------------------------------------------------------------------------------


def _by_class(draws: dict[int, Callable]) -> Sample:
    """`sample(labels, seed=0)` out of a `draw(count, rng)` -> pixels (count, 64) for each class."""

    def sample(labels, seed: int = 0) -> np.ndarray:
        """Pictures float32 (n, 8, 8, 1) in [0, 1] for labels (n,). Errors: `ValueError` for other labels."""
        labels, rng = as_labels(labels), np.random.default_rng(seed)
        missing = sorted(set(labels.tolist()) - set(draws))
        if missing:
            raise ValueError(f"This generator was fitted to digits without these labels: {missing}.")
        pixels = np.empty((len(labels), PIXELS))
        for label in np.unique(labels):
            mine = labels == label
            pixels[mine] = draws[int(label)](int(mine.sum()), rng)
        return pixels.clip(0, 1).astype(np.float32).reshape(-1, *SHAPE)

    return sample


def _classes(digits: Digits, least: int = 1) -> dict[int, np.ndarray]:
    """The pixels float64 (n, 64) of each class among the digits, `least` digits or more in each."""
    if not isinstance(digits, Digits):
        raise ValueError(f"A generator is fitted to Digits, such as split.train; got {type(digits).__name__}.")
    rows = as_images(digits.images, SHAPE).reshape(-1, PIXELS).astype(np.float64)
    classes = {int(label): rows[digits.labels == label] for label in np.unique(digits.labels)}
    few = [label for label, mine in classes.items() if len(mine) < least]
    if few:
        raise ValueError(f"This generator needs {least} digits of each class or more; too few are there of {few}.")
    return classes


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric root of a covariance matrix (d, d), also of one that lacks directions."""
    variances, directions = np.linalg.eigh(covariance)
    return (directions * np.sqrt(variances.clip(0))) @ directions.T
