"""Electrodes on the face: effects of their number, and the importance of each."""

from facelib.experiments.electrodes.importance import electrode_series, importance_study, position_table
from facelib.experiments.electrodes.numbers import electrode_numbers, number_table
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.restoration_results import load_restoration
from facelib.experiments.electrodes.sentences import describe_importance
from facelib.experiments.electrodes.shares import share_table
from facelib.experiments.electrodes.shipped_results import ElectrodesResults, load_electrodes
from facelib.utilities.lazy import listing

__all__ = [
    "MEAN",
    "ElectrodesResults",
    "describe_importance",
    "electrode_numbers",
    "electrode_series",
    "importance_study",
    "load_electrodes",
    "load_restoration",
    "number_table",
    "position_table",
    "share_table",
]

__dir__ = listing(__all__)
