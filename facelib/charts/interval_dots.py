"""Dots with intervals of any table: rows by one column, panels by another, series told apart by shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.facets import ordered
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

CELLS: Final = ("order", "row", "series", "value", "low", "high", "words")


def dots(
    table: pd.DataFrame,
    value: str,
    row: str,
    *,
    panel: str = "",
    series: str = "",
    interval: Sequence[str] = ("low", "high"),
    words: str = "",
    heading: str = "",
    form: str = ".2~f",
    columns: int = 2,
    width: int = 230,
    row_height: int = 26,
) -> alt.FacetChart:
    """Draw a column of numbers as dots, with their intervals.

    Parameters
    ----------
    table
        One row per dot.
    value, row
        Columns of the numbers, and of the names at the left.
    panel, series
        Columns that make panels, and dots of different shape and colour in one row; "": none.
    interval
        Columns of its ends; empty: none are drawn.
    words
        Column of words that stand beside the rows; "": none.
    heading
        Above the chart.
    form
        Of the numbers at the axis, in Vega's notation: ".0%".
    columns, width, row_height
        Panels beside each other; of a panel and of a row, px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table has no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"classifier": ["fer", "human"], "change": [-0.2, 0.1], "end": [-0.1, 0.2]})
    >>> chart = dots(table, "change", "classifier", interval=("change", "end"))
    >>> [dot["value"] for dot in chart.to_dict()["datasets"]["dots"]]
    [-0.2, 0.1]
    """
    given = needed(table, [name for name in (value, row, panel, series, words, *interval) if name])
    if given.empty:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    named = {"row": row, "series": series, "words": words, "title": panel}
    shown = given.assign(
        **{name: given[column].astype(str) if column else "" for name, column in named.items()}
    )
    titles = list(shown["title"].drop_duplicates())
    low, high = interval or (value, value)
    data = rows(
        shown.assign(
            order=shown["title"].map(titles.index), value=given[value], low=given[low], high=given[high]
        ),
        CELLS,
    )
    spoken = "; ".join(
        ", ".join(filter(None, [titles[dot["order"]], dot["row"], dot["series"]]))
        + f": {dot['value']} ({dot['low']} to {dot['high']})"
        for dot in data
    )
    layers = _layers(data, form, width, words=bool(words))
    size = alt.Step(row_height, **{"for": "position"})
    return ordered(
        layers.properties(width=width, height=size), "dots", titles, heading=[heading], columns=columns,
        description=f"Dots. {heading}. {spoken}.", between=(24, 150 if words else 24),
    ).properties(datasets={"dots": data})  # fmt: skip


def _layers(data: list[dict[str, Any]], form: str, width: int, *, words: bool) -> theme.Layered:
    names = list(dict.fromkeys(dot["series"] for dot in data))
    ends = [dot[name] for dot in data for name in ("value", "low", "high") if dot[name] is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.05 * (high - low or 1.0)
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    axis = alt.Axis(title=None, format=form, ticks=False, domain=False, tickCount=4, labelOverlap=True)
    labels = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=200, labelPadding=6
    )
    shade, shape = theme.told_apart(names)
    base = alt.Chart().encode(
        y=alt.Y("row:N", sort=None, axis=labels), yOffset=alt.YOffset("series:N", sort=names)
    )
    zero = alt.Chart().mark_rule(color=theme.MUTED).encode(x=alt.datum(0))
    line = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", color=shade
    )
    dot = base.mark_point(size=55, filled=True, opacity=1).encode(
        x=alt.X("value:Q", scale=scale, axis=axis),
        color=shade,
        shape=shape,
        tooltip=["row:N", "series:N", "value:Q", "low:Q", "high:Q", "words:N"],
    )
    beside = base.mark_text(align="left", color=theme.INK, fontSize=10.5).encode(
        x=alt.value(width + 8), text="words:N"
    )
    return alt.layer(zero, line, dot, *([beside] if words else []))
