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
def properties() -> pd.DataFrame:
    rows = [
        ("age", "property", "expression", 5, 0.5, 0.1, 0.3, 0.031),
        ("intensity", "expression", "expression", 9, 0.9, 0.5, 0.6, 0.1),
        ("skin_tone", "property", "expression", 8, 0.8, 0.2, 0.4, 0.05),
        ("symmetry", "property", "expression and measured activation", 0, 0.0, 0.0, 0.0, -0.01),
    ]
    names = ["property", "role", "held", "significant", "share", "share_holm", "share_bh", "explained"]
    return pd.DataFrame(rows, columns=names).assign(tests=10, null_share=0.01, alpha=0.01, decision="vote")


@pytest.fixture
def effects() -> pd.DataFrame:
    rows = [
        (name, classifier, label, 0.02 * place, place % 4 > 1, 0.001 if place == 3 else 0.5, 70)
        for place, (name, classifier, label) in enumerate(
            (n, c, lab) for n in ("age", "skin_tone") for c in ("a", "b'\"<") for lab in LABELS
        )
    ]
    return pd.DataFrame(
        rows,
        columns=["property", "classifier", "label", "explained", "rejects", "p_holm", "n"],
    )


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
def test_shares_stand_with_counts_sizes_and_chance(
    properties: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    chart = pop.property_shares(properties)
    points = chart.to_dict()["datasets"]["shares"]
    rows = list(dict.fromkeys(point["row"] for point in points))
    assert rows == [
        "skin tone; ω² .05", "age; ω² .03", "intensity (the expression); ω² .10",
        "symmetry, intensity fixed too; ω² .00",
    ]  # fmt: skip
    first = {point["kind"]: point["share"] for point in points if point["row"] == rows[0]}
    assert first == {
        "uncorrected": 0.8, "after Benjamini-Hochberg": 0.4, "after Holm": 0.2, "a random property": 0.01,
    }  # fmt: skip
    written = texts(chart)
    assert "8 of 10 (80 %)" in written
    assert any("1.5 %" in text for text in written)
    assert "skin tone; ω² .05, uncorrected: 8 of 10" in chart.to_dict()["description"]


def test_every_pair_has_a_cell_with_its_decision(
    effects: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    chart = pop.property_matrix(effects)
    cells = chart.to_dict()["datasets"]["cells"]
    assert len(cells) == len(effects)
    assert [cell["words"] for cell in cells[:4]] == ["no", "no", "yes", "yes *"]
    assert [cell["rejects"] for cell in cells[:4]] == [False, False, True, True]
    written = texts(chart)
    assert sorted(text for text in written if text in ("no", "yes", "yes *")) == sorted(
        cell["words"] for cell in cells
    )
    assert {"a", "b'\"<"} <= set(written)


@pytest.mark.thorough
def test_curves_have_bands_and_every_expression(curves: pd.DataFrame) -> None:
    chart = pop.effect_panels(curves)
    spec = chart.to_dict()
    assert [panel["title"]["text"] for panel in spec["concat"]] == ["a: happy", "a: happy"]
    assert [panel["title"]["subtitle"] for panel in spec["concat"]] == ["age, ω² .20", "hair, ω² .20"]
    rows = spec["datasets"]["curves"]
    assert len(rows) == len(curves)
    assert min(row["low"] for row in rows) == 0  # a share has no negative band
    assert {row["expression"] for row in rows if row["own"]} == {"happy"}
    scene = json.dumps(vl_convert.vegalite_to_scenegraph(spec))
    assert all(word in scene for word in ("bald", "long", "short"))
    assert "a happy over age: 20.0: 0.10, 21.0: 0.30, 22.0: 0.50" in spec["description"]
    assert "a happy over hair: bald: 0.10, long: 0.30, short: 0.50" in spec["description"]


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
def test_all_render_offline(
    properties: pd.DataFrame, effects: pd.DataFrame, curves: pd.DataFrame, electrodes: pd.DataFrame
) -> None:
    for chart in (
        pop.property_shares(properties),
        pop.property_matrix(effects),
        pop.effect_panels(curves),
        pop.electrode_accuracy(electrodes),
    ):
        assert figure(chart, "svg").startswith(b"<svg")
        assert "usermeta" in chart.to_dict() or "description" in chart.to_dict()


def test_other_tables_are_refused(
    effects: pd.DataFrame, electrodes: pd.DataFrame, curves: pd.DataFrame
) -> None:
    for draw in (pop.property_shares, pop.effect_panels, pop.electrode_accuracy):
        with pytest.raises(BadValueError, match="missing"):
            draw(effects)
    with pytest.raises(BadValueError, match="missing"):
        pop.property_matrix(electrodes)
    with pytest.raises(BadValueError, match="effect_curves"):
        pop.effect_panels(curves.iloc[:0])
    with pytest.raises(BadValueError, match="electrodes_table"):
        pop.electrode_accuracy(electrodes[electrodes["expression"] == "sad"])
