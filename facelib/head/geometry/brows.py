"""Eyebrows, drawn hair by hair in the frontal plane."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import Floats

Array = npt.NDArray[Any]

BROW_SCALE, BROW_TOP = 0.0008, 7.7  # dm per pixel of the picture, height of its upper edge


def brow_line(t: Array) -> tuple[Array, Array]:
    """Return x and y of the middle of the eyebrow, t from 0 at the nose to 1 at the temple."""
    # an arch that rises from the nose to its peak and falls toward the temple; dm, by eye
    x = 0.115 + 0.425 * t
    y = (
        7.452
        + 0.115 * np.sin(np.clip(t, 0, 1) ** 0.95 * 2.25) * (0.55 + 0.1 * t)
        - 0.035 * np.clip(t - 0.68, 0, 1)
    )
    return x, y


def brow_strokes(half: float, hairs: int, seed: int) -> Floats:
    """Draw the hairs of one eyebrow in the frontal plane."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((600, 1000), np.float32)
    t = rng.beta(1.15, 1.25, hairs * 3)
    side = rng.normal(0, 0.5, len(t)).clip(-1, 1)
    for ti, si in zip(t, side, strict=True):
        x, y = brow_line(np.array(ti))
        x1, y1 = brow_line(np.array(ti + 0.05))
        along = np.arctan2(float(y1 - y), float(x1 - x))
        # thick at the nose, thin at the temple
        spread = half * (1.1 - 0.75 * ti) * min(1.0, 0.6 + 3 * ti)
        # hairs stand up at the nose, lie along the brow further out, and lean down at its upper edge
        lift = (1.15 - 1.25 * min(ti * 1.6, 1.0)) * (1 if si < 0.2 else 0.4) - 0.55 * max(si, 0) * min(
            ti * 3, 1
        )
        turn = along + lift + rng.normal(0, 0.12)
        length = (0.042 + 0.028 * rng.random()) * (1.05 - 0.35 * ti)
        start = np.array([float(x), float(y) + si * spread])
        steps = np.linspace(0, 1, 6)
        bend = turn - 0.35 * steps * np.sign(lift + 1e-9)
        points = start + np.cumsum(np.stack([np.cos(bend), np.sin(bend)], axis=1) * length / 6, axis=0)
        pixels = np.stack([points[:, 0] / BROW_SCALE, (BROW_TOP - points[:, 1]) / BROW_SCALE], axis=1)
        corner = np.floor(pixels.min(axis=0)).astype(int) - 4
        width, height = np.ceil(pixels.max(axis=0)).astype(int) + 5 - corner
        layer = np.zeros((height, width), np.float32)
        shifted = np.round((pixels - corner) * 16).astype(np.int32)
        cv2.polylines(layer, [shifted], False, 1.0, 3, cv2.LINE_AA, 4)
        spot = picture[corner[1] : corner[1] + height, corner[0] : corner[0] + width]
        spot[:] = 1 - (1 - spot) * (1 - 0.5 * np.minimum(layer, 1))
    soft = cv2.GaussianBlur(picture, (0, 0), 9)
    inner = np.interp(np.arange(1000) * BROW_SCALE, [0.095, 0.19], [0.12, 1.0])  # sparser toward the nose
    return np.asarray(np.clip(0.62 * picture + 0.5 * soft, 0, 0.92) * inner, np.float32)
