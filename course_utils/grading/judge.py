"""One submission in, one verdict out. What is right is decided here, where no code of a student's runs."""

import hashlib
import json
import os
import platform
import re
import time
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_utils.exercises import Verdict, by_name, engine
from course_utils.exercises.running import OutOfTime
from course_utils.grading.students import Ended, NotStarted, Student, Template, Unloadable
from course_utils.grading.submission import Answer, Lesson, Submission, Ungradable, answer_to, is_empty, read

__all__ = ["VERSION", "fingerprint", "grade", "on_one_line", "readable", "ungraded"]

VERSION = 1
LONGEST_MESSAGE = 4000  # characters
SLACK = 2.0  # seconds that the process may answer later than the exercise waits
_PACKAGES = ("numpy", "scipy", "scikit-learn", "keras", "tensorflow", "jax", "torch")
_STEERING = re.compile(
    r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]"  # controls of terminals
    r"|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"  # direction of reading, ends of lines
    r"|[\xad\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"  # nothing to see
)


def grade(name: str, content: bytes, template: Template) -> dict:
    """The verdict on the notebook in `content`, called `name`, as `verdict.schema.json` has it.

    Errors: `NotStarted` when no process for an answer can be started.
    """
    started = time.monotonic()
    lesson = template.lesson
    try:
        return _grade(name, content, template, started)
    except Ungradable as problem:
        return ungraded(name, content, lesson, str(problem), time.monotonic() - started)
    except NotStarted:
        raise
    except OSError as error:  # of files or processes: the machine's lack, and no fault of the submission's
        raise NotStarted(f"A process for an answer did not start: {error.strerror or error}.") from error
    except (Exception, OutOfTime) as error:
        # A submission that finds a fault of the grader's costs itself, not the class.
        problem = f"The grader failed on this submission ({type(error).__name__}). Look at it by hand."
        return ungraded(name, content, lesson, problem, time.monotonic() - started)


def _grade(name: str, content: bytes, template: Template, started: float) -> dict:
    submission, lesson = read(name, content), template.lesson
    walls: dict[str, bool] = {}
    entries: list[dict] = []
    for exercise in lesson.exercises:
        entries.append(_entry(exercise, submission, template, walls, entries))
    problem = "" if any(entry["cell"] for entry in entries) else _foreign(submission, lesson)
    return _document(name, content, lesson, problem, entries, time.monotonic() - started, walls)


def ungraded(name: str, content: bytes, lesson: Lesson, problem: str, seconds: float = 0.0) -> dict:
    """The verdict on what cannot be graded: no points, and the sentence that says why."""
    missing = Verdict("not attempted", None, "Nothing could be read.")
    entries = [_told(exercise, missing, None) for exercise in lesson.exercises]
    return _document(name, content, lesson, problem, entries, seconds, {})


def _entry(
    name: str, submission: Submission, template: Template, walls: dict[str, bool], before: list[dict]
) -> dict:
    exercise = by_name[name]
    function = exercise.function
    answer = answer_to(name, function, exercise.stub, submission)
    if answer is None:
        return _told(name, Verdict("not attempted", None, f"No cell defines `{function}`."), None)
    if is_empty(answer.cell):
        return _told(name, Verdict("not attempted", None, "Not attempted: the cell holds no answer."), answer)
    if answer.cell.source.strip() == exercise.stub.strip():
        return _told(name, Verdict("not attempted", None, "Not attempted: the cell is as the lesson has it."), answer)
    if answer.cell.problem:
        return _told(name, Verdict("error", None, answer.cell.problem), answer)
    with template.fork() as student:
        verdict = _judged(exercise, student, answer)
        walls.update(student.walls)
    notes = [student.line_note]
    if verdict.status != "correct":  # else it has cost nothing
        notes += [student.helper_note, *_not_run(verdict.message, submission), *_on_wrong_ground(answer, before)]
    return _told(name, replace(verdict, message=_with_notes(verdict.message, notes)), answer)


def _with_notes(message: str, notes: list[str]) -> str:
    """A message may end in a block that is shown as it stands; then notes are a paragraph of their own."""
    return ("\n\n" if "\n" in message else " ").join([message, *filter(None, notes)])


def _not_run(message: str, submission: Submission) -> list[str]:
    """A sentence on a name that is missing here and not in the notebook."""
    missing = dict.fromkeys(re.findall(r"name '(\w+)' is not defined", message))
    made = {name: [one for one in submission.binding.get(name, ()) if not one.text] for name in missing}
    return [
        f"`{name}` is made in cell {places[-1].place[0]} by a call, and calls there are not run here: "
        "make it in this cell."
        for name, places in made.items()
        if places
    ]


