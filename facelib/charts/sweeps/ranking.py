"""Ranking of interventions by their effect on one output, from its start to its end."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows

NEEDED: Final = ("intervention", "title", "placebo", "start", "end", "change", "before", "after")
CELLS: Final = ("rank", "title", "kind", "start", "end", "words")
KINDS: Final = ("changes a property", "placebo", "your guess")


def ranking(
    table: pd.DataFrame | None = None,
    guess: str | None = None,
    *,
    heading: str = "From strength 0 to 1",
    width: int = 420,
    row_height: int = 16,
) -> theme.Layered:
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
    >>> [(row["title"], row["words"]) for row in ranking(table).to_dict()["datasets"]["ranking"]]
    [('palsy', '−0.80, now sad'), ('blur', '−0.10')]
    """
    chart = alt.layer(*_layers()).properties(
        width=width,
        height=alt.Step(row_height),
        datasets={"ranking": [] if table is None else rows(ranked(table, guess), CELLS)},
    )
    return theme.single(
        chart,
        name="ranking",
        heading=heading,
        description="One row per intervention, the largest fall of the output first: a line from its value "
        "at strength 0 to a dot at strength 1.",
        above=8,
    )


def ranked(table: pd.DataFrame, guess: str | None = None) -> pd.DataFrame:
    """Return the rows that `ranking` draws: rank, title, kind, start, end, words."""
    ordered = needed(table, NEEDED).sort_values("change", kind="stable", ignore_index=True)
    mine = ordered["intervention"] == guess
    kinds = ordered["placebo"].map({False: KINDS[0], True: KINDS[1]}).mask(mine, KINDS[2])
    texts = [
        _signed(change) + (f", now {after}" if after != before else "")
        for change, before, after in zip(ordered["change"], ordered["before"], ordered["after"], strict=True)
    ]
    return pd.DataFrame(
        {
            "rank": range(1, len(ordered) + 1),
            "title": ordered["title"],
            "kind": kinds,
            "start": ordered["start"],
            "end": ordered["end"],
            "words": texts,
        }
    )


def _signed(change: float) -> str:
    """Return a change with its sign; what rounds to nothing has none.

    >>> [_signed(change) for change in (-0.304, 0.001)]
    ['−0.30', '0.00']
    """
    return "0.00" if abs(change) < 0.005 else f"{change:+.2f}".replace("-", "−")


def _layers() -> list[alt.Chart]:
    mine = f"datum.kind === '{KINDS[2]}'"
    colours = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(KINDS), range=[colour(0), "#7b8794", theme.COUNTED]),
        legend=alt.Legend(title=None, orient="top", direction="horizontal", symbolOpacity=1, offset=6),
    )
    shapes = alt.Shape(
        "kind:N", scale=alt.Scale(domain=list(KINDS), range=["circle", "square", "triangle-up"])
    )
    base = (
        alt.Chart(alt.NamedData(name="ranking"))
        .transform_filter("isValid(datum.rank)")
        .encode(y=alt.Y("rank:O", axis=None), color=colours)
    )
    x = alt.X(
        "end:Q",
        scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
        axis=alt.Axis(title=None, values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", orient="top", domain=False),
    )
    tooltip = [
        alt.Tooltip("title:N"),
        alt.Tooltip("start:Q", format=".3f"),
        alt.Tooltip("end:Q", format=".3f"),
    ]
    weight = {"expr": f"{mine} ? 'bold' : 'normal'"}
    return [
        base.mark_rule(strokeWidth=1.6, opacity=0.55).encode(x=x, x2="start:Q"),
        base.mark_tick(thickness=1.6, height=8, opacity=0.8).encode(x=alt.X("start:Q")),
        base.mark_point(filled=True, size=48, opacity=1).encode(x=x, shape=shapes, tooltip=tooltip),
        base.mark_text(align="right", fontWeight=weight, color=theme.INK).encode(
            x=alt.value(-8), text="title:N", color=alt.value(theme.INK)
        ),
        base.mark_text(align="left", fontWeight=weight).encode(
            x=alt.value({"expr": "width + 10"}), text="words:N", color=alt.value(theme.MUTED)
        ),
    ]
