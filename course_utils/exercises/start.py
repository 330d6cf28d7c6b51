"""Exercises of lesson 00, Start here. Whoever solves them may be writing their first function on arrays."""

import numpy as np

from course_utils.exercises.engine import Exercise

__all__ = ["brightest_row", "invert", "scale"]


# --- brightest_row ---------------------------------------------------------------------------------------


def my_brightest_row(image):
    """Which row of `image` (h, w) holds the most ink, all its numbers added up?

    Paper is 0, ink 1. Return the row's number. Rows count from 0, at the top; of equal rows
    take the first.
    """
    raise NotImplementedError


def sums_then_argmax(image):
    """The sum along each row, then the place of the largest sum."""
    return image.sum(axis=1).argmax()


def row_after_row(image):
    """Look at one row after the other, and remember the best one so far."""
    best, most = 0, -1.0
    for i in range(len(image)):
        ink = sum(image[i])
        if ink > most:
            best, most = i, ink
    return best


def by_list_of_sums(image):
    """A Python list of sums knows where its largest stands."""
    sums = [row.sum() for row in image]
    return sums.index(max(sums))


def by_means(image):
    """All rows are equally long, so the largest mean belongs to the largest sum."""
    return np.argmax(np.mean(image, axis=1))


def sums_down_columns(image):
    """Your answer adds up the columns and names the fullest of them. `axis` says along which direction NumPy walks
    while it adds: `axis=0` walks down, `axis=1` walks along a row. Look at `image.sum(axis=1).shape`: one sum for
    each row.
    """
    return image.sum(axis=0).argmax()


def always_the_first(image):
    """Your answer is 0, the first row, whatever the image. Three mistakes do that. `image.sum()` without an axis adds
    up the whole image, so there is one sum to choose from, and it has the number 0: ask for `image.sum(axis=1)`. A
    `return` inside the loop ends it at the first row: it belongs behind the loop, one step further left. And a
    `most` that begins above every sum is never beaten: begin with -1.
    """
    return image.sum().argmax()


def starts_above_faint_rows(image):
    """Your answer is 0 where a picture is faint. A loop that begins with `most = 1` waits for a row that holds more
    than 1, and in a faint picture none does, so the first row stays the best. Begin below every sum, with
    `most = -1`: then the first row takes over at once, and any fuller one after it.
    """
    best, most = 0, 1
    for i in range(len(image)):
        ink = image[i].sum()
        if ink > most:
            best, most = i, ink
    return best


def stops_at_the_first_ink(image):
    """Your answer is the first row that holds any ink. A `return` under the `if` ends the loop as soon as one row
    beats the start value, and the rows below never have their turn. Return when the loop is over: `return best`
    stands as far left as `for`.
    """
    for i in range(len(image)):
        if image[i].sum() > 0:
            return i
    return 0


def returns_the_sum(image):
    """Your answer is how much ink the fullest row holds. The question is which row that is: `max` gives the largest
    of some numbers, `argmax` tells where it stands.
    """
    return image.sum(axis=1).max()


def returns_all_sums(image):
    """Your answer is the ink of every row, and that is half the way. Which of these sums is the largest? `argmax()`
    tells where it stands.
    """
    return image.sum(axis=1)


def returns_the_row(image):
    """Your answer is the row itself, with all its pixels. Its number is asked for: 0 for the first row, 1 for the
    second.
    """
    return max(image, key=sum)


def returns_every_equal_row(image):
    """Your answer is an array of rows, as `np.where(…)[0]` gives it, even when there is one alone. One number is
    asked for: `argmax()` gives it, and takes the first of equals.
    """
    sums = image.sum(axis=1)
    return np.flatnonzero(sums == sums.max())


def returns_a_tuple_of_rows(image):
    """Your answer is what `np.where` returns: a tuple, with an array in it, with the rows in that. One number is
    asked for: `argmax()` gives it, and takes the first of equals.
    """
    sums = image.sum(axis=1)
    return np.where(sums == sums.max())


