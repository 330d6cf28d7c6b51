"""Spot the fake: ten digits that people wrote, ten that the GAN drew, and who can tell. Belongs to lesson 06."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial

import ipywidgets as widgets
import numpy as np

from course_utils.data import digits
from course_utils.explore import drawing
from course_utils.explore.shell import (
    Action,
    Control,
    Exploration,
    Group,
    Puzzle,
    action,
    call_line,
    check_whole,
    choice,
    is_whole,
    slider,
)
from course_utils.explore.words import a_digit
from course_utils.generation import gan

__all__ = ["spot_the_fake"]

COUNT, FAKES, ACROSS = 20, 10, 5
LAST_SEED = 99


@dataclass(frozen=True)
class State:
    """`seed` deals the sheet, `steps` of training made the generator and the discriminator. `chosen`: the places, 1 to
    20, that are taken for fakes. `shown`: whether the answer is on view; what was chosen stays as it is then."""

    seed: int = 0
    steps: int = gan.STEPS
    chosen: frozenset[int] = frozenset()
    shown: bool = False

    def __post_init__(self):
        check_whole("seed", self.seed, 0, LAST_SEED)
        if not is_whole(self.steps) or self.steps not in gan.MARKS:
            raise ValueError(f"steps is {self.steps!r}; it must be one of {', '.join(map(str, gan.MARKS))}.")
        for place in self.chosen:
            check_whole("A chosen place", place, 1, COUNT)
        if not isinstance(self.shown, bool):
            raise ValueError(f"shown is {self.shown!r}; it must be True or False.")


@dataclass(frozen=True)
class View:
    """Of the twenty, in their order: `images` (20, 8, 8, 1), the `labels` they were written or drawn as, which are
    `fake`, and the discriminator's `scores`."""

    state: State
    images: np.ndarray
    labels: np.ndarray
    fake: np.ndarray
    scores: np.ndarray

    @property
    def taken(self) -> np.ndarray:
        """Which were chosen, bool (20,)."""
        return np.isin(np.arange(1, COUNT + 1), list(self.state.chosen))

    @property
    def called(self) -> np.ndarray:
        """Which the discriminator calls fake, bool (20,): the ten with its lowest scores, as it may know what the
        player knows, that there are ten."""
        which = np.zeros(COUNT, bool)
        which[np.argsort(self.scores, kind="stable")[:FAKES]] = True
        return which

    @property
    def right(self) -> int:
        """Of how many the player tells what they are."""
        return int((self.taken == self.fake).sum())

    @property
    def discriminator_right(self) -> int:
        return int((self.called == self.fake).sum())

    @property
    def favourite(self) -> int:
        """The place of the fake with the highest score."""
        return 1 + int(np.where(self.fake, self.scores, -np.inf).argmax())


@dataclass(frozen=True)
class Game:
    """`real`: digits that neither player trained on. `players`: the two of each moment, by steps."""

    real: digits.Digits
    players: dict[int, gan.Players]


@cache
def trained_game() -> Game:
    """With the validation digits of the split that the stored GAN was trained on."""
    return Game(digits.load("random", 0).validation, gan.load_trained())


def compute(state: State, game: Game) -> View:
    # Another moment deals another sheet: with the same one, the digits that stay would be the real ones.
    rng = np.random.default_rng((state.seed, state.steps))
    players, rows = game.players[state.steps], rng.choice(len(game.real), COUNT - FAKES, replace=False)
    labels = game.real.labels[rows]
    drawn = players.generator.sample(labels, int(rng.integers(2**32)))
    sixteenths = np.round(drawn * 16) / 16  # as all real ones have: greys in between would give the fakes away
    images, order = np.concatenate([game.real.images[rows], sixteenths]), rng.permutation(COUNT)
    images, labels = images[order], np.concatenate([labels, labels])[order]
    return View(state, images, labels, order >= COUNT - FAKES, players.discriminator.score(images, labels))


# In words


def describe(view: View) -> str:
    asked = f"Ten of the twenty are drawn by the generator. By row, they are to be {_rows(view)}."
    return f"{_sheet(view.state)}. {_taken(view)} {_answer(view) if view.state.shown else asked}"


def _sheet(state: State) -> str:
    return f"Sheet {state.seed}, generator and discriminator after {_steps(state)}"


