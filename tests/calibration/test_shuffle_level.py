"""How often the shuffle test rejects where there is nothing to find, in exact binomial bands of 99.9 %."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats import shuffle_test

BAND = (0.0005, 0.9995)
LEVELS = (0.01, 0.05, 0.10)


def band(runs: int, lowest: float, highest: float | None = None) -> tuple[float, float]:
    """Return where 99.9 % of the observed shares lie if the true one is in [lowest, highest]."""
    low = binom.ppf(BAND[0], runs, lowest) / runs
    high = binom.ppf(BAND[1], runs, lowest if highest is None else highest) / runs
    return float(low), float(high)


def autoregressive(rho: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Stationary AR(1) noise without a trend, (n,)."""
    noise = rng.standard_normal(n)
    series = [noise[0] / math.sqrt(1 - rho**2)]
    for shock in noise[1:]:
        series.append(rho * series[-1] + shock)
    return np.array(series)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("n", "runs"), [(11, 10_000), pytest.param(21, 8000, marks=pytest.mark.thorough), (101, 2000)]
)
def test_independent_outputs_are_rejected_as_often_as_the_level_says(n: int, runs: int) -> None:
    rng = np.random.default_rng(20260101)
    found = np.array([shuffle_test(rng.random(n), seed=seed).p_value for seed in range(runs)])
    for level in LEVELS:
        exact = math.floor(level * 1001) / 1001  # exchangeable without ties: uniform on 1/1001 … 1
        low, high = band(runs, exact)
        assert low <= np.mean(found <= level) <= high, level


@pytest.mark.parametrize("n", [11, 21])
def test_the_published_convention_is_nearly_calibrated(n: int) -> None:
    rng = np.random.default_rng(20260102)
    runs = 2000
    rejected = [
        shuffle_test(rng.random(n), convention="published", seed=seed).p_value <= 0.05 for seed in range(runs)
    ]
    low, high = band(runs, 0.045, 0.065)  # its null mean is estimated from the same shuffles
    assert low <= np.mean(rejected) <= high


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("rho", "rate"), [(0.3, 0.14), (0.6, 0.86), pytest.param(0.9, 1.00, marks=pytest.mark.thorough)]
)
def test_any_smooth_drift_is_significant(rho: float, rate: float) -> None:
    rng = np.random.default_rng(20260103)
    runs = 1500
    tests = [shuffle_test(autoregressive(rho, 101, rng), seed=seed) for seed in range(runs)]
    rejected = np.mean([test.p_value <= 0.05 for test in tests])
    low, high = band(runs, rate - 0.005, min(rate + 0.005, 1.0))
    assert low <= rejected <= high
    if rho > 0.5:
        assert {test.side for test in tests if test.p_value <= 0.05} == {"smaller"}


@pytest.mark.parametrize("n", [5, 7])
def test_the_monte_carlo_interval_covers_the_p_of_all_orders(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facelib.stats.shuffle.EXACT_UP_TO", 0)
    rng = np.random.default_rng(20260104)
    orders = np.array(list(itertools.permutations(range(n)))).T
    runs = 1500
    covered = 0
    for seed in range(runs):
        p = rng.random(n)
        null = np.abs(np.gradient(p[orders], axis=0)).mean(axis=0)
        distance = np.abs(null - null.mean())
        exact = np.mean(distance >= distance[0] - 1e-9 * null.mean())
        low, high = shuffle_test(p, 400, seed=seed).p_interval
        covered += low <= exact <= high
    assert covered / runs >= band(runs, 0.95)[0]


def test_a_smaller_test_with_ties_stays_below_its_level() -> None:
    rng = np.random.default_rng(20260105)
    runs = 2000
    rejected = [
        shuffle_test(rng.integers(0, 3, 11) / 2, 199, seed=seed).p_value <= 0.05 for seed in range(runs)
    ]
    assert np.mean(rejected) <= band(runs, 0.05)[1]
