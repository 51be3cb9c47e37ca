"""Calibration of tests: measured levels by test and setting, and power curves."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, Literal

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.stats.calibration.table import EXCESS
from facelib.stats.independence.base import title_of

if TYPE_CHECKING:
    import pandas as pd

LEVELS: Final = ("method", "title", "n", "rate", "low", "high", "rejected", "runs", "broken", "words")
POWERS: Final = ("method", "shape", "at", "rate", "low", "high", "words")
HELD, BROKEN = colour(0), colour(1)
LINE: Final = 20  # characters of a name above a panel
TICKS: Final = [0, 0.05, 0.2, 0.5, 1]
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3], [10, 3])
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")


def measured_levels(
    table: pd.DataFrame, n: int | None = None, alpha: float = 0.05, *, choose: bool = True
) -> alt.ConcatChart:
    """Draw how often each test rejects true nulls, one panel per test, one row per setting.

    A blue circle: the level is held. An orange triangle with its rate in bold: the 95 % interval lies above
    1.2 times the level, the test can't be trusted there. The scale is a square root, so that small levels
    and large ones are both read.

    Parameters
    ----------
    table
        Rows of `facelib.stats.calibration.load_table`, or of `rates_over_n`; effects are left out.
    n
        Faces shown first; None: the size with most rows.
    alpha
        Nominal level: the dashed line.
    choose
        Show a menu of all n under the chart.

    Raises
    ------
    BadValueError
        If a column is missing, or nothing was measured at this n or level.

    Examples
    --------
    >>> from facelib.stats.calibration.measure import rates_over_n
    >>> chart = measured_levels(rates_over_n("partial_correlation", "number_sin_3", [100], runs=20))
    >>> chart.to_dict()["datasets"]["levels"][0]["words"]
    '100 %'
    """
    data = level_rows(table, alpha)
    sizes = sorted({int(row["n"]) for row in data})
    if not sizes:
        msg = f"Expected rows without an effect at alpha = {alpha:g}; the table has none."
        raise BadValueError(msg)
    first = max(sizes, key=lambda size: sum(row["n"] == size for row in data)) if n is None else n
    if first not in sizes:
        msg = f"Levels were measured at n = {', '.join(map(str, sizes))}; got {n}."
        raise BadValueError(msg)
    methods = list(dict.fromkeys(row["method"] for row in data))
    titles = list(dict.fromkeys(row["title"] for row in data))
    beside = theme.panels_beside(methods)
    panels = [
        _levels_panel(
            name, titles, names=order % beside == 0, title=theme.panel_title(wrap(name, LINE), beside)
        )
        for order, name in enumerate(methods)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="levels"), datasets={"levels": data}
    ).add_params(_menu(sizes, first, choose=choose), alt.param(name="alpha", value=alpha))
    heading = "'Share of true nulls rejected at ' + alpha + ', n = ' + n + '; dashed: where it should be'"
    return theme.finish(
        chart,
        columns=beside,
        heading=heading,
        description=(
            f"Share of true nulls that each test rejects at {alpha:g} with 95 % intervals, one panel per "
            f"test ({', '.join(methods)}), one row per setting; triangles: the level isn't held. "
            + _spoken(data, first)
        ),
    ).properties(spacing=alt.RowColnumber(row=56, column=14))  # names in two lines need room


def measured_power(
    table: pd.DataFrame, over: Literal["size", "n"] = "size", alpha: float = 0.05
) -> alt.ConcatChart:
    """Draw the power of tests with 95 % intervals, one panel per shape of effect, one line per test.

    Parameters
    ----------
    table
        Rows of `facelib.stats.calibration.load_table` for one scenario (and one n, or one size), or of
        `rates_over_size` and `rates_over_n`. Rows without an effect are drawn where `over` is "size".
    over
        What is drawn along the panel: the size of the effect, or the number of faces.
    alpha
        Nominal level: the dashed line.

    Raises
    ------
    BadValueError
        If a column is missing, there is no row, or a test has two rows at one place: choose a scenario.

    Examples
    --------
    >>> from facelib.stats.calibration.measure import rates_over_size
    >>> curve = rates_over_size("partial_correlation", "labels_2", 60, "linear", [0.2, 0.8], runs=20)
    >>> [row["at"] for row in measured_power(curve).to_dict()["datasets"]["powers"]]
    [0.2, 0.8]
    """
    data = power_rows(table, over, alpha)
    methods = list(dict.fromkeys(row["method"] for row in data))
    shapes = list(dict.fromkeys(row["shape"] for row in data))
    beside = theme.panels_beside(shapes, most=5)
    panels = [
        _power_panel(shape, methods, over, names=order % beside == 0, title=theme.panel_title(shape, beside))
        for order, shape in enumerate(shapes)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="powers"), datasets={"powers": data}
    ).add_params(alt.param(name="alpha", value=alpha))
    across = "size of the effect" if over == "size" else "number of faces"
    return theme.finish(
        chart,
        columns=beside,
        heading=f"'Power at ' + alpha + ' over the {across}'",
        description=(
            f"Power of {', '.join(methods)} at {alpha:g} over the {across}, one panel per shape of effect: "
            f"{', '.join(shapes)}; bands: 95 % intervals; dashed: the level."
        ),
    )


def level_rows(table: pd.DataFrame, alpha: float) -> list[dict[str, Any]]:
    """Return the rows of `measured_levels`: what wasn't held is ``broken``, ``words`` is its rate."""
    _check(table, ("shape", "alpha"))
    level = table[(table["shape"] == "none") & ((table["alpha"] - alpha).abs() < 1e-9)]
    broken = level["low"] > EXCESS * alpha
    words = [
        f"{rate:.0%}".replace("%", " %") if bad else ""
        for rate, bad in zip(level["rate"], broken, strict=True)
    ]
    return rows(level.assign(broken=broken, words=words, method=_titles(level)), LEVELS)


