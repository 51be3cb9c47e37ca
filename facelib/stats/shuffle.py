"""The shuffle test: do the outputs follow the order of the strengths? It says nothing about how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from facelib.errors import BadValueError
from facelib.stats.checks import Floats, as_count, as_series
from facelib.stats.gradients import epgm

Convention = Literal["corrected", "published"]
Side = Literal["larger", "smaller", "equal"]

TOLERANCE = 1e-9  # relative: ties count as "at least as extreme"
SMALLEST_P = {2: 1.0, 3: 2 / 6, 4: 16 / 24, 5: 8 / 120, 6: 16 / 720, 7: 24 / 5040, 8: 48 / 40320}
"""Smallest exact p of a rising or falling curve of so many strengths (enumerated); a zigzag can go lower."""
LEVELS = (0.05, 0.01)
_CHUNK = 1 << 16  # numbers shuffled at a time: stays in the cache


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
        would give; (2, k) for (n, k).
    side
        Whether the EPGM is "larger" or "smaller" than its shuffles' mean (or "equal"). Smooth *and*
        alternating curves are smaller: a small p never means a large gradient.
    null_mean
        Mean EPGM of the shuffles: closed form ("corrected") or of those drawn ("published").
    n, n_permutations, convention, seed
        What was run.
    notes
        What the reader must know about this p.
    """

    epgm: float | Floats
    p_value: float | Floats
    p_interval: tuple[float, float] | Floats
    side: Side | npt.NDArray[np.str_]
    null_mean: float | Floats
    n: int
    n_permutations: int
    convention: Convention
    seed: int
    notes: tuple[str, ...]


def shuffle_test(
    p: npt.ArrayLike, n_permutations: int = 1000, convention: Convention = "corrected", seed: int = 0
) -> ShuffleTest:
    """Compare the EPGM of a series with those of its shuffles (Penzel and Denzler, WACV 2026).

    p = #{|null_b - m| >= |EPGM - m|} / B with m the mean of the null, as published; by default
    (count + 1) / (B + 1) with m in closed form, which makes the test exact. Comparisons have a relative
    tolerance of 1e-9: ties count.

    Parameters
    ----------
    p
        (n,) or (n, k): outputs along n >= 2 strengths. The k series share their permutations.
    n_permutations
        B.
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
    """
    series = as_series(p)
    count = as_count(n_permutations, "The number of permutations")
    number = as_count(seed, "The seed", least=0)
    if convention not in ("corrected", "published"):
        msg = f'The convention is "corrected" or "published"; got {convention!r}.'
        raise BadValueError(msg)
    observed = epgm(series)
    null = _shuffled(series, count, number)
    mean = closed_form_mean(series) if convention == "corrected" else null.mean(axis=0)
    slack = TOLERANCE * (observed + mean) + 8 * np.finfo(float).eps * np.abs(series).max(axis=0)
    extreme = np.count_nonzero(np.abs(null - mean) >= np.abs(observed - mean) - slack, axis=0)
    p_value = (extreme + 1) / (count + 1) if convention == "corrected" else extreme / count
    far = np.abs(observed - mean) > slack
    side = np.where(far, np.where(observed > mean, "larger", "smaller"), "equal")
    interval = np.stack(clopper_pearson(extreme, count))
    notes = _notes(len(series), count, convention, bool((np.ptp(series, axis=0) == 0).any()))
    many = np.ndim(p) == 2
    low, high = interval[:, 0]
    return ShuffleTest(
        epgm=observed if many else float(observed[0]),
        p_value=p_value if many else float(p_value[0]),
        p_interval=interval if many else (float(low), float(high)),
        side=side if many else cast(Side, str(side[0])),
        null_mean=mean if many else float(mean[0]),
        n=len(series),
        n_permutations=count,
        convention=convention,
        seed=number,
        notes=notes,
    )


def closed_form_mean(series: Floats) -> Floats:
    """Return the mean EPGM over all permutations: (n + 2) / (2n) × mean |p_i - p_j| of two distinct values.

    (n, k) -> (k,); computed from the sorted values in O(n log n).
    """
    n = len(series)
    ordered = np.sort(series, axis=0)
    ordered -= ordered[0]
    weights = 2 * np.arange(n) - (n - 1)
    distance: Floats = weights @ ordered / (n * (n - 1) / 2)
    return distance * (n + 2) / (2 * n)


def clopper_pearson(hits: npt.ArrayLike, n: int, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact binomial interval of `hits` in `n` trials, elementwise.

    >>> low, high = clopper_pearson(0, 1000)
    >>> float(low), round(float(high), 5)
    (0.0, 0.00368)
    """
    k = np.asarray(hits, np.float64)
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return low, high


def _shuffled(series: Floats, n_permutations: int, seed: int) -> Floats:
    """Return the EPGM of every shuffle, (B, k), the same permutations for all k series."""
    n, k = series.shape
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.broadcast_to(np.arange(n)[:, None], (n, n_permutations)), axis=0)
    step = max(1, _CHUNK // (n * k))
    parts = [epgm(series[orders[:, start : start + step]]) for start in range(0, n_permutations, step)]
    return np.concatenate(parts)


def _notes(n: int, n_permutations: int, convention: Convention, constant: bool) -> tuple[str, ...]:
    notes = []
    smallest = SMALLEST_P.get(n, 0.0)
    unreachable = [level for level in LEVELS if smallest > level]
    if unreachable:
        notes.append(
            f"With {n} strengths a rising or falling curve can't have a p below {_short(smallest)}: "
            f"it can't be significant at {_short(unreachable[0])}."
        )
    finest = 1 / (n_permutations + 1)
    coarse = [level for level in LEVELS if finest > level]
    if convention == "corrected" and coarse:
        notes.append(
            f"With {n_permutations} permutations the smallest possible p is {_short(finest)}: "
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
