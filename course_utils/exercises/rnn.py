"""Exercises of lesson 04, RNN classifier."""

import copy

import numpy as np

from course_utils.exercises.engine import FINE, Exercise
from course_utils.exercises.pairs import list_among, two_arrays
from course_utils.exercises.running import Outcome, call
from course_utils.exercises.words import failure, too_narrow

__all__ = ["one_step", "read_digits", "sequences", "shuffle_rows"]


# --- one_step --------------------------------------------------------------------------------------------


def my_step(state, row, kernel, recurrent_kernel, bias):
    """One step of a simple recurrent cell, for n digits at once: the new state, (n, units).

    `row` (n, features) is what is read now, `state` (n, units) what is remembered. What the
    row says passes through `kernel` (features, units), what the state says through
    `recurrent_kernel` (units, units). Add both and `bias` (units,); tanh squeezes the sum.
    """
    raise NotImplementedError


def adds_then_squeezes(state, row, kernel, recurrent_kernel, bias):
    """Two matrix products, one bias, one tanh over everything."""
    return np.tanh(row @ kernel + state @ recurrent_kernel + bias)


def side_by_side(state, row, kernel, recurrent_kernel, bias):
    """What is read and what is remembered side by side, and the kernels below each other: one product."""
    everything = np.concatenate([row, state], axis=1)
    kernels = np.concatenate([kernel, recurrent_kernel], axis=0)
    return np.tanh(np.dot(everything, kernels) + bias)


def number_by_number(state, row, kernel, recurrent_kernel, bias):
    """Digit by digit and unit by unit, in 32-bit floats."""
    new = np.zeros(state.shape, dtype=np.float32)
    for i in range(len(state)):
        for j in range(len(bias)):
            heard = sum(row[i, k] * kernel[k, j] for k in range(row.shape[1]))
            remembered = sum(state[i, k] * recurrent_kernel[k, j] for k in range(len(bias)))
            new[i, j] = np.tanh(heard + remembered + bias[j])
    return new


def column_vectors(state, row, kernel, recurrent_kernel, bias):
    """As textbooks write it: each digit a column, the kernels in front; and turned back at the end."""
    return np.tanh(kernel.T @ row.T + recurrent_kernel.T @ state.T + bias[:, None]).T


def forgets_the_state(state, row, kernel, recurrent_kernel, bias):
    """Your answer never looks at `state`: whatever was read before is forgotten, and the new state knows this row
    alone. That is a dense layer. Add `state @ recurrent_kernel`; it is the cell's whole memory.
    """
    return np.tanh(row @ kernel + bias)


def forgets_the_row(state, row, kernel, recurrent_kernel, bias):
    """Your answer never looks at `row`: the cell remembers, but reads nothing. All digits would end in the same
    state. Add `row @ kernel`.
    """
    return np.tanh(state @ recurrent_kernel + bias)


def forgets_tanh(state, row, kernel, recurrent_kernel, bias):
    """Your answer adds everything up well and stops there. Without tanh the sums may grow from row to row, and eight
    steps in a row are no more than one matrix product. Put `np.tanh(…)` around the whole sum.
    """
    return row @ kernel + state @ recurrent_kernel + bias


def squeezes_each_part(state, row, kernel, recurrent_kernel, bias):
    """Your answer squeezes what is read and what is remembered each on its own, and adds them afterwards: the new
    state may reach −2 or 2, and row and memory never meet inside one tanh. First the whole sum, then one tanh.
    """
    return np.tanh(row @ kernel + bias) + np.tanh(state @ recurrent_kernel)


def squeezes_each_part_with_the_bias_behind(state, row, kernel, recurrent_kernel, bias):
    """Your answer squeezes what is read and what is remembered each on its own, and adds the bias to both: the new
    state may go beyond −1 and 1, and row and memory never meet inside one tanh. First the whole sum, bias and all;
    then one tanh.
    """
    return np.tanh(row @ kernel) + np.tanh(state @ recurrent_kernel) + bias


def squeezes_each_part_with_the_bias_within(state, row, kernel, recurrent_kernel, bias):
    """Your answer has two tanh, one around what is read and one around memory and bias, and adds them: the new
    state may reach −2 or 2, and row and memory never meet inside one tanh. First the whole sum, then one tanh.
    """
    return np.tanh(row @ kernel) + np.tanh(state @ recurrent_kernel + bias)


def remembers_outside_the_tanh(state, row, kernel, recurrent_kernel, bias):
    """Your answer adds what is remembered after the tanh. The new state then has no bounds and may grow with every
    row. Close the parenthesis of `np.tanh(…)` behind the whole sum.
    """
    return np.tanh(row @ kernel + bias) + state @ recurrent_kernel


def bias_outside_the_tanh(state, row, kernel, recurrent_kernel, bias):
    """Your answer adds the bias after the tanh. There it pushes the state beyond −1 or 1; inside, it says how easily
    a unit answers. Close the parenthesis of `np.tanh(…)` behind the bias.
    """
    return np.tanh(row @ kernel + state @ recurrent_kernel) + bias


def adds_the_bias_twice(state, row, kernel, recurrent_kernel, bias):
    """Your answer adds the bias twice, once to what is read and once to what is remembered. The cell has one bias for
    each unit: it joins once, when both parts have been added up.
    """
    return np.tanh(row @ kernel + bias + state @ recurrent_kernel + bias)


def forgets_the_bias(state, row, kernel, recurrent_kernel, bias):
    """Your two products are right; the bias is missing. On an empty row and an empty memory your cell can only say 0:
    add `bias` inside the tanh.
    """
    return np.tanh(row @ kernel + state @ recurrent_kernel)


def swaps_the_kernels(state, row, kernel, recurrent_kernel, bias):
    """Your answer has the two kernels exchanged: the row passes through `recurrent_kernel`, the state through
    `kernel`. With as many features as units nothing fails, and the numbers are wrong. `kernel` belongs to what is
    read, `recurrent_kernel` to what recurs: the state.
    """
    return np.tanh(row @ recurrent_kernel + state @ kernel + bias)


def recurrent_kernel_for_both(state, row, kernel, recurrent_kernel, bias):
    """Your answer sends the row through `recurrent_kernel`, as it does the state. With as many features as units
    nothing fails, and the numbers are wrong. What is read has weights of its own: `row @ kernel`.
    """
    return np.tanh(row @ recurrent_kernel + state @ recurrent_kernel + bias)


