"""Intervals of the mean over identities."""

from __future__ import annotations

import dataclasses
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t, ttest_1samp

from facelib.errors import BadValueError
from facelib.stats import mean_distribution
from facelib.stats.effects.bootstrap import MeanDistribution


def slow_bca(d: np.ndarray, draws: np.ndarray, level: float) -> tuple[float, float]:
    """Efron (1987), line by line: bias from the resamples, acceleration from the jackknife."""
    n, estimate = len(d), float(np.mean(d))
    bias = norm.ppf((np.sum(draws < estimate) + np.sum(draws <= estimate)) / 2 / len(draws))
    left_out = [statistics.fmean(np.delete(d, i)) for i in range(n)]
    distance = [statistics.fmean(left_out) - value for value in left_out]
    acceleration = sum(x**3 for x in distance) / (6 * sum(x**2 for x in distance) ** 1.5)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = math.sqrt(n / (n - 1)) * t.ppf(tail, n - 1)  # widened: Efron takes norm.ppf(tail)
        share = norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
        ends.append(float(np.quantile(draws, share)))
    return ends[0], ends[1]


@pytest.mark.parametrize("level", [0.90, 0.95, 0.99])
def test_bca_is_the_formula(level: float, rng: np.random.Generator) -> None:
    d = rng.exponential(size=33) - 0.7
    known = mean_distribution(d, n_bootstrap=4999)
    low, high = known.interval(level)
    expected = slow_bca(d, known.draws[:, 0], level)
    assert (low[0], high[0]) == pytest.approx(expected, rel=1e-9)


def test_few_identities_get_students_interval(rng: np.random.Generator) -> None:
    d = rng.normal(0.2, 1, 19)
    known = mean_distribution(d)
    oracle = ttest_1samp(d, 0).confidence_interval(0.90)
    low, high = known.interval(0.90)
    assert known.method.tolist() == ["t"]
    assert (low[0], high[0]) == pytest.approx(tuple(oracle), rel=1e-12)
    assert mean_distribution(rng.normal(size=20)).method.tolist() == ["bca"]


def test_columns_share_resamples_and_gaps_stay_apart(rng: np.random.Generator) -> None:
    d = rng.normal(size=(30, 4))
    d[3, 1] = d[[4, 7, 9, 11, 12, 13, 15, 16, 17, 20, 21], 2] = d[1:, 3] = math.nan
    known = mean_distribution(d, n_bootstrap=999, seed=7)
    assert known.method.tolist() == ["bca", "bca", "t", "none"]
    for column in range(3):
        alone = mean_distribution(d[~np.isnan(d[:, column]), column], n_bootstrap=999, seed=7)
        for ends, expected in zip(known.interval(), alone.interval(), strict=True):
            assert ends[column] == pytest.approx(expected[0], rel=1e-12)
    assert np.isnan([ends[3] for ends in known.interval()]).all()
    assert known.n.tolist() == [30, 29, 19, 1]
    np.testing.assert_allclose(known.mean, np.nanmean(d, axis=0), rtol=1e-12)
    np.testing.assert_allclose(known.spread[:3], np.nanstd(d[:, :3], axis=0, ddof=1), rtol=1e-12)


@pytest.mark.parametrize("n", [2, 19, 20, 60])
@pytest.mark.parametrize("value", [0.0, 0.1, -3.7])
def test_no_spread_is_no_width(n: int, value: float) -> None:
    known = mean_distribution([value] * n)
    assert known.constant.tolist() == [True]
    assert [float(ends[0]) for ends in known.interval()] == pytest.approx([value, value], rel=1e-12)


@pytest.mark.thorough
@given(
    st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=20, max_size=24),
    st.sampled_from([-2.0, 0.5, 1000.0]),
    st.sampled_from([0.0, -3.0, 0.25]),
)
def test_intervals_follow_scale_and_shift(d: list[float], factor: float, shift: float) -> None:
    low, high = mean_distribution(d, n_bootstrap=800).interval()
    moved = mean_distribution([factor * x + shift for x in d], n_bootstrap=800).interval()
    expected = sorted([factor * low[0] + shift, factor * high[0] + shift])
    assert low[0] <= high[0]
    # Under a mirror image the quantiles of the resamples swap sides; interpolation is symmetric too.
    assert [float(ends[0]) for ends in moved] == pytest.approx(expected, rel=1e-6, abs=1e-6 * abs(factor))


def test_the_same_seed_gives_the_same_interval(rng: np.random.Generator) -> None:
    d = rng.normal(size=25)

    def low(known: MeanDistribution) -> float:
        return float(known.interval()[0][0])

    assert low(mean_distribution(d, seed=4)) == low(mean_distribution(d, seed=4))
    assert low(mean_distribution(d, seed=4)) != low(mean_distribution(d, seed=5))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_distribution([0.1, math.inf]), "infinite"),
        (lambda: mean_distribution([]), "at least one identity"),
        (lambda: mean_distribution([0.1, 0.2], method="BCa"), "auto, bca, t"),
        (lambda: mean_distribution([0.1, 0.2], n_bootstrap=10), "99 or more"),
        (lambda: mean_distribution([0.1, 0.2]).interval(95), "strictly between 0 and 1"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize(("level", "least"), [(0.90, 400), (0.95, 800), (0.99, 4000), (0.999, 40_000)])
def test_an_interval_needs_resamples_beyond_its_ends(
    level: float, least: int, rng: np.random.Generator
) -> None:
    d = rng.normal(size=25)
    mean_distribution(d, n_bootstrap=least).interval(level)
    with pytest.raises(BadValueError, match=f"needs {least} resamples or more"):
        mean_distribution(d, n_bootstrap=least - 1).interval(level)
    mean_distribution(d[:19], n_bootstrap=99).interval(level)  # Student's needs none


def test_an_extreme_level_does_not_wrap_around() -> None:
    d = np.r_[np.zeros(24), 1.0]
    known = dataclasses.replace(mean_distribution(d, n_bootstrap=999), n_bootstrap=10**12)
    highs = [float(known.interval(level)[1][0]) for level in (0.9, 0.99, 0.999, 1 - 1e-6, 1 - 1e-9)]
    assert highs == sorted(highs)
    assert highs[-1] == known.draws[-1, 0]
    mirrored = dataclasses.replace(mean_distribution(-d, n_bootstrap=999), n_bootstrap=10**12)
    assert float(mirrored.interval(1 - 1e-9)[0][0]) == mirrored.draws[0, 0]
