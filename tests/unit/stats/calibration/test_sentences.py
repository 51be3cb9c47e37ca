"""What is said about the order test and the placebo p: the numbers of the nearest rows, and no others."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.stats import shuffle_test
from facelib.stats.calibration import load_table, order_sentence, reference_sentence, table


def rate(method: str, scenario: str, n: int, alpha: float = 0.05) -> str:
    """The rate in the committed table, in words."""
    rows = load_table().query("method == @method and scenario == @scenario and n == @n and shape == 'none'")
    (row,) = rows[rows["alpha"] == alpha].to_dict("records")
    return table.percent(row["rejected"] / row["runs"])


def edited(monkeypatch: pytest.MonkeyPatch, keep: str) -> None:
    """Let the committed table hold some of its rows only."""
    whole = load_table()
    monkeypatch.setattr(table, "_table", lambda: whole.query(keep).reset_index(drop=True))


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("n", [6, 11, 21, 101])
def test_the_order_test_at_a_measured_number_of_strengths(n: int, alpha: float) -> None:
    said = order_sentence(n, alpha)
    assert said is not None
    assert said.startswith(f"At {n} strengths the order test rejected")
    assert re.findall(r"[\d.]+ %", said) == [
        rate("shuffle_test", scenario, n, alpha) for scenario in ("independent", "ar1_6", "ar1_9")
    ]
    assert f"at {alpha:.2f}".replace("0.", ".") in said
    few = (
        " With 6 strengths a curve that only rises or falls can't have a p below .022, though a zigzag can: "
    )
    few += "it can't be significant at .01."
    assert said.endswith("order isn't size." + (few if (n, alpha) == (6, 0.01) else ""))


@pytest.mark.parametrize(("n", "measured"), [(1, 6), (8, 7), (9, 11), (31, 21), (35, 51), (500, 101)])
def test_another_number_of_strengths_gets_the_nearest_and_is_told(n: int, measured: int) -> None:
    said, there = order_sentence(n), order_sentence(measured)
    assert said is not None
    assert there is not None
    assert f"At {measured} strengths (nearest measured to {n}) " in said
    assert said.replace(f" (nearest measured to {n})", "") == there


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_too_few_strengths_are_not_given_the_rate_of_more_alone(n: int) -> None:
    said, there = str(order_sentence(n)), str(order_sentence(6))
    head, few = said.split(" With ")
    assert head.replace(f" (nearest measured to {n})", "") == there
    drawn = np.random.default_rng(n).random((n, 200)) ** 2
    least = min(float(shuffle_test(p).p_value) for p in drawn.T)
    one_way = min(float(shuffle_test(np.sort(p)).p_value) for p in drawn.T)
    if n == 5:
        assert one_way == pytest.approx(8 / 120)
        assert least < 0.05
        assert few == (
            "5 strengths a curve that only rises or falls can't have a p below .067, though a zigzag can: it "
            "can't be significant at .05."
        )
    else:
        text = f"{2 / math.factorial(n):.2g}".removeprefix("0")
        assert least >= 2 / math.factorial(n) > 0.05
        assert few == f"{n} strengths no curve has a p below {text}: none can be significant at .05."


@pytest.mark.parametrize("n", [99, 198, 999])
@pytest.mark.parametrize("kinds", [3, 4, 8, 20])
def test_the_placebo_p_at_a_measured_setting(n: int, kinds: int) -> None:
    said = reference_sentence(n, kinds)
    assert said is not None
    assert said.startswith(f"With {n} placebos of {kinds} kinds, unequally loud, ")
    assert re.findall(r"[\d.]+ %", said) == [rate("reference_p", f"kinds_{kinds}", n)]
    assert ("too small" in said) == (kinds < 8 or (kinds == 8 and n == 999))


def test_other_placebos_get_the_nearest_and_are_told() -> None:
    said = reference_sentence(120, 16)
    assert said is not None
    assert said.startswith("With 99 placebos (nearest measured to 120) of 20 kinds (nearest measured to 16)")
    assert "of 3 kinds (nearest measured to 1)" in str(reference_sentence(99, 1))


def test_what_was_never_measured_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    edited(monkeypatch, "method == 'shuffle_test' and scenario == 'independent'")
    assert order_sentence(21) is None
    assert reference_sentence(99, 8) is None
    edited(monkeypatch, "method == 'reference_p' and scenario == 'kinds_8_equal'")
    assert order_sentence(21) is None
    assert reference_sentence(99, 8) is None


@pytest.mark.parametrize("bad", [0, -1, 2.5, "21", None])
def test_bad_counts(bad: object) -> None:
    with pytest.raises(BadValueError, match="number of strengths"):
        order_sentence(bad)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="number of changes"):
        reference_sentence(bad, 8)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="number of kinds"):
        reference_sentence(99, bad)  # type: ignore[arg-type]


def test_the_level_is_told_from_the_rows() -> None:
    assert isinstance(load_table(), pd.DataFrame)
    assert " at .01, but " in str(order_sentence(21, alpha=0.012))
