"""`generation.gan`, `.players`, `.duel`: gradients by hand beside nudges and beside Keras, turns, trainings, files."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.generation import gan, players
from course_utils.generation.gan import Recipe
from course_utils.generation.players import Adam, Player, new_player, sigmoid
from course_utils.recognition import cnn, store

TRAIN = digits.load("random", 0).train
ASKED = np.arange(10).repeat(20)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def found():
    return gan.history(TRAIN, marks=(0, 30, 60))


# -- gradients -------------------------------------------------------------------------------------


def by_nudging(loss, flat: np.ndarray) -> np.ndarray:
    """The gradient of `loss(flat)` by differences, in 64-bit arithmetic."""
    nudges = 1e-6 * np.eye(flat.size)
    return np.array([loss(flat + nudge) - loss(flat - nudge) for nudge in nudges]) / 2e-6


def small(sizes, rng) -> Player:
    player = new_player(sizes, rng, np.float64)
    return Player(player.sizes, player.flat + rng.normal(0, 0.3, player.flat.shape))


def one_hot(count: int, rng) -> np.ndarray:
    return np.eye(2)[rng.integers(2, size=count)]


@pytest.mark.parametrize("r1", [0.0, 3.0])
def test_the_discriminators_gradient_is_that_of_its_loss(rng, r1):
    judge, real, fake = small((3, 5, 4, 2), rng), rng.normal(size=(6, 3)), rng.normal(size=(7, 3))
    given = real, one_hot(6, rng), fake, one_hot(7, rng), r1

    def loss(flat):
        return players.discriminator_gradient(Player(judge.sizes, flat), *given)[0]

    np.testing.assert_allclose(
        players.discriminator_gradient(judge, *given)[1], by_nudging(loss, judge.flat), atol=1e-7
    )


def test_the_discriminators_loss_is_the_one_written_down(rng):
    judge, real, fake = small((3, 5, 2), rng), rng.normal(size=(6, 3)), rng.normal(size=(7, 3))
    labels, asked = one_hot(6, rng), one_hot(7, rng)

    def score(points, labels):
        return (players.forward(judge, points)[-1] * labels).sum(axis=1)

    pairs = zip(real, labels, strict=True)
    slopes = np.array([by_nudging(lambda p, row=row: score(p[None], row[None])[0], point) for point, row in pairs])
    np.testing.assert_allclose(players.slope_at_points(judge, real, labels)[1], slopes, atol=1e-7)
    log = np.log
    cross_entropies = -log(sigmoid(score(real, labels))).mean() - log(1 - sigmoid(score(fake, asked))).mean()
    wanted = cross_entropies + 1.5 * (slopes**2).sum(axis=1).mean()
    loss, _ = players.discriminator_gradient(judge, real, labels, fake, asked, 3.0)
    assert loss == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("saturating", [False, True])
def test_the_generators_gradient_is_that_of_its_loss(rng, squash, saturating):
    painter, judge = small((4, 5, 5, 3), rng), small((3, 5, 2), rng)
    given = judge, rng.normal(size=(6, 4)), one_hot(6, rng), squash, saturating
    before = judge.flat.copy()

    def loss(flat):
        return players.generator_gradient(Player(painter.sizes, flat), *given)[0]

    gradient = players.generator_gradient(painter, *given)[1]
    np.testing.assert_allclose(gradient, by_nudging(loss, painter.flat), atol=1e-8)
    np.testing.assert_array_equal(judge.flat, before)


def test_adam_by_hand():
    adam, weights = Adam(2, 0.1, (0.5, 0.9), np.float64), np.array([1.0, 1.0])
    adam.step(weights, np.array([3.0, -0.01]))
    np.testing.assert_allclose(weights, [0.9, 1.1], rtol=1e-4)  # the first step has the size of the rate
    copy = adam.copy()
    adam.step(weights, np.array([1.0, 0.0]))
    mean, square = (0.5 * 1.5 + 0.5) / 0.75, (0.9 * 0.9 + 0.1) / 0.19
    assert weights[0] == pytest.approx(0.9 - 0.1 * mean / np.sqrt(square), abs=1e-6)
    assert (copy.steps, adam.steps) == (1, 2) and copy.state[0, 0] == 1.5


def test_a_player_has_as_many_weights_as_its_sizes_say():
    assert players.weight_count((2, 3, 1)) == 9 + 4
    with pytest.raises(ValueError, match=r"has 13 weights in one row; got \(12,\)"):
        Player((2, 3, 1), np.zeros(12))


# -- turns -----------------------------------------------------------------------------------------


def moves(training: gan.Training, still: str) -> dict[str, float]:
    """How far each player moves in a step in which one optimiser stands still."""
    before = training.players()
    getattr(training, still).step = lambda weights, gradient: None
    training.step()
    after = training.players()
    return {
        name: float(np.abs(getattr(before, name).player.flat - getattr(after, name).player.flat).max())
        for name in ("discriminator", "last")
    }


def test_each_player_moves_in_its_own_step_alone():
    judging, painting = moves(gan.Training(TRAIN), "paints"), moves(gan.Training(TRAIN), "judges")
    assert judging["discriminator"] > 1e-4 and judging["last"] == 0.0
    assert painting["last"] > 1e-4 and painting["discriminator"] == 0.0


BOTH = """
import numpy as np
from course_utils.runtime import setup

