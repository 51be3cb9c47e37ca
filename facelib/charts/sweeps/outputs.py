"""Outputs at one step: one panel per classifier, one bar per emotion, the class of interest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import altair as alt

from facelib.charts import sizes, theme
from facelib.charts.palette import colour
from facelib.charts.tables import OUTPUTS, check_label, classifiers_of, labels_of_values, needed, rows
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

MOST: Final = 20  # bars per classifier of other things than emotions


def _order(classes: Sequence[str]) -> list[alt.ExprRef]:
    """Return the rows: the class of interest, then all others, whether a classifier has them or not."""
    names = json.dumps(list(classes), ensure_ascii=False)
    others = (f"{names}[{place} + ({place} >= indexof({names}, label))]" for place in range(len(classes) - 1))
    return [alt.ExprRef("label"), *map(alt.ExprRef, others)]


def _classes(outputs: pd.DataFrame, label: str) -> tuple[str, ...]:
    """Return the emotions if there are any, then other classes; of many the most probable ones."""
    emotional = outputs["label"].isin(EMOTIONS).any()
    others = outputs.loc[~outputs["label"].isin(EMOTIONS)]
    peaks = others.groupby("label", sort=False, observed=True)["probability"].max()
    kept = peaks.nlargest(MOST).index
    named = [str(name) for name in peaks.index if name in kept or name == label]
    return (*(EMOTIONS if emotional else ()), *named)


def bars(
    outputs: pd.DataFrame, step: int = 0, label: str = "happy", *, slider: bool = True
) -> alt.ConcatChart:
    """Draw the probability of every emotion for every classifier at one step.

    The class of interest comes first, in full colour; a tick marks the value at strength 0.

    Parameters
    ----------
    outputs
        Tidy table with step, strength, classifier, label, probability.
    step
        The step shown first.
    label
        The class of interest.
    slider
        Show a slider for the step under the chart.

    Raises
    ------
    BadValueError
        If a column is missing or the table has no such class.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"step": [0], "strength": [0.0], "classifier": ["fer"], "label": ["happy"], "probability": [0.9]}
    ... )
    >>> bars(table).to_dict()["datasets"]["outputs"][0]["probability"]
    0.9
    """
    check_label(needed(outputs, OUTPUTS), label)
    valued = labels_of_values(outputs)
    if label in valued:
        msg = (
            f"These bars are of probabilities, and {label!r} is a value on a scale of its own: its curve is "
            "drawn over the strength."
        )
        raise BadValueError(msg, hint="In Python: facelib.charts.response(outputs, label=…).")
    outputs = outputs[~outputs["label"].isin(valued)]
    data = rows(outputs)
    steps = int(outputs["step"].max()) + 1
    names = classifiers_of(outputs)
    width, height = sizes.BARS["width"], sizes.BARS["row_height"]
    chart = layout(
        names, label=label, classes=_classes(outputs, label), step=step, steps=steps, slider=slider,
        width=width, row_height=height,
    )  # fmt: skip
    return chart.properties(datasets={"outputs": data})


def layout(
    classifiers: Sequence[str],
    *,
    label: str = "happy",
    classes: Sequence[str] = EMOTIONS,
    step: int = 0,
    steps: int = theme.STEPS,
    slider: bool = False,
    width: int = 84,
    row_height: int = 15,
    over: str = "strength",
    tick: str = "strength 0",
    most: int = 6,
    lines: bool = False,
) -> alt.ConcatChart:
    """Return the chart without data: parameters ``step`` and ``label``, data set ``outputs``.

    The steps are of `over`, the column "strength" holds it; the first of them, marked by a tick, is `tick`.
    Up to `most` panels stand beside each other; the heading may have two `lines`.
    """
    beside = theme.panels_beside(classifiers, most=most)
    panels = [
        _panel(name, classes, order=order, beside=beside, width=width, row_height=row_height, over=over)
        for order, name in enumerate(classifiers)
    ]
    chart = alt.concat(*panels, columns=beside, data=alt.NamedData(name="outputs"), datasets={"outputs": []})
    chart = chart.add_params(
        theme.step_parameter(step, steps, slider=slider), alt.param(name="label", value=label)
    )
    return theme.finish(
        chart,
        columns=beside,
        description=(
            "Bars: probability of each emotion, one panel per classifier "
            f"({', '.join(classifiers)}), at the {over} shown; ticks: at {tick}."
        ),
        heading=theme.heading("'Outputs now, ' + label + ' first'", f"the tick is {tick}", lines=lines),
    )


def _panel(
    classifier: str,
    classes: Sequence[str],
    *,
    order: int,
    beside: int,
    width: int,
    row_height: int,
    over: str,
) -> alt.LayerChart | alt.FacetChart:
    strong = "datum.label === label"
    axis = alt.Axis(
        title=None, ticks=False, domain=False, labels=order % beside == 0, labelPadding=4,
        labelFontWeight=alt.condition("datum.value === label", alt.value("bold"), alt.value("normal")),
        labelColor=alt.condition("datum.value === label", alt.value(theme.INK), alt.value(theme.MUTED)),
    )  # fmt: skip
    base = (
        alt.Chart()
        .transform_filter(f"datum.classifier === {classifier!r}")
        .encode(y=alt.Y("label:N", sort=None, scale=alt.Scale(domain=_order(classes)), axis=axis))
    )
    x = alt.X(
        "probability:Q",
        stack=None,
        scale=alt.Scale(domain=[0, 1.02], nice=False),
        axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", labelFlush=True),
    )
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("label:N"),
        alt.Tooltip("probability:Q", format=".3f"),
        alt.Tooltip("strength:Q", title=over, format=".2f"),
    ]
    bar = (
        base.transform_filter("datum.step === step")
        .mark_bar(color=colour(order), height={"band": 0.72}, cornerRadiusEnd=1.5)
        .encode(x=x, opacity=alt.condition(strong, alt.value(1.0), alt.value(0.45)), tooltip=tooltip)
    )
    start = (
        base.transform_filter("datum.step === 0")
        .mark_tick(color=theme.INK, thickness=2, height={"band": 0.9})
        .encode(x=x, tooltip=tooltip)
    )
    return alt.layer(bar, start).properties(
        width=width,
        height=row_height * len(classes),
        title=theme.panel_title(classifier, beside),
    )
