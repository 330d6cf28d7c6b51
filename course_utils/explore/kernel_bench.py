"""Kernel bench: a photograph, nine numbers, and the picture they make. Belongs to lesson 01."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import (
    Exploration,
    Group,
    Puzzle,
    call_line,
    choice,
    name_of,
    number,
    slider,
    toggles,
    written,
)
from course_utils.recognition.convolution import KERNELS, cross_correlate

__all__ = ["kernel_bench"]

Kernel = tuple[tuple[float, float, float], ...]

SIDE = 128
"""Larger pictures are averaged down to at most this many pixels a side: pixels can be seen, and drags stay quick."""
LARGEST_WEIGHT = 100
SCALES = {"signed": (drawing.SIGNED, -1, 1), "photo": (drawing.UNSIGNED, 0, 1)}
EDGES = KERNELS["brighter to the right"]


@dataclass(frozen=True)
class State:
    """`row` and `column`: the patch's upper left pixel, and the map's pixel that it makes. `brightness` is added to
    every pixel of the photograph. `scale`: the map's colours run from −1 to 1 ("signed") or from 0 to 1 ("photo")."""

    kernel: Kernel = EDGES
    row: int = 0
    column: int = 0
    brightness: float = 0.0
    scale: str = "signed"

    def __post_init__(self):
        if max(abs(weight) for row in self.kernel for weight in row) > LARGEST_WEIGHT:
            raise ValueError(f"The kernel's numbers must lie between −{LARGEST_WEIGHT} and {LARGEST_WEIGHT}.")
        if not (isinstance(self.brightness, (int, float)) and abs(self.brightness) <= 1):
            raise ValueError(f"brightness is {self.brightness!r}; it must lie between −1 and 1.")
        if self.scale not in SCALES:
            raise ValueError(f"scale is {self.scale!r}; it must be one of {', '.join(map(repr, SCALES))}.")

    @property
    def weights(self) -> np.ndarray:
        return np.array(self.kernel, np.float64)


@dataclass(frozen=True)
class View:
    state: State
    photograph: np.ndarray  # (h, w), brightness added; what leaves [0, 1] is kept and counted
    patch: np.ndarray  # (3, 3) of it
    products: np.ndarray  # (3, 3)
    feature_map: np.ndarray  # (h − 2, w − 2)

    @property
    def total(self) -> float:
        return float(self.feature_map[self.state.row, self.state.column])


def compute(state: State, image: np.ndarray) -> View:
    """Errors: `ValueError` for a patch that leaves the picture."""
    rows, columns = (side - 2 for side in image.shape)
    if state.row not in range(rows) or state.column not in range(columns):
        raise ValueError(
            f"There is no patch at row {state.row}, column {state.column}; "
            f"rows go from 0 to {rows - 1}, columns from 0 to {columns - 1}, in whole numbers."
        )
    photograph = image + state.brightness
    patch = photograph[state.row : state.row + 3, state.column : state.column + 3]
    return View(state, photograph, patch, patch * state.weights, cross_correlate(photograph, state.weights))


def describe(view: View) -> str:
    state, total = view.state, round(float(view.state.weights.sum()), 9)
    parts = [
        f"Row {state.row}, column {state.column}: the nine products add up to {drawing.number(view.total)}.",
        f"The kernel’s numbers add up to {_weight(total)},",
        "so what is the same everywhere cancels."
        if abs(total) < 1e-9
        else f"so even grey is multiplied by {_weight(total)}.",
        f"Brightness {state.brightness:+.2f}.".replace("-", "−") if state.brightness else "",
        f"The map’s colours: {'blue −1, grey 0, white +1' if state.scale == 'signed' else 'black 0, white 1'}.",
    ]
    return " ".join(filter(None, parts))


PICTURE, GAP, CELL = 288, 24, 42  # of the drawing, whose width is two pictures and the gap
TOP = 24  # height of the line above the pictures


def draw(view: View) -> str:
    rows, columns = view.photograph.shape
    pixel = PICTURE / max(rows, columns)
    strip = TOP + rows * pixel + 46
    body = _pictures(view, pixel) + _beams(view, pixel, strip) + _strip(view, strip)
    return drawing.svg(2 * PICTURE + GAP, strip + 3 * CELL + 4, body, f"Photograph and feature map. {describe(view)}")


