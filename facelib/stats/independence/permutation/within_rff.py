"""Random Fourier features inside labels: any dependence, an exact null, cost linear in n."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.kernels.fourier import SAMPLE, median_distance
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes, Variable
from facelib.utilities.checks import Floats, as_count, as_list

SMALLEST = 1e-6  # share of the largest principal component below which the others are rounding
ROUNDING = 1e-9
"""Share of M below which M − E A is rounding: A is then the same for all orders, whatever the size."""
_NUMBERS = 1 << 17  # float64 numbers of cross-covariances held at a time: 1 MB, the cache


@register
@dataclass(frozen=True)
class WithinRff(IndependenceTest):
    """Cross-covariance of random Fourier features of X and Ŷ inside labels (our choice).

    Numbers are z-scored inside each label; cos(w v) and sin(w v), w ~ N(0, 1/s²), for kernel widths s of
    0.4, 1 and 2 times the median distance inside labels, are centred inside labels and reduced to their first
    principal components. Categories are their own features. With S_c the sum of products in label c,

    - A = Σ_c ‖S_c‖² / n_c finds dependence of any kind, also one that changes its sign between labels;
    - B = ‖Σ_c S_c‖² finds what labels have in common with fewer faces.

    Both are scaled to mean 0 and deviation 1 under the null (by formulas that permutations leave alone); the
    larger one counts, and so costs little power where the other is better. X is permuted inside labels, which
    is exact.

    statistic: the larger of the scaled A and B. effect: √(max(0, A − E A) / (M − E A)) with M the largest A
    that these margins allow, M = Σ_c ‖S_xx,c‖ ‖S_yy,c‖ / n_c, and E A its null mean; in [0, 1]. In labels of
    two faces A = E A = M whatever the order: they count in B alone, and the effect is NaN if there are no
    others.

    Parameters
    ----------
    frequencies
        Random frequencies a kernel width, two features each.
    widths
        Kernel widths, as multiples of the median distance of faces of one label.
    components
        Most principal components of a variable. Cost grows with its square.
    """

    id = "within_rff"
    title = "random features inside labels"
    conditioners = frozenset({"categorical"})
    cost = "low"
    null = "permutation"
    frequencies: int = 20
    widths: tuple[float, ...] = (0.4, 1.0, 2.0)
    components: int = 8

    def __post_init__(self) -> None:
        as_count(self.frequencies, "The number of frequencies")
        as_count(self.components, "The number of components")
        if not (as_list(self.widths, "Kernel widths", 1) > 0).all():
            msg = f"Kernel widths lie above 0; got {self.widths!r}."
            raise BadValueError(msg)

    def prepare(self, problem: Problem) -> PreparedWithin:
        """Compute the features of every variable."""
        return PreparedWithin(self, problem)


class PreparedWithin(Prepared):
    """Features of every variable, centred inside labels, and the null's mean and deviation of every pair."""

    def __init__(self, test: WithinRff, problem: Problem) -> None:
        self.bounds, self.workers = problem.given.bounds, problem.workers
        rng = np.random.default_rng(problem.seed)
        uniform = rng.uniform(size=test.frequencies)
        several = max(v.values.shape[1] for v in (*problem.xs, *problem.ys))
        normal = rng.standard_normal((several, test.frequencies))

        def features(variable: Variable) -> Floats:
            return reduced(fourier(variable, self.bounds, test.widths, uniform, normal), test.components)

        every = threaded(features, (*problem.xs, *problem.ys), problem.workers)
        xs, ys = every[: len(problem.xs)], every[len(problem.xs) :]
        self.xs = [np.ascontiguousarray(x.T) for x in xs]
        self.ys = beside(ys)
        self._scale(*(scatters(side, self.bounds) for side in (xs, ys)))
        here = np.arange(problem.n, dtype=np.intp)[None]
        whole, apart = self._sums(here, np.ones(problem.shape, bool))
        self._extreme: Floats = self._larger(whole, apart)[0]
        self.statistic = self._extreme - self.mean[0] / self.deviation[0]
        room = self.most - self.mean[1]
        scalable = np.isfinite(self.statistic) & (room > ROUNDING * self.most)
        share = (apart[0] - self.mean[1]) / np.where(scalable, room, 1.0)
        self.effect = np.where(scalable, np.sqrt(np.clip(share, 0.0, 1.0)), np.nan)
        sizes = np.diff(self.bounds)
        small = int((sizes < 3).sum())
        note = f"Labels with fewer than 3 faces are left out of the effect: {small} of {len(sizes)}."
        self.notes = (note,) if small else ()

    @property
    def extreme(self) -> Floats:
        """The statistic, shifted by a constant of the pair to B's own zero: ties are relative to its size."""
        return self._extreme

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return `extreme` with X's features in other orders."""
        larger: Floats = self._larger(*self._sums(orders, pairs))
        return larger

    def _scale(self, x: Scatters, y: Scatters) -> None:
        """Find mean and deviation of B and A if X were permuted inside labels, two (2, P, O) arrays.

        E ‖S_c‖² = tr S_xx,c tr S_yy,c / (n_c − 1); the deviation is that of a Gaussian S with the same
        covariance. Both depend on margins inside labels only: permutations are exact whatever they are.
        """
        sizes = np.diff(self.bounds).astype(np.float64)
        share = 1 / np.maximum(sizes - 1, 1)
        traces = x.traces[:, None] * y.traces[None] * share  # (P, O, K)
        products = x.products[:, None] * y.products[None] * np.outer(share, share)  # (P, O, K, K)
        diagonal = np.diagonal(products, axis1=-2, axis2=-1)
        self.mean = np.stack([traces.sum(axis=-1), (traces / sizes).sum(axis=-1)])
        variance = np.stack([products.sum(axis=(-2, -1)), (diagonal / sizes**2).sum(axis=-1)])
        self.deviation = np.where(variance > 0, np.sqrt(2 * variance), np.nan)  # NaN: never vary together
        norms = np.sqrt(x.own[:, None] * y.own[None])
        self.most = (norms / sizes).sum(axis=-1)

    def _larger(self, whole: Floats, apart: Floats) -> Floats:
        """Return max of scaled B and A, plus E B / deviation of B; (B, P, O)."""
        shift = self.mean[0] / self.deviation[0] - self.mean[1] / self.deviation[1]
        larger: Floats = np.maximum(whole / self.deviation[0], apart / self.deviation[1] + shift)
        return larger

    def _sums(self, orders: RowOrders, pairs: Pairs) -> tuple[Floats, Floats]:
        """Return B and A of reordered X, (orders, P, O) each; NaN outside of `pairs`."""
        whole, apart = np.full((2, len(orders), *pairs.shape), np.nan)
        tasks: list[tuple[int, Codes, slice]] = []
        for i in np.flatnonzero(pairs.any(axis=1)).tolist():
            columns = np.flatnonzero(pairs[i])
            step = max(1, _NUMBERS // (self.xs[i].shape[0] * self.ys.shape[1] * len(columns)))
            tasks += [(i, columns, slice(a, a + step)) for a in range(0, len(orders), step)]
        chosen = {i: self.ys[:, :, np.flatnonzero(pairs[i])] for i in {task[0] for task in tasks}}

        def one(task: tuple[int, Codes, slice]) -> None:
            i, columns, some = task
            found = squared_sums(self.xs[i], chosen[i], orders[some], self.bounds)
            whole[some, i, columns], apart[some, i, columns] = found

        threaded(one, tasks, self.workers)
        return whole, apart


def squared_sums(x: Floats, ys: Floats, orders: RowOrders, bounds: Codes) -> tuple[Floats, Floats]:
    """Return ‖Σ_c S_c‖² and Σ_c ‖S_c‖² / n_c of one property with several outputs.

    Parameters
    ----------
    x
        (r, n) features, centred inside labels.
    ys
        (n, s, O) features of every output.
    orders
        (B, n) inside labels.
    bounds
        Where labels begin and end.

    Returns
    -------
    (B, O), (B, O)
    """
    shape = (len(x), len(orders), *ys.shape[1:])
    total, apart = np.zeros(shape), np.zeros((len(orders), ys.shape[2]))
    for start, end in itertools.pairwise(bounds):
        moved = x[:, orders[:, start:end]].reshape(-1, end - start)
        product = (moved @ ys[start:end].reshape(end - start, -1)).reshape(shape)
        total += product
        product *= product
        apart += product.sum(axis=(0, 2)) / (end - start)
    total *= total
    return total.sum(axis=(0, 2)), apart


@dataclass(frozen=True, eq=False)
class Scatters:
    """Sums of products S_c of each variable's own features, by label.

    Attributes
    ----------
    traces
        (V, K) tr S_c.
    products
        (V, K, K) tr(S_c S_d).
    """

    traces: Floats
    products: Floats

    @property
    def own(self) -> Floats:
        """‖S_c‖², (V, K)."""
        own: Floats = np.diagonal(self.products, axis1=-2, axis2=-1)
        return own


def scatters(features: list[Floats], bounds: Codes) -> Scatters:
    """Return the scatters of every variable; features are (n, r)."""
    traces, products = [], []
    for values in features:
        of_label = np.stack([values[a:b].T @ values[a:b] for a, b in itertools.pairwise(bounds)])
        flat = of_label.reshape(len(of_label), -1)
        traces.append(np.trace(of_label, axis1=1, axis2=2))
        products.append(flat @ flat.T)
    return Scatters(np.stack(traces), np.stack(products))


def fourier(
    variable: Variable, bounds: Codes, widths: tuple[float, ...], uniform: Floats, normal: Floats
) -> Floats:
    """Return cos and sin of a variable's random frequencies, centred inside labels, (n, f).

    The frequencies of one column are stratified, Φ⁻¹((k + u_k) / m): as random, but less uneven. Categories
    are their own features.

    Parameters
    ----------
    variable
        The variable; rows are sorted by label.
    bounds
        Where labels begin and end.
    widths
        Kernel widths in median distances inside labels.
    uniform, normal
        (m,) in [0, 1) and (≥ d, m): where frequencies come from.
    """
    if variable.kind in ("binary", "categorical"):
        return centred_within(variable.values, bounds)
    values = z_scored_within(variable.values, bounds)
    some = max(2, SAMPLE // (len(bounds) - 1))
    distance = median_distance(*(values[a : min(b, a + some)] for a, b in itertools.pairwise(bounds)))
    if values.shape[1] == 1:
        frequencies = ndtri((np.arange(len(uniform)) + uniform) / len(uniform))[None]
    else:
        frequencies = normal[: values.shape[1]]
    angles = np.hstack([values @ (frequencies / (width * distance)) for width in widths])
    return centred_within(np.hstack([np.cos(angles), np.sin(angles)]), bounds)


def reduced(features: Floats, components: int) -> Floats:
    """Return the first principal components of features with mean 0, (n, r), r ≤ `components`."""
    sizes, axes = np.linalg.eigh(features.T @ features)
    kept = np.flatnonzero(sizes > SMALLEST * sizes[-1])[-components:]
    principal: Floats = features @ axes[:, kept]
    return principal


def beside(features: list[Floats]) -> Floats:
    """Return features (n, r) of several variables side by side, filled up with zeros, (n, max r, V)."""
    most = max(values.shape[1] for values in features)
    together = np.zeros((len(features[0]), most, len(features)))
    for k, values in enumerate(features):
        together[:, : values.shape[1], k] = values
    return together


def centred_within(values: Floats, bounds: Codes) -> Floats:
    """Return values (n, d) less their label's mean."""
    sizes = np.diff(bounds)
    means = np.add.reduceat(values, bounds[:-1]) / sizes[:, None]
    centred: Floats = values - np.repeat(means, sizes, axis=0)
    return centred


def z_scored_within(values: Floats, bounds: Codes) -> Floats:
    """Return values (n, d) with mean 0 and standard deviation 1 in every label; 0 where they are constant."""
    sizes = np.diff(bounds)
    low, high = (over.reduceat(values, bounds[:-1]) for over in (np.minimum, np.maximum))
    spread = np.repeat(high - low, sizes, axis=0)
    unit = np.where(spread > 0, values - np.repeat(low, sizes, axis=0), 0.0) / np.where(
        spread > 0, spread, 1.0
    )
    centred = centred_within(unit, bounds)
    deviation = np.sqrt(np.add.reduceat(centred**2, bounds[:-1]) / sizes[:, None])
    z: Floats = centred / np.repeat(np.where(deviation > 0, deviation, 1.0), sizes, axis=0)
    return z