def _steps(state: State) -> str:
    return f"{state.steps:,} steps"


def _rows(view: View) -> str:
    rows = view.labels.reshape(-1, ACROSS)
    return "; ".join(" ".join(map(str, row)) for row in rows)


def _taken(view: View) -> str:
    chosen = sorted(view.state.chosen)
    if not chosen:
        return "You take none for a fake."
    return f"You take {len(chosen)} for {'a fake' if len(chosen) == 1 else 'fakes'}: {_listed(chosen)}."


def _listed(places: Iterable[int]) -> str:
    return ", ".join(map(str, places))


def _places(which: np.ndarray) -> str:
    return _listed((1 + np.flatnonzero(which)).tolist())


def _answer(view: View) -> str:
    return (
        f"You tell {view.right} of 20 right, the discriminator {view.discriminator_right}, a coin 10 on average. "
        f"Fakes: {_places(view.fake)}. The discriminator’s ten lowest scores: {_places(view.called)}. "
        f"The fake that it likes best: {view.favourite}."
    )


# The picture

WIDTH, TOP, THUMB = 600, 4, 84
STEP, LINE = WIDTH / ACROSS, 130  # from one digit to the next, and from row to row
BELOW = TOP + LINE * COUNT // ACROSS  # where the scores begin
HEIGHT = BELOW + 92
NAMES, BAR = 100, 120  # where the names end; the length of 20 right
AXIS = (320, 590)  # from where to where the scores are marked


def draw(view: View) -> str:
    body = "".join(_draw_one(view, i) for i in range(COUNT)) + f'<path class="lines" d="M0 {BELOW}h{WIDTH}"/>'
    body += _draw_result(view) + _draw_scores(view) if view.state.shown else _draw_task(view)
    return drawing.svg(WIDTH, HEIGHT, body, f"Twenty digits. {describe(view)}")


def _draw_one(view: View, i: int) -> str:
    x, y, place = (i % ACROSS) * STEP + 20, TOP + (i // ACROSS) * LINE, i + 1
    chosen = place in view.state.chosen
    return (
        drawing.text(x - 6, y + 12, str(place), "small end")
        + drawing.picture(view.images[i], x, y, THUMB)
        + drawing.rectangle(x, y, THUMB, style="taken" if chosen else "edge")
        + (_draw_truth(view, i, x, y + THUMB) if view.state.shown else _draw_choice(view, i, x, y + THUMB))
    )


def _draw_choice(view: View, i: int, x: float, y: float) -> str:
    """The label and what the player takes it for; and what pointing at the digit does."""
    place = i + 1
    chosen = place in view.state.chosen
    # Both are there, the one that would change something on top: a pointer that moves a little while it is pressed
    # goes on asking for what it asked first, and changes nothing twice.
    wishes = ("choose", "drop") if chosen else ("drop", "choose")
    return drawing.text(x, y + 20, f"{a_digit(view.labels[i])}{', a fake?' if chosen else ''}", "muted") + "".join(
        drawing.target(x, y - THUMB, THUMB, THUMB, f"{wish}-{place}") for wish in wishes
    )


def _draw_truth(view: View, i: int, x: float, y: float) -> str:
    is_fake = bool(view.fake[i])
    you, it = ("✓" if said[i] == is_fake else "✗" for said in (view.taken, view.called))
    return (
        drawing.rectangle(x, y + 4, THUMB, 3, "series-1" if is_fake else "series-0")
        + drawing.text(x, y + 20, f"{a_digit(view.labels[i])}, {'fake' if is_fake else 'real'}", "strong verdict")
        + drawing.text(x, y + 35, f"you {you} it {it} {drawing.number(view.scores[i])}", "small marks")
    )


def _draw_task(view: View) -> str:
    chosen = len(view.state.chosen)
    more = f"{FAKES - chosen} more to find" if chosen < FAKES else "ten and no more" if chosen == FAKES else "too many"
    return drawing.text(0, BELOW + 26, f"Ten are fakes. You have chosen {chosen}: {more}.", "strong") + drawing.text(
        0, BELOW + 50, "Then ask for the answer, and see what the discriminator made of the same twenty.", "muted"
    )


def _draw_result(view: View) -> str:
    """Three bars: of how many the player, the discriminator and a coin are right."""
    results = (
        ("you", view.right, "series-1"),
        ("discriminator", view.discriminator_right, "series-2"),
        ("a coin", 10, "coin"),
    )
    return "".join(
        drawing.text(NAMES, BELOW + 26 + 24 * i, who, "muted end")
        + drawing.rectangle(NAMES + 8, BELOW + 14 + 24 * i, BAR, 15, "track")
        + drawing.rectangle(NAMES + 8, BELOW + 14 + 24 * i, BAR * right / COUNT, 15, style)
        + drawing.text(NAMES + BAR + 16, BELOW + 26 + 24 * i, f"{right} of 20", "strong" if i < 2 else "muted")
        for i, (who, right, style) in enumerate(results)
    )


def _draw_scores(view: View) -> str:
    """The scores on a line, real above and fake below, and the cut that leaves ten on each side."""
    left, right = AXIS
    low, high = float(view.scores.min()), float(view.scores.max())
    scale = (right - left) / max(high - low, 1e-6)
    places = left + (view.scores - low) * scale
    ranked, y = np.sort(places), BELOW + 46
    cut = (ranked[FAKES - 1] + ranked[FAKES]) / 2
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y - 9}" r="4.5" class="series-0 mark"/>'
        if not is_fake
        else drawing.rectangle(round(x - 4, 1), y + 5, 8, style="series-1 mark")
        for x, is_fake in zip(places, view.fake, strict=True)
    )
    return (
        drawing.text(left, BELOW + 24, "● real", "series-0")
        + drawing.text((left + right) / 2, BELOW + 24, "the discriminator’s scores", "muted middle")
        + drawing.text(right, BELOW + 24, "■ fake", "series-1 end")
        + f'<path class="axis" d="M{left} {y}h{right - left}"/>'
        + f'<path class="cut" d="M{cut:.1f} {y - 18}v36"/>'
        + marks
        + drawing.text(left, y + 36, drawing.number(low), "small")
        + drawing.text(right, y + 36, drawing.number(high), "small end")
        + drawing.text((left + right) / 2, y + 36, "called fake ┆ called real", "small middle")
    )


