"""Gaussian kernels, a tile at a time: no n × n matrix is needed to sum over one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

TILE = 128
"""Rows and columns of a tile: two dozen fit in a core's second-level cache."""


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The kernel exp(−θ ‖a_i − a_j‖² / 2) of n rows.

    Its exponent is an inner product of two short vectors, so a tile is one small matrix product and one
    exponential. Centre the rows first (z-scores are): cancellation grows with their distance from 0.

    Attributes
    ----------
    left, right
        (n, d + 2): left_i · right_j is the exponent.
    """

    left: Floats
    right: Floats

    @classmethod
    def of(cls, values: Floats, theta: float) -> Gaussian:
        """Return the kernel of the rows of `values` (n, d); theta is 1/σ², in 1/(units of `values`)².

        Examples
        --------
        >>> Gaussian.of(np.array([[-1.0], [1.0]]), theta=0.5).gram().round(3)
        array([[1.   , 0.368],
               [0.368, 1.   ]])
        """
        scaled = np.sqrt(theta) * values
        half = -0.5 * (scaled**2).sum(axis=1, keepdims=True)
        ones = np.ones_like(half)
        return cls(np.hstack([scaled, half, ones]), np.hstack([scaled, ones, half]))

    def __len__(self) -> int:
        return len(self.left)

    def tile(self, rows: slice | Codes, columns: slice | Codes, out: Floats | None = None) -> Floats:
        """Return the kernel between some rows and some columns, in `out` if given."""
        out = np.matmul(self.left[rows], self.right[columns].T, out=out)
        exponentials: Floats = np.exp(out, out=out)
        return exponentials

    def gram(self) -> Floats:
        """Return the whole kernel, (n, n)."""
        return self.tile(slice(None), slice(None))


@dataclass(frozen=True)
class Tile:
    """A block of rows × columns on or above the diagonal of a symmetric matrix.

    Attributes
    ----------
    rows, columns
        Which block.
    weight
        How often its entries count in a sum over the whole matrix: 1 on the diagonal, 2 above it.
    """

    rows: slice
    columns: slice
    weight: int

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def tiles(n: int, size: int = TILE) -> Iterator[Tile]:
    """Yield the upper half of an n × n matrix in blocks of nearly equal size, at most `size`.

    >>> [(t.shape, t.weight) for t in tiles(5, 3)]
    [((2, 2), 1), ((2, 3), 2), ((3, 3), 1)]
    """
    edges = np.linspace(0, n, -(-n // size) + 1).astype(int).tolist()
    blocks = [slice(start, stop) for start, stop in itertools.pairwise(edges)]
    for i, rows in enumerate(blocks):
        for columns in blocks[i:]:
            yield Tile(rows, columns, 1 if columns is rows else 2)
