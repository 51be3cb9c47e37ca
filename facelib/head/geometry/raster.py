"""Rasteriser with a z-buffer: the triangle seen at each sample.

Coordinates count from the middle of the picture, so that a mirrored scene gives a mirrored picture, bit for
bit but for ties.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import CAVITY, Floats, Ints
from facelib.head.jit import jit

_EDGE = np.float32(-1e-5)  # a sample this far outside still counts, so that no crack opens between neighbours
_NONE, _ONE, _FAR = np.float32(0), np.float32(1), np.float32(1e6)
# a weight that hardly changes along a row; how far a bound is widened, in samples, against rounding
_FLAT, _SLACK = np.float32(1e-9), np.float32(1e-4)


Corners = tuple[float, float, float, float, float, float]
Slopes = tuple[float, float, float, float, float, float]
Triple = tuple[float, float, float]


@jit
def _span(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the first and last sample whose centre lies in [low, high], counted from the middle."""
    shift = np.float32(size * 0.5 - 0.5)
    return max(int(np.ceil(low + shift)), 0), min(int(np.floor(high + shift)), size - 1)


@jit
def _box(corners: Corners, height: int, width: int) -> tuple[int, int, int, int]:
    """Return the first and last row and column of the samples in a triangle's box."""
    ax, ay, bx, by, cx, cy = corners
    y0, y1 = _span(min(ay, by, cy), max(ay, by, cy), height)
    x0, x1 = _span(min(ax, bx, cx), max(ax, bx, cx), width)
    return y0, y1, x0, x1


@jit
def _corners(points: Floats, a: int, b: int, c: int) -> Corners:
    return points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]


@jit
def _area(corners: Corners) -> float:
    """Return twice the area of a triangle, negative where its front is seen."""
    ax, ay, bx, by, cx, cy = corners
    return (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)


@jit
def _slopes(corners: Corners) -> Slopes:
    """Return how the weights of the three corners change to the right and downward."""
    ax, ay, bx, by, cx, cy = corners
    inverse = _ONE / _area(corners)
    return (
        (by - cy) * inverse, (cx - bx) * inverse, (cy - ay) * inverse,
        (ax - cx) * inverse, (ay - by) * inverse, (bx - ax) * inverse,
    )  # fmt: skip


@jit
def _turns(slopes: Slopes) -> Triple:
    """Return −1 over how the weights change to the right: one division for all rows of a triangle."""
    return -_ONE / slopes[0], -_ONE / slopes[2], -_ONE / slopes[4]  # type: ignore[return-value]


@jit
def _bound(start: float, step: float, turn: float, low: float, high: float) -> tuple[float, float]:
    """Narrow [low, high] to where start + step × x is not negative, but for rounding; turn is −1 / step."""
    if step > _FLAT:
        low = max(low, start * turn - _SLACK)  # type: ignore[assignment]  # numba keeps float32
    elif step < -_FLAT:
        high = min(high, start * turn + _SLACK)  # type: ignore[assignment]
    elif start < _EDGE:
        high = -_FAR  # type: ignore[assignment]
    return low, high


@jit
def _row(slopes: Slopes, turns: Triple, down: float) -> tuple[float, float]:
    """Return from where to where, counted from the last corner, a row so far below it lies in a triangle."""
    ua, va, ub, vb, uc, vc = slopes
    low, high = _bound(va * down, ua, turns[0], -_FAR, _FAR)
    low, high = _bound(vb * down, ub, turns[1], low, high)
    low, high = _bound(_ONE + vc * down, uc, turns[2], low, high)
    return low, high


@jit
def _tilt(slopes: Slopes, za: float, zb: float) -> tuple[float, float]:
    """Return how depth changes to the right and downward, from the first corners' beyond the last's."""
    return slopes[0] * za + slopes[2] * zb, slopes[1] * za + slopes[3] * zb


@jit
def rasterise(  # noqa: PLR0917, a kernel
    points: Floats, triangles: Ints, cull: bool, first: int, depth: Floats, seen: Ints
) -> None:
    """Draw triangles into a depth buffer; samples lie at pixel centres.

    Parameters
    ----------
    points
        (N, 3): x to the right and y down, in samples from the middle of the picture, and a depth that grows
        toward the viewer and is linear in the picture.
    triangles
        (T, 3); front faces run clockwise in the picture.
    cull
        Leave out back faces.
    first
        Number of the first triangle in `seen`.
    depth
        float32 (H, W), changed in place.
    seen
        int32 (H, W), changed in place: number of the nearest triangle.
    """
    height, width = depth.shape
    left, top = np.float32(0.5 - width * 0.5), np.float32(0.5 - height * 0.5)
    middle = width * 0.5 - 0.5
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        corners = _corners(points, a, b, c)
        area = _area(corners)
        if area == 0 or (cull and area > 0):
            continue
        y0, y1, x0, x1 = _box(corners, height, width)
        if x0 > x1 or y0 > y1:
            continue
        cx, cy, zc = corners[4], corners[5], points[c, 2]
        slopes = _slopes(corners)
        turns = _turns(slopes)
        # depth is linear in the picture: inverse distance, so that no division is needed per sample
        slope, down = _tilt(slopes, points[a, 2] - zc, points[b, 2] - zc)
        for y in range(y0, y1 + 1):
            dy = np.float32(y) + top - cy
            low, high = _row(slopes, turns, dy)
            z_row = zc + down * dy
            start_x, end_x = int(np.ceil((low + cx) + middle)), int(np.floor((high + cx) + middle))
            for x in range(max(x0, start_x), min(x1, end_x) + 1):
                z = z_row + slope * (np.float32(x) + left - cx)
                if z > depth[y, x]:
                    depth[y, x] = z
                    seen[y, x] = first + t


