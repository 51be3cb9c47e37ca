"""Brightness, contrast and sharpness of the picture, in the face box."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.properties.property import Values, register

SMALLEST = 8  # px; a box with less of it inside the picture is too small
SIDE = 96  # px; for sharpness the box is brought to this size, so that larger pictures don't count as blurred


def window(face: Face) -> tuple[slice, slice] | None:
    """Return the rows and columns of the face box that lie in the picture; None if there are too few."""
    if not np.isfinite(face.box).all():
        return None
    height, width = face.size
    x1, y1, x2, y2 = (round(float(value)) for value in face.box)
    rows, columns = slice(max(y1, 0), min(y2, height)), slice(max(x1, 0), min(x2, width))
    if min(rows.stop - rows.start, columns.stop - columns.start) < SMALLEST:
        return None
    return rows, columns


def grey(face: Face) -> npt.NDArray[np.uint8] | None:
    """Return the grey levels in the face box, uint8 (h, w), as classifiers see them (luma, ITU-R BT.601)."""
    inside = window(face)
    if inside is None:
        return None
    levels: npt.NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(face.image[inside]), cv2.COLOR_RGB2GRAY)
    return levels


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
        level.astype(np.float32),
        (SIDE, SIDE),
        interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR,
    )
    spread = cv2.meanStdDev(small)[1].item()
    detail = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REFLECT_101))[1]
    return float(detail.item() / spread) if spread > 0 else np.nan
