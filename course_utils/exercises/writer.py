"""Exercises of lesson 07, RNN writer."""

import numpy as np

from course_utils.exercises.engine import Exercise
from course_utils.exercises.verdict import Verdict
from course_utils.exercises.words import alike

__all__ = ["bits", "draw_level", "next_rows", "temperature"]


# --- next_rows -------------------------------------------------------------------------------------------


def my_inputs(images):
    """What a writer of rows may see while it writes each row: an array (n, height, width).

    `images` (n, height, width, 1) are the digits it should learn to write, from the top down.
    At step t it writes row t, so its input there is the row before, row t − 1. Before the first
    row there is nothing: at step 0 its input is zeros.
    """
    raise NotImplementedError


def zeros_then_all_but_the_last(images):
    """An array of zeros; every row but the last is written one place further down."""
    rows = images[..., 0]
    inputs = np.zeros_like(rows)
    inputs[:, 1:] = rows[:, :-1]
    return inputs


def joined_with_zeros(images):
    """A row of zeros for each image, and behind it all rows but the last."""
    nothing = np.zeros((len(images), 1, images.shape[2]))
    return np.concatenate([nothing, images[:, :-1, :, 0]], axis=1)


def padded_above(images):
    """One row of zeros is put on top, and the last row is cut off."""
    return np.pad(images[..., 0], ((0, 0), (1, 0), (0, 0)))[:, :-1]


def row_by_row(images):
    """Image after image, row after row: remember the row before."""
    inputs = []
    for image in images:
        before, seen = [0] * image.shape[1], []
        for row in image:
            seen.append(before)
            before = row[:, 0]
        inputs.append(np.array(seen))
    return np.array(inputs)


def rolled_and_emptied(images):
    """All rows move round by one place; what comes in at the top is set to zero."""
    inputs = np.roll(images[..., 0], 1, axis=1)
    inputs[:, 0] = 0
    return inputs


def copies_the_answer(images):
    """Your answer is not shifted: at step t the writer sees row t, the very row that it should write. It learns to
    copy, its bits fall to near zero, and asked to write by itself it can do nothing. Each row moves down by one place.
    """
    return images[..., 0]


def sees_the_future(images):
    """Your answer is shifted the wrong way: at step t the writer sees row t + 1, which has not been written yet. When
    it writes by itself nobody can show it that. Rows move *down*: `inputs[:, 1:] = rows[:, :-1]`.
    """
    rows = images[..., 0]
    inputs = np.zeros_like(rows)
    inputs[:, :-1] = rows[:, 1:]
    return inputs


def last_row_comes_first(images):
    """Your answer moves the rows round, as `np.roll` does: what falls off at the bottom comes in at the top. So before
    the first row the writer sees the last one, from the future. Set the first row to zeros: `inputs[:, 0] = 0`.
    """
    return np.roll(images[..., 0], 1, axis=1)


def first_row_twice(images):
    """Your answer shows the first row before it is written: instead of zeros it stands there twice. So the writer
    copies its beginning. Before the first row there is nothing, a row of zeros.
    """
    rows = images[..., 0]
    return np.concatenate([rows[:, :1], rows[:, :-1]], axis=1)


def begins_with_ones(images):
    """Your answer begins with a row of ones. That is full ink, as if a bar of ink stood above each digit; nothing is
    zeros: paper.
    """
    rows = images[..., 0]
    return np.concatenate([np.ones_like(rows[:, :1]), rows[:, :-1]], axis=1)


def only_the_first_row_emptied(images):
    """Your answer sets the first row to zeros and moves nothing: from the second step on, the writer sees the very row
    that it should write, and copies it. Each row moves down by one place.
    """
    inputs = images[..., 0].copy()
    inputs[:, 0] = 0
    return inputs


def moves_columns(images):
    """Your answer moves columns to the right, not rows down: each row still stands at its own step, so the writer sees
    nearly all of the row it should write. Rows are the second axis: `inputs[:, 1:] = rows[:, :-1]`.
    """
    rows = images[..., 0]
    inputs = np.zeros_like(rows)
    inputs[:, :, 1:] = rows[:, :, :-1]
    return inputs


def moves_images(images):
    """Your answer moves images, not rows: the first axis counts digits, so each digit gets the one before it for its
    input. Rows are the second axis: `inputs[:, 1:] = rows[:, :-1]`.
    """
    rows = images[..., 0]
    inputs = np.zeros_like(rows)
    inputs[1:] = rows[:-1]
    return inputs


def moves_pixels(images):
    """Your answer moves everything by one pixel, and the end of a row opens the next. Pixel after pixel is another way
    to write; here whole rows are written, so all moves by a whole row.
    """
    flat = images.reshape(len(images), -1)
    inputs = np.zeros_like(flat)
    inputs[:, 1:] = flat[:, :-1]
    return inputs.reshape(images.shape[:3])


def rolls_pixels(images):
    """Your answer rolls without an axis: `np.roll(rows, 1)` moves all pixels of all images by one place, and the end of
    one row opens the next. Rows move along `axis=1`; and what comes in at the top must be set to zeros.
    """
    return np.roll(images[..., 0], 1)


def reads_on_from_the_digit_before(images):
    """Your answer begins each digit with the last row of the digit before it; only the first of all begins with zeros.
    Either all images were shifted as one long one, or the row before is remembered too long. Every digit begins
    anew: zeros once an image.
    """
    n, height, width, _ = images.shape
    long = images.reshape(n * height, width)
    return np.concatenate([np.zeros((1, width)), long[:-1]]).reshape(n, height, width)


