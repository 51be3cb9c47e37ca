"""Every single bit of what is sealed: none flips without being noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from facelib.studies.engine.checksums import DamagedError, check, named, sealed, unsealed

CONTENT = {"kind": "interventional", "settings": {"delta": 0.1, "label": None, "ä": ["β", 3]}, "n": 0}


def test_what_is_sealed_comes_back() -> None:
    assert unsealed(sealed(CONTENT)) == (CONTENT, True)
    assert unsealed(b'{"kind": "old", "format": 1}') == ({"kind": "old", "format": 1}, False)


def test_every_bit_of_json_counts() -> None:
    text = sealed(CONTENT)
    for place in range(len(text)):
        for bit in range(8):
            flipped = bytearray(text)
            flipped[place] ^= 1 << bit
            with pytest.raises(DamagedError):
                unsealed(bytes(flipped))


@pytest.mark.parametrize("end", [0, 1, 40, -1])
def test_json_that_was_cut_off_is_damaged(end: int) -> None:
    with pytest.raises(DamagedError):
        unsealed(sealed(CONTENT)[:end])


@pytest.mark.parametrize("text", [b"[]", b"null", b"3", b'"a"', b"[" * 100_000, b"\xff", b""])
def test_what_is_no_json_of_names_and_values_is_told(text: bytes) -> None:
    with pytest.raises(DamagedError):
        unsealed(text)


def test_every_bit_of_a_named_file_counts() -> None:
    content = bytes(range(64))
    path = Path(named("units", content))
    assert check(path, content)
    assert not check(Path("units.parquet"), content), "of the first format"
    assert not check(Path("grid-0123456789abcdef.parquet"), content)
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            with pytest.raises(DamagedError, match="isn't that of its content"):
                check(path, bytes(flipped))
