"""What the property gradient and its shuffle test can and can't say: facts that hold exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facelib.stats import monotone_epgm, property_gradient, shuffle_test
from facelib.stats.shuffle import SMALLEST_P

BEST_STEPS = {5: (0, 6, 3, 1), 6: (1, 2, 1, 6, 3), 7: (0, 2, 6, 6, 6, 1), 8: (0, 1, 1, 2, 2, 3, 0)}
SMALLEST = {5: 8 / 120, 6: 16 / 720, 7: 24 / 5040, 8: 48 / 40320}


def all_orders(n: int) -> np.ndarray:
    """Every permutation of n things, (n, n!)."""
    return np.array(list(itertools.permutations(range(n)))).T


def all_epgms(p: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """EPGM of every order by numpy's own gradient, (n!,)."""
    return np.abs(np.gradient(p[orders], axis=0)).mean(axis=0)


def exact_p(p: np.ndarray, orders: np.ndarray) -> float:
    null = all_epgms(p, orders)
    distance = np.abs(null - null.mean())
    return float(
        np.mean(distance >= distance[0] - 1e-9 * null.mean())
    )  # the first order is the series itself


def epgms_of_every_order(p: np.ndarray) -> Iterator[np.ndarray]:
    """EPGM of every order of a longer series, in parts: central differences join every second place only,
    so that the even and the odd places are permuted apart and meet at the two ends.
    """
    n, half = len(p), (len(p) + 1) // 2
    evens, odds = (np.array(list(itertools.permutations(range(m)))) for m in (half, n - half))
    for chosen in itertools.combinations(range(n), half):
        even = p[list(chosen)][evens]
        odd = np.delete(p, chosen)[odds]
        inside = np.abs(np.diff(even)).sum(axis=1)[:, None] + np.abs(np.diff(odd)).sum(axis=1)
        ends = np.abs(even[:, :1] - odd[:, 0]) + np.abs(even[:, -1:] - odd[:, -1])
        yield (inside / 2 + ends).ravel() / n


def test_constant_series() -> None:
    for n in (2, 5, 21, 101):
        for convention in ("published", "corrected"):
            test = shuffle_test(np.full(n, 0.37), convention=convention)
            assert (test.epgm, test.p_value, test.side, test.null_mean) == (0, 1, "equal", 0)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("ties", [False, True])
def test_the_closed_form_is_the_mean_over_all_orders(n: int, ties: bool, rng: np.random.Generator) -> None:
    orders = all_orders(n)
    for _ in range(5):
        p = rng.integers(0, 3, n) / 3 if ties else rng.random(n)
        assert shuffle_test(p).null_mean == pytest.approx(all_epgms(p, orders).mean(), rel=1e-12, abs=1e-15)


@pytest.mark.thorough
@given(hnp.arrays(np.float64, st.integers(2, 101), elements=st.floats(0, 1)), st.booleans())
def test_epgm_of_a_monotone_series(p: np.ndarray, falls: bool) -> None:
    p = np.sort(p)[::-1] if falls else np.sort(p)
    n, size = len(p), abs(p[-1] - p[0])
    ends = abs(p[1] - p[0]) + abs(p[-1] - p[-2])
    found = property_gradient(p).epgm
    if n > 2:
        assert found == pytest.approx(monotone_epgm(size, ends, n), rel=1e-9, abs=1e-15)
    assert found == pytest.approx((size + ends / 2) / n, rel=1e-9, abs=1e-15)
    assert size / n - 1e-12 <= found
    if n > 2:  # with two strengths the first step is the last one
        assert found <= 1.5 * size / n + 1e-12


@pytest.mark.parametrize("n", [2, 3, 11, 21, 101])
def test_epgm_of_a_straight_ramp_scales_with_its_length(n: int) -> None:
    assert property_gradient(np.linspace(0.9, 0.1, n)).epgm == pytest.approx(0.8 / (n - 1), rel=1e-12)


def test_both_bounds_of_a_monotone_series_are_reached() -> None:
    step = np.r_[np.zeros(10), np.ones(11)]
    assert property_gradient(step).epgm == pytest.approx(1 / 21)
    early_and_late = np.r_[0, np.full(19, 0.5), 1]
    assert property_gradient(early_and_late).epgm == pytest.approx(1.5 / 21)


@pytest.mark.thorough
def test_a_ramp_of_a_millionth_is_significant_without_being_relevant() -> None:
    ramp = np.arange(11.0)  # in whole numbers ties are exact; the p is that of any straight ramp
    observed = np.abs(np.gradient(ramp)).mean()
    mean = 13 / 22 * 4.0  # two distinct values of 0 … 10 are 4 apart on average
    extreme = total = 0
    for part in epgms_of_every_order(ramp):
        extreme += np.count_nonzero(np.abs(part - mean) >= abs(observed - mean) - 1e-9)
        total += part.size
    assert total == math.factorial(11)
    assert extreme == 1734
    assert round(extreme / total, 5) == 4e-5  # "about 5e-5"

    tiny = 0.3 + 1e-6 * np.linspace(0, 1, 11)
    assert np.ptp(tiny) == pytest.approx(1e-6)
    runs = [shuffle_test(tiny, convention="published", seed=seed).p_value for seed in range(50)]
    assert np.mean(np.array(runs) == 0) > 0.9  # expected: (1 − 1734 / 11!)^1000 = .96
    corrected = shuffle_test(tiny)
    assert corrected.p_value < 0.01
    assert corrected.p_interval[0] <= extreme / total <= corrected.p_interval[1]
    assert property_gradient(tiny).epgm == pytest.approx(1e-7)