def _pictures(view: View, pixel: float) -> str:
    state, right = view.state, PICTURE + GAP
    palette, low, high = SCALES[state.scale]
    height, width = (side * pixel for side in view.photograph.shape)
    border, map_size = 2 * pixel, (width - 2 * pixel, height - 2 * pixel)
    return (
        drawing.text(0, 14, "photograph", "strong")
        + drawing.text(right, 14, "feature map", "strong")
        + _colour_bar(2 * PICTURE + GAP, palette, low, high)
        + _image(0, TOP, width, height, "photograph", drawing.data_address(view.photograph, drawing.UNSIGNED, 0, 1))
        + drawing.rectangle(right, TOP, width, height, "empty")
        + _image(right + border / 2, TOP + border / 2, *map_size, "map",
                 drawing.data_address(view.feature_map, palette, low, high))
        + _marker(state.column * pixel, TOP + state.row * pixel, 3 * pixel)
        + _marker(right + (state.column + 1) * pixel, TOP + (state.row + 1) * pixel, pixel)
    )  # fmt: skip


def _image(x: float, y: float, width: float, height: float, name: str, address: str) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    image = f'<image {place} href="{address}" preserveAspectRatio="none" class="pixels"/>'
    return image + drawing.target(x, y, width, height, name)


def _colour_bar(end: float, palette, low: float, high: float) -> str:
    address = drawing.data_address(np.linspace(low, high, 64)[None], palette, low, high)
    return (
        drawing.text(end - 118, 14, drawing.number(low, 0), "muted end")
        + f'<image x="{end - 112}" y="5" width="90" height="10" href="{address}" preserveAspectRatio="none"/>'
        + drawing.text(end, 14, f"+{high}", "muted end")
    )


def _marker(x: float, y: float, side: float) -> str:
    """A frame round a square that stays visible when the square is one pixel."""
    room = max(1.0, (9 - side) / 2)
    return "".join(
        drawing.rectangle(x - room, y - room, side + 2 * room, style=style) for style in ("marker-halo", "marker")
    )


def _beams(view: View, pixel: float, strip: float) -> str:
    """Lines from the patch to its enlargement, and from the sum to its pixel."""
    state = view.state
    x, y = state.column * pixel, TOP + (state.row + 3) * pixel
    to_x, to_y = PICTURE + GAP + (state.column + 1.5) * pixel, TOP + (state.row + 1.5) * pixel + max(pixel / 2, 5)
    lines = [(x, y, 0, strip), (x + 3 * pixel, y, 3 * CELL, strip), (556, strip + 24, to_x, to_y)]
    return "".join(
        f'<path class="{style}" d="M{x:g} {y:g}L{to_x:g} {to_y:g}"/>'
        for style in ("beam-halo", "beam")
        for x, y, to_x, to_y in lines
    )


def _strip(view: View, y: float) -> str:
    """patch × kernel = products, which add up to one pixel."""
    palette, low, high = SCALES[view.state.scale]
    colour = drawing.hex_colour(view.total, palette, low, high)
    middle = y + 1.5 * CELL
    return (
        _numbers(0, y, "patch", view.patch, drawing.number, drawing.UNSIGNED, 0, 1)
        + drawing.text(141, middle + 7, "×", "large middle")
        + _numbers(156, y, "kernel", view.state.weights, _weight, drawing.SIGNED, -1, 1)
        + drawing.text(297, middle + 7, "=", "large middle")
        + _numbers(312, y, "products", view.products, drawing.number, drawing.SIGNED, -1, 1)
        + drawing.text(475, middle - 8, "add up", "muted middle")
        + f'<path class="arrow" d="M448 {middle:g}h54m-8 -5l8 5l-8 5"/>'
        + drawing.text(556, y - 8, "one pixel", "muted middle")
        + drawing.rectangle(512, middle - 36, 88, 72, "cell", fill=colour, rx="3")
        + drawing.text(556, middle + 8, drawing.number(view.total), "total middle", drawing.ink_on(colour))
    )


def _numbers(x: float, y: float, name: str, values, shown, palette, low: float, high: float) -> str:
    cells = [drawing.text(x + 1.5 * CELL, y - 8, name, "muted middle")]
    for (row, column), value in np.ndenumerate(values):
        colour = drawing.hex_colour(value, palette, low, high)
        left, top = x + column * CELL, y + row * CELL
        cells.append(drawing.rectangle(left, top, CELL, style="cell", fill=colour))
        middle = left + CELL / 2, top + CELL / 2 + 5
        cells.append(drawing.text(*middle, shown(value), "middle figure", drawing.ink_on(colour)))
    return "".join(cells)


def _weight(value: float) -> str:
    short = written(value)
    return short.replace("-", "−") if len(short) <= 5 else drawing.number(value)


