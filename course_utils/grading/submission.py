"""Read what was handed in, as bytes that may be anything, and find the student's answers in it. Runs nothing."""

import ast
import builtins
import codecs
import contextlib
import hashlib
import json
import os
import re
import stat
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from course_utils.runtime import repository

__all__ = [
    "Answer",
    "Lesson",
    "Submission",
    "Ungradable",
    "answer_to",
    "find_lesson",
    "imports",
    "is_empty",
    "read",
    "read_bytes",
]

LARGEST = 20 * 2**20  # bytes; a lesson with all its pictures has under 2 MB
MOST_CELLS = 2_000
LONGEST_CELL, LONGEST_CODE = 20_000, 300_000  # bytes of one cell and of all; to parse a cell can take their square
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Ungradable(Exception):
    """What was handed in cannot be graded; the message says why, and what to do."""


@dataclass(frozen=True)
class Statement:
    """A statement that binds `names` on the first level of a cell; without `text` when it is no helper."""

    place: tuple[int, int]  # the cell's number, and its own in the cell
    text: str
    lasting: bool  # a function, class or import; else a value
    names: tuple[str, ...]  # "*" for those of a star import

    @cached_property
    def uses(self) -> tuple[str, ...]:
        return tuple(_used(self.text))


@dataclass(frozen=True)
class Cell:
    """A code cell: its `source`, the exercise it is marked with or "", what its first level binds."""

    number: int  # among all cells, from 1
    source: str
    exercise: str
    statements: list[Statement]
    binds: frozenset[str]
    problem: str = ""  # why it is not read


@dataclass(frozen=True)
class Submission:
    """The code cells of a notebook and where they came from."""

    name: str
    sha256: str
    cells: list[Cell]

    @cached_property
    def binding(self) -> dict[str, list[Statement]]:
        """The statements that bind a name, by name, in their order."""
        binding: dict[str, list[Statement]] = {}
        for statement in (statement for cell in self.cells for statement in cell.statements):
            for name in statement.names:
                binding.setdefault(name, []).append(statement)
        return binding


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
    uses: frozenset[str]  # what the helpers bind
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
    size = sum(size for size in map(_size, sources) if size <= LONGEST_CELL)
    if size > LONGEST_CODE:
        raise Ungradable(f"The notebook has {size:,} bytes of code; at most {LONGEST_CODE:,} are read.")
    cells = [_cell(number, *pair) for number, pair in enumerate(zip(notebook["cells"], sources, strict=True), 1)]
    return Submission(name, hashlib.sha256(content).hexdigest(), [cell for cell in cells if cell])


def _text(content: bytes) -> str:
    if content.startswith(b"PK\3\4"):
        raise Ungradable("This is a ZIP archive. Unpack it, and hand in the notebook.")
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
    return source if isinstance(source, str) else ""


def _size(source: str) -> int:
    return len(source.encode("utf-8", "replace"))


def _cell(number: int, cell: object, source: str) -> Cell | None:
    exercise = _exercise(cell)
    if not source and not exercise:
        return None
    if _size(source) > LONGEST_CELL:
        problem = f"Cell {number} has {_size(source):,} bytes of code; at most {LONGEST_CELL:,} are read. Shorten it."
        functions = islice(re.finditer(r"^def +(\w+)", source, re.MULTILINE), 100)
        return Cell(number, "", exercise, [], frozenset(function[1] for function in functions), problem)
    source, tree = _python(source)
    statements = _statements(number, source, tree)
    return Cell(number, source, exercise, statements, frozenset(name for one in statements for name in one.names))


def _exercise(cell: object) -> str:
    metadata = cell.get("metadata") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
    exercise = metadata.get("exercise") if isinstance(metadata, dict) else None
    return exercise if isinstance(exercise, str) else ""


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _python(source: str) -> tuple[str, ast.Module | None]:
    """`source` as Python: lines that speak to the notebook (%time, !ls, np.sum?) do nothing."""
    tree = _parsed(source)
    for to_notebook in TO_NOTEBOOK if tree is None else ():
        changed = to_notebook.sub(r"\1pass", source)
        if changed != source and tree is None:
            source, tree = changed, _parsed(changed)
    return source, tree


