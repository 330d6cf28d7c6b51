"""A GAN in the plane, where everything is visible: eight spots on a ring to be imitated. Taught in lesson 06.

    state = toy.start(seed=0)
    for _ in range(500):
        state = toy.step(state)
    toy.spots(toy.fakes(state))                     # how many of the eight have fakes

A state is never changed: a step gives the next one, in half a millisecond, so that an exploration can go back. What a
player draws by lot depends on the seed and on how many steps it has taken, and on nothing else.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from course_utils.generation.players import (
    Adam,
    Player,
    discriminator_gradient,
    forward,
    generator_gradient,
    new_player,
    sigmoid,
    slope_at_points,
    softplus,
)

__all__ = [
    "PRESETS",
    "SPOTS",
    "Settings",
    "State",
    "arrows",
    "fakes",
    "generator_loss",
    "real",
    "run",
    "score_field",
    "scores",
    "spots",
    "spread",
    "start",
    "step",
    "step_discriminator",
    "step_generator",
]

ANGLES = 2 * np.pi * np.arange(8) / 8
SPOTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
"""The middles of the eight spots, (8, 2), on a circle of radius 1."""
WIDTH = 0.05  # standard deviation of a spot, in both directions
NEAR = 4 * WIDTH  # a point no further from a spot belongs to it
LATENT, UNITS = 2, 32


@dataclass(frozen=True)
class Settings:
    """How the two play. `r1`: the discriminator's penalty; two rates of Adam; `momentum`, its first beta.

    `turns`: steps of the generator for one of the discriminator. `saturating`: the generator's first loss.
    `frozen`: the discriminator's steps are made and thrown away, as where it was frozen before compiling.
    """

    r1: float = 0.1
    generator_rate: float = 2e-3
    discriminator_rate: float = 2e-3
    momentum: float = 0.5
    turns: int = 1
    batch: int = 128
    saturating: bool = False
    frozen: bool = False


PRESETS = {
    "in step": Settings(),
    # The generator runs where the judge was last fooled, all of it, and is gone when the judge has learned.
    "collapse": Settings(turns=10),
    # Adam's usual memory of its direction: the players swing around each other. A. Radford and others,
    # *Unsupervised Representation Learning with Deep Convolutional GANs* (2015), came to 0.5 for that reason.
    "swinging": Settings(momentum=0.9),
    "frozen judge": Settings(frozen=True),
}


@dataclass(frozen=True)
class State:
    """Both players, what their optimisers remember, and the losses before their last steps (NaN before the first)."""

    generator: Player
    discriminator: Player
    paints: Adam = field(repr=False)
    judges: Adam = field(repr=False)
    seed: int = 0
    settings: Settings = Settings()
    discriminator_loss: float = np.nan
    generator_loss: float = np.nan


def start(seed: int = 0, settings: Settings | str = "in step") -> State:
    """Two players that have learned nothing. settings: `Settings`, or the name of one of `PRESETS`.

    Errors: `ValueError` for a name that is none.
    """
    if isinstance(settings, str):
        if settings not in PRESETS:
            raise ValueError(f"There is no preset {settings!r}; there are {', '.join(map(repr, PRESETS))}.")
        settings = PRESETS[settings]
    rng, betas = np.random.default_rng(seed), (settings.momentum, 0.99)
    generator = new_player((LATENT, UNITS, UNITS, 2), rng, np.float64)
    discriminator = new_player((2, UNITS, UNITS, 1), rng, np.float64)
    paints = Adam(generator.flat.size, settings.generator_rate, betas, np.float64)
    judges = Adam(discriminator.flat.size, settings.discriminator_rate, betas, np.float64)
    return State(generator, discriminator, paints, judges, seed, settings)


# -- steps -----------------------------------------------------------------------------------------


def step(state: State) -> State:
    """One step of the discriminator, then as many of the generator as `settings.turns` says."""
    state = step_discriminator(state)
    for _ in range(state.settings.turns):
        state = step_generator(state)
    return state


def run(state: State, steps: int) -> State:
    """The state after so many `step`s."""
    for _ in range(steps):
        state = step(state)
    return state


def step_discriminator(state: State) -> State:
    """The discriminator learns to tell a batch of real points from one of fakes; the generator stays as it is."""
    settings = state.settings
    rng = np.random.default_rng((state.seed, 0, state.judges.steps))
    points, fake = real(settings.batch, rng), _paint(state.generator, _latents(settings.batch, rng))
    loss, gradient = discriminator_gradient(state.discriminator, points, _ones(points), fake, _ones(fake), settings.r1)
    player, judges = _moved(state.discriminator, state.judges, gradient)
    player = state.discriminator if settings.frozen else player
    return replace(state, discriminator=player, judges=judges, discriminator_loss=float(loss))


def step_generator(state: State) -> State:
    """The generator moves its fakes to where the score is higher; the discriminator stays as it is."""
    settings = state.settings
    inputs = _latents(settings.batch, np.random.default_rng((state.seed, 1, state.paints.steps)))
    how = {"squash": False, "saturating": settings.saturating}
    loss, gradient = generator_gradient(state.generator, state.discriminator, inputs, _ones(inputs), **how)
    player, paints = _moved(state.generator, state.paints, gradient)
    return replace(state, generator=player, paints=paints, generator_loss=float(loss))


def _moved(player: Player, adam: Adam, gradient: np.ndarray) -> tuple[Player, Adam]:
    """Both after one step, in copies."""
    player, adam = Player(player.sizes, player.flat.copy()), adam.copy()
    adam.step(player.flat, gradient)
    return player, adam


# -- what there is to see --------------------------------------------------------------------------


def real(count: int, rng: np.random.Generator) -> np.ndarray:
    """Real points (count, 2): around each of the eight spots as many as chance has it."""
    return SPOTS[rng.integers(len(SPOTS), size=count)] + rng.normal(0, WIDTH, (count, 2))


def fakes(state: State, count: int = 500, seed: int = 0) -> np.ndarray:
    """The generator's points (count, 2) for the latents that `seed` fixes."""
    return _paint(state.generator, _latents(count, np.random.default_rng((seed, 2))))


