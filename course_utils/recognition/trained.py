"""What `course train` makes: the networks that lessons load, and what the explorations show of other trainings."""

from collections.abc import Callable
from importlib.metadata import version

import numpy as np

from course_utils.data import digits
from course_utils.recognition import cnn, honest_scores, members, rnn
from course_utils.recognition.network import weights_of
from course_utils.recognition.store import load, save
from course_utils.runtime import repository

__all__ = ["TRAININGS", "load", "made_with", "save"]

SEED = 0
EPOCHS = (*range(9), *range(10, 41, 2))  # of the checkpoints: 0 is before the first step


def _network(augmented: bool) -> dict[str, np.ndarray]:
    model = cnn.train(digits.load("by writer").train, seed=SEED, augmented=augmented)
    return weights_of(model) | made_with()


def _rnn() -> dict[str, np.ndarray]:
    return weights_of(rnn.train(digits.load("by writer").train, seed=SEED)) | made_with()


def _row_reader() -> dict[str, np.ndarray]:
    train = digits.load("by writer").train
    model = rnn.train(train, seed=SEED, network=rnn.reader, epochs=rnn.READER_EPOCHS)
    return rnn.reader_weights(model) | made_with()


def _history() -> dict[str, np.ndarray]:
    """Two training runs, watched: by the recipe, and (keys `plain_…`) by the same without augmentation.

    For each of 25 checkpoints, at `epochs` (25,): `kernels` (25, 3, 3, 32), the first layer's;
    `train_loss`, `train_accuracy`, `validation_loss`, `validation_accuracy` (25,), all measured on the
    images as they are, without dropout and smoothing; `probabilities` (25, 10, 10) for the ten validation
    digits `images` (10, 8, 8, 1) with `labels` (10,). Weights are those of the moment, before averaging.
    """
    split = digits.load("by writer")
    recipe, plain = (_watched(split, augmented) for augmented in (True, False))
    rows = _ten_digits(recipe["probabilities"], split.validation.labels)
    for run in (recipe, plain):
        run["probabilities"] = run["probabilities"][:, rows]
    shown = split.validation[rows]
    return {
        "epochs": np.array(EPOCHS),
        "images": shown.images,
        "labels": shown.labels,
        **recipe,
        **{f"plain_{key}": array for key, array in plain.items()},
        **made_with(),
    }


def _watched(split: digits.Split, augmented: bool) -> dict[str, np.ndarray]:
    """Train, and note at each checkpoint what `_history` describes; `probabilities` of all validation digits."""
    from keras.callbacks import LambdaCallback

    notes = []

    def note(epoch: int) -> None:
        if epoch in EPOCHS:
            notes.append(_state(watch.model, split))

    watch = LambdaCallback(on_train_begin=lambda logs: note(0), on_epoch_end=lambda epoch, logs: note(epoch + 1))
    cnn.train(split.train, seed=SEED, augmented=augmented, epochs=max(EPOCHS), callbacks=[watch])
    return {key: np.stack([state[key] for state in notes]) for key in notes[0]}


def _state(model, split: digits.Split) -> dict[str, np.ndarray]:
    state = {"kernels": model.layers[0].get_weights()[0][:, :, 0]}
    for name, part in (("train", split.train), ("validation", split.validation)):
        probabilities = cnn.predict(model, part.images)
        of_truth = probabilities[np.arange(len(part)), part.labels]
        state[f"{name}_loss"] = -np.log(np.maximum(of_truth, 1e-7)).mean()
        state[f"{name}_accuracy"] = (probabilities.argmax(axis=1) == part.labels).mean()
    return state | {"probabilities": probabilities}


def _ten_digits(probabilities: np.ndarray, labels: np.ndarray, hard: int = 3) -> np.ndarray:
    """One row of each class: the one learned last where that was hardest (`hard` classes), else a middling one."""
    confidence = probabilities[:, np.arange(len(labels)), labels].mean(axis=0)
    ranked = [np.flatnonzero(labels == label)[np.argsort(confidence[labels == label])] for label in range(10)]
    hardest = np.argsort([confidence[rows[0]] for rows in ranked])[:hard]
    return np.array([rows[0 if label in hardest else len(rows) // 2] for label, rows in enumerate(ranked)])


def made_with() -> dict[str, np.ndarray]:
    """The seed and the backend of a training, to be stored beside its arrays."""
    from keras.config import backend

    return {"seed": np.array(SEED), "backend": np.array(f"{backend()} {version(backend())}")}


TRAININGS: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "cnn": lambda: _network(augmented=True),
    "cnn_plain": lambda: _network(augmented=False),
    "cnn_history": _history,
    "rnn": _rnn,
    "row_reader": _row_reader,
    "honest_scores": lambda: honest_scores.measure(SEED) | made_with(),
    "members": lambda: members.measure(SEED, keep=repository() / "build" / "members") | made_with(),
}
