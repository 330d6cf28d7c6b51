"""Find lessons and read them."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.validator import iter_validate

from course_utils.cli.errors import CourseError
from course_utils.runtime import repository

__all__ = ["by_name", "cell_name", "course_folder", "exercise_cells", "find", "fingerprint", "read"]


def course_folder() -> Path:
    """The folder of the course around the current directory: the one with `notebooks` and `course_utils`.

    Errors: `CourseError` when the current directory lies outside a course, or in this one and `notebooks` is gone.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "course_utils").is_dir():
            return folder
    home = repository()
    if here.is_relative_to(home):
        raise CourseError(f"The folder {home / 'notebooks'} is missing: restore it with `git checkout -- notebooks`.")
    raise CourseError(f"{here} is not inside the course: change to {home} first.")


def find(names: Sequence[str] = ()) -> list[Path]:
    """The notebooks called `names`, each a lesson's number or name, or the path of a file; all lessons if empty.

    Errors: `CourseError` for a name that is neither, and where there are no lessons at all.
    """
    return list(dict.fromkeys(_file(name) or by_name(name) for name in names)) or _all()


def by_name(name: str) -> Path:
    """The lesson called `1`, `01`, `01_convolution_basics` or `01_convolution_basics.ipynb`.

    Errors: `CourseError` when there is none, naming those there are.
    """
    wanted = name.removesuffix(".ipynb")
    for lesson in _all():
        number = lesson.stem.partition("_")[0]
        if wanted == lesson.stem or (wanted.isdecimal() and int(wanted) == int(number)):
            return lesson
    raise CourseError(f"There is no lesson {name!r}; there are {', '.join(lesson.stem for lesson in _all())}.")


def _all() -> list[Path]:
    folder = course_folder() / "notebooks"
    lessons = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        raise CourseError(f"{folder} holds no lesson: restore it with `git checkout -- notebooks`.")
    return lessons


def _file(name: str) -> Path | None:
    """The notebook file at the path `name`; None when `name` is no path."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    if path.name != name:
        raise CourseError(f"There is no notebook {name}: check the path, or give a lesson's number.")
    return None


def read(path: Path) -> NotebookNode:
    """The notebook in the file `path`, in nbformat 4.5 or later.

    Errors: `CourseError` when the file cannot be read or is not a notebook of nbformat 4.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CourseError(f"{path} is not a notebook, because it is not JSON: {error}.") from error
    except RecursionError as error:
        raise CourseError(f"{path} is not a notebook, because its JSON is nested too deep.") from error
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise CourseError(f"{path} is not a notebook of nbformat 4: save it anew from JupyterLab.")
    if not isinstance(content.get("nbformat_minor"), int):  # the validator compares it before it looks
        raise CourseError(f"{path} is a broken notebook: its nbformat_minor is not a whole number.")
    flaw = next(iter(iter_validate(content)), None)
    if flaw is not None:
        place = "".join(f"[{step!r}]" for step in flaw.absolute_path)
        raise CourseError(f"{path} is a broken notebook{place and f', at {place}'}: {flaw.message[:200]}.")
    notebook = nbformat.v4.to_notebook(content)
    return nbformat.v4.upgrade(notebook) if notebook.nbformat_minor < 5 else notebook


def cell_name(notebook: NotebookNode, index: int) -> str:
    """How messages call a cell: `cell 12, In [7] “first line of its source”`; cells are counted from 1."""
    cell = notebook.cells[index]
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    number = f", In [{cell.execution_count or ' '}]" if cell.cell_type == "code" else ""
    return f"cell {index + 1}{number} “{first[:70]}{'…' * (len(first) > 70)}”"


def exercise_cells(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Index and exercise (`convolution.cross_correlate`) of each stub cell."""
    for index, cell in enumerate(notebook.cells):
        if "exercise" in cell.metadata:
            yield index, cell.metadata.exercise


def fingerprint(notebook: NotebookNode) -> str:
    """SHA-256 of what the author wrote: kinds and sources of the cells, not their outputs."""
    written = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(written).encode("ascii")).hexdigest()
