"""What is rare in both and never under one label: every order is as extreme, and p is 1."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.stats import independence_test


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
