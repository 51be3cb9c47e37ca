"""The mixed model ``logit ~ strength + (1 + strength | face)``, and its substitutes where it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import stdtr

from facelib.errors import BadValueError
from facelib.stats.effects.mixedlm import SINGULAR, fit_mixedlm
from facelib.stats.effects.signflip import as_array
from facelib.utilities.checks import Floats, as_list
from facelib.utilities.short_repr import in_short

Engine = Literal["facelib", "statsmodels"]

REML = "REML"
CLUSTERED = "cluster-robust OLS"
NOT_FITTED = "not fitted"
FLAT = 1e-10  # relative: a random effect of less spread is none
CLOSE = 1e-6  # strengths that lie closer together give no slope
SAME = 1e-12  # relative: slopes that differ by less differ by rounding alone
FEW = "a slope over faces needs two faces with two strengths each"
NEEDS = "the mixed model needs three strengths and three faces"
ALIKE = "singular fit: the faces' intercepts and slopes vary no more than the residuals explain"
LOST = "the likelihood did not converge"
NO_SPREAD = "the slopes of all faces are the same, so there is no p"


@in_short()
@dataclass(frozen=True, eq=False)
class MixedSlopes:
    """Slopes over strength of m outputs.

    Attributes
    ----------
    slope, se
        (m,) change of the output from strength 0 to 1, and its standard error; 0 without any spread.
    p_value
        (m,) two-sided, Student's t with n - 1 degrees of freedom; NaN without a standard error.
    method
        (m,) "REML", "cluster-robust OLS" or "not fitted".
    n
        (m,) identities that have a slope.
    notes
        (m,) why the mixed model was not fitted and what was left out, or empty.
    """

    slope: Floats
    se: Floats
    p_value: Floats
    method: npt.NDArray[np.str_]
    n: npt.NDArray[np.int64]
    notes: tuple[str, ...]


def mixed_slopes(
    strengths: npt.ArrayLike, curves: npt.ArrayLike, *, engine: Engine = "facelib"
) -> MixedSlopes:
    """Fit ``output ~ strength + (1 + strength | face)`` to each of m outputs by REML.

    Where every face was read at the same strengths the estimate has a closed form: the mean of the faces'
    own slopes, with their standard deviation over sqrt(n) as standard error (Laird and Ware 1982, balanced
    case). So curved responses or correlated residuals don't spoil it. Elsewhere the restricted likelihood is
    maximised, some 20 ms per output. Both give the numbers of statsmodels' MixedLM, which takes 0.5 s.
    If the faces' intercepts and slopes vary no more than the residuals explain (a singular fit), or nothing
    converges, least squares inside faces (an intercept for each) with standard errors clustered by face
    (CR1) stand in, and the notes say why.

    Parameters
    ----------
    strengths
        (T,) in [0, 1].
    curves
        (n, T, m) or (n, T): outputs of n identities; NaN: not read.
    engine
        "facelib", or "statsmodels" to have MixedLM fit every output.

    Raises
    ------
    BadValueError
        If they are no numbers, the shapes don't fit, an output is infinite, or the engine is unknown.

    Examples
    --------
    >>> curves = [[2.0, 1.1, 0.0], [1.0, 0.8, 0.4], [3.0, 2.1, 0.9], [1.5, 0.6, 0.2]]
    >>> fit = mixed_slopes([0.0, 0.5, 1.0], curves)
    >>> fit.method[0], round(float(fit.slope[0]), 3), round(float(fit.se[0]), 3)
    (np.str_('REML'), -1.5, 0.349)
    """
    s = as_list(strengths, "Strengths", least=0)
    y = as_array(curves, "Curves")
    y = y[..., None] if y.ndim == 2 else y
    if y.ndim != 3 or y.shape[1] != len(s) or np.isinf(y).any():
        msg = f"Curves are finite (NaN: not read), (n, {len(s)}, m) for {len(s)} strengths; got {y.shape}."
        raise BadValueError(msg)
    if not isinstance(engine, str) or engine not in get_args(Engine):
        msg = f"The engine is one of {', '.join(get_args(Engine))}; got {engine!r}."
        raise BadValueError(msg)
    read = ~np.isnan(y)
    results = _Results(y.shape[2])
    results.size = np.abs(y).max(axis=(0, 1), where=read, initial=0.0)
    whole = np.asarray(read.all(axis=1))  # (n, m)
    balanced = np.asarray((whole | ~read.any(axis=1)).all(axis=0)) & (engine == "facelib")
    for pattern in np.unique(whole[:, balanced], axis=1).T if balanced.any() else []:
        which = np.flatnonzero(balanced & (whole == pattern[:, None]).all(axis=0))
        _fit_balanced(s, y[pattern][:, :, which], which, results)
    for column in np.flatnonzero(~balanced):
        _fit_unbalanced(s, y[:, :, column], int(column), results, engine)
    return results.frozen()


def join(fits: Sequence[MixedSlopes], places: Sequence[npt.NDArray[np.int64]]) -> MixedSlopes:
    """Return one result from several, whose outputs go to the given places."""
    m = sum(len(place) for place in places)
    results = _Results(m)
    for fit, place in zip(fits, places, strict=True):
        results.slope[place], results.se[place] = fit.slope, fit.se
        results.method[place], results.n[place] = fit.method, fit.n
        for index, note in zip(place, fit.notes, strict=True):
            results.notes[int(index)] = note
    return results.frozen()


class _Results:
    def __init__(self, m: int) -> None:
        self.slope, self.se = np.full(m, np.nan), np.full(m, np.nan)
        self.method = np.full(m, NOT_FITTED, dtype=f"<U{len(CLUSTERED)}")
        self.n = np.zeros(m, np.int64)
        self.size = np.full(m, -1.0)  # largest output, if it is known
        self.notes = [""] * m

    def frozen(self) -> MixedSlopes:
        p = np.full(len(self.n), np.nan)
        for column in np.flatnonzero(self.se <= SAME * self.size):
            self.se[column] = 0.0
            self.notes[column] = "; ".join(filter(None, [self.notes[column], NO_SPREAD]))
        usable = (self.se > 0) & (self.n > 1)
        t = self.slope[usable] / self.se[usable]
        p[usable] = np.maximum(2 * stdtr(self.n[usable] - 1, -np.abs(t)), np.finfo(float).tiny)
        return MixedSlopes(self.slope, self.se, p, self.method, self.n, tuple(self.notes))


def _fit_balanced(s: Floats, y: Floats, which: npt.NDArray[np.intp], results: _Results) -> None:
    """Fill in the columns `which` from y (n, T, k) without gaps.

    With X = [1, s] for every face its own coefficients b_i are N(β, Ω), Ω = D + σ² (XᵀX)⁻¹, independent of
    the residuals: REML gives Ω = cov(b) and σ² = residual mean square, as long as D = Ω - σ² (XᵀX)⁻¹ is
    positive definite.
    """
    n, steps, _ = y.shape
    results.n[which] = n
    X = np.column_stack([np.ones(steps), s])
    if n < 2 or not steps or np.ptp(s) <= CLOSE:
        _note(results, which, FEW)
        return
    b = np.einsum("kt,ntm->knm", np.linalg.pinv(X), y)
    rest = y - np.einsum("tk,knm->ntm", X, b)
    centred = b - b.mean(axis=1, keepdims=True)
    omega = np.einsum("knm,lnm->mkl", centred, centred) / (n - 1)
    results.slope[which] = b[1].mean(axis=0)
    results.se[which] = np.sqrt(omega[:, 1, 1] / n)
    if steps > 2 and n > 2:
        sigma2 = (rest**2).sum(axis=(0, 1)) / (n * (steps - 2))
        spread = omega - sigma2[:, None, None] * np.linalg.inv(X.T @ X)
        fitted = np.linalg.eigvalsh(spread)[:, 0] > FLAT * np.trace(omega, axis1=1, axis2=2)
        why = ALIKE
    else:
        fitted = np.zeros(len(which), bool)
        why = NEEDS
    results.method[which] = np.where(fitted, REML, CLUSTERED)
    rows = n * steps
    results.se[which[~fitted]] *= np.sqrt((rows - 1) / max(rows - 2, 1))  # CR1
    _note(results, which[~fitted], why)


def _fit_unbalanced(s: Floats, y: Floats, column: int, results: _Results, engine: Engine) -> None:
    """Fill in one column from y (n, T), which can have gaps."""
    present = ~np.isnan(y)
    last, first = np.where(present, s, -np.inf).max(axis=1), np.where(present, s, np.inf).min(axis=1)
    enough = last - first > CLOSE
    count, alone = int(enough.sum()), int((present.any(axis=1) & ~enough).sum())
    results.n[column] = count
    if count < 2:
        results.notes[column] = FEW
        return
    left_out = f"faces with one strength, left out: {alone}" if alone else ""
    if count < 3 or (present[enough].sum(axis=1) > 2).sum() == 0:
        fit, why = None, NEEDS
    elif engine == "statsmodels":
        face, step = np.nonzero(present)  # it takes every face
        fit, why = fit_mixedlm(s[step], y[face, step], face)
        if fit is not None:
            results.n[column], left_out = count + alone, ""
    else:
        fit, why = maximise(s, y[enough], present[enough])
    if fit is None:
        face, step = np.nonzero(present & enough[:, None])
        fit = clustered_slope(s[step], y[face, step], face)
        results.method[column] = CLUSTERED
    else:
        results.method[column] = REML
    results.slope[column], results.se[column] = fit
    results.notes[column] = "; ".join(filter(None, [why, left_out]))


def maximise(s: Floats, y: Floats, given: npt.NDArray[np.bool_]) -> tuple[tuple[float, float] | None, str]:
    """Return REML slope and standard error of faces (n, T) with gaps, or None and why.

    A face's own coefficients b_i are N(β, Ω_i), Ω_i = D + σ² (X_iᵀX_i)⁻¹, independent of its residuals: the
    restricted likelihood needs nothing else. D = LLᵀ keeps it positive semi-definite.
    """
    X = np.stack([given, given * s], axis=2).astype(np.float64)  # (n, T, 2), rows of gaps are 0
    scale = float(np.std(y[given])) or 1.0
    values = np.where(given, y, 0.0) / scale
    own = np.linalg.inv(np.einsum("nti,ntj->nij", X, X))
    b = np.einsum("nij,ntj,nt->ni", own, X, values)
    squares = float(((values - np.einsum("nti,ni->nt", X, b)) ** 2).sum())
    freedom = int(given.sum()) - 2 * len(y)
    if freedom < 1 or squares == 0.0:
        return None, NEEDS
    among = np.cov(b.T)
    if np.trace(among) <= (SAME * np.abs(values).max()) ** 2:
        return None, ALIKE
    sigma2 = squares / freedom
    lengths, axes = np.linalg.eigh(among - sigma2 * own.mean(axis=0))
    L = np.linalg.cholesky((axes * np.maximum(lengths, 1e-3 * np.trace(among))) @ axes.T)

    def minus_twice(theta: Floats) -> float:
        factor = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
        omega = factor @ factor.T + np.exp(theta[3]) * own
        weights = np.linalg.inv(omega)
        total = weights.sum(axis=0)
        beta = np.linalg.solve(total, np.einsum("nij,nj->i", weights, b))
        rest = b - beta
        return float(
            np.linalg.slogdet(omega)[1].sum()
            + np.linalg.slogdet(total)[1]
            + np.einsum("ni,nij,nj->", rest, weights, rest)
            + freedom * theta[3]
            + squares / np.exp(theta[3])
        )

    start = np.array([L[0, 0], L[1, 0], L[1, 1], np.log(sigma2)])
    theta, settled = _search(minus_twice, start)
    factor = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
    D = factor @ factor.T
    sigma2 = float(np.exp(theta[3]))
    finite = bool(np.isfinite(D).all() and np.isfinite(sigma2))
    if finite and np.linalg.eigvalsh(D)[0] <= SINGULAR * (np.trace(D) + sigma2):
        return None, ALIKE
    if not (finite and settled):
        return None, LOST
    weights = np.linalg.inv(D + sigma2 * own)
    covariance = np.linalg.inv(weights.sum(axis=0))
    beta = covariance @ np.einsum("nij,nj->i", weights, b)
    return (scale * float(beta[1]), scale * float(np.sqrt(covariance[1, 1]))), ""


def _search(function: Callable[[Floats], float], start: Floats) -> tuple[Floats, bool]:
    """Return where the function is smallest and whether the search settled there; NaN if it failed."""
    try:
        found = minimize(function, start, method="BFGS", options={"gtol": 1e-4})
    except np.linalg.LinAlgError:
        return np.full(start.shape, np.nan), False
    return found.x, bool(np.isfinite(found.fun) and np.abs(found.jac).max() <= 0.01)


def clustered_slope(x: Floats, y: Floats, cluster: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the slope of y on x, (N,) each, inside clusters, and its standard error clustered (CR1).

    Every cluster has its own intercept: where readings are missing, levels that differ would else become a
    slope. The small-sample factor G / (G - 1) (N - 1) / (N - 2) doesn't count the intercepts, which are
    nested in the clusters (Cameron and Miller 2015).

    >>> x, y, face = np.array([0.0, 1, 0, 1]), np.array([0.0, 1, 1, 4]), np.array([0, 0, 1, 1])
    >>> slope, se = clustered_slope(x, y, face)
    >>> slope, round(se, 4)
    (2.0, 1.2247)
    """
    _, codes, sizes = np.unique(cluster, return_inverse=True, return_counts=True)
    x, y = (values - (np.bincount(codes, values) / sizes)[codes] for values in (x, y))
    squares = float((x**2).sum())
    slope = float((x * y).sum()) / squares
    scores = np.bincount(codes, x * (y - slope * x))
    count = len(sizes)
    factor = count / (count - 1) * (len(x) - 1) / (len(x) - 2)
    return slope, float(np.sqrt(factor * (scores**2).sum())) / squares


def _note(results: _Results, which: npt.NDArray[np.intp], text: str) -> None:
    for column in which:
        results.notes[int(column)] = text
