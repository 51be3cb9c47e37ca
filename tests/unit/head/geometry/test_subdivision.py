"""Catmull–Clark subdivision."""

from __future__ import annotations

import numpy as np

from facelib.head.geometry.subdivision import catmull_clark, fine_mirror

CUBE = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
QUADS = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]], np.int32
)


def test_a_cube_becomes_rounder_as_in_the_paper() -> None:
    matrix, quads = catmull_clark(QUADS, 8)
    fine = matrix @ CUBE
    assert matrix.shape == (8 + 12 + 6, 8)
    assert len(quads) == 24
    np.testing.assert_allclose(fine[:8], CUBE * 5 / 9)  # (F + 2 R + (k − 3) P) / k with k = 3
    np.testing.assert_allclose(np.abs(fine[8:20]).max(axis=1), 0.75)  # edges: mean of two ends and two faces
    np.testing.assert_allclose(np.abs(fine[20:]).sum(axis=1), 1.0)  # faces: their middle


def test_weights_add_up_to_one_and_mirrors_stay_mirrors() -> None:
    matrix, _ = catmull_clark(QUADS, 8)
    np.testing.assert_allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
    mirror = np.array([4, 5, 6, 7, 0, 1, 2, 3], np.int32)
    fine = matrix @ CUBE
    of = fine_mirror(mirror, QUADS, len(fine))
    np.testing.assert_allclose(fine[of], fine * [-1, 1, 1])


def test_a_border_stays_a_curve_of_its_own() -> None:
    flat = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    matrix, _ = catmull_clark(np.array([[0, 1, 2, 3]], np.int32), 4)
    fine = matrix @ flat
    np.testing.assert_allclose(fine[0], 0.75 * flat[0] + 0.125 * (flat[1] + flat[3]))
    assert np.isin([[0.5, 0, 0]], fine).all()
