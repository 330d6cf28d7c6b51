"""Exercises of lesson 03, Honest score."""

import copy
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from course_utils.exercises.engine import FINE, Exercise
from course_utils.exercises.pairs import list_among, two_arrays
from course_utils.exercises.running import Outcome, call
from course_utils.exercises.words import alike, as_array, difference, failure, no_array, table

__all__ = ["choose_and_report", "make_images", "occlusion_map", "scale_by_training", "split_by_writer"]

Pair = tuple[np.ndarray, np.ndarray]  # (train, test)


# --- make_images -----------------------------------------------------------------------------------------


def my_images(raw):
    """Turn raw digits into what `Conv2D` takes, and mend faults 1 and 5 in one go.

    `raw` (n, 64) has a digit in each row: its 8 × 8 pixels, one line after the other, with ink
    from 0 to 16. n may be any number, 1 too. Return images (n, 8, 8, 1) of type float32, on
    which 16, a pixel full of ink, becomes 1.
    """
    raise NotImplementedError


def reshapes_and_divides(raw):
    """Say what is there, let −1 count the digits, divide by one ruler."""
    return raw.reshape(-1, 8, 8, 1).astype(np.float32) / 16


def adds_a_channel(raw):
    """The channel as an axis of its own, once rows and columns stand."""
    images = raw.reshape(len(raw), 8, 8)[..., np.newaxis]
    return (images / 16).astype("float32")


def digit_after_digit(raw):
    """Room for all first, then one digit after the other."""
    images = np.zeros((len(raw), 8, 8, 1), dtype=np.float32)
    for i, digit in enumerate(raw):
        images[i, :, :, 0] = digit.reshape(8, 8) / 16
    return images


