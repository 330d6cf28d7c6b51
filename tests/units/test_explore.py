"""Every exploration in `explore.__all__`, without a browser: controls, errors, puzzles, call lines, still pictures."""

import base64
import io
import itertools
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from course_utils import explore
from course_utils.explore import drawing
from course_utils.explore.kernel_bench import compute as compute_bench
from course_utils.explore.pad import PadWidget, place
from course_utils.explore.shape_forge import Layer
from course_utils.explore.shape_forge import State as Forge
from course_utils.explore.shape_forge import compute as compute_forge
from course_utils.explore.shell import Exploration, call_line, parse_number, written
from course_utils.recognition.convolution import cross_correlate


@pytest.fixture(autouse=True)
def own_work(tmp_path, monkeypatch):
    """What one test draws is not on the pad of the next."""
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))


@pytest.fixture(params=sorted(explore.__all__))
def exploration(request) -> Exploration:
    return getattr(explore, request.param)()


def values(widget) -> list:
    """The whole range of a control."""
    if isinstance(widget, widgets.IntSlider):
        return list(range(widget.min, widget.max + 1, widget.step))
    if isinstance(widget, widgets.FloatSlider):
        return np.linspace(widget.min, widget.max, round((widget.max - widget.min) / widget.step) + 1).tolist()
    if isinstance(widget, widgets.Checkbox):
        return [True, False]
    if isinstance(widget, widgets.Text):
        return ["1", "-1", "−0.5", "1/9", " 2 ", "0"]
    if isinstance(widget, widgets.Textarea):
        return ["##\n.#", "", "#" * 32, ".#.\n###\n", "\n".join(["#." * 16] * 32)]
    if isinstance(widget, PadWidget):
        return ["\n".join(place(["#" * size] * size, 3, 5)) for size in (1, 4, 9, 27, 0)]
    return [value for _, value in widget._options_full]


def count_draws(exploration: Exploration) -> list:
    drawn, draw = [], exploration._draw
    exploration._draw = lambda view: drawn.append(view) or draw(view)
    return drawn


def some(whole: list) -> list:
    """Four of the values, both ends among them."""
    return [whole[round(share * (len(whole) - 1))] for share in (0, 1 / 3, 2 / 3, 1)]


@pytest.mark.seconds
def test_every_control_over_its_whole_range(exploration):
    """Without an error; and picture and read-out change, in the first state or in one that a puzzle leads to."""
    for control in exploration.controls:
        pictures, readouts = set(), set()
        for start in (exploration.first, *(puzzle.start for puzzle in exploration.puzzles)):
            exploration.show(start)
            whole = values(control.widget)
            for value in whole if start == exploration.first else some(whole):
                control.widget.value = value
                assert exploration.error == "", (control.name, value)
                assert control.shows(exploration.state), (control.name, value)
                pictures.add(exploration._picture.value)
                readouts.add(exploration._readout.value)
        assert len(pictures) > 1 and len(readouts) > 1, control.name


@pytest.mark.seconds
def test_the_call_line_makes_the_state_again(exploration):
    states = [exploration.first]
    for control in exploration.controls:
        exploration.reset()
        for value in some(values(control.widget)):
            control.widget.value = value
            states.append(exploration.state)
    for puzzle in exploration.puzzles:
        states += [puzzle.start, *puzzle.solutions]
    for state in dict.fromkeys(states):
        exploration.show(state)
        again = eval(exploration.call, {"explore": explore})
        assert (again.state, again.call) == (state, exploration.call)


def test_bad_text_is_a_sentence_and_passes(exploration):
    for control in exploration.controls:
        if not isinstance(control.widget, widgets.Text):
            continue
        before = exploration.state
        for bad in ("", "-", "abc", "1/0", "nan", "inf", "1e999", "1e5", "<b>1</b>", "1/2/3"):
            control.widget.value = bad
            assert exploration.error.endswith("."), bad
            assert exploration.state == before
        control.widget.value = "2"
        assert exploration.error == "" and exploration.state != before


def test_a_fault_in_a_callback_reaches_the_eyes(exploration):
    before, readout, compute = exploration.state, exploration._readout.value, exploration._compute

    def stumble(state):
        raise KeyError("oops & <more>")

    exploration._compute = stumble
    exploration.show(before)
    assert exploration.error == "This exploration stumbled: KeyError: 'oops & <more>'"
    assert "<more>" not in exploration._error.value
    assert (exploration.state, exploration._readout.value) == (before, readout)
    exploration._compute = compute
    exploration.show(before)
    assert exploration.error == ""


def test_reset_and_puzzles_redraw_once(exploration):
    for puzzle in exploration.puzzles:
        drawn = count_draws(exploration)
        exploration.start_puzzle(puzzle)
        assert exploration.state == puzzle.start and len(drawn) == 1
        exploration.reset()
        assert exploration.state == exploration.first and len(drawn) == 2
        assert all(control.shows(exploration.first) for control in exploration.controls)


