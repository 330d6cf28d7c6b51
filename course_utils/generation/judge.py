"""The judge of the report card: a CNN that knows the training digits, and says how two pictures differ. Lesson 06.

    judge = load_trained()                # of digits.load("random", 0)
    judge.features(images)                # float64 (n, 96)
    judge.probabilities(images)           # float64 (n, 10)

It is trained before any generator, by the recipe of lesson 02, on the training digits of one split, and keeps a
fingerprint of each of them: a judge that has seen a digit cannot say how well others reach it.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from course_utils.data.digits import Digits
from course_utils.recognition import cnn, store
from course_utils.recognition.inputs import as_images
from course_utils.recognition.network import FORWARD, Network, weights_of

__all__ = ["Judge", "from_weights", "load_trained", "train"]

SHAPE = (8, 8, 1)
OWN = ("center", "spread", "seen")  # what a judge stores beside its network


@dataclass(frozen=True, eq=False)
class Judge:
    """A trained network in two pieces, and whom it learned from.

    arrays: those of a `Network` whose last two layers are dense and softmax; `center` (d,) and `spread` (), the mean
    of the features of its training digits and the root of their total variance; `seen` uint64 (n,), their fingerprints.
    """

    arrays: dict[str, np.ndarray] = field(repr=False)

    def features(self, images) -> np.ndarray:
        """What the judge sees in images (n, 8, 8, 1) in [0, 1]: float64 (n, d), the numbers before its last layer.

        They are centred on the judge's own training digits and divided by one number, after which those digits'
        variances sum to 1: then a distance is a share of how far digits differ at all, and judges of other seeds
        measure on about the same scale. One number for all d: dividing each by its own spread would enlarge
        those that hardly ever move, and what moves them is noise.
        Errors: `ValueError` for images of another size or with pixels outside [0, 1].
        """
        return (self._last(images) - self.arrays["center"]) / self.arrays["spread"]

    def probabilities(self, images) -> np.ndarray:
        """What the judge reads: probabilities float64 (n, 10). Errors: as of `features`."""
        last = len(self.arrays["layers"]) - 2
        scores = self._last(images) @ self.arrays[f"{last}_kernel"] + self.arrays[f"{last}_bias"]
        return FORWARD["softmax"](scores)

    def seen(self, images) -> np.ndarray:
        """Which of the images (n, 8, 8, 1) it was trained on, to the last bit of every pixel: bool (n,)."""
        return np.isin(_fingerprints(images), self.arrays["seen"])

    def _last(self, images) -> np.ndarray:
        return _body(self.arrays).predict(images).astype(np.float64)

    def __repr__(self) -> str:
        return f"Judge with {len(self.arrays['center'])} features, trained on {len(self.arrays['seen']):,} digits"


def from_weights(weights: dict[str, np.ndarray], train: Digits) -> Judge:
    """A judge out of the arrays of a `Network` that was trained on the digits `train`.

    Errors: `ValueError` when it does not end in dense and softmax, or tells none of the digits from another.
    """
    ending = [str(name) for name in weights["layers"][-2:]]
    if ending != ["dense", "softmax"]:
        raise ValueError(f"A judge ends in the layers dense and softmax; this network in {' and '.join(ending)}.")
    if not isinstance(train, Digits):
        raise ValueError(f"A judge remembers the Digits it was trained on; got {type(train).__name__}.")
    last = _body(weights).predict(train.images).astype(np.float64)
    spread = np.sqrt(last.var(axis=0).sum())
    if not spread > 0:
        raise ValueError("This network sees the same in all its training digits, so it can judge nothing.")
    own = {"center": last.mean(axis=0), "spread": spread, "seen": np.sort(_fingerprints(train.images))}
    return Judge({name: weights[name] for name in _names(weights)} | own)


def train(train: Digits, seed: int = 0, **how) -> Judge:
    """Train a judge on the digits `train`; takes about ten seconds.

    how: further arguments of `cnn.train`, such as `epochs`. Errors: `ValueError` for what is no Digits, and those of
    `cnn.train`.
    """
    if not isinstance(train, Digits):
        raise ValueError(f"A judge learns from Digits, such as split.train; got {type(train).__name__}.")
    return from_weights(weights_of(cnn.train(train, seed=seed, **how)), train)


def load_trained() -> Judge:
    """The judge of the split `digits.load("random", 0)`, as `course train judge` left it."""
    arrays = store.load("judge")
    return Judge({name: arrays[name] for name in (*_names(arrays), *OWN)})


def _names(arrays: dict[str, np.ndarray]) -> list[str]:
    """The keys of a network's own arrays."""
    return ["input_shape", "layers", *(name for name in arrays if name[0].isdigit())]


def _body(arrays: dict[str, np.ndarray]) -> Network:
    """The network without its last layer, dense, and the softmax on it."""
    return Network(arrays | {"layers": arrays["layers"][:-2]})


def _fingerprints(images) -> np.ndarray:
    """The first 64 bits of the SHA-256 of every image's pixels, uint64 (n,)."""
    images = as_images(images, SHAPE)
    pixels = [image.astype("<f4").tobytes() for image in images]
    return np.array([int.from_bytes(hashlib.sha256(text).digest()[:8], "little") for text in pixels], np.uint64)
