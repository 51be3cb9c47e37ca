"""Sharpness of the face."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from facelib.faces import Face
from facelib.properties.box import grey
from facelib.properties.property import Values, register

SIDE = 96  # px; the box is brought to this size, so that larger pictures don't count as blurred


@register(
    "sharpness",
    title="Sharpness",
    unit="",
    source="measured",
    description=(
        "How much of the contrast lies in fine detail: spread of the Laplacian over spread of the grey "
        f"levels in the face box at {SIDE} × {SIDE} px. Falls with blur, rises with noise; brightness and "
        "contrast don't count."
    ),
    low=0.0,
    high=1.0,
)
def sharpness(faces: Sequence[Face]) -> Values:
    """Return the share of fine detail in each face box, (n,), at least 0; NaN for a uniform one.

    The variance of the Laplacian is the usual measure of focus (Pech-Pacheco et al. 2000, ICPR); divided by
    the variance of the grey levels it no longer depends on the contrast.
    """
    return np.array([_sharpness(face) for face in faces], np.float64)


def _sharpness(face: Face) -> float:
    level = grey(face)
    if level is None:
        return np.nan
    larger = min(level.shape) > SIDE
    small = cv2.resize(
        level.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    )
    spread = cv2.meanStdDev(small)[1].item()
    detail = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REFLECT_101))[1]
    return float(detail.item() / spread) if spread > 0 else np.nan
