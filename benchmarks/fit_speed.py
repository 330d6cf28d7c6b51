"""What Keras's `fit` costs beside the same steps in one compiled loop.

    python benchmarks/fit_speed.py                       # fit on TensorFlow, and both loops
    KERAS_BACKEND=jax python benchmarks/fit_speed.py     # fit on JAX, and the JAX loop

All train the network of lesson 02 on the same batches, in the same order: `cnn.train` as lessons call it
(its warps included), a `lax.scan` written in plain JAX, and on TensorFlow a `tf.while_loop` around the same
Keras network. Everything is run once to compile; then in turns. CPU seconds of all threads.
"""

import argparse
import time
from contextlib import contextmanager
from functools import partial

import jax
import jax.numpy as jnp
import keras
import numpy as np

from course_utils.data import digits
from course_utils.recognition import cnn, recipe
from course_utils.runtime import setup

EPOCHS, BATCH = 40, recipe.BATCH


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU seconds of a fit and of compiled loops.")
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    setup(keras=True)
    train = digits.load("by writer").train
    steps = len(train) // BATCH
    images, targets = recipe.all_epochs(train, EPOCHS, steps * BATCH, True, np.random.default_rng(0))
    contestants = {"fit": fitted(images, targets, steps), "JAX lax.scan": scanned(images, targets)}
    if keras.backend.backend() == "tensorflow":
        contestants["tf.while_loop"] = looped(images, targets)
    report(train, contestants, repeats)


def report(train: digits.Digits, contestants: dict, repeats: int) -> None:
    with cpu_seconds() as whole:
        cnn.train(train)
    print(f"cnn.train, as a lesson calls it: {whole[0]:.1f} CPU seconds, compiling and warps included")
    seconds = {name: [] for name in contestants}
    for turn in range(repeats + 1):  # the first turn compiles
        for name, run in contestants.items():
            with cpu_seconds() as spent:
                run()
            if turn:
                seconds[name].append(spent[0])
    fit = np.median(seconds["fit"])
    for name, spent in seconds.items():
        print(
            f"{name:14s} {np.median(spent):5.1f} CPU s  ({' '.join(f'{s:.1f}' for s in spent)})"
            f"  fit is {fit / np.median(spent):.2f} times that"
        )


@contextmanager
def cpu_seconds():
    began, spent = time.process_time(), []
    yield spent
    spent.append(time.process_time() - began)


def fitted(images: np.ndarray, targets: np.ndarray, steps: int):
    """`fit` as `cnn.train` calls it."""
    model = cnn.build()
    recipe.compile(model, EPOCHS * steps, steps)
    return lambda: recipe.fit(model, images, targets, epochs=EPOCHS, steps_per_epoch=steps)


# ---------------------------------------------------------------- plain JAX


def scanned(images: np.ndarray, targets: np.ndarray):
    """All steps in one `lax.scan`, compiled once."""
    batches = images.reshape(-1, BATCH, 8, 8, 1), targets.reshape(-1, BATCH, 10)
    total = len(batches[0])

    @jax.jit
    def train(key, batches):
        weights, statistics = first_weights(key)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        state = weights, statistics, zeros, zeros, weights
        counted = jnp.arange(total), jax.random.split(key, total), *batches
        return jax.lax.scan(partial(step, total), state, counted)

    def run() -> None:
        jax.block_until_ready(train(jax.random.key(0), batches))

    return run


def first_weights(key):
    shapes = {"c1": (3, 3, 1, 32), "c2": (3, 3, 32, 32), "c3": (3, 3, 32, 64), "d1": (1024, 96), "d2": (96, 10)}
    draw = jax.nn.initializers.glorot_uniform()
    weights = {name: draw(jax.random.fold_in(key, i), shape) for i, (name, shape) in enumerate(shapes.items())}
    weights |= {"b1": jnp.zeros(96), "b2": jnp.zeros(10)}
    filters = {"c1": 32, "c2": 32, "c3": 64}
    weights |= {f"{name}_gamma": jnp.ones(n) for name, n in filters.items()}
    weights |= {f"{name}_beta": jnp.zeros(n) for name, n in filters.items()}
    return weights, {name: (jnp.zeros(n), jnp.ones(n)) for name, n in filters.items()}


def step(total, state, batch):
    """One step of the recipe: gradient, Adam on a warmed-up cosine, averaged weights, moving statistics."""
    weights, statistics, first, second, average = state
    i, key, images, targets = batch
    (loss, statistics), slope = jax.value_and_grad(loss_of, has_aux=True)(weights, statistics, key, images, targets)
    warm_up, forget = total // 10, 1 - 5 / total
    cosine = 0.5 * (1 + jnp.cos(jnp.pi * (i - warm_up) / (total - warm_up)))
    rate = recipe.LEARNING_RATE * jnp.where(i < warm_up, i / warm_up, cosine)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slope)
    rate = rate * jnp.sqrt(1 - 0.999 ** (i + 1.0)) / (1 - 0.9 ** (i + 1.0))
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second)
    average = jax.tree.map(lambda a, w: forget * a + (1 - forget) * w, average, weights)
    return (weights, statistics, first, second, average), loss


def loss_of(weights, statistics, key, images, targets):
    maps, seen = images, {}
    for name in ("c1", "c2", "c3"):
        maps = convolution(maps, weights[name])
        mean, variance = maps.mean((0, 1, 2)), maps.var((0, 1, 2))
        seen[name] = tuple(0.9 * o + 0.1 * n for o, n in zip(statistics[name], (mean, variance), strict=True))
        maps = (maps - mean) * jax.lax.rsqrt(variance + 1e-3) * weights[f"{name}_gamma"] + weights[f"{name}_beta"]
        maps = jax.nn.relu(maps)
        if name == "c2":
            maps = maps.reshape(len(maps), 4, 2, 4, 2, 32).max((2, 4))
    keys = jax.random.split(key)
    hidden = dropped(keys[0], maps.reshape(len(maps), -1))
    hidden = dropped(keys[1], jax.nn.relu(hidden @ weights["d1"] + weights["b1"]))
    surprise = -jax.nn.log_softmax(hidden @ weights["d2"] + weights["b2"])
    return ((0.95 * targets + 0.005) * surprise).sum(axis=1).mean(), seen


def convolution(maps, kernel):
    """As one product of matrices: inside a loop XLA's own convolution takes ten times as long on a CPU."""
    size, framed = maps.shape[1], jnp.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = [framed[:, i : i + size, j : j + size] for i in range(3) for j in range(3)]
    return jnp.concatenate(patches, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])


def dropped(key, values):
    return jnp.where(jax.random.bernoulli(key, 0.7, values.shape), values / 0.7, 0)


# ---------------------------------------------------------------- TensorFlow


def looped(images: np.ndarray, targets: np.ndarray):
    """All steps in one `tf.function`, around the network and the optimizer that `fit` uses."""
    import tensorflow as tf

    total = len(images) // BATCH
    images = tf.constant(images.reshape(total, BATCH, 8, 8, 1))
    targets = tf.constant(targets.reshape(total, BATCH, 10))
    model, optimizer = cnn.build(), recipe.optimizer(total)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.05)

    @tf.function
    def train():
        for i in tf.range(total):
            with tf.GradientTape() as tape:
                cost = loss(targets[i], model(images[i], training=True))
            optimizer.apply_gradients(
                zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables, strict=True)
            )

    return train


if __name__ == "__main__":
    main()