def kernel_for_both(state, row, kernel, recurrent_kernel, bias):
    """Your answer sends the state through `kernel`, as it does the row. With as many features as units nothing fails,
    and the numbers are wrong. What is remembered has weights of its own: `state @ recurrent_kernel`.
    """
    return np.tanh(row @ kernel + state @ kernel + bias)


def kernels_first(state, row, kernel, recurrent_kernel, bias):
    """Your answer puts the kernels in front, `kernel @ row`, as textbooks do for a digit that is a column. Here each
    digit is a row of its array, (n, features), so it stands on the left and its features meet those of the kernel:
    `row @ kernel`. Say the shapes aloud: (n, features) times (features, units).
    """
    return np.tanh(kernel @ row + recurrent_kernel @ state + bias)


def turns_the_kernels(state, row, kernel, recurrent_kernel, bias):
    """Your answer turns both kernels by `.T`, so that weights from unit 1 to unit 2 serve from 2 to 1. They are laid
    out as needed, (features, units) and (units, units), just as Keras keeps them: leave `.T` away.
    """
    return np.tanh(row @ kernel.T + state @ recurrent_kernel.T + bias)


def turns_the_kernel(state, row, kernel, recurrent_kernel, bias):
    """Your answer turns `kernel` by `.T`, so that features and units change places. With as many features as units
    nothing fails, and the numbers are wrong. It is laid out as needed, (features, units): leave `.T` away.
    """
    return np.tanh(row @ kernel.T + state @ recurrent_kernel + bias)


def turns_the_recurrent_kernel(state, row, kernel, recurrent_kernel, bias):
    """Your answer turns the recurrent kernel. It is square, so nothing complains, but what unit 1 tells unit 2 now
    goes from 2 to 1. The state stands on the left and nothing is turned: `state @ recurrent_kernel`.
    """
    return np.tanh(row @ kernel + state @ recurrent_kernel.T + bias)


def multiplies_number_by_number(state, row, kernel, recurrent_kernel, bias):
    """Your answer multiplies with `*`, number by number. Each unit listens to all features: it needs a sum of
    products, which is what `@` makes. In NumPy `*` is no matrix product.
    """
    return np.tanh(row * kernel + state * recurrent_kernel + bias)


def adds_to_the_old_state(state, row, kernel, recurrent_kernel, bias):
    """Your answer adds the new state to the old one (`+=` does that). The old state has had its say already, through
    `recurrent_kernel`; what tanh returns takes its place.
    """
    return state + np.tanh(row @ kernel + state @ recurrent_kernel + bias)


def squeezes_by_a_sigmoid(state, row, kernel, recurrent_kernel, bias):
    """Your answer squeezes by a sigmoid, between 0 and 1. The gates of an LSTM do that; the state of a simple cell
    lies between −1 and 1, so that it can also speak against something: `np.tanh`.
    """
    return 1 / (1 + np.exp(-(row @ kernel + state @ recurrent_kernel + bias)))


def cuts_off_below_zero(state, row, kernel, recurrent_kernel, bias):
    """Your answer cuts off below 0 (a ReLU). Nothing then bounds the state from above, and it may grow with every row;
    `np.tanh` keeps it between −1 and 1.
    """
    return np.maximum(row @ kernel + state @ recurrent_kernel + bias, 0)


def overwrites_what_it_reads(state, row, kernel, recurrent_kernel, bias):
    """Your answer writes the new state of unit 0 over the old one, and unit 1 then listens to the new. All units must
    hear the same past. Write into a new array, `np.zeros(state.shape)`, and return that.
    """
    state = state.copy()
    for j in range(len(bias)):
        state[:, j] = np.tanh(row @ kernel[:, j] + state @ recurrent_kernel[:, j] + bias[j])
    return state


def _weights(rng, features, units):
    """Kernel, recurrent kernel and bias, small enough for tanh to leave differences visible."""
    return tuple(rng.normal(0, 0.6, shape).round(2) for shape in ((features, units), (units, units), (units,)))


def _tenths(rng, *shape):
    return rng.uniform(-0.9, 0.9, shape).round(1)


def _single(*arrays):
    return tuple(array.astype(np.float32) for array in arrays)


def _states_and_rows():
    rng = np.random.default_rng(41)
    return [
        (_tenths(rng, 1, 2), _tenths(rng, 1, 2), *_weights(rng, 2, 2)),
        (_tenths(rng, 2, 4), _tenths(rng, 2, 3), *_weights(rng, 3, 4)),
        (_tenths(rng, 3, 3), _tenths(rng, 3, 3), *_weights(rng, 3, 3)),
        _single(_tenths(rng, 4, 5), _tenths(rng, 4, 8), *_weights(rng, 8, 5)),
        (_tenths(rng, 4, 4), rng.integers(0, 2, (4, 4)), *_weights(rng, 4, 4)),
    ]


one_step = Exercise(
    "rnn.one_step",
    my_step,
    right=[adds_then_squeezes, side_by_side, number_by_number, column_vectors],
    wrong=[
        forgets_the_state,
        forgets_the_row,
        forgets_tanh,
        squeezes_each_part,
        squeezes_each_part_with_the_bias_behind,
        squeezes_each_part_with_the_bias_within,
        remembers_outside_the_tanh,
        bias_outside_the_tanh,
        adds_the_bias_twice,
        forgets_the_bias,
        swaps_the_kernels,
        recurrent_kernel_for_both,
        kernel_for_both,
        kernels_first,
        turns_the_kernels,
        turns_the_kernel,
        turns_the_recurrent_kernel,
        multiplies_number_by_number,
        adds_to_the_old_state,
        squeezes_by_a_sigmoid,
        cuts_off_below_zero,
        overwrites_what_it_reads,
    ],
    cases=_states_and_rows,
    situation="with a {row} row and a {state} state",
    hints=[
        "A dense layer is `row @ kernel + bias`. What else does this cell know besides the row?",
        "Its state, which passes through weights of its own: `state @ recurrent_kernel`. Add it to the rest.",
        "Now one `np.tanh(…)` around the whole sum: `row @ kernel`, `state @ recurrent_kernel` and `bias`.",
    ],
    insight="A dense layer with one more input, its own last answer: that is all there is to a recurrent cell.",
)


