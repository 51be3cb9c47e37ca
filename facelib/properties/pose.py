"""Pose of the head, from landmarks that no expression moves."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.head.geometry.landmarks import table
from facelib.properties.property import Values, register

Floats = npt.NDArray[np.float64]

STILL: Final = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 127, 356, 234, 454, 93, 323)
"""Landmarks that solve the pose: corners of the eyes, nose, and the sides of the face by the ears."""
DISTANCE: Final = 11.0  # dm: the picture is taken for a portrait at 1.1 m (our choice)
MIDDLE: Final = (0.0, -0.32, -0.55)
"""The middle of the head as seen from between the eyes, dm: the lens points at it."""
_EYES: Final = (33, 133, 362, 263)
_FLIP: Final = np.array([1.0, -1.0, -1.0])  # OpenCV's axes: y down, z away from the camera


def rotation(face: Face) -> Floats | None:
    """Return the rotation (3, 3) of a head, from its own axes to the camera's; None without its landmarks.

    x points to the right in the picture, y up, z to the camera; for a frontal head both are the same.
    """
    points = face.landmarks[list(STILL)].astype(np.float64)
    if not np.isfinite(points).all() or np.ptp(points, axis=0).min() <= 0:
        return None
    places = _places() * _FLIP
    middle = points.mean(axis=0)
    # As if from infinitely far away at first: it says how large the face is, and roughly how it is turned.
    plane = np.linalg.lstsq(places - places.mean(axis=0), points - middle, rcond=None)[0].T
    left, sizes, right = np.linalg.svd(plane, full_matrices=False)
    if not sizes[-1] > 0:
        return None
    across, down = left @ right
    start = cv2.Rodrigues(np.array([across, down, np.cross(across, down)]))[0]
    focal = DISTANCE * float(sizes.mean())
    aim = middle - plane @ places.mean(axis=0)
    camera = np.array([[focal, 0, aim[0]], [0, focal, aim[1]], [0, 0, 1]])
    shift = np.array([0.0, 0.0, DISTANCE])
    _, turn, _ = cv2.solvePnP(
        places, points, camera, None, start, shift, useExtrinsicGuess=True, flags=cv2.SOLVEPNP_ITERATIVE
    )
    matrix: Floats = _FLIP[:, None] * cv2.Rodrigues(turn)[0] * _FLIP
    return matrix


def angles(matrix: Floats) -> tuple[float, float, float]:
    """Return (yaw, pitch, roll) of a rotation, degrees: the inverse of `camera.rotation_of`."""
    yaw = np.arctan2(-matrix[2, 0], matrix[2, 2])
    pitch = np.arcsin(np.clip(-matrix[2, 1], -1, 1))
    roll = np.arctan2(matrix[0, 1], matrix[1, 1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


@functools.cache
def _places() -> Floats:
    """Return where the landmarks stand on the average head, (k, 3) dm, from the middle of the head."""
    places = table()
    still: Floats = places[list(STILL)] - places[list(_EYES)].mean(axis=0) - MIDDLE
    return still


_HOW: Final = (
    "Solved from landmarks that no expression moves, on the average head, as a portrait at 1.1 m. "
    "Noses and foreheads differ, so pitch is off by about 2°."
)


@register(
    "roll",
    title="Roll",
    unit="°",
    source="measured",
    description=(
        f"How far the head is tilted; positive: clockwise in the picture. {_HOW} Without landmarks, from the "
        "line between the eyes."
    ),
    low=-45.0,
    high=45.0,
    cost="free",
    column=2,
)
@register(
    "pitch",
    title="Pitch",
    unit="°",
    source="measured",
    description=f"How far the face looks up (positive) or down. {_HOW}",
    low=-30.0,
    high=30.0,
    cost="free",
    column=1,
)
@register(
    "yaw",
    title="Yaw",
    unit="°",
    source="measured",
    description=f"How far the head is turned; positive: to the person's left. {_HOW}",
    low=-45.0,
    high=45.0,
    cost="free",
    column=0,
)
def pose(faces: Sequence[Face]) -> Values:
    """Return (yaw, pitch, roll), (n, 3), degrees, as `Head.pose` counts them.

    Without landmarks yaw and pitch are NaN and the roll is that of the line between the eyes.
    """
    return np.array([_pose(face) for face in faces], np.float64).reshape(-1, 3)


def _pose(face: Face) -> tuple[float, float, float]:
    matrix = rotation(face)
    if matrix is not None:
        return angles(matrix)
    x, y = face.eyes[0] - face.eyes[1]
    known = np.hypot(x, y) > 0
    return np.nan, np.nan, float(np.degrees(np.arctan2(y, x))) if known else np.nan
