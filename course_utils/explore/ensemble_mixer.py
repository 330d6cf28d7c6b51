"""Ensemble mixer: six models and their weights; what the mix fixes, what it breaks, what choosing on test does.

Belongs to lesson 05. The arithmetic is that of `recognition.ensemble`, the opinions are those of `recognition.members`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations

import numpy as np

from course_utils.explore import drawing
from course_utils.explore.shell import (
    Control,
    Exploration,
    Group,
    Puzzle,
    call_line,
    name_of,
    slider,
    toggles,
    written,
)
from course_utils.recognition import ensemble
from course_utils.recognition import members as stored
from course_utils.recognition.members import Opinions, Parts

__all__ = ["ensemble_mixer"]

WAYS = {"mean": ensemble.mean, "vote": ensemble.vote, "mean of logits": ensemble.mean_of_logits}
MEAN, VOTE, _ = WAYS
VALIDATION, TEST = Parts._fields
SHORT = {"3 nearest neighbours": "3 neighbours", "logistic regression": "logistic"}
SHORTER = {"3 nearest neighbours": "3-NN", "logistic regression": "logist."}
SIX = len(stored.MEMBERS)
YOU = "you"


@dataclass(frozen=True)
class State:
    """`weights`, 0 to 1 in hundredths: of the six models and, if there are seven, of you. They need not sum to 1.

    `way`: one of WAYS. `part`: the digits that are looked at closely.
    """

    weights: tuple[float, ...] = (1.0,) * SIX
    way: str = MEAN
    part: str = VALIDATION

    def __post_init__(self):
        object.__setattr__(self, "weights", _checked(self.weights))
        _check_one_of("way", self.way, WAYS)
        _check_one_of("part", self.part, Parts._fields)

    @property
    def shares(self) -> np.ndarray | None:
        """The weights made to sum to 1; `None` when nobody has any."""
        total = sum(self.weights)
        return np.array(self.weights) / total if total else None


def _checked(weights) -> tuple[float, ...]:
    given = weights if isinstance(weights, (Sequence, np.ndarray)) and not isinstance(weights, str) else ()
    numbers = all(isinstance(each, (int, float, np.number)) and not isinstance(each, bool) for each in given)
    if len(given) not in (SIX, SIX + 1) or not numbers or not all(0 <= each <= 1 for each in given):
        raise ValueError(
            f"weights is {weights!r}; it must be six numbers from 0 to 1, for {', '.join(stored.MEMBERS)}, "
            "and a seventh if you are a member."
        )
    return tuple(round(float(each), 2) for each in given)


def _check_one_of(name: str, value, accepted) -> None:
    if not isinstance(value, str) or value not in accepted:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, accepted))}.")


@dataclass(frozen=True)
class Score:
    """Digits misread, and the log-loss, in nats."""

    wrong: int
    loss: float


def score(probabilities: np.ndarray, labels: np.ndarray) -> Score:
    wrong, loss = (measure(probabilities, labels) for measure in (ensemble.errors, ensemble.log_loss))
    return Score(int(wrong), float(loss))


Scores = dict[str, Score]  # by part


@dataclass(frozen=True, eq=False)
class Committee:
    """The members with their opinions on both parts. Compared by identity.

    `best`: the model that misreads fewest validation digits, at a tie with the lower log-loss. `tuned`: for each part
    the weights whose mean has the lowest log-loss there, in hundredths. `answered`: how many of the hardest validation
    digits you labelled, and how many of these rightly; `None` when you are no member.
    """

    parts: Parts
    scores: tuple[Scores, ...]  # by member
    best: int
    tuned: dict[str, tuple[float, ...]]
    answered: tuple[int, int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.parts.validation.names

    @property
    def equal(self) -> tuple[float, ...]:
        return (1.0,) * len(self.names)

    def part(self, name: str) -> Opinions:
        return getattr(self.parts, name)


def gather(parts: Parts, student=None) -> Committee:
    """The committee of these opinions; `student`: your labels (k,) of the k hardest validation digits, if any.

    On all other digits, those of the test part too, you repeat the mean of the models.
    """
    answered = None
    if student is not None:
        parts, answered = _with_student(parts, student)
    scores = tuple(
        {name: score(part.probabilities[i], part.labels) for name, part in parts._asdict().items()}
        for i in range(len(parts.validation.names))
    )
    best = min(range(SIX), key=lambda i: (scores[i][VALIDATION].wrong, scores[i][VALIDATION].loss))
    return Committee(parts, scores, best, {name: _tune(part) for name, part in parts._asdict().items()}, answered)


def _tune(part: Opinions) -> tuple[float, ...]:
    return tuple(ensemble.weights_by_log_loss(part.probabilities, part.labels).round(2).tolist())


def _with_student(parts: Parts, student) -> tuple[Parts, tuple[int, int]]:
    asked = parts.validation
    answers = _labels_of(student, len(asked.labels))
    rows = ensemble.hardest(asked.probabilities, asked.labels, len(answers))
    joined = Parts(_joined(asked, answers, rows), _joined(parts.test, answers[:0], rows[:0]))
    return joined, (len(rows), int((answers == asked.labels[rows]).sum()))


def _labels_of(student, most: int) -> np.ndarray:
    """Your labels (k,), as whole numbers. Errors: `ValueError` for anything else."""
    try:
        answers = np.asarray(student)
    except ValueError:  # lists of unequal lengths
        answers = np.empty(0, object)
    labels = answers.ndim == 1 and answers.dtype.kind in "iu" and 0 < len(answers) <= most
    if not labels or answers.min() < 0 or answers.max() > 9:
        raise ValueError(
            f"student is {_briefly(student)}; it must be a list of your labels, whole numbers from 0 to 9, of the "
            f"hardest validation digits, from the hardest on: at least one, at most {most}."
        )
    return answers.astype(int)


def _briefly(value, most: int = 60) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most]} …"


def _joined(part: Opinions, answers, rows) -> Opinions:
    """The opinions with yours beside them."""
    you = ensemble.as_member(answers, rows, part.probabilities)
    return replace(part, names=(*part.names, YOU), probabilities=np.concatenate([part.probabilities, you[None]]))


@dataclass(frozen=True)
class View:
    """`mix`: for each part its probabilities (n, 10); empty, and with it what follows, while nobody has a weight.

    `fixed`, `broken`, `missed`: digits (n,) of the part that is looked at which the mix reads and the best member
    does not, the other way round, and which neither reads. `alike` (members, members): the correlation of errors there.
    """

    state: State
    committee: Committee
    mix: dict[str, np.ndarray]
    scores: Scores
    rivals: dict[str, Scores]
    alike: np.ndarray
    fixed: np.ndarray
    broken: np.ndarray
    missed: np.ndarray

    @property
    def part(self) -> Opinions:
        """The digits that are looked at, and what the members say to them."""
        return self.committee.part(self.state.part)

    @property
    def best(self) -> Scores:
        return self.committee.scores[self.committee.best]


def compute(state: State, committee: Committee) -> View:
    """Errors: `ValueError` for as many weights as there are no members."""
    if len(state.weights) != len(committee.names):
        seventh = "give your answers as student too" if committee.answered is None else "the seventh is yours"
        raise ValueError(f"There are {len(state.weights)} weights for {len(committee.names)} members; {seventh}.")
    mix = mixed(state, committee)
    about = state, committee, mix, _scores(mix, committee), rivals(committee, state.way), alike(committee, state.part)
    if not mix:
        return View(*about, *np.zeros((3, len(committee.part(state.part).labels)), bool))
    part = committee.part(state.part)
    right, best = (
        opinion.argmax(axis=1) == part.labels for opinion in (mix[state.part], part.probabilities[committee.best])
    )
    return View(*about, right & ~best, ~right & best, ~right & ~best)


def mixed(state: State, committee: Committee) -> dict[str, np.ndarray]:
    """The mix's probabilities (n, 10) for each part."""
    if state.shares is None:
        return {}
    join, parts = WAYS[state.way], committee.parts._asdict()
    return {name: join(part.probabilities, state.shares) for name, part in parts.items()}


