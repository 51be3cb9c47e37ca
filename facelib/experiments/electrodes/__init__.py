"""Electrodes on the face: effects of their number, and the importance of each."""

from facelib.experiments.electrodes.numbers import electrode_numbers, number_table
from facelib.experiments.electrodes.restoration_results import load_restoration
from facelib.experiments.electrodes.sentences import describe_importance
from facelib.utilities.lazy import listing

__all__ = [
    "describe_importance",
    "electrode_numbers",
    "load_restoration",
    "number_table",
]

__dir__ = listing(__all__)
