"""The report card: how good are drawn digits, beside digits nobody learned from? Taught in lesson 06.

    card = measure(sample(split.test.labels, seed=0), split.test.labels, split, judge)
    card                                  # four lines: looks right, varied, new, overall
    card.frechet, card.recall, card.copies …

A picture has no right answer, so a set of pictures is compared with a set of held-out digits of the same size, in
what a judge sees in both. No single number is enough: a copyist looks right and varied, and has invented nothing;
a generator that draws one good 3 looks right, and is not varied; noise is new. Hence the four lines.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from course_utils.claims import approximately
from course_utils.data.digits import Split
from course_utils.generation import rivals
from course_utils.generation.inputs import as_labels
from course_utils.generation.judge import Judge
from course_utils.recognition.inputs import as_images

__all__ = [
    "LEAST",
    "PARTS",
    "Card",
    "Exam",
    "Line",
    "anchors",
    "coverage",
    "density",
    "frechet",
    "measure",
    "precision",
    "recall",
]

PARTS = ("validation", "test")
LEAST = 100
"""Pictures that a card needs: with fewer, the Gaussians of two sets of real digits lie far apart by chance."""
MANIFOLD, BALLS = 3, 5  # neighbours; as in the papers' own experiments
SHAPE = (8, 8, 1)


# -- formulas, on features of any judge ------------------------------------------------------------


def frechet(features, others) -> float:
    """The squared Fréchet distance between the Gaussians fitted to features (n, d) and others (m, d); 0: the same.

    |mean − mean|² + tr(C + D − 2 (√C D √C)^½) of the covariances C and D (divided by n), by symmetric roots only: they
    exist also where n ≤ d, when C lacks directions. With few samples it comes out too large, so compare equal counts.
    D. Dowson and B. Landau (1982); as a score of generators M. Heusel and others (2017), in other features.
    Errors: `ValueError` for features that are no two tables of as many columns, two rows or more in each.
    """
    features, others = _tables(features, others, least=2)
    (mean, covariance), (other_mean, other) = map(_gaussian, (features, others))
    variances, directions = np.linalg.eigh(covariance)
    root = (directions * np.sqrt(variances.clip(0))) @ directions.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(0)).sum()
    distance = ((mean - other_mean) ** 2).sum() + np.trace(covariance) + np.trace(other) - 2 * shared
    return float(max(distance, 0.0))  # rounding can leave −1e-16


def precision(real, drawn, k: int = MANIFOLD) -> float:
    """The share of the drawn features (m, d) that lie among the real ones (n, d).

    A point lies among others if, for one of them, it is no further than that one's k-th nearest of its own kind.
    T. Kynkäänniemi and others, *Improved precision and recall metric* (2019), where k = 3.
    Errors: `ValueError` for features that are no two tables of as many columns, or for k rows or fewer.
    """
    return float(_inside(*_tables(real, drawn, k + 1), k).any(axis=0).mean())


def recall(real, drawn, k: int = MANIFOLD) -> float:
    """The share of the real features (n, d) that lie among the drawn ones (m, d). Otherwise as `precision`."""
    return precision(drawn, real, k)


def density(real, drawn, k: int = BALLS) -> float:
    """How many of the real points' balls a drawn point lies in, on average, over k; about 1 for real digits.

    The ball of a real point reaches to its k-th nearest real neighbour. One outlier with a large ball, which
    `precision` falls for, counts little here. M. Naeem and others, *Reliable fidelity and diversity metrics* (2020).
    Errors: as of `precision`.
    """
    return float(_inside(*_tables(real, drawn, k + 1), k).sum(axis=0).mean() / k)


def coverage(real, drawn, k: int = BALLS) -> float:
    """The share of the real points in whose ball a drawn point lies. Source and errors as of `density`."""
    return float(_inside(*_tables(real, drawn, k + 1), k).any(axis=1).mean())


def _gaussian(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = features.mean(axis=0)
    return mean, (features - mean).T @ (features - mean) / len(features)


def _inside(centers: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    """Whether each point (m, d) lies in the ball of each center (n, d): bool (n, m)."""
    from scipy.spatial.distance import cdist

    radii = np.partition(cdist(centers, centers), k, axis=1)[:, k]  # nearest of all is the center itself
    return cdist(centers, points) <= radii[:, None]


def _tables(features, others, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 (n, d) and (m, d), finite, of `least` rows or more."""
    tables = [np.asarray(table, np.float64) for table in (features, others)]
    shapes = " and ".join(str(table.shape) for table in tables)
    if any(table.ndim != 2 for table in tables) or tables[0].shape[1] != tables[1].shape[1]:
        raise ValueError(f"Features are two tables (n, d) and (m, d) of as many columns; got {shapes}.")
    if min(map(len, tables)) < least:
        raise ValueError(f"This takes {least} rows or more in each table; got {shapes}.")
    if not all(np.isfinite(table).all() for table in tables):
        raise ValueError("Some features are NaN or infinite; look at the pictures they were made of.")
    return tables[0], tables[1]