def scores(state: State, points) -> np.ndarray:
    """What the discriminator says to points (n, 2): scores (n,), above 0 where it takes a point for real."""
    return slope_at_points(state.discriminator, points := _as_points(points), _ones(points))[0]


def score_field(state: State, reach: float = 1.6, cells: int = 41) -> np.ndarray:
    """Scores (cells, cells) on a grid from −reach to reach in both directions; the first row is the lowest."""
    places = np.linspace(-reach, reach, cells)
    x, y = np.meshgrid(places, places)
    return scores(state, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(cells, cells)


def arrows(state: State, points) -> np.ndarray:
    """Where the generator's loss would have each of its points (n, 2) go: minus its derivative by the point, (n, 2).

    The loss here is that of one point, as `generator_loss` gives it, saturating or not by the state's settings.
    """
    points = _as_points(points)
    scores, slopes = slope_at_points(state.discriminator, points, _ones(points))
    return slopes * (sigmoid(scores) if state.settings.saturating else sigmoid(-scores))[:, None]


def generator_loss(scores, saturating: bool = False) -> np.ndarray:
    """The generator's loss at fakes with these scores (n,), one by one.

    softplus(−score): be taken for real. saturating: −softplus(score), be not taken for fake. Both fall as the score
    rises, but where a fake is surely spotted, at a score far below 0, the second is flat: its slope is the
    discriminator's own probability that the fake is real. I. Goodfellow and others (2014), section 3.
    """
    scores = np.asarray(scores, np.float64)
    return -softplus(scores) if saturating else softplus(-scores)


def spots(points) -> int:
    """How many of the eight spots are served: at least a fifth of their fair share of the points (n, 2) is near."""
    points = _as_points(points)
    distances = np.linalg.norm(points[:, None] - SPOTS, axis=2)
    served = np.bincount(distances.argmin(axis=1)[distances.min(axis=1) <= NEAR], minlength=len(SPOTS))
    return int((served >= 0.2 * len(points) / len(SPOTS)).sum())


def spread(points) -> float:
    """The root of the mean squared distance of points (n, 2) from their mean; of the real ones it is 1."""
    return float(np.sqrt(_as_points(points).var(axis=0).sum()))


def _paint(generator: Player, inputs: np.ndarray) -> np.ndarray:
    return forward(generator, inputs)[-1]


def _latents(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(count, LATENT))


def _ones(points: np.ndarray) -> np.ndarray:
    """One-hot labels (n, 1) where there is one label."""
    return np.ones((len(points), 1))


def _as_points(points) -> np.ndarray:
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise ValueError(f"Points have the shape (n, 2), one at least; got {array.shape}. One point is points[None].")
    return array
