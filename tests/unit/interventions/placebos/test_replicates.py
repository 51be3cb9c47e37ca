"""Nuisance replicates: small, the same for every picture, and exactly what they say."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from facelib.errors import BadValueError
from facelib.interventions.placebos.replicates import Nuisance, nuisance_replicates

BOX = np.array([58.0, 38.0, 178.0, 158.0])
IMAGES = np.stack([skimage.data.astronaut()[10:234, 110:334], skimage.data.astronaut()[200:424, 110:334]])


def twin(image: np.ndarray, nuisance: Nuisance, box: np.ndarray) -> np.ndarray:
    """Every pixel of the result is looked up where it came from."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(float)
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    from_x = (x - nuisance.shift[0] * (box[2] - box[0]) - centre_x) / (1 + nuisance.scale) + centre_x
    from_y = (y - nuisance.shift[1] * (box[3] - box[1]) - centre_y) / (1 + nuisance.scale) + centre_y
    channels = [
        ndimage.map_coordinates(image[:, :, channel].astype(float), [from_y, from_x], order=1, mode="mirror")
        for channel in range(3)
    ]
    return np.clip(np.stack(channels, axis=2) * (1 + nuisance.light), 0, 255)


def test_replicates_keep_within_their_limits_and_use_them() -> None:
    many = nuisance_replicates(500, seed=1)
    shifts = np.array([nuisance.shift for nuisance in many])
    scales = np.array([nuisance.scale for nuisance in many])
    lights = np.array([nuisance.light for nuisance in many])
    for values, limit in ((shifts, 0.02), (scales, 0.02), (lights, 0.03)):
        assert 0.98 * limit < np.abs(values).max() <= limit
        assert abs(values.mean()) < 0.1 * limit


def test_replicates_follow_the_seed() -> None:
    assert nuisance_replicates(20, seed=5) == nuisance_replicates(20, seed=5)
    assert nuisance_replicates(20, seed=5) != nuisance_replicates(20, seed=6)
    assert nuisance_replicates(5, seed=5) == nuisance_replicates(20, seed=5)[:5]
    assert len(set(nuisance_replicates(20))) == 20


@pytest.mark.parametrize("n", [0, -3])
def test_no_replicates_are_refused(n: int) -> None:
    with pytest.raises(BadValueError, match="At least one"):
        nuisance_replicates(n)


@pytest.mark.parametrize(
    ("shift", "scale", "light"),
    [
        ((0.03, 0), 0, 0),
        ((0, -0.021), 0, 0),
        ((0, 0), 0.05, 0),
        ((0, 0), 0, -0.04),
        ((0, 0), float("nan"), 0),
    ],
)
def test_what_is_no_longer_a_nuisance_is_refused(
    shift: tuple[float, float], scale: float, light: float
) -> None:
    with pytest.raises(BadValueError, match="by up to"):
        Nuisance(shift, scale, light)


def test_nothing_changes_at_zero() -> None:
    assert np.array_equal(Nuisance((0.0, 0.0), 0.0, 0.0).apply(IMAGES, BOX), IMAGES)


@pytest.mark.thorough
@settings(max_examples=15, deadline=None)
@given(
    shift=st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)),
    scale=st.floats(-0.02, 0.02),
    light=st.floats(-0.03, 0.03),
)
def test_apply_is_shift_scale_and_light(shift: tuple[float, float], scale: float, light: float) -> None:
    nuisance = Nuisance(shift, scale, light)
    changed = nuisance.apply(IMAGES, BOX)
    assert changed.shape == IMAGES.shape
    assert changed.dtype == np.uint8
    for picture, image in zip(changed, IMAGES, strict=True):
        error = np.abs(picture - twin(image, nuisance, BOX))
        assert error.mean() < 0.8
        assert np.quantile(error, 0.999) < 4  # OpenCV 4 has coordinates in 1/32 px


def test_every_picture_gets_the_same() -> None:
    nuisance = nuisance_replicates(1, seed=3)[0]
    both = nuisance.apply(IMAGES, BOX)
    assert np.array_equal(both[1], nuisance.apply(IMAGES[1:], BOX)[0])


def test_borders_are_never_black() -> None:
    white = np.full((1, 60, 80, 3), 250, np.uint8)
    for nuisance in nuisance_replicates(30):
        changed = nuisance.apply(white, np.array([0.0, 0.0, 80.0, 60.0]))
        assert np.ptp(changed) == 0
        assert changed[0, 0, 0, 0] == round(min(255, 250 * (1 + nuisance.light)))


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES.astype(float), IMAGES[..., :1]])
def test_other_arrays_are_refused(images: np.ndarray) -> None:
    with pytest.raises(BadValueError, match="uint8"):
        Nuisance((0.0, 0.0), 0.0, 0.0).apply(images, BOX)