def line_after_line(raw):
    """Pixel k stands in line k // 8, at place k % 8."""
    images = np.zeros((len(raw), 8, 8, 1), dtype=np.float32)
    for k in range(64):
        images[:, k // 8, k % 8, 0] = raw[:, k] / 16
    return images


def shape_of_the_article(raw):
    """Your answer asks for pictures of 100 × 3 × 3 numbers, as the article does, and a digit has none of these: fault
    1 once more. Look at `raw.shape`: 64 numbers a digit, and 8 × 8 × 1 is 64.
    """
    return (raw.reshape(-1, 100, 3, 3) / 16).astype(np.float32)


def number_of_digits_written_in(raw):
    """Your answer has the number of digits written in, so it fits one data set and no other. Try it on three,
    `my_images(source.data[:3])`. Ask how many there are, `len(raw)`, or let `reshape` count: −1 in that place.
    """
    return (raw.reshape(1797, 8, 8, 1) / 16).astype(np.float32)


def channel_in_front(raw):
    """Your images are (n, 1, 8, 8), the channel in front, as PyTorch has it. `Conv2D` in Keras, as this course uses
    it, would take that for pictures of 1 × 8 pixels with eight channels. Look at the shape of your result: the 1
    belongs at its end.
    """
    return (raw.reshape(-1, 1, 8, 8) / 16).astype(np.float32)


def no_channel(raw):
    """Your images are (n, 8, 8), without a channel. `Conv2D` wants four axes, and a grey picture too has a channel, a
    single one. Look at `.ndim` of your result. `reshape(-1, 8, 8, 1)` adds the axis, and so does
    `images[..., np.newaxis]`.
    """
    return (raw.reshape(-1, 8, 8) / 16).astype(np.float32)


def lines_left_flat(raw):
    """Your digits are still lines of 64 numbers. A dense layer may take them so; a convolution looks at neighbours
    above and below, and in a line there are none. Look at the shape of your result, and then at
    `reshape(-1, 8, 8, 1)`.
    """
    return (raw / 16).astype(np.float32)


def one_digit_only(raw):
    """Your answer is one digit alone, (8, 8, 1). In a loop there are two ways to that: a `return` inside it ends the
    function at the first digit, and one name for all digits keeps the last. Look at the shape of your result;
    `reshape(-1, 8, 8, 1)` takes all of them without a loop.
    """
    return (raw[0].reshape(8, 8, 1) / 16).astype(np.float32)


def loses_the_batch_of_one(raw):
    """Your answer is right until there is one digit: then its first axis is gone, (8, 8, 1) instead of (1, 8, 8, 1),
    and `Conv2D` refuses it. `np.squeeze` removes every axis of length 1, the one that counts digits too. Try
    `my_images(source.data[:1]).shape`.
    """
    images = np.squeeze(raw.reshape(-1, 8, 8) / 16)
    return images[..., np.newaxis].astype(np.float32)


def mixes_digits(raw):
    """Your shape is right, but each image holds pixels of several digits. `reshape` deals the numbers out in the order
    in which they stand, the last axis fastest: the digits are the first axis of `raw` and must stay the first.
    `reshape(8, 8, -1)`, or `.T` before it, tears them apart. Look at some: `show_images(my_images(source.data[:3]))`.
    """
    return (raw.reshape(8, 8, -1).T[..., np.newaxis] / 16).astype(np.float32)


def turns_on_the_diagonal(raw):
    """Your shape is right, but rows and columns have changed places: every digit is mirrored on its diagonal. `.T`,
    `swapaxes` and `order="F"` do that. No error says so, and a network learns mirrored digits too. Look at some:
    `show_images(my_images(source.data[:3]))`.
    """
    return (raw.reshape((-1, 8, 8, 1), order="F") / 16).astype(np.float32)


def still_up_to_sixteen(raw):
    """Your shape is right, and the ink still goes up to 16: fault 5, which no error will show. Look at `.max()` of your
    result. Divide by 16.
    """
    return raw.reshape(-1, 8, 8, 1).astype(np.float32)


def own_ruler_for_each_digit(raw):
    """Your answer divides each digit by its own largest number: a faint digit comes out as strong as a bold one, and
    how hard somebody pressed is lost. Compare `.max()` of several of your images: all are 1. The ruler never depends
    on the pictures: divide by 16.
    """
    images = raw.reshape(-1, 8, 8, 1)
    return (images / images.max(axis=(1, 2, 3), keepdims=True)).astype(np.float32)


def ruler_of_this_batch(raw):
    """Your answer divides by the largest number among the digits it was given. The same digit gets other numbers in
    other company: compare `my_images(source.data[:1])` with `my_images(source.data)[:1]`. The ruler never depends
    on the pictures: divide by 16.
    """
    return (raw.reshape(-1, 8, 8, 1) / raw.max()).astype(np.float32)


def bytes_for_a_ruler(raw):
    """Your answer divides by 255, the largest value of a byte, as in photographs. These digits count ink up to 16, so
    the boldest stroke comes out at 0.06. Look at `raw.max()` before you choose a ruler.
    """
    return (raw.reshape(-1, 8, 8, 1) / 255).astype(np.float32)


def greys_cut_off(raw):
    """Your greys are gone: all ink from 1 to 15 becomes 0, and only full pixels are left. `//` divides in whole
    numbers, and an array of whole numbers has no room for 0.25. Look at `np.unique(…)` of your result. Divide with
    `/`, and make float32 of it.
    """
    return (raw.reshape(-1, 8, 8, 1) // 16).astype(np.float32)


def stays_float64(raw):
    """Your numbers are right; their type is float64, which NumPy makes of a division of its own accord. Networks
    calculate in float32, half as large, and so do all images of this course. Look at `.dtype` of your result, and
    add `.astype(np.float32)`.
    """
    return np.asarray(raw, dtype=np.float64).reshape(-1, 8, 8, 1) / 16


def divides_the_raw_digits(raw):
    """Your answer uses `/=`, which writes into the array it was given; `reshape` makes no copy, it shows the same
    numbers in another shape. Whole numbers have no room for fractions, so NumPy refuses; and where there is room,
    whoever runs the cell twice has divided twice. Look at `source.data.max()` before and after. `images / 16` makes
    a new array.
    """
    images = raw.reshape(-1, 8, 8, 1)
    images /= 16
    return images.astype(np.float32)


# Mistakes with numbers in the right shape, each with how it looks.
_INK_FAULTS = [
    turns_on_the_diagonal,
    still_up_to_sixteen,
    own_ruler_for_each_digit,
    ruler_of_this_batch,
    bytes_for_a_ruler,
    greys_cut_off,
]


def _images_fault(outcome: Outcome) -> str:
    """The first fault of images: what was raised, then the shape, the numbers, the type."""
    images, raw = as_array(outcome), outcome.given[0]
    if outcome.error is not None:
        return _refusal(outcome.error) or images
    if isinstance(images, str):
        return images
    due = reshapes_and_divides(raw)
    if images.shape != due.shape:
        return _shape_fault(images.shape, outcome) or _unlike(images, due, raw)
    if not alike(images, due):
        return _ink_fault(images, due, raw) or _unlike(images, due, raw)
    if 0 in outcome.changed and raw.dtype.kind == "f":
        return "divides_the_raw_digits"
    if no_array(outcome.value):
        return no_array(outcome.value)
    if images.dtype == np.float64:
        return "stays_float64"
    if images.dtype != np.float32:
        return f"Your numbers are right, but their type is {images.dtype}; make it `.astype(np.float32)`."
    return FINE


def _refusal(error: BaseException) -> str:
    """The misconception that an error speaks of, or ""."""
    said = str(error)
    if isinstance(error, TypeError) and "Cannot cast" in said:
        return "divides_the_raw_digits"
    wished = re.search(r"cannot reshape array of size \d+ into shape \(([\d, ]+)\)", said)
    if not wished:
        return FINE
    sides = wished[1].replace(" ", "")
    if "100,3,3" in sides:
        return "shape_of_the_article"
    return "number_of_digits_written_in" if re.fullmatch(r"\d+,(8,8|1,8,8|8,8,1|64)", sides) else FINE


def _shape_fault(shape: tuple[int, ...], outcome: Outcome) -> str:
    """The misconception behind a shape, or "". With one digit, different mistakes have the same shape."""
    raw = outcome.given[0]
    n = len(raw)
    if n == 1:
        two = as_array(call(outcome.function, (np.concatenate([raw, raw]),)))
        lost = shape == (8, 8, 1) and np.shape(two) == (2, 8, 8, 1)
        return "loses_the_batch_of_one" if lost else FINE
    if shape[0] > n and shape[1:] == (8, 8, 1):
        return "number_of_digits_written_in"
    shapes = {
        (n, 1, 8, 8): "channel_in_front",
        (n, 8, 8): "no_channel",
        (n, 64): "lines_left_flat",
        (8, 8, 1): "one_digit_only",
    }
    return shapes.get(shape, FINE)


def _ink_fault(images: np.ndarray, due: np.ndarray, raw: np.ndarray) -> str:
    """The misconception behind numbers in the right shape, or ""."""
    for fault in _INK_FAULTS:
        if alike(images, as_array(call(fault, (raw,)))):
            return fault.__name__
    same_ink = alike(np.sort(images, axis=None), np.sort(due, axis=None))
    return "mixes_digits" if same_ink and not all(_holds_one_digit(image, due) for image in images) else FINE


def _holds_one_digit(image: np.ndarray, due: np.ndarray) -> bool:
    """The pixels of `image`, in whatever order, are those of one of the digits `due`."""
    return any(alike(np.sort(image, axis=None), np.sort(digit, axis=None)) for digit in due)


def _unlike(images: np.ndarray, due: np.ndarray, raw: np.ndarray) -> str:
    digits = f"{len(raw)} digits" if len(raw) > 1 else "a single digit"
    return f"First difference: with {digits} your answer {difference(images, due, {'raw': raw})}"


def _raw_digits():
    """The single digit has a full pixel, so every ruler of its own is 16; the others have largest numbers apart."""
    rng = np.random.default_rng(38)
    return [
        (_lines(rng, 13, 7, 11).astype(float),),
        (_lines(rng, 16).astype(float),),
        (_lines(rng, 9, 16, 12, 15, 5).astype(np.uint8),),
        (_lines(rng, 10, 6, 14, 9).astype(np.float32),),
    ]


def _lines(rng, *largest):
    """A digit in each row; its largest number is as given."""
    raw = rng.integers(0, np.array(largest)[:, None], (len(largest), 64))
    raw[:, 27] = largest
    return raw


make_images = Exercise(
    "honest.make_images",
    my_images,
    right=[reshapes_and_divides, adds_a_channel, digit_after_digit, line_after_line],
    # Shapes before numbers, numbers before types; what shows on a single digit only comes last.
    wrong=[
        shape_of_the_article,
        number_of_digits_written_in,
        channel_in_front,
        no_channel,
        lines_left_flat,
        one_digit_only,
        mixes_digits,
        *_INK_FAULTS,
        divides_the_raw_digits,
        stays_float64,
        loses_the_batch_of_one,
    ],
    cases=_raw_digits,
    situation="with {raw} raw numbers",
    fault=_images_fault,
    hints=[
        "Two faults, two steps. The shape first: what do the four numbers of (n, 8, 8, 1) count, and which of them "
        "can `reshape` find out by itself?",
        "`raw.reshape(-1, 8, 8, 1)` has the shape, −1 being the number of digits. Now the ruler: which number becomes "
        "1, whatever the digits?",
        "16 does: `images / 16`. What is left is the type: `return (images / 16).astype(np.float32)`.",
    ],
    insight="Two faults of six are mended in one line, and the digits come out as `digits.load` hands them out.",
)


# --- split_by_writer -------------------------------------------------------------------------------------


def my_split(writers, share, rng):
    """Split rows into training and test rows so that no writer has rows on both sides.

    `writers` (n,) says who wrote each row. About `share` of the writers, and at least one, go
    to the test with all their rows; draw them from `rng`, a NumPy generator.
    Return two arrays of row numbers, train and test, that hold every row once.
    """
    raise NotImplementedError


def draws_names(writers, share, rng):
    """Draw names; then each row follows its writer."""
    names = np.unique(writers)
    chosen = rng.choice(names, max(1, round(share * len(names))), replace=False)
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def shuffles_names(writers, share, rng):
    """Shuffle the names, take the first few, and walk through the rows."""
    names = rng.permutation(np.unique(writers)).tolist()
    chosen = names[: max(1, int(share * len(names)))]
    train = [row for row, name in enumerate(writers) if name not in chosen]
    test = [row for row, name in enumerate(writers) if name in chosen]
    return np.array(train), np.array(test)


def draws_numbers(writers, share, rng):
    """Number the writers and give each a place in a random order; the first places are the test."""
    names, number = np.unique(writers, return_inverse=True)
    place = rng.permutation(len(names))
    in_test = place[number] < max(1, round(share * len(names)))
    return np.where(~in_test)[0], np.where(in_test)[0]


def splits_by_scikit_learn(writers, share, rng):
    """scikit-learn's own. It takes a seed, which `rng` draws."""
    from sklearn.model_selection import GroupShuffleSplit

    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=int(rng.integers(2**31)))
    return next(splitter.split(writers, groups=writers))


def shuffles_rows(writers, share, rng):
    """Your answer deals out rows one by one, so most writers have rows on both sides, and the test asks for
    handwriting that was seen in training. Draw writers, `names = np.unique(writers)`, and let each row follow its
    writer: `np.isin(writers, chosen)`.
    """
    rows = rng.permutation(len(writers))
    tests = round(share * len(writers))
    return rows[tests:], rows[:tests]


def shuffles_the_column(writers, share, rng):
    """Your answer shuffles `writers` itself: `rng.shuffle` works in place, and afterwards the names stand beside
    rows that others wrote. Shuffle a list of the names instead, each of them once:
    `rng.permutation(np.unique(writers))`.
    """
    rng.shuffle(writers)
    names = np.unique(writers)
    in_test = np.isin(writers, names[: max(1, round(share * len(names)))])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def splits_each_writer(writers, share, rng):
    """Your answer divides every writer's rows (as `stratify=writers` does): all of them are in training, and all of
    them are in the test, which is the very thing to avoid. A writer goes to one side with all rows.
    """
    tests = []
    for name in np.unique(writers):
        rows = rng.permutation(np.flatnonzero(writers == name))
        tests.append(rows[: max(1, round(share * len(rows)))])
    test = np.concatenate(tests)
    return np.setdiff1d(np.arange(len(writers)), test), test


def cuts_inside_a_writer(writers, share, rng):
    """Your answer puts the rows in order, writer after writer, and cuts where the number of rows is right. The cut
    runs through the middle of somebody, who then stands on both sides. Count writers, not rows, and cut between
    two.
    """
    names = rng.permutation(np.unique(writers))
    rows = np.concatenate([np.flatnonzero(writers == name) for name in names])
    tests = round(share * len(writers))
    return rows[tests:], rows[:tests]


def cuts_at_a_row(writers, share, rng):
    """Your answer cuts at a fixed row: all before it to one side, all after it to the other. Writers do not end
    where the count does, nor need their rows stand together. Choose writers, and find their rows wherever they
    stand: `np.isin(writers, chosen)`.
    """
    rows = np.arange(len(writers))
    cut = len(writers) - round(share * len(writers))
    return rows[:cut], rows[cut:]


def trains_on_everything(writers, share, rng):
    """Your test is well chosen, but your training rows are all rows, those of the test too. Training is what remains:
    `~np.isin(writers, chosen)`, where `~` turns True and False round.
    """
    names = np.unique(writers)
    chosen = rng.choice(names, max(1, round(share * len(names))), replace=False)
    return np.arange(len(writers)), np.flatnonzero(np.isin(writers, chosen))


def returns_writers(writers, share, rng):
    """Your answer returns writers, on both sides or on one: their names, or their numbers. They are well worth
    drawing, but the next cells need rows, to pick images and labels with. `np.flatnonzero(np.isin(writers, chosen))`
    are the rows of those chosen.
    """
    names = rng.permutation(np.unique(writers))
    tests = max(1, round(share * len(names)))
    return names[tests:], names[:tests]


def loses_rows(writers, share, rng):
    """Some rows are on neither of your sides. `return_index`, and `index` of a list, find only the first row of a
    writer; `np.isin(writers, chosen)` finds all, and `~` gives all the others.
    """
    _, first_rows = np.unique(writers, return_index=True)
    rows = rng.permutation(first_rows)
    tests = max(1, round(share * len(rows)))
    return rows[tests:], rows[:tests]


def test_first(writers, share, rng):
    """Your two arrays stand in the wrong order: the one that comes first holds `share` of the writers. Training comes
    first, `return train, test`; whoever unpacks them would train on the few and test on the many.
    """
    names = np.unique(writers)
    chosen = rng.choice(names, max(1, round(share * len(names))), replace=False)
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(in_test), np.flatnonzero(~in_test)


def draws_with_replacement(writers, share, rng):
    """In some draws your test holds fewer writers than `share` asks for, or the same rows twice. Most often a writer
    was drawn twice, or a number that is nobody's. Draw from the names, each of them once, and put none back:
    `rng.choice(np.unique(writers), number, replace=False)`.
    """
    names = np.unique(writers)
    chosen = rng.choice(names, max(1, round(share * len(names))))
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def a_coin_for_each_writer(writers, share, rng):
    """Your answer decides for each writer alone, as with a coin, so the number of test writers is left to luck: one
    draw has hardly any, another has half. Fix the number first, `round(share * len(names))`, and draw that many.
    """
    names = np.unique(writers)
    chosen = names[rng.random(len(names)) < share]
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def counts_rows_not_writers(writers, share, rng):
    """Your answer keeps writers whole, and fills the test until it holds `share` of the rows. Here `share` speaks of
    writers: with some who wrote much and some who wrote little, the number of test writers changes from draw to
    draw. Count names, `np.unique(writers)`.
    """
    test = np.array([], dtype=int)
    for name in rng.permutation(np.unique(writers)):
        if len(test) < share * len(writers):
            test = np.concatenate([test, np.flatnonzero(writers == name)])
    return np.setdiff1d(np.arange(len(writers)), test), test


def same_writers_always(writers, share, rng):
    """Your split is clean, but it is the same whatever `rng` says: the last writers, say, or a seed of your own.
    One group of test writers may be an easy one, and you would never know. Draw them: `rng.choice(names, number,
    replace=False)`.
    """
    names = np.unique(writers)
    chosen = names[-max(1, round(share * len(names))) :]
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def one_of_few_groups(writers, share, rng):
    """Your split is clean, but `rng` only picks one of two or three groups that never change, and whoever belongs to
    none of them is never asked about. The groups may be easy ones, and you would never know. Let `rng` draw the
    writers themselves: `rng.choice(names, number, replace=False)`.
    """
    names = np.unique(writers)
    tests = max(1, round(share * len(names)))
    chosen = names[:tests] if rng.random() < 0.5 else names[-tests:]
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def never_draws_some(writers, share, rng):
    """Your split is clean, but somebody is on the same side in every draw. An end that is left out does that:
    `names[1:]`, or `rng.integers(len(names) - 1)`, which leaves out its end by itself; so does a writer who is put into
    the test by hand. Print the chosen for twenty seeds and look who is missing. Everyone must be able to land on either
    side: `rng.choice(names, number, replace=False)`.
    """
    names = np.unique(writers)
    chosen = rng.choice(names[1:], max(1, round(share * len(names))), replace=False)
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def draws_from_elsewhere(writers, share, rng):
    """Your split is clean, but it does not come from `rng`. With `np.random`, or a generator without a seed, nobody
    can repeat your run. Ask the generator that was passed: `rng.choice(names, number, replace=False)`.
    """
    names = np.unique(writers)
    chosen = np.random.permutation(names)[: max(1, round(share * len(names)))]
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def nobody_in_the_test(writers, share, rng):
    """Your split is right until there are few writers: then rounding leaves nobody on one side. A fifth of two
    writers is 0.4, which rounds to 0. At least one is needed to measure on: `max(1, round(share * len(names)))`.
    """
    names = np.unique(writers)
    chosen = rng.choice(names, round(share * len(names)), replace=False)
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


_DRAWS = 60  # generators that a clean split is asked with again; chance alone never looks like a habit in so many
_FEW = 3  # groups
_MANY = np.repeat(np.arange(301, 341), 3)  # writers, of whom every share is somebody


def _split_fault(outcome: Outcome) -> str:
    """The first fault of a split."""
    if inspect.isgenerator(outcome.value):
        return "Your answer returns a generator, which has not split anything yet; `next(…)` takes its first split."
    pair = two_arrays(outcome)
    if isinstance(pair, str):
        return pair
    return (
        _kind_fault(*pair, outcome)
        or _row_fault(*pair, outcome)
        or _sharing_fault(*pair, outcome)
        or _draw_fault(*pair, outcome)
        or list_among(outcome)
    )


def _kind_fault(train: np.ndarray, test: np.ndarray, outcome: Outcome) -> str:
    """The fault of arrays that are no row numbers at all."""
    writers = outcome.given[0]
    for part, name, value in zip((train, test), ("train", "test"), outcome.value, strict=True):
        if part.dtype.kind == "b" or (part.shape == writers.shape and not np.setdiff1d(part, [0, 1]).size):
            marks = "True and False" if part.dtype.kind == "b" else "1 and 0"
            return f"`{name}` is a mask of {marks}. Row numbers are asked for: `np.flatnonzero(mask)`."
        if part.ndim != 1:
            return _rank_fault(part, name, value)
    if _are_writers(train, test, writers):
        return "returns_writers"
    for part, name in ((train, "train"), (test, "test")):
        if part.size and (part != part.astype(int)).any():
            return f"`{name}` holds numbers with a fraction; rows have whole numbers."
        beyond = part[(part < 0) | (part >= len(writers))]
        if beyond.size:
            return f"`{name}` names row {int(beyond[0])}; the rows of {len(writers)} go from 0 to {len(writers) - 1}."
        if part.size and part.dtype.kind == "f":
            return f"`{name}` holds floats, with which no row can be picked. Make it `{name}.astype(int)`."
    return FINE


def _rank_fault(part: np.ndarray, name: str, value: object) -> str:
    if part.ndim == 0:
        return f"`{name}` is one number; row numbers are asked for, an array of all rows on that side, shape (n,)."
    cause = ""
    if part.ndim == 2 and isinstance(value, tuple):
        cause = " `np.where(mask)` is a tuple; write `np.where(mask)[0]`."
    elif part.ndim == 2 and isinstance(value, list):
        cause = f" To join arrays in a list: `np.concatenate({name})`."
    return f"`{name}` has shape {part.shape}; row numbers stand in one line, shape (n,).{cause}"


def _are_writers(train: np.ndarray, test: np.ndarray, writers: np.ndarray) -> bool:
    """Both sides, or one, are writers: their names, or their numbers in the order of the names."""
    names = np.unique(writers)
    together = np.unique(np.concatenate([train, test]))
    if np.array_equal(together, names) or np.array_equal(together, np.arange(names.size)):
        return True
    if names.min() >= writers.size and any(part.size and np.isin(part, names).all() for part in (train, test)):
        return True
    return _are_the_rest(test, train, writers) or _are_the_rest(train, test, writers)


def _are_the_rest(part: np.ndarray, rows: np.ndarray, writers: np.ndarray) -> bool:
    """`part` holds just those writers of whom `rows` has nothing."""
    if not part.size or not np.isin(rows, np.arange(writers.size)).all():
        return False
    names = np.unique(writers)
    rest = ~np.isin(names, writers[rows.astype(int)])
    return any(np.array_equal(np.sort(part), writer) for writer in (names[rest], np.flatnonzero(rest)))


def _row_fault(train: np.ndarray, test: np.ndarray, outcome: Outcome) -> str:
    """The fault of row numbers that do not fall into two parts."""
    writers, share, rng = outcome.given
    if not test.size:
        of_many = _test_rows(replace(outcome, given=(_MANY, share, rng)), rng)
        if not isinstance(of_many, str) and of_many.size:
            return "nobody_in_the_test"
    for part, name in ((train, "train"), (test, "test")):
        if not part.size:
            return f"`{name}` is empty, of {len(writers)} rows with share = {share}. Show what you drew: is it a name?"
    both = np.intersect1d(train, test)
    if np.unique(train).size == len(writers):
        return "trains_on_everything"
    if both.size:
        return f"Row {both[0]} is on both of your sides. Each row belongs to one: `in_test` and `~in_test`."
    return "loses_rows" if np.unique(np.concatenate([train, test])).size < len(writers) else FINE


def _sharing_fault(train: np.ndarray, test: np.ndarray, outcome: Outcome) -> str:
    """How it came that writers have rows on both sides; `FINE` when none has."""
    writers, share, _ = outcome.given
    shared = np.intersect1d(writers[train], writers[test])
    if not shared.size:
        return FINE
    if 0 in outcome.changed:
        return "shuffles_the_column"
    if train.max() < test.min() or test.max() < train.min():
        return "cuts_at_a_row"
    if shared.size == 1:
        return "cuts_inside_a_writer"
    names, rows = np.unique(writers, return_counts=True)
    in_test = np.array([(writers[test] == name).sum() for name in names])
    evenly = (np.abs(in_test - share * rows) < 1).all()
    return "splits_each_writer" if evenly and shared.size == names.size else "shuffles_rows"


def _draw_fault(train: np.ndarray, test: np.ndarray, outcome: Outcome) -> str:
    """The fault of clean splits that come up in many draws."""
    writers, share, rng = outcome.given
    if np.unique(np.concatenate([train, test])).size < train.size + test.size:
        return "draws_with_replacement"
    again = _test_rows(outcome, rng)
    draws = [_test_rows(outcome, np.random.default_rng(seed)) for seed in range(_DRAWS)]
    failed = [draw for draw in (again, *draws) if isinstance(draw, str)]
    if failed:
        return failed[0]
    groups = [np.unique(writers[draw]) for draw in draws]
    people, counts = np.unique(writers).size, np.array([group.size for group in groups])
    if not _fits(counts, share * people).all():
        return _number_fault(counts, np.array([draw.size for draw in draws]), writers, share)
    if not np.array_equal(np.sort(again), np.sort(test)):
        return "draws_from_elsewhere"
    return _habit_fault(groups, people)


def _habit_fault(groups: list[np.ndarray], people: int) -> str:
    """The fault of draws that leave somebody on one side always; `groups` are the test writers of each draw."""
    _, times = np.unique(np.concatenate(groups), return_counts=True)
    if times.size == people and times.max() < len(groups):
        return FINE
    if people == 2:
        return f"Of two writers, the same one is in your test in each of {len(groups)} draws. Let `rng` decide which."
    different = len({group.tobytes() for group in groups})
    if different == 1:
        return "same_writers_always"
    return "one_of_few_groups" if different <= _FEW else "never_draws_some"


def _test_rows(outcome: Outcome, rng: np.random.Generator) -> np.ndarray | str:
    """The test rows of another call, or a sentence on why there are none."""
    writers, share, _ = outcome.given
    other = call(outcome.function, (writers.copy(), share, copy.deepcopy(rng)))
    if other.error is not None:
        return f"With some draws all is well; with another your answer raises {failure(other.error, other.function)}"
    pair = two_arrays(other)
    return pair if isinstance(pair, str) else pair[1].astype(int)


def _fits(count: np.ndarray, wanted: float) -> np.ndarray:
    return (count >= 1) & (np.abs(count - wanted) < 1)


def _number_fault(counts: np.ndarray, rows: np.ndarray, writers: np.ndarray, share: float) -> str:
    """The fault of draws that hold another number of writers than asked for; `rows` is how many rows each holds."""
    people, sizes = np.unique(writers, return_counts=True)
    wanted = share * people.size
    if _fits(people.size - counts, wanted).all():
        return "test_first"
    if np.unique(counts).size == 1:
        return (
            f"Of {people.size} writers your test holds {counts[0]}; with share = {share} it should be "
            f"about {wanted:.3g}. Count the names, `np.unique(writers)`, and take that share of them."
        )
    if counts.max() < wanted + 1:
        return "draws_with_replacement"
    by_rows = (np.abs(rows - share * writers.size) <= sizes.max()).all()
    return "counts_rows_not_writers" if by_rows else "a_coin_for_each_writer"


def _rows_and_writers():
    rng = np.random.default_rng(31)
    # The names in the first case are no rows, those in the second may be taken for some.
    scattered = rng.permutation(np.repeat(np.arange(201, 231, 3), [4, 6, 8, 10, 12, 15, 16, 3, 9, 18]))
    in_blocks = np.repeat(rng.permutation(np.arange(14)) * 3 + 5, rng.integers(7, 13, 14))
    return [
        (scattered, 0.3, np.random.default_rng(32)),
        (in_blocks, 0.25, np.random.default_rng(33)),
        (np.array([7, 7, 4, 4, 4, 7, 4, 7, 7, 4]), 0.2, np.random.default_rng(34)),
    ]


split_by_writer = Exercise(
    "honest.split_by_writer",
    my_split,
    right=[draws_names, shuffles_names, draws_numbers, splits_by_scikit_learn],
    # The order decides when inputs speak for different ones: chance may make one mistake look like a later one.
    wrong=[
        shuffles_the_column,
        shuffles_rows,
        splits_each_writer,
        cuts_inside_a_writer,
        cuts_at_a_row,
        returns_writers,
        trains_on_everything,
        loses_rows,
        test_first,
        draws_with_replacement,
        a_coin_for_each_writer,
        counts_rows_not_writers,
        draws_from_elsewhere,
        same_writers_always,
        one_of_few_groups,
        never_draws_some,
        nobody_in_the_test,
    ],
    cases=_rows_and_writers,
    situation="on {writers} rows with share = {share}",
    fault=_split_fault,
    seconds=8.0,  # for a split by scikit-learn, asked again and again on a busy machine
    hints=[
        "Whom do you draw, rows or writers? `names = np.unique(writers)` has each writer once.",
        "`chosen = rng.choice(names, number, replace=False)` draws so many of them, with number = "
        "`max(1, round(share * len(names)))`.",
        "`in_test = np.isin(writers, chosen)` is True for every row of those chosen; `np.flatnonzero(in_test)` are "
        "the numbers of these rows, and `~in_test` marks all others.",
    ],
    insight="Now the test asks what you want to know: can it read a hand that it has never seen?",
)


# --- scale_by_training -----------------------------------------------------------------------------------


def my_scaled(train, test):
    """Standardise columns: subtract the mean, divide by the standard deviation (`np.std`).

    `train` (n, d) and `test` (m, d) have a row for each digit. Means and deviations, one for
    each column, come from `train` alone and serve both. A column that never varies in `train`
    becomes 0 there: only subtract. Return both, train first.
    """
    raise NotImplementedError


def fits_on_train(train, test):
    """Mean and deviation of the training columns; where nothing varies, divide by 1."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def column_after_column(train, test):
    """One column after the other, in both sets."""
    scaled_train, scaled_test = np.zeros(train.shape), np.zeros(test.shape)
    for j in range(train.shape[1]):
        mean, deviation = train[:, j].mean(), train[:, j].std() or 1
        scaled_train[:, j] = (train[:, j] - mean) / deviation
        scaled_test[:, j] = (test[:, j] - mean) / deviation
    return scaled_train, scaled_test


def scales_by_scikit_learn(train, test):
    """scikit-learn's own: `fit` sees the training rows, `transform` both."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def constant_columns_to_zero(train, test):
    """Columns without news are 0 in both sets."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    varies = deviation > 0
    safe = np.where(varies, deviation, 1)
    return varies * (train - mean) / safe, varies * (test - mean) / safe


def fits_on_all_rows(train, test):
    """Your means and deviations come from all rows, those of the test too: the test has helped to make the ruler by
    which it is measured. A digit that arrives tomorrow cannot do that. `train.mean(axis=0)` and `train.std(axis=0)`
    serve both sets.
    """
    rows = np.concatenate([train, test])
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def each_set_by_its_own(train, test):
    """Your answer gives each set a ruler of its own (`fit_transform` twice does that). The same pixel with the same
    ink then gets one number in training and another in the test, and a test of one single row becomes all zeros, or
    0 / 0. Take mean and deviation of `train` for both.
    """
    scaled = []
    for rows in (train, test):
        deviation = rows.std(axis=0)
        deviation[deviation == 0] = 1
        scaled.append((rows - rows.mean(axis=0)) / deviation)
    return scaled[0], scaled[1]


def fits_on_test(train, test):
    """Your ruler comes from the test rows. They are to be measured, so they choose nothing: take mean and deviation
    from `train`, for both sets.
    """
    mean, deviation = test.mean(axis=0), test.std(axis=0)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def deviation_of_each_set(train, test):
    """Your answer takes the mean from `train` for both sets, and the deviation from each set itself. Both belong to
    the ruler: `train.std(axis=0)` for the test too.
    """
    mean = train.mean(axis=0)
    scaled = []
    for rows in (train, test):
        deviation = rows.std(axis=0)
        deviation[deviation == 0] = 1
        scaled.append((rows - mean) / deviation)
    return scaled[0], scaled[1]


def test_left_as_it_is(train, test):
    """Your answer scales `train` and leaves `test` as it is. Was `train` overwritten before the turn of `test`
    came? The new `train` has mean 0 and deviation 1, and so changes nothing. Keep mean and deviation under names of
    their own, and use them for both.
    """
    deviation = train.std(axis=0)
    deviation[deviation == 0] = 1
    return (train - train.mean(axis=0)) / deviation, test


def test_comes_first(train, test):
    """Your two arrays are right and stand in the wrong order. Training comes first: `return train, test`."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    return (test - mean) / deviation, (train - mean) / deviation


def one_ruler_for_all_columns(train, test):
    """Your answer takes one mean and one deviation of the whole table: `train.mean()` without an axis. Columns
    differ, a pixel in the middle has more ink than one at the edge; each is to have mean 0 afterwards. `axis=0`
    walks down the rows and leaves one number a column.
    """
    mean, deviation = train.mean(), train.std() or 1
    return (train - mean) / deviation, (test - mean) / deviation


def each_row_alone(train, test):
    """Your answer standardises each row, one digit at a time: `axis=1` walks along the row. That needs no training
    set at all, and a bold digit becomes as faint as the others. Here each column gets its mean: `axis=0` walks down
    the rows.
    """
    scaled = []
    for rows in (train, test):
        deviation = rows.std(axis=1, keepdims=True)
        deviation[deviation == 0] = 1
        scaled.append((rows - rows.mean(axis=1, keepdims=True)) / deviation)
    return scaled[0], scaled[1]


def divides_by_the_variance(train, test):
    """Your answer divides by the variance. That is the square of the deviation, in squared units: a column with
    large numbers comes out far too small. Check with `scaled.std(axis=0)`: each should be 1. `np.std`, or the root
    of `np.var`.
    """
    mean, variance = train.mean(axis=0), train.var(axis=0)
    variance[variance == 0] = 1
    return (train - mean) / variance, (test - mean) / variance


def divides_by_one_less(train, test):
    """Your deviations are divided by n − 1 instead of n (`ddof=1`), which is good practice when a population is to
    be estimated. `np.std` and scikit-learn's StandardScaler divide by n, and so does this check; a model would
    hardly notice.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0, ddof=1)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def subtracts_only(train, test):
    """Your answer subtracts the mean and stops there. A column with large numbers still speaks louder than the
    others: divide by the deviation too.
    """
    return train - train.mean(axis=0), test - train.mean(axis=0)


def divides_only(train, test):
    """Your answer divides by the deviation and subtracts nothing, so the columns do not lie around 0. First the
    mean, then the deviation: `(train - mean) / deviation`.
    """
    deviation = train.std(axis=0)
    deviation[deviation == 0] = 1
    return train / deviation, test / deviation


def divides_before_it_subtracts(train, test):
    """Your answer divides first and subtracts the mean of the undivided column afterwards: parentheses are missing.
    `train - mean / deviation` divides the mean alone; write `(train - mean) / deviation`.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    return train - mean / deviation, test - mean / deviation


def squeezes_between_0_and_1(train, test):
    """Your answer squeezes each column between its smallest and its largest training value. That scale has merits
    of its own, but it is another one, and a single outlier sets it. Here subtract the mean and divide by the
    deviation.
    """
    low, width = train.min(axis=0), train.max(axis=0) - train.min(axis=0)
    width = np.where(width == 0, 1, width)
    return (train - low) / width, (test - low) / width


def divides_zero_by_zero(train, test):
    """Your answer is right until a column never varies, as pixels in a corner that nobody inks. Its deviation is 0,
    and 0 / 0 is no number (NaN), which spoils all that is calculated with it. Divide by 1 there:
    `deviation[deviation == 0] = 1`.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / deviation, (test - mean) / deviation


def divides_by_next_to_nothing(train, test):
    """Your answer is right until a column never varies in `train`: there you divide by next to nothing. In `train`
    0 divided by it is 0, but one inked pixel in the test becomes a number of many digits that drowns all others.
    Divide by 1 there: `deviation[deviation == 0] = 1`.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0) + 1e-8
    return (train - mean) / deviation, (test - mean) / deviation


