"""Lessons 04 and 05: answers as newcomers write them, and what the checks say to them."""

import random
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import scipy.special
import scipy.stats
from test_exercises_start_honest import NOTHING_RETURNED, believes, is_right, says

from course_utils.exercises import by_name, ensemble, rnn
from course_utils.recognition import ensemble as committee
from course_utils.recognition import rnn as cells

LISTED = "they come as a list"

MINE = [exercise for name, exercise in by_name.items() if name.startswith(("rnn.", "ensemble."))]


@pytest.mark.parametrize("exercise", MINE, ids=[exercise.name for exercise in MINE])
def test_a_lesson_has_room_for_each_line(exercise):
    cells_of = [exercise.stub, *exercise.right.values()]
    assert max(len(line) for cell in cells_of for line in cell.splitlines()) <= 96


@pytest.mark.parametrize("exercise", MINE, ids=[exercise.name for exercise in MINE])
def test_no_two_mistakes_are_one(exercise):
    """Each gets its own verdict, and none is told apart from a right answer by a rounding error."""
    behaviours = exercise._misbehaviours
    for one, other in combinations(range(len(behaviours)), 2):
        assert exercise._fault or any(map(differ, behaviours[one], behaviours[other])), (one, other)


def differ(one, other):
    if isinstance(one, str) or isinstance(other, str) or one.shape != other.shape:
        return not (isinstance(one, str) and isinstance(other, str))
    return not np.allclose(one, other, rtol=1e-3, atol=1e-3, equal_nan=True)


# --- 04: one_step ---------------------------------------------------------------------------------------


def step(of):
    """An answer to `one_step` that hands its five arguments to `of`."""
    return lambda state, row, kernel, recurrent_kernel, bias: of(state, row, kernel, recurrent_kernel, bias)


def stepped_in_place(state, row, kernel, recurrent_kernel, bias):
    state[:] = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
    return state


def unit_after_unit_in_place(state, row, kernel, recurrent_kernel, bias):
    for i in range(state.shape[0]):
        for j in range(state.shape[1]):
            state[i, j] = np.tanh(row[i] @ kernel[:, j] + state[i] @ recurrent_kernel[:, j] + bias[j])
    return state


def test_steps_in_other_words():
    assert is_right(rnn.one_step, step(lambda h, x, k, r, b: np.tanh(np.dot(h, r) + b + np.dot(x, k))))
    assert is_right(rnn.one_step, step(lambda h, x, k, r, b: 2 / (1 + np.exp(-2 * (x @ k + h @ r + b))) - 1))
    assert is_right(
        rnn.one_step,
        step(lambda h, x, k, r, b: np.array([np.tanh(x[i] @ k + h[i] @ r + b) for i in range(len(h))])),
    )


def test_a_step_is_that_of_the_course():
    state, row, *weights = rnn._states_and_rows()[1]
    two = np.stack([np.zeros_like(row), row], axis=1)
    first = rnn.adds_then_squeezes(np.zeros_like(state), two[:, 0], *weights)
    states = cells.run("simple", two, *weights)
    assert np.allclose(states[:, 0], first)
    assert np.allclose(states[:, 1], rnn.adds_then_squeezes(first, row, *weights))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (unit_after_unit_in_place, "overwrites_what_it_reads"),
        (lambda h, x, k, r, b: np.tanh(b + r @ h + k @ x), "kernels_first"),
        (lambda h, x, k, r, b: np.tanh(np.dot(k, x) + np.dot(r, h) + b), "kernels_first"),
        (lambda h, x, k, r, b: np.tanh(h @ k + x @ r + b), "swaps_the_kernels"),
        (lambda h, x, k, r, b: np.tanh(x @ k.T + h @ r + b), "turns_the_kernel"),
        (lambda h, x, k, r, b: np.tanh(h @ r + x @ r + b), "recurrent_kernel_for_both"),
        (lambda h, x, k, r, b: np.tanh((x + h) @ k + b), "kernel_for_both"),
        (lambda h, x, k, r, b: np.tanh(x * k + h * r + b), "multiplies_number_by_number"),
        (lambda h, x, k, r, b: np.tanh(x @ k + b) + np.tanh(h @ r), "squeezes_each_part"),
        (lambda h, x, k, r, b: h + np.tanh(x @ k + h @ r + b), "adds_to_the_old_state"),
        (lambda h, x, k, r, b: scipy.special.expit(x @ k + h @ r + b), "squeezes_by_a_sigmoid"),
        (lambda h, x, k, r, b: np.clip(x @ k + h @ r + b, 0, None), "cuts_off_below_zero"),
    ],
)
def test_mistakes_with_steps_in_other_words(of, belief):
    assert believes(rnn.one_step, step(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (stepped_in_place, "Your result is right, but your answer changes `state`."),
        (lambda *given: rnn.adds_then_squeezes(*given).tolist(), LISTED),
        (lambda *given: rnn.adds_then_squeezes(*given)[0], "has shape (2,), like `bias`; it should have shape (1, 2)."),
        (lambda *given: rnn.adds_then_squeezes(*given).astype(int), "The type of your result is int64"),
        (lambda *given: rnn.adds_then_squeezes(*given) * np.nan, "NaN means “not a number”"),
        (lambda *given: (rnn.adds_then_squeezes(*given), given[0]), "it should have shape (1, 2)."),
        (lambda *given: print(given[0]), NOTHING_RETURNED),
        (lambda h, x, k, r, b: np.tanh(rows @ k), "raises NameError"),  # noqa: F821
        (
            lambda h, x, k, r, b: np.tanh(x @ k + h @ r + b.sum()),
            "First difference: with a 1 × 2 row and a 1 × 2 state",
        ),
        (
            lambda h, x, k, r, b: np.tanh(x[:1] @ k + h[:1] @ r + b),
            "with a 3 × 3 row and a 3 × 3 state your answer has shape (1, 3)",
        ),
    ],
)
def test_odd_steps_are_told(of, message):
    assert message in says(rnn.one_step, step(of))


