"""Detection of exchanged electrodes: envelopes are compared with the movement of the face.

A left channel that follows the right side of the face better than its own was swapped. That shows only where
the sides differ: while both do the same, nothing shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, check_all
from facelib.head.expressions import FACE_UNITS
from facelib.semg.muscles import CHANNELS, MUSCLES, split, unit_weights
from facelib.semg.recordings.findings import Finding
from facelib.semg.recordings.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

Doubles = npt.NDArray[np.float64]

AS_LABELLED, SWAPPED, CANNOT_TELL = "as labelled", "swapped", "cannot tell"

ONE_SIDED: Final = 0.15
"""Difference of the sides' face units, 0 … 1, from which on a movement is one-sided."""
LEAST: Final = 1.0
"""Seconds of one-sided movement that are needed."""
SURE: Final = 0.4
"""Correlation from which on a direction is accepted."""
CLEAR: Final = 0.6
"""Correlation of each muscle with the other's units from which on two muscles look exchanged."""
MARGIN: Final = 0.4
"""Margin by which a muscle's envelope must follow another muscle's units better than its own."""
STIRS: Final = 0.02
"""Standard deviation of a muscle's face units, 0 … 1, from which on it moves at all."""
LAG: Final = 0.5
"""Seconds by which signal and video may be out of step."""

SWAP_COLUMNS: Final = MappingProxyType(
    {
        "what": "sides: left and right of one muscle; muscles: two muscles of one side",
        "channel": "one of both channels",
        "other": "the other one",
        "own": "how the envelopes follow the units as they are labelled: correlation of the differences "
        "(sides), or mean correlation (muscles)",
        "crossed": "the same if both were exchanged",
        "seconds": "how long the movements were that tell them apart",
        "verdict": "as labelled, swapped, or cannot tell",
        "why": "in words",
    }
)
"""Columns of `swapped`, with their meaning."""


def swapped(
    recordings: Recording | Sequence[Recording],
    units: pd.DataFrame | Sequence[pd.DataFrame],
    rate: float = 30.0,
) -> pd.DataFrame:
    """Return for each muscle whether its sides, and for muscles whether they, were exchanged.

    Sides: the difference left − right of the envelopes is correlated with that of the face units that the
    muscle moves; where the face was hardly ever one-sided, nothing shows it. Muscles of a side are listed
    only if they look exchanged: each follows the other's units better than those of any other muscle, and
    not its own. The lag within ± .5 s is taken at which all muscles of a clip together fit best.

    Parameters
    ----------
    recordings
        Envelopes of a clip, or of several of one session (the more, the better).
    units
        Face units of each: one of `FACE_UNITS` a column, rows in step with the envelopes.
    rate
        Rows of `units` a second.

    Returns
    -------
    DataFrame
        Columns as in `SWAP_COLUMNS`.

    Raises
    ------
    BadValueError
        If the recordings aren't envelopes at the units' rate, or not as many as tables of units.
    BadTableError
        If a table lacks units that muscles move.
    """
    import pandas as pd

    several = [recordings] if isinstance(recordings, Recording) else recordings
    listed = check_all(several, Recording, "A recording, or several,")
    given = [units] if isinstance(units, pd.DataFrame) else units
    tables = check_all(given, pd.DataFrame, "A table of face units, or one per recording,")
    if not listed or len(listed) != len(tables):
        msg = f"Each recording has one table of units; got {len(listed)} and {len(tables)}."
        raise BadValueError(msg)
    clips = [_rows(recording, table, rate) for recording, table in zip(listed, tables, strict=True)]
    scaled = np.split(
        _scaled(np.concatenate([measured for measured, _ in clips])),
        np.cumsum([len(measured) for measured, _ in clips])[:-1],
    )
    stepped = [
        _in_step(measured, shown, round(LAG * rate))
        for measured, (_, shown) in zip(scaled, clips, strict=True)
    ]
    measured, shown = (np.concatenate(parts) for parts in zip(*stepped, strict=True))
    rows = [row for muscle in MUSCLES if (row := _sides(muscle, measured, shown, rate)) is not None]
    if _all_swapped(row["verdict"] for row in rows):
        measured = measured.reshape(len(measured), -1, 2)[:, :, ::-1].reshape(measured.shape)
    rows += _muscles(measured, shown, rate)
    return pd.DataFrame(rows, columns=list(SWAP_COLUMNS))


