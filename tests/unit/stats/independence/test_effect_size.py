"""ω²: against statsmodels' analysis of variance, about 0 under the null, and its halves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.effect_size import BINS, explained, explained_by_halves
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import as_variable


def problem_of(x: np.ndarray, y: np.ndarray, z: object, person: object = None) -> Problem:
    xs, ys = [as_variable(x, "x")], [as_variable(y, "y")]
    question = ask(xs, ys, z, person, seed=0)
    return question.problem


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260401)


def test_it_is_the_omega_squared_of_an_analysis_of_variance(rng: np.random.Generator) -> None:
    n = 180
    z, hair = rng.integers(0, 3, n), rng.choice(["bald", "long", "short"], n)
    y = rng.normal(size=n) + z + (hair == "long") * (z == 1)
    data = pd.DataFrame({"y": y, "z": z.astype(str), "hair": hair})
    table = anova_lm(smf.ols("y ~ C(z) * C(hair)", data).fit())
    between = table["sum_sq"].iloc[1:3].sum()
    freedom = table["df"].iloc[1:3].sum()
    noise = table.loc["Residual", "mean_sq"]
    within_labels = between + table.loc["Residual", "sum_sq"]
    expected = (between - freedom * noise) / (within_labels + noise)
    assert explained(problem_of(hair, y, z))[0, 0] == pytest.approx(expected, rel=1e-9)


def test_a_continuous_property_is_cut_into_equal_bins_within_labels(rng: np.random.Generator) -> None:
    n = 200
    z = np.repeat([0, 1], n // 2)
    x, y = rng.normal(size=n) + 10 * z, rng.normal(size=n)
    bins = np.concatenate([pd.qcut(x[z == c], BINS, labels=False) for c in (0, 1)])
    by_hand = explained(problem_of(np.array(list("abcde"))[bins], y, z))
    assert explained(problem_of(x, y, z))[0, 0] == pytest.approx(by_hand[0, 0], rel=1e-9)


@pytest.mark.parametrize("shape", ["straight", "curved", "turning"])
def test_it_finds_effects_of_all_shapes_and_does_not_grow_with_n(
    shape: str, rng: np.random.Generator
) -> None:
    sizes = []
    for n in (1000, 4000):
        z, x = rng.integers(0, 4, n), rng.normal(size=n)
        move = {"straight": x, "curved": (x**2 - 1) / np.sqrt(2), "turning": x * np.where(z % 2, 1, -1)}[
            shape
        ]
        sizes.append(explained(problem_of(x, move + 2 * rng.normal(size=n) + z, z))[0, 0])
    assert 0.09 < sizes[1] < 0.21  # a fifth of the variance, less what bins lose
    assert sizes[0] == pytest.approx(sizes[1], abs=0.06)


@pytest.mark.thorough
def test_it_is_about_zero_where_nothing_matters(rng: np.random.Generator) -> None:
    values = []
    for _ in range(200):
        z = rng.integers(0, 7, 150)
        values.append(explained(problem_of(rng.normal(size=150), rng.normal(size=150) + z, z))[0, 0])
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_a_straight_conditioner_is_taken_out(rng: np.random.Generator) -> None:
    z = rng.normal(size=2000)
    x, y = z + rng.normal(size=2000), z + rng.normal(size=2000)
    assert explained(problem_of(x, y, None))[0, 0] > 0.15
    assert abs(explained(problem_of(x, y, z))[0, 0]) < 0.01


def test_units_do_not_matter_and_a_property_of_several_numbers_has_none(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=100), rng.normal(size=100)
    one = explained(problem_of(x, y, None))
    np.testing.assert_allclose(explained(problem_of(3 * x + 1, 1e6 * y - 5, None)), one, rtol=1e-9)
    assert np.isnan(explained(problem_of(np.stack([x, y], axis=1), y, None))).all()


@pytest.mark.thorough
def test_halves_vary_as_the_whole_sample_does(rng: np.random.Generator) -> None:
    spread, values = [], []
    for seed in range(60):
        x = rng.normal(size=200)
        problem = problem_of(x, x + 2 * rng.normal(size=200), None)
        values.append(explained(problem)[0, 0])
        spread.append(explained_by_halves(problem, 60, seed)[:, 0, 0].std())
    assert np.mean(spread) == pytest.approx(np.std(values), rel=0.35)


def test_halves_are_of_persons(rng: np.random.Generator) -> None:
    person = np.repeat(np.arange(20), 2)
    z = np.tile([0, 1], 20)
    y = rng.normal(size=40)
    problem = problem_of(np.repeat(rng.normal(size=20), 2), y, z, person)
    assert problem.persons is not None
    whole = Problem(
        problem.xs,
        problem.ys,
        Given(problem.given.strata, problem.given.numbers),
        0,
        persons=np.zeros(40, int),
    )
    assert np.isnan(explained_by_halves(whole, 3, 0)).all()  # one person: half of the people is nobody
    assert np.isfinite(explained_by_halves(problem, 3, 0)).all()
