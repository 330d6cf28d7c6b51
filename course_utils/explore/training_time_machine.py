"""Training time machine: a network while it learns, from its random start to its last epoch. Belongs to lesson 02."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import Exploration, Group, Puzzle, call_line, check_whole, slider, toggles
from course_utils.explore.words import a_digit
from course_utils.recognition import store

__all__ = ["training_time_machine"]

RUN_NAMES = {False: "without augmentation", True: "with augmentation"}


@dataclass(frozen=True)
class State:
    """`checkpoint` counts from 0, the random start. `augmented` chooses the run, `digit` the one looked at closely."""

    checkpoint: int = 0
    augmented: bool = False
    digit: int = 0

    def __post_init__(self):
        check_whole("digit", self.digit, 0, 9)
        if not isinstance(self.augmented, bool):
            raise ValueError(f"augmented is {self.augmented!r}; it must be True or False.")


@dataclass(frozen=True)
class Run:
    """One training run at c checkpoints; losses and accuracies are those of the images as they are."""

    kernels: np.ndarray  # (c, 3, 3, filters), the first layer's
    training_loss: np.ndarray  # (c,)
    validation_loss: np.ndarray
    training_accuracy: np.ndarray
    validation_accuracy: np.ndarray
    probabilities: np.ndarray  # (c, 10, 10), of the ten digits on view
    right: np.ndarray  # (c, 10), whether each of them is read correctly

    @property
    def known(self) -> np.ndarray:
        """For each of the ten digits, the checkpoint from which on it stays correct; c when it ends wrong."""
        wrong = ~self.right
        return np.where(wrong.any(axis=0), len(wrong) - wrong[::-1].argmax(axis=0), 0)


@dataclass(frozen=True)
class History:
    epochs: np.ndarray  # (c,)
    images: np.ndarray  # (10, 8, 8, 1): one of each digit, from the validation writers; the k-th is a k
    runs: dict[bool, Run]  # by whether it was augmented

    @property
    def last(self) -> int:
        return len(self.epochs) - 1


def read_history(arrays: dict[str, np.ndarray]) -> History:
    """The history in `arrays`, as `course_utils.recognition.trained` writes them."""

    def run(prefix: str) -> Run:
        names = ("kernels", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "probabilities")
        measured = [arrays[prefix + name] for name in names]
        return Run(*measured, right=measured[-1].argmax(axis=2) == arrays["labels"])

    return History(arrays["epochs"], arrays["images"], {False: run("plain_"), True: run("")})


@dataclass(frozen=True)
class View:
    state: State
    history: History

    @property
    def run(self) -> Run:
        return self.history.runs[self.state.augmented]

    @property
    def epoch(self) -> int:
        return int(self.history.epochs[self.state.checkpoint])

    @property
    def probabilities(self) -> np.ndarray:
        """(10, 10): what the network says now to each of the ten digits."""
        return self.run.probabilities[self.state.checkpoint]

    @property
    def right(self) -> np.ndarray:
        return self.run.right[self.state.checkpoint]


def compute(state: State, history: History) -> View:
    """Errors: `ValueError` for a checkpoint that the history does not have."""
    check_whole("checkpoint", state.checkpoint, 0, history.last)
    return View(state, history)


def describe(view: View) -> str:
    run, now = view.run, view.state.checkpoint
    wrong = [f"{k} as {view.probabilities[k].argmax()}" for k in np.flatnonzero(~view.right)]
    return " ".join([
        f"{_moment(view)} {RUN_NAMES[view.state.augmented]}: training loss {run.training_loss[now]:.3f},",
        f"validation loss {run.validation_loss[now]:.3f}; accuracy {run.training_accuracy[now]:.3f} and",
        f"{run.validation_accuracy[now]:.3f}.",
        f"Of the ten, {view.right.sum()} are right" + (f"; wrong: {', '.join(wrong)}." if wrong else "."),
        _closely(view),
    ])  # fmt: skip


def _moment(view: View) -> str:
    return f"After epoch {view.epoch} of {view.history.epochs[-1]}," if view.epoch else "Before the first step,"


def _closely(view: View) -> str:
    k, shares = view.state.digit, view.probabilities[view.state.digit]
    answer = int(shares.argmax())
    if answer == k:
        return f"The {k} is {a_digit(k)} with {_percent(shares[k])}."
    return f"The {k} is taken for {a_digit(answer)} with {_percent(shares[answer])}; {k} gets {_percent(shares[k])}."


def _percent(share: float) -> str:
    """Never 0 % or 100 % for what is only near."""
    return "<1 %" if share < 0.005 else ">99 %" if share > 0.995 else f"{100 * share:.0f} %"


WIDTH, SLOT, DIGIT = 600, 60, 46  # of the drawing; of each of the ten digits, and of its picture
DIGITS, LOWER = 32, 154  # where the digits and the lower half begin
LEFT, RIGHT, CHART = 36, 344, 204  # the chart's plot, from x to x; its height
SIDE = 376  # where kernels and bars begin
KERNEL = (WIDTH - SIDE) / 8  # the width of one kernel: they stand in rows of eight


def draw(view: View) -> str:
    body = _draw_head(view) + _draw_digits(view) + _draw_losses(view) + _draw_kernels(view) + _draw_shares(view)
    return drawing.svg(WIDTH, LOWER + CHART + 46, body, f"A network while it learns. {describe(view)}")


def _draw_head(view: View) -> str:
    run, now = view.run, view.state.checkpoint
    moment = f"epoch {view.epoch} of {view.history.epochs[-1]}" if view.epoch else "before the first step"
    scores = f"{run.training_accuracy[now]:.3f} training, {run.validation_accuracy[now]:.3f} validation"
    return drawing.text(0, 16, moment, "moment") + drawing.text(WIDTH, 16, f"accuracy {scores}", "muted end")


def _draw_digits(view: View) -> str:
    return "".join(_draw_digit(view, k) for k in range(10))


def _draw_digit(view: View, k: int) -> str:
    x, y = k * SLOT, DIGITS
    shares, right = view.probabilities[k], view.right[k]
    answer = int(shares.argmax())
    left, verdict = x + (SLOT - DIGIT) / 2, "right" if right else "wrong"
    bar = y + DIGIT + 34
    return (
        (drawing.rectangle(x + 2, y - 5, SLOT - 4, DIGIT + 68, "looked-at", rx="5") if k == view.state.digit else "")
        + f'<image x="{left:g}" y="{y}" width="{DIGIT}" height="{DIGIT}" class="pixels" '
        f'href="{drawing.data_address(view.history.images[k, :, :, 0], drawing.UNSIGNED, 0, 1)}"/>'
        + drawing.rectangle(left, y, DIGIT, style=f"frame {verdict}")
        + drawing.text(x + SLOT / 2, y + DIGIT + 24, f"{'✓' if right else '✗'} {answer}", f"answer middle {verdict}")
        + drawing.rectangle(left, bar, DIGIT, 5, "track")
        + drawing.rectangle(left, bar, DIGIT * float(shares[answer]), 5, f"share {verdict}")
        + drawing.text(x + SLOT / 2, bar + 19, _percent(shares[answer]), "small middle")
        + drawing.target(x, y - 5, SLOT, DIGIT + 68, f"digit-{k}")
    )


@dataclass(frozen=True)
class Axes:
    """The chart's axes: epochs from left to right, losses from bottom to top on a logarithmic scale."""

    epochs: int
    low: float
    high: float

    def x(self, epoch: float) -> float:
        return LEFT + (RIGHT - LEFT) * epoch / self.epochs

    def y(self, loss: float) -> float:
        share = np.log(max(loss, self.low) / self.low) / np.log(self.high / self.low)
        return LOWER + 24 + CHART * (1 - float(share))

    def ticks(self) -> list[float]:
        ticks = (factor * 10.0**power for power in range(-4, 3) for factor in (1, 3))
        return [tick for tick in ticks if self.low <= tick <= self.high]