def two_rows_down(images):
    """Your answer moves the rows down by two places, so the writer never sees the row directly above. One place is
    enough: row t − 1 at step t. (A shift to the input and another to the answer make two.)
    """
    rows = images[..., 0]
    inputs = np.zeros_like(rows)
    inputs[:, 2:] = rows[:, :-2]
    return inputs


def one_row_too_few(images):
    """Your answer has one row too few: the row of zeros at the beginning is missing. Then there is an input for every
    row but the first, and the writer would not know how to begin.
    """
    return images[:, :-1, :, 0]


def first_row_missing(images):
    """Your answer drops the first row, and so has one too few. That is what should be *written* after the first row,
    not what is seen. To see: zeros first, then all rows but the last.
    """
    return images[:, 1:, :, 0]


def one_row_too_many(images):
    """Your answer has one row too many: zeros were put on top, and the last row is still there. Nothing is written
    after it, so no step sees it. Cut it off: `[:, :-1]`.
    """
    return np.pad(images[..., 0], ((0, 0), (1, 0), (0, 0)))


def keeps_the_channel(images):
    """Your rows are right, and there are four axes. A recurrent layer takes three, (n, steps, features); the last one,
    the channel, has length 1 and can go: `[..., 0]`.
    """
    inputs = np.zeros_like(images)
    inputs[:, 1:] = images[:, :-1]
    return inputs


def images_as_they_are(images):
    """Your answer is `images`, as they came: at step t the writer sees row t, the very row that it should write. It
    learns to copy, its bits fall to near zero, and asked to write by itself it can do nothing. Each row moves down
    by one place; and the channel, the last axis, can go: `[..., 0]`.
    """
    return images


def one_row_too_few_with_channel(images):
    """Your answer is all rows but the last, which are the right ones to see. What is missing is a row of zeros before
    them, for step 0; and the channel, the last axis, can go: `[..., 0]`.
    """
    return images[:, :-1]


def all_zeros(images):
    """Your answer is zeros everywhere. Either nothing is written into them; or a loop from the top copies each row from
    the one above it, which is zeros by then, and they run down. Read from `images`, write into a new array like it.
    """
    return np.zeros(images.shape[:3])


def whole_number_zeros(images):
    """Your zeros are whole numbers, `dtype=int`, and no fraction fits into them: every grey between 0 and 1 becomes 0.
    Leave the type away, or take that of the images: `np.zeros_like(rows)`.
    """
    inputs = np.zeros(images.shape[:3], dtype=int)
    inputs[:, 1:] = images[:, :-1, :, 0]
    return inputs


def first_row_runs_down(images):
    """In your answer the first row runs down the image: a loop from the top copies each row from the one above, which
    is overwritten by then. Read from `images` and write into another array, or `rows[:, :-1]` in one go.
    """
    inputs = images[..., 0].copy()
    for t in range(1, inputs.shape[1]):
        inputs[:, t] = inputs[:, t - 1]
    return inputs


def upside_down(images):
    """Your answer stands on its head: the last row comes first. This writer goes from the top to the bottom, so its
    inputs do, too.
    """
    rows = images[:, ::-1, :, 0]
    inputs = np.zeros_like(rows)
    inputs[:, 1:] = rows[:, :-1]
    return inputs


def _digits_to_write():
    # No pixel is 0 or 1: zeros that were put there can be told from zeros that were there.
    rng = np.random.default_rng(71)
    return [
        (rng.uniform(0.1, 0.9, (1, 3, 2, 1)).round(1),),
        (rng.uniform(0.1, 0.9, (3, 8, 8, 1)).astype(np.float32),),
        (rng.uniform(0.1, 0.9, (2, 4, 6, 1)).round(2),),
        (rng.integers(2, 17, (4, 6, 3, 1)).astype(np.uint8),),
        (rng.uniform(0.1, 0.9, (5, 9, 4, 1)).round(2),),
    ]


next_rows = Exercise(
    "writer.next_rows",
    my_inputs,
    right=[zeros_then_all_but_the_last, joined_with_zeros, padded_above, row_by_row, rolled_and_emptied],
    wrong=[
        copies_the_answer,
        sees_the_future,
        last_row_comes_first,
        first_row_twice,
        begins_with_ones,
        only_the_first_row_emptied,
        moves_columns,
        moves_images,
        moves_pixels,
        rolls_pixels,
        reads_on_from_the_digit_before,
        two_rows_down,
        one_row_too_few,
        first_row_missing,
        one_row_too_many,
        keeps_the_channel,
        images_as_they_are,
        one_row_too_few_with_channel,
        all_zeros,
        whole_number_zeros,
        first_row_runs_down,
        upside_down,
    ],
    cases=_digits_to_write,
    situation="on {images} images",
    hints=[
        "Write down for a digit of three rows what is seen at step 0, at step 1 and at step 2. Which row is never "
        "seen?",
        "Zeros, row 0, row 1; the last row is never seen. So: all rows but the last, one place further down.",
        "`rows = images[..., 0]` and `inputs = np.zeros_like(rows)`; then `inputs[:, 1:] = rows[:, :-1]`.",
    ],
    insight="All rows are learned at once, and yet none of them is seen before it is written.",
)


# --- draw_level ------------------------------------------------------------------------------------------


def my_levels(probabilities, chances):
    """Draw a grey level for each pixel: whole numbers (n,), from 0 to levels − 1.

    `probabilities` (n, levels), a row for each pixel; `chances` (n,), a random number for each,
    from 0 to below 1: use these, draw none of your own. Laid end to end, the probabilities of a
    row cover the way from 0 to 1: first comes the stretch of level 0, then that of level 1, and
    so on. The level is drawn on whose stretch the chance falls; exactly between two stretches,
    the second one's level.
    Rounding may end the last stretch a little below 1; what lies behind belongs to it as well.
    """
    raise NotImplementedError


