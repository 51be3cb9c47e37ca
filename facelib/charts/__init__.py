"""Charts: every one is a function from a tidy table to an `altair.Chart`, useful without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.lazy import lazy

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
    "agreement": "gradients",
    "arms": "controls",
    "asymmetry_curves": "asymmetry",
    "asymmetry_forest": "asymmetry",
    "asymmetry_observed": "asymmetry",
    "bars": "outputs",
    "chain_steps": "chain_steps",
    "confusion": "behaviour",
    "curve": "gradients",
    "disagreement": "behaviour",
    "electrode_curves": "electrodes",
    "electrode_map": "electrode_importance",
    "electrode_shares": "electrode_importance",
    "explained": "effects",
    "film": "strips",
    "forest": "effects",
    "gallery": "gradients",
    "histogram": "chance",
    "kinds": "harmless",
    "levels": "chance",
    "map_scores": "muscles",
    "map_traces": "muscles",
    "map_weights": "muscles",
    "matrix": "manipulation",
    "mean_response": "averages",
    "measured_levels": "calibration",
    "measured_power": "calibration",
    "model_gallery": "behaviour",
    "moments": "topography",
    "muscle_maps": "topography",
    "muscle_traces": "traces",
    "null_distribution": "chance",
    "offline": "display",
    "outputs_over_time": "traces",
    "p_histogram": "chance",
    "power_curve": "power",
    "quality_map": "signals",
    "ranking": "falls",
    "region_curves": "regions",
    "reliability": "behaviour",
    "response": "curves",
    "restored_accuracy": "restoration",
    "roc": "detection",
    "save": "export",
    "signal_overview": "signals",
    "signal_spectra": "signals",
    "significant_shares": "shares",
    "steps": "gradients",
    "won_back_shares": "restoration",
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

__getattr__, __dir__ = lazy(__name__, _NAMES, __all__)
