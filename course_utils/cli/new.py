"""`course new`: lay out a draft of a lesson that runs, keeps every rule, and says at each place what belongs there."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.cli import form, lessons
from course_utils.cli.errors import CourseError
from course_utils.exercises import by_name
from course_utils.files import write_whole

__all__ = ["lay_out", "new"]

LONGEST_TITLE = 60
MARKDOWN = set("*_`<>[]|#$\\")

TITLE = """\
# {number} · {title} · draft

**One sentence: what the reader will have made.**

After this lesson you can *make* one thing, *explain* a second, and *test* a third.

15 minutes for the core, 20 with the extra · builds on lesson 00"""
SETUP = """\
from course_utils import {names}
from course_utils.guess import guess

setup()"""
FIRST_PICTURE = """\
Begin with a picture, and say what to look for in it. Here: ten digits that the course's models learn from."""
DIGITS = """\
from course_utils.data import digits
from course_utils.plots import show_images

train = digits.load("by writer").train
some = train[:10]
show_images(some.images, titles=list(some.labels), title="Ten digits by one writer")"""
IDEA = """\
## 1 · The first idea

*core · 8 min*

One idea a section: ask for a guess where intuition errs, run, read the result. How much of a picture is paper?"""
GUESS = """\
guess("Of all pixels, how many hold no ink at all?",
      options=["a tenth", "a third", "half"])"""
MEASURE = """\
paper = (train.images == 0).mean()
claim.at_least("share of pixels without ink", paper, 0.4)
claim.at_most("share of pixels without ink", paper, 0.6)"""
READING = """\
Read the result in a sentence or two. A number in prose is a claim's bound: at least 0.4 of all pixels hold no ink."""
MAKE = """\
### Make: something of your own

Say what to write, and why one would want it. The stub below is the exercise's own."""
WRONG = """\
## What can go wrong

*extra · 4 min*

**A misconception, by name.** Show it failing, and say what it took for granted. Here: that one title serves all."""
FAILURE = """\
from course_utils import expect_error

with expect_error(ValueError, "give one title for each image"):
    show_images(some.images, titles=["ten digits"])"""
SHORT = """\
## In short

*core · 6 min*

- What was claimed, and held.

**Three questions**

1. A question about the first idea? (a) a real mistake, (b) the answer, (c) another real mistake.
2. A question about what follows from it? (a) the answer, (b) a real mistake, (c) another real mistake.
3. A question about a case that is new? (a) a real mistake, (b) another real mistake, (c) the answer.

<details><summary>Answers</summary>

1. (b). Section 1.
2. (a). Section 1.
3. (c). Section 1.

</details>

**To read on**

- A. Author and B. Author (year), *Title*: which part to read, and why."""


def new(number: str, title: str, names: Sequence[str] = ()) -> Path:
    """Write the lesson `number` called `title`, with the exercises `names`, into the course's notebooks; its path.

    Errors: `CourseError` for a number that is taken or none, a title that is no title, an unknown exercise.
    """
    number, title = _number(number), _title(title)
    for name in names:
        if name not in by_name:
            raise CourseError(f"There is no exercise {name!r}; write it first. There are {', '.join(by_name)}.")
    path = lessons.course_folder() / "notebooks" / f"{number}_{_slug(title)}.ipynb"
    taken = sorted(path.parent.glob(f"{number}_*.ipynb"))
    if taken:
        raise CourseError(f"Lesson {number} is there already: {taken[0].name}. The next free number is {_free(path)}.")
    write_whole(path, form.text(lay_out(number, title, names)))
    return path


def lay_out(number: str, title: str, names: Sequence[str] = ()) -> NotebookNode:
    """The notebook of a new lesson, without outputs."""
    cells = list(_cells(number, title, names))
    for count, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{count:03}"
    return new_notebook(cells=cells)


def _cells(number: str, title: str, names: Sequence[str]) -> Iterator[NotebookNode]:
    imported = "claim, exercises, setup" if names else "claim, setup"
    yield new_markdown_cell(TITLE.format(number=number, title=title))
    yield _code(SETUP.format(names=imported), "setup")
    yield new_markdown_cell(FIRST_PICTURE)
    yield _code(DIGITS)
    yield new_markdown_cell(IDEA)
    yield _code(GUESS, "guess")
    yield _code(MEASURE)
    yield new_markdown_cell(READING)
    for name in names:
        stub = by_name[name].stub.strip()
        function = re.match(r"def (\w+)", stub)[1]
        yield new_markdown_cell(MAKE)
        yield new_code_cell(stub, metadata={"exercise": name})
        yield _code(f"exercises.{name}.check({function})", "check")
    yield new_markdown_cell(WRONG)
    yield _code(FAILURE)
    yield new_markdown_cell(SHORT)


def _code(source: str, *tags: str) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def _number(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,2}", text):
        raise CourseError(f"A lesson's number has one or two digits, such as 08; got {text!r}.")
    return f"{int(text):02}"


def _title(text: str) -> str:
    title = text.strip()
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise CourseError(f"A title is one line of 1 to {LONGEST_TITLE} characters; got {text[:80]!r}.")
    odd = sorted(MARKDOWN & set(title))
    if odd:
        raise CourseError(f"A title is plain text; take {' '.join(odd)} out of {title!r}, which Markdown would read.")
    if not _slug(title):
        raise CourseError(f"The file's name is made of the title's letters a to z and digits; {title!r} has none.")
    return title


def _slug(title: str) -> str:
    """`Édges & lines` becomes `edges_lines`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    return "_".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _free(path: Path) -> str:
    used = {lesson.name[:2] for lesson in path.parent.glob("[0-9][0-9]_*.ipynb")}
    return next((f"{number:02}" for number in range(100) if f"{number:02}" not in used), "none")