def counts_ends_passed(probabilities, chances):
    """The chance has passed as many stretches as have their end at it or before it. The last end is not asked."""
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1)


def searches_each_row(probabilities, chances):
    """`searchsorted` finds the place of the chance among the ends; “right” puts it behind an equal one."""
    levels = []
    for row, chance in zip(probabilities, chances, strict=True):
        levels.append(np.searchsorted(np.cumsum(row)[:-1], chance, side="right"))
    return np.array(levels)


def first_end_beyond(probabilities, chances):
    """The first stretch that ends beyond the chance; the last one has no end."""
    ends = np.cumsum(probabilities, axis=1, dtype=float)
    ends[:, -1] = np.inf
    return (ends > chances[:, None]).argmax(axis=1)


def walks_along(probabilities, chances):
    """Walk along the stretches until the chance lies on one."""
    levels = np.zeros(len(chances), dtype=int)
    for i, row in enumerate(probabilities):
        end = row[0]
        while end <= chances[i] and levels[i] < len(row) - 1:
            levels[i] += 1
            end = end + row[levels[i]]
    return levels


def takes_the_peak(probabilities, chances):
    """Your answer takes the likeliest level and never looks at `chances`. Ask so for twelve digits, and you get twelve
    identical ones: you asked once. A level of 0.3 should come three times in ten; chance decides which.
    """
    return probabilities.argmax(axis=1)


def rounds_the_mean_level(probabilities, chances):
    """Your answer takes the mean level, rounded. A pixel that is either paper or ink becomes grey, which nobody
    believes in; and `chances` were never asked, so all digits come out alike. Draw one of the levels: see on whose
    stretch the chance falls.
    """
    means = (probabilities * np.arange(probabilities.shape[1])).sum(axis=1)
    return np.round(means / probabilities.sum(axis=1)).astype(int)


def cuts_the_mean_off(probabilities, chances):
    """Your answer takes the mean level without its fraction. A pixel that is either paper or ink becomes grey, which
    nobody believes in; and `chances` were never asked, so all digits come out alike. Draw one of the levels: see on
    whose stretch the chance falls.
    """
    means = (probabilities * np.arange(probabilities.shape[1])).sum(axis=1)
    return (means / probabilities.sum(axis=1) + 1e-9).astype(int)


def mean_level(probabilities, chances):
    """Your answer is the mean level, which lies between levels. A pixel that is either paper or ink becomes grey, which
    nobody believes in; and `chances` were never asked, so all digits come out alike. Draw one of the levels: see on
    whose stretch the chance falls.
    """
    return (probabilities * np.arange(probabilities.shape[1])).sum(axis=1)


def takes_the_middle(probabilities, chances):
    """Your answer is the median level: it uses 0.5 for every chance, so all digits come out alike. Each pixel brings a
    number of its own, `chances[i]`; compare with that.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= 0.5).sum(axis=1)


def all_levels_alike(probabilities, chances):
    """Your answer gives every level the same share: `chances` times the number of levels. So it draws noise, and never
    asks what the writer believes. The stretches are as long as `probabilities` say: add them up with `np.cumsum`.
    """
    return (chances * probabilities.shape[1]).astype(int)


def one_too_high(probabilities, chances):
    """Your levels are all one too high: a chance on the first stretch belongs to level 0. As many levels lie below it
    as ends were passed: that is the answer, without adding 1.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1) + 1


def one_too_low(probabilities, chances):
    """Your levels are all one too low: where level 0 is due you say −1, which Python takes for the last one. As many
    levels lie below the chance as ends were passed: that is the answer, and nothing is to be taken away.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1) - 1


def first_of_two_stretches(probabilities, chances):
    """Your answer is right until a chance falls exactly between two stretches: it belongs to the second. Otherwise a
    chance of 0 draws level 0 even where that has no probability at all. An end that is *equal* to the chance
    has been passed: `<=`, or `side="right"`.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends < chances[:, None]).sum(axis=1)


def first_probability_beyond(probabilities, chances):
    """Your answer compares the chance with single probabilities; where none is larger, `argmax` says 0. One level alone
    rarely reaches that far: lay them end to end first, `np.cumsum(probabilities, axis=1)`.
    """
    return (probabilities > chances[:, None]).argmax(axis=1)


def nearest_probability(probabilities, chances):
    """Your answer takes the level whose probability is nearest to the chance. But a chance is a place on the way from 0
    to 1, not a probability: lay the stretches end to end, `np.cumsum(probabilities, axis=1)`, and see on which it
    falls.
    """
    return np.abs(probabilities - chances[:, None]).argmin(axis=1)


def nearest_end(probabilities, chances):
    """Your answer takes the level whose stretch ends nearest to the chance. The stretch counts, not its end: a chance
    just behind an end lies on the next one already. Count the ends that were passed.
    """
    return np.abs(np.cumsum(probabilities, axis=1) - chances[:, None]).argmin(axis=1)


def from_the_last_level(probabilities, chances):
    """Your answer lays the stretches from the other end, the last level first, or counts the chances from there, 1 −
    chance. Over many draws each level would come as often as it should; but level 0 comes first here, so with these
    chances other levels are due.
    """
    ends = np.cumsum(probabilities[:, ::-1], axis=1)[:, :-1]
    return probabilities.shape[1] - 1 - (ends <= chances[:, None]).sum(axis=1)


