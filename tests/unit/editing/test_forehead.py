"""Hair over the forehead is found on photographs, and a bare forehead is bare."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facelib.editing.forehead import bare, covered
from facelib.faces import Face, Head


def photograph(head: Head, size: int = 224) -> Face:
    return head.render(size).replace(source="photograph", attributes={})


@pytest.mark.one_case
@pytest.mark.parametrize("tone", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("size", [128, 224, 400])
def test_a_bare_forehead_is_bare_in_every_tone_and_size(tone: float, size: int) -> None:
    for hair in ("short", "bald"):
        face = photograph(Head(seed=3, skin_tone=tone, hair=hair, expression="neutral"), size)
        found = covered(face)
        assert found.shape == face.size
        assert found.dtype == np.float32
        for mark in (151, 9, 108, 337, 69, 299):
            x, y = face.landmarks[mark].astype(int)
            assert found[y, x] < 0.05
            assert bare(face)[y, x] > 0.95


@pytest.mark.thorough
@pytest.mark.parametrize("tone", [0.05, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("light", [0.5, 1.0])
def test_sheen_on_a_forehead_isnt_hair(tone: float, light: float) -> None:
    for seed, hair in ((1, "short"), (1, "long"), (3, "short"), (3, "long"), (3, "tied")):
        colour = ("brown", "grey")[seed == 3]
        face = photograph(Head(seed=seed, skin_tone=tone, hair=hair, hair_colour=colour))  # type: ignore[arg-type]
        (x, y), width = face.landmarks[151], float(np.ptp(face.landmarks[:468, 0]))
        rows, columns = np.indices(face.size)
        wide = ((columns - x - 0.06 * width) / 0.18) ** 2 + ((rows - y + 0.04 * width) / 0.108) ** 2
        linear = (face.image / 255) ** 2.2 + light * np.exp(-wide / width**2)[..., None] * [1, 0.98, 0.95]
        shines = face.replace(image=np.rint(255 * linear.clip(0, 1) ** (1 / 2.2)).astype(np.uint8))
        found = covered(shines)
        for mark in (151, 9, 108, 337, 299):
            column, row = face.landmarks[mark].astype(int)
            assert found[row, column] < 0.3


def test_a_hat_of_any_colour_covers_it_and_nothing_below_the_eyes() -> None:
    face = photograph(Head(seed=3, skin_tone=0.4, hair="short"))
    brim = int(face.landmarks[[105, 334], 1].min()) - 4
    for colour in ((20, 30, 90), (30, 90, 40), (15, 15, 15)):
        image = face.image.copy()
        cv2.rectangle(image, (0, 0), (face.size[1], brim), colour, -1)
        hat = face.replace(image=image)
        found = covered(hat)
        x, y = face.landmarks[151].astype(int)
        assert found[min(y, brim - 6), x] > 0.9
        assert found[int(face.landmarks[4, 1]) :].max() == 0
        assert bare(hat)[min(y, brim - 6), x] < 0.1


def test_it_is_the_same_wherever_the_face_is_in_the_picture() -> None:
    face = photograph(Head(seed=5, skin_tone=0.3, hair="long", hair_colour="black"))
    wide = cv2.copyMakeBorder(face.image, 10, 0, 30, 0, cv2.BORDER_REPLICATE)
    shift = np.array([30, 10], np.float32)
    moved = face.replace(image=wide, landmarks=face.landmarks + shift, eyes=face.eyes + shift)
    np.testing.assert_allclose(covered(moved)[10:, 30:], covered(face), atol=0.2)


def test_without_room_above_or_in_a_plain_picture_nothing_is_covered() -> None:
    face = photograph(Head(seed=3))
    top = int(face.landmarks[10, 1])
    low = face.landmarks - np.array([0, top], np.float32)
    cut = face.replace(image=face.image[top:].copy(), landmarks=low)
    assert covered(cut).max() < 0.5
    assert not covered(face.replace(image=np.full_like(face.image, 128))).any()
