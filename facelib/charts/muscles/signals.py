"""Quality of recordings: all channels over time, their spectra, and a table of checks."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import numpy as np

from facelib.charts import theme
from facelib.charts.palette import PALETTE
from facelib.charts.tables import needed, rows
from facelib.errors import BadValueError, check_kind
from facelib.semg.muscles import CHANNELS, MUSCLES, split
from facelib.semg.recordings.channel_quality import QUALITY_COLUMNS, beyond
from facelib.semg.recordings.recording import Recording
from facelib.semg.recordings.spectra import Spectra, harmonics, spectra

if TYPE_CHECKING:
    import pandas as pd

OVERVIEW: Final = ("channel", "order", "side", "start", "end", "low", "high", "missing")
SPECTRUM: Final = ("panel", "side", "frequency", "decibel")
CHECKS: Final = ("channel", "check", "order", "words", "bad", "says")
STEPS: Final = ("step", "seconds", "low", "high")

SIDE: Final = {"left": PALETTE[0], "right": PALETTE[1], "": theme.MUTED}
KINDS: Final = {"monopolar": "Monopolar inputs", "bipolar": "Bipolar signals", "envelope": "Envelopes"}
GONE: Final = "#9aa5b1"
FINE, POOR = "#f4f6f8", "#f3c9a3"
TALL: Final = 99.0
"""Percentile of what all channels reach in a stretch of time that fills half a row of the overview."""
STRETCH: Final = 4.0  # Hz, of which the largest density is drawn
SHOWN: Final = {
    "missing": ("missing", "{:.1%}"),
    "gap": ("longest gap, s", "{:.2f}"),
    "still": ("flat, s", "{:.2f}"),
    "clipped": ("clipped", "{:.2%}"),
    "noise": ("at rest, µV", "{:.1f}"),
    "active": ("active, µV", "{:.0f}"),
    "snr": ("active / rest, dB", "{:.0f}"),
    "hum": ("mains, dB", "{:.0f}"),
    "harmonic": ("multiples, dB", "{:.0f}"),
    "drift": ("below 10 Hz", "{:.0%}"),
}
"""Columns of the table of checks: their titles, and how numbers are written."""


def title_of(channel: str) -> str:
    """Return the title of a channel in a chart.

    >>> title_of("zygomaticus_left"), title_of("F20a")
    ('Zygomaticus, left', 'F20a')
    """
    if channel not in CHANNELS:
        return channel
    muscle, side = split(channel)
    title = MUSCLES[muscle].title.replace(", lateral part", " lat.").replace(", medial part", " med.")
    return f"{title}, {side}"


def side_of(channel: str) -> str:
    """Return the side of a channel; "" for inputs."""
    return split(channel)[1] if channel in CHANNELS else ""


def signal_overview(
    recording: Recording, *, stretches: int = 400, width: int = 640, row: int = 20
) -> alt.LayerChart:
    """Draw all channels over time: from the smallest to the largest value of each stretch of time.

    Ten minutes of 44 inputs at 4096 Hz are as small as a clip: what is drawn is `overview_table`. All
    channels have one scale, so that a weak one looks weak; the rare spikes of raw signals are cut off. Grey
    bars: nothing was recorded.

    Parameters
    ----------
    recording
        Of any kind.
    stretches
        How many of them the time is cut into.
    width, row
        Of the chart, and height of a channel, px.
    """
    table = overview_table(recording, stretches)
    names = [title_of(channel) for channel in recording.channels]
    sizes = table[["low", "high"]].abs().max(axis=1).dropna()
    envelope = recording.kind == "envelope"
    full = float(np.percentile(sizes, 100.0 if envelope else TALL)) if len(sizes) else 1.0
    full = full or 1.0
    data = rows(table.assign(low=0.0 if envelope else table["low"]), OVERVIEW)
    reach = 0.9 if envelope else 0.48
    middle = "datum.order + 0.45" if envelope else "datum.order"
    base = alt.Chart(alt.NamedData(name="overview")).transform_calculate(
        top=f"{middle} - clamp(datum.high / {full:.6g}, -1, 1) * {reach}",
        bottom=f"{middle} - clamp(datum.low / {full:.6g}, -1, 1) * {reach}",
        above="datum.order - 0.3",
        below="datum.order + 0.3",
    )
    x = alt.X(
        "start:Q",
        title="seconds",
        scale=alt.Scale(domain=[0, max(recording.seconds, 1e-3)], nice=False),
        axis=alt.Axis(grid=False, tickCount=8),
    )
    scale = alt.Scale(domain=[-0.6, len(names) - 0.4], reverse=True, nice=False)
    axis = alt.Axis(
        values=list(range(len(names))),
        labelExpr=f"{json.dumps(names, ensure_ascii=False)}[datum.value]",
        title=None, ticks=False, domain=False, grid=not envelope, labelLimit=220, labelColor=theme.INK,
        labelOverlap=False,
    )  # fmt: skip
    y, above = (alt.Y(f"{field}:Q", scale=scale, axis=axis) for field in ("bottom", "above"))
    sides = list(SIDE)
    colour = alt.Color("side:N", scale=alt.Scale(domain=sides, range=list(SIDE.values())), legend=None)
    stroke = alt.Stroke("side:N", scale=alt.Scale(domain=sides, range=list(SIDE.values())), legend=None)
    bars = base.transform_filter("isValid(datum.low)").mark_rect(strokeWidth=0.5).encode(
        x, alt.X2("end:Q"), y, alt.Y2("top:Q"), colour, stroke,
        tooltip=[alt.Tooltip("channel:N"), alt.Tooltip("start:Q", format=".2f", title="from, s"),
                 alt.Tooltip("low:Q", format=".1f"), alt.Tooltip("high:Q", format=".1f")],
    )  # fmt: skip
    gone = (
        base.transform_filter("datum.missing > 0")
        .mark_rect(color=GONE)
        .encode(x, alt.X2("end:Q"), above, alt.Y2("below:Q"))
    )
    unit = f" {recording.unit}" if recording.unit else ""
    lost = " Grey: nothing recorded." if table["missing"].any() else ""
    chart = alt.layer(bars, gone).properties(width=width, height=row * len(names))
    return theme.single(  # type: ignore[return-value]
        chart.properties(datasets={"overview": data}),
        name="overview",
        heading=f"{KINDS[recording.kind]} over time; full height: {full:.3g}{unit}.{lost}",
        description="Bars: smallest to largest value of each channel in each stretch of time, all channels "
        "on one scale; grey where nothing was recorded.",
        above=8,
    )


def overview_table(recording: Recording, stretches: int = 400) -> pd.DataFrame:
    """Return the smallest and largest value of every channel in each stretch of time.

    Columns: channel, order, side, start and end (s), low, high (NaN where nothing was recorded) and missing
    (share of the stretch).

    Raises
    ------
    BadValueError
        If there is no sample, or no stretch is asked for.
    """
    import pandas as pd

    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    if stretches < 1 or not len(recording):
        msg = f"An overview has stretches of samples; got {stretches} and {len(recording)} samples."
        raise BadValueError(msg)
    edges = np.unique(np.linspace(0, len(recording), min(stretches, len(recording)) + 1).round().astype(int))
    parts = []
    for order, channel in enumerate(recording.channels):
        signal = recording.signals[:, order]
        there = np.isfinite(signal)
        low = np.minimum.reduceat(np.where(there, signal, np.inf), edges[:-1])
        high = np.maximum.reduceat(np.where(there, signal, -np.inf), edges[:-1])
        share = np.add.reduceat(~there, edges[:-1]) / np.diff(edges)
        finite = np.isfinite(low)
        parts.append(
            pd.DataFrame(
                {
                    "channel": title_of(channel),
                    "order": order,
                    "side": side_of(channel),
                    "start": edges[:-1] / recording.rate,
                    "end": edges[1:] / recording.rate,
                    "low": np.where(finite, low, np.nan),
                    "high": np.where(finite, high, np.nan),
                    "missing": share,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def signal_spectra(
    found: Recording | Spectra,
    *,
    mains: float = 50.0,
    highest: float = 600.0,
    columns: int = 4,
    width: int = 170,
    height: int = 80,
) -> alt.ConcatChart:
    """Draw the spectrum of every channel, one panel per muscle; dashed lines: the mains and its multiples.

    Parameters
    ----------
    found
        Monopolar or bipolar signals, or their spectra.
    mains
        Where lines of it are expected, Hz.
    highest
        Frequency up to which is drawn, Hz.
    columns
        Panels per row.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If these are envelopes, or too short.
    """
    table = drawn_spectrum(found if isinstance(found, Spectra) else spectra(found), highest)
    names = list(table["panel"].drop_duplicates())
    top, bottom = math.ceil(table["decibel"].max() / 10) * 10, math.floor(table["decibel"].min() / 10) * 10
    lines = alt.InlineData(values=[{"line": line} for line in harmonics(mains, highest)])
    sides = list(SIDE)
    colour = alt.Color("side:N", scale=alt.Scale(domain=sides, range=list(SIDE.values())), legend=None)
    dash = alt.StrokeDash(
        "side:N", scale=alt.Scale(domain=sides, range=[[1, 0], [4, 2], [1, 0]]), legend=None
    )
    x = alt.X(
        "frequency:Q",
        title=None,
        scale=alt.Scale(domain=[0, highest], nice=False),
        axis=alt.Axis(values=[0, 200, 400, 600], grid=False),
    )
    panels = []
    for place, name in enumerate(names):
        y = alt.Y(
            "decibel:Q",
            title=None,
            scale=alt.Scale(domain=[max(bottom, top - 100), top], clamp=True),
            axis=alt.Axis(tickCount=4, labels=place % columns == 0),
        )
        rule = alt.Chart(lines).mark_rule(strokeDash=[2, 3], color=theme.BAND).encode(x=alt.X("line:Q"))
        curve = (
            alt.Chart()
            .transform_filter(f"datum.panel === {json.dumps(name)}")
            .mark_line(strokeWidth=1.2)
            .encode(x, y, colour, dash)
        )
        panels.append(
            alt.layer(rule, curve).properties(
                width=width, height=height, title=theme.panel_title(name, columns)
            )
        )
    chart = alt.concat(*panels, columns=columns, data=alt.NamedData(name="spectrum"))
    return theme.finish(
        chart.properties(datasets={"spectrum": rows(table, SPECTRUM, digits=2)}),
        columns=columns,
        heading=repr(
            "Power over frequency, dB of 1 µV²/Hz over Hz; blue: left, orange and dashed: right; "
            f"upright: {mains:g} Hz and multiples"
        ),
        description="Lines: spectrum of each channel, one panel per muscle; solid: the person's left, "
        "dashed: right; upright lines: the mains and its multiples.",
        above=8,
    )


def drawn_spectrum(found: Spectra, highest: float) -> pd.DataFrame:
    """Return spectra as they are drawn: the largest density within each 4 Hz, so that lines stay; in dB."""
    import pandas as pd

    kept = found.frequencies <= highest
    group = (found.frequencies[kept] // STRETCH).astype(int)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    parts = []
    for column, channel in enumerate(found.channels):
        density = np.maximum.reduceat(found.density[kept, column], starts)
        with np.errstate(divide="ignore"):
            decibel = 10 * np.log10(density)
        finite = np.isfinite(decibel)
        panel = MUSCLES[split(channel)[0]].title if channel in CHANNELS else channel
        parts.append(
            pd.DataFrame(
                {
                    "panel": panel,
                    "side": side_of(channel),
                    "frequency": (group[starts] * STRETCH + STRETCH / 2)[finite],
                    "decibel": decibel[finite],
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    if table.empty:
        msg = "There is nothing to draw: no channel has any power."
        raise BadValueError(msg)
    return table


def quality_map(table: pd.DataFrame, *, width: int = 78, row: int = 20) -> alt.LayerChart:
    """Draw the table of checks, channel × check: numbers, and a sign where a limit is passed.

    Parameters
    ----------
    table
        From `facelib.semg.quality_table`.
    width, row
        Of a cell, px.

    Raises
    ------
    BadValueError
        If a column is missing, or there is no row.
    """
    cells = quality_cells(table)
    plain: dict[str, Any] = {"title": None, "ticks": False, "domain": False, "labelColor": theme.INK}
    base = alt.Chart(alt.NamedData(name="checks")).encode(
        x=alt.X("check:N", sort=None, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=width, **plain)),
        y=alt.Y("channel:N", sort=None, axis=alt.Axis(labelLimit=240, labelPadding=6, **plain)),
    )
    cell = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("bad:N", scale=alt.Scale(domain=[False, True], range=[FINE, POOR]), legend=None),
        tooltip=["channel:N", "check:N", "says:N"],
    )
    heavy = alt.ExprRef(expr="datum.bad ? 'bold' : 'normal'")
    text = base.mark_text(fontSize=11, fontWeight=heavy, color=theme.INK).encode(text="words:N")
    count = sum(cell["bad"] for cell in cells)
    chart = alt.layer(cell, text).properties(width=alt.Step(width), height=alt.Step(row))
    return theme.single(  # type: ignore[return-value]
        chart.properties(datasets={"checks": cells}),
        name="checks",
        heading=f"Quality of each channel; !: beyond the limit ({count} of {len(cells)})",
        description="Table of checks: "
        + "; ".join(f"{cell['channel']}, {cell['check']}: {cell['says']}" for cell in cells if cell["bad"])
        + ("." if count else "nothing is beyond its limit."),
        above=8,
    )


def quality_cells(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the cells of `quality_map`.

    Examples
    --------
    >>> import pandas as pd
    >>> row = dict.fromkeys(QUALITY_COLUMNS, 0.0) | {"channel": "mentalis_left", "snr": 4.2}
    >>> [cell["words"] for cell in quality_cells(pd.DataFrame([row]))][5:8]
    ['0', '4 !', '0']
    """
    cells = []
    for row in needed(table, tuple(QUALITY_COLUMNS)).to_dict("records"):
        poor = beyond(row)
        for order, (column, (title, form)) in enumerate(SHOWN.items()):
            value = float(row[column])
            number = "–" if math.isnan(value) else form.format(value).replace("-", "−")
            at = f" at {row['line']:g} Hz" if column == "harmonic" and not math.isnan(value) else ""
            cells.append(
                {
                    "channel": title_of(str(row["channel"])),
                    "check": title,
                    "order": order,
                    "words": f"{number} !" if column in poor else number,
                    "bad": column in poor,
                    "says": f"{number}{at} ({QUALITY_COLUMNS[column]})",
                }
            )
    if not cells:
        msg = "There is nothing to draw: the table has no rows."
        raise BadValueError(msg)
    return cells
