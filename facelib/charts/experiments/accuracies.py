"""Panels of accuracies before and after a change: one row per classifier, words beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour

UNIT: Final = alt.Scale(domain=[-0.02, 1.02], nice=False)
SHAPES: Final = ("circle", "diamond", "square")


def accuracy_panel(
    key: Mapping[Any, Any],
    kinds: Sequence[str],
    title: str,
    *,
    intervals: bool,
    width: int,
    row_height: int,
) -> theme.Layered:
    """Return one panel: shares named as meant, of each classifier and kind; the second kind is filled.

    The rows that are drawn hold "classifier", "kind", "value", "n", "words", for `intervals` "low" and
    "high", and the names of `key`.

    Parameters
    ----------
    key
        Which rows are drawn: values by name.
    kinds
        What is beside each other: without, with, …
    title
        Above the panel.
    intervals
        True: every kind has a row of its own, with its interval. False: kinds share a row, joined by a line.
    width, row_height
        px.
    """
    chosen = " && ".join(f"datum.{name} === {json.dumps(value)}" for name, value in key.items())
    axis = alt.Axis(title=None, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", ticks=False, domain=False)
    y = alt.Y("classifier:N", sort=None, axis=name_axis())
    x = alt.X("value:Q", scale=UNIT, axis=axis)
    base = alt.Chart().transform_filter(chosen).encode(y=y)
    shades = alt.Scale(domain=list(kinds), range=[colour(place) for place in range(len(kinds))])
    shapes = alt.Scale(domain=list(kinds), range=list(SHAPES[: len(kinds)]))
    if intervals:
        base = base.encode(yOffset=alt.YOffset("kind:N", sort=list(kinds)))
        height = alt.Step(row_height, **{"for": "position"})
        line = base.mark_rule(strokeWidth=1.6).encode(
            x=alt.X("low:Q", scale=UNIT, axis=axis),
            x2="high:Q",
            color=alt.Color("kind:N", scale=shades, legend=None),
        )
    else:
        height = alt.Step(row_height)
        line = base.mark_line(color=theme.INK, opacity=0.25, strokeWidth=1.2).encode(
            x=x, detail="classifier:N"
        )
    mark = base.mark_point(size=66, strokeWidth=2, opacity=1).encode(
        x=x,
        shape=alt.Shape("kind:N", scale=shapes, legend=None),
        stroke=alt.Stroke("kind:N", scale=shades, legend=None),
        fill=alt.condition(f"datum.kind === '{kinds[1]}'", alt.value(colour(1)), alt.value("#ffffff")),
        tooltip=["classifier:N", "kind:N", alt.Tooltip("value:Q", format=".1%"), "n:Q", "words:N"],
    )
    text = (
        alt.Chart()
        .transform_filter(f"{chosen} && datum.words !== ''")
        .mark_text(align="left", color=theme.INK, fontSize=11)
        .encode(y=y, x=alt.value(width + 8), text="words:N")
    )
    return alt.layer(line, mark, text).properties(
        width=width, height=height, title=theme.panel_title(title, 1)
    )


def name_axis() -> alt.Axis:
    """Return the axis of rows with names."""
    return alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelLimit=200, labelPadding=6
    )
