"""The papers' experiments, rebuilt: asymmetry, properties, electrodes; and measurements of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.experiments import asymmetry, asymmetry_contrasts, electrodes, power_of_properties
    from facelib.experiments.asymmetry import asymmetry_faces, asymmetry_table, facing_asymmetry
    from facelib.experiments.classifier_behaviour import behaviour, disagreement, read_heads
    from facelib.experiments.electrodes import electrode_numbers
    from facelib.experiments.electrodes.importance import importance_study
    from facelib.experiments.manipulation import manipulation_check
    from facelib.experiments.population import usual_population
    from facelib.experiments.power_of_properties import (
        electrodes_table,
        labelled_population,
        paired_electrodes,
        properties_table,
    )
    from facelib.experiments.ranking import leaderboard

__all__ = [
    "asymmetry",
    "asymmetry_contrasts",
    "asymmetry_faces",
    "asymmetry_table",
    "behaviour",
    "disagreement",
    "electrode_numbers",
    "electrodes",
    "electrodes_table",
    "facing_asymmetry",
    "importance_study",
    "labelled_population",
    "leaderboard",
    "manipulation_check",
    "paired_electrodes",
    "power_of_properties",
    "properties_table",
    "read_heads",
    "usual_population",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
