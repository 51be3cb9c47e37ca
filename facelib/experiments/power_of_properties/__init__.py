"""Power of Properties, rebuilt: which outputs of classifiers go with which properties of faces."""

from facelib.experiments.power_of_properties.controls import (
    estimates_of,
    given_and_estimated,
    known_use_table,
)
from facelib.experiments.power_of_properties.curves import effect_curves
from facelib.experiments.power_of_properties.design import known_use_control, label_note, power_of_properties
from facelib.experiments.power_of_properties.electrodes import (
    electrode_faces,
    electrodes_table,
    paired_electrodes,
)
from facelib.experiments.power_of_properties.population import labelled_population, population_table
from facelib.experiments.power_of_properties.sentences import PAPER, describe_properties
from facelib.experiments.power_of_properties.shipped_results import load_power_of_properties
from facelib.experiments.power_of_properties.table import companions, grid_with_intensity, properties_table
from facelib.utilities.lazy import listing

__all__ = [
    "PAPER",
    "companions",
    "describe_properties",
    "effect_curves",
    "electrode_faces",
    "electrodes_table",
    "estimates_of",
    "given_and_estimated",
    "grid_with_intensity",
    "known_use_control",
    "known_use_table",
    "label_note",
    "labelled_population",
    "load_power_of_properties",
    "paired_electrodes",
    "population_table",
    "power_of_properties",
    "properties_table",
]

__dir__ = listing(__all__)
