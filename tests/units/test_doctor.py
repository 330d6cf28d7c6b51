"""`course doctor`: every finding, healthy and ill."""

import importlib
import json
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from packaging.version import Version

doctor = importlib.import_module("course_utils.cli.doctor")  # `course_utils.cli.doctor` is the command
check_up = importlib.import_module("course_utils.cli.check_up")
Finding = doctor.Finding
WELL, ILL, TOLD = Finding("a", True, "fine"), Finding("b", False, "broken", "Mend it."), Finding("c", None, "so it is")


@pytest.mark.keras
def test_this_environment_is_well():
    assert [finding for finding in doctor.examine() if finding.ok is False] == []


def test_report_has_a_line_a_finding_and_the_cure_below(capsys):
    assert doctor.report([WELL, ILL, TOLD], as_json=False) == 1
    assert capsys.readouterr().out == "✓ a: fine\n✗ b: broken\n  → Mend it.\n· c: so it is\n"
    assert doctor.report([WELL, TOLD], as_json=False) == 0


def test_report_does_not_take_brackets_for_markup_or_break_lines(capsys):
    doctor.report([Finding("a", True, "[bold]" + "x" * 200)], as_json=False)
    assert capsys.readouterr().out == "✓ a: [bold]" + "x" * 200 + "\n"


def test_json(capsys):
    assert doctor.report([WELL, ILL], as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["findings"][1] == {"name": "b", "ok": False, "found": "broken", "cure": "Mend it."}


@pytest.mark.parametrize(
    ("running", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 9), True), ((3, 14, 0), False)]
)
def test_python(running, ok):
    finding = doctor.look_at_python(running)
    assert finding.ok is ok
    assert bool(finding.cure) is not ok


@pytest.fixture
def lock(tmp_path):
    file = tmp_path / "requirements.lock"
    file.write_text(
        "# header\n"
        "numpy==1.0 ; python_full_version < '3' \\\n    --hash=sha256:00\n    # via something==9\n"
        f"numpy=={doctor._installed('numpy')} ; python_full_version >= '3' \\\n    --hash=sha256:00\n",
        encoding="utf-8",
    )
    return file


def test_packages_as_locked(lock):
    assert doctor.look_at_packages(lock) == Finding("packages", True, "1 as locked")


def test_packages_missing_or_different(lock):
    with lock.open("a", encoding="utf-8") as file:
        file.write("no-such-package==1\nrich==0.1\npytest==0.1\nnbval==0.1\ntyper==0.1\n")
    finding = doctor.look_at_packages(lock)
    assert finding.ok is False
    assert finding.found.startswith("no-such-package missing, rich ")
    assert "instead of 0.1" in finding.found and finding.found.endswith(" and 2 more")
    assert finding.cure == f"Run `{sys.executable} -m pip install -r {lock}`."


@pytest.mark.parametrize(
    ("folder", "name"),
    [(".venv", "requirements"), (".venv-torch", "requirements-torch"), (".venv-gpu", "requirements-gpu"),
     ("course", "requirements")],
)  # fmt: skip
def test_each_environment_is_held_against_its_own_lock(monkeypatch, tmp_path, folder, name):
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path / folder))
    assert doctor.lock() == doctor.repository() / f"{name}.lock"


def test_packages_without_a_lock(tmp_path):
    assert doctor.look_at_packages(tmp_path / "requirements.lock").ok is False


def test_locked_versions_are_versions():
    pins = dict(doctor.locked_versions(doctor.repository() / "requirements.lock"))
    assert len(pins) > 100
    assert all(Version(pin) for pin in pins.values())


def test_backend():
    assert doctor.look_at_backend("tensorflow").ok is True
    assert "theano" in doctor.look_at_backend("theano").found


def test_backend_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name == "torch" else name)
    assert doctor.look_at_backend("torch").found == "torch is not installed"


@pytest.mark.parametrize("broken", ["theano", "torch"])
def test_keras_is_not_started_on_a_backend_that_is_not_there(monkeypatch, broken):
    """One mistake, one ✗: in the doctor's report and in the words of lesson 00."""
    find = doctor.importlib.util.find_spec
    monkeypatch.setenv("KERAS_BACKEND", broken)
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    monkeypatch.setattr(doctor, "look_at_start", lambda command: pytest.fail("Keras was started"))
    findings = {finding.name: finding for finding in doctor.examine()}
    start = findings["Keras starts"]
    assert (start.ok, start.cure) == (None, "") and "mend the Keras backend first" in start.found
    said = check_up.words(findings[name] for name in ("Python", "Keras backend", "Keras starts"))
    assert [line[:17] for line in said] == ["  ✓ this Python i", "  ✗ Keras backend", "1 of 2 need mendi"]


