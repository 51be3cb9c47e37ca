"""The decision on every property and output, as a table in words."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from facelib.charts.cells import cells, stacked
from facelib.charts.statistics.independence_rows import decision_rows

LETTER: Final = 6  # px that a letter of a property's name takes


def grid(table: pd.DataFrame, *, width: int = 62, row_height: int = 22) -> alt.FacetChart:
    """Draw the decision on every property and output: in words, on a colour that says how much is explained.

    Parameters
    ----------
    table
        From `facelib.stats.independence.independence_grid`; of several tests the one that decides is drawn.
    width, row_height
        Of a cell, px; wider where a word of a property's name needs more.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "property": ["age"], "output": ["happy"], "method": ["chsic"], "explained": [0.21],
    ...         "p": [0.0001], "p_holm": [0.001], "rejects": [True], "alpha": [0.01],
    ...     }
    ... )
    >>> grid(table).to_dict()["datasets"]["cells"][0]["words"]
    'yes *'
    """
    data = decision_rows(table)
    names = list(dict.fromkeys(row["property"] for row in data))
    longest = max((len(word) for name in names for word in name.split()), default=0)
    most = max([row["explained"] or 0.0 for row in data], default=0.0)
    return cells(
        data, row="output", column="property", amount="explained", full=max(most, 0.1), bold="rejects",
        across=stacked(names), width=max(width, LETTER * longest + 8), row_height=row_height,
        legend=alt.Legend(title="explained ω²", format=".0%", gradientLength=90, tickCount=3),
        tooltip=["property", "output", "words", "says"],
        heading=["Does the output go with the property? *: after Holm's correction, too"],
        description="Table: the decision on every property and output.",
    )  # fmt: skip
