"""Quality of each channel of a recording: a table of measures, and sentences where a limit is passed.

Limits are our choice (`LIMITS`): they are where experience says that something deserves a look, and no test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.semg.recordings.findings import Finding, Severity
from facelib.semg.recordings.processing import Chain, centred, rms, row_count, strength
from facelib.semg.recordings.recording import Recording
from facelib.semg.recordings.spectra import FEWEST, Spectra, harmonics, spectra
from facelib.utilities.progress import Report, reporting

if TYPE_CHECKING:
    import pandas as pd

Doubles = npt.NDArray[np.float64]

LIMITS: Final = MappingProxyType(
    {
        "missing": 0.01,  # share of samples
        "gap": 0.1,  # s
        "useless": 0.5,  # share of samples that are missing
        "still": 0.1,  # s without any change, of signals; ten times that of envelopes
        "clipped": 1e-4,  # share of samples at the end of the amplifier's range
        "hum": 15.0,  # dB of a mains line above its neighbours
        "line": 20.0,  # dB of a line that all channels have
        "swing": 0.3,  # s of slow swings
        "swings": 50.0,  # µV of them at least, and five times what is usual, twice what the muscle does
        "drift": 0.5,  # share of power below 10 Hz
        "noise": 10.0,  # µV of the envelope at rest
        "rest": 3.0,  # s of rest without which nothing is said of noise
        "quiet": 1.5,  # times its 5th percentile, up to which an envelope is at rest
        "snr": 6.0,  # dB between activity and rest
        "weak": 1.0,  # µV of the strongest channel when active: no muscle is that quiet
        "strong": 2e4,  # µV of it: no muscle of the face is that loud
        "clear": 20.0,  # dB from which on a noise floor doesn't matter
        "length": 0.02,  # share by which signal and video may differ in length
    }
)
"""Limits beyond which something is said."""

STEEP: Final = 513
"""Taps at 4096 Hz from which on a band-pass has a lower edge."""
SLOW: Final = 10.0
"""Hz below which muscles hardly do anything, and moving leads nearly all."""
SWINGS: Final = ("swing", "swing_at", "swing_size")
LEVELS: Final = ("noise", "rest", "active", "snr")
SILENT: Final = 0.05
"""µV below which an envelope is 0."""
SILENCE: Final = 5
"""Rows for which it has to be."""

QUALITY_COLUMNS: Final = MappingProxyType(
    {
        "channel": "name",
        "missing": "share of samples that are NaN, or of an envelope's rows in which it is 0 for a while: "
        "samples that were missing count as 0, and no amplifier is that silent",
        "gap": "longest stretch of them, s",
        "still": "longest stretch in which nothing changes, s",
        "clipped": "share of samples that stand at the largest or smallest value for 3 samples or more; NaN "
        "of envelopes",
        "noise": "envelope at rest, µV: its 5th percentile",
        "rest": "longest stretch in which the envelope stays below 1.5 times that, s: where the muscle never "
        "rests that long, the percentile is no noise",
        "active": "envelope when active, µV: its 99th percentile",
        "snr": "active over noise, dB",
        "hum": "line at the mains' frequency, dB above its neighbours: the notch takes it; NaN of envelopes",
        "harmonic": "strongest line at a multiple of it within the band, dB: it stays; NaN of envelopes",
        "line": "where that one is, Hz",
        "drift": "share of power below 10 Hz, of that up to the chain's band; NaN of envelopes",
        "swing": "longest stretch of slow swings (below 10 Hz) that are no muscle's, s; NaN of envelopes",
        "swing_at": "where that begins, s",
        "swing_size": "how large they are there, µV root mean square",
    }
)
"""Columns of `quality_table`, with their meaning."""


def quality_table(recording: Recording, chain: Chain | None = None) -> pd.DataFrame:
    """Return how good each channel is, one row each, see `QUALITY_COLUMNS`.

    Monopolar inputs are taken as they are; what counts for muscles is said of bipolar channels.
    """
    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    lines = spectra(recording) if has_spectrum(recording) else None
    return measured(recording, chain or Chain(), lines)


def measured(
    recording: Recording,
    chain: Chain,
    lines: Spectra | None,
    progress: bool | Report | None = None,
    *,
    strengths: bool = True,
) -> pd.DataFrame:
    """Return the table of `quality_table`, with spectra that are known, and without strengths if unwanted."""
    import pandas as pd

    rows = []
    with reporting(progress, len(recording.channels), "checking the channels", unit="channel") as report:
        for column, channel in enumerate(recording.channels):
            signal = recording.signals[:, column].astype(np.float64)
            row = {"channel": channel, **_faults(signal, recording)}
            row |= _levels(signal, recording, chain) if strengths else dict.fromkeys(LEVELS, math.nan)
            row |= _lines(lines, column, chain) | _swings(signal, recording)
            rows.append(row)
            report.at(column + 1)
    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS))


def _faults(signal: Doubles, recording: Recording) -> dict[str, float]:
    """Return the shares and stretches of what is missing, still or clipped."""
    absent = ~np.isfinite(signal)
    there = signal[~absent]
    same = np.diff(signal, prepend=np.nan) == 0
    clipped = math.nan
    if recording.kind != "envelope":
        clipped = 0.0
        if there.size and there.max() > there.min():
            lengths = _runs((signal == there.max()) | (signal == there.min()))
            clipped = float(lengths[lengths >= 3].sum() / len(signal))
    elif recording.unit:
        absent |= _long(signal < SILENT, SILENCE)
    still = _runs(same)
    return {
        "missing": float(absent.mean()),
        "gap": float(_runs(absent).max(initial=0) / recording.rate),
        "still": float((still.max() + 1 if still.size else 0) / recording.rate),
        "clipped": clipped,
    }


def _long(flags: npt.NDArray[np.bool_], least: int) -> npt.NDArray[np.bool_]:
    """Return flags without the stretches of True that are shorter than `least`."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    kept = np.zeros(len(flags), bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        kept[start:stop] = stop - start >= least
    return kept


