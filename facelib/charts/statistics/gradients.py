"""Curves of the lesson on property gradients: one series, its steps, and series beside each other."""

from __future__ import annotations

from typing import Final

import altair as alt
import numpy as np
import pandas as pd

from facelib.charts import theme
from facelib.charts.curves import axis, curves, unit
from facelib.charts.facets import ordered
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
from facelib.utilities.checks import as_series

CURVE: Final = ("strength", "value")
GALLERY: Final = ("situation", "note", "strength", "value")
AGREEMENT: Final = ("x", "found", "expected", "series")


def curve(
    table: pd.DataFrame | None = None,
    *,
    heading: str = "Output over strength",
    span: tuple[float, float] = (-theme.MARGIN, 1 + theme.MARGIN),
    width: int = 300,
    height: int = 170,
) -> theme.Layered:
    """Draw one series over the strength, on the whole scale of a probability.

    Parameters
    ----------
    table
        strength, value. None: a chart without data, for the app.
    heading
        Above the chart; the parameter ``curve_heading``.
    span
        Lowest and highest value of the axis; the parameters ``lowest`` and ``highest``.

    Examples
    --------
    >>> table = pd.DataFrame({"strength": [0.0, 0.5, 1.0], "value": [0.9, 0.8, 0.1]})
    >>> len(curve(table).to_dict()["datasets"]["curve"])
    3
    """
    lowest, highest = (
        alt.param(name=name, value=value) for name, value in zip(("lowest", "highest"), span, strict=True)
    )
    scale = alt.Scale(domainMin=lowest, domainMax=highest, nice=False, zero=False, clamp=True)
    base = (
        alt.Chart(alt.NamedData(name="curve"))
        .transform_filter("isValid(datum.value)")
        .encode(
            x=alt.X(
                "strength:Q", title="strength", axis=alt.Axis(values=[0, 0.5, 1], format="~g", grid=False)
            ),
            y=alt.Y(
                "value:Q",
                title=None,
                scale=scale,
                axis=alt.Axis(tickCount=3, format=".4~g", minExtent=theme.ROOM, maxExtent=theme.ROOM),
            ),
        )
    )
    tooltip = [alt.Tooltip("strength:Q", format=".2f"), alt.Tooltip("value:Q", format=".4~g")]
    chart = alt.layer(
        base.mark_line(color=colour(0), strokeWidth=2, strokeJoin="round"),  # no tips beyond the data
        base.mark_point(color=colour(0), filled=True, size=24, opacity=1).encode(tooltip=tooltip),
    ).add_params(lowest, highest)
    return theme.single(
        chart.properties(
            width=width,
            height=height,
            datasets={"curve": [] if table is None else rows(table, CURVE, digits=None)},
        ),
        name="curve",
        heading=heading,
        description="Line: one output over the strength of the change, from 0 to 1.",
        above=theme.ABOVE + theme.NAMES + 2,  # which have 13 px on the page
        beside=True,
    )


