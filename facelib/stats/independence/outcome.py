"""Running one test on a problem, and what comes out: arrays for a grid, a `TestResult` for one pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.checks import Floats
from facelib.stats.independence.base import IndependenceTest, Null, Pairs
from facelib.stats.independence.given import Given
from facelib.stats.independence.orders import Orders
from facelib.stats.independence.persons import Rows, whole_persons, within_persons
from facelib.stats.independence.problem import Problem, arrange, check_size
from facelib.stats.independence.sequential import Clock, Counts, draw
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.independence.variables import Variable
from facelib.stats.shuffle import clopper_pearson

STOP_AFTER = 10  # exceedances that settle a pair: its p is then known to about a third
LEVELS = (0.05, 0.01)


@dataclass(frozen=True)
class TestResult:
    """Result of one test of X ⟂ Ŷ | Z.

    Attributes
    ----------
    statistic
        As the test's docstring defines it; NaN where nothing can be tested.
    p_value
        In (0, 1], never 0; NaN where nothing can be tested, and `notes` says why.
    p_interval
        95 % Monte-Carlo interval (Clopper-Pearson) of a permutation p; None for an analytic one.
    effect
        Size of the dependence, in [0, 1] (signed for a correlation); tests differ in what it means.
    n
        Rows tested.
    method, null
        Id of the test; "analytic" or "permutation".
    n_permutations
        Surrogates drawn; None for an analytic null.
    parameters
        Of the test, by name.
    seed
        Seed of everything random.
    notes
        What the reader must know about this p.
    """

    __test__ = False  # not a test case for pytest

    statistic: float
    p_value: float
    p_interval: tuple[float, float] | None
    effect: float
    n: int
    method: str
    null: Null
    n_permutations: int | None
    parameters: dict[str, Any]
    seed: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Results of one test on P properties × O outputs.

    Attributes
    ----------
    statistic, effect, p_value, low, high
        (P, O); NaN where a pair can't be tested; low and high bound a permutation p, NaN for an analytic one.
    drawn
        (P, O) surrogates drawn, 0 for an analytic null.
    n, null
        Rows tested, and where p comes from.
    notes
        For all pairs.
    why_not
        For pairs that can't be tested, by (property, output) index.
    """

    statistic: Floats
    effect: Floats
    p_value: Floats
    low: Floats
    high: Floats
    drawn: Counts
    n: int
    null: Null
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


@dataclass(frozen=True, eq=False)
class Question:
    """Rows ready to be tested: averaged over persons, arranged, and what can't be tested set apart."""

    problem: Problem
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


def ask(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    given: Given,
    rows: Rows,
    *,
    seed: int,
    workers: int = 1,
    within: bool = False,
) -> Question:
    """Arrange a problem and set constant variables apart.

    Parameters
    ----------
    xs, ys, given
        Rows of the user's table.
    rows
        Which rows are tested (`independent_rows`).
    seed, workers
        Of the problem.
    within
        Whether the properties differ inside persons: then persons' means are taken out of them and of the
        outputs; else they are compared between persons.
    """
    if rows.persons is not None or rows.count < len(rows.of):
        xs, ys = [rows.variable(x) for x in xs], [rows.variable(y) for y in ys]
        given = rows.given(given)
    if within and rows.persons is not None:
        xs, ys = within_persons(xs, rows.persons), within_persons(ys, rows.persons)
    check_size(len(given.strata))
    arrangement, given = arrange(xs, ys, given, seed)
    orders: Orders | None = None
    if rows.persons is not None:
        orders = whole_persons(rows.persons[arrangement], given.strata, seed)
    xs, ys = [x.take(arrangement) for x in xs], [y.take(arrangement) for y in ys]
    still = [[i for i, v in enumerate(group) if not v.varies_within(given.strata)] for group in (xs, ys)]
    why_not = {}
    for i in range(len(xs)):
        for j in range(len(ys)):
            constant = [xs[i].name] * (i in still[0]) + [ys[j].name] * (j in still[1])
            if constant:
                where = "within every label" if given.n_strata > 1 else "for all faces"
                why_not[i, j] = f"Not testable: {' and '.join(constant)} the same {where}."
    kept = tuple(i for i in range(len(xs)) if i not in still[0])
    columns = tuple(j for j in range(len(ys)) if j not in still[1])
    problem = Problem(tuple(xs[i] for i in kept), tuple(ys[j] for j in columns), given, seed, orders, workers)
    notes = (*rows.notes, *given.notes)
    return Question(problem, kept, columns, (len(xs), len(ys)), notes, why_not)


