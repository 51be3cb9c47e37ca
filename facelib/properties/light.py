"""Direction of the light on a face, from the shading of its skin."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.head.geometry.landmarks import table
from facelib.properties.pose import rotation
from facelib.properties.property import Values, register
from facelib.properties.skin_tone import LINEAR, XYZ

Floats = npt.NDArray[np.float64]

SKIN: Final = (
    151, 9, 8, 108, 337, 69, 299, 104, 333, 68, 298,
    50, 101, 118, 117, 119, 100, 36, 205, 187, 123, 116, 111, 207, 206, 203, 142, 126, 192, 214, 147, 213,
    138, 135, 169, 170,
    280, 330, 347, 346, 348, 329, 266, 425, 411, 352, 345, 340, 427, 426, 423, 371, 355, 416, 434, 376, 433,
    367, 364, 394, 395,
    168, 6, 197, 195, 5, 4, 3, 248, 51, 281, 45, 275, 198, 420, 131, 360, 134, 363,
    199, 200, 175, 18, 83, 313, 208, 428, 201, 421,
)  # fmt: skip
"""Landmarks on bare skin: forehead, right cheek, left cheek, nose, chin."""
CORNERS: Final = (263, 33)  # outer corners of the eyes
PATCH: Final = 0.05  # of their distance: half of a patch around each landmark, whose mean counts
AWAY: Final = 0.15  # skin whose normal points to the camera by less than this is left out
FEWEST: Final = 20  # points of skin
ROUNDS: Final = 4  # of a robust fit
NEARLY: Final = (0.001, 0.05)  # directions that are worse by this, and this share of the least misfit, count
_NEAR: Final = 9  # landmarks around one that say how the skin lies there, and those that are as near


@functools.cache
def _normals() -> Floats:
    """Return the normals of the average head's skin at `SKIN`, (k, 3), in the head's axes."""
    places = table()
    inside = places.mean(axis=0) - [0, 0, 0.5]
    rows = []
    for place in places[list(SKIN)]:
        away = ((places - place) ** 2).sum(axis=1)
        # On the midline landmarks come in pairs: which of two is the ninth would be the processor's choice.
        near = places[away <= np.partition(away, _NEAR - 1)[_NEAR - 1] * (1 + 1e-9)]
        normal = np.linalg.svd(near - near.mean(axis=0))[2][2]
        rows.append(normal * np.sign(normal @ (place - inside)))
    return np.array(rows)


def shading(face: Face) -> tuple[Floats, Floats] | None:
    """Return normals (k, 3) of visible skin, in the camera's axes, and its linear light (k,), in [0, 1].

    None without landmarks, or if too little skin is in the picture.
    """
    matrix = rotation(face)
    points = face.landmarks[list(SKIN)].astype(np.float64)
    corners = face.landmarks[list(CORNERS)].astype(np.float64)
    if matrix is None or not (np.isfinite(points).all() and np.isfinite(corners).all()):
        return None
    height, width = face.size
    half = min(round(PATCH * float(np.hypot(*(corners[0] - corners[1])))), width, height)
    normals = _normals() @ matrix.T
    seen = (normals[:, 2] > AWAY) & (points >= 0).all(axis=1) & (points < [width, height]).all(axis=1)
    if np.count_nonzero(seen) < FEWEST:
        return None
    columns, rows = points[seen].astype(int).T
    top, left = max(rows.min() - half, 0), max(columns.min() - half, 0)
    part = face.image[top : rows.max() + half + 1, left : columns.max() + half + 1]
    smooth = cv2.blur(part, (2 * half + 1, 2 * half + 1))
    return normals[seen], LINEAR[smooth[rows - top, columns - left]] @ XYZ[1]


def lamp(normals: Floats, level: Floats) -> tuple[float, float]:
    """Return azimuth and elevation, degrees, of the lamp that explains the light on skin best.

    The model is L = ambient + lamp · max(0, n · l): light from all sides, which may be any, and one distant
    lamp in the direction l, which skin that faces away doesn't see (Lambert's cosine law with attached
    shadows). For each l of a grid both parts follow by least squares, neither below 0; highlights, beards
    and electrodes hardly count (Huber's weights). The directions that explain it nearly as well as the best
    are averaged: evenly lit skin has no direction, and comes out as lit from the camera.

    Parameters
    ----------
    normals
        (k, 3), in the camera's axes.
    level
        (k,), linear light.
    """
    ways = _directions()
    lit = np.maximum(normals @ ways.T, 0.0)
    square, level = lit * lit, level / level.mean()
    weight = np.ones(len(level))
    for _ in range(ROUNDS):
        total, weighted = weight.sum(), weight * level
        mean, seen, share = weighted.sum() / total, weight @ lit / total, weight @ square / total
        both, power = weighted @ lit / total, weighted @ level / total
        strength = np.maximum(both - mean * seen, 0.0) / np.maximum(share - seen * seen, 1e-12)
        alone = mean - strength * seen < 0  # the lamp explains more than there is: there is nothing else
        strength[alone] = (both / np.maximum(share, 1e-12))[alone]
        ambient = np.where(alone, 0.0, mean - strength * seen)
        loss = power - 2 * ambient * mean - 2 * strength * both
        loss += ambient**2 + 2 * ambient * strength * seen + strength**2 * share
        best = int(loss.argmin())
        misfit = abs(level - ambient[best] - strength[best] * lit[:, best])
        usual = max(1.5 * 1.4826 * float(np.median(misfit)), 1e-9)
        weight = np.minimum(1.0, usual / np.maximum(misfit, 1e-9))
    nearly = NEARLY[0] + NEARLY[1] * max(float(loss[best]), 0.0)
    across, up, front = np.exp((loss[best] - loss) / nearly) @ ways
    return float(np.degrees(np.arctan2(across, front))), float(
        np.degrees(np.arctan2(up, np.hypot(across, front)))
    )


@functools.cache
def _directions() -> Floats:
    """Return the directions (d, 3) in front of the face that are tried for the lamp, in the camera's axes."""
    azimuth, elevation = np.radians(np.meshgrid(np.linspace(-90, 90, 25), np.linspace(-80, 80, 17)))
    across, front = np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation)
    return np.stack([across, np.sin(elevation), front], axis=-1).reshape(-1, 3)