def test_every_puzzle_can_be_solved_and_is_not_at_its_start(exploration):
    assert len({puzzle.name for puzzle in exploration.puzzles}) == len(exploration.puzzles)
    for position, puzzle in enumerate(exploration.puzzles):
        exploration.start_puzzle(puzzle)
        assert exploration._task.value.startswith(drawing.escape(puzzle.sentence))
        assert not puzzle.solved(exploration.view), puzzle.name
        for solution in puzzle.solutions:
            assert "✓" not in exploration._task.value
            exploration.show(solution)
            assert puzzle.solved(exploration.view), (puzzle.name, solution)
        assert exploration._task.value.endswith(drawing.escape(puzzle.because))
        assert "course-solved" in exploration._buttons[position]._dom_classes
        exploration.reset()
        assert "✓" not in exploration._task.value


def test_it_presents_itself(exploration):
    data, metadata = exploration._repr_mimebundle_()
    assert repr(exploration) == data["text/plain"] == exploration.call
    assert "\n" not in repr(exploration)
    assert "application/vnd.jupyter.widget-view+json" in data
    png = base64.b64decode(data["image/png"])
    assert len(png) < 100_000
    assert min(Image.open(io.BytesIO(png)).size) > 200
    assert metadata["image/png"]["alt"]


def test_the_picture_has_words_for_those_who_cannot_see_it(exploration):
    picture = exploration._picture.value
    assert 'role="img" aria-label="' in picture or 'alt="' in picture
    assert exploration._readout.value


def test_tests_and_styles_find_every_part(exploration):
    assert {"course-exploration", f"exploration-{exploration.name}", "course-guarded"} <= set(exploration._dom_classes)
    names = [control.name for control in exploration.controls]
    assert len(set(names)) == len(names)
    for control in exploration.controls:
        assert {"course-control", f"control-{control.name}"} <= set(control.widget._dom_classes)


def test_importing_brings_nothing_heavy():
    heavy = {"tensorflow", "keras", "matplotlib", "skimage", "sklearn", "scipy"}
    code = f"import sys; from course_utils import explore; print(*({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == ""


# Numbers as they are typed and written


@pytest.mark.parametrize("value", [0, -0.0, 1, -3, 0.5, 1 / 9, 1 / 16, -2 / 3, 0.1, 2.25, 1e-7, 123456.789, 0.1 + 0.2])
def test_what_is_written_is_read_again(value):
    assert eval(written(value)) == parse_number(written(value)) == value


def test_fractions_and_whole_numbers_are_written_short():
    assert [written(value) for value in (1.0, 1 / 9, -0.5, 1 / 16)] == ["1", "1/9", "-0.5", "0.0625"]


def test_a_call_line_names_what_differs():
    assert call_line("f", "x", Forge(size=3), Forge(), {"size": lambda size: f"<{size}>"}) == "explore.f(x, size=<3>)"
    assert call_line("f", "", Forge(), Forge()) == "explore.f()"


def test_a_call_line_uses_the_name_that_the_notebook_knows(monkeypatch):
    picture = np.zeros((5, 5))
    notebook = SimpleNamespace(user_ns={"_3": picture, "other": picture.copy(), "brick": picture})
    monkeypatch.setattr("IPython.get_ipython", lambda: notebook)
    assert explore.kernel_bench(picture).call == "explore.kernel_bench(brick)"
    assert explore.kernel_bench(np.ones((5, 5))).call == "explore.kernel_bench(image)"


def test_the_signed_colours_keep_their_order_in_grey():
    lightness = drawing.SIGNED @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) >= 0).all() and (np.diff(lightness[::8]) > 0).all()
    assert drawing.hex_colour(-9, drawing.SIGNED, -1, 1) == "#0a2a5e"


# Kernel bench


def test_one_pixel_of_the_map_is_one_sum():
    bench = explore.kernel_bench(row=30, column=60, brightness=0.2)
    assert bench.view.products.sum() == pytest.approx(bench.view.total)
    assert bench.view.patch * bench.state.weights == pytest.approx(bench.view.products)


def test_a_kernel_that_adds_up_to_zero_ignores_brightness():
    image = np.random.default_rng(0).random((20, 30))
    state = explore.kernel_bench(image).first
    bright = replace(state, brightness=0.3)
    assert compute_bench(bright, image).feature_map == pytest.approx(compute_bench(state, image).feature_map)
    blurred = replace(state, kernel=((1 / 9,) * 3,) * 3), replace(bright, kernel=((1 / 9,) * 3,) * 3)
    before, after = (compute_bench(each, image).feature_map for each in blurred)
    assert after == pytest.approx(before + 0.3)


