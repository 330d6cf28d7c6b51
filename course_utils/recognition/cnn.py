"""A small convolutional network for 8 × 8 digits, and the recipe that trains it. Taught in lesson 02.

The recipe was chosen on validation writers; `benchmarks/unseen_writers.py` prints what it is worth on others.
"""

from course_utils.recognition import recipe, store
from course_utils.recognition.network import Network
from course_utils.recognition.recipe import augment, predict

__all__ = ["augment", "build", "load_trained", "predict", "train"]

NETWORKS = ("cnn", "cnn_plain")


def build():
    """The network, untrained: a `keras.Sequential` from images (n, 8, 8, 1) to probabilities (n, 10)."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((8, 8, 1)),
            *_convolution(32),
            *_convolution(32),
            layers.MaxPooling2D(),
            *_convolution(64),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(96, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _convolution(filters: int) -> list:
    from keras import layers

    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        # Keras's own momentum, 0.99, remembers hundreds of steps: too many where there are 640 in all.
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def train(train, validation=None, seed=0, augmented=True, epochs=40, network=build, callbacks=()):
    """Build the network and fit it to the digits `train`; return the `keras.Model`.

    Adam, its rate rising to 0.003 over the first tenth of the steps and falling to 0 along a cosine; batches
    of 64; targets smoothed by 0.05; the weights kept are an average over about the last fifth of the steps.
    The same seed on the same machine gives the same weights.

    validation: digits measured after every epoch, before averaging; see `model.history.history`.
    seed: fixes first weights, order, augmentation and dropout (it seeds Python, NumPy and Keras).
    augmented: whether every image is seen in a new variant in every epoch.
    network: a function that builds another network for the same recipe, ending in a softmax over ten classes.
    callbacks: Keras callbacks; they are called once an epoch and see the weights before averaging.
    Errors: `ValueError` for images that `as_images` refuses and for fewer than one epoch.
    """
    return recipe.train(train, network, validation, seed, augmented, epochs, callbacks)


def load_trained(name: str = "cnn") -> Network:
    """The network `name` as `course train` left it, in NumPy: `.predict(images)` -> probabilities (n, 10).

    name: `"cnn"`, the recipe, or `"cnn_plain"`, the same without augmentation.
    Errors: `ValueError` for another name, and those of `store.load`.
    """
    if name not in NETWORKS:
        raise ValueError(f"There is no trained network {name!r}; there are {' and '.join(map(repr, NETWORKS))}.")
    return Network(store.load(name))
