"""Sequential drawing of surrogates for a whole grid: as many as needed, within a time budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.independence.base import Pairs, Prepared
from facelib.stats.independence.permutation.permutations import Orders
from facelib.utilities.checks import Floats, as_number
from facelib.utilities.progress import Progress as AnyProgress
from facelib.utilities.progress import Stop, check_stop

Counts = npt.NDArray[np.intp]
Reason = Literal["budget", "cancelled"]
TOLERANCE = 1e-9  # relative: ties count as "at least as extreme"
FIRST, LARGEST = 20, 200  # surrogates per round
PIECE = 0.2  # seconds between two looks at the clock, where there is an end
GRACE = 0.5  # seconds by which the first round may be late: a p of 1/21 beats one of 1/2


@dataclass(frozen=True)
class Progress(AnyProgress):
    """Progress of a grid: `done` of `total` pairs of `method` are settled."""

    done: int
    total: int
    method: str = ""


GridReport = Callable[[Progress], object]
"""Called with the progress of a grid; returning False ends the run with what was drawn by then."""


class Clock:
    """Budget, cancel and progress of one run.

    Parameters
    ----------
    budget
        Seconds after which no more surrogates are drawn; None: no limit.
    progress
        Called with a `Progress` after every round; returning False cancels the run.
    stop
        Asked after every round; once it answers True, `facelib.errors.Cancelled` is raised.
    """

    def __init__(
        self, budget: float | None = None, progress: GridReport | None = None, stop: Stop | None = None
    ) -> None:
        if budget is not None and not as_number(budget, "The budget") > 0:
            msg = f"The budget is a number of seconds above 0, or None; got {budget!r}."
            raise BadValueError(msg)
        self.started = time.monotonic()
        self.deadline = None if budget is None else self.started + budget
        self.cancelled = False
        self._progress, self._stop = progress, stop
        self._pairs: int | None = None
        self._passed = 0

    def begin(self, pairs: int) -> None:
        """Start a method of so many pairs; it may come in several parts."""
        self._pairs, self._passed = pairs, 0

    def passed(self, pairs: int) -> None:
        """Count pairs of the method that are over: those of an earlier part, and those without a test."""
        self._passed += pairs

    def remaining(self) -> float | None:
        """Return the seconds left, None without a budget."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def ends(self, deadline: float | None = None) -> list[float]:
        """Return the times at which drawing must end: that of the run, that of a method."""
        return [end for end in (self.deadline, deadline) if end is not None]

    def stop(self, deadline: float | None = None) -> Reason | None:
        """Return why drawing must end now, or None."""
        if self.cancelled:
            return "cancelled"
        ends = self.ends(deadline)
        return "budget" if ends and time.monotonic() >= min(ends) else None

    def report(self, method: str, done: int, total: int) -> None:
        """Report the progress of a method: `done` of the `total` pairs being drawn, and those that passed."""
        if self._progress is not None:
            pairs = self._passed + total if self._pairs is None else self._pairs
            if self._progress(Progress(self._passed + done, pairs, method, method)) is False:
                self.cancelled = True
        check_stop(self._stop)


@dataclass(frozen=True, eq=False)
class Draws:
    """Surrogates of a grid.

    Attributes
    ----------
    exceed, drawn
        (P, O) surrogates at least as extreme, and surrogates drawn until the pair was settled.
    settled
        (P, O) whether a pair was left early, at its `stop_after`-th exceedance.
    ended
        None, or why drawing ended before `n_permutations`.
    """

    exceed: Counts
    drawn: Counts
    settled: Pairs
    ended: Reason | None

    @property
    def most(self) -> int:
        """Surrogates that every pair has unless it was settled earlier."""
        return int(self.drawn.max(initial=0))

    @property
    def p_value(self) -> Floats:
        """Besag and Clifford's p: h/l when settled at draw l, else (exceed + 1)/(drawn + 1); NaN undrawn."""
        p: Floats = np.where(
            self.settled, self.exceed / np.maximum(self.drawn, 1), (self.exceed + 1) / (self.drawn + 1)
        )
        return np.where(self.drawn > 0, p, np.nan)


