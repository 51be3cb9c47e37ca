"""A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facelib.utilities.files import written_whole


def test_it_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.bin"
    with written_whole(target) as file:
        file.write(b"all of it")
        assert not target.exists()
    assert target.read_bytes() == b"all of it"
    assert list(target.parent.iterdir()) == [target]


def interrupted(target: Path) -> None:
    with written_whole(target) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no modes of files")
def test_who_may_read_it_is_as_of_any_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with written_whole(tmp_path / "ours") as file:
        file.write(b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="systems without modes")
def test_a_private_one_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("open to all")
    path.chmod(0o644)
    with written_whole(path, private=True) as file:
        assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
        file.write(b"of people")
    assert path.stat().st_mode & 0o777 == 0o600
