"""Drawing pad: your own digit, the 64 pixels that models get of it, and what three of them read. Belongs to lesson 00.

The pad itself is in `explore/pad.py`, the models are in `explore/committee.py`, what was kept in `data/drawings.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

import ipywidgets as widgets
import numpy as np

from course_utils.data import digits, drawings
from course_utils.explore import committee, drawing, shell
from course_utils.explore.committee import CNN, MODEL_NAMES, NEIGHBOURS, SVM, Committee
from course_utils.explore.pad import BLANK, PadWidget, bitmap_of, check_rows, crop, place, read_rows
from course_utils.explore.shell import Control, Exploration, Group, Puzzle, check_whole

__all__ = ["drawing_pad"]


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


@dataclass(frozen=True)
class View:
    """`image` is `None`, and with it what follows from it, while there is too little ink; `trouble` then says so."""

    state: State
    committee: Committee
    measuring: bool
    trouble: str = ""
    image: np.ndarray | None = None  # (8, 8, 1), as the models get it
    probabilities: np.ndarray | None = None  # (3, 10), a row for each of MODEL_NAMES
    nearest: digits.Digits | None = None  # five training digits, the nearest first
    distances: np.ndarray | None = None  # (5,)

    @property
    def answers(self) -> list[int]:
        """What each model reads; nothing while there is nothing to read."""
        return [] if self.image is None else self.probabilities.argmax(axis=1).tolist()


def compute(state: State, committee: Committee, measuring: bool = False) -> View:
    """`measuring`: whether the committee is just being measured on strangers' digits."""
    about = state, committee, measuring
    if state.blank:
        return View(*about, "The pad is empty: draw a digit, load one, or type one as rows.")
    try:
        image = digits.reduce(bitmap_of(state.rows), state.fit)
    except ValueError as error:
        return View(*about, str(error))
    return View(*about, "", image, committee.predict(image), *committee.nearest(image))


# The test digits that can be loaded


@cache
def _test() -> digits.Digits:
    return digits.load("by writer").test


def count(digit: int) -> int:
    """How many test digits `digit` there are."""
    return int((_test().labels == digit).sum())


def _row(digit: int, number: int) -> int:
    check_whole("digit", digit, 0, 9)
    check_whole("number", number, 0, count(digit) - 1)
    return int(np.flatnonzero(_test().labels == digit)[number])


@cache
def rows_of_digit(digit: int, number: int) -> tuple[str, ...]:
    """A test digit as a drawing, of which exactly that digit is made again when it is not fitted."""
    return drawings.rows_of(digits.bitmap(_test().images[_row(digit, number)]))


@cache
def _test_rows() -> frozenset[tuple[str, ...]]:
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


def describe(view: View) -> str:
    if view.image is None:
        return " ".join(filter(None, (view.trouble, _settings(view.state), _strangers(view))))
    said = "; ".join(
        f"{name} {_verdict(view, i)} ({_percent(view.probabilities[i].max())})" for i, name in enumerate(MODEL_NAMES)
    )
    neighbours = ", ".join(
        f"a {label} by {_name(writer)} at {distance:.2f}"
        for label, writer, distance in zip(view.nearest.labels, view.nearest.writers, view.distances, strict=True)
    )
    sentences = f"{_subject(view.state)}, {_way(view.state)}. {said}. Nearest: {neighbours}.", _strangers(view)
    return " ".join(filter(None, sentences))


def _settings(state: State) -> str:
    """What the controls are set to while there is nothing to read."""
    said = "" if state.label is None else f" You say it is a {state.label}."
    return f"It will be read {_way(state)}.{said}"


def _subject(state: State) -> str:
    if state.loaded:
        writer = _name(_test().writers[_row(state.digit, state.number)])
        return f"Test digit {state.digit}, number {state.number}, by {writer}" + _said(state, state.digit)
    return f"A drawing of {_ink(state)} pixels of ink" + _said(state, None)


def _ink(state: State) -> int:
    return "".join(state.rows).count("#")


def _said(state: State, known: int | None) -> str:
    return "" if state.label == known else f", which you call {'nothing' if state.label is None else state.label}"


def _way(state: State) -> str:
    return "centred and scaled" if state.fit else "as it stands"


def _name(writer: int) -> str:
    return "you" if writer == drawings.WRITER else f"writer {writer}"


