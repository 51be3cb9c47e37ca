"""Level and power of KCIT, in exact binomial bands of 99.9 %."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scipy.stats import binom

from facelib.stats.calibration.measure import p_values
from facelib.stats.calibration.scenarios import Shape, simulate
from facelib.stats.independence import independence_test
from facelib.stats.independence.threads import one_blas_thread

LEVELS = (0.01, 0.05, 0.10)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with one_blas_thread():
        yield


@pytest.mark.parametrize(
    ("scenario", "n"),
    [
        pytest.param("labels_7", 100, marks=pytest.mark.thorough),
        ("labels_7", 200),
        ("labels_7_unequal_binary", 150),
        ("number_tanh", 100),
        pytest.param("number_tanh", 200, marks=pytest.mark.thorough),
        ("none", 150),
    ],
)
def test_it_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    runs = 400
    p = p_values("kcit", scenario, n, runs=runs, seed=3)
    for level in LEVELS:
        rejected = (p <= level).sum()
        assert binom.ppf(0.0005, runs, level) <= rejected <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
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
def test_it_finds_what_is_there(scenario: str, n: int, shape: Shape, size: float) -> None:
    runs = 60
    found = (p_values("kcit", scenario, n, shape, size, runs=runs, seed=4) <= 0.05).sum()
    assert found >= binom.ppf(0.0005, runs, 0.9)


@pytest.mark.thorough
def test_where_it_does_not_hold_its_level_the_result_says_so() -> None:
    """Waves of two numbers are too rough for the kernel of Z at 100 faces."""
    p = p_values("kcit", "numbers_2_sin", 100, runs=200)
    assert (p <= 0.05).sum() > binom.ppf(0.9995, 200, 0.05)
    result = independence_test(*simulate("numbers_2_sin", 100, rng=0), "kcit", approximate=True)
    assert any("this test rejected" in note for note in result.notes)
