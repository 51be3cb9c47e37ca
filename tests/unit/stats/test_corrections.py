"""Corrections for many tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust, adjusted, max_statistic, merged_majority

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def slow_holm(p: list[float]) -> list[float]:
    """p_(i) · (m - i + 1), made monotone from the smallest on."""
    m, result, so_far = len(p), [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p[i])):
        so_far = max(so_far, (m - rank) * p[index])
        result[index] = min(1.0, so_far)
    return result


def slow_max(observed: list[float], null: list[list[float]]) -> list[float]:
    counts = [sum(max(row) >= value for row in null) for value in observed]
    return [(count + 1) / (len(null) + 1) for count in counts]


@pytest.mark.thorough
@given(P)
def test_holm_is_the_formula(p: list[float]) -> None:
    np.testing.assert_allclose(adjust(p, "holm"), slow_holm(p), rtol=1e-12, atol=1e-300)


@pytest.mark.thorough
def test_statsmodels_and_scipy_agree(rng: np.random.Generator) -> None:
    p = (rng.random(480) ** 3).round(3)  # with ties
    np.testing.assert_allclose(adjust(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-12)
    np.testing.assert_allclose(adjust(p, "bh"), false_discovery_control(p, method="bh"), rtol=1e-12)
    np.testing.assert_allclose(adjust(p, "by"), false_discovery_control(p, method="by"), rtol=1e-12)


@pytest.mark.thorough
@given(P, st.data())
def test_what_is_not_testable_is_no_part_of_the_family(p: list[float], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(p)))
    gap = [*p[:where], math.nan, *p[where:]]
    for name, corrected in adjusted(gap).items():
        assert np.isnan(corrected[where])
        np.testing.assert_array_equal(np.delete(corrected, where), adjusted(p)[name])


def test_a_table_is_one_family(rng: np.random.Generator) -> None:
    p = rng.random((6, 4))
    for name, corrected in adjusted(p).items():
        assert corrected.shape == (6, 4)
        np.testing.assert_array_equal(corrected.ravel(), adjusted(p.ravel())[name])


def test_nothing_testable_stays_nothing() -> None:
    assert np.isnan(adjust([math.nan, math.nan], "by")).all()
    assert adjust([], "holm").shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_three_tests_merge_to_one_and_a_half_times_the_second(p: list[float]) -> None:
    vote = merged_majority(*p)
    assert vote.p_value == pytest.approx(min(1.0, 1.5 * sorted(p)[1]), rel=1e-12)
    assert vote.votes == sum(value < 0.01 for value in p)
    assert vote.rejected == (sorted(p)[1] < 0.01)


@pytest.mark.parametrize(("k", "factor"), [(1, 1.0), (2, 1.0), (4, 4 / 3), (5, 5 / 3), (7, 7 / 4)])
def test_any_number_of_tests_can_vote(k: int, factor: float, rng: np.random.Generator) -> None:
    p = rng.random((k, 50)) / 4
    vote = merged_majority(*p, alpha=0.05)
    j = math.ceil((k + 1) / 2)
    np.testing.assert_allclose(vote.p_value, factor * np.sort(p, axis=0)[j - 1], rtol=1e-12)
    np.testing.assert_array_equal(vote.rejected, np.sort(p, axis=0)[j - 1] < 0.05)
    assert (vote.n_tests, vote.alpha) == (k, 0.05)


def test_a_test_that_could_not_be_run_never_votes_for() -> None:
    nan = math.nan
    one_missing = merged_majority([0.001, 0.001], [0.002, 0.3], [nan, nan])
    np.testing.assert_allclose(one_missing.p_value, [0.003, 0.45], rtol=1e-12)
    np.testing.assert_array_equal(one_missing.votes, [2, 1])
    assert merged_majority(0.001, nan, nan).p_value == 1.0
    none = merged_majority(nan, nan, nan)
    assert math.isnan(none.p_value)
    assert (none.votes, none.rejected) == (0, False)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_the_merged_p_holds_in_the_worst_case(alpha: float) -> None:
    # Rüger's bound is reached: on a share alpha of the cases two of three tests share p below 2/3 alpha.
    grid = (np.arange(30_000) + 0.5) / 30_000
    third = np.arange(30_000) % 3
    p = np.empty((3, 30_000))
    low = grid < alpha
    for test in range(3):
        mine = low & (third != test)
        p[test, mine] = (np.arange(mine.sum()) + 0.5) / 30_000
        p[test, ~mine] = (np.arange((~mine).sum()) + 0.5 + mine.sum()) / 30_000
        assert np.mean(p[test] <= 0.3) == pytest.approx(0.3, abs=1e-4)  # each test is uniform
    rejected = np.mean(np.asarray(merged_majority(*p).p_value) <= alpha)
    assert rejected == pytest.approx(alpha, abs=2e-4)
    assert np.mean(np.asarray(merged_majority(*p, alpha=alpha * 2 / 3).rejected)) > alpha * 0.99


@pytest.mark.thorough
@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 10_000))
def test_max_statistic_is_the_formula(m: int, draws: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed, null = rng.integers(0, 5, m).astype(float), rng.integers(0, 5, (draws, m)).astype(float)
    expected = slow_max(observed.tolist(), null.tolist())
    np.testing.assert_allclose(max_statistic(observed, null), expected, rtol=1e-12)
    assert max_statistic(observed, null).min() >= 1 / (draws + 1)


def test_ties_count_in_spite_of_rounding() -> None:
    null = np.array([[0.1 + 0.2], [0.0], [0.0]])
    assert max_statistic([0.3], null).tolist() == [0.5]
    assert max_statistic([0.1 + 0.2], np.array([[0.3], [0.0], [0.0]])).tolist() == [0.5]
    assert max_statistic([-0.1 - 0.2], np.array([[-0.3], [-1.0], [-1.0]])).tolist() == [0.5]


def test_infinite_statistics_are_as_extreme_as_infinite_ones() -> None:
    assert max_statistic([math.inf], [[math.inf], [math.inf], [0.0]]).tolist() == [0.75]
    assert max_statistic([-math.inf], [[-math.inf], [0.0], [math.inf]]).tolist() == [1.0]
    assert max_statistic([math.inf, 1.0], [[0.0, 2.0]]).tolist() == [0.5, 1.0]


def test_not_testable_columns_leave_the_family(rng: np.random.Generator) -> None:
    observed, null = rng.random(4), rng.random((50, 4))
    gap = np.insert(observed, 2, math.nan)
    wide = np.insert(null, 2, math.nan, axis=1)
    found = max_statistic(gap, wide)
    assert np.isnan(found[2])
    np.testing.assert_array_equal(np.delete(found, 2), max_statistic(observed, null))
    assert np.isnan(max_statistic([math.nan], [[1.0]])).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adjust([0.2, 1.3], "holm"), "between 0 and 1"),
        (lambda: adjust([0.2, -0.1], "bh"), "between 0 and 1"),
        (lambda: adjust(["a"], "bh"), "must be numbers"),
        (lambda: adjust([10**400], "holm"), "must be numbers"),
        (lambda: adjust([0.2], "bonferoni"), "holm, bh, by"),
        (merged_majority, "one or more tests"),
        (lambda: merged_majority([0.1, 0.2], [0.1]), "one shape"),
        (lambda: merged_majority(0.1, alpha=1.0), "strictly between"),
        (lambda: max_statistic([1.0, 2.0], [[1.0]]), "(2,) and (1, 1)"),
        (lambda: max_statistic([1.0], np.empty((0, 1))), "B >= 1"),
        (lambda: max_statistic([1.0], [[math.nan]]), "NaN in 1"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)
