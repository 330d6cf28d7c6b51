"""What every lesson does first: seeds, quiet start-up, errors that are expected."""

import io
import logging
import os
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

__all__ = ["expect_error", "progress", "repository", "seed", "setup"]


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
    _show_figures_small()
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


def _show_figures_small() -> None:
    """Let notebooks keep a figure as PNG with 256 colours or, where that is large, as JPEG: a quarter of the size."""
    from IPython import get_ipython
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    if (shell := get_ipython()) is not None and pyplot.get_backend().endswith("inline"):
        pyplot.switch_backend(pyplot.get_backend())  # registers a formatter of its own, which would come last
        formatters = shell.display_formatter.formatters
        formatters["image/png"].for_type(Figure, _as_png)
        formatters["image/jpeg"].for_type(Figure, _as_jpeg)


LARGE_PNG = 64_000  # bytes


def _as_png(figure) -> bytes | None:
    png = _encode(_draw(figure).quantize(256, dither=0), format="PNG", optimize=True)
    return png if len(png) <= LARGE_PNG else None


def _as_jpeg(figure) -> bytes | None:
    return None if _as_png(figure) else _encode(_draw(figure), format="JPEG", quality=85, optimize=True)


def _draw(figure):
    from PIL import Image

    png = io.BytesIO()
    figure.savefig(png, format="png", bbox_inches="tight")
    return Image.open(png).convert("RGB")


def _encode(image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


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
    # TensorFlow takes several networks in a row for a mistake, and warns at length.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


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
    """Run code that is meant to fail; print the error's type, the telling words of its message and our sentence.

    `part` is those words: they stand in one line of the message (upper and lower case alike) and are printed as they
    stand there, with … where the line says more. The rest of it may differ between versions and backends. `say` comes
    on a second line; without it, the reader has the symptom alone.
    Errors: `ValueError` for an empty `part`; `AssertionError` when nothing fails; an error of another kind or message
    is raised as it is.
    """
    if not part.strip():
        raise ValueError(f"Give the telling words of the error's message as `part`; got {part!r}.")
    try:
        yield
    except kind as error:
        symptom = _symptom(str(error), part)
        if not symptom:
            raise
        print(f"✗ {type(error).__name__}, as expected: “{symptom}”")
        if say:
            print(f"  {say}")
    else:
        raise AssertionError(f"This code was expected to fail with {kind.__name__} ({part!r}), and it did not.")


def _symptom(message: str, part: str) -> str:
    """`part` as it stands in the message's first line that holds it; empty if none does."""
    for line in re.sub(r"\x1b\[[0-9;]*m", "", message).splitlines():  # Keras prints in bold
        if found := re.search(re.escape(part), line, re.IGNORECASE):
            before, after = line[: found.start()], line[found.end() :]
            return ("… " if before.strip() else "") + found.group() + (" …" if after.strip(" .") else "")
    return ""


def progress():
    """A Keras callback that counts on one line while a network trains, and ends in the same text on every machine.

    Use it as `model.fit(…, verbose=0, callbacks=[progress()])`.
    """
    import keras

    class Progress(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if self.params["epochs"] > 1:
                _overwrite(f"training: epoch {epoch + 1} of {self.params['epochs']}")

        def on_train_batch_end(self, batch, logs=None):
            steps = self.params["steps"]
            if self.params["epochs"] == 1 and (batch + 1) * 10 // steps > batch * 10 // steps:
                _overwrite(f"training: step {batch + 1} of {steps}")

        def on_train_end(self, logs=None):
            many = self.params["epochs"] > 1
            done = f"{self.params['epochs']} epochs" if many else f"{self.params['steps']} steps"
            _overwrite(f"trained: {done}")
            print()

    return Progress()


def _overwrite(text: str) -> None:
    """Replace the current line of output; `\r` is understood by JupyterLab, terminals and nbval."""
    print(f"\r{text:<40}", end="", flush=True)
