"""The doctor's findings in words, for the first lesson: the same words on every machine that is well."""

from collections.abc import Iterable

from course_utils.cli.doctor import Finding, examine

__all__ = ["check_up", "words"]

WELL = {
    "Python": "this Python is one that the course is made for",
    "packages": "every package has the version that the lessons were written with",
    "Keras backend": "the library that computes for Keras is there",
    "GPU memory growth": "a GPU, if there is one, gives memory as it is needed",
    "kernel": "notebooks run in the course's own environment",
    "widgets": "JupyterLab has what draws pads, sliders and buttons",
    "disk": "there is room on the disk",
    "memory": "there is memory for a network",
    "my-work": "your copies and drawings can be kept",
    "Keras starts": "Keras starts and computes",
}


def check_up() -> None:
    """Look at this machine, as `course doctor` does, and say in words what is well and what cures the rest.

    Takes about ten seconds, because Keras is started in a process of its own.
    """
    print("\n".join(words(examine())))


def words(findings: Iterable[Finding]) -> list[str]:
    """A line for each finding that is well or ill, and a last one that says whether you can go on.

    Indented, for a line that begins with ✓ is a claim.
    """
    judged = [finding for finding in findings if finding.ok is not None and finding.name in WELL]
    lines = [
        f"  ✓ {WELL[each.name]}" if each.ok else f"  ✗ {each.name}: {each.found}\n    → {each.cure}" for each in judged
    ]
    ill = sum(not finding.ok for finding in judged)
    if not ill:
        return [*lines, "This machine is ready for every lesson."]
    return [*lines, f"{ill} of {len(lines)} need mending: do what the arrows say, then run this cell again."]
