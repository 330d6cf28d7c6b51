"""Latent walk with receipts: from one drawn digit to another, and what three witnesses say of each step. Lesson 06.

The walk mixes the two labels in a straight line and turns the latent of one end into that of the other on an arc: a
straight line would lead through latents that are shorter than any that the generator has met. The witnesses are the
generator's own discriminator, the report card's examiner (`generation.judge`) and the training digits themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import groupby, pairwise

import numpy as np

from course_utils.data import digits
from course_utils.data.digits import Digits
from course_utils.explore import drawing
from course_utils.explore.shell import Exploration, Group, Puzzle, call_line, check_whole, choice, slider
from course_utils.explore.words import a_digit
from course_utils.generation import gan, judge
from course_utils.generation.gan import Players
from course_utils.generation.judge import Judge
from course_utils.generation.players import forward, sigmoid

__all__ = ["latent_walk"]

PLACES = 20  # steps of the walk
LAST_SEED = 99
RECEIPTS = 5


@dataclass(frozen=True)
class State:
    """Two ends, each a label and a start of its own; `place`, from 0 to 20, is how far it is from one to the other.

    steps: after how many steps of its training the generator draws.
    """

    first: int = 3
    first_seed: int = 0
    last: int = 8
    last_seed: int = 1
    place: int = 0
    steps: int = gan.STEPS

    def __post_init__(self):
        check_whole("first", self.first, 0, 9)
        check_whole("first_seed", self.first_seed, 0, LAST_SEED)
        check_whole("last", self.last, 0, 9)
        check_whole("last_seed", self.last_seed, 0, LAST_SEED)
        check_whole("place", self.place, 0, PLACES)

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels of both ends, one if they are the same."""
        return tuple(dict.fromkeys((self.first, self.last)))


@dataclass(frozen=True, eq=False)
class Material:
    """Whom to ask: the players by step, the judge, the digits they trained on, and held-out ones of the same split."""

    players: dict[int, Players]
    judge: Judge
    train: Digits
    held_out: Digits

    @property
    def marks(self) -> list[int]:
        return list(self.players)

    @cached_property
    def usual(self) -> np.ndarray:
        """How far each held-out digit is from the nearest training digit: (n,), in rising order."""
        return np.sort(self.distances(self.held_out.images).min(axis=1))

    def distances(self, images: np.ndarray) -> np.ndarray:
        """From each of the images (m, 8, 8, 1) to each training digit: (m, n), over 64 pixels from 0 to 1."""
        from scipy.spatial.distance import cdist

        return cdist(images.reshape(len(images), -1), self.train.images.reshape(len(self.train), -1))

    def closer(self, nearest: float) -> float:
        """The share of held-out digits that lie at least as near to a training digit."""
        return float((self.usual <= nearest).mean())


@dataclass(frozen=True, eq=False)
class View:
    """The walk, and what is said of the picture at its place.

    scores: of each of `state.labels`, the discriminator's score of the picture as one. near: the rows of the five
    nearest training digits, `distances` how far they are. closer: the share of held-out digits nearer to one.
    """

    state: State
    material: Material
    images: np.ndarray  # (21, 8, 8, 1)
    beliefs: np.ndarray  # (21, 10), the judge's
    scores: tuple[float, ...]
    near: np.ndarray  # (5,)
    distances: np.ndarray  # (5,), rising
    closer: float

    @property
    def image(self) -> np.ndarray:
        return self.images[self.state.place]

    @property
    def belief(self) -> np.ndarray:
        return self.beliefs[self.state.place]

    @property
    def answers(self) -> list[int]:
        """What the judge reads at each place."""
        return self.beliefs.argmax(axis=1).tolist()

    @property
    def answer(self) -> int:
        return self.answers[self.state.place]


