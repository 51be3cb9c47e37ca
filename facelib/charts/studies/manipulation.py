"""The manipulation matrix: which intervention moves which measured property, and what leaks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.tables import needed, rows

if TYPE_CHECKING:
    import pandas as pd

CELLS: Final = ("intervention", "property", "moved", "words", "own", "leaks", "says")
FULL: Final = 3.0  # spreads at which the colour is full
WIDE, NARROW, ROOM = 78, 25, 640  # px: of a cell at most and at least, and of all cells of a row
UPRIGHT = 70  # px from which on the names of properties stand upright
FALLS, STAYS, RISES = "#e0a06a", "#f4f6f8", "#7fb2d9"


def matrix(table: pd.DataFrame, *, width: int | None = None, row_height: int = 22) -> theme.Layered:
    """Draw how far each intervention moves each property, in spreads between people.

    The property that an intervention is meant to move has a frame; bold numbers leak.

    Parameters
    ----------
    table
        From `facelib.experiments.manipulation_check`.
    width, row_height
        Of a cell, px. Width None: the more properties, the narrower, with their names aslant.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "intervention": ["palsy"], "property": ["symmetry"], "moved": [-3.2], "own": [True],
    ...     "leaks": [False], "heads": [30], "change": [-0.5], "monotone": [-1.0],
    ... })
    >>> matrix(table).to_dict()["datasets"]["cells"][0]["words"]
    '−3.2'
    """
    data = cell_rows(table)
    wide = width or max(NARROW, min(WIDE, ROOM // max(table["property"].nunique(), 1)))
    aslant = wide < UPRIGHT
    plain = "replace(datum.label, /_/g, ' ')"
    axis: dict[str, Any] = {
        "title": None, "ticks": False, "domain": False, "labelColor": theme.INK, "labelExpr": plain,
    }  # fmt: skip
    base = alt.Chart(alt.NamedData(name="cells")).encode(
        x=alt.X(
            "property:N",
            sort=None,
            axis=alt.Axis(labelAngle=-50 if aslant else 0, orient="top", labelLimit=0, **axis),
        ),
        y=alt.Y("intervention:N", sort=None, axis=alt.Axis(labelLimit=220, **axis)),
    )
    cell = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "moved:Q",
            scale=alt.Scale(
                domain=[-FULL, 0, FULL], range=[FALLS, STAYS, RISES], clamp=True, interpolate="rgb"
            ),
            legend=None,
        ),
        tooltip=["intervention:N", "property:N", "says:N"],
    )
    frame = base.mark_rect(filled=False, stroke=theme.INK, strokeWidth=1.5).transform_filter("datum.own")
    heavy = alt.ExprRef(expr="datum.leaks ? 'bold' : 'normal'")
    size = 9.5 if aslant else 11.5
    text = base.mark_text(fontSize=size, fontWeight=heavy, color=theme.INK).encode(text="words:N")
    return theme.single(
        alt.layer(cell, frame, text).properties(
            width=alt.Step(wide), height=alt.Step(row_height), datasets={"cells": data}
        ),
        name="cells",
        heading="Change in standard deviations between people; framed: what is meant to move; bold: a leak",
        description="Table: how far interventions move properties. "
        + "; ".join(f"{row['intervention']} and {row['property']}: {row['words']}" for row in data),
        above=26,
    )


def cell_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells of `matrix`."""
    checked = needed(
        table, ("intervention", "property", "moved", "own", "leaks", "heads", "change", "monotone")
    )
    numbers = [_number(moved) for moved in checked["moved"]]
    says = [
        "can't be measured on these heads"
        if math.isnan(moved)
        else f"{change:+.3g} on the mean of {heads} heads, rank correlation with the strength {monotone:.2f}"
        for moved, change, heads, monotone in zip(
            checked["moved"], checked["change"], checked["heads"], checked["monotone"], strict=True
        )
    ]
    return rows(checked.assign(words=numbers, says=says), CELLS)


def _number(moved: float) -> str:
    """Return the number in a cell; what rounds to nothing is a dot.

    >>> [_number(moved) for moved in (-3.21, 0.04, 12.6, float("nan"))]
    ['−3.2', '·', '13', '?']
    """
    if math.isnan(moved):
        return "?"
    if abs(moved) < 0.05:
        return "·"
    return f"{moved:.0f}".replace("-", "−") if abs(moved) >= 9.95 else f"{moved:.1f}".replace("-", "−")
