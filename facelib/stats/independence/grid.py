"""All properties × all outputs in one call: the test that decides, or others by name, with corrections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust
from facelib.stats.independence.base import IndependenceTest
from facelib.stats.independence.columns import NULL_PROPERTY, random_property, variables
from facelib.stats.independence.effect_size import explained, explained_by_halves
from facelib.stats.independence.methods import Methods, chosen_tests
from facelib.stats.independence.permutation.sequential import GridReport, Watch
from facelib.stats.independence.prepare import Question, ask, one_length
from facelib.stats.independence.result import Outcome, not_run, run
from facelib.stats.independence.threads import available
from facelib.stats.independence.vote import VOTERS, draws_needed, vote, votes, without_run
from facelib.utilities.checks import as_count, as_share
from facelib.utilities.progress import Stop, reporting

HALVES = 100  # resamples behind the intervals of sizes
ENDS = (0.05, 0.95)

COLUMNS = {
    "property": "name of the property",
    "output": "name of the output",
    "method": "id of the test; vote: two of cHSIC, RCoT and CMIknn",
    "statistic": "as the test defines it; for the vote, how many tests reject",
    "effect": "size of the dependence as the test defines it, in [0, 1] (signed for a correlation)",
    "p": "p-value, never 0; NaN where nothing can be tested or the test wasn't run, as notes say; for the "
    "vote min(1, 1.5 · p_(2)), where a test that couldn't test the pair counts as p = 1",
    "p_holm": "Holm over all properties × outputs of this method: what couldn't be tested is left out, what "
    "wasn't run counts as p = 1",
    "p_bh": "Benjamini-Hochberg over the same family",
    "rejects": "whether p < alpha; for the vote, whether two of its tests reject",
    "explained": "ω²: share of the output's variance inside labels that goes with the property",
    "explained_low": "5 % quantile of it over random halves of the rows",
    "explained_high": "95 % quantile of it",
    "large_low": "5 % quantile over halves of the property's share of outputs with explained >= delta",
    "large_high": "95 % quantile of that share",
    "null_property": "whether this property is the random one, outside the family",
    "n": "rows tested",
    "n_permutations": "surrogates drawn for this pair, 0 for an analytic p",
    "alpha": "level of every single test",
    "delta": "margin for explained",
    "notes": "what the reader must know about this p",
}
"""Columns of what `independence_grid` returns, with their meaning."""


def independence_grid(
    properties: Any,
    outputs: Any,
    labels: Any = None,
    methods: Methods = None,
    alpha: float = 0.01,
    *,
    person: Any = None,
    approximate: bool = False,
    n_permutations: int | None = None,
    null_property: bool = False,
    delta: float = 0.01,
    seed: int = 0,
    workers: int | None = None,
    progress: bool | GridReport | None = None,
    stop: Stop | None = None,
) -> pd.DataFrame:
    """Test every property against every output given the labels.

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
        None: cHSIC, or KCIT where a number is held fixed. Else ids of tests, or tests with their parameters:
        cHSIC decides if it is among them. "paper": cHSIC, RCoT, CMIknn and their vote, which then decides.
    alpha
        Level of a single test.
    person
        (n,) who is in each picture; rows of one person are averaged per label, persons exchanged as a whole.
    approximate
        Whether tests that bend may hold two numbers or more fixed; see `independence_test`.
    n_permutations
        Most surrogates per pair; an analytic p needs none. None: as many as a p needs to survive Holm's
        correction, pairs / alpha (half as many again for the vote), but no fewer than the test's default.
    null_property
        Whether to add a property of random numbers, outside the family: what rejects there is chance.
    delta
        Margin for `explained`, set before the run (our choice: .01).
    seed
        Seed of everything random.
    workers
        Threads; None: all cores.
    progress
        True for a progress bar, or a function called with the `Progress` of a method.
    stop
        Asked now and then; True ends the run without a result.

    Returns
    -------
    pandas.DataFrame
        One row per property × output × method with the columns of `COLUMNS`. Where one of several tests
        refuses these data, it has "Not run: …" there.

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
    >>> grid = independence_grid({"age": age}, outputs, label)
    >>> grid[["property", "output", "method", "rejects"]].values.tolist()
    [['age', 'happy', 'chsic', True], ['age', 'sad', 'chsic', False]]
    """
    level, margin = as_share(alpha, "The level alpha"), as_share(delta, "The margin delta")
    number = as_count(seed, "The seed", least=0)
    if n_permutations is not None:
        n_permutations = as_count(n_permutations, "The number of permutations")
    xs, ys = variables(properties, "properties"), variables(outputs, "outputs")
    family = len(xs) * len(ys)
    if null_property:
        xs.append(random_property(one_length([*xs, *ys]), person, number))
    threads = available() if workers is None else as_count(workers, "The number of threads")
    question = ask(xs, ys, labels, person, seed=number, workers=threads)
    tests = chosen_tests(methods, question.problem.given, approximate=approximate)
    needed = draws_needed(methods, family, level)
    names = [x.name for x in xs], [y.name for y in ys]
    with reporting(progress, math.prod(question.shape), unit="pair") as report:
        outcomes = _outcomes(tests, question, n_permutations, needed, Watch(report, stop))
    tables = [
        _rows(test, names, outcome, needed, n_permutations)
        for test, outcome in zip(tests, outcomes, strict=True)
    ]
    table = pd.concat(tables, ignore_index=True)
    table["rejects"] = table["p"] < level
    if votes(methods):
        by_id = {test.id: rows for test, rows in zip(tests, tables, strict=True)}
        table = pd.concat([table, vote([by_id[name] for name in VOTERS], level)], ignore_index=True)
    return _finished(table.assign(alpha=level, delta=margin), _sizes(question, names, margin, number))


Names = tuple[Sequence[str], Sequence[str]]


def _outcomes(
    tests: Sequence[IndependenceTest], question: Question, asked: int | None, needed: int, watch: Watch
) -> list[Outcome]:
    """Run all tests; a test that refuses these data isn't run, unless it is the only one."""
    outcomes, refusals = [], []
    for test in tests:
        count = max(test.draws, needed) if asked is None else asked
        try:
            outcomes.append(run(test, question, n_permutations=count, sequential=True, watch=watch))
        except BadValueError as refusal:
            refusals.append(refusal)
            outcomes.append(not_run(test, question, str(refusal)))
    if len(refusals) == len(tests):
        raise refusals[0]
    return outcomes


