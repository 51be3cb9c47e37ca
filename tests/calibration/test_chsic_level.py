"""Level and power of cHSIC: exact binomial bands of 99.9 % given labels, a bound given numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration import p_values, simulate
from facelib.stats.calibration.measure import rejection_rate
from facelib.stats.calibration.table import level_note
from facelib.stats.independence import independence_test

SEED = 11  # other data than those of the table


@pytest.mark.parametrize(
    ("scenario", "n"),
    [("none", 100), ("labels_7_unequal", 100), ("labels_7_heteroscedastic", 150)],
)
def test_given_labels_it_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    runs = 300
    p = p_values("chsic", scenario, n, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):
        low, high = binom.interval(0.999, runs, level)
        assert low <= np.sum(p <= level + 1e-12) <= high


def test_given_labels_a_binary_property_is_rejected_no_more_often() -> None:
    runs = 300
    p = p_values("chsic", "labels_7_unequal_binary", 100, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):  # surrogates tie
        assert np.sum(p <= level + 1e-12) <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "scenario",
    ["number_tanh", pytest.param("number_heavy_tails", marks=pytest.mark.thorough), "labels_7_number_tanh"],
)
def test_given_numbers_it_rejects_no_more_often_than_the_level_says(scenario: str) -> None:
    runs = 300
    p = p_values("chsic", scenario, 100, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10):  # cells are approximate, and mostly too cautious
        assert np.sum(p <= level + 1e-12) <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n", "shape", "size", "least"),
    [
        ("labels_7", 100, "linear", 0.4, 0.82),
        pytest.param("labels_7", 200, "quadratic", 0.8, 0.97, marks=pytest.mark.thorough),
        pytest.param("number_tanh", 200, "linear", 0.4, 0.97, marks=pytest.mark.thorough),
        ("number_tanh", 200, "quadratic", 0.8, 0.97),
    ],
)
def test_it_finds_what_is_there(scenario: str, n: int, shape: str, size: float, least: float) -> None:
    runs = 100
    found = rejection_rate("chsic", scenario, n, shape, size, runs=runs, seed=SEED)  # type: ignore[arg-type]
    assert found.rejected >= binom.ppf(0.0005, runs, least)


def test_where_it_rejects_true_nulls_the_result_says_so() -> None:
    """Cells leave confounding inside: .09 of true nulls at n = 500, .16 at n = 1000 (400 and 150 runs)."""
    x, y, z = simulate("numbers_2_sin", 500, rng=3)
    note = level_note("chsic", 500, n_numbers=2)
    assert note is not None
    assert "don't rely on it alone" in note
    assert note in independence_test(x, y, z, "chsic", n_permutations=19).notes


def test_exact_permutations_carry_no_such_note() -> None:
    x, y, z = simulate("labels_7", 200, rng=3)
    notes = independence_test(x, y, z, "chsic", n_permutations=19).notes
    assert not any("in our calibration" in note for note in notes)
