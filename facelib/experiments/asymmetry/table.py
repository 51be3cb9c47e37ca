"""The table of the study: each output's start, its change, and its change beyond the controls."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import ARMS, CONTROLS, NEUTRAL, SEED, SIDES
from facelib.experiments.asymmetry.effects import ALL, VALUES, asymmetry_contrasts, asymmetry_effects
from facelib.head.expressions import TUNED_ON
from facelib.stats.effects.bootstrap import RESAMPLES
from facelib.stats.effects.curves import Value
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.signflip import FLIPS

if TYPE_CHECKING:
    import pandas as pd

SLACK: Final = 1e-3
"""By how much a symmetry score may rise between two strengths and still count as not rising (our choice)."""

_KEYS: Final = ("expression", "intensity", "value", "classifier")
_INTERVAL_COLUMNS: Final = {
    "mean": "mean over identities",
    "low": "lower end of its interval, level 1 - alpha",
    "high": "upper end of it",
    "p": "one-sided sign-flip p of a fall",
    "p_holm": "p after Holm over the K classifiers",
    "verdict_low": "lower end of the interval behind the verdicts, level 1 - 2 alpha",
    "verdict_high": "upper end of it",
    "verdict_half": "verdict at δ/2; empty for logits, which have no margin",
    "verdict": "verdict at δ",
    "verdict_double": "verdict at 2δ",
}


def _with_interval(name: str, of: str) -> dict[str, str]:
    return {f"{name}_{what}": f"{of}: {words}" for what, words in _INTERVAL_COLUMNS.items()}


TABLE_COLUMNS: Final = MappingProxyType(
    {
        "classifier": "id of the classifier",
        "tuned": "whether the expression set that isn't plain FACS was tuned on it",
        "side": "the person's own side that weakens",
        "expression": '"all": those of one person are averaged and count once; or one of them',
        "intensity": "share of the expression at strength 0",
        "value": "probability or logit of the expression that is shown",
        "n": "identities",
        "faces": "faces behind them",
        "start": "mean value at strength 0: the starting activation. Near 1 it can only fall",
        **_with_interval("change", "value at strength 1 minus that at 0, one side weakening"),
        **_with_interval("d_total", "D, that change minus the one with both sides weaker by the same total"),
        **_with_interval("d_displacement", "D, that change minus the one with both sides weaker, as visible"),
        "lowers": "the change is a fall: its p_holm is at most alpha",
        "because_total": "lowers, and D against the same total is a fall too",
        "because_displacement": "lowers, and D against the same displacement is a fall too",
        "because": "both: the output falls further than with either control",
        "swap": "this side's change minus the other side's",
        "swap_low": "lower end of its interval",
        "swap_high": "upper end of it",
        "swap_verdict_low": "lower end of the interval behind its verdict, level 1 - 2 alpha",
        "swap_verdict_high": "upper end of it",
        "swap_verdict": "its verdict at δ",
        "neutral": "change of the output for neutral on the person's neutral face, where nothing can weaken "
        "but what the neutral recipe holds; exactly 0 with plain FACS",
        "neutral_low": "lower end of its interval",
        "neutral_high": "upper end of it",
        "delta": "margin of probabilities, set before the run; NaN for logits",
        "alpha": "level",
        "notes": "what the reader must know about the change and about D",
    }
)
"""Columns of `asymmetry_table`, with their meaning."""

CHECK_COLUMNS: Final = MappingProxyType(
    {
        "intervention": "what was run",
        "intensity": "share of the expression at strength 0",
        "measured": "name of the measured property",
        "faces": "faces, neutral ones left out",
        "start": "mean at strength 0",
        "end": "mean at strength 1",
        "change": "mean change",
        "monotone": "share of faces in which it never rises by more than 0.001 from one strength to the next",
        "largest_rise": "largest rise from one strength to the next, of any face",
    }
)
"""Columns of `symmetry_check`, with their meaning."""


def asymmetry_table(
    table: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    expressions: Sequence[str] = (ALL,),
    values: Sequence[Value] = VALUES,
    delta: float | None = None,
    alpha: float = ALPHA,
    n_flips: int = FLIPS,
    n_bootstrap: int = RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return one row per classifier, side, intensity and value: the result of the study.

    Parameters
    ----------
    table
        Tidy table of a study, or of sweeps, with the interventions named as in `ARMS`.
    faces
        Its faces: face, identity, expression, intensity (`face_table`).
    expressions
        "all", or single ones.
    values
        "probability", "logit", or both.
    delta, alpha, n_flips, n_bootstrap, seed
        As for `facelib.stats.effects_over_faces`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `TABLE_COLUMNS`.

    Raises
    ------
    BadValueError
        The table or the faces can't be read, or no control was run.
    """
    options: dict[str, Any] = {
        "values": values,
        "delta": delta,
        "alpha": alpha,
        "n_flips": n_flips,
        "n_bootstrap": n_bootstrap,
        "seed": seed,
    }
    effects = asymmetry_effects(table, faces, **options, expressions=(*expressions, NEUTRAL))
    return tabulate(effects, asymmetry_contrasts(table, faces, **options, expressions=expressions))


