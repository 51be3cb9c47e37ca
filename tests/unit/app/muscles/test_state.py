"""The Muscles tab without widgets: recordings are loaded, moved faces made and read, the newest wish wins."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelib import interventions
from facelib.app.muscles import film as muscles_film
from facelib.app.muscles import source as muscles_source
from facelib.app.muscles import state as muscles_state
from facelib.app.muscles.film import FULL, Seen, film_of, most_active, rounds, watch
from facelib.app.muscles.source import movements, prepared
from facelib.app.muscles.state import MEANT, Muscles
from facelib.classifiers import EMOTIONS, load
from facelib.errors import BadValueError
from facelib.faces import FACE_UNITS, Head
from facelib.semg import CHANNELS, Recording, simulate
from facelib.semg.recordings.processing import Chain
from facelib.semg.simulation import person
from facelib.semg.simulation.movements import TASKS, Task, draw_activity

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded", "short")]

SMILE = FACE_UNITS.index("mouthSmileLeft"), FACE_UNITS.index("mouthSmileRight")
Make = Callable[..., Muscles]


def csv_of(recording: Recording) -> bytes:
    """A recording as "Mimics, Muscles, and Me" has it: an unnamed index, no times."""
    table = recording.frame().drop(columns="seconds")
    return table.to_csv().encode()


def envelopes(seconds: float = 3.0) -> Recording:
    """A smile that comes and goes, its right side a little weaker; all else nearly at rest."""
    times = np.arange(round(30 * seconds)) / 30
    pulse = np.clip(np.sin(np.pi * times), 0, 1)
    signals = 4 + 0.1 * pulse[:, None] * np.ones(22)
    signals[:, CHANNELS.index("zygomaticus_left")] += 100 * pulse
    signals[:, CHANNELS.index("zygomaticus_right")] += 80 * pulse
    return Recording(signals, 30, CHANNELS, "envelope")


CLIP: dict[str, Any] = {"source": "mine", "rate": 30.0, "given": ("clip.csv", csv_of(envelopes(2.0)))}
SMALL: dict[str, Any] = {"models": ["known_unbiased"], "size": 64, "background": False}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated recordings are short."""
    monkeypatch.setattr(muscles_source, "SECONDS", 2.0)
    monkeypatch.setattr(muscles_state, "SETTLE", 0.0)
    muscles_source._simulated_range.cache_clear()


@pytest.fixture
def make() -> Iterator[Make]:
    """States that end with the test."""
    made: list[Muscles] = []

    def begin(**settings: Any) -> Muscles:
        chosen = CLIP if "source" not in settings and "dataset" not in settings else {}
        made.append(Muscles(**(SMALL | chosen | settings)))
        made[-1].begin()
        return made[-1]

    yield begin
    for state in made:
        state.close()


@pytest.mark.thorough
def test_a_simulated_smile_moves_the_face_and_is_read(make: Make) -> None:
    state = make(source="simulated")
    assert (state.recording_problem, state.film_problem, state.status) == ("", "", "")
    assert state.loaded.recording.kind == "monopolar"
    assert state.loaded.recording.channels == tuple(f"{name} {k}" for name in CHANNELS for k in (1, 2))
    assert state.loaded.envelope.rate == 30
    film, seen = state.film, state.seen
    assert len(film) == 20
    assert film.animation.units[:, SMILE].max() > 0.4
    assert seen.done == 20
    outputs = seen.outputs["known_unbiased"]
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)
    smile = film.animation.units[:, SMILE].mean(axis=1)
    assert np.abs(outputs[smile.argmax()] - outputs[smile.argmin()]).max() > 0.1


@pytest.mark.thorough
def test_a_simulated_jaw_opens_though_no_electrode_records_it(make: Make) -> None:
    film = make(source="simulated", task="Smile-Open").film
    truth = film.loaded.unrecorded["jawOpen"]
    jaw = film.animation.units[:, FACE_UNITS.index("jawOpen")]
    assert jaw.max() > 0.1
    np.testing.assert_allclose(jaw[:5], truth[: 3 * 5 : 3], atol=1e-6)  # 10 pictures a second of 30 rows
    later = film_of(film.loaded, film.animation.base, 1.0)
    np.testing.assert_allclose(later.animation.units[0], film.animation.units[10], atol=1e-6)
    assert "as an open jaw, moves as it was simulated" in film.loaded.title
    assert make(source="simulated", task="happy").film.loaded.title.endswith("no finding on humans")


