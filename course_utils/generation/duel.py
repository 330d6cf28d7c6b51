"""The two-player step with Keras, unmodified on TensorFlow, JAX and PyTorch. Taught in lesson 06.

    both = Duel(build_generator(), build_discriminator())
    both.discriminator_step(real, labels, latents)      # the judge learns, the painter stands still
    both.generator_step(latents, labels)                # and the other way round

Who stands still is said before every step, by `trainable`. Saying it once before compiling, as older tutorials do,
freezes the discriminator for good: `frozen_once=True` shows it. `train` is a whole training; `gan.train` takes the
same steps in NumPy, in the same time, and its results are those of no backend. A test compares them.
"""

import numpy as np

from course_utils.generation import gan
from course_utils.generation.gan import DISCRIMINATOR, GENERATOR, Recipe
from course_utils.recognition.recipe import at_once

__all__ = ["Duel", "build_discriminator", "build_generator", "input_gradient", "train", "weights"]


def build_generator():
    """The generator, untrained: a `keras.Sequential` from latents beside one-hot labels (n, 42) to pixels (n, 64)."""
    return _dense(GENERATOR, "sigmoid")


def build_discriminator():
    """The discriminator, untrained: a `keras.Sequential` from pixels (n, 64) to one score for each label (n, 10)."""
    return _dense(DISCRIMINATOR, None)


def _dense(sizes: tuple[int, ...], last: str | None):
    from keras import Input, Sequential, layers

    inputs, *hidden, outputs = sizes
    bent = [layers.Dense(units, activation="leaky_relu") for units in hidden]  # 0.2 below 0
    return Sequential([Input((inputs,)), *bent, layers.Dense(outputs, activation=last)])


def input_gradient(function, points):
    """How `function(points)`, one number a point (n,), changes with its point: as `points`, (n, …).

    Keras has no word for it, each backend has its own. It can be differentiated once more, as a penalty on it must be.
    points: a tensor of the backend; `keras.ops.convert_to_tensor` makes one of an array.
    """
    import keras

    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(points)
                values = function(points)
            return tape.gradient(values, points)
        case "jax":
            import jax

            return jax.grad(lambda points: function(points).sum())(points)
        case "torch":
            import torch

            points = points.detach().requires_grad_()
            return torch.autograd.grad(function(points).sum(), points, create_graph=True)[0]
    raise ValueError(f"Keras's backend {keras.backend.backend()!r} has no gradients; use tensorflow, jax or torch.")


class Duel:
    """A generator and a discriminator that take turns. Labels are one-hot (n, 10), all arrays float32.

    generator: from latents beside labels to points, discriminator: from points to a score for each label; both Keras
    models. recipe: penalty and rates. saturating: the generator's first loss, which teaches it nothing while its
    fakes are spotted surely. frozen_once: the discriminator is frozen before compiling, and nobody says anything later.
    """

    def __init__(self, generator, discriminator, recipe: Recipe | None = None, saturating=False, frozen_once=False):
        self.generator, self.discriminator = generator, discriminator
        self.recipe, self.frozen_once = recipe or Recipe(), frozen_once
        discriminator.trainable = not frozen_once
        self._judging = _judging(generator, discriminator, self.recipe)
        self._painting = _painting(generator, discriminator, self.recipe, saturating)

    def discriminator_step(self, real, labels, latents) -> float:
        """One step of the discriminator, on real points (n, d) and as many fakes of the same labels; its loss."""
        self._learner(self.discriminator)
        return float(self._judging.train_on_batch({"real": real, "labels": labels, "latents": latents}))

    def generator_step(self, latents, labels) -> float:
        """One step of the generator, from latents (n, 32) and the labels asked for; its loss."""
        self._learner(self.generator)
        return float(self._painting.train_on_batch({"labels": labels, "latents": latents}))

    def _learner(self, player) -> None:
        self.generator.trainable = player is self.generator
        if not self.frozen_once:
            self.discriminator.trainable = player is self.discriminator


def weights(model) -> np.ndarray:
    """All weights of a Keras model in one row, (count,), as `players.Player` holds them."""
    return np.concatenate([array.ravel() for array in model.get_weights()])


class _Training(gan.Training):
    """The training of `gan`, from the same first weights and the same random numbers, whose turns Keras takes."""

    def __init__(self, train, seed: int, recipe: Recipe | None):
        super().__init__(train, seed, recipe)
        self.duel = Duel(build_generator(), build_discriminator(), self.recipe)
        for model, player in ((self.duel.generator, self.generator), (self.duel.discriminator, self.discriminator)):
            model.set_weights([array for layer in player.layers for array in layer])

    def take_turns(self, real, labels, first, second) -> None:
        self.duel.discriminator_step(real, labels, first)
        self.duel.generator_step(second, labels)
        self.generator.flat[:] = weights(self.duel.generator)
        self.discriminator.flat[:] = weights(self.duel.discriminator)


def train(train, seed: int = 0, steps: int = 1000, recipe: Recipe | None = None, watch=None) -> gan.Players:
    """`gan.train` with Keras: the same recipe, first weights and order; both players as NumPy networks."""
    return gan.play(_Training(train, seed, recipe), [steps], watch)[steps]


def _score(discriminator, points, labels):
    from keras import ops

    return ops.sum(discriminator(points) * labels, axis=1)


def _model(generator, discriminator, rate: float, recipe: Recipe, loss):
    """A Keras model that paints, and whose loss is `loss(x, fakes)`; both networks belong to it."""
    import keras
    from keras import ops

    class Step(keras.Model):
        def __init__(self):
            super().__init__()
            self.generator, self.discriminator = generator, discriminator

        def call(self, x):
            return self.generator(ops.concatenate([x["latents"], x["labels"]], axis=1))

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return loss({name: ops.convert_to_tensor(values) for name, values in x.items()}, y_pred)

    model = Step()
    first, second = recipe.betas
    model.compile(keras.optimizers.Adam(rate, beta_1=first, beta_2=second), **at_once(1))
    return model


def _judging(generator, discriminator, recipe: Recipe):
    from keras import ops

    def loss(x, fakes):
        def score(points):
            return _score(discriminator, points, x["labels"])

        slope = input_gradient(score, x["real"])
        penalty = recipe.r1 / 2 * ops.mean(ops.sum(slope**2, axis=1))
        return ops.mean(ops.softplus(-score(x["real"]))) + ops.mean(ops.softplus(score(fakes))) + penalty

    return _model(generator, discriminator, recipe.discriminator_rate, recipe, loss)


def _painting(generator, discriminator, recipe: Recipe, saturating: bool):
    from keras import ops

    def loss(x, fakes):
        scores = _score(discriminator, fakes, x["labels"])
        return -ops.mean(ops.softplus(scores)) if saturating else ops.mean(ops.softplus(-scores))

    return _model(generator, discriminator, recipe.generator_rate, recipe, loss)
