"""Exercises that know their wrong answers.

An `Exercise` is its answers: right ones, and wrong ones that are each a misconception. All are functions of the
module that defines the exercise: the body is the answer, the docstring is what the student is told.
"""

import ast
import inspect
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from course_utils.exercises.running import Outcome, OutOfTime, call, quiet, within
from course_utils.exercises.verdict import Shown, Verdict
from course_utils.exercises.words import a, alike, as_array, difference, failure, is_raised, no_array, situation, table

__all__ = ["FINE", "Exercise", "Misconception", "Verdict"]

FINE = ""
_one_check = threading.Lock()
Reading = np.ndarray | str  # what is compared: an array, or a sentence on what came instead


@dataclass(frozen=True)
class Misconception:
    """One way to be wrong: its `id`, a notebook `cell` that has it, the `sentence` that helps."""

    id: str
    cell: str
    sentence: str


class Exercise:
    """A function for the student to write, and everything that is known about it.

    `stub`: the function as the student finds it; its name, parameters and docstring are the task.
    `right`: equivalent right answers, the reference first. `wrong`: misconceptions; a function's name is the
    misconception's id, its docstring the sentence. All are functions with the stub's parameters.
    `cases`: makes the inputs, a list of argument tuples, afresh at each call; no array stands in two of them.
    `situation`: describes one input, such as “on a {image} image with a {kernel} kernel”.
    `hints`: from a nudge to nearly all. `insight`: what to say to a right answer.
    `fault`: for an exercise with many right results, what is wrong with an `Outcome`: `FINE`, a misconception's
    id, or a sentence. Without it, returned arrays are compared with those of the reference.
    `missing`: a sentence on what the check still needs (a library not loaded), or "".
    `seconds`: time for one check of one answer.
    """

    def __init__(
        self,
        name: str,
        stub: Callable,
        *,
        right: Sequence[Callable],
        wrong: Sequence[Callable],
        cases: Callable[[], list[tuple]],
        situation: str,
        hints: Sequence[str],
        insight: str,
        fault: Callable[[Outcome], str] | None = None,
        missing: Callable[[], str] = lambda: "",
        seconds: float = 5.0,
    ) -> None:
        self.name = name
        self.seconds = seconds
        self._stub, self._right, self._wrong = stub, right, wrong
        self._cases, self._situation, self._fault, self._missing = cases, situation, fault, missing
        self._hints, self._insight = hints, insight
        self._hints_given = 0

    def __repr__(self) -> str:
        then = f"`.check({self._stub.__name__})`, `.hint()`, `.solution()`"
        return f"Exercise {self.name}: write `{self._call}`; then {then}."

    @property
    def function(self) -> str:
        """The name of the function that the student writes."""
        return self._stub.__name__

    @cached_property
    def stub(self) -> str:
        """The text of the cell as the student finds it."""
        return inspect.getsource(self._stub)

    @cached_property
    def right(self) -> dict[str, str]:
        """Right answers: name → text of a self-contained cell."""
        return {function.__name__: _cell(self._stub, function) for function in self._right}

    @cached_property
    def wrong(self) -> list[Misconception]:
        """What newcomers believe, each with a self-contained cell that behaves so."""
        return [Misconception(f.__name__, _cell(self._stub, f), _sentence(f)) for f in self._wrong]

    def solution(self) -> Shown:
        """The text of a cell that is right; a notebook shows it as code."""
        cell = self.right[self._right[0].__name__]
        return Shown(cell, f"{_sentence(self._right[0])}\n\n```python\n{cell}```")

    def hint(self) -> Shown:
        """The next hint; after the last one, the last one again."""
        self._hints_given = min(self._hints_given + 1, len(self._hints))
        number, of = self._hints_given, len(self._hints)
        after = f" That was the last one. A right answer: `exercises.{self.name}.solution()`." if number == of else ""
        return Shown(f"Hint {number} of {of}: {self._hints[number - 1]}{after}")

    def check(self, *answer: Callable) -> Verdict:
        """Run `answer`, one function, on several inputs and judge it. Shows nothing, takes under ten seconds.

        The student's own interrupt is passed on. Not stopped in time: an endless loop whose `except:` without a
        type swallows every alarm, and one long call into C; both are the grader's business. The text of a
        verdict is the same on every run.

        Raises nothing but a RuntimeError when an answer that is being checked calls `check`; the outer check tells
        the student.
        """
        if len(answer) == 1 and self._missing():
            return Verdict("not attempted", None, self._missing())
        return self.check_elsewhere(*answer)

    def check_elsewhere(self, *answer: Callable) -> Verdict:
        """`check` for a stand-in that runs the answer in another process: no library need be loaded in this one."""
        if not _one_check.acquire(blocking=False):
            raise RuntimeError("`check` was called inside a check; take it out of your function")
        try:
            return self._check(*answer) if len(answer) == 1 else _incorrect(self._miscount(len(answer)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # An object that defends itself: its __class__, __name__ or __call__ raises.
            return _incorrect(f"What you passed to `check` could not be examined ({type(error).__name__}).")
        finally:
            _one_check.release()

    def _miscount(self, number: int) -> str:
        what = f"{number} values" if number else "nothing"
        return f"`check` needs your function and nothing else, and got {what}: `check({self._stub.__name__})`."

    def _check(self, answer: Callable) -> Verdict:
        misfit = self._misfit(answer)
        if misfit:
            return _incorrect(misfit)
        outcomes, readings, again = [], [], []

        def ask() -> None:
            self._run(answer, outcomes, readings)
            again.append(self._first(answer))  # whoever remembers the calls before answers otherwise

        with quiet() as output:
            try:
                within(self.seconds, ask)
            except OutOfTime:
                return _incorrect(self._late(len(readings)))
            verdict = self._judge(answer, outcomes, readings, again[0])
        if output.written and verdict.status != "not attempted":
            note = "What your function prints is hidden during the check; call it yourself to see it."
            verdict = Verdict(verdict.status, verdict.misconception, f"{verdict.message}\n\n{note}")
        return verdict

    def _misfit(self, answer: object) -> str:
        """A sentence when `answer` is no function of the right number of values, else ""."""
        name = self._stub.__name__
        if isinstance(answer, str):
            return f"`check` needs your function, not its name in quotation marks: `check({name})`."
        named = hasattr(answer, "__name__") or isinstance(answer, partial)
        if isinstance(answer, type) or not callable(answer) or not named:
            what = f"the class {answer.__name__}" if isinstance(answer, type) else a(answer)
            if callable(answer) and not isinstance(answer, type):
                what += ", which can be called but was not made with `def`"
            return (
                f"`check` needs your function itself, to run it on inputs of its own, and got {what}. "
                f"Write its name and no parentheses behind it: `check({name})`."
            )
        try:
            signature = inspect.signature(answer)
        except ValueError:  # some functions written in C tell nothing
            return ""
        try:
            signature.bind(*self._cases()[0])
        except TypeError:
            theirs = f"({', '.join(signature.parameters)})"
            return f"The check calls `{self._call}`; your function takes `{theirs}`. Give it the same parameters."
        return ""

    def _run(self, answer: Callable, outcomes: list[Outcome], readings: list[Reading]) -> None:
        """Fill both lists case by case; `within` may cut this short anywhere."""
        for given, left in zip(self._cases(), self._cases(), strict=True):
            outcomes.append(call(answer, given, left))
            readings.append(self._read(outcomes[-1]))

    def _first(self, answer: Callable) -> Reading:
        """What `answer` says to the first input."""
        return self._read(call(answer, self._cases()[0], self._cases()[0]))

    def _read(self, outcome: Outcome) -> Reading:
        reading = call(self._fault or as_array, (outcome,))
        unread = f"Your answer returns {a(outcome.value)} that cannot be read."
        return reading.value if reading.error is None else unread

    def _behaviour(self, function: Callable) -> list[Reading]:
        readings = []
        self._run(function, [], readings)
        return readings

    @cached_property
    def _expected(self) -> list[Reading]:
        return [FINE] * len(self._cases()) if self._fault else self._behaviour(self._right[0])

    @cached_property
    def _misbehaviours(self) -> list[list[Reading]]:
        return [self._behaviour(function) for function in self._wrong]

    def _judge(self, answer: Callable, outcomes: list[Outcome], readings: list[Reading], again: Reading) -> Verdict:
        if isinstance(outcomes[0].error, NotImplementedError):
            return self._not_attempted()
        differing = [k for k, pair in enumerate(zip(readings, self._expected, strict=True)) if not alike(*pair)]
        if not differing and not alike(again, self._expected[0]):
            return _incorrect(self._fickle(outcomes[0]))
        if not differing:
            return self._right_numbers(outcomes)
        believed = self._believed(readings, differing)
        if believed:
            return believed
        k = min(differing, key=lambda k: sum(map(np.size, outcomes[k].given)))
        return _incorrect(self._first_difference(answer, outcomes[k], readings[k], self._expected[k]))

    def _believed(self, readings: list[Reading], differing: list[int]) -> Verdict | None:
        """The misconception that the fault names; those that answer alike on every input, or on all but one; those
        that raise the same errors on the same inputs and are right where the answer is.

        Mistakes come in company: a second one that shows on a single input must not hide the first.
        """
        if self._fault:
            named = [misconception for misconception in self.wrong if misconception.id in readings]
            return _misconceived(named[:1], more=False) if named else None
        for exceptions in (0, 1):
            fitting = []
            for misconception, behaviour in zip(self.wrong, self._misbehaviours, strict=True):
                agree = list(map(alike, readings, behaviour))
                telling = [k for k in differing if agree[k] and not is_raised(readings[k])]
                if agree.count(False) == exceptions and len(telling) >= 2 * exceptions:
                    fitting.append(misconception)
            if fitting:
                return _misconceived(fitting, more=exceptions > 0)
        pairs = zip(self.wrong, self._misbehaviours, strict=True)
        fitting = [misconception for misconception, behaviour in pairs if _fails_alike(readings, behaviour, differing)]
        return _misconceived(fitting, more=False) if fitting else None

    def _not_attempted(self) -> Verdict:
        return Verdict(
            "not attempted",
            None,
            f"Not attempted yet. Replace the last line of `{self._stub.__name__}` and run its cell, then run this "
            f"cell again. A first hint: `exercises.{self.name}.hint()`.",
        )

    def _right_numbers(self, outcomes: list[Outcome]) -> Verdict:
        """Every reading agrees; is it also well-mannered?"""
        changed = [self._names[position] for outcome in outcomes for position in outcome.changed]
        if changed:
            return _incorrect(f"Your result is right, but your answer changes `{changed[0]}`. {_copy(changed[0])}")
        array_due = any(isinstance(e, np.ndarray) and e.ndim for e in self._expected)
        if array_due and no_array(outcomes[0].value):
            return _incorrect(no_array(outcomes[0].value))
        return Verdict("correct", None, f"Correct. {self._insight}")

    def _fickle(self, first: Outcome) -> str:
        return _capital(
            f"{self._where(first.given)}your answer is right, and wrong when it is asked once more. Something outlives "
            "the call, a variable outside the function perhaps, or chance plays a part. Begin afresh in each call."
        )

    def _first_difference(self, answer: Callable, outcome: Outcome, seen: Reading, expected: Reading) -> str:
        where = self._where(outcome.given)
        if outcome.error is not None:
            return _capital(f"{where}your answer raises {failure(outcome.error, answer)}")
        if isinstance(seen, str):
            return seen
        inputs = dict(zip(self._names, outcome.given, strict=True))
        told = f"First difference: {where}your answer {difference(seen, expected, inputs)}"
        arrays = any(isinstance(value, np.ndarray) for value in outcome.given)
        if seen.shape == expected.shape and (expected.ndim or arrays):
            told += table(inputs | {"yours": seen, "should be": expected})
        if outcome.changed:
            name = self._names[outcome.changed[0]]
            told += f"\n\nYour answer also changes `{name}`. {_copy(name)}"
        return told

    def _late(self, finished: int) -> str:
        where = self._where(self._cases()[finished]) if finished < len(self._cases()) else ""
        return _capital(
            f"{where}your answer had not come back after {self.seconds:g} seconds, so it was stopped. "
            "Is there a loop that never ends? A `while` needs something that changes its condition."
        )

    def _where(self, arguments: tuple) -> str:
        where = situation(self._situation, self._names, arguments)
        return f"{where} " if where else ""

    @cached_property
    def _names(self) -> list[str]:
        return list(inspect.signature(self._stub).parameters)

    @property
    def _call(self) -> str:
        return f"{self._stub.__name__}({', '.join(self._names)})"


def _incorrect(message: str) -> Verdict:
    return Verdict("incorrect", None, message)


def _fails_alike(readings: list[Reading], behaviour: list[Reading], differing: list[int]) -> bool:
    """Both raise the same errors, and the behaviour agrees on every input on which the answer is right."""
    right = set(range(len(readings))) - set(differing)
    errors = _errors(readings)
    return bool(errors) and _errors(behaviour) == errors and all(alike(readings[k], behaviour[k]) for k in right)


def _errors(readings: list[Reading]) -> dict[int, str]:
    """Errors, with their words, by the number of the input that raised them."""
    return {k: reading for k, reading in enumerate(readings) if is_raised(reading)}


def _misconceived(fitting: list[Misconception], more: bool) -> Verdict:
    message = "\n\n".join(misconception.sentence for misconception in fitting)
    if len(fitting) > 1:
        message = f"Your answer behaves as if one of these were so:\n\n{message}"
    if more:
        message += "\n\nMend this first; on one input there is something else, and the next check will name it."
    return Verdict("incorrect", " or ".join(misconception.id for misconception in fitting), message)


def _copy(name: str) -> str:
    return f"Whoever passed it finds other data there afterwards; work on a copy, `{name} = {name}.copy()`."


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _definition(function: Callable) -> tuple[list[str], ast.FunctionDef]:
    source = inspect.getsource(function)
    return source.splitlines(), ast.parse(source).body[0]


def _sentence(function: Callable) -> str:
    _, definition = _definition(function)
    sentence = " ".join((ast.get_docstring(definition) or "").split())
    if not sentence:
        raise ValueError(f"{function.__name__} has no docstring: write there what its author is told.")
    return sentence


def _cell(stub: Callable, function: Callable) -> str:
    """The stub's head and docstring over the function's body, with the import that it needs."""
    lines, definition = _definition(function)
    body = "\n".join(lines[definition.body[0].end_lineno :])
    head, definition = _definition(stub)
    head = "\n".join(head[: definition.body[0].end_lineno])
    imports = "import numpy as np\n\n\n" if re.search(r"\bnp\.", body) else ""
    return f"{imports}{head}\n{body}\n"
