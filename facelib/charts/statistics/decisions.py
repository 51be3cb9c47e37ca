"""The decision on every property and output, as a table in words."""

from __future__ import annotations

import json
from typing import Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.statistics.independence_rows import decision_rows

LETTER: Final = 6  # px that a letter of a property's name takes
LINE: Final = 13  # px from line to line of it


def grid(table: pd.DataFrame, *, width: int = 62, row_height: int = 22) -> theme.Layered:
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
    >>> grid(table).to_dict()["datasets"]["decisions"][0]["words"]
    'yes *'
    """
    data = decision_rows(table)
    headers = {str(row["property"]): str(row["property"]).split() for row in data}
    longest = max((len(word) for words in headers.values() for word in words), default=0)
    lines = max(map(len, headers.values()), default=1)
    # Lines grow downwards, also above a chart: short names begin with empty ones.
    padded = {name: [""] * (lines - len(words)) + words for name, words in headers.items()}
    names = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=220, labelPadding=6
    )
    across = alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        labelColor=theme.INK,
        labelAngle=0,
        labelExpr=f"{json.dumps(padded)}[datum.label]",
        labelLimit=0,
        orient="top",
        labelPadding=6 + LINE * (lines - 1),
    )
    base = alt.Chart(alt.NamedData(name="decisions")).encode(
        x=alt.X("property:N", sort=None, axis=across), y=alt.Y("output:N", sort=None, axis=names)
    )
    most = max([row["explained"] or 0.0 for row in data], default=0.0)
    cell = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "explained:Q",
            scale=alt.Scale(domain=[0, max(most, 0.1)], range=["#f1f4f7", "#7fb2d9"]),
            legend=alt.Legend(title="explained ω²", format=".0%", gradientLength=90, tickCount=3),
        ),
        tooltip=["property:N", "output:N", "words:N", alt.Tooltip("explained:Q", format=".1%"), "says:N"],
    )
    heavy = alt.ExprRef(expr="datum.rejects ? 'bold' : 'normal'")
    text = base.mark_text(fontSize=11.5, fontWeight=heavy, color=theme.INK).encode(text="words:N")
    return theme.single(
        alt.layer(cell, text).properties(
            width=alt.Step(max(width, LETTER * longest + 8)),
            height=alt.Step(row_height),
            datasets={"decisions": data},
        ),
        name="decisions",
        heading="Does the output go with the property? *: after Holm's correction, too",
        description="Table: the decision on every property and output. "
        + "; ".join(f"{row['property']} and {row['output']}: {row['words']}" for row in data),
    )