def _scores(mix: dict[str, np.ndarray], committee: Committee) -> Scores:
    return {name: score(probabilities, committee.part(name).labels) for name, probabilities in mix.items()}


EQUAL, CHOSEN = "equal weights", "tuned on {}"


@cache
def rivals(committee: Committee, way: str) -> dict[str, Scores]:
    """What equal weights score, and those tuned on either part."""
    weights = {EQUAL: committee.equal} | {CHOSEN.format(name): tuned for name, tuned in committee.tuned.items()}
    return {name: _scores(mixed(State(each, way), committee), committee) for name, each in weights.items()}


@cache
def alike(committee: Committee, part: str) -> np.ndarray:
    asked = committee.part(part)
    return ensemble.error_correlation(asked.probabilities, asked.labels)


# In words


def describe(view: View) -> str:
    sentences = (_recipe(view), _results(view), _closely(view), _alike(view), _chosen(view), _you(view))
    return " ".join(filter(None, sentences))


def _recipe(view: View) -> str:
    state, names = view.state, view.committee.names
    if not view.mix:
        return f"Nobody has a weight, so there is no {state.way} yet: give a member one."
    shares = (f"{name} {_percent(share)}" for name, share in zip(names, state.shares, strict=True) if share)
    return f"{state.way.capitalize()} of {', '.join(shares)}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _results(view: View) -> str:
    """What the mix scores beside the best member."""
    name, told = view.committee.names[view.committee.best], []
    for part in Parts._fields:
        mix = f"{_told(view.scores[part])}; " if view.mix else ""
        told.append(f"Of {_size(view, part)} {part} digits: {mix}the {name} alone {_told(view.best[part])}.")
    return " ".join(told)


