"""Occlusion maps: by hand, on a network, and as the exercise asks for them."""

import numpy as np
import pytest

from course_utils import exercises
from course_utils.data import digits
from course_utils.recognition import cnn
from course_utils.recognition.occlusion import covered, occlusion_map


def test_each_square_is_covered_once():
    hidden = covered(np.ones((3, 4)), 2)
    assert hidden.shape == (2, 3, 3, 4)
    for i, j in np.ndindex(2, 3):
        expected = np.ones((3, 4))
        expected[i : i + 2, j : j + 2] = 0
        assert np.array_equal(hidden[i, j], expected)


def test_what_is_lost_is_positive():
    """By hand: a score that weighs one pixel twice and another against it."""
    image = np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]])
    lost = occlusion_map(lambda images: 2 * images[:, 0, 0] - images[:, 1, 2], image, 1)
    assert lost.tolist() == [[2, 0, 0], [0, 0, -1]]


def test_paper_covered_with_paper_changes_nothing():
    image = digits.load().validation.images[3, :, :, 0]
    before = image.copy()
    lost = occlusion_map(lambda images: cnn.load_trained().predict(images)[:, 3], image)
    ink = np.array([[image[i : i + 2, j : j + 2].any() for j in range(7)] for i in range(7)])
    assert np.abs(lost[~ink]).max() < 1e-6 < np.abs(lost[ink]).max()
    assert np.array_equal(image, before)


def test_lesson_and_library_agree():
    space = {}
    exec(str(exercises.honest.occlusion_map.solution()), space)
    image = digits.load().validation.images[7, :, :, 0]
    score = lambda images: cnn.load_trained().predict(images)[:, 7]  # noqa: E731
    for size in (1, 2, 3, 8):
        np.testing.assert_allclose(
            space["my_occlusion_map"](score, image, size), occlusion_map(score, image, size), atol=1e-5
        )


@pytest.mark.parametrize(
    ("image", "size", "words"),
    [
        (np.ones((8, 8, 1)), 2, r"must be \(h, w\)"),
        (np.ones((8, 6)), 7, "from 1 to 6"),
        (np.ones((8, 8)), 0, "from 1 to 8"),
        (np.ones((8, 8)), 1.5, "from 1 to 8"),
        (np.ones((8, 8)), True, "from 1 to 8"),
    ],
)
def test_what_cannot_be_covered_is_said(image, size, words):
    with pytest.raises(ValueError, match=words):
        occlusion_map(lambda images: images.sum(axis=(1, 2)), image, size)
