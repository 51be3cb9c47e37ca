"""The wrinkles of a face equal their sum, relief by relief, wherever the map has any."""

import numpy as np
import pytest

from facelib import Head
from facelib.head.geometry.arrays import maps
from facelib.head.geometry.textures import PIGMENTS, RELIEFS, SLOPE
from facelib.head.rendering import skin, wrinkles

pytestmark = pytest.mark.packages


@pytest.mark.thorough
@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("sides", [(1.0, 1.0), (1.0, 0.2)])
def test_the_sum_of_the_reliefs_and_nothing_outside(level, sides):
    head = Head(age=60, expression="happy", left=sides[0], right=sides[1])
    found, top = wrinkles.furrows(head, level)
    pigment, slope = maps(level)
    depths = skin.wrinkles(head)
    count = depths.shape[1]
    assert len(found) == (1 if sides[0] == sides[1] else 2)
    for side in range(2):
        whole = np.zeros((*pigment.shape[:2], 3))
        for k in range(count):
            relief = len(RELIEFS) - count + k
            whole[..., 0] += depths[side, k] / SLOPE * slope[..., 2 * relief]
            whole[..., 1] += depths[side, k] / SLOPE * slope[..., 2 * relief + 1]
            whole[..., 2] += depths[side, k] / 255 * pigment[..., len(PIGMENTS) + relief - 1]
        rows, columns = found.shape[1:3]
        ours = np.zeros_like(whole)
        ours[top : top + rows, :columns] = found[side % len(found), :, :, :3]
        np.testing.assert_allclose(ours, whole, atol=1e-5)


def test_the_rim_of_the_cut_is_without_wrinkles():
    found, _ = wrinkles.furrows(Head(age=85, expression="happy"), 1)
    assert not found[:, -1].any()
    assert not found[:, :, -1].any()
