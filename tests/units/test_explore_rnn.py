"""The row reader of lesson 04: what is on view is what the network believes, and it believes nothing of unread rows."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits
from course_utils.recognition import rnn
from course_utils.recognition.network import FORWARD

# `explore` exports a function of the same name
lab = import_module("course_utils.explore.row_reader")

STEPS = [replace(lab.State(7, 4), rows=rows, order=order, erase=erase)
         for rows in range(9) for order in lab.ORDERS for erase in (0, 1, 4, 7)]  # fmt: skip


@pytest.fixture(scope="module")
def material():
    return lab.Material(digits.load("by writer").validation, rnn.load_reader())


def with_image(material, state, image):
    """The same digits but for this one."""
    images = material.digits.images.copy()
    images[material.row_of(state)] = image[..., None]
    return lab.Material(replace(material.digits, images=images), material.reader)


# What is read


def by_hand(reader, rows) -> tuple[np.ndarray, np.ndarray]:
    """States and beliefs after each of `rows` (n, 8), by the cell alone, from a state of zeros."""
    states = rnn.run("gru", np.asarray(rows)[None], *reader.gru)
    return states[0], FORWARD["softmax"](FORWARD["dense"](states, *reader.dense))[0]


def test_a_reading_is_that_of_the_reader(material):
    for state in (lab.State(), lab.State(0, 38), lab.State(9, 37, 8)):
        view = lab.compute(state, material)
        image = material.digits.images[material.digits.labels == state.digit][state.number]
        np.testing.assert_array_equal(view.image, image[:, :, 0])
        np.testing.assert_allclose(view.beliefs, material.reader.beliefs(image[None])[0], atol=1e-6)
        np.testing.assert_allclose(view.states, material.reader.states(image[None])[0], atol=1e-6)


@pytest.mark.parametrize("state", [state for state in STEPS if state.rows == 8])
def test_order_and_erasure_are_those_of_the_cell_run_by_hand(state, material):
    view = lab.compute(state, material)
    rows = view.image[::-1] if state.upwards else view.image
    parts = [by_hand(material.reader, part) for part in (rows[: state.erase], rows[state.erase :]) if len(part)]
    for given, expected in zip((view.states, view.beliefs), zip(*parts, strict=True), strict=True):
        np.testing.assert_allclose(given, np.concatenate(expected), atol=1e-5)


def test_what_was_erased_cannot_matter_any_more(material):
    state = lab.State(7, 4, rows=8, erase=3)
    image = lab.compute(state, material).image.copy()
    before = lab.compute(state, material).beliefs
    image[:3] = 1 - image[:3]
    after = lab.compute(state, with_image(material, state, image)).beliefs
    np.testing.assert_allclose(after[3:], before[3:], atol=1e-6)
    assert np.abs(after[:3] - before[:3]).max() > 0.01


# What is shown


def shown(view) -> tuple:
    """All of the picture that speaks of what the network has read."""
    picture = lab._draw_states(view) + lab._draw_river(view) + lab._draw_captions(view) + lab._draw_belief(view)
    return re.sub(r"(on-)?(series|other)-\d", "", picture), lab.describe(view)


@pytest.mark.parametrize("state", [state for state in STEPS if state.rows < 8])
def test_a_veiled_row_has_not_been_read(state, material):
    """Other ink in the unread rows changes nothing but the colours, which are given for the whole reading."""
    view = lab.compute(state, material)
    image = view.image.copy()
    unread = [lab._place(state, t) for t in range(state.rows, 8)]
    image[unread] = 1 - image[unread]
    other = lab.compute(state, with_image(material, state, image))
    assert np.abs(other.beliefs[state.rows :] - view.beliefs[state.rows :]).max() > 0.01
    assert shown(other) == shown(view)
    assert lab.draw(view).count('"veil unread"') == 8 - state.rows


@pytest.mark.parametrize("state", STEPS)
def test_each_row_stands_beside_its_pixels(state, material):
    """Veils, row numbers and the frame are at the height of the image's row, a gap below the cut."""
    picture = lab.draw(lab.compute(state, material))
    tops = {}
    for place in range(8):
        read_as = 8 - place if state.upwards else place + 1
        below = state.erase and (read_as <= state.erase if state.upwards else read_as > state.erase)
        tops[read_as] = lab.TOP + place * lab.CELL + (lab.GAP if below else 0)
    veils = [float(y) for y in re.findall(r'<rect x="22" y="([\d.]+)" [^>]*"veil unread"', picture)]
    assert sorted(veils) == sorted(tops[t] for t in range(state.rows + 1, 9))
    frames = re.findall(r'y="([\d.]+)" [^>]*class="frame"', picture)
    assert [float(y) + 2 for y in frames] == ([tops[state.rows]] if state.rows else [])
    assert picture.count('"veil forgotten"') == (state.erase if state.rows > state.erase else 0)


