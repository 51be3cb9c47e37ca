"""Synchronisation: the lag of signals behind the film, from common movement or a trigger.

Every muscle that was active is compared with the face units that it moves, at every lag; where their
correlation is highest, the pair votes for that lag. Votes that lie within one frame of each other are a
*cluster*; the largest one, by summed correlation, wins. If no cluster is large and clear enough, the lag of a
trigger channel is taken; else the clip isn't synchronised, and that is said.

The thresholds of the grades are our choice; they were set on simulated recordings with true face units.
There, the film of another clip got a grade by chance in 1 % of clips of 6 s, if it showed the same movement
in 16 % (grade 1 in 1 %), and in 1 % or less of clips of 10 s: of short clips trust grade 1 alone. Clips that
belong together got a grade in 98 % and 99 %, most of them grade 1. Networks read some units so badly that
of films of 5 s 33 % got a grade; 63 %, when each envelope was compared with what a map, fitted to another
session, expected of the whole face (`model`). All of these were right within three frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.semg.muscles import CHANNELS, group_of, split
from facelib.semg.pairs import Pair, rows_and_groups, unit_rows
from facelib.semg.parameters.columns import expression_rows
from facelib.semg.recordings.recording import Recording
from facelib.utilities.checks import as_number
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

    from facelib.semg.mapping import Expression2EMG

Floats = npt.NDArray[np.float64]
Grade = Literal[0, 1, 2, 3]
How = Literal["consensus", "trigger", "none"]

BY_MAP: Final = "expected by the map"
"""The name of the face unit in votes by a map."""
ACTIVE: Final = 8
"""So many of the most active channels are compared, of those that move something to be seen."""
LONGEST: Final = 2.0
"""s: lags are looked for within ± this, unless told otherwise."""
SMOOTHING: Final = 0.5
"""s: face units are averaged over as long as the envelopes' window is, so that both are equally blunt."""
WIDTH: Final = 1.0
"""Frames: votes this near to each other's middle are a cluster."""
WEAKEST: Final = 0.4
"""A pair whose highest correlation is below this has no vote."""
MOVES: Final = 0.002
"""A face unit whose score changes less than this in a clip has no vote: networks never read some units."""
DELAYS: Final = 0.15
"""s: as far as a trigger and movement may lie apart and still confirm each other (our choice)."""
EARLY: Final = (
    "How long muscles come before what they move, some hundredths of a second, is part of it: no latency "
    "between muscle and face can be read from it."
)
KNOWN: Final = "A delay of {delay:.3f} s between muscle and movement, which was given, is taken out of it."
OVERLAP: Final = 1.0
"""s: what signals and film must have in common at any lag."""
_TINY: Final = 1e-6  # rows
BEST: Final[Mapping[Grade, tuple[float, float, int]]] = MappingProxyType(
    {1: (0.85, 0.6, 3), 2: (0.8, 0.5, 3), 3: (0.75, 0.4, 3)}
)
"""Grade to what its cluster has at least: mean correlation, share of all votes, and different muscles (both
sides of a muscle are one)."""
GRADES: Final = MappingProxyType(
    {
        1: "sure: most pairs agree, and closely",
        2: "good: at least half of the pairs agree",
        3: "weak: some pairs agree; look at the traces before using it",
        0: "no agreement: by the trigger alone, or not synchronised",
    }
)
"""Meanings of the grades."""
VOTES: Final = MappingProxyType(
    {
        "channel": "envelope",
        "unit": "face unit that it moves, or the map's expectation",
        "lag": "s, where their correlation is highest; signals later than the film: above 0",
        "correlation": "there",
        "wins": "whether it belongs to the cluster that won",
    }
)
"""Columns of `Synchronisation.votes`, with their meaning."""


