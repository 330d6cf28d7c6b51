"""`data.drawings`: what is kept comes back, and nothing that stands in the folder can cost a drawing."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils.data import digits, drawings


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


def drawn(number: int = 0) -> np.ndarray:
    return digits.bitmap(digits.load().test.images[number])


def names() -> list[str]:
    return sorted(path.name for path in drawings.folder().iterdir())


def test_the_folder_is_the_students_own(monkeypatch, tmp_path):
    assert drawings.folder() == tmp_path / "work" / "drawings"
    for unset in ("", None):
        monkeypatch.setenv("COURSE_WORK", unset) if unset is not None else monkeypatch.delenv("COURSE_WORK")
        assert drawings.folder().parts[-2:] == ("my-work", "drawings")
    assert "my-work/" in (drawings.repository() / ".gitignore").read_text().splitlines()


def test_before_the_first_drawing_there_is_nothing(work):
    kept = drawings.load()
    assert (len(kept), kept.bitmaps.shape, kept.notes) == (0, (0, 32, 32), ())
    assert drawings.to_digits(kept).images.shape == (0, 8, 8, 1)
    assert drawings.load_sketch() == (None, ()) and drawings.forget_last() is None
    assert not work.exists()


def test_what_is_kept_comes_back_in_its_order():
    labels = [3, 0, 9, 3, 7, 1, 2]
    paths = [drawings.keep(drawn(i), label, fit=i % 2 == 0) for i, label in enumerate(labels)]
    kept = drawings.load()
    assert kept.labels.tolist() == labels and kept.labels.dtype == np.int64
    assert kept.fitted.tolist() == [i % 2 == 0 for i in range(7)]
    assert kept.bitmaps.dtype == bool
    np.testing.assert_array_equal(kept.bitmaps, [drawn(i) for i in range(7)])
    assert names() == [path.name for path in paths]


def test_a_file_is_readable_text():
    lines = drawings.keep(drawn(), 4, fit=False).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "digit 4, as drawn" and len(lines) == 33
    assert {len(line) for line in lines[1:]} == {32} and set("".join(lines[1:])) == {"#", "."}
    assert drawings.keep(drawn(), 4).read_text(encoding="utf-8").startswith("digit 4\n")


def test_models_get_what_was_seen():
    drawings.keep(drawn(5), 2, fit=False)
    drawings.keep(drawn(5), 2, fit=True)
    mine = drawings.to_digits(drawings.load())
    assert mine.images.dtype == np.float32 and mine.writers.tolist() == [14, 14]
    np.testing.assert_array_equal(mine.images[0], digits.load().test.images[5])
    np.testing.assert_array_equal(mine.images[1], digits.reduce(drawn(5)))


@pytest.mark.parametrize("label", [10, -1, True, 3.0, "3", None])
def test_a_drawing_is_kept_as_a_digit(label):
    with pytest.raises(ValueError, match="digits 0 to 9; got the label"):
        drawings.keep(drawn(), label)
    assert len(drawings.load()) == 0


@pytest.mark.parametrize("bitmap", [np.zeros((32, 32)), np.ones((8, 8)), np.full((32, 32), 2)])
def test_what_is_no_drawing_is_not_kept(bitmap, work):
    with pytest.raises(ValueError):
        drawings.keep(bitmap, 3)
    assert not work.exists()


ROWS = ["." * 32] * 8 + ["." * 8 + "#" * 16 + "." * 8] * 16 + ["." * 32] * 8
DAMAGES = {
    "empty": b"",
    "half": "\n".join(["digit 3", *ROWS[:16]]).encode(),
    "too many rows": "\n".join(["digit 3", *ROWS, "." * 32]).encode(),
    "a short row": "\n".join(["digit 3", *ROWS[:31], "." * 31]).encode(),
    "other characters": "\n".join(["digit 3", *ROWS[:31], "." * 31 + "x"]).encode(),
    "no label": "\n".join(ROWS).encode(),
    "a bad label": "\n".join(["digit 12", *ROWS]).encode(),
    "a label in other numerals": "\n".join(["digit ٣", *ROWS]).encode(),
    "a sketch": "\n".join(["sketch", *ROWS]).encode(),
    "no ink": "\n".join(["digit 3", *["." * 32] * 32]).encode(),
    "hardly any ink": "\n".join(["digit 3", "#" + "." * 31, *["." * 32] * 31]).encode(),
    "not UTF-8": b"digit 3\n\xff\xfe",
    "zeros": bytes(1063),
}


LINES = ["digit 3, as drawn", *ROWS]
EDITED = {
    "marked as UTF-8": b"\xef\xbb\xbf" + "\n".join(LINES).encode(),
    "Windows": "\r\n".join([*LINES, ""]).encode(),
    "marked, Windows": b"\xef\xbb\xbf" + "\r\n".join([*LINES, "", ""]).encode(),
    "blank lines at the end": "\n".join([*LINES, "", "  ", "\t", ""]).encode(),
    "blanks after lines": "\n".join(f"{line}  " for line in LINES).encode(),
    "no end of the last line": "\n".join(LINES).encode(),
}


@pytest.mark.parametrize("kind", EDITED)
def test_what_an_editor_leaves_is_still_a_drawing(kind):
    drawings.keep(drawn(), 3)
    path = drawings.folder() / "20250101-000000-000000-abcd.txt"
    path.write_bytes(EDITED[kind])
    (drawings.folder() / "sketch.txt").write_bytes(EDITED[kind].replace(b"digit 3", b"sketch"))
    kept, (sketch, notes) = drawings.load(), drawings.load_sketch()
    assert (kept.notes, notes, kept.labels.tolist(), kept.fitted.tolist()) == ((), (), [3, 3], [False, True])
    for bitmap in (kept.bitmaps[0], sketch.bitmap):
        np.testing.assert_array_equal(bitmap, np.array([list(row) for row in ROWS]) == "#")
    assert path.read_bytes() == EDITED[kind] and not sketch.fit


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_set_aside_and_named(kind):
    drawings.keep(drawn(), 3)
    damaged = drawings.folder() / "20250101-000000-000000-abcd.txt"
    damaged.write_bytes(DAMAGES[kind])
    kept = drawings.load()
    assert len(kept) == 1
    (note,) = kept.notes
    assert damaged.name in note and note.endswith(f"{damaged.name}.damaged.")
    assert damaged.with_name(damaged.name + ".damaged").read_bytes() == DAMAGES[kind]
    assert drawings.load().notes == ()


def test_a_folder_and_a_second_damaged_file_are_set_aside_too():
    drawings.keep(drawn(), 3)
    path = drawings.folder() / "20250101-000000-000000-abcd.txt"
    path.mkdir()
    (path / "inside").write_text("kept")
    assert "no drawing" in drawings.load().notes[0]
    path.write_text("again")
    assert len(drawings.load().notes) == 1 and len(drawings.load()) == 1
    aside = [name for name in names() if name.endswith(".damaged")]
    assert len(aside) == 2 and (drawings.folder() / f"{path.name}.damaged" / "inside").read_text() == "kept"


def test_another_notebook_is_quicker_to_set_it_aside(monkeypatch):
    drawings.keep(drawn(), 3)
    (drawings.folder() / "20250101-bad.txt").write_text("bad")
    (drawings.folder() / "sketch.txt").write_text("bad")
    rename = drawings._rename

    def second(path, ending):
        rename(path, ending)
        return rename(path, ending)

    monkeypatch.setattr(drawings, "_rename", second)
    kept = drawings.load()
    assert (len(kept), kept.notes, drawings.load_sketch()) == (1, (), (None, ()))
    (drawings.folder() / "sketch.txt").write_text("sketch\n" + "\n".join(ROWS))
    drawings.save_sketch(drawings.Sketch(drawn()))
    np.testing.assert_array_equal(drawings.load_sketch()[0].bitmap, drawn())
    assert sum(name.endswith((".damaged", ".taken-back")) for name in names()) == 3


LOAD_MANY = """
from course_utils.data import drawings
for _ in range(200):
    for note in (*drawings.load().notes, *drawings.load_sketch()[1]):
        print(note)
