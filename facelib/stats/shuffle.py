"""The shuffle test: whether outputs depend on the order of the strengths; it says nothing about size."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from facelib.errors import BadValueError
from facelib.stats.gradients import epgm, unmasked
from facelib.utilities.checks import Floats, as_count, as_series
from facelib.utilities.short_repr import in_short

Convention = Literal["corrected", "published"]
Side = Literal["larger", "smaller", "equal"]

TOLERANCE = 1e-9  # relative: ties count as "at least as extreme"
SMALLEST_P = {2: 1.0, 3: 2 / 6, 4: 16 / 24, 5: 8 / 120, 6: 16 / 720, 7: 24 / 5040, 8: 48 / 40320}
"""Smallest exact p of a rising or falling curve of so many strengths (enumerated); a zigzag can go lower."""
LEVELS = (0.05, 0.01)
EXACT_UP_TO = 8  # strengths: 8! = 40,320 orders are taken one by one
_CHUNK = 1 << 16  # numbers shuffled at a time: stays in the cache


@in_short()
@dataclass(frozen=True, eq=False)
class ShuffleNull:
    """The null distribution of the shuffle test of k series.

    Attributes
    ----------
    epgm
        (B, k) EPGM of every shuffle. An exact null has n! / 2 rows: an order stands for its reversal too.
    counted
        bool (B, k): at least as far from the mean as the observed EPGM, ties included.
    mean
        (k,) mean of the null: closed form ("corrected") or of those drawn ("published").
    slack
        (k,) within which two distances are equal.
    exact
        Whether all orders were taken.
    """

    epgm: Floats
    counted: npt.NDArray[np.bool_]
    mean: Floats
    slack: Floats
    exact: bool


@in_short()
@dataclass(frozen=True, eq=False)
class ShuffleTest:
    """Result of the shuffle test; floats for a series (n,), arrays (k,) for (n, k).

    Attributes
    ----------
    epgm
        Expected property gradient magnitude of the series itself.
    p_value
        Share of shuffles whose EPGM is at least as far from the null's mean.
    p_interval
        Lower and upper end of the 95 % Monte-Carlo interval (Clopper-Pearson) of the p that all permutations
        would give; (2, k) for (n, k). An exact p is both ends.
    side
        Whether the EPGM is "larger" or "smaller" than its shuffles' mean (or "equal"). Smooth *and*
        alternating curves are smaller: a small p never means a large gradient.
    null_mean
        Mean EPGM of the shuffles: closed form ("corrected") or of those drawn ("published").
    exact
        Whether all n! orders were taken instead of a sample: the p is not estimated, and the seed is idle.
    n, n_permutations, convention, seed
        What was run; an exact test has n! permutations.
    notes
        What the reader must know about this p.
    """

    epgm: float | Floats
    p_value: float | Floats
    p_interval: tuple[float, float] | Floats
    side: Side | npt.NDArray[np.str_]
    null_mean: float | Floats
    exact: bool
    n: int
    n_permutations: int
    convention: Convention
    seed: int
    notes: tuple[str, ...]

    def column(self, k: int) -> ShuffleTest:
        """Return the result of series `k` of a test of (n, k) series, as if it had been tested alone."""
        low, high = np.asarray(self.p_interval)[:, k]
        return replace(
            self,
            epgm=float(np.asarray(self.epgm)[k]),
            p_value=float(np.asarray(self.p_value)[k]),
            p_interval=(float(low), float(high)),
            side=cast(Side, str(np.asarray(self.side)[k])),
            null_mean=float(np.asarray(self.null_mean)[k]),
        )


def shuffle_test(
    p: npt.ArrayLike, n_permutations: int = 1000, convention: Convention = "corrected", seed: int = 0
) -> ShuffleTest:
    """Compare the EPGM of a series with those of its shuffles (Penzel and Denzler, WACV 2026).

    p = #{|null_b - m| >= |EPGM - m|} / B with m the mean of the null, as published; by default
    (count + 1) / (B + 1) with m in closed form, which keeps the level. Comparisons have a relative tolerance
    of 1e-9: ties count. Up to 8 strengths the corrected test takes all n! orders: its p is exact.

    Parameters
    ----------
    p
        (n,) or (n, k): outputs along n >= 2 strengths. The k series share their permutations.
    n_permutations
        B; idle where the test is exact.
    convention
        "corrected", or "published" for parity: a p of 0 is possible there.
    seed
        Seed of the permutations.

    Raises
    ------
    BadValueError
        If `p` has another shape, is too short or holds NaN, or an option is unknown.

    Examples
    --------
    >>> test = shuffle_test([0.9, 0.8, 0.75, 0.6, 0.5, 0.42, 0.3, 0.2, 0.15, 0.1, 0.05])
    >>> test.p_value < 0.01, test.side
    (True, 'smaller')
    >>> shuffle_test([0.5] * 11).p_value
    1.0
    >>> few = shuffle_test([0.9, 0.8, 0.6, 0.3, 0.1])
    >>> few.exact, few.n_permutations, round(few.p_value, 3)
    (True, 120, 0.067)
    """
    drawn = shuffle_null(p, n_permutations, convention, seed)
    series, exact, count = as_series(unmasked(p)), drawn.exact, len(drawn.epgm)
    observed, mean = epgm(series), drawn.mean
    extreme = np.count_nonzero(drawn.counted, axis=0)
    p_value = (extreme + 1) / (count + 1) if convention == "corrected" else extreme / count
    interval = np.stack(clopper_pearson(extreme, count))
    if exact:
        count = math.factorial(len(series))
        p_value = extreme / len(drawn.epgm)
        interval = np.stack([p_value, p_value])
    far = np.abs(observed - mean) > drawn.slack
    test = ShuffleTest(
        epgm=observed,
        p_value=p_value,
        p_interval=interval,
        side=np.where(far, np.where(observed > mean, "larger", "smaller"), "equal"),
        null_mean=mean,
        exact=exact,
        n=len(series),
        n_permutations=count,
        convention=convention,
        seed=int(seed),
        notes=_notes(
            len(series),
            0 if exact else count,
            convention,
            constant=bool((np.ptp(series, axis=0) == 0).any()),
        ),
    )
    return test if np.ndim(p) == 2 else test.column(0)


def shuffle_null(
    p: npt.ArrayLike, n_permutations: int = 1000, convention: Convention = "corrected", seed: int = 0
) -> ShuffleNull:
    """Return the null distribution behind `shuffle_test`, with the same arguments: what a figure shows.

    Raises
    ------
    BadValueError
        As `shuffle_test`.

    Examples
    --------
    >>> null = shuffle_null([0.9, 0.8, 0.6, 0.3, 0.1])
    >>> null.epgm.shape, int(null.counted.sum())
    ((60, 1), 4)
    """
    series = as_series(unmasked(p))
    count = as_count(n_permutations, "The number of permutations")
    number = as_count(seed, "The seed", least=0)
    if not isinstance(convention, str) or convention not in ("corrected", "published"):
        msg = f'The convention is "corrected" or "published"; got {convention!r}.'
        raise BadValueError(msg)
    exact = convention == "corrected" and len(series) <= EXACT_UP_TO
    observed = epgm(series)
    null = _shuffled(series, count, number, exact=exact)
    mean = _closed_form_mean(series) if convention == "corrected" else null.mean(axis=0)
    slack = TOLERANCE * (observed + mean) + 8 * np.finfo(float).eps * np.abs(series).max(axis=0)
    counted = np.abs(null - mean) >= np.abs(observed - mean) - slack
    return ShuffleNull(epgm=null, counted=counted, mean=mean, slack=slack, exact=exact)


def closed_form_mean(series: npt.ArrayLike) -> Floats:
    """Return the mean EPGM over all permutations: (n + 2) / (2n) × mean |p_i - p_j| of two distinct values.

    Computed from the sorted values in O(n log n).

    Parameters
    ----------
    series
        (n, k) outputs along n >= 2 strengths, or (n,).

    Returns
    -------
    numpy.ndarray
        (k,).

    Raises
    ------
    BadValueError
        If they are fewer, or not finite numbers.

    Examples
    --------
    >>> closed_form_mean([0.0, 0.5, 1.0]).round(4).tolist()
    [0.5556]
    """
    return _closed_form_mean(as_series(series))


def _closed_form_mean(series: Floats) -> Floats:
    n = len(series)
    ordered = np.sort(series, axis=0)
    ordered -= ordered[0]
    weights = 2 * np.arange(n) - (n - 1)
    distance: Floats = weights @ ordered / (n * (n - 1) / 2)
    return distance * (n + 2) / (2 * n)


def clopper_pearson(hits: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact binomial interval of `hits` in `n` trials, elementwise.

    >>> low, high = clopper_pearson(0, 1000)
    >>> float(low), round(float(high), 5)
    (0.0, 0.00368)
    """
    k, n = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return low, high


