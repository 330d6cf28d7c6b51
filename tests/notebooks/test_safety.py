"""Nothing here loads pickles, evaluates text or switches a guard off, and nothing committed tells of a machine."""

import ast
import base64
import hashlib
import io
import re
from functools import cache
from itertools import chain

import numpy as np
import pytest
import rules
from PIL import Image
from reading import LESSONS, PICTURES, code_cells, demand_none, outputs

from course_utils.cli.lessons import read
from course_utils.recognition import store
from course_utils.runtime import repository

ROOT = repository()
NOT_OURS = {"my-work", "build", "dist", "__pycache__", "node_modules"}
PICKLERS = {"_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve"}
WHOLE_MODELS = {".bin", ".ckpt", ".dill", ".h5", ".joblib", ".keras", ".onnx", ".pickle", ".pkl", ".pt", ".pth"}
FORBIDDEN_CALLS = {
    r"(.*\.)?enable_unsafe_deserialization": "switches Keras's guard off",
    r"(.*\.)?(load_model|model_from_json|model_from_config)": "builds what a file says; load weights into own code",
    r"(.*\.)?(read|to)_pickle": "handles a pickle",
    r"(np|numpy)\.savez(_compressed)?": "pickles objects unasked; use course_utils.files.as_npz",
    r"torch\.(load|save)": "handles a pickle; store arrays in .npz",
    r"yaml\.(load|load_all|full_load|full_load_all|unsafe_load|unsafe_load_all)": "use yaml.safe_load",
    r"os\.(system|popen)": "hands text to a shell; use subprocess with a list",
}
GUARDS = {"allow_pickle": False, "safe_mode": True, "weights_only": True, "shell": False}
TEXT_FROM_US = "runs text that this repository itself has just written"
EVALUATES = {
    "course_utils/grading/child.py": "runs a submission, in a process of its own with limits: docs/grading.md",
    "tests/units/test_drawing_pad.py": TEXT_FROM_US,
    "tests/units/test_exercises.py": TEXT_FROM_US,
    "tests/units/test_explore.py": TEXT_FROM_US,
    "tests/units/test_explore_ensemble.py": TEXT_FROM_US,
    "tests/units/test_grading_reading.py": TEXT_FROM_US,
    "tests/units/test_occlusion.py": TEXT_FROM_US,
    "tests/units/test_second_opinion.py": TEXT_FROM_US,
}
"""Files that may say eval or exec, and why. No other file runs what a student wrote."""
REBUILDS = {"course_utils/grading/child.py": "keras.models.model_from_json"}
"""The grader's rebuilding of a model, in a limited process that ran no answer, of Keras's own layers alone."""


def ours(*suffixes):
    """The repository's own files with one of these endings, hidden folders left out."""
    found = (path for suffix in suffixes for path in ROOT.rglob(f"*{suffix}"))
    return sorted(path for path in found if not _is_foreign(path.relative_to(ROOT).parts))


def _is_foreign(parts):
    return any(part.startswith(".") or part in NOT_OURS or part.endswith(".egg-info") for part in parts)


@cache
def python():
    """Every piece of Python by its name: modules whole, lessons cell after cell."""
    pieces = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ours(".py")}
    for path in LESSONS:
        pieces[path.name] = "\n".join(cell.source for _, cell in code_cells(read(path)))
    return pieces


# --- what code may not do -------------------------------------------------------------------------------------------


def dangers(source):
    """What is dangerous in Python code, as sentences with the line; eval and exec are `evaluations`."""
    for node in ast.walk(ast.parse(source)):
        for said in chain(_imports(node), _calls(node)):
            yield f"line {node.lineno}: {said}"


def _imports(node):
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(alias.name for alias in node.names)]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("__import__", "import_module")):
        names = [given.value for given in node.args if isinstance(given, ast.Constant)]
    return (f"imports {name}, which runs what a file says" for name in names if str(name).split(".")[0] in PICKLERS)


def _calls(node):
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func)
    for pattern, why in FORBIDDEN_CALLS.items():
        if re.fullmatch(pattern, name):
            yield f"{name} {why}"
    for keyword in node.keywords:
        if keyword.arg in GUARDS and ast.unparse(keyword.value) != str(GUARDS[keyword.arg]):
            yield f"{name} with {keyword.arg}={ast.unparse(keyword.value)}; only {GUARDS[keyword.arg]} will do"
    if re.fullmatch(r"(np|numpy)\.load", name) and len(node.args) > 2:
        yield f"{name} with allow_pickle by position; write allow_pickle=False"


def evaluations(source):
    """Lines that name eval or exec, called or handed on."""
    for node in ast.walk(ast.parse(source)):
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in {"eval", "exec", "builtins.eval", "builtins.exec"} or re.search(r"\b(pd|pandas)\.eval\b", name):
            yield node.lineno


