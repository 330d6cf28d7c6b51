"""How every network here is trained: images warped anew, a rate that rises and falls, weights averaged.

Taught in lesson 02 with the CNN, which it was chosen for; `cnn.train` describes it. Lesson 04 trains by it too.
"""

import numpy as np

from course_utils.recognition.inputs import as_images

__all__ = ["all_epochs", "augment", "compile", "fit", "optimizer", "predict", "train"]

BATCH = 64
LEARNING_RATE = 3e-3


def train(train, network, validation=None, seed=0, augmented=True, epochs=40, callbacks=()):
    """Build the model `network()` and fit it to the digits `train`; return the `keras.Model`.

    The arguments are those of `cnn.train`. A network that answers after every step of a sequence, with
    probabilities (n, steps, 10), is corrected after every step.
    """
    import keras

    if epochs < 1:
        raise ValueError(f"Training takes at least one epoch; got epochs={epochs}.")
    keras.utils.set_random_seed(seed)
    batch = min(BATCH, len(train))
    steps = len(train) // batch  # in an epoch
    images, targets = all_epochs(train, epochs, steps * batch, augmented, np.random.default_rng(seed))
    model = network()
    compile(model, epochs * steps, steps, metrics=None if validation is None else ["accuracy"])
    checked = None if validation is None else _for(model, *_arrays(validation))
    how = {"epochs": epochs, "steps_per_epoch": steps, "validation_data": checked, "callbacks": callbacks}
    fit(model, *_for(model, images, targets), **how)
    return model


def _for(model, images: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets (n, 10) become (n, steps, 10) for a model that answers after every step."""
    for steps in model.output_shape[1:-1]:
        targets = np.repeat(targets[:, None], steps, axis=1)
    return images, targets


def augment(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image as another hand might have written it; the label stays.

    Every image gets its own shift (up to 1 pixel), turn (12°), zoom (12 %), slant (0.12), gentle bending
    (0.3 pixels) and ink: `image ** power`, the power between e^-½ (a thick pen) and e^½ (a thin one).
    Images (n, height, width, 1) in [0, 1] in, as many out; paper beyond the edge is blank, 0.
    Bending after P. Simard and others, *Best Practices for Convolutional Neural Networks* (2003).
    """
    from scipy.ndimage import map_coordinates

    images = as_images(images)
    count, height, width, _ = images.shape

    def each(limit: float) -> np.ndarray:
        return rng.uniform(-limit, limit, (count, 1, 1)).astype(np.float32)

    # For each pixel of the new image, the place in the old one that it is read from.
    y, x = np.indices((height, width), dtype=np.float32)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    angle, zoom = np.deg2rad(each(12)), 1 + each(0.12)
    x = x + each(0.12) * y
    bend_y, bend_x = _bend(rng.normal(0, 0.3, (2, count, 3, 3)), height, width)
    from_y = (np.cos(angle) * y - np.sin(angle) * x) / zoom + each(1) + bend_y + (height - 1) / 2
    from_x = (np.sin(angle) * y + np.cos(angle) * x) / zoom + each(1) + bend_x + (width - 1) / 2

    image = np.broadcast_to(np.arange(count, dtype=np.float32)[:, None, None], from_y.shape)
    warped = map_coordinates(images[..., 0], [image, from_y, from_x], order=1, mode="grid-constant")
    return (warped ** np.exp(each(0.5)))[..., None]


def _bend(pushes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Spread pushes on a 3 × 3 grid (…, 3, 3) linearly over all pixels (…, height, width)."""

    def hats(size: int) -> np.ndarray:
        return np.maximum(0, 1 - np.abs(np.linspace(0, 2, size)[:, None] - np.arange(3))).astype(np.float32)

    return hats(height) @ pushes.astype(np.float32) @ hats(width).T


def compile(model, steps: int, steps_per_epoch: int, metrics=None) -> None:
    """Compile `model` for `steps` steps in all."""
    import keras

    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.05)
    model.compile(optimizer(steps), loss, metrics=metrics, **at_once(steps_per_epoch))


def at_once(steps: int) -> dict[str, int | bool]:
    """Arguments of `Model.compile` by which one call of the backend takes so many steps; PyTorch knows only one.

    Keras's own choice of compiling differs between CPU and GPU. TensorFlow's XLA is slow on CPUs; JAX needs it.
    """
    from keras.config import backend

    return {"steps_per_execution": 1 if backend() == "torch" else steps, "jit_compile": backend() == "jax"}


def fit(model, inputs, targets: np.ndarray, **how) -> None:
    """Run the prepared epochs in the order in which they lie, silently. inputs: one array or several."""
    batch = len(targets) // (how["epochs"] * how["steps_per_epoch"])
    model.fit(inputs, targets, batch_size=batch, shuffle=False, verbose=0, **how)
    # On JAX model and average now share memory, on which a second `fit` would fail: copy.
    model.set_weights(model.get_weights())


def _arrays(digits) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 8, 8, 1) and one-hot targets (n, 10)."""
    return as_images(digits.images, (8, 8, 1)), np.eye(10, dtype=np.float32)[digits.labels]


def all_epochs(digits, epochs: int, size: int, augmented: bool, rng) -> tuple[np.ndarray, np.ndarray]:
    """The images and targets of all epochs in a row, `size` of each, in new order and new variants.

    Preparing them at once costs half a second; `fit` then has nothing to do between steps but the steps.
    """
    images, targets = _arrays(digits)
    rows = np.concatenate([rng.permutation(len(images))[:size] for _ in range(epochs)])
    return augment(images[rows], rng) if augmented else images[rows], targets[rows]


def optimizer(steps: int, peak: float = LEARNING_RATE, **clipping):
    """Adam for a training of `steps` steps, with its rate's rise to `peak` and fall, and its average of the weights."""
    from keras.optimizers import Adam
    from keras.optimizers.schedules import CosineDecay

    warm_up = steps // 10
    rate = CosineDecay(0.0, steps - warm_up, warmup_target=peak, warmup_steps=warm_up)
    # An average that forgets in a fifth of the steps, however many: a fixed 0.995 keeps a tenth
    # of the random first weights when there are few.
    return Adam(rate, use_ema=True, ema_momentum=max(0.0, 1 - 5 / steps), **clipping)


def predict(model, images) -> np.ndarray:
    """Probabilities float32 (n, 10) of a Keras model that ends in a softmax, for images (n, 8, 8, 1).

    One call on one batch: `model.predict` takes a hundred times as long for a handful of images.
    """
    import keras

    return keras.ops.convert_to_numpy(model(as_images(images), training=False))
