"""Small multiples, ordered by a number and titled by a parameter: titles may change while panels stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facelib.charts import theme

if TYPE_CHECKING:
    import altair as alt
else:
    from facelib.charts.deferred import altair as alt


def ordered(
    layers: theme.Layered,
    name: str,
    titles: Sequence[str],
    *,
    heading: Sequence[str],
    description: str,
    columns: int,
    between: tuple[int, int] = (20, 24),
    own_rows: bool = False,
) -> alt.FacetChart:
    """Return one panel per value of ``order`` in the data set `name`, its axes and its name of its own.

    The names are the parameter ``<name>_titles``, the heading is ``<name>_heading``. Rows that the page has
    emptied and kept (``park``) make no panel.

    Parameters
    ----------
    layers
        What a panel draws, its size set.
    name
        Of the data set.
    titles
        Names of the panels by their order.
    heading
        Lines above all panels.
    description
        For screen readers.
    columns
        Panels beside each other.
    between
        px between panels, down and across.
    own_rows
        Whether each panel has rows of its own.
    """
    header = alt.Header(
        title=None, labelFontSize=12, labelFontWeight=600, labelColor=theme.INK, labelPadding=4,
        labelAnchor="start", labelExpr=f"{name}_titles[datum.value] || ''", labelLimit=0,
    )  # fmt: skip
    parameter = f"{name}_heading"
    panels: alt.FacetChart = (
        layers.facet(alt.Facet("order:O", header=header), columns=columns, data=alt.NamedData(name=name))
        .transform_filter("isValid(datum.order)")
        .resolve_axis(x="independent")
        .resolve_scale(y="independent" if own_rows else "shared")
        .add_params(
            alt.param(name=parameter, value=list(heading)),
            alt.param(name=f"{name}_titles", value=list(titles)),
        )
        .properties(
            datasets={name: []},
            title=alt.Title(
                text=alt.ExprRef(expr=parameter), color=theme.MUTED, fontWeight="normal", frame="group"
            ),
            description=description,
            config=theme.config(),
            spacing=alt.RowColnumber(row=between[0], column=between[1]),
            autosize=alt.AutoSizeParams(type="pad", contains="padding"),
            padding=2,
            usermeta={"facelib": {"columns": columns, "park": True}},
        )
    )
    return panels


def titles_by_order(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the panels of some rows.

    >>> titles_by_order([{"order": 0, "title": "a"}, {"order": 0, "title": "a"}, {"order": 1, "title": "b"}])
    ['a', 'b']
    """
    known = {int(row["order"]): str(row["title"]) for row in rows}
    return [known.get(place, "") for place in range(max(known, default=-1) + 1)]
