"""KCIT against its formulas, matrix by matrix, against causal-learn, and against published numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from causallearn.utils.KCI.KCI import KCI_CInd, KCI_UInd
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import gamma

from facelib.errors import BadValueError
from facelib.stats.independence import Kcit, independence_test
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem, arrange
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.independence.variables import Variable, as_variable

CONDITIONERS = ("nothing", "labels", "a number", "two numbers", "labels and a number")


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Run as the grid does: BLAS threads of its own make small products slow."""
    with one_blas_thread():
        yield


def z_scored(values: np.ndarray) -> np.ndarray:
    deviation = values.std(axis=0, ddof=1)
    z: np.ndarray = (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return z


def gaussian(values: np.ndarray, theta: float) -> np.ndarray:
    differences = values[:, None, :] - values[None, :, :]
    kernel: np.ndarray = np.exp(-0.5 * theta * (differences**2).sum(axis=2))
    return kernel


def centred(kernel: np.ndarray) -> np.ndarray:
    h = np.eye(len(kernel)) - 1 / len(kernel)
    both_sides: np.ndarray = h @ kernel @ h
    return both_sides


def residual_kernels(x: Variable, y: Variable, given: Given) -> tuple[np.ndarray, np.ndarray]:
    """K_XR and K_YR, (n, n)."""
    n, z, epsilon = len(x.values), z_scored(given.design), 1e-3
    if not z.shape[1]:
        w = 0.8 if n < 200 else 0.5 if n < 1200 else 0.3
        one, other = (centred(gaussian(z_scored(v.values), 1 / (w**2 * v.values.shape[1]))) for v in (x, y))
        return one, other
    w = 1.2 if n < 200 else 0.7 if n < 1200 else 0.4
    theta = 1 / (w**2 * z.shape[1])
    r = epsilon * np.linalg.inv(centred(gaussian(z, theta)) + epsilon * np.eye(n))
    k_x = centred(gaussian(np.hstack([z_scored(x.values), z / 2]), theta))
    k_y = centred(gaussian(z_scored(y.values), theta))
    return r @ k_x @ r, r @ k_y @ r


def twin(x: Variable, y: Variable, given: Given) -> tuple[float, float, float, float]:
    """Statistic, effect, and mean and variance under the null."""
    k_x, k_y = residual_kernels(x, y, given)
    p, n = k_x * k_y, len(k_x)
    effect = p.sum() / np.sqrt((k_x**2).sum() * (k_y**2).sum())
    if given.design.shape[1]:
        return p.sum(), effect, p.trace(), 2 * (p**2).sum()
    mean = k_x.trace() * k_y.trace() / n
    return p.sum(), effect, mean, 2 * (k_x**2).sum() * (k_y**2).sum() / n**2


def conditioner(kind: str, n: int, rng: np.random.Generator) -> Any:
    label = rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1])
    one, other = rng.standard_normal((2, n))
    return {
        "nothing": None,
        "labels": label,
        "a number": one,
        "two numbers": np.column_stack([one, other]),
        "labels and a number": {"label": label, "number": one},
    }[kind]


def problem_of(xs: list[Any], ys: list[Any], z: Any, workers: int = 1) -> Problem:
    properties = [as_variable(x, f"x{i}") for i, x in enumerate(xs)]
    outputs = [as_variable(y, f"y{j}") for j, y in enumerate(ys)]
    rows, given = arrange(properties, outputs, as_given(z, len(properties[0].values)), 0)
    properties, outputs = [x.take(rows) for x in properties], [y.take(rows) for y in outputs]
    return Problem(tuple(properties), tuple(outputs), given, seed=0, workers=workers)