def ribbons(picture: str) -> list[list[tuple[float, float]]]:
    """The sides of each ribbon, as lists of (x, y) of the corners on the way down."""
    sides = []
    for path in re.findall(r'd="M([^"]*)L[^"]*Z"', picture):
        x, places = None, []
        for command, numbers in re.findall(r"([VC]?)([-\d. ]+)", path):
            values = [float(number) for number in numbers.split()]
            if command == "V":
                places.append((x, values[0]))
            else:
                x, y = values[-2:]
                places.append((x, y))
        sides.append(places)
    return sides


@pytest.mark.parametrize("order", lab.ORDERS)
def test_a_ribbon_is_as_wide_as_the_belief(order, material):
    view = lab.compute(lab.State(5, 36, 8, order), material)
    drawn = ribbons(lab._draw_river(view))
    assert len(drawn) == 10
    downwards = view.beliefs[::-1] if view.state.upwards else view.beliefs
    left = np.pad(np.cumsum(downwards, axis=1), ((0, 0), (1, 0)))[:, :10]
    for digit, side in enumerate(drawn):
        at_rows = [x for x, _ in side[::2]]
        np.testing.assert_allclose(at_rows, lab.RIVER + lab.FULL * left[:, digit], atol=0.06)
        heights = [y for _, y in side]
        assert heights == sorted(heights) and (heights[0], heights[-1]) == (lab.TOP, lab.TOP + 8 * lab.CELL)


def test_the_river_begins_anew_where_the_memory_is_erased(material):
    for rows, expected in ((0, 0), (1, 10), (3, 10), (4, 20), (8, 20)):
        view = lab.compute(lab.State(3, 5, rows, erase=3), material)
        picture = lab._draw_river(view)
        assert len(ribbons(picture)) == expected
        assert len(re.findall(r"<path [^>]*faded", picture)) == (10 if rows > 3 else 0)


def test_the_bars_are_the_belief(material):
    view = lab.compute(lab.State(5, 36, 6), material)
    heights = [float(height) for height in re.findall(r'height="([\d.]+)" class="bar', lab.draw(view))]
    np.testing.assert_allclose(heights, np.maximum(lab.TALL * view.beliefs[5], 1), rtol=1e-4)


def test_the_three_that_get_most_have_a_colour_wherever_they_stand(material):
    beliefs = np.full((8, 10), 0.01)
    beliefs[1, 4], beliefs[3, 8], beliefs[7, 2], beliefs[7, 9] = 0.8, 0.9, 0.5, 0.4
    view = replace(lab.compute(lab.State(rows=8), material), beliefs=beliefs)
    assert view.named == [8, 4, 2]
    assert len({lab._colour(view, digit) for digit in view.named}) == 3
    assert all(lab._colour(view, digit).startswith("other") for digit in range(10) if digit not in view.named)


def test_the_row_that_moved_it_most(material):
    view = lab.compute(lab.State(), material)
    steps = np.full((8, 10), 0.1)
    steps[2, 0], steps[5, 0], steps[6] = 0.3, 0.6, steps[5]
    for rows, erase, turn in ((0, 0, None), (1, 0, None), (2, 0, 2), (5, 0, 3), (6, 0, 6), (8, 0, 6), (5, 3, 5),
                              (6, 5, None), (8, 5, 8), (4, 4, 3)):  # fmt: skip
        seen = replace(view, state=replace(view.state, rows=rows, erase=erase), beliefs=steps)
        assert seen.turn == turn, (rows, erase)
        assert (f"Row {turn} moved it most." in lab.describe(seen)) == (turn is not None)
        assert ("moved it most" in lab._draw_captions(seen)) == (turn is not None)


def test_a_mind_is_settled_from_its_last_change_on(material):
    view = lab.compute(lab.State(), material)
    for leaders, settled in (([3] * 8, 1), ([1, 3, 3, 5, 3, 3, 3, 3], 5), ([3] * 7 + [4], 8), ([1] + [3] * 7, 2)):
        assert replace(view, beliefs=np.eye(10)[leaders]).settled == settled


def test_the_readout_says_what_is_read_and_remembered(material):
    def said(**state):
        return lab.describe(lab.compute(lab.State(9, 19, **state), material))

    assert said(rows=0).endswith("top down. Nothing is read yet, so there is no belief.")
    assert "After 1 row: " in said(rows=1) and "After 2 rows: " in said(rows=2, order="bottom up")
    assert "bottom up" in said(order="bottom up")
    assert "will be erased after row 4." in said(rows=4, erase=4)
    assert "was erased after row 4: it knows row 5 alone." in said(rows=5, erase=4)
    assert "was erased after row 4: it knows rows 5 to 7 alone." in said(rows=7, erase=4)
    assert "It ends" not in said(rows=7)


