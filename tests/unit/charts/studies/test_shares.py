"""Shares of tests that reject never stand alone: corrected ones, a random property, and chance are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import vl_convert

from facelib.charts import significant_shares
from facelib.charts.studies.shares import KINDS
from facelib.errors import BadValueError

Texts = Callable[[Any], list[str]]


@pytest.fixture
def shares() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "property": ["age", "skin_tone"], "method": "vote", "tests": [56, 0], "significant": [14, 0],
            "share": [0.25, float("nan")], "share_holm": [0.1, float("nan")], "share_bh": [0.2, float("nan")],
            "null_share": [0.02, 0.02], "alpha": 0.01,
        }
    )  # fmt: skip


def marks(node: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    mine = node.get("items", []) if node.get("marktype") == kind and node.get("role") == "mark" else []
    return [*mine, *(found for below in node.get("items", []) for found in marks(below, kind))]


def test_every_kind_has_its_shape_at_its_share(shares: pd.DataFrame) -> None:
    chart = significant_shares(shares.iloc[:1]).to_dict()
    scene = vl_convert.vegalite_to_scenegraph(chart)["scenegraph"]
    dots = {dot["shape"]: (dot["x"] / 330) * 1.04 - 0.02 for dot in marks(scene, "symbol")}
    assert dots == {
        "circle": pytest.approx(0.25),
        "diamond": pytest.approx(0.2),
        "square": pytest.approx(0.1),
        "cross": pytest.approx(0.02),
    }
    (chance,) = marks(scene, "rule")
    assert chance["x"] / 330 * 1.04 - 0.02 == pytest.approx(0.015)


@pytest.mark.thorough
def test_counts_stand_beside_the_shares(shares: pd.DataFrame, texts: Texts) -> None:
    chart = significant_shares(shares, {"skin_tone": "skin tone"})
    written = texts(chart)
    assert {"14 of 56 (25 %)", "skin tone", *KINDS} <= set(written)
    assert "expected" in chart.to_dict()["params"][0]["value"]
    assert "age, uncorrected: 14 of 56 (25 %)" in chart.to_dict()["description"]
    assert "age, a random property: 2 %" in chart.to_dict()["description"]


@pytest.mark.thorough
def test_a_single_test_expects_its_level(shares: pd.DataFrame) -> None:
    headings = [
        significant_shares(table).to_dict()["params"][0]["value"]
        for table in (shares, shares.assign(method="kcit", alpha=0.05))
    ]
    assert headings == [
        f"Share of outputs whose test rejects; dashed: {most} expected if nothing matters"
        for most in ("at most 1.5 %", "5 %")
    ]


def test_missing_columns_are_named(shares: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="null_share is missing"):
        significant_shares(shares.drop(columns="null_share"))
