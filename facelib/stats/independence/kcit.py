"""KCIT: the kernel conditional independence test, for a whole grid at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from facelib.stats.checks import Floats, as_share
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.hadamard import Sums, reordered, sums
from facelib.stats.independence.kernels import Gaussian
from facelib.stats.independence.orders import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.ridge import ridge
from facelib.stats.independence.variables import z_scores


@register
@dataclass(frozen=True)
class Kcit(IndependenceTest):
    """Kernel conditional independence test (Zhang et al. 2011), with its gamma null.

    Columns are z-scored (ddof 1). The kernels exp(−θ d²/2) of X beside Z/2, of Ŷ and of Z are centred;
    θ = 1/(w² d_Z), w = 1.2 below 200 faces, 0.7 below 1200, else 0.4. R = ε(K_Z + εI)⁻¹ takes Z out of both
    sides, P = K_XR ∘ K_YR, and the null has mean tr P and variance 2 Σ(P∘P). Without Z: R is the identity,
    w = 0.8, 0.5, 0.3, θ = 1/(w² d) with d the variable's own columns, and the null has mean tr K_X tr K_Y / n
    and variance 2 ΣK_X² ΣK_Y² / n² (Gretton et al. 2007).

    statistic: ΣP. effect: ΣP / √(ΣK_XR² ΣK_YR²), the alignment of both residual kernels, in [0, 1].

    Parameters
    ----------
    epsilon
        ε of the regression on Z.
    """

    id = "kcit"
    title = "KCIT"
    cost = "medium"
    null = "analytic"

    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        as_share(self.epsilon, "epsilon of KCIT")

    def prepare(self, problem: Problem) -> PreparedKcit:
        """Compute all residual kernels once, and the sums of all pairs."""
        return ExactKcit(problem, self.epsilon)


class PreparedKcit(Prepared):
    """Sums of all pairs and the gamma null made from them."""

    def __init__(self, found: Sums, n: int, given: bool) -> None:
        self.sums, self.n, self.given = found, n, given
        scale = np.sqrt(np.outer(found.x_square, found.y_square))
        testable = np.outer(found.x_trace, found.y_trace) > 0
        self.statistic = np.where(testable, found.product, np.nan)
        self.effect = np.where(testable, np.clip(found.product / scale, 0.0, 1.0), np.nan)

    def analytic(self) -> Floats:
        """Return the tail of the gamma distribution with the null's mean and variance, (P, O)."""
        return gamma_tail(self.statistic, *null_moments(self.sums, self.n, self.given))


class ExactKcit(PreparedKcit):
    """All entries of all kernels, tile by tile."""

    def __init__(self, problem: Problem, epsilon: float) -> None:
        self.workers = problem.workers
        self.xs, self.ys = kernels(problem)
        self.ridge = ridge(problem.given, theta(problem), epsilon)
        super().__init__(sums(self.xs, self.ys, self.ridge, self.workers), problem.n, conditional(problem))

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return ΣP with K_XR reordered on both sides: R doesn't change within strata."""
        rows, columns = np.flatnonzero(pairs.any(axis=1)), np.flatnonzero(pairs.any(axis=0))
        xs, ys = [self.xs[i] for i in rows], [self.ys[j] for j in columns]
        found = np.full((len(orders), *pairs.shape), np.nan)
        place = np.ix_(np.arange(len(orders)), rows, columns)
        found[place] = reordered(xs, ys, self.ridge, orders, self.workers)
        return found


def conditional(problem: Problem) -> bool:
    """Whether anything is held fixed."""
    return bool(problem.given.design.shape[1])


def theta(problem: Problem) -> float:
    """Return 1/σ² of the kernels, 1/w², divided by the columns of Z if there are any.

    The width w belongs to a number of faces: small samples get wide kernels.
    """
    small, middle, large = (1.2, 0.7, 0.4) if conditional(problem) else (0.8, 0.5, 0.3)
    width = small if problem.n < 200 else middle if problem.n < 1200 else large
    return float(1 / (width**2 * max(problem.given.design.shape[1], 1)))


def kernels(problem: Problem) -> tuple[list[Gaussian], list[Gaussian]]:
    """Return the kernels of all properties, beside Z/2, and of all outputs."""
    one, beside = theta(problem), z_scores(problem.given.design) / 2
    own = not conditional(problem)  # then widths are divided by a variable's own columns
    xs = [
        Gaussian.of(np.hstack([x.scaled, beside]), one / (x.values.shape[1] if own else 1))
        for x in problem.xs
    ]
    ys = [Gaussian.of(y.scaled, one / (y.values.shape[1] if own else 1)) for y in problem.ys]
    return xs, ys


def null_moments(found: Sums, n: int, given: bool) -> tuple[Floats, Floats]:
    """Return mean and variance of ΣP under the null, (P, O) each."""
    if given:
        return found.trace, 2 * found.square
    mean = np.outer(found.x_trace, found.y_trace) / n
    return mean, 2 * np.outer(found.x_square, found.y_square) / n**2


def gamma_tail(statistic: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(T ≥ statistic) for a gamma distribution with this mean and variance; never 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p = special.gammaincc(mean**2 / variance, statistic * mean / variance)
    return np.where(np.isfinite(statistic), np.maximum(p, np.finfo(float).tiny), np.nan)
