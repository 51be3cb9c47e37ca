"""Behaviour of classifiers side by side: confusion, calibration and agreement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

TIDY: Final = ("classifier", "what", "row", "column", "value", "n", "low", "high")
CONFUSION: Final = ("classifier", "row", "column", "value", "n", "words", "right")
CALIBRATION: Final = ("classifier", "confidence", "right", "low", "high", "n", "share")
DISAGREEMENT: Final = ("first", "second", "share", "words", "kappa")
LIGHT, FULL = "#f4f6f8", "#5aa0d0"  # dark figures are legible on both
BESIDE: Final = 3
NAMED, TITLED = 64, 17  # px beside a plot for names, and of these for a title: what is stacked is in line
PLAIN: Final = "replace(datum.label, /_/g, ' ')"
LINE: Final = 13  # px from line to line of a name
UNIT: Final = alt.Scale(domain=[-theme.MARGIN / 2, 1 + theme.MARGIN / 2], nice=False)
HEADINGS: Final = {
    "confusion": "Named (column) where an emotion is meant (row), % of the row; framed: as meant",
    "calibration": "Share right over how sure; on the line: as often right as sure; large: many faces",
    "disagreement": "Faces, %, on which two name different emotions; κ: agreement beyond chance",
}


def confusion(table: pd.DataFrame, *, cell: int = 27) -> alt.ConcatChart:
    """Draw the confusion matrices of all classifiers on one colour scale.

    Parameters
    ----------
    table
        From `facelib.experiments.behaviour`, or ``facelib.data.table("behaviour")``.
    cell
        Side of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing, or no matrix is there.

    Examples
    --------
    >>> from facelib import data
    >>> cells = confusion(data.table("behaviour")).to_dict()["datasets"]["confusion"]
    >>> sorted({cell["classifier"] for cell in cells})[:3]
    ['faceapi', 'facemood', 'facex']
    """
    chart, data = _confusion(table, cell)
    return _finish(chart, {"confusion": data}, HEADINGS["confusion"], _spoken_confusion(data), 30)


def reliability(table: pd.DataFrame, *, width: int = 190, height: int = 150) -> alt.ConcatChart:
    """Draw how often each classifier is right over how sure it is, with 95 % intervals and the diagonal.

    Parameters
    ----------
    table
        See `confusion`.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, or no calibration is there.
    """
    chart, data = _reliability(table, width, height)
    return _finish(chart, {"calibration": data}, HEADINGS["calibration"], _spoken_calibration(table), 30)


def disagreement(table: pd.DataFrame, *, width: int = 64, row_height: int = 40) -> theme.Layered:
    """Draw on how many faces each pair of classifiers name different emotions.

    Parameters
    ----------
    table
        See `confusion`, or from `facelib.experiments.disagreement`.
    width, row_height
        Of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing, or no pair is there.
    """
    chart, data = _disagreement(table, width, row_height)
    return theme.single(
        chart.properties(datasets={"disagreement": data}),
        name="disagreement",
        heading=HEADINGS["disagreement"],
        description=_spoken_disagreement(data),
        above=28,
    )


def model_gallery(table: pd.DataFrame) -> alt.VConcatChart:
    """Draw `confusion`, `reliability` and, of several classifiers, `disagreement` below each other.

    Parameters
    ----------
    table
        See `confusion`.

    Raises
    ------
    BadValueError
        If a column is missing, or what is drawn isn't there.
    """
    matrices, cells = _confusion(table, 27)
    curves, bins = _reliability(table, 190, 150)
    parts: list[Any] = [_headed(matrices, "confusion"), _headed(curves, "calibration")]
    data = {"confusion": cells, "calibration": bins}
    spoken = [_spoken_confusion(cells), _spoken_calibration(table)]
    if (table["what"] == "disagreement").any():
        pairs, data["disagreement"] = _disagreement(table, 64, 40)
        parts.append(_headed(pairs, "disagreement"))
        spoken.append(_spoken_disagreement(data["disagreement"]))
    return alt.vconcat(*parts, spacing=40).properties(
        datasets=data,
        description=" ".join(spoken),
        config=theme.config(),
        autosize=alt.AutoSizeParams(type="pad", contains="padding"),
        padding=2,
    )


def _headed(chart: Any, part: str) -> Any:
    title = alt.Title(text=HEADINGS[part], color=theme.MUTED, fontWeight="normal", offset=14, frame="bounds")
    return chart.properties(title=title)


def _finish(
    chart: alt.ConcatChart, data: dict[str, Any], heading: str, description: str, above: int
) -> alt.ConcatChart:
    finished = theme.finish(
        chart.properties(datasets=data),
        columns=BESIDE,
        description=description,
        heading=json.dumps(heading, ensure_ascii=False),
        above=above,
    )
    return finished.properties(bounds="full", spacing=alt.RowColnumber(row=22, column=20))


def _confusion(table: pd.DataFrame, cell: int) -> tuple[alt.ConcatChart, list[dict[str, Any]]]:
    shares = _part(table, "confusion")
    cells = shares.assign(
        words=[_percent(share) for share in shares["value"]], right=shares["row"] == shares["column"]
    )
    right = _one(table, "accuracy")
    names = _names(cells)
    panels = []
    for place, name in enumerate(names):
        matrix = cells[cells["classifier"] == name]
        note = f"{100 * right[name]:.0f} % as meant" if name in right else ""
        panels.append(_matrix(matrix, name, note, first=place % BESIDE == 0, cell=cell))
    chart = alt.concat(*panels, columns=BESIDE, data=alt.NamedData(name="confusion"))
    return chart, rows(cells, CONFUSION)


def _matrix(own: pd.DataFrame, name: str, note: str, *, first: bool, cell: int) -> theme.Layered:
    meant, named = (
        [one for one in (*EMOTIONS, "other") if one in set(own[side])] for side in ("row", "column")
    )
    axis: dict[str, Any] = {
        "title": None, "ticks": False, "domain": False, "labelColor": theme.INK, "labelPadding": 5,
    }  # fmt: skip
    base = (
        alt.Chart()
        .transform_filter(_is(name))
        .encode(
            x=alt.X("column:N", sort=named, axis=alt.Axis(labelAngle=-50, orient="bottom", **axis)),
            y=alt.Y(
                "row:N", sort=meant, axis=alt.Axis(labels=first, minExtent=NAMED if first else 0, **axis)
            ),
        )
    )
    square = base.mark_rect(stroke="white", strokeWidth=1.5).encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 1], range=[LIGHT, FULL]), legend=None),
        tooltip=[
            alt.Tooltip("row:N", title="meant"),
            alt.Tooltip("column:N", title="named"),
            alt.Tooltip("value:Q", title="share", format=".1%"),
            alt.Tooltip("n:Q", title="faces meant so"),
        ],
    )
    frame = base.mark_rect(filled=False, stroke=theme.INK, strokeWidth=1.2).transform_filter("datum.right")
    text = base.mark_text(fontSize=10.5, color=theme.INK).encode(text="words:N")
    sides = {"width": alt.Step(cell), "height": alt.Step(cell - 5)}
    return alt.layer(square, frame, text).properties(title=_title(name, note), **sides)


def _reliability(
    table: pd.DataFrame, width: int, height: int
) -> tuple[alt.ConcatChart, list[dict[str, Any]]]:
    bins = _part(table, "calibration")
    keys = ["classifier", "row"]
    sure = bins[bins["column"] == "confidence"].set_index(keys)["value"].rename("confidence")
    right = bins[bins["column"] == "right"].set_index(keys).rename(columns={"value": "right"})
    dots = right.join(sure).reset_index()
    dots["share"] = dots["n"] / dots.groupby("classifier")["n"].transform("sum")
    error = _one(table, "calibration error")
    panels = []
    for place, name in enumerate(_names(dots)):
        note = f"calibration error {error[name]:.2f}" if name in error else ""
        panels.append(_curve(name, note, place, width=width, height=height))
    chart = alt.concat(*panels, columns=BESIDE, data=alt.NamedData(name="calibration"))
    return chart, rows(dots, CALIBRATION)


def _curve(name: str, note: str, place: int, *, width: int, height: int) -> theme.Layered:
    axis: dict[str, Any] = {"values": [0, 0.5, 1], "format": "~g", "ticks": False, "domain": False}
    base = (
        alt.Chart()
        .transform_filter(_is(name))
        .encode(
            x=alt.X("confidence:Q", scale=UNIT, axis=alt.Axis(title="largest probability", **axis)),
            y=alt.Y(
                "right:Q",
                scale=UNIT,
                axis=alt.Axis(title="share right", minExtent=NAMED - TITLED, **axis)
                if place % BESIDE == 0
                else alt.Axis(title=None, **axis),
            ),
        )
    )
    ends = alt.Chart(alt.InlineData(values=[{"at": 0}, {"at": 1}])).encode(
        x=alt.X("at:Q", scale=UNIT), y=alt.Y("at:Q", scale=UNIT)
    )
    own = colour(place)
    return alt.layer(
        ends.mark_line(color=theme.MUTED, strokeDash=[4, 3], strokeWidth=1),
        base.mark_rule(color=own, strokeWidth=1.5, opacity=0.6).encode(y="low:Q", y2="high:Q"),
        base.mark_line(color=own, strokeWidth=1.5),
        base.mark_point(filled=True, color=own, opacity=1, stroke="white", strokeWidth=0.8).encode(
            size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[18, 260]), legend=None),
            tooltip=[
                alt.Tooltip("confidence:Q", title="largest probability, mean", format=".2f"),
                alt.Tooltip("right:Q", title="share right", format=".2f"),
                alt.Tooltip("low:Q", format=".2f"),
                alt.Tooltip("high:Q", format=".2f"),
                alt.Tooltip("n:Q", title="faces"),
            ],
        ),
    ).properties(width=width, height=height, title=_title(name, note))


def _disagreement(
    table: pd.DataFrame, width: int, row_height: int
) -> tuple[alt.LayerChart | alt.FacetChart, list[dict[str, Any]]]:
    import pandas as pd

    estimates = _part(table, "disagreement").set_index(["classifier", "row"])
    columns = {what: estimates.loc[estimates["column"] == what, "value"] for what in ("share", "kappa")}
    pairs = pd.DataFrame(columns).reset_index().rename(columns={"classifier": "first", "row": "second"})
    names = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    turned = pairs.rename(columns={"first": "second", "second": "first"})
    both = pd.concat([pairs, turned], ignore_index=True)
    both["words"] = [f"{100 * share:.0f} %" for share in both["share"]]
    both["kappa"] = [
        "κ ?" if kappa != kappa else f"κ {kappa:.2f}".replace("-", "−")  # noqa: PLR0124
        for kappa in both["kappa"]
    ]
    name_parts = {name: name.split("_") for name in names}
    lines = max(map(len, name_parts.values()))
    # Lines grow downwards, also above a chart. SVG skips empty ones, Vega trims spaces: no-width ones stay.
    padded = {name: ["\u200b"] * (lines - len(parts)) + parts for name, parts in name_parts.items()}
    axis: dict[str, Any] = {"title": None, "ticks": False, "domain": False, "labelColor": theme.INK}
    across = alt.Axis(
        orient="top", labelAngle=0, labelLimit=0, labelPadding=5 + LINE * (lines - 1),
        labelExpr=f"{json.dumps(padded)}[datum.label]", **axis,
    )  # fmt: skip
    base = alt.Chart(alt.NamedData(name="disagreement")).encode(
        x=alt.X("second:N", sort=names, axis=across),
        y=alt.Y(
            "first:N", sort=names, axis=alt.Axis(labelExpr=PLAIN, labelLimit=180, minExtent=NAMED, **axis)
        ),
    )
    cell = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=[LIGHT, FULL]), legend=None),
        tooltip=["first:N", "second:N", "words:N", "kappa:N"],
    )
    share = base.mark_text(fontSize=12, dy=-6, color=theme.INK).encode(text="words:N")
    kappa = base.mark_text(fontSize=10, dy=8, color=theme.INK).encode(text="kappa:N")
    chart = alt.layer(cell, share, kappa).properties(width=alt.Step(width), height=alt.Step(row_height))
    return chart, rows(both, DISAGREEMENT)


def _part(table: pd.DataFrame, what: str) -> pd.DataFrame:
    checked = needed(table, TIDY)
    part = checked[checked["what"] == what]
    if part.empty:
        msg = (
            "Expected a table with rows of "
            f"{what!r}, as facelib.experiments.behaviour() returns it; got "
            f"{', '.join(map(repr, checked['what'].drop_duplicates())) or 'an empty one'}."
        )
        raise BadValueError(msg)
    return part


def _one(table: pd.DataFrame, what: str) -> dict[str, float]:
    """Return a number over all heads by classifier."""
    found = table[(table["what"] == what) & (table["row"] == "all")]
    return dict(zip(found["classifier"], found["value"].astype(float), strict=True))


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table["classifier"].drop_duplicates()]


def _is(name: str) -> str:
    return f"datum.classifier === {json.dumps(name)}"


def _title(name: str, note: str) -> alt.Title:
    return alt.Title(
        text=name, subtitle=note, anchor="start", frame="group", fontSize=11.5, subtitleFontSize=11,
        subtitleColor=theme.MUTED, offset=6,
    )  # fmt: skip


def _percent(share: float) -> str:
    """Return a share as a whole number of per cent; what rounds to none is a dot.

    >>> _percent(0.004), _percent(0.256)
    ('·', '26')
    """
    return "·" if round(100 * share) == 0 else f"{100 * share:.0f}"


def _spoken_confusion(data: list[dict[str, Any]]) -> str:
    """Describe how often each emotion is named as meant, and what else is named most."""
    parts = []
    for name in dict.fromkeys(row["classifier"] for row in data):
        cells = [row for row in data if row["classifier"] == name]
        shares = []
        for meant in dict.fromkeys(row["row"] for row in cells):
            most = max((row for row in cells if row["row"] == meant), key=lambda row: float(row["value"]))
            shares.append(f"{meant} most often as {most['column']}, {100 * most['value']:.0f} %")
        parts.append(f"{name}: {'; '.join(shares)}")
    return f"Tables: what is named where an emotion is meant. {'. '.join(parts)}."


def _spoken_calibration(table: pd.DataFrame) -> str:
    errors = ", ".join(f"{name} {error:.2f}" for name, error in _one(table, "calibration error").items())
    return f"Dots: share right over the largest probability. Expected calibration error: {errors}."


def _spoken_disagreement(data: list[dict[str, Any]]) -> str:
    seen = data[: len(data) // 2]
    words = "; ".join(f"{row['first']} and {row['second']} {row['words']}, {row['kappa']}" for row in seen)
    return f"Table: faces on which two classifiers name different emotions. {words}."
