"""Importance of electrodes: drawn on the face, and as shares of regions and muscles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from facelib.charts import theme
from facelib.charts.muscles.topography import lines
from facelib.charts.studies.heatmap import FALLS, RISES
from facelib.charts.tables import classifiers_of, needed, rows
from facelib.errors import BadValueError
from facelib.experiments.electrodes.importance import ALONE, LAST
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.sentences import small

PLACED: Final = (
    "scheme", "position", "x", "y", "side", "region", "classifier", "outcome", "how", "n", "change", "low",
    "high", "p_holm", "verdict", "rank", "alpha",
)  # fmt: skip
DOTS: Final = (
    "position", "x", "y", "how", "kind", "reach", "change", "low", "high", "says", "name", "sure",
)  # fmt: skip
SHARED: Final = (
    "scheme", "by", "group", "classifier", "outcome", "n", "total", "total_low", "total_high", "change",
    "low", "high", "error", "p_holm", "verdict", "alpha",
)  # fmt: skip
BARS: Final = (
    "title", "classifier", "kind", "change", "low", "high", "error", "words", "n", "p_holm", "verdict", "at",
)  # fmt: skip
WHAT: Final = {
    "probability": "the mean probability of the expression that is meant",
    "accuracy": "the share of faces named as meant",
}
TITLES: Final = {ALONE: "one electrode alone", LAST: "one more, beside all others"}
SURE: Final = ("falls", "rises")
UNSURE: Final = "0 is in the interval"
KINDS: Final = (*SURE, UNSURE)
DARK: Final = {"falls": "#b3541e", "rises": "#1f6fa8", UNSURE: "#7b8794"}
LIGHT: Final = {"falls": FALLS, "rises": RISES, UNSURE: "#ffffff"}
NAMED: Final = 3  # positions with the largest changes
WIDE, HIGH = 90.0, 100.0  # mm from the middle of the plane
LARGEST: Final = 480  # px², of the largest dot


def electrode_map(
    table: pd.DataFrame,
    scheme: str = "fridlund",
    classifier: str = MEAN,
    outcome: str = "probability",
    *,
    height: int = 280,
) -> alt.ConcatChart:
    """Draw the change by each electrode on the face: alone on a bare face, and beside all others.

    Triangles that point down: the outcome falls; up: it rises; the larger, the farther, on one scale for both
    panels. Hollow circles: the interval over people holds 0. The names of the three largest stand beside.
    The person's left is at the right, as in a picture of the face.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes.position_table`.
    scheme, classifier, outcome
        Which of its rows; the mean of all classifiers by default.
    height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table has no such rows.
    """
    positions = _chosen(needed(table, PLACED), scheme=scheme, classifier=classifier, outcome=outcome)
    data = map_rows(positions)
    hows = [how for how in TITLES if (positions["how"] == how).any()]
    width = round(height * WIDE / HIGH)
    largest = max((row["reach"] for row in data), default=0.0) or 1.0
    panels = [_face(how, largest, width, height) for how in hows]
    chart = alt.concat(
        *panels, columns=len(panels), datasets={"electrodes": data, "lines": lines()}
    ).resolve_legend(shape="shared", fill="shared", stroke="shared", size="shared")
    heading = f"{classifier}: what an electrode of {scheme.capitalize()} changes in {WHAT[outcome]}"
    spoken = "; ".join(
        f"{TITLES[how]}: "
        + ", ".join(f"{row['position']} {row['says']}" for row in data if row["how"] == how and row["name"])
        for how in hows
    )
    finished = theme.finish(
        chart,
        columns=len(panels),
        heading=json.dumps(heading),
        above=12,
        description=f"Electrodes on a face, the person's left at the right. {heading}; largest: {spoken}.",
    )
    return finished.properties(spacing=alt.RowColnumber(row=30, column=30))


def map_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the dots of `electrode_map`, the smallest on top."""
    found = table.assign(reach=table["change"].abs(), kind=_kinds(table), sure=_kinds(table) != UNSURE)
    found = found.sort_values("reach", ascending=False, kind="stable")
    place = found.groupby("how").cumcount()
    found["name"] = np.where((place < NAMED) & (found["reach"] > 0), found["position"], "")
    found["says"] = [_says(row) for row in found.to_dict("records")]
    return rows(found, DOTS)


