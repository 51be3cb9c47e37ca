"""cHSIC against its formula with n × n matrices (METHODS, section 4)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from facelib.errors import BadValueError
from facelib.stats.independence import Chsic, independence_test
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.permutation.chsic import MOST_ROWS, precision
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import Variable, as_variable

FEW = settings(max_examples=15, deadline=None)
CONDITIONERS = ("labels", "nothing")


def standardised(values: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    return scaled


def design(held: Given) -> np.ndarray:
    """Labels one-hot and not scaled."""
    return np.eye(held.n_strata)[held.strata] if held.n_strata > 1 else np.empty((len(held.strata), 0))


def half_median(values: np.ndarray) -> float:
    """σ², half the median of squared distances over pairs of faces; 0 → 1."""
    squares = pdist(values, "sqeuclidean") if values.shape[1] else np.zeros(1)
    return float(np.median(squares) / 2) or 1.0


def kernel(values: np.ndarray, variance: float) -> np.ndarray:
    """Centred exp(−d²/(2σ²))."""
    gram = np.exp(-squareform(pdist(values, "sqeuclidean")) / (2 * variance)) if values.shape[1] else 1.0
    n = len(values)
    h = np.eye(n) - 1 / n
    return h @ (gram * np.ones((n, n))) @ h


def twin(
    x: Variable, y: Variable, held: Given, order: np.ndarray | None = None, epsilon: float = 1e-4
) -> tuple[float, float, float]:
    """T with the property in another order, √(T_XX T_YY), and the effect, line by line."""
    n, z = len(held.strata), design(held)
    both = [np.hstack([standardised(v.values), z]) for v in (x, y)]
    moved = both[0] if order is None else np.hstack([standardised(x.values)[order], z])
    k, own_k, ell = (
        kernel(v, half_median(of)) for v, of in ((moved, both[0]), (both[0], both[0]), (both[1], both[1]))
    )
    m = kernel(z, half_median(z))
    p = m @ np.linalg.inv(m + epsilon * np.eye(n))

    def criterion(k: np.ndarray, ell: np.ndarray) -> float:
        found = np.trace(k @ ell) - 2 * np.trace(k @ p @ ell) + np.trace(k @ p @ ell @ p)
        return float(found / (n - 1) ** 2)

    largest = float(np.sqrt(criterion(own_k, own_k) * criterion(ell, ell)))
    found = criterion(k, ell)
    return found, largest, float(np.sqrt(np.clip(found / largest, 0, 1)))


def held_fixed(kind: str, sizes: list[int]) -> Given:
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    return as_given(labels if kind == "labels" else None, sum(sizes))


def problem(rng: np.random.Generator, kind: str, sizes: list[int], workers: int = 1) -> Problem:
    """Every kind of property and output."""
    n, held = sum(sizes), held_fixed(kind, sizes)
    x = rng.standard_normal(n) + held.strata / 2
    xs = (
        as_variable(20 * x + 40, "age"),
        as_variable(rng.standard_normal(n) > 0.3, "glasses"),
        as_variable(rng.choice(list("abc"), n), "hair"),
    )
    ys = (
        as_variable(x**2 + rng.standard_normal(n), "curved"),
        as_variable(rng.standard_normal((n, 3)) * [1, 10, 100] + x[:, None], "vector"),
        as_variable(rng.standard_t(2, n), "tails"),
        as_variable(rng.integers(0, 2, n), "flag"),
    )
    return Problem(xs, ys, held, seed=0, workers=workers)


def pairs_of(question: Problem) -> Iterator[tuple[int, int, Variable, Variable]]:
    for (i, x), (j, y) in itertools.product(enumerate(question.xs), enumerate(question.ys)):
        yield i, j, x, y


@pytest.mark.one_case
@pytest.mark.parametrize("kind", CONDITIONERS)
@pytest.mark.parametrize("sizes", [[40, 25, 15], [30, 3, 2, 1]])
def test_statistic_and_effect_follow_the_formula(
    rng: np.random.Generator, kind: str, sizes: list[int]
) -> None:
    question = problem(rng, kind, sizes)
    prepared = Chsic().prepare(question)
    for i, j, x, y in pairs_of(question):
        statistic, largest, effect = twin(x, y, question.given)
        assert prepared.statistic[i, j] == pytest.approx(statistic, rel=1e-9, abs=1e-8 * largest)
        assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("kind", CONDITIONERS)
@pytest.mark.parametrize("workers", [1, 2])
def test_surrogates_equal_a_new_computation(rng: np.random.Generator, kind: str, workers: int) -> None:
    question = problem(rng, kind, [40, 25, 5], workers)
    test = Chsic()
    prepared = test.prepare(question)
    orders = test.orders(question).draw(3)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        assert (order != np.arange(question.n)).any()
        for i, j, x, y in pairs_of(question):
            again, largest, _ = twin(x, y, question.given, order)
            assert found[b, i, j] == pytest.approx(again, rel=1e-9, abs=1e-8 * largest)


def test_the_ridge_is_the_one_asked_for(rng: np.random.Generator) -> None:
    question = problem(rng, "labels", [30, 20])
    for epsilon in (1e-3, 1.0):
        found = Chsic(epsilon=epsilon).prepare(question).statistic[0, 0]
        x, y = question.xs[0], question.ys[0]
        statistic, largest, _ = twin(x, y, question.given, epsilon=epsilon)
        assert found == pytest.approx(statistic, rel=1e-9, abs=1e-8 * largest)


def test_only_pairs_of_interest_are_computed(rng: np.random.Generator) -> None:
    question = problem(rng, "labels", [30, 25])
    test = Chsic()
    prepared, orders = test.prepare(question), test.orders(question).draw(40)
    whole = prepared.surrogates(orders, np.ones(question.shape, bool))
    pairs = rng.random(question.shape) < 0.4
    some = prepared.surrogates(orders, pairs)
    np.testing.assert_allclose(some[:, pairs], whole[:, pairs], rtol=1e-9)
    assert np.isnan(some[:, ~pairs]).all()


@pytest.mark.parametrize("kind", CONDITIONERS)
def test_the_order_itself_is_a_tie(rng: np.random.Generator, kind: str) -> None:
    question = problem(rng, kind, [30, 25])
    prepared = Chsic().prepare(question)
    same = prepared.surrogates(np.arange(55)[None], np.ones(question.shape, bool))[0]
    np.testing.assert_allclose(same, prepared.extreme, rtol=1e-11)


@pytest.mark.parametrize("kind", CONDITIONERS)
def test_a_variable_goes_with_itself_wholly(rng: np.random.Generator, kind: str) -> None:
    held = held_fixed(kind, [30, 25])
    x = as_variable(rng.standard_normal(55), "x")
    assert Chsic().prepare(Problem((x,), (x,), held, seed=0)).effect[0, 0] == pytest.approx(1.0)


def test_the_bandwidth_is_half_the_median_of_squares(rng: np.random.Generator) -> None:
    values = rng.standard_normal((500, 3))
    assert precision(values) == pytest.approx(1 / half_median(values))
    many = rng.standard_normal((3 * MOST_ROWS, 2))
    assert precision(many) == pytest.approx(1 / half_median(many), rel=0.05)
    assert precision(np.repeat([[0.0], [1.0]], [9, 1], axis=0)) == 1.0  # most pairs lie at distance 0


def test_kernels_that_are_cut_are_named(rng: np.random.Generator) -> None:
    question = problem(rng, "labels", [40, 40])
    assert Chsic().prepare(question).notes == ()
    (note,) = Chsic(rank=5).prepare(question).notes
    assert "cut at rank 5" in note
    assert "age" in note
    assert "vector" in note
    assert "glasses" not in note  # two values need two columns


@pytest.mark.parametrize(
    "parameters",
    [
        {"epsilon": 0.0}, {"epsilon": -1.0}, {"epsilon": float("nan")}, {"epsilon": "small"},
        {"rank": 0}, {"rank": None}, {"width": 3},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(rng: np.random.Generator, parameters: dict[str, Any]) -> None:
    x, y = rng.standard_normal((2, 30))
    with pytest.raises(BadValueError, match=f"{next(iter(parameters))}"):
        independence_test(x, y, None, "chsic", **parameters)


@pytest.mark.thorough
@FEW
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50))
def test_nothing_depends_on_units_order_or_names(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 40))
    names = np.repeat(["happy", "sad"], [22, 18])
    rows = rng.permutation(40)
    renamed = np.where(names == "happy", "z", "a")
    first = independence_test(x, y, names, "chsic", n_permutations=59)
    second = independence_test(scale * x[rows] + shift, y[rows], renamed[rows], "chsic", n_permutations=59)
    assert second.statistic == pytest.approx(first.statistic, rel=1e-6)
    assert 0 < second.p_value == first.p_value <= 1


def test_a_constant_property_is_not_testable(rng: np.random.Generator) -> None:
    result = independence_test(np.ones(30), rng.standard_normal(30), None, "chsic")
    assert np.isnan(result.p_value)
    assert "Not testable" in result.notes[0]
