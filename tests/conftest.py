"""Every test sees this environment and nothing of the user's own settings."""

import os
import sys
import tempfile
from pathlib import Path

import matplotlib
import pytest
from threadpoolctl import threadpool_limits


def pytest_configure(config):
    matplotlib.use("Agg")  # here only: kernels take their own back end, so MPLBACKEND must stay unset
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist inherits what follows
        threadpool_limits(1)  # two workers on two cores: threads of their own would wait for each other's
        return
    for name in ("MPLBACKEND", "FORCE_COLOR", "PYTHONPATH"):
        os.environ.pop(name, None)
    folder = tempfile.TemporaryDirectory(prefix="course-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ["IPYTHONDIR"] = str(Path(folder.name, "ipython"))
    os.environ["JUPYTER_CONFIG_DIR"] = str(Path(folder.name, "jupyter"))
    os.environ["COURSE_WORK"] = str(Path(folder.name, "my-work"))  # nobody's drawings change a result, nor are changed
    # A kernel python3 in the user's home, or on a JUPYTER_PATH, would go before this environment's.
    os.environ["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))


def pytest_terminal_summary(terminalreporter):
    """How quickly the explorations followed, measured by the browser tests; and what to do about failed lessons."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    measured = [text for report in reports for name, text in report.user_properties if name == "latency"]
    if measured:
        terminalreporter.section("latency in the browser, median of 30")
        terminalreporter.write_line("\n".join(measured))
    cures = how_to_mend([report.nodeid for report in terminalreporter.getreports("failed")])
    if cures:
        terminalreporter.section("how to mend the lessons")
        terminalreporter.write_line("\n".join(cures))


def how_to_mend(failed):
    """A sentence for each notebook among the ids of failed tests: nbval shows what differs, and not what to do."""
    notebooks = dict.fromkeys(name.partition("::")[0] for name in failed if ".ipynb::" in name)
    return [
        f"{path}: a cell fails, or gives now what the file does not show. Is the change meant? Then run "
        f"`course run --refresh {Path(path).stem}`, read `git diff`, and commit both. If not, mend the code."
        for path in notebooks
    ]


@pytest.fixture(scope="session")
def keras():
    """Keras, made ready as lessons do it. Mark the test `keras`: the import takes seconds."""
    from course_utils.runtime import setup

    setup(keras=True)
    import keras

    return keras
