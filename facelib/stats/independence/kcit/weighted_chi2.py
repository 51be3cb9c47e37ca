"""Tail of Σ λ_k χ²₁ for many sets of weights at once, from the sums of powers of the weights alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erfc, factorial, gammaincc

from facelib.utilities.checks import Floats

Mask = npt.NDArray[np.bool_]
MATCHED = 8
"""Moments that a Lindsay-Pilla-Basak mixture of four gamma distributions shares with the sum."""
_NODES = MATCHED // 2
_HALVINGS = 48  # of the first bound of the shape: exact to rounding
_SLACK = 1e-6  # rounding that a share or a node may show before the mixture is given up


def power_sums(matrices: Floats) -> Floats:
    """Return tr(Σ^k), k = 1 … 8: the weights are Σ's eigenvalues, but they aren't needed.

    Parameters
    ----------
    matrices
        (..., d, d) symmetric, positive semi-definite.

    Returns
    -------
    (..., 8)

    Examples
    --------
    >>> power_sums(np.diag([1.0, 2.0]))[:3].tolist()
    [3.0, 5.0, 9.0]
    """
    second = matrices @ matrices
    third, fourth = second @ matrices, second @ second
    powers = [
        (matrices, None), (matrices, matrices), (second, matrices), (second, second),
        (third, second), (third, third), (fourth, third), (fourth, fourth),
    ]  # fmt: skip
    return np.stack([_trace(*pair) for pair in powers], axis=-1)


def tail(statistic: Floats, sums: Floats) -> Floats:
    """Return P(Σ λ_k χ²₁ ≥ statistic) by Lindsay, Pilla and Basak (2000), else Hall-Buckley-Eagleson.

    The mixture of four gamma distributions of one shape that has the first eight moments of the sum. Where it
    can't be found (fewer than four different weights, or rounding), the shifted gamma distribution with the
    first three cumulants (Buckley and Eagleson 1988). Between p = .1 and .001 the error is below 4 % of p,
    most often below 1 %. Far out (below 1e-6), where eight moments say little and p would become too small,
    p is at least P(λ χ²₁ ≥ statistic) with λ = Σ λ^8 / Σ λ^7, a lower bound: the largest weight isn't
    smaller. There log p is right to a tenth of it.

    Parameters
    ----------
    statistic
        (...) ≥ 0.
    sums
        (..., 8) Σ λ^k, from `power_sums`.

    Returns
    -------
    (...) in (0, 1]; NaN where all weights are 0.

    Examples
    --------
    >>> weights = np.array([1.5, 1.5, 0.5, 0.5])
    >>> sums = np.array([(weights**k).sum() for k in range(1, 9)])
    >>> round(float(tail(np.array(10.203), sums)), 4)
    0.05
    """
    total = sums[..., :1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        x = np.asarray(statistic) / total[..., 0]
        cumulants = _cumulants(sums / total ** np.arange(1, MATCHED + 1))
        mixed, has_mixture = _lindsay_pilla_basak(x, cumulants)
        p = np.where(has_mixture, mixed, hall_buckley_eagleson(x, cumulants))
        p = np.maximum(p, largest_alone(np.asarray(statistic), sums))
    p = np.clip(p, np.finfo(float).tiny, 1.0)
    return np.where(total[..., 0] > 0, p, np.nan)


def hall_buckley_eagleson(x: Floats, cumulants: Floats) -> Floats:
    """Return the tail of the gamma distribution with the first three cumulants; (...) and (..., ≥ 3)."""
    first, second, third = (cumulants[..., k] for k in range(3))
    degrees = 8 * second**3 / third**2
    return gammaincc(degrees / 2, np.maximum(np.sqrt(2 * degrees / second) * (x - first) + degrees, 0) / 2)


def largest_alone(statistic: Floats, sums: Floats) -> Floats:
    """Return P(λ χ²₁ ≥ statistic), λ = Σ λ^8 / Σ λ^7 ≤ the largest weight: a lower bound of the tail."""
    bound: Floats = erfc(np.sqrt(statistic * sums[..., -2] / (2 * sums[..., -1])))
    return bound


def _lindsay_pilla_basak(x: Floats, cumulants: Floats) -> tuple[Floats, Mask]:
    """Return the tail of the mixture, and where there is one."""
    moments = _moments(cumulants)
    shape = _shape(moments)  # λ̃: the gamma distributions have shape 1/λ̃
    reduced = _reduced(moments, shape)
    rank = np.add.outer(np.arange(_NODES), np.arange(_NODES))
    usable = (shape > 0) & np.isfinite(reduced).all(axis=-1)
    hankel = np.where(usable[..., None, None], reduced[..., rank], np.eye(_NODES))
    usable &= np.abs(np.linalg.det(hankel)) > np.finfo(float).tiny
    hankel = np.where(usable[..., None, None], hankel, np.eye(_NODES))
    ahead = np.where(usable[..., None], reduced[..., _NODES : 2 * _NODES], 0.0)
    companion = np.zeros_like(hankel)
    companion[..., np.arange(1, _NODES), np.arange(_NODES - 1)] = 1.0
    companion[..., -1] = np.linalg.solve(hankel, ahead[..., None])[..., 0]
    usable &= np.isfinite(companion).all(axis=(-1, -2))
    companion[~usable] = 0.0
    nodes = np.linalg.eigvals(companion)
    usable &= (np.abs(nodes.imag) <= _SLACK * np.abs(nodes)).all(axis=-1) & (nodes.real > 0).all(axis=-1)
    means = np.sort(nodes.real, axis=-1)
    apart = (np.diff(means, axis=-1) > _SLACK * means[..., 1:]).all(axis=-1)
    usable &= apart
    means = np.where(usable[..., None], means, np.arange(1.0, _NODES + 1))
    vandermonde = means[..., None, :] ** np.arange(_NODES)[:, None]
    shares = np.linalg.solve(vandermonde, reduced[..., :_NODES, None])[..., 0]
    usable &= (shares > -_SLACK).all(axis=-1)
    alpha = 1 / np.where(usable, shape, 1.0)
    tails = gammaincc(alpha[..., None], np.maximum(x, 0)[..., None] * alpha[..., None] / means)
    return (np.maximum(shares, 0) * tails).sum(axis=-1), usable


def _shape(moments: Floats) -> Floats:
    """Return the largest λ̃ at which the reduced moments are still those of a distribution, by bisection.

    It is the root of the determinants of Lindsay, Pilla and Basak, found in one go: below it all leading
    minors of the Hankel matrix are positive.
    """
    low, high = np.zeros(moments.shape[:-1]), np.maximum(moments[..., 2] - 1, 0.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = _positive_definite(_reduced(moments, middle))
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return low


def _reduced(moments: Floats, shape: Floats) -> Floats:
    """Return m_k / Π_{j<k} (1 + j λ̃), k = 0 … 8: moments of the gamma distributions' means."""
    growth = 1 + np.multiply.outer(shape, np.arange(MATCHED))
    reduced = moments.copy()
    reduced[..., 1:] /= np.cumprod(growth, axis=-1)
    return reduced


