"""Results of one test on a problem: arrays for a grid, a `TestResult` for one pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.independence.base import IndependenceTest, Null, Prepared
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.sequential import Counts, Draws, Watch, draw
from facelib.stats.independence.prepare import Question
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.remarks import (
    level_notes,
    permutation_notes,
    rare_note,
    rare_notes,
    rare_pairs,
    stand_in_notes,
)
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.shuffle import clopper_pearson
from facelib.utilities.checks import Floats
from facelib.utilities.registry import named
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import counted

STOP_AFTER = 10  # exceedances that settle a pair: its p is then known to about a third
NOT_RUN = "Not run"
"""How `why_not` begins where a pair could perhaps be tested, but wasn't."""


@in_short()
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
        For pairs without a p, by (property, output) index: "Not testable: …", or "Not run: …".
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


def run(
    test: IndependenceTest,
    question: Question,
    *,
    null: Null | None = None,
    n_permutations: int | None = None,
    sequential: bool = False,
    watch: Watch | None = None,
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
        Surrogates per pair; None: the test's default.
    sequential
        Whether a pair is left after 10 exceedances.
    watch
        Who hears of it, and can stop it.
    """
    problem, watch = question.problem, watch or Watch()
    by_orders = draws_orders(test, problem, null)
    method, total = test.id, int(np.prod(question.shape))

    def told(still_open: int) -> None:
        watch.report(method, total - still_open, total)

    if not (problem.xs and problem.ys):
        told(0)
        return _outcome(question, {}, null=_where(by_orders), why_not=question.why_not)
    rare = rare_pairs(test, problem) & (not by_orders and null is None)
    asked, test = test, test.stand_in(problem, permuted=by_orders or bool(rare.any()))
    with one_blas_thread(), named(type(asked), "test", method):
        prepared = test.prepare(problem)
        _check_shapes(prepared, problem.shape)
        arrays: dict[str, Floats | Counts] = {"statistic": prepared.statistic, "effect": prepared.effect}
        notes, count = stand_in_notes(asked, test, problem), n_permutations or test.draws
        how: dict[str, Any] = {"stop_after": STOP_AFTER if sequential else None, "told": told}
        if by_orders:
            orders = test.orders(problem)
            arrays |= _by_draws(draw(prepared, orders, count, **how))
            notes += permutation_notes(orders, count) + rare_notes(problem, orders)
        else:
            arrays["p_value"] = prepared.analytic()
            rare &= np.isfinite(prepared.extreme)
            if rare.any():
                found = _by_draws(draw(prepared, test.orders(problem), count, pairs=rare, **how))
                arrays |= {
                    name: np.where(rare, values, arrays.get(name, 0 if name == "drawn" else np.nan))
                    for name, values in found.items()
                }
                notes.append(rare_note(problem, rare, count))
            if n_permutations is not None and not sequential:  # one test, asked for by hand
                notes.append("n_permutations has no effect: p comes from the analytic null.")
    told(0)
    notes += prepared.notes
    if not (by_orders and orders.exact):
        notes += level_notes(test, problem)
    why_not = {
        (question.rows[i], question.columns[j]): f"Not testable: {prepared.why_not(int(i), int(j))}."
        for i, j in np.argwhere(~np.isfinite(prepared.statistic))
    }
    return _outcome(question, arrays, null=_where(by_orders), why_not=question.why_not | why_not, notes=notes)


def _by_draws(draws: Draws) -> dict[str, Floats | Counts]:
    """Return p, its Monte-Carlo interval, and how many surrogates it rests on."""
    ends = clopper_pearson(draws.exceed, np.maximum(draws.drawn, 1))
    low, high = np.where(draws.drawn > 0, ends, np.nan)
    return {"p_value": draws.p_value, "drawn": draws.drawn, "low": low, "high": high}


def _check_shapes(prepared: Prepared, shape: tuple[int, int]) -> None:
    """Raise `BadValueError` unless a test computed one number for each pair of property and output."""
    for name in ("statistic", "effect", "extreme"):
        if np.shape(getattr(prepared, name)) != shape:
            msg = (
                f"A test computes {name} of all pairs, an array (properties, outputs), here {shape}; got "
                f"shape {np.shape(getattr(prepared, name))}."
            )
            raise BadValueError(msg)


def not_run(test: IndependenceTest, question: Question, why: str, null: Null | None = None) -> Outcome:
    """Return the outcome of a test that wasn't run, with the reason for every pair it had."""
    reasons = dict.fromkeys(np.ndindex(question.shape), f"{NOT_RUN}: {why}")
    where = _where(draws_orders(test, question.problem, null))
    return _outcome(question, {}, null=where, why_not=reasons | question.why_not)


def _outcome(
    question: Question,
    found: Mapping[str, Floats | Counts],
    *,
    null: Null,
    why_not: dict[tuple[int, int], str],
    notes: Sequence[str] = (),
) -> Outcome:
    """Put the results of a problem at its pairs in the question; NaN elsewhere."""
    blank = {
        name: np.full(question.shape, np.nan) for name in ("statistic", "effect", "p_value", "low", "high")
    }
    drawn = np.zeros(question.shape, np.intp)
    place = np.ix_(question.rows, question.columns)
    for name, values in found.items():
        (drawn if name == "drawn" else blank[name])[place] = values
    return Outcome(
        **blank,
        drawn=drawn,
        n=question.problem.n,
        null=null,
        notes=(*question.notes, *notes),
        why_not=why_not,
    )


def _where(by_orders: bool) -> Null:
    return "permutation" if by_orders else "analytic"


def check_conditioner(test: IndependenceTest, given: Given) -> None:
    """Raise `BadValueError` if a test can't hold this fixed."""
    kind = "categorical" if given.categorical else "continuous"
    if kind not in test.conditioners:
        msg = f"{test.title} holds labels fixed, not numbers: choose another test, or give labels only."
        raise BadValueError(msg)


def check_numbers(test: IndependenceTest, given: Given, *, approximate: bool) -> None:
    """Raise `BadValueError` if more numbers are held fixed than a test can at its level."""
    count, most = given.numbers.shape[1], test.most_numbers
    if approximate or most is None or count <= most:
        return
    msg = (
        f"{test.title} holds {counted(most, 'number')} fixed at its level; got {count}. With more it finds "
        "dependence where there is none. Cut numbers into groups, as text, choose partial_correlation if all "
        "is linear, or say approximate=True."
    )
    raise BadValueError(msg)


def draws_orders(test: IndependenceTest, problem: Problem, null: Null | None = None) -> bool:
    """Whether p comes from permutations; a null that isn't there raises `BadValueError`."""
    if null not in (None, "analytic", "permutation"):
        msg = f'null is "analytic", "permutation" or None; got {null!r}.'
        raise BadValueError(msg)
    check_conditioner(test, problem.given)
    by_orders = null == "permutation" or problem.orders is not None or test.null == "permutation"
    if null == "analytic" and by_orders:
        why = "rows repeat persons" if problem.orders is not None else f"{test.title} has no other"
        msg = f"An analytic null isn't available here: {why}. Leave null out."
        raise BadValueError(msg)
    return by_orders


def single(outcome: Outcome, test: IndependenceTest, seed: int) -> TestResult:
    """Return the result of a problem with one pair."""
    value = {
        name: float(getattr(outcome, name)[0, 0])
        for name in ("statistic", "p_value", "effect", "low", "high")
    }
    why_not = outcome.why_not.get((0, 0))
    drawn = int(outcome.drawn[0, 0])  # an analytic null gives way where both are rare
    by_orders = drawn > 0 or outcome.null == "permutation"
    return TestResult(
        statistic=value["statistic"],
        p_value=value["p_value"],
        p_interval=(value["low"], value["high"]) if np.isfinite(value["low"]) else None,
        effect=value["effect"],
        n=outcome.n,
        method=test.id,
        null="permutation" if by_orders else outcome.null,
        n_permutations=drawn if by_orders else None,
        parameters=test.parameters,
        seed=seed,
        notes=(*((why_not,) if why_not else ()), *outcome.notes),
    )