# --- 04: read_digits ------------------------------------------------------------------------------------


def read(of):
    return lambda sequences, kernel, recurrent_kernel, bias: of(sequences, kernel, recurrent_kernel, bias)


def walk(sequences, kernel, recurrent_kernel, bias, state=None, keep=lambda states: states[-1]):
    """The states of one digit after another, as loops have them."""
    last = []
    for sequence in sequences:
        state = np.zeros((1, len(bias)))
        states = []
        for row in sequence:
            state = np.tanh(row[None] @ kernel + state @ recurrent_kernel + bias)
            states.append(state[0])
        last.append(keep(states))
    return np.array(last)


def remembering(memory):
    def reads(sequences, kernel, recurrent_kernel, bias):
        state, last = memory.setdefault(len(bias), np.zeros(len(bias))), []
        for sequence in sequences:
            for row in sequence:
                state = np.tanh(row @ kernel + state @ recurrent_kernel + bias)
            last.append(state)
        memory[len(bias)] = state
        return np.array(last)

    return reads


def never_assigned(sequences, kernel, recurrent_kernel, bias):
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        new = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return new


def weights_by_row(sequences, kernel, recurrent_kernel, bias):
    state = np.zeros((len(sequences), len(bias)))
    for t in range(sequences.shape[1]):
        state = np.tanh(np.dot(sequences[:, t], kernel[t]) + np.dot(state, recurrent_kernel[t]) + bias[t])
    return state


def whole_number_states(sequences, kernel, recurrent_kernel, bias):
    state = np.zeros((len(sequences), len(bias)), dtype=int)
    for t in range(sequences.shape[1]):
        state[:] = np.tanh(sequences[:, t] @ kernel + state @ recurrent_kernel + bias)
    return state


def by_steps(step, state=lambda s, k, r, b: np.zeros((len(s), len(b)))):
    """Zeros, or another `state`, and then `step(state, row, …)`, as in `one_step`."""

    def reads(sequences, *weights):
        now = state(sequences, *weights)
        for t in range(sequences.shape[1]):
            now = np.tanh(step(now, sequences[:, t], *weights))
        return now

    return reads


def remembering_by_shape(memory):
    def reads(sequences, *weights):
        place = len(sequences), len(weights[-1])
        memory[place] = by_steps(
            lambda h, x, k, r, b: x @ k + h @ r + b, lambda *_: memory.get(place, np.zeros(place))
        )(sequences, *weights)
        return memory[place]

    return reads


def drawn_weights(sequences, kernel, recurrent_kernel, bias):
    rng = np.random.default_rng(0)
    return rnn.all_digits_at_once(sequences, rng.normal(size=kernel.shape), recurrent_kernel, bias)


def one_long_digit(sequences, kernel, recurrent_kernel, bias):
    rows = sequences.reshape(1, -1, sequences.shape[2])
    return rnn.all_digits_at_once(rows, kernel, recurrent_kernel, bias)[0]


def test_readings_in_other_words():
    assert is_right(rnn.read_digits, read(walk))
    assert is_right(rnn.read_digits, read(lambda *given: cells.run("simple", *given)[:, -1]))
    assert is_right(rnn.read_digits, read(lambda *given: rnn.all_digits_at_once(*given).astype(np.float32)))


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda *given: remembering({})(*given), "remembers_the_digit_before"),
        (whole_number_states, "keeps_the_zeros"),
        (never_assigned, "resets_at_every_row"),
        (weights_by_row, "all_weights_new_for_each_row"),
        (lambda *given: cells.run("simple", *given), "returns_all_states"),
        (lambda *given: cells.run("simple", *given)[:, 0], "stops_after_the_first_row"),
        (lambda *given: cells.run("simple", *given).sum(axis=1), "adds_the_states_up"),
        (lambda *given: walk(*given, keep=lambda states: np.mean(states, axis=0)), "averages_the_states"),
        (lambda *given: walk(*given)[-1], "last_digit_only"),
        (lambda s, *weights: walk(s[:, ::-1], *weights), "reads_upside_down"),
        (lambda s, *weights: walk(s.swapaxes(1, 2), *weights), "reads_columns"),
        (
            lambda s, *weights: walk(s[:, 1:], *weights) if s.shape[1] > 1 else 0 * walk(s, *weights),
            "misses_the_first_row",
        ),
        (
            by_steps(lambda h, x, k, r, b: h @ r + b + x @ k, lambda s, *_: np.zeros((len(s), s.shape[-1]))),
            "units_from_features",
        ),
        (by_steps(lambda h, x, k, r, b: h @ k + x @ r + b), "reads_with_kernels_swapped"),
        (by_steps(lambda h, x, k, r, b: x @ k.T + h @ r + b), "reads_with_kernel_turned"),
        (by_steps(lambda h, x, k, r, b: x @ k + (r @ h.T).T + b), "reads_with_recurrent_kernel_turned"),
        (by_steps(lambda h, x, k, r, b: x @ k.T + h @ r.T + b), "reads_with_kernels_turned"),
    ],
)
def test_mistakes_with_readings_in_other_words(of, belief):
    assert believes(rnn.read_digits, read(of)) == belief


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda *given: list(walk(*given)), LISTED),
        (lambda *given: walk(*given)[0], "has shape (2,), like `bias`; it should have shape (1, 2)."),
        (lambda *given: walk(*given)[:, None], "has shape (1, 1, 2), like `sequences`; it should have shape (1, 2)."),
        (remembering({}), "First difference: on 2 × 5 × 2 sequences"),  # the state outlives even the call
        (remembering_by_shape({}), "is right, and wrong when it is asked once more. Something outlives the call"),
        (one_long_digit, "has shape (2,), like `bias`; it should have shape (1, 2)."),
        (drawn_weights, "First difference: on 1 × 1 × 2 sequences your answer has"),
        (lambda s, *weights: walk(s[:1], *weights), "on 2 × 5 × 2 sequences your answer has shape (1, 4)"),
        (lambda *given: walk(*given) * np.inf, "First difference: on 1 × 1 × 2 sequences"),
        (lambda *given: print(walk(*given)), NOTHING_RETURNED),
    ],
)
def test_odd_readings_are_told(of, message):
    assert message in says(rnn.read_digits, read(of))


