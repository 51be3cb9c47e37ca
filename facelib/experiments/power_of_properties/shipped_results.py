"""The shipped results of the study, as small tables made from its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facelib.errors import PATHS, check_kind
from facelib.experiments.power_of_properties.controls import given_and_estimated, known_use_table
from facelib.experiments.power_of_properties.curves import effect_curves
from facelib.experiments.power_of_properties.electrodes import electrodes_table
from facelib.experiments.power_of_properties.table import by_classifier, properties_table
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import InterventionalResult, ObservationalResult


@in_short(table=lambda found: found.properties)
@dataclass(frozen=True, eq=False, kw_only=True)
class PropertiesResults(SmallTables):
    """Results of the study as tables; its rows aren't kept.

    Attributes
    ----------
    properties
        From `properties_table`: one row per property.
    effects
        Of the result: one row per property, classifier and class.
    controls
        From `known_use_table`: networks of known bias.
    curves
        From `effect_curves`: the strongest pairs.
    electrodes
        From `electrodes_table`: the same people with and without.
    estimates
        From `given_and_estimated`: age and gender.
    about
        How it was made: people, classifiers, versions, seeds, permutations.
    """

    study = "properties"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/properties_study.py"
    properties: pd.DataFrame
    effects: pd.DataFrame
    controls: pd.DataFrame
    curves: pd.DataFrame
    electrodes: pd.DataFrame
    estimates: pd.DataFrame

    @property
    def by_classifier(self) -> pd.DataFrame:
        """One row per property and classifier: see `properties_by_classifier`."""
        first = self.properties.iloc[0]
        return by_classifier(self.effects, float(first["alpha"]), float(first["delta"]))

    @classmethod
    def of(
        cls,
        result: ObservationalResult,
        *,
        with_intensity: pd.DataFrame,
        in_light: Mapping[str, pd.DataFrame],
        control: ObservationalResult,
        electrodes: Sequence[InterventionalResult],
        estimates: pd.DataFrame,
        about: Mapping[str, Any],
    ) -> Self:
        """Make the tables from the runs.

        Parameters
        ----------
        result, control
            Of `power_of_properties` and of `known_use_control`.
        with_intensity
            From `grid_with_intensity`.
        in_light
            From `grids_in_light`.
        electrodes
            Of `paired_electrodes`, one per expression set.
        estimates
            From `estimates_of`.
        about
            How it was made.
        """
        import pandas as pd

        return cls(
            properties=properties_table(result, with_intensity, in_light),
            effects=result.effects,
            controls=known_use_table(control.effects, control.settings["alpha"]),
            curves=effect_curves(result),
            electrodes=pd.concat([electrodes_table(one) for one in electrodes], ignore_index=True),
            estimates=given_and_estimated(estimates),
            about=about,
        )


def load_power_of_properties(folder: str | Path | None = None) -> PropertiesResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/properties_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    check_kind(folder, (*PATHS, type(None)), "A path, or None for what comes with facelib,")
    return PropertiesResults.load(folder)
