"""Mean response curves over people with their intervals, one panel per classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import numpy as np

from facelib.charts import theme
from facelib.charts.facets import ordered, titles_by_order
from facelib.charts.palette import colour
from facelib.charts.tables import classifiers_of, needed, rows

if TYPE_CHECKING:
    import pandas as pd

NEEDED: Final = ("intervention", "classifier", "strength", "mean", "low", "high")
CELLS: Final = ("order", "title", "line", "series", "strength", "mean", "low", "high")
_WHAT: Final = {True: "probability", False: "value"}  # of outputs whose axis ends at 0 and 1, or elsewhere
DASHES: Final = ([1, 0], [5, 3], [2, 2], [7, 3, 2, 3])


def mean_response(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    heading: str = "Mean probability over the strength of the change; bands: intervals over people",
    ends: Sequence[float] | None = None,
    columns: int = 4,
    width: int = 116,
    height: int = 84,
) -> alt.FacetChart:
    """Draw the mean over people at every strength, with its band; several interventions in one panel.

    The first intervention is a solid line, others are dashed, so that they differ without colour.

    Parameters
    ----------
    table
        intervention, classifier, strength, mean, low, high: one class of interest.
    titles
        Names of the interventions in the legend; None: their ids.
    heading
        Above the chart.
    ends
        Of the axis of outputs that are no probabilities (`axis_ends`); None: 0 and 1.
    columns, width, height
        Panels beside each other, and the size of one, px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "intervention": "palsy", "classifier": "fer", "strength": [0.0, 1.0], "mean": [0.9, 0.3],
    ...     "low": [0.85, 0.2], "high": [0.95, 0.4],
    ... })
    >>> mean_response(table).to_dict()["datasets"]["curves"][1]["mean"]
    0.3
    """
    data = curve_rows(table, titles)
    names = series_of(data)
    classifiers = titles_by_order(data)
    chart = mean_layout(
        classifiers, names, heading=[heading], ends=ends, lines=len(names), columns=columns, width=width,
        height=height,
    )  # fmt: skip
    return chart.properties(
        datasets={"curves": data},
        description=f"Lines: mean {_WHAT[ends is None]} over the strength from 0 to 1, one panel per "
        f"classifier ({', '.join(classifiers)}); lines are {', '.join(names)}.",
    )


def mean_layout(
    titles: Sequence[str] = (),
    names: Sequence[str] = (),
    *,
    heading: Sequence[str] = (),
    ends: Sequence[float] | None = None,
    lines: int = 1,
    columns: int = 4,
    width: int = 116,
    height: int = 84,
) -> alt.FacetChart:
    """Return `mean_response` without data: data set ``curves``, rows as of `curve_rows`.

    There are `lines` in each panel. Its parameters are ``curves_titles``, the classifiers,
    ``curves_series``, the names of the lines, and ``curves_heading``.
    """
    chart = ordered(
        alt.layer(*_layers(lines, ends)).properties(width=width, height=height),
        "curves",
        titles,
        heading=heading,
        description=f"Lines: mean {_WHAT[ends is None]} over the strength from 0 to 1, one panel per "
        "classifier.",
        columns=columns,
        between=(16, 14),
    )
    return chart.add_params(alt.param(name="curves_series", value=list(names)))


def curve_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of `mean_response`."""
    checked = needed(table, NEEDED)
    classifiers = classifiers_of(checked)
    runs = [str(name) for name in checked["intervention"].drop_duplicates()]
    return rows(
        checked.assign(
            order=[classifiers.index(str(name)) for name in checked["classifier"]],
            title=checked["classifier"].astype(str),
            line=[runs.index(str(name)) for name in checked["intervention"]],
            series=[str((titles or {}).get(str(name), name)) for name in checked["intervention"]],
        ).sort_values(["order", "strength"], kind="stable"),
        CELLS,
    )


def series_of(data: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the lines, by their number."""
    known = {int(row["line"]): str(row["series"]) for row in data}
    return [known[line] for line in sorted(known)]


def axis_ends(curves: pd.DataFrame, bounds: Sequence[float] | None) -> tuple[float, float]:
    """Return the ends of the axis of values: those of their scale, or what holds all curves and bands.

    >>> import pandas as pd
    >>> curves = pd.DataFrame({"mean": [30.0, 40.0], "low": [28.0, 36.0], "high": [32.0, 48.0]})
    >>> axis_ends(curves, None), axis_ends(curves, (0, 100))
    ((27.0, 49.0), (0.0, 100.0))
    """
    if bounds is not None:
        return float(bounds[0]), float(bounds[1])
    values = curves[["mean", "low", "high"]].to_numpy(float)
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0, 1)
    room = 0.05 * (high - low or 1.0)
    return low - room, high + room


def _layers(lines: int, ends: Sequence[float] | None = None) -> list[alt.Chart]:
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    ticks: dict[str, Any] = {"title": None, "values": [0, 0.5, 1], "format": "~g"}
    x = alt.X("strength:Q", scale=unit, axis=alt.Axis(grid=False, **ticks))
    axis, outputs = alt.Axis(ticks=False, domain=False, **ticks), unit
    if ends is not None:
        axis = alt.Axis(title=None, tickCount=3, format="~g", ticks=False, domain=False)
        outputs = alt.Scale(domain=list(ends), nice=False, zero=False)
    bottom, top = (0, 1) if ends is None else ends
    shown = (
        alt.Legend(
            title=None, orient="top", direction="vertical", labelLimit=460, symbolSize=300,
            symbolStrokeWidth=2, symbolType="stroke", symbolOpacity=1, offset=4,
            labelExpr="curves_series[datum.value]",
        )
        if lines > 1
        else None
    )  # fmt: skip
    places = list(range(lines))
    patterns = [DASHES[place % len(DASHES)] for place in places]
    colours = alt.Color(
        "line:O", scale=alt.Scale(domain=places, range=[colour(place) for place in places]), legend=shown
    )
    dashes = alt.StrokeDash("line:O", scale=alt.Scale(domain=places, range=patterns), legend=shown)
    known = alt.Chart().transform_filter("isValid(datum.mean)")
    band = (
        known.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .transform_calculate(
            bottom=f"clamp(datum.low, {bottom:g}, {top:g})", top=f"clamp(datum.high, {bottom:g}, {top:g})"
        )
        .mark_area(opacity=0.22)
        .encode(x=x, y=alt.Y("bottom:Q", scale=outputs, axis=axis), y2="top:Q", color=colours)
    )
    line = known.mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("mean:Q", scale=outputs, axis=axis), color=colours, strokeDash=dashes
    )
    return [band, line]
