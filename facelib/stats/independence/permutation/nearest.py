"""Nearest-neighbour information inside labels, compiled: X in many orders against one Ŷ.

Distances are Chebyshev's. For face i, ε is the distance to its k-th neighbour in (X, Ŷ, Z), itself excluded;
counts in (X, Z), (Ŷ, Z) and Z are of faces strictly nearer, itself included. Where ε = 0 (at least k faces
share all values with i) the faces at distance 0 are counted instead, and k becomes their number: the
plug-in estimate of discrete data, as Mesner and Shalizi (2019) do it.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy.special import digamma
from scipy.stats import rankdata

from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

Integers = npt.NDArray[np.int32]
Columns = npt.NDArray[np.float32] | Floats
NEARER = 1 - 1e-9  # share of ε below which a face is nearer, so that rounding of z-scores decides nothing
LARGEST_TABLE = 3000  # rows of a label up to which neighbours are counted in a table, 18 MB per thread


class Labels(NamedTuple):
    """Bounds, neighbours and weights of labels.

    Attributes
    ----------
    bounds
        (labels + 1,) where they begin and end among the rows.
    ks
        (labels,) neighbours k, 0 where a label is left out.
    weights
        (labels,) of each label's information.
    psi
        ψ(0 … n), 0 at 0, which is never used.
    """

    bounds: Codes
    ks: Codes
    weights: Floats
    psi: Floats


def digammas(n: int) -> Floats:
    """Return ψ(0 … n) with 0 at 0."""
    table: Floats = np.concatenate([[0.0], digamma(np.arange(1.0, n + 1))])
    return table


def doubled_ranks(values: Floats, bounds: Codes) -> Floats:
    """Return ranks inside each label, doubled so that mean ranks of ties are whole: 0, 2, 4 …; (n, d)."""
    ranks = np.empty(values.shape)
    for start, end in itertools.pairwise(bounds):
        ranks[start:end] = 2 * rankdata(values[start:end], axis=0) - 2
    return ranks


class Line:
    """One column's ranks inside labels, ready to be counted in a table.

    Attributes
    ----------
    ranks
        (n,) doubled ranks.
    place
        (n,) place among the sorted values of the label, ties in order of rows.
    untied
        Whether no label has equal values: ranks needn't be doubled then.
    """

    def __init__(self, ranks: Floats, bounds: Codes) -> None:
        self.bounds = bounds
        self.ranks = ranks.astype(np.int32)
        self.place = np.empty(len(ranks), np.int32)
        self.untied = True
        for start, end in itertools.pairwise(bounds):
            order = np.argsort(self.ranks[start:end], kind="stable")
            self.place[start:end][order] = np.arange(end - start, dtype=np.int32)
            self.untied &= bool((np.diff(self.ranks[start:end][order]) > 0).all())
        self._counted: dict[int, tuple[Integers, Integers, Integers]] = {}

    def counted(self, scale: int) -> tuple[Integers, Integers, Integers]:
        """Return positions (n,) on a lattice of `scale` points per rank, places, and the count below each.

        The last: for every label and lattice point v the number of values below v, padded on both sides by
        the label's reach, all labels in one array.
        """
        if scale not in self._counted:
            position = self.ranks if scale == 2 else self.ranks // 2
            parts = []
            for start, end in itertools.pairwise(self.bounds):
                reach, points = lattice(end - start, scale)
                places = np.arange(-reach, points + reach)
                parts.append(np.searchsorted(np.sort(position[start:end]), places))
            self._counted[scale] = position, self.place, np.concatenate(parts).astype(np.int32)
        return self._counted[scale]


def lattice(m: int, scale: int) -> tuple[int, int]:
    """Return the reach (a power of two, at least the points) and the number of lattice points of m ranks."""
    points = scale * (m - 1) + 1
    return 1 << int(points - 1).bit_length(), points


def in_table(x: Line, y: Line, orders: RowOrders, labels: Labels, *, unbiased: bool = False) -> Floats:
    """Return Σ weight · I of every order for one-dimensional X and Ŷ without numbers in Z, (B,).

    Parameters
    ----------
    x, y
        Ranks inside labels.
    orders
        (B, n): face i gets the property of face orders[b, i], each of a label once.
    labels
        Bounds, neighbours and weights.
    unbiased
        Whether k is replaced by the number of faces nearer than ε in (X, Ŷ), itself included.
    """
    scale = 1 if x.untied and y.untied else 2
    sizes = np.array([lattice(m, scale) for m in np.diff(x.bounds)], np.int64)
    ends = np.cumsum(2 * sizes[:, 0] + sizes[:, 1])
    zeros = ends - sizes[:, 0] - sizes[:, 1]  # where lattice point 0 of each label is
    side = int(np.diff(x.bounds).max()) + 1
    kind = np.uint8 if side <= 256 else np.uint16
    room = np.zeros(side * side, kind), np.repeat(np.array([0, 1], kind), side)
    shape = zeros, sizes[:, 0].copy()
    found: Floats = count_in_table(
        orders, labels, (x.counted(scale), y.counted(scale), shape), room, unbiased
    )
    return found


@numba.njit(nogil=True, cache=True)
def count_in_table(orders, labels, lines, room, unbiased):  # type: ignore[no-untyped-def]  # numba infers
    """Count neighbours by table[a, b] = faces among the a lowest X and the b lowest Ŷ.

    Indices are unsigned (no test for negative ones) and a row is the one before plus a ramp: much faster.
    """
    (x, x_place, x_below), (y, y_place, y_below), (zeros, reaches) = lines
    table, ramp = room
    total = np.zeros(len(orders))
    side, one = len(ramp) // 2, np.uint64(1)
    counts = table, np.uint64(side), x_below, y_below
    by_x, row = np.empty(side, np.int64), np.empty(side, table.dtype)
    for b in range(len(orders)):
        for c in range(len(labels.ks)):
            start, m, k = labels.bounds[c], labels.bounds[c + 1] - labels.bounds[c], labels.ks[c]
            if k == 0:
                continue
            for i in range(start, start + m):
                by_x[x_place[orders[b, i]]] = y_place[i]
            row[:] = 0
            for a in range(m):
                more = ramp[side - 1 - by_x[a] :]
                filled = table[(a + 1) * side : (a + 2) * side]
                for j in range(m + 1):
                    row[j] += more[j]
                    filled[j] = row[j]
            inside = 0.0
            for i in range(start, start + m):
                u, v = np.uint64(zeros[c] + x[orders[b, i]]), np.uint64(zeros[c] + y[i])
                e, step = np.uint64(0), np.uint64(reaches[c] >> 1)
                while step > 0:  # the smallest e with more than k faces within e, i itself among them
                    e = e + step if _nearer(counts, u, v, e + step) <= k else e
                    step >>= one
                d = max(e, one)
                near = _nearer(counts, u, v, d) if unbiased or e == 0 else k
                near_x = x_below[u + d] - x_below[u - d + one]
                near_y = y_below[v + d] - y_below[v - d + one]
                inside += labels.psi[near] - labels.psi[near_x] - labels.psi[near_y]
            total[b] += labels.weights[c] * (labels.psi[m] + inside / m)
    return total


@numba.njit(nogil=True, cache=True, inline="always")
def _nearer(counts, u, v, e):  # type: ignore[no-untyped-def]
    """Return the number of faces less than e away from lattice point (u, v)."""
    table, side, x_below, y_below = counts
    one = np.uint64(1)
    left, right = np.uint64(x_below[u - e + one]) * side, np.uint64(x_below[u + e]) * side
    low, high = np.uint64(y_below[v - e + one]), np.uint64(y_below[v + e])
    more = np.int64(table[right + high]) + np.int64(table[left + low])
    return more - np.int64(table[left + high]) - np.int64(table[right + low])


def in_rows(
    columns: tuple[Columns, Columns, Columns], orders: RowOrders, labels: Labels, *, unbiased: bool = False
) -> Floats:
    """Return Σ weight · I of every order for any X, Ŷ and Z, by distances of all pairs inside labels, (B,).

    Parameters
    ----------
    columns
        X, Ŷ and Z: (d, n) each, C-contiguous, of one type: float32 for ranks or half ranks that are whole
        numbers, float64 for others. Z may have no rows.
    orders, labels, unbiased
        As for `in_table`; an order may use a row twice.
    """
    found: Floats = count_in_rows(columns, orders, labels, unbiased)
    return found


@numba.njit(nogil=True, cache=True)
def count_in_rows(columns, orders, labels, unbiased):  # type: ignore[no-untyped-def]
    """Count neighbours along rows of the distance matrices, which are never stored."""
    x, y, z = columns
    total = np.zeros(len(orders))
    largest, kind, tiny = np.diff(labels.bounds).max(), x.dtype.type, np.finfo(x.dtype).tiny
    moved = np.empty((len(orders), len(x), largest), x.dtype)
    room_z, room_yz = np.empty(largest, x.dtype), np.empty(largest, x.dtype)
    room_x, room_all, few = np.empty(largest, x.dtype), np.empty(largest, x.dtype), np.empty(largest, x.dtype)
    for c in range(len(labels.ks)):
        start, m, k = labels.bounds[c], labels.bounds[c + 1] - labels.bounds[c], labels.ks[c]
        if k == 0:
            continue
        in_z, in_yz, in_x, in_all = room_z[:m], room_yz[:m], room_x[:m], room_all[:m]
        for b in range(len(orders)):
            for d in range(len(x)):
                for j in range(m):
                    moved[b, d, j] = x[d, orders[b, start + j]]
        for i in range(m):
            in_z[:] = 0
            _farther(in_z, z[:, start : start + m], i)
            in_yz[:] = in_z
            _farther(in_yz, y[:, start : start + m], i)
            guess = np.floor(in_yz.mean())
            for b in range(len(orders)):
                here = moved[b, 0, i]
                for j in range(m):
                    in_x[j] = abs(moved[b, 0, j] - here)
                if len(x) > 1:
                    _farther(in_x, moved[b, 1:, :m], i)
                _larger(in_all, in_x, in_yz)
                e = _smallest(in_all, k + 1, guess, few)
                guess = e
                below = kind(e * NEARER) if e > 0 else tiny
                near = _count_below(in_all, below) if unbiased or e == 0 else k
                near_xz = _count_both(in_x, in_z, below)
                near_yz, near_z = _count_below(in_yz, below), _count_below(in_z, below)
                inside = labels.psi[near] + labels.psi[near_z] - labels.psi[near_xz] - labels.psi[near_yz]
                total[b] += labels.weights[c] * inside / m
    return total


@numba.njit(nogil=True, cache=True, inline="always")
def _farther(row, columns, i):  # type: ignore[no-untyped-def]
    """Raise row[j] to the Chebyshev distance between faces i and j."""
    for d in range(len(columns)):
        here = columns[d, i]
        for j in range(len(row)):
            far = abs(columns[d, j] - here)
            row[j] = far if far > row[j] else row[j]


@numba.njit(nogil=True, cache=True)
def _larger(out, first, second):  # type: ignore[no-untyped-def]
    """Fill out with the larger of two rows."""
    for j in range(len(out)):
        out[j] = first[j] if first[j] > second[j] else second[j]


@numba.njit(nogil=True, cache=True)
def _count(row, r):  # type: ignore[no-untyped-def]
    """Return how many are at most r; a narrow counter is three times faster."""
    count = np.int32(0)
    for j in range(len(row)):
        count = np.int32(count + np.int32(row[j] <= r))
    return np.int64(count)


@numba.njit(nogil=True, cache=True)
def _count_below(row, r):  # type: ignore[no-untyped-def]
    """Return how many are less than r."""
    count = np.int32(0)
    for j in range(len(row)):
        count = np.int32(count + np.int32(row[j] < r))
    return np.int64(count)


@numba.njit(nogil=True, cache=True)
def _count_both(first, second, r):  # type: ignore[no-untyped-def]
    """Return how many are less than r in both rows."""
    count = np.int32(0)
    for j in range(len(first)):
        count = np.int32(count + np.int32((first[j] < r) & (second[j] < r)))
    return np.int64(count)


@numba.njit(nogil=True, cache=True)
def _smallest(row, rank, guess, few):  # type: ignore[no-untyped-def]
    """Return the rank-th smallest of a row, all at least 0, beginning at a guess; `few` is room.

    Its count is bracketed by false position, later by bisection, until the ends are neighbours (float32 holds
    whole numbers here) or few values are between them, which are sorted.
    """
    kind, whole = row.dtype.type, row.itemsize == 4
    low, n_low = kind(-1), 0
    high, n_high = guess, _count(row, guess)
    while n_high < rank:
        low, n_low = high, n_high
        high = kind(np.floor(high * kind(1.05)) + kind(1))
        n_high = _count(row, high)
    for step in range(60):
        if (high - low <= 1) if whole else (n_high - n_low <= 8):
            break
        share = 0.5 if step > 8 else (rank - 0.5 - n_low) / (n_high - n_low)
        r = kind(low + (high - low) * share)
        if whole:
            r = min(max(np.floor(r), low + kind(1)), high - kind(1))
        count = _count(row, r)
        if count >= rank:
            high, n_high = r, count
        else:
            low, n_low = r, count
    if whole:
        return high
    count = 0
    for j in range(len(row)):
        if low < row[j] <= high:
            few[count] = row[j]
            count += 1
    return np.sort(few[:count])[rank - n_low - 1]
