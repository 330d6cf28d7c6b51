"""Lessons 00 and 03: answers as newcomers write them, and what the checks say to them."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from course_utils.data import digits
from course_utils.exercises import honest, start

NOTHING_RETURNED = "Your answer returns None. `print` only shows a result; `return` at the end hands it over."


def says(exercise, answer):
    verdict = exercise.check(answer)
    assert (verdict.status, verdict.misconception) == ("incorrect", None), verdict
    return verdict.message


def believes(exercise, answer):
    verdict = exercise.check(answer)
    assert verdict.status == "incorrect"
    return verdict.misconception


def is_right(exercise, answer):
    verdict = exercise.check(answer)
    assert verdict.status == "correct", verdict
    return True


# --- 00: brightest_row ----------------------------------------------------------------------------------


def rows_by_nested_loops(image):
    best, most = 0, 0
    for i in range(image.shape[0]):
        ink = 0
        for j in range(image.shape[1]):
            ink += image[i, j]
        if ink > most:
            best, most = i, ink
    return best


def columns_by_nested_loops(image):
    sums = []
    for j in range(image.shape[1]):
        ink = 0
        for i in range(image.shape[0]):
            ink += image[i, j]
        sums.append(ink)
    return sums.index(max(sums))


def sum_outside_the_loop(image):
    best, most, ink = 0, 0, 0
    for i in range(len(image)):
        for pixel in image[i]:
            ink += pixel
        if ink > most:
            best, most = i, ink
    return best


def in_a_loop(most):
    """Starts with `most` as the sum to beat."""

    def answer(image):
        best, to_beat = 0, most
        for i in range(len(image)):
            ink = sum(image[i])
            if ink > to_beat:
                best, to_beat = i, ink
        return best

    return answer


def first_turn(image):
    best, most = 0, -1
    for i in range(len(image)):
        ink = image[i].sum()
        if ink > most:
            best, most = i, ink
        return best


def returns_under_the_if(image):
    best, most = 0, 0
    for i in range(len(image)):
        ink = image[i].sum()
        if ink > most:
            best, most = i, ink
            return best


def eight_by_eight_loops(image):
    best, most = 0, 0
    for i in range(8):
        ink = 0
        for j in range(8):
            ink += image[i, j]
        if ink > most:
            best, most = i, ink
    return best


@pytest.mark.parametrize(
    "answer",
    [
        rows_by_nested_loops,
        lambda image: max(range(len(image)), key=lambda i: image[i].sum()),
        lambda image: int(np.argmax(image @ np.ones(image.shape[1]))),
        lambda image: np.where(image.sum(axis=1) == image.sum(axis=1).max())[0][0],
        lambda image: float(image.sum(axis=1).argmax()),  # a float that counts well is no mistake
    ],
)
def test_brightest_row_in_other_words(answer):
    assert is_right(start.brightest_row, answer)


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (columns_by_nested_loops, "sums_down_columns"),
        (sum_outside_the_loop, "never_starts_again"),
        (eight_by_eight_loops, "eight_rows_only"),
        (lambda image: 0, "always_the_first"),
        (in_a_loop(100), "always_the_first"),
        (in_a_loop(10), "always_the_first"),
        (first_turn, "always_the_first"),
        (in_a_loop(1), "starts_above_faint_rows"),
        (in_a_loop(0.9), "starts_above_faint_rows"),
        (returns_under_the_if, "stops_at_the_first_ink"),
        (lambda image: [np.median(row) for row in image].index(max(np.median(image, axis=1))), "compares_medians"),
        (lambda image: np.argmax([round(sum(row)) for row in image]), "rounds_the_sums"),
        (lambda image: np.argmax([int(row.sum()) for row in image]), "cuts_the_sums_off"),
        (lambda image: np.argmax([sum(row[:8]) for row in image]), "eight_columns_only"),
        (lambda image: max(map(sum, image)), "returns_the_sum"),
        (lambda image: [sum(row) for row in image], "returns_all_sums"),
        (lambda image: np.unravel_index(image.argmax(), image.shape)[0], "row_of_the_brightest_pixel"),
        (lambda image: [np.count_nonzero(row) for row in image].index(max(map(np.count_nonzero, image))), "counts_ink"),
    ],
)
def test_mistakes_with_rows_in_other_words(answer, belief):
    assert believes(start.brightest_row, answer).startswith(belief)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda image: print(image.sum(axis=1).argmax()), NOTHING_RETURNED),
        (lambda image: "1", "returns a string where numbers are asked for"),
        (lambda image: [image.sum(axis=1).argmax()], "has shape (1,); it should be one number."),
        (lambda image: (image.sum(axis=1).argmax(), 2.0), "has shape (2,); it should be one number."),
        (lambda image: max(image), "raises ValueError: The truth value of an array"),
        (lambda: 3, "The check calls `my_brightest_row(image)`; your function takes `()`."),
    ],
)
def test_odd_rows_are_told(answer, message):
    assert message in says(start.brightest_row, answer)


@pytest.mark.parametrize(
    "answer",
    [
        in_a_loop(3),
        lambda image: (image >= 0.5).sum(axis=1).argmax(),
        lambda image: (image == image.max()).sum(axis=1).argmax(),
        lambda image: image.sum(axis=1).round(1).argmax(),
        lambda image: (image**2).sum(axis=1).argmax(),
        lambda image: image[:8].sum(axis=1).argmax(),
        lambda image: image[:-1].sum(axis=1).argmax(),
        lambda image: image[1:].sum(axis=1).argmax() + 1,
        lambda image: len(image) - 1,
    ],
)
def test_a_row_that_fits_no_sentence_gets_none(answer):
    assert "First difference: on a " in says(start.brightest_row, answer)


def test_an_unknown_row_is_shown_with_its_image():
    assert says(start.brightest_row, lambda image: image.argmax(axis=1).argmax()) == (
        "First difference: on a 2 × 3 image your answer is 0; it should be 1.\n\n"
        "    image      [[0.  , 1.  , 0.25],\n"
        "                [0.5 , 0.75, 0.5 ]]\n"
        "    yours      0\n"
        "    should be  1"
    )


# --- 00: invert -----------------------------------------------------------------------------------------


def inverted_in_place(image):
    image[:] = 1 - image
    return image


def ends_swapped_in_place(image):
    image[image == 0] = 1
    image[image == 1] = 0
    return image


def pixels_of_eight_by_eight(image):
    inverted = image.copy()
    for i in range(8):
        for j in range(8):
            inverted[i, j] = 1 - image[i, j]
    return inverted


def test_inverted_in_other_words():
    assert is_right(start.invert, lambda image: -image + 1)
    assert is_right(start.invert, lambda image: np.array([[1 - pixel for pixel in row] for row in image]))
    assert is_right(start.invert, lambda image: (255 - 255 * image) / 255)


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (ends_swapped_in_place, "swaps_one_after_the_other"),
        (pixels_of_eight_by_eight, "eight_by_eight_only"),
        (lambda image: image * -1, "negates"),
        (np.logical_not, "paper_or_not"),
        (lambda image: (1 - image).astype(int), "paper_or_not"),
        (lambda image: 1 - np.round(image), "two_tones"),
        (lambda image: image <= 0.5, "two_tones"),
        (np.invert, "inverts_bits"),
        (np.flipud, "turns_upside_down"),
        (lambda image: np.abs(-image), "comes_back_unchanged"),
        (lambda image: next(1 - row for row in image), "returns_in_the_loop"),
    ],
)
def test_mistakes_with_ink_in_other_words(answer, belief):
    assert believes(start.invert, lambda image: answer(image)) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (inverted_in_place, "Your result is right, but your answer changes `image`."),
        (lambda image: [1 - row for row in image], "they come as a list"),
        (lambda image: (1 - image).tolist(), "they come as a list"),
        (lambda image: print(1 - image), NOTHING_RETURNED),
        (lambda image: str(1 - image), "returns a string"),
        (lambda image: 1 - image.mean(), "is one number; it should have shape (2, 3)."),
        (lambda image: not image, "raises ValueError: The truth value"),
        (lambda image: image.T, "on a 2 × 3 image your answer has shape (3, 2); it should have shape (2, 3)."),
        (lambda image: 1 - image[::-1], "First difference: on a 2 × 3 image your answer has 0.875 at [0, 0]"),
    ],
)
def test_odd_ink_is_told(answer, message):
    assert message in says(start.invert, answer)


def test_an_error_everywhere_is_no_known_mistake():
    assert "NameError" in says(start.invert, lambda image: one - image)  # noqa: F821
    assert "NameError" in says(start.brightest_row, lambda image: sums.argmax())  # noqa: F821
    assert "NameError" in says(start.scale, lambda images: images / sixteen)  # noqa: F821


# --- 00: scale ------------------------------------------------------------------------------------------


def test_scaled_in_other_words():
    assert is_right(start.scale, lambda images: images * 0.0625)
    assert is_right(start.scale, lambda images: (images / 16).astype(np.float32))
    assert is_right(start.scale, lambda images: np.array([image / 16 for image in images]))


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (lambda images: np.array([image / image.max() for image in images]), "own_ruler_for_each_picture"),
        (lambda images: np.array([image / max(image.max(), 1) for image in images]), "own_ruler_for_each_picture"),
        (lambda images: (images - images.min()) / (images.max() - images.min()), "ruler_of_the_batch"),
        (lambda images: np.minimum(images, 1), "clips"),
        (lambda images: images > 0, "clips"),
        (lambda images: np.round(images / 16), "rounds_to_two_tones"),
        (lambda images: (images / 16).astype(np.uint8), "cuts_the_fractions_off"),
        (lambda images: next(image / 16 for image in images), "first_picture_only"),
    ],
)
def test_mistakes_with_rulers_in_other_words(answer, belief):
    assert believes(start.scale, answer) == belief


def test_results_in_the_images_own_type():
    def zeros_like(images):
        scaled = np.zeros_like(images)
        scaled[:] = images / 16
        return scaled

    def written_back(images):
        for i in range(len(images)):
            images[i] = images[i] / 16
        return images

    assert believes(start.scale, zeros_like) == believes(start.scale, written_back) == "writes_into_whole_numbers"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda images: [image / 16 for image in images], "they come as a list"),
        (lambda images: tuple(images / 16), "they come as a tuple"),
        (lambda images: print(images / 16), NOTHING_RETURNED),
        (lambda images: float(images) / 16, "On 1 × 2 × 2 images your answer raises TypeError"),
        (lambda images: images.reshape(len(images), -1) / 16, "has shape (1, 4); it should have shape (1, 2, 2)."),
        (lambda images: 1 - images / 16, "First difference: on 1 × 2 × 2 images your answer has 1 at [0, 0, 0]"),
        (lambda images: images / 16.5, "has 0.2424 at [0, 0, 1]; it should have 0.25."),
    ],
)
def test_odd_scales_are_told(answer, message):
    assert message in says(start.scale, answer)


# --- 03: make_images ------------------------------------------------------------------------------------


def ready(raw):
    return raw.reshape(-1, 8, 8, 1).astype(np.float32) / 16


def divided_here(raw):
    raw = raw.astype(np.float32)
    raw /= 16
    return raw.reshape(-1, 8, 8, 1)


def room_for_all_of_them(raw):
    images = np.zeros((1797, 8, 8, 1), np.float32)
    images[: len(raw)] = ready(raw)
    return images


def one_name_for_all(raw):
    for digit in raw:
        image = ready(digit)[0]
    return image


def written_back(raw):
    images = raw.reshape(-1, 8, 8, 1)
    images[:] = images / 16
    return images.astype(np.float32)


def divide_in_place(raw, kind):
    """Divides by 16, in place if the numbers are of that kind."""
    return np.divide(raw, 16, out=raw if raw.dtype.kind == kind else None)


@pytest.mark.parametrize(
    "answer",
    [
        divided_here,
        lambda raw: np.stack([digit.reshape(8, 8, 1) for digit in raw]).astype("float32") / 16,
        lambda raw: np.expand_dims(raw.reshape(len(raw), 8, 8), -1).astype(np.float32) * np.float32(0.0625),
        lambda raw: np.interp(raw, [0, 16], [0, 1]).reshape(-1, 8, 8, 1).astype(np.float32),
    ],
)
def test_images_in_other_words(answer):
    assert is_right(honest.make_images, answer)


def test_images_are_those_of_the_course():
    assert np.array_equal(honest.reshapes_and_divides(load_digits().data), digits.load_all().images)


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (lambda raw: raw.reshape(1797, 100, 3, 3), "shape_of_the_article"),
        (lambda raw: ready(raw.reshape(1797, 64)), "number_of_digits_written_in"),
        (lambda raw: raw.reshape(1797, 8, 8)[..., None], "number_of_digits_written_in"),
        (room_for_all_of_them, "number_of_digits_written_in"),
        (lambda raw: ready(raw)[:, None, :, :, 0], "channel_in_front"),
        (lambda raw: np.moveaxis(raw.reshape(-1, 8, 8, 1), -1, 1), "channel_in_front"),
        (lambda raw: ready(raw).squeeze(), "no_channel"),
        (lambda raw: raw, "lines_left_flat"),
        (one_name_for_all, "one_digit_only"),
        (lambda raw: next(map(ready, raw))[0], "one_digit_only"),
        (lambda raw: ready(raw.T), "mixes_digits"),
        (lambda raw: ready(raw.reshape(8, 8, -1).transpose(2, 0, 1)), "mixes_digits"),
        (lambda raw: np.roll(ready(raw).ravel(), 5).reshape(-1, 8, 8, 1), "mixes_digits"),
        (lambda raw: ready(raw).swapaxes(1, 2), "turns_on_the_diagonal"),
        (lambda raw: np.array([digit.reshape(8, 8).T for digit in ready(raw)])[..., None], "turns_on_the_diagonal"),
        (lambda raw: raw.astype(np.uint8).reshape(-1, 8, 8, 1), "still_up_to_sixteen"),
        (lambda raw: np.array([ready(digit)[0] * 16 / digit.max() for digit in raw]), "own_ruler_for_each_digit"),
        (lambda raw: ready(raw) / ready(raw).max(), "ruler_of_this_batch"),
        (lambda raw: np.array([ready(digit)[0] * 16 / 255 for digit in raw]), "bytes_for_a_ruler"),
        (lambda raw: ready(raw).astype(int), "greys_cut_off"),
        (written_back, "greys_cut_off"),
        (lambda raw: ready(16 * divide_in_place(raw, "f")), "divides_the_raw_digits"),
        (lambda raw: ready(16 * divide_in_place(raw, "u")), "divides_the_raw_digits"),
        (lambda raw: np.divide(raw, 16, out=raw).reshape(-1, 8, 8, 1).astype(np.float32), "divides_the_raw_digits"),
        (lambda raw: raw.astype(np.float32).reshape(-1, 8, 8, 1) / np.float64(16), "stays_float64"),
        (lambda raw: ready(raw)[0] if len(raw) == 1 else ready(raw), "loses_the_batch_of_one"),
    ],
)
def test_mistakes_with_images_in_other_words(answer, belief):
    assert believes(honest.make_images, answer) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda raw: raw.reshape(8, 8, 1), "with a single digit your answer has shape (8, 8, 1); it should have"),
        (lambda raw: raw.reshape(8, 8, -1, 1), "has shape (8, 8, 1, 1); it should have shape (1, 8, 8, 1)."),
        (lambda raw: raw.reshape(1, -1, 8, 8), "has shape (1, 1, 8, 8); it should have shape (1, 8, 8, 1)."),
        (lambda raw: ready(raw)[:1], "with 3 digits your answer has shape (1, 8, 8, 1); it should have"),
        (lambda raw: ready(raw)[::-1], "First difference: with 3 digits your answer has "),
        (
            lambda raw: ready(raw) * 16 / 15,
            "with a single digit your answer has 1 at [0, 0, 0, 0]; it should have 0.9375.",
        ),
        (lambda raw: raw.reshape(-1, 3, 3), "raises ValueError: cannot reshape array of size 64 into shape (3,3)."),
        (lambda raw: list(ready(raw)), "they come as a list"),
        (lambda raw: ready(raw).astype(np.float16), "their type is float16; make it `.astype(np.float32)`."),
        (lambda raw: print(ready(raw)), NOTHING_RETURNED),
    ],
)
def test_odd_images_are_told(answer, message):
    assert message in says(honest.make_images, answer)


def test_raw_digits_tell_the_rulers_apart():
    largest = [raw.max(axis=1).tolist() for (raw,) in honest._raw_digits()]
    assert largest[1] == [16], "one digit alone: its own ruler is that of its batch"
    assert all(len(set(each)) == len(each) for each in largest)
    assert not any((64 * len(each)) % 900 == 0 or len(each) == 8 for each in largest)


# --- 03: split_by_writer --------------------------------------------------------------------------------


def masks(writers, share, rng):
    names = np.unique(writers)
    in_test = np.isin(writers, rng.choice(names, max(1, round(share * len(names))), replace=False))
    return ~in_test, in_test


def rows(writers, share, rng):
    train, test = masks(writers, share, rng)
    return np.flatnonzero(train), np.flatnonzero(test)


def by_seed(seed, of=GroupShuffleSplit):
    def split(writers, share, rng):
        return next(of(1, test_size=share, random_state=seed).split(writers, groups=writers))

    return split


def names_by_scikit_learn(writers, share, rng):
    names = train_test_split(np.unique(writers), test_size=share, random_state=int(rng.integers(1000)))
    train, test = (np.flatnonzero(np.isin(writers, group)) for group in names)
    return train, test


def sorted_and_cut(writers, share, rng):
    order = np.argsort(writers, kind="stable")
    cut = int((1 - share) * len(writers))
    return order[:cut], order[cut:]


def doubled_rows(writers, share, rng):
    names = np.unique(writers)
    chosen = rng.choice(names, max(1, round(share * len(names))))
    test = np.concatenate([np.flatnonzero(writers == name) for name in chosen])
    return np.setdiff1d(np.arange(len(writers)), test), test


def names_drawn_from_rows(writers, share, rng):
    chosen = rng.choice(writers, max(1, round(share * len(np.unique(writers)))), replace=False)
    in_test = np.isin(writers, chosen)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def lists_by_coin(writers, share, rng):
    sides = [], []
    for name in np.unique(writers):
        sides[int(rng.random() < share)].extend(np.flatnonzero(writers == name).tolist())
    return np.array(sides[0]), np.array(sides[1])


def own_generator(*seed):
    return lambda writers, share, rng: rows(writers, share, np.random.default_rng(*seed))


def by_names(choose):
    """A clean split; `choose(names, number, rng)` are the writers in the test."""

    def split(writers, share, rng):
        names = np.unique(writers)
        in_test = np.isin(writers, choose(names, max(1, round(share * len(names))), rng))
        return np.flatnonzero(~in_test), np.flatnonzero(in_test)

    return split


def numbers_of_writers(writers, share, rng):
    train, test = rows(writers, share, rng)
    numbers = np.unique(writers, return_inverse=True)[1]
    return np.unique(numbers[train]), np.unique(numbers[test])


def rows_and_names(writers, share, rng):
    train, test = rows(writers, share, rng)
    return train, np.unique(writers[test])


def rows_and_numbers(writers, share, rng):
    train, _ = rows(writers, share, rng)
    return train, np.flatnonzero(~np.isin(np.unique(writers), writers[train]))


def shuffled_rows(writers, share, rng):
    return train_test_split(np.arange(len(writers)), test_size=share, random_state=0)


def every_fifth_row(writers, share, rng):
    number = np.arange(len(writers))
    return number[number % 5 > 0], number[number % 5 == 0]


def stratified(writers, share, rng):
    return train_test_split(np.arange(len(writers)), test_size=share, stratify=writers, random_state=0)


def test_splits_in_other_words():
    assert is_right(honest.split_by_writer, rows)
    assert is_right(honest.split_by_writer, names_by_scikit_learn)
    assert is_right(honest.split_by_writer, lambda *given: list(rows(*given)))
    assert is_right(honest.split_by_writer, lambda *given: [side[::-1] for side in rows(*given)])
    assert is_right(
        honest.split_by_writer, by_names(lambda names, number, rng: names[rng.permutation(len(names))][:number])
    )


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (shuffled_rows, "shuffles_rows"),
        (every_fifth_row, "shuffles_rows"),
        (stratified, "splits_each_writer"),
        (sorted_and_cut, "cuts_inside_a_writer"),
        (lambda writers, share, rng: tuple(writers[side] for side in rows(writers, share, rng)), "returns_writers"),
        (lambda writers, share, rng: rows(writers, 1 - share, rng), "test_first"),
        (doubled_rows, "draws_with_replacement"),
        (names_drawn_from_rows, "draws_with_replacement"),
        (lists_by_coin, "a_coin_for_each_writer"),
        (by_seed(0), "same_writers_always"),
        (own_generator(0), "same_writers_always"),
        (by_seed(None), "draws_from_elsewhere"),
        (own_generator(), "draws_from_elsewhere"),
        (by_names(lambda names, number, rng: rng.choice(names[1:], number, replace=False)), "never_draws_some"),
        (by_names(lambda names, number, rng: names[rng.permutation(len(names) - 1)[:number]]), "never_draws_some"),
        (
            by_names(lambda names, number, rng: [names[0], *rng.choice(names[1:], number - 1, replace=False)]),
            "never_draws_some",
        ),
        (
            by_names(lambda names, number, rng: names[:number] if rng.integers(2) else names[number : 2 * number]),
            "one_of_few_groups",
        ),
        (lambda *given: tuple(map(np.unique, honest.returns_writers(*given))), "returns_writers"),
        (lambda *given: rows_and_names(*given)[::-1], "returns_writers"),
        (rows_and_names, "returns_writers"),
        (rows_and_numbers, "returns_writers"),
        (numbers_of_writers, "returns_writers"),
    ],
)
def test_mistakes_with_writers_in_other_words(answer, belief):
    assert believes(honest.split_by_writer, answer) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (masks, "`train` is a mask of True and False. Row numbers are asked for: `np.flatnonzero(mask)`."),
        (lambda *given: tuple(1 * mask for mask in masks(*given)), "`train` is a mask of 1 and 0. Row numbers are"),
        (lambda *given: tuple(side.size for side in rows(*given)), "`train` is one number; row numbers are asked for"),
        (lambda *given: tuple([side] for side in rows(*given)), "To join arrays in a list: `np.concatenate(train)`."),
        (lambda *given: masks(*given)[1], "returns an array where two arrays are asked for: `return train, test`."),
        (lambda *given: (*rows(*given), 0), "returns a tuple of 3 where two arrays are asked for"),
        (lambda *given: dict(enumerate(rows(*given))), "returns a dictionary where two arrays are asked for"),
        (lambda *given: tuple(map(np.where, masks(*given))), "`np.where(mask)` is a tuple; write `np.where(mask)[0]`."),
        (lambda *given: tuple(side.tolist() for side in rows(*given)), "but `train` is a list"),
        (lambda *given: tuple(side + 1 for side in rows(*given)), "names row 10; the rows of 10 go from 0 to 9."),
        (lambda *given: tuple(side - 1 for side in rows(*given)), "names row -1; the rows of 10 go from 0 to 9."),
        (lambda *given: tuple(side + 0.5 for side in rows(*given)), "holds numbers with a fraction"),
        (lambda *given: tuple(side * 1.0 for side in rows(*given)), "Make it `train.astype(int)`."),
        (lambda *given: ("train", "test"), "Look at the first of your two results. Your answer returns a string"),
        (lambda *given: (rows(*given)[0], None), "Look at the second of your two results. Your answer returns None"),
        (lambda *given: print(rows(*given)), NOTHING_RETURNED),
        (lambda writers, share, rng: (np.arange(len(writers)), []), "`test` is empty, of 10 rows with share = 0.2."),
        (lambda writers, share, rng: ([], np.arange(len(writers))), "`train` is empty, of 10 rows with share = 0.2."),
        (
            lambda writers, share, rng: rows(writers, 0.6, rng),
            "your test holds 6; with share = 0.3 it should be about 3",
        ),
        (
            lambda writers, share, rng: GroupShuffleSplit(1, test_size=share).split(writers, groups=writers),
            "returns a generator, which has not split anything yet; `next(…)` takes its first split.",
        ),
        (
            lambda writers, share, rng: (rows(writers, share, rng)[0], np.arange(len(writers))),
            "is on both of your sides. Each row belongs to one",
        ),
    ],
)
def test_odd_splits_are_told(answer, message):
    assert message in says(honest.split_by_writer, lambda writers, share, rng: answer(writers, share, rng))


def test_a_test_set_is_empty_for_one_of_two_reasons():
    def drawn(writers, share, rng):
        names = np.unique(writers)
        in_test = np.isin(writers, rng.permutation(names)[: int(share * len(names))])
        return np.flatnonzero(~in_test), np.flatnonzero(in_test)

    def names_that_nobody_has(writers, share, rng):
        in_test = np.isin(writers, ["one", "two"])
        return np.flatnonzero(~in_test), np.flatnonzero(in_test)

    def rounds_the_share(writers, share, rng):
        return by_names(lambda names, _, rng: rng.permutation(names)[: int(share + 0.5) * len(names)])(
            writers, share, rng
        )

    def numbers_for_names(writers, share, rng):
        names = np.unique(writers)
        in_test = np.isin(writers, rng.permutation(len(names))[: max(1, round(share * len(names)))])
        return np.flatnonzero(~in_test), np.flatnonzero(in_test)

    assert believes(honest.split_by_writer, drawn) == "nobody_in_the_test"
    assert "`test` is empty" in says(honest.split_by_writer, numbers_for_names)
    assert "`test` is empty" in says(honest.split_by_writer, by_names(lambda names, _, rng: names[:0]))
    assert "`test` is empty" in says(honest.split_by_writer, rounds_the_share)
    assert "`test` is empty" in says(honest.split_by_writer, names_that_nobody_has)


def test_numbers_of_writers_are_no_rows():
    scattered = honest._rows_and_writers()[0][0]
    assert honest._are_writers(np.arange(3, 10), np.arange(3), scattered)
    assert not honest._are_writers(np.arange(3, 101), np.arange(3), scattered)


def test_of_two_writers_each_may_be_the_test():
    def last_of_two(writers, share, rng):
        return rows(writers, share, rng if len(np.unique(writers)) > 2 else np.random.default_rng(0))

    message = says(honest.split_by_writer, last_of_two)
    assert message == "Of two writers, the same one is in your test in each of 60 draws. Let `rng` decide which."


def test_a_split_that_fails_in_some_draws():
    def fails_at_times(writers, share, rng):
        split = rows(writers, share, rng)
        return split if rng.random() < 0.9 else split[2]

    message = says(honest.split_by_writer, fails_at_times)
    assert message.startswith("With some draws all is well; with another your answer raises IndexError: tuple index")


def test_chance_leads_to_no_other_sentence():
    """Whatever the generators draw, each mistake is named after itself."""
    names = {wrong.__name__ for wrong in (honest.draws_from_elsewhere, honest.a_coin_for_each_writer)}
    for seed in range(10):
        np.random.seed(seed)
        assert {believes(honest.split_by_writer, getattr(honest, name)) for name in names} == names


def test_cases_hold_what_the_sentences_need():
    for writers, share, _ in honest._rows_and_writers():
        number = np.unique(writers).size
        assert not np.array_equal(np.unique(np.unique(writers, return_index=True)[1]), np.arange(number))
        assert (np.diff(writers) < 0).any(), "rows in the order of their writers would make two mistakes look alike"
        assert number == 2 or honest._fits(np.array([round(share * number)]), share * number).all()


# --- 03: scale_by_training ------------------------------------------------------------------------------


def fitted_on(scaler, *sets):
    def scaled(train, test):
        fitted = scaler().fit(np.concatenate([(train, test)[k] for k in sets]))
        return fitted.transform(train), fitted.transform(test)

    return scaled


def with_deviation(deviation):
    def scaled(train, test):
        mean, width = train.mean(axis=0), deviation(train.std(axis=0))
        return (train - mean) / width, (test - mean) / width

    return scaled


def overwritten(train, test):
    train = StandardScaler().fit_transform(train)
    test = (test - train.mean(axis=0)) / np.where(train.std(axis=0) == 0, 1, train.std(axis=0))
    return train, test


def blank_columns_to_zero(train, test):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scaled = [np.nan_to_num((rows - mean) / deviation, posinf=0, neginf=0) for rows in (train, test)]
    return scaled[0], scaled[1]


def test_scaling_in_other_words():
    assert is_right(honest.scale_by_training, with_deviation(lambda width: np.where(width == 0, 1, width)))
    assert is_right(honest.scale_by_training, blank_columns_to_zero)
    assert is_right(honest.scale_by_training, lambda *sets: list(honest.fits_on_train(*sets)))


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (fitted_on(StandardScaler, 0, 1), "fits_on_all_rows"),
        (fitted_on(StandardScaler, 1), "fits_on_test"),
        (fitted_on(MinMaxScaler, 0), "squeezes_between_0_and_1"),
        (lambda *sets: tuple(StandardScaler().fit_transform(rows) for rows in sets), "each_set_by_its_own"),
        (lambda *sets: tuple((rows - rows.mean(axis=0)) / rows.std(axis=0) for rows in sets), "each_set_by_its_own"),
        (overwritten, "test_left_as_it_is"),
        (with_deviation(lambda width: width), "divides_zero_by_zero"),
        (with_deviation(lambda width: width + 1e-6), "divides_by_next_to_nothing"),
        (with_deviation(lambda width: np.maximum(width, 1e-12)), "divides_by_next_to_nothing"),
        (with_deviation(np.square), "divides_by_the_variance"),
    ],
)
def test_mistakes_with_columns_in_other_words(answer, belief):
    assert believes(honest.scale_by_training, answer) == belief


def test_fits_are_told_apart_though_blank_columns_spoil_them():
    def all_rows(train, test):
        both = np.concatenate([train, test])
        return (train - both.mean(axis=0)) / both.std(axis=0), (test - both.mean(axis=0)) / both.std(axis=0)

    assert believes(honest.scale_by_training, all_rows) == "fits_on_all_rows"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda train, test: honest.fits_on_train(train, test)[1], "returns an array where two arrays are asked for"),
        (lambda train, test: StandardScaler().fit(train), "returns a StandardScaler where two arrays are asked for"),
        (lambda *sets: tuple(part.tolist() for part in honest.fits_on_train(*sets)), "but `train` is a list"),
        (lambda train, test: print(train), NOTHING_RETURNED),
        (lambda train, test: ("train", "test"), "Look at the first of your two results."),
        (lambda train, test: [train], "returns a list of 1 where two arrays are asked for"),
        (lambda train, test: (train - train.mean(1), test), "raises ValueError: operands could not be broadcast"),
        (
            lambda train, test: (train[:, :1], test),
            "your scaled `train` has shape (3, 1); it should have shape (3, 2).",
        ),
        (lambda *sets: tuple(part.astype(int) for part in honest.fits_on_train(*sets)), "holds whole numbers only"),
    ],
)
def test_odd_scalings_are_told(answer, message):
    assert message in says(honest.scale_by_training, answer)


def test_an_unknown_scaling_is_shown_on_the_smallest_input():
    def shifted_test(train, test):
        train, test = honest.fits_on_train(train, test)
        return train, test + 1

    assert says(honest.scale_by_training, shifted_test) == (
        "First difference: with 3 training rows and 2 test rows of 2 numbers your scaled `test` has 0.3206 at [0, 0]; "
        "it should have -0.6794.\n\n"
        "    train      [[ 1., 10.],\n"
        "                [ 3., 20.],\n"
        "                [ 8., 60.]]\n"
        "    test       [[ 2., 40.],\n"
        "                [ 5., 10.]]\n"
        "    yours      [[0.3206, 1.4629],\n"
        "                [1.3397, 0.0742]]\n"
        "    should be  [[-0.6794,  0.4629],\n"
        "                [ 0.3397, -0.9258]]"
    )


def test_scaling_in_place_is_noticed_on_floats_too():
    def in_place(train, test):
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        deviation[deviation == 0] = 1
        if train.dtype.kind == "f":
            train[:] = (train - mean) / deviation
            return train, (test - mean) / deviation
        return (train - mean) / deviation, (test - mean) / deviation

    assert "Your result is right, but your answer changes `train`." in says(honest.scale_by_training, in_place)


# --- 03: choose_and_report ------------------------------------------------------------------------------


def test_reports_in_other_words():
    assert is_right(honest.choose_and_report, lambda validation, test: test[list(validation).index(max(validation))])
    assert is_right(honest.choose_and_report, lambda validation, test: test[np.where(validation == max(validation))][0])


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (lambda validation, test: max(test), "best_test_score"),
        (lambda validation, test: sorted(zip(validation, test, strict=True))[-1][1], "ties_broken_by_the_test"),
        (lambda validation, test: test[np.argmax((validation + test) / 2)], "best_of_the_sum"),
        (lambda validation, test: dict(zip(validation, test, strict=True))[max(validation)], "last_of_equals"),
        (lambda validation, test: list(validation).index(max(validation)), "returns_the_index"),
        (lambda validation, test: test[np.argsort(validation)[0]], "worst_on_validation"),
        (lambda validation, test: sum(test) / len(test), "mean_test_score"),
    ],
)
def test_mistakes_with_reports_in_other_words(answer, belief):
    assert believes(honest.choose_and_report, answer) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda validation, test: print(max(test)), NOTHING_RETURNED),
        (lambda validation, test: f"{max(test):.2f}", "returns a string where numbers are asked for"),
        (lambda validation, test: (1, test[0]), "has shape (2,), like `validation_scores`; it should be one number."),
        (lambda validation, test: test[validation == max(validation)], "has shape (1,); it should be one number."),
        (
            lambda validation, test: test[max(validation)],
            "With 2 candidates your answer raises IndexError: only integers",
        ),
        (
            lambda validation, test: 100 * test[validation.argmax()],
            "with 2 candidates your answer is 70; it should be 0.7.",
        ),
    ],
)
def test_odd_reports_are_told(answer, message):
    assert message in says(honest.choose_and_report, answer)


def test_an_unknown_report_is_shown_with_its_scores():
    assert says(honest.choose_and_report, lambda validation, test: 1 - test[validation.argmax()]) == (
        "First difference: with 2 candidates your answer is 0.3; it should be 0.7.\n\n"
        "    validation_scores  [0.5, 0.6]\n"
        "    test_scores        [0.75, 0.7 ]\n"
        "    yours              0.3\n"
        "    should be          0.7"
    )


# --- 03: occlusion_map ----------------------------------------------------------------------------------


def places(image, size):
    h, w = image.shape
    return [(i, j) for i in range(h - size + 1) for j in range(w - size + 1)]


def mapped(fall):
    """A map with `fall(score, image, size, i, j)` at each place."""

    def occlusion(score, image, size):
        h, w = image.shape
        falls = [fall(score, image, size, i, j) for i, j in places(image, size)]
        return np.array(falls).reshape(h - size + 1, w - size + 1)

    return occlusion


def restored(score, image, size, i, j):
    whole, kept = score(image[None])[0], image[i : i + size, j : j + size].copy()
    image[i : i + size, j : j + size] = 0
    fall = whole - score(image[None])[0]
    image[i : i + size, j : j + size] = kept
    return fall


def covered_for_good(score, image, size):
    whole = score(image[None])[0]

    def fall(score, image, size, i, j):
        image[i : i + size, j : j + size] = 0
        return whole - score(image[None])[0]

    return mapped(fall)(score, image, size)


def kept_as_a_view(score, image, size):
    whole = score(image[None])[0]

    def fall(score, image, size, i, j):
        kept = image[i : i + size, j : j + size]
        image[i : i + size, j : j + size] = 0
        covered = score(image[None])[0]
        image[i : i + size, j : j + size] = kept
        return whole - covered

    return mapped(fall)(score, image, size)


def two_names_for_one(score, image, size, i, j):
    covered = image
    covered[i : i + size, j : j + size] = 0
    return score(image[None])[0] - score(covered[None])[0]


def by_patch(score, image, size, i, j):
    return score(image[i : i + size, j : j + size][None])[0]


def test_maps_in_other_words():
    right = honest.one_square_at_a_time
    assert is_right(honest.occlusion_map, mapped(restored))
    assert is_right(honest.occlusion_map, lambda *given: right(*given).astype(np.float32))


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (covered_for_good, "never_uncovers"),
        (kept_as_a_view, "never_uncovers"),
        (lambda *given: np.abs(honest.turns_the_sign(*given)), "loses_the_sign"),
        (lambda *given: np.clip(honest.one_square_at_a_time(*given), 0, None), "cuts_off_gains"),
        (lambda *given: -honest.one_square_at_a_time(*given), "turns_the_sign"),
        (
            lambda score, image, size: honest.one_square_at_a_time(score, image, size)[::size, ::size],
            "steps_by_the_size",
        ),
    ],
)
def test_mistakes_with_maps_in_other_words(answer, belief):
    assert believes(honest.occlusion_map, lambda score, image, size: answer(score, image, size)) == belief


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda score, image, size: score(image), "score(image[None])[0] is the score of one. In line"),
        (lambda score, image, size: score(image[..., None][None]), "of shape (n, 1, 3), and got shape (1, 1, 3, 1)"),
        (mapped(by_patch), "raises ValueError: score takes images of shape (n, 1, 3), and got shape (1, 1, 1)."),
        (lambda score, image, size: score(image[None])[0], "is one number; it should have shape (1, 3)."),
        (lambda *given: honest.one_square_at_a_time(*given).ravel(), "has shape (3,); it should have shape (1, 3)."),
        (lambda *given: honest.one_square_at_a_time(*given).tolist(), "they come as a list"),
        (lambda score, image, size: print(score(image[None])), NOTHING_RETURNED),
        (lambda score, image, size: score.predict(image), "raises AttributeError"),
        (mapped(two_names_for_one), "Your answer also changes `image`."),
    ],
)
def test_odd_maps_are_told(answer, message):
    assert message in says(honest.occlusion_map, lambda score, image, size: answer(score, image, size))


def test_an_unknown_map_is_shown_on_the_smallest_input():
    assert says(honest.occlusion_map, lambda *given: 2 * honest.one_square_at_a_time(*given)) == (
        "First difference: on a 1 × 3 image with squares of 1 × 1 your answer has 0.5 at [0, 1]; "
        "it should have 0.25.\n\n"
        "    score      the largest number of each image\n"
        "    image      [[0.25, 0.75, 0.5 ]]\n"
        "    size       1\n"
        "    yours      [[0. , 0.5, 0. ]]\n"
        "    should be  [[0.  , 0.25, 0.  ]]"
    )


def test_a_map_must_look_like_the_image_to_be_called_so():
    def as_large_as_the_image(score, image, size):
        return np.pad(honest.one_square_at_a_time(score, image, size), size // 2)

    assert "has shape (3, 3), like `image`;" in says(honest.occlusion_map, as_large_as_the_image)


def test_what_a_score_hands_out_is_float_and_what_it_is_handed_stays():
    def counts_and_spoils(images):
        images[:] = 0
        return np.full(len(images), 3, np.uint8)

    score, image = honest._Score("a score that spoils", (2, 3), counts_and_spoils), np.ones((2, 3))
    assert score(image[None]).dtype == np.float64
    assert image.all()


def test_covering_may_raise_a_score_and_never_saturates():
    for score, image, _ in honest._networks_and_images()[1:]:
        assert 0.1 < score(image[None])[0] < 0.9
    falls = [honest.one_square_at_a_time(*given) for given in honest._networks_and_images()]
    assert min(map(np.min, falls)) < -0.1 and max(map(np.max, falls)) > 0.1


# --- the numbers that the sentences speak of ------------------------------------------------------------


def test_numbers_that_the_sentences_name():
    assert round(float(start.divides_by_255(np.array([16]))[0]), 2) == 0.06
    assert round(float(honest.bytes_for_a_ruler(np.full((1, 64), 16)).max()), 2) == 0.06
    assert np.median([0, 0, 0, 1, 1]) == 0
    assert start.rounds_the_sums(np.array([[1, 1, 0], [1, 1, 0.25]])) == 0
    assert start.cuts_the_sums_off(np.array([[1, 0.25], [1, 0.75]])) == 0
    assert start.multiplies(np.array([16]))[0] == 256
    assert start.counts_inked_pixels(np.array([[0.25, 0.25, 0.25], [1, 1, 0]])) == 0
    assert honest.one_square_at_a_time(lambda images: images.sum(axis=(1, 2)), np.ones((8, 8)), 3).shape == (6, 6)
