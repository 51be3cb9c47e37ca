"""Eyes and mouth in large pictures and turned heads: dark pupils, teeth and tongue inside the lips."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facelib.faces import Head
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import LIP_CONTOUR, place
from facelib.head.geometry.makehuman import TEETH_LOWER, TEETH_UPPER, TONGUE
from facelib.head.rendering import render, skin

pytestmark = pytest.mark.packages


@pytest.mark.thorough
@pytest.mark.parametrize("light", ["studio", "frontal"])
@pytest.mark.parametrize("gaze", [(0.0, 0.0), (0.0, 5.0), (0.0, 10.0), (10.0, 8.0)])
def test_a_pupil_stays_dark_around_its_spark(light: str, gaze: tuple[float, float]) -> None:
    head = Head(gaze=gaze, expression={"eyeWide": 0.5}, seed=2, light=light, eye_colour="blue")
    face = head.render(1024)
    for x, y in np.round(face.landmarks[[468, 473]]).astype(int):
        pupil = face.image[y - 7 : y + 8, x - 7 : x + 8].mean(axis=2)
        assert (pupil < 50).mean() > 0.4  # not a grey veil
        assert (pupil < 50).mean() > 2 * ((pupil >= 70) & (pupil < 160)).mean()


@pytest.mark.thorough
def test_an_eye_has_a_spark_at_every_size() -> None:
    for size in (128, 224, 512, 1024):
        face = Head(expression="neutral", light="studio", seed=2).render(size)
        radius = round(0.03 * size)
        for x, y in np.round(face.landmarks[[468, 473]]).astype(int):
            iris = face.image[y - radius // 2 : y + radius // 3, x - radius // 2 : x + radius // 2]
            assert iris.max() > 100
            assert iris.min() < 60


@pytest.mark.thorough
@pytest.mark.parametrize("yaw", [-45.0, 45.0])
@pytest.mark.parametrize(
    "expression",
    [
        "happy",
        "surprise",
        {"mouthFunnel": 1.0},
        {"jawOpen": 1.0},
        {"mouthFunnel": 1.0, "jawOpen": 1.0},
        {"mouthStretch": 1.0, "jawOpen": 1.0},
        {"mouthLeft": 1.0, "jawOpen": 0.5},
    ],
)
def test_teeth_and_tongue_stay_inside_the_lips_of_a_turned_head(yaw: float, expression: object) -> None:
    size = 320
    head = Head(expression=expression, pose=(yaw, 0.0, 0.0), seed=5, age=60)  # type: ignore[arg-type]
    vertices, view, _ = render.pose(head)
    points, frame, _, seen = render.draw(head, size, vertices, view)
    geometry = load()
    contour = place(points, geometry.landmark_vertices, geometry.landmark_weights)[list(LIP_CONTOUR)] + size
    lips = np.zeros((2 * size, 2 * size), np.uint8)
    cv2.fillPoly(lips, [np.round(contour).astype(np.int32)], 1)
    lips = cv2.dilate(lips, np.ones((5, 5), np.uint8))  # the polygon cuts the corners of a curved lip
    parts = np.where(seen >= 0, frame.parts[np.maximum(seen, 0)], 255)
    inner = np.isin(parts, [TEETH_UPPER, TEETH_LOWER, TONGUE])
    assert inner[lips == 0].sum() == 0


def test_a_beard_leaves_the_ears_and_the_forehead_free() -> None:
    shaved, bearded = (skin.bake(Head(facial_hair=f, gender=1.0), 1)[..., :3] for f in (0.0, 1.0))
    changed = (np.abs(shaved - bearded).max(axis=2) > 0.01).mean()
    assert 0.02 < changed < 0.25
    faces = [
        Head(facial_hair=f, gender=1.0, expression="neutral", light="frontal").render(224) for f in (0, 1)
    ]
    apart = np.abs(faces[0].image.astype(int) - faces[1].image).max(axis=2)
    x, y = np.round(faces[0].landmarks[152]).astype(int)
    assert apart[y - 12 : y - 4, x - 3 : x + 4].min() > 10  # the chin
    left, right, eyes = *faces[0].landmarks[[454, 234], 0], faces[0].eyes[0][1]
    assert apart[: round(eyes)].max() == 0
    ears = apart[round(eyes) : round(faces[0].landmarks[61][1])]
    beside = np.concatenate([ears[:, : round(right) - 4], ears[:, round(left) + 5 :]], axis=1)
    assert (beside > 20).mean() < 0.005
