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
    titles: Sequence[str] = (),
    *,
    data: Sequence[Mapping[str, Any]] = (),
    heading: Sequence[str],
    description: str,
    said: Sequence[str] = (),
    columns: int = 1,
    between: tuple[int, int] = (20, 24),
    own: Sequence[str] = (),
) -> alt.FacetChart:
    r"""Return one panel per value of ``order`` in the data set `name`, its axes and its name of its own.

    The names are the parameter ``<name>_titles``, the heading is ``<name>_heading``. Rows that the page has
    emptied and kept (``park``) make no panel.

    Parameters
    ----------
    layers
        What a panel draws, its size set.
    name
        Of the data set.
    titles
        Names of the panels by their order; empty: those of the rows. ``"\n"`` begins another line.
    data
        Rows with ``order`` and ``title``; empty: the page gives them later.
    heading
        Lines above all panels.
    description, said
        For screen readers: what is drawn, and the columns that are read out, their numbers or words last.
    columns
        Panels beside each other.
    between
        px between panels, down and across.
    own
        "x" where each panel has columns of its own, "y": rows.
    """
    names = list(titles or titles_by_order(data))
    header = alt.Header(
        labels=bool(any(names) or not data),
        title=None, labelFontSize=12, labelFontWeight=600, labelColor=theme.INK, labelPadding=4,
        labelAnchor="start", labelExpr=f"split({name}_titles[datum.value] || '', '\\n')", labelLimit=0,
    )  # fmt: skip
    parameter = f"{name}_heading"
    panels: alt.FacetChart = (
        layers.facet(alt.Facet("order:O", header=header), columns=columns, data=alt.NamedData(name=name))
        .transform_filter("isValid(datum.order)")
        .resolve_axis(x="independent")
        .resolve_scale(**{side: "independent" if side in own else "shared" for side in "xy"})
        .add_params(
            alt.param(name=parameter, value=list(heading)),
            alt.param(name=f"{name}_titles", value=names),
        )
        .properties(
            datasets={name: list(data)},
            title=alt.Title(
                text=alt.ExprRef(expr=parameter), color=theme.MUTED, fontWeight="normal", frame="group"
            ),
            description=f"{description} {spoken(data, said)}".strip(),
            config=theme.config(),
            spacing=alt.RowColnumber(row=between[0], column=between[1]),
            autosize=alt.AutoSizeParams(type="pad", contains="padding"),
            padding=2,
            usermeta={"facelib": {"columns": columns, "park": True}},
        )
    )
    return panels


def spoken(data: Sequence[Mapping[str, Any]], said: Sequence[str]) -> str:
    """Return the rows of a chart in words: their names, then the last of the columns that are `said`.

    >>> spoken([{"title": "", "row": "fer", "words": "+.20"}], ["title", "row", "words"])
    'fer: +.20.'
    """
    rows = (
        f"{', '.join(str(row[name]) for name in said[:-1] if row[name] != '')}: {row[said[-1]]}"
        for row in data
        if said
    )
    return "; ".join(rows) + "." * bool(data and said)


def titles_by_order(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the panels of some rows.

    >>> titles_by_order([{"order": 0, "title": "a"}, {"order": 0, "title": "a"}, {"order": 1, "title": "b"}])
    ['a', 'b']
    """
    known = {int(row["order"]): str(row["title"]) for row in rows}
    return [known.get(place, "") for place in range(max(known, default=-1) + 1)]
