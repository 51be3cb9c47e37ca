"""The charts of levels and power show the numbers of the table, and trouble by shape and words as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib.charts.statistics.calibration import BROKEN, HELD, TICKS, measured_levels, measured_power
from facelib.errors import BadValueError

Marks = Callable[..., list[dict[str, Any]]]
WIDTH, HEIGHT = 150, 120


def row(method: str, title: str, n: int, rejected: int, **more: Any) -> dict[str, Any]:
    rate = rejected / 200
    half = 1.96 * np.sqrt(rate * (1 - rate) / 200)
    return {
        "method": method, "scenario": title, "title": title, "n_labels": 7, "n_numbers": 0,
        "kind": "continuous", "n": n, "shape": "none", "size": 0.0, "alpha": 0.05, "runs": 200,
        "rejected": rejected, "rate": rate, "low": max(rate - half, 0), "high": min(rate + half, 1),
        "seed": 1, "version": "0",
    } | more  # fmt: skip


@pytest.fixture
def levels() -> pd.DataFrame:
    return pd.DataFrame(
        [
            row("partial_correlation", "7 labels", 200, 10),
            row("partial_correlation", "one number, tanh", 200, 56),
            row("partial_correlation", "one number, sin", 200, 170),
            row("kcit", "7 labels", 200, 9),
            row("kcit", "7 labels", 50, 30),
            row("kcit", "7 labels", 200, 2, alpha=0.01),
            row("kcit", "7 labels", 200, 150, shape="linear", size=0.4),
        ]
    )


@pytest.fixture
def powers() -> pd.DataFrame:
    rows = [row(method, "7 labels", 200, 10) for method in ("kcit", "rcot")]
    for method, step in (("kcit", 60), ("rcot", 80)):
        for shape in ("linear", "signs"):
            rows += [
                row(method, "7 labels", 200, step * k, shape=shape, size=size)
                for k, size in ((1, 0.2), (2, 0.4))
            ]
    return pd.DataFrame(rows)


def symbols(marks: Marks, chart: Any, panel: int) -> list[dict[str, Any]]:
    return marks(chart, panel, "symbol")


@pytest.mark.thorough
def test_dots_stand_at_the_rates(levels: pd.DataFrame, marks: Marks) -> None:
    chart = measured_levels(levels, 200)
    dots = symbols(marks, chart, 0)
    assert sorted(dot["x"] for dot in dots) == pytest.approx(sorted(WIDTH * np.sqrt([0.05, 0.28, 0.85])))
    (other,) = symbols(marks, chart, 1)
    assert other["x"] == pytest.approx(WIDTH * np.sqrt(0.045))
    same = [dot["y"] for dot in dots if dot["x"] == pytest.approx(WIDTH * np.sqrt(0.05))]
    assert other["y"] == pytest.approx(same[0])  # a setting has one row in all panels


@pytest.mark.thorough
def test_trouble_is_seen_without_colours(
    levels: pd.DataFrame, marks: Marks, texts: Callable[[Any], list[str]]
) -> None:
    chart = measured_levels(levels, 200)
    by_rate = sorted(symbols(marks, chart, 0), key=lambda dot: dot["x"])
    assert [dot["shape"] for dot in by_rate] == ["circle", "triangle-up", "triangle-up"]
    assert [dot["fill"] for dot in by_rate] == [HELD, BROKEN, BROKEN]
    written = texts(chart)
    assert {"28 %", "85 %"} <= set(written)
    assert "5 %" not in written
    spoken = chart.to_dict()["description"]
    assert "partial correlation with one number, tanh (28 %)" in spoken
    assert "KCIT with" not in spoken


@pytest.mark.thorough
def test_intervals_and_the_level(levels: pd.DataFrame, marks: Marks) -> None:
    rules = marks(measured_levels(levels, 200), 0, "rule")
    upright = [item for item in rules if item.get("strokeDash")]
    assert [item["x"] for item in upright] == pytest.approx([WIDTH * np.sqrt(0.05)])
    spans = sorted(sorted((item["x"], item["x2"])) for item in rules if not item.get("strokeDash"))
    shown = levels.query("method == 'partial_correlation' and n == 200").round(4)
    expected = sorted(zip(np.sqrt(shown["low"]) * WIDTH, np.sqrt(shown["high"]) * WIDTH, strict=True))
    assert np.ravel(spans) == pytest.approx(np.ravel(expected))
    assert 0.05 in TICKS


@pytest.mark.thorough
def test_n_is_chosen_from_a_menu(levels: pd.DataFrame, marks: Marks) -> None:
    chart = measured_levels(levels)
    (menu,) = [p for p in chart.to_dict()["params"] if p["name"] == "n"]
    assert menu["value"] == 200
    assert menu["bind"]["options"] == [50, 200]
    assert len(symbols(marks, measured_levels(levels, 50), 1)) == 1
    (fixed,) = [p for p in measured_levels(levels, choose=False).to_dict()["params"] if p["name"] == "n"]
    assert "bind" not in fixed


@pytest.mark.thorough
def test_power_stands_at_the_numbers(powers: pd.DataFrame, marks: Marks) -> None:
    chart = measured_power(powers)
    for panel in (0, 1):
        dots = symbols(marks, chart, panel)
        found = sorted((round(dot["x"] / WIDTH, 3), round(1.02 * (1 - dot["y"] / HEIGHT), 3)) for dot in dots)
        assert found == sorted([(0.0, 0.05), (0.5, 0.3), (1.0, 0.6), (0.0, 0.05), (0.5, 0.4), (1.0, 0.8)])
        assert len({dot["shape"] for dot in dots}) == 2  # tests differ by shape as well
    lines = [item.get("strokeDash") for item in marks(chart, 0, "line")]
    assert len({str(dash) for dash in lines}) == 2


@pytest.mark.thorough
def test_power_over_n(powers: pd.DataFrame, marks: Marks) -> None:
    more = powers[powers["size"] == 0.4]
    table = pd.concat([more.assign(n=100), more.assign(n=400, rate=1.0)])
    dots = symbols(marks, measured_power(table, "n"), 0)
    assert len(dots) == 4
    assert len({round(dot["x"], 3) for dot in dots}) == 2


def test_two_scenarios_in_one_panel_are_refused(powers: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="choose one"):
        measured_power(pd.concat([powers, powers.assign(title="other")]))


def test_what_is_not_there_is_said(levels: pd.DataFrame, powers: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="n = 50, 200; got 300"):
        measured_levels(levels, 300)
    with pytest.raises(BadValueError, match="without an effect"):
        measured_levels(powers[powers["shape"] != "none"])
    with pytest.raises(BadValueError, match="with an effect"):
        measured_power(levels[levels["shape"] == "none"])
    with pytest.raises(BadValueError, match="alpha is missing"):
        measured_levels(levels.drop(columns="alpha"))