# --- 04: sequences --------------------------------------------------------------------------------------


def test_sequences_in_other_words():
    assert is_right(rnn.sequences, lambda images: images[:, :, :, -1])
    assert is_right(rnn.sequences, lambda images: images.mean(axis=3))
    assert is_right(rnn.sequences, lambda images: images.reshape(images.shape[:3]))
    assert is_right(rnn.sequences, lambda images: np.array([np.squeeze(image) for image in images]))


def test_sequences_of_the_course_are_accepted_where_it_takes_them():
    images = rnn._images()[1][0]
    assert np.array_equal(cells.rows(images), rnn.drops_the_channel(images))
    assert np.array_equal(cells.columns(images), rnn.columns_for_rows(images))


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (lambda images: images.reshape(-1, 64, 1), "one_pixel_a_step"),
        (lambda images: images.reshape(-1, 1, 64), "one_step_of_everything"),
        (lambda images: images.reshape(-1, 64), "flattens_the_images"),
        (lambda images: images, "keeps_the_channel"),
        (lambda images: images.reshape(-1, 8, 8), "eight_by_eight_only"),
        (lambda images: images.reshape(len(images), 8, -1), "eight_by_eight_only"),
        (lambda images: np.moveaxis(images, 0, 1)[..., 0], "time_first"),
        (lambda images: np.array([image[:, :, 0].T for image in images]), "columns_for_rows"),
        (np.squeeze, "squeezes_the_digits_too"),
        (lambda images: next(image[..., 0] for image in images), "first_image_only"),
        (lambda images: np.flip(images, axis=1)[..., 0], "from_the_bottom_up"),
    ],
)
def test_mistakes_with_sequences_in_other_words(answer, belief):
    assert believes(rnn.sequences, lambda images: answer(images)) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda images: images[..., 0].tolist(), LISTED),
        (lambda images: images[0], "has shape (8, 8, 1); it should have shape (1, 8, 8)."),
        (lambda images: images[..., 0] / images.max(), "First difference: on"),
        (lambda images: images[..., 0].astype(int), "The type of your result is int64"),
        (lambda images: images[..., 0] * np.nan, "NaN means “not a number”"),
        (lambda images: images.reshape(5, 5), "raises ValueError: cannot reshape array"),
        (lambda images: images.shape, "it should have shape (1, 8, 8)."),
        (lambda images: print(images.shape), NOTHING_RETURNED),
    ],
)
def test_odd_sequences_are_told(answer, message):
    assert message in says(rnn.sequences, answer)


# --- 04: shuffle_rows -----------------------------------------------------------------------------------


def by(order):
    """Both sets by `order(height, rng)`, one order for all."""

    def shuffled(train, test, rng):
        rows = order(train.shape[1], rng)
        return train[:, rows], test[:, rows]

    return shuffled


def shuffled_in_place(train, test, rng):
    order = rng.permutation(train.shape[1])
    train[:], test[:] = train[:, order], test[:, order]
    return train, test


def shuffled_by_two_equal_generators(train, test, rng):
    seed = int(rng.integers(2**31))
    return tuple(np.random.default_rng(seed).permutation(part, axis=1) for part in (train, test))


def shuffled_apart(train, test, rng):
    rng.shuffle(train, axis=1)
    rng.shuffle(test, axis=1)
    return train, test


def first_of_each_set(train, test, rng):
    order = rng.permutation(train.shape[1])
    train, test = train.copy(), test.copy()
    train[0], test[0] = train[0, order], test[0, order]
    return train, test


def rows_of_each(images, rng):
    orders = rng.permuted(np.tile(np.arange(images.shape[1]), (len(images), 1)), axis=1)
    return np.take_along_axis(images, orders[:, :, None, None], axis=1)


def under_a_new_name(train, test, rng):
    order, new = rng.permutation(train.shape[1]), train
    for place, row in enumerate(order):
        new[:, place] = train[:, row]
    return new, test[:, order]


def no_row_stays(height, rng):
    while True:
        order = rng.permutation(height)
        if (order != np.arange(height)).all():
            return order


