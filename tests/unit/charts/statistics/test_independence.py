"""What the charts of tests of independence paint, as numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from facelib.charts.cells import LINE
from facelib.charts.statistics import decisions, independence
from facelib.charts.statistics.independence_rows import (
    SHOWN,
    decision_rows,
    face_rows,
    p_rows,
    power_rows,
    reach,
    says,
    titled,
    titles_of,
)
from facelib.errors import BadValueError
from facelib.stats.causal_model import LABELS, CausalModel
from facelib.stats.independence import TESTS
from facelib.utilities.wording import percent

Texts = Callable[[Any], list[str]]
WIDTH = 420 - independence.WORDS


def scene(chart: Any) -> list[dict[str, Any]]:
    def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [node] + [below for item in node.get("items", []) for below in walk(item)]

    return walk(vl_convert.vegalite_to_scenegraph(chart.to_dict())["scenegraph"])


def drawn(chart: Any, kind: str) -> list[dict[str, Any]]:
    """Items of all marks of one kind."""
    return [
        item
        for mark in scene(chart)
        if mark.get("marktype") == kind and mark.get("role") == "mark"
        for item in mark["items"]
    ]


def names(chart: Any) -> set[str]:
    """Names of the panels: lists of lines."""
    return {
        " ".join(item["text"])
        for mark in scene(chart)
        if mark.get("marktype") == "text"
        for item in mark["items"]
        if isinstance(item.get("text"), list) and any(item["text"])
    }


@pytest.fixture
def tests() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "method": ["partial_correlation", "kcit", "chsic", "vote"],
            "p": [0.5, 0.001, math.nan, 0.03],
            "rejects": [False, True, False, True],
            "words": ["", "", "holds labels only", ""],
            "old": [False, True, False, False],
        }
    )


@pytest.mark.thorough
def test_the_line_stands_at_the_level(tests: pd.DataFrame) -> None:
    for alpha in (0.05, 0.01):
        rules = drawn(independence.p_values(tests, alpha), "rule")
        dashed = [rule for rule in rules if rule.get("strokeDash")]
        assert [10 ** (-4 * rule["x"] / WIDTH) for rule in dashed] == pytest.approx([alpha])


@pytest.mark.thorough
def test_a_tiny_p_stays_in_the_chart(tests: pd.DataFrame) -> None:
    chart = independence.p_values(tests.assign(p=1e-300))
    assert {round(dot["x"]) for dot in drawn(chart, "symbol")} == {WIDTH}


def test_decisions_come_from_alpha_or_from_the_table() -> None:
    table = pd.DataFrame({"method": ["kcit"], "p": [0.03]})
    assert p_rows(table, 0.05)[0]["rejects"]
    assert not p_rows(table, 0.01)[0]["rejects"]
    assert p_rows(table.assign(rejects=True), 0.01)[0]["rejects"]


def test_words_of_a_p() -> None:
    at_the_level = pd.DataFrame({"method": ["kcit"], "p": [0.05]})
    assert p_rows(at_the_level, 0.05)[0]["words"] == "p = .050, does not"  # it takes a p below the level
    assert says(0.9999, rejects=False) == "p > .999, does not"
    assert percent(0.0) == "0 %"


def test_tests_stand_by_cost_and_the_vote_last() -> None:
    table = titled(pd.DataFrame({"method": ["vote", *TESTS]})).sort_values("order")
    assert table["method"].iloc[-1] == "vote"
    assert table["method"].iloc[0] == "partial_correlation"
    assert table["order"].is_unique


@pytest.mark.parametrize("conditioner", ["labels", "number"])
def test_every_face_is_in_the_first_panel_and_in_its_own(conditioner: Any) -> None:
    faces = CausalModel(conditioner=conditioner).draw(140, 2)
    data = face_rows(faces)
    points = [row for row in data if row["kind"] == "face"]
    first = [row for row in points if row["order"] == 0]
    own = [row for row in points if row["order"] > 0]
    assert len(first) == len(own) == 140
    assert {(row["property"], row["output"], row["colour"]) for row in first} == {
        (row["property"], row["output"], row["colour"]) for row in own
    }
    counts = [sum(row["order"] == place for row in own) for place in range(1, 8)]
    assert counts == [20] * 7
    titles = titles_of(data, "group")
    assert titles[0] == "all faces"
    if conditioner == "labels":
        assert titles[1:] == list(LABELS)
    else:
        assert all(title.startswith("label ") for title in titles[1:])


@pytest.mark.parametrize("column", ["label", "property", "output"])
def test_faces_that_lack_something_are_refused(column: str) -> None:
    faces = CausalModel(conditioner="number").draw(30)
    with pytest.raises(BadValueError, match=f"label, property, output; {column} is missing"):
        independence.faces(faces.drop(columns=column))
    faces.loc[3, column] = math.nan
    with pytest.raises(BadValueError, match=f"The column {column} must be finite; 1 of 30 are missing"):
        independence.faces(faces)


def test_a_face_without_its_label_is_refused() -> None:
    faces = CausalModel().draw(30)
    faces.loc[:1, "label"] = None
    with pytest.raises(BadValueError, match="Every face needs its label; 2 of 30 are missing"):
        independence.faces(faces)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("label", "titles"),
    [
        ([2, 0, 1] * 4, ["label 0", "label 1", "label 2"]),
        ([-0.5, 1.25], ["label −0.5", "label 1.25"]),
        ([0.1234567, 0.1234568] * 6, ["label 0.1234567", "label 0.1234568"]),
        ([3.0], ["label 3"]),
        ([0.0] * 40 + list(range(1, 9)), ["label 0.0 … 1.0", "label 2.0 … 8.0"]),
    ],
)
def test_numbers_with_few_values_make_a_panel_each(label: list[float], titles: list[str]) -> None:
    table = pd.DataFrame({"label": label, "property": 0.5, "output": 0.5})
    found = titles_of(face_rows(table), "group")
    assert found[1:] == titles
    counts = [
        sum(row["order"] == place for row in face_rows(table) if row["kind"] == "face") for place in range(9)
    ]
    assert sum(counts) == 2 * len(label)


def test_slices_of_a_narrow_number_have_names_of_their_own() -> None:
    table = CausalModel(conditioner="number").draw(70).assign(label=lambda faces: faces["label"] / 1e4)
    found = titles_of(face_rows(table), "group")
    assert len(set(found)) == 8
    assert all(title.count("…") == 1 for title in found[1:])


def test_lines_are_parabolas_by_least_squares() -> None:
    x = np.linspace(-2, 2, 60)
    table = pd.DataFrame({"label": "happy", "property": x, "output": 1 - x + 0.5 * x**2})
    line = [row for row in face_rows(table) if row["kind"] == "line" and row["order"] == 0]
    assert len(line) == 21
    for row in line:
        expected = 1 - row["property"] + 0.5 * row["property"] ** 2
        assert row["output"] == pytest.approx(expected, abs=0.03)  # rounded to two decimals


@pytest.mark.parametrize("property_", [[0.5] * 12, [0.0, 1.0] * 6])
def test_lines_through_properties_with_few_values(property_: list[float]) -> None:
    table = pd.DataFrame({"label": "happy", "property": property_, "output": property_})
    line = [row for row in face_rows(table) if row["kind"] == "line"]
    assert len(line) == (42 if len(set(property_)) > 1 else 0)
    assert all(row["output"] == row["property"] for row in line)


def test_few_faces_and_many_faces() -> None:
    few = face_rows(CausalModel().draw(14))
    assert {row["order"] for row in few if row["kind"] == "line"} == {0}
    many = face_rows(CausalModel().draw(2 * SHOWN))
    assert sum(row["kind"] == "face" for row in many) == 2 * SHOWN
    assert reach(many) >= 3
    assert reach([]) == 3


@pytest.mark.thorough
def test_panels_have_their_names_and_nothing_leaves_them() -> None:
    chart = independence.faces(CausalModel(effect=1, confounding=2).draw(210))
    assert {"all faces", *LABELS} == names(chart)
    for mark in scene(chart):
        for item in mark.get("items", []) if mark.get("marktype") == "symbol" else []:
            if mark.get("clip") is not True:
                assert 0 <= item["x"] <= 150
                assert 0 <= item["y"] <= 96


@pytest.fixture
def curve() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "effect": [0.0, 1.0, 0.0, 1.0],
            "method": ["kcit", "kcit", "chsic", "chsic"],
            "rejections": [1, 20, 0, 10],
            "repetitions": 20,
            "share": [0.05, 1.0, 0.0, 0.5],
            "low": [0.0, 0.83, 0.0, 0.3],
            "high": [0.25, 1.0, 0.17, 0.7],
        }
    )


@pytest.mark.thorough
def test_power_is_drawn_where_it_is(curve: pd.DataFrame) -> None:
    chart = independence.power(curve, effect=0.5)
    lines = [mark for mark in scene(chart) if mark.get("marktype") == "line" and mark.get("items")]
    shares = [[round(1.06 - 1.12 * item["y"] / 86, 3) for item in mark["items"]] for mark in lines]
    assert sorted(shares) == [[0.0, 0.5], [0.05, 1.0]]
    rules = drawn(chart, "rule")
    cursor = {round(-0.06 + 1.12 * rule["x"] / 150, 3) for rule in rules if not rule.get("strokeDash")}
    assert cursor == {0.5}
    assert "KCIT" in names(chart)
    assert not [rule for rule in drawn(independence.power(curve), "rule") if not rule.get("strokeDash")]


def test_panels_without_a_curve_say_why(curve: pd.DataFrame) -> None:
    rows = power_rows(curve, {"kcit": "…", "partial_correlation": "holds labels only"})
    missing = [row for row in rows if row["share"] is None]
    assert [(row["title"], row["words"]) for row in missing] == [("partial correlation", "holds labels only")]
    assert {row["title"] for row in rows} == {"KCIT", "cHSIC", "partial correlation"}
    assert [row["words"] for row in rows if row["share"] == 1] == ["20 of 20 at effect 1"]


def test_long_names_take_two_lines() -> None:
    assert titles_of([{"order": 0, "title": "rank correlation inside labels"}], "title") == [
        "rank correlation inside\nlabels"
    ]


def test_several_outputs_are_not_drawn_upon_each_other(tests: pd.DataFrame) -> None:
    grid = pd.concat([tests.assign(output="happy"), tests.assign(output="sad")])
    with pytest.raises(
        BadValueError, match=r"one row per test; KCIT, cHSIC, .* has several\. Choose one prop"
    ):
        independence.p_values(grid)
    independence.p_values(grid[grid["output"] == "sad"])


def test_missing_columns_and_unknown_tests_are_named(tests: pd.DataFrame, curve: pd.DataFrame) -> None:
    for column in ("method", "p"):
        with pytest.raises(BadValueError, match=f"method, p; {column} is missing"):
            independence.p_values(tests.drop(columns=column))
    for column in curve.columns:
        with pytest.raises(BadValueError, match=f"; {column} is missing"):
            independence.power(curve.drop(columns=column))
    rates = curve.assign(setting="a")
    for column in ("setting", "method", "share", "low", "high", "repetitions"):
        with pytest.raises(BadValueError, match=f"; {column} is missing"):
            independence.rejections(rates.drop(columns=column))
    with pytest.raises(BadValueError, match="explained, p, p_holm, rejects, alpha is missing"):
        decisions.grid(pd.DataFrame({"property": ["age"], "output": "happy", "method": "chsic"}))
    with pytest.raises(BadValueError, match=r"partial_correlation, .*vote; got chisq"):
        independence.p_values(pd.DataFrame({"method": ["chisq"], "p": [0.1]}))


def test_decisions_are_words_on_a_colour(texts: Texts) -> None:
    table = pd.DataFrame(
        {
            "property": ["age", "age", "skin tone"],
            "output": ["happy", "sad", "happy"],
            "method": "chsic",
            "explained": [0.2, 0.0, math.nan],
            "p": [0.001, 1.0, math.nan],
            "p_holm": [0.002, 1.0, math.nan],
            "rejects": [True, False, False],
            "alpha": 0.01,
        }
    )
    chart = decisions.grid(table)
    assert {"yes *", "no", "not testable"} <= set(texts(chart))
    not_run = table.assign(notes=["", "", "Not run: too few faces."])
    assert [row["words"] for row in decision_rows(not_run)] == ["yes *", "no", "not run"]
    beside = pd.concat([table.assign(method="rcot", rejects=False, p_holm=1.0), table])
    assert decision_rows(beside) == decision_rows(table)  # cHSIC decides, whatever stands beside it


@pytest.mark.thorough
def test_names_of_properties_stand_above_their_column_and_never_overlap() -> None:
    names = ["age", "skin tone", "electrodes of the face", "(random numbers)"]
    table = pd.DataFrame(
        {
            "property": names, "output": "happy", "method": "chsic", "explained": 0.1, "p": 0.5,
            "p_holm": 1.0, "rejects": False, "alpha": 0.01,
        }
    )  # fmt: skip
    chart = decisions.grid(table)
    cells = drawn(chart, "rect")
    labels = [
        item
        for mark in scene(chart)
        if mark.get("marktype") == "text" and mark.get("role") == "axis-label"
        for item in mark["items"]
        if isinstance(item["text"], list)
    ]
    assert [[word for word in item["text"] if word != "\u200b"] for item in labels] == [
        name.split() for name in names
    ]
    assert len({len(item["text"]) for item in labels}) == 1
    for item in labels:
        assert max(map(len, item["text"])) * decisions.LETTER <= cells[0]["width"] + 4
        lowest = item["y"] + LINE * (len(item["text"]) - 1)
        assert lowest <= 0, "the last line of a name lies on the table"


@pytest.mark.thorough
def test_rows_that_the_page_has_emptied_make_no_panel(curve: pd.DataFrame) -> None:
    for name, chart in (
        ("faces", independence.faces(CausalModel().draw(70))),
        ("power", independence.power(curve)),
    ):
        rows = chart.to_dict()["datasets"][name]
        emptied = chart.properties(datasets={name: [*rows, dict.fromkeys(rows[0])]})
        count = len({row["order"] for row in rows})
        for drawing in (chart, emptied):
            (cells,) = (mark for mark in scene(drawing) if mark.get("name") == "cell")
            assert len(cells["items"]) == count


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["faces", "p", "power"])
def test_layouts_hold_no_data_and_describe_themselves(name: str) -> None:
    spec = getattr(independence, f"{name}_layout")().to_dict()
    assert not any(spec["datasets"].values())
    assert len(spec["description"]) > 40
    assert spec["usermeta"]["facelib"]["columns"] == (1 if name == "p" else 4)