@pytest.mark.thorough
def test_a_weak_side_is_weak_in_the_signals_and_in_the_face(make: Make) -> None:
    state = make(source="simulated", weak="left", weakness=0.9)
    left, right = state.film.animation.units[:, SMILE].T
    assert left.max() < 0.4 * right.max()
    assert "left side weaker by 90 %" in state.loaded.title
    rows = state.film.summary.set_index("group")
    assert rows.loc["zygomaticus", "ratio"] < 0.5


@pytest.mark.thorough
def test_what_is_read_is_what_the_classifier_says_of_that_picture(make: Make) -> None:
    state = make()
    face = state.film.animation.faces([7], 64)[0]
    model = load("known_unbiased")
    slow = model.probabilities(face.image[None], face.box[None])[0]
    fast = state.seen.outputs["known_unbiased"][7]
    for column, label in enumerate(EMOTIONS):
        own = model.index_of(label)
        assert fast[column] == pytest.approx(slow[own], abs=1e-5)  # type: ignore[index]


def test_coarse_pictures_come_first_and_none_is_left_out() -> None:
    for count in (1, 2, 9, 120):
        found = rounds(count)
        assert sorted(k for chosen in found for k in chosen) == list(range(count))
        assert {0, count - 1} <= set(found[0])
        assert all(chosen == sorted(chosen) for chosen in found)
    assert len(rounds(120)[0]) == 16


@pytest.mark.thorough
def test_frames_are_told_round_by_round_and_stay(make: Make) -> None:
    film = make().film
    counts = []
    last: Seen | None = None
    for done, seen in watch(film, [load("known_unbiased")]):
        if seen is not None:
            counts.append((done, seen.done))
            read = np.isfinite(seen.outputs["known_unbiased"]).all(axis=1)
            assert read.tolist() == [frame is not None for frame in seen.frames]
            last = seen
    assert counts == [(4, 4), (6, 6), (11, 11), (20, 20)]
    assert last is not None
    table = last.table(film.times)
    assert len(table) == 20 * 7
    np.testing.assert_allclose(table.groupby("seconds")["probability"].sum(), 1, atol=1e-5)


@pytest.mark.thorough
def test_maps_have_a_byte_a_cell_and_the_moment_says_what_is_most_active(make: Make) -> None:
    film = make().film
    assert film.maps.shape == (20, 64, 60)
    peak = int(film.animation.activity.max(axis=1).argmax())
    most = film.animation.activity[peak].max()
    assert film.maps[peak].max() <= round(most * FULL)
    assert film.maps[peak].max() > 0.7 * most * FULL
    channel = CHANNELS[int(film.animation.activity[peak].argmax())].replace("_", " ")
    assert film.said[peak].startswith(f"most active: {channel}, ")
    assert most_active(np.full(22, np.nan)) == "nothing is known"


@pytest.mark.thorough
def test_a_file_without_times_asks_for_its_rate_and_then_plays(make: Make) -> None:
    state = make(rate=0.0)
    assert state.source == "mine"
    assert "doesn't say how many samples a second" in state.recording_problem
    assert "give “Samples / s”" in state.recording_problem
    assert (state.loaded, state.film, state.seen) == (None, None, None)  # nothing of what was before
    state.rate = 30.0
    assert state.recording_problem == ""
    assert state.loaded.title == "clip.csv"
    assert state.loaded.envelope is state.loaded.recording
    assert state.film.animation.units.max() == pytest.approx(1.0)


@pytest.mark.thorough
def test_a_broken_file_is_told_in_words(make: Make) -> None:
    state = make()
    state.take("clip.csv", b"this,is\nno,recording\n")
    assert "No channel is known" in state.recording_problem
    state.take("clip.edf", b"\x00" * 2000)
    assert state.recording_problem
    assert "Traceback" not in state.recording_problem
    with pytest.raises(Exception, match="the page takes up to 100"):
        state.take("clip.csv", bytes(muscles_source.MOST_BYTES + 1))
    state.take("clip.csv", csv_of(envelopes()))
    assert state.recording_problem == ""
    assert len(state.film) == 30


