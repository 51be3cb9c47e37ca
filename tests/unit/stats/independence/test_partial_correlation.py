"""Partial correlation against least squares, SciPy and statsmodels, and its traps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.multivariate.multivariate_ols import _MultivariateOLS as MultivariateOLS

from facelib.errors import BadValueError
from facelib.stats.independence import PartialCorrelation, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import as_variable
from facelib.utilities.checks import Floats

N = 84
LABEL = np.repeat(list("abcdefg"), N // 7)
DUMMIES = (LABEL[:, None] == np.unique(LABEL)).astype(float)
ONES = np.ones((N, 1))
METHOD = "partial_correlation"


def drawn(seed: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    shift = DUMMIES @ rng.standard_normal(7)
    x = 20 + 5 * (shift + rng.standard_normal(N))
    y = shift[:, None] + 0.1 * x[:, None] * [1, 0, -1] + rng.standard_normal((N, 3))
    return x, y, rng.standard_normal(N) + 0.5 * shift


def residuals(values: Floats, design: Floats) -> Floats:
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


@pytest.mark.parametrize("held", ["nothing", "labels", "number", "both"])
def test_a_slow_twin_scipy_and_statsmodels(held: str) -> None:
    x, ys, number = drawn(1)
    y = ys[:, 0]
    design, z = {
        "nothing": (ONES, None),
        "labels": (DUMMIES, LABEL),
        "number": (np.column_stack([ONES, number]), number),
        "both": (np.column_stack([DUMMIES, number]), pd.DataFrame({"label": LABEL, "number": number})),
    }[held]
    result = independence_test(x, y, z, METHOD)
    r, p_uncorrected = stats.pearsonr(residuals(x, design), residuals(y, design))
    df = N - 1 - design.shape[1]  # n − 2 − rank of the centred conditioner
    t = r * np.sqrt(df / (1 - r**2))
    assert result.effect == pytest.approx(r, rel=1e-9)
    assert result.statistic == pytest.approx(t, rel=1e-9)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)
    if held == "nothing":
        assert result.p_value == pytest.approx(p_uncorrected, rel=1e-9)
    fit = sm.OLS(y, np.column_stack([x, design])).fit()
    assert result.statistic == pytest.approx(fit.tvalues[0], rel=1e-8)
    assert result.p_value == pytest.approx(fit.pvalues[0], rel=1e-8)
    assert result.parameters == {}
    assert result.null == "analytic"
    assert result.p_interval is None
    assert result.n_permutations is None


def test_seven_labels_cost_six_degrees() -> None:
    x, ys, _ = drawn(2)
    result = independence_test(x, ys[:, 0], LABEL, METHOD)
    r2 = result.effect**2
    assert result.statistic**2 * (1 - r2) / r2 == pytest.approx(N - 2 - 6)


@pytest.mark.parametrize("categories", [False, True])
@pytest.mark.parametrize("held", [True, False])
def test_several_columns_are_wilks_lambda_with_rao_f(categories: bool, held: bool) -> None:
    x, y, _ = drawn(3)
    rng = np.random.default_rng(4)
    hair = rng.choice(["bald", "short", "long", "red"], N)
    prop = hair if categories else x
    columns = pd.get_dummies(hair).to_numpy(float)[:, 1:] if categories else x[:, None]
    design = np.column_stack([columns, DUMMIES if held else ONES])
    result = independence_test(prop, y, LABEL if held else None, METHOD)
    contrast = np.eye(columns.shape[1], design.shape[1])
    table = MultivariateOLS(y, design).fit().mv_test([("x", contrast)]).results["x"]["stat"]
    wilks = table.loc["Wilks' lambda"]
    assert result.statistic == pytest.approx(float(wilks["F Value"]), rel=1e-8)
    assert result.p_value == pytest.approx(float(wilks["Pr > F"]), rel=1e-7)
    assert result.effect == pytest.approx(np.sqrt(1 - float(wilks["Value"])), rel=1e-8)


def test_a_category_of_four_is_an_analysis_of_variance() -> None:
    rng = np.random.default_rng(5)
    hair, y = rng.choice(["bald", "short", "long", "red"], N), rng.standard_normal(N)
    anova = stats.f_oneway(*(y[hair == name] for name in np.unique(hair)))
    result = independence_test(hair, y, None, METHOD)
    assert result.statistic == pytest.approx(anova.statistic, rel=1e-9)
    assert result.p_value == pytest.approx(anova.pvalue, rel=1e-9)


def test_two_categories_are_student_t() -> None:
    rng = np.random.default_rng(6)
    sex, y = rng.choice(["f", "m"], N), rng.standard_normal(N)
    student = stats.ttest_ind(y[sex == "m"], y[sex == "f"])
    result = independence_test(sex, y, None, METHOD)
    assert result.statistic == pytest.approx(student.statistic, rel=1e-9)
    assert result.p_value == pytest.approx(student.pvalue, rel=1e-9)


@pytest.mark.parametrize("codes", [int, float])
def test_integer_coded_labels_are_labels_not_numbers(codes: type) -> None:
    rng = np.random.default_rng(7)
    label = rng.integers(0, 7, 300)
    pull = np.array([0, 3, -2, 2, -3, 1, 0])[label]  # no trend over the codes
    x, y = pull + rng.standard_normal((2, 300))
    assert independence_test(x, y, label.astype(codes), METHOD).p_value > 0.05
    as_number = independence_test(x, y, label / 10, METHOD)  # what a regression on the codes would say
    assert as_number.p_value < 1e-10


def test_the_same_column_twice_costs_one_degree() -> None:
    x, ys, number = drawn(8)
    once = independence_test(x, ys[:, 0], number, METHOD)
    twice = independence_test(x, ys[:, 0], np.column_stack([number, 3 - 2 * number]), METHOD)
    assert twice.statistic == pytest.approx(once.statistic, rel=1e-9)
    doubled = independence_test(x, np.column_stack([ys, ys @ [1.0, 2.0, 3.0]]), LABEL, METHOD)
    assert doubled.statistic == pytest.approx(independence_test(x, ys, LABEL, METHOD).statistic, rel=1e-8)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n", [10, 50, 3000])
def test_a_perfect_fit_is_certain(sign: int, n: int) -> None:
    x = np.random.default_rng(9).standard_normal(n)
    result = independence_test(x, sign * x, None, METHOD)
    assert result.effect == pytest.approx(sign)
    assert 0 < result.p_value < 1e-50
    both = independence_test(x, np.column_stack([x, x**2]), None, METHOD)
    assert both.effect == pytest.approx(1)
    assert 0 < both.p_value < 1e-40


def test_no_correlation_at_all() -> None:
    x = np.tile([-1.0, 0.0, 1.0], 6)
    result = independence_test(x, x**2 + 0.0, None, METHOD)
    assert result.p_value == pytest.approx(1, abs=1e-6)


def test_what_the_conditioner_explains_is_not_testable() -> None:
    _, ys, number = drawn(10)
    for prop in (number, 5 - 3 * number):
        result = independence_test(prop, ys[:, 0], number, METHOD)
        assert np.isnan(result.p_value)
        assert np.isnan(result.statistic)
        assert np.isnan(result.effect)
        assert "conditioner leaves too little" in result.notes[0]


@pytest.mark.one_case
@pytest.mark.parametrize(("columns", "testable"), [(7, True), (8, False), (9, False)])
def test_columns_that_must_fit_are_not_tested(columns: int, testable: bool) -> None:
    """Three columns against eight of eleven faces have directions in common whatever they hold."""
    rng = np.random.default_rng(11)
    hair = np.array(list("abcdabcdabc"))
    p = [independence_test(hair, rng.standard_normal((11, columns)), None, METHOD) for _ in range(40)]
    if testable:
        assert np.mean([result.p_value <= 0.05 for result in p]) < 0.2
    else:
        assert all(np.isnan(result.p_value) for result in p)
        assert any("11 faces are too few for all columns" in note for note in p[0].notes)
        assert p[0].notes[0] == (
            f"Not testable: 3 columns of the property and {columns} of the output need more than the "
            "10 degrees of freedom that there are."
        )


def test_too_few_faces_for_the_conditioner() -> None:
    rng = np.random.default_rng(12)
    x, y = rng.standard_normal((2, 9))
    with pytest.raises(BadValueError, match="9 faces are too few for 7 conditioning columns"):
        independence_test(x, y, rng.standard_normal((9, 7)), METHOD)


def problem(seed: int) -> Problem:
    x, y, _ = drawn(seed)
    rng = np.random.default_rng(seed)
    xs = (as_variable(x, "x"), as_variable(rng.choice(list("rgb"), N), "hair"))
    ys = (as_variable(y[:, 0], "y"), as_variable(y, "vector"))
    return Problem(xs, ys, as_given(LABEL, N), seed=0)


def test_surrogates_equal_reordered_properties() -> None:
    question = problem(13)
    prepared = PartialCorrelation().prepare(question)
    orders = WithinStrata(question.given.bounds, 1).draw(4)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        moved = Problem(tuple(x.take(order) for x in question.xs), question.ys, question.given, seed=0)
        np.testing.assert_allclose(found[b], PartialCorrelation().prepare(moved).extreme, rtol=1e-9)
    itself = prepared.surrogates(np.arange(N)[None], np.ones(question.shape, bool))
    np.testing.assert_allclose(itself[0], prepared.extreme, rtol=1e-11)
    some = np.array([[False, True], [False, False]])
    np.testing.assert_allclose(prepared.surrogates(orders, some)[:, 0, 1], found[:, 0, 1])


@pytest.mark.thorough
def test_permutations_agree_with_student() -> None:
    x, ys, _ = drawn(14)
    x = x + 0.6 * ys[:, 1]
    y = ys[:, 1]
    exact = independence_test(x, y, LABEL, METHOD)
    by_orders = independence_test(x, y, LABEL, METHOD, null="permutation", n_permutations=9999)
    assert by_orders.statistic == pytest.approx(exact.statistic, rel=1e-9)
    assert by_orders.p_interval is not None
    assert by_orders.p_interval[0] * 0.6 < exact.p_value < by_orders.p_interval[1] * 1.6
    assert by_orders.n_permutations == 9999


def test_numbers_held_fixed_have_no_permutations() -> None:
    x, ys, number = drawn(15)
    with pytest.raises(BadValueError, match="no permutation null for a continuous conditioner"):
        independence_test(x, ys[:, 0], number, METHOD, null="permutation")