def test_there_is_code_to_look_at():
    assert len(python()) > 100 and {"course_utils/runtime.py", "tools/env.py", "02_digits_cnn.ipynb"} <= set(python())


@pytest.mark.parametrize("name", python())
def test_code_is_harmless(name):
    allowed = REBUILDS.get(name, "nothing at all")
    demand_none([f"{name}, {danger}" for danger in dangers(python()[name]) if f": {allowed} " not in danger])


def test_only_the_named_files_evaluate_text():
    found = {name for name, source in python().items() if any(evaluations(source))}
    assert found == set(EVALUATES)


def test_scripts_in_the_browser_evaluate_no_text():
    scripts = ours(".js")
    assert len(scripts) >= 3
    for path in scripts:
        found = re.search(r"\beval\s*\(|\bnew\s+Function\b|\bset(Timeout|Interval)\(\s*[\"'`]", path.read_text("utf-8"))
        assert not found, f"{path.name} evaluates text: {found[0]}"


DANGEROUS = {
    "import pickle": "imports pickle",
    "from joblib import load": "imports joblib",
    "import importlib\nimportlib.import_module('dill')": "line 2: imports dill",
    "np.load(path, allow_pickle=True)": "allow_pickle=True; only False",
    "np.load(path, None, True)": "allow_pickle by position",
    "np.load(path, allow_pickle=trusted)": "allow_pickle=trusted",
    "pd.read_pickle(path)": "handles a pickle",
    "torch.load(path)": "handles a pickle",
    "keras.models.load_model(path)": "load weights",
    "keras.saving.deserialize_keras_object(config, safe_mode=False)": "safe_mode=False; only True",
    "keras.config.enable_unsafe_deserialization()": "switches Keras's guard off",
    "yaml.load(text)": "yaml.safe_load",
    "os.system(command)": "hands text to a shell",
    "subprocess.run(command, shell=True)": "shell=True; only False",
}


@pytest.mark.parametrize(("source", "said"), DANGEROUS.items(), ids=DANGEROUS)
def test_danger_is_seen(source, said):
    assert any(said in danger for danger in dangers(source))


@pytest.mark.parametrize("source", ["np.load(path)", "np.load(path, allow_pickle=False)", "yaml.safe_load(text)"])
def test_harmless_code_is_let_through(source):
    assert not list(dangers(source))


@pytest.mark.parametrize("source", ["eval(text)", "list(map(eval, texts))", "builtins.exec(text)", "pd.eval(text)"])
def test_evaluation_is_seen(source):
    assert list(evaluations(source)) == [1]
    assert not list(evaluations("model.eval()\ntree.execute()"))


# --- what is stored -------------------------------------------------------------------------------------------------


def test_no_pickle_and_no_whole_model_is_stored():
    assert not ours(*WHOLE_MODELS)


STORED = sorted((ROOT / "data").rglob("*.npz"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_arrays_are_plain_and_as_they_were_written(path):
    assert hashlib.sha256(path.read_bytes()).hexdigest() == store.checksums()[path.name]
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    words = [str(word) for array in arrays.values() if array.dtype.kind == "U" for word in array.ravel()]
    assert all(array.dtype.kind in "biufU" for array in arrays.values())
    assert words and not [found for word in words for found in rules.leaks(word)]


def test_every_stored_file_has_a_checksum():
    assert {path.name for path in STORED} == set(store.checksums())


# --- what pictures tell ---------------------------------------------------------------------------------------------

HARMLESS = {"dpi", "jfif", "jfif_density", "jfif_unit", "jfif_version", "progression", "progressive", "transparency"}


def told(picture):
    """What a picture file says beside its pixels: texts, camera data, names of programs."""
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        return set(image.info) - HARMLESS


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_pictures_in_outputs_are_pixels_alone(path):
    pictures = [
        output.data[kind] for _, output in outputs(read(path)) for kind in PICTURES if kind in output.get("data", {})
    ]
    assert pictures
    assert not set().union(*(told(base64.b64decode(picture)) for picture in pictures))


def test_pictures_of_the_readme_are_pixels_alone():
    paths = ours(".png", ".jpg")
    assert len(paths) >= 6
    assert not {path.name: found for path in paths if (found := told(path.read_bytes()))}


def test_a_picture_that_tells_is_seen():
    from PIL.PngImagePlugin import PngInfo

    notes, file = PngInfo(), io.BytesIO()
    notes.add_text("Source", "/home/ada/pictures/cat.png")
    Image.new("L", (2, 2)).save(file, format="PNG", pnginfo=notes)
    assert told(file.getvalue()) == {"Source"}
