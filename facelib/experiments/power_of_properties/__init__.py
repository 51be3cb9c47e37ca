"""Power of Properties, rebuilt: which outputs of classifiers go with which properties of faces."""

from facelib.experiments.power_of_properties.design import (
    SOURCES,
    labelled_population,
    population_table,
    power_of_properties,
)
from facelib.experiments.power_of_properties.electrodes import (
    electrode_faces,
    electrodes_table,
    paired_electrodes,
)
from facelib.experiments.power_of_properties.table import companions, effect_curves, properties_table
from facelib.utilities.lazy import listing

__all__ = [
    "SOURCES",
    "companions",
    "effect_curves",
    "electrode_faces",
    "electrodes_table",
    "labelled_population",
    "paired_electrodes",
    "population_table",
    "power_of_properties",
    "properties_table",
]

__dir__ = listing(__all__)
