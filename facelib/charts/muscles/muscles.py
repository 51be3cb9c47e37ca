"""Figures of the maps between muscles and faces: their scores, their weights, and a predicted clip."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.semg.muscles import GROUPS, MUSCLES, SIDES, split

if TYPE_CHECKING:
    import pandas as pd

SCORES: Final = ("level", "name", "by", "rho", "rho_low", "rho_high", "n", "clips")
DOTS: Final = ("panel", "title", "by", "rho", "low", "high", "says")
WEIGHTS: Final = ("which", "unit", "channel", "weight")
CELLS: Final = ("which", "unit", "muscle", "side", "column", "weight", "words")
TRACE: Final = ("seconds", "name", "true", "told")
BY: Final = {"clip": "clips left out", "session": "a session left out"}
TRUE, PREDICTED = "true", "predicted by the map"
SCORES_HEADING: Final = (
    "Spearman's ρ of predicted and true values, 95 % intervals over clips. Circles: one clip after "
    "the other left out; filled diamonds: one session after the other"
)
WEIGHTS_HEADING: Final = (
    "Change of a face unit when a muscle goes from rest to full activity; l, r: its sides"
)
LOW, MIDDLE, HIGH = "#d98c4b", "#f4f6f8", "#2f7fb8"


def map_scores(
    table: pd.DataFrame, *, panels: str = "", width: int = 230, row_height: int = 26, columns: int = 2
) -> alt.ConcatChart:
    """Draw how well maps predict every group of muscles, as dots with intervals.

    Parameters
    ----------
    table
        From `facelib.semg.evaluate`, one or more below each other; rows of single channels and units are left
        out.
    panels
        Column that makes panels, beside each other; "": one panel.
    width, row_height, columns
        Of a panel and a row of it, px, and panels beside each other.

    Raises
    ------
    BadValueError
        If a column is missing, there are no groups, or a group has several rows in a panel.
    """
    data = score_rows(table, panels)
    names = list(dict.fromkeys(row["panel"] for row in data))
    start = min(0.0, math.floor(4 * min(row["low"] or row["rho"] or 0.0 for row in data)) / 4)
    parts = [
        _dots(name, width, row_height, start=start, labels=order % columns == 0)
        for order, name in enumerate(names)
    ]
    chart = alt.concat(*parts, columns=columns, data=alt.NamedData(name="scores"))
    spoken = "; ".join(
        f"{' '.join(filter(None, [row['panel'], row['title']]))}, {BY[row['by']]}: {row['says']}"
        for row in data
    )
    finished = theme.finish(
        chart.properties(datasets={"scores": data}),
        columns=columns,
        description=f"Dots: rank correlation of predicted and true values, by muscles. {spoken}.",
        heading=json.dumps(SCORES_HEADING),
        above=14,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=26, column=24))


def score_rows(table: pd.DataFrame, panels: str = "") -> list[dict[str, Any]]:
    """Return the dots of `map_scores`."""
    checked = needed(table, (*SCORES, *([panels] if panels else [])))
    checked = checked[checked["level"] == "group"]
    if checked.empty:
        msg = "Expected rows of groups, from facelib.semg.evaluate; there are none."
        raise BadValueError(msg)
    shown = checked.assign(panel=checked[panels].astype(str) if panels else "")
    if shown.duplicated(["panel", "name", "by"]).any():
        msg = "A group has several rows in a panel; choose one kind and model, or name the column `panels`."
        raise BadValueError(msg)
    return rows(
        shown.assign(
            title=[_title(name) for name in shown["name"]],
            low=shown["rho_low"],
            high=shown["rho_high"],
            says=[
                f"ρ {row['rho']:.2f} ({row['rho_low']:.2f} to {row['rho_high']:.2f}), "
                f"{int(row['n'])} rows of {int(row['clips'])} clips"
                for row in shown.to_dict("records")
            ],
        ),
        DOTS,
    )


def map_weights(table: pd.DataFrame, *, cell: int = 17) -> alt.ConcatChart:
    """Draw weights of maps as heat maps beside each other, face units by muscles, one for each ``which``.

    Parameters
    ----------
    table
        which, unit, channel, weight; see `facelib.semg.EMG2Expression.weight_table`.
    cell
        Side of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing or there is no row.
    """
    data = weight_rows(table)
    names = list(dict.fromkeys(row["which"] for row in data))
    most = max(abs(row["weight"]) for row in data) or 1.0
    parts = [_heat(name, cell, labels=order == 0, most=most) for order, name in enumerate(names)]
    chart = alt.concat(*parts, columns=len(parts), data=alt.NamedData(name="weights"))
    strong = [
        f"{row['which']}: {row['unit']} by {row['muscle']} {row['side']} {row['words']}"
        for row in data
        if abs(row["weight"]) >= 0.3
    ]
    finished = theme.finish(
        chart.properties(datasets={"weights": data}),
        columns=len(parts),
        description=f"Heat maps of weights, face units by muscles; of .3 and more: {'; '.join(strong)}.",
        heading=json.dumps(WEIGHTS_HEADING),
        above=14,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=20, column=20))


def weight_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells of `map_weights`."""
    checked = needed(table, WEIGHTS)
    if checked.empty:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    parts = [split(channel) for channel in checked["channel"]]
    shown = checked.assign(
        muscle=[MUSCLES[muscle].title for muscle, _ in parts],
        side=[side for _, side in parts],
        column=[f"{_short(muscle)} {side[0]}" for muscle, side in parts],
        words=[f"{weight:+.2f}" for weight in checked["weight"]],
    )
    return rows(shown, CELLS)


