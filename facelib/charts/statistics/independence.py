"""Tests of independence as charts: the faces label by label, one p per test, power, and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.curves import axis, curves, unit
from facelib.charts.facets import ordered
from facelib.charts.interval_dots import Look, dot_panels, looks, numbers
from facelib.charts.statistics.independence_rows import (
    LEAST,
    face_rows,
    level_rows,
    p_rows,
    power_rows,
    rate_rows,
    reach,
    titles_of,
)
from facelib.utilities.wording import percent

WORDS: Final = 152  # px for words beside the p-values
ACCENT: Final = "#0b63a5"


def faces(table: pd.DataFrame, *, width: int = 150, height: int = 96) -> alt.FacetChart:
    """Draw output over property: all faces at first, then label by label, each with a smooth line.

    Parameters
    ----------
    table
        label (text, or numbers: these are cut into seven equal shares), property, output.
    width, height
        Of a panel, px.

    Examples
    --------
    >>> from facelib.stats.causal_model import CausalModel
    >>> chart = faces(CausalModel().draw(70))
    >>> len({row["group"] for row in chart.to_dict()["datasets"]["faces"]})
    8
    """
    points = face_rows(table)
    titles = titles_of(points, "group")
    return faces_layout(titles, data=points, width=width, height=height, ends=reach(points))


def faces_layout(
    titles: Sequence[str] = (),
    *,
    data: Sequence[Mapping[str, Any]] = (),
    width: int = 150,
    height: int = 96,
    ends: int = 4,
) -> alt.FacetChart:
    """Return `faces` without data: data set ``faces``, parameters ``reach`` and ``faces_heading``."""
    scale = alt.Scale(domain=[alt.ExprRef(expr="-reach"), alt.ExprRef(expr="reach")], nice=False)
    plain = {"format": "~g", "tickCount": 3, "titlePadding": 2}
    x = alt.X("property:Q", scale=scale, axis=numbers("property", **plain))
    y = alt.Y("output:Q", scale=scale, axis=numbers("output", **plain))
    points = (
        alt.Chart()
        .transform_filter("datum.kind === 'face'")
        .mark_circle(size=13, opacity=0.55, clip=True)
        .encode(x=x, y=y, color=alt.Color("colour:N", scale=None))
    )
    line = (
        alt.Chart()
        .transform_filter("datum.kind === 'line'")
        .mark_line(color=theme.INK, strokeWidth=2, clip=True)
        .encode(x=x, y=y)
    )
    return ordered(
        alt.layer(points, line).properties(width=width, height=height), "faces", titles, data=data,
        heading=[""], columns=4, between=(8, 14), description="Points: output over property, one panel per "
        "label, all faces in the first; lines: smooth trend of each panel.",
    ).add_params(alt.param(name="reach", value=ends))  # fmt: skip


def p_values(tests: pd.DataFrame, alpha: float = 0.05, *, width: int = 420) -> alt.FacetChart:
    """Draw one p per test on a logarithmic scale, and what it says at alpha in words.

    A filled dot rejects, a hollow one doesn't.

    Parameters
    ----------
    tests
        method and p, one row per test; ``rejects`` if it isn't p < alpha.
    alpha
        Level: the dashed line.
    width
        px, words included.

    Examples
    --------
    >>> table = pd.DataFrame({"method": ["partial_correlation"], "p": [0.003]})
    >>> p_values(table).to_dict()["datasets"]["tests"][0]["words"]
    'p = .003, rejects'
    """
    chart = p_layout(data=p_rows(tests, alpha), width=width)
    return chart.properties(datasets={**chart.datasets, "level": level_rows(alpha)})


def p_layout(*, data: Sequence[Mapping[str, Any]] = (), width: int = 420) -> alt.FacetChart:
    """Return `p_values` without data: data sets ``tests`` and ``level``, parameter ``tests_heading``."""
    label = "datum.value >= 1 ? '1' : replace(format(datum.value, '.4~f'), '0.', '.')"
    ticks = [1, 0.1, 0.01, 0.001, LEAST]
    scale = numbers("p (smaller to the right)", values=ticks, titleAnchor="start", labelExpr=label)
    chart = dot_panels(
        data, name="tests", value="shown", interval=("start", "shown"), series="rejects",
        pale="old", bold="rejects",
        looks={True: Look("circle", ACCENT), False: Look("circle", ACCENT, filled=False)}, axis=scale,
        ends=[1, LEAST], scale={"type": "log", "clamp": True}, levels="level", heading=[""],
        sort=alt.EncodingSortField("place", op="min"), width=width - WORDS, row_height=23,
        description="Dots: one p per test on a logarithmic scale; those filled reject at the level of the "
        "dashed line.",
    )  # fmt: skip
    return chart.properties(datasets={"tests": list(data), "level": []})


def power(
    table: pd.DataFrame,
    alpha: float = 0.05,
    *,
    effect: float | None = None,
    width: int = 150,
    height: int = 86,
) -> alt.FacetChart:
    """Draw how often each test rejects over the size of the effect, one panel per test.

    Parameters
    ----------
    table
        effect, method, share, low, high: from `facelib.stats.rejection_rates.power`.
    alpha
        Level: the dashed line. At effect 0 a test should be there.
    effect
        Where the cursor stands; None: nowhere.
    width, height
        Of a panel, px.

    Examples
    --------
    >>> from facelib.stats.rejection_rates import power as measure
    >>> from facelib.stats.causal_model import CausalModel
    >>> chart = power(measure(CausalModel(), 60, 5, methods=["partial_correlation"]))
    >>> chart.to_dict()["datasets"]["power"][0]["title"]
    'partial correlation'
    """
    data = power_rows(table)
    now = -1.0 if effect is None else effect
    return power_layout(
        titles_of(data, "title"), data=data, width=width, height=height, alpha=alpha, effect=now
    )


def power_layout(
    titles: Sequence[str] = (),
    *,
    data: Sequence[Mapping[str, Any]] = (),
    width: int = 150,
    height: int = 86,
    alpha: float = 0.05,
    effect: float = -1.0,
) -> alt.FacetChart:
    """Return `power` without data: data set ``power``, parameters ``alpha`` and ``effect``."""
    along: dict[str, Any] = {"scale": unit(0.06), "axis": axis("effect", grid=False, titlePadding=2)}
    up: dict[str, Any] = {"scale": unit(0.06), "axis": axis("rejects", titlePadding=2)}
    tooltip = [alt.Tooltip("title:N", title="test"), alt.Tooltip("words:N", title="rejects")]
    drawn = curves(
        alt.X("effect:Q", **along), "share", up, shade=ACCENT, band=("low", "high"), size=26, tooltip=tooltip
    )
    first = alt.Chart().transform_filter("datum.first")
    wait = first.transform_filter("!isValid(datum.share)").mark_text(color=theme.MUTED)
    middle = alt.value(alt.ExprRef(expr="child_width / 2"))
    level = first.transform_calculate(alpha="alpha").mark_rule(color=theme.INK, strokeDash=[4, 3])
    cursor = first.transform_calculate(now="effect").transform_filter("datum.now >= 0")
    layers = alt.layer(
        level.encode(y=alt.Y("alpha:Q", **up)),
        cursor.mark_rule(color=theme.INK, opacity=0.7).encode(x=alt.X("now:Q", **along)),
        *drawn,
        wait.encode(x=middle, y=alt.value(height / 2), text="words:N"),
    ).properties(width=width, height=height)
    return ordered(
        layers, "power", titles, data=data, heading=[""], columns=4, between=(14, 14),
        description="Lines: share of repetitions in which a test rejects, over the effect, one panel per "
        "test; bands: 95 % intervals; dashed: the level, where the line should start.",
    ).add_params(alt.param(name="alpha", value=alpha), alt.param(name="effect", value=effect))  # fmt: skip


def rejections(table: pd.DataFrame, alpha: float = 0.05, *, width: int = 360) -> alt.FacetChart:
    """Draw how often tests reject in some settings, with exact 95 % intervals and the numbers.

    Parameters
    ----------
    table
        setting, method, share, low, high, repetitions: from `facelib.stats.rejection_rates.levels`.
    alpha
        Level that a test should hold where nothing is to be found: the dashed line.
    width
        px.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "setting": ["labels"], "method": ["partial_correlation"], "share": [0.53], "low": [0.4],
    ...         "high": [0.6], "repetitions": [100],
    ...     }
    ... )
    >>> rejections(table).to_dict()["datasets"]["levels"][0]["words"]
    '53 %'
    """
    data = rate_rows(table)
    tests = list(dict.fromkeys(row["series"] for row in data))
    across = numbers("share of draws in which the test rejects", format="%", tickCount=5)
    return dot_panels(
        data, name="levels", value="share", looks=looks(tests), ends=[0, 1], axis=across, beside=True,
        legend=alt.Legend(title=None, orient="top", symbolOpacity=1) if len(tests) > 1 else None,
        levels=[{"at": alpha, "words": ""}], width=width, row_height=18 * len(tests) + 8,
        heading=[f"Dashed: the level that was asked for, {percent(alpha)}; lines: 95 % intervals"],
        description="Share of draws in which tests reject, by setting and test.",
    )  # fmt: skip
