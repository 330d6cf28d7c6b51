"""A conditional GAN for 8 × 8 digits: ask for a label, get a digit that nobody wrote. Taught in lesson 06.

    players = gan.train(digits.load("random", 0).train, seed=0)     # a dozen seconds of one core
    images = players.generator.sample([3, 3, 8], seed=1)            # (3, 8, 8, 1)
    gan.load_trained()[5000].generator                              # the same, as `course train gan` kept it

Two networks take turns. The discriminator learns to score real digits above the generator's, the generator to move
its digits to where the score is higher. The arithmetic of a turn stands in `generation.players`; `generation.duel`
takes the same turns with Keras. The recipe was chosen on the validation digits of the random splits 0 to 3.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.files import as_npz, write_whole
from course_utils.generation import players as arithmetic
from course_utils.generation.inputs import as_labels
from course_utils.generation.players import Adam, Player, forward, new_player, sigmoid
from course_utils.recognition import store
from course_utils.recognition.inputs import as_images

__all__ = [
    "MARKS",
    "STEPS",
    "Discriminator",
    "Generator",
    "Players",
    "Recipe",
    "Training",
    "average_of_weights",
    "ghosts",
    "history",
    "load_trained",
    "mixture",
    "progress",
    "stored",
    "train",
]

LABELS, LATENT, UNITS, PIXELS = 10, 32, 192, 64
GENERATOR = (LATENT + LABELS, UNITS, UNITS, PIXELS)
DISCRIMINATOR = (PIXELS, UNITS, UNITS, LABELS)
STEPS = 5000
MARKS = (0, 50, 100, 200, 500, 1000, 2000, 3500, STEPS)  # the steps that `course train gan` keeps
SAVE_EVERY = 500  # steps, where a training is to survive an interruption

# -- the players, trained --------------------------------------------------------------------------


@dataclass(frozen=True)
class Generator:
    """A generator of digits; its `player` has the sizes of `GENERATOR`."""

    player: Player

    def sample(self, labels, seed: int = 0) -> np.ndarray:
        """Digits float32 (n, 8, 8, 1) in [0, 1] for the labels (n,) asked for, drawn from latents that `seed` fixes."""
        return self.draw(latents(len(as_labels(labels)), seed), labels)

    def draw(self, latents, labels) -> np.ndarray:
        """Digits float32 (n, 8, 8, 1) in [0, 1] for latents (n, 32) and labels (n,)."""
        inputs = np.concatenate([_as_latents(latents), _one_hot(as_labels(labels, len(latents)))], axis=1)
        return sigmoid(forward(self.player, inputs)[-1]).reshape(-1, 8, 8, 1)


@dataclass(frozen=True)
class Discriminator:
    """A discriminator of digits; its `player` has the sizes of `DISCRIMINATOR`."""

    player: Player

    def score(self, images, labels) -> np.ndarray:
        """Scores float32 (n,) of images (n, 8, 8, 1) as digits of these labels: above 0 it believes they are real."""
        return self.pull(images, labels)[0]

    def pull(self, images, labels) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n,), and how they rise with each pixel, (n, 8, 8, 1): all that the generator ever hears."""
        images = as_images(images, (8, 8, 1))
        wanted = _one_hot(as_labels(labels, len(images)))
        scores, slopes = arithmetic.slope_at_points(self.player, images.reshape(-1, PIXELS), wanted)
        return scores, slopes.reshape(images.shape)


class Players(NamedTuple):
    """Both players after some steps. `generator` has weights averaged over time, `last` those of the moment."""

    generator: Generator
    discriminator: Discriminator
    last: Generator


def latents(count: int, seed: int) -> np.ndarray:
    """What a generator draws from: float32 (count, 32), normal numbers."""
    return np.random.default_rng(seed).standard_normal((count, LATENT), np.float32)


def _as_latents(latents) -> np.ndarray:
    array = np.asarray(latents)
    if array.ndim != 2 or array.shape[1] != LATENT or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(
            f"Latents are finite numbers of shape (n, {LATENT}); got {array.dtype} of shape {array.shape}. "
            "`sample(labels, seed)` draws them for you."
        )
    return array.astype(np.float32, copy=False)


