"""Measured level and power: rejection rates on data with a known truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import UnknownNameError
from facelib.stats.calibration.curves import CURVES
from facelib.stats.calibration.differences import DIFFERENCES, SIGN_FLIPS, drawn
from facelib.stats.calibration.scenarios import SCENARIOS, Scenario, Shape, as_scenario, simulate
from facelib.stats.independence.base import TESTS, IndependenceTest
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.result import run
from facelib.stats.independence.variables import as_variable
from facelib.stats.independence.vote import VOTE, VOTERS
from facelib.stats.shuffle import clopper_pearson
from facelib.utilities.checks import Floats, as_count, as_number, as_share
from facelib.utilities.progress import Report, reporting

Test = str | IndependenceTest
"""Id of a test of independence or "vote", the test itself, or one of `OTHERS`."""

OTHERS: tuple[str, ...] = (*CURVES, *SIGN_FLIPS)
"""What can be measured beside the tests of independence."""
_BATCH = 50  # data sets of differences that share their flips and resamples


@dataclass(frozen=True)
class Rate:
    """Rejection rate of a test, with its interval.

    Attributes
    ----------
    rejected, runs
        Data sets with p ≤ α, and all data sets.
    rate
        rejected / runs: the level where the hypothesis is true, else the power.
    low, high
        95 % interval of the rate (Clopper-Pearson).
    """

    rejected: int
    runs: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """One cell of the calibration: a test, a scenario, n and an effect.

    Attributes
    ----------
    test
        Id of a test of independence or "vote", the test itself, or one of `OTHERS`.
    scenario
        Id in `SCENARIOS`, or a scenario; for `OTHERS` a key of `SERIES`, `KINDS` or `DIFFERENCES`.
    n
        Faces; strengths for the shuffle test, placebos for the placebo p.
    shape, size
        Of the effect, see `simulate`; for `OTHERS` the size alone counts.
    """

    test: Test
    scenario: str | Scenario
    n: int
    shape: Shape = "none"
    size: float = 0.0

    @property
    def method(self) -> str:
        """Id of the test."""
        return self.test if isinstance(self.test, str) else self.test.id

    @property
    def setting(self) -> Scenario:
        """The scenario; for `OTHERS` its id and title."""
        if self.method not in OTHERS:
            return as_scenario(self.scenario)
        known = CURVES[self.method][0] if self.method in CURVES else DIFFERENCES
        name = str(self.scenario)
        if name not in known:
            msg = f"There is no scenario named {name!r} for {self.method}. Known: {', '.join(known)}."
            raise UnknownNameError(msg)
        return Scenario(name, known[name])


def p_values(
    test: Test,
    scenario: str | Scenario,
    n: int,
    shape: Shape = "none",
    size: float = 0.0,
    *,
    runs: int = 500,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> Floats:
    """Return p of a test on independent data sets of a scenario, (runs,).

    A pair is left after 10 exceedances, as in the grid: its p is valid (Besag and Clifford 1991). Data set i
    is drawn with the seeds (`seed`, i), and tested with the seed i.

    Parameters
    ----------
    test, scenario, n, shape, size
        See `Cell`.
    runs
        Data sets.
    seed
        Seed of everything random.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts data sets.

    Raises
    ------
    UnknownNameError
        If there is no such test or scenario.
    BadValueError
        If the scenario can't have such an effect, or the test can't hold its conditioner fixed.

    Examples
    --------
    >>> p = p_values("partial_correlation", "labels_2", 80, "linear", 1.0, runs=20)
    >>> bool((p < 0.05).all())
    True
    """
    count, start = as_count(runs, "The number of data sets"), as_count(seed, "The seed", least=0)
    cell = Cell(test, scenario, as_count(n, "The number of faces", least=2), shape, _size(size))
    batches = []
    with reporting(progress, count, cell.method, unit="data set") as report:
        for done, p in _measured(cell, count, start):
            batches.append(p)
            report.at(done)
    return np.concatenate(batches)


def rejection_rate(
    test: Test,
    scenario: str | Scenario,
    n: int,
    shape: Shape = "none",
    size: float = 0.0,
    *,
    runs: int = 500,
    alpha: float = 0.05,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> Rate:
    """Return how often a test rejects at `alpha`: its level if shape is "none", else its power.

    Parameters are those of `p_values`.

    Examples
    --------
    >>> rejection_rate("partial_correlation", "number_sin_3", 200, runs=20).rejected
    20
    """
    return rate_of(p_values(test, scenario, n, shape, size, runs=runs, seed=seed, progress=progress), alpha)


def rate_of(p: Floats, alpha: float) -> Rate:
    """Return how often p ≤ α; a data set that can't be tested doesn't reject.

    Grids decide by p < α, which never rejects more often; a p of permutations may equal α.
    """
    level = as_share(alpha, "The level alpha")
    rejected = int((p <= level + 1e-12).sum())
    low, high = clopper_pearson(rejected, len(p))
    return Rate(rejected, len(p), rejected / len(p), float(low), float(high))


def rates_over_n(
    tests: Test | Sequence[Test],
    scenario: str | Scenario,
    ns: Iterable[int],
    shape: Shape = "none",
    size: float = 0.0,
    *,
    runs: int = 200,
    alphas: Sequence[float] = (0.05,),
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return level (shape "none") or power of tests over the number of faces, columns of the table.

    Parameters are those of `p_values`; `progress` counts settings.

    Examples
    --------
    >>> curve = rates_over_n("partial_correlation", "labels_2", [20, 80], "linear", 0.5, runs=50)
    >>> bool(curve["rate"].is_monotonic_increasing)
    True
    """
    counts = [as_count(n, "The number of faces", least=2) for n in ns]
    cells = [Cell(test, scenario, n, shape, _size(size)) for test in _tests(tests) for n in counts]
    return rates(cells, runs=runs, alphas=alphas, seed=seed, progress=progress)


