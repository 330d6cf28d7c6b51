"""The two players of a GAN in NumPy: a small network, its gradients by hand, and Adam. Taught in lesson 06.

A player is a chain of dense layers with leaky ReLU between them. The discriminator's last layer gives one score for
each label, "how real would this be as a 3?", and only the score of the label asked for counts: above 0 it believes in
a real one. That is the label projection of T. Miyato and M. Koyama, *cGANs with Projection Discriminator* (2018).

Everything here is arithmetic on arrays, the same for every backend and quick without one. `generation.duel` takes the
same step with Keras, which finds the gradients itself; a test holds that both arrive at the same weights.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

__all__ = [
    "Adam",
    "Player",
    "discriminator_gradient",
    "forward",
    "generator_gradient",
    "new_player",
    "sigmoid",
    "slope_at_points",
    "softplus",
    "weight_count",
]

LEAK = 0.2  # what leaky ReLU lets through below 0; Keras's `leaky_relu` has the same


@dataclass(frozen=True)
class Player:
    """A network of dense layers: `sizes` (inputs, hidden …, outputs) and all its weights in one row, `flat` (count,).

    The row holds kernel after bias after kernel, as `get_weights` of a Keras model lists them.
    """

    sizes: tuple[int, ...]
    flat: np.ndarray = field(repr=False)

    def __post_init__(self):
        if self.flat.shape != (wanted := weight_count(self.sizes),):
            raise ValueError(f"A player of sizes {self.sizes} has {wanted} weights in one row; got {self.flat.shape}.")

    @property
    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Kernel (in, out) and bias (out,) of each layer: views, no copies."""
        return _cut(self.flat, self.sizes)


def weight_count(sizes: tuple[int, ...]) -> int:
    """How many weights a player of these sizes has."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def _cut(flat: np.ndarray, sizes: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    layers, start = [], 0
    for inputs, outputs in pairwise(sizes):
        middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
        layers.append((flat[start:middle].reshape(inputs, outputs), flat[middle:end]))
        start = end
    return layers


def new_player(sizes, rng: np.random.Generator, dtype=np.float32) -> Player:
    """A player that has learned nothing: kernels uniform (X. Glorot and Y. Bengio, 2010), biases 0, as in Keras."""
    player = Player(tuple(sizes), np.zeros(weight_count(tuple(sizes)), dtype))
    for kernel, _ in player.layers:
        limit = np.sqrt(6 / sum(kernel.shape))
        kernel[:] = rng.uniform(-limit, limit, kernel.shape)
    return player


# -- forwards and backwards ------------------------------------------------------------------------


def forward(player: Player, inputs: np.ndarray) -> list[np.ndarray]:
    """The values of every layer for inputs (n, in): the inputs, the hidden layers, and last the outputs (n, out)."""
    values = [inputs]
    for number, (kernel, bias) in enumerate(player.layers, 1):
        sums = values[-1] @ kernel
        sums += bias
        values.append(sums if number == len(player.layers) else np.maximum(sums, LEAK * sums))
    return values


def _bends(values: np.ndarray) -> np.ndarray:
    """The slope of leaky ReLU where it gave these values."""
    return np.where(values > 0, values.dtype.type(1), values.dtype.type(LEAK))


def _backward(player: Player, values: list[np.ndarray], slope: np.ndarray) -> list[np.ndarray]:
    """How a loss changes with the inputs and with each layer's sums, given its `slope` (n, out) for the outputs."""
    slopes = [slope]
    for number in reversed(range(len(player.layers))):
        slope = slopes[0] @ player.layers[number][0].T
        slopes.insert(0, slope * _bends(values[number]) if number else slope)
    return slopes


def _gradient(player: Player, came_in: list[np.ndarray], slopes: list[np.ndarray], ones: np.ndarray) -> np.ndarray:
    """How the loss changes with each weight, in one row: for a kernel what came into it times the slope of its sums.

    ones (n,): what came into the biases, 1 for each input, or the scale of its slopes.
    """
    flat = np.empty_like(player.flat)
    for (kernel, bias), layer, slope in zip(_cut(flat, player.sizes), came_in, slopes, strict=True):
        np.matmul(layer.T, slope, out=kernel)
        np.matmul(ones, slope, out=bias)
    return flat


# -- what the players want -------------------------------------------------------------------------


def sigmoid(values):
    """1 / (1 + e^−values), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * values))


def softplus(values):
    """log(1 + e^values), without overflow."""
    return np.logaddexp(0, values)


def slope_at_points(discriminator: Player, points: np.ndarray, one_hot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n,) of points (n, d) under labels, one-hot (n, labels), and how each changes with its point (n, d)."""
    *values, outputs = forward(discriminator, points)
    return (outputs * one_hot).sum(axis=1), _backward(discriminator, values, one_hot)[0]


