"""Ranks among placebos."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.stats import leave_one_kind_out, reference_kinds, reference_rank
from facelib.stats.placebo import KIND_COLUMNS

KINDS = ("blur", "crop", "noise")


def slow_leave_one_kind_out(placebos: np.ndarray, kinds: list[str], alpha: float) -> float:
    """Every placebo in turn is ranked among those of other kinds, by hand."""
    rates = []
    for kind in sorted(set(kinds)):
        others = [r for r, k in zip(placebos, kinds, strict=True) if k != kind]
        unusual = []
        for value in [r for r, k in zip(placebos, kinds, strict=True) if k == kind]:
            b = sum(other >= value for other in others)
            unusual.append((b + 1) / (len(others) + 1) <= alpha)
        rates.append(sum(unusual) / len(unusual))
    return sum(rates) / len(rates)


def test_three_of_99(rng: np.random.Generator) -> None:
    placebos = np.r_[rng.uniform(0, 0.6, 96), 0.62, 0.7, 0.9]
    kinds = [KINDS[i % 3] for i in range(99)]
    rank = reference_rank(0.62, placebos, kinds)
    assert (rank.exceed, rank.total, rank.p_value) == (3, 99, 0.04)
    assert rank.text == "3 of 99 placebos did as much"
    assert rank.by_kind == (("blur", 1, 33), ("crop", 1, 33), ("noise", 1, 33))


@pytest.mark.parametrize(("total", "shown"), [(1, False), (98, False), (99, True), (500, True)])
def test_there_is_no_p_below_99_placebos(total: int, shown: bool) -> None:
    rank = reference_rank(0.5, np.zeros(total), ["blur"] * total)
    assert rank.p_value == (1 / (total + 1) if shown else None)
    assert rank.text.startswith(f"0 of {total} placebo")


def test_one_change_is_singular() -> None:
    assert reference_rank(0.1, [0.2], ["blur"]).text == "1 of 1 placebo did as much"


@pytest.mark.thorough
@given(
    values=st.lists(st.floats(0, 1), min_size=1, max_size=120),
    value=st.floats(0, 1),
    data=st.data(),
)
def test_counts_add_up_over_kinds(values: list[float], value: float, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=len(values), max_size=len(values)))
    rank = reference_rank(value, values, kinds)
    assert rank.exceed == sum(v >= value * (1 - 1e-9) for v in values)
    assert [kind for kind, _, _ in rank.by_kind] == list(dict.fromkeys(kinds))
    assert sum(exceed for _, exceed, _ in rank.by_kind) == rank.exceed
    assert sum(total for _, _, total in rank.by_kind) == rank.total == len(values)


def test_ties_did_as_much_even_after_rounding() -> None:
    assert reference_rank(0.1 + 0.2, [0.3, 0.3 * (1 - 1e-8)], ["blur", "blur"]).exceed == 1
    assert reference_rank(0.0, [0.0, 0.0], ["blur", "crop"]).exceed == 2
    assert reference_rank(-0.3, [-0.3, -0.30001, -0.2], ["blur"] * 3).exceed == 2


@pytest.mark.one_case
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.5])
def test_leave_one_kind_out_against_its_twin(alpha: float, rng: np.random.Generator) -> None:
    for _ in range(20):
        kinds = [str(k) for k in rng.choice(KINDS, 150)]
        values = np.round(rng.exponential(size=150), 1)  # many ties
        assert leave_one_kind_out(values, kinds, alpha) == pytest.approx(
            slow_leave_one_kind_out(values, kinds, alpha)
        )


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_table_of_kinds_against_its_twin(alpha: float, rng: np.random.Generator) -> None:
    kinds = ["blur"] * 120 + ["crop"] * 30 + ["noise"] * 9
    values = np.round(rng.exponential(size=159) * np.repeat([1.0, 2.0, 0.1], [120, 30, 9]), 1)
    table = reference_kinds(1.5, values, kinds, alpha)
    assert table["kind"].tolist() == ["crop", "blur", "noise"]  # by their medians
    assert list(table.columns) == list(KIND_COLUMNS)
    for row in table.to_dict("records"):
        own = [v for v, k in zip(values, kinds, strict=True) if k == row["kind"]]
        others = [v for v, k in zip(values, kinds, strict=True) if k != row["kind"]]
        exceed = sum(v >= 1.5 for v in own)
        assert (row["total"], row["exceed"]) == (len(own), exceed)
        expected = (exceed + 1) / (len(own) + 1) if len(own) >= 99 else math.nan
        assert row["p_value"] == pytest.approx(expected, nan_ok=True)
        unusual = [(sum(o >= v for o in others) + 1) / (len(others) + 1) <= alpha for v in own]
        assert row["unusual"] == pytest.approx(np.mean(unusual))
    assert table["unusual"].mean() == pytest.approx(leave_one_kind_out(values, kinds, alpha))
    assert table["exceed"].sum() == reference_rank(1.5, values, kinds).exceed


def test_a_kind_without_enough_others_has_no_rate() -> None:
    table = reference_kinds(0.5, [0.1] * 30 + [0.9] * 3, ["blur"] * 30 + ["crop"] * 3).set_index("kind")
    assert table.loc["crop", "unusual"] == 1  # 30 others: 1 / 31 is below .05
    assert math.isnan(table.loc["blur", "unusual"])  # 3 others: never below 1 / 4
    alone = reference_kinds(0.5, [0.1, 0.6], ["blur", "blur"])
    assert alone["unusual"].isna().all()
    assert alone["exceed"].tolist() == [1]


def test_one_loud_kind_shows_in_the_rate() -> None:
    quiet = np.linspace(0.0, 0.1, 40)
    values = np.r_[quiet, quiet, quiet + 0.5]
    kinds = ["blur"] * 40 + ["crop"] * 40 + ["shift"] * 40
    assert leave_one_kind_out(values, kinds) == pytest.approx(1 / 3)


def test_changes_that_do_nothing_are_never_unusual() -> None:
    assert leave_one_kind_out(np.zeros(80), ["blur"] * 40 + ["crop"] * 40) == 0


def test_kinds_that_cannot_reach_the_level_give_no_rate() -> None:
    assert math.isnan(leave_one_kind_out([0.1, 0.2, 0.3, 0.4], ["blur", "blur", "crop", "crop"]))
    assert math.isfinite(leave_one_kind_out([0.1, 0.2, 0.3, 0.4], ["blur", "blur", "crop", "crop"], 0.4))


@pytest.mark.parametrize("function", [leave_one_kind_out, lambda r, k: reference_rank(0.1, r, k)])
def test_every_placebo_has_one_kind(function: object) -> None:
    with pytest.raises(BadValueError, match="got 2 placebos and 3 kinds"):
        function([0.1, 0.2], ["blur", "crop", "crop"])  # type: ignore[operator]


def test_bad_input_is_refused() -> None:
    with pytest.raises(BadValueError, match="at least two kinds of placebos; all are 'blur'"):
        leave_one_kind_out([0.1, 0.2], ["blur", "blur"])
    with pytest.raises(BadValueError, match=r"Values of placebos have shape \(m,\) with m >= 1; got \(0,\)"):
        reference_rank(0.1, [], [])
    with pytest.raises(BadValueError, match=r"The value to rank must be one number; got shape \(2,\)"):
        reference_rank([0.1, 0.2], [0.1], ["blur"])  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="The value to rank must be finite"):
        reference_rank(float("nan"), [0.1], ["blur"])
    with pytest.raises(BadValueError, match="The level alpha lies strictly between 0 and 1; got 5"):
        leave_one_kind_out([0.1, 0.2], ["blur", "crop"], 5)


@pytest.mark.parametrize("kinds", [None, 3, "ab"])
@pytest.mark.parametrize("function", [leave_one_kind_out, lambda r, k: reference_rank(0.1, r, k)])
def test_kinds_are_a_list(function, kinds: object) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError, match="The kinds are a list"):
        function([0.1, 0.2], kinds)


def test_masked_placebos_are_missing() -> None:
    hidden = np.ma.array([0.1, 0.2, 0.3], mask=[False, True, False])
    with pytest.raises(BadValueError, match="1 of 3 are missing"):
        reference_rank(0.1, hidden, ["blur"] * 3)
