"""cHSIC given numbers: kernels are rebuilt for every order, a tile at a time, for all outputs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from facelib.stats.independence.kernels.gaussian import Gaussian, Tile, tiles
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.utilities.checks import Floats

STORED = 3000  # rows up to which a property's Gram is held, 72 MB
AT_ONCE = 32  # orders per matrix product


@dataclass(frozen=True, eq=False)
class Remainder:
    """Residual operator of ridge regression on Z: S = ε (M + ε I)⁻¹ H = H − U diag(s) Uᵀ.

    Attributes
    ----------
    basis
        U, (n, r): eigenvectors of the centred Gram M of Z.
    shrinkage
        s = λ/(λ + ε), (r,).
    """

    basis: Floats
    shrinkage: Floats

    @classmethod
    def of(cls, factor: Floats, epsilon: float) -> Remainder:
        """Return it from a factor L of the Gram of Z, L Lᵀ."""
        basis, roots, _ = np.linalg.svd(factor - factor.mean(axis=0), full_matrices=False)
        return cls(basis, roots**2 / (roots**2 + epsilon))

    def of_columns(self, columns: Floats) -> Floats:
        """Return S times columns, (n, m)."""
        centred = columns - columns.mean(axis=0)
        left: Floats = centred - (self.basis * self.shrinkage) @ (self.basis.T @ centred)
        return left


class Rebuilt:
    """The kernel on (X, Z) as a product: that of X moves with an order, that of Z stays.

    Parameters
    ----------
    moving, staying
        Kernels of X and of Z with the bandwidth of (X, Z).
    """

    def __init__(self, moving: Gaussian, staying: Gaussian) -> None:
        self.moving, self.staying = moving, staying
        self.gram = moving.gram() if len(moving) <= STORED else None

    def traces(self, ys: Sequence[Floats], orders: RowOrders, workers: int = 1) -> Floats:
        """Return tr(K S L S) with the rows of X in other orders, (B, O).

        Parameters
        ----------
        ys
            (n, q) each: S times a factor of the Gram on (Ŷ, Z).
        orders
            (B, n): face i gets the property of face orders[b, i].
        workers
            Threads.
        """

        def compute(tile: Tile) -> Floats:
            fixed = np.stack([y[tile.rows] @ y[tile.columns].T for y in ys])
            fixed *= tile.weight * self.staying.tile(tile.rows, tile.columns)
            flat = fixed.reshape(len(ys), -1).T
            tile_sums = np.empty((len(orders), len(ys)))
            for start in range(0, len(orders), AT_ONCE):
                part = orders[start : start + AT_ONCE]
                moved = self._moved(part[:, tile.rows], part[:, tile.columns])
                tile_sums[start : start + AT_ONCE] = moved.reshape(len(part), -1) @ flat
            return tile_sums

        found: Floats = np.sum(threaded(compute, tiles(len(self.moving)), workers), axis=0)
        return found

    def _moved(self, rows: RowOrders, columns: RowOrders) -> Floats:
        """Return the kernel of X between reordered rows, (B, rows, columns)."""
        moved = np.empty((*rows.shape, columns.shape[1]))
        if self.gram is not None:
            gather(self.gram, rows, columns, moved)
        else:
            for out, left, right in zip(moved, rows, columns, strict=True):
                self.moving.tile(left, right, out)
        return moved


@numba.njit(nogil=True, cache=True)
def gather(gram, rows, columns, out):  # type: ignore[no-untyped-def]  # numba infers
    """Fill out[b] with gram[rows[b]][:, columns[b]]."""
    for b in range(len(rows)):
        for i in range(rows.shape[1]):
            line = gram[rows[b, i]]
            for j in range(columns.shape[1]):
                out[b, i, j] = line[columns[b, j]]
