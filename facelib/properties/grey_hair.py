"""Grey hair of the head, where it came with the face."""

from __future__ import annotations

from collections.abc import Sequence

from facelib.faces import Face
from facelib.properties.property import Values, given, register


@register(
    "grey_hair",
    title="Grey hair",
    unit="",
    source="given",
    description="Share of grey in the hair, as the head was set or as its age gives: 0 none … 1 all.",
    low=0.0,
    high=1.0,
    cost="free",
)
def grey_hair(faces: Sequence[Face]) -> Values:
    """Return the given shares, (n,), in [0, 1]."""
    return given(faces, "greying")