setup(keras=True)
import keras
from course_utils.data import digits
from course_utils.generation import duel, gan, players

train = digits.load("random", 0).train
rng = np.random.default_rng(0)
real, labels = train.images[:64].reshape(64, 64), np.eye(10, dtype=np.float32)[train.labels[:64]]
latents = rng.standard_normal((64, 32), np.float32)


def moved(both, step):
    models = both.discriminator, both.generator
    before = [duel.weights(model) for model in models]
    step()
    return [float(np.abs(duel.weights(model) - old).max()) for model, old in zip(models, before)]


def check(both):
    "Who moves when: complains if a player moves in the other's step, or not in its own."
    for _ in range(2):
        judge, painter = moved(both, lambda: both.discriminator_step(real, labels, latents))
        assert judge > 1e-4 and painter == 0.0, f"the discriminator's step moved {judge}, {painter}"
        judge, painter = moved(both, lambda: both.generator_step(latents, labels))
        assert judge == 0.0 and painter > 1e-4, f"the generator's step moved {judge}, {painter}"


def fails(both):
    try:
        check(both)
    except AssertionError as error:
        return str(error)
    raise SystemExit("A broken duel was not noticed.")


new = lambda **how: duel.Duel(duel.build_generator(), duel.build_discriminator(), **how)
check(new())

# Seen red: a judge that was frozen once, and the gradient into the player that should stand still.
assert fails(new(frozen_once=True)).startswith("the discriminator's step moved 0.0,")
forgetful = new()
forgetful._learner = lambda player: setattr(forgetful.generator, "trainable", player is forgetful.generator)
said = fails(forgetful)
assert said.startswith("the generator's step moved") and " 0.0," not in said, said

# The networks, the slopes and the losses are those of the arithmetic in NumPy.
both = new()
judge = players.Player(gan.DISCRIMINATOR, duel.weights(both.discriminator))
painter = players.Player(gan.GENERATOR, duel.weights(both.generator))
inputs = np.concatenate([latents, labels], axis=1)
fake = players.sigmoid(players.forward(painter, inputs)[-1])
np.testing.assert_allclose(keras.ops.convert_to_numpy(both.generator(inputs)), fake, atol=1e-5)
score = lambda points: keras.ops.sum(both.discriminator(points) * labels, axis=1)
slopes = duel.input_gradient(score, keras.ops.convert_to_tensor(real))
np.testing.assert_allclose(slopes, players.slope_at_points(judge, real, labels)[1], atol=1e-5)
loss, _ = players.discriminator_gradient(judge, real, labels, fake, labels, gan.Recipe().r1)
np.testing.assert_allclose(both.discriminator_step(real, labels, latents), loss, rtol=1e-4)
judge = players.Player(gan.DISCRIMINATOR, duel.weights(both.discriminator))
loss, _ = players.generator_gradient(painter, judge, inputs, labels, True, saturating=True)
other = duel.Duel(both.generator, both.discriminator, saturating=True)
np.testing.assert_allclose(other.generator_step(latents, labels), loss, rtol=1e-4)

