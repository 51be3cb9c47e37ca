"""The map of effects says in signs, not by colour alone, what is significant and what matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib.charts.studies.heatmap import heatmap, heatmap_rows

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


def test_signs_say_what_colours_say(effects: pd.DataFrame) -> None:
    cells = heatmap_rows(effects)
    assert [cell["words"] for cell in cells] == ["−.62 *", "+.08 (*)?", ".00", "−.04 *", "–", "+.30 ?"]
    assert [cell["matters"] for cell in cells] == [True] + [False] * 5
    assert cells[0]["says"] == "−.62 (−.70 to −.50), n = 24, p < .001, after Holm < .001: matters"
    assert cells[4]["says"] == "not known for any face"
    assert cells[5]["says"] == "+.30, n = 24, p > .999, after Holm > .999: cannot tell"


def test_level_of_the_stars_is_the_tables(effects: pd.DataFrame) -> None:
    strict = heatmap_rows(effects.assign(alpha=0.001))
    assert [cell["words"] for cell in strict] == ["−.62 *", "+.08 ?", ".00", "−.04 (*)", "–", "+.30 ?"]
    bare = effects.drop(columns=["alpha", "intervention"]).iloc[:2]
    assert [cell["words"] for cell in heatmap_rows(bare)] == ["−.62 *", "+.08 (*)?"]


def test_intended_class_comes_first(effects: pd.DataFrame, texts: Texts) -> None:
    both = pd.concat([effects, effects.iloc[[0]].assign(label="intended")])
    written = texts(heatmap(both[both["intervention"] == "palsy"]))
    assert "intended" not in written
    assert written.index("as meant") < written.index("happy") < written.index("sad")
