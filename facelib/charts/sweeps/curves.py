"""The response curve: how the probability of one class follows the strength, one panel per classifier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from facelib.charts import sizes, theme
from facelib.charts.palette import colour
from facelib.charts.tables import (
    BAND,
    OUTPUTS,
    check_label,
    classifiers_of,
    labels_of_values,
    needed,
    rows,
)

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
    scale: tuple[float, float] | None = None,
    step: int = 0,
    slider: bool = True,
) -> alt.ConcatChart:
    """Draw the probability of `label` over the strength, with the range under placebos in grey.

    Of an output that is no probability its value is drawn, on an axis that begins and ends where it does, or
    with the ends of its scale. A classifier that has no such output keeps its panel, which says so, as the
    heading does.

    Parameters
    ----------
    outputs
        Tidy table with step, strength, classifier, label, probability; where there are values, also value
        and unit, as `Sweep.outputs` has them.
    band
        Table with classifier, label, strength, low, high: the range under placebos of the same size.
    label
        The class of interest.
    scale
        Lower and upper end of the axis of values, such as those of their scale; None: as the numbers are.
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
    valued = check_label(needed(outputs, OUTPUTS), label) in labels_of_values(outputs)
    columns = (*OUTPUTS[:-1], "value") if valued else OUTPUTS
    data = {"outputs": rows(outputs, columns), "band": rows(band, BAND)}
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
    if valued:
        own = outputs[outputs["label"] == label]
        options |= {"unit": str(own["unit"].iloc[0]), "ends": scale or _ends(own["value"], band)}
    chart = layout(names, label=label, step=step, steps=steps, **options)
    return chart.properties(datasets=data)


def _ends(values: pd.Series[float], band: pd.DataFrame | None) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, and what placebos did, with some room."""
    import pandas as pd

    beside = [] if band is None or band.empty else [band["low"], band["high"]]
    shown = pd.concat([values, *beside]).dropna()
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    room = theme.MARGIN * (high - low) or 0.5 * (abs(low) or 1.0)
    return low - room, high + room


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
    unit: str = "",
    ends: tuple[float, float] | None = None,
) -> alt.ConcatChart:
    """Return the chart without data: parameters ``step``, ``label``, ``compared`` (whether placebos are).

    Its data sets are ``outputs`` and ``band``. Where nobody asked for placebos, ``compared`` is null.

    Panels of classifiers `without` the class say so, and so does the heading, which may have two `lines`.
    With `ends` of the axis, values are drawn in their `unit` in place of probabilities: the column "value".
    """
    beside = theme.panels_beside(classifiers)
    tall = height or (112 if len(classifiers) <= beside else 76)
    panels = [
        _panel(
            name,
            order=order,
            beside=beside,
            width=width,
            height=tall,
            lacks=name in without,
            ends=ends,
            unit=unit,
        )
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
    what, first = "probability", "'Probability of ' + label + ' over strength'"
    if ends is not None:
        what = f"value ({unit})" if unit else "value"
        first = f"label + {json.dumps(f' ({unit})' if unit else '')} + ' over strength'"
    rest = f"(compared === null ? {UNCOMPARED!r} : compared ? {BESIDE!r} : {ALONE!r}) + {lack!r}"
    return theme.finish(
        chart,
        columns=beside,
        description=(
            f"Lines: {what} of the class of interest over the strength of the change from 0 to 1, "
            f"one panel per classifier ({', '.join(classifiers)}); grey: range under placebos of "
            f"the same size{lack}."
        ),
        heading=f"[{first}, {rest}]" if lines else f"{first} + '; ' + {rest}",
    )


def _panel(
    classifier: str,
    *,
    order: int,
    beside: int,
    width: int,
    height: int,
    lacks: bool = False,
    ends: tuple[float, float] | None = None,
    unit: str = "",
) -> alt.LayerChart | alt.FacetChart:
    this_series = f"datum.classifier === {classifier!r} && datum.label === label"
    unit_scale = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    x = alt.X(
        "strength:Q",
        scale=unit_scale,
        axis=alt.Axis(title=None, values=[0, 0.5, 1], format="~g", grid=False),
    )
    plain: dict[str, Any] = {"format": "~g", "labels": order % beside == 0, "ticks": False, "domain": False}
    axis = alt.Axis(title=None, values=[0, 0.5, 1], **plain)
    scale, field = unit_scale, "probability"
    if ends is not None:
        axis = alt.Axis(title=unit or None, tickCount=3, **plain)
        scale, field = alt.Scale(domain=list(ends), nice=False, zero=False), "value"
    y = alt.Y(f"{field}:Q", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("strength:Q", format=".2f"),
        alt.Tooltip(f"{field}:Q", format=".3f"),
    ]
    band = (
        alt.Chart(alt.NamedData(name="band"))
        .transform_filter(this_series)
        .mark_area(color=theme.BAND, opacity=0.55, interpolate="linear")
        .encode(x=x, y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q")
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
