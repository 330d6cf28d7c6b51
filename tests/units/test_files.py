"""Files are written whole or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from course_utils.files import as_npz, write_whole


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "lesson.ipynb"
    write_whole(path, "old ≈\n")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert there(tmp_path) == {"lesson.ipynb": "old ≈\n".encode()}
    write_whole(path, b"\x00new\r\n")
    assert there(tmp_path) == {"lesson.ipynb": b"\x00new\r\n"}


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "lesson.ipynb"
    write_whole(path, "old")

    def half(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError):
        write_whole(path, "new text")
    assert there(tmp_path) == {"lesson.ipynb": b"old"}


def test_what_cannot_be_renamed_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_writers_at_once_do_not_share_a_temporary_file(tmp_path, monkeypatch):
    """All write, and only then does any of them rename."""
    path, written, rename = tmp_path / "sketch.txt", threading.Barrier(4, timeout=20), Path.replace

    def after_all(self, target):
        written.wait()
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", after_all)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_whole, [path] * 4, "abcd"))
    assert path.read_text() in set("abcd") and len(there(tmp_path)) == 1


@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_come_back_as_they_were(tmp_path, compressed):
    path = tmp_path / "arrays.npz"
    path.write_bytes(as_npz({"numbers": [1, 2], "words": np.array(["a", "bc"])}, compressed))
    with np.load(path, allow_pickle=False) as file:
        assert {name: array.tolist() for name, array in file.items()} == {"numbers": [1, 2], "words": ["a", "bc"]}


def test_python_objects_are_not_stored():
    with pytest.raises(ValueError, match="second holds Python objects"):
        as_npz({"first": [1], "second": np.array([{}])})