def _verdict(view: View, model: int) -> str:
    """The model's answer, marked when it is known whether it is right."""
    answer, label = view.answers[model], view.state.label
    return str(answer) if label is None else f"{'✓' if answer == label else '✗'} {answer}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _strangers(view: View) -> str:
    """What strangers' digits say of the committee."""
    mine, scores = len(view.committee.yours), view.committee.scores
    if view.measuring:
        return f"With {mine} of your drawings learned, the models now read thousands of strangers’ digits …"
    if scores is None:
        return f"Two of the models have learned {mine} of your drawings." if mine else ""
    rivals = "; ".join(f"{MODEL_NAMES[i]} {scores.before[i]:,} → {scores.now[i]:,}" for i in (SVM, NEIGHBOURS))
    return (
        f"Of {scores.total:,} digits by strangers they read, without your drawings and with {mine}: {rivals}; "
        f"{MODEL_NAMES[CNN]} {scores.before[CNN]:,}."
    )


# The picture

WIDTH, HEIGHT, TOP, CELL = 600, 670, 28, 27  # of the drawing; where the 8 × 8 picture begins; one of its pixels
PAPER = 8 * CELL
SIDE, ROW = PAPER + 34, 126  # where the models begin, and the height of each
STEP, TALL = 22, 46  # of the ten bars: their distance, the tallest
NEAREST, THUMB = 410, 84  # where the nearest digits begin, and the size of their pictures
STRANGERS = 596
MARKERS = ("●", "■", "▲")


def draw(view: View) -> str:
    models = "".join(_draw_model(view, i) for i in range(len(MODEL_NAMES)))
    body = _draw_paper(view) + models + _draw_nearest(view) + _draw_strangers(view)
    return drawing.svg(WIDTH, HEIGHT, body, f"What three models read. {describe(view)}")


def _draw_paper(view: View) -> str:
    image = np.zeros((8, 8)) if view.image is None else view.image[:, :, 0]
    return (
        drawing.text(0, 16, "what the models get", "strong")
        + _picture(image, 0, TOP, PAPER)
        + drawing.grid(0, TOP, 8, 8, CELL, "pixel-lines")
        + drawing.text(PAPER / 2, TOP + PAPER + 20, f"8 × 8 pixels, {_way(view.state)}", "muted middle")
        + drawing.text(PAPER / 2, TOP + PAPER + 38, _origin(view.state), "muted middle")
    )


def _picture(image: np.ndarray, x: float, y: float, size: float) -> str:
    address = drawing.data_address(image, drawing.UNSIGNED, 0, 1)
    return f'<image x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" class="pixels" href="{address}"/>'


def _origin(state: State) -> str:
    if state.loaded:
        return f"by test {_name(_test().writers[_row(state.digit, state.number)])}"
    return "" if state.label is None else f"you say: a {state.label}"


def _draw_model(view: View, i: int) -> str:
    y = 16 + i * ROW
    bottom = y + 44 + TALL
    bars = "".join(_draw_bar(view, i, digit, bottom) for digit in range(10))
    head = drawing.text(SIDE, y, MARKERS[i], f"series-{i}") + drawing.text(SIDE + 16, y, MODEL_NAMES[i], "strong")
    baseline = f'<path class="lines" d="M{SIDE} {bottom}h{10 * STEP}"/>'
    return head + _draw_learned(view, i, y + 17) + bars + baseline + _draw_answer(view, i, bottom)


def _draw_learned(view: View, i: int, y: float) -> str:
    people, you = view.committee.learned(i)
    changed = " you" * (i != CNN and len(view.committee.yours) > 0)
    return drawing.text(SIDE, y, f"learned {people},", "small") + drawing.text(SIDE, y + 16, you, "small" + changed)


def _draw_answer(view: View, i: int, bottom: float) -> str:
    if view.image is None:
        return drawing.text(WIDTH, bottom - 12, "–", "verdict end")
    wrong = view.state.label not in (None, view.answers[i])
    share = _percent(view.probabilities[i].max())
    return drawing.text(WIDTH, bottom - 12, _verdict(view, i), f"verdict end{' wrong' * wrong}") + drawing.text(
        WIDTH, bottom + 8, share, "muted end"
    )


