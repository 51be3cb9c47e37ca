"""Effects in units of their spread over identities, and the smallest that a design finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, nctdtrinc, stdtrit

from facelib.stats.effects.signflip import Alternative, smallest_p
from facelib.utilities.checks import Floats


def hedges_g(mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
    """Return the mean difference over its standard deviation (Cohen's d_z), corrected after Hedges (1981).

    The correction is J = Γ(ν / 2) / (sqrt(ν / 2) Γ((ν - 1) / 2)) with ν = n - 1, near 1 - 3 / (4ν - 1).

    Parameters
    ----------
    mean, sd, n
        (m,) means, standard deviations (ddof 1) and identities.

    Returns
    -------
    numpy.ndarray
        (m,); NaN without spread, and below three identities, which have no correction.

    Examples
    --------
    >>> hedges_g([0.2, 0.2], [0.079, 0.0], [5, 5]).round(2).tolist()
    [2.02, nan]
    """
    people, spread = np.asarray(n), np.asarray(sd, np.float64)
    usable = (people > 2) & (spread > 0)
    half = np.maximum(people - 1, 2) / 2
    correction = np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half)
    return np.where(usable, correction * mean / np.where(usable, spread, 1.0), np.nan)


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
