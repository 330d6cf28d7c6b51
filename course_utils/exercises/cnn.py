"""Exercises of lesson 02, Digits CNN."""

import copy
import itertools
import re
import sys

import numpy as np

from course_utils.exercises.engine import FINE, Exercise
from course_utils.exercises.running import Outcome, call
from course_utils.exercises.words import RAISED, a, as_array, no_array, too_narrow

__all__ = ["augment", "loss", "small_network", "softmax"]


# --- softmax ---------------------------------------------------------------------------------------------


def my_probabilities(logits):
    """Turn each row of `logits` (n, classes) into shares: all positive, each row sums to one.

    It must also work for logits like 1000.
    """
    raise NotImplementedError


def softmax_by_rows(logits):
    """Taking the row's largest logit away changes no share, and keeps `np.exp` within what a float holds."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_by_loop(logits):
    """One row after the other, in 32-bit floats."""
    probabilities = np.zeros(logits.shape, dtype=np.float32)
    for i, row in enumerate(logits):
        powers = np.exp(row - max(row))
        probabilities[i] = powers / sum(powers)
    return probabilities


def softmax_by_scipy(logits):
    """SciPy's own, told which axis holds the classes."""
    from scipy.special import softmax

    return softmax(logits, axis=1)


def softmax_by_logarithm(logits):
    """exp(logit − log of the sum of all exp), where SciPy takes care of large logits."""
    from scipy.special import logsumexp

    return np.exp(logits - logsumexp(logits, axis=1, keepdims=True))


def softmax_twice(logits):
    """Your answer applies softmax twice. The order of the classes stays, so it trains and nothing warns you; but the
    second softmax gets numbers between 0 and 1, and the shares flatten: with ten classes none can rise above
    0.24. A network that ends in softmax with a loss that expects logits does just this.
    """
    for _ in range(2):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits = powers / powers.sum(axis=1, keepdims=True)
    return logits


def shares_across_images(logits):
    """Your columns sum to one: you share out among the images what belongs to the classes of one image. A row is one
    image, so sum along it: `axis=1`, with `keepdims=True`. Check with `probabilities.sum(axis=1)`.
    """
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def shares_of_everything(logits):
    """Your answer shares one whole among all images at once: without an axis, `sum()` adds up the entire array. Each
    image has a whole of its own: `sum(axis=1, keepdims=True)`. With a single row you cannot tell; try two.
    """
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def overflows(logits):
    """Your shares are right until the logits grow: `np.exp(1000)` is more than a float holds, it becomes ∞, and ∞ / ∞
    is no number (NaN). Take the largest logit of each row away first; all shares stay the same, because
    numerator and denominator shrink alike.
    """
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def one_maximum_for_all(logits):
    """Your answer takes the largest logit of the whole batch away from every row. A row that lies far below it
    becomes `np.exp(-1000)`, which is 0, and 0 / 0 is no number (NaN). Give each row its own:
    `logits.max(axis=1, keepdims=True)`.
    """
    powers = np.exp(logits - logits.max())
    return powers / powers.sum(axis=1, keepdims=True)


