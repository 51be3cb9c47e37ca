"""The skin region of a photograph: face, ears and neck, as far as they have the skin's colour.

The landmarks say where skin is for certain. What lies around them belongs to it if it has the colour of that
skin, lit or shaded, and hangs together with it; hair, brows, eyes and teeth don't. The edge follows the edges
of the picture (guided filter: He, Sun, Tang 2013, IEEE TPAMI 35).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import Field, filled, light_of
from facelib.editing.regions import OUTSIDE, REGIONS, labels
from facelib.editing.surface_normals import EYE_RINGS
from facelib.editing.warp import outline
from facelib.face import Face, face_fingerprint
from facelib.head.geometry.landmarks import FIRST_IRIS, LIP_CONTOUR, LOWER_RIM, UPPER_RIM
from facelib.utilities.bounded_cache import ArrayCache

Doubles = npt.NDArray[np.float64]

_KEPT = ArrayCache(16 * 2**20)
WIDE: Final = 128  # px of the face's width at which colours are compared
ROOM: Final = (0.45, 0.55, 0.9)  # around the landmarks, in their extent: sideways, above, below
LIPS: Final = 0.85  # how far the red of the lips goes along
_FLOOR: Final = 0.012  # linear light, added before the logarithm: darkness has no colour
_LEAST: Final = (0.07, 0.07)  # spread of skin's colours (log ratios) that is always allowed
_DARKER: Final = 0.16  # how much darker than the face's darkest skin, in logarithms, counts one spread
_SHEEN: Final = 0.3  # how much of a paler colour counts in what is brighter than most skin
_ROUGH: Final = 0.05  # how much rougher than it, in standard deviations of logarithms, counts one spread
_NEAR, _AROUND = (3.5, 7.0), (1.8, 3.6)  # spreads up to which it is skin, and from which not
_GAP: Final = 5  # px of the small picture; what is that near hangs together
_EYES: Final = [33, 133, 362, 263]
_SURE: Final = ("left cheek", "right cheek", "nose")  # regions whose colour is that of skin
_EDGES: Final = ("forehead", "left brow", "right brow")  # regions where hair may lie
_NECK: Final = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)  # landmarks along the jaw
_GUIDE: Final = (0.035, 4e-3)  # of the filter: half its window, in widths of the face; the edges it keeps


def skin_region(face: Face) -> Field:
    """Return how much of every pixel is skin, float32 (H, W) in [0, 1], read-only.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    """
    return _KEPT.get(face_fingerprint(face), lambda: _skin(face))


def _skin(face: Face) -> Field:
    points = face.landmarks[:FIRST_IRIS].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    first = np.floor(low - extent * [ROOM[0], ROOM[1]]).astype(int).clip(0)
    last = np.ceil(high + extent * [ROOM[0], ROOM[2]]).astype(int).clip(0, face.size[::-1])
    cover = np.zeros(face.size, np.float32)
    if (last - first).min() < 2:
        return cover
    part = np.ascontiguousarray(face.image[first[1] : last[1], first[0] : last[0]])
    near = face.landmarks - first.astype(np.float32)
    cover[first[1] : last[1], first[0] : last[0]] = _region(face, part, near, float(extent[0]))
    return cover


def _region(face: Face, part: npt.NDArray[np.uint8], landmarks: Field, width: float) -> Field:
    scale = min(1.0, WIDE / width)
    rows, columns = (max(round(side * scale), 2) for side in part.shape[:2])
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    shrunk = landmarks * (np.array([columns, rows]) / part.shape[1::-1]).astype(np.float32)
    kinds = labels(face, shrunk, (rows, columns), ())
    sure = cv2.erode(_within(kinds, _SURE).astype(np.uint8), np.ones((3, 3)))
    if not sure.any():
        return np.zeros(part.shape[:2], np.float32)
    plain, rough = _unlikeness(small, sure.astype(bool), kinds != OUTSIDE)
    rough[round(float(shrunk[_EYES, 1].max())) :] *= np.float32(0.4)  # below the eyes lie ears and folds
    around = (kinds == OUTSIDE) | _within(kinds, _EDGES)
    likely = np.where(around, _fall(np.hypot(plain, rough), *_AROUND), _fall(plain, *_NEAR))
    likely *= _possible(shrunk, kinds)
    near = cv2.dilate(((likely > 0.5) | (sure > 0)).astype(np.uint8), np.ones((_GAP, _GAP)))
    _, pieces = cv2.connectedComponents(near, connectivity=4)
    likely *= np.isin(pieces, np.unique(pieces[sure > 0]))
    followed = guided(part, small, likely, max(round(_GUIDE[0] * width * scale), 1))
    return np.asarray(followed * _openings(landmarks, part.shape[:2], width))


def _within(kinds: npt.NDArray[np.uint8], names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(kinds, [REGIONS.index(name) for name in names])


def _possible(landmarks: Field, kinds: npt.NDArray[np.uint8]) -> Field:
    """Return where skin may be, soft: the face, a hand's breadth around it, and the neck below the jaw."""
    edge = landmarks[outline()].astype(np.float64)
    middle, extent = edge.mean(axis=0), np.ptp(edge, axis=0)
    grown = middle + (edge - middle) * [1.34, 1.12]
    grown[:, 1] -= np.where(edge[:, 1] < middle[1], 0.14, 0.0) * extent[1]
    jaw = landmarks[list(_NECK)].astype(np.float64)
    neck = np.concatenate([jaw, jaw[::-1] + np.array([0.0, 0.55 * extent[1]])])
    soft = 0.05 * float(extent[0])
    size = kinds.shape[:2]
    found = np.maximum(filled(grown, size, soft), filled(neck, size, soft))
    return np.where(kinds == OUTSIDE, np.minimum(1.6 * found, 1), 1).astype(np.float32)