def _draw_bar(view: View, i: int, digit: int, bottom: float) -> str:
    x, style = SIDE + digit * STEP, "small middle" + " truth" * (digit == view.state.label)
    below = drawing.text(x + STEP / 2, bottom + 13, str(digit), style)
    if view.image is None:
        return below
    height = max(TALL * float(view.probabilities[i, digit]), 1)
    return drawing.rectangle(x + 3, bottom - height, STEP - 6, height, f"series-{i}") + below


def _draw_nearest(view: View) -> str:
    head = drawing.text(0, NEAREST, "the five nearest of the digits learned", "strong")
    if view.image is None:
        return head + "".join(_empty_frame(i) for i in range(5))
    return head + "".join(_draw_neighbour(view, i) for i in range(5))


def _empty_frame(i: int) -> str:
    return drawing.rectangle(i * WIDTH / 5, NEAREST + 14, THUMB, THUMB, "empty")


def _draw_neighbour(view: View, i: int) -> str:
    x, y = i * WIDTH / 5, NEAREST + 14
    name = _name(view.nearest.writers[i])
    yours = name == "you"
    return (
        _picture(view.nearest.images[i, :, :, 0], x, y, THUMB)
        + (drawing.rectangle(x, y, THUMB, THUMB, "yours") if yours else "")
        + drawing.text(x, y + THUMB + 18, f"a {view.nearest.labels[i]} by {name}", "by" + " you" * yours)
        + drawing.text(x, y + THUMB + 35, f"{view.distances[i]:.2f} away", "small")
    )


def _draw_strangers(view: View) -> str:
    scores = view.committee.scores
    if scores is None or view.measuring:
        hint = "Add a drawing to the training set, and see what that does to strangers’ digits."
        words = "They now read thousands of digits by strangers …" if view.measuring else hint
        return drawing.text(0, STRANGERS, words, "muted")
    head = drawing.text(0, STRANGERS, f"of {scores.total:,} digits by strangers, they read", "strong")
    return head + "".join(_draw_score(view, i) for i in range(len(MODEL_NAMES)))


def _draw_score(view: View, i: int) -> str:
    scores, x, y = view.committee.scores, i * WIDTH / 3, STRANGERS + 24
    before, now = scores.before[i], scores.now[i]
    changed = f"{before:,} → {now:,}" if i != CNN else f"{before:,}, as before"
    return (
        drawing.text(x, y, MARKERS[i], f"series-{i}")
        + drawing.text(x + 16, y, MODEL_NAMES[i], "muted")
        + drawing.text(x + 16, y + 21, changed, "strong")
        + drawing.text(x + 16, y + 39, f"{now - before:+,} with yours".replace("-", "−") if i != CNN else "", "small")
    )


# The still picture, with an example when the pad is empty

EXAMPLE_ROWS = """
    ............###
    ...############
    ..#############
    ..##########...
    ..###..........
    ..###..........
    ..###..........
    ..###..........
    ..########.....
    ..#########....
    ..##########...
    ..####...####..
    ..........####.
    ...........###.
    ...........###.
    ...........###.
    ...........###.
    ..........###..
    ..........###..
    ###......####..
    ####....####...
    .##########....
    ..########.....
    ...######......
"""
EXAMPLE = State(place(EXAMPLE_ROWS.split(), 3, 9), label=5)


def still(view: View):
    """The drawing, what the models get, what they read and the nearest digits; an example for an empty pad."""
    from matplotlib.figure import Figure

    shown = compute(EXAMPLE, committee.course()) if view.image is None else view
    figure = Figure(figsize=(8.6, 4.3), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.4, 1))
    drawn = "A drawing" if shown is view else "An example: someone draws a 5"
    above.suptitle(f"{drawn}. Of its 1,024 pixels the models get 64 numbers")
    _plot_reading(above, shown)
    _plot_nearest(below, shown)
    return figure


def _plot_reading(figure, view: View) -> None:
    pad, paper, *bars = figure.subplots(1, 5, width_ratios=(1.2, 1.2, 1, 1, 1))
    pad.imshow(bitmap_of(view.state.rows), cmap="gray", vmin=0, vmax=1)
    pad.set_title("drawn, 32 × 32", fontsize=9)
    paper.imshow(view.image[:, :, 0], cmap="gray", vmin=0, vmax=1)
    paper.set_title(f"{_way(view.state)}, 8 × 8", fontsize=9)
    for axes in (pad, paper):
        axes.set_axis_off()
    for i, axes in enumerate(bars):
        axes.barh(range(10), view.probabilities[i], color=drawing.SERIES[i])
        axes.set_title(f"{MODEL_NAMES[i]}\nreads {view.answers[i]}".replace("3 nearest ", "3 nearest\n"), fontsize=9)
        axes.set(xlim=(0, 1), xticks=(0, 1), yticks=range(10))
        axes.set_xlabel("probability", fontsize=8)
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)


