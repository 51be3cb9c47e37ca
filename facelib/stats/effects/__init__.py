"""Effects over faces: the identity is the unit, one interval gives the verdict, margins are set before."""

from __future__ import annotations

from facelib.stats.effects.activation import lowering
from facelib.stats.effects.contrasts import contrast
from facelib.stats.effects.equivalence import equivalence
from facelib.stats.effects.few_people import few_people, fewest_people, fewest_to_matter
from facelib.stats.effects.mixed import mixed_slopes
from facelib.stats.effects.population import effects_over_faces
from facelib.utilities.lazy import listing

__all__ = [
    "contrast",
    "effects_over_faces",
    "equivalence",
    "few_people",
    "fewest_people",
    "fewest_to_matter",
    "lowering",
    "mixed_slopes",
]

__dir__ = listing(__all__)
