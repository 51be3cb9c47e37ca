"""The curve of power as the page shows it: embedded once per margin, its numbers patched as one drags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from facelib import stats
from facelib.charts import theme
from facelib.charts.studies.power import CURVES, MARKS, curve_rows, marked, power_curve
from facelib.charts.tables import rows
from facelib.stats.effects.few_people import DELTA

if TYPE_CHECKING:
    import pandas as pd

QUESTIONS: Final = ("matters", "differs")


def layout(*, delta: float = DELTA, width: int = 320, height: int = 150) -> theme.Layered:
    """Return `facelib.charts.studies.power.power_curve` without data: data sets ``powers`` and ``marks``."""
    table = stats.power_curve(2 * delta, delta, sizes=[8], questions=QUESTIONS, delta=delta)
    chart = power_curve(table, people=8, width=width, height=height)
    above = theme.config() | {"legend": {"orient": "top", "direction": "vertical", "offset": 4}}
    return chart.properties(datasets={"powers": [], "marks": []}, config=above)


def power_data(table: pd.DataFrame, people: int) -> dict[str, list[dict[str, Any]]]:
    """Return the data sets of `layout`.

    Parameters
    ----------
    table
        From `facelib.stats.power_curve`; `people` is among its sizes.
    people
        The number that is marked.

    Examples
    --------
    >>> table = stats.power_curve(-0.2, 0.15, sizes=[8, 16], questions=QUESTIONS)
    >>> [row["text"] for row in power_data(table, 16)["marks"]]
    ['16 people, matters: 82 %', '16 people, differs: more than 99 %']
    """
    data = curve_rows(table)
    return {"powers": rows(data, CURVES), "marks": rows(marked(data, None, people), MARKS)}
