"""KCIT: the kernel conditional independence test, for a whole grid at once."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.kcit.exact import Sums, reordered, sums
from facelib.stats.independence.kcit.factored import ResidualFactor, Sampled, factored_products, factored_sums
from facelib.stats.independence.kcit.nodes import Nodes, node_kernel, node_products, node_sums, nodes
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.lowrank import factor
from facelib.stats.independence.kernels.ridge import low_rank_ridge, ridge
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Variable, z_scores
from facelib.utilities.checks import Floats, as_count, as_share

Approximation = Literal["auto", "exact", "low_rank"]
EXACT = 2000
"""Faces up to which "auto" computes all entries of all kernels."""
EXACT_IF_ROUGH = 10_000
"""The same where no number is held fixed and nodes can't carry a kernel, as that of many logits."""
ROUNDING = 1e-12  # alignment of two residual kernels below which they have nothing in common
NARROW = 0.5  # share of n from which on the effective rank of a kernel is too large
NODES = 120  # most nodes of a variable


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

    Parameters
    ----------
    epsilon
        ε of the regression on Z.
    approximation
        "exact": all entries of all kernels, cost n². "low_rank": cost n; given labels or nothing, sums
        through nodes of each variable; given numbers, through incomplete Cholesky factors, with Σ(P∘P)
        estimated from sampled rows. "auto": exact up to 2000 faces (10,000 where no number is given and nodes
        can't carry a kernel).
    tolerance
        Error allowed to low-rank kernels, relative to their traces before Z is taken out; notes say what it
        means for the sums.
    rank
        Most columns of a factor. Where they don't reach the tolerance, a note says what they reach.
    sampled_rows
        Rows on which Σ(P∘P) is estimated.
    """

    id = "kcit"
    title = "KCIT"
    cost = "medium"
    null = "analytic"

    epsilon: float = 1e-3
    approximation: Approximation = "auto"
    tolerance: float = 1e-5
    rank: int = 500
    sampled_rows: int = 512

    def __post_init__(self) -> None:
        as_share(self.epsilon, "epsilon of KCIT")
        as_share(self.tolerance, "The tolerance of KCIT")
        as_count(self.rank, "The rank of KCIT", least=10)
        as_count(self.sampled_rows, "The number of sampled rows of KCIT", least=32)
        if self.approximation not in get_args(Approximation):
            msg = (
                f"The approximation of KCIT is one of {', '.join(get_args(Approximation))}; "
                f"got {self.approximation!r}."
            )
            raise BadValueError(msg)

    def prepare(self, problem: Problem) -> PreparedKcit:
        """Compute all residual kernels once, and the sums of all pairs."""
        if self.approximation == "exact" or (self.approximation == "auto" and problem.n <= EXACT):
            return ExactKcit(self, problem)
        if problem.given.categorical:
            carried = all_nodes(self, problem)
            if carried is not None:
                return NodeKcit(self, problem, carried)
            if self.approximation == "auto" and problem.n <= EXACT_IF_ROUGH:
                return ExactKcit(self, problem)
        return FactoredKcit(self, problem)


class PreparedKcit(Prepared):
    """Sums of all pairs and the gamma null made from them."""

    def __init__(self, totals: Sums, problem: Problem) -> None:
        self.problem, self.sums = problem, totals
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
        found = np.full((len(orders), *pairs.shape), np.nan)
        found[np.ix_(np.arange(len(orders)), rows, columns)] = self.reordered(orders, rows, columns)
        return found

    @abstractmethod
    def reordered(self, orders: RowOrders, rows: RowOrders, columns: RowOrders) -> Floats:
        """Return ΣP of some properties and outputs with the rows of X in other orders."""

    def spread(self, statistic: float, variance: Floats | float) -> float:
        """Return by how much p moves if its parts are off by these relative errors."""
        mean = self.moments[0]
        ends = [
            gamma_tail(self.statistic * (1 + sign * statistic), mean, self.moments[1] * (1 + side * variance))
            for sign in (-1, 1)
            for side in (-1, 1)
        ]
        return float(np.nanmax(np.abs(np.stack(ends) - self.analytic()), initial=0.0))


class ExactKcit(PreparedKcit):
    """All entries of all kernels, tile by tile."""

    def __init__(self, test: Kcit, problem: Problem) -> None:
        self.xs = [x_kernel(x, problem) for x in problem.xs]
        self.ys = [y_kernel(y, problem) for y in problem.ys]
        self.ridge = ridge(problem.given, theta(problem), test.epsilon)
        super().__init__(sums(self.xs, self.ys, self.ridge, problem.workers), problem)

    def reordered(self, orders: RowOrders, rows: RowOrders, columns: RowOrders) -> Floats:
        """Gather tiles of K_XR."""
        xs, ys = [self.xs[i] for i in rows], [self.ys[j] for j in columns]
        return reordered(xs, ys, self.ridge, orders, self.problem.workers)


class NodeKcit(PreparedKcit):
    """Sums over pairs of faces from pairs of nodes, given labels or nothing."""

    def __init__(self, test: Kcit, problem: Problem, carried: list[Nodes]) -> None:
        bounds = problem.given.bounds
        operator = ridge(problem.given, theta(problem), test.epsilon)
        vectors = operator.basis[bounds[:-1]]
        hat = (vectors * operator.shrinkage) @ vectors.T
        between = label_kernel(problem)
        count = len(problem.xs)
        self.xs = [node_kernel(one, bounds, between, hat) for one in carried[:count]]
        self.ys = [node_kernel(one, bounds, np.ones_like(between), hat) for one in carried[count:]]
        super().__init__(node_sums(self.xs, self.ys, bounds, problem.workers), problem)
        sizes = [one.weights.shape[1] for one in carried]
        smallest = min(self.sums.x_trace.min(), self.sums.y_trace.min())
        off = min(test.tolerance * problem.n / smallest, 1.0) if smallest > 0 else 1.0
        p_off = max(self.spread(off, off), 1e-12)
        self.notes += (
            f"Kernels of {problem.n} faces are carried by {min(sizes)} to {max(sizes)} nodes per variable: "
            f"sums within about {off:.0e} of the exact ones, p within {p_off:.0e}.",
        )

    def reordered(self, orders: RowOrders, rows: RowOrders, columns: RowOrders) -> Floats:
        """Count joint masses of reordered nodes."""
        xs, ys = [self.xs[i] for i in rows], [self.ys[j] for j in columns]
        return node_products(xs, ys, self.problem.given.bounds, orders, self.problem.workers)


class FactoredKcit(PreparedKcit):
    """Sums from incomplete Cholesky factors, Σ(P∘P) from sampled rows."""

    def __init__(self, test: Kcit, problem: Problem) -> None:
        given = problem.given
        self.ridge = low_rank_ridge(given, theta(problem), test.epsilon, test.rank, problem.seed)
        values, vectors = np.linalg.eigh(label_kernel(problem))
        labels = (vectors * np.sqrt(np.maximum(values, 0.0)))[given.strata]
        beside = z_scores(given.numbers) / 2
        self.test = test
        self.xs = [
            self._factor(np.hstack([x.scaled, beside]), theta(problem, x), labels, problem)
            for x in problem.xs
        ]
        alone = np.ones((problem.n, 1))
        self.ys = [self._factor(y.scaled, theta(problem, y), alone, problem) for y in problem.ys]
        sampled = Sampled.of(problem.n, test.sampled_rows, problem.seed)
        totals, error = factored_sums(self.xs, self.ys, sampled, problem.workers)
        super().__init__(totals, problem)
        self.notes += self._say(sampled, error)

    def reordered(self, orders: RowOrders, rows: RowOrders, columns: RowOrders) -> Floats:
        """Multiply reordered factors."""
        xs, ys = [self.xs[i] for i in rows], [self.ys[j] for j in columns]
        return factored_products(xs, ys, orders, self.problem.workers)

    def _factor(self, values: Floats, one: float, labels: Floats, problem: Problem) -> ResidualFactor:
        kernel = Gaussian.of(values, one)
        most = max(10, self.test.rank // labels.shape[1])
        found = factor(kernel.tile, problem.n, self.test.tolerance, most, problem.seed)
        return ResidualFactor.of(found.columns, labels, self.ridge, found.error)

    def _say(self, sampled: Sampled, error: Floats) -> tuple[str, ...]:
        factors = [*self.xs, *self.ys]
        ranks = [one.explained.shape[1] for one in factors]
        worst = max(one.error for one in factors)
        errors = self.problem.n * np.array([one.error for one in factors])
        traces = np.concatenate([self.sums.x_trace, self.sums.y_trace])
        left_out = np.divide(errors, traces, out=np.ones(len(factors)), where=traces > errors).max()
        notes = [
            f"Kernels of {self.problem.n} faces are factors of {min(ranks)} to {max(ranks)} columns, which "
            f"leave out {left_out:.1g} of a residual kernel's trace or less."
        ]
        if conditional(self.problem):
            notes.append(
                f"The null's variance comes from {sampled.rows.size} rows, standard error "
                f"{np.max(error, initial=0.0):.1%} or less, "
                f"p within {max(self.spread(0.0, 1.96 * error), 1e-12):.0e}."
            )
        if worst > self.test.tolerance:
            notes.append(
                "Some kernel has no small rank: a coarser one is tested in its place, at the same level; "
                "finer dependence isn't seen."
            )
        if self.ridge.error * self.problem.n > self.test.epsilon:
            notes.append(
                f"{self.ridge.basis.shape[1]} columns don't carry the kernel of what is held fixed "
                f"({self.ridge.error:.1g} of its trace is left out): p may be too small."
            )
        return tuple(notes)


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


def label_kernel(problem: Problem) -> Floats:
    """Return the factor of a property's kernel that belongs to labels, (k, k)."""
    given = problem.given
    if given.n_strata == 1:
        return np.ones((1, 1))
    labels = z_scores(given.design)[given.bounds[:-1], : given.n_strata]
    return Gaussian.of(labels / 2, theta(problem)).gram()


def all_nodes(test: Kcit, problem: Problem) -> list[Nodes] | None:
    """Return nodes of all properties and outputs, or None if some variable needs too many."""
    found = threaded(
        lambda one: nodes(y_kernel(one, problem), test.tolerance, NODES, problem.seed),
        (*problem.xs, *problem.ys),
        problem.workers,
    )
    carried = [one for one in found if one is not None]
    return carried if len(carried) == len(found) else None


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
