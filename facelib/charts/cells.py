"""Tables of numbers as coloured cells; words, frames and bold print say what the colours say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.charts import theme
from facelib.charts.facets import ordered

if TYPE_CHECKING:
    import altair as alt
else:
    from facelib.charts.deferred import altair as alt

FALLS, STAYS, RISES, NONE = "#e0a06a", "#f4f6f8", "#7fb2d9", "#f1f4f7"  # dark words are legible on all
LINE: Final = 13  # px from line to line of a name
PLAIN: Final[dict[str, Any]] = {"title": None, "ticks": False, "domain": False, "labelColor": theme.INK}


def cells(
    data: Sequence[Mapping[str, Any]] = (),
    *,
    row: str,
    column: str,
    amount: str,
    full: float,
    heading: Sequence[str],
    description: str,
    tooltip: Sequence[str],
    said: str = "words",
    signed: bool = False,
    framed: str = "",
    bold: str = "",
    under: str = "",
    sort: Sequence[str] | None = None,
    row_sort: Sequence[str] | None = None,
    across: Mapping[str, Any] | None = None,
    legend: alt.Legend | None = None,
    name: str = "cells",
    titles: Sequence[str] = (),
    columns: int = 1,
    between: tuple[int, int] = (20, 24),
    own: Sequence[str] = (),
    width: int = 60,
    row_height: int = 22,
) -> alt.FacetChart:
    """Draw cells by row and column, a panel for each value of ``order``, with ``words`` in them.

    Parameters
    ----------
    data
        Rows of a table: ``order`` and ``title`` of the panel, ``words``, and the columns below; empty: a
        chart without data, for the page.
    row, column, amount
        Columns of the names at the left and above, and of the numbers that colour cells.
    full
        Amount at which the colour is full.
    heading, description
        Lines above the chart, and what it is, for screen readers.
    tooltip, said
        Columns that a cell shows when pointed at, and the one that is read out.
    signed
        Whether amounts have a sign: falls and rises differ in colour.
    framed, bold
        Columns of truths that are a frame around the cell, and bold words; "": none.
    under
        Column of a second line of words; "": none.
    sort, row_sort
        Names above, and at the left, in their order; None: as they come.
    across
        What else the names above need, such as `stacked`.
    legend
        Of the colours.
    name
        Of the data set and, with ``_titles`` and ``_heading``, of the parameters.
    titles, columns, between, own
        See `facelib.charts.facets.ordered`.
    width, row_height
        Of a cell, px.

    Examples
    --------
    >>> rows = [{"order": 0, "title": "", "who": "fer", "what": "sad", "share": 0.2, "words": "20 %"}]
    >>> chart = cells(rows, row="who", column="what", amount="share", full=1, heading=["Shares"],
    ...               description="Table.", tooltip=["words"])
    >>> chart.to_dict()["description"]
    'Table. fer, sad: 20 %.'
    """
    above = PLAIN | {"orient": "top", "labelAngle": 0, "labelLimit": 0} | dict(across or {})
    base = alt.Chart().encode(
        x=alt.X(f"{column}:N", sort=sort, axis=alt.Axis(**above)),
        y=alt.Y(f"{row}:N", sort=row_sort, axis=alt.Axis(labelLimit=220, labelPadding=6, **PLAIN)),
    )
    ends, shades = ([-full, 0.0, full], [FALLS, STAYS, RISES]) if signed else ([0.0, full], [NONE, RISES])
    scale = alt.Scale(domain=ends, range=shades, clamp=True, interpolate="rgb")
    shade = alt.Color(f"{amount}:Q", scale=scale, legend=legend)
    parts = [
        base.mark_rect(stroke="white", strokeWidth=2).encode(
            color=shade, tooltip=[f"{name}:N" for name in tooltip]
        )
    ]
    if framed:
        frame = base.mark_rect(filled=False, stroke=theme.INK, strokeWidth=1.5)
        parts.append(frame.transform_filter(f"datum.{framed}"))
    heavy = alt.ExprRef(expr=f"datum.{bold} ? 'bold' : 'normal'" if bold else "'normal'")
    size = 11.5 if width >= 40 else 10
    for line, place in {"words": -6 if under else 0, under: 8}.items():
        if line:
            text = base.mark_text(fontSize=size, fontWeight=heavy, color=theme.INK, dy=place)
            parts.append(text.encode(text=f"{line}:N"))
    return ordered(
        alt.layer(*parts).properties(width=alt.Step(width), height=alt.Step(row_height)), name, titles,
        data=data, heading=heading, description=description, said=("title", row, column, said),
        columns=columns, between=between, own=own,
    )  # fmt: skip


def stacked(names: Sequence[str]) -> dict[str, Any]:
    r"""Return what names above a chart need so that their words stand below each other.

    >>> stacked(["skin tone", "age"])["labelExpr"]
    '{"skin tone": ["skin", "tone"], "age": ["\\u200b", "age"]}[datum.label]'
    """
    words = {name: name.replace("_", " ").split() for name in names}
    lines = max(map(len, words.values()), default=1)
    # Lines grow downwards, also above a chart. SVG skips empty ones, Vega trims spaces: no-width ones stay.
    padded = {name: ["\u200b"] * (lines - len(parts)) + parts for name, parts in words.items()}
    return {"labelExpr": f"{json.dumps(padded)}[datum.label]", "labelPadding": 6 + LINE * (lines - 1)}
