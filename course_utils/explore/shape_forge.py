"""Shape forge: what kernel, stride, padding and dilation do to the size of a picture, and how far one pixel sees.

Belongs to lesson 01. The formula is that of V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep
learning* (2016), arXiv:1603.07285.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import Control, Exploration, Group, Puzzle, call_line, check_whole, slider
from course_utils.recognition.convolution import output_shape, receptive_field

__all__ = ["shape_forge"]

LARGEST_SIZE, MOST_LAYERS = 16, 6
RANGES = {"kernel": (1, 7), "stride": (1, 4), "padding": (0, 3), "dilation": (1, 3)}


@dataclass(frozen=True)
class Layer:
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self):
        for name, (low, high) in RANGES.items():
            check_whole(name, getattr(self, name), low, high)

    @property
    def reach(self) -> int:
        """Pixels from the first tap to the last."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class State:
    """`layer` (from 1) is the one on view; `row` and `column` choose one pixel of its output."""

    size: int = 8
    layers: tuple[Layer, ...] = (Layer(),)
    layer: int = 1
    row: int = 0
    column: int = 0

    def __post_init__(self):
        check_whole("size", self.size, 1, LARGEST_SIZE)
        check_whole("the number of layers", len(self.layers), 1, MOST_LAYERS)
        check_whole("layer", self.layer, 1, len(self.layers))

    @property
    def now(self) -> Layer:
        return self.layers[self.layer - 1]


@dataclass(frozen=True)
class View:
    """`sizes`: of the input and of each layer's output, as far as there is one; `reason`: why it ends there, or ''.
    `seen[i]`: the rows and the columns of picture i that the chosen pixel sees, up to the layer on view.
    `unread`: rows (so also columns) of the layer's input that no tap ever reaches."""

    state: State
    sizes: tuple[int, ...]
    reason: str
    seen: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    unread: tuple[int, ...]

    @property
    def source(self) -> int | None:
        return self.sizes[self.state.layer - 1] if self.state.layer <= len(self.sizes) else None

    @property
    def result(self) -> int | None:
        return self.sizes[self.state.layer] if self.state.layer < len(self.sizes) else None

    @property
    def field(self) -> int:
        """How many input pixels along a side one output pixel of the layer on view sees, padding included."""
        return _field(self.state.layers[: self.state.layer])


def _field(layers: Sequence[Layer]) -> int:
    return receptive_field([(layer.kernel, layer.stride, layer.dilation) for layer in layers])


def _sizes(size: int, layers: Sequence[Layer]) -> tuple[tuple[int, ...], str]:
    sizes = [size]
    for layer in layers:
        try:
            sizes.append(output_shape(sizes[-1], *astuple(layer)))
        except ValueError as error:
            return tuple(sizes), str(error)
    return tuple(sizes), ""


def compute(state: State) -> View:
    """Errors: `ValueError` for a row or column that the output does not have."""
    sizes, reason = _sizes(state.size, state.layers)
    if state.layer >= len(sizes):
        return View(state, sizes, reason, (), ())
    result = sizes[state.layer]
    for name in ("row", "column"):
        check_whole(name, getattr(state, name), 0, result - 1)
    rows, columns = (_seen(place, state.layers[: state.layer], sizes) for place in (state.row, state.column))
    unread = _unread(sizes[state.layer - 1], state.now, result)
    return View(state, sizes, reason, tuple(zip(rows, columns, strict=True)), unread)


