"""The manipulation matrix: which intervention moves which measured property, and what leaks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from facelib.charts.cells import cells
from facelib.charts.tables import needed, panelled, rows

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

CELLS: Final = ("order", "title", "intervention", "property", "moved", "words", "own", "leaks", "says")
FULL: Final = 3.0  # spreads at which the colour is full
WIDE, NARROW, ROOM = 78, 25, 640  # px: of a cell at most and at least, and of all cells of a row
UPRIGHT = 70  # px from which on the names of properties stand upright


def matrix(table: pd.DataFrame, *, width: int | None = None, row_height: int = 22) -> alt.FacetChart:
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
    wide = width or max(NARROW, min(WIDE, ROOM // max(table["property"].nunique(), 1)))
    return cells(
        cell_rows(table), row="intervention", column="property", amount="moved", full=FULL, signed=True,
        framed="own", bold="leaks", across={"labelAngle": -50} if wide < UPRIGHT else {}, width=wide,
        row_height=row_height, tooltip=["intervention", "property", "says"],
        heading=["Change in standard deviations between people; framed: what is meant to move; bold: a leak"],
        description="Table: how far interventions move properties.",
    )  # fmt: skip


def cell_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells of `matrix`."""
    checked = needed(
        table, ("intervention", "property", "moved", "own", "leaks", "heads", "change", "monotone")
    )
    spaced = {name: checked[name].str.replace("_", " ") for name in ("intervention", "property")}
    numbers = [_number(moved) for moved in checked["moved"]]
    says = [
        "can't be measured on these heads"
        if math.isnan(moved)
        else f"{change:+.3g} on the mean of {heads} heads, rank correlation with the strength {monotone:.2f}"
        for moved, change, heads, monotone in zip(
            checked["moved"], checked["change"], checked["heads"], checked["monotone"], strict=True
        )
    ]
    return rows(panelled(checked, "").assign(words=numbers, says=says, **spaced), CELLS)


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