def scales_in_place(train, test):
    """Your answer uses `-=` or `/=`, which write into the arrays it was given. Ink is often stored in whole
    numbers, which have no room for fractions, so NumPy refuses; and where there is room, whoever passed the arrays
    finds them changed. `(train - mean) / deviation` makes a new array.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    train -= mean
    train /= deviation
    test -= mean
    test /= deviation
    return train, test


_RULERS = [
    fits_on_all_rows,
    each_set_by_its_own,
    fits_on_test,
    deviation_of_each_set,
    test_left_as_it_is,
    test_comes_first,
    one_ruler_for_all_columns,
    each_row_alone,
    divides_by_the_variance,
    divides_by_one_less,
    subtracts_only,
    divides_only,
    divides_before_it_subtracts,
    squeezes_between_0_and_1,
    divides_zero_by_zero,
    divides_by_next_to_nothing,
]
_ENORMOUS = 1e4  # far beyond what any deviation in the inputs can make of a number


def _scaling_fault(outcome: Outcome) -> str:
    """The first fault of two standardised sets; each input but those with a blank column tells all rulers apart."""
    pair = two_arrays(outcome)
    if isinstance(outcome.error, TypeError) and "Cannot cast" in str(outcome.error):
        return "scales_in_place"
    if isinstance(pair, str):
        return pair
    due = fits_on_train(*outcome.given)
    unseen = np.flatnonzero(outcome.given[0].std(axis=0) == 0)
    if _both_alike(_without_news(pair, due, unseen), due):
        return list_among(outcome)
    for ruler in _RULERS:
        if _both_alike(pair, ruler(*outcome.given)):
            return ruler.__name__
    if pair[1].shape == due[1].shape and (np.abs(pair[1][:, unseen]) > _ENORMOUS).any():
        return "divides_by_next_to_nothing"
    return _first_difference(pair, due, outcome.given)


def _without_news(pair: Pair, due: Pair, unseen: np.ndarray) -> Pair:
    """`pair` with those test columns taken as right that never vary in training and that the answer sets to 0."""
    train, test = pair
    if test.shape != due[1].shape or test[:, unseen].any():
        return pair
    test = test.copy()
    test[:, unseen] = due[1][:, unseen]
    return train, test


def _both_alike(one: Pair, other: Pair) -> bool:
    return all(map(alike, one, other))


def _first_difference(pair: Pair, due: Pair, given: tuple) -> str:
    """Where `train`, or else `test`, is not as it should be; with all numbers when they are few."""
    k = 0 if not alike(pair[0], due[0]) else 1
    inputs = dict(zip(("train", "test"), given, strict=True))
    (n, d), m = given[0].shape, len(given[1])
    told = f"First difference: with {n} training rows and {m} test rows of {d} numbers your scaled "
    told += f"`{list(inputs)[k]}` {difference(pair[k], due[k], inputs)}"
    return told + table(inputs | {"yours": pair[k], "should be": due[k]}) if pair[k].shape == due[k].shape else told


def _training_and_test_rows():
    rng = np.random.default_rng(35)
    with_a_constant = _features(rng, 6, 4), _features(rng, 3, 4)
    with_a_constant[0][:, 2] = 3
    return [
        (np.array([[1.0, 10.0], [3.0, 20.0], [8.0, 60.0]]), np.array([[2.0, 40.0], [5.0, 10.0]])),
        (_features(rng, 7, 3), _features(rng, 4, 3) + 2),
        (_features(rng, 5, 5).astype(np.float32), _features(rng, 5, 5).astype(np.float32)),
        (rng.integers(0, 17, (9, 4)), rng.integers(0, 17, (1, 4))),
        with_a_constant,
    ]


def _features(rng, rows, columns):
    """Columns with means and deviations of their own."""
    return (rng.normal(0, 1, (rows, columns)) * np.arange(1, columns + 1) + 3).round(1)


scale_by_training = Exercise(
    "honest.scale_by_training",
    my_scaled,
    right=[fits_on_train, column_after_column, scales_by_scikit_learn, constant_columns_to_zero],
    wrong=[*_RULERS, scales_in_place],
    cases=_training_and_test_rows,
    situation="with {train} training and {test} test numbers",
    fault=_scaling_fault,
    hints=[
        "The ruler is two rows of numbers, the mean and the deviation of each column: `axis=0`. Which rows may help "
        "to make it?",
        "Only those of `train`: `mean, deviation = train.mean(axis=0), train.std(axis=0)`. Both sets are measured "
        "with it.",
        "Where a column never varies, divide by 1: `deviation[deviation == 0] = 1`. Then return "
        "`(train - mean) / deviation, (test - mean) / deviation`.",
    ],
    insight="In the test the columns' means are not quite 0, and should not be: nobody asked the test.",
)


# --- choose_and_report -----------------------------------------------------------------------------------


def my_report(validation_scores, test_scores):
    """Choose the best of k candidates honestly, and report how well it does on the test.

    Both arrays (k,) hold accuracies, one for each candidate, in the same order. Return one
    number; of candidates that look equally good, the first is chosen.
    """
    raise NotImplementedError


def chooses_then_reports(validation_scores, test_scores):
    """Validation chooses, the test is read once."""
    return test_scores[np.argmax(validation_scores)]


def one_after_the_other(validation_scores, test_scores):
    """Remember the best so far; only a better one takes over."""
    best, reported = -1, None
    for validation, test in zip(validation_scores, test_scores, strict=True):
        if validation > best:
            best, reported = validation, test
    return reported


def by_stable_sorting(validation_scores, test_scores):
    """Best first; a stable order leaves equals as they were."""
    order = np.argsort(-validation_scores, kind="stable")
    return float(test_scores[order][0])


def best_test_score(validation_scores, test_scores):
    """Your answer reports the best of all test scores. The best of many tries is a lottery winner, not a forecast:
    the test has done the choosing, and who chooses on a test trains on it. Let validation choose, then read one
    test score.
    """
    return test_scores.max()


def mean_test_score(validation_scores, test_scores):
    """Your answer averages the test scores of all candidates. That is what to expect of a candidate picked blindly;
    you have picked one, so report the score of that one.
    """
    return test_scores.mean()


def validation_score_of_the_winner(validation_scores, test_scores):
    """Your answer reports the winner's validation score. It won because that score is high, and part of it was
    luck. Its test score, which chose nothing, is the honest one: `argmax` tells where the winner stands.
    """
    return validation_scores.max()


def best_of_the_sum(validation_scores, test_scores):
    """Your answer adds both scores, or averages them, before it chooses. The test then has a say in the choice, and
    its score is flattered by that. Choose on validation alone.
    """
    return test_scores[np.argmax(validation_scores + test_scores)]


def best_of_the_worse_score(validation_scores, test_scores):
    """Your answer chooses by the worse of both scores. Careful as it looks, the test takes part in the choice.
    Choose on validation alone.
    """
    return test_scores[np.argmax(np.minimum(validation_scores, test_scores))]


def the_other_way_round(validation_scores, test_scores):
    """Your answer chooses by the test score and reports the validation score: the roles are exchanged. Validation
    chooses, the test reports.
    """
    return validation_scores[np.argmax(test_scores)]


def returns_the_index(validation_scores, test_scores):
    """Your answer is the winner's place in the list. You have chosen well; now look up its test score,
    `test_scores[best]`.
    """
    return np.argmax(validation_scores)


def worst_on_validation(validation_scores, test_scores):
    """Your answer picks the candidate with the lowest score. With a loss, lowest is best; these are accuracies, and
    higher is better: `argmax`.
    """
    return test_scores[np.argmin(validation_scores)]


def ties_broken_by_the_test(validation_scores, test_scores):
    """Your answer is right until two candidates tie on validation: then the better test score decides.
    `max(zip(…))` does that unasked, since pairs with equal first members are compared by the second. A peep remains
    a peep; take the first.
    """
    return max(zip(validation_scores, test_scores, strict=True))[1]


def last_of_equals(validation_scores, test_scores):
    """Your answer is right until two candidates tie on validation: then it takes the last of them. Any rule fixed
    beforehand is honest; here it is the first, as `argmax` has it. In a loop write `>`, not `>=`.
    """
    best, reported = -1, None
    for validation, test in zip(validation_scores, test_scores, strict=True):
        if validation >= best:
            best, reported = validation, test
    return reported


def last_candidate(validation_scores, test_scores):
    """Your answer reports the last candidate, whatever the scores say. Trained last does not mean best: ask
    validation, `argmax`.
    """
    return test_scores[-1]


def first_candidate(validation_scores, test_scores):
    """Your answer reports the first candidate, whatever the scores say. Ask validation which is best: `np.argmax`."""
    return test_scores[0]


def _scores_of_candidates():
    rng = np.random.default_rng(36)
    return [
        (np.array([0.9, 0.95, 0.93]), np.array([0.94, 0.92, 0.89])),
        (np.array([0.91, 0.96, 0.9, 0.96, 0.96, 0.92]), np.array([0.97, 0.94, 0.9, 0.95, 0.93, 0.91])),
        (np.array([0.85, 0.81, 0.84, 0.8, 0.83]), np.array([0.8, 0.86, 0.83, 0.88, 0.82])),
        (rng.uniform(0.7, 0.99, 20).round(3).astype(np.float32), rng.uniform(0.7, 0.99, 20).round(3)),
        (np.array([0.5, 0.6]), np.array([0.75, 0.7])),
    ]


choose_and_report = Exercise(
    "honest.choose_and_report",
    my_report,
    right=[chooses_then_reports, one_after_the_other, by_stable_sorting],
    wrong=[
        best_test_score,
        mean_test_score,
        validation_score_of_the_winner,
        best_of_the_sum,
        best_of_the_worse_score,
        the_other_way_round,
        returns_the_index,
        worst_on_validation,
        ties_broken_by_the_test,
        last_of_equals,
        last_candidate,
        first_candidate,
    ],
    cases=_scores_of_candidates,
    situation="with {validation_scores} candidates",
    hints=[
        "Cover `test_scores` with your hand. Which candidate do you take?",
        "The one with the highest validation score: `best = np.argmax(validation_scores)` is its place.",
        "Now take your hand away and read one number: `return test_scores[best]`.",
    ],
    insight="The test was read once and chose nothing. That alone makes it a forecast.",
)


# --- occlusion_map ---------------------------------------------------------------------------------------


def my_occlusion_map(score, image, size):
    """How much does the score fall when a square of `image` (h, w) is covered with paper, 0?

    `score` is a function from images (n, h, w) to scores (n,); that of one image is
    `score(image[None])[0]`. Cover squares of `size` × `size` pixels, one at a time, at every
    place where the square fits. Return the falls, whole minus covered, as an array
    (h - size + 1, w - size + 1).
    """
    raise NotImplementedError


def one_square_at_a_time(score, image, size):
    """Two loops: for each place a fresh copy, one square of paper, one score."""
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def all_squares_at_once(score, image, size):
    """All covered images as one batch, which a network scores in one go."""
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    covered = []
    for i in range(rows):
        for j in range(columns):
            picture = image.copy()
            picture[i : i + size, j : j + size] = 0
            covered.append(picture)
    return (score(image[None]) - score(np.array(covered))).reshape(rows, columns)


def by_masks(score, image, size):
    """Which rows and which columns does each place hide? Together they make masks, one for each place."""
    h, w = image.shape
    down = np.arange(h) - np.arange(h - size + 1)[:, None]
    right = np.arange(w) - np.arange(w - size + 1)[:, None]
    rows, columns = (down >= 0) & (down < size), (right >= 0) & (right < size)
    hidden = rows[:, None, :, None] & columns[None, :, None, :]
    covered = np.where(hidden, 0, image).reshape(-1, h, w)
    return score(image[None])[0] - score(covered).reshape(len(rows), len(columns))


def shows_what_remains(score, image, size):
    """Your map shows the score that remains. It is bright where covering did no harm, and dark where it matters: a
    negative of the map that is asked for. What is lost is the score of the whole image minus what remains.
    """
    h, w = image.shape
    remains = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            remains[i, j] = score(covered[None])[0]
    return remains


def turns_the_sign(score, image, size):
    """Your map has the sign turned: covered minus whole. A fall of the score is asked for, so that large numbers
    mark what matters: whole minus covered.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    gains = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            gains[i, j] = score(covered[None])[0] - whole
    return gains