def compute(state: State, material: Material) -> View:
    """Errors: `ValueError` for steps that were not kept."""
    _check_steps(state, material)
    players = material.players[state.steps]
    images = walk(players, state)
    here = images[state.place][None]
    distances = material.distances(here)[0]
    near = np.argsort(distances, kind="stable")[:RECEIPTS]
    scores = tuple(float(players.discriminator.score(here, [label])[0]) for label in state.labels)
    beliefs = material.judge.probabilities(images)
    return View(state, material, images, beliefs, scores, near, distances[near], material.closer(distances[near[0]]))


def _check_steps(state: State, material: Material) -> None:
    if state.steps not in material.marks:
        known = ", ".join(map(str, material.marks))
        raise ValueError(f"steps is {state.steps!r}; the generator was kept after these: {known}.")


def walk(players: Players, state: State) -> np.ndarray:
    """The pictures of the walk, float32 (21, 8, 8, 1), from its first end to its last."""
    share = np.linspace(0, 1, PLACES + 1, dtype=np.float32)[:, None]
    one_hot = np.eye(10, dtype=np.float32)
    labels = (1 - share) * one_hot[state.first] + share * one_hot[state.last]
    ends = (gan.latents(1, seed)[0] for seed in (state.first_seed, state.last_seed))
    # `Generator.draw` takes whole labels; between the ends there are mixtures.
    inputs = np.concatenate([arc(*ends, share), labels], axis=1)
    return sigmoid(forward(players.generator.player, inputs)[-1]).reshape(-1, 8, 8, 1)


