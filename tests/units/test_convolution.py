"""`recognition.convolution` against SciPy, against Keras, and against requests that cannot be met."""

import numpy as np
import pytest
from scipy import signal

from course_utils.recognition.convolution import (
    KERNELS,
    convolve,
    cross_correlate,
    max_pool,
    output_shape,
    receptive_field,
)

SHAPES = [((9, 7), (3, 2)), ((5, 5), (5, 5)), ((4, 11), (1, 4)), ((6, 6), (6, 1)), ((20, 20), (18, 17))]


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize(("image", "kernel"), SHAPES)
def test_equals_scipy(image, kernel):
    image, kernel = random(image), random(kernel, 1)
    np.testing.assert_allclose(cross_correlate(image, kernel), signal.correlate2d(image, kernel, "valid"), atol=1e-12)
    np.testing.assert_allclose(convolve(image, kernel), signal.convolve2d(image, kernel, "valid"), atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
@pytest.mark.parametrize("padding", [0, 2, (0, 3)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
def test_stride_padding_and_dilation_equal_scipy_on_a_spread_kernel(stride, padding, dilation):
    image, kernel = random((13, 12)), random((3, 4), 1)
    down, right = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    spread = np.zeros((down * 2 + 1, right * 3 + 1))
    spread[::down, ::right] = kernel
    above, beside = padding if isinstance(padding, tuple) else (padding, padding)
    whole = signal.correlate2d(np.pad(image, [(above, above), (beside, beside)]), spread, "valid")
    rows, columns = stride if isinstance(stride, tuple) else (stride, stride)
    result = cross_correlate(image, kernel, stride, padding, dilation)
    np.testing.assert_allclose(result, whole[::rows, ::columns], atol=1e-12)
    assert result.shape == output_shape(image.shape, kernel.shape, stride, padding, dilation)


def test_a_filter_spans_all_channels():
    image, kernel = random((8, 7, 3)), random((3, 2, 3, 5), 1)
    expected = [
        sum(signal.correlate2d(image[..., c], kernel[..., c, f], "valid") for c in range(3)) for f in range(5)
    ]
    np.testing.assert_allclose(cross_correlate(image, kernel), np.stack(expected, axis=-1), atol=1e-12)


@pytest.mark.keras
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 0, 1), (1, 1, 1), (1, 0, 2), (3, 2, 1)])
def test_equals_keras(keras, stride, padding, dilation):
    image, kernel = random((11, 9, 3)).astype("float32"), random((3, 2, 3, 4), 1).astype("float32")
    padded = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])[None]
    expected = keras.ops.conv(padded, kernel, strides=stride, padding="valid", dilation_rate=dilation)
    result = cross_correlate(image, kernel, stride, padding, dilation)
    np.testing.assert_allclose(result, keras.ops.convert_to_numpy(expected)[0], atol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "bool"])
def test_whole_numbers_stay_exact(dtype):
    image = np.array([[1, 0], [0, 1]], dtype) if dtype == "bool" else np.array([[200, 3], [7, 90]], dtype)
    result = cross_correlate(image, [[1, -1]])
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result[:, 0], image[:, 0].astype(int) - image[:, 1].astype(int))


def test_floating_types_keep_the_wider_one():
    image = np.ones((4, 4), "float32")
    assert cross_correlate(image, np.ones((2, 2), "float32")).dtype == np.float32
    assert cross_correlate(image, np.ones((2, 2), int)).dtype == np.float64
    assert cross_correlate(image, np.ones((2, 2))).dtype == np.float64


def test_the_arguments_are_left_alone():
    image, kernel = random((5, 5)), random((3, 3))
    before = image.copy(), kernel.copy()
    cross_correlate(image, kernel)[0, 0] = 99
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(kernel, before[1])


