"""The exercises of the lessons: `exercises.convolution.cross_correlate.check(my_function)`.

Importing this imports neither Keras, SciPy nor scikit-learn; answers that use them import them themselves.
"""

from course_utils.exercises import cnn, convolution, ensemble, gan, honest, rnn, start, writer
from course_utils.exercises.engine import Exercise, Misconception, Verdict

__all__ = [
    "Exercise",
    "Misconception",
    "Verdict",
    "by_name",
    "cnn",
    "convolution",
    "ensemble",
    "gan",
    "honest",
    "rnn",
    "start",
    "writer",
]

by_name: dict[str, Exercise] = {
    exercise.name: exercise
    for lesson in (start, convolution, cnn, honest, rnn, ensemble, gan, writer)
    for exercise in vars(lesson).values()
    if isinstance(exercise, Exercise)
}