def tabulate(effects: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the table of `asymmetry_table` from `asymmetry_effects` and `asymmetry_contrasts`."""
    import pandas as pd

    neutral = effects[effects["expression"] == NEUTRAL]
    parts = []
    for side in SIDES:
        changes = effects[(effects["intervention"] == ARMS[side]) & (effects["expression"] != NEUTRAL)]
        if changes.empty:
            continue
        level = float(changes["alpha"].iloc[0])
        rows = _renamed(changes, "change", ["n", "faces", "start", "delta", "alpha", "notes"]).assign(
            side=side
        )
        for control in CONTROLS:
            against = _pair(contrasts, side, control)
            rows = _beside(rows, _renamed(against, f"d_{control}", ["notes"]), control)
        rows["lowers"] = rows["change_p_holm"] <= level
        for control in CONTROLS:
            rows[f"because_{control}"] = rows["lowers"] & (rows[f"d_{control}_p_holm"] <= level)
        rows["because"] = rows[[f"because_{control}" for control in CONTROLS]].all(axis=1)
        parts.append(_still(_swapped(rows, contrasts, side), neutral, side))
    if not parts:
        msg = "One side weakens in none of the rows: see ARMS for the names of what has to be run."
        raise BadValueError(msg)
    whole = pd.concat(parts, ignore_index=True)
    whole["tuned"] = whole["classifier"].isin(TUNED_ON)
    return whole[list(TABLE_COLUMNS)]


def symmetry_check(
    table: pd.DataFrame, faces: pd.DataFrame, measured: str = "symmetry", *, slack: float = SLACK
) -> pd.DataFrame:
    """Check how a measured property moves along each arm: one side's weakening has to lower the symmetry.

    Parameters
    ----------
    table
        With the column ``measured_<property>``.
    faces
        As for `asymmetry_table`.
    measured
        "symmetry"; of "activation" the two arms with the same total show how far they agree.
    slack
        Rises up to this size, from one strength to the next, don't count.

    Returns
    -------
    pandas.DataFrame
        One row per arm and intensity, columns as in `CHECK_COLUMNS`.
    """
    import pandas as pd

    column = f"measured_{measured}"
    if column not in table.columns:
        msg = f"The table lacks {column}: measure it along the study (measured=...)."
        raise BadValueError(msg)
    once = table.drop_duplicates(["face", "intervention", "strength"])[
        ["face", "intervention", "strength", column]
    ].merge(faces[["face", "expression", "intensity"]], on="face")
    rows = []
    shown = once[(once["expression"] != NEUTRAL) & once["intervention"].isin(ARMS.values())]
    for (arm, intensity), part in shown.groupby(["intervention", "intensity"], sort=False):
        curves = part.pivot_table(index="face", columns="strength", values=column).sort_index(axis=1).dropna()
        numbers = curves.to_numpy(np.float64)
        largest = np.diff(numbers, axis=1).max(axis=1)
        start, end = numbers[:, 0].mean(), numbers[:, -1].mean()
        rows.append(
            (
                arm,
                intensity,
                measured,
                len(numbers),
                start,
                end,
                end - start,
                (largest <= slack).mean(),
                largest.max(),
            )
        )
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def _pair(contrasts: pd.DataFrame, arm: str, control: str) -> pd.DataFrame:
    chosen = (contrasts["intervention"] == ARMS[arm]) & (contrasts["control"] == ARMS[control])
    return contrasts[chosen]


def _renamed(rows: pd.DataFrame, name: str, also: Sequence[str]) -> pd.DataFrame:
    return rows[[*_KEYS, *_INTERVAL_COLUMNS, *also]].rename(
        columns={what: f"{name}_{what}" for what in _INTERVAL_COLUMNS}
    )


def _beside(rows: pd.DataFrame, other: pd.DataFrame, control: str) -> pd.DataFrame:
    """Put a contrast beside the changes; notes on both appear once."""
    joined = rows.merge(other, on=list(_KEYS), how="left", suffixes=("", "_d"), validate="one_to_one")
    notes = [
        " ".join(filter(None, [own, f"D against the same {control}: {more}" if more and more != own else ""]))
        for own, more in zip(joined["notes"], joined.pop("notes_d").fillna(""), strict=True)
    ]
    return joined.assign(notes=notes)


def _swapped(rows: pd.DataFrame, contrasts: pd.DataFrame, side: str) -> pd.DataFrame:
    """Add this side minus the other: of the right side, the left one's contrast turned round."""
    names = {name: f"swap_{name}" for name in ("low", "high", "verdict_low", "verdict_high", "verdict")}
    names = {"mean": "swap"} | names
    between = _pair(contrasts, *SIDES)[[*_KEYS, *names]].rename(columns=names)
    if side != SIDES[0]:
        between = between.assign(
            swap=-between["swap"],
            swap_low=-between["swap_high"],
            swap_high=-between["swap_low"],
            swap_verdict_low=-between["swap_verdict_high"],
            swap_verdict_high=-between["swap_verdict_low"],
        )
    return rows.merge(between, on=list(_KEYS), how="left", validate="one_to_one")


def _still(rows: pd.DataFrame, neutral: pd.DataFrame, side: str) -> pd.DataFrame:
    """Add the change of the neutral faces under the same arm, where there are any."""
    names = {"mean": "neutral", "low": "neutral_low", "high": "neutral_high"}
    own = neutral[neutral["intervention"] == ARMS[side]].rename(columns=names)
    return rows.merge(
        own[["classifier", "value", *names.values()]],
        on=["classifier", "value"],
        how="left",
        validate="many_to_one",
    )
