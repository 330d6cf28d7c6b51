"""Transposed convolution by hand, beside loops, zeros between pixels, and Keras."""

import numpy as np
import pytest

from course_utils.generation.upsampling import inner, overlap, transpose_convolve, transposed_size, upsample
from course_utils.recognition.convolution import convolve, cross_correlate

SIZES = [(kernel, stride) for kernel in range(1, 6) for stride in range(1, 5)]


def random(shape, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_by_hand():
    image, kernel = [[1, 2]], [[1, 10, 100]]
    np.testing.assert_array_equal(transpose_convolve(image, kernel, 2), [[1, 10, 102, 20, 200], [0] * 5])
    np.testing.assert_array_equal(transpose_convolve(image, kernel, 1), [[1, 12, 120, 200]])
    np.testing.assert_array_equal(transpose_convolve(image, [[3]], 2), [[3, 0, 6, 0], [0, 0, 0, 0]])
    assert transpose_convolve(image, kernel).dtype == np.int64
    assert transpose_convolve(np.ones((2, 2), np.float32), np.ones((2, 2), np.float32)).dtype == np.float32


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_is_a_convolution_of_the_image_with_zeros_between(size, stride):
    image, kernel = random((4, 3)), random((size, size + 1), 1)
    spread = np.zeros((3 * stride + 1, 2 * stride + 1))
    spread[::stride, ::stride] = image
    expected = convolve(spread, kernel, padding=(size - 1, size))
    made = transpose_convolve(image, kernel, stride)
    assert made.shape == (transposed_size(4, size, stride), transposed_size(3, size + 1, stride))
    np.testing.assert_allclose(made[: len(expected), : expected.shape[1]], expected, atol=1e-12)
    assert not made[len(expected) :].any() and not made[:, expected.shape[1] :].any()


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_it_is_the_transpose_of_a_convolution(size, stride):
    """⟨A x, y⟩ = ⟨x, Aᵀ y⟩, which gave it the name."""
    image, kernel = random((4, 5)), random((size, size), 1)
    made = transpose_convolve(image, kernel, stride)
    other = random(made.shape, 2)
    back = cross_correlate(other, kernel, stride)[:4, :5]
    assert (made * other).sum() == pytest.approx((image * back).sum())


@pytest.mark.keras
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 1), (3, 2), (4, 2), (5, 3), (2, 3), (1, 2)])
def test_equals_keras(size, stride):
    import keras

    image, kernel = random((4, 3)).astype("float32"), random((size, size), 1).astype("float32")
    layer = keras.layers.Conv2DTranspose(1, size, stride, use_bias=False)
    layer.build((None, 4, 3, 1))
    layer.set_weights([kernel[:, :, None, None]])
    expected = keras.ops.convert_to_numpy(layer(image[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_allclose(transpose_convolve(image, kernel, stride), expected, atol=1e-5)
    expected = keras.ops.convert_to_numpy(keras.layers.UpSampling2D(stride)(image[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_array_equal(upsample(image, stride), expected)


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_overlap_counts_the_kernels_that_reach_a_pixel(size, stride):
    counts = overlap((4, 6), size, stride)
    for (row, column), count in np.ndenumerate(counts):
        reached = [(i, j) for i in range(4) for j in range(6)
                   if 0 <= row - i * stride < size and 0 <= column - j * stride < size]  # fmt: skip
        assert count == len(reached)


def test_overlap_of_three_by_two_is_the_known_checkerboard():
    np.testing.assert_array_equal(overlap((1, 3), 3, 2)[1], [1, 1, 2, 1, 2, 1, 1])


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_inner_pixels_are_those_that_a_larger_picture_would_not_change(size, stride):
    """And even there, the overlap is even only when the stride divides the kernel."""
    small, frame = overlap((6, 6), size, stride)[:, 3 * stride], 4
    column = overlap((6 + 2 * frame, 6), size, stride)[:, 3 * stride]
    wider = column[frame * stride :][: len(small)]
    np.testing.assert_array_equal(np.flatnonzero(small == wider), np.arange(len(small))[inner(6, size, stride)])
    assert (np.ptp(small[inner(6, size, stride)]) == 0) == (size % stride == 0)


def test_inner_may_be_nothing():
    assert not overlap((2, 2), 5, 1)[inner(2, 5, 1)].size


def test_upsampling_repeats():
    np.testing.assert_array_equal(upsample([[1, 2]], 2), [[1, 1, 2, 2]] * 2)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: transpose_convolve([1, 2], [[1]]), r"The image .* got int64 of shape \(2,\)"),
        (lambda: transpose_convolve([[1]], [[1], [2, 3]]), "The kernel .* got list"),
        (lambda: transpose_convolve([[np.nan]], [[1]]), "NaN"),
        (lambda: transpose_convolve([["a"]], [[1]]), "The image"),
        (lambda: transpose_convolve([[1]], [[1]], 0), "stride is 0; it must be a whole number, at least 1"),
        (lambda: transpose_convolve([[1]], [[1]], 1.5), "stride is 1.5"),
        (lambda: upsample([[1]], True), "factor is True"),
        (lambda: upsample([], 2), "The image"),
        (lambda: overlap((2, 0), 3, 1), "a side of the shape is 0"),
        (lambda: overlap((2, 2), 0, 1), "kernel_size is 0"),
        (lambda: transposed_size(0, 1), "size is 0"),
        (lambda: inner(3, 0), "kernel is 0"),
    ],
)
def test_what_it_does_not_take(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
