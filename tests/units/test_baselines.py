"""`recognition.baselines`: three classical models behind one face."""

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.recognition.baselines import logistic, nearest_neighbours, svm

SPLIT = digits.load("by writer")
FITS = {"support vector machine": svm, "3 nearest neighbours": nearest_neighbours, "logistic regression": logistic}


@pytest.fixture(scope="module", params=FITS)
def model(request):
    fitted = FITS[request.param](SPLIT.train)
    assert fitted.name == request.param
    return fitted


def test_predictions_are_probabilities(model):
    probabilities = model.predict(SPLIT.test.images)
    assert probabilities.shape == (382, 10)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(model.predict(SPLIT.test.images[:1, ..., 0]), probabilities[:1], rtol=1e-5)


NOISE = np.random.default_rng(0).random((500, 8, 8))


@pytest.mark.parametrize("images", [SPLIT.test.images, 1 - SPLIT.test.images, NOISE])
def test_labels_are_those_of_scikit_learn(model, images):
    flat = np.asarray(images, np.float32).reshape(-1, 64)
    np.testing.assert_array_equal(model.predict(images).argmax(axis=1), model.estimator.predict(flat))


@pytest.mark.parametrize(("name", "least"), [("support vector machine", 0.95), ("3 nearest neighbours", 0.95)])
def test_strong_baselines_read_unseen_writers(name, least):
    probabilities = FITS[name](SPLIT.train).predict(SPLIT.test.images)
    assert (probabilities.argmax(axis=1) == SPLIT.test.labels).mean() >= least


def test_svm_is_that_of_scikit_learns_example():
    from sklearn.svm import SVC

    raw, test = SPLIT.train.images.reshape(-1, 64) * 16, SPLIT.test.images.reshape(-1, 64) * 16
    expected = SVC(gamma=0.001).fit(raw, SPLIT.train.labels).predict(test)
    np.testing.assert_array_equal(svm(SPLIT.train).predict(SPLIT.test.images).argmax(axis=1), expected)


def test_svm_is_sure_when_its_margins_are_wide():
    probabilities = svm(SPLIT.train).predict(SPLIT.test.images)
    right = probabilities.argmax(axis=1) == SPLIT.test.labels
    assert probabilities.max(axis=1)[right].mean() > 0.95 > 0.85 > probabilities.max(axis=1)[~right].mean()


def test_pixels_that_nobody_scaled(model):
    with pytest.raises(ValueError, match="images / 16"):
        model.predict(SPLIT.test.images * 16)
    with pytest.raises(ValueError, match=r"got \(5, 64\)"):
        model.predict(np.zeros((5, 64)))


def test_training_sets_that_cannot_be():
    with pytest.raises(ValueError, match="missing: \\[3\\]"):
        svm(SPLIT.train[SPLIT.train.labels != 3])
    with pytest.raises(ValueError, match="from 1 to 1029 here; got 0"):
        nearest_neighbours(SPLIT.train, k=0)


@pytest.mark.parametrize("train", [None, SPLIT.train.images, SPLIT])
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_training_takes_digits(fit, train):
    with pytest.raises(ValueError, match=rf"load\(\)\.train; got {type(train).__name__}"):
        fit(train)
