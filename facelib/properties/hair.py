"""Grey of the hair, and its length, where they came with the face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


@register(
    "hair_length",
    title="Length of long hair",
    unit="",
    source="given",
    description="As the head was set: 0 to the chin … 1 all of it; unknown where the hair isn't long.",
    low=0.0,
    high=1.0,
    cost="free",
)
def hair_length(faces: Sequence[Face]) -> Values:
    """Return the given lengths, (n,), in [0, 1]; NaN without long hair."""
    long = np.array([face.attributes.get("hair") == "long" for face in faces], bool)
    return np.where(long, given(faces, "hair_length"), np.nan)
