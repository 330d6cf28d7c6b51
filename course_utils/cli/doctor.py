"""`course doctor`: is this machine fit for the course, and if not, what cures it?"""

import importlib.util
import json
import math
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from course_utils.data import drawings
from course_utils.runtime import repository

__all__ = ["Finding", "backend", "doctor", "examine", "look_at_backend", "report"]

PYTHONS = ((3, 11), (3, 13))
AGAIN = "Set the environment up again: delete the folder .venv and run `make env`."
NEEDED_DISK = 0.5e9
NEEDED_MEMORY = 1.5e9  # a lesson that trains takes up to 1 GB
GPU_SECONDS = 60
START_SECONDS = 180
ILLEGAL_INSTRUCTION = (-4, 132, 0xC000001D)  # POSIX, through a shell, Windows
START = "from course_utils import setup; setup(keras=True)"

GPU_COUNT = {
    "tensorflow": "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))",
    "jax": "import jax; print(sum(device.platform == 'gpu' for device in jax.devices()))",
    "torch": "import torch; print(torch.cuda.device_count())",
}
MEMORY_SWITCH = {"tensorflow": ("TF_FORCE_GPU_ALLOW_GROWTH", "true"), "jax": ("XLA_PYTHON_CLIENT_PREALLOCATE", "false")}
LAB_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")


@dataclass(frozen=True)
class Finding:
    """One line of the report. `ok` is None for what is only told; `cure` is empty when nothing needs doing."""

    name: str
    ok: bool | None
    found: str
    cure: str = ""


NOT_STARTED = Finding("Keras starts", None, "not tried; mend the Keras backend first")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False) -> None:
    """Look at this machine: a ✓ or ✗ a line, with the cure."""
    raise typer.Exit(report(examine(), as_json))


def examine() -> list[Finding]:
    """Every finding, in the order in which a beginner should mend them."""
    library = look_at_backend(backend())
    return [
        look_at_python(sys.version_info[:3]),
        look_at_packages(lock()),
        library,
        look_at_gpu(backend()),
        look_at_gpu_memory(backend()),
        look_at_kernel(),
        look_at_widgets(),
        look_at_disk(repository()),
        look_at_memory(_free_memory()),
        look_at_work(drawings.folder().parent),
        look_at_start([sys.executable, "-c", START]) if library.ok else NOT_STARTED,
        look_at_chromium(),
    ]


def report(findings: list[Finding], as_json: bool) -> int:
    """Print the findings; return the exit code: 1 when one of them is a ✗."""
    healthy = all(finding.ok is not False for finding in findings)
    if as_json:
        print(json.dumps({"ok": healthy, "findings": [asdict(finding) for finding in findings]}, indent=1))
    else:
        _print_lines(findings)
    return 0 if healthy else 1


def _print_lines(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    marks = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}
    for finding in findings:
        mark, colour = marks[finding.ok]
        line = Text.assemble((mark, colour), f" {finding.name}: {finding.found}")
        if finding.cure:
            line.append(f"\n  → {finding.cure}", style="bold" if finding.ok is False else "dim")
        console.print(line, soft_wrap=True)


# --- the findings ---------------------------------------------------------------------------------------------------


def look_at_python(running: tuple[int, ...]) -> Finding:
    text = f"{'.'.join(map(str, running))} ({sys.executable})"
    fits = PYTHONS[0] <= running[:2] <= PYTHONS[1]
    cure = "The course needs 3.11, 3.12 or 3.13: install one, delete the folder .venv and run `make env`."
    return Finding("Python", fits, text, "" if fits else cure)


def lock() -> Path:
    """What this environment was made from: `.venv-torch` and `.venv-gpu` have locks of their own."""
    kind = Path(sys.prefix).name.removeprefix(".venv")
    own = repository() / f"requirements{kind}.lock"
    return own if own.exists() else repository() / "requirements.lock"


def look_at_packages(lock: Path) -> Finding:
    if not lock.exists():
        cure = "Clone the whole course and set it up there (`make env`)."
        return Finding("packages", False, f"there is no {lock}", cure)
    pins = dict(locked_versions(lock))
    wrong = [_difference(name, pinned) for name, pinned in pins.items() if _installed(name) != pinned]
    if not wrong:
        return Finding("packages", True, f"{len(pins)} as locked")
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    cure = f"Run `{sys.executable} -m pip install -r {lock}`."
    return Finding("packages", False, ", ".join(wrong[:3]) + more, cure)


