"""Level and power of KCIT, exact and low-rank, in exact binomial bands of 99.9 %."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration.measure import p_values
from facelib.stats.calibration.scenarios import Shape, simulate
from facelib.stats.independence import Kcit, independence_test
from facelib.stats.independence.threads import one_blas_thread

LEVELS = (0.01, 0.05, 0.10)
EXACT = Kcit(approximation="exact")
LOW_RANK = Kcit(approximation="low_rank")
SAMPLED = Kcit(approximation="low_rank", sampled_rows=64)
COARSE = Kcit(approximation="low_rank", rank=12)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with one_blas_thread():
        yield


@pytest.mark.parametrize(
    ("test", "scenario", "n"),
    [
        pytest.param(EXACT, "labels_7", 100, marks=pytest.mark.thorough),
        (EXACT, "labels_7", 200),
        (EXACT, "labels_7_unequal_binary", 150),
        (EXACT, "number_tanh", 100),
        pytest.param(EXACT, "number_tanh", 200, marks=pytest.mark.thorough),
        (EXACT, "none", 150),
        (LOW_RANK, "labels_7", 150),  # through nodes
        (LOW_RANK, "none", 150),
        (SAMPLED, "number_tanh", 200),  # through factors
        pytest.param(SAMPLED, "number_linear", 300, marks=pytest.mark.thorough),
        (COARSE, "number_tanh", 200),  # a kernel of rank 12
    ],
)
def test_it_rejects_as_often_as_the_level_says(test: Kcit, scenario: str, n: int) -> None:
    runs = 400
    p = p_values(test, scenario, n, runs=runs, seed=3)
    for level in LEVELS:
        rejected = (p <= level).sum()
        assert binom.ppf(0.0005, runs, level) <= rejected <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
@pytest.mark.parametrize("test", [EXACT, LOW_RANK])
@pytest.mark.parametrize(
    ("scenario", "n", "shape", "size"),
    [
        ("labels_7", 100, "linear", 0.5),
        ("number_tanh", 100, "linear", 0.5),
        ("labels_7", 400, "quadratic", 0.6),
        ("number_tanh", 200, "quadratic", 0.8),
        ("labels_7", 200, "signs", 0.7),
    ],
)
def test_it_finds_what_is_there(test: Kcit, scenario: str, n: int, shape: Shape, size: float) -> None:
    runs = 60
    found = (p_values(test, scenario, n, shape, size, runs=runs, seed=4) <= 0.05).sum()
    assert found >= binom.ppf(0.0005, runs, 0.9)


@pytest.mark.thorough
def test_exact_and_low_rank_decide_alike() -> None:
    one, other = (p_values(test, "number_tanh", 200, "linear", 0.2, runs=100) for test in (EXACT, LOW_RANK))
    assert np.abs(one - other).max() < 2e-3


@pytest.mark.thorough
def test_where_it_does_not_hold_its_level_the_result_says_so() -> None:
    """Waves of two numbers are too rough for the kernel of Z at 100 faces."""
    p = p_values("kcit", "numbers_2_sin", 100, runs=200)
    assert (p <= 0.05).sum() > binom.ppf(0.9995, 200, 0.05)
    result = independence_test(*simulate("numbers_2_sin", 100, rng=0), "kcit", approximate=True)
    assert any("this test rejected" in note for note in result.notes)


@pytest.mark.thorough
def test_too_few_columns_for_the_conditioner_are_told() -> None:
    """Seven labels and a number don't fit in 12 columns: their effect stays in X and Ŷ."""
    p = p_values(COARSE, "labels_7_number_tanh", 200, runs=50)
    assert (p <= 0.05).mean() > 0.5
    data = simulate("labels_7_number_tanh", 200, rng=0)
    result = independence_test(*data, "kcit", approximation="low_rank", rank=12)
    assert any("p may be too small" in note for note in result.notes)
