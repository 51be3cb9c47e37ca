"""The results of the study as tables: made from its rows, kept as small files, loaded again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.effects.equivalence import ALPHA
from facelib.studies.asymmetry.agreement import compare_with_observed, observed_slopes
from facelib.studies.asymmetry.design import SEED
from facelib.studies.asymmetry.effects import asymmetry_contrasts, asymmetry_curves, asymmetry_effects
from facelib.studies.asymmetry.lowering import asymmetry_lowering
from facelib.studies.asymmetry.table import symmetry_check, tabulate
from facelib.studies.sweep import DELTA

if TYPE_CHECKING:
    import pandas as pd

FOLDER: Final = Path(__file__).parents[1] / "results"
TABLES: Final = ("effects", "contrasts", "curves", "lowering", "check", "slopes")
ABOUT: Final = "asymmetry_about.json"
DIGITS: Final = 6  # that are significant: numbers are kept as float32


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
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            path = target / f"asymmetry_{name}.parquet"
            table = getattr(self, name)
            small = table.astype(dict.fromkeys(table.select_dtypes("float64"), np.float32))
            half = path.with_suffix(".part")
            small.to_parquet(half, index=False, compression="zstd", compression_level=19)
            half.replace(path)
        half = (target / ABOUT).with_suffix(".part")
        half.write_text(json.dumps(dict(self.about), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        half.replace(target / ABOUT)
        return target


def load_asymmetry(folder: str | Path = FOLDER) -> AsymmetryResults:
    """Return the full-size result that comes with facelib, or another one that was saved.

    ``benchmarks/asymmetry_study.py`` makes it.

    Raises
    ------
    BadValueError
        If the folder holds no such result.
    """
    import pandas as pd

    there = Path(folder)
    if missing := [name for name in TABLES if not (there / f"asymmetry_{name}.parquet").exists()]:
        msg = f"{there} holds no result of this study: {', '.join(missing)} missing. Run asymmetry_study.py."
        raise BadValueError(msg)
    tables = {name: _exact(pd.read_parquet(there / f"asymmetry_{name}.parquet")) for name in TABLES}
    return AsymmetryResults(**tables, about=json.loads((there / ABOUT).read_text(encoding="utf-8")))


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    """Return float32 as the shortest decimals that they stand for: .1, not .10000000149."""
    wide = table.copy()
    for name in table.select_dtypes("float32").columns:
        wide[name] = [float(f"{number:.{DIGITS}g}") for number in table[name]]
    return wide
