"""`course solutions`: a lesson's answer key, and the mistakes that its exercises know."""

from collections.abc import Iterator
from pathlib import Path

from course_utils.cli import lessons
from course_utils.cli.errors import CourseError
from course_utils.exercises import Exercise, by_name
from course_utils.files import write_whole

__all__ = ["answer_key", "mistakes", "solutions"]


def solutions(name: str, *, only_mistakes: bool = False, out: Path | None = None) -> str:
    """The answer key of the lesson called `name`, or its mistakes alone, as Markdown; written to `out` if given.

    Errors: `CourseError` for an unknown lesson, one without exercises, and a file that cannot be written.
    """
    path = lessons.by_name(name)
    text = (mistakes if only_mistakes else answer_key)(path.stem, _exercises(path))
    if out is not None:
        _write(out, text)
    return text


def answer_key(lesson: str, exercises: list[Exercise]) -> str:
    """Each exercise: the stub, the reference solution, and for each common mistake what its author is told."""
    parts = [f"# Answer key of {lesson}"]
    for exercise in exercises:
        parts.append(f"## {exercise.name}")
        parts.append(f"The stub:\n\n{_code(exercise.stub)}")
        parts.append(f"A right answer. {exercise.solution().markdown.strip()}")
        parts.append("Common mistakes, and what the check says to each:\n\n" + "\n".join(_list(exercise)))
    return "\n\n".join(parts) + "\n"


def mistakes(lesson: str, exercises: list[Exercise]) -> str:
    """Each exercise with its misconceptions and the sentence for each."""
    parts = [f"# Common mistakes in {lesson}"]
    for exercise in exercises:
        parts.append(f"## {exercise.name}\n\n" + "\n".join(_list(exercise)))
    return "\n\n".join(parts) + "\n"


def _exercises(path: Path) -> list[Exercise]:
    names = [name for _, name in lessons.exercise_cells(lessons.read(path))]
    if not names:
        raise CourseError(f"Lesson {path.stem} has no exercises, so there is nothing to solve in it.")
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise CourseError(f"{path.name} names the exercise {unknown[0]!r}, which course_utils.exercises does not have.")
    return [by_name[name] for name in names]


def _list(exercise: Exercise) -> Iterator[str]:
    return (f"- **{mistake.id.replace('_', ' ')}**: {mistake.sentence}" for mistake in exercise.wrong)


def _code(source: str) -> str:
    return f"```python\n{source.strip()}\n```"


def _write(out: Path, text: str) -> None:
    if out.suffix != ".md":
        raise CourseError(f"The answer key is Markdown: give --out a file that ends in .md, not {out}.")
    try:
        write_whole(out, text)
    except OSError as error:
        raise CourseError(f"{out} cannot be written: {error.strerror}.") from error
