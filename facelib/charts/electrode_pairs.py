"""The same people with and without electrodes, in a figure: what is named rightly before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib import stats
from facelib.charts import theme
from facelib.charts.independence_rows import percent
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.studies.effects import signed

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
UNIT: Final = alt.Scale(domain=[-0.02, 1.02], nice=False)


def electrode_accuracy(
    table: pd.DataFrame, *, columns: int = 2, width: int = 230, row_height: int = 34
) -> alt.ConcatChart:
    """Draw how many faces each classifier names rightly without electrodes and with them, and the test.

    Circles: without; filled diamonds: with; lines: Wilson's 95 % intervals. Words beside them give the
    change, the exact McNemar test after Holm's correction, and the verdict on the intended output.

    Parameters
    ----------
    table
        From `facelib.studies.electrodes_table`, of one or more expression sets; rows of single expressions
        are left out.
    columns, width, row_height
        Panels beside each other, and px.

    Raises
    ------
    BadValueError
        If a column is missing, or no row is over all expressions.
    """
    given = needed(table, PAIRED)
    given = given[given["expression"] == ALL]
    keys = given[["scheme", "expression_set"]].drop_duplicates().to_dict("records")
    if not keys:
        msg = f"Expected rows with the expression {ALL!r}, from electrodes_table; there are none."
        raise BadValueError(msg)
    data = accuracy_rows(given)
    panels = [_accuracies(key, width, row_height) for key in keys]
    chart = alt.concat(*panels, columns=columns, data=alt.NamedData(name="accuracies"))
    told = "; ".join(
        f"{row['scheme']}, {row['expression_set']}, {row['classifier']}: {percent(row['accuracy_before'])} "
        f"to {percent(row['accuracy_after'])}, {_tested(row)}"
        for row in given.to_dict("records")
    )
    finished = theme.finish(
        chart.properties(datasets={"accuracies": data}),
        columns=columns,
        description=f"Dots: share of faces named as they are meant, without and with electrodes. {told}.",
        heading=json.dumps(HEADING),
        above=14,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=26, column=24))


def accuracy_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the dots of `electrode_accuracy`, two a classifier; words stand with the second."""
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


def _accuracies(key: Mapping[Any, Any], width: int, row_height: int) -> theme.Layered:
    chosen = " && ".join(f"datum.{name} === {json.dumps(key[name])}" for name in ("scheme", "expression_set"))
    names = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=170, labelPadding=6
    )
    axis = alt.Axis(title=None, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", ticks=False, domain=False)
    kinds = [BEFORE, AFTER]
    base = (
        alt.Chart()
        .transform_filter(chosen)
        .encode(y=alt.Y("classifier:N", sort=None, axis=names), yOffset=alt.YOffset("kind:N", sort=kinds))
    )
    x = alt.X("value:Q", scale=UNIT, axis=axis)
    shades = alt.Scale(domain=kinds, range=[colour(0), colour(1)])
    shown = alt.Color("kind:N", scale=shades, legend=None)
    rule = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("low:Q", scale=UNIT, axis=axis), x2="high:Q", color=shown
    )
    dot = base.mark_point(size=62, strokeWidth=2, opacity=1).encode(
        x=x,
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=None),
        stroke=alt.Stroke("kind:N", scale=shades, legend=None),
        fill=alt.condition(f"datum.kind === '{AFTER}'", alt.value(colour(1)), alt.value("#ffffff")),
        tooltip=["classifier:N", "kind:N", alt.Tooltip("value:Q", format=".1%"), "n:Q", "words:N"],
    )
    text = (
        alt.Chart()
        .transform_filter(f"{chosen} && datum.words !== ''")
        .mark_text(align="left", color=theme.INK, fontSize=11)
        .encode(y=alt.Y("classifier:N", sort=None, axis=names), x=alt.value(width + 8), text="words:N")
    )
    title = f"{key['scheme']}" + (f", {key['expression_set']} expressions" if key["expression_set"] else "")
    return alt.layer(rule, dot, text).properties(
        width=width,
        height=alt.Step(row_height, **{"for": "position"}),
        title=alt.Title(text=title, anchor="start", frame="group", fontSize=11.5, offset=6),
    )


def _tested(row: Mapping[Any, Any]) -> str:
    """Return change of accuracy, test and verdict in words."""
    p = row["p_holm"]
    text = "" if p != p else stats.format_p(p)  # noqa: PLR0124
    shown = f", p {text if text[:1] in '<>' else f'= {text}'}" if text else ""
    star = " *" if p < row["alpha"] else ""
    return f"{signed(row['accuracy_change'])}{shown}{star}; {row['verdict']}"
