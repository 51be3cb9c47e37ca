"""Accuracy of classifiers for the same people with and without electrodes, as a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.experiments.accuracies import accuracy_panel
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.utilities.wording import p_is, percent, signed

PAIRED: Final = (
    "scheme", "expression_set", "classifier", "expression", "n", "accuracy_before", "before_low",
    "before_high", "accuracy_after", "after_low", "after_high", "accuracy_change", "p", "p_holm", "change",
    "verdict", "alpha",
)  # fmt: skip
ALL: Final = "all"
HEADING: Final = (
    "Share named as meant, 95 % intervals. Circles: without electrodes; diamonds: with them. Beside: change "
    "of the share, p (McNemar, after Holm); verdict on the output for the expression that is shown"
)
BEFORE, AFTER = "without electrodes", "with electrodes"


def electrode_accuracy(
    table: pd.DataFrame, *, columns: int = 2, width: int = 230, row_height: int = 34
) -> alt.ConcatChart:
    """Draw how many faces each classifier names rightly without electrodes and with them, and the test.

    Circles: without; filled diamonds: with; lines: Wilson's 95 % intervals. Words beside them give the
    change, the exact McNemar test after Holm's correction, and the verdict on the intended output.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes_table`, of one or more expression sets; rows of single
        expressions are left out.
    columns, width, row_height
        Panels beside each other, and px.

    Raises
    ------
    BadValueError
        If a column is missing, or no row is over all expressions.
    """
    checked = needed(table, PAIRED)
    checked = checked[checked["expression"] == ALL]
    keys = checked[["scheme", "expression_set"]].drop_duplicates().to_dict("records")
    if not keys:
        msg = f"Expected rows with the expression {ALL!r}, from electrodes_table; there are none."
        raise BadValueError(msg)
    data = accuracy_rows(checked)
    size: dict[str, Any] = {"width": width, "row_height": row_height, "intervals": True}
    panels = [accuracy_panel(key, (BEFORE, AFTER), _titled(key), **size) for key in keys]
    chart = alt.concat(*panels, columns=columns, data=alt.NamedData(name="accuracies"))
    spoken = "; ".join(
        f"{row['scheme']}, {row['expression_set']}, {row['classifier']}: {percent(row['accuracy_before'])} "
        f"to {percent(row['accuracy_after'])}, {_tested(row)}"
        for row in checked.to_dict("records")
    )
    finished = theme.finish(
        chart.properties(datasets={"accuracies": data}),
        columns=columns,
        description=f"Dots: share of faces named as they are meant, without and with electrodes. {spoken}.",
        heading=json.dumps(HEADING),
        above=14,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=26, column=24))


def accuracy_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the dots of `electrode_accuracy`, two per classifier; words stand with the second."""
    parts = []
    for name, kind in (("before", BEFORE), ("after", AFTER)):
        parts.append(
            table.assign(
                kind=kind,
                value=table[f"accuracy_{name}"],
                low=table[f"{name}_low"],
                high=table[f"{name}_high"],
                words=[_tested(row) if name == "after" else "" for row in table.to_dict("records")],
            )
        )
    return rows(
        pd.concat(parts, ignore_index=True),
        ("scheme", "expression_set", "classifier", "kind", "value", "low", "high", "n", "words"),
    )


def _titled(key: Mapping[Any, Any]) -> str:
    return f"{key['scheme']}" + (f", {key['expression_set']} expressions" if key["expression_set"] else "")


def _tested(row: Mapping[Any, Any]) -> str:
    """Return change of accuracy, test and verdict in words."""
    p = row["p_holm"]
    shown = "" if p != p else f", p {p_is(p)}"  # noqa: PLR0124
    star = " *" if p < row["alpha"] else ""
    return f"{signed(row['accuracy_change'])}{shown}{star}; {row['verdict']}"
