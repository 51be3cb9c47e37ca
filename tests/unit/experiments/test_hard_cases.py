"""Harder cases with a known truth: what was set before, and the table that came out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.experiments.hard_cases import (
    ASKED,
    DELTA,
    HARD_CASES,
    HARD_COLUMNS,
    HIDDEN,
    KINDS,
    METHODS,
    NAMES,
    OURS,
    PRIMARY,
    SEEDS,
    TOGETHER,
    HardCase,
    case_scores,
    chosen,
    is_high,
    load_hard_cases,
    state_of,
)
from facelib.faces import Head, sample_heads
from facelib.stats.classification import wilson


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return sample_heads(4000, seed=3, electrodes=0.5, also={"grey": (0.0, 1.0)})


def test_every_kind_has_one_case_for_development_and_two_that_are_frozen() -> None:
    for kind in KINDS:
        splits = [case.split for case in HARD_CASES if case.kind == kind]
        assert sorted(splits) == ["development", "frozen", "frozen"], kind
    assert len({case.id for case in HARD_CASES}) == len(HARD_CASES) == 36
    used = {(case.rules, case.watched, case.together, case.noise) for case in HARD_CASES}
    assert len(used) == 36, "no frozen case is one of development"


@pytest.mark.thorough
@pytest.mark.parametrize("case", HARD_CASES, ids=lambda case: case.id)
def test_faces_follow_the_rules_and_nothing_else(case: HardCase, heads: list[Head]) -> None:
    taken = [heads[place] for place in chosen(heads, case, np.random.default_rng(1))]
    assert len(taken) > 400
    women = np.array([head.gender <= 0.5 for head in taken])
    for rule in case.rules:
        shown = np.array([head.expression == rule.emotion for head in taken])
        follows = (is_high(taken, rule.property) == rule.high) == shown
        among = {"all": np.ones(len(taken), bool), "women": women, "men": ~women}[rule.group]
        assert follows[among].mean() == pytest.approx(rule.agreement, abs=0.05)
    free = set(ASKED) - {rule.property for rule in case.rules} - set(case.together or ())
    shown = np.array([head.expression == case.watched for head in taken])
    for name in sorted(free):
        high = is_high(taken, name)
        assert abs(high[shown].mean() - high[~shown].mean()) < 0.15, name
    if case.together is not None:
        one, other = (is_high(taken, name) for name in case.together)
        assert (one == other).mean() == pytest.approx(TOGETHER, abs=0.05)


@given(effect=st.floats(-1, 1), beyond=st.floats(0, 1))
def test_truth_goes_by_the_mean_and_leaves_out_what_it_hides(effect: float, beyond: float) -> None:
    state = state_of(effect, beyond)
    assert (state == "used") == (abs(effect) >= DELTA)
    if state == "not used":
        assert abs(effect) <= DELTA / 2
        assert beyond <= HIDDEN


def test_the_table_has_every_question_once_and_decisions_that_were_set() -> None:
    table = load_hard_cases()
    assert list(table.columns) == list(HARD_COLUMNS)
    networks = sum(len(SEEDS[case.split]) for case in HARD_CASES)
    assert len(table) == networks * len(ASKED) * len(METHODS) == 60 * 4 * 14
    assert not table.duplicated(["case", "seed", "property", "method"]).any()
    assert set(table["decision"]) == {"used", "not used", "open"}
    assert set(table.loc[table["decision"] == "open", "method"]) <= {"verdict", "verdict_200", "placebos"}
    states = [state_of(*row) for row in zip(table["effect"], table["beyond"], strict=True)]
    assert table["state"].tolist() == states
    assert set(METHODS) == set(NAMES)
    assert OURS[0] == PRIMARY
    assert set(OURS) < set(METHODS)


@pytest.mark.thorough
def test_scores_are_counted_by_hand() -> None:
    table = load_hard_cases()
    scores = case_scores(table).set_index(["method", "kind"])
    frozen = table[(table["split"] == "frozen") & (table["method"] == "lime")]
    clear = frozen[frozen["state"].isin(["used", "not used"])]
    row = scores.loc[("lime", "all")]
    assert row["right"] == (clear["state"] == clear["decision"]).sum()
    assert row["right"] + row["wrong"] + row["open"] == row["questions"] == len(clear)
    wrong = clear[clear["state"] != clear["decision"]]["case"].nunique()
    share = wilson(wrong, clear["case"].nunique())
    assert (row["cases_wrong"], row["low"], row["high"]) == (wrong, share.low, share.high)
    with pytest.raises(BadValueError, match="decision is missing"):
        case_scores(table.drop(columns="decision"))
