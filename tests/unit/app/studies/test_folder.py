"""What a session keeps is gone with it, however it ended."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

import pytest

from facelib.app.studies.folder import StudyFolder


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


@pytest.mark.thorough
def test_it_goes_with_its_object(room: Path) -> None:
    folder = StudyFolder()
    folder.of("explore").mkdir()
    assert len(list(room.iterdir())) == 1
    del folder
    gc.collect()
    assert not list(room.iterdir())


def test_each_hypothesis_has_a_folder_of_its_own_and_none_is_used_twice(tmp_path: Path) -> None:
    (tmp_path / "confirm-1").mkdir()
    folder = StudyFolder(tmp_path)
    assert folder.of("explore") == tmp_path
    assert folder.of("confirm") == folder.of("confirm") == tmp_path / "confirm-2"
    folder.begin_another()
    assert folder.of("confirm").name == "confirm-3"
    folder.delete()
    assert tmp_path.exists()
