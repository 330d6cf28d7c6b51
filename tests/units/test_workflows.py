"""What runs on GitHub: valid, pinned, with least permissions, and on a GPU what runs on a CPU."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from course_utils.runtime import repository

FOLDER = repository() / ".github" / "workflows"
NAMES = ("gpu", "tests", "versions")
PINNED = re.compile(r"actions/[a-z-]+@[0-9a-f]{40}")
COMMENTED = re.compile(r"uses: \S+ # v\d+\.\d+\.\d+$")
LESSONS = "python -m pytest @tests/lessons.txt --junitxml=build/lessons/junit.xml"


def workflow(name, folder=FOLDER):
    """A workflow as a dictionary; YAML 1.1 takes its key `on` for True."""
    content = yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))
    content["on"] = content.pop(True)
    return content


def steps(content):
    return [step for job in content["jobs"].values() for step in job["steps"]]


def commands(job):
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def lint(program, *arguments):
    """Run a linter of this environment; its exit code and all it says."""
    path = shutil.which(program, path=str(Path(sys.executable).parent))
    assert path, f"{program} is not in this environment: run `make env`"
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, encoding="utf-8", errors="replace")
    return done.returncode, done.stdout + done.stderr


def fits_schema(folder):
    return lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *sorted(folder.glob("*.yml")))


def is_secure(folder):
    return lint("zizmor", "--offline", "--no-progress", "--persona", "pedantic", folder)


def test_these_are_all_workflows():
    assert sorted(path.name for path in FOLDER.iterdir()) == [f"{name}.yml" for name in NAMES]


@pytest.mark.parametrize("linter", [fits_schema, is_secure])
def test_linter_finds_nothing(linter):
    code, said = linter(FOLDER)
    assert code == 0, said


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_and_says_its_version(name):
    used = [step["uses"] for step in steps(workflow(name)) if "uses" in step]
    lines = [line for line in (FOLDER / f"{name}.yml").read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert len(used) == len(lines) >= 2
    for action, line in zip(used, lines, strict=True):
        assert PINNED.fullmatch(action), f"{action} is not pinned by a 40-digit SHA"
        assert COMMENTED.search(line), f"no version behind {action}"


def test_an_action_has_one_pin():
    pins = {step["uses"] for name in NAMES for step in steps(workflow(name)) if "uses" in step}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@pytest.mark.parametrize("name", NAMES)
def test_permissions_are_least(name):
    content = workflow(name)
    assert content["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in content["jobs"].values())
    checkouts = [step for step in steps(content) if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(content["jobs"])
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert "secrets." not in (FOLDER / f"{name}.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_for_ever_or_twice(name):
    content = workflow(name)
    assert all(0 < job["timeout-minutes"] <= 90 for job in content["jobs"].values())
    assert content["concurrency"]["group"].startswith("${{ github.workflow }}-${{ github.ref }}")


# --- on which events, on which machines -----------------------------------------------------------------------------


def test_each_pull_request_is_tested_on_every_system():
    content = workflow("tests")
    assert content["on"] == {"pull_request": None, "push": {"branches": ["main"]}}
    matrix = content["jobs"]["make-test"]["strategy"]["matrix"]
    assert (matrix["system"], matrix["python"]) == (["ubuntu-latest"], ["3.11", "3.12", "3.13"])
    assert [extra["system"] for extra in matrix["include"]] == ["macos-latest"]
    assert content["jobs"]["windows"]["runs-on"] == "windows-latest"


def test_what_a_pull_request_runs_is_what_the_readme_says():
    readme = (repository() / "README.md").read_text(encoding="utf-8")
    jobs = workflow("tests")["jobs"]
    told = [*commands(jobs["make-test"]).values(), *commands(jobs["windows"]).values()]
    assert len(told) == 3
    for command in told:
        plain = command.replace('"@tests/all.txt"', "@tests/all.txt")  # PowerShell takes a bare @ for its own
        assert plain in readme, f"README.md does not say {plain!r}"


def test_a_pull_request_cannot_start_what_is_dear():
    assert workflow("versions")["on"].keys() == {"schedule", "workflow_dispatch"}
    gpu = workflow("gpu")["on"]
    assert gpu.keys() == {"push", "schedule", "workflow_dispatch", "pull_request"}
    assert (gpu["push"], gpu["pull_request"]) == ({"branches": ["main"]}, {"types": ["labeled"]})


def test_old_and_new_versions_and_every_backend_have_their_turn():
    jobs = workflow("versions")["jobs"]
    locks = {entry["versions"]: entry["lock"] for entry in jobs["range"]["strategy"]["matrix"]["include"]}
    assert locks == {"lowest": "LOWEST=1", "highest": "UPGRADE=1"}
    backends = [entry["backend"] for entry in jobs["backends"]["strategy"]["matrix"]["include"]]
    makefile = (repository() / "Makefile").read_text(encoding="utf-8")
    for backend in ("tensorflow", *backends):  # each pull request runs the first
        assert f"\ntest-{backend}:" in makefile and f"lessons_on,{backend}," in makefile
    assert backends == ["jax", "torch"]


# --- the GPU --------------------------------------------------------------------------------------------------------


def test_gpu_job_skips_without_a_runner_and_never_runs_the_code_of_a_fork():
    job = workflow("gpu")["jobs"]["lessons"]
    assert job["runs-on"] == "${{ fromJSON(vars.GPU_RUNNER) }}"
    condition = " ".join(job["if"].split())
    assert condition == (
        "vars.GPU_RUNNER != '' && (github.event_name != 'pull_request' || (github.event.label.name == 'gpu' && "
        "github.event.pull_request.head.repo.full_name == github.repository))"
    )


def test_only_the_gpu_job_may_meet_a_machine_of_ours():
    hosted = {"ubuntu-latest", "windows-latest", "${{ matrix.system }}"}
    for name in ("tests", "versions"):
        assert {job["runs-on"] for job in workflow(name)["jobs"].values()} <= hosted


def test_gpu_job_asserts_a_gpu_before_the_lessons():
    names = list(commands(workflow("gpu")["jobs"]["lessons"]))
    asserts = commands(workflow("gpu")["jobs"]["lessons"])["Assert that a GPU is visible"]
    assert "list_physical_devices('GPU'); assert found" in asserts
    assert names.index("Assert that a GPU is visible") < names.index("Run the lessons and compare their outputs")


def test_gpu_and_cpu_run_the_same_commands():
    cpu, gpu = (workflow(name)["jobs"]["lessons"] for name in ("tests", "gpu"))
    own = {"Set up", "Assert that a GPU is visible"}
    ran = [{name: run for name, run in commands(job).items() if name not in own} for job in (cpu, gpu)]
    assert ran[0] == ran[1]
    assert ran[0]["Run the lessons and compare their outputs"] == LESSONS
    made = [commands(job)["Set up"] for job in (cpu, gpu)]
    assert made[0] == made[1].replace(" --gpu", "").replace(".venv-gpu", ".venv")


def test_lessons_are_compared_as_in_make_test():
    tests = repository() / "tests"
    assert "@tests/lessons.txt" in (tests / "all.txt").read_text(encoding="utf-8").splitlines()
    said = (tests / "lessons.txt").read_text(encoding="utf-8").splitlines()
    assert said[:3] == ["tests/conftest.py", "notebooks", "--nbval"]  # the first keeps the user's own settings out


@pytest.mark.parametrize("name", ["tests", "gpu"])
def test_results_are_kept_even_when_lessons_fail(name):
    *_, keep, upload = workflow(name)["jobs"]["lessons"]["steps"]
    assert keep["if"] == upload["if"] == "${{ !cancelled() }}"
    assert "--allow-errors" in keep["run"] and "--output-dir build/lessons " in keep["run"]
    assert upload["with"]["path"] == "build/lessons" and LESSONS.endswith("build/lessons/junit.xml")


# --- the linters, seen red ------------------------------------------------------------------------------------------

BROKEN = {
    "unpinned action": (is_secure, r"@[0-9a-f]{40} # v[\d.]+", "@main", "unpinned-uses"),
    "credentials kept": (is_secure, "persist-credentials: false", "fetch-depth: 1", "artipacked"),
    "rights to write": (is_secure, "contents: read", "contents: write", "excessive-permissions"),
    "event of another": (is_secure, "pull_request:", "pull_request_target:", "dangerous-triggers"),
    "text into a shell": (is_secure, "run: python -m pytest", "run: echo ${{ github.head_ref }}", "template-injection"),
    "unknown key": (fits_schema, "timeout-minutes", "time-out", "time-out"),
}


@pytest.mark.parametrize(("linter", "old", "new", "finding"), BROKEN.values(), ids=BROKEN)
def test_linter_sees(linter, old, new, finding, tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = (FOLDER / "gpu.yml").read_text(encoding="utf-8")
    broken = re.sub(old, new, text)
    assert broken != text
    (folder / "gpu.yml").write_text(broken, encoding="utf-8")
    code, said = linter(folder)
    assert code != 0 and finding in said, said
