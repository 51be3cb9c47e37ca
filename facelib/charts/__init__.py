"""Charts: every one is a function from a tidy table to an `altair.Chart`, useful without the app."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.charts.asymmetry import asymmetry_curves, asymmetry_forest, asymmetry_observed
    from facelib.charts.averages import mean_response
    from facelib.charts.behaviour import confusion, disagreement, model_gallery, reliability
    from facelib.charts.calibration import measured_levels, measured_power
    from facelib.charts.chain_steps import chain_steps
    from facelib.charts.chance import histogram, levels, null_distribution, p_histogram
    from facelib.charts.controls import arms
    from facelib.charts.curves import response
    from facelib.charts.detection import roc
    from facelib.charts.display import offline
    from facelib.charts.effects import explained, forest
    from facelib.charts.electrode_importance import electrode_map, electrode_shares
    from facelib.charts.electrodes import electrode_curves
    from facelib.charts.export import save
    from facelib.charts.falls import ranking
    from facelib.charts.gradients import agreement, curve, gallery, steps
    from facelib.charts.harmless import kinds
    from facelib.charts.manipulation import matrix
    from facelib.charts.muscles import map_scores, map_traces, map_weights
    from facelib.charts.outputs import bars
    from facelib.charts.power import power_curve
    from facelib.charts.regions import region_curves
    from facelib.charts.restoration import restored_accuracy, won_back_shares
    from facelib.charts.shares import significant_shares
    from facelib.charts.signals import quality_map, signal_overview, signal_spectra
    from facelib.charts.strips import film
    from facelib.charts.topography import moments, muscle_maps
    from facelib.charts.traces import muscle_traces, outputs_over_time

# Imported when asked for: altair alone takes more than a second.
_NAMES = {
    "agreement": "facelib.charts.gradients",
    "arms": "facelib.charts.controls",
    "asymmetry_curves": "facelib.charts.asymmetry",
    "asymmetry_forest": "facelib.charts.asymmetry",
    "asymmetry_observed": "facelib.charts.asymmetry",
    "bars": "facelib.charts.outputs",
    "chain_steps": "facelib.charts.chain_steps",
    "confusion": "facelib.charts.behaviour",
    "curve": "facelib.charts.gradients",
    "disagreement": "facelib.charts.behaviour",
    "electrode_curves": "facelib.charts.electrodes",
    "electrode_map": "facelib.charts.electrode_importance",
    "electrode_shares": "facelib.charts.electrode_importance",
    "explained": "facelib.charts.effects",
    "film": "facelib.charts.strips",
    "forest": "facelib.charts.effects",
    "gallery": "facelib.charts.gradients",
    "histogram": "facelib.charts.chance",
    "kinds": "facelib.charts.harmless",
    "levels": "facelib.charts.chance",
    "map_scores": "facelib.charts.muscles",
    "map_traces": "facelib.charts.muscles",
    "map_weights": "facelib.charts.muscles",
    "matrix": "facelib.charts.manipulation",
    "mean_response": "facelib.charts.averages",
    "measured_levels": "facelib.charts.calibration",
    "measured_power": "facelib.charts.calibration",
    "model_gallery": "facelib.charts.behaviour",
    "moments": "facelib.charts.topography",
    "muscle_maps": "facelib.charts.topography",
    "muscle_traces": "facelib.charts.traces",
    "null_distribution": "facelib.charts.chance",
    "offline": "facelib.charts.display",
    "outputs_over_time": "facelib.charts.traces",
    "p_histogram": "facelib.charts.chance",
    "power_curve": "facelib.charts.power",
    "quality_map": "facelib.charts.signals",
    "ranking": "facelib.charts.falls",
    "region_curves": "facelib.charts.regions",
    "reliability": "facelib.charts.behaviour",
    "response": "facelib.charts.curves",
    "restored_accuracy": "facelib.charts.restoration",
    "roc": "facelib.charts.detection",
    "save": "facelib.charts.export",
    "signal_overview": "facelib.charts.signals",
    "signal_spectra": "facelib.charts.signals",
    "significant_shares": "facelib.charts.shares",
    "steps": "facelib.charts.gradients",
    "won_back_shares": "facelib.charts.restoration",
}

__all__ = [
    "agreement",
    "arms",
    "asymmetry_curves",
    "asymmetry_forest",
    "asymmetry_observed",
    "bars",
    "chain_steps",
    "confusion",
    "curve",
    "disagreement",
    "electrode_curves",
    "electrode_map",
    "electrode_shares",
    "explained",
    "film",
    "forest",
    "gallery",
    "histogram",
    "kinds",
    "levels",
    "map_scores",
    "map_traces",
    "map_weights",
    "matrix",
    "mean_response",
    "measured_levels",
    "measured_power",
    "model_gallery",
    "moments",
    "muscle_maps",
    "muscle_traces",
    "null_distribution",
    "offline",
    "outputs_over_time",
    "p_histogram",
    "power_curve",
    "quality_map",
    "ranking",
    "region_curves",
    "reliability",
    "response",
    "restored_accuracy",
    "roc",
    "save",
    "signal_overview",
    "signal_spectra",
    "significant_shares",
    "steps",
    "won_back_shares",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    msg = f"module 'facelib.charts' has no attribute {name!r}"
    raise AttributeError(msg)
