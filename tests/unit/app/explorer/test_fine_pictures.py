"""Finer pictures are drawn when the stage asks for them, of what can be drawn; what networks read stays."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facelib import interventions
from facelib.app.explorer.fine_pictures import FINE, FinePictures, drawn, fine_pair
from facelib.app.explorer.state import Explorer, Scene
from facelib.app.widgets.stage import Stage
from facelib.faces import Face, Head

pytestmark = pytest.mark.packages

HEAD = Head(age=40, expression="happy", seed=5)


class Asked(Stage):
    """A stage that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[int, int, bytes, bytes]] = []

    def show_fine(self, step: int, turn: int, before: bytes, after: bytes) -> None:
        self.given.append((step, turn, before, after))


@pytest.fixture
def stage() -> Asked:
    asked = Asked()
    asked.show_sweep(np.zeros((21, 8, 8, 3), np.uint8), np.linspace(0, 1, 21))
    return asked


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(("known_unbiased",), background=False)


def ask(stage: Stage, **message: Any) -> None:
    stage._handle_custom_msg(message, [])


@pytest.mark.thorough
def test_the_face_is_drawn_again_with_more_pixels(stage: Asked, explorer: Explorer) -> None:
    fine = FinePictures(explorer, stage)
    explorer.show(HEAD)
    before = explorer.snapshot
    ask(stage, fine=20, turn=3)
    assert fine._worker is not None
    assert fine._worker.wait(60)
    ((step, turn, *jpegs),) = stage.given
    assert (step, turn) == (20, 3)
    pictures = [np.asarray(Image.open(io.BytesIO(jpeg))) for jpeg in jpegs]
    assert [picture.shape for picture in pictures] == [(FINE, FINE, 3)] * 2
    wanted = explorer.intervention.apply(HEAD, 1.0, FINE)  # type: ignore[call-arg]
    assert np.abs(pictures[1].astype(int) - wanted.image).mean() < 2, "a JPEG of it"
    assert explorer.snapshot is before
    assert explorer.snapshot is not None
    assert explorer.snapshot.before.image.shape == (224, 224, 3)
    ask(stage, fine=20, turn=4)
    assert fine._worker.wait(1.0), "kept: not drawn again"
    assert stage.given[1][2:] == stage.given[0][2:]
    fine.close()


def test_photographs_and_changes_of_pixels_stay_as_they_are(stage: Asked, explorer: Explorer) -> None:
    fine = FinePictures(explorer, stage)
    assert "512 px" in stage.fine
    explorer.choose(interventions.get("blur"))
    assert stage.fine == ""
    ask(stage, fine=3, turn=0)
    fine.ask(3, 0)
    assert fine._worker is None
    photograph = Face(np.zeros((64, 64, 3), np.uint8), np.array([8.0, 8, 56, 56]), np.ones((2, 2)))
    assert not drawn(Scene(photograph, interventions.get("blur")))


@pytest.mark.parametrize(
    "message",
    [
        {"fine": 21, "turn": 0}, {"fine": -1, "turn": 0}, {"fine": "3", "turn": 0}, {"fine": True, "turn": 0},
        {"fine": 3}, {"fine": 3, "turn": [0]}, {"fine": 1e9, "turn": 0}, {},
    ],
)  # fmt: skip
def test_what_no_page_of_ours_sends_is_not_answered(
    stage: Asked, explorer: Explorer, message: dict[str, Any]
) -> None:
    fine = FinePictures(explorer, stage)
    ask(stage, **message)
    stage._handle_custom_msg(["fine"], [])
    assert fine._worker is None


def test_strength_0_is_the_face_itself() -> None:
    before, after = fine_pair(Scene(HEAD, interventions.get("age")), 0.0, 96)
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(before, HEAD.render(96).image)
