"""Outcomes from the tidy table of a study: the class of interest, mean curves, shares."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from facelib.stats import mean_distribution
from facelib.stats.effects.equivalence import MATTERS
from facelib.stats.effects.few_people import fewest_to_matter
from facelib.studies.declared.hypothesis import INTENDED

RESAMPLES: Final = 1999

CURVE_COLUMNS: Final = {
    "intervention": "name of the intervention",
    "classifier": "id of the classifier",
    "label": "class of interest, or intended",
    "strength": "strength of the intervention",
    "n": "identities",
    "mean": "mean probability over identities",
    "low": "lower end of its interval, level 1 - alpha (BCa from 20 identities on, else Student's t)",
    "high": "upper end of it",
}
"""Columns of `curves_over_faces`, with their meaning."""

SHARE_COLUMNS: Final = {
    "intervention": "name of the intervention",
    "tests": "outputs (classifier × label) that could be tested",
    "significant": "how many of them reject at alpha (sign-flip test over identities)",
    "share": "significant / tests: it rises with the number of faces and says nothing about size",
    "share_holm": "the same with Holm over all outputs and interventions",
    "share_bh": "the same with Benjamini-Hochberg",
    "share_matters": "share of outputs whose change matters at the margin, among those with people enough; "
    "NaN where none has them (`facelib.stats.fewest_to_matter`)",
    "largest": "whether no other intervention has a larger share",
    "n": "identities, the smallest number of any output",
    "alpha": "level",
    "delta": "margin",
}
"""Columns of `share_by_intervention`, with their meaning."""


def intended(table: pd.DataFrame, label: str | None = None) -> pd.DataFrame:
    """Return the rows of the class of interest: `label`, or what each face is meant to show, as "intended".

    Parameters
    ----------
    table
        Tidy, with a column ``expression``.
    label
        A common emotion; None: each face's own. Faces that say nothing are left out.
    """
    if label is not None:
        return table[table["label"] == label].reset_index(drop=True)
    rows = table[table["label"] == table["expression"]]
    return rows.assign(label=INTENDED).reset_index(drop=True)


def curves_over_faces(table: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0) -> pd.DataFrame:
    """Return the mean probability over identities at every strength, with its interval.

    Faces of one identity are averaged first.

    Parameters
    ----------
    table
        Tidy, with a column ``identity``.
    alpha
        The interval is at level 1 − α.
    seed
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns as in `CURVE_COLUMNS`.
    """
    cells = ["intervention", "classifier", "label", "strength"]
    means = table.groupby([*cells, "identity"], sort=False, observed=True)["probability"].mean()
    wide = means.unstack(cells)  # noqa: PD010 (every identity is there once)
    values = wide.to_numpy(np.float64)
    distribution = mean_distribution(values, n_bootstrap=RESAMPLES, seed=seed)
    low, high = distribution.interval(1 - alpha)
    frame = wide.columns.to_frame(index=False).assign(
        n=distribution.n, mean=distribution.mean, low=low, high=high
    )
    curves: pd.DataFrame = frame[list(CURVE_COLUMNS)]
    return curves


def share_by_intervention(effects: pd.DataFrame) -> pd.DataFrame:
    """Return, for each intervention, the share of outputs that change significantly, and that matter.

    Parameters
    ----------
    effects
        Of `facelib.stats.effects_over_faces`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `SHARE_COLUMNS`.
    """
    rows = []
    for name, cells in effects.groupby("intervention", sort=False):
        tested = cells[cells["p"].notna()]
        alpha, count = float(cells["alpha"].iloc[0]), len(tested) or np.nan
        enough = cells[cells["n"] >= fewest_to_matter(alpha, cells["alternative"].iloc[0])]
        rows.append(
            {
                "intervention": name,
                "tests": len(tested),
                "significant": int((tested["p"] <= alpha).sum()),
                "share": (tested["p"] <= alpha).sum() / count,
                "share_holm": (tested["p_holm"] <= alpha).sum() / count,
                "share_bh": (tested["p_bh"] <= alpha).sum() / count,
                "share_matters": float((enough["verdict"] == MATTERS).mean()) if len(enough) else np.nan,
                "n": int(cells["n"].min()),
                "alpha": alpha,
                "delta": float(cells["delta"].iloc[0]),
            }
        )
    table = pd.DataFrame(rows)
    table["largest"] = table["share"] == table["share"].max()
    return table[list(SHARE_COLUMNS)]


def tidy_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return stored measures, one row per property, as one row per picture: ``measured_…``, ``error``."""
    if rows.empty:
        return pd.DataFrame()
    names = rows["property"].unique().tolist()
    keys = ["face", "intervention", "step"]
    first = rows[rows["property"] == names[0]]
    table: pd.DataFrame = first[[*keys, "error"]].reset_index(drop=True)
    for name in names:  # every picture has all of them, in one order
        table[f"measured_{name}"] = rows.loc[rows["property"] == name, "value"].to_numpy()
    return table
