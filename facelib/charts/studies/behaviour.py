"""Behaviour of classifiers side by side: confusion, calibration and agreement."""

from __future__ import annotations

import itertools
from typing import Any, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.cells import cells, stacked
from facelib.charts.facets import ordered
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError

TIDY: Final = ("classifier", "what", "row", "column", "value", "n", "low", "high")
CONFUSION: Final = ("order", "title", "meant", "named", "value", "words", "says", "right")
CALIBRATION: Final = ("order", "title", "confidence", "right", "low", "high", "n", "share")
DISAGREEMENT: Final = ("order", "title", "first", "second", "share", "words", "kappa", "says")
BESIDE: Final = 3
HEADINGS: Final = {
    "confusion": "Named (column) where an emotion is meant (row), % of the row; framed: as meant",
    "calibration": "Share right over how sure; on the line: as often right as sure; large: many faces",
    "disagreement": "Faces, %, on which two name different emotions; κ: agreement beyond chance",
}


def confusion(table: pd.DataFrame, *, cell: int = 27) -> alt.FacetChart:
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
    >>> sorted({cell["title"].split()[0] for cell in cells})[:3]
    ['faceapi', 'facemood', 'facex']
    """
    shares = _part(table, "confusion")
    right = {name: f"\n{100 * one:.0f} % as meant" for name, one in _one(table, "accuracy").items()}
    shown = shares.assign(
        meant=shares["row"], named=shares["column"], right=shares["row"] == shares["column"],
        words=[_percent(share) for share in shares["value"]],
        says=[f"{share:.1%} of {n:g} faces" for share, n in zip(shares["value"], shares["n"], strict=True)],
    )  # fmt: skip
    titles = {name: f"{name}{right.get(name, '')}" for name in map(str, shown["classifier"])}
    emotions = [*EMOTIONS, "other"]
    return cells(
        rows(panelled(shown, "classifier", titles), CONFUSION), row="meant", column="named", amount="value",
        full=1, framed="right", sort=emotions, row_sort=emotions, own="x", name="confusion",
        across={"labelAngle": -50, "orient": "bottom"}, heading=[HEADINGS["confusion"]],
        description="Tables: what is named where an emotion is meant.", said="says",
        tooltip=["meant", "named", "says"], columns=BESIDE, width=cell, row_height=cell - 5,
    )  # fmt: skip


def reliability(table: pd.DataFrame, *, width: int = 190, height: int = 150) -> alt.FacetChart:
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
    bins, keys = _part(table, "calibration"), ["classifier", "row"]
    sure = bins[bins["column"] == "confidence"].set_index(keys)["value"].rename("confidence")
    right = bins[bins["column"] == "right"].set_index(keys).rename(columns={"value": "right"})
    found = right.join(sure).reset_index()
    found["share"] = found["n"] / found.groupby("classifier")["n"].transform("sum")
    error = {name: f"{one:.2f}" for name, one in _one(table, "calibration error").items()}
    titles = {name: f"{name}\ncalibration error {one}" for name, one in error.items()}
    return ordered(
        _dots_on_the_line(found["classifier"].nunique()).properties(width=width, height=height),
        "calibration", data=rows(panelled(found, "classifier", titles), CALIBRATION),
        heading=[HEADINGS["calibration"]], columns=BESIDE,
        description="Dots: share right over the largest probability. Expected calibration error: "
        f"{', '.join(f'{name} {one}' for name, one in error.items())}.",
    )  # fmt: skip


def disagreement(table: pd.DataFrame, *, width: int = 64, row_height: int = 40) -> alt.FacetChart:
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
    found = _part(table, "disagreement")
    names = list(dict.fromkeys([*found["classifier"], *found["row"]]))
    found = found.rename(columns={"classifier": "first", "row": "second"}).set_index(["first", "second"])
    columns = {what: found.loc[found["column"] == what, "value"] for what in ("share", "kappa")}
    pairs = pd.DataFrame(columns).reset_index()
    turned = pairs.rename(columns={"first": "second", "second": "first"})
    both = pd.concat([pairs, turned], ignore_index=True)
    shares = [f"{100 * share:.0f} %" for share in both["share"]]
    kappas = [f"κ {kappa:.2f}".replace("-", "−") if kappa == kappa else "κ ?" for kappa in both["kappa"]]  # noqa: PLR0124
    says = [f"{share}, {kappa}" for share, kappa in zip(shares, kappas, strict=True)]
    return cells(
        rows(panelled(both, "").assign(words=shares, kappa=kappas, says=says), DISAGREEMENT), row="first",
        column="second", amount="share", full=1, under="kappa", sort=names, row_sort=names,
        across=stacked(names), name="disagreement", heading=[HEADINGS["disagreement"]], said="says",
        description="Table: faces on which two classifiers name different emotions.",
        tooltip=["first", "second", "says"], width=width, row_height=row_height,
    )  # fmt: skip


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
    several = (table["what"] == "disagreement").any()
    charts: list[Any] = [confusion(table), reliability(table), *([disagreement(table)] if several else [])]
    whole = {
        "datasets": {name: found for chart in charts for name, found in chart.datasets.items()},
        "params": [one for chart in charts for one in chart.params],
        "description": " ".join(chart.description for chart in charts),
    } | {name: charts[0][name] for name in ("config", "autosize", "padding", "usermeta")}
    for chart, name in itertools.product(charts, whole):
        chart[name] = alt.Undefined
    return alt.vconcat(*charts, spacing=40, **whole)


def _dots_on_the_line(panels: int) -> theme.Layered:
    axis: dict[str, Any] = {"values": [0, 0.5, 1], "format": "~g", "ticks": False, "domain": False}
    unit = alt.Scale(domain=[-theme.MARGIN / 2, 1 + theme.MARGIN / 2], nice=False)
    shades = alt.Scale(domain=list(range(panels)), range=[colour(place) for place in range(panels)])
    base = alt.Chart().encode(
        x=alt.X("confidence:Q", scale=unit, axis=alt.Axis(title="largest probability", **axis)),
        y=alt.Y("right:Q", scale=unit, axis=alt.Axis(title="share right", **axis)),
        color=alt.Color("order:O", scale=shades, legend=None),
    )
    ends = alt.Chart(alt.InlineData(values=[{"at": 0}, {"at": 1}])).encode(
        x=alt.X("at:Q", scale=unit), y=alt.Y("at:Q", scale=unit)
    )
    numbers = {
        "confidence": "largest probability, mean",
        "right": "share right",
        "low": "low",
        "high": "high",
    }
    return alt.layer(
        ends.mark_line(color=theme.MUTED, strokeDash=[4, 3], strokeWidth=1),
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(y="low:Q", y2="high:Q"),
        base.mark_line(strokeWidth=1.5),
        base.mark_point(filled=True, opacity=1, stroke="white", strokeWidth=0.8).encode(
            size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[18, 260]), legend=None),
            tooltip=[
                *(alt.Tooltip(f"{name}:Q", title=title, format=".2f") for name, title in numbers.items()),
                alt.Tooltip("n:Q", title="faces"),
            ],
        ),
    )


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


def _percent(share: float) -> str:
    """Return a share as a whole number of per cent; what rounds to none is a dot.

    >>> _percent(0.004), _percent(0.256)
    ('·', '26')
    """
    return "·" if round(100 * share) == 0 else f"{100 * share:.0f}"