# --- read_digits -----------------------------------------------------------------------------------------


def my_read(sequences, kernel, recurrent_kernel, bias):
    """Read n digits row by row with one recurrent cell; return their last states, (n, units).

    `sequences` (n, steps, features) holds the rows, `steps` of them. Every digit starts from a
    state of zeros, and at each of its rows the state becomes
    np.tanh(row @ kernel + state @ recurrent_kernel + bias).
    """
    raise NotImplementedError


def all_digits_at_once(sequences, kernel, recurrent_kernel, bias):
    """A row of zeros for each digit; then step by step, all digits in one product."""
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def digit_after_digit(sequences, kernel, recurrent_kernel, bias):
    """Two loops: for each digit zeros first, then its rows."""
    last = []
    for sequence in sequences:
        state = np.zeros(len(bias))
        for row in sequence:
            state = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
        last.append(state)
    return np.array(last)


def hears_everything_first(sequences, kernel, recurrent_kernel, bias):
    """What the rows say does not depend on the state: all products with `kernel` first, in 32-bit floats."""
    heard = (sequences @ kernel + bias).astype(np.float32)
    state = np.zeros_like(heard[:, 0])
    for step in heard.transpose(1, 0, 2):
        state = np.tanh(step + state @ recurrent_kernel.astype(np.float32))
    return state


def by_recursion(sequences, kernel, recurrent_kernel, bias):
    """The state after all rows is one step from the state after all rows but the last."""

    def after(t):
        if t == 0:
            return np.zeros((sequences.shape[0], bias.size))
        return np.tanh(sequences[:, t - 1] @ kernel + after(t - 1) @ recurrent_kernel + bias)

    return after(sequences.shape[1])


def remembers_the_digit_before(sequences, kernel, recurrent_kernel, bias):
    """Digit 2 remembers digit 1: your state is set to zeros once, before the first digit, and the next digit begins
    with what is left of it. The answer to a digit then depends on its neighbours in the array. Start each digit
    afresh: the line `state = np.zeros(…)` belongs inside the loop over digits.
    """
    last, state = [], np.zeros(len(bias))
    for sequence in sequences:
        for row in sequence:
            state = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
        last.append(state)
    return np.array(last)


def new_weights_for_each_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer takes other weights at each row, `kernel[t]`. That is eight networks, and what one of them learns
    of a stroke in row 2 is lost on the same stroke in row 3. A recurrent cell has one set of weights: all of
    `kernel` serves at every row, and `t` counts rows of the digit only.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel[t] + state @ recurrent_kernel + bias)
    return state


def all_weights_new_for_each_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer takes other weights at each row, `kernel[t]`, `recurrent_kernel[t]`, `bias[t]`. That is eight
    networks, and what one of them learns of a stroke in row 2 is lost on the same stroke in row 3. A recurrent cell
    has one set of weights, which serves at every row: `t` counts rows of the digit only.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel[t] + state @ recurrent_kernel[t] + bias[t])
    return state


def keeps_the_zeros(sequences, kernel, recurrent_kernel, bias):
    """Your answer returns nothing but zeros. Either the new state never takes the old one's place: `state = np.tanh(…)`
    inside the loop, and `return state` behind it. Or the zeros it starts from are whole numbers, `dtype=int`, into
    which no fraction fits: leave the type away.
    """
    return np.zeros((len(sequences), len(bias)))


def resets_at_every_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer knows the last row of a digit and nothing above it. Either the state is set to zeros again inside
    the loop over rows, or the new state is never put in the old one's place. Zeros come once a digit, before its
    first row; then `state = np.tanh(…)`.
    """
    state = np.zeros((len(sequences), len(bias)))
    return np.tanh(sequences[:, -1] @ kernel + state @ recurrent_kernel + bias)


def stops_after_the_first_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer is the state after the first row. A `return` inside the loop ends it at once: move it to the left,
    so that it waits for the last row.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
        return state


def misses_the_last_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer stops one row early. `range(steps)` already ends at `steps - 1`, since it counts from 0; take
    nothing away from it.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1] - 1):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def misses_the_first_row(sequences, kernel, recurrent_kernel, bias):
    """Your answer begins at the second row: the first one is row 0. Count with `range(steps)`, which starts there."""
    state = np.zeros((len(sequences), len(bias)))
    for t in range(1, sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def eight_steps_only(sequences, kernel, recurrent_kernel, bias):
    """Your answer takes eight steps, whatever it is given. Sequences may be longer or shorter, and the check tries
    both: ask the array, `sequences.shape[1]`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(8):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def as_many_steps_as_digits(sequences, kernel, recurrent_kernel, bias):
    """Your answer takes as many steps as there are digits: `len(sequences)` is n, the first axis. The steps are the
    second, `sequences.shape[1]`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(len(sequences)):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def as_many_steps_as_features(sequences, kernel, recurrent_kernel, bias):
    """Your answer takes as many steps as a row has features. With 8×8 digits both are 8 and nothing shows. The steps
    are the second axis, `sequences.shape[1]`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[2]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def adds_the_states_up(sequences, kernel, recurrent_kernel, bias):
    """Your answer adds up the states of all rows. The state is not a piece of an answer but the whole of it so far:
    each one replaces the one before, and the last one is wanted. Write `=`, not `+=`.
    """
    state = np.zeros((len(sequences), len(bias)))
    total = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
        total += state
    return total


def averages_the_states(sequences, kernel, recurrent_kernel, bias):
    """Your answer averages the states of all rows. A network may well be built so; here the last state is wanted,
    which has seen all rows, while the first has seen one.
    """
    state = np.zeros((len(sequences), len(bias)))
    states = []
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
        states.append(state)
    return np.mean(states, axis=0)


