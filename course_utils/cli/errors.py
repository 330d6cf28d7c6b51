"""What `course` cannot do, said in one sentence."""

__all__ = ["CourseError"]


class CourseError(Exception):
    """The request cannot be met. `course` prints the message, one sentence with its cure, and exits with code 2."""
