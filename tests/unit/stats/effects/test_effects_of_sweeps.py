"""Effects over faces of real sweeps: what the sweep gives is what the statistics take."""

from __future__ import annotations

import pandas as pd
import pytest

import facelib
from facelib.stats import contrast, describe_lowering, effects_over_faces, lowering
from facelib.stats.effects.sentences import describe_effect

pytestmark = pytest.mark.packages

PAIR = ("asymmetric_expression", "weaker_expression")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    heads = [head.replace(expression="happy") for head in facelib.sample_heads(6, seed=3)]
    runs = [(head, intervention) for head in heads for intervention in PAIR]
    return pd.concat([facelib.sweep(*run, ["fer"], steps=3, size=128, replicates=5).table for run in runs])


@pytest.mark.thorough
def test_concatenated_sweeps_are_the_table(table: pd.DataFrame) -> None:
    found = effects_over_faces(table, alternative="less")
    assert len(found) == 2 * 7
    assert (found["n"] == 6).all()
    smiles = found[found["label"] == "happy"]
    assert (smiles["mean"] < -0.1).all()  # happy falls as a smile weakens, on either side or both
    assert (smiles["p"] == 1 / 64).all()
    assert "happy falls by" in describe_effect(smiles.iloc[0], clause="the left side weakens")


SAME = "the same total activation on both sides"


@pytest.mark.thorough
def test_the_control_is_on_the_same_heads(table: pd.DataFrame) -> None:
    found = contrast(table, *PAIR)
    assert (found["n"] == 6).all()
    words = describe_lowering(lowering(table, *PAIR, label="happy"), fixed=SAME)
    assert words.startswith("Under asymmetric_expression, 1 of 1 classifier lowers its output for happy; ")
    assert f"0 of 1 falls further than with {SAME} (weaker_expression)" in words