"""


def test_several_notebooks_set_aside_at_once():
    drawings.keep(drawn(), 3)
    command = [sys.executable, "-c", LOAD_MANY]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(3)]
    wrong = 0
    while wrong < 200 and any(process.poll() is None for process in running):  # more would not fit into the pipes
        (drawings.folder() / f"2025-{wrong:05}.txt").write_text("bad")
        wrong += 1
        time.sleep(0.005)
    said = [line for process in running for line in process.communicate()[0].splitlines()]
    said += drawings.load().notes
    assert [process.returncode for process in running] == [0, 0, 0]
    assert wrong > 10 and len(said) == wrong
    assert all(line.endswith(".damaged.") for line in said)


def test_other_files_are_left_alone():
    drawings.keep(drawn(), 3)
    (drawings.folder() / "notes.txt").write_text("my own notes")
    assert (len(drawings.load()), drawings.load().notes) == (1, ())
    assert "notes.txt" in names()


KEEP_MANY = """
import numpy as np
from course_utils.data import drawings
square = np.zeros((32, 32), bool)
square[8:24, 8:24] = True
for _ in range(25):
    drawings.keep(square, 8)
    drawings.save_sketch(drawings.Sketch(square))
"""


def test_several_notebooks_keep_at_once():
    running = [subprocess.Popen([sys.executable, "-c", KEEP_MANY]) for _ in range(3)]
    while any(process.poll() is None for process in running):
        assert drawings.load().notes == () and drawings.load_sketch()[1] == ()
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(drawings.load()) == 75


def test_the_last_one_is_taken_back_but_not_lost():
    first, second = drawings.keep(drawn(0), 3), drawings.keep(drawn(1), 4)
    text = second.read_bytes()
    gone = drawings.forget_last()
    assert gone.name == f"{second.name}.taken-back" and gone.read_bytes() == text
    assert drawings.load().labels.tolist() == [3] and drawings.load().notes == ()
    assert drawings.forget_last().name.startswith(first.name)
    assert drawings.forget_last() is None


def test_another_notebook_is_quicker_to_take_it_back(monkeypatch):
    kept = [drawings.keep(drawn(i), 3) for i in range(2)]
    monkeypatch.setattr(drawings, "_files", lambda: [*kept, drawings.folder() / "20990101-gone.txt"])
    assert len(drawings.load()) == 2
    assert drawings.forget_last().name.startswith(kept[1].name)


@pytest.mark.parametrize("fit", [True, False])
def test_the_sketch_comes_back(fit):
    known = None
    for number in range(3):
        before, known = known, drawings.Sketch(drawn(number), fit)
        drawings.save_sketch(known, before)
    sketch, notes = drawings.load_sketch()
    np.testing.assert_array_equal(sketch.bitmap, drawn(2))
    assert (sketch.fit, notes, names()) == (fit, (), ["sketch.txt"])
    assert len(drawings.load()) == 0
    drawings.save_sketch(drawings.Sketch(np.zeros((32, 32), bool)), known)
    assert not drawings.load_sketch()[0].bitmap.any() and names() == ["sketch.txt"]


def test_another_sketch_is_set_aside_and_not_overwritten():
    for number in range(3):
        drawings.save_sketch(drawings.Sketch(drawn(number)))
    assert len(names()) == 3 and names()[0] == "sketch.txt"
    np.testing.assert_array_equal(drawings.load_sketch()[0].bitmap, drawn(2))


def test_a_sketch_has_the_size_of_the_pad():
    drawings.save_sketch(drawings.Sketch(drawn()))
    with pytest.raises(ValueError, match=r"32 × 32 pixels; got the shape \(3, 32\)"):
        drawings.save_sketch(drawings.Sketch(drawn()[:3]))
    np.testing.assert_array_equal(drawings.load_sketch()[0].bitmap, drawn())


def test_what_cannot_be_read_for_a_moment_is_not_set_aside(monkeypatch):
    kept = drawings.keep(drawn(), 3)
    drawings.save_sketch(drawings.Sketch(drawn(1)))
    with monkeypatch.context() as broken:
        broken.setattr(
            Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
        loaded = drawings.load()
        sketch, sketch_notes = drawings.load_sketch()
    assert len(loaded) == 0 and sketch is None
    assert "cannot be read now: Permission denied" in loaded.notes[0] and "cannot be read now" in sketch_notes[0]
    assert kept.is_file() and len(drawings.load()) == 1
    assert any(name.startswith("sketch.txt") for name in names())


def test_a_damaged_sketch_is_set_aside():
    drawings.save_sketch(drawings.Sketch(drawn()))
    (drawings.folder() / "sketch.txt").write_text("sketch\n...")
    sketch, (note,) = drawings.load_sketch()
    assert sketch is None and "sketch.txt" in note and names() == ["sketch.txt.damaged"]
    assert drawings.load_sketch() == (None, ())


@pytest.mark.parametrize("level", ["work", "drawings"])
def test_a_file_in_the_way_is_one_sentence(work, level):
    if level == "drawings":
        work.mkdir()
    (work if level == "work" else work / "drawings").write_text("a file")
    actions = [
        lambda: drawings.keep(drawn(), 3),
        lambda: drawings.save_sketch(drawings.Sketch(drawn())),
        drawings.load,
        drawings.forget_last,
        drawings.load_sketch,
    ]
    for action in actions:
        with pytest.raises(ValueError, match=r"Your drawings .* a file stands where a folder must be; move it away\."):
            action()
    assert (work if level == "work" else work / "drawings").read_text() == "a file"


def test_a_folder_that_cannot_be_written_is_one_sentence(monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drawings, "write_whole", full)
    with pytest.raises(ValueError, match=r"cannot be kept in .*: No space left on device\. Drawing goes on"):
        drawings.keep(drawn(), 3)


def test_what_cannot_be_renamed_is_said(monkeypatch):
    drawings.keep(drawn(), 3)
    (drawings.folder() / "20250101-bad.txt").write_text("bad")

    def refuse(path, ending):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(drawings, "_rename", refuse)
    (note,) = drawings.load().notes
    assert "20250101-bad.txt" in note and note.endswith("cannot be renamed either: Permission denied.")
    with pytest.raises(ValueError, match="cannot be taken back: Permission denied"):
        drawings.forget_last()
