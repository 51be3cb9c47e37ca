"""Simulated curves with a known truth, for the order test and the placebo p."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.placebo import reference_rank
from facelib.stats.shuffle import shuffle_test
from facelib.utilities.checks import Floats

SERIES: Final = {
    "independent": "independent outputs",
    "ar1_3": "trend-free AR(1) outputs, ρ = .3",
    "ar1_6": "trend-free AR(1) outputs, ρ = .6",
    "ar1_9": "trend-free AR(1) outputs, ρ = .9",
}
"""Outputs along the strengths: noise, and drift without a trend."""

KINDS: Final = {
    "kinds_3": "3 kinds of placebos, unequally loud",
    "kinds_4": "4 kinds of placebos, unequally loud",
    "kinds_8": "8 kinds of placebos, unequally loud",
    "kinds_20": "20 kinds of placebos, unequally loud",
    "kinds_8_equal": "8 kinds of placebos, equally loud",
}
"""Placebos: kinds differ in how loud they are (log-normal), as the change in question does."""

LOUDNESS: Final = 1.0
"""Standard deviation of the logarithm of a kind's loudness (our choice)."""


def order_p(scenario: str, n: int, size: float, seed: int) -> float:
    """Return p of the shuffle test of one drawn series.

    Parameters
    ----------
    scenario
        Key of `SERIES`.
    n
        Strengths.
    size
        Rise from the first to the last strength, in standard deviations of the noise.
    seed
        Of the data set and of the shuffles.
    """
    noise = np.random.default_rng(seed).standard_normal(n)
    series = _autoregressive(noise, {"independent": 0.0, "ar1_3": 0.3, "ar1_6": 0.6, "ar1_9": 0.9}[scenario])
    return float(shuffle_test(series + size * np.linspace(0, 1, n), seed=seed).p_value)


def placebo_p(scenario: str, n: int, size: float, seed: int) -> float:
    """Return the placebo p of a change of a kind of its own, which is a placebo itself if `size` is 0.

    Parameters
    ----------
    scenario
        Key of `KINDS`.
    n
        Placebos, shared by the kinds; 99 or more.
    size
        Logarithm of how much louder the change is than a placebo.
    seed
        Of the data set.
    """
    rng = np.random.default_rng(seed)
    kinds = int(scenario.split("_")[1])
    loudness = 0.0 if scenario.endswith("equal") else LOUDNESS
    loud = np.exp(loudness * rng.standard_normal(kinds + 1))
    of = np.arange(n) % kinds
    sizes = np.abs(rng.standard_normal(n)) * loud[of]
    change = abs(rng.standard_normal()) * loud[-1] * np.exp(size)
    p = reference_rank(float(change), sizes, [f"kind {k}" for k in of]).p_value
    if p is None:
        msg = f"A placebo p needs 99 placebos or more; got {n}."
        raise BadValueError(msg)
    return p


def _autoregressive(noise: Floats, rho: float) -> Floats:
    """Return a stationary AR(1) series without a trend, standard deviation 1 / √(1 − ρ²), (n,)."""
    series = noise.copy()
    series[0] /= np.sqrt(1 - rho**2)
    for i in range(1, len(series)):
        series[i] += rho * series[i - 1]
    return series


CURVES: Final[dict[str, tuple[dict[str, str], Callable[[str, int, float, int], float]]]] = {
    "shuffle_test": (SERIES, order_p),
    "reference_p": (KINDS, placebo_p),
}
"""What is measured on curves, by method: its scenarios and the p of one data set."""
