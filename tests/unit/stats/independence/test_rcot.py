"""RCoT against a slow twin of METHODS, section 4: features, regression, statistic, null, merging."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from facelib.errors import BadValueError
from facelib.stats.independence import Rcot, independence_grid, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.kcit.weighted_chi2 import tail
from facelib.stats.independence.kernels.fourier import SAMPLE, Fourier, median_distance, sampled
from facelib.stats.independence.kernels.residual_features import (
    OnFeatures,
    OnLabels,
    ResidualFeatures,
    blocks_of,
    inverse_deviation,
)
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import as_variable
from facelib.utilities.checks import Floats

N = 140
LABEL = np.repeat(list("abcdefg"), N // 7)
METHOD = "rcot"


def problem(held: str, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    shift = np.repeat(rng.standard_normal(7), N // 7)
    x, number = shift + rng.standard_normal((2, N))
    xs = (
        as_variable(x, "x"),
        as_variable(x > 0.5, "binary"),
        as_variable(rng.choice(list("rgb"), N), "hair"),
    )
    y = shift + 0.5 * x**2 + number + rng.standard_normal(N)
    ys = (as_variable(y, "y"), as_variable(rng.standard_normal((N, 3)) + y[:, None] * [1, 10, 0], "vector"))
    z = {
        "nothing": None,
        "labels": LABEL,
        "number": number,
        "both": pd.DataFrame({"label": LABEL, "number": number}),
    }[held]
    return Problem(xs, ys, as_given(z, N), seed=7)


def z_scored(values: Floats) -> Floats:
    z: Floats = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    return z


def features(values: Floats, count: int, key: list[int], most: int, *, single: bool = True) -> Floats:
    """√2 cos(Wv + b) of z-scores divided by their median distance, then z-scored; W serves `most` columns."""
    rng = np.random.default_rng(key)
    phases = rng.uniform(0, 2 * np.pi, count)
    weights = rng.standard_normal((most, count))[: values.shape[1]]
    distances = pdist(values)
    angles = values / np.median(distances[distances > 0]) @ weights + phases
    return z_scored(np.sqrt(2) * np.cos(angles.astype(np.float32) if single else angles).astype(np.float64))


def explained(f: Floats, z: Floats | None) -> Floats:
    """What a regression on Z's features, with the published ridge, says about f."""
    if z is None:
        return np.zeros_like(f)
    gram = z.T @ z / (len(z) - 1) + 1e-10 * np.eye(z.shape[1])
    found: Floats = z @ np.linalg.solve(gram, z.T @ f / (len(z) - 1))
    return found


def twin(question: Problem, i: int, j: int, draw: int) -> tuple[float, float, float]:
    """Return T, its p, and the effect, from one draw of features."""
    widest = [max(v.values.shape[1] for v in side) for side in (question.xs, question.ys)]
    fx = features(z_scored(question.xs[i].values), 5, [question.seed, draw, 0], widest[0])
    fy = features(z_scored(question.ys[j].values), 5, [question.seed, draw, 1], widest[1])
    design = question.given.design
    q, key = design.shape[1], [question.seed, draw, 2]
    fz = features(z_scored(design), 100, key, q, single=False) if q else None
    c = fx.T @ (fy - explained(fy, fz)) / (N - 1)  # C_xy − C_xz (C_zz + 1e-10 I)⁻¹ C_zy
    t = N * (c**2).sum()
    rx, ry = fx - explained(fx, fz), fy - explained(fy, fz)
    products = np.array([np.outer(a, b).ravel() for a, b in zip(rx, ry, strict=True)])
    weights = np.linalg.eigvalsh(products.T @ products / N)
    p = float(tail(np.array(t), np.array([(weights**k).sum() for k in range(1, 9)])))
    own = [np.linalg.norm(r.T @ r / (N - 1)) for r in (rx, ry)]
    expected = weights.sum() / N
    effect = np.sqrt(np.clip((t / N - expected) / (own[0] * own[1] - expected), 0, 1))
    return t, p, float(effect)


