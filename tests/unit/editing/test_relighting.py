"""Light is multiplied where the landmarks say, smoothly, and only on the face."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.editing.drawing import luminance
from facelib.editing.relighting import relit
from facelib.editing.skin_region import skin_region
from facelib.editing.warp import coverage
from facelib.faces import Face, Head


@pytest.fixture(scope="module")
def face() -> Face:
    return Head(seed=3, skin_tone=0.4).render(160)


def test_no_change_of_light_leaves_every_pixel(face: Face) -> None:
    assert (relit(face, np.zeros(478)) == face.image).all()


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_the_light_of_the_face_is_multiplied_and_nothing_outside_changes(face: Face, factor: float) -> None:
    changed = relit(face, np.full(478, np.log(factor)))
    inside = (coverage(face.landmarks, face.size) > 0.99) & (luminance(face.image) < 0.2)
    ratio = luminance(changed)[inside] / luminance(face.image)[inside]
    assert np.median(ratio) == pytest.approx(factor, rel=0.08)
    outside = (coverage(face.landmarks, face.size) == 0) & (skin_region(face) == 0)
    assert (changed[outside] == face.image[outside]).all()


def test_colours_change_by_their_own_factors_and_stay_in_range(face: Face) -> None:
    changed = relit(face, np.tile(np.log([1.5, 1.0, 0.5]), (478, 1)))
    x, y = face.landmarks[205].astype(int)
    assert changed[y, x, 0] > face.image[y, x, 0]
    assert abs(int(changed[y, x, 1]) - int(face.image[y, x, 1])) <= 1
    assert changed[y, x, 2] < face.image[y, x, 2]
    burnt = relit(face, np.full(478, 50.0))
    assert (burnt >= face.image).all()
    assert burnt.max() <= 255


def test_what_differs_between_the_sides_passes_over_smoothly(face: Face) -> None:
    side = np.where(face.landmarks[:, 0] > face.landmarks[168, 0], 0.8, -0.8)
    changed = relit(face, side)
    y = int(face.landmarks[151, 1])
    left, right = int(face.landmarks[54, 0]) + 8, int(face.landmarks[284, 0]) - 8
    power = np.log(luminance(changed)[y, left:right] / luminance(face.image)[y, left:right])
    assert power[0] < -0.3
    assert power[-1] > 0.3
    assert np.abs(np.diff(power)).max() < 0.35
