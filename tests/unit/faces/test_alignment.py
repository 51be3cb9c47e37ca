"""Shift, turn and size are taken away from shapes, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import procrustes

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.faces.alignment import Similarity, mean_shape, similarity_of
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between

Doubles = npt.NDArray[np.float64]


def people(n: int = 4) -> Doubles:
    return np.array([Head(seed=seed, expression="neutral").render(64).landmarks for seed in range(n)], float)


def placed(points: Doubles, turn: float, scale: float, x: float, y: float) -> Doubles:
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return points @ rotation.T + [x, y]


@pytest.mark.thorough
@given(st.floats(-3, 3), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500))
@settings(max_examples=40, deadline=None)
def test_a_similarity_is_found_again_and_goes_back(turn: float, scale: float, x: float, y: float) -> None:
    points = people(1)[0]
    there = placed(points, turn, scale, x, y)
    found = similarity_of(points, there)
    assert found.size == pytest.approx(scale)
    np.testing.assert_allclose(found(points), there, atol=1e-6)
    np.testing.assert_allclose(found.inverse(there), points, atol=1e-6)
    np.testing.assert_allclose(found.then(found)(points), found(found(points)), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found.turned(points - points[0]), there - there[0], atol=1e-6)


def test_a_fit_is_the_nearest() -> None:
    """Nothing beside it is nearer."""
    one, other = people(2)
    best = similarity_of(one, other)

    def far(way: Similarity) -> float:
        return float(((way(one) - other)[:FIRST_IRIS] ** 2).sum())

    for change in (0.001, -0.001, 0.001j, -0.001j):
        assert far(Similarity(best.turn + change, best.shift)) > far(best)
        assert far(Similarity(best.turn, best.shift + 10 * change)) > far(best)


def test_the_mean_of_two_shapes_is_half_way_as_scipy_aligns_them() -> None:
    shapes = people(2)[:, :FIRST_IRIS]
    one, other, _ = procrustes(*shapes)
    middle = (one / np.linalg.norm(one) + other / np.linalg.norm(other)) / 2
    ours = mean_shape(people(2))[:FIRST_IRIS]
    assert procrustes(ours, middle)[2] < 1e-8


@pytest.mark.thorough
@given(st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_where_how_large_and_how_tilted_faces_are_does_not_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = people()
    elsewhere = np.array(
        [placed(shape, rng.normal(), rng.uniform(0.2, 5), *rng.normal(0, 99, 2)) for shape in shapes]
    )
    np.testing.assert_allclose(mean_shape(elsewhere), mean_shape(shapes), atol=1e-6)


def test_the_mean_shape_is_in_its_frame() -> None:
    found = mean_shape(people())
    skin = found[:FIRST_IRIS]
    np.testing.assert_allclose(skin.mean(axis=0), 0, atol=1e-12)
    assert (skin**2).sum(axis=1).mean() == pytest.approx(1)
    left, right = eyes_between(found.astype(np.float32))
    assert left[1] == pytest.approx(right[1], abs=1e-6)
    assert left[0] > right[0]


def test_weights_are_copies() -> None:
    shapes = people(3)
    np.testing.assert_allclose(
        mean_shape(shapes, np.array([2.0, 1, 0])), mean_shape(shapes[[0, 0, 1]]), atol=1e-9
    )


def test_irises_may_be_unknown() -> None:
    shapes = people(3)
    shapes[0, FIRST_IRIS:] = np.nan
    found = mean_shape(shapes)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:FIRST_IRIS], mean_shape(people(3))[:FIRST_IRIS], atol=0.01)
    shapes[:, FIRST_IRIS:] = np.nan
    assert np.isnan(mean_shape(shapes)[FIRST_IRIS:]).all()


def test_what_has_no_shape_is_refused() -> None:
    unknown = people(2)
    unknown[1, 3] = np.nan
    for wrong in (np.zeros((0, 478, 2)), np.ones((1, 478, 2)), unknown):
        with pytest.raises(BadValueError, match="mean shape needs"):
            mean_shape(wrong)
    with pytest.raises(BadValueError, match="known"):
        similarity_of(unknown[1], unknown[0])
    with pytest.raises(BadValueError, match="one place"):
        similarity_of(np.ones((478, 2)), unknown[0])
