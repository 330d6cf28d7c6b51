"""A class: every notebook below a folder, graded once, several at a time, and what a teacher gets of it."""

import atexit
import csv
import hashlib
import io
import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from course_utils.exercises import by_name
from course_utils.files import write_whole
from course_utils.grading import schema
from course_utils.grading.judge import grade, ungraded
from course_utils.grading.students import NotStarted, Template
from course_utils.grading.submission import Lesson, Ungradable, find_lesson, read_bytes

__all__ = ["Class", "completed", "csv_text", "grade_by", "grade_class", "grade_file", "summary", "with_template"]

LONGEST_NAME = 200  # bytes; most file systems have 255, and a file being written needs some
ATTEMPTS = 3  # for a submission whose grader ends unexpectedly
_LEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")  # what a spreadsheet may take for a formula, or for its own mark
_template: Template | None = None


@dataclass(frozen=True)
class Class:
    """The notebooks below `folder` for one `lesson`, and the folder `out` for what is found."""

    folder: Path
    lesson: Lesson
    out: Path

    def names(self) -> list[str]:
        """Paths of the notebooks, below `folder`; links are among them, and are not followed."""
        found = []
        for folder, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".") and Path(folder, name) != self.out]
            links = [name for name in folders if name.lower().endswith(".ipynb")]
            notebooks = [name for name in files + links if name.lower().endswith(".ipynb") and name[0] != "."]
            found += [Path(folder, name) for name in notebooks]
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def verdict_path(self, name: str) -> Path:
        path = self.out / "verdicts" / f"{name}.json"
        if len(os.fsencode(path.name)) <= LONGEST_NAME:
            return path
        return path.with_name(f"{hashlib.sha256(os.fsencode(path.name)).hexdigest()}.json")

    def known(self, name: str) -> dict | None:
        """The verdict there is already, when it is on this very file, by these exercises and this grader."""
        try:
            verdict = json.loads(self.verdict_path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        if schema.complaint(verdict) or verdict["lesson"] != self.lesson.name:
            return None
        fresh = grade_file(self.folder, name, self.lesson, None)
        same = verdict["submission"] == fresh["submission"] and verdict["graded by"] == fresh["graded by"]
        return verdict if same else None

    def keep(self, name: str, verdict: dict) -> None:
        """Write the verdict whole. Errors: `ValueError` when it is not of the schema's form, `OSError`."""
        complaint = schema.complaint(verdict)
        if complaint:
            raise ValueError(f"{name}: the grader made a verdict that is none: {complaint}")
        path = self.verdict_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(verdict, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def grade_file(folder: Path, name: str, lesson: Lesson, template: Template | None) -> dict:
    """The verdict on the notebook `name` below `folder`; without a template, only what is known unread."""
    try:
        content = read_bytes(folder / name)
    except Ungradable as problem:
        return ungraded(name, b"", lesson, str(problem))
    return grade(name, content, template) if template else ungraded(name, content, lesson, "")


# In a process that grades: one template, as long as the process lives


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a stop is the first process's to handle
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """However the first process has ended, those that it started end too."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def with_template(lesson: str, hidden: list[Path], work: Callable[[Template], dict]) -> dict:
    """`work` with the template of this process, and once more with a new one when that had come to its end.

    Errors: `NotStarted`.
    """
    try:
        return work(_template_for(lesson, hidden))
    except NotStarted:
        _template.close()
        return work(_template_for(lesson, hidden))


def _template_for(lesson: str, hidden: list[Path]) -> Template:
    global _template
    if _template is None or not _template.alive or (_template.lesson.name, _template.hidden) != (lesson, hidden):
        if _template is not None:
            _template.close()
        _template = Template(find_lesson(lesson), hidden)
        atexit.register(_template.close)
    return _template


def _grade_one(folder: Path, name: str, lesson: str, hidden: list[Path]) -> dict:
    return with_template(lesson, hidden, lambda template: grade_file(folder, name, template.lesson, template))


def grade_class(course: Class, jobs: int, progress: Callable[[int, int], None]) -> dict[str, dict]:
    """The verdicts by name, those from earlier runs among them; each is written as soon as it is there.

    `progress` is told how many are done, of how many. Errors: `RuntimeError` when grading itself does not work.
    """
    return grade_by(lambda todo: _graded(course, todo, jobs), course, progress)


def grade_by(
    work: Callable[[list[str]], Iterable[tuple[str, dict]]], course: Class, progress: Callable[[int, int], None]
) -> dict[str, dict]:
    """As `grade_class`, where `work` grades names as they come; it may end early, and is then called again."""
    names = course.names()
    verdicts = {name: verdict for name in names if (verdict := course.known(name))}
    progress(len(verdicts), len(names))
    todo = [name for name in names if name not in verdicts]
    for _ in range(ATTEMPTS):
        for name, verdict in work(todo) if todo else ():
            course.keep(name, verdict)
            verdicts[name] = verdict
            progress(len(verdicts), len(names))
        todo = [name for name in todo if name not in verdicts]
        if not todo:
            return {name: verdicts[name] for name in names}
    raise RuntimeError(f"The processes that grade ended {ATTEMPTS} times; not graded: {', '.join(todo[:5])}.")


def _graded(course: Class, names: list[str], jobs: int) -> Iterator[tuple[str, dict]]:
    """Names and verdicts as they come; ends early when a process of the pool has ended."""
    jobs = min(jobs, len(names))
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))
    given = (course.lesson.name, [course.folder, course.out])
    try:
        yield from completed(lambda name: pool.submit(_grade_one, course.folder, name, *given), names, 2 * jobs)
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def completed(submit: Callable[[str], Future], names: Iterable[str], at_once: int) -> Iterator[tuple[str, dict]]:
    """Results as they come, of so many jobs handed out at a time."""
    waiting, names = {}, iter(names)
    while True:
        for name in islice(names, at_once - len(waiting)):
            waiting[submit(name)] = name
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            yield waiting.pop(future), future.result()


# What a teacher gets


def csv_text(verdicts: dict[str, dict]) -> str:
    """One line for each submission, for spreadsheets and learning platforms; no cell of it can be a formula."""
    exercises = [entry["name"] for entry in next(iter(verdicts.values()))["exercises"]] if verdicts else []
    kinds = ("points", "status", "misconception")
    rows = [["submission", "points", "of", "problem", *(f"{name} {kind}" for name in exercises for kind in kinds)]]
    for name, verdict in verdicts.items():
        entries = [entry[kind] for entry in verdict["exercises"] for kind in kinds]
        rows.append([_printable(name), verdict["points"], verdict["of"], verdict["problem"], *entries])
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([_harmless(value) for value in row] for row in rows)
    return "\ufeff" + file.getvalue()  # the mark tells spreadsheets that this is UTF-8


def _harmless(value: object) -> object:
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = re.sub(r"\s+", " ", value)
    return f"'{text}" if value.startswith(_LEADS) or text.lstrip().startswith(_LEADS) else text


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def summary(lesson: Lesson, verdicts: dict[str, dict]) -> str:
    """What the class can and cannot do yet, in Markdown: the most frequent misconception of an exercise first."""
    number = len(verdicts)
    graded = [verdict for verdict in verdicts.values() if verdict["problem"] is None]
    points = Counter(verdict["points"] for verdict in graded)
    lines = [f"# {lesson.name}: {number} submission{'s' * (number != 1)}", ""]
    lines += [f"- {points[k]} of {number} with {k} of {len(lesson.exercises)} points" for k in sorted(points)[::-1]]
    lines += [f"- {number - len(graded)} of {number} could not be graded (below)"] * (number > len(graded))
    for position, name in enumerate(lesson.exercises):
        lines += _about(name, [verdict["exercises"][position] for verdict in graded], number)
    lines += _problems(verdicts)
    return "\n".join(lines) + "\n"


def _about(name: str, entries: list[dict], number: int) -> Iterator[str]:
    status = Counter(entry["status"] for entry in entries)
    yield from ("", f"## {name}", "")
    told = [f"{status[kind]} {kind}" for kind in ("correct", "incorrect", "not attempted", "error") if status[kind]]
    yield f"Of {number}: {', '.join(told) or 'none'}."
    misconceptions = Counter(entry["misconception"] for entry in entries if entry["misconception"])
    sentences = {wrong.id: wrong.sentence for wrong in by_name[name].wrong}
    yield from [""] * bool(misconceptions)
    for ids, count in sorted(misconceptions.items(), key=lambda pair: (-pair[1], pair[0])):
        sentence = " Or: ".join(sentences.get(one, one) for one in ids.split(" or "))
        yield f"- **{count} of {number}: {ids.replace('_', ' ')}.** {sentence}"
    unknown = sum(entry["status"] == "incorrect" and not entry["misconception"] for entry in entries)
    if unknown:
        yield f"- {unknown} of {number}: wrong in a way that is not known; the verdicts show the first difference."


def _problems(verdicts: dict[str, dict]) -> Iterator[str]:
    troubled = {name: verdict["problem"] for name, verdict in verdicts.items() if verdict["problem"]}
    if troubled:
        yield from ("", "## Could not be graded", "")
    for name, problem in troubled.items():
        yield f"- `{' '.join(_printable(name).replace('`', '').split())}`: {problem}"
