"""The checks themselves, in the real JupyterLab: each sees the fault that it is there for."""

import pytest
from checks import check_control, check_keys, check_latency, check_pointing, check_puzzles, measure
from conftest import LESSONS
from driving import DARK, LIGHT
from lab import find_browser

from course_utils import explore

TOY = """
from dataclasses import dataclass
from matplotlib.figure import Figure
from course_utils.explore.shell import Exploration, slider

@dataclass(frozen=True)
class State:
    level: int = 0

def compute(state):
    if state.level > 7:
        raise RuntimeError("no such level")
    return state

def toy(draw=lambda view: f"<img alt='{view.level}'>"):
    return Exploration("toy", title="Toy", idea="one slider", state=State(), compute=compute, draw=draw,
                       describe=lambda view: f"Level {view.level}.", still=lambda view: Figure(figsize=(1, 1)),
                       call=lambda state: f"toy({state.level})", controls=[slider("level", "level", 0, 10)])
"""
UNGUARDED = """
import ipywidgets as widgets

box = widgets.VBox([widgets.Button(description="press"), widgets.IntSlider()])
box.add_class("course-guess")
box
"""
HIDDEN = """
import ipywidgets as widgets

button = widgets.Button(description="press")
button.on_click(lambda _: 1 / 0)
button.add_class("hidden-fault")
button
"""
GUESSES = """
from course_utils.guess import guess
guess("On clear sky the sum is", options=["large", "zero", "negative"])
"""
LEGIBLE = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const paint = (...colours) => {
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255);
    };
    const light = (colour) => colour.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
        return [...layers, ...shape(element)];
    };
    // a word of the class on-x stands on the path of the class x, one of the class on on the shape drawn before it
    const shape = (element) => {
        const name = [...element.classList].find((name) => name.startsWith("on-"));
        const path = element.classList.contains("on") ? element.previousElementSibling
            : name && element.closest("svg").querySelector(`path.${name.slice(3)}`);
        if (!path) return [];
        const { fill, fillOpacity } = getComputedStyle(path);
        return [fill.replace("rgb(", "rgba(").replace(")", `, ${fillOpacity})`)];
    };
    // WCAG 2.2, 1.4.3 and 1.4.11: large words and marks without words need less
    const needed = (element) => {
        const { fontSize, fontWeight } = getComputedStyle(element);
        const large = parseFloat(fontSize) >= (fontWeight >= 600 ? 18.6 : 24);
        return large || !/[\\p{L}\\p{N}]/u.test(element.textContent) ? 3 : 4.5;
    };
    const weak = [];
    const roots = "course-title course-task course-heading course-readout course-call course-answer jupyter-button";
    const places = [...document.querySelectorAll(roots.split(" ").map((name) => "." + name).join())]
        .map((root) => root.querySelector("code, span, div > b") ?? root)
        .map((element) => [element, getComputedStyle(element).color]);
    const drawn = [...document.querySelectorAll(".course-picture text:not([style])")]
        .map((element) => [element, getComputedStyle(element).fill]);
    for (const [element, colour] of [...places, ...drawn]) {
        const layers = behind(element);
        const [dark, bright] = [light(paint(...layers)), light(paint(...layers, colour))].sort((a, b) => a - b);
        const contrast = (bright + 0.05) / (dark + 0.05);
        if (contrast < needed(element)) weak.push(`${element.textContent}: ${contrast.toFixed(1)}`);
    }
    return { looked: places.length + drawn.length, weak };
}"""


def test_a_raising_callback_becomes_visible_and_passes(open_cells):
    shown = open_cells(TOY, "toy()").exploration()
    handle = shown.root.locator("[role=slider]")
    handle.press("End")
    shown.notebook.settle()
    assert "RuntimeError: no such level" in shown.look().error
    assert shown.look().readout == "Level 0."
    handle.press("Home")
    handle.press("ArrowRight")
    shown.notebook.settle()
    assert (shown.look().error, shown.look().readout) == ("", "Level 1.")


def test_a_stuck_picture_is_seen(open_cells):
    shown = open_cells(TOY, "toy(draw=lambda view: '<img alt=still>')").exploration()
    with pytest.raises(AssertionError, match="the picture did not change"):
        check_control(shown, shown.controls()[0])


def test_a_control_without_a_guard_is_seen(open_cells):
    notebook = open_cells(UNGUARDED, "1 + 1")
    with pytest.raises(AssertionError, match="changed the notebook"):
        check_keys(notebook, notebook.guess())


def test_a_hidden_error_is_seen(open_cells):
    notebook = open_cells(HIDDEN)
    notebook.page.click(".hidden-fault")
    notebook.settle()
    assert notebook.hidden_errors()


def test_a_slow_exploration_is_seen():
    records = []
    check_latency({"drag": 149, "click": 10}, "quick enough", lambda *record: records.append(record))
    with pytest.raises(AssertionError, match="drag more than three times as slow"):
        check_latency({"drag": 151, "click": 10}, "slow", lambda *record: records.append(record))
    assert records[0] == ("latency", "quick enough: drag 149 ms (target 50), click 10 ms (target 300)")
    assert len(records) == 2


def test_no_browser_is_said_with_the_cure(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(RuntimeError, match="Install one"):
        find_browser()


def test_a_number_is_guessed(open_cells):
    notebook = open_cells("from course_utils.guess import guess", "guess('How many of 10', between=(0, 10))")
    root = notebook.guess()
    assert "Your guess" not in root.inner_text()
    root.locator("[role=slider]").press("ArrowRight")
    notebook.settle()
    assert "Your guess: 6." in root.inner_text()
    check_keys(notebook, root)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_all_words_are_legible(open_cells, theme):
    calls = [f"explore.{name}()" for name in explore.__all__]
    notebook = open_cells("from course_utils import explore", *calls, GUESSES, theme=theme)
    for number in range(len(calls)):
        notebook.exploration(number)
    notebook.guess().wait_for()
    found = notebook.page.evaluate(LEGIBLE)
    assert found["looked"] > 20 * len(calls)
    assert not found["weak"], f"too little contrast: {found['weak']}"


def test_explorations_that_no_lesson_shows(open_cells, record_property):
    """An exploration is checked in its lesson; until it has one, here."""
    lessons = "".join(path.read_text(encoding="utf-8") for path in LESSONS)
    for name in explore.__all__:
        if f"explore.{name}(" in lessons:
            continue
        notebook = open_cells("from course_utils import explore", f"explore.{name}()")
        shown = notebook.exploration()
        for control in shown.controls():
            check_control(shown, control)
        check_pointing(shown)
        check_puzzles(shown)
        check_keys(notebook, shown.root)
        check_latency(measure(shown), name, record_property)
        assert not notebook.hidden_errors()
