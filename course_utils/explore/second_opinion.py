"""Second opinion: a drawing, what CNN, RNN and SVM read in it, where they disagree, and what their mean makes of that.

Belongs to lesson 05. Pad and state are those of `explore/pad_state.py`.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from course_utils.data import digits
from course_utils.explore import committee, drawing, pad_state
from course_utils.explore.pad import bitmap_of, read_rows
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
    label_control,
    load,
    number_control,
    percent,
    settings,
    subject,
    test_digits,
    test_rows,
    typed_control,
    verdict,
    way,
)
from course_utils.explore.shell import Control, Group, Puzzle, toggles
from course_utils.explore.words import a_digit
from course_utils.recognition import ensemble, rnn

__all__ = ["second_opinion"]

NAMES = ("CNN", "RNN", "SVM", "ensemble")
CNN, RNN, SVM, ENSEMBLE = range(4)
SURE = 0.9  # of a letter
FAR = 2.0  # root of the summed squared differences; from its neighbour no test digit lies as far

LETTER_ROWS = {
    "A": "...##... ..####.. ..#..#.. .##..##. .######. .##..##. ##....## ##....##",
    "F": "##### ##... ##... ####. ##... ##... ##... ##...",
    "H": "##..## ##..## ##..## ###### ##..## ##..## ##..##",
    "L": "##.... ##.... ##.... ##.... ##.... ##.... ######",
    "R": "#####. ##..## ##..## #####. ####.. ##.##. ##..##",
    "S": ".##### ##.... ##.... .####. ....## ....## #####.",
    "X": "##..## ##..## .####. ..##.. .####. ##..## ##..##",
    "Y": "##..## ##..## .####. ..##.. ..##.. ..##.. ..##..",
    "Z": "###### ....## ...##. ..##.. .##... ##.... ######",
}
LETTERS = {letter: State(read_rows(rows.split())) for letter, rows in LETTER_ROWS.items()}


@dataclass(frozen=True)
class Calibration:
    """One temperature for the mean of the three, fitted on validation digits.

    `gap_before`, `gap_after`: how far confidence lies from accuracy on test digits, the expected calibration error.
    """

    temperature: float
    gap_before: float
    gap_after: float


@dataclass(frozen=True)
class View:
    """`image` is `None`, and with it what follows from it, while there is too little ink; `trouble` then says so."""

    state: State
    calibration: Calibration
    trouble: str = ""
    image: np.ndarray | None = None  # (8, 8, 1), as the models get it
    probabilities: np.ndarray | None = None  # (4, 10), a row for each of NAMES
    raw: float = 0.0  # how sure the ensemble is before its temperature

    @property
    def answers(self) -> list[int]:
        """What each of the four reads; nothing while there is nothing to read."""
        return [] if self.image is None else self.probabilities.argmax(axis=1).tolist()

    @property
    def voices(self) -> list[int]:
        """What the three say; their mean is no witness of its own."""
        return self.answers[:ENSEMBLE]

    @property
    def sides(self) -> dict[int, list[int]]:
        """Who says which digit, their mean too; the digit with most voices first."""
        told = {answer: [i for i, other in enumerate(self.answers) if other == answer] for answer in self.answers}
        return dict(sorted(told.items(), key=lambda side: -self.voices.count(side[0])))


def compute(state: State) -> View:
    if state.blank:
        return View(state, calibration(), "The pad is empty: draw a digit or a letter, or load one.")
    try:
        image = digits.reduce(bitmap_of(state.rows), state.fit)
    except ValueError as error:
        return View(state, calibration(), str(error))
    svm, _, network = committee.course().predict(image)
    three = np.stack([network, _rnn().predict(image[None])[0], svm])[:, None]
    opinions, raw = _with_ensemble(three, calibration().temperature)
    return View(state, calibration(), "", image, opinions[:, 0], float(raw[0].max()))


def _with_ensemble(three: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """The opinions (4, n, 10) with the ensemble's at the end, and the ensemble's before its temperature, (n, 10)."""
    raw = ensemble.mean(three)
    return np.concatenate([three, ensemble.soften(raw, temperature)[None]]), raw


# What is read and fitted once


@cache
def _rnn() -> rnn.Network:
    return rnn.load_trained()


def _read(images: np.ndarray) -> np.ndarray:
    """What the three say to many digits, (3, n, 10)."""
    models = committee.course().models
    readers = models[committee.CNN], _rnn(), models[committee.SVM]
    return np.stack([reader.predict(images) for reader in readers]).astype(np.float64)


@cache
def calibration() -> Calibration:
    validation, labels = digits.load("by writer").validation, test_digits().labels
    temperature = ensemble.temperature(ensemble.mean(_read(validation.images)), validation.labels)
    opinions, raw = _with_ensemble(_read(test_digits().images), temperature)
    before, after = (ensemble.calibration_error(each, labels) for each in (raw, opinions[ENSEMBLE]))
    return Calibration(temperature, before, after)


@cache
def on_test_digits() -> np.ndarray:
    """What the four say to all test digits, (4, n, 10)."""
    return _with_ensemble(_read(test_digits().images), calibration().temperature)[0]


def test_digit(row: int) -> State:
    """The test digit in this row, on the pad."""
    labels = test_digits().labels
    return load(State(), int(labels[row]), int((labels[:row] == labels[row]).sum()))


@cache
def disputed() -> State:
    """The test digit of which the ensemble is least sure: what is on the pad at first."""
    return test_digit(int(on_test_digits()[ENSEMBLE].max(axis=1).argmin()))


# In words


def describe(view: View) -> str:
    if view.image is None:
        return f"{view.trouble} {settings(view.state)} {_calibrated(view)}"
    said = "; ".join(
        f"{name} {verdict(view.answers[i], view.state.label)} ({percent(view.probabilities[i].max())})"
        for i, name in enumerate(NAMES)
    )
    return f"{_subject(view.state)}, {way(view.state)}. {said}. {_agreement(view)} {_sure(view)} {_calibrated(view)}"


def _subject(state: State) -> str:
    return f"The letter {letter}" if (letter := letter_of(state)) else subject(state)


def letter_of(state: State) -> str | None:
    """The letter of LETTERS that is on the pad."""
    return next((letter for letter, known in LETTERS.items() if known.rows == state.rows), None)


def _agreement(view: View) -> str:
    """Whether the three agree, and who says what if not."""
    if len(view.sides) == 1:
        return f"All three say {view.answers[0]}, and so does their mean."
    told = ((digit, [i for i in who if i != ENSEMBLE]) for digit, who in view.sides.items())
    said = "; ".join(f"{_names(who)} {'say' if len(who) > 1 else 'says'} {digit}" for digit, who in told if who)
    return f"They disagree: {said}; their mean says {view.answers[ENSEMBLE]}."


def _names(who: list[int]) -> str:
    *some, last = (NAMES[i] for i in who)
    return f"{', '.join(some)} and {last}" if some else last


def _sure(view: View) -> str:
    return f"Their mean is {percent(view.raw)} sure, calibrated {percent(view.probabilities[ENSEMBLE].max())}."


def _calibrated(view: View) -> str:
    known = view.calibration
    return (
        f"On test digits the mean’s confidence lies {100 * known.gap_before:.1f} % from its accuracy before and "
        f"{100 * known.gap_after:.1f} % after the temperature {known.temperature:.2f}; that says nothing of letters."
    )


# The picture

ROW = 98  # the height of each model
BELOW = 432  # where the sides begin
MARKERS = ("●", "■", "▲", "◆")
KINDS = ("convolution", "row by row, both ways", "pixel by pixel", "mean of the three, calibrated")


def draw(view: View) -> str:
    models = "".join(_draw_model(view, i) for i in range(len(NAMES)))
    body = draw_paper(view) + models + _draw_sides(view) + _draw_calibration(view)
    return drawing.svg(WIDTH, BELOW + 158, body, f"What three models and their mean say. {describe(view)}")


def _draw_model(view: View, i: int) -> str:
    y, shares = 16 + i * ROW, None if view.image is None else view.probabilities[i]
    above = f'<path class="lines" d="M{SIDE} {y - 17}H{WIDTH}"/>' if i == ENSEMBLE else ""
    return (
        above
        + f'<text x="{SIDE}" y="{y}"><tspan class="series-{i}">{MARKERS[i]}</tspan>'
        + f'<tspan class="strong" dx="6">{NAMES[i]}</tspan><tspan class="muted" dx="8">{KINDS[i]}</tspan></text>'
        + draw_bars(shares, view.state.label, y + 10 + TALL, f"series-{i}")
    )


def _draw_sides(view: View) -> str:
    """Each digit that is named, large, and who names it."""
    line = f'<path class="lines" d="M0 {BELOW - 24}H{WIDTH}"/>'
    if view.image is None:
        return line + drawing.text(0, BELOW, view.trouble, "muted")
    words = f"They say {len(set(view.voices))} different digits, their mean {view.answers[ENSEMBLE]}"
    if len(view.sides) == 1:
        words = f"All three say {view.answers[0]}, and so does their mean"
    sides = "".join(_draw_side(view, digit, who, i * WIDTH / 4) for i, (digit, who) in enumerate(view.sides.items()))
    return line + drawing.text(0, BELOW, words, "headline") + _draw_letter(view) + sides


def _draw_letter(view: View) -> str:
    """What is no digit is said to be none."""
    letter = letter_of(view.state)
    return drawing.text(WIDTH, BELOW, f"and yet it is the letter {letter}", "letter end") if letter else ""


def _draw_side(view: View, digit: int, who: list[int], x: float) -> str:
    voices = "".join(
        f'<text x="{x + 32:g}" y="{BELOW + 28 + k * 18}" class="by"><tspan class="series-{i}">{MARKERS[i]}</tspan>'
        f'<tspan dx="5">{NAMES[i]}</tspan><tspan class="muted" dx="4">{percent(view.probabilities[i].max())}</tspan>'
        "</text>"
        for k, i in enumerate(who)
    )
    return drawing.text(x, BELOW + 38, str(digit), "side") + voices


def _draw_calibration(view: View) -> str:
    known, y = view.calibration, BELOW + 124
    sure = "" if view.image is None else _sure(view)
    words = (
        f"On test digits this was off by {100 * known.gap_before:.1f} % before the temperature "
        f"{known.temperature:.2f}, fitted on validation, {100 * known.gap_after:.1f} % after."
    )
    return drawing.text(0, y, sure, "strong") + drawing.text(0, y + 20, words, "small")


# The still picture


def still(view: View):
    """The drawing and a letter, and what they read in them; without ink the digit that is disputed."""
    from matplotlib.figure import Figure

    shown = compute(disputed()) if view.image is None else view
    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    figure.suptitle("What three models and their mean read in a digit, and in a letter, which none of them knows")
    for row, each in zip(
        figure.subplots(2, 5, width_ratios=(1.2, 1, 1, 1, 1)), (shown, compute(_example())), strict=True
    ):
        _plot_opinions(row, each)
    return figure


def _example() -> State:
    """A letter of which they are sure, an X if they are of none."""
    return next((state for state in LETTERS.values() if _sure_of_it(compute(state))), LETTERS["X"])


def _plot_opinions(row, view: View) -> None:
    paper, *bars = row
    paper.imshow(view.image[:, :, 0], cmap="gray", vmin=0, vmax=1)
    letter, label = letter_of(view.state), view.state.label
    paper.set_title(f"the letter {letter}" if letter else "a drawing" if label is None else a_digit(label), fontsize=10)
    paper.set_axis_off()
    for i, axes in enumerate(bars):
        axes.barh(range(10), view.probabilities[i], color=drawing.SERIES[i])
        axes.set_title(f"{NAMES[i]}: {view.answers[i]}, {percent(view.probabilities[i].max())}", fontsize=9)
        axes.set(xlim=(0, 1), xticks=(0, 1), yticks=range(10))
        axes.invert_yaxis()
        axes.tick_params(labelsize=7)


# The controls


def second_opinion(rows=None, *, letter: str | None = None, at: tuple[int, int] | None = None,
                   fit: bool | None = None, label=..., digit: int | None = None,
                   number: int | None = None) -> PadExploration:  # fmt: skip
    """Draw a digit, or a letter, and see what CNN, RNN and SVM read, where they disagree and what their mean says.

    letter: one of LETTERS to begin with, instead of `rows`. The other arguments are those of `drawing_pad`; without
    any, the test digit is on the pad of which the mean is least sure.
    The mean is calibrated by one temperature, fitted on validation digits. Nothing that is drawn here is kept.
    Errors: `ValueError` for what cannot be, for `at` without `rows` and for `number` without `digit`.
    """
    rows = rows if letter is None else _rows_of(letter, rows, at)
    return PadExploration(
        "second_opinion",
        title="Second opinion",
        idea="three models and their mean look at your drawing; what does it tell you when they disagree?",
        state=asked_for(rows, at, fit, label, digit, number) or disputed(),
        compute=compute,
        describe=describe,
        draw=draw,
        still=still,
        call=call,
        more=[
            Group("Put a letter on the pad", [_letter()]),
            Group("Load a test digit", [digit_control(), number_control()]),
            Group("Centre and scale", [toggles("fit", "", [("on", True), ("off", False)])]),
            Group("What do you say it is?", [label_control()]),
            Group("Or type it as rows", [typed_control()]),
        ],
        puzzles=puzzles(),
    )  # fmt: skip


def _rows_of(letter, rows, at) -> tuple[str, ...]:
    if rows is not None:
        raise ValueError("There are rows and a letter, but one drawing fits on the pad. Leave one of them out.")
    if at is not None:
        raise ValueError(f"at is {at!r}, but a letter has its place already. Leave at out, or draw it with rows=[…].")
    if not isinstance(letter, str) or letter not in LETTERS:
        raise ValueError(f"letter is {letter!r}; it must be one of {', '.join(LETTERS)}. Draw others with rows=[…].")
    return LETTERS[letter].rows


def call(state: State) -> str:
    """The call that makes `state`: a letter by its name, and nothing for what is on the pad at first."""
    if state == disputed():
        return "explore.second_opinion()"
    letter = letter_of(state)
    return pad_state.call("second_opinion", state, f"letter={letter!r}" if letter else "")


def _letter() -> Control:
    """A button for each letter, of which one is down while that letter is on the pad."""
    return toggles(
        "letter", "", list(LETTERS),
        read=lambda state, letter: replace(state, rows=LETTERS[letter].rows, fit=True, label=None) if letter else state,
        write=letter_of,
    )  # fmt: skip


# Puzzles


@cache
def puzzles() -> tuple[Puzzle, ...]:
    """Those that these models can answer; others, trained anew, may leave nothing to find."""
    asked = _letter_for_a_digit(), _three_opinions(), _saved(), _outvoted()
    return tuple(filter(None, asked))


def _sure_of_it(view: View) -> bool:
    """Whether all are sure of the same digit, and it is none: a letter, or unlike every test digit."""
    return (
        view.image is not None and view.state.label is None and _is_none(view)
        and len(view.sides) == 1 and bool(view.probabilities.max(axis=1).min() > SURE)
    )  # fmt: skip


def _is_none(view: View) -> bool:
    return letter_of(view.state) is not None or _distance(view.image) > FAR


def _distance(image: np.ndarray) -> float:
    """How far the nearest test digit is."""
    return float(np.sqrt(((test_digits().images - image) ** 2).sum(axis=(1, 2, 3)).min()))


def _letter_for_a_digit() -> Puzzle | None:
    letter = next((letter for letter, state in LETTERS.items() if _sure_of_it(compute(state))), None)
    if letter is None:
        return None
    return Puzzle(
        "Sure of a letter",
        "Choose a letter, or draw something unlike every test digit (farther from each of them than neighbours among "
        f"them lie apart), that all three and their mean take for the same digit, each more than {percent(SURE)} sure.",
        State(),
        _sure_of_it,
        (LETTERS[letter],),
        "A letter is no digit. A softmax shares out 100 % among ten digits, whatever it is shown; none of the three "
        "was ever asked about a letter.",
    )


def _apart(view: View) -> bool:
    return view.state.rows not in test_rows() and len(set(view.voices)) == 3


def _three_opinions() -> Puzzle | None:
    states = [state for state in LETTERS.values() if _apart(compute(state))]
    if not states:
        return None
    return Puzzle(
        "Three opinions",
        "Draw something, or choose a letter, of which the three say three different digits.",
        State(),
        _apart,
        (states[0],),
        "Where models that learned the same digits disagree, nobody knows. Disagreement is a warning; agreement is no "
        "proof.",
    )


def _judged(view: View) -> tuple[bool, bool] | None:
    """Whether CNN and ensemble read the test digit on the pad, as it was written."""
    state = view.state
    if not state.loaded or state.fit:
        return None
    return view.answers[CNN] == state.digit, view.answers[ENSEMBLE] == state.digit


def _test_puzzle(name: str, sentence: str, wanted: tuple[bool, bool], because: str) -> Puzzle | None:
    right = on_test_digits().argmax(axis=2) == test_digits().labels
    found = np.flatnonzero((right[CNN] == wanted[0]) & (right[ENSEMBLE] == wanted[1]))
    if not len(found):
        return None
    easy = int(on_test_digits()[ENSEMBLE].max(axis=1).argmax())
    told = because.format(
        found=len(found), cnn=(~right[CNN]).sum(), ensemble=(~right[ENSEMBLE]).sum(), total=right.shape[1]
    )
    return Puzzle(name, sentence, test_digit(easy), lambda view: _judged(view) == wanted, (test_digit(found[0]),), told)


def _saved() -> Puzzle | None:
    return _test_puzzle(
        "Saved by the others",
        "Find a test digit that the CNN misreads and the ensemble reads.",
        (False, True),
        "Of {total} test digits the CNN misreads {cnn}, the ensemble {ensemble}; it reads {found} of those {cnn}. The "
        "others err elsewhere.",
    )


def _outvoted() -> Puzzle | None:
    return _test_puzzle(
        "Outvoted",
        "Find a test digit that the CNN reads and the ensemble does not.",
        (True, False),
        "The other two were louder, and wrong. Of {total} test digits the CNN misreads {cnn}, the ensemble {ensemble}, "
        "{found} of them read by the CNN.",
    )
