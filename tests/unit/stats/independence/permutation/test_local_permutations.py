"""Orders that hold numbers nearly fixed: who may get whose property."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import binom, rankdata

from facelib.stats.independence import independence_test
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.local_permutations import (
    Neighbours,
    distinct_draws,
    nearest_faces,
    take_neighbours,
)


def given_numbers(numbers: np.ndarray, sizes: list[int]) -> Given:
    return Given(np.repeat(np.arange(len(sizes)), sizes), numbers.reshape(sum(sizes), -1))


@pytest.mark.parametrize(("sizes", "columns"), [([200], 1), ([150], 2), ([60, 30, 3], 1)])
def test_every_face_gets_a_property_of_its_nearest(
    rng: np.random.Generator, sizes: list[int], columns: int
) -> None:
    given = given_numbers(rng.standard_normal((sum(sizes), columns)), sizes)
    orders = Neighbours(given, seed=1, count=5).draw(200)
    for start, end in zip(given.bounds[:-1], given.bounds[1:], strict=True):
        ranks = rankdata(given.numbers[start:end], axis=0)
        far = np.abs(ranks[:, None] - ranks[None]).max(axis=2)
        fifth = np.sort(far, axis=1)[:, min(5, end - start) - 1]  # itself at distance 0 is the first
        inside = orders[:, start:end] - start
        assert inside.min() >= 0
        assert inside.max() < end - start
        assert (far[np.arange(end - start), inside] <= fifth).all()
        moved = (inside != np.arange(end - start)).mean(axis=0)
        assert (moved > 0.5).all()  # nobody keeps its own: each of 5 (or 3) comes about equally often


def half_units(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Eight values as of a rating in halves, .25 … 3.75, and what they cause."""
    z = np.digitize(rng.standard_normal(n), [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]) / 2 + 0.25
    return z, (z - z.mean()) / z.std()


@pytest.mark.parametrize("kind", ["half units", "ages", "mostly zero", "half units and a number"])
def test_ties_leave_nobody_out(rng: np.random.Generator, kind: str) -> None:
    n = 200
    z = half_units(n, rng)[0]
    numbers = {
        "half units": z,
        "ages": np.round(rng.uniform(25, 55, n)) + 0.5,
        "mostly zero": np.where(rng.random(n) < 0.6, 0.5, rng.random(n)),
        "half units and a number": np.column_stack([z, rng.standard_normal(n)]),
    }[kind]
    orders = Neighbours(given_numbers(numbers, [n]), seed=3).draw(100)
    used = np.array([len(np.unique(order)) for order in orders])
    assert used.mean() > 0.85 * n  # 94 % without ties; the same five for all of a tie left 20 to 60 %
    assert len(np.unique(orders)) == n


@pytest.mark.parametrize(("values", "columns"), [(4, 1), (30, 1), (4, 2), (1, 1)])
def test_of_equally_far_faces_each_draws_its_own(rng: np.random.Generator, values: int, columns: int) -> None:
    n, count = 120, 5
    ranks = rankdata(rng.integers(values, size=(n, columns)), axis=0)
    near = nearest_faces(ranks, count, rng)
    far = np.abs(ranks[:, None] - ranks[None]).max(axis=2)
    last = np.sort(far, axis=1)[:, count - 1]
    for i in range(n):
        mine = set(near[i].tolist())
        assert len(mine) == count
        assert i in mine
        assert mine <= set(np.flatnonzero(far[i] <= last[i]))
        if last[i] > 0:
            assert mine >= set(np.flatnonzero(far[i] < last[i]))
    chosen = np.bincount(near.ravel(), minlength=n)
    assert chosen.max() < 25  # the same five for all of a tie are chosen by 30 or more


def test_without_ties_orders_are_those_of_the_tree(rng: np.random.Generator) -> None:
    for columns in (1, 2):
        given = given_numbers(rng.standard_normal((90, columns)), [60, 30])
        orders = Neighbours(given, seed=4)
        for start, end in ((0, 60), (60, 90)):
            ranks = rankdata(given.numbers[start:end], axis=0)
            found = cKDTree(ranks).query(ranks, k=5, p=np.inf)[1]
            np.testing.assert_array_equal(orders.near[start:end] - start, found)
        stream = np.random.default_rng([4, 1])
        visits, expected = stream.permutation(90), np.empty(90, np.intp)
        take_neighbours(orders.near, orders.available, visits, stream.random((90, 5)), expected)
        np.testing.assert_array_equal(orders.draw(1)[0], expected)