def _plot_nearest(figure, view: View) -> None:
    figure.suptitle("The five nearest of the digits that they learned", fontsize=9)
    for i, axes in enumerate(figure.subplots(1, 5)):
        axes.imshow(view.nearest.images[i, :, :, 0], cmap="gray", vmin=0, vmax=1)
        writer, distance = _name(view.nearest.writers[i]), view.distances[i]
        axes.set_title(f"a {view.nearest.labels[i]} by {writer}, {distance:.2f} away", fontsize=8)
        axes.set_axis_off()


# The call line


def call(state: State) -> str:
    """The call that makes `state`: a test digit by its name, another drawing by the rows of its ink and their place."""
    given = [] if state.loaded else [_rows_call(state)]
    named = ("digit", "number") if state.loaded else ()
    usual = State(fit=not state.loaded, label=state.digit if state.loaded else None)
    changed = [f.name for f in fields(state) if f.name != "rows" and getattr(state, f.name) != getattr(usual, f.name)]
    given += [f"{name}={getattr(state, name)!r}" for name in dict.fromkeys((*named, *changed))]
    return f"explore.drawing_pad({', '.join(given)})"


def _rows_call(state: State) -> str:
    rows, top, left = crop(state.rows)
    return f"rows={list(rows)!r}" + (f", at=({top}, {left})" if rows else "")


def drawing_pad(rows=None, *, at: tuple[int, int] | None = None, fit: bool | None = None, label=...,
                digit: int | None = None, number: int = 0) -> "DrawingPad":  # fmt: skip
    """Draw a digit, and see the 64 pixels that models get of it and what three of them read: SVM, neighbours, CNN.

    rows: a drawing, up to 32 rows of `#` for ink and `.` for paper; fewer rows are enlarged and stand in the middle,
    or with `at`, a row and a column from 0, begin just there.
    digit, number: without `rows`, a test digit of `digits.load("by writer")`, its `number` among them from 0.
    fit: whether the drawing is centred and scaled first; so it is, but for test digits.
    label: the digit that you say it is, 0 to 9.
    Without all of them the pad opens with what was on it last time. Errors: `ValueError` for what cannot be.
    """
    asked = any(each is not None for each in (rows, at, fit, digit)) or label is not ... or number
    state = _asked(rows, at, fit, label, digit, number) if asked else State()
    return DrawingPad(state, reopen=not asked)


def _asked(rows, at, fit, label, digit, number) -> State:
    """The state that the arguments of `drawing_pad` ask for."""
    if digit is not None:
        _row(digit, number)
    state = State(digit=digit or 0, number=number)
    if rows is not None:
        state = replace(state, rows=read_rows(rows) if at is None else place(rows, *at))
    elif digit is not None:
        state = load(state, digit, number)
    changes = {} if fit is None else {"fit": fit}
    return replace(state, **changes, **({} if label is ... else {"label": label}))


