"""README.md and the instructor's guide say what the lessons, the exercises and the set-up say; a draft may wait."""

import re
from typing import NamedTuple

import pytest
from reading import LESSONS, demand_none
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
FIRST_LINE = re.compile(r"(\d+) minutes for the core(?:, (\d+) with the extras?)?.* · builds on ([^·\n]+)")
NAMED = re.compile(r"`(\w+\.\w+)`: ([^;`()|\n]+)")
HEADING = re.compile(r"(?m)^(##|###) (.+)\n*(.*)")
EXTRA = re.compile(r"Extra: (.+) \((\d+) min\)")
SHORT, LONG, ROUND, OPENING = 50, 90, 5, 3
"""Minutes: of the two meetings, what sums are rounded up to, and for the mistake that a short meeting begins with."""


class Section(NamedTuple):
    """A section of a lesson, or a subsection called Extra, and the exercises in it."""

    heading: str
    kind: str
    minutes: int
    exercises: list[str]

    def __str__(self):
        names = " and ".join(f"`{name}`" for name in self.exercises)
        return f"{self.heading} ({self.minutes}{names and f', with {names}'})"


def part(heading):
    """The text below a `##` heading of the guide."""
    return GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def demand(kept, sentence):
    demand_none([] if kept else [sentence])


def write(heading, what, lines):
    """What a failing test says: the place in the guide, and what to write there."""
    return f"docs/teaching.md, section “{heading}”: {what}. Write there:\n{lines}"


def stated(number):
    """A lesson's own words: minutes of core and of all, and what it builds on, as the guide writes it."""
    found = FIRST_LINE.search(CONTENT[number].cells[0].source)
    demand(found, f"Lesson {number}: its first cell must end as in `course new`: minutes, and what it builds on.")
    core, everything, ground = found.groups()
    ground = ground.partition(";")[0].strip()
    return int(core), int(everything or core), ", ".join(re.findall(r"\b\d\d\b", ground)) or ground


def exercises(number):
    return [name for _, name in exercise_cells(CONTENT[number])]


def marked(notebook):
    """The sections that bear a mark, in their order; an Extra ends at the next heading."""
    sections = []
    here = around = Section("", "core", 0, [])  # what stands above the first heading
    for cell in notebook.cells:
        if "exercise" in cell.metadata:
            here.exercises.append(cell.metadata.exercise)
        for level, heading, mark in HEADING.findall(cell.source if cell.cell_type == "markdown" else ""):
            if level == "##":
                kind, minutes = SECTION_MARK.fullmatch(mark.strip()).groups()
                here = around = Section(heading, kind, int(minutes), [])
                sections.append(here)
            elif extra := EXTRA.fullmatch(heading):
                here = Section(extra[1], "extra", int(extra[2]), [])
                sections.append(here)
            else:
                here = around
    return sections


def minutes(notebook):
    """Of the core and of all, as the marks say."""
    sections = marked(notebook)
    return [sum(each.minutes for each in sections if each.kind in kinds) for kinds in (["core"], ["core", "extra"])]