TO_NOTEBOOK = (  # the second is the rarer, and could be the end of a docstring's line
    re.compile(r"^([ \t]*)(?:[\w, ]+=[ \t]*)?(?:%%?[A-Za-z]|!(?!=)).*$", re.MULTILINE),
    re.compile(r"^([ \t]*)(?:\?{1,2}[\w.*]+|[\w.*]+\?{1,2})[ \t]*$", re.MULTILINE),
)

# What a cell binds

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LASTING = (*DEFINITIONS, ast.Import, ast.ImportFrom)
QUICK = {"math", "np", "numpy"} | {"bool", "complex", "dict", "float", "int", "list", "range", "set", "str", "tuple"}
QUICK |= {"abs", "enumerate", "len", "max", "min", "print", "reversed", "round", "sorted", "sum", "zip"}
METHODS = {"astype", "copy", "max", "mean", "min", "ravel", "reshape", "round", "std", "sum", "tolist", "transpose"}


def _statements(number: int, source: str, tree: ast.Module | None) -> list[Statement]:
    """The statements of a cell's first level that bind names; of a cell that is no Python, none."""
    found = []
    lines = re.sub("\r\n?", "\n", source).encode("utf-8", "replace").split(b"\n")
    for statement in tree.body if tree else ():
        with contextlib.suppress(ValueError, LookupError, RecursionError, MemoryError):  # it costs itself only
            for part, text, names in _parts(statement, lines):
                found.append(Statement((number, len(found)), text, isinstance(part, LASTING), names))
    return [statement for statement in found if statement.names]


def _parts(statement: ast.stmt, lines: list[bytes]) -> list[tuple[ast.stmt, str, tuple[str, ...]]]:
    """`statement`, its text and names; if it takes time, no text, and then the definitions and imports in it."""
    outer = list(_outer(statement))
    if not any(isinstance(node, ast.Call) and not _is_quick(node) for node in outer):
        return [(statement, _text_of(statement, lines), _names(outer))]
    lasting = [node for node in outer if isinstance(node, LASTING)]
    lasting.sort(key=lambda node: (node.lineno, node.col_offset))
    return [(statement, "", _names(outer)), *((node, _text_of(node, lines), _names(_outer(node))) for node in lasting)]


def _is_quick(call: ast.Call) -> bool:
    """A call that makes a value: by one of Python's own functions, of NumPy's or math's, or of an array's methods."""
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in METHODS:
        return True
    while isinstance(function, (ast.Attribute, ast.Call)):
        function = function.value if isinstance(function, ast.Attribute) else function.func
    return isinstance(function, ast.Name) and function.id in QUICK


