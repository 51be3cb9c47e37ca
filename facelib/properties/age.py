"""Age of the person, where it came with the face."""

from __future__ import annotations

from collections.abc import Sequence

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "age",
    title="Age",
    unit="years",
    source="given",
    description="Age that the head was set to, or that the metadata of the picture states; never estimated.",
    low=5.0,
    high=90.0,
    cost="free",
)
def age(faces: Sequence[Face]) -> Values:
    """Return the given ages, (n,), years."""
    return given(faces, "age")
