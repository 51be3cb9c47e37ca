"""Bring maps onto the picture: projection, one shared scale, colours safe for colour-blind readers."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.errors import BadValueError

Images = npt.NDArray[np.uint8]
Maps = npt.NDArray[np.float32]

COLOURS: Images = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
"""uint8 (256, 3), RGB: the colour of each value of a map from 0 to the end of the scale (viridis)."""

_LESS, _MORE = np.array([[33, 102, 172], [178, 24, 43]], np.uint8)  # blue and red, told apart by all


def project(
    maps: Maps, clf: Classifier, boxes: npt.ArrayLike | None, size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return maps (N, h, w) in the picture's own pixels.

    Parameters
    ----------
    maps
        Raw maps of `clf`.
    clf
        The classifier; it knows which square around the box it saw.
    boxes
        As they were given to the classifier: (4,), (N, 4) or None.
    size
        Height and width of the picture, px.

    Returns
    -------
    float32 (N, height, width)
        Interpolated linearly; 0 outside the square.
    """
    height, width = size
    squares = np.broadcast_to(clf.crop_boxes(boxes, size), (len(maps), 4)).astype(int)
    projected = np.zeros((len(maps), height, width), np.float32)
    for out, map_, (x1, y1, x2, y2) in zip(projected, maps, squares, strict=True):
        large = cv2.resize(map_, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
        left, top = max(x1, 0), max(y1, 0)
        out[top:y2, left:x2] = large[top - y1 : height - y1, left - x1 : width - x1]
    return projected


def shared_scale(maps: Maps) -> float:
    """Return the upper end of one scale for all `maps`: their largest absolute value, 0 if all are blank."""
    return float(np.abs(maps).max(initial=0.0))


def overlay(images: Images, projected: Maps, scale: float, opacity: float = 0.5) -> Images:
    """Lay maps over pictures: where there is no evidence the picture shows.

    Parameters
    ----------
    images
        uint8 (N, H, W, 3), RGB.
    projected
        float32 (N, H, W), ≥ 0, from `project`.
    scale
        Value that gets the last colour, from `shared_scale`; larger ones get it too.
    opacity
        0 (picture only) … 1.

    Returns
    -------
    uint8 (N, H, W, 3)
    """
    share = _shares(images, projected, scale)
    return _blend(images, COLOURS[np.rint(255 * share).astype(np.uint8)], _cover(share, opacity))


def overlay_change(images: Images, change: Maps, scale: float, opacity: float = 0.5) -> Images:
    """Lay differences against strength 0 over pictures: blue for less evidence, red for more.

    See `overlay`; `change` may be negative, and `scale` is the absolute value of the full colours.
    """
    share = _shares(images, np.abs(change), scale)
    colours = np.where(change[..., None] < 0, _LESS, _MORE)
    return _blend(images, colours, _cover(share, opacity))


def _shares(images: Images, projected: Maps, scale: float) -> Maps:
    if projected.shape != images.shape[:-1]:
        msg = f"Maps of shape {images.shape[:-1]} were expected, one a picture; got {projected.shape}."
        raise BadValueError(msg)
    return np.clip(projected / scale, 0, 1) if scale > 0 else np.zeros_like(projected)


def _cover(share: Maps, opacity: float) -> Maps:
    if not 0 <= opacity <= 1:
        msg = f"Opacity lies between 0 and 1; got {opacity!r}."
        raise BadValueError(msg)
    return np.float32(opacity) * np.minimum(2 * share, 1)[..., None]  # full from the middle of the scale


def _blend(images: Images, colours: Images, cover: Maps) -> Images:
    return np.rint(images + cover * (colours.astype(np.float32) - images)).astype(np.uint8)
