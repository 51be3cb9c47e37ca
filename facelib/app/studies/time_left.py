"""Time that a run still takes, said calmly: estimates of a busy machine go up and down with every batch."""

from __future__ import annotations

import math
from typing import Final

LAG: Final = 0.2  # share of what is left over which estimates are averaged,
LEAST_LAG: Final = 3.0  # but at least so many seconds
RISE: Final = 1.2  # times what was said last, below which more time isn't said
STEPS: Final = ((10.0, 1.0), (60.0, 5.0), (300.0, 15.0), (1200.0, 60.0), (7200.0, 300.0), (math.inf, 600.0))
"""Seconds below which a time is said in steps of how many seconds."""


class TimeLeft:
    """Seconds left, averaged with weights that fall exponentially, in round steps.

    What is said falls as time passes; it rises only by 20 % or more.

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
        if math.isnan(self._end):
            self._end = seconds + left
        else:
            lag = max(LAG * max(self._end - seconds, 0.0), LEAST_LAG)
            weight = 1 - math.exp((self._then - seconds) / lag)
            self._end += weight * (seconds + left - self._end)
        self._then = seconds
        now = in_steps(max(self._end - seconds, 0.0))
        if math.isnan(self._said) or now <= self._said or now >= RISE * self._said:
            self._said = now
        return self._said


def in_steps(seconds: float) -> float:
    """Return a time in the steps that it is said in.

    >>> [in_steps(seconds) for seconds in (0.2, 7.4, 33.0, 100.0, 400.0, 4000.0)]
    [0.0, 7.0, 35.0, 105.0, 420.0, 3900.0]
    """
    step = next(step for most, step in STEPS if seconds < most)
    return step * round(seconds / step)
