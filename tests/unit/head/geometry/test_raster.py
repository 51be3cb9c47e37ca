"""The z-buffer against a slow, obvious twin."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.head.geometry.makehuman import CAVITY, SKIN
from facelib.head.geometry.raster import buffers, rasterise, rasterise_inside


def cross(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def twin(points: np.ndarray, triangles: np.ndarray, cull: bool, size: int) -> tuple[np.ndarray, np.ndarray]:
    depth, seen = np.zeros((size, size)), np.full((size, size), -1)
    centres = np.arange(size) + 0.5 - size / 2
    for t, (a, b, c) in enumerate(points[triangles].astype(float)):
        area = cross(b[:2] - a[:2], c[:2] - a[:2])
        if area == 0 or (cull and area > 0):
            continue
        for i, y in enumerate(centres):
            for j, x in enumerate(centres):
                p = np.array([x, y])
                wa = cross(b[:2] - p, c[:2] - p) / area
                wb = cross(c[:2] - p, a[:2] - p) / area
                w = np.array([wa, wb, 1 - wa - wb])
                z = w @ np.array([a[2], b[2], c[2]])
                if (w >= 0).all() and z > depth[i, j]:
                    depth[i, j], seen[i, j] = z, t
    return depth, seen


def scene(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    points = np.column_stack([rng.uniform(-14, 14, (count, 2)), rng.uniform(0.05, 0.2, count)]).astype(
        np.float32
    )
    return points, rng.integers(0, count, (count, 3)).astype(np.int32)


@pytest.mark.thorough
@pytest.mark.parametrize("cull", [False, True])
def test_it_sees_what_the_twin_sees(rng: np.random.Generator, cull: bool) -> None:
    points, triangles = scene(rng, 40)
    depth, seen = buffers(24)
    rasterise(points, triangles, cull, 0, depth, seen)
    expected_depth, expected = twin(points, triangles, cull, 24)
    assert (seen != expected).mean() < 0.005  # a sample exactly on an edge may go either way
    agree = seen == expected
    np.testing.assert_allclose(depth[agree], expected_depth[agree], rtol=1e-4)


def test_triangles_are_numbered_from_first() -> None:
    points = np.array([[-5, -5, 1], [5, -5, 1], [0, 5, 1]], np.float32)
    depth, seen = buffers(8)
    rasterise(points, np.array([[0, 1, 2]], np.int32), False, 7, depth, seen)
    assert set(np.unique(seen)) == {-1, 7}


def test_a_mirrored_scene_gives_the_mirrored_picture(rng: np.random.Generator) -> None:
    points, triangles = scene(rng, 60)
    depth, seen = buffers(24)
    rasterise(points, triangles, False, 0, depth, seen)
    other, other_seen = buffers(24)
    rasterise(points * np.array([-1, 1, 1], np.float32), triangles, False, 0, other, other_seen)
    np.testing.assert_array_equal(other_seen[:, ::-1], seen)
    np.testing.assert_array_equal(other[:, ::-1], depth)


@pytest.mark.thorough
def test_teeth_are_drawn_only_where_the_cavity_is_seen() -> None:
    quad = np.array([[-8, -8, 0.1], [8, -8, 0.1], [8, 8, 0.1], [-8, 8, 0.1]], np.float32)
    hole = np.array([[-8, -8, 0.09], [0, -8, 0.09], [0, 8, 0.09], [-8, 8, 0.09]], np.float32)
    points = np.concatenate([quad + np.array([8, 0, 0]), hole, quad + np.array([0, 0, 0.1])]).astype(
        np.float32
    )
    halves = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    triangles = np.concatenate([halves, halves + 4, halves + 8])
    parts = np.array([SKIN, SKIN, CAVITY, CAVITY, 6, 6], np.uint8)
    depth, seen = buffers(16)
    rasterise(points, triangles[:4], True, 0, depth, seen)
    rasterise_inside(points, triangles[4:], 4, parts, depth, seen)
    assert (seen[:, :8] >= 4).all()  # the teeth are nearer than everything …
    assert (seen[:, 8:] < 4).all()  # … and still stay behind the lips