def loses_the_sign(score, image, size):
    """Your map has lost the sign. Where a square hides ink that speaks against the class, the score rises when it
    is covered: that is a fall below 0, and worth seeing. Leave `abs` away.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    changes = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            changes[i, j] = abs(whole - score(covered[None])[0])
    return changes


def cuts_off_gains(score, image, size):
    """Your map has no number below 0. Where a square hides ink that speaks against the class, the score rises when
    it is covered: that is a fall below 0, and worth seeing. Leave `max` or `clip` away.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = max(0, whole - score(covered[None])[0])
    return drops


def relative_drop(score, image, size):
    """Your map divides by the score of the whole image. Maps of two digits could then not be compared: a fall from
    0.02 to 0.01 would look like one from 1 to 0.5. The difference itself is asked for.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = (whole - score(covered[None])[0]) / whole
    return drops


def shows_only_the_square(score, image, size):
    """Your answer covers everything but the square, and asks what the square can do alone. The question is the
    opposite one: what is missing when the square is hidden and all else stays? Copy the image, and set the square
    to 0.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            alone = np.zeros_like(image)
            alone[i : i + size, j : j + size] = image[i : i + size, j : j + size]
            drops[i, j] = whole - score(alone[None])[0]
    return drops


def scores_the_square_alone(score, image, size):
    """Your map shows what each square scores alone, on an empty sheet. A network reads strokes in their company,
    and a piece of one may be nothing by itself. The question is the opposite one: what is missing when the square
    is hidden and all else stays? Copy the image, and set the square to 0 there.
    """
    h, w = image.shape
    scores = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            alone = np.zeros_like(image)
            alone[i : i + size, j : j + size] = image[i : i + size, j : j + size]
            scores[i, j] = score(alone[None])[0]
    return scores


