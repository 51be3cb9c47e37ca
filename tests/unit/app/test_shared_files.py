"""Files that sessions share: whole or not there, private, and within their room."""

from __future__ import annotations

import os
import pickle
import stat
import time
from pathlib import Path

import pytest

from facelib.app.shared_files import SharedFiles


@pytest.fixture
def files(tmp_path: Path) -> SharedFiles:
    return SharedFiles(tmp_path, 1000)


def test_what_is_kept_is_found_by_another_session(files: SharedFiles, tmp_path: Path) -> None:
    assert files.find("sweep", "ab") is None
    files.keep("sweep", "ab", b"numbers")
    found = SharedFiles(tmp_path).find("sweep", "ab")
    assert found is not None
    assert found.read_bytes() == b"numbers"
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert files.find("sweep", "a") is None
    assert files.find("placebos", "ab") is None


def test_the_newest_takes_the_place_of_the_others(files: SharedFiles, tmp_path: Path) -> None:
    for number in range(3):
        files.keep("placebos", "ab", bytes([number]))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"\2"]


@pytest.mark.parametrize("damage", [b"", b"number", b"numbers and more", b"NUMBERS"])
def test_a_damaged_file_isnt_there_any_more(files: SharedFiles, tmp_path: Path, damage: bytes) -> None:
    files.keep("sweep", "ab", b"numbers")
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert files.find("sweep", "ab") is None
    assert not path.exists()


def test_links_names_of_strangers_and_folders_are_no_files(files: SharedFiles, tmp_path: Path) -> None:
    files.keep("sweep", "ab", b"numbers")
    (path,) = tmp_path.iterdir()
    moved = tmp_path / "elsewhere"
    path.rename(moved)
    path.symlink_to(moved)
    (tmp_path / "sweep-ab-x.safetensors").write_bytes(b"numbers")
    assert files.find("sweep", "ab") is None


def test_there_are_never_more_than_there_is_room_for(files: SharedFiles, tmp_path: Path) -> None:
    for number in range(4):
        files.keep("sweep", f"{number}", bytes(300))
        os.utime(next(tmp_path.glob(f"sweep-{number}-*")), (number, number))
        if number == 2:
            assert files.find("sweep", "0") is not None  # asked for lately: it stays
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000
    assert files.find("sweep", "0") is not None
    assert files.find("sweep", "1") is None
    files.keep("sweep", "large", bytes(1001))
    assert files.find("sweep", "large") is None
    assert files.find("sweep", "0") is not None


def test_a_full_disk_is_no_error(files: SharedFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facelib.app.shared_files.written_whole", full)
    files.keep("sweep", "ab", b"numbers")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_ever_unpickled(files: SharedFiles, tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'harm'}",)

    from facelib.errors import ReadError
    from facelib.studies.sweeps.files import read_placebos

    files.keep("placebos", "ab", pickle.dumps(Harm()))
    path = files.find("placebos", "ab")
    assert path is not None
    with pytest.raises(ReadError, match="holds no sweep"):
        read_placebos(path, [])
    time.sleep(0.05)
    assert not (tmp_path / "harm").exists()