@pytest.mark.thorough
def test_a_hundred_thousand_equal_faces_need_little_memory(rng: np.random.Generator) -> None:
    import tracemalloc

    n = 100_000
    for values in (1, 8):
        ranks = rankdata(rng.integers(values, size=(n, 1)), axis=0)
        tracemalloc.start()
        near = nearest_faces(ranks, 5, rng)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100_000_000
        assert len(np.unique(near)) == n


def test_draws_are_different_and_equally_likely(rng: np.random.Generator) -> None:
    for size, count in ((4, 4), (6, 3), (9, 1), (5, 0)):
        drawn = distinct_draws(20_000, size, count, rng)
        assert drawn.shape == (20_000, count)
        assert all(len(set(row)) == count for row in drawn[:200].tolist())
        share = np.bincount(drawn.ravel(), minlength=size) / 20_000
        np.testing.assert_allclose(share, count / size, atol=0.02)


@pytest.mark.thorough
@pytest.mark.parametrize("effect", [0.0, 0.6])
def test_a_rating_in_halves_keeps_level_and_power(effect: float) -> None:
    p = []
    for seed in range(50):
        rng = np.random.default_rng([11, seed])
        z, caused = half_units(200, rng)
        own = rng.standard_normal(200)
        y = 0.5 * caused + effect * own + 0.6 * rng.standard_normal(200)
        result = independence_test(0.5 * caused + 0.6 * own, y, z, "cmiknn", seed, n_permutations=39)
        p.append(result.p_value)
    rejected = (np.array(p) <= 0.05).sum()
    if effect:
        assert rejected >= 49
    else:
        assert 0.35 < np.mean(p) < 0.65  # .87 while all of a tie had the same five neighbours
        assert rejected <= binom.ppf(0.9995, 50, 0.07)


def test_a_property_is_seldom_used_twice(rng: np.random.Generator) -> None:
    n = 300
    for columns, most in ((1, 0.10), (2, 0.12)):
        given = given_numbers(rng.standard_normal((n, columns)), [n])
        orders = Neighbours(given, seed=2).draw(100)
        unused = np.mean([n - len(np.unique(order)) for order in orders]) / n
        assert 0 < unused < most  # a free choice among 5 would leave out a third


def restricted_permutation(near: list[np.ndarray], visits: np.ndarray) -> np.ndarray:
    """Runge 2018, algorithm 1, with neighbours that are shuffled already."""
    order, used = np.empty(len(near), int), set()
    for i in visits:
        chosen = next((j for j in near[i] if j not in used), near[i][-1])
        order[i] = chosen
        used.add(chosen)
    return order


def shuffled(near: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Fisher and Yates's shuffle from the front."""
    near = near.copy()
    for step in range(len(near)):
        pick = step + int(uniform[step] * (len(near) - step))
        near[[step, pick]] = near[[pick, step]]
    return near


def test_neighbours_are_taken_as_in_the_paper(rng: np.random.Generator) -> None:
    n = 80
    near = np.stack([rng.choice(n, 5, replace=False) for _ in range(n)])
    available = rng.integers(1, 6, n)
    for _ in range(20):
        visits, uniform, order = rng.permutation(n), rng.random((n, 5)), np.empty(n, np.intp)
        take_neighbours(near, available, visits, uniform, order)
        mixed = [shuffled(near[i, :m], uniform[i]) for i, m in enumerate(available)]
        np.testing.assert_array_equal(order, restricted_permutation(mixed, visits))


def test_seeds_decide_and_what_can_happen_is_counted(rng: np.random.Generator) -> None:
    given = given_numbers(rng.standard_normal(60), [40, 17, 3])
    one, same, other = (Neighbours(given, seed).draw(5) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    stream = Neighbours(given, 4)
    first, second = stream.draw(5), stream.draw(5)
    np.testing.assert_array_equal(first, one)
    assert (second != first).any()
    assert not stream.exact
    assert "approximate" in stream.note
    few = Neighbours(given_numbers(np.array([0.0, 1.0, 2.0]), [3]), 0, 3)  # all orders of three faces
    least, most = np.log(6), 3 * np.log(3)  # counted exactly, or with everybody choosing freely
    assert least - 1e-12 <= few.log_total <= most + 1e-12


def test_few_faces_a_label_beside_a_number_can_be_tested() -> None:
    x, y, number = np.random.default_rng(1).standard_normal((3, 100))
    given = {"label": (np.arange(100) % 7).astype(str), "number": number}
    result = independence_test(x + number, y + number, given, "cmiknn", n_permutations=99)
    assert 0 < result.p_value <= 1
    assert any("approximate" in note for note in result.notes)
