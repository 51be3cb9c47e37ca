"""Orders that hold numbers nearly fixed: among nearest neighbours. Never exact."""

from __future__ import annotations

import itertools

import numba
import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import rankdata

from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.permutations import Orders, RowOrders
from facelib.utilities.checks import Floats


class Neighbours(Orders):
    """Each face gets the property of one of its nearest faces in Z, itself counted (Runge 2018).

    Faces are visited in random order; each takes the first of its shuffled neighbours that nobody took, or,
    if all are taken, the last of them: some properties are used twice. Distances are Chebyshev's between
    ranks inside labels. Where several faces are equally far, each face has its own random choice of them.

    Parameters
    ----------
    given
        Labels, which are kept exactly, and numbers.
    seed
        Seed.
    count
        Nearest faces, itself counted; fewer in labels with fewer faces.
    """

    exact = False

    def __init__(self, given: Given, seed: int, count: int = 5) -> None:
        super().__init__(seed)
        n = len(given.strata)
        ties = self.rng.spawn(1)[0]  # orders stay the same whether there are ties or not
        self.near = np.empty((n, count), np.intp)
        self.available = np.empty(n, np.intp)
        for start, end in itertools.pairwise(given.bounds):
            ranks = rankdata(given.numbers[start:end], axis=0)
            found = nearest_faces(ranks, min(count, end - start), ties)
            self.near[start:end, : found.shape[1]] = start + found
            self.available[start:end] = found.shape[1]
        self.note = (
            f"Permuted among the {count} nearest faces in the conditioner (Runge 2018): approximate; p is "
            "too small where the property follows the conditioner closely."
        )

    def draw(self, count: int) -> RowOrders:
        """Return the next `count` orders, (count, n); one in which no property is used twice is rare."""
        orders = np.empty((count, len(self.near)), np.intp)
        for order in orders:
            visits = self.rng.permutation(len(self.near))
            take_neighbours(self.near, self.available, visits, self.rng.random(self.near.shape), order)
        return orders

    @property
    def log_total(self) -> float:
        """An upper bound: every face chooses freely."""
        return float(np.log(self.available).sum())


def nearest_faces(ranks: Floats, count: int, rng: np.random.Generator) -> RowOrders:
    """Return the `count` nearest faces of each in ranks (n, q), itself among them, (n, count).

    A tree gives the same few of many equal faces to all of them, and the others would never be used. So if
    ranks are tied, each face draws its own among those that are as far as its last one. Memory grows as n,
    however many are equal.
    """
    tree = cKDTree(ranks)
    nth = range(1, count + 1)
    if all(len(np.unique(column)) == len(column) for column in ranks.T):
        return np.asarray(tree.query(ranks, k=nth, p=np.inf)[1])
    rows, row_of = np.unique(ranks, axis=0, return_inverse=True)
    row_of = row_of.reshape(-1)  # NumPy 2.0 gives a column
    distances, neighbours = tree.query(rows, k=nth, p=np.inf)
    far: Floats = np.asarray(distances)[:, -1]
    near: RowOrders = np.asarray(neighbours)[row_of]
    reach = far + 0.25  # ranks are whole or half: nothing lies in between
    crowded = tree.query_ball_point(rows, reach, p=np.inf, return_length=True) > count
    faces_of = np.split(np.argsort(row_of, kind="stable"), np.cumsum(np.bincount(row_of))[:-1])
    for row in np.flatnonzero(crowded):
        faces = faces_of[row]
        if far[row] == 0:  # all of these are equal: itself, and others of them
            others = distinct_draws(len(faces), len(faces) - 1, count - 1, rng)
            near[faces, 0] = faces
            near[faces, 1:] = faces[others + (others >= np.arange(len(faces))[:, None])]
            continue
        inside = np.sort(tree.query_ball_point(rows[row], reach[row], p=np.inf))
        distance = np.abs(ranks[inside] - rows[row]).max(axis=1)
        sure, last = inside[distance < far[row]], inside[distance == far[row]]
        near[faces, : len(sure)] = sure
        near[faces, len(sure) :] = last[distinct_draws(len(faces), len(last), count - len(sure), rng)]
    return near


def distinct_draws(times: int, size: int, count: int, rng: np.random.Generator) -> RowOrders:
    """Return `times` draws of `count` different numbers below `size` (Floyd's algorithm), (times, count)."""
    drawn = np.empty((times, count), np.intp)
    for place, top in enumerate(range(size - count, size)):
        number = rng.integers(0, top + 1, times)
        again = (drawn[:, :place] == number[:, None]).any(axis=1)
        drawn[:, place] = np.where(again, top, number)
    return drawn


@numba.njit(nogil=True, cache=True)
def take_neighbours(near, available, visits, uniform, order):  # type: ignore[no-untyped-def]  # numba infers
    """Fill `order` (n,) by visiting faces; `uniform` (n, k) in [0, 1) shuffles their neighbours."""
    taken = np.zeros(len(near), np.bool_)
    left = np.empty(near.shape[1], near.dtype)
    for i in visits:
        left[:] = near[i]
        chosen = i
        for step in range(available[i]):
            pick = step + int(uniform[i, step] * (available[i] - step))
            chosen, left[pick] = left[pick], left[step]
            if not taken[chosen]:
                break
        order[i] = chosen
        taken[chosen] = True
