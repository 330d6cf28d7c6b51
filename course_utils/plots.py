"""One call a picture. Every function takes arrays and returns the figure; the last line of a cell shows it.

Signed numbers are drawn from orange (negative) over white (zero) to purple (positive), all other images in grey.
Series differ in colour (Okabe and Ito's, safe for colour-blind readers), marker and line, so that they can also be
told apart in print.
"""

import reprlib
from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

__all__ = [
    "show_beliefs",
    "show_boxes",
    "show_curves",
    "show_fields",
    "show_images",
    "show_intervals",
    "show_matrix",
    "show_points",
    "show_probabilities",
    "show_products",
    "show_writers",
]

STYLES = (
    ("#0072B2", "o", "-"),
    ("#D55E00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#56359B", "D", ":"),
    ("#E69F00", "v", "-"),
    ("#555555", "x", "--"),
)
SIGNED = "PuOr"


def show_images(
    images: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    size: float | None = None,
    title: str = "",
    limit: float | None = None,
) -> Figure:
    """Pictures side by side: each (h, w), (h, w, 1) or (h, w, 3).

    Images with a negative value are drawn signed, from −limit to limit (`limit` is each one's largest magnitude if
    not given); the others from 0 to 1, or to their largest value. `size` is the width of one picture in inches.
    """
    images = _pictures(images)
    if columns is not None and columns < 1:
        raise ValueError(f"columns is {columns}; there must be at least one.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"There are {len(images)} images and {len(titles)} titles; give one title for each image.")
    columns = columns or min(len(images), 5)
    rows = -(-len(images) // columns)
    size = size or 9 / columns
    shape = max(image.shape[0] / image.shape[1] for image in images)
    text = 0.32 if titles else 0.05
    figure, axes = _figure(rows, columns, (size * columns, (size * shape + text) * rows + (0.35 if title else 0)))
    for axis in axes.flat:
        axis.axis("off")
    for number, (axis, image) in enumerate(zip(axes.flat, images, strict=False)):
        _draw(axis, image, limit)
        axis.set_title(titles[number] if titles else "")
    figure.suptitle(title)
    return _done(figure)


def show_products(patch: np.ndarray, kernel: np.ndarray, titles: Sequence[str] = ("patch", "kernel")) -> Figure:
    """Three grids of numbers, `patch` × `kernel` = products, with the sum of the products in the last title."""
    patch, kernel = np.asarray(patch, float), np.asarray(kernel, float)
    if patch.ndim != 2 or patch.shape != kernel.shape:
        raise ValueError(f"Patch and kernel must have one shape (h, w); they have {patch.shape} and {kernel.shape}.")
    products = patch * kernel
    names = [*titles, f"products, sum {products.sum():.2f}"]
    figure, axes = _figure(1, 3, (8, 2.7))
    for axis, grid, name, sign in zip(axes.flat, (patch, kernel, products), names, ("×", "=", ""), strict=True):
        _draw(axis, grid, None)
        _write_numbers(axis, grid)
        axis.axis("off")
        axis.set_title(name)
        axis.text(1.1, 0.5, sign, transform=axis.transAxes, ha="center", va="center", fontsize=16)
    return _done(figure)


def show_boxes(image: np.ndarray, corners: Sequence[tuple[int, int]], size: tuple[int, int], title: str = "") -> Figure:
    """`image` (h, w) with a numbered box of `size` (height, width) at each corner (top, left), best first."""
    image = _picture(image)
    figure, axes = _figure(1, 1, (6, 6 * image.shape[0] / image.shape[1] + 0.4))
    axis = axes.flat[0]
    _draw(axis, image, None)
    for rank, (top, left) in enumerate(corners, 1):
        colour = STYLES[1][0]
        axis.add_patch(Rectangle((left - 1, top - 1), size[1] + 1, size[0] + 1, fill=False, edgecolor=colour, lw=2))
        label = {"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"}
        axis.text(left - 1, top - 1, rank, color="white", fontsize=8, ha="center", va="center", bbox=label)
    axis.axis("off")
    axis.set_title(title)
    return _done(figure)


def show_curves(
    curves: Mapping[str, Sequence[float]],
    x: Sequence[float] | None = None,
    labels: tuple[str, str] = ("step", ""),
    title: str = "",
    log: bool = False,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Lines by name over a common x (0, 1, 2 … if not given). `labels` are those of the two axes."""
    _check_named(curves)
    if x is not None and any(len(values) != len(x) for values in curves.values()):
        lengths = {name: len(values) for name, values in curves.items()}
        raise ValueError(f"x has {len(x)} values, the curves have {lengths}; all must have as many.")
    figure, axes = _figure(1, 1, (7, 3.6))
    axis = axes.flat[0]
    for (name, values), (colour, marker, line) in zip(curves.items(), cycle(STYLES), strict=False):
        places = np.arange(len(values)) if x is None else np.asarray(x)
        marks = marker if len(values) <= 20 else None
        axis.plot(places, values, color=colour, marker=marks, linestyle=line, label=name, lw=2)
    if x is not None and len(x) <= 20:
        axis.set_xticks(x)
    axis.set(xlabel=labels[0], ylabel=labels[1], title=title, yscale="log" if log else "linear")
    if limits:
        axis.set_ylim(limits)
    axis.grid(axis="y", alpha=0.25)
    if len(curves) > 1:
        axis.legend()
    return _done(figure)


def show_fields(
    fields: np.ndarray,
    points: Sequence[Mapping[str, np.ndarray]],
    titles: Sequence[str],
    reach: float,
    arrows: Sequence[np.ndarray] | None = None,
    title: str = "",
) -> Figure:
    """Planes side by side, from −reach to reach both ways, each coloured by a field with clouds of points upon it.

    fields: (planes, n, n), the first row the lowest; their largest number is the same colour in all. points: for each
    plane its clouds by name, (m, 2) each. arrows: for each plane (m, 2), one for each point of its last cloud, all
    drawn to one scale, the longest an eighth of the plane.
    """
    fields = _finite("fields", fields)
    if fields.ndim != 3 or not len(fields) == len(points) == len(titles):
        raise ValueError(
            f"There are fields of shape {fields.shape}, {len(points)} sets of points and {len(titles)} titles; each "
            "plane needs a field (n, n), its points and a title."
        )
    figure, axes = _figure(1, len(fields), (3.1 * len(fields) + 0.6, 3.7))
    limit = max(np.abs(fields).max(), 1e-9)
    for number, axis in enumerate(axes[0]):
        extent = (-reach, reach, -reach, reach)
        drawn = axis.imshow(fields[number], SIGNED, vmin=-limit, vmax=limit, origin="lower", extent=extent, alpha=0.6)
        for (name, cloud), (colour, marker, _) in zip(points[number].items(), cycle(STYLES), strict=False):
            axis.scatter(*_cloud(name, cloud).T, 9, color=colour, marker=marker, alpha=0.8, label=name)
        if arrows is not None:
            _draw_arrows(axis, cloud, arrows[number], reach / 4)
        axis.set(title=titles[number], xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
    figure.colorbar(drawn, ax=axes, shrink=0.7)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title)
    return _done(figure)


def _draw_arrows(axis, cloud: np.ndarray, arrows: np.ndarray, longest: float) -> None:
    scale = longest / max(np.linalg.norm(arrows, axis=1).max(), 1e-12)
    axis.quiver(*cloud.T, *(scale * arrows).T, angles="xy", scale_units="xy", scale=1, width=0.005)


def _cloud(name: str, points) -> np.ndarray:
    points = _finite(f"points of {name!r}", points)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"The points of {name!r} have shape {points.shape}; they must be (n, 2).")
    return points


def show_points(
    groups: Mapping[str, np.ndarray],
    labels: tuple[str, str] = ("", ""),
    title: str = "",
    log: bool = False,
    levels: Mapping[str, float] | None = None,
    highlight: str = "",
    equal: bool = False,
) -> Figure:
    """Clouds of points by name, each (n, 2).

    `levels` are heights by name, each a dashed line from side to side: {"mean": after.mean()}. `highlight` names the
    group that is drawn larger and on top of the others. With `equal` a step is as long on both axes.
    """
    _check_named(groups)
    if highlight and highlight not in groups:
        raise ValueError(f"There is no group {highlight!r} to highlight; there are {', '.join(map(repr, groups))}.")
    figure, axes = _figure(1, 1, (6, 5 if equal else 4))
    axis = axes.flat[0]
    for (name, points), (colour, marker, _) in zip(groups.items(), cycle(STYLES), strict=False):
        points = _cloud(name, points)
        size, alpha, order = (130, 1, 3) if name == highlight else (22, 0.7, 2)
        axis.scatter(*points.T, size, color=colour, marker=marker, alpha=alpha, label=name, zorder=order)
    if levels is not None:
        _draw_levels(axis, levels)
    scale = "log" if log else "linear"
    axis.set(xlabel=labels[0], ylabel=labels[1], title=title, xscale=scale, yscale=scale)
    if equal:
        axis.set_aspect("equal", adjustable="datalim")
    _legend_below(figure)
    return _done(figure)


def _draw_levels(axis, levels: Mapping[str, float]) -> None:
    _check_named(levels)
    for (name, height), line in zip(levels.items(), cycle(("--", ":", "-.")), strict=False):
        height = _finite(f"level {name!r}", height)
        if height.ndim:
            raise ValueError(f"The level {name!r} has shape {height.shape}; it must be one number.")
        axis.axhline(float(height), color="#555555", linestyle=line, label=name, zorder=1)


def show_probabilities(images: np.ndarray, opinions: Mapping[str, np.ndarray], titles: Sequence[str]) -> Figure:
    """Each digit above its bars: `images` (n, 8, 8, 1), `opinions` by model name, each (n, 10) probabilities."""
    count = len(_pictures(images))
    _check_named(opinions)
    for name, rows in opinions.items():
        if np.shape(rows) != (count, 10) or len(titles) != count:
            given = f"{count} images, {len(titles)} titles and {np.shape(rows)} probabilities of {name!r}"
            raise ValueError(f"There are {given}; each image needs a title and a row of ten probabilities.")
    figure, axes = _figure(2, count, (max(1.7 * count, 4), 3.1), height_ratios=[1, 1])
    for column in range(count):
        _draw(axes[0, column], _picture(images[column]), None)
        axes[0, column].axis("off")
        axes[0, column].set_title(titles[column])
        _draw_bars(axes[1, column], {name: rows[column] for name, rows in opinions.items()}, first=column == 0)
    if len(opinions) > 1:
        figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(opinions))
    return _done(figure)


def _draw_bars(axis, opinions: Mapping[str, np.ndarray], first: bool) -> None:
    width = 0.8 / len(opinions)
    for number, (name, probabilities) in enumerate(opinions.items()):
        places = np.arange(10) + (number + 0.5) * width - 0.4
        axis.bar(places, probabilities, width, color=STYLES[number % len(STYLES)][0], label=name)
    axis.set(ylim=(0, 1), xticks=range(10), yticks=[0, 1] if first else [], xlabel="class")
    axis.tick_params(labelsize=7)
    if first:
        axis.set_ylabel("probability")


def show_writers(wrong: Mapping[str, Sequence[float]], title: str = "", ylabel: str = "digits read wrong") -> Figure:
    """A column for each writer, 0, 1, 2 …, with a mark for each series; a line joins the marks of a writer."""
    _check_named(wrong)
    counts = {name: _finite(f"numbers of {name!r}", values) for name, values in wrong.items()}
    shapes = {name: values.shape for name, values in counts.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 or shape == (0,) for shape in shapes.values()):
        raise ValueError(f"Each series needs one number for each writer, at least one; their shapes are {shapes}.")
    figure, axes = _figure(1, 1, (8, 3.4))
    axis, table = axes.flat[0], np.stack(list(counts.values()))
    writers = np.arange(table.shape[1])
    axis.vlines(writers, table.min(axis=0), table.max(axis=0), color="#bbbbbb", lw=3, zorder=1)
    for place, ((name, values), (colour, marker, _)) in enumerate(zip(counts.items(), cycle(STYLES), strict=False)):
        size = 130 / (1 + 2 * place)  # a mark that lies on another leaves its rim to be seen
        axis.scatter(writers, values, size, color=colour, marker=marker, label=name, zorder=2)
    axis.set(xlabel="writer", ylabel=ylabel, title=title, xticks=writers, ylim=(-0.06 * table.max(), None))
    axis.grid(axis="y", alpha=0.25)
    _legend_below(figure)
    return _done(figure)


def show_beliefs(images: np.ndarray, beliefs: np.ndarray, titles: Sequence[str], title: str = "") -> Figure:
    """Each digit beside the river of its beliefs: `images` (n, 8, 8, 1), `beliefs` (n, 8, 10), one after each row.

    Beside each row of a digit lies a band as wide as 1, shared out among the ten classes as they are believed in once
    that row has been read. The three leading classes of each digit are coloured, each alike beside all digits.
    """
    pictures, beliefs = _pictures(images), np.asarray(beliefs)
    wanted = (len(pictures), len(pictures[0]), 10)
    if beliefs.shape != wanted or len(titles) != len(pictures):
        given = f"{len(pictures)} images, {len(titles)} titles and beliefs of shape {beliefs.shape}"
        raise ValueError(f"There are {given}; each image needs a title and ten shares for each of its rows.")
    colours = _leaders(beliefs)
    figure, axes = _figure(1, 2 * len(pictures), (3.1 * len(pictures), 2.2))
    for number, (picture, shares) in enumerate(zip(pictures, beliefs, strict=True)):
        left, right = axes[0, 2 * number : 2 * number + 2]
        _draw(left, picture, None)
        left.axis("off")
        left.set_title(titles[number])
        _draw_river(right, shares, colours)
    figure.suptitle(title)
    return _done(figure)


def show_intervals(intervals: Mapping[str, tuple[float, float, float]], xlabel: str = "", title: str = "") -> Figure:
    """By name a mean and its interval, (mean, low, high), one below the other, beside a line at zero.

    Intervals that leave zero out have another colour and mark.
    """
    _check_named(intervals)
    values = _finite("intervals", list(intervals.values()))
    if values.ndim != 2 or values.shape[1] != 3 or (np.diff(values[:, [1, 0, 2]]) < 0).any():
        raise ValueError(f"Each interval is (mean, low, high), with low ≤ mean ≤ high; got {reprlib.repr(intervals)}.")
    figure, axes = _figure(1, 1, (7, 0.9 + 0.38 * len(intervals)))
    axis, places = axes.flat[0], np.arange(len(intervals))
    mean, low, high = values.T
    apart = (low > 0) | (high < 0)
    for chosen, colour, marker in ((apart, STYLES[1][0], "s"), (~apart, STYLES[0][0], "o")):
        reach = np.stack([mean - low, high - mean])[:, chosen]
        axis.errorbar(mean[chosen], places[chosen], xerr=reach, fmt=marker, color=colour, capsize=4, lw=2)
    axis.axvline(0, color="#555555", lw=1)
    axis.set(yticks=places, ylim=(len(intervals) - 0.5, -0.5), xlabel=xlabel, title=title)
    axis.set_yticklabels(intervals)
    axis.grid(axis="x", alpha=0.25)
    return _done(figure)


def show_matrix(matrix: np.ndarray, names: Sequence[str], rows: Sequence[str] | None = None, title: str = "") -> Figure:
    """A number from −1 to 1 in each field of a table: `matrix` (rows, columns), `names` of its columns.

    `rows` are the names of its rows, those of the columns if not given. NaN, which says that there is nothing to tell,
    stays blank.
    Errors: `ValueError` for names that do not fit, an empty matrix, numbers beyond −1 or 1.
    """
    matrix, rows = np.asarray(matrix, float), names if rows is None else rows
    if matrix.shape != (len(rows), len(names)):
        raise ValueError(f"The names need a matrix {(len(rows), len(names))}; got {matrix.shape}.")
    if not matrix.size:
        raise ValueError(f"There is nothing to show in a matrix {matrix.shape}.")
    if (np.abs(matrix) > 1 + 1e-6).any():  # a correlation may be rounded
        raise ValueError(f"Numbers lie from −1 to 1; these from {np.nanmin(matrix):g} to {np.nanmax(matrix):g}.")
    figure, axes = _figure(1, 1, (1.8 + 0.85 * len(names), 0.9 + 0.5 * len(rows)))
    axis = axes.flat[0]
    axis.imshow(matrix, cmap=SIGNED, vmin=-1, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            ink = "black" if abs(value) < 0.6 else "white"
            number = f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # + 0.0: no −0.00
            axis.text(column, row, number, ha="center", va="center", color=ink)
    axis.set(xticks=range(len(names)), yticks=range(len(rows)), title=title)
    axis.set_xticklabels([str(name).replace(" ", "\n") for name in names])
    axis.set_yticklabels(rows)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return _done(figure)


def _leaders(beliefs: np.ndarray) -> dict[int, str]:
    """A colour for each class that is among the three most believed in for one of the digits, (n, rows, 10)."""
    sums = beliefs.sum(axis=1)
    leading = set(sums.argsort(axis=1)[:, -3:].ravel().tolist())
    ranked = sorted(leading, key=lambda label: -sums[:, label].sum())
    return {label: STYLES[place % len(STYLES)][0] for place, label in enumerate(ranked)}


def _draw_river(axis, shares: np.ndarray, colours: Mapping[int, str]) -> None:
    """Rows of bars (rows, 10), from the top downwards, with the class's name where its share is wide enough."""
    begin = np.zeros(len(shares))
    for label in range(10):
        colour = colours.get(label, "#bbbbbb")
        axis.barh(range(len(shares)), shares[:, label], 1, begin, color=colour, edgecolor="white")
        for row in np.flatnonzero(shares[:, label] > 0.18):
            place = begin[row] + shares[row, label] / 2
            axis.text(place, row, label, color="white", ha="center", va="center", fontsize=8, fontweight="bold")
        begin = begin + shares[:, label]
    axis.set(xlim=(0, 1), ylim=(len(shares) - 0.5, -0.5), xticks=[0, 1], yticks=range(len(shares)), xlabel="belief")
    axis.set_yticklabels(range(1, len(shares) + 1))
    axis.set_box_aspect(1)  # as the picture, so that its rows and the bands lie side by side
    axis.tick_params(labelsize=7, length=0)
    axis.spines[["left", "bottom"]].set_visible(False)


def _figure(rows: int, columns: int, size: tuple[float, float], **grid) -> tuple[Figure, np.ndarray]:
    return plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False, gridspec_kw=grid or None)


def _legend_below(figure: Figure) -> None:
    """Inside the axes, a legend's marks look like data."""
    figure.legend(loc="outside lower center", ncols=3)


def _done(figure: Figure) -> Figure:
    """Take the figure from pyplot's hands, which would show it a second time."""
    plt.close(figure)
    return figure


def _check_named(series: Mapping) -> None:
    if not isinstance(series, Mapping) or not series:
        raise ValueError("Give what is drawn by name, as in {'CNN': values}, and at least one.")


def _finite(what: str, values) -> np.ndarray:
    """The values as an array of numbers; `what` names them. Errors: `ValueError` for NaN and for what is no number."""
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        raise ValueError(f"The {what} must be numbers in rows of one length; got {reprlib.repr(values)}.") from None
    if not np.isfinite(numbers).all():
        raise ValueError(f"The {what} must be finite; NaN or infinity is among them. Leave it out, or find its cause.")
    return numbers


def _pictures(images) -> list[np.ndarray]:
    if images is None or np.ndim(images[0] if len(images) else 0) < 2:
        raise ValueError("Give a list of at least one image, as in [image].")
    return [_picture(image) for image in images]


def _picture(image) -> np.ndarray:
    image = np.asarray(image)
    if image.size == 0:
        raise ValueError(f"There is nothing to see in an image of shape {image.shape}.")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3):
        return image
    raise ValueError(f"An image has shape (h, w), (h, w, 1) or (h, w, 3); this one has {image.shape}.")


def _draw(axis, image: np.ndarray, limit: float | None) -> None:
    if image.ndim == 3:
        axis.imshow(np.clip(image, 0, 1))
    elif image.min() < 0:
        limit = limit or np.abs(image).max()
        axis.imshow(image, cmap=SIGNED, vmin=-limit, vmax=limit)
    else:
        axis.imshow(image, cmap="gray", vmin=0, vmax=limit or max(1, image.max()))


def _write_numbers(axis, grid: np.ndarray) -> None:
    """Each number in its field, black on light and white on dark."""
    colours = axis.images[0].to_rgba(grid)[..., :3].mean(axis=-1)
    whole = np.equal(grid, grid.round()).all()
    for (row, column), value in np.ndenumerate(grid):
        ink = "black" if colours[row, column] > 0.45 else "white"
        text = f"{value:.0f}" if whole else f"{value:.2f}"
        axis.text(column, row, text.replace("-", "−"), ha="center", va="center", color=ink, fontsize=10)
