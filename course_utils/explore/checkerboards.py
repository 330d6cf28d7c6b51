"""Checkerboards: a small picture made larger by a network's layer, and the pattern that nobody asked for.

Belongs to lesson 06. After A. Odena, V. Dumoulin, C. Olah, *Deconvolution and checkerboard artifacts* (2016),
doi:10.23915/distill.00003.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import (
    Control,
    Exploration,
    Group,
    Puzzle,
    call_line,
    check_whole,
    slider,
    toggles,
)
from course_utils.generation import upsampling
from course_utils.recognition.convolution import cross_correlate

__all__ = ["checkerboards"]

RANGES = {"size": (5, 8), "kernel": (1, 5), "stride": (1, 3), "seed": (0, 99)}
INPUTS = ("flat", "ramp", "one pixel")
WEIGHTS = ("ones", "bump", "noise")
MODES = {"transposed": "transposed convolution", "upsample": "upsampling, then convolution"}


@dataclass(frozen=True)
class State:
    """`size`, `kernel`, `stride`: pixels along a side. `weights` of the kernel, noise drawn by `seed`. `mode`:
    "transposed", or "upsample" to repeat each pixel `stride` times and convolve. `row`, `column`: an output pixel."""

    size: int = 6
    kernel: int = 3
    stride: int = 2
    weights: str = "ones"
    seed: int = 0
    mode: str = "transposed"
    image: str = "flat"
    row: int = 4
    column: int = 4

    def __post_init__(self):
        for name, (low, high) in RANGES.items():
            check_whole(name, getattr(self, name), low, high)
        for name, known in (("weights", WEIGHTS), ("mode", MODES), ("image", INPUTS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(map(repr, known))}.")

    @property
    def result(self) -> int:
        """Pixels along a side of the output."""
        if self.mode == "transposed":
            return upsampling.transposed_size(self.size, self.kernel, self.stride)
        return self.size * self.stride - self.kernel + 1


@dataclass(frozen=True)
class View:
    """`counts`: in each output pixel, how many places of the kernel overlap. `sources`: rows and columns of the input
    that the chosen pixel is made of. `flat`: the output of a flat input of ones. `inner`: the pixels along a side that
    no edge changes."""

    state: State
    image: np.ndarray  # (n, n), 0 to 1
    kernel: np.ndarray  # (k, k)
    output: np.ndarray  # (m, m)
    counts: np.ndarray  # (m, m)
    flat: np.ndarray  # (m, m)
    inner: slice
    sources: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def fewest(self) -> int:
        return int(self.counts[self.inner, self.inner].min())

    @property
    def most(self) -> int:
        return int(self.counts[self.inner, self.inner].max())

    @property
    def even(self) -> bool:
        """Whether as many kernels overlap everywhere, away from the edges."""
        return self.fewest == self.most

    @property
    def ripple(self) -> float:
        """(highest − lowest) / mean of what a flat input becomes, away from the edges: 0 without a pattern."""
        period = slice(self.inner.start, self.inner.start + self.state.stride)  # the same again, all over the inside
        inside = self.flat[period, period]
        return float(np.ptp(inside) / inside.mean())

    @property
    def smooth(self) -> bool:
        return self.ripple < 1e-9


def compute(state: State) -> View:
    """Errors: `ValueError` for a row or column that the output does not have."""
    for name in ("row", "column"):
        check_whole(name, getattr(state, name), 0, state.result - 1)
    image, kernel, ones = _image(state), _kernel(state), np.ones((state.size,) * 2)
    counts = enlarge(ones.astype(int), np.ones(kernel.shape, int), state)
    inner = slice(0, state.result)
    if state.mode == "transposed":
        inner = upsampling.inner(state.size, state.kernel, state.stride)
    output, flat = enlarge(image, kernel, state), enlarge(ones, kernel, state)
    sources = _sources(state.row, state), _sources(state.column, state)
    return View(state, image, kernel, output, counts, flat, inner, sources)


def enlarge(image: np.ndarray, kernel: np.ndarray, state: State) -> np.ndarray:
    """The output of one layer, in the way that `state.mode` says."""
    if state.mode == "transposed":
        return upsampling.transpose_convolve(image, kernel, state.stride)
    return cross_correlate(upsampling.upsample(image, state.stride), kernel)


def _image(state: State) -> np.ndarray:
    image = np.ones((state.size,) * 2)
    if state.image == "ramp":
        return image * np.linspace(1 / state.size, 1, state.size)
    if state.image == "one pixel":
        image[:] = 0
        image[state.size // 2, state.size // 2] = 1
    return image


def _kernel(state: State) -> np.ndarray:
    """Ones; a pyramid such as 1 2 3 2 1 times itself; or tenths by chance."""
    k = state.kernel
    if state.weights == "noise":
        return np.random.default_rng(state.seed).uniform(0.1, 1, (k, k)).round(1)
    side = np.minimum(np.arange(1, k + 1), np.arange(k, 0, -1)) if state.weights == "bump" else np.ones(k, int)
    return np.outer(side, side)


def _sources(place: int, state: State) -> tuple[int, ...]:
    """The indices along one side of the input that output pixel `place` is made of."""
    n, k, s = state.size, state.kernel, state.stride
    if state.mode == "transposed":
        return tuple(i for i in range(n) if 0 <= place - i * s < k)
    return tuple(sorted({(place + tap) // s for tap in range(k)}))


# In words


def describe(view: View) -> str:
    state = view.state
    return (
        f"{_made(state)}: {_sizes(state)}. {_evenness(view)} {_pattern(view)} "
        f"The output pixel in row {state.row}, column {state.column}, is {_chosen_value(view)}: {_overlaps(view)}."
    )


def _made(state: State) -> str:
    seed = f" (seed {state.seed})" if state.weights == "noise" else ""
    picture = {"flat": "A flat input", "ramp": "A ramp", "one pixel": "One white pixel"}[state.image]
    return (
        f"{picture}, {MODES[state.mode]} with a kernel of {state.kernel} × {state.kernel}, {state.weights}{seed}, "
        f"{'stride' if state.mode == 'transposed' else 'factor'} {state.stride}"
    )


def _sizes(state: State) -> str:
    return f"{state.size} × {state.size} become {state.result} × {state.result}"


def _evenness(view: View) -> str:
    what = "places of the kernel overlap" if view.state.mode == "transposed" else "pixels under the kernel"
    if view.even:
        return f"Away from the edges {view.most} {what} everywhere: even."
    return f"Away from the edges {view.fewest} to {view.most} {what}: a checkerboard."


def _pattern(view: View) -> str:
    if view.smooth:
        return "A flat input stays flat inside."
    return f"A flat input comes out with a pattern, {100 * view.ripple:.0f} % of its mean."


def _overlaps(view: View) -> str:
    count = int(view.counts[view.state.row, view.state.column])
    rows, columns = (len(places) for places in view.sources)
    pixels = f"{rows} × {columns} input pixels" if rows * columns != 1 else "one input pixel"
    if not rows * columns:
        return "no kernel reaches it"
    return f"{count} {'product' if count == 1 else 'products'} with {pixels}"


def _chosen_value(view: View) -> str:
    value = view.output[view.state.row, view.state.column]
    return drawing.number(value, 0 if float(value).is_integer() else 2)


# The picture

WIDTH, GAP, PANEL = 600, 24, 288
SMALL, LOWER = 112, 186  # the side of input and kernel; where output and counts begin
HEIGHT = LOWER + PANEL + 4
PURPLE = drawing.PUOR[128:].repeat(2, axis=0)


def draw(view: View) -> str:
    state = view.state
    cell = PANEL / state.result
    body = (
        _grid_of(0, 22, SMALL, view.image, drawing.UNSIGNED, 1, f"input {state.size} × {state.size}")
        + _frames(0, 22, SMALL / state.size, *view.sources)
        + _grid_of(SMALL + 44, 22, SMALL, view.kernel, drawing.UNSIGNED, view.kernel.max(),
                   f"kernel {state.kernel} × {state.kernel}", numbers=True)
        + drawing.text(SMALL + 22, 22 + SMALL / 2 + 7, "×", "large middle")
        + _draw_words(view)
        + _grid_of(0, LOWER, PANEL, view.output, drawing.UNSIGNED, max(view.output.max(), 1e-9),
                   f"output {state.result} × {state.result}")
        + _grid_of(PANEL + GAP, LOWER, PANEL, view.counts, PURPLE, view.counts.max() * 1.25, _heading(state),
                   numbers=True)
        + "".join(_chosen(x, cell, state) for x in (0, PANEL + GAP))
        + drawing.target(0, LOWER, PANEL, PANEL, "output")
        + drawing.target(PANEL + GAP, LOWER, PANEL, PANEL, "counts")
    )  # fmt: skip
    return drawing.svg(WIDTH, HEIGHT, body, f"A picture made larger, and how many kernels overlap. {describe(view)}")


def _heading(state: State) -> str:
    return "how many kernels overlap" if state.mode == "transposed" else "how many pixels under the kernel"


def _grid_of(x: float, y: float, side: float, values: np.ndarray, palette, high: float, name: str,
             numbers: bool = False) -> str:  # fmt: skip
    """A square picture of `values` from 0 to `high` under its name, with its numbers if asked for."""
    address = drawing.data_address(values, palette, 0, high)
    return (
        drawing.text(x, y - 8, name, "strong")
        + f'<image x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" class="pixels" href="{address}"/>'
        + drawing.rectangle(x, y, side, style="edge")
        + (_numbers(x, y, side / len(values), values, palette, high) if numbers else "")
    )


def _numbers(x: float, y: float, cell: float, values: np.ndarray, palette, high: float) -> str:
    """Each value in the middle of its cell."""
    texts: dict[float, tuple[str, str]] = {value: _look(value, palette, high) for value in set(values.flat)}
    height = min(cell * 0.62, 15)
    said = "".join(
        f'<text x="{x + (column + 0.5) * cell:.4g}" y="{y + (row + 0.5) * cell + 0.36 * height:.4g}" '
        f'style="fill:{texts[value][1]}">{texts[value][0]}</text>'
        for (row, column), value in np.ndenumerate(values)
    )
    return f'<g class="numerals" style="font-size:{height:.3g}px">{said}</g>'


def _look(value: float, palette, high: float) -> tuple[str, str]:
    """How a value is written, and in which ink."""
    words = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}".removeprefix("0")
    return words, drawing.ink_on(drawing.hex_colour(value, palette, 0, high))


def _frames(x: float, y: float, cell: float, rows: tuple[int, ...], columns: tuple[int, ...]) -> str:
    """A frame round the input pixels that the chosen one is made of."""
    if not rows or not columns:
        return ""
    width, height = (columns[-1] - columns[0] + 1) * cell, (rows[-1] - rows[0] + 1) * cell
    left, top = x + columns[0] * cell, y + rows[0] * cell
    return "".join(drawing.rectangle(left, top, width, height, style) for style in ("halo", "frame"))


def _chosen(x: float, cell: float, state: State) -> str:
    left, top = x + state.column * cell, LOWER + state.row * cell
    return "".join(drawing.rectangle(left, top, cell, style=style) for style in ("halo", "frame"))


def _draw_words(view: View) -> str:
    """What came out, in a column beside input and kernel."""
    state, x = view.state, 2 * SMALL + 70
    verdict = f"even: {view.most} everywhere inside" if view.even else f"uneven: {view.fewest} to {view.most} inside"
    gets = f"a flat input gets a pattern, {100 * view.ripple:.0f} %"
    pattern = "a flat input stays flat inside" if view.smooth else gets
    lines = (
        (_formula(state), "muted"),
        (verdict, "strong"),
        (pattern, "strong"),
        (f"row {state.row}, column {state.column}: {_chosen_value(view)}", "muted"),
        (_overlaps(view), "muted"),
    )
    return "".join(drawing.text(x, 34 + 23 * i, words, style) for i, (words, style) in enumerate(lines))


def _formula(state: State) -> str:
    n, k, s = state.size, state.kernel, state.stride
    if state.mode == "transposed":
        return f"n · s + max(k − s, 0) = {n} · {s} + {max(k - s, 0)} = {state.result}"
    return f"n · s − k + 1 = {n} · {s} − {k} + 1 = {state.result}"


# The still picture


def still(view: View):
    """The view's layer beside two that differ in the kernel's size or in the way: output above, overlaps below."""
    from matplotlib.figure import Figure

    state = view.state
    states = (state, replace(state, kernel=2 * state.stride), replace(state, mode="upsample"))
    figure = Figure(figsize=(8.2, 5.4), layout="constrained")
    figure.suptitle(f"A flat input of {state.size} × {state.size}, made larger in three ways; below, what overlaps")
    for axes, each in zip(figure.subplots(2, 3).T, states, strict=True):
        _plot(axes, compute(_settled(each)))
    return figure


def _plot(axes, view: View) -> None:
    from matplotlib.colors import ListedColormap

    state, top = view.state, view.counts.max()
    axes[0].imshow(view.output, cmap="gray", vmin=0, vmax=max(view.output.max(), 1e-9))
    axes[0].set_title(f"{MODES[state.mode]}\nkernel {state.kernel}, stride {state.stride}", fontsize=9)
    axes[1].imshow(view.counts, cmap=ListedColormap(PURPLE / 255), vmin=0, vmax=top * 1.25)
    for (row, column), count in np.ndenumerate(view.counts):
        axes[1].text(column, row, count, ha="center", va="center", fontsize=5,
                     color=_look(count, PURPLE, top * 1.25)[1])  # fmt: skip
    axes[1].set_title("even" if view.even else f"{view.fewest} to {view.most} inside", fontsize=9)
    for each in axes:
        each.set(xticks=(), yticks=())


# The controls


def checkerboards(size: int = 6, *, kernel: int = 3, stride: int = 2, weights: str = "ones", seed: int = 0,
                  mode: str = "transposed", image: str = "flat", row: int | None = None,
                  column: int | None = None) -> Exploration:  # fmt: skip
    """Make a small picture larger by a transposed convolution, or by upsampling and a convolution; see what overlaps.

    size: 5 to 8, pixels along a side of the input. kernel: 1 to 5, stride: 1 to 3; with mode "upsample" instead of
    "transposed" each pixel is repeated `stride` times along both sides and a plain convolution follows, without
    padding. weights of the kernel: "ones", "bump" or "noise", drawn by `seed` (0 to 99). image: "flat", "ramp" or
    "one pixel". `row` and `column` choose a pixel of the output, by default the fifth both ways, or the last.
    Errors: `ValueError` for a number out of its range or another word.
    """
    state = _settled(State(size, kernel, stride, weights, seed, mode, image))
    given = {name: place for name, place in (("row", row), ("column", column)) if place is not None}
    return Exploration(
        "checkerboards",
        title="Checkerboards",
        idea="a layer that enlarges, and a pattern that nobody asked for",
        state=replace(state, **given),
        compute=compute,
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "checkerboards", "", default=State()),
        controls=[
            Group("How to enlarge", [
                _settling(toggles("mode", "", [("transposed", "transposed"), ("upsample first", "upsample")])),
                _setting("kernel", "kernel k"), _setting("stride", "stride s"),
            ]),
            Group("Its weights", [toggles("weights", "", WEIGHTS), _setting("seed", "noise")]),
            Group("The input", [toggles("image", "", INPUTS), _setting("size", "input n")]),
            Group("One pixel of the output", [
                slider(name, name, 0, 0, bounds=lambda state: (0, state.result - 1)) for name in ("row", "column")
            ]),
        ],
        puzzles=PUZZLES,
        pick=_pick,
    )  # fmt: skip


def _setting(name: str, label: str) -> Control:
    read = _noisy if name == "seed" else None
    return _settling(slider(name, label, *RANGES[name], read=read))


def _noisy(state: State, seed: int) -> State:
    """Whoever asks for other noise wants noise."""
    return state if seed == state.seed else replace(state, seed=seed, weights="noise")


def _settling(control: Control) -> Control:
    """The control, with row and column kept within the output that it leaves."""
    read: Callable = control.read
    return replace(control, read=lambda state, value: _settled(read(state, value)))


def _settled(state: State) -> State:
    last = state.result - 1
    return replace(state, row=min(state.row, last), column=min(state.column, last))


def _pick(state: State, name: str, x: float, y: float) -> State:
    row, column = (min(int(place * state.result), state.result - 1) for place in (y, x))
    return replace(state, row=row, column=column)


# Puzzles


def _laid(view: View) -> bool:
    """Whether a kernel is laid down with steps, the way that can go wrong."""
    return view.state.mode == "transposed" and view.state.stride > 1


def _way(view: View) -> tuple[int, int]:
    return view.state.kernel, view.state.stride


FIRST, NOISY = State(), State(weights="noise", seed=3)

PUZZLES = (
    Puzzle(
        "No checkerboard",
        "Stay with the transposed convolution and a stride above 1, and let as many kernels overlap everywhere inside. "
        "Three kernels and strides do.",
        FIRST,
        lambda view: _laid(view) and view.even,
        (State(kernel=4), State(kernel=2), State(kernel=3, stride=3)),
        "The stride divides the kernel’s size: every output pixel is reached as often as its neighbour.",
        way=_way,
    ),
    Puzzle(
        "Four to one",
        "Where no pixel is left out, how uneven can it get? Find the three kernels and strides with which some pixel "
        "inside gets four times as many overlaps as another.",
        State(kernel=5),
        lambda view: _laid(view) and view.fewest > 0 and view.most == 4 * view.fewest,
        (State(kernel=3), State(kernel=4, stride=3), State(kernel=5, stride=3)),
        "Twice as many along each side, so four times as many in the plane; no kernel that covers its stride does "
        "worse. One smaller than its stride leaves holes.",
        way=_way,
    ),
    Puzzle(
        "Whatever the weights",
        "Noise for weights, and a flat input gets a pattern. Make it come out flat; kernel, stride and weights stay.",
        NOISY,
        lambda view: view.smooth and replace(view.state, mode=NOISY.mode, image=NOISY.image, size=NOISY.size,
                                             row=NOISY.row, column=NOISY.column) == NOISY,
        (replace(NOISY, mode="upsample"),),
        "Enlarged first, the picture meets all weights at every pixel. Laid down in steps, even and odd pixels meet "
        "different ones.",
    ),
    Puzzle(
        "Weights that make up",
        "Still transposed, with uneven overlaps: let a flat input stay flat inside all the same, in three ways.",
        FIRST,
        lambda view: _laid(view) and not view.even and view.smooth,
        (State(weights="bump"), State(weights="bump", kernel=4, stride=3), State(weights="bump", kernel=5, stride=3)),
        "Weights that are small where kernels overlap: 1 2 1 laid two apart is linear interpolation. A network may "
        "learn such weights; nothing makes it.",
        way=_way,
    ),
    Puzzle(
        "Seventeen",
        "Work out first, then try: make 17 × 17, with a stride above 1, in both ways of enlarging.",
        FIRST,
        lambda view: view.state.result == 17 and view.state.stride > 1,
        (State(size=8), State(size=6, kernel=2, stride=3, mode="upsample")),
        "Laid kernels reach over the edge and add; a kernel that slides inside takes away: n · s + max(k − s, 0) "
        "against n · s − k + 1.",
        way=lambda view: view.state.mode,
    ),
)  # fmt: skip