# -- the card --------------------------------------------------------------------------------------

# name: (what it is called on the card, lowest value, highest value)
SCORES = {
    "frechet": ("Fréchet distance, % of the digits' variance", 0, np.inf),
    "precision": ("precision", 0, 1),
    "recall": ("recall", 0, 1),
    "density": ("density", 0, np.inf),
    "coverage": ("coverage", 0, 1),
    "agreement": ("read as asked", 0, 1),
    "histogram_distance": ("distance of the class histogram", 0, 1),
    "nearest_ratio": ("distance to the training, over that of held-out digits", 0, np.inf),
    "copies": ("copies", 0, 1),
}


class Line(NamedTuple):
    """One of the four lines: a `mark` from 0 to 10, and in words what it rests on, each measured number behind ≈."""

    name: str
    mark: float
    because: str

    def __str__(self) -> str:
        return f"{self.name}: {self.grade} ({self.because})"

    @property
    def grade(self) -> str:
        """The mark in words."""
        return f"≈ {self.mark:.1f} of 10"


@dataclass(frozen=True, repr=False, eq=False)
class Card:
    """What `measure` found about `count` pictures, beside as many held-out digits of `part`.

    frechet: Fréchet distance in the judge's features, in hundredths of the total variance of its training digits.
    precision, recall: k = 3; density, coverage: k = 5; all in the judge's features.
    agreement: share of pictures that the judge reads as the label asked for.
    histogram (10,): how many pictures the judge reads as each digit; histogram_distance: the share of pictures that
    would have to change class for it to be the held-out digits' own (total variation distance).
    nearest, nearest_held_out: mean distance to the nearest training digit, over 64 pixels from 0 to 1, of the pictures
    and of the held-out digits; nearest_ratio: the first over the second. Below 1 they keep too close to the training;
    in a split by writer, where held-out digits are strangers', also because they were learned from these writers.
    copies: share of pictures nearer to a training digit than half of what is usual (the median) from one training
    digit to the next. Of held-out digits, which nobody copied, 0 to 0.8 % are (validation digits of five splits).
    intervals: 95 % by resampling, for each of the scores; empty without `resamples`.
    anchors: the same scores of real training digits ("real train"), of per-class "kernel density"
    and "Gaussian mixtures", and of "noise".
    """

    name: str
    part: str
    count: int
    frechet: float
    precision: float
    recall: float
    density: float
    coverage: float
    agreement: float
    histogram: np.ndarray
    histogram_distance: float
    nearest: float
    nearest_held_out: float
    nearest_ratio: float
    copies: float
    intervals: Mapping[str, tuple[float, float]]
    anchors: Mapping[str, Mapping[str, float]]

    @property
    def scores(self) -> dict[str, float]:
        """The numbers that have an interval, by name."""
        return {name: getattr(self, name) for name in SCORES}

    @property
    def marks(self) -> dict[str, float]:
        """The four marks, 0 to 10, by the names of their lines."""
        return {line.name: line.mark for line in self.lines()}

    def lines(self) -> tuple[Line, Line, Line, Line]:
        """The four lines for a student: looks right, varied, new, overall.

        A mark is the lowest of those of its scores: 10 where as many real training digits stand, 5 at the least that
        passes, 0 where nothing is left; straight between. The passes, and why:
        - looks right: one picture in twenty more misread than of real digits, since a page of twenty then shows a wrong
          one; four fifths of real digits' precision.
        - varied: four fifths of real digits' recall and coverage, and a tenth of the pictures in the wrong class: who
          leaves out two classes of ten fails.
        - new: nine tenths of held-out digits' distance to the training. Kernel density, which is training digits and a
          little noise, has 0.81 to 0.84 on validation digits and fails; copies 2.5 %, three times what was found
          where nobody copied.
        - overall: the Fréchet distance of per-class kernel density, drawn without a network; nothing at that of noise.
          Straight in the logarithm, as the anchors differ by factors. Kernel density is the rival to pass, not the
          best one: Gaussian mixtures come nearer, and stand beside it.
        """
        real, rival, noise = (self.anchors[name] for name in ("real train", "kernel density", "noise"))
        distances = (-np.log(max(each["frechet"], 1e-9)) for each in (self.scores, noise, rival, real))
        looks = (
            _mark(self.agreement, 0.1, real["agreement"] - 0.05, real["agreement"]),
            _mark(self.precision, 0, 0.8 * real["precision"], real["precision"]),
        )
        varied = (
            _mark(self.recall, 0, 0.8 * real["recall"], real["recall"]),
            _mark(self.coverage, 0, 0.8 * real["coverage"], real["coverage"]),
            _mark(-self.histogram_distance, -0.5, -0.1, -real["histogram_distance"]),
        )
        new = _mark(self.nearest_ratio, 0.5, 0.9, 0.97), _mark(-self.copies, -0.1, -0.025, -0.01)
        return (
            Line("looks right", min(looks), self._beside("agreement", "precision")),
            Line("varied", min(varied), self._beside("recall", "coverage")),
            Line("new", min(new), f"{self._far()}, copies {_percent(self.copies)}"),
            Line("overall", _mark(*distances), self._distances()),
        )

    def _beside(self, *names: str) -> str:
        real = self.anchors["real train"]
        parts = (
            f"{SCORES[name][0]} {approximately(getattr(self, name))}, real {approximately(real[name])}"
            for name in names
        )
        return "; ".join(parts)

    def _far(self) -> str:
        return f"{approximately(self.nearest_ratio)} times as far from the training digits as held-out digits are"

    def _distances(self) -> str:
        anchors = self.anchors.items()
        others = (f"{name} {approximately(scores['frechet'])}" for name, scores in anchors if name != "noise")
        return f"Fréchet distance {approximately(self.frechet)}; {', '.join(others)}"

    def _title(self) -> str:
        return f"Report card of {self.name}: {self.count} pictures beside {self.count} {self.part} digits"

    def __repr__(self) -> str:
        return "\n".join([self._title(), *(f"  {line}" for line in self.lines())])

    def _repr_html_(self) -> str:
        lines = "".join(_row(_unbroken(line.name), _unbroken(line.grade), line.because) for line in self.lines())
        names = [name for name in self.anchors if name != "noise"]
        head = _row("", "this card", "95 %", *names)
        rest = "".join(self._compared(score, names) for score in SCORES)
        counts = ", ".join(f"{digit}: {approximately(int(count))}" for digit, count in enumerate(self.histogram))
        return (
            f'<div class="course-report-card" style="{_BOX}"><b>{html.escape(self._title())}</b>'
            f'<table style="{_TABLE}">{lines}</table>'
            f'<details><summary style="cursor: pointer">All that was measured</summary>'
            f'<table style="{_TABLE}">{head}{rest}</table>read as {counts}</details></div>'
        )

    def _compared(self, score: str, names: list[str]) -> str:
        """The row of a score: its value, its interval, and the same score of the anchors."""
        low, high = map(approximately, self.intervals[score]) if score in self.intervals else ("", "")
        others = (approximately(self.anchors[name][score]) for name in names)
        return _row(SCORES[score][0], approximately(self.scores[score]), f"{low} to {high}" if low else "", *others)


