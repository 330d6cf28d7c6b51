"""The one form in which lessons are committed, so that a change shows what was changed and nothing else."""

import re

import nbformat
from nbformat import NotebookNode

__all__ = ["form", "text"]

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("exercise", "tags")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")


def text(notebook: NotebookNode) -> str:
    """What the file of a lesson holds: `form(notebook)` as JSON with sorted keys and one newline at its end."""
    return nbformat.v4.writes(form(notebook)) + "\n"


def form(notebook: NotebookNode) -> NotebookNode:
    """A copy of `notebook` in the form in which lessons are committed; `notebook` itself stays as it is.

    Cells keep their ids, sources, tags and exercise; all other metadata is replaced or dropped, widget state and
    widget views too (a view's picture and text stay). Code cells count from 1, consecutive stream outputs are one.
    """
    result = nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": METADATA, "cells": []})
    count = 0
    for cell in notebook.cells:
        count += cell.cell_type == "code"
        result.cells.append(_formed(cell, count))
    return result


def _formed(cell: NotebookNode, count: int) -> NotebookNode:
    kept = {key: cell[key] for key in ("id", "cell_type", "source", "attachments") if key in cell}
    kept["metadata"] = {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
    if cell.cell_type == "code":
        kept["execution_count"] = count
        kept["outputs"] = _joined([_output(output, count) for output in cell.outputs if _shows(output)])
    return nbformat.from_dict(kept)


def _shows(output: NotebookNode) -> bool:
    return "data" not in output or bool(output.data.keys() - {WIDGET_VIEW})


def _output(output: NotebookNode, count: int) -> dict:
    kept = dict(output)
    if "data" in kept:
        kept["data"] = {kind: content for kind, content in output.data.items() if kind != WIDGET_VIEW}
    if "execution_count" in kept:
        kept["execution_count"] = count
    return kept


def _joined(outputs: list[dict]) -> list[dict]:
    """Consecutive texts to one stream as one text, without what carriage returns have overwritten."""
    joined: list[dict] = []
    for output in outputs:
        if joined and "name" in output and joined[-1].get("name") == output["name"]:
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    for output in joined:
        if "text" in output:
            output["text"] = OVERWRITTEN.sub("", output["text"])
    return joined
