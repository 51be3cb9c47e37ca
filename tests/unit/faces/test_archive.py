"""A zip is read without unpacking it; one that isn't safe is refused before anything is read."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadArchiveError, BadImageError
from facelib.faces import archive as module
from facelib.faces.archive import Archive


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that are there twice
        with zipfile.ZipFile(stream, "w", how) as archive:
            for name, content in files:
                archive.writestr(name, content, compress_type=how)
    return stream.getvalue()


WHOLE = packed(("a/1.png", b"one"), ("a/2.png", os.urandom(5000)), ("b/", b""), ("note.txt", b""))


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("face.png")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def changed(content: bytes, at: int, value: bytes) -> bytes:
    """Return a zip of one file with other bytes in its entry of the list, `at` bytes after its start."""
    start = content.rindex(b"PK\x01\x02") + at
    return content[:start] + value + content[start + len(value) :]


def test_its_files_are_read_by_name() -> None:
    archive = Archive(WHOLE)
    assert archive.names == ("a/1.png", "a/2.png", "note.txt")
    assert archive.read("a/1.png") == b"one"
    assert len(archive.read("a/2.png")) == 5000
    assert archive.read("note.txt") == b""


def test_a_file_is_opened_and_closed_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(WHOLE)
    archive = Archive(path)
    assert archive.read("a/1.png") == b"one"
    file = archive._file
    del archive
    assert file.closed
    assert list(tmp_path.iterdir()) == [path]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "not one": (lambda: b"PK but not a zip", "isn't a zip"),
    "nothing": (lambda: b"", "isn't a zip"),
    "truncated": (lambda: WHOLE[:-30], "isn't a zip"),
    "up": (lambda: packed(("../../etc/face.png", b"x")), "leads out"),
    "up inside": (lambda: packed(("a/../../face.png", b"x")), "leads out"),
    "up by backslashes": (lambda: packed(("..\\face.png", b"x")), "leads out"),
    "absolute": (lambda: packed(("/etc/face.png", b"x")), "leads out"),
    "drive": (lambda: packed(("C:\\face.png", b"x")), "leads out"),
    "cut name": (lambda: packed(("face.pngX.exe", b"x")).replace(b"pngX", b"png\0"), "leads out"),
    "link": (lambda: packed((link(), b"/etc/passwd")), "is a link"),
    "twice": (lambda: packed(("a.png", b"x"), ("a.png", b"y")), "several times: 'a.png'"),
    "nested": (lambda: packed(("more/faces.ZIP", WHOLE)), "is an archive itself"),
    "encrypted": (lambda: changed(packed(("a.png", b"x")), 8, b"\x01\x00"), "encrypted"),
    "other method": (lambda: packed(("a.png", b"x" * 99), how=zipfile.ZIP_LZMA), "other than deflate"),
    "bomb": (lambda: packed(("a.png", bytes(30_000_000))), "claims to hold 30 MB"),
    "claims a lot": (
        lambda: changed(packed(("a.png", b"x")), 24, struct.pack("<I", 2**31)),
        "claims to hold",
    ),
}


@pytest.mark.one_case
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_safe_is_refused_soon_and_in_little_memory(name: str) -> None:
    make, message = REFUSED[name]
    content = make()
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(BadArchiveError, match=message):
            Archive(content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000 + 3 * len(content)
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - start < 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that can't be measured, of Linux")
def test_a_file_that_cannot_be_read_is_answered_in_words() -> None:
    with pytest.raises(BadArchiveError, match="can't be read"):
        Archive("/proc/self/mem")


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    with pytest.raises(BadArchiveError, match="at most 3 files; this one has 4"):
        Archive(WHOLE)


def test_an_endless_list_of_files_is_never_read() -> None:
    entry = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
        + b"a"
    )
    count = module.MAX_DIRECTORY // len(entry) + 10
    many = entry * count
    content = many + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(many), 0, 0)
    start = time.perf_counter()
    with pytest.raises(BadArchiveError, match="the list of this one is far longer"):
        Archive(content)
    assert time.perf_counter() - start < 1


@pytest.mark.thorough
def test_a_large_picture_is_read_and_a_too_large_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    large = os.urandom(module.MAX_DIRECTORY + 1_000_000)
    content = packed(("large.png", large), ("small.png", b"x"), how=zipfile.ZIP_STORED)
    assert Archive(content).read("large.png") == large
    monkeypatch.setattr(module, "MAX_BYTES", 20_000_000)
    archive = Archive(content)
    with pytest.raises(BadImageError, match="at most 20 MB; this one has 25 MB"):
        archive.read("large.png")
    assert archive.read("small.png") == b"x"


def test_a_file_that_lies_about_its_size_gives_no_more_than_it_claims() -> None:
    content = changed(packed(("a.png", bytes(30_000_000))), 24, struct.pack("<I", 1000))
    archive = Archive(content)
    tracemalloc.start()
    try:
        with pytest.raises(BadImageError, match="damaged in the zip"):
            archive.read("a.png")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadArchiveError, match="no file"):
        Archive(tmp_path / "nothing.zip")
    with pytest.raises(BadArchiveError, match="a file or its bytes; got 5"):
        Archive(5)  # type: ignore[arg-type]


@pytest.mark.thorough
@given(st.data())
@settings(max_examples=200, deadline=20_000)
def test_wrong_bytes_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    read_all(bytes(content))


@given(st.binary(max_size=300), st.sampled_from([b"", WHOLE[-22:], WHOLE[-400:]]))
@settings(max_examples=100, deadline=20_000)
def test_any_bytes_are_answered(noise: bytes, end: bytes) -> None:
    read_all(noise + end)


def read_all(content: bytes) -> None:
    """Read all files of a zip; what is wrong is said in words."""
    with suppress(BadArchiveError):
        archive = Archive(content)
        for name in archive.names:
            with suppress(BadImageError):
                assert len(archive.read(name)) <= module.MAX_BYTES
