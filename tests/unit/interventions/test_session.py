"""Interventions that a user brings along are found by their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib import interventions
from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face
from facelib.interventions import INTERVENTIONS, PictureIntervention, add
from facelib.interventions.intervention import Cost
from facelib.interventions.session import check_moves, slug


@dataclass(frozen=True)
class Nothing(PictureIntervention):
    times: int = 1

    id: ClassVar[str] = "nothing_at_all"
    title: ClassVar[str] = "nothing at all"
    group: ClassVar[str] = "Ours"
    cost: ClassVar[Cost] = "pixels"
    description: ClassVar[str] = "Nothing happens."
    sentence: ClassVar[str] = "nothing happens"

    def _change(self, face: Face, strength: float) -> Face:  # noqa: ARG002
        return face


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(INTERVENTIONS, "_items", dict(INTERVENTIONS._items))


def test_an_own_class_joins_the_list() -> None:
    added = add(Nothing())
    assert interventions.get("nothing_at_all") is added
    assert interventions.get("nothing_at_all", times=2) == Nothing(2)
    assert "nothing_at_all" in set(interventions.available()["id"])


def test_the_same_again_is_fine_and_another_is_not() -> None:
    first = add(Nothing())
    assert add(Nothing()) is first
    with pytest.raises(BadValueError, match="already registered"):
        add(Nothing(2))
    for wrong in (Nothing, "palsy", None):
        with pytest.raises(BadValueError, match="Expected an intervention"):
            add(wrong)


def test_what_moves_is_a_property() -> None:
    check_moves(None)
    check_moves("symmetry")
    with pytest.raises(UnknownNameError, match="symmetry"):
        check_moves("symetry")


@given(st.text())
def test_slugs_are_ids(text: str) -> None:
    found = slug(text)
    assert slug(found) == found
    assert all(sign in "abcdefghijklmnopqrstuvwxyz0123456789_" for sign in found)
