"""A card is complete, and beside what its makers state stands what was measured of these very weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from torch import nn

from facelib import classifiers, data
from facelib.classifiers import CLASSIFIERS, Card, Classifier, Preparation
from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.measured import sentences

CARD = Card("toy", "here", "", "CC0", "toy", 1234, "gray", "4 × 4", "softmax", "none", "all", "mine")


@pytest.mark.packages
@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_every_registered_card_is_complete(name: str, load_network: Callable[[str], Classifier]) -> None:
    card = load_network(name).card
    for field in dataclasses.fields(card):
        value = getattr(card, field.name)
        assert value if field.name != "sha256" else len(value) in (0, 64), field.name
        assert value == str(value).strip() or isinstance(value, int), field.name
    assert card.sha256 or "memory" in card.source
    assert card.parameters > 0


@pytest.mark.thorough
def test_an_own_card_is_complete_and_says_what_nobody_stated() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    seen = Preparation(32, "gray", 127.5, 127.5)
    card = classifiers.own(net, labels=["happy", "sad"], preparation=seen).card
    shown = card.table().set_index("field")["value"]
    assert (shown != "").all()
    assert shown["rights of the training data"] == "not stated"
    assert shown["sha256"] == "none: the network was made in memory"
    told = classifiers.own(net, labels=["happy", "sad"], preparation=seen, rights="all asked").card
    assert told.rights == "all asked"


def test_every_field_is_in_the_table_once() -> None:
    table = CARD.table()
    assert len(table) == len(dataclasses.fields(CARD))
    assert table["field"].is_unique
    assert table.set_index("field").loc["parameters", "value"] == "1,234"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.id)
def test_the_measured_weights_are_those_that_are_loaded(recipe: object) -> None:
    card = recipe.card  # type: ignore[attr-defined]
    table = data.table("behaviour").set_index(["classifier", "what", "row", "column"])
    words = dict(sentences(card.sha256))
    assert words["measured on"].startswith("700 rendered heads")
    assert "no photographs" in words["measured on"]
    share = table.loc[(recipe.id, "accuracy", "skin tone", "dark"), "value"]  # type: ignore[attr-defined]
    assert f"dark: {100 * share:.0f} %" in words["measured accuracy by skin tone"]
    error = table.loc[(recipe.id, "calibration error", "all", ""), "value"]  # type: ignore[attr-defined]
    assert f"expected calibration error {error:.2f} " in words["measured calibration"]
    assert set(words) <= set(card.table()["field"])


def test_other_weights_have_no_measured_behaviour() -> None:
    assert sentences("") == []
    assert sentences("0" * 64) == []
    assert not CARD.table()["field"].str.startswith("measured").any()


def test_a_notebook_shows_a_table_that_no_name_breaks() -> None:
    card = dataclasses.replace(CARD, title="a|b <script>", licence="[x](y)\n| z | *w* |")
    lines = card._repr_markdown_().splitlines()
    assert lines[0] == r"| **a\|b &lt;script&gt;** | |"
    assert r"| licence | \[x\](y) \| z \| \*w\* \| |" in lines
    assert len(lines) == 2 + len(card.table()) - 1
