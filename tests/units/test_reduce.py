"""A drawing becomes a digit as the course's digits were made; and the strangers' digits that were made so."""

import re
import reprlib

import numpy as np
import pytest

from course_utils.data import digits, mnist


def drawing(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """A bitmap with ink in boxes (top, left, bottom, right), the last two excluded."""
    ink = np.zeros(digits.BITMAP, bool)
    for top, left, bottom, right in boxes:
        ink[top:bottom, left:right] = True
    return ink


def seven(top: int, left: int, size: int) -> np.ndarray:
    """A bar and a stem at its right end: `size` pixels high, half as wide, an eighth thick."""
    thick, wide = size // 8, size // 2
    return drawing((top, left, top + thick, left + wide), (top, left + wide - thick, top + size, left + wide))


def gap(*pair: np.ndarray) -> float:
    return float(np.abs(pair[0] - pair[1]).max())


def test_ink_is_counted_in_blocks():
    image = digits.reduce(drawing((0, 0, 4, 4), (0, 8, 1, 12), (30, 31, 31, 32)), fit=False)
    assert image.shape == (8, 8, 1) and image.dtype == np.float32
    assert (image[0, 0, 0], image[0, 2, 0], image[7, 7, 0]) == (1, 4 / 16, 1 / 16)
    assert np.count_nonzero(image) == 3


def test_a_line_becomes_a_bar_as_ones_do():
    """By hand: 640 pixels after stretching are thinned twice, to rows 2 to 29 and columns 8 to 23."""
    image = digits.reduce(drawing((6, 4, 26, 7)))[..., 0]
    expected = np.zeros((8, 8))
    expected[:, 2:6] = 1
    expected[[0, -1]] /= 2
    assert np.array_equal(image, expected)


def test_place_and_size_do_not_matter():
    """Red when the drawing is no longer brought to the middle and to its size."""
    there = digits.reduce(seven(0, 0, 16))
    assert np.array_equal(there, digits.reduce(seven(16, 16, 16)))
    assert gap(there, digits.reduce(seven(0, 8, 32))) <= 1 / 4
    assert gap(there, digits.reduce(seven(0, 0, 16), fit=False)) > 1 / 2


def test_thin_ink_is_thickened_and_thick_ink_is_thinned():
    thin = drawing((0, 6, 1, 26), (31, 6, 32, 26), (0, 25, 32, 26))  # fills the digits' box already
    assert thin.sum() == 70 and digits.reduce(thin).sum() * 16 > 2.5 * 70
    thick = drawing((0, 6, 12, 26), (12, 16, 32, 26))
    assert thick.sum() == 440 and 256 <= digits.reduce(thick).sum() * 16 < 412


def test_stripes_do_not_vanish_when_thinned():
    stripes = np.zeros(digits.BITMAP, bool)
    stripes[:, 0::3] = stripes[:, 1::3] = True
    assert digits.reduce(stripes).any()


def test_what_leans_is_straightened():
    slash = np.zeros(digits.BITMAP, bool)
    for row in range(32):
        slash[row, 22 - row // 2 : 26 - row // 2] = True
    first = (digits.reduce(slash)[..., 0] > 0).argmax(axis=1)
    assert first[0] == first[7] == 3 and (digits.reduce(slash, fit=False)[..., 0] > 0).argmax(axis=1)[
        [0, 7]
    ].tolist() == [5, 1]


def test_grey_ink_counts_from_one_half():
    ink = seven(4, 4, 24)
    assert np.array_equal(digits.reduce(np.where(ink, 0.5, 0.49)), digits.reduce(ink))
    assert np.array_equal(digits.reduce(ink.astype(np.uint8)), digits.reduce(ink))


ODD = [
    (None, "None"),
    ("a drawing", "text"),
    (np.full((32, 32), "x"), "an array of text"),
    (np.full((32, 32), None), "an array of objects"),
    (np.full((32, 32), 1j), "an array of complex numbers"),
    ([[1, 2], [3]], "rows that differ in length"),
    ({"ink": 1}, "an object of type dict"),
    (digits.load().test, "an object of type Digits"),
    (1, r"shape \(\)"),
]


@pytest.mark.parametrize(
    ("bitmap", "sentence"),
    [
        (np.zeros((32, 32)), "no ink"),
        (drawing((9, 9, 10, 10)), "covers 1 × 1 pixels"),
        (drawing((9, 9, 12, 11)), "covers 3 × 2 pixels"),
        (np.ones((8, 8)), r"shape \(8, 8\)"),
        (np.ones((1, 32, 32)), r"shape \(1, 32, 32\)"),
        (np.full((32, 32), 255), "between 0, paper, and 1"),
        (np.full((32, 32), -1.0), "between 0, paper, and 1"),
        (np.full((32, 32), np.inf), "between inf and inf"),
        (np.where(np.eye(32), np.nan, 1), "32 × 32 numbers.* 32 of 1024 values are NaN"),
        *((given, f"32 × 32 numbers.* got {words}") for given, words in ODD),
    ],
)
def test_what_is_no_drawing_is_refused(bitmap, sentence):
    with pytest.raises(ValueError, match=sentence):
        digits.reduce(bitmap)


def test_a_single_pixel_can_be_counted_where_it_stands():
    assert digits.reduce(drawing((9, 9, 10, 10)), fit=False).sum() == 1 / 16


def test_a_bitmap_of_a_digit_is_that_digit_again():
    for image in digits.load_all().images:
        assert np.array_equal(digits.reduce(digits.bitmap(image), fit=False), image)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((4, 4)), r"\(8, 8, 1\); got shape \(4, 4\)"),
        (np.full((8, 8), 0.3), "sixteenths .* here is 0.3"),
        (np.full((8, 8), 2.0), "sixteenths .* here is 2.0"),
        (np.full((8, 8), 1e300), r"sixteenths .* here is 1e\+300"),
        (np.where(np.eye(8), np.nan, 1), r"\(8, 8, 1\); here 8 of 64 values are NaN"),
        *((given, rf"\(8, 8, 1\); got {words}") for given, words in ODD),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_no_digit_has_no_bitmap(image, sentence):
    with pytest.raises(ValueError, match=sentence):
        digits.bitmap(image)


@pytest.mark.parametrize("kind", [bool, np.int64, np.uint8, np.float16, float])
def test_a_bitmap_of_a_digit_takes_every_kind_of_number(kind):
    assert np.array_equal(digits.bitmap(np.eye(8).astype(kind)), np.kron(np.eye(8), np.ones((4, 4))))


def test_the_training_digits_show_how_they_were_made():
    """What `reduce` takes from the report can be seen in the digits: their weight, and two corners above each other."""
    images = digits.load().train.images[..., 0]
    ink = images.sum(axis=(1, 2)) * 16
    assert np.mean((ink >= digits.INK[0]) & (ink <= digits.INK[1])) > 0.98
    first = (images > 0).argmax(axis=2)
    assert np.mean(np.abs(first[:, 0] - first[:, 7]) <= 1) > 0.99
    assert np.mean(first[:, 0] == first[:, 7]) > 0.8


def test_strangers_stand_and_weigh_as_ours_do():
    """Red when drawings are no longer centred, stretched, weighted or straightened. Looks at no label."""
    strangers, train = mnist.load().reduced[..., 0], digits.load().train.images[..., 0]
    for axes in ((0, 1), (0, 2)):
        assert np.abs(strangers.mean(axis=axes) - train.mean(axis=axes)).max() < 0.06
    first = (strangers > 0).argmax(axis=2)
    assert np.mean(np.abs(first[:, 0] - first[:, 7]) <= 1) > 0.8


def test_there_are_five_hundred_strangers_of_each_class():
    strangers = mnist.load()
    assert np.bincount(strangers.labels).tolist() == [500] * 10 and len(strangers) == 5000
    assert strangers.images.shape == (5000, 28, 28) and strangers.reduced.shape == (5000, 8, 8, 1)
    assert strangers.images.max() == strangers.reduced.max() == 1 and strangers.images.min() == 0
    assert len(set(strangers.labels[:50])) == 10, "a slice holds all classes"
    assert not strangers.images.flags.writeable and mnist.load() is strangers
    assert str(strangers.digits(slice(0, 30))) == "30 digits by 1 writers"


def test_strangers_are_none_of_our_writers():
    assert mnist.WRITER not in digits.load_all().writers
    some = mnist.load().digits(np.array([3, 5]))
    assert np.array_equal(some.labels, mnist.load().labels[[3, 5]]) and set(some.writers) == {mnist.WRITER}


def test_rows_of_strangers():
    strangers = mnist.load()
    for rows in ([2, 4], np.array([2, 4], np.uint8), [np.int64(2), np.int32(4)], slice(np.int64(2), 5, 2)):
        assert np.array_equal(strangers.digits(rows).images, strangers.reduced[[2, 4]])
    assert np.array_equal(strangers.digits([-1]).labels, strangers.labels[-1:])
    assert len(strangers.digits(strangers.labels == 3)) == 500


@pytest.mark.parametrize(
    "rows",
    [5, np.int64(5), 1.5, True, None, "a", ["a"], slice("a"), [5000], [-5001], np.array([0.5]), [[1], [2, 3]], [True]],
    ids=str,
)
def test_rows_that_no_stranger_has(rows):
    words = r"Rows are a slice, .* a mask of 5000 truth values, .* whole numbers below 5000, such as \[5\]; got "
    with pytest.raises(ValueError, match=words + re.escape(reprlib.repr(rows))):
        mnist.load().digits(rows)