def test_a_large_picture_is_averaged_down():
    image = np.kron(np.random.default_rng(0).random((100, 50)), np.ones((4, 4)))
    assert explore.kernel_bench(image).view.photograph == pytest.approx(image[::4, ::4])
    assert explore.kernel_bench(np.zeros((8, 8))).view.photograph.shape == (8, 8)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"image": np.zeros((3, 3, 3))}, "grey values"),
        ({"image": np.zeros((2, 9))}, "at least 3 × 3"),
        ({"image": np.full((9, 9), 255)}, "divide it"),
        ({"image": np.full((9, 9), np.nan)}, "outside"),
        ({"image": "camera"}, "grey values"),
        ({"kernel": [[1, 2], [3, 4]]}, "three rows of three"),
        ({"kernel": [[1, 2, 3], [4], [5]]}, "three rows of three"),
        ({"kernel": np.full((3, 3), np.inf)}, "finite"),
        ({"kernel": np.full((3, 3), 1000)}, "between −100 and 100"),
        ({"row": 126}, "rows go from 0 to 125"),
        ({"column": -1}, "columns from 0 to 125"),
        ({"row": 1.5}, "in whole numbers"),
        ({"brightness": 2}, "between −1 and 1"),
        ({"brightness": "dark"}, "brightness is 'dark'"),
        ({"scale": "rainbow"}, "'signed', 'photo'"),
    ],
)
def test_the_bench_says_what_it_takes(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.kernel_bench(**arguments)


def test_pointing_at_a_pixel_chooses_its_patch():
    bench = explore.kernel_bench()
    bench._frame.picked = {"name": "map", "x": 0.5, "y": 0.25}
    assert (bench.state.row, bench.state.column) == (31, 63)
    bench._frame.picked = {"name": "photograph", "x": 1.0, "y": 0.0}
    assert (bench.state.row, bench.state.column) == (0, 125)


# Shape forge


def forges():
    """Stacks of one and two layers, some of them impossible."""
    layers = [Layer(*numbers) for numbers in itertools.product((1, 2, 3, 5), (1, 2, 3), (0, 1), (1, 2))]
    pairs = [(one,) for one in layers] + list(zip(layers, layers[::-1], strict=True))
    return [Forge(size, stack, layer=len(stack)) for size in (1, 4, 9) for stack in pairs]


def through(images: np.ndarray, layers) -> np.ndarray:
    """What comes out of the layers when all weights are 1."""
    for layer in layers:
        kernel = np.ones((layer.kernel, layer.kernel))
        images = cross_correlate(images, kernel, layer.stride, layer.padding, layer.dilation)
    return images


def test_the_forge_agrees_with_convolution_pixel_by_pixel():
    for state in forges():
        view = compute_forge(state)
        if view.result is None:
            with pytest.raises(ValueError, match="reaches over"):
                through(np.ones((state.size,) * 2), state.layers)
            continue
        last = view.result - 1
        view = compute_forge(replace(state, row=last, column=last))
        answers = {}
        for pixel in range(state.size):  # along the diagonal, as rows and columns behave alike
            image = np.zeros((state.size,) * 2)
            image[pixel] = 1
            answers[pixel] = through(image, state.layers)
        assert answers[0].shape == (view.result,) * 2
        reached = [pixel for pixel, answer in answers.items() if answer[last].any()]
        assert list(view.seen[0][0]) == reached
        assert not reached or view.field > max(reached) - min(reached)
        if len(state.layers) == 1:
            assert list(view.unread) == [pixel for pixel, answer in answers.items() if not answer.any()]


def test_an_impossible_layer_is_explained():
    forge = explore.shape_forge(2, [{"kernel": 5}, {"kernel": 2}], layer=2)
    assert forge.error == "" and "vanished in layer 1" in forge._readout.value
    forge = explore.shape_forge(2, [{"kernel": 5, "dilation": 3}])
    assert "the picture vanishes here" in forge._readout.value and "13 pixels" in forge._readout.value


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 0}, "size is 0"),
        ({"size": 2.0}, "whole number from 1 to 16"),
        ({"layers": []}, "number of layers is 0"),
        ({"layers": [{}] * 7}, "from 1 to 6"),
        ({"layers": [{"kernel": 8}]}, "kernel is 8"),
        ({"layers": [{"stride": True}]}, "stride is True"),
        ({"layers": [{"kernal": 3}]}, "kernel, stride, padding, dilation"),
        ({"layers": [3]}, "must be a dict"),
        ({"layers": 3}, "must be a list"),
        ({"layer": 2}, "layer is 2"),
        ({"row": 6}, "row is 6; it must be a whole number from 0 to 5"),
    ],
)
def test_the_forge_says_what_it_takes(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.shape_forge(**arguments)


def test_pointing_chooses_a_pixel_a_window_or_a_layer():
    forge = explore.shape_forge(8, [{"stride": 2, "padding": 1}, {"kernel": 2}])
    forge._frame.picked = {"name": "output", "x": 0.9, "y": 0.3}
    assert (forge.state.row, forge.state.column) == (1, 3)
    forge._frame.picked = {"name": "input", "x": 0.15, "y": 0.99}
    assert (forge.state.row, forge.state.column) == (3, 0)
    forge._frame.picked = {"name": "layer-2", "x": 0.5, "y": 0.5}
    assert (forge.state.layer, forge.state.row) == (2, 2)
    assert forge.error == ""