def test_backend_follows_the_environment(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert doctor.backend() == "jax"
    monkeypatch.delenv("KERAS_BACKEND")
    assert doctor.backend() == "tensorflow"


@pytest.mark.parametrize(
    ("cards", "seen", "ok", "found"),
    [
        ([], 0, None, "no NVIDIA card; every lesson is made for the CPU"),
        (["RTX"], 1, True, "RTX; jax sees 1"),
        (["RTX"], 0, None, "RTX; jax sees none"),
        (["RTX"], None, None, "RTX; jax sees nothing within 60 s"),
    ],
)
def test_gpu(monkeypatch, cards, seen, ok, found):
    monkeypatch.setattr(doctor, "_nvidia_cards", lambda: cards)
    monkeypatch.setattr(doctor, "_gpus_seen", lambda backend: seen)
    finding = doctor.look_at_gpu("jax")
    assert (finding.ok, finding.found) == (ok, found)


def test_gpus_are_counted_in_another_process(monkeypatch):
    monkeypatch.setitem(doctor.GPU_COUNT, "jax", "print(3)")
    assert doctor._gpus_seen("jax") == 3
    monkeypatch.setitem(doctor.GPU_COUNT, "jax", "raise SystemExit(1)")
    assert doctor._gpus_seen("jax") is None
    assert doctor._gpus_seen("theano") is None


def test_gpu_that_never_answers(monkeypatch):
    monkeypatch.setitem(doctor.GPU_COUNT, "jax", "import time; time.sleep(30)")
    monkeypatch.setattr(doctor, "GPU_SECONDS", 0.2)
    assert doctor._gpus_seen("jax") is None


@pytest.mark.parametrize(
    ("backend", "switch", "setting", "ok"),
    [
        ("tensorflow", "TF_FORCE_GPU_ALLOW_GROWTH", None, True),  # setup() turns it on
        ("tensorflow", "TF_FORCE_GPU_ALLOW_GROWTH", "true", True),
        ("tensorflow", "TF_FORCE_GPU_ALLOW_GROWTH", "false", False),
        ("jax", "XLA_PYTHON_CLIENT_PREALLOCATE", None, True),
        ("jax", "XLA_PYTHON_CLIENT_PREALLOCATE", "0", True),
        ("jax", "XLA_PYTHON_CLIENT_PREALLOCATE", "true", False),
        ("torch", "ANY", "false", True),  # it grows by itself
        ("theano", "ANY", "false", None),
    ],
)
def test_gpu_memory(monkeypatch, backend, switch, setting, ok):
    monkeypatch.delenv(switch, raising=False)
    if setting is not None:
        monkeypatch.setenv(switch, setting)
    assert doctor.look_at_gpu_memory(backend).ok is ok


def write_kernel(folder: Path, program: str) -> None:
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True)
    spec = {"argv": [program, "-m", "ipykernel_launcher"], "display_name": "Python 3", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


@pytest.mark.parametrize(
    ("program", "ok"), [("python", True), (sys.executable, True), ("/usr/local/other/bin/python3", False)]
)
def test_kernel(tmp_path, monkeypatch, program, ok):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    write_kernel(tmp_path, program)
    finding = doctor.look_at_kernel()
    assert finding.ok is ok
    assert ok or str(tmp_path) in finding.cure


def test_no_kernel_at_all(monkeypatch):
    from jupyter_client.kernelspec import NoSuchKernel

    def none():
        raise NoSuchKernel("python3")

    monkeypatch.setattr(doctor, "_python3_kernel", none)
    assert doctor.look_at_kernel().found == "JupyterLab has no kernel python3"


def test_widgets_missing(monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: ["/no/such/folder"])
    finding = doctor.look_at_widgets()
    assert finding.found == "JupyterLab does not find @jupyter-widgets/jupyterlab-manager and anywidget"


def test_widgets_disabled(tmp_path, monkeypatch):
    page = tmp_path / "labconfig" / "page_config.json"
    page.parent.mkdir()
    page.write_text('{"disabledExtensions": {"anywidget": true, "other": true}}', encoding="utf-8")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    finding = doctor.look_at_widgets()
    assert finding.found == "JupyterLab has anywidget disabled"
    assert finding.cure.endswith("-m jupyter labextension enable anywidget`.")


def test_disk(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage(9e9, 8.8e9, 0.2e9))
    finding = doctor.look_at_disk(tmp_path)
    assert (finding.ok, finding.found) == (False, f"0.2 GB free in {tmp_path}; the lessons need 0.5")


def test_memory():
    assert doctor.look_at_memory(8e9) == Finding("memory", True, "8.0 GB free")
    assert doctor.look_at_memory(1e9).ok is False


def test_memory_in_a_container(tmp_path):
    assert doctor._container_leaves(tmp_path) == float("inf")
    for name, text in {"max": "2000", "current": "1500", "stat": "anon 900\ninactive_file 400"}.items():
        (tmp_path / f"memory.{name}").write_text(f"{text}\n", encoding="utf-8")
    assert doctor._container_leaves(tmp_path) == 900
    (tmp_path / "memory.max").write_text("max\n", encoding="utf-8")
    assert doctor._container_leaves(tmp_path) == float("inf")


def test_missing_browser_is_only_told(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", "/no/such/browser")
    finding = doctor.look_at_chromium()
    assert finding.ok is None
    assert "sudo apt-get install chromium" in finding.cure


def test_command(monkeypatch, capsys):
    import typer
    from typer.testing import CliRunner

    app = typer.Typer()
    app.command()(doctor.doctor)
    monkeypatch.setattr(doctor, "examine", lambda: [WELL])
    run = CliRunner().invoke(app, ["--json"])
    assert run.exit_code == 0
    assert json.loads(run.stdout)["ok"] is True
    monkeypatch.setattr(doctor, "examine", lambda: [ILL])
    assert CliRunner().invoke(app, []).exit_code == 1


# Keeping work, starting Keras


def test_work_that_can_be_kept(tmp_path):
    finding = doctor.look_at_work(tmp_path / "my-work")
    assert finding.ok and not list((tmp_path / "my-work").iterdir())


def test_work_that_cannot_be_kept(tmp_path):
    (tmp_path / "my-work").write_text("a file")
    finding = doctor.look_at_work(tmp_path / "my-work")
    assert finding.ok is False and "File exists" in finding.found and "Move" in finding.cure


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("raise SystemExit(0)", "and computes"),
        ("raise ImportError('no such library')", "ImportError: no such library"),
        ("raise SystemExit(3)", "it ends with code 3"),
        ("import os; os.kill(os.getpid(), 4)", "this processor does not know TensorFlow's instructions"),
    ],
)
def test_whether_keras_starts(program, found):
    finding = doctor.look_at_start([sys.executable, "-c", program])
    assert (finding.found, finding.ok) == (found, found == "and computes")
    assert bool(finding.cure) is not finding.ok


