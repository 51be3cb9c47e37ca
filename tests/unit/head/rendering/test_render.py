"""Pictures of heads: symmetric, repeatable, whole."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import LIP_CONTOUR, place
from facelib.head.geometry.makehuman import TEETH_LOWER, TEETH_UPPER
from facelib.head.rendering import render
from facelib.head.rendering.render import render_heads
from facelib.head.rendering.resolve import tone_curve

pytestmark = pytest.mark.packages

SYMMETRIC = [
    {},
    {"expression": "surprise", "hair": "long"},
    {"expression": "angry", "hair": "tied", "seed": 4, "age": 78, "skin_tone": 0.9},
    {"expression": "fear", "hair": "bald", "seed": 11, "gender": 1.0, "facial_hair": 0.6},
    {"electrodes": "fridlund", "expression": "neutral", "ancestry": {"african": 1}},
]


@pytest.mark.thorough
@pytest.mark.parametrize("fields", SYMMETRIC)
@pytest.mark.parametrize("size", [96, 224])
def test_a_symmetric_head_lit_frontally_is_its_own_mirror_image(fields: dict, size: int) -> None:
    face = Head(light="frontal", **fields).render(size)
    image = face.image.astype(int)
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference <= 2).mean() >= 0.999
    assert difference.max() <= 8
    np.testing.assert_allclose(face.eyes[0] * [-1, 1] + [size, 0], face.eyes[1], atol=1e-3)
    assert face.box[0] + face.box[2] == pytest.approx(size, abs=0.1)


def test_left_light_is_the_mirror_of_right_light() -> None:
    from facelib.faces import Light

    left = Head(light=Light(azimuth=50.0)).render(96).image.astype(int)
    right = Head(light=Light(azimuth=-50.0)).render(96).image.astype(int)
    assert np.abs(left - right[:, ::-1]).max() <= 8
    half = left[:, 48:].mean(), left[:, :48].mean()
    assert half[0] > half[1] + 10  # the person's left is the right half of the picture


def test_same_head_same_bytes_in_another_process_and_with_other_threads() -> None:
    heads = [
        Head(seed=seed, hair=hair) for seed, hair in ((0, "short"), (1, "long"), (2, "tied"), (3, "bald"))
    ]
    alone = [face.image.tobytes() for face in render_heads(heads, 64, workers=1)]
    assert [face.image.tobytes() for face in render_heads(heads, 64, workers=4)] == alone
    code = (
        "import hashlib; from facelib import Head; "
        "heads = [Head(seed=s, hair=h) for s, h in ((0, 'short'), (1, 'long'), (2, 'tied'), (3, 'bald'))]; "
        "print(hashlib.sha256(b''.join(h.render(64).image.tobytes() for h in heads)).hexdigest())"
    )
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    import hashlib
    import os

    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    assert out.stdout.strip() == hashlib.sha256(b"".join(alone)).hexdigest()


def test_order_is_kept() -> None:
    heads = [Head(skin_tone=tone, expression="neutral") for tone in (0.0, 0.5, 1.0)]
    brightness = [face.image[24:72, 24:72].mean() for face in render_heads(heads, 96)]
    assert brightness == sorted(brightness, reverse=True)
    assert render_heads([], 96) == []


@pytest.mark.one_case
@pytest.mark.parametrize("size", [48, 61, 128, 512, 1024])
def test_sizes(size: int) -> None:
    face = Head(electrodes="kuramoto", moles=1.0).render(size)
    assert face.image.shape == (size, size, 3)
    assert face.image.std() > 20
    small = cv2.resize(Head(electrodes="kuramoto", moles=1.0).render(48).image, (size, size))
    assert np.abs(small.astype(int) - face.image).mean() < 12  # the same picture at every size


@pytest.mark.parametrize("size", [47, 1025, 100.5])
def test_other_sizes_are_refused(size: float) -> None:
    with pytest.raises(BadValueError, match="48 to 1024"):
        Head().render(size)  # type: ignore[arg-type]


@pytest.mark.one_case
@pytest.mark.parametrize("yaw", [-30.0, 0.0, 30.0])
@pytest.mark.parametrize(
    "expression",
    [
        "happy",
        "surprise",
        "disgust",
        {"mouthFunnel": 1.0},
        {"jawOpen": 0.8},
        {"mouthFunnel": 1.0, "jawOpen": 0.8},
        {"mouthPucker": 1.0},
        {"mouthPress": 1.0},
    ],
)
def test_teeth_stay_inside_the_lips(yaw: float, expression: object) -> None:
    size = 320
    head = Head(expression=expression, pose=(yaw, 0.0, 0.0))  # type: ignore[arg-type]
    vertices, view, _ = render.pose(head)
    points, frame, _, seen = render.draw(head, size, vertices, view)
    geometry = load()
    contour = place(points, geometry.landmark_vertices, geometry.landmark_weights)[list(LIP_CONTOUR)] + size
    lips = np.zeros((2 * size, 2 * size), np.uint8)
    cv2.fillPoly(lips, [np.round(contour).astype(np.int32)], 1)
    lips = cv2.dilate(lips, np.ones((5, 5), np.uint8))  # the polygon cuts the corners of a curved lip
    parts = np.where(seen >= 0, frame.parts[np.maximum(seen, 0)], 255)
    teeth = np.isin(parts, [TEETH_UPPER, TEETH_LOWER])
    assert teeth[lips == 0].sum() == 0
    if expression in ("happy", "surprise"):
        assert teeth.sum() > 50  # and they do show where the mouth is open


def test_attributes_tell_the_head() -> None:
    head = Head(age=44, electrodes="fridlund")
    face = head.render(48)
    assert face.source == "rendered"
    assert face.attributes["age"] == 44
    assert face.attributes["key"] == head.key


def test_extremes_render_without_a_warning() -> None:
    heads = [
        Head(
            age=5,
            gender=0,
            skin_tone=1,
            asymmetry=1,
            palsy=1,
            expression={"jawOpen": 1, "tongueOut": 1},
            seed=2,
        ),
        Head(age=90, gender=1, skin_tone=0, hair="bald", moles=1, pose=(90, 60, 180), light="top", seed=3),
        Head(
            expression=dict.fromkeys(("mouthFunnel", "mouthSmile", "eyeWide", "browDown"), 1.0),
            pose=(-90, -60, -90),
        ),
        Head(light="dim", hair="long", facial_hair=1, electrodes="kuramoto", expression={"eyeBlink": 1}),
    ]
    for face in render_heads(heads, 64):
        assert 3 < face.image.mean() < 252


def test_pose_signs() -> None:
    """Positive yaw turns to the person's left (right in the picture), pitch up, roll clockwise."""
    rest, turned, raised, tilted = (
        Head(pose=pose).render(128).landmarks for pose in ((0, 0, 0), (20, 0, 0), (0, 15, 0), (0, 0, 20))
    )
    nose, chin, forehead = 1, 152, 10
    assert turned[nose, 0] > rest[nose, 0] + 3
    assert raised[nose, 1] < rest[nose, 1] - 1
    assert tilted[forehead, 0] > tilted[chin, 0] + 5


def test_an_expression_moves_neither_box_nor_scale() -> None:
    boxes = [Head(expression=name).render(96).box for name in ("neutral", "surprise", "happy")]
    np.testing.assert_array_equal(boxes[0], boxes[1])
    np.testing.assert_array_equal(boxes[0], boxes[2])


def test_the_tone_curve_never_falls_and_reaches_white() -> None:
    curve = tone_curve().astype(int)
    assert (np.diff(curve) >= 0).all()
    assert curve[0] == 0
    assert curve[-1] >= 250


@pytest.mark.thorough
def test_electrodes_hide_skin_one_after_the_other() -> None:
    bare = Head(expression="neutral", light="frontal")
    names = bare.replace(electrodes="fridlund").electrode_names
    changed = [
        (
            np.abs(
                bare.replace(electrodes=names[:count] or None).render(224).image.astype(int)
                - bare.render(224).image
            ).max(axis=2)
            > 8
        ).sum()
        for count in (0, 6, 12, 22)
    ]
    assert changed[0] == 0
    assert changed[1] < changed[2] < changed[3]
    assert 22 * 15 < changed[3] < 22 * 120
