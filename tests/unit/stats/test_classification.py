"""Shares, calibration and agreement are what scikit-learn and the definitions say."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn import calibration, metrics
from statsmodels.stats.proportion import proportion_confint

from facelib.errors import BadValueError
from facelib.stats.classification import cohen_kappa, confusion, reliability, wilson

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@pytest.mark.thorough
@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_that_of_statsmodels(first: int, second: int, level: float) -> None:
    hits, n = min(first, second), max(first, second, 1)
    found = wilson(hits, n, level)
    low, high = proportion_confint(hits, n, 1 - level, "wilson")
    assert (found.value, found.n) == (hits / n, n)
    assert (found.low, found.high) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("p", [0.02, 0.3, 0.7, 0.95])
def test_wilson_covers(p: float) -> None:
    """Exactly, not by simulation: the chance of all counts whose interval holds the truth."""
    n = 50
    held = sum(binom.pmf(k, n, p) for k in range(n + 1) if wilson(k, n).low <= p <= wilson(k, n).high)
    assert 0.91 < held < 0.99


def test_nothing_is_known_of_nothing() -> None:
    assert np.isnan([wilson(0, 0).value, wilson(0, 0).low, cohen_kappa([], [], 2).value]).all()
    for hits, n in ((3, 2), (-1, 2), (0.5, 2)):
        with pytest.raises(BadValueError):
            wilson(hits, n)  # type: ignore[arg-type]


@pytest.mark.thorough
@given(pairs)
def test_confusion_is_that_of_scikit_learn(both: list[tuple[int, int]]) -> None:
    intended, named = zip(*both, strict=True)
    expected = metrics.confusion_matrix(intended, named, labels=range(4))
    np.testing.assert_array_equal(confusion(intended, named, (4, 4)), expected)
    wide = confusion(intended, named, (4, 6))
    np.testing.assert_array_equal(wide[:, :4], expected)
    assert wide[:, 4:].sum() == 0


@pytest.mark.thorough
@given(pairs)
@settings(max_examples=60)
def test_kappa_is_that_of_scikit_learn(both: list[tuple[int, int]]) -> None:
    first, second = zip(*both, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs divides by 0 where both name one class only
        expected = metrics.cohen_kappa_score(first, second, labels=range(4))
    found = cohen_kappa(first, second, 4, n_bootstrap=99)
    assert found.value == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.isnan(found.low) == np.isnan(found.value)
    assert not found.low > found.high


@pytest.mark.thorough
def test_the_interval_of_kappa_covers(rng: np.random.Generator) -> None:
    """Both name the truth with chance .7 (of 4): the true κ follows from the table of chances."""
    chances = np.full((4, 4), 0.0)
    for truth in range(4):
        each = np.full(4, 0.1)
        each[truth] = 0.7
        chances += np.outer(each, each) / 4
    expected = (np.trace(chances) - 0.25) / 0.75
    held = 0
    for sample in range(2000):
        flat = rng.choice(16, 120, p=chances.ravel())
        found = cohen_kappa(flat // 4, flat % 4, 4, n_bootstrap=499, seed=sample)
        held += found.low <= expected <= found.high
    assert 0.925 <= held / 2000 <= 0.97


@pytest.mark.thorough
@given(st.integers(2, 300), st.integers(0, 2**31), st.integers(1, 12))
@settings(max_examples=60)
def test_bins_are_those_of_scikit_learn(n: int, seed: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    sure = np.round(rng.beta(3, 1, n), 2)  # rounded: some lie on edges
    right = rng.random(n) < sure
    found = reliability(sure, right, bins=bins, n_bootstrap=99)
    filled = found.n > 0
    share, mean = calibration.calibration_curve(right, sure, n_bins=bins)
    np.testing.assert_allclose(found.right[filled], share)
    np.testing.assert_allclose(found.confidence[filled], mean)
    assert found.n.sum() == n
    assert np.isnan(found.right[~filled]).all()
    gaps = np.abs(found.right - found.confidence)[filled]
    assert found.error.value == pytest.approx((gaps * found.n[filled]).sum() / n)
    assert 0 <= found.error.low <= found.error.high <= 1


@pytest.mark.thorough
def test_the_interval_of_the_error_covers(rng: np.random.Generator) -> None:
    """Always 20 points too sure: the error is .2 in every bin."""
    held, estimates = 0, []
    for sample in range(100):
        sure = rng.uniform(0.4, 1.0, 300)
        found = reliability(sure, rng.random(300) < sure - 0.2, n_bootstrap=399, seed=sample)
        held += found.error.low <= 0.2 <= found.error.high
        estimates.append(found.error.value)
    assert held >= 88
    assert np.mean(estimates) == pytest.approx(0.2, abs=0.015)


def test_resamples_in_blocks_are_as_many(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    sure = rng.uniform(0.5, 1.0, 50)
    right = rng.random(50) < 0.6
    whole = reliability(sure, right, seed=4).error
    monkeypatch.setattr("facelib.stats.classification._BLOCK", 1000)
    assert reliability(sure, right, seed=4).error == whole
    assert reliability(sure, right, seed=5).error != whole


def test_what_is_no_share_or_class_is_named() -> None:
    for sure, right, said in (
        ([0.5], [True, False], "2 answers"),
        ([1.5], [True], "1.5"),
        ([0.5], [0.5], "right or not"),
        ([], [], "m >= 1"),
        ([float("nan")], [True], "NaN"),
    ):
        with pytest.raises(BadValueError, match=said):
            reliability(sure, right)
    for first, second in (([0, 4], [0, 1]), ([0.5], [1]), ([0, -1], [0, 1]), ([0], [0, 1])):
        with pytest.raises(BadValueError):
            confusion(first, second, (4, 4))