def arc(start: np.ndarray, end: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Latents (n, d) on the way from one (d,) to another, at shares (n, 1): spherical interpolation.

    The angle between them turns evenly: K. Shoemake, *Animating Rotation with Quaternion Curves* (1985).
    """
    cosine = start @ end / np.linalg.norm(start) / np.linalg.norm(end)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:  # the same direction, so the straight way is the arc
        return (1 - share) * start + share * end
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)


# In words


def describe(view: View) -> str:
    state = view.state
    return (
        f"{_way(state)}, drawn after {state.steps:,} steps. The examiner reads {view.answer} with "
        f"{_percent(view.belief.max())}; along the walk {_listed([answer for answer, _ in groupby(view.answers)])}. "
        f"The discriminator’s score is {_scores(view)}; above 0 means real. The nearest training digits are "
        f"{_receipts(view)}; {_held_out(view)}."
    )


def _way(state: State) -> str:
    ends = [f"{a_digit(label)} (start {seed})" for label, seed in
            ((state.first, state.first_seed), (state.last, state.last_seed))]  # fmt: skip
    return f"From {ends[0]} to {ends[1]}, {_percent(state.place / PLACES)} of the way"


def _percent(share: float) -> str:
    """Never 0 % or 100 % for what is only near."""
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 < share < 1 else f"{100 * share:.0f} %"


def _listed(some: Sequence) -> str:
    *others, last = map(str, some)
    return f"{', '.join(others)} and {last}" if others else last


def _scores(view: View) -> str:
    pairs = zip(view.state.labels, view.scores, strict=True)
    return _listed(f"{_signed(score)} as {a_digit(label)}" for label, score in pairs)


def _signed(score: float) -> str:
    shown = drawing.number(score)
    return shown if shown.startswith("−") or float(shown) == 0 else f"+{shown}"


def _receipts(view: View) -> str:
    labels = view.material.train.labels[view.near]
    return _listed(f"{a_digit(label)} at {far:.2f}" for label, far in zip(labels, view.distances, strict=True))


def _held_out(view: View) -> str:
    return f"{_percent(view.closer)} of held-out digits have one as near"


# The picture

WIDTH, HEIGHT = 600, 474
TOP, LARGE, SIDE = 28, 200, 232  # of the large picture; where the witnesses beside it begin
BARS, TALL = TOP + 82, 52  # where the judge's bars stand, and the tallest
ZERO, REACH = 430, 0.5  # where a score of 0 stands; the score at which its bar ends
STRIP, SMALL, EVERY = 276, 50, 2  # the strip: its top, the size of a picture, and how many places lie between two
RECEIPT, STEP = 384, 62  # the five nearest: their top, and their distance
RULER, FAR = (336, 592), 2.5  # the ruler of distances, from x to x, and the distance at its end


def draw(view: View) -> str:
    body = _draw_large(view) + _draw_judge(view) + _draw_scores(view) + _draw_strip(view) + _draw_receipts(view)
    return drawing.svg(WIDTH, HEIGHT, body + _draw_ruler(view), f"A walk between two drawn digits. {describe(view)}")


def _draw_large(view: View) -> str:
    state = view.state
    words = f"{state.first} → {state.last}, {_percent(state.place / PLACES)} of the way"
    return drawing.text(0, 17, words, "strong") + drawing.picture(view.image, 0, TOP, LARGE)


def _colour(view: View, digit: int) -> str:
    """The class of a digit's colour: of the first end, of the last one, or of neither."""
    return {view.state.last: "series-1", view.state.first: "series-0"}.get(digit, "neither")


def _draw_judge(view: View) -> str:
    step = (WIDTH - SIDE) / 10
    bars = []
    for digit, share in enumerate(view.belief):
        x, height = SIDE + digit * step, max(TALL * float(share), 1)
        top, tall, style = round(BARS - height, 1), round(height, 1), _colour(view, digit)
        bars.append(drawing.rectangle(x + 5, top, step - 10, tall, style))
        bars.append(drawing.text(x + step / 2, BARS + 15, str(digit), "small middle"))
    return (
        drawing.text(SIDE, 17, "the examiner reads", "strong")
        + drawing.text(WIDTH, 17, f"{view.answer}, with {_percent(view.belief.max())}", "muted end")
        + f'<path class="lines" d="M{SIDE} {BARS}H{WIDTH}"/>'
        + "".join(bars)
    )


def _draw_scores(view: View) -> str:
    """A bar from the middle for each label, to the right when it takes the picture for real."""
    y, half = BARS + 52, WIDTH - ZERO - 46
    rows = [
        drawing.text(SIDE, y, "the discriminator’s score", "strong"),
        f'<path class="lines" d="M{ZERO} {y + 8}v{30 * len(view.scores)}"/>',
    ]
    for row, (label, score) in enumerate(zip(view.state.labels, view.scores, strict=True)):
        length = half * min(abs(score), REACH) / REACH
        x, middle = ZERO - (length if score < 0 else 0), y + 23 + 30 * row
        rows.append(drawing.text(SIDE, middle + 5, f"as {a_digit(label)}", "muted"))
        rows.append(drawing.rectangle(round(x, 1), middle - 8, round(length, 1), 16, _colour(view, label)))
        rows.append(drawing.text(WIDTH, middle + 5, _signed(score), "muted end"))
    words = "“fake” ◂   ▸ “real”"
    return "".join(rows) + drawing.text(ZERO, y + 22 + 30 * len(view.scores), words, "small middle")


def _middle(place: float) -> float:
    """Where a place of the walk stands on the strip: the middle of its picture, if it has one."""
    return SMALL / 2 + (WIDTH - SMALL) * place / PLACES


def _draw_strip(view: View) -> str:
    x, shown = _middle(view.state.place), range(0, PLACES + 1, EVERY)
    here = drawing.rectangle(x - SMALL / 2, STRIP, SMALL, style="here") if view.state.place in shown else ""
    return (
        drawing.text(0, STRIP - 16, f"the walk after {view.state.steps:,} steps, and what the examiner reads", "strong")
        + f'<path class="cursor" d="M{x:g} {STRIP - 2}l-6 -9h12z"/>'
        + "".join(drawing.picture(view.images[place], _middle(place) - SMALL / 2, STRIP, SMALL) for place in shown)
        + "".join(_draw_reading(view, place) for place in range(PLACES + 1))
        + here
        + drawing.target(0, STRIP, WIDTH, SMALL, "strip")
    )


def _draw_reading(view: View, place: int) -> str:
    answer, size = view.answers[place], "" if place % EVERY == 0 else " small"
    style = f"reading middle {_colour(view, answer)}{size}"
    return drawing.text(_middle(place), STRIP + SMALL + 16, str(answer), style)


def _draw_receipts(view: View) -> str:
    parts = [drawing.text(0, RECEIPT - 10, "the five nearest training digits", "strong")]
    for position, (row, far) in enumerate(zip(view.near, view.distances, strict=True)):
        x = position * STEP
        parts.append(drawing.picture(view.material.train.images[row], x, RECEIPT, SMALL))
        words = f"{a_digit(view.material.train.labels[row])}: {far:.2f}"
        parts.append(drawing.text(x + SMALL / 2, RECEIPT + SMALL + 17, words, "small middle"))
    return "".join(parts)


def _along(far: float) -> float:
    left, right = RULER
    return left + (right - left) * min(far, FAR) / FAR


def _draw_ruler(view: View) -> str:
    """How far held-out digits are from the nearest training digit, as a hill, and how far this picture is."""
    bottom, (left, right) = RECEIPT + SMALL, RULER
    counts, edges = np.histogram(view.material.usual, bins=25, range=(0, FAR))
    heights = (SMALL - 6) * counts / max(counts.max(), 1)
    width = (right - left) / len(counts)
    bars = "".join(
        f"M{_along(edge):.1f} {bottom}v{-height:.1f}h{width - 1:.1f}v{height:.1f}z"
        for edge, height in zip(edges[:-1], heights, strict=True)
        if height
    )
    x = _along(view.distances[0])
    ticks = "".join(drawing.text(_along(far), bottom + 17, f"{far:g}", "small middle") for far in (1, 2))
    return (
        drawing.text(left, RECEIPT - 10, f"nearest: {view.distances[0]:.2f}", "strong")
        + f'<path class="usual" d="{bars}"/><path class="lines" d="M{left} {bottom}H{right}"/>{ticks}'
        + f'<path class="mine" d="M{x:.1f} {bottom}V{RECEIPT - 2}"/>'
        + drawing.text(left, bottom + 17, "0: a copy", "small")
        + drawing.text(left, bottom + 33, f"hill: held-out; {_percent(view.closer)} have one as near", "small")
    )


# The still picture


def still(view: View):
    """The walk on view after more and more steps of training, and what the judge reads in each picture."""
    from matplotlib.figure import Figure

    state, material = view.state, view.material
    marks = material.marks[::-2][::-1]
    figure = Figure(figsize=(8.6, 0.84 * len(marks) + 0.5))
    figure.suptitle(f"From {a_digit(state.first)} to {a_digit(state.last)}, and what the examiner reads", y=0.98)
    places = range(0, PLACES + 1, EVERY)
    spacing = dict(left=0.11, right=0.99, top=0.87, bottom=0.01, hspace=0.35, wspace=0.1)
    grid = figure.subplots(len(marks), len(places), squeeze=False, gridspec_kw=spacing)
    for line, steps in zip(grid, marks, strict=True):
        _plot_walk(line, compute(replace(state, steps=steps), material), places)
    return figure


def _plot_walk(line, view: View, places: Sequence[int]) -> None:
    for axes, place in zip(line, places, strict=True):
        axes.imshow(view.images[place, :, :, 0], cmap="gray", vmin=0, vmax=1)
        axes.set_title(view.answers[place], fontsize=8, pad=2)
        axes.set_axis_off()
    words = f"{view.state.steps:,} steps"
    line[0].text(-0.2, 0.5, words, transform=line[0].transAxes, ha="right", va="center", fontsize=8)


# The controls


def latent_walk(first: int = 3, first_seed: int = 0, last: int = 8, last_seed: int = 1, *, place: int = 0,
                steps: int | None = None) -> Exploration:  # fmt: skip
    """Walk from one digit that the GAN draws to another, and ask three witnesses about every step.

    `first` and `last`: the labels of the two ends, `first_seed` and `last_seed` (0 to 99) the starts of their latents.
    `place`, 0 to 20: how far it is from one to the other. `steps`: after how many steps of its training the generator
    draws, one of those that `course train gan` kept; the last if not given. The examiner, whose eyes the report card
    has, is `judge.load_trained()`;
    training and held-out (validation) digits are those of `digits.load("random", 0)`.
    Errors: `ValueError` for a number out of its range and for steps that were not kept.
    """
    material = _stored()
    state = State(first, first_seed, last, last_seed, place, material.marks[-1] if steps is None else steps)
    _check_steps(state, material)
    return Exploration(
        "latent_walk",
        title="Latent walk with receipts",
        idea="from one drawn digit to another; is it a digit, is it real, is it copied?",
        state=state,
        compute=partial(compute, material=material),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "latent_walk", "", default=_opening(material)),
        controls=[
            Group("From one end to the other", [slider("place", "place", 0, PLACES)]),
            Group("The first end", [slider("first", "digit", 0, 9), slider("first_seed", "start", 0, LAST_SEED)]),
            Group("The last end", [slider("last", "digit", 0, 9), slider("last_seed", "start", 0, LAST_SEED)]),
            Group("How long it has learned", [choice("steps", "steps", [(f"{m:,}", m) for m in material.marks])]),
        ],
        puzzles=puzzles(material),
        pick=_pick,
    )  # fmt: skip


