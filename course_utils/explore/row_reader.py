"""Row reader: a network that reads a digit row by row, and what it believes after each. Belongs to lesson 04."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from itertools import pairwise

import numpy as np

from course_utils.data import digits
from course_utils.explore import drawing
from course_utils.explore.shell import Exploration, Group, Puzzle, call_line, check_whole, slider, toggles
from course_utils.explore.words import a_digit
from course_utils.recognition import rnn

__all__ = ["row_reader"]

ROWS = 8
ORDERS = ("top down", "bottom up")


@dataclass(frozen=True)
class State:
    """The validation digit `digit` number `number`, of which `rows` rows are read.

    Rows count from 1 in the order in which they are read. The memory is erased after row `erase`; 0: never.
    """

    digit: int = 5
    number: int = 7
    rows: int = 4
    order: str = "top down"
    erase: int = 0

    def __post_init__(self):
        for name, most in (("digit", 9), ("number", 999), ("rows", ROWS), ("erase", ROWS - 1)):
            check_whole(name, getattr(self, name), 0, most)
            object.__setattr__(self, name, int(getattr(self, name)))  # NumPy's own wrap round
        if not isinstance(self.order, str) or self.order not in ORDERS:
            raise ValueError(f"order is {self.order!r}; it must be one of {', '.join(map(repr, ORDERS))}.")

    @property
    def upwards(self) -> bool:
        return self.order == "bottom up"

    @property
    def forgotten(self) -> int:
        """How many of the rows read are lost, because the memory was erased since."""
        return self.erase if self.rows > self.erase else 0


@dataclass(frozen=True, eq=False)
class Material:
    """The digits, and who reads them. Compared by identity."""

    digits: digits.Digits
    reader: rnn.Reader

    def count(self, digit: int) -> int:
        return int((self.digits.labels == digit).sum())

    def row_of(self, state: State) -> int:
        """Where the digit stands. Errors: `ValueError` for a number that the writers have not written."""
        rows = np.flatnonzero(self.digits.labels == state.digit)
        if state.number >= len(rows):
            raise ValueError(
                f"number is {state.number}; there are {len(rows)} validation digits {state.digit}, from 0."
            )
        return int(rows[state.number])

    def digit_at(self, row: int, **more) -> State:
        """The state that shows the digit in this row."""
        digit = int(self.digits.labels[row])
        return State(digit, int((self.digits.labels[:row] == digit).sum()), **more)


@dataclass(frozen=True)
class View:
    """One reading, from the first row to the last; the rows after `state.rows` are not for showing."""

    state: State
    image: np.ndarray  # (8, 8)
    writer: int
    states: np.ndarray  # (8, units), in the order of reading, as are
    beliefs: np.ndarray  # (8, 10)

    @property
    def leaders(self) -> np.ndarray:
        """(8,): the digit believed in most after each row."""
        return self.beliefs.argmax(axis=1)

    @property
    def belief(self) -> np.ndarray | None:
        """(10,), after the last row that is read; None before the first."""
        return self.beliefs[self.state.rows - 1] if self.state.rows else None

    @property
    def settled(self) -> int:
        """The first row after which the leader stays the same to the end."""
        changes = np.flatnonzero(np.diff(self.leaders))
        return int(changes[-1]) + 2 if changes.size else 1

    @property
    def turn(self) -> int | None:
        """The row that moved the belief most, of those read; None where no belief stood before a row."""
        start, rows = self.state.forgotten, self.state.rows
        if rows - start < 2:
            return None
        moved = np.abs(np.diff(self.beliefs[start:rows], axis=0)).sum(axis=1)
        return start + int(moved.argmax()) + 2

    @cached_property
    def named(self) -> list[int]:
        """The three digits that get most after any row, in falling order: those with a colour."""
        return np.argsort(-self.beliefs.max(axis=0), kind="stable")[:3].tolist()


def compute(state: State, material: Material) -> View:
    """Errors: `ValueError` for a number that the validation writers have not written."""
    row = material.row_of(state)
    states, beliefs = _reading(material, row, state.order, state.erase)
    return View(state, material.digits.images[row, :, :, 0], int(material.digits.writers[row]), states, beliefs)


@lru_cache(maxsize=1000)
def _reading(material: Material, row: int, order: str, erase: int) -> tuple[np.ndarray, np.ndarray]:
    """States (8, units) and beliefs (8, 10) of one digit."""
    images = material.digits.images[row : row + 1]
    return tuple(read(ask, images, order, erase)[0] for ask in (material.reader.states, material.reader.beliefs))


def read(ask: Callable[[np.ndarray], np.ndarray], images: np.ndarray, order: str, erase: int = 0) -> np.ndarray:
    """What `ask`, of a reader, answers after each row of images (n, 8, 8, 1), the state back at zero after `erase`.

    A reader begins with the state zero: after the erasure it answers as if the rows that remain were all.
    """
    images = images[:, ::-1] if order == "bottom up" else images
    remaining = np.roll(images, -erase, axis=1)  # what was read before comes after them and moves nothing
    return np.concatenate([ask(images)[:, :erase], ask(remaining)[:, : ROWS - erase]], axis=1)


def describe(view: View) -> str:
    return " ".join(filter(None, (_subject(view), _believed(view), _memory(view.state), _moved(view), _ending(view))))


def _subject(view: View) -> str:
    return f"The {view.state.digit}, number {view.state.number}, by writer {view.writer}, {view.state.order}."


def _believed(view: View) -> str:
    if view.belief is None:
        return "Nothing is read yet, so there is no belief."
    first, second = np.argsort(-view.belief, kind="stable")[:2]
    shares = f"{first} ({view.belief[first]:.2f}), {second} ({view.belief[second]:.2f})"
    return f"After {view.state.rows} {'row' if view.state.rows == 1 else 'rows'}: {shares}."


def _memory(state: State) -> str:
    if not state.erase:
        return ""
    if not state.forgotten:
        return f"Its memory will be erased after row {state.erase}."
    known = range(state.erase + 1, state.rows + 1)
    which = f"row {known[0]}" if len(known) == 1 else f"rows {known[0]} to {known[-1]}"
    return f"Its memory was erased after row {state.erase}: it knows {which} alone."


def _moved(view: View) -> str:
    return f"Row {view.turn} moved it most." if view.turn else ""


def _ending(view: View) -> str:
    if view.state.rows < ROWS:
        return ""
    answer = view.leaders[-1]
    return f"It ends {'right' if answer == view.state.digit else 'wrong'}, with {a_digit(answer)}."


WIDTH, TOP, CELL, GAP = 600, 54, 26, 18  # of the drawing; where row 1 begins; a row's height; the cut at an erasure
LEFT = 22  # where the digit begins; row numbers stand before it
STATE, MEMORY = LEFT + ROWS * CELL + 16, 128  # where the state begins, and its width
RIVER, FULL = 390, 194  # where the river begins; the width of a belief of 1
BOTTOM = TOP + ROWS * CELL + GAP
BARS, STEP, TALL = 206, 39, 62  # where the ten bars begin; their distance; a belief of 1
FLOOR = BOTTOM + 54 + TALL  # where they stand
BEND = 8  # of a row's height, above and below, in which a ribbon bends
NARROWEST = 12  # the ribbon that still bears its digit
COLOURS = (0, 1, 3)  # of the named digits, among drawing.SERIES: these differ in grey too


def draw(view: View) -> str:
    body = (
        _draw_heads(view)
        + _draw_digit(view)
        + _draw_states(view)
        + _draw_river(view)
        + _draw_rows(view.state)
        + _draw_captions(view)
        + _draw_belief(view)
        + drawing.target(0, TOP, WIDTH, ROWS * CELL + GAP, "rows")
    )
    return drawing.svg(WIDTH, FLOOR + 22, body, f"A digit, read row by row. {describe(view)}")


def _draw_heads(view: View) -> str:
    state, units = view.state, view.states.shape[1]
    arrow = "↑" if state.upwards else "↓"
    return (
        drawing.text(LEFT, 16, f"{a_digit(state.digit)}, read {state.order} {arrow}", "strong")
        + drawing.text(LEFT, 36, f"number {state.number}, by writer {view.writer}", "small")
        + drawing.text(STATE, 16, "state", "strong")
        + drawing.text(STATE, 36, f"{units} numbers", "small")
        + drawing.text(RIVER, 16, "belief", "strong")
        + drawing.text(RIVER, 36, "after each row, ten digits", "small")
    )


def _place(state: State, t: int) -> int:
    """Where in the image the row stands that is read as number `t`, both from 0."""
    return ROWS - 1 - t if state.upwards else t


def _cut(state: State) -> int:
    """How many rows of the image stand above the cut; all, where there is none."""
    if not state.erase:
        return ROWS
    return ROWS - state.erase if state.upwards else state.erase


def _y(state: State, t: int) -> float:
    """The top of the row that is read as number `t`, from 0."""
    place = _place(state, t)
    return TOP + place * CELL + GAP * (place >= _cut(state))


def _draw_digit(view: View) -> str:
    cut = _cut(view.state)
    upper = _draw_part(view.image[:cut], TOP)
    lower = _draw_part(view.image[cut:], TOP + cut * CELL + GAP) if cut < ROWS else ""
    return upper + lower + "".join(_draw_veil(view.state, t) for t in range(ROWS))


def _draw_part(image: np.ndarray, y: float) -> str:
    height, address = len(image) * CELL, drawing.data_address(image, drawing.UNSIGNED, 0, 1)
    return (
        f'<image x="{LEFT}" y="{y:g}" width="{ROWS * CELL}" height="{height}" preserveAspectRatio="none" '
        f'class="pixels" href="{address}"/>' + drawing.grid(LEFT, y, len(image), ROWS, CELL, "pixel-lines")
    )


def _draw_veil(state: State, t: int) -> str:
    style = "unread" if t >= state.rows else "forgotten" if t < state.forgotten else ""
    return drawing.rectangle(LEFT, _y(state, t), ROWS * CELL, CELL, f"veil {style}") if style else ""


def _faded(state: State, t: int) -> str:
    return " faded" if t < state.forgotten else ""


def _parts(state: State) -> list[range]:
    """The rows that are read, from 0, up to the erasure and since; only those parts that have any."""
    first = min(state.erase, state.rows)
    return list(filter(None, (range(first), range(first, state.rows))))


def _downwards(state: State, part: range) -> range:
    """The rows of a part from the uppermost to the lowest."""
    return part[::-1] if state.upwards else part


def _draw_states(view: View) -> str:
    """A line of colours for each row that is read; an empty place for the others."""
    state = view.state
    empty = "".join(
        drawing.rectangle(x, _y(state, t), wide, CELL, "empty")
        for t in range(state.rows, ROWS)
        for x, wide in ((STATE, MEMORY), (RIVER, FULL))
    )
    lines = "".join(f"M{STATE} {_y(state, t):g}h{MEMORY}" for t in range(ROWS) if _place(state, t))
    remembered = "".join(_draw_remembered(view, part) for part in _parts(state))
    return remembered + empty + f'<path class="gaps" d="{lines}"/>'


def _draw_remembered(view: View, part: range) -> str:
    downwards = _downwards(view.state, part)
    address = drawing.data_address(view.states[downwards], drawing.SIGNED, -1, 1)
    return (
        f'<image x="{STATE}" y="{_y(view.state, downwards[0]):g}" width="{MEMORY}" '
        f'height="{CELL * len(part)}" preserveAspectRatio="none" class="pixels{_faded(view.state, part[0])}" '
        f'href="{address}"/>'
    )


def _draw_river(view: View) -> str:
    """Ten ribbons, as wide as the belief in each digit; they begin anew where the memory is erased."""
    edges = RIVER + FULL * np.pad(np.cumsum(view.beliefs, axis=1), ((0, 0), (1, 0)))  # (8, 11), where they touch
    ribbons = "".join(_draw_ribbons(view, part, edges) for part in _parts(view.state))
    return ribbons + "".join(_draw_names(view, t, edges[t].tolist()) for t in range(view.state.rows))


def _draw_ribbons(view: View, part: range, edges: np.ndarray) -> str:
    downwards = _downwards(view.state, part)
    places, spans = edges[downwards].tolist(), _spans([_y(view.state, t) for t in downwards])
    back, turned = places[::-1], [(end, start) for start, end in reversed(spans)]
    paths = (
        f'<path class="{_colour(view, digit)}{_faded(view.state, part[0])}" '
        f'd="M{_side(places, spans, digit)}L{_side(back, turned, digit + 1)}Z"/>'
        for digit in range(10)
    )
    return f'<g class="river">{"".join(paths)}</g>'


def _spans(tops: Sequence[float]) -> list[tuple[float, float]]:
    """From where to where a ribbon runs straight, in rows below each other."""
    bends = [0, *[BEND] * (len(tops) - 1), 0]
    return [(y + bends[i], y + CELL - bends[i + 1]) for i, y in enumerate(tops)]


def _side(edges: Sequence[Sequence[float]], spans: Sequence[tuple[float, float]], edge: int) -> str:
    """One side of a ribbon: straight within a row, a bow to the next."""
    points = [(places[edge], *span) for places, span in zip(edges, spans, strict=True)]
    x, start, end = points[0]
    return f"{x:.1f} {start:g}V{end:g}" + "".join(_bow(*both) for both in pairwise(points))


def _bow(before: tuple[float, ...], after: tuple[float, ...]) -> str:
    (x, _, y), (next_x, start, end) = before, after
    middle = (y + start) / 2
    return f"C{x:.1f} {middle:g} {next_x:.1f} {middle:g} {next_x:.1f} {start:g}V{end:g}"


def _colour(view: View, digit: int) -> str:
    named = view.named
    return f"series-{COLOURS[named.index(digit)]}" if digit in named else f"other-{digit % 2}"


def _draw_names(view: View, t: int, edges: Sequence[float]) -> str:
    """The digits in their ribbons, where these are wide enough to read."""
    y, faded = _y(view.state, t) + CELL / 2 + 4.5, _faded(view.state, t)
    return "".join(
        drawing.text((left + right) / 2, y, str(digit), f"name middle on-{_colour(view, digit)}{faded}")
        for digit, (left, right) in enumerate(pairwise(edges))
        if right - left >= NARROWEST
    )


def _draw_rows(state: State) -> str:
    """The numbers of the rows, a frame around the last one read, and the cut."""
    numbers = (
        drawing.text(LEFT - 8, _y(state, t) + CELL / 2 + 4.5, str(t + 1), f"end {_number_style(state, t)}")
        for t in range(ROWS)
    )
    return "".join(numbers) + _draw_frame(state) + _draw_cut(state)


def _number_style(state: State, t: int) -> str:
    return "strong" if t == state.rows - 1 else "small"


def _draw_frame(state: State) -> str:
    if not state.rows:
        return ""
    x, y, width = LEFT - 2, _y(state, state.rows - 1) - 2, RIVER + FULL - LEFT + 4
    return "".join(drawing.rectangle(x, y, width, CELL + 3, style, rx="3") for style in ("halo", "frame"))


def _draw_cut(state: State) -> str:
    if not state.erase:
        return ""
    y = TOP + _cut(state) * CELL + GAP / 2
    words = "memory erased" if state.forgotten else "memory to be erased"
    middle = STATE + MEMORY / 2
    return f'<path class="cut" d="M{LEFT} {y:g}H{middle - 62:g}M{middle + 62:g} {y:g}H{RIVER + FULL}"/>' + drawing.text(
        middle, y + 4, words, "small middle"
    )


def _draw_captions(view: View) -> str:
    """Under the three columns: what is read, the scale of the state, the scale of the belief."""
    state, y = view.state, BOTTOM + 16
    scale = drawing.data_address(np.linspace(-1, 1, 64)[None], drawing.SIGNED, -1, 1)
    turn = drawing.text(RIVER + FULL + 14, _y(state, view.turn - 1) + CELL / 2 + 5, "◂", "end") if view.turn else ""
    return (
        drawing.text(LEFT, y, _count(state), "small")
        + drawing.text(STATE, y, "−1", "small")
        + f'<image x="{STATE + 24}" y="{y - 9}" width="80" height="9" preserveAspectRatio="none" href="{scale}"/>'
        + drawing.text(STATE + 110, y, "1", "small")
        + turn
        + (drawing.text(RIVER + FULL + 14, y, "moved it most ◂", "small end") if turn else "")
    )


def _count(state: State) -> str:
    kept = f", {state.forgotten} of them forgotten" if state.forgotten else ""
    return f"{state.rows} of {ROWS} rows read{kept}"


def _draw_belief(view: View) -> str:
    """The belief after the last row that is read: in large the digit that leads, and ten bars."""
    y = BOTTOM + 54
    bars = "".join(_draw_bar(view, digit) for digit in range(10))
    floor = f'<path class="lines" d="M{BARS} {FLOOR}h{10 * STEP}"/>'
    if view.belief is None:
        return drawing.text(LEFT, y, "nothing read yet,", "muted") + drawing.text(
            LEFT, y + 20, "so there is no belief", "muted"
        ) + bars + floor  # fmt: skip
    first, second = np.argsort(-view.belief, kind="stable")[:2]
    return (
        drawing.text(LEFT, y - 2, f"after row {view.state.rows}", "muted")
        + drawing.text(LEFT, FLOOR - 8, str(first), f"leader {_colour(view, first)}")
        + drawing.text(LEFT + 42, FLOOR - 30, f"{view.belief[first]:.2f}", "large")
        + drawing.text(LEFT + 42, FLOOR - 9, f"then {second}, {view.belief[second]:.2f}", "muted")
        + bars
        + floor
    )


def _draw_bar(view: View, digit: int) -> str:
    x, name = BARS + digit * STEP, "small middle truth" if digit == view.state.digit else "small middle"
    below = drawing.text(x + STEP / 2, FLOOR + 15, str(digit), name)
    if view.belief is None:
        return below
    share = float(view.belief[digit])
    height = max(TALL * share, 1)
    above = drawing.text(x + STEP / 2, FLOOR - height - 5, f"{share:.2f}", "small middle") if share >= 0.05 else ""
    return drawing.rectangle(x + 5, FLOOR - height, STEP - 10, height, f"bar {_colour(view, digit)}") + above + below


VEIL = "#b9b9b9"


def still(view: View):
    """The whole reading of the digit on view: what it has seen after each row, and the belief under it."""
    from matplotlib.figure import Figure

    state = view.state
    figure = Figure(figsize=(8.6, 4.2))
    subject = a_digit(state.digit).capitalize()
    figure.suptitle(f"{subject} by a writer it never trained on, {state.order}: its belief moves with every row")
    places = dict(left=0.07, right=0.98)
    pictures = figure.subplots(1, ROWS, gridspec_kw=places | dict(top=0.88, bottom=0.66, wspace=0.3))
    for t, axes in enumerate(pictures):
        _plot_read(axes, view, t)
    _plot_river(figure.subplots(gridspec_kw=places | dict(top=0.62, bottom=0.13)), view)
    return figure


def _plot_read(axes, view: View, t: int) -> None:
    """The digit, a grey veil over what is unread after row `t`, from 0, and a thinner one over what is forgotten."""
    axes.imshow(view.image, cmap="gray", vmin=0, vmax=1)
    state = replace(view.state, rows=t + 1)
    for rows, alpha in ((range(t + 1, ROWS), 1), (range(state.forgotten), 0.7)):
        places = [_place(state, row) for row in rows]
        if places:
            axes.axhspan(min(places) - 0.5, max(places) + 0.5, color=VEIL, alpha=alpha, linewidth=0)
    axes.set_axis_off()


def _plot_river(axes, view: View) -> None:
    """Straight at each row, bending between two; the state is erased where a gap is."""
    for part in _parts(replace(view.state, rows=ROWS)):
        along = np.linspace(part[0], part[-1] + 1, 40 * len(part))
        beliefs = [np.interp(_bent(along - 0.5), part, belief) for belief in view.beliefs[part].T]
        greys = ["#dddddd", "#c8c8c8"]
        colours = [
            drawing.SERIES[COLOURS[view.named.index(digit)]] if digit in view.named else greys[digit % 2]
            for digit in range(10)
        ]
        axes.stackplot(along, beliefs, colors=colours, edgecolor="white", linewidth=0.8)
    for t in range(ROWS):
        edges = np.pad(np.cumsum(view.beliefs[t]), (1, 0))
        for digit in np.flatnonzero(view.beliefs[t] >= 0.07):
            look = dict(color="white", weight="bold") if digit in view.named else dict(color="#444444")
            axes.text(t + 0.5, (edges[digit] + edges[digit + 1]) / 2, digit, ha="center", va="center", **look)
    if view.state.erase:
        axes.axvline(view.state.erase, color="white", linewidth=5)
    axes.set(xlim=(0, ROWS), ylim=(0, 1), yticks=(0, 0.5, 1), ylabel="belief", xlabel=_along(view.state))
    axes.set_xticks(np.arange(ROWS) + 0.5, range(1, ROWS + 1))
    axes.tick_params(length=0)


def _along(state: State) -> str:
    return "rows read" + (f"; memory erased after row {state.erase}" if state.erase else "")


def _bent(along: np.ndarray) -> np.ndarray:
    """Places along the rows, in which the way from one row to the next is short and bends at both ends."""
    share = np.clip((along % 1 - 0.2) / 0.6, 0, 1)
    return np.floor(along) + share**2 * (3 - 2 * share)


def row_reader(digit: int = 5, number: int = 7, *, rows: int = 4, order: str = "top down",
               erase: int = 0) -> Exploration:  # fmt: skip
    """Watch a recurrent network read a digit row by row: its state, and what it believes after each row.

    `digit` (0 to 9) and `number` (from 0) choose it among the validation digits of `digits.load("by writer")`. `rows`,
    0 to 8, is how many rows are read. `order`: `"top down"`, in which the network learned to read, or `"bottom up"`.
    `erase`, 1 to 7: after that many rows the state is set back to zero; 0: never. The network is the one that
    `course train row_reader` left.
    Errors: `ValueError` for a number out of its range and for another order.
    """
    material = _stored()
    return Exploration(
        "row_reader",
        title="Row reader",
        idea="a belief that moves, row by row, and a state that is all it remembers",
        state=State(digit, number, rows, order, erase),
        compute=partial(compute, material=material),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "row_reader", "", default=State()),
        controls=[
            Group("Read", [slider("rows", "rows", 0, ROWS)]),
            Group("In which order", [toggles("order", "", ORDERS)]),
            Group("Erase its memory (0: never)", [slider("erase", "after row", 0, ROWS - 1)]),
            Group("Another digit", [
                slider("digit", "digit", 0, 9, read=partial(_with_digit, material=material)),
                slider("number", "number", 0, 0, bounds=lambda state: (0, material.count(state.digit) - 1)),
            ]),
        ],
        puzzles=puzzles(material),
        pick=_pick,
    )  # fmt: skip


@cache
def _stored() -> Material:
    return Material(digits.load("by writer").validation, rnn.load_reader())


def _with_digit(state: State, digit: int, material: Material) -> State:
    return replace(state, digit=digit, number=min(state.number, material.count(digit) - 1))


def _pick(state: State, name: str, x: float, y: float) -> State:
    """The row that is pointed at becomes the last one read."""
    pointed = TOP + y * (ROWS * CELL + GAP)
    nearest = min(range(ROWS), key=lambda t: abs(_y(state, t) + CELL / 2 - pointed))
    return replace(state, rows=nearest + 1)


# Puzzles


@cache
def puzzles(material: Material) -> tuple[Puzzle, ...]:
    """Those of the five that these digits and this reader can answer; another training may leave nothing to find."""
    down, up = (read(material.reader.beliefs, material.digits.images, order) for order in ORDERS)
    found = (
        _five_or_six(material, down),
        _made_up(material, down),
        _early_and_sure(material, down),
        _sure_and_wrong(material, down, up),
        _what_is_left(material),
    )
    return tuple(filter(None, found))


def _as_learned(state: State) -> bool:
    return not state.upwards and not state.erase


def _five_or_six(material: Material, beliefs: np.ndarray) -> Puzzle | None:
    leaders, fives = beliefs.argmax(axis=2), material.digits.labels == 5
    before, after = leaders[:, :-1], leaders[:, 1:]
    turns = ((before == 5) & (after == 6) | (before == 6) & (after == 5)) & fives[:, None]
    turning = turns.any(axis=1)
    if not turning.any() or turning[fives].all():
        return None
    row, count = turning.argmax(), turning.sum()
    return Puzzle(
        "5 or 6?",
        "Find a 5 that one row turns: taken for a 5 before it and for a 6 after it, or the other way round. Stop at "
        "that row.",
        material.digit_at((fives & ~turning).argmax(), rows=ROWS),
        lambda view: _as_learned(view.state) and view.state.digit == 5
        and set(view.leaders[max(view.state.rows - 2, 0) : view.state.rows]) == {5, 6},
        (material.digit_at(row, rows=int(turns[row].argmax()) + 2),),
        f"{count} of the {fives.sum()} do. A row does not speak alone: it moves what the state has kept of the rows "
        "before.",
    )  # fmt: skip


def _made_up(material: Material, beliefs: np.ndarray) -> Puzzle | None:
    """On the digit that changes the reader's mind most often and ends right, well before the last row."""
    leaders = beliefs.argmax(axis=2)
    changes = np.diff(leaders, axis=1) != 0
    last = ROWS - changes[:, ::-1].argmax(axis=1)  # the row of the last change
    fits = changes.any(axis=1) & (last < ROWS - 1) & (leaders[:, -1] == material.digits.labels)
    if not fits.any():
        return None
    row = np.where(fits, changes.sum(axis=1), 0).argmax()
    start, answer = material.digit_at(row, rows=1), leaders[row, -1]
    return Puzzle(
        "Made up its mind",
        f"Read this {answer} row by row. Stop at the first row after which the digit that leads stays the same to the "
        "end.",
        start,
        lambda view: replace(view.state, rows=1) == start and view.state.rows == view.settled,
        (replace(start, rows=int(last[row])),),
        f"It has changed its mind {_times(changes[row].sum())} by then. From here on the {answer} leads, and the rows "
        "that follow change only by how much.",
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(int(count), f"{count} times")


SURE, ENOUGH = 0.9, 5  # a belief; how many digits there are to find, at least


def _early_and_sure(material: Material, beliefs: np.ndarray) -> Puzzle | None:
    """After as few rows as leave enough digits to find."""
    labels, sure = material.digits.labels, _shown(beliefs.max(axis=2)) >= SURE
    found = sure & (beliefs.argmax(axis=2) == labels[:, None])
    rows = int((found.sum(axis=0) >= ENOUGH).argmax()) + 1
    found, share = found[:, rows - 1], beliefs[:, rows - 1].max(axis=1)
    if found.sum() < ENOUGH or rows == ROWS:
        return None
    return Puzzle(
        "Early and sure",
        f"Find a digit that is read rightly, with {SURE:.2f} or more, after {rows} of its {ROWS} rows.",
        material.digit_at(share.argmin(), rows=rows),
        lambda view: _as_learned(view.state) and view.state.rows == rows
        and view.leaders[rows - 1] == view.state.digit and _shown(view.belief.max()) >= SURE,
        (material.digit_at(found.argmax(), rows=rows),),
        f"{found.sum()} of the {len(labels)} are, each of them {a_digit(_listed(np.unique(labels[found])))}. Of all "
        "others the reader is less sure by then, or wrong.",
    )  # fmt: skip


def _shown(shares) -> np.ndarray:
    """As they are on view: with two decimals."""
    return np.round(np.asarray(shares, np.float64), 2)


def _listed(some: Sequence[int]) -> str:
    """0, 5 or 6"""
    *others, last = map(str, some)
    return f"{', '.join(others)} or {last}" if others else last


def _sure_and_wrong(material: Material, down: np.ndarray, up: np.ndarray) -> Puzzle | None:
    """On the class in which there is most to find."""
    labels, down, up = material.digits.labels, down[:, -1], up[:, -1]
    right, also_right = (answers.argmax(axis=1) == labels for answers in (down, up))
    found = right & ~also_right & (_shown(up.max(axis=1)) > _shown(down.max(axis=1)))
    digit = np.bincount(labels[found], minlength=10).argmax()
    found, others = found & (labels == digit), ~found & (labels == digit)
    if not found.any() or not others.any():
        return None

    def solved(view: View) -> bool:
        state = view.state
        if not state.upwards or state.erase or state.rows < ROWS or state.digit != digit:
            return False
        return bool(found[material.row_of(state)])

    return Puzzle(
        "Sure, and wrong",
        f"Find {a_digit(digit)} that ends right top down; bottom up it ends wrong, and surer.",
        material.digit_at(others.argmax(), rows=ROWS),
        solved,
        (material.digit_at(found.argmax(), rows=ROWS, order="bottom up"),),
        f"Top down the reader gets {right.sum()} of the {len(labels)} digits right, bottom up {also_right.sum()}. "
        "It has learned what a row means after those above it.",
    )


def _what_is_left(material: Material) -> Puzzle | None:
    """On the 9 that most surely becomes two other digits, by where the memory is erased."""
    nines = np.flatnonzero(material.digits.labels == 9)
    ends = np.stack([
        read(material.reader.beliefs, material.digits.images[nines], ORDERS[0], erase)[:, -1] for erase in range(ROWS)
    ])  # fmt: skip
    answers, sure = ends.argmax(axis=2), ends.max(axis=2)
    surest = np.stack([np.where(answers == digit, sure, 0).max(axis=0) for digit in range(9)])  # (9, nines)
    second = np.where(answers[0] == 9, np.sort(surest, axis=0)[-2], 0)
    best = int(second.argmax())
    if not second[best]:
        return None
    wanted = sorted(np.argsort(surest[:, best])[-2:].tolist())
    where = [int(np.where(answers[:, best] == digit, sure[:, best], 0).argmax()) for digit in wanted]
    start = material.digit_at(nines[best], rows=ROWS)
    return Puzzle(
        "What is left of a 9",
        f"Erase the memory so that this 9 ends as {a_digit(wanted[0])}, and so that it ends as {a_digit(wanted[1])}.",
        start,
        lambda view: replace(view.state, erase=0) == start and view.leaders[-1] in wanted,
        tuple(replace(start, erase=erase) for erase in where),
        "The rows above are gone as if they had never been there: only the state could have kept them.",
        way=lambda view: int(view.leaders[-1]),
    )
