from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib.charts import response
from facelib.charts.sweeps.curves import layout
from facelib.charts.theme import MARGIN
from facelib.errors import BadValueError

Marks = Callable[..., list[dict[str, Any]]]
WIDTH, HEIGHT = 170, 110


def curve(outputs: pd.DataFrame, classifier: str, label: str) -> list[tuple[float, float]]:
    chosen = outputs[(outputs["classifier"] == classifier) & (outputs["label"] == label)]
    return list(zip(chosen["strength"], chosen["probability"].round(4), strict=True))


def read(item: dict[str, Any], y: str = "y") -> tuple[float, float]:
    """Strength and probability at a mark."""
    return value(item["x"] / WIDTH), value(1 - item[y] / HEIGHT)


def value(share: float) -> float:
    """Invert the scale of a panel."""
    return share * (1 + 2 * MARGIN) - MARGIN


@pytest.fixture
def band(outputs: pd.DataFrame) -> pd.DataFrame:
    """A band at three strengths, fewer than the curve has."""
    rows = [
        (classifier, label, strength, 0.4 - 0.2 * strength, 0.4 + 0.3 * strength)
        for classifier in outputs["classifier"].unique()
        for label in outputs["label"].unique()
        for strength in (0.0, 0.5, 1.0)
    ]
    return pd.DataFrame(rows, columns=["classifier", "label", "strength", "low", "high"])


@pytest.mark.thorough
@pytest.mark.parametrize(("panel", "label"), [(0, "happy"), (2, "fear")])
def test_line_dot_and_cursor_stand_at_the_numbers(
    outputs: pd.DataFrame, marks: Marks, panel: int, label: str
) -> None:
    chart = response(outputs, label=label, step=3)
    points = curve(outputs, ["fer", "facex", "pyemotion"][panel], label)
    for item, point in zip(marks(chart, panel, "line"), points, strict=True):
        assert read(item) == pytest.approx(point)
    (dot,) = marks(chart, panel, "symbol")
    assert read(dot) == pytest.approx(points[3])
    (rule,) = marks(chart, panel, "rule")
    assert value(rule["x"] / WIDTH) == pytest.approx(0.75)


@pytest.mark.thorough
def test_band_spans_low_to_high(outputs: pd.DataFrame, band: pd.DataFrame, marks: Marks) -> None:
    items = marks(response(outputs, band), 1, "area")
    low_high = [(read(item)[0], *sorted((read(item)[1], read(item, "y2")[1]))) for item in with_end(items)]
    assert low_high == [
        pytest.approx(expected) for expected in [(0.0, 0.4, 0.4), (0.5, 0.3, 0.55), (1.0, 0.2, 0.7)]
    ]
    assert marks(response(outputs), 1, "area") == []


def with_end(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Vega stores an area as y and height."""
    return [{**item, "y2": item["y"] + item.get("height", 0.0)} for item in items]


@pytest.mark.thorough
def test_nothing_leaves_its_panel(outputs: pd.DataFrame, marks: Marks) -> None:
    """What does would push the panel's name about while the cursor moves."""
    extreme = outputs.assign(probability=outputs["step"].map({0: 1.0, 4: 0.0}).fillna(0.5))
    for step in (0, 4):
        (dot,) = marks(response(extreme, step=step), 0, "symbol")
        radius = (55 / 3.1416) ** 0.5
        assert radius <= dot["x"] <= WIDTH - radius
        assert radius <= dot["y"] <= HEIGHT - radius


@pytest.mark.thorough
def test_title_names_the_class(outputs: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    assert "Probability of sad over strength; grey: 90 % of placebos" in texts(response(outputs, label="sad"))
    nothing = pd.DataFrame(columns=["classifier", "label", "strength", "low", "high"])
    alone = "Probability of sad over strength; no placebos as large"
    assert alone in texts(response(outputs, nothing, label="sad"))


@pytest.mark.thorough
def test_rows_of_nulls_are_invisible(outputs: pd.DataFrame, band: pd.DataFrame, marks: Marks) -> None:
    spec = response(outputs, band, step=1).to_dict()
    kinds = ("line", "area", "symbol", "rule")
    before = [marks(spec, 0, kind) for kind in kinds]
    for name in ("outputs", "band"):
        spec["datasets"][name] += [dict.fromkeys(spec["datasets"][name][0])] * 5
    assert [marks(spec, 0, kind) for kind in kinds] == before


@pytest.mark.thorough
def test_many_classifiers_stand_in_even_rows() -> None:
    columns = {n: layout([str(k) for k in range(n)]).to_dict()["columns"] for n in (1, 4, 6, 7, 8)}
    assert columns == {1: 1, 4: 4, 6: 3, 7: 4, 8: 4}


def test_band_is_checked(outputs: pd.DataFrame, band: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="high is missing"):
        response(outputs, band.drop(columns="high"))


@pytest.mark.thorough
def test_a_classifier_alone_has_a_larger_panel(outputs: pd.DataFrame, marks: Marks) -> None:
    alone = response(outputs[outputs["classifier"] == "fer"], label="happy")
    assert alone.to_dict()["concat"][0]["width"] == 2 * WIDTH
    assert response(outputs, label="happy").to_dict()["concat"][0]["width"] == WIDTH
    assert max(item["x"] for item in marks(alone, 0, "line")) > WIDTH