def electrode_shares(
    table: pd.DataFrame,
    by: str = "region",
    outcome: str = "probability",
    scheme: str = "fridlund",
    *,
    width: int = 150,
    row_height: int = 17,
) -> alt.ConcatChart:
    """Draw the share of each region or muscle in the change by all electrodes, one panel per classifier.

    Bars are Shapley values: what a group adds, averaged over the orders in which groups may be attached;
    those of a panel add up to the number below its name. Lines are 95 % intervals over people. Hollow bars:
    the interval holds 0; a star: significant after Holm's correction.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes.share_table`.
    by
        "region" or "muscle".
    outcome, scheme
        Which of its rows.
    width, row_height
        px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table has no such rows.
    """
    shares = _chosen(needed(table, SHARED), scheme=scheme, by=by, outcome=outcome)
    names = classifiers_of(shares)
    data = share_rows(shares)
    titles = [row["title"] for row in data if row["classifier"] == names[0]]
    low, high = float(np.nanmin([0, shares["low"].min()])), float(np.nanmax([0, shares["high"].max()]))
    room = 0.06 * (high - low or 1.0)
    beside = theme.panels_beside(names, 4)
    sums = {str(row["classifier"]): row for row in shares.drop_duplicates("classifier").to_dict("records")}
    panels = [
        _bars(
            name, titles, (low - room, high + room), sums[name], width, first=place % beside == 0
        ).properties(width=width, height=alt.Step(row_height))
        for place, name in enumerate(names)
    ]
    chart = alt.concat(*panels, columns=beside, data=alt.NamedData(name="shares"), datasets={"shares": data})
    heading = (
        f"{WHAT[outcome].capitalize()}: what each {by} adds, of {scheme.capitalize()}'s electrodes",
        "Bars: Shapley values; lines: 95 % intervals over people; hollow: 0 is in it; *: significant (Holm)",
    )
    spoken = "; ".join(f"{row['classifier']}, {row['title']}: {row['words']}" for row in data)
    finished = theme.finish(
        chart,
        columns=beside,
        heading=json.dumps(heading),
        above=14,
        description=f"Bars: {'. '.join(heading)}. {spoken}.",
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=26, column=16))


