"""Pairs for fitting maps: signals and face units of clips, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, check_all, check_kind
from facelib.head.expressions import FACE_UNITS
from facelib.semg.muscles import CHANNELS
from facelib.semg.recordings.normalising import Method, normalise
from facelib.semg.recordings.recording import Recording
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from facelib.semg.dataset import Dataset
    from facelib.semg.simulation.person import SimulatedClip

Floats = npt.NDArray[np.float64]

READABLE: Final = tuple(name for name in FACE_UNITS if name != "tongueOut")
"""Face units that the blendshape network reads, in its order."""
OTHER: Final = ("_neutral", "seconds", "frame")
"""Columns that tables of face units may have, and that are none."""


@in_short()
@dataclass(frozen=True, eq=False)
class Pair:
    """A clip's envelopes and face units; row i of both is frame i.

    Parameters
    ----------
    id, session
        Names of the clip and its session.
    units
        float64 (n, k), 0 … 1; NaN where they aren't known. Read-only.
    names
        Of the units.
    envelope
        Of the muscles, at the film's rate.

    Raises
    ------
    BadValueError
        If the numbers of rows differ, or the recording is no envelope.
    """

    id: str
    session: str
    units: Floats
    names: tuple[str, ...]
    envelope: Recording

    def __post_init__(self) -> None:
        units = np.asarray(self.units, np.float64).view()
        units.setflags(write=False)
        object.__setattr__(self, "units", units)
        if self.envelope.kind != "envelope":
            kind = self.envelope.kind
            msg = f"A pair needs an envelope (facelib.semg.envelope); {self.id} has {kind} signals."
            raise BadValueError(msg)
        if units.shape != (len(self.envelope), len(self.names)):
            msg = (
                f"Row i of the signals belongs to frame i, but {self.id} has {len(self.envelope)} rows of "
                f"signals and face units {units.shape}. Lost frames? Synchronise, and cut both to the same."
            )
            raise BadValueError(msg)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.envelope)

    def replace(self, **changes: Any) -> Pair:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)


def pair_of(clip: SimulatedClip, units: Any = None) -> Pair:
    """Return the pair of a simulated clip, with its true face units, or with what was read of its film.

    Parameters
    ----------
    clip
        From `facelib.semg.simulate_clip`.
    units
        What `facelib.semg.units_of_frames` returned, a table, or an array; None: the truth.
    """
    from facelib.semg.simulation.person import SimulatedClip

    check_kind(clip, SimulatedClip, "A clip, as semg.simulate_clip returns it,")
    rows, names = (clip.units, FACE_UNITS) if units is None else unit_rows(units)
    envelope = clip.envelope
    if units is not None and len(clip.shown) < len(clip):  # what the film lacks has no partner
        envelope = envelope.replace(signals=envelope.signals[clip.shown])
    return Pair(clip.id, clip.session, np.asarray(rows, np.float64), tuple(names), envelope)


def pairs_of(dataset: Dataset, clips: Iterable[str] | None = None) -> tuple[Pair, ...]:
    """Return the pairs of a folder's clips: those that have both envelopes and face units.

    Parameters
    ----------
    dataset
        From `facelib.semg.open_dataset`.
    clips
        Ids of those that are wanted; None: all.

    Raises
    ------
    BadValueError
        If signals and face units of a clip differ in length: name the `clips` without it.
    """
    wanted = dataset.clips["clip"].tolist() if clips is None else list(clips)
    listed = []
    for name in wanted:
        clip = dataset.clip(name)
        if clip.recording is not None and clip.blendshapes is not None:
            rows, names = unit_rows(clip.blendshapes)
            listed.append(Pair(clip.id, clip.session, rows, names, clip.recording))
    return tuple(listed)


def normalised_pairs(pairs: Sequence[Pair], method: Method = "percentile") -> tuple[Pair, ...]:
    """Return pairs whose envelopes are normalised, all clips of a session together; see `normalise`.

    So a map can be fitted to several sessions, in which electrodes sit differently. Nothing but the session's
    own signals is used.
    """
    pairs = check_all(pairs, Pair, "A list of pairs, as semg.pair_of makes them,")
    done: dict[str, Pair] = {}
    for session in sessions_of(pairs):
        own = [pair for pair in pairs if pair.session == session]
        found = normalise([pair.envelope for pair in own], method)
        done |= {pair.id: pair.replace(envelope=one) for pair, one in zip(own, found.recordings, strict=True)}
    return tuple(done[pair.id] for pair in pairs)


def unit_rows(given: Any, names: Sequence[str] | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Return face units as rows (n, k), and their names.

    Parameters
    ----------
    given
        A table with a column for each unit, a mapping of units to columns, what `units_of_video` returned, or
        an array (n, 52) in the order of `facelib.faces.FACE_UNITS`, or (n, 51) without the tongue.
    names
        The units that are wanted, in this order; None: all that are there.

    Raises
    ------
    BadTableError
        If one of `names` is missing (``missing``).
    BadValueError
        If a column is no face unit, or the array has another shape.
    """
    if hasattr(given, "units") and hasattr(given, "names"):
        rows, columns = np.asarray(given.units, np.float64), tuple(given.names)
    elif isinstance(given, Mapping) or hasattr(given, "columns"):
        columns = tuple(str(name) for name in given if str(name) not in OTHER)
        rows = np.column_stack(
            [np.asarray(given[name], np.float64) for name in columns] or [np.empty((0, 0))]
        )
    else:
        rows = np.asarray(given, np.float64)
        orders = {len(order): order for order in (FACE_UNITS, READABLE)}
        width = rows.shape[1] if rows.ndim == 2 else 0
        if width not in orders and not (names is not None and width == len(names)):
            msg = (
                f"Face units as an array are (rows, {len(FACE_UNITS)} or {len(READABLE)}); got {rows.shape}."
            )
            raise BadValueError(msg)
        columns = tuple(orders.get(width, names or ()))
    if unknown := [name for name in columns if name not in FACE_UNITS]:
        msg = f"{unknown[0]!r} is no face unit; see facelib.faces.FACE_UNITS."
        raise BadValueError(msg)
    return (rows, columns) if names is None else (_columns(rows, columns, names, "face unit"), tuple(names))