def takes_something_else_away(logits):
    """Your answer takes a number away from each row, but not the row's largest: its mean, its smallest or its first,
    say. Then the largest stays above zero, and on `[[0, 2000, 0]]` `np.exp` makes it ∞, and ∞ / ∞ is no number
    (NaN). After `logits - logits.max(axis=1, keepdims=True)` no logit is above 0.
    """
    powers = np.exp(logits - logits.mean(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sums_lose_their_axis(logits):
    """Your answer takes one number from each row, by `max` or `sum`, and gets them lying side by side, shape (n,),
    like a row; NumPy then lines them up with the columns. That raises an error, or with as many rows as columns
    goes wrong in silence. `keepdims=True` keeps them below each other, shape (n, 1).
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1)


def divides_the_scores(logits):
    """Your answer divides the logits by their sum. Logits may be negative, and their sum may be 0, so that makes no
    shares: try `[[1, -1]]`. `np.exp` makes every logit positive first, and keeps their order.
    """
    return logits / logits.sum(axis=1, keepdims=True)


def shares_each_alone(logits):
    """Your answer squeezes each logit alone between 0 and 1 (a sigmoid). Rows then need not sum to one: each class is
    asked “is it you?” without hearing the others. Divide by the sum over the row, so that one class can gain
    only what others lose.
    """
    return 1 / (1 + np.exp(-logits))


def winner_takes_all(logits):
    """Your answer gives everything to the largest logit. That is the decision (`argmax`), not the shares: 5.1 against
    5.0 is nearly a tie and should look like one.
    """
    return (logits == logits.max(axis=1, keepdims=True)).astype(float)


def _some_logits():
    rng = np.random.default_rng(3)
    return [
        (np.array([[1.0, -1.0]]),),
        (np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 0.0]]),),
        # All large logits in one input: who overflows there and has another misconception still gets its sentence.
        (np.array([[1000.0, 999.0, 1001.0], [-1000.0, -1001.0, -999.0], [0.0, 1.0, 0.0], [0.0, 2000.0, 0.0]]),),
        (np.array([[3, 1, 0], [0, 2, 2]]),),
        (rng.normal(0, 3, (4, 10)).round(1).astype(np.float32),),
        (rng.normal(0, 3, (3, 3)).round(1),),
    ]


softmax = Exercise(
    "cnn.softmax",
    my_probabilities,
    right=[softmax_by_rows, softmax_by_loop, softmax_by_scipy, softmax_by_logarithm],
    wrong=[
        softmax_twice,
        shares_across_images,
        shares_of_everything,
        overflows,
        one_maximum_for_all,
        takes_something_else_away,
        sums_lose_their_axis,
        divides_the_scores,
        shares_each_alone,
        winner_takes_all,
    ],
    cases=_some_logits,
    situation="on {logits} logits",
    hints=[
        "Shares need positive numbers: `np.exp` makes every number positive and keeps the order.",
        "Divide by the sum of the row. `axis=1` runs along a row, `keepdims=True` keeps the sums as a column, so "
        "that the division lines up.",
        "For large logits use `np.exp(logits - logits.max(axis=1, keepdims=True))`.",
    ],
    insight="Only differences between logits count: add 100 to a whole row, and its shares stay.",
)


# --- loss ------------------------------------------------------------------------------------------------


def my_cross_entropy(probabilities, labels):
    """Mean surprise: minus the natural logarithm of the truth's share, averaged over images.

    `probabilities` (n, classes), each row sums to one; `labels` (n,) are whole numbers.
    Return one number.
    """
    raise NotImplementedError


def surprise_by_index(probabilities, labels):
    """Row i, column labels[i]: two lists of indices pick one number from each row."""
    return -np.log(probabilities[np.arange(len(labels)), labels]).mean()


def surprise_by_loop(probabilities, labels):
    """One image after the other."""
    import math

    surprises = [-math.log(row[label]) for row, label in zip(probabilities, labels, strict=True)]
    return sum(surprises) / len(surprises)


def surprise_by_take_along_axis(probabilities, labels):
    """The labels as a column of indices."""
    shares = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return np.mean(-np.log(shares))


def surprise_by_one_hot(probabilities, labels):
    """Each label as a vector with a single 1, which picks the share; the logarithm comes after the sum."""
    one_hot = np.eye(probabilities.shape[1])[labels]
    return -np.log((one_hot * probabilities).sum(axis=1)).mean()


def label_as_vector(probabilities, labels):
    """Your answer multiplies by the label's number, as if label 3 meant three times as much as label 1. A label is a
    name, not an amount and not a vector. Categorical cross-entropy multiplies by a vector with a single 1; with
    whole-number labels, pick instead: `probabilities[i, labels[i]]`. (In Keras that is the *sparse* loss.)
    """
    return -(labels[:, None] * np.log(probabilities)).sum(axis=1).mean()


def weighs_by_the_label(probabilities, labels):
    """You pick the right share, and then multiply its surprise by the label's number: zeros cost nothing and nines
    count ninefold. A label is a name; all images weigh the same.
    """
    surprises = -np.log(probabilities[np.arange(len(labels)), labels])
    return (labels * surprises).mean()


def every_row_with_every_label(probabilities, labels):
    """Your answer takes every label from every row, an n × n table, as `probabilities[:, labels]` does. One number from
    each row is wanted: give the rows too, `probabilities[np.arange(len(labels)), labels]`, and look at the shape
    of both.
    """
    return -np.log(probabilities[:, labels]).mean()


def picks_rows(probabilities, labels):
    """Your answer picks whole rows: the first index of an array counts rows, and `probabilities[labels]` is the row of
    image 3 for label 3. The label counts columns, and each image has its own row:
    `probabilities[np.arange(len(labels)), labels]`.
    """
    return -np.log(probabilities[labels]).mean()


def surprise_at_the_favourite(probabilities, labels):
    """Your answer looks at the largest share of each row and never at the label: it measures how sure the network is,
    not whether it is right. A network that is surely wrong should pay most.
    """
    return -np.log(probabilities.max(axis=1)).mean()


def surprise_in_bits(probabilities, labels):
    """Your answer uses the logarithm to base 2 and so counts surprise in bits: all values are 1.44 times too large.
    Keras, and this lesson, use the natural logarithm, `np.log`.
    """
    return -np.log2(probabilities[np.arange(len(labels)), labels]).mean()


def surprise_in_tens(probabilities, labels):
    """Your answer uses the logarithm to base 10: all values are 2.3 times too small. In NumPy the natural logarithm is
    called `np.log`.
    """
    return -np.log10(probabilities[np.arange(len(labels)), labels]).mean()


def adds_instead_of_averaging(probabilities, labels):
    """Your answer adds the surprises up: twice as many images would cost twice as much. The mean lets batches of
    different size be compared.
    """
    return -np.log(probabilities[np.arange(len(labels)), labels]).sum()


def averages_over_classes(probabilities, labels):
    """Your answer divides by images × classes. A row has one true class and so one surprise; the zeros of the one-hot
    vector are no surprises. Add up along each row first, then take the mean over the images.
    """
    one_hot = np.eye(probabilities.shape[1], dtype=bool)[labels]
    return -np.log(np.where(one_hot, probabilities, 1)).mean()


def forgets_the_minus(probabilities, labels):
    """Your answer is negative: the logarithm of a share is at most 0. Surprise is minus that logarithm, so that a sure
    and right answer costs 0 and everything else costs more.
    """
    return np.log(probabilities[np.arange(len(labels)), labels]).mean()


def averages_before_the_logarithm(probabilities, labels):
    """Your answer averages the shares and takes one logarithm at the end. That lets sure answers hide a
    catastrophe: with shares 1 and 0.01 it says 0.68, where the mean surprise is 2.3. First the logarithm of
    each share, then the mean.
    """
    return -np.log(probabilities[np.arange(len(labels)), labels].mean())


def counts_what_is_missing(probabilities, labels):
    """Your answer takes what is missing to 1. Surprise grows faster: from 0.1 to 0.01 only 0.09 more is missing, but
    the surprise doubles from 2.3 to 4.6. Use `-np.log(share)`.
    """
    return (1 - probabilities[np.arange(len(labels)), labels]).mean()


def multiplies_zero_by_infinity(probabilities, labels):
    """Your answer takes the logarithm of every share, also of a share of 0: that is −∞, the one-hot vector multiplies
    it by 0, and 0 · ∞ is no number (NaN). Pick the true class's share first, then take its logarithm.
    """
    one_hot = np.eye(probabilities.shape[1])[labels]
    return -(one_hot * np.log(probabilities)).sum(axis=1).mean()


def _shares_and_labels():
    rng = np.random.default_rng(4)
    shares = rng.dirichlet(np.ones(10), 6)
    return [
        (np.array([[0.5, 0.3, 0.2]]), np.array([1])),
        (np.array([[0.1, 0.9], [0.8, 0.2], [0.4, 0.6]]), np.array([0, 0, 1])),
        (np.array([[1.0, 0.0, 0.0], [0.25, 0.5, 0.25]]), np.array([0, 2])),
        (shares, np.array([3, 9, 0, 5, 5, 7])),
        (shares[:4].astype(np.float32), np.array([1, 0, 8, 2], dtype=np.int32)),
    ]


loss = Exercise(
    "cnn.loss",
    my_cross_entropy,
    right=[surprise_by_index, surprise_by_loop, surprise_by_take_along_axis, surprise_by_one_hot],
    wrong=[
        label_as_vector,
        weighs_by_the_label,
        every_row_with_every_label,
        picks_rows,
        surprise_at_the_favourite,
        surprise_in_bits,
        surprise_in_tens,
        adds_instead_of_averaging,
        averages_over_classes,
        forgets_the_minus,
        averages_before_the_logarithm,
        counts_what_is_missing,
        multiplies_zero_by_infinity,
    ],
    cases=_shares_and_labels,
    situation="on {probabilities} probabilities",
    hints=[
        "Take one image by hand: its label is 1 and its row [0.5, 0.3, 0.2]. Which of the three numbers matters?",
        "The 0.3, and the surprise is `-np.log(0.3)`. For row i it is `probabilities[i, labels[i]]`.",
        "All at once: `probabilities[np.arange(len(labels)), labels]` is one share for each image; then logarithm, "
        "minus, mean.",
    ],
    insight="Keras calls it sparse categorical cross-entropy: “sparse” because labels are numbers, not vectors.",
)


# --- small_network ---------------------------------------------------------------------------------------

BUDGET = 6000  # parameters; the sentences below say it in words


def my_network():
    """A Keras model from 8×8×1 images to ten logits: unlike ours, without softmax.

    At most 6,000 parameters, and at least two convolutions, with ReLU, before it flattens.
    """
    raise NotImplementedError


def two_convolutions():
    """Two convolutions, each with a pooling: view and tolerance for 1,898 parameters."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def unpadded():
    """Without padding the map shrinks by itself: 8, 6, 4."""
    import keras
    from keras import layers

    images = keras.Input((8, 8, 1))
    maps = layers.Conv2D(12, 3, activation="relu")(images)
    maps = layers.Conv2D(12, 3, activation="relu")(maps)
    return keras.Model(images, layers.Dense(10)(layers.Flatten()(maps)))


def averaged_maps():
    """Batch normalisation, ReLU as layers of their own, and the mean of each map instead of flattening."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(24, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


def flattens_first():
    """Your network flattens first: all its weights sit in Dense, and where are the pixels' neighbours? After `Flatten`
    a pixel is one of 64 numbers in a row; scramble them all, and this network would learn as well. Let
    convolutions look at the 8×8 picture, and flatten what they found.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def one_convolution():
    """Your network has one convolution. It sees strokes of three pixels and nothing larger; a second one sees how
    strokes meet. Two 3×3 layers see 5 pixels, and with a pooling between them 8.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def no_relu():
    """Between your layers nothing bends: without an activation, convolution after convolution is one big linear map,
    ten templates again. Keras adds no activation by itself; write `activation="relu"` in each `Conv2D`.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def over_the_budget():
    """Your network has more than 6,000 parameters. Ask `my_network().summary()` where they sit: as a rule in the first
    Dense, which gives each of its ten sums a weight for every number of the flattened map. One more pooling
    before `Flatten` makes that a quarter; fewer filters help too.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def pools_until_nothing_is_left():
    """Your layers shrink the image until nothing is left: an unpadded 3×3 convolution takes one pixel from each
    side, a pooling halves. 8 → 6 → 3 → 1, and then there is nothing to pool. Use `padding="same"`, or fewer poolings.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def no_input_shape():
    """Your network does not know yet what goes in, so it has no weights at all. Let it begin with
    `keras.Input((8, 8, 1))`: height, width, one channel; the number of images is not part of it.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def other_input_shape():
    """Your network is made for images of another shape than ours. Code for MNIST says 28×28; these digits are 8×8 with
    one channel, so `keras.Input((8, 8, 1))`.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(4),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def one_output():
    """Your network does not end in ten numbers for each image. A digit is a name, not an amount: an output of 3.5 would
    be half-way between 3 and 4 and look like neither. End with `layers.Dense(10)`, one score for each class.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def never_flattens():
    """Your network ends in a map: `Dense` works on the channels of each place, so there are ten scores for every place
    instead of ten for the image. Put `layers.Flatten()` or `layers.GlobalAveragePooling2D()` before it, and look
    at `my_network().output_shape`.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Dense(10),
        ]
    )