def two_change_places(height, rng):
    order = np.arange(height)
    i, j = rng.choice(height, 2, replace=False)
    order[[i, j]] = order[[j, i]]
    return order


def neighbours_change_places(height, rng):
    order = np.arange(height)
    for i in range(height - 1):
        if rng.random() < 0.5:
            order[[i, i + 1]] = order[[i + 1, i]]
    return order


def one_cycle(height, rng):
    """Sattolo's: no row stays."""
    order = np.arange(height)
    for i in range(height - 1, 0, -1):
        j = rng.integers(i)
        order[[i, j]] = order[[j, i]]
    return order


def two_directions(train, test, rng):
    order, new = rng.permutation(train.shape[1]), np.empty_like(test)
    new[:, order] = test
    return train[:, order], new


def by_python(rng):
    return lambda height, _: rng.sample(range(height), height)


def test_shuffles_in_other_words():
    right = rnn.picks_by_one_order
    assert is_right(rnn.shuffle_rows, by(lambda height, rng: rng.choice(height, height, replace=False)))
    assert is_right(rnn.shuffle_rows, by(no_row_stays))
    assert is_right(rnn.shuffle_rows, by(one_cycle))
    assert is_right(rnn.shuffle_rows, shuffled_by_two_equal_generators)
    assert is_right(rnn.shuffle_rows, lambda train, test, rng: list(right(train, test, rng)))
    assert is_right(
        rnn.shuffle_rows, lambda train, test, rng: tuple(part.astype("f4") for part in right(train, test, rng))
    )


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (shuffled_apart, "new_order_for_the_test"),
        (first_of_each_set, "another_order_for_each"),
        (under_a_new_name, "overwrites_unread_rows"),
        (by(two_change_places), "one_of_few_orders"),
        (by(lambda height, rng: np.random.default_rng(int(rng.integers(9))).permutation(height)), "one_of_few_orders"),
        (by(lambda height, rng: np.random.default_rng(0).permutation(height)), "same_order_always"),
        (by(lambda height, rng: np.arange(height)), "leaves_them_in_order"),
        (by(lambda height, rng: np.append(0, rng.permutation(height - 1) + 1)), "never_moves_some"),
        (by(neighbours_change_places), "keeps_rows_in_reach"),
        (by(lambda height, rng: np.argsort(np.arange(height) + 5 * rng.random(height))), "keeps_rows_in_reach"),
        (two_directions, "one_order_in_two_directions"),
        (by(lambda height, rng: rng.choice(height, height)), "loses_rows"),
        (by(by_python(random)), "draws_from_elsewhere"),
        (lambda train, test, rng: (rng.shuffle(train), rng.shuffle(test)), "shuffle_returns_nothing"),
        (
            lambda train, test, rng: tuple(rows_of_each(part, rng) for part in (train, test)),
            "another_order_for_each",
        ),
        (lambda train, test, rng: by(lambda h, r: r.permutation(h))(test, train, rng), "test_comes_first"),
        (lambda train, test, rng: (rng.permuted(train, axis=1), test), "shuffles_each_column_alone"),
    ],
)
def test_mistakes_with_shuffles_in_other_words(answer, belief):
    assert believes(rnn.shuffle_rows, lambda train, test, rng: answer(train, test, rng)) == belief


def of_one_order(change):
    """A right shuffle whose two results go through `change`."""
    return lambda train, test, rng: tuple(map(change, rnn.picks_by_one_order(train, test, rng)))


def fails_at_times(train, test, rng):
    train, test = rnn.picks_by_one_order(train, test, rng)
    return (train, test) if rng.random() < 0.9 else (train, test)[2]


def pictures_and_rows(train, test, rng):
    return tuple(rng.permutation(part) for part in rnn.picks_by_one_order(train, test, rng))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (shuffled_in_place, "Your result is right, but your answer changes `train`."),
        (of_one_order(list), "Your numbers are right, but `train` is a list"),
        (of_one_order(lambda part: part.astype(int)), "The type of your result is int64"),
        (of_one_order(lambda part: part.astype(np.float16)), "The type of your result is float16"),
        (of_one_order(lambda part: part + 1), "Image 0 of your `train` does not hold the pixels"),
        (of_one_order(lambda part: part * np.nan), "Image 0 of your `train` does not hold the pixels"),
        (of_one_order(lambda part: part[..., 0]), "Your `train` has shape (4, 9, 3); it should keep the shape"),
        (pictures_and_rows, "Have images changed places too?"),
        (by(lambda height, rng: rng.permutation(8)), "Your `train` has 8 of 9 rows."),
        (lambda train, test, rng: rng.permutation(train.shape[1]), "an array where two arrays are asked for"),
        (lambda train, test, rng: (train, test, rng), "a tuple of 3 where two arrays are asked for"),
        (lambda train, test, rng: (train, "test"), "Look at the second of your two results."),
        (lambda train, test, rng: (train, None), "Look at the second of your two results."),
        (lambda train, test, rng: (0, 1), "Your `train` has shape ();"),
        (lambda train, test, rng: 3, "a whole number where two arrays are asked for"),
        (lambda train, test, rng: print(train), NOTHING_RETURNED),
        (lambda train, test, rng: (part for part in (train, test)), "Your answer is a generator"),
        (fails_at_times, "With some draws all is well; with another your answer raises IndexError"),
    ],
)
def test_odd_shuffles_are_told(answer, message):
    assert message in says(rnn.shuffle_rows, lambda train, test, rng: answer(train, test, rng))


