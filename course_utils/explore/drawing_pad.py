"""Drawing pad: your own digit, the 64 pixels that models get of it, and what three of them read. Belongs to lesson 00.

The pad itself is in `explore/pad.py`, the models are in `explore/committee.py`, what was kept in `data/drawings.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from course_utils.data import digits, drawings
from course_utils.explore import committee, drawing, pad_state, shell
from course_utils.explore.committee import CNN, MODEL_NAMES, NEIGHBOURS, SVM, Committee
from course_utils.explore.pad import bitmap_of, place, read_rows
from course_utils.explore.pad_state import (
    SIDE,
    TALL,
    WIDTH,
    PadExploration,
    State,
    asked_for,
    digit_control,
    draw_bars,
    draw_paper,
    ink,
    label_control,
    load,
    number_control,
    percent,
    settings,
    subject,
    test_rows,
    typed_control,
    verdict,
    way,
    writer_name,
)
from course_utils.explore.shell import Group, Puzzle
from course_utils.explore.words import a_digit

__all__ = ["drawing_pad"]


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


# In words


def describe(view: View) -> str:
    if view.image is None:
        return " ".join(filter(None, (view.trouble, settings(view.state), _strangers(view))))
    said = "; ".join(
        f"{name} {verdict(view.answers[i], view.state.label)} ({percent(view.probabilities[i].max())})"
        for i, name in enumerate(MODEL_NAMES)
    )
    neighbours = ", ".join(
        f"{a_digit(label)} by {writer_name(writer)} at {distance:.2f}"
        for label, writer, distance in zip(view.nearest.labels, view.nearest.writers, view.distances, strict=True)
    )
    sentences = f"{subject(view.state)}, {way(view.state)}. {said}. Nearest: {neighbours}.", _strangers(view)
    return " ".join(filter(None, sentences))


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

HEIGHT, ROW = 670, 126  # of the drawing; of each model
NEAREST, THUMB = 410, 84  # where the nearest digits begin, and the size of their pictures
STRANGERS = 596
MARKERS = ("●", "■", "▲")


def draw(view: View) -> str:
    models = "".join(_draw_model(view, i) for i in range(len(MODEL_NAMES)))
    body = draw_paper(view) + models + _draw_nearest(view) + _draw_strangers(view)
    return drawing.svg(WIDTH, HEIGHT, body, f"What three models read. {describe(view)}")


def _draw_model(view: View, i: int) -> str:
    y, shares = 16 + i * ROW, None if view.image is None else view.probabilities[i]
    return (
        drawing.text(SIDE, y, MARKERS[i], f"series-{i}")
        + drawing.text(SIDE + 16, y, MODEL_NAMES[i], "strong")
        + _draw_learned(view, i, y + 17)
        + draw_bars(shares, view.state.label, y + 44 + TALL, f"series-{i}")
    )


def _draw_learned(view: View, i: int, y: float) -> str:
    people, you = view.committee.learned(i)
    changed = " you" * (i != CNN and len(view.committee.yours) > 0)
    return drawing.text(SIDE, y, f"learned {people},", "small") + drawing.text(SIDE, y + 16, you, "small" + changed)


def _draw_nearest(view: View) -> str:
    head = drawing.text(0, NEAREST, "the five nearest of the digits learned", "strong")
    if view.image is None:
        return head + "".join(_empty_frame(i) for i in range(5))
    return head + "".join(_draw_neighbour(view, i) for i in range(5))


def _empty_frame(i: int) -> str:
    return drawing.rectangle(i * WIDTH / 5, NEAREST + 14, THUMB, THUMB, "empty")


def _draw_neighbour(view: View, i: int) -> str:
    x, y = i * WIDTH / 5, NEAREST + 14
    name = writer_name(view.nearest.writers[i])
    yours = name == "you"
    return (
        drawing.picture(view.nearest.images[i, :, :, 0], x, y, THUMB)
        + (drawing.rectangle(x, y, THUMB, THUMB, "yours") if yours else "")
        + drawing.text(x, y + THUMB + 18, f"{a_digit(view.nearest.labels[i])} by {name}", "by" + " you" * yours)
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
    paper.set_title(f"{way(view.state)}, 8 × 8", fontsize=9)
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
        writer, distance = writer_name(view.nearest.writers[i]), view.distances[i]
        axes.set_title(f"{a_digit(view.nearest.labels[i])} by {writer}, {distance:.2f} away", fontsize=8)
        axes.set_axis_off()


call = partial(pad_state.call, "drawing_pad")


def drawing_pad(rows=None, *, at: tuple[int, int] | None = None, fit: bool | None = None, label=...,
                digit: int | None = None, number: int | None = None) -> "DrawingPad":  # fmt: skip
    """Draw a digit, and see the 64 pixels that models get of it and what three of them read: SVM, neighbours, CNN.

    rows: a drawing, up to 32 rows of `#` for ink and `.` for paper; fewer rows are enlarged and stand in the middle,
    or with `at`, a row and a column from 0, begin just there.
    digit, number: a test digit of `digits.load("by writer")`, its `number` among those of `digit` from 0, the first
    if not given. With `rows` it is not on the pad, but the controls under “Load a test digit” stand at it.
    fit: whether the drawing is centred and scaled first; so it is, but for test digits.
    label: the digit that you say it is, 0 to 9; `None` for none.
    Without all of them the pad opens with what was drawn on it last time. A test digit is not kept as that, and cannot
    be added to the training set; change its ink, and it is a drawing like any other.

    Errors: `ValueError` for what cannot be, for `at` without `rows` and for `number` without `digit`.
    """
    state = asked_for(rows, at, fit, label, digit, number)
    return DrawingPad(state or State(), reopen=state is None)


class DrawingPad(PadExploration):
    """The exploration with what it remembers: the steps that can be undone, and the drawings that were kept.

    reopen: whether to go on from `state` to what was on the pad last time.
    """

    def __init__(self, state: State, reopen: bool = False):
        self.committee, self._measuring = committee.course(), False
        self._sketch: drawings.Sketch | None = None  # what this pad last saved or read
        self._saves = True
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
            more=self._controls(),
            puzzles=puzzles(),
        )
        self._attempt(lambda: self._open(reopen))
        self._past.clear()

    def _controls(self) -> list:
        return [
            Group("Centre and scale", [shell.toggles("fit", "", [("on", True), ("off", False)])]),
            Group("Teach the models", [
                label_control(),
                shell.action("add", "Add to training", self.add, "Keep the drawing; SVM and neighbours learn it"),
                shell.action("take_back", "Take the last one back", self.take_back, "The models forget it again"),
            ]),
            Group("Load a test digit", [digit_control(), number_control()]),
            Group("Or type it as rows", [typed_control()]),
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

    def add(self, state: State) -> State:
        """Keep the drawing on disk, let the models learn it, then measure them."""
        if state.blank:
            raise ValueError("There is nothing on the pad to add: draw a digit first.")
        if state.label is None:
            raise ValueError("Say first which digit this is: choose it under “This is a”.")
        if state.rows in test_rows():
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
            f"With at most {MOST_RUBBED} of its {ink(nine())} pixels of ink gone, the CNN takes this 9 for a 3, or "
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