def _on_wrong_ground(answer: Answer, before: list[dict]) -> list[str]:
    """A sentence where the answer calls another exercise's function that is wrong itself."""
    state = {"incorrect": "wrong", "error": "wrong", "not attempted": "not written yet"}
    used = [entry for entry in before if by_name[entry["name"]].function in answer.uses]
    used = [(entry["name"], state[entry["status"]]) for entry in used if entry["status"] in state]
    return [f"It uses your `{by_name[name].function}`, which is {what}: see {name} first." for name, what in used]


def _judged(exercise: engine.Exercise, student: Student, answer: Answer) -> Verdict:
    try:
        stand_in = student.load(exercise.function, answer.cell.source, answer.helpers)
    except (Unloadable, Ended) as problem:
        return Verdict("error", None, str(problem))
    student.allow(exercise.seconds + SLACK)
    try:
        verdict = exercise.check_elsewhere(stand_in)
    except OutOfTime as late:  # between two calls
        return Verdict("error", None, str(late) or "The process did not answer in time and was stopped.")
    if student.end:
        return Verdict("error", None, student.end)
    return verdict


def _told(name: str, verdict: Verdict, answer: Answer | None) -> dict:
    note = ""
    if answer is not None and answer.others:
        which = "the last with its mark" if answer.found == "its mark" else "the last of them"
        note = f"\n\n{answer.others + 1} cells answer this exercise; {which}, cell {answer.cell.number}, counts."
    return {
        "name": name,
        "status": verdict.status,
        "misconception": verdict.misconception,
        "message": _short(verdict.message + note),
        "points": int(verdict.status == "correct"),
        "cell": answer.cell.number if answer else None,
        "found by": answer.found if answer else None,
    }


def _short(text: str) -> str:
    text = readable(text)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " …"


def readable(text: str) -> str:
    """`text`, parts of which are a student's, without characters that steer a terminal, mislead or hide.

    Bytes of a file's name that are no text become `\\udce4` and the like, so that such names stay different.
    """
    return _STEERING.sub("�", text.encode("utf-8", "backslashreplace").decode())


def on_one_line(text: str) -> str:
    """As `readable`; a line end, which a file's name may hold, begins no line of its own."""
    return readable(text).replace("\n", "�")


def _foreign(submission: Submission, lesson: Lesson) -> str:
    """A sentence on a notebook in which no exercise of the lesson was found."""
    theirs = [cell.exercise for cell in submission.cells if cell.exercise in by_name]
    if theirs:
        return f"This is a notebook of another lesson: it has {theirs[0]}, and no exercise of {lesson.name}."
    return f"This notebook has no exercise of {lesson.name}: neither a marked cell nor one of its functions."


def _document(
    name: str, content: bytes, lesson: Lesson, problem: str, entries: list[dict], seconds: float, walls: dict[str, bool]
) -> dict:
    return {
        "version": VERSION,
        "lesson": lesson.name,
        "submission": {
            "name": on_one_line(name),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "graded by": fingerprint(lesson),
        "problem": _short(problem) or None,
        "exercises": entries,
        "points": sum(entry["points"] for entry in entries),
        "of": len(entries),
        "environment": _environment() | {"isolation": _isolation(walls)},
        "seconds": round(seconds, 3),
    }


def _isolation(walls: dict[str, bool]) -> dict[str, str]:
    if not walls:
        return {"process": "none was needed"}
    return {
        "process": "one of its own for each exercise, with limits",
        "network": "none" if walls["network"] else "open",
        "files": "read-only and hidden, but for a folder of its own" if walls["files"] else "as the user may",
        "other processes": "out of sight" if walls["processes"] else "in sight",
        "system calls": "some refused" if walls["calls"] else "all",
        "user": "of its own" if walls["user"] else "the grader's" + ", who is root" * (os.getuid() == 0),
    }


@cache
def _environment() -> dict:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {package: found for package in _PACKAGES if (found := _version(package))},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def fingerprint(lesson: Lesson) -> str:
    """Changes when the lesson's exercises, its set-up or the judging change: then a submission is graded anew."""
    parts = [lesson.name, lesson.exercises, lesson.setup, _sources()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@cache
def _sources() -> list[tuple[str, str]]:
    """Names and hashes of the files that exercises and grading are made of, as they are when this is first asked."""
    exercises, grading = Path(engine.__file__).parent, Path(__file__).parent
    files = [*sorted(exercises.glob("*.py")), *sorted(grading.glob("*.py")), grading / "verdict.schema.json"]
    return [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