def test_chance_leads_to_no_other_sentence():
    for seed in range(10):
        np.random.seed(seed)
        assert believes(rnn.shuffle_rows, rnn.draws_from_elsewhere) == "draws_from_elsewhere"


# --- 05: mean_opinion -----------------------------------------------------------------------------------


def test_means_in_other_words():
    assert is_right(ensemble.mean_opinion, lambda p, weights: np.tensordot(weights / weights.sum(), p, 1))
    assert is_right(ensemble.mean_opinion, lambda p, weights: (p.T @ weights).T / weights.sum())
    assert is_right(ensemble.mean_opinion, lambda p, weights: np.average(p, 0, weights / weights.max()))


def test_a_mean_is_that_of_the_course():
    for probabilities, weights in ensemble._opinions_and_weights():
        joined = committee.mean(
            probabilities.astype(float) / probabilities.sum(axis=2, keepdims=True), weights / weights.sum()
        )
        assert np.allclose(ensemble.shares_of_the_weights(probabilities, weights), joined, atol=1e-6)


@pytest.mark.parametrize(
    ("of", "belief"),
    [
        (lambda p, weights: np.tensordot(weights, p, 1), "forgets_to_divide"),
        (lambda p, weights: sum(w * one for w, one in zip(weights, p, strict=True)) / len(p), "divides_by_the_members"),
        (lambda p, weights: sum(p) / len(p), "ignores_the_weights"),
        (lambda p, weights: np.average(p, 0, scipy.special.softmax(weights)), "softmax_of_the_weights"),
        (lambda p, weights: weights @ p / weights.sum(), "product_along_the_digits"),
        (lambda p, weights: np.average(p, axis=1, weights=weights), "product_along_the_digits"),
        (lambda p, weights: np.sum(weights * p, 0) / np.sum(weights), "weights_along_the_classes"),
        (lambda p, weights: committee.vote(p, weights / weights.sum()), "counts_votes"),
        (lambda p, weights: p[weights.argmax()], "strongest_member_only"),
        (lambda p, weights: np.average(p, 0, weights).argmax(-1), "decides_at_the_end"),
        (lambda p, weights: np.average(p.argmax(-1), 0, weights), "mean_label"),
        (lambda p, weights: committee.mean_of_logits(p, weights / weights.sum()), "geometric_mean"),
    ],
)
def test_mistakes_with_means_in_other_words(of, belief):
    assert believes(ensemble.mean_opinion, lambda probabilities, weights: of(probabilities, weights)) == belief


def test_weights_divided_in_place_are_noticed():
    def divided_in_place(probabilities, weights):
        weights /= weights.sum()
        return np.average(probabilities, 0, weights)

    assert believes(ensemble.mean_opinion, divided_in_place) == "divides_in_place"


def opinions_multiplied_in_place(probabilities, weights):
    probabilities *= weights[:, None, None].astype(probabilities.dtype)
    return probabilities.sum(axis=0) / weights.sum()


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (opinions_multiplied_in_place, "Your result is right, but your answer changes `probabilities`."),
        (lambda p, weights: np.average(p, 0, weights).tolist(), LISTED),
        (
            lambda p, weights: np.average(p, 0, weights)[0],
            "has shape (3,), like `weights`; it should have shape (2, 3).",
        ),
        (lambda p, weights: np.average(p, 0, weights).astype(int), "The type of your result is int64"),
        (lambda p, weights: np.average(p, 0, weights).round(2), "has 0.26 at [0, 0]; it should have 0.2558."),
        (lambda p, weights: np.tensordot(weights, p, 1) / 2.4, "First difference: with 2 weights"),
        (lambda p, weights: np.tensordot(weights, p, 1) / weights.max(), "First difference: with 3 weights"),
        (lambda p, weights: np.average(p, 0, weights) * np.nan, "NaN means “not a number”"),
        (lambda p, weights: np.average(p, weights=weights), "raises TypeError: Axis must be specified"),
        (lambda p, weights: np.zeros((p.shape[1], 10)), "has shape (2, 10); it should have shape (2, 3)."),
        (lambda p, weights: np.median(p, axis=0), "First difference: with 3 weights and 3 × 2 × 3 probabilities"),
        (lambda p, weights: print(p), NOTHING_RETURNED),
    ],
)
def test_odd_means_are_told(of, message):
    assert message in says(ensemble.mean_opinion, lambda probabilities, weights: of(probabilities, weights))


# --- 05: vote -------------------------------------------------------------------------------------------


def most_frequent(key):
    """The label that `key(column)` names, for each column as a list."""
    return lambda answers: np.array([key(column) for column in answers.T.tolist()])


def at_least_as_many(column):
    best, most = 0, 0
    for label in range(10):
        if column.count(label) >= most:
            best, most = label, column.count(label)
    return best


def more_than_half(column):
    label, count = Counter(sorted(column)).most_common(1)[0]
    return label if 2 * count > len(column) else -1


def majority_or_first(column):
    label, count = Counter(column).most_common(1)[0]
    return label if count > len(column) / 2 else column[0]


def majority_or_last(column):
    label, count = Counter(column).most_common(1)[0]
    return label if count > len(column) / 2 else column[-1]


