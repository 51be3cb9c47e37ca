"""Dark glasses are noted, and neither dark skin, side light nor clear glasses are taken for them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facelib import Face, Head, load_face
from facelib.editing import sunglasses
from facelib.editing.sunglasses import DARK, light_around_eyes
from facelib.faces import sample_photograph

HEADS = [
    Head(age=35.0, skin_tone=tone, light=light, seed=seed)
    for seed, (tone, light) in enumerate([(0.1, "studio"), (0.9, "side"), (0.5, "top"), (1.0, "dim")])
]


def light(head: Head) -> float:
    face = head.render(192)
    return light_around_eyes(face.image, face.landmarks)


@pytest.mark.one_case
@pytest.mark.parametrize("head", HEADS)
def test_dark_glasses_and_nothing_else(head: Head) -> None:
    plain, clear = light(head), light(head.replace(glasses=1.0))
    dark = light(head.replace(glasses=1.0, lens_tint=1.0))
    assert dark < DARK < min(plain, clear)


def test_the_share_is_that_of_the_light() -> None:
    """Levels of 255 and 51 differ by (1/5) to the power of 2.2."""
    y, x = np.mgrid[:192, :192]
    landmarks = Head().render(192).landmarks
    image = np.full((192, 192, 3), 255, np.uint8)
    assert light_around_eyes(image, landmarks) == pytest.approx(1.0)
    for place in landmarks[list(sunglasses.AROUND)]:
        image[np.hypot(x - place[0], y - place[1]) < 8] = 51
    assert light_around_eyes(image, landmarks) == pytest.approx(0.2**2.2, rel=0.01)


def test_what_is_not_known_is_nan() -> None:
    face = Head().render(192)
    unknown = np.full_like(face.landmarks, np.nan)
    for image, landmarks in (
        (face.image, unknown),
        (face.image, face.landmarks + 1000),
        (np.zeros_like(face.image), face.landmarks),
    ):
        assert np.isnan(light_around_eyes(image, landmarks))


@pytest.mark.thorough
@pytest.mark.packages
def test_a_photograph_says_so_in_its_note() -> None:
    face = sample_photograph()
    assert "note" not in load_face(face.image).attributes
    noted = load_face(with_dark_glasses(face))
    assert "as behind dark glasses" in noted.attributes["note"]


def with_dark_glasses(face: Face) -> npt.NDArray[np.uint8]:
    image = face.image.copy()
    size = float(np.hypot(*(face.eyes[0] - face.eyes[1])))
    for eye in face.eyes:
        middle = eye + np.array([0, 0.08 * size])
        cv2.circle(image, tuple(np.rint(middle).astype(int).tolist()), round(0.42 * size), (18, 18, 22), -1)
    return image
