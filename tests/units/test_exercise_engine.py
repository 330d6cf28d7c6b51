"""Whatever an answer does, its check comes back with a verdict that helps."""

import functools
import html.parser
import re
import signal
import sys
import threading
import time
import warnings
from fractions import Fraction

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from course_utils.exercises import convolution
from course_utils.exercises.engine import Exercise, Verdict
from course_utils.exercises.running import OutOfTime, within

# --- a small exercise -----------------------------------------------------------------------------------


def my_halves(numbers, offset):
    """Half of each of `numbers` (n,), plus `offset`."""
    raise NotImplementedError


def by_division(numbers, offset):
    """Divide."""
    return numbers / 2 + offset


def by_loop(numbers, offset):
    """One by one."""
    return np.array([number / 2 + offset for number in numbers])


def cuts_the_halves_off(numbers, offset):
    """You cut the halves off."""
    return numbers // 2 + offset


def rounds_down(numbers, offset):
    """You round down."""
    return np.floor(numbers / 2) + offset


def forgets_the_offset(numbers, offset):
    """You forget the offset."""
    return numbers / 2


def _cases():
    return [
        (np.array([1.0, 4.0, 2.5]), 1),
        (np.array([4.0, 2.0]), 0.5),
        (np.array([3, 5], dtype=np.uint8), 1),
        (np.arange(100.0), 2),
    ]


def halves(seconds=0.3):
    return Exercise(
        "test.halves",
        my_halves,
        right=[by_division, by_loop],
        wrong=[cuts_the_halves_off, rounds_down, forgets_the_offset],
        cases=_cases,
        situation="for {numbers} numbers and offset {offset}",
        hints=["Divide.", "Add."],
        insight="Well halved.",
        seconds=seconds,
    )


def check(answer, **settings):
    started = time.monotonic()
    verdict = halves(**settings).check(answer)
    assert time.monotonic() - started < 10
    assert isinstance(verdict, Verdict)
    return verdict


# --- what is said ---------------------------------------------------------------------------------------


def test_right_wrong_and_untouched():
    assert check(by_loop) == Verdict("correct", None, "Correct. Well halved.")
    assert check(forgets_the_offset) == Verdict("incorrect", "forgets_the_offset", "You forget the offset.")
    assert check(my_halves) == Verdict(
        "not attempted",
        None,
        "Not attempted yet. Replace the last line of `my_halves` and run its cell, then run this cell again. "
        "A first hint: `exercises.test.halves.hint()`.",
    )


def test_misconceptions_that_behave_alike_are_both_told():
    verdict = check(cuts_the_halves_off)
    assert verdict.misconception == "cuts_the_halves_off or rounds_down"
    assert verdict.message == (
        "Your answer behaves as if one of these were so:\n\nYou cut the halves off.\n\nYou round down."
    )


def test_a_second_slip_does_not_hide_the_first():
    def forgets_and_wraps(numbers, offset):
        return numbers / 2 if numbers.dtype != np.uint8 else -numbers

    verdict = check(forgets_and_wraps)
    assert verdict.misconception == "forgets_the_offset"
    assert verdict.message.startswith("You forget the offset.\n\nMend this first")


def narrow(numbers):
    """The numbers, unless they are bytes."""
    if numbers.dtype == np.uint8:
        raise ValueError("bytes are too narrow")
    return numbers


def forgets_to_halve(numbers, offset):
    """You forget to halve."""
    return narrow(numbers) + offset


def test_an_error_alone_is_no_belief():
    """Who is right where the believers are wrong believes something else, though both raise the same error."""
    exercise = halves()
    exercise._wrong = [forgets_to_halve]
    verdict = exercise.check(lambda numbers, offset: narrow(numbers) / 2 + offset)
    assert verdict.misconception is None
    assert "raises ValueError: bytes are too narrow" in verdict.message
    assert exercise.check(lambda numbers, offset: narrow(numbers) * 2 + offset).misconception == "forgets_to_halve"


def test_an_answer_is_asked_twice():
    def remembers(numbers, offset, calls=[]):  # noqa: B006
        calls.append(numbers)
        return numbers / 2 + offset + (len(calls) > 4)

    assert check(lambda numbers, offset: remembers(numbers, offset)).message.startswith(
        "For 3 numbers and offset 1 your answer is right, and wrong when it is asked once more."
    )


