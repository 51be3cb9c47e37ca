"""Effects of every arm of the study over people, with contrasts, counts and mean curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import ARMS, CONTROLS, NEUTRAL, SEED, SIDES
from facelib.stats import (
    contrast,
    effects_over_faces,
)
from facelib.stats.effects.bootstrap import RESAMPLES
from facelib.stats.effects.contrasts import CONTRAST_COLUMNS
from facelib.stats.effects.curves import Value
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.population import COLUMNS
from facelib.stats.effects.signflip import FLIPS
from facelib.studies.outcomes import CURVE_COLUMNS, curves_over_faces, intended

if TYPE_CHECKING:
    import pandas as pd

ALL: Final = "all"
"""Stands for the expressions together: those of one person are averaged and count once."""
VALUES: Final[tuple[Value, ...]] = ("probability", "logit")

GROUP: Final = {
    "expression": 'what the faces show, or "all": but for neutral ones, each person counts once',
    "intensity": "share of the expression at strength 0",
}
NEWER: Final = ("beyond_", "betting_p", "room_share", "sensitive", "smallest_found")
"""Columns that came after the tables that are shipped: `facelib.stats.effects_over_faces` has them."""
EFFECT_COLUMNS: Final = MappingProxyType(
    {
        **GROUP,
        **{name: text for name, text in COLUMNS.items() if not name.startswith(NEWER)},
        "family": "K: the classifiers of one arm, expression and intensity",
    }
)
"""Columns of `asymmetry_effects`, with their meaning."""
CONTRAST_TABLE: Final = MappingProxyType(
    {**GROUP, **{name: text for name, text in CONTRAST_COLUMNS.items() if not name.startswith(NEWER)}}
)
"""Columns of `asymmetry_contrasts`, with their meaning."""
CURVE_TABLE: Final = MappingProxyType({**GROUP, **CURVE_COLUMNS})
"""Columns of `asymmetry_curves`, with their meaning."""


def intended_rows(table: pd.DataFrame, faces: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each face's intended class, with identity, expression and intensity.

    Parameters
    ----------
    table
        Tidy table of a study or of sweeps, interventions named as in `ARMS`.
    faces
        One row per face: face, identity, expression, intensity (`face_table`, or the faces of a result).

    Returns
    -------
    pandas.DataFrame
        The table's columns and identity, expression, intensity; ``label`` is "intended".

    Raises
    ------
    BadValueError
        A column is missing, a face isn't described, or is described twice.
    """
    keys = ["face", "identity", "expression", "intensity"]
    for what, given, needed in (
        ("table", table, ("face", "intervention", "strength", "classifier", "label")),
        ("faces", faces, keys),
    ):
        if missing := [name for name in needed if name not in given.columns]:
            msg = f"The {what} of this study lacks {', '.join(missing)}. See intended_rows."
            raise BadValueError(msg)
    if faces["face"].duplicated().any():
        msg = "Every face is described once; some are there twice."
        raise BadValueError(msg)
    extra = [name for name in keys[1:] if name in table.columns]
    rows = table.drop(columns=extra).merge(faces[keys], on="face", how="left", validate="many_to_one")
    unknown = rows.loc[rows["expression"].isna(), "face"].unique()
    if len(unknown):
        msg = f"{len(unknown)} faces of the table aren't described, first {unknown[0]!r}."
        raise BadValueError(msg)
    return intended(rows)


