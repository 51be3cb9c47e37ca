"""Skin tone: the colour formula against scikit-image, where the patches lie, and rendered skin."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.color

from facelib import interventions, properties
from facelib.faces import Face, Head, sample_photograph
from facelib.properties.skin_tone import PATCHES, lab, patches

EYES = np.array([[140.0, 90.0], [84.0, 90.0]])
BOX = np.array([50.0, 50.0, 174.0, 174.0])
SKIN = (224, 172, 141)


def face(image: npt.NDArray[np.uint8], eyes: npt.NDArray[np.float64] = EYES) -> Face:
    return Face(image, BOX, eyes)


def tone(one: Face) -> float:
    return float(properties.measure(one, "skin_tone").skin_tone[0])


def uniform(colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    return np.full((224, 224, 3), colour, np.uint8)


def twin_angle(colour: tuple[int, int, int]) -> float:
    lightness, _, yellow = skimage.color.rgb2lab(np.array([[colour]], np.uint8)).ravel()
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def test_lab_is_that_of_scikit_image(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (50, 40, 3), np.uint8)
    pixels[0, 0], pixels[0, 1] = 0, 255
    np.testing.assert_allclose(lab(pixels), skimage.color.rgb2lab(pixels), atol=2e-3)


@pytest.mark.parametrize("colour", [SKIN, (255, 224, 196), (141, 85, 36), (60, 36, 24), (198, 134, 66)])
def test_uniform_skin_has_its_angle(colour: tuple[int, int, int]) -> None:
    assert tone(face(uniform(colour))) == pytest.approx(twin_angle(colour), abs=0.05)


def test_the_classes_of_the_literature() -> None:
    assert tone(face(uniform((255, 233, 214)))) > 55  # very light
    assert tone(face(uniform((75, 48, 36)))) < -30  # dark


def test_the_patches_are_where_cheeks_and_forehead_are() -> None:
    image = uniform((0, 0, 0))
    gap = 56.0
    for sideways, downward in PATCHES:
        x, y = 112 + sideways * gap, 90 + downward * gap
        cv2.circle(image, (round(x), round(y)), 11, SKIN, -1)
    assert tone(face(image)) == pytest.approx(twin_angle(SKIN), abs=0.05)
    assert all((pixels == SKIN).all() for pixels in patches(face(image)))
    assert len(patches(face(image))) == 3


@pytest.mark.parametrize("turn", [-30, 15, 90, 180])
@pytest.mark.parametrize("size", [0.5, 1.0, 1.4])
def test_the_patches_turn_and_scale_with_the_eyes(turn: float, size: float) -> None:
    image = uniform((0, 0, 0))
    for sideways, downward in PATCHES:
        cv2.circle(image, (round(112 + sideways * 40), round(112 + downward * 40)), 9, SKIN, -1)
    matrix = cv2.getRotationMatrix2D((112, 112), turn, size)
    turned = cv2.warpAffine(image, matrix, (224, 224), flags=cv2.INTER_NEAREST)
    eyes = np.array([[132.0, 112], [92, 112]]) @ matrix[:, :2].T + matrix[:, 2]
    assert tone(face(turned, eyes)) == pytest.approx(twin_angle(SKIN), abs=0.05)


def test_one_covered_patch_does_not_count() -> None:
    image = uniform(SKIN)
    image[:75] = 0  # a fringe
    assert tone(face(image)) == pytest.approx(twin_angle(SKIN), abs=0.05)
    image = uniform(SKIN)
    image[:, 130:] = 250  # the person's left cheek
    assert tone(face(image)) == pytest.approx(twin_angle(SKIN), abs=0.05)


def test_what_lies_outside_the_picture_is_left_out() -> None:
    high = EYES - [0, 85]
    assert len(patches(face(uniform(SKIN), high))) == 2
    assert tone(face(uniform(SKIN), high)) == pytest.approx(twin_angle(SKIN), abs=0.05)
    assert np.isnan(tone(face(uniform(SKIN), EYES + 1000)))
    assert np.isnan(tone(face(uniform(SKIN), np.full((2, 2), 50.0))))
    assert np.isnan(tone(face(uniform(SKIN), np.full((2, 2), np.nan))))


def test_a_light_photographed_person() -> None:
    assert 28 < tone(sample_photograph()) < 70


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("hair", ["short", "long"])
def test_it_falls_with_the_skin_tone_of_a_rendered_head(hair: str) -> None:
    heads = [Head(skin_tone=value, light="frontal", hair=hair) for value in np.linspace(0, 1, 11)]
    angles = properties.measure([head.render() for head in heads], "skin_tone").skin_tone
    assert (np.diff(angles) < -3).all()
    assert angles.iloc[0] - angles.iloc[-1] > 70


@pytest.mark.thorough
@pytest.mark.packages
def test_it_falls_along_its_intervention_and_hardly_along_others() -> None:
    head = Head(skin_tone=0.2, light="frontal")

    def change(name: str) -> npt.NDArray[np.float64]:
        faces = [interventions.get(name).apply(head, strength) for strength in (0, 0.5, 1)]
        return np.diff(properties.measure(faces, "skin_tone").skin_tone)

    assert (change("skin_tone") < -10).all()
    for other in ("asymmetric_expression", "palsy", "electrodes", "gender"):
        assert np.abs(change(other)).max() < 5