ONES = np.ones((5, 5))
IMPOSSIBLE = [
    (dict(image=ONES, kernel=np.ones((6, 2))), "at most 5"),
    (dict(image=ONES, kernel=np.ones((3, 3)), dilation=3), "at most 2"),
    (dict(image=ONES, kernel=np.ones((3, 3)), stride=0), "at least 1"),
    (dict(image=ONES, kernel=np.ones((3, 3)), stride=1.5), "whole number"),
    (dict(image=ONES, kernel=np.ones((3, 3)), stride=True), "whole number"),
    (dict(image=ONES, kernel=np.ones((3, 3)), padding=-1), "at least 0"),
    (dict(image=ONES, kernel=np.ones((3, 3)), stride=(1, 2, 3)), "pair"),
    (dict(image=ONES, kernel=np.ones((3, 3)), padding="same"), "whole number"),
    (dict(image=ONES[0], kernel=np.ones((3, 3))), r"\(h, w\)"),
    (dict(image=ONES, kernel=np.ones(3)), r"\(h, w\)"),
    (dict(image=np.ones((5, 5, 3)), kernel=np.ones((3, 3))), "filters"),
    (dict(image=np.ones((5, 5, 3)), kernel=np.ones((3, 3, 2, 4))), "3 channels"),
    (dict(image=np.full((5, 5), np.nan), kernel=np.ones((3, 3))), "finite"),
    (dict(image=ONES, kernel=np.full((3, 3), np.inf)), "finite"),
    (dict(image=np.full((3, 3), 2**62), kernel=np.ones((2, 2), int)), "floating-point"),
    (dict(image=np.full((3, 3), 2**64 - 1, np.uint64), kernel=np.zeros((2, 2), int)), "floating-point"),
    (dict(image=[[1, 2], [3]], kernel=np.ones((1, 1))), "different lengths"),
    (dict(image=[["a"]], kernel=np.ones((1, 1))), "real numbers"),
    (dict(image=np.ones((2, 2), complex), kernel=np.ones((1, 1))), "real numbers"),
    (dict(image=np.ones((0, 3)), kernel=np.ones((1, 1))), "empty"),
]


@pytest.mark.parametrize("function", [cross_correlate, convolve])
@pytest.mark.parametrize(("arguments", "words"), IMPOSSIBLE)
def test_what_is_impossible_is_said(function, arguments, words):
    with pytest.raises(ValueError, match=words):
        function(**arguments)


def test_the_advice_in_the_message_works():
    with pytest.raises(ValueError, match="padding of at least 2"):
        output_shape(4, 8)
    assert output_shape(4, 8, padding=2) == 1


def test_classic_kernels_add_up_to_zero_or_one():
    for name, kernel in KERNELS.items():
        assert np.shape(kernel) == (3, 3), name
        assert np.isclose(np.sum(kernel), 0) or np.isclose(np.sum(kernel), 1), name
    assert cross_correlate([[0, 0, 1]] * 3, KERNELS["brighter to the right"]).item() > 0
    assert cross_correlate([[0] * 3, [0] * 3, [1] * 3], KERNELS["brighter below"]).item() > 0


def test_max_pool():
    image = np.arange(20).reshape(4, 5)
    np.testing.assert_array_equal(max_pool(image), [[6, 8], [16, 18]])
    np.testing.assert_array_equal(max_pool(image, 2, stride=1), image[1:, 1:])
    assert max_pool(np.ones((4, 6, 7)), (2, 3)).shape == (2, 2, 7)
    with pytest.raises(ValueError, match="at most 4"):
        max_pool(image, 5)
    with pytest.raises(ValueError, match="channels"):
        max_pool(np.ones(4))


def test_receptive_field():
    assert receptive_field([]) == 1
    assert receptive_field([(3, 1), (3, 1)]) == 5
    assert receptive_field([(3, 1), (3, 1), (2, 2)]) == 6
    assert receptive_field([(3, 1), (3, 1), (2, 2), (3, 1)]) == 10
    assert receptive_field([(3, 1, 2)]) == 5


@pytest.mark.parametrize("layers", [[3], [(3,), (0, 1)], [(3, 1, 1, 1)], [(3, 0)], ["33"], [(2.5, 1)]])
def test_receptive_field_of_what_is_no_layer(layers):
    with pytest.raises(ValueError, match="ayer"):
        receptive_field(layers)
