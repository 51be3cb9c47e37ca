"""Sequential drawing of surrogates for a whole grid: each pair gets as many as it needs, up to a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.stats.independence.base import Pairs, Prepared
from facelib.stats.independence.permutation.permutations import Orders
from facelib.utilities.checks import Floats
from facelib.utilities.progress import Progress as AnyProgress
from facelib.utilities.progress import Stop, check_stop

Counts = npt.NDArray[np.intp]
TOLERANCE = 1e-9  # relative: ties count as "at least as extreme"
FIRST, LARGEST = 20, 200  # surrogates per round


@dataclass(frozen=True)
class Progress(AnyProgress):
    """Progress of a grid: `done` of `total` pairs of `method` are settled."""

    done: int
    total: int
    method: str = ""


GridReport = Callable[[Progress], object]
"""Called with the progress of a grid."""


@dataclass(frozen=True)
class Watch:
    """Who hears of a run, and who can stop it.

    Attributes
    ----------
    progress
        Called with a `Progress` after every round.
    stop
        Asked after every round; once it answers True, `facelib.errors.Cancelled` is raised.
    """

    progress: GridReport | None = None
    stop: Stop | None = None

    def report(self, method: str, done: int, total: int) -> None:
        """Report that `done` of `total` pairs of a method are settled."""
        if self.progress is not None:
            self.progress(Progress(done, total, method, method))
        check_stop(self.stop)


@dataclass(frozen=True, eq=False)
class Draws:
    """Surrogates of a grid.

    Attributes
    ----------
    exceed, drawn
        (P, O) surrogates at least as extreme, and surrogates drawn until the pair was settled.
    settled
        (P, O) whether a pair was left early, at its `stop_after`-th exceedance.
    """

    exceed: Counts
    drawn: Counts
    settled: Pairs

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
    stop_after: int | None = None,
    pairs: npt.NDArray[np.bool_] | None = None,
    told: Callable[[int], object] = lambda _open: None,
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
    stop_after
        Exceedances that settle a pair; None: all surrogates are drawn.
    pairs
        (P, O) which pairs are compared; None: all that can be tested.
    told
        Called after every round with the number of pairs that are still open.
    """
    observed = prepared.extreme
    bar = np.where(prepared.nothing, -np.inf, observed - TOLERANCE * np.abs(observed))
    active = np.isfinite(observed) if pairs is None else np.isfinite(observed) & pairs
    exceed, drawn = np.zeros(observed.shape, np.intp), np.zeros(observed.shape, np.intp)
    settled = np.zeros(observed.shape, bool)
    limit = np.iinfo(np.intp).max if stop_after is None else stop_after
    taken = 0
    while taken < n_permutations and active.any():
        count = min(max(FIRST, taken), LARGEST, n_permutations - taken)
        as_much = prepared.surrogates(orders.draw(count), active) >= bar
        hits = exceed + as_much.cumsum(axis=0)
        full = hits >= limit  # (B, P, O): monotone in B
        enough = full[-1] & active
        used = np.where(enough, full.argmax(axis=0) + 1, count)
        exceed = np.where(active, np.minimum(hits[-1], limit), exceed)
        drawn = drawn + np.where(active, used, 0)
        settled |= enough
        active &= ~enough
        taken += count
        told(int(active.sum()) if taken < n_permutations else 0)
    return Draws(exceed, drawn, settled)
