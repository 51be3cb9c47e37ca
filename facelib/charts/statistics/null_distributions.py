"""Null distributions, p-values of repeats, and rejection rates of tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.charts import theme
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.utilities.checks import as_floats

BARS: Final = ("start", "end", "low", "high", "part")
MARKS: Final = ("value", "name")
RATES: Final = ("x", "rate", "low", "high", "series")
USUAL: Final = "nearer"
EXTREME: Final = "counted"
POWERS: Final = [10.0**-power for power in range(8)]  # ticks of a logarithmic scale


def histogram(
    values: npt.ArrayLike, counted: npt.ArrayLike, bins: int | Sequence[float] = 32
) -> pd.DataFrame:
    """Return how many values fall into each bin, those that are counted stacked upon the others.

    Parameters
    ----------
    values
        (B,) numbers, such as the null distribution of a statistic.
    counted
        bool (B,): which of them count, such as those at least as extreme as what was observed.
    bins
        Number of bins, or their edges; a value on an inner edge belongs to the bin below it.

    Returns
    -------
    pandas.DataFrame
        start, end, low, high, part: bars from ``low`` to ``high``, two per bin; empty ones are left out.

    Examples
    --------
    >>> histogram([0.1, 0.2, 0.9], [False, False, True], [0.0, 0.5, 1.0]).to_numpy().tolist()
    [[0.0, 0.5, 0, 2, 'nearer'], [0.5, 1.0, 0, 1, 'counted']]
    """
    numbers, which = as_floats(values, "Values of a histogram").ravel(), np.asarray(counted, bool)
    if not numbers.size or which.shape != numbers.shape:
        msg = f"A histogram has values, each counted or not; got {numbers.size} and {which.size}."
        raise BadValueError(msg)
    edges = _edges(numbers, bins) if isinstance(bins, int) else np.asarray(bins, np.float64)
    place = np.clip(np.searchsorted(edges, numbers, side="left") - 1, 0, len(edges) - 2)
    usual = np.bincount(place[~which], minlength=len(edges) - 1)
    extreme = np.bincount(place[which], minlength=len(edges) - 1)
    table = pd.DataFrame(
        {
            "start": np.tile(edges[:-1], 2),
            "end": np.tile(edges[1:], 2),
            "low": np.r_[np.zeros_like(usual), usual],
            "high": np.r_[usual, usual + extreme],
            "part": np.repeat([USUAL, EXTREME], len(usual)),
        }
    )
    return table[table["high"] > table["low"]].reset_index(drop=True)


def null_distribution(
    bars: pd.DataFrame | None = None,
    marks: pd.DataFrame | None = None,
    *,
    heading: str = "",
    x: str = "statistic of the shuffles",
    width: int = 300,
    height: int = 170,
) -> theme.Layered:
    """Draw the null distribution of a statistic, with what was observed as a line.

    Parameters
    ----------
    bars
        What `histogram` returned; the counted ones are drawn darker. None: a chart without data, for the app.
    marks
        value, name: lines across; one without a name is dashed.
    heading
        Above the chart; the parameter ``null_heading``.
    x
        Title of the axis.

    Examples
    --------
    >>> bars = histogram([0.1, 0.2, 0.9], [False, False, True], 4)
    >>> marks = pd.DataFrame({"value": [0.9, 0.4], "name": ["observed", ""]})
    >>> sorted(null_distribution(bars, marks).to_dict()["datasets"])
    ['null', 'null_marks']
    """
    chart = alt.layer(
        _bars("null", x=alt.Axis(title=x, format=".4~g", tickCount=4, grid=False)), *_lines("null_marks")
    )
    return theme.single(
        chart.properties(
            width=width,
            height=height,
            datasets={
                "null": rows_of_bars(bars),
                "null_marks": [] if marks is None else rows(marks, MARKS, digits=None),
            },
        ),
        name="null",
        heading=heading,
        description="Bars: null distribution of the statistic; those that count for the p-value are darker. "
        "Lines: what was observed, and the mean of the null.",
        beside=True,
    )


def p_histogram(
    bars: pd.DataFrame | None = None,
    marks: pd.DataFrame | None = None,
    *,
    heading: str = "",
    width: int = 300,
    height: int = 170,
) -> theme.Layered:
    """Draw the p-values of many repeats; where nothing is to be found the bars are equally high.

    Parameters
    ----------
    bars
        What `histogram` returned for p-values, rejected ones counted. None: a chart without data.
    marks
        value, name: how high bars are if nothing is to be found.
    heading
        Above the chart; the parameter ``p_heading``.
    """
    even = alt.Chart(alt.NamedData(name="p_marks")).transform_filter("isValid(datum.value)")
    rule = even.mark_rule(color=theme.INK, strokeDash=[4, 3]).encode(y="value:Q")
    name = even.mark_text(align="right", baseline="bottom", dy=-3).encode(
        x=alt.datum(1.0), y=alt.value(0), text="name:N"
    )
    axis = alt.Axis(title="p", values=[0.05, 0.25, 0.5, 0.75, 1], format=".2~f", grid=False)
    chart = alt.layer(_bars("p_values", x=axis, domain=(0.0, 1.0)), rule, name)
    return theme.single(
        chart.properties(
            width=width,
            height=height,
            datasets={
                "p_values": rows_of_bars(bars),
                "p_marks": [] if marks is None else rows(marks, MARKS, digits=None),
            },
        ),
        name="p",
        heading=heading,
        description="Bars: p-values of many repeats, those up to the level darker. "
        "Dashed line: the height of all bars if nothing is to be found.",
        beside=True,
    )


def levels(
    table: pd.DataFrame,
    *,
    x: str,
    y: str = "rejected",
    heading: str = "",
    marks: Sequence[float] = (0.05,),
    ticks: Sequence[float] | None = None,
    log: bool = False,
    log_x: bool = False,
    most: float = 1.0,
    width: int = 420,
    height: int = 200,
) -> theme.Layered:
    """Draw how often tests reject, with intervals, over a setting; one line per series.

    Parameters
    ----------
    table
        x (number), rate, low, high, series; without ``low`` and ``high`` there are no intervals.
    x, y
        Titles of the axes.
    heading
        Above the chart.
    marks
        Nominal levels, as dashed lines.
    ticks
        Settings named on the axis; None: all.
    log
        Whether the rates are on a logarithmic scale.
    log_x
        Whether the setting is.
    most
        Where the scale of the rates ends, if it isn't logarithmic.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [0.0, 0.3], "rate": [0.05, 0.15], "series": "n = 101"})
    >>> len(levels(table, x="correlation of neighbours").to_dict()["layer"])
    4
    """
    needed(table, ("x", "rate", "series"))
    rates = table if "low" in table else table.assign(low=table["rate"], high=table["rate"])
    names = [str(name) for name in rates["series"].drop_duplicates()]
    scale = alt.Scale(type="log") if log else alt.Scale(domain=[0, 1.02 * most], nice=False)
    colours, shapes = theme.told_apart(names)
    where = alt.X(
        "x:Q",
        title=x,
        scale=alt.Scale(type="log", nice=False, padding=12) if log_x else alt.Scale(zero=False, padding=12),
        axis=alt.Axis(
            values=sorted(rates["x"].unique().tolist() if ticks is None else ticks),
            format=".4~g",
            grid=False,
        ),
    )
    base = alt.Chart().encode(x=where, color=colours)
    powers = POWERS if log else alt.Undefined
    value = alt.Y("rate:Q", title=y, scale=scale, axis=alt.Axis(format=".4~g", tickCount=5, values=powers))
    tooltip = [
        alt.Tooltip("series:N"),
        alt.Tooltip("x:Q", title=x),
        alt.Tooltip("rate:Q", format=".3~g"),
        alt.Tooltip("low:Q", format=".3~g"),
        alt.Tooltip("high:Q", format=".3~g"),
    ]
    layers: list[alt.Chart] = [
        base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=value, y2="high:Q").encode(y="low:Q"),
        base.mark_line(strokeWidth=2).encode(y=value),
        base.mark_point(filled=True, size=45, opacity=1).encode(y=value, tooltip=tooltip, shape=shapes),
    ]
    layers += [
        alt.Chart(alt.InlineData([{}]))
        .mark_rule(color=theme.INK, strokeDash=[4, 3])
        .encode(y=alt.datum(level))
        for level in marks
    ]
    chart = alt.layer(*layers, data=alt.NamedData(name="levels"))
    return theme.single(
        chart.properties(
            width=width,
            height=height,
            datasets={"levels": rows(rates, RATES, digits=None)},
        ),
        name="levels",
        heading=heading,
        description=f"{y} over {x}, one line per series ({', '.join(names)}); dashed: nominal level.",
    )


def rows_of_bars(bars: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the bars of `histogram` as rows for a chart."""
    return [] if bars is None else rows(bars, BARS, digits=None)


