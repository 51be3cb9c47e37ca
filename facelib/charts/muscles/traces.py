"""Muscle activity over time, left and right in one panel, and the outputs of classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from facelib.charts import theme
from facelib.charts.palette import colour
from facelib.charts.tables import check_label, classifiers_of, needed, rows
from facelib.errors import BadValueError
from facelib.semg.muscles import CHANNELS, MUSCLES, SIDES, split

if TYPE_CHECKING:
    import altair as alt
    import numpy.typing as npt
    import pandas as pd
else:
    from facelib.charts.deferred import altair as alt

TRACES: Final = ("seconds", "muscle", "side", "value")
EVENTS: Final = ("seconds", "name")
OUTPUTS: Final = ("seconds", "classifier", "label", "probability")
COLOURS: Final = "blue: left, orange dashes: right"
BESIDE: Final = 4  # panels per row
ROOM: Final = 0.06  # above what is largest, as a share of it
WORDS: Final = {
    "": "Activity, 0 … 1, over seconds",
    "µV": "Envelopes, µV, over seconds",
}


def muscle_traces(
    table: pd.DataFrame,
    *,
    unit: str = "",
    now: float | None = None,
    events: pd.DataFrame | None = None,
    width: int = 170,
    height: int = 60,
) -> alt.ConcatChart:
    """Draw the course of every muscle, one panel per muscle, the person's two sides in it; all on one scale.

    Parameters
    ----------
    table
        Tidy table: seconds, muscle, side, value; see `trace_table`.
    unit
        Of the values; "" for activity 0 … 1, for which the scale ends at 1.
    now
        Where the cursor stands, s; None: there is none.
    events
        What happened when, as `Recording.event_table` tells: a thin line each, with its name on it.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing, there is no row, or the unit is another one.

    Examples
    --------
    >>> import numpy as np
    >>> table = trace_table(np.zeros((3, 22)), [0.0, 0.5, 1.0])
    >>> len(muscle_traces(table, now=0.5).to_dict()["concat"])
    11
    """
    if unit not in WORDS:
        msg = f"Traces are activities (unit '') or envelopes in µV; got {unit!r}."
        raise BadValueError(msg)
    data = rows(needed(table, TRACES), TRACES)
    if not data:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    muscles = [name for name in MUSCLES if (table["muscle"] == name).any()]
    most = float(table["value"].max()) if unit else 1.0
    ends = {"start": table["seconds"].min(), "end": table["seconds"].max()}
    chart = layout(
        muscles, unit=unit, most=(1 + ROOM) * (most or 1), width=width, height=height, now=now, **ends
    )
    marks = [] if events is None else rows(needed(events, EVENTS), EVENTS)
    return chart.properties(datasets={"traces": data, "events": marks})


def trace_table(activity: npt.ArrayLike, times: npt.ArrayLike) -> pd.DataFrame:
    """Return the table of `muscle_traces`: seconds, muscle, side, value; one row for each moment and channel.

    Parameters
    ----------
    activity
        (n, 22) in the order of `facelib.semg.CHANNELS`; channels without any number are left out.
    times
        (n,) s.
    """
    import numpy as np
    import pandas as pd

    values, when = np.asarray(activity, np.float64), np.asarray(times, np.float64)
    parts = []
    for column, channel in enumerate(CHANNELS):
        if np.isfinite(values[:, column]).any():
            muscle, side = split(channel)
            parts.append(
                pd.DataFrame({"seconds": when, "muscle": muscle, "side": side, "value": values[:, column]})
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(TRACES))


def layout(
    muscles: Sequence[str] = tuple(MUSCLES),
    *,
    unit: str = "",
    width: int = 150,
    height: int = 44,
    beside: int = BESIDE,
    start: float = 0.0,
    end: float = 1.0,
    now: float | None = 0.0,
    rate: float | None = None,
    most: float = 1 + ROOM,
    lines: bool = False,
) -> alt.ConcatChart:
    """Return the chart without data.

    Its data sets are ``traces`` and ``events``; its parameters are ``start``, ``end`` and ``now`` in seconds,
    and ``most``, the end of the scale. The heading may have two `lines`.
    """
    panels = [
        _muscle(name, order, beside, cursor=now is not None).properties(
            width=width,
            height=height,
            title=theme.panel_title(_short(name), beside + 1),
        )
        for order, name in enumerate(muscles)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="traces"), datasets={"traces": [], "events": []}
    ).add_params(*_clock(start, end, now, rate), alt.param(name="most", value=most))
    return theme.finish(
        chart,
        columns=beside,
        heading=theme.heading(repr(WORDS[unit]), COLOURS, lines=lines),
        above=8,
        description="Lines: activity of each muscle over time, one panel per muscle, all on one scale; "
        "solid: the person's left, dashed: right. Thin lines across: what happened when.",
    )


def outputs_over_time(
    outputs: pd.DataFrame, label: str = "happy", *, now: float | None = None, width: int = 170
) -> alt.ConcatChart:
    """Draw the probability of one class over time, one panel per classifier.

    Parameters
    ----------
    outputs
        Tidy table: seconds, classifier, label, probability.
    label
        The class of interest.
    now
        Where the cursor stands, s; None: there is none.
    width
        Of a panel, px.

    Raises
    ------
    BadValueError
        If a column is missing or the table has no such class.
    """
    data = rows(needed(outputs, OUTPUTS), OUTPUTS)
    check_label(outputs, label)
    ends = {"start": outputs["seconds"].min(), "end": outputs["seconds"].max()}
    chart = outputs_layout(classifiers_of(outputs), label=label, width=width, now=now, **ends)
    return chart.properties(datasets={"outputs": data})


def outputs_layout(
    classifiers: Sequence[str],
    *,
    label: str = "happy",
    width: int = 150,
    height: int = 64,
    start: float = 0.0,
    end: float = 1.0,
    now: float | None = 0.0,
    rate: float | None = None,
    most: int = 4,
) -> alt.ConcatChart:
    """Return the chart of `outputs_over_time` without data.

    Its data set is ``outputs``; its parameters are ``label``, and ``start``, ``end`` and ``now`` in seconds;
    with a rate, ``now`` follows from ``step`` and ``rate``. Up to `most` panels stand beside each other.
    """
    beside = theme.panels_beside(classifiers, most=most)
    panels = [
        _output(name, order, beside, cursor=now is not None).properties(
            width=width, height=height, title=theme.panel_title(name, beside)
        )
        for order, name in enumerate(classifiers)
    ]
    chart = alt.concat(
        *panels, columns=beside, data=alt.NamedData(name="outputs"), datasets={"outputs": []}
    ).add_params(*_clock(start, end, now, rate), alt.param(name="label", value=label))
    return theme.finish(
        chart,
        columns=beside,
        heading="'Probability of ' + label + ' over seconds'",
        description="Lines: probability of the class of interest over time, one panel per classifier "
        f"({', '.join(classifiers)}).",
    )


def _clock(start: float, end: float, now: float | None, rate: float | None) -> list[alt.Parameter]:
    """Return the parameters that say where the cursor stands; with a rate it follows ``step``."""
    values = {"start": start, "end": end}
    values |= {"now": start if now is None else now} if rate is None else {"rate": rate, "step": 0}
    clock = [alt.param(name=name, value=float(value)) for name, value in values.items()]
    return clock if rate is None else [*clock, alt.param(name="now", expr="start + step / rate")]


def _seconds() -> alt.X:
    return alt.X(
        "seconds:Q",
        scale=alt.Scale(domain=[alt.ExprRef("start"), alt.ExprRef("end")], nice=False),
        axis=alt.Axis(title=None, tickCount=4, format=".2~f", grid=False),
    )


def _cursor() -> alt.Chart:
    """Return the line at ``now``; it moves without looking through the data again."""
    line: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{}]))
        .mark_rule(color=theme.INK, strokeWidth=1.2, opacity=0.75)
        .encode(x=alt.XDatum(alt.ExprRef("now"), type="quantitative"))
    )
    return line


def _muscle(name: str, order: int, beside: int, *, cursor: bool) -> theme.Layered:
    axis = alt.Axis(
        title=None, tickCount=2, format=".3~f", labels=order % beside == 0, ticks=False, domain=False
    )
    scale = alt.Scale(domain=[0, alt.ExprRef("most")], nice=False)
    shades = alt.Scale(domain=list(SIDES), range=[colour(0), colour(1)])
    dashes = alt.Scale(domain=list(SIDES), range=[[1, 0], [4, 2]])
    line = (
        alt.Chart()
        .transform_filter(f"datum.muscle === {name!r}")
        .mark_line(strokeWidth=1.6, clip=True)
        .encode(
            x=_seconds(),
            y=alt.Y("value:Q", scale=scale, axis=axis),
            color=alt.Color("side:N", scale=shades, legend=None),
            strokeDash=alt.StrokeDash("side:N", scale=dashes, legend=None),
        )
    )
    return alt.layer(_events(), line, _cursor()) if cursor else alt.layer(_events(), line)


def _events() -> alt.Chart:
    """Return thin lines where something happened; resting on one says what."""
    marks: alt.Chart = (
        alt.Chart(alt.NamedData(name="events"))
        .mark_rule(color=theme.INK, strokeWidth=1, strokeDash=[2, 3], opacity=0.6, clip=True)
        .encode(
            x=_seconds(),
            tooltip=[alt.Tooltip("name:N", title="event"), alt.Tooltip("seconds:Q", format=".2f")],
        )
    )
    return marks


def _output(name: str, order: int, beside: int, *, cursor: bool) -> theme.Layered:
    unit = alt.Scale(domain=[-theme.MARGIN, 1 + theme.MARGIN], nice=False)
    axis = alt.Axis(
        title=None, values=[0, 0.5, 1], format="~g", labels=order % beside == 0, ticks=False, domain=False
    )
    line = (
        alt.Chart()
        .transform_filter(f"datum.classifier === {name!r} && datum.label === label")
        .mark_line(color=colour(order), strokeWidth=2)
        .encode(x=_seconds(), y=alt.Y("probability:Q", scale=unit, axis=axis))
    )
    return alt.layer(line, _cursor()) if cursor else alt.layer(line)


SHORT: Final = {
    "corrugator_supercilii": "Corrugator",
    "depressor_anguli_oris": "Depr. anguli",
    "depressor_supercilii": "Depr. superc.",
    "frontalis_lateral": "Frontalis lat.",
    "frontalis_medial": "Frontalis med.",
    "levator_labii_superioris": "Levator labii",
    "orbicularis_oculi": "Orb. oculi",
    "orbicularis_oris": "Orb. oris",
}
"""Titles that fit over small panels, of muscles whose own is longer."""


def _short(muscle: str) -> str:
    return SHORT.get(muscle, MUSCLES[muscle].title)
