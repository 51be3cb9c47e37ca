"""Pairs for fitting maps: signals and face units, or other parameters, of clips, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, check_all, check_kind
from facelib.head.expressions import FACE_UNITS
from facelib.semg.muscles import CHANNELS
from facelib.semg.parameters.columns import Groups, Parameters, expression_rows, grouped, parameters_of
from facelib.semg.parameters.tools import are_face_units, whose
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
    """A clip's envelopes and face units, or other parameters of the face; row i of both is frame i.

    Parameters
    ----------
    id, session
        Names of the clip and its session.
    units
        float64 (n, k): face units, 0 … 1, or other parameters in their own units; NaN where they aren't
        known. Read-only.
    names
        Of the units: of `facelib.faces.FACE_UNITS`, or any others.
    envelope
        Of the muscles, at the film's rate.
    groups
        Group to its columns, each column in one; None: by their names, see `facelib.semg.tool_table`.
    person
        Who it is; "" where that isn't known.

    Raises
    ------
    BadValueError
        If the numbers of rows differ, the recording is no envelope, or names or groups don't fit the columns.
    """

    id: str
    session: str
    units: Floats
    names: tuple[str, ...]
    envelope: Recording
    groups: Groups | None = None
    person: str = ""

    def __post_init__(self) -> None:
        units = np.asarray(self.units, np.float64)
        units = np.where(np.isinf(units), np.nan, units) if np.isinf(units).any() else units.view()
        units.setflags(write=False)
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "groups", grouped(self.names, self.groups))
        if taken := [name for name in self.names if name in CHANNELS]:
            msg = f"{taken[0]!r} is a channel of muscles, and can't name a parameter of the face: rename it."
            raise BadValueError(msg)
        if self.envelope.kind != "envelope":
            kind = self.envelope.kind
            msg = f"A pair needs an envelope (facelib.semg.envelope); {self.id} has {kind} signals."
            raise BadValueError(msg)
        if units.shape != (len(self.envelope), len(self.names)):
            what = "face units" if are_face_units(self.names) else whose(self.names)
            msg = (
                f"Row i of the signals belongs to frame i, but {self.id} has {len(self.envelope)} rows of "
                f"signals and {what} {units.shape}. Lost frames? Synchronise, and cut both to the same."
            )
            raise BadValueError(msg)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.envelope)

    def replace(self, **changes: Any) -> Pair:
        """Return a copy with some fields replaced; other names have groups of their own."""
        return replace(self, **({"groups": None} if "names" in changes else {}) | changes)


def pair_of(
    clip: SimulatedClip | Recording,
    units: Any = None,
    *,
    id: str = "",  # noqa: A002
    person: str = "",
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Pair:
    """Return the pair of a simulated clip or of envelopes, and what was read of the film.

    Parameters
    ----------
    clip
        From `facelib.semg.simulate_clip`, or envelopes (`facelib.semg.envelope`) at the film's rate, which
        begin with its first frame.
    units
        What `facelib.semg.units_of_frames`, `read_parameters` or `parameters_of` returned, a table, or an
        array of face units; None: the truth of a simulated clip.
    id
        Name of the clip; "": its own, or where the envelopes come from.
    person
        Who it is, to leave out person by person.
    groups
        Of the columns, as for `parameters_of`; None: by their names.

    Raises
    ------
    BadTableError, BadValueError
        As `parameters_of` and `Pair`.

    Examples
    --------
    >>> from facelib.semg import simulate_clip
    >>> envelope = simulate_clip("happy", 1.0).envelope
    >>> smirk = {"expression_params": np.zeros((30, 50)), "jaw_params": np.ones((30, 3))}
    >>> pair = pair_of(envelope, smirk, id="anna smiles", person="anna")
    >>> len(pair), list(pair.groups)
    (30, ['expression', 'jaw'])
    """
    from facelib.semg.simulation.person import SimulatedClip

    check_kind(clip, (SimulatedClip, Recording), "A clip, as semg.simulate_clip returns it, or envelopes")
    if units is not None:
        rows, names, held = rows_and_groups(units, groups)
    elif isinstance(clip, SimulatedClip):
        rows, names, held = np.asarray(clip.units, np.float64), FACE_UNITS, None
    else:
        msg = "Envelopes alone are no pair: parameters of the face, one row per frame, are needed, too."
        raise BadValueError(msg)
    if isinstance(clip, Recording):
        return Pair(id or clip.source or "clip", clip.session, rows, names, clip, held, person)
    envelope = clip.envelope
    if units is not None and len(clip.shown) < len(clip):  # what the film lacks has no partner
        envelope = envelope.replace(signals=envelope.signals[clip.shown])
    return Pair(id or clip.id, clip.session, rows, names, envelope, held, person)


def rows_and_groups(
    units: Any, groups: Mapping[str, Sequence[str]] | None = None
) -> tuple[Floats, tuple[str, ...], Groups | None]:
    """Return face units or other parameters as rows (n, k), their names and groups; see `pair_of`."""
    table = isinstance(units, Mapping) or hasattr(units, "columns")
    if groups is not None or (table and not are_face_units(str(name) for name in units if name not in OTHER)):
        found = parameters_of(units, groups)
        return found.units, found.names, found.groups
    if isinstance(units, Parameters):
        return units.units, units.names, units.groups
    rows, names = unit_rows(units)
    return np.asarray(rows, np.float64), tuple(names), None


def pairs_of(dataset: Dataset, clips: Iterable[str] | None = None) -> tuple[Pair, ...]:
    """Return the pairs of a folder's clips: those that have both envelopes and readings of the face.

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
        person = str(dataset.clips.loc[dataset.clips["clip"] == name, "participant"].iloc[0])
        if clip.recording is not None and clip.parameters is not None:
            found = clip.parameters
            held = clip.recording, found.groups, person
            listed.append(Pair(clip.id, clip.session, found.units, found.names, *held))
        elif clip.recording is not None and clip.blendshapes is not None:
            rows, names = unit_rows(clip.blendshapes)
            listed.append(Pair(clip.id, clip.session, rows, names, clip.recording, None, person))
    return tuple(listed)


