"""A recurrent network that writes 8 × 8 digits, pixel after pixel, each with a probability. Taught in lesson 07.

    writer = load_trained()                                  # as `course train writer` left it, in NumPy
    images = writer.sample([3, 3, 8], seed=1)                # float32 (3, 8, 8, 1), three digits that nobody wrote
    bits_per_dimension(writer, test.images, test.labels)     # how surprised it is by digits that somebody did
    writer.classify(test.images)                             # and by Bayes' rule it reads them

A digit has 17 grey levels and a fixed order of pixels: row after row, from the left. The probability of a digit is the
product of the probabilities of its pixels, each given its class and the pixels before. One GRU goes down the rows; its
state starts a second one, which goes along the row. A small convolution shows both the three rows above.

After A. van den Oord and others, *Pixel Recurrent Neural Networks* (2016). Training shows warped digits too, and says
so to the network, which is never told so afterwards: H. Jun and others, *Distribution Augmentation* (2020).
The recipe was chosen on validation digits of random splits.
"""

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.generation.inputs import as_labels
from course_utils.recognition import recipe, store
from course_utils.recognition.cells import STEPS
from course_utils.recognition.inputs import as_images
from course_utils.recognition.network import FORWARD

__all__ = [
    "LEVELS",
    "NAMES",
    "Writer",
    "as_levels",
    "bits_of_pixels",
    "bits_per_dimension",
    "build",
    "code_lengths",
    "load_trained",
    "marginals",
    "predict",
    "stored",
    "temper",
    "train",
    "uniform",
    "warps",
    "weights_of",
]

SHAPE = (8, 8)
LEVELS = 17
"""Grey levels of a pixel: 0, paper, to 16, ink."""
CLASSES = 10
ROWS_ABOVE, WIDE = 3, 5  # the convolution's window
NAMES = {"writer": "random", "writer_unseen": "by writer"}
"""The trained writers, and the split of whose training digits each has learned."""
AT_ONCE = 512  # digits in one forward pass

EPOCHS, BATCH, LEARNING_RATE = 40, 64, 0.02
UNITS, PIXEL_UNITS, FILTERS, HIDDEN, DROPOUT = 192, 96, 32, 96, 0.2
VARIANTS, SHARE = 8, 0.5  # warped copies of each digit, and how often one is seen instead of it

# The layers with weights, by their names in Keras, and what the arrays of each are called.
GRU, DENSE = ("kernel", "recurrent_kernel", "bias"), ("kernel", "bias")
LAYERS = {"local": DENSE, "row": GRU, "place": DENSE, "start": DENSE, "pixel": GRU, "weigh": DENSE, "answer": DENSE}


# -- bits ------------------------------------------------------------------------------------------


def as_levels(images, shape: tuple[int, int] = SHAPE, levels: int = LEVELS) -> np.ndarray:
    """The grey levels, int64 (n, 8, 8) from 0 to 16, of images (n, 8, 8, 1) in [0, 1].

    Errors: `ValueError` for images of another shape and for pixels that are no sixteenths.
    """
    values = as_images(images, (*shape, 1))[..., 0] * (levels - 1)
    whole = np.round(values)
    if np.abs(values - whole).max() > 1e-3:
        worst = float(values.flat[np.abs(values - whole).argmax()]) / (levels - 1)
        raise ValueError(
            f"A writer knows {levels} grey levels, multiples of 1/{levels - 1}; here is a pixel of {worst:.4f}. "
            f"Round images by np.round(images * {levels - 1}) / {levels - 1}."
        )
    return whole.astype(np.int64)