def test_an_unknown_mistake_is_shown_on_the_smallest_input():
    assert check(lambda numbers, offset: numbers / 2 - offset).message == (
        "First difference: for 2 numbers and offset 0.5 your answer has 1.5 at [0]; it should have 2.5.\n\n"
        "    numbers    [4., 2.]\n"
        "    offset     0.5\n"
        "    yours      [1.5, 0.5]\n"
        "    should be  [2.5, 1.5]"
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda n, o: (n / 2 + o)[None], "has shape (1, 2); it should have shape (2,)."),
        (lambda n, o: 3.5, "is one number; it should have shape (2,)."),
        (lambda n, o: n, "has 4 at [0]; it should have 2.5."),
        (lambda n, o: n * np.nan, "has nan at [0]; it should have 2.5. NaN means “not a number”"),
        (lambda n, o: (n * 0.6 + o).astype(int), "holds whole numbers only"),
        (lambda n, o: ((n / 2 + o) * 1.0007).astype(np.float16), "float16"),
        (lambda n, o: (n / 2 + o).astype(complex), "an array of complex128 where real numbers"),
        (lambda n, o: np.array(["a", "b"]), "an array of text where real numbers"),
        (lambda n, o: np.array([n, None], dtype=object), "an array of Python objects where real numbers"),
        (lambda n, o: 10**400, "returns a whole number of at least twenty digits"),
        (lambda n, o: Fraction(1, 2), "returns a Fraction; `float(…)` makes a plain number of it."),
        (lambda n, o: [[1, 2], [3]], "a list that makes no array"),
        (lambda n, o: list(n / 2 + o), "Your numbers are right, but they come as a list"),
        (lambda n, o: tuple(n / 2 + o), "but they come as a tuple"),
        (lambda n, o: None, "returns None. `print` only shows"),
        (lambda n, o: "half", "a string where numbers are asked for"),
        (lambda n, o: {1: 2}, "a dictionary where numbers"),
        (lambda n, o: (x for x in n), "a generator"),
        (lambda n, o: n[100], "IndexError: index 100 is out of bounds for axis 0 with size 2. In line "),
        (lambda n, o: 1 / 0, "ZeroDivisionError: division by zero. In line "),
        (lambda n, o: unknown, "NameError: name 'unknown' is not defined. In line "),  # noqa: F821
        (lambda n, o: np.ones(10**15), "your answer raises ArrayMemoryError: Unable to allocate"),
        (lambda n, o: sys.exit(), "raises SystemExit. In line "),
        (lambda n: n, "`my_halves(numbers, offset)`; your function takes `(n)`"),
        (lambda n, o, more: n, "your function takes `(n, o, more)`"),
        (None, "got None. Write its name and no parentheses"),
        (np.ones(3), "got an array. Write its name and no parentheses behind it: `check(my_halves)`"),
        (Verdict, "got the class Verdict"),
        ("my_halves", "not its name in quotation marks: `check(my_halves)`"),
    ],
)
def test_every_kind_of_wrong(answer, says):
    verdict = check(answer)
    assert verdict.status == "incorrect"
    assert verdict.misconception is None
    assert says in verdict.message, verdict.message


def generator(numbers, offset):
    yield from numbers


async def coroutine(numbers, offset):
    return numbers


def recursion(numbers, offset):
    return recursion(numbers, offset)


def raises_strangely(numbers, offset):
    class Strange(Exception):
        def __str__(self):
            raise RuntimeError

    raise Strange


def talks_of_addresses(numbers, offset):
    raise ValueError(f"{object()!r}\n\x1b[1mbold\x1b[0m {'long ' * 100}")


def test_stranger_kinds_of_wrong():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "`yield` where `return` belongs" in check(generator).message
        assert "`async`" in check(coroutine).message
        assert "raises RecursionError: maximum recursion depth exceeded" in check(recursion).message
        assert "raises Strange. In line" in check(raises_strangely).message
    message = check(talks_of_addresses).message
    assert "0x" not in message
    assert "<object object> bold long" in message
    assert len(message) < 450
    assert message.splitlines() == [message]


def test_other_dtypes_and_callables_are_welcome():
    assert check(lambda n, o: (n / 2 + o).astype(np.float32)).status == "correct"
    assert check(lambda n, o: np.ma.masked_array(n / 2 + o)).status == "correct"
    assert check(functools.partial(by_division)).status == "correct"
    assert check(functools.cache(lambda *_: 1)).status == "incorrect"
    assert check(lambda *arguments: by_division(*arguments)).status == "correct"


