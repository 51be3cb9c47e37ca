"""KCIT through factors: cost grows as n for any conditioner; what is quartic in n is sampled.

K_XR ≈ A Aᵀ and K_YR ≈ B Bᵀ give ΣP = ‖Aᵀ B‖² and tr P exactly up to the factors' error. Σ(P ∘ P) would need
rank(A) · rank(B) columns; its diagonal is known and the rest is estimated without bias from whole rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from facelib.stats.independence.kcit.exact import Sums
from facelib.stats.independence.kernels.ridge import Ridge
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

WIDTH = 128  # rows taken at once
GROUPS = 16  # independent samples of rows, whose spread is the standard error
OUTPUTS = 8  # outputs taken at once
SHARES = 4  # pieces of work per thread


@dataclass(frozen=True, eq=False)
class ResidualFactor:
    """A with K_R ≈ A Aᵀ, computed row by row: features beside label features, minus what Z explains.

    Attributes
    ----------
    features
        (n, r) factor of a kernel of numbers.
    labels
        (n, k) rows of a factor of the kernel of labels, which multiplies the other; k = 1 without.
    basis
        U of the regression, (n, q).
    explained
        diag(s) Uᵀ of all features, (q, r k).
    error
        Relative error of the trace of the kernel.
    """

    features: Floats
    labels: Floats
    basis: Floats
    explained: Floats
    error: float

    @classmethod
    def of(cls, features: Floats, labels: Floats, ridge: Ridge, error: float) -> ResidualFactor:
        """Regress the features on the conditioner."""
        image = np.zeros((ridge.basis.shape[1], features.shape[1] * labels.shape[1]))
        for start in range(0, len(features), WIDTH):
            rows = slice(start, start + WIDTH)
            image += ridge.basis[rows].T @ _products(features[rows], labels[rows])
        return cls(features, labels, ridge.basis, ridge.shrinkage[:, None] * image, error)

    def rows(self, chosen: slice | Codes) -> Floats:
        """Return some rows of A."""
        found = _products(self.features[chosen], self.labels[chosen])
        found -= self.basis[chosen] @ self.explained
        return found


@dataclass(frozen=True, eq=False)
class Sampled:
    """Rows on which Σ(P ∘ P) is estimated.

    Attributes
    ----------
    rows
        (groups, m): independent systematic samples, each spread evenly over the sorted labels.
    n
        Number of rows there are.
    """

    rows: Codes
    n: int

    @classmethod
    def of(cls, n: int, size: int, seed: int) -> Sampled:
        """Draw about `size` of n rows, or take all."""
        if size >= n:
            return cls(np.arange(n)[None, :], n)
        m = max(2, size // GROUPS)
        starts = np.random.default_rng(seed).uniform(0, n / m, (GROUPS, 1))
        rows = np.minimum((starts + np.arange(m) * (n / m)).astype(np.intp), n - 1)
        return cls(rows, n)

    def total(self, groups: Floats, diagonal: Floats) -> tuple[Floats, Floats]:
        """Return the estimate and its relative standard error from each group's sum off the diagonal."""
        each = diagonal + groups * (self.n / self.rows.shape[1])
        estimate = each.mean(axis=0)
        if len(each) == 1:
            return estimate, np.zeros_like(estimate)
        return estimate, each.std(axis=0, ddof=1) / np.sqrt(len(each)) / estimate


def factored_sums(
    xs: Sequence[ResidualFactor], ys: Sequence[ResidualFactor], sampled: Sampled, workers: int = 1
) -> tuple[Sums, Floats]:
    """Return the sums of all pairs, and the relative standard error of Σ(P ∘ P), (P, O)."""
    starts = range(0, len(ys), OUTPUTS)
    parts, errors = zip(
        *(_some_outputs(xs, ys[start : start + OUTPUTS], sampled, workers) for start in starts), strict=True
    )
    sums = Sums(
        product=np.hstack([part.product for part in parts]),
        square=np.hstack([part.square for part in parts]),
        trace=np.hstack([part.trace for part in parts]),
        x_square=parts[0].x_square,
        y_square=np.concatenate([part.y_square for part in parts]),
        x_trace=parts[0].x_trace,
        y_trace=np.concatenate([part.y_trace for part in parts]),
    )
    return sums, np.hstack(errors)


