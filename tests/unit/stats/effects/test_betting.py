"""Bets on bounded changes: against a slow twin, their level in worlds that mislead intervals, early looks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import binom

from facelib.errors import BadValueError
from facelib.stats import (
    contrast,
    describe_effect,
    describe_power,
    effects_over_faces,
    equivalence,
    sample_size,
)
from facelib.stats.effects.betting import SHARES, WEIGHTS, betting_interval, betting_p, equivalence_p
from facelib.stats.effects.equivalence import DOES_NOT

Floats = npt.NDArray[np.float64]
World = Callable[[np.random.Generator, int, int], Floats]
RUNS = 4000


def few_of_many(rng: np.random.Generator, n: int, runs: int) -> Floats:
    """One person in ten falls by all there is, the others hardly move: the mean lies at −δ."""
    return np.where(rng.random((n, runs)) < 0.1, -1.0, 0.0)


def saturated(rng: np.random.Generator, n: int, runs: int) -> Floats:
    """Outputs start near 1 and fall: a beta with mean .10."""
    return -rng.beta(0.25, 2.25, (n, runs))


def two_ways(rng: np.random.Generator, n: int, runs: int) -> Floats:
    """Half of the people rise by .5, the others fall by .7."""
    return np.where(rng.random((n, runs)) < 0.5, 0.5, -0.7)


def normal(rng: np.random.Generator, n: int, runs: int) -> Floats:
    """Normal changes around the margin; where they are clipped they stay within it."""
    return np.clip(rng.normal(-0.1, 0.15, (n, runs)), -1, 1)


WORLDS: dict[str, World] = {
    "few": few_of_many, "saturated": saturated, "two ways": two_ways, "normal": normal
}  # fmt: skip


def slow_p(x: Floats, margin: float, bound: float) -> float:
    """The money of every stake, person by person."""
    money = [0.0] * len(SHARES)
    for k, share in enumerate(SHARES):
        made = float(WEIGHTS[k])
        for value in x:
            made *= 1 + share / (bound - margin) * (margin - value)
        money[k] = made
    return min(1.0, 1 / sum(money))


@pytest.mark.parametrize("bound", [1.0, 1.5])
def test_p_is_that_of_the_slow_twin(bound: float, rng: np.random.Generator) -> None:
    x = rng.uniform(-0.6, 0.5, (23, 5))
    for margin in (-0.2, 0.0, 0.1):
        expected = [slow_p(column, margin, bound) for column in x.T]
        np.testing.assert_allclose(betting_p(x, margin, bound), expected, rtol=1e-9)
    shuffled = rng.permuted(x, axis=0)
    np.testing.assert_allclose(betting_p(shuffled, 0.1, bound), betting_p(x, 0.1, bound), rtol=1e-9)
    gaps = np.vstack([x, np.full((4, 5), np.nan)])
    np.testing.assert_allclose(betting_p(gaps, 0.1, bound), betting_p(x, 0.1, bound), rtol=1e-12)


def test_what_has_no_such_bounds_is_no_bet(rng: np.random.Generator) -> None:
    x = rng.normal(0, 0.1, (40, 2))
    x[3, 1] = 1.2
    assert np.isnan(betting_p(x, 0.1)).tolist() == [False, True]
    assert equivalence(x[:, 1]).verdict == "cannot tell"
    assert "bounded=False" in equivalence(x[:, 1]).note
    assert equivalence(x[:, 1], 0.5, bounded=False).verdict == DOES_NOT
    with pytest.raises(BadValueError, match="below the largest"):
        betting_p(x, 1.0)


@pytest.mark.parametrize("n", [10, 20, 60, 200])
@pytest.mark.parametrize("world", WORLDS)
def test_does_not_matter_keeps_its_level_whatever_the_changes_are(
    world: str, n: int, rng: np.random.Generator
) -> None:
    """At the margin itself: .05 at most, where the interval alone is wrong up to five times more."""
    d = WORLDS[world](rng, n, RUNS)
    wrong = int((equivalence_p(d, 0.10) <= 0.05).sum())
    assert wrong <= binom.ppf(0.999, RUNS, 0.05)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "world",
    [
        "few",
        pytest.param("saturated", marks=pytest.mark.thorough),
        pytest.param("normal", marks=pytest.mark.thorough),
    ],
)
def test_who_looks_after_every_fifth_person_is_misled_no_more_often(
    world: str, rng: np.random.Generator
) -> None:
    d = WORLDS[world](rng, 100, RUNS // 2)
    misled = np.zeros(d.shape[1], bool)
    missed = np.zeros(d.shape[1], bool)
    truth = float(np.mean(WORLDS[world](rng, 1000, 400)))
    for n in range(10, 101, 5):
        low, high = betting_interval(d[:n], 0.90)
        misled |= (low >= -0.10) & (high <= 0.10)
        missed |= (low > truth + 0.002) | (high < truth - 0.002)
    assert misled.sum() <= binom.ppf(0.999, len(misled), 0.05)
    assert missed.sum() <= binom.ppf(0.999, len(missed), 0.10)


def test_a_plan_says_that_it_takes_changes_as_normal(rng: np.random.Generator) -> None:
    """Where few people fall (mean −.03, sd .14) it keeps less than it promises, and says so beforehand."""
    plan = sample_size(-0.03, 0.14, question="does not matter")
    assert plan.n > 60  # Student's interval alone took 27
    assert describe_power(plan).endswith(
        "Changes are taken as normal; where few people change by much, more are needed."
    )
    d = np.where(rng.random((plan.n, 2000)) < 0.038, -0.79, 0.0)
    assert np.mean(d) == pytest.approx(-0.03, abs=0.002)
    found = float((equivalence_p(d, 0.10) <= 0.05).mean())
    assert 0.40 < found < plan.power, found


def table_of(d: Floats, start: float = 0.9) -> pd.DataFrame:
    """Two strengths of each person, for one classifier."""
    rows = [
        (f"face {k}", "symmetry", strength, "fer", "happy", start + strength * change)
        for k, change in enumerate(d)
        for strength in (0.0, 1.0)
    ]
    columns = ["face", "intervention", "strength", "classifier", "label", "probability"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.thorough
def test_an_interim_look_has_no_p_and_intervals_by_bets(rng: np.random.Generator) -> None:
    d = np.clip(rng.normal(-0.5, 0.1, 40), -0.9, 0.1)
    rows = table_of(d)
    early, late = (effects_over_faces(rows, interim=interim).iloc[0] for interim in (True, False))
    assert math.isfinite(late["p"])
    assert all(math.isnan(early[name]) for name in ("p", "p_holm", "p_bh", "smallest_found"))
    assert early["interval_method"] == "bets"
    assert early["low"] < late["low"] < late["high"] < early["high"]
    ends = betting_interval(d[:, None], 0.90)
    assert (early["verdict_low"], early["verdict_high"]) == (float(ends[0][0]), float(ends[1][0]))
    assert early["verdict"] == late["verdict"] == "matters"
    assert "A look before all planned people are there" in early["notes"]
    assert "95 % interval" in describe_effect(early)
    few = effects_over_faces(table_of(d[:6]), interim=True).iloc[0]
    assert (few["verdict"], effects_over_faces(table_of(d[:6])).iloc[0]["verdict"]) == (
        "cannot tell",
        "matters",
    )
    logits = rows.assign(logit=rows["probability"])
    unknown = effects_over_faces(logits, value="logit", delta=1.0, interim=True).iloc[0]
    assert (unknown["verdict"], unknown["interval_method"]) == ("", "none")
    both = pd.concat([rows, rows.assign(intervention="weaker")])
    assert contrast(both, "symmetry", "weaker", interim=True).iloc[0]["interval_method"] == "bets"
