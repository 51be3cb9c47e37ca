"""The ROC chart: a panel a method, with its curve and its own decision, the largest area first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib import charts
from facelib.errors import BadValueError
from facelib.experiments import detection_rates, load_known_truth, roc
from facelib.experiments.known_truth import METHODS


@pytest.fixture
def table() -> pd.DataFrame:
    return load_known_truth()


@pytest.mark.thorough
def test_every_method_has_a_panel_with_its_decision(
    table: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    rates = detection_rates(table)
    chart = charts.roc(roc(table), rates, {"verdict": "the verdict"})
    areas = [f"area {area:.2f}" for area in sorted(rates["auc"], reverse=True)]
    assert [text for text in texts(chart) if text.startswith("area")] == areas
    assert any("the verdict" in text for text in texts(chart))  # wrapped names are lists of lines
    spec = chart.to_dict()
    assert len(spec["concat"]) == len(rates)
    decisions = {row["method"]: row for row in spec["datasets"]["decisions"]}
    for _, row in rates.iterrows():
        assert decisions[row["method"]]["tpr"] == pytest.approx(row["tpr"], abs=1e-4)
        assert decisions[row["method"]]["fpr_high"] == pytest.approx(row["fpr_high"], abs=1e-4)
    assert {row["method"] for row in spec["datasets"]["curves"]} == set(METHODS)


@pytest.mark.thorough
def test_screen_readers_hear_the_counts(table: pd.DataFrame) -> None:
    rates = detection_rates(table)
    said = charts.roc(roc(table), rates, METHODS).to_dict()["description"]
    verdict = next(row for row in rates.itertuples() if row.method == "verdict")
    assert f"verdict over faces: found {verdict.found} of {verdict.positives}, false alarms" in said


def test_missing_columns_are_named(table: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="auc is missing"):
        charts.roc(roc(table), detection_rates(table).drop(columns="auc"))
    with pytest.raises(BadValueError, match="tpr is missing"):
        charts.roc(roc(table).drop(columns="tpr"), detection_rates(table))
