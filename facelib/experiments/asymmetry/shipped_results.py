"""The shipped results of the study, as small tables made from its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facelib.errors import PATHS, check_kind
from facelib.experiments.asymmetry.agreement import compare_with_observed, observed_slopes
from facelib.experiments.asymmetry.design import SEED
from facelib.experiments.asymmetry.effects import asymmetry_contrasts, asymmetry_curves, asymmetry_effects
from facelib.experiments.asymmetry.lowering import asymmetry_lowering
from facelib.experiments.asymmetry.shipped_contrasts import AsymmetryContrasts
from facelib.experiments.asymmetry.table import symmetry_check, tabulate
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.room import with_room
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd


@in_short(table=lambda found: found.effects)
@dataclass(frozen=True, eq=False, kw_only=True)
class AsymmetryResults(SmallTables):
    """Results of the study as tables; its rows aren't kept.

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

    study = "asymmetry"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/asymmetry_study.py"
    effects: pd.DataFrame
    contrasts: pd.DataFrame
    curves: pd.DataFrame
    lowering: pd.DataFrame
    check: pd.DataFrame
    slopes: pd.DataFrame

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
        """One row per classifier, side, expression, intensity and value: see `asymmetry_table`."""
        return tabulate(self.effects, self.contrasts)

    @cached_property
    def contrasted(self) -> AsymmetryContrasts:
        """What one weaker side does beyond what each of five contrasts holds fixed, by 100 other people."""
        return AsymmetryContrasts.load()

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """The prediction from unchanged faces beside the result: see `compare_with_observed`."""
        return compare_with_observed(self.slopes, self.table, self.check)


def load_asymmetry(folder: str | Path | None = None) -> AsymmetryResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/asymmetry_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    check_kind(folder, (*PATHS, type(None)), "A path, or None for what comes with facelib,")
    found = AsymmetryResults.load(folder)
    return replace(found, effects=with_room(found.effects), contrasts=with_room(found.contrasts))
