"""Shares of significant tests, and what stands beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.stats import independence_grid, share_significant
from facelib.stats.independence.shares import COLUMNS


@pytest.fixture(scope="module")
def grid() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 240
    label = np.array(["happy", "sad"])[np.arange(n) % 2]
    age, moles = rng.uniform(18, 80, n), rng.normal(size=n)
    outputs = {f"{i}": 0.04 * age * (i < 3) + rng.normal(size=n) for i in range(4)}
    outputs["dead"] = np.zeros(n)
    return independence_grid(
        {"age": age, "moles": moles},
        outputs,
        label,
        methods=["partial_correlation", "kcit"],
        null_property=True,
    )


def test_one_row_a_property_and_method_with_counts_by_hand(grid: pd.DataFrame) -> None:
    shares = share_significant(grid)
    assert list(shares.columns) == list(COLUMNS)
    assert len(shares) == 4
    row = shares[(shares["property"] == "age") & (shares["method"] == "partial_correlation")].iloc[0]
    cells = grid[(grid["property"] == "age") & (grid["method"] == "partial_correlation")]
    assert (row["tests"], row["significant"]) == (4, 3)
    assert row["share"] == 0.75
    assert row["share_holm"] == (cells["p_holm"] < 0.01).sum() / 4
    assert row["share_large"] == (cells["explained"].dropna() >= 0.01).mean()
    assert row["large_low"] <= row["share_large"] <= row["large_high"]
    assert row["largest"]


def test_a_share_never_stands_alone(grid: pd.DataFrame) -> None:
    shares = share_significant(grid)
    assert "about 0.01 is expected if nothing matters" in shares["sentence"].iloc[0]
    assert "n = 240" in shares["sentence"].iloc[0]
    assert shares["null_share"].notna().all()
    assert "(random numbers)" not in set(shares["property"])


def test_without_a_random_property_its_share_is_unknown(grid: pd.DataFrame) -> None:
    shares = share_significant(grid[~grid["null_property"]])
    assert shares["null_share"].isna().all()


def test_another_table_is_refused() -> None:
    with pytest.raises(BadValueError, match="independence_grid"):
        share_significant(pd.DataFrame({"p": [0.1]}))