@pytest.mark.thorough
def test_a_slow_recording_is_told_which_field_of_the_page_helps(make: Make) -> None:
    noise = np.random.default_rng(0).normal(0, 20, (1000, 2)) * (1 + (np.arange(1000) > 500))[:, None]
    slow = Recording(noise, 500, ("zygomaticus_left", "zygomaticus_right"), "bipolar")
    state = make(rate=0.0, given=("slow.csv", slow.frame().to_csv(index=False).encode()))
    assert "the recording has 500" in state.recording_problem
    assert "a narrower band, up to 225 Hz. From, to, mains" in state.recording_problem
    assert "Chain" not in state.recording_problem
    state.high = 225.0
    assert (state.recording_problem, len(state.film)) == ("", 20)


def test_no_file_yet_is_no_problem(make: Make) -> None:
    state = make(source="mine", given=None)
    assert (state.loaded, state.recording_problem, state.status) == (None, "", "")


@pytest.mark.thorough
def test_the_part_that_is_shown_is_cut_out_and_thinned(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muscles_film, "MOST", 24)
    state = make(models=[], given=("clip.csv", csv_of(envelopes(40.0))))
    assert state.film.times[0] == 0
    assert len(state.film) == 24
    assert state.film.times[-1] == pytest.approx(12 - 0.5)
    loaded = state.loaded
    state.start = 20.0
    assert state.loaded is loaded  # it was not read again
    assert state.film.times[0] == 20.0
    whole = film_of(loaded, Head(), 0.0, 100.0, size=64)
    assert len(whole) == 24
    assert whole.times[-1] == pytest.approx(30 - 1.25)
    end = film_of(loaded, Head(), 39.9, 5.0, size=64)
    assert 1 <= len(end) <= 2


