"""Electrodes on the face: how many it takes, and which of them matters most."""

from facelib.studies.electrodes.committed import ElectrodesResults, load_electrodes
from facelib.studies.electrodes.importance import (
    POSITION_COLUMNS,
    electrode_groups,
    electrode_series,
    importance_study,
    position_table,
)
from facelib.studies.electrodes.numbers import (
    HALF_COLUMNS,
    NUMBER_COLUMNS,
    electrode_numbers,
    half_number,
    half_table,
    number_table,
)
from facelib.studies.electrodes.outcomes import MEAN, OUTCOMES
from facelib.studies.electrodes.sentences import CAVEAT, describe_importance, describe_numbers
from facelib.studies.electrodes.shares import SHARE_COLUMNS, share_table

__all__ = [
    "CAVEAT",
    "HALF_COLUMNS",
    "MEAN",
    "NUMBER_COLUMNS",
    "OUTCOMES",
    "POSITION_COLUMNS",
    "SHARE_COLUMNS",
    "ElectrodesResults",
    "describe_importance",
    "describe_numbers",
    "electrode_groups",
    "electrode_numbers",
    "electrode_series",
    "half_number",
    "half_table",
    "importance_study",
    "load_electrodes",
    "number_table",
    "position_table",
    "share_table",
]
