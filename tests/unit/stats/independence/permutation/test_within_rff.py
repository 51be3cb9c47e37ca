"""Random features inside labels against a slow twin, and an exact null."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import norm

from facelib.errors import BadValueError
from facelib.stats.independence import WithinRff, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.permutation.within_rff import (
    centred_within,
    fourier,
    reduced,
    scatters,
    squared_sums,
    z_scored_within,
)
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import Codes, Variable, as_variable
from facelib.utilities.checks import Floats

METHOD = "within_rff"
SIZES = [30, 14, 7, 2, 1]


def problem(seed: int = 0, sizes: list[int] = SIZES, workers: int = 1) -> Problem:
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    label = np.repeat(np.arange(len(sizes)), sizes)
    x = label + rng.standard_normal(n)
    xs = (
        as_variable(x, "x"),
        as_variable(x > label, "flag"),
        as_variable(rng.choice(list("rgb"), n), "hair"),
    )
    ys = (
        as_variable((x - label) ** 2 + rng.standard_normal(n), "y"),
        as_variable(rng.standard_normal((n, 3)) * [1, 10, 100] + x[:, None], "vector"),
        as_variable(rng.integers(0, 2, n), "binary"),
    )
    return Problem(xs, ys, as_given(label.astype(str), n), seed=3, workers=workers)


def twin_features(
    variable: Variable, strata: Codes, test: WithinRff, uniform: Floats, normal: Floats
) -> Floats:
    labels = [np.flatnonzero(strata == c) for c in np.unique(strata)]
    if variable.kind in ("binary", "categorical"):
        columns = variable.values
    else:
        values = np.zeros_like(variable.values)
        for rows in labels:
            inside = variable.values[rows]
            spread = inside.std(axis=0)
            values[rows] = (inside - inside.mean(axis=0)) / np.where(spread > 0, spread, 1)
        distances = np.concatenate([pdist(values[rows]) for rows in labels])
        scale = np.median(distances[distances > 0])
        m = test.frequencies
        one = norm.ppf((np.arange(m) + uniform) / m)[None]
        frequencies = one if values.shape[1] == 1 else normal[: values.shape[1]]
        angles = np.hstack([values @ frequencies / (width * scale) for width in test.widths])
        columns = np.hstack([np.cos(angles), np.sin(angles)])
    for rows in labels:
        columns = columns.astype(float)
        columns[rows] -= columns[rows].mean(axis=0)
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    kept = sizes**2 > 1e-6 * sizes[0] ** 2
    principal: Floats = (left * sizes)[:, kept][:, : test.components]
    return principal


def twin(question: Problem, i: int, j: int, test: WithinRff) -> tuple[float, float]:
    """Statistic and effect, label by label, as the docstring says."""
    rng = np.random.default_rng(question.seed)
    uniform = rng.uniform(size=test.frequencies)
    normal = rng.standard_normal((3, test.frequencies))
    strata = question.given.strata
    x, y = (
        twin_features(variable, strata, test, uniform, normal)
        for variable in (question.xs[i], question.ys[j])
    )
    b_sum, a, most = np.zeros((x.shape[1], y.shape[1])), 0.0, 0.0
    parts = []
    for c in np.unique(strata):
        rows = strata == c
        n_c = rows.sum()
        s, sxx, syy = x[rows].T @ y[rows], x[rows].T @ x[rows], y[rows].T @ y[rows]
        b_sum += s
        a += (s**2).sum() / n_c
        most += np.linalg.norm(sxx) * np.linalg.norm(syy) / n_c
        parts.append((n_c, sxx, syy))
    mean_a = mean_b = variance_a = variance_b = 0.0
    for n_c, sxx, syy in parts:
        mean = np.trace(sxx) * np.trace(syy) / max(n_c - 1, 1)
        mean_b += mean
        mean_a += mean / n_c
        variance_a += 2 * (sxx**2).sum() * (syy**2).sum() / max(n_c - 1, 1) ** 2 / n_c**2
        for n_d, txx, tyy in parts:
            share = max(n_c - 1, 1) * max(n_d - 1, 1)
            variance_b += 2 * (sxx * txx).sum() * (syy * tyy).sum() / share
    scaled_a = (a - mean_a) / np.sqrt(variance_a)
    scaled_b = ((b_sum**2).sum() - mean_b) / np.sqrt(variance_b)
    effect = np.sqrt(np.clip((a - mean_a) / (most - mean_a), 0, 1))
    return float(max(scaled_a, scaled_b)), float(effect)


@pytest.mark.one_case
@pytest.mark.parametrize("sizes", [SIZES, [40], [20, 20, 20]])
@pytest.mark.parametrize("test", [WithinRff(), WithinRff(frequencies=5, widths=(0.5,), components=3)])
def test_a_slow_twin(sizes: list[int], test: WithinRff) -> None:
    question = problem(1, sizes)
    prepared = test.prepare(question)
    for i, j in np.ndindex(question.shape):
        statistic, effect = twin(question, i, j, test)
        assert prepared.statistic[i, j] == pytest.approx(statistic, rel=1e-8)
        assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-8, abs=1e-8)


def test_the_null_mean_is_exact_and_the_deviation_near() -> None:
    question = problem(2, [25, 15, 10])
    prepared = WithinRff().prepare(question)
    orders = WithinStrata(question.given.bounds, 0).draw(4000)
    for whole, k in zip(prepared._sums(orders, np.ones(question.shape, bool)), (0, 1), strict=True):
        error = 4 * whole.std(axis=0) / np.sqrt(4000)
        assert (np.abs(whole.mean(axis=0) - prepared.mean[k]) < error).all()
        assert (np.abs(whole.std(axis=0) / prepared.deviation[k] - 1) < 0.5).all()


@pytest.mark.parametrize("workers", [1, 2])
def test_surrogates_equal_reordered_data(workers: int) -> None:
    question = problem(3, workers=workers)
    prepared = WithinRff().prepare(question)
    orders = WithinStrata(question.given.bounds, 1).draw(4)
    everything = np.ones(question.shape, bool)
    found = prepared.surrogates(orders, everything)
    for b, order in enumerate(orders):
        moved = Problem(tuple(x.take(order) for x in question.xs), question.ys, question.given, question.seed)
        np.testing.assert_allclose(found[b], WithinRff().prepare(moved).extreme, rtol=1e-8)
    itself = prepared.surrogates(np.arange(question.n)[None], everything)
    np.testing.assert_allclose(itself[0], prepared.extreme, rtol=1e-11)
    some = np.zeros(question.shape, bool)
    some[0, 1] = some[2, 0] = True
    part = prepared.surrogates(orders, some)
    np.testing.assert_allclose(part[:, some], found[:, some], rtol=1e-10)
    assert np.isnan(part[:, ~some]).all()


def test_extreme_is_the_statistic_shifted() -> None:
    prepared = WithinRff().prepare(problem(4))
    shift = prepared.extreme - prepared.statistic
    np.testing.assert_allclose(shift, prepared.mean[0] / prepared.deviation[0])


def test_signs_that_differ_between_labels_are_found() -> None:
    rng = np.random.default_rng(5)
    label = np.repeat(list("abcd"), 60)
    x = rng.standard_normal(240)
    y = np.where(np.isin(label, ["a", "c"]), 1.0, -1.0) * x + rng.standard_normal(240)
    assert independence_test(x, y, label, METHOD).p_value == pytest.approx(0.001)
    assert independence_test(x, y, label, "partial_correlation").p_value > 0.05


@pytest.mark.one_case
@pytest.mark.parametrize("seed", range(3))
def test_a_weak_effect_of_one_sign_is_found_in_small_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    label = np.arange(210) % 30
    x = rng.standard_normal(210)
    y = 0.5 * x + rng.standard_normal(210)
    assert independence_test(x, y, label.astype(str), METHOD, seed).p_value < 0.01


def test_what_never_varies_together_is_not_testable() -> None:
    label = np.repeat(["a", "b"], 15)
    rng = np.random.default_rng(6)
    x = np.where(label == "a", rng.standard_normal(30), 0.1)
    y = np.where(label == "b", rng.standard_normal(30), 0.7)
    result = independence_test(x, y, label, METHOD)
    assert np.isnan(result.p_value)
    assert np.isnan(result.effect)
    assert result.p_interval is None
    assert result.notes[0].startswith("Not testable")


def test_a_variable_goes_with_itself_wholly() -> None:
    x = np.random.default_rng(7).standard_normal(60)
    result = independence_test(x, x, np.repeat(["a", "b"], 30), METHOD)
    assert result.effect == pytest.approx(1)
    assert result.p_value == pytest.approx(0.001)


def test_numbers_are_not_held_fixed() -> None:
    x, y, z = np.random.default_rng(8).standard_normal((3, 50))
    with pytest.raises(BadValueError, match="labels fixed, not numbers"):
        independence_test(x, y, z, METHOD)


@pytest.mark.parametrize(
    "wrong",
    [{"frequencies": 0}, {"components": 1.5}, {"widths": ()}, {"widths": (1.0, 0.0)}, {"widths": (np.nan,)}],
)
def test_wrong_parameters(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValueError):
        WithinRff(**wrong)


def test_z_scores_inside_labels() -> None:
    bounds = np.array([0, 3, 5, 6])
    values = np.array([1e9 + 1, 1e9 + 2, 1e9 + 3, 5, 5, 7])[:, None]
    z = z_scored_within(values, bounds)[:, 0]
    np.testing.assert_allclose(z[:3], np.array([-1, 0, 1]) * np.sqrt(1.5))
    assert (z[3:] == 0).all()
    centred = centred_within(values, bounds)
    assert centred[:, 0].tolist() == [-1, 0, 1, 0, 0, 0]


def test_constants_have_no_features() -> None:
    """A label in which a variable is constant gives exact zeros: rounding would be tested."""
    rng = np.random.default_rng(9)
    values = np.concatenate([np.full(7, 0.1), rng.standard_normal(9)])
    found = fourier(
        as_variable(values, "x"), np.array([0, 7, 16]), (0.4, 1.0), rng.random(5), rng.standard_normal((1, 5))
    )
    assert (found[:7] == 0).all()
    assert (reduced(found, 4)[:7] == 0).all()
    assert reduced(found, 4).shape == (16, 4)


def test_sums_and_scatters_are_loops() -> None:
    rng = np.random.default_rng(10)
    bounds = np.array([0, 5, 12])
    x, ys = rng.standard_normal((3, 12)), rng.standard_normal((12, 2, 4))
    orders = WithinStrata(bounds, 0).draw(3)
    total, apart = squared_sums(x, ys, orders, bounds)
    for b, o in np.ndindex(3, 4):
        parts = [x[:, orders[b, s:e]] @ ys[s:e, :, o] for s, e in itertools.pairwise(bounds)]
        assert total[b, o] == pytest.approx((np.sum(parts, axis=0) ** 2).sum())
        sizes = np.diff(bounds)
        assert apart[b, o] == pytest.approx(
            sum((p**2).sum() / size for p, size in zip(parts, sizes, strict=True))
        )
    found = scatters([x.T], bounds)
    inside = [x[:, s:e] @ x[:, s:e].T for s, e in itertools.pairwise(bounds)]
    np.testing.assert_allclose(found.traces[0], [np.trace(m) for m in inside])
    np.testing.assert_allclose(found.products[0], [[(a * b).sum() for b in inside] for a in inside])
    np.testing.assert_allclose(found.own[0], [(m**2).sum() for m in inside])


@pytest.mark.parametrize("sizes", [[2] * 30, [2] * 30 + [15]])
def test_labels_of_two_make_no_effect_of_noise(sizes: list[int]) -> None:
    n = sum(sizes)
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    x, y = np.random.default_rng(1).standard_normal((2, n))
    noise = independence_test(x, y, labels, METHOD, n_permutations=99)
    same = independence_test(x, x, labels, METHOD, n_permutations=99)
    said = f"Labels with fewer than 3 faces are left out of the effect: 30 of {len(sizes)}."
    for result in (noise, same):
        assert said in result.notes
        assert np.isnan(result.effect) == (max(sizes) == 2)
    assert same.p_value == 0.01  # B sees what the labels have in common
    assert noise.p_value > 0.05
    if max(sizes) > 2:
        assert noise.effect < 0.8
        assert same.effect == pytest.approx(1.0)
