"""Several pictures a person, 30 × 10 at an intra-class correlation of .3: level with `person`, and without.

Bands are exact binomial ones of 99.9 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.causal_model import repeated_pictures
from facelib.stats.independence import TESTS, TestResult, independence_test
from facelib.stats.independence.persons import ASSUMED

RUNS, ICC = 300, 0.3
SETTINGS: dict[str, dict[str, Any]] = {
    "partial_correlation": {},
    "chsic": {"n_permutations": 99},
    "rcot": {"repeats": 1},
}

METHODS = [
    name if name == "partial_correlation" else pytest.param(name, marks=pytest.mark.thorough)
    for name in SETTINGS
]
"""The cheap one in every run, the others in ``make thorough``."""


def results(
    method: str, prop: str, *, person: bool, effect: float = 0.0, runs: int = RUNS
) -> list[TestResult]:
    """Test a property of persons (as age), or one that differs within them (as symmetry)."""
    found = []
    for seed in range(runs):
        faces = repeated_pictures(30, 10, icc=ICC, effect=effect, seed=seed)
        x, y = faces["property"].to_numpy(), faces["output"].to_numpy()
        if prop == "within":
            rng = np.random.default_rng([seed, 1])
            x = np.sqrt(ICC) * x + np.sqrt(1 - ICC) * rng.standard_normal(300)
            y = y + effect * x
        more = dict(SETTINGS[method])
        if person:
            more |= {"person": faces["person"], "n_permutations": 99}
        elif TESTS[method].null == "analytic":
            more.pop("n_permutations", None)
        found.append(independence_test(x, y, faces["label"], method, seed, **more))
    return found


def rate(found: list[TestResult], level: float = 0.05) -> float:
    return float(np.mean([result.p_value <= level for result in found]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prop", ["between", pytest.param("within", marks=pytest.mark.thorough)])
def test_the_level_is_held_when_persons_are_named(method: str, prop: str) -> None:
    found = results(method, prop, person=True)
    for level in (0.05, 0.10, 0.50):
        assert binom.ppf(0.0005, RUNS, level) / RUNS <= rate(found, level)
        assert rate(found, level) <= binom.ppf(0.9995, RUNS, level) / RUNS
    assert not any(ASSUMED in result.notes for result in found)
    assert all("300 rows of 30 persons" in result.notes[0] for result in found)


@pytest.mark.thorough
@pytest.mark.parametrize("method", METHODS)
def test_a_property_of_persons_is_found_too_often_when_nobody_is_named(method: str) -> None:
    found = results(method, "between", person=False)
    assert rate(found) > binom.ppf(0.9995, RUNS, 0.10) / RUNS
    assert all(ASSUMED in result.notes for result in found)


@pytest.mark.thorough
def test_a_property_that_differs_within_persons_is_found_too_often_too() -> None:
    """Both vary by person: variances of sums of products grow by 1 + 9 · .3 · .3."""
    assert rate(results("partial_correlation", "within", person=False)) > 0.10


@pytest.mark.thorough
@pytest.mark.parametrize("prop", ["between", "within"])
def test_an_effect_is_found_over_thirty_persons(prop: str) -> None:
    runs = 60
    power = rate(results("partial_correlation", prop, person=True, effect=0.6, runs=runs))
    assert power >= binom.ppf(0.0005, runs, 0.75) / runs


def uneven(seed: int) -> tuple[Any, Any, Any, Any]:
    """Return noise in 1 and 20 pictures of a person in turn."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(60), np.where(np.arange(60) % 2, 1, 20))
    return *rng.standard_normal((2, len(person))), None, person


def more_pictures_of_the_old(seed: int) -> tuple[Any, Any, Any, Any]:
    """Return age and noise: whoever is old has 12 pictures, the others 2."""
    rng = np.random.default_rng(seed)
    age = rng.standard_normal(60)
    person = np.repeat(np.arange(60), np.where(age > 0, 12, 2))
    return age[person], rng.standard_normal(len(person)), None, person


def curved(seed: int) -> tuple[Any, Any, Any, Any]:
    """Return what a number drives in every picture, along a parabola."""
    rng = np.random.default_rng(seed)
    number, x, y = rng.standard_normal((3, 750))
    return number**2 / 2 + 0.5 * x, number**2 / 2 + 0.5 * y, number, np.repeat(np.arange(150), 5)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("draw", "method", "runs"),
    [(uneven, "chsic", 300), (more_pictures_of_the_old, "chsic", 300), (curved, "kcit", 200)],
)
def test_numbers_of_pictures_and_curves_make_no_dependence(draw: Any, method: str, runs: int) -> None:
    """Means of few pictures vary more than means of many, and curves stay in means."""
    p = np.empty(runs)
    for seed in range(runs):
        x, y, z, person = draw(seed)
        draws = None if TESTS[method].null == "analytic" else 99
        p[seed] = independence_test(x, y, z, method, seed, person=person, n_permutations=draws).p_value
    for level in (0.05, 0.10, 0.50):
        assert np.mean(p <= level) <= binom.ppf(0.9995, runs, level) / runs
    assert np.mean(p <= 0.50) >= binom.ppf(0.0005, runs, 0.50) / runs
