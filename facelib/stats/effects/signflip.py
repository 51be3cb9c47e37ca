"""The sign-flip test over identities: the mean difference against those with signs flipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_count, as_reals
from facelib.utilities.short_repr import in_short

Alternative = Literal["two-sided", "less", "greater"]

ALTERNATIVES: tuple[Alternative, ...] = ("two-sided", "less", "greater")
EXACT_UP_TO = 16  # identities: 65,536 sign patterns
FLIPS = 9999
SLACK = 1e-9  # of a statistic between -sqrt(n) and sqrt(n): ties count
_BLOCK = 1 << 20  # numbers at a time
_STREAM = 1  # keeps the flips apart from resamples drawn with the same seed


def as_alternative(alternative: Any) -> Alternative:
    """Return an alternative, or raise `BadValueError` if it is none of `ALTERNATIVES`."""
    if not isinstance(alternative, str) or alternative not in ALTERNATIVES:
        msg = f"The alternative is one of {', '.join(ALTERNATIVES)}; got {alternative!r}."
        raise BadValueError(msg)
    return alternative


@in_short()
@dataclass(frozen=True, eq=False)
class SignFlipTest:
    """Result of the sign-flip test; scalars for differences (n,), arrays (m,) for (n, m).

    Attributes
    ----------
    statistic
        Σd / sqrt(Σd²), between -sqrt(n) and sqrt(n): for each column an increasing function of Student's t.
    p_value
        Share of sign patterns with a statistic at least as extreme; NaN without any identity.
    exact
        Whether all 2^n patterns of the n that have a difference were enumerated.
    n
        Identities that have a difference.
    n_flips
        Patterns that the columns share: 2^n, or those drawn at random.
    alternative, seed
        What was run.
    """

    statistic: float | Floats
    p_value: float | Floats
    exact: bool | npt.NDArray[np.bool_]
    n: int | npt.NDArray[np.int64]
    n_flips: int
    alternative: Alternative
    seed: int


def sign_flip(
    differences: npt.ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    n_flips: int = FLIPS,
    exact_up_to: int = EXACT_UP_TO,
    seed: int = 0,
) -> SignFlipTest:
    """Test whether differences have mean 0, by flipping the signs of whole identities.

    Exact if each identity's difference is symmetric about 0 under the null: that is "nothing happens". It is
    no exact test of a mean of 0: with skewed differences of mean 0 the p of "less" is too small if the tail
    is on the right, too large if it is on the left. Measured at nominal .05, n = 20 / 60: exponential
    .11 / .09, lognormal .18 / .13; with the tail on the left .02 / .03 and .01 / .02.

    Parameters
    ----------
    differences
        (n,) one difference per identity, or (n, m): m columns that share their flips (classifiers, classes).
        Several faces of one identity are averaged before. NaN, or masked: this identity has no difference
        there.
    alternative
        "less": the mean lies below 0.
    n_flips
        Random patterns, where there are more than `exact_up_to` identities: p = (b + 1) / (B + 1).
    exact_up_to
        Up to so many identities all 2^n patterns are enumerated: for each column by its own n.
    seed
        Seed of the random patterns.

    Raises
    ------
    BadValueError
        If the shape is another, a difference is infinite, or an option is unknown.

    Examples
    --------
    >>> test = sign_flip([-0.3, -0.2, -0.4, -0.1, -0.25], alternative="less")
    >>> test.p_value, test.exact
    (0.03125, True)
    """
    columns, many = as_differences(differences)
    as_alternative(alternative)
    draws, most = as_count(n_flips, "The number of flips"), as_count(exact_up_to, "exact_up_to", least=0)
    number = as_count(seed, "The seed", least=0)
    present = ~np.isnan(columns)
    n = present.sum(axis=0)
    kept = columns[present.any(axis=1)]
    most = min(most, 30)
    exact = len(kept) <= most
    scaled = _scaled(np.nan_to_num(kept))
    statistic = scaled.sum(axis=0)
    observed = {"two-sided": np.abs(statistic), "less": -statistic, "greater": statistic}[alternative] - SLACK
    rng, m = np.random.default_rng([number, _STREAM]), scaled.shape[1]
    patterns = _all_patterns(len(kept), m) if exact else _random_patterns(len(kept), draws, rng, m)
    hits, total = _count(patterns, scaled, observed, alternative, mirrored=exact)
    testable = n > 0
    if exact:
        p_value = hits / total
    else:
        p_value = (hits + 1) / (total + 1)
        few = np.flatnonzero(n <= most)
        there = present[present.any(axis=1)][:, few]
        p_value[few] = _enumerated(scaled[:, few], there, observed[few], alternative)
    p_value = np.where(testable, p_value, np.nan)
    statistic = np.where(testable, statistic, np.nan)
    return SignFlipTest(
        statistic=statistic if many else float(statistic[0]),
        p_value=p_value if many else float(p_value[0]),
        exact=n <= most if many else exact,
        n=n if many else int(n[0]),
        n_flips=total,
        alternative=alternative,
        seed=number,
    )


def smallest_p(
    n: int, alternative: Alternative, n_flips: int = FLIPS, exact_up_to: int = EXACT_UP_TO
) -> float:
    """Return the smallest p that n identities can reach.

    >>> smallest_p(5, "two-sided"), smallest_p(5, "less")
    (0.0625, 0.03125)
    """
    exact = 2.0 ** (1 - n if alternative == "two-sided" else -n)
    return min(1.0, exact) if n <= exact_up_to else max(exact, 1 / (n_flips + 1))


def as_differences(differences: Any) -> tuple[Floats, bool]:
    """Return differences as float64 (n, m), NaN allowed, and whether they came as columns."""
    array = as_array(differences, "Differences")
    if array.ndim not in (1, 2) or array.size == 0:
        msg = f"Differences have shape (n,) or (n, m), at least one identity; got {array.shape}."
        raise BadValueError(msg)
    if np.isinf(array).any():
        msg = f"Differences must be finite (NaN: missing); {int(np.isinf(array).sum())} are infinite."
        raise BadValueError(msg)
    return array.reshape(len(array), -1), array.ndim == 2


def as_array(values: Any, what: str) -> Floats:
    """Return `values` as float64 of any shape, NaN where missing or masked, or raise `BadValueError`."""
    array = as_reals(values, what)
    if np.ma.isMaskedArray(values):
        array[np.ma.getmaskarray(values)] = np.nan
    return array


def _scaled(columns: Floats) -> Floats:
    """Return columns whose squares sum to one; flips don't change that sum."""
    largest = np.abs(columns).max(axis=0, initial=0.0)
    unit: Floats = columns / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((unit**2).sum(axis=0))
    return unit / np.where(length > 0, length, 1.0)


