"""The time that a study says is left, on a clock that the test moves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facelib.stats.forecast import Cost, Forecast
from facelib.studies.engine import execution, plan
from facelib.studies.engine.execution import Pace, Progress
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.plan import Plan
from facelib.studies.engine.worker import Done


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (execution, plan):
        monkeypatch.setattr(module, "time", made)
    return made


def told(clock: Clock, monkeypatch: pytest.MonkeyPatch, seconds: Callable[[int], float]) -> np.ndarray:
    """Run 140 units that take `seconds(number)`; return what was said to be left and what was, (n, 2)."""
    said: list[tuple[float, float]] = []

    def batches(_store: Any, jobs: list[int], *_rest: Any, **_options: Any) -> Any:
        for number in jobs:
            clock.now += seconds(number)
            yield range(number, number + 1), Done(1, 0, 0.0, 0.0, ())

    monkeypatch.setattr(execution, "_batches", batches)
    execution.execute(
        None, list(range(140)), {}, seconds=0.3, progress=lambda at: said.append((at.left, clock.now))
    )  # type: ignore[arg-type]
    end = clock.now
    return np.array([(left, end - then) for left, then in said])


def within(found: np.ndarray, first: int, last: int = 139) -> bool:
    left, true = found[first:last].T
    return bool((np.abs(left - true) <= 0.3 * true).all())


def test_a_slow_start_is_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(clock, monkeypatch, lambda number: 20.0 if number == 0 else 0.4)
    assert within(found, 3)


def test_a_machine_that_gets_busy_is_noticed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(clock, monkeypatch, lambda number: 0.3 if number < 40 else 0.9)
    assert within(found, 70)


def test_uneven_units_are_told_within_30_per_cent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    some = rng.gamma(4.0, 0.1, 140)
    found = told(clock, monkeypatch, lambda number: float(some[number]))
    assert within(found, 14, 125)


def test_before_anything_is_done_nothing_is_said() -> None:
    assert math.isnan(Pace().left(140))


def planned(**known: Any) -> Plan:
    usual = {
        "name": "", "faces": 140, "identities": 140, "interventions": 0, "strengths": 1, "classifiers": 6,
        "units": 140, "done": 0, "pictures": 140, "rows": 1, "seconds": 50.0, "bytes": 1.0, "processes": 1,
    }  # fmt: skip
    return Plan(**(usual | known))


@pytest.mark.parametrize(
    ("slower", "budget", "end"), [(1.0, math.inf, 8.0), (3.0, math.inf, 24.0), (3.0, 10.0, 10.0)]
)
def test_the_tests_at_the_end_are_part_of_what_is_left(slower: float, budget: float, end: float) -> None:
    tests = Forecast((Cost("chsic", 0.0, draw=0.008, most=1000),), 20, budget)
    study = planned(tests=tests)  # 42 s for 140 units, and the tests
    assert tests.seconds() == pytest.approx(8.0)
    at = Progress(70, 140, seconds=21.0 * slower, left=21.0 * slower)
    assert study.left(at) == pytest.approx(21.0 * slower + end)
    assert planned().left(at) == at.left
    soon = study.left(at, np.full(10, 0.5))  # all pairs are settled soon
    assert 21.0 * slower < soon < 21.0 * slower + 0.3 * slower


def test_a_plan_times_people_that_it_has_not_met(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    met: set[int] = set()

    def run(job: Job, _readers: Any) -> list[Any]:
        person = id(job.subject)
        clock.now += 0.1 if person in met else 0.4  # the first picture of a person costs more
        met.add(person)
        return []

    monkeypatch.setattr(plan, "run_job", run)
    jobs = [Job(object(), "", None, (0.0,), 224, {}) for _ in range(9)]  # type: ignore[arg-type]
    assert plan.trial(jobs, {})[0] == pytest.approx(0.4)
    assert plan.trial(jobs[:1], {})[0] > 0