def covers_with_ink(score, image, size):
    """Your answer covers with 1, and 1 is ink: it draws a solid block instead of hiding something, and the score
    falls because of what was added. Paper is 0.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 1
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def covers_with_grey(score, image, size):
    """Your answer covers with 0.5, as is common with photographs. On a digit a grey block is a stroke of its own.
    Paper, 0, hides and adds nothing.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0.5
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def covers_with_the_mean(score, image, size):
    """Your answer covers with the mean of the image, as is common with photographs. A digit is mostly paper, and on
    paper even a light grey block is ink. Paper, 0, hides and adds nothing.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = image.mean()
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def never_uncovers(score, image, size):
    """Your squares stay where they were laid: the image is never restored, so each place is measured with all the
    places before it covered too, and in the end nothing is left. Make a fresh copy for each place: `covered =
    image.copy()` inside the loops.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    covered = image.copy()
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def one_picture_for_all_places(score, image, size):
    """Your map has one number everywhere: `append(covered)` puts the same array into the list again and again, and
    in the end it is covered all over. Each place needs a picture of its own: `covered = image.copy()` inside the
    loops.
    """
    h, w = image.shape
    covered, pictures = image.copy(), []
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered[i : i + size, j : j + size] = 0
            pictures.append(covered)
    drops = score(image[None]) - score(np.array(pictures))
    return drops.reshape(h - size + 1, w - size + 1)


