"""No import runs upwards, and what works on NumPy alone starts without a deep-learning library."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_utils.runtime import repository

FLOORS = [["data"], ["recognition", "generation"], ["explore", "exercises"], ["grading"], ["cli"]]
TOOLS = ["__init__", "claims", "files", "guess", "keyboard", "plots", "runtime"]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names} | dict.fromkeys(TOOLS, -1)

HEAVY = {"jax", "keras", "tensorflow", "torch"}
LIGHT = [
    "claims",
    "data",
    "exercises",
    "explore",
    "files",
    "generation",
    "grading",
    "guess",
    "keyboard",
    "plots",
    "recognition",
    "runtime",
]
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[2:]:
    package = importlib.import_module(f"course_utils.{name}")
    inner = pkgutil.walk_packages(package.__path__, package.__name__ + ".") if hasattr(package, "__path__") else ()
    for module in (package.__name__, *(found.name for found in inner)):
        importlib.import_module(module)
        loaded = sorted(set(sys.argv[1].split()) & set(sys.modules))
        assert not loaded, f"{module} imports {', '.join(loaded)}: import it inside the function that needs it."
"""


def climbing(package: Path) -> list[str]:
    """A sentence for each import in `package` that runs upwards, and for each module that stands on no floor."""
    complaints = []
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room not in LEVEL:
            complaints.append(f"{path.name}: say in FLOORS or TOOLS where {room} stands.")
            continue
        for imported in rooms_imported(path, package):
            if LEVEL.get(imported, -1) > LEVEL[room]:
                complaints.append(f"{path.relative_to(package)} imports {imported}, which stands above {room}.")
    return complaints


def rooms_imported(path: Path, package: Path) -> Iterator[str]:
    """The rooms of `package` that a module imports, anywhere in it, absolutely or relatively."""
    here = [package.name, *path.relative_to(package).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) + 1 - node.level] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == package.name and len(parts) > 1:
                yield parts[1]


def test_no_import_runs_upwards():
    complaints = climbing(repository() / "course_utils")
    assert not complaints, "\n".join(complaints)


def test_light_modules_load_no_heavy_library():
    command = [sys.executable, "-c", IMPORT_ALL, " ".join(HEAVY), *LIGHT]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=repository(), check=False)
    assert run.returncode == 0, run.stderr


# Seen red


@pytest.mark.parametrize(
    "line",
    [
        "import course_utils.explore",
        "from course_utils import runtime, explore",
        "from course_utils.explore import shell",
        "from ..explore.shell import Exploration",
        "from .. import explore",
        "def later():\n    from course_utils.explore import shell",
    ],
)
def test_importing_explore_from_data_is_noticed(line, tmp_path):
    package = tmp_path / "course_utils"
    for room in ("data", "explore"):
        (package / room).mkdir(parents=True)
    (package / "explore/shell.py").write_text("from course_utils.data import digits\n")
    (package / "data/digits.py").write_text(line)
    assert climbing(package) == [f"{Path('data/digits.py')} imports explore, which stands above data."]


def test_a_tool_uses_no_floor_and_a_new_room_needs_a_place(tmp_path):
    package = tmp_path / "course_utils"
    package.mkdir()
    (package / "plots.py").write_text("from course_utils.data import digits\nfrom course_utils import runtime\n")
    (package / "attic.py").write_text("")
    assert climbing(package) == [
        "attic.py: say in FLOORS or TOOLS where attic stands.",
        "plots.py imports data, which stands above plots.",
    ]


def test_a_heavy_import_is_noticed():
    run = subprocess.run([sys.executable, "-c", IMPORT_ALL, "ast", "runtime"], capture_output=True, encoding="utf-8")
    assert run.returncode != 0 and "course_utils.runtime imports ast: import it inside" in run.stderr
