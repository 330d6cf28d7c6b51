"""Numbers in prose: each decimal number and each percentage is claimed, coded or cited.

A number is proven when it is the bound of a claim anywhere in the notebook, or a number in a code cell of the same
`##` section; 93 % is 0.93, and signs do not matter. A sentence with a citation (`LeCun (1998)`, `(LeCun et al., 1998)`,
a DOI, a link to a web page) may hold any number. Whole numbers are not looked at. Skipped: code spans, fenced code,
links to files, HTML tags, versions (`Python 3.11`, `v0.3`, `1.2.3`), numbers of sections, figures, tables, equations.
Formulas are read like prose, because readers do.
"""

import ast
import math
import re
from collections.abc import Iterator
from html import unescape

from nbformat import NotebookNode
from reading import code_cells, tree

CITED = "⟨cited⟩"
LEFT_OUT = "⟨…⟩"
YEAR = r"(?:1[89]|20)\d\d[a-z]?"
MONTH = "Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec"
AUTHOR = rf"\b(?!{MONTH})[A-ZÀ-Þ][\w'’-]+(?:,? et al\b|(?:,? (?:and|&)|,) [A-ZÀ-Þ][\w'’-]+)*"

BEFORE_SENTENCES = [
    (r"(?ms)^ *(```|~~~).*?^ *\1[^\n]*$", "\n\n"),  # fenced code
    (r"(?s)<!--.*?-->", ""),
    (r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)", LEFT_OUT),  # code spans
    (r"!?\[[^\]]*\]\(https?:[^)]*\)|<https?:[^>]*>|https?:\S+|\b10\.\d{4,9}/\S+", CITED),
    (r"!?\[[^\]]*\]\([^)]*\)", LEFT_OUT),  # links to files
    (r"</?[A-Za-z][^>]*>", " "),
    (r"(?m)^([ >]*#+ .*)$", r"\n\n\1\n\n"),  # a heading stands alone, and so does
    (r"(?m)^[ >]*(?:[-*+]|\d+[.)])\s+", "\n\n"),  # a list item
    (r"\bet al\.", "et al"),
    (r"\b(e\.g|i\.e|vs|cf|Fig|Eq|No|approx)\.", r"\1"),
]
NOT_MEASURED = [
    r"^[ >]*#+ *\d+(?:\.\d+)*",  # numbers of headings, and of what the text refers to
    r"(?i)(?:\b(?:sections?|chapters?|figures?|fig|tables?|equations?|eq|lessons?)|§)\s*\d+(?:\.\d+)*",
    r"(?i)\b(?:versions?|python|tensorflow|keras|numpy|scipy|jax|pytorch|scikit-learn|scikit-image|matplotlib"
    r"|jupyterlab|cuda)\s+\d+(?:\.\d+)*(?:\s?[–-]\s?\d+(?:\.\d+)*)?",
]
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’*_)\]]*\s+(?=[\"“*_(\[⟨]*[A-ZÀ-Þ\d⟨])")
CITATION = re.compile(rf"{CITED}|{AUTHOR} \({YEAR}\)|\([^()]*{AUTHOR},? {YEAR}[^()]*\)")
NUMBER = re.compile(
    r"(?<![\w.])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?P<exponent>[eE][-+−]?\d+)?(?!\d|\.\d)"
    r"(?=(?P<percent>(?:\s?(?:–|-|to)\s?[\d.]+)?(?:\s|\\,)?(?:\\?%|per ?cent\b))?)"  # 93 to 97 % is two percentages
)


def sentences(markdown: str) -> list[str]:
    """The sentences of a cell's text; headings, list items and rows of tables count as sentences too."""
    for pattern, replacement in BEFORE_SENTENCES:
        markdown = re.sub(pattern, replacement, markdown)
    blocks = re.split(r"\n\s*\n|\n(?=\s*\|)", unescape(markdown))
    found = [sentence for block in blocks for sentence in SENTENCE_END.split(" ".join(block.split()))]
    return [sentence for sentence in found if re.search(r"\w", sentence)]


def numbers(sentence: str) -> Iterator[tuple[str, float]]:
    """Each decimal number and percentage in a sentence, as written and as a value; 93 % is 0.93."""
    for pattern in NOT_MEASURED:
        sentence = re.sub(pattern, "", sentence)
    for match in NUMBER.finditer(sentence):
        value = float(match["number"].replace(",", "") + (match["exponent"] or "").replace("−", "-"))
        if match["percent"]:
            yield f"{match[0]} %", value / 100
        elif "." in match["number"] or match["exponent"]:
            yield match[0], value


def numbers_in_prose_are_proven(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    claims = (node for _, cell in code_cells(notebook) for node in ast.walk(tree(cell)) if _is_claim(node))
    bounds = [number for claim in claims for number in _numbers_within(claim)]
    for section in sections(notebook):
        code = [tree(notebook.cells[index]) for index in section if notebook.cells[index].cell_type == "code"]
        proven = bounds + [number for node in code for number in _numbers_within(node)]
        for index in section:
            for written in _unproven(notebook.cells[index], proven):
                yield index, (
                    f"“{written}” is neither the bound of a claim in this lesson, nor a number in a code cell of its "
                    "section, nor in a sentence with a citation. State a claim's bound, or let code compute it, or "
                    "name the source: Author (year) or a link."
                )


def sections(notebook: NotebookNode) -> list[list[int]]:
    """Indices of the cells from one `##` heading to the next; what comes before the first is a section too."""
    found: list[list[int]] = [[]]
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and re.search(r"(?m)^## ", cell.source):
            found.append([])
        found[-1].append(index)
    return found


def _unproven(cell: NotebookNode, proven: list[float]) -> Iterator[str]:
    for sentence in sentences(cell.source) if cell.cell_type == "markdown" else ():
        if not CITATION.search(sentence):
            for written, value in numbers(sentence):
                if not any(math.isclose(value, number, rel_tol=1e-9) for number in proven):
                    yield written


def _is_claim(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("claim.")


def _numbers_within(node: ast.AST) -> list[float]:
    constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return [float(value) for value in constants if type(value) in (int, float)]
