"""A trained network without its framework: the forward pass in NumPy. Taught in lesson 02.

    arrays = weights_of(model)            # once, with Keras
    Network(arrays).predict(images)       # from then on, without

A digit takes a fifth of a millisecond, where `model.predict` takes two hundred milliseconds.
"""

from functools import reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_utils.recognition.cells import both_ways
from course_utils.recognition.inputs import as_images

__all__ = ["Network", "of_noise", "weights_of"]

AT_ONCE = 512  # images; a convolution lays out nine copies of its maps for each


class Network:
    """A chain of layers, from images to probabilities.

    arrays: `input_shape` (3,); `layers`, the names of the layers in their order (keys of `FORWARD`);
    `<i>_kernel` and `<i>_bias`, float32, for each layer i that has weights, a GRU's `<i>_recurrent_kernel` between.
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        self.input_shape = tuple(int(size) for size in arrays["input_shape"])
        self.layers = [(str(name), _weights(arrays, i)) for i, name in enumerate(arrays["layers"])]

    def predict(self, images) -> np.ndarray:
        """Probabilities float32 (n, classes) for images (n, height, width, 1) or (n, height, width).

        Errors: `ValueError` for images of another size or with pixels outside [0, 1].
        """
        images = as_images(images, self.input_shape)
        return np.concatenate([self._forward(images[i : i + AT_ONCE]) for i in range(0, len(images), AT_ONCE)])

    def _forward(self, values: np.ndarray) -> np.ndarray:
        for name, weights in self.layers:
            values = FORWARD[name](values, *weights)
        return values

    def __repr__(self) -> str:
        count = sum(array.size for _, weights in self.layers for array in weights)
        return f"Network of {len(self.layers)} layers and {count:,} weights, in NumPy"


def of_noise(arrays: dict[str, np.ndarray], rng: np.random.Generator) -> Network:
    """A network of the same layers that has learned nothing: each kernel drawn at random, as widely spread as it was.

    What a picture of a network shows, it should show less of here. Taught in lesson 03.
    """
    kernels = {name: array for name, array in arrays.items() if name.endswith("_kernel")}
    drawn = {name: rng.normal(0, kernel.std(), kernel.shape).astype(np.float32) for name, kernel in kernels.items()}
    return Network(arrays | drawn)


def _weights(arrays: dict[str, np.ndarray], i: int) -> list[np.ndarray]:
    return [arrays[key] for part in _parts(3) if (key := f"{i}_{part}") in arrays]


def _parts(count: int) -> tuple[str, ...]:
    """What the `count` arrays of a layer are called, in their order."""
    return ("kernel", "recurrent_kernel", "bias") if count == 3 else ("kernel", "bias")


def _convolution(maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """`maps` (n, h, w, in) with `kernel` (kh, kw, in, out), no padding, as one product of matrices."""
    height, width, channels, filters = kernel.shape
    windows = sliding_window_view(maps, (height, width), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    patches = windows.reshape(-1, height * width * channels)
    return (patches @ kernel.reshape(-1, filters) + bias).reshape(*windows.shape[:3], filters)


def _same_convolution(maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """`_convolution` with a margin of zeros that keeps the size; for even kernels wider at the end, as in Keras."""
    (count, height, width, channels), (tall, wide) = maps.shape, kernel.shape[:2]
    framed = np.zeros((count, height + tall - 1, width + wide - 1, channels), np.float32)
    top, left = (tall - 1) // 2, (wide - 1) // 2
    framed[:, top : top + height, left : left + width] = maps
    return _convolution(framed, kernel, bias)


def _max_pooling(maps: np.ndarray) -> np.ndarray:
    """The largest of each 2 × 2 values; an odd last row or column is left out."""
    height, width = maps.shape[1] // 2 * 2, maps.shape[2] // 2 * 2
    return reduce(np.maximum, (maps[:, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)))


def _softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


FORWARD = {
    "convolution": _convolution,
    "same convolution": _same_convolution,
    "dense": lambda values, kernel, bias: values @ kernel + bias,
    "scale": lambda values, kernel, bias: values * kernel + bias,
    "relu": lambda values: np.maximum(values, 0),
    "softmax": _softmax,
    "linear": lambda values: values,
    "max pooling": _max_pooling,
    "mean of maps": lambda maps: maps.mean(axis=(1, 2)),
    "rows": lambda maps: maps.reshape(*maps.shape[:2], -1),
    "gru both ways": both_ways,
    "flatten": lambda maps: maps.reshape(len(maps), -1),
}


def weights_of(model) -> dict[str, np.ndarray]:
    """The arrays of a `Network` that computes what this `keras.Sequential` computes, batch normalisation folded in.

    Layers it knows: Conv2D with stride 1, Dense, BatchNormalization, Activation, ReLU, Softmax, MaxPooling2D of
    2 × 2, GlobalAveragePooling2D, Flatten, Dropout, Reshape of maps to rows (their height, the rest), Bidirectional
    of a GRU with all its states; activations: relu, softmax, none.
    Errors: `ValueError` naming the first layer it does not know.
    """
    chain = []
    for layer in model.layers:
        for name, *weights in _translate(layer):
            if name == "scale" and chain and chain[-1][0] in ("dense", "convolution", "same convolution"):
                chain[-1] = _folded(chain[-1], *weights)
            elif name != "linear":
                chain.append((name, *weights))
    arrays = {"input_shape": np.array(model.input_shape[1:]), "layers": np.array([name for name, *_ in chain])}
    for i, (_, *weights) in enumerate(chain):
        arrays |= {f"{i}_{part}": array for part, array in zip(_parts(len(weights)), weights, strict=False)}
    return arrays


def _translate(layer) -> list[tuple]:
    """One Keras layer as layers of ours: (name, weights …)."""
    match type(layer).__name__:
        case "Dropout":
            return []
        case "Flatten":
            return [("flatten",)]
        case "GlobalAveragePooling2D" if not layer.keepdims:
            return [("mean of maps",)]
        case "Reshape" if len(layer.target_shape) == 2 and layer.target_shape[0] == layer.input.shape[1]:
            return [("rows",)]
        case "Bidirectional" if _is_gru_both_ways(layer):
            return [("gru both ways", *(np.stack(pair) for pair in zip(*_both_weights(layer), strict=True)))]
        case "MaxPooling2D" if layer.pool_size == layer.strides == (2, 2) and layer.padding == "valid":
            return [("max pooling",)]
        case "Conv2D" if layer.strides == layer.dilation_rate == (1, 1) and layer.groups == 1:
            name = "same convolution" if layer.padding == "same" else "convolution"
            return [(name, *_kernel_and_bias(layer)), _activation(layer)]
        case "Dense":
            return [("dense", *_kernel_and_bias(layer)), _activation(layer)]
        case "BatchNormalization":
            return [("scale", *_scale_and_shift(layer))]
        case "Activation":
            return [_activation(layer)]
        case "ReLU" if layer.max_value is None and not layer.negative_slope and not layer.threshold:
            return [("relu",)]
        case "Softmax" if layer.axis == -1:
            return [("softmax",)]
    raise ValueError(
        f"The NumPy network does not know the layer {layer.name!r} ({type(layer).__name__}) with these settings; "
        "what it knows stands in the docstring of weights_of."
    )


def _is_gru_both_ways(layer) -> bool:
    gru = layer.forward_layer
    return (
        type(gru).__name__ == "GRU"
        and (layer.merge_mode, gru.return_sequences, gru.go_backwards) == ("concat", True, False)
        and (gru.reset_after, gru.use_bias) == (True, True)
        and (gru.activation.__name__, gru.recurrent_activation.__name__) == ("tanh", "sigmoid")
    )


def _both_weights(layer) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Kernel, recurrent kernel and bias of the layer that reads forwards, and of the one that reads backwards."""
    return layer.forward_layer.get_weights(), layer.backward_layer.get_weights()


