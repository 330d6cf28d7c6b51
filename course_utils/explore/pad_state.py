"""What the drawing pad and the second opinion share: the state of a pad, its test digits, its controls, its undo.

state = load(State(), 7, 29)                       # a test digit; or State(read_rows(…)), a drawing
call("drawing_pad", state)                         # the Python call that makes it
PadExploration("second_opinion", more=[…], …)      # an Exploration with a pad, Undo and Clear; `more` controls
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

import ipywidgets as widgets
import numpy as np

from course_utils.data import digits, drawings
from course_utils.explore import drawing, shell
from course_utils.explore.pad import BLANK, PadWidget, check_rows, crop, place, read_rows
from course_utils.explore.shell import Control, Exploration, Group, check_whole
from course_utils.explore.words import a_digit

__all__ = [
    "PAPER", "SIDE", "TALL", "TOP", "WIDTH", "PadExploration", "State", "asked_for", "call", "count",
    "digit_control", "draw_bars", "draw_on", "draw_paper", "ink", "label_control", "load", "number_control", "percent",
    "row_of", "rows_of_digit", "settings", "subject", "test_digits", "test_rows", "typed_control", "verdict", "way",
    "writer_name",
]  # fmt: skip


@dataclass(frozen=True)
class State:
    """What is on the pad, 32 rows of 32 characters, and how it is looked at.

    `fit`: whether it is centred and scaled first. `label`: the digit that you say it is. `digit` and `number` name the
    test digit that was loaded last; it is still there while `rows` are its rows.
    """

    rows: tuple[str, ...] = BLANK
    fit: bool = True
    label: int | None = None
    digit: int = 0
    number: int = 0

    def __post_init__(self):
        object.__setattr__(self, "rows", check_rows(self.rows))
        if not isinstance(self.fit, bool):
            raise ValueError(f"fit is {self.fit!r}; it must be True or False.")
        if self.label is not None:
            check_whole("label", self.label, 0, 9)
        check_whole("digit", self.digit, 0, 9)
        check_whole("number", self.number, 0, 999)

    @property
    def blank(self) -> bool:
        return self.rows == BLANK

    @property
    def loaded(self) -> bool:
        """Whether the test digit `digit`, `number` is on the pad as it was loaded."""
        return (
            not self.blank and self.number < count(self.digit) and self.rows == rows_of_digit(self.digit, self.number)
        )


# The test digits that can be loaded


@cache
def test_digits() -> digits.Digits:
    return digits.load("by writer").test


def count(digit: int) -> int:
    """How many test digits `digit` there are."""
    return int((test_digits().labels == digit).sum())


def row_of(digit: int, number: int) -> int:
    check_whole("digit", digit, 0, 9)
    check_whole("number", number, 0, count(digit) - 1)
    return int(np.flatnonzero(test_digits().labels == digit)[number])


@cache
def rows_of_digit(digit: int, number: int) -> tuple[str, ...]:
    """A test digit as a drawing, of which exactly that digit is made again when it is not fitted."""
    return drawings.rows_of(digits.bitmap(test_digits().images[row_of(digit, number)]))


@cache
def test_rows() -> frozenset[tuple[str, ...]]:
    """The rows of all test digits, which nobody may learn, however they came onto the pad."""
    return frozenset(rows_of_digit(digit, number) for digit in range(10) for number in range(count(digit)))


def load(state: State, digit: int, number: int) -> State:
    """`state` with a test digit on the pad, as it is. Errors: `ValueError` for one that there is not."""
    return replace(state, rows=rows_of_digit(digit, number), fit=False, label=digit, digit=digit, number=number)


def draw_on(state: State, rows: Sequence[str]) -> State:
    """`state` with another drawing; an empty one is no digit any more."""
    rows = tuple(rows)
    return replace(state, rows=rows, label=None if rows == BLANK else state.label)


# In words


def settings(state: State) -> str:
    """What the controls are set to while there is nothing to read."""
    said = "" if state.label is None else f" You say it is {a_digit(state.label)}."
    return f"It will be read {way(state)}.{said}"


def subject(state: State) -> str:
    if state.loaded:
        writer = writer_name(test_digits().writers[row_of(state.digit, state.number)])
        return f"Test digit {state.digit}, number {state.number}, by {writer}" + _said(state, state.digit)
    return f"A drawing of {ink(state)} pixels of ink" + _said(state, None)


def ink(state: State) -> int:
    return "".join(state.rows).count("#")


def _said(state: State, known: int | None) -> str:
    if state.label == known:
        return ""
    return ", and you do not say what it is" if state.label is None else f", which you call {a_digit(state.label)}"


def way(state: State) -> str:
    return "centred and scaled" if state.fit else "as it stands"


def writer_name(writer: int) -> str:
    return "you" if writer == drawings.WRITER else f"writer {writer}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def verdict(answer: int, label: int | None) -> str:
    """A model's answer, marked when it is known whether it is right."""
    return str(answer) if label is None else f"{'✓' if answer == label else '✗'} {answer}"


