"""Drawing surrogates: p stays valid when pairs are left early, and budget, cancel and progress are kept."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import binom

from facelib.errors import BadValueError, Cancelled
from facelib.stats.independence.base import Pairs, Prepared
from facelib.stats.independence.permutation.permutations import RowOrders, WithinStrata
from facelib.stats.independence.permutation.sequential import (
    FIRST,
    LARGEST,
    Clock,
    Progress,
    all_surrogates,
    draw,
)
from facelib.utilities.checks import Floats

ORDERS = np.array([0, 4])


class Noise(Prepared):
    """Statistics and surrogates that are independent and alike: the hypothesis is true for every pair."""

    def __init__(
        self, shape: tuple[int, int], seed: int = 0, *, ties: bool = False, pause: float = 0
    ) -> None:
        self.rng, self.ties, self.pause = np.random.default_rng(seed), ties, pause
        self.statistic = self.some(shape)
        self.asked: list[tuple[int, int]] = []

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        time.sleep(self.pause)
        self.asked.append((len(orders), int(pairs.sum())))
        return np.where(pairs, self.some((len(orders), *pairs.shape)), np.nan)

    def some(self, shape: tuple[int, ...]) -> Floats:
        return self.rng.integers(0, 3, shape).astype(float) if self.ties else self.rng.random(shape)


class Stored(Prepared):
    """Surrogates that are known beforehand."""

    def __init__(self, statistic: Floats, stored: Floats) -> None:
        self.statistic, self.left = statistic, stored

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        taken, self.left = self.left[: len(orders)], self.left[len(orders) :]
        return np.where(pairs, taken, np.nan)


class Slow(Prepared):
    """Surrogates that are made of their orders, each after a while."""

    def __init__(self, shape: tuple[int, int], pause: float = 0.0) -> None:
        self.weights = np.random.default_rng(1).random((ORDERS[-1], *shape))
        self.pause = pause
        self.statistic = self.surrogates(np.array([[1, 0, 3, 2]]), np.ones(shape, bool))[0]

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        time.sleep(self.pause * len(orders))
        return np.where(pairs, np.tensordot(orders.astype(float), self.weights, 1), np.nan)


def orders(seed: int = 0) -> WithinStrata:
    return WithinStrata(ORDERS, seed)


def twin(observed: float, surrogates: Floats, stop_after: int | None) -> tuple[float, int]:
    """Besag and Clifford 1991, one surrogate after the other."""
    hits = 0
    for drawn, surrogate in enumerate(surrogates, start=1):
        hits += bool(surrogate >= observed)
        if stop_after is not None and hits == stop_after:
            return hits / drawn, drawn
    return (hits + 1) / (len(surrogates) + 1), len(surrogates)


@pytest.mark.parametrize("stop_after", [None, 1, 10])
@pytest.mark.parametrize("count", [1, 19, 20, 21, 333])
def test_p_is_that_of_one_surrogate_after_the_other(stop_after: int | None, count: int) -> None:
    rng = np.random.default_rng(count)
    observed, stored = rng.random((7, 9)), rng.random((count, 7, 9)) ** 2
    found = draw(Stored(observed, stored), orders(), count, clock=Clock(), stop_after=stop_after)
    for i, j in np.ndindex(7, 9):
        p, drawn = twin(float(observed[i, j]), stored[:, i, j], stop_after)
        assert found.p_value[i, j] == pytest.approx(p)
        assert found.drawn[i, j] == drawn
    assert found.ended is None


def test_p_is_valid_after_stopping() -> None:
    """P(p ≤ a) = a at every value a that p can take, as Besag and Clifford prove; never above a elsewhere."""
    shape, count, stop_after = (200, 200), 60, 5
    p = draw(Noise(shape, 3), orders(), count, clock=Clock(), stop_after=stop_after).p_value.ravel()
    possible: set[float] = {stop_after / drawn for drawn in range(stop_after, count + 1)}
    possible |= {(hits + 1) / (count + 1) for hits in range(stop_after)}
    assert set(p.round(12)) <= {round(a, 12) for a in possible}
    for a in np.sort(list(possible)):  # 61 looks: a band of 99.9 % for all of them
        low, high = (binom.ppf(q, p.size, a) for q in (1e-5, 1 - 1e-5))
        assert low <= (p <= a + 1e-12).sum() <= high
    for a in np.linspace(0.001, 0.999, 200):
        assert (p <= a).sum() <= binom.ppf(1 - 1e-5, p.size, a)


def test_ties_count_and_keep_p_valid() -> None:
    p = draw(Noise((100, 100), 4, ties=True), orders(), 99, clock=Clock(), stop_after=10).p_value.ravel()
    for a in (0.01, 0.05, 0.1, 1 / 3, 0.5):
        assert (p <= a).sum() <= binom.ppf(1 - 1e-4, p.size, a)


def test_rounding_makes_no_difference_of_a_tie() -> None:
    above = Stored(np.array([[0.1 + 0.2]]), np.full((9, 1, 1), 0.3))
    assert draw(above, orders(), 9, clock=Clock()).p_value == 1.0
    below = Stored(np.array([[-0.3]]), np.full((9, 1, 1), -0.1 - 0.2))
    assert draw(below, orders(), 9, clock=Clock()).p_value == 1.0


def test_settled_pairs_are_left_out() -> None:
    prepared = Noise((20, 20))
    prepared.statistic[:, :19] = 0.0  # every surrogate is at least as extreme
    found = draw(prepared, orders(), 500, clock=Clock(), stop_after=10)
    assert (found.drawn[:, :19] == 10).all()
    assert (found.p_value[:, :19] == 1).all()
    assert prepared.asked[0] == (FIRST, 400)
    assert all(pairs <= 20 for _, pairs in prepared.asked[1:])
    assert max(size for size, _ in prepared.asked) <= LARGEST
    assert sum(size for size, _ in prepared.asked) <= 500


def test_what_cannot_be_tested_has_no_p() -> None:
    prepared = Noise((2, 2))
    prepared.statistic[0, 1] = np.nan
    found = draw(prepared, orders(), 50, clock=Clock(), stop_after=10)
    assert np.isnan(found.p_value).tolist() == [[False, True], [False, False]]
    assert found.drawn[0, 1] == 0
    surrogates = all_surrogates(prepared, orders(), LARGEST + 5)
    assert surrogates.shape == (LARGEST + 5, 2, 2)
    assert np.isnan(surrogates[:, 0, 1]).all()
    assert np.isfinite(surrogates[:, 1]).all()


@pytest.mark.thorough
def test_a_budget_ends_drawing_and_p_stays_valid() -> None:
    prepared = Noise((100, 100), 5, pause=0.05)
    started = time.monotonic()
    found = draw(prepared, orders(), 10**6, clock=Clock(0.08), stop_after=30)
    assert time.monotonic() - started < 2
    assert found.ended == "budget"
    done = found.drawn.max()
    assert found.drawn[~found.settled].min() == done
    p = found.p_value.ravel()
    assert p.min() >= 1 / (done + 1)
    for a in (0.05, 0.1, 0.5):
        assert (p <= a).sum() <= binom.ppf(0.9999, p.size, a)


def test_a_deadline_in_the_past_leaves_one_round_so_that_there_is_a_valid_p() -> None:
    found = draw(Noise((2, 2)), orders(), 50, clock=Clock(), deadline=time.monotonic() - 1)
    assert found.ended == "budget"
    assert (found.drawn == FIRST).all()
    np.testing.assert_allclose(found.p_value, (found.exceed + 1) / (FIRST + 1))


@pytest.mark.thorough
def test_a_slow_first_round_is_left_at_the_deadline_but_one_surrogate_is_drawn() -> None:
    started = time.monotonic()
    found = draw(Slow((2, 2), 0.1), orders(), 500, clock=Clock(), deadline=started - 1)
    assert time.monotonic() - started < 1  # a round of 20 would take 2 seconds
    assert found.ended == "budget"
    assert (found.drawn == 1).all()
    found = draw(Slow((2, 2), 0.1), orders(), 500, clock=Clock(0.5))
    assert 1 < found.most < FIRST
    np.testing.assert_allclose(found.p_value, (found.exceed + 1) / (found.most + 1))


@pytest.mark.parametrize("piece", [0.0, 1e-4, 10.0])
def test_pieces_of_a_round_give_the_same_p(piece: float, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = draw(Slow((5, 5)), orders(), 300, clock=Clock(), stop_after=10)
    monkeypatch.setattr("facelib.stats.independence.permutation.sequential.PIECE", piece)
    pieces = draw(Slow((5, 5)), orders(), 300, clock=Clock(60.0), stop_after=10)
    assert pieces.ended is None
    np.testing.assert_array_equal(pieces.p_value, whole.p_value)
    np.testing.assert_array_equal(pieces.drawn, whole.drawn)


def test_all_surrogates_end_with_the_clock() -> None:
    prepared = Slow((2, 3))
    whole = all_surrogates(prepared, orders(), LARGEST + 5)
    drawn = np.concatenate([(stream := orders()).draw(LARGEST), stream.draw(5)])
    np.testing.assert_allclose(whole, prepared.surrogates(drawn, np.ones((2, 3), bool)), rtol=1e-12)
    late = all_surrogates(prepared, orders(), 100, clock=Clock(), deadline=time.monotonic() - 1)
    assert late.shape == (0, 2, 3)
    seen: list[Progress] = []
    clock = Clock(progress=lambda state: seen.append(state) or False)  # type: ignore[func-returns-value]
    some = all_surrogates(prepared, orders(), LARGEST + 5, clock=clock, method="rcot")
    np.testing.assert_array_equal(some, whole[:FIRST])
    assert [state.method for state in seen] == ["rcot"]


def test_progress_counts_the_pairs_of_the_whole_method() -> None:
    seen: list[Progress] = []
    clock = Clock(progress=seen.append)
    clock.begin(9)
    clock.passed(2)  # not testable
    draw(Noise((1, 3)), orders(), 50, clock=clock)
    clock.passed(3)
    draw(Noise((2, 2)), orders(), 50, clock=clock)
    assert {state.total for state in seen} == {9}
    assert [state.done for state in seen] == sorted(state.done for state in seen)
    assert seen[-1].done == 9


def test_progress_is_told_and_can_cancel() -> None:
    seen: list[Progress] = []
    clock = Clock(progress=seen.append)
    draw(Noise((5, 6)), orders(), 300, clock=clock, method="kcit", stop_after=10)
    assert {state.method for state in seen} == {"kcit"}
    assert {state.total for state in seen} == {30}
    done = [state.done for state in seen]
    assert done == sorted(done)
    assert done[-1] == 30
    cancelled = draw(Noise((5, 6)), orders(), 300, clock=Clock(progress=lambda _: False))
    assert cancelled.ended == "cancelled"
    assert (cancelled.drawn == FIRST).all()


def test_a_clock_says_why() -> None:
    clock = Clock()
    assert clock.stop() is None
    assert clock.remaining() is None
    assert clock.stop(time.monotonic() - 1) == "budget"
    assert Clock(100.0).remaining() == pytest.approx(100, abs=1)
    clock.cancelled = True
    assert clock.stop() == "cancelled"


@pytest.mark.parametrize("budget", [0, -1, float("nan"), "soon"])
def test_a_budget_is_a_number_of_seconds(budget: object) -> None:
    with pytest.raises(BadValueError, match="budget"):
        Clock(budget)  # type: ignore[arg-type]


def test_a_stopped_clock_raises() -> None:
    seen: list[Progress] = []
    clock = Clock(progress=seen.append, stop=lambda: len(seen) == 2)
    with pytest.raises(Cancelled):
        draw(Noise((5, 6)), orders(), 300, clock=clock)
    assert len(seen) == 2
