"""Incomplete Cholesky factors of kernels: K ≈ L Lᵀ with few columns and a known error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

Entries = Callable[[slice | Codes, slice | Codes], Floats]
"""Entries of a kernel with ones on its diagonal, between some rows and some columns."""


@dataclass(frozen=True, eq=False)
class Factor:
    """K ≈ L Lᵀ; what is left out is positive semi-definite, so its trace bounds it.

    Attributes
    ----------
    columns
        L, (n, rank).
    error
        Trace of K − L Lᵀ relative to the trace of K, in [0, 1].
    """

    columns: Floats
    error: float


def incomplete_cholesky(entries: Entries, n: int, tolerance: float, most: int) -> Factor:
    """Return the pivoted Cholesky factor of a kernel (Fine and Scheinberg 2001).

    The row that is represented worst becomes the next pivot, until the relative error of the trace is at most
    `tolerance` or the rank is `most`. Takes n·rank² operations.
    """
    columns = np.empty((min(most, n), n))  # transposed: steps read and write whole rows
    left = np.ones(n)
    rank = 0
    while rank < len(columns) and left.sum() > tolerance * n:
        pivot = int(left.argmax())
        if left[pivot] <= np.finfo(float).eps:
            break
        column = entries(slice(None), np.array([pivot]))[:, 0]
        column -= columns[:rank, pivot] @ columns[:rank]
        column /= np.sqrt(left[pivot])
        columns[rank] = column
        left = np.maximum(left - column**2, 0.0)
        left[pivot] = 0.0
        rank += 1
    return Factor(np.ascontiguousarray(columns[:rank].T), float(left.mean()))
