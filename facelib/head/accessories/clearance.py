"""Clearance of accessories: how far the skin reaches forward and sideways, at rest and moved.

A cast depends on the person and not on the expression: it holds how far strong expressions bring the skin, so
that what fits the cast stays where it is and doesn't cut into the face.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.accessories.draping import looked_up
from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.raster import rasterise
from facelib.head.geometry.textures import is_ear
from facelib.head.rendering.scene import eye_vertices
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

Doubles = npt.NDArray[np.float64]

_CELL, _ROWS, _COLUMNS = 0.01, 120, 200  # dm; the cast spans ±0.6 dm in height, ±1 dm across
_BEHIND = 10.0  # dm added to depths, which have to be positive
_STRONG: tuple[dict[str, float], ...] = (
    {},
    dict.fromkeys(("cheekSquint", "noseSneer", "mouthSmile", "browDown", "eyeSquint"), 1.0),
    {"cheekPuff": 1.0},
    {"browInnerUp": 1.0, "browOuterUp": 1.0, "jawOpen": 1.0},
)

_CASTS = ArrayCache(8 * 2**20)


class Cast:
    """The skin of one person's face as depth maps; lengths in dm from the middle between the eyes.

    Parameters
    ----------
    head
        Only what shapes the resting face counts.
    """

    def __init__(self, head: Head) -> None:
        self.rest = mesh.identity(head)
        eyes = np.stack([self.rest[eye].mean(axis=0) for eye in _coarse_eyes()]).astype(np.float64)
        self.origin = eyes.mean(axis=0)
        self.eye_distance = float(np.linalg.norm(eyes[0] - eyes[1]))
        self.fields = _CASTS.get(mesh.identity_key(head), lambda: _fields(head, self.origin))

    def forward(self, x: Doubles, y: Doubles) -> Doubles:
        """Return how far forward the skin reaches at places of the frontal plane."""
        return self._at(self.fields[0], x, y)

    def sideways(self, side: int, z: Doubles, y: Doubles) -> Doubles:
        """Return how far out the skin (without the ear) reaches on the person's left (0) or right (1)."""
        return self._at(self.fields[1 + side], z, y)

    def ear(self, side: int) -> Doubles:
        """Return the top of an ear, its distance from the midline counted as positive."""
        top = self.rest[_ear_tops()[side]] - self.origin
        return np.array([abs(top[0]), top[1], top[2]])

    @staticmethod
    def _at(field: Floats, across: Doubles, y: Doubles) -> Doubles:
        return looked_up(field, across / _CELL, y / _CELL) - _BEHIND


def _fields(head: Head, origin: Doubles) -> Floats:
    """Return the cast from the front, the person's left and the right (3, rows, columns), depths shifted."""
    fields = np.zeros((3, _ROWS, _COLUMNS), np.float32)
    seen = np.zeros((_ROWS, _COLUMNS), np.int32)
    face, beside = load().coarse_triangles, _beside()
    calm = head.replace(intensity=1.0, left=1.0, right=1.0, palsy=0.0, gaze=(0.0, 0.0))
    for units in _STRONG:  # none of them reaches the temples
        x, y, z = (mesh.coarse(calm.replace(expression=units)) - origin.astype(np.float32)).T
        views = [(fields[0], x, z, face), (fields[1], z, x, beside), (fields[2], z, -x, beside)]
        for field, across, depth, triangles in views if not units else views[:1]:
            points = np.stack([across / _CELL, -y / _CELL, depth + _BEHIND], axis=1).astype(np.float32)
            rasterise(points, triangles, False, 0, field, seen)
    for row in fields[1:].reshape(-1, _COLUMNS):
        skin = np.flatnonzero(row)
        if len(skin):
            row[:] = np.interp(np.arange(_COLUMNS), skin, row[skin])  # under the ear as beside it
    return fields


@cache
def _coarse_eyes() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    left, right = (eye[eye < len(load().base)] for eye in eye_vertices())
    return left, right


@cache
def _beside() -> Ints:
    """Return the triangles of the skin without the ears."""
    geometry = load()
    skin = np.unique(geometry.triangles[geometry.parts == SKIN])
    plain = np.zeros(len(geometry.base), bool)
    plain[skin[skin < len(plain)]] = True
    plain &= ~is_ear(*geometry.base.T)
    triangles: Ints = geometry.coarse_triangles[plain[geometry.coarse_triangles].all(axis=1)]
    triangles.flags.writeable = False
    return triangles


@cache
def _ear_tops() -> tuple[int, int]:
    """Return the highest vertex of the left and of the right ear."""
    geometry = load()
    ear = np.flatnonzero(is_ear(*geometry.base.T) & (geometry.base[:, 0] > 0))
    top = int(ear[np.argmax(geometry.base[ear, 1])])
    return top, int(geometry.mirror[top])
