"""Grey and shorter hair, moles and freckles: gradual, to both ends, and nothing else changes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import Head, render_heads, sample_heads
from facelib.head.rendering.skin import brow_colour, hair_colour

AGES = (20.0, 50.0, 60.0, 76.0, 90.0)
SIDES = {"left": 1, "right": -1}


def test_grey_hair_starts_from_what_the_age_gives_and_goes_to_the_farther_end() -> None:
    change = interventions.get("grey_hair")
    for age, end in ((30.0, 1.0), (80.0, 0.0)):
        head = Head(age=age)
        shares = [change.edit(head, strength).greying for strength in (0.0, 0.25, 1.0)]
        assert shares == pytest.approx([head.greying, head.greying + 0.25 * (end - head.greying), end])
    assert interventions.get("grey_hair", to="coloured").edit(Head(age=70), 1.0).grey == 0.0
    assert interventions.get("grey_hair", to="grey").clause == "the hair becomes grey"


@pytest.mark.parametrize(
    ("name", "field"), [("grey_hair", "grey"), ("moles", "moles"), ("hair_length", "hair_length")]
)
def test_only_its_own_field_changes(name: str, field: str) -> None:
    head = Head(age=50, hair="long")
    changed = interventions.get(name).edit(head, 0.4)
    assert [
        item.name for item in fields(Head) if getattr(changed, item.name) != getattr(head, item.name)
    ] == [field]


@pytest.mark.parametrize("age", AGES)
def test_hair_and_brows_are_as_before_where_the_share_is_that_of_the_age(age: float) -> None:
    head = Head(age=age, hair_colour="black")
    same = head.replace(grey=head.greying)
    for colour in (hair_colour, brow_colour):
        np.testing.assert_array_equal(colour(same), colour(head))


@pytest.mark.parametrize("age", AGES)
def test_hair_and_brows_turn_grey_step_by_step_at_any_age(age: float) -> None:
    shares = np.linspace(0, 1, 21)
    heads = [Head(age=age, hair_colour="black", grey=float(share)) for share in shares]
    for colour, least in ((hair_colour, 1e-4), (brow_colour, 0.0)):  # brows wait for the hair
        steps = np.diff([colour(head).mean() for head in heads])
        assert steps.min() >= least
        assert 0 < steps.max() < 0.1 * steps.sum()


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "much"])
def test_a_share_outside_the_range_is_refused(share: object) -> None:
    with pytest.raises(BadValueError, match="head's grey between 0 and 1"):
        Head(grey=share)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="coloured, grey"):
        interventions.get("grey_hair", to=share)


def test_moles_keep_the_side_that_they_have() -> None:
    head = Head(moles=0.4, moles_side="right")
    assert interventions.get("moles").edit(head, 0.5).moles_side == "right"
    assert interventions.get("moles", side="left").edit(Head(), 0.5).moles_side == "left"
    change = interventions.get("moles", side="left")
    assert not change.accepts(head)
    with pytest.raises(BadValueError, match=r"on the right, not on the left\. Choose the same side"):
        change.edit(head, 0.5)
    assert change.clause == "moles and freckles appear or fade on the left"
    with pytest.raises(BadValueError, match="both, left, right"):
        interventions.get("moles", side="top")


@pytest.mark.packages
@pytest.mark.parametrize("side", SIDES)
def test_moles_of_one_side_leave_the_other_as_it_was(side: str) -> None:
    bare = Head(expression="neutral", light="frontal", seed=3, skin_tone=0.1)
    marked = interventions.get("moles", to="freckled", side=side).edit(bare, 1.0)
    change = np.abs(marked.render(256).image.astype(int) - bare.render(256).image).max(axis=2)
    own, other = change[:, 130:], change[:, :126]  # the person's left is the picture's right
    if side == "right":
        own, other = other, own
    assert own.max() > 60
    assert other.max() == 0


@pytest.mark.thorough
@pytest.mark.packages
def test_moles_make_the_picture_less_symmetric_and_leave_the_landmarks_alone() -> None:
    heads = [head.replace(pose=(0, 0, 0), light="frontal") for head in sample_heads(16, seed=21)]
    change = interventions.get("moles", to="freckled")
    names = ["appearance_symmetry", "symmetry", "moles"]
    bare, marked = (
        properties.measure(render_heads([change.edit(head, s) for head in heads]), names) for s in (0.0, 1.0)
    )
    assert marked.symmetry.tolist() == bare.symmetry.tolist()
    assert (marked.appearance_symmetry - bare.appearance_symmetry).mean() < -0.0005
    assert (marked.moles == 1).all()


@pytest.mark.packages
def test_grey_hair_is_told_of_heads_and_leaves_shape_and_skin_alone() -> None:
    head = Head(age=30, hair="short", expression="neutral")
    plain, grey = (head.replace(grey=share).render(128) for share in (None, 1.0))
    told = properties.measure([plain, grey, head.replace(age=76).render(48)], "grey_hair")["grey_hair"]
    assert told.tolist() == pytest.approx([0.0, 1.0, 0.95])
    np.testing.assert_array_equal(plain.landmarks, grey.landmarks)
    x, y = plain.landmarks[[50, 280, 199]].astype(int).T  # cheeks and chin
    np.testing.assert_array_equal(plain.image[y, x], grey.image[y, x])
    top = slice(0, int(plain.landmarks[10, 1]) - 6)
    assert grey.image[top].mean() > plain.image[top].mean() + 5


@pytest.mark.packages
def test_only_long_hair_has_a_length() -> None:
    change = interventions.get("hair_length")
    assert change.accepts(Head(hair="long"))
    assert not change.accepts(Head(hair="tied"))
    with pytest.raises(BadValueError, match=r"this head's is tied\. Give it long hair first"):
        change.edit(Head(hair="tied"), 0.5)
    faces = [Head(hair=style, hair_length=0.25).render(48) for style in ("long", "short")]  # type: ignore[arg-type]
    told = properties.measure(faces, "hair_length")["hair_length"]
    assert told[0] == 0.25
    assert np.isnan(told[1])
