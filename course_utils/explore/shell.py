"""The shell of every exploration: controls, picture, read-out, puzzles, and the Python call for what is on view.

A module `explore/<name>.py` is pure but for its last function:

    @dataclass(frozen=True)
    class State: …                       # what the controls set; `__post_init__` raises ValueError for bad values
    @dataclass(frozen=True)
    class View: …                        # what follows from it; has the field `state`
    def compute(state, …data) -> View
    def describe(view) -> str            # the read-out, also for screen readers: it must speak of every control
    def draw(view) -> str                # HTML or SVG with alt text; see explore/drawing.py; styles in shell.css
    def still(view) -> Figure            # matplotlib.figure.Figure, never pyplot; drawn once, when first displayed
    def <name>(…) -> Exploration         # works without arguments too: data default to the course's own

The last one returns

    Exploration(name, title=…, idea=…, state=State(…), compute=…, describe=…, draw=…, still=…,
                call=…,                  # state -> the Python call that makes it; see `call_line`
                controls=[slider(…), Group("Kernel", [number(…), …], columns=3), action(…), …],
                puzzles=[Puzzle(…), …],  # optional: the presets
                pick=…)                  # optional: (state, name, x, y) -> state, for a pointer on data-pick="name"

with data bound by `functools.partial(compute, image=image)`. Export the function in `explore/__init__.py`: the tests
find it there, drive every control over its range, solve every puzzle and run the call line.

A control shows a part of the state; `Control` takes any widget with a `value`. An `action` is a button that does
something with the state, also outside of it: its function gets the state and returns the next one. After it
everything is computed anew, so what `compute` was bound to may have changed.

There is one way from a control to the page: control → new state → compute → draw, describe, call → widgets. Whatever
fails on it becomes a sentence in the error line, and the state stays as it was until the next good change. Text that
was refused stays in its field, and the sentence with it, until the text changes or what the field shows does.
"""

import base64
import io
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cache, partial
from html import escape, unescape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image

from course_utils.keyboard import guard

__all__ = ["Action", "Control", "Exploration", "Group", "Puzzle", "action", "call_line", "check_whole", "choice",
           "is_whole", "name_of", "number", "parse_number", "plain", "slider", "toggles", "written"]  # fmt: skip


@dataclass(frozen=True)
class Control:
    """One native widget and the part of the state it shows.

    `read(state, value)` gives the state after the reader set the widget to `value`; `write(state)` the value that shows
    `state`; `bounds(state)`, where given, the widget's (min, max).
    """

    name: str
    widget: widgets.ValueWidget
    read: Callable[[Any, Any], Any]
    write: Callable[[Any], Any]
    bounds: Callable[[Any], tuple[float, float]] | None = None

    def shows(self, state) -> bool:
        """Whether the widget already stands for `state`, however it is typed: 0.50 for 0.5."""
        try:
            return self.read(state, self.widget.value) == state
        except Exception:
            return False


@dataclass(frozen=True)
class Action:
    """A button that acts: `act(state)` does something and gives the state after it."""

    name: str
    widget: widgets.Button
    act: Callable[[Any], Any]


@dataclass(frozen=True)
class Group:
    """Controls and actions under one heading, none if it is empty, in `columns` columns."""

    heading: str
    controls: Sequence[Control | Action]
    columns: int = 1


@dataclass(frozen=True)
class Puzzle:
    """A preset that asks for something.

    `solved(view)` is pure. `solutions` are states that solve it; where there are several, the reader must find as many,
    different in `way(view)`. `because` is said when it is solved.
    """

    name: str
    sentence: str
    start: Any
    solved: Callable[[Any], bool]
    solutions: tuple[Any, ...]
    because: str
    way: Callable[[Any], Hashable] = lambda view: True


def _set(name: str) -> Callable[[Any, Any], Any]:
    return lambda state, value: replace(state, **{name: value})


def _get(name: str) -> Callable[[Any], Any]:
    return lambda state: getattr(state, name)


def slider(name: str, label: str, low: float, high: float, step: float = 1, *, read=None, write=None, bounds=None,
           readout_format: str | None = None) -> Control:  # fmt: skip
    """A slider for the field `name`: whole numbers when `low`, `high` and `step` are."""
    whole = all(isinstance(value, int) for value in (low, high, step))
    kind, usual = (widgets.IntSlider, "d") if whole else (widgets.FloatSlider, ".2f")
    widget = kind(min=low, max=high, step=step, description=label, readout_format=readout_format or usual)
    return Control(name, widget, read or _set(name), write or _get(name), bounds)