def run(
    test: IndependenceTest,
    question: Question,
    *,
    null: Null | None = None,
    n_permutations: int | None = None,
    sequential: bool = False,
    clock: Clock | None = None,
    deadline: float | None = None,
) -> Outcome:
    """Run one test on all pairs of a question.

    Parameters
    ----------
    test
        With its parameters.
    question
        From `ask`.
    null
        None: the test's own, or whole persons exchanged where rows repeat persons.
    n_permutations
        Surrogates a pair; None: the test's default.
    sequential
        Whether a pair is left after 10 exceedances.
    clock, deadline
        Budget, cancel, progress; when this method must stop drawing.
    """
    problem, shape = question.problem, question.shape
    blank = np.full(shape, np.nan)
    nothing = Outcome(
        blank, blank, blank, blank, blank, np.zeros(shape, np.intp), problem.n, null or test.null,
        question.notes, question.why_not,
    )  # fmt: skip
    if not problem.xs or not problem.ys:
        return nothing
    kinds = "categorical" if problem.given.categorical else "continuous"
    if kinds not in test.conditioners:
        msg = f"{test.title} holds labels fixed, not numbers: choose another test, or give labels only."
        raise BadValueError(msg)
    by_orders = null == "permutation" or problem.orders is not None or test.null == "permutation"
    if null == "analytic" and by_orders:
        why = "rows repeat persons" if problem.orders is not None else f"{test.title} has no other"
        msg = f"An analytic null isn't available here: {why}. Leave null out."
        raise BadValueError(msg)
    clock = clock or Clock()
    with one_blas_thread():
        prepared = test.prepare(problem)
        notes = [*question.notes, *prepared.notes]
        if not by_orders:
            p = prepared.analytic()
            if p is None:
                msg = f"{test.title} declares an analytic null but computes none."
                raise NotImplementedError(msg)
            low = high = np.full(p.shape, np.nan)
            drawn = np.zeros(p.shape, np.intp)
            clock.report(test.id, p.size, p.size)
        else:
            orders = test.orders(problem)
            count = n_permutations or test.draws
            draws = draw(
                prepared, orders, count, clock=clock, method=test.id,
                stop_after=STOP_AFTER if sequential else None, deadline=deadline,
            )  # fmt: skip
            p, drawn = draws.p_value, draws.drawn
            low, high = clopper_pearson(draws.exceed, np.maximum(drawn, 1))
            notes += permutation_notes(orders, count, draws.ended, draws.drawn)
    place = np.ix_(question.rows, question.columns)

    def full(values: Floats) -> Floats:
        whole = blank.copy()
        whole[place] = values
        return whole

    counts = np.zeros(shape, np.intp)
    counts[place] = drawn
    untested = dict(question.why_not)
    for i, j in np.argwhere(~np.isfinite(prepared.statistic)):
        untested[question.rows[i], question.columns[j]] = (
            "Not testable: the conditioner leaves nothing of it."
        )
    return Outcome(
        full(prepared.statistic), full(prepared.effect), full(p), full(low), full(high), counts,
        problem.n, "permutation" if by_orders else "analytic", tuple(notes), untested,
    )  # fmt: skip


def permutation_notes(orders: Orders, count: int, ended: str | None, drawn: Counts) -> list[str]:
    """Say what limits a permutation p."""
    notes = [orders.note] if orders.note else []
    finest = 1 / (count + 1)
    if ended is not None:
        fewest = int(drawn.min())
        notes.append(
            f"Stopped early ({ended}): {fewest} permutations or more a pair instead of {count}; p is valid."
        )
        finest = 1 / (fewest + 1)
    few = np.exp(-orders.log_total) if orders.log_total < 50 else 0.0
    if few > finest:
        finest = float(few)
        notes.append("So few faces a label can be ordered in few ways only.")
    coarse = [level for level in LEVELS if finest > level]
    if coarse:
        notes.append(f"The smallest possible p is {finest:.2g}: it can't be significant at {coarse[0]:g}.")
    return notes


def single(outcome: Outcome, test: IndependenceTest, seed: int) -> TestResult:
    """Return the result of a problem with one pair."""
    value = {
        name: float(getattr(outcome, name)[0, 0])
        for name in ("statistic", "p_value", "effect", "low", "high")
    }
    why_not = outcome.why_not.get((0, 0))
    by_orders = outcome.null == "permutation"
    return TestResult(
        statistic=value["statistic"],
        p_value=value["p_value"],
        p_interval=(value["low"], value["high"]) if by_orders and why_not is None else None,
        effect=value["effect"],
        n=outcome.n,
        method=test.id,
        null=outcome.null,
        n_permutations=int(outcome.drawn[0, 0]) if by_orders else None,
        parameters=test.parameters,
        seed=seed,
        notes=(*((why_not,) if why_not else ()), *outcome.notes),
    )


def untested(outcome: Outcome) -> Pairs:
    """Return which pairs have no p, (P, O)."""
    return ~np.isfinite(outcome.p_value)
