"""What is said of a classifier follows from its answers, counted here one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn import calibration, metrics
from torch import nn

from facelib import classifiers, data, experiments
from facelib.classifiers import EMOTIONS, Card, Classifier, Preparation
from facelib.errors import BadValueError
from facelib.experiments import read_heads, usual_population
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


@pytest.fixture
def found(answers: Answers) -> pd.DataFrame:
    return answers.behaviour().set_index(["classifier", "what", "row", "column"]).sort_index()


def wide(found: pd.DataFrame, *what: str) -> pd.DataFrame:
    return found.loc[what].reset_index().pivot_table("value", "row", "column")


def test_the_parts_are_those_of_scikit_learn(
    answers: Answers, found: pd.DataFrame, heads: list[Head]
) -> None:
    said, intended = answers.probabilities["full"], [str(head.expression) for head in heads]
    named = [EMOTIONS[k] for k in said.argmax(1)]
    shares = wide(found, "full", "confusion").loc[list(EMOTIONS), list(EMOTIONS)]
    np.testing.assert_allclose(
        shares, metrics.confusion_matrix(intended, named, labels=EMOTIONS, normalize="true")
    )
    assert found.loc[("full", "accuracy", "all", ""), "value"] == metrics.accuracy_score(intended, named)
    right, sure = calibration.calibration_curve(np.equal(intended, named), said.max(1), n_bins=10)
    bins = wide(found, "full", "calibration")
    np.testing.assert_allclose(bins["right"], right)
    np.testing.assert_allclose(bins["confidence"], sure)
    meant = [p[EMOTIONS.index(name)] for p, name in zip(said, intended, strict=True)]
    row = found.loc[("full", "P(intended)", "all", "")]
    assert row["value"] == pytest.approx(np.mean(meant))
    assert row["low"] < row["value"] < row["high"]


def test_groups_share_out_the_heads(answers: Answers, found: pd.DataFrame, heads: list[Head]) -> None:
    right = answers.named("full") == [str(head.expression) for head in heads]
    for grouping, of in GROUPS.items():
        groups = np.array([of(head) for head in heads])
        rows = found.loc[("full", "accuracy", grouping)]
        assert rows["value"].to_dict() == {name: right[groups == name].mean() for name in set(groups)}
        assert rows["n"].sum() == len(heads)


def test_who_lacks_a_label_is_judged_on_what_it_knows(answers: Answers, found: pd.DataFrame) -> None:
    assert found.loc[("calm", "accuracy", "all", ""), "n"] == 60
    assert found.loc[("calm", "confusion", "angry"), "value"].sum() == pytest.approx(1)
    assert ("calm", "accuracy", "expression", "angry") not in found.index
    only = sample_heads(7, seed=1, expressions=("angry",))
    with pytest.raises(BadValueError, match="no label for what these heads show: angry"):
        Answers(tuple(only), answers.classifiers[1:2], {"calm": np.full((7, 6), 1 / 6)}, 96).behaviour()


def test_what_has_no_common_name_is_other(found: pd.DataFrame) -> None:
    shares = wide(found, "rich", "confusion")
    assert set(shares) == {*EMOTIONS, "other"}
    assert shares["other"].sum() > 0
    np.testing.assert_allclose(shares.sum(axis=1), 1)


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
@pytest.mark.packages
def test_heads_are_rendered_and_read(load_network: Callable[[str], Classifier]) -> None:
    fer, heads = load_network("fer"), sample_heads(7, seed=5, stratify=["expression"])
    seen: list[tuple[float, float]] = []
    answers = read_heads([fer], heads, size=96, progress=lambda at: seen.append((at.done, at.total)))
    assert seen == [(7, 7)]
    for head, row in zip(heads, answers.probabilities["fer"], strict=True):
        face = head.render(96)
        np.testing.assert_allclose(row, fer.probabilities(face.image[None], face.box)[0], atol=1e-5)
    pd.testing.assert_frame_equal(experiments.behaviour("fer", heads, size=96), answers.behaviour())
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


def test_the_shipped_table_is_of_the_usual_population_and_whole() -> None:
    heads, table = usual_population(), data.table("behaviour")
    groups = pd.DataFrame({name: [of(head) for head in heads] for name, of in GROUPS.items()})
    assert (pd.crosstab(groups["expression"], groups["expression set"]) == 50).to_numpy().all()
    assert describe_heads(heads, 224) == table.query("what == 'population'")["row"].item()
    assert list(table) == list(BEHAVIOUR_COLUMNS)
    assert set(table["classifier"]) == {"", *classifiers.names(kind=("pretrained", "known bias"))}


@pytest.mark.thorough
@pytest.mark.packages
def test_the_shipped_table_comes_again() -> None:
    keys = ["classifier", "what", "row", "column"]
    again = experiments.behaviour("fer").query("classifier == 'fer'").set_index(keys)
    there = data.table("behaviour").set_index(keys).loc[again.index]
    pd.testing.assert_frame_equal(again, there, check_dtype=False, atol=2e-2, rtol=0)
