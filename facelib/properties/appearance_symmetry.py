"""Facial symmetry, from the picture: the face against its own mirror image."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.properties.estimation.similarity import eyes_of, warp
from facelib.properties.property import Values, register
from facelib.properties.symmetry import mirrored

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.float32]

# Lengths in eye distances, all our choice.
HALF_WIDTH, HALF_HEIGHT = 0.95, 1.05  # of the oval that is compared: brows to chin, without hair and ears
BELOW: Final = 0.55  # the middle of the oval lies below the eyes
GAP: Final = 32  # px of an eye distance in the picture that is compared
FINEST: Final = 1.0  # px; finer detail is smoothed away, it depends on the size of the picture
COARSEST: Final = 0.3  # coarser differences are taken out: mostly the light makes them
STEADY: Final = 0.5  # share of the usual contrast that is added to the local one: plain skin isn't blown up
REACH: Final = 4  # px; the mirror image may shift by this much either way, the axis by half of it
WIDTH, HEIGHT = 80, 80  # px of the picture that is compared
MIDDLE: Final = (WIDTH / 2, HEIGHT / 2)  # px: the middle of the oval


@functools.cache
def _oval() -> npt.NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    x, y = (columns - MIDDLE[0]) / GAP, (rows - MIDDLE[1]) / GAP
    inside: npt.NDArray[np.bool_] = (x / HALF_WIDTH) ** 2 + (y / HALF_HEIGHT) ** 2 <= 1
    return inside


def upright(face: Face) -> Floats | None:
    """Return the map (2, 3) that brings the axis of symmetry upright into the middle of the picture.

    The axis is that of the landmarks that lie nearest to their own mirror image; without landmarks, the one
    halfway between the eyes. None if neither is known.
    """
    eyes = eyes_of(face)
    if eyes is None:
        return None
    left, right = eyes @ [1, 1j]
    across, middle, axis = left - right, (left + right) / 2, (left + right) / 2
    gap = abs(across)
    pair = mirrored(face.landmarks)
    if pair is not None:
        points, images = pair
        turn = np.vdot(images - images.mean(), points - points.mean())
        if abs(turn) > 0:
            line = np.sqrt(turn / abs(turn))  # a mirror image turned by 2φ is mirrored at a line turned by φ
            across = line if (line.conjugate() * across).real > 0 else -line
            axis = points.mean()
    across /= abs(across)
    along = across * 1j
    eye_level = axis + ((middle - axis) * along.conjugate()).real * along
    scale = GAP / gap * across.conjugate()
    turned = np.array([[scale.real, -scale.imag], [scale.imag, scale.real]])
    start = np.array([eye_level.real, eye_level.imag])
    return np.column_stack([turned, np.array(MIDDLE) - [0, BELOW * GAP] - turned @ start])


def evened(levels: Levels) -> Levels:
    """Return grey levels with the light taken out: over the local contrast, from the local mean, (h, w)."""
    fine = cv2.GaussianBlur(levels, (0, 0), FINEST)
    coarse = COARSEST * GAP
    detail = fine - cv2.GaussianBlur(fine, (0, 0), coarse)
    contrast = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), coarse))
    usual = float(detail[_oval()].std())
    return np.asarray(detail / np.maximum(contrast + STEADY * usual, 1e-6), np.float32)


def likeness(levels: Levels) -> float:
    """Return the correlation of an upright face with its best mirror image, -1 … 1; NaN if it is uniform."""
    oval = _oval()
    picture = evened(levels)
    wide = cv2.copyMakeBorder(picture[:, ::-1], 0, 0, REACH, REACH, cv2.BORDER_REPLICATE)
    left = picture[oval] - picture[oval].mean()
    best = np.nan
    for shift in range(2 * REACH + 1):
        image = wide[:, shift : shift + WIDTH][oval]
        image = image - image.mean()
        size = float(np.sqrt((left @ left) * (image @ image)))
        if size > 0:
            best = np.fmax(best, float(left @ image) / size)
    return float(best)


@register(
    "appearance_symmetry",
    title="Facial symmetry, by appearance",
    unit="",
    source="measured",
    description=(
        "Correlation of the face with its own mirror image, from brows to chin, in grey levels with the "
        "light evened out: 1 for a face that equals its mirror image. Shift, size, tilt, brightness and "
        "contrast of the picture don't count; light from the side does in part, a head turned to the side in "
        "full."
    ),
    low=0.0,
    high=1.0,
)
def appearance_symmetry(faces: Sequence[Face]) -> Values:
    """Return scores in [0, 1], (n,); NaN where neither eyes nor box are known, or the face is uniform.

    The face is turned upright about its axis of symmetry. Of its grey levels the local mean is subtracted,
    and what remains is divided by the local contrast; the score is the correlation with the mirror image,
    which may shift a little, and 0 where that is negative.
    """
    return np.array([_score(face) for face in faces], np.float64)


def _score(face: Face) -> float:
    way = upright(face)
    if way is None:
        return np.nan
    levels = cv2.cvtColor(warp(face.image, way, WIDTH, HEIGHT), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.maximum(likeness(levels), 0.0)) if np.ptp(levels[_oval()]) > 0 else np.nan
