"""Things to move and watch. Each function returns a widget; put it last in a cell."""

from course_utils.explore.checkerboards import checkerboards
from course_utils.explore.drawing_pad import drawing_pad
from course_utils.explore.ensemble_mixer import ensemble_mixer
from course_utils.explore.gan_step_lab import gan_step_lab
from course_utils.explore.half_a_digit import half_a_digit
from course_utils.explore.honest_score_lab import honest_score_lab
from course_utils.explore.kernel_bench import kernel_bench
from course_utils.explore.latent_walk import latent_walk
from course_utils.explore.one_pixel_shove import one_pixel_shove
from course_utils.explore.row_reader import row_reader
from course_utils.explore.second_opinion import second_opinion
from course_utils.explore.shape_forge import shape_forge
from course_utils.explore.spot_the_fake import spot_the_fake
from course_utils.explore.training_time_machine import training_time_machine

__all__ = [
    "checkerboards",
    "drawing_pad",
    "ensemble_mixer",
    "gan_step_lab",
    "half_a_digit",
    "honest_score_lab",
    "kernel_bench",
    "latent_walk",
    "one_pixel_shove",
    "row_reader",
    "second_opinion",
    "shape_forge",
    "spot_the_fake",
    "training_time_machine",
]
