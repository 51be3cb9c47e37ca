"""Incomplete Cholesky: what it leaves out is known, and small where a kernel is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.lowrank import incomplete_cholesky


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-10])
def test_the_error_is_the_trace_of_what_is_left(rng: np.random.Generator, tolerance: float) -> None:
    kernel = Gaussian.of(rng.standard_normal((150, 2)), 2.0)
    found = incomplete_cholesky(kernel.tile, 150, tolerance, 150)
    left = kernel.gram() - found.columns @ found.columns.T
    assert left.trace() / 150 == pytest.approx(found.error, rel=1e-4, abs=1e-14)
    assert found.error <= tolerance
    assert np.linalg.eigvalsh(left).min() > -1e-12
    rank = found.columns.shape[1]
    shorter = incomplete_cholesky(kernel.tile, 150, tolerance, rank - 1)
    assert shorter.columns.shape[1] == rank - 1
    assert shorter.error > tolerance


def test_equal_rows_need_one_column(rng: np.random.Generator) -> None:
    values = rng.integers(0, 3, (90, 1)).astype(float)
    found = incomplete_cholesky(Gaussian.of(values, 1.0).tile, 90, 1e-15, 90)
    assert found.columns.shape[1] == 3
    assert found.error < 1e-14
