"""The results of the electrode studies as tables: made from their runs, kept as small files, loaded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from facelib.studies.electrodes.importance import position_table
from facelib.studies.electrodes.numbers import half_table, number_table
from facelib.studies.electrodes.shares import share_table
from facelib.studies.small_tables import FOLDER, load_tables, save_tables

if TYPE_CHECKING:
    import pandas as pd

    from facelib.interventions.electrode_sets import ElectrodeSets
    from facelib.studies.results import InterventionalResult

TABLES: Final = ("numbers", "halves", "positions", "shares")
STUDY: Final = "electrodes"


@dataclass(frozen=True, eq=False)
class ElectrodesResults:
    """What the studies found, as tables; their rows aren't kept.

    Attributes
    ----------
    numbers
        From `number_table`: accuracy and output against the number of electrodes.
    halves
        From `half_table`: the number at which half of the change is reached.
    positions
        From `position_table`: each electrode alone, and as the last.
    shares
        From `share_table`: Shapley values of regions and muscles.
    about
        How they were made: people, classifiers, versions, seeds.
    """

    numbers: pd.DataFrame
    halves: pd.DataFrame
    positions: pd.DataFrame
    shares: pd.DataFrame
    about: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        numbers: Sequence[InterventionalResult],
        importance: Sequence[tuple[InterventionalResult, ElectrodeSets]],
        about: Mapping[str, Any],
    ) -> Self:
        """Make the tables from the runs.

        Parameters
        ----------
        numbers
            Of `electrode_numbers`, one an expression set.
        importance
            Of `importance_study`, each with its series, one a scheme.
        about
            How they were made.
        """
        import pandas as pd

        def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
            return pd.concat(parts, ignore_index=True)

        return cls(
            numbers=joined([number_table(one) for one in numbers]),
            halves=joined([half_table(one) for one in numbers]),
            positions=joined([position_table(*one) for one in importance]),
            shares=joined([share_table(*one) for one in importance]),
            about=about,
        )

    def save(self, folder: str | Path = FOLDER) -> Path:
        """Write the tables as Parquet, float32, and how they were made as JSON; none is left half-written."""
        return save_tables(folder, STUDY, {name: getattr(self, name) for name in TABLES}, self.about)


def load_electrodes(folder: str | Path = FOLDER) -> ElectrodesResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/electrodes_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    tables, about = load_tables(folder, STUDY, TABLES)
    return ElectrodesResults(**tables, about=about)