def adds_each_step_to_the_state(sequences, kernel, recurrent_kernel, bias):
    """Your answer adds each new state to the old one, `state += …`, and goes on with the sum. The old state has had
    its say already, through `recurrent_kernel`; what tanh returns takes its place: `state = …`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = state + np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def returns_all_states(sequences, kernel, recurrent_kernel, bias):
    """Your answer returns the states after every row, (n, steps, units). Keras calls that `return_sequences=True`, and
    it is right for a reader that speaks after each row; here the last ones are wanted: `states[:, -1]`.
    """
    state = np.zeros((len(sequences), len(bias)))
    states = []
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
        states.append(state)
    return np.stack(states, axis=1)


def last_digit_only(sequences, kernel, recurrent_kernel, bias):
    """Your answer is the state of one digit, the last. All others have been read and thrown away: keep each one's
    state, `last.append(state)`, and return `np.array(last)`.
    """
    for sequence in sequences:
        state = np.zeros(len(bias))
        for row in sequence:
            state = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
    return state


def one_array_for_all_states(sequences, kernel, recurrent_kernel, bias):
    """All your digits end in the same state, that of the last one. `state[:] = …` writes into one and the same array,
    and your list holds that array n times. Make a new one, `state = np.tanh(…)`, or append `state.copy()`.
    """
    last, state = [], np.zeros(len(bias))
    for sequence in sequences:
        state[:] = 0
        for row in sequence:
            state[:] = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
        last.append(state)
    return np.array(last)


def reads_columns(sequences, kernel, recurrent_kernel, bias):
    """Your answer reads columns: it steps along the last axis, from left to right. Steps are the second axis of
    `sequences`, so the row at step t is `sequences[:, t]`. On 8×8 digits nothing fails, but another picture is
    read, one that lies on its side.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[2]):
        state = np.tanh(sequences[:, :, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def reads_upside_down(sequences, kernel, recurrent_kernel, bias):
    """Your answer reads the digits upside down, the last row first. The order matters to a reader with a memory: what
    it read last it knows best. Begin at `sequences[:, 0]`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in reversed(range(sequences.shape[1])):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def starts_from_ones(sequences, kernel, recurrent_kernel, bias):
    """Your answer starts from a state of ones. Then the cell remembers something before it has read anything. An empty
    memory is zeros: `np.zeros((n, units))`.
    """
    state = np.ones((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def reads_without_tanh(sequences, kernel, recurrent_kernel, bias):
    """Your answer steps without tanh. The sums may then grow from row to row without end, and all steps together are
    one matrix product. Each step ends in `np.tanh(…)`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = sequences[:, t] @ kernel + state @ recurrent_kernel + bias
    return state


def squeezes_at_the_end_only(sequences, kernel, recurrent_kernel, bias):
    """Your answer squeezes once, after the last row. Between the rows the state then grows as it likes. `np.tanh(…)`
    belongs to every step, inside the loop.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = sequences[:, t] @ kernel + state @ recurrent_kernel + bias
    return np.tanh(state)


def units_from_features(sequences, kernel, recurrent_kernel, bias):
    """Your state is as long as a row: zeros of shape (n, features). It holds one number for each unit, however many
    features a row has, and only by chance are these equally many. `len(bias)` is the number of units.
    """
    state = np.zeros((len(sequences), sequences.shape[2]))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def reads_with_kernels_swapped(sequences, kernel, recurrent_kernel, bias):
    """Your answer has the two kernels exchanged: rows pass through `recurrent_kernel`, the state through `kernel`.
    With as many features as units nothing fails, and the numbers are wrong. `kernel` belongs to what is read,
    `recurrent_kernel` to what recurs: the state.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ recurrent_kernel + state @ kernel + bias)
    return state


def reads_with_kernel_turned(sequences, kernel, recurrent_kernel, bias):
    """Your answer turns `kernel` by `.T`, so that features and units change places. With as many features as units
    nothing fails, and the numbers are wrong. It is laid out as needed, (features, units): leave `.T` away.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel.T + state @ recurrent_kernel + bias)
    return state


def reads_with_recurrent_kernel_turned(sequences, kernel, recurrent_kernel, bias):
    """Your answer turns the recurrent kernel. It is square, so nothing complains, but what unit 1 tells unit 2 now
    goes from 2 to 1. The state stands on the left and nothing is turned: `state @ recurrent_kernel`.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel.T + bias)
    return state


def reads_with_kernels_turned(sequences, kernel, recurrent_kernel, bias):
    """Your answer turns both kernels by `.T`, so that weights from unit 1 to unit 2 serve from 2 to 1. They are laid
    out as needed, (features, units) and (units, units), just as Keras keeps them: leave `.T` away.
    """
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(sequences[:, t] @ kernel.T + state @ recurrent_kernel.T + bias)
    return state


def _sequences_and_weights():
    rng = np.random.default_rng(42)
    return [
        (_tenths(rng, 1, 1, 2), *_weights(rng, 2, 2)),
        (_tenths(rng, 1, 2, 3), *_weights(rng, 3, 3)),
        (_tenths(rng, 3, 4, 4), *_weights(rng, 4, 2)),
        (_tenths(rng, 2, 5, 2), *_weights(rng, 2, 4)),
        (_tenths(rng, 5, 10, 6), *_weights(rng, 6, 3)),
        _single(_tenths(rng, 3, 8, 8), *_weights(rng, 8, 5)),
        (rng.integers(0, 2, (4, 3, 3)), *_weights(rng, 3, 2)),
    ]


read_digits = Exercise(
    "rnn.read_digits",
    my_read,
    right=[all_digits_at_once, digit_after_digit, hears_everything_first, by_recursion],
    wrong=[
        remembers_the_digit_before,
        new_weights_for_each_row,
        all_weights_new_for_each_row,
        keeps_the_zeros,
        resets_at_every_row,
        stops_after_the_first_row,
        misses_the_last_row,
        misses_the_first_row,
        eight_steps_only,
        as_many_steps_as_digits,
        as_many_steps_as_features,
        adds_the_states_up,
        averages_the_states,
        adds_each_step_to_the_state,
        returns_all_states,
        last_digit_only,
        one_array_for_all_states,
        reads_columns,
        reads_upside_down,
        starts_from_ones,
        reads_without_tanh,
        squeezes_at_the_end_only,
        units_from_features,
        reads_with_kernels_swapped,
        reads_with_kernel_turned,
        reads_with_recurrent_kernel_turned,
        reads_with_kernels_turned,
    ],
    cases=_sequences_and_weights,
    situation="on {sequences} sequences",
    hints=[
        "Take one digit. Its state starts as `np.zeros(units)`; which line makes the next state, and how often does it "
        "run?",
        "Once for each row, with the same weights. With a second digit: what must be zeros again, and where in your "
        "loops?",
        "All digits go at once: `state = np.zeros((n, units))`, then for each step t the line `state = np.tanh(…)` "
        "with `sequences[:, t]` for the row; `return state` behind the loop.",
    ],
    insight="Nothing of the rows is left but these few numbers: the state is all that it remembers.",
)


