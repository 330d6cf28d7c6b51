"""`recognition.rnn`: cells in NumPy beside Keras's, the row reader, the score model, and the lesson's instruments."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.recognition import rnn, store
from course_utils.recognition.cells import both_ways
from course_utils.recognition.network import Network, weights_of

SPLIT = digits.load("by writer")
FEW = SPLIT.train[:256]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def weights(rng, cell: str, features: int = 3, units: int = 4) -> list[np.ndarray]:
    wide = units * {"simple": 1, "lstm": 4, "gru": 3}[cell]
    shapes = (features, wide), (units, wide), (2, wide) if cell == "gru" else (wide,)
    return [rng.normal(0, 0.5, shape) for shape in shapes]


# -- sequences -------------------------------------------------------------------------------------


def test_rows_and_columns():
    image = np.arange(64).reshape(1, 8, 8, 1) / 64
    np.testing.assert_array_equal(rnn.rows(image)[0, 3], image[0, 3, :, 0].astype(np.float32))
    np.testing.assert_array_equal(rnn.columns(image)[0, 3], image[0, :, 3, 0].astype(np.float32))
    assert rnn.rows(SPLIT.test.images).dtype == rnn.columns(SPLIT.test.images).dtype == np.float32
    with pytest.raises(ValueError, match=r"\(n, 8, 8, 1\); got \(5, 64\)"):
        rnn.rows(np.zeros((5, 64)))


def test_shuffled_rows_are_the_same_rows_in_many_orders(rng):
    images = np.repeat(np.arange(8)[:, None] / 8, 8, axis=1)[None].repeat(200, axis=0)
    shuffled = rnn.shuffle_rows(images, rng)
    assert (shuffled.shape, shuffled.dtype) == ((200, 8, 8, 1), np.float32)
    assert (shuffled == shuffled[:, :, :1]).all(), "a row stays whole"
    orders = shuffled[:, :, 0, 0]
    np.testing.assert_array_equal(np.sort(orders), np.tile(np.arange(8) / 8, (200, 1)))
    assert len(np.unique(orders, axis=0)) > 190
    assert (images[:, :, 0] == np.arange(8) / 8).all(), "the images given stay as they are"


# -- cells -----------------------------------------------------------------------------------------


def test_a_simple_cell_by_hand():
    states = rnn.run("simple", [[[1.0], [0.0], [0.0]]], [[0.5]], [[2.0]], [0.0])
    first = np.tanh(0.5)
    second = np.tanh(2 * first)
    np.testing.assert_allclose(states[0, :, 0], [first, second, np.tanh(2 * second)])


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_cells_forget_nothing_between_steps_and_everything_between_sequences(rng, cell):
    sequence, parts = rng.random((5, 6, 3)), weights(rng, cell)
    states = rnn.run(cell, sequence, *parts)
    assert states.shape == (5, 6, 4)
    np.testing.assert_allclose(rnn.run(cell, sequence[2:3], *parts), states[2:3])
    np.testing.assert_allclose(rnn.run(cell, sequence[:, :4], *parts), states[:, :4])
    other = sequence.copy()
    other[:, 0] += 1
    assert (np.abs(rnn.run(cell, other, *parts) - states)[:, -1] > 0).all()


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_cells_keep_the_precision_they_are_given_and_survive_large_numbers(rng, cell):
    for dtype in (np.float32, np.float64):
        sequence = 1e6 * rng.normal(size=(2, 3, 3)).astype(dtype)
        with np.errstate(over="raise"):
            states = rnn.run(cell, sequence, *(part.astype(dtype) for part in weights(rng, cell)))
        assert states.dtype == dtype
        assert np.abs(states).max() <= 1


def test_both_ways_is_one_layer_forwards_and_one_backwards(rng):
    sequence, one, other = rng.random((2, 5, 3)), weights(rng, "gru"), weights(rng, "gru")
    states = both_ways(sequence, *(np.stack(pair) for pair in zip(one, other, strict=True)))
    np.testing.assert_allclose(states[..., :4], rnn.run("gru", sequence, *one))
    np.testing.assert_allclose(states[..., 4:], rnn.run("gru", sequence[:, ::-1], *other)[:, ::-1])


def test_cells_refuse_what_does_not_fit(rng):
    sequence = np.zeros((1, 2, 3))
    with pytest.raises(ValueError, match="no cell 'rnn'; there are 'simple', 'lstm', 'gru'"):
        rnn.run("rnn", sequence, *weights(rng, "gru"))
    with pytest.raises(ValueError, match=r"got \(2, 3\).*sequence\[None\]"):
        rnn.run("gru", sequence[0], *weights(rng, "gru"))
    with pytest.raises(ValueError, match=r"shapes \(3, 16\), \(4, 16\), \(16,\); got \(3, 12\), \(4, 12\), \(2, 12\)"):
        rnn.run("lstm", sequence, *weights(rng, "gru"))
    with pytest.raises(ValueError, match=r"reads 3 numbers a step has .* got \(5, 12\)"):
        rnn.run("gru", sequence, *weights(rng, "gru", features=5))
    for cell in ("gru", "simple"):
        kernel, recurrent_kernel, bias = weights(rng, cell)
        with pytest.raises(ValueError, match="weights of the shapes"):
            rnn.run(cell, sequence, kernel, recurrent_kernel, bias[:1])


# -- influence -------------------------------------------------------------------------------------


def test_influence_is_the_chain_of_jacobians(rng):
    """For a simple cell the derivative is known: each step multiplies it by `recurrent_kernel · diag(1 − state²)`."""
    sequence, (kernel, recurrent_kernel, bias) = rng.random((2, 5, 3)), weights(rng, "simple")
    states = rnn.run("simple", sequence, kernel, recurrent_kernel, bias)
    found = rnn.influence(lambda s: rnn.run("simple", s, kernel, recurrent_kernel, bias)[:, -1], sequence)
    assert found.shape == (2, 5)
    for i in range(2):
        slopes = np.diag(1 - states[i, -1] ** 2)
        for t in reversed(range(5)):
            assert found[i, t] == pytest.approx(np.linalg.norm(kernel @ slopes), rel=1e-5)
            slopes = np.diag(1 - states[i, t - 1] ** 2) @ recurrent_kernel @ slopes


def test_influence_of_a_loss_and_of_float32():
    def loss(sequences):
        return (sequences.sum(axis=2) * [0, 1, 2]).sum(axis=1)

    assert rnn.influence(loss, np.ones((2, 3, 4), np.float32)) == pytest.approx(np.tile([0, 2, 4], (2, 1)))


# -- trained weights -------------------------------------------------------------------------------


def test_the_reader_believes_more_and_more_rightly():
    reader = rnn.load_reader()
    beliefs = reader.beliefs(SPLIT.validation.images)
    assert (beliefs.shape, beliefs.dtype) == ((386, 8, 10), np.float32)
    np.testing.assert_allclose(beliefs.sum(axis=2), 1, rtol=1e-5)
    right = (beliefs.argmax(axis=2) == SPLIT.validation.labels[:, None]).mean(axis=0)
    assert right[0] < 0.3 < 0.5 < right[4] < 0.92 < right[7]
    np.testing.assert_array_equal(reader.predict(SPLIT.validation.images), beliefs[:, -1])
    assert repr(reader) == "Reader of 8 rows with 128 units and 54,282 weights, in NumPy"


def test_the_reader_has_not_seen_the_rows_to_come():
    reader, images = rnn.load_reader(), SPLIT.validation.images[:50].copy()
    before, states = reader.beliefs(images), reader.states(images)
    assert states.shape == (50, 8, 128)
    images[:, 5:] = 0
    np.testing.assert_allclose(reader.beliefs(images)[:, :5], before[:, :5], atol=1e-6)
    assert not np.allclose(reader.beliefs(images)[:, 5:], before[:, 5:], atol=0.01)


def test_the_score_model_reads_unseen_writers():
    network = rnn.load_trained()
    probabilities = network.predict(SPLIT.validation.images)
    assert (probabilities.shape, probabilities.dtype) == ((386, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == SPLIT.validation.labels).mean() >= 0.98
    np.testing.assert_allclose(network.predict(SPLIT.validation.images[:1]), probabilities[:1], atol=1e-5)
    assert repr(network) == "Network of 9 layers and 174,026 weights, in NumPy"
    assert (store.folder() / "rnn.npz").stat().st_size < 800_000


def test_trained_networks_need_no_framework():
    code = (
        "import sys; from course_utils.recognition import rnn; image = [[[0] * 8] * 8];"
        "print(rnn.load_trained().predict(image).shape, rnn.load_reader().beliefs(image).shape,"
        " {'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 10) (1, 8, 10) set()\n"


# -- with Keras ------------------------------------------------------------------------------------

CELLS = """
import numpy as np
from course_utils.runtime import setup
from course_utils.recognition import rnn
from course_utils.recognition.network import Network, weights_of

