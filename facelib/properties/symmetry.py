"""Facial symmetry, from landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.properties.mirror_pairs import LEFT, MIDLINE, RIGHT
from facelib.properties.property import Values, register

STEEPNESS = 20.0
LEAST_PAIRS = 5
FOUND = 0.63  # of a true misfit, by landmarks from pictures: data.table("clinical_error")

FIRST_IRIS = 468  # the gaze is no part of the symmetry

_PAIRS = [pair for pair in zip(RIGHT, LEFT, strict=True) if max(pair) < FIRST_IRIS]
_ONE_SIDE, _OTHER_SIDE = np.array(_PAIRS).T
_OWN = np.concatenate([_ONE_SIDE, _OTHER_SIDE, MIDLINE])
_PARTNER = np.concatenate([_OTHER_SIDE, _ONE_SIDE, MIDLINE])


def mirrored(
    landmarks: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]] | None:
    """Return the known landmarks and those of the mirror image (x flipped), both x + iy, (k,) px.

    Pairs with an unknown partner are left out, and so are the irises; None with fewer than 5 known pairs.
    """
    points = np.ascontiguousarray(landmarks, np.float64).view(np.complex128)[:, 0]
    known = np.isfinite(points[_OWN]) & np.isfinite(points[_PARTNER])
    if np.count_nonzero(known[: len(_PAIRS)]) < LEAST_PAIRS:
        return None
    return points[_OWN[known]], -points[_PARTNER[known]].conj()


def mirror_misfit(landmarks: npt.NDArray[np.float32], eyes: npt.NDArray[np.float64]) -> float:
    """Return how far landmarks lie from the symmetric average of the face and its mirror image.

    The mirror image (x flipped, left and right swapped) is laid over the face by the shift and turn that fit
    best in the least-squares sense; half of the remaining distance is a point's distance from the average of
    both.

    Parameters
    ----------
    landmarks
        (478, 2) px; NaN where unknown. Pairs with an unknown partner are left out, and so are the irises.
    eyes
        (2, 2) px.

    Returns
    -------
    float
        Root mean square distance in eye distances, 0 for exact symmetry; NaN with fewer than 5 known pairs.
    """
    pair = mirrored(landmarks)
    if pair is None:
        return float("nan")
    face, image = (points - points.mean() for points in pair)
    turn = np.vdot(image, face)
    size = float(np.hypot(*(eyes[0] - eyes[1])))
    if abs(turn) == 0 or size == 0:
        return float("nan")
    residual = face - image * turn / abs(turn)
    return float(np.sqrt(np.mean(np.abs(residual) ** 2)) / 2 / size)


@register(
    "symmetry",
    title="Facial symmetry",
    unit="",
    source="measured",
    description=(
        "1 if the landmarks equal their mirror image; divided by e for a misfit of 5 % of the eye distance. "
        "Shift, size and tilt in the picture don't count; turning the head to the side does. Landmarks of "
        "photographs are found by a network, to about 2 % of the face's width; unknown without them. It "
        f"draws one-sided faces toward symmetry: of rendered palsies it finds {100 * FOUND:.0f} % of the "
        "misfit."
    ),
    low=0.0,
    high=1.0,
    cost="free",
)
def symmetry(faces: Sequence[Face]) -> Values:
    """Return scores in [0, 1], (n,): exp(-20 × mirror misfit); NaN where too few landmarks are known."""
    misfits = [mirror_misfit(face.landmarks, face.eyes) for face in faces]
    return np.exp(-STEEPNESS * np.array(misfits, np.float64))