def _seen(place: int, layers: Sequence[Layer], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """For each picture from the input on: the indices along one side that output pixel `place` sees."""
    seen = [(place,)]
    for layer, size in zip(reversed(layers), reversed(sizes[: len(layers)]), strict=True):
        seen.append(_read(seen[-1], layer, size))
    return seen[::-1]


def _read(places: Iterable[int], layer: Layer, size: int) -> tuple[int, ...]:
    """The indices of the layer's input, of `size` pixels, that the taps of its output pixels `places` meet."""
    taps = {
        place * layer.stride + tap * layer.dilation - layer.padding for place in places for tap in range(layer.kernel)
    }
    return tuple(sorted(taps & set(range(size))))


def _unread(size: int, layer: Layer, result: int) -> tuple[int, ...]:
    return tuple(sorted(set(range(size)) - set(_read(range(result), layer, size))))


def _settled(state: State) -> State:
    """The nearest state there is: `layer`, `row` and `column` within what the other numbers leave."""
    state = replace(state, layer=min(state.layer, len(state.layers)))
    sizes, _ = _sizes(state.size, state.layers)
    last = sizes[state.layer] - 1 if state.layer < len(sizes) else 0
    return replace(state, row=min(state.row, last), column=min(state.column, last))


def describe(view: View) -> str:
    state, layer = view.state, view.state.now
    name = f"Layer {state.layer} of {len(state.layers)}"
    formula = "".join(number for _, number, _ in _formula(view))
    if view.source is None:
        return f"{name}: there is no picture left; it vanished in layer {len(view.sizes)}. {view.reason}"
    if view.result is None:
        return f"{name}: {formula}, so nothing comes out: the picture vanishes here. {view.reason}"
    parts = [
        f"{name}: {formula}.",
        f"Its pixel in row {state.row}, column {state.column} reads {layer.kernel} × {layer.kernel} values"
        f" and sees {view.field} × {view.field} of the input.",
    ]
    if view.unread:
        parts.append(f"Never read: row and column {_listed(view.unread)}.")
    if view.reason:
        parts.append(f"The picture vanishes in layer {len(view.sizes)}.")
    return " ".join(parts)


def _listed(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _formula(view: View) -> list[tuple[str, str, str]]:
    """(letters, the same in numbers, style) from left to right."""
    layer, source = view.state.now, view.source
    n, result = "?", "?"
    if source:
        n, result = str(source), drawing.number((source + 2 * layer.padding - layer.reach) // layer.stride + 1, 0)
    return [
        ("size = ⌊(", "size = ⌊(", ""), ("n", n, "n"), (" + 2", " + 2 · ", ""), ("p", str(layer.padding), "p"),
        (" − ", " − ", ""), ("d", str(layer.dilation), "d"), ("(", " · (", ""), ("k", str(layer.kernel), "k"),
        (" − 1) − 1) / ", " − 1) − 1) / ", ""), ("s", str(layer.stride), "s"), ("⌋ + 1", "⌋ + 1 = ", ""),
        ("", result, "size"),
    ]  # fmt: skip


WIDTH, TOP, SIDE = 600, 78, 280  # of the drawing; of the grids; of the largest grid
BENEATH, SLOT, SMALL = 372, 86, 52  # the stack: where it begins, the width of each layer, the largest picture
MIDDLE = BENEATH + 44 + SMALL / 2


def draw(view: View) -> str:
    body = _draw_formula(view) + _draw_layer(view) + _draw_stack(view)
    return drawing.svg(WIDTH, BENEATH + 124, body, f"The input and output grids of one layer. {describe(view)}")


def _draw_formula(view: View) -> str:
    """The formula in letters, and beneath it the same in numbers; colours tell which became which."""
    lines = []
    for position, (y, kind) in enumerate(((15, "letters"), (40, "numbers"))):
        spans = "".join(f'<tspan class="{part[2]}">{part[position]}</tspan>' for part in _formula(view))
        lines.append(f'<text x="0" y="{y}" class="{kind}" xml:space="preserve">{spans}</text>')
    return "".join(lines)


def _draw_layer(view: View) -> str:
    if view.source is None:
        return drawing.text(WIDTH / 2, 200, f"no picture left: it vanished in layer {len(view.sizes)}", "muted middle")
    padded, result = view.source + 2 * view.state.now.padding, view.result
    beside = result or view.state.now.reach
    cell = min(40, SIDE / padded, SIDE / beside, (WIDTH - 70) / (padded + beside))
    top, beside_top = (TOP + (SIDE - side * cell) / 2 for side in (padded, beside))
    right = (padded * cell + WIDTH - beside * cell) / 2
    body = _draw_input(view, top, cell, padded)
    if result is None:
        return body + _draw_misfit(view, right, beside_top, cell)
    return (
        body
        + _draw_window(view, top, cell)
        + _draw_output(view, right, beside_top, cell)
        + _beams(view, top, right, beside_top, cell)
    )


def _draw_input(view: View, top: float, cell: float, padded: int) -> str:
    layer, size = view.state.now, view.source
    inset, side = layer.padding * cell, size * cell
    left, above = inset + 0.5, top + inset
    words = f"input {size} × {size}" + (f", padded to {padded} × {padded}" if layer.padding else "")
    bands = (
        f"M{left + i * cell:g} {above:g}h{cell:g}v{side:g}h{-cell:g}z"
        f"M{left:g} {above + (i + 1) * cell:g}v{-cell:g}h{side:g}v{cell:g}z"
        for i in view.unread
    )
    return (
        drawing.text(0, top - 9, words, "muted")
        + (drawing.grid(0.5, top, padded, padded, cell, "lines faint") if layer.padding else "")
        + drawing.rectangle(left, above, side, style="image")
        + f'<path class="unread" d="{"".join(bands)}"/>'
        + drawing.grid(left, above, size, size, cell)
        + drawing.target(0, top, padded * cell, padded * cell, "input")
    )


def _draw_kernel(layer: Layer, x: float, y: float, cell: float) -> str:
    """The taps of a kernel, and the window they span."""
    places = [tap * layer.dilation * cell + 1 for tap in range(layer.kernel)]
    taps = (drawing.rectangle(x + i, y + j, cell - 2, style="tap") for i in places for j in places)
    return "".join(taps) + drawing.rectangle(x, y, layer.reach * cell, style="window")


def _draw_window(view: View, top: float, cell: float) -> str:
    """The kernel where the chosen pixel has it, and a dot in the middle of every place where it is laid."""
    state, layer = view.state, view.state.now
    kernel = _draw_kernel(layer, state.column * layer.stride * cell + 0.5, top + state.row * layer.stride * cell, cell)
    middles = [(place * layer.stride + layer.reach / 2) * cell for place in range(view.result)]
    radius = min(3.2, cell / 5)
    dots = (f'<circle cx="{x + 0.5:g}" cy="{top + y:g}" r="{radius:g}" class="dot"/>' for x in middles for y in middles)
    return kernel + "".join(dots)


def _draw_output(view: View, right: float, top: float, cell: float) -> str:
    size, state = view.result, view.state
    return (
        drawing.text(right + size * cell / 2, top - 9, f"output {size} × {size}", "muted middle")
        + drawing.rectangle(right, top, size * cell, style="result")
        + drawing.grid(right, top, size, size, cell)
        + drawing.rectangle(right + state.column * cell, top + state.row * cell, cell, style="chosen")
        + drawing.target(right, top, size * cell, size * cell, "output")
    )


def _beams(view: View, top: float, right: float, out_top: float, cell: float) -> str:
    state, layer = view.state, view.state.now
    x = (state.column * layer.stride + layer.reach) * cell
    y = top + state.row * layer.stride * cell
    to_x, to_y = right + state.column * cell, out_top + state.row * cell
    return (
        f'<path class="beam" d="M{x:g} {y:g}L{to_x:g} {to_y:g}'
        f'M{x:g} {y + layer.reach * cell:g}L{to_x:g} {to_y + cell:g}"/>'
    )


def _draw_misfit(view: View, right: float, top: float, cell: float) -> str:
    """The kernel, larger than the place it should be laid on."""
    layer = view.state.now
    words = f"the kernel reaches over {layer.reach}: it fits nowhere"
    label = drawing.text(right + layer.reach * cell / 2, top - 9, words, "muted middle")
    return label + _draw_kernel(layer, right, top, cell)


def _draw_stack(view: View) -> str:
    """All pictures from the input on, and what the chosen pixel sees of each."""
    slots = (_draw_slot(view, index) for index in range(len(view.state.layers) + 1))
    return f'<path class="rule" d="M0 {BENEATH}h{WIDTH}"/>' + "".join(slots)


def _draw_slot(view: View, index: int) -> str:
    x, style = index * SLOT, "strong" if index == view.state.layer else "muted"
    there = index < len(view.sizes)
    size = f"{view.sizes[index]} × {view.sizes[index]}" if there else "nothing"
    body = (
        drawing.text(x, BENEATH + 20, f"layer {index}" if index else "input", style)
        + drawing.text(x, BENEATH + 114, size, style)
        + (_draw_small(view, index, x) if there else drawing.rectangle(x + 1, MIDDLE - 9, 18, style="gone"))
    )
    if not index:
        return body
    return (
        body
        + drawing.text(x, BENEATH + 35, _in_short(view.state.layers[index - 1]), "small")
        + drawing.text(x - 14, MIDDLE + 5, "›", "muted middle")
        + drawing.target(x - 6, BENEATH + 4, SLOT - 8, 116, f"layer-{index}")
    )


def _in_short(layer: Layer) -> str:
    """k3 s2 p1: the kernel, and what differs from an ordinary layer."""
    given = (f"{f.name[0]}{getattr(layer, f.name)}" for f in fields(Layer)
             if f.name == "kernel" or getattr(layer, f.name) != f.default)  # fmt: skip
    return " ".join(given)


def _draw_small(view: View, index: int, x: float) -> str:
    unit = SMALL / max(view.sizes)
    side = view.sizes[index] * unit
    y = MIDDLE - side / 2
    body = drawing.rectangle(x, y, side, style="result" if index else "image")
    if index >= len(view.seen):
        return body
    rows, columns = map(_runs, view.seen[index])
    return body + "".join(
        drawing.rectangle(x + left * unit, y + top * unit, width * unit, height * unit, "chosen")
        for top, height in rows
        for left, width in columns
    )


def _runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    """(first, length) of each run of consecutive indices."""
    starts = [index for index in indices if index - 1 not in indices]
    ends = [index for index in indices if index + 1 not in indices]
    return [(start, end - start + 1) for start, end in zip(starts, ends, strict=True)]


def still(view: View):
    from matplotlib.figure import Figure

    state, layer, source, result = view.state, view.state.now, view.source or 0, view.result or 0
    letters, numbers = ("".join(part[position] for part in _formula(view)) for position in (0, 1))
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    figure.suptitle(f"{letters}\n{numbers}")
    left, right = figure.subplots(1, 2)
    _plot_grid(left, f"input {source} × {source}, padding {layer.padding}", source)
    _plot_grid(right, f"output {result} × {result}", result)
    outside = dict(fill=False, edgecolor="#7f98ad", linestyle="--")
    left.add_patch(_patch(-layer.padding, -layer.padding, source + 2 * layer.padding, **outside))
    if result:
        chosen = dict(facecolor="#e08214", edgecolor="white")
        row, column = (place * layer.stride - layer.padding for place in (state.row, state.column))
        taps = [tap * layer.dilation for tap in range(layer.kernel)]
        for i in taps:
            for j in taps:
                left.add_patch(_patch(column + i, row + j, 1, **chosen))
        right.add_patch(_patch(state.column, state.row, 1, **chosen))
    for axes in (left, right):  # one scale for both
        first, last = -layer.padding - 0.2, source + layer.padding + 0.2
        axes.set(xlim=(first, last), ylim=(last, first))
    return figure


def _plot_grid(axes, title: str, size: int) -> None:
    axes.set(title=title, aspect="equal")
    axes.set_axis_off()
    for place in np.ndindex(size, size):
        axes.add_patch(_patch(*place, 1, facecolor="#d5e6f5", edgecolor="#7f98ad", linewidth=0.7))


def _patch(x: float, y: float, side: float, **look):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), side, side, **look)


def shape_forge(size: int = 8, layers: Sequence[dict] = ({},), *, layer: int = 1, row: int = 0,
                column: int = 0) -> Exploration:  # fmt: skip
    """Forge the shape of a stack of up to six layers: size = ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1, layer after layer.

    `size`: pixels along a side of the square input, 1 to 16. `layers`: a dict a layer with any of `kernel` (1–7, by
    default 3), `stride` (1–4), `padding` (0–3) and `dilation` (1–3); a pooling is a kernel with an equal stride.
    `layer` (from 1) is the one on view, `row` and `column` one pixel of its output.
    Errors: `ValueError` for a number out of its range. A kernel that does not fit is explained, not an error.
    """
    if not isinstance(layers, (list, tuple)):
        raise ValueError(f"layers is {layers!r}; it must be a list with a dict for each layer.")
    state = State(size, tuple(map(_layer, layers)), layer, row, column)
    return Exploration(
        "shape_forge",
        title="Shape forge",
        idea="how large is what comes out, and how far does one pixel see?",
        state=state,
        compute=compute,
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "shape_forge", "", default=State(), write={"layers": _written_layers}),
        controls=[
            Group("Stack", [
                _setting("size", 1, LARGEST_SIZE, label="input n"),
                _setting("count", 1, MOST_LAYERS, label="layers", read=_with_count,
                         write=lambda state: len(state.layers)),
                _setting("layer", 1, 1, bounds=lambda state: (1, len(state.layers)), label="on view"),
            ]),
            Group("One pixel of its output", [
                _setting(name, 0, 0, bounds=lambda state: (0, _last(state))) for name in ("row", "column")
            ]),
            Group("This layer", [
                _setting(name, low, high, read=_with_layer(name), write=_of_layer(name), label=f"{name} {name[0]}")
                for name, (low, high) in RANGES.items()
            ]),
        ],
        puzzles=PUZZLES,
        pick=_pick,
    )  # fmt: skip


