"""Outcomes from the tidy table of a study: the class of interest, mean curves, shares."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from facelib.stats import mean_distribution
from facelib.stats.classification import wilson
from facelib.stats.effects.equivalence import MATTERS
from facelib.stats.effects.few_people import fewest_to_matter
from facelib.studies.declared.hypothesis import INTENDED
from facelib.utilities.wording import listed, percent

RESAMPLES: Final = 1999

CURVE_COLUMNS: Final = {
    "intervention": "name of the intervention",
    "classifier": "id of the classifier",
    "label": "class of interest, or intended",
    "strength": "strength of the intervention",
    "n": "identities",
    "mean": "mean probability over identities, or mean value in its units",
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


ACCURACY_COLUMNS: Final = {
    "classifier": "id of the classifier",
    "n": "unchanged faces that are meant to show a class which it knows",
    "right": "those that it names so: the class with the largest output",
    "accuracy": "right / n",
    "low": "lower end of Wilson's 95 % interval, over faces",
    "high": "upper end of it",
    "classes": "classes that it knows: chance is one over them",
}
"""Columns of `accuracy_on_faces`, with their meaning."""


def accuracy_on_faces(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many of the unchanged faces each classifier names as they are meant.

    Parameters
    ----------
    table
        Tidy, with a column ``expression``; only strength 0 counts, each face once.

    Returns
    -------
    pandas.DataFrame
        Columns as in `ACCURACY_COLUMNS`; without rows if no face says what it is meant to show.

    Examples
    --------
    >>> rows = [("a", 0.0, "fer", label, value, "happy") for label, value in (("happy", 0.7), ("sad", 0.3))]
    >>> names = ["face", "strength", "classifier", "label", "probability", "expression"]
    >>> found = accuracy_on_faces(pd.DataFrame(rows, columns=names))
    >>> found[["classifier", "n", "right", "accuracy"]].values.tolist()
    [['fer', 1, 1, 1.0]]
    """
    keys = ["classifier", "face"]
    start = table[(table["strength"] == 0) & (table["expression"].fillna("") != "")]
    start = start.drop_duplicates([*keys, "label"])
    rows = []
    for name, own in start.groupby("classifier", sort=False):
        known = own[own["expression"].isin(own["label"].unique())]
        value = "logit" if "logit" in known and known["probability"].isna().all() else "probability"
        known = known[known[value].notna()]  # scores of other tools are no probabilities
        if known.empty:
            continue
        first = known.loc[known.groupby("face", sort=False)[value].idxmax()]
        right, n = int((first["label"] == first["expression"]).sum()), len(first)
        share = wilson(right, n)
        rows.append((name, n, right, share.value, share.low, share.high, int(own["label"].nunique())))
    return pd.DataFrame(rows, columns=list(ACCURACY_COLUMNS))


def describe_accuracy(accuracy: pd.DataFrame, *, changed: bool = True) -> str:
    """Describe how well classifiers read the unchanged faces of a study; "" if that isn't known.

    Parameters
    ----------
    accuracy
        With the columns of `ACCURACY_COLUMNS`.
    changed
        Whether the study changes its faces; else nothing is said of changes.

    Examples
    --------
    >>> found = pd.DataFrame([("fer", 60, 31, 0.517, 0.393, 0.639, 7)], columns=list(ACCURACY_COLUMNS))
    >>> print(describe_accuracy(found))
    Unchanged, these faces are named as they are meant by fer in 52 % (39 % to 64 %; chance 14 %). Shares of
    outputs that change depend on this mix of faces.
    """
    if accuracy.empty:
        return ""
    parts = [
        f"{row['classifier']} in {percent(row['accuracy'])} ({percent(row['low'])} to {percent(row['high'])}"
        f"{'; chance ' + percent(1 / row['classes']) if number == 0 else ''})"
        for number, row in enumerate(accuracy.to_dict("records"))
    ]
    guesses = [row["classifier"] for row in accuracy.to_dict("records") if row["low"] <= 1 / row["classes"]]
    weak = f" Of {listed(guesses)} it isn't shown that this is better than chance." if guesses else ""
    whose = "Unchanged, these faces are" if changed else "These faces are"
    which = "change" if changed else "go with a property"
    return (
        f"{whose} named as they are meant by {listed(parts)}.{weak} Shares of outputs that {which} depend on "
        "this mix of faces."
    )


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


def curves_over_faces(
    table: pd.DataFrame, *, value: str = "probability", alpha: float = 0.05, seed: int = 0
) -> pd.DataFrame:
    """Return the mean probability over identities at every strength, with its interval.

    Faces of one identity are averaged first.

    Parameters
    ----------
    table
        Tidy, with a column ``identity``.
    value
        Column that is averaged: "probability", or "value".
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
    means = table.groupby([*cells, "identity"], sort=False, observed=True)[value].mean()
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
                "share_matters": float((enough["verdict"] == MATTERS).mean())
                if len(enough) and len(tested)
                else np.nan,
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
