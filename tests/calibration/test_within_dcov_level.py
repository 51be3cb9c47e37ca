"""Level and power of distance covariance inside labels, in exact binomial bands of 99.9 %."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.independence import WithinDcov, independence_test
from facelib.stats.independence.prepare import questions
from facelib.stats.independence.result import run
from facelib.stats.independence.variables import as_variable

DRAWS = 199


def p_values(n: int, runs: int, effect: str, *, binary: bool = False, seed: int = 1) -> np.ndarray:
    """p of independent data sets, 7 unbalanced labels that shift and scale both X and Ŷ."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(runs):
        label = rng.choice(7, n, p=np.array([7, 6, 5, 4, 3, 2, 1]) / 28)
        spread = 0.5 + label / 6
        x = label + spread * rng.standard_normal(n)
        own = (x - label) / spread
        y = {
            "none": 0 * own,
            "linear": 0.5 * own,
            "quadratic": 0.6 * own**2,
            "signs": np.where(label % 2, 0.7, -0.7) * own,
        }[effect] - label
        y = y + spread * rng.standard_t(3, n) if effect == "none" else y + rng.standard_normal(n)
        x = (x > label).astype(float) if binary else x
        [(_, question)] = questions([as_variable(x, "x")], [as_variable(y, "y")], label, seed=0)
        found.append(run(WithinDcov(), question, n_permutations=DRAWS, sequential=True).p_value[0, 0])
    return np.array(found)


@pytest.mark.parametrize(("n", "binary"), [(100, False), (100, True), (300, False)])
def test_it_rejects_as_often_as_the_level_says(n: int, binary: bool) -> None:
    runs = 400
    p = p_values(n, runs, "none", binary=binary)
    for level in (0.05, 0.10, 0.5):
        low, high = binom.ppf([0.0005, 0.9995], runs, level) / runs
        assert np.mean(p <= level) <= high
        if not binary:
            assert low <= np.mean(p <= level)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("effect", "n", "least"), [("linear", 100, 0.8), ("quadratic", 300, 0.9), ("signs", 150, 0.8)]
)
def test_it_finds_what_is_there(effect: str, n: int, least: float) -> None:
    runs = 100
    power = np.mean(p_values(n, runs, effect) <= 0.05)
    assert power >= binom.ppf(0.0005, runs, least) / runs


def test_signs_that_differ_between_labels_are_invisible_to_partial_correlation() -> None:
    rng = np.random.default_rng(2)
    label = np.repeat(np.arange(4), 60)
    x = rng.standard_normal(240)
    y = np.where(label % 2, 1.0, -1.0) * x + rng.standard_normal(240)
    assert independence_test(x, y, label, "within_dcov").p_value == pytest.approx(0.001)
    assert independence_test(x, y, label, "partial_correlation").p_value > 0.05
