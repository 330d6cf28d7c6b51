"""The checks themselves: they see a broken guard, a hidden error and a stuck picture, in the real JupyterLab."""

import pytest
from checks import check_control, check_keys, check_latency, measure
from driving import DARK

from course_utils import explore

NAMES = sorted(explore.__all__)
IMPORT = "from course_utils import explore"


@pytest.mark.parametrize("name", NAMES)
def test_an_exploration_alone(open_cells, name):
    notebook = open_cells(IMPORT, f"explore.{name}()", theme=DARK)
    shown = notebook.explorations()[0]
    for control in shown.controls():
        check_control(shown, control)
    check_keys(notebook, shown.root)
    check_latency(measure(shown), name)
    assert not notebook.hidden_errors()
