"""The shipped contrasts of one weaker side, as small tables made from what was read of every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import SIDES
from facelib.experiments.asymmetry.effects import VALUES
from facelib.experiments.asymmetry.estimands import (
    AVERAGED,
    between_seeds,
    check_arms,
    estimate,
    registered_answers,
)
from facelib.stats.effects.few_people import ALPHA
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd


@in_short(table=lambda found: found.contrasts)
@dataclass(frozen=True, eq=False, kw_only=True)
class AsymmetryContrasts(SmallTables):
    """What one weaker side does beyond what each contrast holds fixed.

    Attributes
    ----------
    contrasts
        From `estimate`: both lights, both scales with the sides averaged, and in probabilities each side.
    seeds
        From `between_seeds`: the primary light, sides averaged, two groups of people.
    check
        From `check_arms`: what the arms did, as measured.
    answers
        From `registered_answers`: what was set before the run, with the answer to each half.
    about
        How it was made.
    """

    study = "asymmetry_contrasts"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/asymmetry_contrasts.py"
    contrasts: pd.DataFrame
    seeds: pd.DataFrame
    check: pd.DataFrame
    answers: pd.DataFrame

    @classmethod
    def of(
        cls,
        tables: Sequence[pd.DataFrame],
        about: Mapping[str, Any],
        *,
        delta: float = DELTA,
        alpha: float = ALPHA,
    ) -> Self:
        """Make the tables from what was read of two groups of people (`read_arms`).

        Parameters
        ----------
        tables
            First group, in every light; second group, in the primary one.
        about
            How they were made.
        delta, alpha
            As they were set before the run.
        """
        import pandas as pd

        if len(tables) != 2:
            msg = f"Two groups of people are compared; got {len(tables)}."
            raise BadValueError(msg)
        level: dict[str, Any] = {"delta": delta, "alpha": alpha}
        first = [estimate(tables[0], value=value, **level) for value in VALUES]
        second = [estimate(tables[1], value=value, **level) for value in VALUES]
        sides = [estimate(tables[0], sides=side, **level) for side in SIDES]
        contrasts = pd.concat([*first, *sides], ignore_index=True)
        lights = set(tables[1]["light"])
        alike = contrasts[contrasts["light"].isin(lights) & (contrasts["sides"] == AVERAGED)]
        return cls(
            contrasts=contrasts,
            seeds=between_seeds(alike, pd.concat(second, ignore_index=True), alpha),
            check=check_arms(tables[0]),
            answers=registered_answers(contrasts),
            about=about,
        )
