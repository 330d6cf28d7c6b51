"""nbval forgives a number behind ≈, and nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns

CONFIG = Path(__file__).with_name("sanitize.cfg")


def sanitized(text):
    for pattern, replacement in get_sanitize_patterns(CONFIG.read_text(encoding="ascii")):
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("✓ accuracy ≈ 0.957, at least 0.93", "✓ accuracy ≈ NUMBER, at least 0.93"),
        ("≈ 3 wrong where the SVM gets ≈ 17 of 382", "≈ NUMBER wrong where the SVM gets ≈ NUMBER of 382"),
        ("≈ −0.5, ≈ -2, ≈ +3.25.", "≈ NUMBER, ≈ NUMBER, ≈ NUMBER."),
        ("≈ 1.2e-05 and ≈ 3E+8", "≈ NUMBER and ≈ NUMBER"),
        ("≈ 12,345.6 steps, ≈ 1,797 digits", "≈ NUMBER steps, ≈ NUMBER digits"),
        ("≈ 3, 128 in all; ≈ 3,1", "≈ NUMBER, 128 in all; ≈ NUMBER,1"),
        ("≈ 96 % ≈96% ≈\u00a096", "≈ NUMBER % ≈NUMBER% ≈\u00a0NUMBER"),
        ("0.957 ~ 3 ≥ 4 ± 5", "0.957 ~ 3 ≥ 4 ± 5"),
        ("≈ nan and ≈\n3", "≈ nan and ≈\n3"),
    ],
)
def test_only_the_number_goes(text, expected):
    assert sanitized(text) == expected


def test_the_file_is_ascii():
    CONFIG.read_bytes().decode("ascii")  # nbval reads it in the encoding of the locale


def printing(now, stored):
    return new_code_cell(f"print({now!r})", outputs=[new_output("stream", name="stdout", text=stored + "\n")])


def as_html(now, stored):
    source = f"from IPython.display import HTML\ndisplay(HTML({now!r}))"
    data = {"text/html": stored, "text/plain": "<IPython.core.display.HTML object>"}
    return new_code_cell(source, outputs=[new_output("display_data", data=data)])


CELLS = [
    ("a changed number behind ≈", printing("✓ a ≈ 0.957, at least 0.9", "✓ a ≈ 0.961, at least 0.9"), "PASSED"),
    ("a changed number behind ≈ in HTML", as_html("<b>≈ 96 %</b>", "<b>≈ 95 %</b>"), "PASSED"),
    ("another changed number", printing("✓ a ≈ 0.957, at least 0.9", "✓ a ≈ 0.957, at least 0.8"), "FAILED"),
    ("another changed number in HTML", as_html("<b>96 %</b>", "<b>95 %</b>"), "FAILED"),
    ("a changed word", printing("✓ accuracy ≈ 0.957", "✓ precision ≈ 0.957"), "FAILED"),
    ("a closing semicolon", new_code_cell("1+1;"), "FAILED"),
    ("the same once more", printing("384 parameters", "384 parameters"), "PASSED"),
]


@pytest.mark.kernel
def test_nbval_agrees(tmp_path):
    cells = [cell for _, cell, _ in CELLS]
    for count, cell in enumerate(cells, 1):
        cell.execution_count = count
    nbformat.write(new_notebook(cells=cells), tmp_path / "small.ipynb")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    command += ["--nbval-sanitize-with", str(CONFIG), f"--rootdir={tmp_path}", "small.ipynb"]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False).stdout
    results = dict(re.findall(r"::Cell (\d+) (PASSED|FAILED)", report))
    seen = {what: results.get(str(number)) for number, (what, _, _) in enumerate(CELLS)}
    assert seen == {what: expected for what, _, expected in CELLS}, report


@pytest.mark.kernel
def test_a_stale_output_is_named_with_its_cure(tmp_path):
    """nbval shows what differs; what to do stands at the end of the report."""
    cell = printing("384 parameters", "383 parameters")
    cell.execution_count = 1
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "01_small.ipynb")
    shutil.copy(CONFIG.parents[1] / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    command += [f"--rootdir={tmp_path}", "01_small.ipynb"]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False).stdout
    assert "how to mend the lessons" in report and "`course run --refresh 01_small`, read `git diff`" in report, report
