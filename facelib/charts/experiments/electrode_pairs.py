"""Accuracy of classifiers for the same people with and without electrodes, as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts.interval_dots import dots
from facelib.charts.tables import needed
from facelib.errors import BadValueError
from facelib.utilities.wording import p_is, signed

NEEDED: Final = (
    "scheme", "expression_set", "classifier", "expression", "accuracy_before", "before_low", "before_high",
    "accuracy_after", "after_low", "after_high", "accuracy_change", "p_holm", "verdict", "alpha",
)  # fmt: skip
ALL: Final = "all"


def electrode_accuracy(table: pd.DataFrame, *, columns: int = 2, width: int = 230) -> alt.FacetChart:
    """Draw how many faces each classifier names rightly without electrodes and with them, and the test.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes_table`, of one or more expression sets; rows of single
        expressions are left out.
    columns, width
        Panels beside each other, and of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, or no row is over all expressions.
    """
    checked = needed(table, NEEDED)
    checked = checked[checked["expression"] == ALL]
    if checked.empty:
        msg = f"Expected rows with the expression {ALL!r}, from electrodes_table; there are none."
        raise BadValueError(msg)
    kinds = {"without electrodes": "before", "with electrodes": "after"}
    parts = [
        pd.DataFrame(
            {
                "classifier": checked["classifier"],
                "panel": (checked["scheme"] + ", " + checked["expression_set"]).str.removesuffix(", "),
                "picture": kind,
                "accuracy": checked[f"accuracy_{end}"],
                "low": checked[f"{end}_low"],
                "high": checked[f"{end}_high"],
                "words": [_tested(row) if end == "after" else "" for row in checked.to_dict("records")],
            }
        )
        for kind, end in kinds.items()
    ]
    return dots(
        pd.concat(parts, ignore_index=True), "accuracy", "classifier", panel="panel", series="picture",
        words="words", form=".0%", columns=columns, width=width, row_height=34,
        heading="Share named as meant, 95 % intervals; beside: change, p (McNemar, after Holm), verdict",
    )  # fmt: skip


def _tested(row: Mapping[Any, Any]) -> str:
    """Return change of accuracy, test and verdict in words."""
    p = row["p_holm"]
    shown = "" if p != p else f", p {p_is(p)}"  # noqa: PLR0124
    star = " *" if p < row["alpha"] else ""
    return f"{signed(row['accuracy_change'])}{shown}{star}; {row['verdict']}"
