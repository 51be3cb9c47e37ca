"""Landmarks as if the face looked straight into the lens, on its own midline."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.head.geometry.landmarks import EYE_CORNERS, table
from facelib.properties.mirror_pairs import PARTNER
from facelib.properties.pose import STILL, angles, rotation
from facelib.utilities.checks import as_flag

Floats = npt.NDArray[np.float64]

STABLE: Final = (33, 133, 362, 263, 168, 6)
"""Corners of the eyes and bridge of the nose: they carry the midline, and smiles are laid over rests by them.

Of the landmarks that no expression moves these are the ones that the landmark network leaves in place, too;
it takes the outline, the tip of the nose and the chin along with a mouth that is drawn to one side.
"""
FARTHEST: Final = 30.0  # degrees of yaw or pitch; beyond, nothing is measured (our choice)


@dataclass(frozen=True)
class Frontal:
    """Landmarks without pose, in eye distances (between the middles of the corners of either eye).

    Parameters
    ----------
    places
        (478, 2): to the person's left of the midline, and up from the line of the eyes. NaN where unknown.
    yaw, pitch
        How the head was turned, degrees.
    """

    places: Floats
    yaw: float
    pitch: float


def frontal(face: Face) -> Frontal | str:
    """Return a face's landmarks without pose, or the reason why there are none, in words.

    Every landmark is turned back as deep as it lies on the average head. A face whose attribute "mirrored" is
    true is taken for a mirrored picture, such as of a selfie camera.
    """
    said = face.attributes.get("mirrored")
    mirrored = as_flag(said)
    if mirrored is None:
        return f"mirrored is true or false; got {f'{said!r}':.40}"
    if mirrored:
        face = face.replace(landmarks=face.landmarks[PARTNER] * np.array([-1, 1], np.float32))
    if not np.isfinite(face.landmarks).any():
        return "the landmarks aren't known"
    turn = rotation(face)
    if turn is None or not np.isfinite(turn).all():
        return "the landmarks that tell the pose aren't known"
    yaw, pitch, _ = angles(turn)
    if max(abs(yaw), abs(pitch)) > FARTHEST:
        return f"the head is turned by {yaw:.0f}° and {pitch:.0f}° (yaw, pitch); {FARTHEST:.0f}° are allowed"
    known = np.where(np.isfinite(face.landmarks), face.landmarks, np.nan).astype(np.float64)
    places = on_midline(_turned_back(known * (1, -1), turn))
    return "the landmarks are no face" if places is None else Frontal(places, yaw, pitch)


def aligned(places: Floats, onto: Floats) -> Floats:
    """Return places (478, 2) shifted, turned and scaled until their `STABLE` landmarks lie over others'."""
    moving, still = (points @ np.array([1, 1j]) for points in (places, onto))
    own, other = moving[list(STABLE)], still[list(STABLE)]
    off = own - own.mean()
    turn = np.vdot(off, other - other.mean()) / np.vdot(off, off).real
    moved = (moving - own.mean()) * turn + other.mean()
    return np.stack([moved.real, moved.imag], axis=1)


def _turned_back(points: Floats, turn: Floats) -> Floats:
    """Return points (478, 2), y up, of a turned head, as seen from the front; in dm of the average head."""
    head, still = _average(), list(STILL)
    seen = head[still] @ turn[:2].T
    seen -= (middle := seen.mean(axis=0))
    off = points[still] - points[still].mean(axis=0)
    scale = float((off * seen).sum() / (seen**2).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        across = (points - points[still].mean(axis=0)) / scale + middle - head[:, 2:] * turn[:2, 2]
    back: Floats = across @ np.linalg.inv(turn[:2, :2]).T
    return back


@functools.cache
def _average() -> Floats:
    places = table()
    average: Floats = places - places[list(sum(EYE_CORNERS, ()))].mean(axis=0)
    return average


def on_midline(points: Floats) -> Floats | None:
    """Return points (478, 2) in eye distances from the midline and the line of the eyes."""
    places, stable = points @ np.array([1, 1j]), list(STABLE)
    own, partner = places[stable], places[PARTNER[stable]].conj()
    turn = np.vdot(partner - partner.mean(), own - own.mean())
    left_eye, right_eye = (places[list(pair)].mean() for pair in EYE_CORNERS)
    size = abs(left_eye - right_eye)
    if not (np.isfinite(turn) and abs(turn) > 0 and size > 0):
        return None
    left = np.sqrt(-turn / abs(turn))  # mirrored at a line: z becomes −n² z̄, with n across the line
    if ((left_eye - right_eye) * left.conjugate()).real < 0:
        left = -left
    middle = (own.mean() + left**2 * partner.mean()) / 2
    height = ((left_eye + right_eye) / 2 - middle) * left.conjugate()
    found = (places - middle) * left.conjugate() - 1j * height.imag
    midway: Floats = np.stack([found.real, found.imag], axis=1) / size
    return midway