def map_traces(
    table: pd.DataFrame,
    *,
    unit: str = "",
    titles: Mapping[str, str] | None = None,
    width: int = 300,
    height: int = 70,
    columns: int = 2,
) -> alt.ConcatChart:
    """Draw true and predicted values over a clip, one panel per name, each on its own scale.

    Parameters
    ----------
    table
        seconds, name, true, told; see `facelib.semg.HeldOut.traces`.
    unit
        Of the values, for the heading.
    titles
        Names above the panels by ``name``; None: titles of groups, and names of others.
    width, height, columns
        Of a panel, px, and panels beside each other.

    Raises
    ------
    BadValueError
        If a column is missing or there is no row.
    """
    checked = needed(table, TRACE)
    if checked.empty:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    wide = checked.melt(["seconds", "name"], ["true", "told"], "line", "value")
    wide["line"] = wide["line"].map({"true": TRUE, "told": PREDICTED})
    names = [str(name) for name in checked["name"].drop_duplicates()]
    shown = {name: _title(name) for name in names} | dict(titles or {})
    parts = [_lines(name, shown[name], width, height) for name in names]
    chart = alt.concat(*parts, columns=columns, data=alt.NamedData(name="traces"))
    heading = f"Activity{f', {unit},' if unit else ''} over seconds. Grey: true; dashed: predicted"
    finished = theme.finish(
        chart.properties(datasets={"traces": rows(wide, ("seconds", "name", "line", "value"))}),
        columns=columns,
        description="Lines: true and predicted values over a clip that the map wasn't fitted to, one panel "
        f"for each of {', '.join(shown[name] for name in names)}.",
        heading=json.dumps(heading),
        above=10,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=16, column=24))


