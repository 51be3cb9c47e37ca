"""The committed table: complete, true to its seeds, and what it says about a user's data."""

from __future__ import annotations

import math
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom

from facelib.errors import BadValueError
from facelib.stats.calibration import level_sentence, load_table, nearest, table
from facelib.stats.calibration.measure import OTHERS, rates_over_n, scenarios_of
from facelib.stats.calibration.scenarios import SCENARIOS, SHAPES
from facelib.stats.calibration.table import COLUMNS, level_note
from facelib.stats.independence import TESTS, independence_test
from facelib.stats.independence.vote import VOTE

KEY = ["method", "scenario", "n", "shape", "size", "alpha"]
EXACT = ("partial_correlation", "shuffle_test", "reference_p", "sign_flip")
ONCE = ("interval", "verdict_matters", "verdict_does_not_matter")  # what measured them is no longer there
CONTINUOUS = [name for name in TESTS if "continuous" in TESTS[name].conditioners]


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return load_table()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """A table whose numbers are known: one test, two structures, two sizes."""
    rows = []
    for scenario, labels, numbers, n, rejected in (
        ("labels_7", 7, 0, 100, 10),
        ("labels_7_unequal", 7, 0, 100, 12),
        ("labels_2", 2, 0, 100, 9),
        ("labels_7", 7, 0, 400, 11),
        ("number_linear", 0, 1, 200, 8),
        ("number_tanh", 0, 1, 200, 56),
        ("none", 0, 0, 200, 1),
    ):
        low, high = beta.ppf([0.025, 0.975], [rejected, rejected + 1], [201 - rejected, 200 - rejected])
        rows.append(
            {
                "method": "mine", "scenario": scenario, "title": SCENARIOS[scenario].title,
                "n_labels": labels, "n_numbers": numbers, "kind": "continuous", "n": n, "shape": "none",
                "size": 0.0, "alpha": 0.05, "runs": 200, "rejected": rejected, "rate": rejected / 200,
                "low": low, "high": high, "seed": 1, "version": "0",
            }
        )  # fmt: skip
    power = {**rows[0], "shape": "linear", "size": 0.4, "rejected": 200, "rate": 1.0, "low": 0.98}
    binary = {**rows[0], "scenario": "labels_7_unequal_binary", "kind": "binary"}
    made = pd.DataFrame([*rows, power, binary])
    monkeypatch.setattr(table, "_table", lambda: made)
    table._described.cache_clear()
    yield made
    table._described.cache_clear()


def test_columns_are_documented_and_complete(whole: pd.DataFrame) -> None:
    assert list(whole.columns) == list(COLUMNS)
    assert not whole.isna().any(axis=None)
    assert not whole.duplicated(KEY).any()
    assert set(whole["method"]) == {*OTHERS, *TESTS, VOTE, *ONCE}
    assert set(whole["shape"]) <= set(SHAPES)
    assert set(whole["alpha"]) == {0.05, 0.01}
    size = resources.files("facelib.stats.calibration").joinpath("table.csv").read_bytes()
    assert len(size) < 500_000


def test_rates_and_intervals_follow_from_the_counts(whole: pd.DataFrame) -> None:
    k, n = whole["rejected"].to_numpy(float), whole["runs"].to_numpy(float)
    np.testing.assert_allclose(whole["rate"], k / n, atol=6e-6)
    with np.errstate(invalid="ignore"):
        low = np.where(k == 0, 0.0, beta.ppf(0.025, k, n - k + 1))
        high = np.where(k == n, 1.0, beta.ppf(0.975, k + 1, n - k))
    np.testing.assert_allclose(whole["low"], low, atol=6e-6)
    np.testing.assert_allclose(whole["high"], high, atol=6e-6)
    assert (whole["runs"] >= 200).all()


@pytest.mark.parametrize("method", list(TESTS))
def test_every_scenario_that_a_test_can_hold_fixed_was_measured(whole: pd.DataFrame, method: str) -> None:
    level = whole[(whole["method"] == method) & (whole["shape"] == "none")]
    assert set(level["scenario"]) == set(scenarios_of(method))
    for scenario, rows in level.groupby("scenario"):
        setting = SCENARIOS[str(scenario)]
        assert {100, 200, 500} <= set(rows["n"])
        assert (rows[["title", "n_labels", "n_numbers", "kind"]] == [
            setting.title, setting.n_labels, setting.n_numbers, setting.kind
        ]).all(axis=None)  # fmt: skip
    power = whole[(whole["method"] == method) & (whole["shape"] != "none")]
    assert {"linear", "quadratic", "signs", "variance", "threshold"} <= set(power["shape"])


