"""Eyelashes: strips along the lids, laid over the shaded picture where nothing hides them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import LASH_LOWER, LASH_UPPER, SKIN, SOCKET, Floats, Ints
from facelib.head.jit import jit

_BIAS = 0.0004  # 1/dm; lashes win over the lid that they grow from
_HAIRS = 900.0  # radians per dm along the lid: about 45 lashes


def root_distance(
    canonical: npt.NDArray[np.float64], uv: npt.NDArray[np.float64], triangles: Ints, parts: Ints
) -> npt.NDArray[np.float64]:
    """Return for every fine vertex how far along a lash it lies: 0 at the lid, 1 at the tip; 0 elsewhere."""
    from scipy.spatial import cKDTree

    lids = cKDTree(canonical[np.unique(triangles[np.isin(parts, [SKIN, SOCKET])])])
    result = np.zeros(len(canonical))
    for part in (LASH_UPPER, LASH_LOWER):
        vertices = np.unique(triangles[parts == part])
        v = uv[vertices, 1]
        along = (v - v.min()) / (v.max() - v.min())
        gap = np.asarray(lids.query(canonical[vertices])[0])
        if gap[along < 0.3].mean() > gap[along > 0.7].mean():
            along = 1 - along
        result[vertices] = along
    return result


@jit
def lay_lashes(  # noqa: PLR0917, a kernel
    points: Floats,
    triangles: Ints,
    parts: npt.NDArray[np.uint8],
    canonical: Floats,
    along: Floats,
    depth: Floats,
    colour: Floats,
    contrast: float,
    picture: Floats,
) -> None:
    """Darken a picture (H, W, 3), linear, by the lashes.

    Parameters
    ----------
    points
        (N, 3), see `facelib.head.geometry.raster.rasterise`; two samples per pixel.
    triangles, parts
        The strips of the lashes.
    along
        (N,), see `root_distance`.
    depth
        (2 H, 2 W) of the samples.
    contrast
        0 an even veil … 1 single lashes, for pictures large enough to show them.
    """
    height, width = depth.shape
    left, top = 0.5 - width * 0.5, 0.5 - height * 0.5
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = (
            points[a, 0],
            points[a, 1],
            points[b, 0],
            points[b, 1],
            points[c, 0],
            points[c, 1],
        )
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0:
            continue
        y0 = max(math.ceil(min(ay, by, cy) - top), 0)
        y1 = min(math.floor(max(ay, by, cy) - top), height - 1)
        x0 = max(math.ceil(min(ax, bx, cx) - left), 0)
        x1 = min(math.floor(max(ax, bx, cx) - left), width - 1)
        # opacity of upper and lower lashes: our choice, by eye
        strength = 0.80 if parts[t] == LASH_UPPER else 0.38
        for y in range(y0, y1 + 1):
            py = y + top
            for x in range(x0, x1 + 1):
                px = x + left
                wa = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area
                wb = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area
                wc = 1.0 - wa - wb
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                z = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                if z + _BIAS < depth[y, x]:
                    continue
                reach = wa * along[a] + wb * along[b] + wc * along[c]
                across = abs(wa * canonical[a, 0] + wb * canonical[b, 0] + wc * canonical[c, 0])
                # single lashes: a raised cosine across the lid, bent outward toward the tips
                hair = 0.5 + 0.5 * math.cos(_HAIRS * (across + 0.012 * reach * reach))
                # an even veil, densest at the roots, and lashes that thin toward the tips; by eye
                root = (1.0 - reach) * (1.0 - reach)
                veil = 0.75 * root + 0.05 * (1.0 - reach)
                single = (
                    hair * hair * hair * (1.0 - reach * reach) * 1.25 * (1.0 - 0.4 * reach)
                    + 0.5 * root * root
                )
                # a quarter per sample: a pixel has four
                cover = 0.25 * strength * min(veil + contrast * (single - veil), 1.0)
                pixel = picture[y >> 1, x >> 1]
                for k in range(3):
                    pixel[k] += (colour[k] - pixel[k]) * cover
