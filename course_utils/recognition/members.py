"""What ten models answer to the same digits, so that lesson 05 can join them in any way without training one.

    validation, test = members.load()                   # the six of MEMBERS, split by writer
    validation.probabilities, validation.labels         # (6, 386, 10) and (386,)
    validation, test = members.load(members.EQUALS, "random 3")

Made by `course train members`: every model is fitted to the training digits of each of 21 splits, one by writer and
twenty random ones, and asked about validation and test digits.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits, Split
from course_utils.files import as_npz, write_whole
from course_utils.recognition import baselines, cnn, honest_scores, inputs, recipe, rnn, store
from course_utils.recognition.ensemble import FLOOR

__all__ = ["ALL", "EQUALS", "MEMBERS", "STRONG", "WEAK", "Opinions", "Parts", "load", "measure", "read"]

MEMBERS = ("CNN", "RNN", "SVM", "3 nearest neighbours", "MLP", "logistic regression")
STRONG = MEMBERS[:5]
EQUALS = ("CNN", "second CNN", "third CNN")  # one recipe, three seeds
WEAK = ("shallow tree", "naive Bayes")
ALL = (*MEMBERS, *EQUALS[1:], *WEAK)
SHUFFLES = 20  # random splits, by the seeds 0 to 19

Predict = Callable[[np.ndarray], np.ndarray]

# -- what was stored -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opinions:
    """What the members `names` say to some digits: `probabilities` float64 (members, n, 10).

    The digits' `images` float32 (n, 8, 8, 1) and `labels` int64 (n,); `rows` (n,): where they stand among all 1,797.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray = field(repr=False)
    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)


class Parts(NamedTuple):
    """The members' opinions on the digits to choose by, and on those to be measured on."""

    validation: Opinions
    test: Opinions


def load(names=MEMBERS, split: str = "by writer") -> Parts:
    """What the members `names`, of `ALL`, say to validation and test digits of a split.

    split: "by writer", or "random 0" to "random 19".
    Errors: `ValueError` for an unknown name or split, and those of `store.load`.
    """
    return read(store.load("members"), names, split)


def read(arrays: dict[str, np.ndarray], names=MEMBERS, split: str = "by writer") -> Parts:
    """The same, out of what `measure` returned. Probabilities are exact to about a thousandth of their logarithm."""
    known, splits = arrays["members"].tolist(), arrays["splits"].tolist()
    if not isinstance(names, (str, Sequence, np.ndarray)):
        raise ValueError(f"names is {names!r}; give one of {', '.join(map(repr, known))}, or several.")
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names or (unknown := [name for name in names if name not in known]):
        given = repr(unknown[0]) if names else "without a name"
        raise ValueError(f"There is no member {given}; there are {', '.join(map(repr, known))}.")
    if not isinstance(split, str) or split not in splits:
        raise ValueError(f"There is no split {split!r}; there are {splits[0]!r} to {splits[-1]!r}.")
    places, number = [known.index(name) for name in names], splits.index(split)
    parts = ((arrays[f"{number}_{part}"][places], arrays[f"{number}_{part}_rows"]) for part in Parts._fields)
    return Parts(*(_opinions(names, logs, rows) for logs, rows in parts))


def _opinions(names: tuple[str, ...], logs: np.ndarray, rows: np.ndarray) -> Opinions:
    everyone, shares = digits.load_all(), np.exp(logs.astype(np.float64))
    probabilities = shares / shares.sum(axis=2, keepdims=True)
    return Opinions(names, probabilities, everyone.images[rows], everyone.labels[rows], rows.astype(np.int64))


# -- making it -------------------------------------------------------------------------------------


