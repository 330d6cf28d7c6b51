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


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (lambda images: images.mean(axis=(1, 2))[:, None], r"score gives shape \(1, 1\) for 1 pictures; it must give"),
        (lambda images: images.reshape(len(images), -1), r"shape \(1, 64\) for 1 pictures.* `model.predict\(images\)"),
        (lambda images: 0.5, r"shape \(\) for 1 pictures"),
        (lambda images: images[:1, 0, 0], r"shape \(1,\) for 49 pictures; it must give one number each, shape \(49,\)"),
        (lambda images: ["much"] * len(images), "array of type <U4; it must give one real number a picture"),
        (lambda images: [None] * len(images), "array of type object"),
    ],
)
def test_a_score_is_one_number_a_picture(score, words):
    with pytest.raises(ValueError, match=words):
        occlusion_map(score, np.ones((8, 8)))


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float16, list])
def test_scores_of_every_kind_of_number_become_floats(kind):
    """In whole numbers without a sign 0 − 1 would be 255; True − True is no number at all."""
    image = np.array([[1, 0]])
    score = lambda images: images[:, 0, 1] == 0 if kind is bool else images[:, 0, 1] + images[:, 0, 0]  # noqa: E731
    cast = list if kind is list else lambda scores: np.asarray(scores).astype(kind)
    lost = occlusion_map(lambda images: cast(score(images)), image, 1)
    assert lost.dtype == np.float64
    assert lost.tolist() == ([[0, 0]] if kind is bool else [[1, 0]])


def test_a_fall_below_zero_does_not_wrap_round():
    lost = occlusion_map(lambda images: (images == 0).sum(axis=(1, 2)).astype(np.uint8), np.array([[1.0, 0.0]]), 1)
    assert lost.tolist() == [[-1, 0]]


def test_a_score_that_writes_into_its_pictures_spoils_nothing():
    def spoils(images):
        scores = images.sum(axis=(1, 2))
        images[:] = 7
        return scores

    image = np.array([[1.0, 0.5], [0.0, 0.25]])
    for size in (1, 2):
        before = image.copy()
        lost = occlusion_map(spoils, image, size)
        assert np.array_equal(image, before)
        assert np.array_equal(lost, occlusion_map(lambda images: images.sum(axis=(1, 2)), image, size))


def test_lists_are_pictures_too():
    assert covered([[1, 2], [3, 4]], 1)[0, 1].tolist() == [[1, 0], [3, 4]]
    assert occlusion_map(lambda images: images.sum(axis=(1, 2)), [[1, 2], [3, 4]], 1).tolist() == [[1, 2], [3, 4]]