def power_rows(table: pd.DataFrame, over: str, alpha: float) -> list[dict[str, Any]]:
    """Return the rows of `measured_power`; those without an effect begin every panel over the size."""
    _check(table, ("shape", "alpha", "size", "n"))
    here = table[(table["alpha"] - alpha).abs() < 1e-9]
    effects = here[here["shape"] != "none"]
    if effects.empty:
        msg = f"Expected rows with an effect at alpha = {alpha:g}; the table has none."
        raise BadValueError(msg)
    parts = [effects]
    if over == "size":
        none = here[here["shape"] == "none"]
        parts = [none.assign(shape=shape, size=0.0) for shape in effects["shape"].unique()] + parts
    import pandas as pd

    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    twice = whole[whole.duplicated(["method", "shape", over])]
    if len(twice):
        row = twice.iloc[0]
        msg = (
            f"{row['method']} has several rows at {over} {row[over]:g} ({row['shape']}): choose one "
            f"scenario, and one {'n' if over == 'size' else 'size'}."
        )
        raise BadValueError(msg)
    counts = [f"{hits} of {runs}" for hits, runs in zip(whole["rejected"], whole["runs"], strict=True)]
    placed = whole.assign(at=whole[over].astype(float), words=counts, method=_titles(whole))
    return rows(placed.sort_values(["at"], kind="stable"), POWERS)


def _titles(table: pd.DataFrame) -> list[str]:
    """Return what tests are called; others by their id in words."""
    return [title_of(str(m)) for m in table["method"]]


def _check(table: pd.DataFrame, columns: Sequence[str]) -> None:
    every = ("method", "title", "n", "rate", "low", "high", "rejected", "runs", *columns)
    needed(table, list(dict.fromkeys(every)))


def _menu(sizes: Sequence[int], first: int, *, choose: bool) -> alt.Parameter:
    if not choose or len(sizes) < 2:
        return alt.param(name="n", value=first)
    return alt.param(name="n", value=first, bind=alt.binding_select(options=list(sizes), name="faces "))


