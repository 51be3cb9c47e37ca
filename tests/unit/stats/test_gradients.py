"""The property gradient and its companions, each against a slow twin that follows its formula."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression

from facelib.errors import BadValueError
from facelib.stats import property_gradient
from facelib.stats.gradients import ksg

OUTPUTS = hnp.arrays(np.float64, st.integers(2, 40), elements=st.floats(0, 1))
MANY = hnp.arrays(np.float64, st.tuples(st.integers(2, 20), st.integers(1, 5)), elements=st.floats(-50, 50))
NAMES = ("epgm", "total_variation", "signed", "correlation", "mutual_information")


def slow_epgm(p: np.ndarray) -> float:
    """Mean absolute gradient, one strength after the other."""
    n = len(p)
    total = abs(p[1] - p[0]) + abs(p[n - 1] - p[n - 2])
    for i in range(1, n - 1):
        total += abs((p[i + 1] - p[i - 1]) / 2)
    return total / n


def slow_correlation(p: np.ndarray) -> float:
    """Pearson's r with the strengths, with sums of exact products."""
    n = len(p)
    s = [i / (n - 1) for i in range(n)]
    ms, mp = math.fsum(s) / n, math.fsum(p) / n
    cov = math.fsum((a - ms) * (b - mp) for a, b in zip(s, p, strict=True))
    return cov / math.sqrt(math.fsum((a - ms) ** 2 for a in s) * math.fsum((b - mp) ** 2 for b in p))


def slow_flips(p: np.ndarray) -> int:
    winners = [max(range(len(row)), key=lambda c: (row[c], -c)) for row in p]
    return sum(a != b for a, b in itertools.pairwise(winners))


def slow_ksg(x: np.ndarray, y: np.ndarray, k: int = 5) -> float:
    """Equation (8) of Kraskov et al. (2004): psi(k) − <psi(n_x + 1) + psi(n_y + 1)> + psi(N)."""
    x = (x - x.mean()) / x.std()
    y = (y - y.mean()) / y.std()
    n = len(x)
    total = 0.0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        distances = sorted(max(abs(x[i] - x[j]), abs(y[i] - y[j])) for j in others)
        radius = distances[k - 1] * (1 - 1e-9)
        n_x = sum(abs(x[i] - x[j]) < radius for j in others)
        n_y = sum(abs(y[i] - y[j]) < radius for j in others)
        total += float(digamma(n_x + 1) + digamma(n_y + 1))
    return float(digamma(k)) + float(digamma(n)) - total / n


@given(OUTPUTS)
def test_epgm_is_the_mean_absolute_gradient(p: np.ndarray) -> None:
    found = property_gradient(p)
    assert found.epgm == pytest.approx(slow_epgm(p), rel=1e-12, abs=1e-300)
    assert found.epgm == pytest.approx(float(np.abs(np.gradient(p)).mean()), rel=1e-12, abs=1e-300)
    assert found.signed == pytest.approx(float(np.gradient(p).mean()), rel=1e-12, abs=1e-16)
    steps = sum(abs(b - a) for a, b in itertools.pairwise(p))
    assert found.total_variation == pytest.approx(float(steps), rel=1e-12, abs=1e-300)


@pytest.mark.thorough
@given(MANY)
def test_columns_are_described_like_single_series(p: np.ndarray) -> None:
    together = property_gradient(p)
    for name in NAMES:
        column = getattr(together, name)
        assert column.shape == (p.shape[1],)
        alone = [getattr(property_gradient(p[:, c]), name) for c in range(p.shape[1])]
        assert all(isinstance(value, float) for value in alone)
        np.testing.assert_allclose(column, alone, rtol=1e-9, atol=1e-12)
    assert together.flips == slow_flips(p)
    assert property_gradient(p[:, 0]).flips is None


@pytest.mark.thorough
@given(OUTPUTS)
def test_reversal_and_complement(p: np.ndarray) -> None:
    forth, back, rest = property_gradient(p), property_gradient(p[::-1]), property_gradient(1 - p)
    for other in (back, rest):
        assert other.epgm == pytest.approx(forth.epgm, rel=1e-9, abs=1e-15)
        assert other.total_variation == pytest.approx(forth.total_variation, rel=1e-9, abs=1e-15)
        assert other.signed == pytest.approx(-forth.signed, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("n", [2, 3, 11, 101])
def test_correlation(n: int, rng: np.random.Generator) -> None:
    for _ in range(20):
        p = rng.random(n)
        assert property_gradient(p).correlation == pytest.approx(slow_correlation(p), abs=1e-12)
    assert property_gradient(np.linspace(0.9, 0.1, n)).correlation == pytest.approx(-1, abs=1e-15)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-9, 1.0, 1e150])
