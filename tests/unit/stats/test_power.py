"""Power over faces: against the noncentral t, statsmodels, a slow integral and simulated studies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad
from scipy.stats import binom, chi, nct, norm, t
from statsmodels.stats.power import TTestPower

from facelib.errors import BadValueError
from facelib.stats import (
    cautious_sd,
    describe_power,
    effects_over_faces,
    equivalence,
    power_curve,
    sample_size,
    sign_flip,
    study_power,
)
from facelib.stats.effects.betting import equivalence_p
from facelib.stats.power import COLUMNS, QUESTIONS
from facelib.stats.power_chances import bets_inside, inside_margin
from facelib.stats.power_sentences import NORMAL


@pytest.mark.one_case
@pytest.mark.parametrize("n", [2, 3, 8, 24, 200])
@pytest.mark.parametrize("change", [-0.3, -0.1, 0.0, 0.05, 0.18])
def test_matters_is_the_noncentral_t(n: int, change: float) -> None:
    bar, root = float(t.ppf(0.95, n - 1)), math.sqrt(n) / 0.15
    above = nct.sf(bar, n - 1, (change - 0.10) * root)
    below = nct.sf(bar, n - 1, -(change + 0.10) * root)  # scipy's cdf is NaN this far out
    found = study_power(n, change, 0.15)
    assert found.matters == pytest.approx(above + below if n >= 6 else 0.0, abs=2e-6)
    assert found.matters + found.does_not_matter + found.cannot_tell == pytest.approx(1)
    mirrored = study_power(n, -change, 0.15)
    assert (mirrored.matters, mirrored.does_not_matter) == pytest.approx(
        (found.matters, found.does_not_matter)
    )


@pytest.mark.parametrize("n", [7, 15, 60])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_the_test_has_the_power_that_statsmodels_gives_the_t_test(n: int, alternative: Any) -> None:
    names = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}
    oracle = TTestPower().power(0.06 / 0.15, n, 0.05 / 2, alternative=names[alternative])
    found = study_power(n, 0.06, 0.15, alternative=alternative, family=2)
    assert found.differs == pytest.approx(oracle, abs=2e-6)


@pytest.mark.thorough
@pytest.mark.parametrize(("n", "change", "sd"), [(29, 0.0, 0.15), (40, 0.04, 0.18), (35, -0.03, 0.25)])
def test_does_not_matter_is_the_slow_integral(n: int, change: float, sd: float) -> None:
    bar, error = float(t.ppf(0.95, n - 1)), sd / math.sqrt(n)
    scale = sd / math.sqrt(n - 1)

    def density(mean: float, spread: float) -> float:
        return float(norm.pdf(mean, change, error) * chi.pdf(spread / scale, n - 1) / scale)

    widest = 0.10 * math.sqrt(n) / bar
    slow, _ = dblquad(
        density,
        0,
        widest,
        lambda s: -0.10 + bar * s / math.sqrt(n),
        lambda s: 0.10 - bar * s / math.sqrt(n),
        epsabs=1e-6,
    )
    assert inside_margin(n, change, sd, bar, 0.10) == pytest.approx(slow, abs=1e-5)
    assert study_power(n, change, sd).does_not_matter <= slow + 1e-5


@pytest.mark.one_case
@pytest.mark.parametrize("change", [0.0, 0.02, -0.05])
@pytest.mark.parametrize("sd", [0.02, 0.10, 0.15, 0.25])
def test_the_chance_of_the_bets_is_about_that_of_simulated_studies(
    change: float, sd: float, rng: np.random.Generator
) -> None:
    """Never more than .10 above, where it matters: a plan that promises too much is too small."""
    for n in (40, 60, 100, 200):
        d = np.clip(rng.normal(change, sd, (n, 1000)), -1, 1)
        share = float((equivalence_p(d, 0.10) <= 0.05).mean())
        chance = bets_inside(n, change, sd, 0.10, 0.05)
        assert -0.16 <= chance - share <= 0.10, (n, share, chance)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("n", "change", "sd"), [(12, 0.16, 0.08), (30, 0.02, 0.25), (24, -0.20, 0.22), (12, 0.02, 0.10)]
)
def test_simulated_studies_come_to_their_verdicts_as_often(
    n: int, change: float, sd: float, rng: np.random.Generator
) -> None:
    """400 studies a case are the classifiers of one table: the suite's own verdicts and test judge them."""
    runs = 400
    falls = np.clip(rng.normal(change, sd, (n, runs)), -0.95, 0.95)
    start = np.where(falls < 0, 0.975, 0.025) * np.ones_like(falls)
    ends = np.stack([start, start + falls], axis=-1).clip(0, 1)
    face, study, step = np.indices(ends.shape)
    table = pd.DataFrame(
        {
            "face": face.ravel(), "classifier": study.ravel(), "intervention": "symmetry",
            "strength": step.ravel().astype(float), "label": "happy", "probability": ends.ravel(),
        }
    )  # fmt: skip
    effects = effects_over_faces(table, n_bootstrap=999)
    assert len(effects) == runs
    found = study_power(n, change, sd)
    expected = {
        "matters": (effects["verdict"] == "matters", found.matters),
        "does not matter": (effects["verdict"] == "does not matter at δ", found.does_not_matter),
        "differs": (effects["p"] <= 0.05, found.differs),
    }
    for question, (hits, power) in expected.items():
        low, high = binom.interval(0.998, runs, power)
        assert low <= hits.sum() <= high, (question, hits.mean(), power)


@pytest.mark.thorough
def test_students_verdict_is_met_closely(rng: np.random.Generator) -> None:
    runs, n = 2000, 10
    verdicts = [equivalence(d, 0.10, method="t").verdict for d in rng.normal(0.16, 0.08, (runs, n))]
    low, high = binom.interval(0.998, runs, study_power(n, 0.16, 0.08).matters)
    assert low <= verdicts.count("matters") <= high


