"""Aligned crops of faces for the age and gender networks: upright, one place and size."""

from __future__ import annotations

from typing import Final

import numpy as np

from facelib.faces import Face
from facelib.properties.estimation.similarity import Floats, eyes_of, similarity

CORNERS: Final = (263, 362, 33, 133, 2)
"""Landmarks: outer and inner corner of the person's left eye, of the right eye, base of the nose."""
PLACES: Final = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""Positions of these five in an aligned face, in its sides: the mean shape of dlib (D. King)."""
PADDING: Final = 0.2  # around it, on each side

OUTLINE: Final = (
    127, 234, 93, 132, 58, 172, 150, 176, 152, 400, 379, 397, 288, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
)  # fmt: skip
"""Landmarks of the jaw from ear to ear, and of the brows: the outermost of the 68-point scheme."""
MARGIN: Final = 1.2  # side of the frame, in sides of the outline

# Without landmarks the frame is placed by the eyes: medians of the outline on rendered heads.
FRAME_BELOW: Final = 0.75  # its middle lies below the eyes, in eye distances
FRAME_SIDE: Final = 2.35  # side of the outline, in eye distances


def aligned(face: Face, side: int) -> Floats | None:
    """Return the map (2, 3) from the picture to a chip (side, side) as dlib cuts it out for its networks.

    The corners of the eyes and the base of the nose are brought to the places of dlib's mean shape by shift,
    turn and scale. Without landmarks the middles of the eyes are, and where these aren't known, their usual
    places in the face box. None if nothing is known.
    """
    places = (PLACES + PADDING) / (1 + 2 * PADDING) * side + 0.5  # dlib counts from the middle of a pixel
    points = face.landmarks[list(CORNERS)].astype(np.float64)
    if not _usable(points):
        eyes = eyes_of(face)
        if eyes is None:
            return None
        points, places = eyes, places[:4].reshape(2, 2, 2).mean(axis=1)
    return similarity(points, places)


def framed(face: Face, side: int) -> Floats | None:
    """Return the map (2, 3) from the picture to a chip (side, side) as face-api frames it, with level eyes.

    The frame is the square around jaw and brows, 20 % larger; face-api itself doesn't turn it. Without
    landmarks it is placed by the eyes, and where these aren't known, by their usual places in the face box.
    None if nothing is known.
    """
    points = face.landmarks[list(OUTLINE)].astype(np.float64)
    eyes = face.landmarks[[CORNERS[0], CORNERS[2]]].astype(np.float64)
    whole = _usable(points) and _usable(eyes)
    across = eyes if whole else eyes_of(face)
    if across is None:
        return None
    left, right = across
    gap = float(np.hypot(*(left - right)))
    x, y = (left - right) / gap
    axes = np.array([[x, y], [-y, x]])  # the person's left, and down
    if whole:
        level = points @ axes.T
        low, high = level.min(axis=0), level.max(axis=0)
        middle, extent = (low + high) / 2, float((high - low).max())
    else:
        middle = axes @ ((left + right) / 2) + [0, FRAME_BELOW * gap]
        extent = FRAME_SIDE * gap
    scale = side / (MARGIN * extent)
    return np.column_stack([scale * axes, side / 2 - scale * middle])


def _usable(points: Floats) -> bool:
    return bool(np.isfinite(points).all() and np.ptp(points, axis=0).max() > 0)
