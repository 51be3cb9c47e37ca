"""Charts of Power of Properties draw every row, in shapes and words and not by colour alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import vl_convert

from facelib.charts.experiments import power_of_properties as pop
from facelib.charts.export import figure
from facelib.errors import BadValueError

LABELS = ("happy", "sad")


@pytest.fixture
def curves() -> pd.DataFrame:
    rows = []
    for name, words in (("age", ("", "", "")), ("hair", ("bald", "long", "short"))):
        for expression in ("all", *LABELS):
            for place in range(3):
                mean = 0.1 + 0.2 * place
                rows.append(
                    (name, "a", "happy", 0.2, expression, place, 20.0 + place, words[place], 9, mean,
                     mean - 0.2, mean + 0.1)
                )  # fmt: skip
    return pd.DataFrame(rows, columns=["property", "classifier", "label", "explained", "expression", "bin",
                                       "value", "category", "n", "mean", "low", "high"])  # fmt: skip


@pytest.fixture
def electrodes() -> pd.DataFrame:
    half, lost = (0.8, 0.7, 0.9), (0.3, 0.2, 0.4)
    rows = [
        ("fridlund", "facs", "a", "all", 70, *half, *lost, -0.5, 0.0001, 0.0004, -0.4, "matters"),
        ("fridlund", "facs", "b", "all", 70, *lost, *lost, 0.0, 1.0, 1.0, 0.0, "cannot tell"),
        ("fridlund", "facs", "a", "sad", 10, *half, *lost, -0.5, 0.06, 0.3, -0.4, "matters"),
        ("kuramoto", "", "a", "all", 70, *half, *half, -0.1, 0.2, float("nan"), -0.1, "cannot tell"),
    ]
    return pd.DataFrame(
        rows,
        columns=["scheme", "expression_set", "classifier", "expression", "n", "accuracy_before", "before_low",
                 "before_high", "accuracy_after", "after_low", "after_high", "accuracy_change", "p", "p_holm",
                 "change", "verdict"],
    ).assign(alpha=0.05)  # fmt: skip


@pytest.mark.thorough
def test_curves_have_bands_and_every_expression(curves: pd.DataFrame) -> None:
    chart = pop.effect_panels(curves)
    spec = chart.to_dict()
    assert [panel["title"]["text"] for panel in spec["concat"]] == ["a: happy", "a: happy"]
    assert [panel["title"]["subtitle"] for panel in spec["concat"]] == ["age, ω² 0.20", "hair, ω² 0.20"]
    rows = spec["datasets"]["curves"]
    assert len(rows) == len(curves)
    assert min(row["low"] for row in rows) == 0  # a share has no negative band
    assert {row["expression"] for row in rows if row["own"]} == {"happy"}
    scene = json.dumps(vl_convert.vegalite_to_scenegraph(spec))
    assert all(word in scene for word in ("bald", "long", "short"))
    assert "age a happy: 0.10, 0.30, 0.50" in spec["description"]


@pytest.mark.thorough
def test_accuracies_are_told_by_shape_and_words(
    electrodes: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    chart = pop.electrode_accuracy(electrodes)
    spec = chart.to_dict()
    dots = spec["datasets"]["dots"]
    assert len(dots) == 6  # single expressions are left out
    written = texts(chart)
    assert "−.50, p < .001 *; matters" in written
    assert ".00, p > .999; cannot tell" in written
    assert "−.10; cannot tell" in written  # several pictures of one person: no test
    assert {"fridlund, facs", "kuramoto"} <= set(written)


@pytest.mark.thorough
def test_both_render_offline(curves: pd.DataFrame, electrodes: pd.DataFrame) -> None:
    for chart in (pop.effect_panels(curves), pop.electrode_accuracy(electrodes)):
        assert figure(chart, "svg").startswith(b"<svg")


def test_other_tables_are_refused(electrodes: pd.DataFrame, curves: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="missing"):
        pop.effect_panels(electrodes)
    with pytest.raises(BadValueError, match="missing"):
        pop.electrode_accuracy(curves)
    with pytest.raises(BadValueError, match="effect_curves"):
        pop.effect_panels(curves.iloc[:0])
    with pytest.raises(BadValueError, match="electrodes_table"):
        pop.electrode_accuracy(electrodes[electrodes["expression"] == "sad"])
