"""Set-up before there is an environment: tools/, the lock, the Makefile, environment.yml."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import namedtuple
from pathlib import Path

import chromium
import env
import lock
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from course_utils.runtime import repository

ROOT = repository()
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8") for name in lock.EXTRAS}
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


def python(version, path="/usr/bin/python3", system="Linux", machine="x86_64", complete=True):
    return env.Python(path, version, system, machine, complete)


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


# --- the lock -------------------------------------------------------------------------------------------------------


each_lock = pytest.mark.parametrize("name", LOCKS)


def pins(name="requirements.lock"):
    lines = [line.rstrip(" \\") for line in LOCKS[name].splitlines() if line[:1].isalnum()]
    return [Requirement(line) for line in lines]


def versions(name):
    """The versions of each package; some differ between versions of Python."""
    found = {}
    for pin in pins(name):
        found.setdefault(pin.name, set()).add(str(pin.specifier).removeprefix("=="))
    return found


def test_every_environment_has_a_lock():
    assert {kind.lock for kind in (env.COURSE, env.TORCH, env.GPU)} == set(LOCKS)


@each_lock
def test_lock_was_made_from_this_pyproject(name):
    assert lock.header() in LOCKS[name], f"{name} is out of date: run `make lock`"


def extra(project, name):
    """The requirements of an extra, which may take in another one."""
    for requirement in map(Requirement, project["optional-dependencies"][name]):
        if requirement.name == project["name"]:
            yield from (inner for other in requirement.extras for inner in extra(project, other))
        else:
            yield requirement


@each_lock
def test_lock_holds_what_pyproject_asks_for(name):
    """Red also for a lock that was edited by hand, which its header does not tell."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*map(Requirement, project["dependencies"]), *extra(project, "tests"), *extra(project, lock.EXTRAS[name])]
    locked = versions(name)
    for requirement in asked:
        if requirement.name != lock.WITHOUT.get(name):
            found = locked.get(requirement.name, set())
            assert found and all(version in requirement.specifier for version in found), f"{requirement}: {found}"


@pytest.mark.parametrize("name", [env.TORCH.lock, env.GPU.lock])
def test_other_locks_differ_only_in_what_they_add(name):
    course, other = versions("requirements.lock"), versions(name)
    shared = course.keys() & other.keys()
    assert len(shared) > 100
    assert {package: other[package] for package in shared} == {package: course[package] for package in shared}


def test_torch_stands_without_tensorflow_and_only_there():
    assert "torch" in versions(env.TORCH.lock) and "tensorflow" not in versions(env.TORCH.lock)
    assert all("torch" not in versions(name) for name in LOCKS if name != env.TORCH.lock)


def test_lock_hash_hears_dependencies_and_nothing_else(tmp_path):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    changed = tmp_path / "pyproject.toml"

    def hash_of(old, new):
        assert old in text
        changed.write_text(text.replace(old, new), encoding="utf-8")
        return lock.dependency_hash(changed)

    today = lock.dependency_hash(ROOT / "pyproject.toml")
    assert hash_of("line-length", "indent-width") == today
    assert hash_of('"keras>=', '"keras>') != today
    assert hash_of('"nbval>=', '"nbval>') != today
    assert hash_of("<3.14", "<3.15") != today


@each_lock
def test_lock_pins_every_package_with_hashes(name):
    blocks = re.split(r"\n(?=[a-z0-9])", LOCKS[name])[1:]
    assert len(blocks) == len(pins(name)) > 100
    assert all(re.match(r"\S+==\S+ .*\\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", block) for block in blocks)


@each_lock
def test_lock_names_no_host(name):
    assert not re.search(r"https?:|//|index-url|find-links|trusted-host|\.lock-", LOCKS[name])


@each_lock
def test_lock_holds_what_builds_course_utils(name):
    # `pip install --no-build-isolation -e .` takes setuptools from the environment
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = Requirement(re.search(r'requires = \["(setuptools.*?)"\]', text)[1])
    (pin,) = [pin for pin in pins(name) if pin.name == wanted.name]
    assert str(pin.specifier).removeprefix("==") in wanted.specifier


