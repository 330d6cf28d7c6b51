"""What every lesson does first: seeds, quiet start-up, errors that are expected."""

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

__all__ = ["expect_error", "repository", "seed", "setup"]


def repository() -> Path:
    """The folder that holds `notebooks/`, `course_utils/` and `data/`."""
    return Path(__file__).resolve().parent.parent


def seed() -> int:
    """The seed of this run: `COURSE_SEED` from the environment, else 0.

    Errors: `ValueError` when `COURSE_SEED` is not a whole number from 0 to 2**32 − 1.
    """
    text = os.environ.get("COURSE_SEED", "0")
    if not text.isdecimal() or int(text) >= 2**32:
        raise ValueError(f"COURSE_SEED is {text!r}; it must be a whole number from 0 to 4294967295.")
    return int(text)


def setup(keras: bool = False) -> None:
    """Seed Python and NumPy and set the look of the figures; with `keras=True` ready Keras too.

    Keras then starts without a line of log, seeded, in 32-bit arithmetic that is the same
    on every device, and takes GPU memory only as it needs it. The first call takes about ten seconds.
    """
    random.seed(seed())
    np.random.seed(seed())
    _style_figures()
    if keras:
        _ready_keras()


def _style_figures() -> None:
    import matplotlib

    matplotlib.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
        }
    )


def _ready_keras() -> None:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with _silent_stderr():
        import keras

        keras.utils.set_random_seed(seed())
        keras.ops.add(1.0, 1.0)  # the first operation starts the device, and its log


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere: TensorFlow's C++ code logs there, past `sys.stderr`."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


@contextmanager
def expect_error(kind: type[Exception], part: str, say: str = "") -> Iterator[None]:
    """Run code that is meant to fail; print the error's type and one sentence of ours.

    `part` must occur in the error's message (upper and lower case alike).
    Errors: `AssertionError` when nothing fails; an error of another kind or message is raised as it is.
    """
    try:
        yield
    except kind as error:
        if part.lower() not in str(error).lower():
            raise
        print(f"✗ {type(error).__name__}, as expected. {say or f'Its message speaks of “{part}”.'}")
    else:
        raise AssertionError(f"This code was expected to fail with {kind.__name__} ({part!r}), and it did not.")
