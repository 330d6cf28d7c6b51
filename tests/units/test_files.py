"""Files are written whole or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course_utils.files import write_whole


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
