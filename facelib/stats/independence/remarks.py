"""Notes on the p of a test of independence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facelib.stats.calibration import level_note
from facelib.stats.independence.base import IndependenceTest
from facelib.stats.independence.permutation.permutations import Orders
from facelib.stats.independence.problem import Problem

SHOWN = 3  # pairs that a note names
LEVELS = (0.05, 0.01)
ROUNDING = 1e-9  # of the smallest possible p
EXPECTED = 5.0
"""Faces expected to be rare in both variables below which KCIT and RCoT were measured to reject too often by
their analytic nulls: .11 to .23 at 1 to 2 expected, .04 to .09 at 4, .02 to .08 from 5 on (nominal .05, 160
data sets each of 200 or 400 faces with 7 labels). The rule of five of the chi-squared test."""
SPARSE = {"kcit": 8, "rcot": 3}
"""Faces per label below which an analytic null was measured to reject too often (KCIT .1 to .2, RCoT .12 at
nominal .05): they count faces, but a mean is taken out of every label."""


def stand_in_notes(asked: IndependenceTest, test: IndependenceTest, problem: Problem) -> list[str]:
    """Say which test was run where it isn't the one that was asked for."""
    if test is asked:
        return []
    return [
        f"{problem.n} faces are too many for {asked.title} here: statistic, effect and p are those of "
        f"{test.title}."
    ]


def permutation_notes(orders: Orders, count: int) -> list[str]:
    """Return notes on the limits of a permutation p; a test rejects where p is below a level, not at it."""
    notes = [orders.note] if orders.note else []
    finest = 1 / (count + 1)
    few = np.exp(-orders.log_total) if orders.log_total < 50 else 0.0
    if few > finest:
        finest = float(few)
        notes.append("So few faces per label can be ordered in few ways only.")
    level = out_of_reach(finest)
    if level is not None:
        notes.append(f"The smallest possible p is {finest:.2g}: it can't be significant at {level:g}.")
    return notes


def out_of_reach(finest: float) -> float | None:
    """Return the highest level that the smallest possible p isn't below, if there is one.

    >>> out_of_reach(0.01), out_of_reach(1 / 101)
    (0.01, None)
    """
    return next((level for level in LEVELS if finest >= level * (1 - ROUNDING)), None)


def rare_notes(problem: Problem, orders: Orders) -> list[str]:
    """Name variables with so few different arrangements that a permutation p can't be small.

    One bearded face among sixty can stand in sixty places: p can't go below 1/60. Where numbers are held
    nearly fixed some properties are used twice, and the count doesn't hold.
    """
    notes = []
    for variable in (*problem.xs, *problem.ys) if orders.exact else ():
        if variable.kind not in ("binary", "categorical"):
            continue
        least = float(np.exp(-variable.log_arrangements(problem.given.strata)))
        if out_of_reach(least) is not None:
            notes.append(f"{variable.name} is so rare that its p can't go below {least:.2g}.")
    return notes


def rare_pairs(test: IndependenceTest, problem: Problem) -> npt.NDArray[np.bool_]:
    """Return which pairs are rare in both variables, so that the test's own null can't be trusted; (P, O).

    That depends on each variable beside the labels alone, never on both together: the choice of the null
    tells nothing about their dependence.
    """
    if test.id not in SPARSE or not problem.given.categorical:
        return np.zeros(problem.shape, bool)
    strata = problem.given.strata
    sizes = np.maximum(np.bincount(strata), 1)
    x, y = (np.stack([one.fewest(strata) for one in side]) for side in (problem.xs, problem.ys))
    rare: npt.NDArray[np.bool_] = (x / sizes) @ y.T < EXPECTED
    return rare


def rare_note(problem: Problem, rare: npt.NDArray[np.bool_], n_permutations: int) -> str:
    """Say of which pairs p comes from permutations though the test has another null."""
    names = [f"{problem.xs[i].name} and {problem.ys[j].name}" for i, j in np.argwhere(rare)[:SHOWN]]
    others = int(rare.sum()) - len(names)
    more = f" and {others} more" if others > 0 else ""
    return (
        f"So few faces are rare in both that p comes from {n_permutations} permutations inside labels, which "
        f"are exact: {', '.join(names)}{more}."
    )


def level_notes(test: IndependenceTest, problem: Problem) -> list[str]:
    """Say where a test is known not to hold its level near these data."""
    notes = []
    given, fewest = problem.given, SPARSE.get(test.id, 0)
    if given.n_strata > 1 and problem.n < fewest * given.n_strata:
        instead = ' null="permutation" is exact.' if given.categorical else ""
        notes.append(
            f"With {problem.n / given.n_strata:.1f} faces per label (below {fewest}) {test.title} rejects "
            f"more often than its level says.{instead}"
        )
    level = level_note(test.id, problem.n, given.n_strata, given.numbers.shape[1])
    return notes if level is None else [*notes, level]
