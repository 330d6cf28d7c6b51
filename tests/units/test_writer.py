"""`generation.writer`: probabilities that add up, no look ahead, bits that are bits, and a NumPy that is Keras's."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.generation import writer

SPLIT = digits.load("random", 0)
FEW = SPLIT.test[:20]


def random_writer(shape=(8, 8), levels=17, units=6, pixel_units=5, filters=3, hidden=7, seed=0, scale=0.6):
    """A writer with random weights, in NumPy alone."""
    rng, width, features = np.random.default_rng(seed), shape[1], 4
    sizes = {
        "local": [(3, 5, features, filters), (filters,)],
        "row": [(width * features + 11, 3 * units), (units, 3 * units), (2, 3 * units)],
        "place": [(units, width * filters), (width * filters,)],
        "start": [(units, pixel_units), (pixel_units,)],
        "pixel": [(features + filters, 3 * pixel_units), (pixel_units, 3 * pixel_units), (2, 3 * pixel_units)],
        "weigh": [(pixel_units + 2 * filters, hidden), (hidden,)],
        "answer": [(hidden, levels), (levels,)],
    }
    arrays = {
        f"{name}_{part}": rng.normal(0, scale, size)
        for name, given in sizes.items()
        for part, size in zip(writer.LAYERS[name], given, strict=True)
    }
    return writer.Writer({"shape": np.array([*shape, levels]), **arrays})


@pytest.fixture(scope="module")
def wild():
    """A writer that never learned anything, and believes something else at every pixel."""
    return random_writer()


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


# -- probabilities ---------------------------------------------------------------------------------


def test_all_images_together_have_the_probability_one():
    """2 × 2 pixels of 2 levels make 16 images."""
    tiny = random_writer((2, 2), 2)
    images = np.array(list(itertools.product([0.0, 1.0], repeat=4))).reshape(16, 2, 2, 1)
    for label in range(10):
        bits = writer.code_lengths(tiny.logits(images, np.full(16, label)), images)
        assert (2.0**-bits).sum() == pytest.approx(1, abs=1e-6)
    assert bits.std() > 0.1, "they are not all alike, or nothing was tested"


def test_the_levels_of_a_pixel_add_up_to_one(wild):
    for temperature in (0.5, 1, 2):
        shares = wild.next_pixel(FEW.images[0], 3, 4, 5, temperature)
        assert shares.shape == (17,) and shares.sum() == pytest.approx(1) and shares.min() > 0


def looked_ahead(logits_of, image, label) -> list[int]:
    """The pixels, counted in the order of writing, of which a change moves a logit at its own place or before."""
    pixels = image.size
    changed = np.repeat(image.reshape(1, -1), pixels + 1, axis=0)  # each in one pixel, and the last in none
    changed[range(pixels), range(pixels)] = changed[range(pixels), range(pixels)] < 0.5
    logits = logits_of(changed.reshape(-1, *image.shape), np.full(pixels + 1, label)).reshape(pixels + 1, pixels, -1)
    moved = np.abs(logits[:-1] - logits[-1]).max(axis=2) > 1e-5
    assert moved[range(pixels - 1), range(1, pixels)].sum() > pixels / 2, "it changes what comes next"
    return [place for place in range(pixels) if moved[place, : place + 1].any()]


def test_no_pixel_knows_itself_or_what_comes_after(wild):
    assert looked_ahead(wild.logits, FEW.images[0], FEW.labels[0]) == []


def test_the_next_pixel_is_that_of_the_logits_and_reads_only_what_is_before(wild):
    image, label = FEW.images[0], int(FEW.labels[0])
    logits = wild.logits(image[None], [label])[0]
    for row, column in ((0, 0), (3, 7), (4, 0), (7, 7)):
        shares = wild.next_pixel(image, label, row, column)
        np.testing.assert_allclose(shares, softmax(logits[row, column]), atol=1e-6)
        begun = image.reshape(64).copy()
        begun[row * 8 + column :] = 0
        np.testing.assert_allclose(wild.next_pixel(begun.reshape(8, 8), label, row, column), shares, atol=1e-6)


# -- bits ------------------------------------------------------------------------------------------


def test_bits_by_hand():
    """A pixel of probability 1/2 costs 1 bit, of 1/4 two, of 1/8 three: in nats it would be 0.69, 1.39, 2.08."""
    logits = np.log([[[[0.5, 0.25, 0.125, 0.125], [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]]]])
    image = np.array([0, 1, 3]).reshape(1, 1, 3, 1) / 3
    np.testing.assert_allclose(writer.bits_of_pixels(logits, image), [[[1, 2, 3]]])
    np.testing.assert_allclose(writer.code_lengths(logits, image), [6])
    assert writer.bits_per_dimension(logits, image) == pytest.approx(2)
    assert writer.bits_per_dimension(logits + 7, image) == pytest.approx(2), "logits need not be normalised"


def test_knowing_nothing_costs_the_logarithm_of_17_to_the_base_2():
    bits = writer.bits_per_dimension(writer.uniform(len(FEW)), FEW.images)
    assert bits == pytest.approx(np.log2(17)) == pytest.approx(4.0875, abs=1e-4)
    assert bits != pytest.approx(np.log(17), abs=1), "2.833 would be nats"


def test_counting_pixels_costs_about_what_it_should():
    by_class = writer.marginals(SPLIT.train)
    assert by_class.shape == (10, 8, 8, 17)
    np.testing.assert_allclose(np.exp(by_class).sum(axis=-1), 1)
    test = SPLIT.test
    own, all_alike = (
        writer.bits_per_dimension(codes[test.labels], test.images)
        for codes in (by_class, writer.marginals(SPLIT.train, by_class=False))
    )
    assert 2.1 < own < 2.3 < all_alike < 2.5
    three = SPLIT.train.images[SPLIT.train.labels == 3]
    share = ((three[:, 2, 4, 0] == 1).sum() + 0.2) / (len(three) + 17 * 0.2)
    assert np.exp(by_class[3, 2, 4, 16]) == pytest.approx(share)


def test_a_writer_and_its_logits_cost_the_same(wild):
    bits = writer.bits_per_dimension(wild, FEW.images, FEW.labels)
    assert bits == pytest.approx(writer.bits_per_dimension(wild.logits(FEW.images, FEW.labels), FEW.images))


# -- drawing ---------------------------------------------------------------------------------------


def test_samples_are_seeded_sixteenths(wild):
    images = wild.sample([3, 3, 8], seed=1)
    assert (images.shape, images.dtype) == ((3, 8, 8, 1), np.float32)
    np.testing.assert_array_equal(images * 16, np.round(images * 16))
    np.testing.assert_array_equal(images, wild.sample([3, 3, 8], seed=1))
    assert (images[0] != images[1]).any() and (images != wild.sample([3, 3, 8], seed=2)).any()


def statistic(found: np.ndarray, expected: np.ndarray) -> float:
    from scipy.stats import chisquare

    kept = expected >= 5  # rare levels together
    pooled = [np.append(each[kept], each[~kept].sum()) for each in (found, expected)]
    return chisquare(*(each[pooled[1] > 0] for each in pooled)).pvalue


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_samples_follow_the_probabilities(wild, temperature):
    """The first pixel, and one in the middle whose past is fixed."""
    image, count = FEW.images[0], 4000
    firsts = wild.sample(np.full(count, 4), seed=5, temperature=temperature)[:, 0, 0, 0]
    nexts = wild.complete(image, 4, 3, temperature, count, seed=6)[:, 3, 0, 0]
    for drawn, row in ((firsts, 0), (nexts, 3)):
        found = np.bincount(np.round(drawn * 16).astype(int), minlength=17)
        expected = count * wild.next_pixel(image, 4, row, 0, temperature).astype(np.float64)
        assert statistic(found, expected * count / expected.sum()) > 0.001
        wrong = count * wild.next_pixel(image, 4, row, 0, 1.7 - temperature).astype(np.float64)
        assert statistic(found, wrong * count / wrong.sum()) < 0.001, "or another temperature would have passed too"


def test_what_is_written_is_what_would_be_read(wild):
    """Each pixel drawn is the one at its chance, by the logits of the finished digits."""
    labels = FEW.labels[:6]
    for temperature in (1.0, 0.5):
        images = wild.sample(labels, seed=3, temperature=temperature)
        shares = np.cumsum(softmax(wild.logits(images, labels).astype(np.float64) / temperature), axis=-1)
        chances = np.random.default_rng(3).random((6, 8, 8), np.float32)
        levels = writer.as_levels(images)[..., None]
        above = np.take_along_axis(shares, levels, -1)[..., 0]
        below = np.where(levels[..., 0] > 0, np.take_along_axis(shares, np.maximum(levels - 1, 0), -1)[..., 0], 0)
        assert (below - 1e-5 <= chances).all() and (chances <= above + 1e-5).all()


def test_the_peak_is_always_the_same(wild):
    images = wild.greedy([3, 3, 8])
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(wild.logits(images, [3, 3, 8]).argmax(axis=-1), writer.as_levels(images))


def test_the_colder_the_likelier(wild):
    labels = np.arange(10).repeat(5)
    costs = [
        writer.bits_per_dimension(wild, wild.sample(labels, 0, temperature), labels) for temperature in (0.3, 1, 3)
    ]
    assert costs[0] < costs[1] < costs[2]


@pytest.mark.parametrize("row", range(9))
def test_completions_keep_the_rows_they_are_given(wild, row):
    image = FEW.images[1]
    found = wild.complete(image, 5, row, count=7, seed=1)
    assert (found.shape, found.dtype) == ((7, 8, 8, 1), np.float32)
    np.testing.assert_array_equal(found[:, :row], np.broadcast_to(image[:row], (7, row, 8, 1)))
    assert row == 8 or len(np.unique(found.reshape(7, -1), axis=0)) > 1
    np.testing.assert_array_equal(found, wild.complete(image[:row, :, 0], 5, count=7, seed=1))
    np.testing.assert_array_equal(found, wild.complete(image, 5, row, count=7, seed=1))


def test_a_completion_of_nothing_is_a_sample(wild):
    np.testing.assert_array_equal(wild.complete(FEW.images[0], 4, 0, 0.9, 5, 2), wild.sample([4] * 5, 2, 0.9))


def test_temperature_divides_logits_not_probabilities():
    np.testing.assert_allclose(writer.temper(np.log([0.9, 0.1]), 0.5), [0.81 / 0.82, 0.01 / 0.82])
    np.testing.assert_allclose(writer.temper(np.log([0.9, 0.1]), 1), [0.9, 0.1])


# -- reading ---------------------------------------------------------------------------------------


def test_bayes_by_hand(wild):
    bits = wild.bits_by_class(FEW.images[:4])
    likelihoods = 2.0 ** -(bits - bits.min(axis=1, keepdims=True))
    found = wild.classify(FEW.images[:4])
    assert found.shape == (4, 10)
    np.testing.assert_allclose(found, likelihoods / likelihoods.sum(axis=1, keepdims=True), atol=1e-9)
    first = writer.code_lengths(wild.logits(FEW.images[:4], [7] * 4), FEW.images[:4])
    np.testing.assert_allclose(bits[:, 7], first)


@pytest.mark.parametrize(("name", "most"), [("writer", 1.70), ("writer_unseen", 1.80)])
def test_the_trained_writers_know_more_than_counts(name, most):
    """On validation digits; test digits are for the benchmark."""
    split = digits.load(writer.NAMES[name])
    trained, held = writer.load_trained(name), split.validation
    bits = writer.bits_per_dimension(trained, held.images, held.labels)
    assert bits < most < writer.bits_per_dimension(writer.marginals(split.train)[held.labels], held.images)
    few = held[:100]
    assert (trained.classify(few.images).argmax(axis=1) == few.labels).mean() >= 0.95
    assert trained.complete(few.images[0], 3, 4).shape == (12, 8, 8, 1)


# -- errors ----------------------------------------------------------------------------------------


def test_odd_pixels_are_refused(wild):
    odd = FEW.images[:1] * 0.99
    for ask in (lambda: wild.logits(odd, [3]), lambda: wild.complete(odd[0], 3, 4), lambda: wild.classify(odd)):
        with pytest.raises(ValueError, match=r"17 grey levels, multiples of 1/16; here is a pixel of 0\.\d+"):
            ask()
    with pytest.raises(ValueError, match=r"between 0 and 16"):
        wild.logits(FEW.images * 16, FEW.labels)


def test_bits_of_what_does_not_fit_are_refused(wild):
    with pytest.raises(ValueError, match="give their labels too"):
        writer.bits_per_dimension(wild, FEW.images)
    with pytest.raises(ValueError, match="these are probabilities"):
        writer.bits_per_dimension(softmax(wild.logits(FEW.images, FEW.labels)), FEW.images)
    with pytest.raises(ValueError, match="logits for 3 images, and 20 images"):
        writer.bits_per_dimension(writer.uniform(3), FEW.images)
    with pytest.raises(ValueError, match=r"\(n, height, width, levels\).*got \(20, 64\)"):
        writer.bits_per_dimension(np.zeros((20, 64)), FEW.images)
    with pytest.raises(ValueError, match="1 of 21760 logits are NaN"):
        logits = writer.uniform(20)
        logits[3, 2, 1, 0] = np.nan
        writer.bits_per_dimension(logits, FEW.images)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda wild: wild.sample([3, 10]), "from 0 to 9"),
        (lambda wild: wild.logits(FEW.images, [3]), "1 labels for 20"),
        (lambda wild: wild.sample([3], temperature=0), "`greedy` writes what is likeliest"),
        (lambda wild: wild.sample([3], temperature=np.inf), "finite"),
        (lambda wild: wild.complete(FEW.images[0], 3, 9), "row is 9; it must be a whole number from 0 to 8"),
        (lambda wild: wild.complete(FEW.images[0, :3], 3, 4), "row is 4; it must be a whole number from 0 to 3"),
        (lambda wild: wild.complete(FEW.images[:2], 3, 4), r"\(rows, 8\), at most 8 of them; got \(2, 8, 8, 1\)"),
        (lambda wild: wild.complete(np.zeros((4, 7)), 3), r"got \(4, 7\)"),
        (lambda wild: wild.complete(FEW.images[0], "3", 4), "whole numbers"),
        (lambda wild: wild.complete(FEW.images[0], 3, 4, count=0), "count is 0"),
        (lambda wild: wild.next_pixel(FEW.images[0], 3, 8, 0), "row is 8; it must be a whole number from 0 to 7"),
        (lambda wild: wild.next_pixel(FEW.images[0], 3, 0, -1), "column is -1"),
        (lambda wild: writer.marginals(SPLIT.train[SPLIT.train.labels != 4]), "no digit of class 4"),
        (lambda wild: writer.marginals(SPLIT.train, added=0), "infinitely many bits"),
        (lambda wild: writer.load_trained("reader"), "no trained writer 'reader'"),
        (lambda wild: writer.stored(0, "reader"), "no writer 'reader' to train"),
    ],
)
def test_what_cannot_be_asked_is_said(wild, ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask(wild)


# -- warps -----------------------------------------------------------------------------------------


def test_warps_are_sixteenths_and_mild():
    few = SPLIT.train[:40]
    found = writer.warps(few.images, 3, np.random.default_rng(0))
    assert (found.shape, found.dtype) == ((3, 40, 8, 8, 1), np.float32)
    for each in found:
        writer.as_levels(each)
        assert 0.02 < np.abs(each - few.images).mean() < 0.2
    assert (found[0] != found[1]).any()


def test_every_epoch_brings_each_digit_once_and_says_which_are_warped():
    few = SPLIT.train[:64]
    images, told = writer._all_epochs(few, 6, 64, True, np.random.default_rng(1))
    assert (images.shape, told.shape) == ((384, 8, 8, 1), (384, 11))
    labels, warped = told[:, :10].argmax(axis=1), told[:, 10] == 1
    for epoch in labels.reshape(6, 64):
        np.testing.assert_array_equal(np.sort(epoch), np.sort(few.labels))
    assert 0.3 < warped.mean() < 0.7
    known = {image.tobytes() for image in few.images}
    assert all(image.tobytes() in known for image in images[~warped])
    assert sum(image.tobytes() in known for image in images[warped]) < 5
    other = writer._all_epochs(few, 6, 64, True, np.random.default_rng(2))[0]
    assert (other != images).any()
    plain = writer._all_epochs(few, 6, 64, False, np.random.default_rng(1))
    assert not plain[1][:, 10].any() and all(image.tobytes() in known for image in plain[0])


# -- with Keras ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras_model():
    import keras

    keras.utils.set_random_seed(1)
    model = writer.build(units=16, pixel_units=12, filters=8, hidden=10)
    rng = np.random.default_rng(0)
    model.set_weights([array + rng.normal(0, 0.3, array.shape) for array in model.get_weights()])
    return model


@pytest.mark.keras
def test_numpy_computes_what_keras_computes(keras_model):
    found = writer.Writer(writer.weights_of(keras_model)).logits(FEW.images, FEW.labels)
    expected = writer.predict(keras_model, FEW.images, FEW.labels)
    assert (found.shape, found.dtype) == ((20, 8, 8, 17), np.float32)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-5)
    bits = writer.bits_per_dimension(keras_model, FEW.images, FEW.labels)
    assert bits == pytest.approx(writer.bits_per_dimension(expected, FEW.images))


@pytest.mark.keras
def test_keras_does_not_look_ahead_and_the_test_would_notice(keras_model, monkeypatch):
    def ahead(model):
        return looked_ahead(lambda *given: writer.predict(model, *given), FEW.images[0], FEW.labels[0])

    assert ahead(keras_model) == []
    monkeypatch.setattr(writer, "_row_above", lambda maps: maps)
    assert len(ahead(writer.build(units=16, pixel_units=12, filters=8, hidden=10))) > 50


@pytest.mark.keras
@pytest.mark.seconds
def test_training_is_seeded_and_pays_and_without_the_shift_it_copies(monkeypatch):
    """Three short trainings: an honest one, the same again, and one in which the row to be written is shown."""

    def training():
        return writer.train(
            SPLIT.train[:256], 3, epochs=25, augmented=False,
            network=lambda: writer.build(units=32, pixel_units=32, filters=16, hidden=32, dropout=0.1),
        )  # fmt: skip

    honest, again = training(), training()
    for one, two in zip(honest.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    monkeypatch.setattr(writer, "_row_above", lambda maps: maps)
    bits = [writer.bits_per_dimension(model, FEW.images, FEW.labels) for model in (honest, training())]
    assert bits[1] + 0.5 < bits[0] < 3


def test_no_epochs_are_refused():
    for epochs in (0, 1.5, True):
        with pytest.raises(ValueError, match=f"at least one epoch; got epochs={epochs}"):
            writer.train(FEW, epochs=epochs)


def test_importing_it_imports_no_keras():
    code = "import sys, course_utils.generation.writer; assert not {'keras', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
