"""What `course new` lays out runs, and keeps every rule once `course run --refresh` has given it outputs."""

import pytest
import rules
from prose import numbers_in_prose_are_proven
from reading import code_cells, demand_none
from test_teaching import minutes_due

from course_utils.cli import form, lessons
from course_utils.cli.execution import execute
from course_utils.cli.new import lay_out, new
from course_utils.exercises import by_name


@pytest.fixture(scope="module", params=[(), ("start.invert",)], ids=["plain", "with an exercise"])
def refreshed(request, tmp_path_factory):
    """A new lesson in a course of its own, run and read again, as `course run --refresh` does it."""
    course = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "course_utils"):
        (course / folder).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(course)
        path = new("08", "Waves", request.param)
    outcome = execute(lessons.read(path))
    assert outcome.failure is None, outcome.failure
    path.write_text(form.text(outcome.notebook), encoding="utf-8")
    return lessons.read(path)


@pytest.mark.kernel
@pytest.mark.parametrize("rule", [*rules.RULES, numbers_in_prose_are_proven], ids=lambda rule: rule.__name__)
def test_a_new_lesson_keeps(rule, refreshed):
    demand_none(rules.complaints(rule, refreshed))


@pytest.mark.parametrize("name", by_name)
def test_any_exercise_can_be_put_in(name):
    """The rules on exercises; how long a lesson's cells may be depends on what is written around them."""
    notebook = form.form(lay_out("08", "Waves", [name]))
    for rule in (rules.stubs_are_the_exercises, rules.stubs_are_followed_by_checks, rules.starts_with_title_and_setup):
        demand_none(rules.complaints(rule, notebook))
    imports = next(cell.source for _, cell in code_cells(notebook))
    assert "exercises" in imports


def test_a_new_lesson_is_a_draft():
    """So the README and the instructor's guide need no lines about it yet."""
    assert lay_out("08", "Waves").cells[0].source.startswith("# 08 · Waves · draft\n")


def test_a_new_lesson_says_the_sums_of_its_marks():
    notebook = lay_out("08", "Waves")
    assert f"\n{minutes_due(notebook)} · builds on" in notebook.cells[0].source


def test_a_new_lesson_has_core_and_extra_and_three_questions():
    notebook = lay_out("08", "Waves")
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert {mark for mark, _ in rules.SECTION_MARK.findall(prose)} == {"core", "extra"}
    assert "## In short" in prose and "**Three questions**" in prose and prose.count("? (a) ") == 3