@cache
def _stored() -> Material:
    split = digits.load("random", 0)
    return Material(gan.load_trained(), judge.load_trained(), split.train, split.validation)


def _pick(state: State, name: str, x: float, y: float) -> State:
    """The place of the walk that is pointed at."""
    share = (x * WIDTH - SMALL / 2) / (WIDTH - SMALL)
    return replace(state, place=int(np.clip(round(share * PLACES), 0, PLACES)))


# Puzzles

SURE, NEAR = 0.95, 0.10  # a belief; a share of held-out digits
TRIED = 20  # starts that are searched for a digit that lies near


@cache
def puzzles(material: Material) -> tuple[Puzzle, ...]:
    """Those of the four that these players can answer; another training may leave nothing to find."""
    asked = _neither(material), _as_asked(material), _two_opinions(material), _near(material)
    return tuple(filter(None, asked))


def _opening(material: Material) -> State:
    """The state that most puzzles begin with: the first one, of the last steps there are."""
    return State(steps=material.marks[-1])


def _strangers(view: View) -> list[int]:
    """The places at which the judge reads neither end."""
    return [place for place, answer in enumerate(view.answers) if answer not in view.state.labels]


def _neither(material: Material) -> Puzzle | None:
    """On the walks from start 0 to start 1 between all pairs of digits."""
    start = _opening(material)
    pairs = [replace(start, first=first, last=last) for first in range(10) for last in range(first + 1, 10)]
    found = [(state, places) for state in pairs if (places := _strangers(compute(state, material)))]
    between = [(state, place) for state, places in found for place in places if 0 < place < PLACES]
    if not between or start.place in _strangers(compute(start, material)):
        return None
    state, place = between[0]
    return Puzzle(
        "Neither",
        f"After all {start.steps:,} steps: find a place between two ends at which the examiner reads neither of them.",
        start,
        lambda view: view.state.steps == start.steps and 0 < view.state.place < PLACES
        and view.answer not in view.state.labels,
        (replace(state, place=place),),
        f"{len(found)} of the {len(pairs)} walks from start 0 to start 1 do so. Half a 3 and half an 8 is a label "
        "that was never asked for, and nothing in the training says what to draw there.",
    )  # fmt: skip