def _levels_panel(method: str, titles: list[str], *, names: bool, title: alt.Title) -> theme.Layered:
    scale = alt.Scale(type="sqrt", domain=[0, 1], nice=False)
    axis = alt.Axis(title=None, values=TICKS, format="~%", labelFlush=True, labelOverlap="greedy")
    y = alt.Y(
        "title:N",
        scale=alt.Scale(domain=titles),
        axis=alt.Axis(
            title=None,
            labels=names,
            ticks=False,
            domain=False,
            labelLimit=330,
            labelColor=theme.INK,
            grid=True,
        ),
    )
    base = (
        alt.Chart()
        .transform_filter(f"datum.method === {method!r} && datum.n === n")
        .encode(y=y, color=alt.condition("datum.broken", alt.value(BROKEN), alt.value(HELD)))
    )
    x = alt.X("rate:Q", scale=scale, axis=axis)
    whisker = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=48, opacity=1).encode(
        x=x,
        shape=alt.condition("datum.broken", alt.value("triangle-up"), alt.value("circle")),
        tooltip=[
            alt.Tooltip("method:N", title="test"),
            alt.Tooltip("title:N", title="setting"),
            alt.Tooltip("rate:Q", title="rejected", format=".1%"),
            alt.Tooltip("runs:Q", title="data sets"),
        ],
    )
    text = (
        base.transform_filter("datum.broken")
        .transform_calculate(end="datum.high > 0.6 ? datum.low : datum.high")
        .mark_text(
            align=alt.ExprRef(expr="datum.high > 0.6 ? 'right' : 'left'"),
            dx=alt.ExprRef(expr="datum.high > 0.6 ? -5 : 5"),
            fontWeight="bold",
        )
        .encode(x=alt.X("end:Q", scale=scale, axis=axis), text="words:N", color=alt.value(theme.INK))
    )
    chart = alt.layer(_rule("x", scale), whisker, dot, text)
    return chart.properties(width=150, height=alt.Step(17), title=title)


def _power_panel(
    shape: str, methods: list[str], over: str, *, names: bool, title: alt.Title
) -> theme.Layered:
    up = alt.Scale(domain=[0, 1.02], nice=False)
    axis = alt.Axis(title=None, values=[0, 0.5, 1], format="~%", labels=names, ticks=False, domain=False)
    across = alt.Scale(type="linear" if over == "size" else "log", nice=False)
    x = alt.X("at:Q", scale=across, axis=alt.Axis(title=None, format="~s", grid=False, tickCount=4))
    paint = alt.Scale(domain=methods, range=[colour(order) for order in range(len(methods))])
    legend = alt.Legend(title=None, orient="bottom", columns=4, symbolStrokeWidth=2, symbolSize=60)
    hue = alt.Color("method:N", scale=paint, legend=legend)
    base = alt.Chart().transform_filter(f"datum.shape === {shape!r}")
    band = base.mark_area(opacity=0.12).encode(
        x=x,
        y=alt.Y("low:Q", scale=up, axis=axis),
        y2="high:Q",
        color=alt.Color("method:N", scale=paint, legend=None),
    )
    line = base.mark_line(strokeWidth=2).encode(
        x=x,
        y=alt.Y("rate:Q", scale=up, axis=axis),
        color=hue,
        strokeDash=alt.StrokeDash(
            "method:N", scale=alt.Scale(domain=methods, range=[list(d) for d in DASHES]), legend=legend
        ),
    )
    dot = base.mark_point(filled=True, size=40, opacity=1).encode(
        x=x,
        y=alt.Y("rate:Q", scale=up, axis=axis),
        color=hue,
        shape=alt.Shape("method:N", scale=alt.Scale(domain=methods, range=list(SHAPES)), legend=legend),
        tooltip=[
            alt.Tooltip("method:N", title="test"),
            alt.Tooltip("at:Q", title="size" if over == "size" else "faces"),
            alt.Tooltip("words:N", title="rejected"),
        ],
    )
    chart = alt.layer(_rule("y", up), band, line, dot)
    return chart.properties(width=150, height=120, title=title)


def _rule(channel: Literal["x", "y"], scale: alt.Scale) -> alt.Chart:
    """Return the dashed line at the nominal level."""
    place = alt.X("level:Q", scale=scale) if channel == "x" else alt.Y("level:Q", scale=scale)
    line: alt.Chart = (
        alt.Chart(alt.InlineData([{}]))
        .transform_calculate(level="alpha")
        .mark_rule(color=theme.INK, strokeDash=[4, 3])
        .encode(place)
    )
    return line


def _spoken(data: list[dict[str, Any]], n: int) -> str:
    """Say which levels aren't held, for screen readers."""
    bad = [
        f"{row['method']} with {row['title']} ({row['words']})"
        for row in data
        if row["broken"] and row["n"] == n
    ]
    return f"At n = {n} not held by: {'; '.join(bad)}." if bad else f"At n = {n} all hold it."
