"""Facing Asymmetry, rebuilt: whether outputs fall because a face becomes asymmetric."""

from facelib.experiments.asymmetry.agreement import LIMITS, compare_with_observed
from facelib.experiments.asymmetry.design import CONTROLS, arms, asymmetry_faces, facing_asymmetry
from facelib.experiments.asymmetry.effects import ALL, asymmetry_curves, asymmetry_effects
from facelib.experiments.asymmetry.lowering import asymmetry_lowering
from facelib.experiments.asymmetry.observed import observe, observed_heads
from facelib.experiments.asymmetry.shipped_results import load_asymmetry
from facelib.experiments.asymmetry.table import asymmetry_table, symmetry_check
from facelib.utilities.lazy import listing

__all__ = [
    "ALL",
    "CONTROLS",
    "LIMITS",
    "arms",
    "asymmetry_curves",
    "asymmetry_effects",
    "asymmetry_faces",
    "asymmetry_lowering",
    "asymmetry_table",
    "compare_with_observed",
    "facing_asymmetry",
    "load_asymmetry",
    "observe",
    "observed_heads",
    "symmetry_check",
]

__dir__ = listing(__all__)
