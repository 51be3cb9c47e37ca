"""Time that a run still takes, said calmly: estimates of a busy machine go up and down with every batch."""

from __future__ import annotations

import math
from typing import Final

LAG: Final = 0.25  # share of what is left over which estimates are averaged,
LEAST_LAG: Final = 3.0  # but at least so many seconds
ALIKE: Final = 6  # estimates in a row that all say more, or all less: then they are right,
QUICK_LAG: Final = 0.01  # and averaged over this share of the whole time,
LEAST_QUICK: Final = 0.5  # but at least so many seconds
FAR: Final = 4.0  # times more or less than was thought: it was wrong, and is forgotten
RISE: Final = 1.25  # times what was said last, below which more time isn't said
LEAST_SAID: Final = 1.0  # seconds
MINUTES: Final = 120.0  # seconds from which on only minutes are said
STEPS: Final = ((10.0, 1.0), (60.0, 5.0), (300.0, 15.0), (1200.0, 60.0), (7200.0, 300.0), (math.inf, 600.0))
"""Seconds below which a time is said in steps of how many seconds."""


class TimeLeft:
    """Seconds left, averaged with weights that fall exponentially, in round steps.

    What is said falls as time passes; it rises only by a quarter or more. Estimates that go up and down are
    averaged over a while; those that stay on one side of what was thought are believed soon.

    Examples
    --------
    >>> time = TimeLeft()
    >>> [time.said(seconds, left) for seconds, left in ((2.0, 60.0), (4.0, 75.0), (6.0, 45.0), (8.0, 50.0))]
    [60.0, 60.0, 55.0, 55.0]
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._end = math.nan  # when it will be over, seconds since the run began
        self._then = 0.0
        self._said = math.nan
        self._alike = 0  # estimates in a row on one side of what was thought: above it > 0, below it < 0

    def said(self, seconds: float, left: float) -> float:
        """Return the seconds left to be said.

        Parameters
        ----------
        seconds
            Since the run began; fewer than before: another run began.
        left
            Estimated now; NaN: not known, which is what is said then.
        """
        if seconds < self._then:
            self._begin()
        if not math.isfinite(left):
            return left
        thought = self._end - seconds
        if math.isnan(thought) or _far(thought, left):
            self._end, self._alike = seconds + left, 0
        else:
            side = 1 if left > thought else -1
            self._alike = self._alike + side if self._alike * side > 0 else side
            lag = max(LAG * thought, LEAST_LAG)
            if abs(self._alike) > ALIKE:
                lag = max(QUICK_LAG * self._end, LEAST_QUICK)
            self._end += (1 - math.exp((self._then - seconds) / lag)) * (left - thought)
        self._then = seconds
        now = in_steps(max(self._end - seconds, 0.0))
        if math.isnan(self._said) or now <= self._said or now >= RISE * self._said:
            self._said = now
        return self._said


def _far(thought: float, left: float) -> bool:
    """Tell whether an estimate has nothing to do with what was thought; near the end both are rough."""
    return thought + left > 1 / LAG and not thought <= FAR * left <= FAR**2 * thought


def in_steps(seconds: float) -> float:
    """Return a time in the steps that it is said in.

    >>> [in_steps(seconds) for seconds in (0.2, 7.4, 33.0, 100.0, 400.0, 4000.0)]
    [0.0, 7.0, 35.0, 105.0, 420.0, 3900.0]
    """
    step = next(step for most, step in STEPS if seconds < most)
    return step * round(seconds / step)


def shortly(seconds: float) -> str:
    """Return a time in words for the narrowest line: seconds up to two minutes, then minutes.

    >>> shortly(0.0), shortly(105.0), shortly(130.0), shortly(float("nan"))
    ('a moment', 'about 105 s', 'about 2 min', '')
    """
    if not math.isfinite(seconds):
        return ""
    if seconds < LEAST_SAID:
        return "a moment"
    return f"about {seconds:.0f} s" if seconds < MINUTES else f"about {seconds / 60:.0f} min"