def still(view: View):
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    palette, low, high = SCALES[view.state.scale]
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(3, 1.3, 3))
    left.imshow(np.clip(view.photograph, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    left.set_title("the photograph")
    middle.imshow(view.state.weights, cmap=ListedColormap(drawing.SIGNED / 255), vmin=-1, vmax=1)
    middle.set_title("× kernel →")
    for (row, column), weight in np.ndenumerate(view.state.weights):
        ink = drawing.ink_on(drawing.hex_colour(weight, drawing.SIGNED, -1, 1))
        middle.text(column, row, _weight(weight), ha="center", va="center", color=ink)
    colours = ListedColormap(palette / 255)
    shown = right.imshow(view.feature_map, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    right.set_title("the feature map")
    figure.colorbar(shown, ax=right, shrink=0.7, ticks=[low, 0, high])
    for axes in (left, middle, right):
        axes.set_axis_off()
    return figure


def kernel_bench(image=None, *, kernel=EDGES, row: int | None = None, column: int | None = None,
                 brightness: float = 0.0, scale: str = "signed") -> Exploration:  # fmt: skip
    """Lay a 3 × 3 `kernel` on a photograph, see one sum and the whole feature map, and change its numbers.

    image (h, w), real numbers in [0, 1], at least 3 × 3; by default the photographer. More than 128 pixels a side are
    averaged down to at most 128. `row` and `column` choose the patch by its upper left pixel, by default where the
    default kernel answers most. `brightness` is added to every pixel; the sums are not clipped, only the colours are.
    `scale` of the map's colours: "signed" (−1 to 1) or "photo" (0 to 1).
    Errors: `ValueError` for another shape or range.
    """
    data = name_of(image, "image") if image is not None else ""
    image = _smaller(_photograph(image))
    loudness = np.abs(cross_correlate(image, EDGES))
    default = _place(loudness.argmax(), loudness.shape)
    place = {"row": default.row if row is None else row, "column": default.column if column is None else column}
    state = State(_kernel(kernel), **place, brightness=brightness, scale=scale)
    rows, columns = (side - 2 for side in image.shape)
    return Exploration(
        "kernel_bench",
        title="Kernel bench",
        idea="nine numbers, one sum, one pixel; then the next pixel",
        state=state,
        compute=partial(compute, image=image),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "kernel_bench", data, default=default, write={"kernel": _written_kernel}),
        controls=[
            Group("Kernel", [_kernel_choice()]),
            Group("Its nine numbers", [_weight_field(r, c) for r in range(3) for c in range(3)], columns=3),
            Group("Patch", [
                slider("row", "row", 0, rows - 1),
                slider("column", "column", 0, columns - 1),
            ]),
            Group("Light", [slider("brightness", "brightness", -0.4, 0.4, 0.05, readout_format="+.2f")]),
            Group("Colours of the map", [toggles("scale", "", [("−1 … 0 … 1", "signed"), ("0 … 1", "photo")])]),
        ],
        puzzles=_puzzles(default, _place(loudness.argmin(), loudness.shape), float(loudness.max())),
        pick=partial(_pick, rows=rows, columns=columns),
    )  # fmt: skip


def _photograph(image) -> np.ndarray:
    if image is None:
        from course_utils.data import images

        return images.camera()
    image = np.asarray(image)
    if image.ndim != 2 or min(image.shape) < 3 or image.dtype.kind not in "biuf":
        raise ValueError(
            f"The image has shape {image.shape} and type {image.dtype}; it must hold grey values, (h, w) with at least "
            "3 × 3 pixels. Average the channels of a colour picture first: image.mean(axis=2)."
        )
    if not (np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1):
        raise ValueError("The image has values outside [0, 1]; divide it by its largest possible value, such as 255.")
    return image.astype(np.float64)


def _smaller(image: np.ndarray) -> np.ndarray:
    """Means of square blocks, so that no side is longer than SIDE."""
    block = -(-max(image.shape) // SIDE)
    rows, columns = (side // block for side in image.shape)
    if min(rows, columns) < 3:
        height, width = image.shape
        raise ValueError(f"An image of {height} × {width} is too long and thin to be shown; cut a piece out of it.")
    whole = image[: rows * block, : columns * block].astype(np.float64)
    return whole.reshape(rows, block, columns, block).mean(axis=(1, 3))


def _place(index: int, shape: tuple[int, int]) -> State:
    """The patch that makes the map's pixel number `index`."""
    row, column = np.unravel_index(index, shape)
    return State(row=int(row), column=int(column))


def _kernel(rows) -> Kernel:
    try:
        weights = np.array(rows, np.float64)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.shape != (3, 3) or not np.isfinite(weights).all():
        raise ValueError(f"The kernel is {rows!r}; it must be three rows of three finite numbers.")
    return tuple(map(tuple, weights.tolist()))


def _written_kernel(kernel: Kernel) -> str:
    rows = ("[" + ", ".join(map(written, row)) + "]" for row in kernel)
    return "[" + ", ".join(rows) + "]"


def _kernel_choice():
    own = "your own"

    def read(state: State, name: str) -> State:
        if name == own:
            return state
        kernel = _kernel(KERNELS[name])
        signed = abs(np.sum(kernel)) < 1e-9
        return replace(state, kernel=kernel, scale="signed" if signed else "photo")

    def write(state: State) -> str:
        return next((name for name, kernel in KERNELS.items() if _kernel(kernel) == state.kernel), own)

    return choice("kernel", "", [*KERNELS, own], read=read, write=write)


def _weight_field(row: int, column: int):
    def read(state: State, value: float) -> State:
        weights = state.weights
        weights[row, column] = value
        return replace(state, kernel=_kernel(weights))

    return number(f"weight-{row}-{column}", f"row {row}, column {column}", read=read,
                  write=lambda state: state.kernel[row][column])  # fmt: skip


def _pick(state: State, name: str, x: float, y: float, rows: int, columns: int) -> State:
    """The patch whose centre is pointed at in the photograph, or whose sum in the map."""
    edge = 2 if name == "photograph" else 0
    row, column = int(y * (rows + edge)) - edge // 2, int(x * (columns + edge)) - edge // 2
    return replace(state, row=min(max(row, 0), rows - 1), column=min(max(column, 0), columns - 1))


def _puzzles(default: State, quiet: State, loudest: float) -> Sequence[Puzzle]:
    """`quiet` and `default` are the patches that answer least and most, with `loudest`, to the first kernel."""
    beyond = np.floor(8 * loudest) / 10
    sharpen = replace(default, kernel=_kernel(KERNELS["sharpen"]), scale="photo")
    identity = replace(default, kernel=_kernel(KERNELS["identity"]), scale="photo")
    return (
        Puzzle(
            "White sky",
            "Change one of the nine numbers so that the sky turns from grey to white while the tripod’s edges stay.",
            default,
            lambda view: (
                _changed(view, default) == 1 and view.state.weights.sum() > 0.9 and _alike(view, default) > 0.75
            ),
            (replace(default, kernel=((-1, 0, 1), (-1, 1, 1), (-1, 0, 1))),),
            "The nine numbers no longer cancel on even grey; the differences between left and right still count.",
        ),
        Puzzle(
            "Blind to light",
            "Move the brightness: the map follows. Change one of the nine numbers so that it no longer does.",
            sharpen,
            lambda view: _changed(view, sharpen) == 1 and abs(view.state.weights.sum()) < 1e-9,
            (replace(sharpen, kernel=((0, -1, 0), (-1, 4, -1), (0, -1, 0))),),
            "The numbers add up to 0 now, so what is added everywhere is added and taken away again.",
        ),
        Puzzle(
            "One step left",
            "This kernel copies the photograph. Change two numbers so that the copy moves one pixel to the left.",
            identity,
            lambda view: view.state.kernel == ((0, 0, 0), (0, 0, 1), (0, 0, 0)),
            (replace(identity, kernel=((0, 0, 0), (0, 0, 1), (0, 0, 0))),),
            "Each pixel takes the value of its neighbour on the right, so everything moves to the left.",
        ),
        Puzzle(
            "Loudest patch",
            f"Leave the kernel as it is and find a patch whose sum goes beyond −{beyond:.1f} or +{beyond:.1f}.",
            quiet,
            lambda view: _changed(view, quiet) == 0 and abs(view.total) > beyond,
            (default,),
            "A large sum needs a strong edge of the right direction: dark on one side, bright on the other.",
        ),
    )


def _changed(view: View, start: State) -> int:
    """How many of the nine numbers differ from the puzzle's first kernel."""
    return int((view.state.weights != start.weights).sum())


def _alike(view: View, start: State) -> float:
    """Cosine between both kernels without their means: 1 when they answer to the same differences."""
    now, before = (weights - weights.mean() for weights in (view.state.weights, start.weights))
    return float((now * before).sum() / max(np.linalg.norm(now) * np.linalg.norm(before), 1e-12))
