"""Electrodes on the face: effects of their number, and the importance of each."""

from facelib.experiments.electrodes.importance import importance_study, position_table
from facelib.experiments.electrodes.numbers import electrode_numbers, number_table
from facelib.experiments.electrodes.shares import share_table
from facelib.utilities.lazy import listing

__all__ = [
    "electrode_numbers",
    "importance_study",
    "number_table",
    "position_table",
    "share_table",
]

__dir__ = listing(__all__)
