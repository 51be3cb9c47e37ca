"""The memory of the page, without a browser: what is kept, and what is shown of what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facelib import interventions
from facelib.app import ChangePanel, Explorer, FacePanel
from facelib.app.address import to_address
from facelib.app.layout import page
from facelib.app.live import Follower
from facelib.app.page_state import PageState, from_text, to_plain, to_text
from facelib.app.session import from_session
from facelib.app.studies.observed_state import Observed
from facelib.app.studies.population_state import Population
from facelib.app.widgets.page_memory import (
    AS_LEFT,
    OPENED,
    OPENED_WITHOUT,
    UNUSABLE,
    WITHOUT_PHOTOGRAPH,
    PageMemory,
    StateKeeper,
)
from facelib.app.widgets.tabs import Tabs
from facelib.app.widgets.watchdog import Watchdog
from facelib.faces import Face, Head, sample_photograph

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]

LEFT = PageState(
    Head(age=71, glasses=0.5, hair="long"),
    intervention=interventions.get("palsy", side="right"),
    step=7,
    label="fear",
    classifier="pyemotion",
    cam="gradcam++",
    look="pyemotion",
    tab=1,
)


class Opened:
    """The parts of a page that a memory needs."""

    def __init__(self, face: Face | Head | None = None) -> None:
        import ipywidgets

        self.explorer = Explorer(("fer", "pyemotion"), background=False)
        if face is not None:
            self.explorer.show(face)
            self.explorer._past.clear()
        self.face, self.change = FacePanel(self.explorer), ChangePanel(self.explorer)
        self.live = Follower(self.explorer, lambda callback: callback).live
        self.tabs = Tabs(ipywidgets.VBox(), [("Second", "", ipywidgets.VBox)], title="First", help_text="")
        self.memory = PageMemory(self.explorer, self.live, self.tabs.bar)
        self.explorer.start()
        self.answers: list[Any] = []
        self.memory.keeper.send = self.memory.tools.send = self.answers.append

    def restore(self, text: object) -> None:
        self.memory.keeper._handle_custom_msg({"restore": text}, [])

    def link(self, address: str, *, first: bool = False) -> None:
        self.memory.keeper._handle_custom_msg({"open": address, "first": first}, [])

    def tool(self, **content: object) -> None:
        self.memory.tools._handle_custom_msg(content, [])

    @property
    def notice(self) -> str:
        return "" if self.memory.notice.layout.display == "none" else self.memory.words.value


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    made.explorer.close()


def own_photograph() -> Face:
    sample = sample_photograph()
    known = {name: value for name, value in sample.attributes.items() if name != "credit"}
    return sample.replace(image=np.ascontiguousarray(sample.image[:, ::-1]), attributes=known)


@pytest.mark.thorough
def test_all_is_as_it_was_left_and_there_is_nothing_to_undo(opened: Opened) -> None:
    opened.explorer.edit(age=40)
    opened.restore(to_text(LEFT))
    assert to_plain(opened.memory.now) == to_plain(LEFT)
    assert opened.face.sliders["age"].value == 71
    assert opened.live.step == 7
    assert opened.change.menu.value == "palsy"
    assert opened.change.options["side"].value == "right"
    assert opened.change.label.value == "fear"
    assert opened.live.look == "pyemotion"
    assert opened.tabs.made == {0, 1}
    assert not opened.explorer.can_undo
    assert opened.answers == [{"restored": True}]
    assert AS_LEFT in opened.notice
    assert opened.explorer.snapshot.frames.strengths[-1] == pytest.approx(7 / 20)


@pytest.mark.thorough
def test_nothing_of_the_first_scene_is_computed_on_the_way(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    glances: list[tuple[Any, int]] = []
    glance = Explorer._glance
    monkeypatch.setattr(
        Explorer, "_glance", lambda self: (glances.append((self.face, self.step)), glance(self))[1]
    )
    opened.restore(to_text(LEFT))
    assert glances == [(LEFT.head, 7)]


@pytest.mark.thorough
def test_what_is_kept_follows_the_page(opened: Opened) -> None:
    assert from_text(opened.memory.keeper.state) == opened.memory.first
    opened.face.sliders["age"].value = 66
    opened.change.menu.value = "gaze"
    opened.change.label.value = "sad"
    opened.live.look = ""
    kept = from_text(opened.memory.keeper.state)
    assert (kept.head.age, kept.intervention.id, kept.label, kept.look) == (66, "gaze", "sad", "")


def test_a_drag_of_the_strength_costs_the_kernel_nothing(opened: Opened) -> None:
    opened.memory.keeper.observe(opened.answers.append, "state")
    opened.live.step = 9
    assert opened.answers == []
    assert opened.memory.keeper.live["step"] == [opened.live, "step"]


@pytest.mark.thorough
def test_start_afresh_shows_what_the_page_opened_with_and_can_be_undone(opened: Opened) -> None:
    before = to_plain(opened.memory.now)
    opened.restore(to_text(LEFT))
    opened.memory.afresh.click()
    assert to_plain(opened.memory.now) == before
    assert opened.notice == ""
    opened.explorer.undo()
    assert opened.explorer.face == LEFT.head


def test_the_first_scene_comes_back_without_a_word(opened: Opened) -> None:
    opened.restore(to_text(opened.memory.now))
    assert opened.notice == ""


@pytest.mark.one_case
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version":99}',
        '{"version":1,"step":-1}',
        '{"version":1,"head":{"age":"<b>"}}',
        "x" * 30_000,
    ],
)
def test_what_a_stranger_wrote_leaves_the_page_as_it_opened(opened: Opened, text: str) -> None:
    before = to_plain(opened.memory.now)
    opened.restore(text)
    assert to_plain(opened.memory.now) == before
    assert UNUSABLE in opened.notice
    assert opened.answers == [{"restored": True}]
    assert opened.memory.afresh.layout.display == "none"


@pytest.mark.one_case
@pytest.mark.parametrize("content", [None, 5, ["x"], {"version": 1}])
def test_what_is_no_text_is_passed_over(opened: Opened, content: object) -> None:
    opened.restore(content)
    assert opened.answers == []


@pytest.mark.thorough
def test_only_the_first_asking_is_heard(opened: Opened) -> None:
    opened.restore(to_text(LEFT))
    opened.restore(to_text(PageState(Head(age=20))))
    assert opened.explorer.face == LEFT.head


def test_a_scene_that_cannot_be_shown_gives_way_to_the_first(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    glance = Explorer._glance

    def fails(explorer: Explorer) -> object:
        if explorer.face == LEFT.head:
            raise ZeroDivisionError
        return glance(explorer)

    monkeypatch.setattr(Explorer, "_glance", fails)
    before = to_plain(opened.memory.now)
    opened.restore(to_text(LEFT))
    assert to_plain(opened.memory.now) == before
    assert UNUSABLE in opened.notice


@pytest.mark.thorough
def test_a_classifier_that_is_gone_and_a_tab_that_is_not_there_are_passed_over(opened: Opened) -> None:
    opened.restore(json.dumps(to_plain(LEFT) | {"classifier": "gone", "look": "", "tab": 9}))
    assert opened.explorer.classifier == "fer"
    assert opened.tabs.bar.index == 0
    assert opened.explorer.label == "fear"


@pytest.mark.thorough
def test_an_own_photograph_is_not_kept_and_the_page_says_so(opened: Opened) -> None:
    opened.explorer.edit(age=50)
    opened.explorer.show(own_photograph())
    opened.explorer.step = 4
    opened.change.label.value = "sad"
    kept = opened.memory.keeper.state
    assert len(kept) < 3000
    again = Opened()
    again.restore(json.dumps(json.loads(kept) | {"step": 4}))
    assert again.explorer.face == opened.explorer.last_head
    assert again.explorer.last_head.age == 50
    assert (again.explorer.step, again.explorer.label) == (4, "sad")
    assert WITHOUT_PHOTOGRAPH in again.notice
    assert again.memory.keeper.state != kept
    again.explorer.close()


@pytest.mark.thorough
def test_the_sample_comes_back_with_the_head_behind_it(opened: Opened) -> None:
    opened.explorer.edit(age=50)
    opened.explorer.show(sample_photograph())
    again = Opened()
    again.restore(opened.memory.keeper.state)
    assert "credit" in again.explorer.face.attributes
    assert not again.explorer.can_undo
    again.face.source.value = False
    assert again.explorer.face.age == 50
    again.explorer.close()


@pytest.mark.thorough
def test_a_photograph_that_the_page_opens_with_comes_back() -> None:
    mine = own_photograph()
    first, again = Opened(mine), Opened(mine)
    first.change.menu.value = "blur"
    again.restore(first.memory.keeper.state)
    assert again.explorer.face is mine
    assert again.explorer.intervention.id == "blur"
    assert AS_LEFT in again.notice
    for one in (first, again):
        one.explorer.close()


@pytest.mark.thorough
def test_a_page_warns_before_leaving_a_photograph_that_it_opened_with() -> None:
    explorer = Explorer(("fer",), background=False)
    explorer.show(own_photograph())
    root = page(explorer)
    dog = next(child for child in root.children if isinstance(child, Watchdog))
    assert dog.unsaved == ["photograph"]
    explorer.show(Head())
    assert dog.unsaved == []
    assert sum(isinstance(child, StateKeeper) for child in root.children) == 1
    explorer.close()


@pytest.mark.thorough
def test_a_plan_comes_back_when_its_tab_is_opened_and_one_that_cannot_be_is_passed_over() -> None:
    opened, again, hostile = Opened(), Opened(), Opened()
    wanted = {"chosen": ["palsy"], "control": "", "steps": 11, "delta": 0.2, "people": 44, "seed": 9}
    with closing(Population(models=["fer"], background=False)) as study:
        opened.memory.follow_study("population", study)
        study.take_up(wanted)
        text = opened.memory.keeper.state
        assert from_text(text).plans["population"]["chosen"] == ["palsy"]
    again.restore(text)
    with closing(Population(models=["fer"], background=False)) as study:
        again.memory.follow_study("population", study)
        assert {name: study.kept[name] for name in wanted} == wanted
        again.memory.afresh.click()
        assert study.kept["chosen"] == ["asymmetric_expression"]
    plans = {"population": {"chosen": ["rm -rf"], "models": ["gone"], "control": "gone", "steps": 3}}
    hostile.restore(to_text(PageState(plans=plans)))
    with closing(Population(models=["fer"], background=False)) as study:
        first = study.kept
        hostile.memory.follow_study("population", study)
        assert study.kept == first | {"steps": 3}, "names that aren't there are passed over"
    plans = {"population": {"steps": 3, "delta": "much"}}
    hostile.memory.show(PageState(plans=plans))
    with closing(Population(models=["fer"], background=False)) as study:
        first = study.kept
        hostile.memory.follow_study("population", study)
        assert study.kept == first
    for one in (opened, again, hostile):
        one.explorer.close()


@pytest.mark.thorough
def test_of_own_photographs_a_plan_keeps_nothing_that_only_they_have() -> None:
    with closing(Observed(models=["fer"], background=False)) as study:
        study.take_up(
            {"labels": "diagnosis", "person": "name", "chosen": ["years", "symmetry"], "alpha": 0.05}
        )
        assert (study.labels, study.person, study.chosen, study.alpha) == (
            "expression",
            "",
            ["symmetry"],
            0.05,
        )


def test_the_address_follows_the_page(opened: Opened) -> None:
    assert opened.memory.keeper.address == ""
    opened.face.sliders["age"].value = 66
    opened.change.label.value = "sad"
    assert opened.memory.keeper.address == "age=66&emotion=sad"
    opened.memory.keeper.observe(opened.answers.append, ["state", "address"])
    opened.live.step = 9
    assert opened.answers == []


@pytest.mark.thorough
def test_a_link_shows_its_scene_and_leaves_the_other_tabs(opened: Opened) -> None:
    plans = {"population": {"people": 12}}
    opened.memory.show(replace(opened.memory.now, plans=plans))
    before = opened.explorer.face
    opened.link(to_address(LEFT), first=True)
    assert to_plain(opened.memory.now) == to_plain(replace(LEFT, plans=plans))
    assert opened.answers == [{"restored": True}]
    assert OPENED.split(".")[0] in opened.notice
    assert opened.tabs.bar.index == 1
    opened.explorer.undo()
    assert opened.explorer.face == before


@pytest.mark.thorough
def test_back_and_forward_say_nothing(opened: Opened) -> None:
    opened.link("age=70")
    opened.link("age=71")
    assert opened.explorer.face.age == 71
    assert opened.notice == ""


@pytest.mark.one_case
@pytest.mark.parametrize("address", ["agee=70", "change=../x", "<img src=x onerror=alert(1)>", "x" * 9000])
def test_a_link_that_cannot_be_read_leaves_the_page(opened: Opened, address: str) -> None:
    opened.face.sliders["age"].value = 66
    before = to_plain(opened.memory.now)
    opened.link(address, first=True)
    assert to_plain(opened.memory.now) == before
    assert opened.answers == [{"restored": True}]
    assert "can\u2019t be opened" in opened.notice
    assert "<img" not in opened.notice


@pytest.mark.thorough
def test_a_link_to_a_photograph_holds_none(opened: Opened) -> None:
    opened.explorer.show(own_photograph())
    opened.memory.tools.sharing = 1
    (answer,) = opened.answers
    shared = answer["shared"]
    assert "face=own" in shared["address"]
    assert len(shared["session"]) < 5000
    again = Opened()
    again.link(shared["address"], first=True)
    assert again.explorer.face == opened.explorer.last_head
    assert OPENED_WITHOUT.split(",")[0] in again.notice
    again.explorer.close()


def test_what_reaches_the_kernel_after_the_press_is_shared_too(opened: Opened) -> None:
    opened.memory.tools.sharing = 1
    opened.explorer.step = 9
    opened.face.sliders["age"].value = 66
    assert {"age=66", "strength=0.45"} <= set(opened.answers[-1]["shared"]["address"].split("&"))
    before = len(opened.answers)
    opened.memory.tools.sharing = 2  # closed and opened again before the kernel knew of it
    assert len(opened.answers) == before + 1
    opened.memory.tools.sharing, before = 0, len(opened.answers)
    opened.explorer.step = 3
    assert len(opened.answers) == before


@pytest.mark.thorough
def test_a_session_brings_every_tab_back(opened: Opened) -> None:
    population = Population(models=["fer"], background=False)
    opened.memory.follow_study("population", population)
    population.whom.people = 17
    opened.memory.show(replace(opened.memory.now, head=LEFT.head, tab=1))
    opened.tabs.bar.index = 1
    opened.memory.tools.sharing = 1
    session = opened.answers[-1]["shared"]["session"]
    assert from_session(session).plans["population"]["people"] == 17
    again = Opened()
    other = Population(models=["fer"], background=False)
    again.memory.follow_study("population", other)
    again.tool(open=session)
    assert again.answers == [{"opened": True}]
    assert other.whom.people == 17
    assert other.stage == "ready"
    assert (again.explorer.face, again.tabs.bar.index) == (LEFT.head, 1)
    for made in (population, other, again.explorer):
        made.close()


@pytest.mark.one_case
@pytest.mark.parametrize("text", ["{}", "nonsense=1", '{"kind":"facelib session","state":{"version":7}}'])
def test_what_is_no_session_is_refused_in_words(opened: Opened, text: str) -> None:
    before = to_plain(opened.memory.now)
    opened.tool(open=text)
    assert to_plain(opened.memory.now) == before
    assert isinstance(opened.answers[0]["refused"], str)


@pytest.mark.one_case
@pytest.mark.parametrize("content", [{"press": "run"}, {"press": 1}, {"open": 3}, {}, None, "undo"])
def test_other_messages_of_the_page_do_nothing(opened: Opened, content: Any) -> None:
    before = to_plain(opened.memory.now)
    opened.memory.tools._handle_custom_msg(content, [])
    assert (opened.answers, to_plain(opened.memory.now)) == ([], before)


@pytest.mark.thorough
def test_undo_and_redo_are_those_of_the_open_tab(opened: Opened) -> None:
    tools = opened.memory.tools
    population = Population(models=["fer"], background=False)
    opened.memory.follow_study("population", population)
    opened.face.sliders["age"].value = 66
    assert (tools.can_undo, tools.can_redo) == (True, False)
    opened.tabs.bar.index = 1
    assert (tools.can_undo, tools.can_redo) == (False, False)
    people = population.whom.people
    population.whom.people = people + 3
    assert tools.can_undo
    opened.tool(press="undo")
    assert (population.whom.people, tools.can_undo, tools.can_redo) == (people, False, True)
    opened.tool(press="redo")
    assert population.whom.people == people + 3
    assert opened.explorer.face.age == 66
    opened.tabs.bar.index = 0
    opened.tool(press="undo")
    assert opened.explorer.face.age == 28
    assert tools.can_redo
    population.close()