def _positive_definite(reduced: Floats) -> Mask:
    """Whether the Hankel matrix (i, j) -> m_{i+j}, 5 × 5, has positive pivots only."""
    size = _NODES + 1
    rows = [[reduced[..., i + j] for j in range(size)] for i in range(size)]
    good = np.ones(reduced.shape[:-1], bool)
    for k in range(size):
        good &= rows[k][k] > 0
        for i in range(k + 1, size):
            ratio = rows[i][k] / rows[k][k]
            for j in range(i, size):
                rows[i][j] = rows[i][j] - ratio * rows[k][j]
                rows[j][i] = rows[i][j]
    return good


def _cumulants(sums: Floats) -> Floats:
    """Return κ_k = 2^(k−1) (k−1)! Σ λ^k, k = 1 … 8."""
    k = np.arange(MATCHED)
    cumulants: Floats = sums * 2.0**k * factorial(k)
    return cumulants


def _moments(cumulants: Floats) -> Floats:
    """Return m_0 … m_8 of a distribution with mean 1: m_n = Σ_j C(n−1, j−1) κ_j m_{n−j}."""
    moments = [np.ones(cumulants.shape[:-1])]
    for n in range(1, MATCHED + 1):
        ways = np.cumprod([1.0, *((n - j) / j for j in range(1, n))])
        moments.append(sum(ways[j - 1] * cumulants[..., j - 1] * moments[n - j] for j in range(1, n + 1)))
    return np.stack(moments, axis=-1)


def _trace(left: Floats, right: Floats | None) -> Floats:
    """Return tr(A B) of symmetric matrices, tr(A) without B."""
    trace: Floats
    if right is None:
        trace = np.trace(left, axis1=-2, axis2=-1)
    else:
        trace = np.einsum("...ij,...ij->...", left, right)
    return trace
