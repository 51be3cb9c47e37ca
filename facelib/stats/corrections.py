"""Many tests at once: Holm, and the false discovery rate."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_reals

Correction = Literal["holm", "bh"]

CORRECTIONS: tuple[Correction, ...] = get_args(Correction)
"""Corrections of one family of tests.

Holm holds under any dependence of the tests (family-wise error rate). BH (false discovery rate) needs
independence or positive regression dependence. A property over many outputs of one network is dependent.
"""


def adjust(p: npt.ArrayLike, method: Correction) -> Floats:
    """Return adjusted p-values of one family of tests.

    Parameters
    ----------
    p
        p-values of any shape: all of them are one family. NaN means not testable: it is left out of the
        family and stays NaN.
    method
        "holm" or "bh" (Benjamini and Hochberg 1995).

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

        return np.asarray(multipletests(p, method="fdr_bh")[1], np.float64)
    order = np.argsort(p)
    result = np.empty(len(p))
    result[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return result
