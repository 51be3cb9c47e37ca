"""Moles and freckles of the head, where they came with the face."""

from __future__ import annotations

from collections.abc import Sequence

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "moles",
    title="Moles and freckles",
    unit="",
    source="given",
    description="How dark they are, as the head was set: 0 none … 1 dark.",
    low=0.0,
    high=1.0,
    cost="free",
)
def moles(faces: Sequence[Face]) -> Values:
    """Return the given opacities, (n,), in [0, 1]."""
    return given(faces, "moles")
