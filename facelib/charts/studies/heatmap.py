"""Map of effects over faces: classifier × emotion, one panel per intervention, marks beside the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from facelib.charts.cells import cells
from facelib.charts.tables import needed, panelled, rows
from facelib.classifiers import EMOTIONS
from facelib.stats.effects.equivalence import MATTERS, UNDECIDED
from facelib.stats.effects.sentences import possible
from facelib.utilities.wording import format_p, p_is, signed

if TYPE_CHECKING:
    import altair as alt

NEEDED: Final = ("classifier", "label", "mean", "low", "high", "p", "p_holm", "verdict", "n")
CELLS: Final = (
    "order", "title", "intervention", "classifier", "label", "mean", "words", "matters", "strong", "says",
)  # fmt: skip
INTENDED: Final = "intended"
MEANT: Final = "as meant"
"""What the column `INTENDED` is called: the emotion that each face is meant to show."""
FULL: Final = 0.5  # change of probability at which the colour is full
ALPHA: Final = 0.05  # where the table doesn't say
HEADING: Final = (
    "Change of the mean probability from strength 0 to 1. Framed: matters at δ; ?: open; plain: less than δ",
    "*: significant after Holm's correction; (*): only before it",
)


def heatmap(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    columns: int = 1,
    width: int = 60,
) -> alt.FacetChart:
    """Draw the mean effect of every classifier and emotion in numbers, with signs for tests and verdicts.

    A star: significant after Holm's correction over the table's family; one in brackets: only before it. A
    frame: the change matters at the margin; a question mark: it can't be said; neither: it doesn't matter.

    Parameters
    ----------
    table
        From `facelib.stats.effects_over_faces`: classifier, label, mean, low, high, p, p_holm, verdict, n;
        ``intervention`` makes panels, ``alpha`` is the level of the stars (.05 where it is missing).
    titles
        Names above the panels by intervention; None: the ids.
    columns
        Panels beside each other.
    width
        Of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "intervention": "palsy", "classifier": "fer", "label": ["happy", "sad"], "mean": [-0.62, 0.04],
    ...     "low": [-0.7, -0.02], "high": [-0.5, 0.1], "p": [0.0001, 0.2], "p_holm": [0.0002, 0.2],
    ...     "verdict": ["matters", "cannot tell"], "n": 24,
    ... })
    >>> [cell["words"] for cell in heatmap(table).to_dict()["datasets"]["cells"]]
    ['−.62 *', '+.04 ?']
    """
    data = heatmap_rows(table, titles)
    return heatmap_layout(data=data, columns=columns, width=width)


def heatmap_layout(
    titles: Sequence[str] = (), *, data: Sequence[Mapping[str, Any]] = (), columns: int = 1, width: int = 60
) -> alt.FacetChart:
    """Return `heatmap` without data: data set ``cells``, parameters ``cells_heading`` and ``cells_titles``.

    The data are what `heatmap_rows` returns; ``cells_titles`` are the names of the panels by their order.
    """
    meant = f"datum.value === '{INTENDED}'"
    across = {
        "labelExpr": f"{meant} ? '{MEANT}' : datum.value",
        "labelFontWeight": {"condition": {"test": meant, "value": "bold"}, "value": "normal"},
    }
    return cells(
        data, row="classifier", column="label", amount="mean", full=FULL, signed=True, framed="matters",
        bold="strong", sort=[INTENDED, *EMOTIONS], across=across, heading=HEADING, said="says",
        tooltip=["title", "classifier", "label", "says"], description="Table: mean change of outputs over "
        "faces. Star: significant after correction; frame: matters; question mark: open.", titles=titles,
        columns=columns, width=width,
    )  # fmt: skip


def heatmap_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the cells of `heatmap`, also for a chart that is there without data.

    Examples
    --------
    >>> table = pd.DataFrame({"classifier": ["fer"], "label": ["sad"], "mean": [0.2], "low": [0.1],
    ...     "high": [0.3], "p": [0.02], "p_holm": [0.2], "verdict": ["cannot tell"], "n": [12]})
    >>> cell = heatmap_rows(table)[0]
    >>> cell["words"], cell["says"]
    ('+.20 (*)?', '+.20 (+.10 to +.30), n = 12, p = .020, after Holm .200: cannot tell')
    """
    checked = possible(needed(table, NEEDED))
    alphas = checked["alpha"] if "alpha" in checked else pd.Series(ALPHA, checked.index)
    return rows(
        panelled(checked, "intervention", titles).assign(
            intervention=checked.get("intervention", ""),
            words=[_words(row, alpha) for row, alpha in zip(checked.to_dict("records"), alphas, strict=True)],
            matters=checked["verdict"] == MATTERS,
            strong=checked["p_holm"] <= alphas,
            says=[_says(row) for row in checked.to_dict("records")],
        ),
        CELLS,
    )


def _words(row: Mapping[Any, Any], alpha: float) -> str:
    if math.isnan(row["mean"]):
        return "–"
    star = "*" if row["p_holm"] <= alpha else "(*)" if row["p"] <= alpha else ""
    marks = star + ("?" if row["verdict"] in UNDECIDED else "")
    return f"{signed(row['mean'])} {marks}".strip()


def _says(row: Mapping[Any, Any]) -> str:
    """Return the numbers of a cell in one line, for the tooltip and for screen readers."""
    if math.isnan(row["mean"]):
        return "not known for any face"
    interval = f" ({signed(row['low'])} to {signed(row['high'])})" if math.isfinite(row["low"]) else ""
    tested = not math.isnan(row["p"])
    p = f", p {p_is(row['p'])}, after Holm {format_p(row['p_holm'])}" if tested else ""
    verdict = f": {row['verdict']}" if row["verdict"] else ""
    return f"{signed(row['mean'])}{interval}, n = {int(row['n'])}{p}{verdict}"
