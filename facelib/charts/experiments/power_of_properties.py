"""Power of Properties in figures: which outputs go with properties, how far, and what electrodes cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.experiments.electrode_pairs import electrode_accuracy
from facelib.charts.palette import colour
from facelib.charts.studies.shares import significant_shares
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError

SHARES: Final = (
    "property", "role", "held", "decision", "tests", "significant", "share", "share_holm", "share_bh",
    "null_share", "explained", "alpha",
)  # fmt: skip
MATRIX: Final = ("property", "classifier", "label", "explained", "rejects", "p_holm", "n")
CELLS: Final = ("property", "output", "classifier", "label", "explained", "words", "rejects", "says")
CURVES: Final = (
    "property", "classifier", "label", "explained", "expression", "value", "category", "n", "mean", "low",
    "high",
)  # fmt: skip
FULL: Final = 0.25  # share of the variance at which the colour is full
LINE: Final = 13
ALL: Final = "all"


__all__ = ["effect_panels", "electrode_accuracy", "matrix_rows", "property_matrix", "property_shares"]


def property_shares(
    table: pd.DataFrame, titles: Mapping[str, str] | None = None, *, width: int = 330
) -> theme.Layered:
    """Draw the share of outputs that go with each property, raw and corrected, beside chance, with sizes.

    Each kind of share has a shape of its own; beside them stand the counts and the median ω².

    Parameters
    ----------
    table
        From `facelib.experiments.properties_table`.
    titles
        Names of the properties; None: as they are.
    width
        px.

    Raises
    ------
    BadValueError
        If a column is missing.
    """
    checked = needed(table, SHARES)
    first = checked["held"].iloc[0] if len(checked) else ""
    expression = checked["role"] == "expression"
    order = checked["held"].map({held: place for place, held in enumerate(dict.fromkeys(checked["held"]))})
    checked = checked.assign(
        order=order, expression=expression, second=checked["role"] != "property"
    ).sort_values(["order", "second", "share"], ascending=[True, True, False], kind="stable")
    names = []
    for row in checked.to_dict("records"):
        name = str((titles or {}).get(row["property"], row["property"])).replace("_", " ")
        held = _also_held(str(row["held"]).removeprefix(first))
        mark = " (the expression)" if row["expression"] else ""
        names.append(f"{name}{held}{mark}; ω² {_number(row['explained'])}")
    return significant_shares(
        checked.assign(property=names, method=checked["decision"]), width=width, row_height=36
    )


def _also_held(words: str) -> str:
    """Return what a further row holds fixed, shortly."""
    return ", intensity fixed too" if "activation" in words else words


def property_matrix(
    effects: pd.DataFrame, *, alpha: float = 0.01, width: int = 54, row_height: int = 17
) -> alt.FacetChart:
    """Draw decisions and sizes of all properties (columns) and outputs (rows) at once.

    A star survives Holm's correction. The colour is ω².

    Parameters
    ----------
    effects
        From `facelib.studies.ObservationalResult.effects`.
    alpha
        Level of the star.
    width, row_height
        Of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing.
    """
    cells = matrix_rows(effects, alpha)
    names = list(dict.fromkeys(row["property"] for row in cells))
    padded = _padded(names)
    lines = max((len(words) for words in padded.values()), default=1)
    plain: dict[str, Any] = {"title": None, "ticks": False, "domain": False, "labelColor": theme.INK}
    base = alt.Chart().encode(
        x=alt.X(
            "property:N",
            sort=names,
            axis=alt.Axis(
                labelAngle=0, orient="top", labelLimit=0, labelPadding=4 + LINE * (lines - 1),
                labelExpr=f"{json.dumps(padded)}[datum.label]", labelFontSize=10, **plain,
            ),
        ),
        y=alt.Y("label:N", sort=None, axis=alt.Axis(labelPadding=5, **plain)),
    )  # fmt: skip
    cell = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "explained:Q",
            scale=alt.Scale(domain=[0, FULL], range=["#f1f4f7", "#7fb2d9"], clamp=True),
            legend=alt.Legend(title="ω²", format=".0%", gradientLength=90, values=[0, 0.1, 0.2]),
        ),
        tooltip=["classifier:N", "label:N", "property:N", "says:N"],
    )
    heavy = alt.ExprRef(expr="datum.rejects ? 'bold' : 'normal'")
    text = base.mark_text(fontSize=10.5, fontWeight=heavy, color=theme.INK).encode(text="words:N")
    header = alt.Header(
        title=None, labelAngle=0, labelAlign="left", labelFontSize=12, labelFontWeight=600,
        labelColor=theme.INK,
    )  # fmt: skip
    chart: alt.FacetChart = (
        alt.layer(cell, text)
        .properties(width=alt.Step(width), height=alt.Step(row_height))
        .facet(row=alt.Row("classifier:N", sort=None, header=header), data=alt.NamedData(name="cells"))
    )
    spoken = "; ".join(
        f"{row['classifier']} {row['label']}, {row['property']}: {row['says']}" for row in cells
    )
    return _page(
        chart,
        {"cells": cells},
        "Does the output go with the property? *: after Holm's correction, too",
        f"Table: decisions on every output and property. {spoken}.",
        spacing=8,
    )


def matrix_rows(effects: pd.DataFrame, alpha: float = 0.01) -> list[dict[str, Any]]:
    """Return the cells of `property_matrix`."""
    checked = needed(effects, MATRIX)
    records = checked.to_dict("records")
    return rows(
        checked.assign(
            property=[str(name).replace("_", " ") for name in checked["property"]],
            output=checked["classifier"] + " " + checked["label"],
            words=[_decision(row, alpha) for row in records],
            says=[
                f"{_decision(row, alpha)}, ω² {_number(row['explained'])}, n = {int(row['n'])}"
                for row in records
            ],
            rejects=checked["rejects"].astype(bool),
        ),
        CELLS,
    )


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
    pairs = checked[["property", "classifier", "label"]].drop_duplicates().to_dict("records")
    if not pairs:
        msg = "Expected curves of one pair of a property and an output or more, from effect_curves; got none."
        raise BadValueError(msg)
    inside = {name: checked[name].clip(0, 1) for name in ("low", "high")}  # bands of shares end there
    data = rows(checked.assign(own=checked["expression"] == checked["label"], **inside), (*CURVES, "own"))
    panels = [
        _panel(checked, pair, first=place % columns == 0, width=width, height=height)
        for place, pair in enumerate(pairs)
    ]
    chart = alt.concat(*panels, columns=columns, data=alt.NamedData(name="curves"))
    return theme.finish(
        chart.properties(datasets={"curves": data}),
        columns=columns,
        description=f"Lines: mean probability over a property. {_spoken_curves(checked, pairs)}",
        heading=json.dumps(
            "Mean probability, 95 % band; thin: each expression, dashed: the one that the output means"
        ),
        above=14,
    ).properties(spacing=alt.RowColnumber(row=92, column=44))


def _panel(
    curves: pd.DataFrame, pair: Mapping[Any, Any], *, first: bool, width: int, height: int
) -> theme.Layered:
    pair_rows = curves[
        (curves["property"] == pair["property"])
        & (curves["classifier"] == pair["classifier"])
        & (curves["label"] == pair["label"])
    ]
    categorical = bool((pair_rows["category"].fillna("") != "").any())
    name = str(pair["property"]).replace("_", " ")
    axis: dict[str, Any] = {"title": name, "ticks": False, "domain": False}
    x: Any = (
        alt.X("category:N", sort=None, axis=alt.Axis(labelAngle=0, **axis))
        if categorical
        else alt.X(
            "value:Q", scale=alt.Scale(zero=False, nice=False, padding=6), axis=alt.Axis(tickCount=4, **axis)
        )
    )
    y_axis = alt.Axis(
        title="probability" if first else None, format="~g", ticks=False, domain=False, tickCount=4
    )
    reach = max(pair_rows["mean"].max(), pair_rows.loc[pair_rows["expression"] == ALL, "high"].max())
    top = 1.08 * min(1.0, float(reach))  # the last tick stays below it, so that names stand level
    y = alt.Y("mean:Q", axis=y_axis, scale=alt.Scale(domain=[0, top], nice=False, clamp=True))
    chosen = " && ".join(
        f"datum.{key} === {json.dumps(pair[key])}" for key in ("property", "classifier", "label")
    )
    base = alt.Chart().transform_filter(chosen).encode(x=x)
    tip = [
        alt.Tooltip("expression:N"),
        alt.Tooltip("category:N" if categorical else "value:Q", title=name),
        alt.Tooltip("mean:Q", format=".2f"),
        alt.Tooltip("low:Q", format=".2f"),
        alt.Tooltip("high:Q", format=".2f"),
        alt.Tooltip("n:Q", title="faces"),
    ]
    single = base.transform_filter(f"datum.expression !== '{ALL}'").encode(y=y, detail="expression:N")
    whole = base.transform_filter(f"datum.expression === '{ALL}'")
    thin = single.mark_line(
        color=theme.BAND,
        strokeWidth=1,
        point=alt.OverlayMarkDef(color=theme.BAND, size=18) if categorical else False,
    ).transform_filter("!datum.own")
    meant = single.mark_line(color=theme.INK, strokeWidth=1.4, strokeDash=[4, 3]).transform_filter(
        "datum.own"
    )
    band = (
        whole.mark_rule(color=colour(0), strokeWidth=2)
        if categorical
        else whole.mark_area(color=colour(0), opacity=0.2)
    ).encode(y=alt.Y("low:Q", axis=y_axis), y2="high:Q")
    line = whole.mark_line(
        color=colour(0), strokeWidth=2.5, point=alt.OverlayMarkDef(color=colour(0), size=32)
    ).encode(y=y, tooltip=tip)
    size = float(pair_rows["explained"].iloc[0])
    title = alt.Title(
        text=f"{pair['classifier']}: {pair['label']}", subtitle=f"{name}, ω² {_number(size)}",
        anchor="start", frame="group", fontSize=11.5, subtitleFontSize=11, subtitleColor=theme.MUTED,
        offset=6,
    )  # fmt: skip
    return alt.layer(thin, band, meant, line).properties(width=width, height=height, title=title)


def _page(
    chart: Any, data: Mapping[str, Any], heading: str, description: str, *, spacing: int
) -> alt.FacetChart:
    finished: alt.FacetChart = chart.properties(
        datasets=dict(data),
        title=alt.Title(text=heading, color=theme.MUTED, fontWeight="normal", frame="group", offset=10),
        description=description,
        config=theme.config(),
        spacing=spacing,
        autosize=alt.AutoSizeParams(type="pad", contains="padding"),
        padding=2,
    )
    return finished


def _padded(names: list[str]) -> dict[str, list[str]]:
    """Return names word by word, all with equally many lines: short ones begin with empty ones."""
    words = {name: name.split() for name in names}
    lines = max(map(len, words.values()), default=1)
    return {name: ["\u200b"] * (lines - len(parts)) + parts for name, parts in words.items()}


def _decision(row: Mapping[Any, Any], alpha: float) -> str:
    return ("yes" if row["rejects"] else "no") + (" *" if row["p_holm"] < alpha else "")


def _number(value: float) -> str:
    """Return a size with two decimals and without a leading zero.

    >>> _number(0.034), _number(-0.001)
    ('.03', '.00')
    """
    return "?" if value != value else f"{max(value, 0.0):.2f}".lstrip("0")  # noqa: PLR0124


def _spoken_curves(curves: pd.DataFrame, pairs: list[dict[Any, Any]]) -> str:
    """Say of every pair where the mean begins and ends."""
    parts = []
    for pair in pairs:
        pair_rows = curves[
            (curves["property"] == pair["property"])
            & (curves["classifier"] == pair["classifier"])
            & (curves["label"] == pair["label"])
            & (curves["expression"] == ALL)
        ]
        means = ", ".join(
            f"{row['category'] or round(row['value'], 2)}: {row['mean']:.2f}"
            for row in pair_rows.to_dict("records")
        )
        parts.append(f"{pair['classifier']} {pair['label']} over {pair['property']}: {means}")
    return "; ".join(parts) + "."
