"""Mean curves over people: lines and bands where the numbers are, the control told apart without colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import vl_convert

from facelib.charts import mean_response
from facelib.charts.theme import MARGIN
from facelib.errors import BadValueError

Texts = Callable[[Any], list[str]]
WIDTH, HEIGHT = 116, 84


@pytest.fixture
def curves() -> pd.DataFrame:
    rows = [
        (run, clf, strength, 0.9 - fall * strength, 0.85 - fall * strength, 0.95 - fall * strength)
        for run, fall in (("one", 0.6), ("both", 0.1))
        for clf in ("fer", "facex")
        for strength in (1.0, 0.0, 0.5)
    ]
    return pd.DataFrame(rows, columns=["intervention", "classifier", "strength", "mean", "low", "high"])


def groups(node: dict[str, Any], kind: str) -> list[list[dict[str, Any]]]:
    mine = [node["items"]] if node.get("marktype") == kind and node.get("role") == "mark" else []
    return [*mine, *(found for below in node.get("items", []) for found in groups(below, kind))]


def value(item: dict[str, Any], y: float) -> tuple[float, float]:
    share = (item["x"] / WIDTH, 1 - y / HEIGHT)
    return tuple(round(part * (1 + 2 * MARGIN) - MARGIN, 4) for part in share)  # type: ignore[return-value]


@pytest.mark.thorough
def test_lines_and_bands_stand_at_the_numbers(curves: pd.DataFrame) -> None:
    scene = vl_convert.vegalite_to_scenegraph(mean_response(curves).to_dict())["scenegraph"]
    lines = [[value(item, item["y"]) for item in line] for line in groups(scene, "line")]
    one, both = [(0.0, 0.9), (0.5, 0.6), (1.0, 0.3)], [(0.0, 0.9), (0.5, 0.85), (1.0, 0.8)]
    expected = [pytest.approx(pair) for pair in one], [pytest.approx(pair) for pair in both]
    assert lines == [*expected, *expected]
    area = groups(scene, "area")[0]
    ends = [value(area[0], y)[1] for y in (area[0]["y"], area[0]["y"] + area[0]["height"])]
    assert sorted(ends) == pytest.approx([0.85, 0.95])


@pytest.mark.thorough
def test_the_second_line_is_dashed(curves: pd.DataFrame, texts: Texts) -> None:
    chart = mean_response(curves, {"one": "one side weakens", "both": "both sides weaken"})
    scene = vl_convert.vegalite_to_scenegraph(chart.to_dict())["scenegraph"]
    first, second = groups(scene, "line")[:2]
    assert first[0]["strokeDash"] != second[0]["strokeDash"]
    assert {"one side weakens", "both sides weaken", "fer", "facex"} <= set(texts(chart))


@pytest.mark.thorough
def test_one_intervention_needs_no_legend(curves: pd.DataFrame, texts: Texts) -> None:
    assert "one" not in texts(mean_response(curves[curves["intervention"] == "one"]))


@pytest.mark.thorough
def test_intervals_that_are_not_there_draw_no_band(curves: pd.DataFrame) -> None:
    alone = curves.assign(low=float("nan"), high=float("nan"))
    scene = vl_convert.vegalite_to_scenegraph(mean_response(alone).to_dict())["scenegraph"]
    assert groups(scene, "area") == []
    assert len(groups(scene, "line")) == 4


def test_missing_columns_are_named(curves: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="low is missing"):
        mean_response(curves.drop(columns="low"))
