"""Draped cloth over a part of a face: a convex hull where it bridges, never inside the skin.

Surfaces are given by the distance from a centre inside the head, over directions (angle from the middle of
the face, elevation): the lower face is star-shaped around it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.raster import rasterise
from facelib.head.geometry.textures import is_ear
from facelib.head.jit import jit

Doubles = npt.NDArray[np.float64]

_CELL = np.radians(1.25)
_ROWS, _COLUMNS = 128, 216  # elevations of ±80°, angles of ±135°
_SHARPNESS = 7  # doublings: the hull is the norm of order 2^7 of its half-spaces


def polar(offsets: Doubles) -> Doubles:
    """Return (n, 3) angle, elevation (radians) and distance of offsets (n, 3) from the centre."""
    x, y, z = offsets.T
    flat = np.hypot(x, z)
    return np.stack([np.arctan2(x, z), np.arctan2(y, flat), np.hypot(y, flat)], axis=1)


def directions(angle: Doubles, elevation: Doubles) -> Doubles:
    """Return unit vectors (…, 3)."""
    flat = np.cos(elevation)
    return np.stack([np.sin(angle) * flat, np.sin(elevation), np.cos(angle) * flat], axis=-1)


def distances(vertices: Floats, centre: Doubles) -> Floats:
    """Return how far the skin is from the centre, (rows, columns) over directions; 0 where there is none.

    Every cell holds the farthest of its neighbourhood, so that no peak is lost between two cells.
    """
    points = polar(vertices[: len(load().base)].astype(np.float64) - centre)
    points[:, :2] /= _CELL
    points[:, 1] *= -1
    field = np.zeros((_ROWS, _COLUMNS), np.float32)
    rasterise(points.astype(np.float32), _front(), False, 0, field, np.empty((_ROWS, _COLUMNS), np.int32))
    wide = field.copy()
    np.maximum(field[:, 1:], field[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], field[:, 1:], out=wide[:, :-1])
    high = wide.copy()
    np.maximum(wide[1:], wide[:-1], out=high[1:])
    np.maximum(high[:-1], wide[1:], out=high[:-1])
    return high


def distance_at(field: Floats, angle: Doubles, elevation: Doubles) -> Doubles:
    """Return the distance of the skin in some directions."""
    return looked_up(field, angle / _CELL, elevation / _CELL)


def looked_up(field: Floats, across: Doubles, up: Doubles) -> Doubles:
    """Return a field (rows, columns) at places in cells from its middle, bilinear; the rim goes on."""
    rows, columns = field.shape
    column = np.clip(across + columns / 2 - 0.5, 0, columns - 1.001)
    row = np.clip(rows / 2 - up - 0.5, 0, rows - 1.001)
    i, j = row.astype(int), column.astype(int)
    a, b = row - i, column - j
    upper = field[i, j] * (1 - b) + field[i, j + 1] * b
    lower = field[i + 1, j] * (1 - b) + field[i + 1, j + 1] * b
    return np.asarray(upper * (1 - a) + lower * a)


@cache
def _front() -> Ints:
    """Return the triangles of the front of the head, without the ears."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    wanted = np.zeros(len(geometry.base), bool)
    wanted[skin[skin < len(wanted)]] = True
    wanted &= ~is_ear(*geometry.base.T) & (geometry.base[:, 2] > 0.1) & (geometry.base[:, 1] > 5.9)
    triangles: Ints = geometry.coarse_triangles[wanted[geometry.coarse_triangles].all(axis=1)]
    triangles.flags.writeable = False
    return triangles


@cache
def _facets() -> Floats:
    """Return the directions (K, 3) in which a taut cloth can face: a symmetric grid over the front."""
    angle, elevation = np.meshgrid(np.radians(np.arange(-104, 105, 8)), np.radians(np.arange(-86, 67, 8)))
    return directions(angle, elevation).reshape(-1, 3).astype(np.float32)


def taut(points: Floats, rays: Floats) -> Floats:
    """Return how far (R,) the hull of points (P, 3) around the centre reaches along rays (R, 3), rounded."""
    reach: Floats = _taut(points, _facets(), rays)
    return reach


@jit
def _taut(points: Floats, facets: Floats, rays: Floats) -> Floats:
    inverse = np.empty(len(facets), np.float32)
    for k in range(len(facets)):
        far = np.float32(1e-3)
        for p in range(len(points)):
            along = points[p, 0] * facets[k, 0] + points[p, 1] * facets[k, 1] + points[p, 2] * facets[k, 2]
            far = max(far, along)
        inverse[k] = np.float32(1) / far
    reach = np.empty(len(rays), np.float32)
    shares = np.empty(len(facets), np.float32)
    for r in range(len(rays)):
        nearest = np.float32(1e-6)
        for k in range(len(facets)):
            along = rays[r, 0] * facets[k, 0] + rays[r, 1] * facets[k, 1] + rays[r, 2] * facets[k, 2]
            shares[k] = max(along * inverse[k], np.float32(0))
            nearest = max(nearest, shares[k])
        total = np.float32(0)
        for k in range(len(facets)):
            share = shares[k] / nearest
            for _ in range(_SHARPNESS):
                share *= share
            total += share
        reach[r] = np.float32(1) / (nearest * total ** np.float32(1 / 2**_SHARPNESS))
    return reach
