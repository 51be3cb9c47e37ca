"""Figures of the restoration: accuracies without, with and after removal; shares won back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from facelib.charts import theme
from facelib.charts.experiments.accuracies import accuracy_panel, name_axis
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.utilities.wording import percent

ALL: Final = "all"
MARGIN: Final = 0.04  # of the axis of shares, beyond what is drawn
KINDS: Final = ("without electrodes", "with electrodes", "taken off digitally")
_ENDS: Final = ("without", "with", "restored")
NEEDED: Final = (
    "worn", "expression_set", "classifier", "method", "n", "accuracy_without", "accuracy_with",
    "accuracy_restored", "won_back", "low", "high",
)  # fmt: skip
HEADING: Final = (
    "Share named as meant. Circles: without electrodes; diamonds: with them; squares: taken off digitally. "
    "Beside: share of the loss that is won back, 95 % interval over people"
)
SHARES: Final = (
    "Share of the accuracy lost to electrodes that each method wins back, all classifiers together, "
    "95 % intervals over people. Line: half of it"
)


def restored_accuracy(
    table: pd.DataFrame, method: str = "network", *, columns: int = 2, width: int = 230, row_height: int = 30
) -> alt.ConcatChart:
    """Draw the share of faces that each classifier names as meant: without, with, and restored.

    Parameters
    ----------
    table
        From `facelib.studies.won_back_table`.
    method
        Which took electrodes off.
    columns, width, row_height
        Panels beside each other, and px.

    Raises
    ------
    BadValueError
        If a column is missing, or no row is of this method.
    """
    checked = needed(table, NEEDED)
    checked = checked[(checked["method"] == method) & (checked["classifier"] != ALL)]
    keys = checked[["worn", "expression_set"]].drop_duplicates().to_dict("records")
    if not keys:
        known = ", ".join(sorted(set(table["method"])))
        msg = f"Expected rows of the method {method!r}; there are {known or 'none'}."
        raise BadValueError(msg)
    data = accuracy_rows(checked)
    size: dict[str, Any] = {"width": width, "row_height": row_height, "intervals": False}
    panels = [
        accuracy_panel(key, KINDS, f"{key['worn']}; {key['expression_set']} expressions", **size)
        for key in keys
    ]
    chart = alt.concat(*panels, columns=columns, data=alt.NamedData(name="restored"))
    spoken = "; ".join(
        f"{row['worn']}, {row['expression_set']}, {row['classifier']}: {percent(row['accuracy_without'])}, "
        f"{percent(row['accuracy_with'])}, {percent(row['accuracy_restored'])}; {words_of(row)}"
        for row in checked.to_dict("records")
    )
    finished = theme.finish(
        chart.properties(datasets={"restored": data}),
        columns=columns,
        description=f"Share of faces named as meant without electrodes, with them, and restored. {spoken}.",
        heading=json.dumps(HEADING),
        above=14,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=26, column=24))


def accuracy_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the marks of `restored_accuracy`, three per classifier; words stand with the last."""
    parts = [
        table.assign(
            kind=kind,
            value=table[f"accuracy_{end}"],
            words=[words_of(row) if kind == KINDS[-1] else "" for row in table.to_dict("records")],
        )
        for kind, end in zip(KINDS, _ENDS, strict=True)
    ]
    return rows(
        pd.concat(parts, ignore_index=True),
        ("worn", "expression_set", "classifier", "kind", "value", "n", "words"),
    )


def words_of(row: Mapping[Any, Any]) -> str:
    """Return the share won back with its interval in words.

    >>> words_of({"won_back": 0.912, "low": 0.8, "high": 1.04})
    'won back 91 % [80 %, 104 %]'
    >>> words_of({"won_back": -0.5, "low": float("nan"), "high": float("nan")})
    'won back −50 %'
    >>> words_of({"won_back": float("nan"), "low": 0.0, "high": 0.0})
    'hardly anything was lost'
    """
    share, low, high = (float(row[name]) for name in ("won_back", "low", "high"))
    if share != share:  # noqa: PLR0124
        return "hardly anything was lost"
    interval = "" if low != low else f" [{100 * low:.0f} %, {100 * high:.0f} %]"  # noqa: PLR0124
    return f"won back {100 * share:.0f} %{interval}".replace("-", "−")


def won_back_shares(table: pd.DataFrame, *, width: int = 320, row_height: int = 62) -> alt.ConcatChart:
    """Draw the share of the lost accuracy that each method wins back, all classifiers together.

    Parameters
    ----------
    table
        From `facelib.studies.won_back_table`.
    width, row_height
        Px.

    Raises
    ------
    BadValueError
        If a column is missing, or nowhere anything was lost.
    """
    checked = needed(table, NEEDED)
    checked = checked[(checked["classifier"] == ALL) & checked["won_back"].notna()]
    sets = list(dict.fromkeys(checked["expression_set"]))
    if not sets:
        msg = f"Expected rows of the classifier {ALL!r} in which something was lost; there are none."
        raise BadValueError(msg)
    data = rows(checked, ("worn", "expression_set", "method", "won_back", "low", "high", "n"))
    methods = list(dict.fromkeys(checked["method"]))
    values = checked[["low", "won_back", "high"]].to_numpy(float)
    ends = min(0.0, float(np.nanmin(values))) - MARGIN, max(1.0, float(np.nanmax(values))) + MARGIN
    panels = [_shares(name, methods, ends, width, row_height) for name in sets]
    spoken = "; ".join(
        f"{row['expression_set']}, {row['worn']}, {row['method']}: {words_of(row)}"
        for row in checked.to_dict("records")
    )
    chart = alt.concat(*panels, columns=1, data=alt.NamedData(name="shares"))
    return theme.finish(
        chart.properties(datasets={"shares": data}),
        columns=1,
        description=f"Share of the lost accuracy that is won back. {spoken}.",
        heading=json.dumps(SHARES),
        above=14,
    )


def _shares(
    expression_set: str, methods: list[str], ends: tuple[float, float], width: int, row_height: int
) -> theme.Layered:
    chosen = f"datum.expression_set === {json.dumps(expression_set)}"
    axis = alt.Axis(title=None, format=".0%", ticks=False, domain=False, tickCount=6)
    base = (
        alt.Chart()
        .transform_filter(chosen)
        .encode(
            y=alt.Y("worn:N", sort=None, axis=name_axis()),
            yOffset=alt.YOffset("method:N", sort=methods),
            color=alt.Color(
                "method:N",
                scale=alt.Scale(domain=methods, range=[colour(place) for place in range(len(methods))]),
                legend=None,
            ),
        )
    )
    scale = alt.Scale(domain=list(ends), nice=False)  # of all panels
    x = alt.X("won_back:Q", axis=axis, scale=scale)
    half = alt.Chart().mark_rule(color=theme.INK, strokeDash=[3, 3], opacity=0.5).encode(x=alt.datum(0.5))
    rule = base.mark_rule(strokeWidth=1.8).encode(x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q")
    dot = base.mark_point(size=55, filled=True, opacity=1).encode(
        x=x, tooltip=["worn:N", "method:N", alt.Tooltip("won_back:Q", format=".1%"), "n:Q"]
    )
    text = base.mark_text(align="left", fontSize=10.5).encode(
        x=alt.value(width + 8), text="method:N", color=alt.value(theme.INK)
    )
    return alt.layer(half, rule, dot, text).properties(
        width=width,
        height=alt.Step(row_height, **{"for": "position"}),
        title=theme.panel_title(f"{expression_set} expressions", 1),
    )