def _size(view: View, part: str) -> int:
    return len(view.committee.part(part).labels)


def _told(each: Score) -> str:
    return f"{each.wrong} wrong, log-loss {each.loss:.3f}"


def _closely(view: View) -> str:
    if not view.mix:
        return f"The {view.state.part} digits are looked at closely."
    fixed, broken, missed = (rows.sum() for rows in (view.fixed, view.broken, view.missed))
    return f"Of the {view.state.part} digits the mix fixes {fixed} and breaks {broken}; {missed} it keeps wrong."


def _alike(view: View) -> str:
    """Which two members err alike most."""
    apart = np.where(np.tri(len(view.alike), dtype=bool) | np.isnan(view.alike), -2, view.alike)
    first, second = divmod(int(apart.argmax()), len(apart))
    if apart.max() < -1:
        return ""
    names = view.committee.names
    return f"{names[first]} and {names[second]} err most alike there, {drawing.number(apart.max())}."


def _chosen(view: View) -> str:
    """What is gained on test by choosing there."""
    honest, flattered = (view.rivals[CHOSEN.format(part)] for part in Parts._fields)
    return (
        f"Weights tuned on validation: test {_told(honest[TEST])}. Tuned on test: {_told(flattered[TEST])}, "
        "a number that has seen the answers."
    )


def _you(view: View) -> str:
    if view.committee.answered is None:
        return ""
    asked, right = view.committee.answered
    if asked == 1:
        read = f"{'You read' if right else 'You misread'} the hardest validation digit"
    else:
        read = f"You read {right} of the {asked} hardest validation digits"
    return f"{read}; to all others you repeat the models’ mean."


# The picture

WIDTH, TOP, ROW = 600, 50, 21  # of the drawing; where the rows of the table begin, and their height
WEIGHT, WIDE = 128, 56  # the bars of the weights: where they begin, the widest
PART = {VALIDATION: 240, TEST: 430}  # where a part's bars of errors begin
LONG, LOSS = 84, 162  # the longest such bar; where its log-loss ends
THUMB, STEP, MOST = 32, 48, 7  # the digits below: their size and distance, how many of a kind at most
GROUP = 72  # the height of a kind
MAP, MAP_WIDE = 396, 204  # the map of correlations: where it begins, and its width


