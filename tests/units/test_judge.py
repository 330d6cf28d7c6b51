"""`generation.judge`: what it sees, what it reads, and that it knows whom it learned from."""

import subprocess
import sys

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.generation import judge
from course_utils.recognition import cnn, store

SPLIT = digits.load()
WEIGHTS = store.load("cnn")  # trained on the training writers
CNN = judge.from_weights(WEIGHTS, SPLIT.train)


def test_features_of_its_training_digits_are_centred_and_of_total_variance_one():
    features = CNN.features(SPLIT.train.images)
    assert (features.shape, features.dtype) == ((1029, 96), np.float64)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-6)
    assert features.var(axis=0).sum() == pytest.approx(1)


def test_the_network_reads_what_it_read_before_it_was_a_judge():
    images = SPLIT.validation.images
    probabilities = CNN.probabilities(images)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, cnn.load_trained().predict(images), atol=1e-5)


def test_features_decide_what_it_reads():
    """Layer 10, dense, and a softmax on the features, brought back to their own scale, are the probabilities."""
    raw = CNN.features(SPLIT.validation.images) * CNN.arrays["spread"] + CNN.arrays["center"]
    assert raw.min() > -1e-9, "they come out of a ReLU"
    read = (raw @ WEIGHTS["10_kernel"] + WEIGHTS["10_bias"]).argmax(axis=1)
    np.testing.assert_array_equal(read, CNN.probabilities(SPLIT.validation.images).argmax(axis=1))


def test_it_remembers_every_training_digit_and_no_other():
    assert CNN.seen(SPLIT.train.images).all()
    assert not CNN.seen(SPLIT.validation.images).any() and not CNN.seen(SPLIT.test.images).any()
    near = SPLIT.train.images[:5].copy()
    near[:, 0, 0, 0] += 1e-3
    assert CNN.seen(np.concatenate([near, SPLIT.train.images[:2]])).tolist() == [False] * 5 + [True] * 2
    assert CNN.seen(SPLIT.train.images[..., 0].astype(float)).all(), "whatever the type and the shape"


def test_what_it_says_it_is():
    assert repr(CNN) == "Judge with 96 features, trained on 1,029 digits"


def test_a_judge_survives_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    store.save("judge", CNN.arrays | {"seed": np.array(0)})
    again = judge.load_trained()
    assert set(again.arrays) == set(CNN.arrays)
    np.testing.assert_array_equal(again.features(SPLIT.test.images), CNN.features(SPLIT.test.images))
    np.testing.assert_array_equal(again.seen(SPLIT.train.images), True)


def test_what_it_refuses():
    with pytest.raises(ValueError, match="NaN"):
        CNN.features(np.full((1, 8, 8, 1), np.nan))
    with pytest.raises(ValueError, match=r"shape \(n, 8, 8, 1\)"):
        CNN.probabilities(np.zeros((1, 28, 28)))
    with pytest.raises(ValueError, match="dense and softmax; this network in relu and dense"):
        judge.from_weights(WEIGHTS | {"layers": WEIGHTS["layers"][:-1]}, SPLIT.train)
    with pytest.raises(ValueError, match=r"remembers the Digits .* got ndarray"):
        judge.from_weights(WEIGHTS, SPLIT.train.images)
    with pytest.raises(ValueError, match=r"learns from Digits, such as split\.train; got Split"):
        judge.train(SPLIT)
    blind = {name: array * 0 if name == "8_kernel" else array for name, array in WEIGHTS.items()}
    with pytest.raises(ValueError, match="sees the same in all"):
        judge.from_weights(blind, SPLIT.train)


# -- the stored one --------------------------------------------------------------------------------


def test_the_stored_judge_knows_the_training_digits_of_the_lessons_split():
    stored, split = judge.load_trained(), digits.load("random", seed=0)
    assert len(stored.arrays["seen"]) == 1078 and stored.seen(split.train.images).all()
    assert not stored.seen(split.validation.images).any() and not stored.seen(split.test.images).any()
    assert stored.features(split.train.images).var(axis=0).sum() == pytest.approx(1)
    read = stored.probabilities(split.validation.images).argmax(axis=1)
    assert (read == split.validation.labels).mean() >= 0.98
    assert (store.folder() / "judge.npz").stat().st_size < 600_000


def test_the_stored_judge_needs_no_framework():
    code = (
        "import sys; from course_utils.generation.judge import load_trained; image = [[[0] * 8] * 8];"
        "judge = load_trained();"
        "print(judge.features(image).shape, judge.probabilities(image).shape, {'keras', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 96) (1, 10) set()\n"


# -- with Keras ------------------------------------------------------------------------------------


@pytest.mark.keras
def test_a_trained_judge_sees_what_keras_computes_and_its_seed_fixes_it(keras):
    few = SPLIT.train[:256]
    model, trained = cnn.train(few, seed=1, epochs=1), judge.train(few, seed=1, epochs=1)
    before_last = keras.Sequential(model.layers[:-1])
    theirs = keras.ops.convert_to_numpy(before_last(SPLIT.test.images, training=False))
    ours = trained.features(SPLIT.test.images) * trained.arrays["spread"] + trained.arrays["center"]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert trained.seen(few.images).all() and not trained.seen(SPLIT.train.images[256:]).any()