# --- sequences -------------------------------------------------------------------------------------------


def my_sequences(images):
    """Turn `images` (n, height, width, 1) into sequences for a recurrent layer.

    A step is a row of the image, from the top, and its pixels are the features: return an array
    (n, steps, features), which is (n, height, width).
    """
    raise NotImplementedError


def drops_the_channel(images):
    """The rows are there already; only the last axis, of length 1, goes."""
    return images[..., 0]


def reshapes_to_three_axes(images):
    """The same numbers in the same order, told by three axes."""
    n, height, width, _ = images.shape
    return images.reshape(n, height, width)


def squeezes_one_axis(images):
    """Drop an axis of length 1, and say which."""
    return np.squeeze(images, axis=-1).astype(np.float32)


def image_by_image(images):
    """One image after the other, row after row."""
    return np.array([[[pixel[0] for pixel in row] for row in image] for image in images])


def one_pixel_a_step(images):
    """Your answer makes every pixel a step, (n, 64, 1) for 8×8 digits: 64 steps of one number. A network can learn
    that, but its memory has to reach over 64 steps to join what lies below each other. A whole row is a step:
    eight steps of eight features.
    """
    return images.reshape(len(images), -1, 1)


def one_step_of_everything(images):
    """Your answer makes the whole image one step, (n, 1, 64) for 8×8 digits. With a single step there is nothing to
    remember, and the cell is a dense layer. Each row is a step: `(n, height, width)`.
    """
    return images.reshape(len(images), 1, -1)


def flattens_the_images(images):
    """Your answer has two axes, digits and pixels: that is what a dense layer reads. A recurrent layer asks for three,
    digits, steps and features; the rows must stay apart.
    """
    return images.reshape(len(images), -1)


def keeps_the_channel(images):
    """Your answer still has four axes. A recurrent layer takes three, (n, steps, features), and refuses a fourth; the
    last one, the channel, has length 1 and can go: `images[..., 0]`.
    """
    return images


def time_first(images):
    """Your answer has the steps first and the digits second. Some libraries count so; Keras, and this course, put the
    digits first: (n, steps, features). Leave the axes where they are and drop the last one.
    """
    return images[..., 0].swapaxes(0, 1)


def reshapes_to_time_first(images):
    """Your answer puts the steps first by `reshape`. That moves no pixel: it deals the same numbers out anew, so that
    rows of the same digit land in different digits. Here nothing has to move: (n, steps, features) is
    the order in which they lie, `images[..., 0]`.
    """
    n, height, width, _ = images.shape
    return images.reshape(height, n, width)


def columns_for_rows(images):
    """Your steps are columns, from left to right. That reads a digit too, but one that lies on its side, and this
    lesson's networks learned rows. Leave the axes where they are, without `.T`, `swapaxes` or `transpose`.
    """
    return images[..., 0].swapaxes(1, 2)


def swaps_height_and_width(images):
    """Your answer says `reshape(n, width, height)`. With square images nothing shows; with others each row breaks off
    too early or late, and its end opens the next. Height comes first: it counts the rows.
    """
    n, height, width, _ = images.shape
    return images.reshape(n, width, height)


def eight_by_eight_only(images):
    """Your answer has 8 built in. It is right for 8×8 digits, and for no other size: ask the array,
    `n, height, width, _ = images.shape`.
    """
    return images.reshape(len(images), 8, 8)


def squeezes_the_digits_too(images):
    """Your answer is right until there is one digit alone: `np.squeeze` drops every axis of length 1, also that of the
    digits. Say which one is to go: `np.squeeze(images, axis=-1)`, or `images[..., 0]`.
    """
    return np.squeeze(images)


def first_image_only(images):
    """Your answer holds the first image alone. All n are wanted: an index for the last axis and none for the first,
    `images[..., 0]`. (A `return` inside a loop over images also ends at the first.)
    """
    return images[0, :, :, 0]


def first_column_only(images):
    """Your answer keeps one pixel of each row, its first: `images[:, :, 0]` counts the third axis, which runs along the
    row. The channel is the last axis, `images[:, :, :, 0]` or `images[..., 0]`.
    """
    return images[:, :, 0]


def adds_each_row_up(images):
    """Your answer adds each row up, so that a step knows how much ink there is and not where. The eight pixels are
    eight features: keep them apart, and drop the last axis only.
    """
    return images.sum(axis=2)


def from_the_bottom_up(images):
    """Your steps run from the bottom up. Row 0 is the top of an image, and it is step 0: leave the order as it is."""
    return images[:, ::-1, :, 0]


def _images():
    # All have 64 pixels, so that who writes 64, or 8 twice, hears of the mistake and not of an error.
    rng = np.random.default_rng(43)
    return [
        (rng.uniform(0, 1, (2, 4, 16, 1)).round(2),),
        (rng.uniform(0, 1, (3, 8, 8, 1)).astype(np.float32),),
        (rng.uniform(0, 1, (1, 8, 8, 1)),),
        (rng.integers(0, 256, (4, 16, 4, 1), dtype=np.uint8),),
    ]


sequences = Exercise(
    "rnn.sequences",
    my_sequences,
    right=[drops_the_channel, reshapes_to_three_axes, squeezes_one_axis, image_by_image],
    wrong=[
        one_pixel_a_step,
        one_step_of_everything,
        flattens_the_images,
        keeps_the_channel,
        time_first,
        reshapes_to_time_first,
        columns_for_rows,
        swaps_height_and_width,
        eight_by_eight_only,
        squeezes_the_digits_too,
        first_image_only,
        first_column_only,
        adds_each_row_up,
        from_the_bottom_up,
    ],
    cases=_images,
    situation="on {images} images",
    hints=[
        "Print `images.shape` and put a word to each number. Which of them counts steps, which features?",
        "n digits, `height` rows: the steps, `width` pixels: the features, and 1 channel. Three of the four are "
        "wanted, and they stand in the right order.",
        "Drop the last axis: `images[..., 0]`, where `...` leaves all axes before it alone.",
    ],
    insight="No pixel has moved. A picture becomes a sequence by your saying which axis is time.",
)


