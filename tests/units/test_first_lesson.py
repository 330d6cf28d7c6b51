"""What lesson 00 takes from the library: the course in seven pictures, and the student's digits before and after."""

import numpy as np
import pytest

from course_utils.data import digits
from course_utils.data.drawings import WRITER
from course_utils.recognition import baselines, preview
from course_utils.recognition.your_hand import before_and_after


@pytest.fixture(scope="module")
def train():
    return digits.load().train


def hand(rows) -> digits.Digits:
    """Some validation digits as if the student had drawn them."""
    some = digits.load().validation[np.asarray(rows)]
    return digits.Digits(some.images, some.labels, np.full(len(some), WRITER))


def test_there_is_a_picture_for_each_of_the_seven_lessons():
    pictures = preview.pictures()
    assert [title[:2] for title in pictures] == [f"{number:02}" for number in range(1, 8)]
    for picture in pictures.values():
        assert picture.ndim == 2 and picture.size and 0 <= picture.min() < picture.max() <= 1


def test_the_pictures_show_what_their_titles_say():
    pictures = preview.pictures()
    left, middle, right = np.split(pictures["02 survive one pixel"], 3, axis=1)
    assert (left[:, :7] == middle[:, 1:8]).all() and (right[:, 1:8] == middle[:, :7]).all()
    assert not pictures["04 read row by row"][2:, :8].any()
    np.testing.assert_allclose(pictures["05 let models vote"].sum(axis=1), 1, atol=1e-6)


def test_the_seed_draws_other_threes():
    one, other = (preview.pictures(seed)["06 draw a 3"] for seed in (0, 1))
    assert (one != other).any()


def test_before_is_what_the_course_s_model_says(train):
    yours = hand([0, 5, 9])
    before, _ = before_and_after(train, yours)
    np.testing.assert_array_equal(before, baselines.svm(train).predict(yours.images))


def test_no_drawing_is_read_by_a_model_that_has_learned_it(train):
    """Each drawing with a false label: whoever has learned it says that label, the others do not."""
    some = hand([0, 5, 9])
    false = digits.Digits(some.images, (some.labels + 1) % 10, some.writers)
    _, after = before_and_after(train, false)
    assert (after.argmax(axis=1) == some.labels).all()


def test_the_others_are_learned(train):
    """The same strange picture four times as a 3: each is read as a 3 once the three others have been learned."""
    picture = np.zeros((1, 8, 8, 1), np.float32)
    picture[0, ::2, ::2] = 1
    yours = digits.Digits(np.repeat(picture, 4, axis=0), np.full(4, 3), np.full(4, WRITER))
    before, after = before_and_after(train, yours)
    assert (after.argmax(axis=1) == 3).all() and (after[:, 3] > before[:, 3]).all()


def test_one_drawing_alone_changes_nothing_for_itself(train):
    before, after = before_and_after(train, hand([7]))
    np.testing.assert_array_equal(before, after)


def test_without_a_drawing_there_is_nothing_to_read(train):
    with pytest.raises(ValueError, match="no drawing"):
        before_and_after(train, train[:0])
