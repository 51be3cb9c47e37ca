"""The shipped results of the electrode studies, as small tables made from their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facelib.errors import PATHS, check_kind
from facelib.experiments.electrodes.importance import position_table
from facelib.experiments.electrodes.numbers import half_table, number_table
from facelib.experiments.electrodes.shares import share_table
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd

    from facelib.interventions.electrode_sets import ElectrodeSets
    from facelib.studies.results import InterventionalResult


@in_short(table=lambda found: found.numbers)
@dataclass(frozen=True, eq=False, kw_only=True)
class ElectrodesResults(SmallTables):
    """Results of the studies as tables; their rows aren't kept.

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

    study = "electrodes"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/electrodes_study.py"
    numbers: pd.DataFrame
    halves: pd.DataFrame
    positions: pd.DataFrame
    shares: pd.DataFrame

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Self:
        """Return tables that were saved, those without the interval behind the verdict with NaN for it."""
        found = super().load(folder)
        tables = {name: with_interval(getattr(found, name)) for name in cls.names()}
        return cls(**tables, about=found.about)

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
            Of `electrode_numbers`, one per expression set.
        importance
            Of `importance_study`, each with its series, one per scheme.
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


def with_interval(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of verdicts with the columns of the interval behind them, NaN where it wasn't stored."""
    if "verdict" not in table or "verdict_low" in table:
        return table
    place = list(table).index("verdict")
    names = [*list(table)[:place], "verdict_low", "verdict_high", *list(table)[place:]]
    return table.reindex(columns=names)


def load_electrodes(folder: str | Path | None = None) -> ElectrodesResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/electrodes_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    check_kind(folder, (*PATHS, type(None)), "A path, or None for what comes with facelib,")
    return ElectrodesResults.load(folder)