@jit
def rasterise_inside(  # noqa: PLR0917, a kernel
    points: Floats, triangles: Ints, first: int, parts: npt.NDArray[np.uint8], depth: Floats, seen: Ints
) -> None:
    """Draw teeth and tongue where the cavity of the mouth (or one of them) is seen, and nowhere else.

    Lips and cheeks lie in front of them by definition, even where a strong expression pushes teeth through.
    """
    height, width = depth.shape
    left, top = np.float32(0.5 - width * 0.5), np.float32(0.5 - height * 0.5)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        corners = _corners(points, a, b, c)
        if _area(corners) >= 0:
            continue
        y0, y1, x0, x1 = _box(corners, height, width)
        cx, cy = corners[4], corners[5]
        # few and small triangles: weights are computed for every sample of the box
        ua, va, ub, vb, _, _ = _slopes(corners)
        for y in range(y0, y1 + 1):
            dy = np.float32(y) + top - cy
            for x in range(x0, x1 + 1):
                behind = seen[y, x]
                if behind < 0 or (behind < first and parts[behind] != CAVITY):
                    continue
                dx = np.float32(x) + left - cx
                wa, wb = va * dy + ua * dx, vb * dy + ub * dx
                wc = _ONE - wa - wb
                if min(wa, wb, wc) >= _EDGE:
                    z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                    if z > depth[y, x]:
                        depth[y, x] = z
                        seen[y, x] = first + t


@jit
def _hidden(depth: Floats, x0: int, x1: int, y0: int, y1: int, nearest: float) -> bool:  # noqa: PLR0917
    """Return whether a small triangle lies behind what is drawn at the corners and the middle of its box."""
    top, low, left, right = (y0 + y1) >> 1, (y0 + y1 + 1) >> 1, (x0 + x1) >> 1, (x0 + x1 + 1) >> 1
    return bool(
        depth[top, left] > nearest
        and depth[top, right] > nearest
        and depth[low, left] > nearest
        and depth[low, right] > nearest
        and depth[y0, x0] > nearest
        and depth[y0, x1] > nearest
        and depth[y1, x0] > nearest
        and depth[y1, x1] > nearest
    )


@jit
def rasterise_wisps(  # noqa: PLR0917, a kernel
    points: Floats,
    triangles: Ints,
    first: int,
    place: Floats,
    variants: npt.NDArray[np.uint8],
    pattern: npt.NDArray[np.uint8],
    gaps: npt.NDArray[np.uint8],
    depth: Floats,
    seen: Ints,
) -> None:
    """Draw ribbons of hair, from both sides, where their pattern has hair.

    Parameters
    ----------
    points, triangles
        See `rasterise`; vertices are counted within the hair.
    first
        Number of the first triangle in `seen`.
    place
        (V, 2), along and across the wisp, [0, 1].
    variants
        (T,), row of the pattern.
    pattern
        (variant, along, across), and …
    gaps
        (along,), from which value of the pattern on there is hair.
    """
    height, width = depth.shape
    left, top = np.float32(0.5 - width * 0.5), np.float32(0.5 - height * 0.5)
    middle = width * 0.5 - 0.5
    bare = depth.copy()  # without hair: what is left out must not depend on the order of the wisps
    rows, columns = np.float32(pattern.shape[1] - 0.001), np.float32(pattern.shape[2] - 0.001)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        corners = _corners(points, a, b, c)
        y0, y1, x0, x1 = _box(corners, height, width)
        if x0 > x1 or y0 > y1 or _area(corners) == 0:
            continue
        cx, cy, za, zb, zc = corners[4], corners[5], points[a, 2], points[b, 2], points[c, 2]
        if _hidden(bare, x0, x1, y0, y1, max(za, zb, zc)):
            continue
        slopes = _slopes(corners)
        turns = _turns(slopes)
        slope, down = _tilt(slopes, za - zc, zb - zc)
        ua, va, ub, vb, _, _ = slopes
        # place along and across the ribbon, from the last corner's on
        start, end = place[c, 0], place[c, 1]
        along_a, along_b = place[a, 0] - start, place[b, 0] - start
        across_a, across_b = place[a, 1] - end, place[b, 1] - end
        strands = pattern[variants[t]]
        for y in range(y0, y1 + 1):
            dy = np.float32(y) + top - cy
            low, high = _row(slopes, turns, dy)
            z_row = zc + down * dy
            start_x, end_x = int(np.ceil((low + cx) + middle)), int(np.floor((high + cx) + middle))
            for x in range(max(x0, start_x), min(x1, end_x) + 1):
                dx = np.float32(x) + left - cx
                z = z_row + slope * dx
                if z <= depth[y, x]:
                    continue
                wa, wb = va * dy + ua * dx, vb * dy + ub * dx
                along, across = start + wa * along_a + wb * along_b, end + wa * across_a + wb * across_b
                row = int(min(max(along, _NONE), _ONE) * rows)
                if strands[row, int(min(max(across, _NONE), _ONE) * columns)] > gaps[row]:
                    depth[y, x] = z
                    seen[y, x] = first + t


def buffers(size: int) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return an empty depth buffer (0: infinitely far) and triangle numbers (−1: none), size × size."""
    return np.zeros((size, size), np.float32), np.full((size, size), -1, np.int32)
