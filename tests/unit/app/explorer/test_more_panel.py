"""What is folded away in the Face panel: it opens, follows the head, and changes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from facelib import interventions
from facelib.app import ChangePanel, Explorer, FacePanel
from facelib.app.explorer import state as states
from facelib.app.explorer.more_panel import MENUS, SECTIONS, colour_of, warmth
from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Head, Light

pytestmark = [
    pytest.mark.packages,
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

SET = {
    "gaze_yaw": (7.0, {"gaze": (7.0, 0.0)}),
    "gaze_pitch": (-4.0, {"gaze": (0.0, -4.0)}),
    "hair_colour": ("red", {"hair_colour": "red"}),
    "grey": (0.4, {"grey": 0.4}),
    "hair_length": (0.4, {"hair_length": 0.4}),
    "thinning": (0.4, {"thinning": 0.4}),
    "facial_hair": (0.3, {"facial_hair": 0.3}),
    "eye_colour": ("green", {"eye_colour": "green"}),
    "moles": (0.5, {"moles": 0.5}),
    "moles_side": ("left", {"moles_side": "left"}),
    "palsy": (0.5, {"palsy": 0.5}),
    "palsy_side": ("right", {"palsy_side": "right"}),
    "palsy_parts": ("resting", {"palsy_parts": "resting"}),
    "synkinesis": (0.5, {"synkinesis": 0.5}),
    "glasses": (0.6, {"glasses": 0.6}),
    "lens_tint": (0.7, {"lens_tint": 0.7}),
    "mask": (0.8, {"mask": 0.8}),
    "electrodes": ("kuramoto", {"electrodes": "kuramoto"}),
    "electrode_size": (1.5, {"electrode_size": 1.5}),
    "tape": (0.5, {"tape": 0.5}),
    "wires": (0.25, {"wires": 0.25}),
    "light_strength": (0.7, {"light": LIGHTS["studio"].replace(strength=0.7)}),
    "light_warmth": (-0.5, {"light": LIGHTS["studio"].replace(colour=colour_of(-0.5))}),
    "background": ("white", {"background": "white"}),
}


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    made = Explorer((), background=False)
    yield made
    made.close()


@pytest.fixture
def panel(explorer: Explorer) -> FacePanel:
    made = FacePanel(explorer)
    made.more.fold.value = True
    return made


def test_it_is_folded_and_empty_until_asked_for(explorer: Explorer) -> None:
    more = FacePanel(explorer).more
    assert more.sections.layout.display == "none"
    assert (more.controls, more.sections.children) == ({}, ())
    more.fold.value = True
    assert more.sections.layout.display == ""
    assert len(more.sections.children) == 1 + 2 * len(SECTIONS)
    controls = dict(more.controls)
    more.fold.value = False
    assert more.sections.layout.display == "none"
    more.fold.value = True
    assert more.controls == controls


def test_every_control_has_a_label_and_a_help_text(panel: FacePanel) -> None:
    assert set(panel.more.controls) == set(SET) == {field for fields in SECTIONS.values() for field in fields}
    labels = [control.description for control in panel.more.controls.values()]
    assert len(set(labels)) == len(labels)
    taken = {control.description for control in (*panel.sliders.values(), *panel.pose.values())} | {
        "Strength"
    }
    assert not taken & set(labels)
    for control in panel.more.controls.values():
        assert 3 < len(control.description) <= 12
        assert len(control.tooltip) > 8
        assert control.tooltip != control.description


@pytest.mark.one_case
@pytest.mark.parametrize("field", list(SET))
def test_a_control_changes_its_field_and_no_other_and_undo_brings_it_back(
    explorer: Explorer, panel: FacePanel, field: str
) -> None:
    before, control = explorer.face, panel.more.controls[field]
    assert isinstance(before, Head)
    shown, (value, expected) = control.value, SET[field]
    control.value = value
    assert explorer.face == before.replace(**expected)
    assert control.value == pytest.approx(value) if isinstance(value, float) else control.value == value
    explorer.undo()
    assert explorer.face == before
    assert control.value == shown


@pytest.mark.one_case
@pytest.mark.parametrize("field", list(SET))
def test_the_controls_follow_the_head(explorer: Explorer, panel: FacePanel, field: str) -> None:
    value, expected = SET[field]
    explorer.edit(**expected)
    shown = panel.more.controls[field].value
    assert shown == pytest.approx(value) if isinstance(value, float) else shown == value
    panel.reset.click()
    assert explorer.face == states.FIRST_HEAD


@pytest.mark.thorough
def test_what_was_set_before_it_opened_is_shown(explorer: Explorer) -> None:
    panel = FacePanel(explorer)
    explorer.edit(
        glasses=0.5, gaze=(3.0, 1.0), background={"white": 1.0, "room": 1.0}, electrodes=("F1", "K3")
    )
    head = explorer.face
    panel.more.fold.value = True
    controls = panel.more.controls
    assert (controls["glasses"].value, controls["gaze_yaw"].value) == (0.5, 3.0)
    assert (controls["background"].value, controls["electrodes"].value) == ("other", "other")
    assert explorer.face is head


@pytest.mark.one_case
@pytest.mark.parametrize("scheme", list(ELECTRODE_SCHEMES))
def test_a_schemes_own_electrodes_are_that_scheme(explorer: Explorer, panel: FacePanel, scheme: str) -> None:
    menu = panel.more.controls["electrodes"]
    explorer.edit(electrodes=ELECTRODE_SCHEMES[scheme])
    assert menu.value == scheme
    menu.value = "none"
    assert explorer.face.electrodes is None


@pytest.mark.thorough
def test_what_means_nothing_alone_is_dimmed(explorer: Explorer, panel: FacePanel) -> None:
    controls = panel.more.controls

    def dimmed() -> set[str]:
        return {field for field, control in controls.items() if control.disabled}

    alone = {"lens_tint", "electrode_size", "tape", "wires", "synkinesis", "palsy_side", "palsy_parts"}
    assert dimmed() == alone | {"moles_side"}
    controls["glasses"].value = 0.5
    controls["moles"].value = 0.5
    controls["palsy"].value = 0.5
    assert dimmed() == {"electrode_size", "tape", "wires"}
    controls["electrodes"].value = "fridlund"
    assert dimmed() == set()


@pytest.mark.thorough
def test_light_keeps_what_is_not_asked_for(explorer: Explorer, panel: FacePanel) -> None:
    panel.menus["light"].value = "side"
    panel.more.controls["light_strength"].value = 1.4
    panel.more.controls["light_warmth"].value = 0.8
    light = Light.of(explorer.face.light)
    assert light == LIGHTS["side"].replace(strength=1.4, colour=colour_of(0.8))
    assert panel.menus["light"].value == "other"
    panel.menus["light"].value = "warm"
    assert panel.more.controls["light_warmth"].value == 1.0
    assert panel.more.controls["light_strength"].value == 1.0


def test_a_browser_that_rounds_to_a_step_changes_nothing(explorer: Explorer, panel: FacePanel) -> None:
    explorer.edit(age=41.3, gaze=(3.7, 0.0))
    head = explorer.face
    for control, rounded in (
        (panel.sliders["age"], 41.0),
        (panel.more.controls["gaze_yaw"], 4.0),
        (panel.more.controls["light_warmth"], 0.1),
        (panel.more.controls["gaze_pitch"], 1e-15),
    ):
        control.value = rounded
        assert explorer.face is head
    panel.sliders["age"].value = 42.0
    assert explorer.face == head.replace(age=42.0)  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [-1.0, -0.3, 0.0, 0.2, 1.0])
def test_warmth_is_read_from_the_colour(value: float) -> None:
    assert warmth(Light(colour=colour_of(value))) == pytest.approx(value)
    assert warmth(Light(colour=(2.0, 1.0, 0.0))) == 1.0
    assert warmth(Light(colour=(0.0, 1.0, 2.0))) == -1.0


@pytest.mark.thorough
def test_another_person_wears_the_same_things(explorer: Explorer, panel: FacePanel) -> None:
    worn: dict[str, Any] = {
        "glasses": 0.5,
        "electrodes": "fridlund",
        "tape": 0.5,
        "background": "room",
        "palsy": 0.3,
    }
    explorer.edit(**worn)
    before = explorer.face
    panel.random.click()
    assert explorer.face.seed != before.seed
    assert all(getattr(explorer.face, field) == value for field, value in worn.items())
    assert explorer.face.light == before.light


@pytest.mark.thorough
def test_it_goes_with_the_parametric_face(explorer: Explorer, panel: FacePanel) -> None:
    panel.source.value = True
    assert panel.more.layout.display == "none"
    panel.source.value = False
    assert panel.more.layout.display == ""


@pytest.mark.thorough
def test_a_head_that_loses_its_electrodes_gets_a_change_that_works_on_it(
    explorer: Explorer, panel: FacePanel
) -> None:
    change = ChangePanel(explorer)
    panel.more.controls["electrodes"].value = "fridlund"
    change.menu.value = "electrode_tape"
    assert explorer.intervention.id == "electrode_tape"
    panel.more.controls["electrodes"].value = "none"
    assert explorer.intervention == interventions.ordered(explorer.face)[0]
    assert change.menu.value == explorer.intervention.id
    assert "electrode_tape" not in [value for _title, value in change.menu.options]
    assert (panel.messages.value, change.messages.value) == ("", "")
    explorer.undo()
    assert explorer.intervention.id == "electrode_tape"


def test_menus_offer_what_heads_take() -> None:
    for field, (_title, _help, options) in MENUS.items():
        for option in options:
            if option not in ("other", "none"):
                Head(**{field: option})
