"""Decals on the skin: electrodes, tape over them, moles. Each follows the skin as it moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.arrays import load
from facelib.head.geometry.electrode_sites import GRIP, RADIUS, directions, places
from facelib.head.geometry.makehuman import SKIN, Floats
from facelib.head.geometry.textures import AXIS, BOTTOM, TOP
from facelib.head.jit import jit
from facelib.head.rendering.lighting import smooth

if TYPE_CHECKING:
    from facelib.head.head import Head

ROWS, COLUMNS = 160, 320
NARROW = 0.72  # half the width of a strip, in radii of the electrode
Shown = tuple[float, float, float, float, float, float, float]
"""Cover, red, green, blue, gloss and the tilt of the surface (x, y)."""

_SPAN = TOP - BOTTOM
_NONE = 255
_ELECTRODE, _MOLE, _TAPE = 0.0, 1.0, 2.0
_FIELDS = 16  # centre, radius, kind, opacity, colour; of tape also along (3), across (3), half the width
_FAR: Any = np.float32(1e9)
_DEEPEST = 0.055  # dm; skin that lies farther behind or before a strip is another fold
_PAPER = (0.70, 0.72, 0.68, 0.615)  # opacity and colour of tape
_PORES = 0.016  # dm between the pores of tape


@jit
def sticker_at(  # noqa: PLR0917, a kernel
    stickers: Floats, grid: npt.NDArray[np.uint8], texel: float, x: float, y: float, z: float, angle: float
) -> Shown:
    """Return cover, red, green, blue, gloss and the tilt of the surface (x, y) at a canonical point.

    Electrodes lie over moles, and tape over both. Where electrodes overlap, each keeps what is nearer to it.
    """
    turn = (angle if x >= 0.0 else -angle) / math.pi
    column = min(int((0.5 + 0.5 * turn) * COLUMNS), COLUMNS - 1)
    row = min(max(int((TOP - y) / _SPAN * ROWS), 0), ROWS - 1)
    near = grid[row, column]
    below, taped = _under_tape(stickers, near, texel, x, y, z)
    found: Shown = _over(_tape_at(stickers, near, texel, x, y, z), below) if taped else below
    return found


@jit
def _tape_at(  # noqa: PLR0917, a kernel
    stickers: Floats, near: npt.NDArray[np.uint8], texel: float, x: float, y: float, z: float
) -> Shown:
    """Return what strips of tape show at a point; their order makes no difference."""
    clear, total = 1.0, 0.0
    red = green = blue = tilt_x = tilt_y = 0.0
    for number in near:
        if number == _NONE:
            break
        s = stickers[number]
        if s[4] != _TAPE:
            continue
        strip = _strip(s, texel, x - s[0], y - s[1], z - s[2])
        cover = strip[0]
        clear *= 1.0 - cover
        total += cover
        red += cover * strip[1]
        green += cover * strip[2]
        blue += cover * strip[3]
        tilt_x += cover * strip[5]
        tilt_y += cover * strip[6]
    share = 1.0 / max(total, 1e-9)
    return 1.0 - clear, red * share, green * share, blue * share, 0.25, tilt_x, tilt_y


@jit
def _under_tape(  # noqa: PLR0917, a kernel
    stickers: Floats, near: npt.NDArray[np.uint8], texel: float, x: float, y: float, z: float
) -> tuple[Shown, bool]:
    """Return what moles and electrodes show at a point, and whether there may be tape over them."""
    shown = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    nearest, second = _FAR, _FAR
    owner, taped = -1, False
    for number in near:
        if number == _NONE:
            break
        s = stickers[number]
        dx, dy, dz = x - s[0], y - s[1], z - s[2]
        far = math.sqrt(dx * dx + dy * dy + dz * dz) / s[3]
        if s[4] == _MOLE:
            cover = s[5] * min(max((1.0 - far) / max(0.5, texel / s[3]), 0.0), 1.0)
            if cover > 0.0:
                shown = _over((cover, s[6], s[7], s[8], 0.8, 0.0, 0.0), shown)
        elif s[4] == _TAPE:
            taped = True
        elif far < nearest:
            nearest, second, owner = far, nearest, number
        else:
            second = min(second, far)
    if owner >= 0:
        s = stickers[owner]
        disc = _electrode(nearest, texel / s[3], s[3], x - s[0], y - s[1])
        if disc[0] > 0.0:
            if second < 1.0:  # a fine seam where two of them meet
                seam = 1.0 - 0.45 * smooth(max(0.10, texel / s[3]), 0.0, second - nearest)
                disc = (disc[0], disc[1] * seam, disc[2] * seam, disc[3] * seam, disc[4], disc[5], disc[6])
            shown = _over(disc, shown)
    return shown, taped


@jit
def _over(
    top: Shown,
    low: Shown,
) -> Shown:
    """Lay one decal over others; the relief of what lies below shows through."""
    if top[0] == 0.0:
        return low
    if low[0] == 0.0:
        return top
    rest = (1.0 - top[0]) * low[0]
    cover = top[0] + rest
    a, b = top[0] / cover, rest / cover
    show = 1.0 - 0.5 * top[0]
    return (
        cover,
        a * top[1] + b * low[1],
        a * top[2] + b * low[2],
        a * top[3] + b * low[3],
        a * top[4] + b * low[4],
        top[5] + show * low[5],
        top[6] + show * low[6],
    )


@jit
def _electrode(far: float, soft: float, radius: float, dx: float, dy: float) -> Shown:
    """Return what an electrode shows `far` radii from its middle: adhesive ring, cup and snap."""
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
    tilt = slope / max(far * radius, 1e-4)
    return cover, value * 1.0, value * 0.995, value * 0.97, 0.5 + 2.5 * cup, tilt * dx, tilt * dy


@jit
def _strip(s: Floats, texel: float, dx: float, dy: float, dz: float) -> Shown:
    """Return what a strip of tape shows: off-white paper that lets some of what is below shine through."""
    u = dx * s[9] + dy * s[10] + dz * s[11]
    v = dx * s[12] + dy * s[13] + dz * s[14]
    if dx * dx + dy * dy + dz * dz - u * u - v * v > _DEEPEST * _DEEPEST:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    beyond = max(abs(u) - (s[3] - s[15]), 0.0)
    across = math.sqrt(beyond * beyond + v * v)
    inside = s[15] - across
    there = min(2.0 * s[15] / texel, 1.0)  # a strip that is narrower than a pixel covers a part of it
    cover = s[5] * min(max(inside / texel + 0.5, 0.0), 1.0) * there
    fine = min(max((_PORES / texel - 1.5) * 0.5, 0.0), 1.0)
    wave = 2.0 * math.pi / _PORES
    pores = math.cos(wave * u) * math.cos(wave * (v + 0.25 * u))
    shade = 1.0 + 0.07 * fine * pores
    slope = 0.55 * smooth(0.012 + texel, 0.0, inside) / max(across, 1e-4)
    along = slope * (beyond if u >= 0.0 else -beyond)
    tilt_x, tilt_y = along * s[9] + slope * v * s[12], along * s[10] + slope * v * s[13]
    return cover, s[6] * shade, s[7] * shade, s[8] * shade, 0.25, tilt_x, tilt_y


def stick(head: Head, mole_colour: npt.NDArray[np.float64]) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Return the head's decals and the grid that finds them.

    Returns
    -------
    stickers
        float32 (K, 16): canonical centre, reach, kind (0 electrode, 1 mole, 2 tape), opacity, colour; of tape
        also the direction along and across, and half the width.
    grid
        uint8 (rows, columns, layers): numbers of the stickers near each cell, 255 after the last.
    """
    radius = RADIUS * head.electrode_size
    names = head.electrode_names
    rows = [_row(*places()[name], radius, _ELECTRODE, 1.0) for name in names]
    if head.moles:
        rows += _moles(head, mole_colour)
    if head.tape:
        rows += [_tape(name, radius, head.tape) for name in names]
    stickers = np.array(rows, np.float32).reshape(-1, _FIELDS)
    return stickers, _all_near(rows)


