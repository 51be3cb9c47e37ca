"""Distance covariance inside labels against its definition, one matrix at a time."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances

from facelib.errors import BadValueError
from facelib.stats.independence import WithinDcov, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.permutation.within_dcov import (
    MOST_PAIRS,
    PreparedDistances,
    coordinates,
    runs_of_tiles,
    triangle,
)
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import Variable, as_variable

FEW = settings(max_examples=20, deadline=None)


def distances(variable: Variable) -> np.ndarray:
    """Absolute differences of z-scores; Euclidean for several columns; 0 or 1 for categories."""
    if variable.kind == "categorical":
        return 1.0 - variable.values @ variable.values.T
    z = (variable.values - variable.values.mean(axis=0)) / variable.values.std(axis=0, ddof=1)
    return pairwise_distances(z)


def double_centred(d: np.ndarray) -> np.ndarray:
    return d - d.mean(axis=0) - d.mean(axis=1)[:, None] + d.mean()


def u_centred(d: np.ndarray) -> np.ndarray:
    """Székely and Rizzo 2014, definition 2."""
    n = len(d)
    u = d - d.sum(axis=0) / (n - 2) - d.sum(axis=1)[:, None] / (n - 2) + d.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(u, 0)
    return u


def twin(x: Variable, y: Variable, strata: np.ndarray) -> tuple[float, float]:
    """Statistic and effect from the docstring, label by label."""
    n, statistic, u = len(strata), 0.0, np.zeros(3)
    for label in np.unique(strata):
        rows = np.flatnonzero(strata == label)
        m = len(rows)
        a, b = (distances(v)[np.ix_(rows, rows)] for v in (x, y))
        statistic += m / n * (double_centred(a) * double_centred(b)).sum() / m**2
        if m >= 4:
            pairs = ((a, b), (a, a), (b, b))
            u += m / n * np.array([(u_centred(p) * u_centred(q)).sum() / (m * (m - 3)) for p, q in pairs])
    return statistic, float(np.sqrt(max(0.0, u[0] / np.sqrt(u[1] * u[2]))))


def problem(rng: np.random.Generator, sizes: list[int], workers: int = 1) -> Problem:
    """Every kind of property and output over labels of the given sizes."""
    n = sum(sizes)
    x = rng.standard_normal(n)
    xs = (
        as_variable(x, "x"),
        as_variable(rng.standard_normal(n) > 0.3, "binary"),
        as_variable(rng.choice(list("abcd"), n), "hair"),
    )
    ys = (
        as_variable(x**2 + rng.standard_normal(n), "curved"),
        as_variable(rng.standard_normal((n, 3)) * [1, 10, 100] + x[:, None], "vector"),
        as_variable(rng.integers(0, 2, n), "flag"),
        as_variable(rng.standard_t(2, n), "tails"),
    )
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return Problem(xs, ys, as_given(labels.astype(str), n), seed=0, workers=workers)


@pytest.mark.one_case
@pytest.mark.parametrize("sizes", [[30, 25, 9], [3, 2, 40], [50]])
def test_statistic_and_effect_follow_the_definition(rng: np.random.Generator, sizes: list[int]) -> None:
    question = problem(rng, sizes)
    prepared = WithinDcov().prepare(question)
    for i, x in enumerate(question.xs):
        for j, y in enumerate(question.ys):
            statistic, effect = twin(x, y, question.given.strata)
            assert prepared.statistic[i, j] == pytest.approx(statistic, rel=1e-10)
            assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-7, abs=1e-7)


def test_a_variable_goes_with_itself_wholly(rng: np.random.Generator) -> None:
    x = as_variable(rng.standard_normal(40), "x")
    question = Problem((x,), (x,), as_given(np.repeat(["a", "b"], 20), 40), seed=0)
    assert WithinDcov().prepare(question).effect[0, 0] == pytest.approx(1.0)


def test_effect_is_near_zero_without_dependence_in_small_labels() -> None:
    rng = np.random.default_rng(5)
    labels = np.repeat(np.arange(7), 14).astype(str)
    xs = tuple(as_variable(rng.standard_normal(98), f"x{i}") for i in range(20))
    ys = tuple(as_variable(rng.standard_normal(98), f"y{i}") for i in range(20))
    prepared = WithinDcov().prepare(Problem(xs, ys, as_given(labels, 98), seed=0))
    assert np.median(prepared.effect) < 0.1  # the plain one has .4
    assert (prepared.effect == 0).mean() > 0.3


@pytest.mark.parametrize("workers", [1, 2])
def test_surrogates_equal_a_new_computation(rng: np.random.Generator, workers: int) -> None:
    question = problem(rng, [30, 3, 25], workers)
    prepared = WithinDcov().prepare(question)
    orders = WithinStrata(question.given.bounds, 3).draw(3)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        for i, x in enumerate(question.xs):
            for j, y in enumerate(question.ys):
                again, _ = twin(x.take(order), y, question.given.strata)
                assert found[b, i, j] == pytest.approx(again, rel=1e-9)


def test_only_pairs_of_interest_are_computed(rng: np.random.Generator) -> None:
    question = problem(rng, [30, 25])
    prepared = WithinDcov().prepare(question)
    orders = WithinStrata(question.given.bounds, 3).draw(2)
    whole = prepared.surrogates(orders, np.ones(question.shape, bool))
    pairs = rng.random(question.shape) < 0.4
    some = prepared.surrogates(orders, pairs)
    np.testing.assert_allclose(some[:, pairs], whole[:, pairs], rtol=1e-10)
    assert np.isnan(some[:, ~pairs]).all()


def test_threads_change_nothing(rng: np.random.Generator) -> None:
    state = rng.bit_generator.state
    one = WithinDcov().prepare(problem(rng, [90, 60], workers=1))
    rng.bit_generator.state = state
    two = WithinDcov().prepare(problem(rng, [90, 60], workers=2))
    assert np.array_equal(one.statistic, two.statistic)


def test_the_order_itself_is_a_tie(rng: np.random.Generator) -> None:
    question = problem(rng, [30, 25])
    prepared = WithinDcov().prepare(question)
    same = prepared.surrogates(np.arange(55)[None], np.ones(question.shape, bool))[0]
    np.testing.assert_allclose(same, prepared.extreme, rtol=1e-11)


@FEW
@given(st.lists(st.integers(1, 120), min_size=1, max_size=4))
def test_tiles_cover_every_triangle_once(sizes: list[int]) -> None:
    bounds = np.cumsum([0, *sizes])
    rows = []
    for label, run in runs_of_tiles(bounds.astype(np.intp)):
        for start, end, first, last in run:
            assert (start, end) == (bounds[label], bounds[label + 1])
            assert triangle(end - start, first, last) == sum(end - start - 1 - i for i in range(first, last))
            rows += [(label, i) for i in range(first, last)]
    assert sorted(rows) == [(label, i) for label, size in enumerate(sizes) for i in range(size - 1)]
    assert len(rows) == len(set(rows))


@pytest.mark.thorough
@FEW
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50))
def test_nothing_depends_on_units_order_or_names(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal(40), rng.standard_normal(40)
    z = np.repeat(["happy", "sad"], [22, 18])
    first = independence_test(x, y, z, "within_dcov", n_permutations=99)
    rows = rng.permutation(40)
    renamed = np.where(z == "happy", "z", "a")
    again = (scale * x[rows] + shift, y[rows], renamed[rows])
    second = independence_test(*again, "within_dcov", n_permutations=99)
    assert second.statistic == pytest.approx(first.statistic, rel=1e-8)
    assert second.effect == pytest.approx(first.effect, abs=1e-6)
    assert 0 < second.p_value == first.p_value <= 1


def test_names_of_categories_do_not_matter(rng: np.random.Generator) -> None:
    hair = rng.choice(["bald", "short", "long"], 60)
    y = rng.standard_normal(60)
    other = np.array([{"bald": "c", "short": "a", "long": "b"}[h] for h in hair])
    first, second = (independence_test(v, y, None, "within_dcov") for v in (hair, other))
    assert first.statistic == pytest.approx(second.statistic, rel=1e-10)


def test_numbers_are_not_held_fixed(rng: np.random.Generator) -> None:
    x, y, z = rng.standard_normal((3, 50))
    with pytest.raises(BadValueError, match="labels"):
        independence_test(x, y, z, "within_dcov")


def test_too_many_faces_are_sent_to_the_features() -> None:
    n = int(np.sqrt(2 * MOST_PAIRS)) + 10
    x = as_variable(np.arange(n, dtype=float), "x")
    with pytest.raises(BadValueError, match="within_rff"):
        PreparedDistances(Problem((x,), (x,), as_given(None, n), seed=0))


def test_small_labels_are_counted(rng: np.random.Generator) -> None:
    notes = PreparedDistances(problem(rng, [30, 3, 2])).notes
    assert any("2 labels with fewer than 4 faces" in note for note in notes)


def test_two_faces_a_label_cannot_be_tested(rng: np.random.Generator) -> None:
    x = rng.standard_normal(40)
    result = independence_test(x, x, np.repeat(np.arange(20), 2).astype(str), "within_dcov")
    assert np.isnan([result.p_value, result.statistic, result.effect]).all()
    assert any(note.startswith("Not testable") for note in result.notes)
    assert any("fewer than 3 faces say nothing" in note and "20 of 20" in note for note in result.notes)


def test_one_label_of_three_is_enough(rng: np.random.Generator) -> None:
    labels = np.repeat(np.arange(11), [2] * 10 + [3]).astype(str)
    x = rng.standard_normal(23)
    result = independence_test(x, x, labels, "within_dcov", n_permutations=199)
    assert 1 / 6 - 0.1 < result.p_value < 1 / 6 + 0.1  # six orders of three faces
    assert any("10 of 11" in note for note in result.notes)


def test_what_never_varies_together_cannot_be_tested(rng: np.random.Generator) -> None:
    labels = np.repeat([0, 1, 2, 3], [20, 20, 2, 2])
    x = as_variable(np.where(labels == 0, 0.0, rng.standard_normal(44)), "x")
    y = as_variable(np.where(labels == 1, 0.0, rng.standard_normal(44)), "y")
    z = as_variable(rng.standard_normal(44), "z")
    prepared = WithinDcov().prepare(Problem((x, z), (y, z), as_given(labels.astype(str), 44), seed=0))
    np.testing.assert_array_equal(np.isnan(prepared.statistic), [[True, False], [False, False]])
    np.testing.assert_array_equal(np.isnan(prepared.effect), [[True, False], [False, False]])


def test_categories_lie_at_distance_one() -> None:
    places = coordinates(as_variable(["a", "b", "c", "a", "b", "c"], "hair"))
    np.testing.assert_allclose(pairwise_distances(places)[0], [0, 1, 1, 0, 1, 1], atol=1e-12)


@pytest.mark.thorough
def test_five_thousand_faces_need_little_memory(rng: np.random.Generator) -> None:
    import tracemalloc

    n = 5000
    labels = rng.integers(0, 7, n)
    xs = tuple(as_variable(rng.standard_normal(n), f"x{i}") for i in range(2))
    ys = tuple(as_variable(rng.standard_normal(n), f"y{i}") for i in range(4))
    rows = np.argsort(labels, kind="stable")
    question = Problem(xs, ys, as_given(labels[rows].astype(str), n), seed=0, workers=2)
    tracemalloc.start()
    prepared = WithinDcov().prepare(question)
    prepared.surrogates(WithinStrata(question.given.bounds, 0).draw(20), np.ones((2, 4), bool))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.thorough
def test_one_pair_is_quick(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 500))
    z = rng.integers(0, 7, 500).astype(str)

    def seconds() -> float:
        started = time.process_time()
        independence_test(x, y, z, "within_dcov")
        return time.process_time() - started

    assert min(seconds() for _ in range(5)) < 0.25  # 25 ms on a free machine
