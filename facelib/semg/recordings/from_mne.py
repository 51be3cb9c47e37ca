"""Recordings that MNE has read: whatever format a recorder writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from facelib.errors import BadValueError
from facelib.semg.recordings.file_columns import kind_of, piece, wanted
from facelib.semg.recordings.recording import Event, Kind, Recording


def from_mne(
    raw: Any,
    *,
    columns: Mapping[str, str | None] | None = None,
    kind: Kind | None = None,
    session: str = "",
    start: float | None = None,
    stop: float | None = None,
) -> Recording:
    """Return the recording that MNE has read: BrainVision, XDF, MAT by a reader of its, FIF, and more.

    Parameters
    ----------
    raw
        What ``mne.io.read_raw(…)`` returned; in volts, as MNE has it.
    columns, kind, session, start, stop
        As for `facelib.semg.read_signals`.

    Returns
    -------
    Recording
        In µV, with the annotations as events; those of "BAD" stretches, too.

    Raises
    ------
    BadValueError
        If it is nothing that MNE read, or holds nothing between `start` and `stop`.
    UnknownNameError, BadTableError
        As `read_signals` does for names.

    Examples
    --------
    >>> import mne  # doctest: +SKIP
    >>> recording = from_mne(mne.io.read_raw("session.vhdr"))  # doctest: +SKIP
    """
    if not all(hasattr(raw, name) for name in ("ch_names", "info", "get_data", "annotations")):
        msg = f"A recording that MNE has read is needed; got {type(raw).__name__}."
        raise BadValueError(msg, hint="In Python: mne.io.read_raw returns one.")
    rate, rows = float(raw.info["sfreq"]), int(raw.n_times)
    chosen, notes = wanted(list(raw.ch_names), columns, kind)
    first, last = piece((start, stop), rate, rows, "the recording")
    values = np.asarray(raw.get_data(picks=list(chosen), start=first, stop=last)).T * 1e6
    begins, ends = first / rate, last / rate
    offset = float(raw.first_samp) / rate if raw.annotations.orig_time is not None else 0.0
    events = [
        Event(float(onset) - offset - begins, str(text), float(duration))
        for onset, duration, text in zip(
            raw.annotations.onset,
            raw.annotations.duration,
            raw.annotations.description,
            strict=True,
        )
        if begins <= float(onset) - offset < ends
    ]
    names = tuple(chosen.values())
    return Recording(
        values.astype(np.float32),
        rate,
        names,
        kind or kind_of(names, rate),
        session=session,
        source="read by MNE",
        events=tuple(events),
        notes=notes,
    )
