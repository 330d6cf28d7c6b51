"""Run a student's function so that whatever it does comes back as an `Outcome`.

What this cannot stop: on Linux and macOS a `try … except:` without a type that swallows every alarm, or one
long call into C (a huge matrix product); elsewhere such a call goes on in a thread of its own after the
verdict. And nothing here guards against malice: that is the grader's work, in a process of its own.
"""

import contextlib
import ctypes
import io
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import numpy as np

__all__ = ["OutOfTime", "Outcome", "call", "quiet", "within"]

_AGAIN = 0.25  # seconds between alarms after the first: an answer may swallow one


class OutOfTime(BaseException):
    """Time is up. No `Exception`, so that `except Exception` in an answer lets it pass."""


@dataclass(frozen=True)
class Outcome:
    """What one call of `function` did: `value`, or the `error` it raised.

    `given` are the arguments as they were before the call, `left` the same ones after it.
    """

    function: Callable
    given: tuple
    left: tuple
    value: object = None
    error: BaseException | None = None

    @property
    def changed(self) -> list[int]:
        """Positions of the arguments that the call changed (arrays and lists; a generator may move on)."""
        pairs = enumerate(zip(self.given, self.left, strict=True))
        return [position for position, (before, after) in pairs if not _same(before, after)]


def call(function: Callable, given: tuple, left: tuple | None = None) -> Outcome:
    """Call `function(*left)`; `left` is a second copy of `given`, by default `given` itself.

    Errors: none but `OutOfTime` and the `KeyboardInterrupt` with which a student stops the cell.
    """
    left = given if left is None else left
    try:
        with np.errstate(all="ignore"):
            return Outcome(function, given, left, function(*left))
    except (KeyboardInterrupt, OutOfTime):
        raise
    except BaseException as error:  # SystemExit too: `exit()` in an answer must not end the kernel
        return Outcome(function, given, left, error=error)


def _same(before: object, after: object) -> bool:
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and before.dtype == after.dtype and np.array_equal(before, after)
    return before == after if isinstance(before, list) else True


class _Nowhere(io.TextIOBase):
    """Takes every text and keeps none."""

    written = False

    def write(self, text: str) -> int:
        self.written = True
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[_Nowhere]:
    """Swallow what the block prints and warns; the yielded object's `written` says whether it printed."""
    nowhere = _Nowhere()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield nowhere


def within(seconds: float, work: Callable[[], None]) -> None:
    """Run `work()`; raise `OutOfTime` when it takes longer than `seconds` (wall clock).

    `work` is a Python function. In the main thread of Linux and macOS a timer interrupts it, sleeps
    included, and the caller's own timer and signal handler are put back. Elsewhere it runs in a thread
    that is abandoned, and told to stop, when its time is up.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and hasattr(signal, "setitimer"):
        _under_a_timer(seconds, work)
    else:
        _in_a_thread(seconds, work)


def _under_a_timer(seconds: float, work: Callable[[], None]) -> None:
    def ring(signum: int, frame: FrameType | None) -> None:
        # An alarm that comes while the lines below tidy up must not cut them short.
        if _is_running(work, frame):
            raise OutOfTime

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    delay, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if delay:
            remaining = delay - (time.monotonic() - started)
            signal.setitimer(signal.ITIMER_REAL, max(remaining, 0.001), interval)


def _is_running(function: Callable, frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


def _in_a_thread(seconds: float, work: Callable[[], None]) -> None:
    # Not interrupt_main: it reaches the main thread only, and ends no sleep on Windows.
    failures = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    deadline = time.monotonic() + seconds
    thread.start()
    try:
        while thread.is_alive() and time.monotonic() < deadline:
            thread.join(0.05)  # short, so that Ctrl-C is heard on Windows too
    finally:
        late = thread.is_alive()
        if late:
            _stop(thread)
    if late:
        raise OutOfTime
    if failures:
        raise failures[0]


def _stop(thread: threading.Thread) -> None:
    """Ask for `OutOfTime` in `thread`, at its next line of Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(OutOfTime))
