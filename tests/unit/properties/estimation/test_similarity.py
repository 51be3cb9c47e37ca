"""Similarity maps and pictures seen through them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.faces import Face, sample_photograph
from facelib.properties.estimation.similarity import EYES_IN_BOX, eyes_of, similarity, warp


@settings(deadline=None)
@given(st.floats(0.1, 9), st.floats(-3, 3), st.floats(-99, 99), st.floats(-99, 99), st.integers(0, 99))
def test_a_similarity_is_found_again(size: float, turn: float, dx: float, dy: float, seed: int) -> None:
    points = np.random.default_rng(seed).normal(0, 10, (5, 2))
    matrix = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = similarity(points, points @ matrix.T + [dx, dy])
    np.testing.assert_allclose(found, np.column_stack([matrix, [dx, dy]]), atol=1e-7)


def test_it_is_the_best_of_all_in_least_squares(rng: np.random.Generator) -> None:
    points, places = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))

    def misfit(matrix: np.ndarray) -> float:
        return float(((points @ matrix[:, :2].T + matrix[:, 2] - places) ** 2).sum())

    best = similarity(points, places)
    for _ in range(200):
        a, b, x, y = rng.normal(0, 0.01, 4)
        assert misfit(best + np.array([[a, -b, x], [b, a, y]])) >= misfit(best)


@pytest.mark.one_case
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_shrinking_by_a_whole_factor_averages_areas(factor: int) -> None:
    image = sample_photograph().image[:240, :240]
    small = warp(image, np.array([[1 / factor, 0, 0], [0, 1 / factor, 0]]), 240 // factor, 240 // factor)
    expected = cv2.resize(image, (240 // factor, 240 // factor), interpolation=cv2.INTER_AREA)
    assert abs(small.astype(int) - expected.astype(int)).max() <= 1


def test_beyond_the_border_the_border_goes_on() -> None:
    image = np.full((20, 20, 3), 77, np.uint8)
    assert (warp(image, np.array([[0.9, 0.3, -40.0], [-0.3, 0.9, 55]]), 30, 25) == 77).all()


def test_eyes_come_from_the_box_where_they_are_not_known() -> None:
    nowhere = np.full((2, 2), np.nan)
    face = Face(np.zeros((50, 50, 3), np.uint8), np.array([10.0, 20, 50, 40]), nowhere)
    eyes = eyes_of(face)
    assert eyes is not None
    np.testing.assert_allclose(eyes, [10, 20] + EYES_IN_BOX * [40, 20])
    assert eyes[0, 0] > eyes[1, 0]  # the person's left eye is on the right of the picture
    for box in ([10.0, 20, 10, 40], [np.nan] * 4):
        assert eyes_of(face.replace(box=np.array(box))) is None
    assert eyes_of(face.replace(eyes=np.zeros((2, 2)))) is None
