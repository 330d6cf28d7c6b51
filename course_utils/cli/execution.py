"""Execute a notebook headless in a kernel of its own, and measure what it took."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from time import monotonic
from typing import BinaryIO

import psutil
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

__all__ = ["Cost", "Failure", "Outcome", "execute"]

CELL_SECONDS = 300
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Failure:
    """The cell that failed, counted from 0, and how: error type, message, and traceback with terminal colours."""

    index: int
    error: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Cost:
    """What the kernel and its children took: seconds by the clock and of the CPU, and the most bytes held at once."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Outcome:
    """The notebook with its new outputs, its cost, and the failure that ended it, if one did."""

    notebook: NotebookNode
    cost: Cost
    failure: Failure | None


def execute(notebook: NotebookNode, on_cell: Callable[[int], None] = lambda index: None) -> Outcome:
    """Run the cells of a copy of `notebook` from top to bottom, in an empty folder; stop at the first that fails.

    `on_cell` is told the index of each cell before it runs. The kernel is this very Python; it inherits the
    environment, so `COURSE_SEED` and `KERAS_BACKEND` hold in it, but for `COURSE_WORK`: a lesson's outputs do not
    depend on what somebody drew. A cell may take 300 seconds.
    """
    notebook, began = deepcopy(notebook), monotonic()
    with tempfile.TemporaryFile() as log, _kernel(notebook, log) as client:
        with _Meter(client.km.provisioner.pid) as meter:
            failure = _run_cells(client, on_cell, log)
        cost = Cost(monotonic() - began, meter.cpu_seconds, meter.peak_bytes)
    return Outcome(notebook, cost, failure)


class _ThisPython(KernelSpecManager):
    """Knows one kernel, the Python that runs `course`, whatever other kernels the machine has."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


@contextmanager
def _kernel(notebook: NotebookNode, log: BinaryIO) -> Iterator[NotebookClient]:
    """A client with a running kernel, which ends with the context; what the kernel logs goes to `log`."""
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython())
    client = NotebookClient(notebook, km=manager, timeout=CELL_SECONDS)
    with (
        tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder,
        client.setup_kernel(cleanup_kc=True, cwd=folder, env=_environment(folder), stdout=log, stderr=log),
    ):
        yield client


def _environment(folder: str) -> dict[str, str]:
    return {**os.environ, "COURSE_WORK": os.path.join(folder, "my-work")}


def _run_cells(client: NotebookClient, on_cell: Callable[[int], None], log: BinaryIO) -> Failure | None:
    for index, cell in enumerate(client.nb.cells):
        on_cell(index)
        try:
            client.execute_cell(cell, index)
        except CellExecutionError as error:
            return Failure(index, error.ename, error.evalue, _traceback(cell))
        except CellTimeoutError:
            return Failure(index, "Timeout", f"the cell took longer than {CELL_SECONDS} seconds")
        except DeadKernelError:
            return Failure(index, "Dead kernel", "the kernel died, often for lack of memory", _tail(log))
    return None


def _traceback(cell: NotebookNode) -> str:
    return "\n".join(line for output in cell.outputs for line in output.get("traceback", []))


def _tail(log: BinaryIO) -> str:
    log.seek(0)
    return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-10:])


class _Meter:
    """Samples a process and its children ten times a second while the context lasts: CPU seconds, most bytes held."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.cpu_seconds, self.peak_bytes = 0.0, 0

    def __enter__(self) -> "_Meter":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        held, used = 0, 0.0
        try:
            for process in (self._process, *self._process.children(recursive=True)):
                with process.oneshot():
                    held += process.memory_info().rss
                    used += sum(process.cpu_times()[:4])  # user, system, and both of children that have ended
        except psutil.Error:  # one of them has just ended: the next sample is whole again
            return
        self.peak_bytes = max(self.peak_bytes, held)
        self.cpu_seconds = max(self.cpu_seconds, used)
