"""Where the truth is known: what a network was trained to use is found, and nothing else is."""

from __future__ import annotations

import pandas as pd
import pytest

from facelib import classifiers, data
from facelib.classifiers import Preparation
from facelib.classifiers.known_bias import BIASES, Bias
from facelib.errors import BadValueError
from facelib.experiments.known_truth import PROBES, probe_effects, probe_heads
from facelib.faces import Head


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return probe_heads(21, seed=7)


@pytest.mark.usefixtures("single_threaded")
@pytest.mark.parametrize("bias", BIASES, ids=lambda bias: bias.id)
def test_what_is_used_is_found_and_all_else_is_cleared(heads: list[Head], bias: Bias) -> None:
    effects = probe_effects(bias.id, heads).set_index("property")
    for name in PROBES:
        row = effects.loc[name]
        assert row["n"] == 21
        if name == bias.confounded:
            assert row["verdict"] == "matters"
            assert (row["mean"] > 0) == bias.high
        else:
            assert row["verdict"] != "matters"
            assert abs(row["mean"]) < 0.1


@pytest.mark.thorough
def test_several_classifiers_look_at_the_same_pictures(heads: list[Head]) -> None:
    names = ["known_tone_angry", "known_unbiased"]
    together = probe_effects([names[0], classifiers.load(names[1])], heads[:3], size=64)
    alone = pd.concat([probe_effects(name, heads[:3], size=64) for name in names])
    order = ["property", "classifier"]
    values = ["mean", "verdict", "verdict_low", "verdict_high"]
    pd.testing.assert_frame_equal(
        together.set_index(order)[values].sort_index(), alone.set_index(order)[values].sort_index()
    )


def test_without_people_or_the_class_that_is_watched_it_is_refused(heads: list[Head]) -> None:
    with pytest.raises(BadValueError, match="no heads"):
        probe_effects("known_unbiased", [])
    two = classifiers.own(
        lambda crops: [[light, 1 - light] for light in crops.mean(axis=(1, 2, 3)) / 255],
        id="two",
        labels=["happy", "sad"],
        preparation=Preparation(32, "rgb", 0.0, 1.0),
    )
    with pytest.raises(BadValueError, match="angry"):
        probe_effects(two, heads[:1], size=64)


def test_in_the_shipped_benchmark_the_verdict_finds_all_and_accuses_nobody() -> None:
    cases = data.table("known_truth").query("method == 'verdict'")
    assert cases.groupby("kind")["seed"].nunique().tolist() == [10] * 4
    assert cases.loc[cases["truth"], "flagged"].mean() >= 0.95
    assert cases.loc[~cases["truth"], "flagged"].mean() <= 0.05


def test_scores_of_the_hard_cases_add_up() -> None:
    scores = data.table("hard_cases")
    assert (scores["right"] + scores["wrong"] + scores["open"] == scores["questions"]).all()
    assert set(scores["method"]) == set(data.about("hard_cases")["methods"])
    over_all = scores["kind"] == "all"
    counts = ["questions", "right", "wrong", "open", "cases", "cases_wrong"]
    over_kinds = scores[~over_all].groupby("method")[counts].sum()
    over_cases = scores[over_all].set_index("method")[counts].sort_index()
    pd.testing.assert_frame_equal(over_kinds, over_cases, check_dtype=False)
