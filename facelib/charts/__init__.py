"""Charts: every one is a function from a tidy table to an `altair.Chart`, useful without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.charts.display import offline
    from facelib.charts.experiments.electrodes import electrode_map
    from facelib.charts.export import save
    from facelib.charts.interval_dots import dots
    from facelib.charts.muscles.chain_steps import chain_steps
    from facelib.charts.muscles.muscles import map_scores, map_traces, map_weights
    from facelib.charts.muscles.signals import quality_map, signal_overview, signal_spectra
    from facelib.charts.muscles.topography import moments, muscle_maps
    from facelib.charts.muscles.traces import muscle_traces, outputs_over_time
    from facelib.charts.statistics.gradients import agreement, curve, gallery, steps
    from facelib.charts.statistics.null_distributions import histogram, levels, null_distribution, p_histogram
    from facelib.charts.studies.averages import mean_response
    from facelib.charts.studies.behaviour import confusion, disagreement, model_gallery, reliability
    from facelib.charts.studies.effects import explained, forest
    from facelib.charts.studies.manipulation import matrix
    from facelib.charts.studies.power import power_curve
    from facelib.charts.studies.shares import significant_shares
    from facelib.charts.sweeps.controls import arms
    from facelib.charts.sweeps.curves import response
    from facelib.charts.sweeps.film_strips import film
    from facelib.charts.sweeps.outputs import bars
    from facelib.charts.sweeps.placebos import kinds
    from facelib.charts.sweeps.ranking import ranking
    from facelib.charts.sweeps.regions import region_curves

# Imported when asked for: altair alone takes more than a second.
__all__ = [
    "agreement",
    "arms",
    "bars",
    "chain_steps",
    "confusion",
    "curve",
    "disagreement",
    "dots",
    "electrode_map",
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
    "save",
    "signal_overview",
    "signal_spectra",
    "significant_shares",
    "steps",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
