"""Honest-score lab: one model, the same digits, four ways to measure, four scores. Belongs to lesson 03."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from course_utils.data import digits
from course_utils.explore import drawing
from course_utils.explore.shell import Exploration, Group, Puzzle, call_line, check_whole, slider, toggles
from course_utils.explore.words import a_digit
from course_utils.recognition import store
from course_utils.recognition.honest_scores import MODELS, SHUFFLES, STRANGERS, WRITERS

__all__ = ["honest_score_lab"]

LOGISTIC, NEIGHBOURS, SVM, CNN = MODELS
MEASURINGS = ("training", "random", "halves", "by writer")
NAMES = dict(zip(MEASURINGS, ("its own training digits", "random split", "two halves", "by writer"), strict=True))
LEARNED, _, TEST = range(3)  # the parts of a split, as `honest_scores.measure` numbers them


@dataclass(frozen=True)
class State:
    """`split` counts a measuring's splits from 0: random ones, or rotations of the writers. `writer`: looked at."""

    model: str = LOGISTIC
    measuring: str = "random"
    split: int = 0
    writer: int = 12

    def __post_init__(self):
        _check_one_of("model", self.model, MODELS)
        _check_one_of("measuring", self.measuring, MEASURINGS)
        check_whole("writer", self.writer, 0, WRITERS - 1)


def _check_one_of(name: str, value, accepted: Sequence[str]) -> None:
    if value not in accepted:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, accepted))}.")


@dataclass(frozen=True)
class Tally:
    """One way to measure, in its d splits, counted writer by writer."""

    fits: slice  # its splits among the sixteen
    part: int  # the part of the split that the models are asked about
    asked: np.ndarray  # (d, 14), digits
    wrong: np.ndarray  # (4, d, 14), those that each model misreads
    known: np.ndarray  # (d, 14), whether the writer has digits in training

    @property
    def last(self) -> int:
        return len(self.asked) - 1

    def errors(self, model: str) -> np.ndarray:
        """(d,)"""
        return self.wrong[MODELS.index(model)].sum(axis=1)

    def scores(self, model: str) -> np.ndarray:
        """(d,): the accuracy in each split."""
        return 1 - self.errors(model) / self.asked.sum(axis=1)

    def total(self, model: str) -> tuple[int, int]:
        """Errors and digits asked about, in all splits together."""
        return int(self.errors(model).sum()), int(self.asked.sum())

    def rates(self, model: str) -> np.ndarray:
        """(14,): the share of each writer's digits that is misread, all splits together; NaN where nothing is asked."""
        wrong, asked = self.wrong[MODELS.index(model)].sum(axis=0), self.asked.sum(axis=0)
        return np.divide(wrong, asked, where=asked > 0, out=np.full(WRITERS, np.nan))


@dataclass(frozen=True, eq=False)
class Record:
    """Everything that was asked and answered, as `course train honest_scores` stores it. Compared by identity."""

    everyone: digits.Digits
    answers: np.ndarray  # (4, 16, 1797), by model, split and digit
    parts: np.ndarray  # (16, 1797), LEARNED, TEST or neither
    tallies: dict[str, Tally]  # by measuring


def read_record(arrays: dict[str, np.ndarray]) -> Record:
    everyone, answers, parts = digits.load_all(), arrays["answers"], arrays["parts"]
    wrong, by_writer = answers != everyone.labels, np.eye(WRITERS, dtype=int)[everyone.writers]

    def tally(fits: slice, part: int) -> Tally:
        asked = parts[fits] == part
        known = (parts[fits] == LEARNED) @ by_writer > 0
        return Tally(fits, part, asked @ by_writer, (wrong[:, fits] & asked) @ by_writer, known)

    shuffled, halves = slice(0, SHUFFLES), slice(SHUFFLES, SHUFFLES + 1)
    rotations = slice(SHUFFLES + 1, SHUFFLES + 1 + len(STRANGERS))
    measured = tally(shuffled, LEARNED), tally(shuffled, TEST), tally(halves, TEST), tally(rotations, TEST)
    return Record(everyone, answers, parts, dict(zip(MEASURINGS, measured, strict=True)))


