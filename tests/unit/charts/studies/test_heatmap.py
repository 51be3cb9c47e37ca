"""The map of effects says in signs, not by colour alone, what is significant and what matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from facelib.charts import specs
from facelib.charts.studies.heatmap import heatmap, heatmap_layout, heatmap_rows
from facelib.errors import BadValueError

Texts = Callable[[Any], list[str]]


@pytest.fixture
def effects() -> pd.DataFrame:
    """Two interventions, two classifiers; the second lacks an emotion."""
    rows = [
        ("palsy", "fer", "happy", -0.62, -0.7, -0.5, 0.0001, 0.0004, "matters"),
        ("palsy", "fer", "sad", 0.08, 0.01, 0.15, 0.03, 0.12, "cannot tell"),
        ("palsy", "facex", "happy", 0.002, -0.02, 0.02, 0.8, 1.0, "does not matter at δ"),
        ("age", "fer", "happy", -0.04, -0.06, -0.02, 0.001, 0.01, "does not matter at δ"),
        ("age", "fer", "sad", np.nan, np.nan, np.nan, np.nan, np.nan, "cannot tell"),
        ("age", "facex", "happy", 0.3, np.nan, np.nan, 1.0, 1.0, "cannot tell"),
    ]
    names = ["intervention", "classifier", "label", "mean", "low", "high", "p", "p_holm", "verdict"]
    return pd.DataFrame(rows, columns=names).assign(n=24, alpha=0.05)


@pytest.mark.thorough
def test_signs_say_what_colours_say(effects: pd.DataFrame, texts: Texts) -> None:
    words = [cell["words"] for cell in heatmap_rows(effects)]
    assert words == ["−.62 *", "+.08 (*)?", ".00", "−.04 *", "–", "+.30 ?"]
    written = texts(heatmap(effects, {"palsy": "one side weakens"}))
    assert {*words, "one side weakens", "age", "fer", "facex", "happy", "sad"} <= set(written)


@pytest.mark.thorough
def test_frames_are_around_what_matters(effects: pd.DataFrame) -> None:
    assert [cell["matters"] for cell in heatmap_rows(effects)] == [True] + [False] * 5
    scene = vl_convert.vegalite_to_scenegraph(heatmap(effects).to_dict())["scenegraph"]
    framed = [item for item in items(scene, "rect") if item.get("strokeWidth") == 1.5]
    assert len(framed) == 1


def items(node: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    mine = node.get("items", []) if node.get("marktype") == kind and node.get("role") == "mark" else []
    return [*mine, *(found for below in node.get("items", []) for found in items(below, kind))]


@pytest.mark.thorough
def test_every_cell_is_told_to_who_cannot_see_it(effects: pd.DataFrame) -> None:
    told = heatmap(effects, {"palsy": "one side weakens"}).to_dict()["description"]
    assert (
        "one side weakens, fer, happy: −.62 (−.70 to −.50), n = 24, p < .001, after Holm < .001: matters"
        in told
    )
    assert "age, fer, sad: not known for any face" in told
    assert "age, facex, happy: +.30, n = 24, p > .999, after Holm > .999: cannot tell" in told


def test_level_of_the_stars_is_the_tables(effects: pd.DataFrame) -> None:
    strict = heatmap_rows(effects.assign(alpha=0.001))
    assert [cell["words"] for cell in strict] == ["−.62 *", "+.08 ?", ".00", "−.04 (*)", "–", "+.30 ?"]
    bare = effects.drop(columns=["alpha", "intervention"]).iloc[:2]
    assert [cell["words"] for cell in heatmap_rows(bare)] == ["−.62 *", "+.08 (*)?"]


@pytest.mark.thorough
def test_layout_takes_live_data_and_keeps_empty_rows(effects: pd.DataFrame) -> None:
    """The page patches data and titles into the chart without data; rows of nulls stay invisible."""
    whole = heatmap(effects).to_dict()
    cells = whole["datasets"]["cells"]
    spec = specs.of("studies.heatmap.heatmap_layout")
    assert spec["datasets"] == {"cells": []}
    params = [
        {**param, "value": ["palsy", "age"]} if param["name"] == "cells_titles" else param
        for param in spec["params"]
    ]
    patched = {**spec, "params": params, "datasets": {"cells": [*cells, dict.fromkeys(cells[0])]}}
    drawn, expected = (
        [item["text"] for item in items(vl_convert.vegalite_to_scenegraph(chart)["scenegraph"], "text")]
        for chart in (patched, whole)
    )
    assert drawn == expected
    assert len(drawn) == len(cells)


def test_intended_class_comes_first(effects: pd.DataFrame, texts: Texts) -> None:
    both = pd.concat([effects, effects.iloc[[0]].assign(label="intended")])
    written = texts(heatmap(both[both["intervention"] == "palsy"]))
    assert "intended" not in written
    assert written.index("as meant") < written.index("happy") < written.index("sad")


def test_missing_columns_are_named(effects: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="p_holm is missing"):
        heatmap(effects.drop(columns="p_holm"))
    assert heatmap_layout().to_dict()["usermeta"]["facelib"]["park"]
