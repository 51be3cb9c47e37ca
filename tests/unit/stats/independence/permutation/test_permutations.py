"""Orders of the faces: all equally likely, and none that moves what is held fixed."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from facelib.stats.independence.permutation.permutations import (
    Orders,
    WholePersons,
    WithinStrata,
    log_factorials,
)

BOUNDS = np.array([0, 3, 5, 6])
GROUPS = [np.array([[0, 4], [1, 5], [2, 7]]), np.array([[3], [6]])]  # rows of persons who share labels


def test_faces_stay_in_their_stratum() -> None:
    orders = WithinStrata(BOUNDS, 1).draw(50)
    assert orders.shape == (50, 6)
    for start, end in itertools.pairwise(BOUNDS):
        assert (np.sort(orders[:, start:end], axis=1) == np.arange(start, end)).all()


def test_all_orders_within_strata_are_equally_likely() -> None:
    counts = Counter(map(tuple, WithinStrata(BOUNDS, 2).draw(6000).tolist()))
    assert len(counts) == 3 * 2 * 2
    assert chisquare(list(counts.values())).pvalue > 0.001


def test_persons_move_with_all_their_rows() -> None:
    orders = WholePersons(GROUPS, 9, 3).draw(6000)
    assert (orders[:, 8] == 8).all()  # in no group: nobody to change with
    counts = Counter(map(tuple, orders.tolist()))
    assert len(counts) == math.factorial(3) * 2
    assert chisquare(list(counts.values())).pvalue > 0.001
    persons = {0: 4, 1: 5, 2: 7}
    for order in counts:
        assert sorted(order) == list(range(9))
        assert all(order[second] == persons[order[first]] for first, second in persons.items())


@pytest.mark.parametrize("whole", [False, True])
def test_a_stream_goes_on_and_can_be_repeated(whole: bool) -> None:
    def make(seed: int) -> Orders:
        return WholePersons(GROUPS, 9, seed) if whole else WithinStrata(BOUNDS, seed)

    first, second, other = make(5), make(5), make(6)
    ten = first.draw(10)
    assert np.array_equal(ten, second.draw(10))
    assert not np.array_equal(ten, first.draw(10))
    assert not np.array_equal(ten, other.draw(10))


def test_the_number_of_orders() -> None:
    assert np.exp(WithinStrata(BOUNDS, 0).log_total) == pytest.approx(12)
    assert np.exp(WholePersons(GROUPS, 9, 0).log_total) == pytest.approx(12)
    assert log_factorials(np.array([170, 1, 0])) == pytest.approx(math.lgamma(171))
    assert WholePersons([], 4, 0).log_total == 0
    assert (WholePersons([], 4, 0).draw(2) == np.arange(4)).all()
