"""Agreement between the change predicted from unchanged faces and that under the intervention."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import ARMS
from facelib.stats import adjust, independence_test
from facelib.stats.effects.curves import Value
from facelib.stats.effects.few_people import ALPHA

if TYPE_CHECKING:
    import pandas as pd

LEAST: Final = 8  # faces of an expression
SAME, OPPOSITE, CANNOT_TELL = "same direction", "opposite directions", "cannot tell"

HELD: Final = ("activation", "total")
"""What can stand for the total activation: as it is measured, or as it was set."""

SLOPE_COLUMNS: Final = MappingProxyType(
    {
        "held": "what stands for the total activation: activation, as measured, or total, as it was set",
        "classifier": "id of the classifier",
        "value": "probability or logit of the expression that is shown",
        "n": "people, one face each",
        "symmetry_sd": "spread of the measured symmetry that is left, given expression and activation",
        "slope": "change of the output for one unit less symmetry, given expression and total activation: "
        "least squares, with a parabola of the activation inside each expression",
        "slope_low": "lower end of its interval, level 1 - alpha, robust (HC3)",
        "slope_high": "upper end of it",
        "raw_slope": "the same given the expression alone",
        "r": "partial correlation of asymmetry (1 - symmetry) and output, given the same",
        "p": "its two-sided p",
        "p_holm": "p after Holm over the classifiers",
        "alpha": "level",
    }
)
"""Columns of `observed_slopes`, with their meaning."""

AGREEMENT_COLUMNS: Final = MappingProxyType(
    {
        "held": "what stands for the total activation among unchanged faces",
        "classifier": "id of the classifier",
        "value": "probability or logit",
        "side": "the side that weakens in the intervention",
        "lost": "symmetry that the intervention takes away beyond its control",
        "observed": "slope among unchanged faces times that: the change that they predict",
        "observed_low": "lower end of its interval",
        "observed_high": "upper end of it",
        "interventional": "D of the intervention against the same total activation",
        "interventional_low": "lower end of its interval",
        "interventional_high": "upper end of it",
        "direction": "same direction or opposite directions if both intervals exclude 0, else cannot tell",
        "overlap": "whether the two intervals overlap",
        "ratio": "observed / interventional, where D's interval excludes 0; else NaN",
    }
)
"""Columns of `compare_with_observed`, with their meaning."""

LIMITS: Final = (
    "Among unchanged faces asymmetry has several sources at once (the resting shape, a side that moves less, "
    "a palsy that also sags at rest); the intervention has one. The slope is a straight line over whatever "
    "range is there, multiplied up to the range of the intervention. On photographs total activation is "
    "known only as a network measures it from landmarks; it measures more of it where one side is weak than "
    "where both are, so that of faces with the same measure the asymmetric ones are really weaker. Here the "
    "total that was set can be held instead. Both populations are "
    "rendered, and their intervals say nothing about other classifiers. Agreement in direction is what can "
    "be hoped for; agreement in size would owe much to these choices."
)
"""What the comparison can't say, in words."""


def observed_slopes(
    table: pd.DataFrame, values: Sequence[Value] = ("probability", "logit"), *, alpha: float = ALPHA
) -> pd.DataFrame:
    """Estimate how each output falls with measured asymmetry, given expression and total activation.

    The total is held as it was measured and, where the table has it, as it was set.

    Parameters
    ----------
    table
        From `observe`, or of photographs with the same columns but ``total``, one person per row and
        classifier.
    values
        "probability", "logit", or both.
    alpha
        Level.

    Returns
    -------
    pandas.DataFrame
        One row per classifier, value and total, columns as in `SLOPE_COLUMNS`.

    Raises
    ------
    BadValueError
        A column or a value is missing, a person is there twice, or an expression has fewer than 8 faces.
    """
    import pandas as pd

    _check(table)
    rows = []
    for held, value in product([name for name in HELD if name in table.columns], values):
        slopes = [
            {"held": held, "classifier": classifier, "value": value, "alpha": alpha}
            | _slope(part, value, held, alpha)
            for classifier, part in table.groupby("classifier", sort=False)
        ]
        for row, p in zip(slopes, adjust([row["p"] for row in slopes], "holm"), strict=True):
            rows.append(row | {"p_holm": float(p)})
    return pd.DataFrame(rows, columns=list(SLOPE_COLUMNS))


