"""Accuracy, calibration and agreement of classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_count, as_list, as_share
from facelib.utilities.short_repr import in_short

Ints = npt.NDArray[np.int64]

BINS = 10
RESAMPLES = 2000
_STREAM = 7  # keeps these resamples apart from others drawn with the same seed
_BLOCK = 2_000_000  # weights that are held at once


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, and how many heads, pictures … it rests on; NaN where there are none."""

    value: float
    low: float
    high: float
    n: int


@in_short()
@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy of a classifier, by bins of confidence.

    Attributes
    ----------
    edges
        float64 (B + 1,) of the bins; each has its upper edge, the first both.
    n
        int64 (B,) how many lie in each.
    confidence, right
        float64 (B,) mean confidence, and share that is right; NaN in empty bins.
    error
        Expected calibration error: the mean of |right − confidence| over the bins, weighted by `n`.
    """

    edges: Floats
    n: Ints
    confidence: Floats
    right: Floats
    error: Estimate


def exact_mcnemar(lost: int, gained: int) -> float:
    """Return the two-sided p of McNemar's exact test; 1 where nothing changed.

    Parameters
    ----------
    lost, gained
        Pairs that were right only before, and only after; pairs are independent.

    Examples
    --------
    >>> exact_mcnemar(0, 6), exact_mcnemar(0, 0)
    (0.03125, 1.0)
    """
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + gained).pvalue) if lost + gained else 1.0


def paired_difference(
    both: int, lost: int, gained: int, neither: int, level: float = 0.95
) -> tuple[float, float, float]:
    """Return the change of a share in pairs, and its interval, which has width where nothing changed, too.

    Newcombe 1998, method 10, doi 10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C: from
    Wilson's intervals of both shares and their correlation.

    Parameters
    ----------
    both, lost, gained, neither
        Pairs that are right before and after, only before, only after, and never.
    level
        Of the interval.

    Returns
    -------
    tuple of float
        Share after minus share before, lower and upper end.

    Examples
    --------
    >>> [round(value, 3) for value in paired_difference(10, 0, 0, 0)]
    [0.0, -0.278, 0.278]
    """
    n = both + lost + gained + neither
    before, after = wilson(both + lost, n, level), wilson(both + gained, n, level)
    product = float(both * neither - lost * gained)
    if product > 0:
        product = max(product - n / 2, 0.0)
    spread = float(both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    phi = product / spread**0.5 if spread else 0.0

    def reach(one: float, other: float) -> float:
        return float(max(one**2 - 2 * phi * one * other + other**2, 0.0) ** 0.5)

    change = after.value - before.value
    low = change - reach(after.value - after.low, before.high - before.value)
    high = change + reach(after.high - after.value, before.value - before.low)
    return change, max(low, -1.0), min(high, 1.0)


def wilson(hits: int, n: int, level: float = 0.95) -> Estimate:
    """Return a share with Wilson's interval, which holds for small n and for shares of 0 and 1 too.

    Wilson 1927, doi 10.1080/01621459.1927.10502953.

    Raises
    ------
    BadValueError
        Unless 0 ≤ hits ≤ n, whole numbers.

    Examples
    --------
    >>> share = wilson(8, 10)
    >>> round(share.low, 3), share.value, round(share.high, 3)
    (0.49, 0.8, 0.943)
    """
    from scipy.stats import binomtest

    count = as_count(n, "The number of trials", least=0)
    hit = as_count(hits, "The number of hits", least=0)
    if hit > count:
        msg = f"There are at most as many hits as trials; got {hit} of {count}."
        raise BadValueError(msg)
    width = as_share(level, "The level of an interval")
    if count == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    interval = binomtest(hit, count).proportion_ci(width, method="wilson")
    return Estimate(hit / count, float(interval.low), float(interval.high), count)


def confusion(intended: npt.ArrayLike, named: npt.ArrayLike, shape: tuple[int, int]) -> Ints:
    """Return the confusion matrix: how often each class was named for each class that was meant.

    Parameters
    ----------
    intended, named
        (n,) whole numbers: classes from 0 on.
    shape
        How many classes are meant, and how many are named.

    Returns
    -------
    int64 (meant, named)

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], (2, 2)).tolist()
    [[1, 1], [0, 1]]
    """
    rows, columns = _classes(intended, shape[0]), _classes(named, shape[1])
    if len(rows) != len(columns):
        msg = f"Classes that were meant and named come in pairs; got {len(rows)} and {len(columns)}."
        raise BadValueError(msg)
    flat = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.int64)


def reliability(
    confidence: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    bins: int = BINS,
    level: float = 0.95,
    n_bootstrap: int = RESAMPLES,
    seed: int = 0,
) -> Reliability:
    """Compare a classifier's confidence with its accuracy.

    The expected calibration error is above 0 even where all is well: noise in the bins doesn't cancel. Its
    interval is the basic bootstrap's, which takes that bias off; 95 % intervals covered, in 300 samples each
    of 70 / 350 / 700, .61 / .66 / .68 for a perfect classifier (it then begins above 0 in the others),
    .84 / .92 / .89 for a true error of .04, and .88 to .95 for one above .2. The percentile interval never
    covered the first.

    Parameters
    ----------
    confidence
        (n,) largest probability, in [0, 1].
    right
        (n,) whether the class that has it is right.
    bins
        Of equal width, from 0 to 1.
    level, n_bootstrap, seed
        Of the interval of the error.

    Raises
    ------
    BadValueError
        If the lists differ in length, are empty, or hold something else than shares and truths.

    Examples
    --------
    >>> found = reliability([0.9, 0.9, 0.9, 0.9], [True, True, True, False], bins=5)
    >>> round(found.error.value, 2), found.n.tolist()
    (0.15, [0, 0, 0, 0, 4])
    """
    sure = as_list(confidence, "Confidences", least=1)
    true = as_list(right, "Whether classes are right", least=1)
    if sure.shape != true.shape or sure.min() < 0 or sure.max() > 1 or not np.isin(true, (0.0, 1.0)).all():
        msg = (
            "Each of n classes has a confidence in [0, 1], and is right or not; got "
            f"{len(sure)} from {sure.min():.3g} to {sure.max():.3g}, and {len(true)} answers."
        )
        raise BadValueError(msg)
    count = as_count(bins, "The number of bins")
    edges = np.linspace(0.0, 1.0, count + 1)
    place = np.searchsorted(edges[1:-1], sure)
    n = np.bincount(place, minlength=count)
    with np.errstate(invalid="ignore"):
        mean_sure, mean_true = (np.bincount(place, values, count) / n for values in (sure, true))
    gaps = np.zeros((len(sure), count))
    gaps[np.arange(len(sure)), place] = true - sure
    value = float(np.abs(gaps.sum(axis=0)).sum() / len(sure))
    tail = (1 - as_share(level, "The level of an interval")) / 2
    again = _resampled_errors(gaps, as_count(n_bootstrap, "The number of resamples", least=99), seed)
    high, low = np.clip(2 * value - np.quantile(again, (tail, 1 - tail)), 0.0, 1.0).tolist()
    return Reliability(edges, n.astype(np.int64), mean_sure, mean_true, Estimate(value, low, high, len(sure)))


def cohen_kappa(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    classes: int,
    *,
    level: float = 0.95,
    n_bootstrap: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return Cohen's κ: how far two classifiers agree, beyond what their class frequencies give by chance.

    Cohen 1960, doi 10.1177/001316446002000104: 1 where they always agree, 0 where they do by chance; NaN
    where both name one class only. The interval is that of the percentiles of resampled pairs.

    Parameters
    ----------
    first, second
        (n,) whole numbers below `classes`: what each of them names.

    Examples
    --------
    >>> cohen_kappa([0, 0, 1, 1], [0, 0, 1, 1], 2).value
    1.0
    """
    table = confusion(first, second, (classes, classes))
    n = int(table.sum())
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    count = as_count(n_bootstrap, "The number of resamples", least=99)
    tail = (1 - as_share(level, "The level of an interval")) / 2
    value = float(_kappa(table[None])[0])
    if np.isnan(value):
        return Estimate(value, value, value, n)
    again = _generator(seed).multinomial(n, table.ravel() / n, count).reshape(-1, classes, classes)
    low, high = np.nanquantile(_kappa(again), (tail, 1 - tail)).tolist()
    return Estimate(value, low, high, n)