class DrawingPad(Exploration):
    """The exploration with what it remembers: the steps that can be undone, and the drawings that were kept.

    reopen: whether to go on from `state` to what was on the pad last time.
    """

    def __init__(self, state: State, reopen: bool = False):
        self.committee, self._measuring, self._past = committee.course(), False, []
        self._sketch: drawings.Sketch | None = None  # what this pad last saved or read
        self._saves = True
        self._pad = PadWidget()
        super().__init__(
            "drawing_pad",
            title="Drawing pad",
            idea="write a digit; what do the models see of it, and what do they make of it?",
            state=state,
            compute=lambda state: compute(state, self.committee, self._measuring),
            describe=describe,
            draw=draw,
            still=still,
            call=call,
            controls=self._controls(),
            puzzles=puzzles(),
        )
        self._attempt(lambda: self._open(reopen))
        self._past.clear()

    def _controls(self) -> list:
        pad = Control("pad", self._pad, lambda state, value: draw_on(state, check_rows(value.split("\n"))),
                      lambda state: "\n".join(state.rows))  # fmt: skip
        return [
            Group("Draw here", [pad]),
            Group("", [
                shell.action("undo", "Undo", self.undo, "Undo the last stroke, load, clearing or typing"),
                shell.action("clear", "Clear", _clear, "An empty pad"),
            ], columns=2),
            Group("Centre and scale", [shell.toggles("fit", "", [("on", True), ("off", False)])]),
            Group("Teach the models", [
                _label(),
                shell.action("add", "Add to training", self.add, "Keep the drawing; SVM and neighbours learn it"),
                shell.action("take_back", "Take the last one back", self.take_back, "The models forget it again"),
            ]),
            Group("Load a test digit", [_digit(), _number()]),
            Group("Or type it as rows", [_typed()]),
        ]  # fmt: skip

    def _open(self, reopen: bool) -> State:
        """Learn the drawings that were kept, show what was on the pad, and say what was wrong with their files."""
        kept = drawings.load()
        self.committee = committee.learn(drawings.to_digits(kept))
        sketch, notes = drawings.load_sketch() if reopen else (None, ())
        if sketch is None:
            self._show(self.state)
        else:
            self._sketch = sketch
            self._show(replace(self.state, rows=drawings.rows_of(sketch.bitmap), fit=sketch.fit))
        _raise((*kept.notes, *notes))
        return self.state

    # What the buttons do

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

    def add(self, state: State) -> State:
        """Keep the drawing on disk, let the models learn it, then measure them."""
        if state.blank:
            raise ValueError("There is nothing on the pad to add: draw a digit first.")
        if state.label is None:
            raise ValueError("Say first which digit this is: choose it under “This is a”.")
        if state.rows in _test_rows():
            raise ValueError("This is a test digit: who learns it cannot be tested with it. Draw one of your own.")
        bitmap = bitmap_of(state.rows)
        kept = drawings.load()
        if any((bitmap == known).all() and state.label == label for known, label in
               zip(kept.bitmaps, kept.labels, strict=True)):  # fmt: skip
            raise ValueError("This very drawing has been added already. Change it, or draw another.")
        drawings.keep(bitmap, state.label, state.fit)
        return self._learn_and_measure(state, kept.notes)

    def take_back(self, state: State) -> State:
        """Take the drawing that was kept last out of the training set; its file stays, under another name."""
        if drawings.forget_last() is None:
            raise ValueError("None of your drawings is in the training set.")
        return self._learn_and_measure(state)

    def _learn_and_measure(self, state: State, notes: tuple[str, ...] = ()) -> State:
        """The picture first: measuring takes seconds the first time."""
        kept = drawings.load()
        self.committee, self._measuring = committee.learn(drawings.to_digits(kept)), True
        try:
            self._show(state)
            self.committee = committee.measure(self.committee)
        finally:
            self._measuring = False
            self._show(state)
        _raise((*notes, *kept.notes))
        return state

    # What happens at every change

    def _show(self, state: State) -> None:
        before = getattr(self, "state", state)
        super()._show(state)
        self._pad.blocks = not state.fit
        if state.rows != before.rows and not (state.loaded and before.loaded):
            self._past.append(before)
        changed = (state.rows, state.fit) != (before.rows, before.fit)
        if changed and self._saves and not state.loaded:  # a test digit is nobody's sketch
            sketch = drawings.Sketch(bitmap_of(state.rows), state.fit)
            drawings.save_sketch(sketch, known=self._sketch)
            self._sketch = sketch

    def _start(self, state: State, puzzle: Puzzle | None) -> None:
        """Reset and puzzles put another drawing on the pad; what was on it stays the sketch until something is drawn,
        and is set aside then."""
        self._saves, self._sketch = False, None
        try:
            super()._start(state, puzzle)
        finally:
            self._saves = True


def _raise(notes: Sequence[str]) -> None:
    """Say all notes in the error line."""
    if notes:
        raise ValueError(" ".join(notes))


def _clear(state: State) -> State:
    return replace(state, rows=BLANK, fit=True, label=None)


def _label() -> Control:
    """A dropdown: the digit that you say it is, or ?, for which it has the value −1, as it shows nothing for None."""
    return shell.choice(
        "label", "This is a", [("?", -1), *((str(digit), digit) for digit in range(10))],
        read=lambda state, label: replace(state, label=None if label < 0 else label),
        write=lambda state: -1 if state.label is None else state.label,
    )  # fmt: skip


