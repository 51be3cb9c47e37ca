"""Measured light: its side, its height and its contrast follow the lamp, whoever sits in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from facelib import Head, Light, properties, sample_heads
from facelib.faces import Face, sample_photograph
from facelib.head.geometry.landmarks import table
from facelib.properties import light
from facelib.properties.light import SKIN, _directions, lamp, shading

NAMES = ["light_azimuth", "light_elevation", "light_contrast"]


def told(faces: list[Face]) -> npt.NDArray[np.float64]:
    return properties.measure(faces, NAMES).to_numpy()


def lit(head: Head, **light: float) -> Face:
    return head.replace(light=Light(**light)).render(128)


@pytest.fixture(scope="module")
def people() -> list[Head]:
    return [head.replace(pose=(0, 0, 0)) for head in sample_heads(6, seed=9)]


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("softness", [0.2, 0.5])
def test_the_side_follows_the_lamp_on_everybody(people: list[Head], softness: float) -> None:
    angles = np.array([-70.0, -45, -20, -5, 5, 20, 45, 70])
    misses = []
    for head in people:
        found = told([lit(head, azimuth=angle, elevation=15, softness=softness) for angle in angles])[:, 0]
        assert (np.diff(found) > 0).all()
        assert (np.sign(found) == np.sign(angles)).all()
        assert abs(found - angles).max() < 20
        misses.append(found - angles)
    assert np.abs(misses).mean() < 8


@pytest.mark.thorough
@pytest.mark.packages
def test_the_height_follows_the_lamp_on_everybody(people: list[Head]) -> None:
    for head in people:
        found = told([lit(head, azimuth=15, elevation=angle) for angle in (-60, -30, 0, 30, 60)])[:, 1]
        assert (np.diff(found) > 0).all()
        assert found[0] < 0 < found[-1]


@pytest.mark.thorough
@pytest.mark.packages
def test_hard_light_has_more_contrast_than_soft_light(people: list[Head]) -> None:
    for head in people:
        found = told([lit(head, azimuth=40, softness=softness) for softness in (0, 0.25, 0.5, 0.75, 1)])[:, 2]
        assert (np.diff(found) < 0).all()
        assert 0 < found.min() < found.max() < 1


@pytest.mark.packages
def test_strength_and_skin_hardly_count(people: list[Head]) -> None:
    head = people[0]
    bright, dim = told([lit(head, strength=1.0), lit(head, strength=0.5)])
    assert abs(bright[:2] - dim[:2]).max() < 3
    tones = told([lit(head.replace(skin_tone=tone)) for tone in (0.0, 0.5, 1.0)])
    assert np.ptp(tones[:, :2], axis=0).max() < 12


@pytest.mark.thorough
@pytest.mark.packages
def test_the_side_is_that_of_the_picture_however_the_head_is_turned(people: list[Head]) -> None:
    for head in people[:3]:
        for pose in ((20, 0, 0), (-20, 0, 0), (0, 0, 30)):
            left, front, right = told(
                [lit(head.replace(pose=pose), azimuth=angle, elevation=15) for angle in (45, 0, -45)]
            )[:, 0]
            assert left > 12
            assert right < -12
            assert right < front < left


@pytest.mark.packages
def test_the_mirror_image_is_lit_from_the_other_side() -> None:
    one, other = Head(seed=0), Head(seed=0, light=Light(azimuth=-30))
    here, there = told([one.render(128), other.render(128)])
    assert there == pytest.approx(here * [-1, 1, 1], abs=1.0)


def painted(azimuth: float, elevation: float, ambient: float, strength: float = 0.5) -> Face:
    """The average head's skin as dots whose linear light is ambient + strength · max(0, n · l)."""
    places = table() - table()[[33, 263]].mean(axis=0)
    points = places[:, :2] * [110, -110] + [150, 100]
    face = Face(
        np.full((300, 300, 3), 90, np.uint8),
        np.array([50.0, 50, 250, 250]),
        points[[473, 468]],
        points.astype(np.float32),
    )
    found = shading(face)
    assert found is not None
    normals, _ = found
    a, e = np.radians([azimuth, elevation])
    lamp = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    level = ambient + strength * np.maximum(normals @ lamp, 0.0)
    encoded = np.where(level <= 0.0031308, 12.92 * level, 1.055 * np.maximum(level, 0) ** (1 / 2.4) - 0.055)
    image = np.zeros((300, 300, 3), np.uint8)
    rows, columns = np.mgrid[:300, :300]
    across, down = columns[..., None] - points[list(SKIN), 0], rows[..., None] - points[list(SKIN), 1]
    image[:] = np.rint(255 * encoded.clip(0, 1)).astype(np.uint8)[np.hypot(across, down).argmin(-1)][
        ..., None
    ]
    return face.replace(image=image)


