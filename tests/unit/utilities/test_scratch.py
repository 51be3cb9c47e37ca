"""Temporary folders are private, and end with their process, however it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from facelib.utilities.scratch import folder_for, folders, in_use, new_folder, remove, sweep


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_closed_to_others_and_goes_with_its_block(room: Path) -> None:
    with folder_for("export") as folder, folder_for("export") as other:
        assert folder.parent == room
        assert folder != other
        assert folder.stat().st_mode & 0o077 == 0
        assert folders() == sorted([folder, other])
        assert in_use(folder)
    assert not folders()
    assert not list(room.iterdir())


@pytest.mark.thorough
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
    make = "from facelib.utilities.scratch import new_folder; print(new_folder('study'), flush=True); input()"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", make],
        stdin=pipe,
        stdout=pipe,
        text=True,
        env=os.environ | {"TMPDIR": str(room)},
    ) as killed:
        assert killed.stdout is not None
        left, living = Path(killed.stdout.readline().strip()), new_folder("study")
        other = room / "facelib-patients-2024-export"  # somebody's own, that only looks like ours
        other.mkdir()
        for folder in (left, living, other):
            (folder / "rows").write_bytes(b"rows")
        sweep()
        assert left.exists()
        killed.kill()
    sweep()
    assert not left.exists()
    assert living.exists()
    assert other.exists()
    remove(living)


def test_the_lock_counts_not_the_number_of_the_process(room: Path) -> None:
    """A number may be taken again by another process, or belong to one of another container."""
    ours = new_folder("study")
    dead = room / f"facelib-study-{os.getpid()}-x"
    dead.mkdir()
    (dead / ".lock").touch()
    code = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1]; "
        "from facelib.utilities.scratch import *; sweep()"
    )
    strange = ours.rename(room / "facelib-study-999999999-x")
    subprocess.run([sys.executable, "-c", code, str(room)], check=True, timeout=120)
    assert strange.exists()
    assert not dead.exists()
    remove(strange)


def test_strangers_folders_are_never_taken_for_ours(room: Path) -> None:
    elsewhere = room / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rows").touch()
    for name in ("facelib-notes", "facelib-study-x-y", "facelib-open-abc", "facelib-1-2"):
        (room / name).mkdir()
    (room / "facelib-study-999999998-x").symlink_to(elsewhere)
    sweep()
    assert (elsewhere / "rows").exists()
    assert len(list(room.iterdir())) == 6
