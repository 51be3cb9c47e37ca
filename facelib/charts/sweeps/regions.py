"""Evidence by region along the strength: one panel per region, one line per classifier."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Literal

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.curves import axis, curves, unit
from facelib.charts.facets import ordered
from facelib.charts.tables import classifiers_of, needed, panelled, rows
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NEEDED: Final = ("strength", "classifier", "label", "region", "share", "evidence", "area")
CELLS: Final = ("order", "title", "strength", "series", "region", "side", "value", "usual")
BOTH: Final = {"eyes": "eye", "brows": "brow", "cheeks": "cheek"}
SIDES: Final = ("left or whole", "right")
TITLES: Final = {
    "share": "Share of the evidence for {label} in each region; grey: its share of the area",
    "evidence": "Evidence for {label} in each region: part of the map's mean",
}
ORDER: Final = (
    "mouth", "eyes", "brows", "nose", "cheeks", "forehead", "chin", "electrodes", "outside",
)  # fmt: skip
BESIDE: Final = 5  # panels per row


def region_curves(
    table: pd.DataFrame,
    value: Literal["share", "evidence"] = "share",
    *,
    sides: bool = False,
    width: int = 110,
    height: int = 80,
) -> alt.FacetChart:
    """Draw how much of a classifier's evidence lies in each region, over the strength.

    Shares show where the evidence lies, but only the evidence itself shows that all of it fades. The grey
    band is the share of a map that is the same everywhere, for the first classifier: lines above it are
    more than the region's size explains. Lines are interrupted where a map is blank.

    Parameters
    ----------
    table
        Rows of `facelib.studies.SweepMaps.regions`, of one class.
    value
        What is drawn.
    sides
        Draw the person's left (solid) and right (dashed) eye, brow and cheek apart.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table is of no class or of several, or `value` is another word.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "strength": [0.0, 1.0], "classifier": "fer", "label": "happy", "region": "mouth",
    ...     "share": [0.5, 0.2], "evidence": [0.2, 0.1], "area": 0.1,
    ... })
    >>> region_curves(table).to_dict()["datasets"]["regions"][0]["value"]
    0.5
    """
    if value not in TITLES:
        msg = f"What is drawn is one of {', '.join(TITLES)}; got {value!r}."
        raise BadValueError(msg)
    labels = [str(name) for name in needed(table, NEEDED)["label"].drop_duplicates()]
    if len(labels) != 1:
        msg = f"The chart is about one class; got {', '.join(labels) or 'an empty table'}."
        raise BadValueError(msg)
    having = table[table["area"].notna()]
    without = [name for name in classifiers_of(table) if name not in classifiers_of(having)]
    table = table[~table["classifier"].isin(without)]
    if table.empty:
        msg = f"None of {', '.join(without)} has a map of {labels[0]}: there is nothing to draw."
        raise BadValueError(msg)
    shares = grouped(table, value, sides=sides)
    names = classifiers_of(table)
    shown = [region for region in ORDER if (shares["region"] == region).any()]
    top = float(shares[["value", "usual"]].max().max())
    gaps = "; gaps: blank maps" if shares["value"].isna().any() else ""
    heading = TITLES[value].format(label=labels[0]) + gaps
    heading += f"; no map: {', '.join(without)}" if without else ""
    shares = shares.sort_values("region", key=lambda names: names.map(ORDER.index), kind="stable")
    return ordered(
        alt.layer(*_layers(names, value, top, sides=sides)).properties(width=width, height=height),
        "regions", data=rows(panelled(shares, "region"), CELLS), heading=[heading],
        columns=theme.panels_beside(shown, BESIDE), between=(16, 14),
        description=f"{heading}. Lines over the strength of the change from 0 to 1, one panel per region "
        f"({', '.join(shown)}), one line per classifier ({', '.join(names)}).",
    )  # fmt: skip


def grouped(table: pd.DataFrame, value: str, *, sides: bool) -> pd.DataFrame:
    """Return the rows that are drawn, sides apart or added up, without regions that are never seen."""
    regions = table["region"].astype(str)
    side = regions.str.extract(r"^(left|right) ", expand=False)
    part = regions.str.replace(r"^(left|right) ", "", regex=True)
    plural = {one: several for several, one in BOTH.items()}
    right = (side == "right") & sides
    renamed = table.assign(
        region=part.replace(plural),
        side=right.map({False: SIDES[0], True: SIDES[1]}),
        series=table["classifier"],
    )
    keys = ["classifier", "strength", "region", "side", "series"]
    sums = renamed.groupby(keys, sort=False, observed=True)[[value, "area"]].agg(_sum).reset_index()
    seen = sums.groupby("region")["area"].transform("max") > 0
    usual = sums["area"] if value == "share" else float("nan")
    return sums.assign(value=sums[value], usual=usual)[seen].reset_index(drop=True)


def _sum(values: npt.NDArray[np.float64]) -> float:
    return float(pd.Series(values).sum(skipna=False))


def _layers(names: list[str], value: str, top: float, *, sides: bool) -> list[alt.Chart]:
    x = alt.X("strength:Q", scale=unit(), axis=axis(grid=False))
    form = ".0%" if value == "share" else "~g"
    up = {
        "scale": alt.Scale(domain=[0, 1.05 * top or 1], nice=False),
        "axis": alt.Axis(title=None, tickCount=3, format=form, ticks=False, domain=False),
    }
    colours, shapes = theme.told_apart(names)
    legend = alt.Legend(title=None, orient="right", symbolStrokeColor=theme.INK) if sides else None
    dashes = alt.Scale(domain=list(SIDES), range=[[1, 0], [5, 3]])
    tooltip = [
        alt.Tooltip("series:N", title="classifier"), "region:N", "side:N",
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip("value:Q", title=value, format=".1%" if value == "share" else ".3g"),
        alt.Tooltip("usual:Q", title="share of the area", format=".1%"),
    ]  # fmt: skip
    lines = curves(
        x, "value", up, look=[colours, alt.StrokeDash("side:N", scale=dashes, legend=legend)], size=22,
        shape=shapes, tooltip=tooltip,
    )  # fmt: skip
    first = f"datum.series === {json.dumps(names[0])} && datum.side === {SIDES[0]!r}"
    usual = alt.Chart().transform_filter(first).mark_area(color=theme.BAND, opacity=0.55)
    return [*([usual.encode(x, y="usual:Q")] if value == "share" else []), *lines]
