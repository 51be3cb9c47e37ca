"""Effect size of the tests of independence: ω², the variance of an output explained inside labels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facelib.stats.independence.problem import Problem
from facelib.stats.independence.seeds import stream
from facelib.stats.independence.variables import Codes, Variable, z_scores
from facelib.utilities.checks import Floats

BINS = 5  # equal shares of a continuous property inside a label (our choice)
FEWEST = 5  # faces per bin


@dataclass(frozen=True, eq=False)
class Groups:
    """Faces sorted by group: `order` (n,), and where groups start in it, (g,)."""

    order: Codes
    starts: Codes

    @classmethod
    def of(cls, codes: Codes) -> Groups:
        """Group equal codes."""
        order = np.argsort(codes, kind="stable").astype(np.intp)
        return cls(order, np.flatnonzero(np.diff(codes[order], prepend=-1)).astype(np.intp))

    def squares(self, outputs: Floats, weights: Floats) -> tuple[Floats, int]:
        """Return Σ w (y − weighted mean of its group)² of every column, and how many groups have weight."""
        w = weights[self.order]
        sizes = np.add.reduceat(w, self.starts)
        weighted = outputs[self.order] * w[:, None]
        sums = np.add.reduceat(weighted, self.starts, axis=0)
        total = np.einsum("nd,nd->d", weighted, outputs[self.order])
        held = sizes > 0
        squares: Floats = total - (sums[held] ** 2 / sizes[held, None]).sum(axis=0)
        return squares, int(held.sum())


def explained(problem: Problem) -> Floats:
    """Return the share of each output's variance inside labels that goes with each property, (P, O).

    ω² = (SS_between − df · MS_within) / (SS_total + MS_within) (Hays 1963) of label-centred outputs over
    cells: categories, or five equal bins of a continuous property, inside each label. It finds curved
    effects and those that differ between labels, is about 0 on average where nothing matters (it can come out
    slightly negative), and doesn't grow with n. Continuous conditioners are taken out linearly first. Several
    outputs at once are z-scored and summed. NaN for a property of several numbers.

    Parameters
    ----------
    problem
        Rows sorted by stratum.
    """
    whole: Floats = _sizes(problem, [np.ones(problem.n)])[0]
    return whole


def explained_by_halves(problem: Problem, n_resamples: int, seed: int) -> Floats:
    """Return ω² on random halves of the people, (R, P, O).

    Halves drawn without replacement vary as much as the whole sample does (delete-half jackknife: Shao and Tu
    1995), and hold no row twice: copies would look like dependence, which rules the bootstrap out.
    """
    rng = stream(seed, "halves")
    people = np.arange(problem.n) if problem.persons is None else problem.persons
    count = int(people.max()) + 1
    halves = [(rng.permutation(count) < count // 2)[people].astype(np.float64) for _ in range(n_resamples)]
    return _sizes(problem, halves)


def _sizes(problem: Problem, weights: Sequence[Floats]) -> Floats:
    """Return ω² for every set of weights (0 or 1 per row), (R, P, O)."""
    outputs, owner = _outputs(problem)
    labels = Groups.of(problem.given.strata)
    cells = list(_cells(problem))
    sizes = np.full((len(weights), *problem.shape), np.nan)
    for r, w in enumerate(weights):
        total = labels.squares(outputs, w)
        for i, groups in enumerate(cells):
            if groups is not None:
                sizes[r, i] = _omega(total, groups.squares(outputs, w), owner, w.sum())
    return sizes


def _outputs(problem: Problem) -> tuple[Floats, Codes]:
    columns = [z_scores(y.values) for y in problem.ys]
    owner = np.repeat(np.arange(len(columns)), [c.shape[1] for c in columns]).astype(np.intp)
    return _without_numbers(np.hstack(columns), problem), owner


def _without_numbers(values: Floats, problem: Problem) -> Floats:
    """Take continuous conditioners out by least squares, with one mean per stratum."""
    if problem.given.categorical:
        return values
    design = np.column_stack([problem.given.design, np.ones(problem.n)])
    residuals: Floats = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return residuals


def _cells(problem: Problem) -> Iterator[Groups | None]:
    """Yield the cells of each property: stratum × bin, or None where there are none."""
    for x in problem.xs:
        bins = _bins(x, problem, problem.given.bounds)
        yield None if bins is None else Groups.of(problem.given.strata * (bins.max() + 1) + bins)


def _bins(x: Variable, problem: Problem, bounds: Codes) -> Codes | None:
    if x.kind == "categorical":
        return np.asarray(x.values.argmax(axis=1), np.intp)
    if x.kind == "binary":
        return x.values[:, 0].astype(np.intp)
    if x.values.shape[1] > 1:
        return None
    values = _without_numbers(x.values, problem)[:, 0]
    bins = np.zeros(len(values), np.intp)
    for start, end in itertools.pairwise(bounds):
        count = min(BINS, max(1, (end - start) // FEWEST))
        edges = np.quantile(values[start:end], np.arange(1, count) / count)
        bins[start:end] = np.searchsorted(edges, values[start:end], side="left")  # ties share a bin
    return bins


def _omega(total: tuple[Floats, int], within: tuple[Floats, int], owner: Codes, n: float) -> Floats:
    """Return ω² of one property with every output, (O,)."""
    spare, freedom = n - within[1], within[1] - total[1]
    if spare < 1 or freedom < 1:
        return np.full(int(owner.max()) + 1, np.nan)
    noise = within[0] / spare
    above = np.bincount(owner, weights=total[0] - within[0] - freedom * noise)
    below = np.bincount(owner, weights=total[0] + noise)
    omega: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return omega
