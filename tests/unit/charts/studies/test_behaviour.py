"""The gallery draws every classifier, each on the same scales, and says the same in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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
def test_curves_are_the_bins_with_their_intervals(table: pd.DataFrame) -> None:
    data = charts.reliability(table).to_dict()["datasets"]["calibration"]
    right = table[(table["what"] == "calibration") & (table["column"] == "right")]
    assert [row["right"] for row in data] == right["value"].tolist()
    assert [row["low"] for row in data] == right["low"].tolist()
    sure = table[(table["what"] == "calibration") & (table["column"] == "confidence")]
    assert [row["confidence"] for row in data] == sure["value"].tolist()
    for panel in range(right["classifier"].nunique()):
        assert sum(row["share"] for row in data if row["order"] == panel) == pytest.approx(1, abs=1e-3)


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
    for said in ("disgust, angry: 53.", "calibration error: fer 0.", "facex, pyemotion: 86 %"):
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
    written = texts(charts.model_gallery(wide))
    assert any(text.startswith(f"{ODD} ") for text in written)
    assert sum(text.endswith("as meant") for text in written) == 8 + 1  # panels, and the heading
    assert written.count("other") == 1


def test_what_is_missing_is_named(table: pd.DataFrame) -> None:
    for draw in (charts.confusion, charts.reliability, charts.disagreement, charts.model_gallery):
        with pytest.raises(BadValueError, match="low is missing"):
            draw(table.drop(columns="low"))
        with pytest.raises(BadValueError, match=r"behaviour.*got 'weights'"):
            draw(table[table["what"] == "weights"])