def test_a_start_that_never_ends(monkeypatch):
    monkeypatch.setattr(doctor, "START_SECONDS", 0.2)
    finding = doctor.look_at_start([sys.executable, "-c", "import time; time.sleep(30)"])
    assert finding.ok is False and "had not after" in finding.found


# The same in words, for lesson 00


def test_every_finding_that_can_be_ill_has_words(monkeypatch):
    monkeypatch.setattr(doctor, "look_at_start", lambda command: Finding("Keras starts", True, "and computes"))
    named = [finding.name for finding in doctor.examine()]
    assert set(check_up.WELL) == set(named) - {"GPU", "browser for the tests"}


def test_words_for_a_machine_that_is_well_and_for_one_that_is_not():
    well = [Finding(name, True, "somewhere in a folder") for name in check_up.WELL] + [Finding("GPU", None, "none")]
    said = check_up.words(well)
    assert said == [*(f"  ✓ {words}" for words in check_up.WELL.values()), "This machine is ready for every lesson."]
    ill = [Finding("disk", False, "0.1 GB free", "Free some."), Finding("Python", True, "3.12")]
    assert check_up.words(ill) == [
        "  ✗ disk: 0.1 GB free\n    → Free some.",
        f"  ✓ {check_up.WELL['Python']}",
        "1 of 2 need mending: do what the arrows say, then run this cell again.",
    ]
