"""What a teacher gets of a class's verdicts: a table, and a page that says what to teach next."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from course_utils.exercises import by_name
from course_utils.grading.judge import on_one_line
from course_utils.grading.submission import Lesson

__all__ = ["csv_text", "quoted", "said", "summary"]

_LEADS = ("=", "+", "-", "−", "@", "\t", "\r", "\n", "'")  # to a spreadsheet a formula, or its own mark


def csv_text(verdicts: dict[str, dict]) -> str:
    """One line for each submission, for spreadsheets and learning platforms; no cell of it can be a formula."""
    exercises = [entry["name"] for entry in next(iter(verdicts.values()))["exercises"]] if verdicts else []
    kinds = ("points", "status", "misconception")
    columns = ["submission", "folder", "points", "of", "problem"]
    rows = [columns + [f"{name} {kind}" for name in exercises for kind in kinds]]
    for name, verdict in verdicts.items():
        read = verdict["problem"] is None  # else empty cells: not to be taken for an untouched notebook
        entries = [entry[kind] if read else None for entry in verdict["exercises"] for kind in kinds]
        folder = name.rpartition("/")[0].partition("/")[0]  # a learning platform's, often with the student's name
        about = [verdict["points"], verdict["of"], verdict["problem"]]
        rows.append([on_one_line(name), on_one_line(folder), *about, *entries])
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL)  # no ; ends a cell where that separates
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return "\ufeff" + file.getvalue()  # the mark tells spreadsheets that this is UTF-8


def _harmless(value: object) -> object:
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = re.sub(r"\s*[\t\n\v\f\r]\s*", " ", value)
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])  # a wide ＝ counts as =
    return f"'{text}" if value.startswith(_LEADS) or first.startswith(_LEADS) else text


def quoted(name: str) -> str:
    """The name of a file as code in Markdown, which it cannot end."""
    plain = on_one_line(name).replace("`", r"\x60")
    return f"`{plain}`"


def said(verdicts: dict[str, dict], without: list[str], left_over: int) -> str:
    """How it went, in a line. `without`: names that held no notebook; `left_over`: old verdicts."""
    troubled = sum(verdict["problem"] is not None for verdict in verdicts.values())
    parts = [f"{len(verdicts) - troubled} graded", f"{troubled} could not be graded" * bool(troubled)]
    parts.append(f"{len(without)} without a notebook" * bool(without))
    parts.append(f"{left_over} verdict{'s' * (left_over != 1)} on submissions that are gone" * bool(left_over))
    return ", ".join(filter(None, parts))


def summary(lesson: Lesson, verdicts: dict[str, dict], without: list[str] = ()) -> str:
    """What the class can and cannot do yet, in Markdown: the most frequent misconception of an exercise first.

    `without`: names in the folder of submissions that held no notebook.
    """
    number = len(verdicts)
    graded = [verdict for verdict in verdicts.values() if verdict["problem"] is None]
    points = Counter(verdict["points"] for verdict in graded)
    lines = [f"# {lesson.name}: {number} submission{'s' * (number != 1)}", ""]
    lines += [f"- {points[k]} of {number} with {k} of {len(lesson.exercises)} points" for k in sorted(points)[::-1]]
    lines += [f"- {number - len(graded)} of {number} could not be graded (below)"] * (number > len(graded))
    for position, name in enumerate(lesson.exercises):
        lines += _about(name, [verdict["exercises"][position] for verdict in graded], number)
    lines += _problems(verdicts)
    lines += _listed("Without a notebook", map(quoted, without))
    lines += _listed("Handed in more than once, byte for byte", _copies(verdicts))
    return "\n".join(lines) + "\n"


def _about(name: str, entries: list[dict], number: int) -> Iterator[str]:
    status = Counter(entry["status"] for entry in entries)
    yield from ("", f"## {name}", "")
    told = [f"{status[kind]} {kind}" for kind in ("correct", "incorrect", "not attempted", "error") if status[kind]]
    told += [f"{number - len(entries)} could not be graded"] * (len(entries) < number)
    yield f"Of {number}: {', '.join(told)}."
    misconceptions = Counter(entry["misconception"] for entry in entries if entry["misconception"])
    sentences = {wrong.id: wrong.sentence for wrong in by_name[name].wrong}
    yield from [""] * bool(misconceptions)
    for ids, count in sorted(misconceptions.items(), key=lambda pair: (-pair[1], pair[0])):
        sentence = " Or: ".join(sentences.get(one, one) for one in ids.split(" or "))
        yield f"- **{count} of {number}: {ids.replace('_', ' ')}.** {sentence}"
    unknown = sum(entry["status"] == "incorrect" and not entry["misconception"] for entry in entries)
    if unknown:
        yield f"- {unknown} of {number}: wrong in a way that is not known; the verdicts show the first difference."


def _problems(verdicts: dict[str, dict]) -> Iterator[str]:
    troubled = {name: verdict["problem"] for name, verdict in verdicts.items() if verdict["problem"]}
    if troubled:
        yield from ("", "## Could not be graded", "")
    for name, problem in troubled.items():
        yield f"- {quoted(name)}: {problem}"


def _listed(heading: str, lines: Iterable[str]) -> list[str]:
    listed = [f"- {line}" for line in lines]
    return ["", f"## {heading}", "", *listed] if listed else []


def _copies(verdicts: dict[str, dict]) -> list[str]:
    """Names of submissions with the same content, in a line, where something was attempted in it."""
    same: dict[str, list[str]] = {}
    for name, verdict in verdicts.items():
        if any(entry["status"] != "not attempted" for entry in verdict["exercises"]):
            same.setdefault(verdict["submission"]["sha256"], []).append(name)
    return [", ".join(map(quoted, names)) for names in same.values() if len(names) > 1]
