"""Cards of classifiers: how good they were, what they call what, and what they can't say."""

from __future__ import annotations

import pandas as pd
import pytest
from torch import nn

from facelib import classifiers, data
from facelib.app.widgets.cards import cards_of
from facelib.classifiers import EMOTIONS, Preparation
from facelib.classifiers.measured import by_expression

pytestmark = pytest.mark.filterwarnings("ignore:.*ipykernel.*")


def own(labels: list[str]) -> classifiers.Classifier:
    net = nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, len(labels))
    )
    return classifiers.own(net, labels=labels, preparation=Preparation(32, "gray", 127.5, 127.5))


@pytest.mark.packages
@pytest.mark.parametrize("name", ["fer", "human", "facemood"])
def test_a_card_says_how_good_it_was_as_the_table_has_it(name: str) -> None:
    model = classifiers.load(name)
    (card,) = cards_of([model])
    table = data.table("behaviour")
    own = table[(table["classifier"] == name) & (table["what"] == "confusion")]
    assert [row[0] for row in card["named"]] == list(EMOTIONS)
    for emotion, share, n, instead in card["named"]:
        shown = own[own["row"] == emotion].set_index("column")
        right = shown.loc[emotion]
        assert share == f"{100 * right.value:.0f} % ({100 * right.low:.0f} to {100 * right.high:.0f})"
        assert n == f"{right.n:.0f}" == "100"
        others = shown["value"].drop(emotion)
        assert instead == (f"{others.idxmax()} ({100 * others.max():.0f} %)" if others.max() else "–")
    said = dict(card["measured"])
    assert said["On"].startswith("700 rendered heads")
    assert said["Accuracy"].startswith(f"{100 * _overall(table, name):.0f} % of 700 faces")
    assert "Accuracy by expression" not in said, "the table has it"
    assert {"Accuracy by skin tone", "Accuracy by expression set"} <= set(said)
    assert not [line for line, _ in card["lines"] if line.startswith("Measured")]


def _overall(table: pd.DataFrame, name: str) -> float:
    row = table[(table["classifier"] == name) & (table["what"] == "accuracy") & (table["row"] == "all")]
    return float(row["value"].iloc[0])


@pytest.mark.packages
def test_a_card_says_what_its_classifier_calls_what() -> None:
    (card,) = cards_of([classifiers.load("facex")])
    assert dict(card["labels"]) == {
        "anger": "angry", "disgust": "disgust", "fear": "fear", "happy": "happy", "neutral": "neutral",
        "sadness": "sad", "surprised": "surprise",
    }  # fmt: skip
    assert not card["silent"].startswith("It has no label")
    assert "add up to 1" in card["silent"]
    assert {"Licence", "Source", "Input", "Training data"} <= {name for name, _ in card["lines"]}


@pytest.mark.thorough
def test_what_an_own_classifier_lacks_is_said_and_nothing_is_made_up() -> None:
    (card,) = cards_of([own(["happy", "sad", "contempt"])])
    assert card["named"] == card["measured"] == []
    assert dict(card["labels"])["contempt"].startswith("none of the seven")
    assert card["silent"].startswith("It has no label for neutral, surprise, fear, disgust, angry. ")


def test_other_weights_under_the_same_name_have_no_numbers() -> None:
    assert by_expression("") == by_expression("0" * 64) == ()