def measure(seed: int, shuffles: int = SHUFFLES, epochs: int | None = None, keep: Path | None = None) -> dict:
    """Fit every model to every split; takes some twenty minutes on two cores, nearly all of them the networks'.

    `members` and `splits`: names. For the split i: `<i>_validation` and `<i>_test`, log-probabilities float16
    (members, n, 10), none below that of 1e-7; `<i>_validation_rows` and `<i>_test_rows`, int16 (n,), where the digits
    stand among all 1,797. Logarithms, since float16 has no number between 0.9995 and 1.

    seed: the first of the seeds; every network of every split has its own, the first CNN by writer has `seed`.
    shuffles: random splits. epochs: of the networks, their recipe's own if not given.
    keep: a folder of its own for finished splits. An interrupted call begun again, with the same arguments and the
    same code, goes on from there; a finished one removes the folder.
    """
    folder = None if keep is None else keep / _fingerprint(seed, epochs)
    arrays = {"members": np.array(ALL), "splits": np.array(["by writer", *(f"random {i}" for i in range(shuffles))])}
    for number in range(shuffles + 1):
        first = seed + len(EQUALS) * number
        of_split = _kept(folder, str(number), partial(_ask_all, number, first, epochs))
        arrays |= {f"{number}_{key}": array for key, array in of_split.items()}
    if folder is not None:
        shutil.rmtree(keep)
    return arrays


def _split(number: int) -> Split:
    return digits.load("random", seed=number - 1) if number else digits.load("by writer")


def _ask_all(number: int, seed: int, epochs: int | None) -> dict[str, np.ndarray]:
    """What every model says in the split `number`, and to which digits."""
    import keras

    keras.utils.clear_session()  # or the networks of all splits stay in memory
    split = _split(number)
    models = [_fit(name, split.train, seed, epochs) for name in ALL]
    arrays = {}
    for part in Parts._fields:
        asked = getattr(split, part)
        shares = np.stack([predict(asked.images) for predict in models]).astype(np.float64)
        arrays[part] = np.log(np.maximum(shares, FLOOR)).astype(np.float16)
        arrays[f"{part}_rows"] = honest_scores.rows_of(asked).astype(np.int16)
    return arrays


def _fit(name: str, train: Digits, seed: int, epochs: int | None) -> Predict:
    """The model of this name, fitted to `train`: a function from images to probabilities."""
    length = {} if epochs is None else {"epochs": epochs}
    if name in EQUALS:
        return partial(cnn.predict, cnn.train(train, seed=seed + EQUALS.index(name), **length))
    if name == "RNN":
        return partial(rnn.predict, rnn.train(train, seed=seed, **length))
    fits = {
        "SVM": baselines.svm,
        "3 nearest neighbours": baselines.nearest_neighbours,
        "logistic regression": baselines.logistic,
    }
    return fits[name](train).predict if name in fits else _fit_estimator(name, train, seed)


def _fit_estimator(name: str, train: Digits, seed: int) -> Predict:
    """One of scikit-learn's models that no other lesson needs."""
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neural_network import MLPClassifier
    from sklearn.tree import DecisionTreeClassifier
    from threadpoolctl import threadpool_limits

    estimator = {
        # On validation writers a strong pull to small weights reads as well as a weak one, in a sixth of the time.
        "MLP": MLPClassifier((96,), alpha=0.1, max_iter=2000, random_state=seed),
        "shallow tree": DecisionTreeClassifier(max_depth=5, random_state=seed),
        "naive Bayes": GaussianNB(),
    }[name]
    with threadpool_limits(1):  # the MLP's batches are small: two threads wait for each other six times as long
        estimator.fit(_table(train.images), train.labels)
    return lambda images: estimator.predict_proba(_table(images))


def _table(images: np.ndarray) -> np.ndarray:
    """Pixels (n, 64), in float64: in float32 the shares of naive Bayes miss their sum by thousandths."""
    return images.reshape(len(images), -1).astype(np.float64)


# -- going on after an interruption ----------------------------------------------------------------


def _kept(folder: Path | None, name: str, make: Callable[[], dict]) -> dict[str, np.ndarray]:
    """The arrays kept under this name or, where there are none, those that `make` makes, kept from now on."""
    if folder is None:
        return make()
    path = folder / f"{name}.npz"
    if not path.is_file():
        packed = as_npz(make())
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, packed)
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def _fingerprint(seed: int, epochs: int | None) -> str:
    """A word for all that decides what is measured: the arguments, the packages and the course's own code."""
    from keras.config import backend

    packages = [f"{package} {version(package)}" for package in (*store.PACKAGES, backend())]
    modules = (baselines, cnn, digits, inputs, recipe, rnn)
    sources = [Path(file).read_bytes() for file in (__file__, *(module.__file__ for module in modules))]
    return hashlib.sha256(b"\0".join([repr((seed, epochs, packages)).encode(), *sources])).hexdigest()[:16]
