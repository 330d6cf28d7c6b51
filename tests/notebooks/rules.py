"""What every committed lesson keeps to: a rule takes a notebook and yields what is wrong, in which cell, and the cure.

The measures come from the lesson guide: cells that a reader takes in at a glance, prose and code in turn.
"""

import ast
import getpass
import json
import platform
import re
import statistics
from collections.abc import Callable, Iterator
from itertools import pairwise

from nbformat import NotebookNode
from prose import sentences
from reading import PICTURES, calls, code_cells, imported_names, length, outputs, tags, texts

from course_utils.cli.form import WIDGET_VIEW, form
from course_utils.cli.lessons import cell_name, exercise_cells
from course_utils.exercises import by_name

LONGEST_CELL = 30
WIDEST_LINE = 96
MEDIAN_LINES = (3, 6)
LINES_OF_MOST = 18
SENTENCES = (1, 5)
PROSE_PER_CODE = (0.6, 1.7)
OUTPUT_BYTES = 100_000
GUESSES = 4
CORE_MINUTES, ALL_MINUTES = 50, 90

TAGS = {"setup", "exploration", "guess", "check", "nbval-ignore-output"}
ONE_LINERS = {"exploration", "guess", "check"}
SECTION_MARK = re.compile(r"\*(core|extra) · (\d+) min\*")
UNLICENSED = {"page", "moon", "lfw_subset", "stereo_motorcycle"}
UNLICENSED_FILES = re.compile(r"\b(page\.png|moon\.tif|lfw_subset\.npy|motorcycle_\w+\.(png|npz))")
NETWORK_MODULES = {"ftplib", "http", "kagglehub", "pooch", "requests", "socket", "tensorflow_hub", "urllib"}
NETWORK_CALLS = {"get_file", "load_files", "urlopen", "urlretrieve"}
LINKS_IN_PROSE = ("https://doi.org/", "https://arxiv.org/abs/")
NAMESPACE = "http://www.w3.org/"  # names the format of an SVG; nobody opens it
LEAKS = {
    "an address in memory": r"\b0x[0-9a-fA-F]{5,}\b",
    "an absolute path": r"(?<![\w.:/<~*)\]}-])(?:/[A-Za-z_][\w.-]*){2,}|(?<!\w)~/\w|\b[A-Z]:\\\w[\w ]*\\",
    "a host or an address": r"\blocalhost\b|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\b[\w.+-]+@[\w-]+\.\w+",
    "a token": (
        r"\b[0-9a-f]{32,}\b|\b(token|password|api_?key)=\w+|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}"
        r"|\bAKIA[A-Z0-9]{16}\b|\beyJ[\w-]{10,}\.|\bhf_\w{20,}|\bsk-[\w-]{20,}|\bAIza[\w-]{30,}|\bxox[abprs]-[\w-]{10,}"
        r"|\bpypi-\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    ),
    "a user name": r"\b(USER|USERNAME|LOGNAME|HOME|HOSTNAME)\b['\"]?\s*[=:]\s*['\"]?[\w/\\]|\b[\w.-]+@[\w.-]+:[~/]",
}
ANYONE = {"admin", "build", "codespace", "docker", "jovyan", "root", "runner", "student", "ubuntu", "user", "vscode"}
LINK = re.compile(r"https?://[^\s)>\"'\]]+")
PROGRESS_BAR = re.compile(r"━{3}|\[=+>?\.*\]|\bm?s/step\b|\d+%\|")

Complaints = Iterator[tuple[int | None, str]]
"""Index of a cell (None for the notebook) and a sentence about it."""
Rule = Callable[[NotebookNode], Complaints]


def complaints(rule: Rule, notebook: NotebookNode) -> list[str]:
    """What `rule` has to say about a notebook, as sentences that name the cells."""
    return [
        sentence if index is None else f"{cell_name(notebook, index)}: {sentence}" for index, sentence in rule(notebook)
    ]


# The form of the file


def execution_counts_run_from_one(notebook: NotebookNode) -> Complaints:
    """nbval passes stripped cells in silence, so that every code cell must have run, in order."""
    for count, (index, cell) in enumerate(code_cells(notebook), 1):
        if cell.execution_count != count:
            yield index, f"its execution count is {cell.execution_count}, not {count}. Run `course run --refresh`."


def no_errors(notebook: NotebookNode) -> Complaints:
    for index, output in outputs(notebook):
        if output.output_type == "error":
            yield (
                index,
                (
                    f"its output is the error {output.ename}. "
                    "Repair the cell; a failure on purpose goes under expect_error."
                ),
            )


def no_widget_state(notebook: NotebookNode) -> Complaints:
    if "widgets" in notebook.metadata:
        yield None, "The notebook carries widget state. Run `course run --refresh` for this lesson."
    for index, output in outputs(notebook):
        if WIDGET_VIEW in output.get("data", {}):
            yield index, "it carries a widget view. Run `course run --refresh` for this lesson."


def ids_are_unique(notebook: NotebookNode) -> Complaints:
    seen = {}
    for index, cell in enumerate(notebook.cells):
        if seen.setdefault(cell.id, index) != index:
            first = cell_name(notebook, seen[cell.id])
            yield index, f"its id {cell.id!r} is also that of {first}. Give it an id of its own."


def metadata_are_plain(notebook: NotebookNode) -> Complaints:
    plain = form(notebook).metadata
    if notebook.metadata != plain:
        yield None, f"The notebook's metadata are not {json.dumps(plain)} alone. Run `course run --refresh`."


def has_the_form_of_refresh(notebook: NotebookNode) -> Complaints:
    for index, (cell, formed) in enumerate(zip(notebook.cells, form(notebook).cells, strict=True)):
        different = [key for key in {**cell, **formed} if cell.get(key) != formed.get(key)]
        if different:
            yield index, f"`course run --refresh` leaves its {' and '.join(different)} otherwise. Run that."


def outputs_are_small(notebook: NotebookNode) -> Complaints:
    for index, cell in code_cells(notebook):
        size = len(json.dumps(cell.outputs).encode())
        if size > OUTPUT_BYTES:
            yield index, f"its output is {size:,} bytes; {OUTPUT_BYTES:,} is the most. Show less, or draw it smaller."


# What must not leave the author's machine, and what the reader's machine need not reach


def nothing_leaks(notebook: NotebookNode) -> Complaints:
    for index, written in texts(notebook):
        for what, found in leaks(written):
            yield index, f"{found!r} looks like {what}. Show the value without it."
    written = "\n".join(cell.source for cell in notebook.cells)
    for index, output in outputs(notebook):
        for name in own_names() - set(re.findall(r"\w+", written)):
            if re.search(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", json.dumps(_readable(output), ensure_ascii=False)):
                yield index, f"its output holds {name!r}, your name on this machine or the machine's. Show less."


def leaks(text: str) -> Iterator[tuple[str, str]]:
    """What tells of a machine or a person in a text: what it looks like, and the words."""
    for what, pattern in LEAKS.items():
        if found := re.search(pattern, text):
            yield what, found[0]


def own_names() -> set[str]:
    """What whoever runs the rules is called here, and the machine; no short name, which may be a word by chance."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an id without a name
        user = ""
    return {name for name in (user, platform.node()) if len(name) > 4 and name.lower() not in ANYONE}


def _readable(output: NotebookNode) -> dict:
    data = {kind: value for kind, value in output.get("data", {}).items() if kind not in PICTURES}
    return {**data, "printed": output.get("text", "")}


def links_are_citations(notebook: NotebookNode) -> Complaints:
    for index, written in texts(notebook):
        allowed = LINKS_IN_PROSE if notebook.cells[index].cell_type == "markdown" else (NAMESPACE,)
        for link in LINK.findall(written):
            if not link.startswith(allowed):
                yield index, f"it names {link}. Only prose has links, and only to {' or '.join(LINKS_IN_PROSE)}."


def code_needs_no_network(notebook: NotebookNode) -> Complaints:
    for index, names in imported_names(notebook):
        remote = sorted(name for name in names if reaches_out(name))
        if remote:
            yield index, f"{remote[0]} reaches for the network. Use data that come inside a package."


def reaches_out(name: str) -> bool:
    first, last = name.partition(".")[0], name.rpartition(".")[2]
    return first in NETWORK_MODULES or last in NETWORK_CALLS or last.startswith("fetch_") or "keras.datasets" in name


def data_are_licensed(notebook: NotebookNode) -> Complaints:
    """A committed output is a copy, and scikit-image states no licence for four of its pictures."""
    for index, names in imported_names(notebook):
        shown = {name.rpartition(".")[2] for name in names if name.startswith("skimage.")} & UNLICENSED
        files = {match[0] for match in UNLICENSED_FILES.finditer(notebook.cells[index].source)}
        for name in sorted(shown | files):
            yield index, f"scikit-image states no licence for {name}. Show another picture."


# What nbval cannot see, or would see wrongly


def code_is_plain_python(notebook: NotebookNode) -> Complaints:
    for index, cell in code_cells(notebook):
        if not cell.source.strip():
            yield index, "it is empty. Delete it."
            continue
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield index, f"not plain Python ({error.msg}). Lessons use neither % nor ! nor ?."


def no_closing_semicolon(notebook: NotebookNode) -> Complaints:
    for index, cell in code_cells(notebook):
        if cell.source.rstrip().endswith(";"):
            yield (
                index,
                (
                    "it ends in a semicolon, which hides a value from JupyterLab and not from nbval. "
                    "End in plt.show() or in an assignment."
                ),
            )


def training_is_silent(notebook: NotebookNode) -> Complaints:
    for index, cell in code_cells(notebook):
        for call in calls(cell, "fit", "evaluate", "predict"):
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            silent = isinstance(keywords.get("verbose"), ast.Constant) and keywords["verbose"].value == 0
            if keywords.keys() & {"verbose", "epochs", "batch_size", "validation_data", "callbacks"} and not silent:
                yield index, f"{ast.unparse(call.func)} prints as it goes. Give it verbose=0."
    for index, output in outputs(notebook):
        if PROGRESS_BAR.search(output.get("text", "")):
            yield index, "its output holds a progress bar. Give fit, evaluate, predict verbose=0."


def measured_numbers_are_claims(notebook: NotebookNode) -> Complaints:
    for index, output in outputs(notebook):
        for line in output.get("text", "").splitlines():
            if "≈" in line and not line.startswith("✓ "):
                yield index, f"{line[:60]!r} is measured and not claimed. Print it through claim."


def ignored_outputs_need_it(notebook: NotebookNode) -> Complaints:
    """nbval emulates neither clear_output nor display updates nor Output widgets; all else it must compare."""
    for index, cell in code_cells(notebook):
        needs = list(calls(cell, "clear_output", "Output", "update_display"))
        needs += [call for call in calls(cell, "display") if "display_id" in {word.arg for word in call.keywords}]
        if needs and "nbval-ignore-output" not in tags(cell):
            yield index, f"nbval cannot follow {ast.unparse(needs[0].func)}. Tag the cell nbval-ignore-output."
        if "nbval-ignore-output" in tags(cell) and not needs:
            yield index, "nothing in it calls for nbval-ignore-output. Take that off: its output must be compared."


def marks_are_known(notebook: NotebookNode) -> Complaints:
    for index, cell in enumerate(notebook.cells):
        for tag in sorted(tags(cell) - TAGS):
            yield index, f"unknown tag {tag!r}. The course uses {', '.join(sorted(TAGS))}."
        if cell.cell_type == "code" and re.search(r"(?m)^\s*#\s*(NBVAL|PYTEST_VALIDATE)_", cell.source):
            yield index, "a comment steers nbval. Use tags."


# The shape of a lesson


def starts_with_title_and_setup(notebook: NotebookNode) -> Complaints:
    if not notebook.cells or not notebook.cells[0].source.startswith("# "):
        yield None, "The first cell is not the title. Begin with a prose cell that starts `# Title`."
    for index, cell in list(code_cells(notebook))[:1]:
        if "setup" not in tags(cell) or not any(calls(cell, "setup")):
            yield index, "the first code cell must be tagged setup, and call setup()."


def sections_are_marked(notebook: NotebookNode) -> Complaints:
    minutes = {"core": 0, "extra": 0}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for heading, mark in re.findall(r"(?m)^(## .*)\n*(.*)", cell.source):
            match = SECTION_MARK.fullmatch(mark.strip())
            if match:
                minutes[match[1]] += int(match[2])
            else:
                yield index, f"below {heading!r} stands no mark. Write `*core · 6 min*` or `*extra · 6 min*` there."
    if minutes["core"] > CORE_MINUTES or sum(minutes.values()) > ALL_MINUTES:
        yield (
            None,
            (
                f"The core takes {minutes['core']} minutes and all {sum(minutes.values())}; a class has {CORE_MINUTES} and "
                f"{ALL_MINUTES}. Mark a section extra, or shorten one."
            ),
        )


def cells_are_short(notebook: NotebookNode) -> Complaints:
    """One-liners that only display an exploration, a guess or a check do not count for the median."""
    lines = {index: length(cell) for index, cell in code_cells(notebook)}
    for index, count in lines.items():
        if count > LONGEST_CELL:
            yield index, f"{count} lines; {LONGEST_CELL} is the most. Cut it in two."
    for index, cell in code_cells(notebook):
        if (widest := max(map(len, cell.source.splitlines()), default=0)) > WIDEST_LINE:
            yield index, f"a line of {widest} characters; {WIDEST_LINE} fit beside JupyterLab's file list. Break it."
    low, high = MEDIAN_LINES
    median = statistics.median([n for i, n in lines.items() if not tags(notebook.cells[i]) & ONE_LINERS] or [low])
    if not low <= median <= high:
        yield None, f"The median code cell has {median:g} lines; it should have {low} to {high}. Cut or join cells."
    longer = [index for index, count in lines.items() if count > LINES_OF_MOST]
    if len(longer) > len(lines) / 10:
        named = "; ".join(cell_name(notebook, index) for index in longer)
        yield None, f"More than a tenth of the code cells have over {LINES_OF_MOST} lines. Shorten some of: {named}."


def prose_keeps_pace(notebook: NotebookNode) -> Complaints:
    counts = [len(sentences(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown"]
    low, high = SENTENCES
    median = statistics.median(counts or [0])
    if not low <= median <= high:
        yield None, f"The median prose cell has {median:g} sentences; it should have {low} to {high}."
    low, high = PROSE_PER_CODE
    ratio = len(counts) / max(1, sum(1 for _ in code_cells(notebook)))
    if not low <= ratio <= high:
        yield (
            None,
            (
                f"There are {ratio:.2f} prose cells to a code cell; about one is right, {low} to {high} allowed. "
                "Join cells of the kind there are too many of."
            ),
        )


def guesses_are_few(notebook: NotebookNode) -> Complaints:
    guesses = [index for index, cell in code_cells(notebook) if any(calls(cell, "guess"))]
    if len(guesses) > GUESSES:
        yield None, f"There are {len(guesses)} guesses; {GUESSES} is the most. Keep those where intuition errs."
    for index in guesses:
        if "guess" not in tags(notebook.cells[index]):
            yield index, "it asks for a guess. Tag it guess."


def explorations_have_a_still_picture(notebook: NotebookNode) -> Complaints:
    for index, cell in code_cells(notebook):
        explores = any(re.match(r"(course_utils\.)?explore\.\w+", ast.unparse(call.func)) for call in calls(cell))
        if explores != ("exploration" in tags(cell)):
            yield index, "cells that display an exploration, and only they, are tagged exploration."
        pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        if "exploration" in tags(cell) and not pictures:
            yield index, "readers on GitHub see no picture. End the cell in the exploration."


# Exercises


def stubs_are_the_exercises(notebook: NotebookNode) -> Complaints:
    for index, name in exercise_cells(notebook):
        source = notebook.cells[index].source.strip()
        if name not in by_name:
            yield index, f"there is no exercise {name!r} in course_utils.exercises. Mend its metadata."
        elif "NotImplementedError" not in source or source != by_name[name].stub.strip():
            yield index, f"it is not the stub of {name}. Paste exercises.{name}.stub."


def stubs_are_followed_by_checks(notebook: NotebookNode) -> Complaints:
    code = [index for index, _ in code_cells(notebook)]
    following = dict(pairwise(code))
    for index, name in exercise_cells(notebook):
        check = notebook.cells[following.get(index, index)]
        if "check" not in tags(check) or f"exercises.{name}.check(" not in check.source:
            yield index, f"the next code cell must be tagged check, and call exercises.{name}.check()."
    checked = {following.get(index) for index, _ in exercise_cells(notebook)}
    for index, cell in code_cells(notebook):
        if index not in checked and (any(calls(cell, "check")) or "check" in tags(cell)):
            yield index, "it checks no stub. Put the stub cell right before it."


RULES: tuple[Rule, ...] = (
    execution_counts_run_from_one,
    no_errors,
    no_widget_state,
    ids_are_unique,
    metadata_are_plain,
    has_the_form_of_refresh,
    outputs_are_small,
    nothing_leaks,
    links_are_citations,
    code_needs_no_network,
    data_are_licensed,
    code_is_plain_python,
    no_closing_semicolon,
    training_is_silent,
    measured_numbers_are_claims,
    ignored_outputs_need_it,
    marks_are_known,
    starts_with_title_and_setup,
    sections_are_marked,
    cells_are_short,
    prose_keeps_pace,
    guesses_are_few,
    explorations_have_a_still_picture,
    stubs_are_the_exercises,
    stubs_are_followed_by_checks,
)