# --- shuffle_rows ----------------------------------------------------------------------------------------


def my_shuffled(train, test, rng):
    """Shuffle rows in such a way that a network can still learn to read.

    `train` (n, height, width, 1) and `test` (m, height, width, 1) are images. Draw one new
    order of rows from `rng`, a NumPy generator, and give it to every image of both sets; the
    rows themselves stay whole. Return both, train first.
    """
    raise NotImplementedError


def picks_by_one_order(train, test, rng):
    """One order, drawn once; then it picks the rows of all images, in both sets."""
    order = rng.permutation(train.shape[1])
    return train[:, order], test[:, order]


def puts_each_row_in_its_place(train, test, rng):
    """One order; row t of every image goes to place order[t]."""
    order = rng.permutation(train.shape[1])
    new_train, new_test = np.zeros_like(train), np.zeros_like(test)
    for t, place in enumerate(order):
        new_train[:, place] = train[:, t]
        new_test[:, place] = test[:, t]
    return new_train, new_test


def shuffles_both_as_one(train, test, rng):
    """Both sets as one array, shuffled along the axis of rows and parted again."""
    images = rng.permutation(np.concatenate([train, test]), axis=1)
    return images[: len(train)], images[len(train) :]


def sorts_by_random_keys(train, test, rng):
    """A random number for each row; whoever sorts them has an order."""
    order = np.argsort(rng.random(train.shape[1]))
    return np.take(train, order, axis=1), np.array([image[order] for image in test])


def shuffle_returns_nothing(train, test, rng):
    """Your answer returns what `rng.shuffle` returns, and that is None: it shuffles the array that it is given, in
    place. `rng.permutation` returns a shuffled copy. Here draw an order, `order = rng.permutation(height)`, and
    pick with it: `train[:, order]`.
    """
    return rng.shuffle(train), rng.shuffle(test)


def shuffles_train_only(train, test, rng):
    """Your training images are in a new order, and your test images in the old one. A reader that has learned a cipher
    is then tested on plain text: it fails, and the cipher is not to blame. Give `test` the same order,
    `test[:, order]`.
    """
    order = rng.permutation(train.shape[1])
    return train[:, order], test


def shuffles_test_only(train, test, rng):
    """Your test images are in a new order, and your training images in the old one. That ruins any reader: it never saw
    the cipher it is asked to read. Give `train` the same order, `train[:, order]`.
    """
    order = rng.permutation(train.shape[1])
    return train, test[:, order]


def new_order_for_the_test(train, test, rng):
    """Your answer draws twice: one order for the training images, another for the test. A cipher can be learned, but
    not one that changes before the test. Draw once, `order = rng.permutation(height)`, and use it for both.
    """
    new_train = train[:, rng.permutation(train.shape[1])]
    return new_train, test[:, rng.permutation(test.shape[1])]


def one_order_in_two_directions(train, test, rng):
    """Your answer uses one order in two directions: `new[:, order] = train` puts row t in place order[t],
    `test[:, order]` fetches row order[t] to place t. These are two ciphers, and a reader of one cannot read the other.
    Do the same with both sets: `train[:, order]` and `test[:, order]`.
    """
    order = rng.permutation(train.shape[1])
    new_train = np.zeros_like(train)
    new_train[:, order] = train
    return new_train, test[:, order]


def another_order_for_each(train, test, rng):
    """In your answer the images of one set do not all have the same order: each draws its own, or only some are
    shuffled. Then no place means the same from one image to the next, and little is left to learn from order: a
    cipher that never repeats. Draw once, before any loop, and use that order for all.
    """
    new_train = np.array([rng.permutation(image) for image in train])
    return new_train, np.array([rng.permutation(image) for image in test])


def shuffles_the_images(train, test, rng):
    """Your answer shuffles the images and leaves their rows alone: the first axis counts images, and `rng.permutation`
    and `rng.shuffle` work along it unless told otherwise. The labels would no longer fit, either. Rows are the
    second axis: `train[:, order]`.
    """
    return rng.permutation(train), rng.permutation(test)


def shuffles_columns(train, test, rng):
    """Your answer shuffles columns: the third axis counts the pixels of a row. Each step would still come at its time,
    with its features exchanged. The rows are the second axis: `train[:, order]`.
    """
    order = rng.permutation(train.shape[2])
    return train[:, :, order], test[:, :, order]


def shuffles_within_rows(train, test, rng):
    """Your answer leaves the rows where they are and shuffles the pixels inside them. A row should stay whole and
    change its place: draw one order of row numbers and pick with it, `train[:, order]`.
    """
    return rng.permuted(train, axis=2), rng.permuted(test, axis=2)


def shuffles_rows_and_columns(train, test, rng):
    """Your answer moves rows, and pixels inside rows as well. Rows should stay whole: only the second axis gets a new
    order, `train[:, order]`, and the third stays as it is.
    """
    rows, columns = rng.permutation(train.shape[1]), rng.permutation(train.shape[2])
    return train[:, rows][:, :, columns], test[:, rows][:, :, columns]


def shuffles_each_column_alone(train, test, rng):
    """In your answer each column has an order of its own, so the rows are torn to pieces. `rng.permuted` does that: it
    shuffles every line along its axis by itself. `rng.permutation(…, axis=1)` keeps rows whole; or draw an order of
    row numbers and pick with it, `train[:, order]`.
    """
    return rng.permuted(train, axis=1), rng.permuted(test, axis=1)


def shuffles_pixels(train, test, rng):
    """Your answer takes rows apart: pixels that stood in one row stand in different ones. Rows should stay whole, and
    only their order change: draw one order of row numbers and pick with it, `train[:, order]`.
    """
    order = rng.permutation(train[0].size)
    flat_train, flat_test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    return flat_train[:, order].reshape(train.shape), flat_test[:, order].reshape(test.shape)


def loses_rows(train, test, rng):
    """In your images some rows stand twice and others are missing. An order names every row once: `rng.integers` and
    `rng.choice` may draw the same row again, `rng.permutation(height)` does not.
    """
    order = rng.integers(0, train.shape[1], train.shape[1])
    return train[:, order], test[:, order]


