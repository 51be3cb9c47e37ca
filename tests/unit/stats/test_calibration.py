"""The shipped table follows from its counts, and sentences say its nearest rows, and no others."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom

from facelib import data
from facelib.errors import BadValueError
from facelib.stats import calibration, independence_test, shuffle_test
from facelib.stats.calibration import level_note, level_sentence, nearest, order_sentence, reference_sentence
from facelib.stats.independence import TESTS
from facelib.stats.independence.vote import VOTE
from facelib.utilities.wording import percent

CONTINUOUS = [name for name in TESTS if "continuous" in TESTS[name].conditioners]
STATISTICS = Path(__file__).parents[3] / "docs" / "statistics.md"
KEY = ["method", "scenario", "n", "shape", "size", "alpha"]


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return data.table("calibration")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A table whose numbers are known: one test, two structures, two sizes."""
    rows = []
    for scenario, title, labels, numbers, n, rejected in (
        ("labels_7", "7 labels", 7, 0, 100, 10),
        ("labels_7_unequal", "7 labels, unequal sizes", 7, 0, 100, 12),
        ("labels_2", "2 labels", 2, 0, 100, 9),
        ("labels_7", "7 labels", 7, 0, 400, 11),
        ("number_linear", "one number, linear", 0, 1, 200, 8),
        ("number_tanh", "one number, tanh", 0, 1, 200, 56),
        ("none", "nothing held fixed", 0, 0, 200, 1),
    ):
        low, high = beta.ppf([0.025, 0.975], [rejected, rejected + 1], [201 - rejected, 200 - rejected])
        rows.append(
            {
                "method": "mine", "scenario": scenario, "title": title, "n_labels": labels,
                "n_numbers": numbers, "n": n, "shape": "none", "size": 0.0, "alpha": 0.05,
                "rate": rejected / 200, "low": low, "high": high,
            }
        )  # fmt: skip
    power = {**rows[0], "shape": "linear", "size": 0.4, "rate": 1.0, "low": 0.98}
    monkeypatch.setattr(calibration, "_table", lambda: pd.DataFrame([*rows, power]))
    calibration._described.cache_clear()
    yield
    calibration._described.cache_clear()


def test_rates_and_intervals_follow_from_the_counts(whole: pd.DataFrame) -> None:
    assert set(data.about("calibration")["columns"]) == set(whole.columns)
    assert not whole.isna().any(axis=None)
    assert not whole.duplicated(KEY).any()
    k, n = whole["rejected"].to_numpy(float), whole["runs"].to_numpy(float)
    np.testing.assert_allclose(whole["rate"], k / n, atol=6e-6)
    with np.errstate(invalid="ignore"):
        low = np.where(k == 0, 0.0, beta.ppf(0.025, k, n - k + 1))
        high = np.where(k == n, 1.0, beta.ppf(0.975, k + 1, n - k))
    np.testing.assert_allclose(whole["low"], low, atol=6e-6)
    np.testing.assert_allclose(whole["high"], high, atol=6e-6)


def test_the_documentation_gives_the_numbers_of_the_table(whole: pd.DataFrame) -> None:
    data_set = ["scenario", "n_labels", "n_numbers", "kind", "n", "shape", "size", "seed"]
    own = whole[whole["method"] != VOTE]  # it counts p of the same tests
    distinct = int(own.groupby(data_set)["runs"].max().sum())
    tests = int(own.groupby([*data_set, "method"])["runs"].max().sum())
    assert f"{round(tests, -3):,} tests of {round(distinct, -3):,} data sets" in STATISTICS.read_text()


@pytest.mark.parametrize("method", ["chsic", VOTE])
def test_what_decides_and_the_vote_hold_their_level_everywhere(whole: pd.DataFrame, method: str) -> None:
    level = whole[(whole["method"] == method) & (whole["shape"] == "none")]
    most = binom.ppf(1 - 0.001 / len(level), level["runs"], level["alpha"])  # all rows at once: Bonferroni
    assert (level["rejected"] <= most).all()


