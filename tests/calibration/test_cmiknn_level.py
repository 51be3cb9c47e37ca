"""Level and power of CMIknn in exact binomial bands of 99.9 %; where it isn't held, the result says so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration import p_values, simulate
from facelib.stats.calibration.measure import rejection_rate
from facelib.stats.calibration.table import level_note
from facelib.stats.independence import Cmiknn, independence_test

SEED = 11  # other data than those of the table


@pytest.mark.parametrize(
    ("scenario", "n"),
    [("labels_7_unequal", 150), ("none", 100), ("labels_7_heteroscedastic", 150), ("number_tanh", 100),
     pytest.param("number_heavy_tails", 100, marks=pytest.mark.thorough), ("labels_7_number_tanh", 150)],
)  # fmt: skip
def test_it_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    runs = 300
    p = p_values("cmiknn", scenario, n, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):
        low, high = binom.interval(0.999, runs, level)
        assert low <= np.sum(p <= level + 1e-12) <= high


@pytest.mark.thorough
def test_a_binary_property_is_rejected_no_more_often() -> None:
    runs = 300
    p = p_values("cmiknn", "labels_7_unequal_binary", 100, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):  # surrogates tie
        assert np.sum(p <= level + 1e-12) <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
def test_z_scores_hold_the_level_too() -> None:
    runs = 300
    p = p_values(Cmiknn(transform="standardise"), "labels_2", 60, runs=runs, seed=SEED)
    for level in (0.05, 0.5):
        low, high = binom.interval(0.999, runs, level)
        assert low <= np.sum(p <= level + 1e-12) <= high


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n", "shape", "size", "least"),
    [
        ("labels_7", 200, "linear", 0.8, 0.98),
        ("labels_7", 200, "quadratic", 0.8, 0.67),
        ("labels_7", 200, "signs", 0.8, 0.98),
        pytest.param("number_tanh", 200, "linear", 0.4, 0.97, marks=pytest.mark.thorough),
        ("number_tanh", 200, "quadratic", 0.8, 0.48),
    ],
)
def test_it_finds_what_is_there(scenario: str, n: int, shape: str, size: float, least: float) -> None:
    runs = 100
    found = rejection_rate("cmiknn", scenario, n, shape, size, runs=runs, seed=SEED)  # type: ignore[arg-type]
    assert found.rejected >= binom.ppf(0.0005, runs, least)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n", "numbers"),
    [pytest.param("numbers_2_sin", 100, 2, marks=pytest.mark.thorough), ("number_sin_3", 50, 1)],
)
def test_where_it_rejects_true_nulls_the_result_says_so(scenario: str, n: int, numbers: int) -> None:
    """Neighbours leave confounding where the property follows the numbers closely (METHODS: .89)."""
    runs = 100
    assert rejection_rate("cmiknn", scenario, n, runs=runs, seed=SEED).rejected > binom.ppf(
        0.9995, runs, 0.05
    )
    x, y, z = simulate(scenario, n, rng=3)
    notes = independence_test(x, y, z, "cmiknn", n_permutations=19, approximate=True).notes
    note = level_note("cmiknn", n, n_numbers=numbers)
    assert note is not None
    assert "don't rely on it alone" in note
    assert note in notes


def test_exact_permutations_carry_no_such_note() -> None:
    x, y, z = simulate("labels_7", 200, rng=3)
    notes = independence_test(x, y, z, "cmiknn", n_permutations=19).notes
    assert not any("in our calibration" in note for note in notes)
