"""Muscles and outputs over time: every line stands at its numbers, sides differ in more than colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib import charts
from facelib.charts.export import with_data
from facelib.charts.muscles.traces import layout, outputs_layout, trace_table
from facelib.errors import BadValueError
from facelib.semg import CHANNELS, MUSCLES

Marks = Callable[..., list[dict[str, Any]]]
HEIGHT, WIDTH = 60, 170
TIMES = np.array([2.0, 3.0, 4.0, 6.0])


@pytest.fixture
def activity(rng: np.random.Generator) -> np.ndarray:
    return rng.random((4, 22))


@pytest.mark.thorough
def test_each_muscle_has_a_panel_with_a_line_a_side_at_its_numbers(
    activity: np.ndarray, marks: Marks
) -> None:
    chart = charts.muscle_traces(trace_table(activity, TIMES), width=WIDTH, height=HEIGHT)
    for panel, muscle in enumerate(MUSCLES):
        points = marks(chart, panel, "line")
        sides: dict[str, list[dict[str, Any]]] = {}
        for point in points:
            sides.setdefault(point["stroke"], []).append(point)
        assert list(sides) == ["#0072b2", "#d55e00"]
        for side, drawn in zip(("left", "right"), sides.values(), strict=True):
            values = activity[:, CHANNELS.index(f"{muscle}_{side}")]
            heights = [HEIGHT * (1 - value / 1.06) for value in values]
            assert [point["y"] for point in drawn] == pytest.approx(heights, abs=0.05)
            across = [WIDTH * (time - 2) / 4 for time in TIMES]
            assert [point["x"] for point in drawn] == pytest.approx(across, abs=0.05)
        dashes = [drawn[0].get("strokeDash") for drawn in sides.values()]
        assert dashes[0] != dashes[1]


@pytest.mark.thorough
def test_the_cursor_stands_at_its_time_in_every_panel(activity: np.ndarray, marks: Marks) -> None:
    table = trace_table(activity, TIMES)
    for now in (2.0, 5.0):
        chart = charts.muscle_traces(table, now=now, width=WIDTH)
        for panel in range(11):
            (rule,) = marks(chart, panel, "rule")
            assert rule["x"] == pytest.approx(WIDTH * (now - 2) / 4, abs=0.1)
    assert marks(charts.muscle_traces(table), 0, "rule") == []


@pytest.mark.thorough
def test_channels_without_numbers_are_left_out(activity: np.ndarray, texts: Any) -> None:
    activity[:, [CHANNELS.index("masseter_left"), CHANNELS.index("masseter_right")]] = np.nan
    activity[:, CHANNELS.index("zygomaticus_right")] = np.nan
    table = trace_table(activity, TIMES)
    assert len(table) == 4 * 19
    written = texts(charts.muscle_traces(table))
    assert "Masseter" not in written
    assert "Zygomaticus" in written
    assert any("left" in text and "dashes: right" in text for text in written)
    with pytest.raises(BadValueError, match="no rows"):
        charts.muscle_traces(trace_table(np.full((4, 22), np.nan), TIMES))
    with pytest.raises(BadValueError, match="µV"):
        charts.muscle_traces(table, unit="mV")


@pytest.mark.thorough
def test_envelopes_share_the_scale_of_the_largest(activity: np.ndarray, marks: Marks) -> None:
    table = trace_table(200 * activity, TIMES)
    chart = charts.muscle_traces(table, unit="µV", height=HEIGHT)
    tops = [min(point["y"] for point in marks(chart, panel, "line")) for panel in range(11)]
    assert min(tops) == pytest.approx(HEIGHT * (1 - 1 / 1.06), abs=0.05)
    assert max(tops) > min(tops)


@pytest.mark.thorough
def test_outputs_over_time_stand_at_their_numbers(marks: Marks, rng: np.random.Generator) -> None:
    parts = [
        (time, name, label, float(rng.random()))
        for name in ("fer", "facex")
        for time in TIMES
        for label in ("happy", "sad")
    ]
    table = pd.DataFrame(parts, columns=["seconds", "classifier", "label", "probability"])
    chart = charts.outputs_over_time(table, "sad", now=4.0, width=WIDTH)
    for panel, name in enumerate(("fer", "facex")):
        own = table[(table["classifier"] == name) & (table["label"] == "sad")]["probability"]
        heights = [64 * (1 - (p + 0.075) / 1.15) for p in own]
        assert [point["y"] for point in marks(chart, panel, "line")] == pytest.approx(heights, abs=0.05)
        assert marks(chart, panel, "rule")[0]["x"] == pytest.approx(WIDTH / 2, abs=0.1)
    with pytest.raises(BadValueError, match="happy, sad"):
        charts.outputs_over_time(table, "angry")


@pytest.mark.thorough
def test_the_page_moves_the_cursor_by_its_step(activity: np.ndarray, marks: Marks) -> None:
    data = {"traces": trace_table(activity, TIMES).to_dict("records")}
    spec = layout(start=2.0, end=6.0, rate=10.0, width=WIDTH).to_dict()
    for step in (0, 20):
        chart = with_data(spec, data, {"step": step})
        assert marks(chart, 3, "rule")[0]["x"] == pytest.approx(WIDTH * step / 40, abs=0.1)
    names = {param["name"] for param in outputs_layout(["fer"], rate=10.0).to_dict()["params"]}
    assert {"start", "end", "now", "step", "rate", "label"} <= names
