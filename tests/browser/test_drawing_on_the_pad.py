"""Drawing on the pad in a real JupyterLab: by mouse, by touch, by keys alone, and what stays of it."""

import re
import shutil
from collections.abc import Iterator, Sequence

import pytest
from checks import SAMPLES, check_latency, measure
from driving import OpenNotebook, Shown, latencies, median, watch

IMPORT = "from course_utils import explore"
PAD = "explore.drawing_pad()"
FAULTY = """
pad, compute = explore.drawing_pad(), None
def stumble(state):
    return compute(state) if state.blank else 1 / 0
compute, pad._compute = pad._compute, stumble
pad
"""
SLOW = """
import time
pad = explore.drawing_pad(digit=3)
def slowly(state, compute=pad._compute):
    time.sleep(0.2)
    return compute(state)
pad._compute = slowly
pad
"""
FIVE = [(21, 5), (13, 5.5), (12, 14), (15, 12.7), (18.5, 13), (21, 15.5), (21.3, 19), (20, 23), (16.5, 25.5),
        (12.5, 25), (10.5, 23.3)]  # fmt: skip
SEVEN = [(9, 6.5), (15, 6), (22, 6.3), (20, 12), (17, 18), (14.5, 26)]
KEYS_FOR_FOUR = ["Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "Space", *["ArrowLeft", "ArrowDown"] * 6,
                 *["ArrowDown"] * 6, *["ArrowRight"] * 13, "Space", "Shift+ArrowLeft", "Shift+ArrowUp",
                 "Shift+ArrowUp", "Space", *["ArrowDown"] * 19, "Space"]  # fmt: skip

Place = tuple[float, float]


@pytest.fixture
def pad(open_cells, lab) -> Shown:
    shutil.rmtree(lab.work, ignore_errors=True)
    return open_cells(IMPORT, PAD).exploration()