def draw(view: View) -> str:
    members = len(view.committee.names)
    below = TOP + (members + 4) * ROW + 52
    rows = "".join(_draw_member(view, i) for i in range(members))
    body = (
        _draw_heads(view) + rows + _draw_mix(view) + _draw_rivals(view.committee, view.state.way)
        + _draw_digits(view, below) + _draw_map(view.committee, view.state.part, below) + _targets(view)
    )  # fmt: skip
    return drawing.svg(WIDTH, below + 3 * GROUP + 16, body, f"A committee and its mix. {describe(view)}")


def _draw_heads(view: View) -> str:
    heads = drawing.text(0, 17, "member", "muted") + drawing.text(WEIGHT, 17, "weight", "muted")
    bottom = TOP + (len(view.committee.names) + 4) * ROW + 11
    for part, x in PART.items():
        now = part == view.state.part
        heads += drawing.rectangle(x - 8, 1, LOSS + 16, bottom, "looked-at", rx="5") if now else ""
        heads += drawing.text(x, 17, part, "strong" if now else "muted")
        heads += drawing.text(x, 34, f"wrong, of {_size(view, part)}", "small")
        heads += drawing.text(x + LOSS, 34, "log-loss", "small end")
    return heads


def _draw_member(view: View, i: int) -> str:
    """A member's weight, and what it scores alone."""
    committee, y = view.committee, TOP + i * ROW
    share = 0.0 if view.state.shares is None else float(view.state.shares[i])
    name = SHORT.get(committee.names[i], committee.names[i]) + ", best" * (i == committee.best)
    silent = "" if share else " faint"
    return (
        drawing.text(0, y + 14, name, "name" + silent)
        + drawing.rectangle(WEIGHT, y + 4, WIDE, 12, "track")
        + drawing.rectangle(WEIGHT, y + 4, WIDE * view.state.weights[i], 12, "series-1")
        + drawing.text(WEIGHT + WIDE + 42, y + 14, _percent(share), "numeral end" + silent)
        + _draw_scores(committee, committee.scores[i], y, "series-0" + silent)
    )


def _draw_scores(committee: Committee, scores: Scores, y: float, style: str, text: str = "") -> str:
    """For both parts a bar of errors, their number and the log-loss."""
    longest = max(each.wrong for member in committee.scores for each in member.values())
    drawn = ""
    for part, x in PART.items():
        wide = LONG * min(scores[part].wrong / max(longest, 1), 1)
        drawn += drawing.rectangle(x, y + 4, max(wide, 1), 12, style)
        drawn += drawing.text(x + wide + 5, y + 14, str(scores[part].wrong), f"numeral {text}")
        drawn += drawing.text(x + LOSS, y + 14, f"{scores[part].loss:.3f}", f"numeral end {text}")
    return drawn


def _draw_mix(view: View) -> str:
    y = TOP + len(view.committee.names) * ROW + 6
    line = f'<path class="lines" d="M0 {y - 3}H{WIDTH}"/>'
    if not view.mix:
        return line + drawing.text(0, y + 14, "no mix: nobody has a weight", "muted")
    name = drawing.text(0, y + 14, f"your mix: {view.state.way}", "strong")
    return line + name + _draw_scores(view.committee, view.scores, y, "series-1", "strong")


@cache
def _draw_rivals(committee: Committee, way: str) -> str:
    """Equal and tuned weights, joined in the same way; what has seen the answers is marked."""
    top = TOP + (len(committee.names) + 1) * ROW + 8
    drawn = f'<path class="lines" d="M0 {top - 2}H{WIDTH}"/>'
    for i, (name, scores) in enumerate(rivals(committee, way).items()):
        y = top + i * ROW
        drawn += drawing.text(0, y + 14, name, "name") + _draw_scores(committee, scores, y, "rival")
        drawn += "".join(_star(part, y) for part in Parts._fields if name == CHOSEN.format(part))
    note = "* flattered: these weights were chosen on these very digits"
    return drawn + drawing.text(0, top + 3 * ROW + 14, note, "small")


