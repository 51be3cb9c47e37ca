"""The shipped full-size result of the restoration, as small tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facelib.experiments.electrodes.restoration import RestorationRun
from facelib.experiments.electrodes.won_back import likeness_table, won_back_table
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd


@in_short(table=lambda found: found.accuracy)
@dataclass(frozen=True, eq=False, kw_only=True)
class RestorationResults(SmallTables):
    """Results of the study as tables; of its rows, only those of the photograph are kept.

    Attributes
    ----------
    accuracy
        From `won_back_table`.
    likeness
        From `likeness_table`.
    placebo
        One row per person: what restoring the bare face changed (`PLACEBO_COLUMNS`); those of the study, and
        others with glasses, beards, moles …
    photograph_readings, photograph_pictures
        Of the sample photograph, on which electrodes are drawn (`READING_COLUMNS`, `PICTURE_COLUMNS`).
    about
        How it was made: people, classifiers, versions, seeds, hash of the network.
    """

    study = "restoration"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/restoration_study.py"
    accuracy: pd.DataFrame
    likeness: pd.DataFrame
    placebo: pd.DataFrame
    photograph_readings: pd.DataFrame
    photograph_pictures: pd.DataFrame

    @classmethod
    def of(
        cls, run: RestorationRun, photograph: RestorationRun, placebo: pd.DataFrame, about: Mapping[str, Any]
    ) -> Self:
        """Make the tables from the runs; the placebo's rows come after those of the study."""
        import pandas as pd

        more = placebo.assign(person=placebo["person"] + len(run.placebo))
        return cls(
            accuracy=won_back_table(run),
            likeness=likeness_table(run),
            placebo=pd.concat([run.placebo, more], ignore_index=True),
            photograph_readings=photograph.readings,
            photograph_pictures=photograph.pictures,
            about=about,
        )


def load_restoration(folder: str | Path | None = None) -> RestorationResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/restoration_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    return RestorationResults.load(folder)
