"""A surgical mask covers more and more of the face from the chin up, and the face never pokes through."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from facelib.faces import Head
from facelib.head.accessories import draping, thing
from facelib.head.accessories.registry import worn_by
from facelib.head.accessories.surgical_mask import loops, made
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import place
from facelib.head.rendering import render

pytestmark = pytest.mark.packages

EXPRESSIONS = ("neutral", "happy", "surprise", "disgust", "angry")
PEOPLE = [
    Head(age=age, gender=gender, seed=seed, ancestry={ancestry: 1.0}, hair="bald", mask=1.0)
    for age, gender, seed, ancestry in (
        (5, 0, 0, "european"), (8, 1, 3, "african"), (30, 0, 0, "asian"), (35, 1, 4, "european"),
        (60, 0, 5, "african"), (75, 1, 6, "asian"), (90, 1, 7, "european"), (90, 0, 8, "african"),
    )
]  # fmt: skip


def seen_parts(head: Head, size: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """Part of every sample (255: nothing), and the landmarks (478, 2) in samples."""
    vertices, view, _ = render.pose(head)
    points, frame, _, seen = render.draw(head, size, vertices, view, worn_by(head, vertices, size))
    geometry = load()
    marks = place(points, geometry.landmark_vertices, geometry.landmark_weights) + size
    return np.where(seen >= 0, frame.parts[np.maximum(seen, 0)], 255), marks


def inside(marks: np.ndarray) -> np.ndarray:
    """Samples between the corners of the mouth, the tip of the nose and the chin."""
    region = np.zeros((384, 384), np.uint8)
    outline = cv2.convexHull(np.round(marks[[4, 61, 291, 199]]).astype(np.int32))
    return np.asarray(cv2.fillConvexPoly(region, outline, 1) > 0)


def test_no_mask_no_change() -> None:
    head = Head(hair="long", expression="surprise")
    np.testing.assert_array_equal(head.render(96).image, head.replace(mask=0.0).render(96).image)
    assert made(head, render.pose(head)[0], 96) is None
    assert loops(head, render.pose(head)[0], 96) is None


@pytest.mark.thorough
@pytest.mark.parametrize("yaw", [-45.0, 0.0, 45.0])
@pytest.mark.parametrize("head", PEOPLE[::3])
def test_the_higher_it_is_pulled_the_more_it_covers(head: Head, yaw: float) -> None:
    covered = [
        (
            seen_parts(head.replace(mask=float(pulled), pose=(yaw, 0, 0), expression="neutral"))[0]
            == thing.WORN
        ).sum()
        for pulled in np.linspace(0.15, 1, 12)
    ]
    assert np.all(np.diff(covered) > 0)
    assert covered[-1] > 8000


def test_hardly_any_mask_is_hardly_any_change() -> None:
    head = Head(seed=6)
    change = head.replace(mask=1e-6).render(224).image.astype(int) - head.render(224).image
    assert np.abs(change).max() <= 1


@pytest.mark.thorough
def test_it_starts_under_the_chin_and_rises_without_a_jump() -> None:
    bare = Head(expression="neutral")
    pictures = [bare.replace(mask=float(m)).render(128).image.astype(float) for m in np.linspace(0, 1, 41)]
    change = [np.abs(picture - pictures[0]).mean() for picture in pictures]
    assert 0 < change[1] < 0.5
    steps = [np.abs(b - a).mean() for a, b in pairwise(pictures)]
    assert max(steps) < 3 * np.mean(steps)
    assert (np.abs(bare.replace(mask=1e-4).render(128).image - pictures[0]).max(axis=2) > 3).sum() < 40


@pytest.mark.one_case
@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("head", PEOPLE)
def test_no_skin_is_in_front_of_it_between_the_corners_of_the_mouth(head: Head, expression: str) -> None:
    for yaw in (-45.0, 0.0, 45.0):
        parts, marks = seen_parts(head.replace(expression=expression, pose=(yaw, 0, 0)))
        face = parts[inside(marks)]
        assert face.size > 500
        assert (face[face != 255] >= thing.WORN).all()
        nose = marks[1]
        assert parts[int(nose[1]), int(nose[0])] >= thing.WORN


def test_the_tongue_stays_inside() -> None:
    for units in (
        {"tongueOut": 1.0, "jawOpen": 0.6},
        {"mouthFunnel": 1.0},
        {"jawOpen": 1.0},
        {"cheekPuff": 1.0},
    ):
        parts, marks = seen_parts(Head(mask=1.0, expression=units, hair="bald"))
        assert (parts[inside(marks)] == thing.WORN).all()


@pytest.mark.one_case
@pytest.mark.parametrize("head", PEOPLE)
def test_it_ends_below_the_eyes_and_beside_the_ears(head: Head) -> None:
    parts, marks = seen_parts(head.replace(expression="neutral"))
    row, column = np.nonzero(parts == thing.WORN)
    eyelid, bridge = marks[[145, 374], 1].max(), marks[6, 1]
    assert bridge < row.min() < marks[4, 1]
    assert row.min() > eyelid - 0.35 * (marks[1, 1] - eyelid)
    at_eyes = parts[:, [int(marks[145, 0]), int(marks[374, 0])]] == thing.WORN
    assert np.nonzero(at_eyes)[0].min() > eyelid + 3
    assert marks[234, 0] - 6 < column.min() < marks[61, 0]
    assert row.max() > marks[199, 1]


@pytest.mark.one_case
@pytest.mark.parametrize("fields", [{}, {"expression": "surprise", "seed": 9}, {"mask": 0.4, "hair": "long"}])
def test_symmetric_heads_wear_it_symmetrically(fields: dict) -> None:
    image = (
        Head(**({"light": "frontal", "mask": 1.0, "expression": "neutral"} | fields))
        .render(224)
        .image.astype(int)
    )
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference <= 2).mean() >= 0.999
    assert difference.max() <= 8


def test_it_follows_the_jaw() -> None:
    low = []
    for units in ({}, {"jawOpen": 0.5}, {"jawOpen": 1.0}):
        parts, _ = seen_parts(Head(mask=1.0, expression=units))
        low.append(np.nonzero(parts == thing.WORN)[0].max())
    assert low[0] < low[1] < low[2]


@pytest.mark.thorough
def test_no_lips_show_through() -> None:
    """Under flat light, the cloth over an open and a closed mouth is as even as over the cheek."""
    for units in ({}, {"mouthFunnel": 0.8}, {"mouthPucker": 1.0}):
        head = Head(mask=1.0, expression=units, light="frontal")
        face = head.render(512)
        x, y = np.nanmean(face.landmarks[[0, 17]], axis=0)
        patch = face.image[int(y) - 14 : int(y) + 15, int(x) - 25 : int(x) + 26].astype(float).mean(axis=2)
        level = patch.mean(axis=0)
        assert np.abs(np.diff(level)).max() < 2.5  # no edge from side to side
        assert np.ptp(level) < 14


def test_landmarks_take_no_notice() -> None:
    bare, masked = (Head(mask=pulled).render(128) for pulled in (0.0, 1.0))
    np.testing.assert_array_equal(bare.landmarks, masked.landmarks)
    np.testing.assert_array_equal(bare.box, masked.box)


def test_the_same_head_gives_the_same_bytes() -> None:
    head = Head(mask=0.7, glasses=0.5, seed=3, expression="happy")
    first = head.render(96).image
    Head(mask=0.9).render(96)
    np.testing.assert_array_equal(first, head.render(96).image)


def test_a_taut_cloth_is_the_convex_hull(rng: np.random.Generator) -> None:
    """Slow twin: where rays leave the exact hull; edges are rounded by no more than the grid of facets."""
    points = rng.normal(size=(60, 3))
    points *= rng.uniform(0.6, 1.0, (60, 1)) / np.linalg.norm(points, axis=1, keepdims=True)
    points = points[points[:, 2] > -0.6].astype(np.float32)
    hull = ConvexHull(points.astype(float))
    normals, offsets = hull.equations[:, :3], -hull.equations[:, 3]
    rays = draping.directions(rng.uniform(-0.9, 0.9, 200), rng.uniform(-0.8, 0.5, 200)).astype(np.float32)
    along = rays @ normals.T
    exact = np.where(along > 0, offsets / np.maximum(along, 1e-9), np.inf).min(axis=1)
    reach = draping.taut(points, rays)
    assert (reach > 0.97 * exact).all()
    assert np.median(reach / exact) < 1.03
    assert (reach < 1.12 * exact).all()


def test_polar_and_back(rng: np.random.Generator) -> None:
    offsets = rng.normal(size=(50, 3))
    angle, elevation, reach = draping.polar(offsets).T
    np.testing.assert_allclose(draping.directions(angle, elevation) * reach[:, None], offsets, atol=1e-12)


@pytest.mark.one_case
@pytest.mark.parametrize("weight", [0.2, 1.0])
@pytest.mark.parametrize("head", PEOPLE)
def test_glasses_are_worn_over_it(head: Head, weight: float) -> None:
    for yaw in (-30.0, 0.0, 30.0):
        shown = head.replace(glasses=weight, pose=(yaw, 0, 0), expression="happy")
        bare_parts, _ = seen_parts(shown.replace(mask=0.0))
        parts, _ = seen_parts(shown)
        frame = bare_parts == thing.WORN  # the only thing that is worn then
        assert (parts[frame] == thing.WORN).mean() < 0.01  # is cloth now


def test_glasses_and_mask_are_symmetric_together() -> None:
    image = Head(light="frontal", mask=1.0, glasses=0.4, expression="neutral").render(224).image.astype(int)
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference <= 2).mean() >= 0.999
    assert difference.max() <= 8
