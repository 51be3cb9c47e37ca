"""RCoT: a few random Fourier features of property and output, many of the conditioner; linear in n."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.kcit.weighted_chi2 import power_sums, tail
from facelib.stats.independence.kernels.fourier import fourier, in_kernel_widths, median_distance, sampled
from facelib.stats.independence.kernels.residual_features import Regression, normalised
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes, z_scores
from facelib.utilities.checks import Floats, as_count

ROUNDING = 1e-12  # T over its usual size below which the features have nothing in common
GONE = 1e-6  # mean variance of normalised residual features below which Z leaves nothing of a variable
MUCH, MOST = 0.5, 0.8
"""Shares of the degrees of freedom that features of Z may use before p is too small (measured at nominal .05:
up to .11 below .7, .2 to .6 above .8), and before nothing is tested."""
LEAST, NUMBERS = 256, 1 << 20
"""Rows, at least, and float64 numbers, at most, of the products of features that are held at a time."""


@register
@dataclass(frozen=True)
class Rcot(IndependenceTest):
    """Randomized conditional correlation test (Strobl, Zhang and Visweswaran 2019).

    Variables are z-scored; features are √2 cos(Wv + b) with W ~ N(0, 1/σ²), σ the median of the non-zero
    Euclidean distances of at most 500 rows drawn with the seed (none: 1), then z-scored. With C the
    covariance of the features' residuals on the conditioner's features (ridge 1e-10), T = n ‖C‖²_F is
    compared with Σ λ_k χ²₁, λ the eigenvalues of the residual products' uncentred second moment.

    One p depends much on the features drawn, so p is merged over several draws: min(1, 2 · median), valid
    under any dependence of the draws.

    statistic: median T over draws. effect: √ of the median over draws of
    (‖C‖² − its null mean) / (‖C_xx‖ ‖C_yy‖ − its null mean), in [0, 1]: like |r| for one feature each.

    Parameters
    ----------
    repeats
        Draws of features.
    features, features_z
        Features of X and of Ŷ; of Z. They can't tell more labels apart than there are features of Z: then
        label means are taken out instead.
    """

    id = "rcot"
    title = "RCoT"
    cost = "low"
    null = "analytic"
    repeats: int = 9
    features: int = 5
    features_z: int = 100

    def __post_init__(self) -> None:
        for name in ("repeats", "features", "features_z"):
            as_count(getattr(self, name), f"RCoT's {name}")

    def prepare(self, problem: Problem) -> PreparedRcot:
        """Compute all pairs, draw by draw."""
        return PreparedRcot(self, problem)


class PreparedRcot(Prepared):
    """Statistics of all pairs over all draws of features."""

    def __init__(self, test: Rcot, problem: Problem) -> None:
        self.test, self.problem = test, problem
        rows = sampled(problem.n, problem.seed)
        self._xs, self._ys = ([in_kernel_widths(v, rows) for v in side] for side in (problem.xs, problem.ys))
        design = z_scores(problem.given.design)
        design = design[:, np.ptp(design, axis=0) > 0]
        self._z = design / median_distance(design[rows])
        if self._many_labels:
            self.notes = (
                f"{test.features_z} random features can't tell {problem.given.n_strata} labels apart: "
                "label means are taken out instead.",
            )
        per_draw = threaded(self._draw, range(test.repeats), problem.workers)
        t, plain, sums, effects, norms, used = (np.stack(part) for part in zip(*per_draw, strict=True))
        taken = 0.0 if problem.given.categorical else float(np.median(used)) / problem.n
        self._crowded = taken > MOST
        testable = (norms >= GONE).all(axis=(0, 1)) & (not self._crowded)
        if taken > MUCH:
            self.notes += (
                f"Features of the conditioner use {taken:.0%} of the degrees of freedom: RCoT rejects more "
                f"often than its level says, and isn't run above {MOST:.0%}. Add faces.",
            )
        self._scale = np.where(testable, test.features**2 * norms.prod(axis=1), 1.0)
        self.statistic = np.where(testable, np.median(t, axis=0), np.nan)
        self.effect = np.where(testable, np.sqrt(np.median(effects, axis=0)), np.nan)
        self._extreme = np.where(testable, (plain / self._scale).mean(axis=0), np.nan)
        merged = np.minimum(1.0, (1 if test.repeats == 1 else 2) * np.median(tail(t, sums), axis=0))
        self._p = np.where(testable, merged, np.nan)

    @property
    def extreme(self) -> Floats:
        """Mean over draws of the residuals' T divided by tr C_xx tr C_yy: one draw says less.

        That is T's mean if labels are equally loud. It is the same for all orders of X, and so p is exact.
        """
        return self._extreme

    @property
    def nothing(self) -> Pairs:
        """Where the features have nothing in common: what is rare in both stands under different labels."""
        return np.nan_to_num(self._extreme, nan=1.0) < ROUNDING

    def why_not(self, i: int, j: int) -> str:
        """Say whether features of Z are too many, or fit a variable completely."""
        if self._crowded:
            return f"features of the conditioner use more than {MOST:.0%} of the degrees of freedom"
        return super().why_not(i, j)

    def analytic(self) -> Floats:
        """Return the merged tails, (P, O)."""
        return self._p

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return `extreme` with X's residual features in other orders; inside a label they move with X."""
        rows, columns = np.flatnonzero(pairs.any(axis=1)), np.flatnonzero(pairs.any(axis=0))
        chosen = np.ix_(rows, columns)
        size, n = self.test.features, self.problem.n

        def one(order: Codes) -> Floats:
            total = np.zeros((len(rows), len(columns)))
            for (x, y), scale in zip(sides, self._scale, strict=True):
                total += squared_blocks(x[:, order] @ y, size) / scale[chosen]
            return total * n / ((n - 1) ** 2 * len(sides))

        sides = [
            (_variables(x, rows, size).T.copy(), _variables(y, columns, size)) for x, y in self._residuals
        ]
        statistics = np.full((len(orders), *pairs.shape), np.nan)
        statistics[:, rows[:, None], columns] = np.stack(threaded(one, orders, self.problem.workers))
        return statistics

    @cached_property
    def _residuals(self) -> list[tuple[Floats, Floats]]:
        split = len(self._xs) * self.test.features

        def one(draw: int) -> tuple[Floats, Floats]:
            residuals = self._residual_features(draw)[0]
            return residuals[:, :split], residuals[:, split:]

        return threaded(one, range(self.test.repeats), self.problem.workers)

    @property
    def _many_labels(self) -> bool:
        return self.problem.given.categorical and self.problem.given.n_strata > self.test.features_z

    def _residual_features(self, draw: int) -> tuple[Floats, Floats, float]:
        """Return one draw's residual features, their covariance, and the degrees of freedom that Z takes."""
        count, given = self.test.features, self.problem.given
        of_x, of_y, of_z = (np.random.default_rng([self.problem.seed, draw, stream]) for stream in range(3))
        features = np.hstack([fourier(self._xs, count, of_x), fourier(self._ys, count, of_y)])
        z = None
        if self._z.shape[1] and not self._many_labels:
            values = self._z[given.bounds[:-1]] if given.categorical else self._z
            z = fourier([values], self.test.features_z, of_z, double=True)
        regression = Regression(given, z)
        features = normalised(features, np.ones(len(features)))
        return *regression.residuals(features, count * len(self._xs)), regression.used

    def _draw(self, draw: int) -> tuple[Floats, Floats, Floats, Floats, Floats, float]:
        """Return the statistics of one draw of features.

        T, T of the residuals themselves, Σ λ^k, the squared effect; the mean variance of the residual
        features of each property, and of each output, (2, P, O); the degrees of freedom that Z takes.
        """
        count, n = self.test.features, self.problem.n
        xs, ys = self.problem.shape
        first, second = np.triu_indices(count)
        m = len(first)
        residuals, covariance, used = self._residual_features(draw)
        products, own = np.zeros((m * xs, m * ys)), np.zeros((xs + ys, m))
        step = max(LEAST, NUMBERS // (m * (xs + ys)))
        for start in range(0, n, step):
            block = np.ascontiguousarray(residuals[start : start + step].T).reshape(xs + ys, count, -1)
            pairs = block[:, first] * block[:, second]
            own += pairs.sum(axis=2)
            pairs = pairs.reshape(m * (xs + ys), -1)
            products += pairs[: m * xs] @ pairs[m * xs :].T
        t = n * squared_blocks(covariance, count)
        sums = np.stack([power_sums(m) for m in moments(products / n, count)])
        weight = np.where(first == second, 1.0, 2.0)
        own /= n - 1
        norms = np.sqrt((own**2 * weight).sum(axis=1))
        most = np.outer(norms[:xs], norms[xs:])
        expected = sums[..., 0] / n
        effect = np.clip((t / n - expected) / np.maximum(most - expected, np.finfo(float).tiny), 0.0, 1.0)
        variances = own[:, first == second].mean(axis=1)
        sides = np.stack(np.meshgrid(variances[:xs], variances[xs:], indexing="ij"))
        cross = residuals[:, : count * xs].T @ residuals[:, count * xs :]
        plain = n * squared_blocks(cross / (n - 1), count)
        return t, plain, sums, effect, sides, used


def squared_blocks(cross: Floats, count: int) -> Floats:
    """Return the sum of squares of each block of `count` × `count`; (c P, c O) -> (P, O)."""
    blocks = (cross**2).reshape(len(cross) // count, count, -1, count)
    total: Floats = blocks.sum(axis=(1, 3))
    return total


def moments(products: Floats, count: int) -> Iterator[Floats]:
    """Yield Σ of each property with every output: E[x_a y_b x_c y_d] in row (a, b) and column (c, d).

    Parameters
    ----------
    products
        (P m, O m) E[x_a x_c · y_b y_d]; the m = c (c + 1) / 2 pairs are in upper triangular order.
    count
        c, features of a variable.

    Yields
    ------
    (O, c², c²)
    """
    upper = np.triu_indices(count)
    m = len(upper[0])
    pair = np.zeros((count, count), np.intp)
    pair[upper] = pair[upper[::-1]] = np.arange(m)
    for of_one in products.reshape(len(products) // m, m, -1, m):
        quads = of_one.transpose(1, 0, 2)[:, pair[:, None, :, None], pair[None, :, None, :]]
        yield quads.reshape(len(quads), count**2, count**2)


def _variables(features: Floats, chosen: Codes, count: int) -> Floats:
    """Return the features of some variables, (n, c V) -> (n, c len(chosen))."""
    some: Floats = features.reshape(len(features), -1, count)[:, chosen].reshape(len(features), -1)
    return some