def bits_of_pixels(logits, images) -> np.ndarray:
    """The surprise of each pixel in bits, float64 (n, 8, 8): −log₂ of the probability that its grey level was given.

    logits: (n, 8, 8, 17), unscaled log-probabilities. images: (n, 8, 8, 1), as many.
    Errors: `ValueError` for shapes that do not fit together, for NaN, and for probabilities instead of logits.
    """
    logits = _as_logits(logits)
    count, height, width, levels = logits.shape
    pixels = as_levels(images, (height, width), levels)
    if len(pixels) != count:
        raise ValueError(f"There are logits for {count} images, and {len(pixels)} images; give as many.")
    return -np.take_along_axis(_log_softmax(logits), pixels[..., None], axis=3)[..., 0] / np.log(2)


def code_lengths(logits, images) -> np.ndarray:
    """The bits that each image takes in the code of these probabilities, float64 (n,); see `bits_of_pixels`."""
    return bits_of_pixels(logits, images).sum(axis=(1, 2))


def bits_per_dimension(model_or_logits, images, labels=None) -> float:
    """The mean surprise of a pixel, in bits: logarithms to the base 2. Less is better; 17 equal chances cost 4.087.

    model_or_logits: a `Writer`, a Keras model of `build`, both of which need `labels` (n,), or logits (n, 8, 8, 17).
    Keras's loss is the same in nats, 0.693 times as many.
    Errors: `ValueError` for what does not fit together; see `bits_of_pixels`.
    """
    return float(bits_of_pixels(_logits_of(model_or_logits, images, labels), images).mean())


def _logits_of(model_or_logits, images, labels) -> np.ndarray:
    if not isinstance(model_or_logits, Writer) and not hasattr(model_or_logits, "get_weights"):
        return model_or_logits
    if labels is None:
        raise ValueError("A writer is asked for the digits of a class; give their labels too.")
    if isinstance(model_or_logits, Writer):
        return model_or_logits.logits(images, labels)
    return predict(model_or_logits, images, labels)


def _as_logits(logits) -> np.ndarray:
    array = np.asarray(logits, np.float64)
    if array.ndim != 4 or not array.size:
        raise ValueError(
            f"Logits have the shape (n, height, width, levels), here (n, 8, 8, {LEVELS}); got {array.shape}."
        )
    if np.isnan(array).any():
        raise ValueError(f"{np.isnan(array).sum()} of {array.size} logits are NaN, not a number.")
    if array.min() >= 0 and np.allclose(array.sum(axis=3), 1, atol=1e-4):
        raise ValueError("The values of every pixel add up to 1: these are probabilities. Give np.log of them.")
    return array


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def uniform(count: int, shape: tuple[int, int] = SHAPE, levels: int = LEVELS) -> np.ndarray:
    """Logits (count, 8, 8, 17) of who knows nothing: every grey level is as likely as any other."""
    return np.zeros((count, *shape, levels))


def marginals(train: Digits, by_class: bool = True, added: float = 0.2) -> np.ndarray:
    """Log-probabilities (10, 8, 8, 17): how often each pixel had each grey level in the digits of each class.

    `marginals(train)[labels]` are logits for digits of these labels. by_class: whether classes are told apart.
    added: to every count, so that a level never seen is not impossible; 0.2 was chosen on validation digits.
    Errors: `ValueError` unless every class is there and `added` is above 0.
    """
    if not added > 0:
        raise ValueError(f"added is {added!r}; it must be above 0, or what was never seen costs infinitely many bits.")
    missing = sorted(set(range(CLASSES)) - set(train.labels.tolist()))
    if missing:
        raise ValueError(f"There is no digit of class {missing[0]} to count; give training digits of all ten classes.")
    ones = np.eye(LEVELS)[as_levels(train.images)]
    counts = np.stack([ones[train.labels == label].sum(axis=0) for label in range(CLASSES)])
    counts = counts if by_class else np.broadcast_to(counts.sum(axis=0), counts.shape)
    return np.log((counts + added) / (counts.sum(axis=-1, keepdims=True) + LEVELS * added))