def never_starts_again(image):
    """Your sum is never set back to 0: each row is added on top of all rows above it, so the last row with any ink
    wins. Begin afresh for every row, with `ink = 0` inside the loop over rows.
    """
    best, most, ink = 0, -1.0, 0.0
    for i in range(len(image)):
        ink += image[i].sum()
        if ink > most:
            best, most = i, ink
    return best


def row_of_the_brightest_pixel(image):
    """Your answer finds the single brightest pixel and names its row. One bright dot makes no bright row: add up all
    numbers of a row first, then compare the sums.
    """
    return image.max(axis=1).argmax()


def number_of_the_brightest_pixel(image):
    """Your answer finds the single brightest pixel and counts through all pixels to get there, past the end of the
    first row and on. Without an axis `argmax` sees no rows. Add up each row first: `image.sum(axis=1)`.
    """
    return image.argmax()


def place_within_each_row(image):
    """Your answer tells, row by row, in which column the brightest pixel stands. Rows are to be compared with each
    other: first one sum for each, `image.sum(axis=1)`, then the place of the largest sum.
    """
    return image.argmax(axis=1)


def counts_from_one(image):
    """Your answer is one too large: you count rows from 1. Python counts from 0, so the first row is `image[0]`, and
    after the last row of eight, `image[7]`, there is no `image[8]`.
    """
    return image.sum(axis=1).argmax() + 1


def darkest_row(image):
    """Your answer is the row with the least ink. Ink is 1 and paper 0, so much ink makes a large sum: look for the
    largest, `argmax`, not for the smallest.
    """
    return image.sum(axis=1).argmin()


def counts_inked_pixels(image):
    """Your answer counts the pixels that have any ink. Three faint pixels of 0.25 then beat two full ones, though
    they hold less ink: 0.75 against 2. Add up the numbers themselves.
    """
    return (image > 0).sum(axis=1).argmax()


def compares_medians(image):
    """Your answer compares medians, and a median is the middle one of a row's numbers, not their sum. Of
    [0, 0, 0, 1, 1] it is 0, though the row holds 2: where more than half of a row is paper, it sees no ink at all.
    Add up: `image.sum(axis=1)`.
    """
    return np.median(image, axis=1).argmax()


def rounds_the_sums(image):
    """Your answer rounds the sums before it compares them. Rows that hold 2 and 2.25 then look equal, and the first of
    them wins. Compare the sums as they are, and round only what a person is to read.
    """
    return image.sum(axis=1).round().argmax()


def cuts_the_sums_off(image):
    """Your answer cuts off what is behind the point before it compares the sums, as `int(…)` does, or an array of
    whole numbers that takes them in. Rows that hold 1.25 and 1.75 then look equal, and the first of them wins. Keep
    the fractions: `float`.
    """
    return image.sum(axis=1).astype(int).argmax()


def last_of_equals(image):
    """Your answer is right until two rows hold the same ink: then it takes the last of them, and the first is asked
    for. In a loop, `>=` lets an equal row take over; `>` keeps the one that was there.
    """
    best, most = 0, -1.0
    for i in range(len(image)):
        ink = image[i].sum()
        if ink >= most:
            best, most = i, ink
    return best


def eight_rows_only(image):
    """Your answer takes for granted that an image has eight rows. That is so in this lesson, but a function should
    ask what it was given: `len(image)` is the number of rows, and `image.shape` has both, rows and columns.
    """
    best, most = 0, -1.0
    for i in range(8):
        ink = image[i].sum()
        if ink > most:
            best, most = i, ink
    return best


def eight_columns_only(image):
    """Your answer adds up the first eight numbers of each row and leaves out what stands behind them. This lesson's
    images have eight columns, but a function should ask what it was given: `image.sum(axis=1)`, or `sum(image[i])`,
    takes all of them.
    """
    return image[:, :8].sum(axis=1).argmax()


def _sixteenths(rng, *shape):
    """Exact in every type of float, so that equal rows stay equal however they are added up.

    Half of it is paper, and no number is 8/16: whether one half is ink or paper is no question here.
    """
    return rng.choice([0] * 16 + [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 16], shape) / 16


