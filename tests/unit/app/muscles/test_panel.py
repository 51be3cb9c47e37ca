"""The Muscles tab as widgets, without a browser: what it offers, shows, says and hands out."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest

from facelib.app import Explorer, MusclesPanel
from facelib.app.muscles import panel as panels
from facelib.app.muscles.exports import OFFERS, NothingShownError, Shown, activity_table
from facelib.app.muscles.playback import nearest
from facelib.app.muscles.signals_panel import facts
from facelib.app.widgets.controls import Card
from facelib.classifiers import EMOTIONS
from facelib.faces import FACE_UNITS, Head
from facelib.semg import CHANNELS, Recording
from facelib.semg.activity import SUMMARY_COLUMNS
from facelib.semg.recordings.findings import Finding
from facelib.studies.disclaimer import LIMITS

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

Make = Callable[..., MusclesPanel]
LEFT = CHANNELS.index("zygomaticus_left")


def clip(seconds: float = 2.0) -> bytes:
    """Envelopes of a smile, its right side half as strong, without the masseter."""
    times = np.arange(round(30 * seconds)) / 30
    pulse = np.clip(np.sin(np.pi * times), 0, 1)
    signals = np.full((len(times), 22), 4.0)
    signals[:, LEFT] += 100 * pulse
    signals[:, LEFT + 1] += 50 * pulse
    recording = Recording(signals, 30, CHANNELS, "envelope")
    kept = [name for name in CHANNELS if not name.startswith("masseter")]
    return recording.pick(kept).frame().to_csv(index=False).encode()


@pytest.fixture
def make(panels: Make) -> Make:
    """Panels with a clip of a smile."""

    def begin(**settings: Any) -> MusclesPanel:
        return panels(**({"given": ("clip.csv", clip())} | settings))

    return begin


def shown(widget: Any) -> bool:
    return bool(widget.layout.display != "none")


def inside(widget: Any) -> Iterator[Any]:
    """Everything in a widget."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


@pytest.mark.thorough
def test_everything_is_shown_at_the_moment_of_one_slider(make: Make) -> None:
    panel = make()
    watch = panel.watch
    slider, play = watch.moments.children
    assert len(slider.options) == len(watch.stage.times) == len(watch.stage.frames) == 20
    assert slider.options[7] == ("0.7 s", 7)
    assert (play.max, play.interval) == (19, 100)
    assert all(watch.stage.frames)
    assert len(watch.stage.plane["dots"]) == 20  # the masseter wasn't recorded
    assert len(watch.traces.data["traces"]) == 20 * 20
    assert len(watch.over.data["outputs"]) == len(watch.bars.data["outputs"]) == 20 * 7
    for chart in (watch.traces, watch.over):
        assert {name: chart.signals[name] for name in ("start", "end", "rate")} == {
            "start": 0.0, "end": 1.9, "rate": 10.0
        }  # fmt: skip
    play.value = 5
    assert panel.state.step == 5


@pytest.mark.thorough
def test_controls_have_names_and_help(make: Make) -> None:
    panel = make()
    kinds = (widgets.Dropdown, widgets.FloatSlider, widgets.Checkbox, widgets.Button, widgets.SelectionSlider)
    for control in inside(panel):
        if isinstance(control, kinds):
            assert control.description, control
            assert control.tooltip, control.description


@pytest.mark.thorough
def test_another_class_is_patched_into_the_charts(make: Make) -> None:
    panel = make()
    spec = panel.watch.over.spec
    panel.shown.label.value = "sad"
    assert panel.watch.over.signals["label"] == panel.watch.bars.signals["label"] == "sad"
    assert panel.watch.over.spec is spec


@pytest.mark.thorough
def test_without_classifiers_there_are_no_outputs_and_it_says_so(make: Make) -> None:
    panel = make()
    panel.shown.models.value = []
    assert not shown(panel.watch.over)
    assert not shown(panel.watch.bars)
    assert shown(panel.watch.few)
    panel.shown.models.value = ["known_unbiased"]
    assert shown(panel.watch.bars)
    assert not shown(panel.watch.few)


@pytest.mark.thorough
def test_what_it_says_follows_the_signals(make: Make) -> None:
    panel = make()
    rows = {row[0]["text"]: row for row in panel.said.table.rows}
    smile = rows["Zygomaticus"]
    assert len(smile[1]["series"]) == 20
    assert smile[1]["series"][5] == "1.00"
    assert smile[2]["series"][5] == "0.50"
    assert smile[3:] == ["1.00", "0.50", "2.0", "each side"]
    assert rows["Masseter"][1]["series"] == ["–"] * 20
    assert rows["Masseter"][6]["text"] == "not identifiable"
    assert rows["Masseter"][6]["mark"] == "verdict-unclear"  # a sign, not colour alone
    assert rows["Mentalis"][5] == "at rest"
    assert rows["Mentalis"][6]["text"] == "sides together"
    words = " ".join(part.value for part in inside(panel) if isinstance(part, widgets.HTML))
    assert "declared map" in words
    assert LIMITS in words


