"""The other side of the grader: a template process, and the students' processes that are forked from it.

The template imports what the lesson imports, runs nothing of a student's, and forks at a request. Each fork is a
keeper, which ends when the grader lets go of it, and its child, in which one answer is run behind the walls of
`sandbox`. This module and what it imports lie in a copy of the course without exercises and without this grader.
"""

import __future__

import ast
import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable
from functools import reduce
from operator import or_

import numpy as np

from course_utils.grading import sandbox
from course_utils.grading.wire import Channel, Closed, Malformed, decode, encode

__all__ = ["serve"]

ANSWER, HELPERS = "<your cell>", "<your other cells>"
FUTURES = reduce(or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names))


# The template


def serve(control: socket.socket, order: dict) -> None:
    """Import, build the outer walls, and fork at each request until the grader lets go."""
    walls = sandbox.build(order["hidden"], order["needed"])
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _is_of_an_editable_install(finder)]
    _stand_in_for("course_utils.exercises", "exercises")
    warnings.simplefilter("ignore")
    for name in order["imports"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are not waited for
    gc.collect()
    gc.freeze()
    Channel(control).send({"ready": True})
    while True:
        request, handles, _, _ = socket.recv_fds(control, 4096, 2)
        if len(handles) != 2:  # the grader has let go, or is no more
            shutil.rmtree(order["stage"], ignore_errors=True)
            return
        if os.fork() == 0:
            control.close()
            _keep(json.loads(request), *(socket.socket(fileno=handle) for handle in handles), walls, order["stage"])
            os._exit(0)
        for handle in handles:
            os.close(handle)


def _is_of_an_editable_install(finder: object) -> bool:
    """It would find the course's own folder, with the exercises."""
    return hasattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING")


class _Silent(types.ModuleType):
    """Answers to every name and every call with itself: what a cell says to its exercise is no matter here."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: object, **named: object) -> object:
        return self

    def _repr_html_(self) -> None:
        return None


def _stand_in_for(module: str, name: str) -> None:
    import course_utils

    sys.modules[module] = _Silent(module)
    setattr(course_utils, name, sys.modules[module])


# The keeper


def _keep(request: dict, leash: socket.socket, talk: socket.socket, walls: sandbox.Walls, stage: str) -> None:
    """Fork the student's process; end it, and all it has started, when the grader lets go of the leash."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    user = sandbox.unused_user(os.getpid())
    alone = sandbox.enter(walls)
    request["limits"]["processes"] += sandbox.already_counted(walls)
    mounted = os.path.join(stage, "own")
    own = mounted if walls.files else tempfile.mkdtemp(prefix="course-answer-")
    if not walls.files and walls.user:
        os.chown(own, user, user)
    student = os.fork()
    if student == 0:
        leash.close()
        _be_student(request, talk, walls, own, user)
    talk.close()
    select.select([leash], [], [])
    with contextlib.suppress(ProcessLookupError):
        os.kill(student, signal.SIGKILL)
    _, status = os.waitpid(student, 0)
    if not alone:
        _sweep(student, user if walls.user else 0)
    if own != mounted:
        shutil.rmtree(own, ignore_errors=True)
    with contextlib.suppress(OSError):
        leash.sendall(json.dumps({"ended": os.waitstatus_to_exitcode(status)}).encode())


def _sweep(student: int, user: int) -> None:
    """Without a world of its own: kill what is left of the group, and of the user."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(student, signal.SIGKILL)
    if user and os.fork() == 0:
        os.setuid(user)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.wait()


# The student's process


def _be_student(request: dict, talk: socket.socket, walls: sandbox.Walls, folder: str, user: int) -> None:
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(nowhere, handle)
        mine = os.dup2(talk.fileno(), 3) if talk.fileno() != 3 else 3
        os.closerange(4, 1024)
        talk.detach()
        os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, USER="student", LOGNAME="student")
        tempfile.tempdir = None
        sandbox.lower(walls, folder, sandbox.Limits(**request["limits"]), user)
        channel = Channel(socket.socket(fileno=mine))
        shown = {name: getattr(walls, name) for name in ("network", "files", "processes", "user", "calls")}
        channel.send({"ready": True, "walls": shown})
        _answer(channel)
    except (Closed, Malformed):
        os._exit(3)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            channel.send({"broken": f"{type(error).__name__}: {error}"[:500]})
        os._exit(4)
    os._exit(0)


def _answer(channel: Channel) -> None:
    order = channel.receive()
    if "model" in order:
        channel.send({"model": _describe(order["model"])})
        return
    function = _load(channel, order)
    if function is None:
        return
    while True:
        order = channel.receive()
        channel.send(_called(channel, function, order["call"]))


def _load(channel: Channel, order: dict) -> Callable | None:
    """Run the lesson's set-up and the student's cells; tell what bears the function's name."""
    namespace = {"__name__": "__main__", "display": _ignore, "get_ipython": lambda: None}
    for source in order["setup"]:
        exec(compile(source, "<set-up>", "exec"), namespace)
    channel.send({"ready": True})
    run = _Runner(namespace, order["name"])
    helpers = [failure for source in order["helpers"] if (failure := run(source, HELPERS))]
    told = {"helper": helpers[0] if helpers else None, "line": run(order["cell"], ANSWER)}
    if order["name"] not in namespace:
        channel.send(told | {"missing": True})
        return None
    value = namespace[order["name"]]
    channel.send(told | {"found": _function(value) if callable(value) else {"value": encode(value)}})
    return value if callable(value) else None


class _Runner:
    """Runs code in `namespace` statement by statement, with the `__future__` imports of what it has run before."""

    def __init__(self, namespace: dict, wanted: str) -> None:
        self._namespace, self._wanted, self._flags = namespace, wanted, 0

    def __call__(self, source: str, file: str) -> dict | None:
        """What first fails in `source`, as plain texts: nothing of it stays in memory.

        Where the function that is `wanted` stands by then, that is the end, as in a notebook. Else what comes after
        is run too: a line that shows the lesson's picture, which is not there, may stand above the function.
        """
        failure = None
        try:
            statements = ast.parse(source, file).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return _told(error)
        for statement in statements:
            try:
                self._run(statement, file)
            except BaseException as error:
                failure = failure or _told(error)
            if failure and self._wanted in self._namespace:
                break
        return failure

    def _run(self, statement: ast.stmt, file: str) -> None:
        code = compile(ast.Module([statement], []), file, "exec", self._flags, dont_inherit=True)
        self._flags |= code.co_flags & FUTURES
        exec(code, self._namespace)


def _ignore(*given: object, **named: object) -> None:
    pass


def _function(value: Callable) -> dict:
    import inspect
    from functools import partial

    if isinstance(value, type):
        return {"class": value.__name__[:80]}
    if not hasattr(value, "__name__") and not isinstance(value, partial):
        return {"instance": type(value).__name__[:80]}
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return {"parameters": None}
    return {"parameters": [[p.name, int(p.kind), p.default is not p.empty] for p in parameters]}


def _called(channel: Channel, function: Callable, arguments: list) -> dict:
    def ask(number: int) -> Callable:
        def asked(*given: object) -> object:
            channel.send({"ask": number, "given": [encode(part) for part in given]})
            return _replied(channel.receive())

        return asked

    given = [decode(part, ask) for part in arguments]
    try:
        with np.errstate(all="ignore"):
            value = function(*given)
        told = {"returned": _model(value) or encode(value)}
    except BaseException as error:
        told = {"raised": _told(error)}
    return told | {"left": [None if callable(part) else encode(part) for part in given]}


def _replied(message: dict) -> object:
    if "raised" in message:
        kinds = {"ValueError": ValueError, "TypeError": TypeError, "IndexError": IndexError}
        raise kinds.get(message["raised"]["kind"], RuntimeError)(message["raised"]["words"])
    return decode(message["reply"])


def _told(error: BaseException) -> dict:
    """Kind, words and place of an error, as plain texts."""
    try:
        words = str(error.msg if isinstance(error, SyntaxError) else error)  # without the place, which is told below
    except BaseException:
        words = ""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    numbers = [line for file, line in lines if file == ANSWER]
    number = error.lineno if isinstance(error, SyntaxError) and error.filename == ANSWER else None
    return {
        "kind": type(error).__name__[:80],
        "family": [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"][:10],
        "words": words[:2000],
        "line": numbers[-1] if numbers else number,
    }


# Keras models cross as their configuration; a process without a student's code builds and describes them


def _model(value: object) -> dict | None:
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(value, keras.Model):
        return None
    return {"model": value.to_json()}


def _describe(text: str) -> dict:
    import keras

    try:
        model = keras.models.model_from_json(text)
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    return _described(model) if isinstance(model, keras.Model) else {"refused": "it describes no model"}


def _described(layer: object) -> dict:
    told = {"kind": type(layer).__name__, "activation": getattr(getattr(layer, "activation", None), "__name__", None)}
    if hasattr(layer, "layers"):
        told |= {"layers": [_described(inner) for inner in layer.layers], "parameters": _count(layer)}
        told |= {name: _shape(layer, name) for name in ("input_shape", "output_shape")}
    return told


def _shape(model: object, name: str) -> list | None:
    try:
        return list(getattr(model, name))
    except Exception:  # not built yet
        return None


def _count(model: object) -> int | None:
    try:
        return model.count_params()
    except Exception:
        return None


if __name__ == "__main__":
    handle = int(sys.argv[1])
    serve(socket.socket(fileno=handle), json.loads(sys.stdin.read()))