def test_votes_in_other_words():
    assert is_right(ensemble.vote, lambda answers: scipy.stats.mode(answers, axis=0).mode)
    assert is_right(ensemble.vote, lambda answers: np.eye(10)[answers].sum(axis=0).argmax(axis=1))
    assert is_right(ensemble.vote, most_frequent(lambda column: max(sorted(set(column)), key=column.count)))
    assert is_right(ensemble.vote, most_frequent(lambda column: Counter(sorted(column)).most_common(1)[0][0]))
    assert is_right(ensemble.vote, lambda answers: ensemble.counts_each_column(answers).astype(np.uint8))


def test_a_vote_is_that_of_the_course():
    for (answers,) in ensemble._answers():
        elected = committee.vote(np.eye(10)[answers]).argmax(axis=1)
        assert np.array_equal(ensemble.counts_each_column(answers), elected)


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (most_frequent(lambda column: max(column, key=column.count)), "first_named_of_equals"),
        (most_frequent(lambda column: max(set(column), key=column.count)), "first_of_a_set"),
        (most_frequent(at_least_as_many), "largest_of_equals"),
        (lambda answers: np.rint(answers.mean(axis=0)), "rounds_the_average"),
        (lambda answers: (answers.mean(axis=0) + 0.5).astype(int), "rounds_the_average"),
        (lambda answers: answers.sum(axis=0) // len(answers), "cuts_the_average_off"),
        (lambda answers: np.median(answers, axis=0).astype(int), "median_label"),
        (lambda answers: np.sort(answers, axis=0)[len(answers) // 2], "median_label"),
        (lambda answers: scipy.stats.mode(answers, axis=1).mode, "favourite_of_each_member"),
        (lambda answers: scipy.stats.mode(answers, axis=None).mode, "one_label_for_all"),
        (lambda answers: np.eye(10)[answers].sum(axis=0), "returns_all_counts"),
        (lambda answers: np.argmax(answers, axis=0), "member_with_the_largest_label"),
        (lambda answers: np.eye(10)[answers].mean(axis=0), "returns_all_shares"),
        (lambda answers: np.eye(10)[answers].mean(axis=0).T, "returns_shares_by_label"),
        (lambda answers: np.array([(answers == k).sum(axis=0) for k in range(10)]), "returns_counts_by_label"),
        (most_frequent(majority_or_first), "majority_or_the_first"),
    ],
)
def test_mistakes_with_votes_in_other_words(answer, belief):
    assert believes(ensemble.vote, lambda answers: answer(answers)) == belief


def sorted_in_place(answers):
    answers.sort(axis=0)
    return ensemble.counts_each_column(answers)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (sorted_in_place, "Your result is right, but your answer changes `answers`."),
        (lambda answers: ensemble.counts_each_column(answers).tolist(), LISTED),
        (lambda answers: ensemble.counts_each_column(answers)[:2], "on 2 × 4 answers your answer has shape (2,)"),
        (lambda answers: ensemble.counts_each_column(answers)[None], "has shape (1, 2); it should have shape (2,)."),
        (lambda answers: ensemble.counts_each_column(answers).astype(str), "an array of text where real numbers"),
        (lambda answers: np.bincount(answers).argmax(), "raises ValueError: object too deep"),
        (most_frequent(majority_or_last), "First difference: on"),
        (most_frequent(more_than_half), "your answer has -1 at [0]; it should have 3."),
        (lambda answers: answers, "has shape (3, 2), like `answers`; it should have shape (2,)."),
        (lambda answers: ensemble.counts_each_column(answers) + np.nan, "NaN means “not a number”"),
        (lambda answers: print(answers), NOTHING_RETURNED),
    ],
)
def test_odd_votes_are_told(answer, message):
    assert message in says(ensemble.vote, answer)


def test_ballots_hold_what_the_sentences_need():
    ties = []
    for (answers,) in ensemble._answers():
        assert not np.isclose(answers.mean(axis=0) % 1, 0.5).any(), "rounding half-way has more than one right way"
        counts = (answers[:, :, None] == np.arange(10)).sum(axis=0)
        ties.extend((row == row.max()).sum() for row in counts)
    assert {1, 2} < set(ties), "no tie of three"


# --- 05: mean_of_logits ---------------------------------------------------------------------------------


def softmax(logits):
    return scipy.special.softmax(logits, axis=-1)


