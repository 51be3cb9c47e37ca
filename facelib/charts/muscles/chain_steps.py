"""The steps of the processing chain of a signal, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import altair as alt
import numpy as np

from facelib.charts import theme
from facelib.charts.muscles.signals import title_of
from facelib.charts.palette import PALETTE
from facelib.charts.tables import rows
from facelib.errors import BadValueError, check_kind
from facelib.semg.montage import Pairs, bipolar
from facelib.semg.recordings.processing import Chain, band_pass, centred, notch, resampled, rms
from facelib.semg.recordings.recording import Recording

if TYPE_CHECKING:
    import pandas as pd


STEPS: Final = ("step", "start", "end", "low", "high")
MOST: Final = 400
"""Stretches of time that are drawn of a signal."""


def chain_steps(
    recording: Recording,
    channel: str,
    *,
    chain: Chain | None = None,
    pairs: Pairs | None = None,
    start: float = 0.0,
    stop: float | None = None,
    width: int = 560,
    height: int = 64,
) -> alt.ConcatChart:
    """Draw one channel as it was recorded, after the notch, after the band-pass, and its envelope.

    Parameters
    ----------
    recording
        Monopolar or bipolar signals.
    channel
        Of the bipolar channels.
    chain
        Constants of the processing; None: those of the data set.
    pairs
        Inputs of each channel, for monopolar signals; None: by their names.
    start, stop
        What is drawn, s; the chain sees the whole recording. None: to the end.
    width, height
        Of a panel, px.

    Raises
    ------
    BadValueError
        If the recording is an envelope, its rate doesn't fit the chain, or the times don't lie within it.
    UnknownNameError
        If there is no such channel.
    """
    chain = chain or Chain()
    table, titles = step_table(recording, channel, chain=chain, pairs=pairs, start=start, stop=stop)
    end = recording.seconds if stop is None else stop
    panels = []
    for place, (step, title) in enumerate(titles.items()):
        last = place == len(titles) - 1
        x = alt.X(
            "start:Q",
            title="seconds" if last else None,
            scale=alt.Scale(domain=[start, end], nice=False),
            axis=alt.Axis(labels=last, grid=False),
        )
        drawn = table[table["step"] == step]
        reach = [float(drawn["low"].min()), float(drawn["high"].max())]
        y = alt.Y("low:Q", title="µV", scale=alt.Scale(domain=reach, nice=False), axis=alt.Axis(tickCount=3))
        base = alt.Chart().transform_filter(f"datum.step === '{step}'")
        if step == "envelope":
            mark = base.mark_line(
                color=PALETTE[1], interpolate="linear", point={"size": 9, "color": PALETTE[1]}
            )
            drawing = mark.encode(x, y)
        else:
            drawing = base.mark_rect(color=PALETTE[0]).encode(x, alt.X2("end:Q"), y, alt.Y2("high:Q"))
        panels.append(drawing.properties(width=width, height=height, title=theme.panel_title(title, 1)))
    chart = alt.concat(*panels, columns=1, data=alt.NamedData(name="steps"))
    return theme.finish(
        chart.properties(datasets={"steps": rows(table, STEPS)}),
        columns=1,
        heading=repr(
            f"{title_of(channel)}: from the signal to its envelope; every step has a scale of its own"
        ),
        description="Panels, one below the other: the recorded signal, after the notch, after the band-pass "
        "(smallest to largest value of each stretch of time), and the envelope, a point per frame.",
        above=8,
    )


def step_table(
    recording: Recording,
    channel: str,
    *,
    chain: Chain,
    pairs: Pairs | None = None,
    start: float = 0.0,
    stop: float | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return what `chain_steps` draws (step, start, end, low, high), and the titles of the steps."""
    import pandas as pd

    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    if recording.kind == "envelope":
        msg = "The steps of the chain are those of monopolar or bipolar signals; this is an envelope."
        raise BadValueError(msg)
    chain.check(recording.rate)
    stop = recording.seconds if stop is None else stop
    if not 0 <= start < stop <= recording.seconds + 1e-9:
        msg = f"What is drawn lies within 0 … {recording.seconds:g} s; got {start:g} … {stop:g} s."
        raise BadValueError(msg)
    both = bipolar(recording, pairs) if recording.kind == "monopolar" else recording
    rate = recording.rate
    signal = both.pick([channel]).signals[:, 0].astype(np.float64)
    cleaned = notch(centred(signal), rate, chain)
    passed = band_pass(cleaned, rate, chain)
    frames = resampled(rms(passed, chain.window_at(rate)), rate, chain)
    titles = {
        "recorded": "Recorded, one electrode less the other",
        "notch": f"Without the mean, and without the mains ({chain.mains:g} Hz, Q = {chain.quality:g})",
        "band": f"Band of {chain.low:g} … {chain.high:g} Hz ({chain.taps_at(rate)} taps)",
        "envelope": f"Root mean square of {chain.window_at(rate) / rate:.2g} s, {chain.rate:g} rows/s",
    }
    parts = [
        _stretches(step, values, rate, start, stop)
        for step, values in (("recorded", signal), ("notch", cleaned), ("band", passed))
    ]
    times = np.arange(len(frames)) / chain.rate
    kept = (times >= start) & (times <= stop)
    level = {"start": times[kept], "end": times[kept], "low": frames[kept], "high": frames[kept]}
    parts.append(pd.DataFrame({"step": "envelope", **level}))
    return pd.concat(parts, ignore_index=True), titles


def _stretches(step: str, values: np.ndarray, rate: float, start: float, stop: float) -> pd.DataFrame:
    """Return the smallest and largest value of each stretch of time in which there is a number."""
    import pandas as pd

    first, last = round(start * rate), min(round(stop * rate), len(values))
    part = values[first:last]
    edges = np.unique(np.linspace(0, len(part), min(MOST, len(part)) + 1).round().astype(int))
    there = np.isfinite(part)
    low = np.minimum.reduceat(np.where(there, part, np.inf), edges[:-1])
    high = np.maximum.reduceat(np.where(there, part, -np.inf), edges[:-1])
    finite = np.isfinite(low)
    ends = (edges + first) / rate
    table = {"start": ends[:-1][finite], "end": ends[1:][finite], "low": low[finite], "high": high[finite]}
    return pd.DataFrame({"step": step, **table})
