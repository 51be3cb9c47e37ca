"""Skin is found where it is, soft at its edges, and not in hair, eyes, teeth or background."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.editing.regions import REGIONS, masks
from facelib.editing.skin_region import skin_region
from facelib.editing.surface_normals import EYE_RINGS
from facelib.faces import Face, Head, sample_photograph
from facelib.head.geometry.landmarks import LOWER_RIM, UPPER_RIM


def bare(head: Head, size: int = 192) -> Face:
    return head.render(size).replace(source="photograph", attributes={})


HEADS = [
    Head(skin_tone=0.1, seed=3, hair="long", hair_colour="black"),
    Head(skin_tone=0.5, seed=5, light="side", hair="short", hair_colour="blond"),
    Head(skin_tone=0.9, seed=7, pose=(12.0, 0.0, 0.0), hair="short", hair_colour="black"),
]


@pytest.mark.one_case
@pytest.mark.parametrize("head", HEADS)
def test_cheeks_nose_and_chin_are_in_it_and_the_background_is_not(head: Head) -> None:
    face = bare(head)
    region, parts = skin_region(face), masks(face)
    for name in ("left cheek", "right cheek", "nose", "chin"):
        assert region[parts[REGIONS.index(name)] > 0.99].mean() > 0.85, name
    assert region[parts[REGIONS.index("forehead")] > 0.99].mean() > 0.7
    assert region[:12, [*range(12), *range(-12, 0)]].mean() < 0.02
    assert region.dtype == np.float32
    assert region.min() >= 0
    assert region.max() <= 1


@pytest.mark.parametrize("head", HEADS)
def test_eyes_and_teeth_are_out(head: Head) -> None:
    face = bare(head.replace(expression="happy"), 256)
    region = skin_region(face)
    for ring in (*EYE_RINGS, (*UPPER_RIM, *LOWER_RIM[::-1])):
        x, y = face.landmarks[list(ring)].mean(axis=0).astype(int)
        assert region[y, x] < 0.15


def test_dark_hair_is_out_and_ears_are_mostly_in() -> None:
    face = bare(Head(skin_tone=0.2, hair="long", hair_colour="black", seed=3))
    bald = bare(Head(skin_tone=0.2, hair="bald", seed=3))
    hair = np.abs(face.image.astype(int) - bald.image).sum(axis=2) > 200
    assert skin_region(face)[hair].mean() < 0.08
    top = int(face.landmarks[10, 1]) - 6
    x = int(face.landmarks[10, 0])
    assert skin_region(bald)[top, x] > 0.8


def test_the_photographs_hair_and_collar_are_out() -> None:
    face = sample_photograph()
    region = skin_region(face)
    x, y = face.landmarks[10].astype(int)
    assert region[y - 25 : y - 5, x - 30 : x + 30].mean() < 0.25
    assert region[205:, :].max() < 0.05
    assert region[int(face.landmarks[205, 1]), int(face.landmarks[205, 0])] > 0.9


def test_a_face_that_is_nearly_out_of_the_picture_has_a_region_too() -> None:
    face = bare(HEADS[0], 96)
    for shift in ((60.0, 0.0), (0.0, 70.0), (500.0, 500.0), (-70.0, -70.0)):
        region = skin_region(face.replace(landmarks=face.landmarks + np.array(shift, np.float32)))
        assert region.shape == face.size
        assert np.isfinite(region).all()