def every_kind(kind: str, n: int, rng: np.random.Generator, workers: int = 1) -> Problem:
    """A continuous, a binary, a categorical property; a continuous, a binary, a vector output."""
    z = conditioner(kind, n, rng)
    design = as_given(z, n).design.sum(axis=1) if z is not None else 0
    x = rng.standard_normal(n) + np.tanh(design)
    curved = x**2 + rng.standard_normal(n)
    vector = rng.standard_normal((n, 3)) * [1, 10, 100] + np.sin(x)[:, None]
    xs = [x, rng.standard_normal(n) > 0.3, rng.choice(list("pqrs"), n)]
    return problem_of(xs, [curved, rng.integers(0, 2, n), vector], z, workers)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [90, 210])
@pytest.mark.parametrize("kind", CONDITIONERS)
def test_sums_follow_the_formulas(rng: np.random.Generator, kind: str, n: int) -> None:
    problem = every_kind(kind, n, rng, workers=2)
    prepared = Kcit().prepare(problem)
    p = prepared.analytic()
    for i, x in enumerate(problem.xs):
        for j, y in enumerate(problem.ys):
            statistic, effect, mean, variance = twin(x, y, problem.given)
            assert prepared.statistic[i, j] == pytest.approx(statistic, rel=1e-9)
            assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-9)
            assert prepared.moments[0][i, j] == pytest.approx(mean, rel=1e-9)
            assert prepared.moments[1][i, j] == pytest.approx(variance, rel=1e-9)
            tail = gamma.sf(statistic, mean**2 / variance, scale=variance / mean)
            assert p[i, j] == pytest.approx(tail, rel=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["nothing", "labels"])
def test_kernels_get_narrower_with_more_faces(rng: np.random.Generator, kind: str) -> None:
    for n in (199, 200, 1199, 1200):
        x, y = rng.standard_normal((2, n))
        problem = problem_of([x], [y], conditioner(kind, n, rng))
        statistic = twin(problem.xs[0], problem.ys[0], problem.given)[0]
        assert Kcit().prepare(problem).statistic[0, 0] == pytest.approx(statistic, rel=1e-9)


