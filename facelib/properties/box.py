"""The part of a picture that properties of the picture are measured in: the face box."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face

SMALLEST = 8  # px; a box with less of it inside the picture tells nothing


def window(face: Face) -> tuple[slice, slice] | None:
    """Return the rows and columns of the face box that lie in the picture; None if there are too few."""
    if not np.isfinite(face.box).all():
        return None
    height, width = face.size
    x1, y1, x2, y2 = (round(float(value)) for value in face.box)
    rows, columns = slice(max(y1, 0), min(y2, height)), slice(max(x1, 0), min(x2, width))
    if min(rows.stop - rows.start, columns.stop - columns.start) < SMALLEST:
        return None
    return rows, columns


def grey(face: Face) -> npt.NDArray[np.uint8] | None:
    """Return the grey levels in the face box, uint8 (h, w), as classifiers see them (luma, ITU-R BT.601)."""
    inside = window(face)
    if inside is None:
        return None
    levels: npt.NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(face.image[inside]), cv2.COLOR_RGB2GRAY)
    return levels