def test_the_readout_is_the_belief(material):
    for state in STEPS:
        view = lab.compute(state, material)
        if not state.rows:
            continue
        first, second = np.argsort(view.belief)[:-3:-1]
        words = f": {first} ({view.belief[first]:.2f}), {second} ({view.belief[second]:.2f})."
        assert words in lab.describe(view)
        right = first == state.digit
        ending = f"It ends {'right' if right else 'wrong'}, with {'an' if first == 8 else 'a'} {first}."
        assert (ending in lab.describe(view)) == (state.rows == 8)


# Puzzles


def test_all_five_puzzles_have_an_answer():
    names = [puzzle.name for puzzle in explore.row_reader().puzzles]
    assert names == ["5 or 6?", "Made up its mind", "Early and sure", "Sure, and wrong", "What is left of a 9"], (
        f"data/trained/row_reader.npz leaves only the puzzles {names}: nothing answers the others. "
        "Change what they ask."
    )


class Undecided:
    """A reader that never learned."""

    def beliefs(self, images):
        return np.full((len(images), 8, 10), 0.1, np.float32)

    def states(self, images):
        return np.zeros((len(images), 8, 4), np.float32)


def test_a_reader_that_never_learned_has_no_puzzles(material):
    assert lab.puzzles(lab.Material(material.digits, Undecided())) == ()


@pytest.fixture(scope="module")
def views(material):
    """Of every validation digit in both orders; of some with an erasure too."""
    count = len(material.digits)
    ways = [(row, order, 0) for row in range(count) for order in lab.ORDERS]
    ways += [(row, "top down", 5) for row in range(0, count, 4)]
    whole = [lab.compute(material.digit_at(row, rows=8, order=order, erase=erase), material)
             for row, order, erase in ways]  # fmt: skip
    return [replace(view, state=replace(view.state, rows=rows)) for view in whole for rows in range(1, 9)]


def solving(puzzle, views) -> list:
    """Those that solve it; there are some."""
    found = [view for view in views if puzzle.solved(view)]
    assert found, puzzle.name
    return found


def test_only_what_the_sentence_asks_for_solves(material, views):
    turns, settled, early, wrong, _ = lab.puzzles(material)
    for view in solving(turns, views):
        before, after = view.leaders[view.state.rows - 2 : view.state.rows]
        assert (view.state.digit, {before, after}) == (5, {5, 6}) and lab._as_learned(view.state)
    for view in solving(early, views):
        assert f"{view.belief[view.state.digit]:.2f}" >= "0.90" and f"after {view.state.rows} of" in early.sentence
        assert lab._as_learned(view.state)
    for view in solving(wrong, views):
        down = lab.compute(replace(view.state, order="top down"), material).beliefs[-1]
        assert view.leaders[-1] != view.state.digit == down.argmax() and view.belief.max() > down.max()
        assert view.state == replace(view.state, order="bottom up", rows=8, erase=0)
    rows = [replace(settled.start, rows=rows) for rows in range(9)]
    assert [state for state in rows if settled.solved(lab.compute(state, material))] == list(settled.solutions)


def test_what_the_puzzles_count_is_so(material, views):
    turns, settled, early, wrong, _ = lab.puzzles(material)
    labels = material.digits.labels
    everything = material.reader.beliefs(material.digits.images)
    leaders = everything.argmax(axis=2)
    pairs = [{(5, 6), (6, 5)} & set(pairwise(row)) for row in leaders[labels == 5].tolist()]
    assert turns.because.startswith(f"{sum(map(bool, pairs))} of the {len(pairs)} do.")
    assert early.because.startswith(f"{len(solving(early, views))} of the {len(labels)} are")
    backwards = material.reader.predict(material.digits.images[:, ::-1]).argmax(axis=1)
    down, up = ((answers == labels).sum() for answers in (leaders[:, -1], backwards))
    assert f"{down} of the {len(labels)} digits right, bottom up {up}." in wrong.because and down > 2 * up
    (solution,) = settled.solutions
    changes = np.diff(lab.compute(solution, material).leaders).astype(bool)
    assert f"{changes.sum()} times by then" in settled.because and changes[: solution.rows - 1].sum() == changes.sum()


def test_an_erasure_makes_two_digits_of_one_9(material):
    left = lab.puzzles(material)[-1]
    ends = [int(lab.compute(state, material).leaders[-1]) for state in left.solutions]
    assert lab.compute(left.start, material).leaders[-1] == 9
    assert f"ends as a {ends[0]}, and so that it ends as a {ends[1]}." in left.sentence
    for erase in range(8):
        view = lab.compute(replace(left.start, erase=erase), material)
        assert left.solved(view) == (view.leaders[-1] in ends)
        for other in ({"rows": 7}, {"order": "bottom up"}, {"number": left.start.number - 1}):
            assert not left.solved(replace(view, state=replace(view.state, **other)))


