"""Contrast of the face."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facelib.faces import Face
from facelib.properties.box import grey
from facelib.properties.property import Values, register


@register(
    "contrast",
    title="Contrast",
    unit="",
    source="measured",
    description="Standard deviation of the grey levels in the face box (RMS contrast): 0 uniform, 0.5 most.",
    low=0.0,
    high=0.5,
)
def contrast(faces: Sequence[Face]) -> Values:
    """Return the RMS contrast in each face box, (n,), in [0, 0.5] (Peli 1990, J. Opt. Soc. Am. A 7)."""
    levels = [grey(face) for face in faces]
    return np.array([np.nan if level is None else cv2.meanStdDev(level)[1].item() / 255 for level in levels])