def causal_learn(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """p and statistic; without a conditioner they multiply θ by the columns of a variable, we divide."""
    if z.shape[1]:
        p, statistic = KCI_CInd().compute_pvalue(x, y, z)
    elif x.shape[1] == y.shape[1] == 1:
        p, statistic = KCI_UInd().compute_pvalue(x, y)
    else:
        widths = {"kwidthx": 0.8 * np.sqrt(x.shape[1]), "kwidthy": 0.8 * np.sqrt(y.shape[1])}
        p, statistic = KCI_UInd(est_width="manual", **widths).compute_pvalue(x, y)
    return p, statistic


@pytest.mark.one_case
@pytest.mark.parametrize("kind", CONDITIONERS)
def test_statistic_and_p_are_those_of_causal_learn(rng: np.random.Generator, kind: str) -> None:
    problem = every_kind(kind, 110, rng)
    prepared = Kcit().prepare(problem)
    p = prepared.analytic()
    for i, x in enumerate(problem.xs):
        for j, y in enumerate(problem.ys):
            theirs = causal_learn(x.values, y.values, problem.given.design)
            assert prepared.statistic[i, j] == pytest.approx(theirs[1], rel=1e-9)
            assert p[i, j] == pytest.approx(theirs[0], abs=1e-4)


def test_published_numbers_come_out() -> None:
    """Those of pgmpy's own tests."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=500)
    x = 0.5 * z + rng.normal(scale=0.5, size=500)
    y = 0.8 * z + rng.normal(scale=0.5, size=500)
    independent = independence_test(x, y, z, "kcit")
    assert independent.statistic == pytest.approx(69.4555, abs=5e-5)
    assert independent.p_value == pytest.approx(0.4918, abs=1e-4)

    rng = np.random.default_rng(42)
    x, y = rng.normal(size=300), rng.normal(size=300)
    z = 0.5 * x + 0.8 * y + rng.normal(scale=0.3, size=300)
    dependent = independence_test(x, y, z, "kcit")
    assert dependent.statistic == pytest.approx(637.5696, abs=5e-5)
    assert 0 < dependent.p_value < 1e-10


@pytest.mark.parametrize("kind", ["nothing", "labels"])
def test_surrogates_equal_the_statistic_of_reordered_data(rng: np.random.Generator, kind: str) -> None:
    problem = every_kind(kind, 150, rng, workers=2)
    orders = WithinStrata(problem.given.bounds, 3).draw(11)
    found = Kcit().prepare(problem).surrogates(orders, np.ones(problem.shape, bool))
    for b in (0, 5, 10):
        moved = tuple(x.take(orders[b]) for x in problem.xs)
        again = Kcit().prepare(Problem(moved, problem.ys, problem.given, 0))
        np.testing.assert_allclose(found[b], again.statistic, rtol=1e-9)


def test_only_pairs_of_interest_are_computed(rng: np.random.Generator) -> None:
    problem = every_kind("labels", 100, rng)
    prepared = Kcit().prepare(problem)
    orders = WithinStrata(problem.given.bounds, 3).draw(2)
    whole = prepared.surrogates(orders, np.ones(problem.shape, bool))
    pairs = np.zeros(problem.shape, bool)
    pairs[1, 2] = True
    some = prepared.surrogates(orders, pairs)
    np.testing.assert_allclose(some[:, 1, 2], whole[:, 1, 2], rtol=1e-10)
    assert np.isnan(some[:, ~pairs]).all()


def test_groups_of_variables_change_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = every_kind("labels and a number", 140, rng)
    orders = np.stack([rng.permutation(140) for _ in range(3)])
    prepared = Kcit().prepare(problem)
    whole = prepared.surrogates(orders, np.ones(problem.shape, bool))
    monkeypatch.setattr("facelib.stats.independence.kcit.exact.MEMORY", 1)
    monkeypatch.setattr("facelib.stats.independence.kcit.exact.GRAMS", 1)
    one_by_one = Kcit().prepare(problem)
    np.testing.assert_allclose(one_by_one.statistic, prepared.statistic, rtol=1e-12)
    np.testing.assert_allclose(one_by_one.moments, prepared.moments, rtol=1e-12)
    again = one_by_one.surrogates(orders, np.ones(problem.shape, bool))
    np.testing.assert_allclose(again, whole, rtol=1e-12)


def test_the_regression_is_as_exact_where_the_kernel_of_numbers_has_no_small_rank(
    rng: np.random.Generator,
) -> None:
    """Four heavy-tailed numbers: their kernel has hundreds of eigenvalues, and none is left out."""
    n = 200
    z = rng.standard_t(2, (n, 4))
    problem = problem_of([rng.standard_normal(n) + z[:, 0]], [rng.standard_normal(n) + z[:, 0]], z)
    prepared = Kcit().prepare(problem)
    statistic, _, mean, variance = twin(problem.xs[0], problem.ys[0], problem.given)
    assert prepared.statistic[0, 0] == pytest.approx(statistic, rel=1e-9)
    assert prepared.moments[0][0, 0] == pytest.approx(mean, rel=1e-9)
    assert prepared.moments[1][0, 0] == pytest.approx(variance, rel=1e-9)


@pytest.mark.thorough
@settings(max_examples=15, deadline=None)
@always(
    st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50), st.sampled_from(["labels", "a number"])
)
def test_nothing_depends_on_units_order_or_names(seed: int, scale: float, shift: float, kind: str) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 60))
    z = conditioner(kind, 60, rng)
    first = independence_test(x, y, z, "kcit")
    rows = rng.permutation(60)
    backwards = dict(zip("abcd", "zyxw", strict=True))
    other = np.array([backwards[label] for label in z]) if kind == "labels" else scale * z + shift
    second = independence_test(scale * x[rows] + shift, y[rows], other[rows], "kcit")
    assert second.statistic == pytest.approx(first.statistic, rel=1e-7)
    assert second.effect == pytest.approx(first.effect, rel=1e-7)
    assert second.p_value == pytest.approx(first.p_value, rel=1e-6)
    assert 0 < first.p_value <= 1
    assert 0 <= first.effect <= 1


def test_names_of_categories_do_not_matter(rng: np.random.Generator) -> None:
    hair = rng.choice(["bald", "short", "long"], 80)
    y, z = rng.standard_normal(80), rng.choice(list("ab"), 80)
    renamed = np.array([{"bald": "c", "short": "a", "long": "b"}[h] for h in hair])
    first, second = (independence_test(v, y, z, "kcit") for v in (hair, renamed))
    assert second.statistic == pytest.approx(first.statistic, rel=1e-9)


def test_property_and_output_exchanged_give_the_same_without_a_conditioner(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 80))
    one, other = independence_test(x, y, None, "kcit"), independence_test(y, x, None, "kcit")
    assert one.statistic == pytest.approx(other.statistic, rel=1e-10)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-8)


def test_a_vector_of_many_columns_is_tested_with_a_wide_kernel(rng: np.random.Generator) -> None:
    """With causal-learn's θ the kernel of 8 columns is nearly the identity, and nothing is ever seen."""
    x = rng.standard_normal(150)
    y = rng.standard_normal((150, 8))
    y[:, 0] += 0.6 * x
    y[:, 1] -= 0.6 * x
    assert independence_test(x, y, None, "kcit").p_value < 0.01
    assert KCI_UInd().compute_pvalue(x[:, None], y)[0] > 0.05


def test_kernels_too_narrow_for_a_vector_are_told(rng: np.random.Generator) -> None:
    """As published, the width knows the columns of Z only; given one number, 8 logits lie far apart."""
    x, z = rng.standard_normal((2, 600))
    logits = rng.standard_normal((600, 8))
    logits[:, 0] += 0.7 * x
    whole = independence_test(x, logits, z, "kcit")
    assert whole.p_value > 0.05
    assert any("too narrow for the columns of y:" in note for note in whole.notes)
    first = independence_test(x, logits[:, 0], z, "kcit")
    assert first.p_value < 1e-6
    assert not any("narrow" in note for note in first.notes)
    given_labels = independence_test(x, logits, rng.integers(0, 7, 600).astype(str), "kcit")
    assert given_labels.p_value < 1e-6
    assert not any("narrow" in note for note in given_labels.notes)


@pytest.mark.one_case
@pytest.mark.parametrize("kind", CONDITIONERS)
def test_p_is_never_zero_and_the_effect_nears_one_for_what_is_the_same(
    rng: np.random.Generator, kind: str
) -> None:
    x = rng.standard_normal(600)
    result = independence_test(x, x, conditioner(kind, 600, rng), "kcit", approximate=True)
    assert 0 < result.p_value < 1e-100
    assert result.effect > 0.9


def test_p_is_uniform_over_permutations_and_near_the_gamma_one(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 120))
    z = rng.choice(list("abc"), 120)
    analytic = independence_test(x, y, z, "kcit")
    permuted = independence_test(x, y, z, "kcit", null="permutation", n_permutations=999)
    assert analytic.null == "analytic"
    assert permuted.null == "permutation"
    assert permuted.statistic == pytest.approx(analytic.statistic, rel=1e-12)
    assert permuted.p_value == pytest.approx(analytic.p_value, abs=0.1)


def test_bad_parameters_say_what_is_expected() -> None:
    for parameters in (
        {"epsilon": 0.0}, {"tolerance": 1.0}, {"rank": 3}, {"sampled_rows": 8}, {"approximation": "fast"}
    ):  # fmt: skip
        with pytest.raises(BadValueError, match=r"KCIT"):
            Kcit(**parameters)


def test_a_property_that_its_label_decides_is_not_tested(rng: np.random.Generator) -> None:
    z = np.repeat(["a", "b"], 30)
    result = independence_test(np.repeat([1.0, 2.0], 30), rng.standard_normal(60), z, "kcit")
    assert np.isnan(result.p_value)
    assert "Not testable" in result.notes[0]
