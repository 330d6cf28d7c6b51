"""`recognition.cnn`, its NumPy twin, and the trained weights in the repository."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest

from course_utils.cli.train import TRAININGS
from course_utils.data import digits
from course_utils.recognition import cnn, convolution, store, trained
from course_utils.recognition.inputs import as_images
from course_utils.recognition.network import FORWARD, Network, weights_of

SPLIT = digits.load("by writer")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# -- images ----------------------------------------------------------------------------------------


def test_images_become_a_batch():
    assert as_images(SPLIT.test.images) is SPLIT.test.images
    assert as_images([[[0, 1], [1, 0]]]).shape == (1, 2, 2, 1)
    assert as_images(np.ones((2, 3, 4), "uint8")).dtype == np.float32


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((8, 8)), r"got \(8, 8\).*image\[None\]"),
        (np.zeros((1, 8, 8, 3)), r"\(n, 8, 8, 1\); got \(1, 8, 8, 3\)"),
        (np.zeros((5, 64)), r"got \(5, 64\)"),
        (np.zeros((1, 28, 28)), r"got \(1, 28, 28\)"),
        (np.zeros((0, 8, 8)), "at least one image"),
        (np.full((1, 8, 8), 16), "images / 16"),
        (-SPLIT.test.images, "1 - images"),
        (np.full((1, 8, 8), np.inf), "between inf and inf"),
        (np.where(np.eye(8) == 1, np.nan, 0)[None], "8 of 64 pixels are NaN"),
        (np.zeros((1, 8, 8), complex), "numbers.*got an array of complex128"),
        (None, "numbers.*got NoneType"),
        ("abc", "numbers.*got str"),
        ([[[0, 1], [1]]], "numbers.*got list"),
        (SPLIT.test, r"pass `\.images`"),
        (SPLIT, "numbers.*got Split"),
    ],
)
def test_images_that_cannot_be(images, says):
    with pytest.raises(ValueError, match=says):
        as_images(images, (8, 8, 1))


# -- augmentation ----------------------------------------------------------------------------------


def test_augment_returns_images_like_those_it_got(rng):
    before = SPLIT.train.images.copy()
    warped = cnn.augment(SPLIT.train.images, rng)
    assert (warped.shape, warped.dtype) == (before.shape, np.float32)
    assert 0 <= warped.min() < warped.max() <= 1
    np.testing.assert_array_equal(SPLIT.train.images, before)


def test_augment_warps_each_image_in_its_own_way(rng):
    warped = cnn.augment(np.repeat(SPLIT.train.images[:1], 50, axis=0), rng)
    assert len(np.unique(warped.reshape(50, -1), axis=0)) == 50


def test_augment_is_fixed_by_its_generator():
    one, same, other = (cnn.augment(SPLIT.test.images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_augment_moves_little_and_wraps_nothing(rng):
    column = np.zeros((500, 8, 8, 1), np.float32)
    column[:, :, 0] = 1
    warped = cnn.augment(column, rng)
    assert warped[:, :, 5:].max() == 0
    dot = np.zeros((500, 9, 9, 1), np.float32)
    dot[:, 4, 4] = 1
    y, x = np.nonzero(cnn.augment(dot, rng)[..., 0].max(axis=0))
    assert max(np.abs(y - 4).max(), np.abs(x - 4).max()) <= 3


def test_augment_takes_any_size(rng):
    assert cnn.augment(rng.random((3, 20, 12, 1)), rng).shape == (3, 20, 12, 1)


# -- the network in NumPy --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 3), (2, 4), (1, 5)])
def test_convolution_is_that_of_lesson_01(rng, size):
    maps, kernel = rng.random((2, 7, 6, 3), np.float32), rng.random((*size, 3, 4), np.float32)
    expected = [convolution.cross_correlate(image, kernel) + 1 for image in maps]
    np.testing.assert_allclose(FORWARD["convolution"](maps, kernel, np.ones(4)), expected, rtol=1e-5)
    same = FORWARD["same convolution"](maps, kernel, np.ones(4))
    assert same.shape == (2, 7, 6, 4)
    top, left = (size[0] - 1) // 2, (size[1] - 1) // 2
    inner = same[:, top : top + 8 - size[0], left : left + 7 - size[1]]
    np.testing.assert_allclose(inner, expected, rtol=1e-5)


def test_pooling_is_that_of_lesson_01(rng):
    maps = rng.random((2, 7, 6, 3))
    np.testing.assert_array_equal(FORWARD["max pooling"](maps), [convolution.max_pool(image) for image in maps])


def test_softmax_survives_large_scores():
    np.testing.assert_allclose(FORWARD["softmax"](np.array([[1000.0, 1000.0, -1000.0]])), [[0.5, 0.5, 0]])


# -- trained weights -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRAININGS)
def test_trained_files_are_those_that_were_written(name):
    path = store.folder() / f"{name}.npz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == store.checksums()[path.name]
    arrays = store.load(name)
    assert arrays["command"] == f"course train {name}"
    assert arrays["seed"] == trained.SEED
    assert {line.split()[0] for line in arrays["versions"]} >= {"keras", "numpy"}


def test_no_checksum_without_a_file():
    assert set(store.checksums()) == {f"{name}.npz" for name in TRAININGS}


@pytest.mark.parametrize(("name", "least"), [("cnn", 0.98), ("cnn_plain", 0.97)])
def test_trained_networks_read_unseen_writers(name, least):
    probabilities = cnn.load_trained(name).predict(SPLIT.validation.images)
    assert (probabilities.shape, probabilities.dtype) == ((386, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == SPLIT.validation.labels).mean() >= least
    alone = cnn.load_trained(name).predict(SPLIT.validation.images[:1])
    np.testing.assert_allclose(alone, probabilities[:1], atol=1e-5)


def test_trained_networks_need_no_framework():
    code = (
        "import sys; from course_utils.recognition.cnn import load_trained;"
        "print(load_trained().predict([[[0] * 8] * 8]).shape, {'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 10) set()\n"


def test_network_says_what_it_is_and_what_it_takes():
    network = cnn.load_trained()
    assert repr(network) == "Network of 12 layers and 127,434 weights, in NumPy"
    with pytest.raises(ValueError, match=r"\(n, 8, 8, 1\)"):
        network.predict(np.zeros((1, 28, 28)))


def test_history_holds_what_its_docstring_says():
    history = store.load("cnn_history")
    assert history["epochs"][[0, 1, -1]].tolist() == [0, 1, 40]
    assert history["images"].shape == (10, 8, 8, 1)
    assert history["labels"].tolist() == list(range(10))
    for run in ("", "plain_"):
        assert history[f"{run}kernels"].shape == (25, 3, 3, 32)
        assert history[f"{run}probabilities"].shape == (25, 10, 10)
        np.testing.assert_allclose(history[f"{run}probabilities"].sum(axis=2), 1, rtol=1e-5)
        for part in ("train", "validation"):
            loss, accuracy = history[f"{run}{part}_loss"], history[f"{run}{part}_accuracy"]
            assert loss.shape == accuracy.shape == (25,)
            assert abs(loss[0] - np.log(10)) < 0.1
            assert accuracy[0] < 0.2 < 0.97 < accuracy[-1]
    assert (store.folder() / "cnn_history.npz").stat().st_size < 300_000


def test_trainings_save_what_load_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "trained")
    path = trained.save("first", {"weights": np.arange(3)})
    trained.save("second", {"weights": np.arange(4)})
    assert path == tmp_path / "trained" / "first.npz"
    assert trained.load("first")["weights"].tolist() == [0, 1, 2]
    assert sorted(store.checksums()) == ["first.npz", "second.npz"]
    with pytest.raises(ValueError, match="allow_pickle=False"):
        trained.save("first", {"weights": np.array([{}])})
    assert trained.load("first")["weights"].tolist() == [0, 1, 2]
    assert sorted(file.name for file in path.parent.iterdir()) == ["SHA256SUMS", "first.npz", "second.npz"]


def test_weights_that_are_not_there():
    with pytest.raises(FileNotFoundError, match=r"no trained 'elephant'.*there: cnn, cnn_history, cnn_plain"):
        store.load("elephant")
    for name in ("../cnn", None):
        with pytest.raises(ValueError, match="plain word"):
            store.load(name)


@pytest.mark.parametrize("name", ["rnn", "cnn_history", None, ["cnn"]])
def test_only_networks_are_loaded_as_networks(name):
    with pytest.raises(ValueError, match=re.escape(f"no trained network {name!r}; there are 'cnn' and 'cnn_plain'")):
        cnn.load_trained(name)


# -- with Keras ------------------------------------------------------------------------------------

FEW = SPLIT.train[:256]


@pytest.fixture(scope="module")
def model(keras):
    """A network trained for a moment. Tests leave it as it is."""
    return cnn.train(FEW, seed=1, epochs=3)


def linear():
    """Ten templates: what trains fastest."""
    from keras import Input, Sequential, layers

    return Sequential([Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])


@pytest.mark.keras
def test_trained_weights_fit_the_network_of_the_lesson(keras):
    stored, built = store.load("cnn"), weights_of(cnn.build())
    assert stored["layers"].tolist() == built["layers"].tolist()
    for key, array in built.items():
        assert stored[key].shape == array.shape
    assert cnn.build().count_params() == 127_818


@pytest.mark.keras
def test_training_is_fixed_by_its_seed(keras):
    one, same, other = (cnn.train(FEW, seed=seed, epochs=2, network=linear).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


@pytest.mark.keras
def test_training_watched_is_training_unwatched(keras, model):
    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(watch.model.get_weights()))
    watched = cnn.train(FEW, validation=SPLIT.validation, seed=1, epochs=3, callbacks=[watch])
    assert set(watched.history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 3 for values in watched.history.history.values())
    unwatched = model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(watched.get_weights(), unwatched, strict=True))
    assert not np.array_equal(seen[0][0], seen[1][0])
    assert not np.array_equal(seen[-1][0], unwatched[0]), "the weights that training returns are an average"


@pytest.mark.keras
def test_few_digits_suffice_and_training_can_go_on(keras):
    model = cnn.train(FEW[:20], epochs=2, network=linear)
    assert model.count_params() == 650
    model.fit(FEW.images, np.eye(10, dtype="float32")[FEW.labels], verbose=0)


@pytest.mark.keras
def test_predictions_are_probabilities(keras, model):
    probabilities = cnn.predict(model, SPLIT.test.images)
    assert (probabilities.shape, probabilities.dtype) == ((382, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.keras
def test_training_refuses_what_it_cannot_use(keras):
    with pytest.raises(ValueError, match="epochs=0"):
        cnn.train(FEW, epochs=0)
    unscaled = digits.Digits(FEW.images * 16, FEW.labels, FEW.writers)
    with pytest.raises(ValueError, match="images / 16"):
        cnn.train(unscaled)


def unsettled(keras, *layers):
    """A network with every weight and every moving statistic away from its first value."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((9, 8, 1)), *layers])
    rng = np.random.default_rng(0)
    model.set_weights([w * rng.uniform(0.5, 1.5, w.shape) + rng.uniform(0, 0.05, w.shape) for w in model.get_weights()])
    return model


