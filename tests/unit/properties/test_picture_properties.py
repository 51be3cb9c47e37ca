"""Brightness, contrast and sharpness: definitions, invariances, and the light of rendered heads."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.color
import skimage.data
from scipy import ndimage

from facelib import properties
from facelib.faces import Face, Head

PHOTOGRAPH = np.ascontiguousarray(skimage.data.astronaut()[10:234, 110:334])
BOX = np.array([58.0, 38.0, 178.0, 158.0])
EYES = np.array([[135.0, 92.0], [100.0, 90.0]])
NAMES = ["brightness", "contrast", "sharpness"]


def face(image: npt.NDArray[np.uint8], box: npt.ArrayLike = BOX) -> Face:
    return Face(image, np.asarray(box, float), EYES)


def measured(image: npt.NDArray[np.uint8], box: npt.ArrayLike = BOX) -> dict[str, float]:
    return {
        str(name): float(value) for name, value in properties.measure(face(image, box), NAMES).iloc[0].items()
    }


def grey_levels(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Luma of ITU-R BT.601, in the box."""
    return (image[38:158, 58:178].astype(float) @ [0.299, 0.587, 0.114]) / 255


def toned(image: npt.NDArray[np.uint8], gain: float, offset: float) -> npt.NDArray[np.uint8]:
    return np.clip(image * gain + offset, 0, 255).round().astype(np.uint8)


SOFT = toned(PHOTOGRAPH, 0.4, 40)  # far enough from black and white to be lit and stretched


def test_brightness_and_contrast_are_mean_and_spread_of_the_grey_levels_in_the_box() -> None:
    levels = grey_levels(PHOTOGRAPH)
    found = measured(PHOTOGRAPH)
    assert found["brightness"] == pytest.approx(levels.mean(), abs=1e-3)
    assert found["contrast"] == pytest.approx(levels.std(), abs=1e-3)


@pytest.mark.parametrize("level", [0, 51, 128, 255])
def test_a_uniform_picture(level: int) -> None:
    found = measured(np.full((224, 224, 3), level, np.uint8))
    assert found["brightness"] == pytest.approx(level / 255)
    assert found["contrast"] == 0
    assert np.isnan(found["sharpness"])


def test_half_black_half_white_has_the_largest_contrast() -> None:
    image = np.zeros((224, 224, 3), np.uint8)
    image[:, 118:] = 255
    found = measured(image)
    assert (found["brightness"], found["contrast"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_more_light_counts_for_brightness_alone() -> None:
    before, after = measured(SOFT), measured(toned(SOFT, 1.0, 50))
    assert after["brightness"] - before["brightness"] == pytest.approx(50 / 255, abs=1e-3)
    assert after["contrast"] == pytest.approx(before["contrast"], abs=1e-3)
    assert after["sharpness"] == pytest.approx(before["sharpness"], rel=1e-3)


def test_stretching_the_levels_counts_for_contrast_and_not_for_sharpness() -> None:
    before, after = measured(SOFT), measured(toned(SOFT, 1.5, -20))
    assert after["contrast"] == pytest.approx(1.5 * before["contrast"], rel=0.01)
    assert after["sharpness"] == pytest.approx(before["sharpness"], rel=0.02)


def test_sharpness_is_the_spread_of_the_laplacian_over_the_spread_of_the_levels() -> None:
    crop = PHOTOGRAPH[40:136, 60:156]  # the size at which it is measured: nothing is resized
    levels = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY).astype(float)
    detail = ndimage.laplace(levels, mode="mirror")
    found = measured(PHOTOGRAPH, [60, 40, 156, 136])
    assert found["sharpness"] == pytest.approx(detail.std() / levels.std(), rel=1e-5)


def test_sharpness_falls_with_blur_and_rises_with_noise(rng: np.random.Generator) -> None:
    blurred = [
        measured(ndimage.gaussian_filter(PHOTOGRAPH, (sigma, sigma, 0)))["sharpness"]
        for sigma in (0, 0.5, 1, 1.5, 2, 3, 4)
    ]
    assert (np.diff(blurred) < 0).all()
    noisy = np.clip(PHOTOGRAPH + rng.normal(0, 20, PHOTOGRAPH.shape), 0, 255).astype(np.uint8)
    assert measured(noisy)["sharpness"] > blurred[0]


def test_a_larger_copy_of_the_picture_measures_the_same() -> None:
    large = cv2.resize(PHOTOGRAPH, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    small, twice = measured(PHOTOGRAPH), measured(large, BOX * 2)
    assert twice["brightness"] == pytest.approx(small["brightness"], abs=0.005)
    assert twice["contrast"] == pytest.approx(small["contrast"], rel=0.02)
    assert twice["sharpness"] == pytest.approx(small["sharpness"], rel=0.15)


def test_a_mirrored_picture_measures_the_same() -> None:
    mirrored = np.ascontiguousarray(PHOTOGRAPH[:, ::-1])
    assert measured(mirrored, [224 - 178, 38, 224 - 58, 158]) == pytest.approx(measured(PHOTOGRAPH), rel=1e-4)


def test_nothing_outside_the_box_counts(rng: np.random.Generator) -> None:
    other = rng.integers(0, 256, PHOTOGRAPH.shape, np.uint8)
    other[38:158, 58:178] = PHOTOGRAPH[38:158, 58:178]
    assert measured(other) == measured(PHOTOGRAPH)


def test_a_box_over_the_edge_is_cut_and_one_outside_tells_nothing() -> None:
    assert measured(PHOTOGRAPH, [-50, -20, 100, 90]) == measured(PHOTOGRAPH, [0, 0, 100, 90])
    for box in ([300, 300, 400, 400], [0, 0, 4, 100], [50, 50, 20, 20], [np.nan] * 4):
        assert all(np.isnan(value) for value in measured(PHOTOGRAPH, box).values())


@pytest.mark.thorough
@pytest.mark.packages
def test_rendered_heads_become_brighter_with_the_light_and_darker_with_the_skin() -> None:
    pale_to_dark = [Head(skin_tone=tone, light="frontal").render() for tone in np.linspace(0, 1, 6)]
    table = properties.measure(pale_to_dark, ["brightness", "skin_tone"])
    assert (np.diff(table.brightness) < -0.02).all()
    luma = [skimage.color.rgb2gray(one.image).mean() for one in pale_to_dark]
    assert np.corrcoef(luma, table.brightness)[0, 1] > 0.99