def ends_in_softmax():
    """Your network ends in softmax, as the lesson's own do. Here plain scores are asked for, for a loss that is told
    `from_logits=True` and adds the softmax itself; both together would be softmax twice, and the confidences
    would flatten. End with `layers.Dense(10)`.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def bends_the_scores():
    """Your last layer bends the ten scores: behind a ReLU no score is below zero, and a class that starts there never
    learns. End with plain `layers.Dense(10)`, without an activation.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="relu"),
        ]
    )


def _network_fault(outcome: Outcome) -> str:
    """The first fault of a model; reads names and shapes, and imports no Keras."""
    if outcome.error is not None:
        nothing_left = re.search(r"output size would be|[Nn]egative dimension", str(outcome.error))
        return "pools_until_nothing_is_left" if nothing_left else RAISED
    model = outcome.value
    if not hasattr(model, "count_params") or not hasattr(model, "layers"):
        return f"Your function returns {a(model)}. Return the Keras model itself, before any `compile` or `fit`."
    if getattr(model, "input_shape", None) is None:
        return "no_input_shape"
    if model.input_shape != (None, 8, 8, 1):
        return "other_input_shape"
    layers = list(_layers(model))
    names = [type(layer).__name__ for layer in layers]
    convolutions = [k for k, name in enumerate(names) if re.search("Conv2D(?!Transpose)", name)]
    flat = min((names.index(name) for name in ("Flatten", "Reshape", "Dense") if name in names), default=len(names))
    if sum(k < flat for k in convolutions) == 0:
        return "flattens_first"
    return _ending_fault(model.output_shape) or _stack_fault(model, layers, convolutions)


