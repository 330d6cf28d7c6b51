"""Checkerboards: the picture is what the layers make, the counts are what overlaps, the words say both."""

import statistics
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.explore.shell import on_one_thread
from course_utils.generation import upsampling

lab = import_module("course_utils.explore.checkerboards")  # `explore` exports a function of the same name
PAIRS = [(kernel, stride) for kernel in range(1, 6) for stride in range(1, 4)]


def view(**settings):
    return lab.compute(lab.State(**{"row": 0, "column": 0, **settings}))


@pytest.fixture
def opened():
    return explore.checkerboards()


def control(opened, name: str):
    return next(control.widget for control in opened.controls if control.name == name)


# What is computed


@pytest.mark.parametrize(("kernel", "stride"), PAIRS)
def test_output_and_counts_are_those_of_the_layers(kernel, stride):
    for image in lab.INPUTS:
        made = view(kernel=kernel, stride=stride, weights="noise", image=image)
        np.testing.assert_array_equal(made.output, upsampling.transpose_convolve(made.image, made.kernel, stride))
        np.testing.assert_array_equal(made.counts, upsampling.overlap((6, 6), kernel, stride))
        assert len(made.output) == made.state.result


@pytest.mark.keras
@pytest.mark.parametrize(("kernel", "stride", "mode"), [(3, 2, "transposed"), (1, 3, "transposed"), (4, 2, "upsample")])
def test_the_output_is_that_of_keras(keras, kernel, stride, mode):
    made = view(kernel=kernel, stride=stride, mode=mode, weights="noise", image="ramp")
    x = made.image.astype("float32")[None, :, :, None]
    if mode == "transposed":
        layer = keras.layers.Conv2DTranspose(1, kernel, stride, use_bias=False)
    else:
        x, layer = keras.layers.UpSampling2D(stride)(x), keras.layers.Conv2D(1, kernel, use_bias=False)
    layer(x)
    layer.set_weights([made.kernel.astype("float32")[:, :, None, None]])
    np.testing.assert_allclose(made.output, keras.ops.convert_to_numpy(layer(x))[0, :, :, 0], atol=1e-5)