def _star(part: str, y: float) -> str:
    return drawing.text(PART[part] + LOSS - 40, y + 15, "*", "strong flattered end")


def _draw_digits(view: View, top: float) -> str:
    best = SHORT.get(name := view.committee.names[view.committee.best], name)
    kinds = (
        (view.fixed, "fixes", "only the mix right", view.part.probabilities[view.committee.best]),
        (view.broken, "breaks", f"only the {best} right", view.mix.get(view.state.part)),
        (view.missed, "keeps wrong", "neither right", view.mix.get(view.state.part)),
    )
    return "".join(_draw_kind(view, *kind, top + i * GROUP) for i, kind in enumerate(kinds))


def _draw_kind(view: View, rows: np.ndarray, verb: str, why: str, opinion: np.ndarray | None, y: float) -> str:
    """The digits of a kind; under each its label, and what was read instead."""
    found = np.flatnonzero(rows)
    more = f", the first {MOST}" if len(found) > MOST else ""
    head = (
        f'<text x="0" y="{y:g}"><tspan class="strong">the mix {verb} {len(found)}</tspan>'
        f'<tspan class="muted" dx="8">{why}{more}</tspan></text>'
    )
    thumbs = (_draw_thumb(view, row, int(opinion[row].argmax()), i * STEP, y + 7) for i, row in enumerate(found[:MOST]))
    return head + "".join(thumbs)


def _draw_thumb(view: View, row: int, answer: int, x: float, y: float) -> str:
    words = f"{view.part.labels[row]} as {answer}"
    return drawing.picture(view.part.images[row], x, y, THUMB) + drawing.text(
        x + THUMB / 2, y + THUMB + 12, words, "small middle"
    )


@cache
def _draw_map(committee: Committee, part: str, top: float) -> str:
    """Who errs alike: a coloured square with its number for every two members."""
    names, values = [SHORTER.get(name, name) for name in committee.names], alike(committee, part)
    cell = MAP_WIDE / len(names)
    drawn = drawing.text(MAP - 44, top, "who errs alike", "strong")
    drawn += drawing.text(WIDTH, top, "correlation of errors", "small end")
    for i, name in enumerate(names):
        middle = (i + 0.5) * cell
        drawn += drawing.text(MAP - 5, top + 14 + middle, name, "small end")
        drawn += drawing.text(MAP + middle - 1, top + MAP_WIDE + 22, name, "tiny middle")
        drawn += "".join(_draw_square(values[i, j], MAP + j * cell, top + 10 + i * cell, cell) for j in range(i + 1))
    return drawn


def _draw_square(value: float, x: float, y: float, cell: float) -> str:
    if np.isnan(value):
        return drawing.text(x + cell / 2, y + cell / 2 + 4, "–", "tiny middle")
    hue, style = "alike" if value >= 0 else "unlike", "tiny middle on" if value > 0.85 else "tiny middle"
    number = "1" if value > 0.995 else drawing.number(value).replace("0.", ".", 1)
    return drawing.rectangle(x, y, cell - 2, cell - 2, hue, fill_opacity=f"{abs(value):.2f}", rx="2") + drawing.text(
        x + cell / 2 - 1, y + cell / 2 + 3, number, style
    )


def _targets(view: View) -> str:
    weights = (
        drawing.target(WEIGHT, TOP + i * ROW, WIDE, ROW, f"weight-{i}") for i in range(len(view.committee.names))
    )
    heads = (drawing.target(x - 8, 1, LOSS + 16, 40, f"part-{name}") for name, x in PART.items())
    return "".join(weights) + "".join(heads)


# The still picture