def _one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(LABELS, dtype=np.float32)[labels]


# -- training --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How the players learn. `r1`: strength of the discriminator's penalty, 0 for none. Two rates and `betas` of Adam.

    `batch`: digits in a step. `memory`: the average of the generator's weights forgets in about 1 / (1 − memory)
    steps, and while it is young in a tenth of its age.
    Errors: `ValueError` for a rate or a batch that is not above 0, a penalty below 0, a memory outside 0 to 1.
    """

    r1: float = 0.5
    generator_rate: float = 1e-3
    discriminator_rate: float = 2e-3
    betas: tuple[float, float] = (0.5, 0.99)
    batch: int = 64
    memory: float = 0.999

    def __post_init__(self):
        above = min(self.generator_rate, self.discriminator_rate, self.batch) > 0
        if not (above and self.r1 >= 0 and 0 <= self.memory < 1 and all(0 <= beta < 1 for beta in self.betas)):
            raise ValueError(f"Rates and batch are above 0, r1 from 0, betas and memory from 0 to below 1; got {self}.")


class Training:
    """Two players who take turns, step by step; `generator`, `discriminator` and `average` are what they are by now.

    train: the real digits. seed: fixes first weights, order and latents. The same seed gives the same players, but
    for the last digits of sums, which other machines add in other orders.
    """

    def __init__(self, train: Digits, seed: int = 0, recipe: Recipe | None = None):
        self.images = as_images(train.images, (8, 8, 1)).reshape(-1, PIXELS)
        self.labels = _one_hot(as_labels(train.labels, len(self.images)))
        self.seed, self.recipe, self.steps = seed, recipe or Recipe(), 0
        rng = np.random.default_rng(seed)
        self.generator, self.discriminator = new_player(GENERATOR, rng), new_player(DISCRIMINATOR, rng)
        self.average = Player(GENERATOR, self.generator.flat.copy())
        rates = self.recipe.generator_rate, self.recipe.discriminator_rate
        sizes = self.generator.flat.size, self.discriminator.flat.size
        self.paints, self.judges = (Adam(*each, self.recipe.betas) for each in zip(sizes, rates, strict=True))

    def step(self) -> None:
        """One turn of each player, on new digits and new latents.

        Errors: `FloatingPointError` when the weights are no numbers any more.
        """
        # A step's random numbers depend on its number alone, so that a training can be taken up again.
        rng, size = np.random.default_rng((self.seed, self.steps)), self.recipe.batch
        rows = rng.integers(len(self.images), size=size)
        self.take_turns(self.images[rows], self.labels[rows], *rng.standard_normal((2, size, LATENT), np.float32))
        self.steps += 1
        memory = min(self.recipe.memory, self.steps / (9 + self.steps))
        self.average.flat[:] += (1 - memory) * (self.generator.flat - self.average.flat)
        if not np.isfinite(self.average.flat[-1]):
            raise FloatingPointError(f"The generator fell apart before step {self.steps}; try lower rates or more R1.")

    def take_turns(self, real, labels, first, second) -> None:
        """The discriminator's step, then the generator's, each from latents of its own for the labels of the reals."""
        fake = sigmoid(forward(self.generator, np.concatenate([first, labels], axis=1))[-1])
        _, gradient = arithmetic.discriminator_gradient(self.discriminator, real, labels, fake, labels, self.recipe.r1)
        self.judges.step(self.discriminator.flat, gradient)
        inputs = np.concatenate([second, labels], axis=1)
        _, gradient = arithmetic.generator_gradient(self.generator, self.discriminator, inputs, labels, squash=True)
        self.paints.step(self.generator.flat, gradient)

    def players(self) -> Players:
        """The players as they are by now, in copies that stay so."""
        average, judge, last = (_copy(player) for player in (self.average, self.discriminator, self.generator))
        return Players(Generator(average), Discriminator(judge), Generator(last))


def _copy(player: Player) -> Player:
    return Player(player.sizes, player.flat.copy())


def train(train: Digits, seed=0, steps=STEPS, recipe=None, watch=None, keep: Path | None = None) -> Players:
    """Let a generator and a discriminator of the digits `train` take turns, `steps` times; return both.

    Arguments and errors are those of `history`.
    """
    return history(train, seed, (steps,), recipe, watch, keep)[steps]


def history(
    train: Digits,
    seed: int = 0,
    marks=MARKS,
    recipe: Recipe | None = None,
    watch: Callable[[int, Players], None] | None = None,
    keep: Path | None = None,
) -> dict[int, Players]:
    """The players at the steps `marks`, in rising order, of one training.

    seed: fixes first weights, order and latents. recipe: `Recipe()` if not given.
    watch: called as `watch(step, players)` before the first step, after every fiftieth and after the last.
    keep: a folder of its own, where every 500 steps all is written down. An interrupted call begun again, with the
    same arguments and the same code, goes on from there; a finished one removes what it kept.
    Errors: `ValueError` for marks that are not whole numbers from 0, for images that `as_images` refuses;
    `FloatingPointError` when the weights are no numbers any more.
    """
    marks, training = _as_marks(marks), Training(train, seed, recipe)
    return play(training, marks, watch, None if keep is None else keep / f"gan-{_fingerprint(training, marks)}.npz")


def play(training: Training, marks: list[int], watch=None, path: Path | None = None) -> dict[int, Players]:
    """Go on with a training to the last of `marks`, as `history` does; what is kept stands in the file `path`."""
    with threadpool_limits(1):  # the products of a step are small: threads would only wait for each other
        return _play(training, marks, watch, path)


def _play(training: Training, marks: list[int], watch, path: Path | None) -> dict[int, Players]:
    found = _take_up(path, training) if path is not None and path.is_file() else {}
    while True:
        step = training.steps
        if step in marks:
            found[step] = training.players()
        if watch is not None and (step % 50 == 0 or step == marks[-1]):
            watch(step, training.players())
        if path is not None and step % SAVE_EVERY == 0:
            _write_down(path, training, found)
        if step >= marks[-1]:
            break
        training.step()
    if path is not None:
        path.unlink(missing_ok=True)
    return found


def progress(steps: int) -> Callable[[int, Players], None]:
    """A `watch` that counts on one line, and ends in the same text on every machine."""

    def watch(step: int, players: Players) -> None:
        text = f"training: step {step} of {steps}" if step < steps else f"trained: {steps} steps"
        print(f"\r{text:<40}", end="" if step < steps else "\n", flush=True)

    return watch


def _as_marks(marks) -> list[int]:
    array = np.asarray(marks)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size or array.min() < 0:
        raise ValueError(f"Steps are whole numbers from 0, at least one of them; got {marks!r}.")
    return sorted(set(array.tolist()))


# -- going on after an interruption ----------------------------------------------------------------


def _write_down(path: Path, training: Training, found: dict[int, Players]) -> None:
    state = {name: getattr(training, name).flat for name in ("generator", "discriminator", "average")}
    state |= {"paints": training.paints.state, "judges": training.judges.state, "steps": np.array(training.steps)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, as_npz(state | _as_arrays(found, np.float32), compressed=False))


def _take_up(path: Path, training: Training) -> dict[int, Players]:
    """Bring a new training to where the file leaves off; return the players it found on the way."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    for name in ("generator", "discriminator", "average"):
        getattr(training, name).flat[:] = arrays[name]
    training.steps = int(arrays["steps"])
    for learner, name in ((training.paints, "paints"), (training.judges, "judges")):
        learner.state[:], learner.steps = arrays[name], training.steps
    return read(arrays)


