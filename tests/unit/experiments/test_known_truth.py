"""Where the truth is known: the biased networks are flagged, the unbiased one is cleared, rates are right."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve
from statsmodels.stats.proportion import proportion_confint

from facelib import classifiers
from facelib.classifiers.known_bias import BIASES
from facelib.errors import BadValueError
from facelib.experiments import known_truth
from facelib.experiments.known_truth import PROBES, probe_effects
from facelib.faces import Head, sample_heads

METHODS = ("verdict", "shuffle")


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return known_truth.probe_heads(21, seed=7)


@pytest.mark.usefixtures("single_threaded")
@pytest.mark.parametrize("bias", BIASES, ids=lambda bias: bias.id)
def test_what_is_used_is_flagged_and_all_else_is_cleared(heads: list[Head], bias: object) -> None:
    own = next(one for one in BIASES if one is bias)
    effects = known_truth.probe_effects(own.id, heads).set_index("property")
    for name in PROBES:
        row = effects.loc[name]
        assert row["n"] == 21
        if name == own.confounded:
            assert row["verdict"] == "matters"
            assert (row["mean"] > 0) == own.high
            assert row["score"] > 0.1
        else:
            assert row["verdict"] != "matters"
            assert abs(row["mean"]) < 0.1
            assert row["score"] < 0.1


def cases(rng: np.random.Generator, n: int = 40, digits: int = 1) -> pd.DataFrame:
    parts = []
    for method in METHODS:
        truth = rng.random(n) < 0.4
        score = (rng.normal(size=n) + truth).round(digits)  # rounded: many ties
        parts.append(pd.DataFrame({"method": method, "truth": truth, "score": score, "flagged": score > 0.5}))
    return pd.concat(parts, ignore_index=True)


def test_rates_are_counted_one_by_one(rng: np.random.Generator) -> None:
    table = cases(rng)
    rates = known_truth.detection_rates(table)
    assert list(rates.columns) == list(known_truth.RATE_COLUMNS)
    assert rates["method"].tolist() == list(METHODS)
    for _, row in rates.iterrows():
        own = table[table["method"] == row["method"]]
        found = sum(bool(t and f) for t, f in zip(own["truth"], own["flagged"], strict=True))
        alarms = sum(bool(f and not t) for t, f in zip(own["truth"], own["flagged"], strict=True))
        assert (row["found"], row["false_alarms"]) == (found, alarms)
        assert row["tpr"] == found / own["truth"].sum()
        assert row["fpr"] == alarms / (~own["truth"]).sum()
        low, high = proportion_confint(found, own["truth"].sum(), method="wilson")
        assert (row["tpr_low"], row["tpr_high"]) == pytest.approx((low, high))
        assert row["auc"] == pytest.approx(roc_auc_score(own["truth"], own["score"]))


def test_the_curve_is_that_of_scikit_learn_and_of_counting(rng: np.random.Generator) -> None:
    table = cases(rng)
    curves = known_truth.roc(table)
    for method in METHODS:
        own, curve = (one[one["method"] == method] for one in (table, curves))
        fpr, tpr, thresholds = roc_curve(own["truth"], own["score"], drop_intermediate=False)
        np.testing.assert_allclose(curve["fpr"], fpr)
        np.testing.assert_allclose(curve["tpr"], tpr)
        np.testing.assert_allclose(curve["threshold"].iloc[1:], thresholds[1:])
        for _, point in curve.iterrows():
            flagged = own["score"] >= point["threshold"]
            assert point["tpr"] == pytest.approx(flagged[own["truth"]].mean())


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_the_area_is_a_count_of_pairs(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])
    wins = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one, other in itertools.product(scores[truth], scores[~truth])
    ]
    expected = np.mean(wins) if wins else np.nan
    assert known_truth.auc(scores, truth) == pytest.approx(expected, nan_ok=True)


def test_without_trials_nothing_is_claimed() -> None:
    table = pd.DataFrame({"method": ["verdict"], "truth": [True], "flagged": [True], "score": [1.0]})
    row = known_truth.detection_rates(table).iloc[0]
    assert row["tpr"] == 1
    assert np.isnan([row["fpr"], row["fpr_low"], row["fpr_high"], row["auc"]]).all()


def test_bad_tables_are_refused(rng: np.random.Generator) -> None:
    table = cases(rng)
    for name in ("method", "truth", "flagged", "score"):
        with pytest.raises(BadValueError, match=f"{name} is missing"):
            known_truth.roc(table.drop(columns=name))
    with pytest.raises(BadValueError, match="needs a score"):
        known_truth.detection_rates(table.assign(score=np.nan))


@pytest.mark.thorough
def test_the_score_is_the_largest_margin_that_matters(heads: list[Head]) -> None:
    clf, probe = "known_tone_angry", [PROBES["skin_tone"]]
    score = known_truth.probe_effects(clf, heads, probe)["score"].iloc[0]
    for delta, matters in ((0.99 * score, True), (1.01 * score, False)):
        found = known_truth.probe_effects(clf, heads, probe, delta=delta)["verdict"].iloc[0]
        assert (found == "matters") == matters


def test_the_shipped_benchmark_keeps_its_promise() -> None:
    table = known_truth.load_known_truth()
    assert list(table.columns) == list(known_truth.CASE_COLUMNS)
    assert set(table["method"]) == set(known_truth.METHODS)
    assert not table.duplicated(["kind", "property", "method", "seed"]).any()
    networks = table[["kind", "seed"]].drop_duplicates()
    assert networks.groupby("kind").size().tolist() == [10] * 4
    assert len(table) == len(networks) * len(PROBES) * len(known_truth.METHODS)
    rates = known_truth.detection_rates(table).set_index("method")
    assert rates.loc["verdict", "tpr"] >= 0.95
    assert rates.loc["verdict", "fpr"] <= 0.05


@pytest.mark.thorough
def test_several_classifiers_look_at_the_same_pictures(heads: list[Head]) -> None:
    names = ["known_tone_angry", "known_unbiased"]
    together = known_truth.probe_effects([names[0], classifiers.load(names[1])], heads)
    alone = pd.concat([known_truth.probe_effects(name, heads) for name in names])
    order = ["property", "classifier"]
    values = ["mean", "verdict", "verdict_low", "verdict_high", "score"]
    pd.testing.assert_frame_equal(
        together.set_index(order)[values].sort_index(), alone.set_index(order)[values].sort_index()
    )


@pytest.mark.thorough
def test_one_classifier_is_probed_as_several_are() -> None:
    heads = sample_heads(3, seed=1, expressions=["happy"])
    one = classifiers.load("known_unbiased")
    pd.testing.assert_frame_equal(probe_effects(one, heads, size=64), probe_effects([one], heads, size=64))
