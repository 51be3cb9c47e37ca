"""Pixels go where their landmarks are sent, smoothly, and nothing moves far from the face."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.editing import warp
from facelib.editing.regions import net
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.head.geometry.landmarks import FIRST_IRIS

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def face() -> Face:
    return Head(age=30, expression="happy", seed=4).render(160)


def test_landmarks_that_stay_leave_every_pixel_as_it_is(face: Face) -> None:
    assert (warp.moved(face.image, face.landmarks, face.landmarks) == face.image).all()


def slow_spread(
    points: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    triangles: npt.NDArray[np.int32],
    size: tuple[int, int],
) -> npt.NDArray[np.float64]:
    """Interpolate in every triangle with a linear system, those turned over first."""
    dense = np.zeros((*size, 2))
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    places = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
    for away in (True, False):
        for corners in triangles:
            system = np.vstack([points[corners].T, np.ones(3)])
            if (np.linalg.det(system) < 0) != away or np.linalg.det(system) == 0:
                continue
            weights = np.linalg.solve(system, places)
            inside = (weights >= -1e-9).all(axis=0).reshape(size)
            dense[inside] = (weights.T @ values[corners]).reshape(*size, 2)[inside]
    return dense


@pytest.mark.thorough
def test_the_field_is_linear_in_every_triangle(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warp, "_smoothed", lambda dense, _sigma: dense)
    rng = np.random.default_rng(0)
    scale = 48 / 160
    points = face.landmarks.astype(np.float64) * scale
    offsets = rng.normal(0, 1, (478, 2))
    found = warp.field(points, offsets, (48, 48))
    edge = warp.outline()
    centre = points[edge].mean(axis=0)
    ring = centre + (1 + warp.RING) * (points[edge] - centre)
    m = len(edge)
    strip = [
        corners
        for k in range(m)
        for corners in (
            (edge[k], FIRST_IRIS + k, edge[(k + 1) % m]),
            (edge[(k + 1) % m], FIRST_IRIS + k, FIRST_IRIS + (k + 1) % m),
        )
    ]
    corners = np.concatenate([points[:FIRST_IRIS], ring])
    values = np.concatenate([offsets[:FIRST_IRIS], np.zeros((m, 2))])
    around = slow_spread(corners, values, np.array(strip, np.int32), (48, 48))
    within = slow_spread(corners, values, net()[0], (48, 48))
    covered = slow_spread(corners, np.ones((len(corners), 2)), net()[0], (48, 48))[..., 0] > 0.5
    expected = np.where(covered[..., None], within, around)
    # pixels on an edge between two triangles may belong to either
    assert np.quantile(np.abs(found - expected), 0.99) < 1e-4
    assert np.abs(found - expected).max() < 1.0


def test_the_field_is_what_was_asked_for_at_the_landmarks(face: Face) -> None:
    points = face.landmarks.astype(np.float64)
    x, y = (points - points.mean(axis=0)).T / np.ptp(points[:, 0])
    offsets = 6 * np.column_stack([np.sin(3 * y), x * y])
    found = warp.field(points, offsets, face.size)
    at = np.clip(points, 0, 159).astype(int)
    away = np.linalg.norm(found[at[:, 1], at[:, 0]] - offsets, axis=1)[:FIRST_IRIS]
    inner = warp.coverage(points, face.size)[at[:, 1], at[:, 0]][:FIRST_IRIS] > 0.5
    assert away[inner].max() < 0.5
    assert np.median(away) < 0.1


def test_a_shifted_face_is_the_face_shifted(face: Face) -> None:
    target = face.landmarks + np.array([3.0, 0.0])
    moved = warp.moved(face.image, face.landmarks, target)
    inside = warp.coverage(target, face.size) > 0.9
    expected = np.roll(face.image, 3, axis=1)
    assert np.abs(moved.astype(float) - expected)[inside].mean() < 0.6


def test_far_away_nothing_moves(face: Face) -> None:
    found = warp.field(face.landmarks, np.full((478, 2), 5.0), face.size)
    for corner in (found[:20, :20], found[:20, -20:], found[-20:, :20], found[-20:, -20:]):
        assert (corner == 0).all()
    middle = face.landmarks.mean(axis=0).astype(int)
    np.testing.assert_allclose(found[middle[1], middle[0]], 5.0, atol=1e-3)


def test_coverage_fades_from_the_inside_to_the_outline(face: Face) -> None:
    covered = warp.coverage(face.landmarks, face.size)
    x, y = np.floor(face.landmarks[4]).astype(int)  # tip of the nose
    assert covered[y, x] == 1
    edge = face.landmarks[warp.outline()]
    outside = edge + 0.1 * (edge - edge.mean(axis=0))
    at = np.clip(np.floor(outside), 0, 159).astype(int)
    assert (covered[at[:, 1], at[:, 0]] == 0).all()
    assert np.abs(np.diff(covered, axis=1)).max() < 0.25


def test_the_outline_goes_once_around_the_face() -> None:
    edge = warp.outline()
    assert len(set(edge.tolist())) == len(edge)
    assert {10, 152, 234, 454} <= set(edge.tolist())  # forehead, chin, both sides


@pytest.mark.thorough
@given(st.integers(0, 477), st.sampled_from([np.nan, np.inf]))
@settings(max_examples=20, deadline=None)
def test_unknown_landmarks_are_refused(place: int, value: float) -> None:
    points = Head().render(48).landmarks.copy()
    points[place] = value
    if place >= FIRST_IRIS:
        warp.moved(np.zeros((48, 48, 3), np.uint8), points, points)
        return
    with pytest.raises(BadValueError, match="all but the irises known"):
        warp.coverage(points, (48, 48))


def test_other_numbers_of_landmarks_are_refused() -> None:
    with pytest.raises(BadValueError, match=r"got \(468, 2\)"):
        warp.field(np.zeros((468, 2)), np.zeros((468, 2)), (8, 8))