def factored_products(
    xs: Sequence[ResidualFactor], ys: Sequence[ResidualFactor], orders: RowOrders, workers: int = 1
) -> Floats:
    """Return ΣP of all pairs with the rows of X in other orders (B, n), (B, P, O)."""
    width = sum(y.explained.shape[1] for y in ys)

    def product(order: Codes) -> Floats:
        cross = [np.zeros((x.explained.shape[1], width)) for x in xs]
        for start in range(0, len(order), WIDTH):
            rows = slice(start, start + WIDTH)
            all_ys = np.hstack([y.rows(rows) for y in ys])
            cross = [total + x.rows(order[rows]).T @ all_ys for total, x in zip(cross, xs, strict=True)]
        return _norms(cross, ys)

    return np.stack(threaded(product, orders, workers))


def _some_outputs(
    xs: Sequence[ResidualFactor], ys: Sequence[ResidualFactor], sampled: Sampled, workers: int
) -> tuple[Sums, Floats]:
    chosen = sampled.rows.ravel()
    x_some, y_some = [x.rows(chosen) for x in xs], [y.rows(chosen) for y in ys]
    groups = len(sampled.rows)

    def piece(edge: tuple[int, int]) -> list[Floats]:
        totals: list[Floats] = []
        for start in range(*edge, WIDTH):
            rows = slice(start, min(start + WIDTH, edge[1]))
            x_rows, y_rows = [x.rows(rows) for x in xs], [y.rows(rows) for y in ys]
            blocks = _squares(x_some, x_rows, groups), _squares(y_some, y_rows, groups).transpose(0, 2, 1)
            terms = [blocks[0] @ blocks[1], *_terms(x_rows, y_rows)]
            totals = _added(totals, terms) if totals else terms
        return totals

    edges = np.linspace(0, sampled.n, workers * SHARES + 1).astype(int).tolist()
    sampled_square, trace, square_trace, *matrices = reduce(
        _added, threaded(piece, list(itertools.pairwise(edges)), workers)
    )
    cross, x_self, y_self = matrices[: len(xs)], matrices[len(xs) : 2 * len(xs)], matrices[2 * len(xs) :]
    x_diagonal, y_diagonal = _diagonals(x_some) ** 2, _diagonals(y_some) ** 2
    shape = (-1, *sampled.rows.shape)
    diagonal = np.einsum("pgm,ogm->gpo", x_diagonal.reshape(shape), y_diagonal.reshape(shape))
    square, error = sampled.total(sampled_square - diagonal, square_trace)
    return (
        Sums(
            product=_norms(cross, ys),
            square=square,
            trace=trace,
            x_square=np.array([(gram**2).sum() for gram in x_self]),
            y_square=np.array([(gram**2).sum() for gram in y_self]),
            x_trace=np.array([gram.trace() for gram in x_self]),
            y_trace=np.array([gram.trace() for gram in y_self]),
        ),
        error,
    )


def _terms(xs: Sequence[Floats], ys: Sequence[Floats]) -> list[Floats]:
    """Return what rows of all factors add: tr P, tr P ∘ P, Aᵀ B of all ys, Aᵀ A, Bᵀ B."""
    x_diagonals, y_diagonals, all_ys = _diagonals(xs), _diagonals(ys), np.hstack(ys)
    return [
        x_diagonals @ y_diagonals.T,
        x_diagonals**2 @ (y_diagonals**2).T,
        *(x.T @ all_ys for x in xs),
        *(x.T @ x for x in xs),
        *(y.T @ y for y in ys),
    ]


def _added(first: Sequence[Floats], second: Sequence[Floats]) -> list[Floats]:
    return [one + other for one, other in zip(first, second, strict=True)]


def _norms(cross: Sequence[Floats], ys: Sequence[ResidualFactor]) -> Floats:
    """Return ‖Aᵀ B‖² of every pair from products with all ys side by side, (P, O)."""
    starts = np.cumsum([0, *(y.explained.shape[1] for y in ys)])[:-1]
    return np.stack([np.add.reduceat((block**2).sum(axis=0), starts) for block in cross])


def _diagonals(rows: Sequence[Floats]) -> Floats:
    """Return the diagonal of K_R at some rows of each factor, (variables, rows)."""
    return np.stack([np.einsum("ij,ij->i", one, one) for one in rows])


def _squares(some: Sequence[Floats], rows: Sequence[Floats], groups: int) -> Floats:
    """Return squares of K_R between sampled and other rows, (groups, variables, entries)."""
    blocks = [(left @ right.T).reshape(groups, -1) for left, right in zip(some, rows, strict=True)]
    return np.stack(blocks, axis=1) ** 2


def _products(features: Floats, labels: Floats) -> Floats:
    """Return every feature times every label feature, (rows, r k)."""
    products: Floats = (features[:, :, None] * labels[:, None, :]).reshape(len(features), -1)
    return products
