"""Pure statistics on arrays: property gradients, order tests, independence tests, effects, verdicts."""

from __future__ import annotations

from facelib.stats.gradients import PropertyGradient, monotone_epgm, property_gradient
from facelib.stats.independence import TestResult, independence_grid, independence_test, share_significant
from facelib.stats.reference import ReferenceRank, leave_one_kind_out, reference_kinds, reference_rank
from facelib.stats.shuffle import ShuffleTest, closed_form_mean, shuffle_test
from facelib.stats.verdicts import (
    LocalVerdict,
    describe_change,
    describe_gradient,
    describe_order,
    format_number,
    format_p,
    local_verdict,
)

__all__ = [
    "LocalVerdict",
    "PropertyGradient",
    "ReferenceRank",
    "ShuffleTest",
    "TestResult",
    "closed_form_mean",
    "describe_change",
    "describe_gradient",
    "describe_order",
    "format_number",
    "format_p",
    "independence_grid",
    "independence_test",
    "leave_one_kind_out",
    "local_verdict",
    "monotone_epgm",
    "property_gradient",
    "reference_kinds",
    "reference_rank",
    "share_significant",
    "shuffle_test",
]
