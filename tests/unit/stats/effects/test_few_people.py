"""The number of people that a verdict needs: slow twins, and verdicts that are never given over fewer."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.stats import (
    contrast,
    describe_effect,
    describe_lowering,
    effects_over_faces,
    equivalence,
    few_people,
    fewest_people,
    fewest_to_matter,
    lowering,
    sample_size,
    sign_flip,
    study_power,
)
from facelib.stats.effects.sentences import CUT

DOES_NOT, MATTERS, CANNOT = "does not matter at δ", "matters", "cannot tell"
Side = Literal["two-sided", "less", "greater"]


def slow_fewest(delta: float, alpha: float) -> int:
    """Count people until a sample that misses a share δ of them is rarer than α."""
    missed = 1.0
    for n in itertools.count(1):
        missed *= 1 - delta
        if missed <= alpha * (1 + 1e-9):
            return max(n, 2)
    raise AssertionError


@pytest.mark.parametrize(("delta", "n"), [(0.05, 59), (0.10, 29), (0.20, 14)])
def test_the_numbers_of_the_rule(delta: float, n: int) -> None:
    assert fewest_people(delta) == fewest_people(delta, 0.05) == n


@given(st.floats(0.005, 0.999), st.floats(0.001, 0.4))
def test_the_formula_counts_people(delta: float, alpha: float) -> None:
    assert fewest_people(delta, alpha) == slow_fewest(delta, alpha)


def test_other_scales_have_at_least_the_floor_of_a_probability() -> None:
    assert fewest_people(0.05, bounded=False) == 59
    assert fewest_people(0.5, bounded=False) == fewest_people(3.0, bounded=False) == 29
    assert fewest_people(0.5) == 5
    assert fewest_people(1.0) == fewest_people(7.0) == 2


@pytest.mark.parametrize("alpha", [0.2, 0.125, 0.05, 0.03125, 0.01])
@pytest.mark.parametrize("side", ["two-sided", "less", "greater"])
def test_fewest_to_matter_is_where_the_exact_test_can_first_reject(alpha: float, side: Side) -> None:
    all_one_way = {n: np.full(n, -1.0 if side == "less" else 1.0) for n in range(2, 12)}
    reach = [n for n, d in all_one_way.items() if sign_flip(d, alternative=side).p_value <= alpha]
    assert fewest_to_matter(alpha, side) == min(reach)


def test_the_remark() -> None:
    assert few_people(3, 0.10) == (
        "3 people: “matters” needs at least 6, “does not matter” at δ = .10 needs at least 29."
    )
    assert few_people(1, 0.125, 0.05, "less").startswith("1 person: “matters” needs at least 5, ")
    assert "at δ = .125 needs at least 23." in few_people(1, 0.125)
    assert few_people(28, 0.10)
    assert not few_people(29, 0.10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fewest_people(0.0), "above 0"),
        (lambda: fewest_people(0.1, 1.0), "strictly between"),
        (lambda: fewest_to_matter(0.05, "more"), "alternative is one of"),  # type: ignore[arg-type]
    ],
)
def test_impossible_questions_are_refused(call: Any, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        call()


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.integers(1, 60).flatmap(lambda n: st.lists(st.floats(-0.3, 0.3), min_size=n, max_size=n)),
    st.sampled_from([0.05, 0.10, 0.20, 0.31]),
    st.sampled_from([0.05, 0.01]),
)
def test_too_few_people_are_never_called_still(d: list[float], delta: float, alpha: float) -> None:
    found = equivalence(d, delta, alpha=alpha, method="t")
    for factor, word in ((0.5, found.verdict_half), (1, found.verdict), (2, found.verdict_double)):
        if len(d) < slow_fewest(factor * delta, alpha):
            assert word != DOES_NOT
        if len(d) < fewest_to_matter(alpha):
            assert word != MATTERS  # "does not matter" at a wide margin needs fewer people than that
    if found.verdict == CANNOT:
        assert few_people(len(d), delta, alpha) in found.note


def table_of(effects: np.ndarray[Any, Any], start: float = 0.5) -> pd.DataFrame:
    """Return tidy rows of people (n, 2): two changes, one classifier."""
    return pd.DataFrame(
        [
            (f"face {i}", run, s, "fer", "happy", start + s * effects[i, k])
            for i in range(len(effects))
            for k, run in enumerate(("symmetry", "weaker"))
            for s in (0.0, 1.0)
        ],
        columns=["face", "intervention", "strength", "classifier", "label", "probability"],
    )


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(
    st.integers(1, 28),
    st.tuples(st.sampled_from([0.0, 0.02, -0.2]), st.sampled_from([0.0, 1e-9, 0.01, 0.05, 0.4])),
    st.sampled_from(["two-sided", "less"]),
    st.sampled_from([0.5, 0.0, 1.0]),
    st.integers(0, 1000),
)
def test_no_table_or_sentence_calls_few_people_still(
    n: int, normal: tuple[float, float], side: Side, start: float, seed: int
) -> None:
    """Also where an output has no room at all: it starts at 0 and stays there."""
    mean, spread = normal
    d = mean + spread * np.random.default_rng(seed).standard_normal((n, 2))
    rows = table_of(np.clip(d, -start, 1 - start), start)
    effects = effects_over_faces(rows, alternative=side, n_flips=199, n_bootstrap=999)
    both = contrast(rows, "symmetry", "weaker", alternative=side, n_flips=199, n_bootstrap=999)
    for table in (effects, both):
        assert (table["fewest"] == 29).all()
        for row in table.to_dict("records"):
            assert DOES_NOT not in {row["verdict"], row["verdict_half"]}
            assert row["verdict_double"] != DOES_NOT or n >= 14
            if n < (6 if side == "two-sided" else 5):
                assert row["verdict"] == row["verdict_half"] == CANNOT
            words = describe_effect(row)
            assert "It does not matter" not in words
            if row["verdict"] == CANNOT:
                assert "at δ = .10 needs at least 29." in row["notes"]
                assert n == 1 or words.removesuffix(f" {CUT}").endswith("at δ = .10 needs at least 29.")


def test_people_are_counted_in_each_cell_and_never_rows() -> None:
    """Three hundred faces of three people are three people; a cell counts who has data there."""
    few = table_of(np.full((300, 2), 0.001) * np.arange(300)[:, None] / 300)
    few["identity"] = few["face"].str.removeprefix("face ").astype(int) % 3
    assert set(effects_over_faces(few)["verdict"]) == {CANNOT}
    many = table_of(np.linspace(-0.01, 0.01, 66).reshape(33, 2))
    gap = (many["intervention"] == "weaker") & many["face"].isin([f"face {k}" for k in range(5)])
    many.loc[gap, "probability"] = np.nan
    found = effects_over_faces(many).set_index("intervention")
    assert found["verdict"].to_dict() == {"symmetry": DOES_NOT, "weaker": CANNOT}
    assert "28 people: “does not matter” at δ = .10 needs at least 29." in found.loc["weaker", "notes"]


def test_logits_have_the_floor_of_a_probability() -> None:
    rows = table_of(np.linspace(-0.01, 0.01, 56).reshape(28, 2)).assign(logit=lambda t: t["probability"])
    found = effects_over_faces(rows, value="logit", delta=2.0)
    assert set(found["verdict"]) | set(found["verdict_double"]) == {CANNOT}
    assert (found["fewest"] == 29).all()


def test_how_many_classifiers_fall_is_not_said_of_too_few_people() -> None:
    rows = table_of(np.full((4, 2), -0.3) - np.arange(8).reshape(4, 2) / 100, start=0.9)
    words = describe_lowering(lowering(rows, "symmetry", label="happy"))
    assert words == (
        "Under symmetry, whether the classifier lowers its output for happy can't be said: 4 people, where "
        "the sign-flip test needs at least 5 at .05."
    )


@pytest.mark.one_case
@pytest.mark.parametrize("delta", [0.05, 0.10, 0.20])
@pytest.mark.parametrize("power", [0.05, 0.5, 0.8])
def test_the_planner_never_recommends_fewer(delta: float, power: float) -> None:
    found = sample_size(0.0, 1e-3, question="does not matter", delta=delta, power=power)
    assert found.n == {0.05: 68, 0.10: 33, 0.20: 16}[delta] >= fewest_people(delta)  # what bets need
    below = study_power(found.n - 1, 0.0, 1e-3, delta=delta)
    assert (below.does_not_matter, below.cannot_tell) == pytest.approx((0, 1), abs=1e-3)
    assert below.few == few_people(found.n - 1, delta)
    assert sample_size(0.9, 1e-3, delta=delta, power=power).n == 6