setup(keras=True)
import keras

rng = np.random.default_rng(0)
sequence = rng.random((20, 8, 5), np.float32)
for cell, layer in ("simple", keras.layers.SimpleRNN), ("lstm", keras.layers.LSTM), ("gru", keras.layers.GRU):
    layer = layer(6, return_sequences=True)
    layer.build(sequence.shape)
    layer.set_weights([rng.normal(0, 0.5, array.shape) for array in layer.get_weights()])
    theirs = keras.ops.convert_to_numpy(layer(sequence))
    np.testing.assert_allclose(rnn.run(cell, sequence, *layer.get_weights()), theirs, atol=1e-5)

images = rng.random((20, 8, 8, 1), np.float32)
model = rnn.build()
model.set_weights([w + rng.uniform(0, 0.1, w.shape) for w in model.get_weights()])
np.testing.assert_allclose(Network(weights_of(model)).predict(images), rnn.predict(model, images), atol=1e-5)
model = rnn.reader(12)
model.set_weights([w + rng.uniform(0, 0.1, w.shape) for w in model.get_weights()])
np.testing.assert_allclose(rnn.Reader(rnn.reader_weights(model)).beliefs(images), rnn.predict(model, images), atol=1e-5)
print(keras.backend.backend())
"""


@pytest.mark.keras
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_cells_and_networks_equal_keras(backend):
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", CELLS], capture_output=True, text=True, env=environment, timeout=600)
    assert (done.returncode, done.stdout) == (0, f"{backend}\n"), done.stderr


@pytest.fixture(scope="module")
def model(keras):
    """The score model, trained for a moment. Tests leave it as it is."""
    return rnn.train(FEW, seed=1, epochs=2)


@pytest.mark.keras
def test_trained_weights_fit_the_networks_of_the_lesson(keras, model):
    for stored, built in (
        (store.load("rnn"), weights_of(model)),
        (store.load("row_reader"), rnn.reader_weights(rnn.reader())),
    ):
        for key, array in built.items():
            assert stored[key].shape == array.shape
    assert model.count_params() == 174_074


@pytest.mark.keras
def test_the_trained_score_model_equals_keras(keras, model):
    probabilities = rnn.predict(model, SPLIT.validation.images)
    assert (probabilities.shape, probabilities.dtype) == ((386, 10), np.float32)
    np.testing.assert_allclose(Network(weights_of(model)).predict(SPLIT.validation.images), probabilities, atol=1e-5)


@pytest.mark.keras
def test_training_is_fixed_by_its_seed(keras, model):
    same, other = (rnn.train(FEW, seed=seed, epochs=2).get_weights() for seed in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), same, strict=True))
    assert not np.array_equal(same[0], other[0])


@pytest.mark.keras
def test_the_reader_is_corrected_after_every_row(keras):
    """A label that the first row decides: one row later the reader knows it, and after every other row too."""
    images = np.zeros((640, 8, 8, 1), np.float32)
    labels = np.arange(640) % 2
    images[labels == 1, 0] = 1
    given = digits.Digits(images, labels, np.zeros(640, int))
    model = rnn.train(given, validation=given, epochs=12, augmented=False, network=lambda: rnn.reader(16))
    beliefs = rnn.predict(model, images[:2])
    assert beliefs.shape == (2, 8, 10)
    np.testing.assert_array_equal(beliefs.argmax(axis=2), [[0] * 8, [1] * 8])
    assert set(model.history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}


@pytest.mark.keras
def test_classifiers_take_each_cell(keras):
    counts = {cell: rnn.classifier(cell, 10).count_params() for cell in ("simple", "lstm", "gru")}
    assert counts == {"simple": 190 + 110, "lstm": 4 * 190 + 110, "gru": 3 * 200 + 110}
    probabilities = rnn.predict(rnn.train(FEW, epochs=1, network=rnn.classifier), FEW.images)
    assert probabilities.shape == (256, 10)
    with pytest.raises(ValueError, match="no cell 'rnn'"):
        rnn.classifier("rnn")


@pytest.mark.keras
def test_the_numpy_network_says_which_recurrent_layers_it_does_not_know(keras):
    layers = keras.layers
    for layer in (
        layers.Bidirectional(layers.GRU(3)),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum"),
        layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False)),
        layers.GRU(3, return_sequences=True),
    ):
        with pytest.raises(ValueError, match=layer.name):
            weights_of(keras.Sequential([keras.Input((8, 8, 1)), layers.Reshape((8, 8)), layer]))
    with pytest.raises(ValueError, match="Reshape"):
        weights_of(keras.Sequential([keras.Input((8, 8, 1)), layers.Reshape((16, 4))]))