@dataclass(frozen=True)
class View:
    state: State
    record: Record
    parts: np.ndarray  # (1797,): where this split has each digit
    asked: np.ndarray  # (1797,), whether the model is asked about it
    answers: np.ndarray  # (1797,), what the model reads, or would read
    wrong: np.ndarray  # (1797,), whether it is asked and misread

    @property
    def tally(self) -> Tally:
        return self.record.tallies[self.state.measuring]

    @property
    def count(self) -> int:
        return int(self.asked.sum())

    @property
    def errors(self) -> int:
        return int(self.wrong.sum())

    @property
    def score(self) -> float:
        return 1 - self.errors / self.count

    @property
    def writers_asked(self) -> np.ndarray:
        """(14,), digits of each writer that the model is asked about."""
        return self.tally.asked[self.state.split]

    @property
    def writers_wrong(self) -> np.ndarray:
        return self.tally.wrong[MODELS.index(self.state.model), self.state.split]

    @property
    def known(self) -> np.ndarray:
        """(14,), whether the writer's hand is in training."""
        return self.tally.known[self.state.split]


def compute(state: State, record: Record) -> View:
    """Errors: `ValueError` for a split that this measuring does not have."""
    tally = record.tallies[state.measuring]
    check_whole("split", state.split, 0, tally.last)
    fit = tally.fits.start + state.split
    parts, answers = record.parts[fit], record.answers[MODELS.index(state.model), fit]
    asked = parts == tally.part
    return View(state, record, parts, asked, answers, asked & (answers != record.everyone.labels))


def describe(view: View) -> str:
    others = (f"{NAMES[name]} {_total(tally, view.state.model)}" for name, tally in view.record.tallies.items())
    return (
        f"{view.state.model}, {_setting(view.state)}: {view.score:.3f}, {_reading(view)}. {_hands(view)} "
        f"{_closely(view)}. All splits together: {'; '.join(others)}."
    )


def _setting(state: State) -> str:
    """How it is measured: by writer, rotation 2, strangers 5, 6 and 7."""
    if state.measuring == "by writer":
        *some, last = STRANGERS[state.split]
        return f"by writer, rotation {state.split}, strangers {', '.join(map(str, some))} and {last}"
    number = {"training": f", split {state.split}", "random": f" {state.split}", "halves": ""}
    return NAMES[state.measuring] + number[state.measuring]


def _reading(view: View) -> str:
    return f"{view.count - view.errors:,} of {view.count:,} read, {view.errors} wrong"


def _hands(view: View) -> str:
    """Which of the writers it is asked about were in training."""
    if view.state.measuring == "training":
        return "Every digit it is asked about was in training."
    asked = view.writers_asked > 0
    known = int((asked & view.known).sum())
    if known == asked.sum():
        return f"All {known} hands it is asked about are in training too."
    return f"{'None' if known == 0 else known} of the {asked.sum()} hands it is asked about was in training."


def _closely(view: View) -> str:
    """What became of the writer that is looked at."""
    writer = view.state.writer
    asked, wrong = view.writers_asked[writer], view.writers_wrong[writer]
    whose = f"Writer {writer}, {'known from training' if view.known[writer] else 'a stranger'}"
    return f"{whose}: {wrong} of {asked} misread" if asked else f"{whose}: not asked about"


def _total(tally: Tally, model: str) -> str:
    errors, asked = tally.total(model)
    return f"{1 - errors / asked:.3f}, {errors:,} of {asked:,} wrong"