@pytest.mark.thorough
@pytest.mark.parametrize("method", EXACT)
def test_rows_come_again_with_their_seed(whole: pd.DataFrame, method: str) -> None:
    rows = whole[(whole["method"] == method) & (whole["alpha"] == 0.05) & (whole["shape"] == "none")]
    row = rows.sort_values(["n", "scenario"]).iloc[0]
    again = rates_over_n(
        method, row["scenario"], (int(row["n"]),), runs=int(row["runs"]), seed=int(row["seed"])
    )
    assert int(again["rejected"].iloc[0]) == int(row["rejected"])


def test_a_copy_is_handed_out() -> None:
    mine = load_table()
    mine["rate"] = 7.0
    assert (load_table()["rate"] <= 1).all()


@pytest.mark.usefixtures("small")
def test_nearest_takes_conditioner_first_then_n() -> None:
    def found(*arguments: object) -> set[tuple[str, int]]:
        rows = nearest("mine", *arguments)  # type: ignore[arg-type]
        return set(zip(rows["scenario"], rows["n"], strict=True))

    seven = {("labels_7", 100), ("labels_7_unequal", 100), ("labels_7_unequal_binary", 100)}
    assert found(130, 8) == seven
    assert found(199, 7) == seven  # 199 / 100 is nearer than 400 / 199
    assert found(201, 7) == {("labels_7", 400)}
    assert found(10**6, 7) == {("labels_7", 400)}
    assert found(100, 3) == {("labels_2", 100)}
    assert found(100, 7, 0, "binary") == {("labels_7_unequal_binary", 100)}
    assert found(50, 0, 1) == {("number_linear", 200), ("number_tanh", 200)}
    assert found(50, 0, 1, "binary") == {("number_linear", 200), ("number_tanh", 200)}
    assert found(50) == found(50, 1) == {("none", 200)}
    assert found(50, 7, 1) == set()
    assert set(nearest("mine", 100, 7)["shape"]) == {"none", "linear"}
    assert nearest("yours", 100).empty


@pytest.mark.usefixtures("small")
def test_the_note_names_the_worst_setting() -> None:
    assert level_note("mine", 190, n_numbers=1) == (
        "With one continuous conditioner at n ≈ 200 this test rejected between 4 % (one number, linear) and "
        "28 % (one number, tanh) of true nulls at .05 in our calibration; don't rely on it alone."
    )
    assert "at n ≈ 200, the nearest measured, this test" in str(level_note("mine", 1000, n_numbers=1))
    assert level_note("mine", 100, 7) is None
    assert level_note("mine", 100, 7, 1) is None
    assert level_note("yours", 100) is None


@pytest.mark.usefixtures("small")
def test_a_level_that_was_held_is_said_shortly() -> None:
    assert level_sentence("mine", 300, 7) == (
        "Held its level in our calibration: rejected 5.5 % of true nulls at .05 (7 labels at n ≈ 400; "
        "one setting)."
    )
    assert level_sentence("mine", 100, 7) == (
        "Held its level in our calibration: rejected 5 % to 6 % of true nulls at .05 (7 labels at n ≈ 100; "
        "3 settings)."
    )
    assert level_sentence("mine", 200) == (
        "Held its level in our calibration: rejected 0.5 % of true nulls at .05 (nothing held "
        "fixed at n ≈ 200; one setting)."
    )
    assert level_sentence("mine", 2000, 7) == (
        "Held its level in our calibration: rejected 5.5 % of true nulls at .05 (7 labels at n ≈ 400, the "
        "nearest measured; one setting)."
    )
    assert level_sentence("mine", 190, n_numbers=1) == level_note("mine", 190, n_numbers=1)
    assert level_sentence("yours", 100) is None


