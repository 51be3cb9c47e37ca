"""Distance covariance inside labels: any dependence, an exact null, nothing to tune."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes, Variable
from facelib.utilities.checks import Floats

MOST_PAIRS = 100_000_000
"""Pairs of faces of one label above which the test refuses (our choice): a minute per pair of variables."""
FEWEST = 3
"""Faces of a label without which its V² is the same for all orders: of two faces there is one distance."""
_TILE = 1024  # pairs of faces per tile: what is multiplied stays in the cache
_RUNS = 8  # shares of the work for threads
_FUSED = 2  # up to so many outputs distances are summed as they are made instead of being multiplied later

Tile = tuple[int, int, int, int]


@register
@dataclass(frozen=True)
class WithinDcov(IndependenceTest):
    """Distance covariance of X and Ŷ inside each label, summed over labels (Székely, Rizzo, Bakirov 2007).

    In label c with n_c faces V²_c = Σ_ij A_ij B_ij / n_c², A and B the double-centred matrices of distances
    between faces in X and in Ŷ. The statistic Σ_c (n_c / n) V²_c adds n_c V²_c, which has the same order of
    size in every label if there is no dependence, so that no label drowns another. X is permuted inside
    labels, which is exact. Distances: absolute differences of z-scores, Euclidean for several columns;
    for categories 0 or 1. Finds any kind of dependence, also one that changes its sign between labels.
    Labels with one or two faces say nothing: their V²_c is the same for all orders. A pair that never varies
    together in a larger label can't be tested.

    statistic: Σ_c (n_c / n) V²_c. effect: distance correlation inside labels with the bias taken out
    (U-centred: Székely and Rizzo 2014), √(max(0, Σ w U²_c(X, Ŷ) / √(Σ w U²_c(X, X) · Σ w U²_c(Ŷ, Ŷ)))),
    w = n_c / n, over labels with four faces or more.
    """

    id = "within_dcov"
    title = "distance covariance inside labels"
    conditioners = frozenset({"categorical"})
    cost = "medium"
    null = "permutation"

    def prepare(self, problem: Problem) -> PreparedDistances:
        """Compute what centres the distances of every variable."""
        return PreparedDistances(problem)


class PreparedDistances(Prepared):
    """Coordinates and row means of distances; the distances themselves are made tile by tile.

    Σ_ij A_ij B_ij = Σ_ij a_ij B_ij with the plain distances a of X, as B is centred; a_ii = 0, so one
    triangle is enough. Distances of reordered X are made from reordered values: memory doesn't grow with n².
    """

    def __init__(self, problem: Problem) -> None:
        self.bounds, self.workers = problem.given.bounds, problem.workers
        sizes = np.diff(self.bounds)
        pairs = int((sizes * (sizes - 1) // 2).sum())
        if pairs > MOST_PAIRS:
            msg = (
                f"Distance covariance compares all faces of a label with each other: {pairs:.2g} pairs are "
                f"more than {MOST_PAIRS:.0e}. Use within_rff, whose cost grows with n alone, or fewer faces."
            )
            raise BadValueError(msg)
        self.xs = [coordinates(x) for x in problem.xs]
        self.ys = [coordinates(y) for y in problem.ys]
        self.runs = runs_of_tiles(self.bounds)
        self.y_means = [row_means(y, self.bounds) for y in self.ys]
        here = np.arange(problem.n, dtype=np.intp)[None]
        every = np.ones(problem.shape, bool)
        by_label = self._by_label(here, every)  # (C, 1, P, O)
        testable = self._testable(sizes)
        effect = self._effect(by_label[:, 0] * (problem.n / sizes)[:, None, None], sizes)
        self.statistic = np.where(testable, by_label.sum(axis=0)[0], np.nan)
        self.effect = np.where(testable, effect, np.nan)
        self.notes = _notes(sizes)

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return Σ_c (n_c / n) V²_c of every pair with reordered X, (B, P, O); NaN outside of `pairs`."""
        found: Floats = self._by_label(orders, pairs).sum(axis=0)
        found[:, ~pairs] = np.nan
        return found

    def _testable(self, sizes: Codes) -> Pairs:
        """Return the pairs that both vary in a label with three faces or more, (P, O)."""
        x_moves, y_moves = (
            np.stack([moves_within(values, self.bounds) for values in side]) for side in (self.xs, self.ys)
        )
        together: Pairs = (x_moves & (sizes >= FEWEST)) @ y_moves.T
        return together

    def _by_label(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return (n_c / n) V²_c by label, (C, B, P, O)."""
        rows, columns = np.flatnonzero(pairs.any(axis=1)), np.flatnonzero(pairs.any(axis=0))
        chosen = {p: np.flatnonzero(pairs[p, columns]) for p in rows}
        moved = {p: self.xs[p][orders] for p in rows}  # (B, n, d)

        def of(run: list[Tile]) -> Floats:
            covariances = np.zeros((len(orders), *pairs.shape))
            for start, end, first, last in run:
                centred = self._centred(columns, start, end, first, last)
                for p in rows:
                    sums = products(moved[p][:, start:end], centred[chosen[p]], first, last)
                    covariances[:, p, columns[chosen[p]]] += sums
            return covariances

        total = np.zeros((len(self.bounds) - 1, len(orders), *pairs.shape))
        for (label, _), covariances in zip(
            self.runs, threaded(of, [run for _, run in self.runs], self.workers), strict=True
        ):
            total[label] += covariances
        sizes = np.diff(self.bounds)[:, None, None, None]
        total *= 2 / (self.bounds[-1] * sizes)
        return total

    def _centred(self, columns: Codes, start: int, end: int, first: int, last: int) -> Floats:
        """Return one tile of the double-centred distances of outputs, (outputs, pairs of faces)."""
        values = np.empty((len(columns), triangle(end - start, first, last)))
        for row, o in enumerate(columns):
            centred_distances(self.ys[o][start:end], self.y_means[o][start:end], first, last, values[row])
        return values

    def _effect(self, covariance: Floats, sizes: Codes) -> Floats:
        """Return the bias-corrected distance correlation; `covariance` is V²_c by label, (C, P, O)."""
        x_means = [row_means(x, self.bounds) for x in self.xs]
        shared = np.zeros(covariance.shape[1:])
        x_own, y_own = np.zeros(len(self.xs)), np.zeros(len(self.ys))
        for label in np.flatnonzero(sizes >= 4):
            rows = slice(self.bounds[label], self.bounds[label + 1])
            r = np.stack([means[rows] for means in x_means])
            s = np.stack([means[rows] for means in self.y_means])
            size = int(sizes[label])
            shared += size * unbiased(covariance[label], r @ s.T, np.outer(r.sum(1), s.sum(1)), size)
            for values, means, own in ((self.xs, r, x_own), (self.ys, s, y_own)):
                for i, v in enumerate(values):
                    plain = squared_distances(v[rows])
                    own[i] += size * unbiased_own(plain, means[i], size)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = shared / np.sqrt(np.outer(x_own, y_own))
        effect: Floats = np.sqrt(np.clip(ratio, 0.0, 1.0))
        return effect


def coordinates(variable: Variable) -> Floats:
    """Return where faces lie in a variable, (n, d); categories lie at distance 1 from each other.

    Numbers are z-scored, so that neither units nor a wide output among several decide.
    """
    if variable.kind == "categorical":
        apart: Floats = variable.values / np.sqrt(2)
        return apart
    return variable.scaled


def moves_within(values: Floats, bounds: Codes) -> npt.NDArray[np.bool_]:
    """Return in which labels any column of values (n, d) takes two values, (C,)."""
    low, high = (over.reduceat(values, bounds[:-1], axis=0) for over in (np.minimum, np.maximum))
    return np.asarray((high > low).any(axis=1))


def triangle(size: int, first: int, last: int) -> int:
    """Return the number of pairs i < j of `size` faces with i in [first, last).

    >>> triangle(4, 0, 4)
    6
    """
    return (last - first) * (2 * size - first - last - 1) // 2


def runs_of_tiles(bounds: Codes) -> list[tuple[int, list[Tile]]]:
    """Cut the triangles of all labels into tiles, and tiles into runs of one label for threads.

    Neither depends on the number of threads, so that sums are added in the same order on every machine.

    Returns
    -------
    (label, [(start, end, first, last), …]): the label's rows are start … end, and of its triangle the rows
    first … last are the tile.
    """
    sizes = np.diff(bounds)
    share = max(int((sizes * (sizes - 1) // 2).sum()) // _RUNS, _TILE)
    runs: list[tuple[int, list[Tile]]] = []
    for label, size in enumerate(sizes.tolist()):
        first, run, held = 0, [], 0
        while first < size - 1:
            last = first + 1
            while last < size - 1 and triangle(size, first, last + 1) <= _TILE:
                last += 1
            run.append((int(bounds[label]), int(bounds[label + 1]), first, last))
            held += triangle(size, first, last)
            first = last
            if held >= share or first == size - 1:
                runs.append((label, run))
                run, held = [], 0
    return runs


def products(values: Floats, centred: Floats, first: int, last: int) -> Floats:
    """Return Σ of distances of `values` (B, n_c, d) times tiles `centred` (O, m), (B, O)."""
    values = np.ascontiguousarray(values)
    if len(centred) <= _FUSED:
        found = np.empty((len(values), len(centred)))
        for o, tile in enumerate(centred):
            fused_products(values, tile, first, last, found[:, o])
        return found
    distances = np.empty((len(values), centred.shape[1]))
    plain_distances(values, first, last, distances)
    multiplied: Floats = distances @ centred.T
    return multiplied


def row_means(values: Floats, bounds: Codes) -> Floats:
    """Return the mean distance of every face to those of its label, itself included, (n,)."""
    means = np.empty(len(values))
    for start, end in itertools.pairwise(bounds):
        mean_distances(np.ascontiguousarray(values[start:end]), means[start:end])
    return means


def unbiased(v2: Floats, shared: Floats, totals: Floats, n: int) -> Floats:
    """Return U² of n faces from V² (Székely and Rizzo 2014, proposition 1, in terms of V²).

    Parameters
    ----------
    v2
        Σ_ij A_ij B_ij / n².
    shared, totals
        Σ_i ā_i b̄_i of mean distances, and Σ_i ā_i · Σ_j b̄_j.
    n
        Faces, 4 or more.
    """
    rows, whole = n**2 * shared, n**2 * totals  # of sums of distances
    s1 = n**2 * v2 + 2 * rows / n - whole / n**2
    inner: Floats = (s1 - 2 * rows / (n - 2) + whole / ((n - 1) * (n - 2))) / (n * (n - 3))
    return inner


def unbiased_own(squares: float, means: Floats, n: int) -> float:
    """Return U² of a variable with itself: the same from Σ_ij a_ij²."""
    rows, whole = n**2 * float(means @ means), n**2 * float(means.sum()) ** 2
    return (squares - 2 * rows / (n - 2) + whole / ((n - 1) * (n - 2))) / (n * (n - 3))


def squared_distances(values: Floats) -> float:
    """Return Σ_ij |v_i − v_j|² over all i and j."""
    centred = values - values.mean(axis=0)
    return float(2 * len(values) * (centred**2).sum())


def _notes(sizes: Codes) -> tuple[str, ...]:
    mute, small = int((sizes < FEWEST).sum()), int((sizes < 4).sum())
    notes = []
    if mute:
        notes.append(
            f"Labels with fewer than {FEWEST} faces say nothing, all their orders are alike: {mute} of "
            f"{len(sizes)}."
        )
    if small:
        notes.append(f"{small} labels with fewer than 4 faces are left out of the effect.")
    return tuple(notes)


@numba.njit(nogil=True, cache=True, inline="always")
def _distance(values, i, j):  # type: ignore[no-untyped-def]  # numba infers
    total = 0.0
    for k in range(values.shape[1]):
        total += (values[i, k] - values[j, k]) ** 2
    return np.sqrt(total)


@numba.njit(nogil=True, cache=True)
def plain_distances(values: Floats, first: int, last: int, found: Floats) -> None:
    """Fill `found` (B, m) with distances of pairs i < j, i in [first, last), of `values` (B, n, d)."""
    n = values.shape[1]
    column = np.empty(n)
    for b in range(len(values)):
        at = 0
        column[:] = values[b, :, 0]
        for i in range(first, last):
            row = found[b, at : at + n - i - 1]
            if values.shape[2] == 1:
                row[:] = np.abs(column[i + 1 :] - column[i])
            else:
                for j in range(i + 1, n):
                    row[j - i - 1] = _distance(values[b], i, j)
            at += n - i - 1


@numba.njit(nogil=True, cache=True, fastmath={"reassoc"})
def fused_products(values: Floats, tile: Floats, first: int, last: int, found: Floats) -> None:
    """Fill `found` (B,) with Σ of distances × `tile` (m,), without keeping the distances."""
    n = values.shape[1]
    column = np.empty(n)
    for b in range(len(values)):
        at, total = 0, 0.0
        column[:] = values[b, :, 0]
        for i in range(first, last):
            if values.shape[2] == 1:
                here, others, weights = column[i], column[i + 1 :], tile[at : at + n - i - 1]
                for j in range(len(others)):
                    total += abs(here - others[j]) * weights[j]
            else:
                for j in range(i + 1, n):
                    total += _distance(values[b], i, j) * tile[at + j - i - 1]
            at += n - i - 1
        found[b] = total


@numba.njit(nogil=True, cache=True)
def centred_distances(values: Floats, means: Floats, first: int, last: int, found: Floats) -> None:
    """Fill `found` (m,) with double-centred distances of pairs i < j, i in [first, last)."""
    n = len(values)
    mean = means.mean()
    at = 0
    for i in range(first, last):
        for j in range(i + 1, n):
            found[at] = _distance(values, i, j) - means[i] - means[j] + mean
            at += 1


@numba.njit(nogil=True, cache=True)
def mean_distances(values: Floats, found: Floats) -> None:
    """Fill `found` (n,) with the mean distance of every face to all, itself included."""
    n = len(values)
    found[:] = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            distance = _distance(values, i, j)
            found[i] += distance
            found[j] += distance
    found /= n
