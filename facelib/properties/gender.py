"""Gender of the face, where it came with the face."""

from __future__ import annotations

from collections.abc import Sequence

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "gender",
    title="Gender",
    unit="",
    source="given",
    description="0 the female … 1 the male shape of the head, or as the metadata of the picture states it.",
    low=0.0,
    high=1.0,
    cost="free",
)
def gender(faces: Sequence[Face]) -> Values:
    """Return the given genders, (n,), 0 female … 1 male."""
    return given(faces, "gender")
