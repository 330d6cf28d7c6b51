"""Recurrent cells in NumPy: the same weights at every step, and a state that is all they keep. Taught in lesson 04."""

import numpy as np

__all__ = ["STEPS", "both_ways", "run"]


def run(cell: str, sequence, kernel, recurrent_kernel, bias) -> np.ndarray:
    """The states (n, steps, units) of a layer of `cell`s that reads `sequence` (n, steps, features), from zeros.

    cell: `"simple"`, `"lstm"` or `"gru"`. The weights are laid out as Keras's `get_weights()` returns them:
    `kernel` (features, g · units), `recurrent_kernel` (units, g · units), `bias` (g · units,), where g is 1; 4 for an
    LSTM (input, forget, candidate, output); 3 for a GRU (update, reset, candidate), whose bias is (2, 3 · units):
    one for what it reads and one for what it remembers.
    Errors: `ValueError` for another cell and for shapes that do not fit together.
    """
    sequence, *weights = map(np.asarray, (sequence, kernel, recurrent_kernel, bias))
    _check(cell, sequence, weights)
    kernel, recurrent_kernel, bias = weights
    return _run(cell, sequence, kernel, recurrent_kernel, *(bias if cell == "gru" else (bias, None)))


def _check(cell: str, sequence: np.ndarray, weights: list[np.ndarray]) -> None:
    if cell not in STEPS:
        raise ValueError(f"There is no cell {cell!r}; there are {', '.join(map(repr, STEPS))}.")
    if sequence.ndim != 3:
        raise ValueError(
            f"A sequence has the shape (n, steps, features); got {sequence.shape}. "
            "One sequence becomes a batch of one by sequence[None]."
        )
    units, features = len(np.atleast_1d(weights[1])), sequence.shape[2]
    wide = GATES[cell] * units
    wanted = [(features, wide), (units, wide), (2, wide) if cell == "gru" else (wide,)]
    if [array.shape for array in weights] != wanted:
        raise ValueError(
            f"A {cell!r} layer of {units} units that reads {features} numbers a step has weights of the shapes "
            f"{', '.join(map(str, wanted))}; got {', '.join(str(array.shape) for array in weights)}."
        )


def _run(cell: str, sequence, kernel, recurrent_kernel, bias, state_bias) -> np.ndarray:
    """`run`, for weights that fit; layers side by side when all arrays have one more axis in front."""
    step = STEPS[cell]
    inputs = np.moveaxis(sequence, -2, 0) @ kernel + bias  # what comes from outside, for all steps at once
    state = memory = np.zeros((*inputs.shape[1:-1], recurrent_kernel.shape[-2]), inputs.dtype)
    states = np.empty((len(inputs), *state.shape), inputs.dtype)
    for t, given in enumerate(inputs):
        state, memory = step(given, state, memory, recurrent_kernel, state_bias)
        states[t] = state
    return np.moveaxis(states, 0, -2)


def _simple(given, state, memory, recurrent_kernel, _):
    return np.tanh(given + state @ recurrent_kernel), memory


def _lstm(given, state, memory, recurrent_kernel, _):
    let_in, keep, new, show = np.split(given + state @ recurrent_kernel, 4, axis=-1)
    memory = _sigmoid(keep) * memory + _sigmoid(let_in) * np.tanh(new)
    return _sigmoid(show) * np.tanh(memory), memory


def _gru(given, state, memory, recurrent_kernel, bias):
    recalled = state @ recurrent_kernel + bias
    units = state.shape[-1]
    gates = _sigmoid(given[..., : 2 * units] + recalled[..., : 2 * units])
    keep, reset = gates[..., :units], gates[..., units:]
    new = np.tanh(given[..., 2 * units :] + reset * recalled[..., 2 * units :])
    return new + keep * (state - new), memory


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 * np.tanh(0.5 * values) + 0.5  # where exp would overflow, this does not


STEPS = {"simple": _simple, "lstm": _lstm, "gru": _gru}
GATES = {"simple": 1, "lstm": 4, "gru": 3}  # blocks of columns in the kernels


def both_ways(sequence: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The states (n, steps, 2 · units) of two GRU layers side by side: one reads forwards, one backwards.

    Each array of weights has one more axis in front than those of `run`, of length 2. At step t stand the forward
    state, which has read up to t, and the backward state, which has read from the end down to t.
    """
    both = np.stack([sequence, sequence[:, ::-1]])
    forward, backward = _run("gru", both, kernel, recurrent_kernel, *bias.swapaxes(0, 1)[:, :, None])
    return np.concatenate([forward, backward[:, ::-1]], axis=2)