def _edges(values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * abs(high):  # all the same but for rounding: one bin of visible width
        room = abs(high) / 10 or 0.5
        return np.array([low - room, high + room])
    return np.linspace(low, high, count + 1)


def _bars(data: str, x: alt.Axis, domain: tuple[float, float] | None = None) -> alt.Chart:
    scale = alt.Scale(zero=False, nice=False, padding=8) if domain is None else alt.Scale(domain=domain)
    bars: alt.Chart = (
        alt.Chart(alt.NamedData(name=data))
        .transform_filter("isValid(datum.start)")
        .mark_bar(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("start:Q", scale=scale, axis=x),
            x2="end:Q",
            y=alt.Y(
                "low:Q",
                axis=alt.Axis(
                    title=None,
                    tickCount=3,
                    format=",d",
                    tickMinStep=1,
                    minExtent=theme.ROOM,
                    maxExtent=theme.ROOM,
                ),
            ),
            y2="high:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=[USUAL, EXTREME], range=[theme.BAND, theme.COUNTED]),
                legend=None,
            ),
        )
    )
    return bars


def _lines(data: str) -> list[alt.Chart]:
    """Return lines across with their names above: solid with a name, dashed without."""
    base = alt.Chart(alt.NamedData(name=data)).transform_filter("isValid(datum.value)")
    across = alt.X("value:Q", scale=alt.Scale(zero=False, nice=False, padding=8))
    place = "(datum.value - domain('x')[0]) / (domain('x')[1] - domain('x')[0])"
    text = base.mark_text(
        baseline="bottom",
        align={"expr": f"{place} > 0.8 ? 'right' : {place} < 0.2 ? 'left' : 'center'"},
        dy=-3,
        fontWeight="bold",
    ).encode(x=across, y=alt.value(0), text="name:N")
    return [
        base.transform_filter("datum.name !== ''")
        .mark_rule(color=theme.INK, strokeWidth=2.5)
        .encode(x=across),
        base.transform_filter("datum.name === ''")
        .mark_rule(color=theme.INK, strokeWidth=1.2, strokeDash=[4, 3])
        .encode(x=across),
        text,
    ]
