"""Facing Asymmetry, rebuilt: whether outputs fall because a face becomes asymmetric."""

from facelib.experiments.asymmetry.agreement import LIMITS, compare_with_observed
from facelib.experiments.asymmetry.design import arms
from facelib.experiments.asymmetry.effects import asymmetry_curves
from facelib.experiments.asymmetry.lowering import asymmetry_lowering
from facelib.experiments.asymmetry.observed import observe
from facelib.experiments.asymmetry.table import symmetry_check
from facelib.utilities.lazy import listing

__all__ = [
    "LIMITS",
    "arms",
    "asymmetry_curves",
    "asymmetry_lowering",
    "compare_with_observed",
    "observe",
    "symmetry_check",
]

__dir__ = listing(__all__)