def _pictures_with_a_bright_row():
    rng = np.random.default_rng(11)
    ninth_column_decides = np.zeros((3, 9))
    ninth_column_decides[0, 3:6], ninth_column_decides[1, 4:] = 1, 0.75
    nearly_equal = np.full((2, 12), 0.75)
    nearly_equal[0, 6] -= 1 / 32
    return [
        (np.array([[0.0, 1.0, 0.25], [0.5, 0.75, 0.5]]),),
        (np.array([[0.25, 0.25, 0.25], [0.0, 0.0, 0.0], [1.0, 0.0, 0.75]]),),
        (np.array([[0.0, 0.5], [1.0, 0.5], [0.75, 0.75], [0.5, 1.0], [0.25, 0.0]]),),
        (np.array([[0.125, 0.0, 0.25], [0.25, 0.25, 0.25], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]]),),
        (np.array([[0.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5], [0.0, 0.25, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]),),
        (np.array([[0.625, 0.625, 0.625, 0.625, 0.0], [1.0, 1.0, 1.0, 0.25, 0.0]]),),
        (np.array([[0.0, 1.0, 1.0, 1.0], [0.625, 0.625, 0.625, 0.625]]),),
        (ninth_column_decides,),
        (_sixteenths(rng, 8, 8).astype(np.float32),),
        (np.concatenate([_sixteenths(rng, 8, 8) / 2, np.ones((2, 8))]),),
        (np.array([[0, 1, 0, 0], [0, 1, 0, 1]]),),
        (np.concatenate([_sixteenths(rng, 4, 12), nearly_equal, np.zeros((1, 12))]),),
        *((_sixteenths(rng, *shape),) for shape in [(12, 8), (4, 7), (7, 6), (9, 10)]),
    ]


brightest_row = Exercise(
    "start.brightest_row",
    my_brightest_row,
    right=[sums_then_argmax, row_after_row, by_list_of_sums, by_means],
    wrong=[
        sums_down_columns,
        always_the_first,
        starts_above_faint_rows,
        stops_at_the_first_ink,
        returns_the_sum,
        returns_all_sums,
        returns_the_row,
        returns_every_equal_row,
        returns_a_tuple_of_rows,
        never_starts_again,
        row_of_the_brightest_pixel,
        number_of_the_brightest_pixel,
        place_within_each_row,
        counts_from_one,
        darkest_row,
        counts_inked_pixels,
        compares_medians,
        rounds_the_sums,
        cuts_the_sums_off,
        last_of_equals,
        eight_rows_only,
        eight_columns_only,
    ],
    cases=_pictures_with_a_bright_row,
    situation="on a {image} image",
    hints=[
        "`image[0]` is the first row, and `image[0].sum()` is its ink. Every row needs such a sum.",
        "All sums at once: `image.sum(axis=1)` walks along each row and adds. Which of them is the largest?",
        "`argmax()` tells where the largest of some numbers stands: `return image.sum(axis=1).argmax()`.",
    ],
    insight="You asked a picture a question in numbers; a network does nothing else, many times over.",
)


# --- invert ----------------------------------------------------------------------------------------------


def my_inverted(image):
    """Turn ink into paper and paper into ink: 0 becomes 1, 1 becomes 0, 0.25 becomes 0.75.

    `image` (h, w) has numbers from 0, paper, to 1, ink. Return a new image of the same shape.
    """
    raise NotImplementedError


def one_minus_image(image):
    """What is missing to 1, for all pixels at once."""
    return 1 - image


def pixel_by_pixel(image):
    """Two loops over rows and columns."""
    h, w = image.shape
    inverted = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            inverted[i, j] = 1 - image[i, j]
    return inverted


def distance_to_ink(image):
    """How far each pixel is from full ink."""
    return np.abs(image - 1)


def along_a_line(image):
    """The straight line from (0, 1) to (1, 0), read off at each pixel."""
    return np.interp(image, [0, 1], [1, 0])


def negates(image):
    """Your answer turns the sign: ink becomes −1, and paper, 0, stays 0. Below zero there is no ink. Paper must
    become 1 and ink 0: take what is missing to 1.
    """
    return -image


def subtracts_the_wrong_way(image):
    """Your answer takes 1 away from the image, so paper becomes −1 and ink 0. Below zero there is no ink. The other
    way round, the image is taken away from 1.
    """
    return image - 1


