"""Inpainting: what the libraries do, with a mask, and nothing outside it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.restoration import inpaint_biharmonic

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face
from facelib.restoration import METHODS, restore
from facelib.restoration.inpainting import RADIUS

CLASSICAL = ("telea", "navier_stokes", "biharmonic")


def face() -> Face:
    rng = np.random.default_rng(3)
    smooth = cv2.GaussianBlur(rng.integers(0, 256, (60, 70, 3), dtype=np.uint8), (0, 0), 4)
    stretched = cv2.normalize(smooth, None, 20, 230, cv2.NORM_MINMAX)
    return Face(stretched, np.array([10.0, 10, 50, 50]), np.array([[40.0, 25], [20, 25]]))


def mask() -> np.ndarray:
    found = np.zeros((60, 70), np.float32)
    found[20:30, 15:28] = found[40:46, 50:58] = found[0:5, 60:70] = 1
    return found


def test_opencv_fills_in() -> None:
    hidden = mask().astype(np.uint8)
    for name, how in (("telea", cv2.INPAINT_TELEA), ("navier_stokes", cv2.INPAINT_NS)):
        expected = cv2.inpaint(face().image, hidden, RADIUS, how)
        assert np.array_equal(restore(face(), name, mask()).image, expected)


def test_scikit_image_fills_in_piece_by_piece_as_all_at_once() -> None:
    expected = inpaint_biharmonic(face().image / 255.0, mask() > 0, channel_axis=-1) * 255
    found = restore(face(), "biharmonic", mask()).image
    np.testing.assert_allclose(found, expected.clip(0, 255), atol=1.01)


@pytest.mark.parametrize("name", CLASSICAL)
def test_the_rest_stays_bit_for_bit_and_what_was_hidden_doesn_t_matter(name: str) -> None:
    inner = mask()
    inner[:5] = 0  # at the picture's corner OpenCV's Telea looks at what is hidden: one grey level
    other = face().image.copy()
    other[inner > 0] = 255 - other[inner > 0]
    found = restore(face(), name, inner).image
    assert np.array_equal(restore(face().replace(image=other), name, inner).image, found)
    assert np.array_equal(found[inner == 0], face().image[inner == 0])
    assert (found != face().image).any()


@pytest.mark.parametrize("name", CLASSICAL)
def test_an_empty_mask_gives_the_very_picture_back(name: str) -> None:
    given = face()
    assert restore(given, name, np.zeros((60, 70))).image is given.image


def test_a_soft_mask_mixes() -> None:
    whole, half = (restore(face(), "telea", share * mask()).image for share in (1, 0.5))
    mixed = np.rint((whole.astype(float) + face().image) / 2)
    assert np.abs(half - mixed).max() <= 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((60, 71)), r"height and width, \(60, 70\)"),
        (np.full((60, 70), 1.5), "in \\[0, 1\\]"),
        (np.full((60, 70), np.nan), "in \\[0, 1\\]"),
        ("guessed", "found, known"),
    ],
)
def test_what_is_no_mask_is_said(given: np.ndarray | str, words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        restore(face(), "telea", given)


def test_methods_have_names() -> None:
    assert list(METHODS) == ["network", *CLASSICAL]
    with pytest.raises(UnknownNameError, match="telea"):
        restore(face(), "telae", mask())
    with pytest.raises(BadValueError, match="has to return a picture"):
        restore(face(), lambda face, _: face.image[:5], mask())
    with pytest.raises(BadValueError, match="finite"):
        restore(face(), lambda face, _: face.image * np.nan, mask())