_BOX = "color: inherit; line-height: 1.5; max-width: 60em"
_TABLE = "color: inherit; background: transparent; border-collapse: collapse; margin: 0.3em 0"
_CELL = "text-align: left; vertical-align: top; padding: 0.15em 1em 0.15em 0"


def _row(name: str, *cells: str) -> str:
    """A row of a table; it takes its colours from the page, so it is readable on light and dark."""
    unbroken = (html.escape(text).replace("≈ ", "≈\u00a0") for text in cells)
    inner = "".join(f'<td style="{_CELL}">{text}</td>' for text in unbroken)
    return f'<tr><th style="{_CELL}">{html.escape(name)}</th>{inner}</tr>'


def _unbroken(words: str) -> str:
    """The words in one line, however narrow the column."""
    return words.replace(" ", "\u00a0")


def _percent(share: float) -> str:
    return f"≈ {100 * share:.1f} %"


def _mark(value: float, nothing: float, passing: float, best: float) -> float:
    """0 at `nothing`, 5 at `passing`, 10 at `best`, which count upwards; straight between."""
    passing = max(passing, nothing + 1e-6)
    return float(np.interp(value, [nothing, passing, max(best, passing + 1e-6)], [0, 5, 10]))


# -- measuring -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Evidence:
    """What the scores of one set of pictures are made of: n pictures beside n held-out digits."""

    features: np.ndarray  # (n, d)
    among_real: np.ndarray  # bool (real, pictures), k = 3
    among_drawn: np.ndarray  # bool (pictures, real), k = 3
    in_balls: np.ndarray  # bool (real, pictures), k = 5
    read: np.ndarray  # what the judge reads, (n,)
    labels: np.ndarray  # what was asked for, (n,)
    nearest: np.ndarray  # (n,)


