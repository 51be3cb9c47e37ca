"""Wrinkles of one face: the sum of its reliefs over the texture maps, on either side."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.arrays import maps
from facelib.head.geometry.makehuman import Floats
from facelib.head.geometry.textures import PIGMENTS, RELIEFS, SLOPE
from facelib.head.jit import jit
from facelib.head.rendering import skin
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

_JOIN = 24  # columns of the finest map, about 4° or the width of the philtrum, over which the sides pass over
CHANNELS = 4  # slope along the angle, slope upward, darkness, nothing (four floats are read at once)
_FURROWS = ArrayCache(12 * 2**20)


class Planes(NamedTuple):
    """The reliefs of a map level that an expression deepens, k of them, cut to where there are any."""

    along: npt.NDArray[np.int8]  # (k, rows, columns)
    up: npt.NDArray[np.int8]
    dark: npt.NDArray[np.uint8]
    top: int  # row of the map where they start; they start in its first column


@cache
def planes(level: int, count: int) -> Planes:
    """Return the last `count` reliefs of a map level, each as one plane."""
    pigment, slope = maps(level)
    along, up = (np.moveaxis(slope[:, :, start::2], 2, 0)[len(RELIEFS) - count :] for start in (0, 1))
    dark = np.moveaxis(pigment[:, :, len(PIGMENTS) :], 2, 0)[len(RELIEFS) - 1 - count :]
    there = (along != 0).any(axis=0) | (up != 0).any(axis=0) | (dark != 0).any(axis=0)
    rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
    top, bottom = max(rows[0] - 1, 0), rows[-1] + 3  # a rim without: what lies outside isn't looked up
    cut = np.s_[:, top:bottom, : columns[-1] + 3]
    whole = np.ascontiguousarray
    return Planes(whole(along[cut]), whole(up[cut]), whole(dark[cut]), int(top))


def furrows(head: Head, level: int) -> tuple[Floats, int]:
    """Return the wrinkles of a head over the half map of a level, cached.

    Returns
    -------
    furrows
        float32 (1 or 2, rows, columns, `CHANNELS`): of both sides if they are alike, or of the person's left
        and right side.
    top
        Row of the map where they start.
    """
    depths = skin.wrinkles(head)
    alike = np.array_equal(depths[0], depths[1])
    used = depths[:1] if alike else depths
    reliefs = planes(level, depths.shape[1])
    made = _FURROWS.get((used.tobytes(), level), lambda: _joined(_carve(used, *reliefs[:3]), level))
    return made, reliefs.top


def _joined(sides: Floats, level: int) -> Floats:
    """Return wrinkles whose two sides, if they differ, meet at the midline without a step."""
    if len(sides) == 1:
        return sides
    columns = max(_JOIN >> level, 1)
    step = ((np.arange(columns, dtype=np.float32) + np.float32(0.5)) / columns)[:, None]
    smooth = np.float32(0.5) + step * (np.float32(0.75) - np.float32(0.25) * step**2)
    near = sides[:, :, :columns]
    joined = sides.copy()
    joined[:, :, :columns] = smooth * near + (1 - smooth) * near[::-1]
    return joined


@jit
def _carve(
    depths: Floats, along: npt.NDArray[np.int8], up: npt.NDArray[np.int8], dark: npt.NDArray[np.uint8]
) -> Floats:
    kinds, rows, columns = along.shape
    made = np.empty((len(depths), rows, columns, 4), np.float32)
    a, u, d = np.empty(columns, np.float32), np.empty(columns, np.float32), np.empty(columns, np.float32)
    for side in range(len(depths)):
        for row in range(rows):
            a[:], u[:], d[:] = 0, 0, 0
            for k in range(kinds):
                slope = depths[side, k] * np.float32(1 / SLOPE)
                shade = depths[side, k] * np.float32(1 / 255)
                for j in range(columns):
                    a[j] += slope * np.float32(along[k, row, j])
                    u[j] += slope * np.float32(up[k, row, j])
                    d[j] += shade * np.float32(dark[k, row, j])
            for j in range(columns):
                made[side, row, j, 0] = a[j]
                made[side, row, j, 1] = u[j]
                made[side, row, j, 2] = d[j]
                made[side, row, j, 3] = 0
    return made
