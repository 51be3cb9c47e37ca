"""Effects beside their margin: intervals where the numbers are, verdicts in words and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib.charts import explained, forest

Texts = Callable[[Any], list[str]]


@pytest.fixture
def effects() -> pd.DataFrame:
    rows = [
        ("palsy", "fer", -0.62, -0.71, -0.52, -0.70, -0.54, "matters"),
        ("palsy", "facex", -0.06, -0.11, -0.01, -0.10, -0.02, "does not matter at δ"),
        ("palsy", "<b>own</b>", -0.08, -0.2, 0.04, -0.18, 0.02, "cannot tell"),
        ("age", "fer", np.nan, np.nan, np.nan, np.nan, np.nan, "cannot tell"),
    ]
    names = ["intervention", "classifier", "mean", "low", "high", "verdict_low", "verdict_high", "verdict"]
    return pd.DataFrame(rows, columns=names).assign(label="happy", delta=0.1, alpha=0.05, n=24)


def test_verdicts_are_told_by_shape_and_in_words(effects: pd.DataFrame, marks: Any, texts: Texts) -> None:
    chart = forest(effects, {"palsy": "one side weakens"})
    dots = marks(chart, 0, "symbol")
    assert [dot["shape"] for dot in dots] == ["circle", "square", "diamond"]
    assert [dot["fill"] == "white" for dot in dots] == [False, True, True]
    written = texts(chart)
    assert "−.62 (−.71 to −.52): matters" in written
    assert "−.06 (−.11 to −.01): does not matter" in written
    assert "−.08 (−.20 to +.04): cannot tell" in written
    assert {"not known for any face", "one side weakens", "age", "<b>own</b>"} <= set(written)
    (band,) = marks(chart, 0, "rect")
    scale = np.polyfit([-0.62, -0.06], [dot["x"] for dot in dots[:2]], 1)
    assert [band["x"], band["x"] + band["width"]] == pytest.approx(np.polyval(scale, [-0.1, 0.1]))


@pytest.mark.thorough
def test_levels_are_named_where_they_are_known(effects: pd.DataFrame) -> None:
    def legend(table: pd.DataFrame) -> str:
        params = {param["name"]: param.get("value") for param in forest(table).to_dict()["params"]}
        return str(params["effects_heading"][1])

    assert legend(effects) == "whiskers: 95 % interval; bold: 90 %, which gives the verdict; grey: ± δ"
    assert legend(effects.drop(columns="alpha")).startswith("whiskers: its interval; bold: the interval")


@pytest.mark.thorough
def test_several_emotions_are_named_with_their_classifier(effects: pd.DataFrame, texts: Texts) -> None:
    two = pd.concat([effects.iloc[:1], effects.iloc[:1].assign(label="sad")])
    assert {"fer: happy", "fer: sad"} <= set(texts(forest(two)))


@pytest.fixture
def sizes() -> pd.DataFrame:
    """Two properties, five outputs each."""
    rng = np.random.default_rng(3)
    rows = [
        (name, "fer", label, size, size - 0.05, size + 0.05, holm < 0.1, holm)
        for name in ("age", "symmetry")
        for label, size, holm in zip(
            ("neutral", "happy", "sad", "fear", "angry"),
            rng.uniform(0, 0.4, 5),
            (1.0, 0.2, 0.05, 0.003, 0.001),
            strict=True,
        )
    ]
    names = [
        "property", "classifier", "label", "explained", "explained_low", "explained_high", "rejects",
        "p_holm",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


@pytest.mark.thorough
def test_the_largest_come_first_and_no_more_than_asked(sizes: pd.DataFrame) -> None:
    rows = explained(sizes, {"age": "the age"}, most=3).to_dict()["datasets"]["effects"]
    assert [row["title"] for row in rows].count("the age") == 3
    for name, group in sizes.groupby("property"):
        largest = group.sort_values("explained", ascending=False).head(3)
        means = [row["mean"] for row in rows if row["title"] == {"age": "the age"}.get(name, name)]
        assert means == pytest.approx(largest["explained"].round(4).tolist())


@pytest.mark.thorough
def test_decisions_have_their_shapes(sizes: pd.DataFrame) -> None:
    rows = explained(sizes, alpha=0.005).to_dict()["datasets"]["effects"]
    told = {row["row"]: row["verdict"] for row in rows}
    assert told == {
        "fer: neutral": "not", "fer: happy": "not", "fer: sad": "before Holm", "fer: fear": "after Holm",
        "fer: angry": "after Holm",
    }  # fmt: skip
    assert all(row["words"].endswith("%)") for row in rows)