def chances_from_the_end(probabilities, chances):
    """Your answer counts the chances from the other end, 1 − chance, as if the last level came first. Over many draws
    each level would come as often as it should; but level 0 comes first here, so with these chances other levels are
    due.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= 1 - chances[:, None]).sum(axis=1)


def draws_its_own(probabilities, chances):
    """Your answer draws chances of its own, so the same pixels come out otherwise each time. That is drawing too; but
    here chance is given, so that a digit can be drawn once more, and the check can tell which levels are due: see on
    whose stretch `chances[i]` falls. (If you do not draw: something outlives the call. Begin afresh in each.)
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= np.random.default_rng().random((len(probabilities), 1))).sum(axis=1)


def one_chance_for_all(probabilities, chances):
    """Your answer uses the first chance for all pixels. Then they all come out dark together or light together. Each
    pixel has a chance of its own: `chances[i]`, or `chances[:, None]` beside all rows.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= chances[0]).sum(axis=1)


def falls_off_the_end(probabilities, chances):
    """Your answer is right until rounding ends the last stretch a little below 1 and a chance falls behind it: then you
    return a level that does not exist. It happens once in millions of pixels, and a picture has sixty-four. Do not
    ask the last end: `np.cumsum(probabilities, axis=1)[:, :-1]`.
    """
    return (np.cumsum(probabilities, axis=1) <= chances[:, None]).sum(axis=1)


def paper_behind_the_end(probabilities, chances):
    """Your answer is right until rounding ends the last stretch a little below 1 and a chance falls behind it: no end
    lies beyond the chance, and `argmax` of nothing but False is 0. The last level is due. Count the ends that were
    passed, all but the last: `(ends[:, :-1] <= chances[:, None]).sum(axis=1)`.
    """
    return (np.cumsum(probabilities, axis=1) > chances[:, None]).argmax(axis=1)


def one_long_way(probabilities, chances):
    """Your answer lays the stretches of all pixels one behind the other: without an axis, `np.cumsum` goes through the
    entire array. Each pixel has a way of its own from 0 to 1: `axis=1`.
    """
    ends = np.cumsum(probabilities)[:-1]
    return (ends <= chances[:, None]).sum(axis=1)


def adds_down_the_pixels(probabilities, chances):
    """Your answer adds up along the pixels: `np.cumsum(…, axis=0)` lays the same level of all pixels end to end. The
    levels of one pixel are a row: `axis=1`.
    """
    ends = np.cumsum(probabilities, axis=0)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1)


def returns_ink(probabilities, chances):
    """Your answer is ink, from 0 to 1: the level divided by the highest one. You have drawn well. The level itself is
    asked for, a whole number; a picture may be made of it afterwards.
    """
    ends = np.cumsum(probabilities, axis=1)[:, :-1]
    return (ends <= chances[:, None]).sum(axis=1) / ends.shape[1]


def returns_its_probability(probabilities, chances):
    """Your answer is the probability of the level that was drawn. You have drawn well; return the level itself, its
    place in the row.
    """
    levels = (np.cumsum(probabilities, axis=1)[:, :-1] <= chances[:, None]).sum(axis=1)
    return probabilities[np.arange(len(levels)), levels]


def returns_zeros_and_a_one(probabilities, chances):
    """Your answer has a row of zeros and a single 1 for each pixel. You have drawn well; the level itself is asked for,
    one whole number a pixel: the place of the 1, `argmax(axis=1)`.
    """
    levels = (np.cumsum(probabilities, axis=1)[:, :-1] <= chances[:, None]).sum(axis=1)
    return np.eye(probabilities.shape[1])[levels]


def _beliefs(rng, pixels, levels):
    """Rows of three decimals that sum to one, and chances that lie on none of their ends."""
    counts = rng.multinomial(1000, rng.dirichlet(np.ones(levels), pixels))
    return counts / 1000, (rng.integers(0, 1000, pixels) + 0.5) / 1000


ALIKE = 3, 4  # two of the inputs, which are equal


def _pixels_to_draw():
    # Eighths and zeros add up exactly, so some chances of the second and the last input lie between two stretches.
    rng = np.random.default_rng(72)
    eighths = np.array([[4, 2, 2, 0], [0, 4, 3, 1], [2, 2, 0, 4], [1, 5, 2, 0], [3, 1, 1, 3]]) / 8
    short = np.array(
        [
            [0.3, 0.1, 0.1, 0.1, 0.3999996],
            [0.1, 0.3, 0.2, 0.2, 0.1999996],
            [0.5, 0.125, 0.125, 0.0, 0.25],
            [0.2, 0.0, 0.3, 0.1, 0.3999996],
        ],
        dtype=np.float32,
    )
    return [
        (np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), np.array([0.65, 0.2])),
        (eighths, np.array([0.5, 0.0, 0.5, 0.9, 0.375])),
        (short, np.array([0.9999999, 0.9999999, 0.6, 0.35])),
        _beliefs(np.random.default_rng(75), 12, 17),
        _beliefs(np.random.default_rng(75), 12, 17),
        _beliefs(rng, 1, 5),
        _beliefs(rng, 4, 4),
        (np.array([[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]), np.array([0.0, 0.75, 0.5])),
    ]


class _Draw(Exercise):
    """Whoever answers otherwise to two equal inputs draws chances of its own, and so fits no known mistake."""

    def _believed(self, readings, differing):
        first, second = (readings[k] for k in ALIKE)
        if alike(first, second):
            return super()._believed(readings, differing)
        told = next(misconception for misconception in self.wrong if misconception.id == draws_its_own.__name__)
        return Verdict("incorrect", told.id, told.sentence)


draw_level = _Draw(
    "writer.draw_level",
    my_levels,
    right=[counts_ends_passed, searches_each_row, first_end_beyond, walks_along],
    wrong=[
        takes_the_peak,
        rounds_the_mean_level,
        cuts_the_mean_off,
        mean_level,
        takes_the_middle,
        all_levels_alike,
        one_too_high,
        one_too_low,
        first_of_two_stretches,
        first_probability_beyond,
        nearest_probability,
        nearest_end,
        from_the_last_level,
        chances_from_the_end,
        draws_its_own,
        one_chance_for_all,
        falls_off_the_end,
        paper_behind_the_end,
        one_long_way,
        adds_down_the_pixels,
        returns_ink,
        returns_its_probability,
        returns_zeros_and_a_one,
    ],
    cases=_pixels_to_draw,
    situation="with {probabilities} probabilities",
    hints=[
        "One pixel with 0.5, 0.3 and 0.2: where do its three stretches end? On which of them falls 0.65, and how many "
        "ends has it passed?",
        "They end at 0.5, 0.8 and 1, which is `np.cumsum`. 0.65 has passed one end, so level 1 is drawn: the number of "
        "ends passed is the level.",
        "`ends = np.cumsum(probabilities, axis=1)[:, :-1]`, without the last end; then count, row by row, "
        "`ends <= chances[:, None]`.",
    ],
    insight="One random number a pixel, and a likely level is drawn often, an unlikely one now and then. That is all "
    "that makes one digit differ from the next.",
)


# --- temperature -----------------------------------------------------------------------------------------


def my_temper(logits, temperature):
    """The probabilities of grey levels at a temperature: (n, levels), each row sums to one.

    `logits` (n, levels): at temperature 1 the probabilities are softmax(logits), as learned.
    `temperature`, one number T above 0, makes of the odds p / q of two levels (p / q)^(1 / T):
    at T = 0.5 odds of 3 to 1 become 9 to 1, at T = 2 odds of 4 to 1 become 2 to 1.
    It must also work where `logits / T` is like 1000 or −1000.
    """
    raise NotImplementedError


def divides_logits_first(logits, temperature):
    """Logits are logarithms: their differences are logarithms of odds, and a power becomes a factor."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def power_of_probabilities(logits, temperature):
    """Probabilities as learned, each to the power of 1 / T, and shared out again."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers = (powers / powers.sum(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def pixel_after_pixel(logits, temperature):
    """One pixel after the other: odds against its likeliest level, to the power of 1 / T."""
    probabilities = np.zeros(logits.shape)
    for i, row in enumerate(logits):
        odds = [np.exp(logit - max(row)) ** (1 / temperature) for logit in row]
        probabilities[i] = np.array(odds) / sum(odds)
    return probabilities


def by_logaddexp(logits, temperature):
    """exp(scaled − log of the sum of all exp), with NumPy's own `logaddexp`."""
    scaled = logits / temperature
    return np.exp(scaled - np.logaddexp.reduce(scaled, axis=1)[:, None])


