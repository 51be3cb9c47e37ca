"""What a grid of tests will take, on a clock that the tests themselves move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import stats as scipy_stats

from facelib.stats import forecast, independence_grid
from facelib.stats.forecast import Cost, Forecast, at_more_faces
from facelib.stats.independence import IndependenceTest, Prepared, grid
from facelib.stats.independence.permutation import sequential

OUTPUTS, ROWS, DEPENDS = 40, 70, 100.0
Pairs = Any


class Clock:
    """Stands in for the module `time`; `speed` is how many times longer everything takes."""

    now, speed = 0.0, 1.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic

    def take(self, seconds: float) -> None:
        self.now += self.speed * seconds


CLOCK = Clock()


class Drawn(Prepared):
    """Pairs whose p is known: surrogates are standard normal numbers."""

    def __init__(self, test: Timed, shape: tuple[int, int]) -> None:
        self.test, self.rng = test, np.random.default_rng(5)
        self.statistic = np.resize(np.array(Timed.extremes), shape)
        self.effect = np.zeros(shape)

    def surrogates(self, orders: Any, pairs: Pairs) -> Any:
        CLOCK.take(len(orders) * (self.test.draw + self.test.pair * pairs.sum()))
        return self.rng.normal(size=(len(orders), *pairs.shape))


@dataclass(frozen=True)
class Timed(IndependenceTest):
    """A test that takes as long as it says."""

    setup: float = 0.3
    draw: float = 2e-4
    pair: float = 2e-5
    id = "timed"
    title = "timed"
    extremes: ClassVar[Any] = [0.0]

    def prepare(self, problem: Any) -> Drawn:
        CLOCK.take(self.setup)
        return Drawn(self, problem.shape)


class Second(Timed):
    id = "second"


class Third(Timed):
    id = "third"
    cost = "high"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    for module in (forecast, grid, sequential):
        monkeypatch.setattr(module, "time", CLOCK)
    CLOCK.now, CLOCK.speed = 0.0, 1.0
    return CLOCK


def columns(seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    noise = np.random.default_rng(seed).normal(size=(OUTPUTS + 2, ROWS))
    return dict(zip("xy", noise, strict=False)), {f"o{k}": noise[k + 2] for k in range(OUTPUTS)}


METHODS = (Timed(), Second(setup=1.0, draw=1e-3, pair=1e-5), Third(setup=0.1, draw=1e-4, pair=1e-4))


def extremes(dependent: float, seed: int = 0) -> Any:
    pairs = 2 * OUTPUTS
    values = np.random.default_rng(seed).normal(size=pairs)
    values[: round(dependent * pairs)] = DEPENDS
    return values


def p_of(values: Any) -> Any:
    """What a quick linear test says of the pairs: it sees more than those that draw."""
    return scipy_stats.norm.sf(values) ** (1 / forecast.SEEN)


def test_costs_are_those_of_the_tests(clock: Clock) -> None:
    found = forecast.forecast(*columns(), methods=METHODS, budget=60.0)
    assert [one.method for one in found.costs] == ["timed", "second", "third"]
    assert found.pairs == 2 * OUTPUTS
    for cost, test in zip(found.costs, METHODS, strict=True):
        assert (cost.setup, cost.draw, cost.pair) == pytest.approx(
            (test.setup, test.draw, test.pair), rel=0.02
        )
        assert cost.most == round(2 * OUTPUTS / 0.01), "a budget draws until a p can survive Holm"
    assert clock.now < 3, "a plan is made while somebody waits"
    more = forecast.forecast(*columns(), methods=METHODS, budget=60.0, rows=4 * ROWS)
    assert more.costs[0].setup == pytest.approx(8 * METHODS[0].setup, rel=0.02)


@pytest.mark.one_case
@pytest.mark.parametrize("budget", [5.0, 60.0, None])
@pytest.mark.parametrize("dependent", [0.0, 0.1, 0.5])
def test_the_seconds_are_those_that_the_grid_takes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, dependent: float, budget: float | None
) -> None:
    """Within 30 %, or two seconds: how many surrogates settle a pair is chance."""
    values = extremes(dependent)
    monkeypatch.setattr(Timed, "extremes", values)
    planned = forecast.forecast(*columns(), methods=METHODS, budget=budget).seconds(p_of(values))
    begun = clock.now
    independence_grid(*columns(), methods=METHODS, budget=budget, workers=1)
    assert planned == pytest.approx(clock.now - begun, rel=0.3, abs=2.0)


@pytest.mark.one_case
@pytest.mark.parametrize(("speed", "known"), [(0.5, 0.5), (1.0, 1.0), (3.0, 3.0), (1.5, 1.0)])
@pytest.mark.parametrize("dependent", [0.0, 0.1, 0.5])
def test_what_is_left_is_right_while_tests_run(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, dependent: float, speed: float, known: float
) -> None:
    """Also on a machine that is slower or faster than when it was planned, whether that is known or not."""
    values = extremes(dependent)
    monkeypatch.setattr(Timed, "extremes", values)
    planned = forecast.forecast(*columns(), methods=METHODS, budget=60.0)
    begun, told = clock.now, []
    clock.speed = speed

    def tell(at: sequential.Progress) -> None:
        told.append((clock.now, planned.left(at, p_of(values), slower=known)))

    independence_grid(*columns(), methods=METHODS, budget=60.0, workers=1, progress=tell)
    end, (when, left) = clock.now, np.array(told).T
    moments = np.linspace(begun + 0.1 * (end - begun), end, 101)[:-1]
    said = left[np.searchsorted(when, moments, side="right") - 1]
    off = np.abs(said - (end - moments))
    assert np.mean((off <= 0.3 * (end - moments)) | (off <= 2.0)) >= 0.9, list(
        zip(when - begun, left, strict=True)
    )


def test_a_test_that_nobody_planned_has_no_time() -> None:
    known = Forecast((Cost("chsic", 1.0),), 10)
    assert Forecast(known.costs, 10, after=2.0).seconds(slower=3.0) == pytest.approx(9.0)
    assert np.isnan(known.left(sequential.Progress(1, 10, method="mine")))
    assert known.left(sequential.Progress(1, 10, method="chsic")) == 0.0


@pytest.mark.thorough
def test_pairs_that_few_faces_show_are_shown_by_more(rng: np.random.Generator) -> None:
    """Against data: correlations of 60 faces, and of all 240 with the same 60 among them."""
    x, noise = rng.normal(size=(400, 240)), rng.normal(size=(400, 240))
    for slope in (0.0, 0.3):
        y = slope * x + noise

        def p_values(n: int, y: Any = y) -> Any:
            return np.array(
                [scipy_stats.pearsonr(a, b).pvalue for a, b in zip(x[:, :n], y[:, :n], strict=True)]
            )

        guessed = np.minimum(1000, 10 / at_more_faces(p_values(60), 60, 240)).mean()
        true = np.minimum(1000, 10 / p_values(240)).mean()
        assert guessed == pytest.approx(true, rel=0.6), slope
