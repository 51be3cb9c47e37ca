"""Linear light and back is exact, layers lie where they are laid and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.editing.drawing import LUMINANCE, filled, laid, light_of, luminance, picture_of


def image(seed: int, size: tuple[int, int] = (9, 13)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)


def test_light_of_every_level_comes_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(4, 64)
    assert (picture_of(light_of(levels)) == levels).all()
    value = levels / 255
    slow = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(light_of(levels), slow, rtol=1e-6)
    assert picture_of(np.array([-3.0, 7.0], np.float32)).tolist() == [0, 255]


@given(st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_luminance_is_the_weighted_light(seed: int) -> None:
    one = image(seed)
    np.testing.assert_allclose(luminance(one), light_of(one) @ np.array(LUMINANCE), rtol=1e-5)
    np.testing.assert_allclose(luminance(one[2:5, 1:7:2]), luminance(one)[2:5, 1:7:2])


@given(st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_a_layer_covers_its_share_in_linear_light(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = image(seed)
    cover = rng.choice([0.0, 0.5, 1.0], one.shape[:2])
    colour = rng.random(3)
    dim = rng.choice([1.0, 0.6], one.shape[:2])
    layer = np.concatenate([cover[..., None] * colour, cover[..., None]], axis=2).astype(np.float32)
    found = laid(one, layer, dim.astype(np.float32))
    slow = light_of(one) * (dim * (1 - cover))[..., None] + cover[..., None] * colour
    assert np.abs(found.astype(int) - picture_of(slow.astype(np.float32))).max() <= 1
    untouched = (cover == 0) & (dim == 1)
    assert (found[untouched] == one[untouched]).all()


def test_a_filled_shape_has_its_area_and_soft_edges() -> None:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([20.3 + 9 * np.cos(turn), 18.6 + 9 * np.sin(turn)], axis=1)
    for soft in (0.0, 2.0):
        cover = filled(circle, (40, 48), soft)
        assert abs(cover.sum() - cv2.contourArea(circle.astype(np.float32))) < 0.08 * cover.sum()
        rows, columns = np.mgrid[:40, :48] + 0.5
        assert abs((cover * columns).sum() / cover.sum() - 20.3) < 0.1
        assert abs((cover * rows).sum() / cover.sum() - 18.6) < 0.1
        assert ((cover > 0.05) & (cover < 0.95)).sum() > (20 if soft == 0 else 100)
