"""Glasses that the head wears, where it came with the face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "glasses",
    title="Glasses",
    unit="",
    source="given",
    description="Weight of the frame, as the head was set: 0 no glasses, 0.2 a thin wire … 1 heavy.",
    low=0.0,
    high=1.0,
    cost="free",
)
def glasses(faces: Sequence[Face]) -> Values:
    """Return the given weights, (n,), in [0, 1]."""
    return given(faces, "glasses")


@register(
    "lens_tint",
    title="Tint of the lenses",
    unit="",
    source="given",
    description="How dark the lenses are, as the head was set: 0 clear … 1 dark; unknown without glasses.",
    low=0.0,
    high=1.0,
    cost="free",
)
def lens_tint(faces: Sequence[Face]) -> Values:
    """Return the given tints, (n,), in [0, 1]; NaN without glasses."""
    return np.where(given(faces, "glasses") > 0, given(faces, "lens_tint"), np.nan)
