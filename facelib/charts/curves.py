"""Curves with bands and dots: the layers of a panel, for `facelib.charts.facets.ordered`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.charts import theme

if TYPE_CHECKING:
    import altair as alt
else:
    from facelib.charts.deferred import altair as alt

HALVES: Final = (0, 0.5, 1)


def axis(title: str | None = None, values: Sequence[float] = HALVES, **more: Any) -> alt.Axis:
    """Return an axis of a small panel, without lines of its own."""
    return alt.Axis(title=title, values=list(values), format="~g", ticks=False, domain=False, **more)


def unit(margin: float = theme.MARGIN) -> alt.Scale:
    """Return a scale from 0 to 1 with room at both ends, so that dots there move nothing."""
    return alt.Scale(domain=[-margin, 1 + margin], nice=False)


def curves(
    x: alt.X,
    y: str,
    up: dict[str, Any],
    *,
    look: Sequence[Any] = (),
    shade: str = "",
    band: Sequence[str] = (),
    size: int = 0,
    shape: Any = None,
    tooltip: Sequence[Any] = (),
    width: float = 2,
) -> list[alt.Chart]:
    """Return the layers of curves: bands behind, lines that stop where nothing is known, dots.

    Parameters
    ----------
    x, y, up
        Encoding along, column of the numbers, and scale and axis of these.
    look
        Encodings of the lines, colour first, then dashes by series: never colour alone.
    shade
        The colour of a single series.
    band
        Columns of the ends of bands; empty: none.
    size, shape
        Of dots; 0: none.
    tooltip
        Of dots.
    width
        Of lines, px.

    Examples
    --------
    >>> up = {"scale": unit(), "axis": axis()}
    >>> layers = curves(alt.X("strength:Q"), "mean", up, shade="#0072b2", band=("low", "high"))
    >>> [layer.to_dict(validate=False)["mark"]["type"] for layer in layers]
    ['area', 'line']
    """
    colours: dict[str, Any] = {"color": shade} if shade else {}
    drawn = alt.Chart().encode(x, alt.Y(f"{y}:Q", **up), *look)
    layers = []
    if band:
        area = alt.Chart().mark_area(opacity=0.2, **colours).encode(x, *look[:1])
        layers.append(area.encode(y=alt.Y(f"{band[0]}:Q", **up), y2=f"{band[1]}:Q"))
    # Round: no tips beyond the data.
    layers.append(drawn.mark_line(strokeWidth=width, strokeJoin="round", **colours))
    if size:
        dots = drawn.mark_point(filled=True, size=size, opacity=1, **colours).encode(tooltip=list(tooltip))
        layers.append(dots.encode(shape=shape, strokeDash=alt.value([1, 0])) if shape is not None else dots)
    return layers