class Exam:
    """One part of a split, ready for many sets of pictures: `measure` builds one for each call.

    split: a `digits.Split`. part: the held-out digits, "validation" or "test". judge: one that saw neither.
    Errors: `ValueError` for another part, for a judge that has seen one of the held-out digits, for fewer than
    100 of these.
    """

    def __init__(self, split: Split, judge: Judge, part: str = "test"):
        if part not in PARTS:
            raise ValueError(f"A card compares with a part that is held out, 'validation' or 'test'; got {part!r}.")
        for name in PARTS:
            _refuse(judge, getattr(split, name).images, name)
        held = getattr(split, part)
        if len(held) < LEAST:
            raise ValueError(f"A card needs {LEAST} held-out digits or more; this {part} part has {len(held)}.")
        self.part, self.split, self.judge, self.held = part, split, judge, held
        self._train = _flat(split.train.images)
        self._features = judge.features(held.images)
        self._nearest = self._to_training(held.images)
        self._close = np.median(_between(self._train)) / 2
        self.anchors = {name: self._scores_of(sample) for name, sample in self._rulers().items()}

    def measure(self, images, labels, name: str = "a generator", resamples: int = 0, seed: int = 0) -> Card:
        """The card of `images` drawn for `labels`; the arguments and errors are those of `report_card.measure`."""
        if isinstance(resamples, bool) or not isinstance(resamples, (int, np.integer)) or resamples < 0:
            raise ValueError(f"resamples is a whole number from 0, the more the steadier; got {resamples!r}.")
        evidence = self._evidence(images, labels)
        scores = self._scores(evidence)
        return Card(
            name=name,
            part=self.part,
            count=len(self.held),
            **scores,
            histogram=np.bincount(evidence.read, minlength=10),
            nearest=float(evidence.nearest.mean()),
            nearest_held_out=float(self._nearest.mean()),
            intervals=self._intervals(evidence, scores, resamples, np.random.default_rng(seed)),
            anchors=self.anchors,
        )

    def _rulers(self) -> dict[str, rivals.Sample]:
        train, validation = self.split.train, self.split.validation
        width = rivals.bandwidth(train, validation)
        return {
            "real train": rivals.real(train),
            "kernel density": rivals.kernel_density(train, width),
            "Gaussian mixtures": rivals.mixtures(train),
            "noise": rivals.noise(),
        }

    def _scores_of(self, sample: rivals.Sample) -> dict[str, float]:
        return self._scores(self._evidence(sample(self.held.labels, seed=0), self.held.labels))

    def _evidence(self, images, labels) -> _Evidence:
        images = as_images(images, SHAPE)
        labels = as_labels(labels, len(images))
        if len(images) != len(self.held):
            raise ValueError(
                f"A card compares equal counts: here {len(images)} pictures with {len(self.held)} {self.part} digits. "
                f"Draw one for each of their labels, sample(split.{self.part}.labels, seed)."
            )
        features, real = self.judge.features(images), self._features
        return _Evidence(
            features=features,
            among_real=_inside(real, features, MANIFOLD),
            among_drawn=_inside(features, real, MANIFOLD),
            in_balls=_inside(real, features, BALLS),
            read=self.judge.probabilities(images).argmax(axis=1),
            labels=labels,
            nearest=self._to_training(images),
        )

    def _scores(self, of: _Evidence, rows=slice(None), held=slice(None)) -> dict[str, float]:
        """The scores of these rows of the pictures beside these rows of the held-out digits; all if not given."""
        features, real, balls = of.features[rows], self._features[held], of.in_balls[held][:, rows]
        read, wanted = (np.bincount(labels, minlength=10) for labels in (of.read[rows], self.held.labels[held]))
        return {
            "frechet": 100 * frechet(features, real),
            "precision": float(of.among_real[held][:, rows].any(axis=0).mean()),
            "recall": float(of.among_drawn[rows][:, held].any(axis=0).mean()),
            "density": float(balls.sum(axis=0).mean() / BALLS),
            "coverage": float(balls.any(axis=1).mean()),
            "agreement": float((of.read == of.labels)[rows].mean()),
            "histogram_distance": float(np.abs(read - wanted).sum() / (2 * len(features))),
            "nearest_ratio": float(of.nearest[rows].mean() / self._nearest[held].mean()),
            "copies": float((of.nearest[rows] < self._close).mean()),
        }

    def _intervals(self, of: _Evidence, scores: dict, resamples: int, rng) -> dict[str, tuple[float, float]]:
        """95 % intervals: pictures and held-out digits are drawn anew, with replacement, and scored.

        A resample has doubles, so it looks less varied than the whole and further away. Its scores are therefore
        moved until their mean is the score of the whole; what is kept is how they scatter.
        """
        if not resamples:
            return {}
        count = len(self.held)
        draw = partial(rng.integers, count, size=count)
        drawn = [self._scores(of, draw(), draw()) for _ in range(resamples)]
        return {name: _interval([one[name] for one in drawn], scores[name], *SCORES[name][1:]) for name in SCORES}

    def _to_training(self, images) -> np.ndarray:
        """The distance of each image to its nearest training digit, (n,)."""
        from scipy.spatial.distance import cdist

        return cdist(_flat(images), self._train).min(axis=1)

    def __repr__(self) -> str:
        return f"Exam beside {len(self.held)} {self.part} digits"


