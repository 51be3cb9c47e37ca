"""What is stuck to the skin: electrodes and moles. Each follows the skin wherever it moves."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.faces.anatomy import SKIN, Floats
from facelib.faces.electrodes import positions
from facelib.faces.geometry import load
from facelib.faces.lighting import jit
from facelib.faces.maps import AXIS, BOTTOM, TOP

if TYPE_CHECKING:
    from facelib.faces.head import Head

ROWS, COLUMNS = 160, 320
FRANKFORT = 7.06  # dm; canonical height of the lower rim of the orbit
RADIUS = 0.058  # dm; an electrode with its adhesive ring
_SPAN = TOP - BOTTOM
_NONE = 255
_PLANAR = 0.45  # dm; farther out, positions of the scheme are lengths along the skin


@jit
def sticker_at(  # noqa: PLR0917, a kernel
    stickers: Floats, grid: npt.NDArray[np.uint8], texel: float, x: float, y: float, z: float, angle: float
) -> tuple[float, float, float, float, float, float, float]:
    """Return cover, red, green, blue, gloss and the tilt of the surface (x, y) at a canonical point."""
    turn = (angle if x >= 0.0 else -angle) / math.pi
    column = min(int((0.5 + 0.5 * turn) * COLUMNS), COLUMNS - 1)
    row = min(max(int((TOP - y) / _SPAN * ROWS), 0), ROWS - 1)
    number = grid[row, column]
    if number == _NONE:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    s = stickers[number]
    dx, dy, dz = x - s[0], y - s[1], z - s[2]
    far = math.sqrt(dx * dx + dy * dy + dz * dz) / s[3]
    soft = texel / s[3]
    if s[4] > 0.5:  # a mole
        cover = s[5] * min(max((1.0 - far) / max(0.5, soft), 0.0), 1.0)
        return cover, s[6], s[7], s[8], 0.8, 0.0, 0.0
    cover = min(max((1.0 - far) / soft + 0.5, 0.0), 1.0)
    ring = min(max((0.60 - far) / soft + 0.5, 0.0), 1.0)
    cup = min(max((0.50 - far) / soft + 0.5, 0.0), 1.0)
    snap = min(max((0.24 - far) / soft + 0.5, 0.0), 1.0)
    value = 0.80 + (0.30 - 0.80) * ring
    value += (0.50 - value) * cup
    value += (0.72 - value) * snap
    slope = 0.0
    if far > 0.86:
        slope = 0.5 * (far - 0.86) / 0.14
    elif snap > 0.0:
        slope = 1.2 * far / 0.24
    elif cup > 0.0:
        slope = -0.5
    tilt = slope / max(far * s[3], 1e-4)
    return cover, value * 1.0, value * 0.995, value * 0.97, 0.5 + 2.5 * cup, tilt * dx, tilt * dy


@cache
def places() -> dict[str, tuple[float, float, float]]:
    """Return the canonical point of the skin under every electrode position.

    Positions are planar near the midline; beyond 45 mm what is left is measured along the skin, since the
    cheek turns away from the plane.
    """
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    front = geometry.canonical[skin]
    front = front[(front[:, 2] > 0.2) & (front[:, 1] > 6.0) & (np.abs(front[:, 0]) < 0.72)].astype(np.float64)
    result = {}
    for name, (x, y) in positions().items():
        across, height = abs(x) / 100.0, FRANKFORT + y / 100.0
        point = _nearest(front, min(across, _PLANAR), height)
        rest = across - _PLANAR
        while rest > 0:
            step = _nearest(front, point[0] + 0.02, height)
            length = float(np.hypot(step[0] - point[0], step[2] - point[2]))
            if length < 1e-6:
                break
            rest -= length
            point = step
        result[name] = (math.copysign(point[0], x) if x else 0.0, float(point[1]), float(point[2]))
    return result


def _nearest(front: npt.NDArray[np.float64], x: float, y: float) -> npt.NDArray[np.float64]:
    """Return the point of the skin at (x, y) of the frontal plane, from the three vertices around it."""
    half = front[front[:, 0] > -0.1]
    gap = np.hypot(half[:, 0] - x, half[:, 1] - y) + 0.15 * (half[:, 2].max() - half[:, 2]).clip(0.9) - 0.135
    near = np.argsort(gap, kind="stable")[:3]
    weight = 1 / (np.hypot(half[near, 0] - x, half[near, 1] - y) + 1e-3) ** 2
    return np.asarray((half[near] * weight[:, None]).sum(axis=0) / weight.sum())


def stick(head: Head, mole_colour: npt.NDArray[np.float64]) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Return the head's stickers (K, 9) and the grid that finds them: electrodes lie over moles."""
    rows: list[tuple[float, ...]] = [
        (*places()[name], RADIUS, 0.0, 1.0, 0.0, 0.0, 0.0) for name in head.electrode_names
    ]
    if head.moles:
        rows += _moles(head, mole_colour)
    stickers = np.array(rows, np.float32).reshape(-1, 9)
    grid = np.full((ROWS, COLUMNS), _NONE, np.uint8)
    nearest = np.full((ROWS, COLUMNS), np.inf)
    rows_at, columns_at = np.arange(ROWS)[:, None] + 0.5, np.arange(COLUMNS)[None, :] + 0.5
    for number, (x, y, z, radius) in enumerate(row[:4] for row in rows):
        column = (0.5 + 0.5 * math.atan2(x, z - AXIS) / math.pi) * COLUMNS
        row = (TOP - y) / _SPAN * ROWS
        wide = 2.0 * radius / max(math.hypot(x, z - AXIS), 0.3) / math.pi * 0.5 * COLUMNS + 1
        tall = 1.3 * radius / _SPAN * ROWS + 1
        top, bottom = max(math.floor(row - tall), 0), min(math.ceil(row + tall) + 1, ROWS)
        left, right = max(math.floor(column - wide), 0), min(math.ceil(column + wide) + 1, COLUMNS)
        spot = np.s_[top:bottom, left:right]
        gap = np.hypot((rows_at[top:bottom] - row) / tall, (columns_at[:, left:right] - column) / wide)
        closer = (gap < nearest[spot] - 1e-9) & (gap < 1.5)
        grid[spot][closer] = number
        nearest[spot][closer] = gap[closer]
    return stickers, grid


def _moles(head: Head, colour: npt.NDArray[np.float64]) -> list[tuple[float, ...]]:
    """Draw moles and freckles at random places of the front of the face."""
    rng = np.random.default_rng([head.seed, 4])
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    spots = geometry.canonical[skin]
    spots = spots[
        (spots[:, 2] > 0.75) & (spots[:, 1] > 6.25) & (spots[:, 1] < 7.9) & (geometry.lip[skin] < 0.02)
    ]
    count = 46
    chosen = spots[rng.choice(len(spots), count, replace=False)]
    size = np.where(np.arange(count) < 6, rng.uniform(0.016, 0.028, count), rng.uniform(0.008, 0.014, count))
    dark = np.where(np.arange(count) < 6, 0.35, 0.6)[:, None] * colour
    cover = np.where(np.arange(count) < 6, 0.85, 0.5) * head.moles
    return [
        (*map(float, point), float(r), 1.0, float(c), *map(float, shade))
        for point, r, c, shade in zip(chosen, size, cover, dark, strict=True)
    ]
