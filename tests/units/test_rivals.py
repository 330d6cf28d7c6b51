"""`generation.rivals`: each draws what its formula says, for the labels asked for."""

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.generation import rivals

SPLIT = digits.load("random", seed=0)
LABELS = SPLIT.validation.labels
RIVALS = rivals.fit_all(SPLIT)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def made_of(pixels, labels=None) -> Digits:
    """Digits of these pixels (n, 64), all of class 0 if no labels are given."""
    pixels = np.asarray(pixels, np.float32)
    labels = np.zeros(len(pixels), int) if labels is None else np.asarray(labels)
    return Digits(pixels.reshape(-1, 8, 8, 1), labels, np.zeros(len(pixels), int))


def flat(images) -> np.ndarray:
    return images.reshape(len(images), 64)


def test_the_names_of_the_anchors():
    assert list(RIVALS) == [
        "real train",
        "real validation",
        "kernel density",
        "Gaussian mixtures",
        "Gaussians",
        "pixel marginals",
        "noise",
    ]


@pytest.mark.parametrize("name", RIVALS)
def test_pictures_are_of_the_houses_form_and_fixed_by_the_seed(name):
    sample = RIVALS[name]
    images = sample(LABELS, seed=3)
    assert (images.shape, images.dtype) == ((359, 8, 8, 1), np.float32)
    assert images.min() >= 0 and images.max() <= 1
    np.testing.assert_array_equal(images, sample(LABELS.tolist(), seed=3))
    assert not np.array_equal(images, sample(LABELS, seed=4))
    np.testing.assert_array_equal(sample(LABELS), sample(LABELS, seed=0))


@pytest.mark.parametrize("name", [name for name in RIVALS if name != "noise"])
def test_pictures_are_of_the_class_asked_for(name):
    """The mean picture of each class is nearest to that class's mean digit."""
    images = flat(RIVALS[name](np.arange(500) % 10))
    means = np.stack([flat(SPLIT.train.images)[SPLIT.train.labels == label].mean(axis=0) for label in range(10)])
    drawn = np.stack([images[label::10].mean(axis=0) for label in range(10)])
    distances = ((drawn[:, None] - means) ** 2).sum(axis=2)
    assert distances.argmin(axis=1).tolist() == list(range(10))


def test_real_hands_out_each_digit_once_before_any_twice():
    three = made_of([[0.1] * 64, [0.2] * 64, [0.3] * 64])
    drawn = (10 * rivals.real(three)([0] * 8, seed=1)[:, 0, 0, 0]).round().astype(int).tolist()
    assert sorted(drawn[:3]) == sorted(drawn[3:6]) == [1, 2, 3] and len(set(drawn[6:])) == 2
    pictures = {image.tobytes() for image in RIVALS["real train"](SPLIT.train.labels)}
    assert pictures == {image.tobytes() for image in SPLIT.train.images}


def test_kernel_density_is_a_digit_and_noise_of_the_bandwidth():
    two = made_of([[0.4] * 64, [0.6] * 64])
    drawn = flat(rivals.kernel_density(two, 0.02)([0] * 2000))
    middles = drawn.mean(axis=1)
    near = np.where(middles < 0.5, 0.4, 0.6)
    assert np.abs(middles - near).max() < 0.02 and 0.45 < (near == 0.4).mean() < 0.55
    residual = drawn - near[:, None]
    assert residual.std() == pytest.approx(0.02, rel=0.02)
    assert residual.mean() == pytest.approx(0, abs=5e-4)


def test_the_bandwidth_makes_validation_digits_likeliest():
    """By SciPy, kernel after kernel. (The scores of scikit-learn's `KernelDensity` are far off in 64 dimensions.)"""
    from scipy.special import logsumexp
    from scipy.stats import norm

    def log_likelihood(width):
        total = 0
        for label in range(10):
            known, asked = (flat(part.images)[part.labels == label].astype(float) for part in SPLIT[:2])
            logs = norm(scale=width).logpdf(asked[:, None] - known).sum(axis=2)
            total += logsumexp(logs, axis=1, b=1 / len(known)).sum()
        return total

    chosen = rivals.bandwidth(SPLIT.train, SPLIT.validation)
    place = int(np.flatnonzero(chosen == rivals.BANDWIDTHS)[0])
    around = [log_likelihood(rivals.BANDWIDTHS[place + step]) for step in (-1, 0, 1)]
    assert max(around) == around[1] and 0.1 < chosen < 0.2