def test_the_split_enumeration_holds_every_order(rng: np.random.Generator) -> None:
    p = rng.random(7)
    parts = np.sort(np.concatenate(list(epgms_of_every_order(p))))
    np.testing.assert_allclose(parts, np.sort(all_epgms(p, all_orders(7))), rtol=1e-12)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [11, 21, 101])
@pytest.mark.parametrize("convention", ["corrected", "published"])
@pytest.mark.parametrize("height", [0.4, -1e-5, 1e-10])
def test_one_spike(n: int, convention: str, height: float) -> None:
    for place in range(n):
        series = np.full(n, 0.5)
        series[place] += height
        test = shuffle_test(series, 200, convention)
        near_an_end = min(place, n - 1 - place) < 2
        # By enumeration of its n places: 4 of n are near an end, EPGM 1.5 times as large there.
        exact = 4 / n if near_an_end else 1.0
        assert test.epgm == pytest.approx(abs(height) * (1.5 if near_an_end else 1) / n, rel=1e-5)
        if near_an_end:
            low, high = test.p_interval
            assert low - 0.1 < exact < high + 0.1
            assert test.side == "larger"
        else:
            assert test.p_value == 1
    assert (round(4 / 11, 2), round(4 / 21, 1)) == (0.36, 0.2)


def test_ties_within_a_billionth_count(rng: np.random.Generator) -> None:
    series = np.zeros(21)
    series[10] = 1.0
    assert shuffle_test(series + 1e-12 * rng.random(21)).p_value == 1
    assert shuffle_test(series + 1e-6 * rng.random(21)).p_value < 0.9  # differences that are larger decide


def test_the_last_bit_has_no_order() -> None:
    test = shuffle_test(np.r_[np.full(10, 0.3), np.full(11, 0.1 + 0.2)])
    assert test.epgm > 0
    assert (test.p_value, test.side) == (1, "equal")


@pytest.mark.parametrize("n", [5, 6, 7, 8])
def test_smallest_p_of_a_rising_or_falling_curve(n: int, rng: np.random.Generator) -> None:
    orders = all_orders(n)
    best = np.r_[0.0, np.cumsum(BEST_STEPS[n])]
    assert exact_p(best, orders) == exact_p(best[::-1], orders) == pytest.approx(SMALLEST[n], rel=1e-9)
    assert SMALLEST_P[n] == SMALLEST[n]
    for i in range(60 if n < 8 else 12):
        ties = i % 3 == 0
        p = np.sort(rng.integers(0, 2 * n, n) / n if ties else rng.random(n) ** rng.uniform(0.2, 6))
        assert exact_p(p, orders) >= SMALLEST[n] * (1 - 1e-9)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_smallest_p_of_a_handful_of_strengths(n: int, rng: np.random.Generator) -> None:
    curves = [
        np.r_[0.0, np.cumsum(steps)] for steps in itertools.product(range(4), repeat=n - 1) if any(steps)
    ]
    curves += [np.sort(rng.random(n)) for _ in range(50)]
    assert min(exact_p(p, all_orders(n)) for p in curves) == pytest.approx(SMALLEST_P[n], rel=1e-9)


def test_five_strengths_cannot_reject_at_05_and_six_not_at_01() -> None:
    assert SMALLEST[5] > 0.05 > SMALLEST[6] > 0.01 > SMALLEST[7]
    assert [round(p, d) for p, d in zip(SMALLEST.values(), (3, 3, 4, 4), strict=True)] == [
        0.067,
        0.022,
        0.0048,
        0.0012,
    ]


def test_a_curve_that_turns_can_have_a_smaller_p() -> None:
    hill = np.array([0.005, 0.091, 0.438, 0.156, 0.195])
    assert exact_p(hill, all_orders(5)) == pytest.approx(4 / 120)
    assert min(exact_p(np.arange(5.0)[order], all_orders(5)) for order in all_orders(5).T) >= 4 / 120


@pytest.mark.parametrize("n", [11, 21, 101])
def test_smooth_and_alternating_curves_are_both_smaller_than_their_shuffles(n: int) -> None:
    s = np.linspace(0, 1, n)
    for curve in (s, 1 / (1 + np.exp(-12 * (s - 0.5))), np.sin(2 * np.pi * s), np.arange(n) % 2):
        test = shuffle_test(curve)
        assert test.side == "smaller"
        assert test.epgm < test.null_mean
        if n > 11:  # 11 strengths are few for a whole wave
            assert test.p_value < 0.05
    assert property_gradient(np.arange(n) % 2).total_variation == n - 1


def test_size_does_not_show_in_the_p() -> None:
    small, large = 0.001 * np.linspace(0, 1, 21), np.linspace(0, 1, 21)
    assert shuffle_test(small).p_value == shuffle_test(large).p_value
    assert property_gradient(large).epgm == pytest.approx(1000 * property_gradient(small).epgm)
