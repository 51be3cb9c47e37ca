"""Displacement of the landmarks by a change of expression, without drawing a picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from facelib.faces import Head

PLACES = 224.0  # px; the unit cancels where displacements are compared


def landmarks(head: Head, size: float = PLACES) -> npt.NDArray[np.float64]:
    """Return the landmarks (478, 2) of a head, px, as its picture of `size` px has them."""
    from facelib.head.geometry import camera
    from facelib.head.geometry.arrays import load
    from facelib.head.geometry.landmarks import place
    from facelib.head.rendering.render import pose

    geometry = load()
    _, view, _ = pose(head)
    screen = camera.project(view.positions, size)[:, :2] + np.float32(size / 2)
    return place(screen, geometry.landmark_vertices, geometry.landmark_weights).astype(np.float64)


def displacement(before: Head, after: Head) -> float:
    """Return the mean distance, over the 478 landmarks, by which they move: px of a picture of 224 px."""
    return float(np.hypot(*(landmarks(after) - _resting(before)).T).mean())


@lru_cache(maxsize=64)
def _resting(head: Head) -> npt.NDArray[np.float64]:
    return landmarks(head)
