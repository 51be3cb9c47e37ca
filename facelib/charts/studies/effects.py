"""Effects with their intervals beside the margin: one row per classifier, the verdict in words and shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from facelib.charts import theme
from facelib.charts.facets import ordered, titles_by_order
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows
from facelib.stats.effects.equivalence import DOES_NOT, MATTERS, UNDECIDED
from facelib.stats.effects.sentences import cut_off, possible
from facelib.stats.paired import WORDS
from facelib.utilities.wording import p_is, percent, signed

if TYPE_CHECKING:
    import altair as alt
else:
    from facelib.charts.deferred import altair as alt

NEEDED: Final = ("classifier", "label", "mean", "low", "high", "delta", "n")
JUDGED: Final = ("verdict_low", "verdict_high", "verdict")
CELLS: Final = (
    "order", "title", "row", "mean", "low", "high", "inner_low", "inner_high", "verdict", "below", "above",
    "words",
)  # fmt: skip
SIZED: Final = (
    "property", "classifier", "label", "explained", "explained_low", "explained_high", "rejects", "p_holm",
)  # fmt: skip
DECIDED: Final = {"after Holm": "circle", "before Holm": "diamond", "not": "square"}
FILLED: Final = "circle"
LEAST: Final = 140  # px of a plot in the page: on a phone the chart is moved aside
SHAPES: Final = {
    MATTERS: FILLED, DOES_NOT: "square", WORDS[MATTERS]: FILLED, WORDS[DOES_NOT]: "square",
} | dict.fromkeys((*UNDECIDED, ""), "diamond")  # fmt: skip


def forest(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    heading: str = "Change of the mean probability from strength 0 to 1",
    width: int = 300,
    row_height: int = 20,
) -> alt.FacetChart:
    """Draw every effect with its intervals: whiskers, and in bold the one that gives the verdict.

    The grey band is the margin ± δ. A bold line wholly outside it: the change matters (filled circle); wholly
    inside: it doesn't (square); else it can't be said (diamond). The verdict stands beside it in words.

    Parameters
    ----------
    table
        From `facelib.stats.effects_over_faces` or `facelib.stats.contrast`; ``intervention`` makes panels. A
        label other than the row's first is named with its classifier where there are several. Without a
        column ``verdict`` nothing is judged: intervals alone.
    titles
        Names above the panels by intervention; None: the ids.
    heading
        Above the chart.
    width, row_height
        Of the plot, and of a row, px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "intervention": "palsy", "classifier": "fer", "label": "happy", "mean": [-0.62], "low": [-0.71],
    ...     "high": [-0.52], "verdict_low": [-0.7], "verdict_high": [-0.54], "verdict": ["matters"],
    ...     "delta": 0.1, "n": 24,
    ... })
    >>> forest(table).to_dict()["datasets"]["effects"][0]["words"]
    '−.62 (−.71 to −.52): matters'
    """
    given = _given(table)
    data = effect_rows(given, titles)
    spoken = "; ".join(f"{row['row']}: {row['words']}" for row in data)
    chart = forest_layout(
        titles_by_order(data), ends=effect_ends(given), heading=[heading, legend(given)], width=width,
        row_height=row_height,
    )  # fmt: skip
    return chart.properties(datasets={"effects": data}, description=f"Effects with intervals. {spoken}")


def forest_layout(
    titles: Sequence[str] = (),
    *,
    ends: Sequence[float] = (-1.0, 1.0),
    heading: Sequence[str] = (),
    width: int = 300,
    row_height: int = 20,
    own_rows: bool = True,
) -> alt.FacetChart:
    """Return `forest` without data: data set ``effects``; with one panel it needs no rows of its own.

    Its parameters are ``effects_titles``, ``effects_heading`` and, for the ends of the axis, ``effects_low``
    and ``effects_high``: what `effect_rows`, `legend` and `effect_ends` return.
    """
    return _rows(
        SHAPES, ".2~f", titles=titles, ends=ends, heading=heading, width=width, row_height=row_height,
        own_rows=own_rows,
    )  # fmt: skip


def explained(
    table: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    delta: float = 0.01,
    alpha: float = 0.01,
    most: int = 12,
    width: int = 300,
    row_height: int = 20,
) -> alt.FacetChart:
    """Draw how much of each output goes with a property, the largest first, with intervals.

    Filled circle: the test rejects after Holm's correction, too; diamond: only before it; square: it doesn't.
    The grey band is the margin: what explains less counts as small.

    Parameters
    ----------
    table
        From `facelib.studies.ObservationalResult.effects`: property, classifier, label, explained,
        explained_low, explained_high, rejects, p_holm.
    titles
        Names of the properties; None: as they are.
    delta, alpha
        Margin of the share of variance, and level of the corrected p.
    most
        Outputs that are drawn of each property.
    width, row_height
        Of the plot, and of a row, px.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "property": ["age"], "classifier": "fer", "label": "happy", "explained": [0.21],
    ...     "explained_low": [0.1], "explained_high": [0.3], "rejects": [True], "p_holm": [0.002],
    ... })
    >>> explained(table).to_dict()["datasets"]["effects"][0]["words"]
    '21 % (10 % to 30 %)'
    """
    data = explained_rows(table, titles, delta=delta, alpha=alpha, most=most)
    spoken = "; ".join(f"{row['row']}: {row['words']}" for row in data)
    chart = explained_layout(
        titles_by_order(data), ends=explained_ends(data, delta),
        heading=explained_legend(delta, whiskers=has_ranges(data)), width=width, row_height=row_height,
    )  # fmt: skip
    return chart.properties(datasets={"effects": data}, description=f"Shares of variance. {spoken}")


def explained_layout(
    titles: Sequence[str] = (),
    *,
    ends: Sequence[float] = (0.0, 1.0),
    heading: Sequence[str] = (),
    width: int = 300,
    row_height: int = 20,
) -> alt.FacetChart:
    """Return `explained` without data: data set and parameters are those of `forest_layout`."""
    return _rows(
        DECIDED, ".1~%", titles=titles, ends=ends, heading=heading, width=width, row_height=row_height
    )


def explained_ends(data: Sequence[Mapping[str, Any]], delta: float) -> list[float]:
    """Return the ends of the axis of `explained`."""
    values = [row[name] for row in data for name in ("mean", "low", "high") if row[name] is not None]
    return _roomy(min([0.0, *values]), max([1.5 * delta, *values]))


def explained_legend(delta: float, *, held: bool = True, whiskers: bool = True) -> list[str]:
    """Return what `explained` shows: whether labels are held fixed, and whether sizes have ranges."""
    ends = "whiskers: 90 % of random halves of the faces; " if whiskers else ""
    return [
        f"Share of the output's variance{' inside labels' if held else ''} that goes with the property (ω²)",
        f"{ends}grey: up to δ = {percent(delta)}",
    ]


def has_ranges(data: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether any row has an interval."""
    return any(row["low"] is not None for row in data)


