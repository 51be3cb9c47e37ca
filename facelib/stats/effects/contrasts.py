"""An intervention against its control, on the same identities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from facelib.errors import BadValueError, UnknownNameError, check_kind
from facelib.stats.effects.bootstrap import RESAMPLES
from facelib.stats.effects.curves import Bounds, FaceEffects, Summary, Value, face_effects
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.population import COLUMNS, assay_changes, judge
from facelib.stats.effects.rows import CELL, need
from facelib.stats.effects.signflip import FLIPS, Alternative
from facelib.utilities.checks import Floats

CONTRAST_COLUMNS: Final = {
    "intervention": COLUMNS["intervention"],
    "control": "id of the control; effects are those of the intervention minus those of the control",
    **{name: text for name, text in COLUMNS.items() if name != "intervention"},
    "mean_intervention": "mean effect of the intervention alone, same identities",
    "mean_control": "mean effect of the control alone",
}
"""Columns of what `contrast` returns."""
PAIR = ["classifier", "label"]
ABOUT = "The effects are skewed"


def contrast(
    table: pd.DataFrame,
    intervention: str,
    control: str,
    *,
    value: Value = "probability",
    bounds: Bounds | None = None,
    summary: Summary = "difference",
    delta: float | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    assay: str | None = None,
    n_flips: int = FLIPS,
    n_bootstrap: int = RESAMPLES,
    seed: int = 0,
    interim: bool = False,
) -> pd.DataFrame:
    """Compare an intervention with its control on the same identities: D = Δ(intervention) - Δ(control).

    One-sided weakening also lowers the total activation. Against a control that lowers it as much on both
    sides, D is what one weak side does beyond the same total: what is held fixed is part of the answer.

    Parameters
    ----------
    table
        Tidy sweep table that holds both.
    intervention, control
        Their ids.
    value, bounds, summary, delta, alpha, alternative, assay, n_flips, n_bootstrap, seed, interim
        As for `effects_over_faces`.

    Returns
    -------
    pandas.DataFrame
        One row per classifier and label that both have, columns as in `CONTRAST_COLUMNS`; all rows are one
        family.

    Raises
    ------
    UnknownNameError
        If the table doesn't hold the intervention or the control.
    BadValueError
        If the table can't be read, both are the same, they share no identity, or a face belongs to another
        identity under the control.

    Examples
    --------
    >>> rows = [
    ...     (f"face {i}", run, s, "fer", "happy", 0.9 - (fall + i / 50) * s)
    ...     for i in range(8)
    ...     for run, fall in (("one side", 0.4), ("both sides", 0.1))
    ...     for s in (0.0, 1.0)
    ... ]
    >>> names = ["face", "intervention", "strength", "classifier", "label", "probability"]
    >>> round(float(contrast(pd.DataFrame(rows, columns=names), "one side", "both sides")["mean"].iloc[0]), 3)
    -0.3
    """
    difference, means, left = _against(table, intervention, control, value, summary, bounds=bounds)
    known: dict[tuple[str, str], float] = {}
    if assay is not None:
        run = only_rows(table, "intervention", assay)
        known = assay_changes(face_effects(run, value=value, summary=summary, bounds=bounds), assay)
    judged = judge(
        difference,
        reference=left,
        assay=known,
        interim=interim,
        delta=delta,
        alpha=alpha,
        alternative=alternative,
        n_flips=n_flips,
        n_bootstrap=n_bootstrap,
        seed=seed,
    )
    notes = judged["notes"].str.replace(ABOUT, "The differences D are skewed", regex=False)
    return judged.assign(control=control, notes=notes, **means)[list(CONTRAST_COLUMNS)]


def differences(
    table: pd.DataFrame,
    intervention: str,
    control: str,
    value: Value,
    summary: Summary,
    *,
    bounds: Bounds | None = None,
) -> tuple[FaceEffects, dict[str, Any]]:
    """Return D of every identity, and columns with the means of intervention and control alone."""
    return _against(table, intervention, control, value, summary, bounds=bounds)[:2]


def _against(
    table: pd.DataFrame,
    intervention: str,
    control: str,
    value: Value,
    summary: Summary,
    *,
    bounds: Bounds | None,
) -> tuple[FaceEffects, dict[str, Any], Floats]:
    """Return D of every identity, means of both alone, and outputs (n, m) under the whole control."""
    for name in (intervention, control):
        check_kind(name, str, "The name of an intervention of the table")
    if intervention == control:
        msg = f"A control is another intervention; both are {intervention!r}."
        raise BadValueError(msg)
    runs = [only_rows(table, "intervention", name) for name in (intervention, control)]
    both = pd.concat(runs)  # at once: the same identities
    effects = face_effects(both, value=value, summary=summary, bounds=bounds)
    return _subtract(_run(effects, str(intervention)), _run(effects, str(control)))


def _run(effects: FaceEffects, intervention: str) -> FaceEffects:
    """Return the part of one intervention."""
    cells = np.flatnonzero(effects.cells["intervention"] == intervention)
    kept = np.asarray((~np.isnan(effects.effects[:, cells])).any(axis=1))
    return replace(
        effects,
        cells=effects.cells.iloc[cells].reset_index(drop=True),
        identities=tuple(name for name, keep in zip(effects.identities, kept, strict=True) if keep),
        effects=effects.effects[np.ix_(kept, cells)],
        starts=effects.starts[np.ix_(kept, cells)],
        faces=effects.faces[cells],
        notes=tuple(effects.notes[cell] for cell in cells),
    )


def _subtract(first: FaceEffects, second: FaceEffects) -> tuple[FaceEffects, dict[str, Any], Floats]:
    """Return D for what both have, the means of both alone, and the outputs under the control."""
    names = [name for name in first.identities if name in set(second.identities)]
    if not names:
        msg = "The intervention and its control share no identity: run both on the same faces."
        raise BadValueError(msg)
    mine, theirs = (pd.MultiIndex.from_frame(effects.cells[PAIR]) for effects in (first, second))
    cells = np.flatnonzero(mine.isin(theirs))
    if not len(cells):
        msg = "The intervention and its control share no classifier and label."
        raise BadValueError(msg)
    other = theirs.get_indexer(mine[cells])
    rows, others = (pd.Index(effects.identities).get_indexer(pd.Index(names)) for effects in (first, second))
    a, b = first.effects[np.ix_(rows, cells)], second.effects[np.ix_(others, other)]
    both = ~np.isnan(a) & ~np.isnan(b)
    difference = replace(
        first,
        cells=first.cells.iloc[cells].reset_index(drop=True)[CELL],
        identities=tuple(names),
        effects=a - b,
        starts=np.where(both, first.starts[np.ix_(rows, cells)], np.nan),
        faces=np.minimum(first.faces[cells], second.faces[other]),
        notes=tuple(
            tuple(dict.fromkeys([*first.notes[i], *second.notes[j], *_unpaired(first, int(i), int(count))]))
            for i, j, count in zip(cells, other, both.sum(axis=0), strict=True)
        ),
    )
    counts = np.maximum(both.sum(axis=0), 1)
    means = {
        name: np.where(both.any(axis=0), np.where(both, values, 0.0).sum(axis=0) / counts, np.nan)
        for name, values in (("mean_intervention", a), ("mean_control", b))
    }
    return difference, means, difference.starts + b


def _unpaired(effects: FaceEffects, cell: int, paired: int) -> list[str]:
    there = int((~np.isnan(effects.effects[:, cell])).sum())
    alone = there - paired
    return [f"{alone} of {there} identities have no control and are left out."] if alone else []


def only_rows(table: Any, column: str, name: str) -> pd.DataFrame:
    """Return the rows of one intervention or label."""
    if not isinstance(table, pd.DataFrame) or column not in table.columns:
        msg = f"Expected the tidy table of sweeps, with a column {column}; got {type(table).__name__}."
        raise BadValueError(msg)
    need(table, (column,))
    rows = table[table[column] == name]
    if rows.empty:
        names = ", ".join(map(str, pd.unique(table[column]))) or "none"
        msg = f"The table has no {column} {name!r}; it has: {names}."
        raise UnknownNameError(msg)
    return rows
