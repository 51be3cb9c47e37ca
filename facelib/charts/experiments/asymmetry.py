"""Facing Asymmetry in figures: curves with controls, changes and D beside the margin, observed faces."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.statistics.diagram import Diagram, causal_diagram
from facelib.charts.studies.averages import mean_response
from facelib.charts.studies.effects import forest
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import ARMS
from facelib.experiments.asymmetry.effects import ALL
from facelib.utilities.wording import signed

ARM_TITLES: Final = {
    ARMS["left"]: "left side weaker",
    ARMS["right"]: "right side weaker",
    ARMS["total"]: "both weaker, same total",
    ARMS["displacement"]: "both weaker, as visible",
}
"""What is run, in few words, as the figures name it."""
FOREST_TITLES: Final = {
    "change": "Change as the {side} side weakens",
    "total": "D: beyond both sides weaker by the same total",
    "displacement": "D: beyond both sides weaker, as visible",
}
OBSERVED: Final = "predicted from unchanged faces"
INTERVENTIONAL: Final = "the intervention did (D)"
MODEL_NODES: Final = (
    ("left", "left side", "its activation"),
    ("right", "right side", "its activation"),
    ("total", "total", "left + right"),
    ("asymmetry", "asymmetry", "left − right"),
    ("light", "the rest", "identity, light"),
    ("image", "picture", "of the face"),
    ("reading", "output", "of a network"),
)
"""Boxes of `asymmetry_model`: name, title, words."""
MODEL_ARROWS: Final = (
    ("left", "total", ""),
    ("left", "asymmetry", ""),
    ("right", "total", ""),
    ("right", "asymmetry", ""),
    ("total", "image", ""),
    ("asymmetry", "image", ""),
    ("light", "image", ""),
    ("image", "reading", ""),
)
"""Its arrows: source, target, words."""
CELLS: Final = ("row", "series", "mean", "low", "high", "words", "direction")


def asymmetry_curves(
    curves: pd.DataFrame, intensity: float = 1.0, expression: str = ALL, **options: Any
) -> alt.FacetChart:
    """Draw the mean output over the strength for one side and its controls: one panel per classifier.

    Parameters
    ----------
    curves
        From `facelib.experiments.asymmetry.asymmetry_curves`.
    intensity, expression
        Of the faces.
    **options
        As for `mean_response`.

    Raises
    ------
    BadValueError
        If a column or these faces are missing.
    """
    group = chosen(curves, intensity, expression)
    ordered = group.assign(
        place=[list(ARM_TITLES).index(arm) for arm in group["intervention"]],
        low=group["low"].clip(lower=0.0),  # Student's intervals of a few people don't know of 0 and 1
        high=group["high"].clip(upper=1.0),
    )
    shown = "the expression shown" if expression == ALL else expression
    settings: dict[str, Any] = {
        "heading": f"Mean probability of {shown} over the strength, intensity {intensity:g}; "
        "bands: intervals over people",
        "columns": 3,
        "width": 170,
        "height": 110,
    }
    return mean_response(ordered.sort_values("place", kind="stable"), ARM_TITLES, **settings | options)


def asymmetry_forest(
    effects: pd.DataFrame,
    contrasts: pd.DataFrame,
    intensity: float = 1.0,
    expression: str = ALL,
    *,
    side: str = "left",
    **options: Any,
) -> alt.FacetChart:
    """Draw the change of each classifier, and below it the change beyond each control: D.

    Parameters
    ----------
    effects, contrasts
        From `facelib.experiments.asymmetry.asymmetry_effects` and `asymmetry_contrasts`; probabilities are
        drawn.
    intensity, expression
        Of the faces.
    side
        The side that weakens.
    **options
        As for `forest`.

    Raises
    ------
    BadValueError
        If a column or these faces are missing.
    """
    parts = forest_rows(effects, contrasts, intensity, expression, side=side)
    titles = {name: title.format(side=side) for name, title in FOREST_TITLES.items()}
    shown = "the expression shown" if expression == ALL else expression
    heading = f"Probability of {shown} at strength 1 minus at 0, intensity {intensity:g}"
    settings: dict[str, Any] = {"heading": heading} | options
    return forest(parts, titles, **settings)


def forest_rows(
    effects: pd.DataFrame, contrasts: pd.DataFrame, intensity: float, expression: str, *, side: str
) -> pd.DataFrame:
    """Return the rows of `asymmetry_forest`: changes, then D against each control, as ``intervention``."""
    changes, against = (
        chosen(table[table["value"] == "probability"], intensity, expression)
        for table in (needed(effects, ("value",)), needed(contrasts, ("value", "control")))
    )
    parts = [changes[changes["intervention"] == ARMS[side]].assign(intervention="change")]
    of_side = against[against["intervention"] == ARMS[side]]
    parts += [
        of_side[of_side["control"] == ARMS[name]].assign(intervention=name)
        for name in FOREST_TITLES
        if name != "change"
    ]
    return pd.concat(parts, ignore_index=True)


def asymmetry_observed(
    agreement: pd.DataFrame,
    value: str = "logit",
    held: str = "total",
    *,
    width: int = 330,
    row_height: int = 17,
) -> theme.Layered:
    """Draw the prediction from unchanged faces beside the effect of the intervention, for every classifier.

    Parameters
    ----------
    agreement
        From `facelib.experiments.asymmetry.compare_with_observed`.
    value
        "probability" or "logit".
    held
        What stands for the total activation: "activation", as measured, or "total", as it was set.
    width, row_height
        px.

    Raises
    ------
    BadValueError
        If a column or this value is missing.
    """
    data = observed_rows(agreement, value, held)
    names = list(dict.fromkeys(row["row"] for row in data))
    spread = [row[end] for row in data for end in ("low", "high")]
    low, high = min(*spread, 0.0), max(*spread, 0.0)
    room = 0.04 * (high - low or 1.0)
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    axis = alt.Axis(title=None, tickCount=6, format=".2~f", domain=False, ticks=False)
    y = alt.Y(
        "row:N",
        sort=names,
        axis=alt.Axis(title=None, ticks=False, domain=False, labelColor=theme.INK, labelPadding=8),
        scale=alt.Scale(paddingInner=0.3),
    )
    offset = alt.YOffset("series:N", sort=[INTERVENTIONAL, OBSERVED])
    kinds = [INTERVENTIONAL, OBSERVED]
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1, symbolSize=60, labelLimit=0)
    base = alt.Chart(alt.NamedData(name="observed")).transform_filter("isValid(datum.mean)").encode(
        y=y,
        yOffset=offset,
        color=alt.Color(
            "series:N", scale=alt.Scale(domain=kinds, range=[theme.INK, theme.COUNTED]), legend=legend
        ),
    )  # fmt: skip
    zero = (
        alt.Chart(alt.InlineData([{"zero": 0}]))
        .mark_rule(color=theme.MUTED)
        .encode(x=alt.X("zero:Q", scale=scale, axis=axis))
    )
    line = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q")
    dot = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("mean:Q", scale=scale, axis=axis),
        shape=alt.Shape(
            "series:N", scale=alt.Scale(domain=kinds, range=["circle", "triangle-up"]), legend=legend
        ),
        tooltip=["row:N", "series:N", "words:N", "direction:N"],
    )
    text = (
        alt.Chart(alt.NamedData(name="observed"))
        .transform_filter(f"datum.series === {OBSERVED!r}")
        .mark_text(align="left", color=theme.INK)
        .encode(x=alt.value({"expr": "width + 10"}), y=y, text="direction:N")
    )
    unit = "probability" if value == "probability" else "logit"
    return theme.single(
        alt.layer(zero, line, dot, text).properties(
            width=width,
            height=alt.Step(row_height, **{"for": "offset"}),
            datasets={"observed": data},
        ),
        name="observed",
        heading=f"Change of the {unit} for the symmetry that the intervention takes away, 95 % intervals",
        description="Two intervals per classifier: "
        + "; ".join(f"{row['row']}, {row['series']}: {row['words']}" for row in data),
    )


def observed_rows(agreement: pd.DataFrame, value: str, held: str) -> list[dict[str, Any]]:
    """Return the rows of `asymmetry_observed`: two per classifier."""
    checked = needed(agreement, ("value", "held", "classifier", "direction"))
    compared = checked[(checked["value"] == value) & (checked["held"] == held)]
    if compared.empty:
        there = checked[["value", "held"]].drop_duplicates().itertuples(index=False)
        known = ", ".join(f"{one!r} with {other!r} held" for one, other in there)
        msg = f"The comparison has no rows for {value!r} with {held!r} held; it has {known or 'none'}."
        raise BadValueError(msg)
    parts = []
    for number, row in enumerate(compared.to_dict("records")):
        for name, series in (("interventional", INTERVENTIONAL), ("observed", OBSERVED)):
            mean, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
            text = f"{signed(mean)} ({signed(low)} to {signed(high)})"
            parts.append((number, row["classifier"], series, mean, low, high, text, row["direction"]))
    return rows(pd.DataFrame(parts, columns=["number", *CELLS]), CELLS)


def chosen(table: pd.DataFrame, intensity: float, expression: str) -> pd.DataFrame:
    """Return the rows of some faces, or say which there are."""
    given = needed(table, ("expression", "intensity", "intervention"))
    own = given[(given["expression"] == expression) & (given["intensity"] == intensity)]
    if own.empty:
        known = given[["expression", "intensity"]].drop_duplicates().itertuples(index=False)
        there = ", ".join(f"{name} at {part:g}" for name, part in known)
        msg = f"The table has no rows of {expression} at intensity {intensity:g}; it has {there or 'none'}."
        raise BadValueError(msg)
    return own


def asymmetry_model() -> Diagram:
    """Draw the structural model behind the contrasts: what a weak side changes besides the asymmetry.

    Examples
    --------
    >>> asymmetry_model().description[:68]
    'Causal diagram: left side to total; left side to asymmetry; right si'
    """
    nodes = pd.DataFrame(MODEL_NODES, columns=["node", "title", "words"]).assign(held=False)
    arrows = pd.DataFrame(MODEL_ARROWS, columns=["source", "target", "words"]).assign(share=0.12)
    return causal_diagram(nodes, arrows)