@pytest.mark.usefixtures("small")
def test_many_more_labels_than_measured_are_far() -> None:
    near, far = (str(level_sentence("mine", 400, labels)) for labels in (14, 15))
    assert "(7 labels at n ≈ 400; one setting)" in near
    assert "(7 labels at n ≈ 400, the nearest measured; one setting)" in far
    assert "(2 labels at n ≈ 100; one setting)" in str(level_sentence("mine", 100, 3))
    assert "nearest measured" not in str(level_sentence("mine", 200, 1))  # one label for all is none


def test_decisions_of_grids_are_told_from_those_of_the_table() -> None:
    assert "p ≤ alpha" in COLUMNS["alpha"]
    assert "p < alpha" in COLUMNS["alpha"]


@pytest.mark.parametrize("wrong", ["100", None, np.nan, [100, 200]])
def test_numbers_must_be_numbers(wrong: Any) -> None:
    for arguments in ((wrong,), (100, wrong), (100, 0, wrong)):
        with pytest.raises(BadValueError, match="number of"):
            nearest("partial_correlation", *arguments)
    with pytest.raises(BadValueError, match="alpha"):
        nearest("partial_correlation", 100, alpha=wrong)


def test_counts_must_be_counts() -> None:
    with pytest.raises(BadValueError, match="counts"):
        nearest("partial_correlation", 0)
    with pytest.raises(BadValueError, match="counts"):
        nearest("partial_correlation", 100, -1)


@pytest.mark.parametrize("method", CONTINUOUS)
def test_nothing_is_trusted_with_two_wild_numbers(method: str) -> None:
    note = level_note(method, 100, n_numbers=2)
    assert note is not None
    assert "don't rely on it alone" in note


@pytest.mark.parametrize("method", CONTINUOUS)
def test_more_numbers_than_were_ever_measured_are_no_reason_for_trust(method: str) -> None:
    note = level_note(method, 200, n_numbers=9)
    assert note is not None
    assert "five continuous conditioners at n ≈ 200, the nearest measured" in note
    assert "rely on it alone" in note


def test_the_note_stands_in_the_result(rng: np.random.Generator) -> None:
    x, y, z = rng.standard_normal((3, 200))
    result = independence_test(x, y, z, "partial_correlation")
    assert level_note("partial_correlation", 200, n_numbers=1) in result.notes
    labels = rng.integers(0, 7, 200).astype(str)
    assert not any("calibration" in note for note in independence_test(x, y, labels, "chsic").notes)
    worst = "(7 labels; a property of 10 %, a decision of 5 %)"
    assert any(worst in note for note in independence_test(x, y, labels, "partial_correlation").notes)
    exact = independence_test(x, y, labels, "partial_correlation", null="permutation")
    assert not any("calibration" in note for note in exact.notes)


@pytest.mark.parametrize("method", ["chsic", VOTE])
def test_the_test_that_decides_and_the_vote_hold_their_level_everywhere(
    whole: pd.DataFrame, method: str
) -> None:
    level = whole[(whole["method"] == method) & (whole["shape"] == "none")]
    most = binom.ppf(1 - 0.001 / len(level), level["runs"], level["alpha"])  # all rows at once: Bonferroni
    assert (level["rejected"] <= most).all()


def test_percentages_are_read_easily() -> None:
    assert [table.percent(rate) for rate in (0.0467, 0.283, 1.0, 0.04, 0.0995, 0.0)] == [
        "4.7 %", "28 %", "100 %", "4 %", "10 %", "0 %",
    ]  # fmt: skip
    assert math.isclose(table.EXCESS, 1.2)


def test_the_numbers_that_the_documentation_gives_are_those_of_the_table(whole: pd.DataFrame) -> None:
    data_set = ["scenario", "n_labels", "n_numbers", "kind", "n", "shape", "size", "seed"]
    whole = whole[whole["method"] != VOTE]  # it counts p of the same tests
    distinct = int(whole.groupby(data_set, dropna=False)["runs"].max().sum())
    tests = int(whole.groupby([*data_set, "method"], dropna=False)["runs"].max().sum())
    said = (Path(__file__).parents[4] / "docs" / "statistics.md").read_text()
    assert f"{round(tests, -3):,} tests of {round(distinct, -3):,} data sets" in said