def inverts_bytes(image):
    """Your answer takes the image away from 255. That is right for photographs stored in bytes, where 255 is white;
    here full ink is 1, so nothing above 1 may come out. Look at `image.max()`.
    """
    return 255 - image


def inverts_sixteenths(image):
    """Your answer takes the image away from 16. The raw digits count ink up to 16; these are on a scale where full
    ink is 1. Look at `image.max()`.
    """
    return 16 - image


def takes_the_reciprocal(image):
    """Your answer divides 1 by the image. Paper is 0, and 1 / 0 is ∞; full ink stays 1, where paper should be.
    Dividing does not swap the two ends; taking the image away from 1 does.
    """
    return 1 / image


def inverts_bits(image):
    """Your answer uses `~` or `np.invert`, which turn the bits of whole numbers or of True and False. Grey is
    neither, so NumPy refuses. Calculate instead: take what is missing to 1.
    """
    return ~image


def turns_upside_down(image):
    """Your answer puts the last row first: the picture stands on its head, and its ink is still ink. Places stay
    where they are; the numbers in them change.
    """
    return image[::-1]


def mirrors(image):
    """Your answer mirrors the picture, left to right, and its ink is still ink. Places stay where they are; the
    numbers in them change.
    """
    return image[:, ::-1]


def turns_round(image):
    """Your answer turns the picture by half a turn, as `np.flip` does, and its ink is still ink. Places stay where
    they are; the numbers in them change.
    """
    return np.flip(image)


def two_tones(image):
    """Your answer knows two tones only: what is below one half becomes 1, all else 0. Grey is where a stroke grazes a
    pixel, and much of a digit on 8×8 pixels is grey: 0.25 becomes 0.75.
    """
    return (image < 0.5).astype(float)


def paper_or_not(image):
    """Your answer makes 1 of paper and 0 of all else, greys too, however faint. Does it only ask whether a pixel is
    0, or does it cut fractions off? A faint 0.25 should become a strong 0.75.
    """
    return (image == 0).astype(float)


def swaps_the_ends_only(image):
    """Your answer swaps 0 and 1 and leaves the greys as they were. A faint edge round a stroke then stays faint,
    where it should become strong: 0.25 becomes 0.75.
    """
    return np.where(image == 0, 1, np.where(image == 1, 0, image))


def swaps_one_after_the_other(image):
    """Your answer makes 1 of all zeros, and then 0 of all ones, those it has just made among them: the paper is back.
    One step for all pixels, greys too, avoids this: take the image away from 1.
    """
    inverted = image.copy()
    inverted[inverted == 0] = 1
    inverted[inverted == 1] = 0
    return inverted


def own_maximum_instead_of_ink(image):
    """Your answer takes the image away from its own largest number, `image.max()`. That is 1 only where a stroke
    fills a pixel; paper in a faint picture would become a fainter ink. Full ink is 1 in every picture.
    """
    return image.max() - image


def comes_back_unchanged(image):
    """Your image comes back as it was. In `for pixel in row: pixel = 1 - pixel` the name `pixel` gets another
    number, and the image hears nothing of it. Write into a new array, at a place, `inverted[i, j] = …`; or do
    without a loop, since arithmetic on `image` reaches all its numbers.
    """
    for row in image:
        for pixel in row:
            pixel = 1 - pixel
    return image


def eight_by_eight_only(image):
    """Your answer takes for granted that an image has 8×8 pixels. That is so in this lesson, but a function should
    ask what it was given: `h, w = image.shape`. Or do without: arithmetic on `image` fits every size.
    """
    return np.ones((8, 8)) - image


def returns_in_the_loop(image):
    """Your answer is the first row alone. `return` ends a function at once, also from within a loop: before the
    second row comes its turn. Collect the rows, and return when the loop is over, one step further left. (Or do
    without a loop: arithmetic on an array reaches all its numbers.)
    """
    for row in image:
        inverted = 1 - row
        return inverted


def one_pixel_only(image):
    """Your answer is one pixel alone, the first. `image[0, 0]` is a single number; arithmetic on `image` itself
    reaches all its numbers, without a loop.
    """
    return 1 - image[0, 0]


