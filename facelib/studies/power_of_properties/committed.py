"""The results of the study as tables: made from its runs, kept as small files, loaded again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from facelib.errors import BadValueError
from facelib.studies.power_of_properties.controls import given_and_estimated, known_use_table
from facelib.studies.power_of_properties.curves import effect_curves
from facelib.studies.power_of_properties.electrodes import electrodes_table
from facelib.studies.power_of_properties.table import by_classifier, properties_table

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import InterventionalResult, ObservationalResult

FOLDER: Final = Path(__file__).parents[1] / "results"
TABLES: Final = ("properties", "effects", "controls", "curves", "electrodes", "estimates")
ABOUT: Final = "properties_about.json"
DIGITS: Final = 6  # that are significant: numbers are kept as float32


@dataclass(frozen=True, eq=False)
class PropertiesResults:
    """What the study found, as tables; its rows aren't kept.

    Attributes
    ----------
    properties
        From `properties_table`: one row a property.
    effects
        Of the result: one row a property, classifier and class.
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

    properties: pd.DataFrame
    effects: pd.DataFrame
    controls: pd.DataFrame
    curves: pd.DataFrame
    electrodes: pd.DataFrame
    estimates: pd.DataFrame
    about: Mapping[str, Any]

    @property
    def by_classifier(self) -> pd.DataFrame:
        """One row a property and classifier: see `properties_by_classifier`."""
        first = self.properties.iloc[0]
        return by_classifier(self.effects, float(first["alpha"]), float(first["delta"]))

    @classmethod
    def of(
        cls,
        result: ObservationalResult,
        *,
        with_intensity: pd.DataFrame,
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
        electrodes
            Of `paired_electrodes`, one an expression set.
        estimates
            From `estimates_of`.
        about
            How it was made.
        """
        import pandas as pd

        return cls(
            properties=properties_table(result, with_intensity),
            effects=result.effects,
            controls=known_use_table(control.effects, control.settings["alpha"]),
            curves=effect_curves(result),
            electrodes=pd.concat([electrodes_table(one) for one in electrodes], ignore_index=True),
            estimates=given_and_estimated(estimates),
            about=about,
        )

    def save(self, folder: str | Path = FOLDER) -> Path:
        """Write the tables as Parquet, float32, and how they were made as JSON; none is left half-written."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            table: pd.DataFrame = getattr(self, name)
            small = table.astype(dict.fromkeys(table.select_dtypes("float64"), np.float32))
            path = target / f"properties_{name}.parquet"
            half = path.with_suffix(".part")
            small.to_parquet(half, index=False, compression="zstd", compression_level=19)
            half.replace(path)
        half = (target / ABOUT).with_suffix(".part")
        half.write_text(json.dumps(dict(self.about), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        half.replace(target / ABOUT)
        return target


def load_power_of_properties(folder: str | Path = FOLDER) -> PropertiesResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/properties_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    import pandas as pd

    there = Path(folder)
    files = [*(f"properties_{name}.parquet" for name in TABLES), ABOUT]
    if missing := [name for name in files if not (there / name).exists()]:
        msg = f"{there} holds no result of this study: {', '.join(missing)} missing. Run properties_study.py."
        raise BadValueError(msg)
    tables = {name: _exact(pd.read_parquet(there / f"properties_{name}.parquet")) for name in TABLES}
    return PropertiesResults(**tables, about=json.loads((there / ABOUT).read_text(encoding="utf-8")))


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    """Return float32 as the shortest decimals that they stand for: .1, not .10000000149."""
    wide = table.copy()
    for name in table.select_dtypes("float32").columns:
        wide[name] = [float(f"{number:.{DIGITS}g}") for number in table[name]]
    return wide