# The picture

WIDTH, TOP, CELL = 600, 28, 27  # of the drawing; where the 8 × 8 picture begins; one of its pixels
PAPER = 8 * CELL
SIDE = PAPER + 34  # where the models begin
STEP, TALL = 22, 46  # of the ten bars: their distance, the tallest


def draw_paper(view) -> str:
    """The 8 × 8 pixels; `view` has a `state` and an `image`, `None` while there is too little ink."""
    image = np.zeros((8, 8)) if view.image is None else view.image[:, :, 0]
    return (
        drawing.text(0, 16, "what the models get", "strong")
        + drawing.picture(image, 0, TOP, PAPER)
        + drawing.grid(0, TOP, 8, 8, CELL, "pixel-lines")
        + drawing.text(PAPER / 2, TOP + PAPER + 20, f"8 × 8 pixels, {way(view.state)}", "muted middle")
        + drawing.text(PAPER / 2, TOP + PAPER + 38, _origin(view.state), "muted middle")
    )


def _origin(state: State) -> str:
    if state.loaded:
        return f"by test {writer_name(test_digits().writers[row_of(state.digit, state.number)])}"
    return "" if state.label is None else f"you say: {a_digit(state.label)}"


def draw_bars(probabilities: np.ndarray | None, label: int | None, bottom: float, style: str) -> str:
    """What a model says, as ten bars that stand at `bottom`, and its answer beside them; `None` when it says nothing.

    The bars are one shape: what is sent at every step of a slider is to be short.
    """
    end = SIDE + 10 * STEP
    under = _draw_digits(label, bottom + 13) + f'<path class="lines" d="M{SIDE} {bottom}H{end}"/>'
    if probabilities is None:
        return under + drawing.text(WIDTH, bottom - 12, "–", "verdict end")
    heights, answer = np.maximum(TALL * probabilities, 1), int(probabilities.argmax())
    bars = [
        f"M{SIDE + digit * STEP + 3} {bottom}v{-height:.1f}h{STEP - 6}v{height:.1f}z"
        for digit, height in enumerate(heights)
    ]
    wrong = label not in (None, answer)
    return (
        under
        + f'<path class="{style}" d="{"".join(bars)}"/>'
        + drawing.text(WIDTH, bottom - 12, verdict(answer, label), "verdict end wrong" if wrong else "verdict end")
        + drawing.text(WIDTH, bottom + 8, percent(probabilities.max()), "muted end")
    )


def _draw_digits(label: int | None, y: float) -> str:
    """The digits under the bars, the one that you say it is marked."""
    places = " ".join(f"{SIDE + digit * STEP + STEP / 2:g}" for digit in range(10))
    digits = "0123456789".replace(str(label), f'<tspan class="truth">{label}</tspan>')
    return f'<text x="{places}" y="{y:g}" class="small middle">{digits}</text>'


# The call line


def call(name: str, state: State, drawn: str = "") -> str:
    """The call that makes `state`: a test digit by its name, another drawing by `drawn` or else by its rows."""
    given = [] if state.loaded else [drawn or _rows_call(state)]
    named = ("digit", "number") if state.loaded or state.digit or state.number else ()
    usual = State(fit=not state.loaded, label=state.digit if state.loaded else None)
    changed = [f.name for f in fields(state) if f.name != "rows" and getattr(state, f.name) != getattr(usual, f.name)]
    given += [f"{field}={shell.plain(getattr(state, field))}" for field in dict.fromkeys((*named, *changed))]
    return f"explore.{name}({', '.join(given)})"


def _rows_call(state: State) -> str:
    rows, top, left = crop(state.rows)
    return f"rows={list(rows)!r}" + (f", at=({top}, {left})" if rows else "")


def asked_for(rows, at, fit, label, digit, number) -> State | None:
    """The state that the arguments of a pad's function ask for; `None` when all are left out, `label` as `...`.

    What each of them means, `drawing_pad` says. Errors: `ValueError` for what cannot be, for `at` without `rows` and
    for `number` without `digit`.
    """
    if label is ... and all(each is None for each in (rows, at, fit, digit, number)):
        return None
    changes = {} if fit is None else {"fit": fit}
    changes |= {} if label is ... else {"label": label}
    state = _with_digit(State(), digit, number, on_pad=rows is None)
    return replace(_with_rows(state, rows, at), **changes)


