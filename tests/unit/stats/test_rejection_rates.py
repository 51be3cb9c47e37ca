"""Counting rejections: the same p-values as single tests, exact intervals, and rounds that can be left."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from facelib.errors import BadValueError, Cancelled
from facelib.stats.causal_model import CausalModel, held_fixed
from facelib.stats.independence import TESTS, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.methods import able_tests
from facelib.stats.rejection_rates import (
    PERMUTATIONS,
    drawn_from,
    levels,
    power,
    power_rounds,
    run_each,
    shares,
)

MODEL = CausalModel(effect=0.4)
FAST = ["partial_correlation", "kcit"]


def test_all_tests_that_can_hold_labels_or_numbers_fixed() -> None:
    faces = MODEL.draw(60)
    assert set(able_tests(as_given(faces["label"], 60))) == set(TESTS)
    number = MODEL.replace(conditioner="number").draw(60)["label"]
    numbers = able_tests(as_given(number, 60))
    assert set(numbers) == {name for name in TESTS if "continuous" in TESTS[name].conditioners}
    costs = [("low", "medium", "high").index(TESTS[name].cost) for name in numbers]
    assert costs == sorted(costs)
    two = as_given({"a": number, "b": number**2}, 60)
    assert able_tests(two) == ["partial_correlation"]
    with pytest.raises(BadValueError, match="approximate=True"):
        next(run_each(number, {"y": number}, {"a": number, "b": number**2}, methods=["kcit"]))


def test_each_row_is_what_a_single_test_says() -> None:
    faces = MODEL.draw(120, 3)
    for table in run_each(
        faces["property"], {"output": faces["output"]}, faces["label"], methods=FAST, seed=5
    ):
        row = table.iloc[0]
        alone = independence_test(faces["property"], faces["output"], faces["label"], row["method"], 5)
        assert row["p"] == pytest.approx(alone.p_value, rel=1e-9)


def test_several_outputs_share_one_call() -> None:
    faces = MODEL.draw(120, 3)
    noise = np.random.default_rng(0).normal(size=120)
    (table,) = run_each(
        faces["property"], {"a": faces["output"], "b": noise}, faces["label"], methods=["partial_correlation"]
    )
    assert table["output"].tolist() == ["a", "b"]
    assert table["p"][0] < 0.01 < table["p"][1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outputs": {"y": np.ones(3)}}, "different lengths"),
        ({"seed": "x"}, "The seed"),
        ({"seed": -1}, "The seed"),
        ({"workers": 0}, "threads"),
        ({"methods": "kcit"}, "methods is a list"),
        ({"methods": [TESTS["kcit"]]}, "methods holds ids"),
    ],
)
def test_wrong_settings_are_refused_in_words(wrong: dict[str, Any], said: str) -> None:
    faces = MODEL.draw(60)
    given = {"x": faces["property"], "outputs": {"y": faces["output"]}, "z": faces["label"]} | wrong
    with pytest.raises(BadValueError, match=said):
        list(run_each(**given))


def test_permutations_of_a_power_curve_use_the_level() -> None:
    for alpha, level in ((0.05, 10 / 210), (0.01, 2 / 210)):
        p = np.arange(1, PERMUTATIONS + 2) / (PERMUTATIONS + 1)
        assert (p < alpha).mean() == pytest.approx(level)


def test_intervals_are_exact() -> None:
    row = shares([{(0.5, "kcit"): k < 3} for k in range(20)], "effect").iloc[0]
    assert (row["rejections"], row["repetitions"], row["share"]) == (3, 20, 0.15)
    assert row["low"] == pytest.approx(beta.ppf(0.025, 3, 18))
    assert row["high"] == pytest.approx(beta.ppf(0.975, 4, 17))
    assert shares([], "effect").empty


@pytest.mark.thorough
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


def test_stopped_work_is_given_up() -> None:
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    faces = MODEL.draw(300)
    tests = []
    with pytest.raises(Cancelled):
        tests.extend(run_each(faces["property"], {"y": faces["output"]}, faces["label"], stop=stop))
    assert len(asked) == 4, "it isn't asked again"
    assert len(tests) < len(TESTS)
    with pytest.raises(Cancelled):
        next(power_rounds(MODEL, 60, stop=lambda: True))


@pytest.mark.thorough
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


def test_levels_refuse_what_cannot_be() -> None:
    number = CausalModel(conditioner="number")
    with pytest.raises(BadValueError, match="number"):
        levels({"number": drawn_from(number, 60)}, 2, methods=["chsic"])
    with pytest.raises(BadValueError, match="At least one setting"):
        levels({}, 3)
    with pytest.raises(BadValueError, match="The level alpha"):
        levels({"number": drawn_from(number, 60)}, 2, alpha=7)


@pytest.mark.thorough
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
