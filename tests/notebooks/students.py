"""Three students: one who changes nothing, one who gets everything right, one who errs in every known way.

What the second and the third do is a notebook made from the lesson: its set-up cells, then answers, each followed by
the lesson's own check cell and by a cell that prints the verdict.
"""

import json
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from reading import code_cells, tags

from course_utils.cli.execution import Outcome
from course_utils.cli.lessons import cell_name, exercise_cells
from course_utils.exercises import by_name

PRINT_VERDICT = "import json\nprint(json.dumps([_.status, _.misconception, _.message]))"


@dataclass(frozen=True)
class Answer:
    """What goes into the stub of `exercise`, and what its check must say to a wrong one."""

    exercise: str
    cell: str
    belief: str = ""
    sentence: str = ""


def right_answers(lesson: NotebookNode) -> list[Answer]:
    return [Answer(name, str(by_name[name].solution())) for _, name in exercise_cells(lesson)]


def wrong_answers(lesson: NotebookNode) -> list[Answer]:
    names = [name for _, name in exercise_cells(lesson)]
    return [Answer(name, wrong.cell, wrong.id, wrong.sentence) for name in names for wrong in by_name[name].wrong]


def answered(lesson: NotebookNode, answers: list[Answer]) -> NotebookNode:
    """Set-up, then each answer with the check that follows its stub in the lesson."""
    cells = [cell.source for _, cell in code_cells(lesson) if "setup" in tags(cell)]
    stubs = {name: index for index, name in exercise_cells(lesson)}
    for answer in answers:
        check = next(cell.source for index, cell in code_cells(lesson) if index > stubs[answer.exercise])
        cells += [answer.cell, check, PRINT_VERDICT]
    return new_notebook(cells=[new_code_cell(source) for source in cells])


def misjudged(answers: list[Answer], outcome: Outcome) -> list[str]:
    """A sentence for each answer whose verdict is not what it should be, and for a run that broke off."""
    if outcome.failure is not None:
        where = cell_name(outcome.notebook, outcome.failure.index)
        return [f"{where} fails with {outcome.failure.error}: {outcome.failure.message}"]
    printed = [cell.outputs[0].text for cell in outcome.notebook.cells if cell.source == PRINT_VERDICT]
    verdicts = [json.loads(text) for text in printed]
    return [
        f"{answer.exercise}, {answer.belief or 'its own solution'}: the check says {status} ({found}): {message}"
        for answer, (status, found, message) in zip(answers, verdicts, strict=True)
        if not _fits(answer, status, found, message)
    ]


def _fits(answer: Answer, status: str, found: str | None, message: str) -> bool:
    if not answer.belief:
        return status == "correct"
    return status == "incorrect" and answer.belief in (found or "").split(" or ") and answer.sentence in message


def with_solutions(lesson: NotebookNode) -> NotebookNode:
    """The whole lesson with each reference solution in place of its stub."""
    notebook = deepcopy(lesson)
    for index, name in exercise_cells(notebook):
        notebook.cells[index].source = str(by_name[name].solution())
    return notebook


def not_marked(mark: str, notebook: NotebookNode) -> list[str]:
    """A sentence for each check cell whose output does not begin with `mark`: ○ not attempted, ✗ wrong, ✓ right."""
    shown = {index: _shown(cell) for index, cell in code_cells(notebook) if "check" in tags(cell)}
    return [
        f"{cell_name(notebook, index)}: its output should begin with {mark} and is {text[:80]!r}."
        for index, text in shown.items()
        if not text.startswith(mark)
    ]


def _shown(cell: NotebookNode) -> str:
    return "".join(output.data.get("text/plain", "") for output in cell.outputs if "data" in output)
