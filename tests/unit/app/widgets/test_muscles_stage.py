"""The moving face beside its map, on traits: what is sent, how often, and what can't be shown."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from facelib.app.muscles.film import FULL, OUTSIDE
from facelib.app.widgets.muscles_stage import MusclesStage, plane_of
from facelib.charts.colour_ramp import RAMP
from facelib.errors import BadValueError
from facelib.semg.face_plane import inside
from facelib.semg.topography import axes

TIMES, SAID = [0.0, 0.1, 0.2], ["a", "b", "c"]


@pytest.fixture
def maps(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, FULL, (3, 16, 14)).astype(np.uint8)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> MusclesStage:
    made = MusclesStage()
    made.sent = []  # type: ignore[attr-defined]
    monkeypatch.setattr(
        made, "send_state", lambda key=None: made.sent.append({key} if isinstance(key, str) else set(key))
    )
    return made


def test_a_film_is_one_message_and_its_pictures_another(stage: MusclesStage, maps: np.ndarray) -> None:
    stage.show_film(TIMES, SAID, maps, [(1.0, 2.0)], alt="a head")
    assert len(stage.sent) == 1  # type: ignore[attr-defined]
    assert stage.frames == [b"", b"", b""]
    assert (stage.times, stage.said, stage.picture_alt) == (TIMES, SAID, "a head")
    assert np.frombuffer(stage.maps, np.uint8).reshape(stage.map_shape).tolist() == maps.tolist()
    stage.show_frames([np.full((8, 8, 3), 90, np.uint8), None, None])
    assert len(stage.sent) == 2  # type: ignore[attr-defined]
    assert [bool(frame) for frame in stage.frames] == [True, False, False]
    assert round(float(np.asarray(Image.open(io.BytesIO(stage.frames[0]))).mean())) == 90


def test_pictures_that_were_sent_are_not_encoded_again(
    stage: MusclesStage, maps: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelib.app.widgets import muscles_stage

    encoded = []
    original = muscles_stage.encode_jpeg
    monkeypatch.setattr(muscles_stage, "encode_jpeg", lambda image: encoded.append(image) or original(image))
    first, second = (np.full((8, 8, 3), grey, np.uint8) for grey in (10, 200))
    stage.show_film(TIMES, SAID, maps, [])
    stage.show_frames([first, None, None])
    stage.show_frames([first, None, second])
    assert len(encoded) == 2
    stage.show_film(TIMES, SAID, maps, [])
    stage.show_frames([second, None, None])
    assert len(encoded) == 3
    assert stage.frames[0] == original(second)


def test_without_enough_channels_there_is_no_map(stage: MusclesStage) -> None:
    stage.show_film(TIMES, SAID, np.zeros((0, 0, 0), np.uint8), [])
    assert stage.map_shape == [0, 0, 0]
    assert stage.plane == {}


def test_numbers_that_do_not_fit_are_refused(stage: MusclesStage, maps: np.ndarray) -> None:
    with pytest.raises(BadValueError, match="got 3, 2 and 3"):
        stage.show_film(TIMES, SAID, maps[:2], [])
    stage.show_film(TIMES, SAID, maps, [])
    with pytest.raises(BadValueError, match="3 moments; got 1"):
        stage.show_frames([None])


def test_the_plane_fits_the_map_and_the_ramp_its_bytes(stage: MusclesStage) -> None:
    plane = plane_of(64, [(53.0, -23.0)])
    x, y = axes(64)
    assert plane["half"] == pytest.approx([30 * (x[1] - x[0]), 32 * (y[0] - y[1])])
    assert inside(plane["dots"]).all()
    assert np.abs(np.array(plane["lines"][0])).max(axis=0) == pytest.approx([87, 96], abs=1.5)
    assert stage.ramp == list(RAMP)
    assert stage.full < stage.outside == OUTSIDE


def test_nothing_is_shown_when_it_is_cleared(stage: MusclesStage, maps: np.ndarray) -> None:
    stage.show_film(TIMES, SAID, maps, [])
    stage.clear()
    assert (stage.frames, stage.times, stage.maps) == ([], [], b"")
