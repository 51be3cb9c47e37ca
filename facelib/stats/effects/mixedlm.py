"""The same mixed model by statsmodels: slower, for parity and as a second opinion."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.utilities.checks import Floats

SINGULAR = 1e-6  # relative: a random effect of less spread is none


def fit_mixedlm(x: Floats, y: Floats, face: npt.NDArray[Any]) -> tuple[tuple[float, float] | None, str]:
    """Return slope and standard error of ``y ~ x + (1 + x | face)`` by MixedLM (REML), or None and why.

    Whatever MixedLM warns of is a reason not to trust the fit. Warnings are caught for the whole process
    while it runs: not for threads.

    Parameters
    ----------
    x, y, face
        (N,) strengths, outputs and which face.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    X = np.column_stack([np.ones(len(x)), x])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fit = MixedLM(y, X, groups=face, exog_re=X).fit(reml=True)
        except (np.linalg.LinAlgError, ValueError) as error:
            return None, f"MixedLM failed: {error}"
        spread = np.linalg.eigvalsh(np.asarray(fit.cov_re))
    if spread[0] <= SINGULAR * (float(fit.scale) + spread.sum()):
        return None, "singular fit: the faces' intercepts and slopes vary no more than the residuals explain"
    reasons = sorted({type(warning.message).__name__ for warning in caught})
    if not fit.converged or not np.isfinite(fit.bse[:2]).all() or reasons:
        return None, f"MixedLM did not converge ({', '.join(reasons) or 'no standard errors'})"
    return (float(fit.params[1]), float(fit.bse[1])), ""
