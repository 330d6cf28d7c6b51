"""Every exercise knows its answers: right ones are accepted, each wrong one gets the sentence written for it."""

import builtins
import functools
import inspect
import json
import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import scipy.special

# Answers that use a library find it loaded: its first import may outlast a check on a busy machine.
import sklearn.model_selection  # noqa: F401

from course_utils import exercises
from course_utils.exercises import by_name, cnn, convolution
from course_utils.exercises.engine import FINE
from course_utils.exercises.running import call

NEEDS_KERAS = {"cnn.small_network"}

# Judges every answer to an exercise in a process of its own, where Keras starts once, on its NumPy backend,
# which builds a network in milliseconds.
JUDGE_ALL = """
import builtins, json, sys
import keras
from course_utils.exercises import by_name

def judge(cell):
    namespace = {"__builtins__": builtins}
    exec(cell, namespace)
    verdict = exercise.check(namespace[exercise.stub.split("(")[0].removeprefix("def ")])
    return [verdict.status, verdict.misconception, verdict.message]

exercise = by_name[sys.argv[1]]
cells = [exercise.stub, *exercise.right.values(), *(m.cell for m in exercise.wrong)]
print(json.dumps([[cell, judge(cell)] for cell in cells]))
"""


@functools.cache
def judged_elsewhere(name):
    environment = os.environ | {"KERAS_BACKEND": "numpy"}
    command = [sys.executable, "-c", JUDGE_ALL, name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def function_in(cell, name):
    namespace = {"__builtins__": builtins}
    exec(compile(cell, "<cell>", "exec"), namespace)
    return namespace[name]


def function_name(exercise):
    return exercise.stub.split("(")[0].removeprefix("def ")


def judge(exercise, cell):
    if exercise.name in NEEDS_KERAS:
        return judged_elsewhere(exercise.name)[cell]
    verdict = exercise.check(function_in(cell, function_name(exercise)))
    return [verdict.status, verdict.misconception, verdict.message]


def each(pairs):
    """One test a pair (exercise, thing), named after both."""
    return [
        pytest.param(
            exercise, thing, id=f"{exercise.name}-{name}", marks=[pytest.mark.keras] * (exercise.name in NEEDS_KERAS)
        )
        for exercise, name, thing in pairs
    ]


EXERCISES = list(by_name.values())
STUBS = each((e, "stub", e.stub) for e in EXERCISES)
RIGHT = each((e, name, cell) for e in EXERCISES for name, cell in e.right.items())
WRONG = each((e, m.id, m) for e in EXERCISES for m in e.wrong)
CELLS = [(e, cell) for e in EXERCISES for cell in [*e.right.values(), *(m.cell for m in e.wrong)]]


@pytest.mark.parametrize(("exercise", "cell"), STUBS)
def test_an_untouched_stub_is_not_attempted(exercise, cell):
    status, misconception, message = judge(exercise, cell)
    assert (status, misconception) == ("not attempted", None)
    assert f"exercises.{exercise.name}.hint()" in message


@pytest.mark.parametrize(("exercise", "cell"), RIGHT)
def test_a_right_answer_is_accepted(exercise, cell):
    status, misconception, message = judge(exercise, cell)
    assert (status, misconception) == ("correct", None), message


@pytest.mark.parametrize(("exercise", "misconception"), WRONG)
def test_a_wrong_answer_gets_its_own_sentence(exercise, misconception):
    status, found, message = judge(exercise, misconception.cell)
    assert (status, found, message) == ("incorrect", misconception.id, misconception.sentence)


@pytest.mark.parametrize("exercise", EXERCISES, ids=list(by_name))
def test_an_exercise_knows_enough_answers(exercise):
    assert len(exercise.right) >= 2
    assert len(exercise.wrong) >= 3
    sentences = [misconception.sentence for misconception in exercise.wrong]
    assert len(set(sentences)) == len(sentences)
    assert all("you" in sentence.lower() and sentence.endswith((".", ".)")) for sentence in sentences)


@pytest.mark.parametrize(("exercise", "cell"), CELLS)
def test_a_cell_stands_alone_and_keeps_the_stubs_face(exercise, cell):
    name = function_name(exercise)
    answer, stub = function_in(cell, name), function_in(exercise.stub, name)
    assert inspect.signature(answer) == inspect.signature(stub)
    assert answer.__doc__ == stub.__doc__
    assert cell.startswith("import numpy as np\n") == ("np." in cell.split('"""')[-1])
    assert "NotImplementedError" not in cell


@pytest.mark.parametrize("exercise", EXERCISES, ids=list(by_name))
def test_solution_and_hints(exercise):
    solution = exercise.solution()
    assert solution == next(iter(exercise.right.values()))
    assert repr(solution) == str(solution)
    assert f"```python\n{solution}```" in solution._repr_markdown_()
    hints = [exercise.hint() for _ in range(5)]
    assert len(set(hints)) == 3
    assert hints[-1] == hints[-2]
    assert f"exercises.{exercise.name}.solution()" in hints[-1]


def test_a_name_leads_to_its_exercise():
    for name, exercise in by_name.items():
        module, variable = name.split(".")
        assert getattr(getattr(exercises, module), variable) is exercise
    assert len(by_name) == 24


@pytest.mark.parametrize("exercise", EXERCISES, ids=list(by_name))
def test_no_input_is_shared_between_cases(exercise):
    arrays = [[a for a in case if isinstance(a, np.ndarray)] for case in exercise._cases() + exercise._cases()]
    for one, other in combinations(arrays, 2):
        assert not any(np.shares_memory(a, b) for a in one for b in other)


def test_importing_exercises_is_light():
    program = "import sys, course_utils.exercises; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "numpy" in done.stdout
    heavy = ("tensorflow", "keras", "jax", "scipy", "sklearn", "matplotlib")
    assert not any(f"'{name}'" in done.stdout for name in heavy)


# --- the numbers that lesson and sentences speak of ---


def answer(exercise, name):
    cells = exercise.right | {misconception.id: misconception.cell for misconception in exercise.wrong}
    return function_in(cells[name], function_name(exercise))


def test_counts_of_an_rgb_layer_with_eight_filters():
    count = functools.partial(answer, convolution.count_weights)
    assert count("counts_by_formula")(3, 8, 3) == 224
    assert count("one_channel_no_bias")(3, 8, 3) == 72


def test_views_that_the_sentences_name():
    view = functools.partial(answer, convolution.receptive_field)
    right = view("from_the_input_up")
    assert right([(3, 1), (3, 1), (2, 2)]) == 6
    assert view("pooling_doubles")([(3, 1), (3, 1), (2, 2)]) == 10
    assert right([(2, 2), (3, 1)]) == 6
    assert right([(2, 2), (2, 2), (3, 1)]) == 12
    assert right([(3, 1), (2, 2), (3, 1)]) == 8


def test_integers_that_the_sentences_name():
    wrapped = np.array([200 + 100, 300, -3]).astype(np.uint8)
    assert wrapped.tolist() == [44, 44, 253]


def test_surprises_that_the_sentences_name():
    loss = functools.partial(answer, cnn.loss)
    shares, labels = np.array([[1.0, 0.0], [0.99, 0.01]]), np.array([0, 1])
    assert round(float(loss("surprise_by_index")(shares, labels)), 1) == 2.3
    assert round(float(loss("averages_before_the_logarithm")(shares, labels)), 2) == 0.68


def test_softmax_twice_flattens_as_far_as_its_sentence_says():
    twice = answer(cnn.softmax, "softmax_twice")(1000 * np.eye(10))
    assert 0.23 < twice.max() < 0.24


# --- answers as newcomers write them, not as this course does ---


def test_mistakes_are_recognised_in_other_words():
    def by_scipy(image, kernel):
        return scipy.signal.convolve2d(image, kernel, mode="valid")

    def naive_softmax_twice(logits):
        for _ in range(2):
            logits = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return logits

    def naive_columns(logits):
        return np.exp(logits) / np.exp(logits).sum(axis=0)

    def last_product_of_a_slice(image, kernel):
        (h, w), (kh, kw) = image.shape, kernel.shape
        for a in range(kh):
            for b in range(kw):
                sums = kernel[a, b] * image[a : a + h - kh + 1, b : b + w - kw + 1].astype(float)
        return sums

    def one_hot_mean_of_everything(probabilities, labels):
        return -(np.eye(probabilities.shape[1])[labels] * np.log(probabilities)).mean()

    def torn_down_the_middle(images, rng):
        return np.array([image[:, ::-1] if rng.integers(2) else image for image in images])

    assert convolution.cross_correlate.check(by_scipy).misconception == "turns_the_kernel"
    assert convolution.cross_correlate.check(last_product_of_a_slice).misconception == "keeps_the_last_product"
    assert cnn.softmax.check(naive_columns).misconception == "shares_across_images"
    assert cnn.softmax.check(naive_softmax_twice).misconception == "softmax_twice"
    assert cnn.loss.check(one_hot_mean_of_everything).misconception == "averages_over_classes"
    assert cnn.augment.check(torn_down_the_middle).misconception == "flips"


@pytest.mark.parametrize("least", [np.mean, np.median, np.min, lambda x, **_: x[:, :1], lambda x, **_: x[:, -1:]])
def test_softmax_takes_the_maximum_away_and_nothing_else(least):
    def takes_away(logits):
        powers = np.exp(logits - least(logits, axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    assert cnn.softmax.check(takes_away).misconception == "takes_something_else_away"


def test_errors_of_a_misconception_are_recognised_in_other_words():
    def naive(logits):
        return np.exp(logits) / np.exp(logits).sum(axis=1)

    def shifted(logits):
        powers = np.exp(logits - logits.max(axis=1))
        return powers / powers.sum(axis=1, keepdims=True)

    def rows(probabilities, labels):
        return -np.log(probabilities[labels]).sum()

    def pixel_rows(image, kernel, stride):
        (h, w), (kh, kw) = image.shape, kernel.shape
        out = np.ones(((h - kh) // stride + 1, (w - kw) // stride + 1))
        for i in range(0, h - kh + 1, stride):
            for j in range(0, w - kw + 1, stride):
                out[i, j] = np.vdot(image[i : i + kh, j : j + kw], kernel)
        return out

    assert cnn.softmax.check(naive).misconception == "sums_lose_their_axis"
    assert cnn.softmax.check(shifted).misconception == "sums_lose_their_axis"
    assert cnn.loss.check(rows).misconception == "picks_rows"
    assert convolution.stride.check(pixel_rows).misconception == "counts_places_in_pixels"
    assert "IndexError" in convolution.stride.check(lambda image, kernel, stride: image[99]).message


def test_every_draw_comes_from_the_generator_passed():
    def half_from_elsewhere(images, rng):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        moved = np.zeros_like(images)
        for i, (_, h, w, _) in enumerate([images.shape] * len(images)):
            top, left = rng.integers(0, 3), np.random.randint(0, 3)
            moved[i] = padded[i, top : top + h, left : left + w]
        return moved

    assert cnn.augment.check(half_from_elsewhere).misconception == "draws_from_elsewhere"


def test_moved_images_are_an_array_that_holds_them():
    moved = answer(cnn.augment, "cut_from_a_margin")
    assert "they come as a list" in cnn.augment.check(lambda images, rng: list(moved(images, rng))).message
    for dtype in ("uint8", "float16"):
        message = cnn.augment.check(lambda images, rng, dtype=dtype: moved(images, rng).astype(dtype)).message
        assert f"The type of your result is {dtype}" in message


def test_moves_that_fit_no_misconception_are_described():
    def noisy(images, rng):
        return images + rng.normal(0, 0.1, images.shape)

    def still(images, rng):
        return images.copy()

    def no_channel(images, rng):
        return images[..., 0]

    def only_sideways_or_down(images, rng):
        moved = np.zeros_like(images)
        for i, image in enumerate(images):
            padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
            top, left = [(1, 0), (1, 2), (0, 1), (2, 1), (1, 1)][rng.integers(5)]
            moved[i] = padded[top : top + image.shape[0], left : left + image.shape[1]]
        return moved

    assert "Image 0 of your result is none of the nine shifts" in cnn.augment.check(noisy).message
    assert "none of them has moved" in cnn.augment.check(still).message
    assert "the shape of `images`" in cnn.augment.check(no_channel).message
    assert "never occur in a large batch: (-1, -1), (-1, 1), (1, -1), (1, 1)" in cnn.augment.check(
        only_sideways_or_down
    ).message


# --- small_network without Keras ---


RETURN_THE_MODEL = "Your function returns {}. Return the Keras model itself, before any `compile` or `fit`."


class Dense:
    activation = None


class Network:
    """Has what the check reads of a Keras model."""

    input_shape, output_shape = (None, 8, 8, 1), (None, 10)

    def __init__(self, *layers):
        self.layers = layers

    def count_params(self):
        return 100


def named(name, activation=None):
    layer = type(name, (), {})()
    layer.activation = type("f", (), {"__name__": activation})() if activation else None
    return layer


def test_a_network_needs_keras_first(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    verdict = cnn.small_network.check(lambda: Network())
    assert verdict.status == "not attempted"
    assert "setup(keras=True)" in verdict.message


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Network(named("Conv2D", "relu"), named("Conv2D"), named("Flatten"), Dense()), FINE),
        (Network(Network(named("Conv2D"), named("LeakyReLU")), named("Conv2D"), named("Flatten"), Dense()), FINE),
        (Network(named("Conv2D", "relu"), named("SeparableConv2D"), named("Softmax")), "ends_in_softmax"),
        (Network(named("Flatten"), named("Dense", "relu"), Dense()), "flattens_first"),
        (Network(named("Flatten"), named("Reshape"), named("Conv2D")), "flattens_first"),
        (None, RETURN_THE_MODEL.format("None")),
        ([Network()], RETURN_THE_MODEL.format("a list")),
    ],
)
def test_what_is_read_of_a_network(model, says):
    assert cnn._network_fault(call(lambda: model, ())) == says
