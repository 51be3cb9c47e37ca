"""ROC curves, one panel per method: true positive rate against false positive rate."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import needed, rows

if TYPE_CHECKING:
    import pandas as pd

CURVE: Final = ("method", "place", "fpr", "tpr")
DECISION: Final = ("method", "fpr", "fpr_low", "fpr_high", "tpr", "tpr_low", "tpr_high", "area", "counts")
ROOM: Final = 0.04  # around the unit square, so that curves along its edges are seen
LONGEST: Final = 24  # characters of a name in one line
LINE, MARK = colour(0), colour(1)


def roc(
    curves: pd.DataFrame,
    rates: pd.DataFrame,
    titles: Mapping[str, str] | None = None,
    *,
    side: int = 150,
    columns: int = 3,
) -> alt.ConcatChart:
    """Draw one panel per method, the largest area under its curve first.

    The curve is what the method's score could do with any threshold; the triangle is what its own decision
    does, with the 95 % intervals of both rates. A dashed diagonal is chance.

    Parameters
    ----------
    curves
        From `facelib.experiments.roc`.
    rates
        From `facelib.experiments.detection_rates`, of the same methods.
    titles
        Names of methods; None, or what is missing: their ids in words.
    side
        Of a panel, px.
    columns
        Panels beside each other.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from facelib.experiments import detection_rates
    >>> from facelib.experiments import roc as curves
    >>> cases = pd.DataFrame({
    ...     "method": "verdict", "truth": [True, False], "flagged": [True, False], "score": [0.3, 0.0],
    ... })
    >>> roc(curves(cases), detection_rates(cases)).to_dict()["datasets"]["decisions"][0]["counts"]
    'found 1 of 1, false alarms 0 of 1'
    """
    checked = needed(rates, (*DECISION[:-2], "auc", "found", "positives", "false_alarms", "negatives"))
    ordered = checked.sort_values("auc", ascending=False, kind="stable", ignore_index=True)
    ordered["area"] = [f"area {area:.2f}" for area in ordered["auc"]]
    ordered["counts"] = [
        f"found {row.found} of {row.positives}, false alarms {row.false_alarms} of {row.negatives}"
        for row in ordered.itertuples()
    ]
    lines = needed(curves, ("method", "fpr", "tpr"))
    lines = lines.assign(place=lines.groupby("method").cumcount())
    names = {str(m): (titles or {}).get(str(m), str(m).replace("_", " ")) for m in ordered["method"]}
    panels = [
        _panel(method, name, below=place + columns >= len(names), first=place % columns == 0).properties(
            width=side, height=side
        )
        for place, (method, name) in enumerate(names.items())
    ]
    spoken = [f"{names[str(row.method)]}: {row.counts}, {row.area}" for row in ordered.itertuples()]
    chart = alt.concat(*panels, columns=columns).properties(
        datasets={"curves": rows(lines, CURVE), "decisions": rows(ordered, DECISION)}
    )
    return theme.finish(
        chart,
        columns=columns,
        description=f"ROC curves. {'; '.join(spoken)}.",
        heading="'Found against false alarms; triangle: the method’s own decision, with 95 % intervals'",
        above=14,
    ).properties(spacing=alt.RowColnumber(row=44, column=22))  # names in two lines need room


def _panel(method: str, name: str, *, below: bool, first: bool) -> theme.Layered:
    ends = alt.Scale(domain=[-ROOM, 1 + ROOM], nice=False)
    ticks: dict[str, Any] = {"values": [0, 0.5, 1], "format": "~%", "domain": False, "ticks": False}
    x = alt.X(
        "fpr:Q", scale=ends, axis=alt.Axis(title="false alarms" if below else None, labels=below, **ticks)
    )
    y = alt.Y("tpr:Q", scale=ends, axis=alt.Axis(title="found" if first else None, labels=first, **ticks))
    chance = (
        alt.Chart(alt.InlineData([{"fpr": 0, "tpr": 0}, {"fpr": 1, "tpr": 1}]))
        .mark_line(color=theme.BAND, strokeDash=[4, 3], strokeWidth=1)
        .encode(x=x, y=y)
    )
    this_method = f"datum.method === {method!r}"
    line = (
        alt.Chart(alt.NamedData(name="curves"))
        .transform_filter(this_method)
        .mark_line(strokeWidth=2, color=LINE)
        .encode(x=x, y=y, order="place:Q")
    )
    base = alt.Chart(alt.NamedData(name="decisions")).transform_filter(this_method)
    whisker = base.mark_rule(strokeWidth=1.6, color=MARK, opacity=0.8)
    mark = base.mark_point(
        filled=True, size=80, opacity=1, shape="triangle-up", color=MARK, stroke="white", strokeWidth=1
    )
    text = base.mark_text(align="right", baseline="bottom", fontSize=11, color=theme.INK)
    return alt.layer(
        chance,
        line,
        whisker.encode(x=alt.X("fpr_low:Q", scale=ends), x2="fpr_high:Q", y=y),
        whisker.encode(y=alt.Y("tpr_low:Q", scale=ends), y2="tpr_high:Q", x=x),
        mark.encode(x=x, y=y, tooltip=[alt.Tooltip("counts:N", title=name)]),
        text.encode(x=alt.datum(1), y=alt.datum(0), text="area:N"),
    ).properties(title=theme.panel_title(wrap(name, LONGEST), 1))
