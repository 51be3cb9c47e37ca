"""Facing Asymmetry, rebuilt: whether outputs fall because a face becomes asymmetric."""

from facelib.experiments.asymmetry.agreement import (
    AGREEMENT_COLUMNS,
    LIMITS,
    SLOPE_COLUMNS,
    compare_with_observed,
    observed_slopes,
)
from facelib.experiments.asymmetry.design import (
    ARMS,
    CONTROLS,
    EXPRESSIONS,
    INTENSITIES,
    SIDES,
    arms,
    asymmetry_faces,
    face_table,
    facing_asymmetry,
)
from facelib.experiments.asymmetry.effects import (
    ALL,
    CONTRAST_TABLE,
    CURVE_TABLE,
    EFFECT_COLUMNS,
    asymmetry_contrasts,
    asymmetry_curves,
    asymmetry_effects,
    intended_rows,
)
from facelib.experiments.asymmetry.lowering import LOWERING_COLUMNS, asymmetry_lowering
from facelib.experiments.asymmetry.observed import OBSERVED_COLUMNS, observe, observed_heads
from facelib.experiments.asymmetry.shipped_results import AsymmetryResults, load_asymmetry
from facelib.experiments.asymmetry.table import (
    CHECK_COLUMNS,
    TABLE_COLUMNS,
    asymmetry_table,
    symmetry_check,
    tabulate,
)
from facelib.utilities.lazy import listing

__all__ = [
    "AGREEMENT_COLUMNS",
    "ALL",
    "ARMS",
    "CHECK_COLUMNS",
    "CONTRAST_TABLE",
    "CONTROLS",
    "CURVE_TABLE",
    "EFFECT_COLUMNS",
    "EXPRESSIONS",
    "INTENSITIES",
    "LIMITS",
    "LOWERING_COLUMNS",
    "OBSERVED_COLUMNS",
    "SIDES",
    "SLOPE_COLUMNS",
    "TABLE_COLUMNS",
    "AsymmetryResults",
    "arms",
    "asymmetry_contrasts",
    "asymmetry_curves",
    "asymmetry_effects",
    "asymmetry_faces",
    "asymmetry_lowering",
    "asymmetry_table",
    "compare_with_observed",
    "face_table",
    "facing_asymmetry",
    "intended_rows",
    "load_asymmetry",
    "observe",
    "observed_heads",
    "observed_slopes",
    "symmetry_check",
    "tabulate",
]

__dir__ = listing(__all__)
