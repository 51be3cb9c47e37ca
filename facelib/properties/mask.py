"""Surgical mask that the head wears, where it came with the face."""

from __future__ import annotations

from collections.abc import Sequence

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "mask",
    title="Surgical mask",
    unit="",
    source="given",
    description="How far it is pulled up, as the head was set: 0 no mask … 1 to the bridge of the nose.",
    low=0.0,
    high=1.0,
    cost="free",
)
def mask(faces: Sequence[Face]) -> Values:
    """Return how far masks are pulled up, (n,), in [0, 1]."""
    return given(faces, "mask")