def _pictures_to_invert():
    rng = np.random.default_rng(12)
    return [
        (np.array([[0.0, 0.25, 1.0], [0.125, 0.0, 0.875]]),),
        (np.array([[0.0, 0.75], [0.25, 0.0], [0.125, 0.375]]),),
        (np.array([[0.0, 0.0, 1.0], [0.625, 0.0, 0.75], [0.0, 0.25, 0.0]]),),
        (_sixteenths(rng, 8, 8).astype(np.float32),),
        (_sixteenths(rng, 4, 5)[::2, ::-1],),
        (np.array([[0, 1, 0], [1, 1, 0]]),),
    ]


invert = Exercise(
    "start.invert",
    my_inverted,
    right=[one_minus_image, pixel_by_pixel, distance_to_ink, along_a_line],
    wrong=[
        negates,
        subtracts_the_wrong_way,
        inverts_bytes,
        inverts_sixteenths,
        takes_the_reciprocal,
        inverts_bits,
        turns_upside_down,
        mirrors,
        turns_round,
        two_tones,
        paper_or_not,
        swaps_the_ends_only,
        swaps_one_after_the_other,
        own_maximum_instead_of_ink,
        comes_back_unchanged,
        eight_by_eight_only,
        returns_in_the_loop,
        one_pixel_only,
    ],
    cases=_pictures_to_invert,
    situation="on a {image} image",
    hints=[
        "Take single pixels by hand: 0 becomes 1, 1 becomes 0, 0.25 becomes 0.75. What do a number and its partner "
        "add up to?",
        "To 1, so a pixel's partner is 1 minus the pixel.",
        "Arithmetic on an array reaches all its numbers at once: `return 1 - image`.",
    ],
    insight="Each number and its partner add up to 1, so whoever inverts twice has the picture back.",
)


# --- scale -----------------------------------------------------------------------------------------------


def my_scaled(images):
    """Bring raw digits to a scale from 0 to 1, on which 16, a pixel full of ink, becomes 1.

    `images` (n, h, w) hold ink from 0 to 16. Return a new array of the same shape.
    """
    raise NotImplementedError


def by_sixteen(images):
    """One ruler for all pictures, all batches, all days: 16."""
    return images / 16


def picture_by_picture(images):
    """One picture after the other, in 32-bit floats."""
    scaled = np.zeros(images.shape, dtype=np.float32)
    for i, image in enumerate(images):
        scaled[i] = image / 16
    return scaled


def read_off_a_line(images):
    """The straight line from (0, 0) to (16, 1), read off at each pixel."""
    return np.interp(images, [0, 16], [0, 1])


def own_ruler_for_each_picture(images):
    """Your answer divides each picture by its own largest number, so each got its own ruler: a faint digit comes
    out as strong as a bold one, and how hard somebody pressed is lost. 16 is a full pixel in every picture.
    """
    return images / images.max(axis=(1, 2), keepdims=True)


def ruler_of_the_batch(images):
    """Your answer divides by the largest number of the batch. The same digit then gets other numbers in other
    company, and a network that learned one ruler is shown another. 16 is a full pixel in every batch.
    """
    return images / images.max()


def own_ruler_for_each_pixel(images):
    """Your answer gives each place of the picture a ruler of its own, the largest number that occurs there.
    Neighbours can then no longer be compared, and where no picture has any ink, 0 / 0 is no number (NaN). One
    ruler, 16, for all.
    """
    return images / images.max(axis=0)


def shares_of_ink(images):
    """Your answer divides by a picture's sum, so that its pixels share one whole. The more somebody writes, the
    fainter each pixel becomes. A full pixel should become 1 whatever stands around it.
    """
    return images / images.sum(axis=(1, 2), keepdims=True)


def cuts_the_fractions_off(images):
    """Your answer divides in whole numbers: `//` drops what is behind the point, so every grey from 1 to 15 becomes
    0 and only full pixels are left. One slash, `/`, keeps the fractions.
    """
    return images // 16


