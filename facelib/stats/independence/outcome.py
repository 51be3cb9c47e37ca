"""Running one test on a problem, and what comes out: arrays for a grid, a `TestResult` for one pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.calibration.table import level_note
from facelib.stats.checks import Floats
from facelib.stats.corrections import max_statistic
from facelib.stats.independence.base import IndependenceTest, Null, Prepared
from facelib.stats.independence.orders import Orders
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.question import Question
from facelib.stats.independence.sequential import Clock, Counts, Draws, all_surrogates, draw
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.shuffle import clopper_pearson

STOP_AFTER = 10  # exceedances that settle a pair: its p is then known to about a third
LEVELS = (0.05, 0.01)
SPARSE = {"kcit": 8, "rcot": 3}
"""Faces a label below which an analytic null was measured to reject too often (KCIT .1 to .2, RCoT .12 at
nominal .05): they count faces, but a mean is taken out of every label."""


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
    p_max
        (P, O) max-statistic p, NaN where it wasn't run.
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
    p_max: Floats
    drawn: Counts
    n: int
    null: Null
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


def run(
    test: IndependenceTest,
    question: Question,
    *,
    null: Null | None = None,
    n_permutations: int | None = None,
    sequential: bool = False,
    clock: Clock | None = None,
    deadline: float | None = None,
    max_draws: int = 0,
    family: Sequence[bool] | None = None,
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
    max_draws
        Surrogates for the max-statistic p; 0: none.
    family
        (P,) which properties belong to that family; None: all.
    """
    problem, clock = question.problem, clock or Clock()
    blank = {
        name: np.full(question.shape, np.nan) for name in ("statistic", "effect", "p_value", "low", "high")
    }
    blank["p_max"] = blank["p_value"].copy()
    counts = np.zeros(question.shape, np.intp)
    notes = list(question.notes)
    by_orders = _by_orders(test, problem, null)
    why_not = dict(question.why_not)
    stopped = clock.stop()
    if stopped is not None:
        why_not |= dict.fromkeys(np.ndindex(question.shape), f"Not run: {stopped}.")
    elif problem.xs and problem.ys:
        place = np.ix_(question.rows, question.columns)
        with one_blas_thread():
            prepared = test.prepare(problem)
            found = {"statistic": prepared.statistic, "effect": prepared.effect}
            if by_orders:
                orders, most = test.orders(problem), n_permutations or test.draws
                stop_after = STOP_AFTER if sequential else None
                draws = draw(
                    prepared,
                    orders,
                    most,
                    clock=clock,
                    method=test.id,
                    stop_after=stop_after,
                    deadline=deadline,
                )
                found["p_value"], counts[place] = draws.p_value, draws.drawn
                ends = clopper_pearson(draws.exceed, np.maximum(draws.drawn, 1))
                found["low"], found["high"] = np.where(draws.drawn > 0, ends, np.nan)
                notes += permutation_notes(orders, most, draws)
            else:
                found["p_value"] = _analytic(test, prepared)
                clock.report(test.id, *([int(np.prod(problem.shape))] * 2))
            if max_draws and problem.given.categorical and problem.orders is None:
                kept = (
                    np.ones(len(question.rows), bool)
                    if family is None
                    else np.array(family)[list(question.rows)]
                )
                null_draws = all_surrogates(prepared, test.orders(problem), max_draws)
                found["p_max"] = _p_max(prepared.extreme, null_draws, kept)
        for name, values in found.items():
            blank[name][place] = values
        notes += prepared.notes
        if not (by_orders and orders.exact):
            notes += _calibration(test, problem)
        for i, j in np.argwhere(~np.isfinite(prepared.statistic)):
            why_not[question.rows[i], question.columns[j]] = (
                "Not testable: the conditioner leaves too little of it."
            )
    return Outcome(
        **blank,
        drawn=counts,
        n=problem.n,
        null="permutation" if by_orders else "analytic",
        notes=tuple(notes),
        why_not=why_not,
    )


def _calibration(test: IndependenceTest, problem: Problem) -> list[str]:
    """Say where a test is known not to hold its level near these data."""
    notes = []
    given, fewest = problem.given, SPARSE.get(test.id, 0)
    if given.n_strata > 1 and problem.n < fewest * given.n_strata:
        instead = ' null="permutation" is exact.' if given.categorical else ""
        notes.append(
            f"With {problem.n / given.n_strata:.1f} faces a label (below {fewest}) {test.title} rejects more "
            f"often than its level says.{instead}"
        )
    note = level_note(test.id, problem.n, given.n_strata, given.numbers.shape[1])
    return notes if note is None else [*notes, note]


def _by_orders(test: IndependenceTest, problem: Problem, null: Null | None) -> bool:
    """Whether p comes from permutations; a null that isn't there raises `BadValueError`."""
    if null not in (None, "analytic", "permutation"):
        msg = f'null is "analytic", "permutation" or None; got {null!r}.'
        raise BadValueError(msg)
    kind = "categorical" if problem.given.categorical else "continuous"
    if kind not in test.conditioners:
        msg = f"{test.title} holds labels fixed, not numbers: choose another test, or give labels only."
        raise BadValueError(msg)
    by_orders = null == "permutation" or problem.orders is not None or test.null == "permutation"
    if null == "analytic" and by_orders:
        why = "rows repeat persons" if problem.orders is not None else f"{test.title} has no other"
        msg = f"An analytic null isn't available here: {why}. Leave null out."
        raise BadValueError(msg)
    return by_orders


def _analytic(test: IndependenceTest, prepared: Prepared) -> Floats:
    p = prepared.analytic()
    if p is None:
        msg = f"{test.title} declares an analytic null but computes none."
        raise NotImplementedError(msg)
    return p


def _p_max(extreme: Floats, surrogates: Floats, family: npt.NDArray[np.bool_]) -> Floats:
    """Return the max-statistic p of the family's pairs, NaN elsewhere, (P, O).

    Every pair is scaled by mean and deviation over its surrogates and itself together: scales become alike
    and exchangeability stays exact.
    """
    everything = np.concatenate([extreme[None], surrogates])
    spread = everything.std(axis=0)
    scaled = (everything - everything.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    p = np.full(extreme.shape, np.nan)
    chosen = scaled[:, family].reshape(len(scaled), -1)
    p[family] = max_statistic(chosen[0], chosen[1:]).reshape(-1, extreme.shape[1])
    return p


def permutation_notes(orders: Orders, count: int, draws: Draws) -> list[str]:
    """Say what limits a permutation p."""
    notes = [orders.note] if orders.note else []
    finest = 1 / (count + 1)
    if draws.ended is not None:
        done = int(draws.drawn.max(initial=0))  # pairs that aren't settled have all been drawn as often
        notes.append(f"Stopped early ({draws.ended}): {done} of {count} permutations of what wasn't settled.")
        finest = 1 / (done + 1)
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
        p_interval=(value["low"], value["high"]) if np.isfinite(value["low"]) else None,
        effect=value["effect"],
        n=outcome.n,
        method=test.id,
        null=outcome.null,
        n_permutations=int(outcome.drawn[0, 0]) if by_orders else None,
        parameters=test.parameters,
        seed=seed,
        notes=(*((why_not,) if why_not else ()), *outcome.notes),
    )
