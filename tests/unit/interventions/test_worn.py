"""Glasses, lenses, masks and what is behind the head: gradual, to both ends, and nothing else changes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import Head

WORN = {"glasses": ("glasses", 0.6), "sunglasses": ("lens_tint", 1.0), "mask": ("mask", 1.0)}


@pytest.mark.parametrize("name", WORN)
def test_only_its_own_field_changes_in_a_straight_line(name: str) -> None:
    head = Head(age=50, glasses=0.4 if name == "sunglasses" else 0.0)
    field, end = WORN[name]
    for strength in (0.0, 0.25, 0.6, 1.0):
        changed = interventions.get(name).edit(head, strength)
        assert getattr(changed, field) == pytest.approx(end * strength)
        others = [item.name for item in fields(Head) if item.name != field]
        assert all(getattr(changed, other) == getattr(head, other) for other in others)


@pytest.mark.parametrize("name", WORN)
def test_what_is_worn_comes_off(name: str) -> None:
    head = Head(glasses=0.9, lens_tint=0.9, mask=0.9)
    field, _ = WORN[name]
    assert getattr(interventions.get(name).edit(head, 1.0), field) == 0.0


def test_words_tell_where_it_goes() -> None:
    assert interventions.get("mask", to="up").clause == "a surgical mask is pulled up"
    assert interventions.get("glasses", to="off").edit(Head(glasses=0.2), 1.0).glasses == 0.0
    assert interventions.get("glasses", to=1.0).edit(Head(), 0.5).glasses == 0.5
    with pytest.raises(BadValueError, match="off, on"):
        interventions.get("glasses", to="upside down")


def test_lenses_need_glasses() -> None:
    sunglasses = interventions.get("sunglasses")
    assert not sunglasses.accepts(Head())
    assert sunglasses.accepts(Head(glasses=0.1))
    with pytest.raises(BadValueError, match="wears none"):
        sunglasses.edit(Head(), 0.5)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", WORN)
def test_the_property_rises_with_the_strength(name: str) -> None:
    head = Head(glasses=0.3 if name == "sunglasses" else 0.0)
    item = interventions.get(name)
    faces = [item.apply(head, strength) for strength in np.linspace(0, 1, 6)]
    told = properties.measure(faces, item.moves)[item.moves]
    assert (np.diff(told) > 0).all()


@pytest.mark.packages
def test_the_tint_of_no_lenses_is_unknown() -> None:
    table = properties.measure(
        [Head(lens_tint=1.0).render(48), Head(glasses=0.2).render(48)], ["lens_tint", "mask"]
    )
    assert np.isnan(table.lens_tint[0])
    assert table.lens_tint[1] == 0.0
    assert table["mask"].tolist() == [0.0, 0.0]


def test_the_background_fades_over() -> None:
    fade = interventions.get("background")
    assert fade.edit(Head(), 0.25).background == (("grey", 0.75), ("room", 0.25))
    assert fade.edit(Head(), 1.0).background == "room"
    assert fade.edit(Head(background="room"), 1.0).background == "grey"
    mixed = Head(background={"grey": 1, "blue": 3})
    assert interventions.get("background", to="blue").edit(mixed, 0.5).background == (
        ("blue", 0.875),
        ("grey", 0.125),
    )
    with pytest.raises(BadValueError, match="a background"):
        interventions.get("background", to="beach")


@pytest.mark.thorough
@pytest.mark.packages
def test_the_background_changes_step_by_step_and_the_face_not_at_all() -> None:
    fade = interventions.get("background", to="black")
    faces = [fade.apply(Head(hair="bald"), strength).image.astype(int) for strength in np.linspace(0, 1, 6)]
    assert (np.diff([face[:30, :30].mean() for face in faces]) < 0).all()
    assert all((face[80:150, 80:144] == faces[0][80:150, 80:144]).all() for face in faces)
