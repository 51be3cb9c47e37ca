"""Landlock asks the kernel first, and gives up what its version knows, no more and no less."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from facelib.models import landlock


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Any, tuple[int, ...]]]:
    """A kernel that notes the calls."""
    calls: list[tuple[int, Any, tuple[int, ...]]] = []

    def call(number: int, first: Any, *others: int) -> int:
        calls.append((number, first, others))
        return 99

    monkeypatch.setattr(landlock, "_call", call)
    monkeypatch.setattr(landlock.os, "close", lambda _: None)
    monkeypatch.setattr(landlock.ctypes, "CDLL", lambda _: _Library())
    return calls


class _Library:
    def prctl(self, *_: int) -> int:
        return 0


@pytest.mark.parametrize(
    ("version", "handled"),
    [
        (1, (0x1FFF,)),  # the values of LANDLOCK_ACCESS_* in the kernel's landlock.h, added up
        (2, (0x3FFF,)),
        (3, (0x7FFF,)),
        (4, (0x7FFF, 3)),
        (5, (0xFFFF, 3)),
        (6, (0xFFFF, 3, 3)),
        (7, (0xFFFF, 3, 3)),
        (40, (0xFFFF, 3, 3)),
    ],
)
def test_all_that_a_version_knows_is_given_up(
    version: int,
    handled: tuple[int, ...],
    asked: list[tuple[int, Any, tuple[int, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: version)
    assert landlock.give_up_files() == version
    (make, packed, (size, flags)), (restrict, ruleset, _) = asked
    assert (make, restrict, ruleset, flags) == (444, 446, 99, 0)
    assert struct.unpack(f"={size // 8}Q", packed) == handled


def test_nothing_is_called_where_there_is_none(
    asked: list[tuple[int, Any, tuple[int, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock.sys, "platform", "darwin")
    assert (landlock.abi(), landlock.give_up_files(), asked) == (0, 0, [])


def test_a_kernel_without_it_is_version_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "_call", lambda *_: -1)
    assert landlock.abi() == 0
