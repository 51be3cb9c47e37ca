"""Electrodes on the face: effects of their number, and the importance of each."""

from facelib.experiments.electrodes.importance import (
    POSITION_COLUMNS,
    electrode_groups,
    electrode_series,
    importance_study,
    position_table,
)
from facelib.experiments.electrodes.numbers import (
    HALF_COLUMNS,
    NUMBER_COLUMNS,
    electrode_numbers,
    half_number,
    half_table,
    number_table,
)
from facelib.experiments.electrodes.outcomes import MEAN, OUTCOMES
from facelib.experiments.electrodes.restoration import (
    PICTURE_COLUMNS,
    PLACEBO_COLUMNS,
    READING_COLUMNS,
    WORN,
    RestorationRun,
    restoration_study,
)
from facelib.experiments.electrodes.restoration_results import RestorationResults, load_restoration
from facelib.experiments.electrodes.sentences import CAVEAT, describe_importance, describe_numbers
from facelib.experiments.electrodes.shares import SHARE_COLUMNS, share_table
from facelib.experiments.electrodes.shipped_results import ElectrodesResults, load_electrodes
from facelib.experiments.electrodes.won_back import (
    ACCURACY_COLUMNS,
    LIKENESS_COLUMNS,
    likeness_table,
    won_back_table,
)
from facelib.utilities.lazy import listing

__all__ = [
    "ACCURACY_COLUMNS",
    "CAVEAT",
    "HALF_COLUMNS",
    "LIKENESS_COLUMNS",
    "MEAN",
    "NUMBER_COLUMNS",
    "OUTCOMES",
    "PICTURE_COLUMNS",
    "PLACEBO_COLUMNS",
    "POSITION_COLUMNS",
    "READING_COLUMNS",
    "SHARE_COLUMNS",
    "WORN",
    "ElectrodesResults",
    "RestorationResults",
    "RestorationRun",
    "describe_importance",
    "describe_numbers",
    "electrode_groups",
    "electrode_numbers",
    "electrode_series",
    "half_number",
    "half_table",
    "importance_study",
    "likeness_table",
    "load_electrodes",
    "load_restoration",
    "number_table",
    "position_table",
    "restoration_study",
    "share_table",
    "won_back_table",
]

__dir__ = listing(__all__)