def networks(layers):
    head = layers.Flatten(), layers.Dense(10), layers.Softmax()
    yield layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU(), *head
    yield layers.Conv2D(4, (2, 4), padding="same"), layers.Activation("relu"), layers.MaxPooling2D(), *head
    yield layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(scale=False), *head
    yield layers.BatchNormalization(center=False), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), *head[1:]
    yield layers.Flatten(), layers.Dense(5), layers.BatchNormalization(), layers.Dropout(0.5), *head[1:]


@pytest.mark.keras
@pytest.mark.parametrize("number", range(5))
def test_the_numpy_network_equals_keras(keras, rng, number):
    model = unsettled(keras, *list(networks(keras.layers))[number])
    images = rng.random((20, 9, 8, 1), np.float32)
    np.testing.assert_allclose(Network(weights_of(model)).predict(images), cnn.predict(model, images), atol=1e-5)


@pytest.mark.keras
def test_the_trained_network_equals_keras(keras, model):
    mine, theirs = Network(weights_of(model)).predict(SPLIT.test.images), cnn.predict(model, SPLIT.test.images)
    np.testing.assert_allclose(mine, theirs, atol=1e-5)


@pytest.mark.keras
def test_the_numpy_network_says_what_it_does_not_know(keras):
    layers = keras.layers
    for layer in (layers.LayerNormalization(), layers.Conv2D(2, 3, strides=2), layers.MaxPooling2D(3)):
        with pytest.raises(ValueError, match=layer.name):
            weights_of(keras.Sequential([keras.Input((8, 8, 1)), layer]))
    with pytest.raises(ValueError, match="tanh"):
        weights_of(keras.Sequential([keras.Input((8, 8, 1)), layers.Dense(2, activation="tanh")]))
