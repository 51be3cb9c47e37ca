"""Dots with intervals: rows by one column, panels by another, series told apart by shape and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from facelib.charts import theme
from facelib.charts.facets import ordered
from facelib.charts.palette import colour
from facelib.charts.tables import needed, panelled, rows
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    from facelib.charts.deferred import altair as alt

CELLS: Final = ("order", "title", "row", "series", "value", "low", "high", "words", "says")
FORMS: Final = (
    "circle",
    "square",
    "triangle-up",
    "cross",
    "diamond",
    "triangle-right",
    "triangle-down",
    "triangle-left",
)
UNIT: Final = (-0.02, 1.02)  # ends of a scale of shares: dots at 0 and 1 stay inside
QUARTERS: Final = (0, 0.25, 0.5, 0.75, 1)


class Look(NamedTuple):
    """How the dots of a series look: a shape of Vega's, a colour, and whether they are filled."""

    shape: str
    shade: str
    filled: bool = True


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return a look for each series.

    >>> looks(["raw", "corrected"])["corrected"]
    Look(shape='square', shade='#d55e00', filled=True)
    """
    return {name: Look(FORMS[k % len(FORMS)], colour(k)) for k, name in enumerate(names)}


def dots(
    table: pd.DataFrame,
    value: str,
    row: str,
    *,
    panel: str = "",
    series: str = "",
    interval: Sequence[str] = ("low", "high"),
    words: str = "",
    heading: str = "",
    form: str = ".2~f",
    columns: int = 2,
    width: int = 230,
    row_height: int = 26,
) -> alt.FacetChart:
    """Draw a column of numbers as dots, with their intervals.

    Parameters
    ----------
    table
        One row per dot.
    value, row
        Columns of the numbers, and of the names at the left.
    panel, series
        Columns that make panels, and dots of different shape and colour in one row; "": none.
    interval
        Columns of its ends; empty: none are drawn.
    words
        Column of words that stand beside the rows; "": none.
    heading
        Above the chart.
    form
        Of the numbers at the axis, in Vega's notation: ".0%".
    columns, width, row_height
        Panels beside each other; of a panel and of a row, px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table has no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"classifier": ["fer", "human"], "change": [-0.2, 0.1], "end": [-0.1, 0.2]})
    >>> chart = dots(table, "change", "classifier", interval=("change", "end"))
    >>> [dot["value"] for dot in chart.to_dict()["datasets"]["dots"]]
    [-0.2, 0.1]
    """
    given = needed(table, [name for name in (value, row, panel, series, words, *interval) if name])
    if given.empty:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    named = {"row": row, "series": series, "words": words}
    low, high = interval or (value, value)
    ends = given[[value, low, high]].round(4).to_numpy().tolist()
    shown = panelled(given, panel).assign(
        **{name: given[column].astype(str) if column else "" for name, column in named.items()},
        value=given[value], low=given[low], high=given[high],
        says=[f"{one} ({start} to {end})" for one, start, end in ends],
    )  # fmt: skip
    data = rows(shown, CELLS)
    axis = numbers(format=form, tickCount=4, labelOverlap=True)
    return dot_panels(
        data, value="value", ends=ends_of(data, ("value", "low", "high")), axis=axis, said="says",
        looks=looks(list(dict.fromkeys(dot["series"] for dot in data))), beside=True, zero=True,
        words=bool(words), heading=[heading], description=f"Dots. {heading}.", columns=columns,
        between=(24, 150 if words else 24), width=width, row_height=row_height,
    )  # fmt: skip


def numbers(title: str | None = None, **more: Any) -> alt.Axis:
    """Return an axis without lines of its own."""
    return alt.Axis(title=title, ticks=False, domain=False, **more)


def ends_of(data: Sequence[Mapping[str, Any]], names: Sequence[str], *more: float) -> list[float]:
    """Return the ends of an axis that holds some columns, 0 and what `more` is given, with some room.

    >>> ends_of([{"low": -1.0, "high": None}], ("low", "high"), 1.0)
    [-1.1, 1.1]
    """
    values = [0.0, *more, *(row[name] for row in data for name in names if row[name] is not None)]
    room = 0.05 * (max(values) - min(values) or 1.0)
    return [min(values) - room, max(values) + room]


def dot_panels(
    data: Sequence[Mapping[str, Any]] = (),
    *,
    value: str,
    looks: Mapping[Any, Look],
    ends: Sequence[Any],
    axis: alt.Axis,
    heading: Sequence[str],
    description: str,
    row: str = "row",
    series: str = "series",
    said: str = "words",
    interval: Sequence[str] = ("low", "high"),
    inner: Sequence[str] = (),
    band: Sequence[str] = (),
    zero: bool = False,
    levels: str | Sequence[Mapping[str, Any]] = (),
    scale: Mapping[str, Any] | None = None,
    pale: str = "",
    bold: str = "",
    sort: Any = None,
    beside: bool = False,
    legend: alt.Legend | None = None,
    words: bool = True,
    name: str = "dots",
    titles: Sequence[str] = (),
    columns: int = 1,
    between: tuple[int, int] = (20, 24),
    own: Sequence[str] = (),
    width: int = 300,
    row_height: int = 20,
) -> alt.FacetChart:
    """Draw dots with intervals, a panel for each value of ``order``, their ``words`` at the right.

    Parameters
    ----------
    data
        Rows of a table: ``order`` and ``title`` of the panel, ``words``, and the columns below; empty: a
        chart without data, for the page.
    value, row, series, interval
        Columns of the numbers, of the names at the left, of what tells dots apart, and of a line's ends.
    looks
        How dots look, by the value of ``series``.
    ends, axis, scale
        Of the numbers: ends of the scale (numbers, or names of parameters), the axis, and what else the
        scale needs.
    heading, description, said
        Lines above the chart; for screen readers: what is drawn, and the column that is read out.
    inner, band
        Columns of the ends of a bold line, and of a grey band behind the rows; empty: none.
    zero
        Whether a line stands at 0.
    levels
        Rows ``at`` and ``words`` of dashed lines, or the name of the page's data set of them.
    pale, bold
        Columns of truths: what is out of date, and so is pale; whose words are bold.
    sort
        Order of the rows, in Vega-Lite's terms; None: as they come.
    beside
        Whether series have lines of their own in a row.
    legend
        Of the series; None: the usual one where there are several and they stand `beside` each other.
    words
        Whether words stand beside the rows.
    name
        Of the data set and, with ``_titles`` and ``_heading``, of the parameters.
    titles, columns, between, own
        See `facelib.charts.facets.ordered`.
    width, row_height
        Of a panel and a row, px.

    Examples
    --------
    >>> row = {"order": 0, "title": "", "row": "fer", "series": "a", "low": 0.1, "high": 0.3, "words": ".2"}
    >>> chart = dot_panels([row | {"mean": 0.2}], value="mean", looks=looks("a"), ends=[0, 1],
    ...                    axis=alt.Axis(), heading=["Means"], description="Dots.")
    >>> chart.to_dict()["description"]
    'Dots. fer: .2.'
    """
    shown: Any = [alt.ExprRef(expr=end) if isinstance(end, str) else end for end in ends]
    across: dict[str, Any] = {"scale": alt.Scale(**({"domain": shown, "nice": False} | dict(scale or {})))}
    across["axis"] = axis
    names = numbers(labelColor=theme.INK, labelPadding=8, labelLimit=240)
    base = alt.Chart().encode(y=alt.Y(f"{row}:N", sort=sort, axis=names))
    if beside:
        base = base.encode(yOffset=alt.YOffset(f"{series}:N", sort=list(looks)))
        if len(looks) > 1:
            legend = legend or alt.Legend(title=None, orient="right", symbolOpacity=1, symbolSize=45)
    if pale:
        base = base.encode(opacity=alt.condition(f"datum.{pale}", alt.value(0.3), alt.value(1.0)))
    found = list(looks.values())
    shades = alt.Scale(domain=list(looks), range=[look.shade for look in found])
    fills = alt.Scale(domain=list(looks), range=[look.shade if look.filled else "white" for look in found])
    shapes = alt.Scale(domain=list(looks), range=[look.shape for look in found])
    known = base.transform_filter(f"isValid(datum.{value})").encode(
        stroke=alt.Stroke(f"{series}:N", scale=shades, legend=legend)
    )
    parts: list[Any] = [*_behind(band, across, zero=zero), *_levels(levels, across)]
    for sides, thick, opacity in ((interval, 1.5, 1.0), (inner, 4.0, 0.55)):
        if sides:
            line = known.transform_filter(f"isValid(datum.{sides[0]})")
            line = line.mark_rule(strokeWidth=thick, opacity=opacity)
            parts.append(line.encode(x=alt.X(f"{sides[0]}:Q", **across), x2=f"{sides[1]}:Q"))
    dot = known.mark_point(size=60, strokeWidth=1.6, opacity=1).encode(
        x=alt.X(f"{value}:Q", **across),
        shape=alt.Shape(f"{series}:N", scale=shapes, legend=legend),
        fill=alt.Fill(f"{series}:N", scale=fills, legend=legend),
        tooltip=[f"{name}:N" for name in ("title", row, *([series] if legend else []), said)],
    )
    parts.append(dot)
    if words:
        heavy = alt.ExprRef(expr=f"datum.{bold} ? 'bold' : 'normal'" if bold else "'normal'")
        text = base.mark_text(align="left", color=theme.INK, fontSize=11.5, fontWeight=heavy)
        parts.append(text.encode(x=alt.value({"expr": "child_width + 10"}), text="words:N"))
    height = alt.Step(row_height, **({"for": "position"} if beside else {}))
    return ordered(
        alt.layer(*parts).properties(width=width, height=height), name, titles, data=data, heading=heading,
        description=description, said=("title", row, *([series] if beside else []), said),
        columns=columns, between=between, own=own,
    )  # fmt: skip


def _behind(band: Sequence[str], across: Mapping[str, Any], *, zero: bool) -> list[alt.Chart]:
    """Return the grey band of each panel, and the line at 0."""
    parts = []
    if band:
        area = alt.Chart().transform_aggregate(start=f"min({band[0]})", end=f"max({band[1]})")
        area = area.mark_rect(color=theme.BAND, opacity=0.4)
        parts.append(area.encode(x=alt.X("start:Q", **across), x2="end:Q"))
    if zero or band:
        line = alt.Chart(alt.InlineData([{"at": 0}])).mark_rule(color=theme.MUTED)
        parts.append(line.encode(x=alt.X("at:Q", **across)))
    return parts


def _levels(levels: str | Sequence[Mapping[str, Any]], across: Mapping[str, Any]) -> list[alt.Chart]:
    """Return dashed lines with their names above them."""
    if not levels:
        return []
    data = alt.NamedData(name=levels) if isinstance(levels, str) else alt.InlineData([*map(dict, levels)])
    base = alt.Chart(data).transform_filter("isValid(datum.at)").encode(x=alt.X("at:Q", **across))
    text = base.mark_text(baseline="bottom", dy=-2).encode(y=alt.value(0), text="words:N")
    return [base.mark_rule(color=theme.INK, strokeDash=[4, 3]), text]