def measure(images, labels, split: Split, judge: Judge, part="test", name="a generator", resamples=200, seed=0) -> Card:
    """The report card of `images` (n, 8, 8, 1) in [0, 1], drawn for `labels` (n,).

    split: the generator learned from `split.train` alone. judge: trained on `split.train` alone.
    part: the held-out digits to compare with, as many as there are images: "validation" to choose by, "test" to
    report once. name: who drew them, for the card's title.
    resamples: how often the intervals resample; 0 leaves them out. seed: of the resampling.
    Errors: `ValueError` for images of another count, shape or range or with NaN, for labels that are none, and
    those of `Exam`, which is what to use for many sets of pictures.
    """
    return Exam(split, judge, part).measure(images, labels, name, resamples, seed)


def anchors(split: Split, judge: Judge, part: str = "test", resamples: int = 0, seed: int = 0) -> dict[str, Card]:
    """The cards of all `rivals.fit_all(split)` by their names, for the labels of the held-out digits.

    "real validation" is left out where `part` is "validation": it would be compared with itself.
    Arguments and errors are those of `measure`; `seed` is that of the rivals, too.
    """
    exam = Exam(split, judge, part)
    labels = exam.held.labels
    fitted = {name: sample for name, sample in rivals.fit_all(split).items() if name != f"real {part}"}
    return {name: exam.measure(sample(labels, seed), labels, name, resamples, seed) for name, sample in fitted.items()}


def _refuse(judge: Judge, images: np.ndarray, part: str) -> None:
    seen = int(judge.seen(images).sum())
    if seen:
        raise ValueError(
            f"This judge was trained on {seen} of the {len(images)} {part} digits, so it cannot judge how well others "
            "reach them. Take one that knows split.train alone: judge.train(split.train)."
        )


def _flat(images) -> np.ndarray:
    return np.asarray(images, np.float64).reshape(len(images), -1)


def _between(rows: np.ndarray) -> np.ndarray:
    """The distance of each row to its nearest other row, (n,)."""
    from scipy.spatial.distance import cdist

    return np.partition(cdist(rows, rows), 1, axis=1)[:, 1]


def _interval(drawn: list[float], score: float, low: float, high: float) -> tuple[float, float]:
    moved = np.percentile(drawn, [2.5, 97.5]) - np.mean(drawn) + score
    return tuple(moved.clip(low, high).tolist())