def _dots(panel: str, width: int, row_height: int, *, start: float, labels: bool) -> theme.Layered:
    kinds = list(BY)
    scale = alt.Scale(domain=[start - 0.02, 1.02], nice=False)
    ticks = [number / 4 for number in range(round(4 * start), 5)]
    axis = alt.Axis(title=None, values=ticks, format=".2~f", ticks=False, domain=False)
    titles = alt.Axis(
        title=None,
        labels=labels,
        ticks=False,
        domain=False,
        labelColor=theme.INK,
        labelLimit=0,
        labelPadding=6,
    )
    base = (
        alt.Chart()
        .transform_filter(f"datum.panel === {json.dumps(panel)}")
        .encode(y=alt.Y("title:N", sort=None, axis=titles), yOffset=alt.YOffset("by:N", sort=kinds))
    )
    shades = alt.Scale(domain=kinds, range=[colour(0), colour(1)])
    rule = base.mark_rule(strokeWidth=1.6, clip=True).encode(
        x=alt.X("low:Q", scale=scale, axis=axis),
        x2="high:Q",
        color=alt.Color("by:N", scale=shades, legend=None),
    )
    dot = base.mark_point(size=50, strokeWidth=1.8, opacity=1).encode(
        x=alt.X("rho:Q", scale=scale, axis=axis),
        shape=alt.Shape("by:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=None),
        stroke=alt.Stroke("by:N", scale=shades, legend=None),
        fill=alt.condition("datum.by === 'session'", alt.value(colour(1)), alt.value("#ffffff")),
        tooltip=["title:N", "by:N", "says:N"],
    )
    return alt.layer(rule, dot).properties(
        width=width,
        height=alt.Step(row_height, **{"for": "position"}),
        title=alt.Title(text=panel, anchor="start", frame="group", fontSize=11.5, offset=6),
    )


def _heat(which: str, cell: int, *, labels: bool, most: float) -> theme.Layered:
    order = [f"{_short(muscle)} {side[0]}" for muscle in MUSCLES for side in SIDES]
    plain: dict[str, Any] = {"title": None, "ticks": False, "domain": False, "labelColor": theme.INK}
    chart = (
        alt.Chart()
        .transform_filter(f"datum.which === {json.dumps(which)}")
        .encode(
            x=alt.X("column:N", sort=order, axis=alt.Axis(labelAngle=-90, labelFontSize=9.5, **plain)),
            y=alt.Y("unit:N", sort=None, axis=alt.Axis(labels=labels, labelFontSize=10, **plain)),
        )
    )
    rect = chart.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "weight:Q",
            scale=alt.Scale(domain=[-most, 0, most], range=[LOW, MIDDLE, HIGH], interpolate="rgb"),
            legend=None,
        ),
        tooltip=["which:N", "unit:N", "muscle:N", "side:N", "words:N"],
    )
    sign = (
        chart.transform_filter("abs(datum.weight) >= 0.1")
        .mark_text(fontSize=8, color=theme.INK)
        .encode(text=alt.Text("weight:Q", format=".1f"))
    )
    return alt.layer(rect, sign).properties(
        width=alt.Step(cell),
        height=alt.Step(cell),
        title=alt.Title(text=which, anchor="start", frame="group", fontSize=11.5, offset=6),
    )


def _lines(name: str, title: str, width: int, height: int) -> theme.Layered:
    base = alt.Chart().transform_filter(f"datum.name === {json.dumps(name)}")
    x = alt.X("seconds:Q", axis=alt.Axis(title=None, grid=False, tickCount=5))
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=3, ticks=False, domain=False))
    parts = []
    for line, shade, dash in ((TRUE, theme.MUTED, [1, 0]), (PREDICTED, colour(1), [5, 2])):
        drawn = base.transform_filter(f"datum.line === {json.dumps(line)}")
        parts.append(
            drawn.mark_line(color=shade, strokeWidth=1.8, strokeDash=dash).encode(
                x=x, y=y, tooltip=["line:N", "seconds:Q", alt.Tooltip("value:Q", format=".3f")]
            )
        )
    return alt.layer(*parts).properties(width=width, height=height, title=theme.panel_title(title, 2))


def _title(name: str) -> str:
    """Return the title of a group, in few words; names of others as they are."""
    if name not in GROUPS:
        return name
    title = GROUPS[name].title
    return f"Brow depressors{title[title.rindex(',') :]}" if name.startswith("brow_") else title


def _short(muscle: str) -> str:
    return (
        muscle.replace("_", " ")
        .replace("supercilii", "sup.")
        .replace("superioris", "sup.")
        .replace("orbicularis", "orb.")
    )
