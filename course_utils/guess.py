"""Ask the reader before the next cell runs. A guess never blocks, and a run without a reader takes no answer."""

import math
from html import escape
from numbers import Real

import ipywidgets as widgets

from course_utils.keyboard import guard

__all__ = ["Guess", "guess"]

STYLE = """<style>
.course-guess { margin: 4px 0 8px; padding: 10px 14px 12px; gap: 6px; max-width: 720px; box-sizing: border-box;
  border-left: 3px solid var(--jp-brand-color1, #2196f3);
  background: color-mix(in srgb, var(--jp-layout-color1, #fff), var(--jp-ui-font-color1, #222) 4%); }
.course-guess > * { margin: 0; }
.course-guess .widget-html { height: auto; }
.course-guess .widget-html-content { line-height: 1.5; font-size: var(--jp-content-font-size1, 14px);
  color: var(--jp-content-font-color1, #222); }
.course-guess .course-answer .widget-html-content { color: var(--jp-content-font-color2, #666);
  font-size: var(--jp-ui-font-size1, 13px); }
.course-guess .widget-toggle-buttons { width: auto; }
.course-guess .widget-toggle-button { width: auto; min-width: 84px; margin: 0 6px 0 0; padding: 0 14px;
  border: 1px solid var(--jp-border-color1, #bbb); border-radius: 4px; background: var(--jp-layout-color1, #fff); }
.course-guess .widget-toggle-button.mod-active { color: #fff; background: #1f6fb5; border-color: #1f6fb5;
  box-shadow: none; }
.course-guess .widget-toggle-button:focus-visible { outline: 2px solid #1f6fb5; outline-offset: 2px; }
.course-guess .noUi-handle { background: #1f6fb5; border-color: #1f6fb5; }
.course-guess .widget-slider { width: min(420px, 100%); }
</style>"""


class Guess(widgets.VBox):
    """A question with its possible answers; `answer` is the reader's, or None as long as there is none."""

    def __init__(self, question: str, control: widgets.ValueWidget, choices: str):
        self.answer = None
        self._line = f"Guess: {question} … {choices}"
        self._answer_line = widgets.HTML("Choose an answer, then run the next cell.")
        self._answer_line.add_class("course-answer")
        control.add_class("course-control")
        control.observe(self._take, "value")
        super().__init__([widgets.HTML(f"{STYLE}<b>{escape(question)} …</b>"), control, self._answer_line])
        self.add_class("course-guess")
        guard(self)

    def _take(self, change) -> None:
        self.answer = change.new
        self._answer_line.value = f"Your guess: <b>{escape(str(self.answer))}</b>. Run the next cell and see."

    def __repr__(self) -> str:
        return self._line

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": self._line}  # ipywidgets cuts long lines


def guess(question: str, options: list[str] | None = None, between: tuple[float, float] | None = None) -> Guess:
    """Ask `question`; the reader picks one of `options`, or a number `between` (low, high).

    Whole limits ask for a whole number, others for one on a scale of a hundred steps.
    Errors: `ValueError` for an empty question, for both or neither of `options` and `between`, for fewer than two
    or repeated options, and for limits that are not two rising finite numbers.
    """
    if not isinstance(question, str) or not question.strip() or "\n" in question:
        raise ValueError(f"The question is {question!r}; it must be one line of text.")
    if (options is None) == (between is None):
        raise ValueError("Give either options=[…] to choose from, or between=(low, high) for a number.")
    if options is not None:
        options = _checked_options(options)
        return Guess(question, widgets.ToggleButtons(options=options, value=None), " | ".join(options))
    low, high = _checked_limits(between)
    return Guess(question, _slider(low, high), f"a number from {low:g} to {high:g}")


def _checked_options(options) -> list[str]:
    texts = isinstance(options, (list, tuple)) and all(isinstance(option, str) and option.strip() for option in options)
    if not texts:
        raise ValueError(f"The options are {options!r}; they must be a list of texts.")
    if len(options) < 2 or len(set(options)) < len(options):
        raise ValueError(f"The options are {options!r}; there must be at least two, all different.")
    return list(options)


def _checked_limits(between) -> tuple[float, float]:
    try:
        low, high = between
    except (TypeError, ValueError):
        raise ValueError(f"between is {between!r}; it must be two numbers (low, high).") from None
    for limit in (low, high):
        if isinstance(limit, bool) or not isinstance(limit, Real) or not math.isfinite(limit):
            raise ValueError(f"between is {between!r}; both limits must be finite numbers.")
    if not low < high:
        raise ValueError(f"between is {between!r}; the first limit must be smaller than the second.")
    return low, high


def _slider(low: float, high: float) -> widgets.ValueWidget:
    """A slider that starts in the middle, which is not taken as an answer until it is moved."""
    if isinstance(low, int) and isinstance(high, int):
        return widgets.IntSlider((low + high) // 2, low, high)
    return widgets.FloatSlider(value=(low + high) / 2, min=low, max=high, step=(high - low) / 100, readout_format=".3g")