def overwrites_unread_rows(train, test, rng):
    """In your images some rows stand twice and others are missing: your answer writes into the array that it still
    reads, so a row may be gone before its turn comes. `train[:, order]` makes a new array at once; in a loop, fill
    `np.zeros_like(train)`.
    """
    order = rng.permutation(train.shape[1])
    for t in range(train.shape[1]):
        train[:, t] = train[:, order[t]]
        test[:, t] = test[:, order[t]]
    return train, test


def leaves_them_in_order(train, test, rng):
    """Your images come back as they were, each row in its old place. Is an order drawn and never used? Or does a copy
    get shuffled: `rng.permutation` returns what it shuffled and leaves its argument alone. Pick with the order,
    `train[:, order]`.
    """
    rng.permutation(train.shape[1])
    return train, test


def same_order_always(train, test, rng):
    """All your images have one order, but it is the same whatever `rng` says: rows from the bottom up, say, or a seed
    of your own. One order may be an easy one, and you would never know. Draw it:
    `rng.permutation(height)`.
    """
    return train[:, ::-1], test[:, ::-1]


def one_of_few_orders(train, test, rng):
    """All your images have one order, but a hundred generators draw only a few different ones. Moving all rows round by
    some steps does that, as `np.roll` does, and so does exchanging two of them: most rows keep their neighbours. Let
    `rng` draw the whole order: `rng.permutation(height)`.
    """
    steps = rng.integers(1, train.shape[1])
    return np.roll(train, steps, axis=1), np.roll(test, steps, axis=1)


def never_moves_some(train, test, rng):
    """All your images have one order, but a hundred generators never change what stands in some place. An end that is
    left out does that: `rng.integers(height - 1)` and `rng.permutation(height - 1)` leave it out by themselves. Every
    row takes part: `rng.permutation(height)`.
    """
    order = np.append(rng.permutation(train.shape[1] - 1), train.shape[1] - 1)
    return train[:, order], test[:, order]


def keeps_rows_in_reach(train, test, rng):
    """All your images have one order, but a hundred generators never bring some rows to some places. Shuffling two
    halves each on its own does that, and so does exchanging neighbours: a row of the top stays near the top. Every row
    may go anywhere: `rng.permutation(height)`.
    """
    half = train.shape[1] // 2
    order = np.append(rng.permutation(half), rng.permutation(train.shape[1] - half) + half)
    return train[:, order], test[:, order]


def test_comes_first(train, test, rng):
    """Your two results stand in the wrong order: the first one holds the test images. `return train, test`, training
    first, so that nobody trains on the test.
    """
    order = rng.permutation(train.shape[1])
    return test[:, order], train[:, order]


def draws_from_elsewhere(train, test, rng):
    """All your images have one order, but it does not come from `rng`. With `np.random`, or a generator without a seed,
    nobody can repeat your run. Ask the generator that was passed: `rng.permutation(height)`.
    """
    order = np.random.permutation(train.shape[1])
    return train[:, order], test[:, order]


_DRAWS = 100  # generators that a clean shuffle is asked with again; the sentences call them a hundred
_FEW = 70  # orders; of the 40,320 or more that the inputs allow, a hundred draws give about a hundred
_UNREACHED = 2  # places that a row may miss by chance; of free orders one in hundreds of thousands misses more

Sets = tuple[np.ndarray, np.ndarray]  # (train, test)


def _shuffle_fault(outcome: Outcome) -> str:
    """The first fault of two shuffled sets."""
    pair = two_arrays(outcome)
    if outcome.changed and isinstance(outcome.value, tuple) and all(part is None for part in outcome.value):
        return "shuffle_returns_nothing"
    if isinstance(pair, str):
        return pair
    given = outcome.given[:2]
    misfit = _shape_fault(pair, given)
    if misfit:
        return misfit
    train, test = map(_orders, pair, given)
    if train is None or test is None:
        return _torn_fault(pair, given)
    return _order_fault(train, test, outcome) or _draw_fault(train[0], outcome) or list_among(outcome)


def _shape_fault(pair: Sets, given: Sets) -> str:
    if pair[0].shape == given[1].shape and pair[1].shape == given[0].shape:
        return "test_comes_first"
    for part, before, name in zip(pair, given, ("train", "test"), strict=True):
        if part.shape != before.shape:
            return _other_shape(part.shape, before.shape, name)
    return FINE


def _other_shape(shape: tuple[int, ...], due: tuple[int, ...], name: str) -> str:
    if len(shape) == len(due) and shape[1] < due[1] and shape[:1] + shape[2:] == due[:1] + due[2:]:
        return (
            f"Your `{name}` has {shape[1]} of {due[1]} rows. An order names each row once; how many there are, "
            "`train.shape[1]` says."
        )
    return f"Your `{name}` has shape {shape}; it should keep the shape that went in, {due}."


def _orders(images: np.ndarray, before: np.ndarray) -> np.ndarray | None:
    """For each image which old row stands at which place, (n, height); None if some row is not an old one."""
    same = np.isclose(images[:, :, None], before[:, None], atol=1e-5).all(axis=(3, 4))
    return same.argmax(axis=2) if same.any(axis=2).all() else None


def _torn_fault(pair: Sets, given: Sets) -> str:
    """The fault of images that hold other rows than before."""
    everything = np.concatenate(given)
    if all(_are_among(part, everything) for part in pair):
        return "shuffles_the_images"
    sides = [(part[..., 0], before[..., 0]) for part, before in zip(pair, given, strict=True)]
    if all(_are_columns(part, before) for part, before in sides):
        return "shuffles_columns"
    if all(_hold_the_same(part, before, 2) for part, before in sides):
        return "shuffles_within_rows"
    if all(_hold_rows(part, before) for part, before in sides):
        return "shuffles_rows_and_columns"
    if all(_hold_the_same(part, before, 1) for part, before in sides):
        return "shuffles_each_column_alone"
    if all(_hold_the_same(part.reshape(len(part), -1), before.reshape(len(part), -1), 1) for part, before in sides):
        return "shuffles_pixels"
    return _strange_image(pair, given)


def _are_among(images: np.ndarray, others: np.ndarray) -> bool:
    return bool(np.isclose(images[:, None], others[None], atol=1e-5).all(axis=(2, 3, 4)).any(axis=1).all())


