"""Bring a face upright and to a size: similarity maps between points, and pictures seen through them.

Places are as everywhere in px from the corner of the picture: pixel (0, 0) has its middle at (0.5, 0.5).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.faces.alignment import nearest

Floats = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

EYES_IN_BOX = np.array([[0.7, 0.27], [0.3, 0.27]])
"""Positions of the eyes in a face box, in its sides: the medians of rendered heads, rounded."""

FINEST = 16  # times the resolution of a result, at most: what is shrunk further isn't averaged in full


def eyes_of(face: Face) -> Floats | None:
    """Return the person's left and right eye, (2, 2) px; from the face box where they aren't known.

    None if the box isn't known either or has no size, or if the eyes lie on each other.
    """
    eyes = np.asarray(face.eyes, np.float64)
    if not np.isfinite(eyes).all():
        corners = np.asarray(face.box, np.float64).reshape(2, 2)
        eyes = corners[0] + EYES_IN_BOX * (corners[1] - corners[0])
        if not (np.isfinite(eyes).all() and (corners[1] > corners[0]).all()):
            return None
    return eyes if np.hypot(*(eyes[0] - eyes[1])) > 0 else None


def similarity(points: Floats, places: Floats) -> Floats:
    """Return the shift, turn and scale (2, 3) that bring points (k, 2) nearest to places (k, 2).

    Nearest in the least-squares sense; the k points must not all be one.

    Examples
    --------
    >>> similarity(np.array([[0.0, 0], [1, 0]]), np.array([[5.0, 5], [5, 7]])).round(9).tolist()
    [[0.0, -2.0, 5.0], [2.0, 0.0, 5.0]]
    """
    found = nearest(points @ [1, 1j], places @ [1, 1j])
    turn, shift = found.turn, found.shift
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def warp(image: Picture, matrix: Floats, width: int, height: int) -> Picture:
    """Return a picture seen through a similarity map, (height, width, 3).

    Where it shrinks, the areas of the old pixels are averaged, down to a sixteenth; beyond its border the
    border goes on.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    matrix
        (2, 3): from its pixels to those of the result.
    """
    finer = int(np.clip(np.ceil(1 / np.hypot(*matrix[:, 0]) - 1e-9), 1, FINEST))
    fine = matrix * finer
    fine[:, 2] += fine[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV counts from the middle of the first pixel
    size = (width * finer, height * finer)
    seen = cv2.warpAffine(image, fine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        seen = cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(seen, np.uint8)