@in_short(table=lambda found: found.votes)
@dataclass(frozen=True, eq=False)
class Synchronisation:
    """The lag between signals and film of a clip, and how it was found.

    Parameters
    ----------
    lag
        Seconds by which the signals come later than the film; NaN if the clip isn't synchronised.
    grade
        1 … 3 by agreement, 0 without: see `GRADES`.
    how
        "consensus", "trigger", or "none".
    correlation
        Mean correlation of the pairs in the cluster that won; NaN without.
    votes
        All pairs that had a vote; columns as in `VOTES`.
    notes
        What must be known.
    """

    lag: float
    grade: Grade
    how: How
    correlation: float
    votes: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the clip is synchronised, one way or the other."""
        return self.how != "none"


def synchronise(
    envelopes: Recording,
    units: Any,
    rate: float = 30.0,
    *,
    longest: float = LONGEST,
    trigger: float | None = None,
    delay: float = 0.0,
    active: int = ACTIVE,
    model: Expression2EMG | None = None,
) -> Synchronisation:
    """Find how much later the signals of a clip come than its film.

    A muscle comes before what it moves, by some hundredths of a second. Agreement between muscles and
    movement can't tell that from a lag of the clocks: the lag is too small by it. Only a trigger, or a delay
    that is known, leaves latencies to be measured.

    Parameters
    ----------
    envelopes
        From `facelib.semg.envelope`; their clock starts with their first row.
    units
        Face units of the film: what `units_of_video` returned (its own rate counts), a table by unit, or an
        array (m, 51 or 52); or, with a `model` of these, other parameters. Their clock starts with the first
        frame. NaN where no face was seen.
    rate
        Frames a second.
    longest
        Lags within ± so many seconds are tried.
    trigger
        Lag that a trigger channel gives, s, from `trigger_lag`: it is taken where there is one. The grade
        says whether muscles and face agree with it.
    delay
        Electromechanical delay, s, by which a muscle comes before what it moves: added to a lag by agreement.
    active
        How many of the most active channels are compared.
    model
        A map that was fitted to other clips: each envelope is compared with what the map expects of the whole
        face, instead of single units. Where a network reads the face it finds far more.

    Raises
    ------
    BadTableError
        If the map takes face units that aren't there.
    BadValueError
        If the recording is no envelope, or too short.

    Examples
    --------
    >>> from facelib.semg import simulate_clip
    >>> clip = simulate_clip("happy", 6.0, lag=0.5)
    >>> found = synchronise(clip.envelope, clip.units)
    >>> round(found.lag, 1), found.grade
    (0.5, 1)
    >>> round(synchronise(clip.envelope, clip.units, delay=0.08).lag - found.lag, 3)
    0.08
    """
    import pandas as pd

    check_kind(envelopes, Recording, "A recording of envelopes")
    if model is None or model.of_face_units:
        rows, names = unit_rows(units)
    else:
        rows, names = expression_rows(units, model.inputs)
    rate = float(getattr(units, "rate", rate))
    if envelopes.kind != "envelope":
        msg = f"Envelopes are synchronised (facelib.semg.envelope); got {envelopes.kind} signals."
        raise BadValueError(msg)
    seconds = min(envelopes.seconds, len(rows) / rate)
    if seconds < 2 * OVERLAP:
        msg = (
            f"Clips of {2 * OVERLAP:g} s and more can be synchronised; signals and film share {seconds:g} s."
        )
        raise BadValueError(msg)
    film = _whole(rows)
    expected = None
    if model is not None:
        prediction = model.predict(_named(film, names)).signals.astype(np.float64)
        expected = _at(prediction, rate, envelopes.rate)
    moved = np.ptp(film, axis=0) >= MOVES
    film = _at(_smooth(film, rate), rate, envelopes.rate)
    votes = []
    for channel in most_active(envelopes, active):
        signal = _whole(envelopes.pick([channel]).signals.astype(np.float64))[:, 0]
        curves = {unit: names.index(unit) for unit in group_of(channel).units if unit in names}
        pairs = [(unit, film[:, column]) for unit, column in curves.items() if moved[column]]
        if expected is not None:
            pairs = [(BY_MAP, expected[:, CHANNELS.index(channel)])]
        for unit, curve in pairs:
            lag, correlation = best_lag(signal, curve, envelopes.rate, longest)
            if correlation >= WEAKEST:
                votes.append((channel, unit, lag, correlation))
    table = pd.DataFrame(votes, columns=[name for name in VOTES if name != "wins"])
    won = _cluster(
        table["lag"].to_numpy(np.float64), table["correlation"].to_numpy(np.float64), envelopes.rate
    )
    table["wins"] = won
    return _graded(table, trigger, as_number(delay, "The electromechanical delay in seconds"))


def best_lag(signal: Floats, film: Floats, rate: float, longest: float) -> tuple[float, float]:
    """Return the lag (s) at which two curves correlate most, and how much.

    NaN and −1 if one is constant, or if they correlate more just beyond the longest lag: then their top lies
    outside, and what stands at the end is no top. At each lag the correlation is that of what they have
    in common, at least `OVERLAP` seconds; the top is found between rows by a parabola through the three
    highest points around it.

    Parameters
    ----------
    signal, film
        (n,) and (m,) at one rate, without NaN.
    rate
        Rows a second.
    longest
        Lags within ± so many seconds.
    """
    lags, values = correlations(signal, film, rate, longest + 1 / rate)
    if not np.isfinite(values).any():
        return float("nan"), -1.0
    top = int(np.nanargmax(values))
    if abs(lags[top]) > longest * rate + _TINY:
        return float("nan"), -1.0
    lag, height = float(lags[top]), float(values[top])
    if 0 < top < len(values) - 1 and np.isfinite(values[top - 1 : top + 2]).all():
        before, here, after = values[top - 1 : top + 2]
        bend = before - 2 * here + after
        if bend < 0:
            lag += float((before - after) / (2 * bend))
    return lag / rate, height


def correlations(
    signal: Floats, film: Floats, rate: float, longest: float
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return lags in rows, and Pearson's correlation of what the curves share at each; NaN where undefined.

    Sums over what is shared at each lag are cross-correlations of curves, squares, and ones.
    """
    from scipy.signal import correlate, correlation_lags

    a, b = signal - signal.mean(), film - film.mean()
    ones_a, ones_b = np.ones_like(a), np.ones_like(b)

    def sums(x: Floats, y: Floats) -> Floats:
        return np.asarray(correlate(x, y, "full"), np.float64)

    n = np.round(sums(ones_a, ones_b))
    sum_a, sum_b = sums(a, ones_b), sums(ones_a, b)
    spread_a = sums(a * a, ones_b) - sum_a**2 / np.maximum(n, 1)
    spread_b = sums(ones_a, b * b) - sum_b**2 / np.maximum(n, 1)
    shared = sums(a, b) - sum_a * sum_b / np.maximum(n, 1)
    tiny = 1e-9 * max(float(a @ a) * float(b @ b), 1e-300)
    good = (n >= OVERLAP * rate) & (spread_a * spread_b > tiny)
    values = np.full(len(n), np.nan)
    values[good] = (shared[good] / np.sqrt(spread_a[good] * spread_b[good])).clip(-1, 1)
    lags = correlation_lags(len(a), len(b), "full")
    near = np.abs(lags) <= longest * rate + _TINY
    return lags[near], values[near]


