"""Split-face reading: by hand, what mirrors do to it, what is known by construction, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import facelib
from facelib import classifiers, studies
from facelib.errors import BadValueError, FacelibError
from facelib.faces import Face, Head
from facelib.faces.landmarker import UNITS, find_landmarks, read_face_units
from facelib.interventions.symmetry import Symmetrise, flipped
from facelib.studies.halves import OUTPUT_COLUMNS, UNIT_COLUMNS, Halves, of_half, read_halves

MODELS = ("known_unbiased", "known_age_happy")
SMILE = Head(
    expression={"mouthSmileLeft": 1.0, "mouthSmileRight": 0.0, "eyeBlinkLeft": 0.9, "jawOpen": 0.2},
    light="frontal", hair="bald",
)  # fmt: skip


def as_photograph(head: Head, size: int = 160) -> Face:
    face = head.render(size)
    return Face(face.image, face.box, face.eyes, find_landmarks(face.image, face.box, face.eyes))


def units_of(read: Halves) -> Any:
    return read.units.set_index(["half", "unit"])["activation"]


@pytest.fixture(scope="module")
def smile() -> Face:
    return as_photograph(SMILE)


@pytest.fixture(scope="module")
def read(smile: Face) -> Halves:
    return read_halves(smile, MODELS)


@pytest.mark.thorough
@pytest.mark.packages
def test_readings_are_those_by_hand(smile: Face, read: Halves) -> None:
    """A slow twin: each picture made, mirrored, marked and read by itself."""
    found = units_of(read)
    outputs = read.outputs.set_index(["half", "classifier", "label"])["probability"]
    pictures = {"whole": smile, **{side: Symmetrise(side).apply(smile, 1.0) for side in ("left", "right")}}
    for half, face in pictures.items():
        there = read_face_units(find_landmarks(face.image, face.box, face.eyes))
        turned = flipped(face)
        back = read_face_units(find_landmarks(turned.image, turned.box, turned.eyes))
        left = (there["mouthSmileLeft"] + back["mouthSmileRight"]) / 2
        right = (there["mouthSmileRight"] + back["mouthSmileLeft"]) / 2
        if half == "whole":
            assert found["whole", "mouthSmileLeft"] == pytest.approx(left, abs=1e-6)
            assert found["whole", "mouthSmileRight"] == pytest.approx(right, abs=1e-6)
            shift = (there["jawLeft"] + back["jawRight"]) / 2
            assert found["whole", "jawLeft"] == pytest.approx(shift, abs=1e-6)
        else:
            own = f"mouthSmile{half.capitalize()}"
            assert found[half, own] == pytest.approx((left + right) / 2, abs=1e-6)
        middle = (there["jawOpen"] + back["jawOpen"]) / 2
        assert found[half, "jawOpen"] == pytest.approx(middle, abs=1e-6)
        for name in MODELS:
            model = classifiers.load(name)
            each = [model.probabilities(one.image[None], one.box[None])[0] for one in (face, turned)]
            for label in model.classes:
                column = model.index_of(label)
                assert column is not None
                mean = (each[0][column] + each[1][column]) / 2
                assert outputs[half, name, label] == pytest.approx(mean, abs=1e-5)


@pytest.mark.thorough
@pytest.mark.packages
def test_tables_are_tidy_and_whole(smile: Face, read: Halves) -> None:
    assert list(read.outputs) == list(OUTPUT_COLUMNS)
    assert list(read.units) == list(UNIT_COLUMNS)
    assert tuple(read.faces) == ("whole", "left", "right")
    assert read.faces["whole"] is smile
    sums = read.outputs.groupby(["half", "classifier"])["probability"].sum()
    assert len(sums) == 3 * len(MODELS)
    assert sums.to_numpy() == pytest.approx(1.0, abs=1e-5)
    by_half = read.units.groupby("half")["unit"].agg(set)
    assert by_half["whole"] == set(UNITS)
    for side, other in (("left", "Right"), ("right", "Left")):
        assert not [unit for unit in by_half[side] if unit.endswith(other)]
        assert not by_half[side] & {"jawLeft", "jawRight", "mouthLeft", "mouthRight"}
        assert {"jawOpen", "browInnerUp", f"eyeBlink{side.capitalize()}"} <= by_half[side]
    assert read.units["activation"].between(0, 1).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_a_half_of_a_one_sided_smile_smiles_and_the_other_does_not(read: Halves) -> None:
    units = units_of(read)
    assert units["left", "mouthSmileLeft"] > 0.5
    assert units["right", "mouthSmileRight"] < 0.15
    assert units["left", "eyeBlinkLeft"] > 0.5
    assert units["right", "eyeBlinkRight"] < 0.25
    happy = read.outputs[(read.outputs["label"] == "happy") & (read.outputs["classifier"] == MODELS[0])]
    by_half = happy.set_index("half")["probability"]
    assert by_half["left"] > 0.5 > by_half["right"]


@pytest.mark.thorough
@pytest.mark.packages
def test_a_symmetric_face_has_two_equal_halves() -> None:
    """Picture, box and landmarks are their own mirror images; face units are read alone."""
    face = as_photograph(SMILE.replace(expression="happy"))
    other = flipped(face)
    symmetric = face.replace(
        image=((face.image.astype(np.uint16) + other.image + 1) // 2).astype(np.uint8),
        box=(face.box + other.box) / 2,
        eyes=(face.eyes + other.eyes) / 2,
        landmarks=(face.landmarks + other.landmarks) / 2,
    )
    read = studies.read_halves(symmetric, ())
    assert read.outputs.empty
    assert list(read.outputs) == list(OUTPUT_COLUMNS)
    units = units_of(read)
    sided = [unit.removesuffix("Left") for unit in UNITS if unit.endswith("Left")]
    for unit in set(sided) - {"jaw", "mouth"}:
        left, right = units["left", f"{unit}Left"], units["right", f"{unit}Right"]
        assert left == pytest.approx(right, abs=0.02), unit
        assert units["whole", f"{unit}Left"] == pytest.approx(units["whole", f"{unit}Right"], abs=0.02), unit
        assert left == pytest.approx(units["whole", f"{unit}Left"], abs=0.1), unit


@pytest.mark.thorough
@pytest.mark.packages
def test_in_the_mirror_left_is_right(smile: Face, read: Halves) -> None:
    mirrored = read_halves(flipped(smile), MODELS[:1])
    before, after = units_of(read), units_of(mirrored)
    for one, other in (("left", "right"), ("right", "left")):
        for stem in ("mouthSmile", "eyeBlink", "browDown"):
            there = before[one, f"{stem}{one.capitalize()}"]
            assert after[other, f"{stem}{other.capitalize()}"] == pytest.approx(there, abs=0.03)
    assert after["whole", "mouthSmileRight"] == pytest.approx(before["whole", "mouthSmileLeft"], abs=0.01)
    happy = [one.outputs.query("classifier == @MODELS[0] and label == 'happy'") for one in (read, mirrored)]
    left, right = (one.set_index("half")["probability"] for one in happy)
    assert right["right"] == pytest.approx(left["left"], abs=0.03)


def test_a_half_has_the_mean_of_both_sides_of_its_picture() -> None:
    units = {unit: number / 100 for number, unit in enumerate(UNITS)}
    for side in ("left", "right"):
        half = of_half(side, units)
        ending = side.capitalize()
        assert half[f"eyeBlink{ending}"] == (units["eyeBlinkLeft"] + units["eyeBlinkRight"]) / 2
        assert half[f"eyeLookIn{ending}"] == (units["eyeLookInLeft"] + units["eyeLookInRight"]) / 2
        assert half["mouthPucker"] == units["mouthPucker"]
        assert len(half) == 18 + 11  # sided stems; units without a side


@pytest.mark.parametrize("wrong", [None, "face.jpg", np.zeros((8, 8, 3), np.uint8), [SMILE]])
def test_something_else_than_a_picture_of_a_face_is_refused(wrong: Any) -> None:
    with pytest.raises(BadValueError, match="A picture of a face is needed; got"):
        read_halves(wrong)


def test_a_head_is_rendered_first() -> None:
    with pytest.raises(BadValueError, match=r"render it first.*head\.render"):
        read_halves(SMILE)  # type: ignore[arg-type]


def test_unknown_landmarks_and_turned_heads_are_refused_in_words() -> None:
    unknown = Face(np.zeros((8, 8, 3), np.uint8), np.array([1.0, 1, 7, 7]), np.full((2, 2), np.nan))
    with pytest.raises(BadValueError, match="478 landmarks of a face, and they aren't known"):
        read_halves(unknown, MODELS)
    turned = SMILE.replace(pose=(12.0, 0.0, 0.0)).render(96)
    with pytest.raises(BadValueError, match=r"No half .* turned by 1\d°.* up to 8°"):
        read_halves(turned, MODELS)


@pytest.mark.parametrize("wrong", ["nobody", ["known_unbiased", "nobody"], 7, ["known_unbiased"] * 2])
def test_classifiers_that_are_none_are_refused(wrong: Any) -> None:
    with pytest.raises(FacelibError):
        read_halves(SMILE.render(96), wrong)


def test_it_is_offered_with_the_studies() -> None:
    assert facelib.studies.read_halves is read_halves
