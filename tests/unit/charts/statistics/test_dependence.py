"""Maps of what outputs go with: decisions in words, size as colour, the live chart of power."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from facelib import stats
from facelib.charts.statistics.dependence import dependence_rows
from facelib.charts.studies.power_live import QUESTIONS, layout, power_data

GRID = pd.DataFrame(
    {
        "property": ["age", "age", "gender", "gender"],
        "classifier": ["fer", "fer", "fer", "fer"],
        "label": ["happy", "sad", "happy", "sad"],
        "explained": [0.21, 0.02, -0.03, math.nan],
        "rejects": [True, True, False, False],
        "p_holm": [0.004, 0.3, 1.0, math.nan],
        "n": 140,
    }
)


def test_a_cell_says_what_was_decided_and_what_survives_correction() -> None:
    cells = dependence_rows(GRID, {"age": "Age"})
    assert [cell["words"] for cell in cells] == ["yes *", "yes", "no", "–"]
    assert [cell["rejects"] for cell in cells] == [True, True, False, False]
    assert [(cell["order"], cell["title"]) for cell in cells] == [
        (0, "Age"), (0, "Age"), (1, "gender"), (1, "gender"),
    ]  # fmt: skip
    assert cells[0]["says"] == "yes *: goes with the property; 21 % of the variance, n = 140"
    assert "not shown to go with it; 0 % of the variance" in cells[2]["says"]  # never below nothing
    assert [cell["words"] for cell in dependence_rows(GRID, alpha=0.001)][:1] == ["yes"]


def test_before_the_tests_cells_hold_sizes_and_no_decision() -> None:
    cells = dependence_rows(GRID, tested=False)
    assert [cell["words"] for cell in cells] == ["21 %", "2 %", "0 %", "–"]
    assert not any(cell["rejects"] for cell in cells)
    assert "so far" in cells[0]["says"]


@pytest.mark.thorough
def test_the_live_chart_of_power_takes_any_number_of_people() -> None:
    spec = layout(delta=0.15).to_dict()
    assert {"powers": [], "marks": []}.items() <= spec["datasets"].items()
    table = stats.power_curve(-0.3, 0.2, sizes=[6, 24], questions=QUESTIONS, delta=0.15)
    data = power_data(table, 24)
    known = {row["series"]: row["power"] for row in data["marks"]}
    study = stats.study_power(24, -0.3, 0.2, delta=0.15)
    assert known["matters at δ = .15"] == pytest.approx(study.matters, abs=1e-4)
    assert known["differs from no change"] == pytest.approx(study.differs, abs=1e-4)
    assert len(data["powers"]) == 4