@pytest.mark.one_case
@pytest.mark.parametrize("held", ["nothing", "labels", "number", "both"])
def test_a_slow_twin_of_one_draw(held: str) -> None:
    question = problem(held)
    prepared = Rcot(repeats=1).prepare(question)
    for i, j in np.ndindex(question.shape):
        t, p, effect = twin(question, i, j, draw=0)
        assert prepared.statistic[i, j] == pytest.approx(t, rel=1e-5)
        assert prepared.analytic()[i, j] == pytest.approx(p, rel=1e-4)
        assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-4, abs=1e-4)


@pytest.mark.thorough
def test_p_is_merged_over_nine_draws_by_twice_the_median() -> None:
    assert Rcot().repeats >= 9
    question = problem("labels")
    prepared = Rcot().prepare(question)
    for i, j in ((0, 0), (2, 1)):
        draws = [twin(question, i, j, draw) for draw in range(Rcot().repeats)]
        t, p, _ = np.median(draws, axis=0)
        assert prepared.analytic()[i, j] == pytest.approx(min(1, 2 * p), rel=1e-4)
        assert prepared.statistic[i, j] == pytest.approx(t, rel=1e-5)


@pytest.mark.thorough
def test_one_draw_says_little_and_merging_helps() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(300)
    y = 0.15 * x + rng.standard_normal(300)
    alone, merged = (
        [independence_test(x, y, None, METHOD, seed, repeats=repeats).p_value for seed in range(30)]
        for repeats in (1, 9)
    )
    assert max(alone) / min(alone) > 10  # METHODS: from .012 to .527
    assert np.log(merged).std() < 0.6 * np.log(alone).std()


def test_labels_as_means_agree_with_their_features() -> None:
    question = problem("labels")
    published, means = (Rcot(labels=kind).prepare(question) for kind in ("features", "means"))
    np.testing.assert_allclose(published.statistic, means.statistic, rtol=1e-4)
    np.testing.assert_allclose(published.analytic(), means.analytic(), rtol=1e-3)


def test_more_labels_than_features_are_means_and_it_is_said() -> None:
    rng = np.random.default_rng(2)
    labels = np.arange(90) % 30
    x, y = rng.standard_normal((2, 90))
    few = independence_test(x, y, labels.astype(str), METHOD, features_z=20)
    means = independence_test(x, y, labels.astype(str), METHOD, labels="means", features_z=20)
    assert any("20 random features can't tell 30 labels apart" in note for note in few.notes)
    assert few.p_value == means.p_value
    assert not any("apart" in note for note in means.notes)