def _unlikeness(
    image: npt.NDArray[np.uint8], sure: npt.NDArray[np.bool_], face: npt.NDArray[np.bool_]
) -> tuple[Field, Field]:
    """Return how many spreads each pixel is from skin: in colour (shading hardly counts), in texture."""
    light = np.log(light_of(image) + np.float32(_FLOOR))
    green = light[..., 1]
    total = np.zeros(green.shape, np.float32)
    shiny = np.quantile(green[sure], 0.6)  # sheen has the colour of the light: it is paler than skin
    for ratio, least in zip((light[..., 0] - green, green - light[..., 2]), _LEAST, strict=True):
        usual = np.median(ratio[sure])
        spread = max(1.4826 * float(np.median(np.abs(ratio[sure] - usual))), least)
        away = (ratio - usual) / spread
        total += np.where(face & (green > shiny) & (away * usual < 0), _SHEEN * away, away) ** 2
    dark, bright = np.quantile(green[sure], [0.05, 0.995])
    total += (np.maximum(dark - green, 0) / _DARKER) ** 2
    total += (np.maximum(green - bright - 0.1, 0) / _DARKER) ** 2
    grain = green - cv2.GaussianBlur(green, (0, 0), 1.5)
    grain = np.sqrt(cv2.GaussianBlur(grain * grain, (0, 0), 1.5))
    rough = np.maximum(grain - np.quantile(grain[sure], 0.85), 0) / np.float32(_ROUGH)
    rough *= np.where(face, _fall(green - np.float32(shiny), 0.1, 0.4), 1)
    return np.sqrt(total), np.asarray(rough)


def _fall(value: Field, low: float, high: float) -> Field:
    """Return 1 up to `low`, 0 from `high` on and a smooth step between."""
    t = np.clip((high - value) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def guided(image: npt.NDArray[np.uint8], small: npt.NDArray[np.uint8], field: Field, half: int) -> Field:
    """Return a field (h, w) of a small picture as one of the large one, with edges where that has them."""
    fine, guide = (
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
        for picture in (image, small)
    )
    window = (2 * half + 1, 2 * half + 1)
    mean, level = cv2.blur(guide, window), cv2.blur(field, window)
    slope = (cv2.blur(guide * field, window) - mean * level) / (
        cv2.blur(guide * guide, window) - mean * mean + np.float32(_GUIDE[1])
    )
    rest = level - slope * mean
    slope, rest = (
        cv2.resize(cv2.blur(picture, window), fine.shape[::-1], interpolation=cv2.INTER_LINEAR)
        for picture in (slope, rest)
    )
    return np.asarray(np.clip(slope * fine + rest, 0, 1), np.float32)


def _openings(landmarks: Field, size: tuple[int, int], width: float) -> Field:
    """Return 0 in the openings of eyes and mouth, less than 1 on the lips, and 1 elsewhere."""
    points = landmarks.astype(np.float64)
    left = np.ones(size, np.float32)
    left -= (1 - LIPS) * filled(points[list(LIP_CONTOUR)], size, 0.008 * width)
    for ring in (*EYE_RINGS, (*UPPER_RIM, *LOWER_RIM[::-1])):
        left *= 1 - np.minimum(2.0 * filled(points[list(ring)], size, 0.004 * width), 1)
    return left
