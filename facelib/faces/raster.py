"""Which triangle is seen at which sample: a z-buffer."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from facelib.faces.anatomy import CAVITY, Floats, Ints


@numba.njit(cache=True, nogil=True)
def rasterise(
    points: Floats,
    triangles: Ints,
    cull: bool,
    first: int,
    depth: Floats,
    seen: Ints,
) -> None:
    """Draw triangles into a depth buffer; samples lie at pixel centres.

    Parameters
    ----------
    points
        (N, 3): x, y in pixels, and a depth that grows toward the viewer and is linear in the picture.
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
    half = np.float32(0.5)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0 or (cull and area > 0):
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx) - half)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) - half)), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy) - half)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) - half)), height - 1)
        if x0 > x1 or y0 > y1:
            continue
        inverse = np.float32(1) / area
        ua, ub = (by - cy) * inverse, (cy - ay) * inverse
        va, vb = (cx - bx) * inverse, (ax - cx) * inverse
        za, zb, zc = points[a, 2], points[b, 2], points[c, 2]
        for y in range(y0, y1 + 1):
            py = np.float32(y) + half
            for x in range(x0, x1 + 1):
                px = np.float32(x) + half
                wa = ua * (px - cx) + va * (py - cy)
                wb = ub * (px - cx) + vb * (py - cy)
                wc = np.float32(1) - wa - wb
                if wa < -1e-5 or wb < -1e-5 or wc < -1e-5:
                    continue
                z = wa * za + wb * zb + wc * zc
                if z > depth[y, x]:
                    depth[y, x] = z
                    seen[y, x] = first + t


@numba.njit(cache=True, nogil=True)
def rasterise_inside(
    points: Floats, triangles: Ints, first: int, parts: npt.NDArray[np.uint8], depth: Floats, seen: Ints
) -> None:
    """Draw teeth and tongue where the cavity of the mouth (or one of them) is seen, and nowhere else.

    Lips and cheeks lie in front of them by definition, even where a strong expression pushes teeth through.
    """
    height, width = depth.shape
    half = np.float32(0.5)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area >= 0:
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx) - half)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) - half)), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy) - half)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) - half)), height - 1)
        inverse = np.float32(1) / area
        for y in range(y0, y1 + 1):
            py = np.float32(y) + half
            for x in range(x0, x1 + 1):
                behind = seen[y, x]
                if behind < 0 or (behind < first and parts[behind] != CAVITY):
                    continue
                px = np.float32(x) + half
                wa = ((bx - px) * (cy - py) - (cx - px) * (by - py)) * inverse
                wb = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) * inverse
                wc = np.float32(1) - wa - wb
                if wa < -1e-5 or wb < -1e-5 or wc < -1e-5:
                    continue
                z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                if z > depth[y, x]:
                    depth[y, x] = z
                    seen[y, x] = first + t


@numba.njit(cache=True, nogil=True)
def rasterise_wisps(
    points: Floats,
    triangles: Ints,
    first: int,
    vertices: int,
    place: Floats,
    variants: npt.NDArray[np.uint8],
    pattern: npt.NDArray[np.uint8],
    depth: Floats,
    seen: Ints,
) -> None:
    """Draw ribbons of hair, from both sides, where their pattern has hair.

    Parameters
    ----------
    triangles
        (T, 3), of vertices counted from `vertices` on.
    first
        Number of the first triangle in `seen`.
    place
        (V, 2), along and across the wisp, [0, 1].
    variants
        (T,), row of the pattern.
    pattern
        (variant, along, across), 1 where there is hair.
    """
    height, width = depth.shape
    half = np.float32(0.5)
    rows, columns = np.float32(pattern.shape[1] - 0.001), np.float32(pattern.shape[2] - 0.001)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ua, va, ub, vb, uc, vc = place[a, 1], place[a, 0], place[b, 1], place[b, 0], place[c, 1], place[c, 0]
        a, b, c = a + vertices, b + vertices, c + vertices
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        x0 = max(int(np.ceil(min(ax, bx, cx) - half)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) - half)), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy) - half)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) - half)), height - 1)
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if x0 > x1 or y0 > y1 or area == 0:
            continue
        inverse = np.float32(1) / area
        strands = pattern[variants[t]]
        for y in range(y0, y1 + 1):
            py = np.float32(y) + half
            for x in range(x0, x1 + 1):
                px = np.float32(x) + half
                wa = ((bx - px) * (cy - py) - (cx - px) * (by - py)) * inverse
                wb = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) * inverse
                wc = np.float32(1) - wa - wb
                if wa < -1e-5 or wb < -1e-5 or wc < -1e-5:
                    continue
                z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                if z <= depth[y, x]:
                    continue
                along = min(max(wa * va + wb * vb + wc * vc, np.float32(0)), np.float32(1))
                across = min(max(wa * ua + wb * ub + wc * uc, np.float32(0)), np.float32(1))
                if strands[int(along * rows), int(across * columns)]:
                    depth[y, x] = z
                    seen[y, x] = first + t


def buffers(size: int) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return an empty depth buffer (0: infinitely far) and triangle numbers (−1: none) of size × size samples."""
    return np.zeros((size, size), np.float32), np.full((size, size), -1, np.int32)
