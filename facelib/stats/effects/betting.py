"""Bets on bounded changes: what n people can say of a mean, however the changes are distributed."""

from __future__ import annotations

from typing import Final

import numpy as np

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats

SHARES: Final = np.append((np.arange(20) + 0.5) / 20, 1.0)  # of the largest stake; set before any data
BETS: Final = "bets"  # the method of intervals in a look before the end
HALVINGS: Final = 14  # of [−1, 1]: to .0001
WEIGHTS: Final = np.array([*np.full(20, 0.5 / 20), 0.5])  # half of the money on the largest stake


def betting_p(differences: Floats, margin: float | Floats, bound: float = 1.0) -> Floats:
    """Return p-values of "the mean of the differences is `margin` or more", for differences within ± `bound`.

    A gambler who believes that the mean is smaller stakes a share of their money on every person; if it is
    not, no strategy makes 1/α of 1 with a probability above α (Ville's inequality). The p-value is one over
    the money that a mixture of 21 constant stakes has made. It is valid for every distribution within the
    bounds and every number of people, also if it is looked at after each person, and it doesn't depend on
    their order.

    Parameters
    ----------
    differences
        (n, m), one column per output; NaN where missing.
    margin
        Below `bound`, one for all columns or (m,). "The mean is −`margin` or less" is asked by giving
        ``-differences``.
    bound
        Largest possible difference, known before the data: 1 for probabilities.

    Returns
    -------
    numpy.ndarray
        (m,), in (0, 1]; NaN where a difference lies beyond the bound.

    Raises
    ------
    BadValueError
        If the margin isn't below the bound.

    Notes
    -----
    With stakes λ in (0, 1/(bound − margin)] the money is Σ w_λ Π (1 + λ (margin − xᵢ)): the hedged capital of
    Waudby-Smith and Ramdas (2024, Journal of the Royal Statistical Society B 86, 1–27), one side of it, with
    a mixture in place of a prediction of the stake.

    Examples
    --------
    >>> still = np.zeros((40, 1))
    >>> bool(betting_p(still, 0.10)[0] < 0.05), bool(betting_p(still[:30], 0.10)[0] < 0.05)
    (True, False)
    """
    if not (np.asarray(margin) < bound).all():
        msg = f"The margin lies below the largest possible difference, {bound:g}; got {margin}."
        raise BadValueError(msg)
    x = np.where(np.isnan(differences), margin, differences)  # who is missing stakes nothing
    most_staked = 1.0 / (bound - np.asarray(margin, np.float64))
    money = np.empty((len(SHARES), x.shape[1]))
    with np.errstate(divide="ignore"):
        for number, share in enumerate(SHARES):
            money[number] = np.log1p(np.maximum(share * most_staked * (margin - x), -1.0)).sum(axis=0)
    most = money.max(axis=0)
    made = most + np.log(WEIGHTS @ np.exp(money - most))
    beyond = (np.abs(x) > bound * (1 + 1e-9)).any(axis=0)
    return np.where(beyond, np.nan, np.minimum(1.0, np.exp(-made)))


def equivalence_p(differences: Floats, margin: float, bound: float = 1.0) -> Floats:
    """Return p-values (m,) of "the mean lies at ± `margin` or beyond": the larger of the two one-sided ones.

    >>> equivalence_p(np.array([[0.0], [-0.95]] * 40), 0.10).round(2).tolist()
    [1.0]
    """
    if not margin < bound:  # no mean lies beyond
        return np.zeros(differences.shape[1])
    below, above = (betting_p(sign * differences, margin, bound) for sign in (1.0, -1.0))
    p: Floats = np.maximum(below, above)
    return p


def betting_interval(differences: Floats, level: float, bound: float = 1.0) -> tuple[Floats, Floats]:
    """Return an interval of the mean that holds its level at every look, (m,) each: a confidence sequence.

    It holds the means that neither of two gamblers, each at half of 1 − `level`, has made too expensive.

    Parameters
    ----------
    differences, bound
        As for `betting_p`.
    level
        Of the interval.

    Examples
    --------
    >>> low, high = betting_interval(np.full((60, 1), -0.30), 0.90)
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (-0.34, -0.23)
    """
    tail = (1 - level) / 2
    empty = np.isnan(differences).all(axis=0)
    ends = []
    for sign in (1.0, -1.0):  # the smallest mean that is refused from above, and the same mirrored
        inside, outside = np.full((2, differences.shape[1]), [[-bound], [bound]])
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            refused = betting_p(sign * differences, middle, bound) <= tail
            inside, outside = np.where(refused, inside, middle), np.where(refused, middle, outside)
        ends.append(np.where(empty, np.nan, sign * outside))
    return ends[1], ends[0]
