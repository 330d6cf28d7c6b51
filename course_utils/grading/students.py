"""A student's process as the grader sees it: a function that can be called, and nothing that can be trusted."""

import contextlib
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import course_utils
from course_utils.exercises.running import OutOfTime
from course_utils.grading.models import Model, demand_plain_keras
from course_utils.grading.submission import Lesson, imports
from course_utils.grading.wire import Channel, Closed, Malformed, decode, encode, generator_state, word
from course_utils.runtime import repository

__all__ = ["Ended", "NotStarted", "Student", "Template", "Unloadable"]

LEFT_OUT = ("exercises", "cli", "__pycache__")  # of the copy that students' processes see
OF_THE_GRADER = ("__init__.py", "calls.py", "child.py", "sandbox.py", "wire.py")
SHARED = ("/tmp", "/var/tmp", "/run")  # other programs' files, and their sockets, which no network wall closes
PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "KERAS_BACKEND", "COURSE_SEED", "SYSTEMROOT")
QUIET = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "HOME": "/",
    "KERAS_HOME": "/nowhere",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "PATH": os.defpath,
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
BOOT = (
    "import sys; sys.path[:0] = [sys.argv.pop(1)]; import runpy; "
    "runpy.run_module('course_utils.grading.child', run_name='__main__', alter_sys=False)"
)
START_SECONDS, LOAD_SECONDS, KERAS_SECONDS = 120, 10, 45
LIMITS = {"memory": 2**30, "cpu_seconds": 20, "processes": 4}
KERAS_LIMITS = {"memory": 4 * 2**30, "cpu_seconds": 90, "processes": 64}  # JAX and PyTorch need over 2.5


_WITHOUT_OTHERS = " That costs nothing: the cells that make what it needs are not run here."


class NotStarted(RuntimeError):
    """The grader cannot start the process in which an answer would run."""


class Unloadable(Exception):
    """The student's cell cannot be run; the message says why."""


class Template:
    """The process that students' processes for one lesson are forked from. Runs no code of theirs."""

    def __init__(self, lesson: Lesson, hidden: list[Path] = (), place: Path | None = None) -> None:
        """`hidden`: folders and files that no student's process may see, such as the other submissions.

        `place`: a folder for what this one needs on the disk, by default the system's for temporary files.
        """
        self.lesson, self.hidden = lesson, hidden
        self.keras = any("keras=True" in source for source in lesson.setup)
        self._stage = Path(tempfile.mkdtemp(prefix="course-grading-", dir=place))
        self._stage.chmod(0o755)
        _copy_course(self._stage)
        (self._stage / "own").mkdir(mode=0o755)
        self._control, theirs = socket.socketpair()
        command = [sys.executable, "-E", "-P", "-c", BOOT, str(self._stage), str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | QUIET,
            start_new_session=True,
        )
        theirs.close()
        order = {
            "imports": imports(lesson.setup),
            "hidden": [str(path.absolute()) for path in [*_own_places(), *hidden]],
            "needed": [str(path) for path in _needed(self._stage)],
            "stage": str(self._stage),
        }
        self._process.stdin.write(json.dumps(order).encode())
        self._process.stdin.close()
        channel = Channel(self._control)
        channel.deadline = time.monotonic() + START_SECONDS
        try:
            channel.receive()
        except (Closed, Malformed) as error:
            self.close()
            raise NotStarted("The process for students' answers did not start.") from error
        self._control.settimeout(None)

    def __enter__(self) -> "Template":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fork(self) -> "Student":
        """A new process, in which nothing has been run yet. Errors: `NotStarted`."""
        (leash, their_leash), (talk, their_talk) = socket.socketpair(), socket.socketpair()
        request = json.dumps({"limits": KERAS_LIMITS if self.keras else LIMITS}).encode()
        try:
            with their_leash, their_talk:
                socket.send_fds(self._control, [request], [their_leash.fileno(), their_talk.fileno()])
        except OSError as error:
            raise NotStarted(f"The process for students' answers has gone: {error.strerror}.") from error
        return Student(leash, talk, self)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._stage, ignore_errors=True)


def _copy_course(stage: Path) -> None:
    here = Path(course_utils.__file__).parent
    shutil.copytree(here, stage / "course_utils", ignore=shutil.ignore_patterns(*LEFT_OUT, "grading"))
    (stage / "course_utils/grading").mkdir()
    for name in OF_THE_GRADER:
        shutil.copy(here / "grading" / name, stage / "course_utils/grading" / name)
    (stage / "data").symlink_to(repository() / "data")
    for path in [stage, *stage.rglob("*")]:  # whatever this process's umask
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _own_places() -> list[Path]:
    """Where the course lies on this machine, with its solutions, and where this user and other programs keep files."""
    places = {repository(), Path.home(), *map(Path, SHARED)}
    for finder in sys.meta_path:
        mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", {})
        places |= {Path(mapping["course_utils"]).parent} if "course_utils" in mapping else set()
    for folder in (Path(folder).absolute() for folder in sys.path if folder):
        if (folder / "course_utils/exercises").is_dir():
            places.add(folder / "course_utils" if folder.name.endswith("-packages") else folder)
    return sorted(places)


