"""Charts of the restoration: every number of the table is there, in marks and in words."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from facelib.charts.experiments.restoration import restored_accuracy, won_back_shares
from facelib.errors import BadValueError


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        {
            "worn": worn, "expression_set": "tuned", "classifier": classifier, "method": method, "n": 50,
            "accuracy_without": 0.8, "accuracy_with": 0.4, "accuracy_restored": 0.4 + 0.4 * share,
            "won_back": share, "low": share - 0.1, "high": share + 0.1,
        }
        for worn in ("fridlund", "kuramoto")
        for classifier in ("fer", "human", "all")
        for method, share in (("network", 0.9), ("telea", 0.6))
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.thorough
def test_three_marks_a_classifier_and_the_share_in_words(table: pd.DataFrame) -> None:
    spec = restored_accuracy(table).to_dict()
    (data,) = spec["datasets"].values()
    assert len(data) == 2 * 2 * 3
    assert {row["value"] for row in data} == {0.8, 0.4, 0.76}
    assert {row["words"] for row in data} == {"", "won back 90 % [80 %, 100 %]"}
    assert "fridlund, tuned, fer" in json.dumps(spec)


def test_a_share_a_method(table: pd.DataFrame) -> None:
    spec = won_back_shares(table).to_dict()
    (data,) = spec["datasets"].values()
    assert [row["won_back"] for row in data] == [0.9, 0.6, 0.9, 0.6]


def test_what_isn_t_there_is_said(table: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="network, telea"):
        restored_accuracy(table, "magic")
    with pytest.raises(BadValueError, match="won_back is missing"):
        restored_accuracy(table.drop(columns="won_back"))
    with pytest.raises(BadValueError, match="something was lost"):
        won_back_shares(table.assign(won_back=float("nan")))