def strongest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return outputs by their size; where sizes are missing what rejects comes first, then by p."""
    p = "p" if "p" in table else "p_holm"
    keys = table.assign(rejects=table["rejects"].astype(bool))
    keys = keys.sort_values(["explained", "rejects", p], ascending=[False, False, True], kind="stable")
    return table.loc[keys.index]


def explained_rows(
    table: pd.DataFrame, titles: Mapping[str, str] | None = None, *, delta: float, alpha: float, most: int
) -> list[dict[str, Any]]:
    """Return the rows of `explained`."""
    checked = needed(table, SIZED)
    properties = [str(name) for name in checked["property"].drop_duplicates()]
    first = strongest_first(checked).groupby("property", sort=False).head(most)
    decided = first["rejects"].astype(int) + (first["rejects"] & (first["p_holm"] < alpha)).astype(int)
    return rows(
        first.assign(
            order=[properties.index(str(name)) for name in first["property"]],
            title=[str((titles or {}).get(str(name), name)) for name in first["property"]],
            row=first["classifier"] + ": " + first["label"],
            mean=first["explained"],
            low=first["explained_low"],
            high=first["explained_high"],
            inner_low=float("nan"),
            inner_high=float("nan"),
            verdict=[list(DECIDED)[2 - int(level)] for level in decided],
            below=0.0,
            above=delta,
            words=[_share_words(row) for row in first.to_dict("records")],
        ),
        CELLS,
    )


def _share_words(row: Mapping[Any, Any]) -> str:
    size, low, high = (float(row[name]) for name in ("explained", "explained_low", "explained_high"))
    if math.isnan(size):
        corrected, p = row["p_holm"], row.get("p", math.nan)
        if math.isnan(corrected) and math.isnan(p):
            return "not testable"
        name, value = ("p after Holm", corrected) if math.isnan(p) else ("p", p)
        return f"ω² missing; {name} {p_is(value)}"
    ends = f" ({percent(max(low, 0.0))} to {percent(max(high, 0.0))})" if low <= high else ""
    return f"{percent(max(size, 0.0))}{ends}"


def forest_data(
    table: pd.DataFrame, titles: Mapping[str, str] | None, heading: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of `forest`, and the parameters of `forest_layout` that go with them."""
    data, (low, high) = effect_rows(table, titles), effect_ends(table)
    return data, {
        "effects_titles": titles_by_order(data),
        "effects_heading": [heading, legend(table)],
        "effects_low": low,
        "effects_high": high,
    }


