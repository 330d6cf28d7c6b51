"""Files are written whole or not at all."""

import threading
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


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_writers_at_once_do_not_mix(tmp_path):
    path = tmp_path / "sketch.txt"
    texts = {letter * 100_000 for letter in "abcdef"}
    threads = [threading.Thread(target=write_whole, args=(path, text)) for text in texts for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts and len(there(tmp_path)) == 1
