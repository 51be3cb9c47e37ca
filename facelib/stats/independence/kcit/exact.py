"""Sums over products of residual kernels, for all pairs of two groups of variables at once.

K_XR ∘ K_YR needs neither eigenvectors nor an n × n matrix: its sum, the sum of its squares and its trace over
all pairs are matrix products of flattened tiles, of their squares, and of diagonals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.stats.independence.kernels.gaussian import Gaussian, Tile, tiles
from facelib.stats.independence.kernels.ridge import Ridge
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.utilities.checks import Floats

MEMORY = 2**27  # bytes that the corrections of a group of variables may take
GRAMS = 2**29  # bytes that whole K_XR may take
GROUP = 8  # tiles computed by one call: long enough for threads, small enough for the second-level cache


@dataclass(frozen=True, eq=False)
class Residuals:
    """K_R = R H K H R of m variables, never formed: each is K − V Uᵀ − U Vᵀ.

    Attributes
    ----------
    left, right
        (m, n, k): exponents of K are their inner products.
    correction
        V, (m, n, r).
    basis
        U, (n, r).
    """

    left: Floats
    right: Floats
    correction: Floats
    basis: Floats

    def __len__(self) -> int:
        return len(self.left)

    def take(self, chosen: slice | npt.NDArray[np.intp]) -> Residuals:
        """Return the chosen variables."""
        return Residuals(self.left[chosen], self.right[chosen], self.correction[chosen], self.basis)

    def tile(self, tile: Tile, out: Floats | None = None, work: Floats | None = None) -> Floats:
        """Return a tile of every K_R, (m, rows, columns), in `out` if given; `work` has the same shape."""
        rows, columns, m = tile.rows, tile.columns, len(self)
        out = np.matmul(self.left[:, rows], self.right[:, columns].transpose(0, 2, 1), out=out)
        np.exp(out, out=out)
        first, second = self.correction[:, rows], self.correction[:, columns]
        left = np.concatenate([first, np.broadcast_to(self.basis[rows], first.shape)], axis=2)
        right = np.concatenate([np.broadcast_to(self.basis[columns], second.shape), second], axis=2)
        out -= np.matmul(left, right.transpose(0, 2, 1), out=None if work is None else work[:m])
        return out

    @property
    def diagonals(self) -> Floats:
        """Diagonal of every K_R, (m, n)."""
        diagonals: Floats = 1 - 2 * np.einsum("mij,ij->mi", self.correction, self.basis)
        return diagonals


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over residual kernels; P = K_XR ∘ K_YR for each of P × O pairs.

    Attributes
    ----------
    product, square, trace
        (P, O): ΣP, Σ(P ∘ P), tr P.
    x_square, y_square, x_trace, y_trace
        (P,), (O,): ΣK_R² and tr K_R of each variable.
    """

    product: Floats
    square: Floats
    trace: Floats
    x_square: Floats
    y_square: Floats
    x_trace: Floats
    y_trace: Floats


