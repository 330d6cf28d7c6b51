"""Grading on a Dask cluster of this machine's."""

import socket
import sys

import pytest
from grading_students import handed_in, right_answers

from course_utils.grading import cluster
from course_utils.grading.classes import Class
from course_utils.grading.cluster import grade_on_cluster
from course_utils.grading.submission import find_lesson

not_on_windows = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="grading needs Linux or macOS")


def silent(done, of):
    pass


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for k in range(6):
        (folder / f"{k}.ipynb").write_bytes(handed_in("01", right_answers("01") if k % 2 else {}))
    (folder / "6.ipynb").write_bytes(b"{")
    (folder / "7.ipynb").symlink_to("/etc/passwd")
    return Class(folder, find_lesson("01"), tmp_path / "out")


@pytest.fixture(scope="module")
def address():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as running:
        yield running.scheduler_address


def test_without_dask_a_sentence_says_what_to_install(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RuntimeError, match="pip install"):
        grade_on_cluster(course, "tcp://127.0.0.1:1", silent)


@not_on_windows
@pytest.mark.seconds
def test_a_cluster_grades_as_this_machine_does(course, address):
    counts = []
    verdicts = grade_on_cluster(course, address, lambda done, of: counts.append(done))
    assert [verdict["points"] for verdict in verdicts.values()] == [0, 4, 0, 4, 0, 4, 0, 0]
    assert "not JSON" in verdicts["6.ipynb"]["problem"] and "symbolic link" in verdicts["7.ipynb"]["problem"]
    assert counts == list(range(9))
    assert grade_on_cluster(course, address, silent) == verdicts


@not_on_windows
@pytest.mark.seconds
def test_workers_of_another_version_are_refused(course, address, monkeypatch):
    monkeypatch.setattr(cluster, "fingerprint", lambda lesson: "0" * 16)
    with pytest.raises(RuntimeError, match="another version"):
        grade_on_cluster(course, address, silent)


@not_on_windows
@pytest.mark.seconds
def test_no_scheduler_is_said(course, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(RuntimeError, match="no Dask scheduler at tcp://127"):
        grade_on_cluster(course, "tcp://127.0.0.1:9", silent)