def _needed(stage: Path) -> list[Path]:
    """What a student's process needs of this machine's files below places that are hidden."""
    libraries = [Path(folder).absolute() for folder in sys.path if folder and Path(folder).is_dir()]
    libraries = [folder for folder in libraries if not (folder / "course_utils").is_dir() or _is_library(folder)]
    places = [stage, repository() / "data", Path(sys.prefix), Path(sys.base_prefix), *libraries]
    return [place for place in places if place.exists() and place != Path("/")]


def _is_library(folder: Path) -> bool:
    return folder.name.endswith("-packages")


class Student:
    """One forked process and its side of the conversation. `close` ends it and all it has started.

    Used with `with`, its end raises `NotStarted` where the grader could not build a model anew.
    """

    def __init__(self, leash: socket.socket, talk: socket.socket, template: Template) -> None:
        self._leash, self._channel, self._template = leash, Channel(talk), template
        self._functions: list[Callable] = []
        self.walls: dict[str, bool] = {}
        self.end = self.helper_note = self.line_note = ""
        self._fault: NotStarted | None = None

    def __enter__(self) -> "Student":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._fault:
            raise self._fault

    def close(self) -> None:
        self._channel.close()
        with contextlib.suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)
            self._leash.settimeout(5)
            self._leash.recv(200)
        self._leash.close()

    def allow(self, seconds: float) -> None:
        """Give the process so long, from now on."""
        self._channel.deadline = time.monotonic() + seconds

    def load(self, name: str, cell: str, helpers: list[str]) -> object:
        """Run set-up, helpers and `cell`; a function that calls `name` there, or what else bears that name.

        Errors: `Unloadable`, `Ended`.
        """
        self.allow(KERAS_SECONDS if self._template.keras else LOAD_SECONDS)
        self._wait_until_ready()
        self._send({"setup": self._template.lesson.setup, "helpers": helpers, "cell": cell, "name": name})
        self._wait_until_ready()
        told = self._receive()
        helper, line = told.get("helper"), told.get("line")
        if helper is not None:
            self.helper_note = f"A statement of another cell that this one uses cannot be run: {_error_text(helper)}"
        if told.get("missing") and line is not None:
            raise Unloadable(f"The cell cannot be run: {_error_text(line)}{_place(line, cell)}")
        if told.get("missing"):
            raise Unloadable(f"The cell runs, but defines no `{name}`. Keep the function's name as it was.")
        if line is not None:
            self.line_note = f"A line of the cell fails here: {_error_text(line)}{_place(line, cell)}"
            self.line_note += _WITHOUT_OTHERS if _kind(line) == "NameError" else ""
        return self._stand_for(name, told.get("found"), cell)

    def describe(self, model: str) -> dict:
        """What the Keras model of the configuration `model` is like; for a process that runs no answer."""
        self.allow(KERAS_SECONDS)
        self._wait_until_ready()
        self._send({"model": model})
        told = self._receive()["model"]
        if "refused" in told:
            raise ValueError(told["refused"])
        return told

    def _wait_until_ready(self) -> None:
        """Errors: `NotStarted`; no code of a student's has run yet, so that is nobody's fault but the grader's."""
        try:
            ready = self._channel.receive()
        except (Closed, Malformed) as error:
            raise NotStarted(f"A process for an answer did not start: {error}.") from error
        if "ready" not in ready:
            raise NotStarted(f"A process for an answer did not start: {ready.get('broken')}.")
        self.walls.update(ready.get("walls", {}))

    def _stand_for(self, name: str, found: object, cell: str) -> object:
        if not isinstance(found, dict):
            raise self._broken("The process told something that is no function.")
        if "value" in found:
            return self._decoded(found["value"])
        if "class" in found:
            return type(word(found["class"]), (), {})
        if "instance" in found:
            return type(word(found["instance"]), (), {"__call__": lambda self: None})()

        def stand_in(*given: object) -> object:
            return self._call(given, cell)

        stand_in.__name__ = stand_in.__qualname__ = name
        stand_in.__signature__ = _signature(found.get("parameters"))
        return stand_in

    def _call(self, given: tuple, cell: str) -> object:
        """Call the student's function; its changes of `given` are made here too."""
        self._functions = []
        self._send({"call": [encode(part, self._number) for part in given]})
        while "ask" in (told := self._receive()):
            self._send(self._reply(told))
        left = told.get("left")
        for before, after in zip(given, left if isinstance(left, list) else (), strict=False):
            _make_like(before, after)
        if "raised" in told:
            raise _error(told["raised"], cell)
        returned = told.get("returned")
        if isinstance(returned, dict) and isinstance(returned.get("model"), str):
            return self._model(returned["model"])
        return self._decoded(returned)

    def _number(self, function: Callable) -> int:
        self._functions.append(function)
        return len(self._functions) - 1

    def _reply(self, told: dict) -> dict:
        """What a function that was passed to the student's says to arguments that come back."""
        number, given = told.get("ask"), told.get("given")
        if not isinstance(number, int) or not 0 <= number < len(self._functions) or not isinstance(given, list):
            raise self._broken("The process asked for a function that it was not given.")
        arguments = [self._decoded(part) for part in given]
        try:
            return {"reply": encode(self._functions[number](*arguments))}
        except Exception as error:
            return {"raised": {"kind": type(error).__name__, "words": str(error)[:2000]}}

    def _model(self, configuration: str) -> object:
        """A model like the student's, of its configuration and of nothing that the student's process says of it."""
        try:
            demand_plain_keras(json.loads(configuration))
            with self._template.fork() as clean:
                return Model(clean.describe(configuration))
        except NotStarted as fault:
            self._fault = fault  # the grader's: told when this student is let go, whatever the check makes of it
            raise self._broken(str(fault)) from fault
        except (ValueError, RecursionError, Ended) as error:
            sentence = "The grader builds your model anew from its configuration, and could not"
            raise self._broken(f"{sentence}: {error}. Use layers that come with Keras.") from error

    def _decoded(self, content: object) -> object:
        try:
            return decode(content)
        except Malformed as error:
            raise self._broken(f"The process handed over {error}.") from error

    def _send(self, message: dict) -> None:
        try:
            self._channel.send(message)
        except (Closed, Malformed) as error:
            raise self._gone(error) from error

    def _receive(self) -> dict:
        try:
            return self._channel.receive()
        except (Closed, Malformed) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> "Ended":
        if isinstance(error, Malformed):
            return self._broken(f"The process handed over {error}.")
        if error.late:
            return self._broken("The process did not answer in time and was stopped.")
        return self._broken(
            "The process ended before it had answered: by `exit`, by a crash, or because it needed more memory or time "
            "than an answer may have."
        )

    def _broken(self, sentence: str) -> "Ended":
        self.end = sentence
        return Ended(sentence)


