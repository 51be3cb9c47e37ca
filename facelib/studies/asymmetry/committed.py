"""The results of the study as tables: made from its rows, kept as small files, loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from facelib.stats.effects.equivalence import ALPHA
from facelib.studies.asymmetry.agreement import compare_with_observed, observed_slopes
from facelib.studies.asymmetry.design import SEED
from facelib.studies.asymmetry.effects import asymmetry_contrasts, asymmetry_curves, asymmetry_effects
from facelib.studies.asymmetry.lowering import asymmetry_lowering
from facelib.studies.asymmetry.table import symmetry_check, tabulate
from facelib.studies.small_tables import FOLDER, load_tables, save_tables
from facelib.studies.sweep import DELTA

if TYPE_CHECKING:
    import pandas as pd

TABLES: Final = ("effects", "contrasts", "curves", "lowering", "check", "slopes")


@dataclass(frozen=True, eq=False)
class AsymmetryResults:
    """What the study found, as tables; its rows aren't kept.

    Attributes
    ----------
    effects, contrasts, curves, lowering
        From `asymmetry_effects`, `asymmetry_contrasts`, `asymmetry_curves` and `asymmetry_lowering`.
    check
        From `symmetry_check`, of "symmetry" and "activation".
    slopes
        From `observed_slopes`: what unchanged faces say.
    about
        How it was made: people, steps, classifiers and their hashes, versions, seeds.
    """

    effects: pd.DataFrame
    contrasts: pd.DataFrame
    curves: pd.DataFrame
    lowering: pd.DataFrame
    check: pd.DataFrame
    slopes: pd.DataFrame
    about: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        faces: pd.DataFrame,
        observed: pd.DataFrame,
        about: Mapping[str, Any],
        *,
        delta: float = DELTA,
        alpha: float = ALPHA,
        seed: int = SEED,
    ) -> Self:
        """Make the tables from the rows of a study, its faces, and unchanged faces (`observe`).

        Parameters
        ----------
        table, faces
            As of a result; with ``measured_symmetry`` and ``measured_activation``.
        observed
            From `observe`.
        about
            How it was made.
        delta, alpha, seed
            As they were set before the run.
        """
        import pandas as pd

        level: dict[str, Any] = {"alpha": alpha, "seed": seed}
        checks = [symmetry_check(table, faces, name) for name in ("symmetry", "activation")]
        return cls(
            effects=asymmetry_effects(table, faces, delta=delta, **level),
            contrasts=asymmetry_contrasts(table, faces, delta=delta, **level),
            curves=asymmetry_curves(table, faces, **level),
            lowering=asymmetry_lowering(table, faces, expressions=None, **level),
            check=pd.concat(checks, ignore_index=True),
            slopes=observed_slopes(observed, alpha=alpha),
            about=about,
        )

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a classifier, side, expression, intensity and value: see `asymmetry_table`."""
        return tabulate(self.effects, self.contrasts)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """What unchanged faces lead to expect beside what was found: see `compare_with_observed`."""
        return compare_with_observed(self.slopes, self.table, self.check)

    def save(self, folder: str | Path = FOLDER) -> Path:
        """Write the tables as Parquet, float32, and how they were made as JSON; none is left half-written."""
        return save_tables(folder, "asymmetry", {name: getattr(self, name) for name in TABLES}, self.about)


def load_asymmetry(folder: str | Path = FOLDER) -> AsymmetryResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/asymmetry_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    tables, about = load_tables(folder, "asymmetry", TABLES)
    return AsymmetryResults(**tables, about=about)