def test_environment_yml_leaves_everything_to_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment == {
        "name": "course",
        "channels": ["conda-forge"],
        "dependencies": ["python=3.12", "pip", {"pip": ["-r requirements.lock"]}],
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "3.12" in SpecifierSet(project["requires-python"])


@pytest.mark.parametrize("line", [line for line in (ROOT / "tools/colab.txt").read_text().splitlines() if "==" in line])
def test_what_colab_has_is_promised(line):
    colab = Requirement(line)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (promised,) = [asked for asked in map(Requirement, project["dependencies"]) if asked.name == colab.name]
    assert str(colab.specifier).removeprefix("==") in promised.specifier


def test_pythons_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = SpecifierSet(project["requires-python"])
    fitting = [(3, minor) for minor in range(8, 20) if f"3.{minor}" in promised]
    assert (fitting[0], fitting[-1]) == (env.OLDEST, env.NEWEST)


@POSIX
@pytest.mark.parametrize("script", [".ci/run", "postBuild"])
def test_scripts_can_be_started(script):
    assert os.access(ROOT / script, os.X_OK)


# --- which Python ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["env", "lock", "chromium"])
def test_what_runs_before_the_environment_is_valid_on_python_3_8(tool):
    tree = ast.parse((ROOT / "tools" / f"{tool}.py").read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names | {"env"}


def test_first_fitting_python_is_chosen():
    found = [python((3, 10, 1)), python((3, 14, 0)), python((3, 12, 1), complete=False), python((3, 11, 2))]
    assert env.choose(found, uv=None).version == (3, 11, 2)
    assert env.choose(found, uv="/usr/bin/uv").version == (3, 12, 1)  # uv needs no venv module


UNUSABLE = {
    "none": ([], "No Python runs here .*sudo apt-get install python3 python3-venv"),
    "old": ([python((3, 8, 10))], r"Only Python 3\.8\.10 is here.*apt-get install python3\.11-venv"),
    "new": ([python((3, 14, 0)), python((3, 15, 1))], r"Only Python 3\.14\.0, 3\.15\.1 .*no build.*install 3\.13"),
    "old and new": ([python((3, 10, 1)), python((3, 14, 0))], r"Only Python 3\.10\.1, 3\.14\.0 is here"),
    "no venv": ([python((3, 12, 1), complete=False)], r"lacks venv.*sudo apt-get install python3\.12-venv"),
    "Intel Mac": ([python((3, 12, 1), system="Darwin")], "Intel Macs.*arm64 Python"),
}


@pytest.mark.parametrize(("found", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_python_is_told_with_its_cure(found, message):
    with pytest.raises(env.SetupError, match=message):
        env.choose(found, uv=None)


def test_uv_itself_is_the_cure_when_it_is_there():
    with pytest.raises(env.SetupError, match="for example: /opt/uv python install"):
        env.choose([python((3, 14, 0))], uv="/opt/uv")


def test_arm_mac_is_welcome():
    mac = python((3, 13, 0), system="Darwin", machine="arm64")
    assert env.choose([mac], uv=None) == mac


def test_python_describes_itself():
    itself = env.probe([sys.executable])
    assert itself.version == sys.version_info[:3]
    assert not Path(itself.path).is_relative_to(ROOT / ".venv")  # what may be deleted cannot make its successor


@POSIX
@pytest.mark.parametrize("script", ["exit 127", "echo pyenv: python3.12: command not found", "printf '[1]'; exit 1"])
def test_shim_that_fails_is_no_python(tmp_path, script):
    assert env.probe([str(program(tmp_path / "python3.12", script))]) is None


def test_absent_command_is_no_python():
    assert env.probe(["no-such-python"]) is None


@POSIX
def test_make_without_any_python_names_the_package(tmp_path):
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make here")
    program(tmp_path / "python3", "exit 127")
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    run = subprocess.run([make, "-C", str(ROOT), "env"], env=environment, capture_output=True, encoding="utf-8")
    assert run.returncode == 2
    assert "sudo apt-get install python3 python3-venv" in run.stderr
    assert run.stdout.count("\n") <= 2  # nothing but make's own lines about folders


# --- what is done, and when -----------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder like the repository, and the list of steps that a set-up takes there."""
    if os.name == "nt":
        pytest.skip("a pretended environment needs symbolic links")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    steps = []

    def pretend(done, command, venv):
        steps.append(done)
        target = venv / Path(env.venv_python(tmp_path)).relative_to(tmp_path / ".venv")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(sys.executable)

    monkeypatch.setattr(env, "run", pretend)
    monkeypatch.setattr(env, "find_uv", lambda: None)
    monkeypatch.setattr(env, "probe_all", lambda uv: [python(sys.version_info[:3])])
    monkeypatch.setattr(env, "check_lock", lambda root, python: None)
    monkeypatch.setattr(env, "check_disk", lambda root, kind: None)
    return tmp_path, steps


ALL_STEPS = ["empty environment made", "locked packages installed", "course_utils installed"]


def test_environment_is_made_once(course):
    root, steps = course
    env.prepare(root)
    env.prepare(root)
    assert steps == ALL_STEPS


def test_new_lock_remakes_the_environment(course):
    root, steps = course
    env.prepare(root)
    with (root / "requirements.lock").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    (root / ".venv" / "old").touch()
    env.prepare(root)
    assert steps == ALL_STEPS * 2
    assert not (root / ".venv" / "old").exists()


def test_other_change_in_pyproject_installs_the_course_again(course):
    root, steps = course
    env.prepare(root)
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    env.prepare(root)
    env.prepare(root)
    assert steps == [*ALL_STEPS, "course_utils installed"]


@pytest.mark.parametrize("field", ["python", "folder"])
def test_other_python_or_folder_remakes_the_environment(course, field):
    root, steps = course
    env.prepare(root)
    stamp = root / ".venv" / "course-setup.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text(encoding="utf-8")), field: "other"}), encoding="utf-8")
    env.prepare(root)
    assert steps == ALL_STEPS * 2


def test_python_that_is_gone_remakes_the_environment(course):
    root, steps = course
    env.prepare(root)
    link = Path(env.venv_python(root))
    link.unlink()
    link.symlink_to(root / "uninstalled")
    env.prepare(root)
    assert steps == ALL_STEPS * 2


@pytest.mark.parametrize("stops_at", ALL_STEPS)
def test_interrupted_set_up_is_not_taken_for_a_finished_one(course, monkeypatch, stops_at):
    root, steps = course
    pretend = env.run

    def stop(done, command, venv):
        pretend(done, command, venv)
        if done == stops_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(env, "run", stop)
        env.prepare(root)
    steps.clear()
    env.prepare(root)
    assert steps == ALL_STEPS


def test_lock_of_this_pyproject_is_accepted():
    env.check_lock(ROOT, sys.executable)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("pyproject.toml", '"rich>', '"poor>'), *((name, "SHA-256: ", "SHA-256: 0") for name in LOCKS)],
)
def test_lock_of_another_pyproject_is_refused(tmp_path, file, old, new):
    (tmp_path / "tools").mkdir()
    for name in ("tools/env.py", "tools/lock.py", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path / name)
    env.check_lock(tmp_path, sys.executable)
    changed = tmp_path / file
    text = changed.read_text(encoding="utf-8")
    assert old in text
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(env.SetupError, match="make lock"):
        env.check_lock(tmp_path, sys.executable)


def test_command_line_names_an_environment():
    assert [env.wanted([]), env.wanted(["--torch"]), env.wanted(["--gpu"])] == [env.COURSE, env.TORCH, env.GPU]
    with pytest.raises(env.SetupError, match="takes nothing, or --torch or --gpu; got '--jax'"):
        env.wanted(["--jax"])


def test_other_environments_are_made_beside_the_course(course):
    root, steps = course
    env.prepare(root)
    for kind in (env.TORCH, env.GPU):
        shutil.copy(ROOT / kind.lock, root)
        env.prepare(root, kind)
        env.prepare(root, kind)
        assert env.read_stamp(root, kind)["lock"] != env.read_stamp(root)["lock"]
    assert steps == ALL_STEPS * 3


def test_full_disk_is_told_before_anything_is_downloaded(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(9e9, 7e9, 2e9))
    with pytest.raises(env.SetupError, match=r"needs 4\.5 GB, .* 2\.0 GB are free"):
        env.check_disk(tmp_path)


# Lines that pip 23.0 and uv 0.13 printed when the thing was tried.
OUTPUTS = {
    "pip offline": (
        "WARNING: Retrying after connection broken by 'NewConnectionError': Failed to establish a new connection: "
        "[Errno -3] Temporary failure in name resolution\n"
        "ERROR: Could not find a version that satisfies the requirement absl-py==2.5.1 (from versions: none)\n"
        "ERROR: No matching distribution found for absl-py==2.5.1",
        "The network cannot be reached",
    ),
    "uv offline": ("error: Failed to fetch: the index\n  cause: dns error", "The network cannot be reached"),
    "pip hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "not the one that requirements.lock names",
    ),
    "uv hash": ("  × Failed to download\n  ╰─▶ Hash mismatch for `absl-py==2.5.1`", "not the one"),
    "disk": ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
    "certificate": ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
    "no wheel": ("ERROR: No matching distribution found for tensorflow==2.21.0", "no build of one.*tensorflow==2.21.0"),
    "unknown": ("one\ntwo", "does not know. Its last words:\n    one\n    two"),
}


@pytest.mark.parametrize(("output", "message"), OUTPUTS.values(), ids=OUTPUTS)
def test_installer_failure_is_explained(output, message):
    assert re.search(message, env.explain(output))


def test_failed_step_raises_and_finished_step_cleans_up(tmp_path, capsys):
    venv = tmp_path / ".venv"
    with pytest.raises(env.SetupError, match="disk is full"):
        env.run("never", [sys.executable, "-c", "raise SystemExit('No space left on device')"], venv)
    env.run("counted", [sys.executable, "-c", "print(1)"], venv)
    assert re.fullmatch(r"✓ counted in \d+ s\n", capsys.readouterr().out)
    assert not (venv / "tmp").exists()


def test_progress_says_what_is_downloaded():
    progress = env.Progress()
    progress.note("  Downloading tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl (572.4 MB)\n")
    assert progress._now == "downloading tensorflow-2.21.0 (572.4 MB)"
    progress.note("Downloading scikit-image (13.0MiB)\n")
    assert progress._now == "downloading scikit-image (13.0MiB)"
    progress.note("WARNING: Location '/some/folder' is ignored: it is neither a file nor a folder.\n")
    assert progress._now == "downloading scikit-image (13.0MiB)"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (131, "2 min 11 s")])
