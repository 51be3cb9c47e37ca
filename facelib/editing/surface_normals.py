"""Surface normals, pose and light of a face in a photograph, from its landmarks.

The base head says how the skin lies at each landmark. Axes are the camera's: x to the right in the picture,
y up, z to the camera; for a frontal head they are the head's own. Perspective is left out.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import LUMINANCE, light_of, luminance
from facelib.editing.regions import REGIONS, net
from facelib.face import N_LANDMARKS, Face
from facelib.head.geometry.landmarks import EYE_CORNERS, FIRST_IRIS, table

Doubles = npt.NDArray[np.float64]

SKIN: Final = ("forehead", "left cheek", "right cheek", "nose", "chin")
"""Regions of bare skin."""
_NEAR: Final = 12  # landmarks around one that say how the skin lies there
_FACING: Final = 0.2  # skin whose normal points less to the camera says nothing about the light
_ROUNDS: Final = 4  # of a robust fit
_SHADE: Final = 0.25  # the darkest skin that the fit is valid for, in means
_LIGHTEST: Final = 0.55  # light that the lightest skin gives back; a white thing gives back all
_WHITER: Final = 1.5  # times the light of the whites of the eyes to the power of 0.8
EYE_RINGS: Final = (
    (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
)  # fmt: skip
"""Landmarks around the opening of the person's left eye, and of the right one."""


class Stance(NamedTuple):
    """Position and rotation of a head before the camera.

    Attributes
    ----------
    scale
        px per dm of the base head.
    rotation
        (3, 3), from the head's axes to the camera's.
    """

    scale: float
    rotation: Doubles


class Lamp(NamedTuple):
    """Light on a face: a distant lamp, and light from all sides.

    Attributes
    ----------
    white
        (3,) linear light of a white thing among the skin.
    usual
        Luminance of the skin, its median.
    ambient, toward
        Luminance of skin with a normal n is ``usual · max(ambient + toward @ n, .25)``; (3,) and a number.
    """

    white: Doubles
    usual: float
    ambient: float
    toward: Doubles

    def on(self, normals: Doubles) -> Doubles:
        """Return the light on skin with normals (…, 3), about 1 on average."""
        return np.asarray(np.maximum(self.ambient + normals @ self.toward, _SHADE))


def stance(landmarks: npt.NDArray[np.floating]) -> Stance:
    """Return how a head stands whose landmarks (478, 2), px, are known.

    >>> from facelib.head.geometry.landmarks import table
    >>> found = stance(table()[:, :2] * [100, -100])
    >>> round(found.scale), np.allclose(found.rotation, np.eye(3))
    (100, True)
    """
    places = _places()
    points = np.asarray(landmarks, np.float64)[:FIRST_IRIS] * [1, -1]
    plane = np.linalg.lstsq(places, points - points.mean(axis=0), rcond=None)[0].T
    left, sizes, right = np.linalg.svd(plane, full_matrices=False)
    across, up = left @ right
    return Stance(float(sizes.mean()), np.stack([across, up, np.cross(across, up)]))


@cache
def _places() -> Doubles:
    places = table()[:FIRST_IRIS]
    return np.asarray(places - places.mean(axis=0))


@cache
def normals() -> Doubles:
    """Return the directions (478, 3) out of the skin at the landmarks of the base head."""
    places = table()
    inside = places.mean(axis=0) - [0, 0, 0.5]
    rows = []
    for place in places:
        nearest = np.argsort(((places - place) ** 2).sum(axis=1), kind="stable")[:_NEAR]
        normal = np.linalg.svd(places[nearest] - places[nearest].mean(axis=0))[2][2]
        rows.append(normal * np.sign(normal @ (place - inside)))
    directions = np.array(rows)
    directions.setflags(write=False)
    return directions


@cache
def skin_points() -> npt.NDArray[np.int64]:
    """Return the landmarks (k,) that have nothing but skin around them."""
    triangles, regions = net()
    bare = np.isin(regions, [REGIONS.index(name) for name in SKIN])
    other = np.isin(np.arange(N_LANDMARKS), triangles[~bare])
    return np.setdiff1d(np.unique(triangles[bare]), np.flatnonzero(other))


def lamp(face: Face, stands: Stance) -> Lamp:
    """Return how light falls on a face whose landmarks are known.

    Its directions follow from the shading of the skin, by robust least squares. How bright and of which
    colour it is, from the whites of the eyes: on 16 rendered heads of all skin tones, under lights of .4 to
    1.4, the light of white electrodes is right to a factor of 1.3 (one standard deviation); a constant would
    leave 1.4. Where eyes are hardly seen, behind dark lenses or lashes, the skin says how bright it is at
    least.
    """
    height, width = face.size
    on_skin = skin_points()
    points = face.landmarks[on_skin].astype(np.float64)
    facing = normals()[on_skin] @ stands.rotation.T
    seen = (facing[:, 2] > _FACING) & (points >= 0).all(axis=1) & (points < [width, height]).all(axis=1)
    columns, rows = points[seen].astype(int).T
    half = max(round(0.02 * np.ptp(face.landmarks[:FIRST_IRIS, 0])), 1)
    level = cv2.blur(luminance(face.image), (2 * half + 1, 2 * half + 1))[rows, columns].astype(np.float64)
    usual = float(np.median(level)) if level.size else 0.0
    if usual <= 0:
        return Lamp(_white(face), 1e-3, 1.0, np.zeros(3))
    terms = np.column_stack([np.ones(len(level)), facing[seen]])
    weight = np.ones(len(level))
    for _ in range(_ROUNDS):
        held = terms.T * weight
        fit = np.linalg.solve(held @ terms + 0.5 * np.diag([0, 1, 1, 1]), held @ (level / usual))
        misfit = np.abs(level / usual - terms @ fit)
        limit = max(1.5 * 1.4826 * float(np.median(misfit)), 1e-9)
        weight = np.minimum(1.0, limit / np.maximum(misfit, 1e-9))
    white = _white(face)
    least = min(usual / _LIGHTEST, 1.0)
    gain = max(least / float(white @ LUMINANCE), 1.0)
    return Lamp(white * gain, usual, float(fit[0]), fit[1:])


def _white(face: Face) -> Doubles:
    """Return the linear light of a white thing: the whites of the eyes lie in shade, and aren't white."""
    opening = np.zeros(face.size, np.uint8)
    for ring in EYE_RINGS:
        cv2.fillPoly(opening, [np.rint(face.landmarks[list(ring)] * 16 - 8).astype(np.int32)], 1, shift=4)
    shown = light_of(face.image[opening.astype(bool)])
    if len(shown) < len(EYE_CORNERS):
        return np.ones(3)
    level = shown @ np.array(LUMINANCE, np.float32)
    bright = shown[level >= np.quantile(level, 0.9)].mean(axis=0).astype(np.float64) + 1e-3
    tint = np.sqrt(bright / (bright @ LUMINANCE))
    return np.asarray(tint * np.clip(_WHITER * np.quantile(level, 0.9) ** 0.8, 0.08, 0.85))
