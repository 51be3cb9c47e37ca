from __future__ import annotations

from pathlib import Path

import pytest

from facelib.utilities.kept_files import kept


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    return tmp_path / "compiled"


def test_made_once() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"content"

    assert [kept("a.txt", make), kept("a.txt", make)] == [b"content", b"content"]
    assert made == [1]


def test_nothing_half_written_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        kept("a.txt", lambda: b"content")
    assert list(folder.iterdir()) == []