def _shuffled(series: Floats, n_permutations: int, seed: int, *, exact: bool = False) -> Floats:
    """Return the EPGM of every shuffle of (n, k) series, (B, k), the same permutations for all of them.

    With `exact`, of every order there is; an order and its reversal have one EPGM, so one of them is taken.
    """
    n, k = series.shape
    if exact:
        orders = _all_orders(n)
    else:
        rng, shape = np.random.default_rng(seed), (n, n_permutations)
        if k == 1:  # shuffled itself, by the same permutations: half the time at 101 strengths
            return epgm(rng.permuted(np.broadcast_to(series, shape), axis=0))[:, None]
        orders = rng.permuted(np.broadcast_to(np.arange(n)[:, None], shape), axis=0)
    step = max(1, _CHUNK // (n * k))
    parts = [epgm(series[orders[:, place : place + step]]) for place in range(0, orders.shape[1], step)]
    return np.concatenate(parts)


@functools.cache
def _all_orders(n: int) -> npt.NDArray[np.intp]:
    """Return all orders of n things but for reversals, (n, n! / 2); the identity is the first."""
    half = [order for order in itertools.permutations(range(n)) if order[0] < order[-1]]
    orders = np.array(half, np.intp).T
    orders.setflags(write=False)
    return orders


def _notes(n: int, drawn: int, convention: Convention, *, constant: bool) -> tuple[str, ...]:
    """State the limits of this p; `drawn` is the number of sampled permutations, 0 for an exact test."""
    notes = []
    smallest = SMALLEST_P.get(n, 0.0)
    unreachable = [level for level in LEVELS if smallest > level]
    if unreachable:
        notes.append(
            f"With {n} strengths a rising or falling curve can't have a p below {_short(smallest)}: "
            f"it can't be significant at {_short(unreachable[0])}."
        )
    finest = 1 / (drawn + 1)
    coarse = [level for level in LEVELS if finest > level]
    if convention == "corrected" and drawn and coarse:
        notes.append(
            f"With {drawn} permutations the smallest possible p is {_short(finest)}: "
            f"this test can't reject at {_short(coarse[0])}."
        )
    if convention == "published":
        notes.append(
            "As published: a p of 0 means that none of the shuffles drawn was as extreme, not that none is."
        )
    if constant:
        notes.append("A constant series has no order to test: EPGM 0, p = 1.")
    return tuple(notes)


def _short(p: float) -> str:
    return f"{p:.2g}".removeprefix("0")
