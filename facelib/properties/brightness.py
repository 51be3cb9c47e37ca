"""Brightness of the face."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facelib.faces import Face
from facelib.properties.box import grey
from facelib.properties.property import Values, register


@register(
    "brightness",
    title="Brightness",
    unit="",
    source="measured",
    description="Mean grey level in the face box: 0 black, 1 white.",
    low=0.0,
    high=1.0,
)
def brightness(faces: Sequence[Face]) -> Values:
    """Return the mean grey level in each face box, (n,), in [0, 1]."""
    levels = [grey(face) for face in faces]
    return np.array([np.nan if level is None else cv2.mean(level)[0] / 255 for level in levels])