def minutes_due(notebook):
    """What the first cell must say: the marks' sums, rounded up."""
    core, everything = (-(-count // ROUND) * ROUND for count in minutes(notebook))
    extras = sum(each.kind == "extra" for each in marked(notebook))
    return f"{core} minutes for the core" + f", {everything} with the extra{'s' * (extras > 1)}" * (extras > 0)


@pytest.mark.parametrize("number", CONTENT)
def test_the_table_says_what_the_lesson_says(number):
    core, everything, ground = stated(number)
    title = TITLE.match(CONTENT[number].cells[0].source)["title"]
    names = exercises(number)
    mistakes = sum(len(by_name[name].wrong) for name in names)
    begin = f"| [{number} {title}](../notebooks/{PATHS[number].name}) | "
    begin += f"{ground} | {core} | {everything} | {len(names)} | {mistakes} | "
    old = re.search(rf"(?m)^\| \[{number} .* (\d+) \|$", GUIDE)
    due = f"{begin}{old[1] if old else 'MB'} |"
    heading = "The lessons at a glance"
    said = write(heading, f"no row says what lesson {number} says", due)
    if not old:
        said += f"\nMB is the “peak” that `course run {number}` prints."
    demand(old and due in part(heading).splitlines(), said)


@pytest.mark.parametrize("number", CONTENT)
def test_the_readme_lists_the_lesson(number):
    core, everything, _ = stated(number)
    title = TITLE.match(CONTENT[number].cells[0].source)["title"]
    begin, end = f"| [{number} {title}](notebooks/{PATHS[number].name}) | ", f" | {core}, {everything} |"
    rows = [line for line in README.splitlines() if line.startswith(begin) and line.endswith(end)]
    sentence = (
        f"README.md, section “What you will learn”: no row says what lesson {number} says. Write there, with what "
    )
    demand(len(rows) == 1, f"{sentence}one can then do in place of “…”:\n{begin}…{end}")


def test_the_readme_says_what_is_left_for_exercises():
    left = [LONG - stated(number)[1] for number in CONTENT]
    due = f"leave {min(left)} to {max(left)} minutes for exercises"
    demand(due in README, f"README.md, section “For instructors”, about a class of {LONG} minutes. Write there:\n{due}")


@pytest.mark.parametrize("number", CONTENT)
def test_the_first_cell_says_the_sums_of_the_marks(number):
    due = minutes_due(CONTENT[number])
    core, everything = minutes(CONTENT[number])
    sentence = (
        f"Lesson {number}: the marks below its headings give {core} minutes of core and {everything} in all. Rounded "
    )
    sentence += f"up to the next {ROUND}, its first cell must say “{due}”."
    demand(re.search(rf"(?m)^{due}(,| ·)", CONTENT[number].cells[0].source), sentence)


@pytest.mark.parametrize("number", CONTENT)
def test_what_is_left_out_is_what_is_extra(number):
    """With the exercises that go with it."""
    heading = f"A meeting of {SHORT} minutes"
    due = f"- {number}: {', '.join(str(each) for each in marked(CONTENT[number]) if each.kind == 'extra') or 'nothing'}"
    route = part(heading).partition("\n### ")[0]
    demand(
        due in route.splitlines(), write(heading, f"the list does not leave out what is extra in lesson {number}", due)
    )


@pytest.mark.parametrize("number", CONTENT)
def test_a_short_meeting_has_its_first_minutes(number):
    """What is left beside the core, and what is read at home, are enough for the mistake at the beginning."""
    heading = "The first three minutes"
    listed = re.findall(rf"(?m)^- {number}: (.*)$", GUIDE.partition(f"\n### {heading}\n")[2].partition("\n## ")[0])
    core = {f"{each.heading} ({each.minutes})": each.minutes for each in marked(CONTENT[number]) if each.kind == "core"}
    given = [text for line in listed for text in core if text in line.split(", ")]
    due = f"- {number}: …\nwith one or more of {', '.join(core)}."
    same = ", ".join(given) == ", ".join(listed)
    demand(same, write(heading, f"{listed} is not all core of lesson {number}, in its order", due))
    left = SHORT - sum(core.values()) + sum(core[text] for text in given)
    demand(left >= OPENING, write(heading, f"lesson {number} has {left} minutes left of the {OPENING}", due))


def test_what_is_left_for_exercises():
    heading = f"A meeting of {LONG} minutes"
    left = [f"{LONG - stated(number)[1]} in {number}" for number in CONTENT]
    due = f"is for them: {', '.join(left).replace(' in ', ' in lesson ', 1)}."
    demand(due in part(heading), write(heading, "the sentence “What the lesson leaves …” errs", due))


def test_the_map_is_what_lessons_build_on():
    drawn = set(re.findall(r"(\d\d) --> (\d\d)", GUIDE))
    due = {(ground, number) for number in CONTENT for ground in re.findall(r"\b\d\d\b", stated(number)[2])}
    arrows = "\n".join(f"    {ground} --> {number}" for ground, number in sorted(due))
    demand(drawn == due, write("The lessons at a glance", "the map's arrows are not what lessons build on", arrows))


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
    """A lesson without exercises has none."""
    heading = "Mistakes to expect"
    lines = re.findall(rf"(?m)^- {number}: .*$", part(heading))
    known = exercises(number)
    named = {name for line in lines for name, _ in NAMED.findall(line)}
    examples = "; ".join(f"`{name}`: {by_name[name].wrong[0].id.replace('_', ' ')}" for name in known)
    due = f"- {number}: {examples}\nor others that `course solutions {number} --mistakes` lists."
    what = f"{len(lines)} lines about lesson {number}, which has {len(known)} exercises"
    demand(len(lines) == bool(known), write(heading, what, due if known else "nothing about it."))
    what = f"the line about lesson {number} names no exercise, or one that is not in the lesson"
    demand(bool(named) == bool(known) and named <= {*known}, write(heading, what, due))


@pytest.mark.parametrize("number", CONTENT)
def test_three_questions_to_discuss(number):
    heading = "To discuss"
    asked = part(heading).partition(f"**{number}**\n")[2].partition("\n**")[0]
    count = sum(line.startswith("- ") for line in asked.splitlines())
    due = f"**{number}**\n\n" + "\n".join(["- a question without a key?"] * 3)
    demand(count == 3, write(heading, f"{count} questions about lesson {number}, and not three", due))


def test_the_sheet_has_ten_questions_and_the_guide_their_key():
    asked = re.split(r"(?m)^\*\*\d+\.\*\* ", SHEET)[1:]
    assert [re.findall(r"(?m)^- \((\w)\) \S", question) for question in asked] == [["a", "b", "c"]] * 10
    key = re.findall(r"(?m)^\| (\d+) \| ([abc]) \| (\d\d), (.+?) \| (.+) \|$", GUIDE)
    assert [int(number) for number, *_ in key] == list(range(1, 11))
    for number, answer, lesson, heading, others in key:
        headings = [each.heading for each in marked(CONTENT[lesson])]
        assert heading in headings, f"Question {number}: lesson {lesson} has no section {heading!r}, but {headings}."
        assert set(re.findall(r"\((\w)\) ", others)) == set("abc") - {answer}, f"Question {number}: its wrong options."
    complaint = guessable("".join(answer for _, answer, *_ in key))
    demand(not complaint, f"docs/teaching.md, section “Ten questions, before and after”: {complaint}")


def guessable(key):
    """A sentence if the letters of a key betray each other: one is rare or runs on, or most come back in step."""
    for letter in "abc":
        if key.count(letter) < 2 or letter * 3 in key:
            return f"{letter} stands in the key {key} less than twice, or three times on end. Move some options."
    for step in range(1, len(key) // 2 + 1):
        again = sum(one == other for one, other in zip(key, key[step:], strict=False))
        if again > (len(key) - step) / 2:
            return f"most letters of the key {key} come back {step} later. Change the order of some options."
    return None


@pytest.mark.parametrize("key", ["bcabcabcab", "bcabcaacab", "abcabababa", "aabbccaabb", "aaabbbcccb", "abbaabbabc"])
def test_a_key_that_can_be_guessed_is_refused(key):
    assert guessable(key)


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
