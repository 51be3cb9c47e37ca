"""What is wrong with a recording: found by numbers, said in words, with what helps.

Limits are our choice (`LIMITS`): they are where experience says that something deserves a look, and no test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.semg.findings import Finding, worst_first
from facelib.semg.montage import Pairs, bipolar
from facelib.semg.processing import Chain, strength
from facelib.semg.recording import Recording
from facelib.semg.spectra import FEWEST, TOLERANCE, Spectra, common_lines, harmonics, spectra
from facelib.semg.swapping import swap_findings, swapped

if TYPE_CHECKING:
    import pandas as pd

    from facelib.semg.video import VideoCheck

Doubles = npt.NDArray[np.float64]
Progress = Callable[[int, int], object]

LIMITS: Final = MappingProxyType(
    {
        "missing": 0.01,  # share of samples
        "gap": 0.1,  # s
        "useless": 0.5,  # share of samples that are missing
        "still": 0.1,  # s without any change, of signals; ten times that of envelopes
        "clipped": 1e-4,  # share of samples at the end of the amplifier's range
        "hum": 15.0,  # dB of a mains line above its neighbours
        "line": 20.0,  # dB of a line that all channels have
        "drift": 0.5,  # share of power below 10 Hz
        "noise": 10.0,  # µV of the envelope at rest
        "snr": 6.0,  # dB between activity and rest
        "clear": 20.0,  # dB from which on a noise floor doesn't matter
        "length": 0.02,  # share by which signal and video may differ in length
    }
)
"""Limits beyond which something is said."""

QUALITY_COLUMNS: Final = MappingProxyType(
    {
        "channel": "name",
        "missing": "share of samples that are NaN",
        "gap": "longest stretch of them, s",
        "still": "longest stretch in which nothing changes, s",
        "clipped": "share of samples that stand at the largest or smallest value for 3 samples or more; NaN "
        "of envelopes",
        "noise": "envelope at rest, µV: its 5th percentile",
        "active": "envelope when active, µV: its 99th percentile",
        "snr": "active over noise, dB",
        "hum": "strongest line of the mains and its multiples, dB above its neighbours; NaN of envelopes",
        "line": "where that line is, Hz",
        "drift": "share of power below 10 Hz, of that up to the chain's band; NaN of envelopes",
    }
)
"""Columns of `quality_table`, with their meaning."""


def check(
    recording: Recording | None,
    *,
    chain: Chain | None = None,
    pairs: Pairs | None = None,
    units: pd.DataFrame | None = None,
    video: VideoCheck | None = None,
    frames: int | None = None,
    frame_rate: float = 30.0,
    session: str = "",
    progress: Progress | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with a recording, errors first; nothing if all is well.

    Parameters
    ----------
    recording
        Monopolar or bipolar signals, or envelopes. None: of a session without EMG, which is said.
    chain
        Constants of the processing, for noise, band and mains; None: those of the data set.
    pairs
        Inputs of each channel, for monopolar signals; None: by their names.
    units
        Face units of the same clip's video, one of `FACE_UNITS` a column, 30 rows a second: left and right
        channels are compared with them. Needs envelopes, or signals that become some.
    video
        What `Video.check` says of the clip's video.
    frames
        How many frames the video has; None: as `video` says.
    frame_rate
        Frames of the video a second.
    session
        Name to use where there is no recording.
    progress
        Called with how many channels are done, of how many; what it raises ends the work.
    """
    if recording is None:
        words = f"{f'Session {session}' if session else 'The session'} has no EMG."
        remedy = "Nothing can be said of its muscles; videos without electrodes are recorded so."
        return (Finding("note", "session without EMG", words, remedy),)
    chain = chain or Chain()
    found: list[Finding] = []
    lines = spectra(recording) if _has_spectrum(recording) else None
    of_inputs = recording.kind == "monopolar"
    if recording.kind != "envelope":
        found.extend(_band(recording.rate, chain))
    if recording.kind == "monopolar":
        for row in _rows(_table(recording, chain, None, None, strengths=False)):
            found.extend(_gaps(row, recording.kind))
        try:
            recording = bipolar(recording, pairs)
        except (BadTableError, UnknownNameError) as error:
            words = f"Inputs and channels don't fit: {error}"
            found.append(Finding("error", "montage", words, "Give `pairs`, or other names."))
            return worst_first(found)
    own = spectra(recording) if of_inputs and lines is not None else lines
    for row in _rows(_table(recording, chain, own, progress)):
        of_row = (*_gaps(row, recording.kind), *_strengths(row, recording.kind, chain))
        found.extend(finding for finding in of_row if not (of_inputs and finding.what == "missing samples"))
    if lines is not None:
        found.extend(_mains(lines, chain, recording.rate))
    if video is not None:
        found.extend(video_findings(video))
        frames = len(video.times) if frames is None else frames
    if frames is not None:
        found.extend(_length(recording, frames, frame_rate))
    if units is not None and not any(finding.what == "sampling rate" for finding in found):
        found.extend(_swaps(recording, units, chain, frame_rate))
    return worst_first(found)


