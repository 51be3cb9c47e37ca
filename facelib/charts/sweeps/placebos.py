"""Effects of placebos, kind by kind, beside the change in question."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.interval_dots import QUARTERS, UNIT, Look, dot_panels, numbers
from facelib.charts.tables import needed, panelled, rows

CELLS: Final = ("order", "title", "row", "series", "size", "says")
LOOKS: Final = {
    f"{size}{end}": Look(shape, shade, not end)
    for end in ("", ", smaller in pixels")
    for size, shape, shade in (
        ("at least as large", "triangle-up", theme.COUNTED), ("smaller", "circle", theme.MUTED),
    )
}  # fmt: skip


def kinds(changes: pd.DataFrame, value: float, *, width: int = 440, row_height: int = 15) -> alt.FacetChart:
    """Draw the effect of every placebo, one row per kind, and a line where the change in question stands.

    Kinds that move the output most come first. A change that could not be made as large as the one in
    question is hollow.

    Parameters
    ----------
    changes
        kind, change, matched: see `facelib.studies.References.changes`.
    value
        Change of the same output in question.
    width, row_height
        px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> changes = pd.DataFrame({"kind": ["blur", "crop"], "change": [-0.1, 0.7], "matched": [True, True]})
    >>> [row["series"] for row in kinds(changes, -0.6).to_dict()["datasets"]["kinds"]]
    ['at least as large', 'smaller']
    """
    size = needed(changes, ("kind", "change", "matched"))["change"].abs()
    much, hollow = size >= abs(value) * (1 - 1e-9), ~changes["matched"].astype(bool)
    places = (much.map({True: 0, False: 1}) + 2 * hollow).astype(int)
    found = panelled(changes, "").assign(
        row=changes["kind"].str.replace("_", " "), size=size, series=[list(LOOKS)[place] for place in places],
        says=[f"{one:.3f}" for one in size], middle=size.groupby(changes["kind"]).transform("median"),
    )  # fmt: skip
    return dot_panels(
        rows(found.sort_values(["middle", "kind"], ascending=False, kind="stable"), CELLS, digits=6),
        value="size", looks=LOOKS, interval=(), words=False, said="says", name="kinds", ends=UNIT,
        axis=numbers("change of the output, in size", values=QUARTERS, format=".2~f"),
        levels=[{"at": abs(value), "words": "this change"}], width=width, row_height=row_height,
        heading=["One dot per placebo; triangles: at least as large; hollow: smaller in pixels"],
        description=f"Dots: how much every placebo moved the output; this change: {abs(value):.3f}.",
    )  # fmt: skip
