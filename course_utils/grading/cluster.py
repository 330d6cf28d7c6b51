"""A class on a Dask cluster that somebody else runs: the same stateless job, a submission in, a verdict out."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from course_utils.grading.classes import Class, completed, content_of, grade_by, with_template
from course_utils.grading.judge import fingerprint, grade, ungraded
from course_utils.grading.submission import Ungradable

__all__ = ["grade_on_cluster"]

PATIENCE = 20  # seconds, for the scheduler to answer
_one_at_a_time = threading.Lock()  # a worker may have several threads, an exercise has one check


def grade_on_cluster(course: Class, address: str, progress: Callable[[int, int], None]) -> dict[str, dict]:
    """As `grade_class`, by the workers of the Dask scheduler at `address`, which have the course installed.

    Errors: `RuntimeError` without Dask, a scheduler or a worker, and when the workers have another version.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise RuntimeError('This needs Dask: run `make env`, or `pip install "dask[distributed]"`.') from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise RuntimeError(f"There is no Dask scheduler at {address}: {str(error)[:200]}.") from error
    with client:
        workers = len(client.scheduler_info()["workers"])
        if not workers:
            raise RuntimeError(f"The scheduler at {address} has no workers: start some with `dask worker {address}`.")
        return grade_by(lambda names: _graded(client, course, names, 4 * workers), course, progress)


def _graded(client, course: Class, names: list[str], at_once: int) -> Iterator[tuple[str, dict]]:
    from distributed import KilledWorker

    hidden = [str(course.folder), str(course.out)]
    contents, unread = {}, {}
    for name in names:
        try:
            contents[name] = content_of(course.folder, name)
        except Ungradable as problem:
            unread[name] = ungraded(name, b"", course.lesson, str(problem))
    yield from unread.items()
    executor = client.get_executor(pure=False, retries=2)

    def submit(name: str):
        return executor.submit(grade_remotely, name, contents.pop(name), course.lesson.name, hidden)

    try:
        for name, verdict in completed(submit, list(contents), at_once):
            if verdict["graded by"] != fingerprint(course.lesson):
                raise RuntimeError("The workers have another version of the course: install this one there.")
            yield name, verdict
    except KilledWorker:
        return  # what is missing is handed out again


def grade_remotely(name: str, content: bytes, lesson: str, hidden: list[str]) -> dict:
    """The verdict on `content`, on a worker. Keeps nothing but a template of the lesson."""
    with _one_at_a_time:
        return with_template(lesson, list(map(Path, hidden)), lambda template: grade(name, content, template))