# Controls


def test_pointing_at_a_row_reads_as_far_as_it():
    for order in lab.ORDERS:
        for erase in (0, 3):
            opened = explore.row_reader(order=order, erase=erase)
            for rows in range(1, 9):
                y = (lab._y(opened.state, rows - 1) + 3 - lab.TOP) / (8 * lab.CELL + lab.GAP)
                opened._frame.picked = {"name": "rows", "x": 0.2, "y": y}
                assert (opened.state, opened.error) == (replace(opened.first, rows=rows), "")


def test_another_digit_keeps_the_number_where_there_is_one(material):
    fewest, most = min(range(10), key=material.count), max(range(10), key=material.count)
    state = lab._with_digit(lab.State(most, material.count(most) - 1), fewest, material)
    assert state.number == material.count(fewest) - 1
    opened = explore.row_reader(most, material.count(most) - 1)
    next(control for control in opened.controls if control.name == "digit").widget.value = fewest
    assert (opened.state.number, opened.error) == (material.count(fewest) - 1, "")


def test_every_validation_digit_can_be_shown(material):
    for row in range(len(material.digits)):
        assert material.row_of(material.digit_at(row)) == row


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"digit": 10}, "digit is 10; it must be a whole number from 0 to 9"),
        ({"digit": "5"}, "digit is '5'"),
        ({"number": 39}, "number is 39; there are 39 validation digits 5, from 0"),
        ({"number": -1}, "number is −1"),
        ({"rows": 9}, "rows is 9; it must be a whole number from 0 to 8"),
        ({"rows": 2.0}, "rows is 2.0"),
        ({"rows": True}, "rows is True"),
        ({"order": "sideways"}, "order is 'sideways'; it must be one of 'top down', 'bottom up'"),
        ({"order": None}, "order is None"),
        ({"order": ["top down"]}, "order is"),
        ({"order": np.array(["top down", "bottom up"])}, "order is array"),
        ({"erase": 8}, "erase is 8; it must be a whole number from 0 to 7"),
        ({"erase": None}, "erase is None"),
    ],
)
def test_the_row_reader_says_what_it_takes(bad, says):
    with pytest.raises(ValueError, match=says):
        explore.row_reader(**bad)


def test_narrow_numbers_do_not_wrap_round():
    narrow = explore.row_reader(np.uint8(5), np.uint8(7), rows=np.uint8(8), erase=np.int8(3))
    assert narrow.state == lab.State(5, 7, 8, erase=3) and narrow.error == ""
    assert all(type(value) is int for value in (narrow.state.digit, narrow.state.rows, narrow.state.erase))
    assert lab.describe(narrow.view) == lab.describe(explore.row_reader(5, 7, rows=8, erase=3).view)


def test_an_8_has_another_article(material):
    view = lab.compute(lab.State(8, 0, rows=8), material)
    assert "an 8, read top down" in lab.draw(view)
    assert lab.still(view).get_suptitle().startswith("An 8 by a writer")
    right = "It ends right, with an 8." if view.leaders[-1] == 8 else "It ends wrong, with a"
    assert right in lab.describe(view)


def test_it_prints_the_call_that_makes_it():
    assert repr(explore.row_reader()) == "explore.row_reader()"
    opened = explore.row_reader(np.int64(9), 19, rows=8, order="bottom up", erase=2)
    assert repr(opened) == "explore.row_reader(digit=9, number=19, rows=8, order='bottom up', erase=2)"


def test_the_still_picture_plots_the_beliefs(material):
    view = lab.compute(lab.State(9, 19, erase=2), material)
    river = lab.still(view).axes[-1]
    sizes = [polygon.get_paths()[0].vertices for polygon in river.collections]
    assert len(sizes) == 20
    for part, drawn in ((range(2), sizes[:10]), (range(2, 8), sizes[10:])):
        for digit, corners in enumerate(drawn):
            at = corners[:, 0]
            for t in part:
                heights = corners[np.abs(at - t - 0.5) < 0.03, 1]
                assert np.ptp(heights) == pytest.approx(view.beliefs[t, digit], abs=1e-6)


def test_a_step_of_the_slider_is_quick():
    """Once its readings are known a state costs a few milliseconds; the bound is for a machine that is busy."""
    opened = explore.row_reader()
    taken = []
    for rows in list(range(9)) * 5:
        start = time.process_time()
        opened.show(replace(opened.first, rows=rows, digit=8, number=3, erase=5))
        taken.append(time.process_time() - start)
    assert np.median(taken) < 0.02


def test_importing_it_brings_nothing_heavy():
    heavy = {"tensorflow", "keras", "matplotlib", "skimage", "sklearn", "scipy"}
    code = f"import sys, course_utils.explore.row_reader; print(*({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == ""
