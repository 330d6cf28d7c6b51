"""Read what was handed in, as bytes that may be anything, and find the student's answers in it. Runs nothing."""

import ast
import builtins
import codecs
import hashlib
import json
import os
import stat
import symtable
from dataclasses import dataclass
from pathlib import Path

from course_utils.runtime import repository

__all__ = ["Answer", "Lesson", "Submission", "Ungradable", "answer_to", "find_lesson", "imports", "read", "read_bytes"]

LARGEST = 20 * 2**20  # bytes; a lesson with all its pictures has under 2 MB
MOST_CELLS = 2_000
LONGEST_CELL, LONGEST_CODE = 200_000, 2_000_000  # characters, of one cell and of all
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Ungradable(Exception):
    """What was handed in cannot be graded; the message says why, and what to do."""


@dataclass(frozen=True)
class Cell:
    """A code cell: its `source`, the exercise it is marked with or "", what its first level binds."""

    number: int  # among all cells, from 1
    source: str
    exercise: str
    binds: dict[str, list[ast.stmt]]


@dataclass(frozen=True)
class Submission:
    """The code cells of a notebook and where they came from."""

    name: str
    sha256: str
    cells: list[Cell]


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course: its `name`, its `exercises` in order, the sources of its `setup` cells."""

    name: str
    exercises: list[str]
    setup: list[str]


@dataclass(frozen=True)
class Answer:
    """The cell that is graded for an exercise, the `helpers` it uses from other cells, how it was `found`."""

    cell: Cell
    helpers: list[str]
    found: str
    others: int  # cells that answer the same


def read_bytes(path: Path) -> bytes:
    """The content of a regular file. Errors: `Ungradable` for links, devices, and files that are too large."""
    if path.is_symlink():
        raise Ungradable("This is a symbolic link, which is not followed. Hand in the notebook itself.")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Ungradable(f"The file cannot be read: {error.strerror}.") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Ungradable("This is not a file. Hand in a notebook, a file that ends in .ipynb.")
        if found.st_size > LARGEST:
            size = f"{found.st_size / 1e6:,.0f} MB; at most {LARGEST / 1e6:.0f} MB are read"
            cure = "Clear the outputs (Edit, Clear Outputs of All Cells), save, and hand it in again."
            raise Ungradable(f"The file has {size}. {cure}")
        with open(handle, "rb", closefd=False) as file:
            return file.read(LARGEST)
    finally:
        os.close(handle)


def read(name: str, content: bytes) -> Submission:
    """The notebook in `content`. Errors: `Ungradable`."""
    notebook = _json(_text(content))
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        old = isinstance(notebook, dict) and "worksheets" in notebook
        raise Ungradable(
            "This notebook has the form of before 2015. Open it in JupyterLab, save it, and hand it in again."
            if old
            else "This is JSON but no notebook: it has no list of cells. Hand in the file that ends in .ipynb."
        )
    if len(notebook["cells"]) > MOST_CELLS:
        raise Ungradable(f"The notebook has {len(notebook['cells']):,} cells; at most {MOST_CELLS:,} are read.")
    sources = [_source(cell) for cell in notebook["cells"]]
    if sum(map(len, sources)) > LONGEST_CODE:
        raise Ungradable(f"The notebook has {sum(map(len, sources)):,} characters of code; {LONGEST_CODE:,} are read.")
    cells = [_cell(number, *pair) for number, pair in enumerate(zip(notebook["cells"], sources, strict=True), 1)]
    return Submission(name, hashlib.sha256(content).hexdigest(), [cell for cell in cells if cell])


def _text(content: bytes) -> str:
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Ungradable(
            f"The text of the file is not {encoding.upper().removesuffix('-SIG')}, from byte {error.start:,} on. "
            "Save the notebook from JupyterLab and hand it in again."
        ) from error


def _json(text: str) -> object:
    if not text.strip():
        raise Ungradable("The file is empty. Save the notebook and hand it in again.")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Ungradable("The file is no notebook: its JSON is nested too deep.") from error
    except ValueError as error:
        raise Ungradable(f"The file is no notebook, because it is not JSON: {str(error)[:200]}.") from error


def _source(cell: object) -> str:
    """The code of a code cell; of anything else, however it is broken, ""."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source if isinstance(source, str) and len(source) <= LONGEST_CELL else ""


