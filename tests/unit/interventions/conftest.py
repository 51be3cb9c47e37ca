"""What all changes of photographs have in common."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from facelib.editing.warp import RING, outline
from facelib.faces import Face


@pytest.fixture(scope="session")
def only_near_the_face() -> Callable[[Face, Face], None]:
    """Assert that a change shows near the face only, and that the box stays."""

    def compare(face: Face, changed: Face) -> None:
        corners = face.landmarks[outline()].astype(np.float64)
        centre = corners.mean(axis=0)
        ring = np.rint(centre + (1.1 + RING) * (corners - centre)).astype(np.int32)
        near = cv2.fillPoly(np.zeros(face.size, np.uint8), [ring], 1).astype(bool)
        assert (changed.image[~near] == face.image[~near]).all()
        assert (changed.image[near] != face.image[near]).any()
        assert (changed.box == face.box).all()
        assert changed.source == "edited"

    return compare
