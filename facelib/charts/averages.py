"""Mean response curves over people with their intervals, one panel a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.facets import ordered, titles_by_order
from facelib.charts.palette import colour
from facelib.charts.tables import classifiers_of, needed, rows

if TYPE_CHECKING:
    import pandas as pd

NEEDED: Final = ("intervention", "classifier", "strength", "mean", "low", "high")
CELLS: Final = ("order", "title", "series", "strength", "mean", "low", "high")
DASHES: Final = ([1, 0], [5, 3], [2, 2], [7, 3, 2, 3])


def mean_response(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    heading: str = "Mean probability over the strength of the change; bands: intervals over people",
    columns: int = 4,
    width: int = 116,
    height: int = 84,
) -> alt.FacetChart:
    """Draw the mean over people at every strength, with its band; several interventions in one panel.

    The first intervention is a solid line, others are dashed, so that they are told apart without colour.

    Parameters
    ----------
    table
        intervention, classifier, strength, mean, low, high: one class of interest.
    titles
        Names of the interventions in the legend; None: their ids.
    heading
        Above the chart.
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
    names = list(dict.fromkeys(row["series"] for row in data))
    ends = {name: [row for row in data if row["series"] == name][-1] for name in names}
    chart = ordered(
        alt.layer(*_layers(names)).properties(width=width, height=height),
        "curves",
        titles_by_order(data),
        heading=[heading],
        description="Lines: mean probability over the strength from 0 to 1, one panel a classifier "
        f"({', '.join(titles_by_order(data))}); lines are {', '.join(ends)}.",
        columns=columns,
        between=(16, 14),
    )
    return chart.properties(datasets={"curves": data})


def curve_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of `mean_response`."""
    given = needed(table, NEEDED)
    classifiers = classifiers_of(given)
    return rows(
        given.assign(
            order=[classifiers.index(str(name)) for name in given["classifier"]],
            title=given["classifier"].astype(str),
            series=[str((titles or {}).get(str(name), name)) for name in given["intervention"]],
        ).sort_values(["order", "strength"], kind="stable"),
        CELLS,
    )


def _layers(names: list[str]) -> list[alt.Chart]:
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    ticks: dict[str, Any] = {"title": None, "values": [0, 0.5, 1], "format": "~g"}
    x = alt.X("strength:Q", scale=unit, axis=alt.Axis(grid=False, **ticks))
    axis = alt.Axis(ticks=False, domain=False, **ticks)
    legend = (
        alt.Legend(
            title=None, orient="top", direction="vertical", labelLimit=460, symbolSize=300,
            symbolStrokeWidth=2, symbolType="stroke", symbolOpacity=1, offset=4,
        )
        if len(names) > 1
        else None
    )  # fmt: skip
    colours = alt.Color(
        "series:N",
        sort=None,
        scale=alt.Scale(domain=names, range=[colour(place) for place in range(len(names))]),
        legend=legend,
    )
    dashes = alt.StrokeDash(
        "series:N",
        sort=None,
        scale=alt.Scale(domain=names, range=[DASHES[place % len(DASHES)] for place in range(len(names))]),
        legend=legend,
    )
    known = alt.Chart().transform_filter("isValid(datum.mean)")
    band = (
        known.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_area(opacity=0.22)
        .encode(x=x, y=alt.Y("low:Q", scale=unit, axis=axis), y2="high:Q", color=colours)
    )
    line = known.mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("mean:Q", scale=unit, axis=axis), color=colours, strokeDash=dashes
    )
    return [band, line]