def _fingerprint(training: Training, marks: list[int]) -> str:
    """A word for all that decides what a training arrives at: arguments, digits and the course's own code."""
    arguments = repr((training.seed, training.recipe, marks, np.__version__)).encode()
    sources = [Path(file).read_bytes() for file in (__file__, arithmetic.__file__)]
    parts = arguments, training.images.tobytes(), training.labels.tobytes(), *sources
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


# -- what is stored --------------------------------------------------------------------------------


def stored(seed: int = 0, marks=MARKS, keep: Path | None = None) -> dict[str, np.ndarray]:
    """What `course train gan` keeps: one training on the training digits of the random split 0, at the steps `marks`.

    `marks` (k,); `generators` (k, weights) with averaged weights, `discriminators` (k, weights); `lasts` (1, weights),
    the generator's weights of the last moment. All float16, which no eye and no judge can tell from float32.
    keep: as in `history`.
    """
    found = history(digits.load("random", 0).train, seed, marks, keep=keep)
    return _as_arrays(found, np.float16, lasts=1) | {"seed": np.array(seed), "recipe": np.array(repr(Recipe()))}


def load_trained() -> dict[int, Players]:
    """The players as `course train gan` left them, by step: `load_trained()[5000].generator.sample([3], seed=0)`.

    `last` is kept of the last step only, and None before. Errors: those of `store.load`.
    """
    return read(store.load("gan"))


