"""Ambient occlusion of the resting head: the share of sky that each point sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import EYE, SKIN, SOCKET, Floats, Ints
from facelib.head.geometry.mesh import normals
from facelib.head.geometry.raster import buffers, rasterise
from facelib.head.jit import jit

_DIRECTIONS = 128
_SIZE = 384
_REACH = 2.6  # dm; what lies farther from the middle of the head is left out
_BIAS = 0.02


def ambient_occlusion(
    canonical: Floats, triangles: Ints, parts: npt.NDArray[np.uint8], start: Ints, around: Ints
) -> Floats:
    """Return (N,): the cosine-weighted share of the sky that is open, from depth maps in many directions."""
    solid = triangles[(parts == SKIN) | (parts == SOCKET) | (parts == EYE)]
    facing = normals(canonical, triangles, start, around)
    centred = canonical - np.array([0, 7.0, 0.4], np.float32)
    lit = np.zeros(len(canonical), np.float32)
    total = np.zeros(len(canonical), np.float32)
    # directions of a Fibonacci sphere: evenly spread by the golden angle
    golden = np.pi * (3 - np.sqrt(5))
    for i in range(_DIRECTIONS):
        up = 1 - 2 * (i + 0.5) / _DIRECTIONS
        across = np.sqrt(1 - up * up)
        toward = np.array([across * np.cos(golden * i), up, across * np.sin(golden * i)], np.float32)
        side = np.cross(np.array([0.0, 1.0, 0.0], np.float32), toward)
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(toward, side), toward]).astype(np.float32)
        local = centred @ frame.T
        points = local.copy()
        points[:, 0] = local[:, 0] / _REACH * (_SIZE / 2)
        points[:, 1] = -local[:, 1] / _REACH * (_SIZE / 2)
        # 10 dm are added, so that depths are positive: an empty buffer is 0
        points[:, 2] = local[:, 2] + 10
        depth, seen = buffers(_SIZE)
        rasterise(points, solid, False, 0, depth, seen)
        _gather(points, facing, toward, depth, lit, total)
    return (lit / np.maximum(total, 1e-6)).astype(np.float32)


@jit
def _gather(  # noqa: PLR0917, a kernel
    points: Floats, facing: Floats, toward: Floats, depth: Floats, lit: Floats, total: Floats
) -> None:
    size = len(depth)
    for v in range(len(points)):
        cosine = facing[v, 0] * toward[0] + facing[v, 1] * toward[1] + facing[v, 2] * toward[2]
        if cosine <= 0:
            continue
        total[v] += cosine
        x, y = int(points[v, 0] + size / 2), int(points[v, 1] + size / 2)
        if not (0 <= x < size and 0 <= y < size) or depth[y, x] <= points[v, 2] + _BIAS:
            lit[v] += cosine
