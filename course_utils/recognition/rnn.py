"""Recurrent networks for 8 × 8 digits: they read row after row, and all they keep is their state. Taught in lesson 04.

Three parts: a layer in NumPy (`run`); a reader that says after every row what it believes (`reader`, `Reader`); and
the score model (`build`, `load_trained`), which reads the maps of a small convolution in both directions before it
answers. All are trained by the recipe of lesson 02; what differs was chosen on validation writers, and
`benchmarks/rnn_beside_cnn.py` prints what it is worth on others.
"""

import numpy as np

from course_utils.recognition import recipe, store
from course_utils.recognition.cells import STEPS, run
from course_utils.recognition.inputs import as_images
from course_utils.recognition.network import FORWARD, Network
from course_utils.recognition.recipe import predict

__all__ = [
    "Reader",
    "build",
    "classifier",
    "columns",
    "influence",
    "load_reader",
    "load_trained",
    "predict",
    "reader",
    "reader_weights",
    "rows",
    "run",
    "shuffle_rows",
    "train",
]

SHAPE = (8, 8, 1)
FILTERS, UNITS = 16, 64  # of the score model; units in each direction
READER_EPOCHS = 80  # chosen on validation writers, and its 128 units: after 40 epochs it is still learning


# -- sequences -------------------------------------------------------------------------------------


def rows(images) -> np.ndarray:
    """Sequences float32 (n, 8, 8) of images (n, 8, 8, 1): step t is row t, from the top."""
    return as_images(images, SHAPE)[..., 0]


def columns(images) -> np.ndarray:
    """Sequences float32 (n, 8, 8) of images (n, 8, 8, 1): step t is column t, from the left."""
    return rows(images).swapaxes(1, 2)


def shuffle_rows(images, rng: np.random.Generator) -> np.ndarray:
    """Images (n, 8, 8, 1) with their rows in a new order, each image in its own."""
    images = as_images(images, SHAPE)
    orders = rng.permuted(np.tile(np.arange(8), (len(images), 1)), axis=1)
    return np.take_along_axis(images, orders[:, :, None, None], axis=1)


def influence(answer, sequences) -> np.ndarray:
    """How far each step moves `answer(sequences)`: the norm (n, steps) of its derivative by the numbers of that step.

    answer: a function, in NumPy, from sequences (n, steps, features) to n answers of any shape, such as
    `lambda s: run("simple", s, *weights)[:, -1]`, the last states. Each number is nudged up and down by 0.0001, in
    64-bit arithmetic; ratios below 1e-12 are rounding.
    """
    sequences = np.asarray(sequences, np.float64)
    count, steps, features = sequences.shape
    nudges = 1e-4 * np.eye(steps * features).reshape(-1, steps, features)
    up, down = (np.asarray(answer((sequences[:, None] + s * nudges).reshape(-1, steps, features))) for s in (1, -1))
    return np.linalg.norm(((up - down) / 2e-4).reshape(count, steps, -1), axis=2)


# -- the reader, which believes something after every row ------------------------------------------


class Reader:
    """A trained reader in NumPy: a GRU that goes down the rows, and a softmax that is asked after every row.

    arrays: `kernel` (8, 3 · units), `recurrent_kernel` (units, 3 · units), `bias` (2, 3 · units) of the GRU;
    `dense_kernel` (units, 10) and `dense_bias` (10,).
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        self.gru = [arrays[name] for name in ("kernel", "recurrent_kernel", "bias")]
        self.dense = [arrays[name] for name in ("dense_kernel", "dense_bias")]

    def states(self, images) -> np.ndarray:
        """What it remembers after each row, float32 (n, 8, units), for images (n, 8, 8, 1) in [0, 1]."""
        return run("gru", rows(images), *self.gru)

    def beliefs(self, images) -> np.ndarray:
        """What it believes after each row: probabilities float32 (n, 8, 10)."""
        return self.believe(self.states(images))

    def believe(self, states) -> np.ndarray:
        """What it believes in the states (…, units): probabilities (…, 10)."""
        return FORWARD["softmax"](FORWARD["dense"](np.asarray(states), *self.dense))

    def predict(self, images) -> np.ndarray:
        """What it believes after the last row: probabilities float32 (n, 10)."""
        return self.beliefs(images)[:, -1]

    def __repr__(self) -> str:
        count = sum(array.size for array in (*self.gru, *self.dense))
        return f"Reader of 8 rows with {len(self.gru[1])} units and {count:,} weights, in NumPy"


def reader_weights(model) -> dict[str, np.ndarray]:
    """The arrays of the `Reader` that computes what this model of `reader` computes."""
    names = "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias"
    return dict(zip(names, model.get_weights(), strict=True))


def load_reader() -> Reader:
    """The reader as `course train row_reader` left it."""
    return Reader(store.load("row_reader"))


# -- with Keras ------------------------------------------------------------------------------------


def classifier(cell: str = "gru", units: int = 64):
    """A small network, untrained: `cell`s go down the rows once, and a softmax sees the last state.

    cell: `"simple"`, `"lstm"` or `"gru"`. A `keras.Sequential` from images (n, 8, 8, 1) to probabilities (n, 10).
    """
    return _one_way(cell, units, every_row=False)


def reader(units: int = 128):
    """The reader, untrained: a `keras.Sequential` from images (n, 8, 8, 1) to probabilities (n, 8, 10), one each row.

    It goes down the rows only: a network that also goes upwards has seen row 8 before it believes in row 3.
    """
    return _one_way("gru", units, every_row=True)


def _one_way(cell: str, units: int, every_row: bool):
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input(SHAPE),
            layers.Reshape(SHAPE[:2]),
            _layer(cell, units, every_row),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _layer(cell: str, units: int, every_row: bool):
    from keras import layers

    if cell not in STEPS:
        raise ValueError(f"There is no cell {cell!r}; there are {', '.join(map(repr, STEPS))}.")
    if cell == "simple":
        return layers.SimpleRNN(units, return_sequences=every_row)
    # On NVIDIA's GPUs Keras would take kernels of another kind, and other results, than everywhere else.
    return (layers.LSTM if cell == "lstm" else layers.GRU)(units, return_sequences=every_row, use_cudnn=False)


def build():
    """The score model, untrained: a `keras.Sequential` from images (n, 8, 8, 1) to probabilities (n, 10).

    Sixteen small convolutions look at each pixel's neighbours; then a GRU goes down the rows of their maps and
    another goes up, and a dense layer sees what both knew at each row. The convolutions are what the rows cannot
    give: a recurrent network alone must learn a stroke anew for each column that it may stand in.
    """
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input(SHAPE),
            layers.Conv2D(FILTERS, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Reshape((8, 8 * FILTERS)),
            layers.Bidirectional(_layer("gru", UNITS, every_row=True)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(96, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(train, validation=None, seed=0, augmented=True, epochs=40, network=build, callbacks=()):
    """Build the network and fit it to the digits `train`; return the `keras.Model`.

    Arguments, errors and recipe are those of `cnn.train`. `network` may also be `classifier` or `reader`; a network
    that answers after every row is corrected after every row.
    """
    return recipe.train(train, network, validation, seed, augmented, epochs, callbacks)


def load_trained() -> Network:
    """The score model as `course train rnn` left it, in NumPy: `.predict(images)` -> probabilities (n, 10)."""
    return Network(store.load("rnn"))
