"""Shares of outputs that go with each property: raw, corrected, and beside chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.interval_dots import QUARTERS, UNIT, Look, dot_panels, numbers
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
from facelib.stats.independence.vote import FACTOR, VOTE
from facelib.utilities.wording import percent

if TYPE_CHECKING:
    import pandas as pd

NEEDED: Final = (
    "property", "method", "tests", "significant", "share", "share_holm", "share_bh", "null_share", "alpha",
)  # fmt: skip
CELLS: Final = ("order", "title", "row", "series", "share", "words", "says")
KINDS: Final = {
    "uncorrected": Look("circle", colour(0), filled=False),
    "after Benjamini-Hochberg": Look("diamond", colour(2), filled=False),
    "after Holm": Look("square", colour(1), filled=False),
    "a random property": Look("cross", theme.MUTED, filled=False),
}
FIRST: Final = next(iter(KINDS))
COLUMNS: Final = dict(zip(("share", "share_bh", "share_holm", "null_share"), KINDS, strict=True))


def significant_shares(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    width: int = 330,
    row_height: int = 46,
) -> alt.FacetChart:
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
    return dot_panels(
        data, value="share", looks=KINDS, beside=True, interval=(), levels=[{"at": chance, "words": ""}],
        ends=UNIT, axis=numbers(values=QUARTERS, format=".0%"), name="shares",
        legend=alt.Legend(title=None, orient="top", direction="horizontal", offset=4, labelLimit=220),
        heading=[f"Share of outputs whose test rejects; dashed: {most} expected if nothing matters"],
        description="Share of tests that reject, by property.", said="says",
        width=width, row_height=row_height,
    )  # fmt: skip


def share_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the points of `significant_shares`; words stand once per row."""
    checked = needed(table, NEEDED)
    names = [str((titles or {}).get(name, name)) for name in checked["property"]]
    words = [_words(row) for row in checked.to_dict("records")]
    points = checked.assign(row=names, words=words)[["row", "words", *COLUMNS]]
    points = points.rename(columns=COLUMNS).melt(["row", "words"], var_name="series", value_name="share")
    points = points.dropna(subset="share")
    says = [words if kind == FIRST else percent(share) for _, words, kind, share in points.to_numpy()]
    shown = panelled(points, "").assign(words=points["words"].where(points["series"] == FIRST, ""), says=says)
    return rows(shown, CELLS)


def _words(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["share"]):
        return "nothing could be tested"
    return f"{int(row['significant'])} of {int(row['tests'])} ({percent(row['share'])})"
