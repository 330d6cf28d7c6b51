"""The exercises of the lessons: `exercises.convolution.cross_correlate.check(my_function)`.

Importing this imports neither Keras nor SciPy; answers that use them import them themselves.
"""

from course_utils.exercises import cnn, convolution
from course_utils.exercises.engine import Exercise, Misconception, Verdict

__all__ = ["Exercise", "Misconception", "Verdict", "by_name", "cnn", "convolution"]

by_name: dict[str, Exercise] = {
    exercise.name: exercise
    for lesson in (convolution, cnn)
    for exercise in vars(lesson).values()
    if isinstance(exercise, Exercise)
}
