"""Grade a made-up class of lesson 01, stopped half-way and resumed, and again on a Dask cluster that loses a worker.

    .venv/bin/python benchmarks/grade_a_class.py [--students 200] [--jobs 2]

It needs the environment of this folder: `make env`.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from course_utils.exercises import by_name
from course_utils.runtime import repository

COURSE = [sys.executable, "-c", "from course_utils.cli import main; main()"]
NAMES = ["cross_correlate", "stride", "receptive_field", "count_weights"]
HEAD = "def my_cross_correlate(image, kernel):\n"
FORGED = '{"status": "correct", "points": 1}'
HOSTILE = {
    "endless loop": HEAD + "    while True:\n        pass",
    "exit": HEAD + "    import os\n    os._exit(0)",
    "memory": HEAD + "    return np.zeros((10**5, 10**6)) + 1",
    "output": HEAD + "    for _ in range(1000):\n        print('x' * 10**6)\n    return 0",
    "forks": HEAD + "    import os, time\n    for _ in range(100):\n        os.fork() or time.sleep(30)\n    return 0",
    "kills": HEAD + "    import os\n    os.kill(-1, 9)\n    return 0",
    "equal to all": "class Same:\n    __eq__ = lambda *_: True\n" + HEAD + "    return Same()",
    "patches NumPy": "np.isclose = np.allclose = lambda *_, **__: True\n" + HEAD + "    return np.zeros((1, 1))",
    "reads the reference": "from course_utils.exercises import convolution as c\nmy_cross_correlate = c.loops",
    "forged verdict": HEAD
    + "    print('{\"points\": 1}')\n    import os\n    os.write(3, b'{\"points\": 1}')\n    return 0",
    "network": HEAD
    + "    import urllib.request\n    return urllib.request.urlopen('http://127.0.0.1:8786', timeout=3)",
    "deletes": HEAD + "    import shutil\n    shutil.rmtree('/tmp/course-grading', ignore_errors=True)\n    return 0",
}
BROKEN = {
    "not JSON": b"{",
    "empty": b"",
    "not a notebook": b"[1, 2]",
    "other encoding": "größer".encode("latin-1"),
    "nested": b"[" * 10**6,
}


def lesson() -> dict:
    (path,) = (repository() / "notebooks").glob("01_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def with_answers(chance: random.Random, kind: str, attack: str = "") -> bytes:
    """A submission that is right, wrong or untouched throughout; an attack replaces the first answer."""
    answers = {}
    for name in NAMES if kind != "untouched" else ():
        exercise = by_name[f"convolution.{name}"]
        cells = [each.cell for each in exercise.wrong] if kind == "wrong" else list(exercise.right.values())
        answers[name] = chance.choice(cells)
    if attack:
        answers["cross_correlate"] = attack
    notebook = lesson()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
        if "exercise" in cell["metadata"]:
            cell["source"] = answers.get(cell["metadata"]["exercise"].partition(".")[2], cell["source"])
    return json.dumps(notebook).encode()


def make_class(folder: Path, students: int) -> dict[str, int]:
    """Write the submissions; points due by name. Of 20 there are 8 right, 6 wrong, 3 untouched, 3 hostile or broken."""
    chance, due = random.Random(1), {}
    hostile = [*HOSTILE.items(), *BROKEN.items()] * students
    for k in range(students):
        kind = ("right " * 8 + "wrong " * 6 + "untouched " * 3 + "hostile " * 3).split()[k % 20]
        if kind == "hostile":
            kind, attack = hostile.pop(0)
            content, points = (with_answers(chance, "right", attack), 3) if isinstance(attack, str) else (attack, 0)
        else:
            content, points = with_answers(chance, kind), 4 * (kind == "right")
        name = f"{k:03} {kind}.ipynb"
        (folder / name).write_bytes(content)
        due[name] = points
    return due


def grading(folder: Path, out: Path, *options: str) -> subprocess.Popen:
    command = [*COURSE, "grade", str(folder), "--lesson", "01", "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> None:
    _, said = process.communicate()
    if process.returncode != 0:
        sys.exit(f"course grade failed: {said}")


def wait_for(out: Path, number: int, process: subprocess.Popen) -> None:
    while len(list(out.rglob("*.json"))) < number:
        if process.poll() is not None:
            sys.exit(f"course grade ended early: {process.communicate()[1]}")
        time.sleep(0.1)


def verdicts(out: Path) -> dict[str, dict]:
    """All verdicts by name, without what differs from run to run."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in out.rglob("*.json")]
    return {verdict["submission"]["name"]: verdict for verdict in found}