@pytest.mark.thorough
def test_what_was_found_is_said_and_escaped(make: Make) -> None:
    panel = make(given=("<b>clip</b>.csv", clip()))
    facts = panel.recording.facts.value
    assert "&lt;b&gt;clip&lt;/b&gt;.csv: 20 channels of envelopes, 30 samples a second, 2.0 s." in facts
    assert "Not recorded, so at rest in the face: masseter left, masseter right." in facts


@pytest.mark.thorough
def test_one_channel_and_a_side_that_never_moves_are_told_rightly(make: Make) -> None:
    table = pd.read_csv(io.BytesIO(clip()))
    one = table[["seconds", "zygomaticus_left"]].to_csv(index=False).encode()
    panel = make(given=("one.csv", one), models=[])
    assert "one.csv: 1 channel of envelopes, 30 samples a second, 2.0 s." in panel.recording.facts.value
    panel = make(given=("still.csv", table.assign(zygomaticus_right=4.0).to_csv(index=False).encode()))
    rows = {row[0]["text"]: row for row in panel.said.table.rows}
    assert rows["Zygomaticus"][3:6] == ["1.00", "0.00", "over 20"]


@pytest.mark.thorough
def test_findings_are_listed_the_worst_first_and_not_without_end(make: Make) -> None:
    panel = make(models=[])
    found = [Finding("warning", "noise", f"It hums {k} <times>.", "", "mentalis_left") for k in range(14)]
    told = facts(dataclasses.replace(panel.state.loaded, findings=tuple(found)))
    assert "Quality check: 14 to look at, 0 to know" in told
    assert told.count("<li>") == 11
    assert "<b>Warning:</b> mentalis left: It hums 0 &lt;times&gt;." in told
    assert "and 4 more" in told


@pytest.mark.thorough
def test_a_broken_recording_is_told_where_it_was_given(make: Make) -> None:
    panel = make()
    panel.recording.zone.take("clip.csv", b"one,two\n1,2\n")
    assert "No channel is known" in panel.recording.messages.value
    assert panel.watch.messages.value == ""
    assert "Choose a recording" in panel.watch.waits.value
    assert not shown(panel.watch.stage)
    assert not shown(panel.said)
    assert all(button.disabled for button in panel.home.buttons)
    panel.recording.zone.take("clip.csv", clip())
    assert panel.recording.messages.value == ""
    assert shown(panel.watch.stage)
    assert not any(button.disabled for button in panel.home.buttons)


@pytest.mark.thorough
def test_a_recording_that_is_longer_than_what_is_shown_can_be_gone_through(make: Make) -> None:
    panel = make()
    assert not shown(panel.shown.start)
    assert (panel.shown.seconds.value, panel.shown.seconds.max) == (2.0, 2.0)  # all that there are
    assert panel.state.seconds == 12.0  # of one that has them
    panel.state.models = []
    panel.state.seconds = 1.0
    panel.recording.zone.take("long.csv", clip(4.0))
    assert shown(panel.shown.start)
    panel.shown.start.value = 2.0
    assert panel.watch.moments.slider.options[0] == ("2.0 s", 0)
    assert panel.watch.traces.signals["start"] == 2.0
    assert (panel.shown.seconds.value, panel.shown.seconds.max) == (1.0, 4.0)
    panel.shown.seconds.value = 1.5
    assert panel.state.seconds == 1.5


@pytest.mark.thorough
def test_how_weak_a_side_is_is_asked_where_one_is(make: Make) -> None:
    panel = make()
    assert not shown(panel.recording.weakness)
    panel.recording.weak.value = "left"
    assert shown(panel.recording.weakness)


@pytest.mark.thorough
def test_a_recording_at_hand_and_a_model_of_ones_own(make: Make) -> None:
    from facelib.semg import EMG2Expression, pair_of, simulate_clip

    tasks = ("happy", "sad", "Smile-Right", "Snarl", "Eye-Tight", "Smile-Left")
    clips = [simulate_clip(task, 8.0) for task in tasks]
    model = EMG2Expression.fit([pair_of(one) for one in clips])
    given = clips[-1].envelope.cut(0.0, 4.0)
    panel = make(source="recording", recording=given, model=model, models=[], given=None)
    assert panel.recording.source.options[0] == ("This recording", "recording")
    film = panel.state.film
    left, right = (
        film.animation.units[:, FACE_UNITS.index(f"mouthSmile{side}")] for side in ("Left", "Right")
    )
    assert left.max() > 2 * right.max()
    assert "EMG2Expression" in panel.said.words.value
    assert "declared map" not in panel.said.words.value
    table = activity_table(film)
    rows = np.abs(table["seconds"].to_numpy()[:, None] - film.times).argmin(axis=0)
    np.testing.assert_allclose(table["unit_mouthSmileLeft"].to_numpy()[rows], left, atol=1e-6)