def as_learned(logits, temperature):
    """Your probabilities are those of temperature 1, whatever the temperature. Either it is never used, or it divides
    or multiplies *probabilities*, all of a row alike, and sharing out again takes that back: the odds are what they
    were. Adding it to all logits changes nothing either. Divide the logits by it, before `np.exp`.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def divides_probabilities(logits, temperature):
    """Your answer divides probabilities by the temperature. Their odds stay as they were, and your rows no longer sum
    to one. Divide the logits by it, before the softmax.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True) / temperature


def multiplies_probabilities(logits, temperature):
    """Your answer multiplies probabilities by the temperature. Their odds stay as they were, and your rows no longer
    sum to one. Divide the logits by it, before the softmax.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True) * temperature


def hot_for_cold(logits, temperature):
    """In your answer hot is cold: odds are taken to the power of T instead of 1 / T, so a high temperature makes the
    writer bolder. Divide the logits by T, do not multiply them; or take probabilities to the power of 1 / T.
    """
    scaled = logits * temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def forgets_to_share_again(logits, temperature):
    """Your answer takes probabilities to the power of 1 / T, which is nearly there: the odds are right, but your rows
    no longer sum to one. Divide each row by its sum.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)) ** (1 / temperature)


def hot_for_cold_and_unshared(logits, temperature):
    """Your answer takes probabilities to the power of T. The power should be 1 / T: high temperatures bring levels
    nearer to each other. And your rows no longer sum to one; divide each by its sum.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)) ** temperature


def odds_against_the_peak(logits, temperature):
    """In your answer the likeliest level of each row has 1 and the others their odds against it. These odds are right;
    divide each row by its sum, and they are probabilities.
    """
    scaled = logits / temperature
    return np.exp(scaled - scaled.max(axis=1, keepdims=True))


def softmax_of_probabilities(logits, temperature):
    """Your answer applies the temperature after the softmax: probabilities are divided by T and sent through a second
    softmax, as if they were logits. They lie between 0 and 1, so even at T = 1 most of what was learned is lost.
    Divide the logits first; one softmax is enough.
    """
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = shares / shares.sum(axis=1, keepdims=True) / temperature
    powers = np.exp(shares - shares.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_twice(logits, temperature):
    """Your answer divides the logits, which is right, and then applies softmax twice. The second one gets numbers from
    0 to 1 and makes all levels nearly alike. Once is enough.
    """
    shares = logits / temperature
    for _ in range(2):
        powers = np.exp(shares - shares.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
    return shares


def logits_still(logits, temperature):
    """Your answer divides the logits by the temperature, which is right, and stops there. They are still logits: some
    are negative, and no row sums to one. The softmax comes next.
    """
    return logits / temperature


def logarithms_still(logits, temperature):
    """Your answer returns logarithms of the probabilities: none is above 0. They are right; `np.exp` makes
    probabilities of them.
    """
    scaled = logits / temperature
    return scaled - np.logaddexp.reduce(scaled, axis=1)[:, None]


def takes_the_peak_alone(logits, temperature):
    """Your answer gives everything to the likeliest level. That is what remains as the temperature goes to 0; above 0
    the others keep a share, and at T = 1 they have what was learned. No `argmax`: softmax of `logits / temperature`.
    """
    return np.eye(logits.shape[1])[logits.argmax(axis=1)]


def shares_across_pixels(logits, temperature):
    """Your columns sum to one: you share out among the pixels what belongs to the levels of one pixel. A row is one
    pixel, so maximum and sum run along `axis=1`, with `keepdims=True`.
    """
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=0))
    return powers / powers.sum(axis=0)


def shares_of_all(logits, temperature):
    """Your answer shares one whole among all pixels at once: without an axis, `sum()` adds up the entire array. Each
    pixel has a whole of its own: `sum(axis=1, keepdims=True)`.
    """
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max())
    return powers / powers.sum()


def sums_lose_their_axis(logits, temperature):
    """Your answer takes one number from each row, by `max` or `sum`, and gets them lying side by side, shape (n,), like
    a row; NumPy then lines them up with the columns. That raises an error, or with as many pixels as levels goes
    wrong in silence. `keepdims=True` keeps them below each other, shape (n, 1).
    """
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1)


def overflows_when_cold(logits, temperature):
    """Your answer is right until the temperature is low or the logits are large: `np.exp(1000)` is more than a float
    holds, it becomes ∞, and ∞ / ∞ is no number (NaN). Take the largest of each row away before `np.exp`; all odds
    stay the same.
    """
    powers = np.exp(logits / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def one_maximum_for_all(logits, temperature):
    """Your answer takes one number, the largest of all pixels, away from every row. A row that lies far below it
    becomes `np.exp(-2000)`, which is 0, and 0 / 0 is no number (NaN). Give each row its own: `scaled.max(axis=1,
    keepdims=True)`.
    """
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max())
    return powers / powers.sum(axis=1, keepdims=True)


def divides_after_the_maximum(logits, temperature):
    """Your answer takes the largest logit away *after* it was needed whole: it subtracts `logits.max(…)` from `logits /
    temperature`. Odds stay right, but at a low temperature `np.exp` still overflows (NaN). Divide first, then take the
    largest of the divided ones.
    """
    powers = np.exp(logits / temperature - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def takes_the_mean_away(logits, temperature):
    """Your answer is right until one level stands high above the others: you take away the mean, not the largest, or
    the median, or the first logit of a row. Odds stay right, but what remains may still be 750, and `np.exp` of
    that is more than a float holds (∞ / ∞, NaN). Below the largest nothing is above 0: `scaled.max(axis=1,
    keepdims=True)`.
    """
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.mean(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _logits_and_temperatures():
    # Very large quotients in one input only: who overflows there and has another misconception still gets its sentence.
    rng = np.random.default_rng(73)
    large = np.array(
        [[50.0, 49.95, 30.0, 0.0], [-50.0, -49.9, -60.0, -50.0], [36.0, 35.98, 0.0, 35.95], [0.0, 0.0, 0.0, 50.0]]
    )
    return [
        (np.log(np.array([[3.0, 1.0], [1.0, 4.0]])).round(2), 0.5),
        (large, 0.05),
        (rng.normal(0, 2, (5, 17)).round(1).astype(np.float32), 1.3),
        (rng.normal(0, 2, (4, 4)).round(1), 0.8),
        (rng.integers(-4, 5, (3, 6)), 2),
        (rng.normal(1, 2, (1, 5)).round(1), 3.5),
    ]


temperature = Exercise(
    "writer.temperature",
    my_temper,
    right=[divides_logits_first, power_of_probabilities, pixel_after_pixel, by_logaddexp],
    wrong=[
        as_learned,
        divides_probabilities,
        multiplies_probabilities,
        hot_for_cold,
        forgets_to_share_again,
        hot_for_cold_and_unshared,
        odds_against_the_peak,
        softmax_of_probabilities,
        softmax_twice,
        logits_still,
        logarithms_still,
        takes_the_peak_alone,
        shares_across_pixels,
        shares_of_all,
        sums_lose_their_axis,
        overflows_when_cold,
        one_maximum_for_all,
        divides_after_the_maximum,
        takes_the_mean_away,
    ],
    cases=_logits_and_temperatures,
    situation="on {logits} logits at temperature {temperature}",
    hints=[
        "The odds of two levels are e^(a − b), where a and b are their logits. Which logits have the odds "
        "e^((a − b) / T)?",
        "a / T and b / T: `scaled = logits / temperature`. And now the softmax of lesson 02, row by row.",
        "`powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))`, and each row divided by its sum.",
    ],
    insight="The order of the levels never changes, only how far they lie apart. Towards 0 the peak takes everything, "
    "towards ∞ all levels become alike.",
)


# --- bits ------------------------------------------------------------------------------------------------


def my_bits(probabilities, pixels):
    """The mean surprise of a pixel in bits, one number.

    `pixels` (n, height, width): grey levels, whole numbers from 0. `probabilities` (n, height,
    width, levels): what a writer expected of each pixel before it saw it; none of them is 0.
    Of a pixel, only the probability of the grey level that it really has counts. If that was a
    half, the surprise is 1 bit; a quarter costs 2 bits, an eighth 3, and so on.
    """
    raise NotImplementedError


def takes_along_the_levels(probabilities, pixels):
    """For each pixel the probability of its level; minus its logarithm to the base 2; the mean."""
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came).mean()


def natural_logarithm_divided(probabilities, pixels):
    """All pixels in a row, picked by row and level. A bit is log 2 in natural logarithms."""
    rows = probabilities.reshape(-1, probabilities.shape[-1])
    came = rows[np.arange(len(rows)), pixels.ravel()]
    return -np.log(came).mean() / np.log(2)


def by_ones_and_zeros(probabilities, pixels):
    """A 1 at the level that came and 0 at all others picks its probability."""
    ones = pixels[..., None] == np.arange(probabilities.shape[-1])
    return np.log2(1 / (probabilities * ones).sum(axis=-1)).mean()


def pixel_by_pixel(probabilities, pixels):
    """One pixel after the other."""
    total = 0.0
    n, height, width = pixels.shape
    for i in range(n):
        for row in range(height):
            for column in range(width):
                total -= np.log2(probabilities[i, row, column, pixels[i, row, column]])
    return total / pixels.size


def in_nats(probabilities, pixels):
    """Your answer uses the natural logarithm, so its unit is the nat: a half costs 0.693 of them. What you call bits is
    0.693 times the bits, and your writer looks better than it is. `np.log2`, or divide by `np.log(2)`.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log(came).mean()