def _axes(history: History) -> Axes:
    losses = np.stack([(run.training_loss, run.validation_loss) for run in history.runs.values()])
    return Axes(int(history.epochs[-1]), 0.85 * max(float(losses.min()), 1e-4), 1.15 * float(losses.max()))


def _draw_losses(view: View) -> str:
    """Both losses of the run, up to now in full and faint beyond."""
    axes, run, now = _axes(view.history), view.run, view.state.checkpoint
    bottom = LOWER + 24 + CHART
    ticks = "".join(
        f'<path class="lines" d="M{LEFT} {axes.y(tick):g}H{RIGHT}"/>'
        + drawing.text(LEFT - 6, axes.y(tick) + 4, f"{tick:g}", "small end")
        for tick in axes.ticks()
    )
    epochs = "".join(
        drawing.text(axes.x(epoch), bottom + 17, f"{epoch}" if epoch else "epoch 0", "small middle")
        for epoch in range(0, axes.epochs + 1, 10)
    )
    cursor = axes.x(view.epoch)
    return (
        drawing.text(0, LOWER + 8, "loss", "strong")
        + _legend(106, "●", 0, f"training {run.training_loss[now]:.3f}")
        + _legend(226, "■", 1, f"validation {run.validation_loss[now]:.3f}")
        + ticks
        + epochs
        + f'<path class="cursor" d="M{cursor:g} {LOWER + 24}V{bottom}"/>'
        + _curve(axes, view, run.training_loss, 0)
        + _curve(axes, view, run.validation_loss, 1)
        + drawing.target(LEFT, LOWER + 24, RIGHT - LEFT, CHART, "losses")
    )


