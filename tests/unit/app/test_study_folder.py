"""What a session keeps is gone with it, however it ended."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from facelib.app.study_folder import PREFIX, StudyFolder, remove, sweep


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nothing_is_made_before_something_is_written(room: Path) -> None:
    folder = StudyFolder()
    assert folder.known("explore") is None
    assert not list(room.iterdir())
    explore = folder.of("explore")
    assert folder.known("explore") == explore
    assert explore.parent.parent == room


def test_it_goes_with_its_object(room: Path) -> None:
    folder = StudyFolder()
    folder.of("explore").mkdir()
    assert len(list(room.iterdir())) == 1
    del folder
    gc.collect()
    assert not list(room.iterdir())


def test_it_goes_while_something_is_still_written_there(room: Path) -> None:
    folder = room / "busy"
    end = time.monotonic() + 0.4

    def write() -> None:
        number = 0
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                (folder / f"{number}.part").write_bytes(b"rows")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    while writer.is_alive():
        remove(folder)
    remove(folder)
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_that_of_living_ones_is_not(room: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        names = (f"{killed.pid}-x", f"{os.getpid()}-x", "notes")
        left, living, other = (room / f"{PREFIX}{name}" for name in names)
        for folder in (left, living, other):
            folder.mkdir()
            (folder / "rows").write_bytes(b"rows")
        sweep()
        assert left.exists()
        killed.kill()
    sweep()
    assert not left.exists()
    assert living.exists()
    assert other.exists()


def test_each_hypothesis_has_a_folder_of_its_own_and_none_is_used_twice(tmp_path: Path) -> None:
    (tmp_path / "confirm-1").mkdir()
    folder = StudyFolder(tmp_path)
    assert folder.of("explore") == tmp_path
    assert folder.of("confirm") == folder.of("confirm") == tmp_path / "confirm-2"
    folder.begin_another()
    assert folder.of("confirm").name == "confirm-3"
    folder.delete()
    assert tmp_path.exists()
