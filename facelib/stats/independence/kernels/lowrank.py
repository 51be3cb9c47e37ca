"""Incomplete Cholesky factors of kernels: K ≈ L Lᵀ with few columns and a known error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

SAMPLE = 3000  # rows among which pivots are sought first
WORST = 500  # rows of largest error that join them
ROUNDS = 4

Entries = Callable[[slice | Codes, slice | Codes], Floats]
"""Entries of a kernel with ones on its diagonal, between some rows and some columns."""


@dataclass(frozen=True, eq=False)
class Factor:
    """K ≈ L Lᵀ; what is left out is positive semi-definite, so its trace bounds it.

    Attributes
    ----------
    columns
        L, (n, rank).
    pivots
        (rank,) rows that the factor represents exactly.
    error
        Trace of K − L Lᵀ relative to the trace of K, in [0, 1].
    """

    columns: Floats
    pivots: Codes
    error: float

    @property
    def rank(self) -> int:
        """Number of columns."""
        return len(self.pivots)

    @property
    def cardinal(self) -> Floats:
        """Weights (n, rank) that carry values at the pivots to all rows: f ≈ weights @ f[pivots]."""
        weights: Floats = self.columns @ np.linalg.inv(self.columns[self.pivots])
        return weights


def incomplete_cholesky(entries: Entries, n: int, tolerance: float, most: int) -> Factor:
    """Return the pivoted Cholesky factor of a kernel (Fine and Scheinberg 2001).

    The row that is represented worst becomes the next pivot, until the relative error of the trace is at most
    `tolerance` or the rank is `most`. Takes n·rank² operations.
    """
    columns = np.empty((min(most, n), n))  # transposed: steps read and write whole rows
    left = np.ones(n)
    pivots: list[int] = []
    while len(pivots) < len(columns) and left.sum() > tolerance * n:
        rank, pivot = len(pivots), int(left.argmax())
        if left[pivot] <= np.finfo(float).eps:
            break
        column = entries(slice(None), np.array([pivot]))[:, 0]
        column -= columns[:rank, pivot] @ columns[:rank]
        column /= np.sqrt(left[pivot])
        columns[rank] = column
        left = np.maximum(left - column**2, 0.0)
        left[pivot] = 0.0
        pivots.append(pivot)
    chosen = np.array(pivots, np.intp)
    return Factor(np.ascontiguousarray(columns[: len(pivots)].T), chosen, float(left.mean()))


def factor(entries: Entries, n: int, tolerance: float, most: int, seed: int) -> Factor:
    """Return an incomplete Cholesky factor of many rows.

    Pivots are sought among a sample of the rows, then among those that it represents worst; the error is that
    of all rows. The factor is the same as if the pivots had been found one by one (Nyström's, too), but takes
    matrix products only.
    """
    if n <= SAMPLE:
        return incomplete_cholesky(entries, n, tolerance, most)
    rows = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
    for _ in range(ROUNDS):
        small_factor = _from_some(entries, rows, tolerance, most)
        if small_factor.error <= tolerance or small_factor.rank >= most:
            break
        left = 1 - np.einsum("ij,ij->i", small_factor.columns, small_factor.columns)
        rows = np.union1d(rows, np.argpartition(left, n - WORST)[n - WORST :])
    return small_factor


def _from_some(entries: Entries, rows: Codes, tolerance: float, most: int) -> Factor:
    """Return the factor of all rows whose pivots are found among some."""
    few = incomplete_cholesky(
        lambda some, others: entries(rows[some], rows[others]), len(rows), tolerance / 2, most
    )
    pivots = rows[few.pivots]
    inverse = np.linalg.inv(few.columns[few.pivots]).T
    columns = entries(slice(None), pivots) @ inverse
    left = 1 - np.einsum("ij,ij->i", columns, columns)
    return Factor(columns, pivots, float(np.maximum(left, 0.0).mean()))
