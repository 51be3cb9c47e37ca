"""cHSIC: the conditional Hilbert-Schmidt criterion of extended variables, by permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.lowrank import Factor, incomplete_cholesky
from facelib.stats.independence.permutation.chsic_labels import Conditioner, Crossed, Features
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Variable, one_hot
from facelib.utilities.checks import Floats, as_count, as_number

TOLERANCE = 1e-9  # relative error of a kernel's trace: T is right to 1e-8 of √(T_XX T_YY), the largest T
MOST_ROWS = 2000  # rows whose distances a bandwidth is taken from


@register
@dataclass(frozen=True)
class Chsic(IndependenceTest):
    """Conditional Hilbert-Schmidt independence criterion (Fukumizu 2007; Tillman 2009), by permutation.

    T = (tr[KL] − 2 tr[KPL] + tr[KPLP]) / (n − 1)² with centred Grams K on (X, Z), L on (Ŷ, Z), M on Z and
    P = M (M + ε I)⁻¹. Kernel exp(−d²/(2σ²)), σ² = ½ median of d² over pairs of faces (0 → 1; above 2,000
    faces over an even sample of 2,000). X and Ŷ are z-scores; labels are one-hot and not scaled, so two
    labels are √2 apart (our choice). X is permuted inside labels: the null is exact. P and the bandwidths, a
    median over the faces as they are, stay. It holds labels fixed, not numbers.

    statistic: T. effect: √(T / √(T_XX T_YY)), in [0, 1]; under independence it falls with n and isn't 0.

    Parameters
    ----------
    epsilon
        ε of the ridge regression on Z, not scaled by n.
    rank
        Most columns of a kernel's factor. It has as many as make T right to 1e-8 of √(T_XX T_YY); if it may
        not, what is left out is noted.
    """

    epsilon: float = 1e-4
    rank: int = 1000

    id = "chsic"
    title = "cHSIC"
    conditioners = frozenset({"categorical"})
    cost = "medium"

    def __post_init__(self) -> None:
        if not as_number(self.epsilon, "epsilon") > 0:
            msg = f"epsilon is a number above 0; got {self.epsilon!r}."
            raise BadValueError(msg)
        as_count(self.rank, "rank")

    def prepare(self, problem: Problem) -> PreparedChsic:
        """Factor all kernels, and regress them on Z."""
        return PreparedChsic(self, problem)


class PreparedChsic(Prepared):
    """The criterion of all pairs, as sums over labels of cross-products of features."""

    def __init__(self, test: Chsic, problem: Problem) -> None:
        self.problem = problem
        design = conditioning(problem.given)
        between = float(np.exp(-precision(design)))
        conditioner = Conditioner.of(problem.given.bounds, between, test.epsilon)
        itself, alone = np.arange(problem.n)[None], np.zeros(1, np.intp)

        def features(variable: Variable) -> tuple[Features, float, float]:
            theta = precision(np.hstack([variable.scaled, design]))
            factor = factored(variable.scaled, theta, test.rank)
            found = Features(factor.columns, float(np.exp(-theta)), conditioner)
            own = Crossed(found, [found], conditioner).traces(alone, itself)
            return found, float(own[0, 0]), factor.error

        xs, ys = (threaded(features, group, problem.workers) for group in (problem.xs, problem.ys))
        outputs = [y[0] for y in ys]
        self.crossed = threaded(lambda x: Crossed(x[0], outputs, conditioner), xs, problem.workers)
        self.notes = cut_notes(problem, [v[2] for v in [*xs, *ys]], test.rank)
        self.scale = (problem.n - 1) ** 2
        self.statistic = self.surrogates(itself, np.ones(problem.shape, bool))[0]
        largest = np.sqrt(np.outer([x[1] for x in xs], [y[1] for y in ys])) / self.scale
        self.effect = np.sqrt(np.clip(self.statistic / np.where(largest > 0, largest, 1.0), 0.0, 1.0))

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return T with the property in other orders, (B, P, O)."""
        found = np.full((len(orders), *pairs.shape), np.nan)
        for i in np.flatnonzero(pairs.any(axis=1)):
            traces = self.crossed[i].traces(np.flatnonzero(pairs[i]), orders, self.problem.workers)
            found[:, i, pairs[i]] = traces / self.scale
        return found


def conditioning(given: Given) -> Floats:
    """Return one-hot labels as they are, no column for one label, (n, d)."""
    return one_hot(given.strata, given.n_strata) if given.n_strata > 1 else np.empty((len(given.strata), 0))


def precision(values: Floats) -> float:
    """Return 1/σ² with σ² = ½ median of squared distances over pairs of rows, 0 → 1.

    >>> precision(np.array([[0.0], [1.0], [3.0]]))
    0.5
    """
    if not values.shape[1]:
        return 1.0
    rows = np.linspace(0, len(values) - 1, min(len(values), MOST_ROWS)).astype(np.intp)
    median = float(np.median(pdist(values[rows], "sqeuclidean")))
    return 2 / median if median > 0 else 1.0


def factored(values: Floats, theta: float, most: int) -> Factor:
    """Return a factor of the kernel of the rows of `values`."""
    return incomplete_cholesky(Gaussian.of(values, theta).tile, len(values), TOLERANCE, most)


def cut_notes(problem: Problem, errors: Sequence[float], rank: int) -> tuple[str, ...]:
    """Say whose kernels have more than `rank` columns."""
    cut = [(v.name, e) for v, e in zip([*problem.xs, *problem.ys], errors, strict=True) if e > TOLERANCE]
    if not cut:
        return ()
    names = ", ".join(name for name, _ in cut)
    return (
        f"Kernels were cut at rank {rank}, which leaves out {max(e for _, e in cut):.1e} or less: {names}.",
    )
