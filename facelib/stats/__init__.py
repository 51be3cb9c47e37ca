"""Pure statistics on arrays: property gradients, order tests, independence tests, effects, verdicts."""

from __future__ import annotations

from facelib.stats import calibration, independence
from facelib.stats.corrections import adjust
from facelib.stats.effects.activation import describe_lowering, lowering
from facelib.stats.effects.bootstrap import mean_distribution
from facelib.stats.effects.contrasts import contrast
from facelib.stats.effects.equivalence import equivalence
from facelib.stats.effects.few_people import few_people, fewest_people, fewest_to_matter
from facelib.stats.effects.mixed import mixed_slopes
from facelib.stats.effects.population import effects_over_faces
from facelib.stats.effects.sentences import describe_effect
from facelib.stats.effects.signflip import sign_flip
from facelib.stats.effects.sizes import standardised_effect
from facelib.stats.gradients import PropertyGradient, monotone_epgm, property_gradient
from facelib.stats.independence import TestResult, independence_grid, independence_test, share_significant
from facelib.stats.placebo import leave_one_kind_out, reference_kinds, reference_rank
from facelib.stats.power import cautious_sd, power_curve, sample_size, study_power
from facelib.stats.power_sentences import describe_power
from facelib.stats.shapley import shapley
from facelib.stats.shuffle import ShuffleTest, closed_form_mean, shuffle_null, shuffle_test
from facelib.stats.verdicts import describe_change, describe_gradient, describe_order, local_verdict
from facelib.utilities.lazy import listing
from facelib.utilities.wording import format_p

__all__ = [
    "PropertyGradient",
    "ShuffleTest",
    "TestResult",
    "adjust",
    "calibration",
    "cautious_sd",
    "closed_form_mean",
    "contrast",
    "describe_change",
    "describe_effect",
    "describe_gradient",
    "describe_lowering",
    "describe_order",
    "describe_power",
    "effects_over_faces",
    "equivalence",
    "few_people",
    "fewest_people",
    "fewest_to_matter",
    "format_p",
    "independence",
    "independence_grid",
    "independence_test",
    "leave_one_kind_out",
    "local_verdict",
    "lowering",
    "mean_distribution",
    "mixed_slopes",
    "monotone_epgm",
    "power_curve",
    "property_gradient",
    "reference_kinds",
    "reference_rank",
    "sample_size",
    "shapley",
    "share_significant",
    "shuffle_null",
    "shuffle_test",
    "sign_flip",
    "standardised_effect",
    "study_power",
]

__dir__ = listing(__all__)