def still(view: View):
    """Each member's errors on validation and test, beside those of the mixes; and who errs alike."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.2, 3.8), layout="constrained")
    members = "Six models" + " and you," * (view.committee.answered is not None)
    figure.suptitle(f"{members} with different errors, and what joining them makes of it")
    bars, alike = figure.subplots(1, 2, width_ratios=(1.6, 1))
    _plot_errors(bars, view)
    _plot_alike(alike, view)
    return figure


def _plot_errors(axes, view: View) -> None:
    rows = dict(zip(view.committee.names, view.committee.scores, strict=True))
    rows |= {f"{view.state.way}: {name}": scores for name, scores in view.rivals.items()}
    places = np.arange(len(rows))
    for shift, part in ((-0.2, VALIDATION), (0.2, TEST)):
        count, wrong = len(view.committee.part(part).labels), [scores[part].wrong for scores in rows.values()]
        colour = drawing.SERIES[part == TEST]
        drawn = axes.barh(places + shift, wrong, 0.38, color=colour, label=f"{part}, of {count}")
        axes.bar_label(drawn, fontsize=8, padding=2)
    axes.axhline(len(view.committee.names) - 0.5, color="grey", linewidth=0.8)
    axes.set_yticks(places, rows, fontsize=8)
    axes.invert_yaxis()
    axes.set_title("digits misread", fontsize=10)
    axes.legend(fontsize=8, loc="lower right")
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)


def _plot_alike(axes, view: View) -> None:
    names = [SHORTER.get(name, name) for name in view.committee.names]
    axes.imshow(view.alike, cmap="PuOr", vmin=-1, vmax=1)
    for (row, column), value in np.ndenumerate(view.alike):
        colour = "white" if abs(value) > 0.6 else "black"
        axes.text(column, row, "–" if np.isnan(value) else drawing.number(value), ha="center", va="center", fontsize=8,
                  color=colour)  # fmt: skip
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_title(f"correlation of errors, {view.state.part}", fontsize=10)


# The controls


def ensemble_mixer(weights: Sequence[float] | None = None, way: str = MEAN, *, part: str = VALIDATION,
                   student=None) -> Exploration:  # fmt: skip
    """Mix the opinions of six models, and see which digits the mix fixes, which it breaks, and what that is worth.

    weights: six numbers from 0 to 1, in hundredths, for CNN, RNN, SVM, 3 nearest neighbours, MLP and logistic
    regression; they are divided by their sum. Equal ones if not given.
    way: `"mean"`, `"vote"` or `"mean of logits"`, as the functions in `recognition.ensemble`.
    part: `"validation"` or `"test"`, the digits that are looked at closely.
    student: your labels of the hardest validation digits, in the order of `ensemble.hardest(…)`; you become the
    seventh member, with a seventh weight. Where you gave no label you repeat the mean of the models.

    “Tuned” weights have the lowest log-loss of the mean on validation or on test digits. The opinions are those that
    `course train members` stored, on the split by writer.
    Errors: `ValueError` for what is not accepted.
    """
    committee = _models() if student is None else gather(members(), student)
    first = State(committee.equal)
    state = replace(first, way=way, part=part) if weights is None else State(weights, way, part)
    compute(state, committee)  # what is wrong with it is raised here
    return Exploration(
        "ensemble_mixer",
        title="Ensemble mixer",
        idea="six models, one answer; whom do you listen to, and how do you know?",
        state=state,
        compute=partial(compute, committee=committee),
        describe=describe,
        draw=draw,
        still=still,
        call=partial(_call, first=first, student=student),
        controls=[
            Group("Weights", [_weight(i, name) for i, name in enumerate(committee.names)]),
            Group("Fill in: all equal, or tuned on", [_tuned(committee)]),
            Group("Join them by", [toggles("way", "", [("mean", MEAN), ("vote", VOTE), ("logits", "mean of logits")])]),
            Group("Look closely at", [toggles("part", "", list(Parts._fields))]),
        ],
        puzzles=puzzles(committee),
        pick=_pick,
    )  # fmt: skip


def members() -> Parts:
    """What the six models say to validation and test digits of the split by writer."""
    return stored.load()


@cache
def _models() -> Committee:
    return gather(members())


def _call(state: State, first: State, student) -> str:
    """`weights` are written as short as they can be, and `student` by its name in the notebook."""
    data = "" if student is None else f"student={name_of(student, 'answers')}"
    call = call_line("ensemble_mixer", "", state, first, {"weights": _written})
    return call if not data else call.replace("(", f"({data}, ", 1).replace(", )", ")")


def _written(weights: tuple[float, ...]) -> str:
    return f"({', '.join(map(written, weights))})"


def _weight(i: int, name: str) -> Control:
    return slider(
        f"weight-{i}", SHORT.get(name, name), 0.0, 1.0, 0.01, read=partial(_with_weight, i=i),
        write=lambda state: state.weights[i],
    )  # fmt: skip


def _with_weight(state: State, weight: float, i: int) -> State:
    return replace(state, weights=(*state.weights[:i], weight, *state.weights[i + 1 :]))


def _tuned(committee: Committee) -> Control:
    """Three buttons that set all weights; none is down while they are of your own."""
    known = {"equal": committee.equal, **committee.tuned}

    def write(state: State) -> str | None:
        return next((name for name, weights in known.items() if weights == state.weights), None)

    def read(state: State, name: str | None) -> State:
        return replace(state, weights=known[name]) if name else state

    control = toggles("tuned", "", list(known),
                      read=read, write=write)  # fmt: skip
    control.widget.tooltips = ["all weights alike"] + [f"lowest log-loss on {name} digits" for name in committee.tuned]
    return control


def _pick(state: State, name: str, x: float, y: float) -> State:
    """The weight or the part that is pointed at."""
    kind, which = name.split("-")
    return replace(state, part=which) if kind == "part" else _with_weight(state, x, int(which))


# Puzzles


def puzzles(committee: Committee) -> tuple[Puzzle, ...]:
    """Those that this committee can answer; others may have nothing to find. Your own weight begins and ends at 0."""
    asked = _two_heads(committee), _dead_weight(committee), _hung(committee), _sell_it(committee)
    return tuple(filter(None, asked))


def _of(committee: Committee, *chosen: int) -> tuple[float, ...]:
    """Weights of 1 for the members `chosen`, and 0 for the others."""
    return tuple(float(i in chosen) for i in range(len(committee.names)))


def _alone(committee: Committee, **changes) -> State:
    return State(_of(committee, committee.best), **changes)


def _wrong(committee: Committee, weights: tuple[float, ...], way: str = MEAN) -> Score:
    """What a mix scores on validation digits."""
    part = committee.parts.validation
    return score(WAYS[way](part.probabilities, State(weights).shares), part.labels)


def _pairs(committee: Committee) -> list[tuple[float, ...]]:
    return [_of(committee, *pair) for pair in combinations(range(SIX), 2)]


def _two_heads(committee: Committee) -> Puzzle | None:
    """The pair whose mean gains most on the better of the two."""
    alone = [member[VALIDATION].wrong for member in committee.scores]
    found = {weights: _wrong(committee, weights) for weights in _pairs(committee)}

    def better(weights: tuple[float, ...]) -> int:
        return min(wrong for wrong, weight in zip(alone, weights, strict=True) if weight)

    best = min(found, key=lambda weights: (found[weights].wrong - better(weights), found[weights].loss))
    if found[best].wrong >= better(best):
        return None
    first, second = np.flatnonzero(best)
    one, other = committee.names[first], committee.names[second]
    return Puzzle(
        "Two heads",
        "Weigh two models and no other, so that their mean misreads fewer validation digits than either of them alone.",
        _alone(committee),
        lambda view: view.state.way == MEAN and _count(view) == 2 and not _you_count(view.state)
        and view.scores[VALIDATION].wrong < better(view.state.weights),
        (State(best),),
        f"{one} and {other} misread {found[best].wrong} where alone they misread {alone[first]} and {alone[second]}: a "
        "partner need not be good, only wrong on other digits (correlation "
        f"{drawing.number(alike(committee, VALIDATION)[first, second])}).",
    )  # fmt: skip


def _count(view: View) -> int:
    """How many members have a weight."""
    return sum(weight > 0 for weight in view.state.weights)


def _you_count(state: State) -> bool:
    """Whether you are a member with a weight."""
    return any(state.weights[SIX:])


def _dead_weight(committee: Committee) -> Puzzle | None:
    everyone = _of(committee, *range(SIX))
    less = [_of(committee, *(set(range(SIX)) - {i})) for i in range(SIX)]
    found, before = [_wrong(committee, weights) for weights in less], _wrong(committee, everyone)
    harmful = [i for i in range(SIX) if found[i].wrong < before.wrong]
    if not harmful:
        return None
    out = min(harmful, key=lambda i: (found[i].wrong, found[i].loss))
    some, best = ("Some", "Best is without") if len(harmful) > 1 else ("One", "Without")
    return Puzzle(
        "Dead weight",
        f"All six models weigh the same. {some} of these weights {'do' if len(harmful) > 1 else 'does'} harm: take one "
        "away, so that the mean misreads fewer validation digits.",
        State(everyone),
        lambda view: view.state.way == MEAN and view.state.weights in less
        and view.scores[VALIDATION].wrong < before.wrong,
        (State(less[out]),),
        f"{best} the {committee.names[out]}: {found[out].wrong} misread instead of {before.wrong}. One member more is "
        "not always a gain.",
    )  # fmt: skip


def _hung(committee: Committee) -> Puzzle | None:
    found = {weights: _wrong(committee, weights, VOTE).wrong for weights in _pairs(committee)}
    means = {weights: _wrong(committee, weights).wrong for weights in found}
    widest = max(found, key=lambda weights: found[weights] - means[weights])
    if found[widest] < 2 * means[widest] or not means[widest]:
        return None
    return Puzzle(
        "Hung vote",
        "Find a vote of models that misreads at least twice as many validation digits as the mean with the same "
        "weights.",
        State(_of(committee, *range(SIX)), VOTE),
        partial(_is_hung, committee=committee),
        (State(widest, VOTE),),
        f"Two votes tie wherever they differ, and the smaller digit wins: {found[widest]} misread. The mean lets the "
        f"surer one decide: {means[widest]}. A vote has lost the doubt.",
    )


def _is_hung(view: View, committee: Committee) -> bool:
    if view.state.way != VOTE or not view.mix or _you_count(view.state):
        return False
    mean = _wrong(committee, view.state.weights).wrong
    return view.scores[VALIDATION].wrong >= 2 * max(mean, 1)


def _sell_it(committee: Committee) -> Puzzle | None:
    honest, flattered = (rivals(committee, MEAN)[CHOSEN.format(part)] for part in Parts._fields)
    if flattered[TEST].loss >= honest[TEST].loss:
        return None
    half = (honest[TEST].loss + flattered[TEST].loss) / 2
    told = (
        f"{part}: log-loss {honest[part].loss:.4f} → {flattered[part].loss:.4f}, errors {honest[part].wrong} → "
        f"{flattered[part].wrong}"
        for part in (TEST, VALIDATION)
    )
    return Puzzle(
        "Sell it",
        "These weights were tuned on validation. Find some whose mean gains on the test digits at least half of what "
        f"can be gained there: a log-loss of {half:.4f} or less.",
        State(committee.tuned[VALIDATION], part=TEST),
        lambda view: view.state.way == MEAN and bool(view.mix) and view.scores[TEST].loss <= half,
        (State(committee.tuned[TEST], part=TEST),),
        f"From tuned on validation to tuned on test, {'; '.join(told)}. The test digits chose, so they can no longer "
        "judge.",
    )