def test_gaussians_have_the_digits_mean_and_covariance(rng):
    pixels = 0.5 + 0.02 * rng.normal(size=(50, 64)) @ rng.normal(size=(64, 64)) / 8
    drawn = flat(rivals.gaussians(made_of(pixels))([0] * 20_000)).astype(float)
    np.testing.assert_allclose(drawn.mean(axis=0), pixels.mean(axis=0), atol=1e-3)
    wanted = np.cov(pixels.T)
    assert np.abs(np.cov(drawn.T) - wanted).max() < 0.1 * wanted.max()


def test_mixtures_draw_near_each_of_three_heaps_in_their_shares(rng):
    heaps = np.repeat([0.2, 0.5, 0.8], [20, 40, 60])
    train = made_of(heaps[:, None] + 0.01 * rng.normal(size=(120, 64)))
    drawn = flat(rivals.mixtures(train)([0] * 3000)).astype(float)
    middles = drawn.mean(axis=1)
    shares = [(np.abs(middles - heap) < 0.02).mean() for heap in (0.2, 0.5, 0.8)]
    np.testing.assert_allclose(shares, [1 / 6, 1 / 3, 1 / 2], atol=0.04)
    # A covariance fitted to so few rows lacks directions, but holds their variances; it divides by n.
    assert (drawn[np.abs(middles - 0.8) < 0.1].std(axis=0) / 0.01).mean() == pytest.approx(1, abs=0.1)
    one = flat(rivals.mixtures(train, components=1)([0] * 500)).astype(float).mean(axis=1)
    assert ((one > 0.3) & (one < 0.45)).any(), "one Gaussian also draws between the heaps"


def test_pixel_marginals_keep_each_pixels_values_and_forget_its_neighbours(rng):
    same = np.repeat(rng.integers(0, 17, size=(200, 1)) / 16, 64, axis=1)
    same[:, 1] = 0.25
    drawn = flat(rivals.pixel_marginals(made_of(same))([0] * 4000))
    assert (drawn[:, 1] == 0.25).all()
    assert set(np.unique(drawn[:, 0])) == set(np.unique(np.float32(same[:, 0])))
    np.testing.assert_allclose(drawn[:, 0].mean(), same[:, 0].mean(), atol=0.02)
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 2])[0, 1]) < 0.06


def test_noise_is_uniform_whatever_the_label():
    drawn = RIVALS["noise"](np.arange(1000) % 10)
    np.testing.assert_allclose(np.percentile(drawn, [10, 50, 90]), [0.1, 0.5, 0.9], atol=0.01)


def test_what_rivals_refuse():
    with pytest.raises(ValueError, match=r"fitted to Digits, such as split\.train; got Split"):
        rivals.real(SPLIT)
    with pytest.raises(ValueError, match=r"3 digits of each class or more; too few are there of \[1\]"):
        rivals.mixtures(made_of(np.zeros((5, 64)), [0, 0, 0, 1, 1]))
    with pytest.raises(ValueError, match=r"2 digits of each class or more; too few are there of \[4\]"):
        rivals.gaussians(made_of(np.zeros((3, 64)), [0, 0, 4]))
    for width in (0, -0.1, np.nan, np.inf, "0.1", None):
        with pytest.raises(ValueError, match="A bandwidth is a number above 0"):
            rivals.kernel_density(SPLIT.train, width)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "whole numbers of shape"),
        (3, r"int64 of shape \(\)"),
        ([0.5], "float64"),
        ([[1, 2]], r"shape \(1, 2\)"),
        ([[1], [2, 3]], "got list"),
        (None, "got NoneType"),
        ([10], "run from 0 to 9; these run from 10 to 10"),
        ([-1, 2], "these run from -1 to 2"),
    ],
)
def test_labels_that_are_none(labels, message):
    with pytest.raises(ValueError, match=message):
        RIVALS["noise"](labels)
    with pytest.raises(ValueError, match=message):
        RIVALS["real train"](labels)


def test_a_label_that_was_not_learned():
    with pytest.raises(ValueError, match=r"without these labels: \[7\]"):
        rivals.real(made_of(np.zeros((3, 64))))([0, 7])
