"""Meaning of the columns of a recording's file: channels, times, an index, units, or nothing we need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.semg.montage import inputs_of
from facelib.semg.muscles import CHANNELS
from facelib.semg.recordings.channels import channel_of, known, like_a_channel
from facelib.semg.recordings.recording import Kind

MICROVOLTS: Final[Mapping[str, float]] = {"nv": 1e-3, "uv": 1.0, "µv": 1.0, "μv": 1.0, "mv": 1e3, "v": 1e6}
"""Units of signals, in small letters, and how many µV one of each is; both signs for micro."""
SECONDS: Final[Mapping[str, float]] = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6}
"""Units of times, and how many seconds one of each is."""
ENVELOPES: Final = 100.0
"""Signals of at most this rate, Hz, are envelopes where nobody says what they are: muscles are quicker."""

_SECONDS: Final = ("seconds", "sekunden")
_TIMES: Final = ("time", "times", "t", "timestamp", "timestamps", "zeit", *_SECONDS)
_INDEX: Final = ("", "index", "frame", "sample", "row", "nr", "no", "bild", "unnamed 0", "index level 0")
_BESIDE: Final = (
    "trigger", "trig", "status", "marker", "markers", "event", "events", "edf annotations", "bdf annotations",
    "annotations", "sync", "counter", "samplecounter", "stim", "battery",
)  # fmt: skip
_TRIGGERS: Final = (
    "trigger", "trig", "status", "marker", "markers", "event", "events", "annotations", "stim", "sync",
)  # fmt: skip
_MOST_EVENTS: Final = 10_000
"""Of one column; more changes than that are those of a counter, or of noise (our choice)."""
_UNIT: Final = re.compile(r"\s*[\[(]\s*(?P<unit>[nµμum]?[Vv]|s|sec|[mµμu]s)\s*[\])]\s*$")
_STEP: Final = 1.5
"""Distance of two times, in samples, beyond which some are missing between; twice that if times jitter."""
_FEW: Final = 4
"""Distances between long steps by which to judge whether they come evenly."""
_WHOLE: Final = 1e-3
"""Largest distance of a rounded step from a whole number of its last digit."""
_EARLY: Final = 0.7
"""Distance of two times, in samples, below which times jitter: samples that are missing make none shorter."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Signals as a file has them.

    Parameters
    ----------
    names
        Of the columns.
    values
        float32 (n, k), µV; NaN where a sample is missing.
    rate
        Samples a second; None where the file doesn't say.
    events
        Triggers and notes: the row that each belongs to, its name, how many rows it lasts.
    notes
        How the file was read, in sentences.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float32]
    rate: float | None
    events: tuple[tuple[float, str, float], ...] = ()
    notes: tuple[str, ...] = ()


def unit_of(name: str) -> tuple[str, str]:
    """Return a column's name without its unit, and the unit in small letters.

    >>> unit_of("Zygomaticus_l [mV]"), unit_of("F20 (1)")
    (('Zygomaticus_l', 'mv'), ('F20 (1)', ''))
    """
    found = _UNIT.search(name)
    return (name[: found.start()], found["unit"].lower()) if found else (name.strip(), "")


def microvolts(unit: str, name: str) -> float:
    """Return how many µV one of a column's unit is; no unit stands for µV.

    Raises
    ------
    BadValueError
        It is no voltage.
    """
    plain = unit.strip().lower()
    if plain and plain not in MICROVOLTS:
        msg = f"The column {name!r} is in {unit!r}; signals are in nV, µV, mV or V. Leave it out."
        raise BadValueError(msg, hint="In Python: name the others by columns=.")
    return MICROVOLTS.get(plain, 1.0)


def is_time(name: str) -> bool:
    """Return whether a column holds times."""
    return _plain(unit_of(name)[0]) in _TIMES


def has_unit(name: str) -> bool:
    """Return whether a column of times says their unit.

    >>> has_unit("time [ms]"), has_unit("seconds"), has_unit("time")
    (True, True, False)
    """
    plain, unit = unit_of(name)
    return bool(unit) or _plain(plain) in _SECONDS


def is_index(name: str) -> bool:
    """Return whether a column counts rows."""
    return _plain(name) in _INDEX


def is_beside(name: str) -> bool:
    """Return whether a column is a trigger, a counter or notes: no signal of a muscle."""
    return _plain(name) in _BESIDE


def is_trigger(name: str) -> bool:
    """Return whether a column tells what happened when.

    >>> is_trigger("Status"), is_trigger("battery")
    (True, False)
    """
    return _plain(name) in _TRIGGERS