def _ending_fault(output_shape: tuple) -> str:
    if len(output_shape) != 2:
        return "never_flattens"
    return "" if output_shape == (None, 10) else "one_output"


def _stack_fault(model: object, layers: list, convolutions: list[int]) -> str:
    if len(convolutions) < 2:
        return "one_convolution"
    if all(_activation(layer) == "linear" for layer in layers[:-1]):
        return "no_relu"
    if model.count_params() > BUDGET:
        return "over_the_budget"
    return {"linear": FINE, "softmax": "ends_in_softmax"}.get(_activation(layers[-1]), "bends_the_scores")


def _layers(model: object):
    """All layers in order, those of nested models too."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        else:
            yield layer


def _activation(layer: object) -> str:
    """The name of the function that a layer bends its numbers with; "linear" when it has none."""
    name = type(layer).__name__
    if re.fullmatch(r".*ReLU|ELU|Softmax", name):
        return name.lower()
    return getattr(getattr(layer, "activation", None), "__name__", "linear")


def _keras_missing() -> str:
    if "keras" in sys.modules:
        return ""
    return (
        "This check needs Keras, which is not loaded yet. Run the first code cell of the lesson, "
        "`setup(keras=True)`, and then this cell again."
    )


small_network = Exercise(
    "cnn.small_network",
    my_network,
    right=[two_convolutions, unpadded, averaged_maps],
    wrong=[
        flattens_first,
        one_convolution,
        no_relu,
        over_the_budget,
        pools_until_nothing_is_left,
        no_input_shape,
        other_input_shape,
        one_output,
        never_flattens,
        ends_in_softmax,
        bends_the_scores,
    ],
    cases=lambda: [()],
    situation="",
    fault=_network_fault,
    seconds=8,
    missing=_keras_missing,
    hints=[
        "Begin with `keras.Sequential([keras.Input((8, 8, 1)), …])` and end with `layers.Flatten()` and "
        "`layers.Dense(10)`.",
        'In between: `layers.Conv2D(8, 3, padding="same", activation="relu")` has 80 parameters. Try two, and '
        "read `my_network().summary()`.",
        "A `layers.MaxPooling2D()` after each convolution quarters what Flatten hands to Dense; with 8 and 16 "
        "filters you stay below 2,000.",
    ],
    insight="Train it: few weights, each used at every place of the image.",
)


# --- augment ---------------------------------------------------------------------------------------------


def my_augment(images, rng):
    """Move each of `images` (n, height, width, 1) by −1, 0 or +1 pixel down, and as much right.

    Every image draws its own two steps from `rng`, a NumPy generator; where it moved away, 0
    moves in.
    Return new images of the same shape.
    """
    raise NotImplementedError


def cut_from_a_margin(images, rng):
    """Put a margin of zeros around each image and cut out a window one pixel off, or not."""
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        top, left = rng.integers(0, 3, size=2)
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


def cut_all_at_once(images, rng):
    """The same windows, picked by three arrays of indices."""
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = rng.integers(0, 3, size=(n, 1)) + np.arange(h)
    columns = rng.integers(0, 3, size=(n, 1)) + np.arange(w)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def shift_by_scipy(images, rng):
    """SciPy shifts each image; beyond the border it finds zeros."""
    from scipy.ndimage import shift

    moves = rng.choice([-1, 0, 1], size=(len(images), 2))
    return np.array([shift(image, (*move, 0), order=0) for image, move in zip(images, moves, strict=True)])


def roll_and_erase(images, rng):
    """Roll each image, then erase what came in at the other side."""
    moved = images.copy()
    for i in range(len(images)):
        down, right = rng.integers(-1, 2, size=2)
        moved[i] = np.roll(images[i], (down, right), axis=(0, 1))
        if down:
            moved[i, 0 if down == 1 else -1] = 0
        if right:
            moved[i, :, 0 if right == 1 else -1] = 0
    return moved


def flips(images, rng):
    """Your answer mirrors images. A mirrored 2 is no 2, and a 6 on its head is a 9: augmentation is a statement about
    the world, and this one is false for digits. Move the image instead of turning it round.
    """
    flipped = images.copy()
    chosen = rng.random(len(images)) < 0.5
    flipped[chosen] = flipped[chosen, :, ::-1]
    return flipped


def wraps_round(images, rng):
    """Your shifts wrap round: what leaves on the right comes back on the left. `np.roll` does that; a pen does not. Set
    the row or column that came in to 0, or cut the image out of a larger one with a margin of zeros.
    """
    moved = np.zeros_like(images)
    for i in range(len(images)):
        moved[i] = np.roll(images[i], rng.integers(-1, 2, size=2), axis=(0, 1))
    return moved


def repeats_the_edge(images, rng):
    """Your answer repeats the border pixel where the image moved away: a stroke that touches the border grows longer.
    Zeros belong there, for beyond the border is paper.
    """
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    moved = np.zeros_like(images)
    for i in range(n):
        top, left = rng.integers(0, 3, size=2)
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


def moves_two_pixels(images, rng):
    """Some of your images move by two pixels. On an 8×8 digit that pushes strokes out of the picture; `rng.integers(-1,
    2)` gives −1, 0 or 1.
    """
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        top, left = rng.integers(0, 5, size=2)
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


def one_move_for_the_batch(images, rng):
    """Your answer draws one shift for the whole batch: all images move together, and each batch says once more that
    digits stand in one place. Draw two numbers for every image: `rng.integers(-1, 2, size=(len(images), 2))`.
    """
    _, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    top, left = rng.integers(0, 3, size=2)
    return padded[:, top : top + h, left : left + w]


def one_axis_only(images, rng):
    """Your images move along one axis only. People write too high or too low as well as too far left or right: draw a
    second number for the other axis.
    """
    n, _, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        left = rng.integers(0, 3)
        moved[i] = padded[i, :, left : left + w]
    return moved


def one_draw_for_both_axes(images, rng):
    """Your images move only along a diagonal: one number is drawn and used for both axes. Draw two,
    `down, right = rng.integers(-1, 2, size=2)`.
    """
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        start = rng.integers(0, 3)
        moved[i] = padded[i, start : start + h, start : start + w]
    return moved


def never_plus_one(images, rng):
    """Along each axis your images go one way only. `rng.integers(-1, 1)` leaves out its end, like `range`: it draws −1
    and 0. Write `rng.integers(-1, 2)`.
    """
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        down, right = rng.integers(-1, 1, size=2)
        moved[i] = padded[i, 1 - down : 1 - down + h, 1 - right : 1 - right + w]
    return moved


def draws_from_elsewhere(images, rng):
    """Your shifts are right, but not all of them are drawn from `rng`. With `np.random` or a generator of
    your own nobody can repeat your run by giving the same seed. Ask the generator that was passed:
    `rng.integers(-1, 2, size=2)`.
    """
    n, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.zeros_like(images)
    for i in range(n):
        top, left = np.random.randint(0, 3, size=2)
        moved[i] = padded[i, top : top + h, left : left + w]
    return moved


_MOVES = list(itertools.product((-1, 0, 1), repeat=2))


def _move_fault(outcome: Outcome) -> str:
    """The first fault of a batch of moved images."""
    moved = as_array(outcome)
    images, rng = outcome.given
    if isinstance(moved, str):
        return moved
    if moved.shape != images.shape:
        return f"Your result has shape {moved.shape}; it should have the shape of `images`, {images.shape}."
    narrow = too_narrow(moved.dtype)
    if narrow:
        return f"{narrow} Make room in the type of the images, `np.zeros_like(images)`."
    matches = _matches(moved, [_shifted(images, move) for move in _MOVES])
    if not matches.any(axis=0).all():
        return _no_move(moved, images, matches.any(axis=0))
    drawn = rng.bit_generator.state != outcome.left[1].bit_generator.state
    seen = {_MOVES[k] for k in np.unique(matches.argmax(axis=0))}
    return _spread_fault(seen, drawn and _repeats(outcome, moved)) or no_array(outcome.value)


def _repeats(outcome: Outcome, moved: np.ndarray) -> bool:
    """A second call, with an equal generator, gives the same images."""
    again = call(outcome.function, copy.deepcopy(outcome.given))
    return np.array_equal(as_array(again), moved)


def _shifted(images: np.ndarray, move: tuple[int, int], mode: str = "constant") -> np.ndarray:
    _, h, w, _ = images.shape
    (down, right), margin = move, max(map(abs, move))
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode=mode)
    return padded[:, margin - down : margin - down + h, margin - right : margin - right + w]


def _matches(moved: np.ndarray, candidates: list[np.ndarray]) -> np.ndarray:
    """(candidates, n): which image equals its counterpart in which candidate."""
    return np.array([np.isclose(moved, candidate, atol=1e-5).all(axis=(1, 2, 3)) for candidate in candidates])


def _no_move(moved: np.ndarray, images: np.ndarray, is_move: np.ndarray) -> str:
    """The fault of images that are no zero-filled shift by one pixel."""
    by_two = itertools.product(range(-2, 3), repeat=2)
    families = {
        "flips": [np.flip(images, axes) for axes in (1, 2, (1, 2))],
        "wraps_round": [np.roll(images, move, axis=(1, 2)) for move in _MOVES],
        "repeats_the_edge": [_shifted(images, move, mode="edge") for move in _MOVES],
        "moves_two_pixels": [_shifted(images, move) for move in by_two],
    }
    for fault, candidates in families.items():
        if (is_move | _matches(moved, candidates).any(axis=0)).all():
            return fault
    k = int(np.argmin(is_move))
    return (
        f"Image {k} of your result is none of the nine shifts of image {k} that went in. Show both, "
        f"`show_images([images[{k}, :, :, 0], moved[{k}, :, :, 0]])`: has something been added, lost, or mixed up?"
    )


def _spread_fault(seen: set[tuple[int, int]], drawn: bool) -> str:
    """The fault of the moves that occurred in a large batch."""
    down, right = ({move[axis] for move in seen} for axis in (0, 1))
    if seen == {(0, 0)}:
        return "Your images come back where they were: none of them has moved."
    if len(seen) == 1:
        return "one_move_for_the_batch"
    if len(down) == 1 or len(right) == 1:
        return "one_axis_only"
    if all(abs(i) == abs(j) for i, j in seen):
        return "one_draw_for_both_axes"
    if len(down) == len(right) == 2:
        return "never_plus_one"
    if len(seen) < len(_MOVES):
        missing = ", ".join(map(str, sorted(set(_MOVES) - seen)))
        return f"Some of the nine moves (down, right) never occur in a large batch: {missing}."
    return FINE if drawn else "draws_from_elsewhere"


def _batches():
    # 150 images and more: chance leaves out one of the nine moves twice in ten million batches.
    rng = np.random.default_rng(5)
    return [
        (rng.uniform(0.1, 1, (150, 5, 7, 1)), np.random.default_rng(6)),
        (rng.uniform(0.1, 1, (200, 8, 8, 1)).astype(np.float32), np.random.default_rng(7)),
    ]


augment = Exercise(
    "cnn.augment",
    my_augment,
    right=[cut_from_a_margin, cut_all_at_once, shift_by_scipy, roll_and_erase],
    wrong=[
        flips,
        wraps_round,
        repeats_the_edge,
        moves_two_pixels,
        one_move_for_the_batch,
        one_axis_only,
        one_draw_for_both_axes,
        never_plus_one,
        draws_from_elsewhere,
    ],
    cases=_batches,
    situation="on {images} images",
    fault=_move_fault,
    hints=[
        "Two steps for image i: `down, right = rng.integers(-1, 2, size=2)`. The end, 2, is left out.",
        "A margin helps: `padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))` puts a frame of zeros round "
        "each image.",
        "A window of the old size, cut from image i of `padded` at row 0, 1 or 2 and column 0, 1 or 2, is a shifted "
        "image: `padded[i, top : top + h, left : left + w]`.",
    ],
    insight="You have told the network that a digit stays the same digit one pixel further on.",
)
