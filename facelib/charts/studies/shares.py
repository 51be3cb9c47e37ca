"""Shares of outputs that go with each property: raw, corrected, and beside chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.stats.independence.vote import FACTOR, VOTE
from facelib.utilities.wording import percent

if TYPE_CHECKING:
    import pandas as pd

NEEDED: Final = (
    "property", "method", "tests", "significant", "share", "share_holm", "share_bh", "null_share", "alpha",
)  # fmt: skip
CELLS: Final = ("row", "kind", "share", "words")
KINDS: Final = {
    "uncorrected": ("share", "circle", colour(0)),
    "after Benjamini-Hochberg": ("share_bh", "diamond", colour(2)),
    "after Holm": ("share_holm", "square", colour(1)),
    "a random property": ("null_share", "cross", theme.MUTED),
}
"""Column, shape and colour of every kind of share."""


def significant_shares(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    width: int = 330,
    row_height: int = 46,
) -> theme.Layered:
    """Draw the share of tests that reject, property by property, raw and corrected, beside chance.

    Every kind of share has its own shape; a cross is what a property of random numbers reaches, the dashed
    line what is expected at most if nothing matters.

    Parameters
    ----------
    table
        Rows of one method from `facelib.stats.share_significant`.
    titles
        Names of the properties; None: as they are.
    width, row_height
        px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "property": ["age"], "method": "chsic", "tests": 56, "significant": 14, "share": 0.25,
    ...     "share_holm": 0.1, "share_bh": 0.2, "null_share": 0.0, "alpha": 0.01,
    ... })
    >>> significant_shares(table).to_dict()["datasets"]["shares"][0]["words"]
    '14 of 56 (25 %)'
    """
    data = share_rows(table, titles)
    vote = bool((table["method"] == VOTE).all())
    alpha = float(table["alpha"].iloc[0]) if len(table) else 0.0
    chance = FACTOR * alpha if vote else alpha
    most = f"{'at most ' if vote else ''}{percent(chance)}"
    heading = f"Share of outputs whose test rejects; dashed: {most} expected if nothing matters"
    chart = alt.layer(*_layers(chance), data=alt.NamedData(name="shares"))
    return theme.single(
        chart.properties(
            width=width, height=alt.Step(row_height, **{"for": "position"}), datasets={"shares": data}
        ),
        name="shares",
        heading=heading,
        description="Share of tests that reject, by property. "
        + "; ".join(f"{row['row']}, {row['kind']}: {row['words'] or percent(row['share'])}" for row in data),
        above=8,
    )


def share_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the points of `significant_shares`; words stand once per row."""
    import pandas as pd

    checked = needed(table, NEEDED)
    parts = []
    for kind, (column, _, _) in KINDS.items():
        first = column == "share"
        parts.append(
            pd.DataFrame(
                {
                    "row": [str((titles or {}).get(name, name)) for name in checked["property"]],
                    "kind": kind,
                    "share": checked[column].astype(float).to_numpy(),
                    "words": [_words(row) if first else "" for row in checked.to_dict("records")],
                }
            )
        )
    points = pd.concat(parts, ignore_index=True)
    return rows(points[points["share"].notna()], CELLS)


def _words(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["share"]):
        return "nothing could be tested"
    return f"{int(row['significant'])} of {int(row['tests'])} ({percent(row['share'])})"


def _layers(chance: float) -> list[alt.Chart]:
    names = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelPadding=8, labelLimit=200
    )
    scale = alt.Scale(domain=[-0.02, 1.02], nice=False)
    axis = alt.Axis(title=None, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", ticks=False, domain=False)
    base = alt.Chart().encode(y=alt.Y("row:N", sort=None, axis=names))
    x = alt.X("share:Q", scale=scale, axis=axis)
    kinds = list(KINDS)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", symbolOpacity=1, offset=4, symbolStrokeWidth=2,
        symbolFillColor="transparent", labelLimit=220,
    )  # fmt: skip
    dot = base.mark_point(size=60, strokeWidth=2, opacity=1, filled=False).encode(
        x=x,
        yOffset=alt.YOffset("kind:N", sort=kinds),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=kinds, range=[KINDS[kind][1] for kind in kinds]), legend=legend
        ),
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=kinds, range=[KINDS[kind][2] for kind in kinds]), legend=legend
        ),
        tooltip=["row:N", "kind:N", alt.Tooltip("share:Q", format=".1%")],
    )
    line = (
        alt.Chart(alt.InlineData([{"chance": chance}]))
        .mark_rule(color=theme.INK, strokeDash=[4, 3])
        .encode(x=alt.X("chance:Q", scale=scale, axis=axis))
    )
    text = base.mark_text(align="left", color=theme.INK, fontSize=11.5).encode(
        x=alt.value({"expr": "width + 10"}), text="words:N"
    )
    return [line, dot, text]
