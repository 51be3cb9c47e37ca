"""What each electrode changes, drawn on the face."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from facelib.charts import theme
from facelib.charts.facets import ordered
from facelib.charts.muscles.topography import lines
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError
from facelib.experiments.electrodes.outcomes import MEAN

PLACED: Final = ("scheme", "position", "x", "y", "classifier", "outcome", "how", "change", "low", "high")
WHAT: Final = {
    "accuracy": "share named as meant",
    "probability": "mean probability of the expression that is meant",
}
TITLES: Final = {"alone": "one electrode alone", "last": "one more, beside all others"}
KINDS: Final = {"falls": "triangle-down", "rises": "triangle-up", "0 is in the interval": "circle"}
SHADES: Final = ("#b3541e", "#1f6fa8", "#7b8794")
NAMED: Final = 3  # positions with the largest changes
WIDE, HIGH = 90.0, 100.0  # mm from the middle of the plane


def electrode_map(
    table: pd.DataFrame,
    scheme: str = "fridlund",
    classifier: str = MEAN,
    outcome: str = "probability",
    *,
    height: int = 280,
) -> alt.FacetChart:
    """Draw the change by each electrode on the face: alone on a bare face, and beside all others.

    Triangles that point down: the outcome falls; up: it rises; the larger, the farther. Hollow circles: the
    interval over people holds 0. The names of the three largest stand beside. The person's left is at the
    right, as in a picture of the face.

    Parameters
    ----------
    table
        From `facelib.experiments.electrodes.position_table`.
    scheme, classifier, outcome
        Which of its rows; the mean of all classifiers by default.
    height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, or the table has no such rows.
    """
    own = _chosen(needed(table, PLACED), scheme=scheme, classifier=classifier, outcome=outcome)
    data = map_rows(own)
    heading = f"{classifier}: what an electrode ({scheme}) changes in the {WHAT[outcome]}"
    spoken = "; ".join(
        f"{TITLES[dot['how']]}, {dot['position']} {dot['change']:+.3f}" for dot in data if dot["name"]
    )
    layers = _face(round(height * WIDE / HIGH), height)
    return ordered(
        layers, "electrodes", list(TITLES.values()), heading=[heading], columns=2,
        description=f"Electrodes on a face, the person's left at the right. {heading}; largest: {spoken}.",
    ).properties(datasets={"electrodes": data, "lines": lines()})  # fmt: skip


def map_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the dots of `electrode_map`, the smallest on top."""
    kinds = list(KINDS)
    found = table.assign(
        order=table["how"].map(list(TITLES).index),
        reach=table["change"].abs(),
        kind=np.select([table["high"] < 0, table["low"] > 0], kinds[:2], kinds[2]),
    ).sort_values("reach", ascending=False, kind="stable")
    first = found.groupby("how").cumcount() < NAMED
    found["name"] = np.where(first & (found["reach"] > 0), found["position"], "")
    return rows(
        found, ("order", "how", "position", "x", "y", "kind", "reach", "change", "low", "high", "name")
    )


def _face(width: int, height: int) -> theme.Layered:
    x = alt.X("x:Q", scale=alt.Scale(domain=[-WIDE, WIDE], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-HIGH, HIGH], nice=False), axis=None)
    kinds = list(KINDS)
    legend = alt.Legend(title=None, orient="bottom", direction="horizontal", symbolSize=90)
    shade = alt.Scale(domain=kinds, range=list(SHADES))
    light = alt.Scale(domain=kinds, range=[*SHADES[:2], "#ffffff"])
    drawn = (
        alt.Chart(alt.NamedData(name="lines"))
        .mark_line(color=theme.BAND, strokeWidth=1.4)
        .encode(x=x, y=y, detail="line:N", order="order:Q")
    )
    dots = (
        alt.Chart()
        .mark_point(opacity=1, strokeWidth=1.6, fillOpacity=0.5)
        .encode(
            x=x,
            y=y,
            size=alt.Size(
                "reach:Q",
                scale=alt.Scale(range=[18, 480]),
                legend=alt.Legend(title="change", symbolFillColor="white", symbolStrokeColor=theme.MUTED),
            ),
            shape=alt.Shape(
                "kind:N", scale=alt.Scale(domain=kinds, range=list(KINDS.values())), legend=legend
            ),
            fill=alt.Fill("kind:N", scale=light, legend=legend),
            stroke=alt.Stroke("kind:N", scale=shade, legend=legend),
            tooltip=[
                "position:N",
                *(alt.Tooltip(f"{one}:Q", format="+.4f") for one in ("change", "low", "high")),
            ],
        )
    )
    names = alt.Chart().mark_text(fontWeight="bold", dy=-16, color=theme.INK).encode(x=x, y=y, text="name:N")
    return alt.layer(drawn, dots, names).properties(width=width, height=height)


def _chosen(table: pd.DataFrame, **words: str) -> pd.DataFrame:
    """Return the rows with these words, or raise `BadValueError` with those that there are."""
    for name, word in words.items():
        known = [str(one) for one in table[name].drop_duplicates()]
        if word not in known:
            msg = f"The table has no rows with {name} {word!r}; it has {', '.join(known) or 'none'}."
            raise BadValueError(msg)
        table = table[table[name] == word]
    return table