def naive(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def test_mean_scores_in_other_words():
    assert is_right(ensemble.mean_of_logits, lambda logits: softmax(logits.mean(axis=0)))
    assert is_right(ensemble.mean_of_logits, lambda logits: softmax(logits.sum(axis=0) / len(logits)))
    assert is_right(ensemble.mean_of_logits, lambda logits: softmax(scipy.special.log_softmax(logits, axis=2).mean(0)))
    assert is_right(ensemble.mean_of_logits, lambda logits: softmax(logits.mean(axis=0)).astype(np.float32))


def test_a_mean_of_scores_is_that_of_the_course():
    for (logits,) in ensemble._committees()[2:]:
        assert np.allclose(ensemble.softmax_of_the_mean(logits), committee.mean_of_logits(softmax(logits)), atol=1e-5)


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (lambda logits: naive(logits.mean(axis=0)), "overflows"),
        (lambda logits: softmax(logits).mean(axis=0), "mean_of_the_softmaxes"),
        (lambda logits: naive(logits).mean(axis=0), "mean_of_the_softmaxes"),
        (lambda logits: softmax(softmax(logits.mean(axis=0))), "softmax_twice"),
        (lambda logits: naive(naive(logits).mean(axis=0)), "softmax_before_and_after"),
        (lambda logits: softmax(sum(logits)), "softmax_of_the_sum"),
        (lambda logits: sum(logits) / len(logits), "mean_logits_as_they_are"),
        (lambda logits: softmax(logits.mean(axis=1)), "averages_over_digits"),
        (lambda logits: softmax(np.log(softmax(logits)).mean(axis=0)), "logarithm_of_zero"),
        (lambda logits: softmax(np.log(softmax(logits) + 1e-12).mean(axis=0)), "logarithm_with_a_floor"),
        (lambda logits: softmax(np.log(np.maximum(softmax(logits), 1e-15)).mean(axis=0)), "logarithm_with_a_floor"),
        (lambda logits: naive(logits.mean(0) - logits.mean((0, 2))[:, None]), "mean_instead_of_the_maximum"),
        (lambda logits: np.exp(scipy.special.log_softmax(logits, axis=2).mean(axis=0)), "forgets_to_share_again"),
        (lambda logits: scipy.special.softmax(logits.mean(axis=0)), "shares_of_everything"),
        (lambda logits: scipy.special.softmax(logits.mean(axis=0), axis=0), "softmax_over_digits"),
        (lambda logits: np.exp(logits.mean(0)) / np.exp(logits.mean(0)).sum(1), "sums_lose_their_axis"),
    ],
)
def test_mistakes_with_mean_scores_in_other_words(answer, belief):
    assert believes(ensemble.mean_of_logits, lambda logits: answer(logits)) == belief


def shifted_in_place(logits):
    logits -= logits.max(axis=2, keepdims=True)
    return softmax(logits.mean(axis=0))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (shifted_in_place, "Your result is right, but your answer changes `logits`."),
        (lambda logits: softmax(logits.mean(axis=0)).tolist(), LISTED),
        (lambda logits: softmax(logits.mean(axis=0)).astype(int), "The type of your result is int64"),
        (lambda logits: softmax(logits.mean(axis=0)).round(3), "First difference: on 2 × 6 × 3 logits"),
        (lambda logits: softmax(logits.mean(axis=0))[0], "has shape (2,); it should have shape (1, 2)."),
        (lambda logits: softmax(np.median(logits, axis=0)), "First difference: on 4 × 3 × 3 logits"),
        (lambda logits: np.nan_to_num(naive(logits.mean(axis=0))), "First difference: on 2 × 6 × 3 logits"),
        (lambda logits: softmax(logits.mean()), "is one number; it should have shape (1, 2)."),
        (lambda logits: softmax(logits.sum(axis=0) / 10), "First difference: on 2 × 6 × 3 logits"),
        (lambda logits: print(logits), NOTHING_RETURNED),
    ],
)
def test_odd_mean_scores_are_told(answer, message):
    assert message in says(ensemble.mean_of_logits, answer)


# --- 05: temperature ------------------------------------------------------------------------------------


def surprises(logits, labels, candidate, shares=softmax):
    return -np.log(shares(logits / candidate)[np.arange(len(labels)), labels])


def least(score):
    """The candidate with the lowest `score(logits, labels, candidate)`."""
    return lambda logits, labels, candidates: min(candidates, key=lambda candidate: score(logits, labels, candidate))


def cold_overflows(logits, labels, candidates):
    losses = [surprises(logits, labels, candidate, naive).mean() for candidate in candidates]
    return candidates[losses.index(np.min(losses))] if not np.isnan(losses).any() else candidates[np.argmin(losses)]


def sorted_candidates(logits, labels, candidates):
    candidates.sort()
    return least(lambda *given: surprises(*given).mean())(logits, labels, candidates)


def nearest_to_the_optimum(logits, labels, candidates):
    """A log-loss is no distance: it climbs faster on the cold side."""
    fine = np.geomspace(0.05, 20, 600)
    optimum = fine[np.argmin([surprises(logits.astype(float), labels, one).mean() for one in fine])]
    return candidates[np.argmin(np.abs(np.log(candidates / optimum)))]


def by_losses(choose, shares):
    """The candidate at the place that `choose` finds in the list of log-losses."""
    return lambda x, y, candidates: candidates[choose([surprises(x, y, t, shares).mean() for t in candidates])]


def one_maximum(logits):
    return naive(logits - logits.max())


def test_temperatures_in_other_words():
    assert is_right(ensemble.temperature, least(lambda *given: surprises(*given).mean()))
    assert is_right(ensemble.temperature, least(lambda *given: surprises(*given).sum()))
    assert is_right(
        ensemble.temperature,
        lambda logits, labels, candidates: np.float32(ensemble.lowest_log_loss(logits, labels, candidates)),
    )