def compare_with_observed(
    slopes: pd.DataFrame, table: pd.DataFrame, check: pd.DataFrame, *, side: str = "left"
) -> pd.DataFrame:
    """Compare the change predicted from unchanged faces with the intervention's; `LIMITS` says how far to go.

    Parameters
    ----------
    slopes
        From `observed_slopes`.
    table
        From `asymmetry_table`: all expressions at intensity 1.
    check
        From `symmetry_check`: how much symmetry the arms take away.
    side
        The side that weakens.

    Returns
    -------
    pandas.DataFrame
        One row per classifier, value and total that both have, columns as in `AGREEMENT_COLUMNS`.
    """
    moved = check[(check["intensity"] == 1) & (check["measured"] == "symmetry")]
    change = dict(zip(moved["intervention"], moved["change"].to_numpy(np.float64), strict=True))
    lost = change[ARMS["total"]] - change[ARMS[side]]
    effects = table[(table["side"] == side) & (table["intensity"] == 1) & (table["expression"] == "all")]
    both = slopes.merge(effects, on=["classifier", "value"], suffixes=("", "_run"), validate="many_to_one")
    named = {
        "interventional": "d_total_mean",
        "interventional_low": "d_total_low",
        "interventional_high": "d_total_high",
    }
    compared = both.assign(
        side=side,
        lost=lost,
        observed=both["slope"] * lost,
        observed_low=both["slope_low"] * lost,
        observed_high=both["slope_high"] * lost,
        **{name: both[column] for name, column in named.items()},
    )
    signs = [
        np.where(compared[f"{kind}_low"] > 0, 1, np.where(compared[f"{kind}_high"] < 0, -1, 0))
        for kind in ("observed", "interventional")
    ]
    clear = (signs[0] != 0) & (signs[1] != 0)
    return compared.assign(
        direction=np.where(clear, np.where(signs[0] == signs[1], SAME, OPPOSITE), CANNOT_TELL),
        overlap=(compared["observed_low"] <= compared["interventional_high"])
        & (compared["interventional_low"] <= compared["observed_high"]),
        ratio=np.where(signs[1] != 0, compared["observed"] / compared["interventional"], np.nan),
    )[list(AGREEMENT_COLUMNS)]


def _check(table: pd.DataFrame) -> None:
    needed = ["identity", "expression", "classifier", "symmetry", "activation"]
    if missing := [name for name in needed if name not in table.columns]:
        msg = f"The table of observed faces lacks {', '.join(missing)}; see OBSERVED_COLUMNS."
        raise BadValueError(msg)
    if table[needed].isna().any(axis=None):
        msg = "Every observed face needs its symmetry and its activation; leave the others out."
        raise BadValueError(msg)
    if table.duplicated(["identity", "classifier"]).any():
        msg = "Rows are independent people here; somebody is there twice. Keep one face each."
        raise BadValueError(msg)
    counts = table.groupby(["classifier", "expression"]).size()
    if counts.min() < LEAST:
        msg = f"{LEAST} faces of each expression are needed, or more; one has {counts.min()}."
        raise BadValueError(msg)


def _slope(part: pd.DataFrame, value: str, total_column: str, alpha: float) -> dict[str, Any]:
    """Return the numbers of one classifier: least squares by statsmodels, and the partial correlation."""
    import pandas as pd
    from statsmodels.regression.linear_model import OLS

    asymmetry = 1 - part["symmetry"].to_numpy(np.float64)
    output = part[value].to_numpy(np.float64)
    labels = pd.get_dummies(part["expression"]).to_numpy(np.float64)
    total = part[total_column].to_numpy(np.float64)
    unit = (total - total.mean()) / (total.std() or 1.0)
    held = np.hstack([labels, labels * unit[:, None], labels * unit[:, None] ** 2])
    fit = OLS(output, np.column_stack([asymmetry, held])).fit(cov_type="HC3")
    low, high = np.asarray(fit.conf_int(alpha))[0]
    alone = OLS(output, np.column_stack([asymmetry, labels])).fit()
    left = OLS(asymmetry, held).fit().resid
    test = independence_test(asymmetry, output, pd.DataFrame(held), method="partial_correlation")
    return {
        "n": len(part),
        "symmetry_sd": float(np.std(left, ddof=1)),
        "slope": float(fit.params[0]),
        "slope_low": float(low),
        "slope_high": float(high),
        "raw_slope": float(alone.params[0]),
        "r": float(np.asarray(test.effect)),
        "p": float(np.asarray(test.p_value)),
    }