def most_active(envelopes: Recording, count: int = ACTIVE) -> tuple[str, ...]:
    """Return the channels whose envelope rises most, of those that move a face unit.

    By the distance of its 10th and 95th percentiles, in its own unit.
    """
    rises = {}
    for name in envelopes.channels:
        if name not in CHANNELS or not group_of(name).identifiable:
            continue
        values = envelopes.pick([name]).signals.astype(np.float64)
        values = values[np.isfinite(values)]
        if len(values) and np.ptp(values) > 0:
            low, high = np.percentile(values, [10, 95])
            rises[name] = float(high - low)
    order = sorted(rises, key=lambda name: -rises[name])
    return tuple(order[:count])


def trigger_lag(trigger: Any, rate: float, shown: float) -> float:
    """Return the lag that a trigger channel gives, s.

    Parameters
    ----------
    trigger
        (n,) samples; the trigger is where it first rises above the middle between its lowest and highest.
    rate
        Samples a second.
    shown
        When the trigger's event is in the film, s from its first frame.

    Raises
    ------
    BadValueError
        If the channel never rises.

    Examples
    --------
    >>> trigger_lag([0, 0, 0, 5, 5], 10.0, shown=0.1)
    0.2
    """
    values = np.asarray(trigger, np.float64)
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if len(values) else (0.0, 0.0)
    above = values > (low + high) / 2
    rises = np.flatnonzero(above[1:] & ~above[:-1]) + 1
    if high <= low or not len(rises):
        msg = "A trigger channel rises once or more; this one never does."
        raise BadValueError(msg)
    return round(float(rises[0]) / rate - shown, 9)


