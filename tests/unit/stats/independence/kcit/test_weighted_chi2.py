"""The tail of weighted sums of χ²: against simulation, against distributions that are known, far out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from facelib.stats.independence.kcit.weighted_chi2 import (
    MATCHED,
    _cumulants,
    _lindsay_pilla_basak,
    _moments,
    hall_buckley_eagleson,
    power_sums,
    tail,
)
from facelib.utilities.checks import Floats

GEOMETRIC: Floats = np.power(0.7, np.arange(25))
EVEN = np.ones(25)
TWO_SIZES = np.repeat([1.0, 0.05], [3, 22])
ONE_LARGE = np.array([5.0, *np.full(24, 0.1)])
RANDOM = np.random.default_rng(0).gamma(0.5, size=25)
WEIGHTS = {
    "geometric": GEOMETRIC, "even": EVEN, "two sizes": TWO_SIZES, "one large": ONE_LARGE, "random": RANDOM,
}  # fmt: skip


def sums_of(weights: Floats) -> Floats:
    return np.array([(weights**k).sum() for k in range(1, MATCHED + 1)])


def imhof(x: float, weights: Floats) -> float:
    """P(Σ λ χ²₁ > x) by Imhof's (1961) inversion of the characteristic function."""

    def integrand(u: float) -> float:
        theta = 0.5 * np.arctan(weights * u).sum() - 0.5 * x * u
        rho = np.exp(0.25 * np.log1p((weights * u) ** 2).sum())
        return float(np.sin(theta) / (u * rho))

    steps = np.geomspace(1e-9, 2000, 400) / weights.max()
    parts = [integrate.quad(integrand, a, b, limit=200)[0] for a, b in itertools.pairwise(steps)]
    return 0.5 + sum(parts) / np.pi


@pytest.mark.parametrize("name", WEIGHTS)
def test_simulated_tails(name: str) -> None:
    weights = WEIGHTS[name]
    rng = np.random.default_rng(1)
    runs = 200_000
    drawn = rng.chisquare(1, (runs, 25)) @ weights
    for level in (0.5, 0.1, 0.05, 0.01, 0.001):
        x = np.quantile(drawn, 1 - level)
        p = float(tail(np.array(x), sums_of(weights)))
        error = 4 * np.sqrt(level * (1 - level) / runs)
        assert abs(p - level) < 0.04 * level + error


@pytest.mark.parametrize("name", ["geometric", "two sizes", "random"])
def test_inverted_characteristic_functions(name: str) -> None:
    weights = WEIGHTS[name]
    for factor in (1.0, 1.5, 2.0):
        x = factor * weights.sum()
        p = float(tail(np.array(x), sums_of(weights)))
        assert p == pytest.approx(imhof(x, weights), rel=0.04, abs=2e-4)


@pytest.mark.one_case
@pytest.mark.parametrize("degrees", [1, 2, 5, 25])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_equal_weights_are_chi2_however_far_out(degrees: int, scale: float) -> None:
    sums = sums_of(np.full(degrees, scale))
    for p in (0.9, 0.5, 0.05, 1e-4, 1e-20, 1e-200):
        x = scale * stats.chi2.isf(p, degrees)
        assert float(tail(np.array(x), sums)) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize(("scale", "pairs"), [(3.0, 2), (0.2, 7)])
def test_pairs_of_equal_weights_are_gamma(scale: float, pairs: int) -> None:
    sums = sums_of(np.full(2 * pairs, scale))
    for x in (0.5 * pairs * scale, 2 * pairs * scale, 20 * pairs * scale):
        exact = stats.gamma.sf(x, pairs, scale=2 * scale)
        assert float(tail(np.array(x), sums)) == pytest.approx(exact, rel=1e-6)


def test_two_pairs_have_a_closed_form() -> None:
    """a(χ²₂) + b(χ²₂) is hypoexponential: P(> x) = (2a e^(−x/2a) − 2b e^(−x/2b)) / (2a − 2b)."""
    a, b = 1.5, 0.5
    sums = sums_of(np.array([a, a, b, b]))
    for x in (2.0, 6.0, 12.0, 20.0):
        exact = (a * np.exp(-x / (2 * a)) - b * np.exp(-x / (2 * b))) / (a - b)
        assert float(tail(np.array(x), sums)) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("name", WEIGHTS)
