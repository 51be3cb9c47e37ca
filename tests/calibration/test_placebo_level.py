"""Whether the placebo p keeps its level, and whether leaving kinds out shows when it doesn't."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats import leave_one_kind_out, reference_rank

EACH = 34  # placebos of a kind


def drawn(kinds: int, loudness: float, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Sizes of placebos; kinds differ in how loud they are (log-normal), (kinds × EACH,)."""
    loud = np.exp(loudness * rng.standard_normal(kinds))
    sizes = np.abs(rng.standard_normal((kinds, EACH))) * loud[:, None]
    return sizes.ravel(), [f"kind {k}" for k in range(kinds) for _ in range(EACH)]


@pytest.mark.parametrize("kinds", [3, 10])
def test_a_change_like_the_others_is_called_unusual_at_the_level(kinds: int) -> None:
    rng = np.random.default_rng(20260201)
    runs, rejected = 4000, 0
    for _ in range(runs):
        placebos, names = drawn(kinds, 0.0, rng)
        p_value = reference_rank(abs(rng.standard_normal()), placebos, names).p_value
        assert p_value is not None
        rejected += p_value <= 0.05
    total = kinds * EACH
    exact = np.floor(0.05 * (total + 1)) / (total + 1)
    assert binom.ppf(0.0005, runs, exact) <= rejected <= binom.ppf(0.9995, runs, exact)


@pytest.mark.thorough
@pytest.mark.parametrize("kinds", [3, 4, 8])
def test_leaving_kinds_out_estimates_what_a_new_kind_would_get(kinds: int) -> None:
    rng = np.random.default_rng(20260202)
    estimated, rejected = [], []
    for _ in range(1500):
        placebos, names = drawn(kinds + 1, 0.7, rng)
        estimated.append(leave_one_kind_out(placebos, names))
        new = placebos[-EACH:]  # the last kind plays the intervention, against `kinds` kinds of placebos
        ranks = [reference_rank(value, placebos[:-EACH], names[:-EACH]) for value in new[:3]]
        rejected.append(np.mean([(rank.exceed + 1) / (rank.total + 1) <= 0.05 for rank in ranks]))
    error = np.hypot(np.std(estimated), np.std(rejected)) / np.sqrt(len(rejected))
    assert abs(np.mean(estimated) - np.mean(rejected)) < 3.3 * error


@pytest.mark.thorough
def test_few_kinds_of_unequal_loudness_make_the_p_too_small() -> None:
    rng = np.random.default_rng(20260203)
    rates = {}
    for kinds in (3, 4, 8, 20):
        rates[kinds] = np.mean([leave_one_kind_out(*drawn(kinds + 1, 1.0, rng)) for _ in range(600)])
    assert rates[3] > rates[4] > rates[8] > rates[20] > 0.05
    assert rates[3] > 0.10
    assert rates[20] < 0.07
    equal = np.mean([leave_one_kind_out(*drawn(4, 0.0, rng)) for _ in range(600)])
    assert 0.04 < equal <= 0.055
