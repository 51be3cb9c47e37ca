"""Agreement of symmetric faces made of pictures with those of the mesh, and verdicts that wait for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.stats.chimeras import INTENDED, NOT_JUDGED

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


def withheld(effects: pd.DataFrame) -> pd.DataFrame:
    """Return effects with limits of agreement; verdicts are withheld where these exceed half the margin.

    Parameters
    ----------
    effects
        From `facelib.stats.chimeras.chimeric_effects`.
    """
    known = agreement()
    limits = known[known["level"] == "all"].set_index(KEYS)[["low", "high"]]
    found = effects[KEYS].join(limits, on=KEYS)
    meant = (effects["label"] == INTENDED).to_numpy()
    ends = {end: np.where(meant, found[end].to_numpy(float), np.nan) for end in ("low", "high")}
    within = np.maximum(np.abs(ends["low"]), np.abs(ends["high"])) <= effects["delta"].to_numpy(float) / 2
    verdicts = effects["verdict"].where(within | (effects["verdict"] == ""), NOT_JUDGED)
    return effects.assign(agreement_low=ends["low"], agreement_high=ends["high"], verdict=verdicts)