def _layer(settings) -> Layer:
    known = [f.name for f in fields(Layer)]
    if not isinstance(settings, dict) or not set(settings) <= set(known):
        raise ValueError(f"A layer is {settings!r}; it must be a dict with any of {', '.join(known)}.")
    return Layer(**settings)


def _written_layers(layers: Sequence[Layer]) -> str:
    def one(layer: Layer) -> str:
        given = [f"{f.name}={getattr(layer, f.name)}" for f in fields(Layer)
                 if f.name == "kernel" or getattr(layer, f.name) != f.default]  # fmt: skip
        return f"dict({', '.join(given)})"

    return f"[{', '.join(map(one, layers))}]"


def _setting(name: str, low: int, high: int, *, read=None, write=None, bounds=None, label: str = "") -> Control:
    read = read or (lambda state, value: replace(state, **{name: value}))
    return slider(name, label or name, low, high, read=lambda state, value: _settled(read(state, value)), write=write,
                  bounds=bounds)  # fmt: skip


def _with_count(state: State, count: int) -> State:
    kept = state.layers[:count] + (Layer(),) * (count - len(state.layers))
    return replace(state, layers=kept, layer=count if count > len(state.layers) else min(state.layer, count))


def _with_layer(name: str) -> Callable[[State, int], State]:
    def read(state: State, value: int) -> State:
        layers = list(state.layers)
        layers[state.layer - 1] = replace(state.now, **{name: value})
        return replace(state, layers=tuple(layers))

    return read


