"""What tests ask of a notebook: its code cells, outputs and texts, what it calls and imports."""

import ast
import json
import re
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode

from course_utils.runtime import repository

LESSONS = sorted((repository() / "notebooks").glob("*.ipynb"))
DATA_URI = re.compile(r"data:[\w/+.;=-]+,[A-Za-z0-9+/=%]*")
PICTURES = ("image/png", "image/jpeg")


def demand_none(complaints: list[str]) -> None:
    """Fail the test with the complaints, each in full and on a line of its own."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def code_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((index, output) for index, cell in code_cells(notebook) for output in cell.outputs)


def texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Index and text of all that can be read: sources, and outputs but for pictures, also those inside HTML."""
    for index, cell in enumerate(notebook.cells):
        yield index, cell.source
    for index, output in outputs(notebook):
        data = {kind: value for kind, value in output.get("data", {}).items() if kind not in PICTURES}
        for value in (output.get("text", ""), output.get("evalue", ""), *data.values()):
            yield index, DATA_URI.sub("", value if isinstance(value, str) else json.dumps(value))


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def length(cell: NotebookNode) -> int:
    return sum(1 for line in cell.source.splitlines() if line.strip())


def calls(cell: NotebookNode, *names: str) -> Iterator[ast.Call]:
    """The calls in a cell, of functions or methods called `names` if any are given."""
    for node in ast.walk(tree(cell)):
        if isinstance(node, ast.Call) and (not names or ast.unparse(node.func).rpartition(".")[2] in names):
            yield node


def imported_names(notebook: NotebookNode) -> Iterator[tuple[int, set[str]]]:
    """For each code cell the full dotted names that it imports, and those it uses of what has been imported so far."""
    known: dict[str, str] = {}
    for index, cell in code_cells(notebook):
        here = dict(pair for node in ast.walk(tree(cell)) for pair in _imports(node))
        known |= here
        used = (ast.unparse(node) for node in ast.walk(tree(cell)) if isinstance(node, ast.Attribute | ast.Name))
        parts = (name.partition(".") for name in used)
        yield index, {*here.values(), *(known[first] + dot + rest for first, dot, rest in parts if first in known)}


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that an import statement binds, and what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def tree(cell: NotebookNode) -> ast.AST:
    """The syntax tree of a code cell; an empty one when it is not Python, of which a rule of its own speaks."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.Module([], [])


