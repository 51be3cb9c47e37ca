"""Pixel distance of two pictures: grey-level differences in the face box and in its quarters."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.interventions.placebos.change import Box, Image

REGIONS: Final = ("upper left", "upper right", "lower left", "lower right")
"""Quarters of the face box; left and right are the person's own."""

Window = tuple[slice, slice]


def pixel_distance(a: Image, b: Image, box: Box) -> float:
    """Return the root mean square difference of two pictures inside a box, in grey levels (0 … 255).

    Parameters
    ----------
    a, b
        uint8 (H, W, 3) each.
    box
        px (4,): the face box of strength 0.

    Raises
    ------
    BadValueError
        If the shapes differ or no pixel lies in the box.

    Examples
    --------
    >>> white, grey = np.full((8, 8, 3), 255, np.uint8), np.full((8, 8, 3), 250, np.uint8)
    >>> pixel_distance(white, grey, np.array([2.0, 2.0, 6.0, 6.0]))
    5.0
    """
    if a.shape != b.shape:
        msg = f"Pictures of one size are compared; got {a.shape} and {b.shape}."
        raise BadValueError(msg)
    inside = window(a.shape[:2], box)
    return rms(a[inside], b[inside])


def region_distances(a: Image, b: Image, box: Box) -> npt.NDArray[np.float64]:
    """Return the distance in the four quarters of the box, (4,), ordered as `REGIONS`."""
    return np.array([rms(a[quarter], b[quarter]) for quarter in quarters(a.shape[:2], box)])


def quarters(size: tuple[int, ...], box: Box) -> list[Window]:
    """Return the rows and columns of the four quarters of a box, ordered as `REGIONS`."""
    rows, columns = window(size, box)
    middle_row, middle_column = (rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2
    halves = [slice(rows.start, middle_row), slice(middle_row, rows.stop)]
    # The person's left is on the right of the picture.
    sides = [slice(middle_column, columns.stop), slice(columns.start, middle_column)]
    return [(half, side) for half in halves for side in sides]


def window(size: tuple[int, ...], box: Box) -> Window:
    """Return the rows and columns of the pixels in a box; a box outside raises `BadValueError`."""
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    rows, columns = slice(max(y1, 0), min(y2, size[0])), slice(max(x1, 0), min(x2, size[1]))
    if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
        msg = f"The face box covers at least 2 × 2 px of the picture; got {box} in {size[0]} × {size[1]} px."
        raise BadValueError(msg)
    return rows, columns


def rms(a: Image, b: Image) -> float:
    """Return the root mean square difference of two pictures of one shape."""
    return float(np.sqrt(cv2.norm(a, b, cv2.NORM_L2SQR) / a.size))
