"""The crop that the restoration network sees: the head, level, always equally large."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError

Floats = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

SIDE: Final = 224  # px, of the crop
MARGIN: Final = 1.6  # side of the crop, in sides of the face box: leads hang below the chin


def crop_of(box: Floats, eyes: Floats, side: int = SIDE, margin: float = MARGIN) -> Floats:
    """Return the map (2, 3) from the crop to the picture, px to px, places counted from the corner.

    Parameters
    ----------
    box
        (4,) px: x1, y1, x2, y2 of the face.
    eyes
        (2, 2) px: the person's left eye, then the right one; NaN: taken to stand level.
    side
        Of the crop, px.
    margin
        Side of the crop in the longer side of the box.

    Raises
    ------
    BadValueError
        If the box has no size.

    Examples
    --------
    >>> crop_of(np.array([40.0, 40.0, 180.0, 180.0]), np.full((2, 2), np.nan)).tolist()
    [[1.0, 0.0, -2.0], [0.0, 1.0, -2.0]]
    """
    corners = np.asarray(box, np.float64).reshape(2, 2)
    extent = float((corners[1] - corners[0]).max())
    if not extent > 0:
        msg = f"A face box has a width and a height above 0; got {np.asarray(box).tolist()}."
        raise BadValueError(msg)
    across = np.array([1.0, 0.0])
    if np.isfinite(eyes).all() and (eyes[0] != eyes[1]).any():
        across = (eyes[0] - eyes[1]) / np.hypot(*(eyes[0] - eyes[1]))
    step = margin * extent / side
    turn = step * np.array([[across[0], -across[1]], [across[1], across[0]]]) + 0.0  # no −0
    shift = corners.mean(axis=0) - turn @ [side / 2, side / 2]
    return np.column_stack([turn, shift])


def inverse(way: Floats) -> Floats:
    """Return the map (2, 3) back."""
    back = np.linalg.inv(way[:, :2])
    return np.column_stack([back, -back @ way[:, 2]])


def resampled(
    picture: npt.NDArray[np.generic], way: Floats, size: tuple[int, int]
) -> npt.NDArray[np.generic]:
    """Return what a map from new places to those of a picture shows, of height and width `size`.

    Linear between pixels; averaged over them first where the new picture is coarser. The border goes on
    beyond the picture.
    """
    coarser = float(np.sqrt(abs(np.linalg.det(way[:, :2]))))
    if coarser > 1.5:
        sigma = 0.4 * np.sqrt(coarser**2 - 1)
        picture = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    centred = way.copy()
    centred[:, 2] += way[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV counts from the middle of the first pixel
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, centred, size[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[no-any-return]