def share_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the bars of `electrode_shares`, groups in the order of the last classifier, lowest first."""
    last = table[table["classifier"] == table["classifier"].iloc[-1]]
    order = last.sort_values("change", kind="stable")["group"].tolist()
    bars = table.assign(
        title=table["group"].str.replace("_", " "),
        kind=_kinds(table),
        at=table["group"].map(order.index),
    )
    bars["words"] = [
        small(row["change"]) + (" *" if row["p_holm"] <= row["alpha"] else "")
        for row in bars.to_dict("records")
    ]
    place = {name: number for number, name in enumerate(classifiers_of(table))}
    bars = bars.assign(panel=bars["classifier"].map(place)).sort_values(["panel", "at"], kind="stable")
    return rows(bars, BARS)


def _chosen(table: pd.DataFrame, **words: str) -> pd.DataFrame:
    """Return the rows with these words, or raise `BadValueError` with those that there are."""
    found = table
    for name, word in words.items():
        known = [str(one) for one in found[name].drop_duplicates()]
        if word not in known:
            msg = f"The table has no rows with {name} {word!r}; it has {', '.join(known) or 'none'}."
            raise BadValueError(msg)
        found = found[found[name] == word]
    return found


def _kinds(table: pd.DataFrame) -> Any:
    """Return for each row whether the outcome falls, rises, or its interval holds 0."""
    return np.select([table["high"] < 0, table["low"] > 0], list(SURE), UNSURE)


def _says(row: Mapping[Any, Any]) -> str:
    star = " *" if row["p_holm"] <= row["alpha"] else ""
    return f"{small(row['change'])} ({small(row['low'])} to {small(row['high'])}){star}, {row['verdict']}"


def _face(how: str, largest: float, width: int, height: int) -> theme.Layered:
    x = alt.X("x:Q", scale=alt.Scale(domain=[-WIDE, WIDE], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-HIGH, HIGH], nice=False), axis=None)
    drawn = (
        alt.Chart(alt.NamedData(name="lines"))
        .mark_line(color=theme.BAND, strokeWidth=1.4)
        .encode(x=x, y=y, detail="line:N", order="order:Q")
    )
    base = alt.Chart(alt.NamedData(name="electrodes")).transform_filter(f"datum.how === {json.dumps(how)}")
    legend = alt.Legend(title=None, orient="bottom", direction="horizontal", symbolSize=90, offset=4)
    kinds = list(KINDS)
    dots = base.mark_point(opacity=1, strokeWidth=1.6).encode(
        x=x,
        y=y,
        size=alt.Size(
            "reach:Q",
            scale=alt.Scale(type="linear", domain=[0, largest], range=[18, LARGEST]),
            legend=alt.Legend(
                title="change", orient="right", values=_ticks(largest), format=".3~f", symbolType="circle",
                titleFontWeight="normal", symbolStrokeColor=theme.MUTED, symbolFillColor="white",
            ),
        ),
        shape=alt.Shape(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=["triangle-down", "triangle-up", "circle"]),
            legend=legend,
        ),
        fill=alt.Fill(
            "kind:N", scale=alt.Scale(domain=kinds, range=[LIGHT[one] for one in kinds]), legend=legend
        ),
        stroke=alt.Stroke(
            "kind:N", scale=alt.Scale(domain=kinds, range=[DARK[one] for one in kinds]), legend=legend
        ),
        tooltip=[
            alt.Tooltip("position:N"),
            alt.Tooltip("change:Q", format="+.4f"),
            alt.Tooltip("low:Q", format="+.4f"),
            alt.Tooltip("high:Q", format="+.4f"),
            alt.Tooltip("says:N", title="in words"),
        ],
    )  # fmt: skip
    named = base.transform_filter("datum.name !== ''").encode(x=x, y=y, text="name:N")
    text: dict[str, Any] = {"fontSize": 11, "fontWeight": "bold", "dy": -16}
    halo = named.mark_text(stroke="white", strokeWidth=3, strokeJoin="round", **text)
    sides = [
        alt.Chart(alt.InlineData(values=[{"word": side}]))
        .mark_text(color=theme.MUTED, fontSize=10, baseline="bottom", align="right" if at else "left")
        .encode(x=alt.value(at), y=alt.value(height), text="word:N")
        for side, at in (("left", width), ("right", 0))
    ]
    return alt.layer(drawn, dots, halo, named.mark_text(color=theme.INK, **text), *sides).properties(
        width=width, height=height, title=theme.panel_title(TITLES[how], 1)
    )


def _ticks(largest: float) -> list[float]:
    """Return two sizes for the legend: about the largest, and half of it."""
    digit = 10 ** np.floor(np.log10(largest))
    top = float(np.floor(largest / digit) * digit)
    return [float(f"{top / 2:.2g}"), float(f"{top:.2g}")]


def _bars(
    name: str,
    titles: list[str],
    ends: tuple[float, float],
    total: Mapping[Any, Any],
    width: int,
    *,
    first: bool,
) -> theme.Layered:
    base = alt.Chart().transform_filter(f"datum.classifier === {json.dumps(name)}")
    names = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=170, labelPadding=6,
        labels=first,
    )  # fmt: skip
    y = alt.Y("title:N", sort=titles, axis=names)
    axis = alt.Axis(title=None, tickCount=4, format=".2~f", ticks=False, domain=False)
    x = alt.X("change:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=axis)
    kinds = list(KINDS)
    bar = base.mark_bar(strokeWidth=1.2, height=alt.RelativeBandSize(0.66)).encode(
        x=x,
        y=y,
        fill=alt.Fill(
            "kind:N", scale=alt.Scale(domain=kinds, range=[LIGHT[one] for one in kinds]), legend=None
        ),
        stroke=alt.Stroke(
            "kind:N", scale=alt.Scale(domain=kinds, range=[DARK[one] for one in kinds]), legend=None
        ),
        tooltip=[
            alt.Tooltip("classifier:N"),
            alt.Tooltip("title:N", title="group"),
            alt.Tooltip("change:Q", format="+.4f"),
            alt.Tooltip("low:Q", format="+.4f"),
            alt.Tooltip("high:Q", format="+.4f"),
            alt.Tooltip("error:Q", title="Monte-Carlo error", format=".4f"),
            alt.Tooltip("p_holm:Q", title="p after Holm", format=".4f"),
            alt.Tooltip("verdict:N"),
            alt.Tooltip("n:Q", title="people"),
        ],
    )
    rule = base.mark_rule(color=theme.INK, strokeWidth=1.2).encode(x="low:Q", x2="high:Q", y=y)
    zero = alt.Chart().mark_rule(color=theme.MUTED, strokeWidth=1).encode(x=alt.datum(0))
    text = base.mark_text(align="left", color=theme.INK, fontSize=10.5).encode(
        x=alt.value(width + 4), y=y, text="words:N"
    )
    low, high = small(total["total_low"]), small(total["total_high"])
    title = alt.Title(
        text=name,
        subtitle=f"all together {small(total['total'])} ({low} to {high})",
        anchor="start",
        frame="group",
        fontSize=11.5,
        subtitleFontSize=10.5,
        subtitleColor=theme.MUTED,
        subtitlePadding=2,
        offset=6,
    )
    return alt.layer(bar, zero, rule, text).properties(title=title)
