"""The gallery draws every classifier, each on the same scales, and says the same in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib import charts, data
from facelib.charts.export import figure
from facelib.errors import BadValueError

ODD = 'known_"odd"_o\'clock</script>'


@pytest.fixture
def table() -> pd.DataFrame:
    found = data.table("behaviour")
    known = found["classifier"].str.startswith("known") | found["row"].str.startswith("known")
    return found[~known]


@pytest.mark.thorough
def test_every_cell_is_its_share(table: pd.DataFrame, marks: Callable[..., list[dict[str, Any]]]) -> None:
    chart = charts.confusion(table)
    confusion = table[table["what"] == "confusion"]
    names = confusion["classifier"].unique()
    for place, name in enumerate(names):
        own = confusion[confusion["classifier"] == name]
        texts = [item["text"] for item in marks(chart, place, "text") if "text" in item]
        shown = [text for text in texts if text == "·" or text.isdigit()]
        expected = ["·" if share < 0.005 else f"{100 * share:.0f}" for share in own["value"]]
        assert sorted(shown) == sorted(expected)
        panel = chart.to_dict()["concat"][place]
        assert panel["title"]["text"] == name
        accuracy = table.query("classifier == @name and what == 'accuracy' and row == 'all'")["value"].item()
        assert panel["title"]["subtitle"] == f"{100 * accuracy:.0f} % as meant"
        (colour,) = {str(layer["encoding"]["color"]["scale"]) for layer in panel["layer"][:1]}
        assert "'domain': [0, 1]" in colour


@pytest.mark.thorough
def test_equal_shares_have_equal_colours_in_all_panels(
    table: pd.DataFrame, marks: Callable[..., list[dict[str, Any]]]
) -> None:
    whole = table.assign(value=np.where(table["what"] == "confusion", 0.3, table["value"]))
    chart = charts.confusion(whole)
    fills = {
        item.get("fill") for place in range(6) for item in marks(chart, place, "rect") if item.get("fill")
    }
    assert len(fills - {"transparent"}) == 1


@pytest.mark.thorough
def test_the_diagonal_is_framed(table: pd.DataFrame) -> None:
    cells = charts.confusion(table).to_dict()["datasets"]["confusion"]
    assert len(cells) == (table["what"] == "confusion").sum()
    assert {(cell["row"], cell["column"]) for cell in cells if cell["right"]} == {
        (name, name) for name in table.loc[table["what"] == "confusion", "row"]
    }


@pytest.mark.thorough
def test_curves_are_the_bins_with_their_intervals(table: pd.DataFrame) -> None:
    data = charts.reliability(table).to_dict()["datasets"]["calibration"]
    right = table[(table["what"] == "calibration") & (table["column"] == "right")]
    assert [row["right"] for row in data] == right["value"].tolist()
    assert [row["low"] for row in data] == right["low"].tolist()
    sure = table[(table["what"] == "calibration") & (table["column"] == "confidence")]
    assert [row["confidence"] for row in data] == sure["value"].tolist()
    for name in right["classifier"].unique():
        assert sum(row["share"] for row in data if row["classifier"] == name) == pytest.approx(1, abs=1e-3)


@pytest.mark.thorough
def test_the_diagonal_of_calibration_is_drawn(
    table: pd.DataFrame, marks: Callable[..., list[dict[str, Any]]]
) -> None:
    dashed = [item for item in marks(charts.reliability(table), 0, "line") if item.get("strokeDash")]
    (x1, y1), (x2, y2) = ((item["x"], item["y"]) for item in dashed)
    assert x2 > x1
    assert y2 < y1


@pytest.mark.thorough
def test_disagreement_is_symmetric_and_told(table: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    chart = charts.disagreement(table)
    data = chart.to_dict()["datasets"]["disagreement"]
    assert len(data) == 30
    seen = {(row["first"], row["second"]): (row["share"], row["kappa"]) for row in data}
    assert all(seen[second, first] == value for (first, second), value in seen.items())
    assert "nan" not in " ".join(texts(chart))
    share = table.query("classifier == 'fer' and row == 'human' and column == 'share'")["value"].item()
    assert f"fer and human {100 * share:.0f} %" in chart.to_dict()["description"]


@pytest.mark.thorough
def test_long_names_stand_on_the_chart_in_lines_of_equal_number(table: pd.DataFrame) -> None:
    named = table.replace({"classifier": {"fer": "known_age_happy_reversed"}})
    svg = figure(charts.disagreement(named), "svg").decode()
    heads = re.findall(r"<text[^>]*>((?:<tspan.*?</tspan>){4})</text>", svg)
    lines = [re.findall(r">([^<]*)</tspan>", head) for head in heads]
    assert ["known", "age", "happy", "reversed"] in lines
    assert ["\u200b"] * 3 + ["human"] in lines
    assert all(all(head) for head in lines)


def test_kappa_that_is_not_there_is_a_question_mark(table: pd.DataFrame) -> None:
    unknown = table.assign(value=table["value"].where(table["column"] != "kappa"))
    data = charts.disagreement(unknown).to_dict()["datasets"]["disagreement"]
    assert {row["kappa"] for row in data} == {"κ ?"}


@pytest.mark.thorough
def test_the_gallery_is_all_three_with_one_description(table: pd.DataFrame) -> None:
    chart = charts.model_gallery(table).to_dict()
    assert len(chart["vconcat"]) == 3
    assert set(chart["datasets"]) >= {"confusion", "calibration", "disagreement"}
    for said in ("disgust most often as angry", "calibration error: fer 0.", "facex and pyemotion"):
        assert said in chart["description"]
    alone = table[table["classifier"].isin(["", "fer"]) & table["what"].ne("disagreement")]
    assert len(charts.model_gallery(alone).to_dict()["vconcat"]) == 2


@pytest.mark.thorough
def test_any_names_and_any_number_are_drawn(table: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    more = [table] + [
        table[table["classifier"] == "fer"].assign(classifier=name)
        for name in (ODD, "known_tone_angry_twice")
    ]
    wide = pd.concat(more, ignore_index=True)
    wide = wide.assign(
        column=wide["column"].where((wide["classifier"] != ODD) | (wide["column"] != "disgust"), "other")
    )
    assert ODD in texts(charts.model_gallery(wide))
    assert figure(charts.model_gallery(wide), "svg").startswith(b"<svg")
    panels = charts.confusion(wide).to_dict()["concat"]
    assert len(panels) == 8
    assert panels[6]["layer"][0]["encoding"]["x"]["sort"][-1] == "other"


def test_what_is_missing_is_named(table: pd.DataFrame) -> None:
    for draw in (charts.confusion, charts.reliability, charts.disagreement, charts.model_gallery):
        with pytest.raises(BadValueError, match="low is missing"):
            draw(table.drop(columns="low"))
        with pytest.raises(BadValueError, match=r"behaviour.*got 'weights'"):
            draw(table[table["what"] == "weights"])
