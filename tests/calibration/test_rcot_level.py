"""Level and power of RCoT, in exact binomial bands of 99.9 %, and where it can't be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration import p_values
from facelib.stats.calibration.table import level_note
from facelib.stats.independence import Rcot, independence_test

RUNS, SEED = 400, 12


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n"),
    [
        ("none", 100),
        pytest.param("none_heavy_tails", 200, marks=pytest.mark.thorough),
        ("labels_7", 100),
        pytest.param("labels_7_unequal", 300, marks=pytest.mark.thorough),
        ("number_linear", 200),
    ],
)
def test_one_draw_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    p = p_values(Rcot(repeats=1), scenario, n, runs=RUNS, seed=SEED)
    for level in (0.01, 0.05, 0.10):
        low, high = (binom.ppf(q, RUNS, level) for q in (0.0005, 0.9995))
        assert low <= (p <= level).sum() <= high, level


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n"),
    [
        ("none", 100),
        pytest.param("labels_7", 100, marks=pytest.mark.thorough),
        pytest.param("number_tanh", 200, marks=pytest.mark.thorough),
    ],
)
def test_merged_draws_reject_no_more_often_than_the_level_says(scenario: str, n: int) -> None:
    p = p_values("rcot", scenario, n, runs=RUNS, seed=SEED)
    assert np.isfinite(p).all()
    for level in (0.01, 0.05, 0.10, 0.50):
        assert (p <= level).sum() <= binom.ppf(0.9995, RUNS, level), level


@pytest.mark.parametrize("null", ["permutation", "analytic"])
def test_permutations_inside_labels_hold_the_level_exactly(null: str) -> None:
    """Two faces a label: the analytic null rejects too often and says so, permutations don't."""
    rng = np.random.default_rng(SEED)
    label = np.array([f"label {i // 2}" for i in range(60)])
    more = {"n_permutations": 39} if null == "permutation" else {}
    found = []
    for seed in range(300):
        x, y = rng.standard_normal((2, 60))
        result = independence_test(x, y, label, "rcot", seed, null=null, repeats=1, **more)  # type: ignore[arg-type]
        found.append(result.p_value)
        assert any("faces per label" in note for note in result.notes) == (null == "analytic")
    rejected = (np.array(found) <= 0.05).sum()
    if null == "permutation":
        low, high = (binom.ppf(q, 300, 0.05) for q in (0.0005, 0.9995))
        assert low <= rejected <= high
    else:
        assert rejected > binom.ppf(0.9995, 300, 0.05)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "shape", "n", "least"),
    [
        ("labels_7", "linear", 200, 0.95),
        pytest.param("labels_7", "quadratic", 500, 0.6, marks=pytest.mark.thorough),
        ("number_linear", "linear", 300, 0.95),
    ],
)
def test_it_finds_what_is_there(scenario: str, shape: str, n: int, least: float) -> None:
    p = p_values("rcot", scenario, n, shape, 0.4, runs=100, seed=SEED)  # type: ignore[arg-type]
    assert (p <= 0.05).sum() >= binom.ppf(0.0005, 100, least)


@pytest.mark.thorough
def test_a_wavy_conditioner_breaks_the_level_and_it_is_said() -> None:
    """METHODS, section 4: .48 for sin 3z at n = 500 (one draw; merging rejects less)."""
    p = p_values("rcot", "number_sin_3", 500, runs=300, seed=SEED)
    assert (p <= 0.05).sum() > binom.ppf(0.9995, 300, 0.05)
    note = level_note("rcot", 500, n_numbers=1)
    assert note is not None
    x, y, number = np.random.default_rng(SEED).standard_normal((3, 500))
    assert note in independence_test(x, y, number, "rcot").notes


@pytest.mark.thorough
def test_too_few_faces_for_the_features_break_the_level_and_it_is_said() -> None:
    """Features of five numbers use almost four fifths of the degrees of freedom of 127 faces."""
    rng = np.random.default_rng(SEED)
    rejected = 0
    for seed in range(300):
        z = rng.standard_normal((127, 5))
        x, y = z[:, 0] + rng.standard_normal((2, 127))
        result = independence_test(x, y, z, "rcot", seed, approximate=True)
        rejected += bool(result.p_value <= 0.05)
        assert any("Features of the conditioner use" in note for note in result.notes)
    assert rejected > binom.ppf(0.9995, 300, 0.05)
