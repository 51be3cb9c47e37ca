"""Many tests at once: Holm, and false discovery rates."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_reals

Correction = Literal["holm", "bh", "by"]

CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
"""Corrections of one family of tests.

Holm and BY hold under any dependence of the tests (family-wise error rate; false discovery rate). BH needs
independence or positive regression dependence. A property over many outputs of one network is dependent.
"""
TOLERANCE = 1e-9  # relative: ties count


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
        ``multipletests``, which collects garbage at each call of Holm (20 to 60 ms) and is the tests' oracle.

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


def tail_share(observed: Floats, null: Floats, *, complete: bool = False) -> Floats:
    """Return (1 + #{null >= observed}) / (B + 1) for every observed value: (m,) and (B,) -> (m,).

    With `complete`, count / B; ties count with a relative tolerance of 1e-9.
    """
    ordered = np.sort(null)
    bars = observed - np.where(np.isfinite(observed), TOLERANCE * np.abs(observed), 0.0)  # not inf - inf
    as_much = len(ordered) - np.searchsorted(ordered, bars, side="left")
    if complete:
        return as_much / len(ordered)
    return (as_much + 1) / (len(ordered) + 1)


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
    m = len(p)
    order = np.argsort(p)
    ranks = np.arange(1, m + 1)
    if method == "holm":
        corrected = np.maximum.accumulate(p[order] * (m + 1 - ranks))
    else:
        factor = (1 / ranks).sum() if method == "by" else 1.0
        corrected = np.minimum.accumulate((p[order] * (factor * m / ranks))[::-1])[::-1]
    result = np.empty(m)
    result[order] = np.minimum(corrected, 1.0)
    return result
