"""Theme of the charts: fonts, sizes, headings, panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from facelib.charts.palette import colour

if TYPE_CHECKING:
    import altair as alt
else:
    from facelib.charts.deferred import altair as alt

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK: Final = "#1f2933"
MUTED: Final = "#52606d"
GRID: Final = "#e4e9ee"
BAND: Final = "#b8c2cc"
COUNTED: Final = "#c2410c"  # what counts for a p-value: on BAND it differs in lightness too

MARGIN: Final = 0.075
"""Room around a unit scale, so that a dot at 0 or 1 stays inside its panel and moves nothing."""

Layered: TypeAlias = "alt.LayerChart | alt.FacetChart"  # what altair says that a layered chart is

ABOVE: Final = 20
"""Room between a single chart, or the names above it, and its heading, px."""

NAMES: Final = 14
"""Height of a line of names above a plot, px: charts without one leave it free to stand level with others."""

ROOM: Final = 34
"""Room for the numbers beside a chart, px: fixed, so that a plot stays where it is when they grow."""

STEPS: Final = 21
"""Strengths of an ordinary sweep."""


def config() -> dict[str, Any]:
    """Return the Vega-Lite configuration that all charts share."""
    return {
        "font": FONT,
        "view": {"stroke": None},
        "background": "transparent",
        "title": {"color": INK, "fontSize": 12, "fontWeight": 600, "anchor": "start", "offset": 6},
        "concat": {"spacing": 12},
        "axis": {
            "labelFontSize": 11, "titleFontSize": 11, "labelColor": MUTED, "titleColor": MUTED,
            "titleFontWeight": 400, "gridColor": GRID, "domainColor": BAND, "tickColor": BAND, "tickSize": 3,
            "labelPadding": 3,
        },
        "text": {"font": FONT, "fontSize": 11, "color": INK},
    }  # fmt: skip


def step_parameter(step: int, steps: int, *, slider: bool) -> alt.Parameter:
    """Return the parameter ``step``: the frame that the chart shows, with a slider of its own if wanted."""
    if not slider:
        return alt.param(name="step", value=step)
    return alt.param(
        name="step",
        value=step,
        bind=alt.binding_range(min=0, max=max(steps - 1, 1), step=1, name="strength, step "),
    )


def finish(
    chart: alt.ConcatChart, *, columns: int, description: str, heading: str, above: int = 6
) -> alt.ConcatChart:
    """Give a row of panels its look, its heading and its description for screen readers.

    The heading stands `above` px over the panels.

    The panels filter by classifier, so rows of nulls are invisible: ``park`` is the page's sign that it may
    keep some.
    """
    return chart.properties(
        title=alt.Title(text=alt.ExprRef(expr=heading), color=MUTED, fontWeight="normal", offset=above),
        description=description,
        config=config(),
        # Flush: panels stand at equal distances, however long the names above them are.
        bounds="flush",
        spacing=alt.RowColnumber(row=44, column=14),
        autosize=alt.AutoSizeParams(type="pad", contains="padding"),
        padding=2,
        usermeta={"facelib": {"columns": columns, "park": True}},
    )


def heading(first: str, rest: str, *, lines: bool = False) -> str:
    """Return a heading as an expression: an expression, then plain words, in one line or in two.

    >>> heading("'Outputs of ' + label", "the tick is 0")
    "'Outputs of ' + label + '; the tick is 0'"
    """
    return f"[{first}, {rest!r}]" if lines else f"{first} + {f'; {rest}'!r}"


def single(
    chart: Layered, *, name: str, heading: str, description: str, above: int = ABOVE, beside: bool = False
) -> Layered:
    """Give one layered chart its look; its heading is the parameter ``<name>_heading``, for the page.

    The heading stands `above` px over the chart. One that stands `beside` others has no wider heading than
    itself, so that all are fitted to equal places. Rows without values are filtered by its layers, so the
    page may keep some (``park``).
    """
    parameter = f"{name}_heading"
    return chart.add_params(alt.param(name=parameter, value=heading)).properties(
        title=alt.Title(
            text=alt.ExprRef(expr=parameter),
            color=MUTED,
            fontWeight="normal",
            frame="group",
            offset=above,
            limit=alt.ExprRef(expr="width") if beside else alt.Undefined,
        ),
        description=description,
        config=config(),
        autosize=alt.AutoSizeParams(type="pad", contains="padding"),
        padding=2,
        usermeta={"facelib": {"columns": 1, "park": True}},
    )


def told_apart(names: Sequence[str]) -> tuple[alt.Color, alt.Shape]:
    """Return colours and shapes of the values of ``series``, with one legend; none for a single one."""
    legend = (
        alt.Legend(title=None, orient="right", symbolOpacity=1, symbolSize=45) if len(names) > 1 else None
    )
    colours = alt.Scale(domain=list(names), range=[colour(order) for order in range(len(names))])
    shapes = alt.Scale(domain=list(names))
    return (
        alt.Color("series:N", scale=colours, legend=legend),
        alt.Shape("series:N", scale=shapes, legend=legend),
    )


def panel_title(classifier: str | list[str], beside: int) -> alt.Title:
    """Return the name above a panel, at its left edge; smaller where many stand beside each other."""
    size = 11.5 if beside <= 4 else 10.0
    return alt.Title(text=classifier, anchor="start", frame="group", fontSize=size, offset=4)


def panels_beside(classifiers: Sequence[str], most: int = 4) -> int:
    """Return how many panels stand beside each other: one row up to `most`, then rows of equal length.

    >>> [panels_beside(["a"] * n) for n in (1, 4, 5, 6, 8, 9)]
    [1, 4, 3, 3, 4, 3]
    """
    rows = -(-len(classifiers) // most)
    return -(-len(classifiers) // max(rows, 1)) or 1
