"""Chances of where the interval of a normal mean lies, over samples of n people."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtr, chdtri, ndtr

from facelib.utilities.checks import Floats

_NODES, _WEIGHTS = (np.asarray(part, np.float64) for part in np.polynomial.legendre.leggauss(200))


def beyond(n: int, gap: float, sd: float, t: float) -> float:
    """Return P(x̄ − t s/√n > 0) if x̄ has mean `gap`: Student's t, noncentral."""
    spread, weights = _spreads(n, 1.0)
    return float(weights @ ndtr(gap * math.sqrt(n) / sd - t * spread))


def inside_margin(n: int, mean: float, sd: float, t: float, delta: float) -> float:
    """Return P(|x̄| + t s/√n <= δ); only spreads with t s/√n < δ have a chance."""
    root = math.sqrt(n) / sd
    widest = delta * root / t  # of s in units of sd
    spread, weights = _spreads(n, float(chdtr(n - 1, (n - 1) * widest**2)))
    room = delta * root - t * spread
    return float(weights @ np.maximum(ndtr(room - mean * root) - ndtr(-room - mean * root), 0.0))


def _spreads(n: int, upto: float) -> tuple[Floats, Floats]:
    """Return s / σ of n people at 200 quantiles up to `upto`, and the weights that integrate over them."""
    shares = (_NODES + 1) / 2 * upto
    spreads: Floats = np.sqrt(chdtri(n - 1, 1 - shares) / (n - 1))
    return spreads, _WEIGHTS / 2 * upto
