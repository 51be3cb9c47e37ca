"""What takes of one person are worth: displacements with their intervals, weak by strong, smallest change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from facelib.properties.clinical.measures import LEFT, RIGHT, SHUT
from facelib.properties.clinical.millimetres import Scale
from facelib.properties.clinical.takes import Take
from facelib.properties.clinical.technical_error import Limits, limits

LENGTHS: Final = ("left", "right", "difference")
RATIO: Final = "weak/strong"
CHANGE: Final = 1.96 * 2**0.5  # of the standard error of measurement
CLEAR: Final = 0.9
"""Weak by strong below which it is clear which side of a picture is the weaker one (our choice)."""


@dataclass(frozen=True)
class Moved:
    """One take: displacements in eye distances, and what they are worth in irises and mm."""

    take: Take
    left: float
    right: float
    irises: Scale
    mm: Scale
    fitting: tuple[str, ...] | str

    def of(self, side: str) -> float:
        """Return the displacement of a side, or left − right."""
        return self.left - self.right if side == "difference" else getattr(self, side)


def sets_of(moved: Sequence[Moved]) -> Iterator[list[Moved]]:
    """Give the takes of each person and session."""
    sets: dict[tuple[str, str], list[Moved]] = defaultdict(list)
    for one in moved:
        sets[one.take.person, one.take.session].append(one)
    yield from sets.values()


def weak_side(own: Sequence[Moved], known: Mapping[str, str]) -> tuple[str, str]:
    """Return the weak side, and where it is known from."""
    if given := known.get(own[0].take.person):
        return given, "table"
    left, right = (float(np.mean([one.of(side) for one in own])) for side in ("left", "right"))
    return "left" if left < right else "right", "picture"


def ratio_of(own: Sequence[Moved], weak: str) -> float:
    """Return weak by strong, of the means over takes; NaN where the strong side hardly moves."""
    strong = RIGHT.name if weak == LEFT.name else LEFT.name
    low, high = (float(np.mean([one.of(side) for one in own])) for side in (weak, strong))
    return low / high if high >= SHUT else np.nan


@dataclass(frozen=True)
class Smallest:
    """Standard errors of measurement from retests, by unit and kind of row; empty: there are none."""

    sem: Mapping[tuple[str, str], float]
    sets: int = 0
    pictures: int = 0

    def change(self, unit: str, row: str, own: Sequence[Moved]) -> float:
        """Return the smallest detectable change of one person; NaN if nothing tells it."""
        kind = row if row in ("difference", RATIO) else "side"
        if self.sets:
            return CHANGE * self.sem.get((unit, kind), np.nan)
        if kind == RATIO:
            return np.nan
        each = [getattr(one, unit).mm * wide.sd for one in own if (wide := limits_of(kind, one)) is not None]
        known = [value for value in each if np.isfinite(value)]
        return CHANGE * max(known) if known else np.nan


def smallest_of(moved: Sequence[Moved], known: Mapping[str, str]) -> Smallest:
    """Pool the variance inside sets of retests, each with a rest of its own."""
    sets = [[one for one in own if one.take.own_rest] for own in sets_of(moved)]
    retests = [(own, weak_side(own, known)[0]) for own in sets if len(own) > 1]
    sem = {}
    for unit in ("irises", "mm"):
        for kind, rows in (("side", ("left", "right")), ("difference", ("difference",)), (RATIO, (RATIO,))):
            values = [
                [
                    ratio_of([one], weak) if row == RATIO else one.of(row) * getattr(one, unit).mm
                    for one in own
                ]
                for own, weak in retests
                for row in rows
            ]
            sem[unit, kind] = _pooled(values)
    return Smallest(sem, len(retests), sum(len(own) for own, _ in retests))


def _pooled(sets: Sequence[Sequence[float]]) -> float:
    """Return the standard deviation inside sets of values; NaN if no set has two."""
    there = [[value for value in own if np.isfinite(value)] for own in sets]
    there = [own for own in there if len(own) > 1]
    free = sum(len(own) - 1 for own in there)
    squares = sum(float(np.sum((np.array(own) - np.mean(own)) ** 2)) for own in there)
    return float(np.sqrt(squares / free)) if free else np.nan


def limits_of(kind: str, one: Moved) -> Limits | None:
    """Return the limits of the error of a row; None where they aren't known."""
    fitting = one.fitting
    of: Literal["side", "difference"] = "difference" if kind == "difference" else "side"
    return None if isinstance(fitting, str) else limits(of, fitting)


def ends(length: float, scale: Scale, wide: Limits) -> tuple[float, float]:
    """Return the interval of a displacement: technical error, and the spread of the scale.

    Parameters
    ----------
    length
        Displacement that was found, or left − right; eye distances.
    scale
        What an eye distance is worth, with the ends of its interval; NaN ends: it has no spread.
    wide
        Limits of the error, found − true.

    Examples
    --------
    >>> low, high = ends(0.2, Scale(60.0, 55.0, 65.0), Limits(-0.1, 0.05, 0.04, ()))
    >>> round(low, 1), round(high, 1)
    (8.8, 18.1)
    """
    middle = length * scale.mm
    by_scale = sorted(length * end if np.isfinite(end) else middle for end in (scale.low, scale.high))
    low = middle - np.hypot(max(wide.high, 0) * scale.mm, middle - by_scale[0])
    high = middle + np.hypot(max(-wide.low, 0) * scale.mm, by_scale[1] - middle)
    return float(low), float(high)


def interval_of(own: Sequence[Moved], row: str, unit: str) -> tuple[float, float]:
    """Return the mean of the takes' intervals: the error is no less for being there several times."""
    found = []
    for one in own:
        wide = limits_of(row, one)
        if wide is None:
            return np.nan, np.nan
        low, high = ends(one.of(row), getattr(one, unit), wide)
        found.append((low, high) if row == "difference" else (max(low, 0.0), high))
    low, high = np.mean(found, axis=0)
    return float(low), float(high)


def weaker_side(takes: Sequence[Moved]) -> str:
    """Return the side that clearly moves less, by the mean over takes; "" if neither does."""
    return weaker(*(float(np.mean([one.of(side) for one in takes])) for side in ("left", "right")))


def weaker(left: float, right: float) -> str:
    """Return which of two displacements is clearly the smaller one; "" if neither is, or one isn't known.

    >>> weaker(0.1, 0.3), weaker(0.29, 0.3), weaker(float("nan"), 0.3)
    ('left', '', '')
    """
    low, high = sorted((left, right))
    if not (high >= SHUT and low < CLEAR * high):
        return ""
    return LEFT.name if left < right else RIGHT.name