def choice(name: str, label: str, options: Sequence, *, read=None, write=None) -> Control:
    """A dropdown for the field `name`; `options` are values or (words, value) pairs."""
    return Control(name, widgets.Dropdown(options=options, description=label), read or _set(name), write or _get(name))


def toggles(name: str, label: str, options: Sequence, *, read=None, write=None) -> Control:
    """Buttons of which one is down, for the field `name`; `options` are values or (words, value) pairs."""
    widget = widgets.ToggleButtons(options=options, description=label)
    return Control(name, widget, read or _set(name), write or _get(name))


def action(name: str, label: str, act: Callable[[Any], Any], tooltip: str = "") -> Action:
    """A button that calls `act(state)`, which returns the next state or raises `ValueError` with a sentence."""
    return Action(name, widgets.Button(description=label, tooltip=tooltip or label), act)


def number(name: str, label: str, *, read=None, write=None) -> Control:
    """A small field for any number, also a fraction such as 1/9; the arrow keys step it by one."""
    read, write = read or _set(name), write or _get(name)
    widget = widgets.Text(description=label)
    widget.add_class("course-number")
    return Control(
        name,
        widget,
        lambda state, typed: read(state, parse_number(typed)),
        lambda state: written(write(state)).replace("-", "−"),
    )


def parse_number(typed: str) -> float:
    """The number in `typed`: 2, −0.5 or 1/9. Errors: `ValueError` with a sentence for the reader."""
    above, _, below = typed.strip().replace("−", "-").partition("/")
    try:
        value = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"“{typed}” is not a number. Type one such as 2, −0.5 or 1/9.")
    return value


def written(value: float) -> str:
    """`value` as one would write it in Python: 2, 0.25, 1/9; evaluates to exactly `value`."""
    short = f"{value:.4g}"
    fraction = Fraction(value).limit_denominator(64)
    if float(short) == value or float(fraction) != value:
        return repr(int(value)) if float(value).is_integer() else repr(float(value))
    return str(fraction)


def call_line(name: str, data: str, state, default, write: dict[str, Callable[[Any], str]] | None = None) -> str:
    """The call that makes `state`: `explore.name(data, field=…)` with the fields that differ from `default`.

    `write` gives the text for fields whose `repr` is not what one would write.
    """
    changed = [f.name for f in fields(state) if getattr(state, f.name) != getattr(default, f.name)]
    given = [f"{field}={(write or {}).get(field, plain)(getattr(state, field))}" for field in changed]
    return f"explore.{name}({', '.join([data] * bool(data) + given)})"


def plain(value) -> str:
    """The `repr` of `value`, of a number of NumPy's without its type: 7 for `np.int64(7)`."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def is_whole(value) -> bool:
    """Whether `value` is a whole number, of Python's or of NumPy's; True and 3.0 are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_whole(name: str, value, low: int, high: int) -> None:
    """Errors: `ValueError` with a sentence when `value` is no whole number from `low` to `high`."""
    if not is_whole(value) or not low <= value <= high:
        sentence = f"{name} is {value!r}; it must be a whole number from {low} to {high}."
        raise ValueError(sentence.replace("-", "−"))


def name_of(value, otherwise: str) -> str:
    """The name under which the notebook knows `value`, so that a call line with it can be run there."""
    from IPython import get_ipython

    shell = get_ipython()
    names = shell.user_ns.items() if shell else ()
    return next((name for name, known in names if known is value and not name.startswith("_")), otherwise)


@cache
def _matrix_products():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def on_one_thread():
    """A context in which NumPy multiplies matrices on one thread.

    A forward pass takes 0.3 ms so. Shared by two threads it takes 12 ms whenever one core is busy, as with the browser.
    """
    return _matrix_products().limit(limits=1, user_api="blas")


class Frame(anywidget.AnyWidget):
    """The styles of the shell, and the little JavaScript that native widgets cannot replace."""

    _esm = Path(__file__).with_name("shell.js")
    _css = Path(__file__).with_name("shell.css")
    picked = traitlets.Dict().tag(sync=True)


