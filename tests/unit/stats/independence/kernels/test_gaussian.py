"""Gaussian kernels, tile by tile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel

from facelib.stats.independence.kernels.gaussian import TILE, Gaussian, tiles


def test_the_kernel_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    values = rng.standard_normal((70, 3))
    kernel = Gaussian.of(values, theta=0.8)
    np.testing.assert_allclose(kernel.gram(), rbf_kernel(values, gamma=0.4), rtol=1e-12)
    out = np.empty((10, 4))
    rows = np.array([3, 5, 69, 1])
    assert kernel.tile(slice(20, 30), rows, out) is out
    np.testing.assert_allclose(out, kernel.gram()[20:30, rows], rtol=1e-13)


@pytest.mark.thorough
@given(st.integers(1, 700), st.integers(1, TILE))
def test_tiles_cover_a_symmetric_matrix_once(n: int, size: int) -> None:
    size = max(size, n // 12)  # few tiles are quick
    covered = np.zeros((n, n), int)
    for tile in tiles(n, size):
        assert max(tile.shape) <= size
        covered[tile.rows, tile.columns] += 1
        if tile.weight == 2:
            covered.T[tile.rows, tile.columns] += 1
    assert (covered == 1).all()
    assert sum(tile.weight * np.prod(tile.shape) for tile in tiles(n, size)) == n * n