def read(arrays: dict[str, np.ndarray]) -> dict[int, Players]:
    """The same, out of what `stored` returned."""
    marks = arrays["marks"].tolist()
    averages, lasts = _rows(arrays["generators"], GENERATOR), _rows(arrays["lasts"], GENERATOR)
    judges = [Discriminator(player) for player in _rows(arrays["discriminators"], DISCRIMINATOR)]
    averages, lasts = map(Generator, averages), [None] * (len(marks) - len(lasts)) + list(map(Generator, lasts))
    return {mark: Players(*each) for mark, *each in zip(marks, averages, judges, lasts, strict=True)}


def _rows(weights: np.ndarray, sizes: tuple[int, ...]) -> list[Player]:
    return [Player(sizes, row.astype(np.float32)) for row in weights]


def _as_arrays(found: dict[int, Players], dtype, lasts: int | None = None) -> dict[str, np.ndarray]:
    """Players by step as arrays that `read` understands; of the moments' weights only the last `lasts`, if given."""
    kept = list(found.values())
    moments = kept if lasts is None else kept[-lasts:]
    return {
        "marks": np.array(list(found), np.int64),
        "generators": _table([players.generator for players in kept], GENERATOR, dtype),
        "discriminators": _table([players.discriminator for players in kept], DISCRIMINATOR, dtype),
        "lasts": _table([players.last for players in moments], GENERATOR, dtype),
    }


def _table(trained: list, sizes: tuple[int, ...], dtype) -> np.ndarray:
    rows = [one.player.flat for one in trained]
    return np.array(rows, dtype).reshape(len(rows), arithmetic.weight_count(sizes))


# -- averaging, as the article advises -------------------------------------------------------------


def ghosts(generators) -> Callable[[np.ndarray, int], np.ndarray]:
    """`sample(labels, seed)` that draws with every generator and averages their *pixels*: several digits, all faint.

    Errors: `ValueError` without a generator.
    """
    generators = _some(generators)

    def sample(labels, seed: int = 0) -> np.ndarray:
        seeds = np.random.SeedSequence(seed).generate_state(len(generators))
        pictures = [one.sample(labels, int(own)) for one, own in zip(generators, seeds, strict=True)]
        return np.mean(pictures, axis=0)

    return sample


def mixture(generators) -> Callable[[np.ndarray, int], np.ndarray]:
    """`sample(labels, seed)` that draws each digit with one of the generators, chosen at random.

    Errors: `ValueError` without a generator.
    """
    generators = _some(generators)

    def sample(labels, seed: int = 0) -> np.ndarray:
        labels = as_labels(labels)
        chosen = np.random.default_rng((seed, 1)).integers(len(generators), size=len(labels))
        inputs = latents(len(labels), seed)
        images = np.empty((len(labels), 8, 8, 1), np.float32)
        for number in np.unique(chosen):
            rows = chosen == number
            images[rows] = generators[number].draw(inputs[rows], labels[rows])
        return images

    return sample


def average_of_weights(generators) -> Generator:
    """The generator whose *weights* are the mean of these.

    Of one training at several moments it is a good one. Of several trainings it draws nothing: a hidden unit of one
    means nothing to the others.
    Errors: `ValueError` without a generator.
    """
    rows = [one.player.flat for one in _some(generators)]
    return Generator(Player(GENERATOR, np.mean(rows, axis=0)))


def _some(generators) -> list[Generator]:
    generators = list(generators)
    if not generators or not all(isinstance(one, Generator) for one in generators):
        raise ValueError(f"Give generators, such as [players.generator, …]; got {generators!r}.")
    return generators