def _activation(layer) -> tuple[str]:
    name = layer.activation.__name__
    if name not in ("relu", "softmax", "linear"):
        raise ValueError(f"The NumPy network knows relu, softmax and linear; the layer {layer.name!r} has {name}.")
    return (name,)


def _kernel_and_bias(layer) -> tuple[np.ndarray, np.ndarray]:
    kernel = _numpy(layer.kernel)
    return kernel, _numpy(layer.bias) if layer.use_bias else np.zeros(kernel.shape[-1], np.float32)


def _scale_and_shift(layer) -> tuple[np.ndarray, np.ndarray]:
    """What batch normalisation does after training: one factor and one summand for each map."""
    scale = 1 / np.sqrt(_numpy(layer.moving_variance) + np.float32(layer.epsilon))
    scale = scale * _numpy(layer.gamma) if layer.scale else scale
    shift = -_numpy(layer.moving_mean) * scale
    return scale, shift + _numpy(layer.beta) if layer.center else shift


def _folded(linear: tuple, scale: np.ndarray, shift: np.ndarray) -> tuple:
    """A dense or convolution layer that scales and shifts its own result."""
    name, kernel, bias = linear
    return name, kernel * scale, bias * scale + shift


def _numpy(variable) -> np.ndarray:
    from keras import ops

    return ops.convert_to_numpy(variable)