def _rows(
    test: IndependenceTest, names: Names, outcome: Outcome, needed: int, asked: int | None
) -> pd.DataFrame:
    """Return an outcome as one row per pair, with the notes on all its pairs."""
    xs, ys = names
    shape = len(xs), len(ys)
    why_not = [outcome.why_not.get(pair) for pair in np.ndindex(shape)]
    notes = list(outcome.notes)
    if outcome.null == "permutation" and asked is not None and asked < needed:
        notes.append(
            f"Cannot reach the corrected level: Holm needs {needed} permutations; {asked} were asked for."
        )
    return pd.DataFrame(
        {
            "property": np.repeat(xs, shape[1]),
            "output": np.tile(ys, shape[0]),
            "method": test.id,
            "statistic": outcome.statistic.ravel(),
            "effect": outcome.effect.ravel(),
            "p": outcome.p_value.ravel(),
            "n": outcome.n,
            "n_permutations": outcome.drawn.ravel(),
            "notes": [" ".join(filter(None, [reason, *notes])) for reason in why_not],
        }
    )


def _sizes(question: Question, names: Names, delta: float, seed: int) -> pd.DataFrame:
    """Return ω² with its interval for every pair, and that of the share of large ones."""
    problem, (xs, ys) = question.problem, names
    shape = len(xs), len(ys)
    values = {name: np.full(shape, np.nan) for name in ("explained", "explained_low", "explained_high")}
    large = {name: np.full(shape, np.nan) for name in ("large_low", "large_high")}
    if problem.xs and problem.ys:
        place = np.ix_(question.rows, question.columns)
        sizes, halves = explained(problem), explained_by_halves(problem, HALVES, seed)
        ends = np.quantile(halves, ENDS, axis=0)
        values["explained"][place], (values["explained_low"][place], values["explained_high"][place]) = (
            sizes,
            ends,
        )
        rows, shares = list(question.rows), (halves >= delta).mean(axis=2)
        # Halves see fewer large ones for want of precision: their spread counts, not their middle.
        centre = (sizes >= delta).mean(axis=1) - shares.mean(axis=0)
        ends = np.clip(np.quantile(shares, ENDS, axis=0) + centre, 0.0, 1.0)
        large["large_low"][rows], large["large_high"][rows] = ends[0][:, None], ends[1][:, None]
    frame = {
        "property": np.repeat(xs, shape[1]),
        "output": np.tile(ys, shape[0]),
        **{name: column.ravel() for name, column in (values | large).items()},
    }
    return pd.DataFrame(frame)


def _finished(table: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Add corrections and sizes to the rows of all methods."""
    table = table.assign(null_property=table["property"] == NULL_PROPERTY, p_holm=np.nan, p_bh=np.nan)
    for _, family in table[~table["null_property"]].groupby("method", sort=False):
        p = family["p"].to_numpy(np.float64)
        counted = np.where(without_run(family), 1.0, p)
        table.loc[family.index, "p_holm"] = np.where(np.isnan(p), np.nan, adjust(counted, "holm"))
        table.loc[family.index, "p_bh"] = np.where(np.isnan(p), np.nan, adjust(counted, "bh"))
    return table.merge(sizes, on=["property", "output"], how="left", validate="m:1")[list(COLUMNS)]
