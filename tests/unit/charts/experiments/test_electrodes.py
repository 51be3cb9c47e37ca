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
POSITIONS, SHARES = data.table("electrodes/positions"), data.table("electrodes/shares")


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
    for chart in (charts.electrode_map(POSITIONS), charts.dots(SHARES, "change", "group")):
        assert figure(chart, "svg").startswith(b"<svg")


def test_wrong_requests_say_what_there_is() -> None:
    with pytest.raises(BadValueError, match="it has fridlund, kuramoto"):
        charts.electrode_map(POSITIONS, scheme="ten-twenty")
    with pytest.raises(BadValueError, match="classifier 'nobody'"):
        charts.electrode_map(POSITIONS, classifier="nobody")
    with pytest.raises(BadValueError, match="total is missing"):
        charts.dots(SHARES.drop(columns="total"), "total", "group")
    with pytest.raises(BadValueError, match="no rows"):
        charts.dots(SHARES.iloc[:0], "total", "group")