def _of_layer(name: str) -> Callable[[State], int]:
    return lambda state: getattr(state.now, name)


def _last(state: State) -> int:
    sizes, _ = _sizes(state.size, state.layers)
    return sizes[state.layer] - 1 if state.layer < len(sizes) else 0


def _pick(state: State, name: str, x: float, y: float) -> State:
    """A pixel of the output, the window nearest to a place in the input, or a layer of the stack."""
    if name.startswith("layer-"):
        return _settled(replace(state, layer=int(name.removeprefix("layer-"))))
    last, layer = _last(state), state.now
    if name == "output":
        places = [int(share * (last + 1)) for share in (y, x)]
    else:
        padded = _sizes(state.size, state.layers)[0][state.layer - 1] + 2 * layer.padding
        places = [round((share * padded - layer.reach / 2) / layer.stride) for share in (y, x)]
    row, column = (min(max(place, 0), last) for place in places)
    return replace(state, row=row, column=column)


POOL = Layer(2, stride=2)
VANISHING = State(8, (Layer(), POOL) * 3, layer=4)


def _only_paddings_changed(state: State) -> bool:
    unpadded = tuple(replace(layer, padding=0) for layer in state.layers)
    return (state.size, unpadded) == (VANISHING.size, VANISHING.layers)


def _numbers_changed(state: State, start: State) -> int:
    before, after = ([each.size, len(each.layers), *sum(map(astuple, each.layers), ())] for each in (start, state))
    return sum(a != b for a, b in zip(before, after, strict=False))


