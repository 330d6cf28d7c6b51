"""One-pixel shove: a digit that nobody trained on, moved by hand, and what four models read. Belongs to lesson 02."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from course_utils.data import digits
from course_utils.explore import drawing
from course_utils.explore.shell import Control, Exploration, Group, Puzzle, call_line, check_whole, slider, toggles
from course_utils.explore.words import a_digit
from course_utils.recognition import baselines, cnn

__all__ = ["one_pixel_shove"]

FARTHEST = 3
MODEL_NAMES = ("SVM", "3 nearest neighbours", "CNN, without augmentation", "CNN, with augmentation")
SVM, NEIGHBOURS, PLAIN, CNN = range(4)


@dataclass(frozen=True)
class State:
    """The test digit `digit` number `number`, moved by so many pixels; `inverted` swaps ink and paper."""

    digit: int = 7
    number: int = 29
    right: int = 0
    down: int = 0
    inverted: bool = False

    def __post_init__(self):
        check_whole("digit", self.digit, 0, 9)
        check_whole("number", self.number, 0, 999)
        check_whole("right", self.right, -FARTHEST, FARTHEST)
        check_whole("down", self.down, -FARTHEST, FARTHEST)
        if not isinstance(self.inverted, bool):
            raise ValueError(f"inverted is {self.inverted!r}; it must be True or False.")


@dataclass(frozen=True)
class Models:
    """What looks at the digits: `predict[i]` turns images (n, 8, 8, 1) into probabilities (n, 10)."""

    test: digits.Digits
    predict: tuple[Callable[[np.ndarray], np.ndarray], ...]

    def count(self, digit: int) -> int:
        return int((self.test.labels == digit).sum())


@dataclass(frozen=True)
class View:
    state: State
    image: np.ndarray  # (8, 8), as the models get it
    writer: int
    probabilities: np.ndarray  # (4, 10), a row for each of MODEL_NAMES

    @property
    def answers(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)

    @property
    def correct(self) -> np.ndarray:
        return self.answers == self.state.digit


def compute(state: State, models: Models) -> View:
    """Errors: `ValueError` for a number that the test writers have not written."""
    rows = np.flatnonzero(models.test.labels == state.digit)
    if state.number >= len(rows):
        raise ValueError(f"number is {state.number}; there are {len(rows)} test digits {state.digit}, from 0.")
    row = rows[state.number]
    image = shoved(models.test.images[row : row + 1], state)
    probabilities = np.concatenate([predict(image) for predict in models.predict])
    return View(state, image[0, :, :, 0], int(models.test.writers[row]), probabilities)


def shoved(images: np.ndarray, state: State) -> np.ndarray:
    """The images (n, 8, 8, 1), moved and inverted as `state` says."""
    moved = digits.shift(images, right=state.right, down=state.down)
    return 1 - moved if state.inverted else moved


def describe(view: View) -> str:
    said = (
        f"{name} {'✓' if right else '✗'} {answer} ({_percent(shares[answer])})"
        for name, right, answer, shares in zip(MODEL_NAMES, view.correct, view.answers, view.probabilities, strict=True)
    )
    return f"{_subject(view)}, {_move(view.state)}. {'; '.join(said)}."


def _subject(view: View) -> str:
    return f"The {view.state.digit}, number {view.state.number}, by writer {view.writer}"


def _move(state: State) -> str:
    """How the digit was moved: 1 left and 2 up, inverted."""
    across = f"{abs(state.right)} {'right' if state.right > 0 else 'left'}" if state.right else ""
    along = f"{abs(state.down)} {'down' if state.down > 0 else 'up'}" if state.down else ""
    moved = " and ".join(filter(None, (across, along)))
    return (f"moved {moved}" if moved else "as it was written") + ", ink and paper swapped" * state.inverted


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


WIDTH, TOP, CELL = 600, 28, 32  # of the drawing; where the grid begins; one of its pixels
PAPER = 8 * CELL
SIDE, ROW = PAPER + 34, 70  # where the models begin, and the height of each
STEP, TALL = 23, 30  # of the ten bars: their distance, the tallest
MARKERS = ("●", "■", "▲", "◆")


def draw(view: View) -> str:
    body = _draw_paper(view) + "".join(_draw_model(view, i) for i in range(len(MODEL_NAMES)))
    return drawing.svg(WIDTH, TOP + PAPER + 26, body, f"A digit, and what four models read. {describe(view)}")


def _draw_paper(view: View) -> str:
    address = drawing.data_address(view.image, drawing.UNSIGNED, 0, 1)
    return (
        drawing.text(0, 16, a_digit(view.state.digit), "strong")
        + drawing.text(PAPER, 16, f"test writer {view.writer}, number {view.state.number}", "muted end")
        + f'<image x="0" y="{TOP}" width="{PAPER}" height="{PAPER}" class="pixels" href="{address}"/>'
        + drawing.grid(0, TOP, 8, 8, CELL, "pixel-lines")
        + drawing.text(PAPER / 2, TOP + PAPER + 20, _move(view.state), "muted middle")
        + drawing.target(0, TOP, PAPER, PAPER, "paper")
    )


def _draw_model(view: View, i: int) -> str:
    y, shares, answer = 16 + i * ROW, view.probabilities[i], int(view.answers[i])
    bottom = y + 8 + TALL
    right = bool(view.correct[i])
    bars = "".join(_draw_bar(view, i, digit, bottom) for digit in range(10))
    verdict = f"{'✓' if right else '✗'} {answer}"
    return (
        drawing.text(SIDE, y, MARKERS[i], f"series-{i}")
        + drawing.text(SIDE + 16, y, MODEL_NAMES[i], "muted")
        + bars
        + f'<path class="lines" d="M{SIDE} {bottom}h{10 * STEP}"/>'
        + drawing.text(WIDTH, bottom - 7, verdict, f"verdict end {'right' if right else 'wrong'}")
        + drawing.text(WIDTH, bottom + 11, _percent(shares[answer]), "muted end")
    )


def _draw_bar(view: View, i: int, digit: int, bottom: float) -> str:
    height = max(TALL * float(view.probabilities[i, digit]), 1)
    x, style = SIDE + digit * STEP, "small middle" + " truth" * bool(digit == view.state.digit)
    return drawing.rectangle(x + 3, bottom - height, STEP - 6, height, f"series-{i}") + drawing.text(
        x + STEP / 2, bottom + 12, str(digit), style
    )


def still(view: View, models: Models):
    """The digit, and for each model all moves at once: which of the 49 it survives."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 2.8), layout="constrained")
    subject = f"{a_digit(view.state.digit).capitalize()} by a writer nobody trained on"
    figure.suptitle(f"{subject}: what each model reads, wherever it is moved")
    paper, *maps = figure.subplots(1, 5)
    paper.imshow(view.image, cmap="gray", vmin=0, vmax=1)
    paper.set_title("the digit", fontsize=9)
    paper.set_axis_off()
    for i, axes in enumerate(maps):
        _plot_moves(axes, all_answers(view.state, models)[i], view.state, MODEL_NAMES[i])
    maps[0].set_ylabel("pixels down")
    return figure


