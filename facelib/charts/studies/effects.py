"""Effects with their intervals beside the margin: one row per classifier, the verdict in words and shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from facelib.charts.facets import titles_by_order
from facelib.charts.interval_dots import Look, dot_panels, ends_of, numbers
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
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
LEAST: Final = 140  # px of a plot in the page: on a phone the chart is moved aside
SHAPES: Final = {
    MATTERS: "circle", DOES_NOT: "square", WORDS[MATTERS]: "circle", WORDS[DOES_NOT]: "square",
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
    return forest_layout(
        data=effect_rows(given, titles), ends=effect_ends(given), heading=[heading, legend(given)],
        width=width, row_height=row_height,
    )  # fmt: skip


def forest_layout(
    titles: Sequence[str] = (),
    *,
    data: Sequence[Mapping[str, Any]] = (),
    ends: Sequence[float] = (-1.0, 1.0),
    heading: Sequence[str] = (),
    shapes: Mapping[str, str] = SHAPES,
    form: str = ".2~f",
    width: int = 300,
    row_height: int = 20,
    own_rows: bool = True,
) -> alt.FacetChart:
    """Return `forest` without data: data set ``effects``; with one panel it needs no rows of its own.

    Its parameters are ``effects_titles``, ``effects_heading`` and, for the ends of the axis, ``effects_low``
    and ``effects_high``: what `effect_rows`, `legend` and `effect_ends` return.
    """
    limits = ("effects_low", "effects_high")
    chart = dot_panels(
        data, name="effects", value="mean", series="verdict", inner=("inner_low", "inner_high"),
        looks={name: Look(shape, colour(0), shape == "circle") for name, shape in shapes.items()},
        ends=limits, axis=numbers(tickCount=6, format=form), band=("below", "above"),
        titles=titles, heading=heading, own="y" if own_rows else "", width=width, row_height=row_height,
        description="Numbers with intervals, one row per output, in words beside it; grey: the margin.",
    )  # fmt: skip
    known = (alt.param(name=name, value=end) for name, end in zip(limits, ends, strict=True))
    return chart.add_params(*known).properties(
        usermeta={"facelib": {"columns": 1, "park": True, "least": LEAST}}
    )


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
    heading = explained_legend(delta, whiskers=has_ranges(data))
    return explained_layout(
        data=data, ends=explained_ends(data, delta), heading=heading, width=width, row_height=row_height
    )


def explained_layout(**options: Any) -> alt.FacetChart:
    """Return `explained` without data: data set and parameters are those of `forest_layout`."""
    return forest_layout(shapes=DECIDED, form=".1~%", **options)


def explained_ends(data: Sequence[Mapping[str, Any]], delta: float) -> list[float]:
    """Return the ends of the axis of `explained`."""
    return ends_of(data, ("mean", "low", "high"), 1.5 * delta)


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
    first = strongest_first(checked).groupby("property", sort=False).head(most)
    decided = first["rejects"].astype(int) + (first["rejects"] & (first["p_holm"] < alpha)).astype(int)
    return rows(
        panelled(first, "property", titles).assign(
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
    several = len(checked["label"].drop_duplicates()) > 1
    return rows(
        panelled(checked, "intervention", titles).assign(
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
    numbers = possible(table)[["low", "high", "mean"]]
    data = numbers.astype(object).where(numbers.notna(), None).to_dict("records")
    delta = 1.25 * float(table["delta"].max())
    return ends_of(data, ("low", "high", "mean"), -delta, delta)
