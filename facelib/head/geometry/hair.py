"""The hair of one head: the raised scalp, and wisps that follow the skull."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import hair, load
from facelib.head.geometry.hair_cards import KNOTS, STYLES, THICKNESS, cap_height
from facelib.head.geometry.hair_pattern import EMPTY
from facelib.head.geometry.makehuman import WISP, Floats, Ints
from facelib.head.jit import jit
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

_GROWN, _CUT = ArrayCache(16 * 2**20), ArrayCache(16 * 2**20)
_HEM = (5.1, 6.45)  # dm; height at which long hair is cut, at full length beneath all of it, and at the chin
_UNEVEN = 0.03  # dm; standard deviation of the height at which a wisp is cut
_STUMP = 2.0  # knots that a wisp keeps


def has_wisps(style: str) -> bool:
    """Return whether a hair style has wisps."""
    return style in STYLES


def cap(head: Head) -> Floats:
    """Return how far (N, 3) the hair beneath the wisps raises the scalp, dm; the less, the thinner it is."""
    whole = _cap(head.hair)
    return whole * np.float32(1 - head.thinning) if head.thinning else whole


@cache
def _cap(style: str) -> Floats:
    geometry = load()
    height = (
        cap_height(THICKNESS[style], geometry.scalp) if has_wisps(style) else np.zeros(len(geometry.scalp))
    )
    return (height[:, None] * geometry.facing).astype(np.float32)


@cache
def topology(style: str) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Return the triangles of head and wisps, and their parts."""
    geometry = load()
    if not has_wisps(style):
        return geometry.triangles, geometry.parts
    wisps = hair(style).triangles
    triangles = np.concatenate([geometry.triangles, wisps + np.int32(len(geometry.canonical))])
    return triangles, np.concatenate([geometry.parts, np.full(len(wisps), WISP, np.uint8)])


@cache
def places(style: str) -> Floats:
    """Return the place (V, 2) along and across its wisp of every hair vertex."""
    wisps = hair(style)
    return np.stack([wisps.carried[:, 4], wisps.edges.astype(np.float32)], axis=1)


def variants(head: Head) -> npt.NDArray[np.uint8]:
    """Return the strand pattern (T,) of every triangle of a head's wisps; those that are gone have none.

    Wisps leave one after another in a fixed random order, alike on both sides.
    """
    own = hair(head.hair).variants
    return np.where(_ranks(head.hair) < head.thinning, np.uint8(EMPTY), own) if head.thinning else own


@cache
def _ranks(style: str) -> Floats:
    """Return when the wisp of every triangle (T,) leaves: its rank among all, in [0, 1)."""
    triangles = 2 * (KNOTS[style] - 1)
    count = len(hair(style).triangles) // (2 * triangles)  # on one side
    ranks = np.random.default_rng(17).permutation(count) / count
    return np.tile(np.repeat(ranks, triangles), 2).astype(np.float32)


def grow(head: Head) -> Floats:
    """Return the hair vertices (V, 3), dm, of a head; cached."""

    def make() -> Floats:
        geometry, wisps = load(), hair(head.hair)
        moved = mesh.identity(head)[geometry.anchors] - geometry.base[geometry.anchors]
        grown: Floats = _follow(wisps.vertices, wisps.weights, moved)
        return _cut(grown, head) if is_cut(head) else grown

    length = head.hair_length if is_cut(head) else 1.0
    return _GROWN.get((head.hair, length, *mesh.identity_key(head)), make)


def combed(head: Head) -> tuple[Floats, Floats]:
    """Return the normals (V, 3) of the hair of a head, and what it carries (V, 5); see `geometry.Hair`."""
    wisps = hair(head.hair)
    if not is_cut(head):
        return wisps.normals, wisps.carried

    def carried() -> Floats:
        cut = _cut(wisps.carried, head)
        cut[:, 4] = wisps.carried[:, 4]  # it thins out toward the tips as before
        return cut

    normals = _CUT.get(("normals", head.hair_length), lambda: _cut(wisps.normals, head))
    return normals, _CUT.get(("carried", head.hair_length), carried)


def is_cut(head: Head) -> bool:
    """Return whether the wisps of a head are shorter than those of its style."""
    return head.hair == "long" and head.hair_length < 1


def _cut(values: Floats, head: Head) -> Floats:
    """Return what the vertices of wisps have (V, C) where these are cut at the height of the hem."""
    shortened: Floats = _shortened(values, _ends(head.hair_length), KNOTS["long"])
    return shortened


@lru_cache(32)
def _ends(length: float) -> Floats:
    """Return at which of its knots (or in between) every wisp (W,) is cut, of long hair; sides are alike."""
    knots = KNOTS["long"]
    heights = hair("long").vertices[:, 1].reshape(-1, knots, 2).mean(axis=2)
    half = len(heights) // 2
    hem = _HEM[0] + (1 - length) ** 0.5 * (_HEM[1] - _HEM[0])  # the lowest part is out of the picture
    cut = hem + np.tile(np.random.default_rng(18).normal(0.0, _UNEVEN, half), 2)
    below = heights < cut[:, None]
    first, wisp = np.where(below.any(axis=1), below.argmax(axis=1), knots - 1).clip(1), np.arange(2 * half)
    above, beneath = heights[wisp, first - 1], heights[wisp, first]
    share = ((above - cut) / np.maximum(above - beneath, 1e-6)).clip(0, 1)
    ends: Floats = np.maximum(first - 1 + share, _STUMP).astype(np.float32)
    return ends


@jit
def _shortened(values: Floats, ends: Floats, knots: int) -> Floats:
    """Return what vertices have at evenly spaced places from the roots of wisps to their ends."""
    result = np.empty_like(values)
    for wisp in range(len(ends)):
        for knot in range(knots):
            place = ends[wisp] * np.float32(knot) / np.float32(knots - 1)
            before = min(int(place), knots - 2)
            share = place - np.float32(before)
            for edge in range(2):
                row, start = 2 * (wisp * knots + knot) + edge, 2 * (wisp * knots + before) + edge
                for c in range(values.shape[1]):
                    result[row, c] = values[start, c] + share * (values[start + 2, c] - values[start, c])
    return result


@jit
def _follow(vertices: Floats, weights: Floats, moved: Floats) -> Floats:
    result = vertices.copy()
    for v in range(len(vertices)):
        for k in range(len(moved)):
            for c in range(3):
                result[v, c] += weights[v, k] * moved[k, c]
    return result
