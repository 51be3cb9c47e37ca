"""All properties × all outputs × several tests in one call, with votes and corrections."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.corrections import adjusted
from facelib.stats.independence.base import IndependenceTest
from facelib.stats.independence.columns import NULL_PROPERTY, random_property, variables
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.effect_size import explained, explained_by_halves
from facelib.stats.independence.methods import chosen_tests
from facelib.stats.independence.permutation.sequential import Clock, GridReport
from facelib.stats.independence.persons import Compare
from facelib.stats.independence.prepare import Question, one_length, questions
from facelib.stats.independence.result import Outcome, not_run, run
from facelib.stats.independence.threads import available
from facelib.stats.independence.vote import FACTOR, VOTES, cast, deciding, votes, without_run
from facelib.utilities.checks import as_count, as_share
from facelib.utilities.progress import Stop, reporting

HALVES = 100  # resamples behind the intervals of sizes
ENDS = (0.05, 0.95)

COLUMNS = {
    "property": "name of the property",
    "output": "name of the output",
    "method": "id of the test; exact_vote: cHSIC, distance covariance and random features inside "
    "labels, which decide; vote: the majority of cHSIC, RCoT and CMIknn, the former vote",
    "statistic": "as the test defines it; for the vote, how many tests reject",
    "effect": "size of the dependence as the test defines it, in [0, 1] (signed for a correlation)",
    "p": "p-value, never 0; NaN where nothing can be tested or the test wasn't run, as notes say; for the "
    "votes min(1, 1.5 · p_(2)), where a test that couldn't test the pair counts as p = 1",
    "p_low": "lower end of the 95 % Monte-Carlo interval of a permutation p",
    "p_high": "upper end of it",
    "p_holm": "Holm over all properties × outputs of this method: what couldn't be tested is left out, what "
    "wasn't run counts as p = 1",
    "p_bh": "Benjamini-Hochberg over the same family",
    "p_by": "Benjamini-Yekutieli over the same family",
    "p_max": "max-statistic permutation over the same family; NaN where it wasn't run, as notes say",
    "rejects": "whether p < alpha; for the former vote, whether the majority does",
    "rejects_holm": "whether p_holm < alpha",
    "votes": "how many of the voting tests reject at alpha for this pair; NA if not all of them were run, or "
    "none could test it",
    "explained": "ω²: share of the output's variance inside labels that goes with the property",
    "explained_low": "5 % quantile of it over random halves of the rows",
    "explained_high": "95 % quantile of it",
    "large_low": "5 % quantile over halves of the property's share of outputs with explained >= delta",
    "large_high": "95 % quantile of that share",
    "null_property": "whether this property is the random one, outside the family",
    "null": "where p comes from: analytic or permutation",
    "n": "rows tested",
    "n_permutations": "surrogates drawn for this pair, 0 for an analytic p",
    "alpha": "level of every single test",
    "delta": "margin for explained",
    "seed": "seed of everything random",
    "notes": "what the reader must know about this p",
}
"""Columns of what `independence_grid` returns, with their meaning."""


def independence_grid(
    properties: Any,
    outputs: Any,
    labels: Any = None,
    methods: Sequence[str | IndependenceTest] | None = None,
    alpha: float = 0.01,
    *,
    person: Any = None,
    compare: Compare | None = None,
    budget: float | None = None,
    seed: int = 0,
    progress: bool | GridReport | None = None,
    stop: Stop | None = None,
    n_permutations: int | Literal["corrected"] | None = None,
    max_statistic_draws: int = 0,
    null_property: bool = False,
    delta: float = 0.01,
    workers: int | None = None,
) -> pd.DataFrame:
    """Test every property against every output given the labels, by several tests at once.

    Everything that depends on labels, on one property or on one output alone is computed once; permutations
    are shared by all pairs. Pairs whose p is settled are dropped early (Besag and Clifford 1991): 10
    surrogates at least as extreme settle a pair.

    Parameters
    ----------
    properties
        DataFrame, or a mapping of names to columns (n,); see `independence_test` for kinds.
    outputs
        The same; a mapping may hold matrices (n, k), tested as one output.
    labels
        What is held fixed: labels (n,), a table of several conditioners, or None.
    methods
        Ids of tests, or tests with their parameters; None: all that can hold these labels fixed.
    alpha
        Level of a single test and of the vote.
    person
        (n,) who is in each picture; rows of one person are averaged per label, persons exchanged as a whole.
    compare
        Between persons, or within them; None: see `independence_test`, for each property.
    budget
        Seconds. Cheap tests go first; the remaining time is shared; what was drawn until then gives valid p.
        Pairs that aren't settled are drawn on toward the corrected level while there is time. What a test
        computes before it draws, its statistic among it, is always finished.
    seed
        Seed of everything random.
    progress
        True for a progress bar, or a function called with the `Progress` of a method; returning False ends
        the run with what was drawn by then, which gives valid p.
    stop
        Asked now and then; True ends the run without a result.
    n_permutations
        Most surrogates per pair; an analytic p needs none. "corrected": as many as a p needs to survive Holm,
        number of pairs / alpha, half as many again where tests vote. None: each test's default; with a
        budget, the larger of both.
    max_statistic_draws
        Surrogates for the max-statistic permutation of the tests whose cost is "low", fewer if a budget ends;
        0: none. Labels must be categorical, and all properties compared between persons or all within.
    null_property
        Whether to add a property of random numbers, outside the family: what rejects there is chance.
    delta
        Margin for `explained`, set before the run (our choice: .01).
    workers
        Threads; None: all cores.

    Returns
    -------
    pandas.DataFrame
        One row per property × output × method with the columns of `COLUMNS`, and rows of method "vote" if
        cHSIC, RCoT and CMIknn are among the methods. A test that refuses these data has "Not run: …" there.

    Raises
    ------
    BadValueError
        If lengths differ, a value is missing, a name comes twice, a test can't hold these conditioners fixed,
        or no test at all could be run.
    Cancelled
        If `stop` answered True.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = np.repeat(["happy", "sad"], 50)
    >>> age = rng.uniform(18, 80, 100)
    >>> outputs = {"happy": 0.05 * age + rng.normal(size=100), "sad": rng.normal(size=100)}
    >>> grid = independence_grid({"age": age}, outputs, label, methods=["partial_correlation"])
    >>> grid[["property", "output", "rejects"]].values.tolist()
    [['age', 'happy', True], ['age', 'sad', False]]
    """
    tests, parts, plan = arranged(
        properties, outputs, labels, methods, alpha, person=person, compare=compare, seed=seed,
        timed=budget is not None, n_permutations=n_permutations, max_statistic_draws=max_statistic_draws,
        null_property=null_property, delta=delta, workers=workers,
    )  # fmt: skip
    pairs = sum(part.pairs for part in parts)
    with reporting(progress, pairs, unit="pair") as report:
        tables = _tables(tests, parts, plan, Clock(budget, report, stop))
        sizes = pd.concat([sizes_of(part, plan) for part in parts])
    table = pd.concat(tables, ignore_index=True)
    table["rejects"] = table["p"] < plan.alpha
    table["votes"] = pd.array([pd.NA] * len(table), dtype="Int64")
    if plan.voting:
        vote = votes(table, ["property", "output"], plan.alpha)
        vote = vote.assign(statistic=vote["votes"].astype(np.float64), null="merged", n_permutations=0)
        table = pd.concat([table, vote], ignore_index=True)
    return _finished(table, sizes, plan)


def arranged(
    properties: Any,
    outputs: Any,
    labels: Any,
    methods: Sequence[str | IndependenceTest] | None,
    alpha: float,
    *,
    person: Any = None,
    compare: Compare | None = None,
    seed: int = 0,
    timed: bool = False,
    n_permutations: int | Literal["corrected"] | None = None,
    max_statistic_draws: int = 0,
    null_property: bool = False,
    delta: float = 0.01,
    workers: int | None = None,
) -> tuple[list[IndependenceTest], list[Part], Plan]:
    """Return the tests of a grid, what each of them is run on, and how; as for `independence_grid`."""
    xs, ys = variables(properties, "properties"), variables(outputs, "outputs")
    n = one_length([*xs, *ys])
    conditioner = as_given(labels, n)
    tests = chosen_tests(methods, conditioner)
    plan = Plan(
        alpha=as_share(alpha, "The level alpha"),
        delta=as_share(delta, "The margin delta"),
        seed=as_count(seed, "The seed", least=0),
        n_permutations=_most(n_permutations),
        max_draws=as_count(max_statistic_draws, "The number of max-statistic surrogates", least=0),
        timed=timed,
        voting=frozenset().union(*cast(test.id for test in tests).values()),
    )
    threads = available() if workers is None else as_count(workers, "The number of threads")
    if null_property:
        xs.append(random_property(n, person, plan.seed))
    asked = questions(xs, ys, labels, person, seed=plan.seed, workers=threads, compare=compare)
    return tests, _parts(asked, [x.name for x in xs], [y.name for y in ys]), plan


@dataclass(frozen=True)
class Plan:
    """Settings of a run."""

    alpha: float
    delta: float
    seed: int
    n_permutations: int | Literal["corrected"] | None
    max_draws: int
    timed: bool
    voting: frozenset[str]
    """Tests that vote."""

    def needed(self, test: IndependenceTest, pairs: int) -> int:
        """Return from how many surrogates on the smallest p, times the family, is below alpha.

        A vote's p is up to 1.5 times that of a test.
        """
        return math.ceil((FACTOR if test.id in self.voting else 1.0) * pairs / self.alpha)

    def count(self, test: IndependenceTest, pairs: int) -> int:
        """Return the most surrogates per pair."""
        if self.n_permutations == "corrected":
            return self.needed(test, pairs)
        if self.n_permutations is not None:
            return self.n_permutations
        return max(test.draws, self.needed(test, pairs)) if self.timed else test.draws


@dataclass(frozen=True, eq=False)
class Part:
    """Properties that are tested on the same rows, by their names."""

    question: Question
    properties: tuple[str, ...]
    outputs: tuple[str, ...]
    family: int
    """Pairs of the whole grid that corrections count."""

    @property
    def pairs(self) -> int:
        """Pairs of this part."""
        return len(self.properties) * len(self.outputs)

    @property
    def counted(self) -> list[bool]:
        """Which properties belong to the family."""
        return [name != NULL_PROPERTY for name in self.properties]


def _most(n_permutations: Any) -> int | Literal["corrected"] | None:
    if n_permutations is None:
        return None
    if isinstance(n_permutations, str) and n_permutations == "corrected":
        return "corrected"
    return as_count(n_permutations, 'Permutations, if not "corrected",')


def _parts(
    asked: Sequence[tuple[tuple[int, ...], Question]], xs: Sequence[str], ys: Sequence[str]
) -> list[Part]:
    """Return the parts that are tested on the same rows, with names and the size of the family."""
    family = sum(x != NULL_PROPERTY for x in xs) * len(ys)
    return [Part(question, tuple(xs[i] for i in group), tuple(ys), family) for group, question in asked]


def _tables(
    tests: Sequence[IndependenceTest], parts: Sequence[Part], plan: Plan, clock: Clock
) -> list[pd.DataFrame]:
    """Run all tests on all parts, each with its share of the time by its pairs. Refusals become notes."""
    tables, refusals = [], []
    of_a_test = sum(part.pairs for part in parts)
    to_come = len(tests) * of_a_test
    for test in tests:
        clock.begin(of_a_test)
        for part in parts:
            left = clock.remaining()
            deadline = None if left is None else time.monotonic() + left * part.pairs / to_come
            to_come -= part.pairs
            try:
                tables.append(_table(test, part, plan, clock, deadline))
            except BadValueError as refusal:
                refusals.append(refusal)
                clock.passed(part.pairs)
                clock.report(test.id, 0, 0)
                tables.append(_frame(test, part, not_run(test, part.question, str(refusal))))
    if len(refusals) == len(tables):
        raise refusals[0]
    return tables


def _table(
    test: IndependenceTest, part: Part, plan: Plan, clock: Clock, deadline: float | None
) -> pd.DataFrame:
    """Run one test on one part: one row per pair."""
    count, needed = plan.count(test, part.family), plan.needed(test, part.family)
    counted = sum(part.counted) * len(part.outputs)
    wanted = plan.max_draws if test.cost == "low" and counted else 0
    outcome = run(
        test,
        part.question,
        n_permutations=count,
        sequential=True,
        clock=clock,
        deadline=deadline,
        max_draws=wanted if counted == part.family else 0,
        family=part.counted,
    )
    notes, caveats = [], []
    if outcome.null == "permutation" and 0 < outcome.most < needed:
        notes.append(
            f"Cannot reach the corrected level: over {part.family} tests Holm needs {needed} permutations "
            f"at {plan.alpha:g}; at most {outcome.most} were drawn."
        )
        caveats.append("Cannot reach the corrected level.")
    if wanted and counted < part.family:
        notes.append("No p_max: some properties are compared between persons, some within.")
    return _frame(test, part, outcome, notes, caveats)


def _frame(
    test: IndependenceTest,
    part: Part,
    outcome: Outcome,
    notes: Sequence[str] = (),
    caveats: Sequence[str] = (),
) -> pd.DataFrame:
    """Return an outcome as one row per pair, with the notes on all its pairs."""
    shape = len(part.properties), len(part.outputs)
    why_not = [outcome.why_not.get(pair) for pair in np.ndindex(shape)]
    frame = {
        "property": np.repeat(part.properties, shape[1]),
        "output": np.tile(part.outputs, shape[0]),
        "method": test.id,
        "statistic": outcome.statistic.ravel(),
        "effect": outcome.effect.ravel(),
        "p": outcome.p_value.ravel(),
        "p_low": outcome.low.ravel(),
        "p_high": outcome.high.ravel(),
        "p_max": outcome.p_max.ravel(),
        "null": np.where(outcome.drawn.ravel() > 0, "permutation", outcome.null),
        "n": outcome.n,
        "n_permutations": outcome.drawn.ravel(),
        "notes": [" ".join(filter(None, [reason, *outcome.notes, *notes])) for reason in why_not],
        "caveats": "\n".join([*outcome.caveats, *caveats]),
    }
    return pd.DataFrame(frame)


def sizes_of(part: Part, plan: Plan) -> pd.DataFrame:
    """Return ω² with its interval for every pair of a part, and that of the share of large ones."""
    problem = part.question.problem
    shape = len(part.properties), len(part.outputs)
    values = {name: np.full(shape, np.nan) for name in ("explained", "explained_low", "explained_high")}
    large = {name: np.full(shape, np.nan) for name in ("large_low", "large_high")}
    if problem.xs and problem.ys:
        place = np.ix_(part.question.rows, part.question.columns)
        sizes, halves = explained(problem), explained_by_halves(problem, HALVES, plan.seed)
        ends = np.quantile(halves, ENDS, axis=0)
        values["explained"][place], (values["explained_low"][place], values["explained_high"][place]) = (
            sizes,
            ends,
        )
        rows, shares = list(part.question.rows), (halves >= plan.delta).mean(axis=2)
        # Halves see fewer large ones for want of precision: their spread counts, not their middle.
        centre = (sizes >= plan.delta).mean(axis=1) - shares.mean(axis=0)
        ends = np.clip(np.quantile(shares, ENDS, axis=0) + centre, 0.0, 1.0)
        large["large_low"][rows], large["large_high"][rows] = ends[0][:, None], ends[1][:, None]
    frame = {
        "property": np.repeat(part.properties, shape[1]),
        "output": np.tile(part.outputs, shape[0]),
        **{name: column.ravel() for name, column in (values | large).items()},
    }
    return pd.DataFrame(frame)


def _finished(table: pd.DataFrame, sizes: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Add corrections, decisions, votes and sizes to the rows of all methods."""
    table = table.assign(null_property=table["property"] == NULL_PROPERTY, alpha=plan.alpha, delta=plan.delta)
    table["seed"] = plan.seed
    for name in ("p_holm", "p_bh", "p_by"):
        table[name] = np.nan
    for _, family in table[~table["null_property"]].groupby("method", sort=False):
        p = family["p"].to_numpy(np.float64)
        for name, values in adjusted(np.where(without_run(family), 1.0, p)).items():
            table.loc[family.index, name] = np.where(np.isnan(p), np.nan, values)
    pair = ["property", "output"]
    table["rejects_holm"] = table["p_holm"] < plan.alpha
    # Beside each test stands the count of the vote that decides.
    decides = table[table["method"] == deciding(table["method"])].set_index(pair)["votes"]
    beside = decides.reindex(pd.MultiIndex.from_frame(table[pair])).array
    table["votes"] = table["votes"].where(table["method"].isin(VOTES), beside)
    return table.merge(sizes, on=pair, how="left", validate="m:1")[list(COLUMNS)]
