"""Chances of where the interval of a normal mean lies, over samples of n people."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtr, chdtri, logsumexp, ndtr, ndtri

from facelib.stats.effects.betting import SHARES, WEIGHTS
from facelib.utilities.checks import Floats

TINY = 1e-12
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


def bets_inside(n: int, mean: float, sd: float, delta: float, alpha: float) -> float:
    """Return about how often the bets of n people say that a mean lies within ± δ (`betting_p`).

    What a stake makes is a sum over people, so about normal; the mixture makes what its stakes do at their
    mean growth, and varies like the best of them. Both sides have to win.
    """
    if not delta < 1:
        return 1.0
    x = np.clip(mean + sd * ndtri((_NODES + 1) / 2), -1.0, 1.0)
    lose = sum(1.0 - _wins(n, sign * x, delta, alpha) for sign in (1.0, -1.0))
    return max(0.0, 1.0 - lose)


def _wins(n: int, x: Floats, margin: float, alpha: float) -> float:
    """Return about how often the bets against "the mean is `margin` or more" make 1/α of 1."""
    stakes = SHARES / (1.0 - margin)
    growth = np.log1p(np.maximum(stakes[:, None] * (margin - x), -1.0 + TINY))
    each = growth @ (_WEIGHTS / 2)
    variance = (growth**2) @ (_WEIGHTS / 2) - each**2
    made = float(logsumexp(n * each, b=WEIGHTS))
    best = int((n * each).argmax())
    spread = math.sqrt(n * max(float(variance[best]), TINY))
    return float(ndtr((made + math.log(alpha)) / spread))


def _spreads(n: int, upto: float) -> tuple[Floats, Floats]:
    """Return s / σ of n people at 200 quantiles up to `upto`, and the weights that integrate over them."""
    shares = (_NODES + 1) / 2 * upto
    spreads: Floats = np.sqrt(chdtri(n - 1, 1 - shares) / (n - 1))
    return spreads, _WEIGHTS / 2 * upto
