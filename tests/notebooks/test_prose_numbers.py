"""Every number in prose is claimed, coded or cited; and the test of that can tell."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from prose import numbers, numbers_in_prose_are_proven, sections, sentences
from reading import LESSONS, demand_none
from rules import complaints

from course_utils.cli.lessons import read


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_proves_its_numbers(path):
    demand_none(complaints(numbers_in_prose_are_proven, read(path)))


CODE = 'claim.at_least("accuracy", accuracy, 0.93)\nclaim.that("few are wrong", wrong <= 0.07 * total)'
ELSEWHERE = "dropout = 0.35"


def found(prose):
    """The numbers that the rule objects to in a section of one prose cell, whose code cell makes two claims."""
    cells = [new_markdown_cell("## Here\n\n" + prose), new_code_cell("rate = 3e-3\nhalf = 0.5"),
             new_markdown_cell("## There"), new_code_cell(CODE), new_code_cell(ELSEWHERE)]  # fmt: skip
    complained = complaints(numbers_in_prose_are_proven, nbformat.v4.new_notebook(cells=cells))
    return [complaint.split("“")[2].split("”")[0] for complaint in complained]


@pytest.mark.parametrize(
    "prose",
    [
        "At least 0.93 of them are right.",
        "At least 93 % of them are right.",
        "At least 93% of them, 93\u00a0%, 93&nbsp;%, 93 percent, 93 per cent.",
        "Seven in a hundred, 7 %, are wrong, or −7 %.",
        "The rate is 0.003, or 3e-3.",
        "Half is 0.5, .5 and 0.50.",
        "There are 1,797 digits of 8×8 pixels, 128 of them here.",
        "The score `0.957` is code, and so is ``0.1 ` 0.2``.",
        "See:\n\n```\n✓ accuracy ≈ 0.957\n```\n\nThat was all.",
        "LeCun et al. (1998) reached 99.05 %.",
        "The error was 0.95 % (LeCun, 1998).",
        "The error was 0.95 % (see Simard, Steinkraus and Platt 2003, table 1).",
        "It reached 99.7 % ([Ciresan and others](https://doi.org/10.1109/CVPR.2012.6248110)).",
        "It reached 99.7 %, doi 10.1109/5.726791.",
        "Written for Python 3.11–3.13 and TensorFlow 2.21, version 0.9.1 of 1.2.3, v0.3.",
        "## 2.1 Sums\n\nAs section 4.2, figure 1.3 and § 2.5 show.",
        "[The next lesson 0.77](02_digits_cnn.ipynb).",
        '<img src="x.png" width="45.5%" alt="">',
    ],
)
def test_proven_or_skipped(prose):
    assert not found(prose)


@pytest.mark.parametrize(
    ("prose", "objections"),
    [
        ("The accuracy is 0.957.", ["0.957"]),
        ("The accuracy is 95.7 %, over 93 %.", ["95.7 %"]),
        ("Dropout of 0.35 belongs to another section.", ["0.35"]),
        ("From 93 to 97 %.", ["97 %"]),
        ("From 91–93 %.", ["91 %"]),
        ("It rose (as LeCun (1998) says). It is 0.91 now.", ["0.91"]),
        ("Measured in November 2026: 0.91 (November 2026).", ["0.91"]),
        ("| model | score |\n|---|---|\n| SVC | 0.91 |\n| CNN | 0.93 |", ["0.91"]),
        ("- 0.91\n- [cited](https://doi.org/10.1/x)", ["0.91"]),
        ("The cost is $-\\log 0.25$, or $91\\,\\%$.", ["0.25", "91 %"]),
        ("**0.91** and *0.92* and 2.5×, 2.5s.", ["0.91", "0.92", "2.5", "2.5"]),
        ("[The next lesson](02_digits_cnn.ipynb) reaches 0.91.", ["0.91"]),
        ("A rate of 1e-4, not 1.5E−2.", ["1e-4", "1.5E−2"]),
    ],
)
def test_unproven(prose, objections):
    assert found(prose) == objections


def test_the_complaint_names_cell_number_and_cure():
    cells = [new_markdown_cell("Hello."), new_markdown_cell("It is 0.91.")]
    (complaint,) = complaints(numbers_in_prose_are_proven, nbformat.v4.new_notebook(cells=cells))
    assert complaint.startswith("cell 2 “It is 0.91.”: “0.91” is neither the bound of a claim")
    assert "State a claim's bound" in complaint


def test_sentences():
    title, table = "# Title\n", "\n\n| a | b |\n|---|---|\n| c | d |"
    prose = "One is here, e.g. this. Two (et al. too) is\nwrapped?\n1. Three\n2. Four"
    assert len(sentences(title + prose + table)) == 7  # the title, two sentences, two items, two rows


def test_sections_begin_at_their_headings():
    cells = [new_markdown_cell("# T"), new_code_cell("1"), new_markdown_cell("## A\n### B"), new_markdown_cell("### C")]
    assert sections(nbformat.v4.new_notebook(cells=cells)) == [[0, 1], [2, 3]]


def test_numbers_are_read_whole():
    read = {"1,797.5": 1797.5, "0.25": 0.25, "0.5": 0.5, "12.5 %": 0.125}
    assert dict(numbers("1,797.5 of 0.25, −0.5 and 12.5 %")) == read
