"""README.md and the instructor's guide say what the lessons, the exercises and the set-up say; a draft may wait."""

import re

import pytest
from reading import LESSONS
from rules import SECTION_MARK

from course_utils.cli.lessons import exercise_cells, read
from course_utils.exercises import by_name
from course_utils.runtime import repository

README = (repository() / "README.md").read_text(encoding="utf-8")
GUIDE = (repository() / "docs/teaching.md").read_text(encoding="utf-8")
TITLE = re.compile(r"# \d\d · (?P<title>.+?)(?P<draft> · draft)?\n")
SHEET = (repository() / "docs/concept_test.md").read_text(encoding="utf-8")
PATHS = {path.stem[:2]: path for path in LESSONS if not TITLE.match(read(path).cells[0].source)["draft"]}
CONTENT = {number: read(path) for number, path in PATHS.items()}
FIRST_LINE = re.compile(r"(\d+) minutes for the core, (\d+) with the extras?.* · builds on ([^·\n]+)")
NAMED = re.compile(r"`(\w+\.\w+)`: ([^;`()|\n]+)")
EXTRA = re.compile(r"(?m)^### Extra: (.+) \((\d+) min\)$")
MEETING = 90


def part(heading):
    """The text below a `##` heading of the guide."""
    return GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def stated(number):
    """A lesson's own words: minutes of core and of all, and what it builds on, as the guide writes it."""
    core, everything, ground = FIRST_LINE.search(CONTENT[number].cells[0].source).groups()
    ground = ground.partition(";")[0].strip()
    return int(core), int(everything), ", ".join(re.findall(r"\b\d\d\b", ground)) or ground


def marked(number):
    """Heading, kind and minutes of each section of a lesson that bears a mark."""
    prose = [cell.source for cell in CONTENT[number].cells if cell.cell_type == "markdown"]
    for source in prose:
        for heading, mark in re.findall(r"(?m)^## (.*)\n*(.*)", source):
            match = SECTION_MARK.fullmatch(mark.strip())
            yield heading, match[1], int(match[2])
        for heading, minutes in EXTRA.findall(source):
            yield heading, "extra", int(minutes)


def mend(number):
    return f"docs/teaching.md and lesson {number} differ: mend the guide."


@pytest.mark.parametrize("number", CONTENT)
def test_the_table_says_what_the_lesson_says(number):
    core, everything, ground = stated(number)
    names = [name for _, name in exercise_cells(CONTENT[number])]
    mistakes = sum(len(by_name[name].wrong) for name in names)
    (row,) = re.findall(rf"(?m)^\| \[{number} .*$", GUIDE) or [f"no row for lesson {number}"]
    due = f" | {ground} | {core} | {everything} | {len(names)} | {mistakes} | "
    assert due in row, f"{mend(number)}\nthe lesson says: {due}\nthe guide says: {row}"
    assert re.search(r"\| [1-9]\d+ \|$", row), f"Measure the kernel of lesson {number}: `course run {number}`."


@pytest.mark.parametrize("number", CONTENT)
def test_the_readme_lists_the_lesson(number):
    core, everything, _ = stated(number)
    title = TITLE.match(CONTENT[number].cells[0].source)["title"]
    begin, end = f"| [{number} {title}](notebooks/{PATHS[number].name}) | ", f" | {core}, {everything} |"
    rows = [line for line in README.splitlines() if line.startswith(begin) and line.endswith(end)]
    assert len(rows) == 1, f"README.md and lesson {number} differ; write there:\n{begin}you can then …{end}"


@pytest.mark.parametrize("number", CONTENT)
def test_the_marks_fit_into_what_the_first_cell_says(number):
    core, everything, _ = stated(number)
    minutes = [(kind, count) for _, kind, count in marked(number)]
    assert sum(count for kind, count in minutes if kind == "core") <= core, f"Lesson {number}: mend its first cell."
    assert sum(count for _, count in minutes) <= everything, f"Lesson {number}: mend its first cell."


@pytest.mark.parametrize("number", CONTENT)
def test_what_is_left_out_is_what_is_extra(number):
    extras = ", ".join(f"{heading} ({minutes})" for heading, kind, minutes in marked(number) if kind == "extra")
    assert f"\n- {number}: {extras}\n" in part("A meeting of 50 minutes"), f"{mend(number)}\n- {number}: {extras}"