def envelope_rows(given: Any, channels: Sequence[str] = CHANNELS) -> Floats:
    """Return envelopes as rows (n, k) in the order of `channels`.

    Parameters
    ----------
    given
        A `Recording`, a table with a column for each channel, or an array with one for each of `channels`.

    Raises
    ------
    BadTableError
        If a channel is missing (``missing``).
    BadValueError
        If the recording is no envelope, or the array has another shape.
    """
    if isinstance(given, Recording):
        if given.kind != "envelope":
            msg = f"Maps take envelopes (facelib.semg.envelope); got {given.kind} signals."
            raise BadValueError(msg)
        return _columns(np.asarray(given.signals, np.float64), given.channels, channels, "channel")
    if isinstance(given, Mapping) or hasattr(given, "columns"):
        known = tuple(str(name) for name in given)
        rows = np.column_stack([np.asarray(given[name], np.float64) for name in known])
        return _columns(rows, known, channels, "channel")
    rows = np.asarray(given, np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(channels):
        msg = f"Envelopes as an array are (rows, {len(channels)}); got {rows.shape}."
        raise BadValueError(msg)
    return rows


def sessions_of(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return the sessions of pairs, in order of appearance."""
    return tuple(dict.fromkeys(pair.session for pair in pairs))


def _columns(rows: Floats, known: Sequence[str], wanted: Sequence[str], what: str) -> Floats:
    missing = [name for name in wanted if name not in known]
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        msg = f"Expected a column for each {what} of the map, {len(wanted)} in all; {shown} missing."
        raise BadTableError(msg, missing=missing)
    return rows[:, [list(known).index(name) for name in wanted]]
