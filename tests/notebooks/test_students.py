"""Three students open each lesson: one changes nothing, one gets everything right, one errs in every known way.

That the untouched lesson runs and prints what it has stored is nbval's to show.
"""

import importlib.util

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from reading import LESSONS, demand_none
from students import answered, misjudged, not_marked, right_answers, with_solutions, wrong_answers

from course_utils.cli.execution import execute
from course_utils.cli.lessons import cell_name, read
from course_utils.exercises import by_name

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
OTHER_BACKENDS = [name for name in ("jax", "torch") if importlib.util.find_spec(name)]


@each_lesson
def test_untouched_lesson_says_not_attempted(path):
    demand_none(not_marked("○", read(path)))


@pytest.mark.kernel
@pytest.mark.parametrize("student", [right_answers, wrong_answers])
@each_lesson
def test_student_is_judged(path, student):
    lesson = read(path)
    answers = student(lesson)
    demand_none(misjudged(answers, execute(answered(lesson, answers))))


@pytest.mark.slow
@each_lesson
def test_right_student_can_run_the_whole_lesson(path):
    demand_none(not_marked("✓", run_whole(with_solutions(read(path)))))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@each_lesson
def test_claims_hold_for_every_seed(path, seed, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", str(seed))
    run_whole(read(path))


@pytest.mark.slow
@pytest.mark.parametrize("backend", OTHER_BACKENDS)
@each_lesson
def test_claims_hold_on_every_backend(path, backend, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    run_whole(read(path))


def run_whole(notebook):
    outcome = execute(notebook)
    if outcome.failure is not None:
        where = cell_name(notebook, outcome.failure.index)
        pytest.fail(f"{where}: {outcome.failure.error}: {outcome.failure.message}", pytrace=False)
    return outcome.notebook


# The students, seen red


def stub_and_check(name, checked):
    exercise = by_name[name]
    function = exercise.stub.partition("(")[0].removeprefix("def ")
    check = f"exercises.{checked}.check({function})"
    return [
        new_code_cell(exercise.stub, metadata={"exercise": name}),
        new_code_cell(check, metadata={"tags": ["check"]}),
    ]


@pytest.mark.kernel
def test_a_check_of_another_exercise_is_noticed():
    """The first exercise is checked as it should be, the second by the check of the first."""
    good, other = list(by_name)[:2]
    setup = new_code_cell("from course_utils import exercises", metadata={"tags": ["setup"]})
    lesson = new_notebook(cells=[setup, *stub_and_check(good, good), *stub_and_check(other, good)])
    answers = right_answers(lesson) + wrong_answers(lesson)
    complaints = misjudged(answers, execute(answered(lesson, answers)))
    assert len(complaints) == 1 + len(by_name[other].wrong)
    assert all(complaint.startswith(other) for complaint in complaints)


@pytest.mark.kernel
def test_a_set_up_that_does_not_suffice_is_noticed():
    lesson = new_notebook(cells=stub_and_check(*list(by_name)[:1] * 2))
    answers = right_answers(lesson)
    (complaint,) = misjudged(answers, execute(answered(lesson, answers)))
    assert "fails with NameError: name 'exercises' is not defined" in complaint


def test_an_output_that_says_otherwise_is_noticed():
    output = new_output("execute_result", data={"text/plain": "✓ Correct."}, execution_count=1)
    check = new_code_cell("x.check(f)", metadata={"tags": ["check"]}, outputs=[output], execution_count=1)
    (complaint,) = not_marked("○", new_notebook(cells=[check]))
    assert complaint == "cell 1, In [1] “x.check(f)”: its output should begin with ○ and is '✓ Correct.'."
    assert not not_marked("✓", new_notebook(cells=[check]))