@pytest.mark.parametrize("number", CONTENT)
def test_what_is_left_for_exercises(number):
    left = MEETING - stated(number)[1]
    words = rf"\b{left} in (lesson )?{number}\b"
    assert re.search(words, part("A meeting of 90 minutes")), f"{mend(number)}\n{left} in {number}"


def test_the_map_is_what_lessons_build_on():
    drawn = set(re.findall(r"(\d\d) --> (\d\d)", GUIDE))
    lines = {number: FIRST_LINE.search(notebook.cells[0].source)[3] for number, notebook in CONTENT.items()}
    due = {(ground, number) for number, line in lines.items() for ground in re.findall(r"\b\d\d\b", line)}
    assert drawn == due, f"docs/teaching.md, prerequisite map: too many {drawn - due}, too few {due - drawn}."


def misnamed(text):
    """A sentence for each mistake in `text` that its exercise does not know."""
    for name, listed in NAMED.findall(text):
        known = {mistake.id.replace("_", " ") for mistake in by_name[name].wrong} if name in by_name else set()
        for mistake in listed.strip().split(", "):
            if mistake not in known:
                yield f"{name} knows no mistake {mistake!r}: look at `course solutions NN --mistakes`."


def test_every_mistake_in_the_guide_is_known():
    assert len(NAMED.findall(GUIDE)) > 30
    complaints = list(misnamed(GUIDE))
    assert not complaints, "\n".join(complaints)


def test_an_unknown_mistake_is_noticed():
    (complaint,) = misnamed("`convolution.stride`: ignores the stride, forgets itself")
    assert complaint.startswith("convolution.stride knows no mistake 'forgets itself'")


@pytest.mark.parametrize("number", CONTENT)
def test_mistakes_to_expect_are_those_of_the_lesson(number):
    (line,) = re.findall(rf"(?m)^- {number}: .*$", part("Mistakes to expect")) or [f"no line for lesson {number}"]
    named = {name for name, _ in NAMED.findall(line)}
    assert named and named <= {name for _, name in exercise_cells(CONTENT[number])}, f"{mend(number)}\n{line}"


@pytest.mark.parametrize("number", CONTENT)
def test_three_questions_to_discuss(number):
    asked = part("To discuss").partition(f"**{number}**\n")[2].partition("\n**")[0]
    lines = [line for line in asked.splitlines() if line.startswith("- ")]
    assert len(lines) == 3, f"docs/teaching.md asks {len(lines)} questions about lesson {number}: ask three."


def test_the_sheet_has_ten_questions_and_the_guide_their_key():
    asked = re.split(r"(?m)^\*\*\d+\.\*\* ", SHEET)[1:]
    assert [re.findall(r"(?m)^- \((\w)\) \S", question) for question in asked] == [["a", "b", "c"]] * 10
    key = re.findall(r"(?m)^\| (\d+) \| ([abc]) \| (\d\d), (.+?) \| (.+) \|$", GUIDE)
    assert [int(number) for number, *_ in key] == list(range(1, 11))
    assert {answer for _, answer, *_ in key} == {"a", "b", "c"}
    for number, answer, lesson, heading, others in key:
        headings = [each for each, *_ in marked(lesson)]
        assert heading in headings, f"Question {number}: lesson {lesson} has no section {heading!r}, but {headings}."
        assert set(re.findall(r"\((\w)\) ", others)) == set("abc") - {answer}, f"Question {number}: its wrong options."


def test_addresses_are_placeholders():
    """The repository does not know where its copies lie."""
    for address in re.findall(r"https?://\S+", GUIDE):
        assert "YOUR-ACCOUNT/YOUR-COPY" in address, f"{address}: write YOUR-ACCOUNT/YOUR-COPY, and say so."


@pytest.mark.parametrize(
    "name", ["binder", ".binder", "Dockerfile", "Project.toml", "default.nix", "runtime.txt", "start"]
)
def test_nothing_takes_the_place_of_environment_yml(name):
    assert not (repository() / name).exists(), (
        f"repo2docker would read {name} first, and docs/teaching.md says otherwise."
    )