@pytest.mark.thorough
def test_only_worn_electrodes_can_be_taken_off(make: Make) -> None:
    panel = make(models=[])
    assert panel.shown.removed.disabled
    panel.shown.electrodes.value = True
    assert not panel.shown.removed.disabled
    assert panel.state.film.animation.base.electrodes == "fridlund"


@pytest.mark.thorough
def test_the_face_of_explore_can_be_taken() -> None:
    explorer = Explorer(("known_unbiased",), background=False)
    panel = MusclesPanel(
        explorer, size=64, background=False, source="mine", given=("clip.csv", clip()), models=[]
    )
    assert panel.state.head == explorer.last_head
    explorer.show(Head(seed=8, age=60))
    assert panel.state.head.seed != 8
    panel.shown.face.click()
    assert panel.state.film.animation.base.seed == 8
    assert LIMITS not in " ".join(part.value for part in inside(panel) if isinstance(part, widgets.HTML))
    panel.state.close()
    explorer.close()


def test_moments_that_were_not_read_show_the_nearest_that_was() -> None:
    table = pd.DataFrame(
        {
            "step": [0, 8],
            "seconds": [0.0, 0.8],
            "classifier": "fer",
            "label": "sad",
            "probability": [0.1, 0.9],
        }
    )
    found = nearest(table, 9).sort_values("step")
    assert found["probability"].tolist() == [0.1] * 5 + [0.9] * 4
    assert nearest(table[:0], 9).empty


@pytest.mark.thorough
def test_nothing_can_be_taken_home_before_there_is_something(make: Make) -> None:
    panel = make(given=None)
    assert panel.home.buttons[0].make() is None  # guarded: it is told in the panel
    assert str(NothingShownError()) in panel.home.messages.value


@pytest.mark.thorough
def test_outputs_are_not_taken_home_as_an_empty_table(make: Make) -> None:
    panel = make(models=[])
    place = [label for _, label, _ in OFFERS].index("Outputs")
    assert panel.home.buttons[place].make() is None
    assert "No classifier has read a picture" in panel.home.messages.value
    panel.state.models = ["known_unbiased"]
    assert panel.home.messages.value == ""
    assert len(pd.read_csv(io.BytesIO(panel.home.buttons[place].make().data)))


@pytest.mark.thorough
def test_take_home_holds_what_is_shown(make: Make, tmp_path: Path) -> None:
    import cv2

    panel = make(head=Head(seed=2))
    state = panel.state
    made = {label: make_(Shown(state.film, state.seen, 5, "happy")) for make_, label, _ in OFFERS}
    activity = pd.read_csv(io.BytesIO(made["Activity"].data))
    assert len(activity) == 60  # 30 a second, though 10 pictures were shown
    assert activity["activity_zygomaticus_left"].max() == pytest.approx(1.0)
    assert activity["activity_masseter_left"].isna().all()
    assert {f"unit_{name}" for name in FACE_UNITS} <= set(activity)
    again = pd.read_parquet(io.BytesIO(made["Activity (Parquet)"].data))
    np.testing.assert_allclose(again["unit_mouthSmileLeft"], activity["unit_mouthSmileLeft"])
    assert list(pd.read_csv(io.BytesIO(made["Muscle groups"].data))) == list(SUMMARY_COLUMNS)
    outputs = pd.read_csv(io.BytesIO(made["Outputs"].data))
    assert len(outputs) == 20 * len(EMOTIONS)
    with zipfile.ZipFile(io.BytesIO(made["Figures (zip)"].data)) as archive:
        assert set(archive.namelist()) == {
            "about.json", "signals.svg", "signals.png", "maps.svg", "maps.png", "outputs.svg", "outputs.png"
        }  # fmt: skip
        about = json.loads(archive.read("about.json"))
    assert about["recording"] == "clip.csv"
    assert about["note"] == LIMITS
    assert "declared map" in about["moved_by"]
    path = tmp_path / "film.mp4"
    path.write_bytes(made["Film (MP4)"].data)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 20
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(10)
    capture.release()


@pytest.mark.thorough
def test_it_is_made_in_steps_its_cards_first() -> None:
    panel = MusclesPanel(models=["known_unbiased"], size=64, background=False, whole=False)
    told = []
    for _ in panel.build():
        cards = [one.title for one in inside(panel) if isinstance(one, Card)]
        told.append((cards, panel.state.film is not None))
    first = ["Recording", "Shown", "Watch", "What it says"]
    assert [(cards[:4], film) for cards, film in told] == [
        (first[:1], False), (first[:2], False), (first, False), (first, True)
    ]  # fmt: skip
    panel.state.close()


@pytest.mark.thorough
def test_a_step_that_fails_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(panels, "SaidPanel", fail)
    panel = MusclesPanel(models=["known_unbiased"], size=64, whole=False)
    worker = panel.state.worker
    assert worker is not None
    with pytest.raises(MemoryError):
        list(panel.build())
    assert not worker._thread.is_alive()