WIDTH = 600  # of the drawing
ROWS, ROW, LINE = 62, 22, (160, 440)  # where the four measurings begin; the height of each; their scale, from x to x
LEFT, TOP, TALL = 34, 194, 92  # where the writers' columns begin; their chart's top and height
COLUMN, SQUARE = (WIDTH - LEFT) / WRITERS, 3.6  # the width of a column; a digit's square on its writer's sheet
ACROSS = 10  # squares in a line of a sheet
SHEETS = TOP + TALL + 18
THUMBS, THUMB, MOST = SHEETS + 122, 30, 14  # the misread digits: where they begin, how large, how many at most


def draw(view: View) -> str:
    body = (
        _draw_head(view) + _draw_scale(view) + "".join(_draw_measuring(view, i) for i in range(len(MEASURINGS)))
        + _draw_writers(view) + _draw_sheets(view) + _draw_misread(view) + _targets()
    )  # fmt: skip
    return drawing.svg(WIDTH, THUMBS + THUMB + 20, body, f"One model, measured. {describe(view)}")


def _draw_head(view: View) -> str:
    return (
        drawing.text(0, 28, f"{view.score:.3f}", "score")
        + drawing.text(112, 12, _reading(view), "strong")
        + drawing.text(112, 31, f"{view.state.model}, {_setting(view.state)}", "muted")
    )


def _place(score: float, low: float) -> float:
    """Where a score stands on the scale from `low` to 1."""
    start, end = LINE
    return start + (score - low) / (1 - low) * (end - start)


@cache
def _lowest(record: Record) -> float:
    """Where the scale of scores begins: below all that was measured."""
    scores = [tally.scores(model).min() for tally in record.tallies.values() for model in MODELS]
    return float(np.floor(20 * min(scores)) / 20)


def _draw_scale(view: View) -> str:
    low, bottom = _lowest(view.record), ROWS + len(MEASURINGS) * ROW - 8
    ticks = np.arange(low, 1.01, 0.05)
    lines = "".join(f"M{_place(tick, low):.1f} {ROWS - 11}V{bottom}" for tick in ticks)
    words = (drawing.text(_place(tick, low), bottom + 13, f"{tick:.2f}", "small middle") for tick in ticks)
    heads = drawing.text(WIDTH - 92, ROWS - 16, "all splits", "small end")
    heads += drawing.text(WIDTH, ROWS - 16, "from – to", "small end")
    return heads + f'<path class="lines" d="{lines}"/>' + "".join(words)


def _draw_measuring(view: View, i: int) -> str:
    """One of the four: a dot for every split, and a line across at all of them together."""
    name, y, low = MEASURINGS[i], ROWS + i * ROW, _lowest(view.record)
    tally, model = view.record.tallies[name], view.state.model
    now, scores = name == view.state.measuring, tally.scores(model)
    errors, asked = tally.total(model)
    mean = 1 - errors / asked
    hand = "known" if (tally.known & (tally.asked > 0)).any() else "stranger"
    dots = "".join(_dot(_place(score, low), y, 3.5, f"{hand} faint") for score in scores)
    if now:
        dots += _dot(_place(view.score, low), y, 6, f"{hand} now")
    spread = f"{scores.min():.3f} – {scores.max():.3f}" if tally.last else ""
    weight = " strong" if now else ""
    return (
        (drawing.rectangle(-6, y - ROW / 2, WIDTH + 12, ROW, "looked-at", rx="5") if now else "")
        + drawing.text(0, y + 4.5, NAMES[name], f"measuring{weight}")
        + f'<path class="mean" d="M{_place(mean, low):.1f} {y - 8}v16"/>'
        + dots
        + drawing.text(WIDTH - 92, y + 4.5, f"{mean:.3f}", f"measuring end{weight}")
        + drawing.text(WIDTH, y + 4.5, spread, "small end")
    )