# And so are whole trainings, for as long as rounding allows: a strong penalty, so that its gradient counts.
recipe = gan.Recipe(r1=10.0)
ours, theirs = gan.train(train, 3, 6, recipe), duel.train(train, 3, 6, recipe)
for one, other in zip(ours, theirs):
    far = np.abs(one.player.flat - other.player.flat)
    assert np.median(far) < 1e-6 and np.quantile(far, 0.99) < 1e-4, (np.median(far), np.quantile(far, 0.99))
print(keras.backend.backend())
"""


@pytest.mark.keras
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_two_player_step_with_keras(backend):
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", BOTH], capture_output=True, text=True, env=environment, timeout=600)
    assert (done.returncode, done.stdout) == (0, f"{backend}\n"), done.stderr


# -- trainings -------------------------------------------------------------------------------------


def flats(given: gan.Players) -> list[np.ndarray]:
    return [one.player.flat for one in given]


def test_a_training_is_fixed_by_its_seed():
    one, same, other = (gan.train(TRAIN, seed, 5) for seed in (1, 1, 2))
    for a, b, c in zip(*map(flats, (one, same, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@pytest.mark.seconds
def test_a_short_training_draws_digits_that_can_be_read():
    start, later = gan.history(TRAIN, marks=(0, 1000)).values()
    images = later.generator.sample(ASKED, seed=1)
    assert (images.shape, images.dtype) == ((200, 8, 8, 1), np.float32)
    reader = cnn.load_trained()
    read = [(reader.predict(one.generator.sample(ASKED, 1)).argmax(axis=1) == ASKED).mean() for one in (start, later)]
    assert read[0] < 0.3 and read[1] > 0.8
    of_one = later.generator.sample(np.full(100, 3), seed=2)
    assert of_one.std(axis=0).mean() > 0.5 * TRAIN.images[TRAIN.labels == 3].std(axis=0).mean()


def test_the_discriminator_soon_tells_real_digits_from_the_fakes_of_the_moment(found):
    """On digits it has not seen. Later it is not so sure: the generator has learned too."""
    players, held_out = found[60], digits.load("random", 0).validation
    scores = players.discriminator.score(held_out.images, held_out.labels)
    assert (scores.shape, scores.dtype) == ((359,), np.float32)
    of_fakes = players.discriminator.score(players.last.sample(held_out.labels, 0), held_out.labels)
    assert (scores > of_fakes).mean() > 0.95


def test_the_average_follows_the_moment():
    found = gan.history(TRAIN, marks=(0, 1, 2))
    moments = [found[step].last.player.flat for step in range(3)]
    np.testing.assert_array_equal(found[0].generator.player.flat, moments[0])
    first = moments[0] + 0.9 * (moments[1] - moments[0])
    np.testing.assert_allclose(found[1].generator.player.flat, first, atol=1e-6)
    second = first + 9 / 11 * (moments[2] - first)
    np.testing.assert_allclose(found[2].generator.player.flat, second, atol=1e-6)


def test_watching_and_progress(capsys):
    seen, line = [], gan.progress(101)

    def watch(step, players):
        seen.append((step, players.generator.player.flat[0]))
        line(step, players)

    later = gan.train(TRAIN, 0, 101, watch=watch)
    assert [step for step, _ in seen] == [0, 50, 100, 101]
    assert seen[-1][1] == later.generator.player.flat[0] != seen[-2][1]
    assert capsys.readouterr().out.split("\r")[-1].rstrip() == "trained: 101 steps"


@pytest.mark.seconds
def test_an_interrupted_training_goes_on_where_it_was_last_written_down(tmp_path, monkeypatch):
    monkeypatch.setattr(gan, "SAVE_EVERY", 100)
    how, seen = {"seed": 4, "marks": (0, 20, 160)}, []

    def interrupt(step, players):
        if step == 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gan.history(TRAIN, **how, watch=interrupt, keep=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    found = gan.history(TRAIN, **how, watch=lambda step, players: seen.append(step), keep=tmp_path / "kept")
    assert seen == [100, 150, 160], "it went on, it did not begin again"
    assert list(found) == [0, 20, 160]
    whole = gan.history(TRAIN, **how)
    for step in whole:
        for one, other in zip(flats(found[step]), flats(whole[step]), strict=True):
            np.testing.assert_array_equal(one, other)
    assert not kept.exists()


def test_what_is_written_halfway_leaves_the_last_good_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(gan, "SAVE_EVERY", 5)

    def full(path, content, writes=[]):  # noqa: B006
        writes.append(path)
        if len(writes) == 3:
            raise OSError("no space left on device")
        path.write_bytes(content)

    with monkeypatch.context() as patch:
        patch.setattr(gan, "write_whole", full)
        with pytest.raises(OSError, match="no space"):
            gan.train(TRAIN, 0, 12, keep=tmp_path)
    seen = []
    later = gan.train(TRAIN, 0, 12, keep=tmp_path, watch=lambda step, players: seen.append(step))
    assert seen == [12]
    assert not list(tmp_path.iterdir()), "a finished training removes what it kept"
    np.testing.assert_array_equal(later.last.player.flat, gan.train(TRAIN, 0, 12).last.player.flat)


def test_another_training_does_not_take_up_what_was_kept(tmp_path):
    names, other = set(), digits.Digits(TRAIN.images / 2, TRAIN.labels, TRAIN.writers)
    for train, seed, recipe in ((TRAIN, 0, None), (TRAIN, 1, None), (other, 0, None), (TRAIN, 0, Recipe(r1=2.0))):

        def stop(step, players):
            raise KeyboardInterrupt if step else StopIteration

        with pytest.raises(StopIteration):
            gan.train(train, seed, 2, recipe, stop, tmp_path)
        names.add(gan._fingerprint(gan.Training(train, seed, recipe), [2]))
    names.add(gan._fingerprint(gan.Training(TRAIN), [3]))
    assert len(names) == 5


def test_every_step_has_digits_and_latents_of_its_own():
    training, seen = gan.Training(TRAIN), []
    training.take_turns = lambda *given: seen.append(given)
    training.step(), training.step()
    for one, other in zip(*seen, strict=True):
        assert not np.array_equal(one, other)
    real, labels, first, second = seen[0]
    assert [part.shape for part in seen[0]] == [(64, 64), (64, 10), (64, 32), (64, 32)]
    assert not np.array_equal(first, second)
    row = int(np.flatnonzero((TRAIN.images.reshape(-1, 64) == real[0]).all(axis=1))[0])
    assert labels[0].argmax() == TRAIN.labels[row] and labels[0].sum() == 1


def test_weights_that_are_no_numbers_end_a_training():
    training = gan.Training(TRAIN)
    training.step()
    training.discriminator.flat[0] = np.nan
    with np.errstate(invalid="ignore"), pytest.raises(FloatingPointError, match=r"before step 2; try lower rates"):
        training.step()


# -- what is stored --------------------------------------------------------------------------------


def test_half_precision_keeps_the_samples(found):
    arrays = gan.stored(marks=(0, 30, 60))
    assert {arrays[name].dtype for name in ("generators", "discriminators", "lasts")} == {np.dtype(np.float16)}
    again = gan.read(arrays)
    assert list(again) == [0, 30, 60]
    assert [again[step].last is None for step in again] == [True, True, False]
    for step in again:
        assert np.abs(again[step].generator.sample(ASKED, 0) - found[step].generator.sample(ASKED, 0)).max() < 0.01
        kept, exact = (one.discriminator.score(TRAIN.images, TRAIN.labels) for one in (again[step], found[step]))
        np.testing.assert_allclose(kept, exact, atol=0.02)
    assert np.abs(again[60].last.sample(ASKED, 0) - found[60].last.sample(ASKED, 0)).max() < 0.01
    assert sum(array.nbytes for array in arrays.values()) / 3 * len(gan.MARKS) < 2_600_000


def test_trained_players_are_read_from_the_store(monkeypatch):
    arrays = gan.stored(marks=(0, 3))
    monkeypatch.setattr(store, "load", lambda name: {"gan": arrays}[name])
    assert list(gan.load_trained()) == [0, 3]


@pytest.mark.skipif(not (store.folder() / "gan.npz").is_file(), reason="`course train gan` has not run yet")
def test_the_stored_training_ends_with_digits_that_can_be_read():
    trained = gan.load_trained()
    assert tuple(trained) == gan.MARKS
    assert (store.folder() / "gan.npz").stat().st_size < 3_000_000
    images = trained[gan.STEPS].generator.sample(ASKED, seed=0)
    assert (cnn.load_trained().predict(images).argmax(axis=1) == ASKED).mean() > 0.95


# -- drawing and judging ---------------------------------------------------------------------------


def test_samples_are_fixed_by_their_seed_and_follow_their_labels(found):
    generator = found[60].generator
    images = generator.sample([3, 3, 8], seed=5)
    np.testing.assert_array_equal(generator.sample([3, 3, 8], seed=5), images)
    assert not np.allclose(generator.sample([3, 3, 8], seed=6), images)
    assert not np.allclose(images[0], images[1])
    np.testing.assert_allclose(generator.draw(gan.latents(3, 5), [3, 3, 8]), images)
    assert images.min() >= 0 and images.max() <= 1
    for latents, message in (
        (np.zeros((2, 31)), r"\(n, 32\); got float64 of shape \(2, 31\)"),
        ([[np.nan] * 32], "fin"),
    ):
        with pytest.raises(ValueError, match=message):
            generator.draw(latents, [0] * len(latents))
    with pytest.raises(ValueError, match="from 0 to 9; these run from 10"):
        generator.sample([10], seed=0)
    with pytest.raises(ValueError, match="2 labels for 3"):
        generator.draw(np.zeros((3, 32)), [1, 2])


def test_the_pull_on_a_picture_raises_its_score(found):
    judge, images, labels = found[60].discriminator, TRAIN.images[:50] * 0.8 + 0.1, TRAIN.labels[:50]
    scores, slopes = judge.pull(images, labels)
    assert slopes.shape == images.shape
    assert (judge.score(images + 0.01 * np.sign(slopes), labels) > scores).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        judge.score(images * 16, labels)


# -- averaging -------------------------------------------------------------------------------------


def constant(grey: float) -> gan.Generator:
    player = Player(gan.GENERATOR, np.zeros(players.weight_count(gan.GENERATOR), np.float32))
    player.layers[-1][1][:] = np.log(grey / (1 - grey))
    return gan.Generator(player)


def test_averages_of_pixels_of_weights_and_of_samples():
    pair = [constant(0.2), constant(0.8)]
    np.testing.assert_allclose(gan.ghosts(pair)(ASKED, 0), 0.5, atol=1e-6)
    np.testing.assert_allclose(gan.average_of_weights(pair).sample(ASKED, 0), 0.5, atol=1e-6)
    mixed = gan.mixture(pair)(ASKED, 0)
    np.testing.assert_allclose(np.unique(mixed.round(3)), [0.2, 0.8])
    assert 60 < (mixed[:, 0, 0, 0] > 0.5).sum() < 140
    np.testing.assert_array_equal(gan.mixture(pair)(ASKED, 0), mixed)
    for join in (gan.ghosts, gan.mixture, gan.average_of_weights):
        with pytest.raises(ValueError, match="Give generators"):
            join([])


def test_ghosts_are_drawn_from_latents_of_their_own(found):
    """The same generator twice: one digit twice would stay as sharp as it was."""
    generator = found[60].generator
    twice = gan.ghosts([generator, generator])(ASKED, 0)
    assert twice.std(axis=0).mean() < 0.9 * generator.sample(ASKED, 0).std(axis=0).mean()


def test_what_is_no_recipe_and_no_step_is_refused():
    for wrong in ({"r1": -1}, {"generator_rate": 0.0}, {"memory": 1.0}, {"betas": (1.0, 0.9)}, {"batch": 0}):
        with pytest.raises(ValueError, match="Rates and batch are above 0"):
            Recipe(**wrong)
    for marks in ([], [-1], [0.5], 6000):
        with pytest.raises(ValueError, match="whole numbers from 0"):
            gan.history(TRAIN, marks=marks)
    with pytest.raises(ValueError, match="between 0 and 1"):
        gan.train(digits.Digits(TRAIN.images * 16, TRAIN.labels, TRAIN.writers), steps=1)