def _row(*values: float) -> tuple[float, ...]:
    return (*values, *(0.0,) * (_FIELDS - len(values)))


def _tape(name: str, radius: float, share: float) -> tuple[float, ...]:
    """Return the strip of an electrode: it grows from the middle to both sides."""
    half = share * (radius + GRIP)
    along, across = directions()[name]
    return (
        *places()[name],
        half,
        _TAPE,
        *_PAPER,
        *along,
        *across,
        min(NARROW * radius, half),
    )


def _all_near(rows: list[tuple[float, ...]]) -> npt.NDArray[np.uint8]:
    """Return a grid with as many layers as stickers meet in one cell."""
    discs = [(number, *_window(*disc)) for number, row in enumerate(rows) for disc in _discs(row)]
    near: npt.NDArray[np.uint8] = _list_near(np.array(discs, np.float64).reshape(-1, 5))
    return near


@jit
def _list_near(windows: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return the numbers of the windows that reach each cell; those of one number follow each other."""
    grid = np.full((ROWS, COLUMNS, 1), _NONE, np.uint8)
    for filling in (False, True):  # how many there are, then which
        count = np.zeros((ROWS, COLUMNS), np.int32)
        last = np.full((ROWS, COLUMNS), -1, np.int32)
        for k in range(len(windows)):
            number, row, column = int(windows[k, 0]), windows[k, 1] - 0.5, windows[k, 2] - 0.5
            tall, wide = 1.5 * windows[k, 3], 1.5 * windows[k, 4]
            for i in range(max(math.ceil(row - tall), 0), min(int(row + tall), ROWS - 1) + 1):
                for j in range(max(math.ceil(column - wide), 0), min(int(column + wide), COLUMNS - 1) + 1):
                    if last[i, j] == number or math.hypot((i - row) / tall, (j - column) / wide) >= 1.0:
                        continue
                    if filling:
                        grid[i, j, count[i, j]] = number
                    count[i, j] += 1
                    last[i, j] = number
        if not filling:
            grid = np.full((ROWS, COLUMNS, max(count.max(), 1)), _NONE, np.uint8)
    return grid


def _discs(row: tuple[float, ...]) -> Iterator[tuple[float, float, float, float]]:
    """Yield discs (x, y, z, radius) that together cover a sticker."""
    x, y, z, reach = row[:4]
    if row[4] != _TAPE:
        yield x, y, z, reach
        return
    for share in np.linspace(-1.0, 1.0, 9):
        way = share * (reach - row[15])
        yield x + way * row[9], y + way * row[10], z + way * row[11], row[15] + 0.02


def _window(x: float, y: float, z: float, radius: float) -> tuple[float, float, float, float]:
    """Return the row and column of a point in the grid, and how many rows and columns a radius takes."""
    column = (0.5 + 0.5 * math.atan2(x, z - AXIS) / math.pi) * COLUMNS
    row = (TOP - y) / _SPAN * ROWS
    wide = 2.0 * radius / max(math.hypot(x, z - AXIS), 0.3) / math.pi * 0.5 * COLUMNS + 1
    tall = 1.3 * radius / _SPAN * ROWS + 1
    return row, column, tall, wide


@cache
def _spots() -> Floats:
    """Return the canonical vertices (n, 3) of the front of the face, without the lips."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    x, y, z = geometry.canonical[skin].T
    front = (z > 0.75) & (y > 6.25) & (y < 7.9) & (geometry.lip[skin] < 0.02)
    lids = np.hypot((np.abs(x) - 0.31) / 1.5, y - 7.29) < 0.09
    return np.asarray(geometry.canonical[skin][front & ~lids])


@cache
def _area() -> npt.NDArray[np.float64]:
    """Return how much skin each of the spots stands for: they are dense where the mesh is."""
    from scipy.spatial import cKDTree

    gap = np.asarray(cKDTree(_spots()).query(_spots(), k=5)[0])[:, 1:].mean(axis=1) ** 2
    return np.asarray(gap / gap.sum())


def _moles(head: Head, colour: npt.NDArray[np.float64]) -> list[tuple[float, ...]]:
    """Draw moles and freckles at random places of the front of the face."""
    rng = np.random.default_rng([head.seed, 4])
    spots = _spots()
    count = 66
    centres = spots[rng.choice(len(spots), count, replace=False, p=_area())]
    size = np.where(np.arange(count) < 6, rng.uniform(0.019, 0.033, count), rng.uniform(0.011, 0.020, count))
    brown = np.where(np.arange(count)[:, None] < 6, (0.42, 0.27, 0.20), (0.70, 0.48, 0.36))
    dark = brown * colour
    cover = np.where(np.arange(count) < 6, 0.85, 0.8) * head.moles
    there = {"both": centres[:, 0] > -np.inf, "left": centres[:, 0] > 0, "right": centres[:, 0] < 0}
    return [
        _row(*map(float, point), float(r), _MOLE, float(c), *map(float, shade))
        for point, r, c, shade, seen in zip(centres, size, cover, dark, there[head.moles_side], strict=True)
        if seen
    ]