def _all_swapped(verdicts: Iterable[object]) -> bool:
    """Return whether the sides of all muscles that show them, two at least, were exchanged."""
    told = [verdict for verdict in verdicts if verdict != CANNOT_TELL]
    return len(told) >= 2 and set(told) == {SWAPPED}


def swap_findings(table: pd.DataFrame) -> Iterator[Finding]:
    """Return the findings of `swapped`: exchanged channels, and whether the sides are undecided."""
    sides = table[table["what"] == "sides"]
    wrong = table[table["verdict"] == SWAPPED]
    if _all_swapped(sides["verdict"]):
        exchanged = sides[sides["verdict"] == SWAPPED]
        muscles = ", ".join(split(channel)[0] for channel in exchanged["channel"])
        text = (
            f"Left and right look exchanged: {muscles} follow the face's other side (correlation of the "
            f"differences {exchanged['own'].max():+.2f} or less), and none its own."
        )
        remedy = "Exchange left and right of the whole recording; or the video is mirrored."
        yield Finding("error", "swapped sides", text, remedy)
        wrong = wrong[wrong["what"] != "sides"]
    for row in wrong.to_dict("records"):
        text = f"{row['channel']} and {row['other']} look exchanged: {row['why']}"
        remedy = "Compare with a photograph of the electrodes, and exchange both names."
        yield Finding("error", f"swapped {row['what']}", text, remedy, str(row["channel"]))
    if len(sides) and (sides["verdict"] == CANNOT_TELL).all():
        text = "It isn't clear whether left and right were exchanged: no muscle moved on one side alone."
        remedy = "Ask for one-sided movements (a wink, half a smile) at the start of each session."
        yield Finding("note", "swapped sides", text, remedy)


def _rows(recording: Recording, units: pd.DataFrame, rate: float) -> tuple[Doubles, Doubles]:
    """Return envelopes and what the face shows of each channel, (n, 22) both."""
    if recording.kind != "envelope" or abs(recording.rate / rate - 1) > 0.01:
        msg = (
            f"Envelopes at the units' {rate:g} Hz are compared; got {recording.kind} signals at "
            f"{recording.rate:g} Hz."
        )
        raise BadValueError(msg)
    shown = _shown(units)
    rows = min(len(recording), len(shown))
    measured = np.full((rows, len(CHANNELS)), np.nan)
    for column, channel in enumerate(CHANNELS):
        if channel in recording.channels:
            measured[:, column] = recording.signals[:rows, recording.channels.index(channel)]
    return measured, shown[:rows]


def _shown(units: pd.DataFrame) -> Doubles:
    """Return how far the face shows each channel's muscle, (n, 22); NaN where no unit tells."""
    weights = unit_weights()
    needed = [unit for unit, row in zip(FACE_UNITS, weights, strict=True) if row.any()]
    if missing := [unit for unit in needed if unit not in units.columns]:
        msg = f"The table lacks the face units {', '.join(missing[:5])}; see facelib.semg.muscle_table."
        raise BadTableError(msg, missing=missing)
    chosen = weights[[FACE_UNITS.index(unit) for unit in needed]]
    total = chosen.sum(axis=0)
    shares = np.divide(chosen, total, out=np.full_like(chosen, np.nan), where=total > 0)
    return np.asarray(units[needed].to_numpy(np.float64) @ shares)


def _scaled(measured: Doubles) -> Doubles:
    """Return envelopes from rest to the stronger side's activity; a weak side stays weak."""
    scaled = np.full_like(measured, np.nan)
    for first in range(0, len(CHANNELS), 2):
        both = measured[:, first : first + 2]
        finite = [both[np.isfinite(both[:, side]), side] for side in (0, 1)]
        if not all(side.size for side in finite):
            continue
        rest = np.array([np.percentile(side, 5) for side in finite])
        full = max(float(np.percentile(side, 98) - low) for side, low in zip(finite, rest, strict=True))
        if full > 0:
            scaled[:, first : first + 2] = (both - rest) / full
    return scaled


