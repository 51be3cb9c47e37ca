"""The camera: a portrait lens at 1.1 m, with the eyes at a fixed place of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import Floats
from facelib.head.jit import jit

DISTANCE = 11.0  # dm from the lens to the middle of the head
ZOOM = 4.2  # focal length in picture widths
EYE_DISTANCE = 0.6157  # dm between the eyes of the base mesh: every head is scaled to it
_PIVOT = np.array([0.0, -0.32, -0.55])  # from between the eyes to the point in the middle of the picture, dm


@dataclass(frozen=True)
class View:
    """One head in front of the camera.

    Parameters
    ----------
    positions
        float32 (N, 3), dm; the camera looks along −z from (0, 0, `DISTANCE`).
    rotation
        float32 (3, 3), from head to camera space.
    scale
        Factor from the head's own size.
    origin
        float32 (3,), the point of the head that stands at the origin.
    """

    positions: Floats
    rotation: Floats
    scale: float
    origin: Floats

    def place(self, vertices: Floats) -> Floats:
        """Return other points (M, 3) of the head in camera space."""
        placed: Floats = _placed(vertices, self.origin, self.rotation * np.float32(self.scale))
        return placed


def rotation_of(pose: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Return the matrix of (yaw, pitch, roll), degrees: + the person's left, up, clockwise in the picture."""
    yaw, pitch, roll = np.radians(pose)
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn)


def stand(vertices: Floats, eyes: npt.NDArray[np.float64], pose: tuple[float, float, float]) -> View:
    """Place a head by its resting eye centres (2, 3), so that no expression moves or scales the picture."""
    scale = EYE_DISTANCE / float(np.linalg.norm(eyes[0] - eyes[1]))
    origin = (eyes.mean(axis=0) + _PIVOT / scale).astype(np.float32)
    rotation = rotation_of(pose).astype(np.float32)
    return View(_placed(vertices, origin, rotation * np.float32(scale)), rotation, scale, origin)


@jit
def _placed(vertices: Floats, origin: Floats, matrix: Floats) -> Floats:
    """Return vertices (N, 3) from an origin on, times the transpose of a matrix (3, 3)."""
    result = np.empty((len(vertices), 3), np.float32)
    for v in range(len(vertices)):
        x, y, z = vertices[v, 0] - origin[0], vertices[v, 1] - origin[1], vertices[v, 2] - origin[2]
        for k in range(3):
            result[v, k] = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z
    return result


@jit
def turn(vertices: Floats, matrix: Floats) -> Floats:
    """Return vertices (N, 3) times the transpose of a matrix (3, 3), the same on any number of processors."""
    result = np.empty((len(vertices), 3), np.float32)
    for v in range(len(vertices)):
        x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        for k in range(3):
            result[v, k] = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z
    return result


def project(positions: Floats, size: float) -> Floats:
    """Return (N, 3): x and y in pixels from the middle of the picture, and the inverse distance, 1/dm."""
    points = np.empty((len(positions), 3), np.float32)
    project_into(positions, np.float32(size * ZOOM), points)
    return points


@jit
def project_into(positions: Floats, focal: float, points: Floats) -> None:
    """Fill points (N, 3), see `project`."""
    away = np.float32(DISTANCE)
    for v in range(len(positions)):
        inverse = np.float32(1) / (away - positions[v, 2])
        points[v, 0] = focal * positions[v, 0] * inverse
        points[v, 1] = -focal * positions[v, 1] * inverse
        points[v, 2] = inverse


def comb(  # noqa: PLR0917
    vertices: Floats,
    normals: Floats,
    carried: Floats,
    view: View,
    size: float,
    points: Floats,
    turned: Floats,
) -> None:
    """Fill in where hair vertices stand in the picture, and what they carry there.

    Parameters
    ----------
    points
        (V, 3), see `project`.
    turned
        (V, 8): normal and tangent in camera space, tint, place along the wisp.
    """
    focal = np.float32(size * ZOOM)
    matrix = view.rotation * np.float32(view.scale)
    _comb(vertices, normals, carried, view.rotation, matrix, view.origin, focal, points, turned)


@jit
def _comb(  # noqa: PLR0917, a kernel
    vertices: Floats,
    normals: Floats,
    carried: Floats,
    r: Floats,
    matrix: Floats,
    origin: Floats,
    focal: float,
    points: Floats,
    turned: Floats,
) -> None:
    away = np.float32(DISTANCE)
    for v in range(len(vertices)):
        x, y, z = vertices[v, 0] - origin[0], vertices[v, 1] - origin[1], vertices[v, 2] - origin[2]
        inverse = np.float32(1) / (away - (matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z))
        points[v, 0] = focal * (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z) * inverse
        points[v, 1] = -focal * (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z) * inverse
        points[v, 2] = inverse
        for k in range(3):
            turned[v, k] = r[k, 0] * normals[v, 0] + r[k, 1] * normals[v, 1] + r[k, 2] * normals[v, 2]
            turned[v, 3 + k] = r[k, 0] * carried[v, 0] + r[k, 1] * carried[v, 1] + r[k, 2] * carried[v, 2]
        turned[v, 6], turned[v, 7] = carried[v, 3], carried[v, 4]
