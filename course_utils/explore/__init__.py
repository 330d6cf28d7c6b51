"""Things to move and watch. Each function returns a widget; put it last in a cell."""

from course_utils.explore.kernel_bench import kernel_bench
from course_utils.explore.one_pixel_shove import one_pixel_shove
from course_utils.explore.shape_forge import shape_forge
from course_utils.explore.training_time_machine import training_time_machine

__all__ = ["kernel_bench", "one_pixel_shove", "shape_forge", "training_time_machine"]