def test_correlation_does_not_depend_on_the_scale(scale: float) -> None:
    p = np.array([0.1, 0.4, 0.2, 0.8, 0.6])
    found = property_gradient(p * scale)
    assert found.correlation == pytest.approx(slow_correlation(p), abs=1e-12)
    assert found.epgm == pytest.approx(slow_epgm(p) * scale, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1.0])
@pytest.mark.parametrize("n", [2, 7, 60])
def test_a_constant_series_is_flat_and_has_no_correlation(value: float, n: int) -> None:
    flat = property_gradient(np.full(n, value))
    assert (flat.epgm, flat.total_variation, flat.signed) == (0, 0, 0)
    assert math.isnan(flat.correlation)
    mixed = property_gradient(np.column_stack([np.full(n, value), np.linspace(0, 1, n)]))
    assert math.isnan(mixed.correlation[0])
    assert mixed.correlation[1] == pytest.approx(1)


def test_alternation_cancels_in_epgm_but_not_in_total_variation() -> None:
    zigzag = np.tile([0.0, 1.0], 11)[:21]
    found = property_gradient(zigzag)
    assert found.epgm == pytest.approx(2 / 21)  # the two ends only
    assert found.total_variation == 20


@pytest.mark.thorough
@given(OUTPUTS, st.booleans())
def test_total_variation_of_a_monotone_series_is_its_range(p: np.ndarray, falls: bool) -> None:
    found = property_gradient(np.sort(p)[::-1] if falls else np.sort(p))
    n = len(p)
    assert found.total_variation == pytest.approx(float(np.ptp(p)), abs=1e-12)
    ramp = property_gradient(np.linspace(p.min(), p.max(), n))
    assert (n - 1) * ramp.epgm == pytest.approx(ramp.total_variation, abs=1e-12)


def test_flips_count_changes_of_the_winner() -> None:
    there_and_back = [[0.6, 0.4, 0.0], [0.4, 0.6, 0.0], [0.3, 0.3, 0.4], [0.9, 0.1, 0.0], [0.8, 0.2, 0.0]]
    assert property_gradient(there_and_back).flips == 3
    assert property_gradient([[0.5, 0.5], [0.5, 0.5]]).flips == 0
    assert property_gradient([[0.2], [0.9]]).flips == 0


@pytest.mark.parametrize("n", [50, 101])
@pytest.mark.parametrize("shape", ["ramp", "noise", "step", "curve"])
def test_mutual_information_follows_the_paper(n: int, shape: str, rng: np.random.Generator) -> None:
    s = np.linspace(0, 1, n)
    p = {
        "ramp": s,
        "noise": rng.random(n),
        "step": (s > 0.4) * 0.8,
        "curve": 1 / (1 + np.exp(20 * (s - 0.3))),
    }[shape]
    assert property_gradient(p).mutual_information == pytest.approx(slow_ksg(s, p), abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9])
def test_mutual_information_is_that_of_scikit_learn_and_of_theory(
    rho: float, rng: np.random.Generator
) -> None:
    found = []
    for _ in range(10):
        x, noise = rng.standard_normal((2, 1000))
        y = rho * x + math.sqrt(1 - rho**2) * noise
        found.append(ksg(x, y))
        theirs = mutual_info_regression(x[:, None], y, n_neighbors=5, random_state=0)[0]
        assert max(found[-1], 0.0) == pytest.approx(theirs, abs=1e-6)  # they add a noise of 1e-10
    theory = -0.5 * math.log(1 - rho**2)
    assert np.mean(found) == pytest.approx(theory, abs=0.04)  # about 3 standard errors


def test_mutual_information_of_a_ramp_is_large_and_of_noise_about_none(rng: np.random.Generator) -> None:
    noise = [property_gradient(rng.random(101)).mutual_information for _ in range(50)]
    assert property_gradient(np.linspace(0, 1, 101)).mutual_information > 2
    assert abs(np.mean(noise)) < 0.03
    assert property_gradient(np.full(101, 0.3)).mutual_information == pytest.approx(0, abs=1e-12)


def test_mutual_information_is_hidden_below_50_strengths(rng: np.random.Generator) -> None:
    assert math.isnan(property_gradient(rng.random(49)).mutual_information)
    assert math.isfinite(property_gradient(rng.random(50)).mutual_information)
    assert np.isnan(property_gradient(rng.random((21, 7))).mutual_information).all()


def test_mutual_information_in_blocks_is_the_same(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    p = rng.random(101)
    whole = property_gradient(p).mutual_information
    monkeypatch.setattr("facelib.stats.gradients.BLOCK", 7)
    assert property_gradient(p).mutual_information == pytest.approx(whole, abs=1e-12)


def test_masked_outputs_are_missing() -> None:
    hidden = np.ma.array([1, 2, 3], mask=[False, True, False])
    with pytest.raises(BadValueError, match="1 of 3 are missing"):
        property_gradient(hidden)
    assert property_gradient(np.ma.array([0.1, 0.2, 0.3])).epgm == property_gradient([0.1, 0.2, 0.3]).epgm
