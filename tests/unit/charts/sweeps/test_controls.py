"""What an intervention and its controls did, person by person, stands at the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib import charts
from facelib.charts.sweeps.controls import changes
from facelib.errors import BadValueError

Marks = Callable[..., list[dict[str, Any]]]
HEIGHT = 190
FALLS = {("a", "one"): 0.5, ("a", "both"): 0.2, ("b", "one"): 0.7, ("b", "both"): -0.1}


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        (face, run, strength, clf, label, 0.8 - strength * fall * (1 if label == "happy" else 0))
        for clf in ("fer", "facex")
        for (face, run), fall in FALLS.items()
        for strength in (1.0, 0.0, 0.5)
        for label in ("happy", "sad")
    ]
    columns = ["face", "intervention", "strength", "classifier", "label", "probability"]
    return pd.DataFrame(rows, columns=columns)


def value(y: float) -> float:
    """Change at a height in the panel: its axis goes from −1.05 to .55."""
    return 0.55 - 1.6 * y / HEIGHT


def test_the_change_is_the_last_strength_minus_the_first(table: pd.DataFrame) -> None:
    found = changes(table, "happy").query("classifier == 'fer'").set_index(["face", "intervention"])["change"]
    assert found.to_dict() == pytest.approx({key: -fall for key, fall in FALLS.items()})
    assert changes(table, "sad")["change"].abs().max() == 0


@pytest.mark.thorough
def test_dots_and_bars_stand_at_the_numbers(table: pd.DataFrame, marks: Marks) -> None:
    chart = charts.arms(table, titles={"both": "both sides", "one": "one side"})
    dots = sorted(value(dot["y"]) for dot in marks(chart, 1, "symbol"))
    assert dots == pytest.approx(sorted(-fall for fall in FALLS.values()), abs=1e-6)
    bars = sorted(marks(chart, 0, "rect"), key=lambda bar: bar["x"])
    assert [value(bar["y"] + bar["height"]) for bar in bars] == pytest.approx([-0.05, -0.6], abs=1e-6)
    assert "fer, one side: -0.60" in chart.to_dict()["description"]


@pytest.mark.thorough
def test_large_rises_stay_in_the_panel(table: pd.DataFrame, marks: Marks) -> None:
    risen = table.assign(probability=1 - table["probability"])
    chart = charts.arms(risen)
    assert min(dot["y"] for dot in marks(chart, 1, "symbol")) >= 0
    zero = marks(chart, 0, "rule")[-1]["y"]
    assert zero == pytest.approx(HEIGHT / 2)


@pytest.mark.thorough
def test_only_named_runs_are_drawn(table: pd.DataFrame, marks: Marks) -> None:
    assert len(marks(charts.arms(table, titles={"one": "one side"}), 0, "symbol")) == 2
    assert len(marks(charts.arms(table), 0, "symbol")) == 4


def test_bad_tables_are_named(table: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="face is missing"):
        charts.arms(table.drop(columns="face"))
    with pytest.raises(BadValueError, match="happy, sad; got 'fear'"):
        charts.arms(table, "fear")