def _settled(answers: Sequence[int], label: int) -> int:
    """The first of the answers from which on all are `label`; as many as there are when the last is another."""
    return next((i for i in range(len(answers)) if all(answer == label for answer in answers[i:])), len(answers))


def _as_asked(material: Material) -> Puzzle | None:
    """For the digit whose reading changes most often before it settles, late but before the end."""
    answers = _readings(material, 6)
    fits = [
        (sum(one != other for one, other in pairwise(line)), label, seed)
        for (label, seed), line in answers.items()
        if 1 < _settled(line, label) < len(line) - 1
    ]
    if not fits:
        return None
    changes, label, seed = max(fits)
    start = State(label, seed, place=0, steps=material.marks[0])
    settled = material.marks[_settled(answers[label, seed], label)]
    return Puzzle(
        "As asked",
        f"The generator was asked for {a_digit(label)}. Find the number of steps from which the examiner reads one, up "
        "to the end.",
        start,
        lambda view: replace(view.state, steps=start.steps) == start and view.state.steps == settled,
        (replace(start, steps=settled),),
        f"Over the {len(material.marks)} moments that were kept the reading changed {changes} times. Nobody ever told "
        f"the generator what {a_digit(label)} looks like: only, pixel by pixel, what would please its discriminator "
        "more.",
    )