def writes_into_whole_numbers(images):
    """Your answer writes its results into an array of the images' own type. If that holds whole numbers, 12 / 16
    turns into 0. A new array has room for fractions: `images / 16` makes one, and so does `np.zeros(images.shape)`.
    """
    scaled = images.copy()
    for i in range(len(images)):
        scaled[i] = images[i] / 16
    return scaled


def divides_in_place(images):
    """Your answer uses `/=`, which writes the result into the array it was given. Whole numbers have no room for
    fractions, so NumPy refuses; and where there is room, whoever passed the images finds them changed. `images / 16`
    makes a new array.
    """
    images /= 16
    return images


def divides_by_255(images):
    """Your answer divides by 255, the largest value of a byte, as in photographs. These digits count ink up to 16:
    the boldest stroke would come out at 0.06. Look at `images.max()` before you choose a ruler.
    """
    return images / 255


def counts_the_values(images):
    """Your answer divides by 17. There are 17 values from 0 to 16, but the largest is 16, and that is the one to
    become 1.
    """
    return images / 17


def last_is_fifteen(images):
    """Your answer divides by 15, as if counting to 16 ended one before. Full pixels come out above 1. The largest
    value is 16 itself.
    """
    return images / 15


def multiplies(images):
    """Your answer multiplies by 16: the numbers grow, up to 256. To bring 16 to 1, divide."""
    return images * 16


def standardises(images):
    """Your answer subtracts the mean and divides by the standard deviation. That is a useful scale elsewhere, but
    it goes below 0 and above 1, and paper is no longer 0. Here 0 stays 0 and 16 becomes 1.
    """
    return (images - images.mean()) / images.std()


def clips(images):
    """Your answer cuts off all that is above 1: a trace of ink, 1, and a full pixel, 16, both come out as 1. All
    strokes turn equally bold. Divide, so that the numbers shrink together.
    """
    return np.clip(images, 0, 1)


def rounds_to_two_tones(images):
    """Your answer has two tones only, 0 and 1: greys are rounded to paper or to ink. Grey is where a stroke grazes
    a pixel; 4 should become 0.25.
    """
    return (images > 8).astype(float)


def first_picture_only(images):
    """Your answer is the first picture alone. Does a `return` stand inside your loop? It ends the function before the
    second picture comes its turn. Arithmetic on `images` reaches all pictures without a loop.
    """
    return images[0] / 16


def _raw_digits():
    rng = np.random.default_rng(13)
    bold, faint = _below_full(rng, 1, 4, 5), _below_full(rng, 1, 4, 5) // 2
    return [
        (np.array([[[0.0, 4.0], [12.0, 1.0]]]),),
        (np.array([[[0, 16, 0], [2, 0, 6]], [[3, 0, 9], [0, 4, 0]]]),),
        (np.concatenate([bold, faint]),),
        (_below_full(rng, 5, 8, 8).astype(np.float32),),
        (_below_full(rng, 3, 8, 8).astype(np.uint8),),
        (np.concatenate([_below_full(rng, 2, 3, 3), np.zeros((1, 3, 3))]),),
    ]


def _below_full(rng, *shape):
    """Ink that nowhere fills a pixel: no picture's largest number is the ruler."""
    return np.minimum(16 * _sixteenths(rng, *shape), 15)


scale = Exercise(
    "start.scale",
    my_scaled,
    right=[by_sixteen, picture_by_picture, read_off_a_line],
    wrong=[
        own_ruler_for_each_picture,
        ruler_of_the_batch,
        own_ruler_for_each_pixel,
        shares_of_ink,
        cuts_the_fractions_off,
        writes_into_whole_numbers,
        divides_in_place,
        divides_by_255,
        counts_the_values,
        last_is_fifteen,
        multiplies,
        standardises,
        clips,
        rounds_to_two_tones,
        first_picture_only,
    ],
    cases=_raw_digits,
    situation="on {images} images",
    hints=[
        "Take single pixels by hand: 0 stays 0, 16 becomes 1, 4 becomes 0.25. What happens to each number?",
        "Each number is divided by 16, in every picture, whatever else the picture holds.",
        "Arithmetic on an array reaches all its numbers at once: `return images / 16`.",
    ],
    insight="One ruler for all: a faint digit stays faint, and a picture's numbers do not depend on its company.",
)
