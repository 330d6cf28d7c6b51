"""Half a digit: the first rows of a digit are kept, and the writer finishes it in twelve ways. Belongs to lesson 07.

Pad and state are those of `explore/pad_state.py`; the writer has never seen the hands that wrote the test digits.
"""

from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, lru_cache

import numpy as np

from course_utils.data import digits
from course_utils.explore import drawing, pad_state, shell
from course_utils.explore.pad import bitmap_of
from course_utils.explore.pad_state import (
    PAPER,
    SIDE,
    TALL,
    TOP,
    WIDTH,
    PadExploration,
    asked_for,
    digit_control,
    draw_bars,
    draw_paper,
    label_control,
    load,
    number_control,
    percent,
    subject,
    typed_control,
    way,
)
from course_utils.explore.shell import Group, Puzzle, check_whole, slider, toggles
from course_utils.explore.words import a_digit
from course_utils.generation import writer
from course_utils.recognition import cnn
from course_utils.recognition.network import FORWARD

__all__ = ["half_a_digit"]

ROWS, COUNT = 8, 12
COLDEST, HOTTEST = 0.1, 3.0
LAST_DRAW = 999


@dataclass(frozen=True)
class State(pad_state.State):
    """A pad, of whose digit the first `kept` rows stay; the rest is written at a `temperature`, as a `label`.

    Without a label it becomes what the writer takes the kept rows for. draw: which twelve, of a thousand.
    """

    kept: int = 4
    temperature: float = 1.0
    draw: int = 0

    def __post_init__(self):
        super().__post_init__()
        check_whole("kept", self.kept, 0, ROWS)
        check_whole("draw", self.draw, 0, LAST_DRAW)
        number = isinstance(self.temperature, (int, float, np.number)) and not isinstance(self.temperature, bool)
        if not number or not COLDEST <= self.temperature <= HOTTEST:
            raise ValueError(
                f"temperature is {self.temperature!r}; it must be a number from {COLDEST:g} to {HOTTEST:g}."
            )


@dataclass(frozen=True)
class View:
    """`image` is `None`, and with it what follows from it, while there is too little ink; `trouble` then says so."""

    state: State
    trouble: str = ""
    image: np.ndarray | None = None  # (8, 8, 1), as the writer gets it
    belief: np.ndarray | None = None  # (10,), of each class, by the kept rows alone
    completions: np.ndarray | None = None  # (12, 8, 8, 1)
    answers: tuple[int, ...] = ()  # what the CNN reads in each of them
    bits: float = 0.0  # what the rest costs as it was drawn
    bits_written: tuple[float, ...] = ()  # and as it was written

    @property
    def asked(self) -> int | None:
        """The class that is written: the one you say, or else the likeliest."""
        if self.state.label is not None or self.belief is None:
            return self.state.label
        return int(self.belief.argmax())

    @property
    def obeyed(self) -> int:
        """In how many of the twelve the CNN reads what was asked for."""
        return self.answers.count(self.asked)

    @cached_property
    def spread(self) -> float:
        """How far the twelve lie from their mean: standard deviation of a written pixel, in grey levels of 16."""
        written = self.completions[:, self.state.kept :] * 16
        return float(written.std(axis=0).mean()) if written.size else 0.0

    @cached_property
    def found(self) -> tuple[int, ...]:
        """Which of the twelve are the digit on the pad, pixel for pixel."""
        same = (self.completions == self.image).all(axis=(1, 2, 3))
        return tuple(np.flatnonzero(same).tolist())


def compute(state: State) -> View:
    if state.blank:
        return View(state, "The pad is empty: draw the beginning of a digit, or load one.")
    try:
        image = digits.reduce(bitmap_of(state.rows), state.fit)
    except ValueError as error:
        return View(state, str(error))
    bits = _costs(np.repeat(image[None], 10, axis=0), np.arange(10))
    belief = FORWARD["softmax"](-np.log(2) * bits[:, : state.kept].sum(axis=(1, 2)))
    asked = int(belief.argmax()) if state.label is None else state.label
    written = _writer().complete(image, asked, state.kept, float(state.temperature), COUNT, state.draw)
    costs = _costs(written, np.full(COUNT, asked))[:, state.kept :].sum(axis=(1, 2))
    answers = tuple(_reader().predict(written).argmax(axis=1).tolist())
    rest = float(bits[asked, state.kept :].sum())
    return View(state, "", image, belief, written, answers, rest, tuple(costs.tolist()))