def test_no_test_that_holds_its_level_given_labels_finds_more_than_chsic(whole: pd.DataFrame) -> None:
    rows = whole[(whole["n_numbers"] == 0) & whole["method"].isin([*TESTS, VOTE])]
    for alpha, here in rows.groupby("alpha"):
        null = here["shape"] == "none"
        highest = here[null].groupby("method")["low"].max()
        holds = set(highest.index[highest <= 1.2 * alpha])
        assert "partial_correlation" not in holds
        power = here[~null].pivot_table(
            index=["scenario", "n", "shape", "size"], columns="method", values="rate"
        )
        assert power[sorted(holds - {VOTE})].dropna().mean().idxmax() == "chsic"
        both = power.dropna(subset=[VOTE, "chsic"])
        assert (both["chsic"] > both[VOTE]).all()
        assert len(both) == 11


@pytest.mark.usefixtures("small")
def test_nearest_takes_conditioner_first_then_n() -> None:
    def found(*arguments: int) -> set[tuple[str, int]]:
        rows = nearest("mine", *arguments)
        return set(zip(rows["scenario"], rows["n"], strict=True))

    seven = {("labels_7", 100), ("labels_7_unequal", 100)}
    assert found(130, 8) == seven
    assert found(199, 7) == seven  # 199 / 100 is nearer than 400 / 199
    assert found(201, 7) == {("labels_7", 400)}
    assert found(100, 3) == {("labels_2", 100)}
    assert found(50, 0, 1) == {("number_linear", 200), ("number_tanh", 200)}
    assert found(50) == found(50, 1) == {("none", 200)}
    assert found(50, 7, 1) == set()
    assert set(nearest("mine", 100, 7)["shape"]) == {"none", "linear"}
    assert nearest("yours", 100).empty


@pytest.mark.usefixtures("small")
def test_sentences_name_the_worst_setting_and_how_far_it_is() -> None:
    assert level_note("mine", 190, n_numbers=1) == (
        "With one continuous conditioner at n ≈ 200 this test rejected between 4 % (one number, linear) and "
        "28 % (one number, tanh) of true nulls at .05 in our calibration; don't rely on it alone."
    )
    assert level_sentence("mine", 190, n_numbers=1) == level_note("mine", 190, n_numbers=1)
    assert "at n ≈ 200, the nearest measured, this test" in str(level_note("mine", 1000, n_numbers=1))
    assert level_sentence("mine", 100, 7) == (
        "Held its level in our calibration: rejected 5 % to 6 % of true nulls at .05 (7 labels at n ≈ 100; "
        "2 settings)."
    )
    assert "(7 labels at n ≈ 400, the nearest measured; one setting)" in str(level_sentence("mine", 400, 15))
    assert "nearest measured" not in str(level_sentence("mine", 200, 1))  # one label for all is none
    assert level_note("mine", 100, 7) is level_note("mine", 100, 7, 1) is None
    assert level_note("yours", 100) is level_sentence("yours", 100) is None


@pytest.mark.parametrize("wrong", ["100", None, np.nan, [100, 200]])
def test_numbers_must_be_numbers(wrong: Any) -> None:
    for arguments in ((wrong,), (100, wrong), (100, 0, wrong)):
        with pytest.raises(BadValueError, match="number of"):
            nearest("partial_correlation", *arguments)
    with pytest.raises(BadValueError, match="alpha"):
        nearest("partial_correlation", 100, alpha=wrong)
    with pytest.raises(BadValueError, match="counts"):
        nearest("partial_correlation", 100, -1)
    with pytest.raises(BadValueError, match="number of strengths"):
        order_sentence(wrong)
    with pytest.raises(BadValueError, match="number of kinds"):
        reference_sentence(99, wrong)


