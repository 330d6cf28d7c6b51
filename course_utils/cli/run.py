"""`course run`: execute lessons, say what held, write them as HTML or refresh their outputs."""

from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from course_utils.cli import form, lessons
from course_utils.cli.environment import check_settings
from course_utils.cli.errors import CourseError
from course_utils.cli.execution import Failure, Outcome, execute
from course_utils.files import write_whole

__all__ = ["claims_held", "exercises_attempted", "run"]

NOT_ATTEMPTED = "○"
WITHOUT_SCRIPTS = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


def run(names: list[str], console: Console, *, refresh: bool = False, html: Path | None = None) -> bool:
    """Execute the lessons called `names` (all when empty), print a line each; true when none failed.

    `refresh` puts the new outputs into the lessons' own files, `html` is a folder for readable pages; neither is
    written for a lesson that fails. Errors: `CourseError`, before anything runs, for what cannot be run or written.
    """
    notebooks = {path: lessons.read(path) for path in lessons.find(names)}
    check_settings()
    if html is not None:
        _make_folder(html)
    outcomes = []
    for path, notebook in notebooks.items():
        outcome = _execute_shown(path.stem, notebook)
        outcomes.append(outcome)
        for line in _account(path.stem, outcome):
            console.print(line, soft_wrap=True, highlight=False)
        if outcome.failure is None and refresh:
            write_whole(path, form.text(outcome.notebook))
        if outcome.failure is None and html is not None:
            write_whole(html / f"{path.stem}.html", _page(path.stem, outcome.notebook))
    return all(outcome.failure is None for outcome in outcomes)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"{folder} cannot be a folder for HTML: {error.strerror}.") from error


def _execute_shown(name: str, notebook: NotebookNode) -> Outcome:
    """Execute under a progress bar on standard error, which leaves no trace."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(name, total=len(notebook.cells))
        return execute(notebook, lambda index: progress.update(task, completed=index))


def claims_held(notebook: NotebookNode) -> int:
    """How many claims the outputs state: lines on standard output that begin with ✓."""
    texts = [output.text for output in _outputs(notebook) if output.get("name") == "stdout"]
    return sum(line.startswith("✓ ") for text in texts for line in text.splitlines())


def exercises_attempted(notebook: NotebookNode) -> tuple[int, int]:
    """How many exercises the outputs call attempted, and how many there are."""
    total = len(list(lessons.exercise_cells(notebook)))
    verdicts = [
        output.data.get("text/plain", "")
        for cell in notebook.cells
        if "check" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    return sum(not verdict.startswith(NOT_ATTEMPTED) for verdict in verdicts), total


def _outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def _account(name: str, outcome: Outcome) -> Iterator[Text]:
    """What is printed about a lesson: one line, and below it how it failed, if it did."""
    attempted, total = exercises_attempted(outcome.notebook)
    claims = claims_held(outcome.notebook)
    facts = [
        f"{claims} claim{'s' * (claims != 1)} held",
        f"{attempted} of {total} exercises attempted",
        f"{outcome.cost.seconds:.1f} s",
        f"{outcome.cost.cpu_seconds:.1f} CPU s",
        f"peak {outcome.cost.peak_bytes / 1e6:.0f} MB",
    ]
    mark = ("✓ ", "bold green") if outcome.failure is None else ("✗ ", "bold red")
    yield Text.assemble(mark, (name, "bold"), "  ", " · ".join(facts))
    if outcome.failure is not None:
        yield from _failure(outcome.notebook, outcome.failure)


def _failure(notebook: NotebookNode, failure: Failure) -> Iterator[Text]:
    yield Text(f"  failed in {lessons.cell_name(notebook, failure.index)}")
    yield Text(f"  {failure.error}: {failure.message}", "red")
    if failure.error != "ClaimFailed":  # a claim's message says it all
        yield Text.from_ansi(failure.traceback)


def _page(name: str, notebook: NotebookNode) -> str:
    """The executed lesson as one HTML page that needs no other file and no network. Formulas stay as TeX."""
    from nbconvert import HTMLExporter  # takes longer to import than all else in this module

    exporter = HTMLExporter(raw_template=WITHOUT_SCRIPTS, embed_images=True)
    return exporter.from_notebook_node(form.form(notebook), {"metadata": {"name": name}})[0]