def _all_patterns(n: int, m: int) -> Iterator[Floats]:
    """Yield all sign patterns whose first sign is +, in blocks (b, n); the others are their mirror images."""
    total = 1 << max(n - 1, 0)
    bits = np.arange(max(n - 1, 0))
    step = max(1, _BLOCK // max(n, m))
    for start in range(0, total, step):
        numbers = np.arange(start, min(start + step, total))
        signs = np.ones((len(numbers), n))
        signs[:, 1:] -= 2.0 * (numbers[:, None] >> bits & 1)
        yield signs


def _random_patterns(n: int, draws: int, rng: np.random.Generator, m: int) -> Iterator[Floats]:
    step = max(1, _BLOCK // max(n, m))
    for start in range(0, draws, step):
        size = (min(step, draws - start), n)
        yield 2.0 * rng.integers(0, 2, size, np.int8) - 1.0


def _enumerated(
    scaled: Floats, given: npt.NDArray[np.bool_], bars: Floats, alternative: Alternative
) -> Floats:
    """Return (m,) p over all patterns of each column's own identities; columns of one n at once."""
    sizes = given.sum(axis=0)
    p = np.full(len(sizes), np.nan)
    for size in np.unique(sizes[sizes > 0]):
        which = np.flatnonzero(sizes == size)
        own = scaled.T[which][given.T[which]].reshape(len(which), size).T
        hits, total = _count(_all_patterns(size, len(which)), own, bars[which], alternative, mirrored=True)
        p[which] = hits / total
    return p


def _count(
    patterns: Iterator[Floats], scaled: Floats, bars: Floats, alternative: Alternative, *, mirrored: bool
) -> tuple[npt.NDArray[np.int64], int]:
    """Return (m,) how many patterns reach each bar, and how many there are."""
    hits = np.zeros(scaled.shape[1], np.int64)
    total = 0
    for signs in patterns:
        null = signs @ scaled
        if alternative == "two-sided":
            sides = [np.abs(null)] * (2 if mirrored else 1)
        else:
            # A mirrored pattern has minus the statistic; random signs are as good as their mirror image.
            sides = [null, -null] if mirrored else [-null if alternative == "less" else null]
        for side in sides:
            hits += (side >= bars).sum(axis=0)
            total += len(side)
    return hits, total