def rates_over_size(
    tests: Test | Sequence[Test],
    scenario: str | Scenario,
    n: int,
    shape: Shape,
    sizes: Iterable[float],
    *,
    runs: int = 200,
    alphas: Sequence[float] = (0.05,),
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return the power of tests over the size of an effect, columns of the table.

    Parameters are those of `p_values`; `progress` counts settings.
    """
    count, wanted = as_count(n, "The number of faces", least=2), [_size(size) for size in sizes]
    cells = [Cell(test, scenario, count, shape, size) for test in _tests(tests) for size in wanted]
    return rates(cells, runs=runs, alphas=alphas, seed=seed, progress=progress)


def rates(
    cells: Sequence[Cell],
    *,
    runs: int = 200,
    alphas: Sequence[float] = (0.05,),
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Measure cells and return one row of the table for each cell and level; `progress` counts cells."""
    rows = []
    with reporting(progress, len(cells), unit="cell") as report:
        for done, cell in enumerate(cells, start=1):
            p = p_values(cell.test, cell.scenario, cell.n, cell.shape, cell.size, runs=runs, seed=seed)
            setting = cell.setting
            for alpha in alphas:
                rate = rate_of(p, alpha)
                rows.append(
                    {
                        "method": cell.method, "scenario": setting.id, "title": setting.title,
                        "n_labels": setting.n_labels, "n_numbers": setting.n_numbers, "kind": setting.kind,
                        "n": cell.n, "shape": cell.shape, "size": cell.size, "alpha": alpha,
                        "runs": rate.runs, "rejected": rate.rejected, "rate": round(rate.rate, 5),
                        "low": round(rate.low, 5), "high": round(rate.high, 5), "seed": seed,
                    }
                )  # fmt: skip
            report.at(done, cell.method)
    return pd.DataFrame(rows)


def scenarios_of(method: str) -> tuple[str, ...]:
    """Return the ids of the scenarios that a method can be measured on."""
    if method in CURVES:
        return tuple(CURVES[method][0])
    if method in SIGN_FLIPS:
        return tuple(DIFFERENCES)
    numbers = method != VOTE and "continuous" in TESTS[method].conditioners
    return tuple(name for name in SCENARIOS if numbers or not SCENARIOS[name].n_numbers)


def _measured(cell: Cell, runs: int, seed: int) -> Iterator[tuple[int, Floats]]:
    """Yield how many data sets are done, and the p of the last ones."""
    setting, method = cell.setting, cell.method
    if method in SIGN_FLIPS:
        for start in range(0, runs, _BATCH):
            count = min(_BATCH, runs - start)
            data = drawn(setting.id, cell.n, count, np.random.default_rng([seed, start]))
            yield start + count, SIGN_FLIPS[method](data, cell.size, _seed(seed, start))
    elif method in CURVES:
        for i in range(runs):
            p = CURVES[method][1](setting.id, cell.n, cell.size, _seed(seed, i))
            yield i + 1, np.array([p])
    else:
        tests = [TESTS[voter]() for voter in VOTERS] if method == VOTE else [_own(cell.test)]
        for i in range(runs):
            rng = np.random.default_rng([seed, i])
            x, y, z = simulate(setting, cell.n, cell.shape, cell.size, rng)
            of_each = sorted(_p(test, x, y, z, i) for test in tests)
            yield (
                i + 1,
                np.array([of_each[len(tests) // 2]]),
            )  # of three the second smallest


def _own(test: Test) -> IndependenceTest:
    return TESTS[test]() if isinstance(test, str) else test


def _p(test: IndependenceTest, x: Any, y: Any, z: Any, seed: int) -> float:
    question = ask([as_variable(x, "x")], [as_variable(y, "y")], z, seed=seed)
    p = float(run(test, question, sequential=True).p_value[0, 0])
    return 1.0 if math.isnan(p) else p


def _seed(seed: int, i: int) -> int:
    """Return one number for the pair of seeds."""
    return int(np.random.SeedSequence([seed, i]).generate_state(1)[0])


def _size(size: float) -> float:
    return as_number(size, "The size of an effect")


def _tests(tests: Test | Sequence[Test]) -> list[Test]:
    return [tests] if isinstance(tests, str | IndependenceTest) else list(tests)