def triggers(values: npt.NDArray[Any], name: str) -> tuple[list[tuple[float, str, float]], str]:
    """Return the events of a column of triggers, and what is to be said of it.

    Parameters
    ----------
    values
        (n,) numbers, where each change to another one than 0 is an event; or texts, where each text is one.
    name
        Of the column.

    Returns
    -------
    events, note
        Row, name and 0 of each; none, and a sentence, of a column that changes too often.

    Examples
    --------
    >>> triggers(np.array([0, 0, 4, 4, 0, 7]), "Status")
    ([(2.0, '4', 0.0), (5.0, '7', 0.0)], '')
    >>> triggers(np.array(["", "smile", None], object), "marker")
    ([(1.0, 'smile', 0.0)], '')
    """
    if values.dtype.kind in "fiu":
        known = np.nan_to_num(np.asarray(values, np.float64))
        at = np.flatnonzero(np.diff(known, prepend=known[:1]) != 0)
        at = at[known[at] != 0]
        words = [f"{known[row]:g}" for row in at[: _MOST_EVENTS + 1]]
    else:
        texts = [one.strip() if isinstance(one, str) else "" for one in values]
        at = np.array([row for row, text in enumerate(texts) if text], np.intp)
        words = [texts[row] for row in at[: _MOST_EVENTS + 1]]
    if len(at) > _MOST_EVENTS:
        return [], f"{name} changes {len(at):,} times: it isn't taken for a trigger."
    return [(float(row), word, 0.0) for row, word in zip(at, words, strict=True)], ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def wanted(
    names: Sequence[str], columns: Mapping[str, str | None] | None, kind: Kind | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return which columns are signals: their name in the file -> their name in the recording.

    And sentences on what is left out. By their names, sensors of something else are; a name that is like that
    of a channel isn't, but has to be put right.

    Parameters
    ----------
    names
        Of the file, without times and index.
    columns
        Name in the file -> what it means; the others are left out. None, or where all that are named are left
        out (mean None): by their names.
    kind
        Names of monopolar inputs stay as they are; those of bipolar signals become channels.

    Raises
    ------
    UnknownNameError
        If a name means no channel, or the file lacks one of `columns`.
    BadTableError
        If two columns mean the same.
    """
    if lacking := [name for name in columns or () if name not in names]:
        msg = f"The file has no column {', '.join(lacking)}; it has {', '.join(names)}."
        raise UnknownNameError(msg)
    told = {name: meant for name, meant in (columns or {}).items() if meant is not None}
    by_name = {
        name: unit_of(name)[0] for name in names if not is_beside(name) and name not in (columns or ())
    }
    signals = told or by_name
    if not signals:
        msg = f"The file has no column of signals; its columns are {', '.join(names) or 'none'}."
        raise BadTableError(msg)
    others: list[str] = []
    if kind != "monopolar" and not _are_inputs(list(signals.values()), kind):
        others = [] if told else _others(signals)
        signals = _as_channels({name: meant for name, meant in signals.items() if name not in others})
    meant = list(signals.values())
    if twice := sorted(name for name, other in signals.items() if meant.count(other) > 1):
        msg = f"These columns mean the same channel: {', '.join(twice)}. Keep one of them."
        raise BadTableError(msg, duplicates=twice, hint="In Python: choose by columns=.")
    note = f"Left out, since no muscle is known by {'these names' if len(others) > 1 else 'this name'}"
    return signals, (f"{note}: {', '.join(others)}.",) if others else ()


def _others(signals: Mapping[str, str]) -> list[str]:
    """Return the columns of other sensors beside channels: names that mean none, and are like none."""
    found = known(list(signals.values()))
    strange = [name for name, meant in signals.items() if meant not in found]
    return [] if not found or any(like_a_channel(signals[name]) for name in strange) else strange


def _as_channels(chosen: Mapping[str, str]) -> dict[str, str]:
    found = known(list(chosen.values()))
    if strange := [name for name, meant in chosen.items() if meant not in found]:
        example = f"columns={{{strange[0]!r}: 'Zygomaticus_l', …}}"
        near = {name: like for name in strange if (like := like_a_channel(chosen[name]))}
        asked = "".join(f" Is {name!r} meant to be {like}?" for name, like in near.items())
        strange = list(near) or strange
        msg = (
            f"No channel is known by the names {', '.join(map(repr, strange))}. Expected a muscle and a side "
            "('Zygomaticus_l'), a position ('F20'), or inputs of pairs ('F20a', 'F20b'). Rename these "
            f"columns in the file, or take them out.{asked}"
        )
        hint = f"In Python: {example}, which leaves the others out, or kind='monopolar' to keep the names."
        raise UnknownNameError(msg, hint=hint)
    meant = {name: channel_of(other) for name, other in chosen.items()}
    return dict(sorted(meant.items(), key=lambda item: CHANNELS.index(item[1])))


def _are_inputs(names: Sequence[str], kind: Kind | None) -> bool:
    """Return whether nobody said what the columns are, and all are inputs of pairs."""
    if kind is not None or known(names):
        return False
    try:
        inputs_of(names)
    except UnknownNameError:
        return False
    return True


def kind_of(names: Sequence[str], rate: float) -> Kind:
    """Return what signals are, by the names and the rate: pairs' inputs, quick signals, or slow ones."""
    if not known(names):
        return "monopolar"
    return "envelope" if rate <= ENVELOPES else "bipolar"


def rate_of(times: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.intp]]:
    """Return the sampling rate by the times, Hz, and the row that each sample belongs to.

    The rate is that of the steps without gaps. Times may be rounded, so that some are alike, and may jitter:
    then only stretches of three samples and more count as missing. Those leave rows out.

    Parameters
    ----------
    times
        Seconds, (n,).

    Raises
    ------
    BadValueError
        If there are fewer than two, one is no number, or they run backwards.

    Examples
    --------
    >>> rate_of(np.array([0.0, 0.25, 0.5, 1.0]))
    (4.0, array([0, 1, 2, 4]))
    """
    if len(times) < 2 or not np.isfinite(times).all():
        msg = (
            "A rate needs times of two rows or more, none of them missing. Without times, say how "
            "many samples there are a second."
        )
        raise BadValueError(msg, hint="In Python: rate=.")
    steps = np.diff(times)
    if steps.min() < 0 or times[-1] == times[0]:
        row = int(np.argmin(steps)) + 1
        msg = f"Times run forwards; row {row} is at {times[row]:g} s, the one before at {times[row - 1]:g} s."
        raise BadValueError(msg)
    grain = float(steps[steps > 0].min())
    usual = max(float(np.median(steps)), grain)
    gaps = steps > _STEP * usual * (1 - _WHOLE)
    if gaps.any() and _evenly(gaps):  # of 4096 a second, in tenths of ms, steps are 2 and 3, turn by turn
        gaps = steps > usual + _STEP * _last_digit(steps)
    early = int((steps < _EARLY * usual).sum())
    if grain < _EARLY * usual and 2 * early >= gaps.sum():  # samples come late, and the next ones in time
        gaps = steps > 2 * _STEP * usual
    rate = float((~gaps).sum() / steps[~gaps].sum())
    nearest = round(rate)
    if nearest and abs(rate - nearest) <= rate * max(1e-6, grain / (times[-1] - times[0])):
        rate = float(nearest)
    skipped = np.where(gaps, np.maximum(np.rint(steps * rate), 2) - 1, 0).astype(np.intp)
    return rate, np.concatenate([[0], np.cumsum(skipped + 1)]).astype(np.intp)


