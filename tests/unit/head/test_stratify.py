"""Even shares, counted: categories, combinations and slices."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.head.stratify import combinations, strata

SIZES = st.lists(st.integers(1, 5), max_size=3)
HEADS = st.integers(0, 60)


def differ_by_one(counts: Counter[tuple[int, ...]], cells: int) -> bool:
    return max(counts.values(), default=0) - (min(counts.values()) if len(counts) == cells else 0) <= 1


@pytest.mark.thorough
@settings(deadline=None)
@given(HEADS, SIZES)
def test_every_beginning_is_even(n: int, sizes: list[int]) -> None:
    rows = combinations(n, sizes)
    assert rows.shape == (n, len(sizes))
    for factor, size in enumerate(sizes):
        assert differ_by_one(Counter(map(tuple, rows[:, [factor]].tolist())), size)
        assert differ_by_one(
            Counter(map(tuple, rows[:, : factor + 1].tolist())), int(np.prod(sizes[: factor + 1]))
        )


def test_all_combinations_come_once() -> None:
    assert sorted(map(tuple, combinations(7 * 4 * 6, (7, 4, 6)).tolist())) == [
        *product(range(7), range(4), range(6))
    ]


@pytest.mark.thorough
@settings(deadline=None)
@given(HEADS, SIZES, st.integers(0, 3), st.integers(0, 5))
def test_numbers_have_one_in_each_slice(n: int, sizes: list[int], columns: int, seed: int) -> None:
    categories, numbers = strata(n, sizes, columns, np.random.default_rng(seed))
    assert len(categories) == len(sizes)
    assert len(numbers) == columns
    for column, size in zip(categories, sizes, strict=True):
        assert differ_by_one(Counter((level,) for level in column.tolist()), size)
    for number in numbers:
        assert sorted(np.floor(number * n).astype(int).tolist()) == [*range(n)]


@pytest.mark.parametrize(("sizes", "heads"), [((7,), 70), ((7, 4), 84), ((2, 3, 5), 90), ((7, 4, 9), 112)])
def test_numbers_are_even_within_combinations(sizes: tuple[int, ...], heads: int) -> None:
    categories, numbers = strata(heads, sizes, 3, np.random.default_rng(1))
    whole = [size for i, size in enumerate(sizes) if np.prod(sizes[: i + 1]) <= heads]
    cell = np.ravel_multi_index(categories[: len(whole)], whole)
    times = heads // int(np.prod(whole))
    for number in numbers:
        for one in range(int(np.prod(whole))):
            inside = np.floor(number[cell == one] * times).astype(int)
            assert sorted(inside.tolist()) == [*range(times)]


@pytest.mark.thorough
def test_columns_and_categories_are_independent() -> None:
    """Over seeds, correlations lie around 0, closer than chance's, and rows come in no order."""
    found, order = [], []
    for seed in range(200):
        (level,), numbers = strata(60, (5,), 3, np.random.default_rng(seed))
        found.append(np.corrcoef([*numbers, level])[np.triu_indices(4, 1)])
        order.append(np.corrcoef([np.arange(60), level, *numbers])[0, 1:])
    assert np.abs(np.mean(found, axis=0)).max() < 0.005
    assert np.sqrt(np.mean(np.square(found))) < 0.5 / np.sqrt(60)
    assert np.abs(np.mean(order, axis=0)).max() < 3.5 / np.sqrt(60 * 200)