def test_a_temperature_lies_beside_that_of_the_course():
    for logits, labels, candidates in ensemble._networks()[:-1]:
        best = committee.temperature(softmax(logits.astype(float)), labels, caution=0)
        between = np.sort(candidates)
        place = np.searchsorted(between, best)
        neighbours = between[max(place - 1, 0) : place + 1]
        assert ensemble.lowest_log_loss(logits, labels, candidates) in neighbours


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (least(lambda x, y, t: -((x / t).argmax(1) == y).mean()), "first_candidate"),
        (least(lambda x, y, t: -softmax(x / t).max(axis=1).mean()), "always_the_smallest"),
        (least(lambda x, y, t: -np.log(softmax(x)[np.arange(len(y)), y] / t).mean()), "always_the_smallest"),
        (least(lambda x, y, t: -np.log(softmax(x / t).max(axis=1)).mean()), "always_the_smallest"),
        (least(lambda x, y, t: surprises(x, y, 1 / t).mean()), "multiplies_by_the_temperature"),
        (least(lambda x, y, t: -(x / t)[np.arange(len(y)), y].sum()), "forgets_the_softmax"),
        (least(lambda x, y, t: -np.log(softmax(x / t)[np.arange(len(y)), y].mean())), "averages_before_the_logarithm"),
        (least(lambda x, y, t: committee.brier(softmax((x / t).astype(float)), y)), "lowest_brier_score"),
        (least(lambda x, y, t: -surprises(x, y, t).mean()), "highest_log_loss"),
        (least(lambda x, y, t: surprises(x, y, t).max()), "least_trouble_with_the_worst"),
        (least(lambda x, y, t: -np.log(softmax(x / t)[:, y]).mean()), "every_row_with_every_label"),
        (cold_overflows, "overflows_when_cold"),
        (by_losses(np.nanargmin, naive), "passes_over_what_overflows"),
        (by_losses(np.argmin, one_maximum), "one_maximum_for_all_digits"),
        (least(lambda x, y, t: -np.log(softmax(x / t)[y]).mean()), "rows_for_labels"),
        (lambda x, y, c: min(surprises(x, y, t).mean() for t in c), "returns_the_loss"),
        (lambda x, y, c: np.argmin([surprises(x, y, t).mean() for t in c]), "returns_the_place"),
    ],
)
def test_mistakes_with_temperatures_in_other_words(answer, belief):
    assert (
        believes(ensemble.temperature, lambda logits, labels, candidates: answer(logits, labels, candidates)) == belief
    )


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (sorted_candidates, "Your result is right, but your answer changes `candidates`."),
        (lambda *given: [ensemble.lowest_log_loss(*given)], "has shape (1,); it should be one number."),
        (lambda *given: int(ensemble.lowest_log_loss(*given)), "First difference: on 3 × 3 logits with 7 candidates"),
        (lambda *given: f"{ensemble.lowest_log_loss(*given)}", "returns a string where numbers are asked for"),
        (lambda *given: given[2], "like `candidates`; it should be one number."),
        (lambda *given: given[2].mean(), "First difference: on 3 × 3 logits with 7 candidates"),
        (lambda *given: 1.0, "your answer is 1; it should be 1.1."),
        (by_losses(np.nanargmin, one_maximum), "6 × 3 logits with 6 candidates your answer is 1.1; it should be 0.6."),
        (nearest_to_the_optimum, "First difference: on 3 × 5 logits with 4 candidates your answer is 0.8; it should"),
        (lambda *given: np.nan, "NaN means “not a number”"),
        (least(lambda x, y, t: np.median(surprises(x, y, t))), "First difference: on 3 × 3 logits with"),
        (least(lambda x, y, t: surprises(x[:1], y[:1], t).sum()), "First difference: on 3 × 3 logits with"),
        (lambda *given: print(given), NOTHING_RETURNED),
    ],
)
def test_odd_temperatures_are_told(of, message):
    assert message in says(ensemble.temperature, lambda logits, labels, candidates: of(logits, labels, candidates))


def test_candidates_tell_the_criteria_apart():
    """Any two criteria choose differently at least twice, but for those that fail only on one input."""
    once = {"overflows_when_cold", "passes_over_what_overflows", "one_maximum_for_all_digits", "rows_for_labels"}
    with np.errstate(all="ignore"):
        chosen = {
            f.__name__: [float(f(*given)) for given in ensemble._networks()]
            for f in [ensemble.lowest_log_loss, *ensemble.temperature._wrong]
            if f.__name__ not in once
        }
    for one, other in combinations(chosen, 2):
        differing = sum(a != b for a, b in zip(chosen[one], chosen[other], strict=True))
        assert differing >= 2, (one, other)


# --- the numbers that the sentences speak of ------------------------------------------------------------


def test_numbers_that_the_sentences_name():
    assert ensemble._opinions_and_weights()[0][1].sum() == pytest.approx(2.4)
    three_or_nine, weights = ensemble._opinions_and_weights()[1]
    assert ensemble.mean_label(three_or_nine, weights) == [6]
    assert ensemble.halfway_between_labels(three_or_nine, weights).argmax() == 6
    assert 6 not in three_or_nine.argmax(axis=2)
    column = np.array([[1, 1, 4, 7, 9]]).T
    assert (ensemble.median_label(column), ensemble.counts_each_column(column)) == ([4], [1])
    assert next(iter({2, 8})) == 8
    logits, _, candidates = ensemble._networks()[-1]
    assert 1000 in logits and 1000 / candidates.min() == 20_000
    images = np.zeros((5, 8, 8, 1))
    assert rnn.one_pixel_a_step(images).shape == (5, 64, 1)
    assert rnn.one_step_of_everything(images).shape == (5, 1, 64)


def test_free_orders_reach_every_place():
    """More misses than are let pass do not happen by chance: with ten rows, in ten thousand hundreds of free orders."""
    rng = np.random.default_rng(0)
    unreached = [rnn._unreached(rng.permuted(np.tile(np.arange(10), (100, 1)), axis=1)) for _ in range(10_000)]
    assert max(unreached) <= rnn._UNREACHED


def test_a_hundred_draws_are_a_hundred():
    told = " ".join(misconception.sentence for misconception in rnn.shuffle_rows.wrong)
    assert re.search("a hundred generators", told) and rnn._DRAWS == 100
