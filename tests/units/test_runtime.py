"""`runtime`: seeds, expected errors, and a start of Keras without a word of log."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from course_utils import expect_error, seed, setup
from course_utils.runtime import repository


def test_setup_seeds_python_and_numpy(monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "3")
    setup()
    first = random.random(), np.random.random()
    setup()
    assert first == (random.random(), np.random.random())
    assert seed() == 3


@pytest.mark.parametrize("text", ["-1", "1.5", "two", "", str(2**32)])
def test_a_seed_that_is_none(monkeypatch, text):
    monkeypatch.setenv("COURSE_SEED", text)
    with pytest.raises(ValueError, match="COURSE_SEED"):
        seed()


def failing(message: str, part: str, say: str = "") -> None:
    with expect_error(ValueError, part, say=say):
        raise ValueError(message)


def test_expect_error_shows_the_symptom_and_says_the_cause(capsys):
    with expect_error(ValueError, "cannot RESHAPE array of size 6 into shape (100,3)", say="Six is too few."):
        np.zeros(6).reshape(-1, 100, 3)
    shown = "✗ ValueError, as expected: “cannot reshape array of size 6 into shape (100,3)”\n"
    assert capsys.readouterr().out == shown + "  Six is too few.\n"
    failing("A word.", "a word")
    assert capsys.readouterr().out == "✗ ValueError, as expected: “A word”\n", "the symptom alone"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("one\n\n\x1b[1mThe size is zero. Received: 7.\x1b[0m\n\nthe size", "The size is zero …"),
        ("Here the size is zero", "… the size is zero"),
        ("Here the size is zero, 0.5 to be exact", "… the size is zero …"),
        ("the \x1b[1msize is zero\x1b[0m.", "the size is zero"),
    ],
)
def test_expect_error_shows_of_the_message_what_is_stable(capsys, message, shown):
    """Red when a line before or behind, bold type or what differs between versions is printed with it."""
    failing(message, "the size is zero")
    assert capsys.readouterr().out == f"✗ ValueError, as expected: “{shown}”\n"


def test_expect_error_takes_its_part_for_no_pattern():
    with pytest.raises(ValueError, match="size 6"):
        failing("size 6", "size .")


@pytest.mark.parametrize("part", ["", "  "])
def test_expect_error_wants_telling_words(part):
    with pytest.raises(ValueError, match="telling words"):
        failing("anything", part)


def test_expect_error_wants_the_error():
    with pytest.raises(AssertionError, match="did not"), expect_error(ValueError, "literal"):
        int("3")
    with pytest.raises(ValueError, match="literal"), expect_error(ValueError, "something else"):
        int("x")
    with pytest.raises(TypeError), expect_error(ValueError, "literal"):
        int(None)


def test_repository_is_the_checkout():
    assert (repository() / "pyproject.toml").is_file()


@pytest.mark.keras
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_keras_starts_quietly(backend):
    code = "from course_utils import setup; setup(keras=True); import keras; print(keras.backend.backend())"
    environment = os.environ | {"KERAS_BACKEND": backend}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{backend}\n", "")
