"""What is compiled for counting neighbours, a piece at a time; the whole is under test with CMIknn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from facelib.stats.independence.permutation.nearest import (
    Labels,
    Line,
    _smallest,
    digammas,
    doubled_ranks,
    in_rows,
    in_table,
    lattice,
)
from facelib.stats.independence.permutation.permutations import WithinStrata

FEW = settings(max_examples=40, deadline=None)


def test_digammas_begin_at_one() -> None:
    table = digammas(50)
    np.testing.assert_allclose(table[1:], digamma(np.arange(1, 51)))
    assert len(table) == 51


def test_ranks_are_whole_inside_labels_and_ties_share_theirs() -> None:
    values = np.array([[0.3], [0.1], [0.2], [5.0], [5.0], [7.0]])
    ranks = doubled_ranks(values, np.array([0, 3, 6]))
    np.testing.assert_array_equal(ranks[:, 0], [4, 0, 2, 1, 1, 4])


@pytest.mark.thorough
@FEW
@given(st.integers(2, 500), st.sampled_from([1, 2]))
def test_the_lattice_reaches_beyond_all_ranks(m: int, scale: int) -> None:
    reach, points = lattice(m, scale)
    assert points == scale * (m - 1) + 1
    assert points <= reach < 2 * points
    assert reach & (reach - 1) == 0  # halving finds every distance


@FEW
@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=20), min_size=1, max_size=3))
def test_what_lies_below_a_point_is_counted(values: list[list[int]]) -> None:
    bounds = np.cumsum([0, *(len(v) for v in values)]).astype(np.intp)
    ranks = doubled_ranks(np.concatenate(values)[:, None].astype(float), bounds)[:, 0]
    line = Line(ranks, bounds)
    position, place, below = line.counted(2)
    np.testing.assert_array_equal(position, ranks)
    expected = []
    for start, end in itertools.pairwise(bounds):
        inside = ranks[start:end]
        assert sorted(place[start:end]) == list(range(end - start))
        assert (np.diff(inside[np.argsort(place[start:end])]) >= 0).all()
        reach, points = lattice(end - start, 2)
        expected += [(inside < v).sum() for v in range(-reach, points + reach)]
    np.testing.assert_array_equal(below, expected)
    assert line.untied == all(len(set(v)) == len(v) for v in values)


@FEW
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=80),
    st.integers(0, 10**6),
    st.floats(0, 90, width=32),
    st.booleans(),
)
def test_the_smallest_are_found_from_any_guess(
    values: list[int], pick: int, guess: float, whole: bool
) -> None:
    rank = pick % len(values) + 1
    row = np.array(values, np.float32 if whole else np.float64)
    if not whole:
        row = np.sqrt(row) / 7
    start = row.dtype.type(np.floor(guess) if whole else guess)
    assert _smallest(row, rank, start, np.empty_like(row)) == np.sort(row)[rank - 1]


@pytest.mark.parametrize("ties", ["none", "x", "both"])
@pytest.mark.parametrize("sizes", [[60, 33, 8], [300, 40]])  # narrow and wide counters
@pytest.mark.parametrize("unbiased", [False, True])
def test_tables_and_rows_count_alike(
    rng: np.random.Generator, ties: str, sizes: list[int], unbiased: bool
) -> None:
    bounds = np.cumsum([0, *sizes]).astype(np.intp)
    n = int(bounds[-1])
    x, y = rng.standard_normal((2, n, 1))
    x = np.round(2 * x) if ties != "none" else x
    y = np.round(y) if ties == "both" else y
    ks = np.array([max(3, size // 10) for size in sizes])
    labels = Labels(bounds, ks, np.array(sizes) / n, digammas(n))
    orders = WithinStrata(bounds, 1).draw(5)
    ranks = [doubled_ranks(values, bounds) for values in (x, y)]
    lines = [Line(r[:, 0], bounds) for r in ranks]
    table = in_table(lines[0], lines[1], orders, labels, unbiased=unbiased)
    columns = [np.ascontiguousarray(r.T, np.float32) for r in ranks]
    rows = in_rows((columns[0], columns[1], np.empty((0, n), np.float32)), orders, labels, unbiased=unbiased)
    np.testing.assert_allclose(table, rows, atol=1e-12)
    assert np.unique(table).size == 5


def test_labels_without_neighbours_add_nothing(rng: np.random.Generator) -> None:
    bounds = np.array([0, 40, 60])
    x, y = (doubled_ranks(rng.standard_normal((60, 1)), bounds) for _ in range(2))
    lines = Line(x[:, 0], bounds), Line(y[:, 0], bounds)
    itself = np.arange(60)[None]

    def found(ks: list[int]) -> float:
        labels = Labels(bounds, np.array(ks), np.array([0.5, 0.5]), digammas(60))
        return float(in_table(*lines, itself, labels)[0])

    assert found([4, 3]) == pytest.approx(found([4, 0]) + found([0, 3]))
    assert found([0, 0]) == 0