@pytest.mark.thorough
def test_electrodes_are_worn_and_taken_off_digitally(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    plain = state.seen.frames[0]
    state.electrodes = True
    assert state.film.animation.head(0).electrodes == "fridlund"
    worn = state.seen.frames[0]
    assert (worn != plain).any()

    class Removal:
        def apply(self, face: Any, strength: float) -> Any:
            assert strength == 1.0
            return face.replace(image=np.full_like(face.image, 9))

    monkeypatch.setattr(interventions, "get", lambda name: {muscles_film.REMOVAL: Removal()}[name])
    state.removed = True
    assert state.film_problem == ""
    assert (state.seen.frames[0] == 9).all()  # what is shown and read is the restored picture
    state.electrodes = False  # the other tick stays, and means nothing
    assert state.removed
    assert (state.film.removed, state.film.animation.base.electrodes) == (False, None)
    assert (state.seen.frames[0] == plain).all()


@pytest.mark.thorough
def test_a_clip_of_a_data_set_is_scaled_by_its_session(make: Make, tmp_path: Path) -> None:
    simulate(
        tmp_path, sessions=("1N", "1S"), tasks=("happy", "sad"), seconds=1.0, size=48, readings="truth",
        head=Head(),
    )  # fmt: skip
    state = make(dataset=tmp_path, models=[])
    assert state.sources == ("simulated", "mine", "dataset")
    assert state.source == "dataset"
    clips = muscles_source.recorded_clips(state.dataset)  # type: ignore[arg-type]
    assert len(clips) == 2
    assert all("1S" in clip for clip in clips)
    found = []
    for clip in clips:
        state.clip = clip
        assert state.recording_problem == ""
        found.append(state.loaded.ends)
    np.testing.assert_array_equal(found[0].full, found[1].full)
    assert state.loaded.title == "sad, session 1S"
    state.clip = "99_1N_emotion_0_happy"
    assert "no clip" in state.recording_problem or "without electrodes" in state.recording_problem


@pytest.mark.thorough
def test_the_processing_does_not_make_a_simulated_smile_weaker(make: Make) -> None:
    peaks = []
    for high in (500.0, 80.0):  # a seventh of the power
        state = make(source="simulated", task="happy", high=high, models=[])
        peaks.append(np.nanmax(state.film.animation.activity[:, -2:]))
    assert peaks[1] == pytest.approx(peaks[0], abs=0.25)


@pytest.mark.thorough
def test_a_data_set_without_signals_is_said(tmp_path: Path) -> None:
    simulate(
        tmp_path, sessions=("1N",), tasks=("happy",), seconds=0.5, size=48, readings="truth", head=Head()
    )
    with pytest.raises(BadValueError, match=r"No clip in .* has signals"):
        Muscles(dataset=tmp_path, models=[], background=False)


@pytest.mark.thorough
def test_the_processing_follows_its_settings(make: Make) -> None:
    state = make(source="simulated", models=[])
    before = state.loaded.envelope.signals
    state.window = 100.0
    assert (state.loaded.envelope.signals != before).any()
    assert state.chain == Chain(window=round(0.1 * 4096))
    state.low = 600.0
    assert "low to high" in state.recording_problem


@pytest.mark.thorough
def test_the_class_follows_the_movement(make: Make) -> None:
    assert set(MEANT) <= set(movements())
    state = make(models=[])
    state.task = "disgusted"
    assert state.label == "disgust"
    state.task = "Smile-Left"
    assert state.label == "happy"


@pytest.mark.thorough
def test_other_settings_of_the_film_do_not_load_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    loaded, calls = state.loaded, []
    monkeypatch.setattr(state, "_load", lambda _task: calls.append(1))
    state.models = []
    state.head = Head(seed=4)
    assert not calls
    assert state.loaded is loaded
    assert state.seen.outputs == {}
    assert state.film.animation.base.seed == 4


@pytest.mark.thorough
def test_the_newest_wish_wins_in_the_background(make: Make) -> None:
    state = make(source="simulated", background=True)
    seen: list[str] = []
    state.observe(lambda change: seen.append(change["new"].title if change["new"] else ""), "loaded")
    for task in ("sad", "angry", "surprised"):
        state.task = task
    assert state.worker is not None
    deadline = time.monotonic() + 60
    while not (state.seen and state.seen.done == 20 and state.loaded.title.startswith("Surprised")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert seen[-1].startswith("Surprised")
    assert not any(title.startswith("Angry") for title in seen)
    assert state.worker.wait(20)
    assert (state.status, state.progress) == ("", 1.0)


def test_a_failure_inside_is_told_without_its_inside(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(muscles_state, "film_of", broken)
    state = make(background=True)
    assert state.worker is not None
    assert state.worker.wait(60)
    assert "Something went wrong inside facelib" in state.film_problem
    assert "secret" not in state.film_problem
    assert "a secret" in caplog.text


def test_findings_of_the_check_come_along() -> None:
    signals = envelopes().signals.copy()
    signals[10:60, 3] = np.nan
    loaded = prepared(envelopes().replace(signals=signals), "gap", Chain())
    assert any("missing" in finding.what for finding in loaded.findings)
    assert dataclasses.is_dataclass(loaded)


def test_a_weak_side_keeps_its_masseter_which_another_nerve_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: dict[str, float] = {}

    def simulate_clip(task: Task, *_: Any, **__: Any) -> None:
        moved.update({channel: task.weakened.get(channel, 1.0) for channel in CHANNELS})
        raise StoppedError

    monkeypatch.setattr(person, "simulate_clip", simulate_clip)
    for name in TASKS:
        moved.clear()
        with pytest.raises(StoppedError):
            muscles_source.simulated(name, Chain(), weak="left", weakness=0.8)
        for channel, left in moved.items():
            weaker = channel.endswith("_left") and not channel.startswith("masseter")
            assert left == pytest.approx(0.2 if weaker else 1.0), (name, channel)


@pytest.mark.thorough
def test_a_weak_side_is_weak_in_all_of_its_muscles() -> None:
    side = dict.fromkeys((name for name in CHANNELS if name.endswith("_left")), 0.2)
    for name, task in TASKS.items():
        whole, half = (draw_activity(one, 4, 7) for one in (task, dataclasses.replace(task, weakened=side)))
        left = np.array([channel in side for channel in CHANNELS])
        np.testing.assert_array_equal(half.channels[:, ~left], whole.channels[:, ~left], err_msg=name)
        below = whole.channels < 1  # what is cut at full activity is weakened before
        np.testing.assert_allclose(
            half.channels[:, left], np.where(below, 0.2 * whole.channels, half.channels)[:, left], atol=1e-12
        )
        assert half.channels[:, left].max() < 0.5


class StoppedError(Exception):
    """Ends what was tried out."""
