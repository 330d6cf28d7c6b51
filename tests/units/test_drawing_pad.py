"""The drawing pad and its committee: rows as they are typed, what is kept and learned, undo, and what goes wrong."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from course_utils import explore
from course_utils.data import digits, drawings, mnist
from course_utils.explore import committee, pad_state
from course_utils.explore.committee import CNN, NEIGHBOURS, SVM
from course_utils.explore.pad import BLANK, bitmap_of, crop, place, read_rows

pad_module = import_module("course_utils.explore.drawing_pad")  # `explore` exports a function of the same name
State = pad_module.State
FIVE = pad_module.EXAMPLE


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


@pytest.fixture
def pad():
    return explore.drawing_pad()


def button(pad, name: str) -> None:
    next(action for action in pad.actions if action.name == name).widget.click()


def control(pad, name: str):
    return next(control.widget for control in pad.controls if control.name == name)


def stroke(pad, rows) -> None:
    """What the page sends when a stroke ends."""
    control(pad, "pad").value = "\n".join(rows)


# Rows of characters


@pytest.mark.parametrize(
    ("given", "times"), [(["#"], 32), (["##"] * 3, 10), (["#" * 8] * 8, 4), (["#" * 17], 1), (["#" * 32] * 32, 1)]
)
def test_small_rows_are_enlarged_and_stand_in_the_middle(given, times):
    ink = bitmap_of(read_rows(given))
    assert ink.sum() == len(given) * len(given[0]) * times**2
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    for places in (rows, columns):
        assert abs(places[0] - (31 - places[-1])) <= 1


def test_every_character_becomes_a_square():
    rows = read_rows(["#.", ".#"])
    assert rows == ("#" * 16 + "." * 16,) * 16 + ("." * 16 + "#" * 16,) * 16
    assert read_rows("  #.\n  .#\n\n") == rows


@pytest.mark.parametrize("nothing", ["", "\n \n", [], (), ["." * 5], [""], ["", "  "], ["", "..", ".."]])
def test_nothing_is_an_empty_pad(nothing):
    assert read_rows(nothing) == BLANK
    assert explore.drawing_pad(nothing).state == State()


def test_blank_lines_around_rows_do_not_count():
    assert read_rows(["", " ", "#.", " .#", ""]) == read_rows("\n\n#.\n.#\n \n") == read_rows(["#.", ".#"])
    assert place(["", "##"], 3, 4) == place(["##"], 3, 4)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("##\n#", "Row 2 has 1 characters and the first has 2"),
        ("##\n\n##", "Row 2 has 0 characters"),
        (["", "##", "", "##"], "Row 2 has 0 characters and the first has 2"),
        (b"##", "rows of # and"),
        (np.ones((32, 32)), "rows of # and"),
        ("#x", "Row 1 has the character “x”"),
        ("#.\n#0", "Row 2 has the character “0”"),
        ("#" * 33, "at most 32 rows of 32 characters; these are 1 of 33"),
        ("#\n" * 33, "these are 33 of 1"),
        ([1, 2], "rows of # and"),
        (3, "rows of # and"),
        ([["#"]], "rows of # and"),
    ],
)
def test_what_is_no_drawing_is_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_rows(given)


@pytest.mark.parametrize("where", [(31, 0), (0, 31), (-1, 0), (0.5, 0), (True, 0)])
def test_rows_must_fit_where_they_are_placed(where):
    with pytest.raises(ValueError, match="2 rows of 2 characters do not fit into 32 × 32"):
        place(["##", "##"], *where)


def test_what_was_cropped_can_be_placed_again():
    for state in (FIVE, State(), State(("#" * 32,) * 32), State(place(["#"], 31, 0))):
        assert place(*crop(state.rows)) == state.rows


# The state and its call


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(label=3, fit=False),
        State(digit=4, number=7),
        FIVE,
        replace(FIVE, fit=False, label=None, digit=9, number=3),
        State(place(["#" * 8] * 8, 0, 24), number=2),
        pad_module.load(State(), 7, 29),
        replace(pad_module.load(State(), 7, 29), fit=True, label=None),
        replace(pad_module.load(State(), 0, 0), label=8),
    ],
)
def test_the_call_makes_the_state_again(state):
    drawings.save_sketch(drawings.Sketch(bitmap_of(read_rows(["#"]))))  # a call with arguments asks for no sketch
    again = eval(pad_module.call(state), {"explore": explore})
    assert (again.state, again.error) == (state, "")


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint16])
def test_numpys_whole_numbers_are_whole(kind):
    asked = explore.drawing_pad(digit=kind(7), number=kind(29), label=kind(1))
    assert asked.state == replace(pad_module.load(State(), 7, 29), label=1)
    assert asked.call == "explore.drawing_pad(digit=7, number=29, label=1)"
    assert control(asked, "number").value == 29
    assert explore.drawing_pad(["##"], at=np.array([3, 4], kind)).state.rows == place(["##"], kind(3), kind(4))
    assert place(["##"], kind(3), kind(4)) == place(["##"], 3, 4)


def test_a_test_digit_is_called_by_its_name():
    assert pad_module.call(pad_module.load(State(), 7, 29)) == "explore.drawing_pad(digit=7, number=29)"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rows": ["ab"]}, "has the character “a”"),
        ({"rows": ["##"], "at": (0, 31)}, "do not fit"),
        ({"fit": 1}, "fit is 1; it must be True or False"),
        ({"label": 10}, "label is 10"),
        ({"digit": 10}, "digit is 10"),
        ({"digit": 7, "number": 99}, "number is 99; it must be a whole number from 0 to"),
        ({"digit": 0, "number": -1}, "number is −1"),
        ({"digit": 7.0}, "digit is 7.0; it must be a whole number from 0 to 9"),
        ({"number": 3}, "number is 3, but of which digit"),
        ({"number": 0}, "number is 0, but of which digit"),
        ({"rows": ["##"], "number": 3}, "number is 3, but of which digit"),
        ({"rows": ["##"], "digit": 7, "number": 99}, "number is 99; it must be a whole number from 0 to"),
        ({"at": (3, 4)}, r"at is \(3, 4\), but there are no rows"),
        ({"digit": 7, "at": (0, 0)}, r"at is \(0, 0\), but there are no rows"),
        ({"rows": ["##"], "at": 3}, "at is 3; it must be a row and a column"),
        ({"rows": ["##"], "at": (3,)}, r"at is \(3,\); it must be a row and a column"),
        ({"rows": ["##"], "at": (1, 2, 3)}, r"at is \(1, 2, 3\); it must be a row and a column"),
        ({"rows": ["##"], "at": "12"}, "at is '12'; it must be a row and a column"),
        ({"rows": ["##"], "at": {1, 2}}, "at is {1, 2}; it must be a row and a column"),
        ({"rows": ["##"], "at": (1.0, 2)}, r"at is \(1.0, 2\); it must be a row and a column"),
        ({"rows": ["##"], "at": (True, 2)}, r"at is \(True, 2\); it must be a row and a column"),
        ({"rows": ["##"], "at": (-1, 2)}, "do not fit"),
        ({"rows": 0}, "rows of # and"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore.drawing_pad(**arguments)


# What is seen


def test_every_test_digit_is_read_as_the_models_read_it_elsewhere():
    test, members = digits.load().test, committee.course()
    expected = [model.predict(test.images).argmax(axis=1) for model in members.models]
    for digit in range(10):
        rows = np.flatnonzero(test.labels == digit)
        assert pad_state.count(digit) == len(rows)
        for number in (0, len(rows) - 1):
            view = pad_module.compute(pad_module.load(State(), digit, number), members)
            np.testing.assert_array_equal(view.image, test.images[rows[number]])
            assert view.answers == [answers[rows[number]] for answers in expected]


@pytest.mark.seconds
def test_one_image_is_read_as_the_models_read_many():
    """Only the vote of neighbours at the same distance may go another way: a tree takes any of them."""
    yours = digits.load().validation[:40]
    for members in (committee.course(), committee.learn(yours)):
        images = np.concatenate([digits.load_all().images[::20], mnist.load().reduced[:20]])
        expected = np.stack([model.predict(images) for model in members.models], axis=1)
        read = np.stack([members.predict(image) for image in images])
        np.testing.assert_allclose(read[:, [SVM, CNN]], expected[:, [SVM, CNN]], rtol=0, atol=1e-6)
        differ = np.flatnonzero((read[:, NEIGHBOURS] != expected[:, NEIGHBOURS]).any(axis=1))
        assert len(differ) <= 3
        for row in differ:
            _, distances = members.nearest(images[row])
            assert distances[2] == distances[3]


def test_the_nearest_three_vote():
    members = committee.course()
    for image in digits.load().test.images:
        votes = np.bincount(members.nearest(image, 3)[0].labels, minlength=10)
        np.testing.assert_array_equal(members.predict(image)[NEIGHBOURS], votes / 3)


@pytest.mark.parametrize("image", [np.zeros((28, 28, 1)), np.zeros((64, 1)), np.full((8, 8, 1), 16.0)])
def test_the_committee_reads_images_only(image):
    with pytest.raises(ValueError, match=r"Images have the shape|Pixels lie between 0 and 1"):
        committee.course().predict(image)


def test_an_answer_waits_for_no_second_thread(pad):
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    seen, compute = [], pad._compute
    pad._compute = lambda state: seen.append(threads()) or compute(state)
    with threadpool_limits(2):
        pad.show(FIVE)
        assert (seen, threads()) == ([{1}], {2})


def test_what_is_sent_at_each_step_is_short(pad):
    pad.show(pad_module.load(State(), 8, 3))
    assert len(pad._picture.value) < 7000  # characters; 15,000 with a list of colours in each of six pictures


def test_the_nearest_are_the_nearest():
    members = committee.course()
    view = pad_module.compute(FIVE, members)
    distances = np.linalg.norm((members.train.images - view.image).reshape(len(members.train), -1), axis=1)
    assert view.distances == pytest.approx(np.sort(distances)[:5], abs=1e-5)
    found = np.linalg.norm((view.nearest.images - view.image).reshape(5, -1), axis=1)
    assert found == pytest.approx(view.distances, abs=1e-5)


def test_compute_changes_nothing():
    members = committee.course()
    before = [array.copy() for array in (members.train.images, members.train.labels)]
    views = [pad_module.compute(FIVE, members) for _ in range(2)]
    np.testing.assert_array_equal(views[0].probabilities, views[1].probabilities)
    for array, same in zip((members.train.images, members.train.labels), before, strict=True):
        np.testing.assert_array_equal(array, same)
    assert members.scores is None and not drawings.folder().exists()


@pytest.mark.parametrize("rows", [(), ["#"], ["###"] * 3])
@pytest.mark.parametrize("fit", [True, False])
def test_too_little_ink_is_a_good_state(pad, rows, fit):
    pad.show(State(place(rows, 4, 4), fit=fit))
    assert pad.error == "" and pad.state.rows == place(rows, 4, 4)
    if not rows:
        assert "The pad is empty" in pad._readout.value and pad.view.answers == []
    elif fit:
        assert "too little to be a digit" in pad._readout.value


def test_the_still_picture_of_an_empty_pad_says_that_it_is_an_example(pad):
    empty, drawn = (pad_module.still(pad_module.compute(s, committee.course())) for s in (State(), FIVE))
    assert "example" in empty.subfigs[0].get_suptitle() and "example" not in drawn.subfigs[0].get_suptitle()
    for figure in (empty, drawn):
        drawn_image = figure.subfigs[0].axes[0].images[0].get_array()
        np.testing.assert_array_equal(drawn_image, bitmap_of(FIVE.rows))


# Drawing, loading, typing, and undoing all of them


def test_a_stroke_is_read_and_remembered(pad):
    stroke(pad, FIVE.rows)
    assert pad.state == State(FIVE.rows) and pad.view.answers == [5, 5, 5]
    assert pad_module.drawing_pad().state == State(FIVE.rows)
    assert pad_module.drawing_pad().first == State()


@pytest.mark.seconds
def test_a_new_pad_opens_with_the_sketch_and_its_still_picture_stays(pad):
    picture = pad.portrait()
    pad.show(replace(FIVE, fit=False))
    again = explore.drawing_pad()
    assert (again.state, again.first) == (State(FIVE.rows, fit=False), State())
    assert again.portrait() == picture
    again.reset()
    assert again.state == State() and explore.drawing_pad().state.rows == FIVE.rows


def sketches() -> set[str]:
    """The drawings in the files of sketches, also of those set aside."""
    return {path.read_text().split("\n", 1)[1].rstrip() for path in drawings.folder().glob("sketch*")}


@pytest.mark.parametrize("leave", [lambda pad: pad.reset(), lambda pad: pad.start_puzzle(pad.puzzles[3])])
def test_reset_and_puzzles_cost_no_sketch(pad, leave):
    stroke(pad, FIVE.rows)
    leave(pad)
    assert explore.drawing_pad().state.rows == FIVE.rows
    other = read_rows(["#.", "##"])
    stroke(pad, other)
    assert explore.drawing_pad().state.rows == other
    assert sketches() == {"\n".join(FIVE.rows), "\n".join(other)}


def test_two_pads_cost_each_other_no_sketch(pad):
    second, other = explore.drawing_pad(), read_rows(["#.", "##"])
    stroke(pad, FIVE.rows)
    stroke(second, other)
    stroke(pad, BLANK)
    assert {"\n".join(FIVE.rows), "\n".join(other)} <= sketches()


def test_a_sketch_that_was_not_opened_is_not_overwritten(pad, monkeypatch):
    stroke(pad, FIVE.rows)
    with monkeypatch.context() as broken:
        broken.setattr(drawings, "load", lambda: (_ for _ in ()).throw(ValueError("cannot be read")))
        again = explore.drawing_pad()
    assert again.error == "cannot be read" and again.state == State()
    stroke(again, read_rows(["#.", "##"]))
    assert "\n".join(FIVE.rows) in sketches()


def test_a_test_digit_is_no_sketch_until_it_is_changed(pad):
    stroke(pad, FIVE.rows)
    control(pad, "digit").value = 9
    assert explore.drawing_pad().state.rows == FIVE.rows
    changed = pad_module.rub_out(pad.state, 0, 0, 16, 16)
    stroke(pad, changed.rows)
    assert explore.drawing_pad().state == State(changed.rows, fit=False)


def test_undo_takes_back_strokes_loads_clearing_and_typing(pad):
    button(pad, "undo")
    assert pad.error == "There is nothing to undo."
    seen = [pad.state]

    def step(change) -> None:
        change()
        assert pad.error == "" and pad.state != seen[-1]
        seen.append(pad.state)

    step(lambda: stroke(pad, FIVE.rows))
    step(lambda: stroke(pad, place(["#" * 9] * 9, 3, 3)))
    step(lambda: setattr(control(pad, "digit"), "value", 4))
    step(lambda: setattr(control(pad, "typed"), "value", "##\n#."))
    step(lambda: button(pad, "clear"))
    step(lambda: pad.start_puzzle(pad.puzzles[1]))
    step(lambda: pad.reset())
    for earlier in reversed(seen[:-1]):
        button(pad, "undo")
        assert (pad.error, pad.state.rows, pad.state.fit) == ("", earlier.rows, earlier.fit)
    button(pad, "undo")
    assert pad.error == "There is nothing to undo."


def test_undo_gives_a_drawing_back_with_what_was_said_of_it(pad):
    stroke(pad, FIVE.rows)
    control(pad, "fit").value = False
    control(pad, "label").value = 5
    button(pad, "undo")
    assert pad.state == State()
    stroke(pad, FIVE.rows)
    control(pad, "label").value = 5
    labelled = pad.state
    control(pad, "digit").value = 3
    control(pad, "digit").value = 8
    button(pad, "undo")
    assert pad.state == labelled


def test_leafing_through_test_digits_is_one_step(pad):
    stroke(pad, FIVE.rows)
    control(pad, "digit").value = 3
    for number in (1, 2, 3):
        control(pad, "number").value = number
    assert (pad.state.digit, pad.state.number, pad.state.label, pad.state.fit) == (3, 3, 3, False)
    button(pad, "undo")
    assert pad.state.rows == FIVE.rows and pad.state.fit


def test_no_digit_button_is_down_once_the_digit_is_changed(pad):
    control(pad, "digit").value = 9
    assert control(pad, "digit").value == 9 and pad.state.loaded
    stroke(pad, pad_module.rub_out(pad.state, 0, 0, 16, 16).rows)
    assert control(pad, "digit").value is None and not pad.state.loaded
    control(pad, "digit").value = 9
    assert pad.state.loaded


def test_the_text_follows_the_pad_and_the_pad_the_text(pad):
    stroke(pad, FIVE.rows)
    assert control(pad, "typed").value == "\n".join(FIVE.rows)
    control(pad, "typed").value = "#.\n.#"
    assert control(pad, "pad").value == "\n".join(read_rows(["#.", ".#"])) and control(pad, "typed").value == "#.\n.#"
    control(pad, "typed").value = "#.\n?"
    assert "“?”" in pad.error and pad.state.rows == read_rows(["#.", ".#"])
    button(pad, "clear")
    assert control(pad, "typed").value == "" and pad.error == ""


@pytest.mark.parametrize("start", [State(), FIVE])
def test_refused_text_stays_with_its_error(pad, start):
    pad.show(start)
    typed = control(pad, "typed")
    typed.value = "#.\n?"
    sentence = pad.error
    assert "“?”" in sentence
    for name, value in (("fit", False), ("label", 3), ("fit", True)):
        control(pad, name).value = value
        assert getattr(pad.state, name) == value
        assert (typed.value, pad.error, pad.state.rows) == ("#.\n?", sentence, start.rows)
    typed.value = "#.\n.?"
    assert "“?”" in pad.error
    typed.value = "#.\n.#"
    assert pad.error == "" and pad.state.rows == read_rows("#.\n.#")
    typed.value = "?"
    typed.value = "#.\n.#"  # what is on the pad already
    control(pad, "fit").value = False
    assert pad.error == ""


@pytest.mark.parametrize("start", [State(), FIVE])
@pytest.mark.parametrize(
    "leave",
    [
        lambda pad: setattr(control(pad, "digit"), "value", 4),
        lambda pad: stroke(pad, read_rows(["##", "#."])),
        lambda pad: button(pad, "clear"),
        lambda pad: pad.reset(),
        lambda pad: pad.start_puzzle(pad.puzzles[0]),
        lambda pad: pad.start_puzzle(pad.puzzles[1]),
    ],
)
def test_refused_text_makes_way_for_another_drawing(pad, start, leave):
    pad.show(start)
    control(pad, "typed").value = "#.\n?"
    leave(pad)
    assert pad.error == ""
    assert control(pad, "typed").value == ("" if pad.state.blank else "\n".join(pad.state.rows))
    control(pad, "fit").value = not pad.state.fit
    assert pad.error == ""


def test_refused_text_makes_way_for_undo(pad):
    stroke(pad, FIVE.rows)
    control(pad, "typed").value = "?"
    button(pad, "undo")
    assert (pad.error, control(pad, "typed").value) == ("", "")


def test_an_empty_pad_is_no_digit_any_more(pad):
    pad.show(FIVE)
    stroke(pad, BLANK)
    assert pad.state.label is None


def test_what_the_page_cannot_send_is_said(pad):
    for value in ("", "#", "\n".join(["x" * 32] * 32)):
        control(pad, "pad").value = value
        assert pad.error.endswith(".") and pad.state == State()


# Keeping and learning


@pytest.mark.seconds
def test_what_is_added_is_kept_learned_and_measured(pad):
    spoilt = replace(FIVE, label=1)
    before = pad_module.compute(spoilt, committee.course())
    pad.show(spoilt)
    button(pad, "add")
    assert pad.error == ""
    assert drawings.load().labels.tolist() == [1]
    assert (pad.view.nearest.labels[0], pad.view.nearest.writers[0], pad.view.distances[0]) == (1, 14, 0)
    for model in (committee.SVM, committee.NEIGHBOURS):
        assert pad.view.probabilities[model, 1] > before.probabilities[model, 1]
    network = pad.view.probabilities[committee.CNN], before.probabilities[committee.CNN]
    np.testing.assert_allclose(*network, atol=1e-6)  # multiplied by one thread here and by several there
    assert "and 1 of yours" in pad._picture.value and "a 1 by you" in pad._picture.value

    scores = pad.committee.scores
    strangers = mnist.load()
    for model, now in zip(pad.committee.models[::2], scores.now[::2], strict=True):  # the tree of k-NN takes seconds
        assert now == (model.predict(strangers.reduced).argmax(axis=1) == strangers.labels).sum()
    assert scores.now[committee.CNN] == scores.before[committee.CNN] and scores.total == len(strangers)
    assert f"{scores.before[0]:,} → {scores.now[0]:,}" in pad._picture.value


def test_what_was_kept_is_there_when_the_pad_opens_again(pad):
    pad.show(FIVE)
    button(pad, "add")
    again = explore.drawing_pad()
    assert len(again.committee.yours) == 1 and again.view.nearest.writers[0] == drawings.WRITER
    assert again.committee.scores is None
    button(again, "take_back")
    assert again.error == "" and not len(again.committee.yours) and len(drawings.load()) == 0
    assert again.committee.scores.now == again.committee.scores.before
    button(again, "take_back")
    assert again.error == "None of your drawings is in the training set."


def test_ten_strangers_of_each_class_help_with_the_others():
    strangers = mnist.load()
    rows = np.concatenate([np.flatnonzero(strangers.labels == label)[:10] for label in range(10)])
    scores = committee.measure(committee.learn(strangers.digits(rows))).scores
    for model in (committee.SVM, committee.NEIGHBOURS):
        assert scores.now[model] > scores.before[model] + 100 + 200  # they are among the 5,000 themselves


def test_a_vote_by_matrix_product_is_that_of_the_tree():
    members, images = committee.course(), mnist.load().reduced[:400]
    votes = committee.vote(images.reshape(400, -1), members.train.images.reshape(-1, 64), members.train.labels)
    tree = members.models[committee.NEIGHBOURS].predict(images)
    differ = votes != tree.argmax(axis=1)
    assert differ.sum() <= 2  # neighbours at exactly the same distance


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State(), "nothing on the pad"),
        (replace(FIVE, label=None), "Say first which digit this is"),
        (State(place(["#"], 3, 3), label=1), "too little to be a digit"),
        (pad_module.load(State(), 3, 4), "This is a test digit"),
    ],
)
def test_what_cannot_be_added_is_said(pad, state, sentence):
    pad.show(state)
    button(pad, "add")
    assert sentence in pad.error and len(drawings.load()) == 0


def test_a_drawing_is_added_once(pad):
    pad.show(FIVE)
    for _ in range(2):
        button(pad, "add")
    assert "added already" in pad.error and len(drawings.load()) == 1


def test_every_button_answers_in_every_state(pad):
    for action in pad.actions:
        for state in (pad.first, FIVE, *(puzzle.start for puzzle in pad.puzzles)):
            pad.show(state)
            action.widget.click()
            assert pad.error == "" or (pad.error.endswith(".") and "stumbled" not in pad.error), action.name
            assert {"course-action", f"control-{action.name}"} <= set(action.widget._dom_classes)


# What goes wrong


def test_a_fault_behind_a_button_reaches_the_eyes(pad, monkeypatch):
    def stumble(members):
        raise ImportError("no digits by strangers")

    monkeypatch.setattr(committee, "measure", stumble)
    pad.show(FIVE)
    button(pad, "add")
    assert pad.error == "This exploration stumbled: ImportError: no digits by strangers"
    assert len(pad.committee.yours) == 1 and "now read" not in pad._readout.value


def test_drawing_goes_on_where_nothing_can_be_kept(work):
    work.write_text("a file")
    pad = explore.drawing_pad()
    assert "cannot be read" in pad.error
    stroke(pad, FIVE.rows)
    assert "cannot be kept" in pad.error and pad.view.answers == [5, 5, 5]
    control(pad, "label").value = 5
    assert pad.error == ""
    button(pad, "add")
    assert "a file stands where a folder must be" in pad.error
    button(pad, "undo")
    assert pad.state.rows == BLANK and "cannot be kept" in pad.error


def test_a_damaged_drawing_is_named_when_the_pad_opens():
    path = drawings.keep(bitmap_of(FIVE.rows), 5)
    drawings.keep(bitmap_of(read_rows(["#."])), 1)
    path.write_text("damaged")
    pad = explore.drawing_pad()
    assert path.name in pad.error and len(pad.committee.yours) == 1
    assert explore.drawing_pad().error == ""


def test_a_damaged_sketch_is_named_when_the_pad_opens(pad):
    stroke(pad, FIVE.rows)
    (drawings.folder() / "sketch.txt").write_text("damaged")
    again = explore.drawing_pad()
    assert "sketch.txt" in again.error and again.state == State()


@pytest.mark.seconds
def test_strangers_are_not_read_before_they_are_needed():
    import subprocess
    import sys

    code = "import sys; from course_utils import explore; explore.drawing_pad(digit=3); print('mlxtend' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "False"
