"""Detection of sunglasses by the darkness around the eyes: landmarks behind them are guessed."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

AROUND: Final = (27, 28, 29, 56, 22, 23, 24, 110, 257, 258, 259, 286, 252, 253, 254, 339)
"""Landmarks above and below the eyes, which lenses cover."""
SKIN: Final = (50, 101, 205, 280, 330, 425, 151, 9, 108, 337)
"""Landmarks on cheeks and forehead."""
CORNERS: Final = (263, 33)  # outer corners of the eyes
PATCH: Final = 0.03  # of their distance: half of a patch around each landmark
DARK: Final = 0.18
"""Less than this is dark glasses: 59 of 60 rendered heads with them had less, of all skin tones and lights;
none of 90 without glasses, of 60 with clear and of 30 with half tinted ones. Photographs of them weren't at
hand."""

_LIGHT: Final = (np.arange(256) / 255) ** 2.2


def light_around_eyes(image: npt.NDArray[np.uint8], landmarks: npt.NDArray[np.floating]) -> float:
    """Return the light around the eyes as a share of that on cheeks and forehead, medians of linear light.

    Parameters
    ----------
    image
        uint8 (H, W, 3), RGB.
    landmarks
        (478, 2) px.

    Returns
    -------
    float
        About .4 to 1.2 without dark glasses; NaN if the places aren't known, or nothing of the skin is
        in the picture or lit.
    """
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    half = PATCH * float(np.hypot(*(landmarks[CORNERS[0]] - landmarks[CORNERS[1]]).astype(np.float64)))
    if not np.isfinite(half):
        return float("nan")
    side = 2 * max(round(half), 1) + 1
    smooth = cv2.blur(gray, (side, side))
    eyes, skin = (_median(smooth, landmarks[list(places)]) for places in (AROUND, SKIN))
    return eyes / skin if skin > 0 else float("nan")


def _median(gray: npt.NDArray[np.uint8], points: npt.NDArray[np.floating]) -> float:
    """Return the median light, in [0, 1], of the places inside the picture."""
    height, width = gray.shape
    inside = (points >= 0).all(axis=1) & (points < [width, height]).all(axis=1)
    if not inside.any():
        return float("nan")
    columns, rows = points[inside].astype(int).T
    return float(np.median(_LIGHT[gray[rows, columns]]))