class Ended(OutOfTime):
    """The student's process has gone, or said what cannot be: the check passes this on at once."""


# What crossed, made into what the exercises look at


def _kind(told: object) -> str:
    return word(told.get("kind")) if isinstance(told, dict) else "object"


def _signature(parameters: object) -> inspect.Signature:
    anything = [inspect.Parameter("given", inspect.Parameter.VAR_POSITIONAL)]
    if not isinstance(parameters, list) or len(parameters) > 100:
        return inspect.Signature(anything)
    try:
        kinds = list(inspect._ParameterKind)
        made = [
            inspect.Parameter(name, kinds[kind], default=None if filled else inspect.Parameter.empty)
            for name, kind, filled in parameters
        ]
        return inspect.Signature(made)
    except (TypeError, ValueError, IndexError):
        return inspect.Signature(anything)


def _make_like(before: object, after: object) -> None:
    """Change the grader's own argument as the student's call has changed its copy, so far as that can be."""
    try:
        if isinstance(before, np.ndarray):
            changed = decode(after)
            if isinstance(changed, np.ndarray) and changed.shape == before.shape and changed.dtype == before.dtype:
                before[...] = changed
        elif isinstance(before, list):
            changed = decode(after)
            before[:] = changed if isinstance(changed, list) else []
        elif isinstance(before, np.random.Generator) and isinstance(after, dict):
            before.bit_generator.state = generator_state(after.get("generator"))
    except Exception as error:
        raise Ended("The process handed back its inputs in no form that can be read.") from error


def _error(told: object, cell: str) -> Exception:
    """An exception of the same name and words, which does nothing but say them."""
    told = told if isinstance(told, dict) else {}
    family = told.get("family") if isinstance(told.get("family"), list) else []
    base = next((kind for kind in (NotImplementedError, TypeError) if kind.__name__ in family), Exception)
    words = str(told.get("words", ""))[:2000]
    kind = type(word(told.get("kind")), (base,), {"__str__": lambda self: words})
    error = kind()
    error.place = _place(told, cell)
    return error


def _error_text(told: object) -> str:
    from course_utils.exercises.words import failure

    return failure(_error(told, ""), _error)


def _place(told: object, cell: str) -> str:
    number = told.get("line") if isinstance(told, dict) else None
    lines = cell.splitlines()
    if not isinstance(number, int) or not 1 <= number <= len(lines):
        return ""
    source = lines[number - 1].strip().replace("`", "'")
    return f" In line {number}: `{source[:200]}`."