def _cell(number: int, cell: object, source: str) -> Cell | None:
    if not source:
        return None
    metadata = cell.get("metadata")
    exercise = metadata.get("exercise") if isinstance(metadata, dict) else None
    source = _python(source)
    return Cell(number, source, exercise if isinstance(exercise, str) else "", _binds(source))


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _python(source: str) -> str:
    """`source` as Python: lines that speak to the notebook (%time, !ls, np.sum?) do nothing."""
    if _parsed(source) is not None:
        return source
    lines = [_python_line(line) for line in source.split("\n")]
    return "\n".join(lines)


def _python_line(line: str) -> str:
    told = line.strip()
    to_notebook = told.startswith(("%", "!")) and told.lstrip("%!")[:1].isalpha()
    return line[: len(line) - len(line.lstrip())] + "pass" if to_notebook or told.endswith("?") else line


def _binds(source: str) -> dict[str, list[ast.stmt]]:
    """The statements on the first level that bind a name, by name; of a cell that is no Python, none."""
    tree, binds = _parsed(source), {}
    for statement in tree.body if tree else ():
        for name in _bound(statement):
            binds.setdefault(name, []).append(statement)
    return binds


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []


# Whose answer is what


def answer_to(exercise: str, function: str, stub: str, submission: Submission) -> Answer | None:
    """The cell to grade for `exercise`, whose function is called `function`; None when there is none.

    Cells that are marked with the exercise go before others; without any, a cell that binds the function's name at its
    first level is taken. Of several, the last that is not the untouched `stub`: a notebook that is run from top to
    bottom ends with that one.
    """
    marked = [cell for cell in submission.cells if cell.exercise == exercise]
    found = "its mark"
    if not any(function in cell.binds or not cell.binds for cell in marked if cell.source.strip() != stub.strip()):
        named = [cell for cell in submission.cells if function in cell.binds and cell not in marked]
        if any(cell.source.strip() != stub.strip() for cell in named) or not marked:
            marked, found = named, "the function's name"
    written = [cell for cell in marked if cell.source.strip() != stub.strip()]
    if not marked:
        return None
    cell = (written or marked)[-1]
    return Answer(cell, _helpers(cell, submission), found, max(0, len(written) - 1))


def _helpers(cell: Cell, submission: Submission) -> list[str]:
    """The statements of other cells that bind the names `cell` uses, and those they use in turn, in their order.

    The cell before it that binds a name goes before those after it.
    """
    chosen: dict[tuple[int, int], str] = {}
    wanted, seen = _used(cell.source), set(cell.binds)
    while wanted := wanted - seen:
        name = wanted.pop()
        seen.add(name)
        binding = [other for other in submission.cells if other is not cell and name in other.binds]
        binding = [other for other in binding if other.number < cell.number] or binding
        for statement in filter(_quick, binding[-1].binds[name] if binding else ()):
            source = ast.unparse(statement)
            chosen[binding[-1].number, statement.lineno] = source
            wanted |= _used(source)
    return [chosen[place] for place in sorted(chosen)]


def _quick(statement: ast.stmt) -> bool:
    """What takes time, such as a training, is no helper: no assignment with a call in it."""
    assigns = isinstance(statement, (ast.Assign, ast.AnnAssign))
    return not (assigns and any(isinstance(node, ast.Call) for node in ast.walk(statement)))


def _used(source: str) -> set[str]:
    """The names that `source` takes from outside: globals of its functions, and what its first level reads."""
    try:
        tables, names = [symtable.symtable(source, "cell", "exec")], set()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        read = [symbol for symbol in table.get_symbols() if symbol.is_referenced()]
        names |= {symbol.get_name() for symbol in read if symbol.is_global() or table.get_type() == "module"}
    return names - set(dir(builtins))


# The lesson


def find_lesson(name: str) -> Lesson:
    """The lesson with the number or name `name`. Errors: `ValueError` when there is none."""
    notebooks = sorted((repository() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    wanted = name.removesuffix(".ipynb")
    for path in notebooks:
        number = path.stem.partition("_")[0]
        if wanted == path.stem or (wanted.isdecimal() and int(wanted) == int(number)):
            return _lesson(path)
    raise ValueError(f"There is no lesson {name!r}; there are {', '.join(path.stem for path in notebooks)}.")


def _lesson(path: Path) -> Lesson:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    setup = ["".join(cell["source"]) for cell in cells if "setup" in cell["metadata"].get("tags", [])]
    return Lesson(path.stem, [cell["metadata"]["exercise"] for cell in cells if "exercise" in cell["metadata"]], setup)


def imports(sources: list[str]) -> list[str]:
    """The modules that `sources` import, and Keras where they ready it."""
    names = {"numpy", "matplotlib.pyplot", "scipy.signal"}
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return sorted(names) + ["keras"] * any("keras=True" in source for source in sources)