def quality_table(recording: Recording, chain: Chain | None = None) -> pd.DataFrame:
    """Return how good each channel is, one row each, see `QUALITY_COLUMNS`.

    Monopolar inputs are taken as they are; what counts for muscles is said of bipolar channels.
    """
    lines = spectra(recording) if _has_spectrum(recording) else None
    return _table(recording, chain or Chain(), lines, None)


def _has_spectrum(recording: Recording) -> bool:
    return recording.kind != "envelope" and len(recording) >= FEWEST


def _rows(table: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _band(rate: float, chain: Chain) -> Iterator[Finding]:
    """Say if signals of this rate can't go through the chain."""
    try:
        chain.check(rate)
    except BadValueError as error:
        yield Finding("error", "sampling rate", str(error), "Check the rate; else choose another band.")


def _table(
    recording: Recording,
    chain: Chain,
    lines: Spectra | None,
    progress: Progress | None,
    *,
    strengths: bool = True,
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for column, channel in enumerate(recording.channels):
        signal = recording.signals[:, column].astype(np.float64)
        row = {"channel": channel, **_faults(signal, recording)}
        row |= (
            _levels(signal, recording, chain)
            if strengths
            else dict.fromkeys(("noise", "active", "snr"), math.nan)
        )
        row |= _lines(lines, column, chain)
        rows.append(row)
        if progress is not None:
            progress(column + 1, len(recording.channels))
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
            at_end = (signal == there.max()) | (signal == there.min())
            lengths = _runs(at_end)
            clipped = float(lengths[lengths >= 3].sum() / len(signal))
    still = _runs(same)
    return {
        "missing": float(absent.mean()),
        "gap": float(_runs(absent).max(initial=0) / recording.rate),
        "still": float((still.max() + 1 if still.size else 0) / recording.rate),
        "clipped": clipped,
    }


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
            return dict.fromkeys(("noise", "active", "snr"), math.nan)
        signal = strength(signal, recording.rate, chain)
    there = signal[np.isfinite(signal)]
    if not there.size:
        return dict.fromkeys(("noise", "active", "snr"), math.nan)
    noise, active = (max(float(value), 0.0) for value in np.percentile(there, [5, 99]))
    if recording.unit == "":
        return {"noise": math.nan, "active": math.nan, "snr": math.nan}
    ratio = 20 * math.log10(active / noise) if noise > 0 and active > 0 else math.nan
    return {"noise": noise, "active": active, "snr": ratio}


def _lines(lines: Spectra | None, column: int, chain: Chain) -> dict[str, float]:
    if lines is None:
        return dict.fromkeys(("hum", "line", "drift"), math.nan)
    candidates = harmonics(chain.mains, min(chain.high, lines.frequencies[-1]))
    strengths = [(float(lines.at(frequency)[column]), frequency) for frequency in candidates]
    known = [(hum, frequency) for hum, frequency in strengths if math.isfinite(hum)]
    hum, line = max(known, default=(math.nan, math.nan))
    within = lines.density[(lines.frequencies > 0) & (lines.frequencies <= chain.high), column]
    slow = lines.density[(lines.frequencies > 0) & (lines.frequencies < chain.low), column]
    total = float(within.sum())
    return {"hum": hum, "line": line, "drift": float(slow.sum()) / total if total > 0 else math.nan}


def _gaps(row: Mapping[str, float], kind: str) -> Iterator[Finding]:
    """Say what of a channel is missing, still or clipped."""
    channel = str(row["channel"])
    if row["missing"] > 0:
        lost = row["missing"] > LIMITS["useless"]
        bad = row["missing"] > LIMITS["missing"] or row["gap"] > LIMITS["gap"]
        words = f"{row['missing']:.1%} of the samples are missing, the longest stretch {row['gap']:.2f} s."
        remedy = (
            "The channel is hardly there: leave it out."
            if lost
            else "Leave those stretches out."
            if kind == "envelope"
            else "The envelope reads 0 there, as of a muscle at rest: leave those stretches out."
        )
        severity = "error" if lost else "warning" if bad else "note"
        yield Finding(severity, "missing samples", words, remedy, channel)  # type: ignore[arg-type]
    limit = LIMITS["still"] * (10 if kind == "envelope" else 1)
    if row["still"] > limit:
        words = f"Nothing changes for {row['still']:.2f} s."
        remedy = "An electrode was off, or both of a pair record the same: check it, leave that time out."
        yield Finding("warning", "flat channel", words, remedy, channel)
    if row["clipped"] > LIMITS["clipped"]:
        words = f"{row['clipped']:.2%} of the samples stand at the end of the range: they were cut off."
        remedy = "The envelope is too low there: record with less gain, or with a larger range."
        yield Finding("warning", "clipped", words, remedy, channel)


def _strengths(row: Mapping[str, float], kind: str, chain: Chain) -> Iterator[Finding]:
    """Say what of a channel is too noisy, hums or drifts."""
    channel = str(row["channel"])
    if row["noise"] > LIMITS["noise"] and row["snr"] < LIMITS["clear"]:
        words = f"The envelope at rest is {row['noise']:.1f} µV."
        remedy = "Expected a few µV: an electrode sits badly, hum is left, or the muscle never rested."
        yield Finding("warning", "noise floor", words, remedy, channel)
    if row["snr"] < LIMITS["snr"]:
        words = f"The muscle is only {row['snr']:.1f} dB stronger when active than at rest."
        remedy = "It was hardly used, or its electrode sits badly; what is said of it is noise."
        yield Finding("warning", "signal to noise", words, remedy, channel)
    if kind == "envelope":
        return
    if row["hum"] > LIMITS["hum"]:
        words = f"Mains: a line at {row['line']:g} Hz, {row['hum']:.0f} dB above its neighbours."
        beyond = abs(row["line"] - chain.mains) > TOLERANCE
        remedy = (
            f"The notch takes {chain.mains:g} Hz only: this line stays. Check the ground electrode."
            if beyond
            else "The notch takes it."
        )
        yield Finding("warning" if beyond else "note", "mains hum", words, remedy, channel)
    if row["drift"] > LIMITS["drift"]:
        words = f"{row['drift']:.0%} of the power lies below {chain.low:g} Hz: drift, or moving cables."
        remedy = (
            f"{chain.taps} taps let it through by two thirds; Chain(taps=1025) doesn't."
            if chain.taps < 513
            else "Check what was done at that time."
        )
        yield Finding("warning", "drift", words, remedy, channel)


def _mains(lines: Spectra, chain: Chain, rate: float) -> Iterator[Finding]:
    """Say where the line lies that all channels have, if it isn't the mains: the rate may be wrong."""
    shared = common_lines(lines, LIMITS["line"])
    if not shared:
        return
    first, mains = shared[0], chain.mains
    multiples = [line for line in shared if abs(line - mains * max(1, round(line / mains))) <= TOLERANCE]
    other = 60.0 if mains == 50.0 else 50.0
    if abs(first - mains) <= TOLERANCE:
        return
    if abs(first - other) <= TOLERANCE:
        words = f"All channels have a line at {first:g} Hz: the mains there are {other:g} Hz, not {mains:g}."
        remedy = f"Chain(mains={other:g}); or the rate is {rate * mains / first:g} instead of {rate:g}."
        yield Finding("warning", "mains", words, remedy)
        return
    if len(multiples) == len(shared) and len({round(line / mains) % 2 for line in shared}) > 1:
        return  # harmonics of mains of which the fundamental was taken out before
    if len(multiples) == len(shared) and round(first / mains) % 2:
        return
    words = f"All channels have a narrow line at {first:g} Hz, where no mains are."
    remedy = (
        f"If it is the mains' {mains:g} Hz, the recording has {rate * mains / first:g} samples a second, not "
        f"{rate:g}: check the rate. Otherwise another device hums at {first:g} Hz."
    )
    yield Finding("warning", "sampling rate", words, remedy)


def _length(recording: Recording, frames: int, frame_rate: float) -> Iterator[Finding]:
    """Compare how long signal and video are."""
    seconds = frames / frame_rate
    if abs(recording.seconds - seconds) > max(LIMITS["length"] * seconds, 2 / frame_rate):
        true = len(recording) / seconds if seconds else math.nan
        words = (
            f"The signal lasts {recording.seconds:.2f} s by its rate of {recording.rate:g} Hz, the video "
            f"{seconds:.2f} s ({frames} frames)."
        )
        remedy = f"If both were started and stopped together, the true rate is {true:.6g} Hz: check it."
        yield Finding("error", "sampling rate", words, remedy)
    elif recording.kind == "envelope" and len(recording) != frames:
        words = f"The envelope has {len(recording)} rows, the video {frames} frames."
        remedy = "Row i may not belong to frame i: see Video.check for dropped frames, and synchronise."
        yield Finding("warning", "dropped frames", words, remedy)


def video_findings(video: VideoCheck) -> Iterator[Finding]:
    """Say which frames of a video are missing or twice."""
    if video.missing:
        where = ", ".join(f"{count} before frame {frame}" for frame, count in video.dropped[:5])
        words = f"{video.missing} frames of the video are missing{f': {where}' if where else ''}."
        remedy = "Frames after them are early: put rows beside frames by the frames' times."
        yield Finding("warning", "dropped frames", words, remedy)
    if video.same:
        share = len(video.same) / max(len(video.times), 1)
        words = f"{len(video.same)} frames ({share:.0%}) equal the one before in every pixel."
        remedy = "A camera showed them twice, so others are lost; rendered faces at rest are the same."
        yield Finding("note", "frames twice", words, remedy)


def _swaps(recording: Recording, units: pd.DataFrame, chain: Chain, frame_rate: float) -> Iterator[Finding]:
    from facelib.semg.processing import envelope

    if recording.kind != "envelope":
        try:
            recording = envelope(recording, chain)
        except BadValueError:
            return
    yield from swap_findings(swapped(recording, units, frame_rate))
