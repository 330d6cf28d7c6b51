"""`data.digits` and `data.images`: shapes, ranges, splits that share no picture, and the printed page."""

import numpy as np
import pytest

from course_utils.data import digits, images


@pytest.mark.parametrize("split", digits.SPLITS)
def test_every_split_has_each_digit_once_at_most(split):
    parts = digits.load(split)
    keys = [image.tobytes() for part in parts for image in part.images]
    everything = sorted(image.tobytes() for image in digits.load_all().images)
    assert sorted(keys) == everything
    for part in parts:
        assert part.images.dtype == np.float32
        assert part.images.shape == (len(part), 8, 8, 1)
        assert part.labels.dtype == np.int64
        assert part.images.min() == 0
        assert part.images.max() == 1
        assert set(part.labels) == set(range(10))


def test_by_writer_shares_no_writer():
    train, validation, test = (set(part.writers) for part in digits.load())
    assert (train, validation, test) == (set(range(8)), {8, 9, 10}, {11, 12, 13})
    assert [len(part) for part in digits.load()] == [1029, 386, 382]


def test_joined_parts_follow_each_other():
    train, validation, _ = digits.load()
    both = digits.join(train, validation)
    assert len(both) == len(train) + len(validation)
    for name in ("images", "labels", "writers"):
        np.testing.assert_array_equal(getattr(both[len(train) :], name), getattr(validation, name))
    np.testing.assert_array_equal(digits.join(train).labels, train.labels)


TRAIN, _, TEST = digits.load()


@pytest.mark.parametrize(
    ("parts", "given"),
    [
        ((), "nothing"),
        (([TRAIN, TEST],), "a part of type list"),
        ((TRAIN, (TEST,)), "a part of type tuple"),
        ((TRAIN, None), "a part of type NoneType"),
        ((TRAIN.images, TEST.images), "a part of type ndarray"),
    ],
)
def test_what_cannot_be_joined(parts, given):
    with pytest.raises(ValueError, match=rf"one by one, as in join\(.*; got {given}\. A star .* join\(\*parts\)"):
        digits.join(*parts)


def test_halves_are_those_of_scikit_learn():
    train, validation, test = digits.load("halves")
    assert (len(train) + len(validation), len(test)) == (898, 899)
    assert not set(train.writers) & set(validation.writers)
    np.testing.assert_array_equal(test.images, digits.load_all().images[898:])


def test_random_is_stratified_and_seeded():
    one, same, other = digits.load("random", seed=1), digits.load("random", seed=1), digits.load("random", seed=2)
    np.testing.assert_array_equal(one.train.images, same.train.images)
    assert not np.array_equal(one.train.labels, other.train.labels)
    assert np.ptp(np.bincount(one.test.labels)) <= 3
    np.testing.assert_array_equal(digits.load("random", seed=np.int64(1)).test.labels, one.test.labels)


def test_a_split_that_does_not_exist():
    with pytest.raises(ValueError, match="'by writer', 'random', 'halves'"):
        digits.load("by author")
    with pytest.raises(ValueError, match="takes no seed"):
        digits.load("halves", seed=1)


@pytest.mark.parametrize("seed", ["a", -1, 2**32, 0.5, True])
def test_a_seed_that_cannot_be(seed):
    with pytest.raises(ValueError, match="whole number from 0 to 4294967295; got seed="):
        digits.load("random", seed=seed)


def test_rows_of_digits():
    everything = digits.load_all()
    assert len(everything) == 1797
    assert len(everything[everything.labels == 3]) == 183
    assert repr(everything[:131]) == "131 digits by 2 writers"
    with pytest.raises(TypeError, match="5:6"):
        everything[5]
    for rows in (True, np.True_, None, 1.5, "a", [[1, 2]]):
        with pytest.raises(TypeError, match="a slice, a mask or an array of rows; got "):
            everything[rows]
    with pytest.raises(ValueError, match="read-only"):
        everything.images[0] = 1


@pytest.mark.parametrize("name", ["camera", "brick", "grass", "gravel", "chelsea", "coffee"])
def test_pictures(name):
    picture = getattr(images, name)()
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert not picture.flags.writeable


def test_a_word_stands_on_the_page_where_places_says():
    page, word = images.page(), images.word("the")
    corners = images.places("the")
    assert len(corners) == 9
    for top, left in corners:
        np.testing.assert_array_equal(page[top : top + 20, left : left + 27], word)


def test_a_bad_page():
    with pytest.raises(ValueError, match="letter"):
        images.page(["  "])
    with pytest.raises(ValueError, match="noise is 2"):
        images.page(noise=2)


def test_the_page_is_seeded_and_in_range():
    first, again, other = (images.page(noise=0.3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.min() >= 0
    assert first.max() <= 1


def test_shift():
    image = np.arange(1, 10, dtype="float32").reshape(1, 3, 3, 1)
    np.testing.assert_array_equal(digits.shift(image, right=1)[0, ..., 0], [[0, 1, 2], [0, 4, 5], [0, 7, 8]])
    np.testing.assert_array_equal(digits.shift(image, right=-1, down=2)[0, ..., 0], [[0] * 3, [0] * 3, [2, 3, 0]])
    np.testing.assert_array_equal(digits.shift(image), image)
    for whole in (np.int64, np.int8, np.uint8):
        np.testing.assert_array_equal(digits.shift(image, whole(1), whole(2)), digits.shift(image, 1, 2))
    with pytest.raises(ValueError, match="leaves nothing"):
        digits.shift(image, right=3)
    with pytest.raises(ValueError, match="must be"):
        digits.shift(image[0])
    with pytest.raises(ValueError, match=r"whole pixels; got right=0\.5, down=0"):
        digits.shift(image, right=0.5)