def draw(
    prepared: Prepared,
    orders: Orders,
    n_permutations: int,
    *,
    clock: Clock,
    method: str = "",
    stop_after: int | None = None,
    deadline: float | None = None,
    pairs: npt.NDArray[np.bool_] | None = None,
) -> Draws:
    """Compare every pair with surrogates, dropping pairs that are settled.

    Sequential stopping (Besag and Clifford 1991): a pair is left once `stop_after` surrogates were at least
    as extreme; its p = stop_after / draws is valid under the null, whatever the level.

    Parameters
    ----------
    prepared
        Statistics of all pairs.
    orders
        Where surrogates come from; all pairs share them.
    n_permutations
        Most surrogates per pair.
    clock, method
        Budget, cancel and progress, and what progress calls this.
    stop_after
        Exceedances that settle a pair; None: all surrogates are drawn.
    deadline
        `time.monotonic()` after which this method stops drawing. The first round is drawn even so; where
        one surrogate is slow, so that the round would be half a second late, at least one is drawn.
    pairs
        (P, O) which pairs are compared; None: all that can be tested.
    """
    observed = prepared.extreme
    bar = np.where(prepared.nothing, -np.inf, observed - TOLERANCE * np.abs(observed))
    active = np.isfinite(observed) if pairs is None else np.isfinite(observed) & pairs
    total = int(active.sum())
    exceed, drawn = np.zeros(observed.shape, np.intp), np.zeros(observed.shape, np.intp)
    settled = np.zeros(observed.shape, bool)
    taken, ended = 0, clock.stop() if clock.cancelled else None  # one surrogate always: a p beats none
    round_, pace = np.empty((0, 0), np.intp), 0.0
    while taken < n_permutations and active.any() and ended is None:
        if not len(round_):
            round_ = orders.draw(min(max(FIRST, taken), LARGEST, n_permutations - taken))
        began, count = time.monotonic(), len(round_)
        if clock.ends(deadline):  # the same orders in pieces: p is the same, the clock is seen more often
            count = max(1, min(count, int(PIECE / pace) if taken else 1))
        as_much = prepared.surrogates(round_[:count], active) >= bar
        round_, pace = round_[count:], max((time.monotonic() - began) / count, 1e-9)
        hits = exceed + as_much.cumsum(axis=0)
        limit = np.iinfo(np.intp).max if stop_after is None else stop_after
        full = hits >= limit  # (B, P, O): monotone in B
        enough = full[-1] & active
        used = np.where(enough, full.argmax(axis=0) + 1, count)
        exceed = np.where(active, np.minimum(hits[-1], limit), exceed)
        drawn = drawn + np.where(active, used, 0)
        settled |= enough
        active &= ~enough
        taken += count
        clock.report(method, total - int(active.sum()) if taken < n_permutations else total, total)
        if clock.cancelled or taken >= FIRST or pace * (FIRST - taken) > GRACE:
            ended = clock.stop(deadline)
    if taken >= n_permutations or not active.any():
        ended = None
    return Draws(exceed, drawn, settled, ended)


def all_surrogates(
    prepared: Prepared,
    orders: Orders,
    count: int,
    *,
    clock: Clock | None = None,
    method: str = "",
    deadline: float | None = None,
) -> Floats:
    """Return `count` surrogates of every pair, none dropped: (B, P, O), NaN where nothing can be tested.

    B is less than `count`, possibly 0, if the clock said stop; it is asked before each round.
    """
    clock, pairs = clock or Clock(), np.isfinite(prepared.extreme)
    rounds, total = [np.empty((0, *pairs.shape))], int(pairs.sum())
    for start in range(0, count, LARGEST):
        drawn = orders.draw(min(LARGEST, count - start))
        for piece in np.split(drawn, range(FIRST, len(drawn), FIRST)):
            if clock.stop(deadline) is not None:
                return np.concatenate(rounds)
            rounds.append(np.where(pairs, prepared.surrogates(piece, pairs), np.nan))
            clock.report(method, total, total)
    return np.concatenate(rounds)
