"""The menu of properties: what it holds, what finds it, and why a change can't be made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from facelib import interventions
from facelib.app import ChangePanel, Explorer
from facelib.app.explorer import property_menu
from facelib.app.widgets.pictured.chooser import Chooser
from facelib.faces import Head, sample_photograph
from facelib.interventions import INTERVENTIONS

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]


@pytest.fixture
def change() -> Iterator[ChangePanel]:
    explorer = Explorer(("known_unbiased",), background=False)
    yield ChangePanel(explorer)
    explorer.close()


def items() -> list[dict[str, Any]]:
    return [item for group in property_menu.groups() for item in group["items"]]


def test_every_change_stands_once_with_a_line_that_says_what_it_is() -> None:
    assert [item["id"] for item in items()] == [item.id for item in interventions.ordered()]
    assert len({item["title"] for item in items()}) == len(items())
    for item in items():
        assert item["line"].endswith("."), item
        assert item["about"].startswith(item["line"].removesuffix(".")), item
        assert len(item["line"]) <= 140, "it is one line"
        assert "go along" not in item["about"], "every search would find what is only moved besides"


def test_synonyms_are_of_changes_that_there_are_and_say_more_than_their_titles() -> None:
    assert set(property_menu.SYNONYMS) <= set(INTERVENTIONS)
    for name, words in property_menu.SYNONYMS.items():
        assert not set(words.lower().split()) & set(INTERVENTIONS[name].title.lower().split()), name
    found = {word: {name for name, words in property_menu.SYNONYMS.items() if word in words} for word in
             ("Bell", "Botox", "paresis", "paralysis", "wrinkles")}  # fmt: skip
    assert {"palsy", "synkinesis"} <= found["Bell"]
    assert "palsy" in found["paresis"] & found["paralysis"]
    assert {"weaker_expression", "intensity"} <= found["Botox"]
    assert found["wrinkles"] == {"age"}


def test_what_a_face_does_not_allow_has_its_reason_in_words() -> None:
    for face in (Head(), Head(palsy=0.5, palsy_side="right"), sample_photograph()):
        refused = property_menu.refused(face)
        able = {item.id for item in interventions.ordered(face)}
        assert set(refused) == {item.id for item in interventions.ordered()} - able
        assert all(why.endswith(".") and "_" not in why for why in refused.values()), refused


@pytest.mark.thorough
def test_the_menu_follows_the_face(change: ChangePanel) -> None:
    explorer = change.explorer
    assert "electrode_tape" in change.menu.refused
    explorer.edit(electrodes="fridlund")
    assert "electrode_tape" not in change.menu.refused
    explorer.show(sample_photograph())
    assert "age" in change.menu.refused
    assert "symmetrise" not in change.menu.refused


@pytest.mark.thorough
def test_a_drag_of_the_face_sends_no_menu(change: ChangePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(change.menu, "send_state", lambda key=None: sent.append(key))
    change.explorer.edit(age=44)
    change.explorer.edit(age=45)
    assert sent == []


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["electrode_tape", "no_such_change", "<b>"])
def test_what_is_not_offered_is_refused_in_words_and_what_is_shown_stays(
    change: ChangePanel, name: str
) -> None:
    before = change.explorer.scene
    change.menu.value = name
    assert change.explorer.scene is before
    assert change.menu.value == before.intervention.id
    assert "can&#x27;t be made now" in change.messages.value
    assert ("wears none" in change.messages.value) == (name == "electrode_tape")
    change.menu.value = "age"
    assert change.explorer.intervention.id == "age"
    assert change.messages.value == ""


def test_a_palsy_is_offered_on_the_side_that_the_head_has(change: ChangePanel) -> None:
    change.explorer.edit(palsy=0.3, palsy_side="right")
    change.menu.value = "age"
    change.menu.value = "palsy"
    assert change.explorer.intervention == interventions.get("palsy", side="right")


def test_options_leave_out_what_is_refused() -> None:
    made = Chooser(
        "Fruit", "", [{"title": "", "items": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}]
    )
    assert made.options == [("A", "a"), ("B", "b")]
    made.refused = {"a": "It is sold out."}
    assert made.options == [("B", "b")]
