"""A class: every notebook below a folder, graded once, several at a time."""

import atexit
import errno
import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import active_children, get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from course_utils.files import write_whole
from course_utils.grading import schema
from course_utils.grading.judge import grade, readable, ungraded
from course_utils.grading.report import quoted
from course_utils.grading.students import NotStarted, Template
from course_utils.grading.submission import Lesson, Ungradable, find_lesson, read, read_bytes

__all__ = [
    "Class",
    "completed",
    "content_of",
    "end_template",
    "grade_by",
    "grade_class",
    "grade_file",
    "with_template",
]

LONGEST_NAME, LONGEST_PATH = 200, 900  # bytes; macOS has 255 and 1024, and a file being written needs some
ATTEMPTS = 3  # for submissions whose grader ends unexpectedly
HOPELESS = 10  # submissions that each end a process of their own, before any has been graded
AGAIN = "Grade again, or look at it by hand."  # what may have been the machine's fault is no verdict to keep to
_IN_THE_WAY = {  # of one verdict, and of no other
    getattr(errno, name) for name in ("EEXIST", "EISDIR", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EILSEQ", "EINVAL")
}
_template: Template | None = None


@dataclass(frozen=True)
class Class:
    """The notebooks below `folder` for one `lesson`, and the folder `out` for what is found."""

    folder: Path
    lesson: Lesson
    out: Path

    def names(self) -> list[str]:
        """Paths of the notebooks, below `folder`; links are among them, and are not followed.

        A folder that cannot be opened is one of them, with / at its end: somebody's submission may be in it.
        """
        names, folders = [], [self.folder]
        while folders:
            folder = folders.pop()
            try:
                notebooks, inner = _looked_through(folder)
            except OSError:
                if folder == self.folder:
                    raise
                names.append(f"{folder.relative_to(self.folder).as_posix()}/")
                continue
            folders += [path for path in inner if path != self.out]
            names += [path.relative_to(self.folder).as_posix() for path in notebooks]
        return sorted(names)

    def without_notebook(self, names: list[str]) -> list[str]:
        """What lies in `folder` itself and holds none of the submissions `names`: somebody's that will be missed."""
        holding = {name.partition("/")[0] for name in names}
        found = {path.name for path in self.folder.iterdir() if path != self.out and not (path / "verdicts").is_dir()}
        return sorted(name for name in found - holding if not name.startswith((".", "__MACOSX")))

    def other_lesson(self) -> str:
        """The lesson whose verdicts stand in `out`, if it is another one, or ""."""
        first = next(self.out.glob("verdicts/**/*.json"), None)
        try:
            lesson = str(json.loads(read_bytes(first))["lesson"]) if first else ""
        except (OSError, Ungradable, ValueError, LookupError, TypeError, RecursionError):
            return ""
        return "" if lesson == self.lesson.name else lesson

    def left_over(self, names: list[str]) -> int:
        """The number of verdicts in `out` on submissions that are not there any more."""
        return len({*self.out.glob("verdicts/**/*.json")} - {*map(self.verdict_path, names)})

    def verdict_path(self, name: str) -> Path:
        """A place of its own for each name: one that is no notebook's, too long, or in a folder x.json is hashed."""
        path = self.out / "verdicts" / f"{name}.json"
        plain = name.lower().endswith(".ipynb") and not any(part.lower().endswith(".json") for part in name.split("/"))
        if plain and len(os.fsencode(path.name)) <= LONGEST_NAME and len(os.fsencode(path)) <= LONGEST_PATH:
            return path
        return self.out / "verdicts" / f"{hashlib.sha256(os.fsencode(name)).hexdigest()}.json"

    def known(self, name: str) -> dict | None:
        """The verdict there is already, when it is on this very file, by these exercises and this grader."""
        try:
            verdict = json.loads(read_bytes(self.verdict_path(name)))
        except (OSError, Ungradable, ValueError, RecursionError):
            return None
        if schema.complaint(verdict) or (verdict["problem"] or "").endswith(AGAIN):
            return None
        fresh = grade_file(self.folder, name, self.lesson, None)
        if _about_what(verdict) != _about_what(fresh):
            return None
        empty = fresh["submission"]["bytes"] == 0  # nothing to know it by but what is wrong with it
        return None if empty and verdict["problem"] != self._problem(name) else verdict

    def _problem(self, name: str) -> str | None:
        """Why the submission cannot be read, in the words of a verdict."""
        try:
            read(name, content_of(self.folder, name))
        except Ungradable as problem:
            return readable(str(problem))
        return None

    def keep(self, name: str, verdict: dict) -> dict:
        """Write the verdict whole and return it. One that is none, or has no place, costs itself and not the class.

        Errors: `OSError` when others cannot be written either, as on a full disk.
        """
        complaint = schema.complaint(verdict)
        if complaint:
            verdict = self.not_graded(name, f"The grader failed on this submission: {complaint}. Look at it by hand.")
        path = self.verdict_path(name)
        try:
            _demand_room(path)
            write_whole(path, json.dumps(verdict, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        except OSError as error:
            if error.errno not in _IN_THE_WAY:
                raise
            place = next((one for one in path.parents if os.path.lexists(one) and not one.is_dir()), path)
            problem = f"Its verdict cannot be written: {error.strerror}. Remove {quoted(str(place))} and grade again."
            return verdict | {"problem": problem}
        return verdict

    def not_graded(self, name: str, problem: str) -> dict:
        """The verdict on a submission that can be read, but not graded."""
        verdict = grade_file(self.folder, name, self.lesson, None)
        return ungraded(name, b"", self.lesson, problem) | {"submission": verdict["submission"]}


def _looked_through(folder: Path) -> tuple[list[Path], list[Path]]:
    """What is called a notebook in `folder`, and the folders in it. Errors: `OSError`."""
    with os.scandir(folder) as found:
        entries = [entry for entry in found if not entry.name.startswith(".")]
    notebooks = [Path(entry.path) for entry in entries if entry.name.lower().endswith(".ipynb")]
    return notebooks, [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _about_what(verdict: dict) -> tuple:
    names = [entry["name"] for entry in verdict["exercises"]]
    return verdict["lesson"], verdict["submission"], verdict["graded by"], names


def _demand_room(path: Path) -> None:
    """Errors: `OSError` when something that is no file stands at `path`; a link there is neither read nor replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FileExistsError(errno.EEXIST, "something that is no file has its place", path)


def content_of(folder: Path, name: str) -> bytes:
    """What was handed in as `name` below `folder`. Errors: `Ungradable`, and so for a folder that cannot be opened."""
    is_folder = name.endswith("/")
    try:
        if is_folder:
            os.scandir(folder / name).close()
        return read_bytes(folder / name)
    except OSError as error:
        what = "The folder cannot be opened" if is_folder else "The file cannot be read"
        raise Ungradable(f"{what}: {error.strerror}.{' What is in it is not graded.' * is_folder}") from error


def grade_file(folder: Path, name: str, lesson: Lesson, template: Template | None) -> dict:
    """The verdict on the notebook `name` below `folder`; without a template, only what is known unread.

    Errors: `NotStarted`.
    """
    try:
        content = content_of(folder, name)
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


def with_template(
    lesson: str, hidden: list[Path], work: Callable[[Template], dict], place: Path | None = None
) -> dict:
    """`work` with the template of this process, and once more with a new one when that had come to its end.

    Errors: `NotStarted`.
    """
    try:
        return work(_template_for(lesson, hidden, place))
    except NotStarted:
        end_template()
        return work(_template_for(lesson, hidden, place))


def _template_for(lesson: str, hidden: list[Path], place: Path | None) -> Template:
    global _template
    if _template is None or not _template.alive or (_template.lesson.name, _template.hidden) != (lesson, hidden):
        end_template()
        try:
            _template = Template(find_lesson(lesson), hidden, place)
        except OSError as error:
            raise NotStarted(f"The process for students' answers did not start: {error.strerror}.") from error
        atexit.register(_template.close)
    return _template


def end_template() -> None:
    """End the template of this process, if there is one."""
    global _template
    if _template is not None:
        _template.close()
    _template = None


def _grade_one(folder: Path, name: str, lesson: str, hidden: list[Path], place: Path) -> dict:
    return with_template(lesson, hidden, lambda template: grade_file(folder, name, template.lesson, template), place)


def grade_class(course: Class, jobs: int, progress: Callable[[int, int], None]) -> dict[str, dict]:
    """The verdicts by name, those from earlier runs among them; each is written as soon as it is there.

    `progress` is told how many are done, of how many. Errors: `RuntimeError` when grading itself does not work.
    """
    return grade_by(lambda todo: _graded(course, todo, jobs), course, progress, partial(_one_by_one, course))


def grade_by(
    work: Callable[[list[str]], Iterable[tuple[str, dict]]],
    course: Class,
    progress: Callable[[int, int], None],
    one_by_one: Callable[[list[str], bool], Iterable[tuple[str, dict]]] = lambda names, works: (),
) -> dict[str, dict]:
    """As `grade_class`, where `work` grades names as they come; it may end early, and is then called again.

    What is left in the end is given to `one_by_one`, with whether any has been graded.
    """
    names = course.names()
    verdicts = {name: verdict for name in names if (verdict := course.known(name))}
    progress(len(verdicts), len(names))
    reason = f"The processes that grade ended {ATTEMPTS} times"

    def left() -> list[str]:
        return [name for name in names if name not in verdicts]

    def take(results: Iterable[tuple[str, dict]]) -> None:
        for name, verdict in results:
            verdicts[name] = course.keep(name, verdict)
            progress(len(verdicts), len(names))

    for attempt in range(ATTEMPTS):
        try:
            take(work(left()[:: (-1) ** attempt]) if left() else ())  # from the other end: first what was not the cause
        except NotStarted as error:
            reason = str(error).removesuffix(".")
    take(one_by_one(left(), bool(verdicts)) if left() else ())
    if left():
        raise RuntimeError(f"{reason}; not graded: {', '.join(left()[:5])}.")
    return {name: verdicts[name] for name in names}


def _one_by_one(course: Class, names: list[str], works: bool) -> Iterator[tuple[str, dict]]:
    """Names and verdicts, each by a process of its own; what ends that too is told at the end.

    Nothing comes when no process can grade: then (`works`: one could) the grader is at fault, not the class.
    """
    lost = {}
    for name in names:
        if len(lost) == HOPELESS and not works:
            return
        try:
            found = dict(_graded(course, [name], 1))
            reason = f"The process that graded this submission ended {ATTEMPTS} times."
        except NotStarted as error:
            found, reason = {}, str(error)
        if not found:
            lost[name] = course.not_graded(name, f"{reason} {AGAIN}")
        works = works or bool(found)
        yield from found.items()
    yield from lost.items() if works else ()


def _graded(course: Class, names: list[str], jobs: int) -> Iterator[tuple[str, dict]]:
    """Names and verdicts as they come; ends early when a process of the pool has ended."""
    jobs = min(jobs, len(names))
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))
    with TemporaryDirectory(prefix="course-grading-", ignore_cleanup_errors=True) as place:
        os.chmod(place, 0o755)  # answers run under other users' ids
        given = (course.lesson.name, [course.folder, course.out], Path(place))
        try:
            yield from completed(lambda name: pool.submit(_grade_one, course.folder, name, *given), names, 2 * jobs)
        except BrokenProcessPool:
            return
        except BaseException:  # a stop, most often: nobody waits for what is in hand
            for process in active_children():
                process.kill()
                process.join()
            raise
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