def normalised_pairs(pairs: Sequence[Pair], method: Method = "percentile") -> tuple[Pair, ...]:
    """Return pairs whose envelopes are normalised, all clips of a session together; see `normalise`.

    So a map can be fitted to several sessions, in which electrodes sit differently. Nothing but the session's
    own signals is used.
    """
    pairs = check_all(pairs, Pair, "A list of pairs, as semg.pair_of makes them,")
    done: dict[str, Pair] = {}
    for session in sessions_of(pairs):
        own = [pair for pair in pairs if session_of(pair) == session]
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
        _check_units(columns)
        rows = expression_rows({name: given[name] for name in columns}, columns)[0] if columns else _NOTHING
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
    _check_units(columns)
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


def session_of(pair: Pair) -> str:
    """Return the name of a pair's session, behind its person's where that is known."""
    return f"{pair.person} {pair.session}" if pair.person else pair.session


def sessions_of(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return the sessions of pairs, in order of appearance."""
    return tuple(dict.fromkeys(map(session_of, pairs)))


def rows_of(given: Any, names: Sequence[str]) -> Floats:
    """Return the columns of a map from what was given: face units, or any other parameters, (n, k)."""
    return (unit_rows(given, names) if are_face_units(names) else expression_rows(given, names))[0]


_NOTHING: Final = np.empty((0, 0))


def _check_units(names: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in FACE_UNITS]:
        others = whose(names)
        which = f", but one of {others}" if "FLAME" in others or "action" in others else ""
        msg = f"{unknown[0]!r} is no face unit{which}; see facelib.faces.FACE_UNITS."
        raise BadValueError(msg)


def _columns(rows: Floats, known: Sequence[str], wanted: Sequence[str], what: str) -> Floats:
    missing = [name for name in wanted if name not in known]
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        msg = f"Expected a column for each {what} of the map, {len(wanted)} in all; {shown} missing."
        raise BadTableError(msg, missing=missing)
    return rows[:, [list(known).index(name) for name in wanted]]
