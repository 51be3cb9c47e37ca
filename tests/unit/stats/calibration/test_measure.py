"""Measuring level and power: counts, intervals, seeds, curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats import shuffle_test
from facelib.stats.calibration import p_values, simulate
from facelib.stats.calibration.differences import SIGN_FLIPS, drawn
from facelib.stats.calibration.measure import (
    OTHERS,
    rate_of,
    rates_over_n,
    rates_over_size,
    rejection_rate,
    scenarios_of,
)
from facelib.stats.calibration.scenarios import SCENARIOS
from facelib.stats.calibration.table import COLUMNS
from facelib.stats.independence import Chsic, PartialCorrelation, independence_test


def test_p_is_that_of_the_test_itself() -> None:
    found = p_values("partial_correlation", "labels_7", 60, "linear", 0.3, runs=5, seed=4)
    for i, p in enumerate(found):
        data = simulate("labels_7", 60, "linear", 0.3, np.random.default_rng([4, i]))
        assert p == independence_test(*data, "partial_correlation", i).p_value


def test_the_test_may_have_parameters() -> None:
    by_id = p_values("partial_correlation", "labels_2", 30, runs=5)
    np.testing.assert_array_equal(p_values(PartialCorrelation(), "labels_2", 30, runs=5), by_id)


def test_rate_has_its_exact_interval() -> None:
    p = np.array([0.01, 0.05, 0.05000001, 0.5, np.nan])
    rate = rate_of(p, 0.05)
    exact = binomtest(2, 5).proportion_ci(0.95, method="exact")
    assert (rate.rejected, rate.runs, rate.rate) == (2, 5, 0.4)
    assert (rate.low, rate.high) == pytest.approx((exact.low, exact.high))


def test_more_runs_go_on_where_fewer_ended() -> None:
    few, many = (p_values("chsic", "labels_2", 30, runs=runs, seed=1) for runs in (3, 6))
    np.testing.assert_array_equal(few, many[:3])
    assert not np.array_equal(few, p_values("chsic", "labels_2", 30, runs=3, seed=2))


def test_progress_counts_data_sets() -> None:
    told: list[tuple[float, float]] = []
    p_values("partial_correlation", "none", 20, runs=3, progress=lambda at: told.append((at.done, at.total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.thorough
def test_curves_are_tidy_and_power_grows() -> None:
    told: list[tuple[float, float]] = []
    over_n = rates_over_n(
        ["partial_correlation", Chsic()], "labels_2", (20, 60), "linear", 0.6,
        runs=60, alphas=(0.05, 0.01), progress=lambda at: told.append((at.done, at.total)),
    )  # fmt: skip
    assert list(over_n.columns) == [name for name in COLUMNS if name != "version"]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for _, curve in over_n.groupby(["method", "alpha"]):
        assert curve["rate"].is_monotonic_increasing
    assert (over_n["low"] <= over_n["rate"]).all()
    assert (over_n["rate"] <= over_n["high"]).all()
    over_size = rates_over_size("partial_correlation", "labels_2", 60, "linear", (0, 0.6), runs=60)
    assert over_size["rate"].is_monotonic_increasing
    same = over_n.query("method == 'partial_correlation' and n == 60 and alpha == 0.05")["rejected"]
    assert over_size["rejected"].iloc[1] == same.iloc[0]


def test_order_test_and_sign_flips_are_measured_as_they_are_called() -> None:
    assert {"shuffle_test", "reference_p", *SIGN_FLIPS} == set(OTHERS)
    (p,) = p_values("shuffle_test", "independent", 11, runs=1, seed=2)
    seed = int(np.random.SeedSequence([2, 0]).generate_state(1)[0])
    assert p == shuffle_test(np.random.default_rng(seed).standard_normal(11), seed=seed).p_value
    assert rejection_rate("shuffle_test", "ar1_9", 51, runs=40).rate > 0.8
    assert rejection_rate("reference_p", "kinds_8_equal", 99, runs=200).rate < 0.12


@pytest.mark.parametrize("scenario", scenarios_of("sign_flip"))
def test_differences_have_mean_0_and_spread_1(scenario: str, rng: np.random.Generator) -> None:
    data = drawn(scenario, 1000, 200, rng)
    assert data.mean() == pytest.approx(0, abs=0.01)
    assert np.median(data.std(axis=0)) == pytest.approx(1, abs=0.1)
    skew = {"skewed_rising": 1, "skewed_falling": -1}.get(scenario, 0)
    assert np.sign(np.round(np.median(((data - data.mean(axis=0)) ** 3).mean(axis=0)))) == skew


def test_only_fitting_scenarios_are_offered() -> None:
    assert set(scenarios_of("partial_correlation")) == set(SCENARIOS)
    assert "number_tanh" not in scenarios_of("chsic")
    with pytest.raises(BadValueError, match="labels"):
        p_values("chsic", "number_tanh", 50, runs=1)


def test_unknown_names_are_answered() -> None:
    with pytest.raises(UnknownNameError, match="partial_correlation"):
        p_values("partial_corelation", "none", 50)
    with pytest.raises(UnknownNameError, match="ar1_3"):
        p_values("shuffle_test", "labels_7", 50)
    with pytest.raises(BadValueError, match="99"):
        p_values("reference_p", "kinds_3", 50, runs=1)


@pytest.mark.parametrize("wrong", ["x", None, [0.1, 0.2], np.nan])
def test_sizes_and_counts_are_numbers(wrong: Any) -> None:
    with pytest.raises(BadValueError, match="size of an effect"):
        p_values("partial_correlation", "none", 50, "linear", wrong, runs=1)
    with pytest.raises(BadValueError, match="size of an effect"):
        rates_over_n("partial_correlation", "none", (20,), "linear", wrong, runs=1)
    with pytest.raises(BadValueError, match="size of an effect"):
        rates_over_size("partial_correlation", "none", 20, "linear", (0.1, wrong), runs=1)
    with pytest.raises(BadValueError, match="number of faces"):
        rates_over_n("partial_correlation", "none", (20, wrong), runs=1)
    with pytest.raises(BadValueError, match="number of faces"):
        rates_over_size("partial_correlation", "none", wrong, "linear", (0.1,), runs=1)


def test_frames_of_several_curves_can_be_joined() -> None:
    curves = [rates_over_n("partial_correlation", name, (20,), runs=5) for name in ("none", "labels_2")]
    assert pd.concat(curves)["title"].tolist() == ["nothing held fixed", "2 labels"]
