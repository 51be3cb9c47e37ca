"""The charts of the lesson on property gradients draw what their tables hold, where it belongs."""

from __future__ import annotations

import itertools
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facelib.charts import theme
from facelib.charts.statistics.gradients import agreement, curve, gallery, steps
from facelib.charts.statistics.null_distributions import (
    EXTREME,
    histogram,
    levels,
    null_distribution,
    p_histogram,
)
from facelib.charts.sweeps.placebos import kinds
from facelib.errors import BadValueError


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node] + [below for item in node.get("items", []) for below in walk(item)]


def drawn(chart: alt.TopLevelMixin, kind: str) -> list[dict[str, Any]]:
    """All items of one kind of mark in a chart, as Vega paints them."""
    scene = vl_convert.vegalite_to_scenegraph(chart.to_dict())["scenegraph"]
    found = [mark for mark in walk(scene) if mark.get("marktype") == kind and mark.get("role") == "mark"]
    return [item for mark in found for item in mark["items"]]


def slow_histogram(
    values: list[float], counted: list[bool], edges: list[float]
) -> dict[Any, tuple[int, int]]:
    """Bin by bin: how many, and how many of them count; inner edges belong to the bin below."""
    found = {}
    for start, end in itertools.pairwise(edges):
        first, last = start == edges[0], end == edges[-1]
        inside = [
            much
            for value, much in zip(values, counted, strict=True)
            if (start < value or first) and (value <= end or last)
        ]
        if inside:
            found[(start, end)] = (len(inside), sum(inside))
    return found


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)),
    st.integers(0, 2**20),
    st.integers(1, 6),
)
def test_a_histogram_counts_every_value_once(values: npt.NDArray[np.float64], bits: int, bins: int) -> None:
    counted = [bool(bits >> k & 1) for k in range(len(values))]
    edges = [k / bins for k in range(bins + 1)]
    table = histogram(values, counted, edges)
    bars = {}
    for (start, end), part in table.groupby(["start", "end"]):
        much = part[part["part"] == EXTREME]
        bars[start, end] = (int(part["high"].max()), int((much["high"] - much["low"]).sum()))
        assert part["low"].min() == 0
    assert bars == slow_histogram(values.tolist(), counted, edges)


@pytest.mark.thorough
@pytest.mark.parametrize("value", [0.0, 0.2, -1e-9, 1e6])
def test_equal_values_make_one_visible_bar(value: float) -> None:
    (bar,) = histogram(np.full(7, value), np.ones(7, bool)).to_dict("records")
    assert (bar["low"], bar["high"], bar["part"]) == (0, 7, EXTREME)
    assert bar["start"] < value < bar["end"]
    (item,) = drawn(null_distribution(histogram(np.full(7, value), np.ones(7, bool))), "rect")
    assert item["width"] > 100


@pytest.mark.thorough
def test_the_null_distribution_paints_what_counts_in_another_colour() -> None:
    bars = histogram([0.1, 0.2, 0.3, 0.9], [False, False, False, True], 4)
    items = drawn(
        null_distribution(bars, pd.DataFrame({"value": [0.9, 0.4], "name": ["observed", ""]})), "rect"
    )
    colours = [item["fill"] for item in items]
    assert sorted(colours) == sorted([theme.BAND] * (len(colours) - 1) + [theme.COUNTED])
    assert max(items, key=lambda item: item["x"])["fill"] == theme.COUNTED


@pytest.mark.thorough
def test_the_even_height_of_p_values_is_a_line_across() -> None:
    bars = histogram([0.01, 0.3, 0.6, 0.99], [True, False, False, False], [0, 0.5, 1])
    chart = p_histogram(bars, pd.DataFrame({"value": [2], "name": ["even"]}), width=200, height=100)
    (rule,) = drawn(chart, "rule")
    heights = {round(item["y"]) for item in drawn(chart, "rect")}
    assert round(rule["y"]) in heights
    assert abs(rule["x2"] - rule["x"]) == 200


@pytest.mark.thorough
@pytest.mark.parametrize("log_x", [False, True])
def test_levels_stand_where_they_belong(log_x: bool) -> None:
    table = pd.DataFrame(
        {"x": [5.0, 50.0, 500.0], "rate": [0.0, 0.25, 0.5], "low": [0.0, 0.2, 0.4], "high": [0.1, 0.3, 0.6]}
    ).assign(series="a")
    chart = levels(table, x="n", log_x=log_x, most=0.5, width=300, height=102)
    dots = drawn(chart, "symbol")
    assert [round(dot["y"], 6) for dot in dots] == [102, 52, 2]  # 0 … 1.02 · most
    places = [dot["x"] for dot in dots]
    even = np.diff(places)
    assert (abs(even[0] - even[1]) < 0.01) == log_x
    assert 0 <= min(places) < max(places) <= 300
    rules = drawn(chart, "rule")
    assert sum("strokeDash" in rule for rule in rules) == 1


