"""Notebooks as students hand them in, for the tests of grading."""

import json
import time

from course_utils.exercises import by_name
from course_utils.grading.judge import grade
from course_utils.runtime import repository


def lesson_notebook(number):
    (path,) = (repository() / "notebooks").glob(f"{number}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def marked_cells(notebook):
    return {cell["metadata"]["exercise"]: cell for cell in notebook["cells"] if "exercise" in cell["metadata"]}


def handed_in(number, answers):
    """The lesson with `answers` in its stub cells and no outputs, as bytes."""
    notebook = lesson_notebook(number)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    for name, cell in marked_cells(notebook).items():
        cell["source"] = answers.get(name, cell["source"])
    return json.dumps(notebook).encode()


def right_answers(number):
    return {name: str(by_name[name].solution()) for name in marked_cells(lesson_notebook(number))}


def code(source, **metadata):
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}


def notebook_of(*cells):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}).encode()


def timed(content, template, name="someone.ipynb"):
    started = time.monotonic()
    verdict = grade(name, content, template)
    return verdict, time.monotonic() - started


def entries(verdict):
    return {entry["name"]: entry for entry in verdict["exercises"]}
