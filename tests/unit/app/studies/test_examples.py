"""Examples of what a study will show: of shipped numbers, named as examples, gone once there is a result."""

from __future__ import annotations

from typing import Any

import pytest

from facelib import data
from facelib.app.studies.example_view import (
    ExampleView,
    asymmetry_map,
    observed_example,
    population_example,
    properties_map,
)
from facelib.app.widgets.cards import ClassifierCards, cards_of
from facelib.classifiers import EMOTIONS, load


@pytest.mark.thorough
def test_the_example_of_effects_has_the_shipped_numbers() -> None:
    found = asymmetry_map()
    effects = data.table("asymmetry/effects")
    one = effects[effects["intensity"] == 1].set_index(["side", "classifier", "expression"]).loc["left"]
    cells = {(cell["classifier"], cell["label"]): cell for cell in found["cells"]}
    assert cells["fer", "happy"]["mean"] == pytest.approx(one.loc[("fer", "happy"), "mean"], abs=1e-4)
    assert {label for _, label in cells} == {"intended", *EMOTIONS}
    assert found["n"] == 60


def test_the_example_of_dependences_has_two_properties() -> None:
    found = properties_map()
    assert len(found["cells"]) == 2 * 6 * 7
    assert found["titles"] == ["Age", "Facial symmetry"]
    assert found["n"] == 1050


@pytest.mark.thorough
@pytest.mark.parametrize("make", [population_example, observed_example])
def test_an_example_says_that_it_is_none_of_yours(make: Any) -> None:
    view: ExampleView = make()
    assert (view.layout.display, view.map.data) == ("none", {})  # nothing is drawn ahead
    view.show(here=True)
    assert view.layout.display == ""
    assert "Example, not a result of yours" in view.heading.value
    assert view.map.data["cells"]
    view.show(here=False)
    assert view.layout.display == "none"


def test_an_example_is_made_once_on_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    population_example().show(here=True)
    monkeypatch.setattr("facelib.charts.studies.heatmap.heatmap_rows", lambda *_: pytest.fail("made again"))
    population_example().show(here=True)


def test_cards_say_what_a_name_may_be_taken_for() -> None:
    human, other = ClassifierCards(cards=cards_of([load("human"), load("known_unbiased")])).cards
    assert (human["word"], other["word"]) == ("software", "colour")
    assert "no human being" in human["says"]
    assert [name for name, _ in human["lines"]][:4] == [
        "Limits", "Training data", "Rights of the training data", "Licence",
    ]  # fmt: skip
    assert dict(human["lines"])["Licence"] == "MIT"
    assert all(words for _, words in human["lines"])
