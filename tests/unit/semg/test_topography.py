"""Maps of activity: what was measured stays, what wasn't is between it, and the face has an edge."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from facelib.errors import BadValueError, UnknownNameError
from facelib.models.electromyogram import SCHEMES, Scheme
from facelib.semg import CHANNELS, face_plane
from facelib.semg.muscles import POSITIONS
from facelib.semg.topography import axes, topographies, topography

pytestmark = pytest.mark.packages


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_positions_lie_on_a_face_that_is_the_same_on_both_sides(scheme: Scheme) -> None:
    points = np.array(list(face_plane.places(scheme).values()))
    edge = face_plane.outline()
    assert face_plane.inside(points).all()
    assert np.hypot(*(edge[:, None] - points).transpose(2, 0, 1)).min() > 5
    np.testing.assert_allclose(edge, edge[::-1] * [-1, 1], atol=1e-9)
    for name, line in face_plane.features().items():
        assert face_plane.inside(line).all(), name


def test_features_lie_where_anatomy_has_them() -> None:
    middle = {name: line.mean(axis=0) for name, line in face_plane.features().items()}
    assert middle["left eye"][0] > 20  # the person's left is the right of the picture
    assert middle["right eye"][0] < -20
    assert middle["left brow"][1] > middle["left eye"][1] > middle["nose"][1] > middle["lips"][1]
    x, y = face_plane.places()["orbicularis_oculi_left"]
    assert np.hypot(*(face_plane.features()["left eye"] - (x, y)).T).min() < 20


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_measured_value_is_met_and_never_exceeded(scheme: Scheme, rng: np.random.Generator) -> None:
    points = np.array(list(face_plane.places(scheme).values()))
    for _ in range(5):
        values = rng.random(len(points)) ** 3
        found = topography(values, scheme)
        np.testing.assert_allclose(found.at(points), values, atol=1e-9)
        shown = found.grid[np.isfinite(found.grid)]
        assert shown.min() >= values.min() - 1e-6
        assert shown.max() <= values.max() + 1e-6
        assert found.missing == ()


def test_between_and_beside_electrodes_it_is_what_scipy_says(rng: np.random.Generator) -> None:
    points = np.array(list(face_plane.places().values()))
    values = rng.random(22)
    places = np.array([[0.0, 0.0], [20.0, 10.0], [-40.0, -40.0], [3.0, 57.0], [0.0, 90.0], [75.0, 30.0]])
    slow = RBFInterpolator(points, values, kernel="linear", degree=0)(places)
    slow = np.clip(slow, values.min(), values.max())
    np.testing.assert_allclose(topography(values).at(places), slow, atol=1e-9)


def test_one_active_muscle_has_its_peak_where_it_was_measured() -> None:
    for channel, place in face_plane.places().items():
        found = topography(dict.fromkeys(CHANNELS, 0.0) | {channel: 1.0})
        row, column = np.unravel_index(np.nanargmax(found.grid), found.grid.shape)
        assert np.hypot(found.x[column] - place[0], found.y[row] - place[1]) < 4, channel
        assert np.nanmean(found.grid) < 0.12, channel  # of the whole face, little is called active


def test_outside_the_face_there_is_nothing() -> None:
    found = topography(np.linspace(0, 1, 22))
    x, y = axes()
    cells = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    face = face_plane.inside(cells)
    np.testing.assert_array_equal(np.isfinite(found.grid).ravel(), face)
    assert 0.6 < face.mean() < 0.9
    assert np.isnan(found.at([[200.0, 0.0]])).all()


def test_who_cuts_the_face_out_gets_the_border_beyond_it(rng: np.random.Generator) -> None:
    values = rng.random((2, 22))
    inner, all_of_it = topographies(values, size=32), topographies(values, size=32, everywhere=True)
    face = np.isfinite(inner)
    np.testing.assert_array_equal(all_of_it[face], inner[face])
    assert np.isfinite(all_of_it).all()


def test_a_mirrored_face_has_the_mirrored_map(rng: np.random.Generator) -> None:
    left = rng.random(22)
    mirrored = left.reshape(11, 2)[:, ::-1].ravel()  # channels are left, right, left, right
    np.testing.assert_allclose(topography(mirrored).grid, topography(left).grid[:, ::-1], atol=1e-5)


def test_the_persons_left_is_the_right_of_the_map_and_the_brow_is_above() -> None:
    grid = topography(dict.fromkeys(CHANNELS, 0.0) | {"zygomaticus_left": 1.0}).grid
    row, column = np.unravel_index(np.nanargmax(grid), grid.shape)
    assert column > grid.shape[1] / 2
    assert row > grid.shape[0] / 2
    grid = topography(dict.fromkeys(CHANNELS, 0.0) | {"frontalis_medial_right": 1.0}).grid
    row, column = np.unravel_index(np.nanargmax(grid), grid.shape)
    assert (row < grid.shape[0] / 2, column < grid.shape[1] / 2) == (True, True)


def test_missing_channels_are_left_out_and_said(rng: np.random.Generator) -> None:
    values = dict(zip(CHANNELS, rng.random(22), strict=True))
    nan = topography(values | {"mentalis_left": np.nan})
    absent = topography({name: value for name, value in values.items() if name != "mentalis_left"})
    np.testing.assert_array_equal(nan.grid, absent.grid)
    assert nan.missing == absent.missing == ("mentalis_left",)
    assert "mentalis_left" not in nan.positions
    assert len(nan.points) == len(nan.values) == 21


def test_names_of_recordings_and_positions_are_known() -> None:
    values = {name: float(place) for place, name in enumerate(CHANNELS)}
    other = {POSITIONS[name]: value for name, value in values.items()}
    np.testing.assert_array_equal(topography(values).grid, topography(other).grid)
    with pytest.raises(UnknownNameError, match="no channel"):
        topography(values | {"biceps_left": 1.0})
    with pytest.raises(UnknownNameError, match="no position 'K99'"):
        topography({"K99": 1.0}, "kuramoto")


def test_many_moments_are_as_one_by_one(rng: np.random.Generator) -> None:
    values = rng.random((6, 22))
    values[2, :4] = np.nan
    values[4] = np.nan
    together = topographies(values, size=32)
    for moment in (0, 1, 2, 3, 5):
        np.testing.assert_allclose(together[moment], topography(values[moment], size=32).grid, atol=1e-6)
    assert np.isnan(together[4]).all()


def test_too_little_is_no_map() -> None:
    with pytest.raises(BadValueError, match="3 positions or more"):
        topography({"mentalis_left": 1.0, "mentalis_right": 0.0})
    with pytest.raises(BadValueError, match="array of 22"):
        topography(np.zeros(21))
    with pytest.raises(BadValueError, match="one moment"):
        topography(np.zeros((2, 22)))


def test_a_map_is_fast_enough_for_an_animation(rng: np.random.Generator) -> None:
    values = rng.random((50, 22))
    topographies(values)  # weights
    began = time.process_time()
    topographies(values)
    assert (time.process_time() - began) / 50 < 0.005