def in_decimal_digits(probabilities, pixels):
    """Your answer uses logarithms to the base 10: a tenth costs 1, and a half 0.301. In bits a half costs 1:
    `np.log2`.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log10(came).mean()


def in_levels(probabilities, pixels):
    """Your answer uses the number of levels for the base of the logarithm, so that who knows nothing pays 1. That is a
    ruler too, but other writers with other levels have another. In bits a half costs 1: `np.log2`.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log(came).mean() / np.log(probabilities.shape[-1])


def below_zero(probabilities, pixels):
    """Your answer is negative: the logarithm of a probability is never above 0. Surprise is *minus* the logarithm; the
    rarer, the larger.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return np.log2(came).mean()


def bits_of_everything(probabilities, pixels):
    """Your answer adds the bits of all pixels up. That is the length of a file that holds them all; divided by the
    number of pixels, `pixels.size`, it can be compared with other sets of digits.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came).sum()


def bits_of_an_image(probabilities, pixels):
    """Your answer is the mean surprise of an image: the bits of its pixels added up. A pixel is asked for: divide by
    the number of pixels in an image too, or take the mean over everything.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came).sum(axis=(1, 2, 3)).mean()


def bits_of_each_pixel(probabilities, pixels):
    """Your answer has the surprise of each pixel, (n, height, width), and each of them is right. A lovely map to look
    at; what is asked for is one number, the mean of them.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came)[..., 0]


