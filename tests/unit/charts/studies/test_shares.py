"""Shares of tests that reject never stand alone: corrected ones, a random property, and chance are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib.charts import significant_shares
from facelib.charts.studies.shares import KINDS

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


@pytest.mark.thorough
def test_counts_stand_beside_the_shares(shares: pd.DataFrame, texts: Texts) -> None:
    chart = significant_shares(shares, {"skin_tone": "skin tone"})
    written = texts(chart)
    assert {"14 of 56 (25 %)", "skin tone", *KINDS} <= set(written)
    assert "expected" in chart.to_dict()["params"][0]["value"][0]
    assert "age, uncorrected: 14 of 56 (25 %)" in chart.to_dict()["description"]
    assert "age, a random property: 2 %" in chart.to_dict()["description"]


@pytest.mark.thorough
def test_a_single_test_expects_its_level(shares: pd.DataFrame) -> None:
    headings = [
        significant_shares(table).to_dict()["params"][0]["value"][0]
        for table in (shares, shares.assign(method="kcit", alpha=0.05))
    ]
    assert headings == [
        f"Share of outputs whose test rejects; dashed: {most} expected if nothing matters"
        for most in ("at most 1.5 %", "5 %")
    ]
