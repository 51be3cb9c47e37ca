"""The lesson's panels without a browser: controls and world agree, charts show what was computed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pandas as pd
import pytest

from facelib.app.lessons.independence_lesson import SITUATIONS, IndependenceLesson, conditioners, trust
from facelib.app.lessons.independence_state import SEED, SETTINGS, Settings, World
from facelib.app.lessons.lesson import OWN
from facelib.charts.statistics.independence_rows import face_rows, p_rows, power_rows
from facelib.errors import BadValueError
from facelib.stats.causal_model import LABELS, CausalModel
from facelib.stats.rejection_rates import power

pytestmark = pytest.mark.filterwarnings("ignore:.*ipykernel.*")


@pytest.fixture
def lesson() -> Iterator[IndependenceLesson]:
    made = IndependenceLesson(World(background=False, n=60))
    yield made
    made.world.close()


def place(title: str) -> int:
    return [situation.title for situation in SITUATIONS].index(title)


def rejected(title: str) -> dict[str, bool]:
    world = World(background=False, **SITUATIONS[place(title)].setting)
    world.start()
    return dict(zip(world.tests["method"], world.tests["rejects"].astype(bool), strict=True))


@pytest.mark.thorough
def test_it_starts_with_everything_shown(lesson: IndependenceLesson) -> None:
    assert lesson.tests.chart.data["tests"] == p_rows(lesson.world.tests, 0.05)
    assert lesson.faces.chart.data["faces"] == face_rows(lesson.world.sample)
    assert "tests reject; cHSIC, which decides" in lesson.tests.sentence.value
    assert "effect 0.30" in lesson.controls.diagram.value
    for panel in (lesson.controls, lesson.faces, lesson.tests, lesson.power):
        assert not panel.messages.value


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("effect", 0.75), ("confounding", 0.2), ("n", 100), ("shape", "quadratic"), ("conditioner", "number"),
        ("held", "nothing"), ("alpha", 0.01), ("seed", 9),
    ],
)  # fmt: skip
def test_controls_and_world_follow_each_other(lesson: IndependenceLesson, name: str, value: Any) -> None:
    control = lesson.controls.controls[name]
    before = getattr(lesson.world, name)
    control.value = value
    assert getattr(lesson.world, name) == value
    setattr(lesson.world, name, before)
    assert control.value == before


@pytest.mark.thorough
def test_every_control_is_named_and_explained(lesson: IndependenceLesson) -> None:
    assert set(lesson.controls.controls) == set(SETTINGS)
    for control in (lesson.controls.situation, *lesson.controls.controls.values()):
        assert control.description
        assert len(control.tooltip) > 10
    for button in (lesson.controls.again, lesson.power.stop):
        assert isinstance(button, widgets.Button)
        assert button.tooltip


@pytest.mark.thorough
def test_a_slider_moves_p_decision_diagram_faces_and_cursor(lesson: IndependenceLesson) -> None:
    lesson.controls.controls["effect"].value = 0.0
    nothing = lesson.tests.chart.data["tests"], lesson.faces.chart.data["faces"], lesson.tests.sentence.value
    lesson.controls.controls["effect"].value = 1.0
    much = lesson.tests.chart.data["tests"], lesson.faces.chart.data["faces"], lesson.tests.sentence.value
    assert all(before != after for before, after in zip(nothing, much, strict=True))
    own = [next(row["words"] for row in rows if row["row"] == "cHSIC") for rows in (nothing[0], much[0])]
    assert own[0].endswith("does not")
    assert own[1] == "p = .001, rejects"
    assert "effect 1.00" in lesson.controls.diagram.value
    assert lesson.power.chart.signals["effect"] == 1.0


@pytest.mark.thorough
def test_situations_are_chosen_named_and_left(lesson: IndependenceLesson) -> None:
    menu = lesson.controls.situation
    assert menu.label == OWN[0]  # 60 faces are no situation
    menu.value = place("a rated label")
    assert (lesson.world.held, lesson.world.effect, lesson.world.n) == ("rated label", 0.0, 300)
    assert "collider" in lesson.controls.claim.value
    assert "picture U" in lesson.controls.diagram.value
    lesson.controls.controls["n"].value = 100
    assert menu.label == OWN[0]
    assert lesson.controls.claim.value == ""
    lesson.controls.controls["n"].value = 300
    assert menu.label == "a rated label"
    menu.value = OWN[1]  # leads nowhere
    assert menu.label == "a rated label"


@pytest.mark.thorough
def test_rated_labels_make_the_panels_of_the_faces(lesson: IndependenceLesson) -> None:
    lesson.world.held = "rated label"
    sample = lesson.world.sample
    assert lesson.faces.chart.data["faces"] == face_rows(sample.assign(label=sample["rated"]))
    assert "rated label by label" in lesson.faces.chart.signals["faces_heading"]


@pytest.mark.thorough
def test_draw_again_takes_other_faces(lesson: IndependenceLesson) -> None:
    before = lesson.faces.chart.data["faces"]
    lesson.controls.again.click()
    assert lesson.controls.controls["seed"].value == SEED + 1
    assert lesson.faces.chart.data["faces"] != before


@pytest.mark.thorough
def test_power_is_shown_as_far_as_it_is(lesson: IndependenceLesson) -> None:
    words = {row["words"] for row in lesson.power.chart.data["power"]}
    assert words == {"…"}
    curve = power(CausalModel(), 60, 2, methods=["partial_correlation"])
    with lesson.world.hold_trait_notifications():
        lesson.world.curve, lesson.world.repetitions = curve, 2
    assert lesson.power.chart.data["power"] == power_rows(curve, lesson.world.missing)
    assert lesson.power.progress.value == 2
    assert "2 of 50 draws of 60 faces" in lesson.power.count.value


@pytest.mark.thorough
def test_stop_and_go_on(lesson: IndependenceLesson) -> None:
    lesson.power.stop.click()
    assert not lesson.world.filling
    assert lesson.power.stop.description == "Go on"
    lesson.power.stop.click()
    assert lesson.world.filling
    assert lesson.power.stop.description == "Stop"


@pytest.mark.thorough
def test_a_failure_is_told_in_the_panel_of_the_tests(lesson: IndependenceLesson) -> None:
    lesson.world.problem = "Take more faces."
    assert "Take more faces." in lesson.tests.messages.value
    lesson.world.problem = ""
    assert "Take more faces." not in lesson.tests.messages.value


@pytest.mark.thorough
def test_every_test_says_how_far_it_can_be_trusted(lesson: IndependenceLesson) -> None:
    rows = lesson.tests.trust.rows
    assert len(rows) == 5
    settings = Settings(CausalModel(), "label", 300, 0.05, 1)
    notes = pd.DataFrame({"method": ["partial_correlation"], "notes": [""]})
    ((title, level, note),) = trust(notes, settings)
    assert title == "partial correlation"
    assert re.search(r"\d %", level)
    assert note == ""


@pytest.mark.parametrize(
    ("held", "conditioner", "expected"),
    [
        ("label", "labels", (len(LABELS), 0)), ("rated label", "labels", (len(LABELS), 0)),
        ("label", "number", (0, 1)), ("label as a number", "labels", (0, 1)), ("nothing", "labels", (0, 0)),
    ],
)  # fmt: skip
def test_conditioners_are_counted(held: Any, conditioner: Any, expected: tuple[int, int]) -> None:
    settings = Settings(CausalModel(conditioner=conditioner), held, 300, 0.05, 1)
    assert conditioners(settings) == expected


@pytest.mark.thorough
def test_situations_keep_what_their_claims_say() -> None:
    assert rejected("an effect")["chsic"]
    assert not rejected("no effect")["chsic"]
    assert all(rejected("nothing held fixed").values())
    curved = rejected("a curved effect")
    assert curved["chsic"]
    assert not curved["partial_correlation"]
    flips = rejected("an effect that flips")
    assert flips["chsic"]
    assert not flips["partial_correlation"]
    assert rejected("labels as a number")["partial_correlation"]
    assert rejected("a rated label")["chsic"]
    assert rejected("a wavy number")["partial_correlation"]
    assert not rejected("few faces")["chsic"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"effect": -0.5}, "effect"), ({"effect": 1.01}, "1.0, but"), ({"confounding": 2.5}, "2.0, but"),
        ({"n": 30}, "50, but a value of 30"), ({"n": 3000}, "2000, but a value of 3000"),
        ({"seed": 10**7}, "1000000"), ({"shape": "round"}, "quadratic"), ({"alpha": 0.2}, "0.05"),
        ({"efect": 0.3}, "settings effect, confounding, .* got efect"),
    ],
)  # fmt: skip
def test_a_start_that_no_control_can_show_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(BadValueError, match=told):
        IndependenceLesson(filling=False, **wrong)


@pytest.mark.thorough
def test_the_ends_of_the_controls_are_those_of_the_world(lesson: IndependenceLesson) -> None:
    controls, traits = lesson.controls.controls, World.class_traits()
    for name in ("effect", "confounding", "n", "seed"):
        assert (controls[name].min, controls[name].max) == (traits[name].min, traits[name].max)
    lesson.world.seed = controls["seed"].max
    lesson.controls.again.click()
    assert lesson.world.seed == controls["seed"].value == 0


def test_situations_are_different_and_complete() -> None:
    settings = [tuple(sorted(situation.setting.items())) for situation in SITUATIONS]
    assert len(set(settings)) == len(SITUATIONS)
    assert all(set(situation.setting) <= set(SETTINGS) for situation in SITUATIONS)
    assert all(situation.claim for situation in SITUATIONS)
