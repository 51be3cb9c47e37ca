"""Faces are followed through a film, lost and found again, and what is estimated says so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facelib.errors import BadImageError
from facelib.faces import Head
from facelib.faces.tracking import SEARCHED, Watched, units_of_frames, units_of_video
from facelib.semg import CHANNELS, Expression2EMG, electrode_free_emg, pair_of, simulate_clip
from facelib.semg.expected_activity import ESTIMATED
from facelib.utilities.progress import Progress

SIZE = 128
pytestmark = pytest.mark.packages


def smiling(amount: float, **more: object) -> np.ndarray:
    head = Head(expression={"mouthSmileLeft": amount}, light="frontal", **more)  # type: ignore[arg-type]
    return head.render(SIZE).image


@pytest.fixture(scope="module")
def film() -> list[np.ndarray]:
    return [smiling(amount) for amount in np.linspace(0, 1, 8)]


@pytest.mark.thorough
def test_a_smile_that_grows_is_read_as_one(film: list[np.ndarray], single_threaded: None) -> None:
    watched = units_of_frames(film, rate=25.0)
    left, right = (watched.frame()[f"mouthSmile{side}"] for side in ("Left", "Right"))
    assert (np.diff(left) > 0).all()
    assert left.iloc[-1] - left.iloc[0] > 0.5
    assert left.iloc[-1] > 2 * right.iloc[-1]
    assert watched.seen == 1.0
    assert watched.rate == 25.0


@pytest.mark.thorough
def test_tracked_frames_are_read_as_searched_ones(film: list[np.ndarray], single_threaded: None) -> None:
    """The quick way, from the frame before, against a search in every frame."""
    tracked = units_of_frames(film).units
    searched = np.concatenate([units_of_frames([frame]).units for frame in film])
    assert np.abs(tracked - searched).max() < 0.12
    assert np.corrcoef(tracked[:, :].ravel(), searched.ravel())[0, 1] > 0.99


@pytest.mark.thorough
def test_a_moving_face_is_followed(single_threaded: None) -> None:
    face = smiling(0.8)
    frames = []
    for number in range(8):
        wide = np.full((SIZE, 2 * SIZE, 3), 128, np.uint8)
        wide[:, 12 * number : 12 * number + SIZE] = face
        frames.append(wide)
    watched = units_of_frames(frames)
    assert watched.seen == 1.0
    centre = watched.boxes[:, [0, 2]].mean(axis=1)
    np.testing.assert_allclose(np.diff(centre), 12, atol=2.5)
    assert np.ptp(watched.frame()["mouthSmileLeft"]) < 0.1


@pytest.mark.thorough
def test_lost_faces_are_nan_and_found_again(film: list[np.ndarray], single_threaded: None) -> None:
    blank = np.full_like(film[0], 128)
    frames = [film[0], film[1], blank, blank, blank, *[film[7]] * (SEARCHED + 1)]
    watched = units_of_frames(frames)
    known = np.isfinite(watched.units).all(axis=1)
    assert known[:2].all()
    assert not known[2:5].any()
    assert known[2 + SEARCHED :].all()
    assert np.isnan(watched.boxes[2:5]).all()
    assert watched.seen == pytest.approx(known.mean())


def test_progress_is_told_and_can_stop(monkeypatch: pytest.MonkeyPatch, single_threaded: None) -> None:
    monkeypatch.setattr("facelib.faces.tracking.CHUNK", 4)
    shares: list[float] = []

    def many() -> Iterator[np.ndarray]:
        for _ in range(5):
            yield np.full((64, 64, 3), 128, np.uint8)

    units_of_frames(many(), total=10, progress=lambda at: shares.append(at.share))
    units_of_frames(many(), progress=lambda at: shares.append(at.share))
    assert shares[:2] == pytest.approx([4 / 10, 5 / 10])
    assert [math.isnan(share) for share in shares[2:]] == [True, True]

    def stop(at: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        units_of_frames(many(), progress=stop)


@pytest.mark.thorough
def test_films_are_read_from_files(tmp_path: Path, film: list[np.ndarray], single_threaded: None) -> None:
    from facelib.faces.video import write_video

    watched = units_of_video(write_video(tmp_path / "smile.mp4", film, 25.0))
    direct = units_of_frames(film)
    assert watched.units.shape == direct.units.shape
    assert watched.rate == 25.0
    assert watched.source == "smile.mp4"
    assert np.corrcoef(watched.units.ravel(), direct.units.ravel())[0, 1] > 0.98
    with pytest.raises(BadImageError, match="no video"):
        units_of_video(tmp_path / "none.mp4")


def test_emg_without_electrodes_is_labelled_and_knows_what_it_does_not_know() -> None:
    clips = [pair_of(simulate_clip(task, 6.0)) for task in ("happy", "Free-1", "Free-2")]
    model = Expression2EMG.fit(clips)
    units = np.array(clips[0].units, np.float32)
    units[20] = np.nan
    watched = Watched(units, clips[0].names, 25.0, np.zeros((len(units), 4)), "film.mp4")
    found = electrode_free_emg(watched, model)
    assert found.kind == "envelope"
    assert found.rate == 25.0
    assert found.source == f"film.mp4: {ESTIMATED}"
    for words in ("Estimated from a film", "masseter", "both sides", "isn't seen"):
        assert words in found.source
    assert np.isnan(found.pick(["masseter_left", "masseter_right"]).signals).all()
    smile = found.signals[:, CHANNELS.index("zygomaticus_left")]
    assert np.isnan(smile[20])
    assert np.isfinite(smile[40:]).all()


def test_other_frames_are_refused() -> None:
    with pytest.raises(BadImageError, match="uint8"):
        units_of_frames([np.zeros((8, 8), np.uint8)])
    assert len(units_of_frames([])) == 0
