"""Cut-outs for the networks: where things stand in them, and what may be unknown."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import Face, Head, sample_photograph
from facelib.properties.estimation.chips import CORNERS, OUTLINE, PADDING, PLACES, aligned, framed
from facelib.properties.estimation.similarity import warp

Place = Callable[[Face, int], npt.NDArray[np.float64] | None]
NO_LANDMARKS = np.full((478, 2), np.nan, np.float32)
NO_EYES = np.full((2, 2), np.nan)


def dotted(points: npt.NDArray[np.float64], known: npt.NDArray[np.float32]) -> Face:
    """A black picture with a white dot at each of the points."""
    image = np.zeros((300, 300, 3), np.uint8)
    for x, y in points:
        cv2.circle(image, (round(x), round(y)), 3, (255, 255, 255), -1)
    return Face(image, np.array([50.0, 50, 250, 250]), np.array([[200.0, 120], [100, 120]]), known)


def cut_out(place: Place, face: Face, side: int) -> npt.NDArray[np.uint8]:
    found = place(face, side)
    assert found is not None
    return warp(face.image, found, side, side)


def test_the_five_points_come_to_their_places_at_any_tilt_and_size() -> None:
    for turn, size in ((0.0, 150), (0.5, 120), (-0.9, 180)):
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = (PLACES - 0.5) * size @ spin.T + 150
        known = NO_LANDMARKS.copy()
        known[list(CORNERS)] = points
        chip = cut_out(aligned, dotted(points, known), 140)
        places = (PLACES + PADDING) / (1 + 2 * PADDING) * 140
        for x, y in places:
            assert chip[round(y), round(x)].min() > 100
        assert (chip > 100).mean() < 0.05


def test_the_frame_holds_jaw_and_brows_with_a_tenth_of_margin(rng: np.random.Generator) -> None:
    points = NO_LANDMARKS.copy()
    points[list(OUTLINE)] = rng.uniform(80, 220, (len(OUTLINE), 2))
    points[OUTLINE[0]], points[OUTLINE[16]] = [80, 150], [220, 150]
    points[OUTLINE[8]], points[OUTLINE[20]] = [150, 210], [150, 90]
    points[list(OUTLINE), 1] = points[list(OUTLINE), 1].clip(90, 210)
    points[[CORNERS[0], CORNERS[2]]] = [[190, 120], [110, 120]]
    corners = np.array([[80.0, 150], [220, 150]])
    chip = cut_out(framed, dotted(corners, points), 168)  # one picture pixel is one chip pixel: 140 · 1.2
    white = np.argwhere(chip[..., 0] > 100)
    assert white[:, 1].min() == pytest.approx(14 - 3, abs=1)
    assert white[:, 1].max() == pytest.approx(167 - 14 + 3, abs=1)
    assert white[:, 0].mean() == pytest.approx(83.5, abs=1)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("place", [aligned, framed])
def test_with_eyes_or_box_alone_the_face_stands_nearly_there(place: Place) -> None:
    for face in (Head(seed=5, expression="neutral").render(), sample_photograph()):
        points = face.landmarks[list(OUTLINE)].astype(float)
        for less in ({}, {"eyes": NO_EYES}):
            full, part = place(face, 100), place(face.replace(landmarks=NO_LANDMARKS, **less), 100)
            assert full is not None
            assert part is not None
            apart = points @ (full - part)[:, :2].T + (full - part)[:, 2]
            assert np.hypot(*apart.T).mean() < 12  # % of the side


@pytest.mark.parametrize("place", [aligned, framed])
def test_a_face_without_a_place_has_no_cut_out(place: Place) -> None:
    face = Face(np.zeros((40, 40, 3), np.uint8), np.full(4, np.nan), NO_EYES)
    assert place(face, 32) is None
    heap = np.full((478, 2), 20.0, np.float32)  # all landmarks in one place tell nothing
    assert place(face.replace(landmarks=heap), 32) is None
    assert place(face.replace(box=np.array([0.0, 0, 40, 40])), 32) is not None