@pytest.mark.thorough
def test_levels_name_the_ticks_that_are_asked_for(texts: Any) -> None:
    table = pd.DataFrame({"x": np.linspace(0, 1, 21), "rate": 1.0, "series": "a"})
    few = levels(table, x="strength", marks=(), ticks=(0, 0.5, 1))
    assert {"0", "0.5", "1"} <= set(texts(few))
    assert "0.05" not in texts(few)
    assert "0.05" in texts(levels(table, x="strength", marks=()))


@pytest.mark.thorough
def test_steps_have_the_gradient_as_bars_and_the_epgm_as_their_mean() -> None:
    values = np.array([0.9, 0.8, 0.1, 0.2, 0.2])
    chart = steps(pd.DataFrame({"strength": np.linspace(0, 1, 5), "value": values}), height=108)
    heights = [item["height"] for item in drawn(chart, "rect")]
    sizes = np.abs(np.gradient(values))
    np.testing.assert_allclose(np.array(heights) / 100, sizes / sizes.max(), atol=1e-6)
    (mean,) = drawn(chart, "rule")
    assert (108 - mean["y"]) / 100 == pytest.approx(sizes.mean() / sizes.max())
    still = steps(pd.DataFrame({"strength": [0.0, 0.5, 1.0], "value": 0.4}))
    assert {item.get("height", 0) for item in drawn(still, "rect")} == {0}


@pytest.mark.thorough
def test_the_gallery_has_a_panel_for_each_with_its_note(texts: Any) -> None:
    table = pd.DataFrame(
        {
            "situation": ["it's one"] * 2 + ["two"] * 3,
            "note": ["p < .001"] * 2 + ["p = 1"] * 3,
            "strength": [0, 1, 0, 0.5, 1],
            "value": [1, 0, 0, 1, 0],
        }
    )
    chart = gallery(table)
    assert {"it's one p < .001", "two p = 1"} <= set(texts(chart))
    assert len(drawn(chart, "symbol")) == 5
    assert len({row["order"] for row in chart.to_dict()["datasets"]["gallery"]}) == 2


@pytest.mark.thorough
def test_agreement_puts_dots_on_the_line_of_the_formula() -> None:
    table = pd.DataFrame({"x": [0.0, 1.0, 2.0], "found": [1.0, 2.0, 3.5], "expected": [1.0, 2.0, 3.0]})
    chart = agreement(table.assign(series="a"), x="n", y="EPGM")
    dots, line = drawn(chart, "symbol"), drawn(chart, "line")
    off = [round(dot["y"] - point["y"], 3) for dot, point in zip(dots, line, strict=True)]
    assert off[:2] == [0, 0]
    assert off[2] < 0  # found more than expected: higher up


@pytest.mark.thorough
def test_a_curve_without_data_is_empty_and_one_with_data_is_whole() -> None:
    assert drawn(curve(), "symbol") == []
    table = pd.DataFrame({"strength": np.linspace(0, 1, 9), "value": np.linspace(0.9, 0.1, 9)})
    chart = curve(table, heading="x" * 400, width=200)
    assert len(drawn(chart, "symbol")) == 9
    size = vl_convert.vegalite_to_scenegraph(chart.to_dict())
    assert size["width"] < 260  # a heading is never wider than the plot: charts beside each other stay equal


WHOLE = pd.DataFrame(
    {
        "x": [0.0, 1.0], "rate": 0.5, "found": 0.5, "expected": 0.5, "series": "a", "situation": "ramp",
        "note": "", "strength": [0.0, 1.0], "value": [0.9, 0.1],
    }
)  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        (steps, "strength value"), (curve, "strength value"), (gallery, "situation note strength value"),
        (lambda table: agreement(table, x="", y=""), "x found expected series"),
        (lambda table: levels(table, x=""), "x rate series"),
    ],
)  # fmt: skip
def test_a_missing_column_is_named(draw: Any, columns: str) -> None:
    draw(WHOLE[columns.split()])
    for column in columns.split():
        with pytest.raises(BadValueError, match=f"columns .*; {column} is missing"):
            draw(WHOLE.drop(columns=column))


def test_steps_need_two_numbers() -> None:
    with pytest.raises(BadValueError, match="2 strengths or more"):
        steps(WHOLE[:1])
    with pytest.raises(BadValueError, match="1 of 2 are missing"):
        steps(WHOLE.assign(value=[0.9, np.nan]))


@pytest.mark.thorough
def test_kinds_that_did_as_much_are_triangles_and_smaller_ones_hollow() -> None:
    changes = pd.DataFrame(
        {"kind": ["blur", "crop", "colour_cast"], "change": [-0.1, 0.7, -0.6], "matched": [True, True, False]}
    )
    items = {round(item["x"]): item for item in drawn(kinds(changes, -0.6, width=104), "symbol")}
    assert [items[place]["shape"] for place in (12, 62, 72)] == ["circle", "triangle-up", "triangle-up"]
    assert [items[place]["fill"] == "white" for place in (12, 62, 72)] == [False, True, False]
