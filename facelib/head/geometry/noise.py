"""Smooth noise in space: a fixed function of position, the same on every machine."""

from __future__ import annotations

import numpy as np

from facelib.head.geometry.makehuman import Floats
from facelib.head.jit import jit


@jit
def _lattice(x: int, y: int, z: int, seed: int) -> float:
    """Return a value in [−1, 1) for a point of the integer lattice."""
    # integer hash: multiply and xor-shift with large odd constants, so that all bits mix
    h = np.uint32(x * 374761393 + y * 668265263 + z * 2147483647 + seed * 1274126177)
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(1274126177))
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(2246822519))
    h ^= h >> np.uint32(15)
    return float(h) / 2147483648.0 - 1.0


@jit
def noise(points: Floats, frequency: float, octaves: int, seed: int) -> Floats:
    """Return fractal value noise, about [−1, 1], at `points` (n, 3); `frequency` in features per unit."""
    result = np.empty(len(points), np.float32)
    for i in range(len(points)):
        total, size, scale, f = 0.0, 1.0, 0.0, frequency
        for octave in range(octaves):
            # value noise: smoothly blended corners of a cell; each octave is twice as fine and half as strong
            px, py, pz = points[i, 0] * f, points[i, 1] * f, points[i, 2] * f
            x, y, z = int(np.floor(px)), int(np.floor(py)), int(np.floor(pz))
            tx, ty, tz = px - x, py - y, pz - z
            tx, ty, tz = tx * tx * (3 - 2 * tx), ty * ty * (3 - 2 * ty), tz * tz * (3 - 2 * tz)
            value = 0.0
            for k in range(8):
                dx, dy, dz = k & 1, (k >> 1) & 1, k >> 2
                w = (tx if dx else 1 - tx) * (ty if dy else 1 - ty) * (tz if dz else 1 - tz)
                value += w * _lattice(x + dx, y + dy, z + dz, seed + octave)
            total += size * value
            scale += size
            size *= 0.5
            f *= 2.0
        result[i] = total / scale
    return result