def _dot(x: float, y: float, radius: float, style: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{style}"/>'


def _middle(writer: int) -> float:
    """The middle of a writer's column."""
    return LEFT + (writer + 0.5) * COLUMN


@cache
def _highest(record: Record) -> float:
    """The largest error rate of a writer in any split: the chart reaches up to it."""
    tallies = record.tallies.values()
    return float(max((tally.wrong / np.maximum(tally.asked, 1)).max() for tally in tallies))


def _height(rate: float, view: View) -> float:
    return TOP + TALL * (1 - rate / _highest(view.record))


def _draw_writers(view: View) -> str:
    writer, highest = view.state.writer, _highest(view.record)
    ticks = np.arange(0, highest + 1e-9, 0.1)
    lines = "".join(f"M{LEFT} {_height(tick, view):.1f}H{WIDTH}" for tick in ticks)
    words = (drawing.text(LEFT - 5, _height(tick, view) + 4, f"{100 * tick:.0f} %", "small end") for tick in ticks)
    numbers = (
        drawing.text(_middle(w), SHEETS + 66, str(w), "middle " + ("strong" if w == writer else "muted"))
        for w in range(WRITERS)
    )
    return (
        drawing.text(0, TOP - 16, "misread, of each writer’s digits", "strong")
        + _key(WIDTH - 229, "known", "hand in training") + _key(WIDTH - 110, "stranger", "hand never seen")
        + drawing.rectangle(LEFT + writer * COLUMN, TOP - 8, COLUMN, SHEETS - TOP + 80, "looked-at", rx="5")
        + f'<path class="lines" d="{lines}"/>' + "".join(words) + "".join(numbers)
        + drawing.text(0, SHEETS + 66, "writer", "small")
        + "".join(_draw_writer(view, w) for w in range(WRITERS))
    )  # fmt: skip


def _key(x: float, hand: str, words: str) -> str:
    return _dot(x, TOP - 20, 5, f"{hand} now") + drawing.text(x + 10, TOP - 16, words, "small")


def _draw_writer(view: View, writer: int) -> str:
    """The writer's error rate in this split, with the number of errors, over those in the other splits."""
    tally, model, x = view.tally, MODELS.index(view.state.model), _middle(writer)
    asked, wrong, known = tally.asked[:, writer], tally.wrong[model, :, writer], tally.known[:, writer]
    hands = np.where(known, "known", "stranger")
    rates = wrong / np.maximum(asked, 1)
    faint = {(rates[d], hands[d]) for d in np.flatnonzero(asked) if d != view.state.split}
    dots = "".join(_dot(x, _height(rate, view), 3, f"{hand} faint") for rate, hand in sorted(faint))
    now = view.state.split
    if not asked[now]:
        return dots
    y = _height(rates[now], view)
    colour = "var(--course-card)" if hands[now] == "known" else ""  # it stands on a filled disc
    number = drawing.text(x, y + 4, str(wrong[now]), "count middle", colour)
    return dots + _dot(x, y, 8.5, f"{hands[now]} now") + number


def _draw_sheets(view: View) -> str:
    """A sheet for each writer, a square for each digit, in the order of the rows: what became of it."""
    writers = view.record.everyone.writers
    position = np.arange(len(writers)) - np.searchsorted(writers, writers)
    x = LEFT + writers * COLUMN + (COLUMN - ACROSS * SQUARE) / 2 + position % ACROSS * SQUARE
    y = SHEETS + (position // ACROSS + 0.5) * SQUARE
    kinds = {
        "learned": (view.parts == LEARNED) & ~view.wrong,
        "set-aside": (view.parts != LEARNED) & ~view.asked,
        "asked": (view.parts != LEARNED) & view.asked & ~view.wrong,
        "misread": view.wrong,
    }
    paths = (f'<path class="{kind}" d="{_squares(x[rows], y[rows])}"/>' for kind, rows in kinds.items())
    return "".join(paths) + _legend()


def _squares(x: np.ndarray, y: np.ndarray) -> str:
    """Short strokes, as long as they are wide."""
    return "".join(f"M{a:.1f} {b:.1f}h3" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _legend() -> str:
    kinds = {"learned": "learned from", "set-aside": "set aside", "asked": "asked, and read", "misread": "misread"}
    y, places = SHEETS + 90, (LEFT + 160, LEFT + 258, LEFT + 336, LEFT + 452)
    keys = (
        f'<path class="{kind} key" d="M{x} {y - 4}h9"/>' + drawing.text(x + 15, y, words, "small")
        for x, (kind, words) in zip(places, kinds.items(), strict=True)
    )
    return drawing.text(LEFT + 4, y, "every square is a digit:", "small") + "".join(keys)


def _draw_misread(view: View) -> str:
    """The misread digits of the writer that is looked at."""
    everyone, writer = view.record.everyone, view.state.writer
    rows = np.flatnonzero(view.wrong & (everyone.writers == writer))
    more = f", the first {MOST} of them:" if len(rows) > MOST else ""
    return drawing.text(0, THUMBS - 9, _closely(view) + more, "strong") + "".join(
        _draw_thumb(everyone.images[row], int(everyone.labels[row]), int(view.answers[row]), i)
        for i, row in enumerate(rows[:MOST])
    )


def _draw_thumb(image: np.ndarray, label: int, answer: int, i: int) -> str:
    x = i * WIDTH / MOST + (WIDTH / MOST - THUMB) / 2
    address = drawing.data_address(image[:, :, 0], drawing.UNSIGNED, 0, 1)
    return (
        f'<image x="{x:.1f}" y="{THUMBS}" width="{THUMB}" height="{THUMB}" class="pixels" href="{address}"/>'
        + drawing.text(x + THUMB / 2, THUMBS + THUMB + 14, f"{label} as {answer}", "small middle")
    )


def _targets() -> str:
    rows = (drawing.target(0, ROWS + (i - 0.5) * ROW, WIDTH, ROW, f"measuring-{i}") for i in range(len(MEASURINGS)))
    columns = (
        drawing.target(LEFT + w * COLUMN, TOP - 8, COLUMN, SHEETS - TOP + 80, f"writer-{w}") for w in range(WRITERS)
    )
    return "".join(rows) + "".join(columns)


SHORT_NAMES = ("own\ndigits", "random\nsplit", "two\nhalves", "by\nwriter")


def still(view: View):
    """All four models, measured in all four ways: a dot for each writer, all splits together."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.2, 3.9), layout="constrained")
    figure.suptitle("The same models, the same digits, four ways to measure: each dot is a writer")
    plots = figure.subplots(1, len(MODELS), sharey=True)
    tallies = view.record.tallies.values()
    highest = 100 * max(np.nanmax(tally.rates(model)) for tally in tallies for model in MODELS)
    for axes, model in zip(plots, MODELS, strict=True):
        for i, tally in enumerate(tallies):
            _plot_measuring(axes, i, tally, model)
        axes.set_title(model, fontsize=10)
        axes.set_xticks(range(len(MEASURINGS)), SHORT_NAMES, fontsize=8)
        axes.set(xlim=(-0.5, len(MEASURINGS) - 0.5), ylim=(-1, highest + 3))
        axes.grid(axis="y", alpha=0.25)
    plots[0].set_ylabel("misread, % of a writer’s digits")
    plots[-1].legend(*_hands_shown(plots[-1]), loc="upper left", fontsize=8)
    return figure


def _hands_shown(axes) -> tuple[list, list]:
    """A dot of each kind and its name, for the legend."""
    shown = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    return list(shown.values()), list(shown)


def _plot_measuring(axes, i: int, tally: Tally, model: str) -> None:
    rates = 100 * tally.rates(model)
    errors, asked = tally.total(model)
    beside = i + np.linspace(-0.26, 0.26, WRITERS)
    known = (tally.known & (tally.asked > 0)).any(axis=0)
    axes.plot(beside[known], rates[known], "o", markersize=4, color=drawing.SERIES[0], alpha=0.75,
              label="hand in training")  # fmt: skip
    axes.plot(beside[~known], rates[~known], "o", markersize=4, color=drawing.SERIES[1], markerfacecolor="white",
              label="hand never seen")  # fmt: skip
    axes.hlines(100 * errors / asked, i - 0.4, i + 0.4, color="black", linewidth=1.5)
    axes.annotate(f"{1 - errors / asked:.3f}", (i, np.nanmax(rates)), (0, 6), textcoords="offset points",
                  ha="center", weight="bold", fontsize=9)  # fmt: skip


def honest_score_lab(model: str = LOGISTIC, measuring: str = "random", *, split: int = 0,
                     writer: int = 12) -> Exploration:  # fmt: skip
    """Measure one model in four ways: the score changes, though the model gets no better and no worse.

    `model`: `"logistic regression"`, `"3 nearest neighbours"`, `"SVM"` or `"CNN"`. `measuring`: `"training"`, asked
    about the digits it learned from; `"random"`, about others of a random split; `"halves"`, fitted to the first half
    of the rows and asked about the second; `"by writer"`, about hands that it never saw. `split` counts the random
    splits, 0 to 9, or the rotations of the writers, 0 to 4. `writer`, 0 to 13, is looked at closely.
    The answers are those that `course train honest_scores` stored.
    Errors: `ValueError` for another model or measuring, and for a number out of its range.
    """
    record = _stored()
    return Exploration(
        "honest_score_lab",
        title="Honest-score lab",
        idea="the same model, the same digits; which of its scores would you believe?",
        state=State(model, measuring, split, writer),
        compute=partial(compute, record=record),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "honest_score_lab", "", default=State()),
        controls=[
            Group("Model", [toggles("model", "", list(zip(SHORT, MODELS, strict=True)))]),
            Group("Measured", [toggles("measuring", "", _MEASURED, read=partial(_measured_by, record=record))]),
            Group("Which split", [
                slider("split", "split", 0, 0, bounds=lambda state: (0, record.tallies[state.measuring].last)),
            ]),
            Group("Look closely at", [slider("writer", "writer", 0, WRITERS - 1)]),
        ],
        puzzles=puzzles(record),
        pick=partial(_pick, record=record),
    )  # fmt: skip


SHORT = ("logistic", "3 neighbours", "SVM", "CNN")
_MEASURED = [("on its own digits", "training"), ("random split", "random"), ("two halves", "halves"),
             ("by writer", "by writer")]  # fmt: skip


@cache
def _stored() -> Record:
    return read_record(store.load("honest_scores"))


def _measured_by(state: State, measuring: str, record: Record) -> State:
    return replace(state, measuring=measuring, split=min(state.split, record.tallies[measuring].last))


def _pick(state: State, name: str, x: float, y: float, record: Record) -> State:
    """The measuring or writer that is pointed at; by writer, with the rotation that leaves this writer out."""
    kind, number = name.split("-")
    if kind == "measuring":
        return _measured_by(state, MEASURINGS[int(number)], record)
    writer = int(number)
    if state.measuring != "by writer":
        return replace(state, writer=writer)
    return replace(state, writer=writer, split=_rotation(writer))


def puzzles(record: Record) -> tuple[Puzzle, ...]:
    """Those of the four that this record can answer; other trainings may have nothing to find."""
    return tuple(filter(None, (_sell_it(record), _by_accident(record), _culprit(record), _who_is_best(record))))


def _states(record: Record, model: str) -> list[State]:
    """Every measuring and split, on digits that the model did not learn from."""
    return [State(model, name, split) for name in MEASURINGS[1:] for split in range(record.tallies[name].last + 1)]


def _sell_it(record: Record) -> Puzzle | None:
    tallies = record.tallies
    scores = {state: tallies[state.measuring].scores(LOGISTIC)[state.split] for state in _states(record, LOGISTIC)}
    best = max(scores, key=scores.get)
    if best.measuring != "random" or list(scores.values()).count(scores[best]) > 1:
        return None
    errors, (as_stranger, asked) = tallies["random"].errors(LOGISTIC), tallies["by writer"].total(LOGISTIC)
    return Puzzle(
        "Sell it",
        "Logistic regression, on digits that it did not learn from: find the best score you could print.",
        State(LOGISTIC, "by writer"),
        lambda view: replace(view.state, writer=best.writer) == best,
        (best,),
        f"A lucky split among known hands: the ten have {errors.min()} to {errors.max()} of 360 wrong. "
        f"Asked about strangers, it misreads {as_stranger} of {asked:,}.",
    )


def _strangers_only(tally: Tally) -> bool:
    return not (tally.known & (tally.asked > 0)).any()


def _by_accident(record: Record) -> Puzzle | None:
    honest = [name for name in MEASURINGS[:-1] if _strangers_only(record.tallies[name])]
    if not honest:
        return None
    return Puzzle(
        "By accident",
        "It says nothing of writers, and yet it asks about none whose hand is in training: which measuring is it?",
        State(SVM),
        lambda view: view.state.measuring in honest,
        (State(SVM, honest[0]),),
        "The rows lie writer after writer, so the second half has other hands than the first. Shuffle, and that is "
        "gone.",
    )


def _culprit(record: Record) -> Puzzle | None:
    known, strange = (record.tallies[name].rates(SVM) for name in ("random", "by writer"))
    worst = int(strange.argmax())
    if known[worst] > 0 or (strange == strange[worst]).sum() > 1:
        return None
    there = State(SVM, "by writer", _rotation(worst), worst)
    seen = compute(there, record)
    label, answer, times = _usual_mistake(seen)
    return Puzzle(
        "The culprit",
        "SVM: one writer is read without an error in every random split, and worst of all as a stranger. Look there.",
        State(SVM, "random", 0, (worst + 5) % WRITERS),
        lambda view: view.state == there,
        (there,),
        f"{seen.writers_wrong[worst]} of {seen.writers_asked[worst]} misread, "
        f"{times} times {a_digit(label)} as {a_digit(answer)}; none while the hand was in training.",
    )


def _rotation(writer: int) -> int:
    """The rotation that leaves the writer out."""
    return next(i for i, strangers in enumerate(STRANGERS) if writer in strangers)


def _usual_mistake(view: View) -> tuple[int, int, int]:
    """The most frequent mistake with the digits of the writer on view: digit, answer, how often."""
    everyone = view.record.everyone
    rows = view.wrong & (everyone.writers == view.state.writer)
    pairs, times = np.unique(10 * everyone.labels[rows] + view.answers[rows], return_counts=True)
    return *divmod(int(pairs[times.argmax()]), 10), int(times.max())


def _who_is_best(record: Record) -> Puzzle | None:
    turned = [state for state in _states(record, NEIGHBOURS) if _ahead(record, state)]
    (first, asked), (second, _) = (record.tallies["by writer"].total(model) for model in (SVM, NEIGHBOURS))
    if not turned or _ahead(record, State(NEIGHBOURS)) or first >= second:
        return None
    return Puzzle(
        "Who is best?",
        "The SVM misreads fewer than the 3 neighbours. Not always: find a split whose test digits the neighbours read "
        "better.",
        State(SVM),
        lambda view: view.state.model == NEIGHBOURS and replace(view.state, writer=turned[0].writer) in turned,
        (turned[0],),
        f"A few digits of one test set crown either. All fourteen strangers: the SVM misreads {first} of {asked:,}, "
        f"the neighbours {second}.",
    )


def _ahead(record: Record, state: State) -> bool:
    """Whether the neighbours misread fewer digits there than the SVM."""
    tally = record.tallies[state.measuring]
    return bool(tally.errors(NEIGHBOURS)[state.split] < tally.errors(SVM)[state.split])
