"""Power of Properties, rebuilt: which outputs of classifiers go with which properties of faces."""

from facelib.experiments.power_of_properties.controls import (
    CONTROL_COLUMNS,
    ESTIMATE_COLUMNS,
    estimates_of,
    given_and_estimated,
    known_use_table,
)
from facelib.experiments.power_of_properties.curves import EFFECT_CURVE_COLUMNS, curves_of, effect_curves
from facelib.experiments.power_of_properties.design import (
    SOURCES,
    known_use_control,
    label_note,
    power_of_properties,
)
from facelib.experiments.power_of_properties.electrodes import (
    ELECTRODE_COLUMNS,
    SCHEMES,
    electrode_faces,
    electrodes_table,
    paired_electrodes,
    paired_table,
)
from facelib.experiments.power_of_properties.population import (
    PROPERTIES,
    labelled_population,
    population_table,
)
from facelib.experiments.power_of_properties.sentences import PAPER, describe_properties
from facelib.experiments.power_of_properties.shipped_results import (
    PropertiesResults,
    load_power_of_properties,
)
from facelib.experiments.power_of_properties.table import (
    PROPERTY_COLUMNS,
    companions,
    grid_with_intensity,
    properties_by_classifier,
    properties_table,
    tabulate,
)
from facelib.utilities.lazy import listing

__all__ = [
    "CONTROL_COLUMNS",
    "EFFECT_CURVE_COLUMNS",
    "ELECTRODE_COLUMNS",
    "ESTIMATE_COLUMNS",
    "PAPER",
    "PROPERTIES",
    "PROPERTY_COLUMNS",
    "SCHEMES",
    "SOURCES",
    "PropertiesResults",
    "companions",
    "curves_of",
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
    "paired_table",
    "population_table",
    "power_of_properties",
    "properties_by_classifier",
    "properties_table",
    "tabulate",
]

__dir__ = listing(__all__)
