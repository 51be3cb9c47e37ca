"""What is rare in both and never under one label: every order is as extreme, and p is 1."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats import independence_test
from facelib.stats.calibration import p_values


@pytest.mark.parametrize("method", ["kcit", "rcot", "chsic"])
@pytest.mark.parametrize("seed", range(4))
def test_what_has_no_label_in_common_has_p_one(method: str, seed: int) -> None:
    """KCIT's sums were 1e-16 in all orders, and rounding told them apart: p was .003."""
    rng = np.random.default_rng(seed)
    label = np.repeat([f"label {k}" for k in range(4)], 30)
    x, y = np.zeros(120), np.ones(120)
    x[rng.choice(30, 3, replace=False)] = 1
    y[30 + rng.choice(30, 5, replace=False)] = rng.uniform(0.1, 0.9, 5)
    assert independence_test(x, y, label, method, seed).p_value == pytest.approx(1.0, abs=0.002)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["kcit", pytest.param("rcot", marks=pytest.mark.thorough)])
def test_rare_properties_and_outputs_that_are_mostly_one_hold_the_level(method: str) -> None:
    p = p_values(method, "labels_7_rare_tied", 100, runs=300, seed=5)
    for level in (0.01, 0.05, 0.10):
        assert (p <= level).sum() <= binom.ppf(0.9995, 300, level)
