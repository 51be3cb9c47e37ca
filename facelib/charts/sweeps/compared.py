"""Two sweeps beside each other: a class over the strength in both, one panel per classifier."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from facelib.charts import theme
from facelib.charts.palette import colour

DASH = [5, 3]


def layout(classifiers: Sequence[str], *, width: int = 90, height: int = 76) -> alt.ConcatChart:
    """Return the chart without data: parameters ``step`` and ``label``.

    Its data set is ``outputs``, with a column ``scene``: "pinned" or "now".
    """
    beside = theme.panels_beside(classifiers)
    panels = [
        _panel(name, order=order, beside=beside, width=width, height=height)
        for order, name in enumerate(classifiers)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="outputs"), datasets={"outputs": []}
    ).add_params(theme.step_parameter(0, theme.STEPS, slider=False), alt.param(name="label", value="happy"))
    return theme.finish(
        chart,
        columns=beside,
        description=(
            "Probability of the class of interest over the strength, in two scenes: dashed the pinned one, "
            f"solid the one that is shown now; one panel per classifier ({', '.join(classifiers)})."
        ),
        heading="['Probability of ' + label + ' over strength', 'dashed: pinned; solid: now']",
    )


def _panel(
    classifier: str, *, order: int, beside: int, width: int, height: int
) -> alt.LayerChart | alt.FacetChart:
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    x = alt.X(
        "strength:Q", scale=unit, axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", grid=False)
    )
    axis = alt.Axis(
        title=None, values=[0, 0.5, 1], format="~g", labels=order % beside == 0, ticks=False, domain=False
    )
    y = alt.Y("probability:Q", scale=unit, axis=axis)
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("scene:N"),
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip("probability:Q", format=".3f"),
    ]
    base = alt.Chart().transform_filter(f"datum.classifier === {classifier!r} && datum.label === label")
    layers = []
    for scene in ("pinned", "now"):
        own = base.transform_filter(f"datum.scene === {scene!r}")
        pinned = scene == "pinned"
        ink = theme.INK if pinned else colour(order)
        line = own.mark_line(
            color=ink, strokeWidth=1.5 if pinned else 2, strokeDash=DASH if pinned else [1, 0]
        )
        layers.append(line.encode(x=x, y=y))
        now = own.transform_filter("datum.step === step")
        if not pinned:
            layers.append(now.mark_rule(color=theme.INK, strokeWidth=1, opacity=0.7).encode(x=x))
        shape = "diamond" if pinned else "circle"
        dot = now.mark_point(
            color=ink, shape=shape, filled=True, size=55, stroke="white", strokeWidth=1.2, opacity=1
        )
        layers.append(dot.encode(x=x, y=y, tooltip=tooltip))
    return alt.layer(*layers).properties(
        width=width, height=height, title=theme.panel_title(classifier, beside)
    )
