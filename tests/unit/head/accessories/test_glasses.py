"""Glasses fit everyone, grow from nothing, stay where they are, and darken."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from facelib.faces import Head, Light
from facelib.head.accessories import glasses, lenses
from facelib.head.accessories.clearance import Cast
from facelib.head.accessories.registry import worn_by
from facelib.head.accessories.thing import WORN
from facelib.head.geometry.makehuman import EYE
from facelib.head.rendering import render
from facelib.head.rendering.render import render_heads

pytestmark = pytest.mark.packages

OVERCAST = Light(azimuth=0.0, softness=1.0)  # rims hardly throw shadows
PEOPLE = [
    Head(age=age, gender=gender, seed=seed, ancestry={ancestry: 1.0}, hair="bald")
    for age, gender, seed, ancestry in (
        (5, 0, 0, "european"), (9, 1, 3, "african"), (30, 0, 0, "asian"), (35, 1, 4, "european"),
        (60, 0, 5, "african"), (75, 1, 6, "asian"), (90, 1, 7, "european"), (90, 0, 8, "african"),
    )
]  # fmt: skip


def parts(head: Head, size: int = 256) -> np.ndarray:
    """Part of every sample, and 255 where there is nothing."""
    vertices, view, _ = render.pose(head)
    _, frame, _, seen = render.draw(head, size, vertices, view, worn_by(head, vertices, size))
    return np.asarray(np.where(seen >= 0, frame.parts[np.maximum(seen, 0)], 255))


def test_no_glasses_no_change() -> None:
    for fields in ({}, {"hair": "long", "expression": "surprise", "pose": (30, 5, 0)}):
        plain = Head(**fields)  # type: ignore[arg-type]
        tinted = plain.replace(lens_tint=1.0)  # there is nothing to tint
        np.testing.assert_array_equal(plain.render(96).image, tinted.render(96).image)
        assert worn_by(tinted, render.pose(tinted)[0], 96) == ()


@pytest.mark.thorough
@pytest.mark.parametrize("size", [64, 224, 512])
def test_they_grow_from_nothing_without_a_jump(size: int) -> None:
    bare = Head(expression="neutral").render(size).image.astype(float)
    weights = (0.002, 0.02, 0.05, 0.1, 0.15, 0.2, 0.4, 0.6, 0.8, 1.0)
    worn = [Head(expression="neutral", glasses=weight).render(size).image.astype(float) for weight in weights]
    change = [np.abs(picture - bare).mean() for picture in worn]
    assert change[0] < 0.03
    assert np.all(np.diff(change) > 0)
    steps = np.diff([0.0, *change]) / np.diff([0.0, *weights])
    assert steps.max() < 3.5 * change[-1]


@pytest.mark.thorough
def test_a_fade_of_fine_steps_is_smooth() -> None:
    weights = np.linspace(0, 0.3, 31)
    pictures = [
        face.image.astype(float) for face in render_heads([Head(glasses=float(w)) for w in weights], 128)
    ]
    steps = [np.abs(b - a).mean() for a, b in pairwise(pictures)]
    assert max(steps) < 3.5 * np.mean(steps)


@pytest.mark.one_case
@pytest.mark.parametrize("fields", [{}, {"seed": 9, "hair": "long", "age": 70}, {"lens_tint": 0.7}])
def test_symmetric_heads_wear_them_symmetrically(fields: dict) -> None:
    image = Head(light="frontal", expression="neutral", glasses=0.7, **fields).render(224).image.astype(int)
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference <= 2).mean() >= 0.999
    assert difference.max() <= 12


@pytest.mark.one_case
@pytest.mark.parametrize("weight", [0.2, 1.0])
@pytest.mark.parametrize("head", PEOPLE)
def test_no_face_cuts_into_the_rims(head: Head, weight: float) -> None:
    """Rims, seen from the front, are as whole as they are alone, whatever the face does."""
    wearing = head.replace(glasses=weight)
    vertices, view, _ = render.pose(wearing)
    frame = worn_by(wearing, vertices, 256)[0]
    rims = frame.vertices[: 2 * glasses.KNOTS * 12]
    for expression in ("neutral", "happy", "surprise", "disgust", "angry"):
        moved = wearing.replace(expression=expression)
        now, view, _ = render.pose(moved)
        _, shown, depth, _ = render.draw(moved, 256, now, view, worn_by(moved, now, 256))
        points = np.asarray(shown.points[-len(frame.vertices) :][: len(rims)])
        column, row = np.floor(points[:, :2] + 256).astype(int).T
        behind = depth[row, column] - points[:, 2]  # positive: something is nearer than this point of a rim
        thick = 0.12 / 11**2  # dm, as inverse distance: the rim itself may be in front of its far side
        assert (behind > thick).mean() < 0.005
    assert len(view.positions)


@pytest.mark.one_case
@pytest.mark.parametrize("yaw", [-45.0, 0.0, 45.0])
@pytest.mark.parametrize("head", PEOPLE[::2])
def test_frames_are_seen_from_both_sides_in_one_piece(head: Head, yaw: float) -> None:
    worn = (parts(head.replace(glasses=0.8, pose=(yaw, 0.0, 0.0))) == WORN).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(worn, connectivity=8)
    largest = np.sort(stats[1:, cv2.CC_STAT_AREA])[::-1]
    assert count > 1
    assert largest[0] > 0.93 * worn.sum()  # what is left is the far temple, behind the head


@pytest.mark.one_case
@pytest.mark.parametrize("head", PEOPLE)
def test_eyes_are_seen_through_clear_lenses(head: Head) -> None:
    for yaw in (-30.0, 0.0, 30.0):
        calm = head.replace(expression="neutral", pose=(yaw, 0.0, 0.0), light=OVERCAST)
        bare, worn = ((parts(head) == EYE).sum() for head in (calm, calm.replace(glasses=0.6)))
        assert worn > (0.80 if yaw else 0.99) * bare > 100  # of a turned head, a rim may cross the far eye
    face, bare_face = (
        calm.replace(pose=(0, 0, 0), glasses=0.6).render(224),
        calm.replace(pose=(0, 0, 0)).render(224),
    )
    for x, y in bare_face.eyes:
        spot = np.s_[int(y) - 3 : int(y) + 4, int(x) - 5 : int(x) + 6]
        one, other = bare_face.image[spot].astype(float).ravel(), face.image[spot].astype(float).ravel()
        assert np.corrcoef(one, other)[0, 1] > 0.9
        assert one.std() * 0.8 < other.std()


@pytest.mark.thorough
def test_tinted_lenses_darken_until_they_hide_the_eyes() -> None:
    head = Head(expression="neutral", glasses=0.5, light="frontal")
    faces = [head.replace(lens_tint=tint).render(224) for tint in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)]
    x, y = faces[0].eyes[0]
    eyes = [face.image[int(y) - 6 : int(y) + 7, int(x) - 12 : int(x) + 13].astype(float) for face in faces]
    assert np.all(np.diff([eye.mean() for eye in eyes]) < 0)
    assert np.all(np.diff([eye.std() for eye in eyes]) < 0)
    assert eyes[-1].std() < 0.15 * eyes[0].std()
    same = [face.image[150:] for face in faces]
    assert all((picture == same[0]).all() for picture in same)  # nothing but the lenses


@pytest.mark.parametrize("expression", ["happy", "surprise", "angry", {"browDown": 1.0}, {"cheekPuff": 1.0}])
def test_no_expression_moves_them(expression: object) -> None:
    shapes = []
    for shown in ("neutral", expression):
        head = Head(glasses=0.5, expression=shown)  # type: ignore[arg-type]
        vertices, view, _ = render.pose(head)
        shapes.append(view.place(worn_by(head, vertices, 224)[0].vertices))
    np.testing.assert_array_equal(*shapes)


def test_rims_go_around_the_eyes() -> None:
    for head in PEOPLE:
        cast = Cast(head)
        shape = glasses.front(cast)
        half = cast.eye_distance / 2
        rim = shape.rim()
        assert rim[:, 0].min() < half - 0.10 * half < half + 0.5 * half < rim[:, 0].max()
        assert rim[:, 1].min() < -0.1 < 0.08 < rim[:, 1].max()


def test_landmarks_take_no_notice() -> None:
    bare, worn = (Head(glasses=weight, lens_tint=weight).render(128) for weight in (0.0, 1.0))
    np.testing.assert_array_equal(bare.landmarks, worn.landmarks)
    np.testing.assert_array_equal(bare.box, worn.box)
    np.testing.assert_array_equal(bare.eyes, worn.eyes)


def test_the_taut_line_is_the_concave_hull(rng: np.random.Generator) -> None:
    """Slow twin: at every place the highest of all straight lines between two points of the rest."""
    for _ in range(20):
        at, least = np.sort(rng.random(9))[::-1], rng.random(9)
        hull = glasses.taut(at, least)
        for k in range(9):
            lines = [
                least[i] + (least[j] - least[i]) * (at[k] - at[i]) / (at[j] - at[i])
                for i in range(9) for j in range(9) if at[i] < at[k] < at[j]
            ]  # fmt: skip
            assert hull[k] == pytest.approx(max([least[k], *lines]))


def test_a_lens_dims_the_glass_and_not_the_frame_beside_it() -> None:
    """A pixel that is half a white frame, half black glass over grey is half white."""
    picture = np.full((4, 4, 3), 0.4, np.float32)
    picture[1] = (1.0 + 0.4) / 2  # the edge: half frame
    picture[0] = 1.0
    layer = np.zeros((4, 4, 7), np.float32)
    layer[2:, :, :3], layer[2:, :, 6] = 1.0, 1.0
    layer[1, :, :3], layer[1, :, 6] = 0.5, 0.5
    lenses.look(layer, picture)
    np.testing.assert_allclose(picture[0], 1.0)
    np.testing.assert_allclose(picture[1], 0.5, atol=1e-6)
    np.testing.assert_allclose(picture[2:], 0.0, atol=1e-6)