# The still picture


def still(view: View):
    """The sheet as it lies before the player, without the answer."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.4), layout="constrained")
    figure.suptitle("Ten of these people wrote, ten a generator drew. Which?")
    for i, axes in enumerate(figure.subplots(COUNT // 10, 10).flat):
        axes.imshow(view.images[i, :, :, 0], cmap="gray", vmin=0, vmax=1)
        axes.set_title(f"{i + 1}", fontsize=9)
        axes.set_xlabel(a_digit(view.labels[i]), fontsize=8)
        axes.set(xticks=(), yticks=())
    return figure


# The controls


def spot_the_fake(seed: int = 0, *, steps: int = gan.STEPS, chosen: Iterable[int] = (),
                  shown: bool = False) -> Exploration:  # fmt: skip
    """Twenty digits: ten that people wrote and no network trained on, ten that the GAN drew; find the ten fakes.

    seed: which sheet, 0 to 99. steps: the training steps after which generator and discriminator are asked, one of
    `gan.MARKS`. chosen: the places, 1 to 20, that you take for fakes. shown: whether the answer is on view, beside
    that of the discriminator: the ten lowest of its scores for the same twenty are what it calls fake.
    Errors: `ValueError` for what cannot be; `FileNotFoundError` when no GAN was trained.
    """
    game = trained_game()
    return Exploration(
        "spot_the_fake",
        title="Spot the fake",
        idea="ten digits are real, ten are drawn; can you tell, and can the discriminator?",
        state=State(seed, steps, _as_places(chosen), shown),
        compute=partial(compute, game=game),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(call_line, "spot_the_fake", "", default=State(), write={"chosen": _in_a_list}),
        controls=[
            Group("These are fakes (or point at them)", [_place(place) for place in range(1, COUNT + 1)],
                  columns=ACROSS),
            Group("And now?", [_show(), _next()]),
            Group("Sheet", [slider("seed", "sheet", 0, LAST_SEED, read=partial(_dealt, "seed"))]),
            Group("Both players after so many steps", [
                choice("steps", "", [(f"{steps:,}", steps) for steps in gan.MARKS], read=partial(_dealt, "steps")),
            ]),
        ],
        puzzles=puzzles(),
        pick=_pick,
    )  # fmt: skip


def _as_places(chosen) -> frozenset[int]:
    try:
        places = list(chosen)
        return frozenset(int(place) if is_whole(place) else place for place in places)
    except TypeError:
        raise ValueError(f"chosen is {chosen!r}; it must be a list of places from 1 to 20, such as [3, 8].") from None


def _in_a_list(places: frozenset[int]) -> str:
    return str(sorted(places))


class Box(Control):
    """A box to tick, that goes back to what it was when the answer is on view."""

    def shows(self, state: State) -> bool:
        return self.widget.value == self.write(state)


def _place(place: int) -> Control:
    widget = widgets.Checkbox(description=str(place), indent=False)
    return Box(
        f"place-{place}", widget, lambda state, ticked: _with(state, place, ticked), lambda state: place in state.chosen
    )


def _with(state: State, place: int, ticked: bool) -> State:
    """`state` with the place chosen or not; as it was when the answer is on view."""
    if state.shown:
        return state
    return replace(state, chosen=state.chosen | {place} if ticked else state.chosen - {place})


def _show() -> Action:
    def act(state: State) -> State:
        if not state.chosen:
            raise ValueError("Choose first what you take for fakes: point at a digit, or tick its box.")
        return replace(state, shown=True)

    return action("show", "Show the answer", act, "Who is right: you, or the discriminator?")


def _next() -> Action:
    return action("next", "Another sheet", lambda state: _dealt("seed", state, (state.seed + 1) % (LAST_SEED + 1)))


def _dealt(name: str, state: State, value: int) -> State:
    """A new sheet, with nothing chosen."""
    return state if getattr(state, name) == value else replace(state, **{name: value}, chosen=frozenset(), shown=False)


def _pick(state: State, name: str, x: float, y: float) -> State:
    wish, place = name.split("-")
    return _with(state, int(place), wish == "choose")


# Puzzles


@cache
def puzzles() -> tuple[Puzzle, ...]:
    """On sheets that this GAN leaves something to find on; on another, trained anew, they may be others."""
    game = trained_game()
    sheets = (compute(State(seed), game) for seed in range(LAST_SEED + 1))
    beatable = [view for view in sheets if view.discriminator_right < COUNT][:2]
    if len(beatable) < 2:  # a discriminator that is always right cannot be beaten
        return (_no_trouble(compute(State(), game), game),)
    first, second = beatable
    return _beat_it(first), _its_favourite(second), _no_trouble(first, game)


def _solved(view: View, *places: int) -> State:
    """The answer to a sheet: these places, or without any the ten fakes."""
    chosen = places or (1 + np.flatnonzero(view.fake)).tolist()
    return replace(view.state, chosen=frozenset(chosen), shown=True)


def _beat_it(view: View) -> Puzzle:
    return Puzzle(
        "Beat it",
        "Choose ten digits, show the answer, and be right more often than the discriminator, with both players at the "
        "end of their training. Any sheet counts.",
        view.state,
        lambda view: view.state.shown and view.state.steps == gan.STEPS and len(view.state.chosen) == FAKES
        and view.right > view.discriminator_right,
        (_solved(view),),
        "The generator has learned from this discriminator until it could hardly tell. One sheet may be luck, though: "
        "play several.",
    )  # fmt: skip


def _its_favourite(view: View) -> Puzzle:
    return Puzzle(
        "Its favourite",
        "Choose one digit and no other: the fake that the discriminator takes for the most real. Then show the answer.",
        view.state,
        lambda view: view.state.shown and view.state.steps == gan.STEPS and view.state.chosen == {view.favourite},
        (_solved(view, view.favourite),),
        "That is where the generator wants all its digits to be. Does it look the most real to you, too?",
    )


def _no_trouble(view: View, game: Game) -> Puzzle:
    early = compute(replace(view.state, steps=gan.MARKS[1]), game)
    return Puzzle(
        "No trouble",
        "Go back to a moment when all ten fakes are obvious, choose them and show the answer: twenty of 20.",
        view.state,
        lambda view: view.state.shown and view.state.steps < gan.STEPS and view.right == COUNT,
        (_solved(early),),
        "What is obvious to you is soon obvious to the discriminator, too: that is what the generator learns from. "
        "Before the first step it only guesses.",
    )