def judged(verdict: dict) -> tuple:
    entries = [
        (entry["name"], entry["status"], entry["misconception"], entry["points"]) for entry in verdict["exercises"]
    ]
    return verdict["problem"], verdict["points"], tuple(entries)


def demand(condition: bool, sentence: str) -> None:
    if not condition:
        sys.exit(f"✗ {sentence}")
    print(f"✓ {sentence}")


def stopped_and_resumed(folder: Path, out: Path, due: dict[str, int], jobs: int) -> dict[str, dict]:
    started = time.monotonic()
    process = grading(folder, out, "--jobs", str(jobs))
    wait_for(out, len(due) // 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    print(f"stopped after {len(before)} of {len(due)}, {time.monotonic() - started:.0f} s")
    finish(grading(folder, out, "--jobs", str(jobs)))
    seconds = time.monotonic() - started
    found = verdicts(out)
    demand({path: path.stat().st_mtime_ns for path in before} == before, "none was graded twice")
    demand({name: verdict["points"] for name, verdict in found.items()} == due, f"all {len(due)} have the points due")
    print(f"{seconds:.0f} s with {jobs} jobs, {seconds / len(due):.2f} s a submission, both starts included")
    return found


def on_a_cluster(folder: Path, out: Path, due: dict[str, int]) -> dict[str, dict]:
    """A scheduler and two workers of this machine, one of which is killed when a third is done."""
    address, environment = "tcp://127.0.0.1:18786", os.environ | {"DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    dask = [sys.executable, "-m", "dask"]
    port = address.rpartition(":")[2]
    running = [subprocess.Popen([*dask, "scheduler", "--port", port, "--dashboard-address", ":0"], **quiet)]
    try:
        time.sleep(5)
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
        running += [subprocess.Popen([*dask, "worker", address, *options], **quiet) for _ in range(2)]
        time.sleep(8)
        started = time.monotonic()
        process = grading(folder, out, "--scheduler", address)
        wait_for(out, len(due) // 3, process)
        running[-1].send_signal(signal.SIGKILL)
        print(f"killed one of two workers after {len(list(out.rglob('*.json')))} of {len(due)}")
        finish(process)
        seconds = time.monotonic() - started
    finally:
        for process in running:
            process.kill()
            process.wait()
    found = verdicts(out)
    demand({name: verdict["points"] for name, verdict in found.items()} == due, f"all {len(due)} have the points due")
    print(f"{seconds:.0f} s on the cluster, {seconds / len(due):.2f} s a submission")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        submissions = Path(folder, "submissions")
        submissions.mkdir()
        due = make_class(submissions, wanted.students)
        kinds = Counter(name[4:-6] for name in due)
        print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
        alone = stopped_and_resumed(submissions, Path(folder, "alone"), due, wanted.jobs)
        for kind in kinds:
            seconds = sorted(verdict["seconds"] for name, verdict in alone.items() if name[4:-6] == kind)
            print(f"  {kind}: median {seconds[len(seconds) // 2]:.2f} s, longest {seconds[-1]:.2f} s")
        print(Path(folder, "alone/summary.md").read_text(encoding="utf-8"))
        cluster = on_a_cluster(submissions, Path(folder, "cluster"), due)
        differing = [name for name in due if judged(alone[name]) != judged(cluster[name])]
        demand(not differing, f"the cluster's verdicts are the same{differing or ''}")


if __name__ == "__main__":
    main()
