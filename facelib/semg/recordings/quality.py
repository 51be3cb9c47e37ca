"""Quality checks of recordings: measured, reported in words, with a remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from facelib.errors import BadTableError, BadValueError, UnknownNameError, check_kind
from facelib.semg.electrode_swaps import swap_findings, swapped
from facelib.semg.montage import Pairs, bipolar
from facelib.semg.recordings.channel_quality import (
    LIMITS,
    has_spectrum,
    measured,
    said,
)
from facelib.semg.recordings.findings import Finding, worst_first
from facelib.semg.recordings.processing import Chain, envelope
from facelib.semg.recordings.recording import Recording
from facelib.semg.recordings.spectra import TOLERANCE, Spectra, common_lines, spectra

if TYPE_CHECKING:
    import pandas as pd

    from facelib.faces.video import VideoCheck
    from facelib.utilities.progress import Report


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
    progress: bool | Report | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of a recording, errors first; none if all is well.

    Whether a muscle is the one that its channel is named after, or one of the face at all, can't be told from
    the signal: a leg's passes.

    Parameters
    ----------
    recording
        Monopolar or bipolar signals, or envelopes. None: of a session without EMG, which is said.
    chain
        Constants of the processing, for noise, band and mains; None: those of the data set.
    pairs
        Inputs of each channel, for monopolar signals; None: by their names.
    units
        Face units of the clip's video, one of `FACE_UNITS` per column, 30 rows a second: left and right
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
        True for a progress bar, or a function called with the `Progress`, which counts channels; what it
        raises ends the work.
    """
    check_kind(recording, (Recording, type(None)), "A recording, or None for a clip without signals,")
    if recording is None:
        text = f"{f'Session {session}' if session else 'The session'} has no EMG."
        remedy = "Nothing can be said of its muscles; videos without electrodes are recorded so."
        return (Finding("note", "session without EMG", text, remedy),)
    if not len(recording):
        text = "The recording has no samples."
        return (Finding("error", "missing samples", text, "Nothing can be said of it: export it again."),)
    chain = chain or Chain()
    findings = [Finding("note", "reading", note) for note in recording.notes]
    lines = spectra(recording) if has_spectrum(recording) else None
    of_inputs = recording.kind == "monopolar"
    if recording.kind != "envelope":
        findings.extend(_band(recording.rate, chain))
    if recording.kind == "monopolar":
        for row in measured(recording, chain, None, strengths=False).to_dict("records"):
            findings.extend(said(row, chain))
        try:
            recording = bipolar(recording, pairs)
        except (BadTableError, UnknownNameError) as error:
            text = f"Inputs and channels don't fit: {error.words}"
            findings.append(Finding("error", "montage", text))
            return worst_first(findings)
    own = spectra(recording) if of_inputs and lines is not None else lines
    rows = measured(recording, chain, own, progress).to_dict("records")
    if recording.unit:
        findings.extend(_unit(max((row["active"] for row in rows if row["active"] > 0), default=math.nan)))
    for row in rows:
        of_row = said(row, chain)
        findings.extend(
            finding for finding in of_row if not (of_inputs and finding.what == "missing samples")
        )
    if lines is not None:
        findings.extend(_mains(lines, chain, recording.rate))
    if video is not None:
        findings.extend(video_findings(video))
        frames = len(video.times) if frames is None else frames
    if frames is not None:
        findings.extend(_length(recording, frames, frame_rate))
    if units is not None and not any(finding.what == "sampling rate" for finding in findings):
        findings.extend(_swaps(recording, units, chain, frame_rate))
    return worst_first(findings)


def _unit(active: float) -> Iterator[Finding]:
    """Say if the strongest channel, µV, is nothing that a muscle of the face does: another unit was meant."""
    weak = active < LIMITS["weak"]
    if weak or active > LIMITS["strong"]:
        text = f"The strongest channel is {active:.2g} µV when active: too {'little' if weak else 'much'}."
        meant = "V or mV" if weak else "nV, or counts of the amplifier"
        remedy = (
            f"Numbers without a unit are taken for µV; these may be {meant}: write the unit behind the "
            "columns' names, 'zygomaticus_left [mV]'."
        )
        yield Finding("error", "unit", text, remedy)


def _band(rate: float, chain: Chain) -> Iterator[Finding]:
    """Say if signals of this rate can't go through the chain."""
    try:
        chain.check(rate)
    except BadValueError as error:
        yield Finding("error", "sampling rate", error.words, "Check the rate; else choose another band.")


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
        text = f"All channels have a line at {first:g} Hz: the mains there are {other:g} Hz, not {mains:g}."
        remedy = (
            f"Set the mains to {other:g} Hz; or the rate is {rate * mains / first:g} instead of {rate:g}."
        )
        yield Finding("warning", "mains", text, remedy)
        return
    if len(multiples) == len(shared) and len({round(line / mains) % 2 for line in shared}) > 1:
        return  # harmonics of mains of which the fundamental was taken out before
    if len(multiples) == len(shared) and round(first / mains) % 2:
        return
    text = f"All channels have a narrow line at {first:g} Hz, where no mains are."
    remedy = (
        f"If it is the mains' {mains:g} Hz, the recording has {rate * mains / first:g} samples a second, not "
        f"{rate:g}: check the rate. Otherwise another device hums at {first:g} Hz."
    )
    yield Finding("warning", "sampling rate", text, remedy)


def _length(recording: Recording, frames: int, frame_rate: float) -> Iterator[Finding]:
    """Compare how long signal and video are."""
    seconds = frames / frame_rate
    if abs(recording.seconds - seconds) > max(LIMITS["length"] * seconds, 2 / frame_rate):
        true = len(recording) / seconds if seconds else math.nan
        text = (
            f"The signal lasts {recording.seconds:.2f} s by its rate of {recording.rate:g} Hz, the video "
            f"{seconds:.2f} s ({frames} frames)."
        )
        remedy = f"If both were started and stopped together, the true rate is {true:.6g} Hz: check it."
        yield Finding("error", "sampling rate", text, remedy)
    elif recording.kind == "envelope" and len(recording) != frames:
        text = f"The envelope has {len(recording)} rows, the video {frames} frames."
        remedy = "Row i may not belong to frame i: look for dropped frames, and synchronise."
        yield Finding("warning", "dropped frames", text, remedy)


def video_findings(video: VideoCheck) -> Iterator[Finding]:
    """Say which frames of a video are missing or twice."""
    if video.missing:
        where = ", ".join(f"{count} before frame {frame}" for frame, count in video.dropped[:5])
        text = f"{video.missing} frames of the video are missing{f': {where}' if where else ''}."
        remedy = "Frames after them are early: put rows beside frames by the frames' times."
        yield Finding("warning", "dropped frames", text, remedy)
    if video.same:
        share = len(video.same) / max(len(video.times), 1)
        text = f"{len(video.same)} frames ({share:.0%}) equal the one before in every pixel."
        remedy = "A camera showed them twice, so others are lost; rendered faces at rest are the same."
        yield Finding("note", "frames twice", text, remedy)


def _swaps(recording: Recording, units: pd.DataFrame, chain: Chain, frame_rate: float) -> Iterator[Finding]:
    if recording.kind != "envelope":
        try:
            recording = envelope(recording, chain)
        except BadValueError:
            return
    yield from swap_findings(swapped(recording, units, frame_rate))