def temper(logits, temperature: float) -> np.ndarray:
    """Probabilities (…, levels) of logits (…, levels) at a temperature: 1 as learned, below bolder, above wilder.

    The logits are divided, and then comes the softmax: probabilities divided by a number would not change at all
    once they add up to 1 again. Errors: `ValueError` for a temperature that is not above 0.
    """
    _check_temperature(temperature)
    return FORWARD["softmax"](np.asarray(logits) / temperature)


def _check_temperature(temperature) -> None:
    if isinstance(temperature, bool) or not (isinstance(temperature, (int, float, np.number)) and temperature > 0):
        raise ValueError(
            f"A temperature is a number above 0, 1 for what was learned; got {temperature!r}. "
            "`greedy` writes what is likeliest everywhere."
        )
    if not np.isfinite(temperature):
        raise ValueError(f"A temperature is finite; got {temperature!r}. All levels are equally likely in `uniform`.")


# -- the writer in NumPy ---------------------------------------------------------------------------


class Writer:
    """A trained writer in NumPy.

    arrays: `shape` (3,), height, width and grey levels; and those of `weights_of`.
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        height, width, self.levels = (int(size) for size in arrays["shape"])
        self.shape = height, width
        self.weights = {
            name: [np.asarray(arrays[f"{name}_{part}"], np.float32) for part in parts] for name, parts in LAYERS.items()
        }

    # what it believes

    def logits(self, images, labels) -> np.ndarray:
        """Logits float32 (n, 8, 8, 17): for each pixel of each image, of its grey level given the pixels before it.

        images: (n, 8, 8, 1), sixteenths. labels: (n,), the class of which each is a digit.
        """
        levels = as_levels(images, self.shape, self.levels)
        labels = as_labels(labels, len(levels))
        parts = [slice(i, i + AT_ONCE) for i in range(0, len(levels), AT_ONCE)]
        return np.concatenate([self._read(levels[part], labels[part]) for part in parts])

    def next_pixel(self, image, label: int, row: int, column: int, temperature: float = 1.0) -> np.ndarray:
        """Probabilities (17,) of the pixel at `row` and `column`, from 0, given the pixels of `image` before it.

        image: (8, 8) or (8, 8, 1). The pixel itself and those after it are not read.
        """
        levels, label = self._one(image), _as_label(label)
        _check_place("row", row, self.shape[0] - 1)
        _check_place("column", column, self.shape[1] - 1)
        return temper(self._read(levels[None], np.array([label]))[0, row, column], temperature)

    def bits_by_class(self, images) -> np.ndarray:
        """The bits that each image takes as a digit of each class, float64 (n, 10)."""
        images = as_images(images, (*self.shape, 1))
        return np.stack(
            [code_lengths(self.logits(images, np.full(len(images), label)), images) for label in range(CLASSES)], axis=1
        )

    def classify(self, images) -> np.ndarray:
        """Probabilities float64 (n, 10) of the classes of images (n, 8, 8, 1), by Bayes' rule.

        Each class is equally likely before; a bit less for the image makes it twice as likely after.
        """
        return FORWARD["softmax"](-self.bits_by_class(images) * np.log(2))

    # what it writes

    def sample(self, labels, seed: int = 0, temperature: float = 1.0) -> np.ndarray:
        """Digits float32 (n, 8, 8, 1) of the labels (n,) asked for: each pixel is drawn as likely as it is believed.

        The same seed gives the same digits. Errors: `ValueError` for bad labels and temperatures.
        """
        labels = as_labels(labels)
        return self._write(labels, self._empty(len(labels)), 0, temperature, np.random.default_rng(seed))

    def complete(self, top_rows, label: int, row: int | None = None, temperature: float = 1.0, count: int = 12,
                 seed: int = 0) -> np.ndarray:  # fmt: skip
        """`count` digits float32 (count, 8, 8, 1) of the class `label` that begin with the first `row` of `top_rows`.

        top_rows: (rows, 8) or (rows, 8, 1), sixteenths, a whole digit too. row: how many are kept, from 0, which keeps
        nothing, to 8; all that are given, if left out.
        Errors: `ValueError` for rows of another width, for fewer than `row`, for a bad label, count or temperature.
        """
        begun = self._begun(top_rows)
        row = len(begun) if row is None else row
        _check_place("row", row, len(begun))
        if not _is_whole(count) or count < 1:
            raise ValueError(f"count is {count!r}; it must be a whole number from 1, the digits to write.")
        levels = self._empty(count)
        levels[:, :row] = begun[:row]
        labels = np.full(count, _as_label(label))
        return self._write(labels, levels, int(row), temperature, np.random.default_rng(seed))

    def greedy(self, labels) -> np.ndarray:
        """Digits float32 (n, 8, 8, 1) in which every pixel is the likeliest; two of one label are identical."""
        labels = as_labels(labels)
        return self._write(labels, self._empty(len(labels)), 0, None, None)

    def __repr__(self) -> str:
        count = sum(array.size for arrays in self.weights.values() for array in arrays)
        height, width = self.shape
        return f"Writer of {height} × {width} pixels with {self.levels} grey levels and {count:,} weights, in NumPy"

    # the network: a step down, and a step to the right

    def _down(self, state: np.ndarray, above: np.ndarray, condition: np.ndarray) -> tuple[np.ndarray, ...]:
        """The state of the row GRU when it has read one more row, and what follows for each pixel of the next.

        above: what the last three rows show, (n, 3, width, 4). Returns the state (n, units), the context of each pixel
        (n, width, 2 · filters), and the first state (n, pixel units) of the pixel GRU.
        """
        last = above[:, -1].reshape(len(above), -1)
        state = _step(np.concatenate([last, condition], axis=1), state, *self.weights["row"])
        margin = WIDE // 2
        framed = np.pad(above, ((0, 0), (0, 0), (margin, margin), (0, 0)))
        local = np.maximum(FORWARD["convolution"](framed, *self.weights["local"])[:, 0], 0)
        place = FORWARD["dense"](state, *self.weights["place"]).reshape(local.shape)
        start = np.tanh(FORWARD["dense"](state, *self.weights["start"]))
        return state, np.concatenate([local, place], axis=2), start

    def _right(self, state: np.ndarray, before: np.ndarray, context: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The state of the pixel GRU when it has read the pixel before, shown as (n, 4), and the logits of this one."""
        local, place = np.split(context, 2, axis=1)
        state = _step(np.concatenate([before, local + place], axis=1), state, *self.weights["pixel"])
        weighed = FORWARD["dense"](np.concatenate([state, context], axis=1), *self.weights["weigh"])
        return state, FORWARD["dense"](np.maximum(weighed, 0), *self.weights["answer"])

    def _rest(self, count: int) -> np.ndarray:
        return np.zeros((count, self.weights["row"][1].shape[0]), np.float32)

    def _read(self, levels: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The logits of whole digits: down the rows one by one, then along all rows at once."""
        (count, height, width), condition = levels.shape, _condition(labels)
        shown = np.pad(self._shown(levels), ((0, 0), (ROWS_ABOVE, 0), (0, 0), (0, 0)))
        state, contexts, starts = self._rest(count), [], []
        for row in range(height):
            state, context, start = self._down(state, shown[:, row : row + ROWS_ABOVE], condition)
            contexts.append(context)
            starts.append(start)
        rows = shown[:, ROWS_ABOVE:].reshape(count * height, width, -1)
        before = np.pad(rows, ((0, 0), (1, 0), (0, 0)))
        context, state = (np.stack(parts, axis=1).reshape(count * height, *parts[0].shape[1:]) for parts in
                          (contexts, starts))  # fmt: skip
        logits = []
        for column in range(width):
            state, answer = self._right(state, before[:, column], context[:, column])
            logits.append(answer)
        return np.stack(logits, axis=1).reshape(count, height, width, -1)

    def _write(self, labels: np.ndarray, levels: np.ndarray, row: int, temperature, rng) -> np.ndarray:
        """Fill `levels` from `row` on, and give them as images; without `rng` by what is likeliest."""
        if rng is not None:
            _check_temperature(temperature)
            # One number for every pixel, kept rows too: a completion of more rows goes on as that of fewer did.
            chances = rng.random(levels.shape, np.float32)
        (count, height, width), condition = levels.shape, _condition(labels)
        shown = np.zeros((count, ROWS_ABOVE + height, width + 1, 4), np.float32)  # a margin above and on the left
        shown[:, ROWS_ABOVE : ROWS_ABOVE + row, 1:] = self._shown(levels[:, :row])
        state = self._rest(count)
        for y in range(height):
            state, context, pixel_state = self._down(state, shown[:, y : y + ROWS_ABOVE, 1:], condition)
            for x in range(width if y >= row else 0):
                pixel_state, logits = self._right(pixel_state, shown[:, ROWS_ABOVE + y, x], context[:, x])
                chosen = logits.argmax(axis=1) if rng is None else _draw(temper(logits, temperature), chances[:, y, x])
                levels[:, y, x] = chosen
                shown[:, ROWS_ABOVE + y, x + 1] = self._shown(chosen)
        return (levels / (self.levels - 1)).astype(np.float32)[..., None]

    def _shown(self, levels: np.ndarray) -> np.ndarray:
        """How the network is shown pixels: (…, 4) float32, ink, whether there is none, whether full, and 1."""
        full = self.levels - 1
        return np.stack([levels / full, levels == 0, levels == full, np.ones_like(levels)], axis=-1).astype(np.float32)

    def _empty(self, count: int) -> np.ndarray:
        return np.zeros((count, *self.shape), np.int64)

    def _one(self, image) -> np.ndarray:
        """The grey levels (8, 8) of one image (8, 8) or (8, 8, 1)."""
        image = np.asarray(image)
        return as_levels((image if image.ndim == 2 else image[..., 0] if image.ndim == 3 else image)[None],
                         self.shape, self.levels)[0]  # fmt: skip

    def _begun(self, top_rows) -> np.ndarray:
        """The grey levels (rows, 8) of some first rows."""
        rows = np.asarray(top_rows)
        rows = rows[..., 0] if rows.ndim == 3 and rows.shape[2] == 1 else rows
        height, width = self.shape
        if rows.ndim != 2 or rows.shape[1] != width or len(rows) > height:
            raise ValueError(
                f"The rows to begin with have the shape (rows, {width}), at most {height} of them; got {rows.shape}."
            )
        return as_levels(rows[None], rows.shape, self.levels)[0] if len(rows) else rows.astype(np.int64)


def _step(given: np.ndarray, state: np.ndarray, kernel, recurrent_kernel, bias) -> np.ndarray:
    """One step of a GRU."""
    return STEPS["gru"](given @ kernel + bias[0], state, None, recurrent_kernel, bias[1])[0]


def _draw(probabilities: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """For each row of probabilities (n, levels) the level whose share the chance (n,) in [0, 1) falls into."""
    edges = np.cumsum(probabilities, axis=1)[:, :-1]  # beyond the last edge lies the last level, whatever was rounded
    return (edges <= chances[:, None]).sum(axis=1)


def _condition(labels: np.ndarray, warped=0.0) -> np.ndarray:
    """What the network is told first: the class, one-hot, and whether the digit was warped, float32 (n, 11)."""
    told = np.zeros((len(labels), CLASSES + 1), np.float32)
    told[np.arange(len(labels)), labels] = 1
    told[:, CLASSES] = warped
    return told


def _as_label(label) -> int:
    return int(as_labels([label])[0])


def _check_place(name: str, value, last: int) -> None:
    if not _is_whole(value) or not 0 <= value <= last:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from 0 to {last}.")


def _is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def load_trained(name: str = "writer") -> Writer:
    """A writer as `course train` left it: `"writer"` learned from a random split, `"writer_unseen"` from eight writers.

    Errors: `ValueError` for another name, and those of `store.load`.
    """
    if name not in NAMES:
        raise ValueError(f"There is no trained writer {name!r}; there are {' and '.join(map(repr, NAMES))}.")
    return Writer(store.load(name))


# -- with Keras ------------------------------------------------------------------------------------


def build(shape: tuple[int, int] = SHAPE, levels: int = LEVELS, units: int = UNITS, pixel_units: int = PIXEL_UNITS,
          filters: int = FILTERS, hidden: int = HIDDEN, dropout: float = DROPOUT):  # fmt: skip
    """The network, untrained: a `keras.Model` from [images (n, 8, 8, 1), told (n, 11)] to logits (n, 8, 8, 17).

    told: the class, one-hot, and whether the digit was warped. No logit depends on its own pixel or a later one.
    """
    from keras import Input, Model, layers, ops

    height, width = shape
    images, told = Input((*shape, 1)), Input((CLASSES + 1,))
    pixels = ops.concatenate(
        [images, *(ops.cast(test, images.dtype) for test in (images <= 0, images >= 1, images >= 0))], axis=-1
    )
    above, before = _row_above(pixels), _pixel_before(pixels)
    margin = ((ROWS_ABOVE - 1, 0), (WIDE // 2, WIDE // 2))
    local = layers.Conv2D(filters, (ROWS_ABOVE, WIDE), activation="relu", name="local")(
        layers.ZeroPadding2D(margin)(above)
    )

    def along(maps, features: int):
        """Each row a sequence of its own, (n · height, width, features)."""
        return ops.reshape(maps, (-1, width, features))

    rows = layers.Concatenate()([layers.Reshape((height, width * 4))(above), layers.RepeatVector(height)(told)])
    state = layers.Dropout(dropout)(_gru(units, "row")(rows))
    place = along(layers.Dense(width * filters, name="place")(state), filters)
    start = layers.Dense(pixel_units, activation="tanh", name="start")(state)
    local = along(local, filters)
    context = layers.Dropout(dropout / 2)(layers.Add()([local, place]))
    sequence = layers.Concatenate()([along(before, 4), context])
    states = _gru(pixel_units, "pixel")(sequence, initial_state=ops.reshape(start, (-1, pixel_units)))
    weighed = layers.Dense(hidden, activation="relu", name="weigh")(layers.Concatenate()([states, local, place]))
    logits = layers.Dense(levels, name="answer")(layers.Dropout(dropout)(weighed))
    return Model([images, told], ops.reshape(logits, (-1, height, width, levels)))


def _gru(units: int, name: str):
    from keras import layers

    return layers.GRU(units, return_sequences=True, use_cudnn=False, name=name)  # alike on every device


def _row_above(maps):
    """Maps moved down by one row: at each place stands what is above it, zeros in the first row."""
    from keras import layers

    return layers.Cropping2D(((0, 1), (0, 0)))(layers.ZeroPadding2D(((1, 0), (0, 0)))(maps))


def _pixel_before(maps):
    """Maps moved to the right by one column: at each place stands what is left of it, zeros in the first column."""
    from keras import layers

    return layers.Cropping2D(((0, 0), (0, 1)))(layers.ZeroPadding2D(((0, 0), (1, 0)))(maps))


def predict(model, images, labels) -> np.ndarray:
    """Logits float32 (n, 8, 8, 17) of a Keras model of `build`, for images (n, 8, 8, 1) as digits of labels (n,)."""
    import keras

    images = as_images(images, model.inputs[0].shape[1:])
    told = _condition(as_labels(labels, len(images)))
    return keras.ops.convert_to_numpy(model([images, told], training=False))


def weights_of(model) -> dict[str, np.ndarray]:
    """The arrays of the `Writer` that computes what this model of `build` computes."""
    arrays = {
        f"{name}_{part}": array
        for name, parts in LAYERS.items()
        for part, array in zip(parts, model.get_layer(name).get_weights(), strict=True)
    }
    return {"shape": np.array(model.output_shape[1:]), **arrays}


def train(train: Digits, seed: int = 0, epochs: int = EPOCHS, augmented: bool = True, network=build, callbacks=()):
    """Build the network and fit it to the digits `train`; return the `keras.Model`.

    The loss is the exact cost of the digits, in nats a pixel. Adam, its rate rising to 0.02 over the first tenth of
    the steps and falling to 0 along a cosine; batches of 64; gradients of at most norm 1; the weights kept are an
    average over about the last fifth of the steps. The same seed on the same machine gives the same weights.

    seed: fixes first weights, order, warps and dropout (it seeds Python, NumPy and Keras).
    augmented: whether every other digit that it sees is warped, by `warps`, and it is told so.
    callbacks: Keras callbacks; they are called once an epoch and see the weights before averaging.
    Errors: `ValueError` for pixels that are no sixteenths and for fewer than one epoch.
    """
    if not _is_whole(epochs) or epochs < 1:
        raise ValueError(f"Training takes at least one epoch; got epochs={epochs!r}.")
    import keras

    keras.utils.set_random_seed(seed)
    batch = min(BATCH, len(train))
    steps = len(train) // batch  # in an epoch
    images, told = _all_epochs(train, epochs, steps * batch, augmented, np.random.default_rng(seed))
    model = network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = recipe.optimizer(epochs * steps, LEARNING_RATE, global_clipnorm=1.0)
    model.compile(adam, loss, **recipe.at_once(steps))
    recipe.fit(model, [images, told], as_levels(images), epochs=epochs, steps_per_epoch=steps, callbacks=callbacks)
    return model


def _all_epochs(train: Digits, epochs: int, size: int, augmented: bool, rng) -> tuple[np.ndarray, np.ndarray]:
    """The images of all epochs in a row, `size` of each, in new order, and what the network is told of them."""
    rows = np.concatenate([rng.permutation(len(train))[:size] for _ in range(epochs)])
    images = as_images(train.images, (*SHAPE, 1))[rows]
    warped = (rng.random(len(rows)) < SHARE) & augmented
    if warped.any():
        variants = warps(train.images, min(VARIANTS, epochs), rng)
        images[warped] = variants[rng.integers(len(variants), size=warped.sum()), rows[warped]]
    return images, _condition(train.labels[rows], warped)


def warps(images, count: int, rng: np.random.Generator) -> np.ndarray:
    """Each digit as `count` other hands might have written it: (count, n, 8, 8, 1), in sixteenths again.

    Drawn at 32 × 32, warped there by `recipe.augment`, and its ink counted in 4 × 4 blocks as the digits' was.
    """
    drawings = np.stack([digits.bitmap(image)[..., None] for image in as_images(images, (*SHAPE, 1))])
    return np.stack([_counted(recipe.augment(drawings, rng)[..., 0] >= 0.5) for _ in range(count)])


def _counted(drawings: np.ndarray) -> np.ndarray:
    """Digits (n, 8, 8, 1) of drawings (n, 32, 32)."""
    blank = np.zeros((*SHAPE, 1), np.float32)
    return np.stack([digits.reduce(drawing, fit=False) if drawing.any() else blank for drawing in drawings])


def stored(seed: int = 0, name: str = "writer") -> dict[str, np.ndarray]:
    """The arrays of the writer `name` for `data/trained/<name>.npz`; `"writer"` learns from the random split `seed`."""
    if name not in NAMES:
        raise ValueError(f"There is no writer {name!r} to train; there are {' and '.join(map(repr, NAMES))}.")
    split = NAMES[name]
    learned = digits.load(split, seed if split == "random" else None).train
    return weights_of(train(learned, seed=seed))
