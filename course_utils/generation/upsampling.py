"""Larger pictures from smaller ones: transposed convolution, and upsampling before a convolution. Taught in lesson 06.

    transpose_convolve(image, kernel, stride=2)             # lays the kernel down at every pixel, two apart
    cross_correlate(upsample(image, 2), kernel)             # enlarges first, convolves then

Where laid kernels overlap, one output pixel gets more than its neighbour: `overlap` counts. Sources: A. Odena,
V. Dumoulin, C. Olah, *Deconvolution and checkerboard artifacts* (2016), doi:10.23915/distill.00003; V. Dumoulin,
F. Visin, *A guide to convolution arithmetic for deep learning* (2016), arXiv:1603.07285.
"""

import numpy as np

__all__ = ["inner", "overlap", "transpose_convolve", "transposed_size", "upsample"]


def transpose_convolve(image, kernel, stride: int = 1) -> np.ndarray:
    """Lay `kernel` down for every pixel of `image`, times that pixel, `stride` apart; what overlaps adds up.

    image (h, w) and kernel (kh, kw) give (h · stride + max(kh − stride, 0), w · stride + max(kw − stride, 0)), as
    Keras's `Conv2DTranspose` with one filter, no bias and its padding "valid" does. A kernel smaller than the stride
    leaves holes of zeros, also behind the last pixel. Whole numbers stay whole (int64), others keep the wider
    floating type of the two.
    Errors: `ValueError` for what is no two-dimensional array of finite numbers, and for a stride below 1.
    """
    image, kernel, stride = _numbers("image", image), _numbers("kernel", kernel), _whole("stride", stride)
    rows, columns = image.shape
    shape = [transposed_size(n, k, stride) for n, k in zip(image.shape, kernel.shape, strict=True)]
    canvas = np.zeros(shape, np.result_type(image, kernel))
    for (down, right), weight in np.ndenumerate(kernel):  # this weight of all the laid kernels at once
        canvas[down : down + rows * stride : stride, right : right + columns * stride : stride] += weight * image
    return canvas


def transposed_size(size: int, kernel: int, stride: int = 1) -> int:
    """n · s + max(k − s, 0): the pixels along one side that `transpose_convolve` makes of `size` pixels.

    Errors: `ValueError` for a number below 1.
    """
    size, kernel, stride = _whole("size", size), _whole("kernel", kernel), _whole("stride", stride)
    return size * stride + max(kernel - stride, 0)


def overlap(shape: tuple[int, int], kernel_size: int, stride: int = 1) -> np.ndarray:
    """How many laid kernels, `kernel_size` × `kernel_size`, reach each output pixel of `transpose_convolve`: int64.

    shape: (h, w) of the input. Even, away from the edges, only if `kernel_size` is a multiple of `stride`.
    Errors: `ValueError` for a number below 1.
    """
    rows, columns = (_whole("a side of the shape", side) for side in shape)
    kernel_size = _whole("kernel_size", kernel_size)
    return transpose_convolve(np.ones((rows, columns), int), np.ones((kernel_size, kernel_size), int), stride)


def inner(size: int, kernel: int, stride: int = 1) -> slice:
    """Which pixels along one side of `transpose_convolve`'s output no edge has robbed of an overlap; maybe none.

    size: pixels along that side of the input. Errors: `ValueError` for a number below 1.
    """
    last = _whole("size", size) * _whole("stride", stride)
    first = max(_whole("kernel", kernel) - stride, 0)
    return slice(first, max(first, last))


def upsample(image, factor: int = 2) -> np.ndarray:
    """Each pixel of `image` (h, w) as a square of `factor` × `factor`: (h · factor, w · factor), the nearest pixel's.

    Keras calls it `UpSampling2D`. Errors: `ValueError` as in `transpose_convolve`.
    """
    factor = _whole("factor", factor)
    return _numbers("image", image).repeat(factor, axis=0).repeat(factor, axis=1)


def _numbers(name: str, value) -> np.ndarray:
    """`value` as float or int64 (h, w)."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        given = f"{array.dtype} of shape {array.shape}" if array.dtype != object else type(value).__name__
        raise ValueError(f"The {name} holds finite real numbers in the shape (h, w); got {given}, or NaN among them.")
    return array if array.dtype.kind == "f" else array.astype(np.int64)


def _whole(name: str, value) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number, at least 1.")
    return int(value)
