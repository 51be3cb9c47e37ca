"""Maps of muscle activity on the outline of a face, one panel per moment, all on one scale."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import numpy as np
import pandas as pd

from facelib.charts import theme
from facelib.charts.colour_ramp import RAMP, painted
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.semg import face_plane
from facelib.semg.topography import axes, topographies, topography

if TYPE_CHECKING:
    import numpy.typing as npt

    from facelib.models.electromyogram import Scheme

NEEDED: Final = ("moment", "position", "value")
ROWS: Final = 192  # of the picture of a map
BESIDE: Final = 4  # panels per row
HEADING: Final = "{what}; dots: where it was measured, between them it is interpolated"
WIDE, HIGH = 90.0, 100.0  # mm from the middle


def muscle_maps(
    table: pd.DataFrame,
    scheme: Scheme = "fridlund",
    *,
    unit: str = "",
    most: float | None = None,
    height: int = 190,
) -> alt.ConcatChart:
    """Draw muscle activity on the face, one panel per moment, all on one scale from 0.

    The person's left is at the right, as in a picture of the face. Light is little, dark is much. Dots mark
    the electrodes; channels without a value have none.

    Parameters
    ----------
    table
        One row per moment and position: moment (its title), position (channel or position), value; see
        `facelib.charts.muscles.topography.moments`.
    scheme
        "fridlund" or "kuramoto".
    unit
        Of the values; "" for activity 0 … 1.
    most
        What is darkest; None: 1 for activity, the largest value of all moments for a unit.
    height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, there is no row, or a moment has fewer than three values.

    Examples
    --------
    >>> from facelib.semg import CHANNELS
    >>> table = moments({"a smile": dict.fromkeys(CHANNELS, 0.1) | {"zygomaticus_left": 0.8}})
    >>> chart = muscle_maps(table)
    >>> len(chart.to_dict()["datasets"]["dots"])
    22
    """
    titles = [str(title) for title in needed(table, NEEDED)["moment"].drop_duplicates()]
    if not titles:
        msg = "A map shows one moment or more; the table has no rows."
        raise BadValueError(msg)
    top = float(most if most is not None else max(table["value"].max(), 1e-12) if unit else 1.0)
    maps = [_map_of(table[table["moment"] == title], scheme, top, title) for title in titles]
    beside = min(len(titles), BESIDE)
    width = round(height * WIDE / HIGH)
    panels = [_panel(title, unit, top, width, height) for title in titles]
    chart = alt.concat(
        *panels,
        columns=beside,
        datasets={
            "maps": [part["map"] for part in maps],
            "dots": [dot for part in maps for dot in part["dots"]],
            "lines": lines(),
        },
    ).resolve_legend(color="shared", fill="shared")
    heading = HEADING.format(what=f"Envelope, {unit}" if unit else "Muscle activity, 0 … 1")
    spoken = "; ".join(
        f"{title}: {_most_active(part['dots'])}" for title, part in zip(titles, maps, strict=True)
    )
    return theme.finish(
        chart,
        columns=beside,
        heading=repr(heading),
        above=12,
        description=f"Maps of muscle activity on the face, the person's left at the right. {spoken}.",
    )


def moments(activity: Any, times: Iterable[float] | None = None) -> pd.DataFrame:
    """Return the table of `muscle_maps`.

    Parameters
    ----------
    activity
        Title to values, each as `facelib.semg.topography.topography` takes them; or an
        `facelib.semg.Animation`, of which `times` says the moments.
    times
        Seconds; the nearest pictures are taken.

    Raises
    ------
    BadValueError
        If an animation comes without times, or the other way round.
    """
    from facelib.semg.muscles import CHANNELS

    if hasattr(activity, "activity"):
        if times is None:
            msg = "Which moments of the animation? Give times in seconds."
            raise BadValueError(msg)
        near = [int(np.abs(activity.times - time).argmin()) for time in times]
        activity = {f"{activity.times[index]:.1f} s": activity.activity[index] for index in near}
    elif not hasattr(activity, "items"):
        msg = f"Moments are titles with their values, or an animation; got {type(activity).__name__}."
        raise BadValueError(msg)
    elif times is not None:
        msg = "Times belong to an animation; other moments come with their titles."
        raise BadValueError(msg)
    parts = []
    for title, values in activity.items():
        named = values if hasattr(values, "items") else dict(zip(CHANNELS, values, strict=True))
        parts += [(title, name, float(value)) for name, value in named.items()]
    return pd.DataFrame(parts, columns=list(NEEDED))


def lines() -> list[dict[str, Any]]:
    """Return outline and features of the face as rows: line, order, x, y (mm)."""
    known = {"outline": face_plane.outline(), **face_plane.features()}
    return [
        {"line": name, "order": order, "x": round(float(x), 1), "y": round(float(y), 1)}
        for name, points in known.items()
        for order, (x, y) in enumerate(points)
    ]


def picture(values: npt.NDArray[np.float64], scheme: Scheme, most: float) -> str:
    """Return the map of one moment, cut out along the outline, as the URI of a PNG."""
    from PIL import Image

    grid = topographies(values[None], scheme, ROWS, everywhere=True)[0] / most
    pixels = painted(np.where(_face(), grid, np.nan))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _face() -> npt.NDArray[np.bool_]:
    x, y = axes(ROWS)
    cells = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return face_plane.inside(cells).reshape(len(y), len(x))


def _map_of(part: pd.DataFrame, scheme: Scheme, most: float, title: str) -> dict[str, Any]:
    """Return the picture of one moment, and its dots."""
    at_positions = dict(zip(part["position"].astype(str), part["value"].astype(float), strict=True))
    activity = topography(at_positions, scheme)
    places = face_plane.places(scheme)
    values = np.full(len(places), np.nan)
    values[[list(places).index(name) for name in activity.positions]] = activity.values
    x, y = axes(ROWS)
    half = (x[1] - x[0]) / 2
    dots = pd.DataFrame(activity.points, columns=["x", "y"]).assign(
        moment=title, position=activity.positions, value=activity.values
    )
    return {
        "map": {
            "moment": title, "picture": picture(values, scheme, most),
            "left": x[0] - half, "right": x[-1] + half, "top": y[0] + half, "bottom": y[-1] - half,
        },
        "dots": rows(dots, ("moment", "position", "x", "y", "value")),
    }  # fmt: skip


def _most_active(dots: list[dict[str, Any]]) -> str:
    """Say what is most active."""
    best = max(dots, key=lambda dot: dot["value"])
    return f"most active {best['position'].replace('_', ' ')} ({best['value']:.2g})"


def _panel(title: str, unit: str, most: float, width: int, height: int) -> theme.Layered:
    this_moment = f"datum.moment === {title!r}"
    across = alt.Scale(domain=[-WIDE, WIDE], nice=False)
    up = alt.Scale(domain=[-HIGH, HIGH], nice=False)
    x, y = alt.X("x:Q", scale=across, axis=None), alt.Y("y:Q", scale=up, axis=None)
    shades = alt.Scale(domain=[0, most], range=list(RAMP), clamp=True)
    legend = alt.Legend(
        title=unit or "activity",
        titleFontWeight="normal",
        orient="right",
        gradientLength=height * 0.7,
        tickCount=4,
        format=".2~f",
    )
    image = (
        alt.Chart(alt.NamedData(name="maps"))
        .transform_filter(this_moment)
        .mark_image(aspect=False)
        .encode(
            x=alt.X("left:Q", scale=across, axis=None),
            x2="right:Q",
            y=alt.Y("bottom:Q", scale=up, axis=None),
            y2="top:Q",
            url="picture:N",
        )
    )
    drawn = (
        alt.Chart(alt.NamedData(name="lines"))
        .mark_line(color=theme.MUTED, strokeWidth=1.4, opacity=0.8)
        .encode(x=x, y=y, detail="line:N", order="order:Q")
    )
    halo = (  # dots are seen where the map is dark, too
        alt.Chart(alt.NamedData(name="dots"))
        .transform_filter(this_moment)
        .mark_circle(size=90, color="#ffffff", opacity=1)
        .encode(x=x, y=y)
    )
    dots = (
        alt.Chart(alt.NamedData(name="dots"))
        .transform_filter(this_moment)
        .mark_circle(size=38, stroke=theme.INK, strokeWidth=1, opacity=1)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill("value:Q", scale=shades, legend=legend),
            tooltip=["position:N", alt.Tooltip("value:Q", format=".3g")],
        )
    )
    sides = [
        alt.Chart(alt.InlineData(values=[{"word": side}]))
        .mark_text(color=theme.MUTED, fontSize=10, baseline="bottom", align="right" if at else "left")
        .encode(x=alt.value(at), y=alt.value(height), text="word:N")
        for side, at in (("left", width), ("right", 0))
    ]
    return alt.layer(image, drawn, halo, dots, *sides).properties(
        width=width, height=height, title=theme.panel_title(title, 1)
    )
