"""What is shown of a face's picture: a rendered one whole, a photograph around the face."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.faces import Face, Head

AROUND: Final = 2.0  # side of what is shown of a photograph, in sides of the box of its face
RAISED: Final = 0.12  # how far above the middle of that box: hair and brow belong to the face
MOST: Final = 0.85  # a crop that leaves less out than this isn't worth the name

View = tuple[int, int, int, int]
"""What is shown of a picture: x1, y1, x2, y2 in px."""


def view_of(face: Face) -> View:
    """Return what is shown of a face's picture: a rendered one whole, a photograph around the face.

    >>> box = np.array([200.0, 100, 260, 160])
    >>> photograph = Face(np.zeros((300, 400, 3), np.uint8), box, np.ones((2, 2)))
    >>> view_of(photograph), view_of(photograph.replace(source="rendered"))
    ((170, 63, 290, 183), (0, 0, 400, 300))
    """
    height, width = face.size
    x1, y1, x2, y2 = (float(edge) for edge in face.box)
    side = AROUND * max(x2 - x1, y2 - y1)
    if face.source == "rendered" or not 0 < side < MOST * min(height, width):
        return 0, 0, width, height
    whole = round(side)
    left = min(max(round((x1 + x2 - side) / 2), 0), width - whole)
    top = min(max(round((y1 + y2 - side) / 2 - RAISED * (y2 - y1)), 0), height - whole)
    return left, top, left + whole, top + whole


def cut(image: npt.NDArray[np.uint8], view: View) -> npt.NDArray[np.uint8]:
    """Return what is shown of a picture, uint8 (h, w, 3)."""
    x1, y1, x2, y2 = view
    return image[y1:y2, x1:x2]


def smaller(image: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return a picture, uint8 (h, w, 3), whose longer side has `side` px at most.

    >>> smaller(np.zeros((900, 600, 3), np.uint8), 448).shape
    (448, 299, 3)
    """
    import cv2

    height, width = image.shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return image
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def fractions(region: npt.NDArray[np.float64], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return x, y, width, height of a region in px as fractions of a picture of `size` (height, width).

    >>> fractions(np.array([10.0, 0.0, 20.0, 50.0]), (100, 100))
    (0.1, 0.0, 0.1, 0.5)
    """
    (x1, y1, x2, y2), (height, width) = (float(edge) for edge in region), size
    return x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height


def picture_alt(face: Face | Head) -> str:
    """Say what the picture of a face shows, for screen readers.

    >>> picture_alt(Head(age=28, expression="happy"))
    'rendered face, 28 years, expression happy'
    """
    if not isinstance(face, Head):
        return "rendered face" if face.source == "rendered" else "photograph of a face"
    expression = face.expression if isinstance(face.expression, str) else "own"
    return f"rendered face, {face.age:.0f} years, expression {expression}"
