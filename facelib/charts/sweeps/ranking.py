"""Ranking of interventions by their effect on one output, from its start to its end."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.interval_dots import QUARTERS, UNIT, Look, dot_panels, numbers
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows

NEEDED: Final = ("intervention", "title", "placebo", "start", "end", "change", "before", "after")
CELLS: Final = ("order", "title", "row", "series", "start", "end", "words", "mine")
KINDS: Final = {
    "changes a property": Look("circle", colour(0)),
    "placebo": Look("square", "#7b8794"),
    "your guess": Look("triangle-up", theme.COUNTED),
}


def ranking(
    table: pd.DataFrame | None = None,
    guess: str | None = None,
    *,
    heading: str = "From strength 0 to 1",
    width: int = 420,
    row_height: int = 16,
) -> alt.FacetChart:
    """Draw one row per intervention, the largest fall first: a line from the start to a dot at the end.

    Beside the line stands what the classifier says at the end, where that is another class than at first.

    Parameters
    ----------
    table
        Rows of one classifier from `facelib.experiments.leaderboard`. None: without data, for the app.
    guess
        Id of the intervention that is marked.
    heading
        Above the chart; the parameter ``ranking_heading``.
    width, row_height
        px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "intervention": ["blur", "palsy"], "title": ["blur", "palsy"], "placebo": [True, False],
    ...     "start": 0.9, "end": [0.8, 0.1], "change": [-0.1, -0.8], "before": "happy",
    ...     "after": ["happy", "sad"],
    ... })
    >>> [(row["row"], row["words"]) for row in ranking(table).to_dict()["datasets"]["ranking"]]
    [('palsy', '−0.80, now sad'), ('blur', '−0.10')]
    """
    return dot_panels(
        [] if table is None else rows(ranked(table, guess), CELLS), value="end", interval=("start", "end"),
        looks=KINDS, ends=UNIT, axis=numbers(values=QUARTERS, format=".2~f", orient="top"),
        legend=alt.Legend(title=None, orient="top", direction="horizontal", symbolOpacity=1, offset=6),
        bold="mine", name="ranking", heading=[heading], width=width, row_height=row_height,
        description="One row per intervention, the largest fall of the output first: a line from its value "
        "at strength 0 to a dot at strength 1.",
    )  # fmt: skip


def ranked(table: pd.DataFrame, guess: str | None = None) -> pd.DataFrame:
    """Return the rows that `ranking` draws: row, series, start, end, words."""
    ordered = needed(table, NEEDED).sort_values("change", kind="stable", ignore_index=True)
    usual, placebo, mine = KINDS
    kinds = ordered["placebo"].map({False: usual, True: placebo}).mask(ordered["intervention"] == guess, mine)
    texts = [
        _signed(change) + (f", now {after}" if after != before else "")
        for change, before, after in zip(ordered["change"], ordered["before"], ordered["after"], strict=True)
    ]
    shown = panelled(ordered, "").assign(row=ordered["title"], series=kinds, words=texts, mine=kinds == mine)
    return shown[list(CELLS)]


def _signed(change: float) -> str:
    """Return a change with its sign; what rounds to nothing has none.

    >>> [_signed(change) for change in (-0.304, 0.001)]
    ['−0.30', '0.00']
    """
    return "0.00" if abs(change) < 0.005 else f"{change:+.2f}".replace("-", "−")
