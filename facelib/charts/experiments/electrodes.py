"""Curves of accuracy, or of an output, against the number of electrodes."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import classifiers_of, needed, rows
from facelib.errors import BadValueError
from facelib.utilities.wording import p_is, percent, signed

Outcome = Literal["accuracy", "probability"]

NUMBERS: Final = (
    "scheme", "expression_set", "classifier", "number", "n", "accuracy", "accuracy_low", "accuracy_high",
    "p_holm", "probability", "probability_low", "probability_high", "change", "verdict", "alpha",
)  # fmt: skip
CELLS: Final = ("series", "classifier", "number", "value", "low", "high", "n", "words", "end")
WHAT: Final = {
    "accuracy": "Share named as meant",
    "probability": "Mean probability of the expression that is meant",
}
SCHEMES: Final = {"fridlund": "Fridlund's", "kuramoto": "Kuramoto's"}
BESIDE: Final = 4
NO_SET: Final = "photographs"


def electrode_curves(
    table: pd.DataFrame,
    outcome: Outcome = "accuracy",
    scheme: str = "fridlund",
    *,
    width: int = 150,
    height: int = 130,
) -> alt.ConcatChart:
    """Draw an outcome against the number of electrodes: a panel per classifier, a line per expression set.

    Bands are 95 % intervals. Below a panel's name stands what all electrodes change: the share with the exact
    McNemar test after Holm's correction, or the output with its verdict.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes.number_table`, of one or more expression sets.
    outcome
        "accuracy" or "probability".
    scheme
        Whose electrodes.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, the table has no such scheme, or there is no such outcome.
    """
    if outcome not in WHAT:
        msg = f"What is drawn is one of {', '.join(WHAT)}; got {outcome!r}."
        raise BadValueError(msg)
    checked = needed(table, NUMBERS)
    scheme_rows = checked[checked["scheme"] == scheme]
    if scheme_rows.empty:
        msg = f"The table has no electrodes of {scheme!r}; it has {', '.join(checked['scheme'].unique())}."
        raise BadValueError(msg)
    data = curve_rows(scheme_rows, outcome)
    names = classifiers_of(scheme_rows)
    series = list(dict.fromkeys(row["series"] for row in data))
    most = int(scheme_rows["number"].max())
    beside = theme.panels_beside(names, BESIDE)
    panels = [
        _panel(name, data, series, most, first=order % beside == 0).properties(width=width, height=height)
        for order, name in enumerate(names)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="numbers"), datasets={"numbers": data}
    ).resolve_legend(color="shared", shape="shared", strokeDash="shared")
    heading = (
        f"{WHAT[outcome]}, against the number of {SCHEMES.get(scheme, scheme)} electrodes "
        "(in an order drawn for each face); bands: 95 % intervals"
    )
    spoken = "; ".join(f"{row['classifier']}, {row['series']}: {row['words']}" for row in data if row["end"])
    finished = theme.finish(
        chart,
        columns=beside,
        description=f"Lines: {heading}. From none to all, {spoken}.",
        heading=json.dumps(heading),
        above=14,
    )
    return finished.properties(spacing=alt.RowColnumber(row=86, column=22))


def curve_rows(table: pd.DataFrame, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the dots of `electrode_curves`; words stand with the last of each line."""
    last = table["number"] == table.groupby("scheme")["number"].transform("max")
    dots = table.assign(
        series=table["expression_set"].replace("", NO_SET),
        value=table[outcome],
        low=table[f"{outcome}_low"],
        high=table[f"{outcome}_high"],
        end=last,
    )
    starts = table[table["number"] == table["number"].min()]
    start = starts.set_index(["expression_set", "classifier"])[outcome]
    dots["words"] = [
        _words(row, outcome, float(start[row["expression_set"], row["classifier"]])) if row["end"] else ""
        for row in dots.assign(changed=table["change"]).to_dict("records")
    ]
    return rows(dots, CELLS)


def _words(row: dict[Any, Any], outcome: Outcome, start: float) -> str:
    """Return the change by all electrodes, in words."""
    if outcome == "probability":
        return f"{signed(row['changed'])}: {row['verdict']}"
    p = row["p_holm"]
    ends = f"{percent(start)} to {percent(row['value'])}"
    if p != p:  # noqa: PLR0124
        return ends
    star = " *" if p < row["alpha"] else ""
    return f"{ends}, p {p_is(p)}{star}"


def _panel(
    name: str, data: list[dict[str, Any]], series: list[str], most: int, *, first: bool
) -> theme.Layered:
    base = alt.Chart().transform_filter(f"datum.classifier === {json.dumps(name)}")
    x = alt.X(
        "number:Q",
        scale=alt.Scale(domain=[-0.04 * most, 1.04 * most], nice=False),
        axis=alt.Axis(title=None, values=[0, most // 2, most], format="d", grid=False),
    )
    axis = alt.Axis(
        title=None, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", labels=first, ticks=False, domain=False
    )
    unit = alt.Scale(domain=[-0.03, 1.08], nice=False)
    legend = (
        alt.Legend(
            title="expressions", orient="right", symbolOpacity=1, symbolSize=45, titleFontWeight="normal"
        )
        if len(series) > 1
        else None
    )
    shades = alt.Color(
        "series:N",
        scale=alt.Scale(domain=series, range=[colour(order) for order in range(len(series))]),
        legend=legend,
    )
    shape = alt.Shape("series:N", scale=alt.Scale(domain=series), legend=legend)
    band = base.mark_area(opacity=0.18, clip=True).encode(
        x=x, y=alt.Y("low:Q", scale=unit, axis=axis), y2="high:Q", color=shades
    )
    line = base.mark_line(strokeWidth=2).encode(x=x, y=alt.Y("value:Q", scale=unit, axis=axis), color=shades)
    dots = base.mark_point(filled=True, size=22, opacity=1).encode(
        x=x,
        y=alt.Y("value:Q", scale=unit, axis=axis),
        color=shades,
        shape=shape,
        tooltip=[
            alt.Tooltip("classifier:N"),
            alt.Tooltip("series:N", title="expressions"),
            alt.Tooltip("number:Q", title="electrodes"),
            alt.Tooltip("value:Q", format=".1%"),
            alt.Tooltip("low:Q", format=".1%"),
            alt.Tooltip("high:Q", format=".1%"),
            alt.Tooltip("n:Q", title="people"),
        ],
    )
    ends = [row for row in data if row["classifier"] == name and row["end"]]
    subtitle_lines = [f"{row['series']}: {row['words']}" if len(series) > 1 else row["words"] for row in ends]
    title = alt.Title(
        text=name,
        subtitle=subtitle_lines,
        anchor="start",
        frame="group",
        fontSize=11.5,
        subtitleFontSize=10.5,
        subtitleColor=theme.MUTED,
        subtitlePadding=2,
        offset=6,
    )
    return alt.layer(band, line, dots).properties(title=title)
