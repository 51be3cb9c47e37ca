"""Level and power of random features inside labels, in exact binomial bands of 99.9 %."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from facelib.stats.calibration import p_values

RUNS, SEED = 400, 13


@pytest.mark.parametrize(
    ("scenario", "n"),
    [
        ("none", 50),
        pytest.param("labels_7", 100, marks=pytest.mark.thorough),
        ("labels_7_unequal", 100),
        ("labels_7_heteroscedastic", 200),
        pytest.param("labels_7_heavy_tails", 100, marks=pytest.mark.thorough),
    ],
)
def test_it_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    p = p_values("within_rff", scenario, n, runs=RUNS, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.50):
        low, high = (binom.ppf(q, RUNS, level) for q in (0.0005, 0.9995))
        assert low <= (p <= level).sum() <= high, level


@pytest.mark.thorough
def test_a_binary_property_ties_and_is_no_more_often_rejected() -> None:
    p = p_values("within_rff", "labels_7_unequal_binary", 100, runs=RUNS, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.50):
        assert (p <= level).sum() <= binom.ppf(0.9995, RUNS, level), level


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("shape", "n", "least"),
    [("linear", 200, 0.95), ("quadratic", 300, 0.9), ("signs", 200, 0.65), ("threshold", 300, 0.9)],
)
def test_it_finds_what_is_there(shape: str, n: int, least: float) -> None:
    p = p_values("within_rff", "labels_7", n, shape, 0.4, runs=100, seed=SEED)  # type: ignore[arg-type]
    assert (p <= 0.05).sum() >= binom.ppf(0.0005, 100, least)
