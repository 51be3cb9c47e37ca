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


def test_a_share_of_votes_has_the_level_of_the_vote(grid: pd.DataFrame) -> None:
    votes = grid[grid["method"] == "kcit"].assign(method="vote")
    (said,) = share_significant(pd.concat([grid, votes])).query("method == 'vote'")["sentence"].unique()
    assert "the vote rejects at 0.01 with n = 240" in said
    assert "at most 0.015 is expected, whatever" in said
    assert "about 0" not in said
    assert said.endswith("it rises with n and says nothing about size.")


def test_two_of_three_reject_in_three_halves_of_alpha_at_most() -> None:
    # The worst that three tests can do: each rejects in α of all cases, always together with one other.
    uniform = np.linspace(0, 1, 3000, endpoint=False)
    alpha = 0.05
    worst = np.empty((3, len(uniform)))
    worst[0] = np.where(uniform < alpha, 0, 1)
    worst[1] = np.where((uniform < alpha / 2) | ((uniform >= alpha) & (uniform < 3 * alpha / 2)), 0, 1)
    worst[2] = np.where((uniform >= alpha / 2) & (uniform < 3 * alpha / 2), 0, 1)
    assert (worst < alpha).mean(axis=1) == pytest.approx([alpha] * 3, abs=1e-3)
    assert ((worst < alpha).sum(axis=0) >= 2).mean() == pytest.approx(1.5 * alpha, abs=1e-3)


def test_without_a_random_property_its_share_is_unknown(grid: pd.DataFrame) -> None:
    shares = share_significant(grid[~grid["null_property"]])
    assert shares["null_share"].isna().all()


def test_another_table_is_refused() -> None:
    with pytest.raises(BadValueError, match="independence_grid"):
        share_significant(pd.DataFrame({"p": [0.1]}))