@pytest.mark.parametrize("blocks", [1, 3])
def test_residual_features_are_those_of_an_explicit_regression(blocks: int) -> None:
    rng = np.random.default_rng(3)
    n, count = 700, 6
    values, number = rng.standard_normal((n, 3)), rng.standard_normal((n, 1))
    fourier = Fourier([2, 1], 3, rng)
    rows = [slice(a, a + -(-n // blocks)) for a in range(0, n, -(-n // blocks))]
    z = Fourier([1], 40, rng, double=True)
    found = ResidualFeatures(values, fourier, 3, OnFeatures(number, count, z, rows), rows)
    f, fz = z_scored(fourier(values)), z_scored(z(number))
    left = f - explained(f, fz)
    np.testing.assert_allclose(np.vstack(list(found)), left, atol=2e-6)
    np.testing.assert_allclose(found.covariance, f[:, :3].T @ left[:, 3:] / (n - 1), atol=1e-7)


def test_residual_features_inside_labels_have_mean_zero() -> None:
    rng = np.random.default_rng(4)
    given = as_given(np.repeat(["a", "b", "c"], [60, 30, 10]), 100)
    values = rng.standard_normal((100, 2)) + given.strata[:, None]
    fourier = Fourier([1, 1], 4, rng)
    rows = blocks_of(100, 10)
    left = np.vstack(list(ResidualFeatures(values, fourier, 4, OnLabels(given, 8), rows)))
    f = z_scored(fourier(values))
    for label in range(3):
        inside = given.strata == label
        np.testing.assert_allclose(left[inside], f[inside] - f[inside].mean(axis=0), atol=1e-9)


def test_blocks_cover_all_rows_once() -> None:
    for n, wide in ((1, 1), (256, 10**9), (257, 10**9), (10_000, 500)):
        blocks = blocks_of(n, wide)
        assert np.array_equal(np.concatenate([np.arange(n)[b] for b in blocks]), np.arange(n))
        assert all(block.stop - block.start <= max(256, (1 << 20) // wide) for block in blocks)


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    question = problem("both")
    whole = Rcot(repeats=2).prepare(question)
    monkeypatch.setattr(
        "facelib.stats.independence.rcot.blocks_of", lambda n, _: [slice(0, 50), slice(50, n)]
    )
    several = Problem(question.xs, question.ys, question.given, question.seed, workers=2)
    parts = Rcot(repeats=2).prepare(several)
    np.testing.assert_allclose(parts.statistic, whole.statistic, rtol=1e-6)
    np.testing.assert_allclose(parts.analytic(), whole.analytic(), rtol=1e-5)


def test_constant_features_are_left_out() -> None:
    assert inverse_deviation(np.array([0.0, 1e-13, 4.0, -1e-18])).tolist() == [0, 0, 0.5, 0]


@pytest.mark.parametrize("constant", ["x", "y"])
def test_a_constant_is_not_testable_and_never_p_one(constant: str) -> None:
    rng = np.random.default_rng(5)
    numbers = {"x": rng.standard_normal(N), "y": rng.standard_normal(N)}
    for same in (np.full(N, 3.7), (LABEL == "c") * 1.0):
        result = independence_test(**(numbers | {constant: same}), z=LABEL, method=METHOD)
        assert np.isnan(result.p_value)
        assert np.isnan(result.statistic)
        assert result.notes[0] == f"Not testable: {constant} is the same within every label."


@pytest.mark.parametrize("exactly", [True, False])
def test_what_the_conditioner_explains_is_not_testable(exactly: bool) -> None:
    rng = np.random.default_rng(6)
    number, y = rng.standard_normal((2, N))
    x = 3 * number - 1 + (0 if exactly else 0.2) * rng.standard_normal(N)
    result = independence_test(x, y, number, METHOD)
    assert np.isnan(result.p_value) == exactly
    assert ("Not testable: the conditioner leaves too little of it." in result.notes) == exactly


def test_a_conditioner_that_uses_up_the_degrees_of_freedom_is_the_reason() -> None:
    x, y, *z = np.random.default_rng(6).standard_normal((7, 60))
    result = independence_test(x, y, np.column_stack(z), METHOD, approximate=True)
    assert np.isnan(result.p_value)
    reason = "Not testable: features of the conditioner use more than 80% of the degrees of freedom."
    assert result.notes[0] == reason


def test_surrogates_equal_reordered_residuals() -> None:
    question = problem("labels")
    prepared = Rcot().prepare(question)
    orders = WithinStrata(question.given.bounds, 1).draw(3)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        moved = Problem(tuple(x.take(order) for x in question.xs), question.ys, question.given, question.seed)
        again = Rcot().prepare(moved)
        np.testing.assert_allclose(found[b], again.extreme, rtol=1e-5)
    itself = prepared.surrogates(np.arange(N)[None], np.ones(question.shape, bool))
    np.testing.assert_allclose(itself[0], prepared.extreme, rtol=1e-10)


@pytest.mark.parametrize(
    "wrong",
    [{"repeats": 0}, {"features": 2.5}, {"features_z": -1}, {"labels": "strata"}, {"repeats": "9"}],
)
def test_wrong_parameters(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValueError, match=r"RCoT|labels"):
        Rcot(**wrong)


def test_median_distances_leave_zeros_out() -> None:
    assert median_distance(np.array([[0.0], [0.0], [0.0], [3.0]])) == 3
    assert median_distance(np.zeros((4, 1))) == 1
    assert median_distance(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0]])) == 5
    assert median_distance(np.empty((0, 2))) == 1


def test_widths_come_from_at_most_five_hundred_rows() -> None:
    rows = sampled(2000, 3)
    assert len(np.unique(rows)) == SAMPLE
    assert rows.max() > 1000
    assert np.array_equal(np.sort(sampled(100, 3)), np.arange(100))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(3))
def test_widths_are_those_of_all_rows(seed: int) -> None:
    """Rows are arranged and sampled with one seed: the sample must not be the rows of lowest content."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 3000))
    question = ask([as_variable(x, "x")], [as_variable(y, "y")], seed=seed)
    rows = sampled(3000, seed)
    for variable in (*question.problem.xs, *question.problem.ys):
        assert median_distance(variable.scaled[rows]) == pytest.approx(
            median_distance(variable.scaled), rel=0.12
        )


@pytest.mark.thorough
def test_a_pair_has_the_same_p_alone_and_in_a_grid_of_many_faces() -> None:
    """Only the sample behind the kernel's width may differ."""
    rng = np.random.default_rng(4)
    n = 1500
    x, y = rng.standard_normal((2, n))
    y = y + 0.05 * x
    others = {"other": rng.standard_normal(n), "third": rng.exponential(size=n)}
    grid = independence_grid({"x": x, **others}, {"y": y, "more": rng.standard_normal(n)}, methods=[METHOD])
    together = grid.loc[(grid["property"] == "x") & (grid["output"] == "y"), "p"].item()
    assert together == pytest.approx(independence_test(x, y, None, METHOD).p_value, rel=0.25)


def test_a_variable_has_the_same_features_alone_and_in_a_grid() -> None:
    rng = np.random.default_rng(8)
    values = rng.standard_normal((20, 3))
    alone = Fourier([1], 4, np.random.default_rng(1))(values[:, :1])
    beside = Fourier([1, 2], 4, np.random.default_rng(1))(values)
    assert beside.shape == (20, 8)
    np.testing.assert_allclose(alone, beside[:, :4], atol=1e-6)
    first, second = (Fourier([width], 4, np.random.default_rng(seed)) for width, seed in ((2, 1), (1, 2)))
    both = first.beside(second)(values)
    np.testing.assert_allclose(both, np.hstack([first(values[:, :2]), second(values[:, 2:])]), atol=1e-6)


def test_inner_products_of_features_are_gaussian_kernels() -> None:
    rng = np.random.default_rng(9)
    values = rng.standard_normal((6, 2))
    found = Fourier([2], 200_000, rng, double=True)(values)
    distances = ((values[:, None] - values[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(found @ found.T / 200_000, np.exp(-distances / 2), atol=0.015)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("n", "numbers", "said", "tested"),
    [(200, 1, False, True), (45, 2, True, True), (26, 2, True, False), (100, 5, True, False)],
)
def test_too_few_faces_for_the_features_of_the_conditioner(
    n: int, numbers: int, said: bool, tested: bool
) -> None:
    """Regressions that fit everything leave residuals whose p is arbitrary: 1e-24 was seen under the null."""
    rng = np.random.default_rng(11)
    x, y = rng.standard_normal((2, n))
    result = independence_test(x, y, rng.standard_normal((n, numbers)), METHOD, approximate=True)
    assert any("Features of the conditioner use" in note for note in result.notes) == said
    assert np.isfinite(result.p_value) == tested


def test_degrees_of_freedom_are_the_trace_of_the_hat_matrix() -> None:
    rng = np.random.default_rng(12)
    z, number = Fourier([1], 30, rng, double=True), rng.standard_normal((80, 1))
    f = z_scored(z(number))
    hat = f @ np.linalg.solve(f.T @ f / 79 + 1e-10 * np.eye(30), f.T / 79)
    assert OnFeatures(number, 2, z, [slice(0, 80)]).used == pytest.approx(1 + np.trace(hat), rel=1e-3)
