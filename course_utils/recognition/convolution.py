"""Convolution in NumPy: exact, and strict about what it is given. Taught in lesson 01.

Shapes follow Keras: an image is (h, w) or (h, w, channels), a kernel (kh, kw) or (kh, kw, channels, filters).
Formulas: V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016), arXiv:1603.07285.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

__all__ = ["KERNELS", "convolve", "cross_correlate", "max_pool", "output_shape", "receptive_field"]

Pair = int | tuple[int, int]

KERNELS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "box blur": ((1 / 9,) * 3,) * 3,
    "Gaussian blur": ((1 / 16, 1 / 8, 1 / 16), (1 / 8, 1 / 4, 1 / 8), (1 / 16, 1 / 8, 1 / 16)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "brighter to the right": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    "brighter below": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "Sobel, to the right": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "Sobel, below": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "Laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}
"""Classic 3 × 3 kernels by name. As cross-correlation: "brighter to the right" answers positive there."""


def cross_correlate(image, kernel, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> np.ndarray:
    """Slide `kernel` over `image`; each output pixel is the sum of products where they meet.

    image (h, w) with kernel (kh, kw) gives (oh, ow); image (h, w, channels) with kernel
    (kh, kw, channels, filters) gives (oh, ow, filters), as a Keras layer does. `stride`, `padding` (zeros on each
    side) and `dilation` are one number or a pair (down, right). Whole numbers stay exact (int64), others keep
    the wider floating type of the two.
    Errors: `ValueError` for a wrong rank, different channels, a kernel that does not fit, a stride or dilation
    below 1, a padding below 0, values that are not finite, and sums that could leave int64.
    """
    image, kernel = _numbers("image", image), _numbers("kernel", kernel)
    _check_ranks(image, kernel)
    stride, padding, dilation = _pair("stride", stride, 1), _pair("padding", padding, 0), _pair("dilation", dilation, 1)
    output_shape(image.shape[:2], kernel.shape[:2], stride, padding, dilation)
    image, kernel = _same_type(image, kernel)
    windows = _windows(image, kernel.shape[:2], stride, padding, dilation)
    if image.ndim == 2:
        return np.einsum("ijkl,kl->ij", windows, kernel)
    return np.tensordot(windows, kernel, axes=((3, 4, 2), (0, 1, 2)))


def _windows(image: np.ndarray, kernel: tuple, stride: tuple, padding: tuple, dilation: tuple) -> np.ndarray:
    """What the kernel sees at each place, (oh, ow, kh, kw) or (oh, ow, channels, kh, kw): a view, nothing is copied."""
    padded = np.pad(image, [(padding[0],) * 2, (padding[1],) * 2] + [(0, 0)] * (image.ndim - 2))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(0, 1))
    return windows[:: stride[0], :: stride[1], ..., :: dilation[0], :: dilation[1]]


def convolve(image, kernel, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> np.ndarray:
    """The convolution of mathematics: `cross_correlate` with the kernel turned by 180°. Same shapes and errors."""
    kernel = _numbers("kernel", kernel)
    return cross_correlate(image, kernel[::-1, ::-1] if kernel.ndim >= 2 else kernel, stride, padding, dilation)


def max_pool(image, size: Pair = 2, stride: Pair | None = None) -> np.ndarray:
    """The largest value of each window: (h, w) or (h, w, channels) → (oh, ow) or (oh, ow, channels).

    `stride` is `size` if not given; rows and columns that do not fill a window are left out, as in Keras.
    Errors: `ValueError` as in `cross_correlate`.
    """
    image = _numbers("image", image)
    if image.ndim not in (2, 3):
        raise ValueError(f"The image has shape {image.shape}; it must be (h, w) or (h, w, channels).")
    size = _pair("size", size, 1)
    stride = size if stride is None else _pair("stride", stride, 1)
    output_shape(image.shape[:2], size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(image, size, axis=(0, 1))
    return windows[:: stride[0], :: stride[1]].max(axis=(-2, -1))


def output_shape(size: Pair, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Pair:
    """⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1 for one side (numbers) or for both (pairs, when `size` is a pair).

    Errors: `ValueError` when a number is impossible or the kernel reaches further than the padded image.
    """
    sizes = _pair("size", size, 1)
    kernels, strides = _pair("kernel", kernel, 1), _pair("stride", stride, 1)
    paddings, dilations = _pair("padding", padding, 0), _pair("dilation", dilation, 1)
    both = tuple(map(_output_size, sizes, kernels, strides, paddings, dilations))
    return both if isinstance(size, tuple) else both[0]


def _output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    reach, room = dilation * (kernel - 1) + 1, size + 2 * padding
    if reach > room:
        raise ValueError(
            f"A kernel of {kernel} at dilation {dilation} reaches over {reach} pixels, but the image with its padding "
            f"has {room}. Use a kernel of at most {(room - 1) // dilation + 1}, or a padding of at least "
            f"{(reach - size + 1) // 2}."
        )
    return (room - reach) // stride + 1


class Layer(NamedTuple):
    """What one layer does to the view: `size` of its window, `stride` of its steps, `dilation` of its taps."""

    size: int
    stride: int = 1
    dilation: int = 1


def receptive_field(layers: Iterable[tuple[int, ...]]) -> int:
    """How many input pixels, along one side, one output value has seen.

    `layers` are (size, stride) or (size, stride, dilation), first layer first; pooling counts like convolution.
    Each layer widens the view by dilation · (size − 1) *current steps*; its stride lengthens the steps after it.
    Errors: `ValueError` for a layer of another form.
    """
    view, step = 1, 1
    for number, layer in enumerate(layers, 1):
        size, stride, dilation = _layer(number, layer)
        view += dilation * (size - 1) * step
        step *= stride
    return view


def _layer(number: int, layer: tuple[int, ...]) -> Layer:
    try:
        layer = Layer(*layer)
    except TypeError:
        accepted = "(size, stride) or (size, stride, dilation)"
        raise ValueError(f"Layer {number} is {layer!r}; it must be {accepted}.") from None
    for name, value in layer._asdict().items():
        _whole(f"The {name} of layer {number}", value, 1)
    return layer


def _whole(what: str, value, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{what} is {value!r}; it must be a whole number, at least {least}.")
    return int(value)


def _pair(name: str, value: Pair, least: int) -> tuple[int, int]:
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} is {value!r}; it must be one whole number or a pair (down, right).")
        return _whole(name, value[0], least), _whole(name, value[1], least)
    return (_whole(name, value, least),) * 2


def _numbers(name: str, value) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"The {name} has rows of different lengths; all must be equally long.") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"The {name} holds {array.dtype} values; it must hold real numbers.")
    if array.size == 0:
        raise ValueError(f"The {name} is empty (shape {array.shape}).")
    if not np.isfinite(array).all():
        raise ValueError(f"The {name} holds NaN or infinity; every value must be finite.")
    return array


def _check_ranks(image: np.ndarray, kernel: np.ndarray) -> None:
    if (image.ndim, kernel.ndim) not in {(2, 2), (3, 4)}:
        raise ValueError(
            f"The image has shape {image.shape} and the kernel {kernel.shape}; they must be (h, w) with (kh, kw), "
            "or (h, w, channels) with (kh, kw, channels, filters)."
        )
    if image.ndim == 3 and image.shape[2] != kernel.shape[2]:
        raise ValueError(
            f"The image has {image.shape[2]} channels and each filter reads {kernel.shape[2]}; "
            f"a kernel for it has shape (kh, kw, {image.shape[2]}, filters)."
        )


def _same_type(image: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as int64, if whole numbers whose sums are sure to fit, else as the wider floating type."""
    if "f" in (image.dtype.kind, kernel.dtype.kind):
        kind = np.result_type(image, kernel, np.float32)
        return image.astype(kind), kernel.astype(kind)
    largest = max(abs(int(image.min())), abs(int(image.max())))
    sums = np.abs(kernel.astype(object)).sum(axis=(0, 1, 2) if kernel.ndim == 4 else (0, 1))
    weight = max(sums) if kernel.ndim == 4 else sums
    if largest * max(weight, 1) > np.iinfo(np.int64).max:
        raise ValueError(
            f"Values up to {largest} under weights that add up to {weight} can leave the range of 64-bit whole "
            "numbers; pass floating-point numbers instead."
        )
    return image.astype(np.int64), kernel.astype(np.int64)
