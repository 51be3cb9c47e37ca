"""The hair of one head: the scalp that it raises, and wisps that follow the shape of the skull."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.faces import mesh
from facelib.faces.anatomy import WISP, Floats, Ints
from facelib.faces.cache import ArrayCache
from facelib.faces.geometry import hair, load
from facelib.faces.kernels import jit
from facelib.faces.strands import EMPTY
from facelib.faces.wisps import KNOTS, STYLES, THICKNESS, cap_height

if TYPE_CHECKING:
    from facelib.faces.head import Head

_GROWN = ArrayCache(16 * 2**20)


def has_wisps(style: str) -> bool:
    """Tell whether a hair style has wisps."""
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
        return grown

    return _GROWN.get((head.hair, *mesh.identity_key(head)), make)


@jit
def _follow(vertices: Floats, weights: Floats, moved: Floats) -> Floats:
    result = vertices.copy()
    for v in range(len(vertices)):
        for k in range(len(moved)):
            for c in range(3):
                result[v, c] += weights[v, k] * moved[k, c]
    return result