def aligned(envelopes: Recording, units: Any, lag: float, *, id: str = "") -> Pair:  # noqa: A002
    """Return a clip's signals and face units with the lag taken out: row i of both is one moment.

    Signals are read between their rows (linearly) at the times of the frames; frames that they don't cover
    are left out.

    Raises
    ------
    BadValueError
        If the lag isn't known, or nothing is left.
    """
    if not np.isfinite(lag):
        msg = "The clip isn't synchronised: there is no lag to take out."
        raise BadValueError(msg)
    check_kind(envelopes, Recording, "A recording of envelopes")
    rows, names, groups = rows_and_groups(units)
    rate = float(getattr(units, "rate", envelopes.rate))
    moments = np.arange(len(rows)) / rate + lag
    inside = (moments >= 0) & (moments <= envelopes.times[-1] + 1e-9)
    if not inside.any():
        msg = f"At a lag of {lag:g} s signals and film have no moment in common."
        raise BadValueError(msg)
    signals = np.column_stack(
        [np.interp(moments[inside], envelopes.times, column) for column in envelopes.signals.T]
    )
    envelope = envelopes.replace(signals=signals.astype(np.float32), rate=rate)
    return Pair(id or envelopes.source, envelopes.session, rows[inside], names, envelope, groups)


def _graded(votes: pd.DataFrame, trigger: float | None, delay: float) -> Synchronisation:
    """Return what the votes of a clip come to, beside a trigger if there is one."""
    found = _agreed(votes, delay)
    if trigger is None:
        return found
    words = [f"The trigger's lag is taken, {trigger:+.3f} s.", *found.notes[:1]]
    apart = trigger - found.lag
    confirmed = found.known and abs(apart) <= DELAYS
    if confirmed:
        words.append(
            f"They confirm it: what lies between, {apart:+.3f} s, may be how long muscles come before what "
            "they move."
        )
    else:
        words.append("Nothing in the film confirms it.")
    grade = found.grade if confirmed else 0
    return Synchronisation(float(trigger), grade, "trigger", found.correlation, votes, tuple(words))


def _agreed(votes: pd.DataFrame, delay: float) -> Synchronisation:
    """Return the lag by which muscles and face agree best."""
    won = votes[votes["wins"].astype(bool)]
    if len(won):
        correlation, share = float(won["correlation"].mean()), len(won) / len(votes)
        lag = float(np.average(won["lag"], weights=won["correlation"])) + delay
        muscles = len({split(channel)[0] for channel in won["channel"]})
        for grade, (least, part, count) in BEST.items():
            if correlation >= least and share >= part and muscles >= count:
                said = (
                    f"{len(won)} of {len(votes)} pairs agree on {lag:+.3f} s, "
                    f"with a mean correlation of {correlation:.2f}."
                )
                taken = KNOWN.format(delay=delay) if delay else EARLY
                return Synchronisation(lag, grade, "consensus", correlation, votes, (said, taken))
        said = f"Muscles and face don't agree on a lag: {len(won)} of {len(votes)} pairs at most do."
    else:
        said = "No muscle moved together with its face units at any lag that was tried."
    words = (said, "Not synchronised: don't compare this clip row by row.")
    return Synchronisation(float("nan"), 0, "none", float("nan"), votes, words)


def _cluster(lags: Floats, weights: Floats, rate: float) -> npt.NDArray[np.bool_]:
    """Return which votes belong to the cluster of the largest summed correlation."""
    if not len(lags):
        return np.zeros(0, bool)
    near = np.abs(lags[:, None] - lags) <= WIDTH / rate + 1e-9
    return np.asarray(near[int((near @ weights).argmax())])


def _named(rows: Floats, names: Sequence[str]) -> dict[str, Floats]:
    return dict(zip(names, rows.T, strict=True))


def _whole(rows: Floats) -> Floats:
    """Return rows with NaN replaced along time: linearly, the ends held; columns without any number are 0."""
    found = np.array(rows, np.float64)
    places = np.arange(len(found))
    for column in found.T:
        there = np.isfinite(column)
        column[~there] = np.interp(places[~there], places[there], column[there]) if there.any() else 0.0
    return found


def _smooth(rows: Floats, rate: float) -> Floats:
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(rows, max(round(SMOOTHING * rate), 1), axis=0, mode="nearest"))


def _at(rows: Floats, rate: float, wanted: float) -> Floats:
    """Return rows at another rate, linearly between."""
    if rate == wanted:
        return rows
    own = np.arange(len(rows)) / rate
    times = np.arange(int(np.floor(own[-1] * wanted + 1e-9)) + 1) / wanted
    return np.column_stack([np.interp(times, own, column) for column in rows.T])