@pytest.mark.thorough
@settings(deadline=None, max_examples=20)
@given(st.floats(-70, 70), st.floats(-40, 60), st.floats(0.0, 0.4), st.floats(0.3, 0.6))
def test_shading_by_the_formula_is_read_back(
    azimuth: float, elevation: float, ambient: float, strength: float
) -> None:
    (found,) = told([painted(azimuth, elevation, ambient, strength)])
    assert found[:2] == pytest.approx([azimuth, elevation], abs=6)


@pytest.mark.thorough
@given(st.floats(-80, 80), st.floats(-60, 70), st.floats(0.0, 1.0), st.integers(0, 5))
def test_the_lamp_is_the_one_of_least_squares(
    azimuth: float, elevation: float, ambient: float, seed: int
) -> None:
    """The slow way: for every direction by itself, both parts by non-negative least squares."""
    rng = np.random.default_rng(seed)
    normals = rng.normal(size=(60, 3)) * [1, 1, 0.5] + [0, 0, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    a, e = np.radians([azimuth, elevation])
    level = ambient + np.maximum(normals @ [np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], 0.0)
    level += rng.normal(0, 0.02, 60)

    def misfit(way: npt.NDArray[np.float64]) -> float:
        return float(nnls(np.column_stack([np.ones(60), np.maximum(normals @ way, 0.0)]), level)[1])

    best = min(_directions(), key=misfit)
    a, e = np.radians(lamp(normals, level))
    found = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    assert np.degrees(np.arccos(min(best @ found, 1.0))) < 15


def test_a_photograph_and_its_mirror_image_are_lit_from_opposite_sides() -> None:
    face = sample_photograph()
    width = face.size[1]
    order = np.hypot(*(table()[:, None, :2] * [-1, 1] - table()[None, :, :2]).transpose(2, 0, 1)).argmin(1)
    flipped = face.landmarks[order] * np.float32([-1, 1]) + np.float32([width - 1, 0])
    mirror = face.replace(image=np.ascontiguousarray(face.image[:, ::-1]), landmarks=flipped)
    (here, there) = told([face, mirror])
    assert abs(here[0]) > 10
    assert there == pytest.approx(here * [-1, 1, 1], abs=8)


@pytest.mark.thorough
def test_an_evenly_lit_face_has_no_direction_and_no_contrast() -> None:
    (found,) = told([painted(0, 0, 0.3, 0.0)])
    assert found == pytest.approx([0, 0, 0], abs=1e-6)


@pytest.mark.thorough
def test_what_is_not_seen_is_not_known() -> None:
    face = painted(10, 10, 0.3)
    assert np.isnan(told([face.replace(landmarks=np.full((478, 2), np.nan, np.float32))])).all()
    assert np.isnan(told([face.replace(landmarks=face.landmarks - np.float32(290))])).all()
    assert np.isnan(told([face.replace(image=np.zeros_like(face.image))])).all()
    assert told([]).shape == (0, 3)


def test_skin_on_the_midline_faces_neither_side() -> None:
    """Which of two equally near landmarks counted was the processor's choice, and turned the light by .4°."""
    normals = dict(zip(light.SKIN, light._normals(), strict=True))
    for number in (151, 9, 8, 168, 6, 197, 195, 5, 4, 199, 200, 175, 18):
        assert abs(normals[number][0]) < 1e-9, number
    for left, right in ((69, 299), (104, 333), (68, 298), (108, 337), (101, 330), (117, 346)):
        assert normals[left] * [-1, 1, 1] == pytest.approx(normals[right], abs=1e-9)