UNREAD = State(8, (Layer(stride=2),))

PUZZLES = (
    Puzzle(
        "Same size",
        "A kernel of 5 makes 4 out of 8. Keep the kernel and the input, and get 8 out again.",
        State(8, (Layer(5),)),
        lambda view: view.sizes == (8, 8) and view.state.now.kernel == 5,
        (State(8, (Layer(5, padding=2),)),),
        "Padding by (k − 1)/2 on each side gives back what the kernel takes; Keras calls it padding=\"same\".",
    ),
    Puzzle(
        "Halve it",
        "Make 4 out of 8 with one layer, in three different ways.",
        State(),
        lambda view: view.sizes == (8, 4),
        tuple(State(8, (layer,)) for layer in (Layer(5), POOL, Layer(3, stride=2, padding=1))),
        "A large kernel, a pooling or a padded stride: the size alone does not tell which one it was.",
        way=lambda view: view.state.layers,
    ),
    Puzzle(
        "Nothing unread",
        "The last row and column are never read: ⌊ ⌋ drops them. Change one number so that every pixel is read.",
        UNREAD,
        lambda view: bool(view.result) and not view.unread and _numbers_changed(view.state, UNREAD) == 1,
        (State(9, (Layer(stride=2),)),),
        "The steps now end where the picture does, or only padding is dropped.",
    ),
    Puzzle(
        "Still there",
        "Three times an unpadded convolution and a pooling: 8 × 8 vanishes in layer 4. Change only paddings so that "
        "something is left.",
        VANISHING,
        lambda view: not view.reason and _only_paddings_changed(view.state),
        (State(8, (Layer(padding=1), POOL) * 3, layer=6),),
        "With padded convolutions only the poolings shrink: 8, 4, 2, 1.",
    ),
    Puzzle(
        "See further",
        "Two layers of 3 × 3 see 5 × 5. Keep two kernels of 3 and see 9 × 9 of a 16 × 16 input, in two ways.",
        State(16, (Layer(), Layer()), layer=2),
        lambda view: len(view.sizes) == 3 and {layer.kernel for layer in view.state.layers} == {3}
        and _field(view.state.layers) == 9,
        (State(16, (Layer(stride=3), Layer()), layer=2), State(16, (Layer(dilation=2),) * 2, layer=2)),
        "A stride makes every later step longer, a dilation spreads the taps; neither costs a weight.",
        way=lambda view: view.state.layers,
    ),
)  # fmt: skip
