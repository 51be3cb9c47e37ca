"""The crop: level, of the same size whatever the picture's, and the way back is the way there reversed."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.restoration.crop import MARGIN, SIDE, crop_of, inverse, resampled

EYES = np.array([[150.0, 90.0], [90.0, 70.0]])
BOX = np.array([50.0, 40.0, 190.0, 180.0])


def test_the_middle_of_the_crop_is_that_of_the_box_and_the_eyes_stand_level() -> None:
    way = crop_of(BOX, EYES)
    np.testing.assert_allclose(way @ [SIDE / 2, SIDE / 2, 1], [120, 110])
    left, right = (inverse(way) @ [*eye, 1] for eye in EYES)
    assert left[1] == pytest.approx(right[1])
    assert left[0] > right[0]
    corner = way @ [0, 0, 1] - way @ [SIDE, 0, 1]
    assert np.hypot(*corner) == pytest.approx(MARGIN * 140)


def test_unknown_eyes_are_taken_to_stand_level() -> None:
    way = crop_of(BOX, np.full((2, 2), np.nan))
    assert way[0, 1] == way[1, 0] == 0
    np.testing.assert_allclose(way, crop_of(BOX, np.array([[9.0, 5.0], [3.0, 5.0]])))


def test_a_box_without_a_size_is_refused() -> None:
    for box in (np.zeros(4), np.full(4, np.nan)):
        with pytest.raises(BadValueError, match="width and a height above 0"):
            crop_of(box, EYES)


def test_there_and_back_is_where_it_was() -> None:
    way = crop_of(BOX, EYES)
    np.testing.assert_allclose(inverse(inverse(way)), way, atol=1e-9)
    place = np.array([33.0, 71.5])
    there = way[:, :2] @ place + way[:, 2]
    np.testing.assert_allclose(inverse(way)[:, :2] @ there + inverse(way)[:, 2], place)


def test_the_identity_changes_no_pixel_and_a_ramp_stays_a_ramp() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    still = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    assert np.array_equal(resampled(picture, still, (40, 60)), picture)
    ramp = (np.arange(60, dtype=np.float32) + 0.5)[None].repeat(40, 0)
    for step in (0.5, 1.0, 2.0, 3.0):
        found = resampled(ramp, np.array([[step, 0, 6.0], [0, step, 4.0]]), (8, 8))
        np.testing.assert_allclose(found[4], 6 + step * (np.arange(8) + 0.5), atol=0.02)
