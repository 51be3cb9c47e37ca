"""Many tests at once: Holm, false discovery rates, the max-statistic, and the merged p of a vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_reals, as_share
from facelib.utilities.short_repr import in_short

Correction = Literal["holm", "bh", "by"]

CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
"""Corrections of one family of tests.

Holm and BY hold under any dependence of the tests (family-wise error rate; false discovery rate). BH needs
independence or positive regression dependence. A property over many outputs of one network is dependent.
"""
TOLERANCE = 1e-9  # relative: ties count


@in_short()
@dataclass(frozen=True, eq=False)
class MergedMajority:
    """The majority vote of several tests of one null hypothesis.

    Floats, ints and bools for k single p-values, arrays of their shape for k arrays.

    Attributes
    ----------
    p_value
        Merged p, min(1, k / j · p_(j)) with j the smallest majority: valid under any dependence of the tests.
        NaN where no test could be run.
    votes
        How many of the k tests have p < alpha.
    rejected
        Whether a majority does: the former vote. Its level is not alpha: it is at most k / j · alpha.
    n_tests
        k, those that could not be run included.
    alpha
        Level at which votes are counted.
    """

    p_value: float | Floats
    votes: int | npt.NDArray[np.int64]
    rejected: bool | npt.NDArray[np.bool_]
    n_tests: int
    alpha: float


def adjust(p: npt.ArrayLike, method: Correction) -> Floats:
    """Return adjusted p-values of one family of tests.

    Parameters
    ----------
    p
        p-values of any shape: all of them are one family. NaN means not testable: it is left out of the
        family and stays NaN.
    method
        "holm", "bh" (Benjamini and Hochberg 1995) or "by" (Benjamini and Yekutieli 2001).

    Returns
    -------
    numpy.ndarray
        float64 of the shape of `p`, in [0, 1] or NaN, never below `p`: the numbers of statsmodels'
        ``multipletests``, whose Holm collects garbage at each call (up to .3 s) and is the tests' oracle.

    Raises
    ------
    BadValueError
        If a p-value lies outside [0, 1] or isn't a number, or the method is unknown.

    Examples
    --------
    >>> adjust([0.01, float("nan"), 0.04, 0.03], "holm").round(4).tolist()
    [0.03, nan, 0.06, 0.06]
    """
    values = as_p_values(p)
    if not isinstance(method, str) or method not in CORRECTIONS:
        msg = f"The correction is one of {', '.join(CORRECTIONS)}; got {f'{method!r}':.60}."
        raise BadValueError(msg)
    result = np.full(values.shape, np.nan)
    testable = ~np.isnan(values)
    if testable.any():
        result[testable] = _adjust(values[testable], method)
    return result


def adjusted(p: npt.ArrayLike) -> dict[str, Floats]:
    """Return all corrections of one family, to stand beside the raw p-values.

    Parameters
    ----------
    p
        As for `adjust`.

    Returns
    -------
    dict
        ``p_holm``, ``p_bh`` and ``p_by``, each of the shape of `p`: columns for a table.

    Examples
    --------
    >>> {name: q.round(3).tolist() for name, q in adjusted([0.01, 0.04]).items()}
    {'p_holm': [0.02, 0.04], 'p_bh': [0.02, 0.04], 'p_by': [0.03, 0.06]}
    """
    values = as_p_values(p)
    return {f"p_{method}": adjust(values, method) for method in CORRECTIONS}


def merged_majority(*p: npt.ArrayLike, alpha: float = 0.01) -> MergedMajority:
    """Merge k tests of the same null hypothesis by their majority vote.

    With j = ceil((k + 1) / 2), a majority votes at alpha if the j-th smallest p is below alpha. Rüger's
    inequality (1978) makes min(1, k / j · p_(j)) a p-value under any dependence: min(1, 1.5 · p_(2)) for
    k = 3. Corrections over many hypotheses use this one.

    Parameters
    ----------
    p
        p-values of the k >= 1 tests: k numbers, or k arrays of one shape. A test that could not be run (NaN)
        can't vote for rejection: it counts as p = 1. Where none could be run the merged p is NaN.
    alpha
        Level of each vote.

    Raises
    ------
    BadValueError
        If there is no test, the shapes differ, or a p-value lies outside [0, 1].

    Examples
    --------
    >>> vote = merged_majority(0.2, 0.004, 0.002)
    >>> vote.p_value, vote.votes, vote.rejected
    (0.006, 2, True)
    >>> merged_majority(0.004, float("nan"), float("nan")).p_value
    1.0
    """
    level = as_share(alpha, "The level alpha")
    arrays = [as_p_values(values) for values in p]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1:
        msg = f"A vote merges p-values of one or more tests, all of one shape; got {sorted(shapes)}."
        raise BadValueError(msg)
    values = np.stack(arrays)
    k = len(values)
    majority = k // 2 + 1
    ordered = np.sort(np.where(np.isnan(values), 1.0, values), axis=0)
    merged = np.minimum(1.0, k / majority * ordered[majority - 1])
    merged = np.where(np.isnan(values).all(axis=0), np.nan, merged)
    votes = (values < level).sum(axis=0)
    single = values.ndim == 1
    return MergedMajority(
        p_value=float(merged) if single else merged,
        votes=int(votes) if single else votes,
        rejected=bool(votes >= majority) if single else votes >= majority,
        n_tests=k,
        alpha=level,
    )


def max_statistic(observed: npt.ArrayLike, null: npt.ArrayLike) -> Floats:
    """Return family-wise p-values from the permutation null of the largest statistic.

    p_j = (1 + #{b: max_i null[b, i] >= observed_j}) / (B + 1), single-step (Westfall and Young 1993). Every
    row of `null` must come from one permutation shared by all m tests: that keeps their dependence, and is
    why this loses less than Holm. The error rate holds for whatever statistics; but if their spreads differ,
    those of wide spread take all the power: standardise first.

    Parameters
    ----------
    observed
        (m,) statistics, larger = more extreme. NaN means not testable: left out of the family, p is NaN.
    null
        (B, m) the same statistics under B >= 1 permutations.

    Returns
    -------
    numpy.ndarray
        float64 (m,), in [1 / (B + 1), 1]. Comparisons have a relative tolerance of 1e-9: ties count.

    Raises
    ------
    BadValueError
        If the shapes don't fit, or the null of a testable column holds NaN.

    Examples
    --------
    >>> max_statistic([3.0, 1.0], [[0.0, 2.0], [1.0, 0.5], [0.5, 0.9]]).tolist()
    [0.25, 0.75]
    """
    values, draws = as_reals(observed, "Observed statistics"), as_reals(null, "Null statistics")
    if values.ndim != 1 or draws.ndim != 2 or draws.shape[1:] != values.shape or not len(draws):
        msg = (
            "The max-statistic needs observed statistics (m,) and their null (B, m), B >= 1; "
            f"got {values.shape} and {draws.shape}."
        )
        raise BadValueError(msg)
    testable = ~np.isnan(values)
    p = np.full(values.shape, np.nan)
    if not testable.any():
        return p
    largest = draws[:, testable].max(axis=1)
    if np.isnan(largest).any():
        msg = f"The null of a testable statistic holds NaN in {int(np.isnan(largest).sum())} permutations."
        raise BadValueError(msg)
    bars = values[testable]
    bars = bars - np.where(np.isfinite(bars), TOLERANCE * np.abs(bars), 0.0)  # not inf - inf
    as_much = len(largest) - np.searchsorted(np.sort(largest), bars, side="left")
    p[testable] = (as_much + 1) / (len(largest) + 1)
    return p


def as_p_values(p: Any) -> Floats:
    """Return p-values as float64 of any shape, NaN allowed, or raise `BadValueError`."""
    values = as_reals(p, "p-values")
    outside = int(((values < 0) | (values > 1)).sum())
    if outside:
        msg = f"p-values lie between 0 and 1 (NaN: not testable); {outside} of {values.size} don't."
        raise BadValueError(msg)
    return values


def _adjust(p: Floats, method: Correction) -> Floats:
    """Return adjusted p-values of (m,) testable ones."""
    if method != "holm":
        from statsmodels.stats.multitest import multipletests

        return np.asarray(multipletests(p, method=f"fdr_{method}")[1], np.float64)
    order = np.argsort(p)
    result = np.empty(len(p))
    result[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return result