def _in_step(measured: Doubles, shown: Doubles, most: int) -> tuple[Doubles, Doubles]:
    """Shift both by the lag at which muscles, sides added up, follow the face best."""
    m, s = (values.reshape(len(values), len(MUSCLES), 2).mean(axis=2) for values in (measured, shown))
    best, lag = -np.inf, 0
    most = min(most, len(m))
    for shift in sorted(range(-most, most + 1), key=abs):
        a, b = _shifted(m, s, shift)
        fits = [_correlation(a[:, column], b[:, column]) for column in range(a.shape[1])]
        known = [fit for fit in fits if np.isfinite(fit)]
        if known and np.mean(known) > best + 1e-9:
            best, lag = float(np.mean(known)), shift
    return _shifted(measured, shown, lag)


def _shifted(measured: Doubles, shown: Doubles, lag: int) -> tuple[Doubles, Doubles]:
    """Return the rows that belong together if the signal comes `lag` rows after the face."""
    if lag >= 0:
        return measured[lag:], shown[: len(shown) - lag]
    return measured[:lag], shown[-lag:]


def _correlation(a: Doubles, b: Doubles) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3:
        return float("nan")
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-12 else float("nan")


def _sides(muscle: str, measured: Doubles, shown: Doubles, rate: float) -> dict[str, object] | None:
    """Return the verdict on a muscle's sides; None if one of them wasn't recorded."""
    left, right = CHANNELS.index(f"{muscle}_left"), CHANNELS.index(f"{muscle}_right")
    if not np.isfinite(measured[:, [left, right]]).all(axis=1).any():
        return None
    seen = shown[:, left] - shown[:, right]
    seconds = float((np.abs(seen) >= ONE_SIDED).sum() / rate)
    as_labelled, verdict = float("nan"), CANNOT_TELL
    if not np.isfinite(seen).any():
        why = "no face unit shows this muscle."
    elif seconds < LEAST:
        why = f"the face was one-sided there for {seconds:.1f} s only, or has one unit for both sides."
    else:
        as_labelled = _correlation(measured[:, left] - measured[:, right], seen)
        reason = (
            f"differences of envelopes and face units correlate by {as_labelled:+.2f} over {seconds:.1f} s."
        )
        if as_labelled >= SURE:
            verdict, why = AS_LABELLED, f"each side follows its own: {reason}"
        elif as_labelled <= -SURE:
            verdict, why = SWAPPED, f"each side follows the other: {reason}"
        else:
            why = f"the envelopes follow neither side: {reason}"
    return {
        "what": "sides",
        "channel": CHANNELS[left],
        "other": CHANNELS[right],
        "own": as_labelled,
        "crossed": -as_labelled,
        "seconds": seconds,
        "verdict": verdict,
        "why": why,
    }


def _moves(shown: Doubles) -> bool:
    known = shown[np.isfinite(shown)]
    return bool(known.size) and float(known.std()) > STIRS


def _muscles(measured: Doubles, shown: Doubles, rate: float) -> list[dict[str, object]]:
    """List pairs of a side's muscles of which each follows the other's units best, and not its own."""
    listed: list[dict[str, object]] = []
    for side in (0, 1):
        columns = [
            column
            for column in range(side, len(CHANNELS), 2)
            if np.isfinite(measured[:, column]).any() and _moves(shown[:, column])
        ]
        fits = np.array([[_correlation(measured[:, a], shown[:, b]) for b in columns] for a in columns])
        fits = np.nan_to_num(fits, nan=0.0)
        for a, b in combinations(range(len(columns)), 2):
            as_labelled, crossed = (fits[a, a], fits[b, b]), (fits[a, b], fits[b, a])
            best = fits[a, b] >= fits[a].max() and fits[b, a] >= fits[b].max()
            if best and min(crossed) >= CLEAR and max(as_labelled) + MARGIN <= min(crossed):
                reason = (
                    f"each follows the other's face units ({min(crossed):+.2f} or better) and not its own "
                    f"({max(as_labelled):+.2f} or less)."
                )
                listed.append(
                    {
                        "what": "muscles",
                        "channel": CHANNELS[columns[a]],
                        "other": CHANNELS[columns[b]],
                        "own": float(np.mean(as_labelled)),
                        "crossed": float(np.mean(crossed)),
                        "seconds": len(measured) / rate,
                        "verdict": SWAPPED,
                        "why": reason,
                    }
                )
    return listed