def residuals(kernels: Sequence[Gaussian], ridge: Ridge, workers: int = 1) -> Residuals:
    """Take the conditioner out of kernels: V = K U S − U (S Uᵀ K U S) / 2."""
    left, right = _stack([kernel.left for kernel in kernels]), _stack([kernel.right for kernel in kernels])
    basis, weighted = ridge.basis, ridge.weighted

    def correct(group: slice) -> Floats:
        image = np.zeros((len(left[group]), *basis.shape))
        for tile in tiles(len(basis)):
            block = np.matmul(left[group, tile.rows], right[group, tile.columns].transpose(0, 2, 1))
            np.exp(block, out=block)
            image[:, tile.rows] += block @ weighted[tile.columns]
            if tile.weight == 2:
                image[:, tile.columns] += block.transpose(0, 2, 1) @ weighted[tile.rows]
        return image - basis @ ((weighted.T @ image) / 2)

    size = max(1, min(GROUP, -(-len(left) // workers)))
    groups = [slice(start, start + size) for start in range(0, len(left), size)]
    return Residuals(left, right, np.concatenate(threaded(correct, groups, workers)), basis)


def sums(xs: Sequence[Gaussian], ys: Sequence[Gaussian], ridge: Ridge, workers: int = 1) -> Sums:
    """Sum over all pairs of residual kernels, tile by tile, on `workers` threads.

    Takes 16 n r bytes per variable, r columns of the regression, but no more than about 1 GB: then variables
    are taken in groups.
    """
    parts = [
        [_sums(x, y, workers) for y in _grouped(ys, ridge, workers)] for x in _grouped(xs, ridge, workers)
    ]
    first = parts[0]
    return Sums(
        product=np.block([[part.product for part in row] for row in parts]),
        square=np.block([[part.square for part in row] for row in parts]),
        trace=np.block([[part.trace for part in row] for row in parts]),
        x_square=np.concatenate([row[0].x_square for row in parts]),
        y_square=np.concatenate([part.y_square for part in first]),
        x_trace=np.concatenate([row[0].x_trace for row in parts]),
        y_trace=np.concatenate([part.y_trace for part in first]),
    )


def reordered(
    xs: Sequence[Gaussian], ys: Sequence[Gaussian], ridge: Ridge, orders: RowOrders, workers: int = 1
) -> Floats:
    """Return ΣP of all pairs with the rows and columns of K_XR in other orders (B, n), (B, P, O)."""
    rows = []
    n = len(ridge.basis)
    whole = Tile(slice(0, n), slice(0, n), 1)
    few = max(1, GRAMS // (8 * n**2))
    for start in range(0, len(xs), few):
        grams = [residuals([x], ridge).tile(whole)[0] for x in xs[start : start + few]]
        row = [_reordered(grams, y, orders, workers) for y in _grouped(ys, ridge, workers)]
        rows.append(np.concatenate(row, axis=2))
    return np.concatenate(rows, axis=1)


def _grouped(kernels: Sequence[Gaussian], ridge: Ridge, workers: int) -> Iterator[Residuals]:
    """Yield residual kernels in groups whose corrections fit in memory."""
    size = max(1, MEMORY // ridge.basis.nbytes)
    for start in range(0, len(kernels), size):
        yield residuals(kernels[start : start + size], ridge, workers)


def _sums(xs: Residuals, ys: Residuals, workers: int) -> Sums:
    totals = np.sum(threaded(lambda tile: _tile(xs, ys, tile), tiles(len(xs.basis)), workers), axis=0)
    x_diagonals, y_diagonals = xs.diagonals, ys.diagonals
    return Sums(
        product=totals[0, 1:, 1:],
        square=totals[1, 1:, 1:],
        trace=x_diagonals @ y_diagonals.T,
        x_square=totals[1, 1:, 0],
        y_square=totals[1, 0, 1:],
        x_trace=x_diagonals.sum(axis=1),
        y_trace=y_diagonals.sum(axis=1),
    )


def _reordered(grams: Sequence[Floats], ys: Residuals, orders: RowOrders, workers: int) -> Floats:
    """Return ΣP of whole K_XR (n, n), reordered, with tiles of K_YR: (B, P, O)."""
    n = len(ys.basis)

    def add(tile: Tile) -> Floats:
        y = tile.weight * ys.tile(tile).reshape(len(ys), -1).T
        totals = np.empty((len(orders), len(grams), len(ys)))
        gathered = np.empty((GROUP, *tile.shape))
        for start in range(0, len(orders), GROUP):
            few = orders[start : start + GROUP]
            place = few[:, tile.rows, None] * n + few[:, None, tile.columns]
            x = gathered[: len(few)]
            for i, gram in enumerate(grams):
                np.take(gram, place, out=x, mode="clip")  # other modes copy
                totals[start : start + len(few), i] = x.reshape(len(few), -1) @ y
        return totals

    totals: Floats = np.sum(threaded(add, tiles(n), workers), axis=0)
    return totals


def _tile(xs: Residuals, ys: Residuals, tile: Tile) -> Floats:
    """Return what a tile adds: (2, P + 1, O + 1), of kernels and squares; row and column 0 are of ones."""
    totals = np.zeros((2, len(xs) + 1, len(ys) + 1))
    x = np.ones((len(xs) + 1, *tile.shape))
    xs.tile(tile, x[1:])
    x_flat = x.reshape(len(x), -1)
    x_square = x_flat**2
    y = np.empty((min(GROUP, len(ys)), *tile.shape))
    work = np.empty_like(y)
    for start in range(0, len(ys), GROUP):
        group = ys.take(slice(start, start + GROUP))
        y_flat = group.tile(tile, y[: len(group)], work).reshape(len(group), -1)
        place = slice(start + 1, start + 1 + len(group))
        totals[0, :, place] = x_flat @ y_flat.T
        totals[1, :, place] = x_square @ np.square(y_flat, out=y_flat).T
    totals[1, :, 0] = x_square.sum(axis=1)
    return tile.weight * totals


def _stack(matrices: Sequence[Floats]) -> Floats:
    """Return matrices (n, k_i) as (m, n, max k), filled up with columns of 0."""
    width = max(matrix.shape[1] for matrix in matrices)
    stacked = np.zeros((len(matrices), len(matrices[0]), width))
    for place, matrix in zip(stacked, matrices, strict=True):
        place[:, : matrix.shape[1]] = matrix
    return stacked