def places(shown: Shown, points: Sequence[Place]) -> list[Place]:
    """Pixels of the pad as places of the page."""
    canvas = shown.root.locator(".pad-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return [(box["x"] + x / 32 * box["width"], box["y"] + y / 32 * box["height"]) for x, y in points]


def by_mouse(shown: Shown, points: Sequence[Place]) -> None:
    first, *rest = places(shown, points)
    shown.page.mouse.move(*first)
    shown.page.mouse.down()
    for place in rest:
        shown.page.mouse.move(*place, steps=4)
    shown.page.mouse.up()
    shown.notebook.settle()


def by_touch(shown: Shown, points: Sequence[Place]) -> None:
    client = shown.page.context.new_cdp_session(shown.page)

    def touch(kind: str, *places: Place) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    first, *rest = places(shown, points)
    touch("touchStart", first)
    for place in rest:
        touch("touchMove", place)
    touch("touchEnd")
    shown.notebook.settle()


def by_keys(shown: Shown, keys: Sequence[str]) -> None:
    for key in keys:
        shown.page.keyboard.press(key)
    shown.notebook.settle()


def ink(shown: Shown) -> int:
    """Pixels of ink, as the read-out counts them; 0 for an empty pad."""
    readout = shown.look().readout
    counted = re.search(r"A drawing of (\d+) pixels", readout)
    assert counted or "The pad is empty" in readout, readout
    return int(counted[1]) if counted else 0


def shown_ink(shown: Shown) -> int:
    """Pixels of ink that the canvas shows."""
    return shown.root.locator(".pad-canvas").evaluate("""(canvas) => canvas.getContext("2d")
        .getImageData(0, 0, 32, 32).data.reduce((sum, value, i) => sum + (i % 4 === 0 && value > 0), 0)""")


def check_read(shown: Shown, before, digit: int) -> None:
    """Picture and read-out have changed, and every model reads the digit."""
    after = shown.look()
    assert after.picture != before.picture and after.readout != before.readout and not after.error
    for model in ("SVM", "3 nearest neighbours", "CNN"):
        assert f"{model} {digit} (" in after.readout, after.readout
    assert ink(shown) == shown_ink(shown)
    assert not shown.notebook.hidden_errors()


def test_a_digit_by_mouse(pad):
    before = pad.look()
    by_mouse(pad, FIVE)
    check_read(pad, before, 5)


def test_a_digit_by_touch_does_not_scroll_the_page(pad):
    before, box = pad.look(), pad.root.bounding_box()
    by_touch(pad, SEVEN)
    check_read(pad, before, 7)
    assert pad.root.bounding_box() == box


def test_a_digit_by_keys_alone(pad):
    before = pad.look()
    pad.root.locator(".pad-canvas").focus()
    live = pad.root.locator(".pad-live")
    assert live.inner_text() == "row 17, column 17, paper; pen up" and live.get_attribute("aria-live") == "polite"
    by_keys(pad, KEYS_FOR_FOUR[:5])
    assert live.inner_text() == "row 5, column 16, ink; pen down"
    by_keys(pad, KEYS_FOR_FOUR[5:])
    check_read(pad, before, 4)


def test_a_stroke_that_leaves_the_pad_ends_where_the_button_is_released(pad):
    by_mouse(pad, [(16, 16), (28, 16), (60, 16), (60, 30), (16, 28), (16, 60)])
    assert ink(pad) == shown_ink(pad) > 60
    pad.page.mouse.move(*places(pad, [(5, 5)])[0])
    assert ink(pad) == shown_ink(pad)


def test_no_key_reaches_the_notebook_and_tab_leaves(pad):
    canvas = pad.root.locator(".pad-canvas")
    before, after = pad.notebook.press_command_keys(canvas)
    assert before == after
    by_keys(pad, ["Space"])
    before, after = pad.notebook.press_command_keys(canvas)
    assert before == after
    by_keys(pad, ["ArrowLeft", "ArrowLeft", "Tab"])  # with the pen still down
    assert not canvas.evaluate("canvas => canvas === document.activeElement")
    assert ink(pad) == shown_ink(pad) > 9
    canvas.focus()
    by_keys(pad, ["Shift+Tab"])
    assert not canvas.evaluate("canvas => canvas === document.activeElement")
    assert pad.notebook.state() == after


def test_eraser_undo_and_clear(pad):
    by_mouse(pad, [(4, 16), (28, 16)])
    line = ink(pad)
    pad.root.locator(".control-eraser").click()
    by_mouse(pad, [(14, 16), (18, 16)])
    erased = ink(pad)
    assert 0 < erased < line
    pad.root.locator(".control-undo").click()
    pad.notebook.settle()
    assert ink(pad) == shown_ink(pad) == line
    pad.root.locator(".control-clear").click()
    pad.notebook.settle()
    assert ink(pad) == shown_ink(pad) == 0
    pad.root.locator(".control-digit button").nth(8).click()
    pad.notebook.settle()
    assert "Test digit 8, number 0" in pad.look().readout and shown_ink(pad) > 0
    pad.root.locator("textarea").fill("##\n.#")
    by_keys(pad, ["Tab"])
    assert ink(pad) == shown_ink(pad) == 3 * 16**2
    for _ in range(2):
        pad.root.locator(".control-undo").click()
    pad.notebook.settle()
    assert ink(pad) == shown_ink(pad) == 0
    pad.root.locator(".control-undo").click()
    pad.notebook.settle()
    assert ink(pad) == shown_ink(pad) == line
    assert not pad.look().error


def test_what_was_kept_survives_restart_and_reload(pad):
    notebook: OpenNotebook = pad.notebook
    by_mouse(pad, FIVE)
    pad.root.locator(".control-label select").select_option(label="5")
    notebook.settle()
    pad.root.locator(".control-add").click()
    pad.root.locator(".course-readout", has_text="digits by strangers they read").wait_for(timeout=60_000)
    assert not pad.look().error
    by_mouse(pad, SEVEN)
    drawn = ink(pad)
    for again in (notebook.restart, notebook.load):
        again()
        notebook.settle()
        shown = notebook.exploration()
        assert "and 1 of yours" in shown.root.locator(".course-picture").inner_text()
        assert ink(shown) == shown_ink(shown) == drawn
        assert not shown.look().error and not notebook.hidden_errors()


def test_a_hidden_fault_is_shown_and_drawing_goes_on(open_cells, lab):
    shutil.rmtree(lab.work, ignore_errors=True)
    shown = open_cells(IMPORT, FAULTY).exploration()
    by_mouse(shown, FIVE)
    assert "stumbled: ZeroDivisionError" in shown.look().error
    drawn = shown_ink(shown)
    by_mouse(shown, SEVEN)
    assert shown_ink(shown) > drawn


def test_a_stroke_is_read_quickly(pad, record_property):
    watch(pad)
    times = {"stroke": median(latencies(pad, _strokes(pad), SAMPLES))}
    check_latency(times, "drawing pad", record_property)


def test_a_slow_answer_is_measured_whole(open_cells, lab):
    """However long it takes: the next input must not stop the clock of the last."""
    shutil.rmtree(lab.work, ignore_errors=True)
    shown = open_cells(IMPORT, SLOW).exploration()
    times = measure(shown)
    assert min(times.values()) >= 200, times


def _strokes(shown: Shown) -> Iterator[None]:
    """Short strokes all over the pad."""
    for i in range(60):
        x, y = 3 + 26 * (i % 8) / 7, 3 + 26 * (i // 8) / 7
        start, end = places(shown, [(x, y), (x + 1, y + 3)])
        shown.page.mouse.move(*start)
        shown.page.mouse.down()
        shown.page.mouse.move(*end)
        shown.page.mouse.up()
        yield