def slices_to_size(score, image, size):
    """Your slice ends at `size`, wherever it begins: `[i:size]` is shorter at every step, and soon empty. A slice
    names the place where it ends, not how long it is: `[i : i + size]`.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i:size, j:size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def squares_too_small(score, image, size):
    """Your squares have one row and one column too few. A slice leaves out its end by itself, so `[i : i + size]` has
    `size` rows; with `i + size - 1` the last of them is lost, and a square of 1 covers nothing.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size - 1, j : j + size - 1] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def covers_one_pixel(score, image, size):
    """Your answer covers a single pixel, the upper left one of each square. A slice covers the square:
    `covered[i : i + size, j : j + size] = 0`.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i, j] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def steps_by_the_size(score, image, size):
    """Your squares lie side by side, like tiles: the map is coarse, and a stroke that two tiles share is never
    hidden whole. Move on by one pixel each time; the squares overlap, and there are (h - size + 1) × (w - size + 1)
    of them.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros(((h - size) // size + 1, (w - size) // size + 1))
    for i in range(drops.shape[0]):
        for j in range(drops.shape[1]):
            covered = image.copy()
            covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def stops_one_early(score, image, size):
    """Your map is one row and one column short: the square never reaches the last row and the last column of the
    image. On 8 pixels a square of 3 can begin at 0, 1, 2, 3, 4 or 5, at 8 − 3 + 1 places.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size, w - size))
    for i in range(h - size):
        for j in range(w - size):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def leaves_the_last_zero(score, image, size):
    """Your map has the right size, but its last row and last column stay 0: their turn never comes. `range` leaves
    out its end by itself, so let the loops run over `range(h - size + 1)` and `range(w - size + 1)`.
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h - size + 1, w - size + 1))
    for i in range(h - size):
        for j in range(w - size):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def leaves_a_margin(score, image, size):
    """Your map is as large as the image, with rows and columns of 0 at its end where no square fits. Zero would say
    “this does not matter”, but nobody looked. The map has a number for each place where the square fits: (h - size
    + 1) × (w - size + 1).
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h, w))
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def hangs_over_the_border(score, image, size):
    """Your map is as large as the image: at the right and at the bottom your squares hang over the border and hide
    less than the others, so they seem to matter less. Only places where the whole square fits count: (h - size + 1)
    × (w - size + 1).
    """
    h, w = image.shape
    whole = score(image[None])[0]
    drops = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


def square_images_only(score, image, size):
    """Your answer takes the image to be as wide as it is high. Ask for both sides, `h, w = image.shape`, and try it
    on 4 × 6.
    """
    n = len(image)
    whole = score(image[None])[0]
    drops = np.zeros((n - size + 1, n - size + 1))
    for i in range(n - size + 1):
        for j in range(n - size + 1):
            covered = image.copy()
            covered[i : i + size, j : j + size] = 0
            drops[i, j] = whole - score(covered[None])[0]
    return drops


@dataclass(frozen=True, repr=False)
class _Score:
    """Stands for a network: `rule` makes scores (n,) of images (n, *sides), and nothing else goes in.

    The scores are floats, and `rule` sees a copy: no fall wraps round, and no image of the answer's is touched.
    """

    name: str
    sides: tuple[int, int]
    rule: Callable

    def __call__(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        if images.shape == self.sides:
            raise ValueError("score takes a batch of images (n, h, w); score(image[None])[0] is the score of one")
        if images.ndim != 3 or images.shape[1:] != self.sides:
            due = ", ".join(map(str, self.sides))
            raise ValueError(f"score takes images of shape (n, {due}), and got shape {images.shape}")
        return self.rule(images.copy()).astype(float)

    def __repr__(self) -> str:
        return self.name


def _peak(shape):
    return _Score("the largest number of each image", shape, lambda images: images.max(axis=(1, 2)))


def _network(rng, shape):
    """A unit that likes some pixels and dislikes others: covering may raise its score too."""
    weights = rng.integers(-8, 9, shape) / 12

    def share(images):
        return 1 / (1 + np.exp(-(images * weights).sum(axis=(1, 2))))

    return _Score("the share of one class, by a small network", shape, share)


def _networks_and_images():
    rng = np.random.default_rng(37)
    shapes_and_sizes = [((4, 6), 2), ((6, 4), 3), ((5, 5), 2), ((3, 3), 3), ((8, 8), 3)]
    cases = [(_network(rng, shape), rng.integers(0, 17, shape) / 16, size) for shape, size in shapes_and_sizes]
    faint = np.array([[0.25, 0.75, 0.5]])
    return [(_peak(faint.shape), faint, 1), *cases[:-1], (cases[-1][0], cases[-1][1].astype(np.float32), 3)]


occlusion_map = Exercise(
    "honest.occlusion_map",
    my_occlusion_map,
    right=[one_square_at_a_time, all_squares_at_once, by_masks],
    wrong=[
        shows_what_remains,
        turns_the_sign,
        loses_the_sign,
        cuts_off_gains,
        relative_drop,
        shows_only_the_square,
        scores_the_square_alone,
        covers_with_ink,
        covers_with_grey,
        covers_with_the_mean,
        never_uncovers,
        one_picture_for_all_places,
        slices_to_size,
        squares_too_small,
        covers_one_pixel,
        steps_by_the_size,
        stops_one_early,
        leaves_the_last_zero,
        leaves_a_margin,
        hangs_over_the_border,
        square_images_only,
    ],
    cases=_networks_and_images,
    situation="on a {image} image with squares of {size} × {size}",
    hints=[
        "Begin with one place: `covered = image.copy()`, then `covered[:size, :size] = 0`. What does `score` say now?",
        "`score` takes a batch, so hand it one of length 1: `score(covered[None])[0]`. The whole image alike; the fall "
        "is whole minus covered.",
        "Make room with `np.zeros((h - size + 1, w - size + 1))`, let two loops run over its rows and columns, and "
        "set `covered[i : i + size, j : j + size]` of a fresh copy to 0 each time.",
    ],
    insight="You asked the network a question that it answers without knowing: what would it miss?",
)