def _are_columns(images: np.ndarray, before: np.ndarray) -> bool:
    """Each column of an image is one of its old columns."""
    same = np.isclose(images[:, :, :, None], before[:, :, None], atol=1e-5).all(axis=1)
    return bool(same.any(axis=2).all())


def _hold_the_same(images: np.ndarray, before: np.ndarray, axis: int) -> bool:
    """Along `axis` the same numbers stand, in whatever order."""
    return np.allclose(np.sort(images, axis), np.sort(before, axis), atol=1e-5)


def _hold_rows(images: np.ndarray, before: np.ndarray) -> bool:
    """Each row of an image holds the pixels of one of its old rows, in whatever order."""
    rows, old = np.sort(images, 2), np.sort(before, 2)
    return bool(np.isclose(rows[:, :, None], old[:, None], atol=1e-5).all(axis=3).any(axis=2).all())


def _strange_image(pair: Sets, given: Sets) -> str:
    for part, before, name in zip(pair, given, ("train", "test"), strict=True):
        flat, old = part.reshape(len(part), -1), before.reshape(len(part), -1)
        same = np.isclose(np.sort(flat, 1), np.sort(old, 1), atol=1e-5).all(axis=1)
        if not same.all():
            k = int(np.argmin(same))
            cause = too_narrow(part.dtype) or "Have images changed places too? Was something added, or lost?"
            return f"Image {k} of your `{name}` does not hold the pixels that image {k} held before. {cause}"
    return "Your two sets were not treated alike: in one of them rows stay whole, in the other they do not."


def _order_fault(train: np.ndarray, test: np.ndarray, outcome: Outcome) -> str:
    """The fault of orders that are none, or not one for all; each image's order is a row of `train` or `test`."""
    in_order = np.arange(train.shape[1])
    if (np.sort(np.concatenate([train, test])) != in_order).any():
        return "overwrites_unread_rows" if outcome.changed else "loses_rows"
    if (train != train[0]).any() or (test != test[0]).any():
        return "another_order_for_each"
    if np.array_equal(train[0], test[0]):
        return FINE
    if np.array_equal(test[0], in_order):
        return "shuffles_train_only"
    if np.array_equal(train[0], in_order):
        return "shuffles_test_only"
    backwards = np.array_equal(train[0][test[0]], in_order)
    return "one_order_in_two_directions" if backwards else "new_order_for_the_test"


def _draw_fault(order: np.ndarray, outcome: Outcome) -> str:
    """The fault of one order for all that comes up in many draws."""
    again = _first_order(outcome, copy.deepcopy(outcome.given[2]))
    draws = [_first_order(outcome, np.random.default_rng(seed)) for seed in range(_DRAWS)]
    failed = [draw for draw in (again, *draws) if isinstance(draw, str)]
    if failed:
        return failed[0]
    if not np.array_equal(again, order):
        return "draws_from_elsewhere"
    orders = np.array(draws)
    different = len(np.unique(orders, axis=0))
    if different == 1:
        return "leaves_them_in_order" if np.array_equal(order, np.sort(order)) else "same_order_always"
    if different < _FEW:
        return "one_of_few_orders"
    if (orders == orders[0]).all(axis=0).any():
        return "never_moves_some"
    return "keeps_rows_in_reach" if _unreached(orders) > _UNREACHED else FINE


def _unreached(orders: np.ndarray) -> int:
    """How many places some row never comes to; its old one does not count, since an order may be all new on purpose."""
    places = np.arange(orders.shape[1])
    comes = (orders[:, :, None] == places).any(axis=0)
    return int((~comes & (places[:, None] != places)).sum())


def _first_order(outcome: Outcome, rng: np.random.Generator) -> np.ndarray | str:
    """The order that another call gives to the first image, or a sentence on why there is none."""
    train, test, _ = outcome.given
    other = call(outcome.function, (train.copy(), test.copy(), rng))
    if other.error is not None:
        return f"With some draws all is well; with another your answer raises {failure(other.error, other.function)}"
    pair = two_arrays(other)
    if isinstance(pair, str):
        return pair
    misfit = _shape_fault(pair, (train, test))
    orders = None if misfit else _orders(pair[0][:1], train[:1])
    strange = "With some draws all is well; with another your images hold other rows than before."
    return misfit or (strange if orders is None else orders[0])


def _sets_of_images():
    rng = np.random.default_rng(44)
    return [
        (rng.uniform(0, 1, (4, 9, 3, 1)), rng.uniform(0, 1, (3, 9, 3, 1)), np.random.default_rng(45)),
        (
            rng.uniform(0, 1, (6, 8, 8, 1)).astype(np.float32),
            rng.uniform(0, 1, (5, 8, 8, 1)).astype(np.float32),
            np.random.default_rng(46),
        ),
        (rng.uniform(0, 1, (5, 10, 4, 1)), rng.uniform(0, 1, (2, 10, 4, 1)), np.random.default_rng(47)),
    ]


shuffle_rows = Exercise(
    "rnn.shuffle_rows",
    my_shuffled,
    right=[picks_by_one_order, puts_each_row_in_its_place, shuffles_both_as_one, sorts_by_random_keys],
    wrong=[
        shuffle_returns_nothing,
        shuffles_the_images,
        shuffles_columns,
        shuffles_within_rows,
        shuffles_rows_and_columns,
        shuffles_each_column_alone,
        shuffles_pixels,
        overwrites_unread_rows,
        loses_rows,
        another_order_for_each,
        shuffles_train_only,
        shuffles_test_only,
        one_order_in_two_directions,
        new_order_for_the_test,
        test_comes_first,
        draws_from_elsewhere,
        leaves_them_in_order,
        same_order_always,
        one_of_few_orders,
        never_moves_some,
        keeps_rows_in_reach,
    ],
    cases=_sets_of_images,
    situation="on {train} training and {test} test images",
    fault=_shuffle_fault,
    hints=[
        "A cipher can be learned when it never changes. How many orders may you draw, then?",
        "One: `order = rng.permutation(height)` is a list of row numbers, each of them once. The height is "
        "`train.shape[1]`.",
        "`train[:, order]` picks the rows of all training images in that order. The same for `test`, with the same "
        "`order`.",
    ],
    insight="An order need not be natural, only always the same: a cipher that never changes can be read.",
)
