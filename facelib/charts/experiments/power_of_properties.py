"""Power of Properties in figures: how outputs go along with properties, and what electrodes cost."""

from __future__ import annotations

import json
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.experiments.electrode_pairs import electrode_accuracy
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError

PAIR: Final = ["property", "classifier", "label"]
CURVES: Final = (*PAIR, "explained", "expression", "value", "category", "n", "mean", "low", "high")
ALL: Final = "all"
BLUE: Final = colour(0)
HEADING: Final = "Mean probability, 95 % band; thin: each expression, dashed: the one that the output means"

__all__ = ["effect_panels", "electrode_accuracy"]


def effect_panels(
    curves: pd.DataFrame, *, columns: int = 3, width: int = 190, height: int = 140
) -> alt.ConcatChart:
    """Draw how outputs go along with properties: mean with its band, and every expression; a panel per pair.

    The heavy line is over all faces, differences between expressions taken out; thin grey lines are the
    single expressions, the dashed one that which the output stands for.

    Parameters
    ----------
    curves
        From `facelib.experiments.power_of_properties.effect_curves`.
    columns, width, height
        Panels beside each other, and px of one.

    Raises
    ------
    BadValueError
        If a column is missing, or there is nothing to draw.
    """
    checked = needed(curves, CURVES)
    if checked.empty:
        msg = "Expected curves of one pair of a property and an output or more, from effect_curves; got none."
        raise BadValueError(msg)
    inside = {name: checked[name].clip(0, 1) for name in ("low", "high")}  # bands of shares end there
    shown = checked.assign(
        own=checked["expression"] == checked["label"], pair=checked[PAIR].agg(" ".join, axis=1), **inside
    )
    panels = [
        _panel(own).properties(width=width, height=height) for _, own in shown.groupby("pair", sort=False)
    ]
    whole = shown[shown["expression"] == ALL]
    spoken = "; ".join(
        f"{pair}: {', '.join(f'{mean:.2f}' for mean in own['mean'])}"
        for pair, own in whole.groupby("pair", sort=False)
    )
    return theme.finish(
        alt.concat(*panels, columns=columns, data=alt.NamedData(name="curves")).properties(
            datasets={"curves": rows(shown, (*CURVES, "own", "pair"))}
        ),
        columns=columns,
        description=f"Lines: mean probability over a property. {spoken}.",
        heading=json.dumps(HEADING),
        above=14,
    ).properties(spacing=alt.RowColnumber(row=92, column=44))


def _panel(pair: pd.DataFrame) -> theme.Layered:
    """Draw one property and output; words along the axis where the property is no number."""
    first = pair.iloc[0]
    words = bool((pair["category"].fillna("") != "").any())
    name = str(first["property"]).replace("_", " ")
    x: Any = (
        alt.X("category:N", sort=None, axis=alt.Axis(labelAngle=0, title=name))
        if words
        else alt.X("value:Q", scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=4, title=name))
    )
    top = min(1.0, max(pair["mean"].max(), pair.loc[pair["expression"] == ALL, "high"].max()))
    y: dict[str, Any] = {
        "scale": alt.Scale(domain=[0, 1.08 * float(top)], nice=False, clamp=True),
        "axis": alt.Axis(title="probability", format="~g", tickCount=4),
    }
    chosen = f"datum.pair === {json.dumps(first['pair'])}"
    base = alt.Chart().transform_filter(chosen).encode(x=x, y=alt.Y("mean:Q", **y))
    whole = base.transform_filter(f"datum.expression === '{ALL}'")
    single = base.transform_filter(f"datum.expression !== '{ALL}'").encode(detail="expression:N")
    band = whole.mark_rule(color=BLUE, strokeWidth=2) if words else whole.mark_area(color=BLUE, opacity=0.2)
    tip = [alt.Tooltip(name, format=".2f") for name in ("mean:Q", "low:Q", "high:Q")]
    layers = [
        single.mark_line(color=theme.BAND, strokeWidth=1),
        band.encode(y=alt.Y("low:Q", **y), y2="high:Q"),
        single.transform_filter("datum.own").mark_line(color=theme.INK, strokeWidth=1.4, strokeDash=[4, 3]),
        whole.mark_line(color=BLUE, strokeWidth=2.5, point={"color": BLUE, "size": 32}).encode(tooltip=tip),
    ]
    title = alt.Title(
        f"{first['classifier']}: {first['label']}", subtitle=f"{name}, ω² {max(first['explained'], 0):.2f}",
        anchor="start", frame="group", fontSize=11.5, subtitleFontSize=11, subtitleColor=theme.MUTED,
    )  # fmt: skip
    return alt.layer(*layers).properties(title=title)