@pytest.mark.parametrize(("given", "what"), [((), "nothing"), ((by_loop, by_loop), "2 values")])
def test_a_check_takes_one_function(given, what):
    message = halves().check(*given).message
    assert message == f"`check` needs your function and nothing else, and got {what}: `check(my_halves)`."


def test_an_object_that_can_be_called_is_no_function():
    class Halver:
        def __call__(self, numbers, offset):
            return numbers / 2 + offset

    assert "got a Halver, which can be called but was not made with `def`." in check(Halver()).message


def test_a_check_inside_a_check_is_refused():
    exercise = halves()

    def checks_itself(numbers, offset):
        exercise.check(checks_itself)
        return numbers / 2 + offset

    message = exercise.check(checks_itself).message
    assert "`check` was called inside a check; take it out of your function." in message
    assert "`exercise.check(checks_itself)`" in message
    assert exercise.check(by_loop).status == "correct"


def test_whole_numbers_are_compared_exactly():
    count = convolution.count_weights
    assert count.check(lambda c, f, s: 1.0 * f * (s * s * c + 1)).status == "correct"
    assert count.check(lambda c, f, s: 1.00005 * f * (s * s * c + 1)).status == "incorrect"


def test_a_changed_input_is_noticed():
    def in_place(numbers, offset):
        result = numbers / 2 + offset
        numbers[0] = 0
        return result

    def in_place_and_wrong(numbers, offset):
        numbers *= 3
        return numbers

    assert check(in_place).message.startswith("Your result is right, but your answer changes `numbers`.")
    assert "work on a copy, `numbers = numbers.copy()`" in check(in_place_and_wrong).message


def test_printing_is_swallowed_and_mentioned(capfd):
    def prints(numbers, offset):
        print("x" * 10_000_000)
        print("warning", file=sys.stderr)
        return numbers / 2 + offset

    verdict = check(prints)
    assert verdict.status == "correct"
    assert verdict.message.endswith("What your function prints is hidden during the check; call it yourself to see it.")
    assert capfd.readouterr() == ("", "")


def test_an_answer_cannot_declare_itself_equal():
    class Agreeable:
        def __eq__(self, other):
            return True

    class Array(np.ndarray):
        def __eq__(self, other):
            return np.True_

        def __array_ufunc__(self, *_, **__):
            return np.True_

        def __array_function__(self, *_, **__):
            return np.True_

    assert "an Agreeable where numbers" in check(lambda n, o: Agreeable()).message
    assert "has 0 at [0]" in check(lambda n, o: np.zeros_like(n).view(Array)).message
    assert check(lambda n, o: (n / 2 + o).view(Array)).status == "correct"


def test_objects_that_defend_themselves():
    class Prickly:
        __class__ = property(lambda self: 1 / 0)

        def __array__(self, *_, **__):
            raise SystemExit

        def __call__(self, numbers, offset):
            return self

        @property
        def __name__(self):
            raise SystemExit

    assert check(Prickly()).status == "incorrect"
    assert "cannot be read" in check(lambda n, o: Prickly()).message


def test_a_students_strict_numpy_changes_nothing():
    with np.errstate(all="raise"), np.printoptions(precision=1, threshold=2), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(lambda n, o: n / 0).message.startswith("First difference: for 2 numbers and offset 0.5")
        assert np.geterr()["divide"] == "raise"


def test_the_same_answer_gets_the_same_words():
    answers = [forgets_the_offset, recursion, talks_of_addresses, lambda n, o: n, lambda n, o: n[9]]
    first, again = ([repr(check(answer, seconds=5)) for answer in answers] for _ in range(2))
    assert first == again


# --- time -----------------------------------------------------------------------------------------------


def loops(numbers, offset):
    while True:
        pass


def sleeps(numbers, offset):
    time.sleep(60)


def catches_exceptions(numbers, offset):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def catches_once(numbers, offset):
    try:
        time.sleep(60)
    except:  # noqa: E722
        time.sleep(60)


def prints_for_ever(numbers, offset):
    while True:
        print("again")


@pytest.mark.parametrize("answer", [loops, sleeps, catches_exceptions, catches_once, prints_for_ever])
def test_an_answer_that_does_not_come_back_is_stopped(answer):
    verdict = check(answer)
    assert verdict.status == "incorrect"
    assert verdict.message.startswith(
        "For 3 numbers and offset 1 your answer had not come back after 0.3 seconds, so it was stopped."
    )


