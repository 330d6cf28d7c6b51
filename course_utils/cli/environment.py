"""The settings of a run, looked at before anything starts."""

from course_utils import runtime
from course_utils.cli.doctor import backend, look_at_backend
from course_utils.cli.errors import CourseError

__all__ = ["check_settings"]


def check_settings() -> None:
    """Refuse a `COURSE_SEED` or `KERAS_BACKEND` with which no lesson and no training could work.

    Errors: `CourseError`.
    """
    try:
        runtime.seed()
    except ValueError as error:
        raise CourseError(str(error)) from error
    finding = look_at_backend(backend())
    if finding.ok is False:
        raise CourseError(f"{finding.found}. {finding.cure}")
