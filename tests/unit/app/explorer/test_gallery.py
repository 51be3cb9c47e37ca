"""Cases: what a press on one shows, and that one step leads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from facelib.app import ChangePanel, Explorer, FacePanel
from facelib.app.explorer.gallery import CASES, MIDDLE_TONE, Case, Gallery
from facelib.app.explorer.state import STEPS
from facelib.faces import Head, sample_photograph

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]
LOADED = [(case.id, way.id) for case in CASES.values() for way in case.ways]


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    explorer = Explorer(("known_unbiased", "known_age_happy"), background=False)
    explorer.start()
    yield Gallery(explorer)
    explorer.close()


def press(gallery: Gallery, **message: Any) -> None:
    gallery.strip._handle_custom_msg(message, [])


@pytest.mark.thorough
def test_there_are_the_cases_that_were_asked_for() -> None:
    wanted = {"palsy_smile", "palsy_rest", "seventy", "skin_tone", "electrodes", "mask", "both_sides", "blur",
              "photograph"}  # fmt: skip
    assert wanted <= set(CASES)
    for name, case in CASES.items():
        assert name == case.id
        assert case.sentence.endswith(".")
        assert 0 <= case.step < STEPS
        for way in case.ways:
            assert isinstance(case.head, Head)
            assert way.intervention.accepts(case.head), name
            assert (
                way.intervention.apply(case.head, 1.0, 48).image.tobytes()
                != case.head.render(48).image.tobytes()
            )


def test_a_skin_tone_is_changed_from_the_middle_and_either_way() -> None:
    case = CASES["skin_tone"]
    assert isinstance(case.head, Head)
    assert case.head.skin_tone == MIDDLE_TONE == 0.5
    assert sorted(way.id for way in case.ways) == ["darker", "lighter"]
    assert "normal" not in case.sentence


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "way"), LOADED)
def test_a_press_shows_the_case_and_one_undo_leads_back(gallery: Gallery, name: str, way: str) -> None:
    explorer, case = gallery.explorer, CASES[name]
    explorer.edit(age=61)
    explorer.set_trait("classifier", "known_age_happy")
    explorer.set_trait("cam", "gradcam++")
    before = explorer.scene
    press(gallery, case=name, way=way)
    (change,) = (one.intervention for one in case.ways if one.id == way)
    assert (explorer.face, explorer.intervention) == (case.head, change)
    assert (explorer.step, explorer.label) == (case.step, case.head.expression)
    assert (explorer.classifier, explorer.cam) == ("known_age_happy", "gradcam++")
    assert gallery.strip.current == f"{name}:{way}"
    explorer.undo()
    assert explorer.scene.key == before.key
    assert gallery.strip.current == ""
    assert gallery.messages.value == ""


@pytest.mark.thorough
def test_panels_show_the_case(gallery: Gallery) -> None:
    face, change = FacePanel(gallery.explorer), ChangePanel(gallery.explorer)
    press(gallery, case="palsy_rest", way="")
    assert face.menus["expression"].value == "neutral"
    assert change.menu.value == "palsy"
    assert change.options["parts"].value == "resting"
    assert change.slider.value == STEPS - 1
    face.undo.click()
    assert change.menu.value == "asymmetric_expression"
    assert face.undo.disabled


@pytest.mark.thorough
def test_your_photograph_opens_its_source_and_leaves_one_that_is_there(gallery: Gallery) -> None:
    face = FacePanel(gallery.explorer)
    press(gallery, case="photograph", way="")
    assert face.source.value
    shown = gallery.explorer.face
    press(gallery, case="photograph", way="")
    assert gallery.explorer.face is shown
    assert gallery.strip.current == "photograph:"
    face.undo.click()
    assert not face.source.value


@pytest.mark.thorough
def test_a_photograph_that_was_shown_is_one_undo_away(gallery: Gallery) -> None:
    mine = sample_photograph()
    gallery.explorer.show(mine)
    press(gallery, case="seventy", way="")
    gallery.explorer.undo()
    assert gallery.explorer.face is mine


@pytest.mark.one_case
@pytest.mark.parametrize("message", [
    {}, {"case": "none"}, {"case": "<b>", "way": []}, {"case": "skin_tone", "way": "paler"},
    {"case": "skin_tone"}, {"case": None, "way": 3},
])  # fmt: skip
def test_what_no_page_sends_is_refused_in_words(gallery: Gallery, message: dict[str, Any]) -> None:
    before = gallery.explorer.scene
    press(gallery, **message)
    assert gallery.explorer.scene is before
    assert "There is no such case" in gallery.messages.value
    press(gallery, case="seventy", way="")
    assert gallery.messages.value == ""


def test_a_photograph_has_no_emotion_of_its_own() -> None:
    assert Case("mine", "Mine", "It is mine.").label == ""
