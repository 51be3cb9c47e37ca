"""A head moved by muscles: what was active moves, when it was active, and is drawn when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import FACE_UNITS, Head
from facelib.semg import CHANNELS, Recording, animation
from facelib.semg.animation import TABLE_COLUMNS, Animation, animate, declared_units
from facelib.utilities.progress import Progress

HEAD = Head(seed=5, expression="sad", intensity=0.5, palsy=0.8, left=0.3, hair="short")
SMILE = FACE_UNITS.index("mouthSmileLeft"), FACE_UNITS.index("mouthSmileRight")


@pytest.fixture
def recording() -> Recording:
    """Two seconds of normalised envelopes: the left corner of the mouth rises, the right one by half."""
    signals = np.zeros((60, 22))
    signals[:, CHANNELS.index("zygomaticus_left")] = np.linspace(0, 1, 60)
    signals[:, CHANNELS.index("zygomaticus_right")] = np.linspace(0, 0.5, 60)
    return Recording(signals, 30, CHANNELS, "envelope", unit="")


def test_the_declared_map_moves_what_each_muscle_moves_and_nothing_else() -> None:
    for muscle, units in (
        ("zygomaticus", {"mouthSmileLeft": 1.0}),
        ("corrugator_supercilii", {"browDownLeft": 0.5}),
        ("mentalis", {"mouthShrugLower": 0.5}),
        ("masseter", {}),
    ):
        active = np.zeros((1, 22))
        active[0, CHANNELS.index(f"{muscle}_left")] = 1
        row = declared_units(active)[0]
        assert {FACE_UNITS[k]: row[k] for k in np.flatnonzero(row)} == units
    assert declared_units(np.ones((1, 22))).max() == pytest.approx(1.0)
    assert not declared_units(np.full((1, 22), np.nan)).any()


def test_a_recording_moves_the_head_side_by_side(recording: Recording) -> None:
    film = animate(HEAD, recording)
    assert (len(film), film.rate, film.missing) == (60, 30.0, ())
    np.testing.assert_allclose(film.units[:, SMILE[0]], np.linspace(0, 1, 60), atol=1e-6)
    np.testing.assert_allclose(film.units[:, SMILE[1]], np.linspace(0, 0.5, 60), atol=1e-6)
    assert not np.delete(film.units, SMILE, axis=1).any()
    last = film.head(-1)
    assert last.units["mouthSmileLeft"][0] == pytest.approx(1.0)  # neither palsy nor factors act twice
    assert last.units["mouthSmileRight"][1] == pytest.approx(0.5)
    assert (last.seed, last.hair) == (HEAD.seed, HEAD.hair)
    assert film.head(0).expression == ()


def test_other_rates_and_electrodes(recording: Recording) -> None:
    film = animate(HEAD, recording, rate=10, electrodes=True)
    assert len(film) == 20
    np.testing.assert_allclose(film.times, np.arange(20) / 10)
    np.testing.assert_allclose(film.units[:, SMILE[0]], np.arange(20) * 3 / 59, atol=1e-6)
    assert film.head(3).electrodes == "fridlund"
    assert animate(HEAD, recording, electrodes="kuramoto").head(0).electrodes == "kuramoto"
    with pytest.raises(BadValueError, match="at most 30 pictures"):
        animate(HEAD, recording, rate=60)


def test_channels_that_are_missing_are_said_and_rest(recording: Recording) -> None:
    film = animate(HEAD, recording.pick(["zygomaticus_left"]))
    assert len(film.missing) == 21
    assert film.units[-1, SMILE[0]] == pytest.approx(1.0)
    assert film.units[-1, SMILE[1]] == 0
    assert np.isnan(film.activity[:, CHANNELS.index("zygomaticus_right")]).all()


def test_face_units_move_it_too() -> None:
    table = pd.DataFrame({"_neutral": [0.9, 0.1], "jawOpen": [0.0, 0.7], "mouthSmileLeft": [0.2, 1.3]})
    film = animate(HEAD, table)
    assert film.units[1, FACE_UNITS.index("jawOpen")] == 0.7
    assert film.units[1, SMILE[0]] == 1.0  # within 0 … 1
    assert np.isnan(film.activity).all()
    np.testing.assert_array_equal(animate(HEAD, film.units).units, film.units)
    with pytest.raises(UnknownNameError, match="'jaw' is no face unit"):
        animate(HEAD, {"jaw": [0.0]})
    with pytest.raises(BadValueError, match="equally long"):
        animate(HEAD, {"jawOpen": [0.0], "mouthFunnel": [0.0, 1.0]})
    with pytest.raises(BadValueError, match=r"array \(n, 52\)"):
        animate(HEAD, np.zeros((3, 51)))
    with pytest.raises(BadValueError, match="missing or infinite"):
        animate(HEAD, {"jawOpen": [np.nan]})


def test_a_model_takes_the_place_of_the_declared_map(recording: Recording) -> None:
    class Backwards:
        def predict(self, envelopes: Any, *, above_rest: bool) -> pd.DataFrame:
            assert above_rest
            column = 1 - envelopes.signals[:, CHANNELS.index("zygomaticus_left")]
            column[20:30] = np.nan  # a gap: the face goes on
            return pd.DataFrame({"jawOpen": column})

    film = animate(HEAD, recording, Backwards(), rate=15)
    np.testing.assert_allclose(
        film.units[:, FACE_UNITS.index("jawOpen")], 1 - np.arange(30) * 2 / 59, atol=1e-6
    )
    assert film.model == "Backwards"
    assert not film.units[:, SMILE].any()


def test_a_fitted_model_moves_the_head() -> None:
    from facelib.semg import EMG2Expression, pair_of, simulate_clip

    tasks = ("happy", "sad", "Smile-Right", "Snarl", "Eye-Tight", "Smile-Left")
    clips = [simulate_clip(task, 8.0) for task in tasks]
    model = EMG2Expression.fit([pair_of(clip) for clip in clips])
    film = animate(HEAD, clips[-1].envelope, model)
    assert film.model == "EMG2Expression"
    left, right = film.units[:, SMILE[0]], film.units[:, SMILE[1]]
    assert left.max() > 0.4
    assert np.corrcoef(left, clips[-1].units[:, SMILE[0]])[0, 1] > 0.8
    assert left.max() > 2 * right.max()


def test_the_table_has_a_row_a_picture(recording: Recording) -> None:
    film = animate(HEAD, recording, rate=15)
    table = film.table()
    assert len(table) == len(film)
    assert set(table) == {"frame", "seconds"} | {f"activity_{name}" for name in CHANNELS} | {
        f"unit_{name}" for name in FACE_UNITS
    }
    assert set(TABLE_COLUMNS) == {"frame", "seconds", "activity_<channel>", "unit_<face unit>"}
    np.testing.assert_allclose(table["activity_zygomaticus_left"], film.activity[:, 20])


@pytest.mark.packages
def test_pictures_are_made_once_when_asked_for_and_show_the_head(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = animate(HEAD, recording)
    rendered = []
    render = Head.render

    def counted(self: Head, size: int = 224) -> Any:
        rendered.append(self.expression)
        return render(self, size)

    monkeypatch.setattr(Head, "render", counted)
    picture = film.frame(40, 64)
    assert film.frame(40, 64) is picture
    assert len(rendered) == 1
    np.testing.assert_array_equal(picture, film.head(40).render(64).image)
    assert (film.frame(0, 64) != picture).any()
    assert not picture.flags.writeable
    with pytest.raises(BadValueError, match="no number 60"):
        film.frame(60, 64)


@pytest.mark.packages
def test_many_pictures_at_once_are_the_same_ones(recording: Recording) -> None:
    film = animate(HEAD, recording)
    first, last = film.frames([0, 59], 48)
    assert first is film.frame(0, 48)
    assert last is film.frame(59, 48)
    assert len(animate(HEAD, recording, rate=3).frames(size=48)) == 6


@pytest.mark.packages
def test_pictures_are_kept_within_a_number_of_bytes(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(animation, "KEPT", 3 * 48 * 48 * 3)
    film = animate(HEAD, recording)
    first = film.frame(0, 48)
    for index in range(1, 5):
        film.frame(index, 48)
    assert film._pictures._bytes <= 3 * 48 * 48 * 3
    assert film.frame(0, 48) is not first
    np.testing.assert_array_equal(film.frame(0, 48), first)


@pytest.mark.packages
def test_faces_have_one_box_and_their_own_landmarks(recording: Recording) -> None:
    faces = animate(HEAD, recording, rate=15).faces([0, 29], size=64)
    np.testing.assert_array_equal(faces[0].box, faces[1].box)
    corner = faces[1].landmarks[291] - faces[0].landmarks[291]  # left corner of the mouth
    assert corner[1] < -1  # it has risen
    np.testing.assert_array_equal(faces[1].image, animate(HEAD, recording, rate=15).frame(29, 64))


@pytest.mark.thorough
@pytest.mark.packages
def test_a_film_is_saved_whole_or_not_at_all(recording: Recording, tmp_path: Path) -> None:
    import cv2

    film: Animation = animate(HEAD, recording, rate=5)
    told: list[tuple[float, float]] = []
    path = film.save_video(tmp_path / "film.mp4", 64, progress=lambda at: told.append((at.done, at.total)))
    assert told[-1] == (10, 10)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 10
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(5)
    good, first = capture.read()
    capture.release()
    assert good
    assert np.abs(first[..., ::-1].astype(int) - film.frame(0, 64)).mean() < 6

    def stop(at: Progress) -> None:
        if at.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film.save_video(tmp_path / "other.mp4", 64, progress=stop)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