def mean_of_each_image(probabilities, pixels):
    """Your answer has one number for each image, its own bits per pixel, and each of them is right. What is asked for
    is one number for all: take the mean over the images too.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came).mean(axis=(1, 2, 3))


def logarithm_of_the_mean(probabilities, pixels):
    """Your answer averages the probabilities and takes the logarithm afterwards. Then a level that was all but excluded
    hardly costs anything beside one that was expected. First the logarithm of each, then the mean.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came.mean())


def mean_probability(probabilities, pixels):
    """Your answer is the mean probability of the levels that came: the logarithm is missing. A half should cost 1 bit
    and a quarter 2: minus `np.log2` of each, then the mean.
    """
    return np.take_along_axis(probabilities, pixels[..., None], axis=-1).mean()


def one_in_how_many(probabilities, pixels):
    """Your answer is the mean of 1 / probability: one in two, one in four. To tell one of four apart takes two
    questions with yes or no, and each is a bit: take `np.log2` of each before the mean.
    """
    return (1 / np.take_along_axis(probabilities, pixels[..., None], axis=-1)).mean()


def choices_left(probabilities, pixels):
    """Your answer is 2 to the power of the bits, the number of equal choices that a pixel leaves open. You have come
    one step too far: the power itself, the bits, is asked for.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return 2 ** -np.log2(came).mean()


def surprise_of_the_peak(probabilities, pixels):
    """Your answer takes the probability of the likeliest level, not of the one that came, and never looks at `pixels`.
    A writer that is very sure, and always wrong, would seem excellent. Pick the level that the pixel really has.
    """
    return -np.log2(probabilities.max(axis=-1)).mean()


def expected_surprise(probabilities, pixels):
    """Your answer is the entropy: the surprise that the writer itself expects, without a look at `pixels`. A writer
    that is very sure, and always wrong, expects little and is surprised a lot. Pick the level that the pixel really
    has.
    """
    return -(probabilities * np.log2(probabilities)).sum(axis=-1).mean()


def mean_over_all_levels(probabilities, pixels):
    """Your answer divides by the number of levels as well: where the other levels are multiplied by 0, the mean counts
    all these zeros. One level came at each pixel: add along the levels, then take the mean over the pixels.
    """
    ones = pixels[..., None] == np.arange(probabilities.shape[-1])
    return -(ones * np.log2(probabilities)).mean()


def level_below(probabilities, pixels):
    """Your answer picks the level below the one that came. Levels count from 0, paper, so level k stands at place k,
    and `pixels` can be used as they are.
    """
    came = np.take_along_axis(probabilities, pixels[..., None].astype(int) - 1, axis=-1)
    return -np.log2(came).mean()


def levels_before_the_pixels(probabilities, pixels):
    """Your answer looks for the levels along the second axis, where the rows are. That raises an error, or, with rows
    enough, picks other pixels in silence. Levels are the last axis: `probabilities[i, row, column, level]`.
    """
    n, height, width = pixels.shape
    i, row, column = np.meshgrid(range(n), range(height), range(width), indexing="ij")
    return -np.log2(probabilities[i, pixels, row, column]).mean()


def every_level_everywhere(probabilities, pixels):
    """Your answer takes the level of *every* pixel at every pixel, as `probabilities[..., pixels]` does: a huge table.
    From each pixel one number is wanted: `np.take_along_axis(probabilities, pixels[..., None], axis=-1)`.
    """
    return -np.log2(probabilities[..., pixels]).mean()


def images_for_pixels(probabilities, pixels):
    """Your answer says `probabilities[pixels]`, which takes the levels for numbers of images: the first axis counts
    images. That raises an error where a level is larger than any of those numbers, and elsewhere picks entire images
    in silence. Levels are the last axis: `np.take_along_axis(probabilities, pixels[..., None], axis=-1)`.
    """
    return -np.log2(probabilities[pixels]).mean()


def all_levels_count(probabilities, pixels):
    """Your answer takes the mean over *all* levels, and never looks at `pixels`: what did not come counts as much as
    what came. Of a pixel one level came; pick its probability first, then take the logarithm and the mean.
    """
    return -np.log2(probabilities).mean()


def divides_by_64(probabilities, pixels):
    """Your answer divides by 64, whatever the images are: the sum over all of them has `pixels.size` pixels, more than
    64 with the second image, and other images have other sizes. `.mean()` counts for itself.
    """
    return -np.log2(np.take_along_axis(probabilities, pixels[..., None], axis=-1)).sum() / 64


def sixty_four_an_image(probabilities, pixels):
    """Your answer takes 64 pixels for an image, whatever its size. That is right at 8 × 8 and nowhere else; `.mean()`
    counts for itself, and so does `pixels.size`.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came).sum() / len(pixels) / 64