def _readings(material: Material, seeds: int) -> dict[tuple[int, int], list[int]]:
    """By label and start: what the judge reads after each number of steps."""
    asked = [(label, seed) for label in range(10) for seed in range(seeds)]
    labels, latents = [label for label, _ in asked], np.concatenate([gan.latents(1, seed) for _, seed in asked])
    lines = [
        material.judge.probabilities(players.generator.draw(latents, labels)).argmax(axis=1).tolist()
        for players in material.players.values()
    ]
    return dict(zip(asked, map(list, zip(*lines, strict=True)), strict=True))


def _differ(view: View) -> bool:
    """Whether the judge is sure of one end, and the discriminator gives the other the higher score."""
    labels = view.state.labels
    if len(labels) < 2 or view.belief.max() < SURE or view.answer not in labels:
        return False
    return labels[int(np.argmax(view.scores))] != view.answer


def _two_opinions(material: Material) -> Puzzle | None:
    opening = _opening(material)
    ends = [replace(opening, first=first, last=last, place=place)
            for first in range(10) for last in range(10) if first != last for place in (0, PLACES)]  # fmt: skip
    views = [compute(state, material) for state in ends]
    found = [view.state for view in views if _differ(view)]
    start = next((view.state for view in views if not _differ(view)), None)
    if not found or start is None:
        return None
    return Puzzle(
        "Two opinions",
        f"After all {opening.steps:,} steps: find a picture that the examiner reads as one of the ends with "
        f"{100 * SURE:.0f} % or more, while the discriminator’s score is higher for the other end.",
        start,
        lambda view: view.state.steps == opening.steps and _differ(view),
        (found[0],),
        f"So it is with {len(found)} of {len(ends)} ends of starts 0 and 1. The discriminator is no reader: as an 8 "
        "it was only ever shown real 8s and fakes asked for as 8s, so what it says of a 3 as an 8 means nothing.",
    )


def _near(material: Material) -> Puzzle | None:
    """Among the ends of a few starts."""
    opening = _opening(material)
    labels = np.repeat(np.arange(10), TRIED)
    latents = np.tile(np.concatenate([gan.latents(1, seed) for seed in range(TRIED)]), (10, 1))
    images = material.players[opening.steps].generator.draw(latents, labels)
    nearest = material.distances(images).min(axis=1)
    closer = np.array([material.closer(far) for far in nearest])
    if not (closer <= NEAR).any() or compute(opening, material).closer <= NEAR:
        return None
    row = int(nearest.argmin())
    return Puzzle(
        "Near is not copied",
        f"Find a picture, after all {opening.steps:,} steps, to which some training digit is nearer than to "
        f"{100 * (1 - NEAR):.0f} % of the held-out digits.",
        opening,
        lambda view: view.state.steps == opening.steps and view.closer <= NEAR,
        (replace(opening, first=int(labels[row]), first_seed=row % TRIED),),
        f"{(closer <= NEAR).sum()} of {len(labels)} pictures of starts 0 to {TRIED - 1} do that; of held-out digits, "
        f"which nobody copied, one in {1 / NEAR:.0f} does. The nearest of these pictures is {nearest.min():.2f} away, "
        f"the nearest held-out digit {material.usual[0]:.2f}; a copy would be at 0.",
    )