@pytest.mark.seconds
def test_the_real_limit_is_below_ten_seconds():
    verdict = check(catches_exceptions, seconds=convolution.cross_correlate.seconds)
    assert "after 5 seconds" in verdict.message


@pytest.mark.parametrize("answer", [loops, sleeps, catches_exceptions, prints_for_ever])
def test_outside_the_main_thread_too(answer):
    verdicts = []
    worker = threading.Thread(target=lambda: verdicts.append(check(answer)))
    worker.start()
    worker.join(9)
    assert "had not come back after 0.3 seconds" in verdicts[0].message


def test_other_threads_give_other_verdicts_too():
    verdicts = []
    for answer in (by_loop, forgets_the_offset, recursion, my_halves):
        worker = threading.Thread(target=lambda answer=answer: verdicts.append(check(answer)))
        worker.start()
        worker.join(9)
    assert [verdict.status for verdict in verdicts] == ["correct", "incorrect", "incorrect", "not attempted"]


def test_the_students_interrupt_passes():
    def interrupted(numbers, offset):
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        check(interrupted)
    assert sys.stdout.write("") == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="timers are POSIX's")
def test_timer_and_handler_are_put_back():
    def handler(*_):
        pass

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        check(loops)
        check(by_loop)
        assert 40 < signal.getitimer(signal.ITIMER_REAL)[0] < 59.7
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_alarm_reaches_only_the_work():
    """Alarms that come after the work, while the caller's timer is put back, raise nothing."""
    finished = late = 0
    for _ in range(300):
        try:
            within(0.0005, lambda: sum(range(20_000)))
            finished += 1
        except OutOfTime:
            late += 1
    assert finished + late == 300
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_in_a_jupyter_kernel():
    cells = [
        "import time\n"
        "from course_utils.exercises import convolution\n"
        "exercise = convolution.cross_correlate\n"
        "exercise.seconds = 0.5\n"
        "exercise",
        "def mine(image, kernel):\n    while True:\n        time.sleep(0.1)",
        "exercise.check(mine)",
        "def mine(image, kernel):\n    print('here')\n    return image[7]",
        "exercise.check(mine)",
        "exercise.solution()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    outputs = [cell.outputs[0].data if cell.outputs else None for cell in book.cells]
    assert outputs[0]["text/plain"].startswith("Exercise convolution.cross_correlate: write")
    assert "had not come back after 0.5 seconds" in outputs[2]["text/plain"]
    assert "In line 3: `return image[7]`." in outputs[4]["text/plain"]
    assert "<code" in outputs[4]["text/html"]
    assert all(len(cell.outputs) <= 1 for cell in book.cells)
    assert outputs[5]["text/plain"] == convolution.cross_correlate.solution().rstrip()
    assert "```python" in outputs[5]["text/markdown"]


# --- looks ----------------------------------------------------------------------------------------------


class Text(html.parser.HTMLParser):
    """The text that remains when a page strips every style."""

    def __init__(self):
        super().__init__()
        self.text, self.open = "", []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_verdict_shows_itself():
    verdict = Verdict("incorrect", None, "Use `a < b` & more.\n\n    rows  [1]\n          [2]\n\nAgain.")
    assert repr(verdict) == "✗ Use `a < b` & more.\n\n    rows  [1]\n          [2]\n\nAgain."
    page = verdict._repr_html_()
    reader = Text()
    reader.feed(page)
    assert reader.text == "✗ Use a < b & more.    rows  [1]\n          [2]Again."
    assert not reader.open
    assert 'role="img" aria-label="incorrect"' in page
    assert all(re.search(r"var\(--jp-[\w-]+, ", variable) for variable in re.findall(r"var\([^)]*\)", page))


@pytest.mark.parametrize(("status", "mark"), [("correct", "✓"), ("incorrect", "✗"), ("not attempted", "○")])
def test_each_status_has_its_mark(status, mark):
    verdict = Verdict(status, None, "So it is.")
    assert repr(verdict) == f"{mark} So it is."
    assert f">{mark}</span> So it is.</p>" in verdict._repr_html_()


def test_a_hint_leads_to_the_next():
    exercise = halves()
    assert [str(exercise.hint()) for _ in range(3)] == [
        "Hint 1 of 2: Divide.",
        "Hint 2 of 2: Add. That was the last one. A right answer: `exercises.test.halves.solution()`.",
        "Hint 2 of 2: Add. That was the last one. A right answer: `exercises.test.halves.solution()`.",
    ]
    assert exercise.hint()._repr_markdown_() == str(exercise.hint())
