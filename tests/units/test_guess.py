"""A guess asks, never blocks, and prints one line that stays the same."""

import pytest

from course_utils.guess import guess


def test_it_asks_in_one_line():
    asked = guess("On clear sky the sum is", options=["large", "zero", "negative"])
    data = asked._repr_mimebundle_()
    assert data["text/plain"] == repr(asked) == "Guess: On clear sky the sum is … large | zero | negative"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert asked.answer is None


def test_a_long_question_is_not_cut():
    options = [f"option {number} " * 5 for number in range(5)]
    assert guess("How long " * 20, options=options)._repr_mimebundle_()["text/plain"].endswith(options[-1])


def test_an_answer_is_taken_and_can_be_changed():
    asked = guess("Larger", options=["a < b", "b"])
    control = asked.children[1]
    for answer in ("b", "a < b"):
        control.value = answer
        assert asked.answer == answer
    assert "Your guess: <b>a &lt; b</b>. Run the next cell and see." in asked.children[2].value


@pytest.mark.parametrize(("between", "limits"), [((0, 10), "0 to 10"), ((0.5, 1.0), "0.5 to 1")])
def test_a_number_is_asked_for(between, limits):
    asked = guess("How many", between=between)
    control = asked.children[1]
    assert repr(asked) == f"Guess: How many … a number from {limits}"
    assert asked.answer is None and between[0] < control.value < between[1]
    control.value = between[1]
    assert asked.answer == between[1]


def test_markup_in_a_question_is_only_text():
    assert "<script>" not in guess("<script>", options=["a", "b"]).children[0].value


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"question": "", "options": ["a", "b"]}, "one line of text"),
        ({"question": "two\nlines", "options": ["a", "b"]}, "one line of text"),
        ({"question": 3, "options": ["a", "b"]}, "one line of text"),
        ({"question": "q"}, "either options"),
        ({"question": "q", "options": ["a", "b"], "between": (0, 1)}, "either options"),
        ({"question": "q", "options": "ab"}, "list of texts"),
        ({"question": "q", "options": 3}, "list of texts"),
        ({"question": "q", "options": ["a", 1]}, "list of texts"),
        ({"question": "q", "options": ["a", " "]}, "list of texts"),
        ({"question": "q", "options": ["a"]}, "at least two"),
        ({"question": "q", "options": ["a", "a"]}, "all different"),
        ({"question": "q", "between": 3}, "two numbers"),
        ({"question": "q", "between": (1, 2, 3)}, "two numbers"),
        ({"question": "q", "between": ("a", "b")}, "finite numbers"),
        ({"question": "q", "between": (0, float("inf"))}, "finite numbers"),
        ({"question": "q", "between": (2, 1)}, "smaller"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        guess(**arguments)
