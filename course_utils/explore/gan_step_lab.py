"""GAN step lab: two players in the plane, eight spots to imitate, and what each sees. Belongs to lesson 06.

The game is that of `generation.toy`. A state says how it was played: so many rounds, after them so many steps of the
judge alone, and then so many of the generator alone. So every moment can be played again, and scrubbed.
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import Exploration, Group, Puzzle, call_line, check_whole, choice, slider
from course_utils.generation import toy

__all__ = ["gan_step_lab"]

LAST, EVERY = 400, 10  # rounds, and how many of them lie between two that can be looked at
ALONE = 100  # steps of one player, at most
LAST_SEED = 4
COUNT = 500  # fakes, and real points, on which everything here is measured
REACH = 1.7  # how far the plane is seen, in both directions
SCALES = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16)


@dataclass(frozen=True)
class State:
    """`settings`: a name in `toy.PRESETS`. After `rounds` the judge learns alone, then the generator, `painter`."""

    settings: str = "in step"
    seed: int = 0
    rounds: int = 0
    judge: int = 0
    painter: int = 0

    def __post_init__(self):
        if self.settings not in toy.PRESETS:
            known = ", ".join(map(repr, toy.PRESETS))
            raise ValueError(f"settings is {self.settings!r}; it must be one of {known}.")
        check_whole("seed", self.seed, 0, LAST_SEED)
        check_whole("rounds", self.rounds, 0, LAST)
        if self.rounds % EVERY:
            raise ValueError(f"rounds is {self.rounds}; it must be a multiple of {EVERY}, from 0 to {LAST}.")
        check_whole("judge", self.judge, 0, ALONE)
        check_whole("painter", self.painter, 0, ALONE)


@dataclass(frozen=True)
class Marks:
    """What is measured on `COUNT` fakes and as many real points, the same in every state.

    judge: its cross-entropy, without its penalty. told: the share of all points to which it gives the right sign.
    """

    judge: float
    generator: float
    spots: int
    spread: float
    told: float


@dataclass(frozen=True)
class View:
    """`now`: marks of this moment. `history`: those of every tenth round up to the last one played."""

    state: State
    fakes: np.ndarray  # (COUNT, 2)
    arrows: np.ndarray  # (COUNT, 2), minus the slope of the generator's loss at each fake
    field: np.ndarray  # (41, 41), scores; the first row is the lowest
    now: Marks
    history: tuple[Marks, ...]

    @property
    def beyond(self) -> int:
        """How many fakes lie outside of the ground that is seen."""
        return int((np.abs(self.fakes) > REACH).any(axis=1).sum())

    @property
    def scale(self) -> float:
        """The score at which the colours end: beyond it lie few places of the field."""
        wanted = np.quantile(np.abs(self.field), 0.95)
        return next((scale for scale in SCALES if scale >= wanted), SCALES[-1])


def compute(state: State) -> View:
    history = tuple(_marks(_rounds(state, rounds)) for rounds in range(0, state.rounds + 1, EVERY))
    game = _play(state)
    fakes = toy.fakes(game, COUNT)
    field = toy.score_field(game, REACH)
    return View(state, fakes, toy.arrows(game, fakes), field, _marks(state), history)


def _rounds(state: State, rounds: int) -> State:
    """The state after so many rounds, before anybody learns alone."""
    return replace(state, rounds=rounds, judge=0, painter=0)


def _play(state: State) -> toy.State:
    """The game at `state`. What was played on the way is kept, so that the next tick of a slider is one step more."""
    for rounds in range(0, state.rounds, EVERY):
        _game(_rounds(state, rounds))
    for judge in range(state.judge):
        _game(replace(state, judge=judge, painter=0))
    for painter in range(state.painter):
        _game(replace(state, painter=painter))
    return _game(state)


@lru_cache(maxsize=400)  # of 60 kB each
def _game(state: State) -> toy.State:
    """One step on from the state before, which `_play` has asked for already."""
    if state.painter:
        return toy.step_generator(_game(replace(state, painter=state.painter - 1)))
    if state.judge:
        return toy.step_discriminator(_game(replace(state, judge=state.judge - 1)))
    if state.rounds:
        return toy.run(_game(replace(state, rounds=state.rounds - EVERY)), EVERY)
    return toy.start(state.seed, state.settings)


@lru_cache(maxsize=4000)
def _marks(state: State) -> Marks:
    game = _play(state)
    fakes = toy.fakes(game, COUNT)
    to_fakes, to_real = toy.scores(game, fakes), toy.scores(game, _real())
    loss = toy.generator_loss(-to_fakes).mean() + toy.generator_loss(to_real).mean()
    told = np.concatenate([to_fakes < 0, to_real > 0]).mean()
    painted = toy.generator_loss(to_fakes, game.settings.saturating).mean()
    return Marks(float(loss), float(painted), toy.spots(fakes), toy.spread(fakes), float(told))


@cache
def _real() -> np.ndarray:
    return toy.real(COUNT, np.random.default_rng(0))


# In words


def describe(view: View) -> str:
    now = view.now
    return (
        f"{_played(view.state)}: {_spots(now)}. The judge’s loss is {now.judge:.2f}, the generator’s "
        f"{now.generator:.2f}. The judge tells {_percent(now.told)} of real and fake points apart; its scores are "
        f"{_heights(view)}. The fakes are spread by {now.spread:.2f} (the real ones by 1.00), and are pulled "
        f"{_pull(view)}.{_outside(view)}"
    )


def _played(state: State) -> str:
    alone = [f"{count} of the {who} alone" for who, count in (("judge", state.judge), ("generator", state.painter))
             if count]  # fmt: skip
    steps = f", then steps: {' and '.join(alone)}" if alone else ""
    return f"“{state.settings}”, start {state.seed}, round {state.rounds}{steps}"


def _spots(marks: Marks) -> str:
    return f"{marks.spots} of 8 spots are served" if marks.spots != 1 else "1 of 8 spots is served"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _heights(view: View) -> str:
    low, high = view.field.min(), view.field.max()
    return f"{drawing.number(low)} to {drawing.number(high)} on this ground"


def _pull(view: View) -> str:
    """How strongly, on average over the fakes."""
    return f"with {np.linalg.norm(view.arrows, axis=1).mean():.2f} on average"


def _outside(view: View) -> str:
    """A sentence on the fakes that are drawn at the edge."""
    return f" Of {COUNT} fakes {view.beyond} lie beyond the edge." if view.beyond else ""


# The picture

WIDTH, HEIGHT = 600, 424
TOP, SIDE = 26, 344  # of the plane
LEFT, RIGHT = 394, 586  # of both charts' plots
LOSSES, SPOTS = (130, 118), (300, 70)  # where a chart's plot begins, and its height
LOW, HIGH = 0.01, 10  # losses, on a logarithmic scale
SHOWN, PULLED = 200, 50  # fakes that are drawn, and those with an arrow


def draw(view: View) -> str:
    body = _draw_plane(view) + _draw_key(view) + _draw_words(view) + _draw_losses(view) + _draw_spots(view)
    return drawing.svg(WIDTH, HEIGHT, body, f"A GAN in the plane: its judge’s scores as colours. {describe(view)}")


def _xy(points: np.ndarray) -> np.ndarray:
    """Places in the drawing (n, 2) of points in the plane; what lies outside comes to rest at the edge."""
    shares = (np.clip(points, -REACH, REACH) / REACH + 1) / 2
    return np.stack([shares[:, 0] * SIDE, TOP + (1 - shares[:, 1]) * SIDE], axis=1)


def _draw_plane(view: View) -> str:
    field = drawing.data_address(view.field[::-1], drawing.PUOR, -view.scale, view.scale)
    fakes = _dots(_xy(view.fakes[:SHOWN]))
    return (
        drawing.text(0, 16, _headline(view.state), "strong")
        + f'<image x="0" y="{TOP}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" href="{field}"/>'
        + f'<path class="real" d="{_crosses(_xy(_real()[: SHOWN // 2]))}"/>'
        + "".join(_draw_ring(*place, served) for place, served in zip(_xy(toy.SPOTS), _served(view), strict=True))
        + f'<path class="pull" d="{_pulls(view)}"/>'
        + f'<path class="fakes halo" d="{fakes}"/><path class="fakes" d="{fakes}"/>'
    )


def _headline(state: State) -> str:
    alone = [f"{who} +{count}" for who, count in (("judge", state.judge), ("generator", state.painter)) if count]
    return ", ".join([f"{state.settings}, start {state.seed}: round {state.rounds}", *alone])


def _served(view: View) -> list[bool]:
    """Which spots are: one of them has them all to itself if the fakes near others are taken away."""
    nearest = np.linalg.norm(view.fakes[:, None] - toy.SPOTS, axis=2).argmin(axis=1)
    away = np.full_like(view.fakes, 9.0)
    return [toy.spots(np.where((nearest == spot)[:, None], view.fakes, away)) == 1 for spot in range(8)]


def _draw_ring(x: float, y: float, served: bool) -> str:
    radius = toy.NEAR / REACH * SIDE / 2
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{"ring served" if served else "ring"}"/>'


def _dots(places: np.ndarray) -> str:
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)


def _crosses(places: np.ndarray) -> str:
    return "".join(f"M{x - 3:.1f} {y:.1f}h6m-3 -3v6" for x, y in places)


def _pulls(view: View) -> str:
    """Lines from fakes to where they would go. A line grows with the pull, but never beyond a bound."""
    pull = view.arrows[:PULLED]
    strength = np.linalg.norm(pull, axis=1, keepdims=True)
    ends = view.fakes[:PULLED] + pull / np.maximum(strength, 1e-12) * 0.35 * np.tanh(2 * strength)
    both = zip(_xy(view.fakes[:PULLED]), _xy(ends), strict=True)
    return "".join(f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" for (x, y), (to_x, to_y) in both)


def _draw_key(view: View) -> str:
    """The scale of the colours, and what the marks mean."""
    y, scale = TOP + SIDE + 20, drawing.data_address(np.linspace(-1, 1, 64)[None], drawing.PUOR, -1, 1)
    return (
        drawing.text(0, y, f"“fake” −{view.scale:g}", "small")
        + f'<image x="88" y="{y - 9}" width="160" height="10" preserveAspectRatio="none" href="{scale}"/>'
        + drawing.text(256, y, f"+{view.scale:g} “real”", "small")
        + drawing.text(0, y + 20, "● fake, with its pull   + real   ○ spot, drawn thick when served", "small")
    )


def _draw_words(view: View) -> str:
    x, now = LEFT - 22, view.now
    gone = f"{view.beyond} of {COUNT} fakes are off the map" if view.beyond else ""
    return (
        drawing.text(x, TOP + SIDE + 40, gone, "small")
        + drawing.text(x, TOP + 20, f"{now.spots} of 8 spots", "large strong")
        + drawing.text(x, TOP + 42, f"spread {now.spread:.2f}, real ones 1.00", "muted")
        + drawing.text(x, TOP + 61, f"judge tells {_percent(now.told)} apart", "muted")
    )


def _x(rounds: int) -> float:
    return LEFT + (RIGHT - LEFT) * rounds / LAST


def _loss_y(loss: float) -> float:
    top, tall = LOSSES
    share = np.log(np.clip(loss, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
    return top + tall * (1 - float(share))


def _spots_y(spots: int) -> float:
    top, tall = SPOTS
    return top + tall * (1 - spots / 8)


def _draw_losses(view: View) -> str:
    top, tall = LOSSES
    ticks = "".join(_tick(_loss_y(loss), f"{loss:g}") for loss in (0.01, 0.1, 1, 10))
    judge, generator = ([getattr(marks, name) for marks in view.history] for name in ("judge", "generator"))
    return (
        drawing.text(LEFT - 22, top - 24, "loss", "strong")
        + _legend(LEFT, top - 7, "●", 0, f"judge {view.now.judge:.2f}")
        + _legend(LEFT + 92, top - 7, "■", 1, f"generator {view.now.generator:.2f}")
        + ticks
        + _cursor(view, top, tall)
        + _curve(view, [_loss_y(loss) for loss in judge], _loss_y(view.now.judge), 0)
        + _curve(view, [_loss_y(loss) for loss in generator], _loss_y(view.now.generator), 1)
        + drawing.target(LEFT, top, RIGHT - LEFT, tall, "losses")
    )


def _draw_spots(view: View) -> str:
    top, tall = SPOTS
    ticks = "".join(_tick(_spots_y(spots), str(spots)) for spots in (0, 4, 8))
    rounds = "".join(
        drawing.text(_x(rounds), top + tall + 17, f"{rounds}" if rounds else "round 0", "small middle")
        for rounds in range(0, LAST + 1, LAST // 4)
    )
    return (
        drawing.text(LEFT - 22, top - 14, "spots served", "strong")
        + ticks
        + rounds
        + _cursor(view, top, tall)
        + _curve(view, [_spots_y(marks.spots) for marks in view.history], _spots_y(view.now.spots), 2)
        + drawing.target(LEFT, top, RIGHT - LEFT, tall, "spots")
    )


def _tick(y: float, words: str) -> str:
    line = f'<path class="lines" d="M{LEFT} {y:g}H{RIGHT}"/>'
    return line + drawing.text(LEFT - 5, y + 4, words, "small end")


def _legend(x: float, y: float, marker: str, series: int, words: str) -> str:
    return drawing.text(x, y, marker, f"small series-{series}") + drawing.text(x + 12, y, words, "small")


def _cursor(view: View, top: float, tall: float) -> str:
    x = _x(view.state.rounds)
    return f'<path class="cursor" d="M{x:g} {top}v{tall}"/>'


def _curve(view: View, heights: list[float], now: float, series: int) -> str:
    """The rounds so far, and a mark at this moment: away from the curve when one player learned alone."""
    places = [f"{_x(EVERY * i):.1f} {y:.1f}" for i, y in enumerate(heights)]
    x = _x(view.state.rounds)
    marks = {
        0: f'<circle cx="{x:g}" cy="{now:.1f}" r="5" class="now series-0"/>',
        1: drawing.rectangle(x - 4.5, round(now - 4.5, 1), 9, style="now series-1"),
        2: f'<path d="M{x:g} {now - 6:.1f}l5.5 10h-11z" class="now series-2"/>',
    }
    return f'<path class="curve stroke-{series}" d="M{"L".join(places)}L{x:g} {now:.1f}"/>{marks[series]}'


# The still picture

MOMENTS = (0, 100, 200, 300)


def still(view: View):
    """The run on view at four moments, and its losses beside the spots that it serves."""
    from matplotlib.figure import Figure

    views = [compute(_rounds(view.state, rounds)) for rounds in MOMENTS]
    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    figure.suptitle(f"“{view.state.settings}”: the judge’s scores as colours, purple for real; fakes in black")
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    for axes, moment in zip(upper.subplots(1, len(views)), views, strict=True):
        _plot_plane(axes, moment)
    _plot_curves(lower.subplots(1, 2), views[-1].history)
    return figure


def _plot_plane(axes, view: View) -> None:
    axes.imshow(view.field, cmap="PuOr", vmin=-view.scale, vmax=view.scale, origin="lower", extent=(-REACH, REACH) * 2)
    for place, served in zip(toy.SPOTS, _served(view), strict=True):
        look = dict(linewidth=1.8) if served else dict(linewidth=0.8, linestyle=":")
        axes.add_patch(_circle(place, **look))
    axes.plot(*view.fakes[:SHOWN].T, ".", color="black", markersize=2)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=(), yticks=())
    axes.set_title(f"round {view.state.rounds}: {view.now.spots} of 8", fontsize=10)


def _circle(place, **look):
    from matplotlib.patches import Circle

    return Circle(place, toy.NEAR, fill=False, **look)


def _plot_curves(plots, history: tuple[Marks, ...]) -> None:
    rounds = EVERY * np.arange(len(history))
    left, right = plots
    left.plot(rounds, [marks.judge for marks in history], color=drawing.SERIES[0], label="judge")
    left.plot(rounds, [marks.generator for marks in history], "--", color=drawing.SERIES[1], label="generator")
    left.set(xlabel="round", ylabel="loss", ylim=(0, None))
    left.legend(fontsize=8)
    right.plot(rounds, [marks.spots for marks in history], color=drawing.SERIES[2])
    right.set(xlabel="round", ylabel="spots served", ylim=(0, 8.4), yticks=(0, 2, 4, 6, 8))


# The controls


def gan_step_lab(settings: str = "in step", *, seed: int = 0, rounds: int = 0, judge: int = 0,
                 painter: int = 0) -> Exploration:  # fmt: skip
    """Play a GAN in the plane round by round, or let one player learn alone, and see what each of them sees.

    `settings`: "in step", "collapse" (ten steps of the generator for one of the judge), "swinging" (both remember their
    direction for long) or "frozen judge" (its steps are thrown away). `seed`, 0 to 4: another start. `rounds`: how many
    were played, 0 to 400 in tens. After them the judge learns alone for `judge` steps and then the generator for
    `painter`, 0 to 100 each.
    Errors: `ValueError` for another name and for a number out of its range.
    """
    return Exploration(
        "gan_step_lab",
        title="GAN step lab",
        idea="a judge, a painter and eight spots: who moves when, and what do the losses say?",
        state=State(settings, seed, rounds, judge, painter),
        compute=compute,
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "gan_step_lab", "", default=State()),
        controls=[
            Group("How they play", [choice("settings", "settings", list(toy.PRESETS)),
                                    slider("seed", "start", 0, LAST_SEED)]),
            Group("Play", [slider("rounds", "rounds", 0, LAST, EVERY)]),
            Group("Then one learns alone", [slider("judge", "judge", 0, ALONE)]),
            Group("And then the other", [slider("painter", "generator", 0, ALONE)]),
        ],
        puzzles=PUZZLES,
        pick=_pick,
    )  # fmt: skip


def _pick(state: State, name: str, x: float, y: float) -> State:
    """Pointing into a chart goes to that round."""
    return _rounds(state, EVERY * round(x * LAST / EVERY))


# Puzzles

EIGHT = State(seed=2, rounds=320)

PUZZLES = (
    Puzzle(
        "All eight",
        "Nobody has learned anything yet. Play until all eight spots are served.",
        State(),
        lambda view: view.now.spots == 8,
        (EIGHT,),
        "For some 200 rounds few spots are found, and most of them in the next 150. The losses show nothing of it: "
        "whoever watched them alone would have stopped too early.",
    ),
    Puzzle(
        "Nobody watching",
        "All eight are served. Leave settings, start and rounds alone; let first one player learn, then the other, "
        "until at most three spots are left.",
        EIGHT,
        lambda view: replace(view.state, judge=0, painter=0) == EIGHT and view.now.spots <= 3,
        (replace(EIGHT, judge=90, painter=ALONE),),
        "The judge’s last steps left some spots looking kinder than others, and a painter whose judge stands still "
        "slides all its fakes off together. Its loss is lower than before, and all that it could do is gone.",
    ),
    Puzzle(
        "The same losses",
        "Eight spots, a judge’s loss from 1.30 to 1.40 and a generator’s from 0.66 to 0.76. Find a moment, after the "
        "first round, with losses in these bounds and one spot served, or none.",
        EIGHT,
        lambda view: view.state.rounds > 0 and view.now.spots <= 1 and 1.30 <= view.now.judge <= 1.40
        and 0.66 <= view.now.generator <= 0.76,
        (State(rounds=160),),
        "Losses are not quality. Each measures one player against the other: two beginners are as well matched as two "
        "masters, near 2 ln 2 = 1.39 and ln 2 = 0.69.",
    ),
    Puzzle(
        "Praise for nothing",
        "Bring the generator’s loss below 0.10 while not one spot is served. Do it with a judge that is frozen (try "
        "other starts), and with one that is not.",
        State(rounds=100),
        lambda view: view.now.generator < 0.10 and view.now.spots == 0,
        (State("frozen judge", 1, 200), State(judge=50, painter=ALONE)),
        "A judge that does not learn can be pleased without any likeness: the fakes run off to where nobody ever told "
        "it what is fake. Its praise is worth what it has learned.",
        way=lambda view: view.state.settings == "frozen judge",
    ),
    Puzzle(
        "Sees through it",
        "Find a moment at which the judge tells at least 90 % of real and fake points apart.",
        State(),
        lambda view: view.now.told >= 0.90,
        (State(judge=ALONE),),
        "Now its loss is low and the generator’s is high, which sounds like failure. But look at the lines: never is "
        "a fake told more clearly where to go.",
    ),
)  # fmt: skip