def test_duration(seconds, text):
    assert env.duration(seconds) == text


# --- the browser ----------------------------------------------------------------------------------------------------


@POSIX
def test_browser_that_only_names_a_snap_is_passed_over(tmp_path, monkeypatch):
    program(tmp_path / "chromium-browser", "echo 'requires the chromium snap to be installed'; exit 1")
    edge = program(tmp_path / "microsoft-edge", "echo 'Microsoft Edge 1.0'")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "MAC", ())
    assert chromium.find() == str(edge)
    edge.unlink()
    with pytest.raises(RuntimeError, match=r"No Chromium, Chrome or Edge starts here.*sudo apt-get install chromium"):
        chromium.need()


@POSIX
def test_snap_goes_last(tmp_path, monkeypatch):
    program(tmp_path / "snap" / "bin" / "chromium", "exit 0")
    chrome = program(tmp_path / "google-chrome", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'snap' / 'bin'}{os.pathsep}{tmp_path}")
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    assert chromium.find() == str(chrome)


@POSIX
def test_named_browser_is_the_only_one(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", str(program(tmp_path / "mine", "exit 0")))
    assert chromium.need() == str(tmp_path / "mine")
    monkeypatch.setenv("COURSE_CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(RuntimeError, match=r"COURSE_CHROMIUM .*gone.* does not start"):
        chromium.need()
