"""How a photographed head stands, and how light falls on it, checked on rendered heads that are known."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.editing.surface_normals import lamp, normals, skin_points, stance
from facelib.faces import Face, Head, Light
from facelib.head.geometry.camera import rotation_of


@pytest.mark.parametrize("pose", [(0.0, 0.0, 0.0), (25.0, 0.0, 0.0), (-15.0, 8.0, 12.0)])
def test_the_stance_is_the_heads_pose(pose: tuple[float, float, float]) -> None:
    face = Head(seed=2, pose=pose).render(160)
    found = stance(face.landmarks)
    away = found.rotation @ rotation_of(pose).T
    assert np.degrees(np.arccos((np.trace(away) - 1) / 2)) < 6.0
    assert 0.8 < found.scale / (4.2 * 160 / 11.0) < 1.2


def test_normals_are_unit_vectors_out_of_the_skin() -> None:
    np.testing.assert_allclose(np.linalg.norm(normals(), axis=1), 1)
    assert normals()[10, 2] > 0.3  # forehead
    assert normals()[454, 0] > 0.5  # by the person's left ear
    assert normals()[234, 0] < -0.5
    assert len(skin_points()) > 150


@pytest.mark.parametrize("azimuth", [-60.0, 60.0])
@pytest.mark.parametrize("tone", [0.1, 0.8])
def test_the_light_comes_from_its_side(azimuth: float, tone: float) -> None:
    face = Head(skin_tone=tone, light=Light(azimuth=azimuth, softness=0.3)).render(128)
    toward = lamp(face, stance(face.landmarks)).toward
    assert toward[0] * azimuth > 0
    assert abs(toward[0]) > 0.2


def test_white_follows_the_strength_of_the_light() -> None:
    found = [white(Head(skin_tone=0.4, light=Light(strength=strength))) for strength in (0.3, 0.6, 1.0)]
    assert (np.diff(found) > 0.05).all()
    assert white(Head(skin_tone=0.9)) > 2 * white(Head(skin_tone=0.2, light=Light(strength=0.15)))


def white(head: Head) -> float:
    face = head.render(128)
    return float(lamp(face, stance(face.landmarks)).white.mean())


def test_a_black_picture_has_a_lamp_too() -> None:
    face = Head().render(64)
    black = Face(np.zeros_like(face.image), face.box, face.eyes, face.landmarks)
    found = lamp(black, stance(face.landmarks))
    assert np.isfinite([*found.white, found.usual, found.ambient, *found.toward]).all()
