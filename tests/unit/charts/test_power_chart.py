"""The power chart: a line a question, the wanted power, the number of people that reaches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib import charts
from facelib.errors import BadValueError
from facelib.stats import power_curve, sample_size, study_power
from facelib.stats.power import QUESTIONS


@pytest.mark.thorough
def test_the_needed_number_is_marked_and_said(texts: Callable[[Any], list[str]]) -> None:
    chart = charts.power_curve(power_curve(-0.12, 0.15))
    needed = sample_size(-0.12, 0.15)
    assert f"{needed.n} people: 80 %" in texts(chart)
    spec = chart.to_dict()
    assert [row["n"] for row in spec["datasets"]["marks"]] == [needed.n]
    assert f"matters at δ = .10: {needed.n} people: 80 %. Dashed: the wanted 80 %." in spec["description"]
    drawn = {row["n"]: row["power"] for row in spec["datasets"]["powers"]}
    assert drawn[needed.n] == pytest.approx(needed.power, abs=1e-4)


@pytest.mark.thorough
def test_questions_are_told_apart_by_more_than_colour() -> None:
    spec = charts.power_curve(power_curve(-0.05, 0.15, questions=QUESTIONS)).to_dict()
    assert {row["series"] for row in spec["datasets"]["marks"]} == {
        "does not matter at δ = .10",
        "differs from no change",
    }
    assert "matters at δ = .10: not reached with 183 people" in spec["description"]
    said = [row["text"].partition(":")[0] for row in spec["datasets"]["marks"]]
    assert len(set(said)) == len(said)  # also of one number of people
    heights = [row["height"] for row in spec["datasets"]["marks"]]
    assert len(set(heights)) == len(heights)
    encoded = [layer["encoding"] for layer in spec["layer"]]
    assert any("strokeDash" in encoding for encoding in encoded)
    assert any("shape" in encoding for encoding in encoded)


@pytest.mark.thorough
def test_a_number_of_ones_own_is_marked() -> None:
    curve = power_curve(-0.2, 0.15)
    marks = charts.power_curve(curve, people=24, wanted=None).to_dict()["datasets"]["marks"]
    assert [(row["n"], row["power"]) for row in marks] == [
        (24, pytest.approx(study_power(24, -0.2, 0.15).matters, abs=1e-4))
    ]
    with pytest.raises(BadValueError, match="2 to 40; got 99"):
        charts.power_curve(curve, people=99)


def test_what_cannot_be_drawn_is_explained() -> None:
    curve = power_curve(-0.2, 0.15)
    with pytest.raises(BadValueError, match="power is missing"):
        charts.power_curve(curve.drop(columns="power"))
    with pytest.raises(BadValueError, match="one assumed change"):
        charts.power_curve(pd.concat([curve, power_curve(-0.3, 0.15)]))
    with pytest.raises(BadValueError, match="empty"):
        charts.power_curve(curve.head(0))
    with pytest.raises(BadValueError, match="wanted power"):
        charts.power_curve(curve, wanted=80)
