from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pytest

from facelib.charts.sweeps.compared import DASH, layout
from facelib.charts.tables import OUTPUTS, rows
from facelib.charts.theme import MARGIN

Marks = Callable[..., list[dict[str, Any]]]


@pytest.mark.thorough
def test_both_scenes_stand_at_their_numbers(outputs: pd.DataFrame, marks: Marks) -> None:
    other = outputs.assign(probability=outputs["probability"] / 2)
    table = pd.concat([outputs.assign(scene="pinned"), other.assign(scene="now")])
    chart = layout(["fer", "facex", "pyemotion"], width=170, height=110)
    assert isinstance(chart, alt.ConcatChart)
    filled = chart.properties(datasets={"outputs": rows(table, [*OUTPUTS, "scene"])})
    lines = marks(filled, 0, "line")
    chosen = outputs[(outputs["classifier"] == "fer") & (outputs["label"] == "happy")]
    found = [1 - item["y"] / 110 for item in lines]
    shown = [round(share * (1 + 2 * MARGIN) - MARGIN, 3) for share in found]
    expected = [*chosen["probability"].round(4), *(chosen["probability"] / 2).round(4)]
    assert shown == pytest.approx(expected, abs=0.002)
    dashes = [item.get("strokeDash") for item in lines]
    assert dashes[: len(chosen)] == [DASH] * len(chosen)
    assert dashes[-1] != DASH
    assert len(marks(filled, 0, "symbol")) == 2