@pytest.mark.parametrize("method", CONTINUOUS)
def test_two_wild_numbers_and_more_than_were_measured_are_no_reason_for_trust(method: str) -> None:
    assert "don't rely on it alone" in str(level_note(method, 100, n_numbers=2))
    note = str(level_note(method, 200, n_numbers=9))
    assert "five continuous conditioners at n ≈ 200, the nearest measured" in note
    assert "rely on it alone" in note


def test_the_note_stands_in_the_result(rng: np.random.Generator) -> None:
    x, y, z = rng.standard_normal((3, 200))
    assert (
        level_note("partial_correlation", 200, n_numbers=1)
        in independence_test(x, y, z, "partial_correlation").notes
    )
    labels = rng.integers(0, 7, 200).astype(str)
    assert not any("calibration" in note for note in independence_test(x, y, labels, "chsic").notes)
    worst = "(7 labels; a property of 10 %, a decision of 5 %)"
    assert any(worst in note for note in independence_test(x, y, labels, "partial_correlation").notes)
    exact = independence_test(x, y, labels, "partial_correlation", null="permutation")
    assert not any("calibration" in note for note in exact.notes)


def rate(whole: pd.DataFrame, method: str, scenario: str, n: int, alpha: float = 0.05) -> str:
    """The rate in the table, in words."""
    rows = whole.query("method == @method and scenario == @scenario and n == @n and shape == 'none'")
    (row,) = rows[rows["alpha"] == alpha].to_dict("records")
    return percent(row["rejected"] / row["runs"])


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("n", [6, 101])
def test_the_order_test_at_a_measured_number_of_strengths(whole: pd.DataFrame, n: int, alpha: float) -> None:
    said = str(order_sentence(n, alpha))
    assert said.startswith(f"At {n} strengths the order test rejected")
    assert re.findall(r"[\d.]+ %", said) == [
        rate(whole, "shuffle_test", scenario, n, alpha) for scenario in ("independent", "ar1_6", "ar1_9")
    ]
    assert f"at {alpha:.2f}".replace("0.", ".") in said


@pytest.mark.parametrize(("n", "measured"), [(8, 7), (9, 11), (31, 21), (500, 101)])
def test_another_number_of_strengths_gets_the_nearest_and_is_told(n: int, measured: int) -> None:
    said = str(order_sentence(n))
    assert f"At {measured} strengths (nearest measured to {n}) " in said
    assert said.replace(f" (nearest measured to {n})", "") == order_sentence(measured)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_too_few_strengths_are_told_what_they_cannot_show(n: int) -> None:
    _, few = str(order_sentence(n)).split(" With ")
    drawn = np.random.default_rng(n).random((n, 200)) ** 2
    least = min(float(shuffle_test(p).p_value) for p in drawn.T)
    if n == 5:
        one_way = min(float(shuffle_test(np.sort(p)).p_value) for p in drawn.T)
        assert one_way == pytest.approx(8 / 120)
        assert least < 0.05
        assert "can't have a p below .067, though a zigzag can" in few
    else:
        assert least >= 2 / math.factorial(n) > 0.05
        assert "no curve has a p below" in few


@pytest.mark.parametrize(("n", "kinds"), [(99, 3), (198, 8), (999, 20)])
def test_the_placebo_p_at_a_measured_setting(whole: pd.DataFrame, n: int, kinds: int) -> None:
    said = str(reference_sentence(n, kinds))
    assert said.startswith(f"With {n} placebos of {kinds} kinds, unequally loud, ")
    assert re.findall(r"[\d.]+ %", said) == [rate(whole, "reference_p", f"kinds_{kinds}", n)]
    assert ("too small" in said) == (kinds < 8)


def test_other_placebos_get_the_nearest_and_are_told() -> None:
    assert str(reference_sentence(120, 16)).startswith(
        "With 99 placebos (nearest measured to 120) of 20 kinds (nearest measured to 16)"
    )
