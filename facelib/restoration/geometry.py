"""The geometry picture of a face: how its surface lies at every pixel, without skin, light or electrodes.

The landmarks span a mesh. Where its corners lie in the picture they say themselves; how deep they lie is
taken from the base head as it stands there (`facelib.editing.surface_normals.stance`), without perspective.
On 24 rendered heads of 224 px, of six expressions, turned by up to 25 degrees, the angle to the head's own
normals at the landmarks that are seen is 14 degrees in the median (10 to 15 by head), and below 36 in nine of
ten (26 to 40).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.editing.regions import net
from facelib.editing.surface_normals import stance
from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS
from facelib.head.geometry.landmarks import FIRST_IRIS, table
from facelib.head.geometry.raster import buffers, rasterise

Floats = npt.NDArray[np.float64]
Normals = npt.NDArray[np.float32]

CHANNELS: Final = ("x", "y", "z")
"""Of a geometry picture: to the right in the picture, up, and toward the camera."""


def geometry_picture(landmarks: npt.NDArray[np.floating], size: int) -> Normals:
    """Return the unit normals of the face's surface at the middle of every pixel.

    Parameters
    ----------
    landmarks
        (478, 2), px from the upper left corner of the picture.
    size
        Side of the picture, px.

    Returns
    -------
    float32 (size, size, 3)
        The normal's parts in the order of `CHANNELS`, each in [-1, 1]; (0, 0, 0) where there is no face: the
        mesh reaches from the forehead to the chin and from ear to ear, over eyes and mouth.

    Raises
    ------
    BadValueError
        The landmarks aren't known.

    Examples
    --------
    >>> points = trial_landmarks(128, 1.6)
    >>> picture = geometry_picture(points, 128)
    >>> nose = np.rint(points[4]).astype(int)
    >>> picture.shape, bool(picture[nose[1], nose[0], 2] > 0.8), picture[0, 0].tolist()
    ((128, 128, 3), True, [0.0, 0.0, 0.0])
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (N_LANDMARKS, 2) or not np.isfinite(points[:FIRST_IRIS]).all():
        msg = (
            "The geometry of a face is found from its 478 landmarks, and they aren't all known. Rendered "
            "heads have them; photographs get them from a network of their own."
        )
        raise BadValueError(msg, hint="Run facelib models fetch once, then load_face.")
    triangles = np.ascontiguousarray(net()[0][:, ::-1])  # counter-clockwise: fronts, to the rasteriser
    placed = np.column_stack([points - size / 2, _depths(points)])
    corners = _corner_normals(placed, triangles)
    depth, seen = buffers(size)
    rasterise(placed.astype(np.float32), triangles, True, 0, depth, seen)
    rows, columns = np.nonzero(seen >= 0)
    at = np.column_stack([columns, rows]) + 0.5 - size / 2
    hit = triangles[seen[rows, columns]]
    shares = _shares(np.asarray(at, np.float64), placed[hit, :2])
    smooth: Floats = np.einsum("nkc,nk->nc", corners[hit], shares)
    picture = np.zeros((size, size, 3), np.float32)
    picture[rows, columns] = smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    return picture


def trial_landmarks(size: int, margin: float) -> Floats:
    """Return the landmarks (478, 2) of the base head in the middle of a crop, px."""
    places = table()[:, :2] * [1, -1]
    wide = np.ptp(places, axis=0).max()
    return np.asarray((places - places.mean(axis=0)) * size / (margin * wide) + size / 2)


def _depths(points: Floats) -> Floats:
    """Return how near landmarks are to the camera, px, the farthest 1."""
    stands = stance(points)
    near = _places() @ stands.rotation[2] * stands.scale
    return np.asarray(near - near.min() + 1)


@cache
def _places() -> Floats:
    return table()


def _corner_normals(placed: Floats, triangles: npt.NDArray[np.int32]) -> Floats:
    """Return the normals (478, 3) of a mesh at its corners: means of their triangles' by area, y upward."""
    a, b, c = (placed[triangles] * [1, -1, 1]).transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    found = np.zeros((len(placed), 3))
    for corner in range(3):
        np.add.at(found, triangles[:, corner], across)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))


def _shares(at: Floats, corners: Floats) -> Floats:
    """Return how much of each corner (n, 3, 2) is in a place (n, 2): (n, 3), 0 … 1."""
    (a, b, c) = corners.transpose(1, 0, 2)
    first, second, place = b - a, c - a, at - a
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    u = (place[:, 0] * second[:, 1] - place[:, 1] * second[:, 0]) / area
    v = (first[:, 0] * place[:, 1] - first[:, 1] * place[:, 0]) / area
    return np.asarray(np.column_stack([1 - u - v, u, v]).clip(0, 1))
