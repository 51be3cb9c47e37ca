"""Which methods say what is true, by kind of case: right minus wrong, in cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.tables import needed, rows

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("method", "kind", "net", "right", "wrong", "open", "questions", "words")
ALL: Final = "all"
ABOVE: Final = 8  # px, beyond the slanted names of the kinds
DARK: Final = 0.65  # of the scale: beyond it, letters are white


def case_scores(
    scores: pd.DataFrame, titles: Mapping[str, str] | None = None, *, cell: tuple[int, int] = (66, 22)
) -> theme.Layered:
    """Draw one row per method and one column per kind of case, over all cases last.

    A cell says how many questions were answered right, out of how many; its colour is right minus wrong,
    orange where more were wrong than right. Methods stand in the order of that over all.

    Parameters
    ----------
    scores
        From `facelib.experiments.hard_cases.case_scores`.
    titles
        Names of methods; None, or what is missing: their ids in words.
    cell
        Width and height of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({
    ...     "method": ["verdict", "verdict"], "kind": ["two", "all"], "questions": [8, 8], "right": [7, 7],
    ...     "wrong": [0, 0], "open": [1, 1], "net": [0.875, 0.875],
    ... })
    >>> case_scores(scores).to_dict()["description"]
    'Right minus wrong answers by kind of case, over all of them: verdict .88 (7 right, 0 wrong, 1 open).'
    """
    checked = needed(scores, COLUMNS[:-1])
    over_all = checked[checked["kind"] == ALL].sort_values("net", ascending=False, kind="stable")
    names = {
        str(name): (titles or {}).get(str(name), str(name).replace("_", " ")) for name in over_all["method"]
    }
    kinds = [*dict.fromkeys(kind for kind in checked["kind"] if kind != ALL), ALL]
    table = checked.assign(
        method=checked["method"].map(names),
        words=[f"{row.right}/{row.questions}" for row in checked.itertuples()],
    )
    base = alt.Chart(alt.NamedData("cells")).encode(
        x=alt.X(
            "kind:N",
            sort=kinds,
            axis=alt.Axis(title=None, orient="top", labelAngle=-35, ticks=False, domain=False),
        ),
        y=alt.Y(
            "method:N",
            sort=list(names.values()),
            axis=alt.Axis(title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=240),
        ),
    )
    shade = alt.Scale(domain=[-1, 0, 1], range=["#b45309", "#ffffff", "#0b63a5"], interpolate="lab")
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color("net:Q", scale=shade, legend=None),
        tooltip=["method:N", "kind:N", "right:Q", "wrong:Q", "open:Q", "questions:Q"],
    )
    text = base.mark_text(fontSize=11).encode(
        text="words:N",
        color=alt.condition(f"abs(datum.net) > {DARK}", alt.value("#ffffff"), alt.value(theme.INK)),
    )
    spoken = "; ".join(
        f"{names[str(row.method)]} {f'{row.net:.2f}'.replace('0.', '.', 1)} "
        f"({row.right} right, {row.wrong} wrong, {row.open} open)"
        for row in over_all.itertuples()
    )
    chart = alt.layer(cells, text).properties(
        width=cell[0] * len(kinds),
        height=cell[1] * len(names),
        datasets={"cells": rows(table, COLUMNS)},
    )
    return theme.single(
        chart,
        name="case_scores",
        heading="Questions answered right; blue: more right than wrong, orange: more wrong",
        description=f"Right minus wrong answers by kind of case, over all of them: {spoken}.",
        above=ABOVE,
    )
