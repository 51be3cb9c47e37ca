"""Eyelids: both meet in a blink and never cross, however far the face units push them.

The unit eyeBlink of the source closes an average eye at four fifths of its way and leaves a wide one open,
and a gaze down lowers the upper lid as well: together they would push it far below the lower rim. So as
much of the blink is taken back as isn't needed to close most of the rim; and column by column, the upper lid
is kept from crossing the lower one, and goes on where it would stay apart while the rest is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.arrays import load, rows
from facelib.head.geometry.makehuman import SKIN, SOCKET, Floats

Indices = npt.NDArray[np.intp]

_REACH = 0.25  # dm above the corners of the eye; what the unit eyeBlink moves beyond is no lid
_BEYOND = 0.05  # dm beyond the corners, where the last of the skin follows
_FARTHEST = 1.5  # how far any of the lid moves where its edge moves by 1


@dataclass(frozen=True)
class _Rims:
    """The front edges of the lids of one eye, in k columns from the inner corner to the outer one."""

    upper: Indices  # (k,) coarse vertices
    lower: Indices  # (2, k) coarse vertices; the lower edge passes between them
    share: Floats  # (k,) how far from the first of them to the second
    closing: Floats  # (k,) dm by which the unit eyeBlink brings them together

    def gap(self, vertices: Floats) -> Floats:
        """Return how far (k,) the upper edge stands above the lower one, of vertices (n, 3), dm."""
        return _gap(vertices, self.upper, self.lower, self.share)


@dataclass(frozen=True)
class _Lids:
    """The lids of one eye."""

    rims: _Rims
    moving: Indices  # (m,) coarse vertices that the upper lid carries
    column: Indices  # (m,) where along the rims they are: this column, 0 before the first, and the next
    between: Floats  # (m,) and how far from the one to the other
    opening: Floats  # (m, 3) how they move as the rims part by 1 dm in their column
    blinking: Indices  # (b,) coarse vertices that the unit eyeBlink moves
    closing: Floats  # (b, 3) and how

    def settled(self, vertices: Floats, resting: Floats, blink: float) -> Floats:
        """Return vertices (n, 3) of a face whose lids meet, or the very `vertices` if they need nothing."""
        gap = self.rims.gap(vertices)
        awake = gap + blink * self.rims.closing
        enough = max(float(awake.sum() / self.rims.closing.sum()), 0.0)  # this blink would close most of it
        surplus = max(blink - enough, 0.0)
        shut = min(blink / max(min(enough, 1.0), 1e-6), 1.0) if blink else 0.0
        wanted = np.maximum(np.minimum(gap, awake * (1 - shut)), np.minimum(self.rims.gap(resting), 0))
        if np.array_equal(wanted, gap):
            return vertices
        result = vertices.copy()
        result[self.blinking] -= np.float32(surplus) * self.closing
        way = np.pad(wanted - self.rims.gap(result), 1)  # beyond the corners, nothing moves
        first, second = way[self.column], way[self.column + 1]
        result[self.moving] += (first + self.between * (second - first))[:, None] * self.opening
        return result


def settled(vertices: Floats, resting: Floats, blinks: tuple[float, float]) -> Floats:
    """Return a face's vertices with lids that neither cross nor leave a blinking eye open.

    Parameters
    ----------
    vertices, resting
        float32 (n, 3), coarse vertices with and without the expression, dm. Rims that cross at rest, in the
        corners of some eyes, cross no further.
    blinks
        Weight of the unit eyeBlink on the person's left and right side, in [0, 1]; at 1 the eye is shut.
    """
    for lids, blink in zip(_both(), blinks, strict=True):
        vertices = lids.settled(vertices, resting, blink)
    return vertices


def gaps(vertices: Floats) -> Floats:
    """Return the gaps (2, k) between the rims of the person's left and right eye, dm.

    Parameters
    ----------
    vertices
        float32 (n, 3), coarse vertices, dm.

    Returns
    -------
    ndarray
        How far the front edge of the upper lid stands above that of the lower, in columns from the inner
        corner of the eye to the outer one; negative where they cross.
    """
    return np.stack([lids.rims.gap(vertices) for lids in _both()])


@cache
def _both() -> tuple[_Lids, _Lids]:
    """Return the lids of the person's left and right eye, exact mirror images."""
    geometry = load()
    base, mirror, blink = (
        geometry.base,
        geometry.mirror.astype(np.intp),
        geometry.unit[rows()["eyeBlinkLeft"]],
    )
    edge = _edge()
    x, y = base[edge, 0], base[edge, 1]
    height = base[:, 1] - y[0] - (base[:, 0] - x[0]) * (y[-1] - y[0]) / (x[-1] - x[0])  # over both corners
    rims = _rims(edge[height[edge] > 0], edge[height[edge] <= 0], base, blink)
    blinking = np.flatnonzero(np.any(blink, axis=1))
    moving = np.flatnonzero((height > 0) & (height < _REACH) & np.any(blink, axis=1) & (base[:, 0] > 0))
    places = np.concatenate([x[:1] - _BEYOND, base[rims.upper, 0], x[-1:] + _BEYOND])
    column = np.clip(np.searchsorted(places, base[moving, 0]) - 1, 0, len(places) - 2)
    between = (base[moving, 0] - places[column]) / (places[column + 1] - places[column])
    between = between.clip(0, 1)
    there = np.pad(-blink[rims.upper, 1], 1, mode="edge")
    there = there[column] + between * (there[column + 1] - there[column])
    opening = -blink[moving] / there[:, None]
    opening /= np.maximum(np.abs(opening).max(axis=1, keepdims=True) / _FARTHEST, 1)
    flip = np.array([-1, 1, 1], np.float32)
    left = _Lids(rims, moving, column, between, opening, blinking, blink[blinking])
    right = replace(
        left,
        rims=replace(rims, upper=mirror[rims.upper], lower=mirror[rims.lower]),
        moving=mirror[moving],
        opening=opening * flip,
        blinking=mirror[blinking],
        closing=blink[blinking] * flip,
    )
    return left, right


def _edge() -> Indices:
    """Return the coarse vertices around the person's left eye where skin turns into the rim, by their x."""
    geometry = load()
    n = len(geometry.base)
    skin, socket = (np.unique(geometry.triangles[geometry.parts == part]) for part in (SKIN, SOCKET))
    back = np.intersect1d(skin, socket)  # the rim's other edge
    touching = geometry.coarse_triangles[np.isin(geometry.coarse_triangles, back[back < n]).any(axis=1)]
    edge = np.setdiff1d(np.intersect1d(touching, skin), back).astype(np.intp)
    edge = edge[geometry.base[edge, 0] > 0]
    ordered: Indices = edge[np.argsort(geometry.base[edge, 0], kind="stable")]
    return ordered


def _rims(upper: Indices, lower: Indices, base: Floats, blink: Floats) -> _Rims:
    after = np.clip(np.searchsorted(base[lower, 0], base[upper, 0]), 1, len(lower) - 1)
    pairs = np.stack([lower[after - 1], lower[after]])
    start, end = base[pairs, 0]
    share = ((base[upper, 0] - start) / (end - start)).clip(0, 1)
    return _Rims(upper, pairs, share, -_gap(blink, upper, pairs, share))


def _gap(vertices: Floats, upper: Indices, lower: Indices, share: Floats) -> Floats:
    low, high = vertices[lower, 1]
    gap: Floats = vertices[upper, 1] - (low + share * (high - low))
    return gap