def _with_digit(state: State, digit, number, on_pad: bool) -> State:
    if digit is None and number is not None:
        raise ValueError(f"number is {number!r}, but of which digit? Give that too, as in digit=7, number=3.")
    if digit is None:
        return state
    number = 0 if number is None else number
    row_of(digit, number)
    return load(state, digit, number) if on_pad else replace(state, digit=digit, number=number)


def _with_rows(state: State, rows, at) -> State:
    if rows is None and at is not None:
        raise ValueError(f'at is {at!r}, but there are no rows to begin there. Give them too, as in rows=["##", "#."].')
    if rows is None:
        return state
    return replace(state, rows=read_rows(rows) if at is None else place(rows, *_corner(at)))


def _corner(at) -> tuple[int, int]:
    """Row and column. Errors: `ValueError` for anything but two whole numbers; `place` says whether rows fit there."""
    if not isinstance(at, (Sequence, np.ndarray)) or len(at) != 2 or not all(map(shell.is_whole, at)):
        raise ValueError(f"at is {at!r}; it must be a row and a column from 0, both whole numbers, such as at=(4, 8).")
    return int(at[0]), int(at[1])


# The controls


class PadExploration(Exploration):
    """An exploration with a pad, whose `State` it shows, and with the steps that can be undone.

    more: the controls below the pad. Everything else is as in `Exploration`.
    """

    def __init__(self, name: str, *, more: Sequence[Control | shell.Action | Group], **parts):
        self._past: list[State] = []
        self._pad = PadWidget()
        pad = Control("pad", self._pad, lambda state, value: draw_on(state, check_rows(value.split("\n"))),
                      lambda state: "\n".join(state.rows))  # fmt: skip
        above = [
            Group("Draw here", [pad]),
            Group("", [
                shell.action("undo", "Undo", self.undo, "Undo the last stroke, load, clearing or typing"),
                shell.action("clear", "Clear", self.clear, "An empty pad"),
            ], columns=2),
        ]  # fmt: skip
        super().__init__(name, controls=[*above, *more], **parts)
        self.add_class("course-pad")
        self._past.clear()

    def clear(self, state: State) -> State:
        """An empty pad, and no refused text under it either."""
        self._refused.clear()
        return replace(state, rows=BLANK, fit=True, label=None)

    def undo(self, state: State) -> State:
        """The drawing as it was before the last change of it, and what else changed with it."""
        if not self._past:
            raise ValueError("There is nothing to undo.")
        earlier, past = self._past[-1], self._past[:-1]
        try:
            self._show(earlier)
        finally:
            self._past = past
        return self.state

    def _show(self, state: State) -> None:
        before = getattr(self, "state", state)
        super()._show(state)
        self._pad.blocks = not state.fit
        if state.rows != before.rows and not (state.loaded and before.loaded):
            self._past.append(before)


def label_control() -> Control:
    """A dropdown: the digit that you say it is, or ?, for which it has the value −1, as it shows nothing for None."""
    return shell.choice(
        "label", "This is a", [("?", -1), *((str(digit), digit) for digit in range(10))],
        read=lambda state, label: replace(state, label=None if label < 0 else label),
        write=lambda state: -1 if state.label is None else state.label,
    )  # fmt: skip


def digit_control() -> Control:
    """Ten buttons, of which one is down while a test digit is on the pad."""
    return shell.toggles(
        "digit", "", [(str(digit), digit) for digit in range(10)],
        read=lambda state, digit: state if digit is None else load(state, digit, min(state.number, count(digit) - 1)),
        write=lambda state: state.digit if state.loaded else None,
    )  # fmt: skip


def number_control() -> Control:
    return shell.slider(
        "number", "number", 0, 0, bounds=lambda state: (0, count(state.digit) - 1),
        read=lambda state, number: state if number == state.number else load(state, state.digit, number),
    )  # fmt: skip


def typed_control() -> Control:
    """The drawing as text; what is typed counts when the field is left."""
    widget = widgets.Textarea(placeholder=".##.\n#..#\n..#.\n.#..\n####", continuous_update=False, rows=5)
    return Control(
        "typed", widget, lambda state, typed: draw_on(state, read_rows(typed)),
        lambda state: "" if state.blank else "\n".join(state.rows),
    )  # fmt: skip
