"""Incomplete Cholesky: what it leaves out is known, and small where a kernel is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.stats.independence.kernels import lowrank
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.lowrank import Entries, factor, incomplete_cholesky


class Counting:
    """Entries of a kernel, counted."""

    def __init__(self, kernel: Gaussian) -> None:
        self.kernel, self.count = kernel, 0

    def __call__(self, rows: slice | np.ndarray, columns: slice | np.ndarray) -> np.ndarray:
        block = self.kernel.tile(rows, columns)
        self.count += block.size
        return block


def kernel_of(n: int, rng: np.random.Generator, columns: int = 1, theta: float = 2.0) -> Gaussian:
    return Gaussian.of(rng.standard_normal((n, columns)), theta)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-10])
def test_the_error_is_the_trace_of_what_is_left(rng: np.random.Generator, tolerance: float) -> None:
    kernel = kernel_of(150, rng, columns=2)
    found = incomplete_cholesky(kernel.tile, 150, tolerance, 150)
    left = kernel.gram() - found.columns @ found.columns.T
    assert left.trace() / 150 == pytest.approx(found.error, rel=1e-4, abs=1e-14)
    assert found.error <= tolerance
    assert np.linalg.eigvalsh(left).min() > -1e-12
    assert np.abs(left[found.pivots]).max() < 1e-12
    assert found.rank == len(set(found.pivots)) == found.columns.shape[1]
    shorter = incomplete_cholesky(kernel.tile, 150, tolerance, found.rank - 1)
    assert shorter.rank == found.rank - 1
    assert shorter.error > tolerance


def test_equal_rows_need_one_column(rng: np.random.Generator) -> None:
    values = rng.integers(0, 3, (90, 1)).astype(float)
    found = incomplete_cholesky(Gaussian.of(values, 1.0).tile, 90, 1e-15, 90)
    assert found.rank == 3
    assert found.error < 1e-14


def test_values_at_the_pivots_carry_to_all_rows(rng: np.random.Generator) -> None:
    kernel = kernel_of(400, rng)
    found = incomplete_cholesky(kernel.tile, 400, 1e-12, 200)
    function = kernel.gram() @ rng.standard_normal(400)
    np.testing.assert_allclose(found.cardinal @ function[found.pivots], function, atol=1e-4)
    np.testing.assert_allclose(found.cardinal[found.pivots], np.eye(found.rank), atol=1e-5)


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lowrank, "SAMPLE", 200)
    monkeypatch.setattr(lowrank, "WORST", 40)


@pytest.mark.thorough
def test_many_rows_are_represented_as_well_as_few(small_sample: None, rng: np.random.Generator) -> None:
    values = rng.standard_normal((2000, 1))
    values[:5, 0] = [9, -8, 12, 15, -20]  # hardly in a sample of 200
    kernel = Gaussian.of(values, 2.0)
    found = factor(kernel.tile, 2000, 1e-6, 150, seed=1)
    assert found.error <= 1e-6
    left = kernel.gram() - found.columns @ found.columns.T
    assert left.trace() / 2000 == pytest.approx(found.error, rel=1e-6)
    one_by_one = incomplete_cholesky(kernel.tile, 2000, 1e-6, 150)
    assert found.rank <= 1.5 * one_by_one.rank


def test_the_error_is_said_if_the_rank_is_too_small(small_sample: None, rng: np.random.Generator) -> None:
    kernel = kernel_of(1000, rng, columns=6)
    found = factor(kernel.tile, 1000, 1e-6, 50, seed=1)
    assert found.rank == 50
    left = kernel.gram() - found.columns @ found.columns.T
    assert left.trace() / 1000 == pytest.approx(found.error, rel=1e-6)
    assert found.error > 0.1


def test_cost_grows_as_the_number_of_rows(small_sample: None, rng: np.random.Generator) -> None:
    def entries(n: int) -> int:
        counting = Counting(kernel_of(n, rng))
        as_entries: Entries = counting
        factor(as_entries, n, 1e-6, 100, seed=0)
        return counting.count

    assert entries(16_000) < 1.3 * 4 * entries(4000)