def all_answers(state: State, models: Models) -> np.ndarray:
    """What each model reads after each move, (4, 7, 7): down and right from −3 to 3."""
    row = np.flatnonzero(models.test.labels == state.digit)[state.number]
    steps = range(-FARTHEST, FARTHEST + 1)
    moves = [replace(state, down=down, right=right) for down in steps for right in steps]
    images = np.concatenate([shoved(models.test.images[row : row + 1], move) for move in moves])
    return np.stack([predict(images).argmax(axis=1).reshape(len(steps), -1) for predict in models.predict])


def _plot_moves(axes, answers: np.ndarray, state: State, name: str) -> None:
    right = answers == state.digit
    reach = FARTHEST + 0.5
    axes.imshow(right, cmap="Blues", vmin=0, vmax=2.2, extent=(-reach, reach, reach, -reach))
    for (row, column), answer in np.ndenumerate(answers):
        look = dict(weight="bold", color="#003a5c") if right[row, column] else dict(color="#9a3d00")
        axes.text(column - FARTHEST, row - FARTHEST, answer, ha="center", va="center", fontsize=8, **look)
    axes.set_title(name.replace(", ", "\n").replace("3 nearest ", "3 nearest\n"), fontsize=9)
    axes.set(xticks=(-3, 0, 3), yticks=(-3, 0, 3), xlabel=f"pixels right\n{right.sum()} of {right.size} correct")
    axes.tick_params(labelsize=8)