def right_guesses(probabilities, pixels):
    """Your answer is how often the likeliest level came. That asks only for the first guess: 0.51 counts as much as
    0.99, and how surprised the writer was is lost. Take minus `np.log2` of the probability of what came.
    """
    return (probabilities.argmax(axis=-1) == pixels).mean()


def multiplies_first(probabilities, pixels):
    """Your answer is right until there are many pixels: it multiplies all probabilities first, and the product of a few
    hundred is smaller than any float above 0, so that it becomes 0 and its logarithm infinite. Take the logarithms
    first and add them: that is why one does.
    """
    came = np.take_along_axis(probabilities, pixels[..., None], axis=-1)
    return -np.log2(came.prod()) / pixels.size


def _expected_pixels(rng, *shape, levels, dtype=int):
    """Probabilities of two decimals or more, none of them 0, and levels drawn from them or from anywhere."""
    counts = rng.multinomial(100 - levels, rng.dirichlet(np.ones(levels), shape)) + 1
    drawn = (counts.cumsum(axis=-1) <= rng.integers(0, 100, (*shape, 1))).sum(axis=-1)
    anywhere = rng.integers(0, levels, shape)
    return counts / 100, np.where(rng.random(shape) < 0.5, drawn, anywhere).astype(dtype)


def _expectations():
    # In the last input but one there are more images than levels: no level is too large for a number of an image.
    rng = np.random.default_rng(74)
    single = _expected_pixels(rng, 2, 4, 3, levels=17, dtype=np.int32)
    return [
        (np.array([[[[0.5, 0.25, 0.25], [0.125, 0.625, 0.25]]]]), np.array([[[1, 0]]])),
        _expected_pixels(rng, 2, 3, 2, levels=5),
        _expected_pixels(rng, 3, 4, 4, levels=4),
        (single[0].astype(np.float32), single[1]),
        _expected_pixels(rng, 2, 9, 5, levels=6, dtype=np.uint8),
        _expected_pixels(np.random.default_rng(76), 5, 2, 3, levels=4),
        _expected_pixels(rng, 6, 8, 8, levels=17),
    ]


bits = Exercise(
    "writer.bits",
    my_bits,
    right=[takes_along_the_levels, natural_logarithm_divided, by_ones_and_zeros, pixel_by_pixel],
    wrong=[
        in_nats,
        in_decimal_digits,
        in_levels,
        below_zero,
        bits_of_everything,
        bits_of_an_image,
        bits_of_each_pixel,
        mean_of_each_image,
        logarithm_of_the_mean,
        mean_probability,
        one_in_how_many,
        choices_left,
        surprise_of_the_peak,
        expected_surprise,
        mean_over_all_levels,
        level_below,
        levels_before_the_pixels,
        every_level_everywhere,
        images_for_pixels,
        all_levels_count,
        divides_by_64,
        sixty_four_an_image,
        right_guesses,
        multiplies_first,
    ],
    cases=_expectations,
    situation="on {pixels} pixels",
    hints=[
        "1 bit for 1/2, 2 bits for 1/4, 3 for 1/8: which function makes 1, 2, 3 of 2, 4, 8? And of one pixel's "
        "probabilities, which one goes into it?",
        "`np.log2`, with a minus for fractions, of the probability at the level that came. "
        "`np.take_along_axis(probabilities, pixels[..., None], axis=-1)` picks it for all pixels.",
        "`-np.log2(…)` of what was picked, and the mean of that over all pixels.",
    ],
    insight="Seventeen levels, and who knows nothing pays 4.087 bits a pixel. Each bit less halves the choices.",
)