def test_deep_tails_fall_as_the_largest_weight_says(name: str) -> None:
    """P(λ_max χ²_m ≥ x), m weights as large as the largest, is a lower bound and nearly the tail far out."""
    weights = WEIGHTS[name]
    xs = np.linspace(1.5, 40, 200) * weights.sum()
    p = tail(xs, np.broadcast_to(sums_of(weights), (len(xs), MATCHED)))
    assert (p > 0).all()
    assert (np.diff(p)[p[:-1] > 1e-300] < 0).all()
    most = weights.max()
    many = int(np.isclose(weights, most).sum())
    lower = stats.chi2.sf(xs / most, many)
    others = weights[~np.isclose(weights, most)]
    upper = lower * np.prod((1 - others / most) ** -0.5) if len(others) else lower  # its limit far out
    assert (p[lower > 1e-6] > 0.98 * lower[lower > 1e-6]).all()
    deep = (lower < 1e-6) & (lower > 1e-200)
    assert (np.log(p[deep]) < 0.9 * np.log(upper[deep])).all()
    assert (np.log(p[deep]) > 1.1 * np.log(lower[deep])).all()


def test_p_is_never_zero_nor_above_one() -> None:
    sums = np.broadcast_to(sums_of(GEOMETRIC), (4, MATCHED))
    p = tail(np.array([0.0, 1e-300, 1e5, 1e300]), sums)
    assert p[0] == p[1] == 1.0
    assert (p[2:] > 0).all()
    assert np.isnan(tail(np.array(1.0), np.zeros(MATCHED)))


def test_many_at_once_equal_one_by_one() -> None:
    rng = np.random.default_rng(2)
    weights = rng.gamma(0.3, size=(3, 4, 25))
    sums = np.stack([(weights**k).sum(axis=-1) for k in range(1, MATCHED + 1)], axis=-1)
    x = rng.uniform(0.5, 4, (3, 4)) * weights.sum(axis=-1)
    p = tail(x, sums)
    for i, j in np.ndindex(3, 4):
        assert p[i, j] == pytest.approx(float(tail(x[i, j], sums[i, j])), rel=1e-12)


def test_power_sums_are_those_of_the_eigenvalues() -> None:
    rng = np.random.default_rng(3)
    root = rng.standard_normal((2, 6, 9))
    matrices = root @ root.transpose(0, 2, 1)
    weights = np.linalg.eigvalsh(matrices)
    expected = np.stack([(weights**k).sum(axis=-1) for k in range(1, MATCHED + 1)], axis=-1)
    np.testing.assert_allclose(power_sums(matrices), expected, rtol=1e-10)


def test_moments_are_those_of_the_sum() -> None:
    """For χ²₂ / 2, the exponential distribution, the n-th moment is n!."""
    moments = _moments(_cumulants(sums_of(np.array([0.5, 0.5]))))
    np.testing.assert_allclose(moments, [1, 1, 2, 6, 24, 120, 720, 5040, 40320], rtol=1e-12)


@pytest.mark.thorough
def test_the_mixture_is_found_for_unequal_weights_and_has_their_moments() -> None:
    cumulants = _cumulants(sums_of(GEOMETRIC / GEOMETRIC.sum()))
    x = np.linspace(0, 60, 20_001)
    p, found = _lindsay_pilla_basak(x, np.broadcast_to(cumulants, (len(x), MATCHED)))
    assert found.all()
    for k, moment in enumerate(_moments(cumulants)[1:7], start=1):
        assert integrate.trapezoid(k * x ** (k - 1) * p, x) == pytest.approx(moment, rel=1e-4)


@pytest.mark.thorough
def test_hall_buckley_eagleson_has_three_cumulants() -> None:
    cumulants = _cumulants(sums_of(ONE_LARGE / ONE_LARGE.sum()))
    x = np.linspace(-5, 200, 100_001)
    p = hall_buckley_eagleson(x, np.broadcast_to(cumulants, (len(x), MATCHED)))
    density = -np.gradient(p, x)
    mean = integrate.trapezoid(x * density, x)
    assert mean == pytest.approx(cumulants[0], rel=1e-3)
    for k in (1, 2):
        central = integrate.trapezoid((x - mean) ** (k + 1) * density, x)
        assert central == pytest.approx(cumulants[k], rel=1e-2)
    rng = np.random.default_rng(4)
    drawn = rng.chisquare(1, (200_000, 25)) @ (RANDOM / RANDOM.sum())
    own = _cumulants(sums_of(RANDOM / RANDOM.sum()))
    for level in (0.1, 0.05, 0.01):
        point = np.array(np.quantile(drawn, 1 - level))
        assert float(hall_buckley_eagleson(point, own)) == pytest.approx(level, rel=0.1)