def _runs(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return the lengths of all stretches of True."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return np.asarray(edges[1::2] - edges[::2])


def _levels(signal: Doubles, recording: Recording, chain: Chain) -> dict[str, float]:
    """Return how strong a channel is at rest and when active."""
    if recording.kind != "envelope":
        try:
            chain.check(recording.rate)
        except BadValueError:
            return dict.fromkeys(LEVELS, math.nan)
        signal = np.where(
            _seen(signal, recording.rate, chain), strength(signal, recording.rate, chain), np.nan
        )
    there = signal[np.isfinite(signal)]
    if not there.size or recording.unit == "":
        return dict.fromkeys(LEVELS, math.nan)
    noise, active = (max(float(value), 0.0) for value in np.percentile(there, [5, 99]))
    ratio = 20 * math.log10(active / noise) if noise > 0 and active > 0 else math.nan
    rests = _runs(signal <= LIMITS["quiet"] * noise).max(initial=0)
    rate = recording.rate if recording.kind == "envelope" else chain.rate
    return {"noise": noise, "rest": float(rests / rate), "active": active, "snr": ratio}


def _seen(signal: Doubles, rate: float, chain: Chain) -> npt.NDArray[np.bool_]:
    """Return for each row of the envelope whether no sample is missing from its window."""
    absent = np.concatenate([[0], np.cumsum(~np.isfinite(signal))])
    half = chain.window_at(rate) // 2
    middle = np.rint(np.arange(row_count(len(signal), rate, chain.rate)) * rate / chain.rate).astype(np.intp)
    first, last = np.maximum(middle - half, 0), np.minimum(middle + half, len(signal))
    return np.asarray(absent[last] == absent[first])


def _lines(lines: Spectra | None, column: int, chain: Chain) -> dict[str, float]:
    """Return the mains' lines and the share of drift in a channel's spectrum."""
    if lines is None:
        return dict.fromkeys(("hum", "harmonic", "line", "drift"), math.nan)
    multiples = harmonics(chain.mains, min(chain.high, lines.frequencies[-1]))[1:]
    levels = [(float(lines.at(frequency)[column]), frequency) for frequency in multiples]
    harmonic, line = max((pair for pair in levels if math.isfinite(pair[0])), default=(math.nan, math.nan))
    within = lines.density[(lines.frequencies > 0) & (lines.frequencies <= chain.high), column]
    slow = lines.density[(lines.frequencies > 0) & (lines.frequencies < chain.low), column]
    total = float(within.sum())
    return {
        "hum": float(lines.at(chain.mains)[column]),
        "harmonic": harmonic,
        "line": line,
        "drift": float(slow.sum()) / total if total > 0 else math.nan,
    }


def _swings(signal: Doubles, recording: Recording) -> dict[str, float]:
    """Return the longest stretch in which a signal swings slowly: a lead or an electrode moves."""
    quick = recording.rate > 4 * SLOW and len(signal) >= recording.rate
    if recording.kind == "envelope" or recording.unit == "" or not quick:
        return dict.fromkeys(SWINGS, math.nan)
    from scipy.signal import butter, sosfiltfilt

    clean, window = centred(signal), max(1, round(recording.rate / 2))
    slow = sosfiltfilt(butter(2, SLOW, fs=recording.rate, output="sos"), clean)
    swings, rest = rms(slow, window), rms(clean - slow, window)
    usual = float(np.median(swings))
    moved = swings > np.maximum(max(LIMITS["swings"], 5 * usual), 2 * rest)
    edges = np.flatnonzero(np.diff(moved.astype(np.int8), prepend=0, append=0))
    if not len(edges):
        return {"swing": 0.0, "swing_at": math.nan, "swing_size": math.nan}
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    start, stop = int(edges[2 * longest]), int(edges[2 * longest + 1])
    return {
        "swing": (stop - start) / recording.rate,
        "swing_at": start / recording.rate,
        "swing_size": float(np.sqrt(np.square(slow[start:stop]).mean())),
    }


def beyond(row: Mapping[Any, Any]) -> frozenset[str]:
    """Return the columns of a row of `quality_table` that are beyond their limits."""
    over = {
        column
        for column in ("missing", "gap", "clipped", "hum", "harmonic", "drift")
        if row[column] > LIMITS["hum" if column == "harmonic" else column]
    }
    if row["still"] > LIMITS["still"] * (10 if math.isnan(row["clipped"]) else 1):  # envelopes are slow
        over.add("still")
    if row["swing"] > LIMITS["swing"]:
        over.add("swing")
    rested = row["rest"] >= LIMITS["rest"]
    if rested and row["noise"] > LIMITS["noise"] and row["snr"] < LIMITS["clear"]:
        over.add("noise")
    if row["snr"] < LIMITS["snr"]:
        over.add("snr")
    return frozenset(over)


def said(row: Mapping[Any, Any], chain: Chain) -> Iterator[Finding]:
    """Say what of a row of `quality_table` is beyond its limits."""
    channel, poor = str(row["channel"]), beyond(row)
    if row["missing"] > 0:
        yield _missing(row, bool(poor & {"missing", "gap"}))
    if "still" in poor:
        text = f"Nothing changes for {row['still']:.2f} s."
        remedy = "An electrode was off, or both of a pair record the same: check it, leave that time out."
        yield Finding("warning", "flat channel", text, remedy, channel)
    if "clipped" in poor:
        text = f"{row['clipped']:.2%} of the samples stand at the end of the range: they were cut off."
        remedy = "The envelope is too low there: record with less gain, or with a larger range."
        yield Finding("warning", "clipped", text, remedy, channel)
    if "noise" in poor:
        text = f"The envelope at rest is {row['noise']:.1f} µV."
        remedy = "Expected a few µV: an electrode sits badly, or hum is left."
        yield Finding("warning", "noise floor", text, remedy, channel)
    if "snr" in poor:
        text = f"The muscle is only {row['snr']:.1f} dB stronger when active than at rest."
        remedy = "It was hardly used, or its electrode sits badly; what is said of it is noise."
        yield Finding("warning", "signal to noise", text, remedy, channel)
    yield from _said_of_spectrum(row, poor, chain)


def _said_of_spectrum(row: Mapping[Any, Any], poor: frozenset[str], chain: Chain) -> Iterator[Finding]:
    channel = str(row["channel"])
    if "hum" in poor:
        text = f"The mains: a line at {chain.mains:g} Hz, {row['hum']:.0f} dB above its neighbours."
        yield Finding("note", "mains hum", text, "The notch takes it.", channel)
    if "harmonic" in poor:
        text = f"The mains: a line at {row['line']:g} Hz, {row['harmonic']:.0f} dB above its neighbours."
        remedy = f"The notch takes {chain.mains:g} Hz only, so it stays. Check the ground electrode."
        yield Finding("warning", "mains hum", text, remedy, channel)
    if "swing" in poor:
        start, stop = row["swing_at"], row["swing_at"] + row["swing"]
        text = (
            f"From {start:.1f} to {stop:.1f} s it swings slowly, by {row['swing_size']:.0f} µV: a lead moved."
        )
        taken = chain.taps >= STEEP and chain.low >= SLOW
        remedy = (
            "The band-pass takes it."
            if taken
            else "No muscle does that, and the envelope is too high there: leave that time out, or take a "
            "steep band from 20 Hz."
        )
        yield Finding("note" if taken else "warning", "moving lead", text, remedy, channel)
    if "drift" in poor:
        text = f"{row['drift']:.0%} of the power lies below {chain.low:g} Hz: drift, or moving cables."
        passes = chain.taps < STEEP
        remedy = (
            f"A filter of {chain.taps} taps lets two thirds of it through; one of 1025 taps doesn't."
            if passes
            else "The band-pass takes most of it."
        )
        yield Finding("warning" if passes else "note", "drift", text, remedy, channel)


def _missing(row: Mapping[Any, Any], bad: bool) -> Finding:
    lost = row["missing"] > LIMITS["useless"]
    text = f"{row['missing']:.1%} of the samples are missing, the longest stretch {row['gap']:.2f} s."
    if lost:
        remedy = "The channel is hardly there: leave it out."
    elif math.isnan(row["clipped"]):
        remedy = "Leave those stretches out."
    else:
        remedy = "The envelope reads 0 there, as of a muscle at rest: leave those stretches out."
    severity: Severity = "error" if lost else "warning" if bad else "note"
    return Finding(severity, "missing samples", text, remedy, str(row["channel"]))


def has_spectrum(recording: Recording) -> bool:
    """Return whether a recording has frequencies, and is long enough to see them."""
    return recording.kind != "envelope" and len(recording) >= FEWEST
