"""Charts of electrodes: every number in its place, signs by shape, and what isn't sure by its filling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facelib import charts, data
from facelib.charts.export import figure
from facelib.errors import BadValueError

pytestmark = pytest.mark.packages

Marks = Callable[..., list[dict[str, Any]]]
NUMBERS, POSITIONS, SHARES = (data.table(f"electrodes/{name}") for name in ("numbers", "positions", "shares"))


def test_curves_have_every_number_with_its_interval() -> None:
    chart = charts.electrode_curves(NUMBERS, "probability", "kuramoto").to_dict()
    own = NUMBERS[NUMBERS["scheme"] == "kuramoto"]
    drawn = chart["datasets"]["numbers"]
    for name, column in (("value", "probability"), ("low", "probability_low"), ("number", "number")):
        assert [row[name] for row in drawn] == own[column].round(4).tolist()
    assert "fer, tuned, 19: " in chart["description"]


@pytest.mark.thorough
def test_electrodes_are_drawn_where_they_sit(marks: Marks, texts: Callable[[Any], list[str]]) -> None:
    chart = charts.electrode_map(POSITIONS)
    own = POSITIONS.query("scheme == 'fridlund' and classifier == 'mean of all' and outcome == 'probability'")
    assert set(own["how"]) == {"alone", "last"}
    for panel, how in enumerate(("alone", "last")):
        dots = marks(chart, panel, "symbol")
        for row in own[own["how"] == how].to_dict("records"):
            at = 252 * (row["x"] + 90) / 180, 280 * (100 - row["y"]) / 200
            dot = min(dots, key=lambda one: np.hypot(one["x"] - at[0], one["y"] - at[1]))
            assert (dot["x"], dot["y"]) == pytest.approx(at, abs=0.1)
            shape = "triangle-down" if row["high"] < 0 else "triangle-up" if row["low"] > 0 else "circle"
            assert dot["shape"] == shape
            assert (dot["fill"] == "#ffffff") == (shape == "circle")
    assert {"F7", "F10", "F12"} <= set(texts(chart))


@pytest.mark.thorough
def test_dots_stand_at_their_values_in_panels_and_series(marks: Marks) -> None:
    table = SHARES.query("scheme == 'fridlund' and by == 'region' and outcome == 'accuracy'")
    chart = charts.dots(table, "change", "group", panel="classifier", width=200, words="verdict")
    drawn = marks(chart, 0, "symbol")
    own = table[table["classifier"] == "fer"]["change"].to_numpy()
    at = np.array([dot["x"] for dot in drawn])
    assert len(drawn) == len(own) == 7
    assert np.corrcoef(at, own)[0, 1] == pytest.approx(1)
    assert "fer, brow: " in chart.to_dict()["description"]
    assert chart.to_dict()["datasets"]["dots"][0]["low"] == round(table["low"].iloc[0], 4)
    several = charts.dots(table, "change", "group", series="classifier", interval=())
    assert len({dot["shape"] for dot in marks(several, 0, "symbol")}) == 7


@pytest.mark.thorough
def test_charts_come_out_as_pictures() -> None:
    dots = charts.dots(SHARES, "change", "group")
    for chart in (charts.electrode_curves(NUMBERS), charts.electrode_map(POSITIONS), dots):
        assert figure(chart, "svg").startswith(b"<svg")


def test_wrong_requests_say_what_there_is() -> None:
    with pytest.raises(BadValueError, match="accuracy, probability"):
        charts.electrode_curves(NUMBERS, "logit")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="it has fridlund, kuramoto"):
        charts.electrode_curves(NUMBERS, scheme="ten-twenty")
    with pytest.raises(BadValueError, match="classifier 'nobody'"):
        charts.electrode_map(POSITIONS, classifier="nobody")
    with pytest.raises(BadValueError, match="total is missing"):
        charts.dots(SHARES.drop(columns="total"), "total", "group")
    with pytest.raises(BadValueError, match="no rows"):
        charts.dots(SHARES.iloc[:0], "total", "group")
