"""Effects over faces: the identity is the unit, one interval gives the verdict, margins are set before."""

from __future__ import annotations

from facelib.stats.effects.activation import Lowering, describe_lowering, lowering
from facelib.stats.effects.bootstrap import MeanDistribution, mean_distribution
from facelib.stats.effects.contrasts import CONTRAST_COLUMNS, contrast
from facelib.stats.effects.curves import FaceEffects, face_effects
from facelib.stats.effects.equivalence import Equivalence, equivalence
from facelib.stats.effects.few_people import few_for_nothing, few_people, fewest_people, fewest_to_matter
from facelib.stats.effects.mixed import MixedSlopes, mixed_slopes
from facelib.stats.effects.population import COLUMNS, effects_over_faces
from facelib.stats.effects.sentences import describe_effect
from facelib.stats.effects.signflip import SignFlipTest, sign_flip
from facelib.stats.effects.sizes import StandardisedEffect, standardised_effect
from facelib.utilities.lazy import listing

__all__ = [
    "COLUMNS",
    "CONTRAST_COLUMNS",
    "Equivalence",
    "FaceEffects",
    "Lowering",
    "MeanDistribution",
    "MixedSlopes",
    "SignFlipTest",
    "StandardisedEffect",
    "contrast",
    "describe_effect",
    "describe_lowering",
    "effects_over_faces",
    "equivalence",
    "face_effects",
    "few_for_nothing",
    "few_people",
    "fewest_people",
    "fewest_to_matter",
    "lowering",
    "mean_distribution",
    "mixed_slopes",
    "sign_flip",
    "standardised_effect",
]

__dir__ = listing(__all__)
