"""Pure statistics on arrays: property gradients, order tests, independence tests, effects, verdicts."""

from __future__ import annotations

from facelib.stats import calibration, independence
from facelib.stats.corrections import MergedMajority, adjust, adjusted, max_statistic, merged_majority
from facelib.stats.effects import (
    Equivalence,
    Lowering,
    MeanDistribution,
    MixedSlopes,
    SignFlipTest,
    StandardisedEffect,
    contrast,
    describe_effect,
    describe_lowering,
    effects_over_faces,
    equivalence,
    few_for_nothing,
    few_people,
    fewest_people,
    fewest_to_matter,
    lowering,
    mean_distribution,
    mixed_slopes,
    sign_flip,
    standardised_effect,
)
from facelib.stats.gradients import PropertyGradient, monotone_epgm, property_gradient
from facelib.stats.independence import TestResult, independence_grid, independence_test, share_significant
from facelib.stats.placebo import ReferenceRank, leave_one_kind_out, reference_kinds, reference_rank
from facelib.stats.power import SampleSize, StudyPower, cautious_sd, power_curve, sample_size, study_power
from facelib.stats.power_sentences import describe_power
from facelib.stats.shapley import SampledShapley, antithetic_orders, coalitions, shapley, shapley_sampled
from facelib.stats.shuffle import ShuffleNull, ShuffleTest, closed_form_mean, shuffle_null, shuffle_test
from facelib.stats.verdicts import (
    LocalVerdict,
    describe_change,
    describe_gradient,
    describe_order,
    local_verdict,
)
from facelib.utilities.lazy import listing
from facelib.utilities.wording import format_number, format_p

__all__ = [
    "Equivalence",
    "LocalVerdict",
    "Lowering",
    "MeanDistribution",
    "MergedMajority",
    "MixedSlopes",
    "PropertyGradient",
    "ReferenceRank",
    "SampleSize",
    "SampledShapley",
    "ShuffleNull",
    "ShuffleTest",
    "SignFlipTest",
    "StandardisedEffect",
    "StudyPower",
    "TestResult",
    "adjust",
    "adjusted",
    "antithetic_orders",
    "calibration",
    "cautious_sd",
    "closed_form_mean",
    "coalitions",
    "contrast",
    "describe_change",
    "describe_effect",
    "describe_gradient",
    "describe_lowering",
    "describe_order",
    "describe_power",
    "effects_over_faces",
    "equivalence",
    "few_for_nothing",
    "few_people",
    "fewest_people",
    "fewest_to_matter",
    "format_number",
    "format_p",
    "independence",
    "independence_grid",
    "independence_test",
    "leave_one_kind_out",
    "local_verdict",
    "lowering",
    "max_statistic",
    "mean_distribution",
    "merged_majority",
    "mixed_slopes",
    "monotone_epgm",
    "power_curve",
    "property_gradient",
    "reference_kinds",
    "reference_rank",
    "sample_size",
    "shapley",
    "shapley_sampled",
    "share_significant",
    "shuffle_null",
    "shuffle_test",
    "sign_flip",
    "standardised_effect",
    "study_power",
]

__dir__ = listing(__all__)