def _evenly(gaps: npt.NDArray[np.bool_]) -> bool:
    """Return whether long steps come evenly, as those of rounded times do; samples aren't lost that way."""
    apart = np.diff(np.flatnonzero(gaps))
    return len(apart) >= _FEW and float(np.ptp(np.percentile(apart, [10, 90]))) <= 1


def _last_digit(steps: npt.NDArray[np.float64]) -> float:
    """Return the power of ten, s, that times were rounded to; 0 if they weren't, or finer than to 1 ns."""
    for digit in 10.0 ** -np.arange(10):
        shares = steps / digit
        if (np.abs(shares - np.rint(shares)) < _WHOLE).all():
            return float(digit)
    return 0.0


def rows_of(index: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the row that each sample belongs to by an index that counts rows, from its first on.

    Raises
    ------
    BadValueError
        If it doesn't count upwards in whole numbers.
    """
    steps = np.diff(index)
    if not np.isfinite(index).all() or (index % 1 != 0).any() or (len(steps) and steps.min() < 1):
        msg = "An index counts rows upwards in whole numbers, each once; this one doesn't. Leave it out."
        raise BadValueError(msg)
    return np.asarray(index - index[0], np.intp)


def piece(span: tuple[float | None, float | None], rate: float, rows: int, name: str) -> tuple[int, int]:
    """Return the first row of a piece and the one behind its last; `span` is in seconds, None: an end.

    Raises
    ------
    BadValueError
        It lies outside of the recording.

    Examples
    --------
    >>> piece((0.5, None), 4.0, 8, "session.edf")
    (2, 8)
    """
    start, stop = span
    first = 0 if start is None else round(start * rate)
    last = rows if stop is None else round(stop * rate)
    if span != (None, None) and not 0 <= first < last <= rows:
        told = " … ".join("the end" if one is None else f"{one:g}" for one in span)
        msg = f"A piece of {name} lies within 0 … {rows / rate:g} s, start before stop; got {told} s."
        raise BadValueError(msg)
    return first, last


def spread(values: npt.NDArray[np.float32], rows: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.float32]:
    """Put samples (n, k) into their rows; rows without a sample are NaN.

    Raises
    ------
    BadTableError
        If the whole had more than `most` numbers.
    """
    total = int(rows[-1]) + 1
    if total == len(values):
        return values
    if total * values.shape[1] > most:
        msg = f"By its times or index the file would have {total} rows of which {len(values)} are there."
        raise BadTableError(msg)
    whole = np.full((total, values.shape[1]), np.nan, np.float32)
    whole[rows] = values
    return whole
