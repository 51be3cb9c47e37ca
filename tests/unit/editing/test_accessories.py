"""Drawn glasses and masks lie where those of the same rendered head lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facelib.editing.accessories import dressed
from facelib.faces import Face, Head

HEADS = (
    Head(seed=3, skin_tone=0.2, expression="happy", age=35, gender=0.2),
    Head(seed=8, skin_tone=0.6, expression="neutral", age=45, gender=0.8),
    Head(seed=12, skin_tone=0.3, pose=(12.0, -4.0, 3.0), expression="happy"),
)
WORN = {"glasses": ("weight", 0.6), "mask": ("pulled", 1.0)}


def photograph(head: Head, size: int = 224) -> Face:
    return head.render(size).replace(source="photograph", attributes={})


def changed(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return np.abs(one.astype(int) - other).sum(axis=2) > 60


@pytest.mark.thorough
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("field", WORN)
def test_it_covers_what_the_rendered_one_covers(head: Head, field: str) -> None:
    face = photograph(head)
    option, amount = WORN[field]
    drawn = changed(dressed(face, **{option: amount}).image, face.image)
    truth = changed(head.replace(**{field: amount}).render(224).image, face.image)
    overlap = (drawn & truth).sum() / (drawn | truth).sum()
    assert overlap > (0.25 if field == "glasses" else 0.8)  # rims are thin: a pixel beside is a miss
    gap = [np.mean(np.nonzero(cover), axis=1) for cover in (drawn, truth)]
    assert np.linalg.norm(gap[0] - gap[1]) < 5


@pytest.mark.one_case
@pytest.mark.parametrize("field", WORN)
def test_a_heavier_frame_and_a_higher_mask_cover_more(field: str) -> None:
    face, (option, _) = photograph(HEADS[0]), WORN[field]
    areas = [
        changed(dressed(face, **{option: amount}).image, face.image).sum() for amount in (0.25, 0.5, 0.75, 1)
    ]
    assert (np.diff(areas) > 0).all()


def test_nothing_worn_is_the_very_face() -> None:
    face = photograph(HEADS[0], 96)
    assert dressed(face) is face


def test_glasses_turn_with_the_head() -> None:
    """The far lens is narrower, on whichever side it is."""
    widths = []
    for yaw in (-20.0, 20.0):
        face = photograph(Head(pose=(yaw, 0.0, 0.0), hair="bald"))
        dark = changed(dressed(face, weight=0.6).image, face.image)
        columns = np.flatnonzero(dark.any(axis=0))
        nose = face.landmarks[168, 0]
        widths.append((nose - columns[0], columns[-1] - nose))
    assert widths[0][0] < 0.85 * widths[0][1] or widths[0][1] < 0.85 * widths[0][0]
    assert (widths[0][0] < widths[0][1]) != (widths[1][0] < widths[1][1])


@pytest.mark.parametrize("shift", [(90.0, 0.0), (0.0, 110.0), (-400.0, 0.0)])
def test_what_lies_outside_the_picture_is_cut(shift: tuple[float, float]) -> None:
    face = photograph(HEADS[0], 160)
    moved = face.replace(landmarks=face.landmarks + np.array(shift, np.float32))
    for option, amount in WORN.values():
        assert dressed(moved, **{option: amount}).size == face.size
