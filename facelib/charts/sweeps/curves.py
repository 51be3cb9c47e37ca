"""The response curve: how the probability of one class follows the strength, one panel per classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import sizes, theme
from facelib.charts.palette import colour
from facelib.charts.tables import BAND, OUTPUTS, check_label, classifiers_of, needed, rows

if TYPE_CHECKING:
    import pandas as pd

NO_OUTPUT: Final = "no such output"
BESIDE: Final = "grey: 90 % of placebos"
ALONE: Final = "no placebos as large"
UNCOMPARED: Final = "without placebos"


def response(
    outputs: pd.DataFrame,
    band: pd.DataFrame | None = None,
    label: str = "happy",
    *,
    step: int = 0,
    slider: bool = True,
) -> alt.ConcatChart:
    """Draw the probability of `label` over the strength, with the range under placebos in grey.

    A classifier that has no such output keeps its panel, which says so, as the heading does.

    Parameters
    ----------
    outputs
        Tidy table with step, strength, classifier, label, probability.
    band
        Table with classifier, label, strength, low, high: the range under placebos of the same size.
    label
        The class of interest.
    step
        Where the cursor stands first.
    slider
        Show a slider for the cursor under the chart.

    Raises
    ------
    BadValueError
        If a column is missing or the table has no such class.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "step": [0, 1], "strength": [0.0, 1.0], "classifier": "fer", "label": "happy",
    ...         "probability": [0.9, 0.2],
    ...     }
    ... )
    >>> len(response(table).to_dict()["datasets"]["outputs"])
    2
    """
    data = {"outputs": rows(needed(outputs, OUTPUTS)), "band": rows(band, BAND)}
    check_label(outputs, label)
    steps = int(outputs["step"].max()) + 1
    names = classifiers_of(outputs)
    size = sizes.CURVES if len(names) > 1 else sizes.CURVE
    having = set(classifiers_of(outputs[outputs["label"] == label]))
    without = [name for name in names if name not in having]
    options: dict[str, Any] = {
        "slider": slider,
        "without": without,
        "compared": band is None or len(band) > 0,
    } | size
    chart = layout(names, label=label, step=step, steps=steps, **options)
    return chart.properties(datasets=data)


def layout(
    classifiers: Sequence[str],
    *,
    label: str = "happy",
    step: int = 0,
    steps: int = theme.STEPS,
    slider: bool = False,
    width: int = 90,
    height: int | None = None,
    without: Sequence[str] = (),
    lines: bool = False,
    compared: bool = True,
) -> alt.ConcatChart:
    """Return the chart without data: parameters ``step``, ``label``, ``compared`` (whether placebos are).

    Its data sets are ``outputs`` and ``band``. Where nobody asked for placebos, ``compared`` is null.

    Panels of classifiers `without` the class say so, and so does the heading, which may have two `lines`.
    """
    beside = theme.panels_beside(classifiers)
    tall = height or (112 if len(classifiers) <= beside else 76)
    panels = [
        _panel(name, order=order, beside=beside, width=width, height=tall, lacks=name in without)
        for order, name in enumerate(classifiers)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="outputs"), datasets={"outputs": [], "band": []}
    )
    chart = chart.add_params(
        theme.step_parameter(step, steps, slider=slider),
        alt.param(name="label", value=label),
        alt.param(name="compared", value=compared),
    )
    lack = f"; {NO_OUTPUT}: {', '.join(without)}" if without else ""
    first = "'Probability of ' + label + ' over strength'"
    rest = f"(compared === null ? {UNCOMPARED!r} : compared ? {BESIDE!r} : {ALONE!r}) + {lack!r}"
    return theme.finish(
        chart,
        columns=beside,
        description=(
            "Lines: probability of the class of interest over the strength of the change from 0 to 1, "
            f"one panel per classifier ({', '.join(classifiers)}); grey: range under placebos of "
            f"the same size{lack}."
        ),
        heading=f"[{first}, {rest}]" if lines else f"{first} + '; ' + {rest}",
    )


def _panel(
    classifier: str, *, order: int, beside: int, width: int, height: int, lacks: bool = False
) -> alt.LayerChart | alt.FacetChart:
    this_series = f"datum.classifier === {classifier!r} && datum.label === label"
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    x = alt.X(
        "strength:Q",
        scale=unit,
        axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", grid=False),
    )
    axis = alt.Axis(
        title=None, values=[0, 0.5, 1], format="~g", labels=order % beside == 0, ticks=False, domain=False
    )
    y = alt.Y("probability:Q", scale=unit, axis=axis)
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip("probability:Q", format=".3f"),
    ]
    band = (
        alt.Chart(alt.NamedData(name="band"))
        .transform_filter(this_series)
        .mark_area(color=theme.BAND, opacity=0.55, interpolate="linear")
        .encode(x=x, y=alt.Y("low:Q", scale=unit, axis=axis), y2="high:Q")
    )
    base = alt.Chart().transform_filter(this_series)
    line = base.mark_line(color=colour(order), strokeWidth=2).encode(x=x, y=y)
    now = base.transform_filter("datum.step === step")
    rule = now.mark_rule(color=theme.INK, strokeWidth=1, opacity=0.7).encode(x=x)
    dot = now.mark_point(
        color=colour(order), filled=True, size=55, stroke="white", strokeWidth=1.2, opacity=1
    ).encode(x=x, y=y, tooltip=tooltip)
    layers = [band, line, rule, dot]
    if lacks:
        middle = {"x": alt.value(width / 2), "y": alt.value(height / 2)}
        lack_text = alt.Chart(alt.InlineData([{}])).mark_text(color=theme.MUTED, limit=width)
        layers.append(lack_text.encode(**middle, text=alt.value(NO_OUTPUT)))
    return alt.layer(*layers).properties(
        width=width, height=height, title=theme.panel_title(classifier, beside)
    )
