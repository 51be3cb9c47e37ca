"""The palsy's parts and synkinesis as interventions."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import interventions, properties
from facelib.editing.motion import FaceMotion
from facelib.errors import BadValueError
from facelib.faces import Face, Head, render_heads, sample_heads
from facelib.head.geometry.mesh import unit_weights
from facelib.interventions.palsy import Palsy, Synkinesis


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("parts", ["both", "dynamic", "resting"])
def test_a_palsy_grows_in_the_parts_asked_for(side: str, parts: str) -> None:
    change = interventions.get("palsy", side=side, parts=parts)
    grown = [change.edit(Head(), strength) for strength in (0.25, 1.0)]
    assert [head.palsy for head in grown] == [0.25, 1.0]
    assert {(head.palsy_side, head.palsy_parts) for head in grown} == {(side, parts)}


def test_without_a_word_the_head_says_which_parts() -> None:
    assert Palsy().edit(Head(palsy_parts="dynamic"), 0.5).palsy_parts == "dynamic"
    assert Palsy().edit(Head(palsy=0.3, palsy_parts="resting"), 0.5).palsy_parts == "resting"
    assert Palsy().edit(Head(), 0.5).palsy_parts == "both"


def test_a_palsy_does_not_change_its_parts_as_it_grows() -> None:
    with pytest.raises(BadValueError, match=r"has 'resting', not 'both'.*Choose 'resting' for the parts"):
        Palsy(parts="both").edit(Head(palsy=0.3, palsy_parts="resting"), 0.01)


def test_the_clause_says_side_and_parts() -> None:
    assert Palsy().clause == "a palsy of the left side grows"
    assert Palsy("right", "both").clause == "a palsy of the right side grows"
    assert Palsy(parts="dynamic").clause == "a palsy of the left side grows, in movement only"
    assert Palsy(parts="resting").clause == "a palsy of the left side grows, at rest only"
    assert Palsy().choices == {"side": ("left", "right"), "parts": ("both", "resting", "dynamic")}


@pytest.mark.parametrize("parts", ["all", "", 1, ["both"]])
def test_wrong_parts_are_refused(parts: object) -> None:
    with pytest.raises(BadValueError, match="both, resting, dynamic"):
        interventions.get("palsy", parts=parts)


def test_synkinesis_grows_from_the_heads_own_on_heads_with_a_palsy() -> None:
    change = interventions.get("synkinesis")
    head = Head(palsy=0.4, palsy_side="right", synkinesis=0.2)
    assert [change.edit(head, s).synkinesis for s in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.6, 1.0])
    assert change.edit(head, 1.0).replace(synkinesis=0.2) == head


def test_synkinesis_needs_a_palsy() -> None:
    change = Synkinesis()
    assert change.accepts(Head(palsy=0.1))
    assert not change.accepts(Head())
    assert not change.accepts(Face(np.zeros((8, 8, 3), np.uint8), np.zeros(4), np.zeros((2, 2))))
    assert "synkinesis" not in set(interventions.available(Head())["id"])
    assert "synkinesis" in set(interventions.available(Head(palsy=0.5))["id"])
    with pytest.raises(BadValueError, match="has none"):
        change.edit(Head(), 0.5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("parts", ["both", "dynamic", "resting", None])
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_the_units_of_a_photograph_weaken_and_sag_as_a_heads(
    side: str, parts: str | None, strength: float
) -> None:
    head = Head(expression={"mouthSmile": 0.8, "browInnerUp": 0.5, "jawOpen": 0.2, "eyeBlinkLeft": 0.4})
    motion = FaceMotion(unit_weights(head), np.zeros((0, 478, 2)), np.zeros((478, 2)), 0.0)
    change = Palsy(side=side, parts=parts)
    found = {name: value for name, value in change.units_of(motion, strength).items() if value}
    assert found == pytest.approx(unit_weights(change.edit(head, strength)))


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("parts", ["both", "dynamic", "resting"])
def test_the_measured_symmetry_falls_with_every_part(side: str, parts: str) -> None:
    change = interventions.get("palsy", side=side, parts=parts)
    heads = sample_heads(4, seed=515, expressions=("happy",))
    pictures = [render_heads([change.edit(head, s) for head in heads], 96) for s in (0, 0.25, 0.5, 0.75, 1)]
    scores = [properties.measure(faces, "symmetry").symmetry.to_numpy() for faces in pictures]
    assert (np.diff(scores, axis=0) < 0).all()
