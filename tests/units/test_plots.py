"""`plots`: what is drawn is what was given, and the figure is handed over, not shown twice."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from course_utils import plots

GREY, SIGNED, COLOUR = np.full((4, 6), 0.5), np.linspace(-2, 1, 24).reshape(4, 6), np.ones((4, 6, 3))


def test_images():
    figure = plots.show_images([GREY, SIGNED, COLOUR, GREY[..., None]], titles=list("abcd"))
    drawn = [axis.images[0] for axis in figure.axes]
    np.testing.assert_array_equal(drawn[1].get_array(), SIGNED)
    assert drawn[0].get_clim() == (0, 1)
    assert drawn[1].get_clim() == (-2, 2)
    assert [axis.get_title() for axis in figure.axes] == list("abcd")
    assert len(plots.show_images([GREY] * 3, columns=np.int64(2)).axes) == 4


def test_products():
    figure = plots.show_products([[1, 2]], [[3, -1]])
    np.testing.assert_array_equal(figure.axes[2].images[0].get_array(), [[3, -2]])
    assert "1.00" in figure.axes[2].get_title()


def test_boxes():
    figure = plots.show_boxes(GREY, [(0, 1), (2, 3)], (2, 2), title="found")
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2"]


def test_curves():
    figure = plots.show_curves({"one": [1, 2, 3], "two": [3, 2, 1]}, x=[-1, 0, 1], labels=("shift", "accuracy"))
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[-1, 1], [0, 2], [1, 3]])
    assert figure.axes[0].lines[0].get_linestyle() != figure.axes[0].lines[1].get_linestyle()


def test_points_and_probabilities():
    cloud = plots.show_points({"a": np.ones((3, 2)), "b": np.zeros((3, 2))})
    assert len(cloud.axes[0].collections) == 2
    rows = np.full((2, 10), 0.1)
    bars = plots.show_probabilities(np.zeros((2, 8, 8, 1)), {"CNN": rows, "SVM": rows}, titles=["3", "5"])
    assert len(bars.axes) == 4


def test_writers_have_a_column_each():
    axis = plots.show_writers({"seen": [0, 1, 2], "stranger": [3, 1, 5]}).axes[0]
    marks, lines = axis.collections[1:], axis.collections[0]
    assert [mark.get_offsets()[:, 1].tolist() for mark in marks] == [[0, 1, 2], [3, 1, 5]]
    assert [segment[:, 1].tolist() for segment in lines.get_segments()] == [[0, 3], [1, 1], [2, 5]]


def test_points_with_levels_and_a_highlight():
    points = {"one": [[0, 3]], "many": np.zeros((4, 2))}
    axis = plots.show_points(points, levels={"mean": 0.6, "goal": 1}, highlight="one", equal=True).axes[0]
    large, small = axis.collections
    assert large.get_offsets().tolist() == [[0, 3]]
    assert large.get_sizes()[0] > 3 * small.get_sizes()[0] and large.get_zorder() > small.get_zorder()
    assert [set(line.get_ydata()) for line in axis.lines] == [{0.6}, {1.0}]
    assert [line.get_linestyle() for line in axis.lines] == ["--", ":"]
    assert axis.get_aspect() == 1
    plain = plots.show_points(points).axes[0]
    assert plain.get_aspect() == "auto" and not plain.lines
    assert len({cloud.get_sizes()[0] for cloud in plain.collections}) == 1


@pytest.mark.parametrize(
    "figure",
    [
        plots.show_writers({"seen": [0, 1, 2], "stranger": [3, 1, 5]}),
        plots.show_points({"seen": np.ones((3, 2)), "stranger": np.zeros((3, 2))}, levels={"mean": 0.5}),
    ],
    ids=["writers", "points"],
)
def test_no_mark_of_a_legend_lies_among_the_data(figure):
    figure.draw_without_rendering()
    (axis,), (legend,) = figure.axes, figure.legends
    assert axis.get_legend() is None
    assert legend.get_window_extent().y1 <= axis.get_tightbbox().y0
    assert [text.get_text() for text in legend.get_texts()][:2] == ["seen", "stranger"]


def test_no_figure_is_left_to_pyplot():
    assert isinstance(plots.show_images([GREY]), Figure)
    assert not plt.get_fignums()


ROWS = {"CNN": np.full((1, 10), 0.1)}
BAD = [
    (lambda: plots.show_images([]), "list of at least one image"),
    (lambda: plots.show_images(None), "list of at least one image"),
    (lambda: plots.show_images(GREY), "list of at least one image"),
    (lambda: plots.show_images([np.zeros((0, 8))]), "nothing to see"),
    (lambda: plots.show_images([np.zeros((2, 2, 5))]), r"\(h, w\)"),
    (lambda: plots.show_images([GREY], titles=["a", "b"]), "2 titles"),
    (lambda: plots.show_images([GREY], columns=0), "at least one"),
    (lambda: plots.show_products(np.ones((8, 8)), np.ones((3, 3))), "one shape"),
    (lambda: plots.show_curves([1, 2]), "by name"),
    (lambda: plots.show_curves({}), "by name"),
    (lambda: plots.show_curves({"a": [1, 2]}, x=[1]), "x has 1 values"),
    (lambda: plots.show_points({"a": [1, 2]}), r"\(n, 2\)"),
    (lambda: plots.show_probabilities(np.zeros((1, 8, 8, 1)), ROWS, titles=[]), "0 titles"),
    (lambda: plots.show_probabilities(np.zeros((2, 8, 8, 1)), ROWS, titles=["1", "2"]), "ten probabilities"),
    (lambda: plots.show_probabilities(np.zeros((1, 8, 8, 1)), {}, titles=["1"]), "by name"),
    (lambda: plots.show_writers({}), "by name"),
    (lambda: plots.show_writers({"a": [1], "b": [1, 2]}), "one number for each writer"),
    (lambda: plots.show_writers({"a": []}), "at least one; their shapes"),
    (lambda: plots.show_writers({"a": 1}), "one number for each writer"),
    (lambda: plots.show_writers({"a": [1, np.nan]}), "numbers of 'a' must be finite; NaN"),
    (lambda: plots.show_writers({"a": [1, 2], "b": [1, np.inf]}), "numbers of 'b' must be finite"),
    (lambda: plots.show_writers({"a": ["one", "two"]}), r"must be numbers .* got \['one', 'two'\]"),
    (lambda: plots.show_writers({"a": None}), "must be finite"),
    (lambda: plots.show_points({"a": [[1, 2], [3]]}), r"rows of one length; got \[\[1, 2\], \[3\]\]"),
    (lambda: plots.show_points({"a": [[1, np.nan]]}), "points of 'a' must be finite"),
    (lambda: plots.show_points({"a": [[1, 2]]}, highlight="b"), "no group 'b' to highlight; there are 'a'"),
    (lambda: plots.show_points({"a": [[1, 2]]}, levels=0.5), "by name"),
    (lambda: plots.show_points({"a": [[1, 2]]}, levels={"mean": [1, 2]}), "level 'mean' .* one number"),
    (lambda: plots.show_points({"a": [[1, 2]]}, levels={"mean": np.nan}), "level 'mean' must be finite"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_beliefs_are_bands_that_fill_each_row():
    beliefs = np.full((2, 8, 10), 0.05)
    beliefs[:, :4, 5] = beliefs[:, 4:, 6] = 0.55
    figure = plots.show_beliefs(np.zeros((2, 8, 8, 1)), beliefs, ["a 5", "a 6"], "Its belief turns")
    left, river = figure.axes[0], figure.axes[1]
    assert left.get_title() == "a 5" and len(figure.axes) == 4
    ends = {row: 0.0 for row in range(8)}
    for bar in river.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        np.testing.assert_allclose(bar.get_x(), ends[row], atol=1e-9)
        ends[row] += bar.get_width()
    np.testing.assert_allclose(list(ends.values()), 1)
    names = {text.get_position()[1]: text.get_text() for text in river.texts}
    assert [names[row] for row in range(8)] == list("55556666")
    assert river.get_ylim()[0] > river.get_ylim()[1]  # the first row on top, as in the picture


def test_beliefs_that_do_not_fit_the_images():
    with pytest.raises(ValueError, match="ten shares for each of its rows"):
        plots.show_beliefs(np.zeros((2, 8, 8, 1)), np.zeros((2, 10)), ["a", "b"])


def test_fields_have_their_points_and_arrows():
    fields, clouds = np.stack([np.eye(4), -2 * np.eye(4)]), [{"real": np.ones((3, 2)), "fakes": np.zeros((2, 2))}] * 2
    arrows = [np.array([[0.0, 1.0], [0.0, -4.0]])] * 2
    figure = plots.show_fields(fields, clouds, ["before", "after"], reach=2, arrows=arrows)
    first, second = figure.axes[:2]
    assert [axis.get_title() for axis in (first, second)] == ["before", "after"]
    assert first.images[0].get_clim() == second.images[0].get_clim() == (-2, 2)
    assert [len(cloud.get_offsets()) for cloud in first.collections[:2]] == [3, 2]
    np.testing.assert_allclose(first.collections[2].V, [0.125, -0.5])  # the longest is a quarter of reach


@pytest.mark.parametrize(
    ("fields", "clouds", "said"),
    [
        (np.zeros((4, 4)), [{"a": np.zeros((1, 2))}], "plane needs a field"),
        (np.zeros((2, 4, 4)), [{"a": np.zeros((1, 2))}], "1 sets of points"),
        (np.zeros((1, 4, 4)), [{"a": np.zeros((1, 3))}], r"points of 'a' have shape \(1, 3\)"),
        (np.full((1, 4, 4), np.nan), [{"a": np.zeros((1, 2))}], "NaN"),
    ],
)
def test_fields_that_cannot_be_drawn(fields, clouds, said):
    with pytest.raises(ValueError, match=said):
        plots.show_fields(fields, clouds, ["a"], reach=1)


def test_a_matrix_has_its_numbers_in_its_fields_and_leaves_unknown_ones_blank():
    figure = plots.show_matrix([[1, -0.25], [-0.25, np.nan]], ["one", "the other"], title="Alike")
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.texts] == ["1.00", "−0.25", "−0.25"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["one", "the\nother"]


def test_a_matrix_that_does_not_fit_its_names():
    with pytest.raises(ValueError, match=r"need a matrix \(3, 3\); got \(2, 2\)"):
        plots.show_matrix(np.eye(2), ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"need a matrix \(1, 3\); got \(3, 3\)"):
        plots.show_matrix(np.eye(3), ["a", "b", "c"], rows=["only"])


def test_a_matrix_shows_no_number_beyond_one():
    for matrix, said in (
        ([[2.0]], "these from 2 to 2"),
        ([[np.inf]], "to inf"),
        ([[-np.inf]], "from -inf"),
        ([[-1.01]], "-1.01"),
    ):
        with pytest.raises(ValueError, match=f"Numbers lie from −1 to 1; .*{said}"):
            plots.show_matrix(matrix, ["a"])
    with pytest.raises(ValueError, match="nothing to show"):
        plots.show_matrix(np.zeros((0, 0)), [])
    with pytest.raises(ValueError, match="nothing to show"):
        plots.show_matrix(np.zeros((1, 0)), [], rows=["a"])


def test_a_matrix_has_no_negative_zero_and_takes_numbers_as_names():
    axis = plots.show_matrix([[1 + 1e-9, -0.001], [-0.0, 0.004]], [0, 1]).axes[0]
    assert [text.get_text() for text in axis.texts] == ["1.00", "0.00", "0.00", "0.00"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0", "1"]


def test_intervals_that_leave_zero_out_look_different():
    figure = plots.show_intervals({"sure": (-2, -3, -1), "unsure": (1, -1, 3)}, "difference", "Two ways")
    axis = figure.axes[0]
    marks = {line.lines[0].get_marker(): line.lines[0].get_xydata().tolist() for line in axis.containers}
    assert marks == {"s": [[-2, 0]], "o": [[1, 1]]}
    assert [text.get_text() for text in axis.get_yticklabels()] == ["sure", "unsure"]


@pytest.mark.parametrize("interval", [(1, 2, 3), (0, -1, -0.5), (1, 2), (np.nan, 0, 1)])
def test_an_interval_that_is_none(interval):
    with pytest.raises(ValueError, match="interval"):
        plots.show_intervals({"odd": interval})
