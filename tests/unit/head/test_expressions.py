"""Face units, their sides, and the two sets of expressions."""

from __future__ import annotations

import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.head.expressions import COMMON, EXPRESSIONS, FACE_UNITS, SPLIT, activations, expand

EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")


def test_there_are_52_units() -> None:
    assert len(FACE_UNITS) == 52 == len(set(FACE_UNITS))
    assert {"tongueOut", "browInnerUp", "mouthSmileLeft", "jawOpen"} <= set(FACE_UNITS)


@pytest.mark.parametrize("name", ["tuned", "facs"])
def test_each_set_has_the_seven_expressions_of_known_units(name: str) -> None:
    assert tuple(EXPRESSIONS[name]) == EMOTIONS
    for recipe in EXPRESSIONS[name].values():
        assert set(recipe) <= set(FACE_UNITS)
        assert all(0 < value <= 1 for value in recipe.values())
        for unit, value in recipe.items():  # nobody's expression is lopsided by itself
            if unit.endswith("Left") and unit not in COMMON:
                assert recipe[f"{unit.removesuffix('Left')}Right"] == value


def test_facs_neutral_is_no_expression() -> None:
    assert EXPRESSIONS["facs"]["neutral"] == {}


def test_a_side_acts_on_its_half_only() -> None:
    units = activations({"mouthSmile": 0.8, "cheekPuff": 0.5, "jawOpen": 0.6}, left=0.25, right=1.0)
    assert units["mouthSmileLeft"] == (0.2, 0.0)
    assert units["mouthSmileRight"] == (0.0, 0.8)
    assert units["cheekPuff"] == (0.125, 0.5)
    assert units["jawOpen"] == (0.375, 0.375)  # the jaw is one bone: the mean of both sides
    assert set(units) == set(FACE_UNITS)
    assert not {*SPLIT} & {*COMMON}


def test_intensity_scales_everything() -> None:
    full, half = activations({"browDown": 0.8}), activations({"browDown": 0.8}, intensity=0.5)
    assert half["browDownLeft"][0] == full["browDownLeft"][0] / 2


def test_wrong_units_say_so() -> None:
    with pytest.raises(UnknownNameError, match="mouthSmirk"):
        expand({"mouthSmirk": 0.5})
    with pytest.raises(BadValueError, match=r"between 0 and 1; got 1\.5"):
        expand({"mouthSmile": 1.5})
