"""`course train`: make again what lessons need and cannot wait for."""

import os
from time import monotonic

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from course_utils import runtime
from course_utils.cli.environment import check_settings
from course_utils.cli.errors import CourseError
from course_utils.generation import trained as generation
from course_utils.recognition import store
from course_utils.recognition import trained as recognition

__all__ = ["TRAININGS", "train"]

TRAININGS = recognition.TRAININGS | generation.TRAININGS


def train(names: list[str], console: Console) -> None:
    """Run the trainings called `names` (all when empty) and write their files into data/trained, a line each.

    Errors: `CourseError`, before anything is trained, for an unknown name or impossible settings.
    """
    unknown = [name for name in names if name not in TRAININGS]
    if unknown:
        raise CourseError(f"There is no training {unknown[0]!r}; there are {', '.join(TRAININGS)}.")
    check_settings()
    for name in dict.fromkeys(names or TRAININGS):
        began = monotonic()
        path = store.save(name, _train_shown(name))
        size, seconds = path.stat().st_size / 1000, monotonic() - began
        made = f"  {os.path.relpath(path)} · {size:.0f} kB · {seconds:.0f} s"
        line = Text.assemble(("✓ ", "bold green"), (name, "bold"), made)
        console.print(line, soft_wrap=True, highlight=False)


def _train_shown(name: str) -> dict:
    """The arrays of one training, seeded anew, made under a running clock on standard error."""
    columns = SpinnerColumn(), TextColumn("training {task.description}"), TimeElapsedColumn()
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        progress.add_task(name, total=None)
        runtime.setup(keras=True)
        return TRAININGS[name]()
