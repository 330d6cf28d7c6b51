"""The README's pictures are those of the lessons, and the README shows each of them."""

import runpy

import pytest

from course_utils.runtime import repository

TOOL = runpy.run_path(str(repository() / "tools" / "pictures.py"))


@pytest.mark.parametrize("name", TOOL["PICTURES"])
def test_picture_is_that_of_the_lesson(name):
    ending, content = TOOL["picture"](*TOOL["PICTURES"][name])
    path = repository() / "docs" / (name + ending)
    assert path.is_file() and path.read_bytes() == content, f"docs/{path.name} is not the lesson's: run `make pictures`."
    assert f"docs/{path.name}" in (repository() / "README.md").read_text(encoding="utf-8")
