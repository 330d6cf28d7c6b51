"""Keeps JupyterLab's command-mode keys away from the controls in an output.

In JupyterLab a key pressed in a focused control also runs the notebook's shortcut: `b` on a button inserts
a cell, `m` on a slider turns its cell into Markdown, Shift+Enter runs the next one. JupyterLab leaves a key
alone when the element that has the focus carries `data-lm-suppress-shortcuts`, which native ipywidgets cannot
set. Tab still moves on; Escape gives the focus, and with it the shortcuts, back to the notebook.
"""

from pathlib import Path

import anywidget
from ipywidgets import Box

__all__ = ["KeyboardGuard", "guard"]


class KeyboardGuard(anywidget.AnyWidget):
    """An invisible child that guards every element inside the box it stands in, whenever that gets the focus."""

    _esm = Path(__file__).with_name("keyboard.js")


def guard(box: Box) -> None:
    """Keep the notebook's shortcuts away from everything in `box`, also from what is added later."""
    box.add_class("course-guarded")
    box.children = (*box.children, KeyboardGuard())
