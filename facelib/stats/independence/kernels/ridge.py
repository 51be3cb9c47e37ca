"""Kernel ridge regression on a conditioner, once for all variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.kernels.gaussian import Gaussian, tiles
from facelib.stats.independence.kernels.lowrank import incomplete_cholesky
from facelib.stats.independence.variables import Codes, z_scores
from facelib.utilities.checks import Floats

RELATIVE = 1e-15  # eigenvalues of K_Z below this share of n are rounding
SMALL = 1e-14  # mean error of an entry that one more multiplication repairs
OVERSAMPLED = 10


@dataclass(frozen=True, eq=False)
class Ridge:
    """R H = I − U diag(s) Uᵀ: what is left of a feature after centring (H) and ridge regression on Z (R).

    R = ε (K_Z + ε I)⁻¹ with K_Z centred. Its eigenvectors are those of K_Z, and R is the identity wherever
    K_Z has nothing to say; so few columns do: as many as labels, or as K_Z has eigenvalues.

    Attributes
    ----------
    basis
        U, (n, r), orthonormal as far as s is more than rounding; its first column is constant.
    shrinkage
        s, (r,), in (0, 1]: λ/(λ + ε), and 1 for the constant column.
    """

    basis: Floats
    shrinkage: Floats

    @property
    def weighted(self) -> Floats:
        """U diag(s), (n, r)."""
        weighted: Floats = self.basis * self.shrinkage
        return weighted


def ridge(given: Given, theta: float, epsilon: float) -> Ridge:
    """Return the regression on a conditioner.

    Parameters
    ----------
    given
        Labels, numbers, both, or neither: then only the mean is taken out.
    theta
        1/σ² of the kernel on the z-scored one-hot labels and numbers.
    epsilon
        ε of the ridge.
    """
    n = len(given.strata)
    if not given.design.shape[1]:
        return _shrink(np.empty((n, 0)), np.empty(0), epsilon)
    design = z_scores(given.design)
    if given.categorical:
        return _shrink(*_of_strata(design, given.strata, theta), epsilon)
    return _shrink(*_of_rows(Gaussian.of(design, theta)), epsilon)


def _shrink(vectors: Floats, values: Floats, epsilon: float) -> Ridge:
    """Return the regression from eigenvectors and eigenvalues of the centred K_Z."""
    n = len(vectors)
    kept = values > RELATIVE * n
    constant = np.full((n, 1), 1 / np.sqrt(n))
    shrinkage = np.concatenate([np.ones(1), values[kept] / (values[kept] + epsilon)])
    return Ridge(np.hstack([constant, vectors[:, kept]]), shrinkage)


def _of_strata(design: Floats, strata: Codes, theta: float) -> tuple[Floats, Floats]:
    """Return eigenvectors (n, k) and eigenvalues (k,) of the centred kernel of k labels."""
    sizes = np.bincount(strata)
    first = np.unique(strata, return_index=True)[1]
    between = Gaussian.of(design[first], theta).gram()
    mean = between @ (sizes / len(strata))
    centred = between - mean[:, None] - mean + mean @ (sizes / len(strata))
    roots = np.sqrt(sizes)
    values, vectors = np.linalg.eigh(roots[:, None] * centred * roots)
    return (vectors / roots[:, None])[strata], values


def _of_rows(kernel: Gaussian) -> tuple[Floats, Floats]:
    """Return eigenvectors and eigenvalues of a centred kernel.

    If its rank is small, an incomplete Cholesky factor spans all but some 1e-15 of it, and one multiplication
    by the kernel brings the rest in: dividing by ε would show an error of that size.
    """
    n = len(kernel)
    low_rank = incomplete_cholesky(kernel.tile, n, np.finfo(float).eps, n // 4)
    if low_rank.error > SMALL:
        centred = kernel.gram()
        mean = centred.mean(axis=0)
        centred += mean.mean() - mean - mean[:, None]
        values, vectors = np.linalg.eigh(centred)
        return vectors, values
    more = np.random.default_rng(0).standard_normal((n, OVERSAMPLED))
    span = np.linalg.qr(np.hstack([low_rank.columns, more]))[0]
    span = np.linalg.qr(_times(kernel, span))[0]
    values, vectors = np.linalg.eigh(span.T @ _times(kernel, span))
    return span @ vectors, values


def _times(kernel: Gaussian, columns: Floats) -> Floats:
    """Return H K H columns."""
    centred = columns - columns.mean(axis=0)
    image = np.zeros_like(centred)
    for tile in tiles(len(kernel)):
        block = kernel.tile(tile.rows, tile.columns)
        image[tile.rows] += block @ centred[tile.columns]
        if tile.weight == 2:
            image[tile.columns] += block.T @ centred[tile.rows]
    product: Floats = image - image.mean(axis=0)
    return product