def groups(rows: pd.DataFrame, expressions: Sequence[str] | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield expression, intensity and their rows: all expressions together, each alone, neutral at last.

    `expressions` names what is wanted; None: everything.
    """
    moving = rows[rows["expression"] != NEUTRAL]
    shown = [ALL, *moving["expression"].unique(), *([NEUTRAL] if len(moving) < len(rows) else [])]
    wanted = shown if expressions is None else [name for name in shown if name in set(expressions)]
    if not wanted:
        msg = f"The table has the expressions {', '.join(shown)}; asked were {', '.join(expressions or ())}."
        raise BadValueError(msg)
    for name in wanted:
        subset = moving if name == ALL else rows[rows["expression"] == name]
        for intensity in subset["intensity"].unique():
            yield name, float(intensity), subset[subset["intensity"] == intensity]


def asymmetry_effects(
    table: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    expressions: Sequence[str] | None = None,
    values: Sequence[Value] = VALUES,
    delta: float | None = None,
    alpha: float = ALPHA,
    n_flips: int = FLIPS,
    n_bootstrap: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return the effect of each arm on the intended class, one row per arm and classifier, by expression.

    Parameters
    ----------
    table, faces
        As for `intended_rows`.
    expressions
        "all", "neutral" and names; None: everything that is there.
    values
        "probability", "logit" or both.
    delta, alpha, n_flips, n_bootstrap, seed
        As for `facelib.stats.effects_over_faces`; the margin is one of probabilities.

    Returns
    -------
    pandas.DataFrame
        Columns as in `EFFECT_COLUMNS`; one family of tests is the classifiers of one arm.
    """
    options: dict[str, Any] = {"alpha": alpha, "n_flips": n_flips, "n_bootstrap": n_bootstrap, "seed": seed}
    parts = [
        _grouped(
            effects_over_faces(
                part[part["intervention"] == arm],
                value=value,
                delta=delta if value == "probability" else None,
                alternative="less",
                **options,
            ),
            expression,
            intensity,
        )
        for expression, intensity, part in groups(intended_rows(table, faces), expressions)
        for arm in _there(part)
        for value in values
    ]
    return _joined(parts, EFFECT_COLUMNS)


def asymmetry_contrasts(
    table: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    expressions: Sequence[str] | None = None,
    values: Sequence[Value] = VALUES,
    delta: float | None = None,
    alpha: float = ALPHA,
    n_flips: int = FLIPS,
    n_bootstrap: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return D = Δ(one side) − Δ(control) of each side and control, and the left minus the right side.

    Against a control D is tested for a fall (one-sided), the sides against each other two-sidedly. Neutral
    faces are left out. Parameters as for `asymmetry_effects`, columns as in `CONTRAST_TABLE`.
    """
    options: dict[str, Any] = {"alpha": alpha, "n_flips": n_flips, "n_bootstrap": n_bootstrap, "seed": seed}
    parts = [
        _grouped(
            contrast(
                part,
                ARMS[arm],
                ARMS[control],
                value=value,
                delta=delta if value == "probability" else None,
                alternative="two-sided" if control in SIDES else "less",
                **options,
            ),
            expression,
            intensity,
        )
        for expression, intensity, part in groups(intended_rows(table, faces), expressions)
        if expression != NEUTRAL
        for arm, control in pairs(part)
        for value in values
    ]
    return _joined(parts, CONTRAST_TABLE)


def asymmetry_curves(
    table: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    expressions: Sequence[str] | None = None,
    alpha: float = ALPHA,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return the mean probability of the intended class over identities at every strength, with its band.

    Columns as in `CURVE_TABLE`. The band is pointwise.
    """
    parts = [
        _grouped(curves_over_faces(part, alpha=alpha, seed=seed), expression, intensity)
        for expression, intensity, part in groups(intended_rows(table, faces), expressions)
    ]
    return _joined(parts, CURVE_TABLE)


def pairs(part: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the short names of the comparisons: each side with each control, and the two sides."""
    here = set(part["intervention"])
    every = [(side, control) for side in SIDES for control in CONTROLS] + [SIDES]
    found = [(arm, control) for arm, control in every if {ARMS[arm], ARMS[control]} <= here]
    if not found:
        msg = f"One side and a control are needed, of {', '.join(ARMS.values())}; the table has {here}."
        raise BadValueError(msg)
    return found


def _there(part: pd.DataFrame) -> list[str]:
    here = set(part["intervention"])
    return [name for name in ARMS.values() if name in here]


def _grouped(rows: pd.DataFrame, expression: str, intensity: float) -> pd.DataFrame:
    return rows.assign(expression=expression, intensity=intensity)


def _joined(parts: Sequence[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(parts, ignore_index=True)[list(columns)]
