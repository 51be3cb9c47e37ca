"""Classical inpainting: covered parts are filled in from the colours around them.

The baseline that a network has to beat.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import check_kind
from facelib.faces import Face
from facelib.restoration.methods import Plane, method

RADIUS: Final = 3.0  # px; how far around a pixel colours are looked for
TOUCHED: Final = 0.02  # of the mask: what is covered by more is unknown
_ROOM: Final = 8  # px around a piece that the biharmonic function uses

Bytes = npt.NDArray[np.uint8]


@method("telea")
def telea(face: Face, mask: Plane) -> Bytes:
    """Fill in from the border inward along the fast-marching distance (Telea 2004), by OpenCV."""
    check_kind(face, Face, "A face")
    return _by_opencv(face, mask, cv2.INPAINT_TELEA)


@method("navier_stokes")
def navier_stokes(face: Face, mask: Plane) -> Bytes:
    """Continue lines of equal colour into what is covered (Bertalmio et al. 2001), by OpenCV."""
    check_kind(face, Face, "A face")
    return _by_opencv(face, mask, cv2.INPAINT_NS)


@method("biharmonic")
def biharmonic(face: Face, mask: Plane) -> npt.NDArray[np.float64]:
    """Fill in by the smoothest surface, Δ²u = 0 (Damelin and Hoang 2018), by scikit-image."""
    check_kind(face, Face, "A face")
    from skimage.restoration import inpaint_biharmonic

    filled = face.image.astype(np.float64)
    hidden = mask > TOUCHED
    count, labels = cv2.connectedComponents(cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)))
    for number in range(1, count):  # one piece after the other: the library solves for all at once
        rows, columns = np.nonzero(labels == number)
        top, left = max(rows.min() - _ROOM, 0), max(columns.min() - _ROOM, 0)
        part = np.s_[top : rows.max() + _ROOM, left : columns.max() + _ROOM]
        own = hidden[part] & (labels[part] == number)
        solved = inpaint_biharmonic(face.image[part] / 255.0, hidden[part], channel_axis=-1) * 255
        filled[part][own] = solved[own]
    return filled.clip(0, 255)


def _by_opencv(face: Face, mask: Plane, how: int) -> Bytes:
    hidden: Any = (mask > TOUCHED).astype(np.uint8)
    return np.asarray(cv2.inpaint(face.image, hidden, RADIUS, how), np.uint8)
