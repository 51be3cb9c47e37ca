"""Partial correlation: linear dependence of property and output once labels are taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import Variable, z_scores
from facelib.utilities.checks import Floats

RELATIVE = 1e-9  # below this share of its deviation a residual is rounding
LEAST = np.finfo(np.float64).eps ** 2  # Λ of a perfect fit: r² is never known to be 1


@register
@dataclass(frozen=True)
class PartialCorrelation(IndependenceTest):
    """Correlation of the residuals of X and Ŷ after least squares on Z.

    For one column each, r = corr(e_X, e_Y) and t = r √(df / (1 − r²)), df = n − 2 − rank of the centred Z,
    two-sided Student t. Several columns (categories, a logit vector): Wilks' Λ of the residuals with Rao's F,
    the same test for one column. Blind to what isn't linear; exact for Gaussian errors, linear in Z.

    statistic: t, or Rao's F. effect: r, or √(1 − Λ).
    """

    id = "partial_correlation"
    title = "partial correlation"
    cost = "low"
    null = "analytic"
    most_numbers = None

    def prepare(self, problem: Problem) -> PreparedCorrelation:
        """Take Z out of all columns with one decomposition."""
        return PreparedCorrelation(problem)


class PreparedCorrelation(Prepared):
    """Orthonormal residuals of every variable; canonical correlations are their inner products."""

    def __init__(self, problem: Problem) -> None:
        basis = orthonormal(problem.given)
        self.df = problem.n - 1 - basis.shape[1]
        if self.df < 2:
            msg = (
                f"{problem.n} faces are too few for {basis.shape[1]} conditioning columns: "
                "partial correlation needs at least 3 more. Add faces or merge labels."
            )
            raise BadValueError(msg)
        self.xs = [residual_basis(x, basis) for x in problem.xs]
        self.ys = [residual_basis(y, basis) for y in problem.ys]
        self.lambdas, self.signs = self._compare(self.xs)
        p, q = self._ranks()
        self.simple = (p == 1) & (q == 1)
        self.statistic = self._statistic(p, q)
        size = np.where(self.simple, self.signs, 1.0) * np.sqrt(1 - self.lambdas)
        self.effect = np.where(np.isfinite(self.statistic), size, np.nan)
        if ((p > 0) & (q > 0) & (p + q > self.df)).any():
            self.notes = (
                f"{problem.n} faces are too few for all columns of property, output and conditioner: they "
                "fit each other whatever they hold. Add faces, or test fewer columns at once.",
            )

    @property
    def extreme(self) -> Floats:
        """1 − Λ: r² for one column."""
        return np.where(np.isfinite(self.statistic), 1 - self.lambdas, np.nan)

    def why_not(self, i: int, j: int) -> str:
        """Say whether there are too many columns, or Z fits a variable completely."""
        columns = self.xs[i].shape[1], self.ys[j].shape[1]
        if not all(columns):
            return super().why_not(i, j)
        return (
            f"{columns[0]} columns of the property and {columns[1]} of the output need more than the "
            f"{self.df} degrees of freedom that there are"
        )

    def analytic(self) -> Floats:
        """Return Student's t or Rao's F tail, (P, O)."""
        p, q = self._ranks()
        numerator, denominator = p * q, self._denominator(p, q)
        tail = np.where(
            self.simple,
            2 * special.stdtr(self.df - 1, -np.abs(self.statistic)),
            special.fdtrc(numerator, np.maximum(denominator, 1), np.abs(self.statistic)),
        )
        return np.where(np.isfinite(self.statistic), np.maximum(tail, np.finfo(float).tiny), np.nan)

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return 1 − Λ of reordered residuals; within strata residuals of X move with X."""
        rows = np.flatnonzero(pairs.any(axis=1))
        found = np.full((len(orders), *pairs.shape), np.nan)
        for b, order in enumerate(orders):
            lambdas, _ = self._compare([self.xs[i][order] for i in rows])
            found[b, rows] = 1 - lambdas
        return found

    def _compare(self, xs: list[Floats]) -> tuple[Floats, Floats]:
        """Return Wilks' Λ = Π (1 − ρ²) of every pair, and the sign of r for one column each."""
        products = np.hstack(xs).T @ np.hstack(self.ys)
        if products.shape == (len(xs), len(self.ys)):
            return np.clip(1 - products**2, 0.0, 1.0), np.sign(products)
        lambdas, signs = np.ones((len(xs), len(self.ys))), np.ones((len(xs), len(self.ys)))
        rows = np.cumsum([0, *(x.shape[1] for x in xs)])
        columns = np.cumsum([0, *(y.shape[1] for y in self.ys)])
        for i, j in np.ndindex(lambdas.shape):
            block = products[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
            if block.size:
                lambdas[i, j] = np.prod(1 - np.linalg.svd(block, compute_uv=False).clip(0, 1) ** 2)
            if block.shape == (1, 1):
                signs[i, j] = np.sign(block[0, 0])
        return lambdas, signs

    def _ranks(self) -> tuple[Floats, Floats]:
        """Return the number of columns that Z leaves, of properties (P, 1) and of outputs (1, O)."""
        p = np.array([x.shape[1] for x in self.xs], np.float64)[:, None]
        q = np.array([y.shape[1] for y in self.ys], np.float64)[None, :]
        return p, q

    def _root(self, p: Floats, q: Floats) -> Floats:
        """Return Rao's t: Λ^(1/t) is nearly a ratio of sums of squares."""
        size = p**2 + q**2 - 5
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.sqrt((p**2 * q**2 - 4) / size)
        return np.where(size > 0, root, 1.0)

    def _denominator(self, p: Floats, q: Floats) -> Floats:
        """Return Rao's degrees of freedom of the denominator; `df` is n − 1 − rank of Z."""
        denominator: Floats = (self.df - (p + q + 1) / 2) * self._root(p, q) - p * q / 2 + 1
        return denominator

    def _statistic(self, p: Floats, q: Floats) -> Floats:
        testable = (p > 0) & (q > 0) & (p + q <= self.df)  # more columns fit each other whatever they hold
        root = np.where(testable, self._root(p, q), 1.0)
        denominator = self._denominator(p, q)
        lambdas = np.maximum(self.lambdas, LEAST)
        shrunk = lambdas ** (1 / root)
        with np.errstate(divide="ignore", invalid="ignore"):
            f = (1 - shrunk) / shrunk * denominator / (p * q)
            t = self.signs * np.sqrt((1 - lambdas) * (self.df - 1) / lambdas)
        value = np.where(self.simple, t, f)
        return np.where(testable & (denominator > 0), value, np.nan)


def orthonormal(given: Given) -> Floats:
    """Return an orthonormal basis of the centred conditioner, (n, rank)."""
    return _basis(z_scores(given.design))


def residual_basis(variable: Variable, basis: Floats) -> Floats:
    """Return an orthonormal basis of what Z leaves of a variable, (n, r); r = 0 if it leaves nothing."""
    values = z_scores(variable.values)
    residuals = values - basis @ (basis.T @ values)
    residuals -= basis @ (basis.T @ residuals)  # twice is enough for orthogonality
    norms = np.linalg.norm(residuals, axis=0)
    keep = norms > RELATIVE * np.sqrt(len(values))
    if variable.values.shape[1] == 1:
        unit: Floats = residuals[:, keep] / norms[keep]
        return unit
    return _basis(residuals[:, keep])


def _basis(columns: Floats) -> Floats:
    """Return an orthonormal basis of the columns, (n, rank); what is rounding is left out."""
    if not columns.shape[1]:
        return columns
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    chosen: Floats = left[:, sizes > RELATIVE * max(sizes[0], np.sqrt(len(columns)))]
    return chosen
