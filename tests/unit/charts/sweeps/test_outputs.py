from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib.charts import bars
from facelib.charts.sweeps.outputs import layout
from facelib.errors import BadValueError

UNIT = 130 / 1.02  # px of a probability of one
Marks = Callable[..., list[dict[str, Any]]]


def expected(outputs: pd.DataFrame, classifier: str, step: int) -> dict[str, float]:
    chosen = outputs[(outputs["classifier"] == classifier) & (outputs["step"] == step)]
    return dict(zip(chosen["label"], chosen["probability"].round(4), strict=True))


def split(items: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bars of this step, and ticks of strength 0."""
    coloured = [item for item in items if item["fill"] != "#1f2933"]
    return coloured, [item for item in items if item["fill"] == "#1f2933"]


@pytest.mark.thorough
@pytest.mark.parametrize("panel", [0, 1, 2])
def test_bars_are_as_long_as_the_probabilities(outputs: pd.DataFrame, marks: Marks, panel: int) -> None:
    classifier = ["fer", "facex", "pyemotion"][panel]
    drawn, ticks = split(marks(bars(outputs, step=3), panel, "rect"))
    now, start = expected(outputs, classifier, 3), expected(outputs, classifier, 0)
    assert len(drawn) == len(ticks) == 7
    assert sorted(bar["width"] / UNIT for bar in drawn) == pytest.approx(sorted(now.values()))
    assert sorted((tick["x"] + tick["width"] / 2) / UNIT for tick in ticks) == pytest.approx(
        sorted(start.values())
    )
    assert len({bar["fill"] for bar in drawn}) == 1


@pytest.mark.thorough
def test_class_of_interest_is_first_and_strongest(outputs: pd.DataFrame, marks: Marks) -> None:
    for label in ("happy", "angry"):
        drawn, _ticks = split(marks(bars(outputs, step=2, label=label), 0, "rect"))
        top = min(drawn, key=lambda bar: bar["y"])
        assert top["width"] / UNIT == pytest.approx(expected(outputs, "fer", 2)[label])
        assert [bar for bar in drawn if bar["opacity"] == 1.0] == [top]


@pytest.mark.thorough
def test_other_classes_keep_their_order(outputs: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    written = texts(bars(outputs, label="fear"))
    assert [text for text in written if text in set(outputs["label"])] == [
        "fear", "neutral", "happy", "sad", "surprise", "disgust", "angry",
    ]  # fmt: skip
    assert "Outputs now, fear first; the tick is strength 0" in written


@pytest.mark.thorough
def test_rows_of_the_table_may_come_in_any_order(outputs: pd.DataFrame, marks: Marks) -> None:
    shuffled = outputs.groupby("classifier", sort=False, group_keys=False).sample(frac=1.0, random_state=1)
    assert [
        bar["width"]
        for bar in sorted(marks(bars(shuffled, step=1), 1, "rect"), key=lambda b: (b["y"], b["x"]))
    ] == [
        bar["width"]
        for bar in sorted(marks(bars(outputs, step=1), 1, "rect"), key=lambda b: (b["y"], b["x"]))
    ]


@pytest.mark.thorough
def test_rows_of_nulls_are_invisible(outputs: pd.DataFrame, marks: Marks) -> None:
    """The page keeps surplus rows as nulls."""
    spec = bars(outputs, step=1).to_dict()
    before = marks(spec, 0, "rect")
    spec["datasets"]["outputs"] += [dict.fromkeys(spec["datasets"]["outputs"][0])] * 5
    assert marks(spec, 0, "rect") == before


@pytest.mark.thorough
def test_layout_has_no_data_and_no_slider(outputs: pd.DataFrame) -> None:
    spec = layout(["fer", "facex"]).to_dict()
    assert spec["datasets"] == {"outputs": []}
    assert {param["name"]: param["value"] for param in spec["params"]} == {"step": 0, "label": "happy"}
    assert not any("bind" in param for param in spec["params"])
    alone = bars(outputs).to_dict()
    assert [param["bind"]["max"] for param in alone["params"] if "bind" in param] == [4]
    assert "fer, facex" in spec["description"]


@pytest.mark.thorough
def test_names_with_quotes_are_names(outputs: pd.DataFrame, marks: Marks) -> None:
    name = """Ann's "own" \\ net"""
    renamed = outputs.assign(classifier=outputs["classifier"].replace("fer", name))
    assert len(marks(bars(renamed), 0, "rect")) == 14


def test_unknown_class_and_missing_column(outputs: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="got 'joy'"):
        bars(outputs, label="joy")
    with pytest.raises(BadValueError, match="probability is missing"):
        bars(outputs.drop(columns="probability"))


@pytest.mark.thorough
def test_a_classifier_without_a_class_leaves_its_row_empty(outputs: pd.DataFrame, marks: Marks) -> None:
    few = outputs[(outputs["classifier"] != "facex") | outputs["label"].isin(["happy", "sad", "neutral"])]
    places = {}
    for panel, classifier in enumerate(["fer", "facex"]):
        drawn, _ticks = split(marks(bars(few, step=2, label="fear"), panel, "rect"))
        now = expected(few, classifier, 2)
        rows = {round(bar["width"] / UNIT, 4): bar["y"] for bar in drawn}
        places[classifier] = {label: rows[round(value, 4)] for label, value in now.items()}
    assert len(places["facex"]) == 3
    assert {label: places["fer"][label] for label in places["facex"]} == pytest.approx(places["facex"])
