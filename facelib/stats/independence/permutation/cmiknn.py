"""CMIknn: conditional mutual information from nearest neighbours (Runge 2018)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Pairs, Prepared, register
from facelib.stats.independence.permutation.local_permutations import Neighbours
from facelib.stats.independence.permutation.nearest import (
    LARGEST_TABLE,
    Columns,
    Labels,
    Line,
    digammas,
    doubled_ranks,
    in_rows,
    in_table,
)
from facelib.stats.independence.permutation.permutations import Orders, RowOrders
from facelib.stats.independence.problem import FEWEST, Problem
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes, z_scores
from facelib.utilities.checks import Floats, as_count

Transform = Literal["ranks", "standardise"]
TRANSFORMS = ("ranks", "standardise")
AT_ONCE = 64  # orders per task


@register
@dataclass(frozen=True)
class Cmiknn(IndependenceTest):
    """Conditional mutual information by counting nearest neighbours (Runge 2018), with a permutation null.

    I = ψ(k) + mean_i [ψ(k_z) − ψ(k_xz) − ψ(k_yz)] (nats): ε_i is the Chebyshev distance to the k-th neighbour
    in (X, Ŷ, Z), counts are of faces strictly nearer, itself included. Labels: I inside each label of 8 faces
    or more, averaged with weights n_c / Σ n_c, k_c = max(3, min(round(.1 n_c), n_c − 2)); so, too, if nothing
    is held fixed. Numbers without labels: k = max(3, min(round(.2 n), n − 2)). Where X or Ŷ is constant
    inside a label, I is 0 there.

    Ranks are taken inside labels, once: surrogates move them. Equal values have their mean rank and stay
    equal, nothing is jittered, so rows may come in any order (orders choose among ties by lot); any two
    categories are half a label apart. A face with k neighbours at distance 0 counts those instead (Mesner and
    Shalizi 2019).

    Small k finds fine structure, large k smooth trends.

    statistic: I. effect: √(1 − exp(−2 max(I′, 0))), which is |r| for Gaussian variables; I′ counts the faces
    strictly nearer than ε_i in (X, Ŷ, Z) in place of k, because equal distances among ranks raise I (by .03
    at 143 faces per label, .17 at 20) and not I′.

    Parameters
    ----------
    transform
        "ranks", or "standardise" (z-scores inside labels; slower).
    k
        Neighbours in every label, two fewer than its faces at most; None: as above.
    shuffle_neighbours
        Among how many neighbours in Z X is permuted if numbers are held fixed.
    """

    transform: Transform = "ranks"
    k: int | None = None
    shuffle_neighbours: int = 5

    id = "cmiknn"
    title = "CMIknn"
    cost = "high"
    draws = 500

    def __post_init__(self) -> None:
        if self.transform not in TRANSFORMS:
            msg = f"transform is one of {', '.join(TRANSFORMS)}; got {self.transform!r}."
            raise BadValueError(msg)
        as_count(1 if self.k is None else self.k, "k")
        as_count(self.shuffle_neighbours, "shuffle_neighbours", least=2)

    def prepare(self, problem: Problem) -> PreparedInformation:
        """Transform every variable inside labels."""
        return PreparedInformation(problem, self)

    def orders(self, problem: Problem) -> Orders:
        """Return orders within labels (exact), or among nearest neighbours if numbers are held fixed."""
        if problem.orders is None and not problem.given.categorical:
            return Neighbours(problem.given, problem.seed, self.shuffle_neighbours)
        return super().orders(problem)


class PreparedInformation(Prepared):
    """Ranks of all variables inside labels; neighbours are counted for each pair and order."""

    def __init__(self, problem: Problem, test: Cmiknn) -> None:
        given = problem.given
        self.workers = problem.workers
        sizes = np.diff(given.bounds)
        ks = neighbours(sizes, test.k, share=0.1 if given.categorical or given.n_strata > 1 else 0.2)
        weights = np.where(ks > 0, sizes, 0) / max(int(sizes[ks > 0].sum()), 1)
        self.labels = Labels(given.bounds, ks, weights, digammas(problem.n))
        self.xs = [Coordinates(x.values, given.bounds, test.transform) for x in problem.xs]
        self.ys = [Coordinates(y.values, given.bounds, test.transform) for y in problem.ys]
        self.z = Coordinates(given.numbers, given.bounds, test.transform)
        self.notes = _notes(sizes, ks)
        itself = np.arange(problem.n)[None]
        everything = np.ones(problem.shape, bool)
        self.statistic = self.surrogates(itself, everything)[0]
        information = self._information(itself, everything, unbiased=True)[0]
        self.effect = np.sqrt(-np.expm1(-2 * np.maximum(information, 0.0)))

    def why_not(self, i: int, j: int) -> str:  # noqa: ARG002
        """Say whether labels are too small, or hold no variation where they aren't."""
        if not self.labels.ks.any():
            return f"every label has fewer than {FEWEST} faces"
        return f"property or output is the same inside every label that has {FEWEST} faces or more"

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return I of reordered ranks, (B, P, O)."""
        return self._information(orders, pairs)

    def _information(self, orders: RowOrders, pairs: Pairs, *, unbiased: bool = False) -> Floats:
        information = np.full((len(orders), *pairs.shape), np.nan)
        parts = [slice(place, place + AT_ONCE) for place in range(0, len(orders), AT_ONCE)]

        def compute(task: tuple[int, int, slice]) -> None:
            i, j, part = task
            information[part, i, j] = self._pair(self.xs[i], self.ys[j], orders[part], unbiased=unbiased)

        threaded(compute, [(i, j, part) for i, j in np.argwhere(pairs) for part in parts], self.workers)
        return information

    def _pair(self, x: Coordinates, y: Coordinates, orders: RowOrders, *, unbiased: bool) -> Floats | float:
        ks = np.where(x.constant | y.constant, 0, self.labels.ks)
        if not ks.any():
            return np.nan
        labels = self.labels._replace(ks=ks)
        if x.line is not None and y.line is not None and not len(self.z.columns):
            return in_table(x.line, y.line, orders, labels, unbiased=unbiased)
        if x.untied and y.untied and self.z.untied:
            return in_rows((x.halved, y.halved, self.z.halved), orders, labels, unbiased=unbiased)
        return in_rows((x.columns, y.columns, self.z.columns), orders, labels, unbiased=unbiased)


class Coordinates:
    """One variable as neighbours are counted in it.

    Attributes
    ----------
    columns, halved
        (d, n) doubled ranks inside labels as float32, and half of them: whole numbers if `untied`, so that
        fewer distances are tried; both z-scores as float64 if standardised.
    untied
        Whether all ranks are whole numbers.
    constant
        (labels,) whether it takes one value.
    line
        One column of ranks for counting in a table; None if that isn't possible.
    """

    def __init__(self, values: Floats, bounds: Codes, transform: Transform) -> None:
        ranked = transform == "ranks"
        inside = doubled_ranks(values, bounds) if ranked else _standardised(values, bounds)
        self.untied = ranked and bool((inside % 2 == 0).all())
        self.columns = _columns(inside, exact=ranked)
        self.halved = _columns(inside / 2, exact=ranked) if self.untied else self.columns
        self.constant = np.array(
            [not np.ptp(values[a:b], axis=0).any() for a, b in itertools.pairwise(bounds)]
        )
        self.line: Line | None = None
        if ranked and values.shape[1] == 1 and np.diff(bounds).max() <= LARGEST_TABLE:
            self.line = Line(inside[:, 0], bounds)


def neighbours(sizes: Codes, k: int | None, share: float) -> Codes:
    """Return the number of neighbours in labels of these sizes, 0 in those that are left out.

    >>> neighbours(np.array([143, 20, 7]), None, share=0.1)
    array([14,  3,  0])
    """
    wanted = np.round(share * sizes) if k is None else np.full(len(sizes), k)
    least = 3 if k is None else 1
    count = np.maximum(least, np.minimum(wanted, sizes - 2)).astype(np.intp)
    return np.where(sizes >= FEWEST, count, 0)


def _columns(inside: Floats, *, exact: bool) -> Columns:
    """Return (d, n) coordinates, as float32 if it holds them exactly."""
    return np.ascontiguousarray(inside.T, np.float32) if exact else np.ascontiguousarray(inside.T)


def _standardised(values: Floats, bounds: Codes) -> Floats:
    return np.concatenate([z_scores(values[a:b]) for a, b in itertools.pairwise(bounds)])


def _notes(sizes: Codes, ks: Codes) -> tuple[str, ...]:
    used = ks[ks > 0]
    out = sizes[ks == 0]
    notes = []
    if len(used):
        span = f"{used.min()}" if used.min() == used.max() else f"{used.min()} to {used.max()}"
        where = " of a label" if len(sizes) > 1 else ""
        notes.append(f"CMIknn looks at the k = {span} nearest faces{where}.")
    if len(out):
        what = "1 label" if len(out) == 1 else f"{len(out)} labels"
        notes.append(f"{what} with fewer than {FEWEST} faces left out of CMIknn, {out.sum()} faces in all.")
    return tuple(notes)
