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


def test_expect_error(capsys):
    with expect_error(ValueError, "INVALID literal", say="Letters are no number."):
        int("x")
    assert capsys.readouterr().out == "✗ ValueError, as expected. Letters are no number.\n"


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