def locked_versions(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each package that the lock holds for this Python and system."""
    from packaging.requirements import Requirement

    for line in lock.read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            pin = Requirement(line.rstrip(" \\"))
            if pin.marker is None or pin.marker.evaluate():
                yield pin.name, str(pin.specifier).removeprefix("==")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _difference(name: str, pinned: str) -> str:
    installed = _installed(name)
    return f"{name} {installed} instead of {pinned}" if installed else f"{name} missing"


def backend() -> str:
    """The backend that `setup(keras=True)` will start."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def look_at_backend(backend: str) -> Finding:
    """Whether the backend is there. It is not imported: TensorFlow would take ten seconds."""
    if backend not in GPU_COUNT:
        cure = f"Set KERAS_BACKEND to one of {', '.join(GPU_COUNT)}, or unset it."
        return Finding("Keras backend", False, f"KERAS_BACKEND is {backend!r}", cure)
    if importlib.util.find_spec("keras") is None or importlib.util.find_spec(backend) is None:
        cure = "Unset KERAS_BACKEND, or install that backend; TensorFlow and JAX come with `make env`."
        return Finding("Keras backend", False, f"{backend} is not installed", cure)
    return Finding("Keras backend", True, f"{backend} {_installed(backend)}, Keras {_installed('keras')}")


def look_at_gpu(backend: str) -> Finding:
    """A GPU is never needed, so nothing here is a ✗. Only a machine that has one pays for importing the backend."""
    cards = _nvidia_cards()
    if not cards:
        return Finding("GPU", None, "no NVIDIA card; every lesson is made for the CPU")
    found = f"{', '.join(cards)}; {backend} sees"
    seen = _gpus_seen(backend)
    if seen is None:
        return Finding("GPU", None, f"{found} nothing within {GPU_SECONDS} s", "Look whether `nvidia-smi` answers.")
    if seen == 0:
        cure = "To use it, install the backend's CUDA build in an environment of its own; no lesson needs it."
        return Finding("GPU", None, f"{found} none", cure)
    return Finding("GPU", True, f"{found} {seen}")


def _nvidia_cards() -> list[str]:
    """The names that the driver's own tool prints; empty without a driver."""
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return asked.stdout.split("\n")[:-1] if asked.returncode == 0 else []


def _gpus_seen(backend: str) -> int | None:
    try:
        command = [sys.executable, "-c", GPU_COUNT[backend]]
        return int(subprocess.run(command, capture_output=True, text=True, timeout=GPU_SECONDS).stdout)
    except (KeyError, ValueError, OSError, subprocess.TimeoutExpired):
        return None


def look_at_gpu_memory(backend: str) -> Finding:
    """Whether the backend takes GPU memory as it needs it, not all at once: other programs need some too."""
    if backend not in MEMORY_SWITCH:  # PyTorch, and whatever look_at_backend refuses
        return Finding("GPU memory growth", backend == "torch" or None, f"{backend} grows by itself")
    switch, wanted = MEMORY_SWITCH[backend]
    setting = os.environ.get(switch, wanted)
    if setting.lower() in (wanted, str(int(wanted == "true"))):
        return Finding("GPU memory growth", True, f"on ({switch}={setting})")
    cure = f"Unset {switch}, or set it to {wanted}; else one notebook takes all the memory of the card."
    return Finding("GPU memory growth", False, f"off ({switch}={setting})", cure)


def look_at_kernel() -> Finding:
    """Whether "Python 3" in JupyterLab, as `course lab` starts it, is this very environment."""
    from jupyter_client.kernelspec import NoSuchKernel

    try:
        kernel, folder = _python3_kernel()
    except NoSuchKernel:
        return Finding("kernel", False, "JupyterLab has no kernel python3", AGAIN)
    if _same_environment(kernel):
        return Finding("kernel", True, f"Python 3 is this environment ({folder})")
    cure = f"Unset JUPYTER_PATH if it is set, or remove the folder {folder}."
    return Finding("kernel", False, f"Python 3 in JupyterLab is {kernel}, not {sys.executable}", cure)


def _python3_kernel() -> tuple[str, str]:
    """The program that the kernelspec python3 starts, and the folder that says so."""
    from jupyter_client.kernelspec import KernelSpecManager

    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # as `course lab` does
    kernel = KernelSpecManager().get_kernel_spec("python3")
    return kernel.argv[0], kernel.resource_dir


def _same_environment(program: str) -> bool:
    """jupyter_client puts `sys.executable` for a bare `python`; a path must lie in this environment's folder."""
    if program in ("python", "python3", f"python3.{sys.version_info.minor}"):
        return True
    return Path(program).parent.resolve() == Path(sys.executable).parent.resolve()


def look_at_widgets() -> Finding:
    """Whether JupyterLab finds the two extensions that draw explorations, and has them enabled."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    missing = [name for name in LAB_EXTENSIONS if not _holds(jupyter_path("labextensions"), f"{name}/package.json")]
    if missing:
        return Finding("widgets", False, f"JupyterLab does not find {' and '.join(missing)}", AGAIN)
    disabled = sorted(set(LAB_EXTENSIONS) & _disabled(jupyter_config_path()))
    if disabled:
        cure = f"Run `{sys.executable} -m jupyter labextension enable {' '.join(disabled)}`."
        return Finding("widgets", False, f"JupyterLab has {' and '.join(disabled)} disabled", cure)
    versions = f"ipywidgets {_installed('ipywidgets')}, anywidget {_installed('anywidget')}"
    return Finding("widgets", True, versions)


def _holds(folders: list[str], name: str) -> bool:
    return any(Path(folder, name).is_file() for folder in folders)


def _disabled(folders: list[str]) -> set[str]:
    """Extensions that a page_config.json switches off; the folder named first has the last word."""
    switches = {}
    for folder in reversed(folders):
        try:
            page = json.loads(Path(folder, "labconfig", "page_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        switches.update(page.get("disabledExtensions", {}))
    return {name for name, off in switches.items() if off}


def look_at_disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return _enough("disk", free, NEEDED_DISK, f"free in {folder}", "Free some space on this disk.")


def look_at_memory(free: float) -> Finding:
    cure = "Close other programs, and shut down kernels you no longer use (JupyterLab, Kernel menu)."
    return _enough("memory", free, NEEDED_MEMORY, "free", cure)


def _enough(name: str, free: float, needed: float, where: str, cure: str) -> Finding:
    found = f"{free / 1e9:.1f} GB {where}"
    if free >= needed:
        return Finding(name, True, found)
    return Finding(name, False, f"{found}; the lessons need {needed / 1e9:.1f}", cure)


def _free_memory() -> float:
    """Bytes that a new program can get; in a container, what its limit leaves."""
    import psutil

    return min(psutil.virtual_memory().available, _container_leaves(Path("/sys/fs/cgroup")))


def _container_leaves(group: Path) -> float:
    """The limit of a control group (version 2) less what is used; cached files do not count as used."""
    try:
        limit = int((group / "memory.max").read_text(encoding="utf-8"))
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        stat = dict(line.split() for line in (group / "memory.stat").read_text(encoding="utf-8").splitlines())
        return limit - used + int(stat["inactive_file"])
    except (OSError, ValueError, KeyError):  # no such group, or "max": no limit
        return math.inf


def look_at_work(folder: Path) -> Finding:
    """Whether copies of lessons and drawings can be kept: a file is written, and removed again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding("my-work", True, f"can be written ({folder})")
    except OSError as error:
        cure = "Move a file of that name away, or give yourself the right to write there."
        return Finding("my-work", False, f"{folder}: {error.strerror or error}", cure)


def look_at_start(command: list[str]) -> Finding:
    """Whether Keras starts, in a process of its own: TensorFlow kills one whose processor it cannot use."""
    try:
        run = subprocess.run(command, cwd=repository(), capture_output=True, text=True, timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        cure = "Close other programs and try again; a virus scanner reads every file at the first start."
        return Finding("Keras starts", False, f"it had not after {START_SECONDS} s", cure)
    if run.returncode == 0:
        return Finding("Keras starts", True, "and computes")
    if run.returncode in ILLEGAL_INSTRUCTION:
        cure = "TensorFlow needs a processor with AVX. Set KERAS_BACKEND=jax, or use another machine."
        return Finding("Keras starts", False, "this processor does not know TensorFlow's instructions", cure)
    last = (run.stderr.strip().splitlines() or [f"it ends with code {run.returncode}"])[-1]
    return Finding("Keras starts", False, last, AGAIN)


def look_at_chromium() -> Finding:
    """Only told: a browser of this kind is needed for `make test`, not for the lessons."""
    tool = runpy.run_path(str(repository() / "tools" / "chromium.py"))
    browser = tool["find"]()
    if browser:
        return Finding("browser for the tests", None, browser)
    return Finding("browser for the tests", None, "none (only `make test` needs one)", tool["CURE"])