def _digit() -> Control:
    """Ten buttons, of which one is down while a test digit is on the pad."""
    return shell.toggles(
        "digit", "", [(str(digit), digit) for digit in range(10)],
        read=lambda state, digit: state if digit is None else load(state, digit, min(state.number, count(digit) - 1)),
        write=lambda state: state.digit if state.loaded else None,
    )  # fmt: skip


def _number() -> Control:
    return shell.slider(
        "number", "number", 0, 0, bounds=lambda state: (0, count(state.digit) - 1),
        read=lambda state, number: state if number == state.number else load(state, state.digit, number),
    )  # fmt: skip


def _typed() -> Control:
    """The drawing as text; what is typed counts when the field is left."""
    widget = widgets.Textarea(placeholder=".##.\n#..#\n..#.\n.#..\n####", continuous_update=False, rows=5)
    return Control(
        "typed", widget, lambda state, typed: draw_on(state, read_rows(typed)),
        lambda state: "" if state.blank else "\n".join(state.rows),
    )  # fmt: skip


# Puzzles

MOST_RUBBED = 40  # pixels
SMALL_THREE_ROWS = """
    ...##...
    .######.
    ###.###.
    .....##.
    ...####.
    ..####..
    ...####.
    .....##.
    .....##.
    .....###
    #######.
    ######..
"""
SMALL_THREE = State(place(SMALL_THREE_ROWS.split(), 2, 3), fit=False, label=3)
SEVEN = ("#####", "....#", "...##", "...#.", "..##.", "..#..", "..#..")


def rub_out(state: State, top: int, left: int, height: int, width: int) -> State:
    """`state` without the ink in a rectangle."""
    below, beside = top + height, left + width
    clean = [row[:left] + "." * width + row[beside:] for row in state.rows[top:below]]
    return replace(state, rows=(*state.rows[:top], *clean, *state.rows[below:]))


@cache
def nine() -> State:
    """A 9 of which little is needed to make another digit."""
    return load(State(), 9, 5)


def _rubbed(state: State, start: State) -> int | None:
    """How many pixels of ink were taken from `start`; `None` when the state differs from it in anything else."""
    ink, first = bitmap_of(state.rows), bitmap_of(start.rows)
    if replace(state, rows=start.rows) != start or (ink & ~first).any():
        return None
    return int((first & ~ink).sum())


def _nine_solved(view: View) -> bool:
    gone = _rubbed(view.state, nine())
    return gone is not None and gone <= MOST_RUBBED and bool(view.answers) and view.answers[CNN] in (3, 5)


@cache
def puzzles() -> tuple[Puzzle, ...]:
    return (
        Puzzle(
            "A 7 of yours",
            "Draw a 7 that all three models read, each at least 80 % sure.",
            State(label=7),
            lambda view: view.state.label == 7 and not view.state.loaded and view.answers == [7, 7, 7]
            and view.probabilities.max(axis=1).min() >= 0.8,
            (State(read_rows(SEVEN), label=7),),
            "Your hand is none of the eight that they learned from, and still near enough: look at the nearest digits.",
        ),
        Puzzle(
            "Rub it out",
            f"With at most {MOST_RUBBED} of its {_ink(nine())} pixels of ink gone, the CNN takes this 9 for a 3, or "
            "for a 5. Find both.",
            nine(),
            _nine_solved,
            (rub_out(nine(), 8, 7, 6, 8), rub_out(nine(), 5, 17, 7, 7)),
            "What you take away shows what an answer rested on. This is called occlusion.",
            way=lambda view: view.answers[CNN],
        ),
        Puzzle(
            "Two against one",
            "Find a test digit that SVM and neighbours misread in the same way, while the CNN reads it.",
            load(State(), 3, 0),
            lambda view: view.state.loaded and not view.state.fit
            and view.answers[CNN] == view.state.digit != view.answers[SVM] == view.answers[NEIGHBOURS],
            (load(State(), 3, 19),),
            "A majority is no proof: both compare pixel by pixel, so they err together.",
        ),
        Puzzle(
            "In the corner",
            "None of the three reads this small 3. Leave its ink alone, and let all of them read it.",
            SMALL_THREE,
            lambda view: view.state.rows == SMALL_THREE.rows and view.answers == [3, 3, 3],
            (replace(SMALL_THREE, fit=True),),
            "Every digit that they learned was centred and scaled. What is prepared otherwise, they have never seen.",
        ),
    )  # fmt: skip
