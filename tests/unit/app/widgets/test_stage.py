from __future__ import annotations

import io

import numpy as np
import pytest
import traitlets
from PIL import Image

from facelib.app.widgets.stage import Stage
from facelib.errors import BadValueError

STRENGTHS = np.linspace(0, 1, 5)


@pytest.fixture
def frames() -> np.ndarray:
    grey = np.linspace(60, 180, 5).astype(np.uint8)
    return np.broadcast_to(grey[:, None, None, None], (5, 24, 20, 3)).copy()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def messages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """What is sent to the browser: one set of trait names a message."""
    sent: list[set[str]] = []
    monkeypatch.setattr(
        stage, "send_state", lambda key=None: sent.append({key} if isinstance(key, str) else set(key))
    )
    return sent


def grey_of(jpeg: bytes) -> float:
    return float(np.asarray(Image.open(io.BytesIO(jpeg))).mean())


def test_sweep_is_packed_frame_by_frame(stage: Stage, frames: np.ndarray) -> None:
    stage.show_sweep(frames, STRENGTHS, alt="a grey face")
    assert [round(grey_of(frame)) for frame in stage.frames] == [60, 90, 120, 150, 180]
    assert stage.before == stage.frames[0]  # the difference at strength 0 is exactly nothing
    assert stage.strengths == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert stage.picture_alt == "a grey face"


def test_a_sweep_is_one_message(stage: Stage, frames: np.ndarray, messages: list[set[str]]) -> None:
    stage.show_sweep(frames, STRENGTHS)
    assert len(messages) == 1
    assert {"before", "frames", "strengths"} <= messages[0]
    stage.show_maps(np.ones((5, 3, 4), np.float32))
    stage.show_live(2, frames[2])
    assert len(messages) == 3


def test_new_sweep_drops_old_maps_and_live_picture(stage: Stage, frames: np.ndarray) -> None:
    stage.show_sweep(frames, STRENGTHS)
    stage.show_maps(np.ones((5, 2, 2), np.float32))
    stage.show_live(1, frames[3])
    stage.show_sweep(frames[::-1], STRENGTHS)
    assert (stage.maps, stage.map_shape, stage.map_scale) == (b"", [0, 0, 0], 0.0)
    assert (stage.live, stage.live_index) == (b"", -1)
    assert round(grey_of(stage.before)) == 180


def test_frames_may_be_missing_but_not_the_first(stage: Stage, frames: np.ndarray) -> None:
    stage.show_sweep([frames[0], None, None, None, None], STRENGTHS)
    assert [bool(frame) for frame in stage.frames] == [True, False, False, False, False]
    stage.show_sweep([None] * 5, STRENGTHS, before=frames[2])
    assert round(grey_of(stage.before)) == 120
    with pytest.raises(BadValueError, match="before the change"):
        stage.show_sweep([None] * 5, STRENGTHS)


def test_numbers_of_pictures_and_strengths_must_agree(stage: Stage, frames: np.ndarray) -> None:
    with pytest.raises(BadValueError, match="got 5 pictures and 4 strengths"):
        stage.show_sweep(frames, STRENGTHS[:4])


def test_index_stays_where_the_slider_is(stage: Stage, frames: np.ndarray) -> None:
    stage.index = 3
    stage.show_sweep(frames, STRENGTHS)
    assert stage.index == 3
    stage.show_sweep(frames, STRENGTHS, index=1)
    assert stage.index == 1


def test_maps_travel_bit_for_bit(stage: Stage, rng: np.random.Generator) -> None:
    maps = rng.random((5, 3, 4)).astype(np.float32)
    maps[1] = np.nan
    stage.show_maps(maps.astype(np.float64), box=(-0.1, 0.2, 1.2, 0.5), title="fer: evidence for happy")
    back = np.frombuffer(stage.maps, "<f4").reshape(stage.map_shape)
    np.testing.assert_array_equal(back, maps)
    assert stage.map_scale == float(np.nanmax(maps))  # one scale for all steps
    assert stage.map_box == [-0.1, 0.2, 1.2, 0.5]


def test_scale_of_blank_and_unknown_maps_is_zero(stage: Stage) -> None:
    for values in (0.0, np.nan):
        stage.show_maps(np.full((5, 2, 2), values, np.float32))
        assert stage.map_scale == 0.0


def test_given_scale_is_kept(stage: Stage) -> None:
    stage.show_maps(np.ones((5, 2, 2), np.float32), scale=2.5)
    assert stage.map_scale == 2.5
    for wrong in (-1.0, np.inf, np.nan):
        with pytest.raises(BadValueError, match="scale of a map"):
            stage.show_maps(np.ones((5, 2, 2), np.float32), scale=wrong)


def test_maps_have_three_dimensions(stage: Stage) -> None:
    with pytest.raises(BadValueError, match=r"\(steps, h, w\); got \(2, 2\)"):
        stage.show_maps(np.ones((2, 2), np.float32))


def test_overlay_and_opacity_are_checked(stage: Stage) -> None:
    with pytest.raises(traitlets.TraitError):
        stage.overlay = "heat"
    with pytest.raises(traitlets.TraitError):
        stage.opacity = 1.5


def test_clear_leaves_nothing_to_paint(stage: Stage, frames: np.ndarray) -> None:
    stage.show_sweep(frames, STRENGTHS)
    stage.show_maps(np.ones((5, 2, 2), np.float32))
    stage.clear()
    assert (stage.before, stage.frames, stage.maps) == (b"", [], b"")