def discriminator_gradient(discriminator: Player, real, real_labels, fake, fake_labels, r1: float = 1.0):
    """The discriminator's loss and its gradient by the weights, (count,).

    The loss is the mean of softplus(−score) over real points and of softplus(score) over fakes, their cross-entropies,
    plus r1 / 2 · the mean of |slope of the score|² at real points: L. Mescheder and others, *Which Training Methods
    for GANs do actually Converge?* (2018), which keeps the ground flat where the fakes should come to rest.

    real, fake: (n, d); the labels one-hot (n, labels).
    """
    labels = np.concatenate([real_labels, fake_labels])
    *values, outputs = forward(discriminator, np.concatenate([real, fake]))
    scores, count = (outputs * labels).sum(axis=1), len(real)
    slopes = _backward(discriminator, values, labels)  # of the scores
    # Each point's loss is a function of its score alone, so the slopes of the loss are those of the score, scaled.
    scale = np.concatenate([-sigmoid(-scores[:count]) / count, sigmoid(scores[count:]) / len(fake)])[:, None]
    came_in = [scale * layer for layer in values]
    _add_penalty(discriminator, values, slopes, came_in, count, r1)
    penalty = r1 / 2 * (slopes[0][:count] ** 2).sum(axis=1).mean()
    loss = softplus(-scores[:count]).mean() + softplus(scores[count:]).mean() + penalty
    return loss, _gradient(discriminator, came_in, slopes[1:], scale[:, 0])


def _add_penalty(discriminator: Player, values, slopes, came_in, count: int, r1: float) -> None:
    """Add to what came into each layer what the penalty adds to its kernel's gradient.

    The slope at a point is the product slopes[-1] · kernelᵀ · bends · kernelᵀ …, and the bends are constant: nudging
    a point does not move a corner of leaky ReLU. So the penalty's gradient by a kernel is an outer product too, of
    the slopes there with `push`, the derivative of the penalty by the slope at the points, sent *forwards*. Biases
    shift corners and nothing else: the penalty has no gradient by them.
    """
    push = r1 / count * slopes[0][:count]
    came_in[0][:count] += push
    for number, (kernel, _) in enumerate(discriminator.layers[:-1], 1):
        push = (push @ kernel) * _bends(values[number][:count])
        came_in[number][:count] += push


def generator_gradient(generator: Player, discriminator: Player, inputs, labels, squash: bool, saturating=False):
    """The generator's loss and its gradient by the generator's weights, (count,); the discriminator is only read.

    The loss is the mean of softplus(−score) over the fakes: be taken for real. With `saturating` it is the mean of
    −softplus(score), be not taken for fake: I. Goodfellow and others, *Generative Adversarial Nets* (2014), section 3,
    say why it teaches nothing while fakes are spotted surely.

    inputs: (n, in); labels one-hot (n, labels). squash: whether fakes are the sigmoid of the generator's outputs.
    """
    *values, outputs = forward(generator, inputs)
    fakes = sigmoid(outputs) if squash else outputs
    scores, slopes = slope_at_points(discriminator, fakes, labels)
    scale = -sigmoid(scores) if saturating else -sigmoid(-scores)
    slope = slopes * (scale / len(inputs))[:, None]
    slopes = _backward(generator, values, slope * fakes * (1 - fakes) if squash else slope)
    loss = -softplus(scores).mean() if saturating else softplus(-scores).mean()
    return loss, _gradient(generator, values, slopes[1:], np.ones(len(inputs), slope.dtype))


# -- learning --------------------------------------------------------------------------------------


class Adam:
    """Steps of about `rate` in every weight, however large its gradient: D. Kingma and J. Ba, *Adam* (2015).

    `state` (2, count) holds two running means, of the gradient and of its square; `steps` counts. The arithmetic is
    that of `keras.optimizers.Adam`.
    """

    def __init__(self, count: int, rate: float, betas: tuple[float, float] = (0.5, 0.99), dtype=np.float32):
        self.rate, self.betas, self.steps, self.state = rate, betas, 0, np.zeros((2, count), dtype)

    def step(self, weights: np.ndarray, gradient: np.ndarray) -> None:
        """Move `weights` (count,), in place, against the gradient."""
        self.steps += 1
        for mean, value, beta in zip(self.state, (gradient, gradient**2), self.betas, strict=True):
            mean += (1 - beta) * (value - mean)
        first, second = (1 - beta**self.steps for beta in self.betas)
        weights -= self.rate * np.sqrt(second) / first * self.state[0] / (np.sqrt(self.state[1]) + 1e-7)

    def copy(self) -> "Adam":
        """One that remembers the same and learns on its own."""
        other = Adam(self.state.shape[1], self.rate, self.betas, self.state.dtype)
        other.steps, other.state[:] = self.steps, self.state
        return other
