"""Effects of placebos, kind by kind, beside the change in question."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.tables import rows
from facelib.errors import BadValueError

KINDS: Final = ("kind", "size", "much", "matched")


def sizes_of(changes: pd.DataFrame, value: float) -> pd.DataFrame:
    """Return the rows of the chart: kind, size, much, matched.

    Parameters
    ----------
    changes
        kind, change, matched: see `facelib.studies.References.changes`.
    value
        Change of the same output in question.
    """
    missing = [name for name in ("kind", "change", "matched") if name not in changes]
    if missing:
        msg = f"Expected a table with the columns kind, change, matched; {', '.join(missing)} is missing."
        raise BadValueError(msg)
    size = changes["change"].abs()
    return pd.DataFrame(
        {
            "kind": changes["kind"].str.replace("_", " "),
            "size": size,
            "much": size >= abs(value) * (1 - 1e-9),
            "matched": changes["matched"],
        }
    )


def kinds(
    changes: pd.DataFrame | None = None, value: float | None = None, *, width: int = 440, row_height: int = 15
) -> theme.Layered:
    """Draw the effect of every placebo, one row per kind, and a line where the change in question stands.

    Kinds that move the output most come first. A change that could not be made as large as the one in
    question is hollow.

    Parameters
    ----------
    changes
        kind, change, matched: see `facelib.studies.References.changes`. None: without data, for the app.
    value
        Change of the same output in question.

    Examples
    --------
    >>> changes = pd.DataFrame({"kind": ["blur", "crop"], "change": [-0.1, 0.7], "matched": [True, True]})
    >>> [row["much"] for row in kinds(changes, -0.6).to_dict()["datasets"]["kinds"]]
    [False, True]
    """
    data: dict[str, list[dict[str, object]]] = {"kinds": [], "kinds_value": []}
    if changes is not None and value is not None:
        data = {
            "kinds": rows(sizes_of(changes, value), KINDS, digits=6),
            "kinds_value": [{"value": abs(value)}],
        }
    x = alt.X(
        "size:Q",
        scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
        axis=alt.Axis(title="change of the output, in size", values=[0, 0.25, 0.5, 0.75, 1], format=".2~f"),
    )
    colours = alt.Scale(domain=[False, True], range=[theme.MUTED, theme.COUNTED])
    order = alt.EncodingSortField("size", op="median", order="descending")
    dots = (
        alt.Chart(alt.NamedData(name="kinds"))
        .transform_filter("isValid(datum.kind)")
        .mark_point(size=44, strokeWidth=1.4, opacity=0.9)
        .encode(
            x=x,
            y=alt.Y(
                "kind:N",
                sort=order,
                axis=alt.Axis(title=None, grid=True, ticks=False, domain=False, labelPadding=6),
            ),
            stroke=alt.Stroke("much:N", scale=colours, legend=None),
            fill=alt.Fill("much:N", scale=colours, legend=None),
            fillOpacity=alt.condition("datum.matched", alt.value(0.85), alt.value(0)),
            shape=alt.condition("datum.much", alt.value("triangle-up"), alt.value("circle")),
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("size:Q", format=".3f"), alt.Tooltip("matched:N")],
        )
    )
    base = alt.Chart(alt.NamedData(name="kinds_value")).transform_filter("isValid(datum.value)")
    across = alt.X("value:Q")
    rule = base.mark_rule(color=theme.INK, strokeWidth=2).encode(x=across)
    text = base.mark_text(
        baseline="bottom", dy=-3, fontWeight="bold",
        align={"expr": "datum.value > 0.75 ? 'right' : datum.value < 0.15 ? 'left' : 'center'"},
    ).encode(x=across, y=alt.value(0), text=alt.value("this change"))  # fmt: skip
    chart = alt.layer(dots, rule, text).properties(width=width, height=alt.Step(row_height), datasets=data)
    return theme.single(
        chart,
        name="kinds",
        heading="One dot per placebo; triangles: at least as large; hollow: smaller in pixels",
        description="Dots: how much every placebo moved the output, one row per kind; "
        "line: the change in question. Triangles: at least as large.",
    )
