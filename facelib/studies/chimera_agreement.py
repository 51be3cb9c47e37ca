"""Agreement of symmetric faces made of pictures with those of the mesh, and verdicts that wait for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.stats.chimeras import ALL, INTENDED, NOT_JUDGED

if TYPE_CHECKING:
    import pandas as pd

FILE: Final = Path(__file__).with_name("chimera_agreement.csv")
KEYS: Final = ["contrast", "reference", "classifier", "shown"]

AGREEMENT_COLUMNS: Final = {
    "contrast": "as in facelib.stats.chimeras.CHIMERIC_COLUMNS",
    "reference": "as there",
    "classifier": "id of the classifier",
    "shown": "expression, and the class of the output; all: every person's mean over the expressions",
    "level": "share of the expression that the weak side lacks; all: all of them",
    "n": "rendered people",
    "truth": "mean contrast with symmetric faces of the true mesh",
    "bias": "mean of pictures minus truth",
    "sd": "standard deviation of these differences",
    "low": "lower 95 % limit of agreement: bias - 1.96 sd",
    "high": "upper limit: bias + 1.96 sd",
}
"""Columns of the table that is shipped, with their meaning."""


@cache
def agreement() -> pd.DataFrame:
    """Return the shipped table, `AGREEMENT_COLUMNS`: `facelib.experiments.chimera_agreement` makes it.

    >>> list(agreement()) == list(AGREEMENT_COLUMNS)
    True
    """
    import pandas as pd

    return pd.read_csv(FILE, dtype={"level": str})


def averaged(sets: pd.DataFrame) -> dict[tuple[str, str], frozenset[str]]:
    """Return the expressions that a person's mean may be of, by group and classifier.

    Parameters
    ----------
    sets
        `facelib.studies.ChimericResult.sets`: group, classifier, label, meant.

    Examples
    --------
    >>> import pandas as pd
    >>> smiles = {"group": "", "classifier": "fer", "label": ["happy", "sad"], "meant": "happy"}
    >>> averaged(pd.DataFrame(smiles))
    {('all', 'fer'): frozenset({'happy'})}
    """
    own = sets[sets["label"] == sets["meant"]]
    groups = own.groupby(["group", "classifier"], sort=False, observed=True)["meant"]
    return {(str(group) or ALL, str(name)): frozenset(shown) for (group, name), shown in groups}


def withheld(effects: pd.DataFrame, sets: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return effects with limits of agreement; verdicts are withheld where these exceed half the margin.

    A mean over all six expressions has limits of its own. A mean over fewer varies more: it gets the widest
    limits of those that it may be of, and none where one of these wasn't tried on renders.

    Parameters
    ----------
    effects
        From `facelib.stats.chimeras.chimeric_effects`.
    sets
        What they are of, as for `averaged`; None: all six expressions.
    """
    known = agreement()
    limits = known[known["level"] == "all"].set_index(KEYS)[["low", "high"]]
    tried = set(limits.index.get_level_values("shown")) - {ALL}
    found = effects[KEYS].join(limits, on=KEYS)[["low", "high"]].to_numpy(float, copy=True)
    for (group, name), shown in (averaged(sets) if sets is not None else {}).items():
        own = (effects["group"] == group) & (effects["classifier"] == name) & (effects["shown"] == ALL)
        if shown == tried:
            continue
        for place in np.flatnonzero(own):
            row = effects.iloc[place]
            keys = [(row["contrast"], row["reference"], name, one) for one in shown]
            each = limits.reindex(keys)
            found[place] = each["low"].min(skipna=False), each["high"].max(skipna=False)
    found[(effects["label"] != INTENDED).to_numpy()] = np.nan
    within = np.abs(found).max(axis=1) <= effects["delta"].to_numpy(float) / 2
    verdicts = effects["verdict"].where(within | (effects["verdict"] == ""), NOT_JUDGED)
    return effects.assign(agreement_low=found[:, 0], agreement_high=found[:, 1], verdict=verdicts)