def _kappa(tables: Ints) -> Floats:
    """Return κ of each of the tables (B, K, K)."""
    n = tables.sum(axis=(1, 2))
    together = np.trace(tables, axis1=1, axis2=2) / n
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / n**2
    with np.errstate(invalid="ignore"):
        return np.where(chance < 1, (together - chance) / np.where(chance < 1, 1 - chance, 1.0), np.nan)


def _resampled_errors(gaps: Floats, count: int, seed: int) -> Floats:
    """Return the expected calibration errors of `count` resamples of the rows of `gaps` (n, bins)."""
    n, rng = len(gaps), _generator(seed)
    block = max(_BLOCK // n, 1)
    errors = []
    for start in range(0, count, block):
        weights = rng.multinomial(n, np.full(n, 1 / n), min(block, count - start))
        errors.append(np.abs(weights @ gaps).sum(axis=1) / n)
    return np.concatenate(errors)


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng([as_count(seed, "The seed", least=0), _STREAM])


def _classes(values: Any, count: int) -> Ints:
    given = as_list(values, "Classes", least=0)
    if len(given) and (given.min() < 0 or given.max() >= count or (given != np.floor(given)).any()):
        msg = f"Classes are whole numbers from 0 to {count - 1}; got {given.min():g} to {given.max():g}."
        raise BadValueError(msg)
    return given.astype(np.int64)
