"""The papers' experiments, rebuilt: asymmetry, properties, electrodes; and measurements of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.experiments import asymmetry, electrodes, power_of_properties
    from facelib.experiments.asymmetry.design import asymmetry_faces, facing_asymmetry
    from facelib.experiments.asymmetry.shipped_results import load_asymmetry
    from facelib.experiments.asymmetry.table import asymmetry_table
    from facelib.experiments.classifier_behaviour import behaviour, disagreement, read_heads
    from facelib.experiments.electrodes import electrode_numbers
    from facelib.experiments.electrodes.importance import importance_study
    from facelib.experiments.electrodes.shipped_results import load_electrodes
    from facelib.experiments.known_truth import detection_rates, load_known_truth, roc
    from facelib.experiments.manipulation import manipulation_check
    from facelib.experiments.population import usual_population
    from facelib.experiments.power_of_properties import (
        electrodes_table,
        labelled_population,
        load_power_of_properties,
        paired_electrodes,
        properties_table,
    )
    from facelib.experiments.ranking import leaderboard

__all__ = [
    "asymmetry",
    "asymmetry_faces",
    "asymmetry_table",
    "behaviour",
    "detection_rates",
    "disagreement",
    "electrode_numbers",
    "electrodes",
    "electrodes_table",
    "facing_asymmetry",
    "importance_study",
    "labelled_population",
    "leaderboard",
    "load_asymmetry",
    "load_electrodes",
    "load_known_truth",
    "load_power_of_properties",
    "manipulation_check",
    "paired_electrodes",
    "power_of_properties",
    "properties_table",
    "read_heads",
    "roc",
    "usual_population",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
