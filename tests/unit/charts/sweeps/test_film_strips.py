"""A film draws every picture in its place, and its curves at the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from facelib import charts
from facelib.charts.sweeps.film_strips import CURVE, GAP
from facelib.charts.theme import MARGIN
from facelib.errors import BadValueError

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
SIZE = 50
VALUES = {0: [1.0, 0.8, 0.3], 1: [10.0, 20.0, 60.0]}
PROBABILITIES = {"fer": [0.9, 0.5, 0.1], "facex": [1.0, 0.9, 0.7]}


@pytest.fixture
def frames() -> pd.DataFrame:
    rows = [
        {
            "strip": strip, "title": f"title {strip}", "note": f"note {strip}", "step": step,
            "strength": step / 2, "picture": PIXEL, "measure": f"measure {strip}", "value": value,
            "caption": f"{value:.1f}", "low": min(values), "high": max(values),
        }
        for strip, values in VALUES.items()
        for step, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def outputs() -> pd.DataFrame:
    rows = [
        (strip, step, step / 2, name, "happy", p - 0.1 * strip)
        for strip in VALUES
        for name, series in PROBABILITIES.items()
        for step, p in enumerate(series)
    ]
    return pd.DataFrame(rows, columns=["strip", "step", "strength", "classifier", "label", "probability"])


def drawn(chart: Any, kind: str, x: float = 0.0, y: float = 0.0) -> list[dict[str, Any]]:
    """Return the visible items of one kind of mark with their place in the whole chart."""

    def walk(node: dict[str, Any], x: float, y: float) -> list[dict[str, Any]]:
        found = []
        for item in node.get("items", []):
            at_x, at_y = x + item.get("x", 0.0), y + item.get("y", 0.0)
            if node.get("marktype") == "group" or "marktype" in item:
                inside = (at_x, at_y) if node.get("marktype") == "group" else (x, y)
                found += walk(item, *inside)
            elif node.get("marktype") == kind and node.get("role") == "mark" and item.get("opacity", 1) > 0:
                found.append({**item, "at": (at_x, at_y)})
        return found

    scene = vl_convert.vegalite_to_scenegraph(chart.to_dict())["scenegraph"]
    return walk({"marktype": "group", "items": [scene]} if "marktype" not in scene else scene, x, y)


@pytest.mark.thorough
def test_pictures_stand_side_by_side_and_strips_below_each_other(
    frames: pd.DataFrame, outputs: pd.DataFrame
) -> None:
    pictures = drawn(charts.film(frames, outputs, size=SIZE), "image")
    assert len(pictures) == 6
    assert all(item["width"] == item["height"] == SIZE for item in pictures)
    places = np.array([item["at"] for item in pictures]).reshape(2, 3, 2)
    np.testing.assert_allclose(np.diff(places[..., 0], axis=1), SIZE + GAP)
    np.testing.assert_allclose(np.ptp(places[..., 1], axis=1), 0)
    assert (np.diff(places[..., 1], axis=0) > SIZE).all()


@pytest.mark.thorough
def test_curves_stand_at_the_numbers(frames: pd.DataFrame, outputs: pd.DataFrame) -> None:
    chart = charts.film(frames, outputs, size=SIZE)
    lines = drawn(chart, "line")
    width = {"value": CURVE, "probability": CURVE + 20}
    strengths = [(0.5 * k + MARGIN) / (1 + 2 * MARGIN) for k in range(3)]
    values, probabilities = lines[:6], lines[6:]
    for line, wide in ((values, width["value"]), (probabilities, width["probability"])):
        assert [item["x"] for item in line[:3]] == pytest.approx([wide * share for share in strengths])
    for strip, series in VALUES.items():
        y = np.array([item["y"] for item in values[3 * strip : 3 * strip + 3]])
        expected = (np.array(series) - min(series)) / np.ptp(series)  # from the bottom to the top
        np.testing.assert_allclose((y.max() - y) / np.ptp(y), expected, atol=1e-9)
    y = [item["y"] for item in probabilities]
    read = [(1 - place / SIZE) * (1 + 2 * MARGIN) - MARGIN for place in y]
    assert sorted(read) == pytest.approx(sorted(outputs["probability"]))


@pytest.mark.thorough
def test_everything_is_said_once(frames: pd.DataFrame, outputs: pd.DataFrame) -> None:
    texts = [str(item["text"]) for item in drawn(charts.film(frames, outputs, size=SIZE), "text")]
    for strip in VALUES:
        assert texts.count(f"title {strip}") == texts.count(f"note {strip}") == 1
        assert texts.count(f"measure {strip}") == 1
    assert texts.count("probability of happy") == 2
    assert texts.count("0.5 · 0.8") == 1
    assert "title 0: note 0" in charts.film(frames, outputs).to_dict()["description"]


@pytest.mark.thorough
def test_panels_of_a_strip_stand_level(frames: pd.DataFrame, outputs: pd.DataFrame) -> None:
    chart = charts.film(frames, outputs, size=SIZE)
    names = [item["at"][1] for item in drawn(chart, "text") if item["text"] == "probability of happy"]
    measures = [item["at"][1] for item in drawn(chart, "text") if str(item["text"]).startswith("measure")]
    tops = sorted({item["at"][1] for item in drawn(chart, "image")})
    assert names == pytest.approx(measures)
    assert np.subtract(tops, names) == pytest.approx([10, 10])


@pytest.mark.thorough
def test_it_is_saved_offline(frames: pd.DataFrame, outputs: pd.DataFrame, tmp_path: Any) -> None:
    chart = charts.film(frames, outputs, size=SIZE)
    assert PIXEL in charts.save(chart, tmp_path / "film.svg").read_text()
    assert charts.save(chart, tmp_path / "film.png").read_bytes()[:4] == b"\x89PNG"


def test_bad_tables_are_named(frames: pd.DataFrame, outputs: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="caption is missing"):
        charts.film(frames.drop(columns="caption"), outputs)
    with pytest.raises(BadValueError, match="probability is missing"):
        charts.film(frames, outputs.drop(columns="probability"))
    with pytest.raises(BadValueError, match="at least one picture"):
        charts.film(frames.iloc[:0], outputs)
    mixed = outputs.assign(label=["happy", "sad"] * 6)
    with pytest.raises(BadValueError, match="one class of interest; got happy, sad"):
        charts.film(frames, mixed)
    with pytest.raises(BadValueError, match="got no outputs"):
        charts.film(frames, outputs.iloc[:0])
