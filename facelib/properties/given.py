"""Given properties: as the head was set, or as the picture's metadata states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


@register(
    "gender",
    title="Gender (of heads: shape)",
    unit="",
    source="given",
    description="0 the female … 1 the male shape of the head; of photographs gender, as their metadata say.",
    low=0.0,
    high=1.0,
    cost="free",
)
def gender(faces: Sequence[Face]) -> Values:
    """Return the given genders, (n,), 0 female … 1 male."""
    return given(faces, "gender")


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
