"""From a head to its vertices: identity, expression, palsy."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.expressions import COMMON, PAIRED, SPLIT
from facelib.head.geometry.arrays import Geometry, load, rows
from facelib.head.geometry.lids import settled
from facelib.head.geometry.makehuman import Floats, Ints
from facelib.head.individuals import asymmetry_weights, build, shape_weights
from facelib.head.jit import jit
from facelib.head.palsy import weaken
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

_AGES = (("baby", 1.0), ("child", 12.0), ("young", 25.0), ("old", 90.0))
_MORPHS = {"african": "african", "asian": "asian", "european": "caucasian"}


_IDENTITIES = ArrayCache(16 * 2**20)


def identity(head: Head) -> Floats:
    """Return the coarse vertices (n, 3) of the resting face in dm, cached."""
    return _IDENTITIES.get(identity_key(head), lambda: _identity(head))


def identity_key(head: Head) -> tuple[object, ...]:
    """Return the fields that the resting shape of a head depends on."""
    return (head.age, head.gender, head.ancestry, head.seed, head.asymmetry)


def _identity(head: Head) -> Floats:
    geometry = load()
    vertices = geometry.base.copy()
    for name, weight in macro_weights(head).items():
        vertices += np.float32(weight) * geometry.macro[rows()[name]]
    for name, weight in shape_weights(head.seed, head.age).items():
        vertices += np.float32(weight) * geometry.shape[rows()[name]]
    if head.asymmetry:
        for morph, weight in zip(
            geometry.asymmetry, asymmetry_weights(head.seed, len(geometry.asymmetry) // 2), strict=True
        ):
            vertices += np.float32(weight * head.asymmetry) * morph
    return vertices


def macro_weights(head: Head) -> dict[str, float]:
    """Return the weights of the macro morphs: age × gender × ancestry, and age × gender × build."""
    years = min(max(head.age, 1.0), 90.0)
    ages: dict[str, float] = {}
    for (young, low), (old, high) in pairwise(_AGES):
        if low <= years <= high:
            share = (years - low) / (high - low)
            ages = {young: 1 - share, old: share}
    weights = {}
    muscle, weight = build(head.seed)
    for age, a in ages.items():
        for gender, g in (("female", 1 - head.gender), ("male", head.gender)):
            for name, share in dict(head.ancestry).items():
                weights[f"{_MORPHS[name]}-{gender}-{age}"] = a * g * share
            for m, muscle_share in _levels(muscle).items():
                for w, weight_share in _levels(weight).items():
                    weights[f"universal-{gender}-{age}-{m}muscle-{w}weight"] = (
                        a * g * muscle_share * weight_share
                    )
    return {name: value for name, value in weights.items() if value > 0}


def _levels(value: float) -> dict[str, float]:
    """Return the shares of min, average and max for a value in [0, 1]."""
    return {
        "min": max(0.0, 1 - 2 * value),
        "average": 1 - abs(2 * value - 1),
        "max": max(0.0, 2 * value - 1),
    }


def unit_weights(head: Head) -> dict[str, float]:
    """Return the weight of every unit morph that is not at rest, with the palsy applied."""
    sides = {"left": {}, "right": {}}  # type: dict[str, dict[str, float]]
    common: dict[str, float] = {}
    for name, (left, right) in head.units.items():
        if name in COMMON:
            common[name] = left
        elif name in SPLIT:
            sides["left"][name], sides["right"][name] = left, right
        elif name.endswith("Left"):
            sides["left"][name.removesuffix("Left")] = left
        else:
            sides["right"][name.removesuffix("Right")] = right
    if head.palsy:
        weaken(head, sides, common)
    weights = dict(common)
    for side, units in sides.items():
        for name, value in units.items():
            weights[f"{name}@{side}" if name in SPLIT else f"{name}{side.capitalize()}"] = value
    return {name: value for name, value in weights.items() if value}


_PAIRS = (
    *((f"{name}Left", f"{name}Right") for name in (*PAIRED, "jaw", "mouth")),
    *((f"{name}@left", f"{name}@right") for name in SPLIT),
    *((name, "") for name in COMMON if not name.endswith(("Left", "Right"))),
)
"""Unit morphs that mirror each other, and those that mirror themselves."""


def coarse(head: Head) -> Floats:
    """Return the coarse vertices (n, 3) of the head with its expression, dm, before its pose."""
    weights, table = unit_weights(head), rows()
    pairs = [pair for pair in _PAIRS if weights.get(pair[0]) or weights.get(pair[1])]
    if not pairs:
        return identity(head)
    index = np.array([[table.get(name, 0) for name in pair] for pair in pairs], np.int32)
    amounts = np.array([[weights.get(name, 0.0) for name in pair] for pair in pairs], np.float32)
    resting = identity(head)
    moved = _add_morphs(resting, load().unit, index, amounts)
    return settled(moved, resting, (weights.get("eyeBlinkLeft", 0.0), weights.get("eyeBlinkRight", 0.0)))


@jit
def _add_morphs(base: Floats, morphs: Floats, index: Ints, amounts: Floats) -> Floats:
    """Add pairs of morphs, each pair summed first: mirrored requests give mirrored vertices, bit for bit."""
    vertices = base.copy()
    for k in range(len(index)):
        left, right = amounts[k, 0], amounts[k, 1]
        first, other = morphs[index[k, 0]], morphs[index[k, 1]]
        for v in range(len(vertices)):
            for c in range(3):
                vertices[v, c] += left * first[v, c] + right * other[v, c]
    return vertices


def fine(vertices: Floats, geometry: Geometry) -> Floats:
    """Return the smooth vertices (N, 3) of coarse ones."""
    return fine_at(vertices, geometry, _numbers(len(geometry.fine_start) - 1))


def fine_at(vertices: Floats, geometry: Geometry, places: npt.NDArray[np.intp]) -> Floats:
    """Return the smooth vertices (k, 3) of some numbers (k,): rows of `fine`, bit for bit."""
    smooth: Floats = _subdivide(
        vertices, geometry.fine_start, geometry.fine_index, geometry.fine_weight, places
    )
    return smooth


@cache
def _numbers(count: int) -> npt.NDArray[np.intp]:
    return np.arange(count)


@jit
def _subdivide(
    vertices: Floats, start: Ints, index: Ints, weight: Floats, places: npt.NDArray[np.intp]
) -> Floats:
    result = np.empty((len(places), 3), np.float32)
    for v in range(len(places)):
        x = y = z = np.float32(0)
        for k in range(start[places[v]], start[places[v] + 1]):
            w, i = weight[k], index[k]
            x += w * vertices[i, 0]
            y += w * vertices[i, 1]
            z += w * vertices[i, 2]
        result[v, 0], result[v, 1], result[v, 2] = x, y, z
    return result


@jit
def normals(vertices: Floats, triangles: Ints, start: Ints, around: Ints) -> Floats:
    """Return unit normals (N, 3), weighted by the areas of the triangles around each vertex."""
    result = np.empty((len(start) - 1, 3), np.float32)
    fill_normals(vertices, triangles, start, around, result)
    return result


@jit
def fill_normals(vertices: Floats, triangles: Ints, start: Ints, around: Ints, result: Floats) -> None:
    """Fill the first three columns of (N, 3+), see `normals`."""
    # normal of each triangle, as long as twice its area
    faces = np.empty((len(triangles), 3), np.float32)
    for t in range(len(triangles)):
        a, b, c = triangles[t]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        faces[t, 0] = uy * vz - uz * vy
        faces[t, 1] = uz * vx - ux * vz
        faces[t, 2] = ux * vy - uy * vx
    for v in range(len(start) - 1):
        x = y = z = np.float32(0)
        for k in range(start[v], start[v + 1]):
            t = around[k]
            x += faces[t, 0]
            y += faces[t, 1]
            z += faces[t, 2]
        length = np.float32(1) / max(np.sqrt(x * x + y * y + z * z), np.float32(1e-12))
        result[v, 0], result[v, 1], result[v, 2] = x * length, y * length, z * length
