"""Standardised effects: the mean difference in units of its spread over faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, gammaln, nctdtrinc, ndtri, stdtrit

from facelib.stats.effects.bootstrap import SAME, TINY
from facelib.stats.effects.signflip import Alternative, as_differences, smallest_p
from facelib.utilities.checks import Floats, as_share
from facelib.utilities.short_repr import in_short

HUGE = 1000.0  # of Student's t


@in_short()
@dataclass(frozen=True, eq=False)
class StandardisedEffect:
    """Cohen's d_z with Hedges' correction; floats for differences (n,), arrays (m,) for (n, m).

    Attributes
    ----------
    g
        J · mean / standard deviation; NaN below two identities or without spread.
    interval
        Its interval; (2, m) for (n, m). Exact if the differences are normal.
    correction
        Hedges' J = Γ(ν / 2) / (sqrt(ν / 2) Γ((ν - 1) / 2)) with ν = n - 1; near 1 - 3 / (4ν - 1).
    n
        Identities.
    level
        Of the interval.
    """

    g: float | Floats
    interval: tuple[float, float] | Floats
    correction: float | Floats
    n: int | npt.NDArray[np.int64]
    level: float


def standardised_effect(differences: npt.ArrayLike, *, level: float = 0.95) -> StandardisedEffect:
    """Return the mean difference over its standard deviation (Cohen's d_z), corrected after Hedges (1981).

    The interval holds those noncentralities λ / sqrt(n) of Student's t that the observed t is compatible with
    (Cumming and Finch 2001), times Hedges' correction. Two identities have no correction (J = 0): NaN.

    Parameters
    ----------
    differences
        (n,) one difference per identity, or (n, m). NaN: missing.
    level
        Of the interval.

    Raises
    ------
    BadValueError
        If the shape is another or a difference is infinite.

    Examples
    --------
    >>> effect = standardised_effect([0.1, 0.2, 0.3, 0.25, 0.15])
    >>> round(effect.g, 3), round(effect.correction, 3)
    (2.019, 0.798)
    """
    columns, many = as_differences(differences)
    tail = (1 - as_share(level, "The level of an interval")) / 2
    present = ~np.isnan(columns)
    n = present.sum(axis=0)
    df = np.maximum(n - 1, 1).astype(np.float64)
    mean = np.where(present, columns, 0.0).sum(axis=0) / np.maximum(n, 1)
    spread = np.sqrt((np.where(present, columns - mean, 0.0) ** 2).sum(axis=0) / df)
    largest = np.abs(columns).max(axis=0, where=present, initial=0.0)
    usable = (n > 2) & (spread > np.maximum(SAME * largest, TINY))
    d = np.full(len(n), np.nan)
    d[usable] = mean[usable] / spread[usable]
    half = np.maximum(df, 2) / 2
    correction = np.where(n > 2, np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half), np.nan)
    ends = np.full((2, len(n)), np.nan)
    root = np.sqrt(n[usable])
    for end, share in zip(ends, (1 - tail, tail), strict=True):
        end[usable] = _noncentrality(df[usable], share, d[usable] * root) / root * correction[usable]
    g = d * correction
    low, high = ends[:, 0]
    return StandardisedEffect(
        g=g if many else float(g[0]),
        interval=ends if many else (float(low), float(high)),
        correction=correction if many else float(correction[0]),
        n=n if many else int(n[0]),
        level=level,
    )


def smallest_found(
    n: npt.ArrayLike,
    sd: npt.ArrayLike,
    *,
    power: float = 0.80,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> Floats:
    """Return the smallest mean changes that a design tells from none as often as `power`.

    The effects are taken as normal: the sign-flip test then has the power of Student's t-test, uncorrected.

    Parameters
    ----------
    n, sd
        (m,) identities, and standard deviations of the effects between them, in units of the effect.
    power
        Share of studies in which the test rejects.
    alpha, alternative
        Of the test.

    Returns
    -------
    numpy.ndarray
        (m,), above 0; NaN where so few identities can't reject at all, or have no spread.

    Examples
    --------
    >>> smallest_found([24, 3], [0.15, 0.15]).round(3).tolist()
    [0.09, nan]
    """
    people, spread = np.atleast_1d(n).astype(np.int64), np.atleast_1d(sd).astype(np.float64)
    level = alpha / 2 if alternative == "two-sided" else alpha
    found = np.full(len(people), np.nan)
    for count in np.unique(people):
        if count >= 2 and smallest_p(int(count), alternative) <= alpha:
            df = float(count - 1)
            gap = float(nctdtrinc(df, 1 - power, float(stdtrit(df, 1 - level))))
            found[people == count] = gap / np.sqrt(count)
    return np.where(spread > 0, found * spread, np.nan)


def _noncentrality(df: Floats, share: float, t: Floats) -> Floats:
    """Return the noncentralities at which t is the quantile `share` of Student's t, (k,) each.

    Beyond |t| = 1000 the search takes minutes. There λ ≈ t sqrt(χ² / ν) up to a standard normal, whose
    quantile is added in squares (exact if either is alone).
    """
    result = np.empty(len(t))
    huge = np.abs(t) > HUGE
    result[~huge] = nctdtrinc(df[~huge], share, t[~huge])
    size, sign, nu = np.abs(t[huge]), np.sign(t[huge]), df[huge]
    # An upper tail for t > 0: the smaller χ², the smaller λ.
    upper = np.where(sign > 0, share, 1 - share)
    away = size * (np.sqrt(chdtri(nu, upper) / nu) - 1)
    result[huge] = sign * (size + np.sign(away) * np.hypot(away, ndtri(share)))
    return result