def _light(face: Face) -> tuple[float, float, float]:
    found = shading(face)
    if found is None or not found[1].any():  # without light it has no direction
        return np.nan, np.nan, np.nan
    dark, bright = np.percentile(found[1], [5, 95])
    contrast = (bright - dark) / (bright + dark) if bright > 0 else np.nan
    return *lamp(*found), float(contrast)


_HOW: Final = (
    "from the shading of bare skin: the direction of the one lamp that, with even light from all sides, "
    "explains it best; 0 is the camera's"
)


@register(
    "light_contrast",
    title="Contrast of the light",
    unit="",
    source="measured",
    description=(
        "Brightest minus darkest bare skin over their sum, in linear light (5th and 95th percentile): 0 "
        "evenly lit … 1 half of the face in the dark."
    ),
    low=0.0,
    high=1.0,
    column=2,
)
@register(
    "light_elevation",
    title="Light from above",
    unit="°",
    source="measured",
    description=f"Height that the light comes from, negative: from below, {_HOW}.",
    low=-60.0,
    high=80.0,
    column=1,
)
@register(
    "light_azimuth",
    title="Light from the side",
    unit="°",
    source="measured",
    description=f"Side that the light comes from, positive: the person's left, {_HOW}.",
    low=-90.0,
    high=90.0,
    column=0,
)
def light(faces: Sequence[Face]) -> Values:
    """Return azimuth and elevation of the light, degrees, and its contrast, (n, 3); NaN without landmarks.

    For the method see `lamp`. Light that is reflected, or comes from a sky, counts as the lamp's
    where it comes from one side: heights come out higher in the open, by some 15° in our studio.
    """
    return np.array([_light(face) for face in faces], np.float64).reshape(-1, 3)