def one_pixel_shove(digit: int = 7, number: int = 29, *, right: int = 0, down: int = 0,
                    inverted: bool = False) -> Exploration:  # fmt: skip
    """Move a digit of a test writer by whole pixels, and see what four models read: SVM, neighbours, two CNNs.

    `digit` (0 to 9) and `number` (from 0) choose it among the test digits of `digits.load("by writer")`. `right` and
    `down`, −3 to 3, are those of `digits.shift`. `inverted` swaps ink and paper.
    Errors: `ValueError` for a number out of its range.
    """
    models = all_models()
    return Exploration(
        "one_pixel_shove",
        title="One-pixel shove",
        idea="the same digit, a little to the left; who learned the digit, and who its place?",
        state=State(digit, number, right, down, inverted),
        compute=partial(compute, models=models),
        describe=describe,
        draw=draw,
        still=partial(still, models=models),
        call=partial(call_line, "one_pixel_shove", "", default=State()),
        controls=[
            Group("Shove it", [_arrows(), slider("right", "right", -FARTHEST, FARTHEST), _up()]),
            Group("Swap ink and paper", [toggles("inverted", "", [("as written", False), ("inverted", True)])]),
            Group("Another digit", [
                slider("digit", "digit", 0, 9, read=partial(_with_digit, models=models)),
                slider("number", "number", 0, 0, bounds=lambda state: (0, models.count(state.digit) - 1)),
            ]),
        ],
        puzzles=PUZZLES,
        pick=_pick,
    )  # fmt: skip


@cache
def all_models() -> Models:
    """The four models, fitted or read once."""
    split = digits.load("by writer")
    rivals = (baselines.svm(split.train), baselines.nearest_neighbours(split.train))
    networks = (cnn.load_trained("cnn_plain"), cnn.load_trained("cnn"))
    return Models(split.test, tuple(model.predict for model in rivals + networks))


def _with_digit(state: State, digit: int, models: Models) -> State:
    return replace(state, digit=digit, number=min(state.number, models.count(digit) - 1))


STEPS = {"←": (-1, 0), "↑": (0, -1), "↓": (0, 1), "→": (1, 0)}


def _arrows() -> Control:
    """Four buttons that never stay down: each press moves the digit once more."""

    def read(state: State, arrow: str | None) -> State:
        return _moved(state, *STEPS[arrow]) if arrow else state

    control = toggles("arrows", "", list(STEPS), read=read, write=lambda state: None)
    control.widget.value = None
    control.widget.tooltips = ["one pixel left", "one pixel up", "one pixel down", "one pixel right"]
    return control


def _moved(state: State, right: int, down: int) -> State:
    """`state` with the digit that much further, as far as it goes."""
    right, down = (min(max(place, -FARTHEST), FARTHEST) for place in (state.right + right, state.down + down))
    return replace(state, right=right, down=down)


def _up() -> Control:
    """`down` turned over, so that the key ↑ moves the digit up."""
    return slider("down", "up", -FARTHEST, FARTHEST, read=lambda state, up: replace(state, down=-up),
                  write=lambda state: -state.down)  # fmt: skip


def _pick(state: State, name: str, x: float, y: float) -> State:
    """The digit is dragged: its middle goes where the pointer is."""
    return _moved(replace(state, right=0, down=0), *(int(np.floor(8 * place)) - 4 for place in (x, y)))


def _by_one(state: State) -> bool:
    return abs(state.right) + abs(state.down) == 1


ONE, NINE, FOOLED = State(1, 16), State(9, 8), State(9, 14, down=-1)

PUZZLES = (
    Puzzle(
        "One pixel",
        "Move this 1 by one pixel so that the SVM reads something else while the CNN with augmentation does not.",
        ONE,
        lambda view: _same_digit(view.state, ONE) and _by_one(view.state)
        and view.correct[CNN] and not view.correct[SVM],
        (replace(ONE, right=-1),),
        "The SVM compares pixel by pixel: it has learned where a 1 stands. This CNN has seen them elsewhere too.",
    ),
    Puzzle(
        "Last one standing",
        "Move this 9 by one pixel so that only the CNN with augmentation still reads it.",
        NINE,
        lambda view: _same_digit(view.state, NINE) and _by_one(view.state)
        and view.correct.tolist() == [False, False, False, True],
        (replace(NINE, down=-1),),
        "A convolution moves with the digit, but the dense layers behind it know places too, until augmentation "
        "moves the digits.",
    ),
    Puzzle(
        "All four",
        "Find a digit, and a move by one pixel, after which none of the four reads it.",
        replace(FOOLED, number=0, down=0),
        lambda view: _by_one(view.state) and not view.state.inverted and not view.correct.any(),
        (FOOLED,),
        "Digits fill all eight rows: whatever is moved up or down loses a row of ink, for good.",
    ),
    Puzzle(
        "Stopped clock",
        "Inverted, and the SVM still reads this 1. Does it read? Find another digit, inverted, that it takes for a 1.",
        replace(ONE, inverted=True),
        lambda view: view.state.inverted and view.state.digit != 1 and view.answers[SVM] == 1,
        (State(8, 0, inverted=True),),
        "It takes all 382 inverted test digits for a 1, so it is right about the ones: a clock that stands still.",
    ),
)  # fmt: skip


def _same_digit(state: State, start: State) -> bool:
    return replace(state, right=0, down=0) == start
