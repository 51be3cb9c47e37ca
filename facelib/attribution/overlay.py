"""Bring maps onto the picture: projection, one shared scale, colours safe for colour-blind readers."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.classifiers.alignment import Turned
from facelib.errors import BadValueError, check_kind

Images = npt.NDArray[np.uint8]
Maps = npt.NDArray[np.float32]
Colours = tuple[tuple[int, int, int], ...]

EVIDENCE: Final[Colours] = (
    (58, 12, 99), (101, 21, 110), (147, 38, 103), (188, 55, 84), (221, 81, 58),
    (243, 120, 25), (252, 165, 10), (246, 215, 70), (252, 255, 164),
)  # fmt: skip
"""Colours of a map from 0 to the end of the scale: inferno without its black end."""

CHANGE: Final[Colours] = (
    (5, 48, 130), (33, 102, 190), (92, 157, 220), (190, 218, 243), (250, 250, 250),
    (254, 214, 170), (248, 158, 78), (225, 103, 13), (150, 60, 0),
)  # fmt: skip
"""Colours of a difference from −scale to +scale: blue for less evidence, orange for more."""

FINER: Final = 8
"""How many points of an upright map stand for one of a turned one, along each side (our choice)."""

_CLEAR_BELOW = {EVIDENCE: 0.3, CHANGE: 0.25}  # share of the scale from which the colour covers fully


def project(
    maps: Maps,
    clf: Classifier,
    boxes: npt.ArrayLike | None,
    size: tuple[int, int],
    *,
    points: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float32]:
    """Return maps (N, h, w) in the picture's own pixels; those of aligned faces are turned back.

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
    points
        As they were given to the classifier: (5, 2), (N, 5, 2) or None.

    Returns
    -------
    float32 (N, height, width)
        Interpolated linearly; 0 outside the square.
    """
    check_kind(clf, Classifier, "A classifier, as facelib.classifiers.load returns it,")
    check_kind(maps, np.ndarray, "Maps, an array (N, h, w),")
    height, width = size
    parts = clf.parts(boxes, size, points)
    if isinstance(parts, Turned):
        return _turned_back(maps, parts, np.array([0, 0, width, height]), (width, height))
    squares = np.broadcast_to(parts, (len(maps), 4))
    projected = np.zeros((len(maps), height, width), np.float32)
    for out, map_, (x1, y1, x2, y2) in zip(projected, maps, squares, strict=True):
        large = cv2.resize(map_, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
        left, top = max(x1, 0), max(y1, 0)
        out[top:y2, left:x2] = large[top - y1 : height - y1, left - x1 : width - x1]
    return projected


def upright(
    maps: Maps,
    clf: Classifier,
    boxes: npt.ArrayLike | None,
    size: tuple[int, int],
    *,
    points: npt.ArrayLike | None = None,
) -> tuple[Maps, npt.NDArray[np.float64]]:
    """Return maps that can be laid over the picture without turning them, and the part that they cover.

    Maps of aligned faces are turned back onto a finer grid; others stay as they are. Arguments are those of
    `project`, of a sweep: one box and one set of points for all maps.

    Returns
    -------
    maps
        float32 (N, h, w); of aligned faces 0 where the network saw nothing.
    region
        float64 (4,), px: x1, y1, x2, y2.
    """
    parts = clf.parts(boxes, size, points)
    if not isinstance(parts, Turned):
        return maps, parts[0].astype(np.float64)
    region = parts.bounds()[0]
    fine = FINER * max(maps.shape[1:])
    return _turned_back(maps, parts, region, (fine, fine)), region


def _turned_back(
    maps: Maps, parts: Turned, region: npt.NDArray[Any], size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return maps at `size` (width, height) points of an upright region of the picture; 0 where none is."""
    x1, y1, x2, y2 = region
    steps = np.array([(x2 - x1) / size[0], (y2 - y1) / size[1]])
    across, down = (np.arange(n) + 0.5 for n in size)
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2) * steps + [x1, y1]
    turned, drawn = parts.repeated(len(maps)), np.zeros((len(maps), *size[::-1]), np.float32)
    shares, last = np.empty(0), None
    for number, (out, map_) in enumerate(zip(drawn, maps, strict=True)):
        if last is None or not np.array_equal(turned.matrices[number], last):
            shares, last = turned.shares(grid, number), turned.matrices[number]
        u, v = (shares * map_.shape[::-1] - 0.5).astype(np.float32).T.reshape(2, *out.shape)
        inside = ((shares >= 0) & (shares <= 1)).all(axis=1).reshape(out.shape)
        found = cv2.remap(map_, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        out[...] = np.where(inside | np.isnan(map_).all(), found, 0)
    return drawn


def shared_scale(maps: Maps) -> float:
    """Return the upper end of one scale for all `maps`: their largest absolute value, 0 if all are blank."""
    check_kind(maps, np.ndarray, "Maps, an array (N, h, w),")
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
    return _blend(images, _mix(EVIDENCE, share), _cover(EVIDENCE, share, opacity))


def overlay_change(images: Images, change: Maps, scale: float, opacity: float = 0.5) -> Images:
    """Lay differences against strength 0 over pictures: blue for less evidence, orange for more.

    See `overlay`; `change` may be negative, and `scale` is the absolute value of the full colours.
    """
    share = _shares(images, change, scale)
    return _blend(images, _mix(CHANGE, (share + 1) / 2), _cover(CHANGE, np.abs(share), opacity))


def captioned(image: npt.NDArray[np.uint8], words: str) -> npt.NDArray[np.uint8]:
    """Return a picture (H, W, 3) with a few words at its lower edge, light on dark."""
    check_kind(words, str, "A caption, a text,")
    check_kind(image, np.ndarray, "A picture, uint8 (H, W, 3),")
    found, scale = image.copy(), image.shape[1] / 400
    (width, height), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    top = len(found) - height - 2 * below - 2
    found[max(top, 0) :] = found[max(top, 0) :] // 4
    place = ((found.shape[1] - width) // 2, len(found) - below - 1)
    cv2.putText(found, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return found


def _shares(images: Images, projected: Maps, scale: float) -> Maps:
    if np.ndim(images) not in (3, 4) or np.shape(projected) != np.shape(images)[:-1]:
        msg = f"Expected one map (H, W) per picture (H, W, 3); got {np.shape(projected)}, {np.shape(images)}."
        raise BadValueError(msg)
    return np.clip(projected / scale, -1, 1) if scale > 0 else np.zeros_like(projected)


def _mix(colours: Colours, share: npt.NDArray[np.floating]) -> Maps:
    """Return the colour at each share in [0, 1], linear between the given ones."""
    at = np.clip(share, 0, 1) * (len(colours) - 1)
    anchors = np.asarray(colours, np.float32)
    return np.stack([np.interp(at, np.arange(len(colours)), anchors[:, k]) for k in range(3)], -1).astype(
        np.float32
    )


def _cover(colours: Colours, share: Maps, opacity: float) -> Maps:
    if not 0 <= opacity <= 1:
        msg = f"Opacity lies between 0 and 1; got {opacity!r}."
        raise BadValueError(msg)
    t = np.clip(share / _CLEAR_BELOW[colours], 0, 1)[..., None]
    cover = opacity * t * t * (3 - 2 * t)  # no evidence: the picture shows
    return np.asarray(cover, np.float32)


def _blend(images: Images, colours: Maps, cover: Maps) -> Images:
    return np.rint(images + cover * (colours - images)).astype(np.uint8)