def effect_rows(table: pd.DataFrame, titles: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of `forest`."""
    checked = possible(_given(table))
    names = checked["intervention"] if "intervention" in checked else pd.Series("", checked.index)
    panels = [str(name) for name in names.drop_duplicates()]
    several = len(checked["label"].drop_duplicates()) > 1
    return rows(
        checked.assign(
            order=[panels.index(str(name)) for name in names],
            title=[str((titles or {}).get(str(name), name)) for name in names],
            row=checked["classifier"] + ": " + checked["label"] if several else checked["classifier"],
            inner_low=checked["verdict_low"],
            inner_high=checked["verdict_high"],
            below=-checked["delta"],
            above=checked["delta"],
            words=[_words(row) for row in checked.to_dict("records")],
        ),
        CELLS,
    )


def _given(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with what is needed; without verdicts they are empty."""
    if "verdict" in table:
        return needed(table, (*NEEDED, *JUDGED))
    return needed(table, NEEDED).assign(verdict="", verdict_low=math.nan, verdict_high=math.nan)


def _words(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["mean"]):
        return "not known for any face"
    interval = f" ({signed(row['low'])} to {signed(row['high'])})" if math.isfinite(row["low"]) else ""
    verdict = f": {row['verdict'].removesuffix(' at δ')}" if row["verdict"] else ""
    return f"{signed(row['mean'])}{interval}{verdict}"


def legend(table: pd.DataFrame) -> str:
    """Return what the lines are, with their levels where the table knows them."""
    levels = {"": "its interval", "verdict": "the interval behind the verdict"}
    alphas = table["alpha"].unique().tolist() if "alpha" in table else []
    if len(alphas) == 1:
        alpha = float(alphas[0])
        levels = {
            "": f"{100 * (1 - alpha):g} % interval",
            "verdict": f"{100 * (1 - 2 * alpha):g} %, which gives the verdict",
        }
    cut = "; cut off at −1 and +1" if cut_off(table) else ""
    bold = f"bold: {levels['verdict']}; " if "verdict" in table and (table["verdict"] != "").any() else ""
    return f"whiskers: {levels['']}; {bold}grey: ± δ{cut}"


def effect_ends(table: pd.DataFrame) -> list[float]:
    """Return the ends of the axis: all intervals, the margin and 0, with some room."""
    table = possible(table)
    values = pd.concat(
        [table["low"], table["high"], table["mean"], table["delta"] * 1.25, -table["delta"] * 1.25]
    ).dropna()
    return _roomy(min(float(values.min()), 0.0), max(float(values.max()), 0.0))


def _roomy(low: float, high: float) -> list[float]:
    room = 0.04 * (high - low or 1.0)
    return [low - room, high + room]


def _rows(
    shapes: Mapping[str, str],
    form: str,
    *,
    titles: Sequence[str],
    ends: Sequence[float],
    heading: Sequence[str],
    width: int,
    row_height: int,
    own_rows: bool = True,
) -> alt.FacetChart:
    """Return the panels of both charts, without data."""
    chart = ordered(
        alt.layer(*_layers(shapes, form)).properties(width=width, height=alt.Step(row_height)),
        "effects",
        titles,
        heading=heading,
        description="Numbers with intervals, one row per output, in words beside it; grey: the margin.",
        own="y" if own_rows else "",
    )
    limits = zip(("effects_low", "effects_high"), ends, strict=True)
    made = chart.add_params(*(alt.param(name=name, value=end) for name, end in limits))
    return made.properties(usermeta={"facelib": {"columns": 1, "park": True, "least": LEAST}})


def _layers(shapes: Mapping[str, str], form: str) -> list[alt.Chart]:
    """Return the layers of a panel; circles are filled."""
    filled = [name for name, shape in shapes.items() if shape == FILLED]
    axis = alt.Axis(title=None, tickCount=6, format=form, ticks=False, domain=False)
    ends: Any = [alt.ExprRef(expr="effects_low"), alt.ExprRef(expr="effects_high")]
    scale = alt.Scale(domain=ends, nice=False)
    names = alt.Axis(
        title=None, ticks=False, domain=False, labelColor=theme.INK, labelPadding=8, labelLimit=200
    )
    base = alt.Chart().encode(y=alt.Y("row:N", sort=None, axis=names))
    known = base.transform_filter("isValid(datum.mean)")
    x = alt.X("mean:Q", scale=scale, axis=axis)
    band = (
        alt.Chart()
        .transform_aggregate(below="min(below)", above="max(above)")
        .mark_rect(color=theme.BAND, opacity=0.4)
        .encode(x=alt.X("below:Q", scale=scale, axis=axis), x2="above:Q")
    )
    zero = (
        alt.Chart()
        .transform_aggregate(below="min(below)")
        .transform_calculate(zero="0")
        .mark_rule(color=theme.MUTED, strokeWidth=1)
        .encode(x=alt.X("zero:Q", scale=scale, axis=axis))
    )
    whisker = known.mark_rule(color=colour(0), strokeWidth=1.3).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    bold = (
        known.transform_filter("isValid(datum.inner_low)")
        .mark_rule(color=colour(0), strokeWidth=4, opacity=0.55)
        .encode(x=alt.X("inner_low:Q", scale=scale, axis=axis), x2="inner_high:Q")
    )
    dot = known.mark_point(size=60, opacity=1, stroke=colour(0), strokeWidth=1.6).encode(
        x=x,
        shape=alt.Shape(
            "verdict:N",
            scale=alt.Scale(domain=list(shapes), range=list(shapes.values())),
            legend=None,
        ),
        fill=alt.condition(
            alt.FieldOneOfPredicate(field="verdict", oneOf=filled), alt.value(colour(0)), alt.value("white")
        ),
        tooltip=["title:N", "row:N", "words:N"],
    )
    text = base.mark_text(align="left", color=theme.INK, fontSize=11.5).encode(
        x=alt.value({"expr": "child_width + 10"}), text="words:N"
    )
    return [band, zero, whisker, bold, dot, text]