def _costs(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The bits of each pixel, (n, 8, 8)."""
    return writer.bits_of_pixels(_writer().logits(images, labels), images)


@cache
def _writer() -> writer.Writer:
    return writer.load_trained("writer_unseen")


@cache
def _reader():
    return cnn.load_trained()


# In words


def describe(view: View) -> str:
    state = view.state
    if view.image is None:
        return f"{view.trouble} {_settings(state)}"
    return (
        f"{subject(state)}, {way(state)}. {_kept(state)}: {_asked(view)}. Written on {_how(state)}: the CNN reads "
        f"{_read(view)}; {_variety(view)}. {_surprise(view)}"
    )


def _settings(state: State) -> str:
    unknown = state.label is None and state.kept
    wish = "as what it begins like" if unknown else f"as {a_digit(state.label or 0)}"
    return f"It will be read {way(state)}; {_kept(state).lower()}, and it is finished {wish}, {_how(state)}."


def _kept(state: State) -> str:
    if state.kept in (0, ROWS):
        return "No row is kept" if not state.kept else "All rows are kept"
    return f"The first {'row is' if state.kept == 1 else f'{state.kept} rows are'} kept"


def _asked(view: View) -> str:
    aim = a_digit(view.asked)
    if not view.state.kept:
        guess = "nothing is known, all ten are alike"
        return f"{guess}; {aim} is taken" if view.state.label is None else f"{guess}, and it is to become {aim}"
    guess = f"they begin {a_digit(int(view.belief.argmax()))} ({percent(view.belief.max())})"
    return f"{guess}, so it becomes {aim}" if view.state.label is None else f"{guess}, and it is to become {aim}"


def _how(state: State) -> str:
    return f"at temperature {_degrees(state)}, draw {state.draw}"


def _degrees(state: State) -> str:
    """The temperature with a decimal, and with more if it has more."""
    return str(float(f"{state.temperature:g}"))


def _read(view: View) -> str:
    told = sorted(set(view.answers), key=lambda answer: (-view.answers.count(answer), answer))
    return ", ".join(f"{view.answers.count(answer)} as {answer}" for answer in told)


def _variety(view: View) -> str:
    return f"from their mean a pixel differs by {view.spread:.1f} grey levels"


def _surprise(view: View) -> str:
    """What the rest costs, drawn and written, by the probabilities as they were learned."""
    if view.state.kept == ROWS:
        return "Nothing is left to write, and that costs no bits."
    cheap, dear = min(view.bits_written), max(view.bits_written)
    learned = "" if view.state.temperature == 1 else " (bits of temperature 1)"
    costs = f"{view.bits:.0f} bits, as it was written {cheap:.0f} to {dear:.0f}"
    return f"The rest as it was drawn costs {costs}{learned}."


# The picture

CELL = PAPER // ROWS
LINES = 148  # where the words beside the paper begin
TWELVE, STEP, THUMB, LINE = 324, WIDTH / 6, 84, 118  # where the twelve begin, their distance, size, and line height
HEIGHT = TWELVE + 12 + 2 * LINE


def draw(view: View) -> str:
    body = draw_paper(view) + _draw_cut(view) + _draw_belief(view) + _draw_words(view) + _draw_twelve(view)
    return drawing.svg(WIDTH, HEIGHT, body, f"A digit, finished in twelve ways. {describe(view)}")


def _draw_cut(view: View) -> str:
    y = TOP + view.state.kept * CELL
    veil = drawing.rectangle(0, y, PAPER, TOP + PAPER - y, "veil") if view.state.kept < ROWS else ""
    return veil + f'<path class="cut" d="M-4 {y}h{PAPER + 8}"/>' + drawing.target(0, TOP, PAPER, PAPER, "paper")


def _draw_belief(view: View) -> str:
    head = drawing.text(SIDE, 16, "what the kept rows begin", "strong")
    return head + draw_bars(view.belief, view.state.label, 26 + TALL, "series-0")


def _draw_words(view: View) -> str:
    if view.image is None:
        return ""
    sentences = (
        (f"{_kept(view.state)}.", "strong"),
        (f"Below, it becomes {a_digit(view.asked)}{_why(view.state)}.", "strong"),
        (f"The CNN reads {_read(view)};", "muted"),
        (f"{_variety(view)}.", "muted"),
        *((line, "muted") for line in _surprise_lines(view)),
    )
    return "".join(drawing.text(SIDE, LINES + 21 * i, words, style) for i, (words, style) in enumerate(sentences))


def _why(state: State) -> str:
    if state.label is not None:
        return ", as you ask"
    return ", as the writer reads it" if state.kept else "; all ten are alike"


def _surprise_lines(view: View) -> list[str]:
    """The sentence on bits, in lines of the width there is."""
    sentence = _surprise(view)
    cut = sentence.find(", ") + 1
    return [sentence[:cut], sentence[cut:].strip()]


def _draw_twelve(view: View) -> str:
    head = drawing.text(0, TWELVE - 8, f"twelve ways to go on, {_how(view.state)}", "strong")
    return head + "".join(_draw_one(view, i) for i in range(COUNT))


def _draw_one(view: View, i: int) -> str:
    x, y = (i % 6) * STEP, TWELVE + (i // 6) * LINE
    if view.image is None:
        return drawing.rectangle(x, y, THUMB, THUMB, "empty")
    cut = y + view.state.kept * THUMB / ROWS
    answer, same = view.answers[i], i in view.found and view.state.kept < ROWS
    marked = drawing.rectangle(x, y, THUMB, THUMB, "yours") if same else ""
    words = f"read as {answer}" + (", as drawn" if same else "")
    return (
        drawing.picture(view.completions[i], x, y, THUMB)
        + f'<path class="cut" d="M{x - 4:g} {cut:g}h8M{x + THUMB - 4:g} {cut:g}h8"/>'
        + marked
        + drawing.text(x, y + THUMB + 17, words, "small" if answer == view.asked else "small wrong")
    )


# The still picture


def still(view: View):
    """The digit, what is kept of it, and the twelve; without ink the digit that is on the pad at first."""
    from matplotlib.figure import Figure

    view = compute(first()) if view.image is None else view
    kept = view.state.kept
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    figure.suptitle(f"{_kept(view.state)}; twelve ways to go on as {a_digit(view.asked)}")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 3))
    half = view.image[:, :, 0].copy()
    half[kept:] = 0.35
    _plot(left.subplots(), half, kept, f"kept: {kept} of {ROWS} rows")
    for axes, image, answer in zip(right.subplots(2, 6).flat, view.completions, view.answers, strict=True):
        _plot(axes, image[:, :, 0], kept, f"read as {answer}")
    return figure


def _plot(axes, image: np.ndarray, kept: int, title: str) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    axes.axhline(kept - 0.5, color=drawing.SERIES[1], linewidth=1.5)
    axes.set_title(title, fontsize=8)
    axes.set_axis_off()


# The controls


def half_a_digit(rows=None, *, kept: int = 4, temperature: float = 1.0, draw: int = 0,
                 at: tuple[int, int] | None = None, fit: bool | None = None, label=..., digit: int | None = None,
                 number: int | None = None) -> PadExploration:  # fmt: skip
    """Keep the first rows of a digit, a test digit or one that you draw, and see it finished in twelve ways.

    kept: how many rows stay, 0 to 8. temperature: 0.1 to 3, of what is written. draw: which twelve, 0 to 999.
    label: the digit that it is to become; None for what the writer takes the kept rows for.
    The other arguments are those of `drawing_pad`; without any of them a test digit is on the pad.
    Errors: `ValueError` for what cannot be, for `at` without `rows` and for `number` without `digit`.
    """
    pad = _asked_for(rows, at, fit, label, digit, number)
    return PadExploration(
        "half_a_digit",
        title="Half a digit",
        idea="keep the first rows; what could the rest have been?",
        state=State(**_on_pad(pad), kept=kept, temperature=temperature, draw=draw),
        compute=compute,
        describe=describe,
        draw=_draw,
        still=still,
        call=call,
        more=[
            Group("Or load a test digit", [digit_control(), number_control()]),
            Group("Where to stop, and how boldly to go on", [
                slider("kept", "kept rows", 0, ROWS),
                slider("temperature", "temperature", COLDEST, HOTTEST, 0.1,
                       read=lambda state, value: replace(state, temperature=round(value, 1))),
                shell.action("again", "Another twelve", _again),
            ]),
            Group("What is it to become?", [label_control()]),
            Group("Centre and scale", [toggles("fit", "", [("on", True), ("off", False)])]),
            Group("Or type it as rows", [typed_control()]),
        ],
        puzzles=puzzles(),
        pick=_pick,
    )  # fmt: skip


_draw = draw  # the function has an argument of this name


@cache
def first() -> State:
    """What is on the pad at first."""
    return load(State(), 3, 2)


def _asked_for(rows, at, fit, label, digit, number) -> pad_state.State:
    """As `pad_state.asked_for`; where a label alone is asked for, the first digit stays on the pad."""
    if all(each is None for each in (rows, at, fit, digit, number)):
        return first() if label is ... else replace(first(), label=label)
    return asked_for(rows, at, fit, label, digit, number)


def _on_pad(state: pad_state.State) -> dict:
    """The fields of a pad alone."""
    return {field.name: getattr(state, field.name) for field in fields(pad_state.State)}


def _again(state: State) -> State:
    return replace(state, draw=(state.draw + 1) % (LAST_DRAW + 1))


def _pick(state: State, name: str, x: float, y: float) -> State:
    """Rows above the place that is pointed at are kept; pointing at the upper half of the first row keeps none."""
    return replace(state, kept=int(np.clip(round(y * ROWS), 0, ROWS)))


def call(state: State) -> str:
    """The call that makes `state`; nothing is said of what is so at first."""
    pad, usual = _on_pad(state), State()
    own = [
        f"{name}={shell.plain(getattr(state, name))}"
        for name in ("kept", "temperature", "draw")
        if getattr(state, name) != getattr(usual, name)
    ]
    there = "explore.half_a_digit()"
    if pad != _on_pad(first()):
        there = pad_state.call("half_a_digit", pad_state.State(**pad))
    given = [there.removeprefix("explore.half_a_digit(").removesuffix(")"), *own]
    return f"explore.half_a_digit({', '.join(filter(None, given))})"


# Puzzles

TRIED = 48  # digits that a search looks at, at most
ALIKE = 0.7  # grey levels
SIMILAR = ((6, 9), (4, 7), (3, 1), (9, 5), (6, 1), (9, 3), (4, 0), (9, 3), (9, 3), (3, 7))  # digits that begin alike


@cache
def puzzles() -> tuple[Puzzle, ...]:
    """Those that this writer can answer; another, trained anew, may leave nothing to find."""
    with shell.on_one_thread():
        asked = _same_twelve(), _too_hot(), _false_start(), _talked_into(), _as_drawn()
    return tuple(filter(None, asked))


def _first_digits() -> list[State]:
    """Some test digits as they were written, of all classes in turn."""
    return [load(State(), digit, number) for number in range(TRIED // 10 + 1) for digit in range(10)][:TRIED]


def _first_solved(states, solved) -> State | None:
    return next((state for state in states if solved(compute(state))), None)


def _puzzle(name: str, sentence: str, states, solved, because, start: State | None = None) -> Puzzle | None:
    """The puzzle, if one of `states` solves it; it starts at the first digit unless that would be an answer.

    because: a text, or what makes one of the solution's view.
    """
    solution = _first_solved(states, solved)
    if solution is None:
        return None
    because = because if isinstance(because, str) else because(compute(solution))
    start = start or first()
    start = start if not solved(compute(start)) else load(State(), 0, 0)
    return None if solved(compute(start)) else Puzzle(name, sentence, start, solved, (solution,), because)


def _written(view: View) -> bool:
    """Whether there are twelve to speak of."""
    return view.completions is not None


def _same_twelve() -> Puzzle | None:
    return _puzzle(
        "Asked once",
        f"Let the twelve differ from their mean by less than {ALIKE:g} grey levels, with at most three rows kept.",
        (replace(first(), kept=kept, temperature=COLDEST) for kept in (3, 2, 1, 0)),
        lambda view: _written(view) and view.state.kept <= 3 and view.spread < ALIKE,
        lambda view: (
            "Cold, the writer takes about the likeliest grey level at every pixel: asked twelve times, it "
            f"answers nearly the same.{_peak(view)}"
        ),
    )


def _peak(view: View) -> str:
    """What the likeliest endings of a test digit cost beside the real one, when they cost less."""
    cheap, dear = (round(bits) for bits in (min(view.bits_written), max(view.bits_written)))
    if dear >= round(view.bits):
        return ""
    state, costs = view.state, f"{cheap} bits" if cheap == dear else f"{cheap} to {dear} bits"
    return (
        f" Where {_kept(state).lower()} of test digit {state.digit}, number {state.number}, such endings cost {costs} "
        f"and the real one {view.bits:.0f}, all at temperature 1: a peak is no typical digit."
    )


def _too_hot() -> Puzzle | None:
    return _puzzle(
        "Too hot",
        "Let a test digit go on as what it is, so hot that the CNN reads at most half of the twelve as that; at "
        "temperature 1 it must read at least ten so.",
        (replace(state, kept=kept, temperature=HOTTEST) for state in _first_digits() for kept in (0, 1, 2)),
        _lost_by_heat,
        "Heat makes all grey levels more alike in chance. One odd pixel is a fact to all that follow it, and the digit "
        "is lost.",
    )


def _lost_by_heat(view: View) -> bool:
    """Whether heat alone took the digit from six of the twelve and more."""
    state = view.state
    return (
        _written(view) and state.loaded and state.kept < ROWS and state.temperature > 1
        and view.asked == state.digit and view.obeyed <= 6
        and _obeyed(replace(state, temperature=1.0)) >= 10
    )  # fmt: skip


@lru_cache(64)
def _obeyed(state: State) -> int:
    """Kept, as it is asked for at every step of the slider for the temperature."""
    return compute(state).obeyed


def _false_start() -> Puzzle | None:
    return _puzzle(
        "A false start",
        "Find a test digit of which three rows are kept and begin, says the writer, another digit.",
        (replace(state, kept=3) for state in _first_digits()),
        lambda view: _written(view) and view.state.loaded and view.state.kept == 3
        and int(view.belief.argmax()) != view.state.digit,
        "It asks each class what these rows cost, and believes the cheapest: Bayes’ rule. Whoever can write can read, "
        "and can be fooled by a beginning.",
    )  # fmt: skip


def _others(kept: int) -> list[State]:
    """Test digits that are to become digits that begin like them."""
    states = [(state, label) for state in _first_digits() for label in SIMILAR[state.digit]]
    return [replace(state, label=label, kept=kept) for state, label in states]


def _made_another(view: View) -> bool:
    """Whether five rows or more of a test digit that the CNN reads have become another digit, in ten of the twelve."""
    state = view.state
    # `loaded` speaks of what is on the pad, whatever it is to become
    return (
        _written(view) and state.loaded and 5 <= state.kept < ROWS and state.label not in (None, state.digit)
        and view.obeyed >= 10 and int(_reader().predict(view.image[None]).argmax()) == state.digit
    )  # fmt: skip


def _talked_into() -> Puzzle | None:
    return _puzzle(
        "Talked into it",
        "Keep five rows or more, but not all, of a test digit that the CNN reads as what it is, and let it become "
        "another digit: the CNN must read at least ten of the twelve as that one.",
        _others(5),
        _made_another,
        "Two digits can share their first five rows. What a row means is settled by rows that are not there yet.",
    )


def _as_drawn() -> Puzzle | None:
    return _puzzle(
        "Just as it was",
        "Keep seven rows of a test digit, and let one of the twelve be that digit, pixel for pixel.",
        (replace(state, kept=ROWS - 1, draw=draw) for draw in range(4) for state in _first_digits()),
        lambda view: _written(view) and view.state.loaded and view.state.kept == ROWS - 1 and bool(view.found),
        f"Eight pixels of 17 levels have {17**8:,} endings, and twelve tries were enough: few of them are at all "
        "likely. That is what few bits mean.",
    )
