"""Activity of each muscle, 0 … 1, from envelopes in µV, and its summary for both sides.

How many µV are "full" differs between muscles, electrodes and people, and nobody knows it of a recording. Our
choice: a channel is at rest at its 5th percentile. A muscle is fully active at the 98th percentile of its
stronger side, above rest; *both sides share it*, so that a weak side stays weak. Of several recordings of a
session the one in which it is strongest counts. Where only one is known, muscles that aren't part of its
movement may be far from their full: theirs is at least half of that of the most active muscle.

This is for looking at a face, and for comparing its sides. Maps and statistics over sessions take
`facelib.semg.normalise`, channel by channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_all, check_kind
from facelib.semg.muscles import CHANNELS, GROUPS, MUSCLES, SIDES, group_of
from facelib.semg.recordings.channels import channel_of
from facelib.semg.recordings.recording import Recording
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Doubles = npt.NDArray[np.float64]

REST: Final = 5.0  # percentile
FULL: Final = 98.0  # percentile
LEAST: Final = 0.5  # of the most active muscle's full, for all others
QUIET: Final = 0.2  # activity below which a muscle is said to rest: no ratio is given
SUMMARY_COLUMNS: Final = {
    "group": "what can be told apart in a face: one muscle, or several that move it alike",
    "title": "its name",
    "muscles": "the muscles it is made of, separated by commas",
    "peak_left": "largest activity of the left side, 0 … 1; NaN if it wasn't recorded",
    "peak_right": "of the right side",
    "at_left": "when the left side's peak was, s",
    "at_right": "when the right side's peak was, s",
    "mean_left": "mean activity of the left side",
    "mean_right": "of the right side",
    "ratio": "mean_left / mean_right, infinite where the right side never moves; NaN where both sides rest, "
    "or one wasn't recorded",
    "identifiable": "whether the face's units show how active it is",
    "sides_apart": "whether the face's units distinguish left and right",
    "note": "what must be known about it",
}
"""Columns of `summary`."""


@in_short()
@dataclass(frozen=True, eq=False)
class ActivityRange:
    """The envelopes that count as 0 and as 1, per channel.

    Parameters
    ----------
    rest, full
        (22,) in the order of `facelib.semg.CHANNELS`: the envelope at rest, and what is added when the muscle
        is fully active; NaN for channels that weren't recorded.
    """

    rest: Doubles
    full: Doubles


def activity_range(recordings: Recording | Iterable[Recording]) -> ActivityRange:
    """Return the envelopes at rest and at full activity, of one recording or of all of a session.

    Raises
    ------
    BadValueError
        If there is none, one isn't an envelope, or nothing moves in them.
    """
    several = [recordings] if isinstance(recordings, Recording) else recordings
    listed = check_all(several, Recording, "A recording, or several,")
    if not listed:
        msg = "The range of activity is that of one recording or more; got none."
        raise BadValueError(msg)
    values = [in_order(recording) for recording in listed]
    rest = _percentile(np.concatenate(values), REST)
    high = np.fmax.reduce([_percentile(one, FULL) for one in values]) - rest
    pairs = high.reshape(-1, len(SIDES))  # channels are a muscle's left, then its right
    full = np.where(np.isnan(pairs).all(axis=1), np.nan, np.fmax(*pairs.T))
    most = np.fmax.reduce(full)
    if not most > 0:
        msg = "Nothing moves in this recording: all channels are constant, or none is known."
        raise BadValueError(msg)
    return ActivityRange(
        rest, np.where(np.isnan(high), np.nan, np.repeat(np.fmax(full, LEAST * most), len(SIDES)))
    )


def _percentile(values: Doubles, share: float) -> Doubles:
    """Return a percentile of each channel, (22,); NaN for those without any number."""
    known = np.isfinite(values).any(axis=0)
    result = np.full(values.shape[1], np.nan)
    if known.any():
        result[known] = np.nanpercentile(values[:, known], share, axis=0)
    return result


def activity_of(recording: Recording, ends: ActivityRange | None = None) -> Doubles:
    """Return how active every channel is, (n, 22), 0 … 1; NaN where it wasn't recorded.

    Parameters
    ----------
    recording
        Envelopes. Those without a unit were normalised before: they are taken as they are, within 0 … 1.
    ends
        What is 0 and what 1, for envelopes in µV; None: of this recording alone.

    Raises
    ------
    BadValueError
        If these are no envelopes, or nothing moves in them.

    Examples
    --------
    >>> rows = np.array([[2.0, 2.0], [102.0, 52.0]] * 50)
    >>> both = Recording(rows, 30, ("zygomaticus_left", "zygomaticus_right"), "envelope")
    >>> activity_of(both)[1, [20, 21]].tolist()
    [1.0, 0.5]
    """
    check_kind(recording, Recording, "A recording, as facelib.semg.read_signals returns it,")
    values = in_order(recording)
    if recording.unit:
        chosen = activity_range(recording) if ends is None else ends
        values = (values - chosen.rest) / chosen.full
    return np.asarray(values.clip(0, 1))


def in_order(recording: Recording) -> Doubles:
    """Return envelopes in the order of `facelib.semg.CHANNELS`, (n, 22); NaN for channels it lacks."""
    if recording.kind != "envelope":
        msg = f"How active muscles are is read from envelopes; this recording is {recording.kind}."
        raise BadValueError(msg, hint="facelib.semg.recordings.processing.envelope makes them.")
    values = np.full((len(recording), len(CHANNELS)), np.nan)
    for column, name in enumerate(recording.channels):
        values[:, CHANNELS.index(channel_of(name))] = recording.signals[:, column]
    return values


def at_rate(values: Doubles, rate: float, wanted: float) -> tuple[Doubles, Doubles]:
    """Return the times, s, and values (n, k) at another rate; a gap of a channel stays one.

    Examples
    --------
    >>> times, values = at_rate(np.array([[0.0], [1.0], [2.0], [3.0]]), 30, 15)
    >>> times.round(3).tolist(), values.ravel().tolist()
    ([0.0, 0.067], [0.0, 2.0])
    """
    stamps = np.arange(len(values)) / rate
    count = max(1, int(np.floor((len(values) - 1) / rate * wanted + 1e-9)) + 1)
    times = np.arange(count) / wanted
    near = np.clip(np.round(times * rate).astype(int), 0, len(values) - 1)
    resampled = np.full((count, values.shape[1]), np.nan)
    for column, series in enumerate(values.T):
        known = np.isfinite(series)
        if known.any():
            between = np.interp(times, stamps[known], series[known])
            resampled[:, column] = np.where(known[near], between, np.nan)
    return times, resampled


def summary(activity: npt.ArrayLike, times: npt.ArrayLike) -> pd.DataFrame:
    """Return what each muscle group did, side by side: one row per group, columns as in `SUMMARY_COLUMNS`.

    Parameters
    ----------
    activity
        (n, 22) in the order of `facelib.semg.CHANNELS`, 0 … 1, NaN where it wasn't recorded.
    times
        (n,) s.

    Examples
    --------
    >>> moves = np.zeros((3, 22))
    >>> moves[1, 20:] = 0.8, 0.4
    >>> one = summary(moves, [0, 1, 2]).set_index("group").loc["zygomaticus"]
    >>> float(one["peak_left"]), float(one["at_left"]), round(float(one["ratio"]), 6)
    (0.8, 1.0, 2.0)
    """
    import pandas as pd

    values, when = np.asarray(activity, np.float64), np.asarray(times, np.float64)
    rows = []
    for name, muscles in muscle_groups().items():
        row: dict[str, object] = {
            "group": name,
            "title": " and ".join(MUSCLES[muscle].title for muscle in muscles),
            "muscles": ", ".join(muscles),
        }
        series = {side: of_group(values, muscles, side) for side in SIDES}
        for side, levels in series.items():
            recorded = bool(np.isfinite(levels).any())
            peak = int(np.nanargmax(levels)) if recorded else 0
            row[f"peak_{side}"] = levels[peak]
            row[f"at_{side}"] = when[peak] if recorded else np.nan
            row[f"mean_{side}"] = float(np.nanmean(levels)) if recorded else np.nan
        moves = np.fmax(row["peak_left"], row["peak_right"]) >= QUIET  # type: ignore[call-overload]
        with np.errstate(divide="ignore"):
            row["ratio"] = np.divide(row["mean_left"], row["mean_right"]) if moves else np.nan  # type: ignore[call-overload]
        group = group_of(f"{muscles[0]}_left")
        row["identifiable"] = group.identifiable
        row["sides_apart"] = group.identifiable and len(group.channels) == len(muscles)
        row["note"] = MUSCLES[muscles[0]].note
        rows.append(row)
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def muscle_groups() -> dict[str, tuple[str, ...]]:
    """Return the muscles of each group of `facelib.semg.GROUPS`, both sides together.

    Examples
    --------
    >>> muscle_groups()["brow_depressors"]
    ('corrugator_supercilii', 'depressor_supercilii')
    """
    by_group: dict[str, tuple[str, ...]] = {}
    for group in GROUPS.values():
        name = group.id.removesuffix("_left").removesuffix("_right")
        by_group.setdefault(name, tuple(dict.fromkeys(one.rpartition("_")[0] for one in group.channels)))
    return by_group


def of_group(values: Doubles, muscles: Sequence[str], side: str) -> Doubles:
    """Return the mean activity of one side of some muscles, (n,); NaN where none was recorded."""
    own = values[:, [CHANNELS.index(f"{muscle}_{side}") for muscle in muscles]]
    known = np.isfinite(own)
    count = known.sum(axis=1)
    total = np.where(known, own, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
