"""What is said of a classifier follows from its answers, counted here one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import calibration, metrics
from torch import nn

from facelib import classifiers, experiments
from facelib.classifiers import EMOTIONS, Card, Classifier, Preparation
from facelib.errors import BadValueError
from facelib.experiments import measured_behaviour, read_heads, usual_population
from facelib.experiments.classifier_behaviour import BEHAVIOUR_COLUMNS, Answers
from facelib.experiments.population import GROUPS, describe_heads
from facelib.faces import Head, sample_heads

CARD = Card("toy", "here", "", "CC0", "toy", 0, "gray", "none", "softmax", "none", "all")


def toy(name: str, labels: tuple[str, ...], emotions: tuple[str | None, ...]) -> Classifier:
    net = nn.Sequential(nn.Conv2d(1, len(labels), 8, 8), nn.ReLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    table = dict(zip(labels, emotions, strict=True))
    return Classifier(
        name, net, head, labels=labels, emotions=table, preparation=Preparation(32, "gray", 0, 255), card=CARD
    )


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return sample_heads(70, seed=3, stratify=["expression"])


@pytest.fixture
def answers(heads: list[Head], rng: np.random.Generator) -> Answers:
    """What three classifiers might say: one knows all, one lacks anger, one knows contempt too."""
    full = toy("full", EMOTIONS, EMOTIONS)
    calm = toy("calm", EMOTIONS[:6], EMOTIONS[:6])
    rich = toy("rich", (*EMOTIONS, "contempt"), (*EMOTIONS, None))
    said = {}
    for model in (full, calm, rich):
        scores = rng.normal(size=(len(heads), len(model.labels)))
        for row, head in zip(scores, heads, strict=True):
            column = model.index_of(str(head.expression))
            if column is not None:
                row[column] += 1.5
        said[model.id] = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return Answers(tuple(heads), (full, calm, rich), said, 96)


def test_the_parts_are_those_of_scikit_learn(answers: Answers, heads: list[Head]) -> None:
    found = answers.behaviour("full")
    intended = [str(head.expression) for head in heads]
    named = [EMOTIONS[k] for k in answers.probabilities["full"].argmax(1)]
    right = np.equal(intended, named)
    expected = metrics.confusion_matrix(intended, named, labels=EMOTIONS, normalize="true")
    np.testing.assert_allclose(found.confusion, expected)
    assert found.confusion.index.tolist() == found.confusion.columns.tolist() == list(EMOTIONS)
    assert found.accuracy.value == metrics.accuracy_score(intended, named)
    share, mean = calibration.calibration_curve(right, answers.probabilities["full"].max(1), n_bins=10)
    filled = found.reliability.n > 0
    np.testing.assert_allclose(found.reliability.right[filled], share)
    np.testing.assert_allclose(found.reliability.confidence[filled], mean)
    meant = [p[EMOTIONS.index(name)] for p, name in zip(answers.probabilities["full"], intended, strict=True)]
    assert found.intended.value == pytest.approx(np.mean(meant))
    assert found.intended.low < found.intended.value < found.intended.high


def test_groups_share_out_the_heads(answers: Answers, heads: list[Head]) -> None:
    found = answers.behaviour("full")
    named = answers.named("full")
    for grouping, of in GROUPS.items():
        parts = {group: pair for (kind, group), pair in found.groups.items() if kind == grouping}
        assert set(parts) == {of(head) for head in heads}
        assert sum(share.n for share, _ in parts.values()) == 70
        for group, (share, _) in parts.items():
            inside = [(h, n) for h, n in zip(heads, named, strict=True) if of(h) == group]
            assert share.value == np.mean([head.expression == name for head, name in inside])


def test_groups_are_thirds() -> None:
    ends = [Head(skin_tone=x, gender=x, age=18 + 62 * x) for x in (0.0, 0.3, 0.4, 0.6, 0.7, 1.0)]
    for grouping in ("skin tone", "gender", "age"):
        named = [GROUPS[grouping](head) for head in ends]
        assert [named.index(name) for name in named] == [0, 0, 2, 2, 4, 4]


def test_who_lacks_a_label_is_judged_on_what_it_knows(answers: Answers) -> None:
    found = answers.behaviour("calm")
    assert found.accuracy.n == found.intended.n == found.reliability.error.n == 60
    assert found.counts["angry"] == 10
    assert found.confusion.loc["angry"].sum() == pytest.approx(1)
    assert found.confusion["angry"].sum() == 0
    assert ("expression", "angry") not in found.groups
    only = sample_heads(7, seed=1, expressions=("angry",))
    said = {"calm": np.full((7, 6), 1 / 6)}
    with pytest.raises(BadValueError, match="no label for what these heads show: angry"):
        Answers(tuple(only), answers.classifiers[1:2], said, 96).behaviour("calm")


def test_what_has_no_common_name_is_other(answers: Answers) -> None:
    found = answers.behaviour("rich")
    assert list(found.confusion.columns) == [*EMOTIONS, "other"]
    assert found.confusion["other"].sum() > 0
    np.testing.assert_allclose(found.confusion.sum(axis=1), 1)


def test_a_notebook_shows_it_in_words(answers: Answers) -> None:
    found = answers.behaviour("calm")
    words = found._repr_markdown_()
    assert words.startswith("| **calm** | |")
    assert f"| {100 * found.accuracy.value:.0f} % of 60 faces are named as intended" in words
    assert "70 rendered heads at 96 px, 10 of each of 7 expressions (tuned on 6 classifiers)" in words


def test_disagreement_is_counted(answers: Answers) -> None:
    table = answers.disagreement().set_index(["classifier", "row", "column"])
    assert len(table) == 6
    for first, second in (("full", "calm"), ("full", "rich"), ("calm", "rich")):
        a, b = answers.named(first), answers.named(second)
        assert table.loc[(first, second, "share"), "value"] == np.mean(a != b)
        kappa = table.loc[(first, second, "kappa")]
        assert kappa["value"] == pytest.approx(metrics.cohen_kappa_score(a, b))
        assert kappa["low"] < kappa["value"] < kappa["high"]


@pytest.mark.thorough
def test_the_table_is_tidy_and_comes_again(answers: Answers) -> None:
    table = answers.table(seed=2)
    assert list(table.columns) == list(BEHAVIOUR_COLUMNS)
    assert not table.duplicated(["classifier", "what", "row", "column"]).any()
    pd.testing.assert_frame_equal(table, answers.table(seed=2))
    shares = table[table["what"] == "confusion"].groupby(["classifier", "row"])["value"].sum()
    np.testing.assert_allclose(shares, 1)
    inside = table[table["low"].notna() & (table["what"] != "calibration error")]
    assert ((inside["low"] <= inside["value"]) & (inside["value"] <= inside["high"])).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_heads_are_rendered_and_read(load_network: Callable[[str], Classifier]) -> None:
    fer, heads = load_network("fer"), sample_heads(7, seed=5, stratify=["expression"])
    seen: list[tuple[float, float]] = []
    answers = read_heads([fer], heads, size=96, progress=lambda at: seen.append((at.done, at.total)))
    assert seen == [(7, 7)]
    for head, row in zip(heads, answers.probabilities["fer"], strict=True):
        face = head.render(96)
        np.testing.assert_allclose(row, fer.probabilities(face.image[None], face.box)[0], atol=1e-5)
    alone = experiments.behaviour("fer", heads, size=96)
    pd.testing.assert_frame_equal(alone.table, answers.behaviour("fer").table)
    assert experiments.disagreement(["fer"], heads, size=96).empty


def test_bad_populations_are_named() -> None:
    model, heads = toy("toy", EMOTIONS, EMOTIONS), sample_heads(7, seed=5)
    for given, said in (
        (heads[:6], "got 6"),
        ([*heads, heads[0].render(64)], "Face"),
        ([*heads, Head(expression={"jawOpen": 1.0})], "jawOpen"),
    ):
        with pytest.raises(BadValueError, match=said):
            read_heads([model], given, size=64)
    with pytest.raises(BadValueError, match="read by toy; got 'fer'"):
        read_heads([model], heads, size=64).named("fer")


def test_the_usual_population_is_balanced() -> None:
    heads = usual_population()
    table = pd.DataFrame({name: [of(head) for head in heads] for name, of in GROUPS.items()})
    assert (pd.crosstab(table["expression"], table["expression set"]) == 50).to_numpy().all()
    for grouping in ("skin tone", "gender", "age"):
        counts = pd.crosstab(table["expression"], table[grouping])
        assert counts.to_numpy().min() >= 28
        assert counts.to_numpy().max() <= 38
    assert describe_heads(heads, 224) == measured_behaviour().query("what == 'population'")["row"].item()


@pytest.mark.parametrize("kind", ["pretrained", "known bias", ("pretrained", "known bias")])
def test_the_committed_table_is_whole(kind: Any) -> None:
    table = measured_behaviour(kind)
    assert list(table.columns) == list(BEHAVIOUR_COLUMNS)
    assert set(table["classifier"]) == {"", *classifiers.names(kind=kind)}
    confusion = table[table["what"] == "confusion"]
    assert confusion.groupby("classifier").size().ge(49).all()
    pairs = table[table["what"] == "disagreement"]
    assert (pairs["column"] == "kappa").sum() == math.comb(len(classifiers.names(kind=kind)), 2)
    assert table.loc[table["what"] != "confusion", ["classifier", "row"]].notna().all().all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_committed_table_comes_again() -> None:
    there = measured_behaviour()
    again = experiments.behaviour("fer").table
    own = there[there["classifier"].eq("fer") & there["what"].ne("disagreement")].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, own, check_dtype=False, atol=2e-2, rtol=0)
