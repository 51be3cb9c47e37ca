"""KCIT: the kernel conditional independence test, for a whole grid at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.kcit.exact import Sums, reordered, sums
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.ridge import ridge
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.rcot import Rcot
from facelib.stats.independence.variables import Variable, z_scores
from facelib.utilities.checks import Floats, as_share

MOST, MOST_LABELS = 10_000, 100
"""Faces and labels up to which all entries of all kernels are summed: 5 s for 6 × 7 pairs given 7 labels."""
FEWER = 2000
"""The same given numbers, whose regression has up to n columns (45 s given five, 7 min for 3000 faces), given
more labels, and where p comes from permutations (90 s for 999)."""
ROUNDING = 1e-12  # alignment of two residual kernels below which they have nothing in common
NARROW = 0.5  # share of n from which on the effective rank of a kernel is too large


@register
@dataclass(frozen=True)
class Kcit(IndependenceTest):
    """Kernel conditional independence test (Zhang et al. 2011), with its gamma null.

    A kernel says how alike two faces are: exp(−θ d²/2), d their distance in z-scores (ddof 1). There is one
    of X beside Z/2, one of Ŷ and one of Z, all centred. R = ε(K_Z + εI)⁻¹ leaves of a kernel what ridge
    regression on Z doesn't explain: K_XR = R K_X R, K_YR = R K_Y R. If faces that are alike in what is left
    of X are also alike in what is left of Ŷ, the sum of P = K_XR ∘ K_YR is large; ∘ multiplies entry by
    entry. Under the null it is about gamma distributed with mean tr P and variance 2 Σ(P∘P).

    θ = 1/(w² d) with d the columns of Z, one per label or number; w = 1.2 below 200 faces, 0.7 below 1200,
    else 0.4. If nothing is held fixed, R is the identity, w = 0.8, 0.5, 0.3, d the variable's own columns,
    and the null has mean tr K_X tr K_Y / n and variance 2 ΣK_X² ΣK_Y² / n² (Gretton et al. 2007).
    causal-learn takes θ = d/w² then: the kernel of a vector of 8 is nearly the identity, and never rejects.

    statistic: ΣP. effect: ΣP / √(ΣK_XR² ΣK_YR²), the alignment of both residual kernels, in [0, 1].

    Cost grows as n². Above 10,000 faces RCoT stands in, and notes say so; above 2,000 given numbers or more
    than 100 labels, or where p comes from permutations.

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

    def stand_in(self, problem: Problem, *, permuted: bool) -> IndependenceTest:
        """Return RCoT where the faces are too many."""
        given = problem.given
        quick = given.categorical and given.n_strata <= MOST_LABELS and not permuted
        return self if problem.n <= (MOST if quick else FEWER) else Rcot()

    def prepare(self, problem: Problem) -> PreparedKcit:
        """Compute all residual kernels once, and the sums of all pairs."""
        return PreparedKcit(self, problem)


class PreparedKcit(Prepared):
    """Sums of all pairs, tile by tile, and the gamma null made from them."""

    def __init__(self, test: Kcit, problem: Problem) -> None:
        self.problem = problem
        self.xs = [x_kernel(x, problem) for x in problem.xs]
        self.ys = [y_kernel(y, problem) for y in problem.ys]
        self.ridge = ridge(problem.given, theta(problem), test.epsilon)
        self.sums = totals = sums(self.xs, self.ys, self.ridge, problem.workers)
        scale = np.sqrt(np.outer(totals.x_square, totals.y_square))
        testable = np.outer(totals.x_trace, totals.y_trace) > 0
        self.statistic = np.where(testable, totals.product, np.nan)
        self.effect = np.where(testable, np.clip(totals.product / scale, 0.0, 1.0), np.nan)
        self.moments = null_moments(totals, problem)
        self.notes = narrow_notes(totals, problem)

    @property
    def nothing(self) -> Pairs:
        """Where the kernels have nothing in common: what is rare in both stands under different labels."""
        return np.nan_to_num(self.effect, nan=1.0) < ROUNDING

    def analytic(self) -> Floats:
        """Return the tail of the gamma distribution with the null's mean and variance, (P, O)."""
        return gamma_tail(self.statistic, *self.moments)

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return ΣP with K_XR reordered on both sides: within strata R doesn't change."""
        rows, columns = np.flatnonzero(pairs.any(axis=1)), np.flatnonzero(pairs.any(axis=0))
        xs, ys = [self.xs[i] for i in rows], [self.ys[j] for j in columns]
        found = np.full((len(orders), *pairs.shape), np.nan)
        found[:, rows[:, None], columns] = reordered(xs, ys, self.ridge, orders, self.problem.workers)
        return found


def conditional(problem: Problem) -> bool:
    """Whether anything is held fixed."""
    return bool(problem.given.design.shape[1])


def theta(problem: Problem, variable: Variable | None = None) -> float:
    """Return 1/σ² of a kernel: 1/w² divided by the columns of Z, without Z by the variable's own.

    The width w belongs to a number of faces: small samples get wide kernels.
    """
    given = conditional(problem)
    small, middle, large = (1.2, 0.7, 0.4) if given else (0.8, 0.5, 0.3)
    width = small if problem.n < 200 else middle if problem.n < 1200 else large
    own = 1 if variable is None else variable.values.shape[1]
    return float(1 / (width**2 * (problem.given.design.shape[1] if given else own)))


def x_kernel(x: Variable, problem: Problem) -> Gaussian:
    """Return the kernel of a property beside half of Z."""
    return Gaussian.of(np.hstack([x.scaled, z_scores(problem.given.design) / 2]), theta(problem, x))


def y_kernel(y: Variable, problem: Problem) -> Gaussian:
    """Return the kernel of an output."""
    return Gaussian.of(y.scaled, theta(problem, y))


def null_moments(found: Sums, problem: Problem) -> tuple[Floats, Floats]:
    """Return mean and variance of ΣP under the null, (P, O) each."""
    if conditional(problem):
        return found.trace, 2 * found.square
    mean = np.outer(found.x_trace, found.y_trace) / problem.n
    return mean, 2 * np.outer(found.x_square, found.y_square) / problem.n**2


def narrow_notes(found: Sums, problem: Problem) -> tuple[str, ...]:
    """Say which residual kernels are nearly diagonal, as that of many logits given one number.

    Their θ depends on the columns of Z only. (tr K)²/ΣK² is n for the identity, and small for useful kernels.
    """
    variables = (*problem.xs, *problem.ys)
    traces = np.concatenate([found.x_trace, found.y_trace])
    squares = np.concatenate([found.x_square, found.y_square])
    narrow = traces**2 > NARROW * problem.n * squares
    names = ", ".join(variable.name for variable, one in zip(variables, narrow, strict=True) if one)
    if not names:
        return ()
    return (
        f"KCIT's kernels are too narrow for the columns of {names}: hardly two faces are alike, and little "
        "is seen, the less the more faces. Test columns one by one, or by another test.",
    )


def gamma_tail(statistic: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(T ≥ statistic) for a gamma distribution with this mean and variance; never 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p = special.gammaincc(mean**2 / variance, np.maximum(statistic, 0.0) * mean / variance)
    return np.where(np.isfinite(statistic), np.maximum(p, np.finfo(float).tiny), np.nan)