def _line(css_class: str, *more: str) -> widgets.HTML:
    line = widgets.HTML()
    for name in (css_class, *more):
        line.add_class(name)
    return line


class Exploration(widgets.VBox):
    """An exploration on view; see the module's docstring. `state` and `view` are what it shows now."""

    def __init__(self, name: str, *, title: str, idea: str, state, compute, describe, draw, still, call,
                 controls: Sequence[Control | Action | Group], puzzles: Sequence[Puzzle] = (), pick=None):  # fmt: skip
        self.name, self.first, self.puzzles = name, state, tuple(puzzles)
        self._compute, self._describe, self._draw, self._still, self._call = compute, describe, draw, still, call
        items = [item for group in controls for item in getattr(group, "controls", (group,))]
        self.controls = [item for item in items if isinstance(item, Control)]
        self.actions = [item for item in items if isinstance(item, Action)]
        self._writing = False
        self._refused: dict[str, str] = {}  # the names of fields with text that was refused, and why
        self._puzzle: Puzzle | None = None
        self._ways: dict[str, set] = {}
        self._portrait: str | None = None

        self._picture = _line("course-picture")
        self._readout = _line("course-readout", "course-live")
        self._error = _line("course-error", "course-live")
        self._task = _line("course-task", "course-live")
        self._code = _line("course-call")
        self._buttons = [self._button(*numbered) for numbered in enumerate(self.puzzles, 1)]
        self._frame = Frame()
        super().__init__([
            self._header(title, idea), *self._puzzle_row(), self._stage(controls),
            self._readout, self._error, self._code, self._frame,
        ])  # fmt: skip
        self.add_class("course-exploration")
        self.add_class(f"exploration-{name}")
        guard(self)

        for control in self.controls:
            control.widget.observe(partial(self._changed, control), "value")
        for each in self.actions:
            each.widget.on_click(partial(self._acted, each))
        if pick:
            self._frame.observe(lambda change: self._picked(pick, **change.new), "picked")
        self._show(state)

    @property
    def call(self) -> str:
        """The Python call that makes what is on view."""
        return self._call(self.state)

    @property
    def error(self) -> str:
        """The sentence in the error line; empty when all is well."""
        return unescape(self._error.value.removeprefix("<span>").removesuffix("</span>"))

    def show(self, state) -> None:
        """Put all controls to `state`; what is wrong with it appears in the error line."""
        self._attempt(lambda: state)

    def reset(self) -> None:
        """Back to the first state, and out of any puzzle."""
        self._start(self.first, None)

    def start_puzzle(self, puzzle: Puzzle) -> None:
        """Put the controls where the puzzle begins, and ask."""
        self._start(puzzle.start, puzzle)

    # The one way from a change to the page

    def _changed(self, control: Control, change) -> None:
        if self._writing:
            return
        self._refused.pop(control.name, None)
        self._attempt(lambda: control.read(self.state, change.new))
        if isinstance(control.widget, (widgets.Text, widgets.Textarea)) and not control.shows(self.state):
            self._refused[control.name] = self.error

    def _acted(self, action: Action, button) -> None:
        self._attempt(lambda: action.act(self.state))

    def _picked(self, pick, name: str, x: float, y: float) -> None:
        self._attempt(lambda: pick(self.state, name, x, y))

    def _start(self, state, puzzle: Puzzle | None) -> None:
        self._puzzle = puzzle
        self._refused.clear()
        self.show(state)

    def _attempt(self, next_state: Callable[[], Any]) -> None:
        try:
            self._show(next_state())
        except ValueError as error:
            self._complain(str(error))
        except Exception as error:  # a fault of ours: without this line nobody would see it
            self._complain(f"This exploration stumbled: {type(error).__name__}: {error}")

    def _complain(self, sentence: str) -> None:
        self._error.value = f"<span>{escape(sentence)}</span>" if sentence else ""

    def _show(self, state) -> None:
        """All or nothing: what can fail comes first."""
        with on_one_thread():
            view = self._compute(state)
        picture, readout, code = self._draw(view), self._describe(view), self._call(state)
        task = self._judge(view)
        self._refused = {name: why for name, why in self._refused.items() if self._still_refused(name, state)}
        self.state, self.view = state, view
        self._picture.value, self._task.value = picture, task
        self._readout.value, self._code.value = escape(readout), f"<code>{escape(code)}</code>"
        self._complain(" ".join(self._refused.values()))
        self._write_controls(state)
        self._mark_buttons()

    def _still_refused(self, name: str, state) -> bool:
        """Whether the field `name` would show of `state` what it would show now."""
        control = next(control for control in self.controls if control.name == name)
        return control.write(state) == control.write(self.state)

    def _write_controls(self, state) -> None:
        self._writing = True
        try:
            for control in self.controls:
                if control.bounds:
                    control.widget.min, control.widget.max = control.bounds(state)
                if control.name not in self._refused and not control.shows(state):
                    control.widget.value = control.write(state)
        finally:
            self._writing = False

    # Puzzles

    def _judge(self, view) -> str:
        """What to say about the puzzle on view, as HTML; remembers the ways in which it was solved."""
        puzzle = self._puzzle
        if puzzle is None:
            return "Each of these is a puzzle. Or move anything and see." if self.puzzles else ""
        found, wanted = self._ways.setdefault(puzzle.name, set()), len(puzzle.solutions)
        now = puzzle.solved(view)
        if now:
            found.add(puzzle.way(view))
        if now and len(found) >= wanted:
            return f"<span class='course-tick'>✓ Solved.</span> {escape(puzzle.because)}"
        progress = f" <b>{len(found)} of {wanted} found.</b>" if wanted > 1 else ""
        return escape(puzzle.sentence) + progress

    def _mark_buttons(self) -> None:
        for button, puzzle in zip(self._buttons, self.puzzles, strict=True):
            _mark(button, "course-active", puzzle is self._puzzle)
            _mark(button, "course-solved", len(self._ways.get(puzzle.name, ())) >= len(puzzle.solutions))

    def _button(self, position: int, puzzle: Puzzle) -> widgets.Button:
        button = widgets.Button(description=puzzle.name, tooltip=puzzle.sentence)
        button.add_class(f"control-preset-{position}")
        button.on_click(lambda _: self.start_puzzle(puzzle))
        return button

    # What stands where

    def _header(self, title: str, idea: str) -> widgets.Box:
        words = _line("course-title")
        words.value = f"<b>{escape(title)}</b> <span>{escape(idea)}</span>"
        reset = widgets.Button(description="Reset", tooltip="Back to the beginning")
        reset.add_class("control-reset")
        reset.on_click(lambda _: self.reset())
        header = widgets.HBox([words, reset])
        header.add_class("course-header")
        return header

    def _puzzle_row(self) -> list[widgets.Box]:
        if not self.puzzles:
            return []
        row = widgets.VBox([widgets.HBox(self._buttons), self._task])
        row.add_class("course-puzzles")
        return [row]

    def _stage(self, controls: Sequence[Control | Action | Group]) -> widgets.Box:
        panel = widgets.VBox([_placed(item) for item in controls])
        panel.add_class("course-panel")
        stage = widgets.HBox([panel, self._picture])
        stage.add_class("course-stage")
        return stage

    # What stays when nobody is there to move it

    def __repr__(self) -> str:
        return self.call

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle |= {"text/plain": repr(self), "image/png": self.portrait()}
        return bundle, {"image/png": {"alt": self._describe(self._compute(self.first))}}

    def portrait(self) -> str:
        """The still picture of the first state: PNG, base64."""
        if self._portrait is None:
            self._portrait = _small_png(self._still(self._compute(self.first)))
        return self._portrait


def _small_png(figure) -> str:
    """The figure in 256 colours, a third of the size, as base64."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100, facecolor="white")
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return base64.b64encode(packed.getvalue()).decode()


def _mark(widget: widgets.DOMWidget, css_class: str, wanted: bool) -> None:
    if wanted:
        widget.add_class(css_class)
    else:
        widget.remove_class(css_class)


def _placed(item: Control | Action | Group) -> widgets.Widget:
    if not isinstance(item, Group):
        item.widget.add_class("course-control" if isinstance(item, Control) else "course-action")
        item.widget.add_class(f"control-{item.name}")
        return item.widget
    heading = _line("course-heading")
    heading.value = escape(item.heading)
    box = widgets.GridBox([_placed(control) for control in item.controls])
    box.layout.grid_template_columns = f"repeat({item.columns}, 1fr)" if item.columns > 1 else "100%"
    box.add_class("course-grid" if item.columns > 1 else "course-list")
    return widgets.VBox([heading, box] if item.heading else [box])
