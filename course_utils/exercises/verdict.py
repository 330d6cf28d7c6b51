"""What a check answers, and how it looks: in a notebook, in a terminal, with the style sheet stripped."""

import html
import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Shown", "Verdict"]

_MARKS = {"correct": "✓", "incorrect": "✗", "not attempted": "○"}

# JupyterLab's variables follow its theme; the colours behind them serve every other reader.
_COLOURS = {
    "correct": "var(--jp-success-color1, #2e7d32)",
    "incorrect": "var(--jp-error-color1, #c62828)",
    "not attempted": "var(--jp-info-color1, #1565c0)",
}
_BOX = "border-left: 4px solid {colour}; padding: 0 0.9em; margin: 0.25em 0; max-width: 50em; line-height: 1.5"
_CODE = "background: var(--jp-layout-color2, rgba(128, 128, 128, 0.15)); color: inherit; padding: 0 0.2em"
_PARAGRAPH = "margin: 0.4em 0"
_BLOCK = f"color: inherit; background: transparent; overflow-x: auto; line-height: 1.3; {_PARAGRAPH}"


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `Exercise.check` found: `status`, the `misconception`'s id where one is recognised, a `message`.

    `message` is plain text: an empty line between paragraphs, backticks around code, four spaces before
    each line that is shown as it stands.
    """

    status: Literal["correct", "incorrect", "not attempted"]
    misconception: str | None
    message: str

    def __repr__(self) -> str:
        return f"{_MARKS[self.status]} {self.message}"

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.status]
        mark = (
            f'<span role="img" aria-label="{self.status}" style="color: {colour}; font-weight: bold">'
            f"{_MARKS[self.status]}</span> "
        )
        first, *others = map(_paragraph, self.message.split("\n\n"))
        body = first.replace(">", f">{mark}", 1) + "".join(others)
        return f'<div class="course-verdict" style="{_BOX.format(colour=colour)}">{body}</div>'


def _paragraph(text: str) -> str:
    escaped = html.escape(text)
    if text.startswith("    "):
        return f'<pre style="{_BLOCK}">{escaped}</pre>'
    with_code = re.sub("`([^`]+)`", rf'<code style="{_CODE}">\1</code>', escaped)
    return f'<p style="{_PARAGRAPH}">{with_code}</p>'


class Shown(str):
    """A text that a notebook shows as Markdown; the string itself is the plain text."""

    markdown: str

    def __new__(cls, text: str, markdown: str | None = None) -> "Shown":
        shown = super().__new__(cls, text)
        shown.markdown = text if markdown is None else markdown
        return shown

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return self.markdown