def _legend(x: float, marker: str, series: int, words: str) -> str:
    return drawing.text(x, LOWER + 8, marker, f"series-{series}") + drawing.text(x + 15, LOWER + 8, words, "muted")


def _curve(axes: Axes, view: View, losses: np.ndarray, series: int) -> str:
    points = [(axes.x(epoch), axes.y(loss)) for epoch, loss in zip(view.history.epochs, losses, strict=True)]
    now = view.state.checkpoint
    x, y = points[now]
    head = (
        f'<circle cx="{x:g}" cy="{y:g}" r="5.5" class="now series-{series}"/>'
        if series == 0
        else drawing.rectangle(x - 5, y - 5, 10, style=f"now series-{series}")
    )
    return (
        f'<path class="curve faded stroke-{series}" d="{_path(points[now:])}"/>'
        f'<path class="curve stroke-{series}" d="{_path(points[: now + 1])}"/>{head}'
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _draw_kernels(view: View) -> str:
    """All kernels in one picture, and lines between them; each has its own scale, for normalisation follows."""
    kernels = view.run.kernels[view.state.checkpoint]
    shapes = kernels / np.maximum(np.abs(kernels).max(axis=(0, 1)), 1e-9)
    rows, pixel = shapes.shape[2] // 8, KERNEL / 4
    tiles = np.pad(shapes.transpose(2, 0, 1), ((0, 0), (0, 1), (0, 1)))  # a gap is as wide as a pixel
    mosaic = tiles.reshape(rows, 8, 4, 4).swapaxes(1, 2).reshape(4 * rows, 32)[:-1, :-1]
    y, width, height = LOWER + 24, 8 * KERNEL - pixel, rows * KERNEL - pixel
    return (
        drawing.text(SIDE, LOWER + 8, f"the first layer’s {8 * rows} kernels", "strong")
        + f'<image x="{SIDE}" y="{y}" width="{width:g}" height="{height:g}" preserveAspectRatio="none" class="pixels" '
        f'href="{drawing.data_address(mosaic, drawing.PUOR, -1, 1)}"/>'
        + drawing.grid(SIDE - pixel / 2, y - pixel / 2, rows, 8, KERNEL, "gaps")
    )


def _draw_shares(view: View) -> str:
    """The ten shares of the digit looked at closely."""
    k, shares = view.state.digit, view.probabilities[view.state.digit]
    bottom, tall, step = LOWER + 24 + CHART, 40, (WIDTH - SIDE) / 10
    bars = [drawing.text(SIDE, bottom - tall - 12, f"what it takes the {k} for", "strong")]
    for answer, share in enumerate(shares):
        x, height = SIDE + answer * step, max(tall * float(share), 1)
        style = "right" if answer == k else "wrong" if answer == shares.argmax() else "other"
        bars.append(drawing.rectangle(x + 3, bottom - height, step - 6, height, f"share {style}"))
        bars.append(drawing.text(x + step / 2, bottom + 17, str(answer), "small middle" + " truth" * (answer == k)))
    return "".join(bars) + f'<path class="lines" d="M{SIDE} {bottom}H{WIDTH}"/>'


def still(view: View):
    """What the run on view reads at five moments, and the losses of both runs beside each other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.4))
    figure.suptitle(f"Ten digits by writers it never trained on, {RUN_NAMES[view.state.augmented]}")
    _plot_answers(figure.subplots(1, 10, gridspec_kw=dict(left=0.14, right=0.99, top=0.92, bottom=0.77)), view)
    where = dict(left=0.09, right=0.98, top=0.42, bottom=0.11, wspace=0.08)
    _plot_losses(figure.subplots(1, 2, sharey=True, gridspec_kw=where), view.history)
    return figure


def _plot_answers(pictures, view: View) -> None:
    history, run = view.history, view.run
    moments = sorted({0, 1, 2, 4, history.last})
    for k, axes in enumerate(pictures):
        axes.imshow(history.images[k, :, :, 0], cmap="gray", vmin=0, vmax=1)
        axes.set_axis_off()
        for line, moment in enumerate(moments):
            right, answer = run.right[moment, k], run.probabilities[moment, k].argmax()
            words, y = f"{'✓' if right else '✗'} {answer}", -0.25 - 0.33 * line
            look = dict(color=drawing.SERIES[0]) if right else dict(color="#B34A00", weight="bold")
            axes.text(0.5, y, words, transform=axes.transAxes, ha="center", va="center", **look)
            if k == 0:
                epoch = f"epoch {history.epochs[moment]}" if moment else "random start"
                axes.text(-0.25, y, epoch, transform=axes.transAxes, ha="right", va="center", fontsize=9)


def _plot_losses(plots, history: History) -> None:
    limits = _axes(history)
    for axes, augmented in zip(plots, (False, True), strict=True):
        run = history.runs[augmented]
        axes.plot(history.epochs, run.training_loss, "o-", markersize=3, color=drawing.SERIES[0], label="training")
        axes.plot(history.epochs, run.validation_loss, "s--", markersize=3, color=drawing.SERIES[1], label="validation")
        axes.set(yscale="log", ylim=(limits.low, limits.high), xlabel="epoch", title=RUN_NAMES[augmented])
        axes.set_yticks(limits.ticks(), [f"{tick:g}" for tick in limits.ticks()])
        axes.minorticks_off()
        axes.grid(axis="y", alpha=0.25)
    plots[0].set_ylabel("loss")
    plots[1].legend()


def training_time_machine(*, checkpoint: int = 0, augmented: bool = False, digit: int = 0) -> Exploration:
    """Travel through the training of the digits CNN: its first kernels, its losses, and ten digits it has not seen.

    `checkpoint` counts the moments that were kept, from 0, the random start. `augmented`: the run that saw every
    image in a new variant in every epoch, else the one that saw the images as they are. `digit`: the one of the ten
    whose shares are drawn. The data are those of `course train cnn_history`.
    Errors: `ValueError` for a number out of its range.
    """
    history = _stored()
    return Exploration(
        "training_time_machine",
        title="Training time machine",
        idea="the same ten digits, from the random start to the end",
        state=State(checkpoint, augmented, digit),
        compute=partial(compute, history=history),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "training_time_machine", "", default=State()),
        controls=[
            Group("Time", [slider("checkpoint", "checkpoint", 0, history.last)]),
            Group("Augmentation", [toggles("augmented", "", [("without", False), ("with", True)])]),
            Group("Look closely at", [slider("digit", "the digit", 0, 9)]),
        ],
        puzzles=puzzles(history),
        pick=partial(_pick, history=history),
    )


@cache
def _stored() -> History:
    return read_history(store.load("cnn_history"))


def _pick(state: State, name: str, x: float, y: float, history: History) -> State:
    """A digit that is pointed at, or the checkpoint nearest to a place in the chart."""
    if name.startswith("digit-"):
        return State(state.checkpoint, state.augmented, int(name.removeprefix("digit-")))
    nearest = np.abs(history.epochs - x * history.epochs[-1]).argmin()
    return State(int(nearest), state.augmented, state.digit)


def puzzles(history: History) -> tuple[Puzzle, ...]:
    """Those of the three that this history can answer; another training run may have nothing to find."""
    return tuple(filter(None, (_most(history), _no_promise(history), _learned_last(history))))


def _most(history: History) -> Puzzle | None:
    run = history.runs[False]
    counts = run.right.sum(axis=1)
    first, most = int(counts.argmax()), int(counts.max())
    if first == 0:
        return None
    how_many = "all ten digits" if most == 10 else f"{most} of the ten digits, as many as it ever reads,"
    return Puzzle(
        "Most of the ten",
        f"Without augmentation: find the first checkpoint at which {how_many} are read correctly.",
        State(),
        lambda view: view.state.checkpoint == first and not view.state.augmented,
        (State(first),),
        f"Training had {run.training_accuracy[first]:.3f} of its digits right by then: what is still wrong here, "
        "more steps need not mend.",
    )


def _no_promise(history: History) -> Puzzle | None:
    run = history.runs[False]
    apart = parting(run)
    if not apart.size:
        return None
    end = {augmented: (r.training_loss[-1], r.validation_loss[-1]) for augmented, r in history.runs.items()}
    return Puzzle(
        "No promise",
        "Without augmentation: find a checkpoint whose training loss is lower than one checkpoint before, and whose "
        "validation loss is higher.",
        State(),
        lambda view: view.state.checkpoint in apart and not view.state.augmented,
        (State(int(apart[0])),),
        "A falling training loss promises nothing about digits it has not seen. At the end the losses are "
        f"{end[False][0]:.3f} in training and {end[False][1]:.3f} in validation; with augmentation "
        f"{end[True][0]:.3f} and {end[True][1]:.3f}.",
    )


def parting(run: Run) -> np.ndarray:
    """The checkpoints where the training loss fell and the validation loss rose, by the three decimals on view."""
    training, validation = (np.diff(np.round(loss, 3)) for loss in (run.training_loss, run.validation_loss))
    return np.flatnonzero((training < 0) & (validation > 0)) + 1


def _learned_last(history: History) -> Puzzle | None:
    known = history.runs[True].known
    learned = known[known <= history.last]
    if not learned.size or (learned == learned.max()).sum() > 1 or learned.max() == 0:
        return None
    moment = int(learned.max())
    digit = int(np.flatnonzero(known == moment)[0])
    return Puzzle(
        "Learned last",
        "With augmentation: which of the digits it reads at the end was learned last? Choose it, and stop at the first "
        "checkpoint from which on it stays correct.",
        State(0, True, (digit + 1) % 10),
        lambda view: view.state == State(moment, True, digit),
        (State(moment, True, digit),),
        f"From epoch {history.epochs[moment]} on the {digit} stays {a_digit(digit)}.",
    )
