"""Drawing surrogates: p stays valid when pairs are left early, and progress is told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.independence.base import Pairs, Prepared
from facelib.stats.independence.permutation.permutations import RowOrders, WithinStrata
from facelib.stats.independence.permutation.sequential import (
    FIRST,
    LARGEST,
    draw,
)
from facelib.utilities.checks import Floats

ORDERS = np.array([0, 4])


class Noise(Prepared):
    """Statistics and surrogates that are independent and alike: the hypothesis is true for every pair."""

    def __init__(self, shape: tuple[int, int], seed: int = 0, *, ties: bool = False) -> None:
        self.rng, self.ties = np.random.default_rng(seed), ties
        self.statistic = self.some(shape)
        self.asked: list[tuple[int, int]] = []

    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
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
    found = draw(Stored(observed, stored), orders(), count, stop_after=stop_after)
    for i, j in np.ndindex(7, 9):
        p, drawn = twin(float(observed[i, j]), stored[:, i, j], stop_after)
        assert found.p_value[i, j] == pytest.approx(p)
        assert found.drawn[i, j] == drawn


def test_p_is_valid_after_stopping() -> None:
    """P(p ≤ a) = a at every value a that p can take, as Besag and Clifford prove; never above a elsewhere."""
    shape, count, stop_after = (200, 200), 60, 5
    p = draw(Noise(shape, 3), orders(), count, stop_after=stop_after).p_value.ravel()
    possible: set[float] = {stop_after / drawn for drawn in range(stop_after, count + 1)}
    possible |= {(hits + 1) / (count + 1) for hits in range(stop_after)}
    assert set(p.round(12)) <= {round(a, 12) for a in possible}
    for a in np.sort(list(possible)):  # 61 looks: a band of 99.9 % for all of them
        low, high = (binom.ppf(q, p.size, a) for q in (1e-5, 1 - 1e-5))
        assert low <= (p <= a + 1e-12).sum() <= high
    for a in np.linspace(0.001, 0.999, 200):
        assert (p <= a).sum() <= binom.ppf(1 - 1e-5, p.size, a)


def test_ties_count_and_keep_p_valid() -> None:
    p = draw(Noise((100, 100), 4, ties=True), orders(), 99, stop_after=10).p_value.ravel()
    for a in (0.01, 0.05, 0.1, 1 / 3, 0.5):
        assert (p <= a).sum() <= binom.ppf(1 - 1e-4, p.size, a)


def test_rounding_makes_no_difference_of_a_tie() -> None:
    above = Stored(np.array([[0.1 + 0.2]]), np.full((9, 1, 1), 0.3))
    assert draw(above, orders(), 9).p_value == 1.0
    below = Stored(np.array([[-0.3]]), np.full((9, 1, 1), -0.1 - 0.2))
    assert draw(below, orders(), 9).p_value == 1.0


def test_settled_pairs_are_left_out() -> None:
    prepared = Noise((20, 20))
    prepared.statistic[:, :19] = 0.0  # every surrogate is at least as extreme
    found = draw(prepared, orders(), 500, stop_after=10)
    assert (found.drawn[:, :19] == 10).all()
    assert (found.p_value[:, :19] == 1).all()
    assert prepared.asked[0] == (FIRST, 400)
    assert all(pairs <= 20 for _, pairs in prepared.asked[1:])
    assert max(size for size, _ in prepared.asked) <= LARGEST
    assert sum(size for size, _ in prepared.asked) <= 500


def test_what_cannot_be_tested_has_no_p() -> None:
    prepared = Noise((2, 2))
    prepared.statistic[0, 1] = np.nan
    found = draw(prepared, orders(), 50, stop_after=10)
    assert np.isnan(found.p_value).tolist() == [[False, True], [False, False]]
    assert found.drawn[0, 1] == 0


def test_the_open_pairs_are_told_after_every_round() -> None:
    open_pairs: list[int] = []
    draw(Noise((5, 6)), orders(), 300, stop_after=10, told=open_pairs.append)
    assert open_pairs == sorted(open_pairs, reverse=True)
    assert open_pairs[-1] == 0
    assert len(open_pairs) > 2