@pytest.mark.parametrize("mode", lab.MODES)
@pytest.mark.parametrize(("kernel", "stride"), PAIRS)
def test_the_sources_are_the_pixels_that_change_the_chosen_one(kernel, stride, mode):
    first = view(kernel=kernel, stride=stride, mode=mode, size=5)
    for place in range(first.state.result):
        made = view(kernel=kernel, stride=stride, mode=mode, size=5, row=place, column=first.state.result // 2)
        rows, columns = (
            [i for i in range(5) if _lit(made, [i], slice(None))],
            [i for i in range(5) if _lit(made, slice(None), [i])],
        )
        if made.counts[place, made.state.column]:
            assert (list(made.sources[0]), list(made.sources[1])) == (rows, columns)
        else:
            assert not made.sources[0] or not made.sources[1]


def _lit(made, rows, columns) -> bool:
    """Whether the chosen output pixel depends on these rows and columns of the input."""
    image = np.zeros((5, 5))
    image[rows, columns] = 1
    return lab.enlarge(image, made.kernel, made.state)[made.state.row, made.state.column] > 0


def test_weights():
    np.testing.assert_array_equal(view(kernel=4, weights="bump").kernel[1], [2, 4, 4, 2])
    assert (view(kernel=4, weights="ones").kernel == 1).all()
    noise = view(weights="noise", seed=3).kernel
    np.testing.assert_array_equal(noise, view(weights="noise", seed=3, stride=1).kernel)
    assert (noise != view(weights="noise", seed=4).kernel).any()


def test_three_by_two_is_uneven_and_four_by_two_is_even():
    three, four = view(kernel=3), view(kernel=4)
    assert (three.fewest, three.most, three.even) == (1, 4, False)
    assert three.ripple == pytest.approx(3 / 2.25)
    assert (four.fewest, four.most, four.even, four.smooth) == (4, 4, True, True)


@pytest.mark.parametrize(("kernel", "stride"), PAIRS)
def test_upsampling_first_is_smooth_with_any_weights(kernel, stride):
    made = view(kernel=kernel, stride=stride, mode="upsample", weights="noise", seed=7)
    assert made.smooth and made.even and made.most == kernel**2


def test_even_overlaps_do_not_make_noise_smooth():
    """Overlaps are half of the story: each of the places a stride leaves has weights of its own."""
    made = view(kernel=4, weights="noise")
    assert made.even and not made.smooth


# What is said and shown


def test_the_readout_is_what_was_computed(opened):
    opened.show(lab.State(kernel=5, weights="noise", seed=8, image="ramp", row=6, column=7))
    said = opened._readout.value
    assert (
        "A ramp, transposed convolution with a kernel of 5 × 5, noise (seed 8), stride 2: 6 × 6 become 15 × 15" in said
    )
    assert "4 to 9 places of the kernel overlap: a checkerboard" in said
    assert f"row 6, column 7, is {opened.view.output[6, 7]:.2f}: 6 products with 3 × 2 input pixels." in said
    assert "no kernel reaches it" in lab.describe(view(kernel=1, row=1))
    assert "1 product with one input pixel" in lab.describe(view(kernel=1))


def test_every_count_stands_in_the_picture():
    made = view(size=5, kernel=5)
    picture = lab.draw(made)
    for count in np.unique(made.counts):
        drawn = picture.split("numerals")[2].count(f">{count}</text>")
        assert drawn == (made.counts == count).sum()


def test_the_output_stays_when_the_size_shrinks(opened):
    opened.show(lab.State(row=12, column=11))
    control(opened, "mode").value = "upsample"
    assert opened.error == "" and (opened.state.row, opened.state.column) == (9, 9)


def test_asking_for_noise_gives_noise(opened):
    control(opened, "seed").value = 5
    assert opened.state.weights == "noise" and opened.call == "explore.checkerboards(weights='noise', seed=5)"


def test_pointing_chooses_a_pixel(opened):
    opened._frame.picked = {"name": "counts", "x": 0.99, "y": 0.5}
    assert (opened.state.row, opened.state.column) == (6, 12)
    opened._frame.picked = {"name": "output", "x": 0.0, "y": 1.0}
    assert (opened.state.row, opened.state.column) == (12, 0)


def test_a_tick_of_the_slider_is_quick():
    """Within 50 ms at the largest: computed, drawn and described."""
    state = lab.State(size=8, kernel=5, stride=3, weights="noise")
    took = []
    with on_one_thread():
        for row in range(11):
            began = time.process_time()
            made = lab.compute(replace(state, row=row))
            lab.draw(made)
            lab.describe(made)
            took.append(time.process_time() - began)
    assert statistics.median(took) < 0.05


# Puzzles and errors


@pytest.mark.parametrize("name", ["No checkerboard", "Four to one", "Weights that make up"])
def test_there_are_as_many_ways_as_are_asked_for(opened, name):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == name)
    states = [lab.State(kernel=kernel, stride=stride, weights=weights, row=0, column=0, mode=mode)
              for kernel, stride in PAIRS for weights in lab.WEIGHTS for mode in lab.MODES]  # fmt: skip
    solved = [made for made in map(lab.compute, states) if puzzle.solved(made)]
    assert {puzzle.way(made) for made in solved} == {puzzle.way(lab.compute(state)) for state in puzzle.solutions}
    assert len(puzzle.solutions) == 3


@pytest.mark.parametrize("change", [{"seed": 4}, {"kernel": 4}, {"stride": 1}, {"weights": "ones"}])
def test_the_noise_must_stay(opened, change):
    puzzle = next(puzzle for puzzle in opened.puzzles if puzzle.name == "Whatever the weights")
    solution = puzzle.solutions[0]
    assert puzzle.solved(lab.compute(solution))
    assert not puzzle.solved(lab.compute(replace(solution, row=0, column=0, **change)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 4}, "size is 4; it must be a whole number from 5 to 8"),
        ({"kernel": 6}, "kernel is 6"),
        ({"stride": 2.0}, "stride is 2.0"),
        ({"seed": -1}, "seed is −1"),
        ({"weights": "loud"}, "weights is 'loud'; it must be one of 'ones', 'bump', 'noise'"),
        ({"mode": "both"}, "mode is 'both'"),
        ({"image": "cat"}, "image is 'cat'"),
        ({"row": 13}, "row is 13; it must be a whole number from 0 to 12"),
        ({"column": -1}, "column is −1"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.checkerboards(**arguments)


def test_a_small_output_needs_no_row():
    tiny = explore.checkerboards(5, kernel=5, stride=1, mode="upsample")
    assert tiny.view.output.shape == (1, 1) and (tiny.state.row, tiny.state.column) == (0, 0)
