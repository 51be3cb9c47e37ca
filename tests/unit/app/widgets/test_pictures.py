from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from facelib.app.widgets.pictures import encode_frames, encode_jpeg
from facelib.errors import BadImageError


def decode(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.fixture
def face(rng: np.random.Generator) -> np.ndarray:
    """A smooth picture with a sharp coloured edge, as faces have."""
    y, x = np.mgrid[:96, :80]
    image = np.stack([120 + 60 * np.sin(x / 9), 90 + 0.8 * y, np.where(x > 40, 200, 60)], axis=-1)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def test_picture_survives_the_encoder(face: np.ndarray) -> None:
    error = np.abs(decode(encode_jpeg(face)).astype(int) - face)
    assert decode(encode_jpeg(face)).shape == (96, 80, 3)
    assert error.mean() < 2.0
    assert np.percentile(error, 99) < 10  # the edge between red and blue, too: no colour subsampling


def test_same_pixels_same_bytes(face: np.ndarray) -> None:
    assert encode_jpeg(face) == encode_jpeg(face.copy()) == encode_jpeg(np.asfortranarray(face))


def test_quality_orders_size_and_error(face: np.ndarray) -> None:
    low, high = encode_jpeg(face, 60), encode_jpeg(face, 98)
    assert len(low) < len(high)
    assert np.abs(decode(low).astype(int) - face).mean() > np.abs(decode(high).astype(int) - face).mean()


def test_missing_frames_are_empty(face: np.ndarray) -> None:
    assert encode_frames([face, None, face]) == [encode_jpeg(face), b"", encode_jpeg(face)]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadImageError, match="Expected an RGB picture"):
        encode_jpeg(wrong)