def test_people_too_few_for_the_level_never_reject() -> None:
    few = study_power(5, 0.5, 0.05)
    assert few.differs == 0
    assert few.note == "5 people can't have a two-sided p below .0625"
    assert sign_flip(np.full(5, 0.5) + np.arange(5) / 100).p_value > 0.05
    assert study_power(5, 0.5, 0.05, alternative="greater").differs > 0.99
    assert study_power(5, 0.5, 0.05, alternative="greater", family=2).differs == 0
    assert sample_size(0.5, 0.05, question="differs").n == 6


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("change", "question"),
    [(-0.2, "matters"), (0.13, "matters"), (0.0, "does not matter"), (0.05, "differs"), (0.9, "matters")],
)
@pytest.mark.parametrize("wanted", [0.5, 0.9])
def test_the_sample_is_the_smallest_that_is_enough(change: float, question: Any, wanted: float) -> None:
    found = sample_size(change, 0.15, power=wanted, question=question)
    powers = [study_power(n, change, 0.15).of(question) for n in range(2, found.n + 3)]
    assert [power >= wanted for power in powers].index(True) + 2 == found.n
    assert found.power == study_power(found.n, change, 0.15).of(question) >= wanted
    assert (found.wanted, found.question, found.study.n) == (wanted, question, found.n)


def test_the_sample_of_a_test_is_that_of_statsmodels() -> None:
    found = sample_size(0.05, 0.15, question="differs", alternative="greater", power=0.9)
    assert found.n == math.ceil(TTestPower().solve_power(1 / 3, alpha=0.05, power=0.9, alternative="larger"))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (0.10, {}, r"beyond δ = \.10"),
        (-0.04, {}, r"beyond δ = \.10.*got −\.04"),
        (0.10, {"question": "does not matter"}, "inside ± δ"),
        (0.0, {"question": "differs"}, "test can find"),
        (0.2, {"question": "differs", "alternative": "less"}, "test can find"),
        (0.1001, {}, "100,000 people"),
        (0.2, {"question": "large"}, "question is one of"),
        (0.2, {"power": 1.0}, "wanted power"),
        (0.2, {"delta": 0}, "margin delta"),
        (0.2, {"alpha": 0.5}, "below .5"),
        (0.2, {"alternative": "more"}, "alternative is one of"),
        (0.2, {"family": 0}, "family"),
        (math.nan, {}, "change"),
    ],
)
def test_impossible_wishes_are_explained(change: float, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        sample_size(change, 0.15, **options)


@pytest.mark.parametrize("sd", [0.0, -0.1, math.nan])
def test_a_spread_is_above_zero(sd: float) -> None:
    with pytest.raises(BadValueError, match="standard deviation"):
        study_power(10, 0.2, sd)


def test_one_person_is_no_study() -> None:
    with pytest.raises(BadValueError, match="2 or more"):
        study_power(1, 0.2, 0.1)


@pytest.mark.thorough
def test_the_curve_is_tidy_and_passes_the_wanted_power() -> None:
    curve = power_curve(-0.12, 0.15, questions=QUESTIONS)
    assert list(curve.columns) == list(COLUMNS)
    assert not curve.duplicated(["n", "question"]).any()
    matters = curve[curve["question"] == "matters"]
    assert (np.diff(matters["power"]) > 0).all()
    needed = sample_size(-0.12, 0.15).n
    assert matters.loc[matters["power"] >= 0.8, "n"].min() == needed
    assert len(matters) < 130 < needed < matters["n"].max()
    for _, row in curve.iloc[::40].iterrows():
        assert row["power"] == study_power(row["n"], -0.12, 0.15).of(row["question"])


def test_a_curve_that_never_gets_there_is_drawn_all_the_same() -> None:
    assert power_curve(0.05, 0.15)["n"].tolist() == list(range(2, 41))
    with pytest.raises(BadValueError, match="each once"):
        power_curve(0.05, 0.15, questions=["matters", "matters"])
    with pytest.raises(BadValueError, match="each once"):
        power_curve(0.05, 0.15, questions=[])


def test_a_cautious_spread_covers_the_true_one_as_often_as_said(rng: np.random.Generator) -> None:
    runs = 4000
    pilots = rng.normal(0, 0.15, (runs, 12)).std(axis=1, ddof=1)
    covered = sum(cautious_sd(sd, 12) >= 0.15 for sd in pilots)
    low, high = binom.interval(0.998, runs, 0.80)
    assert low <= covered <= high


def test_sentences() -> None:
    assert describe_power(sample_size(0.0, 0.15, question="does not matter")) == (
        "With 53 people, a true change of 0 (standard deviation between people .15) is found not to matter "
        f"at δ = .10 in 81 % of studies.{NORMAL}"
    )
    assert describe_power(study_power(28, 0.0, 0.02), "does not matter").endswith(
        f"in 0 % of studies: that needs at least 29 people.{NORMAL}"
    )
    assert describe_power(study_power(5, 0.5, 0.02)).endswith(
        "in 0 % of studies: that needs at least 6 people."
    )
    few = describe_power(study_power(5, 0.5, 0.05), "differs")
    assert few.endswith(
        "(two-sided, α = .05) in 0 % of studies (5 people can't have a two-sided p below .0625)."
    )
    one = describe_power(study_power(60, -0.2, 0.15, alternative="less", family=17), "differs")
    assert "(one-sided, α = .05, corrected for 17 tests) in more than 99 % of studies." in one
    with pytest.raises(BadValueError, match="question is one of"):
        describe_power(study_power(60, -0.2, 0.15), "large")  # type: ignore[arg-type]
