"""From samples to pixels: every surface that a pixel shows is shaded once and weighted by its samples."""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from facelib.faces.anatomy import EYE, TEETH_LOWER, TEETH_UPPER, TONGUE, Floats, Ints
from facelib.faces.camera import DISTANCE
from facelib.faces.frame import Frame
from facelib.faces.lighting import jit, unit
from facelib.faces.materials import shade_eye, shade_skin, shade_teeth, shade_tongue

_APART = 0.05  # dm; samples of one pixel that are farther apart in depth are different surfaces
_GRADES = 4096
_BRIGHTEST = 1.6  # linear light at the end of the tone curve


@jit
def _material(part: int) -> int:
    if part == EYE:
        return 1
    if part in {TEETH_UPPER, TEETH_LOWER}:
        return 2
    if part == TONGUE:
        return 3
    return 0 if part == 0 else 4 + part


@jit
def _interpolate(frame: Frame, t: int, x: float, y: float, n: Floats, f: Floats) -> None:
    """Add to `n` (3,) and `f` (5,) what triangle `t` carries at a sample, correct in perspective."""
    a, b, c = frame.triangles[t, 0], frame.triangles[t, 1], frame.triangles[t, 2]
    pa, pb, pc = frame.points[a], frame.points[b], frame.points[c]
    area = (pb[0] - pa[0]) * (pc[1] - pa[1]) - (pc[0] - pa[0]) * (pb[1] - pa[1])
    wa = ((pb[0] - x) * (pc[1] - y) - (pc[0] - x) * (pb[1] - y)) / area
    wb = ((pc[0] - x) * (pa[1] - y) - (pa[0] - x) * (pc[1] - y)) / area
    wa, wb, wc = wa * pa[2], wb * pb[2], (1.0 - wa - wb) * pc[2]
    total = 1.0 / (wa + wb + wc)
    wa, wb, wc = wa * total, wb * total, wc * total
    na, nb, nc = frame.normals[a], frame.normals[b], frame.normals[c]
    for k in range(3):
        n[k] += wa * na[k] + wb * nb[k] + wc * nc[k]
    fa, fb, fc = frame.fixed[a], frame.fixed[b], frame.fixed[c]
    for k in range(5):
        f[k] += wa * fa[k] + wb * fb[k] + wc * fc[k]


@numba.njit(cache=True, nogil=True)
def resolve(frame: Frame, depth: Floats, seen: Ints, picture: Floats, nearest: Floats) -> None:
    """Shade a picture from 2 × 2 samples a pixel.

    Parameters
    ----------
    depth, seen
        (2 H, 2 W) inverse distance and triangle number of every sample.
    picture
        float32 (H, W, 3) linear light; holds the backdrop, changed in place.
    nearest
        float32 (H, W), inverse distance of the pixel's nearest sample, changed in place.
    """
    height, width = nearest.shape
    n, f, texel = np.empty(3, np.float32), np.empty(5, np.float32), np.empty(8, np.float32)
    done = np.empty(4, np.bool_)
    half = depth.shape[0] * 0.5
    for row in range(height):
        for column in range(width):
            red = green = blue = 0.0
            bare = 0
            close = 0.0
            for k in range(4):
                i, j = 2 * row + (k >> 1), 2 * column + (k & 1)
                done[k] = seen[i, j] < 0
                bare += done[k]
                close = max(close, depth[i, j])
            nearest[row, column] = close
            if bare == 4:
                continue
            for k in range(4):
                if done[k]:
                    continue
                i, j = 2 * row + (k >> 1), 2 * column + (k & 1)
                t = seen[i, j]
                part = frame.parts[t]
                kind = _material(part)
                z = depth[i, j]
                n[:] = 0
                f[:] = 0
                count, sx, sy, inverse = 0, 0.0, 0.0, 0.0
                for m in range(k, 4):
                    if done[m]:
                        continue
                    mi, mj = 2 * row + (m >> 1), 2 * column + (m & 1)
                    other = seen[mi, mj]
                    mz = depth[mi, mj]
                    if _material(frame.parts[other]) != kind or abs(mz - z) > _APART * z * z:
                        continue
                    done[m] = True
                    _interpolate(frame, other, mj + 0.5, mi + 0.5, n, f)
                    count += 1
                    sx += mj + 0.5
                    sy += mi + 0.5
                    inverse += mz
                share = 1.0 / count
                for c in range(5):
                    f[c] *= share
                sx, sy, inverse = sx * share, sy * share, inverse * share
                away = 1.0 / inverse
                p = ((sx - half) * away / frame.focal, (half - sy) * away / frame.focal, DISTANCE - away)
                normal = unit(n[0], n[1], n[2])
                if kind == 1:
                    colour = shade_eye(frame, p, normal, f)
                elif kind == 2:
                    colour = shade_teeth(frame, part, p, normal, f)
                elif kind == 3:
                    colour = shade_tongue(frame, p, normal, f)
                else:
                    colour = shade_skin(frame, part, p, normal, f, texel)
                red += colour[0] * count
                green += colour[1] * count
                blue += colour[2] * count
            back = picture[row, column]
            back[0] = 0.25 * (red + back[0] * bare)
            back[1] = 0.25 * (green + back[1] * bare)
            back[2] = 0.25 * (blue + back[2] * bare)


@numba.njit(cache=True, nogil=True)
def fill_backdrop(picture: Floats, backdrop: Floats) -> None:
    """Paint a soft glow behind the head, symmetric about the middle column."""
    height, width = picture.shape[:2]
    for row in range(height):
        y = (row + 0.5) / height - 0.42
        for column in range(width):
            x = (column + 0.5) / width - 0.5
            far = min(math.sqrt(x * x + 0.8 * y * y) / 0.72, 1.0)
            share = far * far * (3.0 - 2.0 * far)
            for k in range(3):
                picture[row, column, k] = backdrop[0, k] + (backdrop[1, k] - backdrop[0, k]) * share


def tone_curve() -> npt.NDArray[np.uint8]:
    """Return the grey level of linear light from 0 to `_BRIGHTEST` in equal steps of its square root.

    Faithful up to 0.6, then a gentle shoulder, so that highlights keep their shape.
    """
    light = np.linspace(0, 1, _GRADES) ** 2 * _BRIGHTEST
    knee = 0.6
    over = np.maximum(light - knee, 0)
    curve = np.where(light < knee, light, knee + (1 - knee) * (1 - np.exp(-over / (1 - knee))))
    srgb = np.where(curve <= 0.0031308, curve * 12.92, 1.055 * np.maximum(curve, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(srgb * 255).clip(0, 255).astype(np.uint8)


@numba.njit(cache=True, nogil=True)
def develop(picture: Floats, curve: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the 8-bit picture of linear light."""
    height, width = picture.shape[:2]
    image = np.empty((height, width, 3), np.uint8)
    top = len(curve) - 1
    for row in range(height):
        for column in range(width):
            for k in range(3):
                light = min(max(picture[row, column, k] / _BRIGHTEST, 0.0), 1.0)
                image[row, column, k] = curve[int(math.sqrt(light) * top + 0.5)]
    return image
