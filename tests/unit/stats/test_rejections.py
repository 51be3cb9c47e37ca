"""Counting rejections: the same p-values as single tests, exact intervals, and rounds that can be left."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from facelib.errors import BadValueError
from facelib.stats.causal_model import CausalModel, held_fixed
from facelib.stats.independence import TESTS, independence_test
from facelib.stats.rejections import (
    Tally,
    able_tests,
    drawn_from,
    levels,
    power,
    power_rounds,
    run_each,
    with_decisions,
)

MODEL = CausalModel(effect=0.4)
FAST = ["partial_correlation", "kcit"]


def test_all_tests_that_can_hold_labels_or_numbers_fixed() -> None:
    faces = MODEL.draw(60)
    assert set(able_tests(faces["label"], 60)) == set(TESTS)
    numbers = able_tests(MODEL.replace(conditioner="number").draw(60)["label"], 60)
    assert set(numbers) == {name for name in TESTS if "continuous" in TESTS[name].conditioners}
    costs = [("low", "medium", "high").index(TESTS[name].cost) for name in numbers]
    assert costs == sorted(costs)


def test_each_row_is_what_a_single_test_says() -> None:
    faces = MODEL.draw(120, 3)
    for table in run_each(
        faces["property"], {"output": faces["output"]}, faces["label"], methods=FAST, seed=5
    ):
        row = table.iloc[0]
        alone = independence_test(faces["property"], faces["output"], faces["label"], row["method"], 5)
        assert row["p"] == pytest.approx(alone.p_value, rel=1e-9)
        assert row["statistic"] == pytest.approx(alone.statistic, rel=1e-9)
        assert row["n"] == 120
        assert row["seconds"] > 0


def test_several_outputs_share_one_call() -> None:
    faces = MODEL.draw(120, 3)
    noise = np.random.default_rng(0).normal(size=120)
    (table,) = run_each(
        faces["property"], {"a": faces["output"], "b": noise}, faces["label"], methods=["partial_correlation"]
    )
    assert table["output"].tolist() == ["a", "b"]
    assert table["p"][0] < 0.01 < table["p"][1]


def test_decisions_and_the_vote() -> None:
    tests = [
        pd.DataFrame({"output": ["y"], "method": [name], "p": [p], "n": [9], "notes": [""]})
        for name, p in (("kcit", 0.001), ("chsic", 0.04), ("rcot", 0.2), ("cmiknn", 0.01))
    ]
    table = with_decisions(tests, 0.05).set_index("method")
    assert table["rejects"].to_dict() == {
        "kcit": True, "chsic": True, "rcot": False, "cmiknn": True, "vote": True,
    }  # fmt: skip
    assert table.loc["vote", "votes"] == 2
    assert table.loc["vote", "p"] == pytest.approx(1.5 * 0.04)
    strict = with_decisions(tests, 0.02).set_index("method")
    assert not strict.loc["vote", "rejects"]
    assert "vote" not in with_decisions(tests[:3], 0.05)["method"].tolist()


def test_a_test_that_could_not_be_run_does_not_vote() -> None:
    tests = [
        pd.DataFrame({"output": ["y"], "method": [name], "p": [p], "n": [9], "notes": [""]})
        for name, p in (("chsic", 0.001), ("rcot", float("nan")), ("cmiknn", 0.2))
    ]
    vote = with_decisions(tests, 0.05).set_index("method").loc["vote"]
    assert vote["votes"] == 1
    assert not vote["rejects"]


def test_intervals_are_exact() -> None:
    tally = Tally("effect")
    for k in range(20):
        tally.add({(0.5, "kcit"): k < 3})
    row = tally.table().iloc[0]
    assert (row["rejections"], row["repetitions"], row["share"]) == (3, 20, 0.15)
    assert row["low"] == pytest.approx(beta.ppf(0.025, 3, 18))
    assert row["high"] == pytest.approx(beta.ppf(0.975, 4, 17))
    assert Tally("effect").table().empty


def test_power_grows_and_starts_at_the_level() -> None:
    table = power(MODEL, 150, 60, effects=[0.0, 0.2, 0.8], methods=FAST).set_index(["method", "effect"])
    for name in FAST:
        share = [table.loc[(name, effect), "share"] for effect in (0.0, 0.2, 0.8)]
        assert share[0] < 0.2  # 99.9 % band of 60 draws at .05
        assert share[0] < share[1] < share[2]
        assert share[2] == 1


def test_rounds_can_be_left_and_taken_up_again() -> None:
    options = {"effects": [0.0, 0.5], "methods": FAST}
    whole = list(islice(power_rounds(MODEL, 60, **options), 4))
    again = list(islice(power_rounds(MODEL, 60, first=2, **options), 2))
    assert again == whole[2:]


def test_stale_work_is_given_up() -> None:
    asked = []

    def stale() -> bool:
        asked.append(1)
        return len(asked) > 3

    faces = MODEL.draw(300)
    tests = list(run_each(faces["property"], {"y": faces["output"]}, faces["label"], stale=stale))
    assert len(tests) < len(TESTS)
    assert list(power_rounds(MODEL, 60, stale=lambda: True)) == []


def test_levels_show_the_textbook_mistakes() -> None:
    null = CausalModel(effect=0.0)
    table = levels(
        {
            "label": drawn_from(null, 210),
            "nothing": drawn_from(null, 210, "nothing"),
            "number": drawn_from(null, 210, "label as a number"),
        },
        60,
        methods=["partial_correlation"],
    ).set_index("setting")
    assert table.loc["label", "share"] < 0.2
    assert table.loc["nothing", "share"] == 1
    assert table.loc["number", "share"] > 0.9


def test_levels_leave_out_tests_that_cannot_hold_numbers_fixed() -> None:
    number = CausalModel(conditioner="number")
    table = levels({"number": drawn_from(number, 60)}, 2, methods=["partial_correlation", "within_dcov"])
    assert table["method"].tolist() == ["partial_correlation"]
    with pytest.raises(BadValueError, match="At least one setting"):
        levels({}, 3)


def test_a_rated_label_makes_dependence() -> None:
    null = CausalModel(effect=0.0)
    p = {}
    for held in ("label", "rated label"):
        found = []
        for seed in range(30):
            faces = null.draw(300, seed)
            z = held_fixed(faces, held)
            (table,) = run_each(faces["property"], {"y": faces["output"]}, z, methods=["kcit"], seed=seed)
            found.append(table["p"].iloc[0])
        p[held] = np.mean(np.array(found) < 0.05)
    assert p["label"] < 0.25
    assert p["rated label"] > 0.5
