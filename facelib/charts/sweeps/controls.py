"""Runs on the same people beside each other: an intervention and its controls, one line per person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import altair as alt
import pandas as pd

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import check_label, classifiers_of, needed, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

TOPS: Final = (0.55, 1.05)  # upper end of the axis: most changes are falls; with larger rises, the second
NEEDED: Final = ("face", "intervention", "strength", "classifier", "label", "probability")
CELLS: Final = ("face", "intervention", "classifier", "change", "words")


def arms(
    table: pd.DataFrame,
    label: str = "happy",
    titles: Mapping[str, str] | None = None,
    *,
    width: int = 190,
    height: int = 190,
) -> alt.ConcatChart:
    """Draw the change of one class under an intervention and its controls: a line per person, means as bars.

    Parameters
    ----------
    table
        Tidy table of sweeps: face, intervention, strength, classifier, label, probability. The change is the
        probability at the highest strength minus that at the lowest.
    label
        The class of interest.
    titles
        Names of the interventions below the chart, from left to right; None: their ids, as they come.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing or the table has no such class.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "face": "a", "intervention": ["one side"] * 2 + ["both"] * 2, "strength": [0.0, 1.0] * 2,
    ...     "classifier": "fer", "label": "happy", "probability": [0.9, 0.2, 0.9, 0.8],
    ... })
    >>> [row["words"] for row in arms(table).to_dict()["datasets"]["arms"]]
    ['−0.70', '−0.10']
    """
    check_label(needed(table, NEEDED), label)
    changed = changes(table, label)
    shown = dict(titles or {name: str(name) for name in changed["intervention"].drop_duplicates()})
    shown_changes = changed[changed["intervention"].isin(list(shown))]
    data = shown_changes.assign(intervention=shown_changes["intervention"].map(shown))
    names = classifiers_of(data)
    top = TOPS[bool((data["change"] > TOPS[0]).any())]
    panels = [
        _panel(name, order, list(shown.values()), top, width=width, height=height)
        for order, name in enumerate(names)
    ]
    beside = theme.panels_beside(names)
    means = data.groupby(data["classifier"] + ", " + data["intervention"], sort=False)["change"].mean()
    chart = alt.concat(*panels, columns=beside, data=alt.NamedData(name="arms"))
    finished = theme.finish(
        chart.properties(datasets={"arms": rows(data, CELLS)}),
        columns=beside,
        description=f"Lines: change of the probability of {label}, one line per person. Bars, the means: "
        + "; ".join(f"{key}: {mean:+.2f}" for key, mean in means.items()),
        heading=f"'Probability of {label} at strength 1 minus at 0; one line per person, bars: means'",
        above=14,
    )
    return finished.properties(spacing=alt.RowColnumber(row=70, column=24))


def changes(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the change of one class in every run: face, intervention, classifier, change, words."""
    chosen = table[table["label"] == label].sort_values("strength", kind="stable")
    ends = chosen.groupby(["face", "intervention", "classifier"], sort=False)["probability"]
    found = (ends.last() - ends.first()).rename("change").reset_index()
    words = [f"{change:+.2f}".replace("-", "−") for change in found["change"]]
    return found.assign(words=words)


def _panel(
    name: str, order: int, titles: Sequence[str], top: float, *, width: int, height: int
) -> theme.Layered:
    base = (
        alt.Chart()
        .transform_filter(f"datum.classifier === {name!r}")
        .encode(
            x=alt.X(
                "intervention:N",
                sort=list(titles),
                axis=alt.Axis(
                    title=None, labelAngle=0, ticks=False, domain=False,
                    labelExpr="split(datum.label, '|')",
                ),
            ),
        )
    )  # fmt: skip
    scale = alt.Scale(domain=[-1.05, top], nice=False)
    axis = alt.Axis(title=None, values=[-1, -0.5, 0, 0.5, 1], format="~g", labels=order == 0, domain=False)
    y = alt.Y("change:Q", scale=scale, axis=axis)
    mean = base.mark_bar(color=colour(order), opacity=0.3, size=width / len(titles) * 0.55).encode(
        y=alt.Y("mean(change):Q", scale=scale, axis=axis)
    )
    zero = alt.Chart().mark_rule(color=theme.MUTED, strokeWidth=1).encode(y=alt.datum(0))
    line = base.mark_line(color=colour(order), strokeWidth=0.9, opacity=0.7).encode(y=y, detail="face:N")
    dot = base.mark_point(color=colour(order), filled=True, size=26, opacity=0.9).encode(
        y=y, tooltip=["face:N", "intervention:N", alt.Tooltip("words:N", title="change")]
    )
    return alt.layer(mean, zero, line, dot).properties(
        width=width, height=height, title=theme.panel_title(name, 4)
    )
