"""Things to move and watch. Each function returns a widget; put it last in a cell."""

from course_utils.explore.kernel_bench import kernel_bench
from course_utils.explore.shape_forge import shape_forge

__all__ = ["kernel_bench", "shape_forge"]
