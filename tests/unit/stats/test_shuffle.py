"""The shuffle test against the published loop and against all orders there are."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binomtest

from facelib.errors import BadValueError
from facelib.stats import shuffle_test
from facelib.stats.shuffle import clopper_pearson, closed_form_mean


def published_loop(p: np.ndarray, orders: np.ndarray, slack: float = 0.0) -> tuple[float, float]:
    """The test as published, line by line, on given permutations (B, n): its p and the mean of its null."""
    observed = np.mean(np.abs(np.gradient(p)))
    null = []
    for order in orders:
        shuffled = p[order]
        null.append(np.mean(np.abs(np.gradient(shuffled))))
    mean = np.mean(null)
    hits = 0
    for value in null:
        if abs(value - mean) >= abs(observed - mean) - slack:
            hits += 1
    return hits / len(orders), float(mean)


def orders_of(n: int, n_permutations: int, seed: int) -> np.ndarray:
    """The permutations that `shuffle_test` draws, (B, n)."""
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.broadcast_to(np.arange(n)[:, None], (n, n_permutations)), axis=0).T
    assert (np.sort(orders, axis=1) == np.arange(n)).all()
    return orders


@pytest.mark.one_case
@pytest.mark.parametrize("n", [11, 21, 101])
@pytest.mark.parametrize("kind", ["noise", "smooth"])
def test_the_published_convention_is_the_published_loop(n: int, kind: str, rng: np.random.Generator) -> None:
    for seed in range(3):
        p = rng.random(n) if kind == "noise" else np.cumsum(rng.random(n) - 0.3) / n
        expected, mean = published_loop(p, orders_of(n, 300, seed))
        found = shuffle_test(p, 300, "published", seed)
        assert found.p_value == expected
        assert found.null_mean == pytest.approx(mean, rel=1e-12)
        assert found.epgm == pytest.approx(float(np.abs(np.gradient(p)).mean()), rel=1e-12)


@pytest.mark.thorough
def test_where_shuffles_repeat_the_series_ties_count(rng: np.random.Generator) -> None:
    for seed in range(20):
        p = rng.random(5)
        expected, _ = published_loop(p, orders_of(5, 300, seed), slack=1e-12)
        assert shuffle_test(p, 300, "published", seed).p_value == expected
        assert expected >= 4 / 300  # the series and its reversal alone are 1 of 60 orders


@pytest.mark.one_case
@pytest.mark.parametrize("n", [9, 11, 101])
def test_the_corrected_convention_counts_the_series_itself(n: int, rng: np.random.Generator) -> None:
    for seed in range(3):
        p = rng.random(n)
        distances = np.abs(p[:, None] - p[None, :])
        mean = (n + 2) / (2 * n) * distances.sum() / (n * (n - 1))
        observed = np.abs(np.gradient(p)).mean()
        null = np.array([np.abs(np.gradient(p[order])).mean() for order in orders_of(n, 500, seed)])
        hits = sum(abs(value - mean) >= abs(observed - mean) - 1e-9 * mean for value in null)
        found = shuffle_test(p, 500, seed=seed)
        assert found.p_value == (hits + 1) / 501
        assert found.null_mean == pytest.approx(mean, rel=1e-12)
        assert found.side == ("larger" if observed > mean else "smaller")
        exact = binomtest(hits, 500).proportion_ci(0.95, "exact")
        assert found.p_interval == pytest.approx((exact.low, exact.high), abs=1e-9)


@pytest.mark.thorough
@pytest.mark.parametrize("n", [5, 6, 7])
@pytest.mark.parametrize("ties", [False, True])
def test_the_interval_holds_the_p_of_all_orders(
    n: int, ties: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facelib.stats.shuffle.EXACT_UP_TO", 0)
    p = rng.integers(0, 3, n) / 3 if ties else rng.random(n)
    null = np.array(
        [np.abs(np.gradient(p[list(order)])).mean() for order in itertools.permutations(range(n))]
    )
    observed, mean = np.abs(np.gradient(p)).mean(), null.mean()
    exact = np.mean(np.abs(null - mean) >= abs(observed - mean) - 1e-9 * mean)
    found = shuffle_test(p, 20_000)
    low, high = found.p_interval
    assert low - 0.005 <= exact <= high + 0.005
    assert found.p_value == pytest.approx(exact, abs=0.015)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("ties", [False, True])
def test_few_strengths_are_tested_on_every_order(n: int, ties: bool, rng: np.random.Generator) -> None:
    orders = np.array(list(itertools.permutations(range(n)))).T
    p = rng.integers(0, 3, (n, 4)) / 3 if ties else rng.random((n, 4))
    together = shuffle_test(p, 1)
    assert (together.exact, together.n_permutations) == (True, math.factorial(n))
    for c in range(4):
        null = np.abs(np.gradient(p[:, c][orders], axis=0)).mean(axis=0)
        distance = np.abs(null - null.mean())
        expected = np.mean(distance >= distance[0] - 1e-9 * null.mean())
        assert together.p_value[c] == pytest.approx(expected, rel=1e-12)
        alone = shuffle_test(p[:, c], 77, seed=5)
        assert (alone.p_value, alone.p_interval) == (together.p_value[c], (together.p_value[c],) * 2)
        assert alone.p_value >= 2 / math.factorial(n)  # the series and its reversal
    assert not shuffle_test(p, 50, "published").exact
    assert not shuffle_test(rng.random(9), 50).exact


def test_one_column_of_many_is_what_it_would_be_alone(rng: np.random.Generator) -> None:
    p = rng.random((21, 3))
    together = shuffle_test(p, 300, seed=2)
    for k in range(3):
        one, alone = together.column(k), shuffle_test(p[:, k], 300, seed=2)
        assert (one.p_value, one.p_interval, one.side) == (alone.p_value, alone.p_interval, alone.side)
        assert (type(one.epgm), type(one.null_mean), type(one.side)) == (float, float, str)


def test_columns_share_their_permutations(rng: np.random.Generator) -> None:
    p = rng.random((21, 7))
    together = shuffle_test(p, 400, seed=3)
    for c in range(7):
        alone = shuffle_test(p[:, c], 400, seed=3)
        assert together.p_value[c] == alone.p_value
        assert tuple(together.p_interval[:, c]) == alone.p_interval
        assert together.side[c] == alone.side
        assert together.epgm[c] == pytest.approx(alone.epgm, rel=1e-14)
        assert together.null_mean[c] == pytest.approx(alone.null_mean, rel=1e-12)
    assert together.p_interval.shape == (2, 7)
    assert together.notes == shuffle_test(p[:, 0], 400, seed=3).notes


def test_one_column_stays_an_array(rng: np.random.Generator) -> None:
    found = shuffle_test(rng.random((11, 1)))
    assert found.p_value.shape == found.epgm.shape == found.side.shape == found.null_mean.shape == (1,)
    single = shuffle_test(rng.random(11))
    assert {type(v) for v in (single.p_value, single.epgm, single.null_mean, *single.p_interval)} == {float}
    assert type(single.side) is str


@pytest.mark.parametrize("convention", ["corrected", "published"])
def test_the_same_seed_gives_the_same_and_another_another(convention: str, rng: np.random.Generator) -> None:
    p = rng.random(21)
    runs = [shuffle_test(p, 200, convention, seed).p_value for seed in (0, 0, 1, 2, 3)]
    assert runs[0] == runs[1]
    assert len(set(runs)) > 1


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    p = rng.random((21, 3))
    whole = shuffle_test(p, 500)
    monkeypatch.setattr("facelib.stats.shuffle._CHUNK", 1)
    np.testing.assert_array_equal(shuffle_test(p, 500).p_value, whole.p_value)


OUTPUTS = hnp.arrays(np.float64, st.integers(2, 30), elements=st.floats(0, 1, width=32))


@pytest.mark.thorough
@given(OUTPUTS)
def test_reversal_changes_the_epgm_of_no_order(p: np.ndarray) -> None:
    forth, back = shuffle_test(p, 50), shuffle_test(p[::-1], 50)
    assert back.epgm == pytest.approx(forth.epgm, rel=1e-12)
    assert back.null_mean == pytest.approx(forth.null_mean, rel=1e-9)
    assert back.side == forth.side


@pytest.mark.thorough
@given(OUTPUTS, st.sampled_from(["corrected", "published"]), st.integers(1, 60), st.integers(0, 5))
def test_p_interval_and_side_hang_together(p: np.ndarray, convention: str, count: int, seed: int) -> None:
    found = shuffle_test(p, count, convention, seed)
    low, high = found.p_interval
    smallest = 1 / (count + 1) if convention == "corrected" else 0.0
    share = found.p_value if convention == "published" else (found.p_value * (count + 1) - 1) / count
    if found.exact:
        smallest, share = 1 / math.factorial(len(p)), found.p_value
    assert smallest <= found.p_value <= 1
    assert low - 1e-9 <= share <= high + 1e-9
    if found.side == "equal" and convention == "corrected":
        assert found.p_value == 1
    if len(p) == 2 or np.ptp(p) == 0:  # two values have one EPGM in either order
        assert (found.p_value, found.side) == (1, "equal")


@pytest.mark.parametrize("scale", [1e-250, 1e-6, 1e6])
@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_scale_and_shift_change_no_p(scale: float, shift: float, rng: np.random.Generator) -> None:
    p = rng.integers(0, 2**10, 15) / 2**10
    expected = shuffle_test(p, 300).p_value
    assert shuffle_test(p * scale, 300).p_value == expected
    if scale > 1e-200:
        assert shuffle_test(p * scale + shift, 300).p_value == expected


@pytest.mark.thorough
@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 40), st.integers(1, 4)), elements=st.floats(-9, 9)))
def test_the_closed_form_is_the_mean_over_pairs(p: np.ndarray) -> None:
    n = len(p)
    for c, mean in enumerate(closed_form_mean(p)):
        pairs = [abs(a - b) for a, b in itertools.permutations(p[:, c], 2)]
        assert mean == pytest.approx((n + 2) / (2 * n) * math.fsum(pairs) / len(pairs), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("hits", [0, 1, 7, 50, 99, 100])
@pytest.mark.parametrize("level", [0.95, 0.999])
def test_clopper_pearson_is_that_of_scipy(hits: int, level: float) -> None:
    expected = binomtest(hits, 100).proportion_ci(level, "exact")
    low, high = clopper_pearson(hits, 100, level)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_notes_say_what_cannot_be_reached(rng: np.random.Generator) -> None:
    assert shuffle_test(rng.random(9)).notes == ()
    five, six, seven = (" ".join(shuffle_test(rng.random(n)).notes) for n in (5, 6, 7))
    assert "can't have a p below .067" in five
    assert "significant at .05" in five
    assert "can't have a p below .022" in six
    assert "significant at .01" in six
    assert seven == ""
    few = " ".join(shuffle_test(rng.random(21), 15).notes)
    assert "15 permutations" in few
    assert ".062" in few
    assert "can't reject at .05" in few
    assert "can't reject at .01" in " ".join(shuffle_test(rng.random(21), 50).notes)
    assert "none of the shuffles drawn" in " ".join(
        shuffle_test(rng.random(21), convention="published").notes
    )
    assert "constant" in " ".join(shuffle_test(np.full(21, 0.4)).notes)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(BadValueError, match='"corrected" or "published"; got \'exact\''):
        shuffle_test([0.1, 0.2, 0.3], convention="exact")  # type: ignore[arg-type]


def test_the_result_says_how_it_was_made_and_cannot_be_changed() -> None:
    found = shuffle_test([0.1, 0.2, 0.3, 0.1, 0.2], 99, "published", 7)
    assert (found.n, found.n_permutations, found.convention, found.seed) == (5, 99, "published", 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.n = 6  # type: ignore[misc]


def test_options_and_outputs_of_another_kind_are_named() -> None:
    with pytest.raises(BadValueError, match='"corrected" or "published"'):
        shuffle_test([0.1, 0.2, 0.3], 9, np.array(["corrected", "published"]))  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="1 of 3 are missing"):
        shuffle_test(np.ma.array([0.1, 0.2, 0.3], mask=[False, True, False]))