def _outer(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of `statement` that belong to the first level: not those in functions, classes and lambdas."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.comprehension):  # its target is its own
            waiting += [node.iter, *node.ifs]
        elif not isinstance(node, (*DEFINITIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _names(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """The names that `nodes` bind, each once."""
    return tuple(dict.fromkeys(name for name in map(_name, nodes) if name))


def _name(node: ast.AST) -> str | None:
    """The name that `node` binds, or whose value it changes, as `w[0] = 1` and `w.x = 1` do."""
    if isinstance(node, ast.alias):
        return (node.asname or node.name).partition(".")[0]
    if isinstance(node, (*DEFINITIONS, ast.MatchAs, ast.MatchStar)):
        return node.name
    if not isinstance(getattr(node, "ctx", None), ast.Store):
        return None
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _text_of(statement: ast.stmt, lines: list[bytes]) -> str:
    """The source of `statement`; within a block, with its indentation."""
    decorators = getattr(statement, "decorator_list", [])
    first = min(node.lineno for node in [statement, *decorators]) - 1
    text = lines[first : statement.end_lineno]
    text[-1] = text[-1][: statement.end_col_offset]
    before, text[0] = text[0][: statement.col_offset], text[0][statement.col_offset :]
    indented = before and not before.strip()
    return (b"if True:\n" + before if indented else b"").decode() + b"\n".join(text).decode()


# Whose answer is what


def answer_to(exercise: str, function: str, stub: str, submission: Submission) -> Answer | None:
    """The cell to grade for `exercise`, whose function is called `function`; None when there is none.

    Cells that are marked with the exercise go before others that bind the function's name at their first level. Of
    several, the last: a notebook that is run from top to bottom ends with that one. A stub that is as the lesson has
    it, or says as little, gives way to any other cell.
    """

    def is_written(cell: Cell) -> bool:
        return cell.source.strip() != stub.strip() and not _says_nothing(cell, function)

    marked = [cell for cell in submission.cells if cell.exercise == exercise]
    named = [cell for cell in submission.cells if function in cell.binds and cell.exercise != exercise]
    answers = [cell for cell in marked if is_written(cell) and (function in cell.binds or _is_unreadable(cell))]
    elsewhere = list(filter(is_written, named))
    choice = answers or elsewhere or [cell for cell in marked if cell.source.strip() != stub.strip()] or marked or named
    if not choice:
        return None
    cell, others = choice[-1], max(0, len(answers) + len(elsewhere) - 1)
    helpers = _helpers(cell, submission)
    uses = frozenset(name for helper in helpers for name in helper.names)
    return Answer(cell, [helper.text for helper in helpers], uses, _found(cell, exercise), others)


def _found(cell: Cell, exercise: str) -> str:
    return "its mark" if cell.exercise == exercise else "the function's name"


def _is_unreadable(cell: Cell) -> bool:
    """A marked cell that is no Python, or too long, is an answer all the same: its author is to hear of it."""
    return bool(cell.problem) or _parsed(cell.source) is None


def _says_nothing(cell: Cell, function: str) -> bool:
    """Comments alone, or a function that does nothing yet."""
    tree = None if cell.problem else _parsed(cell.source)
    rest = [statement for statement in tree.body if not _is_idle(statement)] if tree else [None]
    return all(
        isinstance(statement, ast.FunctionDef) and statement.name == function and all(map(_is_idle, statement.body))
        for statement in rest
    )


def is_empty(cell: Cell) -> bool:
    """Comments, `pass` or a text alone."""
    tree = None if cell.problem else _parsed(cell.source)
    return tree is not None and all(isinstance(one, ast.Pass) or _is_constant(one) for one in tree.body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_idle(statement: ast.stmt) -> bool:
    """What gives no answer: `pass`, an import, an expression alone, nothing returned, `raise NotImplementedError`."""
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    return isinstance(statement, (ast.Pass, ast.Expr, ast.Import, ast.ImportFrom))


def _helpers(cell: Cell, submission: Submission) -> list[Statement]:
    """The statements of other cells that bind the names `cell` uses, and those they use in turn, in their order.

    Star imports before it come along, because they may replace Python's own names; those after it when a name lacks.
    """
    chosen: dict[tuple[int, int], Statement] = {}
    stars = submission.binding.get("*", ())
    waiting, seen = _used(cell.source) | {"*" for star in stars if star.place[0] < cell.number}, set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in submission.binding and not hasattr(builtins, name):
            waiting.add("*")
        for statement in _binding(name, cell, submission):
            if statement.place not in chosen:
                chosen[statement.place] = statement
                waiting.update(statement.uses)
    return [chosen[place] for place in sorted(chosen)]


def _binding(name: str, cell: Cell, submission: Submission) -> list[Statement]:
    """What binds `name` in the cells before `cell`, or else in those after it: those have not run in the notebook."""
    statements = submission.binding.get(name, ())
    before = [statement for statement in statements if statement.place[0] < cell.number]
    if before or hasattr(builtins, name):
        return _current(before)
    return _current([statement for statement in statements if statement.place[0] > cell.number])


def _current(statements: list[Statement]) -> list[Statement]:
    """Those with a text, but no value that has been replaced by one that has none: it would be a wrong one."""
    replaced = max((statement.place for statement in statements if not statement.text), default=(0, 0))
    return [one for one in statements if one.text and (one.lasting or one.place > replaced)]


def _used(source: str) -> set[str]:
    """The names that `source` may take from outside: all of its first level, and globals of its functions."""
    try:
        tables, names = [symtable.symtable(source, "cell", "exec")], set()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names.update(table.get_globals() if isinstance(table, symtable.Function) else table.get_identifiers())
    return names


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
