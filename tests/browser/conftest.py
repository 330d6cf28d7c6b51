"""One JupyterLab and one browser for all tests of a run; one page for each lesson."""

from pathlib import Path

import nbformat
import pytest
from driving import LIGHT, OpenNotebook
from lab import FLAGS, REPOSITORY, Lab, find_browser
from playwright.sync_api import sync_playwright

LESSONS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
MARKS = {"setup", "exploration", "guess"}


def marks(cell) -> set[str]:
    return MARKS & set(cell.metadata.get("tags", ()))


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells for the course's kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def count(lesson: Path, mark: str) -> int:
    """How many cells of a lesson show an exploration, or ask for a guess."""
    return sum(mark in marks(cell) for cell in nbformat.read(lesson, 4).cells)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    try:
        path = find_browser()
    except RuntimeError as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lesson(request, lab, browser):
    """The lesson's set-up, exploration and guess cells, run in a page."""
    path: Path = request.param
    cells = [cell.source for cell in nbformat.read(path, 4).cells if marks(cell)]
    write_notebook(lab.notebooks / path.name, cells)
    opened = OpenNotebook(browser, lab, path.name)
    yield opened
    opened.close()


@pytest.fixture
def open_cells(request, lab, browser):
    """A function that runs the given cells in a new notebook; closed after the test."""
    opened = []

    def open_(*cells: str, theme: str = LIGHT, width: int = 1280) -> OpenNotebook:
        name = f"{request.node.name.partition('[')[0]}-{len(opened)}.ipynb"
        write_notebook(lab.notebooks / name, list(cells))
        opened.append(OpenNotebook(browser, lab, name, theme, width))
        return opened[-1]

    yield open_
    for notebook in opened:
        notebook.close()


def pytest_generate_tests(metafunc):
    """`exploration`, `guess`: every one of every lesson."""
    for mark in MARKS & set(metafunc.fixturenames):
        found = [(path, number) for path in LESSONS for number in range(count(path, mark))]
        names = [f"{path.stem}-{number + 1}" for path, number in found]
        metafunc.parametrize(("lesson", mark), found, indirect=True, ids=names, scope="module")


@pytest.fixture(scope="module")
def exploration(request, lesson):
    return lesson.exploration(request.param)


@pytest.fixture(scope="module")
def guess(request, lesson):
    return lesson.guess(request.param)