def steps(table: pd.DataFrame, *, width: int = 300, height: int = 150) -> alt.ConcatChart:
    """Draw a series and, beside it, the size of its gradient at every strength: EPGM is the mean bar.

    Parameters
    ----------
    table
        strength, value, evenly spaced; two rows or more.

    Raises
    ------
    BadValueError
        If a column is missing, there are fewer rows, or a value isn't a finite number.

    Examples
    --------
    >>> table = pd.DataFrame({"strength": [0.0, 0.5, 1.0], "value": [0.9, 0.8, 0.1]})
    >>> [row["size"] for row in steps(table).to_dict()["datasets"]["sizes"]]
    [0.1, 0.4, 0.7]
    """
    sizes = np.abs(np.gradient(as_series(needed(table, CURVE)["value"])[:, 0]))
    data = table[list(CURVE)].assign(size=sizes)
    strength = alt.X(
        "strength:Q", title="strength", axis=alt.Axis(values=[0, 0.5, 1], format="~g", grid=False)
    )
    tooltip = [alt.Tooltip("strength:Q", format=".2f"), alt.Tooltip("size:Q", format=".4f")]
    line = (
        alt.Chart()
        .mark_line(color=colour(0), strokeWidth=2, point=alt.OverlayMarkDef(size=30, filled=True))
        .encode(
            x=strength,
            y=alt.Y(
                "value:Q",
                title=None,
                scale=alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False),
                axis=alt.Axis(values=[0, 0.5, 1], format="~g"),
            ),
            tooltip=[alt.Tooltip("strength:Q", format=".2f"), alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(title=theme.panel_title("output p", 2), width=width, height=height)
    )
    bars = (
        alt.Chart()
        .mark_bar(color=theme.BAND, width=max(2, int(width / len(data) * 0.7)))
        .encode(
            x=strength,
            y=alt.Y(
                "size:Q",
                title=None,
                scale=alt.Scale(domain=[0, 1.08 * float(sizes.max()) or 1.0], nice=False),
                axis=alt.Axis(tickCount=4, format=".4~g"),
            ),
            tooltip=tooltip,
        )
    )
    mean = (
        alt.Chart().mark_rule(color=theme.COUNTED, strokeWidth=2, strokeDash=[6, 3]).encode(y="mean(size):Q")
    )
    beside = alt.layer(bars, mean).properties(
        title=theme.panel_title("size of its gradient; dashed: the mean, EPGM", 2), width=width, height=height
    )
    chart = alt.concat(line, beside, columns=2, data=alt.NamedData(name="sizes"))
    finished = theme.finish(
        chart.properties(datasets={"sizes": rows(data, (*CURVE, "size"), digits=6)}),
        columns=2,
        description="Left: one output over the strength. Right: bars, the size of its gradient; "
        f"dashed line: their mean, the EPGM, {sizes.mean():.4f}.",
        heading="'From a curve to its EPGM'",
        above=12,
    )
    return finished.properties(spacing=alt.RowColnumber(row=44, column=58))


def gallery(table: pd.DataFrame, *, columns: int = 4, width: int = 170, height: int = 96) -> alt.FacetChart:
    """Draw series beside each other on one scale, each with its name and a note.

    Parameters
    ----------
    table
        situation, note, strength, value.

    Examples
    --------
    >>> table = pd.DataFrame({"situation": "ramp", "note": "p < .001", "strength": [0, 1], "value": [1, 0]})
    >>> gallery(table).to_dict()["datasets"]["gallery"][0]["title"].splitlines()
    ['ramp', 'p < .001']
    """
    names = needed(table, GALLERY)[["situation", "note"]].drop_duplicates("situation").to_numpy().tolist()
    shown = panelled(table, "situation", {name: f"{name}\n{note}" for name, note in names})
    tooltip = [alt.Tooltip("strength:Q", format=".2f"), alt.Tooltip("value:Q", format=".4~g")]
    spoken = " ".join(f"{name}: {note}." for name, note in names)
    layers = curves(
        alt.X("strength:Q", axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", grid=False)), "value",
        {"scale": unit(), "axis": axis()}, shade=colour(0), size=14, tooltip=tooltip, width=1.8,
    )  # fmt: skip
    return ordered(
        alt.layer(*layers).properties(width=width, height=height), "gallery",
        data=rows(shown, ("order", "title", *GALLERY), digits=None), columns=columns, between=(20, 18),
        heading=["Outputs over strength; below the name: p of the shuffle test, EPGM beside its shuffles"],
        description=f"Lines: outputs over the strength. {spoken}",
    )  # fmt: skip


def agreement(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    heading: str = "",
    width: int = 300,
    height: int = 200,
) -> theme.Layered:
    """Draw measured values as dots on the line that a formula predicts.

    Parameters
    ----------
    table
        x, found, expected, series.
    x, y
        Titles of the axes.
    heading
        Above the chart.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [0.0, 1.0], "found": [1.0, 1.5], "expected": [1.0, 1.5], "series": "a"})
    >>> [layer["mark"]["type"] for layer in agreement(table, x="ends", y="EPGM").to_dict()["layer"]]
    ['line', 'point']
    """
    names = [str(name) for name in needed(table, AGREEMENT)["series"].drop_duplicates()]
    colours, shapes = theme.told_apart(names)
    base = alt.Chart().encode(
        x=alt.X(
            "x:Q",
            title=x,
            scale=alt.Scale(nice=False, padding=8),
            axis=alt.Axis(format=".4~g", tickCount=6, grid=False),
        )
    )
    value = alt.Scale(zero=False, padding=8)
    chart = alt.layer(
        base.mark_line(color=theme.INK, strokeWidth=1).encode(
            y=alt.Y("expected:Q", title=y, scale=value, axis=alt.Axis(format=".4~g", tickCount=5)),
            detail="series:N",
        ),
        base.mark_point(filled=True, size=34, opacity=0.8).encode(
            y=alt.Y("found:Q", title=y, scale=value),
            color=colours,
            shape=shapes,
            tooltip=[
                alt.Tooltip("series:N"),
                alt.Tooltip("x:Q", format=".4~g"),
                alt.Tooltip("found:Q", format=".4~g"),
                alt.Tooltip("expected:Q", format=".4~g"),
            ],
        ),
        data=alt.NamedData(name="agreement"),
    )
    return theme.single(
        chart.properties(
            width=width, height=height, datasets={"agreement": rows(table, AGREEMENT, digits=None)}
        ),
        name="agreement",
        heading=heading,
        description=f"Dots: {y} as found, over {x}; line: what the formula expects.",
    )
